//! What can be wrong with a vocabulary.

use patron_core::{Coded, ErrorCode};

use crate::condition::ConditionError;
use crate::form_error::FormError;

/// Why a vocabulary cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VocabularyError {
    /// No shipped vocabulary of this name.
    #[error("no vocabulary `{name}`")]
    Unknown {
        /// The name asked for.
        name: String,
        /// The most similar name there is.
        nearest: Option<String>,
        /// The names there are.
        known: Vec<String>,
    },
    /// A file that cannot be read.
    #[error("cannot read vocabulary `{path}`: {message}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        message: String,
    },
    /// Not TOML, or not of the form of a vocabulary.
    #[error("vocabulary `{origin}` does not have the form of one: line {}", error.line())]
    Form {
        /// The file or name.
        origin: String,
        /// What is wrong, and where.
        #[source]
        error: Box<FormError>,
    },
    /// A key that is not made of lower-case letters, digits and `_`, or is `others`.
    #[error("vocabulary `{origin}`: `{key}` is not a key, expected a-z, 0-9 and _ (not `others`)")]
    BadKey {
        /// The file or name.
        origin: String,
        /// The key.
        key: String,
    },
    /// A key of a segment that is always there.
    #[error(
        "vocabulary `{origin}` has a segment `{key}`, which patron adds to every vocabulary itself"
    )]
    ReservedKey {
        /// The file or name.
        origin: String,
        /// The key.
        key: String,
    },
    /// Two segments with one key.
    #[error("vocabulary `{origin}` has segment `{key}` twice")]
    RepeatedKey {
        /// The file or name.
        origin: String,
        /// The key.
        key: String,
    },
    /// No segments, or too many.
    #[error(
        "vocabulary `{origin}` has {found} segments, expected 1 to {}",
        crate::vocabulary::MOST_SEGMENTS
    )]
    SegmentCount {
        /// The file or name.
        origin: String,
        /// How many there are.
        found: usize,
    },
    /// Settings of an axis that do not hold together.
    #[error("vocabulary `{origin}`, {axis}: {message}")]
    Axis {
        /// The file or name.
        origin: String,
        /// recency, frequency or monetary.
        axis: &'static str,
        /// What is wrong.
        message: String,
    },
    /// The cells cannot be laid out: a defect.
    #[error("cannot lay out the cells of vocabulary `{vocabulary}`: {message}")]
    Cells {
        /// The vocabulary.
        vocabulary: String,
        /// What went wrong.
        message: String,
    },
    /// A condition that does not hold together.
    #[error("segment `{segment}` of vocabulary `{vocabulary}`")]
    Condition {
        /// The vocabulary.
        vocabulary: String,
        /// The segment.
        segment: String,
        /// What is wrong, and where.
        #[source]
        error: Box<ConditionError>,
    },
}

impl Coded for VocabularyError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Unknown { .. } => ErrorCode::SettingInvalid,
            Self::Unreadable { .. } => ErrorCode::InputUnreadable,
            Self::Cells { .. } => ErrorCode::Internal,
            _ => ErrorCode::ConditionInvalid,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "vocabulary_unknown",
            Self::Unreadable { .. } => "vocabulary_unreadable",
            Self::Form { .. } => "vocabulary_form",
            Self::BadKey { .. } => "vocabulary_bad_key",
            Self::ReservedKey { .. } => "vocabulary_reserved_key",
            Self::RepeatedKey { .. } => "vocabulary_repeated_key",
            Self::SegmentCount { .. } => "vocabulary_segment_count",
            Self::Axis { .. } => "vocabulary_axis",
            Self::Cells { .. } => "vocabulary_cells",
            Self::Condition { .. } => "vocabulary_condition",
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Unknown { name, known, .. } => {
                vec![("name", name.clone()), ("known", known.join(", "))]
            }
            Self::Unreadable { path, message } => {
                vec![("path", path.clone()), ("message", message.clone())]
            }
            Self::Form { origin, error } => {
                vec![
                    ("origin", origin.clone()),
                    ("message", error.message.clone()),
                ]
            }
            Self::BadKey { origin, key }
            | Self::RepeatedKey { origin, key }
            | Self::ReservedKey { origin, key } => {
                vec![("origin", origin.clone()), ("key", key.clone())]
            }
            Self::SegmentCount { origin, found } => {
                vec![("origin", origin.clone()), ("found", found.to_string())]
            }
            Self::Axis {
                origin,
                axis,
                message,
            } => vec![
                ("origin", origin.clone()),
                ("axis", (*axis).to_owned()),
                ("message", message.clone()),
            ],
            Self::Cells {
                vocabulary,
                message,
            } => vec![
                ("vocabulary", vocabulary.clone()),
                ("message", message.clone()),
            ],
            Self::Condition {
                vocabulary,
                segment,
                error,
            } => {
                let mut params = vec![
                    ("vocabulary", vocabulary.clone()),
                    ("segment", segment.clone()),
                ];
                params.extend(error.params());
                params
            }
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { nearest, known, .. } => {
                let all = format!(
                    "there are {}; a file is named by its path",
                    known.join(", ")
                );
                Some(match nearest {
                    Some(name) => format!("did you mean `{name}`? {all}"),
                    None => all,
                })
            }
            Self::Condition { error, .. } => error.hint(),
            Self::Unreadable { .. } => {
                Some("name a file that is there, or one of `patron segments list`".to_owned())
            }
            Self::Form { .. } => Some(
                "`docs/methods/segments.md` shows a vocabulary; `patron segments list NAME` prints a shipped one"
                    .to_owned(),
            ),
            Self::ReservedKey { .. } => Some(
                "choose another key: `soulmates` (top bin on all axes) and `core` (active or silent) always mean the same"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}
