//! The text protocol.

use patron_core::{Day, Fact, Instant, Money, OrderStatus, RefundKind};
use patron_fold::protocol::{Header, ProtocolError, Row, write_fact, write_outcome};
use patron_fold::{NoOrderReason, Outcome};

const STRANGE: &str = "tab\there\\N new\nline\r";

#[test]
fn every_kind_of_fact_survives_the_journey() {
    let at = Instant(1_700_000_000_000_000);
    let facts = [
        Fact::Order {
            at,
            order_id: STRANGE,
            net: Money(-5),
            status: OrderStatus::Pending,
        },
        Fact::Line {
            at,
            order_id: "",
            net: Money(5),
            quantity: 15_000,
            status: OrderStatus::Paid,
        },
        Fact::Refund {
            at: None,
            order_id: "\\N",
            amount: Money(7),
            kind: RefundKind::Exchange,
        },
        Fact::Refund {
            at: Some(at),
            order_id: "",
            amount: Money(7),
            kind: RefundKind::Compensation,
        },
        Fact::StatusChange {
            at,
            order_id: "x",
            status: OrderStatus::Void,
        },
        Fact::Event {
            at,
            kind: "mail opened",
        },
        Fact::Survey {
            at,
            kind: "nps",
            score: -3,
        },
        Fact::ServiceContact { at, kind: "ticket" },
    ];
    for fact in facts {
        let mut line = String::new();
        write_fact(&mut line, STRANGE, &fact);
        assert_eq!(line.matches('\n').count(), 1, "{line:?}");
        let row = Row::parse(line.trim_end_matches('\n'), 1).unwrap();
        assert_eq!(row.customer, STRANGE);
        assert_eq!(row.fact().unwrap(), fact);
    }
}

#[test]
fn each_bad_line_is_named() {
    let error = |text: &str| match Row::parse(text, 7) {
        Err(error) => error,
        Ok(row) => row.fact().unwrap_err(),
    };
    assert_eq!(
        error("c\torder"),
        ProtocolError::Fields {
            line: 7,
            customer: "c".into(),
            found: 2
        }
    );
    let field = |field, value: &str, expected| ProtocolError::Field {
        line: 7,
        customer: "c".into(),
        field,
        value: value.into(),
        expected,
    };
    assert_eq!(
        error("c\torder\tnoon\t1\t5\t\\N\tpaid"),
        field("at", "noon", "a whole number")
    );
    assert_eq!(
        error("c\tgift\t0\t1\t5\t\\N\tpaid"),
        field(
            "tag",
            "gift",
            "order, line, refund, status, event, survey or service"
        )
    );
    assert_eq!(
        error("c\torder\t0\t1\t5\t\\N\tlost"),
        field(
            "word",
            "lost",
            "paid, pending, cancelled, void, test or refunded"
        )
    );
}

#[test]
fn the_header_carries_version_and_settings() {
    let header = Header::parse(
        "#patron-fold\t1\t{\"as_of\":[\"2024-12-31\"],\"timezone\":\"Asia/Shanghai\"}",
    )
    .unwrap();
    let (settings, days) = header.resolve().unwrap();
    assert_eq!(settings.calendar.name(), "Asia/Shanghai");
    assert_eq!(days, [Day::parse_iso("2024-12-31").unwrap()]);
    assert_eq!(Header::parse(&header.line()).unwrap(), header);
    assert_eq!(
        Header::parse("#patron-fold\t2\t{}").unwrap_err(),
        ProtocolError::Version { found: "2".into() }
    );
    assert_eq!(
        Header::parse("#patron-fold\t1\t{\"schema\":[\"customer\",\"at\"],\"as_of\":[]}")
            .unwrap_err(),
        ProtocolError::Schema {
            found: "customer, at".into()
        }
    );
    assert!(matches!(
        Header::parse("hello"),
        Err(ProtocolError::NoHeader { .. })
    ));
    assert!(matches!(
        Header::parse("#patron-fold\t1\t{\"asof\":[]}"),
        Err(ProtocolError::Settings { .. })
    ));
}

#[test]
fn a_prospect_is_written_with_the_reason() {
    let mut line = String::new();
    write_outcome(
        &mut line,
        "c",
        Day(0),
        &Outcome::Prospect(NoOrderReason::NotPaid),
    );
    assert_eq!(line, "c\t1970-01-01\tnot_paid\n");
}
