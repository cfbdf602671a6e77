//! What many drawn models of contracts expect of a customer with given renewals.

use super::bounds::Bounds;
use super::{Interval, IntervalError, ParameterDraws};
use crate::contract::{ContractHistory, ContractModel};

/// Intervals of what is expected of customers with one history of renewals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ContractInterval {
    /// Of the probability of making the next renewal.
    pub retention: Interval,
    /// Of that of being there after all renewals of the horizon.
    pub probability_alive: Interval,
    /// Of the renewals expected of the horizon.
    pub expected_renewals: Interval,
}

/// A model of contracts under many draws of its parameters, prepared for one horizon and level.
///
/// A horizon is a number of renewals. A customer base has few distinct histories of renewals: ask for each once.
#[derive(Debug)]
pub struct ContractExpectations {
    models: Vec<Box<dyn ContractModel>>,
    horizon: u32,
    bounds: Bounds,
}

impl ContractExpectations {
    /// Prepares forecasts over `horizon` renewals under every draw; `model` says of which kind they are.
    ///
    /// # Errors
    /// [`IntervalError::LevelOutsideDomain`]; [`IntervalError::TooFewDraws`]; [`IntervalError::DrawsOfOthers`].
    pub fn new(
        model: &dyn ContractModel,
        draws: &ParameterDraws,
        horizon: u32,
        level: f64,
    ) -> Result<Self, IntervalError> {
        let bounds = Bounds::new(level, draws.draws().len())?;
        let of = |draw: &Vec<f64>| {
            let other = IntervalError::DrawsOfOthers {
                expected: model.named_parameters().len(),
                found: draw.len(),
            };
            model.with_parameters(draw).map_err(|_| other)
        };
        Ok(Self {
            models: draws.draws().iter().map(of).collect::<Result<_, _>>()?,
            horizon,
            bounds,
        })
    }

    /// Returns the intervals of one history.
    #[must_use]
    pub fn forecast(&self, history: &ContractHistory) -> ContractInterval {
        ContractInterval {
            retention: self.interval_of(|model| model.probability_alive(history, 1)),
            probability_alive: self
                .interval_of(|model| model.probability_alive(history, self.horizon)),
            expected_renewals: self
                .interval_of(|model| model.expected_renewals(history, self.horizon)),
        }
    }

    /// Returns the interval of any other number that follows from the parameters.
    #[must_use]
    pub fn interval_of(&self, quantity: impl Fn(&dyn ContractModel) -> f64) -> Interval {
        let models = self.models.iter();
        let mut values: Vec<f64> = models.map(|model| quantity(model.as_ref())).collect();
        self.bounds.of(&mut values)
    }
}
