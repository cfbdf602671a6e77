//! Appending: rows of several tables, gathered, sorted and written out of sight, then committed together.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::{Array, RecordBatch};

use crate::bucket::Bucket;
use crate::catalogue::snapshots;
use crate::commit::{self, Change, CommitInfo};
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::rows;
use crate::storage::{NewFile, Staging};
use crate::tables::Table;

/// How often a commit that only adds is tried when the database makes it wait for others.
const ATTEMPTS: u32 = 5;
/// Fewer rows than this in a bucket's file are not worth a file.
const ROWS_PER_FILE_AT_LEAST: u64 = 16_384;
const BUCKETS_AT_MOST: u64 = 4_096;

/// A change under way. Dropped without a commit, it never was.
pub struct Transaction<'ledger> {
    ledger: &'ledger Ledger,
    /// Shared with those who prepare files of the change.
    staging: Arc<Staging>,
    change: Change,
    pending: BTreeMap<Table, Pending>,
    /// Rows that tables had when the change began.
    known_rows: BTreeMap<Table, u64>,
    run_bytes: usize,
}

/// Writes files of a change, on any thread, while others do the same and the change takes what is ready.
#[derive(Debug, Clone)]
pub struct Preparer<'ledger> {
    ledger: &'ledger Ledger,
    staging: Arc<Staging>,
    /// Rows that tables had when this was asked for.
    known_rows: BTreeMap<Table, u64>,
}

/// Rows of a table that [`Preparer::prepare`] sorted and wrote; too few for files of their own, they are still rows.
pub struct Prepared {
    table: Table,
    files: Vec<NewFile>,
    rest: Option<RecordBatch>,
}

/// Without the rows, which are nobody's business in a log.
impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("table", &self.table)
            .field("files", &self.files.len())
            .finish_non_exhaustive()
    }
}

/// Rows that were appended but not yet written.
#[derive(Default)]
struct Pending {
    batches: Vec<RecordBatch>,
    rows: usize,
    bytes: usize,
    has_files: bool,
}

/// Without the rows, which are nobody's business in a log.
impl fmt::Debug for Transaction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("base", &self.change.base)
            .field("tables", &self.pending.keys())
            .finish_non_exhaustive()
    }
}

impl<'ledger> Transaction<'ledger> {
    pub(crate) fn begin(ledger: &'ledger Ledger) -> Result<Self, LedgerError> {
        let (newest, known_rows) = ledger.database().read(|database| {
            let newest = snapshots::newest(database)?;
            let sql = "SELECT table_id, record_count FROM ducklake_table_stats";
            let mut known = BTreeMap::new();
            for row in database.query(sql, &[])? {
                if let Some(table) = Table::with_id(row.integer(0)?) {
                    known.insert(table, u64::try_from(row.integer(1)?).unwrap_or(0));
                }
            }
            Ok((newest, known))
        })?;
        Ok(Self {
            ledger,
            staging: Arc::new(Staging::begin(ledger.folder())?),
            change: Change {
                base: newest.id,
                ..Change::default()
            },
            pending: BTreeMap::new(),
            known_rows,
            run_bytes: ledger.options().run_bytes,
        })
    }

    /// Returns the snapshot that was the newest when the change began.
    #[must_use]
    pub const fn base(&self) -> i64 {
        self.change.base
    }

    /// Lets no more than so many bytes of a table's rows be gathered before they are sorted, which takes them twice more, and
    /// written; never more than [`LedgerOptions::run_bytes`](crate::LedgerOptions::run_bytes).
    pub fn gather_at_most(&mut self, bytes: usize) {
        self.run_bytes = self.run_bytes.min(bytes.max(1 << 20));
    }

    /// Says that this change was worked out from what a table held: if somebody else adds to the table before the commit,
    /// the commit fails with [`LedgerError::Conflict`], to be worked out anew.
    pub fn require_unchanged(&mut self, table: Table) {
        self.change.unchanged.insert(table);
    }

    /// Appends rows to a table. Their columns must be those of [`Table::schema`].
    ///
    /// # Errors
    /// [`LedgerError::RowsDiffer`], [`LedgerError::ValueMissing`], [`LedgerError::OutsideCalendar`] for rows that do not
    /// fit; [`LedgerError::NoSpace`], [`LedgerError::ReadOnly`] and [`LedgerError::Io`] when a file has to be written.
    pub fn append(&mut self, table: Table, rows: &RecordBatch) -> Result<(), LedgerError> {
        let rows = rows::checked(table, rows)?;
        self.append_checked(table, rows)
    }

    fn append_checked(&mut self, table: Table, rows: RecordBatch) -> Result<(), LedgerError> {
        if rows.num_rows() == 0 {
            return Ok(());
        }
        let pending = self.pending.entry(table).or_default();
        pending.rows += rows.num_rows();
        pending.bytes += bytes_of(&rows);
        pending.batches.push(rows);
        if pending.bytes >= self.run_bytes {
            self.write_run(table)?;
        }
        Ok(())
    }

    /// Returns who writes files of this change on other threads. What a table has is what it has now: how files are
    /// dealt out does not depend on what is taken meanwhile.
    #[must_use]
    pub fn preparer(&self) -> Preparer<'ledger> {
        Preparer {
            ledger: self.ledger,
            staging: Arc::clone(&self.staging),
            known_rows: self.known_rows.clone(),
        }
    }

    /// Takes rows that were prepared into the change. Their files, and later their rows, are numbered in the order of
    /// these calls.
    ///
    /// # Errors
    /// As of [`Transaction::append`].
    pub fn take(&mut self, prepared: Prepared) -> Result<(), LedgerError> {
        let Prepared { table, files, rest } = prepared;
        if !files.is_empty() {
            let rows: u64 = files.iter().map(|file| file.rows.unsigned_abs()).sum();
            *self.known_rows.entry(table).or_default() += rows;
            self.pending.entry(table).or_default().has_files = true;
            self.change.added.extend(files);
        }
        match rest {
            Some(rows) => self.append_checked(table, rows),
            None => Ok(()),
        }
    }

    /// Commits everything; returns the new snapshot.
    ///
    /// When it returns, the rows are on the disk and everybody sees them. When it fails, nobody ever sees any of them; but
    /// for [`LedgerError::InDoubt`], and the death of the process, after which [`Ledger::snapshots`] and
    /// [`Ledger::last_extra_info`] tell.
    ///
    /// # Errors
    /// [`LedgerError::Conflict`] when a table that had to stay unchanged did not; [`LedgerError::InDoubt`] when the
    /// connection to the catalogue broke at the last moment; else as [`Transaction::append`].
    pub fn commit(mut self, info: &CommitInfo) -> Result<i64, LedgerError> {
        let inline_rows = self.ledger.options().inline_rows;
        let tables: Vec<_> = self.pending.keys().copied().collect();
        for table in tables {
            let small = self
                .pending
                .get(&table)
                .is_some_and(|pending| !pending.has_files && pending.rows <= inline_rows);
            if small && let Some(pending) = self.pending.remove(&table) {
                let rows = rows::sorted(table, &pending.batches)?;
                self.change.inlined.push((table, rows));
            } else {
                self.write_run(table)?;
            }
        }
        self.staging.sync()?;
        let committed = commit_with_patience(self.ledger, &self.change, info);
        self.staging.settle(committed)
    }

    /// Sorts what was gathered of a table and writes it.
    fn write_run(&mut self, table: Table) -> Result<(), LedgerError> {
        let Some(pending) = self.pending.get_mut(&table) else {
            return Ok(());
        };
        let batches = std::mem::take(&mut pending.batches);
        if batches.is_empty() {
            return Ok(());
        }
        let rows = rows::sorted(table, &batches)?;
        drop(batches);
        (pending.rows, pending.bytes, pending.has_files) = (0, 0, true);
        let run = rows.num_rows() as u64;
        let known = self.known_rows.entry(table).or_default();
        *known += run;
        let buckets = buckets_for(*known, self.ledger.options().rows_per_bucket)
            .min(buckets_for(run, ROWS_PER_FILE_AT_LEAST));
        for (bucket, rows) in rows::dealt(table, rows, buckets)? {
            self.change
                .added
                .push(self.staging.write(table, bucket, &rows)?);
        }
        Ok(())
    }
}

impl Preparer<'_> {
    /// Sorts rows of a table and writes them; they become a part of the change with [`Transaction::take`].
    ///
    /// The work is shared out by persons: `share` says of which bucket these rows are, among as many as there are shares.
    /// The names of the files are those of the share and of `part`, which tells calls for one share and table apart; the
    /// order of calls does not matter.
    ///
    /// # Errors
    /// As of [`Transaction::append`].
    pub fn prepare(
        &self,
        table: Table,
        rows: &RecordBatch,
        share: Bucket,
        part: u32,
    ) -> Result<Prepared, LedgerError> {
        let rows = rows::checked(table, rows)?;
        let run = rows.num_rows() as u64;
        let mut prepared = Prepared {
            table,
            files: Vec::new(),
            rest: None,
        };
        if run < ROWS_PER_FILE_AT_LEAST {
            prepared.rest = Some(rows);
            return Ok(prepared);
        }
        let known = self.known_rows.get(&table).copied().unwrap_or(0);
        // The other shares have about as many.
        let known = known + run * u64::from(share.count());
        let buckets = buckets_for(known, self.ledger.options().rows_per_bucket)
            .min(buckets_for(run, ROWS_PER_FILE_AT_LEAST) * share.count());
        let rows = rows::sorted(table, &[rows])?;
        for (bucket, rows) in rows::dealt(table, rows, buckets)? {
            let name = format!("s{:04}{part:06}{:04}", share.index(), bucket.index());
            let file = self.staging.write_named(table, bucket, &name, &rows)?;
            prepared.files.push(file);
        }
        Ok(prepared)
    }
}

/// Returns the number of buckets of about `rows_per_bucket` rows each: a power of two.
pub(crate) fn buckets_for(rows: u64, rows_per_bucket: u64) -> u32 {
    let buckets = rows
        .div_ceil(rows_per_bucket.max(1))
        .clamp(1, BUCKETS_AT_MOST);
    u32::try_from(buckets.next_power_of_two()).unwrap_or(1)
}

/// Commits a change; one that takes nothing away is tried again when the database had others to serve.
pub(crate) fn commit_with_patience(
    ledger: &Ledger,
    change: &Change,
    info: &CommitInfo,
) -> Result<i64, LedgerError> {
    let only_adds = change.unchanged.is_empty()
        && change.ended_files.is_empty()
        && change.deleted_rows.is_empty()
        && change.ended_inlined.is_empty();
    let mut attempt = 1;
    loop {
        let result = ledger
            .database()
            .write(|database| commit::apply(database, change, info));
        match result {
            Err(error) if error.is_conflict() && only_adds && attempt < ATTEMPTS => {
                std::thread::sleep(Duration::from_millis(20 << attempt));
                attempt += 1;
            }
            result => return result,
        }
    }
}

/// Works out a change that takes something away and commits it; anew, if somebody else was faster: replaced what it was
/// to take away, or removed a file that it was about to read.
pub(crate) fn until_settled<T>(
    mut work: impl FnMut() -> Result<T, LedgerError>,
) -> Result<T, LedgerError> {
    let mut attempt = 1;
    loop {
        match work() {
            Err(LedgerError::Conflict { .. } | LedgerError::FileMissing { .. })
                if attempt < ATTEMPTS =>
            {
                std::thread::sleep(Duration::from_millis(20 << attempt));
                attempt += 1;
            }
            result => return result,
        }
    }
}

/// Returns the bytes of the rows themselves, and not of a larger batch that they may be a part of.
fn bytes_of(rows: &RecordBatch) -> usize {
    let columns = rows.columns().iter();
    let sizes = columns.map(|column| column.to_data().get_slice_memory_size().unwrap_or(0));
    sizes.sum()
}
