//! The choice in words: notes with keys, so that a page can translate them.

use patron_stats::validation::Comparison;
use serde_json::json;

use super::{BackTest, Judged, Why};
use crate::model::ModelKey;
use crate::run::notes::Note;

/// Says which model is used and why, and which baselines did better.
pub(in crate::run) fn of_choice(judged: &Judged, used: &str) -> Vec<Note> {
    let mut notes = vec![reason(judged, used)];
    if let Some(back_test) = &judged.back_test {
        notes.extend(sample(back_test));
        notes.extend(baselines(judged, back_test, used));
    }
    notes
}

fn reason(judged: &Judged, used: &str) -> Note {
    let fallback = |key, params: serde_json::Value, because: String| {
        let mut note = Note::new(key, params, format!("{used} is used unchosen: {because}"));
        note.params.insert("model".to_owned(), json!(used));
        note
    };
    match (&judged.why, &judged.back_test) {
        (Why::HeldOut, Some(back_test)) => held_out(back_test, used),
        (Why::Named, _) => Note::new(
            "model_named",
            json!({ "model": used }),
            format!("{used} is used: it was asked for"),
        ),
        (Why::ShortHistory { days, required }, _) => fallback(
            "model_short_history",
            json!({ "days": days, "required": required }),
            format!(
                "the history is {days} days long, and {required} are needed to hold a part of it out"
            ),
        ),
        (Why::FewCustomers { found, required }, _) => fallback(
            "model_few_customers",
            json!({ "found": found, "required": required }),
            format!(
                "{found} customers had bought before the time that would be held out, and {required} are needed"
            ),
        ),
        (Why::FewRepeatBuyers { found, required }, _) => fallback(
            "model_few_repeat_buyers",
            json!({ "found": found, "required": required }),
            format!(
                "{found} customers had bought again before the time that would be held out, and {required} are needed"
            ),
        ),
        (Why::NoneFitted, Some(_)) => fallback(
            "model_none_settled",
            json!({}),
            "no model's search for its parameters settled on the time before the one held out"
                .to_owned(),
        ),
        (Why::NoneFitted | Why::HeldOut, _) => fallback(
            "model_none_fitted",
            json!({}),
            "no model could be fitted to the time before the one that would be held out".to_owned(),
        ),
    }
}

fn held_out(back_test: &BackTest, used: &str) -> Note {
    let Some(choice) = back_test
        .choice
        .as_ref()
        .filter(|choice| choice.key == used)
    else {
        let best = back_test
            .choice
            .as_ref()
            .map_or("", |choice| choice.key.as_str());
        return Note::new(
            "model_passed_over",
            json!({ "model": used, "other": best }),
            format!(
                "{used} is used: {best} foretold the time held out better, but its search on all customers did not settle"
            ),
        );
    };
    let days = back_test.held.days();
    let what = format!(
        "{used} is used: it gave what {} customers bought in the {days} days held out the highest probability",
        choice.customers
    );
    let mut params = json!({ "model": used, "customers": choice.customers, "days": days });
    let Some((other, by)) = choice.runner_up() else {
        return Note::new("model_chosen_alone", params, what);
    };
    let [by_text, error_text] = in_digits(by);
    let (key, how) = if by.is_clear() {
        ("model_chosen_clear", "clearly ahead of")
    } else {
        ("model_chosen_close", "not to be told apart from")
    };
    if let Some(params) = params.as_object_mut() {
        params.insert("other".to_owned(), json!(other.key));
        params.insert("by".to_owned(), json!(by_text));
        params.insert("error".to_owned(), json!(error_text));
    }
    let text = format!(
        "{what}, {how} {} (log score {by_text} ± {error_text} a customer)",
        other.key
    );
    Note::new(key, params, text)
}

/// Differences are small: four decimals, and never a comma that other languages write otherwise.
fn in_digits(by: Comparison) -> [String; 2] {
    [by.advantage.abs(), by.standard_error].map(|number| format!("{number:.4}"))
}

fn sample(back_test: &BackTest) -> Option<Note> {
    let held = &back_test.held;
    let judged = held.judged() as u64;
    (judged < held.customers).then(|| {
        Note::new(
            "model_judged_by_sample",
            json!({ "count": judged, "customers": held.customers }),
            format!(
                "models were judged by a sample of {judged} of the {} customers there were then",
                held.customers
            ),
        )
    })
}

/// Whether the choice was among several, and by what was held out.
pub(in crate::run) fn how(judged: &Judged) -> &'static str {
    match judged.why {
        Why::Named => "named",
        Why::HeldOut => "held_out",
        _ => "default",
    }
}

/// Which baselines did better; that the model in use is one.
fn baselines(judged: &Judged, back_test: &BackTest, used: &str) -> Vec<Note> {
    let nbd = ModelKey::Nbd.key();
    let is_baseline = judged.why == Why::HeldOut && used == nbd;
    let won = is_baseline.then(|| {
        Note::new(
            "baseline_is_used",
            json!({ "model": nbd }),
            format!("a baseline won: no model of leaving foretold better than {nbd}, by which nobody ever leaves"),
        )
    });
    let ahead = back_test.baselines_ahead_of(used).into_iter();
    let note = |other: patron_stats::validation::Against| {
        let (key, by, measure) = match other.log_score.filter(|_| other.key == nbd) {
            Some(by) => ("baseline_likelier", by, "log score higher"),
            None => (
                "baseline_nearer",
                other.squared_error,
                "mean squared error smaller",
            ),
        };
        let [by, error] = in_digits(by);
        Note::new(
            key,
            json!({ "baseline": other.key, "model": used, "by": by, "error": error }),
            format!(
                "a baseline won: {} foretold what was held out better than {used} ({measure} by {by} ± {error})",
                other.key
            ),
        )
    };
    won.into_iter().chain(ahead.map(note)).collect()
}
