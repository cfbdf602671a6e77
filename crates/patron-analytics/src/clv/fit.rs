//! Which parameters fit, and how well they are determined.

use std::borrow::Cow;

use patron_stats::bg_bb::FittedBgBb;
use patron_stats::contract::ContractModel;
use patron_stats::estimate::{FitReport, FitWarning};
use patron_stats::gamma_gamma::{FittedGammaGamma, GammaGammaConfig};
use patron_stats::intervals::{Interval, parameter_intervals};
use patron_stats::purchase::PurchaseModel;

use super::{Base, ClvError, ClvModel, StagesChoice, steps};

/// A model fitted to a customer base.
#[derive(Debug)]
pub struct Fit {
    /// Which model.
    pub key: ClvModel,
    /// With its parameters.
    pub model: Box<dyn PurchaseModel>,
    /// The number of stages, and why, where a model has any.
    pub stages: Option<StagesChoice>,
}

/// Fits a model to the histories of a base.
///
/// # Errors
/// [`ClvError::Fit`]; [`ClvError::NeedsOrders`] where a model has stages and the days of purchases are not known.
pub fn fit(base: &Base, key: ClvModel) -> Result<Fit, ClvError> {
    let histories = base.histories();
    if !key.has_stages() {
        steps::done("counting", histories.entries().len());
        let (model, _) = key.fit(&histories, [])?;
        steps::done("fit", 1);
        return Ok(Fit {
            key,
            model,
            stages: None,
        });
    }
    let needs = || ClvError::NeedsOrders { what: key.key() };
    let days = base.days.as_ref().ok_or_else(needs)?;
    let until = base.calibration_end.ok_or_else(needs)?;
    let times = days.times(until, base.unit.days());
    let (model, stages) = key.fit(&histories, times.iter().flatten().copied())?;
    let log_likelihood = model.report().map(|report| report.log_likelihood);
    let stages = match (stages, log_likelihood) {
        (Some(stages), Some(log_likelihood)) => {
            Some(key.choice((stages, log_likelihood), &histories, &times)?)
        }
        _ => None,
    };
    Ok(Fit { key, model, stages })
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
    /// The number of stages, and why, where a model has any.
    pub stages: Option<StagesChoice>,
}

/// A parameter with what is known of its precision.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedParameter {
    /// Its name in the paper; of the effect of a covariate, `place.column`.
    pub name: Cow<'static, str>,
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
    pub fn of(fit: &Fit, level: f64) -> Option<Self> {
        let model = fit.model.as_ref();
        let named = model.named_parameters();
        Some(Self {
            stages: fit.stages.clone(),
            ..Self::new(fit.key.key(), &named, model.report()?, level)
        })
    }

    /// Returns the card of a spend model that was fitted.
    #[must_use]
    pub fn of_spend(model: &FittedGammaGamma, level: f64) -> Option<Self> {
        let named = model.named_parameters();
        Some(Self::new("gamma-gamma", &named, model.report()?, level))
    }

    /// Returns the card of a model of opportunities that was fitted.
    #[must_use]
    pub fn of_opportunities(model: &FittedBgBb, level: f64) -> Option<Self> {
        let named = model.named_parameters();
        Some(Self::new("bg-bb", &named, model.report()?, level))
    }

    /// Returns the card of a model of contracts that was fitted.
    #[must_use]
    pub fn of_contracts(model: &dyn ContractModel, level: f64) -> Option<Self> {
        let named = model.named_parameters();
        Some(Self::new(model.key(), &named, model.report()?, level))
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
            name: name.into(),
            estimate,
            standard_error: errors
                .as_ref()
                .and_then(|errors| errors.get(place).copied()),
            interval: intervals
                .as_ref()
                .and_then(|intervals| intervals.get(place).copied()),
        });
        Self::with(model, parameters.collect(), report)
    }

    /// A card of parameters whose precision is known.
    pub(super) fn with(
        model: &'static str,
        parameters: Vec<FittedParameter>,
        report: &FitReport,
    ) -> Self {
        Self {
            model,
            parameters,
            covariance: report.covariance.clone(),
            customers: report.customers,
            log_likelihood: report.log_likelihood,
            aic: report.aic(),
            bic: report.bic(),
            converged: report.converged,
            warnings: report.warnings.clone(),
            stages: None,
        }
    }
}
