//! `customers.parquet`: zstd, row groups of 128 Ki customers.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::file::properties::WriterProperties;
use rayon::prelude::*;

use super::OutputError;
use super::columns::Columns;

const ROWS_PER_GROUP: usize = 128 * 1024;
const ROWS_PER_BATCH: usize = 16 * 1024;

/// Writes `count` customers. The bytes depend on the customers only: no clock, no machine, no thread count.
///
/// # Errors
/// [`OutputError::Write`] and [`OutputError::Parquet`].
pub fn write_parquet(path: &Path, columns: &Columns<'_>, count: usize) -> Result<(), OutputError> {
    let file = File::create(path).map_err(|source| OutputError::Write {
        path: path.to_owned(),
        source,
    })?;
    let error = |source| OutputError::Parquet {
        path: path.to_owned(),
        source,
    };
    let properties = WriterProperties::builder()
        .set_created_by(format!("patron {}", env!("CARGO_PKG_VERSION")))
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROWS_PER_GROUP))
        .build();
    let mut writer = ArrowWriter::try_new(file, Arc::clone(columns.schema()), Some(properties))
        .map_err(error)?;
    let batches = count.div_ceil(ROWS_PER_BATCH);
    let together = rayon::current_num_threads().max(1) * 4;
    for first in (0..batches).step_by(together) {
        let built = (first..(first + together).min(batches))
            .into_par_iter()
            .map(|batch| {
                let from = batch * ROWS_PER_BATCH;
                columns.batch(from..(from + ROWS_PER_BATCH).min(count))
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(|source| OutputError::Columns {
                path: path.to_owned(),
                source,
            })?;
        for batch in built {
            writer.write(&batch).map_err(error)?;
        }
    }
    writer.close().map_err(error)?;
    Ok(())
}
