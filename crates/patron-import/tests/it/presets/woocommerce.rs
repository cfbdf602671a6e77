//! WooCommerce: Analytics → Orders.

use patron_core::OrderStatus;
use patron_import::{RowKind, UNDATED};

use super::{Export, MAY_1, PAID, fact, has_note, preset, said};

pub(crate) const COLUMNS: &str = "Date,Order #,N. Revenue (formatted),Status,Customer,Customer type,Product(s),Items sold,Coupon(s),Net Sales,Attribution";

#[test]
fn orders_are_read_and_the_missing_address_is_explained() {
    let row = |order, status, customer, net| {
        [
            ("Date", "2024-05-01 10:00:00"),
            ("Order #", order),
            ("N. Revenue (formatted)", "€1.234,50"),
            ("Status", status),
            ("Customer", customer),
            ("Customer type", "returning"),
            ("Product(s)", "2x Soap, 1x \"Big\" towel"),
            ("Items sold", "3"),
            ("Net Sales", net),
        ]
    };
    let read = Export::new(COLUMNS, ',')
        .row(&row("101", "completed", "Ann Smith", "1234.5"))
        .row(&row("102", "processing", "Ann Smith", "20"))
        .row(&row("103", "on-hold", "Bob", "30"))
        .row(&row("104", "refunded", "Bob", "40"))
        .row(&row("105", "failed", "Bob", "50"))
        // A refund of its own, as the report lists it.
        .row(&row("101", "completed", "Ann Smith", "-4.5"))
        .row(&row("106", "completed", "", "60"))
        .read();
    assert_eq!(preset(&read), "woocommerce-orders");
    assert!(has_note(&read, "woocommerce_names"));
    let order =
        |customer, id, cents, status| fact(customer, id, MAY_1, cents, RowKind::Order, status);
    assert_eq!(
        said(&read),
        [
            order("Ann Smith", "101", 123_450, PAID),
            order("Ann Smith", "102", 2_000, PAID),
            order("Bob", "103", 3_000, OrderStatus::Pending),
            order("Bob", "104", 4_000, OrderStatus::Refunded),
            fact(
                "Bob",
                "104",
                UNDATED,
                4_000,
                RowKind::Refund,
                OrderStatus::Refunded
            ),
            fact("Ann Smith", "101", MAY_1, 450, RowKind::Refund, PAID),
        ]
    );
    let rejected: Vec<(u64, &str)> = read
        .batch
        .rejected
        .iter()
        .map(|row| (row.line, row.reason.key()))
        .collect();
    assert_eq!(rejected, [(6, "cancelled"), (8, "no_customer")]);
}
