//! Policies: lists of rules, and how they are read from a file.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::PolicyError;
use crate::form_error::{FormError, read_written};
use crate::language::Names;
use crate::names::{LIFECYCLE_KEYS, OCTANT_KEYS};

/// The policy that comes with patron, as a file to start one's own from.
pub const SHIPPED_POLICY: &str = include_str!("../../policies/shipped.toml");
/// The only version of the form.
const VERSION: u32 = 1;
/// The largest file read.
const LARGEST_FILE: u64 = 1024 * 1024;
/// The most rules of a policy.
const MOST_RULES: usize = 500;

/// What to do for whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyTable {
    /// The version of the form.
    pub version: u32,
    /// Stable key.
    pub key: String,
    /// Name on screen.
    pub names: Names,
    /// In what the steps of discounts count the value at stake.
    #[serde(default)]
    pub at_stake_in: AtStakeUnit,
    /// The rules, in the order of the file.
    #[serde(rename = "rule")]
    pub rules: Vec<Rule>,
}

/// In what the value at stake is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AtStakeUnit {
    /// In mean orders of the shop, so that a rule means the same in every currency.
    #[default]
    MeanOrders,
    /// In units of the shop's currency.
    Money,
}

/// One rule: for whom, and what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Stable key: lower case letters, digits and `_`.
    pub key: String,
    /// Of which segments, by primary name or membership; of any where empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "one_or_many")]
    pub segment: Vec<String>,
    /// In which octants; in any where empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "one_or_many")]
    pub octant: Vec<String>,
    /// In which stages; in any where empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "one_or_many")]
    pub lifecycle: Vec<String>,
    /// The higher, the sooner it wins.
    #[serde(default)]
    pub priority: i32,
    /// Which products.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<Names>,
    /// Which service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Names>,
    /// Which prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Names>,
    /// Which channels of contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Names>,
    /// Which benefits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub benefits: Option<Names>,
    /// At most one contact in so many days; 0 for none at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_every_days: Option<u16>,
    /// How large a discount may be, by the value at stake: ascending steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<Vec<DiscountStep>>,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Names>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Names>,
}

/// From which value at stake on a discount may be how large.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiscountStep {
    /// The value at stake from which the step holds, in the policy's unit.
    pub at_stake: f64,
    /// The largest discount, as a share from 0 to 1.
    pub up_to: f64,
}

/// What a rule can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// Which products.
    Product,
    /// Which service.
    Service,
    /// Which prices.
    Price,
    /// Which channels.
    Channel,
    /// Which benefits.
    Benefits,
    /// How often at most.
    Contact,
    /// How large a discount.
    Discount,
    /// What to do, and why: one field, since a reason belongs to its action.
    Action,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 8] = [
        Self::Product,
        Self::Service,
        Self::Price,
        Self::Channel,
        Self::Benefits,
        Self::Contact,
        Self::Discount,
        Self::Action,
    ];

    /// Returns the stable key.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Service => "service",
            Self::Price => "price",
            Self::Channel => "channel",
            Self::Benefits => "benefits",
            Self::Contact => "contact_every_days",
            Self::Discount => "discount",
            Self::Action => "action",
        }
    }
}

impl Rule {
    /// Returns whether the rule says anything of a field.
    #[must_use]
    pub const fn says(&self, field: Field) -> bool {
        match field {
            Field::Product => self.product.is_some(),
            Field::Service => self.service.is_some(),
            Field::Price => self.price.is_some(),
            Field::Channel => self.channel.is_some(),
            Field::Benefits => self.benefits.is_some(),
            Field::Contact => self.contact_every_days.is_some(),
            Field::Discount => self.discount.is_some(),
            Field::Action => self.action.is_some(),
        }
    }

    /// Returns the largest discount for a value at stake, in the policy's unit; 0 below the first step.
    #[must_use]
    pub fn discount_up_to(&self, at_stake: f64) -> Option<f64> {
        let steps = self.discount.as_ref()?;
        let reached = steps.iter().take_while(|step| step.at_stake <= at_stake);
        Some(reached.last().map_or(0.0, |step| step.up_to))
    }
}

impl PolicyTable {
    /// Returns the policy that comes with patron.
    ///
    /// # Errors
    /// None with the file as shipped.
    pub fn shipped() -> Result<Self, PolicyError> {
        Self::parse(SHIPPED_POLICY, "shipped")
    }

    /// Reads a policy from a file.
    ///
    /// # Errors
    /// [`PolicyError::Unreadable`] and those of [`Self::parse`].
    pub fn read(path: &Path) -> Result<Self, PolicyError> {
        let origin = path.display().to_string();
        let text = read_written(path, LARGEST_FILE).map_err(|message| PolicyError::Unreadable {
            path: origin.clone(),
            message,
        })?;
        Self::parse(&text, &origin)
    }

    /// Reads a policy. `origin` is named in errors.
    ///
    /// # Errors
    /// Not TOML of this form, a version of another patron, a key that is none or is there twice, a rule for nobody in
    /// particular, for an octant or a stage that does not exist, or without anything to say, steps of a discount that do not
    /// ascend or are no shares, no rules or too many.
    pub fn parse(toml_text: &str, origin: &str) -> Result<Self, PolicyError> {
        let table: Self = toml::from_str(toml_text).map_err(|cause| PolicyError::Form {
            origin: origin.to_owned(),
            error: Box::new(FormError::new(&cause, toml_text)),
        })?;
        if table.version != VERSION {
            return Err(PolicyError::Version {
                origin: origin.to_owned(),
                found: table.version,
            });
        }
        if table.rules.is_empty() || table.rules.len() > MOST_RULES {
            return Err(PolicyError::RuleCount {
                origin: origin.to_owned(),
                found: table.rules.len(),
            });
        }
        for (at, rule) in table.rules.iter().enumerate() {
            let wrong = rule.wrong().or_else(|| {
                let before = table.rules.iter().take(at);
                let twice = before.filter(|other| other.key == rule.key).count() > 0;
                twice.then(|| "there is another rule of that key".to_owned())
            });
            if let Some(message) = wrong {
                return Err(PolicyError::Rule {
                    origin: origin.to_owned(),
                    rule: rule.key.clone(),
                    message,
                });
            }
        }
        Ok(table)
    }
}

impl Rule {
    /// Says what is wrong with a rule, if anything is.
    fn wrong(&self) -> Option<String> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if self.key.is_empty() || !self.key.chars().all(plain) {
            return Some("a key has lower-case letters, digits and _".to_owned());
        }
        if self.segment.is_empty() && self.octant.is_empty() && self.lifecycle.is_empty() {
            return Some("it says for nobody: add `segment`, `octant` or `lifecycle`".to_owned());
        }
        let unknown = |keys: &[String], known: &[&str]| {
            let unknown = keys.iter().find(|key| !known.contains(&key.as_str()));
            unknown.map(|key| format!("there is no `{key}`, there are {}", known.join(", ")))
        };
        unknown(&self.octant, &OCTANT_KEYS)
            .or_else(|| unknown(&self.lifecycle, &LIFECYCLE_KEYS))
            .or_else(|| self.wrong_fields())
    }

    fn wrong_fields(&self) -> Option<String> {
        if !Field::ALL.iter().any(|field| self.says(*field)) {
            return Some("it says nothing: add `action`, `discount` or another field".to_owned());
        }
        if self.reason.is_some() && self.action.is_none() {
            return Some("it has a `reason` without an `action`".to_owned());
        }
        let steps = self.discount.as_deref().unwrap_or_default();
        if self.discount.is_some() && steps.is_empty() {
            return Some("`discount` has no steps".to_owned());
        }
        let is_share = |step: &DiscountStep| (0.0..=1.0).contains(&step.up_to);
        let is_value = |step: &DiscountStep| step.at_stake.is_finite() && step.at_stake >= 0.0;
        if !steps.iter().all(|step| is_share(step) && is_value(step)) {
            return Some("`up_to` is a share from 0 to 1, and `at_stake` at least 0".to_owned());
        }
        let ascends = steps.is_sorted_by(|one, next| one.at_stake < next.at_stake);
        (!ascends).then(|| "the steps of `discount` must ascend in `at_stake`".to_owned())
    }
}

/// One text, or a list of them.
mod one_or_many {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        One(String),
        Many(Vec<String>),
    }

    pub(super) fn serialize<S: Serializer>(keys: &[String], to: S) -> Result<S::Ok, S::Error> {
        match keys {
            [one] => one.serialize(to),
            many => many.serialize(to),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
        Ok(match Written::deserialize(from)? {
            Written::One(key) => vec![key],
            Written::Many(keys) => keys,
        })
    }
}
