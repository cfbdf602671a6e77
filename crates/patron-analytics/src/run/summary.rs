//! What groups of customers have in common: segments, stages, octants, cells, and the whole.

use std::collections::BTreeMap;

use patron_core::MoneySum;
use patron_engine::output::ScoredCustomers;
use patron_engine::scoring::{Octant, Segments, Stage, Values};
use patron_segments::{NO_SEGMENT, Names, Vocabulary};
use patron_stats::summary::median;
use rayon::prelude::*;

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
    /// Summarises the customers of some rows.
    fn of(customers: &ScoredCustomers<'_>, rows: &[u32]) -> Self {
        let expected = customers.values.expected.as_ref();
        let mut group = Self {
            clv: expected.map(|_| MoneySum::ZERO),
            ..Self::default()
        };
        let mut alive = Vec::with_capacity(if expected.is_some() { rows.len() } else { 0 });
        for &row in rows {
            let row = row as usize;
            let Some(profile) = customers.table.profiles.get(row) else {
                continue;
            };
            group.customers += 1;
            group.orders += profile.orders;
            group.revenue += profile.monetary;
            group.order_value += profile.order_value;
            group.bought_once += u64::from(profile.orders == 1);
            group.historic_value += MoneySum(
                customers
                    .values
                    .historic_value
                    .get(row)
                    .copied()
                    .map_or(0, i128::from),
            );
            if let Some(expected) = expected {
                alive.extend(expected.probability_alive.get(row));
                let clv = MoneySum(expected.clv.get(row).copied().map_or(0, i128::from));
                group.clv = group.clv.map(|sum| sum + clv);
            }
        }
        group.probability_alive_mean = patron_stats::summary::mean(&alive);
        group
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
        let every: Vec<u32> = (0_u32..).take(customers.len()).collect();
        let (all, implausible) =
            rayon::join(|| Group::of(customers, &every), || implausible(customers));
        Self {
            all,
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
        let every: Vec<u32> = (0_u32..).take(customers.len()).collect();
        let by_octant = partition(&every, 8, |row| {
            customers
                .octants
                .octants
                .get(row)
                .map(|octant| octant.index())
        });
        let by_stage = partition(&every, Stage::ALL.len(), |row| {
            let stage = customers.lifecycle.stages.get(row)?;
            Stage::ALL.iter().position(|known| known == stage)
        });
        let stages = Stage::ALL.into_iter().zip(groups(customers, &by_stage));
        let octants = groups(customers, &by_octant);
        let octants = Octant::all().map(|octant| {
            let group = octants.get(octant.index());
            (octant, group.cloned().unwrap_or_default())
        });
        let (all, implausible) =
            rayon::join(|| Group::of(customers, &every), || implausible(customers));
        Self {
            all,
            segments: segment_rows(customers, segments, vocabulary, values, &every),
            stages: stages.collect(),
            octants: octants.collect(),
            cells: cells(customers, &every),
            implausible,
        }
    }
}

/// Summarises the customers of each part.
fn groups(customers: &ScoredCustomers<'_>, parts: &[Vec<u32>]) -> Vec<Group> {
    let parts = parts.par_iter();
    parts.map(|rows| Group::of(customers, rows)).collect()
}

/// Splits rows by an index below `parts`.
fn partition(rows: &[u32], parts: usize, index: impl Fn(usize) -> Option<usize>) -> Vec<Vec<u32>> {
    let mut split = vec![Vec::new(); parts];
    for &row in rows {
        if let Some(part) = index(row as usize).and_then(|index| split.get_mut(index)) {
            part.push(row);
        }
    }
    split
}

fn segment_rows(
    customers: &ScoredCustomers<'_>,
    segments: &Segments,
    vocabulary: &Vocabulary,
    values: &Values,
    every: &[u32],
) -> Vec<SegmentRow> {
    let others = segments.own;
    let by_segment = partition(every, others + 1, |row| {
        segments.primary.get(row).map(|&primary| {
            if primary == NO_SEGMENT {
                others
            } else {
                usize::from(primary)
            }
        })
    });
    let mut members = vec![0_u64; others];
    for &bits in &segments.members {
        for (bit, count) in members.iter_mut().enumerate() {
            *count += bits >> bit & 1;
        }
    }
    let mut rows: Vec<SegmentRow> = vocabulary
        .segments
        .par_iter()
        .zip(&by_segment)
        .zip(&members)
        .map(|((segment, rows), &members)| SegmentRow {
            key: segment.key.clone(),
            names: segment.names.clone(),
            ..segment_row(customers, values, rows, members)
        })
        .collect();
    let unnamed = by_segment.get(others).map_or(&[][..], Vec::as_slice);
    if !unnamed.is_empty() {
        let members = unnamed.len() as u64;
        rows.push(SegmentRow {
            key: patron_segments::OTHERS.to_owned(),
            names: Vocabulary::others_names(),
            ..segment_row(customers, values, unnamed, members)
        });
    }
    rows
}

fn segment_row(
    customers: &ScoredCustomers<'_>,
    values: &Values,
    rows: &[u32],
    members: u64,
) -> SegmentRow {
    let axes = [&values.recency, &values.frequency, &values.monetary].map(|axis| {
        rows.iter()
            .filter_map(|&row| axis.get(row as usize).copied())
            .collect::<Vec<f64>>()
    });
    let all = |of: fn(&[f64]) -> Option<f64>| {
        let [r, f, m] = &axes;
        Some([of(r)?, of(f)?, of(m)?])
    };
    SegmentRow {
        key: String::new(),
        names: Names::same(""),
        group: Group::of(customers, rows),
        members,
        means: all(patron_stats::summary::mean),
        medians: all(median),
    }
}

fn cells(customers: &ScoredCustomers<'_>, every: &[u32]) -> BTreeMap<[u8; 3], Group> {
    let mut rows: BTreeMap<[u8; 3], Vec<u32>> = BTreeMap::new();
    for &row in every {
        rows.entry(customers.scores.of(row as usize))
            .or_default()
            .push(row);
    }
    let (cells, rows): (Vec<[u8; 3]>, Vec<Vec<u32>>) = rows.into_iter().unzip();
    cells.into_iter().zip(groups(customers, &rows)).collect()
}

/// A customer with a large share of all orders is more likely a till, a reseller or a test account than a champion.
fn implausible(customers: &ScoredCustomers<'_>) -> Vec<(String, f64)> {
    const IMPLAUSIBLE_SHARE: f64 = 0.05;
    const FEWEST_CUSTOMERS: usize = 100;
    if customers.len() < FEWEST_CUSTOMERS {
        return Vec::new();
    }
    let profiles = &customers.table.profiles;
    let total: u64 = profiles.iter().map(|profile| profile.orders).sum();
    profiles
        .iter()
        .enumerate()
        .map(|(row, profile)| (row, profile.orders as f64 / total as f64))
        .filter(|(_, share)| *share > IMPLAUSIBLE_SHARE)
        .map(|(row, share)| (customers.table.ids.get(row).to_owned(), share))
        .collect()
}
