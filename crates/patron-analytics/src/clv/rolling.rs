//! A rolling-origin back-test: models fitted at several days, each held against what came after it.

use patron_core::Day;
use patron_stats::history::{DayHistory, History, WeightedHistories};
use patron_stats::purchase::PurchaseModel;
use patron_stats::validation::{
    Choice, Evaluation, Held, Predictions, ValidationError, choose, evaluate, held_out, origins,
    own_mean_rate, same_as_last_period,
};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;

use super::cells::{CELLS, by_cell};
use super::days::PurchaseDays;
use super::{Base, ClvError, ClvModel};

/// Places outcomes within their steps; the same each time.
const SEED: u64 = 1;

/// Models at several origins.
#[derive(Debug)]
pub struct Rolling {
    /// Days after each origin in which purchases were counted.
    pub horizon_days: u32,
    /// The last days that models were fitted to, in order.
    pub origins: Vec<Day>,
    /// Customers by origin.
    pub customers: Vec<u64>,
    /// In the order asked for, baselines last.
    pub candidates: Vec<RollingCandidate>,
    /// Which is best over all origins, and why.
    pub choice: Option<Choice>,
}

/// A model or baseline at several origins.
#[derive(Debug)]
pub struct RollingCandidate {
    /// Its key.
    pub key: String,
    /// One per origin.
    pub at: Vec<AtOrigin>,
    /// Over all origins together; nothing where it could not be fitted at one of them.
    pub evaluation: Option<Evaluation>,
}

/// A model or baseline at one origin.
#[derive(Debug, Clone, PartialEq)]
pub struct AtOrigin {
    /// Purchases that it expected of all, and that came; nothing where it could not be fitted.
    pub sums: Option<[f64; 2]>,
    /// Mean logarithm of the probability of what came; nothing of a baseline.
    pub mean_log_score: Option<f64>,
    /// Its parameters there; none of a baseline.
    pub parameters: Vec<(&'static str, f64)>,
    /// Why it could not be fitted.
    pub failed: Option<String>,
}

/// Customers at an origin.
struct At<'a> {
    ids: Vec<&'a str>,
    histories: Vec<History>,
    later: Vec<u32>,
    before: Vec<u32>,
    horizon: f64,
}

/// Fits and holds models at up to `most` origins, one holdout apart, the last holdout ending with the data.
///
/// # Errors
/// [`ClvError::NeedsOrders`] of a summary; [`ClvError::TooShortToRoll`]; [`ClvError::Validation`].
pub fn rolling(base: &Base, models: &[ClvModel], most: usize) -> Result<Rolling, ClvError> {
    let what = "a back-test at several origins";
    let needs = || ClvError::NeedsOrders { what };
    let days = base.days.as_ref().ok_or_else(needs)?;
    let (Some(start), Some(end)) = (base.calibration_end, base.holdout_end) else {
        return Err(needs());
    };
    let horizon_days = u32::try_from(end.days_since(start)).unwrap_or(0);
    let number = |day: Day| i64::from(day.0);
    let first = days.first().map_or(number(end), number);
    // A model is fitted to no less time than it is held against.
    let found = origins(first, number(end), horizon_days, horizon_days, most);
    if found.len() < 2 {
        return Err(ClvError::TooShortToRoll { horizon_days });
    }
    let origins: Vec<Day> = found
        .iter()
        .map(|day| Day(i32::try_from(*day).unwrap_or(i32::MAX)))
        .collect();
    let at = origins
        .iter()
        .map(|origin| At::of(days, end, (*origin, horizon_days), base.unit.days()))
        .collect::<Result<Vec<At<'_>>, ClvError>>()?;
    let mut candidates = models
        .par_iter()
        .map(|model| of_model(*model, days, (&origins, &at), base.unit.days()))
        .collect::<Result<Vec<_>, ClvError>>()?;
    candidates.push(of_baseline("own-mean-rate", &at, |at| {
        own_mean_rate(&at.histories, at.horizon)
    })?);
    candidates.push(of_baseline("same-as-last-period", &at, |at| {
        same_as_last_period(&at.before)
    })?);
    candidates.push(of_cells(days, (&origins, &at), horizon_days)?);
    let told: Vec<Predictions> = candidates
        .iter()
        .filter_map(|(_, told)| told.clone())
        .collect();
    let choice = match choose(&told) {
        Ok(choice) => Some(choice),
        Err(ValidationError::NothingToChoose { .. } | ValidationError::NoCustomers) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(Rolling {
        horizon_days,
        customers: at.iter().map(|at| at.later.len() as u64).collect(),
        origins,
        candidates: candidates
            .into_iter()
            .map(|(candidate, _)| candidate)
            .collect(),
        choice,
    })
}

impl<'a> At<'a> {
    fn of(
        days: &'a PurchaseDays,
        end: Day,
        (origin, horizon_days): (Day, u32),
        unit_days: f64,
    ) -> Result<Self, ClvError> {
        let mut held: Vec<(&str, Held)> = Vec::new();
        for bought in days.all() {
            let known = bought.days.iter().take_while(|(day, _)| *day <= end);
            let known: Vec<i64> = known.map(|(day, _)| i64::from(day.0)).collect();
            let found = held_out(&known, i64::from(origin.0), horizon_days)?;
            held.extend(found.map(|found| (bought.customer_id.as_str(), found)));
        }
        // In the order of work, so that neighbours share it.
        held.sort_unstable_by_key(|(id, held)| {
            (order(held.history), held.later, held.last_period, *id)
        });
        let (ids, held): (Vec<&str>, Vec<Held>) = held.into_iter().unzip();
        let history = |held: &Held| {
            let history = History::from_days(held.history, unit_days);
            history.unwrap_or(History::NEW_CUSTOMER)
        };
        Ok(Self {
            ids,
            histories: held.iter().map(history).collect(),
            later: held.iter().map(|held| held.later).collect(),
            before: held.iter().map(|held| held.last_period).collect(),
            horizon: f64::from(horizon_days) / unit_days,
        })
    }

    fn counted(&self) -> WeightedHistories {
        WeightedHistories::from_histories(self.histories.iter().map(|history| (*history, 1)))
    }
}

const fn order(history: DayHistory) -> (u32, u32, u32) {
    (
        history.repeat_purchases,
        history.age_days,
        history.recency_days,
    )
}

type Joined = (RollingCandidate, Option<Predictions>);

fn of_model(
    model: ClvModel,
    days: &PurchaseDays,
    (origins, at): (&[Day], &[At<'_>]),
    unit_days: f64,
) -> Result<Joined, ClvError> {
    let mut told = Vec::new();
    let mut each = Vec::new();
    for (origin, at) in origins.iter().zip(at) {
        let times = if model.has_stages() {
            days.times(*origin, unit_days)
        } else {
            Vec::new()
        };
        match model.fit(&at.counted(), times.into_iter().flatten()) {
            Ok((fitted, _)) => {
                let here = predicted(fitted.as_ref(), at)?;
                each.push(AtOrigin {
                    parameters: fitted.named_parameters(),
                    ..AtOrigin::of(&here)
                });
                told.push(here);
            }
            Err(error) => each.push(AtOrigin {
                sums: None,
                mean_log_score: None,
                parameters: Vec::new(),
                failed: Some(in_words(&error)),
            }),
        }
    }
    let all = told.len() == at.len();
    joined(model.key(), each, if all { told } else { Vec::new() })
}

fn predicted(model: &dyn PurchaseModel, at: &At<'_>) -> Result<Predictions, ClvError> {
    Ok(Predictions::of_model(
        model,
        &at.histories,
        &at.later,
        at.horizon,
    )?)
}

/// What those in the same cell of recency, frequency and money did one holdout earlier; known of an origin before which somebody had.
fn of_cells(
    days: &PurchaseDays,
    (origins, at): (&[Day], &[At<'_>]),
    horizon_days: u32,
) -> Result<Joined, ClvError> {
    let (mut told, mut each) = (Vec::new(), Vec::new());
    for (origin, at) in origins.iter().zip(at) {
        match by_cell(days, &at.ids, *origin, horizon_days) {
            Some(numbers) => {
                let here = Predictions::of_numbers(CELLS, numbers, &at.later)?;
                each.push(AtOrigin::of(&here));
                told.push(here);
            }
            None => each.push(AtOrigin {
                sums: None,
                mean_log_score: None,
                parameters: Vec::new(),
                failed: Some("nobody had bought one holdout before this day".to_owned()),
            }),
        }
    }
    let all = told.len() == at.len();
    joined(CELLS, each, if all { told } else { Vec::new() })
}

fn of_baseline(
    key: &str,
    at: &[At<'_>],
    told: impl Fn(&At<'_>) -> Vec<f64>,
) -> Result<Joined, ClvError> {
    let told = at
        .iter()
        .map(|at| Predictions::of_numbers(key, told(at), &at.later))
        .collect::<Result<Vec<_>, ValidationError>>()?;
    let each = told.iter().map(AtOrigin::of).collect();
    joined(key, each, told)
}

impl AtOrigin {
    fn of(told: &Predictions) -> Self {
        let logarithms = told.places().map(|places| {
            let sum: f64 = places.iter().map(|place| place.at.ln()).sum();
            sum / places.len() as f64
        });
        Self {
            sums: Some([told.expected().iter().sum(), told.actual().iter().sum()]),
            mean_log_score: logarithms,
            parameters: Vec::new(),
            failed: None,
        }
    }
}

/// Puts what was told at all origins one after the other, and measures it as one.
fn joined(key: &str, at: Vec<AtOrigin>, told: Vec<Predictions>) -> Result<Joined, ClvError> {
    let mut told = told.into_iter();
    let mut all = told.next();
    if let Some(all) = &mut all {
        for more in told {
            all.append(more)?;
        }
    }
    let mut generator = ChaCha12Rng::seed_from_u64(SEED);
    let evaluation = match &all {
        Some(all) => Some(evaluate(all, &mut generator)?),
        None => None,
    };
    let candidate = RollingCandidate {
        key: key.to_owned(),
        at,
        evaluation,
    };
    Ok((candidate, all))
}

/// An error with its cause.
pub(super) fn in_words(error: &ClvError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
