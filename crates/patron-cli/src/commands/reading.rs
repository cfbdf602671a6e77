//! Flags that say how files are read; `run` and `import` have them.

use std::collections::BTreeMap;

use clap::ValueEnum;
use patron_analytics::settings::Settings;
use patron_core::{Coded, Day, ErrorCode, Instant, ShopCalendar};
use patron_ledger::At;

use crate::failure::Failure;

/// How columns and values are understood.
#[derive(Debug, clap::Args)]
pub(crate) struct Reading {
    /// What the file is: a preset such as shopify-orders, or orders, customers, refunds, products, events, surveys, spend;
    /// recognised by its header otherwise
    #[arg(long = "as", value_name = "PRESET")]
    preset: Option<String>,
    /// Column of a field, such as `--map customer_id=Client` or `--map net=#4`; may be repeated
    #[arg(long, value_name = "FIELD=COLUMN", value_parser = parse_pair)]
    map: Vec<(String, String)>,
    /// What a row is, where order ids repeat: order or line
    #[arg(long, value_name = "GRAIN")]
    grain: Option<String>,
    /// Encoding of text files, such as gb18030, big5, windows-1252 or utf-16; decided from the file where absent
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// Order of day and month in dates: ymd, dmy, mdy, named
    #[arg(long, value_name = "FORM")]
    date_format: Option<String>,
    /// Decimal mark of amounts: point or comma
    #[arg(long, value_name = "MARK")]
    decimal_mark: Option<String>,
    /// Delimiter of text files: one character, or tab
    #[arg(long, value_name = "CHARACTER")]
    delimiter: Option<String>,
    /// Country of telephone numbers that do not say theirs, such as DE: they tell customers apart where nothing else does
    #[arg(long, value_name = "COUNTRY")]
    phone_country: Option<String>,
    /// Time zone of the shop, such as Europe/Berlin: in which a day is a day
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
    /// Currency of all amounts, such as EUR
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    /// File of rates, `date,from,to,rate`: amounts in other currencies are converted at the rate of their day
    #[arg(long, value_name = "FILE")]
    rates: Option<String>,
}

/// Which rows are used.
#[derive(Debug, clap::Args)]
pub(crate) struct RowRules {
    /// Fee lines (postage, commission, bank charges): keep counts them as goods
    #[arg(long, value_name = "keep|drop")]
    fee_lines: Option<KeepOrDrop>,
    /// Gift cards sold: keep counts them as revenue
    #[arg(long, value_name = "keep|drop")]
    gift_cards: Option<KeepOrDrop>,
    /// Bad debt and adjustments: keep counts them
    #[arg(long, value_name = "keep|drop")]
    bad_debt: Option<KeepOrDrop>,
    /// Lines with a price of zero: keep makes them part of their orders
    #[arg(long, value_name = "keep|drop")]
    zero_price: Option<KeepOrDrop>,
    /// Row classes to keep that are set aside otherwise, such as zero-price; may be repeated
    #[arg(long, value_name = "CLASS", value_delimiter = ',')]
    keep: Vec<String>,
    /// Customer whose rows are set aside: staff, a reseller, a till; may be repeated
    #[arg(long, value_name = "ID")]
    exclude_customer: Vec<String>,
    /// Tag of orders or customers whose rows are set aside; may be repeated
    #[arg(long, value_name = "TAG")]
    exclude_tag: Vec<String>,
    /// Seller's flag of orders whose rows are set aside, such as `red`; may be repeated
    #[arg(long, value_name = "FLAG")]
    exclude_flag: Vec<String>,
    /// Word in the seller's memo of orders whose rows are set aside, such as 刷单; may be repeated
    #[arg(long, value_name = "WORD")]
    exclude_memo: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum KeepOrDrop {
    Keep,
    Drop,
}

/// A field that is mapped twice.
#[derive(Debug, thiserror::Error)]
#[error("`--map {field}` is given twice, as `{first}` and as `{second}`")]
struct MappedTwice {
    field: String,
    first: String,
    second: String,
}

impl Coded for MappedTwice {
    fn code(&self) -> ErrorCode {
        ErrorCode::SettingInvalid
    }

    fn key(&self) -> &'static str {
        "mapped_twice"
    }
}

impl RowRules {
    /// Row classes to keep and to set aside.
    fn classes(&self) -> (Vec<String>, Vec<String>) {
        let (mut keep, mut drop) = (self.keep.clone(), Vec::new());
        for (choice, class) in [
            (self.fee_lines, "fee-lines"),
            (self.gift_cards, "gift-cards"),
            (self.bad_debt, "bad-debt"),
            (self.zero_price, "zero-price"),
        ] {
            match choice {
                Some(KeepOrDrop::Keep) => keep.push(class.to_owned()),
                Some(KeepOrDrop::Drop) => drop.push(class.to_owned()),
                None => {}
            }
        }
        (keep, drop)
    }
}

impl Reading {
    /// The flags in the form of settings.
    pub(crate) fn settings(&self, rows: &RowRules) -> Result<Settings, Failure> {
        let (keep, drop) = rows.classes();
        Ok(Settings {
            preset: self.preset.clone(),
            map: mapping(&self.map)?,
            grain: self.grain.clone(),
            encoding: self.encoding.clone(),
            date_format: self.date_format.clone(),
            decimal_mark: self.decimal_mark.clone(),
            delimiter: self.delimiter.clone(),
            phone_country: self.phone_country.clone(),
            timezone: self.timezone.clone(),
            currency: self.currency.clone(),
            rates: self.rates.clone(),
            keep: (!keep.is_empty()).then_some(keep),
            drop: (!drop.is_empty()).then_some(drop),
            exclude_customers: named(&rows.exclude_customer),
            exclude_tags: named(&rows.exclude_tag),
            exclude_flags: named(&rows.exclude_flag),
            exclude_memos: named(&rows.exclude_memo),
            ..Settings::default()
        })
    }
}

/// What was named, if anything was.
fn named(words: &[String]) -> Option<Vec<String>> {
    (!words.is_empty()).then(|| words.to_vec())
}

fn mapping(pairs: &[(String, String)]) -> Result<Option<BTreeMap<String, String>>, Failure> {
    let mut map = BTreeMap::new();
    for (field, column) in pairs {
        if let Some(first) = map.insert(field.clone(), column.clone()) {
            return Err(Failure::of_command_line(MappedTwice {
                field: field.clone(),
                first,
                second: column.clone(),
            }));
        }
    }
    Ok((!map.is_empty()).then_some(map))
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((field, column)) if !field.trim().is_empty() && !column.trim().is_empty() => {
            Ok((field.trim().to_owned(), column.trim().to_owned()))
        }
        _ => Err("expected FIELD=COLUMN, such as customer_id=Client".to_owned()),
    }
}

/// Reads `512M`, `4G`, `1500000000`.
pub(crate) fn parse_memory(text: &str) -> Result<u64, String> {
    let bytes = bytes_of(text).filter(|&bytes| bytes >= 16 << 20);
    bytes.ok_or_else(|| "expected a size such as 512M or 4G, at least 16M".to_owned())
}

/// Reads `64K`, `512M`, `4G`.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    let bytes = bytes_of(text).filter(|&bytes| bytes >= 64 << 10);
    bytes.ok_or_else(|| "expected a size such as 512M or 4G, at least 64K".to_owned())
}

fn bytes_of(text: &str) -> Option<u64> {
    let trimmed = text
        .trim()
        .trim_end_matches(['b', 'B'])
        .trim_end_matches('i');
    let (digits, shift) = match trimmed.chars().last().map(|unit| unit.to_ascii_uppercase()) {
        Some('K') => (trimmed.get(..trimmed.len() - 1), 10),
        Some('M') => (trimmed.get(..trimmed.len() - 1), 20),
        Some('G') => (trimmed.get(..trimmed.len() - 1), 30),
        Some('T') => (trimmed.get(..trimmed.len() - 1), 40),
        _ => (Some(trimmed), 0),
    };
    let number: u64 = digits?.trim().parse().ok()?;
    number.checked_mul(1 << shift)
}

/// Reads a snapshot's number, a day (its end, UTC) or a time.
pub(crate) fn parse_at(text: &str) -> Result<At, String> {
    let text = text.trim();
    if let Ok(snapshot) = text.parse() {
        return Ok(At::Snapshot(snapshot));
    }
    if let Some(day) = Day::parse_iso(text) {
        return Ok(At::Time(ShopCalendar::utc().end_of(day)));
    }
    Instant::parse_rfc3339(text).map(At::Time).ok_or_else(|| {
        "expected a snapshot's number, a day or a time such as 2026-05-01T12:00:00Z".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_has_a_unit() {
        assert_eq!(parse_memory("512M"), Ok(512 << 20));
        assert_eq!(parse_memory("4GiB"), Ok(4 << 30));
        assert_eq!(parse_memory("1500000000"), Ok(1_500_000_000));
        for text in ["", "G", "1M", "lots", "-1G", "99999999T"] {
            assert!(parse_memory(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_mapping_has_a_field_and_a_column() {
        assert_eq!(
            parse_pair("net = #4"),
            Ok(("net".to_owned(), "#4".to_owned()))
        );
        assert!(parse_pair("net").is_err());
        assert!(parse_pair("=x").is_err());
    }
}
