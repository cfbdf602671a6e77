//! What draws say of customers.

use std::ops::Range;

use super::{OwnTiming, TimedHistories, TimedHistory};
use crate::intervals::IntervalError;
use crate::mcmc::{Posterior, central};
use crate::purchase::{CountDistribution, OwnForecast, TotalForecast, check_horizon};

/// Draws that purchases to come are computed at, at most: spread evenly over all chains. More would move their mean by less than a tenth of what
/// is not known of a customer, and take longer.
const FORECAST_DRAWS: usize = 200;

/// Pareto/GGG with draws from its posterior: of the spread of regularity and rates, and of every customer's own.
#[derive(Debug, Clone, PartialEq)]
pub struct SampledParetoGgg {
    posterior: Posterior,
    customers: TimedHistories,
    /// By draw, then by customer, those alike one after the other.
    timings: Vec<Vec<OwnTiming>>,
    /// Where those of each of `customers` are.
    places: Vec<Range<usize>>,
}

impl SampledParetoGgg {
    pub(super) fn new(
        posterior: Posterior,
        customers: TimedHistories,
        timings: Vec<Vec<OwnTiming>>,
    ) -> Self {
        let mut end = 0;
        let places = customers.entries().iter().map(|(_, count)| {
            let from = end;
            end += usize::try_from(*count).unwrap_or(usize::MAX);
            from..end
        });
        Self {
            places: places.collect(),
            posterior,
            customers,
            timings,
        }
    }

    /// Returns draws of the spreads, summaries and warnings.
    #[must_use]
    pub const fn posterior(&self) -> &Posterior {
        &self.posterior
    }

    /// Returns the distinct customers in order; other answers ask for the place here.
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

    /// Returns the draws of the own regularity and rates of the customers at a place; nothing where there is none.
    pub fn own_timings(&self, place: usize) -> impl Iterator<Item = OwnTiming> {
        self.spread(place, self.timings.len())
    }

    /// Returns those of as many draws as wanted, at most, spread evenly.
    fn spread(&self, place: usize, wanted: usize) -> impl Iterator<Item = OwnTiming> {
        let range = self.places.get(place).cloned().unwrap_or_default();
        self.some_draws(wanted)
            .flat_map(move |draw| draw.get(range.clone()).unwrap_or_default().to_vec())
    }

    fn some_draws(&self, wanted: usize) -> impl Iterator<Item = &Vec<OwnTiming>> {
        let all = self.timings.len();
        let picked = wanted.min(all);
        // The middle of each of as many equal stretches.
        (0..picked).filter_map(move |i| self.timings.get((2 * i + 1) * all / (2 * picked)))
    }

    /// Returns what is expected of a customer at a place within `horizon` model units.
    ///
    /// The probability of being alive is the mean over all draws; purchases are computed at 200 of them.
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
        let Some((customer, _)) = self.customers.entries().get(place) else {
            return Ok(None);
        };
        let history = customer.history();
        let alive: Vec<f64> = self
            .own_timings(place)
            .map(|own| own.probability_alive(history))
            .collect();
        let expected: Vec<f64> = self
            .spread(place, FORECAST_DRAWS)
            .map(|own| own.expected_purchases(history, horizon))
            .collect();
        Ok(Some(OwnForecast {
            probability_alive: alive.iter().sum::<f64>() / alive.len() as f64,
            expected_purchases: expected.iter().sum::<f64>() / expected.len() as f64,
            own_expectation: central(expected, level)?,
        }))
    }

    /// Returns the distribution of the number of purchases of a customer at a place within `horizon` model units, with the uncertainty
    /// of the own regularity and rates and of their spread in it, at 200 draws. Its quantiles bound the outcome.
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
        let Some((customer, _)) = self.customers.entries().get(place) else {
            return Ok(None);
        };
        let counts: Vec<CountDistribution> = self
            .spread(place, FORECAST_DRAWS)
            .map(|own| own.counts(customer.history(), horizon))
            .collect();
        Ok(Some(CountDistribution::mixture(&counts)))
    }

    /// Returns what is expected of all customers together within `horizon` model units, at 200 draws.
    ///
    /// # Errors
    /// As [`SampledParetoGgg::forecast`].
    pub fn total(&self, horizon: f64, level: f64) -> Result<TotalForecast, IntervalError> {
        check_horizon(horizon)?;
        let of_draw = |draw: &Vec<OwnTiming>| -> f64 {
            let each = self.customers.entries().iter().zip(&self.places);
            let sums = each.map(|((customer, _), range)| {
                let alike = draw.get(range.clone()).unwrap_or_default().iter();
                alike
                    .map(|own| own.expected_purchases(customer.history(), horizon))
                    .sum::<f64>()
            });
            sums.sum()
        };
        let sums: Vec<f64> = self.some_draws(FORECAST_DRAWS).map(of_draw).collect();
        Ok(TotalForecast {
            expected_purchases: sums.iter().sum::<f64>() / sums.len() as f64,
            own_expectations: central(sums, level)?,
        })
    }
}
