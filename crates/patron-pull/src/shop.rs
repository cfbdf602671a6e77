//! A shop, and its next page.

use std::fmt;

use serde_json::Value;

use crate::address::Address;
use crate::cursor::Cursor;
use crate::error::PullError;
use crate::http::{Http, Pace};
use crate::{shopify, woocommerce};

/// What it takes to get in, and with that which interface it is.
#[derive(Clone, PartialEq, Eq)]
pub enum Access {
    /// The Admin REST interface of Shopify.
    Shopify {
        /// The access token of an app of the shop.
        token: String,
    },
    /// The REST interface of WooCommerce.
    WooCommerce {
        /// The consumer key.
        key: String,
        /// The consumer secret.
        secret: String,
    },
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shopify { .. } => "Shopify(…)",
            Self::WooCommerce { .. } => "WooCommerce(…)",
        })
    }
}

/// A page of orders.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Orders as the shop wrote them, without those that were given before.
    pub orders: Vec<Value>,
    /// From where to go on, once these orders are safe.
    pub cursor: Cursor,
    /// Nothing more is there now.
    pub is_last: bool,
}

/// A shop that can be asked.
#[derive(Debug)]
pub struct Shop {
    http: Http,
    access: Access,
}

impl Shop {
    /// Prepares to ask a shop.
    ///
    /// # Errors
    /// [`PullError::KeyUnusable`] if the key has characters that no header can have.
    pub fn new(address: Address, access: Access, pace: Pace) -> Result<Self, PullError> {
        let header = match &access {
            Access::Shopify { token } => ("X-Shopify-Access-Token", token.clone()),
            Access::WooCommerce { key, secret } => {
                ("Authorization", woocommerce::authorization(key, secret))
            }
        };
        let http = Http::new(address, header, pace)?;
        Ok(Self { http, access })
    }

    /// Asks for the page at a cursor.
    ///
    /// # Errors
    /// [`PullError`]; asking again with the same cursor is always right.
    pub fn page(&self, cursor: &Cursor) -> Result<Page, PullError> {
        match &self.access {
            Access::Shopify { .. } => shopify::page(&self.http, cursor),
            Access::WooCommerce { .. } => woocommerce::page(&self.http, cursor),
        }
    }
}
