//! Vocabularies: ordered lists of named conditions, and how they are read from a file.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::condition::{Condition, ConditionError};
use crate::error::VocabularyError;
use crate::form_error::{FormError, read_written};
use crate::language::Names;
use crate::profile::profile_schema;

/// The most segments of a vocabulary: memberships are bits of one word, beside those of [`Vocabulary::always`].
pub const MOST_SEGMENTS: usize = 60;
/// The largest file read.
pub const LARGEST_FILE: u64 = 1024 * 1024;
/// The key of customers who meet no condition.
pub const OTHERS: &str = "others";
/// The keys of [`Vocabulary::always`]: what they mean must not depend on the vocabulary.
const RESERVED: [&str; 2] = ["soulmates", "core"];

/// A list of named conditions. The first that a customer meets gives the primary name; all that are met are memberships.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vocabulary {
    /// Stable key, the name in settings: lower case, digits, `-` and `_`, `.`.
    pub key: String,
    /// Name on screen.
    pub names: Names,
    /// Where the rules come from.
    #[serde(default)]
    pub source: String,
    /// Bins of R, F, M that the conditions are written for; absent where any will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bins: Option<[BinsWanted; 3]>,
    /// How recency is cut, if the vocabulary says.
    #[serde(default, skip_serializing_if = "AxisSettings::is_empty")]
    pub recency: AxisSettings,
    /// How frequency is cut, if the vocabulary says.
    #[serde(default, skip_serializing_if = "AxisSettings::is_empty")]
    pub frequency: AxisSettings,
    /// How the monetary value is cut, if the vocabulary says.
    #[serde(default, skip_serializing_if = "AxisSettings::is_empty")]
    pub monetary: AxisSettings,
    /// The segments, in the order in which they are tried.
    #[serde(rename = "segment")]
    pub segments: Vec<Segment>,
}

/// One named condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// Stable key: lower case letters, digits and `_`.
    pub key: String,
    /// Name on screen.
    pub names: Names,
    /// What the name means, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Names>,
    /// The step of the ladder, higher is better: so that "moved up" is defined. Equal steps are neither up nor down.
    pub rank: i32,
    /// The SQL condition.
    pub when: String,
}

/// How one axis is cut, where a vocabulary says so.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AxisSettings {
    /// Score method, as `patron run --score-method` names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Cuts of method `fixed`, ascending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cuts: Option<Vec<f64>>,
}

impl AxisSettings {
    fn is_empty(&self) -> bool {
        self.method.is_none() && self.cuts.is_none()
    }
}

/// The number of bins of an axis that a vocabulary is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WrittenBins", into = "WrittenBins")]
pub enum BinsWanted {
    /// Just this many.
    Exactly(u8),
    /// The conditions do not read this axis, or read its number of bins.
    Any,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum WrittenBins {
    Number(u8),
    Word(String),
}

impl TryFrom<WrittenBins> for BinsWanted {
    type Error = String;

    fn try_from(written: WrittenBins) -> Result<Self, String> {
        match written {
            WrittenBins::Number(bins @ 2..=10) => Ok(Self::Exactly(bins)),
            WrittenBins::Number(bins) => Err(format!("found {bins} bins, expected 2 to 10")),
            WrittenBins::Word(word) if word == "any" => Ok(Self::Any),
            WrittenBins::Word(word) => Err(format!("found `{word}`, expected 2 to 10 or \"any\"")),
        }
    }
}

impl From<BinsWanted> for WrittenBins {
    fn from(bins: BinsWanted) -> Self {
        match bins {
            BinsWanted::Exactly(bins) => Self::Number(bins),
            BinsWanted::Any => Self::Word("any".to_owned()),
        }
    }
}

impl Vocabulary {
    /// Reads a vocabulary and checks every condition against [`profile_schema`]. `origin` is named in errors.
    ///
    /// # Errors
    /// Not TOML of this form, a key that is not one, is reserved or is there twice, too many segments, a condition that
    /// does not hold together.
    pub fn parse(toml_text: &str, origin: &str) -> Result<Self, VocabularyError> {
        let vocabulary = Self::parse_shipped(toml_text, origin)?;
        match vocabulary
            .segments
            .iter()
            .find(|segment| RESERVED.contains(&segment.key.as_str()))
        {
            None => Ok(vocabulary),
            Some(segment) => Err(VocabularyError::ReservedKey {
                origin: origin.to_owned(),
                key: segment.key.clone(),
            }),
        }
    }

    /// Reads a vocabulary that comes with patron: it may say itself what `soulmates` and `core` are.
    pub(crate) fn parse_shipped(toml_text: &str, origin: &str) -> Result<Self, VocabularyError> {
        let vocabulary: Self =
            toml::from_str(toml_text).map_err(|cause| VocabularyError::Form {
                origin: origin.to_owned(),
                error: Box::new(FormError::new(&cause, toml_text)),
            })?;
        vocabulary.check_keys(origin)?;
        vocabulary.check_axes(origin)?;
        let schema = profile_schema();
        for segment in &vocabulary.segments {
            Condition::compile(&segment.when, &schema)
                .map_err(|error| vocabulary.at(segment, error))?;
        }
        Ok(vocabulary)
    }

    /// Reads a shipped vocabulary by its key, or a file by its path: anything with a `/`, `\` or the ending `.toml`.
    ///
    /// # Errors
    /// No such name (the error lists those there are), an unreadable or too large file, and those of [`Self::parse`].
    pub fn load(name_or_path: &str) -> Result<Self, VocabularyError> {
        let path = Path::new(name_or_path);
        let is_path = name_or_path.contains(['/', '\\'])
            || path.extension().is_some_and(|ending| ending == "toml");
        if !is_path {
            return Self::load_shipped(name_or_path);
        }
        let text =
            read_written(path, LARGEST_FILE).map_err(|message| VocabularyError::Unreadable {
                path: name_or_path.to_owned(),
                message,
            })?;
        Self::parse(&text, name_or_path)
    }

    /// Returns the segment with this key.
    #[must_use]
    pub fn segment(&self, key: &str) -> Option<&Segment> {
        self.segments.iter().find(|segment| segment.key == key)
    }

    /// Returns whether the conditions are written for these bins of R, F, M.
    #[must_use]
    pub fn fits(&self, bins: [u8; 3]) -> bool {
        self.bins.is_none_or(|wanted| {
            wanted.iter().zip(bins).all(|(wanted, bins)| match wanted {
                BinsWanted::Exactly(wanted) => *wanted == bins,
                BinsWanted::Any => true,
            })
        })
    }

    /// Returns the bins to use where the user asks for none: the vocabulary's own, 5 where any will do.
    #[must_use]
    pub fn default_bins(&self) -> [u8; 3] {
        self.bins.map_or([5; 3], |wanted| {
            wanted.map(|wanted| match wanted {
                BinsWanted::Exactly(bins) => bins,
                BinsWanted::Any => 5,
            })
        })
    }

    pub(crate) fn at(&self, segment: &Segment, error: ConditionError) -> VocabularyError {
        VocabularyError::Condition {
            vocabulary: self.key.clone(),
            segment: segment.key.clone(),
            error: Box::new(error),
        }
    }

    fn check_keys(&self, origin: &str) -> Result<(), VocabularyError> {
        let origin = || origin.to_owned();
        let bad = |key: &str| VocabularyError::BadKey {
            origin: origin(),
            key: key.to_owned(),
        };
        let plain = |character: char| {
            character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_'
        };
        if self.key.is_empty() || !self.key.chars().all(|c| plain(c) || c == '-' || c == '.') {
            return Err(bad(&self.key));
        }
        if self.segments.is_empty() || self.segments.len() > MOST_SEGMENTS {
            return Err(VocabularyError::SegmentCount {
                origin: origin(),
                found: self.segments.len(),
            });
        }
        for (index, segment) in self.segments.iter().enumerate() {
            let key = segment.key.as_str();
            if key.is_empty() || key == OTHERS || !key.chars().all(plain) {
                return Err(bad(key));
            }
            if self
                .segments
                .iter()
                .skip(index + 1)
                .any(|other| other.key == key)
            {
                return Err(VocabularyError::RepeatedKey {
                    origin: origin(),
                    key: key.to_owned(),
                });
            }
        }
        Ok(())
    }

    /// Cuts go with method `fixed`, ascend, and are one fewer than the bins.
    fn check_axes(&self, origin: &str) -> Result<(), VocabularyError> {
        let axes = [
            ("recency", &self.recency),
            ("frequency", &self.frequency),
            ("monetary", &self.monetary),
        ];
        for ((name, axis), bins) in axes.into_iter().zip(self.default_bins()) {
            let problem = |message: String| VocabularyError::Axis {
                origin: origin.to_owned(),
                axis: name,
                message,
            };
            let known = |method: &String| METHODS.contains(&method.as_str());
            if let Some(method) = axis.method.as_ref().filter(|method| !known(method)) {
                let all = METHODS.join(", ");
                return Err(problem(format!("no method `{method}`, there are {all}")));
            }
            let fixed = axis.method.as_deref() == Some("fixed");
            match &axis.cuts {
                None if fixed => return Err(problem("method `fixed` needs `cuts`".to_owned())),
                Some(_) if !fixed => {
                    return Err(problem("`cuts` go with method `fixed` only".to_owned()));
                }
                Some(cuts) if cuts.len() + 1 != usize::from(bins) => {
                    let found = cuts.len();
                    return Err(problem(format!(
                        "{bins} bins need {} cuts, found {found}",
                        bins - 1
                    )));
                }
                Some(cuts) if !cuts.is_sorted() || cuts.iter().any(|cut| !cut.is_finite()) => {
                    return Err(problem("cuts must be finite and ascend".to_owned()));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The score methods that a vocabulary may name; those of `patron_stats::scores`.
pub const METHODS: [&str; 9] = [
    "quantile",
    "fixed",
    "mean",
    "median",
    "natural-breaks",
    "r-rfm",
    "qcut",
    "qcut-first",
    "ntile",
];
