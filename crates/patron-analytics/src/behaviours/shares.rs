//! Behaviours that are shares of a customer's orders or returns: discounts, contacts, late returns.

use std::collections::BTreeMap;

use patron_stats::intervals::Interval;
use patron_stats::level::Level;
use patron_stats::rates::{GridShares, Trials};

use super::people::Person;
use super::shop_habits::Habits;
use super::signals::{
    Behaviour, LEAST_ORDERS, Likely, SURE, Signal, percent, percents, things, too_few,
};
use crate::profit::Accountant;

/// How many times as often as in the whole shop somebody must write, or send back late.
const TIMES: f64 = 3.0;
/// How often at least.
const LEAST_TIMES: u64 = 2;

/// A customer's count, and of how many.
type Count = fn(&Person) -> (u64, u64);

/// What is believed of a count.
#[derive(Debug, Clone, Copy)]
struct Belief {
    above: f64,
    mean: f64,
    interval: Interval,
}

/// Counts of everybody, and the prior learnt from them.
struct Learnt {
    prior: Option<GridShares>,
    /// Events over trials in the whole shop.
    mean: f64,
    events: u64,
    known: BTreeMap<(u64, u64), Belief>,
}

impl Learnt {
    fn new(people: &[Person], count: Count) -> Self {
        let mut cases: BTreeMap<(u64, u64), u64> = BTreeMap::new();
        let (mut events, mut trials) = (0, 0);
        for person in people {
            let (k, n) = count(person);
            *cases.entry((k, n)).or_default() += 1;
            events += k;
            trials += n;
        }
        let cases: Vec<Trials> = cases
            .into_iter()
            .map(|((events, trials), customers)| Trials {
                events,
                trials,
                customers,
            })
            .collect();
        Self {
            prior: GridShares::fit(&cases).ok(),
            mean: if trials == 0 {
                0.0
            } else {
                events as f64 / trials as f64
            },
            events,
            known: BTreeMap::new(),
        }
    }

    fn likely(&self, bound: f64) -> Option<Likely> {
        let share = self.prior.as_ref()?.above(bound);
        Some(Likely {
            share,
            interval: None,
        })
    }

    fn belief(&mut self, (events, trials): (u64, u64), bound: f64) -> Option<Belief> {
        if let Some(known) = self.known.get(&(events, trials)) {
            return Some(*known);
        }
        let posterior = self.prior.as_ref()?.posterior(events, trials).ok()?;
        let belief = Belief {
            above: posterior.above(bound),
            mean: posterior.mean(),
            interval: posterior.interval(Level::NINETY),
        };
        self.known.insert((events, trials), belief);
        Some(belief)
    }

    /// Of whom it is sure that their share is above the bound.
    fn signals(
        &mut self,
        people: &[Person],
        (count, bound): (Count, f64),
        (least_events, least_trials): (u64, u64),
        explain: impl Fn(&Person, Interval) -> String,
    ) -> Vec<Signal> {
        let mut signals = Vec::new();
        for person in people {
            let (events, trials) = count(person);
            if events < least_events.max(1) || trials < least_trials {
                continue;
            }
            let Some(belief) = self.belief((events, trials), bound) else {
                continue;
            };
            if belief.above >= SURE {
                signals.push(Signal {
                    place: person.place,
                    level: 1,
                    probability: Some(belief.above),
                    estimate: Some((belief.mean, belief.interval)),
                    explanation: explain(person, belief.interval),
                });
            }
        }
        signals
    }
}

fn regulars(people: &[Person]) -> usize {
    let regular = |person: &&Person| person.orders >= LEAST_ORDERS;
    people.iter().filter(regular).count()
}

/// Who buys nearly only at a discount.
pub(super) fn discount_only(people: &[Person], habits: &Habits) -> Behaviour {
    let count: Count = |person| (person.discounts.orders, person.orders);
    let mut learnt = Learnt::new(people, count);
    let (mean, bound) = (learnt.mean, 1.0 - (1.0 - learnt.mean) / 2.0);
    let mut found = Behaviour::new(
        "discount_only",
        format!(
            "{LEAST_ORDERS} orders or more, of which more than {} are at a discount with a probability of at least {} (of all orders of the shop {}): at full price at most half as often as others",
            percent(bound),
            percent(SURE),
            percent(mean),
        ),
    );
    if let Some(why) = too_few(regulars(people), learnt.events, "discounted orders") {
        return found.untold(why);
    }
    let orders: u64 = people.iter().map(|person| person.orders).sum();
    let on_promotion: u64 = people
        .iter()
        .map(|person| person.discounts.on_promotion)
        .sum();
    let usual = on_promotion as f64 / orders.max(1) as f64;
    let explain = |person: &Person, interval: Interval| {
        let of = &person.discounts;
        let days = if habits.promotions.is_some() {
            format!(
                "; {} of them on promotion days, on which {} of all the customer's orders fall (of the shop's {})",
                of.both,
                percent(of.on_promotion as f64 / person.orders.max(1) as f64),
                percent(usual),
            )
        } else {
            String::new()
        };
        format!(
            "{} of {} orders were discounted (of the shop's orders {}; likely share {}), by {} of their price{days}.",
            of.orders,
            person.orders,
            percent(mean),
            percents(interval),
            percent(of.taken_off.to_f64() / of.full_price.to_f64()),
        )
    };
    found.likely = learnt.likely(bound);
    found.signals = learnt.signals(people, (count, bound), (1, LEAST_ORDERS), explain);
    found
}

/// Who gets in touch far more often than others, though nothing is known to have gone wrong.
pub(super) fn frequent_complainer(people: &[Person], accountant: &Accountant) -> Behaviour {
    let count: Count = |person| (person.contacts.wrote, person.contacts.orders);
    let mut learnt = Learnt::new(people, count);
    let (mean, bound) = (learnt.mean, TIMES * learnt.mean);
    let mut found = Behaviour::new(
        "frequent_complainer",
        format!(
            "contacts about {LEAST_TIMES} orders or more, and about more than {} of orders with a probability of at least {} (three times the shop's {}), without a delay, fault or cancellation that is known",
            percent(bound),
            percent(SURE),
            percent(mean),
        ),
    );
    let what = "orders with a contact that nothing explains";
    if let Some(why) = too_few(regulars(people), learnt.events, what) {
        return found.untold(why);
    }
    let explain = |person: &Person, _| {
        let of = &person.contacts;
        let cost = accountant.costs.service_per_contact.map(|_| {
            format!(
                ", {:.2} of service cost",
                accountant.service(of.unexplained).to_f64()
            )
        });
        let given = (of.given.0 > 0).then(|| format!(", {:.2} given", of.given.to_f64()));
        format!(
            "Wrote about {} of {} orders without a delay, fault or cancellation that we know of (of the shop's orders {}). {}{}{}.",
            of.wrote,
            of.orders,
            percent(mean),
            things(of.unexplained, "contact", "contacts"),
            cost.unwrap_or_default(),
            given.unwrap_or_default(),
        )
    };
    found.likely = learnt.likely(bound);
    found.signals = learnt.signals(people, (count, bound), (LEAST_TIMES, 1), explain);
    found
}

/// Whose returns come later after delivery than those of others.
pub(super) fn late_returner(people: &[Person], habits: &Habits) -> Behaviour {
    let count: Count = |person| (person.returns.late, person.returns.dated);
    let mut learnt = Learnt::new(people, count);
    let (mean, bound) = (learnt.mean, TIMES * learnt.mean);
    let days = habits.kept.unwrap_or(0.0);
    let mut found = Behaviour::new(
        "late_returner",
        format!(
            "{LEAST_TIMES} returns or more that came later than {days:.0} days after delivery, as one in ten of the shop's does, and more than {} of the customer's own with a probability of at least {}",
            percent(bound),
            percent(SURE),
        ),
    );
    let what = "returns so long after a known day of delivery";
    if let Some(why) = too_few(regulars(people), learnt.events, what) {
        return found.untold(why);
    }
    let explain = |person: &Person, interval: Interval| {
        let of = &person.returns;
        format!(
            "{} of {} returns came later than {days:.0} days after delivery (of the shop's returns {}; likely share {}).",
            of.late,
            of.dated,
            percent(mean),
            percents(interval),
        )
    };
    found.likely = learnt.likely(bound);
    found.signals = learnt.signals(people, (count, bound), (LEAST_TIMES, 1), explain);
    found
}
