//! What an evaluation finds beside measures, as JSON and as tables: calibration, tracking, drift, other origins.

use patron_analytics::clv::{Drift, FrequencyGroup, Half, NoDrift, Rolling, Tracked};
use patron_stats::validation::RankedGroup;
use serde_json::{Map, Value, json};

use super::short;
use crate::output::table;

/// Calibration by tenths of the predictions.
pub(super) fn deciles(groups: &[RankedGroup]) -> Vec<Value> {
    let group = |group: &RankedGroup| {
        json!({
            "customers": group.customers,
            "predicted": group.predicted,
            "actual": group.actual,
        })
    };
    groups.iter().map(group).collect()
}

/// Calibration by repeat purchases.
pub(super) fn by_frequency(groups: &[FrequencyGroup]) -> Vec<Value> {
    let group = |group: &FrequencyGroup| {
        json!({
            "from": group.from,
            "to": group.to,
            "customers": group.customers,
            "predicted": group.predicted,
            "actual": group.actual,
        })
    };
    groups.iter().map(group).collect()
}

/// Purchases as they add up, and those of each period.
pub(super) fn tracking(tracked: &Tracked) -> Value {
    let both = |cumulative: &[f64]| {
        json!({
            "cumulative": cumulative,
            "incremental": Tracked::incremental(cumulative),
        })
    };
    let models = tracked.expected.iter();
    let models: Map<String, Value> = models
        .map(|(key, expected)| (key.clone(), both(expected)))
        .collect();
    let ends = (0..tracked.actual.len()).map(|period| tracked.last_day(period).to_string());
    json!({
        "first_day": tracked.first_day.to_string(),
        "period_days": tracked.period_days,
        "period_ends": ends.collect::<Vec<String>>(),
        "actual": both(&tracked.actual),
        "expected": models,
    })
}

/// Customers won in either half of the time, or why they cannot be compared.
pub(super) fn drift(found: &Result<Drift, NoDrift>) -> Value {
    let drift = match found {
        Ok(drift) => drift,
        Err(why) => return json!({ "words": why.to_string() }),
    };
    let half = |half: &Half| {
        json!({
            "customers": half.customers,
            "parameters": named(&half.parameters),
            "expected_of_new": half.expected_of_new,
            "low": half.interval.map(|interval| interval.low),
            "high": half.interval.map(|interval| interval.high),
        })
    };
    let [first, second] = &drift.halves;
    json!({
        "model": drift.model,
        "middle": drift.middle.to_string(),
        "first": half(first),
        "second": half(second),
        "horizon_days": drift.horizon_days,
        "statistic": drift.statistic,
        "degrees_of_freedom": drift.degrees_of_freedom,
        "p": drift.p_value,
        "words": drift.to_string(),
    })
}

fn named(parameters: &[(&'static str, f64)]) -> Value {
    let pairs = parameters.iter();
    Value::Object(
        pairs
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect(),
    )
}

/// The back-test at several days.
pub(super) fn rolling(found: &Rolling) -> Value {
    let models = found.candidates.iter().map(|candidate| {
        let all = candidate.evaluation.as_ref();
        let score = all.and_then(|all| all.log_score.as_ref());
        let at = found.origins.iter().zip(&candidate.at);
        let at = at.map(|(origin, at)| {
            json!({
                "origin": origin.to_string(),
                "predicted": at.sums.map(|[predicted, _]| predicted),
                "actual": at.sums.map(|[_, actual]| actual),
                "mean_log_score": at.mean_log_score,
                "parameters": named(&at.parameters),
                "failed": at.failed,
            })
        });
        json!({
            "model": candidate.key,
            "mean_log_score": score.map(|score| score.mean),
            "rmse": all.map(|all| all.errors.root_mean_square),
            "bias": all.map(|all| all.errors.bias),
            "at": at.collect::<Vec<Value>>(),
        })
    });
    let origins = found.origins.iter().map(ToString::to_string);
    json!({
        "horizon_days": found.horizon_days,
        "origins": origins.collect::<Vec<String>>(),
        "customers": found.customers,
        "models": models.collect::<Vec<Value>>(),
        "chosen": found.choice.as_ref().map(|choice| &choice.key),
        "reason": found.choice.as_ref().map(ToString::to_string),
    })
}

/// Expected and actual purchases at each day, and the measures of all of them.
pub(super) fn rolling_table(found: &Rolling) -> String {
    let mut header = vec![String::new()];
    header.extend(found.origins.iter().map(ToString::to_string));
    header.extend(["log score", "RMSE"].map(str::to_owned));
    let rows = found.candidates.iter().map(|candidate| {
        let mut row = vec![candidate.key.clone()];
        row.extend(candidate.at.iter().map(|at| match at.sums {
            Some([expected, actual]) => format!("{} / {}", short(expected), short(actual)),
            None => "-".to_owned(),
        }));
        let all = candidate.evaluation.as_ref();
        let score = all.and_then(|all| all.log_score.as_ref());
        row.push(score.map_or("-".to_owned(), |score| short(score.mean)));
        let rmse = all.map(|all| all.errors.root_mean_square);
        row.push(rmse.map_or("-".to_owned(), short));
        row
    });
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    table(&header, rows.collect())
}
