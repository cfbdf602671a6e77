//! What is expected of customers whose own rates are drawn.

use std::ops::Range;

use super::{CountDistribution, check_horizon};
use crate::history::History;
use crate::intervals::{Interval, IntervalError};
use crate::mcmc::central;

/// A customer whose own rates are known.
pub trait KnownCustomer: Copy {
    /// Returns the probability of being still there at T.
    fn probability_alive(&self, history: &History) -> f64;

    /// Returns the expected purchases in `(T, T + horizon]`.
    fn expected_purchases(&self, history: &History, horizon: f64) -> f64;

    /// Returns the expected purchases in `(T, T + horizon]`, each discounted from its time to T.
    ///
    /// `discount_rate` is continuous, per model unit, and at least 0. Without end pass an infinite horizon.
    fn discounted_expected_purchases(
        &self,
        history: &History,
        horizon: f64,
        discount_rate: f64,
    ) -> f64;

    /// Returns the probability of at least one purchase in `(T, T + horizon]`; of ever one where the horizon is infinite.
    fn probability_of_purchase(&self, history: &History, horizon: f64) -> f64;

    /// Returns the distribution of the number of purchases in `(T, T + horizon]`.
    fn counts(&self, history: &History, horizon: f64) -> CountDistribution;

    /// Returns the expected purchases, and the distribution of their number: together where that is less work.
    fn outlook(&self, history: &History, horizon: f64) -> (f64, CountDistribution) {
        (
            self.expected_purchases(history, horizon),
            self.counts(history, horizon),
        )
    }
}

/// What is expected of one customer after the end of observation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OwnForecast {
    /// Probability of not having left by then.
    pub probability_alive: f64,
    /// Expected purchases within the horizon.
    pub expected_purchases: f64,
    /// Between which bounds the customer's own expectation lies: that of somebody with the own rates, which are not known.
    ///
    /// Wider than the interval of the expectation of [`intervals`](crate::intervals), which averages over all who could have this
    /// history; narrower than that of the outcome, whose bounds are quantiles of a [`CountDistribution`].
    pub own_expectation: Interval,
}

/// What is expected of all customers together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TotalForecast {
    /// Expected purchases within the horizon.
    pub expected_purchases: f64,
    /// Between which bounds the sum of all own expectations lies.
    pub own_expectations: Interval,
}

/// Draws of the own rates of all customers, asked for by the place of distinct ones.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnDraws<R> {
    /// By draw, then by customer, those alike one after the other.
    by_draw: Vec<Vec<R>>,
    /// What was seen of each of the distinct customers, and where those who are so are.
    places: Vec<(History, Range<usize>)>,
    /// Draws that purchases are computed at, at most.
    forecast_draws: usize,
}

impl<R: KnownCustomer> OwnDraws<R> {
    /// Takes draws of every customer, and how many there are of each of the distinct ones.
    pub(crate) fn new(
        by_draw: Vec<Vec<R>>,
        customers: impl IntoIterator<Item = (History, u64)>,
    ) -> Self {
        let mut end = 0;
        let places = customers.into_iter().map(|(history, count)| {
            let from = end;
            end += usize::try_from(count).unwrap_or(usize::MAX);
            (history, from..end)
        });
        Self {
            places: places.collect(),
            by_draw,
            forecast_draws: usize::MAX,
        }
    }

    /// Lets purchases be computed at fewer draws, spread evenly over all chains.
    pub(crate) fn with_forecast_draws(self, most: usize) -> Self {
        Self {
            forecast_draws: most,
            ..self
        }
    }

    /// Returns the number of places.
    #[must_use]
    pub const fn places(&self) -> usize {
        self.places.len()
    }

    /// Returns what was seen of the customers at a place.
    #[must_use]
    pub fn history(&self, place: usize) -> Option<&History> {
        self.places.get(place).map(|(history, _)| history)
    }

    /// Returns all draws of the customers at a place; nothing where there is none.
    pub fn of(&self, place: usize) -> impl Iterator<Item = R> {
        self.spread(place, self.by_draw.len())
    }

    /// Returns those of them that purchases are computed at.
    pub fn of_forecast(&self, place: usize) -> impl Iterator<Item = R> {
        self.spread(place, self.forecast_draws)
    }

    fn spread(&self, place: usize, wanted: usize) -> impl Iterator<Item = R> {
        let places = self.places.get(place);
        let range = places.map_or(0..0, |(_, range)| range.clone());
        self.some_draws(wanted)
            .flat_map(move |draw| draw.get(range.clone()).unwrap_or_default().to_vec())
    }

    fn some_draws(&self, wanted: usize) -> impl Iterator<Item = &Vec<R>> {
        let all = self.by_draw.len();
        let picked = wanted.min(all);
        // The middle of each of as many equal stretches.
        (0..picked).filter_map(move |i| self.by_draw.get((2 * i + 1) * all / (2 * picked)))
    }

    /// Returns what is expected of a customer at a place within `horizon` model units.
    ///
    /// The probability of being alive is the mean over all draws.
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
        let Some(history) = self.history(place) else {
            return Ok(None);
        };
        let owns = self.of_forecast(place);
        let expected = owns.map(|own| own.expected_purchases(history, horizon));
        self.made(place, history, expected.collect(), level)
            .map(Some)
    }

    fn made(
        &self,
        place: usize,
        history: &History,
        expected: Vec<f64>,
        level: f64,
    ) -> Result<OwnForecast, IntervalError> {
        let alive = self.of(place).map(|own| own.probability_alive(history));
        let alive: Vec<f64> = alive.collect();
        Ok(OwnForecast {
            probability_alive: alive.iter().sum::<f64>() / alive.len() as f64,
            expected_purchases: expected.iter().sum::<f64>() / expected.len() as f64,
            own_expectation: central(expected, level)?,
        })
    }

    /// Returns what [`OwnDraws::forecast`] and [`OwnDraws::counts`] do, in less time than both.
    ///
    /// # Errors
    /// As [`OwnDraws::forecast`].
    pub fn outlook(
        &self,
        place: usize,
        horizon: f64,
        level: f64,
    ) -> Result<Option<(OwnForecast, CountDistribution)>, IntervalError> {
        check_horizon(horizon)?;
        let Some(history) = self.history(place) else {
            return Ok(None);
        };
        let owns = self.of_forecast(place);
        let outlooks = owns.map(|own| own.outlook(history, horizon));
        let (expected, counts): (Vec<f64>, Vec<CountDistribution>) = outlooks.unzip();
        let forecast = self.made(place, history, expected, level)?;
        Ok(Some((forecast, CountDistribution::mixture(&counts))))
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
        let Some(history) = self.history(place) else {
            return Ok(None);
        };
        let counts: Vec<CountDistribution> = self
            .of_forecast(place)
            .map(|own| own.counts(history, horizon))
            .collect();
        Ok(Some(CountDistribution::mixture(&counts)))
    }

    /// Returns what is expected of all customers together within `horizon` model units.
    ///
    /// # Errors
    /// As [`OwnDraws::forecast`].
    pub fn total(&self, horizon: f64, level: f64) -> Result<TotalForecast, IntervalError> {
        check_horizon(horizon)?;
        let of_draw = |draw: &Vec<R>| -> f64 {
            let sums = self.places.iter().map(|(history, range)| {
                let alike = draw.get(range.clone()).unwrap_or_default().iter();
                alike
                    .map(|own| own.expected_purchases(history, horizon))
                    .sum::<f64>()
            });
            sums.sum()
        };
        let sums: Vec<f64> = self.some_draws(self.forecast_draws).map(of_draw).collect();
        Ok(TotalForecast {
            expected_purchases: sums.iter().sum::<f64>() / sums.len() as f64,
            own_expectations: central(sums, level)?,
        })
    }
}
