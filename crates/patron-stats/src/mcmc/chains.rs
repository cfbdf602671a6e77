//! What chains drew.

use super::SamplingError;

/// The draws of one chain after its warm-up, in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct Chain {
    draws: Vec<Vec<f64>>,
    divergences: usize,
    cut_short: usize,
}

impl Chain {
    /// Keeps draws, each of as many numbers as there are parameters.
    #[must_use]
    pub const fn new(draws: Vec<Vec<f64>>) -> Self {
        Self {
            draws,
            divergences: 0,
            cut_short: 0,
        }
    }

    /// Says how many of the draws came of a trajectory that left the posterior (it diverged), and how many of one that was cut short
    /// before it turned back.
    #[must_use]
    pub fn with_troubles(self, divergences: usize, cut_short: usize) -> Self {
        Self {
            divergences,
            cut_short,
            ..self
        }
    }

    /// Returns the draws.
    #[must_use]
    pub fn draws(&self) -> &[Vec<f64>] {
        &self.draws
    }

    /// Returns how many draws came of a trajectory that diverged.
    #[must_use]
    pub const fn divergences(&self) -> usize {
        self.divergences
    }

    /// Returns how many draws came of a trajectory that was cut short.
    #[must_use]
    pub const fn cut_short(&self) -> usize {
        self.cut_short
    }
}

/// Returns the chains of each parameter: of its values, not of draws.
pub(super) fn by_parameter(
    chains: &[Chain],
    parameters: usize,
) -> Result<Vec<Vec<Vec<f64>>>, SamplingError> {
    let length = chains.first().map_or(0, |chain| chain.draws.len());
    for (number, chain) in chains.iter().enumerate() {
        let alike = |draw: &Vec<f64>| draw.len() == parameters;
        if chain.draws.len() != length || !chain.draws.iter().all(alike) {
            return Err(SamplingError::ChainsDiffer { chain: number });
        }
    }
    let of = |parameter: usize| {
        let values = |chain: &Chain| {
            let of_one = chain
                .draws
                .iter()
                .filter_map(|draw| draw.get(parameter).copied());
            of_one.collect::<Vec<f64>>()
        };
        chains.iter().map(values).collect()
    };
    Ok((0..parameters).map(of).collect())
}
