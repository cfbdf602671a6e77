//! Why somebody moved: which value crossed which knife, and whether the value went or the knife did.

use patron_core::Day;
use patron_engine::CustomerTable;
use patron_engine::scoring::octants::OctantSettings;
use patron_engine::scoring::{Measures, ScoreOn, Stage};

use super::ladder::{Ladder, LadderKind};
use super::matrix::{Driver, Move};
use super::placing::Placed;
use crate::settings::Resolved;

/// The axes, in the order of all scores.
const AXES: [&str; 3] = ["recency", "frequency", "monetary"];

/// One value that lies on another side of a knife than before.
#[derive(Debug, Clone, PartialEq)]
pub struct Crossing {
    /// `recency`, `frequency` or `monetary`; `last_order` for a stage.
    pub axis: &'static str,
    /// The value on the earlier day, in days, times or money; of a stage the days since the last order.
    pub value_before: f64,
    /// The value on the later day.
    pub value_after: f64,
    /// The knife on the earlier day; of a stage the days at which it ended then.
    pub knife_before: Option<f64>,
    /// The same knife on the later day.
    pub knife_after: Option<f64>,
    /// The score, `low`, `high` or the stage, on the earlier day.
    pub was: String,
    /// The same on the later day.
    pub is: String,
    /// What went: the value, the knife, or both; nothing where scores go by rank and have no knives to hold fixed.
    pub by: Option<Driver>,
}

impl Crossing {
    /// Says it in words.
    #[must_use]
    pub fn words(&self) -> String {
        let knife = match (self.knife_before, self.knife_after) {
            (Some(before), Some(after)) if before.to_bits() == after.to_bits() => {
                format!(" past {}", short(after))
            }
            (Some(before), Some(after)) => {
                format!(" past {} (was {})", short(after), short(before))
            }
            (None, Some(after)) => format!(" past {}", short(after)),
            _ => String::new(),
        };
        let value = if self.value_before.to_bits() == self.value_after.to_bits() {
            short(self.value_after)
        } else {
            format!("{} → {}", short(self.value_before), short(self.value_after))
        };
        format!("{} {value}{knife}: {} → {}", self.axis, self.was, self.is)
    }
}

/// A number with two decimals at most.
fn short(number: f64) -> String {
    let text = format!("{number:.2}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// Two days that are compared.
pub(super) struct Pair<'a> {
    pub(super) before: (&'a CustomerTable, &'a Placed),
    pub(super) after: (&'a CustomerTable, &'a Placed),
    pub(super) frozen: Option<&'a Placed>,
}

impl Pair<'_> {
    /// Returns what lies on another side of a knife than before; nothing for who was or is no customer.
    pub(super) fn crossings(
        &self,
        one: &Move,
        ladder: &Ladder,
        settings: &Resolved,
    ) -> Vec<Crossing> {
        let (Some(before), Some(after)) = (one.before, one.after) else {
            return Vec::new();
        };
        match ladder.kind {
            LadderKind::Segment => {
                let read = ladder.axes.iter().enumerate().filter(|(_, read)| **read);
                read.filter_map(|(axis, _)| self.of_score(axis, before, after))
                    .collect()
            }
            LadderKind::Octant => self.of_octant((before, after), &settings.octants),
            LadderKind::Lifecycle => self.of_stage(before, after).into_iter().collect(),
        }
    }

    fn of_score(&self, axis: usize, before: usize, after: usize) -> Option<Crossing> {
        let score = |placed: &Placed, row: usize| placed.scored.scores.of(row).get(axis).copied();
        let (was, is) = (score(self.before.1, before)?, score(self.after.1, after)?);
        if was == is {
            return None;
        }
        let value = |placed: &Placed, row: usize| {
            let values = &placed.scored.values;
            let all = [&values.recency, &values.frequency, &values.monetary];
            all.get(axis).and_then(|values| values.get(row)).copied()
        };
        let cuts = |placed: &Placed| -> Vec<f64> {
            let cuts = placed.scored.scores.cut_points.get(axis);
            cuts.map(|cuts| cuts.cuts().to_vec()).unwrap_or_default()
        };
        let bins = self.after.1.scored.scores.cut_points.get(axis)?.bins();
        let crossed = crossed(axis, bins, was, is);
        let frozen = self.frozen.and_then(|placed| score(placed, after));
        Some(Crossing {
            axis: AXES.get(axis)?,
            value_before: value(self.before.1, before)?,
            value_after: value(self.after.1, after)?,
            knife_before: cuts(self.before.1).get(crossed).copied(),
            knife_after: cuts(self.after.1).get(crossed).copied(),
            was: was.to_string(),
            is: is.to_string(),
            by: frozen.and_then(|frozen| Driver::of(was, frozen, is)),
        })
    }

    fn of_octant(
        &self,
        (before, after): (usize, usize),
        settings: &OctantSettings,
    ) -> Vec<Crossing> {
        let bits = |placed: &Placed, row: usize| {
            placed
                .scored
                .octants
                .octants
                .get(row)
                .map(|octant| octant.index())
        };
        let (Some(was), Some(is)) = (bits(self.before.1, before), bits(self.after.1, after)) else {
            return Vec::new();
        };
        let frozen = self.frozen.and_then(|placed| bits(placed, after));
        let values = |table: &CustomerTable, row: usize| of_octants(table, row, settings);
        let (then, now) = (values(self.before.0, before), values(self.after.0, after));
        let knives = (
            self.before.1.scored.octants.knives,
            self.after.1.scored.octants.knives,
        );
        let high = |bits: usize, axis: usize| bits >> (2 - axis) & 1;
        let name = |high: usize| {
            ["low", "high"]
                .get(high)
                .copied()
                .unwrap_or("high")
                .to_owned()
        };
        let crossed = AXES
            .iter()
            .enumerate()
            .filter(|(axis, _)| high(was, *axis) != high(is, *axis));
        crossed
            .filter_map(|(axis, name_of_axis)| {
                let frozen = frozen.map(|bits| high(bits, axis));
                Some(Crossing {
                    axis: name_of_axis,
                    value_before: *then?.get(axis)?,
                    value_after: *now?.get(axis)?,
                    knife_before: knives.0.get(axis).copied(),
                    knife_after: knives.1.get(axis).copied(),
                    was: name(high(was, axis)),
                    is: name(high(is, axis)),
                    by: frozen.map(|frozen| match frozen == high(is, axis) {
                        true => Driver::People,
                        false => Driver::Knives,
                    }),
                })
            })
            .collect()
    }

    fn of_stage(&self, before: usize, after: usize) -> Option<Crossing> {
        let stage = |placed: &Placed, row: usize| placed.scored.lifecycle.stages.get(row).copied();
        let (was, is) = (stage(self.before.1, before)?, stage(self.after.1, after)?);
        if was == is {
            return None;
        }
        let frozen = self.frozen.and_then(|placed| stage(placed, after));
        // The bound between both: the end of the stage that was left, or of the one that was reached.
        let bound = was.min(is) as usize;
        let ends = |table: &CustomerTable, placed: &Placed| {
            let day: Day = *placed.scored.lifecycle.first_days?.get(bound)?;
            Some(f64::from(table.as_of.day.days_since(day)))
        };
        let recency = |table: &CustomerTable, row: usize| {
            let profile = table.profiles.get(row)?;
            Some(f64::from(profile.recency_days(table.as_of.day)))
        };
        let number = |stage: Stage| u8::try_from(stage.index()).unwrap_or(u8::MAX);
        Some(Crossing {
            axis: "last_order",
            value_before: recency(self.before.0, before)?,
            value_after: recency(self.after.0, after)?,
            knife_before: ends(self.before.0, self.before.1),
            knife_after: ends(self.after.0, self.after.1),
            was: was.key().to_owned(),
            is: is.key().to_owned(),
            by: frozen.and_then(|frozen| Driver::of(number(was), number(frozen), number(is))),
        })
    }
}

/// The values of which octants are made.
fn of_octants(table: &CustomerTable, row: usize, settings: &OctantSettings) -> Option<[f64; 3]> {
    let measures = Measures {
        frequency: settings.frequency,
        monetary: settings.monetary,
        score_on: ScoreOn::All,
        margin: settings.margin,
    };
    Some(measures.of(&table.profiles.get(row)?, table.as_of.day))
}

/// The cut that lies between two scores, next to the later one. Cuts ascend; of recency the highest score lies below the first.
fn crossed(axis: usize, bins: u8, was: u8, is: u8) -> usize {
    let below = |score: u8| {
        let below = if axis == 0 {
            bins.saturating_sub(score)
        } else {
            score.saturating_sub(1)
        };
        usize::from(below)
    };
    let (was, is) = (below(was), below(is));
    if is > was { is - 1 } else { is }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_knife_crossed_is_the_one_next_to_the_later_score() {
        // F from 2 to 4 of 5: past the third cut, from 4 to 2 below the second.
        assert_eq!(crossed(1, 5, 2, 4), 2);
        assert_eq!(crossed(1, 5, 4, 2), 1);
        // R from 5 to 4: past the first cut; from 1 to 5: below the first.
        assert_eq!(crossed(0, 5, 5, 4), 0);
        assert_eq!(crossed(0, 5, 1, 5), 0);
        assert_eq!(crossed(0, 5, 5, 1), 3);
    }

    #[test]
    fn a_crossing_is_said_in_words() {
        let mut crossing = Crossing {
            axis: "recency",
            value_before: 12.0,
            value_after: 47.0,
            knife_before: Some(44.0),
            knife_after: Some(45.0),
            was: "5".to_owned(),
            is: "4".to_owned(),
            by: Some(Driver::People),
        };
        assert_eq!(crossing.words(), "recency 12 → 47 past 45 (was 44): 5 → 4");
        crossing.value_before = 47.0;
        crossing.knife_before = Some(45.0);
        assert_eq!(crossing.words(), "recency 47 past 45: 5 → 4");
    }
}
