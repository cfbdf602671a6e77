//! The answers of the shared law for one customer.

use super::counts::{CountDistribution, one_given_alive};
use super::forecaster::{ForecastError, Forecaster, check_horizon};
use super::{Alive, BetaGeometric};
use crate::history::{History, WeightedHistories};

impl BetaGeometric {
    pub(crate) fn named_parameters(&self) -> Vec<(&'static str, f64)> {
        Self::NAMES
            .into_iter()
            .zip([self.r, self.alpha, self.a, self.b])
            .collect()
    }

    pub(crate) fn ln_likelihood(&self, histories: &WeightedHistories) -> f64 {
        self.log_likelihood(histories).value
    }

    pub(crate) fn probability_alive(&self, history: &History) -> f64 {
        self.alive(history)
    }

    pub(crate) fn alive_state(&self, history: &History) -> Alive {
        self.given_alive(history.repeat_purchases(), history.age())
    }

    pub(crate) fn expected_purchases(
        &self,
        history: &History,
        horizon: f64,
    ) -> Result<f64, ForecastError> {
        check_horizon(horizon)?;
        Ok(self.alive(history) * self.alive_state(history).expected_purchases(horizon))
    }

    pub(crate) fn probability_of_count(
        &self,
        history: &History,
        horizon: f64,
        purchases: u32,
    ) -> Result<f64, ForecastError> {
        check_horizon(horizon)?;
        let alive = self.alive(history);
        let given_alive = alive * one_given_alive(&self.alive_state(history), horizon, purchases);
        Ok(if purchases == 0 {
            1.0 - alive + given_alive
        } else {
            given_alive
        })
    }

    pub(crate) fn count_distribution(
        &self,
        history: &History,
        horizon: f64,
    ) -> Result<CountDistribution, ForecastError> {
        check_horizon(horizon)?;
        Ok(CountDistribution::new(
            &self.alive_state(history),
            horizon,
            self.alive(history),
        ))
    }

    pub(crate) fn probability_of_purchase(
        &self,
        history: &History,
        horizon: f64,
    ) -> Result<f64, ForecastError> {
        check_horizon(horizon)?;
        Ok(self.alive(history) * self.alive_state(history).any_purchase(horizon))
    }

    pub(crate) fn time_to_next_purchase(&self, history: &History, level: f64) -> Option<f64> {
        let alive = self.alive(history);
        (0.0 <= level && level < alive).then(|| {
            self.alive_state(history)
                .next_purchase_quantile(level / alive)
        })
    }

    pub(crate) fn forecaster(
        &self,
        horizon: f64,
        discount_rate: f64,
    ) -> Result<Forecaster, ForecastError> {
        Forecaster::new(*self, horizon, discount_rate)
    }
}
