//! Who is another than in the run before: by a walk over both, side by side.

use std::cmp::Ordering;

use super::form::{Mark, Marks};
use crate::customers::CustomerTable;

/// How a customer differs from the run before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// The customer is new: the place now.
    New(usize),
    /// Facts, scores, octant, stage or segment are others.
    Changed {
        /// The place then.
        before: usize,
        /// The place now.
        now: usize,
        /// Whether the profile is another, and not only what follows from everybody's.
        facts: bool,
    },
    /// Who was a customer is none any more: the place then.
    Gone(usize),
}

/// One run's customers, as they were scored.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// The customers.
    pub table: &'a CustomerTable,
    /// How they were scored.
    pub marks: &'a Marks,
}

impl<'a> Side<'a> {
    fn mark(self, place: usize) -> Option<Mark> {
        self.marks.of.get(place).copied()
    }

    /// Returns the key of a customer's primary segment.
    #[must_use]
    pub fn segment(self, place: usize) -> &'a str {
        let segment = self.mark(place).map(|mark| usize::from(mark.segment));
        let key = segment.and_then(|segment| self.marks.segments.get(segment));
        key.map_or(patron_segments::OTHERS, String::as_str)
    }
}

/// Lists who differs, by id.
#[must_use]
pub fn differences(before: Side<'_>, now: Side<'_>) -> Vec<Difference> {
    let mut found = Vec::new();
    let (mut then, mut here) = (0, 0);
    let same_keys = before.marks.segments == now.marks.segments;
    while then < before.table.len() || here < now.table.len() {
        let order = match (then < before.table.len(), here < now.table.len()) {
            (true, true) => before.table.ids.get(then).cmp(now.table.ids.get(here)),
            (true, false) => Ordering::Less,
            (false, _) => Ordering::Greater,
        };
        match order {
            Ordering::Less => {
                found.push(Difference::Gone(then));
                then += 1;
            }
            Ordering::Greater => {
                found.push(Difference::New(here));
                here += 1;
            }
            Ordering::Equal => {
                let facts = !now.table.profiles.same(here, &before.table.profiles, then);
                let marks = (before.mark(then), now.mark(here));
                let is_scored_alike = if same_keys {
                    marks.0 == marks.1
                } else {
                    let bare = |mark: Option<Mark>| mark.map(|mark| Mark { segment: 0, ..mark });
                    bare(marks.0) == bare(marks.1) && before.segment(then) == now.segment(here)
                };
                if facts || !is_scored_alike {
                    found.push(Difference::Changed {
                        before: then,
                        now: here,
                        facts,
                    });
                }
                (then, here) = (then + 1, here + 1);
            }
        }
    }
    found
}
