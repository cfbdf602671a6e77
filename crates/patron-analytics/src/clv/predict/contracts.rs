//! What is expected of customers who renew?

use patron_stats::contract::{ContractHistory, ContractModel};
use patron_stats::intervals::{ContractExpectations, ContractInterval, ParameterDraws};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;

use super::{DRAWS, PredictRequest, SEED, noted};
use crate::clv::{ClvError, Contracts};

/// What is expected of customers with one history of renewals; of who has left, nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ContractPrediction {
    /// Probability of making the next renewal.
    pub retention: f64,
    /// Probability of being there after all renewals of the horizon.
    pub probability_alive: f64,
    /// Renewals expected of the horizon.
    pub expected_renewals: f64,
    /// Between which bounds these expectations lie; nothing where that cannot be told, or was not asked for.
    pub intervals: Option<ContractInterval>,
    /// Between which numbers of renewals one of these customers will end up.
    pub outcome: Option<[usize; 2]>,
    /// Renewals expected of the horizon, each discounted.
    pub discounted_renewals: f64,
    /// The same without end; nothing without a discount.
    pub discounted_renewals_lifetime: Option<f64>,
    /// The further renewal by which half of them have left.
    pub median_renewal_of_leaving: Option<u32>,
}

/// What is expected of all who have a contract.
#[derive(Debug)]
pub struct ContractPredictions {
    /// In the order of [`Contracts::rows`].
    pub told: Vec<ContractPrediction>,
    /// Renewals that are looked ahead.
    pub horizon: u32,
    /// What a reader must know.
    pub notes: Vec<String>,
}

/// Predicts every row of a file of contracts over `horizon` renewals, discounted at a continuous `rate` per renewal.
///
/// # Errors
/// [`ClvError::Forecast`], [`ClvError::Interval`].
pub fn predict_contracts(
    contracts: &Contracts,
    model: &dyn ContractModel,
    request: &PredictRequest,
    (horizon, rate): (u32, f64),
) -> Result<ContractPredictions, ClvError> {
    let mut notes = contracts.notes.clone();
    let mut generator = ChaCha12Rng::seed_from_u64(SEED);
    let named = model.named_parameters();
    let drawn = request
        .intervals
        .then(|| ParameterDraws::laplace(&named, model.report(), DRAWS, &mut generator));
    let expected = match noted(drawn, &mut notes)? {
        Some(draws) => Some(ContractExpectations::new(
            model,
            &draws,
            horizon,
            request.level,
        )?),
        None => None,
    };
    let level = request.intervals.then_some(request.level);
    let tell = |history: &ContractHistory| {
        Ok(ContractPrediction {
            intervals: expected.as_ref().map(|expected| expected.forecast(history)),
            outcome: level.map(|level| {
                let renewals = model.renewal_distribution(history, horizon);
                [0.5 * (1.0 - level), 0.5 * (1.0 + level)].map(|tail| renewals.quantile(tail))
            }),
            ..plain(model, history, (horizon, rate))?
        })
    };
    // A file has few distinct histories.
    let mut distinct: Vec<ContractHistory> = contracts.rows.iter().map(|row| row.history).collect();
    distinct.sort_unstable();
    distinct.dedup();
    let of_distinct = distinct.par_iter().map(tell);
    let of_distinct = of_distinct.collect::<Result<Vec<_>, ClvError>>()?;
    let told = contracts.rows.iter().filter_map(|row| {
        let place = distinct.binary_search(&row.history).ok()?;
        of_distinct.get(place).copied()
    });
    Ok(ContractPredictions {
        told: told.collect(),
        horizon,
        notes,
    })
}

/// What the model says, without intervals.
fn plain(
    model: &dyn ContractModel,
    history: &ContractHistory,
    (horizon, rate): (u32, f64),
) -> Result<ContractPrediction, ClvError> {
    let lifetime = match rate {
        rate if rate > 0.0 => Some(model.discounted_expected_renewals_lifetime(history, rate)?),
        _ => None,
    };
    Ok(ContractPrediction {
        retention: model.probability_alive(history, 1),
        probability_alive: model.probability_alive(history, horizon),
        expected_renewals: model.expected_renewals(history, horizon),
        intervals: None,
        outcome: None,
        discounted_renewals: model.discounted_expected_renewals(history, horizon, rate)?,
        discounted_renewals_lifetime: lifetime,
        median_renewal_of_leaving: model.renewal_of_leaving(history, 0.5),
    })
}
