//! The work of an import once everything is read: shares of the partitions, on all threads, compared, turned into rows,
//! and written.
//!
//! What lands in the ledger does not depend on threads: shares are told by the number of facts alone, and taken into the
//! change in their order.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::RecordBatch;
use patron_engine::{
    Gathered, GroupingError, PARTITIONS, Progress, Record, Resources, SharedOrders, Step,
};
use patron_import::RowKind;
use patron_ledger::{Bucket, LedgerError, Prepared, Table, Transaction};
use rayon::prelude::*;

use super::ImportFailure;
use super::compare::{Counts, compare};
use super::customer::{Tellers, each_customer};
use super::rows::{Origin, Rows};
use crate::workspace::WorkspaceError;

/// Facts of a share, about: enough for a file of the ledger, few enough for every thread to have some.
const FACTS_PER_SHARE: u64 = 250_000;
/// Rows that a share gathers before they are written; only of very many facts it has more.
const ROWS_AT_ONCE: usize = 500_000;
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

/// The rows of a share: those of its own, and those of customers who have another's name.
struct RowsOfShare<'o> {
    own: Rows<'o>,
    elsewhere: Rows<'o>,
    persons: &'o HashMap<String, String>,
}

impl<'o> RowsOfShare<'o> {
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
        let facts: u64 = self.new.files.iter().map(|file| file.seen.facts).sum();
        let most = PARTITIONS as u64;
        let shares = facts
            .div_ceil(FACTS_PER_SHARE)
            .next_power_of_two()
            .min(most);
        let shares = u32::try_from(shares).unwrap_or(1);
        progress.begin(Step::Write, most);
        let done = AtomicU64::new(0);
        let worked = {
            let target = transaction.as_deref();
            let advance = || progress.advance_to(done.fetch_add(1, Ordering::Relaxed) + 1);
            let share = |index| match Bucket::new(index, shares) {
                Some(share) => self.share(share, target, &advance),
                None => Ok(self.nothing()),
            };
            on_threads(threads(resources), || {
                let shares = (0..shares).into_par_iter().with_max_len(1);
                shares
                    .map(share)
                    .collect::<Result<Vec<Share>, ImportFailure>>()
            })??
        };
        let mut counts = self.nothing().counts;
        for share in worked {
            for (all, of_share) in counts.iter_mut().zip(&share.counts) {
                all.add(of_share);
            }
            for prepared in share.prepared {
                if let Some(transaction) = transaction.as_deref_mut() {
                    transaction.take(prepared).map_err(WorkspaceError::from)?;
                }
            }
            for (table, rows) in share.elsewhere {
                if let Some(transaction) = transaction.as_deref_mut() {
                    let done = transaction.append(table, &rows);
                    done.map_err(WorkspaceError::from)?;
                }
            }
        }
        progress.end();
        Ok(counts)
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
        transaction: Option<&Transaction<'_>>,
        advance: &dyn Fn(),
    ) -> Result<Share, ImportFailure> {
        let mut done = self.nothing();
        let new_rows = || Rows::new(&self.origins, &self.persons);
        let mut rows = RowsOfShare {
            own: new_rows(),
            elsewhere: new_rows(),
            persons: &self.persons,
        };
        let mut part = 0;
        let mut write = |rows: &mut Rows<'_>| -> Result<Vec<Prepared>, LedgerError> {
            let Some(transaction) = transaction else {
                return Ok(Vec::new());
            };
            part += 1;
            let tables = rows.take()?.into_iter();
            tables
                .map(|(table, rows)| transaction.prepare(table, &rows, share, part))
                .collect()
        };
        let (first, step) = (share.index() as usize, share.count() as usize);
        for partition in (first..PARTITIONS).step_by(step) {
            let keep = transaction.is_some().then_some(&mut rows);
            self.partition(partition, keep, &mut done.counts)?;
            if rows.own.count() >= ROWS_AT_ONCE {
                done.prepared
                    .extend(write(&mut rows.own).map_err(WorkspaceError::from)?);
            }
            advance();
        }
        done.prepared
            .extend(write(&mut rows.own).map_err(WorkspaceError::from)?);
        done.elsewhere = rows.elsewhere.take().map_err(WorkspaceError::from)?;
        Ok(done)
    }

    fn partition(
        &self,
        partition: usize,
        rows: Option<&mut RowsOfShare<'_>>,
        counts: &mut [Counts],
    ) -> Result<(), GroupingError> {
        self.new
            .with_records(partition, false, |new| match self.stored {
                None => self.compare(Vec::new(), new, rows, counts),
                Some(stored) => stored
                    .with_records(partition, false, |old| self.compare(old, new, rows, counts))?,
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
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|source| ImportFailure::Threads {
        threads,
        message: source.to_string(),
    })?;
    Ok(pool.install(work))
}

/// Threads that may work at once without taking more memory than is allowed.
fn threads(resources: &Resources) -> usize {
    let most = (resources.memory_bytes / 2).div_ceil(BYTES_PER_SHARE);
    resources
        .threads
        .clamp(1, usize::try_from(most).unwrap_or(usize::MAX).max(1))
}
