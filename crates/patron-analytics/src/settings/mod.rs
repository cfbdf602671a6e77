//! What may be set, and which value holds: flag before file before preset before vocabulary before default.

mod axes;
mod form;
mod frozen;
mod layers;
mod reading;
mod resolve;
mod scoring;

use patron_core::{Coded, ErrorCode};
use patron_import::RatesError;
use patron_segments::FormError;

pub use axes::{CutsWanted, PerAxis, parse_bins, parse_cuts, parse_methods};
pub use form::{BehavioursForm, CostsForm, LifecycleForm, Settings, StepForm, ValueForm};
pub use layers::{Chosen, Origin};
pub use reading::import_options;
pub(crate) use reading::{exchange, reading_fingerprint};
pub use resolve::{ResolveError, Resolved, Unit};

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
    #[error("settings `{path}` are not understood: line {}", error.line())]
    Form {
        /// Which file.
        path: String,
        /// What is wrong, and where.
        #[source]
        error: Box<FormError>,
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
    /// The file of rates cannot be read.
    #[error("cannot read the rates `{path}`: {message}")]
    RatesUnreadable {
        /// Which file.
        path: String,
        /// What the system said.
        message: String,
    },
    /// The file of rates cannot be used.
    #[error("the rates `{path}` cannot be used")]
    Rates {
        /// Which file.
        path: String,
        /// Why.
        #[source]
        error: RatesError,
    },
    /// Nobody says which currency amounts are to be converted to.
    #[error("the rates `{path}` cannot be used: nothing says to which currency")]
    RatesWithoutCurrency {
        /// Which file.
        path: String,
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
    /// Method `fixed` without cut points.
    #[error("method `fixed` needs cut points of {axis}, found none")]
    CutsMissing {
        /// recency, frequency or monetary.
        axis: &'static str,
    },
    /// As many cut points as do not go with the bins.
    #[error(
        "`cuts` has {found} of {axis}, which make {} scores, but `bins` is {bins}",
        found + 1
    )]
    CutsCount {
        /// recency, frequency or monetary.
        axis: &'static str,
        /// How many cut points there are.
        found: usize,
        /// How many the bins need.
        required: usize,
        /// The bins in force.
        bins: String,
        /// Bins that go with the cut points, if there are any.
        fitting: Option<String>,
    },
    /// A method that makes two scores, and other bins.
    #[error("method `{method}` of {axis} makes {required} scores, but `bins` is {bins}")]
    MethodBins {
        /// Which method.
        method: &'static str,
        /// recency, frequency or monetary.
        axis: &'static str,
        /// How many scores it makes.
        required: u8,
        /// The bins in force.
        bins: String,
        /// Bins that go with the method.
        fitting: String,
    },
    /// Frozen cut points that cannot be used.
    #[error("cut points from `{path}` cannot be used: {message}")]
    FrozenCuts {
        /// Which file.
        path: String,
        /// Why.
        message: String,
    },
    /// Something else holds now than when the frozen cut points were found.
    #[error("`{setting}` is `{value}`, but the cut points of `{path}` are for `{frozen}`")]
    FrozenConflict {
        /// Which setting.
        setting: &'static str,
        /// What it is now.
        value: String,
        /// The run that is frozen from.
        path: String,
        /// What it was there.
        frozen: String,
    },
    /// The frozen run's vocabulary is not at hand.
    #[error("`{path}` was made with a vocabulary `{vocabulary}` that does not come with patron")]
    FrozenVocabulary {
        /// The run that is frozen from.
        path: String,
        /// The vocabulary's key.
        vocabulary: String,
    },
}

impl Coded for SettingsError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Unreadable { .. } | Self::RatesUnreadable { .. } => ErrorCode::InputUnreadable,
            _ => ErrorCode::SettingInvalid,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "settings_unreadable",
            Self::Form { .. } => "settings_form",
            Self::RatesUnreadable { .. } => "rates_unreadable",
            Self::Rates { error, .. } => error.key(),
            Self::RatesWithoutCurrency { .. } => "rates_without_currency",
            Self::Value { .. } => "setting_value",
            Self::BinsConflict { .. } => "bins_conflict",
            Self::CutsMissing { .. } => "cuts_missing",
            Self::CutsCount { .. } => "cuts_count",
            Self::MethodBins { .. } => "method_bins",
            Self::FrozenCuts { .. } => "frozen_cuts",
            Self::FrozenConflict { .. } => "frozen_conflict",
            Self::FrozenVocabulary { .. } => "frozen_vocabulary",
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Value {
                setting,
                value,
                expected,
            } => vec![
                ("setting", (*setting).to_owned()),
                ("value", value.clone()),
                ("expected", expected.clone()),
            ],
            Self::Form { path, error } => {
                vec![("path", path.clone()), ("message", error.message.clone())]
            }
            Self::Rates { path, .. } | Self::RatesWithoutCurrency { path } => {
                vec![("path", path.clone())]
            }
            Self::Unreadable { path, message }
            | Self::RatesUnreadable { path, message }
            | Self::FrozenCuts { path, message } => {
                vec![("path", path.clone()), ("message", message.clone())]
            }
            Self::FrozenConflict {
                setting,
                value,
                path,
                frozen,
            } => vec![
                ("setting", (*setting).to_owned()),
                ("value", value.clone()),
                ("path", path.clone()),
                ("frozen", frozen.clone()),
            ],
            _ => Vec::new(),
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
            Self::RatesUnreadable { .. } => {
                Some("name a file that is there with `--rates`, or as `rates` in patron.toml".to_owned())
            }
            Self::Rates { error, .. } => error.hint(),
            Self::RatesWithoutCurrency { .. } => Some(
                "name it with `--currency`, such as `--currency EUR`, or as `currency` in patron.toml"
                    .to_owned(),
            ),
            Self::Form { .. } => Some("`docs/guides/settings.md` lists every setting".to_owned()),
            Self::Unreadable { .. } => {
                Some("name a file that is there with `--settings`, or leave it out".to_owned())
            }
            Self::CutsMissing { .. } => Some(
                "give them with `--cuts`, such as `--cuts \"R=30,90,180,365;F=1,2,3,5;M=50,100,200,500\"`"
                    .to_owned(),
            ),
            Self::CutsCount {
                axis,
                required,
                fitting,
                ..
            } => {
                let more = format!("give {required} cut points of {axis}");
                Some(match fitting {
                    Some(bins) => format!("set `--bins {bins}`, or {more}"),
                    None => more,
                })
            }
            Self::MethodBins { fitting, .. } => Some(format!("set `--bins {fitting}`")),
            Self::FrozenCuts { .. } => Some(
                "give the `run.json` of an earlier run, or cut points such as `R=30,90,180,365;F=1,2,3,5`"
                    .to_owned(),
            ),
            Self::FrozenConflict {
                setting, frozen, ..
            } => Some(frozen::way_out(setting, frozen)),
            Self::FrozenVocabulary { .. } => Some(
                "name its file with `--vocabulary FILE`, or another vocabulary from `patron segments list`"
                    .to_owned(),
            ),
            Self::Value { .. } => None,
        }
    }
}
