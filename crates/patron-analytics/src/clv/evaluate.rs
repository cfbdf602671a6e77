//! How good models are: fitted up to a day, held against what customers bought after it, and against each other.

use patron_stats::history::History;
use patron_stats::validation::{
    Choice, Evaluation, Predictions, ValidationError, choose, evaluate, own_mean_rate,
    same_as_last_period,
};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;

use super::{Base, ClvError, Customer, Fit, fit};
use crate::model::ModelKey;

/// Customers that can be held against what came: each is looked at for itself.
const MOST_HELD: u64 = 50_000_000;
/// Places outcomes within their steps; the same each time.
const SEED: u64 = 1;

/// A model or baseline, fitted and held against what came.
#[derive(Debug)]
pub struct Candidate {
    /// Its key.
    pub key: String,
    /// The fit; nothing of a baseline, or where it failed.
    pub fit: Option<Fit>,
    /// Why it could not be fitted.
    pub failed: Option<ClvError>,
    /// Its measures; nothing without a holdout.
    pub evaluation: Option<Evaluation>,
}

/// Models beside each other.
#[derive(Debug)]
pub struct Evaluated {
    /// In the order asked for, the baselines last.
    pub candidates: Vec<Candidate>,
    /// The length of the holdout in units of the model.
    pub horizon: Option<f64>,
    /// Which is best, and why; nothing without a holdout.
    pub choice: Option<Choice>,
}

/// Fits models and, where later purchases are known, holds all of them against these.
///
/// `horizon` is the length of the holdout of a summary, in units of the model; orders tell it themselves.
///
/// # Errors
/// [`ClvError::Validation`]; [`ClvError::HoldoutUnknown`] if a summary has later purchases and nobody says of how long a time.
/// That a model cannot be fitted is said in its place.
pub fn evaluated(
    base: &Base,
    models: &[ModelKey],
    horizon: Option<f64>,
) -> Result<Evaluated, ClvError> {
    let mut fits: Vec<(ModelKey, Result<Fit, ClvError>)> = models
        .par_iter()
        .map(|model| (*model, fit(base, *model)))
        .collect();
    let held = Held::of(base, horizon)?;
    if let Some(error) = none_fitted(&mut fits) {
        return Err(error);
    }
    let Some(held) = held else {
        let candidates = fits.into_iter().map(|(key, fit)| Candidate::of(key, fit));
        return Ok(Evaluated {
            candidates: candidates.collect(),
            horizon: None,
            choice: None,
        });
    };
    let mut candidates = Vec::new();
    let mut predictions = Vec::new();
    // A search that did not settle has a better one beside it: it is measured, and not chosen.
    let is_settled = |fit: &Fit| fit.model.report().is_some_and(|report| report.converged);
    let any_settled = fits
        .iter()
        .any(|(_, fit)| fit.as_ref().is_ok_and(is_settled));
    for (key, fit) in fits {
        let mut candidate = Candidate::of(key, fit);
        if let Some(fit) = &candidate.fit {
            let told = held.of_model(fit)?;
            candidate.evaluation = Some(measures(&told)?);
            if is_settled(fit) || !any_settled {
                predictions.push(told);
            }
        }
        candidates.push(candidate);
    }
    for told in held.baselines()? {
        candidates.push(Candidate {
            key: told.key().to_owned(),
            fit: None,
            failed: None,
            evaluation: Some(measures(&told)?),
        });
        predictions.push(told);
    }
    let choice = match choose(&predictions) {
        Ok(choice) => Some(choice),
        Err(ValidationError::NothingToChoose { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(Evaluated {
        candidates,
        horizon: Some(held.horizon),
        choice,
    })
}

/// Why none could be fitted, if that is so: the first reason.
fn none_fitted(fits: &mut Vec<(ModelKey, Result<Fit, ClvError>)>) -> Option<ClvError> {
    if fits.iter().any(|(_, fit)| fit.is_ok()) {
        return None;
    }
    fits.drain(..).find_map(|(_, fit)| fit.err())
}

fn measures(told: &Predictions) -> Result<Evaluation, ClvError> {
    let mut generator = ChaCha12Rng::seed_from_u64(SEED);
    Ok(evaluate(told, &mut generator)?)
}

impl Candidate {
    fn of(key: ModelKey, fit: Result<Fit, ClvError>) -> Self {
        let (fit, failed) = match fit {
            Ok(fit) => (Some(fit), None),
            Err(error) => (None, Some(error)),
        };
        Self {
            key: key.key().to_owned(),
            fit,
            failed,
            evaluation: None,
        }
    }
}

/// Customers with what they bought in a holdout; a row that stands for several is there as often.
struct Held {
    histories: Vec<History>,
    later: Vec<u32>,
    /// What each bought in a time as long before the end of calibration, where that is known.
    before: Option<Vec<u32>>,
    horizon: f64,
}

impl Held {
    fn of(base: &Base, horizon: Option<f64>) -> Result<Option<Self>, ClvError> {
        if base
            .customers
            .iter()
            .any(|customer| customer.later.is_none())
        {
            return Ok(None);
        }
        let of_days = match (base.calibration_end, base.holdout_end) {
            (Some(start), Some(end)) => Some(f64::from(end.days_since(start)) / base.unit.days()),
            _ => None,
        };
        if of_days.is_some() && horizon.is_some() {
            return Err(ClvError::HoldoutOfOrders);
        }
        let horizon = of_days.or(horizon).ok_or(ClvError::HoldoutUnknown)?;
        if base.len() > MOST_HELD {
            return Err(ClvError::TooManyHeld {
                customers: base.len(),
                most: MOST_HELD,
            });
        }
        let mut rows: Vec<&Customer> = base.customers.iter().collect();
        rows.sort_by(|a, b| a.history.work_order(&b.history).then(a.later.cmp(&b.later)));
        let each = |customer: &&Customer| usize::try_from(customer.weight).unwrap_or(usize::MAX);
        let repeated: Vec<&Customer> = rows
            .iter()
            .flat_map(|customer| std::iter::repeat_n(*customer, each(customer)))
            .collect();
        let before: Option<Vec<u32>> = repeated.iter().map(|customer| customer.before).collect();
        Ok(Some(Self {
            histories: repeated.iter().map(|customer| customer.history).collect(),
            later: repeated
                .iter()
                .map(|customer| customer.later.unwrap_or(0))
                .collect(),
            before,
            horizon,
        }))
    }

    fn of_model(&self, fit: &Fit) -> Result<Predictions, ClvError> {
        let model = fit.model.as_ref();
        Ok(Predictions::of_model(
            model,
            &self.histories,
            &self.later,
            self.horizon,
        )?)
    }

    fn baselines(&self) -> Result<Vec<Predictions>, ClvError> {
        let own_rate = own_mean_rate(&self.histories, self.horizon);
        let mut told = vec![Predictions::of_numbers(
            "own-mean-rate",
            own_rate,
            &self.later,
        )?];
        if let Some(before) = &self.before {
            told.push(Predictions::of_numbers(
                "same-as-last-period",
                same_as_last_period(before),
                &self.later,
            )?);
        }
        Ok(told)
    }
}
