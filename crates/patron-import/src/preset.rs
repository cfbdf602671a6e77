//! Presets: what is known about the files of a shop system, as small declarative files under `presets/`.
//!
//! To add one: put a TOML file there, list it in [`SOURCES`], and give the oddities of its rows as [`RowRules`]. What a
//! rule cannot say belongs in `reader/classify.rs` as a new rule, not in a preset's own code.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::field::plain;

/// The presets in the binary, in the order in which they are tried.
const SOURCES: &[&str] = &[
    include_str!("../presets/online-retail.toml"),
    include_str!("../presets/cdnow.toml"),
];

static PRESETS: LazyLock<Vec<Preset>> = LazyLock::new(|| {
    // A preset that does not parse would be missing; a test below reads every one.
    SOURCES
        .iter()
        .filter_map(|source| toml::from_str(source).ok())
        .collect()
});

/// What a preset file holds.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Preset {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) layout: Layout,
    #[serde(default)]
    pub(crate) grain: Option<PresetGrain>,
    #[serde(default)]
    pub(crate) recognised_by: Vec<Vec<String>>,
    #[serde(default)]
    pub(crate) headless: Vec<Vec<String>>,
    #[serde(default)]
    pub(crate) columns: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(crate) rules: RowRules,
    #[serde(default)]
    pub(crate) defaults: BTreeMap<String, String>,
}

/// How the columns of a file are set apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Layout {
    /// By a delimiter.
    #[default]
    Delimited,
    /// By blanks.
    Aligned,
}

/// The grain a preset fixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PresetGrain {
    Order,
    Line,
}

/// What a preset knows about single rows. A prefix matches an order id whose next character is a digit; a code matches
/// a whole product code. Case does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RowRules {
    /// Order ids that cancel earlier orders.
    pub(crate) cancellation_prefixes: Vec<String>,
    /// Order ids that write off debt.
    pub(crate) bad_debt_prefixes: Vec<String>,
    /// Product codes that write off debt or adjust the books.
    pub(crate) bad_debt_codes: Vec<String>,
    /// Product codes that are not goods.
    pub(crate) fee_codes: Vec<String>,
    /// Beginnings of product codes that are gift cards.
    pub(crate) gift_card_prefixes: Vec<String>,
    /// Beginnings of product codes that are tests.
    pub(crate) test_prefixes: Vec<String>,
}

impl RowRules {
    /// Returns true if any rule asks for the product code.
    pub(crate) fn use_product_code(&self) -> bool {
        !(self.bad_debt_codes.is_empty()
            && self.fee_codes.is_empty()
            && self.gift_card_prefixes.is_empty()
            && self.test_prefixes.is_empty())
    }
}

impl Preset {
    /// Returns true if all headers of one of its lists are there.
    pub(crate) fn recognises(&self, headers: &[String]) -> bool {
        let there: Vec<String> = headers.iter().map(|header| plain(header)).collect();
        self.recognised_by
            .iter()
            .any(|list| list.iter().all(|header| there.contains(&plain(header))))
    }
}

/// Returns all presets.
pub(crate) fn all() -> &'static [Preset] {
    &PRESETS
}

/// Returns the preset of a name; case does not matter.
pub(crate) fn find(name: &str) -> Option<&'static Preset> {
    all()
        .iter()
        .find(|preset| preset.name.eq_ignore_ascii_case(name.trim()))
}

/// Returns the names `--as` takes.
#[must_use]
pub fn preset_names() -> Vec<&'static str> {
    all().iter().map(|preset| preset.name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Field;

    #[test]
    fn every_preset_parses_and_names_known_fields() {
        for source in SOURCES {
            let preset: Preset = toml::from_str(source).unwrap();
            for field in preset.columns.keys() {
                assert!(Field::from_key(field).is_some(), "{field}");
            }
        }
        assert_eq!(preset_names(), ["online-retail", "cdnow"]);
    }
}
