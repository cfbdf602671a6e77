//! Why histories cannot be folded as a database gives them.

use patron_core::{Coded, ErrorCode};

/// Why histories that a database sorts by customer cannot be folded as they come.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SortedError {
    /// Nothing says as of which day to fold, and the last order is known only at the end.
    #[error("customers cannot be folded as they come without an as-of day")]
    NoAsOf,
    /// A setting that takes all facts at once.
    #[error("{setting} does not work while customers are folded as they come")]
    NotAsTheyCome {
        /// Which.
        setting: &'static str,
        /// What to do.
        hint: &'static str,
    },
    /// Somebody's rows did not come together.
    #[error("customer `{customer}` came back after others: the answer is not sorted by customer")]
    CameBack {
        /// Who.
        customer: String,
    },
    /// Orders stand with more than one customer.
    #[error(
        "{orders} orders stand with more than one customer, and are not set aside while customers are folded as they come"
    )]
    SharedOrders {
        /// How many.
        orders: u64,
    },
}

impl Coded for SortedError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::NoAsOf | Self::NotAsTheyCome { .. } => ErrorCode::SettingInvalid,
            Self::CameBack { .. } | Self::SharedOrders { .. } => ErrorCode::InputAmbiguous,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::NoAsOf => "sorted_without_as_of",
            Self::NotAsTheyCome { .. } => "not_while_sorted",
            Self::CameBack { .. } => "customer_came_back",
            Self::SharedOrders { .. } => "sorted_shared_orders",
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NoAsOf => Vec::new(),
            Self::NotAsTheyCome { setting, .. } => vec![("setting", (*setting).to_owned())],
            Self::CameBack { customer } => vec![("customer", customer.clone())],
            Self::SharedOrders { orders } => vec![("orders", orders.to_string())],
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoAsOf => "say it, `--as-of YYYY-MM-DD`, or leave out `--sorted-by-server`",
            Self::NotAsTheyCome { hint, .. } => hint,
            Self::CameBack { .. } => {
                "ids that the database tells apart are one here, such as `7` and ` 7`: give the customer's column as patron reads it, or leave out `--sorted-by-server`"
            }
            Self::SharedOrders { .. } => {
                "leave out `--sorted-by-server`, and their rows are set aside and listed; `--keep shared-orders` counts each for each of its customers"
            }
        };
        Some(hint.to_owned())
    }
}
