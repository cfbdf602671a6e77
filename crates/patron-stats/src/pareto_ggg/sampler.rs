//! What is given, and what chains make together.

use super::hierarchy::{Before, COORDINATES, Hierarchy, Spread};
use super::walk::walk;
use super::{GggError, OwnTiming, SampledParetoGgg, TimedHistories, TimedHistory};
use crate::mcmc::{Chain, Posterior, Sampling};

/// Standard deviations of ln shape and of ln rate before the data; see `docs/methods/bayesian.md`.
const DEVIATION: Spread = Spread {
    ln_shape: 1.5,
    ln_rate: 2.0,
};

/// Names of shape and rate of k, λ and μ.
const NAMES: [[&str; 2]; COORDINATES] = [["t", "gamma"], ["r", "alpha"], ["s", "beta"]];

/// Customers one by one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Customers {
    pub(super) distinct: TimedHistories,
    /// ln k, where all share it.
    pub(super) ln_regularity: Option<f64>,
}

impl Customers {
    /// Returns every customer: as many times as there are alike.
    pub(super) fn each(&self) -> impl Iterator<Item = &TimedHistory> + Clone {
        let entries = self.distinct.entries().iter();
        entries.flat_map(|(customer, count)| (0..*count).map(move |_| customer))
    }

    fn names(&self) -> Vec<&'static str> {
        let skipped = usize::from(self.ln_regularity.is_some());
        NAMES.iter().skip(skipped).flatten().copied().collect()
    }
}

/// What one chain drew.
#[derive(Debug, Clone, PartialEq)]
pub struct GggChain {
    chain: Chain,
    timings: Vec<Vec<OwnTiming>>,
}

/// Pareto/GGG posed to customers, ready to be sampled.
///
/// May be shared between threads: each chain is a function of its number alone.
#[derive(Debug, Clone, PartialEq)]
pub struct GggSampler {
    customers: Customers,
    before: [Before; COORDINATES],
    sampling: Sampling,
}

impl GggSampler {
    pub(super) fn new(customers: Customers, sampling: Sampling) -> Self {
        let histories = customers.distinct.histories();
        let centre = |ln_rate: f64| Spread {
            ln_shape: 0.0,
            ln_rate,
        };
        let before = |ln_rate: f64, deviation: Spread| Before {
            centre: centre(ln_rate),
            deviation,
        };
        // A shape has no unit, so neither has the rate of shapes.
        let unitless = Spread {
            ln_rate: DEVIATION.ln_shape,
            ..DEVIATION
        };
        Self {
            before: [
                before(0.0, unitless),
                before(-histories.overall_rate().ln(), DEVIATION),
                before(histories.mean_age().ln(), DEVIATION),
            ],
            customers,
            sampling,
        }
    }

    /// Walks one chain, of number 0 or more.
    #[must_use]
    pub fn chain(&self, number: usize) -> GggChain {
        let walked = walk(&self.customers, &self.before, &self.sampling, number);
        let draws = walked.spreads.iter().map(Hierarchy::reported);
        GggChain {
            chain: Chain::new(draws.collect()),
            timings: walked.timings,
        }
    }

    /// Puts chains together, in the order of their numbers, and judges them.
    ///
    /// # Errors
    /// [`GggError::Sampling`].
    pub fn gather(&self, chains: Vec<GggChain>) -> Result<SampledParetoGgg, GggError> {
        let (chains, timings): (Vec<Chain>, Vec<Vec<Vec<OwnTiming>>>) = chains
            .into_iter()
            .map(|chain| (chain.chain, chain.timings))
            .unzip();
        let posterior = Posterior::of(&self.customers.names(), chains)?;
        let timings = timings.into_iter().flatten().collect();
        let customers = self.customers.distinct.clone();
        Ok(SampledParetoGgg::new(posterior, customers, timings))
    }

    /// Walks all chains, one after the other, and judges them.
    ///
    /// # Errors
    /// As [`GggSampler::gather`].
    pub fn run(&self) -> Result<SampledParetoGgg, GggError> {
        let chains = (0..self.sampling.chains()).map(|number| self.chain(number));
        self.gather(chains.collect())
    }
}
