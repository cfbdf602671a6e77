//! Why a file cannot be read at all. What is wrong with a single row is a [`crate::Reason`].

mod coded;

use std::io;

use crate::content::Content;
use crate::field::Field;
use crate::options::DateFormat;
use crate::understand::DateSeen;

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// There is no such file.
    #[error("cannot open `{file}`: there is no such file")]
    NotFound {
        /// The file.
        file: String,
    },
    /// It is a folder.
    #[error("cannot read `{file}`: it is a folder, expected a file")]
    IsDirectory {
        /// The folder.
        file: String,
    },
    /// The system refuses, at once or on the way.
    #[error("cannot read `{file}`")]
    Io {
        /// The file.
        file: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// There is nothing in it.
    #[error("`{file}` is empty")]
    Empty {
        /// The file.
        file: String,
    },
    /// There is a header and nothing else.
    #[error("`{file}` has a header and no rows")]
    HeaderOnly {
        /// The file.
        file: String,
    },
    /// The first line is not a header.
    #[error(
        "the first line of `{file}` looks like data: `{found}` stands where the column of dates is; a header with names is needed"
    )]
    NoHeader {
        /// The file.
        file: String,
        /// What stands there.
        found: String,
    },
    /// It is another kind of file.
    #[error("`{file}` is {found}, expected CSV, JSON, XLSX, XLS, gzip or zip of these, or Parquet")]
    OtherFormat {
        /// The file.
        file: String,
        /// What it is.
        found: &'static str,
    },
    /// It is Parquet, which the text reader leaves to the engine.
    #[error("`{file}` is Parquet, expected text")]
    Parquet {
        /// The file.
        file: String,
    },
    /// It is not text.
    #[error("`{file}` is not text: byte {byte:#04x} at place {offset}")]
    Binary {
        /// The file.
        file: String,
        /// The first byte that no text has.
        byte: u8,
        /// Its place, from 0 (in the uncompressed text).
        offset: u64,
    },
    /// The encoding asked for is not known.
    #[error("there is no encoding `{label}`")]
    UnknownEncoding {
        /// What was asked for.
        label: String,
    },
    /// The header is not UTF-8.
    #[error("the header of `{file}` is not UTF-8: byte {byte:#04x} at place {offset}")]
    HeaderNotUtf8 {
        /// The file.
        file: String,
        /// The first byte that does not fit.
        byte: u8,
        /// Its place, from 0.
        offset: u64,
    },
    /// The compressed file ends before its content does.
    #[error("`{file}` is cut short: the compressed data ends before its end mark")]
    TruncatedGzip {
        /// The file.
        file: String,
    },
    /// The compressed file does not hold together.
    #[error("`{file}` is damaged: the compressed data does not hold together")]
    CorruptGzip {
        /// The file.
        file: String,
        /// What the decoder said.
        #[source]
        source: io::Error,
    },
    /// The archive, or the compressed data in it, does not hold together.
    #[error("`{file}` is damaged: the archive does not hold together")]
    CorruptArchive {
        /// The file.
        file: String,
        /// What the decoder said.
        #[source]
        source: io::Error,
    },
    /// The workbook cannot be read.
    #[error("cannot read the workbook `{file}`")]
    Workbook {
        /// The file.
        file: String,
        /// What the reader of workbooks said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An archive or a workbook holds several tables that are not one.
    #[error("`{file}` holds {} tables: {}", tables.len(), quoted(tables))]
    SeveralTables {
        /// The file.
        file: String,
        /// Their names.
        tables: Vec<String>,
    },
    /// A part was asked for that is not there.
    #[error("`{file}` has no part `{part}`; it has {}", quoted(known))]
    NoSuchPart {
        /// The file.
        file: String,
        /// The part.
        part: String,
        /// The parts there are.
        known: Vec<String>,
    },
    /// A folder holds no table.
    #[error("the folder `{folder}` holds no file that could be a table")]
    FolderWithoutTables {
        /// The folder.
        folder: String,
    },
    /// Something between records of JSON, or in one, is no JSON.
    #[error("line {line} of `{file}` is not a record of JSON: {found}")]
    JsonBroken {
        /// The file.
        file: String,
        /// The line.
        line: u64,
        /// What was found.
        found: String,
    },
    /// JSON ends within a record or an array.
    #[error("`{file}` is cut short: what starts in line {line} does not end")]
    JsonCutShort {
        /// The file.
        file: String,
        /// The line.
        line: u64,
    },
    /// A quote is opened and swallows other rows.
    #[error("a quote opened in line {line} of `{file}` swallows the lines behind it")]
    StrayQuote {
        /// The file.
        file: String,
        /// The line.
        line: u64,
    },
    /// A quote is opened and never closed.
    #[error("a quote opened in line {line} of `{file}` is never closed")]
    QuoteNotClosed {
        /// The file.
        file: String,
        /// The line.
        line: u64,
    },
    /// A line is longer than any record patron holds.
    #[error("line {line} of `{file}` is longer than {limit} bytes")]
    RecordTooLong {
        /// The file.
        file: String,
        /// The line.
        line: u64,
        /// The most bytes a record may have.
        limit: usize,
    },
    /// Columns that are needed are not there.
    #[error(
        "`{file}` has no column for {}; it has {}",
        missing_list(missing),
        quoted(headers)
    )]
    MissingColumns {
        /// The file.
        file: String,
        /// What is missing, each with the columns it might be.
        missing: Vec<(Field, Vec<String>)>,
        /// The headers there are.
        headers: Vec<String>,
        /// The first line holds a date or a number: there may be no header at all.
        headless: bool,
    },
    /// Two columns could equally well be one field.
    #[error("`{file}` has {} equally good columns for `{field}`: {}", columns.len(), quoted(columns))]
    AmbiguousColumn {
        /// The file.
        file: String,
        /// The field.
        field: Field,
        /// The columns.
        columns: Vec<String>,
    },
    /// A `--map` names a column that is not there.
    #[error(
        "`{file}` has no column `{column}` for `{field}`; it has {}",
        quoted(headers)
    )]
    MappedColumnMissing {
        /// The file.
        file: String,
        /// The field.
        field: Field,
        /// The column asked for.
        column: String,
        /// The headers there are.
        headers: Vec<String>,
    },
    /// There is no preset of that name.
    #[error("there is no preset `{name}`; there are {}", quoted(known))]
    UnknownPreset {
        /// The name.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// A preset was asked for and its columns are not there.
    #[error("`{file}` is not of preset `{preset}`: {found}")]
    NotOfPreset {
        /// The file.
        file: String,
        /// The preset.
        preset: String,
        /// What was found instead.
        found: String,
    },
    /// It holds something else than orders.
    #[error("`{file}` holds {holds}{}, expected orders or order lines", of_preset(preset.as_deref()))]
    OtherContent {
        /// The file.
        file: String,
        /// What it holds.
        holds: Content,
        /// The preset that recognised it.
        preset: Option<String>,
    },
    /// A list lacks columns without which its rows say nothing.
    #[error(
        "`{file}` holds {holds}, but no column is recognised as {}; it has {}",
        one_of_each(missing),
        quoted(headers)
    )]
    MissingOfList {
        /// The file.
        file: String,
        /// What it holds.
        holds: Content,
        /// Of each group one is needed.
        missing: Vec<Vec<Field>>,
        /// The headers there are.
        headers: Vec<String>,
    },
    /// Spend stands in several rows that differ only in the attribution window.
    #[error("`{file}` repeats the same spend for each `{column}`: added up, it would be too much")]
    SpendRepeated {
        /// The file.
        file: String,
        /// The column of the window.
        column: String,
    },
    /// A preset recognises it and says why it cannot be used.
    #[error("cannot use `{file}`, which is of preset `{preset}`: {because}")]
    PresetRefused {
        /// The file.
        file: String,
        /// The preset.
        preset: String,
        /// Why.
        because: String,
        /// What to do.
        mend: String,
    },
    /// A key that does not stay with its customer was to tell customers apart.
    #[error(
        "column `{column}` of `{file}` cannot tell customers apart: it changes by shop, app and week"
    )]
    UnstableCustomerKey {
        /// The file.
        file: String,
        /// The column.
        column: String,
    },
    /// Day and month cannot be told apart.
    #[error(
        "dates in column `{column}` of `{file}` can be read in two ways: `{example}` is day/month or month/day"
    )]
    AmbiguousDates {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// A date of it.
        example: String,
    },
    /// Some dates only fit day/month, others only month/day.
    #[error(
        "dates in column `{column}` of `{file}` are mixed: `{}` on line {} starts with the day, `{}` on line {} with the month",
        day_first.value, day_first.line, month_first.value, month_first.line
    )]
    MixedDates {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// The first date that can only be day/month.
        day_first: Box<DateSeen>,
        /// The first date that can only be month/day.
        month_first: Box<DateSeen>,
    },
    /// The first rows settled the order of day and month, and many later ones contradict them.
    #[error(
        "dates in column `{column}` of `{file}` change their order: the first are of the form `{}`, `{}` on line {} and {rows} rows in all are not",
        format.key(), other.value, other.line
    )]
    DatesChangeOrder {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// The form of the first rows.
        format: DateFormat,
        /// The first date of the other form.
        other: DateSeen,
        /// How many there are that can be read in no other way.
        rows: u64,
    },
    /// No date of the sample can be read.
    #[error("column `{column}` of `{file}` holds no dates: found `{example}`")]
    DatesNotUnderstood {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// A value of it.
        example: String,
    },
    /// Some amounts only fit a decimal point, others only a decimal comma.
    #[error(
        "amounts in column `{column}` of `{file}` are mixed: `{point}` has a decimal point, `{comma}` a decimal comma"
    )]
    MixedDecimalMarks {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// An amount with a decimal point.
        point: String,
        /// An amount with a decimal comma.
        comma: String,
    },
    /// The file names two currencies.
    #[error(
        "`{file}` has two currencies: {first} in line {first_line} and {second} in line {second_line}"
    )]
    TwoCurrencies {
        /// The file.
        file: String,
        /// The currency named first.
        first: String,
        /// Where.
        first_line: u64,
        /// Another currency.
        second: String,
        /// Where first.
        second_line: u64,
    },
    /// The file names another currency than the shop's.
    #[error("`{file}` has amounts in {found} (line {line}), the shop's currency is {expected}")]
    OtherCurrency {
        /// The file.
        file: String,
        /// The currency it names.
        found: String,
        /// Where first.
        line: u64,
        /// The shop's.
        expected: String,
    },
}

fn quoted(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

fn one_of_each(missing: &[Vec<Field>]) -> String {
    let group = |group: &Vec<Field>| {
        let fields: Vec<String> = group.iter().map(|field| format!("`{field}`")).collect();
        fields.join(" or ")
    };
    let groups: Vec<String> = missing.iter().map(group).collect();
    groups.join(", nor as ")
}

fn of_preset(preset: Option<&str>) -> String {
    preset.map_or_else(String::new, |name| format!(" (preset `{name}`)"))
}

fn missing_list(missing: &[(Field, Vec<String>)]) -> String {
    let fields: Vec<String> = missing
        .iter()
        .map(|(field, _)| format!("`{field}`"))
        .collect();
    fields.join(", ")
}

impl ImportError {
    /// Returns the file the error is about; nothing for an unknown preset or encoding.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        match self {
            Self::UnknownPreset { .. } | Self::UnknownEncoding { .. } => None,
            Self::NotFound { file }
            | Self::IsDirectory { file }
            | Self::Io { file, .. }
            | Self::Empty { file }
            | Self::HeaderOnly { file }
            | Self::NoHeader { file, .. }
            | Self::OtherFormat { file, .. }
            | Self::Parquet { file }
            | Self::Binary { file, .. }
            | Self::HeaderNotUtf8 { file, .. }
            | Self::TruncatedGzip { file }
            | Self::CorruptGzip { file, .. }
            | Self::CorruptArchive { file, .. }
            | Self::Workbook { file, .. }
            | Self::SeveralTables { file, .. }
            | Self::NoSuchPart { file, .. }
            | Self::FolderWithoutTables { folder: file }
            | Self::JsonBroken { file, .. }
            | Self::JsonCutShort { file, .. }
            | Self::StrayQuote { file, .. }
            | Self::QuoteNotClosed { file, .. }
            | Self::RecordTooLong { file, .. }
            | Self::MissingColumns { file, .. }
            | Self::AmbiguousColumn { file, .. }
            | Self::MappedColumnMissing { file, .. }
            | Self::NotOfPreset { file, .. }
            | Self::OtherContent { file, .. }
            | Self::MissingOfList { file, .. }
            | Self::SpendRepeated { file, .. }
            | Self::PresetRefused { file, .. }
            | Self::UnstableCustomerKey { file, .. }
            | Self::AmbiguousDates { file, .. }
            | Self::MixedDates { file, .. }
            | Self::DatesChangeOrder { file, .. }
            | Self::DatesNotUnderstood { file, .. }
            | Self::MixedDecimalMarks { file, .. }
            | Self::TwoCurrencies { file, .. }
            | Self::OtherCurrency { file, .. } => Some(file),
        }
    }
}
