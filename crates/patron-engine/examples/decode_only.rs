//! Decodes columns of a Parquet file and does nothing with them: the limit that reading a file is measured against.
//!
//! `decode_only FILE COLUMN…` takes every column of every row group as a task of its own, on all cores: the order of decoding
//! is free, so nothing that reads these columns with the parquet crate on as many threads is faster. Prints rows and seconds.
#![expect(clippy::print_stdout, reason = "an example that prints")]

use std::error::Error;
use std::fs::File;
use std::time::Instant;

use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use rayon::prelude::*;
use serde_json::json;

/// As in `source/parquet.rs`.
const BATCH_ROWS: usize = 8_192;

type Failed = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failed> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("expected: FILE COLUMN…")?;
    let columns: Vec<String> = arguments.collect();
    let begun = Instant::now();
    let metadata = ArrowReaderMetadata::load(&File::open(&path)?, ArrowReaderOptions::new())?;
    let groups = metadata.metadata().num_row_groups();
    let roots = roots_of(&metadata, &columns)?;
    let tasks: Vec<(usize, usize)> = (0..groups)
        .flat_map(|group| roots.iter().map(move |&root| (group, root)))
        .collect();
    let cells: usize = tasks
        .par_iter()
        .map(|&(group, root)| decoded(&path, &metadata, group, root))
        .try_reduce(|| 0, |left, right| Ok(left + right))?;
    let told = json!({
        "columns": columns,
        "rows": cells.checked_div(columns.len()),
        "threads": rayon::current_num_threads(),
        "seconds": begun.elapsed().as_secs_f64(),
    });
    println!("{told}");
    Ok(())
}

/// Returns where the columns stand in the file.
fn roots_of(metadata: &ArrowReaderMetadata, columns: &[String]) -> Result<Vec<usize>, Failed> {
    let place = |name: &String| metadata.schema().index_of(name).map_err(Failed::from);
    columns.iter().map(place).collect()
}

/// Decodes a column of a row group, batch after batch, and returns how many values it has.
fn decoded(
    path: &str,
    metadata: &ArrowReaderMetadata,
    group: usize,
    root: usize,
) -> Result<usize, Failed> {
    let file = File::open(path)?;
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone());
    let only = ProjectionMask::roots(builder.parquet_schema(), [root]);
    let batches = builder
        .with_projection(only)
        .with_row_groups(vec![group])
        .with_batch_size(BATCH_ROWS)
        .build()?;
    let mut rows = 0;
    for batch in batches {
        rows += batch?.num_rows();
    }
    Ok(rows)
}
