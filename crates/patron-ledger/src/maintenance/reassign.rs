//! Customers move from one person to another, when two turn out to be the same person, or one to be two: their rows are
//! deleted and inserted anew under the other person, in one commit. Older snapshots see them where they were.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{BooleanArray, RecordBatch, StringArray};
use arrow_select::concat::concat_batches;
use arrow_select::filter::filter_record_batch;

use super::rewrite::tables_with_persons;
use crate::bucket::Bucket;
use crate::catalogue::files::{self, CatalogueFile};
use crate::catalogue::inlined::{self, InlinedRows};
use crate::catalogue::snapshots;
use crate::commit::{Change, CommitInfo};
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::rows::{self, failed};
use crate::storage::Staging;
use crate::tables::Table;
use crate::transaction::{commit_with_patience, until_settled};

const PERSON: &str = "person_id";
const CUSTOMER: &str = "customer_id";

/// A customer who is now another person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Move {
    /// The customer.
    pub customer_id: String,
    /// The person the customer was.
    pub from: String,
    /// The person the customer is.
    pub to: String,
}

/// What a reassignment did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reassigned {
    /// The new snapshot; none if no row had to move.
    pub snapshot: Option<i64>,
    /// Rows moved, by table.
    pub rows: BTreeMap<Table, u64>,
}

/// Where customers go: by customer and person they were.
type Moves<'a> = BTreeMap<(&'a str, &'a str), &'a str>;

/// What may have rows to move.
struct Candidates {
    base: i64,
    files: Vec<(CatalogueFile, Vec<i64>)>,
    inlined: Vec<(Table, InlinedRows)>,
}

impl Ledger {
    /// Gives the rows of customers to other persons.
    ///
    /// # Errors
    /// As [`Transaction::commit`](crate::Transaction::commit); [`LedgerError::FileMissing`] and
    /// [`LedgerError::FileDamaged`] for files that have to be read.
    pub fn reassign(
        &self,
        moves: &BTreeSet<Move>,
        info: &CommitInfo,
    ) -> Result<Reassigned, LedgerError> {
        until_settled(|| self.reassign_once(moves, info))
    }

    fn reassign_once(
        &self,
        moves: &BTreeSet<Move>,
        info: &CommitInfo,
    ) -> Result<Reassigned, LedgerError> {
        let ways: Moves<'_> = moves
            .iter()
            .map(|one| {
                (
                    (one.customer_id.as_str(), one.from.as_str()),
                    one.to.as_str(),
                )
            })
            .collect();
        let candidates = self.candidates(moves)?;
        let staging = Staging::begin(self.folder())?;
        let mut change = Change {
            base: candidates.base,
            ..Change::default()
        };
        let mut moved: BTreeMap<Table, Vec<RecordBatch>> = BTreeMap::new();
        for (file, deleted) in &candidates.files {
            let table = file.table;
            let (places, found) = self.rows_to_move(file, deleted, &ways)?;
            let count = self.remove_rows(file, deleted, places, &staging, &mut change)?;
            if count > 0 {
                moved.entry(table).or_default().extend(found);
            }
        }
        for (table, inlined) in &candidates.inlined {
            let moving = moving(&inlined.rows, &ways);
            let ids = inlined.ids.iter().zip(moving.iter());
            let ids: Vec<i64> = ids
                .filter(|(_, moves)| *moves == Some(true))
                .map(|(id, _)| *id)
                .collect();
            if !ids.is_empty() {
                let found = filter_record_batch(&inlined.rows, &moving);
                let found = found.map_err(|source| failed(*table, source))?;
                moved.entry(*table).or_default().push(found);
                change.ended_inlined.push((*table, ids));
            }
        }
        let mut done = Reassigned::default();
        for (table, batches) in moved {
            let rows = concat_batches(&table.schema(), &batches)
                .and_then(|rows| renamed(&rows, &ways))
                .map_err(|source| failed(table, source))?;
            done.rows.insert(table, rows.num_rows() as u64);
            let rows = rows::sorted(table, &[rows])?;
            if rows.num_rows() <= self.options().inline_rows {
                change.inlined.push((table, rows));
            } else {
                change.added.push(staging.write(table, Bucket::ALL, &rows)?);
            }
        }
        if !change.is_empty() {
            staging.sync()?;
            let committed = commit_with_patience(self, &change, info);
            done.snapshot = Some(staging.settle(committed)?);
        }
        Ok(done)
    }

    fn candidates(&self, moves: &BTreeSet<Move>) -> Result<Candidates, LedgerError> {
        let persons: BTreeSet<&str> = moves.iter().map(|one| one.from.as_str()).collect();
        self.database().read(|database| {
            let base = snapshots::newest(database)?.id;
            let (mut candidates, mut inlined_rows) = (Vec::new(), Vec::new());
            for table in tables_with_persons() {
                let bounds = files::bounds(database, table, PERSON)?;
                let mut deleted = files::deleted(database, table, base)?;
                for file in files::seen(database, table, base)? {
                    let bucket = Bucket::of_path(&file.path);
                    let bound = bounds.get(&file.id);
                    let may_have = persons.iter().any(|person| {
                        let inside = bound.is_none_or(|(least, greatest)| {
                            *person >= least.as_str() && *person <= greatest.as_str()
                        });
                        inside && bucket.has(Some(person))
                    });
                    if may_have {
                        let deleted = deleted.remove(&file.id).unwrap_or_default();
                        candidates.push((file, deleted));
                    }
                }
                inlined_rows.push((table, inlined::seen(database, table, base)?));
            }
            Ok(Candidates {
                base,
                files: candidates,
                inlined: inlined_rows,
            })
        })
    }

    /// Returns the places of rows to move in a file, and the rows that were not deleted before.
    fn rows_to_move(
        &self,
        file: &CatalogueFile,
        deleted: &[i64],
        ways: &Moves<'_>,
    ) -> Result<(Vec<i64>, Vec<RecordBatch>), LedgerError> {
        let (mut places, mut place) = (Vec::new(), 0_i64);
        let found = self.read_whole(file, Vec::new(), |batch| {
            let moving = moving(batch, ways);
            let keep: BooleanArray = moving
                .iter()
                .map(|moves| {
                    let here = place;
                    place += 1;
                    let goes = moves == Some(true) && deleted.binary_search(&here).is_err();
                    if goes {
                        places.push(here);
                    }
                    Some(goes)
                })
                .collect();
            Some(keep)
        })?;
        Ok((places, found))
    }
}

/// Tells which rows have a customer who moves.
fn moving(rows: &RecordBatch, ways: &Moves<'_>) -> BooleanArray {
    let pairs = pairs(rows);
    pairs
        .map(|pair| Some(pair.is_some_and(|pair| ways.contains_key(&pair))))
        .collect()
}

/// Returns customer and person of each row.
fn pairs(rows: &RecordBatch) -> impl Iterator<Item = Option<(&str, &str)>> {
    let text = |name| {
        rows.column_by_name(name)
            .map(|column| column.as_string::<i32>().iter())
    };
    let both = text(CUSTOMER).zip(text(PERSON));
    both.into_iter().flat_map(|(customers, persons)| {
        customers
            .zip(persons)
            .map(|(customer, person)| customer.zip(person))
    })
}

/// Returns the rows with the persons that their customers are now.
fn renamed(rows: &RecordBatch, ways: &Moves<'_>) -> Result<RecordBatch, arrow_schema::ArrowError> {
    let persons: StringArray = pairs(rows)
        .map(|pair| pair.and_then(|pair| ways.get(&pair).copied()))
        .collect();
    let place = rows.schema().index_of(PERSON)?;
    let mut columns = rows.columns().to_vec();
    if let Some(column) = columns.get_mut(place) {
        *column = Arc::new(persons);
    }
    RecordBatch::try_new(rows.schema(), columns)
}
