//! How good models are: fitted up to a day, held against what customers bought after it, and against each other.

use std::borrow::Cow;
use std::collections::BTreeMap;

use patron_stats::history::History;
use patron_stats::purchase::PurchaseModel;
use patron_stats::validation::{
    Choice, Evaluation, Predictions, ValidationError, choose, evaluate, own_mean_rate,
    same_as_last_period,
};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;

use super::cells::{CELLS, by_cell};
use super::drift::{Drift, NoDrift, drift};
use super::tracking::{Tracked, tracked};
use super::{Base, ClvError, ClvModel, Customer, Fit, fit};

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
    /// Calibration by repeat purchases, ascending; none without a holdout.
    pub by_frequency: Vec<FrequencyGroup>,
}

/// Customers with so many repeat purchases: what was expected of each, and what came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrequencyGroup {
    /// The fewest repeat purchases.
    pub from: u32,
    /// The most; nothing in the last group.
    pub to: Option<u32>,
    /// How many customers.
    pub customers: u64,
    /// Mean prediction.
    pub predicted: f64,
    /// Mean outcome.
    pub actual: f64,
}

/// From this number of repeat purchases on customers are one group.
const OFTEN: u32 = 7;

/// Models beside each other.
#[derive(Debug)]
pub struct Evaluated {
    /// In the order asked for, the baselines last.
    pub candidates: Vec<Candidate>,
    /// The length of the holdout in units of the model.
    pub horizon: Option<f64>,
    /// Which is best, and why; nothing without a holdout.
    pub choice: Option<Choice>,
    /// How purchases add up over time; nothing of a summary.
    pub tracked: Option<Tracked>,
    /// Whether customers won lately are like those before, by the model that was chosen, or why that cannot be told.
    pub drift: Option<Result<Drift, NoDrift>>,
    /// What a reader must know.
    pub notes: Vec<String>,
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
    models: &[ClvModel],
    horizon: Option<f64>,
) -> Result<Evaluated, ClvError> {
    let mut fits: Vec<(ClvModel, Result<Fit, ClvError>)> = models
        .par_iter()
        .map(|model| (*model, fit(base, *model)))
        .collect();
    let held = Held::of(base, horizon)?;
    if let Some(error) = none_fitted(&mut fits) {
        return Err(error);
    }
    let mut found = Evaluated {
        candidates: Vec::new(),
        horizon: held.as_ref().map(|held| held.horizon),
        choice: None,
        tracked: None,
        drift: None,
        notes: Vec::new(),
    };
    match held {
        Some(held) => found.hold(&held, fits)?,
        None => {
            let candidates = fits.into_iter().map(|(key, fit)| Candidate::of(key, fit));
            found.candidates = candidates.collect();
        }
    }
    found.look_closer(base)?;
    Ok(found)
}

impl Evaluated {
    /// Holds models and baselines against what came, and chooses.
    fn hold(
        &mut self,
        held: &Held<'_>,
        fits: Vec<(ClvModel, Result<Fit, ClvError>)>,
    ) -> Result<(), ClvError> {
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
                candidate.by_frequency = held.by_frequency(&told);
                if is_settled(fit) || !any_settled {
                    predictions.push(told);
                }
            }
            self.candidates.push(candidate);
        }
        for told in held.baselines(&mut self.notes)? {
            self.candidates.push(Candidate {
                key: told.key().to_owned(),
                fit: None,
                failed: None,
                evaluation: Some(measures(&told)?),
                by_frequency: held.by_frequency(&told),
            });
            predictions.push(told);
        }
        self.choice = match choose(&predictions) {
            Ok(choice) => Some(choice),
            Err(ValidationError::NothingToChoose { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(())
    }

    /// What needs the days of purchases: how they add up, and whether customers change.
    fn look_closer(&mut self, base: &Base) -> Result<(), ClvError> {
        let fits = || {
            self.candidates
                .iter()
                .filter_map(|candidate| candidate.fit.as_ref())
        };
        let models: Vec<(String, &dyn PurchaseModel)> = fits()
            .map(|fit| (fit.key.key().to_owned(), fit.model.as_ref()))
            .collect();
        let tracked = tracked(base, &models)?;
        let chosen = self.choice.as_ref().map(|choice| choice.key.as_str());
        let chosen = fits().find(|fit| Some(fit.key.key()) == chosen);
        let drift = match chosen.or_else(|| fits().next()) {
            Some(fit) => drift(base, fit.key)?,
            None => None,
        };
        self.tracked = tracked;
        self.drift = drift;
        Ok(())
    }
}

/// Why none could be fitted, if that is so: the first reason.
fn none_fitted(fits: &mut Vec<(ClvModel, Result<Fit, ClvError>)>) -> Option<ClvError> {
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
    fn of(key: ClvModel, fit: Result<Fit, ClvError>) -> Self {
        let (fit, failed) = match fit {
            Ok(fit) => (Some(fit), None),
            Err(error) => (None, Some(error)),
        };
        Self {
            key: key.key().to_owned(),
            fit,
            failed,
            evaluation: None,
            by_frequency: Vec::new(),
        }
    }
}

/// Customers with what they bought in a holdout; a row that stands for several is there as often.
struct Held<'a> {
    histories: Vec<History>,
    later: Vec<u32>,
    /// What each bought in a time as long before the end of calibration, where that is known.
    before: Option<Vec<u32>>,
    horizon: f64,
    /// By cells, where an earlier holdout is known.
    cells: Option<Vec<f64>>,
    base: &'a Base,
}

impl<'a> Held<'a> {
    fn of(base: &'a Base, horizon: Option<f64>) -> Result<Option<Self>, ClvError> {
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
        let mut rows: Vec<Customer<'_>> = base.customers.iter().collect();
        rows.sort_by(|a, b| a.history.work_order(&b.history).then(a.later.cmp(&b.later)));
        let each = |customer: &Customer<'_>| usize::try_from(customer.weight).unwrap_or(usize::MAX);
        let repeated: Vec<Customer<'_>> = rows
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
            cells: cells(base, &repeated),
            base,
        }))
    }

    /// Groups customers by their repeat purchases.
    fn by_frequency(&self, told: &Predictions) -> Vec<FrequencyGroup> {
        let pairs = told.expected().iter().zip(told.actual());
        let mut sums: BTreeMap<u32, (u64, f64, f64)> = BTreeMap::new();
        for (history, (expected, actual)) in self.histories.iter().zip(pairs) {
            let group = sums
                .entry(history.repeat_purchases().min(OFTEN))
                .or_default();
            *group = (group.0 + 1, group.1 + expected, group.2 + actual);
        }
        let groups = sums.into_iter();
        groups
            .map(|(from, (customers, expected, actual))| FrequencyGroup {
                from,
                to: (from < OFTEN).then_some(from),
                customers,
                predicted: expected / customers as f64,
                actual: actual / customers as f64,
            })
            .collect()
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

    fn baselines(&self, notes: &mut Vec<String>) -> Result<Vec<Predictions>, ClvError> {
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
        match &self.cells {
            Some(cells) => told.push(Predictions::of_numbers(
                CELLS,
                cells.clone(),
                &self.later,
            )?),
            None if self.base.days.is_some() => notes.push(
                "no baseline of cells: nobody had bought one holdout before the end of calibration, so there is nothing to learn from".to_owned(),
            ),
            None => {}
        }
        Ok(told)
    }
}

/// What customers in the same cell did one holdout earlier, in the order of the rows.
fn cells(base: &Base, rows: &[Customer<'_>]) -> Option<Vec<f64>> {
    let end = base.calibration_end?;
    let horizon = u32::try_from(base.holdout_end?.days_since(end)).ok()?;
    let ids: Vec<Cow<'_, str>> = rows.iter().map(|customer| customer.id.text()).collect();
    let ids: Vec<&str> = ids.iter().map(Cow::as_ref).collect();
    by_cell(base.days.as_ref()?, &ids, end, horizon)
}
