//! What a model or a baseline said of each customer.

use super::{ValidationError, check_domain, check_lengths};
use crate::history::History;
use crate::purchase::PurchaseModel;

/// Where in its distribution what came has fallen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CountPlace {
    /// `P(N < n)` of the n purchases that came.
    pub below: f64,
    /// `P(N = n)`.
    pub at: f64,
}

/// What was predicted of each customer of a holdout, and where what came fell in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    key: String,
    parameters: usize,
    expected: Vec<f64>,
    actual: Vec<f64>,
    places: Option<Vec<CountPlace>>,
}

impl Predictions {
    /// Asks a model for the purchases of each customer within `horizon` of the end of observation; `later` is what came.
    ///
    /// # Errors
    /// [`ValidationError::NoCustomers`]; [`ValidationError::LengthsDiffer`]; [`ValidationError::Forecast`].
    ///
    /// # Numerics
    /// Neighbours with equal history and outcome are asked for once.
    pub fn of_model(
        model: &dyn PurchaseModel,
        histories: &[History],
        later: &[u32],
        horizon: f64,
    ) -> Result<Self, ValidationError> {
        check_lengths("later purchases", histories.len(), later.len())?;
        let forecaster = model.forecaster(horizon, 0.0)?;
        let mut places = Vec::with_capacity(later.len());
        let mut last: Option<((History, u32), CountPlace)> = None;
        for (history, later) in histories.iter().zip(later) {
            let place = match last {
                Some((known, place)) if known == (*history, *later) => place,
                _ => place_of(model, history, *later, horizon)?,
            };
            last = Some(((*history, *later), place));
            places.push(place);
        }
        let forecasts = forecaster.expect_all(histories);
        Ok(Self {
            key: model.key().to_owned(),
            parameters: model.report().map_or_else(
                || model.named_parameters().len(),
                |report| report.parameters,
            ),
            expected: forecasts
                .iter()
                .map(|forecast| forecast.purchases)
                .collect(),
            actual: later.iter().map(|later| f64::from(*later)).collect(),
            places: Some(places),
        })
    }

    /// Takes numbers without a distribution, as baselines give them.
    ///
    /// # Errors
    /// [`ValidationError::NoCustomers`]; [`ValidationError::LengthsDiffer`]; [`ValidationError::OutsideDomain`].
    pub fn of_numbers(
        key: &str,
        expected: Vec<f64>,
        later: &[u32],
    ) -> Result<Self, ValidationError> {
        check_lengths("later purchases", expected.len(), later.len())?;
        check_domain("a predicted number of purchases", &expected)?;
        Ok(Self {
            key: key.to_owned(),
            parameters: 0,
            expected,
            actual: later.iter().map(|later| f64::from(*later)).collect(),
            places: None,
        })
    }

    /// Joins predictions of the same kind at another origin.
    ///
    /// # Errors
    /// [`ValidationError::PredictionsOfOthers`] where the key differs, or only one of them has a distribution.
    pub fn append(&mut self, mut other: Self) -> Result<(), ValidationError> {
        let alike = self.key == other.key && self.places.is_some() == other.places.is_some();
        if !alike {
            return Err(ValidationError::PredictionsOfOthers {
                expected: self.key.clone(),
                found: other.key,
            });
        }
        self.expected.append(&mut other.expected);
        self.actual.append(&mut other.actual);
        if let (Some(places), Some(more)) = (&mut self.places, &mut other.places) {
            places.append(more);
        }
        Ok(())
    }

    /// Returns the key of the model, or the name of the baseline.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the number of estimated parameters; 0 for a baseline.
    #[must_use]
    pub const fn parameters(&self) -> usize {
        self.parameters
    }

    /// Returns the expected purchases of each customer.
    #[must_use]
    pub fn expected(&self) -> &[f64] {
        &self.expected
    }

    /// Returns what came.
    #[must_use]
    pub fn actual(&self) -> &[f64] {
        &self.actual
    }

    /// Returns where what came fell in the distribution, if there is one.
    #[must_use]
    pub fn places(&self) -> Option<&[CountPlace]> {
        self.places.as_deref()
    }
}

fn place_of(
    model: &dyn PurchaseModel,
    history: &History,
    later: u32,
    horizon: f64,
) -> Result<CountPlace, ValidationError> {
    let counts = model.count_distribution(history, horizon)?;
    let below: f64 = (0..later as usize).map(|n| counts.probability(n)).sum();
    // Exact relative to itself, however small: the distribution leaves out its last 1e-13.
    let at = model.probability_of_count(history, horizon, later)?;
    Ok(CountPlace {
        below: below.min(1.0 - at),
        at,
    })
}
