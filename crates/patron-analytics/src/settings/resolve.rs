//! Which value of each setting holds, and where it came from.

use patron_core::{CalendarError, Day, Money, OrderStatus, ShopCalendar};
use patron_engine::scoring::octants::{KnifeMethod, OctantSettings};
use patron_engine::scoring::{
    AxisSettings, FrequencyMeasure, LifecycleBounds, MonetaryMeasure, ScoreOn, ScoreSettings,
};
use patron_fold::{FoldSettings, UnlinkedRefunds, ZeroOrders};
use patron_import::{DateFormat, DecimalMark, Field, Grain, ImportOptions, KeepRules};
use patron_segments::{Vocabulary, VocabularyError};
use patron_stats::scores::Method;
use serde::Serialize;

use super::SettingsError;
use super::axes::{CutsWanted, PerAxis, parse_bins, parse_cuts, parse_methods};
use super::form::{LifecycleForm, Settings};

/// Where a setting's value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A flag on the command line.
    Flag,
    /// The settings file.
    File,
    /// The preset of the input.
    Preset,
    /// The vocabulary.
    Vocabulary,
    /// Read off the input.
    Input,
    /// patron chose it for the user.
    Default,
}

/// A setting in force.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Chosen {
    /// Which setting.
    pub key: &'static str,
    /// Its value, as one would write it.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}

/// The purchase model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelChoice {
    /// MBG/NBD.
    MbgNbd,
    /// BG/NBD.
    BgNbd,
}

/// The time unit of the purchase model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// One day.
    Day,
    /// Seven days.
    Week,
    /// 365.25 / 12 days.
    Month,
}

impl Unit {
    /// Returns the number of days.
    #[must_use]
    pub const fn days(self) -> f64 {
        match self {
            Self::Day => 1.0,
            Self::Week => 7.0,
            Self::Month => 365.25 / 12.0,
        }
    }

    /// Returns the name used in settings.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

/// Every setting of a run, resolved, with where each came from.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The shop's name.
    pub shop: Option<String>,
    /// The shop's calendar.
    pub calendar: ShopCalendar,
    /// Currency, if anybody says.
    pub currency: Option<String>,
    /// As-of day, if given.
    pub as_of: Option<Day>,
    /// How histories are folded.
    pub fold: FoldSettings,
    /// Whether equal rows are merged.
    pub drop_duplicates: bool,
    /// What F counts.
    pub frequency: FrequencyMeasure,
    /// What M sums.
    pub monetary: MonetaryMeasure,
    /// What F and M are scored on.
    pub score_on: ScoreOn,
    /// How customers are scored.
    pub scores: ScoreSettings,
    /// How octants are cut.
    pub octants: OctantSettings,
    /// Lifecycle bounds.
    pub lifecycle: LifecycleBounds,
    /// The vocabulary.
    pub vocabulary: Vocabulary,
    /// Purchase model.
    pub model: ModelChoice,
    /// Its unit.
    pub unit: Unit,
    /// Months of the horizon.
    pub horizon_months: u32,
    /// Discount rate per year.
    pub annual_discount: f64,
    /// Margin in ten-thousandths, if given.
    pub margin: Option<Money>,
    /// Whether customer lifetime value is computed.
    pub with_clv: bool,
    /// Every setting with its origin, in a fixed order.
    pub chosen: Vec<Chosen>,
}

/// Why settings cannot be resolved.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// A value is wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The vocabulary is wrong.
    #[error(transparent)]
    Vocabulary(#[from] VocabularyError),
    /// The time zone is wrong.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
}

impl patron_core::Coded for ResolveError {
    fn code(&self) -> patron_core::ErrorCode {
        match self {
            Self::Settings(error) => error.code(),
            Self::Vocabulary(error) => error.code(),
            Self::Calendar(error) => error.code(),
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Settings(error) => error.key(),
            Self::Vocabulary(error) => error.key(),
            Self::Calendar(error) => error.key(),
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Settings(error) => error.params(),
            Self::Vocabulary(error) => error.params(),
            Self::Calendar(error) => error.params(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Settings(error) => error.hint(),
            Self::Vocabulary(error) => error.hint(),
            Self::Calendar(error) => error.hint(),
        }
    }
}

/// The layers above the defaults, topmost first, and the record of what was taken from where.
struct Layers<'a> {
    flags: &'a Settings,
    file: &'a Settings,
    preset: &'a [(String, String)],
    chosen: Vec<Chosen>,
}

impl Layers<'_> {
    /// Takes the topmost value there is.
    fn take<T: Clone>(&self, of: impl Fn(&Settings) -> Option<T>) -> Option<(T, Origin)> {
        of(self.flags)
            .map(|value| (value, Origin::Flag))
            .or_else(|| of(self.file).map(|value| (value, Origin::File)))
    }

    fn preset(&self, key: &str) -> Option<&str> {
        self.preset
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, value)| value.as_str())
    }

    fn note(&mut self, key: &'static str, value: impl Into<String>, origin: Origin) {
        self.chosen.push(Chosen {
            key,
            value: value.into(),
            origin,
        });
    }

    /// Takes a plain value or its default, and notes which.
    fn plain<T: Clone + Serialize>(
        &mut self,
        key: &'static str,
        of: impl Fn(&Settings) -> Option<T>,
        default: T,
    ) -> T {
        let (value, origin) = self.take(of).unwrap_or((default, Origin::Default));
        let text = serde_json::to_value(&value).map(|value| match value {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        });
        self.note(key, text.unwrap_or_default(), origin);
        value
    }
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
        calendar: calendar(&layers)?.0,
        currency: text(|settings| settings.currency.clone()),
        ..ImportOptions::default()
    };
    let grains = |text: &str| match text {
        "order" => Some(Grain::Order),
        "line" => Some(Grain::Line),
        _ => None,
    };
    options.grain = named(
        "grain",
        text(|settings| settings.grain.clone()),
        "order or line",
        grains,
    )?;
    options.date_format = named(
        "date-format",
        text(|settings| settings.date_format.clone()),
        "ymd, dmy, mdy or named",
        DateFormat::from_key,
    )?;
    options.decimal_mark = named(
        "decimal-mark",
        text(|settings| settings.decimal_mark.clone()),
        "point or comma",
        DecimalMark::from_key,
    )?;
    options.delimiter = named(
        "delimiter",
        text(|settings| settings.delimiter.clone()),
        "one character, or `tab`",
        delimiter,
    )?;
    for (field, column) in layers
        .take(|settings| settings.map.clone())
        .map(|(map, _)| map)
        .unwrap_or_default()
    {
        let known = named(
            "map",
            Some(field),
            "a field such as customer_id, order_id, ordered_at or net",
            Field::from_key,
        )?;
        options.mapping.extend(known.map(|field| (field, column)));
    }
    for class in layers
        .take(|settings| settings.keep.clone())
        .map(|(keep, _)| keep)
        .unwrap_or_default()
    {
        keep(&mut options.keep, &class)?;
    }
    for (word, status) in layers
        .take(|settings| settings.status_words.clone())
        .map(|(words, _)| words)
        .unwrap_or_default()
    {
        let expected = "paid, pending, cancelled, void, test or refunded";
        let status = named("status-words", Some(status), expected, order_status)?;
        options
            .status_words
            .extend(status.map(|status| (word, status)));
    }
    Ok(options)
}

fn named<T>(
    setting: &'static str,
    text: Option<String>,
    expected: &str,
    known: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, SettingsError> {
    text.map(|text| {
        known(&text).ok_or_else(|| SettingsError::Value {
            setting,
            value: text.clone(),
            expected: expected.to_owned(),
        })
    })
    .transpose()
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

fn keep(rules: &mut KeepRules, class: &str) -> Result<(), SettingsError> {
    let rule = match class.replace('_', "-").as_str() {
        "fee-lines" => &mut rules.fee_lines,
        "gift-cards" => &mut rules.gift_cards,
        "bad-debt" => &mut rules.bad_debt,
        "test-or-void" => &mut rules.test_or_void,
        "cancelled" => &mut rules.cancelled,
        "quantity-not-positive" => &mut rules.quantity_not_positive,
        "negative-price" => &mut rules.negative_price,
        "zero-price" => &mut rules.zero_price,
        _ => {
            return Err(SettingsError::Value {
                setting: "keep",
                value: class.to_owned(),
                expected: "fee-lines, gift-cards, bad-debt, test-or-void, cancelled, quantity-not-positive, negative-price or zero-price".to_owned(),
            });
        }
    };
    *rule = true;
    Ok(())
}

fn calendar(layers: &Layers<'_>) -> Result<(ShopCalendar, Origin), CalendarError> {
    let (name, origin) = layers
        .take(|settings| settings.timezone.clone())
        .unwrap_or_else(|| ("UTC".to_owned(), Origin::Default));
    Ok((ShopCalendar::new(&name)?, origin))
}

impl Resolved {
    /// Resolves every setting. `preset` holds the defaults of the input's preset, `input_currency` what its rows name.
    ///
    /// # Errors
    /// [`ResolveError`] for the first setting that cannot be used.
    pub fn new(
        flags: &Settings,
        file: &Settings,
        preset: &[(String, String)],
        input_currency: Option<String>,
    ) -> Result<Self, ResolveError> {
        let mut layers = Layers {
            flags,
            file,
            preset,
            chosen: Vec::new(),
        };
        let shop = layers
            .take(|settings| settings.shop.clone())
            .map(|(shop, _)| shop);
        let (calendar, origin) = calendar(&layers)?;
        layers.note("timezone", calendar.name(), origin);
        let currency = currency(&mut layers, input_currency);
        let as_of = as_of(&mut layers)?;
        let fold = fold_settings(&mut layers, calendar.clone())?;
        let drop_duplicates = layers.plain(
            "drop_duplicates",
            |settings| settings.drop_duplicates,
            false,
        );
        let margin = margin(&mut layers)?;
        let frequency = layers.plain(
            "frequency",
            |settings| settings.frequency,
            FrequencyMeasure::default(),
        );
        let monetary = layers.plain(
            "monetary",
            |settings| settings.monetary,
            MonetaryMeasure::default(),
        );
        let score_on = layers.plain("score_on", |settings| settings.score_on, ScoreOn::default());
        let (vocabulary, bins) = vocabulary_and_bins(&mut layers)?;
        let scores = score_settings(&mut layers, &vocabulary, bins)?;
        let octants = OctantSettings {
            knife: layers.plain(
                "octant_knife",
                |settings| settings.octant_knife,
                KnifeMethod::default(),
            ),
            monetary: layers.plain(
                "octant_monetary",
                |settings| settings.octant_monetary,
                MonetaryMeasure::MeanPerOrder,
            ),
            frequency,
            margin: margin.map_or(1.0, Money::to_f64),
        };
        let lifecycle = lifecycle(&mut layers)?;
        let model = model(&mut layers)?;
        let unit = unit(&mut layers)?;
        let horizon_months = positive(
            &mut layers,
            "horizon_months",
            |settings| settings.horizon_months,
            12,
        )?;
        let annual_discount = rate(&mut layers)?;
        let with_clv = !layers
            .take(|settings| settings.no_clv)
            .is_some_and(|(no_clv, _)| no_clv);
        Ok(Self {
            shop,
            calendar,
            currency,
            as_of,
            fold,
            drop_duplicates,
            frequency,
            monetary,
            score_on,
            scores,
            octants,
            lifecycle,
            vocabulary,
            model,
            unit,
            horizon_months,
            annual_discount,
            margin,
            with_clv,
            chosen: layers.chosen,
        })
    }
}

fn currency(layers: &mut Layers<'_>, input: Option<String>) -> Option<String> {
    let (currency, origin) = layers
        .take(|settings| settings.currency.clone())
        .or_else(|| input.map(|currency| (currency, Origin::Input)))
        .map_or((None, Origin::Default), |(currency, origin)| {
            (Some(currency), origin)
        });
    layers.note("currency", currency.as_deref().unwrap_or("unknown"), origin);
    currency
}

fn as_of(layers: &mut Layers<'_>) -> Result<Option<Day>, SettingsError> {
    let Some((text, origin)) = layers.take(|settings| settings.as_of.clone()) else {
        // The day itself is known only after folding; `run` notes it then.
        return Ok(None);
    };
    let day = named(
        "as-of",
        Some(text),
        "a date such as 2024-12-31",
        Day::parse_iso,
    )?;
    layers.note(
        "as_of",
        day.map(|day| day.to_string()).unwrap_or_default(),
        origin,
    );
    Ok(day)
}

fn fold_settings(
    layers: &mut Layers<'_>,
    calendar: ShopCalendar,
) -> Result<FoldSettings, SettingsError> {
    let (zero_orders, origin) = match (
        layers.take(|settings| settings.zero_orders),
        layers.preset("zero_orders"),
    ) {
        (Some(given), _) => given,
        (None, Some("count")) => (ZeroOrders::Count, Origin::Preset),
        (None, Some("exclude")) => (ZeroOrders::Exclude, Origin::Preset),
        (None, _) => (ZeroOrders::default(), Origin::Default),
    };
    let word = if zero_orders == ZeroOrders::Count {
        "count"
    } else {
        "exclude"
    };
    layers.note("zero_orders", word, origin);
    let unlinked_refunds = layers.plain(
        "unlinked_refunds",
        |settings| settings.unlinked_refunds,
        UnlinkedRefunds::default(),
    );
    let return_window_days = layers.plain(
        "return_window_days",
        |settings| settings.return_window_days,
        0,
    );
    let window_months = positive(
        layers,
        "window_months",
        |settings| settings.window_months,
        6,
    )?;
    Ok(FoldSettings {
        calendar,
        window_months,
        zero_orders,
        unlinked_refunds,
        return_window_days,
    })
}

fn positive(
    layers: &mut Layers<'_>,
    key: &'static str,
    of: fn(&Settings) -> Option<u32>,
    default: u32,
) -> Result<u32, SettingsError> {
    let value = layers.plain(key, of, default);
    if (1..=1200).contains(&value) {
        return Ok(value);
    }
    let expected = "a number of months from 1 to 1200".to_owned();
    Err(SettingsError::Value {
        setting: key,
        value: value.to_string(),
        expected,
    })
}

fn rate(layers: &mut Layers<'_>) -> Result<f64, SettingsError> {
    let value = layers.plain("annual_discount", |settings| settings.annual_discount, 0.1);
    if (0.0..=10.0).contains(&value) && value > 0.0 {
        return Ok(value);
    }
    let expected = "a rate above 0, such as 0.1 for 10 % a year".to_owned();
    Err(SettingsError::Value {
        setting: "annual_discount",
        value: value.to_string(),
        expected,
    })
}

fn margin(layers: &mut Layers<'_>) -> Result<Option<Money>, SettingsError> {
    let Some((value, origin)) = layers.take(|settings| settings.margin) else {
        layers.note(
            "margin",
            "none: values are expected revenue",
            Origin::Default,
        );
        return Ok(None);
    };
    let wrong = || SettingsError::Value {
        setting: "margin",
        value: value.to_string(),
        expected:
            "a share of net revenue above 0 and up to 1, with at most four decimals, such as 0.35"
                .to_owned(),
    };
    let margin = Money::from_f64(value).map_err(|_| wrong())?;
    if !(value > 0.0 && value <= 1.0) || margin.rounded {
        return Err(wrong());
    }
    layers.note("margin", value.to_string(), origin);
    Ok(Some(margin.amount))
}

/// The vocabulary and the bins decide together: a vocabulary is written for certain bins.
fn vocabulary_and_bins(layers: &mut Layers<'_>) -> Result<(Vocabulary, PerAxis<u8>), ResolveError> {
    let wanted = layers.take(|settings| settings.bins.clone());
    let bins = wanted
        .as_ref()
        .map(|(text, _)| parse_bins(text))
        .transpose()?;
    let given = layers.take(|settings| settings.vocabulary.clone());
    let (vocabulary, origin) = match (&given, bins) {
        (Some((name, origin)), _) => (Vocabulary::load(name)?, *origin),
        (None, Some(bins)) => (default_for(bins)?, Origin::Default),
        (None, None) => (
            Vocabulary::load_shipped(patron_segments::DEFAULT_VOCABULARY)?,
            Origin::Default,
        ),
    };
    layers.note("vocabulary", vocabulary.key.clone(), origin);
    let (bins, origin) = match (bins, wanted) {
        (Some(bins), Some((_, origin))) => (bins, origin),
        _ if given.is_some() => (vocabulary.default_bins(), Origin::Vocabulary),
        _ => (vocabulary.default_bins(), Origin::Default),
    };
    layers.note("bins", bins.map(|bins| bins.to_string()).join(","), origin);
    if !vocabulary.fits(bins) {
        return Err(SettingsError::BinsConflict {
            vocabulary: vocabulary.key.clone(),
            needs: vocabulary
                .default_bins()
                .map(|bins| bins.to_string())
                .join(","),
            bins: bins.map(|bins| bins.to_string()).join(","),
            fitting: Vocabulary::shipped_fitting(bins)?,
        }
        .into());
    }
    Ok((vocabulary, bins))
}

/// Without a wish: the usual vocabulary if it fits, else the first shipped one that does.
fn default_for(bins: PerAxis<u8>) -> Result<Vocabulary, ResolveError> {
    let usual = Vocabulary::load_shipped(patron_segments::DEFAULT_VOCABULARY)?;
    if usual.fits(bins) {
        return Ok(usual);
    }
    match Vocabulary::shipped_fitting(bins)?.first() {
        Some(name) => Ok(Vocabulary::load_shipped(name)?),
        None => Ok(usual),
    }
}

fn score_settings(
    layers: &mut Layers<'_>,
    vocabulary: &Vocabulary,
    bins: PerAxis<u8>,
) -> Result<ScoreSettings, SettingsError> {
    let methods = layers.take(|settings| settings.score_method.clone());
    let (methods, origin) = match methods {
        Some((text, origin)) => (parse_methods(&text)?, origin),
        None => ([None, None, None], Origin::Default),
    };
    let cuts = layers.take(|settings| settings.cuts.clone());
    let (given_cuts, frozen) = match &cuts {
        None => ([None, None, None], [None, None, None]),
        Some((text, origin)) => {
            layers.note("cuts", text.clone(), *origin);
            match parse_cuts(text)? {
                CutsWanted::Given(cuts) => (cuts, [None, None, None]),
                CutsWanted::FrozenFrom(path) => ([None, None, None], frozen_cuts(&path)?),
            }
        }
    };
    let own = [
        &vocabulary.recency,
        &vocabulary.frequency,
        &vocabulary.monetary,
    ];
    let mut axes = Vec::new();
    let mut words = Vec::new();
    let mut from_vocabulary = false;
    let parts = methods
        .into_iter()
        .zip(own)
        .zip(given_cuts)
        .zip(frozen)
        .zip(bins);
    for ((((method, own), given), frozen), bins) in parts {
        let (name, cuts, by_vocabulary) = match (method, given, frozen) {
            (_, _, Some((method, cuts))) => {
                words.push(format!("{method} (frozen)"));
                axes.push(axis(&method, bins, &cuts, Some(cuts.clone()))?);
                continue;
            }
            (None | Some(_), Some(cuts), None) => ("fixed".to_owned(), cuts, false),
            (Some(name), None, None) => (name, own.cuts.clone().unwrap_or_default(), false),
            (None, None, None) => {
                let name = own.method.clone().unwrap_or_else(|| "quantile".to_owned());
                (
                    name,
                    own.cuts.clone().unwrap_or_default(),
                    own.method.is_some(),
                )
            }
        };
        from_vocabulary |= by_vocabulary;
        words.push(name.clone());
        axes.push(axis(&name, bins, &cuts, None)?);
    }
    let origin = match origin {
        Origin::Default if from_vocabulary => Origin::Vocabulary,
        other => other,
    };
    layers.note("score_method", words.join(","), origin);
    let weights = layers.plain("weights", |settings| settings.weights, [1.0; 3]);
    if weights.iter().any(|weight| !weight.is_finite()) {
        let expected = "three finite numbers".to_owned();
        return Err(SettingsError::Value {
            setting: "weights",
            value: format!("{weights:?}"),
            expected,
        });
    }
    let axes = <[AxisSettings; 3]>::try_from(axes).map_err(|_| SettingsError::Value {
        setting: "bins",
        value: format!("{bins:?}"),
        expected: "three axes".to_owned(),
    })?;
    Ok(ScoreSettings { axes, weights })
}

fn axis(
    name: &str,
    bins: u8,
    cuts: &[f64],
    frozen: Option<Vec<f64>>,
) -> Result<AxisSettings, SettingsError> {
    let method = Method::from_name(name, cuts).ok_or_else(|| SettingsError::Value {
        setting: "score-method",
        value: name.to_owned(),
        expected: Method::NAMES.join(", "),
    })?;
    Ok(AxisSettings {
        bins,
        method,
        frozen,
    })
}

/// Cut points of an earlier run, by axis, with the method that tells on which side a value on a cut lies.
fn frozen_cuts(path: &str) -> Result<PerAxis<Option<(String, Vec<f64>)>>, SettingsError> {
    let wrong = |message: String| SettingsError::FrozenCuts {
        path: path.to_owned(),
        message,
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let run: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let axes = run
        .pointer("/cut_points")
        .and_then(serde_json::Value::as_array);
    let axes = axes.ok_or_else(|| {
        wrong("it has no `cut_points`; is it the `run.json` of a run?".to_owned())
    })?;
    let mut frozen = [None, None, None];
    for (slot, axis) in frozen.iter_mut().zip(axes) {
        let method = axis.pointer("/method").and_then(serde_json::Value::as_str);
        let cuts = axis.pointer("/cuts").and_then(serde_json::Value::as_array);
        let cuts = cuts.and_then(|cuts| {
            cuts.iter()
                .map(serde_json::Value::as_f64)
                .collect::<Option<Vec<f64>>>()
        });
        match (method, cuts) {
            (Some("qcut-first" | "ntile"), _) => {
                let method = method.unwrap_or_default();
                return Err(wrong(format!(
                    "method `{method}` goes by rank, so its scores have no cut points to freeze"
                )));
            }
            (Some(method), Some(cuts)) => *slot = Some((method.to_owned(), cuts)),
            _ => return Err(wrong("an axis lacks `method` or `cuts`".to_owned())),
        }
    }
    Ok(frozen)
}

fn lifecycle(layers: &mut Layers<'_>) -> Result<LifecycleBounds, SettingsError> {
    let Some((form, origin)) = layers.take(|settings| settings.lifecycle.clone()) else {
        layers.note("lifecycle", "ordinal-months", Origin::Default);
        return Ok(LifecycleBounds::default());
    };
    layers.note("lifecycle", lifecycle_word(&form), origin);
    let wrong = |value: String, expected: &str| SettingsError::Value {
        setting: "lifecycle",
        value,
        expected: expected.to_owned(),
    };
    let ascending =
        |ends: [f64; 3]| ends.is_sorted() && ends.iter().all(|end| end.is_finite() && *end > 0.0);
    match form {
        LifecycleForm::Preset(name) => match name.as_str() {
            "ordinal-months" => Ok(LifecycleBounds::Months([1, 4, 10])),
            "completed-months" => Ok(LifecycleBounds::Months([1, 4, 11])),
            _ => Err(wrong(
                name,
                "ordinal-months, completed-months, three months, or three multiples of an interval",
            )),
        },
        LifecycleForm::Months(months) if months.is_sorted() && months != [0; 3] => {
            Ok(LifecycleBounds::Months(months))
        }
        LifecycleForm::ShopIntervals { shop_intervals } if ascending(shop_intervals) => {
            Ok(LifecycleBounds::ShopIntervals(shop_intervals))
        }
        LifecycleForm::OwnIntervals { own_intervals } if ascending(own_intervals) => {
            Ok(LifecycleBounds::OwnIntervals(own_intervals))
        }
        other => Err(wrong(
            lifecycle_word(&other),
            "three ascending ends of active, silent and dormant",
        )),
    }
}

fn lifecycle_word(form: &LifecycleForm) -> String {
    match form {
        LifecycleForm::Preset(name) => name.clone(),
        LifecycleForm::Months(months) => format!("months {months:?}"),
        LifecycleForm::ShopIntervals { shop_intervals } => {
            format!("repurchase-interval (shop) {shop_intervals:?}")
        }
        LifecycleForm::OwnIntervals { own_intervals } => {
            format!("repurchase-interval (own) {own_intervals:?}")
        }
    }
}

fn model(layers: &mut Layers<'_>) -> Result<ModelChoice, SettingsError> {
    let name = layers.plain(
        "model",
        |settings| settings.model.clone(),
        "mbg-nbd".to_owned(),
    );
    match name.as_str() {
        "mbg-nbd" => Ok(ModelChoice::MbgNbd),
        "bg-nbd" => Ok(ModelChoice::BgNbd),
        _ => Err(SettingsError::Value {
            setting: "model",
            value: name,
            expected: "mbg-nbd or bg-nbd".to_owned(),
        }),
    }
}

fn unit(layers: &mut Layers<'_>) -> Result<Unit, SettingsError> {
    let (name, origin) = match (
        layers.take(|settings| settings.unit.clone()),
        layers.preset("unit"),
    ) {
        (Some(given), _) => given,
        (None, Some(preset)) => (preset.to_owned(), Origin::Preset),
        (None, None) => ("week".to_owned(), Origin::Default),
    };
    layers.note("unit", name.clone(), origin);
    match name.as_str() {
        "day" => Ok(Unit::Day),
        "week" => Ok(Unit::Week),
        "month" => Ok(Unit::Month),
        _ => Err(SettingsError::Value {
            setting: "unit",
            value: name,
            expected: "day, week or month".to_owned(),
        }),
    }
}
