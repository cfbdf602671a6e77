//! Flush: rows that live in the catalogue move to files.

use std::collections::BTreeMap;

use crate::bucket::Bucket;
use crate::catalogue::inlined::{self, InlinedRows};
use crate::catalogue::snapshots;
use crate::commit::{Change, CommitInfo};
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::rows;
use crate::storage::Staging;
use crate::tables::Table;
use crate::transaction::{commit_with_patience, until_settled};

/// What a flush did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flushed {
    /// The new snapshot; none if there was nothing to do.
    pub snapshot: Option<i64>,
    /// Rows moved, by table.
    pub rows: BTreeMap<Table, u64>,
}

impl Ledger {
    /// Moves the inlined rows of all tables to files. What a snapshot sees does not change.
    ///
    /// # Errors
    /// As [`Transaction::commit`](crate::Transaction::commit).
    pub fn flush(&self, info: &CommitInfo) -> Result<Flushed, LedgerError> {
        until_settled(|| self.flush_once(info))
    }

    fn flush_once(&self, info: &CommitInfo) -> Result<Flushed, LedgerError> {
        let (base, found) = self.database().read(|database| {
            let base = snapshots::newest(database)?.id;
            let mut found: Vec<(Table, InlinedRows)> = Vec::new();
            for table in Table::ALL {
                let inlined = inlined::seen(database, table, base)?;
                if !inlined.ids.is_empty() {
                    found.push((table, inlined));
                }
            }
            Ok((base, found))
        })?;
        let mut flushed = Flushed {
            snapshot: None,
            rows: BTreeMap::new(),
        };
        if found.is_empty() {
            return Ok(flushed);
        }
        let staging = Staging::begin(self.folder())?;
        let mut change = Change {
            base,
            ..Change::default()
        };
        for (table, inlined) in found {
            let rows = rows::sorted(table, &[inlined.rows])?;
            change.added.push(staging.write(table, Bucket::ALL, &rows)?);
            flushed.rows.insert(table, inlined.ids.len() as u64);
            change.ended_inlined.push((table, inlined.ids));
        }
        staging.sync()?;
        let committed = commit_with_patience(self, &change, info);
        flushed.snapshot = Some(staging.settle(committed)?);
        Ok(flushed)
    }
}
