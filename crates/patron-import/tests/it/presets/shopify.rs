//! Shopify's export of orders (a row per line item) and of customers.

use patron_core::{Coded, OrderStatus, RowClass, RowFlag};
use patron_import::{Content, ImportError, RowKind, UNDATED};

use super::{Export, MAY_1, PAID, Said, fact, has_note, preset, said};
use crate::support::read_text;

const COLUMNS: &str = "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,Lineitem sku,Lineitem requires shipping,Lineitem taxable,Lineitem fulfillment status,Billing Name,Billing Street,Billing Address1,Billing Address2,Billing Company,Billing City,Billing Zip,Billing Province,Billing Country,Billing Phone,Shipping Name,Shipping Street,Shipping Address1,Shipping Address2,Shipping Company,Shipping City,Shipping Zip,Shipping Province,Shipping Country,Shipping Phone,Notes,Note Attributes,Cancelled at,Payment Method,Payment Reference,Refunded Amount,Vendor,Outstanding Balance,Employee,Location,Device ID,Id,Tags,Risk Level,Source,Lineitem discount,Tax 1 Name,Tax 1 Value,Tax 2 Name,Tax 2 Value,Tax 3 Name,Tax 3 Value,Tax 4 Name,Tax 4 Value,Tax 5 Name,Tax 5 Value,Phone,Receipt Number,Duties,Billing Province Name,Shipping Province Name,Payment ID,Payment Terms Name,Next Payment Due At,Payment References";

type Cells<'a> = Vec<(&'static str, &'a str)>;

/// The first row of an order placed at ten, with what belongs to the order.
fn first<'a>(
    name: &'a str,
    email: &'a str,
    status: &'a str,
    [subtotal, total, refunded]: [&'a str; 3],
) -> Cells<'a> {
    vec![
        ("Name", name),
        ("Email", email),
        ("Financial Status", status),
        ("Created at", "2024-05-01 10:00:00 +0000"),
        ("Currency", "EUR"),
        ("Subtotal", subtotal),
        ("Total", total),
        ("Refunded Amount", refunded),
        ("Lineitem quantity", "1"),
        ("Lineitem name", "Soap, lavender"),
        ("Lineitem price", subtotal),
        ("Lineitem sku", "S-1"),
        ("Payment Method", "Shopify Payments"),
    ]
}

/// A further line of an order.
fn further<'a>(name: &'a str, item: &'a str) -> Cells<'a> {
    vec![
        ("Name", name),
        ("Lineitem quantity", "2"),
        ("Lineitem name", item),
        ("Lineitem price", "9.99"),
    ]
}

fn and<'a>(mut cells: Cells<'a>, more: &[(&'static str, &'a str)]) -> Cells<'a> {
    cells.extend_from_slice(more);
    cells
}

pub(crate) fn export() -> Export {
    let ann = "Ann@Example.com";
    Export::new(COLUMNS, ',')
        // Line 2, and its notes take a line more; 4 and 5 are further lines of it.
        .row(&and(
            first("#1001", ann, "paid", ["100.00", "124.00", "0.00"]),
            &[
                ("Notes", "ring twice\nat the back"),
                ("Accepts Marketing", "yes"),
                ("Billing Name", "Ann Smith"),
                ("Billing Zip", "'1011"),
                ("Phone", "'+31612345678"),
            ],
        ))
        .row(&further("#1001", "Towel"))
        .row(&further("#1001", "Towel"))
        // 6: a quarter was paid back: 80 × 25 ÷ 100 = 20.
        .row(&first(
            "#1002",
            "bob@example.com",
            "partially_refunded",
            ["80.00", "100.00", "25.00"],
        ))
        // 7: all was paid back, shipping too.
        .row(&first(
            "#1003",
            "bob@example.com",
            "refunded",
            ["30.00", "36.00", "36.00"],
        ))
        // 8, 9: cancelled, not paid.
        .row(&and(
            first("#1004", ann, "pending", ["10.00", "10.00", "0.00"]),
            &[("Cancelled at", "2024-05-02 09:00:00 +0000")],
        ))
        .row(&further("#1004", "Towel"))
        // 10: by telephone only.
        .row(&and(
            first("#1005", "", "paid", ["7.00", "7.00", "0.00"]),
            &[("Phone", "'+31 6 1234 5678")],
        ))
        // 11: over the counter, nobody known.
        .row(&first("#1006", "", "paid", ["8.00", "8.00", "0.00"]))
        // 12: the checkout was tried out.
        .row(&and(
            first("#1007", ann, "paid", ["9.00", "9.00", "0.00"]),
            &[("Payment Method", "bogus")],
        ))
        // 13: not paid yet. 14: void.
        .row(&first("#1008", ann, "pending", ["11.00", "11.00", "0.00"]))
        .row(&first("#1009", ann, "voided", ["12.00", "12.00", "0.00"]))
        // 15: cancelled, then paid after all.
        .row(&and(
            first(
                "#1010",
                "cem@example.com",
                "paid",
                ["13.00", "13.00", "0.00"],
            ),
            &[
                ("Cancelled at", "2024-05-02 09:00:00 +0000"),
                ("Paid at", "2024-05-02 10:00:00 +0000"),
            ],
        ))
        // 16: three items for a third each were paid back of a total of 3: 1.00 × 1 ÷ 3 = 0.3333.
        .row(&first(
            "#1011",
            "dee@example.com",
            "partially_refunded",
            ["1.00", "3.00", "1.00"],
        ))
        // 17: free, and nothing to pay back.
        .row(&first(
            "#1012",
            "dee@example.com",
            "paid",
            ["0.00", "0.00", "0.00"],
        ))
}

pub(crate) fn expected() -> Vec<Said> {
    let order =
        |customer, name, cents, status| fact(customer, name, MAY_1, cents, RowKind::Order, status);
    let refund = |customer, name, cents| {
        fact(
            customer,
            name,
            UNDATED,
            cents,
            RowKind::Refund,
            OrderStatus::Refunded,
        )
    };
    let (bob, dee) = ("bob@example.com", "dee@example.com");
    let mut third = refund(dee, "#1011", 0);
    third.3 = 3_333;
    vec![
        order("ann@example.com", "#1001", 10_000, PAID),
        order(bob, "#1002", 8_000, OrderStatus::Refunded),
        refund(bob, "#1002", 2_000),
        order(bob, "#1003", 3_000, OrderStatus::Refunded),
        refund(bob, "#1003", 3_000),
        order("+31612345678", "#1005", 700, PAID),
        order("ann@example.com", "#1008", 1_100, OrderStatus::Pending),
        order("cem@example.com", "#1010", 1_300, PAID),
        order(dee, "#1011", 100, OrderStatus::Refunded),
        third,
        order(dee, "#1012", 0, PAID),
    ]
}

#[test]
fn an_orders_export_is_read_as_documented_whatever_the_order_of_its_columns() {
    let read = export().read();
    assert_eq!(preset(&read), "shopify-orders");
    assert_eq!(said(&read), expected());
    assert!(has_note(&read, "shopify_net"));
    let currency = read.understanding.currency_of(&read.batch.currencies);
    assert_eq!(currency.unwrap().as_deref(), Some("EUR"));
}

#[test]
fn every_row_of_an_order_shares_its_class() {
    let read = export().read();
    let account = &read.batch.account;
    assert_eq!(account.rows_in, 15);
    // #1001 with two further lines, #1002, #1003, #1005, #1008, #1010, #1011, #1012.
    assert_eq!(account.count(RowClass::OrderLine), 10);
    assert_eq!(account.count(RowClass::CancelledOrder), 2);
    assert_eq!(account.count(RowClass::MissingCustomer), 1);
    assert_eq!(account.count(RowClass::TestOrVoid), 2);
    assert_eq!(account.flagged(RowFlag::Undated), 3);
    let rejected: Vec<(u64, &str)> = read
        .batch
        .rejected
        .iter()
        .map(|row| (row.line, row.reason.key()))
        .collect();
    assert_eq!(
        rejected,
        [
            (8, "cancelled"),
            (9, "cancelled"),
            (11, "no_customer"),
            (12, "test_order"),
            (14, "void_order")
        ]
    );
}

#[test]
fn the_contact_is_the_orders_own() {
    let read = export().read();
    let contact = read.batch.facts.contact.as_ref().unwrap();
    assert_eq!(
        (
            contact.email.get(0),
            contact.phone.get(0),
            contact.name.get(0),
            contact.consent.get(0)
        ),
        ("Ann@Example.com", "+31612345678", "Ann Smith", "yes")
    );
}

#[test]
fn further_lines_without_their_order_are_unreadable() {
    // A file put together of a cut export.
    let text = export().text(0);
    let cut: String = text
        .lines()
        .take(1)
        .chain(text.lines().skip(3).take(2))
        .chain(text.lines().skip(5).take(1))
        .map(|line| format!("{line}\n"))
        .collect();
    let read = read_text(&cut).unwrap();
    assert_eq!(read.batch.account.count(RowClass::Unreadable), 2);
    assert_eq!(read.batch.rejected[0].reason.key(), "date_missing");
    assert_eq!(read.batch.facts.at.last(), Some(&UNDATED));
    assert!(read.batch.facts.at.contains(&(MAY_1)));
}

#[test]
fn the_customers_export_is_no_orders_export_in_either_form() {
    for columns in [
        "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,Default Address Address1,Default Address Address2,Default Address City,Default Address Province Code,Default Address Country Code,Default Address Zip,Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,Tags,Accepts WhatsApp Marketing",
        "First Name,Last Name,Email,Accepts Email Marketing,Company,Address1,Address2,City,Province,Province Code,Country,Country Code,Zip,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Tags,Note,Tax Exempt",
    ] {
        let error = Export::new(columns, ',')
            .row(&[("Email", "ann@example.com"), ("Total Spent", "124.00")])
            .error();
        assert!(
            matches!(&error, ImportError::OtherContent { holds: Content::Customers, preset: Some(preset), .. } if preset == "shopify-customers"),
            "{error}"
        );
        assert_eq!(error.key(), "other_content");
        assert!(error.hint().unwrap().contains("give the orders"));
    }
}
