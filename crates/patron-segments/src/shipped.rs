//! The vocabularies that come with patron.

use crate::error::VocabularyError;
use crate::language::Names;
use crate::nearest::nearest;
use crate::vocabulary::{Segment, Vocabulary};

/// The vocabulary used where the user asks for none: complete, without overlap.
pub const DEFAULT_VOCABULARY: &str = "bloomreach";

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        /// Name and text of each file, in the order in which they are listed.
        const FILES: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../vocabularies/", $name, ".toml")))),*
        ];
    };
}

shipped![
    "bloomreach",
    "tutorial",
    "clevertap-grid",
    "omniconvert-reveal",
    "klaviyo",
    "shopify",
    "putler",
    "data-octopus",
    "r-rfm-0.3.0",
    "r-rfm-classic",
    "pymc",
    "sonwane",
    "seed-five",
    "octants-seed",
    "octants-important-general",
    "octants-deepen-recall",
];

const ALWAYS: &str = include_str!("../vocabularies/always.toml");

/// What a list of vocabularies shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Shipped {
    /// The vocabulary.
    pub vocabulary: Vocabulary,
    /// The file as it is, to start one's own from.
    pub text: &'static str,
}

impl Vocabulary {
    /// Returns the shipped vocabulary of this name.
    ///
    /// # Errors
    /// [`VocabularyError::Unknown`], which lists the names there are.
    pub fn load_shipped(name: &str) -> Result<Self, VocabularyError> {
        match FILES.iter().find(|(key, _)| *key == name) {
            Some((key, text)) => Self::parse_shipped(text, key),
            None => {
                let known = Self::shipped_names();
                Err(VocabularyError::Unknown {
                    name: name.to_owned(),
                    nearest: nearest(name, &known),
                    known,
                })
            }
        }
    }

    /// Returns all shipped vocabularies, the default first.
    ///
    /// # Errors
    /// None with the files as shipped: a test loads them all.
    pub fn shipped() -> Result<Vec<Shipped>, VocabularyError> {
        let load = |(key, text): &(&str, &'static str)| {
            let vocabulary = Self::parse_shipped(text, key)?;
            Ok(Shipped { vocabulary, text })
        };
        FILES.iter().map(load).collect()
    }

    /// Returns the names of all shipped vocabularies, the default first.
    #[must_use]
    pub fn shipped_names() -> Vec<String> {
        FILES.iter().map(|(key, _)| (*key).to_owned()).collect()
    }

    /// Returns the names of the shipped vocabularies written for these bins of R, F, M.
    ///
    /// # Errors
    /// None with the files as shipped.
    pub fn shipped_fitting(bins: [u8; 3]) -> Result<Vec<String>, VocabularyError> {
        let fits = Self::shipped()?
            .into_iter()
            .filter(|shipped| shipped.vocabulary.fits(bins));
        Ok(fits.map(|shipped| shipped.vocabulary.key).collect())
    }

    /// Returns the segments that every customer is tested for, whatever the vocabulary: `soulmates`, `core`.
    ///
    /// They are memberships only, never a primary name.
    ///
    /// # Errors
    /// None with the file as shipped.
    pub fn always() -> Result<Vec<Segment>, VocabularyError> {
        Ok(Self::parse_shipped(ALWAYS, "always")?.segments)
    }

    /// Returns the name of customers who meet no condition.
    #[must_use]
    pub fn others_names() -> Names {
        Names {
            en: "Others".to_owned(),
            zh_hans: "其他".to_owned(),
            zh_hant: "其他".to_owned(),
        }
    }
}
