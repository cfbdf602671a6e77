//! The answer of a database that sorts it by customer, cut where a customer ends: whoever takes a part of it has all rows of
//! everybody in it, and nothing waits here for rows that are yet to come.
//!
//! The query is asked twice: for its first rows, by which it is understood as any answer is, and inside another one that sorts
//! it by the customer's column, byte by byte.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use arrow_array::{Array, RecordBatch};
use patron_import::{Field, ImportOptions, RowReader, Understanding};
use sha2::Digest;

use super::driver::{self, Answer};
use super::{Begun, Part, Parts, Query, QueryError, SAMPLE_ROWS, digest_of_headers, ended};
use crate::grouping::{GroupingError, PartitionStore, Record, decode};
use crate::progress::Progress;
use crate::source::batches::{Batches, row_hashes};
use crate::source::{BlockRead, Collector, FileRead, QUERY, RejectedSink, SourceError};

/// Takes the records of whole histories.
pub(crate) trait TakeHistories {
    /// Takes the records of some customers: all that there are of each.
    fn take(&mut self, records: &[Record<'_>]) -> Result<(), GroupingError>;

    /// Hands on what is left.
    fn finish(self) -> Result<(), GroupingError>;
}

/// A query whose answer is understood, and is to come sorted by customer.
#[derive(Debug)]
pub(crate) struct SortedAnswer {
    query: Query,
    understanding: Arc<Understanding>,
    options: Arc<ImportOptions>,
    /// The place of the customer's column among those that are read.
    customer: usize,
}

/// Some rows of the answer that hold everything of their customers, if customers come but once.
struct Histories {
    index: u64,
    rows_before: u64,
    batches: Vec<RecordBatch>,
}

/// What reading some rows came to, and the sum of their hashes.
type HistoriesRead = (u64, Result<(BlockRead, u128), SourceError>);

impl SortedAnswer {
    /// Asks for the first rows, and understands them; nothing where no column says who the customer is.
    pub(crate) fn look_at(
        query: &Query,
        options: &ImportOptions,
    ) -> Result<Option<Self>, SourceError> {
        let asked = format!("SELECT * FROM {} LIMIT {SAMPLE_ROWS}", inner(&query.sql));
        let mut answer = driver::ask(&with(query, asked))?;
        let begun = Begun::take(&mut answer)?;
        let understanding = begun.understand(options)?;
        let columns = Batches::new(QUERY, &understanding);
        let used = understanding.columns.iter();
        let mut customers = used.filter(|column| column.field == Field::CustomerId);
        let place = customers
            .next()
            .and_then(|column| columns.wanted().binary_search(&column.index).ok());
        Ok(place.map(|customer| Self {
            query: query.clone(),
            customer,
            options: Arc::new(options.clone()),
            understanding: Arc::new(understanding),
        }))
    }

    pub(crate) const fn understanding(&self) -> &Arc<Understanding> {
        &self.understanding
    }

    /// What the database is asked: the columns that are read, sorted by the customer as a text, byte by byte. `DuckDB` knows the
    /// collation by PostgreSQL's name.
    fn sql(&self) -> String {
        let columns = Batches::new(QUERY, &self.understanding);
        let headers = &self.understanding.headers;
        let names = columns
            .wanted()
            .iter()
            .filter_map(|place| headers.get(*place));
        let names: Vec<String> = names.map(|name| quoted(name)).collect();
        let customer = names.get(self.customer).map_or("1", String::as_str);
        format!(
            "SELECT {} FROM {} ORDER BY CAST({customer} AS TEXT) COLLATE \"C\"",
            names.join(", "),
            inner(&self.query.sql)
        )
    }

    /// Reads the answer from beginning to end on so many threads. Each has a taker of its own, made by `taker`.
    pub(crate) fn read<T: TakeHistories>(
        &self,
        threads: usize,
        taker: impl Fn() -> T + Sync,
        rejected: &mut dyn RejectedSink,
        progress: &dyn Progress,
    ) -> Result<FileRead, SourceError> {
        let answer = driver::ask(&with(&self.query, self.sql()))?;
        let Answer {
            batches,
            secrets,
            session,
        } = answer;
        let cut = Cut {
            customer: self.customer,
            waiting: Vec::new(),
            rows_before: 0,
            next: 0,
        };
        let parts = Parts::new([].into(), Some(batches), secrets);
        let digest = digest_of_headers(&self.understanding);
        let collector = Collector::new(Path::new(QUERY), &self.options, rejected);
        let mut collector = collector.with_digest(digest);
        let (stop, mut hashes) = (AtomicBool::new(false), 0_u128);
        let reader = RowReader::new(
            Arc::clone(&self.understanding),
            Arc::clone(&self.options),
            0,
        );
        let cutting = thread::scope(|scope| {
            let (part_sender, part_receiver) = sync_channel(threads);
            let (read_sender, read_receiver) = sync_channel(threads * 2);
            let part_receiver = Arc::new(Mutex::new(part_receiver));
            let mut readers = Vec::with_capacity(threads);
            for _ in 0..threads {
                let (receiver, sender) = (Arc::clone(&part_receiver), read_sender.clone());
                let (reader, taker) = (reader.clone(), &taker);
                let read = move || self.read_parts(receiver, sender, reader, taker());
                readers.push(scope.spawn(read));
            }
            drop((part_receiver, read_sender));
            let cutting = scope.spawn(|| cut.all(parts, part_sender, progress, &stop));
            for (index, read) in read_receiver {
                let read: Result<(BlockRead, u128), SourceError> = read;
                let block = read.map(|(block, of_block)| {
                    hashes = hashes.wrapping_add(of_block);
                    block
                });
                collector.take(index, block);
                if collector.has_failed() {
                    stop.store(true, Ordering::Relaxed);
                }
            }
            ended(readers)?;
            cutting.join().map_err(|_| SourceError::Thread)
        });
        drop(session);
        if let Err((part, error)) = cutting? {
            collector.fail(part, error.into());
        }
        // In which order the rows of one customer come, no database says.
        if let Some(digest) = &mut collector.digest {
            digest.update(hashes.to_le_bytes());
        }
        collector.finish_digest(Arc::clone(&self.understanding))
    }

    fn read_parts(
        &self,
        receiver: Arc<Mutex<Receiver<Histories>>>,
        sender: SyncSender<HistoriesRead>,
        mut reader: RowReader,
        mut taker: impl TakeHistories,
    ) {
        let columns = Batches::new(QUERY, &self.understanding);
        let mut last = 0;
        loop {
            let next = receiver
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .recv();
            let Ok(part) = next else { break };
            last = part.index;
            let read = read_part(&part, &columns, &mut reader, &mut taker);
            if sender.send((last, read)).is_err() {
                break;
            }
        }
        if let Err(error) = taker.finish() {
            drop(sender.send((last, Err(error.into()))));
        }
    }
}

fn read_part(
    part: &Histories,
    columns: &Batches<'_>,
    reader: &mut RowReader,
    taker: &mut impl TakeHistories,
) -> Result<(BlockRead, u128), SourceError> {
    let (mut read, mut hashes) = (BlockRead::default(), 0_u128);
    let store = PartitionStore::undivided();
    let mut scatter = store.scatter();
    let mut rows_before = part.rows_before;
    for batch in &part.batches {
        let of_rows = row_hashes(batch).into_iter();
        hashes = of_rows.fold(hashes, |sum, hash| sum.wrapping_add(hash.into()));
        let place = (part.index, rows_before);
        columns.read(batch, reader, place, (&mut read, &mut scatter))?;
        rows_before += batch.num_rows() as u64;
    }
    scatter.finish()?;
    store.with_partition(0, true, |segments| taker.take(&decode(segments)?))?;
    Ok((read, hashes))
}

/// Cuts the answer where a customer ends.
struct Cut {
    customer: usize,
    /// Rows of the last customer so far: more of them may come.
    waiting: Vec<RecordBatch>,
    /// Rows before those that wait.
    rows_before: u64,
    /// The index of the next part.
    next: u64,
}

impl Cut {
    /// Takes the answer from the driver and hands its parts on.
    fn all(
        mut self,
        mut parts: Parts,
        sender: SyncSender<Histories>,
        progress: &dyn Progress,
        stop: &AtomicBool,
    ) -> Result<(), (u64, QueryError)> {
        while let Some(part) = parts.next() {
            let Part { rows, .. } = part.map_err(|error| (self.next, error))?;
            progress.advance_to(parts.rows);
            let whole = self.take(rows);
            if stop.load(Ordering::Relaxed) || whole.is_some_and(|part| sender.send(part).is_err())
            {
                return Ok(());
            }
        }
        let last = std::mem::take(&mut self.waiting);
        if !last.is_empty() {
            // Whoever would take it is gone only after an error.
            drop(sender.send(self.part(last)));
        }
        Ok(())
    }

    /// Takes rows, and returns those whose customers have no more, if there are any.
    fn take(&mut self, rows: RecordBatch) -> Option<Histories> {
        let begins = self.last_begins(&rows);
        let goes_on = begins == 0
            && self
                .waiting
                .last()
                .is_some_and(|before| self.is_one(before, before.num_rows() - 1, &rows, 0));
        if self.waiting.is_empty() && begins == 0 || goes_on {
            self.waiting.push(rows);
            return None;
        }
        let mut whole = std::mem::take(&mut self.waiting);
        if begins > 0 {
            whole.push(rows.slice(0, begins));
        }
        self.waiting
            .push(rows.slice(begins, rows.num_rows() - begins));
        Some(self.part(whole))
    }

    fn part(&mut self, batches: Vec<RecordBatch>) -> Histories {
        let part = Histories {
            index: self.next,
            rows_before: self.rows_before,
            batches,
        };
        let rows: usize = part.batches.iter().map(RecordBatch::num_rows).sum();
        self.rows_before += rows as u64;
        self.next += 1;
        part
    }

    /// Returns the row from which on all are of the last row's customer: the first of them, where rows are sorted, and one whose
    /// customer is another than that of the row before in any case.
    fn last_begins(&self, rows: &RecordBatch) -> usize {
        let last = rows.num_rows() - 1;
        let (mut before, mut from) = (0, last);
        while before < from {
            let middle = before.midpoint(from);
            if self.is_one(rows, middle, rows, last) {
                from = middle;
            } else {
                before = middle + 1;
            }
        }
        from
    }

    /// Whether two rows are of one customer, as the database has it.
    fn is_one(&self, left: &RecordBatch, at: usize, right: &RecordBatch, other: usize) -> bool {
        let (left, right) = (left.column(self.customer), right.column(self.customer));
        left.slice(at, 1).as_ref() == right.slice(other, 1).as_ref()
    }
}

/// The query as a table.
fn inner(sql: &str) -> String {
    let sql = sql.trim_end_matches(|c: char| c.is_whitespace() || c == ';');
    // A comment may stand at its end.
    format!("(\n{sql}\n) AS orders")
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn with(query: &Query, sql: String) -> Query {
    Query {
        sql,
        ..query.clone()
    }
}
