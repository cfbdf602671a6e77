//! What does a purchase bring?

use patron_stats::estimate::FitError;
use patron_stats::gamma_gamma::{FittedGammaGamma, GammaGammaConfig, SpendHistory};
use patron_stats::intervals::{ParameterDraws, SpendDraws};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;

use super::{DRAWS, PredictRequest, SEED, noted};
use crate::clv::{Base, ClvError};

/// What a purchase brings.
pub(super) enum Spend {
    GammaGamma(Box<FittedGammaGamma>, Option<SpendDraws>),
    /// Every repeat buyer spends the same.
    Constant(f64),
}

impl Spend {
    pub(super) fn of(
        base: &Base,
        request: &PredictRequest,
        notes: &mut Vec<String>,
    ) -> Result<Option<Self>, ClvError> {
        if base
            .customers
            .iter()
            .all(|customer| customer.spend.is_none())
        {
            return Ok(None);
        }
        let fitted = match GammaGammaConfig::default().build().fit(&base.spends()) {
            Ok(fitted) => fitted,
            Err(FitError::SpendConstant { spend, .. }) => return Ok(Some(Self::Constant(spend))),
            Err(error) => {
                notes.push(format!("the spend model cannot be fitted: {error}"));
                return Ok(None);
            }
        };
        if fitted.population_mean().is_none() {
            notes.push(
                "under the spend model the mean of what customers spend is infinite".to_owned(),
            );
            return Ok(None);
        }
        let mut generator = ChaCha12Rng::seed_from_u64(SEED + 1);
        let named = fitted.named_parameters();
        let draw = || ParameterDraws::laplace(&named, fitted.report(), DRAWS, &mut generator);
        let drawn = request.intervals.then(draw);
        let draws = match noted(drawn, notes)? {
            Some(draws) => Some(SpendDraws::new(&draws)?),
            None => None,
        };
        Ok(Some(Self::GammaGamma(Box::new(fitted), draws)))
    }

    pub(super) fn mean(&self, spend: Option<&SpendHistory>) -> f64 {
        match self {
            Self::GammaGamma(model, _) => model.expected_spend(spend).unwrap_or(f64::INFINITY),
            Self::Constant(spend) => *spend,
        }
    }
}
