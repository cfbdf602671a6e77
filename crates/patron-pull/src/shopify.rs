//! Shopify: `admin/api/…/orders.json`, page by page through `Link`.
//!
//! The order of pages is the shop's own, so a look is finished before the time from which the next one asks moves on. That time
//! is not after the look began: what was changed meanwhile is asked for again.

use serde_json::Value;

use crate::cursor::{Cursor, OVERLAP_SECONDS, second_of, time_of};
use crate::error::PullError;
use crate::http::{Answer, Http};
use crate::shop::Page;

const PATH: &str = "/admin/api/2024-10/orders.json";
/// The most that the interface gives.
const LIMIT: usize = 250;

pub(crate) fn page(http: &Http, cursor: &Cursor) -> Result<Page, PullError> {
    match ask(http, cursor) {
        // A page that was remembered for too long: the look begins again, and what was given before is left out by the import.
        Err(PullError::Status {
            status: 400 | 410 | 422,
            ..
        }) if cursor.next.is_some() => {
            tracing::info!("the page remembered is gone; the look begins again");
            let again = Cursor {
                next: None,
                ..cursor.clone()
            };
            ask(http, &again)
        }
        answered => answered,
    }
}

fn ask(http: &Http, cursor: &Cursor) -> Result<Page, PullError> {
    let answer = http.get(&format!("{PATH}?{}", query(cursor)))?;
    let orders = orders(http, &answer)?;
    let newest = orders.iter().map(|(changed, _)| *changed).max();
    let mut after = cursor.clone();
    if cursor.next.is_none() {
        // Without the shop's clock the newest change is all that is known of the time.
        after.begun = answer.served_at.or(newest);
        after.newest = None;
    }
    after.newest = after.newest.max(newest);
    let orders = after.take_new(orders);
    after.next = next_page(http, &answer)?;
    let edge = after.newest.min(after.begun.or(after.newest));
    let edge = edge.map(|edge| edge - OVERLAP_SECONDS);
    if let Some(edge) = edge {
        after.forget_before(edge.min(after.since.unwrap_or(edge)));
    }
    let is_last = after.next.is_none();
    if is_last {
        after.since = edge.max(after.since);
        (after.begun, after.newest) = (None, None);
        if let Some(since) = after.since {
            after.forget_before(since);
        }
    }
    Ok(Page {
        orders,
        cursor: after,
        is_last,
    })
}

fn query(cursor: &Cursor) -> String {
    // With `page_info` the interface takes no other condition: it is in there.
    if let Some(next) = &cursor.next {
        return format!("limit={LIMIT}&page_info={next}");
    }
    let since = cursor.since.map(time_of);
    let since = since.map_or_else(String::new, |time| format!("&updated_at_min={time}"));
    format!("status=any&limit={LIMIT}{since}")
}

fn orders(http: &Http, answer: &Answer) -> Result<Vec<(i64, Value)>, PullError> {
    let mut body = answer.json(http)?;
    let Some(Value::Array(orders)) = body.get_mut("orders").map(Value::take) else {
        return Err(http.not_understood("it has no list `orders`"));
    };
    let dated = orders.into_iter().map(|order| {
        let changed = order.get("updated_at").and_then(Value::as_str);
        let changed = changed
            .and_then(second_of)
            .ok_or_else(|| http.not_understood("an order has no `updated_at`"))?;
        Ok((changed, order))
    });
    dated.collect()
}

/// Returns `page_info` of the next page. Only that is taken of the link, so that it can lead nowhere else.
fn next_page(http: &Http, answer: &Answer) -> Result<Option<String>, PullError> {
    let Some(link) = answer.header("link").and_then(next_link) else {
        return Ok(None);
    };
    let parameters = link.split_once('?').map_or("", |(_, query)| query);
    let info = parameters
        .split('&')
        .find_map(|parameter| parameter.strip_prefix("page_info="));
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~%=".contains(c);
    match info {
        Some(info) if !info.is_empty() && info.chars().all(is_plain) => Ok(Some(info.to_owned())),
        _ => Err(http.not_understood("its `Link` names no next page")),
    }
}

/// Returns the address marked `rel="next"` in a header `Link`.
fn next_link(header: &str) -> Option<&str> {
    header.split(',').find_map(|part| {
        let (address, marks) = part.split_once(';')?;
        let is_next = marks
            .split(';')
            .any(|mark| matches!(mark.trim(), "rel=\"next\"" | "rel=next"));
        let address = address.trim().strip_prefix('<')?.strip_suffix('>')?;
        is_next.then_some(address)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_among_links() {
        let header = "<https://s.myshopify.com/a.json?limit=2&page_info=prev>; rel=\"previous\", <https://s.myshopify.com/a.json?limit=2&page_info=abc>; rel=\"next\"";
        assert_eq!(
            next_link(header),
            Some("https://s.myshopify.com/a.json?limit=2&page_info=abc")
        );
        assert_eq!(next_link("<https://x/a>; rel=\"previous\""), None);
        assert_eq!(next_link(""), None);
    }
}
