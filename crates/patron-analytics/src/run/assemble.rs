//! What was read and found, as a report.

use std::path::PathBuf;

use patron_core::Day;
use patron_engine::scoring::Scores;
use patron_engine::scoring::scores::AXES;
use patron_engine::{FileFolded, FileRead};
use patron_stats::scores::{TieRule, count_distinct_up_to};

use super::account::Account;
use super::error::RunError;
use super::everybody::Everybody;
use super::execute::Scored;
use super::summary::Summary;
use super::value::Valuation;
use super::{AxisReport, FileReport, Machine, RunReport, notes, settings_notes};
use crate::settings::{Chosen, Origin, Resolved};

pub(super) fn file_reports(files: &[FileRead], folded: &[FileFolded]) -> Vec<FileReport> {
    files
        .iter()
        .zip(folded)
        .map(|(file, folded)| FileReport {
            name: file
                .path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            sha256: file.sha256.clone(),
            bytes: file.bytes,
            account: Account::of_file(file, folded),
            understanding: file.understanding.clone(),
        })
        .collect()
}

pub(super) fn total(files: &[FileReport]) -> Result<Account, RunError> {
    let mut account = Account::default();
    for file in files {
        account.add(&file.account);
    }
    let accounted = account.accepted() + account.merged + account.set_aside.values().sum::<u64>();
    if account.rows_in == accounted {
        Ok(account)
    } else {
        Err(RunError::AccountDoesNotAddUp {
            rows_in: account.rows_in,
            accounted,
        })
    }
}

/// What was read and summed up.
pub(super) struct Found {
    pub(super) files: Vec<FileReport>,
    pub(super) account: Account,
    pub(super) reads: Vec<FileRead>,
    pub(super) repeated_order_ids: u64,
    pub(super) prospects: u64,
    pub(super) summary: Summary,
}

/// What scoring found over all customers.
pub(super) struct Figures {
    pub(super) axes: Vec<AxisReport>,
    /// Whether F and M are scored on a window in which nobody bought.
    pub(super) nobody_in_window: bool,
    pub(super) correlation: Option<f64>,
    pub(super) knives: [f64; 3],
    pub(super) lifecycle_days: Option<[Day; 3]>,
}

impl Figures {
    /// Of customers who are here.
    pub(super) fn of(scored: &Scored) -> Self {
        let values = &scored.values;
        let correlation = patron_stats::correlation::spearman(&values.frequency, &values.monetary);
        let axes = [
            values.recency.as_slice(),
            &values.frequency,
            &values.monetary,
        ];
        let customers = values.recency.len() as u64;
        Self {
            axes: axis_reports(&scored.scores, axes),
            nobody_in_window: customers > 0 && scored.scores.outside_window == customers,
            correlation: correlation.ok(),
            knives: scored.octants.knives,
            lifecycle_days: scored.lifecycle.first_days,
        }
    }
}

pub(super) fn assemble(
    everybody: &Everybody,
    figures: Figures,
    valuation: Valuation,
    settings: Resolved,
    facts: Found,
) -> RunReport {
    let mut chosen = settings.chosen.clone();
    if settings.as_of.is_none() {
        chosen.push(Chosen {
            key: "as_of",
            value: everybody.as_of.day.to_string(),
            origin: Origin::Default,
        });
    }
    RunReport {
        as_of: everybody.as_of.day,
        chosen,
        notes: run_notes(everybody, &settings, &facts, &valuation),
        score_notes: notes::of_scores(&figures),
        axes: figures.axes,
        files: facts.files,
        account: facts.account,
        prospects: facts.prospects,
        days: everybody.days(),
        correlation: figures.correlation,
        knives: figures.knives,
        lifecycle_days: figures.lifecycle_days,
        summary: facts.summary,
        valuation,
        settings,
        snapshot: None,
        folded: None,
        machine: Machine::default(),
        out: PathBuf::new(),
        written: Vec::new(),
    }
}

fn run_notes(
    everybody: &Everybody,
    settings: &Resolved,
    facts: &Found,
    valuation: &Valuation,
) -> Vec<notes::Note> {
    let mut said = notes::of_files(
        &facts.reads,
        &facts.account,
        &facts.summary,
        settings.drop_duplicates,
    );
    said.extend(notes::of_orders(everybody, settings, facts, valuation));
    said.extend(settings_notes::of_settings(
        settings,
        valuation,
        facts.prospects,
    ));
    said.extend(notes::of_value(valuation));
    said
}

fn axis_reports(scores: &Scores, values: [&[f64]; 3]) -> Vec<AxisReport> {
    const DISTINCT_UP_TO: usize = 100;
    let parts = AXES
        .into_iter()
        .zip(&scores.cut_points)
        .zip(&scores.scores)
        .zip(values);
    parts
        .map(|(((axis, cuts), scores), values)| AxisReport {
            axis,
            bins: cuts.bins(),
            method: cuts.method().name(),
            cuts: if cuts.tie_rule() == TieRule::ByPosition {
                Vec::new()
            } else {
                cuts.cuts().to_vec()
            },
            counts: cuts.count(scores),
            missing: notes::missing_scores(cuts, scores),
            distinct: count_distinct_up_to(values, DISTINCT_UP_TO),
        })
        .collect()
}
