//! Where facts wait, partition by partition, until their customers are folded; on disk when memory is short.
//!
//! A customer's facts all lie in one partition, chosen by a hash of the id. Partitions are lists of segments, so nothing
//! is copied when they grow. When the segments in memory exceed the budget, whole partitions are appended to files that
//! have no name: whatever ends the process, the facts on disk are gone with it. A partition that is too large to be looked
//! at as a whole is dealt out further, by other bits of the same hash.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use xxhash_rust::xxh3::xxh3_64;

use super::GroupingError;
use super::record::Record;
use crate::pairs::OrderOf;
use crate::shared::is_claim;

/// Number of partitions: few enough that each worker's buffers stay small, many enough that one partition of
/// 100 million orders is about 20 MB.
pub const PARTITIONS: usize = 256;
/// Bytes that a worker collects for a partition before it hands them over.
const SEGMENT_BYTES: usize = 16 * 1024;
/// A piece of a partition is at most this part of the memory for facts, as it is kept.
const ROOM_OF_A_PIECE: u64 = 16;
/// And this many bytes are never cut up.
const LEAST_PIECE: u64 = 256 << 10;
/// The most pieces: each is a file.
const MOST_PIECES: u64 = 64;
/// Bytes that are read at once where one record after another is looked at; more only for a record that is longer.
const BLOCK_BYTES: usize = 1 << 20;

/// The facts of all customers, by partition.
#[derive(Debug)]
pub(crate) struct PartitionStore {
    partitions: Vec<Mutex<Partition>>,
    budget_bytes: u64,
    in_memory: AtomicU64,
    spilled: AtomicU64,
    next_to_spill: AtomicUsize,
    /// Segments that were written to disk, to be filled again: given back to the system and asked for anew, many times a
    /// second, they would stand in memory twice.
    empty: Mutex<Vec<Vec<u8>>>,
    folder: PathBuf,
    /// The beginning of the files' names, where they are to last longer than the process.
    name: Option<&'static str>,
    /// How often the hash was divided before this store's partitions are told by it.
    divided_by: u64,
    /// Whose order each is, by hashes, as the facts come; until somebody asks.
    pairs: Option<Box<Self>>,
    are_pairs_told: AtomicBool,
}

#[derive(Debug, Default)]
struct Partition {
    segments: Vec<Vec<u8>>,
    file: Option<File>,
    file_bytes: u64,
}

/// One worker's unfinished segments.
#[derive(Debug)]
pub(crate) struct Scatter<'a> {
    store: &'a PartitionStore,
    buffers: Vec<Vec<u8>>,
    pairs: Option<Box<Self>>,
    /// The last pair: the lines of an order mostly stand together.
    last_pair: Option<OrderOf>,
}

impl PartitionStore {
    /// Makes an empty store that keeps about `budget_bytes` in memory and the rest in files in `folder`.
    pub(crate) fn new(budget_bytes: u64, folder: PathBuf) -> Self {
        Self {
            partitions: (0..PARTITIONS).map(|_| Mutex::default()).collect(),
            budget_bytes,
            in_memory: AtomicU64::new(0),
            spilled: AtomicU64::new(0),
            next_to_spill: AtomicUsize::new(0),
            empty: Mutex::default(),
            folder,
            name: None,
            divided_by: 1,
            pairs: None,
            are_pairs_told: AtomicBool::new(false),
        }
    }

    /// Makes an empty store of one partition, in memory.
    pub(crate) fn undivided() -> Self {
        Self {
            partitions: vec![Mutex::default()],
            ..Self::new(u64::MAX, PathBuf::new())
        }
    }

    /// Keeps besides, in so much memory, whose order each is.
    pub(crate) fn with_pairs(self, budget_bytes: u64) -> Self {
        let pairs = Self::new(budget_bytes, self.folder.clone());
        Self {
            pairs: Some(Box::new(pairs)),
            ..self
        }
    }

    /// Returns the pairs that were kept, once: whoever asks empties them.
    pub(crate) fn pairs(&self) -> Option<&Self> {
        let pairs = self.pairs.as_deref()?;
        (!self.are_pairs_told.swap(true, Ordering::Relaxed)).then_some(pairs)
    }

    /// Deals the facts of one partition out to as many pieces, which are on disk; a customer's are in one of them.
    pub(crate) fn dealt(&self, index: usize, pieces: usize) -> Result<Self, GroupingError> {
        let dealt = Self {
            partitions: (0..pieces.max(1)).map(|_| Mutex::default()).collect(),
            divided_by: self.divided_by * self.partitions.len() as u64,
            ..Self::new(0, self.folder.clone())
        };
        let mut scatter = dealt.scatter();
        self.each_record(index, |record| scatter.push(record))?;
        scatter.finish()?;
        Ok(dealt)
    }

    /// The low bits of the hash, by which a ledger deals persons into its buckets: partitions whose numbers are the same
    /// modulo the number of buckets make up a bucket. Hash tables inside a partition must use other bits.
    fn partition_of(&self, customer_hash: u64) -> usize {
        let partitions = self.partitions.len().max(1) as u64;
        let hash = customer_hash / self.divided_by;
        usize::try_from(hash % partitions).unwrap_or(0)
    }

    /// Makes a store whose files have names and may be there already: of each the given length counts.
    pub(crate) fn kept(
        budget_bytes: u64,
        folder: &Path,
        name: &'static str,
        lengths: &[u64],
    ) -> Result<Self, GroupingError> {
        let store = Self {
            name: Some(name),
            ..Self::new(budget_bytes, folder.to_owned())
        };
        for (index, partition) in store.partitions.iter().enumerate() {
            let length = lengths.get(index).copied().unwrap_or(0);
            if length == 0 {
                continue;
            }
            let mut file = store
                .create(index)
                .map_err(|source| store.spill_error(source))?;
            let there = file.metadata().map(|metadata| metadata.len());
            if there.map_err(|source| store.spill_error(source))? < length {
                return Err(GroupingError::Damaged);
            }
            let cut = file.set_len(length);
            cut.and_then(|()| file.seek(SeekFrom::End(0)))
                .map_err(|source| store.spill_error(source))?;
            let mut partition = lock(partition);
            partition.file = Some(file);
            partition.file_bytes = length;
        }
        Ok(store)
    }

    /// Brings everything to the files, for good, and returns their lengths. No worker may hold anything.
    pub(crate) fn keep(&self) -> Result<Vec<u64>, GroupingError> {
        let mut lengths = Vec::with_capacity(PARTITIONS);
        for (index, partition) in self.partitions.iter().enumerate() {
            let mut partition = lock(partition);
            self.spill_partition(index, &mut partition)?;
            if let Some(file) = &partition.file {
                file.sync_data()
                    .map_err(|source| self.spill_error(source))?;
            }
            lengths.push(partition.file_bytes);
        }
        Ok(lengths)
    }

    /// Opens the file of a partition: one without a name, unless it is to be kept.
    fn create(&self, index: usize) -> std::io::Result<File> {
        let Some(name) = self.name else {
            return tempfile::tempfile_in(&self.folder);
        };
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(self.folder.join(format!("{name}-{index}")))?;
        file.seek(SeekFrom::End(0))?;
        Ok(file)
    }

    /// Returns where spill files go.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns how many bytes went to disk.
    pub(crate) fn spilled_bytes(&self) -> u64 {
        self.spilled.load(Ordering::Relaxed)
    }

    /// Returns a worker's way in.
    pub(crate) fn scatter(&self) -> Scatter<'_> {
        Scatter {
            store: self,
            buffers: vec![Vec::new(); self.partitions.len()],
            pairs: self.pairs.as_ref().map(|pairs| Box::new(pairs.scatter())),
            last_pair: None,
        }
    }

    /// Calls `work` with the segments of one partition, and frees them after it if nobody will ask again.
    pub(crate) fn with_partition<T>(
        &self,
        index: usize,
        for_the_last_time: bool,
        work: impl FnOnce(&[&[u8]]) -> Result<T, GroupingError>,
    ) -> Result<T, GroupingError> {
        let Some(partition) = self.partitions.get(index) else {
            return work(&[]);
        };
        self.forget_empty();
        let mut partition = lock(partition);
        let mut from_disk = Vec::new();
        if let Some(file) = partition.file.as_mut() {
            file.seek(SeekFrom::Start(0))
                .map_err(|source| self.spill_error(source))?;
            file.read_to_end(&mut from_disk)
                .map_err(|source| self.spill_error(source))?;
        }
        let mut segments: Vec<&[u8]> = partition.segments.iter().map(Vec::as_slice).collect();
        segments.push(&from_disk);
        let done = work(&segments);
        if for_the_last_time {
            *partition = Partition::default();
        }
        done
    }

    /// Returns how many bytes the facts of a partition are.
    pub(crate) fn bytes_of(&self, index: usize) -> u64 {
        let Some(partition) = self.partitions.get(index) else {
            return 0;
        };
        let partition = lock(partition);
        let in_memory: usize = partition.segments.iter().map(Vec::len).sum();
        partition.file_bytes + in_memory as u64
    }

    /// Returns in how many pieces the facts of a partition are to be looked at, so that what all threads look at stays well
    /// within the memory for facts: laid out to be folded, they take a few times their bytes.
    pub(crate) fn pieces_of(&self, index: usize) -> usize {
        let room = (self.budget_bytes / ROOM_OF_A_PIECE).max(LEAST_PIECE);
        let pieces = self.bytes_of(index).div_ceil(room).min(MOST_PIECES);
        usize::try_from(pieces).unwrap_or(1)
    }

    /// Frees the facts of a partition.
    pub(crate) fn forget(&self, index: usize) {
        if let Some(partition) = self.partitions.get(index) {
            *lock(partition) = Partition::default();
        }
    }

    /// Calls `take` with the records of one partition, one after another: never more than a part of them is in memory for
    /// it.
    pub(crate) fn each_record(
        &self,
        index: usize,
        mut take: impl FnMut(&Record<'_>) -> Result<(), GroupingError>,
    ) -> Result<(), GroupingError> {
        let Some(partition) = self.partitions.get(index) else {
            return Ok(());
        };
        self.forget_empty();
        let mut partition = lock(partition);
        for segment in &partition.segments {
            if take_records(segment, &mut take)? < segment.len() {
                return Err(GroupingError::Damaged);
            }
        }
        let Some(file) = partition.file.as_mut() else {
            return Ok(());
        };
        let failed = |source| self.spill_error(source);
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        let (mut block, mut filled) = (vec![0; BLOCK_BYTES], 0);
        loop {
            let free = block.get_mut(filled..).unwrap_or_default();
            let read = file.read(free).map_err(failed)?;
            filled += read;
            let taken = take_records(block.get(..filled).unwrap_or_default(), &mut take)?;
            block.copy_within(taken..filled, 0);
            filled -= taken;
            match (read, filled) {
                (0, 0) => return Ok(()),
                (0, _) => return Err(GroupingError::Damaged),
                _ if filled == block.len() => block.resize(2 * filled, 0),
                _ => {}
            }
        }
    }

    /// What is read is complete, as a rule: nothing is to be filled again.
    fn forget_empty(&self) {
        lock(&self.empty).clear();
    }

    fn empty_segment(&self) -> Vec<u8> {
        let used = lock(&self.empty).pop();
        used.unwrap_or_else(|| Vec::with_capacity(SEGMENT_BYTES))
    }

    fn add(&self, index: usize, segment: Vec<u8>) -> Result<(), GroupingError> {
        let bytes = segment.capacity() as u64;
        if let Some(partition) = self.partitions.get(index) {
            lock(partition).segments.push(segment);
        }
        let in_memory = self.in_memory.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if in_memory > self.budget_bytes {
            self.spill()?;
        }
        Ok(())
    }

    /// Writes partitions to disk, in turn, until three quarters of the budget are in memory.
    fn spill(&self) -> Result<(), GroupingError> {
        let target = self.budget_bytes / 4 * 3;
        let partitions = self.partitions.len().max(1);
        for _ in 0..partitions {
            if self.in_memory.load(Ordering::Relaxed) <= target {
                break;
            }
            let index = self.next_to_spill.fetch_add(1, Ordering::Relaxed) % partitions;
            if let Some(partition) = self.partitions.get(index) {
                self.spill_partition(index, &mut lock(partition))?;
            }
        }
        Ok(())
    }

    fn spill_partition(
        &self,
        index: usize,
        partition: &mut Partition,
    ) -> Result<(), GroupingError> {
        let segments = std::mem::take(&mut partition.segments);
        if segments.is_empty() {
            return Ok(());
        }
        let file = match partition.file.as_mut() {
            Some(file) => file,
            None => {
                let file = self
                    .create(index)
                    .map_err(|source| self.spill_error(source))?;
                // What somebody left there who never said so does not count.
                file.set_len(0).map_err(|source| self.spill_error(source))?;
                partition.file.insert(file)
            }
        };
        for mut segment in segments {
            file.write_all(&segment)
                .map_err(|source| self.spill_error(source))?;
            partition.file_bytes += segment.len() as u64;
            self.in_memory
                .fetch_sub(segment.capacity() as u64, Ordering::Relaxed);
            self.spilled
                .fetch_add(segment.len() as u64, Ordering::Relaxed);
            if segment.capacity() == SEGMENT_BYTES {
                segment.clear();
                lock(&self.empty).push(segment);
            }
        }
        Ok(())
    }

    fn spill_error(&self, source: std::io::Error) -> GroupingError {
        GroupingError::Spill {
            folder: self.folder.clone(),
            source,
        }
    }
}

impl Scatter<'_> {
    /// Adds a record to its customer's partition.
    pub(crate) fn push(&mut self, record: &Record<'_>) -> Result<(), GroupingError> {
        let customer = xxh3_64(record.customer.as_bytes());
        if let Some(pairs) = &mut self.pairs
            && is_claim(record)
        {
            let pair = OrderOf::new(record.order_id, customer, true);
            if self.last_pair.replace(pair) != Some(pair) {
                pairs.push_pair(pair)?;
            }
        }
        let index = self.store.partition_of(customer);
        let Some(buffer) = self.buffers.get_mut(index) else {
            return Ok(());
        };
        if buffer.capacity() == 0 {
            *buffer = self.store.empty_segment();
        }
        record.write(buffer);
        if buffer.len() + 256 > SEGMENT_BYTES {
            let segment = std::mem::take(buffer);
            self.store.add(index, segment)?;
        }
        Ok(())
    }

    /// Adds a pair to the partition of the highest bits of its order's hash.
    pub(crate) fn push_pair(&mut self, pair: OrderOf) -> Result<(), GroupingError> {
        let index = usize::try_from(pair.order() >> (u64::BITS - PARTITIONS.trailing_zeros()));
        let index = index.unwrap_or(0);
        let Some(buffer) = self.buffers.get_mut(index) else {
            return Ok(());
        };
        if buffer.capacity() == 0 {
            *buffer = self.store.empty_segment();
        }
        buffer.extend_from_slice(&pair.bytes());
        if buffer.len() + 256 > SEGMENT_BYTES {
            let segment = std::mem::take(buffer);
            self.store.add(index, segment)?;
        }
        Ok(())
    }

    /// Hands over what is left. Without it the last facts would be lost, so it consumes the scatter.
    pub(crate) fn finish(mut self) -> Result<(), GroupingError> {
        if let Some(pairs) = self.pairs.take() {
            pairs.finish()?;
        }
        for (index, buffer) in self.buffers.drain(..).enumerate() {
            if !buffer.is_empty() {
                let mut segment = buffer;
                segment.shrink_to_fit();
                self.store.add(index, segment)?;
            }
        }
        Ok(())
    }
}

/// Calls `take` with the records at the start of `bytes`; returns how many bytes these are. What comes after is the
/// beginning of another one.
fn take_records(
    bytes: &[u8],
    take: &mut impl FnMut(&Record<'_>) -> Result<(), GroupingError>,
) -> Result<usize, GroupingError> {
    let mut rest = bytes;
    loop {
        let mut after = rest;
        let Some(record) = Record::read(&mut after) else {
            return Ok(bytes.len() - rest.len());
        };
        take(&record)?;
        rest = after;
    }
}

/// A worker that panicked holding the lock is reported by its own thread; the bytes behind the lock are still whole.
fn lock<T>(behind: &Mutex<T>) -> MutexGuard<'_, T> {
    behind.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use patron_core::OrderStatus;
    use patron_import::RowKind;

    fn total(store: &PartitionStore) -> (u64, i64) {
        let mut found = (0, 0);
        for index in 0..store.partitions.len() {
            store
                .with_partition(index, false, |segments| {
                    for segment in segments {
                        let mut rest = *segment;
                        while let Some(record) = Record::read(&mut rest) {
                            let hash = xxh3_64(record.customer.as_bytes());
                            assert_eq!(store.partition_of(hash), index);
                            found = (found.0 + 1, found.1 + record.net);
                        }
                        assert!(rest.is_empty());
                    }
                    Ok(())
                })
                .unwrap();
        }
        found
    }

    fn one_by_one(store: &PartitionStore, index: usize) -> (u64, i64) {
        let mut found = (0, 0);
        let each = store.each_record(index, |record| {
            found = (found.0 + 1, found.1 + record.net);
            Ok(())
        });
        each.unwrap();
        found
    }

    /// A store with 50,000 records of 7,000 customers.
    fn filled(budget: u64, folder: &Path) -> PartitionStore {
        let store = PartitionStore::new(budget, folder.to_owned());
        let mut scatter = store.scatter();
        for number in 0..50_000_i64 {
            let customer = format!("customer-{}", number % 7_000);
            let record = Record {
                kind: RowKind::Order,
                status: OrderStatus::Paid,
                at: number,
                net: number,
                row_hash: 0,
                quantity: 0,
                is_line: false,
                status_unsaid: false,
                updated_at: None,
                product: 0,
                file: 0,
                customer: &customer,
                order_id: "order",
                contact: None,
                line: 0,
                details: &[],
            };
            scatter.push(&record).unwrap();
        }
        scatter.finish().unwrap();
        store
    }

    #[test]
    fn everything_put_in_comes_out_with_and_without_spilling() {
        for budget in [u64::MAX, 100_000, 0] {
            let folder = tempfile::tempdir().unwrap();
            let store = filled(budget, folder.path());
            assert_eq!(total(&store), (50_000, (0..50_000).sum()));
            assert_eq!(
                total(&store),
                (50_000, (0..50_000).sum()),
                "reading does not consume"
            );
            assert_eq!(store.spilled_bytes() > 0, budget != u64::MAX);
        }
    }

    #[test]
    fn records_come_one_by_one_and_piece_by_piece_as_they_come_together() {
        let add = |a: (u64, i64), b: (u64, i64)| (a.0 + b.0, a.1 + b.1);
        for budget in [u64::MAX, 100_000, 0] {
            let folder = tempfile::tempdir().unwrap();
            let store = filled(budget, folder.path());
            let all = (0..PARTITIONS).map(|index| one_by_one(&store, index));
            assert_eq!(all.fold((0, 0), add), (50_000, (0..50_000).sum()));
            for index in [0, 7, 255] {
                let whole = one_by_one(&store, index);
                let pieces = store.dealt(index, 4).unwrap();
                assert_eq!(total(&pieces), whole);
                let of_pieces = (0..4).map(|piece| one_by_one(&pieces, piece).0);
                // About 27 customers with 7 records each: no piece has all.
                assert!(of_pieces.max() < Some(whole.0));
                let bytes: u64 = (0..4).map(|piece| pieces.bytes_of(piece)).sum();
                assert_eq!(store.bytes_of(index), bytes);
            }
        }
    }

    #[test]
    fn a_record_longer_than_a_block_comes_whole_and_half_a_record_is_damage() {
        let folder = tempfile::tempdir().unwrap();
        let store = PartitionStore::new(0, folder.path().to_owned());
        let long = "x".repeat(3 * BLOCK_BYTES);
        let mut bytes = Vec::new();
        for customer in ["ann", "ben", "cleo"] {
            let record = Record {
                kind: RowKind::Order,
                status: OrderStatus::Paid,
                at: 1,
                net: 5,
                row_hash: 0,
                quantity: 0,
                is_line: false,
                status_unsaid: false,
                updated_at: None,
                product: 0,
                file: 0,
                customer,
                order_id: if customer == "ben" { &long } else { "1" },
                contact: None,
                line: 0,
                details: &[],
            };
            record.write(&mut bytes);
        }
        store.add(3, bytes.clone()).unwrap();
        assert_eq!(one_by_one(&store, 3), (3, 15));
        // A little more than 3 MiB; without memory, of 256 KiB each.
        assert_eq!((store.pieces_of(3), store.pieces_of(5)), (13, 0));
        let ample = PartitionStore::new(64 << 20, folder.path().to_owned());
        ample.add(3, bytes.clone()).unwrap();
        assert_eq!(ample.pieces_of(3), 1);
        bytes.pop();
        store.add(4, bytes).unwrap();
        let ended = store.each_record(4, |_| Ok(()));
        assert!(matches!(ended, Err(GroupingError::Damaged)), "{ended:?}");
    }
}
