//! Snapshots: which there are, which one is meant, and why one is no longer kept.

use patron_core::Instant;

use super::{Database, Row, Value};
use crate::error::LedgerError;
use crate::text_form;

/// The columns of a snapshot that a commit writes.
pub(crate) const COLUMNS: [&str; 5] = [
    "snapshot_id",
    "snapshot_time",
    "schema_version",
    "next_catalog_id",
    "next_file_id",
];

/// A state of the ledger that was committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Its number; later ones are larger.
    pub id: i64,
    /// When it was committed, as its author said; never before the one before it.
    pub at: Instant,
    /// Who committed it.
    pub author: Option<String>,
    /// What for.
    pub message: Option<String>,
    /// What else its author wanted kept.
    pub extra_info: Option<String>,
    /// What it changed, in DuckLake's words.
    pub changes: String,
}

/// Which state of the ledger is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// The newest.
    Latest,
    /// The one with this number.
    Snapshot(i64),
    /// The one that was the newest at this instant.
    Time(Instant),
}

/// What a commit needs of the newest snapshot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Newest {
    pub(crate) id: i64,
    pub(crate) at: Instant,
    pub(crate) schema_version: i64,
    pub(crate) next_catalog_id: i64,
    pub(crate) next_file_id: i64,
}

/// Returns an instant as the catalogue keeps it.
pub(crate) fn instant_value(at: Instant) -> Result<Value, LedgerError> {
    text_form::instant(at)
        .map(Value::Instant)
        .ok_or(LedgerError::Setting {
            name: "time of the commit",
            value: at.0.to_string(),
            reason: "it must lie in the years 1 to 9999",
        })
}

/// Reads an instant that the catalogue keeps.
pub(crate) fn read_instant(text: &str) -> Result<Instant, LedgerError> {
    text_form::parse_instant(text).ok_or_else(|| LedgerError::CatalogueDamaged {
        what: format!("`{text}` is no instant"),
    })
}

/// Returns the newest snapshot.
pub(crate) fn newest(database: &mut Database) -> Result<Newest, LedgerError> {
    let sql = "SELECT snapshot_id, CAST(snapshot_time AS VARCHAR), schema_version, next_catalog_id, next_file_id FROM ducklake_snapshot WHERE snapshot_id = (SELECT max(snapshot_id) FROM ducklake_snapshot)";
    let rows = database.query(sql, &[])?;
    let Some(row) = rows.first() else {
        return Err(LedgerError::CatalogueDamaged {
            what: "it has no snapshot".to_owned(),
        });
    };
    Ok(Newest {
        id: row.integer(0)?,
        at: read_instant(&row.text(1)?)?,
        schema_version: row.integer(2)?,
        next_catalog_id: row.integer(3)?,
        next_file_id: row.integer(4)?,
    })
}

/// Returns all snapshots that are kept, oldest first.
pub(crate) fn all(database: &mut Database) -> Result<Vec<Snapshot>, LedgerError> {
    let sql = "SELECT s.snapshot_id, CAST(s.snapshot_time AS VARCHAR), c.author, c.commit_message, c.commit_extra_info, c.changes_made FROM ducklake_snapshot s LEFT JOIN ducklake_snapshot_changes c ON c.snapshot_id = s.snapshot_id ORDER BY s.snapshot_id";
    database.query(sql, &[])?.iter().map(snapshot).collect()
}

fn snapshot(row: &Row) -> Result<Snapshot, LedgerError> {
    Ok(Snapshot {
        id: row.integer(0)?,
        at: read_instant(&row.text(1)?)?,
        author: row.optional_text(2)?,
        message: row.optional_text(3)?,
        extra_info: row.optional_text(4)?,
        changes: row.optional_text(5)?.unwrap_or_default(),
    })
}

/// Returns the number of the snapshot that is meant, or says why it cannot be read.
pub(crate) fn resolve(database: &mut Database, at: At) -> Result<i64, LedgerError> {
    match at {
        At::Latest => Ok(newest(database)?.id),
        At::Snapshot(id) => {
            let sql = "SELECT snapshot_id FROM ducklake_snapshot WHERE snapshot_id = ?";
            if !database.query(sql, &[id.into()])?.is_empty() {
                return Ok(id);
            }
            let sql = "SELECT reason FROM patron_snapshots_gone WHERE first_snapshot <= ? AND last_snapshot >= ?";
            let gone = database.query(sql, &[id.into(), id.into()])?;
            match gone.first() {
                Some(row) => Err(LedgerError::SnapshotGone {
                    snapshot: id,
                    reason: row.text(0)?,
                }),
                None => Err(LedgerError::NoSuchSnapshot {
                    asked: id.to_string(),
                    newest: newest(database)?.id,
                }),
            }
        }
        At::Time(instant) => resolve_time(database, instant),
    }
}

fn resolve_time(database: &mut Database, instant: Instant) -> Result<i64, LedgerError> {
    let snapshots = all(database)?;
    let kept = snapshots
        .iter()
        .rev()
        .find(|snapshot| snapshot.at <= instant);
    let sql = "SELECT first_snapshot, CAST(first_time AS VARCHAR), reason FROM patron_snapshots_gone ORDER BY first_snapshot DESC";
    for row in database.query(sql, &[])? {
        let (first, began) = (row.integer(0)?, read_instant(&row.text(1)?)?);
        if began <= instant && kept.is_none_or(|snapshot| snapshot.id < first) {
            return Err(LedgerError::SnapshotGone {
                snapshot: first,
                reason: row.text(2)?,
            });
        }
    }
    kept.map(|snapshot| snapshot.id)
        .ok_or_else(|| LedgerError::NoSuchSnapshot {
            asked: text_form::instant(instant).unwrap_or_else(|| instant.0.to_string()),
            newest: snapshots.last().map_or(0, |snapshot| snapshot.id),
        })
}
