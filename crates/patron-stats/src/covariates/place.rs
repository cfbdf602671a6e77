//! What a covariate can act on, and in which direction.

use std::fmt;

use crate::estimate::FitError;
use crate::purchase::PurchaseModel;

/// What a covariate acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Place {
    /// The purchase rate: α, of all models.
    Purchase,
    /// The dropout rate: β of Pareto/NBD.
    Dropout,
    /// The first shape of the dropout probability: a of BG/NBD and MBG/NBD.
    DropoutA,
    /// The second shape of the dropout probability: b of BG/NBD and MBG/NBD.
    DropoutB,
}

impl Place {
    /// Returns the stable key: `purchase`, `dropout`, `dropout_a`, `dropout_b`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Purchase => "purchase",
            Self::Dropout => "dropout",
            Self::DropoutA => "dropout_a",
            Self::DropoutB => "dropout_b",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// How a place moves a parameter: `parameter_i = parameter·exp(sign·γ′z_i)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MovedParameter {
    /// What the covariate acts on.
    pub place: Place,
    /// Position of the parameter in the model's order.
    pub position: usize,
    /// −1 where a larger effect makes the parameter smaller, +1 where it makes it larger.
    pub sign: f64,
}

/// A purchase model whose parameters can differ between customers by their covariates.
pub trait CovariateModel: PurchaseModel + Sized {
    /// The stable key, as [`PurchaseModel::key`] returns it.
    const KEY: &'static str;

    /// The parameters by their names in the paper, in its order.
    const PARAMETERS: &'static [&'static str];

    /// What covariates can act on, in the order in which effects are reported.
    const PLACES: &'static [MovedParameter];

    /// Makes the model from its parameters, in the order of [`CovariateModel::PARAMETERS`].
    ///
    /// # Errors
    /// [`FitError::ParameterNotPositive`]; [`FitError::ParametersMiscounted`].
    fn from_values(values: &[f64]) -> Result<Self, FitError>;
}

/// Returns the places of a model in words.
pub(super) fn known<M: CovariateModel>() -> String {
    let keys: Vec<&str> = M::PLACES.iter().map(|moved| moved.place.key()).collect();
    keys.join(", ")
}

/// Where covariates act in BG/NBD and MBG/NBD.
pub(crate) const COINS: &[MovedParameter] = &[
    MovedParameter {
        place: Place::Purchase,
        position: 1,
        sign: -1.0,
    },
    MovedParameter {
        place: Place::DropoutA,
        position: 2,
        sign: 1.0,
    },
    MovedParameter {
        place: Place::DropoutB,
        position: 3,
        sign: 1.0,
    },
];

/// Where covariates act in Pareto/NBD.
pub(crate) const RATES: &[MovedParameter] = &[
    MovedParameter {
        place: Place::Purchase,
        position: 1,
        sign: -1.0,
    },
    MovedParameter {
        place: Place::Dropout,
        position: 3,
        sign: -1.0,
    },
];
