//! Presets: what is known about the files of a shop system, as small declarative files under `presets/`.
//!
//! To add one: put a TOML file there, list it in [`SOURCES`], and give the oddities of its rows as [`RowRules`]
//! (`docs/guides/presets/README.md` walks through it). What a rule cannot say belongs in `reader/` as a new rule, not in
//! a preset's own code.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::content::Content;
use crate::field::{Field, plain};
use crate::understanding::{PresetReason, PresetUsed};

/// The presets in the binary. Of several that recognise a file, the one that asks for most columns is taken.
const SOURCES: &[&str] = &[
    include_str!("../presets/shopify-orders.toml"),
    include_str!("../presets/shopify-customers.toml"),
    include_str!("../presets/woocommerce-orders.toml"),
    include_str!("../presets/magento-orders.toml"),
    include_str!("../presets/amazon-new-orders.toml"),
    include_str!("../presets/amazon-all-orders.toml"),
    include_str!("../presets/taobao-orders.toml"),
    include_str!("../presets/woocommerce-rest.toml"),
    include_str!("../presets/shopify-rest.toml"),
    include_str!("../presets/segment-events.toml"),
    include_str!("../presets/klaviyo-events.toml"),
    include_str!("../presets/klaviyo-profiles.toml"),
    include_str!("../presets/olist.toml"),
    include_str!("../presets/olist-orders.toml"),
    include_str!("../presets/olist-items.toml"),
    include_str!("../presets/olist-payments.toml"),
    include_str!("../presets/olist-customers.toml"),
    include_str!("../presets/olist-reviews.toml"),
    include_str!("../presets/olist-products.toml"),
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
    /// Only the columns named here are used; words of other headers decide nothing.
    #[serde(default)]
    pub(crate) complete: bool,
    /// What its rows are.
    #[serde(default)]
    pub(crate) holds: Content,
    /// Why a file that is recognised cannot be used by itself.
    #[serde(default)]
    pub(crate) refused: Option<Refusal>,
    /// Fields without which it cannot be used, with the reason and the mend.
    #[serde(default)]
    pub(crate) needs: BTreeMap<String, Refusal>,
    /// Columns that stand on the first row of an order only: further rows of the same order take them from there.
    #[serde(default)]
    pub(crate) fill_down: Vec<String>,
    /// The column that tells the first row of an order from the others.
    #[serde(default)]
    pub(crate) first_row_has: Option<String>,
    /// What is said whenever the preset applies.
    #[serde(default)]
    pub(crate) notes: Vec<PresetNote>,
    #[serde(default)]
    pub(crate) recognised_by: Vec<Vec<String>>,
    #[serde(default)]
    pub(crate) headless: Vec<Vec<String>>,
    #[serde(default)]
    pub(crate) columns: BTreeMap<String, Vec<String>>,
    /// Columns that decide nothing and are used only where the facts are kept.
    #[serde(default)]
    pub(crate) details: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(crate) rules: RowRules,
    #[serde(default)]
    pub(crate) defaults: BTreeMap<String, String>,
}

/// Why a file cannot be used, and what to do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refusal {
    pub(crate) because: String,
    pub(crate) mend: String,
}

/// Something a preset says to the user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PresetNote {
    pub(crate) key: String,
    pub(crate) text: String,
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
    /// Ways of paying that only try the shop out.
    pub(crate) test_payments: Vec<String>,
    /// What status words mean here, before the words known everywhere, by meaning.
    pub(crate) statuses: BTreeMap<String, Vec<String>>,
    /// The customer's column holds e-mail addresses, whatever it is called.
    pub(crate) customer_is_email: bool,
    /// Telephone numbers do not stand for customers.
    pub(crate) phone_is_nobodys: bool,
    /// The country of telephone numbers, unless the user says another.
    pub(crate) phone_country: Option<String>,
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
        self.columns_recognised(headers) > 0
    }

    /// Returns how many headers its longest list has that is there as a whole; 0 if none is.
    fn columns_recognised(&self, headers: &[String]) -> usize {
        let there: Vec<String> = headers.iter().map(|header| plain(header)).collect();
        self.recognised_by
            .iter()
            .filter(|list| list.iter().all(|header| there.contains(&plain(header))))
            .map(Vec::len)
            .max()
            .unwrap_or(0)
    }

    /// Returns it as what is said of a file.
    pub(crate) fn used(&self, why: PresetReason) -> PresetUsed {
        PresetUsed {
            name: self.name.clone(),
            why,
        }
    }

    /// Returns what it sets elsewhere.
    pub(crate) fn default_settings(&self) -> Vec<(String, String)> {
        self.defaults.clone().into_iter().collect()
    }

    /// Returns why the file cannot do without a field, if the preset says.
    pub(crate) fn need(&self, field: Field) -> Option<&Refusal> {
        self.needs.get(field.key())
    }
}

/// Returns the preset that recognises these headers by the most columns; the first of equals.
pub(crate) fn recognise(headers: &[String]) -> Option<&'static Preset> {
    let mut best: Option<(usize, &'static Preset)> = None;
    for preset in all() {
        let columns = preset.columns_recognised(headers);
        if columns > best.map_or(0, |(most, _)| most) {
            best = Some((columns, preset));
        }
    }
    best.map(|(_, preset)| preset)
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

    #[test]
    fn every_preset_parses_and_names_known_fields() {
        for source in SOURCES {
            let preset: Preset = toml::from_str(source).unwrap();
            for field in preset.columns.keys().chain(preset.needs.keys()) {
                let known = Field::from_key(field).map(Field::key);
                assert_eq!(known, Some(field.as_str()), "{}", preset.name);
            }
            for field in preset.details.keys() {
                let known = Field::from_key(field).filter(|field| field.detail_kind().is_some());
                let known = known.map(Field::key);
                assert_eq!(known, Some(field.as_str()), "{}", preset.name);
                assert!(!preset.columns.contains_key(field), "{field}");
            }
            for meaning in preset.rules.statuses.keys() {
                assert!(crate::words::meaning(meaning).is_some(), "{meaning}");
            }
            assert!(
                preset.fill_down.is_empty() == preset.first_row_has.is_none(),
                "{}",
                preset.name
            );
        }
        assert_eq!(all().len(), SOURCES.len());
    }

    #[test]
    fn the_preset_that_asks_for_most_columns_is_taken() {
        let headers = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
        let name = |text| recognise(&headers(text)).map(|preset| preset.name.as_str());
        let older = "First Name,Last Name,Email,Accepts Email Marketing,Total Spent,Total Orders,Tax Exempt";
        assert_eq!(name(older), Some("shopify-customers"));
        assert_eq!(
            name("customer id,DATE,Number of CDs,dollar_value"),
            Some("cdnow")
        );
        assert_eq!(name("customer_id,date,net"), None);
    }
}
