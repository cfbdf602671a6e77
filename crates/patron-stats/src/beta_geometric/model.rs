//! The surface that every fitted purchase model has.

use std::fmt::Debug;

use super::{CountDistribution, ForecastError, Forecaster};
use crate::estimate::FitReport;
use crate::history::{History, WeightedHistories};

/// A purchase model with parameters: what it can say of a customer.
///
/// Times are in the unit the parameters are in. A horizon starts at the end of the customer's observation, T.
pub trait PurchaseModel: Debug + Send + Sync {
    /// Returns the stable key: `bg-nbd`, `mbg-nbd`.
    fn key(&self) -> &'static str;

    /// Returns the parameters by their names in the paper, in its order.
    fn named_parameters(&self) -> Vec<(&'static str, f64)>;

    /// Returns what is known of the fit; absent where the parameters were given by hand.
    fn report(&self) -> Option<&FitReport>;

    /// Returns the log-likelihood of histories, not only of those the model was fitted to.
    fn log_likelihood(&self, histories: &WeightedHistories) -> f64;

    /// Returns the probability that the customer has not left by T.
    fn probability_alive(&self, history: &History) -> f64;

    /// Returns the expected purchases in `(T, T + horizon]`.
    ///
    /// # Errors
    /// [`ForecastError::HorizonOutsideDomain`].
    fn expected_purchases(&self, history: &History, horizon: f64) -> Result<f64, ForecastError>;

    /// Returns the expected repeat purchases of a new customer within `horizon` of the first purchase.
    ///
    /// # Errors
    /// [`ForecastError::HorizonOutsideDomain`].
    fn expected_purchases_new(&self, horizon: f64) -> Result<f64, ForecastError> {
        self.expected_purchases(&History::NEW_CUSTOMER, horizon)
    }

    /// Returns the probability of exactly `purchases` in `(T, T + horizon]`, with full relative precision in the tail.
    ///
    /// For a new customer's `P(X(t) = n)` pass [`History::NEW_CUSTOMER`].
    ///
    /// # Errors
    /// [`ForecastError::HorizonOutsideDomain`].
    fn probability_of_count(
        &self,
        history: &History,
        horizon: f64,
        purchases: u32,
    ) -> Result<f64, ForecastError>;

    /// Returns the distribution of the number of purchases in `(T, T + horizon]`.
    ///
    /// # Errors
    /// [`ForecastError::HorizonOutsideDomain`].
    fn count_distribution(
        &self,
        history: &History,
        horizon: f64,
    ) -> Result<CountDistribution, ForecastError>;

    /// Returns the probability of at least one purchase in `(T, T + horizon]`.
    ///
    /// # Errors
    /// [`ForecastError::HorizonOutsideDomain`].
    fn probability_of_purchase(
        &self,
        history: &History,
        horizon: f64,
    ) -> Result<f64, ForecastError>;

    /// Returns the probability of any purchase after T, however late. In these models everyone alive buys again.
    fn probability_of_any_purchase(&self, history: &History) -> f64 {
        self.probability_alive(history)
    }

    /// Returns the time after T by which the next purchase has happened with probability `level`.
    ///
    /// # Returns
    /// Nothing unless `0 ≤ level < P(ever)`.
    fn time_to_next_purchase(&self, history: &History, level: f64) -> Option<f64>;

    /// Prepares forecasts for many customers over one horizon, discounted at `discount_rate` per unit (continuously).
    ///
    /// # Errors
    /// [`ForecastError`] for a horizon or a rate that is negative or not finite.
    fn forecaster(&self, horizon: f64, discount_rate: f64) -> Result<Forecaster, ForecastError>;

    /// Returns the expected purchases in `(T, T + horizon]`, each discounted from its time to T.
    ///
    /// # Errors
    /// As [`PurchaseModel::forecaster`], which is the way to ask for many customers.
    fn discounted_expected_purchases(
        &self,
        history: &History,
        horizon: f64,
        discount_rate: f64,
    ) -> Result<f64, ForecastError> {
        let forecast = self.forecaster(horizon, discount_rate)?.forecast(history);
        Ok(forecast.discounted_purchases)
    }

    /// Returns the expected purchases after T without end, each discounted from its time to T.
    ///
    /// # Errors
    /// As [`PurchaseModel::forecaster`], which is the way to ask for many customers.
    fn discounted_expected_purchases_lifetime(
        &self,
        history: &History,
        discount_rate: f64,
    ) -> Result<f64, ForecastError> {
        let forecast = self.forecaster(0.0, discount_rate)?.forecast(history);
        Ok(forecast.discounted_purchases_lifetime)
    }
}

/// Implements [`PurchaseModel`] for a model that has a `law: BetaGeometric` and a `report`.
macro_rules! purchase_model {
    ($model:ty, $key:literal) => {
        impl $crate::beta_geometric::PurchaseModel for $model {
            fn key(&self) -> &'static str {
                $key
            }

            fn named_parameters(&self) -> Vec<(&'static str, f64)> {
                self.law.named_parameters()
            }

            fn report(&self) -> Option<&$crate::estimate::FitReport> {
                self.report.as_ref()
            }

            fn log_likelihood(&self, histories: &$crate::history::WeightedHistories) -> f64 {
                self.law.ln_likelihood(histories)
            }

            fn probability_alive(&self, history: &$crate::history::History) -> f64 {
                self.law.probability_alive(history)
            }

            fn expected_purchases(
                &self,
                history: &$crate::history::History,
                horizon: f64,
            ) -> Result<f64, $crate::beta_geometric::ForecastError> {
                self.law.expected_purchases(history, horizon)
            }

            fn probability_of_count(
                &self,
                history: &$crate::history::History,
                horizon: f64,
                purchases: u32,
            ) -> Result<f64, $crate::beta_geometric::ForecastError> {
                self.law.probability_of_count(history, horizon, purchases)
            }

            fn count_distribution(
                &self,
                history: &$crate::history::History,
                horizon: f64,
            ) -> Result<
                $crate::beta_geometric::CountDistribution,
                $crate::beta_geometric::ForecastError,
            > {
                self.law.count_distribution(history, horizon)
            }

            fn probability_of_purchase(
                &self,
                history: &$crate::history::History,
                horizon: f64,
            ) -> Result<f64, $crate::beta_geometric::ForecastError> {
                self.law.probability_of_purchase(history, horizon)
            }

            fn time_to_next_purchase(
                &self,
                history: &$crate::history::History,
                level: f64,
            ) -> Option<f64> {
                self.law.time_to_next_purchase(history, level)
            }

            fn forecaster(
                &self,
                horizon: f64,
                discount_rate: f64,
            ) -> Result<$crate::beta_geometric::Forecaster, $crate::beta_geometric::ForecastError>
            {
                self.law.forecaster(horizon, discount_rate)
            }
        }
    };
}
pub(crate) use purchase_model;
