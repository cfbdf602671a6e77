//! `patron clv fit`.

use patron_analytics::clv::{
    Base, ClvError, FitCard, PosteriorCard, fit, fit_abe, fit_drawn, fit_drawn_spend, fit_ggg,
    fit_opportunities, fit_spend, fit_with_covariates, opportunities,
};
use serde_json::{Map, Value, json};

use super::asked::{Asked, ModelArgs};
use super::base::{BaseArgs, Wants};
use super::{Format, csv, exact, parse_level, posterior, short};
use crate::failure::Failure;
use crate::output::{Output, table};

/// Arguments of `patron clv fit`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    of: ModelArgs,
    /// Level of the parameters' intervals
    #[arg(long, value_name = "SHARE", default_value = "0.9", value_parser = parse_level)]
    interval: f64,
    /// How to print
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    #[command(flatten)]
    base: BaseArgs,
}

/// What is known of parameters.
enum Card {
    Likeliest(Box<FitCard>),
    Sampled(Box<PosteriorCard>),
}

/// A fit, and what must be said of the data.
struct Fitted {
    card: Option<Card>,
    unit: &'static str,
    notes: Vec<String>,
}

impl Args {
    fn fitted(&self, asked: Asked, output: &Output) -> Result<Fitted, Failure> {
        if let Asked::Contracts(key) = asked
            && let Some((found, unit)) = self.of.contracts(&self.base)?
        {
            return Ok(Fitted {
                card: FitCard::of_contracts(key.fit(&found)?.as_ref(), self.interval)
                    .map(|card| Card::Likeliest(Box::new(card))),
                unit: unit.key(),
                notes: found.notes,
            });
        }
        let wants = Wants {
            days: asked.needs_days(),
            ..Wants::default()
        };
        let base = self.base.read(wants, |_| (), output)?;
        let (card, notes) = self.base.on_threads(|| Ok(self.card(asked, &base)?))?;
        Ok(Fitted {
            card,
            unit: base.unit.key(),
            notes,
        })
    }

    fn card(&self, asked: Asked, base: &Base) -> Result<(Option<Card>, Vec<String>), ClvError> {
        if let Some((card, notes)) = self.sampled(asked, base)? {
            return Ok((Some(Card::Sampled(Box::new(card))), notes));
        }
        let (card, notes) = self.likeliest(asked, base)?;
        Ok((card.map(|card| Card::Likeliest(Box::new(card))), notes))
    }

    /// What draws say of parameters, where these are asked for.
    fn sampled(
        &self,
        asked: Asked,
        base: &Base,
    ) -> Result<Option<(PosteriorCard, Vec<String>)>, ClvError> {
        let (level, sampling) = (self.interval, self.of.sampling.request());
        Ok(match asked {
            Asked::OwnRates => {
                let covariates = self.of.covariates(level);
                let fit = fit_abe(base, covariates.as_ref(), sampling, level)?;
                Some((fit.card, fit.notes))
            }
            Asked::OwnTimings => {
                let fit = fit_ggg(base, sampling, level)?;
                Some((fit.card, fit.notes))
            }
            Asked::Purchases(model) if self.of.posterior => {
                let fit = fit_drawn(base, model, sampling, level)?;
                Some((fit.card, Vec::new()))
            }
            Asked::Spend if self.of.posterior => {
                Some((fit_drawn_spend(base, sampling, level)?.card, Vec::new()))
            }
            _ => None,
        })
    }

    fn likeliest(
        &self,
        asked: Asked,
        base: &Base,
    ) -> Result<(Option<FitCard>, Vec<String>), ClvError> {
        let level = self.interval;
        let card = match (asked, self.of.covariates(level)) {
            (Asked::Purchases(model), Some(request)) => {
                let found = fit_with_covariates(base, model, &request)?;
                return Ok((Some(found.card), found.notes));
            }
            (Asked::Purchases(model), None) => FitCard::of(&fit(base, model)?, level),
            (Asked::Opportunities, _) => {
                let histories = opportunities(base)?;
                FitCard::of_opportunities(&fit_opportunities(base, &histories)?, level)
            }
            (Asked::Spend, _) => FitCard::of_spend(&fit_spend(base)?, level),
            // Read from their own file; sampled.
            (Asked::Contracts(_) | Asked::OwnRates | Asked::OwnTimings, _) => None,
        };
        Ok((card, Vec::new()))
    }
}

pub(super) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let asked = args.of.asked(&args.base)?;
    let fitted = args.fitted(asked, output)?;
    for note in fitted.notes.iter().filter(|_| !args.base.is_quiet()) {
        output.talk(&format!("note: {note}\n"));
    }
    match &fitted.card {
        Some(Card::Likeliest(card)) => print(args, card, &fitted, output),
        Some(Card::Sampled(card)) => {
            let of = (fitted.unit, fitted.notes.as_slice());
            posterior::print(card, of, args.format, output)?;
            for warning in card.warnings.iter().filter(|_| !args.base.is_quiet()) {
                output.talk(&format!("note: {warning}\n"));
            }
            Ok(())
        }
        None => Ok(()),
    }
}

fn print(args: &Args, card: &FitCard, fitted: &Fitted, output: &mut Output) -> Result<(), Failure> {
    match args.format {
        Format::Json => {
            let mut document = document(card, fitted.unit);
            if let Value::Object(members) = &mut document {
                members.insert("notes".to_owned(), json!(fitted.notes));
            }
            output.line(&serde_json::to_string_pretty(&document).unwrap_or_default())?;
        }
        Format::Csv => {
            let header = ["parameter", "estimate", "se", "low", "high"];
            output.data(&csv(&header, rows(card, exact)))?;
        }
        Format::Table => {
            let header = ["", "estimate", "standard error", "from", "to"];
            output.line(&table(&header, rows(card, short)))?;
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
    if let Some(stages) = card.stages.as_ref().filter(|_| !args.base.is_quiet()) {
        output.talk(&format!("note: {stages}\n"));
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
            parameter.name.clone().into_owned(),
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
        parameters.insert(parameter.name.clone().into_owned(), value);
    }
    let warnings: Vec<Value> = card
        .warnings
        .iter()
        .map(|warning| json!({ "key": warning.key(), "text": warning.to_string() }))
        .collect();
    let stages = card.stages.as_ref().map(|stages| {
        let [with, without] = stages.log_likelihoods;
        json!({
            "k": stages.stages,
            "log_likelihood": with,
            "log_likelihood_with_one": without,
            "wheat_morrison": stages.wheat_morrison,
            "median_shape": stages.median_shape,
            "reason": stages.to_string(),
        })
    });
    json!({
        "model": card.model,
        "stages": stages,
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
