//! Rows that live in the catalogue itself, because a file for so few would be a waste.

use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, Date32Builder, Decimal128Builder, Int32Builder, Int64Builder, StringBuilder,
    TimestampMicrosecondBuilder,
};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use patron_core::Instant;

use super::{Database, Row, Value, ddl};
use crate::error::LedgerError;
use crate::rows::failed;
use crate::tables::{ColumnKind, Table};
use crate::text_form;

/// Inlined rows as a snapshot sees them.
#[derive(Debug, Clone)]
pub(crate) struct InlinedRows {
    /// Their ids, ascending.
    pub(crate) ids: Vec<i64>,
    /// All columns of the table.
    pub(crate) rows: RecordBatch,
}

/// Puts rows into the catalogue; their ids count up from `first_id`.
pub(crate) fn insert(
    database: &mut Database,
    table: Table,
    rows: &RecordBatch,
    first_id: i64,
    snapshot: i64,
) -> Result<(), LedgerError> {
    let mut columns = vec!["row_id", "begin_snapshot"];
    columns.extend(table.columns().map(|column| column.name));
    let values = (0..rows.num_rows()).zip(first_id..).map(|(row, id)| {
        let cells = table.columns().zip(rows.columns());
        let cells = cells.map(|(column, values)| cell(column.kind, values.as_ref(), row));
        [Value::Integer(id), Value::Integer(snapshot)]
            .into_iter()
            .chain(cells)
            .collect()
    });
    let values: Vec<Vec<Value>> = values.collect();
    database.insert(&ddl::inlined_data_name(table), &columns, &values)
}

fn cell(kind: ColumnKind, values: &dyn Array, row: usize) -> Value {
    if values.is_null(row) {
        return Value::Null;
    }
    match kind {
        ColumnKind::Text => Value::InlinedText(values.as_string::<i32>().value(row).to_owned()),
        ColumnKind::Integer => {
            Value::Integer(i64::from(values.as_primitive::<Int32Type>().value(row)))
        }
        ColumnKind::BigInteger => Value::Integer(values.as_primitive::<Int64Type>().value(row)),
        ColumnKind::Decimal => {
            let value = values.as_primitive::<Decimal128Type>().value(row);
            Value::Decimal(text_form::decimal(value))
        }
        ColumnKind::Instant => {
            let micros = values.as_primitive::<TimestampMicrosecondType>().value(row);
            Value::optional(text_form::instant(Instant(micros)))
        }
        ColumnKind::Date => {
            let days = values.as_primitive::<Date32Type>().value(row);
            Value::optional(text_form::date(days))
        }
        ColumnKind::Boolean => Value::Boolean(values.as_boolean().value(row)),
    }
}

/// Reads the rows of a table that a snapshot sees in the catalogue.
pub(crate) fn seen(
    database: &mut Database,
    table: Table,
    snapshot: i64,
) -> Result<InlinedRows, LedgerError> {
    let condition = "begin_snapshot <= ? AND (end_snapshot IS NULL OR end_snapshot > ?)";
    select(
        database,
        table,
        condition,
        &[snapshot.into(), snapshot.into()],
    )
}

/// Reads the rows of a table that the later of two snapshots sees in the catalogue and the earlier does not.
pub(crate) fn seen_since(
    database: &mut Database,
    table: Table,
    (since, snapshot): (i64, i64),
) -> Result<InlinedRows, LedgerError> {
    let condition =
        "begin_snapshot > ? AND begin_snapshot <= ? AND (end_snapshot IS NULL OR end_snapshot > ?)";
    let values = [since.into(), snapshot.into(), snapshot.into()];
    select(database, table, condition, &values)
}

/// Reads inlined rows that meet a condition written by this crate.
pub(crate) fn select(
    database: &mut Database,
    table: Table,
    condition: &str,
    values: &[Value],
) -> Result<InlinedRows, LedgerError> {
    let columns: Vec<_> = table
        .columns()
        .map(|column| match column.kind {
            ColumnKind::Decimal => format!("CAST(\"{}\" AS VARCHAR)", column.name),
            _ => format!("\"{}\"", column.name),
        })
        .collect();
    let sql = format!(
        "SELECT row_id, {} FROM {} WHERE {condition} ORDER BY row_id",
        columns.join(", "),
        ddl::inlined_data_name(table)
    );
    let found = database.query(&sql, values)?;
    let ids = found
        .iter()
        .map(|row| row.integer(0))
        .collect::<Result<_, _>>()?;
    let columns = table
        .columns()
        .zip(1..)
        .map(|(column, place)| decoded(column.kind, &found, place))
        .collect::<Result<Vec<_>, _>>()?;
    let rows =
        RecordBatch::try_new(table.schema(), columns).map_err(|source| failed(table, source))?;
    Ok(InlinedRows { ids, rows })
}

fn decoded(kind: ColumnKind, rows: &[Row], place: usize) -> Result<ArrayRef, LedgerError> {
    Ok(match kind {
        ColumnKind::Text => {
            let mut builder = StringBuilder::new();
            for row in rows {
                builder.append_option(row.optional_text(place)?);
            }
            Arc::new(builder.finish())
        }
        ColumnKind::Integer => {
            let mut builder = Int32Builder::new();
            for row in rows {
                let number = row.optional_integer(place)?.map(i32::try_from).transpose();
                builder.append_option(number.map_err(|_| damaged("a number too large"))?);
            }
            Arc::new(builder.finish())
        }
        ColumnKind::BigInteger => {
            let mut builder = Int64Builder::new();
            for row in rows {
                builder.append_option(row.optional_integer(place)?);
            }
            Arc::new(builder.finish())
        }
        ColumnKind::Boolean => {
            let mut builder = BooleanBuilder::new();
            for row in rows {
                builder.append_option(row.optional_integer(place)?.map(|truth| truth != 0));
            }
            Arc::new(builder.finish())
        }
        ColumnKind::Decimal => {
            let mut builder =
                Decimal128Builder::new().with_data_type(ColumnKind::Decimal.data_type());
            for row in rows {
                builder.append_option(parsed(row, place, text_form::parse_decimal)?);
            }
            Arc::new(builder.finish())
        }
        ColumnKind::Instant => {
            let mut builder = TimestampMicrosecondBuilder::new().with_timezone("UTC");
            for row in rows {
                let at = parsed(row, place, text_form::parse_instant)?;
                builder.append_option(at.map(|at| at.0));
            }
            Arc::new(builder.finish())
        }
        ColumnKind::Date => {
            let mut builder = Date32Builder::new();
            for row in rows {
                builder.append_option(parsed(row, place, text_form::parse_date)?);
            }
            Arc::new(builder.finish())
        }
    })
}

fn parsed<T>(
    row: &Row,
    place: usize,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, LedgerError> {
    let Some(text) = row.optional_text(place)? else {
        return Ok(None);
    };
    // The text itself may be personal and is not told.
    let value = parse(&text).ok_or_else(|| damaged("a text of another form"))?;
    Ok(Some(value))
}

fn damaged(what: &str) -> LedgerError {
    LedgerError::CatalogueDamaged {
        what: format!("an inlined row holds {what}"),
    }
}
