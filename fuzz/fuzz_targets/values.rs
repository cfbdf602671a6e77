//! Single values: dates, amounts, quantities, ids, statuses, currencies, telephone numbers, each in its own column.
//!
//! A cell says the same whether it comes from a text file or, as text, from a typed one.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use patron_fuzz::{Outcome, SETTINGS, Settings};
use patron_import::{
    Cell, DateFormat, DecimalMark, Format, ImportOptions, RowReader, TextBlock, Understanding, WrittenDown,
    hash_cell, understand_table,
};

const HEADERS: [&str; 9] = [
    "order_id", "customer_id", "date", "net", "refunded", "status", "currency", "phone", "email",
];
const ROW: [&str; 9] = [
    "o1", "c1", "2024-05-01", "12.5", "1", "paid", "EUR", "+4930123456", "a@example.com",
];
const FORMATS: [DateFormat; 5] = [
    DateFormat::YearMonthDay,
    DateFormat::DayMonthYear,
    DateFormat::MonthDayYear,
    DateFormat::MonthName,
    DateFormat::SheetDay,
];

type Ready = Vec<(ImportOptions, Arc<Understanding>)>;

/// One way to read for each date format and decimal mark.
static WAYS: LazyLock<Ready> = LazyLock::new(|| {
    let marks = [DecimalMark::Point, DecimalMark::Comma];
    let ways = FORMATS.iter().flat_map(|date| marks.map(|mark| (*date, mark)));
    ways.map(|(date, mark)| {
        let options = ImportOptions {
            date_format: Some(date),
            decimal_mark: Some(mark),
            with_details: true,
            ..ImportOptions::default()
        };
        let headers = HEADERS.map(str::to_owned);
        let sample = vec![ROW.map(|cell| Some(cell.to_owned())).to_vec(); 3];
        let format = Format::Delimited { delimiter: b',', gzip: false };
        let understanding = understand_table("values", format, &headers, &sample, &options, None);
        (options, Arc::new(understanding.expect("a table of orders")))
    })
    .collect()
});

fuzz_target!(|bytes: &[u8]| {
    let Some((_, text)) = Settings::split(bytes) else {
        return;
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    if text.contains('\0') {
        return;
    }
    let (options, understanding) = &WAYS[usize::from(bytes[SETTINGS - 1]) % WAYS.len()];
    let given: Vec<&str> = text.split('\u{1}').take(HEADERS.len()).collect();
    let cells: Vec<&str> = given.iter().copied().chain(ROW.iter().copied().skip(given.len())).collect();
    let reader = || RowReader::new(Arc::clone(understanding), Arc::new(options.clone()), 0);
    let mut typed = Outcome::default();
    let mut batch = reader().new_batch(0);
    let places: Vec<Cell<'_>> =
        understanding.columns.iter().map(|column| Cell::Text(cells[column.index])).collect();
    let hash = understanding
        .hashed_columns
        .iter()
        .fold(understanding.row_seed(), |hash, &index| hash_cell(hash, &Cell::Text(cells[index])));
    reader().read_row((2, hash), &places, &mut batch, &mut WrittenDown);
    typed.add(&batch);
    let mut written = Outcome::default();
    let quoted: Vec<String> =
        cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
    let block = TextBlock { index: 0, first_line: 2, bytes: format!("{}\n", quoted.join(",")).into_bytes() };
    written.add(&reader().parse_block(&block, &mut WrittenDown).expect("quotes are closed"));
    assert_eq!(typed, written, "a cell says the same from a typed file");
});
