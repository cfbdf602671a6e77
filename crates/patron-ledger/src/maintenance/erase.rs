//! Erasure of persons: files with rows of theirs are written anew, inlined rows are overwritten, and every snapshot that
//! saw them is given up, so that nothing of them can be read any more, by patron or by anybody with the files.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::cast::AsArray;
use arrow_array::{BooleanArray, RecordBatch};

use super::expire;
use super::rewrite::tables_with_persons;
use crate::bucket::Bucket;
use crate::catalogue::files::{self, CatalogueFile};
use crate::catalogue::{Database, Value, ddl, snapshots, table_columns};
use crate::commit::{self, Change, CommitInfo};
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::rows;
use crate::storage::Staging;
use crate::tables::Table;
use crate::transaction::until_settled;

const PERSON: &str = "person_id";
const CUSTOMER: &str = "customer_id";

/// What an erasure did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Erased {
    /// The new snapshot; none if there was nothing of these persons.
    pub snapshot: Option<i64>,
    /// Rows that were still current, by table.
    pub rows: BTreeMap<Table, u64>,
    /// Snapshots given up, because they saw these persons.
    pub snapshots: Vec<i64>,
    /// Whether the bytes of inlined rows are overwritten. They are not while another program reads an older state of the
    /// catalogue; `compact` and `verify` see to it later.
    pub is_overwritten: bool,
}

/// What there is of the persons.
#[derive(Debug, Default)]
struct Traces {
    /// Files that are current, with places of rows deleted before.
    current: Vec<(CatalogueFile, Vec<i64>)>,
    /// The first snapshot that saw them.
    first: Option<i64>,
    inlined: BTreeMap<Table, u64>,
    has_inlined: bool,
}

impl Traces {
    fn began(&mut self, snapshot: i64) {
        self.first = Some(self.first.map_or(snapshot, |first| first.min(snapshot)));
    }
}

/// Who is erased.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whom {
    /// Persons, with all their rows.
    pub persons: BTreeSet<String>,
    /// Customers, whichever person they are or were.
    pub customers: BTreeSet<String>,
    /// Persons that these customers once were: older snapshots have their rows under them.
    pub under: BTreeSet<String>,
}

impl Whom {
    /// Whether a file may have rows of theirs.
    fn may_be_in(&self, bucket: Bucket, bounds: Option<&(String, String)>) -> bool {
        let mut all = self
            .persons
            .iter()
            .chain(&self.customers)
            .chain(&self.under);
        all.any(|person| {
            let inside =
                bounds.is_none_or(|(least, greatest)| person >= least && person <= greatest);
            inside && bucket.has(Some(person))
        })
    }

    /// Tells which rows are theirs.
    fn has(&self, rows: &RecordBatch) -> Vec<bool> {
        let mut found = vec![false; rows.num_rows()];
        for (column, ids) in [(PERSON, &self.persons), (CUSTOMER, &self.customers)] {
            let Some(column) = rows.column_by_name(column) else {
                continue;
            };
            let is_named = |id: Option<&str>| id.is_some_and(|id| ids.contains(id));
            for (found, id) in found.iter_mut().zip(column.as_string::<i32>()) {
                *found |= is_named(id);
            }
        }
        found
    }
}

impl Ledger {
    /// Erases everything of these persons, and of these customers under whichever person.
    ///
    /// What a program that reads at this moment has open stays readable to it until it closes it.
    ///
    /// # Errors
    /// As [`Transaction::commit`](crate::Transaction::commit); [`LedgerError::FileMissing`] and
    /// [`LedgerError::FileDamaged`] for files that have to be read.
    pub fn erase(&self, whom: &Whom, info: &CommitInfo) -> Result<Erased, LedgerError> {
        let mut erased = until_settled(|| self.erase_once(whom, info))?;
        if erased.snapshot.is_some() {
            self.remove_scheduled()?;
            erased.is_overwritten = self.database().scrub()?;
        }
        Ok(erased)
    }

    fn erase_once(&self, whom: &Whom, info: &CommitInfo) -> Result<Erased, LedgerError> {
        let base = self
            .database()
            .read(|database| Ok(snapshots::newest(database)?.id))?;
        let traces = self.traces(whom, base)?;
        let mut erased = Erased {
            rows: traces.inlined.clone(),
            ..Erased::default()
        };
        let Some(first) = traces.first else {
            return Ok(erased);
        };
        let staging = Staging::begin(self.folder())?;
        let mut change = Change {
            base,
            ..Change::default()
        };
        for (file, deleted) in traces.current {
            let table = file.table;
            let live = file.rows - i64::try_from(deleted.len()).unwrap_or(0);
            let kept = self.read_whole(&file, deleted, |batch| Some(others(batch, whom)))?;
            let kept = rows::sorted(table, &kept)?;
            let gone = live - i64::try_from(kept.num_rows()).unwrap_or(0);
            *erased.rows.entry(table).or_default() += u64::try_from(gone).unwrap_or(0);
            change.ended_files.push((table, file.id));
            if kept.num_rows() > 0 {
                let bucket = Bucket::of_path(&file.path);
                change.added.push(staging.write(table, bucket, &kept)?);
            }
        }
        erased.rows.retain(|_, rows| *rows > 0);
        staging.sync()?;
        let committed = self.database().write(|database| {
            let snapshot = commit::apply(database, &change, info)?;
            for table in tables_with_persons().filter(|_| traces.has_inlined) {
                delete_inlined(database, table, whom)?;
            }
            let mut seen = snapshots::all(database)?;
            seen.retain(|known| known.id >= first && known.id < snapshot);
            expire::give_up(database, &seen, "a customer was erased", info.at)?;
            for table in tables_with_persons() {
                table_columns::recount_columns(database, table)?;
            }
            let ids: Vec<i64> = seen.iter().map(|known| known.id).collect();
            Ok((snapshot, ids))
        });
        let (snapshot, snapshots) = staging.settle(committed)?;
        erased.snapshot = Some(snapshot);
        erased.snapshots = snapshots;
        Ok(erased)
    }

    /// Finds the files and inlined rows with anything of theirs, current or not.
    fn traces(&self, whom: &Whom, base: i64) -> Result<Traces, LedgerError> {
        let mut traces = Traces::default();
        let candidates = self.database().read(|database| {
            for table in tables_with_persons() {
                inlined_traces(database, table, whom, &mut traces)?;
            }
            let mut candidates = Vec::new();
            for table in tables_with_persons() {
                let bounds = files::bounds(database, table, PERSON)?;
                let mut deleted = files::deleted(database, table, base)?;
                let all = files::all(database)?
                    .into_iter()
                    .filter(|file| file.table == table);
                for file in all {
                    let bucket = Bucket::of_path(&file.path);
                    let may_have = whom.may_be_in(bucket, bounds.get(&file.id));
                    if may_have {
                        let deleted = deleted.remove(&file.id).unwrap_or_default();
                        candidates.push((file, deleted));
                    }
                }
            }
            Ok(candidates)
        })?;
        for (file, deleted) in candidates {
            let places = self.places_where(&file, &[PERSON, CUSTOMER], |batch| {
                whom.has(batch).into_iter().map(Some).collect()
            })?;
            if !places.is_empty() {
                traces.began(file.begin);
                if file.end.is_none() {
                    traces.current.push((file, deleted));
                }
            }
        }
        Ok(traces)
    }
}

/// Tells which rows are not theirs.
fn others(batch: &RecordBatch, whom: &Whom) -> BooleanArray {
    whom.has(batch)
        .into_iter()
        .map(|is_theirs| Some(!is_theirs))
        .collect()
}

/// Persons named in one statement.
const PERSONS_AT_ONCE: usize = 500;

/// Conditions that together find every row of theirs; one row may meet two.
fn named(whom: &Whom) -> impl Iterator<Item = (String, Vec<Value>)> {
    let columns = [(PERSON, &whom.persons), (CUSTOMER, &whom.customers)];
    let mut conditions = Vec::new();
    for (column, ids) in columns {
        let names: Vec<Value> = ids.iter().cloned().map(Value::InlinedText).collect();
        for names in names.chunks(PERSONS_AT_ONCE) {
            let places = vec!["?"; names.len()].join(", ");
            conditions.push((format!("{column} IN ({places})"), names.to_vec()));
        }
    }
    conditions.into_iter()
}

fn inlined_traces(
    database: &mut Database,
    table: Table,
    whom: &Whom,
    traces: &mut Traces,
) -> Result<(), LedgerError> {
    // One row may meet two conditions.
    let mut known = BTreeSet::new();
    for (condition, names) in named(whom) {
        let sql = format!(
            "SELECT row_id, begin_snapshot, end_snapshot FROM {} WHERE {condition}",
            ddl::inlined_data_name(table)
        );
        for row in database.query(&sql, &names)? {
            traces.began(row.integer(1)?);
            traces.has_inlined = true;
            let is_new = known.insert(row.integer(0)?);
            if is_new && row.optional_integer(2)?.is_none() {
                *traces.inlined.entry(table).or_default() += 1;
            }
        }
    }
    Ok(())
}

fn delete_inlined(database: &mut Database, table: Table, whom: &Whom) -> Result<(), LedgerError> {
    for (condition, names) in named(whom) {
        let sql = format!(
            "DELETE FROM {} WHERE {condition}",
            ddl::inlined_data_name(table)
        );
        database.execute(&sql, &names)?;
    }
    Ok(())
}
