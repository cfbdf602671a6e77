//! What a file holds: orders, or a list of something else.

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

    /// Returns what to give besides, where orders are needed.
    #[must_use]
    pub const fn mend(self) -> &'static str {
        match self {
            Self::Orders => "give it as it is",
            Self::Refunds => {
                "give the orders, too: refunds are taken off the orders that they name, or off what their customers spent"
            }
            Self::Customers => {
                "give the orders, too: who bought, when and how much; names and addresses are taken from the list"
            }
            Self::Products => {
                "give the orders or order lines; `patron import` keeps a list of products in a workspace"
            }
            Self::Events => {
                "give the orders; `patron import` keeps views, carts and mails in a workspace"
            }
            Self::Surveys => {
                "give the orders; `patron import` keeps answers and reviews in a workspace"
            }
            Self::Spend => {
                "give the orders; `patron import` keeps spend on advertising in a workspace"
            }
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
