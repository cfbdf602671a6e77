//! Reading a shop's files in parallel: text through patron-import's blocks, Parquet by row groups, queries by batches.
//!
//! Every file is read once. Facts go to the partitions of [`crate::grouping`]; rows set aside go to a [`RejectedSink`] in
//! file order, whatever thread read them; everything is counted.

mod batches;
mod columns;
mod first;
pub(crate) mod handed;
mod keeping;
mod parquet;
mod plain;
pub(crate) mod query;
mod text;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use patron_core::{Coded, ErrorCode, OrderStatus, RowClass, RowFlag};
use patron_import::{
    Content, CurrenciesSeen, DateSeen, Exchanged, FactRows, FileKind, ImportError, ImportOptions,
    Reason, RejectedRow, RowAccount, RowBatch, RowKind, UNDATED, Understanding, UnreadDetails,
    file_kind, is_address,
};
use sha2::{Digest, Sha256};

pub use self::first::FirstFact;
pub(crate) use self::keeping::Journal;
use self::keeping::{Begun, Part, Whole};
pub use self::keeping::{Keeping, RECORD};
pub use self::query::{QUERY, Query, QueryError};
use crate::details::{self, Identities};
use crate::grouping::{Contact, GroupingError, PartitionStore, Record, Scatter};
use crate::lists;
use crate::progress::Progress;

/// Takes the rows that are set aside, in the order of files and lines.
pub trait RejectedSink {
    /// Takes one row of `file`.
    ///
    /// # Errors
    /// Whatever writing it meets.
    fn take(&mut self, file: &str, row: &RejectedRow) -> std::io::Result<()>;

    /// Makes sure that what was taken is written, and returns each list with its length: whoever goes on from there cuts off the
    /// rest.
    ///
    /// # Errors
    /// Whatever writing it meets.
    fn mark(&mut self) -> std::io::Result<Vec<(String, u64)>> {
        Ok(Vec::new())
    }
}

/// What was read of one file.
#[derive(Debug, Clone)]
pub struct FileRead {
    /// Where it lies, as given.
    pub path: PathBuf,
    /// SHA-256 of its bytes, in hexadecimal; for a query of the rows, in the order they came.
    pub sha256: String,
    /// Its size; 0 for a query.
    pub bytes: u64,
    /// What it was understood as.
    pub understanding: Arc<Understanding>,
    /// In which class its rows ended.
    pub account: RowAccount,
    /// Which currencies its rows named.
    pub currencies: CurrenciesSeen,
    /// What became of rows in other currencies than the shop's, where there are rates.
    pub exchanged: Exchanged,
    /// Status words that are not known, with their numbers.
    pub unknown_statuses: BTreeMap<String, u64>,
    /// What its facts are.
    pub seen: Seen,
    /// Order lines and refunds that were counted, but whose facts came from another file before.
    pub merged_before: (u64, u64),
    /// Rows with ids written as decimal numbers, and the first such id.
    pub float_ids: Option<(u64, String)>,
    /// Values of columns that are only kept, which could not be read.
    pub unread_details: UnreadDetails,
    /// The first row that could not be read.
    pub first_unreadable: Option<RejectedRow>,
    /// Rows set aside because nobody knows the order that they name.
    pub unknown_orders: u64,
    /// The first facts.
    pub first_facts: Vec<FirstFact>,
}

/// What some facts are, before they are grouped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Seen {
    /// When the paid orders and order lines above zero were placed.
    pub paid: Span,
    /// When those of exactly zero were placed.
    pub free: Span,
    /// When refunds with a date were given.
    pub refunds: Span,
    /// Whether a refund of an order was read: then the latest order may turn out not to count.
    pub refunds_orders: bool,
    /// Whether some customers are known by an address alone.
    pub guests: bool,
    /// Whether some who have an id gave an address, too.
    pub accounts: bool,
    /// Facts and mentions handed to the partitions.
    pub facts: u64,
}

impl Seen {
    pub(crate) fn see(&mut self, record: &Record<'_>) {
        self.facts += 1;
        if record.contact.is_some() || record.kind == RowKind::Refund {
            let is_guest = is_address(record.customer);
            self.guests |= is_guest;
            self.accounts |= !is_guest && record.contact.is_some();
        }
        let at = record.at;
        match record.kind {
            RowKind::Order | RowKind::Line => {
                let paid = matches!(record.status, OrderStatus::Paid | OrderStatus::Refunded);
                match (paid, record.net) {
                    (true, 1..) => self.paid.see(at),
                    (true, 0) => self.free.see(at),
                    _ => {}
                }
            }
            RowKind::Refund => {
                if !record.is_derived_refund() {
                    self.refunds.see(at);
                }
                self.refunds_orders |= !record.order_id.is_empty() || record.is_derived_refund();
            }
            _ => {}
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.paid.merge(other.paid);
        self.free.merge(other.free);
        self.refunds.merge(other.refunds);
        self.refunds_orders |= other.refunds_orders;
        self.guests |= other.guests;
        self.accounts |= other.accounts;
        self.facts += other.facts;
    }
}

/// The earliest and the latest of some instants, µs UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Span {
    /// The earliest.
    pub earliest: Option<i64>,
    /// The latest.
    pub latest: Option<i64>,
}

impl Span {
    fn see(&mut self, at: i64) {
        self.merge(Self {
            earliest: Some(at),
            latest: Some(at),
        });
    }

    /// Takes in other instants.
    pub fn merge(&mut self, other: Self) {
        self.latest = self.latest.max(other.latest);
        self.earliest = match (self.earliest, other.earliest) {
            (Some(mine), Some(theirs)) => Some(mine.min(theirs)),
            (mine, theirs) => mine.or(theirs),
        };
    }
}

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// patron-import says why.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// A Parquet file cannot be opened or decoded.
    #[error("cannot read `{file}` as Parquet")]
    Parquet {
        /// Which file.
        file: String,
        /// What the decoder said.
        #[source]
        source: ::parquet::errors::ParquetError,
    },
    /// A Parquet file is compressed in a way that is not built in.
    #[error("`{file}` is compressed with {codec}, which patron does not read")]
    ParquetCodec {
        /// Which file.
        file: String,
        /// The compression.
        codec: String,
    },
    /// A column of a Parquet file has a type that cannot hold what it is used for.
    #[error("column `{column}` of `{file}` has the type {found}, which patron cannot use")]
    ColumnType {
        /// Which file.
        file: String,
        /// Which column.
        column: String,
        /// Its type.
        found: String,
    },
    /// The answer to a query cannot be read.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A file cannot be opened.
    #[error("cannot open `{file}`")]
    Open {
        /// Which file.
        file: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The list of rows set aside cannot be written.
    #[error("cannot write the list of rows that were set aside")]
    Rejected(#[source] std::io::Error),
    /// Facts cannot be kept.
    #[error(transparent)]
    Grouping(#[from] GroupingError),
    /// A thread of patron died.
    #[error("a reading thread stopped unexpectedly")]
    Thread,
}

impl Coded for SourceError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Import(error) => error.code(),
            Self::Query(error) => error.code(),
            Self::Parquet { .. } | Self::ParquetCodec { .. } | Self::ColumnType { .. } => {
                ErrorCode::InputNotUnderstood
            }
            Self::Open { .. } => ErrorCode::InputUnreadable,
            Self::Rejected(_) => ErrorCode::OutputUnwritable,
            Self::Grouping(error) => error.code(),
            Self::Thread => ErrorCode::Internal,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Import(error) => error.key(),
            Self::Query(error) => error.key(),
            Self::Parquet { .. } => "parquet_not_understood",
            Self::ParquetCodec { .. } => "parquet_codec",
            Self::ColumnType { .. } => "column_type",
            Self::Open { .. } => "cannot_open",
            Self::Rejected(_) => "cannot_write_rejected",
            Self::Grouping(error) => error.key(),
            Self::Thread => "thread_stopped",
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Import(error) => error.params(),
            Self::Query(error) => error.params(),
            Self::Parquet { file, .. } | Self::Open { file, .. } => vec![("file", file.clone())],
            Self::ParquetCodec { file, codec } => {
                vec![("file", file.clone()), ("codec", codec.clone())]
            }
            Self::ColumnType {
                file,
                column,
                found,
            } => {
                vec![
                    ("file", file.clone()),
                    ("column", column.clone()),
                    ("found", found.clone()),
                ]
            }
            _ => Vec::new(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Import(error) => error.hint(),
            Self::Query(error) => error.hint(),
            Self::Parquet { .. } => Some("the file may be cut short: copy or export it again".to_owned()),
            Self::ParquetCodec { .. } => {
                Some("write it with zstd, snappy, gzip or lz4, or without compression".to_owned())
            }
            Self::ColumnType { file, column, .. } if file == QUERY => {
                Some(format!("name its type in the query, such as `CAST({column} AS numeric)` or `AS text`"))
            }
            Self::ColumnType { .. } => {
                Some("name another column with `--map field=column`, or write it as text, a number or a date".to_owned())
            }
            Self::Grouping(error) => error.hint(),
            _ => None,
        }
    }
}

/// What every file's reading shares.
pub(crate) struct Reading<'a> {
    pub(crate) options: Arc<ImportOptions>,
    pub(crate) threads: usize,
    pub(crate) store: &'a PartitionStore,
    /// Where the entries of lists wait.
    pub(crate) lists: &'a PartitionStore,
    pub(crate) progress: &'a dyn Progress,
    /// Bytes of the files before this one, for progress.
    pub(crate) bytes_before: u64,
    /// Where what was read is kept, if it is.
    pub(crate) journal: Option<&'a Journal>,
}

impl<'a> Reading<'a> {
    /// Returns where the facts of a file go.
    pub(crate) fn store_of(&self, understanding: &Understanding) -> &'a PartitionStore {
        if lists::waits(understanding, self.options.with_details) {
            self.lists
        } else {
            self.store
        }
    }

    /// What was read of a file by whoever was stopped.
    fn begun(&self, file: u32) -> Begun {
        self.journal
            .map_or(Begun::Nothing, |journal| journal.begun(file))
    }

    /// Bytes of input up to which may be read before what was read is kept.
    fn next_stop(&self) -> u64 {
        self.journal.map_or(u64::MAX, Journal::next_stop)
    }
}

/// Reads one file from beginning to end.
pub(crate) fn read_file(
    path: &Path,
    index: u32,
    reading: &Reading<'_>,
    rejected: &mut dyn RejectedSink,
) -> Result<FileRead, SourceError> {
    match file_kind(path)? {
        FileKind::Text => text::read(path, index, reading, rejected),
        FileKind::Parquet => parquet::read(path, index, reading, rejected),
    }
}

/// What one block or row group came to, without its facts, which are in the store by then.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct BlockRead {
    account: RowAccount,
    rejected: Vec<RejectedRow>,
    aside_hashes: Vec<u64>,
    /// Of every row, in their order; only where there are no bytes to know the source by.
    row_hashes: Vec<u64>,
    currencies: CurrenciesSeen,
    exchanged: Exchanged,
    unknown_statuses: Vec<(String, u64)>,
    seen: Seen,
    float_ids: Option<(u64, String)>,
    unread_details: UnreadDetails,
    first_unreadable: Option<RejectedRow>,
    first_facts: Vec<FirstFact>,
    /// Rows set aside because day and month stand the other way round, and the first date of them.
    other_way_round: (u64, Option<DateSeen>),
}

impl BlockRead {
    /// Hands a batch's facts to the partitions and keeps the rest.
    fn absorb(
        &mut self,
        batch: RowBatch,
        understanding: &Understanding,
        scatter: &mut Scatter<'_>,
    ) -> Result<(), GroupingError> {
        let with_details = batch.facts.details.is_some();
        if lists::waits(understanding, with_details) {
            lists::scatter(&batch.facts, (batch.file, with_details), scatter)?;
        } else {
            self.scatter(&batch.facts, batch.file, scatter)?;
        }
        first::add(&mut self.first_facts, &batch.facts);
        self.account.merge(&batch.account);
        self.rejected.extend(batch.rejected);
        self.aside_hashes.extend(batch.aside_hashes);
        self.currencies.merge(&batch.currencies);
        self.exchanged.merge(&batch.exchanged);
        self.unknown_statuses.extend(batch.unknown_statuses);
        add_float_ids(&mut self.float_ids, batch.float_ids);
        self.unread_details.merge(&batch.unread_details);
        Ok(())
    }

    fn scatter(
        &mut self,
        facts: &FactRows,
        file: u32,
        scatter: &mut Scatter<'_>,
    ) -> Result<(), GroupingError> {
        let mut details = Vec::new();
        let mut identities = Identities::of(facts);
        let is_list = facts.holds == Content::Customers;
        let columns = facts.at.iter().zip(&facts.net).zip(&facts.quantity);
        let columns = columns
            .zip(&facts.kind)
            .zip(&facts.status)
            .zip(&facts.row_hash);
        for (row, (((((&at, &net), &quantity), &kind), &status), &row_hash)) in columns.enumerate()
        {
            let contact = facts.contact.as_ref().map(|contact| {
                [
                    contact.email.get(row),
                    contact.phone.get(row),
                    contact.name.get(row),
                    contact.consent.get(row),
                ]
            });
            let updated_at = facts.updated_at.as_ref().and_then(|times| times.get(row));
            let product = facts.product.as_ref().and_then(|hashes| hashes.get(row));
            let unsaid = facts
                .status_unsaid
                .as_ref()
                .and_then(|flags| flags.get(row));
            details.clear();
            let mut row_hash = row_hash;
            if facts.details.is_some() {
                // What is kept is known again by what it says.
                row_hash = identities.of_row(facts, row);
                details::write(facts, row, row_hash, &mut details);
            }
            let record = Record {
                kind,
                status,
                // What a list of customers says holds, whatever orders say.
                at: if is_list { i64::MAX } else { at },
                net,
                row_hash,
                quantity,
                is_line: facts.are_lines,
                status_unsaid: unsaid.copied().unwrap_or(false),
                updated_at: updated_at.copied().filter(|&at| at != UNDATED),
                product: product.copied().unwrap_or(0),
                file,
                customer: facts.customer.get(row),
                order_id: facts.order_id.get(row),
                contact: contact.as_ref().and_then(Contact::new),
                line: facts.line.get(row).copied().unwrap_or(0),
                details: &details,
            };
            self.seen.see(&record);
            scatter.push(&record)?;
        }
        Ok(())
    }
}

/// Puts blocks together in file order.
struct Collector<'a> {
    file: String,
    rejected: &'a mut dyn RejectedSink,
    waiting: BTreeMap<u64, BlockRead>,
    next: u64,
    total: BlockRead,
    /// Takes the hashes of rows.
    digest: Option<Sha256>,
    /// The user says how dates are written.
    dates_given: bool,
    error: Option<(u64, SourceError)>,
}

impl<'a> Collector<'a> {
    fn new(path: &Path, options: &ImportOptions, rejected: &'a mut dyn RejectedSink) -> Self {
        Self {
            file: path.display().to_string(),
            rejected,
            waiting: BTreeMap::new(),
            next: 0,
            total: BlockRead::default(),
            digest: None,
            dates_given: options.date_format.is_some(),
            error: None,
        }
    }

    /// Begins behind the blocks that were read before.
    fn with_part(mut self, part: Part) -> Self {
        (self.next, self.total) = (part.blocks, part.total);
        self
    }

    /// Keeps what was read so far. All blocks before the next one were taken.
    fn keep(&mut self, reading: &Reading<'_>, bytes_read: u64) -> Result<(), SourceError> {
        let Some(journal) = reading.journal.filter(|_| !self.has_failed()) else {
            return Ok(());
        };
        let part = Part {
            blocks: self.next,
            total: self.total.clone(),
        };
        let stores = [reading.store, reading.lists];
        journal.keep_part(part, bytes_read, self.rejected, stores)
    }

    /// Finishes a file that was read to its end before.
    fn finish_whole(
        mut self,
        path: &Path,
        understanding: Arc<Understanding>,
        whole: Whole,
    ) -> Result<FileRead, SourceError> {
        self.total = whole.total;
        self.finish(path, understanding, whole.sha256, whole.bytes)
    }

    /// Keeps and finishes a file that has just been read to its end.
    fn end(
        self,
        path: &Path,
        understanding: Arc<Understanding>,
        (sha256, bytes): ([u8; 32], u64),
        reading: &Reading<'_>,
    ) -> Result<FileRead, SourceError> {
        if let Some(journal) = reading.journal.filter(|_| !self.has_failed()) {
            let whole = Whole {
                total: self.total.clone(),
                sha256,
                bytes,
            };
            let bytes_read = reading.bytes_before + bytes;
            let stores = [reading.store, reading.lists];
            journal.keep_whole(whole, bytes_read, self.rejected, stores)?;
        }
        self.finish(path, understanding, sha256, bytes)
    }

    /// Makes the digest one of the rows, in their order.
    fn with_digest(mut self, digest: Sha256) -> Self {
        self.digest = Some(digest);
        self
    }

    /// Takes what block `index` came to. Of several errors the one of the earliest block is kept.
    fn take(&mut self, index: u64, read: Result<BlockRead, SourceError>) {
        match read {
            Ok(block) => {
                self.waiting.insert(index, block);
                while let Some(block) = self.waiting.remove(&self.next) {
                    self.add(block);
                    self.next += 1;
                }
            }
            Err(error) => self.fail(index, error),
        }
    }

    fn fail(&mut self, index: u64, error: SourceError) {
        if self
            .error
            .as_ref()
            .is_none_or(|(earlier, _)| index < *earlier)
        {
            self.error = Some((index, error));
        }
    }

    const fn has_failed(&self) -> bool {
        self.error.is_some()
    }

    fn add(&mut self, block: BlockRead) {
        if self.error.is_none() {
            for row in &block.rejected {
                if let Err(error) = self.rejected.take(&self.file, row) {
                    self.error = Some((0, SourceError::Rejected(error)));
                    return;
                }
            }
        }
        if let Some(digest) = &mut self.digest {
            for hash in &block.row_hashes {
                digest.update(hash.to_le_bytes());
            }
        }
        let total = &mut self.total;
        for row in &block.rejected {
            if matches!(row.reason, Reason::DateOtherWayRound { .. }) {
                total.other_way_round.0 += 1;
                total.other_way_round.1.get_or_insert_with(|| DateSeen {
                    line: row.line,
                    value: row.value.clone(),
                });
            }
        }
        if total.first_unreadable.is_none() {
            let unreadable = |row: &&RejectedRow| row.class == RowClass::Unreadable;
            total.first_unreadable = block.rejected.iter().find(unreadable).cloned();
        }
        first::extend(&mut total.first_facts, block.first_facts);
        add_float_ids(&mut total.float_ids, block.float_ids);
        total.unread_details.merge(&block.unread_details);
        total.account.merge(&block.account);
        total.aside_hashes.extend(block.aside_hashes);
        total.currencies.merge(&block.currencies);
        total.exchanged.merge(&block.exchanged);
        total.unknown_statuses.extend(block.unknown_statuses);
        total.seen.merge(&block.seen);
    }

    /// Finishes what has no bytes of its own but the rows.
    fn finish_digest(mut self, understanding: Arc<Understanding>) -> Result<FileRead, SourceError> {
        let path = PathBuf::from(&self.file);
        let digest = self.digest.take().unwrap_or_default().finalize();
        self.finish(&path, understanding, digest.into(), 0)
    }

    /// Refuses a file of whose rows more than a tenth say that the first ones misled: of those around them that can be
    /// read in both ways, nobody knows which is meant. Of fewer each is set aside.
    fn refuse_changed_order(&mut self, understanding: &Understanding) -> Result<(), SourceError> {
        let (rows, first) = std::mem::take(&mut self.total.other_way_round);
        match first {
            Some(other)
                if !self.dates_given && rows.saturating_mul(10) > self.total.account.rows_in =>
            {
                Err(SourceError::Import(ImportError::DatesChangeOrder {
                    file: self.file.clone(),
                    column: understanding.date_header().unwrap_or_default().to_owned(),
                    format: understanding.date_format,
                    other,
                    rows,
                }))
            }
            _ => Ok(()),
        }
    }

    fn finish(
        mut self,
        path: &Path,
        understanding: Arc<Understanding>,
        sha256: [u8; 32],
        bytes: u64,
    ) -> Result<FileRead, SourceError> {
        if let Some((_, error)) = self.error {
            return Err(error);
        }
        self.refuse_changed_order(&understanding)?;
        let duplicates = count_repeats(&mut self.total.aside_hashes);
        if let Some(flag) = self
            .total
            .account
            .flags
            .get_mut(RowFlag::Duplicate as usize)
        {
            *flag += duplicates;
        }
        let mut unknown_statuses = BTreeMap::new();
        for (word, count) in self.total.unknown_statuses {
            *unknown_statuses.entry(word).or_default() += count;
        }
        Ok(FileRead {
            path: path.to_owned(),
            sha256: sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
            bytes,
            understanding,
            account: self.total.account,
            currencies: self.total.currencies,
            exchanged: self.total.exchanged,
            unknown_statuses,
            seen: self.total.seen,
            merged_before: (0, 0),
            float_ids: self.total.float_ids,
            unread_details: self.total.unread_details,
            first_unreadable: self.total.first_unreadable,
            unknown_orders: 0,
            first_facts: self.total.first_facts,
        })
    }
}

fn add_float_ids(to: &mut Option<(u64, String)>, from: Option<(u64, String)>) {
    match (to, from) {
        (Some((count, _)), Some((more, _))) => *count += more,
        (to @ None, from) => *to = from,
        (Some(_), None) => {}
    }
}

/// Returns how many values equal an earlier one.
fn count_repeats(hashes: &mut [u64]) -> u64 {
    hashes.sort_unstable();
    hashes
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if a == b))
        .count() as u64
}
