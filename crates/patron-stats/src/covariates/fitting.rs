//! Which parameters and effects make histories with covariates likeliest.

use std::borrow::Cow;

use super::config::Covariates;
use super::fitted::WithCovariates;
use super::layout::{Layout, Slot};
use super::likelihood::{Objective, Penalty, penalties};
use super::{CovariateError, CovariateHistories, CovariateModel};
use crate::estimate::{FLAT_STANDARD_ERROR, FitError, FitReport, FitWarning};
use crate::fitting::MinimumRepeatBuyers;
use crate::history::WeightedHistories;
use crate::matrix;
use crate::optimise::{BOX, Evaluation, Lowest, minimise};

/// A search that takes longer than this is not going anywhere; 10 to 30 are usual.
const ITERATIONS: usize = 200;

/// Distinct pairs of covariates and history on which the starts are tried out.
const THINNED: usize = 5_000;

/// What a fit must know of a model with N parameters, all of them positive.
pub(crate) trait Family<const N: usize> {
    /// Returns parameters from which a search without covariates starts.
    fn starts(&self, histories: &WeightedHistories) -> Vec<[f64; N]>;

    /// Returns the log-likelihood with its derivatives in the parameters.
    fn evaluate(&self, parameters: &[f64; N], histories: &WeightedHistories) -> Evaluation<N>;

    /// Says what a limit of the parameters means to customers observed for at most `oldest`.
    fn in_words(&self, parameters: &[f64; N], oldest: f64) -> Vec<FitWarning>;
}

/// Returns the model with the likeliest parameters and effects, and what is known of their precision.
pub(crate) fn fit<M: CovariateModel, F: Family<N>, const N: usize>(
    family: &F,
    customers: &CovariateHistories,
    covariates: &Covariates,
    minimum: MinimumRepeatBuyers,
) -> Result<WithCovariates<M>, CovariateError> {
    let pooled = customers.pooled();
    minimum.check(pooled.repeat_buyers())?;
    let layout = Layout::new::<M>(covariates, customers)?;
    let penalties = penalties(&layout, M::PARAMETERS, covariates);
    let starts = starts(family, &layout, &pooled, &penalties);
    let best =
        search(family, &layout, customers, &penalties, &starts).ok_or(FitError::NoFiniteStart)?;
    let mut report = report::<M>(&layout, &best, customers, &penalties);
    let of_mean = mean_parameters::<N>(&layout, &best.theta);
    let in_words = family.in_words(&of_mean, pooled.oldest_age());
    report.warnings.extend(in_words);
    if covariates.is_penalised() {
        report.warnings.push(FitWarning::Penalised);
    }
    let effective = effective_parameters(&layout, &best, &penalties, customers.customers());
    Ok(WithCovariates::of_fit(
        customers.columns(),
        &layout,
        &layout.reported(&best.theta),
        report,
        effective,
    ))
}

/// Returns the parameters of a customer with mean covariates.
fn mean_parameters<const N: usize>(layout: &Layout, free: &[f64]) -> [f64; N] {
    let mut parameters = [0.0; N];
    for (parameter, ln) in parameters.iter_mut().zip(layout.all(free)) {
        *parameter = ln.exp();
    }
    parameters
}

/// Returns where searches start: at the fit without covariates, and at the starts of the model, all effects 0.
fn starts<F: Family<N>, const N: usize>(
    family: &F,
    layout: &Layout,
    pooled: &WeightedHistories,
    penalties: &[Penalty],
) -> Vec<Vec<f64>> {
    let without = layout.without_effects();
    let on_parameters: Vec<Penalty> = penalties
        .iter()
        .filter(|penalty| penalty.free < without.free)
        .copied()
        .collect();
    let free_of = |parameters: [f64; N]| -> Vec<f64> {
        let slots = layout.parameters.iter().zip(parameters);
        slots
            .filter(|(slot, _)| matches!(slot, Slot::Free(_)))
            .map(|(_, parameter)| parameter.ln())
            .collect()
    };
    let of_model: Vec<Vec<f64>> = family.starts(pooled).into_iter().map(free_of).collect();
    let objective = Objective::pooled(family, &without, pooled, &on_parameters);
    let best = of_model
        .iter()
        .filter_map(|start| minimise(|free| objective.at::<N>(free), start.clone(), ITERATIONS))
        .min_by(|left, right| left.at.value.total_cmp(&right.at.value));
    let with_effects = |mut start: Vec<f64>| {
        start.resize(layout.free, 0.0);
        start
    };
    best.map(|best| best.theta)
        .into_iter()
        .chain(of_model)
        .map(with_effects)
        .collect()
}

/// Searches from all starts, on a thinned base where there are many histories; the first, of the fit without covariates, is
/// then tried on all of them beside the best.
fn search<F: Family<N>, const N: usize>(
    family: &F,
    layout: &Layout,
    customers: &CovariateHistories,
    penalties: &[Penalty],
    starts: &[Vec<f64>],
) -> Option<Lowest<Vec<f64>>> {
    let lowest = |customers: &CovariateHistories, starts: &[Vec<f64>]| {
        let objective = Objective::new(family, layout, customers, penalties);
        starts
            .iter()
            .filter_map(|start| minimise(|free| objective.at::<N>(free), start.clone(), ITERATIONS))
            .min_by(|left, right| left.at.value.total_cmp(&right.at.value))
    };
    if customers.distinct() <= THINNED {
        return lowest(customers, starts);
    }
    let found = lowest(&customers.thinned(THINNED), starts);
    let promising: Vec<Vec<f64>> = starts
        .first()
        .cloned()
        .into_iter()
        .chain(found.map(|found| found.theta))
        .collect();
    lowest(customers, &promising)
}

/// Returns what is known of the fit; the log-likelihood is that of the histories alone, without the penalty.
fn report<M: CovariateModel>(
    layout: &Layout,
    best: &Lowest<Vec<f64>>,
    customers: &CovariateHistories,
    penalties: &[Penalty],
) -> FitReport {
    let scale = customers.customers() as f64;
    let penalty: f64 = penalties
        .iter()
        .filter_map(|penalty| Some((penalty, best.theta.get(penalty.free)?)))
        .map(|(penalty, free)| 0.5 * penalty.per_customer * (free - penalty.centre).powi(2))
        .sum();
    let free_covariance = covariance_of_free(best, scale);
    FitReport {
        customers: customers.customers(),
        parameters: layout.free,
        log_likelihood: -(best.at.value - penalty) * scale,
        covariance: free_covariance
            .as_ref()
            .map(|covariance| reported_covariance(layout, &best.theta, covariance)),
        iterations: best.iterations,
        converged: best.converged,
        warnings: warnings::<M>(layout, best, customers, free_covariance.as_deref()),
    }
}

/// Returns the inverse of the Hessian of `−ln L` with the penalty, in the free numbers.
fn covariance_of_free(best: &Lowest<Vec<f64>>, customers: f64) -> Option<Vec<Vec<f64>>> {
    let rows = best.at.hessian.iter();
    let hessian: Vec<Vec<f64>> = rows
        .map(|row| row.iter().map(|entry| entry * customers).collect())
        .collect();
    matrix::inverse(&hessian)
}

/// Returns the covariance of parameters and effects as they are reported: `D·A·C·Aᵀ·D`, A the change from the numbers of the
/// search and D the parameters themselves, 1 for effects.
fn reported_covariance(layout: &Layout, free: &[f64], covariance: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let slots: Vec<Slot> = layout.slots().collect();
    let reported = layout.reported(free);
    let taken: Vec<Vec<f64>> = layout
        .transformation()
        .iter()
        .zip(&reported)
        .enumerate()
        .map(|(position, (row, value))| {
            let scale = if position < layout.parameters.len() {
                value.exp()
            } else {
                1.0
            };
            let mut from_free = vec![0.0; layout.free];
            for (entry, slot) in row.iter().zip(&slots) {
                if let Slot::Free(column) = slot
                    && let Some(sum) = from_free.get_mut(*column)
                {
                    *sum += entry * scale;
                }
            }
            from_free
        })
        .collect();
    taken
        .iter()
        .map(|left| {
            taken
                .iter()
                .map(|right| bilinear(left, covariance, right))
                .collect()
        })
        .collect()
}

/// Returns `leftᵀ·C·right`, for symmetric C the same to the last bit with its sides exchanged.
fn bilinear(left: &[f64], covariance: &[Vec<f64>], right: &[f64]) -> f64 {
    let one_way = |left: &[f64], right: &[f64]| -> f64 {
        left.iter()
            .zip(covariance)
            .map(|(entry, row)| {
                let product: f64 = row.iter().zip(right).map(|(c, r)| c * r).sum();
                entry * product
            })
            .sum()
    };
    0.5 * (one_way(left, right) + one_way(right, left))
}

/// Returns the parameters that the data determine, as far as the penalty does not: `tr(H·(H + P)⁻¹)`.
fn effective_parameters(
    layout: &Layout,
    best: &Lowest<Vec<f64>>,
    penalties: &[Penalty],
    customers: u64,
) -> Option<f64> {
    let scale = customers as f64;
    let covariance = covariance_of_free(best, scale)?;
    let taken: f64 = penalties
        .iter()
        .filter_map(|penalty| {
            let variance = covariance.get(penalty.free)?.get(penalty.free)?;
            Some(variance * scale * penalty.per_customer)
        })
        .sum();
    Some(layout.free as f64 - taken)
}

/// Says what a reader must know: of parameters as they are for mean covariates, of effects as of one standard deviation.
fn warnings<M: CovariateModel>(
    layout: &Layout,
    best: &Lowest<Vec<f64>>,
    customers: &CovariateHistories,
    covariance: Option<&[Vec<f64>]>,
) -> Vec<FitWarning> {
    let mut warnings = Vec::new();
    if !best.converged {
        warnings.push(FitWarning::NotConverged {
            iterations: best.iterations,
        });
    }
    if covariance.is_none() {
        warnings.push(FitWarning::TooFlatForStandardErrors);
    }
    for (name, slot, unit) in M::PARAMETERS
        .iter()
        .zip(&layout.parameters)
        .map(|(name, slot)| (Cow::from(*name), *slot, None))
        .chain(layout.effects.iter().map(|effect| {
            let name = effect.name(customers).into();
            (name, effect.slot, Some(effect.deviation))
        }))
    {
        let Slot::Free(free) = slot else { continue };
        let Some(theta) = best.theta.get(free) else {
            continue;
        };
        let variance = covariance.and_then(|rows| rows.get(free)?.get(free));
        let ln_standard_error = variance.map_or(0.0, |variance| variance.sqrt());
        if theta.abs() >= BOX - 1e-9 {
            warnings.push(FitWarning::ParameterAtBound {
                parameter: name,
                value: unit.map_or(theta.exp(), |deviation| theta / deviation),
            });
        } else if ln_standard_error > FLAT_STANDARD_ERROR {
            warnings.push(FitWarning::PoorlyDetermined {
                parameter: name,
                ln_standard_error,
            });
        }
    }
    warnings
}
