//! Parquet files: pieces of row groups are decoded in parallel, only the columns that are used.

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection,
    RowSelector,
};
use ::parquet::basic::Compression;
use ::parquet::file::metadata::RowGroupMetaData;
use patron_import::{
    DayOrder, Format, ImportError, RowReader, Understanding, WholeColumn, understand_table,
};
use sha2::{Digest, Sha256};

use super::batches::{Batches, sample_rows};
use super::{Begun, BlockRead, Collector, FileRead, Reading, RejectedSink, SourceError};

/// Rows looked at before the file is read.
const SAMPLE_ROWS: usize = 10_000;
const BATCH_ROWS: usize = 2_048;
/// Rows of a piece: some writers put a whole file into one row group, and one thread would read it.
const PIECE_ROWS: usize = 131_072;

type PieceRead = (u64, Result<BlockRead, SourceError>);

/// Rows that stand together in a row group.
#[derive(Debug, Clone, Copy)]
struct Piece {
    group: usize,
    /// Rows of the group before it.
    skip: usize,
    rows: usize,
    /// Rows of the file before it.
    rows_before: u64,
}

pub(super) fn read(
    path: &Path,
    index: u32,
    reading: &Reading<'_>,
    rejected: &mut dyn RejectedSink,
) -> Result<FileRead, SourceError> {
    let file = ParquetFile::open(path)?;
    let understanding = Arc::new(file.understand(reading)?);
    let reader = RowReader::new(
        Arc::clone(&understanding),
        Arc::clone(&reading.options),
        index,
    );
    let mut collector = Collector::new(path, &reading.options, rejected);
    let mut from = 0;
    match reading.begun(index) {
        Begun::Whole(whole) => return collector.finish_whole(path, understanding, *whole),
        Begun::Part(part) => {
            from = usize::try_from(part.blocks).unwrap_or(usize::MAX);
            collector = collector.with_part(*part);
        }
        Begun::Nothing => {}
    }
    let parts = (&reader, understanding.as_ref());
    let digest = thread::scope(|scope| {
        let digest = scope.spawn(|| digest_of(path));
        read_pieces_from(from, &file, parts, reading, &mut collector)?;
        digest.join().map_err(|_| SourceError::Thread)
    })?;
    let digest = digest.map_err(|source| SourceError::Open {
        file: path.display().to_string(),
        source,
    })?;
    collector.end(path, understanding, digest, reading)
}

/// Reads a file's pieces, stretch by stretch: after each what was read is kept.
fn read_pieces_from(
    mut from: usize,
    file: &ParquetFile<'_>,
    parts: (&RowReader, &Understanding),
    reading: &Reading<'_>,
    collector: &mut Collector<'_>,
) -> Result<(), SourceError> {
    let pieces = file.pieces.len();
    while from < pieces && !collector.has_failed() {
        let until = file.stretch_from(from, reading);
        read_stretch(file, parts, from..until, reading, collector);
        from = until;
        if from < pieces {
            let bytes_read = reading.bytes_before + file.bytes_before(from);
            collector.keep(reading, bytes_read)?;
        }
    }
    Ok(())
}

/// Reads some pieces.
fn read_stretch(
    file: &ParquetFile<'_>,
    (reader, understanding): (&RowReader, &Understanding),
    pieces: Range<usize>,
    reading: &Reading<'_>,
    collector: &mut Collector<'_>,
) {
    let next = AtomicUsize::new(pieces.start);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel::<PieceRead>(reading.threads * 2);
        for _ in 0..reading.threads {
            let work = PieceWork {
                file,
                understanding,
                reading,
                next: &next,
                until: pieces.end,
                stop: &stop,
            };
            let (sender, reader) = (sender.clone(), reader.clone());
            scope.spawn(move || work.read_pieces(reader, sender));
        }
        drop(sender);
        for (index, read) in receiver {
            collector.take(index, read);
            if collector.has_failed() {
                stop.store(true, Ordering::Relaxed);
            }
        }
    });
}

/// An open Parquet file: its footer is read once.
struct ParquetFile<'a> {
    path: &'a Path,
    size: u64,
    metadata: ArrowReaderMetadata,
    pieces: Vec<Piece>,
}

impl<'a> ParquetFile<'a> {
    fn open(path: &'a Path) -> Result<Self, SourceError> {
        let name = || path.display().to_string();
        let file = File::open(path).map_err(|source| SourceError::Open {
            file: name(),
            source,
        })?;
        // The schema that a writer left in the file may ask for dictionaries and views; plain columns are all we need.
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(false);
        let metadata =
            ArrowReaderMetadata::load(&file, options).map_err(|source| SourceError::Parquet {
                file: name(),
                source,
            })?;
        for group in metadata.metadata().row_groups() {
            if let Some(column) = group
                .columns()
                .iter()
                .find(|column| !is_built_in(column.compression()))
            {
                return Err(SourceError::ParquetCodec {
                    file: name(),
                    codec: codec_name(column.compression()),
                });
            }
        }
        let size = file.metadata().map_or(0, |metadata| metadata.len());
        let groups = metadata.metadata().row_groups().iter();
        let pieces = pieces_of(groups.map(RowGroupMetaData::num_rows));
        Ok(Self {
            path,
            size,
            metadata,
            pieces,
        })
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn parquet_error(&self, source: ::parquet::errors::ParquetError) -> SourceError {
        SourceError::Parquet {
            file: self.name(),
            source,
        }
    }

    /// Opens the file anew: clones of one handle share its position, and threads would read each other's pages.
    fn builder(&self) -> Result<ParquetRecordBatchReaderBuilder<File>, SourceError> {
        let file = File::open(self.path).map_err(|source| SourceError::Open {
            file: self.name(),
            source,
        })?;
        Ok(ParquetRecordBatchReaderBuilder::new_with_metadata(
            file,
            self.metadata.clone(),
        ))
    }

    fn understand(&self, reading: &Reading<'_>) -> Result<Understanding, SourceError> {
        let headers: Vec<String> = self
            .metadata
            .schema()
            .fields()
            .iter()
            .map(|field| field.name().clone())
            .collect();
        let mut sample = Vec::new();
        let reader = self
            .builder()?
            .with_batch_size(BATCH_ROWS)
            .with_limit(SAMPLE_ROWS)
            .build()
            .map_err(|source| self.parquet_error(source))?;
        for batch in reader {
            let batch = batch.map_err(|source| self.parquet_error(source.into()))?;
            sample.extend(sample_rows(&batch));
        }
        Ok(understand_table(
            &self.name(),
            Format::Parquet,
            &headers,
            &sample,
            &reading.options,
            Some(self),
        )?)
    }

    /// Looks at all dates of a column.
    fn days(&self, column: usize) -> Result<DayOrder, SourceError> {
        let builder = self.builder()?;
        let only = ProjectionMask::roots(builder.parquet_schema(), [column]);
        let batches = builder.with_projection(only).with_batch_size(BATCH_ROWS);
        let batches = batches.build().map_err(|error| self.parquet_error(error))?;
        let (mut order, mut row) = (DayOrder::default(), 0);
        for batch in batches {
            let batch = batch.map_err(|error| self.parquet_error(error.into()))?;
            for cells in sample_rows(&batch) {
                row += 1;
                if let Some(Some(text)) = cells.first() {
                    order.see(row, text);
                }
            }
        }
        Ok(order)
    }
}

impl WholeColumn for ParquetFile<'_> {
    fn day_order(&self, column: usize) -> Result<DayOrder, ImportError> {
        self.days(column).map_err(|error| ImportError::Io {
            file: self.name(),
            source: std::io::Error::other(error),
        })
    }
}

/// Whether columns of this compression can be read.
const fn is_built_in(codec: Compression) -> bool {
    !matches!(codec, Compression::BROTLI(_) | Compression::LZO)
}

/// `BROTLI(BrotliLevel(4))` is `brotli` to people.
fn codec_name(codec: Compression) -> String {
    let name = codec.to_string();
    name.split('(').next().unwrap_or_default().to_lowercase()
}

/// Cuts row groups with so many rows into pieces, whatever reads them.
fn pieces_of(rows_of_groups: impl Iterator<Item = i64>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rows_before = 0;
    for (group, rows) in rows_of_groups.enumerate() {
        let in_group = usize::try_from(rows).unwrap_or(0);
        for skip in (0..in_group).step_by(PIECE_ROWS) {
            let rows = PIECE_ROWS.min(in_group - skip);
            pieces.push(Piece {
                group,
                skip,
                rows,
                rows_before,
            });
            rows_before += rows as u64;
        }
    }
    pieces
}

/// What the threads that read pieces share.
struct PieceWork<'w> {
    file: &'w ParquetFile<'w>,
    understanding: &'w Understanding,
    reading: &'w Reading<'w>,
    next: &'w AtomicUsize,
    until: usize,
    stop: &'w AtomicBool,
}

impl PieceWork<'_> {
    fn read_pieces(&self, mut reader: RowReader, sender: SyncSender<PieceRead>) {
        let (file, understanding) = (self.file, self.understanding);
        let mut scatter = self.reading.store_of(understanding).scatter();
        let mut last = 0;
        while !self.stop.load(Ordering::Relaxed) {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            if index >= self.until {
                break;
            }
            last = index as u64;
            let read = read_piece(file, understanding, &mut reader, index, &mut scatter);
            let done = self.reading.bytes_before + file.bytes_before(index + 1);
            self.reading.progress.advance_to(done);
            if sender.send((last, read)).is_err() {
                break;
            }
        }
        if let Err(error) = scatter.finish() {
            drop(sender.send((last, Err(error.into()))));
        }
    }
}

impl ParquetFile<'_> {
    /// Bytes of the file before a piece, about.
    fn bytes_before(&self, piece: usize) -> u64 {
        let pieces = self.pieces.len().max(1) as u64;
        (piece as u64).saturating_mul(self.size) / pieces
    }

    /// Returns the piece before which what was read is kept.
    fn stretch_from(&self, from: usize, reading: &Reading<'_>) -> usize {
        let pieces = self.pieces.len();
        let until = reading.next_stop();
        let is_beyond = |piece: &usize| reading.bytes_before + self.bytes_before(*piece) >= until;
        (from + 1..pieces).find(is_beyond).unwrap_or(pieces)
    }
}

fn read_piece(
    file: &ParquetFile<'_>,
    understanding: &Understanding,
    reader: &mut RowReader,
    index: usize,
    scatter: &mut crate::grouping::Scatter<'_>,
) -> Result<BlockRead, SourceError> {
    let name = file.name();
    let columns = Batches::new(&name, understanding);
    let builder = file.builder()?;
    let mask = ProjectionMask::roots(builder.parquet_schema(), columns.wanted().iter().copied());
    let Some(&piece) = file.pieces.get(index) else {
        return Ok(BlockRead::default());
    };
    let rows = [
        RowSelector::skip(piece.skip),
        RowSelector::select(piece.rows),
    ];
    let batches = builder
        .with_projection(mask)
        .with_row_groups(vec![piece.group])
        .with_row_selection(RowSelection::from(rows.to_vec()))
        .with_batch_size(BATCH_ROWS)
        .build()
        .map_err(|source| file.parquet_error(source))?;
    let mut read = BlockRead::default();
    let mut row_number = piece.rows_before;
    for batch in batches {
        let batch = batch.map_err(|source| file.parquet_error(source.into()))?;
        columns.read(
            &batch,
            reader,
            (index as u64, row_number),
            (&mut read, scatter),
        )?;
        row_number += batch.num_rows() as u64;
    }
    Ok(read)
}

fn digest_of(path: &Path) -> std::io::Result<([u8; 32], u64)> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0_u8; 1 << 20];
    let mut bytes = 0;
    loop {
        let read = file.read(&mut buffer)?;
        let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else {
            break;
        };
        hasher.update(part);
        bytes += read as u64;
    }
    Ok((hasher.finalize().into(), bytes))
}
