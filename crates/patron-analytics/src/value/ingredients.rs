//! What aspects are made of: each a score of 0 to 100, or nothing where it is not known.

use std::collections::BTreeMap;

use patron_core::{Money, MoneySum};
use patron_stats::level::Level;
use patron_stats::rates::{Exposed, GammaPrior};
use patron_stats::scores::type_7_quantile;
use patron_stats::summary::sum;
use rayon::prelude::*;

use super::facts::Facts;

/// Customers alike below which everybody is taken for one.
const FEW_ALIKE: usize = 30;
/// Of those alike, who is far: three quarters have less.
const FAR: f64 = 0.75;
/// Of what is believed of a rate, what it is at least but for one chance in twenty.
const AT_LEAST: f64 = 0.05;

/// An aspect of value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    /// What the customer brought lately.
    Current,
    /// What the customer is expected to bring.
    Future,
    /// How steadily the customer comes, takes part and recommends.
    Loyalty,
    /// How far the customer pays and keeps what was ordered.
    Credit,
    /// How far the customer may grow.
    Growth,
}

impl Aspect {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 5] = [
        Self::Current,
        Self::Future,
        Self::Loyalty,
        Self::Credit,
        Self::Growth,
    ];

    /// Returns the stable key.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Future => "future",
            Self::Loyalty => "loyalty",
            Self::Credit => "credit",
            Self::Growth => "growth",
        }
    }
}

/// An ingredient of an aspect: what was measured of each customer, and the score that follows.
#[derive(Debug, Clone)]
pub(super) struct Ingredient {
    pub(super) aspect: Aspect,
    pub(super) key: &'static str,
    /// What is said of it: `{}` stands for the value.
    pub(super) words: &'static str,
    pub(super) values: Vec<Option<f64>>,
    pub(super) scores: Vec<Option<f64>>,
}

/// What a unit of money is worth, customer by customer.
pub(super) struct Worth {
    /// What was left of orders of the last twelve months.
    pub(super) year: Vec<f64>,
    /// What is expected within the horizon; nothing without a model.
    pub(super) expected: Option<Vec<f64>>,
    /// How likely each comes at all; nothing without a model.
    pub(super) alive: Option<Vec<f64>>,
}

/// Works all ingredients out. `people` and `worth` go by customer, in one order.
pub(super) fn ingredients(people: &[Facts], worth: &Worth) -> Vec<Ingredient> {
    let of = |value: &(dyn Fn(&Facts) -> Option<f64> + Sync)| -> Vec<Option<f64>> {
        people.par_iter().map(value).collect()
    };
    let year: Vec<Option<f64>> = worth.year.iter().copied().map(Some).collect();
    let mut all = vec![
        ranked(
            Aspect::Current,
            "contribution_12m",
            "{} left of the last twelve months",
            year,
        ),
        ranked(
            Aspect::Loyalty,
            "purchase_days_12m",
            "{} purchase days in twelve months",
            of(&|facts| Some(facts.days as f64)),
        ),
        ranked(
            Aspect::Loyalty,
            "days_first_to_last",
            "{} days from the first order to the last",
            of(&|facts| Some(f64::from(facts.span))),
        ),
        scored(
            Aspect::Loyalty,
            "regularity",
            "gaps between orders vary by {} of their mean",
            of(&|facts| facts.gap_variation),
            |variation| 100.0 / (1.0 + variation),
        ),
        scored(
            Aspect::Loyalty,
            "mails_opened",
            "{} of mails opened",
            of(&|facts| facts.opened),
            |share| 100.0 * share,
        ),
        scored(
            Aspect::Loyalty,
            "nps",
            "{} of 10 for recommending",
            of(&|facts| facts.nps),
            |score| 10.0 * score,
        ),
    ];
    if let Some(expected) = &worth.expected {
        let expected: Vec<Option<f64>> = expected.iter().copied().map(Some).collect();
        all.insert(
            1,
            ranked(Aspect::Future, "expected_value", "{} expected", expected),
        );
    }
    all.extend(credit(people));
    all.extend(growth(people, worth));
    all
}

/// Scores by rank among those above zero; who has nothing has no points.
fn ranked(
    aspect: Aspect,
    key: &'static str,
    words: &'static str,
    values: Vec<Option<f64>>,
) -> Ingredient {
    let mut above: Vec<f64> = values
        .iter()
        .flatten()
        .copied()
        .filter(|value| *value > 0.0)
        .collect();
    above.par_sort_unstable_by(f64::total_cmp);
    let count = above.len() as f64;
    let score = |value: &Option<f64>| {
        let value = (*value)?;
        if value <= 0.0 {
            return Some(0.0);
        }
        let below = above.partition_point(|other| *other < value);
        let up_to = above.partition_point(|other| *other <= value);
        // The middle of those that are equal.
        Some(100.0 * (below + up_to) as f64 / 2.0 / count)
    };
    let scores = values.par_iter().map(score).collect();
    Ingredient {
        aspect,
        key,
        words,
        values,
        scores,
    }
}

/// Scores by a formula.
fn scored(
    aspect: Aspect,
    key: &'static str,
    words: &'static str,
    values: Vec<Option<f64>>,
    score: impl Fn(f64) -> f64 + Sync,
) -> Ingredient {
    let scores = values
        .par_iter()
        .map(|value| value.map(|value| score(value).clamp(0.0, 100.0)));
    let scores = scores.collect();
    Ingredient {
        aspect,
        key,
        words,
        values,
        scores,
    }
}

/// How many times what is usual: of each kind of misconduct what it is at least, all chance allowed for.
fn credit(people: &[Facts]) -> Vec<Ingredient> {
    type Count = fn(&Facts) -> (u64, f64);
    let kinds: [(&str, &str, Count); 4] = [
        (
            "chargebacks",
            "payments taken back at least {} times as often as usual",
            |facts| (facts.chargebacks, facts.placed as f64),
        ),
        (
            "failed_payments",
            "payments fail at least {} times as often as usual",
            |facts| (facts.failed, facts.placed as f64),
        ),
        (
            "cancellations",
            "orders cancelled at least {} times as often as usual",
            |facts| (facts.cancelled, facts.placed as f64),
        ),
        (
            "returns",
            "sends back at least {} times what is usual of these goods",
            |facts| (facts.returned, facts.usually_returned),
        ),
    ];
    let kind = |(key, words, count): (&'static str, &'static str, Count)| {
        let values = times_usual(people, count)?;
        // Twice as often as usual is half the credit.
        Some(scored(Aspect::Credit, key, words, values, |times| {
            100.0 / times.max(1.0)
        }))
    };
    kinds.into_iter().filter_map(kind).collect()
}

/// The least that a rate may be beside the usual one, by a gamma prior learnt from everybody; nothing where it never happens.
fn times_usual(people: &[Facts], count: fn(&Facts) -> (u64, f64)) -> Option<Vec<Option<f64>>> {
    let exposed = |facts: &Facts| {
        let (events, exposure) = count(facts);
        (exposure > 0.0).then_some(Exposed { events, exposure })
    };
    let all: Vec<Exposed> = people.iter().filter_map(exposed).collect();
    if all.iter().all(|one| one.events == 0) {
        return None;
    }
    let events: u64 = all.iter().map(|one| one.events).sum();
    let exposures: Vec<f64> = all.iter().map(|one| one.exposure).collect();
    let usual = events as f64 / sum(&exposures);
    let alike = all.iter().map(|one| Exposed {
        exposure: rounded(one.exposure),
        ..*one
    });
    let prior = GammaPrior::fit(&alike.collect::<Vec<_>>()).ok()?;
    let level = Level::new(1.0 - 2.0 * AT_LEAST).ok()?;
    let least = |facts: &Facts| {
        let Exposed { events, exposure } = exposed(facts)?;
        if events == 0 {
            return Some(1.0);
        }
        let rate = prior.posterior(events, exposure).ok()?;
        Some((rate.interval(level).low / usual).max(1.0))
    };
    Some(people.par_iter().map(least).collect())
}

/// Rounded to two digits: a prior is learnt as well of few distinct customers.
fn rounded(number: f64) -> f64 {
    let scale = 10.0_f64.powf(number.log10().floor() - 1.0);
    (number / scale).round() * scale
}

fn growth(people: &[Facts], worth: &Worth) -> Vec<Ingredient> {
    let trend = |facts: &Facts| {
        let [recent, before] = facts.halves.map(MoneySum::to_f64);
        (recent + before > 0.0).then(|| (recent - before) / (recent + before))
    };
    let trend: Vec<Option<f64>> = people.par_iter().map(trend).collect();
    let categories = |facts: &Facts| (facts.categories > 0).then_some(facts.categories as f64);
    let categories: Vec<Option<f64>> = people.par_iter().map(categories).collect();
    let mut all = vec![
        scored(
            Aspect::Growth,
            "spend_trend",
            "spend of the last six months beside the six before: {}",
            trend,
            |trend| 50.0 + 50.0 * trend,
        ),
        ranked(
            Aspect::Growth,
            "categories",
            "bought of {} categories",
            categories,
        ),
        scored(
            Aspect::Growth,
            "headroom",
            "{} of what customers alike reach is left to reach, and likely to be tried",
            headroom(people, worth),
            |share| 100.0 * share,
        ),
    ];
    if let Some(expected) = &worth.expected {
        let pairs = worth.year.par_iter().zip(expected);
        let more = pairs.map(|(year, expected)| Some(expected - year));
        all.push(ranked(
            Aspect::Growth,
            "expected_growth",
            "{} more expected than the last twelve months left",
            more.collect(),
        ));
    }
    all
}

/// What is left to reach of what three quarters of those alike stay below, by how likely the customer comes at all; nothing
/// where they all bring nothing.
fn headroom(people: &[Facts], worth: &Worth) -> Vec<Option<f64>> {
    let year = &worth.year;
    let mut groups: BTreeMap<&(String, i32), Vec<f64>> = BTreeMap::new();
    for (facts, value) in people.iter().zip(year) {
        groups.entry(&facts.alike).or_default().push(*value);
    }
    let everybody = type_7_quantile(year, FAR);
    let far = |values: &[f64]| {
        let of_group = || type_7_quantile(values, FAR);
        let is_few = values.len() < FEW_ALIKE;
        if is_few { everybody } else { of_group() }
    };
    let far: BTreeMap<_, Option<f64>> = groups
        .into_iter()
        .map(|(alike, values)| (alike, far(&values)))
        .collect();
    let left = |(row, facts): (usize, &Facts)| {
        let far = far.get(&facts.alike).copied().flatten();
        let far = far.filter(|far| *far > 0.0)?;
        let value = year.get(row).copied().unwrap_or(0.0).max(0.0);
        let alive = worth.alive.as_ref().and_then(|alive| alive.get(row));
        // Who has left for good has nothing left to reach.
        Some(((far - value) / far).max(0.0) * alive.copied().unwrap_or(1.0))
    };
    people.par_iter().enumerate().map(left).collect()
}

/// A value as it stands in a sentence.
pub(super) fn told(words: &str, value: f64) -> String {
    let number = Money::from_f64((value * 100.0).round() / 100.0);
    let number = number.map_or_else(|_| value.to_string(), |read| read.amount.to_string());
    words.replace("{}", &number)
}
