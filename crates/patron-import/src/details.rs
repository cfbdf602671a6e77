//! Details: columns that decide no number of a run but are kept with its facts.

use std::fmt;

use crate::batch::{TextColumn, UNDATED, VALUE_CHARACTERS};
use crate::field::{DetailKind, Field};

/// A detail without a number.
pub const NO_NUMBER: i64 = i64::MIN;

/// Columns that decide no number of a run but are kept with the facts, each with a value for every fact.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// The columns that the file has.
    pub columns: Vec<DetailColumn>,
}

/// One such column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetailColumn {
    /// What it is.
    pub field: Field,
    /// Its values, fact by fact.
    pub values: DetailValues,
}

/// The values of a detail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DetailValues {
    /// Trimmed; empty where there is none.
    Text(TextColumn),
    /// In ten-thousandths; [`NO_NUMBER`] where there is none or it cannot be read.
    Number(Vec<i64>),
    /// In µs UTC; [`UNDATED`] where there is none or it cannot be read.
    Instant(Vec<i64>),
}

impl DetailValues {
    /// Returns no values of a kind.
    #[must_use]
    pub fn of_kind(kind: DetailKind) -> Self {
        match kind {
            DetailKind::Text => Self::Text(TextColumn::default()),
            DetailKind::Number => Self::Number(Vec::new()),
            DetailKind::Instant => Self::Instant(Vec::new()),
        }
    }

    /// Returns the number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Text(texts) => texts.len(),
            Self::Number(values) | Self::Instant(values) => values.len(),
        }
    }

    /// Returns true if there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn reserve(&mut self, values: usize) {
        match self {
            Self::Text(texts) => texts.reserve(values),
            Self::Number(numbers) | Self::Instant(numbers) => numbers.reserve(values),
        }
    }
}

impl Details {
    /// Returns the values of a field, if the file has such a column.
    #[must_use]
    pub fn of(&self, field: Field) -> Option<&DetailValues> {
        let found = self.columns.iter().find(|column| column.field == field)?;
        Some(&found.values)
    }

    /// Returns the text of a fact; empty where there is none, or the field is no text.
    #[must_use]
    pub fn text(&self, field: Field, fact: usize) -> &str {
        match self.of(field) {
            Some(DetailValues::Text(texts)) => texts.get(fact),
            _ => "",
        }
    }

    /// Returns the number of a fact in ten-thousandths, if there is one.
    #[must_use]
    pub fn number(&self, field: Field, fact: usize) -> Option<i64> {
        match self.of(field) {
            Some(DetailValues::Number(numbers)) => numbers
                .get(fact)
                .copied()
                .filter(|&number| number != NO_NUMBER),
            _ => None,
        }
    }

    /// Returns the instant of a fact in µs UTC, if there is one.
    #[must_use]
    pub fn instant(&self, field: Field, fact: usize) -> Option<i64> {
        match self.of(field) {
            Some(DetailValues::Instant(instants)) => {
                instants.get(fact).copied().filter(|&at| at != UNDATED)
            }
            _ => None,
        }
    }
}

/// The details of a file that could not be read, by field.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct UnreadDetails {
    fields: Vec<UnreadDetail>,
}

/// The values of a field that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct UnreadDetail {
    /// Of which field.
    pub field: Field,
    /// The header of its column.
    pub column: String,
    /// How many rows have such a value.
    pub count: u64,
    /// The line of the first of them.
    pub first_line: u64,
    /// What that holds, at most [`VALUE_CHARACTERS`] characters.
    pub first_value: String,
}

impl UnreadDetails {
    /// Counts a value that could not be read.
    pub(crate) fn see(&mut self, field: Field, column: &str, line: u64, value: &str) {
        match self.fields.iter_mut().find(|seen| seen.field == field) {
            Some(seen) if seen.first_line <= line => seen.count += 1,
            _ => self.add(UnreadDetail {
                field,
                column: column.to_owned(),
                count: 1,
                first_line: line,
                first_value: value.chars().take(VALUE_CHARACTERS).collect(),
            }),
        }
    }

    /// Adds what could not be read of other rows of the same file.
    pub fn merge(&mut self, other: &Self) {
        for unread in &other.fields {
            self.add(unread.clone());
        }
    }

    /// Returns them in the order of `Field::ALL`.
    #[must_use]
    pub fn fields(&self) -> &[UnreadDetail] {
        &self.fields
    }

    /// Returns true if everything could be read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    fn add(&mut self, unread: UnreadDetail) {
        match self
            .fields
            .iter_mut()
            .find(|seen| seen.field == unread.field)
        {
            Some(seen) => {
                let count = seen.count + unread.count;
                if unread.first_line < seen.first_line {
                    *seen = unread;
                }
                seen.count = count;
            }
            None => {
                self.fields.push(unread);
                self.fields.sort_by_key(|unread| unread.field);
            }
        }
    }
}

impl fmt::Display for UnreadDetail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            column,
            count,
            first_line,
            first_value,
            ..
        } = self;
        if *count == 1 {
            write!(
                f,
                "1 value of `{column}` could not be read: line {first_line}, `{first_value}`"
            )
        } else {
            write!(
                f,
                "{count} values of `{column}` could not be read; the first is line {first_line}, `{first_value}`"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_unread_value_is_kept_whatever_the_order() {
        let (mut left, mut right) = (UnreadDetails::default(), UnreadDetails::default());
        left.see(Field::Tax, "Tax", 90, "x");
        left.see(Field::Shipping, "Freight", 40, "y");
        right.see(Field::Shipping, "Freight", 17, "abc");
        right.see(Field::Shipping, "Freight", 18, "z");
        let mut merged = left.clone();
        merged.merge(&right);
        let mut other_way = right.clone();
        other_way.merge(&left);
        assert_eq!(merged, other_way);
        let said: Vec<String> = merged.fields().iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "3 values of `Freight` could not be read; the first is line 17, `abc`",
                "1 value of `Tax` could not be read: line 90, `x`"
            ]
        );
    }
}
