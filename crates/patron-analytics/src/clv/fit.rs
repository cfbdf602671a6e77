//! Which parameters fit, and how well they are determined.

use patron_stats::estimate::{FitReport, FitWarning};
use patron_stats::gamma_gamma::{FittedGammaGamma, GammaGammaConfig};
use patron_stats::intervals::{Interval, parameter_intervals};
use patron_stats::purchase::PurchaseModel;

use super::{Base, ClvError};
use crate::model::ModelKey;

/// A model fitted to a customer base.
#[derive(Debug)]
pub struct Fit {
    /// Which model.
    pub key: ModelKey,
    /// With its parameters.
    pub model: Box<dyn PurchaseModel>,
}

/// Fits a model to the histories of a base.
///
/// # Errors
/// [`ClvError::Fit`].
pub fn fit(base: &Base, key: ModelKey) -> Result<Fit, ClvError> {
    let model = key.fit(&base.histories());
    let model = model.map_err(|source| ClvError::Fit {
        model: key.key(),
        source,
    })?;
    Ok(Fit { key, model })
}

/// Fits the spend model to what repeat purchases of a base brought.
///
/// # Errors
/// [`ClvError::Fit`].
pub fn fit_spend(base: &Base) -> Result<FittedGammaGamma, ClvError> {
    let fitted = GammaGammaConfig::default().build().fit(&base.spends());
    fitted.map_err(|source| ClvError::Fit {
        model: "gamma-gamma",
        source,
    })
}

/// A fit as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct FitCard {
    /// The key of the model.
    pub model: &'static str,
    /// In the paper's order.
    pub parameters: Vec<FittedParameter>,
    /// By rows, in the order of the parameters; absent where the likelihood is too flat.
    pub covariance: Option<Vec<Vec<f64>>>,
    /// Customers that were fitted.
    pub customers: u64,
    /// At the optimum.
    pub log_likelihood: f64,
    /// Akaike's criterion.
    pub aic: f64,
    /// Schwarz's criterion.
    pub bic: f64,
    /// Whether the search ended at a point that satisfies its tolerance.
    pub converged: bool,
    /// What must be known about the fit.
    pub warnings: Vec<FitWarning>,
}

/// A parameter with what is known of its precision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FittedParameter {
    /// Its name in the paper.
    pub name: &'static str,
    /// The estimate.
    pub estimate: f64,
    /// Its standard error.
    pub standard_error: Option<f64>,
    /// Between which bounds it lies.
    pub interval: Option<Interval>,
}

impl FitCard {
    /// Returns the card of a purchase model that was fitted, with intervals of a level.
    #[must_use]
    pub fn of(model: &dyn PurchaseModel, level: f64) -> Option<Self> {
        Some(Self::new(
            model.key(),
            &model.named_parameters(),
            model.report()?,
            level,
        ))
    }

    /// Returns the card of a spend model that was fitted.
    #[must_use]
    pub fn of_spend(model: &FittedGammaGamma, level: f64) -> Option<Self> {
        let named = model.named_parameters();
        Some(Self::new("gamma-gamma", &named, model.report()?, level))
    }

    fn new(
        model: &'static str,
        named: &[(&'static str, f64)],
        report: &FitReport,
        level: f64,
    ) -> Self {
        let errors = report.standard_errors();
        let covariance = report.covariance.as_ref();
        let intervals =
            covariance.and_then(|covariance| parameter_intervals(named, covariance, level).ok());
        let parameters = named.iter().enumerate();
        let parameters = parameters.map(|(place, &(name, estimate))| FittedParameter {
            name,
            estimate,
            standard_error: errors
                .as_ref()
                .and_then(|errors| errors.get(place).copied()),
            interval: intervals
                .as_ref()
                .and_then(|intervals| intervals.get(place).copied()),
        });
        Self {
            model,
            parameters: parameters.collect(),
            covariance: report.covariance.clone(),
            customers: report.customers,
            log_likelihood: report.log_likelihood,
            aic: report.aic(),
            bic: report.bic(),
            converged: report.converged,
            warnings: report.warnings.clone(),
        }
    }
}
