//! In which class rows end.

use patron_core::{OrderStatus, RowClass, RowFlag};
use patron_import::{Field, Grain, ImportOptions, KeepRules, Reason, RowKind, UNDATED};
use proptest::prelude::*;

use crate::support::{Read, read_text, read_with};

const LINES: &str = "order_id,customer_id,ordered_at,quantity,unit_price,status,is_gift_card\n";

/// Reads one line of this file and gives its class and reason.
fn class_of(line: &str) -> (RowClass, Option<Reason>) {
    class_with(line, &ImportOptions::default())
}

fn class_with(line: &str, options: &ImportOptions) -> (RowClass, Option<Reason>) {
    // A row that settles the date's form and the status column.
    let text = format!("{LINES}o0,c0,2024-05-01,1,1.00,paid,no\n{line}\n");
    let read = read_with(&text, options).unwrap();
    let account = &read.batch.account;
    assert_eq!(account.rows_in, 2, "{line}");
    let class = RowClass::ALL
        .iter()
        .copied()
        .find(|&class| account.count(class) > u64::from(class == RowClass::OrderLine))
        .unwrap();
    (
        class,
        read.batch.rejected.first().map(|row| row.reason.clone()),
    )
}

#[test]
fn each_class_is_met_and_the_first_that_fits_wins() {
    use RowClass as C;
    for (line, class) in [
        ("o1,c1,2024-05-02,2,3.00,paid,no", C::OrderLine),
        ("o1,c1,2024-05-02,2,x,paid,no", C::Unreadable),
        ("o1,,2024-05-02,2,x,paid,no", C::Unreadable),
        (
            "order_id,customer_id,ordered_at,quantity,unit_price,status,is_gift_card",
            C::RepeatedHeaderOrTotal,
        ),
        ("Total,,,7,9.00,,", C::RepeatedHeaderOrTotal),
        ("合计,,,7,,,", C::RepeatedHeaderOrTotal),
        ("o1,,2024-05-02,2,3.00,test,no", C::MissingCustomer),
        ("o1,NaN,2024-05-02,2,3.00,paid,no", C::MissingCustomer),
        ("o1,c1,2024-05-02,2,3.00,test,yes", C::TestOrVoid),
        ("o1,c1,2024-05-02,2,3.00,voided,no", C::TestOrVoid),
        ("o1,c1,2024-05-02,2,3.00,cancelled,yes", C::CancelledOrder),
        ("o1,c1,2024-05-02,2,3.00,交易关闭,no", C::CancelledOrder),
        ("o1,c1,2024-05-02,-2,3.00,paid,yes", C::FeeLine),
        ("o1,c1,2024-05-02,-2,3.00,paid,no", C::Refund),
        ("o1,c1,2024-05-02,-2,0,paid,no", C::QuantityNotPositive),
        ("o1,c1,2024-05-02,0,-3,paid,no", C::QuantityNotPositive),
        ("o1,c1,2024-05-02,2,-3.00,paid,no", C::PriceNegative),
        ("o1,c1,2024-05-02,2,0.00,paid,no", C::PriceZero),
    ] {
        assert_eq!(class_of(line).0, class, "{line}");
    }
}

#[test]
fn a_kept_row_falls_through_to_the_next_class() {
    let keep = |keep| ImportOptions {
        keep,
        ..ImportOptions::default()
    };
    let cards = keep(KeepRules {
        gift_cards: true,
        ..KeepRules::default()
    });
    assert_eq!(
        class_with("o1,c1,2024-05-02,2,3,paid,yes", &cards).0,
        RowClass::OrderLine
    );
    assert_eq!(
        class_with("o1,c1,2024-05-02,-2,3,paid,yes", &cards).0,
        RowClass::Refund
    );
    let zero = keep(KeepRules {
        zero_price: true,
        ..KeepRules::default()
    });
    assert_eq!(
        class_with("o1,c1,2024-05-02,2,0,paid,no", &zero).0,
        RowClass::OrderLine
    );
}

#[test]
fn preset_codes_are_classed_as_the_preset_says() {
    let header = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n";
    for (line, class) in [
        (
            "489434,85048,LIGHTS,12,2009-12-01 07:45:00,6.95,13085.0,UK",
            RowClass::OrderLine,
        ),
        (
            "489434,post,POSTAGE,1,2009-12-01 07:45:00,18,13085.0,UK",
            RowClass::FeeLine,
        ),
        (
            "489434,BANK CHARGES,,1,2009-12-01 07:45:00,18,13085.0,UK",
            RowClass::FeeLine,
        ),
        (
            "489434,gift_0001_20,VOUCHER,1,2009-12-01 07:45:00,17,13085.0,UK",
            RowClass::FeeLine,
        ),
        (
            "489434,PADS,CUSHIONS,1,2009-12-01 07:45:00,0.001,13085.0,UK",
            RowClass::OrderLine,
        ),
        (
            "489434,ADJUST,,1,2009-12-01 07:45:00,18,13085.0,UK",
            RowClass::BadDebtOrAdjustment,
        ),
        (
            "A563185,B,Adjust bad debt,1,2009-12-01 07:45:00,18,13085.0,UK",
            RowClass::BadDebtOrAdjustment,
        ),
        (
            "489434,TEST001,,5,2009-12-01 07:45:00,4.5,13085.0,UK",
            RowClass::TestOrVoid,
        ),
        (
            "C489449,22087,PAPER,-12,2009-12-01 07:45:00,2.95,16321.0,AU",
            RowClass::Refund,
        ),
        (
            "C489449,POST,POSTAGE,-1,2009-12-01 07:45:00,2.95,16321.0,AU",
            RowClass::FeeLine,
        ),
        (
            "CARD1,22087,PAPER,12,2009-12-01 07:45:00,2.95,16321.0,AU",
            RowClass::OrderLine,
        ),
    ] {
        let read = read_text(&format!("{header}{line}\n")).unwrap();
        assert_eq!(read.batch.account.count(class), 1, "{line}");
    }
}

#[test]
fn a_negative_order_is_a_refund_of_its_own_id() {
    let text = "order_id,customer_id,ordered_at,net\no1,c1,2024-05-01,10\no2,c1,2024-05-09,-4.5\n";
    let read = read_text(text).unwrap();
    let facts = &read.batch.facts;
    assert_eq!(facts.kind, [RowKind::Order, RowKind::Refund]);
    assert_eq!(facts.net, [100_000, 45_000]);
    assert_eq!(facts.order_id.get(1), "o2");
    assert_ne!(facts.at[1], UNDATED);
    assert_eq!(
        read.batch.account.revenue(RowClass::Refund).to_string(),
        "-4.50"
    );
}

#[test]
fn a_refunded_column_gives_an_undated_refund_beside_the_order() {
    let text = "order_id,customer_id,ordered_at,net,refunded,status\n\
        o1,c1,2024-05-01,10,4,partially_refunded\no2,c1,2024-05-02,10,0,paid\no3,c1,2024-05-03,10,,refunded\n\
        o4,c1,2024-05-04,10,-2.5,paid\no5,c1,2024-05-05,10,9,cancelled\n";
    let read = read_text(text).unwrap();
    let facts = &read.batch.facts;
    let refunds: Vec<(&str, i64)> = (0..facts.len())
        .filter(|&index| facts.kind[index] == RowKind::Refund)
        .inspect(|&index| assert_eq!(facts.at[index], UNDATED))
        .map(|index| (facts.order_id.get(index), facts.net[index]))
        .collect();
    assert_eq!(refunds, [("o1", 40_000), ("o3", 100_000), ("o4", 25_000)]);
    assert_eq!(read.batch.account.flagged(RowFlag::Undated), 3);
    assert_eq!(read.batch.account.rows_in, 5);
    assert_eq!(facts.kind[7], RowKind::Mention(RowClass::CancelledOrder));
    assert_eq!(facts.status[0], OrderStatus::Refunded);
    assert_eq!(facts.line, [2, 2, 3, 4, 4, 5, 5, 6]);
}

#[test]
fn an_unknown_status_counts_as_paid_and_is_counted() {
    let text = "order_id,customer_id,ordered_at,net,status\no1,c1,2024-05-01,10,paid\no2,c1,2024-05-02,10,splendid\n\
        o3,c1,2024-05-02,10,pending\n";
    let read = read_text(text).unwrap();
    let facts = &read.batch.facts;
    assert_eq!(
        facts.status,
        [OrderStatus::Paid, OrderStatus::Paid, OrderStatus::Pending]
    );
    assert_eq!(read.batch.unknown_statuses, [("splendid".to_owned(), 1)]);
    assert_eq!(read.batch.account.flagged(RowFlag::Guessed), 1);
    assert!(
        read.understanding
            .notes
            .iter()
            .any(|note| note.key == "statuses_unknown")
    );

    let options = ImportOptions {
        status_words: vec![("Splendid".into(), OrderStatus::Cancelled)],
        ..ImportOptions::default()
    };
    let read = read_with(text, &options).unwrap();
    assert_eq!(read.batch.account.count(RowClass::CancelledOrder), 1);
    assert!(read.batch.unknown_statuses.is_empty());
}

#[test]
fn a_guest_is_known_by_e_mail() {
    let text = "order_id,customer_id,email,ordered_at,net\no1,,Ann@Example.com,2024-05-01,10\no2,7,,2024-05-02,10\no3,,,2024-05-02,10\n";
    let read = read_text(text).unwrap();
    let facts = &read.batch.facts;
    assert_eq!(
        facts.customer.iter().collect::<Vec<_>>(),
        ["ann@example.com", "7"]
    );
    assert_eq!(
        facts.contact.as_ref().unwrap().email.get(0),
        "Ann@Example.com"
    );
    assert_eq!(read.batch.account.count(RowClass::MissingCustomer), 1);
    assert_eq!(read.batch.account.flagged(RowFlag::Guessed), 1);
}

#[test]
fn a_line_is_quantity_times_price_less_discount() {
    for (header, line, net) in [
        ("discount", "3,2.50,0.75", 67_500),
        ("discount", "3,2.50,", 75_000),
        ("discount", "3,2.50,-0.75", 67_500), // some exports write discounts below zero
        ("discount_rate", "3,2.50,0.2", 60_000),
        ("discount_percent", "3,2.50,20", 60_000),
        ("discount", "3,2.50,20%", 60_000),
        ("tax", "1.5,2.5001,9", 37_502), // 3.75015 rounds half to even
    ] {
        let text = format!(
            "order_id,customer_id,ordered_at,quantity,unit_price,{header}\no1,c1,2024-05-01,{line}\n"
        );
        let read = read_text(&text).unwrap();
        assert_eq!(read.batch.facts.net, [net], "{header} {line}");
        let rounded = read.batch.account.flagged(RowFlag::Rounded);
        assert_eq!(rounded, u64::from(header == "tax"), "{line}");
    }
}

#[test]
fn the_discount_of_a_line_that_goes_back_goes_back_with_it() {
    let text = "order_id,customer_id,ordered_at,quantity,unit_price,discount\no1,c1,2024-05-01,-2,3,0.50\no2,c1,2024-05-01,-2,3,-0.50\n";
    let read = read_text(text).unwrap();
    assert_eq!(read.batch.facts.kind, [RowKind::Refund, RowKind::Refund]);
    assert_eq!(read.batch.facts.net, [55_000, 55_000]);
}

#[test]
fn columns_that_only_add_are_left_out_where_they_hold_no_numbers() {
    let text = "order_id,customer_id,ordered_at,net,quantity,refunded\no1,c1,2024-05-01,10,two pairs,no\no2,c1,2024-05-01,10,one,yes\n";
    let read = read_text(text).unwrap();
    assert_eq!(read.batch.account.count(RowClass::OrderLine), 2);
    let ignored = |field: &str| {
        read.understanding.notes.iter().any(|note| {
            note.key == "numbers_ignored" && note.params.contains(&("field", field.to_owned()))
        })
    };
    assert!(ignored("quantity") && ignored("refunded"));
}

#[test]
fn a_delimiter_too_many_at_the_end_of_lines_does_no_harm() {
    let text = "order_id,customer_id,ordered_at,net\no1,c1,2024-05-01,10,\no1,c1,2024-05-01,10,,\no1,c1,2024-05-01,10\n";
    let read = read_text(text).unwrap();
    assert_eq!(read.batch.facts.net, [100_000; 3]);
    let hashes = &read.batch.facts.row_hash;
    assert!(hashes.iter().all(|hash| *hash == hashes[0]));
}

#[test]
fn many_discounts_between_nothing_and_all_are_rates() {
    let mut text = String::from("order_id,customer_id,ordered_at,quantity,unit_price,discount\n");
    for order in 0..40 {
        text.push_str(&format!(
            "o{order},c1,2024-05-01,2,10,0.{}\n",
            order % 2 * 2
        ));
    }
    let read = read_text(&text).unwrap();
    assert_eq!(read.batch.facts.net[..2], [200_000, 160_000]);
    let amounts = read_text(&format!("{text}o40,c1,2024-05-01,2,10,3\n")).unwrap();
    assert_eq!(amounts.batch.facts.net[39..], [198_000, 170_000]);
}

#[test]
fn unreadable_rows_name_line_column_value_and_mend() {
    let text = "order_id,customer_id,ordered_at,net\no1,c1,2024-05-01,10\no2,c2,yesterday,10\no3,c3,2024-05-01,ten\n\
        o4,1.03293E+19,2024-05-01,10\no5,c5,2024-05-01\n,,,\no6,c6,,10\no7,c7,2024-05-01,\no8,c8,2024-05-01,1e30\n\
        o9,c9,2024-05-01,1,2\n";
    let read = read_text(text).unwrap();
    let listed: Vec<(u64, &str, &str, &str)> = read
        .batch
        .rejected
        .iter()
        .map(|row| {
            let column = row.column.as_deref().unwrap_or("-");
            (row.line, column, row.value.as_str(), row.reason.key())
        })
        .collect();
    assert_eq!(
        listed,
        [
            (3, "ordered_at", "yesterday", "date_not_understood"),
            (4, "net", "ten", "not_a_number"),
            (5, "customer_id", "1.03293E+19", "id_shortened"),
            (6, "-", "o5", "field_count"),
            (7, "-", "", "empty_row"),
            (8, "ordered_at", "", "date_missing"),
            (9, "net", "", "number_missing"),
            (10, "net", "1e30", "number_too_large"),
            (11, "-", "o9", "field_count"),
        ]
    );
    assert_eq!(
        read.batch.rejected[3].reason,
        Reason::FieldCount {
            found: 3,
            expected: 4
        }
    );
    assert_eq!(read.batch.account.count(RowClass::Unreadable), 9);
    // A row that cannot be read still says whose it is, so that the customer is not lost without a word.
    assert_eq!(read.batch.rejected[0].customer.as_deref(), Some("c2"));
    assert_eq!(
        read.batch.facts.kind[1],
        RowKind::Mention(RowClass::Unreadable)
    );
    assert_eq!(read.batch.facts.at[1], UNDATED);
}

#[test]
fn every_row_is_in_a_fact_or_aside_exactly_once() {
    let text = "order_id,customer_id,ordered_at,net,refunded\no1,c1,2024-05-01,10,3\no1,c1,2024-05-01,10,3\no2,,2024-05-01,10,0\nTotal,,,30,\n";
    let read = read_with(
        text,
        &ImportOptions {
            grain: Some(Grain::Order),
            ..ImportOptions::default()
        },
    )
    .unwrap();
    let facts = &read.batch.facts;
    let first_facts = (0..facts.len())
        .filter(|&index| !(facts.kind[index] == RowKind::Refund && facts.at[index] == UNDATED))
        .count();
    assert_eq!(first_facts + read.batch.aside_hashes.len(), 4);
    assert_eq!(facts.row_hash[0], facts.row_hash[2]);
}

#[test]
fn a_long_value_is_cut_in_the_list() {
    let long = "語".repeat(300);
    let read = read_text(&format!(
        "order_id,customer_id,ordered_at,net\no1,c1,2024-05-01,{long}\n"
    ))
    .unwrap();
    assert_eq!(read.batch.rejected[0].value.chars().count(), 200);
}

fn adds_up(read: &Read, rows: u64) {
    let account = &read.batch.account;
    assert_eq!(account.rows_in, rows);
    assert_eq!(account.by_class.iter().sum::<u64>(), rows);
    let aside: u64 = RowClass::ALL
        .iter()
        .filter(|class| class.is_set_aside())
        .map(|&class| account.count(class))
        .sum();
    assert_eq!(
        read.batch.rejected.len() as u64,
        aside,
        "what is set aside is listed"
    );
    let facts = &read.batch.facts;
    let accepted = facts.kind.iter().zip(&facts.at).filter(|&(kind, &at)| {
        matches!(kind, RowKind::Order | RowKind::Line)
            || (*kind == RowKind::Refund && at != UNDATED)
    });
    assert_eq!(accepted.count() as u64, rows - aside);
    assert_eq!(facts.customer.len(), facts.len());
    assert_eq!(facts.order_id.len(), facts.len());
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        rng_seed: proptest::test_runner::RngSeed::Fixed(20264),
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_account_adds_up_on_random_rows(rows in proptest::collection::vec(
        (
            prop_oneof![Just("o1"), Just("C123"), Just(""), Just("Total"), Just("1.5E+12")],
            prop_oneof![Just("c1"), Just("c2"), Just(""), Just("NaN"), Just("17.0")],
            prop_oneof![Just("2024-05-01"), Just("2024-05-01 10:00"), Just(""), Just("nonsense")],
            prop_oneof![Just("1"), Just("-2"), Just("0"), Just(""), Just("1.5"), Just("many")],
            prop_oneof![Just("2.50"), Just("-1"), Just("0"), Just("0.00001"), Just("")],
            prop_oneof![Just("paid"), Just("cancelled"), Just("test"), Just("refunded"), Just("odd"), Just("")],
        ),
        1..40,
    )) {
        let mut text = String::from("order_id,customer_id,ordered_at,quantity,unit_price,status\no0,c0,2024-05-01,1,1.00,paid\n");
        for (order, customer, at, quantity, price, status) in &rows {
            text.push_str(&format!("{order},{customer},{at},{quantity},{price},{status}\n"));
        }
        let read = read_with(&text, &ImportOptions { mapping: vec![(Field::Status, "status".into())], ..ImportOptions::default() }).unwrap();
        adds_up(&read, rows.len() as u64 + 1);
    }
}
