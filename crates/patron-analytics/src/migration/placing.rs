//! Where customers stand as of a day: by that day's own cut points, or by those of another day.

use patron_engine::CustomerTable;
use patron_engine::output::ScoredCustomers;
use patron_engine::scoring::octants::KnifeMethod;
use patron_engine::scoring::{AxisSettings, Lifecycle, Segments};
use patron_stats::scores::TieRule;

use super::ladder::{Ladder, LadderKind};
use crate::run::{RunError, Scored, historic_values, score};
use crate::settings::Resolved;

/// Everything by which the customers of a day were cut.
#[derive(Debug, Clone, PartialEq)]
pub struct Knives {
    /// Cut points of R, F and M, ascending; empty where scores go by rank.
    pub cuts: [Vec<f64>; 3],
    /// Octant knives: days, times, money.
    pub octant: [f64; 3],
    /// The shop's interval in days, where lifecycle bounds are multiples of it.
    pub shop_interval_days: Option<f64>,
}

impl Knives {
    pub(super) fn of(scored: &Scored) -> Self {
        Self {
            cuts: scored
                .scores
                .cut_points
                .each_ref()
                .map(|cuts| cuts.cuts().to_vec()),
            octant: scored.octants.knives,
            shop_interval_days: scored.lifecycle.shop_interval_days,
        }
    }
}

/// The customers of a day, scored, and where each stands.
pub(super) struct Placed {
    pub(super) scored: Scored,
    /// The place of each on the ladder, in the order of the table.
    pub(super) places: Vec<u8>,
}

/// Where customers stand, by which settings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placer<'a> {
    pub(super) settings: &'a Resolved,
    pub(super) ladder: &'a Ladder,
}

impl Placer<'_> {
    /// Places customers by their own day's cut points.
    pub(super) fn place(&self, table: &CustomerTable) -> Result<Placed, RunError> {
        self.placed(table, score(table, self.settings)?)
    }

    /// Places customers by the cut points of another day.
    pub(super) fn place_by(
        &self,
        table: &CustomerTable,
        knives: &Knives,
    ) -> Result<Placed, RunError> {
        let mut settings = self.settings.clone();
        for (axis, cuts) in settings.scores.axes.iter_mut().zip(&knives.cuts) {
            axis.frozen = Some(cuts.clone()).filter(|cuts| !cuts.is_empty());
        }
        settings.octants.knife = KnifeMethod::Fixed(knives.octant);
        let mut scored = score(table, &settings)?;
        if let Some(interval) = knives.shop_interval_days {
            scored.lifecycle = Lifecycle::by_interval(table, settings.lifecycle, || interval);
        }
        self.placed(table, scored)
    }

    /// Whether cut points of one day can be used on another: scores by rank have none.
    pub(super) fn can_freeze(&self) -> bool {
        let by_rank = |axis: &AxisSettings| axis.method.tie_rule() == TieRule::ByPosition;
        self.ladder.kind != LadderKind::Segment || !self.settings.scores.axes.iter().any(by_rank)
    }

    fn placed(&self, table: &CustomerTable, scored: Scored) -> Result<Placed, RunError> {
        let ladder = self.ladder;
        let places = match ladder.kind {
            LadderKind::Octant => {
                let octants = scored.octants.octants.iter();
                octants.map(|octant| ladder.place(octant.index())).collect()
            }
            LadderKind::Lifecycle => {
                let stages = scored.lifecycle.stages.iter();
                stages.map(|stage| ladder.place(stage.index())).collect()
            }
            LadderKind::Segment => {
                let customers = ScoredCustomers {
                    table,
                    scores: &scored.scores,
                    octants: &scored.octants,
                    lifecycle: &scored.lifecycle,
                    values: &historic_values(table, self.settings),
                };
                let segments = Segments::new(&customers, &self.settings.vocabulary)?;
                let primary = segments.primary.iter();
                primary
                    .map(|&index| ladder.place_of_primary(index))
                    .collect()
            }
        };
        Ok(Placed { scored, places })
    }
}
