//! What may be set, and which value holds: flag before file before preset before vocabulary before default.

mod axes;
mod form;
mod layers;
mod reading;
mod resolve;
mod scoring;

use patron_core::{Coded, ErrorCode};

pub use axes::{CutsWanted, PerAxis, parse_bins, parse_cuts, parse_methods};
pub use form::{LifecycleForm, Settings};
pub use layers::{Chosen, Origin};
pub use reading::import_options;
pub use resolve::{ModelChoice, ResolveError, Resolved, Unit};

/// Why settings cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The settings file cannot be read.
    #[error("cannot read settings `{path}`: {message}")]
    Unreadable {
        /// Which file.
        path: String,
        /// What the system said.
        message: String,
    },
    /// The settings file is not TOML, or has a setting that does not exist.
    #[error("settings `{path}` are not understood: {message}")]
    Form {
        /// Which file.
        path: String,
        /// What the parser said.
        message: String,
    },
    /// A value is not one of those there are.
    #[error("`{setting}` is `{value}`, expected {expected}")]
    Value {
        /// Which setting.
        setting: &'static str,
        /// What it is.
        value: String,
        /// What it may be.
        expected: String,
    },
    /// The vocabulary was written for other bins.
    #[error("vocabulary `{vocabulary}` is written for bins {needs}, but `bins` is {bins}")]
    BinsConflict {
        /// Which vocabulary.
        vocabulary: String,
        /// The bins it needs.
        needs: String,
        /// The bins asked for.
        bins: String,
        /// Vocabularies that fit those bins.
        fitting: Vec<String>,
    },
    /// Frozen cut points that cannot be used.
    #[error("cut points from `{path}` cannot be used: {message}")]
    FrozenCuts {
        /// Which file.
        path: String,
        /// Why.
        message: String,
    },
}

impl Coded for SettingsError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Unreadable { .. } => ErrorCode::InputUnreadable,
            _ => ErrorCode::SettingInvalid,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "settings_unreadable",
            Self::Form { .. } => "settings_form",
            Self::Value { .. } => "setting_value",
            Self::BinsConflict { .. } => "bins_conflict",
            Self::FrozenCuts { .. } => "frozen_cuts",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::BinsConflict { fitting, .. } if fitting.is_empty() => Some(
                "no shipped vocabulary fits: write your own with `--vocabulary FILE`".to_owned(),
            ),
            Self::BinsConflict { fitting, .. } => {
                Some(format!("vocabularies that fit: {}", fitting.join(", ")))
            }
            Self::Form { .. } => Some("`docs/guides/settings.md` lists every setting".to_owned()),
            _ => None,
        }
    }
}
