//! How surely expected spend is known, and with expected purchases the expected value of a customer.

use super::bounds::Bounds;
use super::{ExpectationForecaster, Interval, IntervalError, ParameterDraws};
use crate::gamma_gamma::{FittedGammaGamma, GammaGammaParameters, SpendHistory};
use crate::history::History;

/// Customers whose values under all draws are held at a time.
const BLOCK: usize = 256;

/// Gamma-Gamma under many draws of its parameters.
#[derive(Debug, Clone)]
pub struct SpendDraws {
    models: Vec<FittedGammaGamma>,
}

/// Intervals of what one customer is expected to bring, before any margin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ValueInterval {
    /// Of the expected spend per purchase; a bound is infinite where draws with `p·x + q ≤ 1` reach it.
    pub expected_spend: Interval,
    /// Of discounted purchases within the horizon, times expected spend.
    pub value: Interval,
    /// Of the same without end.
    pub value_lifetime: Interval,
}

impl SpendDraws {
    /// Takes draws of (p, q, γ).
    ///
    /// # Errors
    /// [`IntervalError::DrawsOfOthers`] unless each draw is three positive finite numbers.
    pub fn new(draws: &ParameterDraws) -> Result<Self, IntervalError> {
        let of = |draw: &Vec<f64>| {
            let other = || IntervalError::DrawsOfOthers {
                expected: 3,
                found: draw.len(),
            };
            let [p, q, gamma] = <[f64; 3]>::try_from(draw.as_slice()).map_err(|_| other())?;
            let parameters = GammaGammaParameters { p, q, gamma };
            FittedGammaGamma::from_parameters(parameters).map_err(|_| other())
        };
        let models = draws.draws().iter().map(of).collect::<Result<_, _>>()?;
        Ok(Self { models })
    }

    /// Returns the interval of one customer's expected spend per purchase; of a customer nothing is known of, without `spend`.
    ///
    /// # Errors
    /// [`IntervalError::LevelOutsideDomain`]; [`IntervalError::TooFewDraws`].
    pub fn expected_spend(
        &self,
        spend: Option<&SpendHistory>,
        level: f64,
    ) -> Result<Interval, IntervalError> {
        let bounds = Bounds::new(level, self.models.len())?;
        Ok(bounds.of(&mut self.spends(spend)))
    }

    /// Returns the mean over all draws of one customer's expected spend per purchase: the prediction itself, where draws are from a
    /// posterior. Infinite where one of them has no mean.
    #[must_use]
    pub fn mean(&self, spend: Option<&SpendHistory>) -> f64 {
        self.spends(spend).iter().sum::<f64>() / self.models.len() as f64
    }

    /// Returns the interval of the value of purchases, of which one number is given for each draw.
    ///
    /// # Errors
    /// [`IntervalError::LevelOutsideDomain`]; [`IntervalError::TooFewDraws`]; [`IntervalError::DrawsDiffer`] unless there are as
    /// many purchases as draws.
    pub fn value_interval(
        &self,
        purchases: &[f64],
        spend: Option<&SpendHistory>,
        level: f64,
    ) -> Result<Interval, IntervalError> {
        let draws = (purchases.len(), self.models.len());
        if draws.0 != draws.1 {
            return Err(IntervalError::DrawsDiffer {
                purchases: draws.0,
                spend: draws.1,
            });
        }
        let bounds = Bounds::new(level, draws.1)?;
        Ok(bounds.of(&mut self.values(purchases, spend)))
    }

    /// Returns the value of purchases under each draw.
    fn values(&self, purchases: &[f64], spend: Option<&SpendHistory>) -> Vec<f64> {
        let spends = self.models.iter();
        let spends = spends.map(|model| model.expected_spend(spend).unwrap_or(f64::INFINITY));
        let pairs = purchases.iter().zip(spends);
        pairs.map(|(n, spend)| value(*n, spend)).collect()
    }

    /// Returns the expected spend under each draw; infinite where it has no mean.
    fn spends(&self, spend: Option<&SpendHistory>) -> Vec<f64> {
        let of = |model: &FittedGammaGamma| model.expected_spend(spend).unwrap_or(f64::INFINITY);
        self.models.iter().map(of).collect()
    }
}

/// Without purchases nothing is spent, however much each would have been.
fn value(purchases: f64, spend: f64) -> f64 {
    if purchases > 0.0 {
        purchases * spend
    } else {
        0.0
    }
}

impl ExpectationForecaster {
    /// Returns the intervals of what many customers are expected to bring, in their order.
    ///
    /// ```text
    /// value = discounted purchases · E[spend per purchase]        draw by draw, the two models drawn apart
    /// ```
    ///
    /// How often and how much are independent under the models, and so are the errors of their estimates. Multiply the bounds by a
    /// margin.
    ///
    /// # Errors
    /// [`IntervalError::DrawsDiffer`] unless there are as many draws of spend as of purchases.
    ///
    /// # Numerics
    /// Fastest in [`work_order`](History::work_order): purchases are forecast once for neighbours with equal histories.
    pub fn values(
        &self,
        spends: &SpendDraws,
        customers: &[(History, Option<SpendHistory>)],
    ) -> Result<Vec<ValueInterval>, IntervalError> {
        let (purchases, spend) = (self.bounds().draws(), spends.models.len());
        if purchases != spend {
            return Err(IntervalError::DrawsDiffer { purchases, spend });
        }
        let mut intervals = Vec::with_capacity(customers.len());
        for block in customers.chunks(BLOCK) {
            let mut distinct: Vec<History> = block.iter().map(|(history, _)| *history).collect();
            distinct.dedup();
            let drawn = self.expectations(&distinct);
            let mut index = 0;
            for (history, spend) in block {
                if distinct.get(index) != Some(history) {
                    index += 1;
                }
                let by_draw = drawn.iter().filter_map(|all| all.get(index));
                let (within, ever): (Vec<f64>, Vec<f64>) = by_draw
                    .map(|drawn| (drawn.discounted, drawn.lifetime))
                    .unzip();
                intervals.push(self.value_of(&within, &ever, spends.spends(spend.as_ref())));
            }
        }
        Ok(intervals)
    }

    /// Returns the intervals of expected purchases and of what they are expected to bring within the horizon, in the customers' order.
    ///
    /// The same bounds as those of [`ExpectationForecaster::forecast_all`] and [`ExpectationForecaster::values`], in a part of their
    /// time.
    ///
    /// # Errors
    /// [`IntervalError::DrawsDiffer`] unless there are as many draws of spend as of purchases.
    ///
    /// # Numerics
    /// As [`ExpectationForecaster::values`]; neighbours with equal spend too are valued once.
    pub fn purchases_and_values(
        &self,
        spends: &SpendDraws,
        customers: &[(History, Option<SpendHistory>)],
    ) -> Result<Vec<[Interval; 2]>, IntervalError> {
        let (draws, spend) = (self.bounds().draws(), spends.models.len());
        if draws != spend {
            return Err(IntervalError::DrawsDiffer {
                purchases: draws,
                spend,
            });
        }
        let mut intervals = Vec::with_capacity(customers.len());
        for block in customers.chunks(BLOCK) {
            let of_one = block.chunk_by(|one, next| one.0 == next.0);
            let distinct: Vec<History> = of_one
                .clone()
                .filter_map(|alike| alike.first().map(|(history, _)| *history))
                .collect();
            let [mut purchases, discounted] = self.by_history(&distinct, |expected| {
                [expected.purchases, expected.discounted]
            });
            let drawn = purchases.chunks_exact_mut(draws);
            let drawn = drawn.zip(discounted.chunks_exact(draws));
            for (alike, (purchases, discounted)) in of_one.zip(drawn) {
                let purchases = self.bounds().of(purchases);
                let mut last: Option<(Option<SpendHistory>, Interval)> = None;
                for (_, spend) in alike {
                    let value = match last {
                        Some((known, value)) if known == *spend => value,
                        _ => self
                            .bounds()
                            .of(&mut spends.values(discounted, spend.as_ref())),
                    };
                    last = Some((*spend, value));
                    intervals.push([purchases, value]);
                }
            }
        }
        Ok(intervals)
    }

    fn value_of(&self, within: &[f64], ever: &[f64], mut spends: Vec<f64>) -> ValueInterval {
        let of = |purchases: &[f64]| {
            let pairs = purchases.iter().zip(&spends);
            let mut values: Vec<f64> = pairs.map(|(n, spend)| value(*n, *spend)).collect();
            self.bounds().of(&mut values)
        };
        let (value, value_lifetime) = (of(within), of(ever));
        ValueInterval {
            expected_spend: self.bounds().of(&mut spends),
            value,
            value_lifetime,
        }
    }
}
