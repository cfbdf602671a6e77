//! Random histories against a slow, direct computation from the definitions.

use std::collections::{BTreeMap, BTreeSet};

use patron_core::{Day, Fact, Instant, Money, OrderStatus, RefundKind, ShopCalendar};
use patron_fold::folder::Scratch;
use patron_fold::{FoldSettings, Folder, Outcome};
use proptest::prelude::*;

const DAY_MICROS: i64 = 86_400_000_000;
const IDS: [&str; 6] = ["", "a", "b", "c", "d", "e"];

pub(crate) fn facts() -> impl Strategy<Value = Vec<Fact<'static>>> {
    let instant =
        (0_i64..400, 0_i64..DAY_MICROS).prop_map(|(day, time)| Instant(day * DAY_MICROS + time));
    let line = (instant.clone(), 1_usize..6, 0_i64..50_000).prop_map(|(at, id, net)| Fact::Line {
        at,
        order_id: IDS[id],
        net: Money(net),
        quantity: 10_000,
        status: OrderStatus::Paid,
    });
    let order = (instant.clone(), 0_i64..50_000).prop_map(|(at, net)| Fact::Order {
        at,
        order_id: "",
        net: Money(net),
        status: OrderStatus::Paid,
    });
    let refund = (
        instant.clone(),
        any::<(bool, bool)>(),
        0_usize..6,
        1_i64..20_000,
    )
        .prop_map(|(at, (dated, exchange), id, amount)| Fact::Refund {
            at: dated.then_some(at),
            order_id: IDS[id],
            amount: Money(amount),
            kind: if exchange {
                RefundKind::Exchange
            } else {
                RefundKind::Return
            },
        });
    let event = instant.prop_map(|at| Fact::Event { at, kind: "view" });
    let fact = prop_oneof![4 => line, 3 => order, 2 => refund, 1 => event];
    proptest::collection::vec(fact, 0..25).prop_map(sorted)
}

fn sorted(mut facts: Vec<Fact<'static>>) -> Vec<Fact<'static>> {
    facts.sort_by(|a, b| a.order_key().cmp(&b.order_key()));
    facts
}

fn fold(history: &[Fact<'static>], as_of: &[Day]) -> Vec<Outcome> {
    let folder = Folder::new(FoldSettings::default(), as_of).unwrap();
    let mut outcomes = Vec::new();
    folder
        .fold(history, &mut Scratch::default(), &mut outcomes)
        .unwrap();
    outcomes
}

/// What is left of each order, what of it was paid with goods of others, and what names no order.
fn after_refunds(
    history: &[Fact<'static>],
    orders: &BTreeMap<String, (Instant, i128)>,
    end: Instant,
) -> (BTreeMap<String, i128>, BTreeMap<&'static str, i128>, i128) {
    let mut left: BTreeMap<String, i128> = orders
        .iter()
        .map(|(key, order)| (key.clone(), order.1))
        .collect();
    let mut unlinked = 0_i128;
    let mut exchanged: BTreeMap<&'static str, i128> = BTreeMap::new();
    for fact in history {
        let Fact::Refund {
            at,
            order_id,
            amount,
            kind,
        } = *fact
        else {
            continue;
        };
        if at.is_some_and(|at| at > end) {
            continue;
        }
        match left.get_mut(order_id) {
            Some(net) => {
                *net -= i128::from(amount.0);
                if kind == RefundKind::Exchange {
                    *exchanged.entry(order_id).or_default() += i128::from(amount.0);
                }
            }
            None => unlinked += i128::from(amount.0),
        }
    }
    (left, exchanged, unlinked)
}

/// Orders, Σ net, customer's money, distinct days, straight from the definitions, with maps and no shortcuts.
fn directly(history: &[Fact<'static>], as_of: Day) -> Option<(u64, i128, i128, usize)> {
    let calendar = ShopCalendar::utc();
    let end = calendar.end_of(as_of);
    let mut orders: BTreeMap<String, (Instant, i128)> = BTreeMap::new();
    for (index, fact) in history.iter().enumerate() {
        let (key, at, net) = match *fact {
            Fact::Line {
                at, order_id, net, ..
            } => (order_id.to_owned(), at, net),
            Fact::Order { at, net, .. } => (format!("#{index}"), at, net),
            _ => continue,
        };
        let entry = orders.entry(key).or_insert((at, 0));
        entry.0 = entry.0.min(at);
        entry.1 += i128::from(net.0);
    }
    let (left, exchanged, unlinked) = after_refunds(history, &orders, end);
    let mut valid = 0;
    let (mut value, mut excess) = (0, 0);
    let mut days = BTreeSet::new();
    for (key, (at, _)) in &orders {
        if *at > end {
            continue;
        }
        let net = left[key];
        // Only goods that came back on its own bill are taken off others.
        let of_others = exchanged.get(key.as_str()).copied().unwrap_or(0);
        excess += (-net).max(0).min(of_others);
        if net > 0 {
            valid += 1;
            value += net;
            days.insert(calendar.day_of(*at));
        }
    }
    (valid > 0).then_some((valid, value, value - unlinked - excess, days.len()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, rng_seed: proptest::test_runner::RngSeed::Fixed(20_241), ..ProptestConfig::default() })]

    #[test]
    fn the_fold_equals_the_direct_computation(history in facts(), day in 0_i32..420) {
        let folded = match fold(&history, &[Day(day)])[0] {
            Outcome::Customer(p) => Some((p.orders, p.order_value.0, p.monetary.0, p.purchase_days as usize)),
            Outcome::Prospect(_) => None,
        };
        prop_assert_eq!(folded, directly(&history, Day(day)));
    }

    #[test]
    fn several_as_of_days_in_one_walk_equal_as_many_walks(history in facts(), days in proptest::collection::vec(0_i32..420, 1..5)) {
        let days: Vec<Day> = days.into_iter().map(Day).collect();
        let together = fold(&history, &days);
        for (day, outcome) in days.iter().zip(together) {
            prop_assert_eq!(fold(&history, &[*day])[0], outcome);
        }
    }

    #[test]
    fn orders_that_are_taken_as_such_fold_as_any_facts_do(
        orders in proptest::collection::vec((0_i64..40, 0_i64..3, any::<bool>(), 0_usize..6), 0..20),
        days in proptest::collection::vec(0_i32..60, 1..4),
    ) {
        let ids: Vec<String> = (0..orders.len()).map(|number| format!("{}", number * 7 % 20)).collect();
        let statuses = [OrderStatus::Paid, OrderStatus::Pending, OrderStatus::Cancelled, OrderStatus::Refunded];
        let mut history: Vec<Fact<'_>> = orders.iter().zip(&ids).map(|(&(day, net, is_named, status), id)| Fact::Order {
            at: Instant(day * DAY_MICROS),
            order_id: if is_named { id } else { "" },
            net: Money(net),
            status: statuses.get(status).copied().unwrap_or(OrderStatus::Paid),
        }).collect();
        history.sort_by(|a, b| a.order_key().cmp(&b.order_key()));
        let days: Vec<Day> = days.into_iter().map(Day).collect();
        let folder = Folder::new(FoldSettings::default(), &days).unwrap();
        let (mut one, mut other) = ((Scratch::default(), Vec::new()), (Scratch::default(), Vec::new()));
        folder.fold(&history, &mut one.0, &mut one.1).unwrap();
        folder.fold_orders(&history, &mut other.0, &mut other.1).unwrap();
        prop_assert_eq!(one.1, other.1);
        prop_assert_eq!(one.0.tallies(), other.0.tallies());
        prop_assert_eq!(one.0.purchase_days(), other.0.purchase_days());
    }

    #[test]
    fn the_order_in_which_facts_arrive_does_not_matter(history in facts(), rotation in 0_usize..25) {
        let mut rotated = history.clone();
        if !rotated.is_empty() {
            let middle = rotation % rotated.len();
            rotated.rotate_left(middle);
        }
        prop_assert_eq!(fold(&history, &[Day(200)]), fold(&sorted(rotated), &[Day(200)]));
    }

    #[test]
    fn what_happens_after_the_day_changes_nothing(history in facts(), day in 0_i32..400) {
        let end = ShopCalendar::utc().end_of(Day(day));
        // An order's date is its first line's, so a later line of an earlier order belongs to the past.
        let no_lines = |fact: &Fact<'static>| !matches!(fact, Fact::Line { .. });
        let whole: Vec<_> = history.iter().copied().filter(no_lines).collect();
        let past: Vec<_> = whole.iter().copied().filter(|fact| fact.at() <= end).collect();
        let (all, past) = (fold(&whole, &[Day(day)])[0], fold(&past, &[Day(day)])[0]);
        match (all, past) {
            (Outcome::Customer(all), Outcome::Customer(past)) => prop_assert_eq!(all, past),
            (Outcome::Prospect(_), Outcome::Prospect(_)) => {}
            other => prop_assert!(false, "{:?}", other),
        }
    }
}
