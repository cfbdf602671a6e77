//! What draws say of customers.

use super::OwnRates;
use crate::history::History;
use crate::mcmc::Posterior;
use crate::purchase::OwnDraws;

/// Customers with one history and the same covariates.
#[derive(Debug, Clone, PartialEq)]
pub struct AbeCustomer {
    /// In the order of the columns.
    pub covariates: Vec<f64>,
    /// What was seen of them.
    pub history: History,
    /// How many there are.
    pub customers: u64,
}

/// Pareto/NBD (Abe) with draws from its posterior: of the spread of rates, and of every customer's own.
#[derive(Debug, Clone, PartialEq)]
pub struct SampledParetoNbdAbe {
    posterior: Posterior,
    customers: Vec<AbeCustomer>,
    own: OwnDraws<OwnRates>,
}

impl SampledParetoNbdAbe {
    pub(super) fn new(
        posterior: Posterior,
        customers: Vec<AbeCustomer>,
        rates: Vec<Vec<OwnRates>>,
    ) -> Self {
        let counted = customers.iter().map(|one| (one.history, one.customers));
        Self {
            own: OwnDraws::new(rates, counted),
            posterior,
            customers,
        }
    }

    /// Returns draws of the spread of rates, summaries and warnings.
    #[must_use]
    pub const fn posterior(&self) -> &Posterior {
        &self.posterior
    }

    /// Returns the distinct customers, by covariates and [`work_order`](History::work_order); [`SampledParetoNbdAbe::own`] asks for the place
    /// here.
    #[must_use]
    pub fn customers(&self) -> &[AbeCustomer] {
        &self.customers
    }

    /// Returns the place of customers with this history and these covariates.
    #[must_use]
    pub fn position(&self, history: &History, covariates: &[f64]) -> Option<usize> {
        let is = |one: &AbeCustomer| one.history == *history && one.covariates == covariates;
        self.customers.iter().position(is)
    }

    /// Returns the draws of every customer's own rates, and what is expected by them.
    #[must_use]
    pub const fn own(&self) -> &OwnDraws<OwnRates> {
        &self.own
    }

    /// Keeps these draws alone.
    #[must_use]
    pub fn into_own(self) -> OwnDraws<OwnRates> {
        self.own
    }
}
