//! Settings of scores and segments: vocabulary, bins, methods and cut points decide together.

use patron_engine::scoring::{AxisSettings, LifecycleBounds, ScoreSettings};
use patron_segments::Vocabulary;
use patron_stats::scores::Method;

use super::SettingsError;

const LARGEST_WEIGHT: f64 = 1e6;
use super::axes::{CutsWanted, PerAxis, parse_bins, parse_cuts, parse_methods};
use super::form::LifecycleForm;
use super::layers::{Layers, Origin};
use super::resolve::ResolveError;

/// The vocabulary and the bins decide together: a vocabulary is written for certain bins.
pub(super) fn vocabulary_and_bins(
    layers: &mut Layers<'_>,
) -> Result<(Vocabulary, PerAxis<u8>), ResolveError> {
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

/// Without a wish: the usual vocabulary if it fits, else the first shipped one that does and leaves scores alone.
fn default_for(bins: PerAxis<u8>) -> Result<Vocabulary, ResolveError> {
    let usual = Vocabulary::load_shipped(patron_segments::DEFAULT_VOCABULARY)?;
    if usual.fits(bins) {
        return Ok(usual);
    }
    // Who asks for bins expects quantiles: a vocabulary that brings cut points of its own is for those who name it.
    for name in Vocabulary::shipped_fitting(bins)? {
        let vocabulary = Vocabulary::load_shipped(&name)?;
        let axes = [
            &vocabulary.recency,
            &vocabulary.frequency,
            &vocabulary.monetary,
        ];
        if axes.iter().all(|axis| axis.method.is_none()) {
            return Ok(vocabulary);
        }
    }
    Ok(usual)
}

/// What is known of one axis before its cut points are found.
struct AxisWish {
    /// The method asked for.
    method: Option<String>,
    /// Cut points asked for.
    cuts: Option<Vec<f64>>,
    /// Method and cut points of an earlier run.
    frozen: Option<Frozen>,
}

/// Cut points of an earlier run, with the method that tells on which side a value on a cut lies.
struct Frozen {
    method: String,
    cuts: Vec<f64>,
}

pub(super) fn score_settings(
    layers: &mut Layers<'_>,
    vocabulary: &Vocabulary,
    bins: PerAxis<u8>,
) -> Result<ScoreSettings, SettingsError> {
    let (wishes, origin) = wishes(layers)?;
    let own = [
        &vocabulary.recency,
        &vocabulary.frequency,
        &vocabulary.monetary,
    ];
    let mut words = Vec::new();
    let mut from_vocabulary = false;
    let mut resolve = |wish: AxisWish, own: &patron_segments::AxisSettings, bins: u8| {
        from_vocabulary |= wish.method.is_none() && wish.cuts.is_none() && own.method.is_some();
        let settings = axis(wish, own, bins)?;
        let frozen = if settings.frozen.is_some() {
            " (frozen)"
        } else {
            ""
        };
        words.push(format!("{}{frozen}", settings.method.name()));
        Ok::<_, SettingsError>(settings)
    };
    let [r, f, m] = wishes;
    let axes = [
        resolve(r, own[0], bins[0])?,
        resolve(f, own[1], bins[1])?,
        resolve(m, own[2], bins[2])?,
    ];
    let origin = if origin == Origin::Default && from_vocabulary {
        Origin::Vocabulary
    } else {
        origin
    };
    words.dedup();
    layers.note("score_method", words.join(","), origin);
    let weights = layers.plain("weights", |settings| settings.weights, [1.0; 3]);
    let usable = |weight: &f64| weight.is_finite() && weight.abs() <= LARGEST_WEIGHT;
    if !weights.iter().all(usable) {
        let expected = "three numbers up to a million".to_owned();
        return Err(SettingsError::Value {
            setting: "weights",
            value: format!("{weights:?}"),
            expected,
        });
    }
    Ok(ScoreSettings { axes, weights })
}

/// What flags and file ask of each axis.
fn wishes(layers: &mut Layers<'_>) -> Result<(PerAxis<AxisWish>, Origin), SettingsError> {
    let (methods, origin) = match layers.take(|settings| settings.score_method.clone()) {
        Some((text, origin)) => (parse_methods(&text)?, origin),
        None => ([None, None, None], Origin::Default),
    };
    let (cuts, frozen) = match layers.take(|settings| settings.cuts.clone()) {
        None => ([None, None, None], [None, None, None]),
        Some((text, origin)) => {
            layers.note("cuts", text.clone(), origin);
            match parse_cuts(&text)? {
                CutsWanted::Given(cuts) => (cuts, [None, None, None]),
                CutsWanted::FrozenFrom(path) => ([None, None, None], frozen_cuts(&path)?),
            }
        }
    };
    let [m1, m2, m3] = methods;
    let [c1, c2, c3] = cuts;
    let [f1, f2, f3] = frozen;
    let wish = |method, cuts, frozen| AxisWish {
        method,
        cuts,
        frozen,
    };
    Ok((
        [wish(m1, c1, f1), wish(m2, c2, f2), wish(m3, c3, f3)],
        origin,
    ))
}

/// Frozen cut points before given ones, those before the method asked for, that before the vocabulary's own.
fn axis(
    wish: AxisWish,
    own: &patron_segments::AxisSettings,
    bins: u8,
) -> Result<AxisSettings, SettingsError> {
    let (name, cuts, frozen) = match wish {
        AxisWish {
            frozen: Some(Frozen { method, cuts }),
            ..
        } => (method, cuts.clone(), Some(cuts)),
        AxisWish {
            cuts: Some(cuts), ..
        } => ("fixed".to_owned(), cuts, None),
        AxisWish {
            method: Some(name), ..
        } => (name, own.cuts.clone().unwrap_or_default(), None),
        AxisWish { .. } => {
            let name = own.method.clone().unwrap_or_else(|| "quantile".to_owned());
            (name, own.cuts.clone().unwrap_or_default(), None)
        }
    };
    let method = Method::from_name(&name, &cuts).ok_or_else(|| SettingsError::Value {
        setting: "score-method",
        value: name.clone(),
        expected: Method::NAMES.join(", "),
    })?;
    if let Some(required) = method.required_bins().filter(|&required| required != bins) {
        return Err(SettingsError::Value {
            setting: "bins",
            value: bins.to_string(),
            expected: format!(
                "{required}, since `{}` cuts in two (such as `--bins {required}`)",
                method.name()
            ),
        });
    }
    if method.name() == "fixed" && cuts.len() + 1 != usize::from(bins) {
        return Err(SettingsError::Value {
            setting: "cuts",
            value: format!("{} cut points", cuts.len()),
            expected: format!("{} cut points for {bins} scores (see `--bins`)", bins - 1),
        });
    }
    Ok(AxisSettings {
        bins,
        method,
        frozen,
    })
}

/// Reads the cut points of an earlier run from its `run.json`.
fn frozen_cuts(path: &str) -> Result<PerAxis<Option<Frozen>>, SettingsError> {
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
            (Some(method), Some(cuts)) => {
                *slot = Some(Frozen {
                    method: method.to_owned(),
                    cuts,
                });
            }
            _ => return Err(wrong("an axis lacks `method` or `cuts`".to_owned())),
        }
    }
    Ok(frozen)
}

pub(super) fn lifecycle(layers: &mut Layers<'_>) -> Result<LifecycleBounds, SettingsError> {
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
