//! One data file: sorted rows of a table as Parquet, on the disk for good before anybody is told of it.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use xxhash_rust::xxh3::Xxh3;

use crate::bucket::Bucket;
use crate::error::LedgerError;
use crate::statistics::{self, ColumnStatistics, count};
use crate::tables::{Column, Table};

const ROWS_PER_GROUP: usize = 128 * 1024;
/// Columns whose values hardly ever repeat, besides keys.
const DISTINCT: [&str; 3] = ["row_hash", "content_hash", "origin_line"];

/// Columns that no compression makes smaller.
const HASHES: [&str; 2] = ["row_hash", "content_hash"];

/// A data file that is written but not yet part of the ledger.
#[derive(Debug, Clone)]
pub(crate) struct NewFile {
    pub(crate) table: Table,
    /// Relative to the folder of the table.
    pub(crate) path: String,
    pub(crate) rows: i64,
    pub(crate) bytes: i64,
    pub(crate) footer_bytes: i64,
    /// A fingerprint of all its bytes.
    pub(crate) fingerprint: String,
    pub(crate) columns: Vec<ColumnStatistics>,
}

/// Writes sorted rows to a new file and makes sure that its bytes survive a crash.
pub(crate) fn write(
    file: &Path,
    table: Table,
    path: String,
    rows: &RecordBatch,
) -> Result<NewFile, LedgerError> {
    let handle = create(file)?;
    let metadata = encode(&handle, table, rows).map_err(|source| encoding_failure(file, source))?;
    let footer_bytes = footer_bytes(handle, file)?;
    let mut columns = statistics::of_rows(table, rows);
    for group in metadata.row_groups() {
        for (column, chunk) in columns.iter_mut().zip(group.columns()) {
            column.bytes += chunk.compressed_size();
        }
    }
    let bytes = std::fs::metadata(file)
        .map_err(|source| LedgerError::io("read", file, source))?
        .len();
    Ok(NewFile {
        table,
        path,
        rows: count(rows.num_rows()),
        bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
        footer_bytes,
        fingerprint: fingerprint(file)?,
        columns,
    })
}

fn create(path: &Path) -> Result<File, LedgerError> {
    let mut options = File::options();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map_err(|source| LedgerError::io("write", path, source))
}

fn encode(file: &File, table: Table, rows: &RecordBatch) -> Result<ParquetMetaData, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_created_by(format!("patron {}", env!("CARGO_PKG_VERSION")))
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(ROWS_PER_GROUP));
    for column in table.columns().filter(|column| is_distinct(table, column)) {
        properties = properties.set_column_dictionary_enabled(column.name.into(), false);
    }
    for (column, values) in table.columns().zip(rows.columns()) {
        // A compressor takes longer to set up than such a column to write.
        if values.null_count() == values.len() {
            let name = || ColumnPath::from(column.name);
            properties = properties
                .set_column_dictionary_enabled(name(), false)
                .set_column_compression(name(), Compression::UNCOMPRESSED);
        }
    }
    for name in HASHES {
        properties = properties.set_column_compression(name.into(), Compression::UNCOMPRESSED);
    }
    let properties = properties.build();
    // The schema in Arrow's own form would only repeat what Parquet's says.
    let options = ArrowWriterOptions::new()
        .with_properties(properties)
        .with_skip_arrow_metadata(true);
    let schema = Arc::clone(rows.schema_ref());
    let mut writer = ArrowWriter::try_new_with_options(file, schema, options)?;
    writer.write(rows)?;
    let metadata = writer.close()?;
    file.sync_all()?;
    Ok(metadata)
}

/// Whether hardly any value of a column comes twice: a dictionary of it would be built only to be given up.
fn is_distinct(table: Table, column: &Column) -> bool {
    let is_key = matches!(table.key(), [key] if *key == column.name);
    is_key || DISTINCT.contains(&column.name)
}

/// Reads the length of the footer, which stands before the last four bytes.
fn footer_bytes(mut file: File, path: &Path) -> Result<i64, LedgerError> {
    let mut tail = [0_u8; 4];
    file.seek(SeekFrom::End(-8))
        .and_then(|_| file.read_exact(&mut tail))
        .map_err(|source| LedgerError::io("read", path, source))?;
    Ok(i64::from(u32::from_le_bytes(tail)))
}

/// Returns a fingerprint of all bytes of a file: 128 bits of XXH3, as hex.
pub(crate) fn fingerprint(path: &Path) -> Result<String, LedgerError> {
    let failed = |source| LedgerError::io("read", path, source);
    let mut file = File::open(path).map_err(failed)?;
    let mut hash = Xxh3::new();
    let mut buffer = vec![0_u8; 1 << 16];
    loop {
        let read = file.read(&mut buffer).map_err(failed)?;
        match buffer.get(..read) {
            Some(bytes) if read > 0 => hash.update(bytes),
            _ => return Ok(format!("{:032x}", hash.digest128())),
        }
    }
}

/// Finds the file system's failure inside the encoder's.
fn encoding_failure(path: &Path, source: ParquetError) -> LedgerError {
    let ParquetError::External(inner) = source else {
        return LedgerError::Encode {
            path: path.to_owned(),
            source,
        };
    };
    match inner.downcast::<std::io::Error>() {
        Ok(inner) => LedgerError::io("write", path, *inner),
        Err(inner) => LedgerError::Encode {
            path: path.to_owned(),
            source: ParquetError::External(inner),
        },
    }
}

/// Returns the path of a file of a bucket relative to the folder of its table.
pub(crate) fn path_of(bucket: Bucket, name: &str) -> String {
    format!("{}{name}.parquet", bucket.folder())
}
