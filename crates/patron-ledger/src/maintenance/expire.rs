//! Expiry: old snapshots are given up, and with them the files and rows that only they saw.

use std::path::{Path, PathBuf};

use patron_core::Instant;

use crate::catalogue::snapshots::{self, Snapshot, instant_value};
use crate::catalogue::{Database, Value, ddl};
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::storage::folder::{self, SCHEMA_FOLDER};
use crate::tables::Table;
use crate::text_form;

/// What an expiry did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired {
    /// Snapshots given up.
    pub snapshots: Vec<i64>,
    /// Data files removed.
    pub files: usize,
    /// Bytes they had.
    pub bytes: u64,
}

impl Ledger {
    /// Gives up the snapshots committed before an instant. The newest one stays, however old. `now` is told to those who
    /// ask for a snapshot that is gone.
    ///
    /// # Errors
    /// [`LedgerError::Locked`], [`LedgerError::ReadOnly`].
    pub fn expire(&self, before: Instant, now: Instant) -> Result<Expired, LedgerError> {
        let day = text_form::instant(now).unwrap_or_default();
        let day = day.split(' ').next().unwrap_or_default().to_owned();
        let snapshots = self.database().write(|database| {
            let mut old = snapshots::all(database)?;
            old.pop();
            old.retain(|snapshot| snapshot.at < before);
            give_up(database, &old, &format!("it was expired on {day}"), now)?;
            Ok(old.iter().map(|snapshot| snapshot.id).collect())
        })?;
        let (files, bytes) = self.remove_scheduled()?;
        Ok(Expired {
            snapshots,
            files,
            bytes,
        })
    }

    /// Removes the files that the catalogue has given up; returns how many there were, and their bytes.
    pub(crate) fn remove_scheduled(&self) -> Result<(usize, u64), LedgerError> {
        let scheduled = self
            .database()
            .read(|database| scheduled(database, self.folder()))?;
        let mut bytes = 0;
        for (_, path) in &scheduled {
            bytes += path.metadata().map_or(0, |metadata| metadata.len());
            folder::remove(path)?;
        }
        if !scheduled.is_empty() {
            self.database().write(|database| {
                let sql =
                    "DELETE FROM ducklake_files_scheduled_for_deletion WHERE data_file_id = ?";
                let mut gone = scheduled.iter();
                gone.try_for_each(|(id, _)| database.execute(sql, &[(*id).into()]).map(|_| ()))
            })?;
        }
        Ok((scheduled.len(), bytes))
    }
}

/// Returns the files that the catalogue has given up but that may still be there.
pub(crate) fn scheduled(
    database: &mut Database,
    folder: &Path,
) -> Result<Vec<(i64, PathBuf)>, LedgerError> {
    let sql = "SELECT data_file_id, path FROM ducklake_files_scheduled_for_deletion";
    let rows = database.query(sql, &[])?;
    rows.iter()
        .map(|row| Ok((row.integer(0)?, folder.join(row.text(1)?))))
        .collect()
}

/// Removes snapshots from the catalogue, with everything that only they saw.
pub(crate) fn give_up(
    database: &mut Database,
    snapshots: &[Snapshot],
    reason: &str,
    now: Instant,
) -> Result<(), LedgerError> {
    for range in ranges(snapshots) {
        let (Some(first), Some(last)) = (range.first(), range.last()) else {
            continue;
        };
        let columns = ["first_snapshot", "last_snapshot", "first_time", "reason"];
        let row = vec![
            first.id.into(),
            last.id.into(),
            instant_value(first.at)?,
            Value::text(reason),
        ];
        database.insert("patron_snapshots_gone", &columns, &[row])?;
        for table in ["ducklake_snapshot", "ducklake_snapshot_changes"] {
            let sql = format!("DELETE FROM {table} WHERE snapshot_id >= ? AND snapshot_id <= ?");
            database.execute(&sql, &[first.id.into(), last.id.into()])?;
        }
    }
    forget_files(database, now)?;
    for table in Table::ALL {
        let sql = format!(
            "DELETE FROM {} WHERE {}",
            ddl::inlined_data_name(table),
            unseen("begin_snapshot", "end_snapshot")
        );
        database.execute(&sql, &[])?;
    }
    Ok(())
}

/// Cuts snapshots into runs with consecutive numbers.
fn ranges(snapshots: &[Snapshot]) -> impl Iterator<Item = &[Snapshot]> {
    snapshots.chunk_by(|one, next| one.id + 1 == next.id)
}

/// The condition that no snapshot that is kept sees what lives between two snapshots.
fn unseen(begin: &str, end: &str) -> String {
    format!(
        "{end} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ducklake_snapshot s WHERE s.snapshot_id >= {begin} AND s.snapshot_id < {end})"
    )
}

/// Takes files that nobody sees out of the catalogue, and notes that they are to be removed.
fn forget_files(database: &mut Database, now: Instant) -> Result<(), LedgerError> {
    let sql = format!(
        "SELECT data_file_id, table_id, path FROM ducklake_data_file WHERE {}",
        unseen("begin_snapshot", "end_snapshot")
    );
    let columns = ["data_file_id", "path", "path_is_relative", "schedule_start"];
    for row in database.query(&sql, &[])? {
        let (id, table, path) = (row.integer(0)?, row.integer(1)?, row.text(2)?);
        let Some(table) = Table::with_id(table) else {
            continue;
        };
        let path = format!("{SCHEMA_FOLDER}/{}/{path}", table.name());
        let scheduled = vec![
            id.into(),
            Value::Text(path),
            Value::Boolean(true),
            instant_value(now)?,
        ];
        database.insert(
            "ducklake_files_scheduled_for_deletion",
            &columns,
            &[scheduled],
        )?;
        for table in [
            "ducklake_data_file",
            "ducklake_file_column_stats",
            "patron_data_file",
        ] {
            let sql = format!("DELETE FROM {table} WHERE data_file_id = ?");
            database.execute(&sql, &[id.into()])?;
        }
        let sql = format!(
            "DELETE FROM {} WHERE file_id = ?",
            ddl::inlined_delete_name(table)
        );
        database.execute(&sql, &[id.into()])?;
    }
    Ok(())
}
