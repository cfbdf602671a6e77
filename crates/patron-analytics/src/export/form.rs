//! How rows become files: CSV, JSON, JSON lines, Parquet, a spreadsheet.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use patron_core::ShopCalendar;
use patron_engine::output::{Book, CellValue, is_formula};
use patron_ledger::Table;

use super::ExportError;

const ROWS_PER_GROUP: usize = 128 * 1024;

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// Comma-separated values in UTF-8, with a header.
    Csv,
    /// An array of objects.
    Json,
    /// An object per line.
    JsonLines,
    /// Parquet.
    Parquet,
    /// A workbook.
    Xlsx,
}

impl ExportFormat {
    const ALL: [Self; 5] = [
        Self::Csv,
        Self::Json,
        Self::JsonLines,
        Self::Parquet,
        Self::Xlsx,
    ];

    /// Returns the name, which is the ending of its files, too.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::JsonLines => "jsonl",
            Self::Parquet => "parquet",
            Self::Xlsx => "xlsx",
        }
    }

    /// Returns the format of that name.
    ///
    /// # Errors
    /// [`ExportError::NoSuchFormat`].
    pub fn named(name: &str) -> Result<Self, ExportError> {
        let found = Self::ALL.into_iter().find(|format| format.name() == name);
        found.ok_or_else(|| ExportError::NoSuchFormat {
            name: name.to_owned(),
        })
    }

    /// Returns the format that the ending of a file tells.
    #[must_use]
    pub fn of_path(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        Self::ALL.into_iter().find(|format| format.name() == ending)
    }
}

/// Where a file is made, and how it will be called.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) table: Table,
    pub(super) made: PathBuf,
    pub(super) named: PathBuf,
}

impl Target {
    fn write(&self, source: io::Error) -> ExportError {
        ExportError::Write {
            path: self.named.clone(),
            source,
        }
    }

    fn parquet(&self, source: parquet::errors::ParquetError) -> ExportError {
        ExportError::Parquet {
            path: self.named.clone(),
            source,
        }
    }

    fn spreadsheet(&self, source: rust_xlsxwriter::XlsxError) -> ExportError {
        ExportError::Spreadsheet {
            path: self.named.clone(),
            source: Box::new(source),
        }
    }
}

/// A file that is being written.
pub(super) enum Writer<'w> {
    Text(Text<'w>),
    Parquet(Box<ArrowWriter<File>>, Target),
    Book(Box<Book>, Target),
}

impl<'w> Writer<'w> {
    /// Begins to write to standard output.
    pub(super) fn to_stdout(
        format: ExportFormat,
        schema: &SchemaRef,
        calendar: &ShopCalendar,
        stdout: impl Write + 'w,
    ) -> Result<Self, ExportError> {
        if matches!(format, ExportFormat::Parquet | ExportFormat::Xlsx) {
            return Err(ExportError::NeedsFile {
                format: format.name(),
            });
        }
        Text::begin(format, schema, calendar, Box::new(stdout), None).map(Self::Text)
    }

    /// Begins to write a file that only its owner can read.
    pub(super) fn to_file(
        format: ExportFormat,
        schema: &SchemaRef,
        calendar: &ShopCalendar,
        target: &Target,
    ) -> Result<Self, ExportError> {
        let file = private_file(&target.made).map_err(|source| target.write(source))?;
        match format {
            ExportFormat::Parquet => {
                let properties = WriterProperties::builder()
                    .set_created_by(format!("patron {}", env!("CARGO_PKG_VERSION")))
                    .set_compression(Compression::ZSTD(ZstdLevel::default()))
                    .set_max_row_group_row_count(Some(ROWS_PER_GROUP))
                    .build();
                let writer = ArrowWriter::try_new(file, Arc::clone(schema), Some(properties))
                    .map_err(|source| target.parquet(source))?;
                Ok(Self::Parquet(Box::new(writer), target.clone()))
            }
            ExportFormat::Xlsx => {
                let book = Book::new(target.table.name(), schema, calendar)
                    .map_err(|source| target.spreadsheet(source))?;
                Ok(Self::Book(Box::new(book), target.clone()))
            }
            _ => {
                let file = Box::new(BufWriter::with_capacity(1 << 16, file));
                Text::begin(format, schema, calendar, file, Some(target.clone())).map(Self::Text)
            }
        }
    }

    pub(super) fn push(&mut self, batch: &RecordBatch) -> Result<(), ExportError> {
        match self {
            Self::Text(text) => text.push(batch),
            Self::Parquet(writer, target) => {
                writer.write(batch).map_err(|source| target.parquet(source))
            }
            Self::Book(book, target) => book
                .push(batch)
                .map_err(|source| target.spreadsheet(source)),
        }
    }

    pub(super) fn finish(self) -> Result<(), ExportError> {
        match self {
            Self::Text(text) => text.finish(),
            Self::Parquet(writer, target) => {
                let closed = writer.close();
                closed.map_err(|source| target.parquet(source))?;
                Ok(())
            }
            Self::Book(book, target) => book
                .save(&target.made)
                .map_err(|source| target.spreadsheet(source)),
        }
    }
}

/// A file of text.
pub(super) struct Text<'w> {
    format: ExportFormat,
    calendar: ShopCalendar,
    out: Box<dyn Write + 'w>,
    target: Option<Target>,
    /// The names of the columns as JSON has them.
    names: Vec<String>,
    is_first: bool,
}

impl<'w> Text<'w> {
    fn begin(
        format: ExportFormat,
        schema: &SchemaRef,
        calendar: &ShopCalendar,
        out: Box<dyn Write + 'w>,
        target: Option<Target>,
    ) -> Result<Self, ExportError> {
        let names = schema.fields().iter();
        let mut text = Self {
            format,
            calendar: calendar.clone(),
            out,
            target,
            names: names.clone().map(|field| quoted(field.name())).collect(),
            is_first: true,
        };
        let begun = match format {
            ExportFormat::Csv => {
                let names: Vec<&str> = names.map(|field| field.name().as_str()).collect();
                text.out
                    .write_all(format!("{}\n", names.join(",")).as_bytes())
            }
            ExportFormat::Json => text.out.write_all(b"["),
            _ => Ok(()),
        };
        begun.map_err(|source| text.failed(source))?;
        Ok(text)
    }

    fn failed(&self, source: io::Error) -> ExportError {
        match &self.target {
            Some(target) => target.write(source),
            None => ExportError::Stdout(source),
        }
    }

    fn push(&mut self, batch: &RecordBatch) -> Result<(), ExportError> {
        let text = match self.format {
            ExportFormat::Csv => csv_rows(batch, &self.calendar),
            _ => Ok(self.json_rows(batch).into_bytes()),
        };
        text.and_then(|text| self.out.write_all(&text))
            .map_err(|source| self.failed(source))
    }

    fn json_rows(&mut self, batch: &RecordBatch) -> String {
        let mut text = String::new();
        for row in 0..batch.num_rows() {
            if self.format == ExportFormat::Json {
                text.push_str(if self.is_first { "\n" } else { ",\n" });
            }
            self.is_first = false;
            text.push('{');
            for (place, (name, array)) in self.names.iter().zip(batch.columns()).enumerate() {
                if place > 0 {
                    text.push(',');
                }
                text.push_str(name);
                text.push(':');
                text.push_str(&json_value(&CellValue::read(array, row), &self.calendar));
            }
            text.push('}');
            if self.format == ExportFormat::JsonLines {
                text.push('\n');
            }
        }
        text
    }

    fn finish(mut self) -> Result<(), ExportError> {
        let ended = match self.format {
            ExportFormat::Json => self.out.write_all(b"\n]\n"),
            _ => Ok(()),
        };
        ended
            .and_then(|()| self.out.flush())
            .map_err(|source| self.failed(source))
    }
}

/// Makes a file that only its owner can read: it may tell of people.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Texts come from the shop's customers and systems: none may be run as a formula by a spreadsheet.
fn csv_rows(batch: &RecordBatch, calendar: &ShopCalendar) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in 0..batch.num_rows() {
        for array in batch.columns() {
            let cell = CellValue::read(array, row);
            let text = cell.text(calendar);
            if matches!(cell, CellValue::Text(_)) && is_formula(&text) {
                writer.write_field(format!("'{text}"))?;
            } else {
                writer.write_field(text)?;
            }
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer.into_inner().map_err(|error| error.into_error())
}

/// Amounts are numbers with all their digits; times and days are texts.
fn json_value(cell: &CellValue, calendar: &ShopCalendar) -> String {
    match cell {
        CellValue::Empty => "null".to_owned(),
        CellValue::Whole(_) | CellValue::Float(_) | CellValue::Money(_) | CellValue::Truth(_) => {
            cell.text(calendar)
        }
        CellValue::Text(_) | CellValue::Instant(_) | CellValue::Day(_) => {
            quoted(&cell.text(calendar))
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
