//! The columns of a table as Spark writes their cells into lines, and as patron has them again.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int64Array,
    NullArray, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::{DataType, TimeUnit};
use patron_fold::protocol::unescape;
use serde::{Deserialize, Serialize};

use super::sql::{escaped, quoted};

/// What stands for a cell without a value.
pub(super) const NULL: &str = "\\N";

/// What kind of column it is, which decides how its cells are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum CellKind {
    Text,
    Int,
    Float32,
    Float64,
    Decimal {
        precision: u8,
        scale: i8,
    },
    Instant,
    Local,
    Date,
    Bool,
    Null,
    /// A list, a map or the like: told apart from others by what Spark shows of it, and used for nothing else.
    Shown,
}

impl CellKind {
    /// Returns the kind of a column of an answer.
    pub(super) fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Text,
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => Self::Int,
            DataType::Float32 => Self::Float32,
            DataType::Float64 => Self::Float64,
            DataType::Decimal128(precision, scale) => Self::Decimal {
                precision: *precision,
                scale: *scale,
            },
            DataType::Timestamp(_, Some(_)) => Self::Instant,
            DataType::Timestamp(_, None) => Self::Local,
            DataType::Date32 => Self::Date,
            DataType::Boolean => Self::Bool,
            DataType::Null => Self::Null,
            _ => Self::Shown,
        }
    }

    /// Returns the expression by which Spark writes a cell, in a session whose time zone is UTC.
    pub(super) fn expression(self, column: &str) -> String {
        let column = quoted(column);
        let text = match self {
            Self::Text => escaped(&column),
            Self::Shown => escaped(&format!("CAST({column} AS STRING)")),
            Self::Int | Self::Float32 | Self::Float64 | Self::Decimal { .. } | Self::Bool => {
                format!("CAST({column} AS STRING)")
            }
            Self::Instant => format!("CAST(unix_micros({column}) AS STRING)"),
            Self::Local => format!("CAST(unix_micros(CAST({column} AS TIMESTAMP)) AS STRING)"),
            Self::Date => format!("CAST(unix_date({column}) AS STRING)"),
            Self::Null => "CAST(NULL AS STRING)".to_owned(),
        };
        format!("coalesce({text}, concat(chr(92), 'N'))")
    }

    /// Reads the cells of a column; the error is the first that is none of its kind.
    pub(super) fn read(self, cells: &[&str]) -> Result<ArrayRef, String> {
        fn all<T>(
            cells: &[&str],
            read: impl Fn(&str) -> Option<T>,
        ) -> Result<Vec<Option<T>>, String> {
            let one = |cell: &&str| match *cell {
                NULL => Ok(None),
                cell => read(cell).map(Some).ok_or_else(|| cell.to_owned()),
            };
            cells.iter().map(one).collect()
        }
        let int = |cell: &str| cell.parse::<i64>().ok();
        Ok(match self {
            Self::Text | Self::Shown => {
                let texts = cells.iter().map(|cell| match *cell {
                    NULL => None,
                    cell => Some(unescape(cell)),
                });
                Arc::new(texts.collect::<StringArray>())
            }
            Self::Int => Arc::new(Int64Array::from(all(cells, int)?)),
            Self::Float32 => Arc::new(Float32Array::from(all(cells, |cell| cell.parse().ok())?)),
            Self::Float64 => Arc::new(Float64Array::from(all(cells, |cell| cell.parse().ok())?)),
            Self::Decimal { precision, scale } => {
                let unscaled = all(cells, |cell| unscaled(cell, scale))?;
                let array = Decimal128Array::from(unscaled)
                    .with_precision_and_scale(precision, scale)
                    .map_err(|error| error.to_string())?;
                Arc::new(array)
            }
            Self::Instant => {
                Arc::new(TimestampMicrosecondArray::from(all(cells, int)?).with_timezone("UTC"))
            }
            Self::Local => Arc::new(TimestampMicrosecondArray::from(all(cells, int)?)),
            Self::Date => Arc::new(Date32Array::from(all(cells, |cell| cell.parse().ok())?)),
            Self::Bool => Arc::new(BooleanArray::from(all(cells, |cell| cell.parse().ok())?)),
            Self::Null => Arc::new(NullArray::new(cells.len())),
        })
    }

    /// Returns the type of the arrays that [`Self::read`] makes.
    pub(super) fn data_type(self) -> DataType {
        match self {
            Self::Text | Self::Shown => DataType::Utf8,
            Self::Int => DataType::Int64,
            Self::Float32 => DataType::Float32,
            Self::Float64 => DataType::Float64,
            Self::Decimal { precision, scale } => DataType::Decimal128(precision, scale),
            Self::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Local => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Date => DataType::Date32,
            Self::Bool => DataType::Boolean,
            Self::Null => DataType::Null,
        }
    }
}

/// Reads a decimal, such as `-12.50` or, as Java writes small ones, `1E-7`, as a count of its smallest unit; nothing if it has
/// more decimals than its scale, or is too large.
fn unscaled(text: &str, scale: i8) -> Option<i128> {
    let (digits, exponent) = match text.split_once(['E', 'e']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let number: i128 = format!("{whole}{decimals}").parse().ok()?;
    let shift = i32::from(scale) + exponent - i32::try_from(decimals.len()).ok()?;
    let power = 10_i128.checked_pow(shift.unsigned_abs())?;
    if shift >= 0 {
        number.checked_mul(power)
    } else {
        (number % power == 0).then(|| number / power)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Float32Type, Float64Type};
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    #[test]
    fn decimals_are_read_as_java_writes_them() {
        for (text, scale, expected) in [
            ("12.50", 2, Some(1_250)),
            ("-0.07", 2, Some(-7)),
            ("0E-18", 18, Some(0)),
            ("1.5E-7", 8, Some(15)),
            ("-3E+2", 0, Some(-300)),
            ("7", 4, Some(70_000)),
            ("1.23", 1, None),
            ("", 2, None),
            ("x", 2, None),
        ] {
            assert_eq!(unscaled(text, scale), expected, "{text}");
        }
        let widest = "99999999999999999999999999999999999999";
        assert_eq!(unscaled(widest, 0), Some(10_i128.pow(38) - 1));
    }

    #[test]
    fn a_cell_that_is_none_of_its_kind_is_named() {
        let kinds = [
            CellKind::Int,
            CellKind::Instant,
            CellKind::Date,
            CellKind::Float64,
        ];
        for kind in kinds {
            assert_eq!(kind.read(&["1", NULL, "1x"]).unwrap_err(), "1x");
            assert_eq!(kind.read(&["1", NULL]).unwrap().null_count(), 1);
            assert_eq!(*kind.read(&["1"]).unwrap().data_type(), kind.data_type());
        }
        assert!(CellKind::Bool.read(&["TRUE"]).is_err());
        assert_eq!(CellKind::Null.read(&[NULL, NULL]).unwrap().len(), 2);
    }

    #[test]
    fn texts_are_what_they_were() {
        let read = CellKind::Text.read(&["a\\tb", "\\\\N", NULL, ""]).unwrap();
        let texts: Vec<Option<&str>> = read.as_string::<i32>().iter().collect();
        assert_eq!(texts, [Some("a\tb"), Some("\\N"), None, Some("")]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(71_056), ..ProptestConfig::default() })]

        #[test]
        fn floats_keep_every_bit(double in any::<f64>(), single in any::<f32>()) {
            let read = CellKind::Float64.read(&[&double.to_string()]).unwrap();
            let back = read.as_primitive::<Float64Type>().value(0);
            prop_assert!(back.to_bits() == double.to_bits() || (back.is_nan() && double.is_nan()));
            let read = CellKind::Float32.read(&[&format!("{single:e}")]).unwrap();
            let back = read.as_primitive::<Float32Type>().value(0);
            prop_assert!(back.to_bits() == single.to_bits() || (back.is_nan() && single.is_nan()));
        }
    }
}
