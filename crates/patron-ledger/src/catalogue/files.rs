//! What the catalogue says of data files, and of rows deleted from them.

use std::collections::BTreeMap;

use super::{Database, Row, Value, ddl};
use crate::error::LedgerError;
use crate::statistics::{ColumnStatistics, count};
use crate::storage::NewFile;
use crate::tables::Table;

/// A data file that the catalogue knows.
#[derive(Debug, Clone)]
pub(crate) struct CatalogueFile {
    pub(crate) id: i64,
    pub(crate) table: Table,
    /// Relative to the folder of the table.
    pub(crate) path: String,
    pub(crate) rows: i64,
    pub(crate) bytes: i64,
    pub(crate) footer_bytes: i64,
    pub(crate) begin: i64,
    pub(crate) end: Option<i64>,
}

const SELECT: &str = "SELECT data_file_id, table_id, path, record_count, file_size_bytes, footer_size, begin_snapshot, end_snapshot, CASE WHEN path_is_relative AND file_format = 'parquet' AND mapping_id IS NULL AND partial_max IS NULL AND encryption_key IS NULL THEN 1 ELSE 0 END FROM ducklake_data_file";

/// Returns the files of a table that a snapshot sees, oldest first.
pub(crate) fn seen(
    database: &mut Database,
    table: Table,
    snapshot: i64,
) -> Result<Vec<CatalogueFile>, LedgerError> {
    refuse_delete_files(database)?;
    let sql = format!(
        "{SELECT} WHERE table_id = ? AND begin_snapshot <= ? AND (end_snapshot IS NULL OR end_snapshot > ?) ORDER BY data_file_id"
    );
    let values = [table.id().into(), snapshot.into(), snapshot.into()];
    database.query(&sql, &values)?.iter().map(file).collect()
}

/// Returns all files of all tables that the catalogue knows.
pub(crate) fn all(database: &mut Database) -> Result<Vec<CatalogueFile>, LedgerError> {
    refuse_delete_files(database)?;
    let rows = database.query(&format!("{SELECT} ORDER BY data_file_id"), &[])?;
    rows.iter().map(file).collect()
}

fn file(row: &Row) -> Result<CatalogueFile, LedgerError> {
    let path = row.text(2)?;
    if row.integer(8)? != 1 {
        return Err(LedgerError::Foreign {
            what: format!("data file `{path}` is of a kind that patron does not write"),
        });
    }
    let table = row.integer(1)?;
    let table = Table::with_id(table).ok_or_else(|| LedgerError::Foreign {
        what: format!("data file `{path}` belongs to a table {table} that patron did not make"),
    })?;
    Ok(CatalogueFile {
        id: row.integer(0)?,
        table,
        path,
        rows: row.integer(3)?,
        bytes: row.integer(4)?,
        footer_bytes: row.integer(5)?,
        begin: row.integer(6)?,
        end: row.optional_integer(7)?,
    })
}

/// Patron deletes rows in the catalogue and never in files of their own; another program's would not be seen.
fn refuse_delete_files(database: &mut Database) -> Result<(), LedgerError> {
    let rows = database.query("SELECT path FROM ducklake_delete_file LIMIT 1", &[])?;
    match rows.first() {
        None => Ok(()),
        Some(row) => Err(LedgerError::Foreign {
            what: format!("rows were deleted by the file `{}`", row.text(0)?),
        }),
    }
}

/// Returns the places of rows deleted from files of a table, as a snapshot sees it, by file and ascending.
pub(crate) fn deleted(
    database: &mut Database,
    table: Table,
    snapshot: i64,
) -> Result<BTreeMap<i64, Vec<i64>>, LedgerError> {
    let sql = format!(
        "SELECT DISTINCT file_id, row_id FROM {} WHERE begin_snapshot <= ? ORDER BY file_id, row_id",
        ddl::inlined_delete_name(table)
    );
    let mut deleted: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for row in database.query(&sql, &[snapshot.into()])? {
        deleted
            .entry(row.integer(0)?)
            .or_default()
            .push(row.integer(1)?);
    }
    Ok(deleted)
}

/// Returns the smallest and largest value of a column in the files of a table that have them.
pub(crate) fn bounds(
    database: &mut Database,
    table: Table,
    column: &str,
) -> Result<BTreeMap<i64, (String, String)>, LedgerError> {
    let Some(place) = table.columns().position(|known| known.name == column) else {
        return Ok(BTreeMap::new());
    };
    let sql = "SELECT data_file_id, min_value, max_value FROM ducklake_file_column_stats WHERE table_id = ? AND column_id = ? AND min_value IS NOT NULL AND max_value IS NOT NULL";
    let values = [table.id().into(), (count(place) + 1).into()];
    let rows = database.query(sql, &values)?;
    let bound = |row: &Row| Ok((row.integer(0)?, (row.text(1)?, row.text(2)?)));
    rows.iter().map(bound).collect()
}

/// Enters new files, whose ids and row ids count up from those given.
pub(crate) fn insert(
    database: &mut Database,
    files: &[(NewFile, i64, i64)],
    snapshot: i64,
) -> Result<(), LedgerError> {
    let columns = [
        "data_file_id",
        "table_id",
        "begin_snapshot",
        "path",
        "path_is_relative",
        "file_format",
        "record_count",
        "file_size_bytes",
        "footer_size",
        "row_id_start",
    ];
    let rows: Vec<_> = files
        .iter()
        .map(|(file, id, first_row)| {
            vec![
                (*id).into(),
                file.table.id().into(),
                snapshot.into(),
                Value::text(&file.path),
                Value::Boolean(true),
                Value::text("parquet"),
                file.rows.into(),
                file.bytes.into(),
                file.footer_bytes.into(),
                (*first_row).into(),
            ]
        })
        .collect();
    database.insert("ducklake_data_file", &columns, &rows)?;
    let fingerprints: Vec<_> = files
        .iter()
        .map(|(file, id, _)| vec![(*id).into(), Value::text(&file.fingerprint)])
        .collect();
    database.insert("patron_data_file", &["data_file_id", "xxh3"], &fingerprints)?;
    let columns = [
        "data_file_id",
        "table_id",
        "column_id",
        "column_size_bytes",
        "value_count",
        "null_count",
        "min_value",
        "max_value",
    ];
    let rows: Vec<_> = files
        .iter()
        .flat_map(|(file, id, _)| {
            file.columns
                .iter()
                .map(|column| statistics(file, *id, column))
        })
        .collect();
    database.insert("ducklake_file_column_stats", &columns, &rows)
}

fn statistics(file: &NewFile, id: i64, column: &ColumnStatistics) -> Vec<Value> {
    let (least, greatest) = column.bounds.clone().unzip();
    vec![
        id.into(),
        file.table.id().into(),
        column.column_id.into(),
        column.bytes.into(),
        column.value_count.into(),
        column.null_count.into(),
        Value::optional(least),
        Value::optional(greatest),
    ]
}

/// Returns the fingerprints of the files, as they were when written.
pub(crate) fn fingerprints(database: &mut Database) -> Result<BTreeMap<i64, String>, LedgerError> {
    let rows = database.query("SELECT data_file_id, xxh3 FROM patron_data_file", &[])?;
    rows.iter()
        .map(|row| Ok((row.integer(0)?, row.text(1)?)))
        .collect()
}

/// Returns what the catalogue says of the columns of every file.
pub(crate) fn all_statistics(
    database: &mut Database,
) -> Result<BTreeMap<i64, Vec<ColumnStatistics>>, LedgerError> {
    let sql = "SELECT data_file_id, column_id, value_count, null_count, min_value, max_value, column_size_bytes FROM ducklake_file_column_stats ORDER BY data_file_id, column_id";
    let mut all: BTreeMap<i64, Vec<ColumnStatistics>> = BTreeMap::new();
    for row in database.query(sql, &[])? {
        let column = ColumnStatistics {
            column_id: row.integer(1)?,
            value_count: row.integer(2)?,
            null_count: row.integer(3)?,
            bounds: row.optional_text(4)?.zip(row.optional_text(5)?),
            bytes: row.integer(6)?,
        };
        all.entry(row.integer(0)?).or_default().push(column);
    }
    Ok(all)
}
