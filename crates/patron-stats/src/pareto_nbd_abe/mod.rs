//! Pareto/NBD after Abe: own rates of buying and leaving that go together, and depend on covariates.
//!
//! Pareto/NBD lets λ and μ be gamma distributed and independent. Here their logarithms are normal and may be correlated: those who buy
//! more may leave later, or sooner; and covariates move their means. There is no closed form of the likelihood over customers, so the
//! posterior is drawn from, customer by customer.
//!
//! | module | question it answers |
//! |---|---|
//! | `individual` | how likely is a history at known rates, and what comes next? |
//! | `hierarchy` | how are rates spread over customers? |
//! | `walk` | how does a chain walk? |
//! | `sampler` | what is given, and what do chains make together? |
//! | `sampled` | what do the draws say of customers? |

mod hierarchy;
mod individual;
mod sampled;
mod sampler;
mod walk;

pub use crate::purchase::{KnownCustomer, OwnDraws, OwnForecast, TotalForecast};
pub use individual::OwnRates;
pub use sampled::{AbeCustomer, SampledParetoNbdAbe};
pub use sampler::{AbeChain, AbeSampler};

use crate::covariates::CovariateHistories;
use crate::estimate::FitError;
use crate::fitting::MinimumRepeatBuyers;
use crate::mcmc::{Sampling, SamplingError};
use sampler::Customers;

/// How Pareto/NBD (Abe) is sampled.
///
/// By default from at least 30 customers with a repeat purchase, by four chains of 1,000 draws, every twentieth after 2,000 to warm up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AbeConfig {
    minimum_repeat_buyers: MinimumRepeatBuyers,
    sampling: Sampling,
}

impl Default for AbeConfig {
    fn default() -> Self {
        Self {
            minimum_repeat_buyers: MinimumRepeatBuyers::default(),
            sampling: Sampling::of_hierarchies(),
        }
    }
}

impl AbeConfig {
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

    /// Sets chains, draws and seed. All customers' rates are kept with every draw: 16 bytes each.
    #[must_use]
    pub const fn with_sampling(self, sampling: Sampling) -> Self {
        Self { sampling, ..self }
    }

    /// Completes the configuration.
    #[must_use]
    pub const fn build(self) -> ParetoNbdAbe {
        ParetoNbdAbe { config: self }
    }
}

/// Pareto/NBD (Abe), ready to be posed to customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParetoNbdAbe {
    config: AbeConfig,
}

/// Why a posterior could not be sampled.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AbeError {
    /// Too few customers came back.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// Chains cannot be run so, or not be judged.
    #[error(transparent)]
    Sampling(#[from] SamplingError),
    /// All customers have the same value: the column says nothing, and its effect could not be told from the constant.
    #[error("all customers have the value {value} of column `{column}`, expected some difference")]
    ColumnConstant {
        /// Its name.
        column: String,
        /// The value they share.
        value: f64,
    },
    /// The spread of rates ran out of what a double holds.
    #[error("chain {chain} lost the spread of rates: it is no covariance any more")]
    SpreadLost {
        /// Its number, from 0.
        chain: usize,
    },
}

impl AbeError {
    /// Returns a stable key, for translation.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Fit(error) => error.key(),
            Self::Sampling(error) => error.key(),
            Self::ColumnConstant { .. } => "abe_column_constant",
            Self::SpreadLost { .. } => "abe_spread_lost",
        }
    }
}

impl ParetoNbdAbe {
    /// Poses the model to customers, ready to be sampled.
    ///
    /// # Model
    ///
    /// A customer buys at random at an own rate λ while there, and leaves at an own rate μ, whether or not there was a purchase.
    ///
    /// ```text
    /// (ln λ, ln μ) ~ N(B′d, Γ)        d = (1, covariates)
    ///
    /// L(x, t, T | λ, μ) = λ^x·( μ·e^(−(λ+μ)t) + λ·e^(−(λ+μ)T) )/(λ + μ)
    /// ```
    ///
    /// | symbol  | name of the draws                              | unit                 |
    /// |---------|------------------------------------------------|----------------------|
    /// | B       | `ln_lambda`, `ln_mu` for the constant, `ln_lambda.column`, `ln_mu.column` for a covariate | ln(1/model unit), per unit of the column |
    /// | Γ       | `var_ln_lambda`, `cov_ln_lambda_ln_mu`, `var_ln_mu` | none            |
    /// | x, t, T | the histories                                  | purchases, model units |
    ///
    /// Before the data, as Abe and `BTYDplus` have it: Γ inverse Wishart of ν degrees of freedom and scale ν·I, with ν = 3 + K; B given Γ normal with a hundredfold of
    /// Γ, about the logarithms of the overall purchase rate and of one over the mean age, and 0 for covariates in standard deviations.
    ///
    /// # Errors
    /// [`AbeError::Fit`] for too few customers with a repeat purchase; [`AbeError::ColumnConstant`].
    ///
    /// # Numerics
    /// Whether and when a customer left is summed over, not drawn: neighbouring draws are then less alike than by data augmentation. In
    /// each round every customer moves by elliptical slice sampling, B and Γ are drawn given all customers, and B and Γ are moved eight
    /// times together with all customers, each of whom keeps its standardised place: without that move, the less customers
    /// say of themselves the slower chains are. The steps of this last move are learnt in the warm-up, and then held.
    ///
    /// # Source
    /// Abe (2009), "Counting your customers" one by one: a hierarchical Bayes extension to the Pareto/NBD model, Marketing Science 28;
    /// Murray, Adams (2010), Slice sampling covariance hyperparameters, and with others, Elliptical slice sampling; Yu, Meng (2011), To center or not to center.
    pub fn sampler(&self, customers: &CovariateHistories) -> Result<AbeSampler, AbeError> {
        let pooled = customers.pooled();
        let minimum = self.config.minimum_repeat_buyers;
        minimum.check(pooled.repeat_buyers())?;
        let overall = [pooled.overall_rate().ln(), -pooled.mean_age().ln()];
        let customers = Customers::new(customers)?;
        Ok(AbeSampler::new(customers, overall, self.config.sampling))
    }
}
