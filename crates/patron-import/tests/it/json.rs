//! JSON gives the facts of the orders in it, in whatever form: lines, an array, an interface's answer.

use patron_core::{Coded, OrderStatus, RowClass};
use patron_import::{RowKind, UNDATED};

use crate::containers::{error, folder, open, put};
use crate::presets::{HOUR, MAY_1, PAID, fact, preset, said};

const WOO: &str = r#"{"id":727,"parent_id":0,"number":"727","order_key":"wc_1","created_via":"checkout","version":"8.0","status":"completed","currency":"EUR","date_created":"2024-05-01T12:00:00","date_created_gmt":"2024-05-01T10:00:00","date_modified_gmt":"2024-05-02T10:00:00","discount_total":"5.00","total":"60.00","total_tax":"8.00","shipping_total":"7.00","customer_id":17,"billing":{"first_name":"Ann","last_name":"Smith","email":"Ann@example.com","phone":"+49 30 1"},"payment_method":"bacs","meta_data":[{"id":1,"key":"k","value":{"x":1}}],"line_items":[{"id":1,"name":"Soap, big","product_id":93,"quantity":2,"subtotal":"25.00","total":"20.00","sku":"S"},{"id":2,"name":"Towel","product_id":94,"quantity":1,"total":"25.00"}],"refunds":[{"id":900,"reason":"","total":"-6.00"},{"id":901,"total":"-6.00"}]}"#;

#[test]
fn orders_of_the_woocommerce_interface_come_with_their_lines() {
    let folder = folder();
    let guest = WOO
        .replace("727", "728")
        .replace("\"customer_id\":17", "\"customer_id\":0")
        .replace("completed", "pending")
        .replace(
            r#""refunds":[{"id":900,"reason":"","total":"-6.00"},{"id":901,"total":"-6.00"}]"#,
            r#""refunds":[]"#,
        );
    let bare = r#"{"id":729,"status":"processing","currency":"EUR","date_created":"2024-05-01T10:00:00","total":"60.00","total_tax":"8.00","shipping_total":"7.00","customer_id":18,"billing":{"email":"b@example.com"},"line_items":[]}"#;
    let lines = format!("{WOO}\n{guest}\n{bare}\n");
    let array = format!("[\n{WOO},\n{guest},\n{bare}\n]");
    let answer = format!("{{\"page\":1,\"orders\":[{WOO},{guest},{bare}]}}");
    let order =
        |customer, id, cents, status| fact(customer, id, MAY_1, cents, RowKind::Order, status);
    for (name, text) in [("a.jsonl", lines), ("a.json", array), ("b.json", answer)] {
        let read = open(&put(&folder, name, text.as_bytes()));
        assert_eq!(preset(&read), "woocommerce-rest");
        // Goods are 20 + 25; of them 12 ÷ 60 were paid back. The order without lines: 60 − 8 − 7.
        assert_eq!(
            said(&read),
            [
                order("17", "727", 4_500, PAID),
                fact("17", "727", UNDATED, 900, RowKind::Refund, PAID),
                order("ann@example.com", "728", 4_500, OrderStatus::Pending),
                order("18", "729", 4_500, PAID),
            ],
            "{name}"
        );
        // Two orders with two lines each, and one without.
        assert_eq!(read.batch.account.rows_in, 5);
        assert_eq!(read.batch.account.count(RowClass::OrderLine), 5);
        let facts = &read.batch.facts;
        assert_eq!(facts.contact.as_ref().unwrap().name.get(0), "Ann Smith");
        assert_eq!(facts.updated_at.as_ref().unwrap()[0], MAY_1 + 24 * HOUR);
        if name == "a.json" {
            assert_eq!(facts.line, [2, 2, 3, 4]);
        }
    }
}

#[test]
fn order_events_of_segment_are_read_and_others_set_aside() {
    let folder = folder();
    let event = |id: &str, name: &str, properties: &str| {
        format!(
            r#"{{"type":"track","event":"{name}","userId":"u1","anonymousId":"a1","messageId":"{id}","timestamp":"2024-05-01T10:00:00.000Z","context":{{"traits":{{"email":"u@example.com"}}}},"properties":{properties}}}"#
        )
    };
    // The example of the specification.
    let completed = r#"{"checkout_id":"c","order_id":"50314b8e9bcf000000000000","affiliation":"Store","subtotal":22.5,"total":27.5,"revenue":22.5,"shipping":3,"tax":2,"discount":2.5,"coupon":"h","currency":"USD","products":[{"product_id":"p1","name":"A","price":19,"quantity":1},{"product_id":"p2","name":"B","price":3,"quantity":2}]}"#;
    let lines = [
        event("m1", "Product Viewed", r#"{"product_id":"p1","price":19}"#),
        event("m2", "Order Completed", completed),
        event("m2", "Order Completed", completed),
        r#"{"type":"identify","userId":"u1","traits":{"email":"u@example.com"}}"#.to_owned(),
        event(
            "m3",
            "Order Refunded",
            r#"{"order_id":"50314b8e9bcf000000000000","total":7.5}"#,
        ),
        event("m4", "Order Cancelled", r#"{"order_id":"o9"}"#),
        event(
            "m5",
            "Order Refunded",
            r#"{"order_id":"50314b8e9bcf000000000000"}"#,
        ),
    ];
    let read = open(&put(&folder, "a.jsonl", lines.join("\n").as_bytes()));
    assert_eq!(preset(&read), "segment-events");
    let order = "50314b8e9bcf000000000000";
    assert_eq!(
        said(&read),
        [
            fact("u1", order, MAY_1, 2_250, RowKind::Order, PAID),
            fact("u1", order, MAY_1, 750, RowKind::Refund, PAID),
        ]
    );
    let account = &read.batch.account;
    assert_eq!(
        account.count(RowClass::Merged),
        2,
        "a message that was sent twice"
    );
    assert_eq!(account.count(RowClass::CancelledOrder), 1);
    assert_eq!(
        account.count(RowClass::Unreadable),
        1,
        "a refund without an amount"
    );
    let others: Vec<(u64, &str)> = read
        .batch
        .rejected
        .iter()
        .filter(|row| row.class == RowClass::NotAnOrder)
        .map(|row| (row.line, row.value.as_str()))
        .collect();
    // An identify call has no name; the view was sent once.
    assert_eq!(others, [(1, "Product Viewed"), (4, "identify")]);
    assert_eq!(account.count(RowClass::NotAnOrder), 2);
    assert_eq!(account.rows_in, 9);
    let refund = read.batch.rejected.iter().find(|row| row.line == 7);
    assert_eq!(refund.unwrap().class, RowClass::Unreadable);
    // Behind the sample, and between orders.
    let mut long = vec![lines[1].clone()];
    (0..3_000).for_each(|_| long.extend([lines[0].clone(), lines[3].clone()]));
    let order = |number: u32| {
        event(
            "",
            "Order Completed",
            &format!(r#"{{"order_id":"n{number}","revenue":1}}"#),
        )
    };
    long.extend((0..1_500).flat_map(|number| [order(number), lines[0].clone()]));
    let read = open(&put(&folder, "long.jsonl", long.join("\n").as_bytes()));
    assert_eq!(read.batch.account.count(RowClass::NotAnOrder), 7_500);
    assert_eq!(read.batch.account.count(RowClass::OrderLine), 1_502);
    assert_eq!(read.batch.account.rows_in, 9_002);
    // Nothing but views: no orders.
    let views = event("m1", "Product Viewed", "{}");
    let error = error(&put(
        &folder,
        "b.jsonl",
        format!("{views}\n{views}\n").as_bytes(),
    ));
    assert_eq!(error.key(), "other_content");
}

#[test]
fn records_of_ones_own_are_read_by_their_nested_names() {
    let folder = folder();
    let text = r#"{"data":[
        {"order":{"id":"o1","date":"2024-05-01T10:00:00Z"},"customer":{"id":"c1","email":"a@example.com"},"items":[{"sku":"p1","quantity":2,"price":"1.25"},{"sku":"p2","quantity":1,"price":"4"}]},
        {"order":{"id":"o2","date":"2024-05-01T11:00:00Z"},"customer":{"id":"c2","email":null},"items":[{"sku":"p1","quantity":1,"price":"1.25"}]}
    ]}"#;
    let read = open(&put(&folder, "a.json", text.as_bytes()));
    let line = |customer, order, hours, cents| {
        fact(
            customer,
            order,
            MAY_1 + hours * HOUR,
            cents,
            RowKind::Line,
            PAID,
        )
    };
    assert_eq!(
        said(&read),
        [
            line("c1", "o1", 0, 250),
            line("c1", "o1", 0, 400),
            line("c2", "o2", 1, 125)
        ]
    );
}

#[test]
fn broken_json_is_an_error_with_its_line() {
    let folder = folder();
    let good = r#"{"order_id":"o1","customer_id":"c1","date":"2024-05-01","net":1}"#;
    for (text, key, said) in [
        (
            format!("{good}\n{}", &good[..30]),
            "json_cut_short",
            "line 2",
        ),
        (format!("[{good},\n{good}"), "json_cut_short", "line 2"),
        (format!("{good}\n{{\"a\":nope}}\n"), "json_broken", "line 2"),
        ("[]".to_owned(), "file_empty", "is empty"),
    ] {
        let error = error(&put(&folder, "a.json", text.as_bytes()));
        assert_eq!(error.key(), key, "{error}");
        assert!(error.to_string().contains(said), "{error}");
    }
    // Behind the sample, too.
    let many = format!("{good}\n").repeat(3_000) + "{\"a\":";
    assert_eq!(
        error(&put(&folder, "a.json", many.as_bytes())).key(),
        "json_cut_short"
    );
}
