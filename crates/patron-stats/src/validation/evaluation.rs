//! All measures of one set of predictions.

use rand::Rng;

use super::{
    LogScore, PointErrors, Predictions, RankedGroup, Uniformity, ValidationError, gini_of_ranking,
    log_score, point_errors, ranked_groups, top_capture, uniformity,
};

const DECILES: u32 = 10;

/// Classes of the randomised places of outcomes.
const CLASSES: u32 = 20;

/// How good one set of predictions was.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Key of the model, or name of the baseline.
    pub key: String,
    /// How far numbers were off.
    pub errors: PointErrors,
    /// Held-out log-likelihood; absent for predictions without a distribution.
    pub log_score: Option<LogScore>,
    /// How evenly outcomes fill their distributions; absent likewise.
    pub uniformity: Option<Uniformity>,
    /// Calibration by decile of the prediction, lowest first.
    pub deciles: Vec<RankedGroup>,
    /// Share of purchases that came from the tenth with the highest predictions; absent where nobody bought.
    pub top_decile_capture: Option<f64>,
    /// Gini coefficient of the ranking; absent likewise.
    pub gini: Option<f64>,
}

/// Returns all measures. The generator places outcomes within their steps: see [`uniformity`].
///
/// # Errors
/// As the measures: none for [`Predictions`] that could be made.
pub fn evaluate(
    predictions: &Predictions,
    generator: &mut dyn Rng,
) -> Result<Evaluation, ValidationError> {
    let (expected, actual) = (predictions.expected(), predictions.actual());
    let (scored, placed) = match predictions.places() {
        Some(places) => {
            let probabilities: Vec<f64> = places.iter().map(|place| place.at).collect();
            let placed = uniformity(places, CLASSES, generator)?;
            (Some(log_score(&probabilities)?), Some(placed))
        }
        None => (None, None),
    };
    Ok(Evaluation {
        key: predictions.key().to_owned(),
        errors: point_errors(expected, actual)?,
        log_score: scored,
        uniformity: placed,
        deciles: ranked_groups(expected, actual, DECILES)?,
        top_decile_capture: top_capture(expected, actual, 0.1)?,
        gini: gini_of_ranking(expected, actual)?,
    })
}
