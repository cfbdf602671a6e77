//! What a fit is described by.

use patron_stats::estimate::FitWarning;
use patron_stats::gamma_gamma::FittedGammaGamma;
use patron_stats::purchase::PurchaseModel;

/// A fitted parameter.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name in the paper.
    pub name: &'static str,
    /// The estimate.
    pub estimate: f64,
    /// Its standard error, where the likelihood has curvature enough.
    pub standard_error: Option<f64>,
}

/// A fitted model, for reports.
#[derive(Debug, Clone)]
pub struct ModelCard {
    /// Which model.
    pub key: &'static str,
    /// Parameters in the paper's order.
    pub parameters: Vec<Parameter>,
    /// Log-likelihood at the optimum.
    pub log_likelihood: f64,
    /// Akaike's criterion.
    pub aic: f64,
    /// Schwarz's criterion.
    pub bic: f64,
    /// Customers it was fitted to.
    pub customers: u64,
    /// Whether the optimiser converged.
    pub converged: bool,
    /// What should be known about the fit.
    pub warnings: Vec<FitWarning>,
}

/// Describes a purchase model.
pub(super) fn purchase_card(model: &dyn PurchaseModel) -> ModelCard {
    let report = model.report();
    let errors = report.and_then(|report| report.standard_errors());
    ModelCard {
        key: model.key(),
        parameters: parameters(&model.named_parameters(), errors.as_deref()),
        log_likelihood: report.map_or(f64::NAN, |report| report.log_likelihood),
        aic: report.map_or(f64::NAN, |report| report.aic()),
        bic: report.map_or(f64::NAN, |report| report.bic()),
        customers: report.map_or(0, |report| report.customers),
        converged: report.is_some_and(|report| report.converged),
        warnings: report
            .map(|report| report.warnings.clone())
            .unwrap_or_default(),
    }
}

/// Describes a spend model.
pub(super) fn spend_card(model: &FittedGammaGamma) -> ModelCard {
    let report = model.report();
    let errors = report.and_then(|report| report.standard_errors());
    ModelCard {
        key: "gamma-gamma",
        parameters: parameters(&model.named_parameters(), errors.as_deref()),
        log_likelihood: report.map_or(f64::NAN, |report| report.log_likelihood),
        aic: report.map_or(f64::NAN, |report| report.aic()),
        bic: report.map_or(f64::NAN, |report| report.bic()),
        customers: report.map_or(0, |report| report.customers),
        converged: report.is_some_and(|report| report.converged),
        warnings: report
            .map(|report| report.warnings.clone())
            .unwrap_or_default(),
    }
}

fn parameters(named: &[(&'static str, f64)], errors: Option<&[f64]>) -> Vec<Parameter> {
    let error = |index: usize| errors.and_then(|errors| errors.get(index).copied());
    named
        .iter()
        .enumerate()
        .map(|(index, &(name, estimate))| Parameter {
            name,
            estimate,
            standard_error: error(index),
        })
        .collect()
}
