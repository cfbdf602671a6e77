//! A run whose customers stay on Spark: they are scored and written there, and what is told of them here comes from totals.

use patron_engine::output::CustomerValues;
use patron_engine::scoring::{Measures, Octant, Stage};
use patron_engine::spark::{OnSpark, ScoredThere, ScoringRules, Sums};
use patron_engine::{EngineError, Progress};
use patron_segments::{Names, OTHERS, Vocabulary};
use serde_json::json;

use super::assemble::{Figures, Found, assemble, file_reports, total};
use super::error::RunError;
use super::everybody::Everybody;
use super::histories::not_on_spark;
use super::notes::{self, Note};
use super::summary::{Group, SegmentRow, Summary, implausible_among};
use super::value::{NoModel, Valuation, expected_returns};
use super::{AxisReport, RunReport, tables};
use crate::settings::Resolved;

/// Has customers folded, scored and written on Spark, and says what was found.
pub(super) fn score_there(
    spark: &mut OnSpark,
    settings: Resolved,
    progress: &dyn Progress,
) -> Result<RunReport, RunError> {
    let asked = (settings.as_of, settings.drop_duplicates);
    let scored = spark.score_there(&settings.fold, asked, &rules(&settings), progress)?;
    let everybody = Everybody::there(&scored);
    let files = file_reports(&spark.files, &scored.by_file);
    let account = total(&files)?;
    let mut summary = summary(&scored, &settings.vocabulary);
    tables::count_prospects(&mut summary, &settings.vocabulary, scored.prospects);
    let facts = Found {
        files,
        account,
        reads: spark.files.clone(),
        repeated_order_ids: scored.repeated_order_ids,
        prospects: scored.prospects,
        summary,
    };
    let figures = Figures {
        axes: axes(&scored, &settings),
        nobody_in_window: scored.sums.outside_window == scored.sums.all.customers,
        correlation: None,
        knives: scored.knives,
        lifecycle_days: scored.lifecycle_days,
    };
    let valuation = valuation(&everybody, &settings);
    let mut run = assemble(&everybody, figures, valuation, settings, facts);
    run.notes.extend(notes::of_persons(&everybody, 0));
    run.notes.push(left_out());
    Ok(run)
}

/// Refuses what only customers who are here can be asked for.
pub(super) fn check(settings: &Resolved) -> Result<(), RunError> {
    if settings.with_clv {
        return Err(not_on_spark(
            "what customers will be worth, beside `--customers-to`,",
            "say `--no-clv`, and Spark scores and writes the customers; or leave `--customers-to` out, and they come here to be valued",
        ));
    }
    rules(settings).check().map_err(EngineError::from)?;
    Ok(())
}

fn rules(settings: &Resolved) -> ScoringRules {
    ScoringRules {
        measures: Measures {
            frequency: settings.frequency,
            monetary: settings.monetary,
            score_on: settings.score_on,
            margin: settings.octants.margin,
        },
        scores: settings.scores.clone(),
        octants: settings.octants,
        lifecycle: settings.lifecycle,
        vocabulary: settings.vocabulary.clone(),
        margin: settings.margin,
    }
}

fn left_out() -> Note {
    Note::new(
        "customers_on_spark",
        json!({}),
        "Spark wrote the customers: what takes all of them in one place is left out here, that is the Pareto curve, the rank correlation of frequency and monetary, and the list of people without a valid order"
            .to_owned(),
    )
}

/// Nobody is valued by a model.
fn valuation(everybody: &Everybody, settings: &Resolved) -> Valuation {
    Valuation {
        values: CustomerValues::default(),
        purchases: None,
        judged: None,
        picture: None,
        spend: None,
        no_model: Some(NoModel::NotAsked),
        rough: None,
        constant_spend: None,
        expected_returns: expected_returns(&everybody.tally, everybody.provisional_value, settings),
        distinct_histories: 0,
    }
}

fn axes(scored: &ScoredThere, settings: &Resolved) -> Vec<AxisReport> {
    let sums = &scored.sums;
    let counts = sums.by_score.iter().zip(&sums.by_score_counted);
    let parts = notes::AXES
        .into_iter()
        .zip(&scored.cut_points)
        .zip(&settings.scores.axes)
        .zip(counts.zip(sums.distinct()));
    parts
        .map(|(((axis, cuts), asked), ((all, counted), distinct))| {
            // Cut points that were found are judged by those on whom they were; others by everybody.
            let were_found = asked.frozen.is_none() && counted.iter().any(|count| *count > 0);
            let judged_by = if were_found { counted } else { all };
            let missing = (1_u8..).zip(judged_by).filter(|(_, count)| **count == 0);
            AxisReport {
                axis,
                bins: cuts.bins(),
                method: cuts.method().name(),
                cuts: cuts.cuts().to_vec(),
                counts: all.clone(),
                missing: missing.map(|(score, _)| score).collect(),
                distinct,
            }
        })
        .collect()
}

fn summary(scored: &ScoredThere, vocabulary: &Vocabulary) -> Summary {
    let sums = &scored.sums;
    let stages = Stage::ALL
        .into_iter()
        .zip(sums.stages.iter().map(Group::of));
    let octants = Octant::all().map(|octant| {
        let sums = sums.octants.get(octant.index());
        (octant, sums.map(Group::of).unwrap_or_default())
    });
    let most = sums.most_orders.iter();
    let most = most.map(|(orders, id)| (id.as_str(), *orders));
    Summary {
        all: Group::of(&sums.all),
        segments: segments(scored, vocabulary),
        stages: stages.collect(),
        octants: octants.collect(),
        cells: sums
            .cells
            .iter()
            .map(|(cell, sums)| (*cell, Group::of(sums)))
            .collect(),
        implausible: implausible(sums, most),
    }
}

/// In the order of ids, as where customers are here.
fn implausible<'a>(sums: &Sums, most: impl Iterator<Item = (&'a str, u64)>) -> Vec<(String, f64)> {
    let mut found = implausible_among(sums.all.customers, sums.all.orders, most);
    found.sort_by(|left, right| left.0.cmp(&right.0));
    found
}

fn segments(scored: &ScoredThere, vocabulary: &Vocabulary) -> Vec<SegmentRow> {
    let own = vocabulary.segments.iter();
    let own = own.map(|segment| (segment.key.clone(), segment.names.clone()));
    let others: (String, Names) = (OTHERS.to_owned(), Vocabulary::others_names());
    let parts = scored.sums.segments.iter().zip(&scored.medians);
    let rows = own.chain([others]).zip(parts);
    rows.map(|((key, names), (sums, medians))| SegmentRow {
        key,
        names,
        group: Group::of(&sums.group),
        members: sums.members,
        means: sums.means(),
        medians: *medians,
    })
    .filter(|row| row.key != OTHERS || row.group.customers > 0)
    .collect()
}
