//! From when until when a history has the same profile: what lets a later run leave alone whoever did not change.
//!
//! A profile changes with the as-of day only where something enters what is known (an order, a dated refund, a change of
//! status) or where an order or a refund leaves a window, the window before it, or the days in which it is provisional.
//! So between two such days nobody has to be folded again.

use patron_core::{Day, Instant, ShopCalendar};

use crate::folder::{Folder, Scratch};
use crate::settings::{AsOf, FoldSettings};

/// As-of days on which a history has one and the same outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steady {
    /// The first.
    pub from: Day,
    /// The last.
    pub until: Day,
}

impl Steady {
    /// Whether an as-of day is one of them.
    #[must_use]
    pub const fn has(&self, day: Day) -> bool {
        self.from.0 <= day.0 && day.0 <= self.until.0
    }
}

/// A bound that moves with the as-of day: what is dated up to it has left.
#[derive(Debug, Clone, Copy)]
enum Bound {
    /// The excluded first day of the window (1), or of the one before it (2).
    Window(u32),
    /// The last day that is not provisional.
    Provisional,
}

const BOUNDS: [Bound; 3] = [Bound::Window(1), Bound::Window(2), Bound::Provisional];

/// Finds the days around one as-of day on which histories stay as they are.
#[derive(Debug)]
pub struct Steadiness {
    settings: FoldSettings,
    as_of: AsOf,
    bounds: [MovingBound; 3],
}

/// A bound as of the day, and when what is dated on some day will have left, once that was asked for.
#[derive(Debug)]
struct MovingBound {
    bound: Bound,
    end: Instant,
    /// By how many days before the as-of day something is dated.
    left_on: Vec<Option<Day>>,
}

/// The latest instant up to a bound and the earliest after it.
#[derive(Debug, Clone, Copy, Default)]
struct Around {
    before: Option<Instant>,
    after: Option<Instant>,
}

impl Around {
    fn see(&mut self, at: Instant, bound: Instant) {
        if at <= bound {
            self.before = self.before.max(Some(at));
        } else {
            self.after = Some(self.after.map_or(at, |after| after.min(at)));
        }
    }
}

impl Folder {
    /// Returns what finds the days on which histories stay as they are as of the first of this folder's days.
    #[must_use]
    pub fn steadiness(&self) -> Option<Steadiness> {
        let as_of = *self.as_of().first()?;
        let settings = self.settings().clone();
        let bounds = BOUNDS.map(|bound| MovingBound {
            bound,
            end: settings.calendar.end_of(bound.day(as_of.day, &settings)),
            left_on: Vec::new(),
        });
        Some(Steadiness {
            settings,
            as_of,
            bounds,
        })
    }
}

impl Steadiness {
    /// Returns the days around the as-of day on which the history that was folded last with this memory has the same
    /// outcome, and counts the same in a tally. They may be fewer than there are, never more.
    pub fn of(&mut self, scratch: &Scratch<'_>) -> Steady {
        let mut known = Around::default();
        let mut moving = [Around::default(); BOUNDS.len()];
        scratch.assembly().each_dated(|at, is_change| {
            known.see(at, self.as_of.end);
            // What only changes an order leaves no window: the order does.
            if !is_change {
                for (around, bound) in moving.iter_mut().zip(&self.bounds) {
                    around.see(at, bound.end);
                }
            }
        });
        let calendar = &self.settings.calendar;
        let day = |at: Option<Instant>| at.map(|at| calendar.day_of(at));
        let mut from = day(known.before).unwrap_or(Day(i32::MIN));
        let mut next = day(known.after);
        for (around, bound) in moving.iter().zip(&mut self.bounds) {
            let (left, leaves) = (day(around.before), day(around.after));
            if let Some(left) =
                left.filter(|left| bound.may_have_left_after(*left, from, &self.settings))
            {
                from = from.max(bound.left_on(left, self.as_of.day, &self.settings));
            }
            // What is not known yet comes before it leaves.
            if let Some(leaves) = leaves.filter(|leaves| *leaves <= self.as_of.day) {
                let leaves = bound.left_on(leaves, self.as_of.day, &self.settings);
                next = Some(next.map_or(leaves, |next| next.min(leaves)));
            }
        }
        Steady {
            from,
            until: next.map_or(Day(i32::MAX), |next| next.plus_days(-1)),
        }
    }

    /// Returns the calendar by which days are told.
    #[must_use]
    pub const fn calendar(&self) -> &ShopCalendar {
        &self.settings.calendar
    }
}

impl Bound {
    fn day(self, as_of: Day, settings: &FoldSettings) -> Day {
        match self {
            Self::Window(windows) => settings.window_start(as_of, windows),
            Self::Provisional => settings.settled_until(as_of),
        }
    }
}

impl MovingBound {
    /// Whether something dated on `day` may have left later than on `from`; no bound is further away than this.
    fn may_have_left_after(&self, day: Day, from: Day, settings: &FoldSettings) -> bool {
        i64::from(day.0) + i64::from(self.furthest(settings)) > i64::from(from.0)
    }

    /// The most days until something has left.
    fn furthest(&self, settings: &FoldSettings) -> i32 {
        const LONGEST_MONTH: i32 = 31;
        let days = |count: u32| i32::try_from(count).unwrap_or(i32::MAX / 64);
        match (self.bound, settings.window_days) {
            (Bound::Provisional, _) => days(settings.return_window_days),
            (Bound::Window(windows), Some(length)) => length.max(0).saturating_mul(days(windows)),
            (Bound::Window(windows), None) => days(settings.window_months)
                .saturating_mul(days(windows))
                .min(i32::MAX / 64)
                .saturating_mul(LONGEST_MONTH)
                .saturating_add(1),
        }
    }

    /// Returns the first as-of day on which what is dated on `day`, not after `as_of`, has left.
    fn left_on(&mut self, day: Day, as_of: Day, settings: &FoldSettings) -> Day {
        /// Days for which the answer is kept: three hundred years.
        const KEPT: usize = 1 << 17;
        let place = usize::try_from(as_of.0.saturating_sub(day.0)).unwrap_or(usize::MAX);
        if let Some(known) = self.left_on.get(place).copied().flatten() {
            return known;
        }
        // The bound never goes back as the day goes on.
        let (mut low, mut high) = (day.0, day.0.saturating_add(self.furthest(settings)));
        while low < high {
            let middle = low + (high - low) / 2;
            if self.bound.day(Day(middle), settings) >= day {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        if place < KEPT {
            if self.left_on.len() <= place {
                self.left_on.resize(place + 1, None);
            }
            if let Some(slot) = self.left_on.get_mut(place) {
                *slot = Some(Day(low));
            }
        }
        Day(low)
    }
}
