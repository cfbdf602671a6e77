//! A commit: everything a change did becomes true at once, or nothing does.
//!
//! Data files are on the disk by then; what happens here is one transaction in the catalogue. Numbers of snapshots, files
//! and rows are drawn inside it, so changes that only add never stand in each other's way. A change that takes something
//! away (compaction, undo, erasure) first makes sure that it is still there as it was read.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::RecordBatch;
use patron_core::Instant;

use crate::catalogue::snapshots::{self, Newest, instant_value};
use crate::catalogue::table_columns::widen_column_statistics;
use crate::catalogue::{Database, Value, ddl, files, inlined};
use crate::error::LedgerError;
use crate::statistics::{self, ColumnStatistics, count};
use crate::storage::NewFile;
use crate::tables::Table;

/// Who commits what, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitInfo {
    /// When. A commit before the newest snapshot's time gets that time, so that times never go back.
    pub at: Instant,
    /// Who.
    pub author: String,
    /// What for. It is kept as long as the snapshot: no personal data.
    pub message: String,
    /// What else is to be kept with the snapshot, such as the last number taken from an intake. The last one of each
    /// author outlives its snapshot: [`Ledger::last_extra_info`](crate::Ledger::last_extra_info).
    pub extra_info: Option<String>,
}

/// What a commit does.
#[derive(Default)]
pub(crate) struct Change {
    /// The snapshot that the change was worked out on.
    pub(crate) base: i64,
    pub(crate) added: Vec<NewFile>,
    pub(crate) inlined: Vec<(Table, RecordBatch)>,
    /// Files of which nothing stays.
    pub(crate) ended_files: Vec<(Table, i64)>,
    /// Places of rows deleted from files that stay.
    pub(crate) deleted_rows: Vec<(Table, i64, Vec<i64>)>,
    /// Ids of inlined rows that end.
    pub(crate) ended_inlined: Vec<(Table, Vec<i64>)>,
    /// Tables to which nobody may have added anything since.
    pub(crate) unchanged: BTreeSet<Table>,
}

impl Change {
    pub(crate) const fn is_empty(&self) -> bool {
        self.added.is_empty()
            && self.inlined.is_empty()
            && self.ended_files.is_empty()
            && self.deleted_rows.is_empty()
            && self.ended_inlined.is_empty()
    }

    fn tables(&self) -> BTreeSet<Table> {
        let added = self.added.iter().map(|file| file.table);
        let inlined = self.inlined.iter().map(|(table, _)| *table);
        let ended = self.ended_files.iter().map(|(table, _)| *table);
        let deleted = self.deleted_rows.iter().map(|(table, ..)| *table);
        let rows = self.ended_inlined.iter().map(|(table, _)| *table);
        added
            .chain(inlined)
            .chain(ended)
            .chain(deleted)
            .chain(rows)
            .collect()
    }

    /// Says in DuckLake's words what the change does.
    fn words(&self) -> String {
        let mut words = BTreeSet::new();
        let mut add = |what: &str, table: Table| {
            words.insert(format!("{what}:{}", table.id()));
        };
        for file in &self.added {
            add("inserted_into_table", file.table);
        }
        for (table, _) in &self.inlined {
            add("inlined_insert", *table);
        }
        for (table, _) in &self.ended_files {
            add("deleted_from_table", *table);
        }
        for (table, ..) in &self.deleted_rows {
            add("inlined_delete", *table);
        }
        for (table, _) in &self.ended_inlined {
            add("inlined_delete", *table);
        }
        words.into_iter().collect::<Vec<_>>().join(",")
    }
}

/// Writes a change into the catalogue, inside a transaction that the caller began; returns the new snapshot.
pub(crate) fn apply(
    database: &mut Database,
    change: &Change,
    info: &CommitInfo,
) -> Result<i64, LedgerError> {
    let newest = snapshots::newest(database)?;
    let snapshot = newest.id + 1;
    check_unchanged(database, change)?;
    end_files(database, change, snapshot)?;
    delete_rows(database, change, snapshot)?;
    end_inlined(database, change, snapshot)?;
    let mut file_id = newest.next_file_id;
    let mut added: BTreeMap<Table, Added> = BTreeMap::new();
    for table in change.tables() {
        added.insert(table, Added::from(table_statistics(database, table)?));
    }
    let mut files = Vec::new();
    for file in &change.added {
        let Some(added) = added.get_mut(&file.table) else {
            continue;
        };
        files.push((file.clone(), file_id, added.next_row_id));
        file_id += 1;
        added.next_row_id += file.rows;
        added.columns.push(file.columns.clone());
    }
    for (table, rows) in &change.inlined {
        let Some(added) = added.get_mut(table) else {
            continue;
        };
        inlined::insert(database, *table, rows, added.next_row_id, snapshot)?;
        added.next_row_id += count(rows.num_rows());
        added.columns.push(statistics::of_rows(*table, rows));
    }
    files::insert(database, &files, snapshot)?;
    for (table, added) in &added {
        set_table_statistics(database, *table, added)?;
        widen_column_statistics(database, *table, &added.columns)?;
    }
    insert_snapshot(database, newest, file_id, change, info)?;
    Ok(snapshot)
}

/// What a commit adds to the statistics of a table.
#[derive(Debug)]
struct Added {
    next_row_id: i64,
    is_new: bool,
    columns: Vec<Vec<ColumnStatistics>>,
}

impl From<Option<i64>> for Added {
    fn from(next_row_id: Option<i64>) -> Self {
        Self {
            next_row_id: next_row_id.unwrap_or(0),
            is_new: next_row_id.is_none(),
            columns: Vec::new(),
        }
    }
}

fn table_statistics(database: &mut Database, table: Table) -> Result<Option<i64>, LedgerError> {
    let sql = "SELECT next_row_id FROM ducklake_table_stats WHERE table_id = ?";
    let rows = database.query(sql, &[table.id().into()])?;
    rows.first().map(|row| row.integer(0)).transpose()
}

fn conflict(what: String) -> LedgerError {
    LedgerError::Conflict { what }
}

fn check_unchanged(database: &mut Database, change: &Change) -> Result<(), LedgerError> {
    for table in &change.unchanged {
        let inlined = ddl::inlined_data_name(*table);
        for sql in [
            "SELECT 1 FROM ducklake_data_file WHERE table_id = ? AND begin_snapshot > ? LIMIT 1"
                .to_owned(),
            format!("SELECT 1 FROM {inlined} WHERE ? IS NOT NULL AND begin_snapshot > ? LIMIT 1"),
        ] {
            let values = [table.id().into(), change.base.into()];
            if !database.query(&sql, &values)?.is_empty() {
                return Err(conflict(format!("`{}` has new rows", table.name())));
            }
        }
    }
    Ok(())
}

/// Makes sure that nobody deleted rows from a file since the change was worked out.
fn check_deletes(
    database: &mut Database,
    table: Table,
    file: i64,
    base: i64,
) -> Result<(), LedgerError> {
    let sql = format!(
        "SELECT 1 FROM {} WHERE file_id = ? AND begin_snapshot > ? LIMIT 1",
        ddl::inlined_delete_name(table)
    );
    if database
        .query(&sql, &[file.into(), base.into()])?
        .is_empty()
    {
        Ok(())
    } else {
        Err(conflict(format!("rows of `{}` were deleted", table.name())))
    }
}

fn end_files(database: &mut Database, change: &Change, snapshot: i64) -> Result<(), LedgerError> {
    for (table, file) in &change.ended_files {
        let sql = "UPDATE ducklake_data_file SET end_snapshot = ? WHERE data_file_id = ? AND end_snapshot IS NULL";
        if database.execute(sql, &[snapshot.into(), (*file).into()])? != 1 {
            return Err(conflict(format!(
                "a data file of `{}` was replaced",
                table.name()
            )));
        }
        check_deletes(database, *table, *file, change.base)?;
    }
    Ok(())
}

fn delete_rows(database: &mut Database, change: &Change, snapshot: i64) -> Result<(), LedgerError> {
    for (table, file, places) in &change.deleted_rows {
        let sql =
            "SELECT 1 FROM ducklake_data_file WHERE data_file_id = ? AND end_snapshot IS NULL";
        if database.query(sql, &[(*file).into()])?.is_empty() {
            return Err(conflict(format!(
                "a data file of `{}` was replaced",
                table.name()
            )));
        }
        check_deletes(database, *table, *file, change.base)?;
        let rows: Vec<_> = places
            .iter()
            .map(|place| vec![(*file).into(), (*place).into(), snapshot.into()])
            .collect();
        let columns = ["file_id", "row_id", "begin_snapshot"];
        database.insert(&ddl::inlined_delete_name(*table), &columns, &rows)?;
    }
    Ok(())
}

fn end_inlined(database: &mut Database, change: &Change, snapshot: i64) -> Result<(), LedgerError> {
    for (table, ids) in &change.ended_inlined {
        for chunk in ids.chunks(5_000) {
            let places = vec!["?"; chunk.len()].join(", ");
            let sql = format!(
                "UPDATE {} SET end_snapshot = ? WHERE end_snapshot IS NULL AND row_id IN ({places})",
                ddl::inlined_data_name(*table)
            );
            let mut values = vec![Value::Integer(snapshot)];
            values.extend(chunk.iter().copied().map(Value::Integer));
            if database.execute(&sql, &values)? != chunk.len() as u64 {
                return Err(conflict(format!("rows of `{}` were deleted", table.name())));
            }
        }
    }
    Ok(())
}

/// Counts the rows and bytes that a table has now.
fn set_table_statistics(
    database: &mut Database,
    table: Table,
    added: &Added,
) -> Result<(), LedgerError> {
    let sql = "SELECT CAST(COALESCE(sum(record_count), 0) AS BIGINT), CAST(COALESCE(sum(file_size_bytes), 0) AS BIGINT) FROM ducklake_data_file WHERE table_id = ? AND end_snapshot IS NULL";
    let files = database.query(sql, &[table.id().into()])?;
    let (rows, bytes) = match files.first() {
        Some(row) => (row.integer(0)?, row.integer(1)?),
        None => (0, 0),
    };
    let sql = format!(
        "SELECT count(*) FROM {} WHERE end_snapshot IS NULL",
        ddl::inlined_data_name(table)
    );
    let inlined = database.query(&sql, &[])?;
    let inlined = inlined.first().map_or(Ok(0), |row| row.integer(0))?;
    let rows = rows + inlined;
    if added.is_new {
        let columns = ["table_id", "record_count", "next_row_id", "file_size_bytes"];
        let row = vec![
            table.id().into(),
            rows.into(),
            added.next_row_id.into(),
            bytes.into(),
        ];
        return database.insert("ducklake_table_stats", &columns, &[row]);
    }
    let sql = "UPDATE ducklake_table_stats SET record_count = ?, next_row_id = ?, file_size_bytes = ? WHERE table_id = ?";
    let values = [
        rows.into(),
        added.next_row_id.into(),
        bytes.into(),
        table.id().into(),
    ];
    database.execute(sql, &values).map(|_| ())
}

fn insert_snapshot(
    database: &mut Database,
    newest: Newest,
    next_file_id: i64,
    change: &Change,
    info: &CommitInfo,
) -> Result<(), LedgerError> {
    let id = newest.id + 1;
    let row = vec![
        id.into(),
        instant_value(info.at.max(newest.at))?,
        newest.schema_version.into(),
        newest.next_catalog_id.into(),
        next_file_id.into(),
    ];
    database.insert("ducklake_snapshot", &snapshots::COLUMNS, &[row])?;
    let columns = [
        "snapshot_id",
        "changes_made",
        "author",
        "commit_message",
        "commit_extra_info",
    ];
    let row = vec![
        id.into(),
        Value::Text(change.words()),
        Value::text(&info.author),
        Value::text(&info.message),
        Value::optional(info.extra_info.clone()),
    ];
    database.insert("ducklake_snapshot_changes", &columns, &[row])?;
    let Some(extra_info) = &info.extra_info else {
        return Ok(());
    };
    let sql = "DELETE FROM patron_note WHERE author = ?";
    database.execute(sql, &[Value::text(&info.author)])?;
    let note = vec![
        Value::text(&info.author),
        id.into(),
        Value::text(extra_info),
    ];
    database.insert(
        "patron_note",
        &["author", "snapshot_id", "extra_info"],
        &[note],
    )
}
