//! The card of the purchase model, as the report's page and `run.json` take it.

use patron_stats::validation::{Evaluation, RankedGroup};
use serde_json::{Value, json};

use super::choice::{BackTest, Contender, ModelPicture, Prospects, Tracked, how, of_choice};
use super::report::{cannot_fit, messages};
use super::value::PURCHASE_MONTHS;
use super::{RunReport, Valuation};

/// What `run.json` keeps: which model is used, why, and how all did. Nothing without a model.
pub(super) fn choice(run: &RunReport) -> Value {
    let valuation = &run.valuation;
    let (Some(judged), Some(used)) = (&valuation.judged, run.model()) else {
        return Value::Null;
    };
    let notes = of_choice(judged, used);
    let reasons = notes
        .iter()
        .map(|note| json!({ "key": note.key, "text": note.text }));
    json!({
        "how": how(judged),
        "reasons": reasons.collect::<Vec<_>>(),
        "back_test": judged.back_test.as_ref().map(|back_test| back_test_of(back_test, used)),
    })
}

/// What the page shows of the model in use. Nothing without one.
pub(super) fn card(run: &RunReport) -> Value {
    let valuation = &run.valuation;
    let parts = (&valuation.judged, &valuation.picture, run.model());
    let (Some(judged), Some(picture), Some(used)) = parts else {
        return Value::Null;
    };
    let back_test = judged.back_test.as_ref();
    let deciles = back_test.and_then(|test| test.contender(used)?.evaluation.as_ref());
    json!({
        "how": how(judged),
        "reasons": messages(&of_choice(judged, used)),
        "baselines_ahead": back_test.map(|test| test.baselines_ahead_of(used).len()),
        "data": data(run, valuation, picture),
        "back_test": back_test.map(|test| back_test_of(test, used)),
        "calibration": deciles.map(|found| found.deciles.iter().map(group).collect::<Vec<_>>()),
        "tracking": picture.tracking.as_ref().map(|tracked| tracking(tracked, back_test)),
        "prospects": picture.prospects.as_ref().map(|found| prospects(found, run)),
    })
}

fn data(run: &RunReport, valuation: &Valuation, picture: &ModelPicture) -> Value {
    json!({
        "customers": run.summary.all.customers,
        "repeat_buyers": picture.repeat_buyers,
        "repeat_purchases": picture.repeat_purchases,
        "distinct_histories": valuation.distinct_histories,
        "first_day": run.days.map(|(first, _)| first.to_string()),
        "last_day": run.as_of.to_string(),
    })
}

fn back_test_of(test: &BackTest, used: &str) -> Value {
    let held = &test.held;
    let contenders = test.contenders.iter();
    json!({
        "calibration_end": held.calibration_end.to_string(),
        "end": held.end.to_string(),
        "days": held.days(),
        "customers": held.customers,
        "judged": held.judged(),
        "contenders": contenders.map(|contender| row(contender, used)).collect::<Vec<_>>(),
    })
}

fn row(contender: &Contender, used: &str) -> Value {
    let found = contender.evaluation.as_ref();
    let error = |of: fn(&Evaluation) -> f64| found.map(of);
    json!({
        "key": contender.key,
        "is_model": contender.model.is_some(),
        "is_used": contender.key == used,
        "is_settled": contender.model.is_none() || contender.is_settled(),
        "failed": contender.failed.as_ref().map(cannot_fit),
        "log_score": found.and_then(|found| found.log_score).map(|score| score.mean),
        "predicted": error(|found| found.errors.predicted),
        "actual": error(|found| found.errors.actual),
        "relative_bias": found.and_then(|found| found.errors.relative_bias()),
        "mean_absolute": error(|found| found.errors.mean_absolute),
        "root_mean_square": error(|found| found.errors.root_mean_square),
        "mean_squared_logarithmic": error(|found| found.errors.mean_squared_logarithmic),
        "top_decile_capture": found.and_then(|found| found.top_decile_capture),
        "gini": found.and_then(|found| found.gini),
    })
}

fn group(group: &RankedGroup) -> Value {
    json!({ "customers": group.customers, "predicted": group.predicted, "actual": group.actual })
}

fn tracking(tracked: &Tracked, back_test: Option<&BackTest>) -> Value {
    let purchases = &tracked.purchases;
    let periods = tracked
        .ends
        .iter()
        .zip(purchases.expected.iter().zip(&purchases.actual));
    let periods = periods.map(|(end, (expected, actual))| {
        json!({ "end": end.to_string(), "expected": expected, "actual": actual })
    });
    json!({
        "calibration_end": back_test.map(|test| test.held.calibration_end.to_string()),
        "period_days": tracked.period_days,
        "periods": periods.collect::<Vec<_>>(),
    })
}

fn prospects(found: &Prospects, run: &RunReport) -> Value {
    json!({
        "age": found.age,
        "unit": run.settings.unit.key(),
        "months": PURCHASE_MONTHS,
        "frequencies": found.frequencies,
        "since": found.since,
        "alive": found.alive,
        "purchases": found.purchases,
    })
}
