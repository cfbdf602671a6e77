//! Whether customers won lately are like those won before: a model fitted to either, and to both.

use std::fmt;

use patron_core::Day;
use patron_stats::distributions::chi_square_above;
use patron_stats::estimate::FitError;
use patron_stats::intervals::{ExpectationForecaster, Interval, ParameterDraws};
use patron_stats::purchase::PurchaseModel;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;

use super::days::Sample;
use super::rolling::in_words;
use super::{Base, ClvError, ClvModel};

const DRAWS: usize = 199;
const SEED: u64 = 1;
const LEVEL: f64 = 0.9;

/// Below this the halves differ by more than chance.
const RARE: f64 = 0.01;

/// A model of customers won in the first half of the time, beside one of those won in the second.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// The key of the model.
    pub model: String,
    /// The last day of the first half.
    pub middle: Day,
    /// First and second half; each knows of its customers what happened up to its own end.
    pub halves: [Half; 2],
    /// Days for which a new customer is looked ahead: the length of a half.
    pub horizon_days: u32,
    /// Twice what two models are likelier than one.
    pub statistic: f64,
    /// Parameters that one model has less.
    pub degrees_of_freedom: u32,
    /// Probability of a statistic as large where customers are alike.
    pub p_value: f64,
}

/// Why halves cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoDrift {
    /// The last day of the first half.
    pub since: Day,
    /// Customers with a repeat purchase that a fit needs, and those found, where it has too few.
    pub too_few: Option<[u64; 2]>,
    /// Why one half cannot be fitted, in words.
    pub why: String,
}

impl NoDrift {
    fn of(since: Day, error: &ClvError) -> Self {
        Self {
            since,
            too_few: match error {
                ClvError::Fit {
                    source: FitError::TooFewRepeatBuyers { required, found },
                    ..
                } => Some([*required, *found]),
                _ => None,
            },
            why: in_words(error),
        }
    }
}

impl fmt::Display for NoDrift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "whether customers won since {} are like those before cannot be told: {}",
            self.since, self.why
        )
    }
}

/// Customers won in one half of the time.
#[derive(Debug, Clone, PartialEq)]
pub struct Half {
    /// How many.
    pub customers: u64,
    /// What fits them.
    pub parameters: Vec<(&'static str, f64)>,
    /// Expected repeat purchases of a new one over the horizon.
    pub expected_of_new: f64,
    /// How surely, at nine in ten.
    pub interval: Option<Interval>,
}

impl Drift {
    /// Returns whether the halves differ by more than chance would explain.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.p_value < RARE
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = &self.halves;
        let days = self.horizon_days;
        write!(
            f,
            "of those won up to {}, {} expects {first} in their first {days} days, of those won since {second}",
            self.middle, self.model
        )?;
        let (statistic, freedom) = (self.statistic, self.degrees_of_freedom);
        let p = if self.p_value < 1e-4 {
            "p < 0.0001".to_owned()
        } else {
            format!("p = {:.4}", self.p_value)
        };
        if self.is_clear() {
            write!(
                f,
                "; the parameters have changed by more than chance explains (χ² = {statistic:.1} with {freedom} degrees of freedom, {p}): one fit to all mixes both"
            )
        } else {
            write!(
                f,
                "; one set of parameters does for both (χ² = {statistic:.1} with {freedom} degrees of freedom, {p})"
            )
        }
    }
}

impl fmt::Display for Half {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} repeat purchases", self.expected_of_new)?;
        match self.interval {
            Some(interval) => write!(f, " ({:.3} to {:.3})", interval.low, interval.high),
            None => Ok(()),
        }
    }
}

/// Compares both halves of the time up to the end of calibration.
///
/// Customers of the first half are taken as known at its end, so that neither half is observed for longer than the other.
///
/// # Returns
/// Why it cannot be told, where one of the halves cannot be fitted.
///
/// # Errors
/// [`ClvError::Forecast`], [`ClvError::Interval`].
pub(super) fn drift(
    base: &Base,
    model: ClvModel,
) -> Result<Option<Result<Drift, NoDrift>>, ClvError> {
    let (Some(days), Some(end)) = (&base.days, base.calibration_end) else {
        return Ok(None);
    };
    let Some(first) = days.first() else {
        return Ok(None);
    };
    let middle = Day(first.0 + end.days_since(first) / 2);
    let unit = base.unit.days();
    let before = Day(first.0 - 1);
    let samples = [
        days.sample((before, middle), middle, unit),
        days.sample((middle, end), end, unit),
    ];
    let horizon_days = u32::try_from(end.days_since(middle)).unwrap_or(0);
    let fits = samples
        .iter()
        .map(|sample| model.fit(&sample.histories, sample.times.iter().copied()));
    let fits: Vec<_> = match fits.collect::<Result<Vec<_>, _>>() {
        Ok(fits) => fits,
        Err(error) => {
            return Ok(Some(Err(NoDrift::of(middle, &error))));
        }
    };
    let pooled = pooled(&samples);
    let Ok((both, _)) = model.fit(&pooled.histories, pooled.times) else {
        return Ok(None);
    };
    let likelihood = |model: &dyn PurchaseModel| {
        model
            .report()
            .map_or(f64::NAN, |report| report.log_likelihood)
    };
    let apart: f64 = fits
        .iter()
        .map(|(model, _)| likelihood(model.as_ref()))
        .sum();
    let statistic = (2.0 * (apart - likelihood(both.as_ref()))).max(0.0);
    let free = both.report().map_or(0, |report| report.parameters);
    let degrees_of_freedom = u32::try_from(free).unwrap_or(u32::MAX);
    let horizon = f64::from(horizon_days) / unit;
    let mut halves = samples
        .iter()
        .zip(&fits)
        .map(|(sample, (model, _))| Half::of(sample, model.as_ref(), horizon));
    let (Some(one), Some(other)) = (halves.next(), halves.next()) else {
        return Ok(None);
    };
    Ok(Some(Ok(Drift {
        model: model.key().to_owned(),
        middle,
        halves: [one?, other?],
        horizon_days,
        statistic,
        degrees_of_freedom,
        p_value: chi_square_above(statistic, degrees_of_freedom),
    })))
}

impl Half {
    fn of(sample: &Sample, model: &dyn PurchaseModel, horizon: f64) -> Result<Self, ClvError> {
        let named = model.named_parameters();
        let mut generator = ChaCha12Rng::seed_from_u64(SEED);
        let draws = ParameterDraws::laplace(&named, model.report(), DRAWS, &mut generator);
        let interval = match draws {
            Ok(draws) => {
                let told = ExpectationForecaster::new(model, &draws, horizon, 0.0, LEVEL)?;
                Some(told.interval_of(|model| {
                    let expected = model.expected_purchases_new(horizon);
                    expected.unwrap_or(f64::NAN)
                }))
            }
            Err(_) => None,
        };
        Ok(Self {
            customers: sample.histories.customers(),
            expected_of_new: model.expected_purchases_new(horizon)?,
            parameters: named,
            interval,
        })
    }
}

/// All customers, each as its own half knows them.
fn pooled(samples: &[Sample; 2]) -> Sample {
    let entries = samples.iter().flat_map(|sample| sample.histories.entries());
    let [one, other] = samples;
    Sample {
        histories: patron_stats::history::WeightedHistories::from_histories(entries.copied()),
        times: [&one.times[..], &other.times[..]].concat(),
    }
}
