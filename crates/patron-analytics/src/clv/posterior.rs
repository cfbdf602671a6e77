//! What do draws from a posterior say of parameters, and can they be believed?

use patron_stats::intervals::Interval;
use patron_stats::mcmc::{Posterior, Sampling, SamplingWarning};

use super::ClvError;

/// How a posterior is sampled; what is not said is as the sampler usually has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SamplingRequest {
    /// How many chains.
    pub chains: Option<usize>,
    /// Draws kept of each.
    pub draws: Option<usize>,
    /// Draws before these.
    pub warmup: Option<usize>,
    /// The same seed draws the same.
    pub seed: Option<u64>,
}

impl SamplingRequest {
    /// Returns how it is sampled, where a sampler usually does as `usual` says.
    pub(super) fn of(self, usual: Sampling) -> Result<Sampling, ClvError> {
        let mut sampling = usual.with_seed(self.seed.unwrap_or(usual.seed()));
        sampling = sampling.with_chains(self.chains.unwrap_or(usual.chains()))?;
        sampling = sampling.with_draws(self.draws.unwrap_or(usual.draws()))?;
        Ok(sampling.with_warmup(self.warmup.unwrap_or(usual.warmup()))?)
    }
}

/// A posterior as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct PosteriorCard {
    /// The key of the model.
    pub model: &'static str,
    /// In the order of the draws.
    pub parameters: Vec<SampledParameter>,
    /// Of the draws, by rows in the order of the parameters.
    pub covariance: Vec<Vec<f64>>,
    /// Customers that count.
    pub customers: u64,
    /// How it was sampled.
    pub sampling: Sampling,
    /// Draws that came of a trajectory that diverged.
    pub divergences: usize,
    /// What must be known about the draws.
    pub warnings: Vec<SamplingWarning>,
}

/// What draws say of one parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct SampledParameter {
    /// Its name.
    pub name: String,
    /// Posterior mean.
    pub mean: f64,
    /// Posterior standard deviation.
    pub standard_deviation: f64,
    /// Between which bounds it lies.
    pub interval: Interval,
    /// Above 1.01 chains have not mixed.
    pub r_hat: f64,
    /// Effective draws for where the posterior lies.
    pub effective_bulk: f64,
    /// Effective draws for its ends.
    pub effective_tail: f64,
}

impl PosteriorCard {
    /// Returns the card of a posterior, with intervals of a level.
    pub(super) fn of(
        model: &'static str,
        posterior: &Posterior,
        (customers, sampling): (u64, Sampling),
        level: f64,
    ) -> Result<Self, ClvError> {
        let summaries = posterior.summaries().iter().enumerate();
        let parameters = summaries.map(|(place, summary)| {
            let value = |draw: &[f64]| draw.get(place).copied().unwrap_or(f64::NAN);
            Ok(SampledParameter {
                name: summary.parameter.clone(),
                mean: summary.mean,
                standard_deviation: summary.standard_deviation,
                interval: posterior.interval_of(level, value)?,
                r_hat: summary.r_hat,
                effective_bulk: summary.effective_bulk,
                effective_tail: summary.effective_tail,
            })
        });
        Ok(Self {
            model,
            parameters: parameters.collect::<Result<_, ClvError>>()?,
            covariance: covariance(posterior),
            customers,
            sampling,
            divergences: posterior.divergences(),
            warnings: posterior.warnings().to_vec(),
        })
    }

    /// Returns whether all chains have found the same place.
    #[must_use]
    pub fn has_mixed(&self) -> bool {
        let mut warnings = self.warnings.iter();
        !warnings.any(|warning| matches!(warning, SamplingWarning::NotMixed { .. }))
    }
}

fn covariance(posterior: &Posterior) -> Vec<Vec<f64>> {
    let means: Vec<f64> = posterior
        .summaries()
        .iter()
        .map(|summary| summary.mean)
        .collect();
    let size = means.len();
    let mut sums = vec![vec![0.0; size]; size];
    let draws = posterior.chains().iter().flat_map(|chain| chain.draws());
    for draw in draws {
        let away: Vec<f64> = draw
            .iter()
            .zip(&means)
            .map(|(value, mean)| value - mean)
            .collect();
        for (row, left) in sums.iter_mut().zip(&away) {
            for (sum, right) in row.iter_mut().zip(&away) {
                *sum += left * right;
            }
        }
    }
    let freedom = posterior.draws().saturating_sub(1).max(1) as f64;
    for sum in sums.iter_mut().flatten() {
        *sum /= freedom;
    }
    sums
}
