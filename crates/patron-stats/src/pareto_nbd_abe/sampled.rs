//! What draws say of customers.

use std::ops::Range;

use super::OwnRates;
use crate::history::History;
use crate::intervals::IntervalError;
use crate::mcmc::{Posterior, central};
use crate::purchase::{CountDistribution, OwnForecast, TotalForecast, check_horizon};

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
    /// By draw, then by customer, those alike one after the other.
    rates: Vec<Vec<OwnRates>>,
    /// Where those of each of `customers` are.
    places: Vec<Range<usize>>,
}

impl SampledParetoNbdAbe {
    pub(super) fn new(
        posterior: Posterior,
        customers: Vec<AbeCustomer>,
        rates: Vec<Vec<OwnRates>>,
    ) -> Self {
        let mut end = 0;
        let places = customers.iter().map(|one| {
            let from = end;
            end += usize::try_from(one.customers).unwrap_or(usize::MAX);
            from..end
        });
        Self {
            places: places.collect(),
            posterior,
            customers,
            rates,
        }
    }

    /// Returns draws of the spread of rates, summaries and warnings.
    #[must_use]
    pub const fn posterior(&self) -> &Posterior {
        &self.posterior
    }

    /// Returns the distinct customers, by covariates and [`work_order`](History::work_order); other answers ask for the place here.
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

    /// Returns the draws of the own rates of the customers at a place; nothing where there is none.
    pub fn own_rates(&self, place: usize) -> impl Iterator<Item = OwnRates> {
        let range = self.places.get(place).cloned().unwrap_or_default();
        let of_draw =
            move |draw: &Vec<OwnRates>| draw.get(range.clone()).unwrap_or_default().to_vec();
        self.rates.iter().flat_map(of_draw)
    }

    /// Returns what is expected of a customer at a place within `horizon` model units.
    ///
    /// # Returns
    /// Nothing where there is no such place.
    ///
    /// # Errors
    /// [`IntervalError::LevelOutsideDomain`]; [`IntervalError::Forecast`] for a horizon that is negative or not finite.
    pub fn forecast(
        &self,
        place: usize,
        horizon: f64,
        level: f64,
    ) -> Result<Option<OwnForecast>, IntervalError> {
        check_horizon(horizon)?;
        let Some(customer) = self.customers.get(place) else {
            return Ok(None);
        };
        let rates: Vec<OwnRates> = self.own_rates(place).collect();
        let alive = rates
            .iter()
            .map(|own| own.probability_alive(&customer.history));
        let probability_alive = alive.sum::<f64>() / rates.len() as f64;
        let expected = rates
            .iter()
            .map(|own| own.expected_purchases(&customer.history, horizon));
        let expected: Vec<f64> = expected.collect();
        Ok(Some(OwnForecast {
            probability_alive,
            expected_purchases: expected.iter().sum::<f64>() / expected.len() as f64,
            own_expectation: central(expected, level)?,
        }))
    }

    /// Returns the distribution of the number of purchases of a customer at a place within `horizon` model units, with the uncertainty
    /// of the own rates and of their spread in it. Its quantiles bound the outcome.
    ///
    /// # Returns
    /// Nothing where there is no such place.
    ///
    /// # Errors
    /// [`IntervalError::Forecast`] for a horizon that is negative or not finite.
    pub fn counts(
        &self,
        place: usize,
        horizon: f64,
    ) -> Result<Option<CountDistribution>, IntervalError> {
        check_horizon(horizon)?;
        let Some(customer) = self.customers.get(place) else {
            return Ok(None);
        };
        let counts = self
            .own_rates(place)
            .map(|own| own.counts(&customer.history, horizon));
        let counts: Vec<CountDistribution> = counts.collect();
        Ok(Some(CountDistribution::mixture(&counts)))
    }

    /// Returns what is expected of all customers together within `horizon` model units.
    ///
    /// # Errors
    /// As [`SampledParetoNbdAbe::forecast`].
    pub fn total(&self, horizon: f64, level: f64) -> Result<TotalForecast, IntervalError> {
        check_horizon(horizon)?;
        let of_draw = |draw: &Vec<OwnRates>| -> f64 {
            let each = self.customers.iter().zip(&self.places);
            let sums = each.map(|(customer, range)| {
                let alike = draw.get(range.clone()).unwrap_or_default().iter();
                alike
                    .map(|own| own.expected_purchases(&customer.history, horizon))
                    .sum::<f64>()
            });
            sums.sum()
        };
        let sums: Vec<f64> = self.rates.iter().map(of_draw).collect();
        Ok(TotalForecast {
            expected_purchases: sums.iter().sum::<f64>() / sums.len() as f64,
            own_expectations: central(sums, level)?,
        })
    }
}
