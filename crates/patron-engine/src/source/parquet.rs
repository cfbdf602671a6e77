//! Parquet files: row groups are decoded in parallel, only the columns that are used.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use ::parquet::basic::Compression;
use patron_import::{
    DayOrder, Format, ImportError, RowReader, Understanding, WholeColumn, understand_table,
};
use sha2::{Digest, Sha256};

use super::batches::{Batches, sample_rows};
use super::{BlockRead, Collector, FileRead, Reading, RejectedSink, SourceError};

/// Rows looked at before the file is read.
const SAMPLE_ROWS: usize = 10_000;
const BATCH_ROWS: usize = 8_192;

type GroupRead = (u64, Result<BlockRead, SourceError>);

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
    let next_group = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let mut collector = Collector::new(path, &reading.options, rejected);
    let digest = thread::scope(|scope| {
        let (sender, receiver) = sync_channel::<GroupRead>(reading.threads * 2);
        for _ in 0..reading.threads {
            let (sender, reader) = (sender.clone(), reader.clone());
            scope.spawn(|| {
                read_groups(
                    &file,
                    &understanding,
                    reader,
                    &next_group,
                    &stop,
                    sender,
                    reading,
                );
            });
        }
        drop(sender);
        let digest = scope.spawn(|| digest_of(path));
        for (index, read) in receiver {
            collector.take(index, read);
            if collector.has_failed() {
                stop.store(true, Ordering::Relaxed);
            }
        }
        digest.join()
    });
    let (digest, bytes) =
        digest
            .map_err(|_| SourceError::Thread)?
            .map_err(|source| SourceError::Open {
                file: path.display().to_string(),
                source,
            })?;
    collector.finish(path, understanding, digest, bytes)
}

/// An open Parquet file: its footer is read once.
struct ParquetFile<'a> {
    path: &'a Path,
    size: u64,
    metadata: ArrowReaderMetadata,
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
        Ok(Self {
            path,
            size,
            metadata,
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

fn read_groups(
    file: &ParquetFile<'_>,
    understanding: &Understanding,
    mut reader: RowReader,
    next_group: &AtomicUsize,
    stop: &AtomicBool,
    sender: SyncSender<GroupRead>,
    reading: &Reading<'_>,
) {
    let mut scatter = reading.store_of(understanding).scatter();
    let groups = file.metadata.metadata().num_row_groups();
    let mut last = 0;
    while !stop.load(Ordering::Relaxed) {
        let group = next_group.fetch_add(1, Ordering::Relaxed);
        if group >= groups {
            break;
        }
        last = group as u64;
        let read = read_group(file, understanding, &mut reader, group, &mut scatter);
        let share = (group as u64 + 1).saturating_mul(file.size) / groups.max(1) as u64;
        reading.progress.advance_to(reading.bytes_before + share);
        if sender.send((last, read)).is_err() {
            break;
        }
    }
    if let Err(error) = scatter.finish() {
        drop(sender.send((last, Err(error.into()))));
    }
}

impl ParquetFile<'_> {
    fn rows_before(&self, group: usize) -> u64 {
        let groups = self.metadata.metadata().row_groups();
        groups
            .iter()
            .take(group)
            .map(|group| u64::try_from(group.num_rows()).unwrap_or(0))
            .sum()
    }
}

fn read_group(
    file: &ParquetFile<'_>,
    understanding: &Understanding,
    reader: &mut RowReader,
    group: usize,
    scatter: &mut crate::grouping::Scatter<'_>,
) -> Result<BlockRead, SourceError> {
    let name = file.name();
    let columns = Batches::new(&name, understanding);
    let builder = file.builder()?;
    let mask = ProjectionMask::roots(builder.parquet_schema(), columns.wanted().iter().copied());
    let batches = builder
        .with_projection(mask)
        .with_row_groups(vec![group])
        .with_batch_size(BATCH_ROWS)
        .build()
        .map_err(|source| file.parquet_error(source))?;
    let mut read = BlockRead::default();
    let mut row_number = file.rows_before(group);
    for batch in batches {
        let batch = batch.map_err(|source| file.parquet_error(source.into()))?;
        let rows = batch.num_rows() as u64;
        let mut facts = reader.new_batch(group as u64);
        columns.read(&batch, reader, row_number, &mut facts)?;
        read.absorb(facts, understanding, scatter)?;
        row_number += rows;
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
