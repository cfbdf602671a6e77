//! The models that `patron clv` knows by name: those of a run, and those that need more of customers than a history.

use patron_stats::bg_cnbd::{BgCnbdConfig, BgCnbdParameters, FittedBgCnbd};
use patron_stats::estimate::FitError;
use patron_stats::history::WeightedHistories;
use patron_stats::mbg_cnbd::{FittedMbgCnbd, MbgCnbdConfig, MbgCnbdParameters};
use patron_stats::purchase::PurchaseModel;
use patron_stats::regularity::{LnIntervals, Stages, median_likeliest_shape, wheat_morrison};

use super::ClvError;
use crate::model::{ModelKey, model_keys};

/// Fewest times between purchases of a customer from whom an own shape is worked out.
const FEWEST_TIMES: usize = 5;

/// A model of repeat buying, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClvModel {
    /// One that a run knows, too.
    OfRun(ModelKey),
    /// BG/NBD with times between purchases of k stages.
    BgCnbd,
    /// MBG/NBD likewise.
    MbgCnbd,
}

/// The k of a model with stages, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct StagesChoice {
    /// The likeliest.
    pub stages: u32,
    /// The log-likelihood with it, and with k = 1, which is the model without stages.
    pub log_likelihoods: [f64; 2],
    /// The shape of Wheat and Morrison, where there are customers to tell it.
    pub wheat_morrison: Option<f64>,
    /// The median of customers' own likeliest shapes.
    pub median_shape: Option<f64>,
}

impl std::fmt::Display for StagesChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [with, without] = self.log_likelihoods;
        if self.stages == 1 {
            f.write_str(
                "k = 1: times between purchases are no more regular than at random, so this is the model without stages",
            )?;
        } else {
            write!(
                f,
                "k = {}: times between purchases are more regular than at random; it is likelier than k = 1 by {:.1} (log-likelihood {with:.1} against {without:.1})",
                self.stages,
                with - without
            )?;
        }
        if let Some(shape) = self.wheat_morrison {
            write!(
                f,
                "; from the last two times of each customer the shape is {shape:.2} (Wheat and Morrison)"
            )?;
        }
        if let Some(shape) = self.median_shape {
            write!(
                f,
                "; the median of the shapes of customers with {FEWEST_TIMES} times or more is {shape:.2}"
            )?;
        }
        Ok(())
    }
}

impl ClvModel {
    /// All that are compared unless others are asked for, the simplest first.
    #[must_use]
    pub fn usual() -> Vec<Self> {
        ModelKey::ALL.into_iter().map(Self::OfRun).collect()
    }

    /// The names of all.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        let mut names = model_keys();
        names.extend([Self::BgCnbd.key(), Self::MbgCnbd.key()]);
        names
    }

    /// Returns the name by which it is asked for.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::OfRun(key) => key.key(),
            Self::BgCnbd => "bg-cnbd-k",
            Self::MbgCnbd => "mbg-cnbd-k",
        }
    }

    /// Returns the model of a name.
    ///
    /// # Errors
    /// [`ClvError::NoSuchModel`].
    pub fn from_name(name: &str) -> Result<Self, ClvError> {
        let with_stages = [Self::BgCnbd, Self::MbgCnbd];
        let with_stages = with_stages.into_iter().find(|model| model.key() == name);
        with_stages
            .or_else(|| ModelKey::from_key(name).map(Self::OfRun))
            .ok_or_else(|| ClvError::NoSuchModel {
                name: name.to_owned(),
            })
    }

    /// Returns whether it needs the times between all purchases, which a summary has not.
    #[must_use]
    pub const fn has_stages(self) -> bool {
        matches!(self, Self::BgCnbd | Self::MbgCnbd)
    }

    /// Returns the names of its parameters as a command line has them.
    #[must_use]
    pub const fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::OfRun(key) => key.parameters(),
            Self::BgCnbd | Self::MbgCnbd => &["k", "r", "alpha", "a", "b"],
        }
    }

    /// Fits the model to histories, and to the times between all their purchases where it has stages; with its k then.
    pub(super) fn fit(
        self,
        histories: &WeightedHistories,
        times: impl IntoIterator<Item = f64>,
    ) -> Result<(Box<dyn PurchaseModel>, Option<u32>), ClvError> {
        let intervals = LnIntervals::new(times)?;
        let fitted = self.fitted(histories, intervals);
        fitted.map_err(|source| ClvError::Fit {
            model: self.key(),
            source,
        })
    }

    fn fitted(
        self,
        histories: &WeightedHistories,
        intervals: LnIntervals,
    ) -> Result<(Box<dyn PurchaseModel>, Option<u32>), FitError> {
        match self {
            Self::OfRun(key) => Ok((key.fit(histories)?, None)),
            Self::BgCnbd => {
                let model = BgCnbdConfig::default().build().fit(histories, intervals)?;
                let stages = model.parameters().stages.get();
                Ok((Box::new(model), Some(stages)))
            }
            Self::MbgCnbd => {
                let model = MbgCnbdConfig::default().build().fit(histories, intervals)?;
                let stages = model.parameters().stages.get();
                Ok((Box::new(model), Some(stages)))
            }
        }
    }

    /// The log-likelihood at the top with k = 1.
    fn without_stages(
        self,
        histories: &WeightedHistories,
        intervals: LnIntervals,
    ) -> Result<f64, FitError> {
        let one = Stages::new(1).map_err(|_| FitError::NoFiniteStart)?;
        let report = match self {
            Self::BgCnbd => {
                let config = BgCnbdConfig::default().with_stages(one);
                let model = config.build().fit(histories, intervals)?;
                model.report().map(|report| report.log_likelihood)
            }
            _ => {
                let config = MbgCnbdConfig::default().with_stages(one);
                let model = config.build().fit(histories, intervals)?;
                model.report().map(|report| report.log_likelihood)
            }
        };
        Ok(report.unwrap_or(f64::NAN))
    }

    /// Says why a number of stages was chosen.
    pub(super) fn choice(
        self,
        (stages, log_likelihood): (u32, f64),
        histories: &WeightedHistories,
        times: &[Vec<f64>],
    ) -> Result<StagesChoice, ClvError> {
        let intervals = LnIntervals::new(times.iter().flatten().copied())?;
        let without = self.without_stages(histories, intervals);
        let without = without.map_err(|source| ClvError::Fit {
            model: self.key(),
            source,
        })?;
        Ok(StagesChoice {
            stages,
            log_likelihoods: [log_likelihood, without],
            wheat_morrison: wheat_morrison(times).ok(),
            median_shape: median_likeliest_shape(times, FEWEST_TIMES).ok(),
        })
    }

    /// Makes the model of parameters that are known otherwise, in the order of [`Self::parameters`].
    ///
    /// # Errors
    /// [`FitError::ParameterNotPositive`].
    pub fn with_parameters(self, given: &[f64]) -> Result<Box<dyn PurchaseModel>, FitError> {
        let [k, r, alpha, a, b] =
            [0, 1, 2, 3, 4].map(|place| given.get(place).copied().unwrap_or(f64::NAN));
        match self {
            Self::OfRun(key) => key.with_parameters(given),
            Self::BgCnbd => {
                let parameters = BgCnbdParameters {
                    stages: stages_of(k)?,
                    r,
                    alpha,
                    a,
                    b,
                };
                Ok(Box::new(FittedBgCnbd::from_parameters(parameters)?))
            }
            Self::MbgCnbd => {
                let parameters = MbgCnbdParameters {
                    stages: stages_of(k)?,
                    r,
                    alpha,
                    a,
                    b,
                };
                Ok(Box::new(FittedMbgCnbd::from_parameters(parameters)?))
            }
        }
    }
}

/// A number of stages is whole.
fn stages_of(k: f64) -> Result<Stages, FitError> {
    let whole = (1_u32..=12).find(|stages| f64::from(*stages).total_cmp(&k).is_eq());
    let stages = whole.and_then(|stages| Stages::new(stages).ok());
    stages.ok_or(FitError::ParameterNotPositive {
        parameter: "k (a whole number from 1 to 12)",
        value: k,
    })
}
