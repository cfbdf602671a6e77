//! Magento 2: the grid of orders.

use patron_core::{Coded, OrderStatus};
use patron_import::{RowKind, UNDATED};

use super::{Export, HOUR, MAY_1, PAID, fact, preset, said};

const COLUMNS: &str = "ID,Purchase Point,Purchase Date,Bill-to Name,Ship-to Name,Grand Total (Base),Grand Total (Purchased),Status,Billing Address,Shipping Address,Shipping Information,Customer Email,Customer Group,Subtotal,Shipping and Handling,Customer Name,Payment Method,Total Refunded";

pub(crate) fn export() -> Export {
    let row = |id, date, email, [subtotal, total, refunded]: [&'static str; 3], status| {
        [
            ("ID", id),
            ("Purchase Point", "Main Website\nStore"),
            ("Purchase Date", date),
            ("Bill-to Name", "Ann Smith"),
            ("Customer Email", email),
            ("Subtotal", subtotal),
            ("Grand Total (Base)", total),
            ("Grand Total (Purchased)", total),
            ("Total Refunded", refunded),
            ("Status", status),
        ]
    };
    Export::new(COLUMNS, ',')
        .row(&row(
            "000000001",
            "May 1, 2024, 10:00:00",
            "Ann@example.com",
            ["50.00", "62.50", ""],
            "complete",
        ))
        // 50 × 12.5 ÷ 62.5 = 10
        .row(&row(
            "000000002",
            "May 1, 2024, 11:00:00",
            "ann@example.com",
            ["50.00", "62.50", "12.50"],
            "processing",
        ))
        .row(&row(
            "000000003",
            "May 1, 2024, 12:00:00",
            "bob@example.com",
            ["20.00", "20.00", "20.00"],
            "closed",
        ))
        .row(&row(
            "000000004",
            "May 1, 2024, 12:00:00",
            "bob@example.com",
            ["20.00", "20.00", ""],
            "canceled",
        ))
        .row(&row(
            "000000005",
            "May 1, 2024, 12:00:00",
            "bob@example.com",
            ["20.00", "20.00", ""],
            "holded", // spelling: ignore
        ))
}

#[test]
fn the_grid_is_read_and_refunds_are_a_share_of_the_goods() {
    let read = export().read();
    assert_eq!(preset(&read), "magento-orders");
    let order = |customer, id, hours, cents, status| {
        fact(
            customer,
            id,
            MAY_1 + hours * HOUR,
            cents,
            RowKind::Order,
            status,
        )
    };
    let refund =
        |customer, id, cents, status| fact(customer, id, UNDATED, cents, RowKind::Refund, status);
    assert_eq!(
        said(&read),
        [
            order("ann@example.com", "000000001", 0, 5_000, PAID),
            order("ann@example.com", "000000002", 1, 5_000, PAID),
            refund("ann@example.com", "000000002", 1_000, PAID),
            order(
                "bob@example.com",
                "000000003",
                2,
                2_000,
                OrderStatus::Refunded
            ),
            refund("bob@example.com", "000000003", 2_000, OrderStatus::Refunded),
            order(
                "bob@example.com",
                "000000005",
                2,
                2_000,
                OrderStatus::Pending
            ),
        ]
    );
}

#[test]
fn without_the_hidden_columns_it_says_which_to_switch_on() {
    let hidden = [
        "Billing Address",
        "Shipping Address",
        "Shipping Information",
        "Customer Email",
        "Customer Group",
        "Subtotal",
        "Shipping and Handling",
        "Customer Name",
        "Payment Method",
        "Total Refunded",
    ];
    let error = export().without(&hidden).error();
    assert_eq!(error.key(), "preset_refused");
    assert!(error.hint().unwrap().contains("Customer Email"), "{error}");
    // With the address alone, the grand total stands in.
    let read = export().without(&["Subtotal", "Total Refunded"]).read();
    assert_eq!(said(&read)[0].3, 625_000);
}
