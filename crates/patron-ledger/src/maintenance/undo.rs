//! Undo of an import: its rows are deleted in a commit of their own. Older snapshots still see them.

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;

use crate::catalogue::files::{self, CatalogueFile};
use crate::catalogue::{Database, inlined, snapshots};
use crate::commit::{Change, CommitInfo};
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::storage::Staging;
use crate::tables::Table;
use crate::transaction::{commit_with_patience, until_settled};

const IMPORT: &str = "import_id";

/// What an undo did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    /// The new snapshot; none if the import had no rows.
    pub snapshot: Option<i64>,
    /// Rows deleted, by table.
    pub rows: BTreeMap<Table, u64>,
}

/// A file with rows of the import.
struct Affected {
    file: CatalogueFile,
    /// Places of rows that were deleted before.
    deleted: Vec<i64>,
    /// Whether every row of it is of the import.
    whole: bool,
}

impl Ledger {
    /// Deletes the rows of an import.
    ///
    /// # Errors
    /// As [`Transaction::commit`](crate::Transaction::commit); [`LedgerError::FileMissing`] and
    /// [`LedgerError::FileDamaged`] for files that have to be read.
    pub fn undo_import(&self, import_id: i64, info: &CommitInfo) -> Result<Undone, LedgerError> {
        until_settled(|| self.undo_once(import_id, info))
    }

    fn undo_once(&self, import_id: i64, info: &CommitInfo) -> Result<Undone, LedgerError> {
        let mut change = Change::default();
        let mut undone = Undone {
            snapshot: None,
            rows: BTreeMap::new(),
        };
        let affected = self.database().read(|database| {
            change.base = snapshots::newest(database)?.id;
            let mut affected = Vec::new();
            for table in Table::ALL {
                affected.extend(affected_files(database, table, change.base, import_id)?);
                let condition = "end_snapshot IS NULL AND import_id = ?";
                let rows = inlined::select(database, table, condition, &[import_id.into()])?;
                if !rows.ids.is_empty() {
                    undone.rows.insert(table, rows.ids.len() as u64);
                    change.ended_inlined.push((table, rows.ids));
                }
            }
            Ok(affected)
        })?;
        let staging = Staging::begin(self.folder())?;
        for affected in affected {
            let table = affected.file.table;
            let rows = self.undo_in_file(affected, import_id, &staging, &mut change)?;
            if rows > 0 {
                *undone.rows.entry(table).or_default() += rows;
            }
        }
        if change.is_empty() {
            return Ok(undone);
        }
        staging.sync()?;
        let committed = commit_with_patience(self, &change, info);
        undone.snapshot = Some(staging.settle(committed)?);
        Ok(undone)
    }

    /// Works out how the rows of the import leave a file; returns how many there are.
    fn undo_in_file(
        &self,
        affected: Affected,
        import_id: i64,
        staging: &Staging,
        change: &mut Change,
    ) -> Result<u64, LedgerError> {
        let Affected {
            file,
            deleted,
            whole,
        } = affected;
        if whole {
            change.ended_files.push((file.table, file.id));
            let live = u64::try_from(file.rows).unwrap_or(0);
            return Ok(live.saturating_sub(deleted.len() as u64));
        }
        let places = self.places_where(&file, &[IMPORT], |batch| {
            let ids = batch.column(0).as_primitive::<Int64Type>();
            ids.iter().map(|id| Some(id == Some(import_id))).collect()
        })?;
        self.remove_rows(&file, &deleted, places, staging, change)
    }
}

fn affected_files(
    database: &mut Database,
    table: Table,
    snapshot: i64,
    import_id: i64,
) -> Result<Vec<Affected>, LedgerError> {
    let bounds = files::bounds(database, table, IMPORT)?;
    let mut deleted = files::deleted(database, table, snapshot)?;
    let mut affected = Vec::new();
    for file in files::seen(database, table, snapshot)? {
        let bound = bounds.get(&file.id).and_then(|(least, greatest)| {
            Some((least.parse::<i64>().ok()?, greatest.parse::<i64>().ok()?))
        });
        if bound.is_none_or(|(least, greatest)| (least..=greatest).contains(&import_id)) {
            affected.push(Affected {
                deleted: deleted.remove(&file.id).unwrap_or_default(),
                whole: bound == Some((import_id, import_id)),
                file,
            });
        }
    }
    Ok(affected)
}
