//! The definitions, case by case.

use patron_core::{
    Day, Fact, Instant, LocalDateTime, Money, MoneySum, OrderStatus, RefundKind, ShopCalendar,
};
use patron_fold::folder::Scratch;
use patron_fold::{
    FoldError, FoldSettings, Folder, NoOrderReason, Outcome, Profile, Tally, UnlinkedRefunds,
    ZeroOrders,
};

pub(crate) fn at(day: &str) -> Instant {
    let day = Day::parse_iso(day).unwrap();
    ShopCalendar::utc().instant_of(LocalDateTime {
        day,
        micros_of_day: 43_200_000_000,
    })
}

pub(crate) fn order<'a>(id: &'a str, day: &str, units: i64) -> Fact<'a> {
    Fact::Order {
        at: at(day),
        order_id: id,
        net: Money(units * 10_000),
        status: OrderStatus::Paid,
    }
}

pub(crate) fn refund<'a>(id: &'a str, day: &str, units: i64) -> Fact<'a> {
    Fact::Refund {
        at: Some(at(day)),
        order_id: id,
        amount: Money(units * 10_000),
        kind: RefundKind::Return,
    }
}

pub(crate) fn fold_with(settings: FoldSettings, history: &[Fact<'_>], as_of: &str) -> Outcome {
    let mut sorted = history.to_vec();
    sorted.sort_by(|a, b| a.order_key().cmp(&b.order_key()));
    let folder = Folder::new(settings, &[Day::parse_iso(as_of).unwrap()]).unwrap();
    let mut outcomes = Vec::new();
    folder
        .fold(&sorted, &mut Scratch::default(), &mut outcomes)
        .unwrap();
    outcomes[0]
}

pub(crate) fn fold(history: &[Fact<'_>], as_of: &str) -> Outcome {
    fold_with(FoldSettings::default(), history, as_of)
}

pub(crate) fn customer(outcome: Outcome) -> Profile {
    match outcome {
        Outcome::Customer(profile) => profile,
        Outcome::Prospect(reason) => panic!("no valid order: {reason:?}"),
    }
}

pub(crate) fn units(sum: MoneySum) -> f64 {
    sum.to_f64()
}

#[test]
fn recency_frequency_and_monetary_of_three_orders() {
    let history = [
        order("1", "2024-01-10", 100),
        order("2", "2024-03-01", 50),
        order("3", "2024-03-01", 25),
    ];
    let profile = customer(fold(&history, "2024-03-31"));
    let day = Day::parse_iso("2024-03-31").unwrap();
    assert_eq!(
        (
            profile.orders,
            profile.purchase_days,
            profile.repeat_purchases()
        ),
        (3, 2, 1)
    );
    assert_eq!(
        (
            profile.recency_days(day),
            profile.days_first_to_last(),
            profile.age_days(day)
        ),
        (30, 51, 81)
    );
    assert_eq!(units(profile.monetary), 175.0);
    assert_eq!(profile.average_order_value(), Money(583_333));
    assert_eq!(
        profile.last_order_value,
        Money(250_000),
        "ties in time go by order id"
    );
    assert_eq!(profile.mean_days_between_orders(), Some(25.5));
    assert_eq!(
        (profile.repeat_spend_days, units(profile.repeat_spend)),
        (1, 75.0)
    );
}

#[test]
fn lines_of_one_order_make_one_order_dated_by_its_first_line() {
    let line = |id, day: &str, net| Fact::Line {
        at: at(day),
        order_id: id,
        net: Money(net),
        quantity: 10_000,
        status: OrderStatus::Paid,
    };
    let profile = customer(fold(
        &[line("1", "2024-01-02", 5), line("1", "2024-01-01", 7)],
        "2024-02-01",
    ));
    assert_eq!(
        (profile.orders, profile.monetary, profile.units),
        (1, MoneySum(12), 20_000)
    );
    assert_eq!(profile.first_order_at, at("2024-01-01"));
}

#[test]
fn an_orders_own_amount_beats_the_sum_of_its_lines() {
    let line = Fact::Line {
        at: at("2024-01-01"),
        order_id: "1",
        net: Money(70_000),
        quantity: 10_000,
        status: OrderStatus::Paid,
    };
    assert_eq!(
        units(customer(fold(&[line, order("1", "2024-01-01", 10)], "2024-02-01")).monetary),
        10.0
    );
}

#[test]
fn a_refund_counts_only_from_its_day_on() {
    let history = [order("1", "2024-01-10", 100), refund("1", "2024-02-10", 40)];
    assert_eq!(
        units(customer(fold(&history, "2024-02-09")).monetary),
        100.0
    );
    assert_eq!(units(customer(fold(&history, "2024-02-10")).monetary), 60.0);
}

#[test]
fn a_fully_refunded_order_is_not_an_order_even_where_zero_orders_count() {
    let history = [
        order("1", "2024-01-10", 100),
        refund("1", "2024-02-10", 100),
    ];
    let settings = FoldSettings {
        zero_orders: ZeroOrders::Count,
        ..FoldSettings::default()
    };
    assert_eq!(
        fold(&history, "2024-03-01"),
        Outcome::Prospect(NoOrderReason::FullyRefunded)
    );
    assert_eq!(
        fold_with(settings, &history, "2024-03-01"),
        Outcome::Prospect(NoOrderReason::FullyRefunded)
    );
    assert_eq!(customer(fold(&history, "2024-02-01")).orders, 1);
}

#[test]
fn an_undated_refund_applies_from_its_orders_date() {
    let undated = Fact::Refund {
        at: None,
        order_id: "1",
        amount: Money(400_000),
        kind: RefundKind::Return,
    };
    assert_eq!(
        units(
            customer(fold(
                &[order("1", "2024-01-10", 100), undated],
                "2024-01-10"
            ))
            .monetary
        ),
        60.0
    );
}

#[test]
fn a_refund_without_an_order_reduces_money_but_never_orders_or_recency() {
    let history = [order("1", "2024-01-10", 100), refund("", "2024-02-10", 130)];
    let profile = customer(fold(&history, "2024-03-01"));
    assert_eq!(
        (
            profile.orders,
            units(profile.monetary),
            units(profile.order_value)
        ),
        (1, -30.0, 100.0)
    );
    assert_eq!(profile.last_day, Day::parse_iso("2024-01-10").unwrap());
    let drop = FoldSettings {
        unlinked_refunds: UnlinkedRefunds::Drop,
        ..FoldSettings::default()
    };
    assert_eq!(
        units(customer(fold_with(drop, &history, "2024-03-01")).monetary),
        100.0
    );
}

#[test]
fn a_refund_of_an_order_that_is_not_here_counts_as_one_without_an_order() {
    let history = [order("1", "2024-01-10", 100), refund("0", "2024-02-10", 30)];
    assert_eq!(units(customer(fold(&history, "2024-03-01")).monetary), 70.0);
}

#[test]
fn what_is_refunded_beyond_an_order_reduces_no_other() {
    let tally_of = |history: &[Fact<'_>]| {
        let folder = Folder::new(
            FoldSettings::default(),
            &[Day::parse_iso("2024-03-01").unwrap()],
        )
        .unwrap();
        let mut scratch = Scratch::default();
        let mut sorted = history.to_vec();
        sorted.sort_by(|a, b| a.order_key().cmp(&b.order_key()));
        folder.fold(&sorted, &mut scratch, &mut Vec::new()).unwrap();
        let tally = scratch.tallies()[0];
        (tally.excess_refunds, units(tally.excess_refunded))
    };
    let money = |history: &[Fact<'_>]| {
        let profile = customer(fold(history, "2024-03-01"));
        (
            profile.orders,
            units(profile.order_value),
            units(profile.monetary),
        )
    };
    let (first, second) = (order("1", "2024-01-10", 100), order("2", "2024-01-11", 50));
    // Shipping went back, too.
    let history = [first, second, refund("1", "2024-01-12", 120)];
    assert_eq!(money(&history), (1, 50.0, 50.0));
    assert_eq!(tally_of(&history), (1, 20.0));
    // Of an order that never was paid.
    let unpaid = Fact::Order {
        at: at("2024-01-09"),
        order_id: "3",
        net: Money(300_000),
        status: OrderStatus::Cancelled,
    };
    let history = [unpaid, second, refund("3", "2024-01-12", 35)];
    assert_eq!(money(&history), (1, 50.0, 50.0));
    assert_eq!(tally_of(&history), (1, 5.0));
    // A line below zero is goods that came back; what is more than the bill sold is of other bills.
    let exchange = Fact::Refund {
        at: Some(at("2024-01-10")),
        order_id: "1",
        amount: Money(1_200_000),
        kind: RefundKind::Exchange,
    };
    let history = [first, second, exchange];
    assert_eq!(money(&history), (1, 50.0, 30.0));
    assert_eq!(tally_of(&history), (0, 0.0));
}

#[test]
fn zero_orders_count_only_where_the_settings_say_so_and_never_enter_the_spend_model() {
    let history = [
        order("1", "2024-01-10", 100),
        order("2", "2024-02-10", 0),
        order("3", "2024-02-20", 20),
    ];
    assert_eq!(customer(fold(&history, "2024-03-01")).orders, 2);
    let settings = FoldSettings {
        zero_orders: ZeroOrders::Count,
        ..FoldSettings::default()
    };
    let profile = customer(fold_with(settings, &history, "2024-03-01"));
    assert_eq!(
        (
            profile.orders,
            profile.repeat_purchases(),
            profile.repeat_spend_days
        ),
        (3, 2, 1)
    );
    assert_eq!(units(profile.repeat_spend), 20.0);
}

#[test]
fn an_order_paid_after_it_was_cancelled_is_valid_from_then_on() {
    let change = |day: &str, status| Fact::StatusChange {
        at: at(day),
        order_id: "1",
        status,
    };
    let history = [
        order("1", "2024-01-10", 100),
        change("2024-01-11", OrderStatus::Cancelled),
        change("2024-01-13", OrderStatus::Paid),
    ];
    assert_eq!(customer(fold(&history, "2024-01-10")).orders, 1);
    assert_eq!(
        fold(&history, "2024-01-12"),
        Outcome::Prospect(NoOrderReason::CancelledOrVoid)
    );
    assert_eq!(customer(fold(&history, "2024-01-13")).orders, 1);
}

#[test]
fn each_reason_for_having_no_order_is_given() {
    let with = |status| Fact::Order {
        at: at("2024-01-10"),
        order_id: "1",
        net: Money(10_000),
        status,
    };
    let reason = |history: &[Fact<'_>]| match fold(history, "2024-02-01") {
        Outcome::Prospect(reason) => reason,
        Outcome::Customer(_) => panic!("has an order"),
    };
    assert_eq!(
        reason(&[with(OrderStatus::Pending)]),
        NoOrderReason::NotPaid
    );
    assert_eq!(
        reason(&[with(OrderStatus::Test)]),
        NoOrderReason::CancelledOrVoid
    );
    assert_eq!(
        reason(&[order("1", "2024-01-10", 0)]),
        NoOrderReason::ZeroValue
    );
    assert_eq!(
        reason(&[order("1", "2024-03-10", 5)]),
        NoOrderReason::OnlyAfterAsOf
    );
    assert_eq!(
        reason(&[refund("", "2024-01-10", 5)]),
        NoOrderReason::OnlyRefunds
    );
    assert_eq!(
        reason(&[Fact::Event {
            at: at("2024-01-10"),
            kind: "view"
        }]),
        NoOrderReason::NoOrders
    );
    assert_eq!(reason(&[]), NoOrderReason::NoOrders);
}

#[test]
fn gaps_of_equal_length_have_no_variation() {
    let history = [
        order("1", "2024-01-01", 1),
        order("2", "2024-01-11", 1),
        order("3", "2024-01-21", 1),
    ];
    assert_eq!(
        customer(fold(&history, "2024-02-01")).gap_variation,
        Some(0.0)
    );
    assert_eq!(
        customer(fold(&history[..2], "2024-02-01")).gap_variation,
        None
    );
    // gaps 10 and 30: mean 20, sample standard deviation 14.142135623730951
    let uneven = [
        order("1", "2024-01-01", 1),
        order("2", "2024-01-11", 1),
        order("3", "2024-02-10", 1),
    ];
    let variation = customer(fold(&uneven, "2024-03-01")).gap_variation.unwrap();
    assert!(
        (variation - 0.707_106_781_186_547_5).abs() < 1e-15,
        "{variation}"
    );
}

#[test]
fn a_history_out_of_order_is_refused() {
    let folder = Folder::new(FoldSettings::default(), &[Day(0)]).unwrap();
    let history = [order("1", "2024-01-02", 1), order("2", "2024-01-01", 1)];
    let error = folder
        .fold(&history, &mut Scratch::default(), &mut Vec::new())
        .unwrap_err();
    assert_eq!(error, FoldError::NotInOrder { position: 2 });
    assert_eq!(
        Folder::new(FoldSettings::default(), &[]).unwrap_err(),
        FoldError::NoAsOf
    );
}

#[test]
fn young_orders_are_provisional() {
    let settings = FoldSettings {
        return_window_days: 14,
        ..FoldSettings::default()
    };
    let history = [
        order("1", "2024-01-10", 1),
        order("2", "2024-01-17", 2),
        order("3", "2024-01-31", 4),
    ];
    assert_eq!(
        units(customer(fold_with(settings, &history, "2024-01-31")).provisional_value),
        4.0
    );
}

#[test]
fn lines_that_are_not_paid_are_not_in_the_amount_of_an_order_of_which_others_are() {
    let line = |order_id: &'static str, day: &str, units: i64, status| Fact::Line {
        at: at(day),
        order_id,
        net: Money(units * 10_000),
        quantity: 10_000,
        status,
    };
    use OrderStatus::{Cancelled, Paid, Pending};
    for history in [
        [
            line("1", "2024-01-01", 100, Paid),
            line("1", "2024-01-02", 500, Pending),
        ],
        [
            line("1", "2024-01-01", 500, Pending),
            line("1", "2024-01-02", 100, Paid),
        ],
        [
            line("1", "2024-01-01", 100, Paid),
            line("1", "2024-01-01", 500, Cancelled),
        ],
    ] {
        let profile = customer(fold(&history, "2024-02-01"));
        assert_eq!((units(profile.monetary), profile.units), (100.0, 10_000));
    }
    // Where no line is paid the order is unpaid before it is cancelled, whichever comes first.
    for history in [
        [
            line("1", "2024-01-01", 1, Pending),
            line("1", "2024-01-02", 2, Cancelled),
        ],
        [
            line("1", "2024-01-01", 1, Cancelled),
            line("1", "2024-01-02", 2, Pending),
        ],
    ] {
        assert_eq!(
            fold(&history, "2024-02-01"),
            Outcome::Prospect(NoOrderReason::NotPaid)
        );
    }
}

#[test]
fn orders_that_do_not_count_are_tallied_once_each_by_reason() {
    let with = |id: &'static str, day: &str, net: i64, status| Fact::Order {
        at: at(day),
        order_id: id,
        net: Money(net * 10_000),
        status,
    };
    use OrderStatus::{Cancelled, Paid, Pending, Void};
    let history = [
        with("1", "2024-01-01", 100, Paid),
        with("2", "2024-01-02", 10, Pending),
        with("3", "2024-01-03", 10, Cancelled),
        with("4", "2024-01-04", 10, Void),
        with("5", "2024-01-05", 0, Paid),
        with("6", "2024-01-06", 40, Paid),
        with("7", "2024-03-01", 10, Paid),
        with("8", "2024-03-02", 10, Pending),
        refund("6", "2024-01-07", 40),
        refund("1", "2024-01-08", 25),
        refund("", "2024-01-09", 7),
    ];
    let mut sorted = history.to_vec();
    sorted.sort_by(|a, b| a.order_key().cmp(&b.order_key()));
    let days = ["2024-01-31", "2024-04-01"].map(|day| Day::parse_iso(day).unwrap());
    let folder = Folder::new(FoldSettings::default(), &days).unwrap();
    let (mut scratch, mut outcomes) = (Scratch::default(), Vec::new());
    // Two customers with the same history.
    folder.fold(&sorted, &mut scratch, &mut outcomes).unwrap();
    folder.fold(&sorted, &mut scratch, &mut outcomes).unwrap();
    let [january, april] = scratch.tallies() else {
        panic!("one tally a day");
    };
    let counts = |tally: &Tally| {
        [
            tally.later,
            tally.not_paid,
            tally.cancelled,
            tally.fully_refunded,
            tally.zero_value,
        ]
    };
    // An order that never was paid does not become one on a later day.
    assert_eq!(counts(january), [2, 4, 4, 2, 2]);
    assert_eq!(counts(april), [0, 4, 4, 2, 2]);
    assert_eq!(january.orders_not_counted(), 14);
    // Sold: 100 and 40 and 0; back: 25, 40 and 7. Twice.
    assert_eq!(
        (units(january.settled_value), units(january.settled_refunds)),
        (280.0, 144.0)
    );
    assert_eq!(january.return_rate(), Some(144.0 / 280.0));
}
