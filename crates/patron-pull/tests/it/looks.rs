//! Looks at a shop, one after the other.

use std::sync::{Arc, Mutex};

use patron_pull::Cursor;
use patron_testkit::http::{Response, Server};
use patron_testkit::shops::{self, Orders, wall_time};
use serde_json::{Value, json};

use super::{ids, look, shopify, sorted, woocommerce};

/// 2024-05-01T10:00:00Z.
const MORNING: i64 = 1_714_557_600;
/// As a server says the evening of that day.
const EVENING: &str = "Wed, 01 May 2024 20:00:00 GMT";

fn woo(id: u64, changed: i64, total: &str) -> (i64, u64, Value) {
    let time = wall_time(changed);
    (
        changed,
        id,
        json!({ "id": id, "date_modified_gmt": time, "total": total }),
    )
}

fn shopify_order(id: u64, changed: i64, total: &str) -> (i64, u64, Value) {
    let time = format!("{}Z", wall_time(changed));
    (
        changed,
        id,
        json!({ "id": id, "updated_at": time, "total_price": total }),
    )
}

fn shared(orders: impl Iterator<Item = (i64, u64, Value)>) -> Orders {
    Arc::new(Mutex::new(orders.collect()))
}

fn replace(orders: &Orders, new: (i64, u64, Value)) {
    let mut orders = orders.lock().expect("no answer panicked");
    orders.retain(|(_, id, _)| *id != new.1);
    orders.push(new);
}

fn woo_server(orders: &Orders) -> Server {
    let orders = Arc::clone(orders);
    Server::start(move |request, _| shops::woocommerce(&orders, request))
}

fn shopify_server(orders: &Orders, now: &'static str) -> Server {
    let orders = Arc::clone(orders);
    Server::start(move |request, _| shops::shopify(&orders, 7, now, request))
}

#[test]
fn woocommerce_gives_every_order_once_and_then_only_changes() {
    // 450 orders a minute apart need five pages.
    let orders = shared((1..=450).map(|id| woo(id, MORNING + 60 * id.cast_signed(), "5")));
    let server = woo_server(&orders);
    let (shop, mut cursor) = (woocommerce(server.address()), Cursor::default());
    let all = look(&shop, &mut cursor).unwrap();
    assert_eq!(ids(&all), (1..=450).collect::<Vec<_>>());
    assert_eq!(server.asked().len(), 5);
    assert!(look(&shop, &mut cursor).unwrap().is_empty());
    // Changed in the very second of the newest one, and later.
    replace(&orders, woo(3, MORNING + 60 * 450, "7"));
    replace(&orders, woo(4, MORNING + 60 * 500, "8"));
    assert_eq!(ids(&look(&shop, &mut cursor).unwrap()), [3, 4]);
    assert!(look(&shop, &mut cursor).unwrap().is_empty());
}

#[test]
fn woocommerce_orders_of_one_second_are_all_given() {
    let orders = shared((1..=350).map(|id| woo(id, MORNING, "5")));
    let server = woo_server(&orders);
    let mut cursor = Cursor::default();
    let all = look(&woocommerce(server.address()), &mut cursor).unwrap();
    assert_eq!(sorted(&all), (1..=350).collect::<Vec<_>>());
}

#[test]
fn woocommerce_orders_that_change_while_they_are_read_move_no_other_out_of_sight() {
    let orders = shared((1..=300).map(|id| woo(id, MORNING + 60 * id.cast_signed(), "5")));
    let inner = Arc::clone(&orders);
    let server = Server::start(move |request, before| {
        let answer = shops::woocommerce(&inner, request);
        // After each page an order of it is changed and goes to the end.
        if before < 3 {
            let id = 10 + before as u64;
            replace(
                &inner,
                woo(id, MORNING + 60 * (1_000 + id.cast_signed()), "9"),
            );
        }
        answer
    });
    let mut cursor = Cursor::default();
    let all = look(&woocommerce(server.address()), &mut cursor).unwrap();
    let mut expected: Vec<u64> = (1..=300).chain([10, 11, 12]).collect();
    expected.sort_unstable();
    assert_eq!(sorted(&all), expected);
}

#[test]
fn shopify_gives_every_order_once_and_then_only_changes() {
    let orders = shared((1..=30).map(|id| shopify_order(id, MORNING + 60 * id.cast_signed(), "5")));
    let server = shopify_server(&orders, EVENING);
    let (shop, mut cursor) = (shopify(server.address()), Cursor::default());
    let all = look(&shop, &mut cursor).unwrap();
    assert_eq!(ids(&all), (1..=30).rev().collect::<Vec<_>>());
    assert_eq!(server.asked().len(), 5);
    assert!(look(&shop, &mut cursor).unwrap().is_empty());
    assert_eq!(
        server.asked()[5].parameter("updated_at_min"),
        Some("2024-05-01T10:29:00Z")
    );
    replace(&orders, shopify_order(3, MORNING + 60 * 30, "7"));
    replace(&orders, shopify_order(4, MORNING + 60 * 31, "8"));
    assert_eq!(sorted(&look(&shop, &mut cursor).unwrap()), [3, 4]);
    assert!(look(&shop, &mut cursor).unwrap().is_empty());
}

#[test]
fn shopify_changes_of_pages_that_were_read_come_with_the_next_look() {
    // The look begins at ten; order 30 changes when its page is over, and later order 1 does, whose page is still to come.
    let ten = "Wed, 01 May 2024 10:00:00 GMT";
    let orders = shared((1..=30).map(|id| shopify_order(id, MORNING - 86_400, "5")));
    let inner = Arc::clone(&orders);
    let server = Server::start(move |request, before| {
        let answer = shops::shopify(&inner, 7, ten, request);
        if before == 0 {
            replace(&inner, shopify_order(30, MORNING + 5, "7"));
            replace(&inner, shopify_order(1, MORNING + 600, "8"));
        }
        answer
    });
    let (shop, mut cursor) = (shopify(server.address()), Cursor::default());
    let all = look(&shop, &mut cursor).unwrap();
    assert_eq!(sorted(&all), (1..=30).collect::<Vec<_>>());
    let next = look(&shop, &mut cursor).unwrap();
    assert_eq!(ids(&next), [30]);
    assert_eq!(next[0]["total_price"], "7");
}

#[test]
fn a_page_of_shopify_that_is_gone_begins_the_look_again() {
    let orders = shared((1..=20).map(|id| shopify_order(id, MORNING, "5")));
    let inner = Arc::clone(&orders);
    let server = Server::start(move |request, before| {
        if before == 1 {
            return Response::new(400, "{\"errors\":{\"page_info\":\"Invalid value.\"}}");
        }
        shops::shopify(&inner, 7, EVENING, request)
    });
    let mut cursor = Cursor::default();
    let all = look(&shopify(server.address()), &mut cursor).unwrap();
    assert_eq!(sorted(&all), (1..=20).collect::<Vec<_>>());
}
