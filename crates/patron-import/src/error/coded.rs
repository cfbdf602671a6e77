//! What kind of failure an [`ImportError`] is, its values by name, and what mends it.

use patron_core::{Coded, ErrorCode};

use super::{ImportError, missing_list, quoted};
use crate::field::Field;

impl Coded for ImportError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::NotFound { .. } | Self::IsDirectory { .. } | Self::Io { .. } => {
                ErrorCode::InputUnreadable
            }
            Self::Empty { .. } | Self::HeaderOnly { .. } | Self::FolderWithoutTables { .. } => {
                ErrorCode::InputEmpty
            }
            Self::NoHeader { .. }
            | Self::OtherFormat { .. }
            | Self::Parquet { .. }
            | Self::Binary { .. }
            | Self::HeaderNotUtf8 { .. }
            | Self::TruncatedGzip { .. }
            | Self::CorruptGzip { .. }
            | Self::CorruptArchive { .. }
            | Self::Workbook { .. }
            | Self::JsonBroken { .. }
            | Self::JsonCutShort { .. }
            | Self::StrayQuote { .. }
            | Self::QuoteNotClosed { .. }
            | Self::RecordTooLong { .. }
            | Self::MissingColumns { .. }
            | Self::NotOfPreset { .. }
            | Self::OtherContent { .. }
            | Self::MissingOfList { .. }
            | Self::SpendRepeated { .. }
            | Self::PresetRefused { .. }
            | Self::UnstableCustomerKey { .. }
            | Self::DatesNotUnderstood { .. }
            | Self::TwoCurrencies { .. }
            | Self::OtherCurrency { .. } => ErrorCode::InputNotUnderstood,
            Self::SeveralTables { .. }
            | Self::AmbiguousColumn { .. }
            | Self::AmbiguousDates { .. }
            | Self::MixedDates { .. }
            | Self::DatesChangeOrder { .. }
            | Self::MixedDecimalMarks { .. } => ErrorCode::InputAmbiguous,
            Self::NoSuchPart { .. }
            | Self::MappedColumnMissing { .. }
            | Self::UnknownPreset { .. }
            | Self::UnknownEncoding { .. } => ErrorCode::SettingInvalid,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "file_not_found",
            Self::IsDirectory { .. } => "file_is_directory",
            Self::Io { .. } => "file_unreadable",
            Self::Empty { .. } => "file_empty",
            Self::HeaderOnly { .. } => "file_header_only",
            Self::NoHeader { .. } => "file_no_header",
            Self::OtherFormat { .. } => "file_other_format",
            Self::Parquet { .. } => "file_parquet",
            Self::Binary { .. } => "file_binary",
            Self::UnknownEncoding { .. } => "encoding_unknown",
            Self::HeaderNotUtf8 { .. } => "header_not_utf8",
            Self::TruncatedGzip { .. } => "gzip_truncated",
            Self::CorruptGzip { .. } => "gzip_corrupt",
            Self::CorruptArchive { .. } => "archive_corrupt",
            Self::Workbook { .. } => "workbook_unreadable",
            Self::SeveralTables { .. } => "several_tables",
            Self::NoSuchPart { .. } => "no_such_part",
            Self::FolderWithoutTables { .. } => "folder_without_tables",
            Self::JsonBroken { .. } => "json_broken",
            Self::JsonCutShort { .. } => "json_cut_short",
            Self::StrayQuote { .. } => "stray_quote",
            Self::QuoteNotClosed { .. } => "quote_not_closed",
            Self::RecordTooLong { .. } => "record_too_long",
            Self::MissingColumns { .. } => "columns_missing",
            Self::AmbiguousColumn { .. } => "column_ambiguous",
            Self::MappedColumnMissing { .. } => "mapped_column_missing",
            Self::UnknownPreset { .. } => "preset_unknown",
            Self::NotOfPreset { .. } => "not_of_preset",
            Self::OtherContent { .. } => "other_content",
            Self::MissingOfList { .. } => "missing_of_list",
            Self::SpendRepeated { .. } => "spend_repeated",
            Self::PresetRefused { .. } => "preset_refused",
            Self::UnstableCustomerKey { .. } => "customer_key_unstable",
            Self::AmbiguousDates { .. } => "dates_ambiguous",
            Self::MixedDates { .. } => "dates_mixed",
            Self::DatesChangeOrder { .. } => "dates_change_order",
            Self::DatesNotUnderstood { .. } => "dates_not_understood",
            Self::MixedDecimalMarks { .. } => "decimal_marks_mixed",
            Self::TwoCurrencies { .. } => "two_currencies",
            Self::OtherCurrency { .. } => "other_currency",
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        let mut params: Vec<(&'static str, String)> = self
            .file()
            .map(|file| ("file", file.to_owned()))
            .into_iter()
            .collect();
        params.extend(self.own_params());
        params
    }

    fn hint(&self) -> Option<String> {
        self.mend()
    }
}

impl ImportError {
    fn own_params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::OtherFormat { found, .. } => vec![("found", (*found).to_owned())],
            Self::Binary { byte, offset, .. } | Self::HeaderNotUtf8 { byte, offset, .. } => {
                vec![
                    ("byte", format!("{byte:#04x}")),
                    ("offset", offset.to_string()),
                ]
            }
            Self::SeveralTables { tables, .. } => vec![("tables", quoted(tables))],
            Self::NoSuchPart { part, known, .. } => {
                vec![("part", part.clone()), ("known", quoted(known))]
            }
            Self::JsonBroken { line, found, .. } => {
                vec![("line", line.to_string()), ("found", found.clone())]
            }
            Self::JsonCutShort { line, .. }
            | Self::StrayQuote { line, .. }
            | Self::QuoteNotClosed { line, .. }
            | Self::RecordTooLong { line, .. } => {
                vec![("line", line.to_string())]
            }
            Self::MissingColumns {
                missing, headers, ..
            } => vec![
                ("missing", missing_list(missing)),
                ("headers", quoted(headers)),
            ],
            Self::AmbiguousColumn { field, columns, .. } => {
                vec![("field", field.to_string()), ("columns", quoted(columns))]
            }
            Self::MappedColumnMissing {
                field,
                column,
                headers,
                ..
            } => vec![
                ("field", field.to_string()),
                ("column", column.clone()),
                ("headers", quoted(headers)),
            ],
            Self::UnknownEncoding { label } => vec![("label", label.clone())],
            Self::UnknownPreset { name, known } => {
                vec![("name", name.clone()), ("known", quoted(known))]
            }
            Self::NotOfPreset { preset, found, .. } => {
                vec![("preset", preset.clone()), ("found", found.clone())]
            }
            Self::OtherContent { holds, .. } => vec![("holds", holds.key().to_owned())],
            Self::MissingOfList { holds, .. } => vec![("holds", holds.key().to_owned())],
            Self::SpendRepeated { column, .. } => vec![("column", column.clone())],
            Self::PresetRefused {
                preset, because, ..
            } => vec![("preset", preset.clone()), ("because", because.clone())],
            Self::UnstableCustomerKey { column, .. } => vec![("column", column.clone())],
            _ => self.value_params(),
        }
    }

    fn date_params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::MixedDates {
                column,
                day_first,
                month_first,
                ..
            } => vec![
                ("column", column.clone()),
                ("day_first", day_first.value.clone()),
                ("day_first_line", day_first.line.to_string()),
                ("month_first", month_first.value.clone()),
                ("month_first_line", month_first.line.to_string()),
            ],
            Self::DatesChangeOrder {
                column,
                format,
                other,
                rows,
                ..
            } => vec![
                ("column", column.clone()),
                ("format", format.key().to_owned()),
                ("other", other.value.clone()),
                ("line", other.line.to_string()),
                ("rows", rows.to_string()),
            ],
            _ => Vec::new(),
        }
    }

    fn value_params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::AmbiguousDates {
                column, example, ..
            }
            | Self::DatesNotUnderstood {
                column, example, ..
            } => vec![("column", column.clone()), ("example", example.clone())],
            Self::MixedDates { .. } | Self::DatesChangeOrder { .. } => self.date_params(),
            Self::MixedDecimalMarks {
                column,
                point,
                comma,
                ..
            } => vec![
                ("column", column.clone()),
                ("point", point.clone()),
                ("comma", comma.clone()),
            ],
            Self::TwoCurrencies {
                first,
                first_line,
                second,
                second_line,
                ..
            } => vec![
                ("first", first.clone()),
                ("first_line", first_line.to_string()),
                ("second", second.clone()),
                ("second_line", second_line.to_string()),
            ],
            Self::OtherCurrency {
                found,
                line,
                expected,
                ..
            } => vec![
                ("found", found.clone()),
                ("line", line.to_string()),
                ("expected", expected.clone()),
            ],
            _ => Vec::new(),
        }
    }

    fn mend(&self) -> Option<String> {
        let mend = match self {
            Self::NotFound { .. } => "check the name and the folder",
            Self::IsDirectory { .. } => "name the files in it",
            Self::Io { .. } => "check that you may read the file and that the disk is well",
            Self::Empty { .. } | Self::HeaderOnly { .. } => {
                "export again, with a date range that has orders"
            }
            Self::NoHeader { .. } => {
                "add a first line that names the columns, such as `customer_id,ordered_at,net`"
            }
            Self::OtherFormat { .. } | Self::Binary { .. } => {
                "export it as CSV or XLSX, or unpack it first"
            }
            Self::Parquet { .. } => "give the file to `patron run`",
            Self::HeaderNotUtf8 { .. } => {
                "save the file as UTF-8 (in a spreadsheet: \"CSV UTF-8\"), or say its encoding with `--encoding`"
            }
            Self::UnknownEncoding { .. } => {
                "name one such as utf-8, utf-16le, gb18030, big5, windows-1252 or macintosh"
            }
            Self::Workbook { .. } => {
                "open it in a spreadsheet and save it again as XLSX or CSV; a password must be taken off"
            }
            Self::JsonBroken { .. } => {
                "mend the line, or export again: one record per line, or an array of records"
            }
            Self::FolderWithoutTables { .. } => "put the exports there, or name the files",
            Self::TruncatedGzip { .. }
            | Self::CorruptGzip { .. }
            | Self::CorruptArchive { .. }
            | Self::JsonCutShort { .. } => "download or copy the file again",
            Self::StrayQuote { .. } | Self::QuoteNotClosed { .. } => {
                "close the quote, or double it if it belongs to the text; a file cut short also ends this way"
            }
            Self::RecordTooLong { .. } => "check that the file is text with one row per line",
            Self::NotOfPreset { .. } => {
                "leave out `--as`, or map the columns with `--map field=column`"
            }
            Self::OtherContent { holds, .. } => holds.mend(),
            Self::SpendRepeated { .. } => "export it without the breakdown by attribution window",
            Self::MissingOfList { .. } => {
                "name the column with `--map field=COLUMN`; if the file holds something else, say so with `--as orders`, `--as customers`, `--as refunds`, `--as products`, `--as events`, `--as surveys` or `--as spend`"
            }
            Self::PresetRefused { mend, .. } => mend,
            Self::UnstableCustomerKey { .. } => {
                "map the buyer's name, `buyer_open_uid` or `ouid` instead: they stay the same"
            }
            Self::UnknownPreset { .. } => {
                "leave out `--as`: known files are recognised by themselves"
            }
            _ => return self.mend_values().or_else(|| self.mend_columns()),
        };
        Some(mend.to_owned())
    }

    fn mend_values(&self) -> Option<String> {
        let mend = match self {
            Self::MixedDates { .. } | Self::DatesChangeOrder { .. } => {
                "make the dates of one form, or give `--date-format dmy` or `mdy`: rows of the other form are then set aside"
            }
            Self::AmbiguousDates { .. } => {
                "say which with `--date-format dmy` or `--date-format mdy`"
            }
            Self::MixedDecimalMarks { .. } => {
                "say which with `--decimal-mark point` or `comma`: rows of the other form are then set aside"
            }
            Self::TwoCurrencies { .. } | Self::OtherCurrency { .. } => {
                "convert them with `--rates FILE`, a file such as `date,from,to,rate` and `--currency` for the currency they become; or give one currency at a time"
            }
            _ => return None,
        };
        Some(mend.to_owned())
    }

    fn mend_columns(&self) -> Option<String> {
        match self {
            Self::SeveralTables { file, tables } => Some(format!(
                "name one: `{file}#{}`",
                tables.first().map_or("", String::as_str)
            )),
            Self::NoSuchPart { file, known, .. } => Some(format!(
                "name one that is there: `{file}#{}`",
                known.first().map_or("", String::as_str)
            )),
            Self::MissingColumns { headless: true, .. } => Some(
                "the first line looks like data: put a line with the names of the columns before it"
                    .to_owned(),
            ),
            Self::MissingColumns { missing, .. } => Some(map_hints(missing)),
            Self::AmbiguousColumn { field, columns, .. } => Some(format!(
                "say which with {}",
                columns
                    .iter()
                    .map(|column| format!("`--map \"{field}={column}\"`"))
                    .collect::<Vec<_>>()
                    .join(" or ")
            )),
            Self::MappedColumnMissing { field, .. } => Some(format!(
                "name a column as the header spells it, or by its number: `--map {field}=#1`"
            )),
            Self::DatesNotUnderstood { .. } => Some(
                "name the column of the order's date with `--map ordered_at=COLUMN`".to_owned(),
            ),
            _ => None,
        }
    }
}

fn map_hints(missing: &[(Field, Vec<String>)]) -> String {
    let maps: Vec<String> = missing
        .iter()
        .map(|(field, candidates)| match candidates.as_slice() {
            [] => format!("`--map \"{field}=COLUMN\"`"),
            [one] => format!("`--map \"{field}={one}\"`"),
            several => format!("`--map \"{field}=COLUMN\"` (COLUMN: {})", quoted(several)),
        })
        .collect();
    let maps = maps.join(" ");
    if missing.iter().any(|(_, candidates)| candidates.is_empty()) {
        format!(
            "give a file with one row per order or order line; if a column holds it, say which with {maps}"
        )
    } else {
        format!("say which with {maps}")
    }
}
