//! Orders from the REST interfaces of shops, page by page, from where the last look ended.
//!
//! Knows nothing of files and ledgers: it gives orders as the shop wrote them, and a cursor from which a later pull goes on.
//! The HTTP client is used here and nowhere else.
//!
//! | module | question it answers |
//! |---|---|
//! | [`address`] | where is the shop, and may a token be sent there? |
//! | [`cursor`] | how far was it read, and which orders were met at the edge? |
//! | `http` | how is one page asked for: waiting, trying again, giving up? |
//! | `shopify`, `woocommerce` | what does this interface ask, and where does it go on? |
//! | [`shop`] | what is the next page of a shop? |
//! | [`error`] | what can go wrong? |
#![forbid(unsafe_code)]

pub mod address;
pub mod cursor;
pub mod error;
mod http;
pub mod shop;
mod shopify;
mod woocommerce;

pub use address::Address;
pub use cursor::Cursor;
pub use error::PullError;
pub use http::Pace;
pub use shop::{Access, Page, Shop};
