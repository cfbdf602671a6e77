//! How a cell of the customers' columns reads as text.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use patron_core::{Instant, MoneySum, ShopCalendar};

/// A cell, in the form that text files and spreadsheets need.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum CellValue {
    Empty,
    Text(String),
    Whole(i64),
    Float(f64),
    Money(MoneySum),
    Instant(Instant),
}

impl CellValue {
    /// Reads a cell of an array of one of the types of [`super::columns`].
    pub(super) fn read(array: &ArrayRef, row: usize) -> Self {
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
            DataType::List(_) => {
                let items = array.as_list::<i32>().value(row);
                let texts: Vec<&str> = items.as_string::<i32>().iter().flatten().collect();
                Self::Text(texts.join("|"))
            }
            _ => Self::Empty,
        }
    }

    /// Writes the cell as text: money with at least two decimals, floats by their shortest decimal, instants as RFC 3339
    /// with the shop's offset.
    pub(super) fn text(&self, calendar: &ShopCalendar) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Whole(number) => number.to_string(),
            Self::Float(number) => number.to_string(),
            Self::Money(sum) => sum.to_string(),
            Self::Instant(instant) => calendar.rfc3339(*instant),
        }
    }
}
