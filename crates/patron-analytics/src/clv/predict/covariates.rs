//! What is expected where customers differ by what else is known of them?

use patron_stats::intervals::{IntervalNote, ParameterDraws};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;

use super::spend::Spend;
use super::teller::{Asked, How};
use super::{DRAWS, OfHistory, PredictRequest, Predictions, SEED, Value, of_values};
use crate::clv::covariates::OwnModel;
use crate::clv::{Base, ClvError, CovariateFit};

/// Predicts every customer whose covariates are known, each by the model of their own.
///
/// # Returns
/// These customers, and what is expected of them.
///
/// # Errors
/// [`ClvError::Covariates`], [`ClvError::Forecast`], [`ClvError::Interval`].
pub fn predict_with_covariates(
    base: &Base,
    fit: &CovariateFit,
    request: &PredictRequest,
) -> Result<(Base, Predictions), ClvError> {
    let known = base.of(fit
        .known()
        .filter_map(|(place, _)| base.customers.get(place))
        .collect());
    let alike = alike(fit);
    let asked = Asked::of(&known, request);
    let mut notes = fit.notes.clone();
    let spend = Spend::of(&known, request, &mut notes)?;
    let parts = alike.par_iter().map(|(values, places)| {
        let own = fit.own(values)?;
        let customers = places.iter();
        let customers = customers.filter_map(|place| known.customers.get(*place));
        let part = known.of(customers.collect());
        let draws = match asked.level {
            Some(_) => drawn(&own)?,
            None => None,
        };
        let how = How {
            draws: draws.as_ref(),
            spend: spend.as_ref(),
            averaged: false,
        };
        let told = asked.tell(&part, own.model.as_ref(), how)?;
        let of_customer: Vec<usize> = part.by_history().of_customers().collect();
        Ok((told, of_customer, draws))
    });
    let parts = parts.collect::<Result<Vec<Part>, ClvError>>()?;
    if asked.level.is_some() {
        notes.extend(warned(fit, &parts));
    }
    let mut joined = Joined::of(known.customers.len(), spend.is_some());
    for ((told, of_customer, _), (_, places)) in parts.into_iter().zip(&alike) {
        joined.add(told, &of_customer, places);
    }
    notes.extend(of_values(&joined.values, spend.as_ref()));
    let predictions = Predictions {
        told: joined.told.into(),
        of_customer: joined.of_customer,
        values: joined.values,
        horizon: asked.horizon,
        is_margin: known.settings.margin.is_some(),
        notes,
    };
    Ok((known, predictions))
}

type Part = (
    (Vec<OfHistory>, Vec<Value>),
    Vec<usize>,
    Option<ParameterDraws>,
);

/// Customers with the same covariates, by their places among those who have any.
fn alike(fit: &CovariateFit) -> Vec<(&[f64], Vec<usize>)> {
    let mut placed: Vec<(&[f64], usize)> = fit
        .known()
        .enumerate()
        .map(|(place, (_, values))| (values, place))
        .collect();
    let order = |a: &[f64], b: &[f64]| {
        let mut pairs = a.iter().zip(b).map(|(a, b)| a.total_cmp(b));
        pairs
            .find(|order| order.is_ne())
            .unwrap_or(std::cmp::Ordering::Equal)
    };
    placed.sort_by(|a, b| order(a.0, b.0));
    let groups = placed.chunk_by(|a, b| order(a.0, b.0).is_eq());
    groups
        .filter_map(|group| {
            let (values, _) = group.first()?;
            Some((*values, group.iter().map(|(_, place)| *place).collect()))
        })
        .collect()
}

/// Draws of a customer's own parameters; the same for the same fit.
fn drawn(own: &OwnModel) -> Result<Option<ParameterDraws>, ClvError> {
    let Some(covariance) = &own.covariance else {
        return Ok(None);
    };
    let mut generator = ChaCha12Rng::seed_from_u64(SEED);
    let named = own.model.named_parameters();
    let draws = ParameterDraws::normal(&named, covariance, DRAWS, &mut generator)?;
    Ok(Some(draws))
}

/// What there is to say of intervals: the fit's warnings, and draws that were drawn back, of all customers together.
fn warned(fit: &CovariateFit, parts: &[Part]) -> Vec<String> {
    let warnings = fit.card.warnings.iter().cloned();
    let mut notes: Vec<String> = warnings
        .map(|warning| IntervalNote::FitWarned { warning }.to_string())
        .collect();
    let (mut drawn_back, mut draws) = (0, 0);
    for (_, _, drawn) in parts {
        let Some(drawn) = drawn else { continue };
        draws += drawn.draws().len();
        for note in drawn.notes() {
            if let IntervalNote::DrawnBack {
                drawn_back: some, ..
            } = note
            {
                drawn_back += some;
            }
        }
    }
    if drawn_back > 0 {
        notes.push(IntervalNote::DrawnBack { drawn_back, draws }.to_string());
    }
    if draws == 0 {
        notes.push("no interval of the expectation: the likelihood is too flat at its top to give a covariance".to_owned());
    }
    notes
}

/// What is told of all, put together of what is told of those alike.
struct Joined {
    told: Vec<OfHistory>,
    of_customer: Vec<usize>,
    values: Vec<Value>,
}

impl Joined {
    fn of(customers: usize, has_values: bool) -> Self {
        let nothing = Value {
            expected_spend: f64::NAN,
            clv: f64::NAN,
            interval: None,
            clv_lifetime: f64::NAN,
        };
        Self {
            told: Vec::new(),
            of_customer: vec![0; customers],
            values: vec![nothing; if has_values { customers } else { 0 }],
        }
    }

    fn add(
        &mut self,
        (told, values): (Vec<OfHistory>, Vec<Value>),
        of_customer: &[usize],
        places: &[usize],
    ) {
        let before = self.told.len();
        self.told.extend(told);
        for (place, history) in places.iter().zip(of_customer) {
            if let Some(slot) = self.of_customer.get_mut(*place) {
                *slot = before + history;
            }
        }
        for (place, value) in places.iter().zip(values) {
            if let Some(slot) = self.values.get_mut(*place) {
                *slot = value;
            }
        }
    }
}
