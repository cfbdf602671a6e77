//! `changes.parquet`: who is another than in the run before, as they were and as they are.

use std::path::Path;

use patron_fold::Profile;

use super::OutputError;
use super::columns::{
    Column, Columns, decimal, instant, optional_count, optional_text, text, truth,
};
use super::parquet::write_parquet;
use crate::kept::{Difference, Mark, Side};
use crate::scoring::{Octant, Stage};

/// Digits of a sum of money.
const DIGITS: u8 = 38;

/// Writes a row for each customer who differs, by id.
///
/// # Errors
/// As [`write_parquet`].
pub fn write_changes(
    path: &Path,
    (before, now): (Side<'_>, Side<'_>),
    differences: &[Difference],
) -> Result<(), OutputError> {
    let rows = Rows {
        before,
        now,
        differences,
    };
    write_parquet(path, &rows.columns(), differences.len())
}

#[derive(Clone, Copy)]
struct Rows<'a> {
    before: Side<'a>,
    now: Side<'a>,
    differences: &'a [Difference],
}

/// Which of both runs a column is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Before,
    Now,
}

impl<'a> Rows<'a> {
    fn columns(self) -> Columns<'a> {
        let mut columns = vec![
            text("customer_id", move |row| self.id(row)),
            text("change", move |row| match self.differences.get(row) {
                Some(Difference::New(_)) => "new",
                Some(Difference::Gone(_)) => "gone",
                Some(Difference::Changed { .. }) | None => "changed",
            }),
            truth("facts_changed", move |row| {
                let difference = self.differences.get(row);
                !matches!(difference, Some(Difference::Changed { facts: false, .. }))
            }),
        ];
        for when in [When::Before, When::Now] {
            columns.extend(self.facts(when));
            columns.extend(self.marks(when));
        }
        Columns::new(columns)
    }

    fn facts(self, when: When) -> Vec<Column<'a>> {
        let name = |name: &str| named(name, when);
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let of = move |row: usize| self.profile(row, when);
        vec![
            instant(&name("first_order_at"), true, move |row| {
                of(row).map(|profile| profile.first_order_at.0)
            }),
            instant(&name("last_order_at"), true, move |row| {
                of(row).map(|profile| profile.last_order_at.0)
            }),
            optional_count(&name("orders"), move |row| {
                of(row).map(|profile| count(profile.orders))
            }),
            optional_count(&name("purchase_days"), move |row| {
                of(row).map(|profile| i64::from(profile.purchase_days))
            }),
            decimal(&name("monetary"), DIGITS, true, move |row| {
                of(row).map(|profile| profile.monetary.0)
            }),
            optional_count(&name("orders_window"), move |row| {
                of(row).map(|profile| count(profile.orders_window))
            }),
            decimal(&name("monetary_window"), DIGITS, true, move |row| {
                of(row).map(|profile| profile.monetary_window.0)
            }),
        ]
    }

    fn marks(self, when: When) -> Vec<Column<'a>> {
        let name = |name: &str| named(name, when);
        let of = move |row: usize| self.mark(row, when);
        let axis = move |axis: usize| {
            move |row: usize| {
                let score = of(row)?.scores.get(axis).copied();
                score.map(i64::from)
            }
        };
        vec![
            optional_count(&name("r_score"), axis(0)),
            optional_count(&name("f_score"), axis(1)),
            optional_count(&name("m_score"), axis(2)),
            optional_text(&name("octant"), move |row| {
                Some(Octant::numbered(of(row)?.octant).key())
            }),
            optional_text(&name("lifecycle"), move |row| {
                let stage = Stage::ALL.get(usize::from(of(row)?.stage));
                stage.map(|stage| stage.key())
            }),
            optional_text(&name("segment"), move |row| self.segment(row, when)),
        ]
    }

    fn id(self, row: usize) -> &'a str {
        match (self.place(row, When::Now), self.place(row, When::Before)) {
            (Some(now), _) => self.now.table.ids.get(now),
            (None, Some(before)) => self.before.table.ids.get(before),
            (None, None) => "",
        }
    }

    fn place(self, row: usize, when: When) -> Option<usize> {
        match (self.differences.get(row)?, when) {
            (Difference::New(now), When::Now) => Some(*now),
            (Difference::Gone(before), When::Before) => Some(*before),
            (Difference::Changed { before, .. }, When::Before) => Some(*before),
            (Difference::Changed { now, .. }, When::Now) => Some(*now),
            (Difference::New(_), When::Before) | (Difference::Gone(_), When::Now) => None,
        }
    }

    const fn side(self, when: When) -> Side<'a> {
        match when {
            When::Before => self.before,
            When::Now => self.now,
        }
    }

    #[inline(always)]
    fn profile(self, row: usize, when: When) -> Option<Profile> {
        self.side(when).table.profiles.get(self.place(row, when)?)
    }

    fn mark(self, row: usize, when: When) -> Option<Mark> {
        let place = self.place(row, when)?;
        self.side(when).marks.of.get(place).copied()
    }

    fn segment(self, row: usize, when: When) -> Option<&'a str> {
        Some(self.side(when).segment(self.place(row, when)?))
    }
}

/// What is now has the name that it has in `customers.*`.
fn named(name: &str, when: When) -> String {
    match when {
        When::Before => format!("{name}_before"),
        When::Now => name.to_owned(),
    }
}
