//! Values that go into and come out of the catalogue's database, alike for SQLite and PostgreSQL.

use crate::error::LedgerError;

/// One value of a row or a parameter of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// True or false: 0 and 1 in SQLite.
    Boolean(bool),
    /// Text.
    Text(String),
    /// Text that PostgreSQL keeps as bytes and SQLite as text: strings of inlined rows.
    InlinedText(String),
    /// Text that PostgreSQL keeps as a number: decimals of inlined rows.
    Decimal(String),
    /// The text of an instant, which PostgreSQL keeps as such in the catalogue's own tables.
    Instant(String),
    /// The text of a UUID.
    Uuid(String),
    /// Bytes, as PostgreSQL gives them back.
    Bytes(Vec<u8>),
}

impl Value {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn optional(text: Option<String>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

/// A row that the catalogue gave.
#[derive(Debug, Clone)]
pub(crate) struct Row(pub(crate) Vec<Value>);

impl Row {
    /// Returns the value at a place, or an error that says that the catalogue is not what it should be.
    fn at(&self, place: usize) -> Result<&Value, LedgerError> {
        self.0
            .get(place)
            .ok_or_else(|| unexpected(place, "nothing"))
    }

    pub(crate) fn integer(&self, place: usize) -> Result<i64, LedgerError> {
        self.optional_integer(place)?
            .ok_or_else(|| unexpected(place, "nothing"))
    }

    pub(crate) fn optional_integer(&self, place: usize) -> Result<Option<i64>, LedgerError> {
        match self.at(place)? {
            Value::Null => Ok(None),
            Value::Integer(number) => Ok(Some(*number)),
            Value::Boolean(truth) => Ok(Some(i64::from(*truth))),
            _ => Err(unexpected(place, "text")),
        }
    }

    pub(crate) fn text(&self, place: usize) -> Result<String, LedgerError> {
        self.optional_text(place)?
            .ok_or_else(|| unexpected(place, "nothing"))
    }

    pub(crate) fn optional_text(&self, place: usize) -> Result<Option<String>, LedgerError> {
        match self.at(place)? {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text.clone())),
            Value::Bytes(bytes) => match String::from_utf8(bytes.clone()) {
                Ok(text) => Ok(Some(text)),
                Err(_) => Err(unexpected(place, "bytes that are no text")),
            },
            _ => Err(unexpected(place, "a number")),
        }
    }
}

fn unexpected(place: usize, found: &str) -> LedgerError {
    LedgerError::CatalogueDamaged {
        what: format!("column {} of an answer holds {found}", place + 1),
    }
}
