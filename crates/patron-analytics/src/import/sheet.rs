//! Rows of one table of the ledger, gathered cell by cell.

use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Int64Builder, StringBuilder,
    TimestampMicrosecondBuilder,
};
use arrow_array::{Array, ArrayRef, RecordBatch, new_null_array};
use patron_ledger::{ColumnKind, LedgerError, Table};

use crate::workspace::rows_differ;

/// A cell to be written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    /// Ten-thousandths, of a decimal.
    Number(i64),
    /// µs UTC.
    Instant(i64),
    Whole(i64),
    Yes(bool),
    /// Days since 1970-01-01.
    Day(i32),
}

enum Cells {
    Text(StringBuilder),
    Decimal(Decimal128Builder),
    Instant(TimestampMicrosecondBuilder),
    Whole(Int64Builder),
    Boolean(BooleanBuilder),
    Day(Date32Builder),
    /// Columns that an import does not fill.
    Empty,
}

/// Rows that grow: set cells of a row, end it. A column that no row sets costs nothing.
pub(crate) struct Sheet {
    table: Table,
    names: Vec<&'static str>,
    columns: Vec<Cells>,
    rows: usize,
    /// Rows that are expected: for so many there is room as soon as a column has its first.
    expected: usize,
}

impl Sheet {
    pub(crate) fn new(table: Table) -> Self {
        Self::with_capacity(table, 0)
    }

    /// Makes a sheet for about so many rows.
    pub(crate) fn with_capacity(table: Table, expected: usize) -> Self {
        let cells = |kind| match kind {
            ColumnKind::Text => Cells::Text(StringBuilder::new()),
            ColumnKind::Decimal => Cells::Decimal(
                Decimal128Builder::new().with_data_type(ColumnKind::Decimal.data_type()),
            ),
            ColumnKind::Instant => Cells::Instant(
                TimestampMicrosecondBuilder::new().with_data_type(ColumnKind::Instant.data_type()),
            ),
            ColumnKind::BigInteger => Cells::Whole(Int64Builder::new()),
            ColumnKind::Boolean => Cells::Boolean(BooleanBuilder::new()),
            ColumnKind::Date => Cells::Day(Date32Builder::new()),
            ColumnKind::Integer => Cells::Empty,
        };
        Self {
            table,
            names: table.columns().map(|column| column.name).collect(),
            columns: table.columns().map(|column| cells(column.kind)).collect(),
            rows: 0,
            expected,
        }
    }

    /// Returns the place of a column.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|column| *column == name)
    }

    /// Sets a cell of the row that has begun. Of two for one column the first holds.
    pub(crate) fn set(&mut self, place: usize, value: Value<'_>) {
        if let Some(column) = self.columns.get_mut(place)
            && column.len() <= self.rows
        {
            if column.len() == 0 {
                column.reserve(self.expected, value);
            }
            // Earlier rows that did not set it have nothing there.
            column.push_nulls(self.rows - column.len());
            column.push(value);
        }
    }

    /// Ends the row; cells that were not set stay empty.
    pub(crate) const fn end_row(&mut self) {
        self.rows += 1;
    }

    pub(crate) const fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the rows, and begins anew.
    pub(crate) fn take(&mut self) -> Result<RecordBatch, LedgerError> {
        let schema = self.table.schema();
        let rows = std::mem::take(&mut self.rows);
        let columns = self.columns.iter_mut().zip(schema.fields());
        // Columns without a value are one and the same: a table has many more columns than a shop's file.
        let mut empty: Vec<ArrayRef> = Vec::new();
        let columns = columns.map(|(column, field)| {
            column.finish(rows).unwrap_or_else(|| {
                let known = empty
                    .iter()
                    .find(|known| known.data_type() == field.data_type());
                known.cloned().unwrap_or_else(|| {
                    let made = new_null_array(field.data_type(), rows);
                    empty.push(Arc::clone(&made));
                    made
                })
            })
        });
        let columns: Vec<ArrayRef> = columns.collect();
        RecordBatch::try_new(Arc::clone(&schema), columns)
            .map_err(|error| rows_differ(self.table, &error))
    }
}

impl Cells {
    fn len(&self) -> usize {
        match self {
            Self::Text(cells) => cells.len(),
            Self::Decimal(cells) => cells.len(),
            Self::Instant(cells) => cells.len(),
            Self::Whole(cells) => cells.len(),
            Self::Boolean(cells) => cells.len(),
            Self::Day(cells) => cells.len(),
            Self::Empty => usize::MAX,
        }
    }

    /// Makes room for so many values like the first one, instead of growing and copying again and again.
    fn reserve(&mut self, count: usize, first: Value<'_>) {
        if count == 0 {
            return;
        }
        match (self, first) {
            (Self::Text(cells), Value::Text(text)) => {
                *cells = StringBuilder::with_capacity(count, count * (text.len() + 1));
            }
            (Self::Decimal(cells), _) => {
                *cells = Decimal128Builder::with_capacity(count)
                    .with_data_type(ColumnKind::Decimal.data_type());
            }
            (Self::Instant(cells), _) => {
                *cells = TimestampMicrosecondBuilder::with_capacity(count)
                    .with_data_type(ColumnKind::Instant.data_type());
            }
            (Self::Whole(cells), _) => *cells = Int64Builder::with_capacity(count),
            _ => {}
        }
    }

    /// A value of another kind than the column's is left out: that cannot happen for columns named in `rows`.
    fn push(&mut self, value: Value<'_>) {
        match (self, value) {
            (Self::Text(cells), Value::Text(text)) => cells.append_value(text),
            (Self::Decimal(cells), Value::Number(number)) => {
                cells.append_value(i128::from(number));
            }
            (Self::Instant(cells), Value::Instant(at)) => cells.append_value(at),
            (Self::Whole(cells), Value::Whole(number)) => cells.append_value(number),
            (Self::Boolean(cells), Value::Yes(yes)) => cells.append_value(yes),
            (Self::Day(cells), Value::Day(day)) => cells.append_value(day),
            _ => {}
        }
    }

    fn push_nulls(&mut self, count: usize) {
        match self {
            Self::Text(cells) => cells.append_nulls(count),
            Self::Decimal(cells) => cells.append_nulls(count),
            Self::Instant(cells) => cells.append_nulls(count),
            Self::Whole(cells) => cells.append_nulls(count),
            Self::Boolean(cells) => cells.append_nulls(count),
            Self::Day(cells) => cells.append_nulls(count),
            Self::Empty => {}
        }
    }

    /// Returns the column with so many rows; nothing if no row has a value.
    fn finish(&mut self, rows: usize) -> Option<ArrayRef> {
        if matches!(self, Self::Empty) || self.len() == 0 {
            return None;
        }
        self.push_nulls(rows.saturating_sub(self.len()));
        Some(match self {
            Self::Text(cells) => Arc::new(cells.finish()),
            Self::Decimal(cells) => Arc::new(cells.finish()),
            Self::Instant(cells) => Arc::new(cells.finish()),
            Self::Whole(cells) => Arc::new(cells.finish()),
            Self::Boolean(cells) => Arc::new(cells.finish()),
            Self::Day(cells) => Arc::new(cells.finish()),
            Self::Empty => return None,
        })
    }
}
