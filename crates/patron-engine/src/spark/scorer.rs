//! Scoring customers where their profiles are: by cut points that were found over all of them, some thousand at a time.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_schema::SchemaRef;
use patron_core::Money;
use patron_fold::protocol::unescape;
use patron_fold::{AsOf, FoldSettings, Profile};
use patron_segments::{NO_SEGMENT, Vocabulary};
use patron_stats::scores::{CutPoints, Method};
use serde::{Deserialize, Serialize};

use super::error::TaskError;
use super::filter::Lines;
use super::lines::Tag;
use super::measured::{MeasurePlan, write_keys};
use super::people::read_customer;
use super::plan::FoldPlan;
use super::sums::{Belongs, Sums};
use super::written::{NONE, write_cell};
use crate::customers::CustomerTable;
use crate::output::{Columns, CustomerValues, ScoredCustomers};
use crate::profiles::Profiles;
use crate::scoring::octants::KnifeMethod;
use crate::scoring::{
    AxisSettings, Lifecycle, LifecycleBounds, OctantSettings, Octants, ScoreSettings, Scores,
    Segments, Values, historic_value,
};
use crate::texts::Texts;

/// Customers that are scored at a time.
const BATCH: usize = 16 * 1024;

/// How customers are scored, once cut points are known.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ScorePlan {
    pub(super) speaks: String,
    pub(super) fold: FoldPlan,
    pub(super) measures: MeasurePlan,
    pub(super) axes: [AxisPlan; 3],
    pub(super) weights: [f64; 3],
    pub(super) knives: [f64; 3],
    pub(super) lifecycle: LifecycleBounds,
    /// The shop's median interval between orders.
    pub(super) shop_interval: f64,
    pub(super) margin: Option<Money>,
    pub(super) vocabulary: Vocabulary,
    /// How people can be reached, as far as anybody can be.
    pub(super) contacts: [bool; 4],
}

/// Where one axis is cut.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct AxisPlan {
    pub(super) bins: u8,
    method: String,
    cuts: Vec<f64>,
}

impl AxisPlan {
    pub(super) fn new(cuts: &CutPoints) -> Self {
        Self {
            bins: cuts.bins(),
            method: cuts.method().name().to_owned(),
            cuts: cuts.cuts().to_vec(),
        }
    }

    #[cfg(test)]
    pub(super) fn cuts(&self) -> &[f64] {
        &self.cuts
    }

    fn settings(&self) -> Result<AxisSettings, TaskError> {
        let method = Method::from_name(&self.method, &self.cuts);
        Ok(AxisSettings {
            bins: self.bins,
            method: method.ok_or_else(|| TaskError::Plan {
                reason: format!("no method `{}`", self.method),
            })?,
            frozen: Some(self.cuts.clone()),
        })
    }
}

impl ScorePlan {
    /// How octants are cut: the knives lie where they were found.
    const fn octants(&self) -> OctantSettings {
        let measures = self.measures.octants;
        OctantSettings {
            knife: KnifeMethod::Fixed(self.knives),
            monetary: measures.monetary,
            frequency: measures.frequency,
            margin: measures.margin,
        }
    }
}

/// Customers on their way into scored rows.
pub(super) struct Scorer<'a> {
    plan: &'a ScorePlan,
    as_of: AsOf,
    scores: ScoreSettings,
    octants: OctantSettings,
    waiting: Waiting,
    totals: ScoreTotals,
}

/// Customers who wait to be scored.
#[derive(Default)]
struct Waiting {
    ids: Texts,
    profiles: Profiles,
    contacts: [Texts; 4],
}

/// What one task, or all, scored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ScoreTotals {
    /// Customers who came.
    pub(super) customers: u64,
    /// Bytes of their profiles as they came.
    pub(super) bytes: u64,
    /// Bytes of the cells that went.
    pub(super) cell_bytes: u64,
    pub(super) sums: Sums,
}

impl ScoreTotals {
    pub(super) fn add(&mut self, other: &Self) {
        self.customers += other.customers;
        self.bytes += other.bytes;
        self.cell_bytes += other.cell_bytes;
        self.sums.add(&other.sums);
    }
}

/// Customers with all that is known of them.
struct Known {
    table: CustomerTable,
    scores: Scores,
    octants: Octants,
    lifecycle: Lifecycle,
    values: CustomerValues,
    segments: Segments,
}

impl<'a> Scorer<'a> {
    pub(super) fn new(plan: &'a ScorePlan) -> Result<Self, TaskError> {
        let [r, f, m] = plan.axes.each_ref().map(AxisPlan::settings);
        let folder = plan.fold.folder()?;
        let as_of = folder.as_of().first().copied();
        Ok(Self {
            plan,
            as_of: as_of.unwrap_or_else(|| AsOf::new(plan.fold.as_of, &FoldSettings::default())),
            scores: ScoreSettings {
                axes: [r?, f?, m?],
                weights: plan.weights,
            },
            octants: plan.octants(),
            waiting: Waiting::default(),
            totals: ScoreTotals {
                sums: plan.sums(),
                ..ScoreTotals::default()
            },
        })
    }

    /// Returns the columns of customers.
    pub(super) fn schema(plan: &ScorePlan) -> Result<SchemaRef, TaskError> {
        let known = Scorer::new(plan)?.score(Waiting::default())?;
        Ok(Arc::clone(known.columns(plan.contacts).schema()))
    }

    /// Takes a customer.
    pub(super) fn take(&mut self, line: &str, answer: &mut Lines<'_>) -> Result<(), TaskError> {
        let (id, payload) = line.split_once('\t').unwrap_or((line, ""));
        let read = read_customer(payload);
        let Some((profile, _, contacts)) = read else {
            let customer = unescape(id).into_owned();
            return Err(TaskError::Profile { customer });
        };
        let waiting = &mut self.waiting;
        waiting.ids.push(&unescape(id));
        waiting.profiles.push(&profile);
        for (place, column) in waiting.contacts.iter_mut().enumerate() {
            column.push(contacts.get(place).map_or("", AsRef::as_ref));
        }
        self.totals.customers += 1;
        self.totals.bytes += payload.len() as u64;
        if self.waiting.ids.len() >= BATCH {
            self.flush(answer)?;
        }
        Ok(())
    }

    /// Scores who is left, and says how many there were.
    pub(super) fn finish(mut self, answer: &mut Lines<'_>) -> Result<(), TaskError> {
        self.flush(answer)?;
        let totals = serde_json::to_string(&self.totals).unwrap_or_default();
        answer.about(Tag::Control, "", &totals);
        Ok(())
    }

    fn flush(&mut self, answer: &mut Lines<'_>) -> Result<(), TaskError> {
        let waiting = std::mem::take(&mut self.waiting);
        let known = self.score(waiting)?;
        let columns = known.columns(self.plan.contacts);
        let rows = columns.batch(0..known.table.len());
        let rows = rows.map_err(|error| TaskError::columns(&error))?;
        for (row, profile) in known.table.profiles.iter().enumerate() {
            let belongs = known.belongs(row, &profile, self.plan);
            let id = known.table.ids.get(row);
            self.totals.sums.take(id, &profile, &belongs);
            let cells = cells(rows.columns(), row)?;
            self.totals.cell_bytes += cells.len() as u64;
            let mut keys = String::new();
            write_keys(&mut keys, &belongs.axes.map(Some));
            answer.customer(&format!("{NONE}\t{}\t{keys}\t{cells}", belongs.segment));
        }
        Ok(())
    }

    fn score(&self, waiting: Waiting) -> Result<Known, TaskError> {
        let (plan, measures) = (self.plan, self.plan.measures.scores);
        let table = CustomerTable {
            as_of: self.as_of,
            ids: waiting.ids,
            profiles: waiting.profiles,
            contacts: Some(waiting.contacts),
            tally: patron_fold::Tally::default(),
        };
        let measured = Values::measure(
            &table,
            measures.frequency,
            measures.monetary,
            measures.score_on,
            measures.margin,
        );
        let scores = Scores::new(&measured, &self.scores).map_err(|error| TaskError::of(&error))?;
        let octants = Octants::new(&table, &self.octants).map_err(|error| TaskError::of(&error))?;
        let lifecycle = Lifecycle::by_interval(&table, plan.lifecycle, || plan.shop_interval);
        let historic = |profile: Profile| historic_value(&profile, plan.margin);
        let values = CustomerValues {
            historic_value: table.profiles.iter().map(historic).collect(),
            expected: None,
        };
        let customers = ScoredCustomers {
            table: &table,
            scores: &scores,
            octants: &octants,
            lifecycle: &lifecycle,
            values: &values,
        };
        let segments = Segments::new(&customers, &plan.vocabulary);
        let segments = segments.map_err(|error| TaskError::of(&error))?;
        Ok(Known {
            table,
            scores,
            octants,
            lifecycle,
            values,
            segments,
        })
    }
}

impl Known {
    fn columns(&self, contacts: [bool; 4]) -> Columns<'_> {
        let customers = ScoredCustomers {
            table: &self.table,
            scores: &self.scores,
            octants: &self.octants,
            lifecycle: &self.lifecycle,
            values: &self.values,
        };
        Columns::for_results_with(&customers, &self.segments, contacts)
    }

    fn belongs(&self, row: usize, profile: &Profile, plan: &ScorePlan) -> Belongs {
        let octant = self.octants.octants.get(row);
        let stage = self.lifecycle.stages.get(row);
        let primary = self.segments.primary.get(row).copied();
        let primary = primary.filter(|primary| *primary != NO_SEGMENT);
        Belongs {
            scores: self.scores.of(row),
            counts: plan.measures.scores.counts(profile),
            stage: stage.map_or(0, |stage| stage.index()),
            octant: octant.map_or(0, |octant| octant.index()),
            segment: primary.map_or(self.segments.own, usize::from),
            members: self.segments.members.get(row).copied().unwrap_or(0),
            axes: plan.measures.scores.of(profile, self.table.as_of.day),
            historic_value: self.values.historic_value.get(row).copied().unwrap_or(0),
        }
    }
}

impl ScorePlan {
    /// Returns the sums of nobody.
    pub(super) fn sums(&self) -> Sums {
        let bins = self.axes.each_ref().map(|axis| axis.bins);
        Sums::new(self.vocabulary.segments.len(), bins)
    }
}

/// The cells of a row, set apart by tabs.
fn cells(columns: &[ArrayRef], row: usize) -> Result<String, TaskError> {
    let mut cells = String::new();
    for (place, column) in columns.iter().enumerate() {
        if place > 0 {
            cells.push('\t');
        }
        let written = write_cell(&mut cells, column, row);
        written.map_err(|error| TaskError::columns(&error))?;
    }
    Ok(cells)
}
