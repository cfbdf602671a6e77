//! `report.html`: the web build's single-file page with the run's data put in. The page's side of the contract is
//! `web/src/data/report.ts`.

use patron_core::Day;
use patron_engine::CustomerTable;
use patron_engine::scoring::{LifecycleBounds, Stage};
use patron_segments::{Names, names};
use patron_stats::estimate::FitError;
use serde_json::{Value, json};

use super::notes::Note;
use super::summary::SegmentRow;
use super::value::NoModel;
use super::{ModelCard, Parameter, RunReport, report_charts, report_model};
use crate::settings::Origin;

/// The page as the web build made it, or a note that it was not built; see `build.rs`.
const PAGE: &str = include_str!(concat!(env!("OUT_DIR"), "/report.html"));
/// What the data replaces; it stands exactly once in the page.
const PLACEHOLDER: &str = "\"__PATRON_DATA__\"";

/// Returns whether the page was there when patron was built.
#[must_use]
pub fn report_is_built() -> bool {
    env!("PATRON_REPORT_PAGE") == "built"
}

/// Returns the page with the run's data.
pub(crate) fn page(run: &RunReport, table: Option<&CustomerTable>) -> String {
    fill(PAGE, &escaped(&data(run, table)))
}

/// Replaces the placeholder by position, so that nothing in the data can be mistaken for a pattern.
fn fill(page: &str, data: &str) -> String {
    match page.split_once(PLACEHOLDER) {
        Some((before, after)) => [before, data, after].concat(),
        None => page.to_owned(),
    }
}

/// JSON that may stand inside a script element.
fn escaped(data: &Value) -> String {
    data.to_string()
        .replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

fn data(run: &RunReport, table: Option<&CustomerTable>) -> Value {
    json!({
        "version": 1,
        "patron_version": env!("CARGO_PKG_VERSION"),
        "shop": run.settings.shop,
        "as_of": run.as_of.to_string(),
        "timezone": run.settings.calendar.name(),
        "currency": run.settings.currency,
        "demo": run.settings.demo,
        "clv_basis": run.clv_basis(),
        "headline": headline(run),
        "scores": {
            "axes": axes(run),
            "frequency_monetary_correlation": run.correlation,
            "warnings": messages(&run.score_notes),
        },
        "grid": { "cells": cells(run) },
        "vocabulary": { "key": run.settings.vocabulary.key, "names": run.settings.vocabulary.names },
        "segments": run.summary.segments.iter().map(|segment| segment_row(run, segment)).collect::<Vec<_>>(),
        "lifecycle": { "stages": stages(run), "preset": lifecycle_preset(run.settings.lifecycle) },
        "octants": octants(run),
        "pareto": report_charts::pareto(table),
        "clv": clv(run),
        "rows": rows(run),
        "defaults": defaults(run),
        "notes": messages(&run.notes),
    })
}

fn headline(run: &RunReport) -> Value {
    let all = &run.summary.all;
    let active = run
        .summary
        .stages
        .iter()
        .find(|(stage, _)| *stage == Stage::Active);
    let per_customer = (all.customers > 0).then(|| all.orders as f64 / all.customers as f64);
    let total = all.clv.map(|clv| (clv + all.historic_value).to_f64());
    json!({
        "customers": all.customers,
        "customers_without_order": run.prospects,
        "orders": all.orders,
        "revenue": all.revenue.to_f64(),
        "order_value": all.order_value.to_f64(),
        "average_order_value": all.average_order_value(),
        "orders_per_customer": per_customer,
        "bought_once_share": all.bought_once_share(),
        "active_customers": active.map_or(0, |(_, group)| group.customers),
        "clv_sum": all.clv.map(patron_core::MoneySum::to_f64),
        "historic_value_sum": all.historic_value.to_f64(),
        "total_clv_sum": total,
        "first_order_day": run.days.map(|(first, _)| first.to_string()),
        "last_order_day": run.days.map(|(_, last)| last.to_string()),
    })
}

fn axes(run: &RunReport) -> Vec<Value> {
    let units = ["days", "orders", "money"];
    run.axes
        .iter()
        .zip(units)
        .map(|(axis, unit)| {
            json!({
                "axis": axis.axis, "bins": axis.bins, "method": axis.method, "cuts": axis.cuts,
                "distinct_values": axis.distinct, "missing_scores": axis.missing, "unit": unit,
            })
        })
        .collect()
}

fn cells(run: &RunReport) -> Vec<Value> {
    run.summary
        .cells
        .iter()
        .map(|([r, f, m], group)| {
            json!({
                "r": r, "f": f, "m": m, "customers": group.customers, "orders": group.orders,
                "revenue": group.revenue.to_f64(), "clv": group.clv.map(patron_core::MoneySum::to_f64),
            })
        })
        .collect()
}

fn segment_row(run: &RunReport, segment: &SegmentRow) -> Value {
    let group = &segment.group;
    let axis =
        |of: Option<[f64; 3]>, index: usize| of.and_then(|values| values.get(index).copied());
    json!({
        "key": segment.key,
        "names": segment.names,
        "customers": group.customers,
        "share": group.customer_share(&run.summary.all),
        "members": segment.members,
        "orders": group.orders,
        "revenue": group.revenue.to_f64(),
        "revenue_share": group.revenue_share(&run.summary.all),
        "recency_mean": axis(segment.means, 0),
        "recency_median": axis(segment.medians, 0),
        "frequency_mean": axis(segment.means, 1),
        "frequency_median": axis(segment.medians, 1),
        "monetary_mean": axis(segment.means, 2),
        "monetary_median": axis(segment.medians, 2),
        "average_order_value": group.average_order_value(),
        "margin": run.settings.margin.map(|_| group.historic_value.to_f64()),
        "bought_once_share": group.bought_once_share(),
        "probability_alive_mean": group.probability_alive_mean,
        "clv_sum": group.clv.map(patron_core::MoneySum::to_f64),
        "clv_mean": group.clv_mean(),
    })
}

fn stages(run: &RunReport) -> Vec<Value> {
    let table = names::table();
    run.summary
        .stages
        .iter()
        .map(|(stage, group)| {
            let known = table.lifecycle.iter().find(|known| known.key == stage.key());
            let (from, to) = stage_days(run, *stage);
            json!({
                "key": stage.key(),
                "names": known.map_or_else(|| Names::same(stage.key()), |known| known.names.clone()),
                "from": from.map(|day| day.to_string()),
                "to": to.map(|day| day.to_string()),
                "customers": group.customers,
                "share": group.customer_share(&run.summary.all),
                "orders": group.orders,
                "revenue": group.revenue.to_f64(),
                "clv_sum": group.clv.map(patron_core::MoneySum::to_f64),
            })
        })
        .collect()
}

/// First and last day of a last order that puts a customer in a stage; nothing where it differs by customer or is open.
fn stage_days(run: &RunReport, stage: Stage) -> (Option<Day>, Option<Day>) {
    let Some([active, silent, dormant]) = run.lifecycle_days else {
        return (None, None);
    };
    let before = |day: Day| Some(day.plus_days(-1));
    match stage {
        Stage::Active => (Some(active), Some(run.as_of)),
        Stage::Silent => (Some(silent), before(active)),
        Stage::Dormant => (Some(dormant), before(silent)),
        Stage::Churned => (None, before(dormant)),
    }
}

const fn lifecycle_preset(bounds: LifecycleBounds) -> &'static str {
    match bounds {
        LifecycleBounds::Months([1, 4, 10]) => "ordinal-months",
        LifecycleBounds::Months([1, 4, 11]) => "completed-months",
        LifecycleBounds::Months(_) => "months",
        LifecycleBounds::ShopIntervals(_) | LifecycleBounds::OwnIntervals(_) => {
            "repurchase-interval"
        }
    }
}

fn octants(run: &RunReport) -> Value {
    let table = names::table();
    let rows = run.summary.octants.iter().filter_map(|(octant, group)| {
        let known = table
            .octants
            .iter()
            .find(|known| known.key == octant.key())?;
        Some(json!({
            "key": octant.key(),
            "code": octant.code(),
            "names": known.names,
            "customers": group.customers,
            "share": group.customer_share(&run.summary.all),
            "revenue": group.revenue.to_f64(),
            "average_order_value": group.average_order_value(),
            "clv_sum": group.clv.map(patron_core::MoneySum::to_f64),
            "policy": known.policy,
        }))
    });
    let [recency, frequency, monetary] = run.knives;
    let method = match run.settings.octants.knife {
        patron_engine::scoring::octants::KnifeMethod::Mean => "mean",
        patron_engine::scoring::octants::KnifeMethod::Median => "median",
        patron_engine::scoring::octants::KnifeMethod::Fixed(_) => "fixed",
    };
    json!({
        "knives": { "method": method, "recency_days": recency, "frequency": frequency, "monetary": monetary },
        "rows": rows.collect::<Vec<_>>(),
    })
}

fn clv(run: &RunReport) -> Value {
    let valuation = &run.valuation;
    let purchases = valuation.purchases.as_ref();
    json!({
        "status": run.clv_status(),
        "reason": valuation.no_model.as_ref().map(no_model),
        "model": run.model(),
        "unit": run.settings.unit.key(),
        "horizon_months": run.settings.horizon_months,
        "annual_discount": run.settings.annual_discount,
        "parameters": purchases.map(parameters).unwrap_or_default(),
        "spend_model": valuation.spend.as_ref().map(|card| json!({
            "model": card.key,
            "parameters": parameters(card),
            "log_likelihood": card.log_likelihood,
            "customers": card.customers,
            "warnings": warnings(card),
        })),
        "log_likelihood": purchases.map(|card| card.log_likelihood),
        "customers": run.summary.all.customers,
        "aic": purchases.map(|card| card.aic),
        "bic": purchases.map(|card| card.bic),
        "warnings": purchases.map(warnings).unwrap_or_default(),
        "rough": valuation.rough.map(|rough| json!({
            "value": rough.value,
            "formula_inputs": {
                "average_order_value": rough.average_order_value, "orders_per_year": rough.orders_per_year,
                "years": rough.years, "margin": run.settings.margin.map(|_| rough.margin),
            },
        })),
        "distribution": report_charts::clv_distribution(valuation),
        "card": report_model::card(run),
    })
}

fn no_model(reason: &NoModel) -> Value {
    match reason {
        NoModel::NotAsked => json!({ "key": "not_asked", "params": {}, "text": "not asked for" }),
        NoModel::InfiniteSpend => json!({
            "key": "infinite_spend", "params": {},
            "text": "spend per purchase varies so much between customers that the model has no finite mean",
        }),
        NoModel::CannotFit(error) => cannot_fit(error),
    }
}

/// Why a model could not be fitted, as the page takes it.
pub(super) fn cannot_fit(error: &FitError) -> Value {
    let params = error
        .params()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), json!(value)));
    let key = match error.key() {
        "fit_too_few_repeat_buyers" => "too_few_repeat_buyers",
        other => other,
    };
    json!({ "key": key, "params": params.collect::<serde_json::Map<_, _>>(), "text": error.to_string() })
}

fn parameters(card: &ModelCard) -> Vec<Value> {
    let one = |parameter: &Parameter| {
        json!({
            "name": parameter.name,
            "estimate": parameter.estimate,
            "standard_error": parameter.standard_error,
            "meaning_key": format!("{}.{}", card.key, parameter.name),
        })
    };
    card.parameters.iter().map(one).collect()
}

fn warnings(card: &ModelCard) -> Vec<Value> {
    card.warnings
        .iter()
        .map(|warning| {
            let params = warning
                .params()
                .into_iter()
                .map(|(name, value)| (name.to_owned(), json!(value)));
            json!({
                "key": warning.key(),
                "params": params.collect::<serde_json::Map<_, _>>(),
                "text": warning.to_string(),
            })
        })
        .collect()
}

fn rows(run: &RunReport) -> Value {
    let account = &run.account;
    let revenue = account
        .revenue_set_aside
        .iter()
        .map(|(class, sum)| ((*class).to_owned(), json!(sum.to_f64())));
    let file = |file: &super::FileReport| {
        json!({
            "name": file.name, "in": file.account.rows_in, "accepted": file.account.accepted(),
            "merged": file.account.merged, "set_aside": file.account.set_aside,
        })
    };
    json!({
        "in": account.rows_in,
        "accepted": account.accepted(),
        "accepted_by_kind": {
            "order_line": account.order_lines, "refund": account.refunds, "listed": account.listed,
        },
        "merged": account.merged,
        "set_aside": account.set_aside,
        "flags": account.flags,
        "revenue_set_aside": revenue.collect::<serde_json::Map<_, _>>(),
        "files": run.files.iter().map(file).collect::<Vec<_>>(),
    })
}

fn defaults(run: &RunReport) -> Vec<Value> {
    run.chosen
        .iter()
        .filter(|chosen| chosen.origin != Origin::Flag && chosen.origin != Origin::File)
        .map(|chosen| {
            let reason = match (chosen.key, chosen.origin) {
                (_, Origin::Preset) => "from_preset",
                (_, Origin::EarlierRun) => "from_earlier_run",
                (_, Origin::Vocabulary) => "from_vocabulary",
                (_, Origin::Input) => "from_file",
                ("as_of", _) => "last_order",
                ("timezone", _) => "never_machine_zone",
                ("margin", _) => "no_costs",
                ("currency", _) => "no_currency",
                _ => "default",
            };
            json!({ "key": chosen.key, "value": chosen.value, "reason_key": reason })
        })
        .collect()
}

/// Notes as the page takes them.
pub(super) fn messages(notes: &[Note]) -> Vec<Value> {
    notes
        .iter()
        .map(|note| json!({ "key": note.key, "params": note.params, "text": note.text }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::summary::Group;
    use super::*;

    #[test]
    fn data_cannot_end_the_script_element_it_stands_in() {
        let text = escaped(&json!({ "name": "</script><b>\u{2028}" }));
        assert!(!text.contains('<') && !text.contains('\u{2028}'), "{text}");
        let back: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(back["name"], "</script><b>\u{2028}");
    }

    #[test]
    fn the_placeholder_is_replaced_by_position() {
        let page = fill("a\"__PATRON_DATA__\"b", "$& \"__PATRON_DATA__\" $1");
        assert_eq!(page, "a$& \"__PATRON_DATA__\" $1b");
    }

    #[test]
    fn the_page_has_the_placeholder_exactly_once() {
        assert_eq!(PAGE.matches(PLACEHOLDER).count(), 1);
    }

    #[test]
    fn an_empty_group_divides_by_nothing() {
        let group = Group::default();
        assert_eq!(group.average_order_value(), None);
        assert_eq!(group.bought_once_share(), None);
        assert_eq!(group.revenue_share(&group), None);
    }
}
