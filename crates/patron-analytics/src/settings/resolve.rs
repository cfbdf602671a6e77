//! Which value of each setting holds.

use std::collections::BTreeSet;

use patron_core::{CalendarError, Day, Money, ShopCalendar};
use patron_engine::scoring::octants::{KnifeMethod, OctantSettings};
use patron_engine::scoring::{
    FrequencyMeasure, LifecycleBounds, MonetaryMeasure, ScoreOn, ScoreSettings,
};
use patron_fold::{FoldSettings, UnlinkedRefunds, ZeroOrders};
use patron_segments::{Vocabulary, VocabularyError};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::SettingsError;
use super::form::Settings;
use super::layers::{Chosen, Layers, Origin, named};
use super::reading::calendar;
use super::scoring::{Cuts, lifecycle, score_settings, vocabulary_and_bins};
use crate::identity::Rule;
use crate::model::{ModelKey, model_keys};

/// The model that foretells the shop's own history best.
const AUTOMATIC: &str = "auto";

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
    /// Whether the data are invented.
    pub demo: bool,
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
    /// Which customers may be one person.
    pub identity: Rule,
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
    /// The purchase model asked for; nothing where the one that foretells best is to be used.
    pub model: Option<ModelKey>,
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
        let demo = is_set(&layers, |settings| settings.demo);
        note_reading(&mut layers);
        let (calendar, origin) = calendar(&layers)?;
        layers.note("timezone", calendar.name(), origin);
        let currency = currency(&mut layers, input_currency);
        let as_of = as_of(&mut layers)?;
        let fold = fold_settings(&mut layers, calendar.clone())?;
        let identity = layers.plain("identity", |set| set.identity, Rule::default());
        let drop_duplicates = layers.plain("drop_duplicates", |set| set.drop_duplicates, false);
        let margin = margin(&mut layers)?;
        let (frequency, monetary, score_on) = measures(&mut layers, margin)?;
        let cuts = Cuts::new(&mut layers, currency.as_deref())?;
        let (vocabulary, bins) = vocabulary_and_bins(&mut layers, cuts.frozen())?;
        let scores = score_settings(&mut layers, &vocabulary, bins, &cuts)?;
        let octants = octants(&mut layers, frequency, margin);
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
        Ok(Self {
            shop,
            demo,
            calendar,
            currency,
            as_of,
            fold,
            identity,
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
            with_clv: !is_set(&layers, |settings| settings.no_clv),
            chosen: layers.chosen,
        })
    }
}

/// Ids are personal: how many, and a digest by which two runs can be compared, but not who.
fn without_names(ids: &[String]) -> String {
    let ids: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
    let mut digest = Sha256::new();
    for id in &ids {
        digest.update(id.as_bytes());
        digest.update(b"\n");
    }
    let digest: String = digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{} (sha256 {digest})", ids.len())
}

/// Records how files were asked to be read: without it two runs with one account of settings could differ.
fn note_reading(layers: &mut Layers<'_>) {
    type TextOf = fn(&Settings) -> Option<String>;
    let words: [(&'static str, TextOf); 15] = [
        ("preset_asked", |settings| settings.preset.clone()),
        ("grain", |settings| settings.grain.clone()),
        ("encoding", |settings| settings.encoding.clone()),
        ("date_format", |settings| settings.date_format.clone()),
        ("decimal_mark", |settings| settings.decimal_mark.clone()),
        ("delimiter", |settings| settings.delimiter.clone()),
        ("phone_country", |settings| settings.phone_country.clone()),
        ("keep", |settings| {
            settings.keep.as_ref().map(|classes| classes.join(","))
        }),
        ("drop", |settings| {
            settings.drop.as_ref().map(|classes| classes.join(","))
        }),
        ("exclude_customers", |settings| {
            settings.exclude_customers.as_deref().map(without_names)
        }),
        ("exclude_tags", |settings| {
            settings.exclude_tags.as_ref().map(|words| words.join(","))
        }),
        ("exclude_flags", |settings| {
            settings.exclude_flags.as_ref().map(|words| words.join(","))
        }),
        ("exclude_memos", |settings| {
            settings.exclude_memos.as_ref().map(|words| words.join(","))
        }),
        ("map", |settings| settings.map.as_ref().map(pairs)),
        ("status_words", |settings| {
            settings.status_words.as_ref().map(pairs)
        }),
    ];
    for (key, of) in words {
        if let Some((value, origin)) = layers.take(of) {
            layers.note(key, value, origin);
        }
    }
    if let Some((no_clv, origin)) = layers.take(|settings| settings.no_clv) {
        layers.note("no_clv", no_clv.to_string(), origin);
    }
}

fn pairs(map: &std::collections::BTreeMap<String, String>) -> String {
    let pairs = map.iter().map(|(key, value)| format!("{key}={value}"));
    pairs.collect::<Vec<_>>().join(",")
}

fn is_set(layers: &Layers<'_>, of: fn(&Settings) -> Option<bool>) -> bool {
    layers.take(of).is_some_and(|(set, _)| set)
}

type Measures = (FrequencyMeasure, MonetaryMeasure, ScoreOn);

/// F and M are always scored on the same span of time, so a measure that is known for all history only does not go with
/// the window.
fn measures(layers: &mut Layers<'_>, margin: Option<Money>) -> Result<Measures, SettingsError> {
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
    if monetary == MonetaryMeasure::Margin && margin.is_none() {
        return Err(SettingsError::Value {
            setting: "monetary",
            value: "margin".to_owned(),
            expected: "a `margin` beside it, such as `--margin 0.35`".to_owned(),
        });
    }
    Ok((frequency, monetary, score_on))
}

fn octants(
    layers: &mut Layers<'_>,
    frequency: FrequencyMeasure,
    margin: Option<Money>,
) -> OctantSettings {
    let monetary = MonetaryMeasure::MeanPerOrder;
    OctantSettings {
        knife: layers.plain(
            "octant_knife",
            |settings| settings.octant_knife,
            KnifeMethod::default(),
        ),
        monetary: layers.plain(
            "octant_monetary",
            |settings| settings.octant_monetary,
            monetary,
        ),
        frequency,
        margin: margin.map_or(1.0, Money::to_f64),
    }
}

fn currency(layers: &mut Layers<'_>, input: Option<String>) -> Option<String> {
    let (currency, origin) = layers
        .take(|settings| {
            settings
                .currency
                .clone()
                .map(|code| code.to_ascii_uppercase())
        })
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
        window_days: None,
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

fn model(layers: &mut Layers<'_>) -> Result<Option<ModelKey>, SettingsError> {
    let name = layers.plain(
        "model",
        |settings| settings.model.clone(),
        AUTOMATIC.to_owned(),
    );
    let known = ModelKey::from_key(&name);
    if known.is_some() || name == AUTOMATIC {
        return Ok(known);
    }
    Err(SettingsError::Value {
        setting: "model",
        value: name,
        expected: format!("{AUTOMATIC}, {}", model_keys().join(", ")),
    })
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
