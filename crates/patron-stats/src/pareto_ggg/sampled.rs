//! What draws say of customers.

use super::{OwnTiming, TimedHistories, TimedHistory};
use crate::mcmc::Posterior;
use crate::purchase::OwnDraws;

/// Draws that purchases to come are computed at, at most: spread evenly over all chains. More would move their mean by less than a tenth of what
/// is not known of a customer, and take longer.
const FORECAST_DRAWS: usize = 200;

/// Pareto/GGG with draws from its posterior: of the spread of regularity and rates, and of every customer's own.
#[derive(Debug, Clone, PartialEq)]
pub struct SampledParetoGgg {
    posterior: Posterior,
    customers: TimedHistories,
    own: OwnDraws<OwnTiming>,
}

impl SampledParetoGgg {
    pub(super) fn new(
        posterior: Posterior,
        customers: TimedHistories,
        timings: Vec<Vec<OwnTiming>>,
    ) -> Self {
        let entries = customers.entries().iter();
        let counted = entries.map(|(customer, count)| (*customer.history(), *count));
        Self {
            own: OwnDraws::new(timings, counted).with_forecast_draws(FORECAST_DRAWS),
            posterior,
            customers,
        }
    }

    /// Returns draws of the spreads, summaries and warnings.
    #[must_use]
    pub const fn posterior(&self) -> &Posterior {
        &self.posterior
    }

    /// Returns the distinct customers in order; [`SampledParetoGgg::own`] asks for the place here.
    #[must_use]
    pub const fn customers(&self) -> &TimedHistories {
        &self.customers
    }

    /// Returns the place of customers with this history and timing.
    #[must_use]
    pub fn position(&self, customer: &TimedHistory) -> Option<usize> {
        let mut entries = self.customers.entries().iter();
        entries.position(|(one, _)| one == customer)
    }

    /// Returns the draws of every customer's own regularity and rates, and what is expected by them; purchases are computed at 200 of the draws.
    #[must_use]
    pub const fn own(&self) -> &OwnDraws<OwnTiming> {
        &self.own
    }

    /// Keeps these draws alone.
    #[must_use]
    pub fn into_own(self) -> OwnDraws<OwnTiming> {
        self.own
    }
}
