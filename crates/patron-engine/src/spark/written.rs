//! The cells of customers as they are written for Spark, and how Spark makes columns of them.
//!
//! No cell is empty, none has a tab or a line break, and `-` is one without a value:
//!
//! | type | cell |
//! |---|---|
//! | text | `=` and the text; `~` and its bytes in hexadecimal, where it has backslashes, tabs or line breaks |
//! | list of keys | `=` and the keys, set apart by commas |
//! | whole number | its digits |
//! | instant | microseconds UTC |
//! | decimal | its digits with a point |
//! | float | the shortest digits that give it back |

use std::fmt::Write as _;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{ArrowError, DataType};

/// What stands for a cell without a value.
pub(super) const NONE: &str = "-";

/// Appends the cell of a row.
pub(super) fn write_cell(out: &mut String, array: &ArrayRef, row: usize) -> Result<(), ArrowError> {
    if array.is_null(row) {
        out.push_str(NONE);
        return Ok(());
    }
    let written = match array.data_type() {
        DataType::Utf8 => {
            write_text(out, array.as_string::<i32>().value(row));
            Ok(())
        }
        DataType::Int32 => write!(out, "{}", array.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => write!(out, "{}", array.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => write!(out, "{}", array.as_primitive::<Float64Type>().value(row)),
        DataType::Timestamp(..) => {
            let array = array.as_primitive::<TimestampMicrosecondType>();
            write!(out, "{}", array.value(row))
        }
        DataType::Decimal128(..) => {
            out.push_str(&array.as_primitive::<Decimal128Type>().value_as_string(row));
            Ok(())
        }
        DataType::List(_) => {
            let keys = array.as_list::<i32>().value(row);
            let keys: Vec<&str> = keys.as_string::<i32>().iter().flatten().collect();
            write!(out, "={}", keys.join(","))
        }
        other => return Err(ArrowError::NotYetImplemented(format!("a cell of {other}"))),
    };
    written.map_err(|error| ArrowError::ExternalError(Box::new(error)))
}

fn write_text(out: &mut String, text: &str) {
    if !text.contains(['\\', '\t', '\n', '\r']) {
        out.push('=');
        out.push_str(text);
        return;
    }
    out.push('~');
    for byte in text.bytes() {
        let _ = write!(out, "{byte:02x}");
    }
}

/// The expression by which Spark makes a value of a cell; null only of a cell without one.
pub(super) fn expression(cell: &str, data_type: &DataType) -> Result<String, ArrowError> {
    let number = |name: &str| format!("CAST(nullif({cell}, '{NONE}') AS {name})");
    Ok(match data_type {
        DataType::Utf8 => format!(
            "CASE substr({cell}, 1, 1) WHEN '=' THEN substr({cell}, 2) \
             WHEN '~' THEN CAST(unhex(substr({cell}, 2)) AS STRING) END"
        ),
        DataType::List(_) => format!(
            "CASE WHEN {cell} = '=' THEN CAST(array() AS ARRAY<STRING>) \
             WHEN substr({cell}, 1, 1) = '=' THEN split(substr({cell}, 2), ',') END"
        ),
        DataType::Int32 => number("INT"),
        DataType::Int64 => number("BIGINT"),
        DataType::Float64 => number("DOUBLE"),
        DataType::Decimal128(precision, scale) => number(&format!("DECIMAL({precision}, {scale})")),
        DataType::Timestamp(..) => format!("timestamp_micros({})", number("BIGINT")),
        other => {
            return Err(ArrowError::NotYetImplemented(format!(
                "a column of {other}"
            )));
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::builder::{ListBuilder, StringBuilder};
    use arrow_array::{Decimal128Array, Float64Array, Int64Array, StringArray};

    use super::*;

    fn cells(array: ArrayRef) -> Vec<String> {
        let cell = |row| {
            let mut cell = String::new();
            write_cell(&mut cell, &array, row).unwrap();
            cell
        };
        (0..array.len()).map(cell).collect()
    }

    #[test]
    fn no_cell_is_empty_or_breaks_a_line() {
        let texts = StringArray::from(vec![
            Some(""),
            Some("-"),
            Some("~7a"),
            Some("王 ü"),
            Some("a\tb\\n\r"),
            None,
        ]);
        assert_eq!(
            cells(Arc::new(texts)),
            ["=", "=-", "=~7a", "=王 ü", "~6109625c6e0d", "-"]
        );
        let mut lists = ListBuilder::new(StringBuilder::new());
        lists.append(true);
        lists.values().append_value("core");
        lists.values().append_value("lost_2");
        lists.append(true);
        assert_eq!(cells(Arc::new(lists.finish())), ["=", "=core,lost_2"]);
    }

    #[test]
    fn numbers_are_told_to_the_last_digit() {
        let floats = [0.1 + 0.2, 1e-300, -12.0, 1e21];
        for (cell, float) in cells(Arc::new(Float64Array::from(floats.to_vec())))
            .iter()
            .zip(floats)
        {
            assert_eq!(cell.parse::<f64>().unwrap().to_bits(), float.to_bits());
        }
        let money = Decimal128Array::from(vec![Some(-7), Some(123_400), None, Some(i128::MAX / 8)]);
        let money = money.with_precision_and_scale(38, 4).unwrap();
        let largest = "2126764793255865396646091296448551.3215";
        assert_eq!(cells(Arc::new(money)), ["-0.0007", "12.3400", "-", largest]);
        let counts = Int64Array::from(vec![Some(i64::MIN), None]);
        assert_eq!(cells(Arc::new(counts)), ["-9223372036854775808", "-"]);
    }

    #[test]
    fn columns_hold_nothing_that_a_session_reads_in_its_own_way() {
        for data_type in [DataType::Utf8, DataType::Int32, DataType::Decimal128(18, 4)] {
            let sql = expression("c3", &data_type).unwrap();
            assert!(!sql.contains('\\') && sql.contains("c3"), "{sql}");
        }
        assert!(expression("c0", &DataType::Null).is_err());
    }
}
