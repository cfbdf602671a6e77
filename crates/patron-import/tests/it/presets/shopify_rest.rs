//! Orders of Shopify's REST interface say what those of its export say.

use patron_core::RowClass;
use patron_import::ImportOptions;
use serde_json::{Value, json};

use super::{preset, said};
use crate::support::{Read, file, read, read_in_blocks};

/// An order placed at ten, with two lines.
fn order(name: &str, email: &str, status: &str, [subtotal, total, refunded]: [&str; 3]) -> Value {
    let refunds = if refunded == "0.00" {
        json!([])
    } else {
        // Half of the attempts failed, and a sale is no refund.
        json!([{ "id": 1, "transactions": [
            { "kind": "refund", "status": "success", "amount": refunded },
            { "kind": "refund", "status": "failure", "amount": "3.00" },
            { "kind": "sale", "status": "success", "amount": total },
        ] }])
    };
    json!({
        "id": 820_982_911_946_154_508_u64,
        "name": name, "email": email, "contact_email": email, "phone": null,
        "created_at": "2024-05-01T06:00:00-04:00", "updated_at": "2024-05-03T06:00:00-04:00",
        "cancelled_at": null, "financial_status": status, "currency": "EUR", "test": false,
        "subtotal_price": subtotal, "total_price": total, "total_tax": "1.00",
        "total_discounts": "0.00", "discount_codes": [{ "code": "SPRING", "amount": "1.00" }],
        "payment_gateway_names": ["shopify_payments"], "tags": "vip, new", "source_name": "web",
        "total_shipping_price_set": { "shop_money": { "amount": "4.00", "currency_code": "EUR" } },
        "customer": { "id": 1, "email": "account@example.com" },
        "billing_address": { "name": "Ann Smith", "city": "Rome", "country_code": "IT" },
        "line_items": [
            { "id": 1, "sku": "S-1", "name": "Soap, lavender", "quantity": 1, "price": "9.00" },
            { "id": 2, "sku": null, "name": "Towel", "quantity": 2, "price": "9.99" },
        ],
        "refunds": refunds,
    })
}

fn with(mut order: Value, name: &str, value: Value) -> Value {
    order[name] = value;
    order
}

/// The orders of [`super::shopify::export`], but for one that was cancelled and paid after all, which is not told.
fn orders() -> Vec<Value> {
    let (ann, bob, dee) = ("Ann@Example.com", "bob@example.com", "dee@example.com");
    let nobody = |name, amounts| {
        let order = with(order(name, "", "paid", amounts), "customer", json!(null));
        with(order, "contact_email", json!(null))
    };
    let phone = "+31 6 1234 5678";
    let first = order("#1001", ann, "paid", ["100.00", "124.00", "0.00"]);
    let unpaid = order("#1004", ann, "pending", ["10.00", "10.00", "0.00"]);
    let tried = order("#1007", ann, "paid", ["9.00", "9.00", "0.00"]);
    vec![
        with(first, "note", json!("ring twice\nat the back")),
        order(
            "#1002",
            bob,
            "partially_refunded",
            ["80.00", "100.00", "25.00"],
        ),
        order("#1003", bob, "refunded", ["30.00", "36.00", "36.00"]),
        with(unpaid, "cancelled_at", json!("2024-05-02T09:00:00Z")),
        with(
            nobody("#1005", ["7.00", "7.00", "0.00"]),
            "phone",
            json!(phone),
        ),
        nobody("#1006", ["8.00", "8.00", "0.00"]),
        with(tried, "test", json!(true)),
        order("#1008", ann, "pending", ["11.00", "11.00", "0.00"]),
        order("#1009", ann, "voided", ["12.00", "12.00", "0.00"]),
        order("#1011", dee, "partially_refunded", ["1.00", "3.00", "1.00"]),
        order("#1012", dee, "paid", ["0.00", "0.00", "0.00"]),
    ]
}

fn open(text: &str) -> Read {
    let file = file(text.as_bytes());
    let whole = read(file.path(), &ImportOptions::default()).unwrap();
    let small = read_in_blocks(file.path(), &ImportOptions::default(), 1).unwrap();
    assert_eq!(said(&small), said(&whole));
    whole
}

#[test]
fn the_interface_says_what_the_export_says() {
    let lines: Vec<String> = orders().iter().map(Value::to_string).collect();
    let answer = json!({ "orders": orders() }).to_string();
    let expected: Vec<_> = super::shopify::expected()
        .into_iter()
        .filter(|(_, name, ..)| name != "#1010")
        .collect();
    for text in [lines.join("\n"), json!(orders()).to_string(), answer] {
        let read = open(&text);
        assert_eq!(preset(&read), "shopify-rest");
        assert_eq!(said(&read), expected);
        let account = &read.batch.account;
        // Each order has two lines.
        assert_eq!(account.rows_in, 22);
        assert_eq!(account.count(RowClass::OrderLine), 14);
        assert_eq!(account.count(RowClass::CancelledOrder), 2);
        assert_eq!(account.count(RowClass::MissingCustomer), 2);
        assert_eq!(account.count(RowClass::TestOrVoid), 4);
        let updated = read.batch.facts.updated_at.as_ref().unwrap();
        assert_eq!(updated[0], super::MAY_1 + 48 * super::HOUR);
    }
}

#[test]
fn webhooks_without_refunds_and_other_records_are_told_apart() {
    let mut bare = order("#1", "ann@example.com", "paid", ["5.00", "5.00", "0.00"]);
    for name in ["refunds", "line_items"] {
        bare[name] = json!([]);
    }
    let read = open(&bare.to_string());
    assert_eq!(
        (preset(&read), read.batch.account.rows_in),
        ("shopify-rest", 1)
    );
}
