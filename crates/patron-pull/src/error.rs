//! What can go wrong when orders are asked of a shop.

use patron_core::{Coded, ErrorCode};

/// Why a shop could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PullError {
    /// The address cannot be one of a shop.
    #[error("`{address}` is no address of a shop, expected {expected}")]
    Address {
        /// As typed, without what may be a password.
        address: String,
        /// What it should be.
        expected: &'static str,
    },
    /// The token would be readable on its way.
    #[error("`{host}` is to be asked without encryption, and the key could be read on its way")]
    NotEncrypted {
        /// The host.
        host: String,
    },
    /// What it takes to get in cannot be used.
    #[error("what is kept to get into `{host}` cannot be used in a request")]
    KeyUnusable {
        /// The host.
        host: String,
    },
    /// The shop does not know the token.
    #[error("`{host}` does not accept the key (answer 401)")]
    NotAccepted {
        /// The host.
        host: String,
    },
    /// The token may not read orders.
    #[error("the key may not read the orders of `{host}` (answer 403)")]
    NotAllowed {
        /// The host.
        host: String,
    },
    /// There is no such interface.
    #[error("`{host}` has no interface at `{path}` (answer 404)")]
    NoInterface {
        /// The host.
        host: String,
        /// The path asked.
        path: String,
    },
    /// The shop sends to another address, and a token does not go there.
    #[error("`{host}` sends on to `{to}`, and a key is not sent there")]
    Elsewhere {
        /// The host.
        host: String,
        /// Scheme and host of the other one.
        to: String,
    },
    /// Too many requests, and it stays so.
    #[error("`{host}` asks to wait {seconds} s before it answers again")]
    Busy {
        /// The host.
        host: String,
        /// How long.
        seconds: u64,
    },
    /// Another answer than orders.
    #[error("`{host}` answered {status}")]
    Status {
        /// The host.
        host: String,
        /// The status.
        status: u16,
    },
    /// No answer, or a part of one.
    #[error("`{host}` cannot be read: {message}")]
    Unreachable {
        /// The host.
        host: String,
        /// What happened.
        message: String,
    },
    /// The answer is too large to be a page.
    #[error("a page of `{host}` is larger than {most} MB")]
    TooLarge {
        /// The host.
        host: String,
        /// The bound.
        most: u64,
    },
    /// The answer is no page of orders.
    #[error("what `{host}` answered is no page of orders: {why}")]
    NotUnderstood {
        /// The host.
        host: String,
        /// What is wrong.
        why: String,
    },
}

impl PullError {
    fn host(&self) -> &str {
        match self {
            Self::Address { address, .. } => address,
            Self::NotEncrypted { host }
            | Self::KeyUnusable { host }
            | Self::NotAccepted { host }
            | Self::NotAllowed { host }
            | Self::NoInterface { host, .. }
            | Self::Elsewhere { host, .. }
            | Self::Busy { host, .. }
            | Self::Status { host, .. }
            | Self::Unreachable { host, .. }
            | Self::TooLarge { host, .. }
            | Self::NotUnderstood { host, .. } => host,
        }
    }
}

impl Coded for PullError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Address { .. }
            | Self::NotEncrypted { .. }
            | Self::KeyUnusable { .. }
            | Self::NotAccepted { .. }
            | Self::NotAllowed { .. }
            | Self::NoInterface { .. }
            | Self::Elsewhere { .. } => ErrorCode::SettingInvalid,
            Self::Busy { .. } | Self::Status { .. } | Self::Unreachable { .. } => {
                ErrorCode::StorageUnreachable
            }
            Self::TooLarge { .. } | Self::NotUnderstood { .. } => ErrorCode::InputNotUnderstood,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Address { .. } => "shop_address",
            Self::NotEncrypted { .. } => "shop_not_encrypted",
            Self::KeyUnusable { .. } => "shop_key_unusable",
            Self::NotAccepted { .. } => "shop_key_not_accepted",
            Self::NotAllowed { .. } => "shop_key_not_allowed",
            Self::NoInterface { .. } => "shop_without_interface",
            Self::Elsewhere { .. } => "shop_elsewhere",
            Self::Busy { .. } => "shop_busy",
            Self::Status { .. } => "shop_status",
            Self::Unreachable { .. } => "shop_unreachable",
            Self::TooLarge { .. } => "shop_page_too_large",
            Self::NotUnderstood { .. } => "shop_not_understood",
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        let mut params = vec![("host", self.host().to_owned())];
        match self {
            Self::Address { expected, .. } => params.push(("expected", (*expected).to_owned())),
            Self::NoInterface { path, .. } => params.push(("path", path.clone())),
            Self::Elsewhere { to, .. } => params.push(("to", to.clone())),
            Self::Busy { seconds, .. } => params.push(("seconds", seconds.to_string())),
            Self::Status { status, .. } => params.push(("status", status.to_string())),
            _ => {}
        }
        params
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Address { .. } => return None,
            Self::NotEncrypted { .. } => {
                "give the address with https://; `--insecure` sends the key all the same".to_owned()
            }
            Self::KeyUnusable { .. } | Self::NotAccepted { .. } => {
                "make a new key in the shop's administration, then give it with `patron source key ID`".to_owned()
            }
            Self::NotAllowed { .. } => {
                "the key needs the right to read orders: `read_orders` (and `read_all_orders` for those older than 60 days) in Shopify, `Read` in WooCommerce"
                    .to_owned()
            }
            Self::NoInterface { .. } => {
                "check the address; WooCommerce needs permalinks other than `Plain`, and its folder if WordPress is in one"
                    .to_owned()
            }
            Self::Elsewhere { to, .. } => {
                format!("if that is the shop, remove this source and add it with the address `{to}`")
            }
            Self::Busy { .. } | Self::Status { .. } | Self::Unreachable { .. } => {
                "try again later: what was read is kept, and the next refresh goes on from there".to_owned()
            }
            Self::TooLarge { .. } | Self::NotUnderstood { .. } => {
                "open the address in a browser: something else than the shop's interface may answer there".to_owned()
            }
        })
    }
}
