//! Which customers may be one person.

use serde::{Deserialize, Serialize};

/// Which customers may be one person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// Every customer is a person.
    Off,
    /// Whoever ordered without an account is the one customer whose account names the same address.
    #[default]
    Guests,
    /// Customers with an e-mail address in common, accounts too.
    Email,
    /// Customers with an e-mail address or telephone number in common.
    Contacts,
}

impl Rule {
    /// All rules.
    pub const ALL: [Self; 4] = [Self::Off, Self::Guests, Self::Email, Self::Contacts];

    /// Returns its word in settings.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Guests => "guests",
            Self::Email => "email",
            Self::Contacts => "contacts",
        }
    }

    /// Returns the rule of a word.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.key() == key)
    }
}
