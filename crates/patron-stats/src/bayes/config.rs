//! How a posterior is sampled, and why it could not be.

use super::Prior;
use crate::estimate::FitError;
use crate::mcmc::{Sampling, SamplingError};

/// Smaller steps are accepted more often, diverge less, and take longer. At the usual 0.8 the long tail of Pareto/NBD on CDNOW had half
/// as many effective draws.
const ACCEPTANCE: f64 = 0.9;

/// How a posterior is sampled.
///
/// By default four chains of 1,000 draws after 500 to warm up, steps accepted in nine of ten cases, and the weak priors of each model.
#[derive(Debug, Clone, PartialEq)]
pub struct BayesConfig {
    sampling: Sampling,
    acceptance: f64,
    all_flat: bool,
    priors: Vec<(String, Prior)>,
}

impl Default for BayesConfig {
    fn default() -> Self {
        Self {
            sampling: Sampling::default(),
            acceptance: ACCEPTANCE,
            all_flat: false,
            priors: Vec::new(),
        }
    }
}

impl BayesConfig {
    /// Sets chains, draws and seed.
    #[must_use]
    pub const fn with_sampling(mut self, sampling: Sampling) -> Self {
        self.sampling = sampling;
        self
    }

    /// Sets the share of steps to be accepted: nearer to 1 where trajectories diverge.
    ///
    /// # Errors
    /// [`BayesError::AcceptanceOutsideDomain`] unless above 0 and below 1.
    pub fn with_acceptance(mut self, acceptance: f64) -> Result<Self, BayesError> {
        if !(acceptance > 0.0 && acceptance < 1.0) {
            return Err(BayesError::AcceptanceOutsideDomain { acceptance });
        }
        self.acceptance = acceptance;
        Ok(self)
    }

    /// Sets the prior of one parameter, by its name in the paper.
    ///
    /// # Errors
    /// [`BayesError::PriorOutsideDomain`]. That the model has such a parameter is found when it is sampled.
    pub fn with_prior(mut self, parameter: &str, prior: Prior) -> Result<Self, BayesError> {
        let prior = prior.checked()?;
        self.priors.retain(|(name, _)| name != parameter);
        self.priors.push((parameter.to_owned(), prior));
        Ok(self)
    }

    /// Makes all priors flat on the logarithms, but for those that are set one by one.
    #[must_use]
    pub const fn with_flat_priors(mut self) -> Self {
        self.all_flat = true;
        self
    }

    /// Returns chains, draws and seed.
    #[must_use]
    pub const fn sampling(&self) -> &Sampling {
        &self.sampling
    }

    /// Returns the share of steps to be accepted.
    #[must_use]
    pub const fn acceptance(&self) -> f64 {
        self.acceptance
    }

    /// Returns the priors in force, in the order of the parameters.
    pub(super) fn priors<const N: usize>(
        &self,
        names: [&'static str; N],
        weak: [Prior; N],
    ) -> Result<[Prior; N], BayesError> {
        let mut priors = if self.all_flat {
            [Prior::FlatOnLogarithm; N]
        } else {
            weak
        };
        for (parameter, prior) in &self.priors {
            let mut slots = names.iter().zip(&mut priors);
            let Some((_, slot)) = slots.find(|(name, _)| *name == parameter) else {
                return Err(BayesError::ParameterUnknown {
                    parameter: parameter.clone(),
                    expected: names.join(", "),
                });
            };
            *slot = *prior;
        }
        Ok(priors)
    }
}

/// Why a posterior could not be sampled.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BayesError {
    /// The data cannot be fitted, or the posterior has no finite mode.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// Chains cannot be run so, or not be judged.
    #[error(transparent)]
    Sampling(#[from] SamplingError),
    /// A prior for a parameter that the model does not have.
    #[error("a prior of `{parameter}`, expected one of {expected}")]
    ParameterUnknown {
        /// The name given.
        parameter: String,
        /// The names of the model.
        expected: String,
    },
    /// A number of a prior is not positive and finite.
    #[error("a prior with the number {value}, expected a positive finite one")]
    PriorOutsideDomain {
        /// The number given.
        value: f64,
    },
    /// The share of steps to be accepted is not a probability between 0 and 1.
    #[error("a share of {acceptance} of steps accepted, expected a number above 0 and below 1")]
    AcceptanceOutsideDomain {
        /// The share given.
        acceptance: f64,
    },
    /// No start near the mode has a finite density.
    #[error("chain {chain} finds no start with a finite density near the mode")]
    NoStart {
        /// Its number, from 0.
        chain: usize,
    },
    /// The sampler gave up.
    #[error("chain {chain} broke off: {cause}")]
    ChainBrokeOff {
        /// Its number, from 0.
        chain: usize,
        /// What the sampler says.
        cause: String,
    },
}

impl BayesError {
    /// Returns a stable key, for translation.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Fit(error) => error.key(),
            Self::Sampling(error) => error.key(),
            Self::ParameterUnknown { .. } => "bayes_parameter_unknown",
            Self::PriorOutsideDomain { .. } => "bayes_prior_outside_domain",
            Self::AcceptanceOutsideDomain { .. } => "bayes_acceptance_outside_domain",
            Self::NoStart { .. } => "bayes_no_start",
            Self::ChainBrokeOff { .. } => "bayes_chain_broke_off",
        }
    }
}
