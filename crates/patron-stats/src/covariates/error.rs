//! Why covariates could not be used.

use super::Place;
use crate::estimate::FitError;
use crate::history::HistoryError;

/// Why covariates could not be used, or a model with them could not be fitted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CovariateError {
    /// A customer's history is none.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The model without regard to covariates could not be fitted or made.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// Two columns have one name.
    #[error("column {column} stands twice among the covariates")]
    ColumnTwice {
        /// The name.
        column: String,
    },
    /// A customer has too few or too many covariates.
    #[error("customer {row} has {found} covariates, expected {required}")]
    ValuesMiscounted {
        /// Position of the customer, from 0.
        row: usize,
        /// Number of columns.
        required: usize,
        /// Number of values.
        found: usize,
    },
    /// A covariate is missing, not a number, or infinite.
    #[error("customer {row} has {value} in column {column}, expected a finite number")]
    ValueNotFinite {
        /// Position of the customer, from 0.
        row: usize,
        /// The column.
        column: String,
        /// The value.
        value: f64,
    },
    /// An effect is asked for on a column that the data do not have.
    #[error("no column {column} among the covariates {known}")]
    ColumnMissing {
        /// The column asked for.
        column: String,
        /// The columns there are.
        known: String,
    },
    /// An effect is asked for twice.
    #[error("the effect of {column} on {place} is asked for twice")]
    EffectTwice {
        /// What it acts on.
        place: Place,
        /// The column.
        column: String,
    },
    /// A constraint is put on an effect that is not asked for.
    #[error("a constraint names the effect of {column} on {place}, which is not in the model")]
    EffectMissing {
        /// What it acts on.
        place: Place,
        /// The column.
        column: String,
    },
    /// Two constraints are put on one effect.
    #[error("the effect of {column} on {place} is constrained twice")]
    EffectConstrainedTwice {
        /// What it acts on.
        place: Place,
        /// The column.
        column: String,
    },
    /// An effect can only be equal to another.
    #[error("the effect of {column} is to be equal in {found} place, expected two or more")]
    TooFewEqual {
        /// The column.
        column: String,
        /// Places named.
        found: usize,
    },
    /// An effect is held at a value that is not a finite number.
    #[error("the effect of {column} on {place} is held at {value}, expected a finite number")]
    EffectNotFinite {
        /// What it acts on.
        place: Place,
        /// The column.
        column: String,
        /// The value.
        value: f64,
    },
    /// The model has no parameter that covariates could act on there.
    #[error("{model} has no place {place}, it has {known}")]
    PlaceMissing {
        /// Key of the model.
        model: &'static str,
        /// The place asked for.
        place: Place,
        /// The places there are.
        known: String,
    },
    /// A constraint or penalty names a parameter that the model does not have.
    #[error("{model} has no parameter {parameter}, it has {known}")]
    ParameterMissing {
        /// Key of the model.
        model: &'static str,
        /// The parameter named.
        parameter: String,
        /// The parameters there are.
        known: String,
    },
    /// A parameter is held fixed, or penalised, twice.
    #[error("parameter {parameter} is held fixed or penalised twice")]
    ParameterConstrainedTwice {
        /// Its name in the paper.
        parameter: String,
    },
    /// A parameter is held at, or drawn to, a value it cannot have.
    #[error(
        "parameter {parameter} is held at or drawn to {value}, expected a positive finite number"
    )]
    CentreNotPositive {
        /// Its name in the paper.
        parameter: String,
        /// The value.
        value: f64,
    },
    /// A penalty is not a positive number.
    #[error("a penalty of {penalty} per customer, expected a positive finite number")]
    PenaltyNotPositive {
        /// The penalty.
        penalty: f64,
    },
    /// All customers have the same value in a column: its effect is not to be told from the parameter itself.
    #[error("column {column} is {value} for all customers, expected some difference")]
    ColumnConstant {
        /// The column.
        column: String,
        /// The value they share.
        value: f64,
    },
    /// The values of a column lie so far apart that their standard deviation is no finite number.
    #[error(
        "the values of column {column} lie too far apart, expected a finite standard deviation"
    )]
    ColumnTooWide {
        /// The column.
        column: String,
    },
    /// A column follows from others: their effects are not to be told apart.
    #[error(
        "column {column} follows from {others}: their effects on {place} cannot be told apart, leave one of them out"
    )]
    ColumnsCollinear {
        /// What they act on.
        place: Place,
        /// The column.
        column: String,
        /// The columns it follows from.
        others: String,
    },
    /// Everything is held fixed.
    #[error("all parameters and effects are held fixed: there is nothing to fit")]
    NothingFree,
}

impl CovariateError {
    /// Returns a stable key, for translation.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::History(_) => "covariates_history",
            Self::Fit(error) => error.key(),
            Self::ColumnTwice { .. } => "covariates_column_twice",
            Self::ValuesMiscounted { .. } => "covariates_values_miscounted",
            Self::ValueNotFinite { .. } => "covariates_value_not_finite",
            Self::ColumnMissing { .. } => "covariates_column_missing",
            Self::EffectTwice { .. } => "covariates_effect_twice",
            Self::EffectMissing { .. } => "covariates_effect_missing",
            Self::EffectConstrainedTwice { .. } => "covariates_effect_constrained_twice",
            Self::TooFewEqual { .. } => "covariates_too_few_equal",
            Self::EffectNotFinite { .. } => "covariates_effect_not_finite",
            Self::PlaceMissing { .. } => "covariates_place_missing",
            Self::ParameterMissing { .. } => "covariates_parameter_missing",
            Self::ParameterConstrainedTwice { .. } => "covariates_parameter_constrained_twice",
            Self::CentreNotPositive { .. } => "covariates_centre_not_positive",
            Self::PenaltyNotPositive { .. } => "covariates_penalty_not_positive",
            Self::ColumnConstant { .. } => "covariates_column_constant",
            Self::ColumnTooWide { .. } => "covariates_column_too_wide",
            Self::ColumnsCollinear { .. } => "covariates_columns_collinear",
            Self::NothingFree => "covariates_nothing_free",
        }
    }

    /// Returns the values that the message mentions, by name.
    #[must_use]
    pub fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::History(error) => vec![("error", error.to_string())],
            Self::Fit(error) => error.params(),
            Self::ValuesMiscounted {
                row,
                required,
                found,
            } => vec![
                ("row", row.to_string()),
                ("required", required.to_string()),
                ("found", found.to_string()),
            ],
            Self::ValueNotFinite { row, column, value } => vec![
                ("row", row.to_string()),
                ("column", column.clone()),
                ("value", value.to_string()),
            ],
            Self::TooFewEqual { column, found } => {
                vec![("column", column.clone()), ("found", found.to_string())]
            }
            Self::CentreNotPositive { parameter, value } => vec![
                ("parameter", parameter.clone()),
                ("value", value.to_string()),
            ],
            Self::PenaltyNotPositive { penalty } => vec![("penalty", penalty.to_string())],
            Self::ColumnConstant { column, value } => {
                vec![("column", column.clone()), ("value", value.to_string())]
            }
            Self::NothingFree => Vec::new(),
            _ => self.names(),
        }
    }

    /// Returns the names that a message mentions which mentions nothing else.
    fn names(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::ColumnTwice { column } | Self::ColumnTooWide { column } => {
                vec![("column", column.clone())]
            }
            Self::ColumnMissing { column, known } => {
                vec![("column", column.clone()), ("known", known.clone())]
            }
            Self::EffectTwice { place, column }
            | Self::EffectMissing { place, column }
            | Self::EffectConstrainedTwice { place, column } => {
                vec![("place", place.to_string()), ("column", column.clone())]
            }
            Self::EffectNotFinite {
                place,
                column,
                value,
            } => vec![
                ("place", place.to_string()),
                ("column", column.clone()),
                ("value", value.to_string()),
            ],
            Self::PlaceMissing {
                model,
                place,
                known,
            } => vec![
                ("model", (*model).to_owned()),
                ("place", place.to_string()),
                ("known", known.clone()),
            ],
            Self::ParameterMissing {
                model,
                parameter,
                known,
            } => vec![
                ("model", (*model).to_owned()),
                ("parameter", parameter.clone()),
                ("known", known.clone()),
            ],
            Self::ParameterConstrainedTwice { parameter } => {
                vec![("parameter", parameter.clone())]
            }
            Self::ColumnsCollinear {
                place,
                column,
                others,
            } => vec![
                ("place", place.to_string()),
                ("column", column.clone()),
                ("others", others.clone()),
            ],
            _ => Vec::new(),
        }
    }
}
