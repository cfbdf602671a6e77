//! What settings bring about that one may not have expected: other names, names that nobody can have.

use patron_segments::{Condition, DEFAULT_VOCABULARY, Vocabulary, profile_schema};
use serde_json::json;

use super::notes::Note;
use super::value::Valuation;
use crate::settings::{Origin, Resolved};

/// Columns that only a fitted model fills.
const OF_MODELS: [&str; 9] = [
    "probability_alive",
    "expected_purchases",
    "next_order_expected_at",
    "expected_order_value",
    "clv",
    "clv_low",
    "clv_high",
    "clv_lifetime",
    "total_clv",
];

/// Returns what should be said of the settings in force.
pub(super) fn of_settings(settings: &Resolved, valuation: &Valuation, prospects: u64) -> Vec<Note> {
    let mut notes: Vec<Note> = vocabulary_by_bins(settings).into_iter().collect();
    if valuation.values.expected.is_none() {
        notes.extend(reads_missing_values(settings));
    }
    if let Some(segment) = settings.vocabulary.segment_without_order()
        && prospects > 0
    {
        notes.push(Note::new(
            "segment_without_order",
            json!({ "segment": segment, "count": prospects }),
            format!("segment {segment} is people without a valid order, {prospects} here (customers_without_order.csv): they count as its members, and as customers nowhere"),
        ));
    }
    notes
}

/// Who asks for bins alone gets names for them, other names than usual.
fn vocabulary_by_bins(settings: &Resolved) -> Option<Note> {
    let key = settings.vocabulary.key.as_str();
    let chosen = |wanted: &str| settings.chosen.iter().find(|chosen| chosen.key == wanted);
    let by_default = chosen("vocabulary").is_some_and(|chosen| chosen.origin == Origin::Default);
    if !by_default || key == DEFAULT_VOCABULARY {
        return None;
    }
    let bins = chosen("bins").map_or("", |chosen| chosen.value.as_str());
    let three = settings.scores.axes.each_ref().map(|axis| axis.bins);
    let fitting = Vocabulary::shipped_fitting(three).ok()?.join(", ");
    Some(Note::new(
        "vocabulary_by_bins",
        json!({ "vocabulary": key, "usual": DEFAULT_VOCABULARY, "bins": bins, "fitting": fitting }),
        format!(
            "vocabulary `{DEFAULT_VOCABULARY}` is not written for bins {bins}, so segments are named by `{key}`; those that fit are {fitting} (`--vocabulary`)"
        ),
    ))
}

/// Conditions on columns that are empty in this run are met by nobody.
fn reads_missing_values(settings: &Resolved) -> Option<Note> {
    let schema = profile_schema();
    let reads = |when: &str| {
        let condition = Condition::compile(when, &schema).ok();
        condition.is_some_and(|condition| {
            condition
                .columns()
                .any(|column| OF_MODELS.contains(&column))
        })
    };
    let segments: Vec<&str> = settings
        .vocabulary
        .segments
        .iter()
        .filter(|segment| reads(&segment.when))
        .map(|segment| segment.key.as_str())
        .collect();
    let list = segments.join(", ");
    (!segments.is_empty()).then(|| {
        Note::new(
            "vocabulary_reads_values",
            json!({ "segments": list }),
            format!("segments {list} read columns of the purchase model, which are empty in this run: nobody, or not everybody who should, is in them"),
        )
    })
}
