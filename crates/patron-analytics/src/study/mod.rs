//! One shape for what value analytics find: tables of typed columns, with what must be known to read them.
//!
//! Every study says as of which day it is, of how many customers, in which currency, and what should be doubted. Whoever prints,
//! stores or draws it needs to know no more than this shape.

mod json;
mod parquet;
mod text;

use std::borrow::Cow;

use patron_core::{Day, Money, MoneySum};
use serde_json::Value as Json;

pub use crate::run::Note;
pub use text::FileForm;

/// What is in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Words: ids, names, keys.
    Text,
    /// A whole number of things.
    Count,
    /// Money in the currency of the study, ten-thousandths.
    Money,
    /// A number without a unit.
    Number,
    /// A part of a whole, 0 to 1; of changes it may be below or above.
    Share,
    /// A time in days.
    Days,
    /// A local date.
    Day,
}

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing is known, or nothing can be said.
    None,
    /// Words.
    Text(String),
    /// A whole number.
    Count(i64),
    /// Money.
    Money(MoneySum),
    /// A number, share or time.
    Number(f64),
    /// A date.
    Day(Day),
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Stable key; that of a column that stands for something in the data is its name.
    pub key: Cow<'static, str>,
    /// What is in it.
    pub unit: Unit,
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Stable key: `channels`, `customers` …
    pub key: &'static str,
    /// What it says, as a sentence.
    pub title: String,
    /// Whether a row is a customer or the like: there may be as many as the shop has, and whoever shows them shows some.
    pub is_list: bool,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, each as long as `columns`.
    pub rows: Vec<Vec<Value>>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// Stable key: `profit`, `channels` …
    pub key: &'static str,
    /// As of which day.
    pub as_of: Day,
    /// Of how many customers.
    pub customers: u64,
    /// The currency of its money, if anybody says.
    pub currency: Option<String>,
    /// Its tables.
    pub tables: Vec<Table>,
    /// What should be said of it: assumptions, limits, what is missing.
    pub notes: Vec<Note>,
}

/// Why a study cannot be told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StudyError {
    /// It has no such table.
    #[error("there is no table `{key}` in this")]
    NoSuchTable {
        /// The key asked for.
        key: String,
        /// Those there are.
        known: Vec<&'static str>,
    },
    /// A file cannot be written.
    #[error("cannot write `{path}`")]
    Write {
        /// Which.
        path: std::path::PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl patron_core::Coded for StudyError {
    fn code(&self) -> patron_core::ErrorCode {
        match self {
            Self::NoSuchTable { .. } => patron_core::ErrorCode::SettingInvalid,
            Self::Write { .. } => patron_core::ErrorCode::OutputUnwritable,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::NoSuchTable { .. } => "no_such_table",
            Self::Write { .. } => "cannot_write",
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NoSuchTable { key, .. } => vec![("key", key.clone())],
            Self::Write { path, .. } => vec![("path", path.display().to_string())],
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NoSuchTable { known, .. } => {
                Some(format!("its tables are: {}", known.join(", ")))
            }
            Self::Write { .. } => {
                Some("name a folder that can be written to with `--out`".to_owned())
            }
        }
    }
}

impl Column {
    /// Makes a column.
    #[must_use]
    pub const fn new(key: &'static str, unit: Unit) -> Self {
        Self {
            key: Cow::Borrowed(key),
            unit,
        }
    }

    /// Makes a column that is named after something in the data.
    #[must_use]
    pub const fn named(key: String, unit: Unit) -> Self {
        Self {
            key: Cow::Owned(key),
            unit,
        }
    }
}

impl Table {
    /// Makes a table of figures without rows.
    #[must_use]
    pub fn new(
        key: &'static str,
        title: impl Into<String>,
        columns: &[(&'static str, Unit)],
    ) -> Self {
        let columns = columns.iter();
        Self {
            key,
            title: title.into(),
            is_list: false,
            columns: columns.map(|(key, unit)| Column::new(key, *unit)).collect(),
            rows: Vec::new(),
        }
    }

    /// The same of a list that may have as many rows as the shop has customers.
    #[must_use]
    pub fn list(
        key: &'static str,
        title: impl Into<String>,
        columns: &[(&'static str, Unit)],
    ) -> Self {
        Self {
            is_list: true,
            ..Self::new(key, title, columns)
        }
    }

    /// Adds a row, which has a cell for each column; what is missing at its end is unknown.
    pub fn push(&mut self, mut row: Vec<Value>) {
        row.resize(self.columns.len(), Value::None);
        self.rows.push(row);
    }

    /// Returns the cell of a row in the column with a key.
    #[must_use]
    pub fn get(&self, row: usize, key: &str) -> Option<&Value> {
        let place = self.columns.iter().position(|column| column.key == key)?;
        self.rows.get(row)?.get(place)
    }
}

impl Study {
    /// Returns a table by its key.
    ///
    /// # Errors
    /// [`StudyError::NoSuchTable`].
    pub fn table(&self, key: &str) -> Result<&Table, StudyError> {
        let found = self.tables.iter().find(|table| table.key == key);
        found.ok_or_else(|| StudyError::NoSuchTable {
            key: key.to_owned(),
            known: self.tables.iter().map(|table| table.key).collect(),
        })
    }

    /// Returns it as JSON; money is text, so that no reader turns it into a float.
    #[must_use]
    pub fn to_json(&self) -> Json {
        json::study(self)
    }
}

impl Value {
    /// An amount that was worked out in floats, to the ten-thousandth; nothing where it is none.
    #[must_use]
    pub fn of_money(amount: Option<f64>) -> Self {
        let read = amount.and_then(|amount| Money::from_f64(amount).ok());
        read.map(|read| MoneySum::from(read.amount)).into()
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Value {
    fn from(count: u64) -> Self {
        Self::Count(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

impl From<MoneySum> for Value {
    fn from(money: MoneySum) -> Self {
        Self::Money(money)
    }
}

impl From<Day> for Value {
    fn from(day: Day) -> Self {
        Self::Day(day)
    }
}

/// What is no number is nothing.
impl From<f64> for Value {
    fn from(number: f64) -> Self {
        if number.is_finite() {
            Self::Number(number)
        } else {
            Self::None
        }
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Into::into)
    }
}
