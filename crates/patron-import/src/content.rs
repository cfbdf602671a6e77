//! What a file holds, where it does not hold orders.

use std::fmt;

use serde::Deserialize;

/// What the rows of a file are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Content {
    /// Orders or their lines: what the reader takes.
    #[default]
    Orders,
    /// Money given back.
    Refunds,
    /// People.
    Customers,
    /// Articles.
    Products,
    /// What people did: views, carts, mails opened.
    Events,
    /// Answers of people, reviews.
    Surveys,
    /// What was spent on advertising.
    Spend,
}

impl Content {
    /// Returns the stable key.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Refunds => "refunds",
            Self::Customers => "customers",
            Self::Products => "products",
            Self::Events => "events",
            Self::Surveys => "surveys",
            Self::Spend => "spend",
        }
    }

    /// Returns the content of a stable key.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        [
            Self::Orders,
            Self::Refunds,
            Self::Customers,
            Self::Products,
            Self::Events,
            Self::Surveys,
            Self::Spend,
        ]
        .into_iter()
        .find(|content| content.key() == key)
    }

    /// Returns what to give instead, and what becomes of such a file.
    #[must_use]
    pub const fn mend(self) -> &'static str {
        match self {
            Self::Orders => "give it as it is",
            Self::Refunds => {
                "give the orders, with a column of the refunded amount if there is one: a file of refunds alone is recognised, and not used yet"
            }
            Self::Customers => {
                "give the orders: who bought, when and how much; names and addresses are taken from there, a list of customers is recognised and not used yet"
            }
            Self::Products => {
                "give the orders or order lines: a list of products is recognised and not used yet"
            }
            Self::Events => {
                "give the orders: views, carts and mails are recognised and not used yet"
            }
            Self::Surveys => "give the orders: answers and reviews are recognised and not used yet",
            Self::Spend => "give the orders: spend on advertising is recognised and not used yet",
        }
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Orders => "orders",
            Self::Refunds => "refunds",
            Self::Customers => "a list of customers",
            Self::Products => "a list of products",
            Self::Events => "events (what people did)",
            Self::Surveys => "answers of customers",
            Self::Spend => "spend on advertising",
        })
    }
}
