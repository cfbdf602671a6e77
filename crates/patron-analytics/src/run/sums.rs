//! Sums over groups of customers, all in one walk: profiles are most of what a run holds.

use std::collections::BTreeMap;

use patron_core::MoneySum;
use patron_engine::output::ScoredCustomers;
use patron_engine::scoring::{Segments, Stage};
use patron_engine::spark::GroupSums;
use rayon::prelude::*;

use super::summary::{Group, segment_of};

/// Octants there are.
pub(super) const OCTANTS: usize = 8;
/// Customers that one thread sums up at a time.
const ROWS: usize = 32_768;

/// What is summed up of a group.
#[derive(Debug, Default)]
pub(super) struct Sum {
    sums: GroupSums,
    clv: MoneySum,
    /// P(alive) of each, in customer order: how they are summed must not depend on threads.
    alive: Vec<f64>,
}

/// What one customer adds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    place: usize,
    sums: GroupSums,
    /// P(alive) and value, with a model.
    expected: Option<(Option<f64>, MoneySum)>,
}

/// What is summed up of everybody.
#[derive(Debug, Default)]
pub(super) struct Sums {
    pub(super) all: Sum,
    /// By number, those of no segment last.
    pub(super) segments: Vec<Sum>,
    pub(super) stages: Vec<Sum>,
    pub(super) octants: Vec<Sum>,
    /// By R, F, M score.
    pub(super) cells: BTreeMap<[u8; 3], Sum>,
}

impl Sum {
    pub(super) fn add(&mut self, row: Row) {
        self.sums.add(&row.sums);
        if let Some((alive, clv)) = row.expected {
            self.alive.extend(alive);
            self.clv += clv;
        }
    }

    /// Adds those who come after.
    fn append(&mut self, mut later: Self) {
        self.sums.add(&later.sums);
        self.clv += later.clv;
        self.alive.append(&mut later.alive);
    }

    /// Returns the group; `has_model` where customers are valued.
    pub(super) fn group(self, has_model: bool) -> Group {
        Group {
            clv: has_model.then_some(self.clv),
            probability_alive_mean: patron_stats::summary::mean(&self.alive),
            ..Group::of(&self.sums)
        }
    }
}

impl Row {
    fn of(customers: &ScoredCustomers<'_>, place: usize) -> Option<Self> {
        let profile = customers.table.profiles.get(place)?;
        let amount = |column: &[i64]| column.get(place).copied().unwrap_or(0);
        let mut sums = GroupSums::default();
        sums.take(&profile, amount(&customers.values.historic_value));
        let expected = customers.values.expected.as_ref();
        Some(Self {
            place,
            sums,
            expected: expected.map(|expected| {
                let alive = expected.probability_alive.get(place).copied();
                (alive, MoneySum(i128::from(amount(&expected.clv))))
            }),
        })
    }
}

impl Sums {
    /// Sums up what `add` takes of each customer.
    pub(super) fn of(customers: &ScoredCustomers<'_>, add: impl Fn(&mut Self, Row) + Sync) -> Self {
        let count = customers.len();
        let pieces: Vec<usize> = (0..count).step_by(ROWS).collect();
        let pieces = pieces.into_par_iter().map(|from| {
            let mut sums = Self::default();
            for place in from..(from + ROWS).min(count) {
                if let Some(row) = Row::of(customers, place) {
                    add(&mut sums, row);
                }
            }
            sums
        });
        let mut all = Self::default();
        for later in pieces.collect::<Vec<Self>>() {
            all.append(later);
        }
        all
    }

    /// Adds a customer to each group that it is in.
    pub(super) fn add(&mut self, customers: &ScoredCustomers<'_>, segments: &Segments, row: Row) {
        let stage = customers.lifecycle.stages.get(row.place);
        let stage = stage.and_then(|stage| Stage::ALL.iter().position(|known| known == stage));
        let octant = customers.octants.octants.get(row.place);
        let octant = octant.map(|octant| octant.index());
        self.all.add(row);
        add_to(&mut self.segments, segment_of(segments, row.place), row);
        add_to(&mut self.stages, stage, row);
        add_to(&mut self.octants, octant, row);
        let cell = customers.scores.of(row.place);
        self.cells.entry(cell).or_default().add(row);
    }

    fn append(&mut self, later: Self) {
        self.all.append(later.all);
        append_all(&mut self.segments, later.segments);
        append_all(&mut self.stages, later.stages);
        append_all(&mut self.octants, later.octants);
        for (cell, sum) in later.cells {
            self.cells.entry(cell).or_default().append(sum);
        }
    }
}

fn add_to(sums: &mut Vec<Sum>, number: Option<usize>, row: Row) {
    let Some(number) = number else { return };
    if sums.len() <= number {
        sums.resize_with(number + 1, Sum::default);
    }
    if let Some(sum) = sums.get_mut(number) {
        sum.add(row);
    }
}

fn append_all(sums: &mut Vec<Sum>, later: Vec<Sum>) {
    if sums.len() < later.len() {
        sums.resize_with(later.len(), Sum::default);
    }
    for (sum, later) in sums.iter_mut().zip(later) {
        sum.append(later);
    }
}
