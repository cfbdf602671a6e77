//! How soon customers buy again, and how many purchases they reach.

use patron_stats::kaplan_meier::{KaplanMeier, Step, Watched};
use patron_stats::level::Level;
use patron_stats::rates::wilson;

use super::book::Book;
use crate::study::{Table, Unit, Value};

/// Days within which customers have bought again, or not.
const WITHIN: [i32; 5] = [30, 60, 90, 180, 365];

/// Waits after the n-th purchase day, of those who reached it.
fn curve(book: &Book, purchases: usize) -> Option<KaplanMeier> {
    let waits = book
        .waits
        .range((purchases, i32::MIN, false)..(purchases + 1, i32::MIN, false));
    let watched: Vec<Watched> = waits
        .map(|(&(_, days, event), &count)| Watched {
            time: f64::from(days),
            event,
            count,
        })
        .collect();
    KaplanMeier::new(&watched, Level::NINETY_FIVE).ok()
}

fn curves(book: &Book) -> impl Iterator<Item = (usize, KaplanMeier)> {
    (1..book.reached.len()).filter_map(|purchases| Some((purchases, curve(book, purchases)?)))
}

/// From each purchase day to the next.
pub(super) fn rhythm(book: &Book) -> Table {
    let columns = [
        ("from_purchase", Unit::Count),
        ("customers", Unit::Count),
        ("bought_again", Unit::Count),
        ("median_days", Unit::Days),
        ("median_low", Unit::Days),
        ("median_high", Unit::Days),
        ("within_30_days", Unit::Share),
        ("within_60_days", Unit::Share),
        ("within_90_days", Unit::Share),
        ("within_180_days", Unit::Share),
        ("within_365_days", Unit::Share),
    ];
    let title = "How soon customers buy again after each purchase day, those counted in who have not had the time";
    let mut table = Table::new("rhythm", title, &columns);
    for (purchases, curve) in curves(book) {
        let median = curve.time_of_share(0.5);
        let mut row: Vec<Value> = vec![
            (purchases as u64).into(),
            curve.watched().into(),
            curve.events().into(),
            median.time.into(),
            median.low.into(),
            median.high.into(),
        ];
        let within = WITHIN.iter().map(|days| curve.at(f64::from(*days)));
        row.extend(within.map(|step| Value::from(step.map(|step| 1.0 - step.survival))));
        table.push(row);
    }
    table
}

/// The same with intervals.
pub(super) fn rhythm_by_days(book: &Book) -> Table {
    let columns = [
        ("from_purchase", Unit::Count),
        ("within_days", Unit::Count),
        ("share", Unit::Share),
        ("low", Unit::Share),
        ("high", Unit::Share),
        ("still_watched", Unit::Count),
    ];
    let title = "Share of customers who bought again within so many days (Kaplan-Meier), with intervals of 95 %";
    let mut table = Table::list("rhythm_by_days", title, &columns);
    for (purchases, curve) in curves(book) {
        for days in WITHIN {
            let Some(step) = curve.at(f64::from(days)) else {
                continue;
            };
            let bound = |of: fn(&patron_stats::intervals::Interval) -> f64| {
                step.interval.as_ref().map(|interval| 1.0 - of(interval))
            };
            table.push(vec![
                (purchases as u64).into(),
                Value::Count(days.into()),
                (1.0 - step.survival).into(),
                bound(|interval| interval.high).into(),
                bound(|interval| interval.low).into(),
                left(&step).into(),
            ]);
        }
    }
    table
}

/// Watched beyond a step.
const fn left(step: &Step) -> u64 {
    step.at_risk - step.events - step.censored
}

/// How many purchase days customers reach.
pub(super) fn reached(book: &Book) -> Table {
    let columns = [
        ("purchase", Unit::Count),
        ("customers", Unit::Count),
        ("share_of_all", Unit::Share),
        ("share_of_those_before", Unit::Share),
        ("low", Unit::Share),
        ("high", Unit::Share),
    ];
    let title = "How many customers have reached their n-th purchase day so far; many have not had the time for more";
    let mut table = Table::new("reached", title, &columns);
    let all = book.reached.first().copied().unwrap_or(0);
    let mut before = all;
    for (place, &customers) in book.reached.iter().enumerate() {
        if customers == 0 {
            break;
        }
        let share = wilson(customers, before, Level::NINETY_FIVE)
            .ok()
            .filter(|_| place > 0);
        table.push(vec![
            (place as u64 + 1).into(),
            customers.into(),
            (customers as f64 / all as f64).into(),
            share.map(|share| share.share).into(),
            share.map(|share| share.interval.low).into(),
            share.map(|share| share.interval.high).into(),
        ]);
        before = customers;
    }
    table
}
