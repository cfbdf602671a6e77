//! Settings of scores and segments: vocabulary, bins, methods and cut points decide together.

use patron_engine::scoring::{AxisSettings, LifecycleBounds, ScoreSettings};
use patron_segments::Vocabulary;
use patron_stats::scores::Method;

use super::SettingsError;

use super::axes::{CutsWanted, PerAxis, by_axis, parse_bins, parse_cuts, parse_methods};
use super::form::LifecycleForm;
use super::frozen::{FrozenAxis, FrozenRun};
use super::layers::{Layers, Origin};
use super::resolve::ResolveError;

const LARGEST_WEIGHT: f64 = 1e6;

/// Cut points asked for, before they are put to use.
pub(super) enum Cuts {
    /// Nobody asks for any.
    Found,
    /// Given by axis.
    Given(PerAxis<Option<Vec<f64>>>),
    /// Those of an earlier run.
    Frozen(Box<FrozenRun>),
}

impl Cuts {
    /// Reads what is asked for; frozen cut points only where the measures noted so far, and the currency, are theirs.
    pub(super) fn new(
        layers: &mut Layers<'_>,
        currency: Option<&str>,
    ) -> Result<Self, SettingsError> {
        let Some((text, origin)) = layers.take(|settings| settings.cuts.clone()) else {
            return Ok(Self::Found);
        };
        match parse_cuts(&text)? {
            CutsWanted::Given(cuts) => {
                layers.note("cuts", text, origin);
                Ok(Self::Given(cuts))
            }
            CutsWanted::FrozenFrom(path) => {
                let run = FrozenRun::read(&path)?;
                run.check_measures(&layers.chosen, currency)?;
                layers.note("cuts", run.in_words(), origin);
                Ok(Self::Frozen(Box::new(run)))
            }
        }
    }

    pub(super) fn frozen(&self) -> Option<&FrozenRun> {
        match self {
            Self::Frozen(run) => Some(run),
            _ => None,
        }
    }
}

/// The vocabulary and the bins decide together: a vocabulary is written for certain bins, frozen cut points make certain bins.
pub(super) fn vocabulary_and_bins(
    layers: &mut Layers<'_>,
    frozen: Option<&FrozenRun>,
) -> Result<(Vocabulary, PerAxis<u8>), ResolveError> {
    let wanted = match layers.take(|settings| settings.bins.clone()) {
        Some((text, origin)) => Some((parse_bins(&text)?, origin)),
        None => None,
    };
    if let (Some(frozen), Some((bins, _))) = (frozen, wanted)
        && bins != frozen.bins()
    {
        let conflict = frozen.conflict("bins", &listed(bins), &listed(frozen.bins()));
        return Err(conflict.into());
    }
    let wanted = wanted.or_else(|| frozen.map(|run| (run.bins(), Origin::EarlierRun)));
    let given = layers.take(|settings| settings.vocabulary.clone());
    let (vocabulary, origin) = match (&given, frozen) {
        (Some((name, origin)), _) => (Vocabulary::load(name)?, *origin),
        (None, Some(run)) => match run.vocabulary()? {
            Some(vocabulary) => (vocabulary, Origin::EarlierRun),
            None => (default_for(run.bins())?, Origin::Default),
        },
        (None, None) => {
            let usual = Vocabulary::load_shipped(patron_segments::DEFAULT_VOCABULARY)?;
            let vocabulary = match wanted {
                Some((bins, _)) => default_for(bins)?,
                None => usual,
            };
            (vocabulary, Origin::Default)
        }
    };
    layers.note("vocabulary", vocabulary.key.clone(), origin);
    let (bins, origin) = match wanted {
        Some(wanted) => wanted,
        None if given.is_some() => (vocabulary.default_bins(), Origin::Vocabulary),
        None => (vocabulary.default_bins(), Origin::Default),
    };
    layers.note("bins", listed(bins), origin);
    if !vocabulary.fits(bins) {
        return Err(SettingsError::BinsConflict {
            vocabulary: vocabulary.key.clone(),
            needs: listed(vocabulary.default_bins()),
            bins: frozen.map_or_else(|| listed(bins), FrozenRun::bins_in_words),
            fitting: Vocabulary::shipped_fitting(bins)?,
        }
        .into());
    }
    Ok((vocabulary, bins))
}

fn listed(bins: PerAxis<u8>) -> String {
    bins.map(|bins| bins.to_string()).join(",")
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
    /// recency, frequency or monetary.
    name: &'static str,
    /// The method asked for.
    method: Option<String>,
    /// Cut points asked for.
    cuts: Option<Vec<f64>>,
    /// Method and cut points of an earlier run.
    frozen: Option<FrozenAxis>,
    /// Number of scores.
    bins: u8,
}

pub(super) fn score_settings(
    layers: &mut Layers<'_>,
    vocabulary: &Vocabulary,
    bins: PerAxis<u8>,
    cuts: &Cuts,
) -> Result<ScoreSettings, SettingsError> {
    let (wishes, origin) = wishes(layers, bins, cuts)?;
    let own = [
        &vocabulary.recency,
        &vocabulary.frequency,
        &vocabulary.monetary,
    ];
    let asked =
        |wish: &AxisWish| wish.method.is_some() || wish.cuts.is_some() || wish.frozen.is_some();
    let from_vocabulary = wishes
        .iter()
        .zip(own)
        .any(|(wish, own)| !asked(wish) && own.method.is_some());
    let [r, f, m] = &wishes;
    let axes = [axis(r, own[0])?, axis(f, own[1])?, axis(m, own[2])?];
    check_bins(&wishes, &axes)?;
    let origin = match origin {
        Origin::Default if cuts.frozen().is_some() => Origin::EarlierRun,
        Origin::Default if from_vocabulary => Origin::Vocabulary,
        origin => origin,
    };
    layers.note("score_method", methods_in_words(&axes), origin);
    Ok(ScoreSettings {
        axes,
        weights: weights(layers)?,
    })
}

/// One name where all axes have it, else one by axis: as `--score-method` takes it.
fn methods_in_words(axes: &PerAxis<AxisSettings>) -> String {
    let names = axes.each_ref().map(|axis| axis.method.name().to_owned());
    match &names {
        [r, f, m] if r == f && f == m => r.clone(),
        _ => by_axis(&names, ","),
    }
}

fn weights(layers: &mut Layers<'_>) -> Result<[f64; 3], SettingsError> {
    let weights = layers.plain("weights", |settings| settings.weights, [1.0; 3]);
    let usable = |weight: &f64| weight.is_finite() && weight.abs() <= LARGEST_WEIGHT;
    if weights.iter().all(usable) {
        return Ok(weights);
    }
    Err(SettingsError::Value {
        setting: "weights",
        value: format!("{weights:?}"),
        expected: "three numbers up to a million".to_owned(),
    })
}

/// What flags and file ask of each axis.
fn wishes(
    layers: &Layers<'_>,
    bins: PerAxis<u8>,
    cuts: &Cuts,
) -> Result<(PerAxis<AxisWish>, Origin), SettingsError> {
    let (methods, origin) = match layers.take(|settings| settings.score_method.clone()) {
        Some((text, origin)) => (parse_methods(&text)?, origin),
        None => ([None, None, None], Origin::Default),
    };
    let (given, frozen) = match cuts {
        Cuts::Found => ([None, None, None], [None, None, None]),
        Cuts::Given(cuts) => (cuts.clone(), [None, None, None]),
        Cuts::Frozen(run) => {
            for (method, axis) in methods.iter().zip(&run.axes) {
                if let Some(method) = method.as_ref().filter(|method| **method != axis.method) {
                    return Err(run.conflict("score_method", method, &axis.method));
                }
            }
            ([None, None, None], run.axes.clone().map(Some))
        }
    };
    let [m1, m2, m3] = methods;
    let [c1, c2, c3] = given;
    let [f1, f2, f3] = frozen;
    let [b1, b2, b3] = bins;
    let wish = |name, method, cuts, frozen, bins| AxisWish {
        name,
        method,
        cuts,
        frozen,
        bins,
    };
    Ok((
        [
            wish("recency", m1, c1, f1, b1),
            wish("frequency", m2, c2, f2, b2),
            wish("monetary", m3, c3, f3, b3),
        ],
        origin,
    ))
}

/// Frozen cut points before given ones, those before the method asked for, that before the vocabulary's own.
fn axis(
    wish: &AxisWish,
    own: &patron_segments::AxisSettings,
) -> Result<AxisSettings, SettingsError> {
    let own_cuts = || own.cuts.clone().unwrap_or_default();
    let (name, cuts) = match wish {
        AxisWish {
            frozen: Some(frozen),
            ..
        } => (frozen.method.clone(), frozen.cuts.clone()),
        AxisWish {
            cuts: Some(cuts), ..
        } => ("fixed".to_owned(), cuts.clone()),
        AxisWish {
            method: Some(name), ..
        } => (name.clone(), own_cuts()),
        AxisWish { .. } => {
            let name = own.method.clone().unwrap_or_else(|| "quantile".to_owned());
            (name, own_cuts())
        }
    };
    let method = Method::from_name(&name, &cuts).ok_or_else(|| SettingsError::Value {
        setting: "score-method",
        value: name.clone(),
        expected: Method::NAMES.join(", "),
    })?;
    Ok(AxisSettings {
        bins: wish.bins,
        method,
        frozen: wish.frozen.as_ref().map(|frozen| frozen.cuts.clone()),
    })
}

/// Methods that make a certain number of scores, and cut points given by hand, must go with the bins.
fn check_bins(
    wishes: &PerAxis<AxisWish>,
    axes: &PerAxis<AxisSettings>,
) -> Result<(), SettingsError> {
    let bins = listed(axes.each_ref().map(|axis| axis.bins));
    // What would do for all axes at once, so that one hint is enough.
    let fitting = axes.each_ref().map(|axis| match &axis.method {
        Method::Fixed(cuts) => u8::try_from(cuts.len() + 1).unwrap_or(u8::MAX),
        method => method.required_bins().unwrap_or(axis.bins),
    });
    let fitting_words = match fitting {
        [r, f, m] if r == f && f == m => r.to_string(),
        _ => listed(fitting),
    };
    for (wish, axis) in wishes.iter().zip(axes) {
        let name = wish.name;
        if let Method::Fixed(cuts) = &axis.method {
            if cuts.is_empty() {
                return Err(SettingsError::CutsMissing { axis: name });
            }
            if cuts.len() + 1 != usize::from(axis.bins) {
                let possible = fitting.iter().all(|bins| (2..=10).contains(bins));
                return Err(SettingsError::CutsCount {
                    axis: name,
                    found: cuts.len(),
                    required: usize::from(axis.bins) - 1,
                    bins,
                    fitting: possible.then_some(fitting_words),
                });
            }
        } else if let Some(required) = axis.method.required_bins()
            && required != axis.bins
        {
            return Err(SettingsError::MethodBins {
                method: axis.method.name(),
                axis: name,
                required,
                bins,
                fitting: fitting_words,
            });
        }
    }
    Ok(())
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
