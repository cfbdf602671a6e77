//! `patron clv evaluate` and `patron clv compare`.

use std::collections::BTreeSet;

use patron_analytics::clv::{Candidate, Evaluated, FitCard, evaluated, model_of};
use patron_analytics::model::ModelKey;
use serde_json::{Value, json};

use super::base::{BaseArgs, of_command_line};
use super::fit::document;
use super::{Format, csv, exact, parse_time, short};
use crate::failure::Failure;
use crate::output::{Output, table};

/// Arguments of `patron clv evaluate` and `patron clv compare`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which models, set apart by commas; all by default
    #[arg(long, value_name = "MODELS", value_delimiter = ',')]
    model: Vec<String>,
    /// Length of the holdout of a summary, in the unit of its times
    #[arg(long, value_name = "TIME", value_parser = parse_time, requires = "summary")]
    holdout: Option<f64>,
    /// How to print
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    #[command(flatten)]
    base: BaseArgs,
}

impl Args {
    fn evaluated(&self, output: &Output) -> Result<(Evaluated, &'static str), Failure> {
        let models = match self.model.as_slice() {
            [] => Ok(BTreeSet::from(ModelKey::ALL)),
            names => names.iter().map(|name| model_of(name.trim())).collect(),
        };
        let models: BTreeSet<ModelKey> = models.map_err(of_command_line)?;
        let models: Vec<ModelKey> = models.into_iter().collect();
        let base = self.base.read(true, |_| (), output)?;
        Ok((evaluated(&base, &models, self.holdout)?, base.unit.key()))
    }

    fn say(&self, evaluated: &Evaluated, output: &Output) {
        for candidate in evaluated
            .candidates
            .iter()
            .filter(|_| !self.base.is_quiet())
        {
            if let Some(error) = &candidate.failed {
                let cause = std::error::Error::source(error);
                let cause = cause.map_or(String::new(), |cause| format!(": {cause}"));
                output.talk(&format!("note: {error}{cause}\n"));
            }
            let warnings = candidate.fit.as_ref().and_then(|fit| fit.model.report());
            for warning in warnings.iter().flat_map(|report| &report.warnings) {
                output.talk(&format!("note: {}: {warning}\n", candidate.key));
            }
        }
    }
}

const MEASURES: [&str; 10] = [
    "model",
    "mean_log_score",
    "predicted",
    "actual",
    "bias",
    "mae",
    "rmse",
    "msle",
    "top_decile_capture",
    "pit_ks_p",
];

/// The measures of a candidate, in the order of their names.
fn measures(candidate: &Candidate) -> [Option<f64>; 9] {
    let Some(found) = &candidate.evaluation else {
        return [None; 9];
    };
    let errors = &found.errors;
    [
        found.log_score.as_ref().map(|score| score.mean),
        Some(errors.predicted),
        Some(errors.actual),
        Some(errors.bias),
        Some(errors.mean_absolute),
        Some(errors.root_mean_square),
        Some(errors.mean_squared_logarithmic),
        found.top_decile_capture,
        found
            .uniformity
            .as_ref()
            .map(|found| found.kolmogorov_probability),
    ]
}

pub(super) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let (evaluated, unit) = args.evaluated(output)?;
    let rows = |print: fn(f64) -> String| -> Vec<Vec<String>> {
        let candidates = evaluated.candidates.iter();
        let row = |candidate: &Candidate| {
            let numbers = measures(candidate).map(|value| print(value.unwrap_or(f64::NAN)));
            std::iter::once(candidate.key.clone())
                .chain(numbers)
                .collect()
        };
        candidates.map(row).collect()
    };
    match args.format {
        Format::Json => print(&evaluated, unit, output)?,
        Format::Csv => output.data(&csv(&MEASURES, rows(exact)))?,
        Format::Table => {
            let header = [
                "",
                "log score",
                "predicted",
                "bought",
                "bias",
                "MAE",
                "RMSE",
                "MSLE",
                "top tenth",
                "PIT p",
            ];
            output.line(&table(&header, rows(short)))?;
            conclude(&evaluated, output)?;
        }
    }
    args.say(&evaluated, output);
    Ok(())
}

const CRITERIA: [&str; 7] = [
    "model",
    "log_likelihood",
    "aic",
    "bic",
    "mean_log_score",
    "rmse",
    "converged",
];

pub(super) fn compare(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let (evaluated, unit) = args.evaluated(output)?;
    let rows = |print: fn(f64) -> String| -> Vec<Vec<String>> {
        let row = |candidate: &Candidate| {
            let report = candidate.fit.as_ref().and_then(|fit| fit.model.report());
            let found = candidate.evaluation.as_ref();
            let score = found.and_then(|found| found.log_score.as_ref());
            let numbers = [
                report.map(|report| report.log_likelihood),
                report.map(|report| report.aic()),
                report.map(|report| report.bic()),
                score.map(|score| score.mean),
                found.map(|found| found.errors.root_mean_square),
            ];
            let numbers = numbers.map(|number| print(number.unwrap_or(f64::NAN)));
            let converged = report.map_or("", |report| if report.converged { "yes" } else { "no" });
            let key = std::iter::once(candidate.key.clone());
            key.chain(numbers).chain([converged.to_owned()]).collect()
        };
        evaluated.candidates.iter().map(row).collect()
    };
    match args.format {
        Format::Json => print(&evaluated, unit, output)?,
        Format::Csv => output.data(&csv(&CRITERIA, rows(exact)))?,
        Format::Table => {
            let header = [
                "",
                "log-likelihood",
                "AIC",
                "BIC",
                "held-out log score",
                "RMSE",
                "converged",
            ];
            output.line(&table(&header, rows(short)))?;
            conclude(&evaluated, output)?;
        }
    }
    args.say(&evaluated, output);
    Ok(())
}

/// Says which is best, and why.
fn conclude(evaluated: &Evaluated, output: &mut Output) -> Result<(), Failure> {
    match &evaluated.choice {
        Some(choice) => output.line(&format!("{}: {choice}", choice.key)),
        None => Ok(()),
    }
}

fn print(evaluated: &Evaluated, unit: &str, output: &mut Output) -> Result<(), Failure> {
    let models: Vec<Value> = evaluated
        .candidates
        .iter()
        .map(|candidate| {
            let card = candidate.fit.as_ref();
            let card = card.and_then(|fit| FitCard::of(fit.model.as_ref(), 0.9));
            let names = MEASURES.iter().skip(1);
            let numbers = names.zip(measures(candidate));
            let numbers = numbers.map(|(name, value)| ((*name).to_owned(), json!(value)));
            let found = candidate.evaluation.as_ref();
            json!({
                "model": candidate.key,
                "fit": card.map(|card| document(&card, unit)),
                "failed": candidate.failed.as_ref().map(ToString::to_string),
                "measures": found.map(|_| Value::Object(numbers.collect())),
                "deciles": found.map(|found| deciles(&found.deciles)),
            })
        })
        .collect();
    let document = json!({
        "unit": unit,
        "holdout": evaluated.horizon,
        "models": models,
        "chosen": evaluated.choice.as_ref().map(|choice| &choice.key),
        "reason": evaluated.choice.as_ref().map(ToString::to_string),
    });
    output.line(&serde_json::to_string_pretty(&document).unwrap_or_default())
}

fn deciles(groups: &[patron_stats::validation::RankedGroup]) -> Vec<Value> {
    let group = |group: &patron_stats::validation::RankedGroup| {
        json!({
            "customers": group.customers,
            "predicted": group.predicted,
            "actual": group.actual,
        })
    };
    groups.iter().map(group).collect()
}
