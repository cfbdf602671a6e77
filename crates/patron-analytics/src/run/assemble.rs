//! What was read and found, as a report.

use std::path::PathBuf;

use patron_engine::scoring::Scores;
use patron_engine::scoring::scores::AXES;
use patron_engine::{CustomerTable, FileRead, Folded, Prospect};
use patron_stats::scores::{TieRule, count_distinct_up_to};

use super::account::Account;
use super::error::RunError;
use super::execute::Scored;
use super::summary::Summary;
use super::value::Valuation;
use super::{AxisReport, FileReport, Machine, RunReport, notes, settings_notes};
use crate::settings::{Chosen, Origin, Resolved};

pub(super) fn file_reports(files: &[FileRead], folded: &Folded) -> Vec<FileReport> {
    files
        .iter()
        .zip(&folded.by_file)
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
    pub(super) prospects: Vec<Prospect>,
    pub(super) summary: Summary,
}

pub(super) fn assemble(
    table: &CustomerTable,
    scored: Scored,
    valuation: Valuation,
    settings: Resolved,
    facts: Found,
) -> RunReport {
    let Scored {
        values,
        scores,
        octants,
        lifecycle,
    } = scored;
    let correlation = patron_stats::correlation::spearman(&values.frequency, &values.monetary).ok();
    let axes = [
        values.recency.as_slice(),
        &values.frequency,
        &values.monetary,
    ];
    let mut chosen = settings.chosen.clone();
    if settings.as_of.is_none() {
        chosen.push(Chosen {
            key: "as_of",
            value: table.as_of.day.to_string(),
            origin: Origin::Default,
        });
    }
    let first = table.profiles.iter().map(|profile| profile.first_day).min();
    let last = table.profiles.iter().map(|profile| profile.last_day).max();
    RunReport {
        as_of: table.as_of.day,
        chosen,
        notes: run_notes(table, &settings, &facts, &valuation),
        score_notes: notes::of_scores(&scores, axes, correlation),
        axes: axis_reports(&scores, axes),
        files: facts.files,
        account: facts.account,
        prospects: facts.prospects.len() as u64,
        days: first.zip(last),
        correlation,
        knives: octants.knives,
        lifecycle_days: lifecycle.first_days,
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
    table: &CustomerTable,
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
    said.extend(notes::of_orders(table, settings, facts, valuation));
    said.extend(settings_notes::of_settings(
        settings,
        valuation,
        facts.prospects.len(),
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
