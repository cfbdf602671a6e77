//! What draws say of customers.

use super::Prior;
use crate::intervals::{ExpectationForecaster, IntervalError, ParameterDraws};
use crate::mcmc::Posterior;
use crate::purchase::PurchaseModel;

/// A model with draws from the posterior of its parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampled<M> {
    mode: M,
    names: Vec<&'static str>,
    priors: Vec<(&'static str, Prior)>,
    posterior: Posterior,
}

impl<M> Sampled<M> {
    pub(super) const fn new(
        mode: M,
        names: Vec<&'static str>,
        priors: Vec<(&'static str, Prior)>,
        posterior: Posterior,
    ) -> Self {
        Self {
            mode,
            names,
            priors,
            posterior,
        }
    }

    /// Returns the model at the mode of the posterior, on the logarithms of the parameters.
    #[must_use]
    pub const fn mode(&self) -> &M {
        &self.mode
    }

    /// Returns draws, summaries and warnings.
    #[must_use]
    pub const fn posterior(&self) -> &Posterior {
        &self.posterior
    }

    /// Returns the priors that were in force.
    #[must_use]
    pub fn priors(&self) -> &[(&'static str, Prior)] {
        &self.priors
    }

    /// Returns as many draws as asked for, spread evenly over the chains, for [`ExpectationForecaster`] and
    /// [`SpendDraws`](crate::intervals::SpendDraws); what is wrong with them goes along as notes.
    ///
    /// # Errors
    /// [`IntervalError::TooFewDraws`] where there are not as many.
    pub fn draws(&self, wanted: usize) -> Result<ParameterDraws, IntervalError> {
        ParameterDraws::of_posterior(&self.names, &self.posterior, wanted)
    }
}

impl<M: PurchaseModel> Sampled<M> {
    /// Prepares forecasts with credible intervals, over `horizon` model units, discounted at `discount_rate` per unit.
    ///
    /// Each prediction is computed at `draws` of the draws: its mean over them is [`ExpectationForecaster::mean`], its bounds
    /// [`ExpectationForecaster::forecast`], and the distribution of the number of purchases [`ExpectationForecaster::counts`].
    ///
    /// # Errors
    /// As [`Sampled::draws`] and [`ExpectationForecaster::new`].
    pub fn forecaster(
        &self,
        draws: usize,
        horizon: f64,
        discount_rate: f64,
        level: f64,
    ) -> Result<ExpectationForecaster, IntervalError> {
        let draws = self.draws(draws)?;
        ExpectationForecaster::new(&self.mode, &draws, horizon, discount_rate, level)
    }
}
