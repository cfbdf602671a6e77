//! The purchase models of repeat buying, by name.

use patron_stats::bg_nbd::{BgNbdConfig, BgNbdParameters, FittedBgNbd};
use patron_stats::estimate::FitError;
use patron_stats::ggom_nbd::{FittedGgomNbd, GgomNbdConfig, GgomNbdParameters};
use patron_stats::history::WeightedHistories;
use patron_stats::mbg_nbd::{FittedMbgNbd, MbgNbdConfig, MbgNbdParameters};
use patron_stats::nbd::{FittedNbd, NbdConfig, NbdParameters};
use patron_stats::pareto_nbd::{FittedParetoNbd, ParetoNbdConfig, ParetoNbdParameters};
use patron_stats::purchase::PurchaseModel;

/// A model of repeat buying without a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ModelKey {
    /// Nobody ever leaves.
    Nbd,
    /// One may leave after every repeat purchase.
    BgNbd,
    /// One may leave after every purchase, the first too.
    MbgNbd,
    /// One may leave at any time.
    ParetoNbd,
    /// One may leave at any time, and more readily with age.
    GgomNbd,
}

/// Returns the names of all models.
#[must_use]
pub fn model_keys() -> Vec<&'static str> {
    ModelKey::ALL.iter().map(|model| model.key()).collect()
}

impl ModelKey {
    /// All models, the simplest first.
    pub const ALL: [Self; 5] = [
        Self::Nbd,
        Self::BgNbd,
        Self::MbgNbd,
        Self::ParetoNbd,
        Self::GgomNbd,
    ];

    /// Returns the name by which it is asked for.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Nbd => "nbd",
            Self::BgNbd => "bg-nbd",
            Self::MbgNbd => "mbg-nbd",
            Self::ParetoNbd => "pareto-nbd",
            Self::GgomNbd => "ggom-nbd",
        }
    }

    /// Returns the model of a name.
    #[must_use]
    pub fn from_key(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|model| model.key() == name)
    }

    /// Returns the names of its parameters as a command line has them, in the paper's order.
    #[must_use]
    pub const fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::Nbd => &["r", "alpha"],
            Self::BgNbd | Self::MbgNbd => &["r", "alpha", "a", "b"],
            Self::ParetoNbd => &["r", "alpha", "s", "beta"],
            Self::GgomNbd => &["r", "alpha", "b", "s", "beta"],
        }
    }

    /// Fits the model.
    ///
    /// # Errors
    /// [`FitError`].
    pub fn fit(self, histories: &WeightedHistories) -> Result<Box<dyn PurchaseModel>, FitError> {
        match self {
            Self::Nbd => boxed(NbdConfig::default().build().fit(histories)),
            Self::BgNbd => boxed(BgNbdConfig::default().build().fit(histories)),
            Self::MbgNbd => boxed(MbgNbdConfig::default().build().fit(histories)),
            Self::ParetoNbd => boxed(ParetoNbdConfig::default().build().fit(histories)),
            Self::GgomNbd => boxed(GgomNbdConfig::default().build().fit(histories)),
        }
    }

    /// Makes the model of parameters that are known otherwise, in the order of [`Self::parameters`].
    ///
    /// # Errors
    /// [`FitError::ParameterNotPositive`].
    pub fn with_parameters(self, given: &[f64]) -> Result<Box<dyn PurchaseModel>, FitError> {
        let [r, alpha, third, fourth, fifth] =
            [0, 1, 2, 3, 4].map(|place| given.get(place).copied().unwrap_or(f64::NAN));
        match self {
            Self::Nbd => boxed(FittedNbd::from_parameters(NbdParameters { r, alpha })),
            Self::BgNbd => boxed(FittedBgNbd::from_parameters(BgNbdParameters {
                r,
                alpha,
                a: third,
                b: fourth,
            })),
            Self::MbgNbd => boxed(FittedMbgNbd::from_parameters(MbgNbdParameters {
                r,
                alpha,
                a: third,
                b: fourth,
            })),
            Self::ParetoNbd => boxed(FittedParetoNbd::from_parameters(ParetoNbdParameters {
                r,
                alpha,
                s: third,
                beta: fourth,
            })),
            Self::GgomNbd => boxed(FittedGgomNbd::from_parameters(GgomNbdParameters {
                r,
                alpha,
                b: third,
                s: fourth,
                beta: fifth,
            })),
        }
    }
}

fn boxed<M: PurchaseModel + 'static>(
    made: Result<M, FitError>,
) -> Result<Box<dyn PurchaseModel>, FitError> {
    made.map(|model| Box::new(model) as Box<dyn PurchaseModel>)
}
