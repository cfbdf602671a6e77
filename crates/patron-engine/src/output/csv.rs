//! `customers.csv`: UTF-8 with a header, instants with the shop's offset, segments joined by `|`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use arrow_array::RecordBatch;
use patron_core::ShopCalendar;
use rayon::prelude::*;

use super::OutputError;
use super::cells::CellValue;
use super::columns::Columns;

/// What customers themselves typed into the shop.
const PERSONAL: [&str; 4] = ["email", "phone", "name", "consent_email"];
const ROWS_PER_PART: usize = 16 * 1024;

/// Writes `count` customers.
///
/// # Errors
/// [`OutputError::Write`].
pub fn write_csv(
    path: &Path,
    columns: &Columns<'_>,
    count: usize,
    calendar: &ShopCalendar,
) -> Result<(), OutputError> {
    let error = |source| OutputError::Write {
        path: path.to_owned(),
        source,
    };
    let mut file = BufWriter::new(File::create(path).map_err(error)?);
    let mut header = ::csv::Writer::from_writer(Vec::new());
    header
        .write_record(columns.schema().fields().iter().map(|field| field.name()))
        .map_err(|cause| error(cause.into()))?;
    file.write_all(&header.into_inner().unwrap_or_default())
        .map_err(error)?;
    // A few parts at a time, so that neither memory nor threads are wasted.
    let parts = count.div_ceil(ROWS_PER_PART);
    let together = rayon::current_num_threads().max(1) * 2;
    for first in (0..parts).step_by(together) {
        let texts = (first..(first + together).min(parts))
            .into_par_iter()
            .map(|part| {
                let from = part * ROWS_PER_PART;
                let batch = columns
                    .batch(from..(from + ROWS_PER_PART).min(count))
                    .map_err(|source| OutputError::Columns {
                        path: path.to_owned(),
                        source,
                    })?;
                part_text(&batch, calendar).map_err(|cause| error(cause.into()))
            })
            .collect::<Result<Vec<_>, _>>()?;
        for text in texts {
            file.write_all(&text).map_err(error)?;
        }
    }
    file.flush().map_err(error)
}

/// Whether a spreadsheet would take a text for a formula: a customer who is called `=HYPERLINK(…)` must not be run.
#[must_use]
pub fn is_formula(text: &str) -> bool {
    let mut letters = text.chars();
    match letters.next() {
        Some('=' | '@' | '\t' | '\r') => true,
        // `+49 30` and `-1` are numbers, not formulas.
        Some('+' | '-') => letters.any(|letter| letter.is_alphabetic() || letter == '('),
        _ => false,
    }
}

fn part_text(batch: &RecordBatch, calendar: &ShopCalendar) -> Result<Vec<u8>, ::csv::Error> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let schema = batch.schema();
    let personal: Vec<bool> = schema
        .fields()
        .iter()
        .map(|field| PERSONAL.contains(&field.name().as_str()))
        .collect();
    for row in 0..batch.num_rows() {
        for (array, &personal) in batch.columns().iter().zip(&personal) {
            let text = CellValue::read(array, row).text(calendar);
            if personal && is_formula(&text) {
                writer.write_field(format!("'{text}"))?;
            } else {
                writer.write_field(text)?;
            }
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer
        .into_inner()
        .map_err(|error| error.into_error().into())
}
