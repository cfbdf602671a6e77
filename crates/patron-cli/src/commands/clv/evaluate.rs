//! `patron clv evaluate` and `patron clv compare`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use patron_analytics::clv::{
    Base, Candidate, ClvError, ClvModel, Evaluated, FitCard, Rolling, evaluated, page, rolling,
};
use serde_json::{Value, json};

use super::base::{BaseArgs, Wants, of_command_line};
use super::closer;
use super::fit::document;
use super::{Format, csv, exact, parse_time, short};
use crate::failure::Failure;
use crate::output::{Output, table};

/// Arguments of `patron clv evaluate` and `patron clv compare`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which models, set apart by commas; by default all that need no more than histories
    #[arg(long, value_name = "MODELS", value_delimiter = ',')]
    model: Vec<String>,
    /// Length of the holdout of a summary, in the unit of its times
    #[arg(long, value_name = "TIME", value_parser = parse_time, requires = "summary")]
    holdout: Option<f64>,
    /// Also fit at up to so many days, one holdout apart, and hold each fit against what came after it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(2..=100), conflicts_with = "summary")]
    rolling: Option<u16>,
    /// Write a page with the tracking and calibration charts
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    #[command(flatten)]
    base: BaseArgs,
}

/// What was found, and of whom.
struct Found {
    base: Base,
    evaluated: Evaluated,
    rolling: Option<Rolling>,
}

impl Args {
    fn found(&self, output: &Output) -> Result<Found, Failure> {
        let models = match self.model.as_slice() {
            [] => Ok(BTreeSet::from_iter(ClvModel::usual())),
            names => names
                .iter()
                .map(|name| ClvModel::from_name(name.trim()))
                .collect(),
        };
        let models: BTreeSet<ClvModel> = models.map_err(of_command_line)?;
        let models: Vec<ClvModel> = models.into_iter().collect();
        let wants = Wants {
            split: true,
            days: true,
        };
        let base = self.base.read(wants, |_| (), output)?;
        let found = self.base.on_threads(|| {
            let rolled = match self.rolling {
                Some(most) => Some(rolling(&base, &models, usize::from(most))?),
                None => None,
            };
            Ok((evaluated(&base, &models, self.holdout)?, rolled))
        });
        let (evaluated, rolling) = found?;
        if let Some(path) = &self.html {
            let page = page(&base, &evaluated, rolling.as_ref());
            std::fs::write(path, page).map_err(|source| ClvError::Write {
                path: path.clone(),
                source,
            })?;
        }
        Ok(Found {
            base,
            evaluated,
            rolling,
        })
    }

    fn say(&self, evaluated: &Evaluated, output: &Output) {
        for note in evaluated.notes.iter().filter(|_| !self.base.is_quiet()) {
            output.talk(&format!("note: {note}\n"));
        }
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
    let found = args.found(output)?;
    let evaluated = &found.evaluated;
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
        Format::Json => print(&found, output)?,
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
            conclude(&found, output)?;
        }
    }
    args.say(evaluated, output);
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
    let found = args.found(output)?;
    let evaluated = &found.evaluated;
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
        Format::Json => print(&found, output)?,
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
            conclude(&found, output)?;
        }
    }
    args.say(evaluated, output);
    Ok(())
}

/// Says which is best, and why.
fn conclude(found: &Found, output: &mut Output) -> Result<(), Failure> {
    let evaluated = &found.evaluated;
    if let Some(choice) = &evaluated.choice {
        output.line(&format!("{}: {choice}", choice.key))?;
    }
    match &evaluated.drift {
        Some(Ok(drift)) => output.line(&drift.to_string())?,
        Some(Err(why)) => output.line(&why.to_string())?,
        None => {}
    }
    if let Some(rolling) = &found.rolling {
        output.line(&closer::rolling_table(rolling))?;
        if let Some(choice) = &rolling.choice {
            output.line(&format!("at {} days: {choice}", rolling.origins.len()))?;
        }
    }
    Ok(())
}

fn print(found: &Found, output: &mut Output) -> Result<(), Failure> {
    let (evaluated, unit) = (&found.evaluated, found.base.unit.key());
    let models: Vec<Value> = evaluated
        .candidates
        .iter()
        .map(|candidate| {
            let card = candidate.fit.as_ref();
            let card = card.and_then(|fit| FitCard::of(fit, 0.9));
            let names = MEASURES.iter().skip(1);
            let numbers = names.zip(measures(candidate));
            let numbers = numbers.map(|(name, value)| ((*name).to_owned(), json!(value)));
            let found = candidate.evaluation.as_ref();
            json!({
                "model": candidate.key,
                "fit": card.map(|card| document(&card, unit)),
                "failed": candidate.failed.as_ref().map(ToString::to_string),
                "measures": found.map(|_| Value::Object(numbers.collect())),
                "deciles": found.map(|found| closer::deciles(&found.deciles)),
                "by_frequency": found.map(|_| closer::by_frequency(&candidate.by_frequency)),
            })
        })
        .collect();
    let choice = evaluated.choice.as_ref();
    let nearer = choice
        .map(|choice| -> Vec<&String> { choice.beaten_by().map(|other| &other.key).collect() });
    let document = json!({
        "unit": unit,
        "holdout": evaluated.horizon,
        "models": models,
        "chosen": choice.map(|choice| &choice.key),
        "nearer_in_squared_error": nearer,
        "reason": choice.map(ToString::to_string),
        "tracking": evaluated.tracked.as_ref().map(closer::tracking),
        "drift": evaluated.drift.as_ref().map(closer::drift),
        "rolling": found.rolling.as_ref().map(closer::rolling),
        "notes": evaluated.notes,
    });
    output.line(&serde_json::to_string_pretty(&document).unwrap_or_default())
}
