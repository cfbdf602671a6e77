//! The facts of a workspace as files for other programs.
//!
//! | module | question it answers |
//! |---|---|
//! | [`error`] | what can go wrong? |
//! | `pick` | which rows of a table count, and in which order do they stand? |
//! | `form` | how do rows become CSV, JSON, Parquet and spreadsheets? |
//!
//! A table is exported bucket by bucket, so that memory is bounded by a bucket's rows.

pub mod error;
mod form;
mod pick;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_schema::{Schema, SchemaRef};
use patron_ledger::{At, Bucket, Ledger, ScanRequest, Table};

pub use error::ExportError;
pub use form::ExportFormat;

use crate::beside::Beside;
use crate::settings::{Settings, import_options};
use crate::workspace::Workspace;
use form::Writer;
use pick::{Pick, pick};

/// A bucket holds about so many rows.
const ROWS_PER_BUCKET: u64 = 1 << 18;
/// Rows that are written at once.
const ROWS_PER_BATCH: usize = 8 * 1024;
/// Columns that only the ledger itself needs.
const HASHES: [&str; 2] = ["row_hash", "content_hash"];
/// Columns that tell versions apart, and who the customer turned out to be.
const ORIGIN: [&str; 5] = [
    "person_id",
    "import_id",
    "version_at",
    "origin_file",
    "origin_line",
];

/// What to export.
#[derive(Debug, Clone)]
pub struct ExportRequest {
    /// Which table.
    pub table: Table,
    /// As which snapshot sees it.
    pub at: At,
    /// In which form.
    pub format: ExportFormat,
    /// The file; standard output where absent.
    pub out: Option<PathBuf>,
    /// All versions, with the import, file and line of each; else the newest of each fact.
    pub all_versions: bool,
}

/// What was exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// The snapshot that was read.
    pub snapshot: i64,
    /// Rows, without the header.
    pub rows: u64,
}

/// Exports a table of a workspace.
///
/// The newest version of each fact is the one that a run counts; of a customer each column is what was said last. Rows of
/// a customer stand together in order of time. Equal ledgers give equal bytes.
///
/// # Errors
/// [`ExportError`].
pub fn export(workspace: &Workspace, request: &ExportRequest) -> Result<Exported, ExportError> {
    let calendar = import_options(&Settings::default(), workspace.settings())?.calendar;
    let ledger = workspace.ledger_read_only()?;
    let snapshot = ledger.resolve(request.at)?;
    let request = ExportRequest {
        at: At::Snapshot(snapshot),
        ..request.clone()
    };
    let schema = exported_schema(request.table, request.all_versions);
    let Some(path) = &request.out else {
        let stdout = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
        let writer = Writer::to_stdout(request.format, &schema, &calendar, stdout)?;
        let rows = write(&ledger, &request, &schema, writer)?;
        return Ok(Exported { snapshot, rows });
    };
    let failed = |source| ExportError::Write {
        path: path.clone(),
        source,
    };
    let beside = Beside::prepare(path).map_err(failed)?;
    let target = form::Target {
        table: request.table,
        made: beside.path(),
        named: path.clone(),
    };
    let writer = Writer::to_file(request.format, &schema, &calendar, &target)?;
    let rows = write(&ledger, &request, &schema, writer)?;
    beside.publish().map_err(failed)?;
    Ok(Exported { snapshot, rows })
}

/// Writes the rows bucket by bucket.
fn write(
    ledger: &Ledger,
    request: &ExportRequest,
    schema: &SchemaRef,
    mut writer: Writer<'_>,
) -> Result<u64, ExportError> {
    let table = request.table;
    let failed = |source| ExportError::Rows { table, source };
    let count = buckets(ledger, request)?;
    let mut rows = 0;
    for bucket in (0..count).filter_map(|index| Bucket::new(index, count)) {
        let asked = Pick {
            table,
            at: request.at,
            bucket,
            all_versions: request.all_versions,
        };
        let picked = pick(ledger, &asked)?;
        for start in (0..picked.len()).step_by(ROWS_PER_BATCH) {
            let range = start..(start + ROWS_PER_BATCH).min(picked.len());
            let batch = picked.batch(schema, range).map_err(failed)?;
            rows += batch.num_rows() as u64;
            writer.push(&batch)?;
        }
    }
    writer.finish()?;
    Ok(rows)
}

/// Returns into how many buckets the table is dealt; it depends on nothing but its rows.
fn buckets(ledger: &Ledger, request: &ExportRequest) -> Result<u32, ExportError> {
    const MOST: u64 = 4096;
    if !request.table.has_persons() {
        return Ok(1);
    }
    let counted = ScanRequest::new(request.table).at(request.at).columns(&[]);
    let mut rows = 0;
    for batch in ledger.scan(&counted)? {
        rows += batch?.num_rows() as u64;
    }
    let buckets = rows.div_ceil(ROWS_PER_BUCKET).max(1).next_power_of_two();
    Ok(u32::try_from(buckets.min(MOST)).unwrap_or(1))
}

/// Returns the columns that are written: those of the facts and, with all versions, where each version is from.
fn exported_schema(table: Table, all_versions: bool) -> SchemaRef {
    let is_written = |name: &str| {
        let is_key = table == Table::Imports && name == "import_id";
        !HASHES.contains(&name) && (is_key || all_versions || !ORIGIN.contains(&name))
    };
    let schema = table.schema();
    let fields = schema.fields().iter();
    let mut fields: Vec<_> = fields
        .filter(|field| is_written(field.name()))
        .map(Arc::clone)
        .collect();
    if table == Table::Imports {
        // By its number an import is known.
        fields.sort_by_key(|field| field.name() != "import_id");
    }
    Arc::new(Schema::new(fields))
}
