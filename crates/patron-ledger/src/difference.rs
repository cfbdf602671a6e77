//! What lies between two snapshots: how many rows are new, how many are gone, and whose those are.
//!
//! New rows are read by [`ScanRequest::since`](method@crate::ScanRequest::since). A file that was written anew, by a compaction or
//! without somebody's rows, counts as gone and as new with all that is in it: nobody knows which of its rows are the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::cast::AsArray;

use crate::catalogue::files::{self, CatalogueFile};
use crate::catalogue::snapshots::{self, At};
use crate::catalogue::{Database, ddl, inlined};
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::rows::failed;
use crate::storage::read::FileReader;
use crate::tables::Table;

const PERSON: &str = "person_id";

/// How a later snapshot differs from an earlier one in some tables.
#[derive(Debug, Default)]
pub struct Difference {
    /// Rows that only the later one sees.
    pub rows_added: u64,
    /// Rows that only the earlier one sees.
    pub rows_gone: u64,
    /// Rows that the later one sees.
    pub rows_seen: u64,
    ended: Vec<CatalogueFile>,
    /// Places of rows deleted from files that stay.
    deleted: Vec<(CatalogueFile, Vec<i64>)>,
    /// Persons of rows that were in the catalogue and ended.
    inlined: BTreeSet<String>,
}

impl Ledger {
    /// Compares two snapshots by what the catalogue says of them; reads no file.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchSnapshot`]; [`LedgerError::SnapshotGone`] if one of them is no longer kept.
    pub fn difference(
        &self,
        tables: &[Table],
        (from, to): (i64, i64),
    ) -> Result<Difference, LedgerError> {
        self.database().read(|database| {
            for snapshot in [from, to] {
                snapshots::resolve(database, At::Snapshot(snapshot))?;
            }
            let mut difference = Difference::default();
            for &table in tables {
                difference.see(database, table, (from, to))?;
            }
            Ok(difference)
        })
    }

    /// Returns the persons of whom a row is gone; more where a file was written anew.
    ///
    /// # Errors
    /// [`LedgerError::FileMissing`] and [`LedgerError::FileDamaged`] for files that have to be read.
    pub fn persons_gone(&self, difference: &Difference) -> Result<BTreeSet<String>, LedgerError> {
        let mut persons = difference.inlined.clone();
        let all = difference.ended.iter().map(|file| (file, None));
        let some = difference.deleted.iter();
        let some = some.map(|(file, places)| (file, Some(places.as_slice())));
        for (file, places) in all.chain(some) {
            self.add_persons(file, places, &mut persons)?;
        }
        Ok(persons)
    }

    /// Adds the persons of the rows of a file, or of those at some places, ascending.
    fn add_persons(
        &self,
        file: &CatalogueFile,
        places: Option<&[i64]>,
        persons: &mut BTreeSet<String>,
    ) -> Result<(), LedgerError> {
        let schema = file.table.schema();
        let place = schema.index_of(PERSON);
        let place = place.map_err(|source| failed(file.table, source))?;
        let picked = schema.project(&[place]);
        let picked = picked.map_err(|source| failed(file.table, source))?;
        let known = self.part(file, Vec::new()).file;
        let mut reader = FileReader::open(&known, file.table, &[place], Arc::new(picked))?;
        let mut at = 0_i64;
        while let Some(batch) = reader.next_batch()? {
            for id in batch.column(0).as_string::<i32>() {
                let is_wanted = places.is_none_or(|places| places.binary_search(&at).is_ok());
                if let Some(id) = id.filter(|id| is_wanted && !persons.contains(*id)) {
                    persons.insert(id.to_owned());
                }
                at += 1;
            }
        }
        Ok(())
    }
}

impl Difference {
    fn see(
        &mut self,
        database: &mut Database,
        table: Table,
        (from, to): (i64, i64),
    ) -> Result<(), LedgerError> {
        let before = files::deleted(database, table, from)?;
        let mut now = files::deleted(database, table, to)?;
        let count = |rows: i64| u64::try_from(rows).unwrap_or(0);
        let live = |file: &CatalogueFile, deleted: &BTreeMap<i64, Vec<i64>>| {
            let deleted = deleted.get(&file.id).map_or(0, Vec::len) as u64;
            count(file.rows).saturating_sub(deleted)
        };
        for file in files::seen(database, table, to)? {
            self.rows_seen += live(&file, &now);
            if file.begin > from {
                self.rows_added += live(&file, &now);
                continue;
            }
            let earlier = before.get(&file.id).map_or(&[][..], Vec::as_slice);
            let mut places = now.remove(&file.id).unwrap_or_default();
            places.retain(|place| earlier.binary_search(place).is_err());
            self.rows_gone += places.len() as u64;
            if !places.is_empty() {
                self.deleted.push((file, places));
            }
        }
        for file in files::seen(database, table, from)? {
            if file.end.is_some_and(|end| end <= to) {
                self.rows_gone += live(&file, &before);
                self.ended.push(file);
            }
        }
        self.see_inlined(database, table, (from, to))
    }

    fn see_inlined(
        &mut self,
        database: &mut Database,
        table: Table,
        (from, to): (i64, i64),
    ) -> Result<(), LedgerError> {
        let sql = format!(
            "SELECT CAST(count(*) AS BIGINT), CAST(COALESCE(sum(CASE WHEN begin_snapshot > ? THEN 1 ELSE 0 END), 0) AS BIGINT) FROM {} WHERE begin_snapshot <= ? AND (end_snapshot IS NULL OR end_snapshot > ?)",
            ddl::inlined_data_name(table)
        );
        let values = [from.into(), to.into(), to.into()];
        if let Some(row) = database.query(&sql, &values)?.first() {
            let number =
                |place| Ok::<_, LedgerError>(u64::try_from(row.integer(place)?).unwrap_or(0));
            self.rows_seen += number(0)?;
            self.rows_added += number(1)?;
        }
        let condition = "begin_snapshot <= ? AND end_snapshot > ? AND end_snapshot <= ?";
        let values = [from.into(), from.into(), to.into()];
        let gone = inlined::select(database, table, condition, &values)?;
        self.rows_gone += gone.ids.len() as u64;
        if let Some(persons) = gone.rows.column_by_name(PERSON) {
            let persons = persons.as_string::<i32>().iter().flatten();
            self.inlined.extend(persons.map(ToOwned::to_owned));
        }
        Ok(())
    }
}
