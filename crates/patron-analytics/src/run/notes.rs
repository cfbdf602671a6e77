//! What should be said about a run: guesses, oddities, limits. Each has a key and parameters, so that it can be translated.

use patron_engine::FileRead;
use patron_engine::scoring::Scores;
use patron_stats::scores::count_distinct_up_to;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::account::Account;
use super::summary::Summary;

/// Something said to the reader.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Note {
    /// Stable key.
    pub key: String,
    /// The values mentioned, by name.
    pub params: Map<String, Value>,
    /// The sentence in English.
    pub text: String,
}

impl Note {
    /// Makes a note; `params` is an object.
    #[must_use]
    pub fn new(key: &str, params: Value, text: String) -> Self {
        let params = match params {
            Value::Object(params) => params,
            _ => Map::new(),
        };
        Self {
            key: key.to_owned(),
            params,
            text,
        }
    }
}

/// Correlation of F and M above which they say nearly the same.
const CORRELATED: f64 = 0.7;
/// Fewest distinct values that can carry five scores.
const FEWEST_DISTINCT: usize = 5;
const AXES: [&str; 3] = ["recency", "frequency", "monetary"];

/// What understanding the files left to say.
pub(crate) fn of_files(files: &[FileRead], account: &Account, summary: &Summary) -> Vec<Note> {
    let mut notes = Vec::new();
    for file in files {
        for note in &file.understanding.notes {
            let params = note
                .params
                .iter()
                .map(|(name, value)| ((*name).to_owned(), json!(value)))
                .collect();
            notes.push(Note {
                key: note.key.to_owned(),
                params,
                text: note.to_string(),
            });
        }
        for (word, rows) in &file.unknown_statuses {
            notes.push(Note::new(
                "unknown_status",
                json!({ "word": word, "rows": rows }),
                format!("status `{word}` in {rows} rows is not known and was taken for paid; say what it means in the settings' `status_words`"),
            ));
        }
    }
    notes.dedup();
    let duplicates = account.flags.get("duplicate").copied().unwrap_or(0);
    if duplicates > 0 {
        notes.push(Note::new(
            "duplicates_kept",
            json!({ "count": duplicates }),
            format!("{duplicates} rows equal an earlier row in every column; they are kept unless `--drop-duplicates` is given"),
        ));
    }
    for (customer, share) in &summary.implausible {
        notes.push(Note::new(
            "implausible_customer",
            json!({ "customer": customer, "share": share }),
            format!(
                "customer `{customer}` has {:.1} % of all orders: a till, a reseller or a test account rather than a person?",
                share * 100.0
            ),
        ));
    }
    notes
}

/// What scoring left to say.
pub(crate) fn of_scores(scores: &Scores, axes: [&[f64]; 3], correlation: Option<f64>) -> Vec<Note> {
    let mut notes = Vec::new();
    for ((axis, cuts), values) in AXES.into_iter().zip(&scores.cut_points).zip(axes) {
        let bins = cuts.bins();
        let distinct = count_distinct_up_to(values, FEWEST_DISTINCT);
        if distinct < FEWEST_DISTINCT.min(usize::from(bins)) {
            notes.push(Note::new(
                "few_distinct_values",
                json!({ "axis": axis, "distinct": distinct, "bins": bins }),
                format!("{axis} has only {distinct} distinct values, too few for {bins} scores: consider fewer bins or fixed cut points"),
            ));
        }
        let missing = cuts.missing_scores();
        if !missing.is_empty() {
            let list = missing
                .iter()
                .map(u8::to_string)
                .collect::<Vec<_>>()
                .join(", ");
            notes.push(Note::new(
                "missing_scores",
                json!({ "axis": axis, "scores": missing }),
                format!("nobody has {axis} score {list}, because many customers share a value"),
            ));
        }
    }
    if let Some(correlation) = correlation.filter(|&correlation| correlation > CORRELATED) {
        notes.push(Note::new(
            "frequency_monetary_correlated",
            json!({ "correlation": correlation }),
            format!("frequency and monetary say nearly the same (rank correlation {correlation:.2}): consider `monetary = \"mean-per-order\"`"),
        ));
    }
    notes
}
