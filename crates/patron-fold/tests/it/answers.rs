//! What the filter is told and what it answers comes out as it went in.

use patron_core::{Day, Fact, Instant, Money, MoneySum, OrderStatus, RefundKind};
use patron_fold::answer::{Answer, Totals};
use patron_fold::protocol::{ProtocolError, Row, control_line, write_fact, write_outcome};
use patron_fold::{NoOrderReason, Outcome, Profile};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Ids as people have them, and as nobody should: with all that tells lines and fields apart.
fn id() -> impl Strategy<Value = String> {
    let characters = prop_oneof![
        Just('\t'),
        Just('\n'),
        Just('\r'),
        Just('\\'),
        Just('N'),
        Just(' '),
        Just('\u{0}'),
        Just('\u{85}'),
        Just('\u{2028}'),
        any::<char>(),
    ];
    proptest::collection::vec(characters, 0..12).prop_map(|text| text.into_iter().collect())
}

fn facts() -> impl Strategy<Value = (u8, i64, i64, i64, String)> {
    (0_u8..8, any::<i64>(), any::<i64>(), any::<i64>(), id())
}

fn fact<'a>((kind, at, net, quantity, id): &'a (u8, i64, i64, i64, String)) -> Fact<'a> {
    let (at, net, order_id) = (Instant(*at), Money(*net), id.as_str());
    match kind {
        0 => Fact::Order {
            at,
            order_id,
            net,
            status: OrderStatus::Test,
        },
        1 => Fact::Line {
            at,
            order_id,
            net,
            quantity: *quantity,
            status: OrderStatus::Refunded,
        },
        2 | 3 => Fact::Refund {
            at: (*kind == 2).then_some(at),
            order_id,
            amount: net,
            kind: RefundKind::RefundOnly,
        },
        4 => Fact::StatusChange {
            at,
            order_id,
            status: OrderStatus::Cancelled,
        },
        5 => Fact::Event { at, kind: order_id },
        6 => Fact::Survey {
            at,
            kind: order_id,
            score: -7,
        },
        _ => Fact::ServiceContact { at, kind: order_id },
    }
}

fn profile() -> impl Strategy<Value = Profile> {
    let sums = any::<[i128; 7]>();
    let counts = any::<([u64; 3], [u32; 3])>();
    let gap = proptest::option::of(any::<f64>().prop_filter("finite", |gap| gap.is_finite()));
    // Four-digit years, as a day is written.
    let days = (-719_000_i32..2_900_000, -719_000_i32..2_900_000);
    (sums, any::<[i64; 3]>(), counts, gap, days).prop_map(
        |(sums, times, (wide, narrow), gap_variation, days)| Profile {
            first_order_at: Instant(times[0]),
            last_order_at: Instant(times[1]),
            first_day: Day(days.0),
            last_day: Day(days.1),
            orders: wide[0],
            purchase_days: narrow[0],
            units: sums[0],
            monetary: MoneySum(sums[1]),
            order_value: MoneySum(sums[2]),
            unlinked_refunds: MoneySum(sums[3]),
            last_order_value: Money(times[2]),
            orders_window: wide[1],
            monetary_window: MoneySum(sums[4]),
            purchase_days_window: narrow[1],
            units_window: sums[0] / 3,
            orders_prior_window: wide[2],
            provisional_value: MoneySum(sums[5]),
            gap_variation,
            repeat_spend_days: narrow[2],
            repeat_spend: MoneySum(sums[6]),
        },
    )
}

/// Lines as Java's `BufferedReader` finds them, which Spark reads the filter's output with.
fn lines(text: &str) -> Vec<&str> {
    text.split_terminator(['\n', '\r']).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(70_015), ..ProptestConfig::default() })]

    #[test]
    fn any_fact_of_any_customer_is_one_line_and_the_same_fact(
        customer in id(), told in facts()
    ) {
        let told = fact(&told);
        let mut line = String::new();
        write_fact(&mut line, &customer, &told);
        prop_assert_eq!(lines(&line).len(), 1);
        let row = Row::parse(lines(&line)[0], 1).unwrap();
        prop_assert_eq!(&*row.customer, customer.as_str());
        prop_assert_eq!(row.fact().unwrap(), told);
    }

    #[test]
    fn any_outcome_is_one_line_and_the_same_outcome(
        customer in id(), profile in profile(), as_of in -719_000_i32..2_900_000
    ) {
        let outcome = Outcome::Customer(profile);
        let mut line = String::new();
        write_outcome(&mut line, &customer, Day(as_of), &outcome);
        prop_assert_eq!(lines(&line).len(), 1);
        let answer = Answer::read(lines(&line)[0]).unwrap();
        let expected = Answer::Outcome { customer: customer.into(), as_of: Day(as_of), outcome };
        prop_assert_eq!(answer, expected);
    }
}

#[test]
fn every_reason_comes_back() {
    for &reason in NoOrderReason::ALL {
        let mut line = String::new();
        let outcome = Outcome::Prospect(reason);
        write_outcome(&mut line, "c", Day(3), &outcome);
        let answer = Answer::read(line.trim_end()).unwrap();
        assert_eq!(
            answer,
            Answer::Outcome {
                customer: "c".into(),
                as_of: Day(3),
                outcome
            }
        );
    }
}

#[test]
fn the_control_line_comes_back_and_no_other_version_of_it() {
    let totals = Totals {
        facts: 3,
        customers: 2,
        amounts: -(1_i128 << 90),
    };
    let line = control_line(totals.facts, totals.customers, totals.amounts);
    assert_eq!(Answer::read(line.trim_end()), Ok(Answer::End(totals)));
    let other = line.replacen("\t1\t", "\t2\t", 1);
    assert!(Answer::read(other.trim_end()).is_err());
    for cut in ["#patron-fold-end\t1\t3", "c\t2024-01-01\t1\t2", "", "c"] {
        assert!(Answer::read(cut).is_err(), "{cut}");
    }
}

#[test]
fn nobody_is_no_customer_but_may_be_an_id() {
    let line = |customer: &str| format!("{customer}\torder\t1\t\\N\t1\t\\N\tpaid");
    let nobody = line("\\N");
    let error = Row::parse(&nobody, 3).unwrap_err();
    assert!(
        matches!(
            error,
            ProtocolError::Field {
                line: 3,
                field: "customer",
                ..
            }
        ),
        "{error}"
    );
    let named = line("\\\\N");
    assert_eq!(Row::parse(&named, 3).unwrap().customer, "\\N");
}
