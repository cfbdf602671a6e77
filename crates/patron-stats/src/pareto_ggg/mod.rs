//! Pareto/GGG: every customer buys in an own rhythm, at random, like clockwork or in bursts, and leaves at an own rate.
//!
//! Pareto/NBD lets purchases come at random. Where customers differ in how regularly they buy, the same silence means something else for each:
//! one who bought every month and has been silent for three has left in all likelihood, one who buys in bursts has not. Here regularity is a number that
//! every customer has, as are the rates of buying and leaving. There is no closed form of the likelihood over customers, so the posterior
//! is drawn from, customer by customer.
//!
//! | module | question it answers |
//! |---|---|
//! | `history` | what is known of a customer? |
//! | `individual` | how likely is that at known regularity and rates, and what comes next? |
//! | `renewal` | how likely are one, two, three more purchases? |
//! | `departures` | when may a silent customer have left, at any rate? |
//! | `hierarchy` | how are regularity and rates spread over customers? |
//! | `walk` | how does a chain walk? |
//! | `sampler` | what is given, and what do chains make together? |
//! | `sampled` | what do the draws say of customers? |

mod departures;
mod hierarchy;
mod history;
mod individual;
mod renewal;
mod sampled;
mod sampler;
mod walk;

pub use crate::purchase::{KnownCustomer, OwnDraws, OwnForecast, TotalForecast};
pub use history::{TimedHistories, TimedHistory};
pub use individual::OwnTiming;
pub use sampled::SampledParetoGgg;
pub use sampler::{GggChain, GggSampler};

use crate::estimate::FitError;
use crate::fitting::MinimumRepeatBuyers;
use crate::history::HistoryError;
use crate::mcmc::{Sampling, SamplingError};
use crate::regularity::RegularityError;
use individual::MOST_REGULAR;
use sampler::Customers;

/// How Pareto/GGG is sampled.
///
/// By default from at least 30 customers with a repeat purchase, each of an own regularity, by four chains of 1,000 draws, every fourth after
/// 1,000 to warm up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GggConfig {
    minimum_repeat_buyers: MinimumRepeatBuyers,
    regularity: Option<f64>,
    sampling: Sampling,
}

impl Default for GggConfig {
    fn default() -> Self {
        Self {
            minimum_repeat_buyers: MinimumRepeatBuyers::default(),
            regularity: None,
            sampling: Sampling::of_slow_hierarchies(),
        }
    }
}

impl GggConfig {
    /// Sets the fewest customers with a repeat purchase that the posterior is made from.
    ///
    /// # Errors
    /// [`FitError::MinimumTooSmall`] below 1.
    pub fn with_minimum_repeat_buyers(self, minimum: u64) -> Result<Self, FitError> {
        Ok(Self {
            minimum_repeat_buyers: MinimumRepeatBuyers::new(minimum)?,
            ..self
        })
    }

    /// Lets all customers be equally regular: with 1 the model is Pareto/NBD.
    ///
    /// # Errors
    /// [`GggError::RegularityOutsideDomain`] unless above 0 and at most 10,000.
    pub fn with_same_regularity(self, k: f64) -> Result<Self, GggError> {
        if k > 0.0 && k <= MOST_REGULAR {
            Ok(Self {
                regularity: Some(k),
                ..self
            })
        } else {
            Err(GggError::RegularityOutsideDomain { k })
        }
    }

    /// Sets chains, draws and seed. All customers' own numbers are kept with every draw: 24 bytes each.
    #[must_use]
    pub const fn with_sampling(self, sampling: Sampling) -> Self {
        Self { sampling, ..self }
    }

    /// Completes the configuration.
    #[must_use]
    pub const fn build(self) -> ParetoGgg {
        ParetoGgg { config: self }
    }
}

/// Pareto/GGG, ready to be posed to customers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParetoGgg {
    config: GggConfig,
}

/// Why a posterior could not be sampled, or a customer not be taken.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GggError {
    /// Too few customers came back.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// Chains cannot be run so, or not be judged.
    #[error(transparent)]
    Sampling(#[from] SamplingError),
    /// Three numbers are no history.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// A time between purchases is none.
    #[error(transparent)]
    Time(#[from] RegularityError),
    /// No times between the first purchase and the last have such logarithms.
    #[error(
        "times between purchases with a sum of logarithms of {ln_intervals}, expected at most {most}, that of equal times"
    )]
    LnIntervalsOutsideDomain {
        /// The sum given.
        ln_intervals: f64,
        /// That of equal times; 0 without a repeat purchase, and then no other.
        most: f64,
    },
    /// A shape of 0 or below, or one that no data could tell from clockwork.
    #[error("a regularity of {k}, expected above 0 and at most {MOST_REGULAR}")]
    RegularityOutsideDomain {
        /// The number given.
        k: f64,
    },
}

impl GggError {
    /// Returns a stable key, for translation.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Fit(error) => error.key(),
            Self::Sampling(error) => error.key(),
            Self::History(_) => "ggg_history",
            Self::Time(_) => "ggg_time",
            Self::LnIntervalsOutsideDomain { .. } => "ggg_ln_intervals_outside_domain",
            Self::RegularityOutsideDomain { .. } => "ggg_regularity_outside_domain",
        }
    }
}

impl ParetoGgg {
    /// Poses the model to customers, ready to be sampled.
    ///
    /// # Model
    ///
    /// While a customer, times between purchases are gamma distributed with an own shape k and an own mean 1/λ; one leaves at an own rate μ,
    /// whether or not there was a purchase.
    ///
    /// ```text
    /// k ~ Gamma(t, γ)        λ ~ Gamma(r, α)        μ ~ Gamma(s, β)        independent of each other
    ///
    /// L(x, t, T, Σ ln Δ | k, λ, μ) = (kλ)^(kx)/Γ(k)^x · e^((k − 1)·Σ ln Δ) · e^(−(kλ + μ)·t) · W
    /// W = 1 − ρ^k + ρ^k·Q(k, (kλ + μ)(T − t))        ρ = kλ/(kλ + μ)
    /// ```
    ///
    /// | symbol    | name of the draws, or method | unit                  | domain |
    /// |-----------|------------------------------|-----------------------|--------|
    /// | t γ       | `t`, `gamma`                 | none                  | > 0    |
    /// | r α       | `r`, `alpha`                 | none, model unit      | > 0    |
    /// | s β       | `s`, `beta`                  | none, model unit      | > 0    |
    /// | x, t, T   | [`TimedHistory::history`]    | purchases, model unit | 0 ≤ t ≤ T |
    /// | Σ ln Δ    | [`TimedHistory::ln_intervals`] | ln(model unit)      | ≤ x·ln(t/x) |
    /// | Q         | share of a gamma distribution of shape k above | none | 0 to 1 |
    ///
    /// Before the data, as for the other posteriors of the crate: logarithms are normal; of t, γ, r and s about 0 with a standard deviation of
    /// 1.5, of α about the logarithm of the mean time between purchases and of β about that of the mean age, with one of 2. An own k above
    /// 10,000 is not considered.
    ///
    /// # Errors
    /// [`GggError::Fit`] for too few customers with a repeat purchase.
    ///
    /// # Numerics
    /// Whether and when a customer left is summed over, not drawn, and the sum has a closed form: W, by parts. In each round every customer's
    /// (ln k, ln λ, ln μ) moves by elliptical slice sampling under Student's t. How k, and how λ, is spread is drawn given all customers, by
    /// slices, and then moved three times together with the customers, as far as their own purchases do not hold them; the steps of this
    /// move are learnt in the warm-up, and then held. How μ is spread is drawn given k and λ alone, every μ being summed over by a quadrature of 16
    /// nodes (off by less than 1e-5 of a customer's likelihood), and every μ is then drawn anew, exactly: without that, the chains of s and β are five
    /// times as long for the same. Of the times between purchases only the sum of their logarithms is ever used.
    ///
    /// # Source
    /// Platzer, Reutterer (2016), Ticking away the moments: timing regularity helps to better predict customer activity, Marketing
    /// Science 35; there departures are drawn. Nishihara, Murray, Adams (2014), Parallel MCMC with generalized elliptical slice sampling,
    /// JMLR 15; Neal (2003), Slice sampling. Likelihood and probabilities checked against `reference/pareto_ggg/` to 1e-9, the posterior with k = 1
    /// against `reference/bayes/`.
    pub fn sampler(&self, customers: &TimedHistories) -> Result<GggSampler, GggError> {
        let minimum = self.config.minimum_repeat_buyers;
        minimum.check(customers.histories().repeat_buyers())?;
        let customers = Customers {
            distinct: customers.clone(),
            ln_regularity: self.config.regularity.map(f64::ln),
        };
        Ok(GggSampler::new(customers, self.config.sampling))
    }
}
