//! WooCommerce: `wp-json/wc/v3/orders`, oldest change first.
//!
//! Numbers of pages move while a shop is read: an order that is changed goes to the end, and the one after the page takes its
//! place. So the next page is asked for by the time of the last change, and by number only within one time.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::cursor::{Cursor, OVERLAP_SECONDS, second_of, time_of};
use crate::error::PullError;
use crate::http::{Answer, Http};
use crate::shop::Page;

const PATH: &str = "/wp-json/wc/v3/orders";
/// The most that the interface gives.
const PER_PAGE: usize = 100;

pub(crate) fn authorization(key: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{key}:{secret}")))
}

pub(crate) fn page(http: &Http, cursor: &Cursor) -> Result<Page, PullError> {
    let number: u64 = cursor
        .next
        .as_deref()
        .map_or(1, |next| next.parse().unwrap_or(1));
    let answer = http.get(&format!("{PATH}?{}", query(cursor.since, number)))?;
    let orders = orders(http, &answer, cursor.since)?;
    let given = orders.len();
    let newest = orders.iter().map(|(changed, _)| *changed).max();
    let is_last = match answer.number("x-wp-totalpages") {
        Some(pages) => number >= pages,
        None => given < PER_PAGE,
    };
    let mut after = cursor.clone();
    let orders = after.take_new(orders);
    let reached = newest.map(|newest| newest - OVERLAP_SECONDS);
    let gets_further = reached > after.since;
    if gets_further {
        after.since = reached;
    }
    after.next = (!is_last && !gets_further).then(|| (number + 1).to_string());
    if let Some(since) = after.since {
        after.forget_before(since);
    }
    Ok(Page {
        orders,
        cursor: after,
        is_last: is_last || given == 0,
    })
}

fn query(since: Option<i64>, number: u64) -> String {
    let mut query =
        format!("per_page={PER_PAGE}&page={number}&orderby=modified&order=asc&dates_are_gmt=true");
    if let Some(since) = since {
        let time = time_of(since);
        query.push_str("&modified_after=");
        query.push_str(time.trim_end_matches('Z'));
    }
    query
}

/// The orders with the seconds in which they were changed.
fn orders(
    http: &Http,
    answer: &Answer,
    since: Option<i64>,
) -> Result<Vec<(i64, Value)>, PullError> {
    let Value::Array(orders) = answer.json(http)? else {
        return Err(http.not_understood("it is no list"));
    };
    let mut dated = Vec::with_capacity(orders.len());
    for order in orders {
        let changed = order.get("date_modified_gmt").and_then(Value::as_str);
        let changed = changed
            .and_then(second_of)
            .ok_or_else(|| http.not_understood("an order has no `date_modified_gmt`"))?;
        if since.is_some_and(|since| changed < since) {
            return Err(http.not_understood(
                "it holds orders older than asked for; WooCommerce before 5.8 cannot be asked for changes",
            ));
        }
        dated.push((changed, order));
    }
    Ok(dated)
}
