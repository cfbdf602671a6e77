//! Where the time of conditions goes, step by step.

use std::time::Instant;

use arrow_array::cast::AsArray;

use super::evaluate::Value;

/// What steps took and found so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spent {
    steps: Vec<Lap>,
    /// Nanoseconds of looking up what scores decide.
    pub(crate) look_up: u64,
    /// Nanoseconds of finding the values of text columns, and the answers for each.
    pub(crate) values: u64,
    /// Nanoseconds of bringing the answers together.
    pub(crate) joining: u64,
}

/// What one step took, and of how many rows it says so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Lap {
    pub(crate) nanoseconds: u64,
    /// Rows for which it was worked out.
    pub(crate) rows: u64,
    pub(crate) met: u64,
    pub(crate) unknown: u64,
}

impl Spent {
    /// Adds what was spent on other rows by the same conditions.
    pub fn add(&mut self, other: &Self) {
        self.steps
            .resize(self.steps.len().max(other.steps.len()), Lap::default());
        for (lap, other) in self.steps.iter_mut().zip(&other.steps) {
            lap.add(*other);
        }
        self.look_up += other.look_up;
        self.values += other.values;
        self.joining += other.joining;
    }

    pub(crate) fn of_step(&self, place: usize) -> Lap {
        self.steps.get(place).copied().unwrap_or_default()
    }
}

impl Lap {
    pub(crate) const fn add(&mut self, other: Self) {
        self.nanoseconds += other.nanoseconds;
        self.rows += other.rows;
        self.met += other.met;
        self.unknown += other.unknown;
    }
}

/// A watch that stops at each step.
#[derive(Debug)]
pub(crate) struct Watch<'a> {
    spent: &'a mut Spent,
    last: Instant,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(spent: &'a mut Spent) -> Self {
        let last = Instant::now();
        Self { spent, last }
    }

    /// Notes a step that is done, with what it found.
    pub(crate) fn lap(&mut self, place: usize, value: &Value) {
        let nanoseconds = self.nanoseconds();
        let truths = value.array.as_boolean_opt().filter(|_| !value.scalar);
        let lap = Lap {
            nanoseconds,
            rows: value.array.len() as u64,
            met: truths.map_or(0, |truths| truths.true_count() as u64),
            unknown: truths.map_or(0, |_| value.array.null_count() as u64),
        };
        let steps = &mut self.spent.steps;
        steps.resize(steps.len().max(place + 1), Lap::default());
        if let Some(kept) = steps.get_mut(place) {
            kept.add(lap);
        }
    }

    /// Returns the time since the last call.
    fn nanoseconds(&mut self) -> u64 {
        let now = Instant::now();
        let elapsed = now.duration_since(self.last).as_nanos();
        self.last = now;
        u64::try_from(elapsed).unwrap_or(u64::MAX)
    }
}

/// Returns what a piece of work gives, and adds its time.
pub(crate) fn timed<Result>(nanoseconds: &mut u64, work: impl FnOnce() -> Result) -> Result {
    let begun = Instant::now();
    let result = work();
    *nanoseconds += u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
    result
}
