//! Shops that are slow, broken, elsewhere, or do not let us in.

use std::time::{Duration, Instant};

use patron_core::{Coded, ErrorCode};
use patron_pull::{Access, Address, Cursor, PullError, Shop};
use patron_testkit::http::{Response, Server};
use serde_json::json;

use super::{PACE, ids, look, shopify, woocommerce};

fn one_order() -> Response {
    let order = json!([{ "id": 1, "date_modified_gmt": "2024-05-01T10:00:00" }]);
    Response::new(200, order.to_string()).with("X-WP-TotalPages", "1")
}

/// Answers the first requests otherwise.
fn server(first: Vec<Response>) -> Server {
    Server::start(move |_, before| first.get(before).cloned().unwrap_or_else(one_order))
}

fn answer(server: &Server) -> Result<Vec<u64>, PullError> {
    let orders = look(&woocommerce(server.address()), &mut Cursor::default());
    orders.map(|orders| ids(&orders))
}

#[test]
fn a_shop_that_asks_to_wait_is_waited_for() {
    let server = server(vec![Response::new(429, "").with("Retry-After", "0.4")]);
    let begun = Instant::now();
    assert_eq!(answer(&server).unwrap(), [1]);
    assert!(begun.elapsed() >= Duration::from_millis(400));
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn a_wait_that_is_too_long_is_left_to_the_next_refresh() {
    let server = server(vec![Response::new(429, "").with("Retry-After", "3600")]);
    let error = answer(&server).unwrap_err();
    assert!(
        matches!(error, PullError::Busy { seconds: 3_600, .. }),
        "{error}"
    );
    assert_eq!(error.code(), ErrorCode::StorageUnreachable);
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_broken_shop_is_asked_again_but_not_for_ever() {
    let broken = || Response::new(500, "oops");
    let mended = server(vec![broken(), Response::new(503, ""), broken()]);
    assert_eq!(answer(&mended).unwrap(), [1]);
    let server = Server::start(|_, _| Response::new(502, "oops"));
    let error = answer(&server).unwrap_err();
    assert!(
        matches!(error, PullError::Status { status: 502, .. }),
        "{error}"
    );
    assert_eq!(server.asked().len(), PACE.tries as usize);
}

#[test]
fn a_body_that_is_cut_off_is_asked_for_again() {
    let cut = || one_order().cut_after(20);
    let mended = server(vec![cut(), cut()]);
    assert_eq!(answer(&mended).unwrap(), [1]);
    let error = answer(&Server::start(move |_, _| cut())).unwrap_err();
    assert!(matches!(error, PullError::Unreachable { .. }), "{error}");
}

#[test]
fn a_key_that_is_not_accepted_is_named_with_the_mend_and_not_tried_again() {
    for (status, key) in [
        (401, "shop_key_not_accepted"),
        (403, "shop_key_not_allowed"),
        (404, "shop_without_interface"),
    ] {
        // What the shop says is not passed on: it may repeat the key.
        let server = Server::start(move |_, _| Response::new(status, "no: shpat_hidden"));
        let error = look(&shopify(server.address()), &mut Cursor::default()).unwrap_err();
        assert_eq!(error.key(), key);
        assert_eq!(error.code(), ErrorCode::SettingInvalid);
        assert!(error.hint().is_some());
        assert!(!format!("{error:?} {error}").contains("hidden"));
        assert_eq!(server.asked().len(), 1);
    }
}

#[test]
fn a_key_goes_to_no_other_host() {
    let other = Server::start(|_, _| one_order());
    let to = format!("{}/wp-json/wc/v3/orders", other.address());
    let server = Server::start(move |_, _| Response::new(302, "").with("Location", to.clone()));
    let error = answer(&server).unwrap_err();
    assert!(
        matches!(&error, PullError::Elsewhere { to, .. } if *to == other.address()),
        "{error}"
    );
    assert!(other.asked().is_empty());
    for location in [
        "//evil.example/x",
        "https://127.0.0.1.evil.example/",
        "",
        "x",
    ] {
        let server = Server::start(move |_, _| Response::new(307, "").with("Location", location));
        let error = answer(&server).unwrap_err();
        assert!(
            matches!(error, PullError::Elsewhere { .. }),
            "{location}: {error}"
        );
    }
    // Another port that begins like ours is another host.
    let server = Server::start(|request, _| {
        let host = request.header("host").unwrap_or_default();
        Response::new(307, "").with("Location", format!("http://{host}1/x"))
    });
    assert!(matches!(answer(&server), Err(PullError::Elsewhere { .. })));
}

#[test]
fn a_shop_may_send_on_within_itself_but_not_in_circles() {
    let moved = |to: &str| Response::new(308, "").with("Location", to);
    let mended = server(vec![moved("/de/wp-json/wc/v3/orders?page=1")]);
    assert_eq!(answer(&mended).unwrap(), [1]);
    assert_eq!(mended.asked()[1].path, "/de/wp-json/wc/v3/orders");
    let circle = Server::start(move |_, _| moved("/again"));
    assert!(matches!(answer(&circle), Err(PullError::Elsewhere { .. })));
    assert_eq!(circle.asked().len(), 4);
}

#[test]
fn an_answer_that_is_no_page_of_orders_is_named() {
    for body in [
        "<html>Coming soon</html>",
        "{\"orders\":[]}",
        "[{\"id\":1}]",
        "[{\"id\":1,\"date_modified_gmt\":\"soon\"}]",
        "",
    ] {
        let error = answer(&Server::start(move |_, _| Response::new(200, body))).unwrap_err();
        assert!(
            matches!(error, PullError::NotUnderstood { .. }),
            "{body}: {error}"
        );
    }
    // A shop that does not know the condition would be read from the beginning each time.
    let old = Server::start(|_, before| {
        let day = if before == 0 {
            "2024-05-02"
        } else {
            "2023-05-01"
        };
        let order = json!([{ "id": before, "date_modified_gmt": format!("{day}T10:00:00") }]);
        Response::new(200, order.to_string()).with("X-WP-TotalPages", "1")
    });
    let (shop, mut cursor) = (woocommerce(old.address()), Cursor::default());
    assert_eq!(look(&shop, &mut cursor).unwrap().len(), 1);
    let error = look(&shop, &mut cursor).unwrap_err();
    assert!(error.to_string().contains("5.8"), "{error}");
    // A link that leads nowhere.
    for link in [
        "<http://x/?page_info=>; rel=\"next\"",
        "<http://x/?page_info=a b>; rel=\"next\"",
    ] {
        let server =
            Server::start(move |_, _| Response::new(200, "{\"orders\":[]}").with("Link", link));
        let error = look(&shopify(server.address()), &mut Cursor::default()).unwrap_err();
        assert!(matches!(error, PullError::NotUnderstood { .. }), "{error}");
    }
}

#[test]
fn a_shop_that_is_not_there_is_named() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let error = look(&woocommerce(&address), &mut Cursor::default()).unwrap_err();
    assert!(matches!(error, PullError::Unreachable { .. }), "{error}");
}

#[test]
fn a_key_that_would_break_the_request_is_refused() {
    let address = Address::parse("http://127.0.0.1:9", false).unwrap();
    let token = "shpat_\r\nX-Evil: 1".to_owned();
    let error = Shop::new(address, Access::Shopify { token }, PACE).unwrap_err();
    assert!(matches!(error, PullError::KeyUnusable { .. }));
    assert!(!error.to_string().contains("Evil"));
}
