//! When customers leave their place by doing nothing: as of later days, by the cut points of now, with no further order.

use std::collections::BTreeMap;

use patron_core::Day;
use patron_engine::CustomerTable;
use patron_engine::scoring::{Lifecycle, LifecycleBounds, ScoreOn};
use patron_fold::{AsOf, Profile, Tally};
use patron_segments::{Condition, Vocabulary, profile_schema};

use super::ladder::LadderKind;
use super::placing::{Knives, Placed, Placer};
use crate::run::RunError;
use crate::settings::Resolved;

/// Columns that change with the days although nothing happens, and that are not followed: their windows stand still.
const WINDOWS: [&str; 3] = ["orders_window", "orders_prior_window", "monetary_window"];
/// Columns of days that conditions may compare with numbers.
const AGES: [&str; 2] = ["recency_days", "age_days"];

/// When somebody's place changes without an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaving {
    /// The first day on which the place is another.
    pub on: Day,
    /// The place then.
    pub to: u8,
}

/// Whether what is foretold holds windows still that move in truth: where the vocabulary or the scores look at a window.
pub(super) fn windows_stand_still(kind: LadderKind, settings: &Resolved) -> bool {
    let reads = settings.vocabulary.segments.iter().any(|segment| {
        let condition = Condition::compile(&segment.when, &profile_schema());
        condition.is_ok_and(|condition| condition.columns().any(|name| WINDOWS.contains(&name)))
    });
    kind == LadderKind::Segment && (reads || settings.score_on == ScoreOn::Window)
}

/// Returns for each customer when the place changes, up to a day; nothing where it does not.
///
/// On each day that may matter to somebody, those are placed as of that day as they would be then: every knife is where it is
/// now, recency and age go on. Sums over windows stay what they are now.
pub(super) fn leaving(
    table: &CustomerTable,
    placed: &Placed,
    placer: Placer<'_>,
    until: Day,
) -> Result<Vec<Option<Leaving>>, RunError> {
    let knives = Knives::of(&placed.scored);
    let turning = Turning::new(&knives, &placed.scored.lifecycle, placer);
    let mut due: BTreeMap<Day, Vec<usize>> = BTreeMap::new();
    for (row, profile) in table.profiles.iter().enumerate() {
        for day in turning.days(&profile, (table.as_of.day, until)) {
            due.entry(day).or_default().push(row);
        }
    }
    let mut found = vec![None; table.len()];
    for (day, mut rows) in due {
        rows.dedup();
        rows.retain(|&row| found.get(row).is_some_and(Option::is_none));
        let then = some_of(table, &rows, day, placer.settings);
        if then.is_empty() {
            continue;
        }
        let places = placer.place_by(&then, &knives)?.places;
        for (row, to) in rows.into_iter().zip(places) {
            if placed.places.get(row) != Some(&to)
                && let Some(found) = found.get_mut(row)
            {
                *found = Some(Leaving { on: day, to });
            }
        }
    }
    Ok(found)
}

/// Some customers as they would be on a later day.
fn some_of(table: &CustomerTable, rows: &[usize], day: Day, settings: &Resolved) -> CustomerTable {
    let mut then = CustomerTable {
        tally: Tally::default(),
        ..CustomerTable::empty(AsOf::new(day, &settings.fold))
    };
    for &row in rows {
        if let Some(profile) = table.profiles.get(row) {
            then.ids.push(table.ids.get(row));
            then.profiles.push(&profile);
        }
    }
    then
}

/// On which days something may change for a customer who does nothing.
struct Turning {
    /// Days since the last order after which something may change.
    recencies: Vec<f64>,
    /// The same since the first.
    ages: Vec<f64>,
    lifecycle: LifecycleBounds,
    shop_interval_days: Option<f64>,
    /// Conditions use ages in a way that tells no days, so all days are tried.
    every_day: bool,
}

impl Turning {
    fn new(knives: &Knives, lifecycle: &Lifecycle, placer: Placer<'_>) -> Self {
        let mut turning = Self {
            recencies: Vec::new(),
            ages: Vec::new(),
            lifecycle: placer.settings.lifecycle,
            shop_interval_days: lifecycle.shop_interval_days,
            every_day: false,
        };
        match placer.ladder.kind {
            LadderKind::Octant => turning.recencies.extend(knives.octant.first()),
            LadderKind::Lifecycle => {}
            LadderKind::Segment => {
                turning
                    .recencies
                    .extend(knives.cuts.first().into_iter().flatten());
                turning.recencies.extend(knives.octant.first());
                turning.of_conditions(&placer.settings.vocabulary);
            }
        }
        turning
    }

    fn of_conditions(&mut self, vocabulary: &Vocabulary) {
        let schema = profile_schema();
        for segment in &vocabulary.segments {
            let Ok(condition) = Condition::compile(&segment.when, &schema) else {
                continue;
            };
            match condition.compared_with(&AGES) {
                None => self.every_day = true,
                Some(pairs) => {
                    for (column, number) in pairs {
                        if column == AGES[0] {
                            self.recencies.push(number);
                        } else {
                            self.ages.push(number);
                        }
                    }
                }
            }
        }
    }

    /// Lists the days after one and up to another, ascending.
    fn days(&self, profile: &Profile, (after, until): (Day, Day)) -> Vec<Day> {
        if self.every_day {
            return (1..=until.days_since(after))
                .map(|days| after.plus_days(days))
                .collect();
        }
        let mut days = Vec::new();
        for (numbers, from) in [
            (&self.recencies, profile.last_day),
            (&self.ages, profile.first_day),
        ] {
            for number in numbers.iter().filter(|number| number.is_finite()) {
                // On the number itself, and just past it: whichever of them a comparison tells apart.
                let whole = whole(*number);
                days.extend((0..=1).map(|more| from.plus_days(whole.saturating_add(more))));
            }
        }
        days.extend(self.stage_ends(profile));
        days.retain(|day| *day > after && *day <= until);
        days.sort_unstable();
        days.dedup();
        days
    }

    /// The first days of later stages, or days around them: which of them it is, placing tells.
    fn stage_ends(&self, profile: &Profile) -> Vec<Day> {
        let last = profile.last_day;
        let past = |multiples: [f64; 3], interval: f64| -> Vec<Day> {
            let ends = multiples.map(|multiple| whole(multiple * interval));
            let around = ends
                .iter()
                .flat_map(|&end| (0..=2).map(move |more| end.saturating_add(more)));
            around.map(|days| last.plus_days(days)).collect()
        };
        match self.lifecycle {
            LifecycleBounds::Months(months) => {
                let first = |months: u32| {
                    let around = last.plus_months(months);
                    // Months are of unlike lengths: the bound passes the day within a few days.
                    (0..5)
                        .map(|more| around.plus_days(more))
                        .find(|day| day.minus_months(months) > last)
                };
                months.into_iter().filter_map(first).collect()
            }
            LifecycleBounds::ShopIntervals(multiples) => {
                past(multiples, self.shop_interval_days.unwrap_or(0.0))
            }
            LifecycleBounds::OwnIntervals(multiples) => {
                let own = profile
                    .mean_days_between_orders()
                    .filter(|&days| days > 0.0);
                past(multiples, own.or(self.shop_interval_days).unwrap_or(0.0))
            }
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "clamped to ten thousand years first"
)]
fn whole(days: f64) -> i32 {
    days.clamp(-3_652_500.0, 3_652_500.0).floor() as i32
}
