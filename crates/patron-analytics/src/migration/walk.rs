//! From one day to the next: customers are placed as of each, and those of two days are brought together.

use std::borrow::Cow;
use std::collections::VecDeque;

use patron_core::{Day, MoneySum};
use patron_engine::CustomerTable;
use patron_stats::flow::{FlowTest, against_usual};

use super::crossing::{Crossing, Pair};
use super::ladder::{Direction, Ladder};
use super::matrix::{Driver, Matrix, Move, crowd_of, moves};
use super::placing::{Knives, Placed, Placer};
use crate::run::RunError;

/// What happened between two days.
#[derive(Debug, Clone, PartialEq)]
pub struct Period {
    /// The earlier day.
    pub from: Day,
    /// The later day.
    pub to: Day,
    /// Who went from where to where.
    pub matrix: Matrix,
    /// Whether movement is split into people and knives: not where scores go by rank, and not where nobody was there before.
    pub is_split: bool,
    /// By which customers were cut on the later day; the earlier day's are those of the period before.
    pub knives: Knives,
    /// What the periods before it, as many as there are, did together: numbers of customers, row by row; nothing without any.
    pub usual: Option<Vec<Vec<u64>>>,
    /// Of how many periods that is.
    pub usual_periods: usize,
    /// Whether that is more than chance and the usual ups and downs make of it; nothing where too few moved to tell.
    pub flow: Option<FlowTest>,
}

/// Somebody who moved, came or left; or stayed.
#[derive(Debug, Clone, PartialEq)]
pub struct Mover {
    /// Who.
    pub customer_id: String,
    /// The place on the earlier day.
    pub from: Option<u8>,
    /// The place on the later day.
    pub to: Option<u8>,
    /// Which way.
    pub direction: Direction,
    /// By what, where that can be told.
    pub driver: Option<Driver>,
    /// Monetary on the earlier day.
    pub monetary_before: Option<MoneySum>,
    /// Monetary on the later day.
    pub monetary_after: Option<MoneySum>,
    /// Days since the last order on the later day.
    pub recency_days: Option<i32>,
    /// Orders up to the later day.
    pub orders: Option<u64>,
    /// Which values lie on another side of a knife than before.
    pub crossings: Vec<Crossing>,
}

/// Who is listed, one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// Who moved, came or left.
    Movers,
    /// Who stayed, too.
    Everybody,
}

/// Everybody as of a day.
pub(super) struct Standing<'a> {
    pub(super) table: Cow<'a, CustomerTable>,
    /// Nothing where nobody is a customer yet.
    pub(super) placed: Option<Placed>,
}

impl<'a> Standing<'a> {
    pub(super) fn new(table: Cow<'a, CustomerTable>, placer: Placer<'_>) -> Result<Self, RunError> {
        let placed = match table.is_empty() {
            true => None,
            false => {
                let day = table.as_of.day;
                let placed = placer.place(&table);
                Some(placed.map_err(|error| RunError::AsOf {
                    day,
                    source: Box::new(error),
                })?)
            }
        };
        Ok(Self { table, placed })
    }

    fn places(&self) -> &[u8] {
        self.placed.as_ref().map_or(&[], |placed| &placed.places)
    }
}

/// Two days brought together.
pub(super) struct Between {
    pub(super) moves: Vec<Move>,
    frozen: Option<Placed>,
}

impl Between {
    pub(super) fn new(
        before: &Standing<'_>,
        after: &Standing<'_>,
        placer: Placer<'_>,
    ) -> Result<Self, RunError> {
        let frozen = match &before.placed {
            Some(placed) if placer.can_freeze() && !after.table.is_empty() => {
                let knives = Knives::of(&placed.scored);
                Some(placer.place_by(&after.table, &knives)?)
            }
            _ => None,
        };
        let moves = moves(
            (&before.table, before.places()),
            (&after.table, after.places()),
            frozen.as_ref().map(|placed| placed.places.as_slice()),
        );
        Ok(Self { moves, frozen })
    }

    pub(super) const fn is_split(&self) -> bool {
        self.frozen.is_some()
    }

    pub(super) fn matrix(
        &self,
        before: &Standing<'_>,
        after: &Standing<'_>,
        ladder: &Ladder,
    ) -> Matrix {
        let mut matrix = Matrix::new(ladder.len());
        for one in &self.moves {
            matrix.count(one, crowd_of(one, &before.table, &after.table));
        }
        matrix
    }

    /// Lists who moved, came or left, and if asked for who stayed, by id.
    pub(super) fn movers(
        &self,
        (before, after): (&Standing<'_>, &Standing<'_>),
        placer: Placer<'_>,
        with_stayed: bool,
    ) -> Vec<Mover> {
        let pair = match (&before.placed, &after.placed) {
            (Some(then), Some(now)) => Some(Pair {
                before: (&before.table, then),
                after: (&after.table, now),
                frozen: self.frozen.as_ref(),
            }),
            _ => None,
        };
        let listed = |one: &&Move| with_stayed || one.from != one.to;
        let moved = self.moves.iter().filter(listed);
        moved
            .map(|one| {
                let then = one.before.and_then(|row| before.table.profiles.get(row));
                let now = one.after.and_then(|row| after.table.profiles.get(row));
                let id = match (one.after, one.before) {
                    (Some(row), _) => after.table.ids.get(row),
                    (None, Some(row)) => before.table.ids.get(row),
                    (None, None) => "",
                };
                let crossings = pair
                    .as_ref()
                    .map(|pair| pair.crossings(one, placer.ladder, placer.settings));
                Mover {
                    customer_id: id.to_owned(),
                    from: one.from,
                    to: one.to,
                    direction: placer.ladder.direction(one.from, one.to),
                    driver: one.driver(),
                    monetary_before: then.map(|profile| profile.monetary),
                    monetary_after: now.map(|profile| profile.monetary),
                    recency_days: now.map(|profile| profile.recency_days(after.table.as_of.day)),
                    orders: now.map(|profile| profile.orders),
                    crossings: crossings.unwrap_or_default(),
                }
            })
            .collect()
    }
}

/// A walk over days in order; two of them are in memory.
pub(super) struct Walk<'a> {
    placer: Placer<'a>,
    /// How many periods before one tell what is usual.
    usual: usize,
    before: Option<Standing<'static>>,
    recent: VecDeque<Vec<Vec<u64>>>,
    pub(super) periods: Vec<Period>,
    /// Those of the last period.
    pub(super) movers: Vec<Mover>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(placer: Placer<'a>, usual: usize) -> Self {
        Self {
            placer,
            usual,
            before: None,
            recent: VecDeque::new(),
            periods: Vec::new(),
            movers: Vec::new(),
        }
    }

    /// Takes the customers of the next day, and lists who moved since the day before, if that is asked for.
    pub(super) fn take(
        &mut self,
        table: CustomerTable,
        listed: Option<Listed>,
    ) -> Result<(), RunError> {
        let after = Standing::new(Cow::Owned(table), self.placer)?;
        if let (Some(before), Some(placed)) = (&self.before, &after.placed) {
            let between = Between::new(before, &after, self.placer)?;
            let matrix = between.matrix(before, &after, self.placer.ladder);
            if let Some(listed) = listed {
                let with_stayed = listed == Listed::Everybody;
                self.movers = between.movers((before, &after), self.placer, with_stayed);
            }
            let counts = matrix.counts();
            self.periods.push(Period {
                from: before.table.as_of.day,
                to: after.table.as_of.day,
                matrix,
                is_split: between.is_split(),
                knives: Knives::of(&placed.scored),
                usual: pooled(&self.recent),
                usual_periods: self.recent.len(),
                flow: against_usual(&counts, self.recent.make_contiguous()).ok(),
            });
            // Where nobody was there before, everybody came: that is nothing to go by.
            if before.placed.is_some() {
                self.recent.push_back(counts);
            }
            if self.recent.len() > self.usual {
                self.recent.pop_front();
            }
        }
        self.before = Some(after);
        Ok(())
    }
}

/// The sum of some matrices.
fn pooled(recent: &VecDeque<Vec<Vec<u64>>>) -> Option<Vec<Vec<u64>>> {
    let mut all = recent.iter();
    let mut sum = all.next()?.clone();
    for counts in all {
        for (row, more) in sum.iter_mut().zip(counts) {
            for (cell, more) in row.iter_mut().zip(more) {
                *cell += more;
            }
        }
    }
    Some(sum)
}
