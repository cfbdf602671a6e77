//! Behaviours that are a matter of when somebody came, and with how much: a gap too long, a large first order, the best of once.

use patron_core::{Day, MoneySum};
use patron_stats::level::Level;
use patron_stats::rates::{Exposed, GammaPrior};
use patron_stats::scores::type_7_quantile;

use super::people::Person;
use super::signals::{Behaviour, Signal, percent, things, too_few_of};

/// Gaps of a customer below which there is no rhythm.
const LEAST_GAPS: u64 = 3;
/// Days without an order after which somebody has lapsed, not slowed down.
const LAPSED_DAYS: i32 = 304;
/// A gap is too long of which fewer in a hundred would be longer.
const RARE: f64 = 0.1;
/// Of customers' last years before their last order, the best have more orders and more money than this share.
const BEST: f64 = 0.8;
/// Months without an order after which the best are gone.
const GONE_MONTHS: u32 = 10;
/// Of those who came again, so many had by the time after which a first order is no longer new.
const CAME_AGAIN: f64 = 0.75;

/// How long the customer has been coming, in days, and how often again.
fn gaps(person: &Person) -> (u64, f64) {
    let days = person.rhythm.last.days_since(person.rhythm.first);
    (person.rhythm.days.saturating_sub(1), f64::from(days))
}

/// Whose gap is beyond what their own rhythm makes likely.
pub(super) fn falling_frequency(people: &[Person], as_of: Day) -> Behaviour {
    let mut found = Behaviour::new(
        "falling_frequency",
        format!(
            "{} purchase days or more, the last at most {LAPSED_DAYS} days ago, and a gap since that comes in fewer than {} of cases with the customer's own rhythm",
            LEAST_GAPS + 1,
            percent(RARE),
        ),
    );
    let repeaters: Vec<Exposed> = people
        .iter()
        .map(gaps)
        .filter(|(gaps, days)| *gaps > 0 && *days > 0.0)
        .map(|(events, exposure)| Exposed { events, exposure })
        .collect();
    if let Some(why) = too_few_of(repeaters.len(), "customers who came again") {
        return found.untold(why);
    }
    let Ok(prior) = GammaPrior::fit(&repeaters) else {
        return found.untold("the customers' rhythms could not be compared");
    };
    for person in people {
        let (count, days) = gaps(person);
        let since = as_of.days_since(person.rhythm.last);
        if count < LEAST_GAPS || since > LAPSED_DAYS {
            continue;
        }
        let Ok(posterior) = prior.posterior(count, days) else {
            continue;
        };
        let open = f64::from(since);
        let known = prior.rate() + days;
        let chance = (known / (known + open)).powf(prior.shape() + count as f64);
        if chance < RARE {
            let rate = posterior.interval(Level::NINETY);
            found.signals.push(Signal {
                place: person.place,
                level: 1,
                probability: None,
                estimate: Some((
                    open * posterior.mean(),
                    patron_stats::intervals::Interval {
                        low: open * rate.low,
                        high: open * rate.high,
                    },
                )),
                explanation: format!(
                    "{} purchase days, {:.0} days apart on average; none for {since} days: a gap so long comes in {} of cases with such a rhythm.",
                    count + 1,
                    days / count as f64,
                    percent(chance),
                ),
            });
        }
    }
    found
}

/// Whose first order was large, and who may come again still.
pub(super) fn large_first_order(people: &[Person], as_of: Day, large: f64) -> Behaviour {
    let mut found = Behaviour::new("large_first_order", String::new());
    let since = as_of.minus_months(12);
    let recent = people.iter().filter(|person| person.rhythm.first > since);
    let recent: Vec<f64> = recent
        .map(|person| person.rhythm.first_net.to_f64())
        .collect();
    let gaps = people.iter().filter_map(|person| person.rhythm.first_gap);
    let gaps: Vec<f64> = gaps.map(f64::from).collect();
    let few = too_few_of(recent.len(), "first orders within twelve months");
    let few = few.or_else(|| too_few_of(gaps.len(), "customers who came again"));
    let bounds = type_7_quantile(&recent, large).zip(type_7_quantile(&gaps, CAME_AGAIN));
    let Some((least, window)) = bounds.filter(|_| few.is_none()) else {
        found.rule = format!(
            "one purchase day, a first order among the largest {}, and not too long ago to come again",
            percent(1.0 - large),
        );
        return found.untold(few.unwrap_or_default());
    };
    found.rule = format!(
        "one purchase day, at most {window:.0} days ago (by then three quarters of those who come again have), with a first order of at least {least:.2}, among the largest {} of the last twelve months",
        percent(1.0 - large),
    );
    for person in people {
        let age = as_of.days_since(person.rhythm.first);
        let of = &person.rhythm;
        if of.days == 1 && of.first_net.to_f64() >= least && f64::from(age) <= window {
            found.signals.push(Signal {
                place: person.place,
                level: 1,
                probability: None,
                estimate: None,
                explanation: format!(
                    "First order of {:.2} {}; of those who come again three quarters do within {window:.0} days.",
                    of.first_net.to_f64(),
                    ago(age),
                ),
            });
        }
    }
    found
}

fn ago(days: i32) -> String {
    match days {
        0 => "today".to_owned(),
        days => format!(
            "{} ago",
            things(u64::from(days.unsigned_abs()), "day", "days")
        ),
    }
}

/// Who was among the best, and has been gone for long.
pub(super) fn lapsed_best(people: &[Person], as_of: Day) -> Behaviour {
    let mut found = Behaviour::new("lapsed_best", String::new());
    let orders: Vec<f64> = people
        .iter()
        .map(|person| person.rhythm.year.0 as f64)
        .collect();
    let money: Vec<f64> = people
        .iter()
        .map(|person| person.rhythm.year.1.to_f64())
        .collect();
    let few = too_few_of(people.len(), "customers");
    let bounds = type_7_quantile(&orders, BEST).zip(type_7_quantile(&money, BEST));
    let Some((least_orders, least_money)) = bounds.filter(|_| few.is_none()) else {
        found.rule = format!(
            "in the twelve months up to the last order among the best {} by orders and by money, and none for {GONE_MONTHS} months",
            percent(1.0 - BEST),
        );
        return found.untold(few.unwrap_or_default());
    };
    found.rule = format!(
        "in the twelve months up to the last order at least {least_orders:.1} orders and {least_money:.2}, as the best {} of customers have by either, and none for {GONE_MONTHS} months",
        percent(1.0 - BEST),
    );
    let gone = as_of.minus_months(GONE_MONTHS);
    for person in people {
        let (count, net): (u64, MoneySum) = person.rhythm.year;
        let is_best = count as f64 >= least_orders && net.to_f64() >= least_money;
        if is_best && person.rhythm.last <= gone {
            found.signals.push(Signal {
                place: person.place,
                level: 1,
                probability: None,
                estimate: None,
                explanation: format!(
                    "{} for {:.2} in the twelve months up to the last, on {}; none since.",
                    things(count, "order", "orders"),
                    net.to_f64(),
                    person.rhythm.last,
                ),
            });
        }
    }
    found
}
