//! The surface that both fitted models of contracts have.

use std::fmt::Debug;

use rand::Rng;

use super::{ContractHistories, ContractHistory, Staying};
use crate::estimate::{FitError, FitReport};
use crate::purchase::{CountDistribution, ForecastError, Moments, check_discount_rate};
use crate::sample::{beta_variable, exponential};

/// Beyond a discount of `e^-45` nothing is left that a double could see.
const LARGEST_DISCOUNT: f64 = 45.0;

/// A model of contracts with parameters: what it can say of a customer.
///
/// A horizon is a number of renewals after those already due. Of someone who has left nothing more is expected.
pub trait ContractModel: Debug + Send + Sync {
    /// Returns the stable key: `sbg`, `bdw`.
    fn key(&self) -> &'static str;

    /// Returns the parameters by their names in the paper, in its order.
    fn named_parameters(&self) -> Vec<(&'static str, f64)>;

    /// Returns what is known of the fit; absent where the parameters were given by hand.
    fn report(&self) -> Option<&FitReport>;

    /// Makes a model of the same kind of parameters known otherwise, in the order of the paper.
    ///
    /// # Errors
    /// [`FitError::ParametersMiscounted`]; [`FitError::ParameterNotPositive`].
    fn with_parameters(&self, parameters: &[f64]) -> Result<Box<dyn ContractModel>, FitError>;

    /// Returns the log-likelihood of histories, not only of those the model was fitted to.
    fn log_likelihood(&self, histories: &ContractHistories) -> f64;

    /// Returns the share of new customers who are there after a number of renewals: `S(t)`.
    fn survival(&self, renewals: u32) -> f64;

    /// Returns the share of those due at a renewal, counted from 1, who stay: `S(t)/S(t − 1)`.
    fn retention(&self, renewal: u32) -> f64;

    /// Returns the probability that the customer will be there after `horizon` further renewals.
    fn probability_alive(&self, history: &ContractHistory, horizon: u32) -> f64;

    /// Returns how many of the next `horizon` renewals the customer is expected to make.
    fn expected_renewals(&self, history: &ContractHistory, horizon: u32) -> f64;

    /// Returns how many of the renewals after `from` and up to `to` the customer is expected to make.
    ///
    /// # Errors
    /// [`ForecastError::IntervalReversed`].
    fn expected_renewals_between(
        &self,
        history: &ContractHistory,
        from: u32,
        to: u32,
    ) -> Result<f64, ForecastError>;

    /// Returns the distribution of the number of renewals made of the next `horizon`; its quantiles bound what will happen.
    fn renewal_distribution(&self, history: &ContractHistory, horizon: u32) -> CountDistribution;

    /// Returns the further renewal by which the customer has left with probability `level`.
    ///
    /// # Returns
    /// Nothing unless `0 < level < 1`, for someone who has left, and beyond four thousand million renewals.
    fn renewal_of_leaving(&self, history: &ContractHistory, level: f64) -> Option<u32>;

    /// Returns the expected renewals of the next `horizon`, each discounted from its time to now.
    ///
    /// `discount_rate` is continuous, per renewal: ln(1.1) for 10 % from one to the next.
    ///
    /// # Errors
    /// [`ForecastError::DiscountRateOutsideDomain`].
    fn discounted_expected_renewals(
        &self,
        history: &ContractHistory,
        horizon: u32,
        discount_rate: f64,
    ) -> Result<f64, ForecastError>;

    /// Returns the expected renewals without end, each discounted from its time to now. Takes `45/discount_rate` steps.
    ///
    /// # Errors
    /// [`ForecastError::DiscountRateOutsideDomain`], also for a rate of 0.
    fn discounted_expected_renewals_lifetime(
        &self,
        history: &ContractHistory,
        discount_rate: f64,
    ) -> Result<f64, ForecastError>;

    /// Returns what the history says of the customer's own θ.
    fn posterior(&self, history: &ContractHistory) -> Moments;

    /// Draws a customer observed for `renewals` and followed for `horizon` after that.
    ///
    /// The same generator in the same state draws the same customer.
    fn simulate(&self, generator: &mut dyn Rng, renewals: u32, horizon: u32) -> SimulatedContract;
}

/// A customer drawn from a model of contracts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SimulatedContract {
    /// What was seen by the end of observation.
    pub history: ContractHistory,
    /// Renewals made after it.
    pub later: u32,
}

impl Staying {
    pub(crate) fn survival_to(&self, renewals: u32) -> f64 {
        self.ln_survival(renewals).exp()
    }

    /// Returns the probabilities of making the first, second, … renewal from now: `S(n + k)/S(n)`.
    fn renews(&self, history: &ContractHistory) -> impl Iterator<Item = f64> + use<> {
        let law = *self;
        let (done, left) = (history.renewals(), history.left());
        let now = law.ln_survival(done);
        (1u32..).map(move |k| match done.checked_add(k) {
            Some(renewals) if !left => (law.ln_survival(renewals) - now).exp(),
            _ => 0.0,
        })
    }

    pub(crate) fn alive(&self, history: &ContractHistory, horizon: u32) -> f64 {
        match horizon.checked_sub(1) {
            Some(before) => self.renews(history).nth(before as usize).unwrap_or(0.0),
            None => f64::from(u8::from(!history.left())),
        }
    }

    pub(crate) fn expected(&self, history: &ContractHistory, horizon: u32) -> f64 {
        self.renews(history).take(horizon as usize).sum()
    }

    pub(crate) fn expected_between(
        &self,
        history: &ContractHistory,
        from: u32,
        to: u32,
    ) -> Result<f64, ForecastError> {
        if from > to {
            return Err(ForecastError::IntervalReversed {
                from: f64::from(from),
                to: f64::from(to),
            });
        }
        let renews = self.renews(history).take(to as usize);
        Ok(renews.skip(from as usize).sum())
    }

    pub(crate) fn distribution(
        &self,
        history: &ContractHistory,
        horizon: u32,
    ) -> CountDistribution {
        let done = history.renewals();
        let mut there = 1.0;
        let mut counts = Vec::with_capacity(horizon as usize + 1);
        for renewal in (1..=horizon).map(|k| done.saturating_add(k)) {
            let leaves = self.leaves_at(renewal);
            counts.push(there * leaves);
            there *= 1.0 - leaves;
        }
        counts.push(there);
        let alive = f64::from(u8::from(!history.left()));
        CountDistribution::new(alive, counts)
    }

    pub(crate) fn leaving(&self, history: &ContractHistory, level: f64) -> Option<u32> {
        if history.left() || !(0.0 < level && level < 1.0) {
            return None;
        }
        let done = history.renewals();
        let now = self.ln_survival(done);
        let has_left = |k: u32| -(self.ln_survival(done.saturating_add(k)) - now).exp_m1() >= level;
        let (mut low, mut high) = (0, u32::MAX - done);
        if !has_left(high) {
            return None;
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if has_left(middle) {
                high = middle;
            } else {
                low = middle;
            }
        }
        Some(high)
    }

    pub(crate) fn discounted(
        &self,
        history: &ContractHistory,
        horizon: Option<u32>,
        discount_rate: f64,
    ) -> Result<f64, ForecastError> {
        check_discount_rate(discount_rate)?;
        if horizon.is_none() && discount_rate == 0.0 {
            return Err(ForecastError::DiscountRateOutsideDomain { discount_rate });
        }
        let discounts = (1u32..=horizon.unwrap_or(u32::MAX))
            .map(|k| discount_rate * f64::from(k))
            .take_while(|discount| *discount <= LARGEST_DISCOUNT);
        let terms = discounts.zip(self.renews(history));
        Ok(terms
            .map(|(discount, renews)| renews * (-discount).exp())
            .sum())
    }

    /// Who stayed for t renewals has `θ ~ Beta(a, b + t^c)`; who left at t has what those have who stayed for t − 1, less
    /// those who stayed for t.
    pub(crate) fn own(&self, history: &ContractHistory) -> Moments {
        let raw = |renewals: u32| {
            let total = self.a + self.b + self.stretched(renewals);
            let mean = self.a / total;
            [mean, mean * ((self.a + 1.0) / (total + 1.0))]
        };
        let now = raw(history.renewals());
        if !history.left() {
            let [first, second] = now;
            return Moments::from_raw(first, second);
        }
        let before = raw(history.renewals() - 1);
        let leaves = self.leaves_at(history.renewals());
        let [first, second] = std::array::from_fn(|k| {
            let pair = before.get(k).zip(now.get(k));
            pair.map_or(0.0, |(before, now)| {
                (before - (1.0 - leaves) * now) / leaves
            })
        });
        Moments::from_raw(first, second)
    }

    /// The renewal of leaving is the first t with `(1 − θ)^(t^c) ≤ U`.
    pub(crate) fn draw(
        &self,
        generator: &mut dyn Rng,
        renewals: u32,
        horizon: u32,
    ) -> SimulatedContract {
        let theta = beta_variable(generator, self.a, self.b);
        let stretched = exponential(generator) / -(-theta).ln_1p();
        let leaves = stretched.powf(1.0 / self.c).ceil().max(1.0);
        let made = |due: u32| (1..=due).take_while(|renewal| f64::from(*renewal) < leaves);
        let seen = made(renewals).count();
        let history = if seen == renewals as usize {
            ContractHistory::staying(renewals)
        } else {
            let renewal = u32::try_from(seen).unwrap_or(u32::MAX).saturating_add(1);
            ContractHistory::left_at(renewal).unwrap_or(ContractHistory::NEW_CUSTOMER)
        };
        let all = made(renewals.saturating_add(horizon)).count();
        SimulatedContract {
            history,
            later: u32::try_from(all - seen).unwrap_or(u32::MAX),
        }
    }
}

/// Implements [`ContractModel`] for a model that has a `law`, which is a [`Staying`], a `report`, and `names`.
macro_rules! contract_model {
    ($model:ty, $key:literal) => {
        const _: () = {
            use $crate::contract::{
                ContractHistories, ContractHistory, ContractModel, SimulatedContract,
            };
            use $crate::estimate::{FitError, FitReport};
            use $crate::purchase::{CountDistribution, ForecastError, Moments};

            impl ContractModel for $model {
                fn key(&self) -> &'static str {
                    $key
                }

                fn named_parameters(&self) -> Vec<(&'static str, f64)> {
                    let values = [self.law.a, self.law.b, self.law.c];
                    NAMES.into_iter().zip(values).collect()
                }

                fn report(&self) -> Option<&FitReport> {
                    self.report.as_ref()
                }

                fn with_parameters(
                    &self,
                    parameters: &[f64],
                ) -> Result<Box<dyn ContractModel>, FitError> {
                    Ok(Box::new(Self::of_values(parameters)?))
                }

                fn log_likelihood(&self, histories: &ContractHistories) -> f64 {
                    self.law.ln_likelihood(histories)
                }

                fn survival(&self, renewals: u32) -> f64 {
                    self.law.survival_to(renewals)
                }

                fn retention(&self, renewal: u32) -> f64 {
                    1.0 - self.law.leaves_at(renewal)
                }

                fn probability_alive(&self, history: &ContractHistory, horizon: u32) -> f64 {
                    self.law.alive(history, horizon)
                }

                fn expected_renewals(&self, history: &ContractHistory, horizon: u32) -> f64 {
                    self.law.expected(history, horizon)
                }

                fn expected_renewals_between(
                    &self,
                    history: &ContractHistory,
                    from: u32,
                    to: u32,
                ) -> Result<f64, ForecastError> {
                    self.law.expected_between(history, from, to)
                }

                fn renewal_distribution(
                    &self,
                    history: &ContractHistory,
                    horizon: u32,
                ) -> CountDistribution {
                    self.law.distribution(history, horizon)
                }

                fn renewal_of_leaving(&self, history: &ContractHistory, level: f64) -> Option<u32> {
                    self.law.leaving(history, level)
                }

                fn discounted_expected_renewals(
                    &self,
                    history: &ContractHistory,
                    horizon: u32,
                    discount_rate: f64,
                ) -> Result<f64, ForecastError> {
                    self.law.discounted(history, Some(horizon), discount_rate)
                }

                fn discounted_expected_renewals_lifetime(
                    &self,
                    history: &ContractHistory,
                    discount_rate: f64,
                ) -> Result<f64, ForecastError> {
                    self.law.discounted(history, None, discount_rate)
                }

                fn posterior(&self, history: &ContractHistory) -> Moments {
                    self.law.own(history)
                }

                fn simulate(
                    &self,
                    generator: &mut dyn rand::Rng,
                    renewals: u32,
                    horizon: u32,
                ) -> SimulatedContract {
                    self.law.draw(generator, renewals, horizon)
                }
            }
        };
    };
}
pub(crate) use contract_model;
