//! The surface that every fitted purchase model has.

use std::fmt::Debug;

use rand::Rng;

use super::{CountDistribution, ForecastError, Forecaster, Posterior, SimulatedCustomer};
use crate::estimate::{FitError, FitReport};
use crate::history::{History, WeightedHistories};

/// A purchase model with parameters: what it can say of a customer.
///
/// Times are in the unit the parameters are in. A horizon starts at the end of the customer's observation, T.
pub trait PurchaseModel: Debug + Send + Sync {
    /// Returns the stable key: `nbd`, `bg-nbd`, `mbg-nbd`, `bg-cnbd-k`, `mbg-cnbd-k`, `pareto-nbd`, `ggom-nbd`.
    fn key(&self) -> &'static str;

    /// Returns the parameters by their names in the paper, in its order.
    fn named_parameters(&self) -> Vec<(&'static str, f64)>;

    /// Returns what is known of the fit; absent where the parameters were given by hand.
    fn report(&self) -> Option<&FitReport>;

    /// Returns the same model (with the same number of stages) with other parameters, in the order of
    /// [`PurchaseModel::named_parameters`] and without a report.
    ///
    /// # Returns
    /// Nothing unless there are as many, all of them positive and finite.
    fn with_parameters(&self, parameters: &[f64]) -> Option<Box<dyn PurchaseModel>>;

    /// Returns the parameters with which the same model makes other histories likeliest, from any number of repeat buyers.
    ///
    /// # Errors
    /// As the model's own `fit`.
    fn likeliest_parameters(&self, histories: &WeightedHistories) -> Result<Vec<f64>, FitError>;

    /// Returns the log-likelihood of histories, not only of those the model was fitted to.
    fn log_likelihood(&self, histories: &WeightedHistories) -> f64;

    /// Returns the derivative of the log-likelihood in every parameter; zeros at the top of the histories' own likelihood.
    fn score(&self, histories: &WeightedHistories) -> Vec<f64>;

    /// Returns the probability that the customer has not left by T.
    fn probability_alive(&self, history: &History) -> f64;

    /// Returns whether the time of the last purchase says something of those who are still there, too.
    ///
    /// Not where purchases come at random: then equal x and T mean equal prospects, and work can be shared.
    fn prospects_depend_on_recency(&self) -> bool {
        false
    }

    /// Returns the probability that the customer will not have left by `T + time`.
    ///
    /// # Errors
    /// [`ForecastError::HorizonOutsideDomain`].
    fn probability_alive_after(&self, history: &History, time: f64) -> Result<f64, ForecastError>;

    /// Returns the expected purchases in `(T, T + horizon]`.
    ///
    /// # Errors
    /// [`ForecastError::HorizonOutsideDomain`].
    fn expected_purchases(&self, history: &History, horizon: f64) -> Result<f64, ForecastError> {
        self.expected_purchases_between(history, 0.0, horizon)
    }

    /// Returns the expected purchases in `(T + from, T + to]`.
    ///
    /// # Errors
    /// [`ForecastError::HorizonOutsideDomain`]; [`ForecastError::IntervalReversed`].
    fn expected_purchases_between(
        &self,
        history: &History,
        from: f64,
        to: f64,
    ) -> Result<f64, ForecastError>;

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
    ) -> Result<f64, ForecastError> {
        self.probability_of_purchase_between(history, 0.0, horizon)
    }

    /// Returns the probability of at least one purchase in `(T + from, T + to]`.
    ///
    /// # Errors
    /// [`ForecastError::HorizonOutsideDomain`]; [`ForecastError::IntervalReversed`].
    fn probability_of_purchase_between(
        &self,
        history: &History,
        from: f64,
        to: f64,
    ) -> Result<f64, ForecastError>;

    /// Returns the probability of any purchase after T, however late.
    ///
    /// That of being alive where one can leave only after a purchase, less where one can leave at any time.
    fn probability_of_any_purchase(&self, history: &History) -> f64;

    /// Returns the time after T by which the next purchase has happened with probability `level`.
    ///
    /// # Returns
    /// Nothing unless `0 ≤ level < P(ever)`.
    fn time_to_next_purchase(&self, history: &History, level: f64) -> Option<f64>;

    /// Returns what the history says of the customer's own rate and own way of leaving.
    fn posterior(&self, history: &History) -> Posterior;

    /// Draws a customer observed for `age` after the first purchase and followed for `horizon` after that.
    ///
    /// The same generator in the same state draws the same customer.
    ///
    /// # Errors
    /// [`ForecastError::HorizonOutsideDomain`] for either time.
    fn simulate(
        &self,
        generator: &mut dyn Rng,
        age: f64,
        horizon: f64,
    ) -> Result<SimulatedCustomer, ForecastError>;

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

/// Implements [`PurchaseModel`] for a model that has a `law`, which is a [`Law`](super::Law), and a `report`.
macro_rules! purchase_model {
    ($model:ty, $key:literal) => {
        const _: () = {
            use $crate::estimate::{FitError, FitReport};
            use $crate::history::{History, WeightedHistories};
            use $crate::purchase::{
                CountDistribution, ForecastError, Forecaster, Law, Posterior, PurchaseModel,
                SimulatedCustomer,
            };

            impl PurchaseModel for $model {
                fn key(&self) -> &'static str {
                    $key
                }

                fn named_parameters(&self) -> Vec<(&'static str, f64)> {
                    self.law.named_parameters()
                }

                fn report(&self) -> Option<&FitReport> {
                    self.report.as_ref()
                }

                fn with_parameters(&self, parameters: &[f64]) -> Option<Box<dyn PurchaseModel>> {
                    let inside = |parameter: &f64| *parameter > 0.0 && parameter.is_finite();
                    if !parameters.iter().all(inside) {
                        return None;
                    }
                    let law = self.law.with_parameters(parameters)?;
                    Some(Box::new(Self { law, report: None }))
                }

                fn likeliest_parameters(
                    &self,
                    histories: &WeightedHistories,
                ) -> Result<Vec<f64>, FitError> {
                    self.law.likeliest(histories)
                }

                fn log_likelihood(&self, histories: &WeightedHistories) -> f64 {
                    self.law.ln_likelihood(histories)
                }

                fn score(&self, histories: &WeightedHistories) -> Vec<f64> {
                    self.law.score(histories)
                }

                fn probability_alive(&self, history: &History) -> f64 {
                    self.law.probability_alive(history)
                }

                fn prospects_depend_on_recency(&self) -> bool {
                    self.law.prospects_depend_on_recency()
                }

                fn probability_alive_after(
                    &self,
                    history: &History,
                    time: f64,
                ) -> Result<f64, ForecastError> {
                    self.law.alive_after(history, time)
                }

                fn expected_purchases_between(
                    &self,
                    history: &History,
                    from: f64,
                    to: f64,
                ) -> Result<f64, ForecastError> {
                    self.law.expected_between(history, from, to)
                }

                fn probability_of_count(
                    &self,
                    history: &History,
                    horizon: f64,
                    purchases: u32,
                ) -> Result<f64, ForecastError> {
                    self.law.probability_of_count(history, horizon, purchases)
                }

                fn count_distribution(
                    &self,
                    history: &History,
                    horizon: f64,
                ) -> Result<CountDistribution, ForecastError> {
                    self.law.count_distribution(history, horizon)
                }

                fn probability_of_purchase_between(
                    &self,
                    history: &History,
                    from: f64,
                    to: f64,
                ) -> Result<f64, ForecastError> {
                    self.law.any_between(history, from, to)
                }

                fn probability_of_any_purchase(&self, history: &History) -> f64 {
                    self.law.any_ever(history)
                }

                fn time_to_next_purchase(&self, history: &History, level: f64) -> Option<f64> {
                    self.law.time_to_next_purchase(history, level)
                }

                fn posterior(&self, history: &History) -> Posterior {
                    self.law.posterior(history)
                }

                fn simulate(
                    &self,
                    generator: &mut dyn rand::Rng,
                    age: f64,
                    horizon: f64,
                ) -> Result<SimulatedCustomer, ForecastError> {
                    self.law.simulate(generator, age, horizon)
                }

                fn forecaster(
                    &self,
                    horizon: f64,
                    discount_rate: f64,
                ) -> Result<Forecaster, ForecastError> {
                    self.law.forecaster(horizon, discount_rate)
                }
            }
        };
    };
}
pub(crate) use purchase_model;
