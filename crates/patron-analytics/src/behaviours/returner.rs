//! Who sends back far more than these goods usually come back.

use patron_stats::level::Level;
use patron_stats::rates::{Exposed, GridRatios};

use super::people::{Person, Returns};
use super::shop_habits::Habits;
use super::signals::{Behaviour, LEAST_ORDERS, Likely, SURE, Signal, percent, too_few};
use crate::conduct::Categories;

/// How many times as much as usual.
const TIMES: f64 = 2.0;
/// Orders with a return at least: one return of one order is no verdict.
const LEAST_TIMES: u64 = 2;
/// Reasons told of a customer.
const REASONS: usize = 3;

/// How many lines of a customer would usually have come back.
fn usual(returns: &Returns, categories: &Categories) -> f64 {
    let lines = returns.categories.iter();
    lines
        .map(|(name, lines)| *lines as f64 * categories.rate(name))
        .sum()
}

/// `people` come in an order of their own, so that sums are the same whoever was seen first.
pub(super) fn serial_returner(
    people: &[Person],
    categories: &Categories,
    habits: &Habits,
) -> Behaviour {
    let mut found = Behaviour::new(
        "serial_returner",
        format!(
            "returns of {LEAST_TIMES} orders or more, and with a probability of at least {} more than twice as many lines back as usual of their categories; orders of at least {} days, faults of the goods left out",
            percent(SURE),
            habits.return_window,
        ),
    );
    let back: u64 = people.iter().map(|person| person.returns.back).sum();
    let regular = |person: &&Person| person.returns.orders >= LEAST_ORDERS;
    let regulars = people.iter().filter(regular).count();
    if let Some(why) = too_few(regulars, back, "lines that came back") {
        return found.untold(why);
    }
    let expected: Vec<f64> = people
        .iter()
        .map(|person| usual(&person.returns, categories))
        .collect();
    let all: f64 = expected.iter().sum();
    // So that 1 is what is usual of the shop's customers.
    let scale = back as f64 / all;
    let exposed = |(person, expected): (&Person, &f64)| Exposed {
        events: person.returns.back,
        exposure: expected * scale,
    };
    let pairs = || people.iter().zip(&expected);
    let seen: Vec<Exposed> = pairs()
        .map(exposed)
        .filter(|one| one.exposure > 0.0)
        .collect();
    let Ok(prior) = GridRatios::fit(&seen) else {
        return found.untold("it is not known what is usual");
    };
    found.likely = Some(Likely {
        share: prior.above(TIMES),
        interval: None,
    });
    let each = pairs().filter_map(|(person, expected)| signal(person, expected * scale, &prior));
    found.signals = each.collect();
    found
}

/// What is found of a customer of whom so many lines would usually have come back.
fn signal(person: &Person, usual: f64, prior: &GridRatios) -> Option<Signal> {
    let of = &person.returns;
    if of.returned < LEAST_TIMES {
        return None;
    }
    let posterior = prior.posterior(of.back, usual).ok()?;
    let probability = posterior.above(TIMES);
    let interval = posterior.interval(Level::NINETY);
    (probability >= SURE).then(|| Signal {
        place: person.place,
        level: 1,
        probability: Some(probability),
        estimate: Some((posterior.mean(), interval)),
        explanation: format!(
            "{} of {} lines came back, from {} orders; with these categories {usual:.1} would be usual ({:.0} to {:.0} times).{}",
            of.back,
            of.lines,
            of.returned,
            interval.low,
            interval.high,
            reasons(of),
        ),
    })
}

fn reasons(returns: &Returns) -> String {
    let first = returns.reasons.iter().take(REASONS);
    let told: Vec<String> = first
        .map(|(reason, count)| format!("{reason} {count}"))
        .collect();
    if told.is_empty() {
        String::new()
    } else {
        format!(" Reasons given: {}.", told.join(", "))
    }
}
