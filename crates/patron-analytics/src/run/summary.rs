//! What groups of customers have in common: segments, stages, octants, cells, and the whole.

use std::collections::BTreeMap;

use patron_core::MoneySum;
use patron_engine::output::ScoredCustomers;
use patron_engine::scoring::{Octant, Segments, Stage, Values};
use patron_engine::spark::GroupSums;
use patron_segments::{NO_SEGMENT, Names, Vocabulary};
use patron_stats::scores::exact_mean;
use patron_stats::summary::median;
use rayon::prelude::*;

use super::sums::{OCTANTS, Sum, Sums};

/// What a group of customers has in common. Money is exact; shares are of all customers and all revenue.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Group {
    /// Customers.
    pub customers: u64,
    /// Their valid orders.
    pub orders: u64,
    /// Σ monetary.
    pub revenue: MoneySum,
    /// Σ net of valid orders, refunds without an order not deducted.
    pub order_value: MoneySum,
    /// Customers with one valid order.
    pub bought_once: u64,
    /// Σ historic value.
    pub historic_value: MoneySum,
    /// Σ clv; nothing without a model.
    pub clv: Option<MoneySum>,
    /// Mean P(alive); nothing without a model.
    pub probability_alive_mean: Option<f64>,
}

/// A segment of the vocabulary by primary name.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentRow {
    /// Stable key.
    pub key: String,
    /// Names in each language.
    pub names: Names,
    /// Customers whose primary segment it is.
    pub group: Group,
    /// Customers who meet its condition, whatever their primary segment.
    pub members: u64,
    /// Means of R, F, M.
    pub means: Option<[f64; 3]>,
    /// Medians of R, F, M.
    pub medians: Option<[f64; 3]>,
}

/// Everything that tables and charts show of a run.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// All customers.
    pub all: Group,
    /// Segments in the vocabulary's order, others last.
    pub segments: Vec<SegmentRow>,
    /// Stages, youngest first.
    pub stages: Vec<(Stage, Group)>,
    /// Octants, high on all first.
    pub octants: Vec<(Octant, Group)>,
    /// Cells by R, F, M score that hold somebody.
    pub cells: BTreeMap<[u8; 3], Group>,
    /// Customers with their share of orders, where it is implausibly large.
    pub implausible: Vec<(String, f64)>,
}

impl Group {
    /// Returns what was summed up of customers whom no model values.
    pub(super) const fn of(sums: &GroupSums) -> Self {
        Self {
            customers: sums.customers,
            orders: sums.orders,
            revenue: sums.revenue,
            order_value: sums.order_value,
            bought_once: sums.bought_once,
            historic_value: sums.historic_value,
            clv: None,
            probability_alive_mean: None,
        }
    }

    /// Returns the mean net of an order; nothing without orders.
    #[must_use]
    pub fn average_order_value(&self) -> Option<f64> {
        (self.orders > 0).then(|| self.order_value.to_f64() / self.orders as f64)
    }

    /// Returns the share of customers with one order.
    #[must_use]
    pub fn bought_once_share(&self) -> Option<f64> {
        (self.customers > 0).then(|| self.bought_once as f64 / self.customers as f64)
    }

    /// Returns Σ clv ÷ customers.
    #[must_use]
    pub fn clv_mean(&self) -> Option<f64> {
        self.clv
            .filter(|_| self.customers > 0)
            .map(|clv| clv.to_f64() / self.customers as f64)
    }

    /// Returns this group's customers as a share of another's.
    #[must_use]
    pub fn customer_share(&self, all: &Self) -> f64 {
        if all.customers == 0 {
            0.0
        } else {
            self.customers as f64 / all.customers as f64
        }
    }

    /// Returns this group's revenue as a share of another's; nothing if that is not positive.
    #[must_use]
    pub fn revenue_share(&self, all: &Self) -> Option<f64> {
        (all.revenue > MoneySum::ZERO).then(|| self.revenue.to_f64() / all.revenue.to_f64())
    }
}

impl Summary {
    /// Summarises a run of which only changes are wanted: everybody together.
    #[must_use]
    pub(super) fn of_all(customers: &ScoredCustomers<'_>) -> Self {
        let (sums, implausible) = rayon::join(
            || Sums::of(customers, |sums, row| sums.all.add(row)),
            || implausible(customers),
        );
        Self {
            all: sums.all.group(customers.values.expected.is_some()),
            implausible,
            segments: Vec::new(),
            stages: Vec::new(),
            octants: Vec::new(),
            cells: BTreeMap::new(),
        }
    }

    /// Summarises a run.
    #[must_use]
    pub fn new(
        customers: &ScoredCustomers<'_>,
        segments: &Segments,
        vocabulary: &Vocabulary,
        values: &Values,
    ) -> Self {
        let (sums, implausible) = rayon::join(
            || Sums::of(customers, |sums, row| sums.add(customers, segments, row)),
            || implausible(customers),
        );
        let has_model = customers.values.expected.is_some();
        let groups = |sums: Vec<Sum>, count: usize| {
            let nobody = std::iter::repeat_with(Sum::default);
            let sums = sums.into_iter().chain(nobody).take(count);
            sums.map(move |sum| sum.group(has_model))
        };
        let stages = groups(sums.stages, Stage::ALL.len());
        let octants: Vec<Group> = groups(sums.octants, OCTANTS).collect();
        let octants = Octant::all().map(|octant| {
            let group = octants.get(octant.index());
            (octant, group.cloned().unwrap_or_default())
        });
        let of_segments = groups(sums.segments, segments.own + 1);
        let cells = sums.cells.into_iter();
        Self {
            all: sums.all.group(has_model),
            segments: segment_rows(of_segments.collect(), segments, vocabulary, values),
            stages: Stage::ALL.into_iter().zip(stages).collect(),
            octants: octants.collect(),
            cells: cells
                .map(|(cell, sum)| (cell, sum.group(has_model)))
                .collect(),
            implausible,
        }
    }
}

/// Splits rows by an index below `parts`.
fn partition(rows: usize, parts: usize, index: impl Fn(usize) -> Option<usize>) -> Vec<Vec<u32>> {
    let mut split = vec![Vec::new(); parts];
    for (row, number) in (0..rows).zip(0_u32..) {
        if let Some(part) = index(row).and_then(|index| split.get_mut(index)) {
            part.push(number);
        }
    }
    split
}

/// Returns the number of a customer's primary segment; that of the others for none.
pub(super) fn segment_of(segments: &Segments, row: usize) -> Option<usize> {
    let primary = *segments.primary.get(row)?;
    let is_named = primary != NO_SEGMENT;
    Some(if is_named {
        usize::from(primary)
    } else {
        segments.own
    })
}

fn segment_rows(
    groups: Vec<Group>,
    segments: &Segments,
    vocabulary: &Vocabulary,
    values: &Values,
) -> Vec<SegmentRow> {
    let others = segments.own;
    let rows = segments.primary.len();
    let by_segment = partition(rows, others + 1, |row| segment_of(segments, row));
    let mut members = vec![0_u64; others];
    for &bits in &segments.members {
        for (bit, count) in members.iter_mut().enumerate() {
            *count += bits >> bit & 1;
        }
    }
    let means: Vec<Means> = by_segment
        .par_iter()
        .map(|rows| means_of(values, rows))
        .collect();
    let parts = groups.into_iter().zip(means);
    let mut rows = Vec::with_capacity(others + 1);
    for (number, (group, (means, medians))) in parts.enumerate() {
        let segment = vocabulary.segments.get(number).filter(|_| number < others);
        if segment.is_none() && group.customers == 0 {
            continue;
        }
        rows.push(SegmentRow {
            key: segment
                .map_or(patron_segments::OTHERS, |segment| &segment.key)
                .to_owned(),
            names: segment.map_or_else(Vocabulary::others_names, |segment| segment.names.clone()),
            members: members.get(number).copied().unwrap_or(group.customers),
            group,
            means,
            medians,
        });
    }
    rows
}

/// Means and medians of R, F, M.
type Means = (Option<[f64; 3]>, Option<[f64; 3]>);

fn means_of(values: &Values, rows: &[u32]) -> Means {
    let axes = [&values.recency, &values.frequency, &values.monetary].map(|axis| {
        rows.iter()
            .filter_map(|&row| axis.get(row as usize).copied())
            .collect::<Vec<f64>>()
    });
    let all = |of: fn(&[f64]) -> Option<f64>| {
        let [r, f, m] = &axes;
        Some([of(r)?, of(f)?, of(m)?])
    };
    // Whatever the order in which customers are summed, and the machines on which they are.
    let means = all(|values| (!values.is_empty()).then(|| exact_mean(values)));
    (means, all(median))
}

/// A customer with a large share of all orders is more likely a till, a reseller or a test account than a champion.
fn implausible(customers: &ScoredCustomers<'_>) -> Vec<(String, f64)> {
    let profiles = &customers.table.profiles;
    let total: u64 = profiles.iter().map(|profile| profile.orders).sum();
    let each = profiles.iter().enumerate();
    let each = each.map(|(row, profile)| (customers.table.ids.get(row), profile.orders));
    implausible_among(customers.len() as u64, total, each)
}

/// Of some customers with their orders those who have a large share of all `orders` of so many `customers`.
pub(super) fn implausible_among<'a>(
    customers: u64,
    orders: u64,
    some: impl Iterator<Item = (&'a str, u64)>,
) -> Vec<(String, f64)> {
    const IMPLAUSIBLE_SHARE: f64 = 0.05;
    const FEWEST_CUSTOMERS: u64 = 100;
    if customers < FEWEST_CUSTOMERS {
        return Vec::new();
    }
    some.map(|(id, own)| (id, own as f64 / orders as f64))
        .filter(|(_, share)| *share > IMPLAUSIBLE_SHARE)
        .map(|(id, share)| (id.to_owned(), share))
        .collect()
}
