//! `customers.xlsx`: for people who open Excel; several sheets where one cannot hold all customers.

use std::path::Path;

use arrow_array::RecordBatch;
use patron_core::{Day, Instant, ShopCalendar};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::OutputError;
use super::cells::CellValue;
use super::columns::Columns;

/// What one sheet holds, less the header.
const ROWS_PER_SHEET: usize = 1_048_575;
const ROWS_PER_BATCH: usize = 16 * 1024;

/// Writes `count` customers. The document's dates are fixed, so that equal customers give equal bytes.
///
/// # Errors
/// [`OutputError::Spreadsheet`].
pub fn write_xlsx(
    path: &Path,
    columns: &Columns<'_>,
    count: usize,
    calendar: &ShopCalendar,
) -> Result<(), OutputError> {
    let error = |source| OutputError::Spreadsheet {
        path: path.to_owned(),
        source,
    };
    let mut workbook = Workbook::new();
    let fixed = ExcelDateTime::from_ymd(2000, 1, 1).map_err(error)?;
    workbook.set_properties(
        &DocProperties::new()
            .set_author("patron")
            .set_creation_datetime(&fixed),
    );
    let formats = Formats::new();
    for sheet in 0..count.div_ceil(ROWS_PER_SHEET).max(1) {
        let worksheet = add_sheet(&mut workbook, sheet, columns, &formats).map_err(error)?;
        let from = sheet * ROWS_PER_SHEET;
        let to = (from + ROWS_PER_SHEET).min(count);
        let mut row = 1;
        for start in (from..to).step_by(ROWS_PER_BATCH) {
            let batch = columns
                .batch(start..(start + ROWS_PER_BATCH).min(to))
                .map_err(|source| OutputError::Columns {
                    path: path.to_owned(),
                    source,
                })?;
            write_batch(worksheet, row, &batch, &formats, calendar).map_err(error)?;
            row += u32::try_from(batch.num_rows()).unwrap_or(u32::MAX);
        }
    }
    workbook.save(path).map_err(error)
}

/// Adds a sheet whose rows leave memory as they are written, with its header.
fn add_sheet<'a>(
    workbook: &'a mut Workbook,
    sheet: usize,
    columns: &Columns<'_>,
    formats: &Formats,
) -> Result<&'a mut Worksheet, XlsxError> {
    let name = if sheet == 0 {
        "customers".to_owned()
    } else {
        format!("customers ({})", sheet + 1)
    };
    let worksheet = workbook.add_worksheet_with_constant_memory()?;
    worksheet.set_name(name)?;
    worksheet.set_freeze_panes(1, 1)?;
    for (column, field) in (0_u16..).zip(columns.schema().fields()) {
        worksheet.write_with_format(0, column, field.name().as_str(), &formats.header)?;
    }
    Ok(worksheet)
}

fn write_batch(
    sheet: &mut Worksheet,
    first_row: u32,
    batch: &RecordBatch,
    formats: &Formats,
    calendar: &ShopCalendar,
) -> Result<(), XlsxError> {
    for (row, index) in (first_row..).zip(0..batch.num_rows()) {
        for (column, array) in (0_u16..).zip(batch.columns()) {
            write_cell(
                sheet,
                row,
                column,
                &CellValue::read(array, index),
                formats,
                calendar,
            )?;
        }
    }
    Ok(())
}

struct Formats {
    header: Format,
    money: Format,
    instant: Format,
}

impl Formats {
    fn new() -> Self {
        Self {
            header: Format::new().set_bold(),
            money: Format::new().set_num_format("#,##0.00##"),
            instant: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
        }
    }
}

fn write_cell(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &CellValue,
    formats: &Formats,
    calendar: &ShopCalendar,
) -> Result<(), XlsxError> {
    match cell {
        CellValue::Empty => {}
        // Ids stay text: a spreadsheet would turn a long one into 1.03293E+19.
        CellValue::Text(text) => {
            sheet.write_string(row, column, text)?;
        }
        CellValue::Whole(number) => {
            sheet.write_number(row, column, *number as f64)?;
        }
        CellValue::Float(number) => {
            sheet.write_number(row, column, *number)?;
        }
        CellValue::Money(sum) => {
            sheet.write_number_with_format(row, column, sum.to_f64(), &formats.money)?;
        }
        // A spreadsheet has no zones: the shop's wall clock.
        CellValue::Instant(instant) => {
            sheet.write_number_with_format(
                row,
                column,
                serial_date(*instant, calendar),
                &formats.instant,
            )?;
        }
    }
    Ok(())
}

/// Days since 1899-12-30 on the shop's wall clock.
fn serial_date(instant: Instant, calendar: &ShopCalendar) -> f64 {
    const EPOCH: Day = Day(-25_569);
    let local = calendar.local(instant);
    f64::from(local.day.days_since(EPOCH)) + local.micros_of_day as f64 / 86_400_000_000.0
}
