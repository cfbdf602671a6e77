//! How many chains, how long, from which seed.

use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

/// Fewer chains cannot be compared.
const FEWEST_CHAINS: usize = 2;

/// Half a chain must have a variance, and some length to be correlated over.
const FEWEST_DRAWS: usize = 20;

/// How a posterior is sampled.
///
/// Every chain has a stream of random numbers of its own, that of its number under the seed: chains may be run in any order and on
/// any threads, and draw the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampling {
    chains: usize,
    warmup: usize,
    draws: usize,
    thinning: usize,
    seed: u64,
}

/// Why posteriors cannot be sampled so, or draws not be judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SamplingError {
    /// Whether a chain has found its place shows only beside others.
    #[error("{found} chains, expected at least {required}")]
    TooFewChains {
        /// Fewest that can be compared.
        required: usize,
        /// Number asked for.
        found: usize,
    },
    /// Too few draws to see whether a chain still moves.
    #[error("{found} draws of each chain, expected at least {required}")]
    TooFewDraws {
        /// Fewest.
        required: usize,
        /// Number asked for.
        found: usize,
    },
    /// A sampler must learn its steps before its draws count.
    #[error("{found} draws to warm up, expected at least {required}")]
    WarmupTooShort {
        /// Fewest.
        required: usize,
        /// Number asked for.
        found: usize,
    },
    /// Every zeroth draw is none.
    #[error("every {found}th draw kept, expected every first or a later one")]
    ThinningTooSmall {
        /// Number asked for.
        found: usize,
    },
    /// Chains are of different lengths, or of other parameters than named.
    #[error("chain {chain} has draws unlike those of the first chain, or of other parameters")]
    ChainsDiffer {
        /// Its number, from 0.
        chain: usize,
    },
}

impl SamplingError {
    /// Returns a stable key, for translation.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::TooFewChains { .. } => "sampling_too_few_chains",
            Self::TooFewDraws { .. } => "sampling_too_few_draws",
            Self::WarmupTooShort { .. } => "sampling_warmup_too_short",
            Self::ThinningTooSmall { .. } => "sampling_thinning_too_small",
            Self::ChainsDiffer { .. } => "sampling_chains_differ",
        }
    }
}

impl Default for Sampling {
    /// Four chains of 1,000 draws, after 500 to warm up, seed 1.
    fn default() -> Self {
        Self {
            chains: 4,
            warmup: 500,
            draws: 1_000,
            thinning: 1,
            seed: 1,
        }
    }
}

impl Sampling {
    /// Fewest draws to warm up; below this nothing is learnt.
    const SHORTEST_WARMUP: usize = 50;

    /// Four chains of 1,000 draws, every twentieth after 2,000 to warm up, seed 1: for samplers that go from customer to customer, whose
    /// neighbouring draws are much alike.
    #[must_use]
    pub const fn of_hierarchies() -> Self {
        Self {
            chains: 4,
            warmup: 2_000,
            draws: 1_000,
            thinning: 20,
            seed: 1,
        }
    }

    /// Four chains of 1,000 draws, every fourth after 1,000 to warm up, seed 1: where going from customer to customer takes longer, and gets farther.
    #[must_use]
    pub const fn of_slow_hierarchies() -> Self {
        Self {
            warmup: 1_000,
            thinning: 4,
            ..Self::of_hierarchies()
        }
    }

    /// Sets the number of chains.
    ///
    /// # Errors
    /// [`SamplingError::TooFewChains`] below 2.
    pub const fn with_chains(self, chains: usize) -> Result<Self, SamplingError> {
        if chains < FEWEST_CHAINS {
            return Err(SamplingError::TooFewChains {
                required: FEWEST_CHAINS,
                found: chains,
            });
        }
        Ok(Self { chains, ..self })
    }

    /// Sets the number of draws that each chain makes, and throws away, before those that count.
    ///
    /// # Errors
    /// [`SamplingError::WarmupTooShort`] below 50.
    pub const fn with_warmup(self, warmup: usize) -> Result<Self, SamplingError> {
        if warmup < Self::SHORTEST_WARMUP {
            return Err(SamplingError::WarmupTooShort {
                required: Self::SHORTEST_WARMUP,
                found: warmup,
            });
        }
        Ok(Self { warmup, ..self })
    }

    /// Sets the number of draws that are kept of each chain.
    ///
    /// # Errors
    /// [`SamplingError::TooFewDraws`] below 20.
    pub const fn with_draws(self, draws: usize) -> Result<Self, SamplingError> {
        if draws < FEWEST_DRAWS {
            return Err(SamplingError::TooFewDraws {
                required: FEWEST_DRAWS,
                found: draws,
            });
        }
        Ok(Self { draws, ..self })
    }

    /// Keeps one draw of so many, after the warm-up: for samplers whose neighbouring draws are much alike.
    ///
    /// # Errors
    /// [`SamplingError::ThinningTooSmall`] for 0.
    pub const fn with_thinning(self, thinning: usize) -> Result<Self, SamplingError> {
        if thinning == 0 {
            return Err(SamplingError::ThinningTooSmall { found: thinning });
        }
        Ok(Self { thinning, ..self })
    }

    /// Sets the seed.
    #[must_use]
    pub const fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Returns the number of chains.
    #[must_use]
    pub const fn chains(&self) -> usize {
        self.chains
    }

    /// Returns the draws before those that count.
    #[must_use]
    pub const fn warmup(&self) -> usize {
        self.warmup
    }

    /// Returns the draws kept of each chain.
    #[must_use]
    pub const fn draws(&self) -> usize {
        self.draws
    }

    /// Returns of how many draws one is kept.
    #[must_use]
    pub const fn thinning(&self) -> usize {
        self.thinning
    }

    /// Returns the seed.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// Returns the random numbers of a chain.
    pub(crate) fn generator(&self, chain: usize) -> ChaCha12Rng {
        let mut generator = ChaCha12Rng::seed_from_u64(self.seed);
        generator.set_stream(chain as u64);
        generator
    }
}
