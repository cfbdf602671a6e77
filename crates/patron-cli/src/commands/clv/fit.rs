//! `patron clv fit`.

use patron_analytics::clv::{FitCard, fit, fit_spend, model_of};
use serde_json::{Map, Value, json};

use super::base::{BaseArgs, of_command_line};
use super::{Format, csv, exact, parse_level, short};
use crate::failure::Failure;
use crate::output::{Output, table};

const SPEND: &str = "gamma-gamma";

/// Arguments of `patron clv fit`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which model: nbd, bg-nbd, mbg-nbd, pareto-nbd, ggom-nbd; or gamma-gamma, of what a purchase brings
    #[arg(long, value_name = "MODEL", default_value = "mbg-nbd")]
    model: String,
    /// Level of the parameters' intervals
    #[arg(long, value_name = "SHARE", default_value = "0.9", value_parser = parse_level)]
    interval: f64,
    /// How to print
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    #[command(flatten)]
    base: BaseArgs,
}

pub(super) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let model = match args.model.as_str() {
        SPEND => None,
        name => Some(model_of(name).map_err(of_command_line)?),
    };
    let base = args.base.read(false, |_| (), output)?;
    let card = match model {
        Some(model) => FitCard::of(fit(&base, model)?.model.as_ref(), args.interval),
        None => FitCard::of_spend(&fit_spend(&base)?, args.interval),
    };
    let Some(card) = card else { return Ok(()) };
    let unit = base.unit.key();
    match args.format {
        Format::Json => {
            let text = serde_json::to_string_pretty(&document(&card, unit)).unwrap_or_default();
            output.line(&text)?;
        }
        Format::Csv => {
            let header = ["parameter", "estimate", "se", "low", "high"];
            output.data(&csv(&header, rows(&card, exact)))?;
        }
        Format::Table => {
            let header = ["", "estimate", "standard error", "from", "to"];
            output.line(&table(&header, rows(&card, short)))?;
            output.line(&format!(
                "{} · log-likelihood {:.4} · AIC {:.2} · BIC {:.2} · {}",
                card.model,
                card.log_likelihood,
                card.aic,
                card.bic,
                if card.converged {
                    "converged"
                } else {
                    "not converged"
                }
            ))?;
        }
    }
    for warning in card.warnings.iter().filter(|_| !args.base.is_quiet()) {
        output.talk(&format!("note: {warning}\n"));
    }
    Ok(())
}

fn rows(card: &FitCard, print: fn(f64) -> String) -> Vec<Vec<String>> {
    let row = |parameter: &patron_analytics::clv::FittedParameter| {
        let interval = parameter.interval;
        vec![
            parameter.name.to_owned(),
            print(parameter.estimate),
            print(parameter.standard_error.unwrap_or(f64::NAN)),
            print(interval.map_or(f64::NAN, |interval| interval.low)),
            print(interval.map_or(f64::NAN, |interval| interval.high)),
        ]
    };
    card.parameters.iter().map(row).collect()
}

/// A fit as JSON. A number that is none is null.
pub(super) fn document(card: &FitCard, unit: &str) -> Value {
    let mut parameters = Map::new();
    for parameter in &card.parameters {
        let interval = parameter.interval;
        let value = json!({
            "estimate": parameter.estimate,
            "se": parameter.standard_error,
            "low": interval.map(|interval| interval.low),
            "high": interval.map(|interval| interval.high),
        });
        parameters.insert(parameter.name.to_owned(), value);
    }
    let warnings: Vec<Value> = card
        .warnings
        .iter()
        .map(|warning| json!({ "key": warning.key(), "text": warning.to_string() }))
        .collect();
    json!({
        "model": card.model,
        "unit": unit,
        "n": card.customers,
        "parameters": parameters,
        "covariance": card.covariance,
        "log_likelihood": card.log_likelihood,
        "aic": card.aic,
        "bic": card.bic,
        "converged": card.converged,
        "warnings": warnings,
    })
}
