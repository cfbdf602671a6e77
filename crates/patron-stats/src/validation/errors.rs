//! How far off numbers were.

use super::{ValidationError, check_domain, check_lengths};
use crate::summary::sum;

/// Errors of predicted numbers of purchases.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PointErrors {
    /// Customers compared.
    pub customers: usize,
    /// Sum of the predictions.
    pub predicted: f64,
    /// Sum of what came.
    pub actual: f64,
    /// Mean of prediction less what came; above 0 where too much was promised.
    pub bias: f64,
    /// Mean absolute error. Least for whoever predicts medians: with most customers buying nothing, 0 does well.
    pub mean_absolute: f64,
    /// Root of the mean squared error. Least for whoever predicts expectations, so expectations are compared by it.
    pub root_mean_square: f64,
    /// Mean squared difference of `ln(1 + purchases)`.
    pub mean_squared_logarithmic: f64,
}

impl PointErrors {
    /// Returns the sum of predictions over the sum of what came, less 1; nothing where nothing came.
    #[must_use]
    pub fn relative_bias(&self) -> Option<f64> {
        (self.actual > 0.0).then(|| self.predicted / self.actual - 1.0)
    }
}

/// Returns how far predictions were off.
///
/// ```text
/// bias = Σ(p − a)/n    MAE = Σ|p − a|/n    RMSE = √(Σ(p − a)²/n)    MSLE = Σ(ln(1 + p) − ln(1 + a))²/n
/// ```
///
/// # Errors
/// [`ValidationError::NoCustomers`]; [`ValidationError::LengthsDiffer`]; [`ValidationError::OutsideDomain`].
///
/// # Examples
/// ```
/// let errors = patron_stats::validation::point_errors(&[1.0, 0.5], &[2.0, 0.0])?;
/// assert_eq!((errors.bias, errors.mean_absolute), (-0.25, 0.75));
/// # Ok::<(), patron_stats::validation::ValidationError>(())
/// ```
pub fn point_errors(predicted: &[f64], actual: &[f64]) -> Result<PointErrors, ValidationError> {
    check_lengths("actual purchases", predicted.len(), actual.len())?;
    check_domain("a predicted number of purchases", predicted)?;
    check_domain("an actual number of purchases", actual)?;
    let customers = predicted.len();
    let mean = |of: &dyn Fn(f64, f64) -> f64| {
        let pairs = predicted.iter().zip(actual);
        let terms: Vec<f64> = pairs.map(|(p, a)| of(*p, *a)).collect();
        sum(&terms) / customers as f64
    };
    Ok(PointErrors {
        customers,
        predicted: sum(predicted),
        actual: sum(actual),
        bias: mean(&|p, a| p - a),
        mean_absolute: mean(&|p, a| (p - a).abs()),
        root_mean_square: mean(&|p, a| (p - a) * (p - a)).sqrt(),
        mean_squared_logarithmic: mean(&|p, a| (p.ln_1p() - a.ln_1p()).powi(2)),
    })
}
