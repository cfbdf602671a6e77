//! `run.json`: everything that makes a run reproducible. Only its `machine` object depends on the machine.

use patron_core::{MoneySum, ShopCalendar};
use serde_json::{Value, json};

use super::account::Account;
use super::value::NoModel;
use super::{HowFolded, Machine, ModelCard, RunReport, report_model};

/// The version of the form of `run.json`.
const FORM: u32 = 1;

pub(crate) fn document(run: &RunReport, machine: &Machine) -> Value {
    json!({
        "form": FORM,
        "patron_version": env!("CARGO_PKG_VERSION"),
        "as_of": run.as_of.to_string(),
        "timezone": run.settings.calendar.name(),
        "tz_database": ShopCalendar::tz_database_version(),
        "currency": run.settings.currency,
        "inputs": inputs(run),
        "ledger": run.snapshot.map(|snapshot| json!({ "snapshot": snapshot })),
        "settings": run.chosen.iter().map(|chosen| (chosen.key.to_owned(), json!({
            "value": chosen.value, "origin": chosen.origin,
        }))).collect::<serde_json::Map<_, _>>(),
        "rows": rows(&run.account),
        "customers": run.summary.all.customers,
        "customers_without_order": run.prospects,
        "cut_points": cut_points(run),
        "weights": run.settings.scores.weights,
        "frequency_monetary_correlation": run.correlation,
        "octants": { "knives": {
            "recency_days": run.knives[0], "frequency": run.knives[1], "monetary": run.knives[2],
        } },
        "lifecycle": { "first_days": run.lifecycle_days.map(|days| json!({
            "active": days[0].to_string(), "silent": days[1].to_string(), "dormant": days[2].to_string(),
        })) },
        "vocabulary": vocabulary(run),
        "clv_basis": run.clv_basis(),
        "clv": clv(run),
        "notes": run.notes,
        "machine": machine_object(machine, run.folded.as_ref()),
    })
}

/// The vocabulary with its conditions: a file of one's own may change while its key stays.
fn vocabulary(run: &RunReport) -> Value {
    let vocabulary = &run.settings.vocabulary;
    json!({
        "key": vocabulary.key,
        "segments": vocabulary.segments.iter()
            .map(|segment| (segment.key.clone(), json!(segment.when)))
            .collect::<serde_json::Map<_, _>>(),
    })
}

fn inputs(run: &RunReport) -> Value {
    run.files
        .iter()
        .map(|file| {
            let understanding = &file.understanding;
            json!({
                "name": file.name,
                "sha256": file.sha256,
                "bytes": file.bytes,
                "rows": rows(&file.account),
                "preset": understanding.preset.as_ref().map(|preset| &preset.name),
                "columns": understanding.columns.iter()
                    .map(|column| (column.field.key().to_owned(), json!(column.header)))
                    .collect::<serde_json::Map<_, _>>(),
                "date_format": understanding.date_format.key(),
                "decimal_mark": understanding.decimal_mark.key(),
            })
        })
        .collect()
}

/// The account of rows, as DEFINITIONS §1 has it.
pub(crate) fn rows(account: &Account) -> Value {
    json!({
        "in": account.rows_in,
        "accepted": account.accepted(),
        "accepted_by_kind": {
            "order_line": account.order_lines, "refund": account.refunds, "listed": account.listed,
        },
        "merged": account.merged,
        "set_aside": account.set_aside,
        "flags": account.flags,
        "revenue_set_aside": account.revenue_set_aside.iter()
            .map(|(class, revenue)| ((*class).to_owned(), money(*revenue)))
            .collect::<serde_json::Map<_, _>>(),
    })
}

/// Money as text, so that no reader turns it into a float.
fn money(sum: MoneySum) -> Value {
    json!(sum.to_string())
}

fn cut_points(run: &RunReport) -> Value {
    run.axes
        .iter()
        .map(|axis| {
            json!({
                "axis": axis.axis, "bins": axis.bins, "method": axis.method, "cuts": axis.cuts,
                "customers_by_score": axis.counts, "missing_scores": axis.missing,
            })
        })
        .collect()
}

fn clv(run: &RunReport) -> Value {
    let valuation = &run.valuation;
    let reason = valuation.no_model.as_ref().map(|reason| match reason {
        NoModel::NotAsked => json!({ "key": "not_asked" }),
        NoModel::CannotFit(error) => json!({ "key": error.key(), "text": error.to_string() }),
        NoModel::InfiniteSpend => json!({ "key": "infinite_spend" }),
    });
    json!({
        "status": run.clv_status(),
        "reason": reason,
        "model": run.model(),
        "choice": report_model::choice(run),
        "unit": run.settings.unit.key(),
        "horizon_months": run.settings.horizon_months,
        "annual_discount": run.settings.annual_discount,
        "purchases": valuation.purchases.as_ref().map(card),
        "spend": valuation.spend.as_ref().map(card),
        "constant_spend": valuation.constant_spend,
        "expected_returns": valuation.expected_returns.map(|returns| json!({
            "rate": returns.rate, "value": returns.value,
        })),
        "rough": valuation.rough.map(|rough| json!({
            "value": rough.value, "average_order_value": rough.average_order_value,
            "orders_per_year": rough.orders_per_year, "years": rough.years, "margin": rough.margin,
        })),
        "sum": run.summary.all.clv.map(money),
    })
}

fn card(card: &ModelCard) -> Value {
    json!({
        "model": card.key,
        "parameters": card.parameters.iter().map(|parameter| (parameter.name.to_owned(), json!({
            "estimate": parameter.estimate, "standard_error": parameter.standard_error,
        }))).collect::<serde_json::Map<_, _>>(),
        "log_likelihood": card.log_likelihood,
        "aic": card.aic,
        "bic": card.bic,
        "customers": card.customers,
        "converged": card.converged,
        "warnings": card.warnings.iter()
            .map(|warning| json!({ "key": warning.key(), "text": warning.to_string() }))
            .collect::<Vec<_>>(),
    })
}

fn machine_object(machine: &Machine, folded: Option<&HowFolded>) -> Value {
    json!({
        "threads": machine.threads,
        "memory_bytes": machine.memory_bytes,
        "spilled_bytes": machine.spilled_bytes,
        "inputs": machine.inputs,
        "out": machine.out,
        "customers_at": machine.customers_at,
        "folded": folded.map(HowFolded::document),
        "os": std::env::consts::OS,
        "architecture": std::env::consts::ARCH,
        "milliseconds": machine.milliseconds.iter()
            .map(|(step, elapsed)| ((*step).to_owned(), json!(elapsed)))
            .collect::<serde_json::Map<_, _>>(),
    })
}
