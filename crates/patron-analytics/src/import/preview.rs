//! The first rows of a file as they were understood.

use std::path::Path;

use patron_import::{
    Content, FileKind, ImportError, ImportOptions, RowKind, RowReader, file_kind, open_text,
};

/// One row, as it was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The line of the file.
    pub line: u64,
    /// Whose.
    pub customer: String,
    /// The order's id.
    pub order: String,
    /// µs UTC, if there is a date.
    pub at: Option<i64>,
    /// In ten-thousandths.
    pub net: i64,
    /// What it is: `order`, `line`, `refund`, or the class of a row that is set aside.
    pub what: &'static str,
}

/// Reads up to `rows` of the first rows of a text file; none of other files.
///
/// # Errors
/// As reading the file.
pub fn sample(
    path: &Path,
    options: &ImportOptions,
    rows: usize,
) -> Result<Vec<Sample>, ImportError> {
    if file_kind(path)? != FileKind::Text {
        return Ok(Vec::new());
    }
    let (understanding, mut blocks) = open_text(path, options)?;
    let Some(block) = blocks.next() else {
        return Ok(Vec::new());
    };
    let mut reader = RowReader::new(understanding.into(), options.clone().into(), 0);
    let facts = reader.parse_block(&block?)?.facts;
    let is_derived = |row: &usize| {
        facts.kind.get(*row) == Some(&RowKind::Refund) && facts.at.get(*row) == Some(&i64::MIN)
    };
    let shown = (0..facts.len()).filter(|row| !is_derived(row)).take(rows);
    let sample = shown.filter_map(|row| {
        Some(Sample {
            line: *facts.line.get(row)?,
            customer: facts.customer.get(row).to_owned(),
            order: facts.order_id.get(row).to_owned(),
            at: facts.at.get(row).copied().filter(|&at| at != i64::MIN),
            net: *facts.net.get(row)?,
            what: match facts.kind.get(row)? {
                RowKind::Order => "order",
                RowKind::Line => "line",
                RowKind::Refund => "refund",
                RowKind::Person if facts.holds == Content::Customers => "customer",
                RowKind::Person => "further row",
                RowKind::Product => "product",
                RowKind::Event => "event",
                RowKind::Answer => "answer",
                RowKind::Spend => "spend",
                RowKind::Mention(class) => class.key(),
            },
        })
    });
    Ok(sample.collect())
}
