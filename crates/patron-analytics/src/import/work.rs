//! The work of an import once everything is read: shares of the partitions, on all threads, compared, turned into rows,
//! and written.
//!
//! What lands in the ledger depends neither on threads nor on memory: shares are told by the number of facts alone, and taken into the
//! change in their order.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::RecordBatch;
use patron_engine::{
    Gathered, GroupingError, PARTITIONS, Pieces, Progress, Record, Resources, SharedOrders, Step,
};
use patron_import::RowKind;
use patron_ledger::{Bucket, LedgerError, Prepared, Preparer, Table, Transaction};

use super::ImportFailure;
use super::compare::{Counts, compare};
use super::customer::{Tellers, each_customer};
use super::in_turn::in_turn;
use super::rows::{Origin, Rows};
use crate::workspace::WorkspaceError;

/// Facts of a share, about: enough for a file of the ledger, few enough for every thread to have some.
const FACTS_PER_SHARE: u64 = 125_000;
/// Rows that a share gathers before they are written: more than a share has, as a rule.
const ROWS_AT_ONCE: usize = 150_000;
/// Bytes of a partition's facts, new and stored, that are compared at once; compared they take about five times that.
const BYTES_PER_PIECE: u64 = 8 << 20;
/// Bytes that a change gathers of a table that has few rows in each share.
const BYTES_PER_RUN: usize = 32 << 20;
/// Pieces of a partition: as many as there are buckets of that partition's in a ledger, so that each piece is one.
const PIECES_AT_MOST: usize = 4_096 / PARTITIONS;
/// Memory that a share takes while it is worked on, about.
const BYTES_PER_SHARE: u64 = 100 << 20;

/// What is to be compared, and what for.
pub(super) struct Work<'a> {
    pub(super) new: &'a Gathered,
    /// Which of its files say anything of customers.
    pub(super) tellers: Tellers,
    /// The ledger's facts, in the same partitions; nothing if it has none.
    pub(super) stored: Option<&'a Gathered>,
    /// Of each file.
    pub(super) origins: Vec<Origin>,
    /// Whether a file was imported before: then its rows are not looked at.
    pub(super) is_known: Vec<bool>,
    /// The customers who have another's name, with that.
    pub(super) persons: HashMap<String, String>,
    /// Orders that are several customers'.
    pub(super) shared: &'a SharedOrders,
}

/// What one share came to.
struct Share {
    counts: Vec<Counts>,
    prepared: Vec<Prepared>,
    /// Rows of customers who have another's name: they belong to other shares.
    elsewhere: Vec<(Table, RecordBatch)>,
}

/// A partition of the new facts and of those that are stored, in the same pieces.
struct PiecesOf<'a> {
    partition: usize,
    count: usize,
    new: Pieces<'a>,
    stored: Option<Pieces<'a>>,
}

impl PiecesOf<'_> {
    /// Returns the ledger's bucket that a piece of one of several is.
    fn bucket(&self, piece: usize) -> Option<Bucket> {
        let count = u32::try_from(self.count * PARTITIONS).ok()?;
        let index = u32::try_from(self.partition + piece * PARTITIONS).ok()?;
        Bucket::new(index, count).filter(|_| self.count > 1)
    }
}

/// The rows of a share: those of its own, and those of customers who have another's name.
struct RowsOfShare<'o> {
    own: Rows<'o>,
    elsewhere: Rows<'o>,
    persons: &'o HashMap<String, String>,
}

impl<'o> RowsOfShare<'o> {
    fn count(&self) -> usize {
        self.own.count() + self.elsewhere.count()
    }

    /// The rows among which a customer's belong.
    fn of(&mut self, customer: &str) -> &mut Rows<'o> {
        if self.persons.contains_key(customer) {
            &mut self.elsewhere
        } else {
            &mut self.own
        }
    }
}

impl Work<'_> {
    /// Compares everything and hands what is new to the transaction, if there is one; returns what became of each file's
    /// rows.
    pub(super) fn execute(
        &self,
        mut transaction: Option<&mut Transaction<'_>>,
        resources: &Resources,
        progress: &dyn Progress,
    ) -> Result<Vec<Counts>, ImportFailure> {
        let shares = self.shares();
        if let Some(transaction) = transaction.as_deref_mut() {
            transaction.gather_at_most(BYTES_PER_RUN);
        }
        progress.begin(Step::Write, PARTITIONS as u64);
        let done = AtomicU64::new(0);
        let advance = || progress.advance_to(done.fetch_add(1, Ordering::Relaxed) + 1);
        let preparer = transaction
            .as_deref()
            .map(|transaction| transaction.preparer());
        let mut counts = self.nothing().counts;
        let share = |index| match Bucket::new(index, shares) {
            Some(share) => self.share(share, preparer.as_ref(), &advance),
            None => Ok(self.nothing()),
        };
        in_turn(threads(resources), shares, share, |share| {
            for (all, of_share) in counts.iter_mut().zip(&share.counts) {
                all.add(of_share);
            }
            let Some(transaction) = transaction.as_deref_mut() else {
                return Ok(());
            };
            for prepared in share.prepared {
                transaction.take(prepared).map_err(WorkspaceError::from)?;
            }
            for (table, rows) in share.elsewhere {
                let done = transaction.append(table, &rows);
                done.map_err(WorkspaceError::from)?;
            }
            Ok(())
        })?;
        progress.end();
        Ok(counts)
    }

    fn facts(&self) -> u64 {
        self.new.files.iter().map(|file| file.seen.facts).sum()
    }

    /// Into how many shares the work is dealt: never more than partitions.
    fn shares(&self) -> u32 {
        let shares = self.facts().div_ceil(FACTS_PER_SHARE).next_power_of_two();
        u32::try_from(shares.min(PARTITIONS as u64)).unwrap_or(1)
    }

    fn nothing(&self) -> Share {
        Share {
            counts: vec![Counts::default(); self.is_known.len()],
            prepared: Vec::new(),
            elsewhere: Vec::new(),
        }
    }

    /// Works on the partitions of one share: those of its customers.
    fn share(
        &self,
        share: Bucket,
        preparer: Option<&Preparer<'_>>,
        advance: &dyn Fn(),
    ) -> Result<Share, ImportFailure> {
        let mut done = self.nothing();
        // A little more than the mean, so that most shares need not grow.
        let mean = self.facts() / u64::from(share.count());
        let expected = usize::try_from(mean + mean / 16).unwrap_or(usize::MAX);
        let new_rows = |expected| Rows::new(&self.origins, &self.persons, expected);
        let mut rows = RowsOfShare {
            own: new_rows(expected.min(ROWS_AT_ONCE)),
            elsewhere: new_rows(0),
            persons: &self.persons,
        };
        let mut part = 0;
        let mut write = |rows: &mut RowsOfShare<'_>, done: &mut Share, bucket: Bucket| {
            done.elsewhere.extend(rows.elsewhere.take()?);
            let Some(preparer) = preparer else {
                return Ok(());
            };
            part += 1;
            for (table, rows) in rows.own.take()? {
                let prepared = preparer.prepare(table, &rows, bucket, part)?;
                done.prepared.push(prepared);
            }
            Ok::<(), LedgerError>(())
        };
        let (first, step) = (share.index() as usize, share.count() as usize);
        for partition in (first..PARTITIONS).step_by(step) {
            let pieces = self.pieces(partition)?;
            for piece in 0..pieces.count {
                let keep = preparer.is_some().then_some(&mut rows);
                self.piece(&pieces, piece, keep, &mut done.counts)?;
                let bucket = pieces.bucket(piece).filter(|_| step == PARTITIONS);
                if bucket.is_some() || rows.count() >= ROWS_AT_ONCE {
                    write(&mut rows, &mut done, bucket.unwrap_or(share))
                        .map_err(WorkspaceError::from)?;
                }
            }
            advance();
        }
        write(&mut rows, &mut done, share).map_err(WorkspaceError::from)?;
        Ok(done)
    }

    /// Deals a partition out to pieces that are small enough.
    fn pieces(&self, partition: usize) -> Result<PiecesOf<'_>, GroupingError> {
        let of_stored = self.stored.map_or(0, |stored| stored.bytes_of(partition));
        let bytes = self.new.bytes_of(partition) + of_stored;
        let count = bytes.div_ceil(BYTES_PER_PIECE).next_power_of_two();
        let count = usize::try_from(count)
            .unwrap_or(PIECES_AT_MOST)
            .min(PIECES_AT_MOST);
        Ok(PiecesOf {
            partition,
            count,
            new: self.new.dealt(partition, count)?,
            stored: self
                .stored
                .map(|stored| stored.dealt(partition, count))
                .transpose()?,
        })
    }

    fn piece(
        &self,
        pieces: &PiecesOf<'_>,
        piece: usize,
        rows: Option<&mut RowsOfShare<'_>>,
        counts: &mut [Counts],
    ) -> Result<(), GroupingError> {
        pieces.new.with_records(piece, |new| match &pieces.stored {
            None => self.compare(Vec::new(), new, rows, counts),
            Some(stored) => {
                stored.with_records(piece, |old| self.compare(old, new, rows, counts))?
            }
        })?
    }

    fn compare(
        &self,
        mut stored: Vec<Record<'_>>,
        mut new: Vec<Record<'_>>,
        mut rows: Option<&mut RowsOfShare<'_>>,
        counts: &mut [Counts],
    ) -> Result<(), GroupingError> {
        if self.is_known.contains(&true) {
            new.retain(|row| {
                !self
                    .is_known
                    .get(row.file as usize)
                    .copied()
                    .unwrap_or(false)
            });
        }
        self.shared.set_aside(&mut new);
        let is_person = |row: &Record<'_>| row.kind == RowKind::Person && row.order_id.is_empty();
        stored.retain(|row| !is_person(row));
        if let Some(rows) = rows.as_deref_mut() {
            // All of it: an import can be taken back without its words being missed elsewhere.
            each_customer(&new, &self.tellers, |customer| {
                rows.of(customer.id).add_customer(customer);
            });
        }
        compare(&stored, &new, counts, |kept| {
            if let (Some(rows), Some(first)) = (rows.as_deref_mut(), kept.first()) {
                rows.of(first.customer).add(kept);
            }
            Ok(())
        })
    }
}

/// Does some work on so many threads.
pub(super) fn on_threads<T: Send>(
    threads: usize,
    work: impl FnOnce() -> T + Send,
) -> Result<T, ImportFailure> {
    let done = crate::threads::on_threads(threads, work);
    done.map_err(|message| ImportFailure::Threads { threads, message })
}

/// Threads that may work at once without taking more memory than is allowed.
fn threads(resources: &Resources) -> usize {
    let most = resources.memory_bytes / 2 / BYTES_PER_SHARE;
    resources
        .threads
        .clamp(1, usize::try_from(most).unwrap_or(usize::MAX).max(1))
}
