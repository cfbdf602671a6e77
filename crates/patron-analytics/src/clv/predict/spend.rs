//! What does a purchase bring?

use patron_stats::estimate::FitError;
use patron_stats::gamma_gamma::{FittedGammaGamma, GammaGammaConfig, SpendHistory};
use patron_stats::intervals::{Interval, ParameterDraws, SpendDraws};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;

use super::{DRAWS, PredictRequest, SEED, noted};
use crate::clv::{Base, ClvError, SamplingRequest, fit_drawn_spend};

/// What a purchase brings.
pub(super) enum Spend {
    GammaGamma(Box<FittedGammaGamma>, Option<SpendDraws>),
    /// By the draws of a posterior.
    Drawn(SpendDraws),
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

    /// The interval of the value of drawn purchases, before any margin; nothing where spend was not drawn.
    pub(super) fn value_interval(
        &self,
        purchases: &[f64],
        spend: Option<&SpendHistory>,
        level: f64,
    ) -> Result<Option<Interval>, ClvError> {
        Ok(match self {
            Self::GammaGamma(_, Some(draws)) | Self::Drawn(draws) => {
                Some(draws.value_interval(purchases, spend, level)?)
            }
            Self::Constant(_) | Self::GammaGamma(..) => None,
        })
    }

    /// What a purchase brings where every set of parameters counts; where that cannot be sampled, as without.
    pub(super) fn of_posterior(
        base: &Base,
        (request, sampling): (&PredictRequest, SamplingRequest),
        notes: &mut Vec<String>,
    ) -> Result<Option<Self>, ClvError> {
        let spend = Self::of(base, request, notes)?;
        let Some(Self::GammaGamma(..)) = spend else {
            return Ok(spend);
        };
        let drawn = fit_drawn_spend(base, sampling, request.level)?;
        let warnings = drawn.card.warnings.iter();
        notes.extend(warnings.map(|warning| format!("of spend: {warning}")));
        Ok(Some(Self::Drawn(SpendDraws::new(&drawn.draws)?)))
    }

    pub(super) fn mean(&self, spend: Option<&SpendHistory>) -> f64 {
        match self {
            Self::GammaGamma(model, _) => model.expected_spend(spend).unwrap_or(f64::INFINITY),
            Self::Drawn(draws) => draws.mean(spend),
            Self::Constant(spend) => *spend,
        }
    }
}
