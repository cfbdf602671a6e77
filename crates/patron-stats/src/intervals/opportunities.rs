//! What many drawn BG/BB models expect of a customer with given opportunities.

use super::bounds::Bounds;
use super::expectation::interval_at;
use super::{ForecastInterval, IntervalError, ParameterDraws};
use crate::bg_bb::{BgBbParameters, FittedBgBb, OpportunityHistory};
use crate::purchase::{CountDistribution, Expectations, ForecastError, check_discount_rate};

/// BG/BB under many draws of its parameters, prepared for one horizon, discount rate and level.
///
/// Horizons are numbers of opportunities, the discount rate is per opportunity, and P(alive) is that of being there at the next one, as
/// in the literature. A customer base has few distinct histories of opportunities: ask for each once.
#[derive(Debug)]
pub struct OpportunityExpectations {
    models: Vec<FittedBgBb>,
    horizon: u32,
    discount_rate: f64,
    bounds: Bounds,
}

impl OpportunityExpectations {
    /// Prepares forecasts over `horizon` opportunities under every draw of (α, β, γ, δ).
    ///
    /// # Errors
    /// [`IntervalError::LevelOutsideDomain`]; [`IntervalError::TooFewDraws`]; [`IntervalError::DrawsOfOthers`];
    /// [`IntervalError::Forecast`] for a discount rate that is negative or not finite.
    pub fn new(
        draws: &ParameterDraws,
        horizon: u32,
        discount_rate: f64,
        level: f64,
    ) -> Result<Self, IntervalError> {
        let bounds = Bounds::new(level, draws.draws().len())?;
        check_discount_rate(discount_rate)?;
        let of = |draw: &Vec<f64>| {
            let other = || IntervalError::DrawsOfOthers {
                expected: 4,
                found: draw.len(),
            };
            let [alpha, beta, gamma, delta] =
                <[f64; 4]>::try_from(draw.as_slice()).map_err(|_| other())?;
            let parameters = BgBbParameters {
                alpha,
                beta,
                gamma,
                delta,
            };
            FittedBgBb::from_parameters(parameters).map_err(|_| other())
        };
        Ok(Self {
            models: draws.draws().iter().map(of).collect::<Result<_, _>>()?,
            horizon,
            discount_rate,
            bounds,
        })
    }

    /// Returns the intervals of one history.
    ///
    /// # Errors
    /// [`IntervalError::Forecast`] is not reached: the discount rate was checked.
    pub fn forecast(
        &self,
        history: &OpportunityHistory,
    ) -> Result<ForecastInterval, IntervalError> {
        let of = |model: &FittedBgBb| {
            let rate = self.discount_rate;
            Ok(vec![Expectations {
                probability_alive: model.probability_alive(history, 1),
                purchases: model.expected_purchases(history, self.horizon),
                discounted: model.discounted_expected_purchases(history, self.horizon, rate)?,
                lifetime: model.discounted_expected_purchases_lifetime(history, rate)?,
            }])
        };
        let drawn: Result<Vec<_>, ForecastError> = self.models.iter().map(of).collect();
        Ok(interval_at(&self.bounds, &drawn?, 0))
    }

    /// Returns the distribution of one customer's purchases within the horizon, with the uncertainty of the parameters in it.
    ///
    /// As [`ExpectationForecaster::counts`](super::ExpectationForecaster::counts).
    #[must_use]
    pub fn counts(&self, history: &OpportunityHistory) -> CountDistribution {
        let of = |model: &FittedBgBb| model.count_distribution(history, self.horizon);
        let counts: Vec<CountDistribution> = self.models.iter().map(of).collect();
        CountDistribution::mixture(&counts)
    }
}
