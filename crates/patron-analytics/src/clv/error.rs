//! Why `patron clv` fails.

use std::io;
use std::path::PathBuf;

use patron_core::{Coded, Day, ErrorCode};
use patron_engine::EngineError;
use patron_stats::bayes::BayesError;
use patron_stats::contract::ContractError;
use patron_stats::covariates::CovariateError;
use patron_stats::estimate::FitError;
use patron_stats::intervals::IntervalError;
use patron_stats::mcmc::SamplingError;
use patron_stats::pareto_ggg::GggError;
use patron_stats::pareto_nbd_abe::AbeError;
use patron_stats::purchase::ForecastError;
use patron_stats::regularity::RegularityError;
use patron_stats::validation::ValidationError;

use super::ClvModel;
use crate::run::RunError;

/// Why `patron clv` fails.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClvError {
    /// Orders cannot be read or folded.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The model cannot be fitted or made.
    #[error("{model} cannot be fitted")]
    Fit {
        /// Its key.
        model: &'static str,
        /// Why.
        #[source]
        source: FitError,
    },
    /// What was asked of a model is outside its domain.
    #[error("cannot predict")]
    Forecast(#[from] ForecastError),
    /// An interval cannot be had.
    #[error("cannot tell an interval")]
    Interval(#[from] IntervalError),
    /// Predictions cannot be held against what came.
    #[error("cannot evaluate")]
    Validation(#[from] ValidationError),
    /// Times between purchases cannot be used.
    #[error("cannot tell how regularly customers buy")]
    Regularity(#[from] RegularityError),
    /// A covariate, or a constraint of one, cannot be used.
    #[error("cannot fit covariates")]
    Covariates(#[from] CovariateError),
    /// Chains cannot be run so.
    #[error("cannot sample")]
    Sampling(#[from] SamplingError),
    /// A posterior cannot be sampled.
    #[error("cannot sample the posterior")]
    Bayes(#[from] BayesError),
    /// Own rates cannot be sampled.
    #[error("cannot sample pareto-nbd-abe")]
    Abe(#[from] AbeError),
    /// Own regularity and rates cannot be sampled.
    #[error("cannot sample pareto-ggg")]
    Ggg(#[from] GggError),
    /// When a customer bought is not known, and a model needs it.
    #[error(
        "{model} needs the times between purchases: those of customer `{customer}`, who came back {repeat_purchases} times, are not known"
    )]
    TimesUnknown {
        /// The key of the model.
        model: &'static str,
        /// Whose.
        customer: String,
        /// How many times there are.
        repeat_purchases: u32,
    },
    /// Times between purchases are none.
    #[error("the times between the purchases of customer `{customer}` cannot be used")]
    Times {
        /// Whose.
        customer: String,
        /// What is wrong with them.
        #[source]
        source: GggError,
    },
    /// Own rates of so many customers do not fit.
    #[error(
        "{customers} customers are too many to keep the draws of each one's rates, {most} can be"
    )]
    TooManySampled {
        /// How many there are.
        customers: u64,
        /// How many can be.
        most: u64,
    },
    /// A model has no sampler of its posterior.
    #[error("the posterior of {model} cannot be sampled")]
    NoPosterior {
        /// Its key.
        model: &'static str,
    },
    /// Nothing can act on a model.
    #[error("{model} has no place for covariates")]
    NoCovariates {
        /// Its key.
        model: &'static str,
    },
    /// No id of a file is one of a customer.
    #[error("no row of `{path}` is of a customer")]
    NobodyJoined {
        /// Which file.
        path: PathBuf,
    },
    /// Renewals of customers or cohorts cannot be.
    #[error("cannot read contracts")]
    Contracts(#[from] ContractError),
    /// A customer has no whole number of opportunities.
    #[error("customer `{customer}`: {problem}")]
    Opportunities {
        /// The id.
        customer: String,
        /// What is wrong.
        problem: String,
    },
    /// There is no room for two origins.
    #[error(
        "the data are too short for two origins: models need {horizon_days} days before each, and as many after it"
    )]
    TooShortToRoll {
        /// Length of a holdout.
        horizon_days: u32,
    },
    /// The page cannot be written.
    #[error("cannot write `{path}`")]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A summary has later purchases, and nobody says of how long a time.
    #[error("the summary has purchases of a holdout, and it is not known how long that was")]
    HoldoutUnknown,
    /// The length of the holdout is given twice.
    #[error("`--holdout` is the length of the holdout of a summary; orders have days")]
    HoldoutOfOrders,
    /// All orders are of one day.
    #[error("all orders are of {day}: nothing comes after it")]
    OneDay {
        /// The day.
        day: Day,
    },
    /// A column is there twice, under one name or two.
    #[error("`{path}` has {what} twice, as `{first}` and as `{second}`")]
    ColumnTwice {
        /// Which file.
        path: PathBuf,
        /// What the columns hold.
        what: &'static str,
        /// One header.
        first: String,
        /// The other.
        second: String,
    },
    /// Too many customers to look at each.
    #[error("{customers} customers cannot be held against what came, {most} can")]
    TooManyHeld {
        /// How many there are.
        customers: u64,
        /// How many can be.
        most: u64,
    },
    /// A flag of orders is given with a summary.
    #[error("{what} does not hold for a summary: it is text in UTF-8 with decimal points")]
    NotOfSummary {
        /// The flag.
        what: &'static str,
    },
    /// There is no model of this name.
    #[error("there is no model `{name}`")]
    NoSuchModel {
        /// The name given.
        name: String,
    },
    /// The file cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A column is missing.
    #[error("`{path}` has no column of {what}: it has {found}")]
    ColumnMissing {
        /// Which file.
        path: PathBuf,
        /// What is sought, with the headers by which it is known.
        what: &'static str,
        /// The headers found.
        found: String,
    },
    /// A cell of the summary cannot be used.
    #[error("line {line} of `{path}`, column `{column}`: `{value}`, {problem}")]
    Cell {
        /// Which file.
        path: PathBuf,
        /// On which line.
        line: u64,
        /// The header of the column.
        column: String,
        /// What stands there.
        value: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The file has no row.
    #[error("`{path}` has no customer: nothing stands below the header")]
    Empty {
        /// Which file.
        path: PathBuf,
    },
    /// A day comes before another that it must follow.
    #[error("the {later} {end} is not after the {earlier} {start}")]
    DaysReversed {
        /// What should be later.
        later: &'static str,
        /// Its day.
        end: Day,
        /// What should be earlier.
        earlier: &'static str,
        /// Its day.
        start: Day,
    },
    /// Something needs days, and a summary has none.
    #[error("{what} needs the days of orders, and a summary has none")]
    NeedsOrders {
        /// What was asked for.
        what: &'static str,
    },
    /// A parameter is missing, unknown or no number.
    #[error("`--parameters` {problem}; {model} has {}", expected.join(", "))]
    Parameters {
        /// What is wrong.
        problem: String,
        /// The model.
        model: &'static str,
        /// Its parameters.
        expected: Vec<&'static str>,
    },
}

impl From<EngineError> for ClvError {
    fn from(error: EngineError) -> Self {
        Self::Run(error.into())
    }
}

impl Coded for ClvError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Run(error) => error.code(),
            Self::Read { .. } => ErrorCode::InputUnreadable,
            Self::Write { .. } => ErrorCode::OutputUnwritable,
            Self::Empty { .. } | Self::Fit { .. } => ErrorCode::InputEmpty,
            Self::ColumnMissing { .. } | Self::Cell { .. } => ErrorCode::InputUnreadable,
            _ => ErrorCode::SettingInvalid,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Run(error) => error.key(),
            Self::Fit { source, .. } => source.key(),
            Self::Forecast(_) => "clv_forecast",
            Self::Interval(error) => error.key(),
            Self::Validation(_) => "clv_validation",
            Self::Regularity(_) => "clv_regularity",
            Self::Covariates(_) => "clv_covariates",
            Self::Sampling(error) => error.key(),
            Self::Bayes(error) => error.key(),
            Self::Abe(error) => error.key(),
            Self::Ggg(error) => error.key(),
            Self::TimesUnknown { .. } => "clv_times_unknown",
            Self::Times { source, .. } => source.key(),
            Self::TooManySampled { .. } => "clv_too_many_sampled",
            Self::NoPosterior { .. } => "clv_no_posterior",
            Self::NoCovariates { .. } => "clv_no_covariates",
            Self::NobodyJoined { .. } => "clv_nobody_joined",
            Self::Contracts(_) => "clv_contracts",
            Self::Opportunities { .. } => "clv_opportunities",
            Self::TooShortToRoll { .. } => "clv_too_short_to_roll",
            Self::Write { .. } => "clv_cannot_write",
            Self::HoldoutUnknown => "clv_holdout_unknown",
            Self::HoldoutOfOrders => "clv_holdout_of_orders",
            Self::OneDay { .. } => "clv_one_day",
            Self::ColumnTwice { .. } => "clv_column_twice",
            Self::TooManyHeld { .. } => "clv_too_many_held",
            Self::NotOfSummary { .. } => "clv_not_of_summary",
            Self::NoSuchModel { .. } => "clv_no_such_model",
            Self::Read { .. } => "clv_cannot_read",
            Self::ColumnMissing { .. } => "clv_column_missing",
            Self::Cell { .. } => "clv_cell",
            Self::Empty { .. } => "clv_empty",
            Self::DaysReversed { .. } => "clv_days_reversed",
            Self::NeedsOrders { .. } => "clv_needs_orders",
            Self::Parameters { .. } => "clv_parameters",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Run(error) => error.hint(),
            Self::Interval(error) => error.hint(),
            Self::HoldoutUnknown => Some(
                "say it with `--holdout TIME`, in the unit of the summary's times".to_owned(),
            ),
            Self::NoSuchModel { .. } => Some(format!(
                "there are {}; `fit` and `predict` also have pareto-nbd-abe, pareto-ggg, bg-bb, sbg and bdw, and `fit` gamma-gamma",
                ClvModel::names().join(", ")
            )),
            Self::Fit { source: FitError::TooFewRepeatBuyers { .. }, .. }
            | Self::Abe(AbeError::Fit(FitError::TooFewRepeatBuyers { .. }))
            | Self::Ggg(GggError::Fit(FitError::TooFewRepeatBuyers { .. })) => Some(
                "take a longer time, so that more customers have come back".to_owned(),
            ),
            Self::ColumnMissing { .. } => Some(
                "a summary has a row per customer with the columns `frequency`, `recency` and `T`, and may have `weight`, `customer_id`, `monetary_value`, `ln_intervals` and `holdout`".to_owned(),
            ),
            Self::NoCovariates { .. } => Some("bg-nbd, mbg-nbd and pareto-nbd have".to_owned()),
            Self::TooManySampled { .. } => Some(
                "ask for fewer draws: `--draws`, `--chains`; or fit pareto-nbd, with `--covariates` perhaps, or bg-cnbd-k".to_owned(),
            ),
            Self::TimesUnknown { .. } => Some(
                "name orders files, or give the summary a column `ln_intervals` (`litt` of BTYDplus): the sum of the natural logarithms of a customer's times between purchases, in the unit of `recency`".to_owned(),
            ),
            Self::NoPosterior { .. } => Some(
                "that of bg-nbd, mbg-nbd, pareto-nbd and gamma-gamma can; pareto-nbd-abe and pareto-ggg are always sampled".to_owned(),
            ),
            Self::NobodyJoined { .. } => Some(
                "its column `customer_id` must hold the ids that the orders or the summary have".to_owned(),
            ),
            Self::TooShortToRoll { .. } => Some(
                "say where calibration and holdout end, so that the holdout is shorter: `--calibration-end`, `--holdout-end`".to_owned(),
            ),
            Self::HoldoutOfOrders => Some("give `--holdout-end DATE`".to_owned()),
            Self::ColumnTwice { .. } => Some("leave one of them out".to_owned()),
            Self::Cell { .. } => Some(
                "frequency counts the purchases after the first; 0 ≤ recency ≤ T, both from the first purchase, and recency is 0 where frequency is; `ln_intervals` adds natural logarithms up, of times in the unit of recency".to_owned(),
            ),
            Self::NeedsOrders { .. } => Some("name orders files instead of `--summary`".to_owned()),
            _ => None,
        }
    }
}
