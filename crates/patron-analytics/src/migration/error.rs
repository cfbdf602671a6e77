//! Why movement cannot be told.

use patron_core::{Coded, Day, ErrorCode};

/// Why movement cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MigrationError {
    /// The earlier day is not earlier.
    #[error("cannot compare {from} with {to}: the earlier day must come first")]
    DaysReversed {
        /// The day given as the earlier one.
        from: Day,
        /// The as-of day.
        to: Day,
    },
    /// There were no customers yet.
    #[error("nobody was a customer by {day}")]
    NobodyThen {
        /// The last day looked at.
        day: Day,
    },
    /// There is no run of the workspace to compare with.
    #[error("there is no earlier run of the workspace to compare with: {reason}")]
    NoEarlierRun {
        /// Why.
        reason: String,
    },
    /// The ladder has no such place.
    #[error("there is no `{key}`")]
    NoSuchPlace {
        /// What was asked for.
        key: String,
        /// What there is.
        known: Vec<String>,
    },
}

impl Coded for MigrationError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::DaysReversed { .. } | Self::NoSuchPlace { .. } => ErrorCode::SettingInvalid,
            Self::NobodyThen { .. } | Self::NoEarlierRun { .. } => ErrorCode::InputEmpty,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::DaysReversed { .. } => "days_reversed",
            Self::NobodyThen { .. } => "nobody_then",
            Self::NoEarlierRun { .. } => "no_earlier_run",
            Self::NoSuchPlace { .. } => "no_such_place",
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::DaysReversed { from, to } => {
                vec![("from", from.to_string()), ("to", to.to_string())]
            }
            Self::NobodyThen { day } => vec![("day", day.to_string())],
            Self::NoEarlierRun { reason } => vec![("reason", reason.clone())],
            Self::NoSuchPlace { key, .. } => vec![("key", key.clone())],
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::DaysReversed { .. } => "give an earlier day, or a later `--as-of`".to_owned(),
            Self::NobodyThen { .. } => "choose a later day, or fewer `--months`".to_owned(),
            Self::NoEarlierRun { .. } => {
                "compare with a day: `--since` and a date, such as `--since 2025-05-31`".to_owned()
            }
            Self::NoSuchPlace { known, .. } => format!("there are: {}", known.join(", ")),
        })
    }
}
