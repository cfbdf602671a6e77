//! `customers.xlsx`: for people who open Excel; several sheets where one cannot hold all customers.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use patron_core::{Day, Instant, ShopCalendar};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::OutputError;
use super::cells::CellValue;
use super::columns::Columns;

/// What one sheet holds, less the header.
const ROWS_PER_SHEET: u32 = 1_048_575;
const ROWS_PER_BATCH: usize = 16 * 1024;
/// 1899-12-30, the day 0 of spreadsheets.
const EPOCH: Day = Day(-25_569);

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
    let mut book = Book::new("customers", columns.schema(), calendar).map_err(error)?;
    for start in (0..count).step_by(ROWS_PER_BATCH) {
        let batch = columns
            .batch(start..(start + ROWS_PER_BATCH).min(count))
            .map_err(|source| OutputError::Columns {
                path: path.to_owned(),
                source,
            })?;
        book.push(&batch).map_err(error)?;
    }
    book.save(path).map_err(error)
}

/// A workbook of one table, on as many sheets as it needs, whose rows leave memory as they are written.
pub struct Book {
    workbook: Workbook,
    name: String,
    schema: SchemaRef,
    calendar: ShopCalendar,
    formats: Formats,
    /// Sheets so far.
    sheets: usize,
    /// The next row of the last sheet.
    row: u32,
}

/// Without the rows, which are nobody's business in a log.
impl fmt::Debug for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Book")
            .field("name", &self.name)
            .field("sheets", &self.sheets)
            .finish_non_exhaustive()
    }
}

impl Book {
    /// Begins a workbook whose sheets are called by `name`, with a header. Its dates are fixed.
    ///
    /// # Errors
    /// What the writer says.
    pub fn new(name: &str, schema: &SchemaRef, calendar: &ShopCalendar) -> Result<Self, XlsxError> {
        let mut workbook = Workbook::new();
        let fixed = ExcelDateTime::from_ymd(2000, 1, 1)?;
        workbook.set_properties(
            &DocProperties::new()
                .set_author("patron")
                .set_creation_datetime(&fixed),
        );
        let mut book = Self {
            workbook,
            name: name.to_owned(),
            schema: Arc::clone(schema),
            calendar: calendar.clone(),
            formats: Formats::new(),
            sheets: 0,
            row: 0,
        };
        book.add_sheet()?;
        Ok(book)
    }

    /// Adds rows.
    ///
    /// # Errors
    /// What the writer says, for instance of a text longer than a cell can hold.
    pub fn push(&mut self, batch: &RecordBatch) -> Result<(), XlsxError> {
        let mut done = 0;
        while done < batch.num_rows() {
            if self.row > ROWS_PER_SHEET {
                self.add_sheet()?;
            }
            let room = usize::try_from(ROWS_PER_SHEET + 1 - self.row).unwrap_or(0);
            let count = room.min(batch.num_rows() - done);
            let sheet = self.workbook.worksheet_from_index(self.sheets - 1)?;
            let (formats, calendar) = (&self.formats, &self.calendar);
            write_batch(
                sheet,
                self.row,
                &batch.slice(done, count),
                formats,
                calendar,
            )?;
            done += count;
            self.row += u32::try_from(count).unwrap_or(u32::MAX);
        }
        Ok(())
    }

    /// Writes the file.
    ///
    /// # Errors
    /// What the writer says.
    pub fn save(mut self, path: &Path) -> Result<(), XlsxError> {
        self.workbook.save(path)
    }

    /// Adds a sheet whose rows leave memory as they are written, with its header.
    fn add_sheet(&mut self) -> Result<(), XlsxError> {
        self.sheets += 1;
        let name = if self.sheets == 1 {
            self.name.clone()
        } else {
            format!("{} ({})", self.name, self.sheets)
        };
        let worksheet = self.workbook.add_worksheet_with_constant_memory()?;
        worksheet.set_name(name)?;
        worksheet.set_freeze_panes(1, 1)?;
        for (column, field) in (0_u16..).zip(self.schema.fields()) {
            let header = &self.formats.header;
            worksheet.write_with_format(0, column, field.name().as_str(), header)?;
        }
        self.row = 1;
        Ok(())
    }
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
            let cell = CellValue::read(array, index);
            write_cell(sheet, row, column, &cell, formats, calendar)?;
        }
    }
    Ok(())
}

struct Formats {
    header: Format,
    money: Format,
    instant: Format,
    day: Format,
}

impl Formats {
    fn new() -> Self {
        Self {
            header: Format::new().set_bold(),
            money: Format::new().set_num_format("#,##0.00##"),
            instant: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            day: Format::new().set_num_format("yyyy-mm-dd"),
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
        CellValue::Day(day) => {
            let serial = f64::from(day.days_since(EPOCH));
            sheet.write_number_with_format(row, column, serial, &formats.day)?;
        }
        CellValue::Truth(truth) => {
            sheet.write_boolean(row, column, *truth)?;
        }
    }
    Ok(())
}

/// Days since 1899-12-30 on the shop's wall clock.
fn serial_date(instant: Instant, calendar: &ShopCalendar) -> f64 {
    let local = calendar.local(instant);
    f64::from(local.day.days_since(EPOCH)) + local.micros_of_day as f64 / 86_400_000_000.0
}
