//! Settings under which files are read.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use patron_core::{CalendarError, OrderStatus, ShopCalendar};
use patron_import::{
    DateFormat, DecimalMark, Exchange, ExcludeRules, Field, Grain, ImportOptions, KeepRules, Rates,
    is_phone_country,
};
use patron_segments::read_written;
use xxhash_rust::xxh3::xxh3_64;

use super::SettingsError;
use super::form::Settings;
use super::layers::{Layers, Origin, named};
use super::resolve::ResolveError;

/// Largest file of rates read: a century of days for dozens of currencies.
const LARGEST_RATES: u64 = 64 << 20;

/// Whose rows are set aside.
fn exclusions(layers: &Layers<'_>) -> Result<ExcludeRules, SettingsError> {
    let words = |setting: &'static str, of: fn(&Settings) -> Option<Vec<String>>| {
        let words = layers.take(of).map(|(words, _)| words).unwrap_or_default();
        // An empty word stands in every memo, and is the tag of every row without one.
        if words.iter().any(|word| word.trim().is_empty()) {
            return Err(SettingsError::Value {
                setting,
                value: String::new(),
                expected: "words that are not empty".to_owned(),
            });
        }
        Ok(words)
    };
    let customers = words("exclude-customer", |settings| {
        settings.exclude_customers.clone()
    })?;
    Ok(ExcludeRules {
        customers: customers.into_iter().collect(),
        tags: words("exclude-tag", |settings| settings.exclude_tags.clone())?,
        flags: words("exclude-flag", |settings| settings.exclude_flags.clone())?,
        memos: words("exclude-memo", |settings| settings.exclude_memos.clone())?,
    })
}

/// Returns the options under which files are read.
///
/// # Errors
/// [`ResolveError`] for the first value that is not one of those there are.
pub fn import_options(flags: &Settings, file: &Settings) -> Result<ImportOptions, ResolveError> {
    let layers = Layers {
        flags,
        file,
        preset: &[],
        chosen: Vec::new(),
    };
    let text = |of: fn(&Settings) -> Option<String>| layers.take(of).map(|(text, _)| text);
    let mut options = ImportOptions {
        preset: text(|settings| settings.preset.clone()),
        encoding: text(|settings| settings.encoding.clone()),
        calendar: calendar(&layers)?.0,
        currency: named(
            "currency",
            text(|settings| settings.currency.clone()),
            "the three letters of a currency, such as EUR or CNY",
            currency,
        )?,
        mapping: mapping(layers.take(|settings| settings.map.clone()))?,
        exclude: exclusions(&layers)?,
        status_words: status_words(layers.take(|settings| settings.status_words.clone()))?,
        lists: true,
        ..ImportOptions::default()
    };
    let asked = text(|settings| settings.grain.clone());
    options.grain = named("grain", asked, "order or line", grain)?;
    let asked = text(|settings| settings.date_format.clone());
    options.date_format = named(
        "date-format",
        asked,
        "ymd, dmy, mdy or named",
        DateFormat::from_key,
    )?;
    let asked = text(|settings| settings.decimal_mark.clone());
    options.decimal_mark = named(
        "decimal-mark",
        asked,
        "point or comma",
        DecimalMark::from_key,
    )?;
    let asked = text(|settings| settings.delimiter.clone());
    options.delimiter = named("delimiter", asked, "one character, or `tab`", delimiter)?;
    let asked = text(|settings| settings.phone_country.clone());
    options.phone_country = named(
        "phone-country",
        asked,
        "the code of a country, such as DE or CN",
        |country| is_phone_country(country).then(|| country.to_owned()),
    )?;
    // Each layer decides only the classes it names.
    for settings in [file, flags] {
        for class in settings.keep.iter().flatten() {
            keep(&mut options.keep, class, true)?;
        }
        for class in settings.drop.iter().flatten() {
            keep(&mut options.keep, class, false)?;
        }
    }
    Ok(options)
}

/// Returns the rates by which amounts are converted, if any are given: to the currency of the settings, else to the one
/// that is `known`. What a settings file names lies in its `folder`.
///
/// # Errors
/// [`SettingsError`] if the file cannot be read or used, or no currency is known.
pub(crate) fn exchange(
    flags: &Settings,
    (file, folder): (&Settings, &Path),
    known: Option<String>,
) -> Result<Option<Arc<Exchange>>, SettingsError> {
    let path = match (&flags.rates, &file.rates) {
        (Some(path), _) => Path::new(path).to_owned(),
        (None, Some(path)) => folder.join(path),
        (None, None) => return Ok(None),
    };
    let name = path.display().to_string();
    let named = flags.currency.as_ref().or(file.currency.as_ref());
    let to = named.map(|code| code.to_ascii_uppercase()).or(known);
    let Some(to) = to else {
        return Err(SettingsError::RatesWithoutCurrency { path: name });
    };
    let text =
        read_written(&path, LARGEST_RATES).map_err(|message| SettingsError::RatesUnreadable {
            path: name.clone(),
            message,
        })?;
    let rates = Rates::parse(&text).and_then(|rates| rates.into_currency(&to));
    let exchange = rates.map_err(|error| SettingsError::Rates { path: name, error })?;
    Ok(Some(Arc::new(exchange)))
}

type Words = Option<(BTreeMap<String, String>, Origin)>;

fn mapping(words: Words) -> Result<Vec<(Field, String)>, SettingsError> {
    let expected = "a field such as customer_id, order_id, ordered_at or net";
    let mut mapping = Vec::new();
    for (field, column) in words.map(|(words, _)| words).unwrap_or_default() {
        let known = named("map", Some(field), expected, Field::from_key)?;
        mapping.extend(known.map(|field| (field, column)));
    }
    Ok(mapping)
}

fn status_words(words: Words) -> Result<Vec<(String, OrderStatus)>, SettingsError> {
    let expected = "paid, pending, cancelled, void, test or refunded";
    let mut known_words = Vec::new();
    for (word, status) in words.map(|(words, _)| words).unwrap_or_default() {
        let status = named("status-words", Some(status), expected, order_status)?;
        known_words.extend(status.map(|status| (word, status)));
    }
    Ok(known_words)
}

/// ISO 4217: three letters.
fn currency(text: &str) -> Option<String> {
    let letters = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    letters.then(|| text.to_ascii_uppercase())
}

fn grain(text: &str) -> Option<Grain> {
    match text {
        "order" => Some(Grain::Order),
        "line" => Some(Grain::Line),
        _ => None,
    }
}

fn delimiter(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [only] => Some(*only),
        _ if text == "tab" || text == "\\t" => Some(b'\t'),
        _ => None,
    }
}

fn order_status(text: &str) -> Option<OrderStatus> {
    Some(match text {
        "paid" => OrderStatus::Paid,
        "pending" => OrderStatus::Pending,
        "cancelled" => OrderStatus::Cancelled,
        "void" => OrderStatus::Void,
        "test" => OrderStatus::Test,
        "refunded" => OrderStatus::Refunded,
        _ => return None,
    })
}

fn keep(rules: &mut KeepRules, class: &str, kept: bool) -> Result<(), SettingsError> {
    let rule = match class.replace('_', "-").as_str() {
        "fee-lines" => &mut rules.fee_lines,
        "gift-cards" => &mut rules.gift_cards,
        "bad-debt" => &mut rules.bad_debt,
        "test-or-void" => &mut rules.test_or_void,
        "cancelled" => &mut rules.cancelled,
        "quantity-not-positive" => &mut rules.quantity_not_positive,
        "negative-price" => &mut rules.negative_price,
        "zero-price" => &mut rules.zero_price,
        "shared-orders" => &mut rules.shared_orders,
        _ => {
            return Err(SettingsError::Value {
                setting: "keep",
                value: class.to_owned(),
                expected: "fee-lines, gift-cards, bad-debt, test-or-void, cancelled, quantity-not-positive, negative-price, zero-price or shared-orders".to_owned(),
            });
        }
    };
    *rule = kept;
    Ok(())
}

/// The shop's calendar; UTC, never the machine's zone, where nobody says.
pub(super) fn calendar(layers: &Layers<'_>) -> Result<(ShopCalendar, Origin), CalendarError> {
    let (name, origin) = layers
        .take(|settings| settings.timezone.clone())
        .unwrap_or_else(|| ("UTC".to_owned(), Origin::Default));
    Ok((ShopCalendar::new(&name)?, origin))
}

/// Returns a fingerprint of those settings that decide how files are read.
pub(crate) fn reading_fingerprint(settings: &Settings) -> String {
    let Settings {
        timezone,
        preset,
        grain,
        date_format,
        decimal_mark,
        encoding,
        delimiter,
        phone_country,
        map,
        keep,
        drop,
        exclude_customers,
        exclude_tags,
        exclude_flags,
        exclude_memos,
        status_words,
        ..
    } = settings;
    let files = (
        timezone,
        preset,
        grain,
        date_format,
        decimal_mark,
        encoding,
        delimiter,
        phone_country,
        map,
    );
    let rows = (
        keep,
        drop,
        exclude_customers,
        exclude_tags,
        exclude_flags,
        exclude_memos,
        status_words,
    );
    format!("{:016x}", xxh3_64(format!("{files:?} {rows:?}").as_bytes()))
}
