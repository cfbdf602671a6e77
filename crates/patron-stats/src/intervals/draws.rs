//! Other parameters that could have made the data: drawn about the top of the likelihood, or refitted to simulated customers.

use std::fmt;

use rand::Rng;

use super::IntervalError;
use super::parameters::check_covariance;
use crate::estimate::{FitError, FitReport, FitWarning};
use crate::history::WeightedHistories;
use crate::matrix::lower_triangle;
use crate::mcmc::{Posterior, SamplingWarning};
use crate::optimise::BOX;
use crate::purchase::PurchaseModel;
use crate::sample::normal;

/// Parameters that could have made the data, as many as asked for, and what must be known of them.
#[derive(Debug, Clone, PartialEq)]
pub struct ParameterDraws {
    names: Vec<&'static str>,
    draws: Vec<Vec<f64>>,
    notes: Vec<IntervalNote>,
}

/// Something a reader must know before using an interval.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum IntervalNote {
    /// The fit warned of something: Laplace draws take its likelihood for a bell, which it then hardly is.
    FitWarned {
        /// What it warned of.
        warning: FitWarning,
    },
    /// Draws went beyond what a fit searches, and were drawn back towards the estimates until inside.
    DrawnBack {
        /// How many.
        drawn_back: usize,
        /// Of how many.
        draws: usize,
    },
    /// The sampler of a posterior warned of something.
    SamplerWarned {
        /// What it warned of.
        warning: SamplingWarning,
    },
    /// Refits of the bootstrap failed, and are not among the draws.
    RefitsFailed {
        /// How many.
        failed: usize,
        /// Of how many.
        draws: usize,
    },
}

impl IntervalNote {
    /// Returns a stable key, for translation.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::FitWarned { .. } => "interval_fit_warned",
            Self::DrawnBack { .. } => "interval_drawn_back",
            Self::SamplerWarned { .. } => "interval_sampler_warned",
            Self::RefitsFailed { .. } => "interval_refits_failed",
        }
    }
}

impl fmt::Display for IntervalNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FitWarned { warning } => write!(
                f,
                "the fit warns that {warning}; intervals drawn from its covariance may be too narrow or too wide: a parametric bootstrap comes nearer"
            ),
            Self::DrawnBack { drawn_back, draws } => write!(
                f,
                "{drawn_back} of {draws} draws ran out of the range that a fit searches and were drawn back into it: intervals may be too narrow"
            ),
            Self::SamplerWarned { warning } => write!(
                f,
                "{warning}; intervals made of these draws are not to be relied on"
            ),
            Self::RefitsFailed { failed, draws } => write!(
                f,
                "{failed} of {draws} refits to simulated customers failed: intervals stand on the others, and may be too narrow"
            ),
        }
    }
}

impl ParameterDraws {
    /// Draws from the normal distribution that the likelihood is taken for on the logarithms of the parameters.
    ///
    /// ```text
    /// ln θ = ln θ̂ + L·z        L·Lᵀ = H⁻¹,  z independent standard normal
    /// ```
    ///
    /// `named` are the estimates and `report` that of their fit. The same generator in the same state makes the same draws.
    ///
    /// # Errors
    /// [`IntervalError::NotFitted`] without a report; [`IntervalError::CovarianceAbsent`].
    pub fn laplace(
        named: &[(&'static str, f64)],
        report: Option<&FitReport>,
        draws: usize,
        generator: &mut dyn Rng,
    ) -> Result<Self, IntervalError> {
        let report = report.ok_or(IntervalError::NotFitted)?;
        let covariance = report
            .covariance
            .as_ref()
            .ok_or(IntervalError::CovarianceAbsent)?;
        let mut drawn = Self::normal(named, covariance, draws, generator)?;
        let warned = report.warnings.iter().cloned();
        let mut notes: Vec<_> = warned
            .map(|warning| IntervalNote::FitWarned { warning })
            .collect();
        notes.append(&mut drawn.notes);
        Ok(Self { notes, ..drawn })
    }

    /// Draws likewise with a covariance of the caller's, one from [`sandwich`](super::sandwich()), say.
    ///
    /// # Errors
    /// [`IntervalError::CovarianceOfOthers`]; [`IntervalError::CovarianceAbsent`] where it is none: not finite, or with a negative
    /// direction.
    pub fn normal(
        named: &[(&'static str, f64)],
        covariance: &[Vec<f64>],
        draws: usize,
        generator: &mut dyn Rng,
    ) -> Result<Self, IntervalError> {
        check_covariance(named.len(), covariance)?;
        let on_logarithms: Vec<Vec<f64>> = named
            .iter()
            .zip(covariance)
            .map(|((_, left), row)| {
                let entries = row.iter().zip(named);
                entries
                    .map(|(entry, (_, right))| entry / (left * right))
                    .collect()
            })
            .collect();
        let lower = lower_triangle(&on_logarithms).ok_or(IntervalError::CovarianceAbsent)?;
        let mut drawn_back = 0;
        let drawn = (0..draws)
            .map(|_| {
                let z: Vec<f64> = named.iter().map(|_| normal(generator)).collect();
                let steps = lower
                    .iter()
                    .map(|row| row.iter().zip(&z).map(|(l, z)| l * z).sum());
                let steps: Vec<f64> = steps.collect();
                let share = share_inside(named, &steps);
                drawn_back += usize::from(share < 1.0);
                let moved = named.iter().zip(steps);
                moved
                    .map(|((_, estimate), step)| estimate * (share * step).exp())
                    .collect()
            })
            .collect();
        let note = IntervalNote::DrawnBack { drawn_back, draws };
        Ok(Self {
            names: named.iter().map(|(name, _)| *name).collect(),
            draws: drawn,
            notes: if drawn_back > 0 {
                vec![note]
            } else {
                Vec::new()
            },
        })
    }

    /// Refits a purchase model to as many simulated customers as were observed, each as long as one of them was.
    ///
    /// A number of stages stays as it is. Takes as many fits as draws.
    ///
    /// # Errors
    /// [`IntervalError::RefitsFailed`] if more than half fail; [`IntervalError::Forecast`] is not reached.
    pub fn bootstrap(
        model: &dyn PurchaseModel,
        histories: &WeightedHistories,
        draws: usize,
        generator: &mut dyn Rng,
    ) -> Result<Self, IntervalError> {
        let named = model.named_parameters();
        Self::refitted(&named, draws, generator, |generator| {
            let mut simulated = Vec::new();
            for (history, count) in histories.entries() {
                for _ in 0..*count {
                    // An age is a finite time: simulation cannot refuse it.
                    if let Ok(customer) = model.simulate(generator, history.age(), 0.0) {
                        simulated.push((customer.history, 1));
                    }
                }
            }
            model.likeliest_parameters(&WeightedHistories::from_histories(simulated))
        })
    }

    /// Collects the estimates of as many refits as asked for, each by `refit` to data that it simulates.
    ///
    /// # Errors
    /// [`IntervalError::RefitsFailed`] if more than half fail; fewer are said in [`ParameterDraws::notes`].
    pub fn refitted(
        named: &[(&'static str, f64)],
        draws: usize,
        generator: &mut dyn Rng,
        mut refit: impl FnMut(&mut dyn Rng) -> Result<Vec<f64>, FitError>,
    ) -> Result<Self, IntervalError> {
        let mut drawn = Vec::with_capacity(draws);
        let mut last = None;
        for _ in 0..draws {
            match refit(generator) {
                Ok(parameters) => drawn.push(parameters),
                Err(cause) => last = Some(cause),
            }
        }
        let failed = draws - drawn.len();
        let notes = match last {
            Some(cause) if 2 * failed > draws => {
                return Err(IntervalError::RefitsFailed {
                    failed,
                    draws,
                    cause,
                });
            }
            Some(_) => vec![IntervalNote::RefitsFailed { failed, draws }],
            None => Vec::new(),
        };
        Ok(Self {
            names: named.iter().map(|(name, _)| *name).collect(),
            draws: drawn,
            notes,
        })
    }

    /// Takes as many draws from a posterior as asked for, spread evenly over its chains.
    ///
    /// The parameters are the first `names` of the posterior's; what its sampler warned of goes along.
    ///
    /// # Errors
    /// [`IntervalError::TooFewDraws`] where the posterior has not as many; [`IntervalError::DrawsOfOthers`] where it has fewer parameters.
    pub fn of_posterior(
        names: &[&'static str],
        posterior: &Posterior,
        wanted: usize,
    ) -> Result<Self, IntervalError> {
        if posterior.draws() < wanted {
            return Err(IntervalError::TooFewDraws {
                required: wanted,
                found: posterior.draws(),
            });
        }
        let found = posterior.names().len();
        let draws = posterior.spread(wanted).into_iter().map(|draw| {
            let of_names = draw.get(..names.len()).map(<[f64]>::to_vec);
            of_names.ok_or(IntervalError::DrawsOfOthers {
                expected: names.len(),
                found,
            })
        });
        let warned = posterior.warnings().iter().cloned();
        Ok(Self {
            names: names.to_vec(),
            draws: draws.collect::<Result<_, _>>()?,
            notes: warned
                .map(|warning| IntervalNote::SamplerWarned { warning })
                .collect(),
        })
    }

    /// Returns the names of the parameters, in the order of each draw.
    #[must_use]
    pub fn names(&self) -> &[&'static str] {
        &self.names
    }

    /// Returns the draws.
    #[must_use]
    pub fn draws(&self) -> &[Vec<f64>] {
        &self.draws
    }

    /// Returns what a reader must know before using intervals made of these draws.
    #[must_use]
    pub fn notes(&self) -> &[IntervalNote] {
        &self.notes
    }
}

/// Returns how much of a step leaves every logarithm inside the range that fits search: 1 for nearly all.
///
/// The whole step is shortened, not one coordinate, so that it stays on a ridge of the likelihood.
fn share_inside(named: &[(&'static str, f64)], steps: &[f64]) -> f64 {
    let share = |((_, estimate), step): (&(&'static str, f64), &f64)| {
        let room = BOX - estimate.ln().abs().min(BOX);
        let outside = (estimate.ln() + step).abs() > BOX;
        if outside { room / step.abs() } else { 1.0 }
    };
    named.iter().zip(steps).map(share).fold(1.0, f64::min)
}
