//! Amazon: the report of new orders, and that of all orders, which names no buyer.

use patron_core::{Coded, RowClass};
use patron_import::{Field, ImportOptions, RowKind};

use super::{Export, MAY_1, PAID, fact, has_note, preset, said};
use crate::support::read_with;

const NEW: &str = "order-id\torder-item-id\tpurchase-date\tpayments-date\tbuyer-email\tbuyer-name\tbuyer-phone-number\tsku\tproduct-name\tquantity-purchased\tcurrency\titem-price\titem-tax\tshipping-price\tshipping-tax\tship-service-level\trecipient-name\tship-address-1\tship-address-2\tship-address-3\tship-city\tship-state\tship-postal-code\tship-country\tship-phone-number\tdelivery-start-date\tdelivery-end-date\tdelivery-time-zone\tdelivery-Instructions\tsales-channel";
const ALL: &str = "amazon-order-id\tmerchant-order-id\tpurchase-date\tlast-updated-date\torder-status\tfulfillment-channel\tsales-channel\torder-channel\turl\tship-service-level\tproduct-name\tsku\tasin\titem-status\tquantity\tcurrency\titem-price\titem-tax\tshipping-price\tshipping-tax\tgift-wrap-price\tgift-wrap-tax\titem-promotion-discount\tship-promotion-discount\tship-city\tship-state\tship-postal-code\tship-country\tpromotion-ids";

pub(crate) fn new_orders() -> Export {
    let row = |item, email, quantity, price| {
        [
            ("order-id", "305-1111111-2222222"),
            ("order-item-id", item),
            ("purchase-date", "2024-05-01T12:00:00+02:00"),
            ("buyer-email", email),
            ("buyer-name", "Ann"),
            ("buyer-phone-number", "+49 30 1234567"),
            ("sku", "S-1"),
            ("product-name", "Soap \u{2013} 3\" bar"),
            ("quantity-purchased", quantity),
            ("currency", "EUR"),
            ("item-price", price),
            ("ship-service-level", "Standard"),
        ]
    };
    let alias = "Ab12cd@marketplace.amazon.de";
    Export::new(NEW, '\t')
        // The price is that of the line, not of one of the three.
        .row(&row("1", alias, "3", "30.00"))
        .row(&row("2", alias, "1", "5.50"))
        .row(&row("3", "", "1", "5.50"))
        .row(&row("4", alias, "0", "0.00"))
}

#[test]
fn prices_are_of_lines_and_the_alias_is_a_key_but_no_address() {
    let read = new_orders().read();
    assert_eq!(preset(&read), "amazon-new-orders");
    assert!(has_note(&read, "amazon_alias"));
    let line = |cents| {
        let alias = "ab12cd@marketplace.amazon.de";
        fact(
            alias,
            "305-1111111-2222222",
            MAY_1,
            cents,
            RowKind::Line,
            PAID,
        )
    };
    assert_eq!(said(&read), [line(3_000), line(550)]);
    let contact = read.batch.facts.contact.as_ref().unwrap();
    assert_eq!((contact.email.get(0), contact.name.get(0)), ("", "Ann"));
    assert_eq!(read.batch.account.count(RowClass::MissingCustomer), 1);
    assert_eq!(read.batch.account.count(RowClass::QuantityNotPositive), 1);
}

#[test]
fn reports_without_a_buyer_are_refused_with_the_reason() {
    let all = Export::new(ALL, '\t').row(&[
        ("amazon-order-id", "305-1"),
        ("purchase-date", "2024-05-01T10:00:00+00:00"),
        ("order-status", "Shipped"),
        ("quantity", "1"),
        ("item-price", "9.99"),
        ("item-promotion-discount", "1.00"),
        ("ship-postal-code", "10115"),
    ]);
    for error in [all.error(), new_orders().without(&["buyer-email"]).error()] {
        assert_eq!(error.key(), "preset_refused");
        assert!(error.to_string().contains("names no buyer"), "{error}");
        assert!(error.hint().unwrap().contains("buyer-email"));
    }
    // A column of one's own may name the buyer.
    let options = ImportOptions {
        mapping: vec![(Field::CustomerId, "merchant-order-id".into())],
        ..ImportOptions::default()
    };
    let mut text = all.text(0);
    text = text.replace("305-1\t\t", "305-1\tb7\t");
    let read = read_with(&text, &options).unwrap();
    assert_eq!(
        said(&read),
        [fact("b7", "305-1", MAY_1, 999, RowKind::Line, PAID)]
    );
}

#[test]
fn an_alias_in_any_file_is_no_address() {
    let read = read_with(
        "customer_id,email,date,net\nc1,x@marketplace.amazon.co.uk,2024-05-01,1\nc2,y@example.com,2024-05-01,1\n",
        &ImportOptions::default(),
    )
    .unwrap();
    let contact = read.batch.facts.contact.as_ref().unwrap();
    assert_eq!(
        (contact.email.get(0), contact.email.get(1)),
        ("", "y@example.com")
    );
    assert!(has_note(&read, "alias_addresses"));
}
