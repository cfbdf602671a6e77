//! How a cell of a column reads as text.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use patron_core::{Day, Instant, MoneySum, ShopCalendar};

/// A cell, in the form that text files and spreadsheets need.
#[derive(Debug, Clone, PartialEq)]
pub enum CellValue {
    /// Nothing.
    Empty,
    /// Text; the items of a list are joined by `|`.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A number.
    Float(f64),
    /// An amount, a price or a quantity, in ten-thousandths.
    Money(MoneySum),
    /// A moment.
    Instant(Instant),
    /// A day.
    Day(Day),
    /// Yes or no.
    Truth(bool),
}

impl CellValue {
    /// Reads a cell of an array of one of the types of [`super::columns`] or of the ledger's tables.
    #[must_use]
    pub fn read(array: &ArrayRef, row: usize) -> Self {
        if array.is_null(row) {
            return Self::Empty;
        }
        match array.data_type() {
            DataType::Utf8 => Self::Text(array.as_string::<i32>().value(row).to_owned()),
            DataType::Int64 => Self::Whole(array.as_primitive::<Int64Type>().value(row)),
            DataType::Int32 => Self::Whole(i64::from(array.as_primitive::<Int32Type>().value(row))),
            DataType::Float64 => Self::Float(array.as_primitive::<Float64Type>().value(row)),
            DataType::Decimal128(_, _) => {
                Self::Money(MoneySum(array.as_primitive::<Decimal128Type>().value(row)))
            }
            DataType::Timestamp(_, _) => Self::Instant(Instant(
                array.as_primitive::<TimestampMicrosecondType>().value(row),
            )),
            DataType::Date32 => Self::Day(Day(array.as_primitive::<Date32Type>().value(row))),
            DataType::Boolean => Self::Truth(array.as_boolean().value(row)),
            DataType::List(_) => {
                let items = array.as_list::<i32>().value(row);
                let texts: Vec<&str> = items.as_string::<i32>().iter().flatten().collect();
                Self::Text(texts.join("|"))
            }
            _ => Self::Empty,
        }
    }

    /// Writes the cell as text: money with at least two decimals, floats by their shortest decimal, instants as RFC 3339
    /// with the shop's offset, days as ISO 8601.
    #[must_use]
    pub fn text(&self, calendar: &ShopCalendar) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Whole(number) => number.to_string(),
            Self::Float(number) => number.to_string(),
            Self::Money(sum) => sum.to_string(),
            Self::Instant(instant) => calendar.rfc3339(*instant),
            Self::Day(day) => day.to_string(),
            Self::Truth(truth) => truth.to_string(),
        }
    }
}
