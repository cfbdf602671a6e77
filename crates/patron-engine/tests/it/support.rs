//! Files in, profiles out.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow_array::{ArrayRef, RecordBatch};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use patron_core::RowClass;
use patron_engine::{EngineError, RejectedSink, Resources, Silent, gather};
use patron_fold::{FoldSettings, Profile};
use patron_import::{ImportOptions, RejectedRow};
use tempfile::TempDir;

const PLENTY: u64 = 1 << 30;

/// A row that was set aside: its line, class and column.
pub(crate) type Rejected = (u64, RowClass, Option<String>);

/// What becomes of files.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) customers: Vec<(String, Profile)>,
    pub(crate) rejected: Vec<Rejected>,
    pub(crate) rows_in: u64,
    pub(crate) spilled_bytes: u64,
}

#[derive(Debug, Default)]
struct Sink(Vec<Rejected>);

impl RejectedSink for Sink {
    fn take(&mut self, _file: &str, row: &RejectedRow) -> std::io::Result<()> {
        let column = row.column.as_deref().map(str::to_owned);
        self.0.push((row.line, row.class, column));
        Ok(())
    }
}

/// How much of the machine a test uses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Machine {
    pub(crate) threads: usize,
    pub(crate) memory_bytes: u64,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            threads: 2,
            memory_bytes: PLENTY,
        }
    }
}

pub(crate) fn try_fold(paths: &[PathBuf], machine: Machine) -> Result<Outcome, EngineError> {
    let spill = TempDir::new().expect("a temporary folder");
    let resources = Resources {
        threads: machine.threads,
        memory_bytes: machine.memory_bytes,
        spill_folder: spill.path().to_owned(),
        keeping: None,
    };
    let mut sink = Sink::default();
    let options = ImportOptions::default();
    let gathered = gather(paths, &options, &resources, &mut sink, &Silent)?;
    let folded = gathered.fold_one(&FoldSettings::default(), None, false, &Silent)?;
    let rows_in = gathered.files.iter().map(|file| file.account.rows_in).sum();
    let (table, _) = folded.by_day.into_iter().next().expect("one day");
    let ids = table.ids.iter().map(str::to_owned);
    Ok(Outcome {
        customers: ids.zip(table.profiles.iter()).collect(),
        rejected: sink.0,
        rows_in,
        spilled_bytes: folded.spilled_bytes,
    })
}

pub(crate) fn fold(paths: &[PathBuf], machine: Machine) -> Outcome {
    try_fold(paths, machine).unwrap_or_else(|error| panic!("{paths:?}: {error}"))
}

/// Writes columns to a Parquet file with so many rows per group.
pub(crate) fn write_parquet(path: &Path, columns: &[(&str, ArrayRef)], rows_per_group: usize) {
    let columns = columns
        .iter()
        .map(|(name, array)| (*name, array.clone(), true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).expect("columns of one length");
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(rows_per_group))
        .build();
    let file = File::create(path).expect("a file");
    let mut writer =
        ArrowWriter::try_new(file, batch.schema(), Some(properties)).expect("a writer");
    writer.write(&batch).expect("rows are written");
    writer.close().expect("the file is closed");
}
