//! Octants and lifecycle stages: stable keys, names in three languages, and what to do for each octant.
//!
//! 流失 and 休眠 name a stage and an octant alike: screens say 流失期, 休眠期 for stages and 流失客户, 休眠客户 for octants.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::language::{Language, Names};

/// Octant keys by bits RFM: 111, 101, 011, 001, 110, 100, 010, 000. R = 1 means recent.
pub const OCTANT_KEYS: [&str; 8] = [
    "high_value",
    "to_deepen",
    "sleeping",
    "lost",
    "potential",
    "new",
    "maintain",
    "let_go",
];

/// Lifecycle keys, from the freshest on; `prospect` has no valid order.
pub const LIFECYCLE_KEYS: [&str; 5] = ["active", "silent", "dormant", "churned", "prospect"];

const TEXT: &str = include_str!("../vocabularies/names.toml");

static TABLE: LazyLock<NameTable> = LazyLock::new(|| toml::from_str(TEXT).unwrap_or_default());

/// All names of octants and stages, for a report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameTable {
    /// The eight octants, in the order of [`OCTANT_KEYS`].
    #[serde(rename = "octant")]
    pub octants: Vec<Octant>,
    /// The five stages, in the order of [`LIFECYCLE_KEYS`].
    #[serde(rename = "lifecycle")]
    pub lifecycle: Vec<Stage>,
}

/// An octant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Octant {
    /// Stable key.
    pub key: String,
    /// High (1) or low (0) in R, F, M.
    pub bits: String,
    /// Name on screen.
    pub names: Names,
    /// Who they are, in a sentence.
    pub description: Names,
    /// What to do for them.
    pub policy: Policy,
}

/// A differentiated policy: what to offer an octant in five respects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Which products.
    pub product: Names,
    /// Which service.
    pub service: Names,
    /// Which prices and discounts.
    pub price: Names,
    /// Which channels of contact.
    pub channel: Names,
    /// Which benefits.
    pub benefits: Names,
}

/// A stage of the lifecycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Stable key.
    pub key: String,
    /// Name on screen.
    pub names: Names,
    /// What it means with the default bounds, in a sentence.
    pub description: Names,
}

/// Returns all names.
#[must_use]
pub fn table() -> &'static NameTable {
    &TABLE
}

/// Returns an octant's name in a language; nothing for an unknown key.
#[must_use]
pub fn octant(key: &str, language: Language) -> Option<&'static str> {
    let octant = TABLE.octants.iter().find(|octant| octant.key == key)?;
    Some(octant.names.get(language))
}

/// Returns a lifecycle stage's name in a language; nothing for an unknown key.
#[must_use]
pub fn lifecycle(key: &str, language: Language) -> Option<&'static str> {
    let stage = TABLE.lifecycle.iter().find(|stage| stage.key == key)?;
    Some(stage.names.get(language))
}

/// Returns the key of an octant from high or low on each axis.
#[must_use]
pub const fn octant_key(recent: bool, frequent: bool, monetary: bool) -> &'static str {
    match (recent, frequent, monetary) {
        (true, true, true) => "high_value",
        (true, false, true) => "to_deepen",
        (false, true, true) => "sleeping",
        (false, false, true) => "lost",
        (true, true, false) => "potential",
        (true, false, false) => "new",
        (false, true, false) => "maintain",
        (false, false, false) => "let_go",
    }
}
