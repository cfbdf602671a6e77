//! Tests of the pulls against shops on this machine.
//!
//! | module | question it answers |
//! |---|---|
//! | [`looks`] | is every order and every change given, and none twice, also if orders change while they are read? |
//! | [`trouble`] | what becomes of a shop that is slow, broken, elsewhere, or does not let us in? |
#![forbid(unsafe_code)]
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "what helpers of tests assume must hold, or the test stops there"
)]

mod looks;
mod trouble;

use std::time::Duration;

use patron_pull::{Access, Address, Cursor, Pace, PullError, Shop};
use serde_json::Value;

/// Waits that no test feels.
const PACE: Pace = Pace {
    tries: 4,
    first_wait: Duration::from_millis(5),
    longest_wait: Duration::from_millis(1_500),
    breath: Duration::from_millis(1),
    timeout: Duration::from_secs(5),
};

fn shop(address: &str, access: Access) -> Shop {
    let address = Address::parse(address, false).expect("an address of this machine");
    Shop::new(address, access, PACE).expect("a key that fits into a header")
}

fn woocommerce(address: &str) -> Shop {
    let (key, secret) = ("ck".to_owned(), "cs".to_owned());
    shop(address, Access::WooCommerce { key, secret })
}

fn shopify(address: &str) -> Shop {
    let token = "shpat_hidden".to_owned();
    shop(address, Access::Shopify { token })
}

/// One look; the cursor is written down and read again after each page, as if patron had ended there.
fn look(shop: &Shop, cursor: &mut Cursor) -> Result<Vec<Value>, PullError> {
    let mut all = Vec::new();
    for _ in 0..1_000 {
        let page = shop.page(cursor)?;
        all.extend(page.orders);
        let kept = serde_json::to_string(&page.cursor).expect("a cursor is text");
        *cursor = serde_json::from_str(&kept).expect("the text is a cursor");
        if page.is_last {
            return Ok(all);
        }
    }
    panic!("a look does not end");
}

fn ids(orders: &[Value]) -> Vec<u64> {
    let ids = orders.iter().map(|order| order["id"].as_u64());
    ids.map(|id| id.expect("an order has an id")).collect()
}

fn sorted(orders: &[Value]) -> Vec<u64> {
    let mut ids = ids(orders);
    ids.sort_unstable();
    ids
}
