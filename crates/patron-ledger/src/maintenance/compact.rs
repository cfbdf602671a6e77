//! Compaction: small files become one per bucket, with each person's rows together and in time order, and versions of
//! facts that nobody can need any more are left out. Older snapshots keep their old files until they expire.

use std::collections::{BTreeMap, HashMap};

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, BooleanArray, RecordBatch};
use arrow_select::filter::filter_record_batch;
use xxhash_rust::xxh3::xxh3_128;

use super::rewrite::rows_in;
use crate::bucket::{Bucket, Overlap};
use crate::catalogue::files::{self, CatalogueFile};
use crate::catalogue::inlined::{self, InlinedRows};
use crate::catalogue::snapshots;
use crate::commit::{Change, CommitInfo};
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::rows::{self, failed};
use crate::storage::Staging;
use crate::tables::{ColumnKind, Table};
use crate::transaction::{buckets_for, commit_with_patience, until_settled};

/// A table with more files than this in a bucket is worth the work.
const FILES_PER_BUCKET: u64 = 4;
/// So is one of whose rows this share or more is deleted.
const DELETED_SHARE: f64 = 0.1;

/// How to compact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CompactOptions {
    /// Imports with a number below this can no longer be undone, so what they superseded is not needed any more.
    pub settled_before: Option<i64>,
    /// Puts every table in order, also one that hardly needs it.
    pub thorough: bool,
}

/// What a compaction did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compacted {
    /// The new snapshots, one for each table that was put in order.
    pub snapshots: BTreeMap<Table, i64>,
    /// Files before.
    pub files_before: u64,
    /// Files after.
    pub files_after: u64,
    /// Superseded versions left out.
    pub superseded: u64,
}

/// What there is of a table.
struct Contents {
    base: i64,
    files: Vec<(CatalogueFile, Vec<i64>)>,
    inlined: InlinedRows,
}

impl Contents {
    fn rows(&self) -> u64 {
        let files = self.files.iter();
        let live = files.map(|(file, deleted)| {
            u64::try_from(file.rows)
                .unwrap_or(0)
                .saturating_sub(deleted.len() as u64)
        });
        live.sum::<u64>() + self.inlined.ids.len() as u64
    }

    fn is_worth_it(&self, buckets: u32, thorough: bool) -> bool {
        let deleted: usize = self.files.iter().map(|(_, deleted)| deleted.len()).sum();
        let files = self.files.len() as u64;
        let dealt = self
            .files
            .iter()
            .all(|(file, _)| Bucket::of_path(&file.path).count() == buckets);
        if thorough {
            return !(dealt
                && files <= u64::from(buckets)
                && deleted == 0
                && self.inlined.ids.is_empty());
        }
        files > FILES_PER_BUCKET * u64::from(buckets)
            || deleted as f64 > DELETED_SHARE * self.rows() as f64
    }
}

impl Ledger {
    /// Puts the tables in order that need it, each in a commit of its own.
    ///
    /// # Errors
    /// As [`Transaction::commit`](crate::Transaction::commit); [`LedgerError::FileMissing`] and
    /// [`LedgerError::FileDamaged`] for files that have to be read.
    pub fn compact(
        &self,
        options: CompactOptions,
        info: &CommitInfo,
    ) -> Result<Compacted, LedgerError> {
        self.clear_away()?;
        let mut compacted = Compacted::default();
        for table in Table::ALL {
            let done = until_settled(|| self.compact_table(table, options, info))?;
            let Some((snapshot, one)) = done else {
                continue;
            };
            compacted.snapshots.insert(table, snapshot);
            compacted.files_before += one.files_before;
            compacted.files_after += one.files_after;
            compacted.superseded += one.superseded;
        }
        Ok(compacted)
    }

    fn compact_table(
        &self,
        table: Table,
        options: CompactOptions,
        info: &CommitInfo,
    ) -> Result<Option<(i64, Compacted)>, LedgerError> {
        let contents = self.contents(table)?;
        let wanted = buckets_for(contents.rows(), self.options().rows_per_bucket);
        let buckets = if table.has_persons() { wanted } else { 1 };
        // What was superseded by settled imports is known only by reading, so a thorough run reads.
        let reads_anyway = options.thorough && options.settled_before.is_some();
        let empty = contents.files.is_empty() && contents.inlined.ids.is_empty();
        if empty || !(reads_anyway || contents.is_worth_it(buckets, options.thorough)) {
            return Ok(None);
        }
        let staging = Staging::begin(self.folder())?;
        let mut change = Change {
            base: contents.base,
            ..Change::default()
        };
        let mut done = Compacted {
            files_before: contents.files.len() as u64,
            ..Compacted::default()
        };
        // Bucket by bucket, so that one of them is in memory at a time.
        for index in 0..buckets {
            let bucket = Bucket::new(index, buckets).unwrap_or(Bucket::ALL);
            let found = self.rows_of_bucket(table, &contents, bucket)?;
            let before = rows_in(&found);
            let sorted = rows::sorted(table, &found)?;
            drop(found);
            let kept = match options.settled_before {
                Some(settled) => without_superseded(table, sorted, settled)?,
                None => sorted,
            };
            done.superseded += before - kept.num_rows() as u64;
            if kept.num_rows() > 0 {
                change.added.push(staging.write(table, bucket, &kept)?);
            }
        }
        done.files_after = change.added.len() as u64;
        if done.superseded == 0 && !contents.is_worth_it(buckets, options.thorough) {
            return Ok(None);
        }
        change.ended_files = contents
            .files
            .iter()
            .map(|(file, _)| (table, file.id))
            .collect();
        if !contents.inlined.ids.is_empty() {
            change.ended_inlined.push((table, contents.inlined.ids));
        }
        staging.sync()?;
        let committed = commit_with_patience(self, &change, info);
        let snapshot = staging.settle(committed)?;
        Ok(Some((snapshot, done)))
    }

    fn contents(&self, table: Table) -> Result<Contents, LedgerError> {
        self.database().read(|database| {
            let base = snapshots::newest(database)?.id;
            let mut deleted = files::deleted(database, table, base)?;
            let files = files::seen(database, table, base)?;
            let files = files.into_iter().map(|file| {
                let deleted = deleted.remove(&file.id).unwrap_or_default();
                (file, deleted)
            });
            Ok(Contents {
                base,
                files: files.collect(),
                inlined: inlined::seen(database, table, base)?,
            })
        })
    }

    fn rows_of_bucket(
        &self,
        table: Table,
        contents: &Contents,
        asked: Bucket,
    ) -> Result<Vec<RecordBatch>, LedgerError> {
        let person = table.schema().index_of("person_id").ok();
        let inside = |batch: &RecordBatch| {
            let people = batch.column(person?).as_string::<i32>();
            let keep: BooleanArray = people.iter().map(|id| Some(asked.has(id))).collect();
            Some(keep)
        };
        let mut found = Vec::new();
        for (file, deleted) in &contents.files {
            let batches = match Bucket::of_path(&file.path).overlap(asked) {
                Overlap::None => continue,
                Overlap::All => self.read_whole(file, deleted.clone(), |_| None)?,
                Overlap::Some => self.read_whole(file, deleted.clone(), inside)?,
            };
            found.extend(batches);
        }
        let inlined = &contents.inlined.rows;
        found.push(match inside(inlined).filter(|_| asked.count() > 1) {
            None => inlined.clone(),
            Some(keep) => {
                filter_record_batch(inlined, &keep).map_err(|source| failed(table, source))?
            }
        });
        Ok(found)
    }
}

/// How new a version is: when it was made, then the import, then the line in its file.
type Rank = (Option<i64>, i64, Option<i64>);

/// What the versions of the rows of one order, or of one fact, say of when they were made.
#[derive(Default)]
struct Ages {
    some_say: bool,
    some_are_silent: bool,
    /// By import: the earliest and the latest.
    by_import: BTreeMap<i64, (i64, i64)>,
}

impl Ages {
    fn see(&mut self, rank: Rank) {
        match rank.0 {
            None => self.some_are_silent = true,
            Some(at) => {
                self.some_say = true;
                let known = self.by_import.entry(rank.1).or_insert((at, at));
                *known = (known.0.min(at), known.1.max(at));
            }
        }
    }

    /// Returns how new a row is among these: by when it was made where all say so, else by its import. Where imports
    /// say so in part and came in another order than they were made, nothing is certain.
    fn rank(&self, rank: Rank) -> Option<Rank> {
        if !self.some_are_silent {
            return Some(rank);
        }
        let mut spans = self.by_import.values();
        let mut last = spans.next().map(|span| span.1);
        let in_order = spans.all(|span| {
            let follows = last.is_none_or(|last| last <= span.0);
            last = Some(span.1);
            follows
        });
        (!self.some_say || in_order).then_some((None, rank.1, rank.2))
    }
}

/// Drops each row of which there is a newer version from an import that can no longer be undone. What is newer is decided
/// as when an order is folded: for all rows of an order together.
fn without_superseded(
    table: Table,
    rows: RecordBatch,
    settled_before: i64,
) -> Result<RecordBatch, LedgerError> {
    let Some(ranks) = ranks(&rows) else {
        return Ok(rows);
    };
    let is_of = |column: &str, names: &[&str]| column == "customer_id" || names.contains(&column);
    let keys = keys(table, &rows, |column| is_of(column, table.key()));
    let has_orders = table.columns().any(|column| column.name == "order_id");
    let together = if has_orders {
        &["order_id"]
    } else {
        table.key()
    };
    let groups = self::keys(table, &rows, |column| is_of(column, together));
    let mut ages: HashMap<u128, Ages> = HashMap::new();
    for (group, rank) in groups.iter().zip(&ranks) {
        ages.entry(*group).or_default().see(*rank);
    }
    let ranks = groups.iter().zip(&ranks);
    let ranks: Vec<Option<Rank>> = ranks
        .map(|(group, rank)| ages.get(group)?.rank(*rank))
        .collect();
    let mut newest: HashMap<u128, Rank> = HashMap::new();
    for (key, rank) in keys.iter().zip(&ranks) {
        if let Some(rank) = rank.filter(|rank| rank.1 < settled_before) {
            let known = newest.entry(*key).or_insert(rank);
            *known = (*known).max(rank);
        }
    }
    let is_kept = |(key, rank): (&u128, &Option<Rank>)| {
        // Of rows of one import the fold decides: there may be reasons that are not seen here.
        rank.is_none_or(|rank| {
            let newest = newest.get(key);
            newest.is_none_or(|newest| *newest <= rank || newest.1 == rank.1)
        })
    };
    let keep: BooleanArray = keys
        .iter()
        .zip(&ranks)
        .map(|row| Some(is_kept(row)))
        .collect();
    if keep.true_count() == rows.num_rows() {
        return Ok(rows);
    }
    filter_record_batch(&rows, &keep).map_err(|source| failed(table, source))
}

fn ranks(rows: &RecordBatch) -> Option<Vec<Rank>> {
    let versions = rows
        .column_by_name("version_at")?
        .as_primitive::<TimestampMicrosecondType>();
    let imports = rows
        .column_by_name("import_id")?
        .as_primitive::<Int64Type>();
    let lines = rows
        .column_by_name("origin_line")?
        .as_primitive::<Int64Type>();
    let each = versions.iter().zip(imports.iter()).zip(lines.iter());
    Some(
        each.map(|((version, import), line)| (version, import.unwrap_or(0), line))
            .collect(),
    )
}

/// Returns a fingerprint of some columns of each row; 128 bits make equal ones of different keys no matter of this world.
fn keys(table: Table, rows: &RecordBatch, is_part: impl Fn(&str) -> bool) -> Vec<u128> {
    let columns: Vec<_> = table
        .columns()
        .zip(rows.columns())
        .filter(|(column, _)| is_part(column.name))
        .collect();
    let mut bytes = Vec::new();
    (0..rows.num_rows())
        .map(|row| {
            bytes.clear();
            for (column, values) in &columns {
                push_cell(&mut bytes, column.kind, values.as_ref(), row);
            }
            xxh3_128(&bytes)
        })
        .collect()
}

/// Appends a cell in a form that no other sequence of cells has.
fn push_cell(bytes: &mut Vec<u8>, kind: ColumnKind, values: &dyn Array, row: usize) {
    if values.is_null(row) {
        bytes.push(0);
        return;
    }
    bytes.push(1);
    match kind {
        ColumnKind::BigInteger => {
            bytes.extend(values.as_primitive::<Int64Type>().value(row).to_le_bytes());
        }
        ColumnKind::Date => {
            bytes.extend(values.as_primitive::<Date32Type>().value(row).to_le_bytes());
        }
        _ => {
            let text = values.as_string::<i32>().value(row);
            bytes.extend((text.len() as u64).to_le_bytes());
            bytes.extend(text.as_bytes());
        }
    }
}
