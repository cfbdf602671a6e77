//! What is expected where every set of parameters counts?

use super::spend::Spend;
use super::teller::{Asked, How};
use super::{PredictRequest, Predictions, of_values};
use crate::clv::{Base, ClvError, DrawnFit, SamplingRequest};

/// Predicts every customer of a base by draws from the posteriors of the purchase model and of the spend model.
///
/// Every prediction is the mean over the draws, but for the median of the next purchase, which is that of the mode.
///
/// # Errors
/// [`ClvError::Forecast`], [`ClvError::Interval`]; of spend [`ClvError::Bayes`].
pub fn predict_drawn(
    base: &Base,
    fit: &DrawnFit,
    (request, sampling): (&PredictRequest, SamplingRequest),
) -> Result<Predictions, ClvError> {
    let warnings = fit.draws.notes().iter();
    let mut notes: Vec<String> = warnings.map(ToString::to_string).collect();
    let asked = Asked::of(base, request);
    let spend = Spend::of_posterior(base, (request, sampling), &mut notes)?;
    let how = How {
        draws: Some(&fit.draws),
        spend: spend.as_ref(),
        averaged: true,
    };
    let (told, values) = asked.tell(base, fit.mode.as_ref(), how)?;
    notes.extend(of_values(&values, spend.as_ref()));
    Ok(Predictions {
        told: told.into(),
        of_customer: base.by_history().of_customers().collect(),
        values,
        horizon: asked.horizon,
        is_margin: base.settings.margin.is_some(),
        notes,
    })
}
