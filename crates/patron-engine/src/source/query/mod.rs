//! The answer of a database to a query: one thread takes batches from the driver, the others read their rows.
//!
//! | module | question it answers |
//! |---|---|
//! | `address` | what may be shown of an address, and of what a driver says? |
//! | `driver` | which driver reads a database, and how is it asked? |
//! | `sorted` | how is an answer cut into whole histories that the database sorts by customer? |
//! | `error` | why is there no answer? |

mod address;
mod driver;
mod error;
mod sorted;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ScopedJoinHandle};

use arrow_array::{RecordBatch, RecordBatchReader};
use patron_import::{Format, ImportOptions, RowReader, Understanding, understand_table};
use sha2::{Digest, Sha256};

use self::address::Secrets;
pub(crate) use self::driver::Connected;
use self::driver::{Answer, said};
pub use self::error::QueryError;
pub(crate) use self::sorted::{SortedAnswer, TakeHistories};
use super::batches::{Batches, row_hashes, sample_rows};
use super::{BlockRead, Collector, FileRead, Reading, RejectedSink, SourceError};
use crate::grouping::Scatter;

/// What accounts and lists name as the file of rows that came from a query; a row's number is its line.
pub const QUERY: &str = "query";
/// Rows looked at before any is read.
const SAMPLE_ROWS: usize = 10_000;
/// Rows that one thread reads at a time.
const PART_ROWS: usize = 16_384;

/// A query to a database that an ADBC driver reads. It may hold a password: `Debug` shows none.
#[derive(Clone)]
pub struct Query {
    /// The database's address, such as `postgresql://user@host/shop` or a `DuckDB` file.
    pub address: Option<String>,
    /// The driver's name, or the path of its library; by the address if absent.
    pub driver: Option<String>,
    /// The function of the library that begins it, where it has a name of its own.
    pub entrypoint: Option<String>,
    /// Options of the driver, in the order given.
    pub options: Vec<(String, String)>,
    /// The query.
    pub sql: String,
}

impl std::fmt::Debug for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Query")
            .field("address", &self.shown())
            .field("driver", &self.driver)
            .finish_non_exhaustive()
    }
}

impl Query {
    /// Returns what may be shown of the database's address.
    #[must_use]
    pub fn shown(&self) -> String {
        let address = self.address.as_deref().unwrap_or_default();
        address::shown(address)
    }

    fn secrets(&self) -> Secrets {
        let mut secrets = Secrets::default();
        if let Some(address) = &self.address {
            secrets.add_address(address);
        }
        for (key, value) in &self.options {
            secrets.add_setting(key, value);
            secrets.add_address(value);
        }
        secrets
    }
}

type PartRead = (u64, Result<BlockRead, SourceError>);

/// Some rows of the answer.
struct Part {
    index: u64,
    rows_before: u64,
    rows: RecordBatch,
}

/// Reads the answer from beginning to end.
pub(crate) fn read(
    query: &Query,
    reading: &Reading<'_>,
    rejected: &mut dyn RejectedSink,
) -> Result<FileRead, SourceError> {
    let mut answer = driver::ask(query)?;
    let begun = Begun::take(&mut answer)?;
    let understanding = Arc::new(begun.understand(&reading.options)?);
    let reader = RowReader::new(Arc::clone(&understanding), Arc::clone(&reading.options), 0);
    let Answer {
        batches,
        secrets,
        session,
    } = answer;
    let rest = (!begun.is_whole).then_some(batches);
    let parts = Parts::new(begun.batches, rest, secrets);
    let stop = AtomicBool::new(false);
    let mut collector = Collector::new(Path::new(QUERY), &reading.options, rejected)
        .with_digest(digest_of_headers(&understanding));
    let taken = thread::scope(|scope| {
        let (part_sender, part_receiver) = sync_channel::<Part>(reading.threads);
        let (read_sender, read_receiver) = sync_channel::<PartRead>(reading.threads * 2);
        let part_receiver = Arc::new(Mutex::new(part_receiver));
        let mut readers = Vec::with_capacity(reading.threads);
        for _ in 0..reading.threads {
            let (receiver, sender) = (Arc::clone(&part_receiver), read_sender.clone());
            let (reader, understanding) = (reader.clone(), &understanding);
            let read = move || read_parts(receiver, sender, reader, understanding, reading);
            readers.push(scope.spawn(read));
        }
        drop((part_receiver, read_sender));
        let taker = scope.spawn(|| take_parts(parts, part_sender, reading, &stop));
        for (index, read) in read_receiver {
            collector.take(index, read);
            if collector.has_failed() {
                stop.store(true, Ordering::Relaxed);
            }
        }
        ended(readers)?;
        taker.join().map_err(|_| SourceError::Thread)
    });
    drop(session);
    if let Err((part, error)) = taken? {
        collector.fail(part, error.into());
    }
    collector.finish_digest(understanding)
}

/// Waits until threads are gone. A scope only waits until their work is done; a thread that frees what a driver gave it while the
/// process ends meets the driver's own end, and what it frees twice stops the process.
fn ended(threads: Vec<ScopedJoinHandle<'_, ()>>) -> Result<(), SourceError> {
    let mut all = Ok(());
    for thread in threads {
        let ended = thread.join().map_err(|_| SourceError::Thread);
        all = all.and(ended);
    }
    all
}

/// Returns the digest of an answer that has no rows yet.
fn digest_of_headers(understanding: &Understanding) -> Sha256 {
    let mut digest = Sha256::new();
    for header in &understanding.headers {
        digest.update((header.len() as u64).to_le_bytes());
        digest.update(header);
    }
    digest
}

/// The first batches, by which the answer is understood.
struct Begun {
    headers: Vec<String>,
    batches: VecDeque<RecordBatch>,
    is_whole: bool,
}

impl Begun {
    fn take(answer: &mut Answer) -> Result<Self, QueryError> {
        let schema = answer.batches.schema();
        let headers: Vec<String> = schema
            .fields()
            .iter()
            .map(|field| field.name().clone())
            .collect();
        if headers.is_empty() {
            return Err(QueryError::NoColumns);
        }
        let mut batches = VecDeque::new();
        let (mut rows, mut is_whole) = (0, false);
        while rows < SAMPLE_ROWS && !is_whole {
            match answer.batches.next() {
                Some(Ok(batch)) => {
                    rows += batch.num_rows();
                    batches.push_back(batch);
                }
                Some(Err(error)) => {
                    return Err(QueryError::Interrupted {
                        rows: rows as u64,
                        words: said(&answer.secrets, &error),
                    });
                }
                None => is_whole = true,
            }
        }
        if rows == 0 {
            return Err(QueryError::NoRows);
        }
        Ok(Self {
            headers,
            batches,
            is_whole,
        })
    }

    fn understand(&self, options: &ImportOptions) -> Result<Understanding, SourceError> {
        let mut sample = Vec::new();
        for batch in &self.batches {
            let rows = batch.num_rows().min(SAMPLE_ROWS - sample.len());
            sample.extend(sample_rows(&batch.slice(0, rows)));
        }
        Ok(understand_table(
            QUERY,
            Format::Query,
            &self.headers,
            &sample,
            options,
            None,
        )?)
    }
}

/// The answer in parts that one thread reads at a time.
struct Parts {
    waiting: VecDeque<RecordBatch>,
    batches: Option<Box<dyn RecordBatchReader + Send>>,
    secrets: Secrets,
    index: u64,
    rows: u64,
}

impl Parts {
    fn new(
        waiting: VecDeque<RecordBatch>,
        batches: Option<Box<dyn RecordBatchReader + Send>>,
        secrets: Secrets,
    ) -> Self {
        Self {
            waiting,
            batches,
            secrets,
            index: 0,
            rows: 0,
        }
    }

    fn next(&mut self) -> Option<Result<Part, QueryError>> {
        let batch = loop {
            match self.next_batch()? {
                Ok(batch) if batch.num_rows() > 0 => break batch,
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
        };
        let rows = batch.num_rows().min(PART_ROWS);
        let part = Part {
            index: self.index,
            rows_before: self.rows,
            rows: batch.slice(0, rows),
        };
        if rows < batch.num_rows() {
            self.waiting
                .push_front(batch.slice(rows, batch.num_rows() - rows));
        }
        self.index += 1;
        self.rows += rows as u64;
        Some(Ok(part))
    }

    fn next_batch(&mut self) -> Option<Result<RecordBatch, QueryError>> {
        if let Some(batch) = self.waiting.pop_front() {
            return Some(Ok(batch));
        }
        let next = self.batches.as_mut()?.next()?;
        Some(next.map_err(|error| QueryError::Interrupted {
            rows: self.rows,
            words: said(&self.secrets, &error),
        }))
    }
}

/// Takes the answer from the driver and hands its parts on.
fn take_parts(
    mut parts: Parts,
    sender: SyncSender<Part>,
    reading: &Reading<'_>,
    stop: &AtomicBool,
) -> Result<(), (u64, QueryError)> {
    while let Some(part) = parts.next() {
        let part = part.map_err(|error| (parts.index, error))?;
        reading.progress.advance_to(parts.rows);
        if stop.load(Ordering::Relaxed) || sender.send(part).is_err() {
            break;
        }
    }
    Ok(())
}

fn read_parts(
    receiver: Arc<Mutex<Receiver<Part>>>,
    sender: SyncSender<PartRead>,
    mut reader: RowReader,
    understanding: &Understanding,
    reading: &Reading<'_>,
) {
    let mut scatter = reading.store_of(understanding).scatter();
    let columns = Batches::new(QUERY, understanding);
    let mut last = 0;
    loop {
        let next = receiver
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let Ok(part) = next else { break };
        last = part.index;
        let read = read_part(&part, &columns, &mut reader, &mut scatter);
        if sender.send((last, read)).is_err() {
            break;
        }
    }
    if let Err(error) = scatter.finish() {
        drop(sender.send((last, Err(error.into()))));
    }
}

fn read_part(
    part: &Part,
    columns: &Batches<'_>,
    reader: &mut RowReader,
    scatter: &mut Scatter<'_>,
) -> Result<BlockRead, SourceError> {
    let mut read = BlockRead {
        row_hashes: row_hashes(&part.rows),
        ..BlockRead::default()
    };
    let wanted = part.rows.project(columns.wanted());
    let wanted = wanted.map_err(|_| SourceError::Thread)?;
    let place = (part.index, part.rows_before);
    columns.read(&wanted, reader, place, (&mut read, scatter))?;
    Ok(read)
}
