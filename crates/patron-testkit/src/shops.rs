//! Shops on this machine that answer as Shopify and WooCommerce document it.
#![expect(
    clippy::expect_used,
    reason = "what the shops assume must hold, or the test stops there"
)]

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::http::{Request, Response};

/// Orders of a shop, which a test may change while they are read: when changed (seconds since 1970), number, record.
pub type Orders = Arc<Mutex<Vec<(i64, u64, Value)>>>;

/// Writes a second as RFC 3339 in UTC, without `Z`.
#[must_use]
pub fn wall_time(second: i64) -> String {
    let (days, rest) = (second.div_euclid(86_400), second.rem_euclid(86_400));
    // Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

/// Reads what [`wall_time`] writes, with or without `Z`, by looking for it.
fn second_of(text: &str) -> i64 {
    let text = text.trim_end_matches('Z');
    let (mut low, mut high) = (0_i64, 4_102_444_800_i64);
    while low < high {
        let middle = low.midpoint(high);
        if wall_time(middle).as_str() < text {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// Answers a request as WooCommerce does: `modified_after` is exclusive, pages have numbers.
///
/// # Panics
/// If the orders are in use by a test that panicked.
#[must_use]
pub fn woocommerce(orders: &Orders, request: &Request) -> Response {
    if request.path != "/wp-json/wc/v3/orders" {
        return Response::new(404, "{\"code\":\"rest_no_route\"}");
    }
    // `ck:cs` in base64.
    if request.header("authorization") != Some("Basic Y2s6Y3M=") {
        return Response::new(401, "{\"code\":\"woocommerce_rest_cannot_view\"}");
    }
    let number = |name: &str, other: usize| {
        request
            .parameter(name)
            .map_or(other, |text| text.parse().expect("a number"))
    };
    let (per_page, page) = (number("per_page", 10), number("page", 1));
    let after = request.parameter("modified_after").map(second_of);
    let mut found = orders.lock().expect("no test panicked").clone();
    found.retain(|(changed, ..)| after.is_none_or(|after| *changed > after));
    found.sort_by_key(|(changed, id, _)| (*changed, *id));
    let pages = found.len().div_ceil(per_page);
    let given = found.into_iter().skip((page - 1) * per_page).take(per_page);
    let body: Vec<Value> = given.map(|(.., order)| order).collect();
    Response::new(200, json!(body).to_string()).with("X-WP-TotalPages", pages.to_string())
}

/// Answers a request as Shopify does: newest number first, `page_info` for further pages, `updated_at_min` is inclusive.
/// The page's size is the test's, whatever is asked for.
///
/// # Panics
/// If the orders are in use by a test that panicked, or the client asks for what the interface refuses.
#[must_use]
pub fn shopify(orders: &Orders, per_page: usize, now: &str, request: &Request) -> Response {
    if request.path != "/admin/api/2024-10/orders.json" {
        return Response::new(404, "{\"errors\":\"Not Found\"}");
    }
    if request.header("x-shopify-access-token") != Some("shpat_hidden") {
        return Response::new(
            401,
            "{\"errors\":\"[API] Invalid API key or access token\"}",
        );
    }
    let info = request.parameter("page_info");
    assert!(
        info.is_none() || request.parameter("status").is_none(),
        "with page_info no other condition is taken"
    );
    assert!(info.is_some() || request.parameter("status") == Some("any"));
    // Ours are `SECOND.BELOW`: the condition, and the number below which to go on.
    let (since, below) = match info.and_then(|info| info.split_once('.')) {
        Some((since, below)) => (since.parse().ok(), below.parse().unwrap_or(0)),
        None => (request.parameter("updated_at_min").map(second_of), u64::MAX),
    };
    let mut found = orders.lock().expect("no test panicked").clone();
    found.retain(|(changed, id, _)| since.is_none_or(|since| *changed >= since) && *id < below);
    found.sort_by_key(|(_, id, _)| std::cmp::Reverse(*id));
    let more = found.len() > per_page;
    found.truncate(per_page);
    let last = found.last().map_or(0, |(_, id, _)| *id);
    let body: Vec<Value> = found.into_iter().map(|(.., order)| order).collect();
    let response = Response::new(200, json!({ "orders": body }).to_string())
        .with("Date", now)
        .with("X-Shopify-Shop-Api-Call-Limit", "39/40");
    if !more {
        return response;
    }
    let host = request.header("host").unwrap_or_default();
    let since = since.map_or_else(|| "all".to_owned(), |since| since.to_string());
    response.with(
        "Link",
        format!("<http://{host}/admin/api/2024-10/orders.json?limit={per_page}&page_info={since}.{last}>; rel=\"next\""),
    )
}
