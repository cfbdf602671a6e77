//! What the fuzz targets share: an input becomes options and a file, the file is read in two ways, and the two must agree.
//!
//! A target finds more than panics: every row must end in one class, rows set aside must be listed, and neither the size
//! of blocks nor threads nor memory may change what becomes of a row.
#![forbid(unsafe_code)]

#[cfg(feature = "engine")]
mod run;

use std::cell::RefCell;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::Arc;

use patron_core::{Coded as _, RowClass};
use patron_import::{
    Content, DateFormat, DecimalMark, FileKind, Grain, ImportError, ImportOptions, RejectedRow,
    RowAccount, RowBatch, RowKind, RowReader, UNDATED, WrittenDown, file_kind, open_text,
};

#[cfg(feature = "engine")]
pub use run::check_run;

/// Bytes that settle how the rest of an input is read.
pub const SETTINGS: usize = 4;

/// What the first bytes of an input settle.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How the file is read.
    pub options: ImportOptions,
    /// In blocks of which size, the second time.
    pub block_bytes: usize,
    /// The rest is packed with gzip.
    pub gzip: bool,
}

impl Settings {
    /// Splits an input; nothing if it is too short.
    #[must_use]
    pub fn split(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (&[delimiter, encoding, marks, block], rest) = bytes.split_first_chunk::<SETTINGS>()?;
        let pick = |byte: u8, from: &[Option<&str>]| {
            from.get(usize::from(byte) % from.len())
                .copied()
                .flatten()
                .map(str::to_owned)
        };
        let encodings = [
            None,
            Some("utf-8"),
            Some("gb18030"),
            Some("big5"),
            Some("windows-1252"),
            Some("macintosh"),
            Some("utf-16le"),
            Some("shift_jis"),
        ];
        let bit = |place: u8| marks >> place & 1 == 1;
        let options = ImportOptions {
            delimiter: [None, Some(b','), Some(b';'), Some(b'\t'), Some(b'|')]
                [usize::from(delimiter) % 5],
            encoding: pick(encoding, &encodings),
            date_format: bit(0).then_some(DateFormat::YearMonthDay),
            decimal_mark: bit(1).then_some(DecimalMark::Point),
            grain: bit(2).then_some(Grain::Line),
            several_files: bit(3),
            with_details: bit(4),
            lists: bit(5),
            currency: bit(6).then(|| "EUR".to_owned()),
            ..ImportOptions::default()
        };
        let settings = Self {
            options,
            block_bytes: usize::from(block).max(1) * 3,
            gzip: bit(7),
        };
        Some((settings, rest))
    }
}

/// Calls with a file that holds these bytes; it is written anew for every input.
pub fn with_file<T>(bytes: &[u8], work: impl FnOnce(&Path) -> T) -> T {
    thread_local! {
        static FILE: RefCell<tempfile::NamedTempFile> =
            RefCell::new(tempfile::Builder::new().suffix(".csv").tempfile().expect("a file"));
    }
    FILE.with_borrow_mut(|file| {
        let handle = file.as_file_mut();
        handle.set_len(0).expect("an empty file");
        handle.seek(SeekFrom::Start(0)).expect("its beginning");
        handle.write_all(bytes).expect("bytes go in");
        work(file.path())
    })
}

/// Packs bytes with gzip.
#[must_use]
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// Lets the reader of workbooks die in its own thread, as it may: patron makes an error of that. Any other panic is a
/// finding.
pub fn forgive_workbooks() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().name() != Some(patron_import::WORKBOOK_THREAD) {
            usual(panic);
        }
    }));
}

/// What became of a file, without what depends on blocks.
#[derive(Debug, Default, PartialEq)]
pub struct Outcome {
    account: RowAccount,
    rejected: Vec<RejectedRow>,
    aside_hashes: Vec<u64>,
    currencies: Vec<(String, u64)>,
    unknown_statuses: std::collections::BTreeMap<String, u64>,
    facts: Vec<Fact>,
    digest: [u8; 32],
}

/// One fact: customer, order, at, net, quantity, kind, status, hash, line, contact, details.
type Fact = (String, String, [i64; 3], RowKind, u8, u64, u64, Vec<String>, String);

impl Outcome {
    /// Adds what became of a block, once that adds up.
    pub fn add(&mut self, batch: &RowBatch) {
        adds_up(batch);
        self.account.merge(&batch.account);
        self.rejected.extend(batch.rejected.iter().cloned());
        self.aside_hashes.extend(&batch.aside_hashes);
        for (currency, line) in batch.currencies.in_order() {
            if !self.currencies.iter().any(|(known, _)| *known == currency) {
                self.currencies.push((currency, line));
            }
        }
        for (word, count) in &batch.unknown_statuses {
            *self.unknown_statuses.entry(word.clone()).or_default() += count;
        }
        let facts = &batch.facts;
        for row in 0..facts.len() {
            let contact = facts.contact.iter().flat_map(|contact| {
                [&contact.email, &contact.phone, &contact.name, &contact.consent]
                    .map(|column| column.get(row).to_owned())
            });
            let details = facts.details.iter().flat_map(|details| &details.columns);
            let details = details.map(|column| match &column.values {
                patron_import::DetailValues::Text(texts) => texts.get(row).to_owned(),
                patron_import::DetailValues::Number(values)
                | patron_import::DetailValues::Instant(values) => values[row].to_string(),
            });
            self.facts.push((
                facts.customer.get(row).to_owned(),
                facts.order_id.get(row).to_owned(),
                [facts.at[row], facts.net[row], facts.quantity[row]],
                facts.kind[row],
                facts.status[row] as u8,
                facts.row_hash[row],
                facts.line[row],
                contact.collect(),
                details.collect::<Vec<_>>().join("\u{1}"),
            ));
        }
    }

    /// Returns in which class the rows ended.
    #[must_use]
    pub const fn account(&self) -> &RowAccount {
        &self.account
    }
}

/// Checks that each row of a batch is somewhere, and in one place only.
fn adds_up(batch: &RowBatch) {
    let account = &batch.account;
    let of = |wanted: fn(RowClass) -> bool| -> u64 {
        let classes = RowClass::ALL.iter().filter(|class| wanted(**class));
        classes.map(|&class| account.count(class)).sum()
    };
    let everything = account.by_class.iter().sum::<u64>();
    assert_eq!(everything, account.rows_in, "each row ends in one class");
    let aside = of(RowClass::is_set_aside);
    assert_eq!(batch.rejected.len() as u64, aside, "each row set aside is listed");
    let facts = &batch.facts;
    let columns = [
        facts.customer.len(),
        facts.order_id.len(),
        facts.net.len(),
        facts.quantity.len(),
        facts.kind.len(),
        facts.status.len(),
        facts.row_hash.len(),
        facts.line.len(),
    ];
    assert_eq!(columns, [facts.len(); 8], "columns are of one length");
    // A row of orders may leave a second fact: what went back, nobody knows when.
    let seconds = (0..facts.len())
        .filter(|&row| {
            facts.holds == Content::Orders
                && facts.kind[row] == RowKind::Refund
                && facts.at[row] == UNDATED
        })
        .count();
    let rows = (facts.len() - seconds + batch.aside_hashes.len()) as u64;
    let merged = account.count(RowClass::Merged);
    // An event that is no order leaves nothing to compare: a page seen twice is no duplicate.
    let other = account.count(RowClass::NotAnOrder);
    let left = account.rows_in - merged;
    assert!((left.saturating_sub(other)..=left).contains(&rows), "each row left a fact or a hash");
}

/// Reads a file in blocks of about so many bytes.
///
/// # Errors
/// Those of patron-import.
pub fn read(path: &Path, options: &ImportOptions, block_bytes: usize) -> Result<Outcome, ImportError> {
    let (understanding, blocks) = open_text(path, options)?;
    let mut reader = RowReader::new(Arc::new(understanding), Arc::new(options.clone()), 0);
    let mut outcome = Outcome::default();
    let mut blocks = blocks.with_block_bytes(block_bytes);
    for block in &mut blocks {
        outcome.add(&reader.parse_block(&block?, &mut WrittenDown)?);
    }
    outcome.digest = blocks.digest()?;
    Ok(outcome)
}

/// Reads a file as it is read by default and in small blocks, and compares.
///
/// # Panics
/// If the two differ, if rows do not add up, or if an error does not say what mends it.
pub fn check(path: &Path, settings: &Settings) -> Option<Outcome> {
    let kind = file_kind(path);
    if let Ok(FileKind::Parquet) = kind {
        return None;
    }
    let whole = read(path, &settings.options, 4 << 20);
    let small = read(path, &settings.options, settings.block_bytes);
    match (whole, small) {
        (Ok(whole), Ok(small)) => {
            // An encoding that the user names may make text of what looks like none.
            assert!(
                kind.is_ok() || settings.options.encoding.is_some(),
                "read although refused: {kind:?}"
            );
            assert_eq!(whole, small, "the size of blocks does not matter");
            Some(whole)
        }
        (Err(error), Err(_)) => {
            explains(&error);
            None
        }
        (whole, small) => panic!("the size of blocks decides: {:?}", (whole.err(), small.err())),
    }
}

/// Checks that an error says what it is and what mends it.
pub fn explains(error: &ImportError) {
    assert!(!error.to_string().is_empty() && !error.key().is_empty());
    assert!(error.hint().is_some(), "{} has a mend", error.key());
}

/// The parts of a workbook, those first that hold most of what can go wrong: their names, and what a plain one holds.
pub const WORKBOOK_PARTS: &[(&str, &str)] = &[
    (
        "xl/worksheets/sheet1.xml",
        r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:D3"/><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c><c r="D1" t="s"><v>3</v></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>o1</t></is></c><c r="B2" t="str"><v>c1</v></c><c r="C2" s="1"><v>45413.5</v></c><c r="D2"><v>12.5</v></c></row><row r="3"><c r="A3"><v>17</v></c><c r="B3" t="b"><v>1</v></c><c r="C3" t="d"><v>2024-05-01</v></c><c r="D3" t="e"><v>#N/A</v></c></row></sheetData></worksheet>"#,
    ),
    (
        "xl/sharedStrings.xml",
        r#"<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="4" uniqueCount="4"><si><t>order_id</t></si><si><t>customer_id</t></si><si><r><t>da</t></r><r><t>te</t></r></si><si><t>net</t></si></sst>"#,
    ),
    (
        "xl/styles.xml",
        r#"<?xml version="1.0"?><styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="1"><numFmt numFmtId="165" formatCode="yyyy-mm-dd"/></numFmts><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="165" applyNumberFormat="1"/></cellXfs></styleSheet>"#,
    ),
    (
        "xl/workbook.xml",
        r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><workbookPr/><sheets><sheet name="Orders" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
    ),
    (
        "xl/_rels/workbook.xml.rels",
        r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#,
    ),
    (
        "[Content_Types].xml",
        r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#,
    ),
];
