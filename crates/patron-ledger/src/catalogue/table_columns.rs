//! What the catalogue says of the columns of whole tables: bounds that hold for every row that any snapshot sees.

use super::{Database, Row, Value, files, inlined};
use crate::error::LedgerError;
use crate::statistics::{self, ColumnStatistics};
use crate::tables::{ColumnKind, Table};

/// Widens what the catalogue says of a table's columns by what was added.
pub(crate) fn widen_column_statistics(
    database: &mut Database,
    table: Table,
    added: &[Vec<ColumnStatistics>],
) -> Result<(), LedgerError> {
    if added.is_empty() {
        return Ok(());
    }
    let mut known = column_statistics(database, table)?;
    for columns in added {
        known = Some(widened_by(table, known, columns));
    }
    replace_column_statistics(database, table, known.unwrap_or_default())
}

fn widened_by(
    table: Table,
    known: Option<Vec<TableColumn>>,
    columns: &[ColumnStatistics],
) -> Vec<TableColumn> {
    let Some(known) = known else {
        return columns.iter().map(TableColumn::from).collect();
    };
    let pairs = table.columns().zip(known).zip(columns);
    pairs
        .map(|((column, known), new)| known.widened(column.kind, new))
        .collect()
}

/// What the catalogue says of a column of a whole table.
#[derive(Debug, Clone)]
struct TableColumn {
    contains_null: bool,
    has_values: bool,
    bounds: Option<(String, String)>,
}

impl From<&ColumnStatistics> for TableColumn {
    fn from(column: &ColumnStatistics) -> Self {
        Self {
            contains_null: column.null_count > 0,
            has_values: column.value_count > 0,
            bounds: column.bounds.clone(),
        }
    }
}

impl TableColumn {
    fn widened(self, kind: ColumnKind, new: &ColumnStatistics) -> Self {
        let has_values = self.has_values || new.value_count > 0;
        let bounds = match (self.bounds, new.bounds.clone()) {
            (Some(left), Some(right)) => Some(statistics::widened(kind, left, right)),
            (Some(left), None) if new.value_count == 0 => Some(left),
            (None, Some(right)) if !self.has_values => Some(right),
            _ => None,
        };
        Self {
            contains_null: self.contains_null || new.null_count > 0,
            has_values,
            bounds,
        }
    }
}

/// Works out anew what the catalogue says of a table's columns, from all rows that any snapshot sees.
///
/// Widening keeps the bounds of rows that are gone, which may be those of a person who was erased.
pub(crate) fn recount_columns(database: &mut Database, table: Table) -> Result<(), LedgerError> {
    let mut known: Option<Vec<TableColumn>> = None;
    let mut add = |columns: &[ColumnStatistics]| {
        known = Some(widened_by(table, known.take(), columns));
    };
    let statistics = files::all_statistics(database)?;
    for file in files::all(database)?
        .iter()
        .filter(|file| file.table == table)
    {
        let stated = statistics.get(&file.id).map_or(&[][..], Vec::as_slice);
        let mut columns = stated.to_vec();
        // What a file of an older patron lacks is empty in all its rows.
        columns.extend(lacking(table, stated.len(), file.rows));
        add(&columns);
    }
    let inlined = inlined::select(database, table, "? IS NOT NULL", &[table.id().into()])?;
    if !inlined.ids.is_empty() {
        add(&statistics::of_rows(table, &inlined.rows));
    }
    match known {
        Some(known) => replace_column_statistics(database, table, known),
        None => {
            let sql = "DELETE FROM ducklake_table_column_stats WHERE table_id = ?";
            database.execute(sql, &[table.id().into()]).map(|_| ())
        }
    }
}

/// Describes the columns that a file of an older patron lacks.
fn lacking(table: Table, known: usize, rows: i64) -> impl Iterator<Item = ColumnStatistics> {
    let ids = table.columns().zip(1_i64..).skip(known);
    ids.map(move |(_, column_id)| ColumnStatistics {
        column_id,
        value_count: 0,
        null_count: rows,
        bounds: None,
        bytes: 0,
    })
}

fn column_statistics(
    database: &mut Database,
    table: Table,
) -> Result<Option<Vec<TableColumn>>, LedgerError> {
    let sql = "SELECT contains_null, min_value, max_value, extra_stats FROM ducklake_table_column_stats WHERE table_id = ? ORDER BY column_id";
    let rows = database.query(sql, &[table.id().into()])?;
    if rows.is_empty() {
        return Ok(None);
    }
    let column = |row: &Row| {
        let bounds = row.optional_text(1)?.zip(row.optional_text(2)?);
        Ok(TableColumn {
            contains_null: row.optional_integer(0)?.unwrap_or(1) != 0,
            // A column without bounds may have values whose bounds are not told.
            has_values: true,
            bounds,
        })
    };
    rows.iter()
        .map(column)
        .collect::<Result<Vec<_>, _>>()
        .map(Some)
}

/// Writes anew what the catalogue says of a table's columns.
fn replace_column_statistics(
    database: &mut Database,
    table: Table,
    columns: Vec<TableColumn>,
) -> Result<(), LedgerError> {
    let sql = "DELETE FROM ducklake_table_column_stats WHERE table_id = ?";
    database.execute(sql, &[table.id().into()])?;
    let rows: Vec<_> = columns
        .into_iter()
        .zip(1_i64..)
        .map(|(column, id)| {
            let (least, greatest) = column.bounds.unzip();
            vec![
                table.id().into(),
                id.into(),
                Value::Boolean(column.contains_null),
                Value::optional(least),
                Value::optional(greatest),
            ]
        })
        .collect();
    let columns = [
        "table_id",
        "column_id",
        "contains_null",
        "min_value",
        "max_value",
    ];
    database.insert("ducklake_table_column_stats", &columns, &rows)
}
