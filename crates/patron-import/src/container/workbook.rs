//! Workbooks (XLSX and XLS): the sheets that make one table, written down as text.
//!
//! A row of the first sheet keeps its number as its line. Sheets with the same header are read one after another; where
//! orders have ids, rows of a later sheet that repeat rows of an earlier one (as in Online Retail II, whose two sheets share
//! nine days) are marked as merged, occurrence by occurrence.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Seek, SeekFrom, Write};

use calamine::{Data, Reader, Sheet, SheetType, SheetVisible, Xls, XlsError, Xlsx, XlsxError};

use crate::container::table::{IS_MERGED, MERGED, row_hash, write_row};
use crate::container::{Converted, old_book};
use crate::error::ImportError;
use crate::field::{Field, plain};
use crate::understanding::Note;
use crate::words;

/// Rows among which the header is looked for.
const HEADER_ROWS: u32 = 20;
/// From here on a float does not hold every whole number, and a spreadsheet keeps fifteen digits of an id only.
const SHORTENED: f64 = 1e15;

/// Rows and columns that a sheet can have.
const MOST_ROWS: u32 = 1_048_576;
const MOST_COLUMNS: u32 = 16_384;
/// The thread in which workbooks are read: what panics there is the file's fault, and said as an error of the file.
pub const WORKBOOK_THREAD: &str = "patron-workbook";

/// Why a sheet cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BookError {
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Xlsx(#[from] XlsxError),
    #[error(transparent)]
    Xls(#[from] XlsError),
}

enum Book {
    Xlsx(Box<Xlsx<BufReader<File>>>),
    Xls(Box<Xls<BufReader<File>>>),
}

/// A sheet that has a header and rows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Table {
    sheet: String,
    header_row: u32,
    headers: Vec<String>,
}

/// Reads the only table of a workbook, or the sheet that is named, into text.
///
/// The reader of workbooks is not written for files that were made to do harm, so it has a thread of its own to die in.
pub(crate) fn convert(
    file: &str,
    handle: File,
    is_xls: bool,
    part: Option<&str>,
) -> Result<Converted, ImportError> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name(WORKBOOK_THREAD.to_owned());
        let reading = thread.spawn_scoped(scope, || convert_here(file, handle, is_xls, part));
        let reading = reading.map_err(|source| ImportError::Io {
            file: file.to_owned(),
            source,
        })?;
        reading.join().unwrap_or_else(|_| {
            Err(ImportError::Workbook {
                file: file.to_owned(),
                source: Box::new(BookError::Damaged("it contradicts itself")),
            })
        })
    })
}

fn convert_here(
    file: &str,
    handle: File,
    is_xls: bool,
    part: Option<&str>,
) -> Result<Converted, ImportError> {
    let broken = |source: BookError| ImportError::Workbook {
        file: file.to_owned(),
        source: Box::new(source),
    };
    let mut book = Book::open(handle, is_xls).map_err(broken)?;
    let sheets = book.sheets();
    if let Some(part) = part
        && !sheets.iter().any(|sheet| sheet == part)
    {
        return Err(ImportError::NoSuchPart {
            file: file.to_owned(),
            part: part.to_owned(),
            known: sheets,
        });
    }
    let mut tables = Vec::new();
    for sheet in sheets {
        if part.is_none_or(|part| part == sheet) {
            tables.extend(book.table(&sheet).map_err(broken)?);
        }
    }
    let Some(first) = tables.first() else {
        return Err(ImportError::Empty {
            file: file.to_owned(),
        });
    };
    let same = |table: &Table| {
        let words = |table: &Table| -> Vec<String> {
            table.headers.iter().map(|header| plain(header)).collect()
        };
        words(table) == words(first)
    };
    if !tables.iter().all(same) {
        return Err(ImportError::SeveralTables {
            file: file.to_owned(),
            tables: tables.into_iter().map(|table| table.sheet).collect(),
        });
    }
    write(file, &mut book, &tables, broken)
}

fn write(
    file: &str,
    book: &mut Book,
    tables: &[Table],
    broken: impl Fn(BookError) -> ImportError,
) -> Result<Converted, ImportError> {
    let failed = |source| ImportError::Io {
        file: file.to_owned(),
        source,
    };
    let spooled = tempfile::tempfile().map_err(failed)?;
    let mut writer = Writer::new(BufWriter::new(spooled), tables);
    for table in tables {
        writer.start(table);
        book.rows(&table.sheet, &mut |row, cells| {
            writer.row(table, row, cells)
        })
        .map_err(&broken)?;
        if let Some(source) = writer.error.take() {
            return Err(failed(source));
        }
        writer.finish_sheet();
    }
    let notes = writer.notes;
    let mut spooled = writer
        .out
        .into_inner()
        .map_err(|error| failed(error.into_error()))?;
    spooled.seek(SeekFrom::Start(0)).map_err(failed)?;
    Ok(Converted {
        stream: Box::new(spooled),
        notes,
    })
}

impl Book {
    fn open(handle: File, is_xls: bool) -> Result<Self, BookError> {
        if is_xls {
            old_book::check(&handle)?;
        }
        let reader = BufReader::new(handle);
        Ok(if is_xls {
            Self::Xls(Box::new(Xls::new(reader)?))
        } else {
            Self::Xlsx(Box::new(Xlsx::new(reader)?))
        })
    }

    /// Returns the names of the sheets that people see.
    fn sheets(&self) -> Vec<String> {
        let all = match self {
            Self::Xlsx(book) => book.sheets_metadata(),
            Self::Xls(book) => book.sheets_metadata(),
        };
        let seen = |sheet: &&Sheet| {
            sheet.visible == SheetVisible::Visible && sheet.typ == SheetType::WorkSheet
        };
        all.iter()
            .filter(seen)
            .map(|sheet| sheet.name.clone())
            .collect()
    }

    /// Calls with the number (from 0) and the cells of each row of a sheet that has any, until told to stop.
    fn rows(
        &mut self,
        sheet: &str,
        take: &mut dyn FnMut(u32, &[String]) -> bool,
    ) -> Result<(), BookError> {
        let mut row = Row::default();
        match self {
            Self::Xlsx(book) => {
                let mut cells = book.worksheet_cells_reader(sheet)?;
                while let Some(cell) = cells.next_cell()? {
                    let place = within(cell.get_position())?;
                    if !row.add(place, &Data::from(cell.get_value().clone()), take) {
                        return Ok(());
                    }
                }
            }
            Self::Xls(book) => {
                let range = book.worksheet_range(sheet)?;
                let (top, left) = range.start().unwrap_or_default();
                for (down, right, value) in range.used_cells() {
                    let offset = |places: usize| u32::try_from(places).unwrap_or(u32::MAX);
                    let place = (top + offset(down), left + offset(right));
                    if !row.add(place, value, take) {
                        return Ok(());
                    }
                }
            }
        }
        row.give(take);
        Ok(())
    }

    /// Finds the header of a sheet, below a title if there is one; nothing for a sheet without rows.
    fn table(&mut self, sheet: &str) -> Result<Option<Table>, BookError> {
        let mut first_rows: Vec<(u32, Vec<String>)> = Vec::new();
        self.rows(sheet, &mut |row, cells| {
            first_rows.push((row, cells.to_vec()));
            first_rows.len() < HEADER_ROWS as usize
        })?;
        let filled = |cells: &[String]| cells.iter().filter(|cell| !cell.trim().is_empty()).count();
        let widest = first_rows
            .iter()
            .map(|(_, cells)| filled(cells))
            .max()
            .unwrap_or(0);
        let header = first_rows
            .iter()
            .position(|(_, cells)| filled(cells) > 1 && filled(cells) * 2 >= widest);
        Ok(header
            .filter(|&place| place + 1 < first_rows.len())
            .and_then(|place| first_rows.get(place))
            .map(|(row, cells)| Table {
                sheet: sheet.to_owned(),
                header_row: *row,
                headers: cells.iter().map(|cell| cell.trim().to_owned()).collect(),
            }))
    }
}

/// Refuses a place that no sheet has: all places before it would be written down.
const fn within(place: (u32, u32)) -> Result<(u32, u32), BookError> {
    if place.0 >= MOST_ROWS || place.1 >= MOST_COLUMNS {
        return Err(BookError::Damaged(
            "a cell stands beyond the last row or column",
        ));
    }
    Ok(place)
}

/// The row that is being put together.
#[derive(Default)]
struct Row {
    number: u32,
    cells: Vec<String>,
}

impl Row {
    /// Adds a cell, giving the row before it away; false if no more rows are wanted.
    fn add(
        &mut self,
        (row, column): (u32, u32),
        value: &Data,
        take: &mut dyn FnMut(u32, &[String]) -> bool,
    ) -> bool {
        if row != self.number {
            if !self.give(take) {
                return false;
            }
            self.number = row;
        }
        let text = text_of(value);
        let column = column as usize;
        if !text.is_empty() {
            if self.cells.len() <= column {
                self.cells.resize(column + 1, String::new());
            }
            if let Some(cell) = self.cells.get_mut(column) {
                *cell = text;
            }
        }
        true
    }

    fn give(&mut self, take: &mut dyn FnMut(u32, &[String]) -> bool) -> bool {
        let more = self.cells.is_empty() || take(self.number, &self.cells);
        self.cells.clear();
        more
    }
}

/// Writes the rows of several sheets as one table.
struct Writer {
    out: BufWriter<File>,
    several: bool,
    orders_have_ids: bool,
    columns: usize,
    /// Lines written so far.
    lines: u64,
    /// Lines before the sheet's first row.
    offset: u64,
    is_first: bool,
    /// How often each row stands in the sheets before, at most, and in this one.
    before: HashMap<u64, u32>,
    here: HashMap<u64, u32>,
    repeated: u64,
    sheet: String,
    notes: Vec<Note>,
    error: Option<std::io::Error>,
}

impl Writer {
    fn new(out: BufWriter<File>, tables: &[Table]) -> Self {
        let headers = tables.first().map_or(&[][..], |table| &table.headers);
        let is_id = |header: &String| words::column_rank(header, Field::OrderId).is_some();
        Self {
            out,
            several: tables.len() > 1,
            orders_have_ids: headers.iter().any(is_id),
            columns: headers.len(),
            lines: 0,
            offset: 0,
            is_first: true,
            before: HashMap::new(),
            here: HashMap::new(),
            repeated: 0,
            sheet: String::new(),
            notes: Vec::new(),
            error: None,
        }
    }

    fn start(&mut self, table: &Table) {
        self.sheet.clone_from(&table.sheet);
        // Later sheets follow where the first ended; their headers are not repeated.
        self.offset = self.lines;
        let line = self.lines + 1;
        let text = if self.is_first {
            format!("sheet `{}` of the workbook is read", table.sheet)
        } else {
            format!("sheet `{}` follows from line {line} on", table.sheet)
        };
        let params = vec![("sheet", table.sheet.clone()), ("line", line.to_string())];
        self.notes.push(Note::new("sheet", params, text));
    }

    /// Writes a row down; false if that failed.
    fn row(&mut self, table: &Table, row: u32, cells: &[String]) -> bool {
        let is_header = row == table.header_row;
        if row < table.header_row || (is_header && !self.is_first) {
            return true;
        }
        let filled = cells
            .iter()
            .map(String::as_str)
            .chain(std::iter::repeat(""))
            .take(self.columns.max(cells.len()));
        let repeats = !is_header && self.several && self.orders_have_ids && self.repeats(cells);
        self.repeated += u64::from(repeats);
        let mark = match (self.several, is_header, repeats) {
            (false, ..) => None,
            (true, true, _) => Some(MERGED),
            (true, false, true) => Some(IS_MERGED),
            (true, false, false) => Some(""),
        };
        let mut text = Vec::new();
        let wanted = self.offset + u64::from(row);
        // Rows without a cell are lines without a character, so that lines are rows.
        while self.is_first && self.lines < wanted {
            text.push(b'\n');
            self.lines += 1;
        }
        write_row(filled.chain(mark), &mut text);
        self.lines += 1;
        self.error = self.out.write_all(&text).err();
        self.error.is_none()
    }

    /// Returns true if an earlier sheet has this row as often as it was met in this one.
    fn repeats(&mut self, cells: &[String]) -> bool {
        let hash = row_hash(cells.iter().map(|cell| cell.trim()));
        let met = self.here.entry(hash).or_insert(0);
        *met += 1;
        self.before.get(&hash).is_some_and(|before| *met <= *before)
    }

    fn finish_sheet(&mut self) {
        self.is_first = false;
        if self.repeated > 0 {
            let count = self.repeated.to_string();
            self.notes.push(Note::new(
                "sheets_overlap",
                vec![("sheet", self.sheet.clone()), ("rows", count.clone())],
                format!(
                    "{count} rows of sheet `{}` repeat rows of an earlier sheet and are counted once",
                    self.sheet
                ),
            ));
        }
        self.repeated = 0;
        self.remember();
    }

    #[expect(
        clippy::iter_over_hash_type,
        reason = "the largest of two counts does not depend on the order"
    )]
    fn remember(&mut self) {
        for (hash, count) in std::mem::take(&mut self.here) {
            let before = self.before.entry(hash).or_insert(0);
            *before = count.max(*before);
        }
    }
}

/// Returns a cell as a text file would have it.
fn text_of(value: &Data) -> String {
    match value {
        Data::Empty => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number_text(*number),
        Data::Bool(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
        Data::Error(_) => "#N/A".to_owned(),
        Data::DateTime(time) if time.is_duration() => number_text(time.as_f64()),
        Data::DateTime(time) => {
            let (year, month, day, hour, minute, second, milli) = time.to_ymd_hms_milli();
            let clock = format!("{hour:02}:{minute:02}:{second:02}");
            let fraction = if milli > 0 {
                format!(".{milli:03}")
            } else {
                String::new()
            };
            match time.as_f64() {
                // A time of day alone.
                serial if serial < 1.0 => clock,
                _ if (hour, minute, second, milli) == (0, 0, 0, 0) => {
                    format!("{year:04}-{month:02}-{day:02}")
                }
                _ => format!("{year:04}-{month:02}-{day:02} {clock}{fraction}"),
            }
        }
    }
}

/// Writes whole numbers without a point, and those whose last digits a spreadsheet does not keep in the form that is
/// refused as an id.
fn number_text(number: f64) -> String {
    if number.abs() >= SHORTENED {
        return format!("{number:E}").replace('E', "E+").replace("+-", "-");
    }
    number.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::{ExcelDateTime, ExcelDateTimeType};

    fn date(serial: f64, is_1904: bool) -> String {
        let kind = ExcelDateTimeType::DateTime;
        text_of(&Data::DateTime(ExcelDateTime::new(serial, kind, is_1904)))
    }

    #[test]
    fn serial_dates_are_dates() {
        // 2009-12-01 07:45 is day 40148 of Excel's count, and 0.322916… of it.
        assert_eq!(date(40_148.322_916_666_664, false), "2009-12-01 07:45:00");
        assert_eq!(date(40_148.0, false), "2009-12-01");
        assert_eq!(date(38_686.0, true), "2009-12-01");
        assert_eq!(date(0.5, false), "12:00:00");
    }

    #[test]
    fn numbers_are_written_as_people_do_and_lost_digits_are_seen() {
        assert_eq!(number_text(17850.0), "17850");
        assert_eq!(number_text(2.55), "2.55");
        assert_eq!(number_text(-0.5), "-0.5");
        assert_eq!(number_text(999_999_999_999_999.0), "999999999999999");
        assert_eq!(number_text(1.032_93e19), "1.03293E+19");
        assert_eq!(
            number_text(2.100_000_000_000_001e18),
            "2.100000000000001E+18"
        );
    }
}
