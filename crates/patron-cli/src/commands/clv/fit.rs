//! `patron clv fit`.

use std::path::PathBuf;

use patron_analytics::clv::{
    Base, ClvError, ClvModel, ContractKey, CovariateRequest, FitCard, contracts, fit,
    fit_opportunities, fit_spend, fit_with_covariates, opportunities,
};
use patron_core::Day;
use serde_json::{Map, Value, json};

use super::base::{BaseArgs, Wants, of_command_line};
use super::{Format, csv, exact, parse_level, short};
use crate::failure::{BadFlag, Failure};
use crate::output::{Output, table};

/// Arguments of `patron clv fit`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which model: nbd, bg-nbd, mbg-nbd, pareto-nbd, ggom-nbd, bg-cnbd-k, mbg-cnbd-k; bg-bb, where one can buy once in each unit of
    /// time; sbg, bdw, of contracts; or gamma-gamma, of what a purchase brings
    #[arg(long, value_name = "MODEL", default_value = "mbg-nbd")]
    model: String,
    /// Contracts, for sbg and bdw: cohorts (`period`, `customers`, perhaps `cohort`), histories (`renewals`, `left`) or customers
    /// (`start`, `end`), who renew once in each unit of time
    #[arg(long, value_name = "FILE")]
    contracts: Option<PathBuf>,
    /// What else is known of customers: `customer_id`, and a number in each other column. For bg-nbd, mbg-nbd and pareto-nbd
    #[arg(long, value_name = "FILE")]
    covariates: Option<PathBuf>,
    /// Columns of the covariates that act on how often customers buy; without this and the next, all act on both
    #[arg(
        long,
        value_name = "COLUMNS",
        value_delimiter = ',',
        requires = "covariates"
    )]
    purchase_covariates: Vec<String>,
    /// Columns that act on how readily they leave
    #[arg(
        long,
        value_name = "COLUMNS",
        value_delimiter = ',',
        requires = "covariates"
    )]
    dropout_covariates: Vec<String>,
    /// Level of the parameters' intervals
    #[arg(long, value_name = "SHARE", default_value = "0.9", value_parser = parse_level)]
    interval: f64,
    /// How to print
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    #[command(flatten)]
    base: BaseArgs,
}

/// What is fitted.
#[derive(Debug, Clone, Copy)]
enum Asked {
    Purchases(ClvModel),
    Opportunities,
    Contracts(ContractKey),
    Spend,
}

/// A fit, and what must be said of the data.
struct Fitted {
    card: Option<FitCard>,
    unit: &'static str,
    notes: Vec<String>,
}

impl Args {
    fn asked(&self) -> Result<Asked, Failure> {
        let asked = match self.model.as_str() {
            "gamma-gamma" => Asked::Spend,
            "bg-bb" => Asked::Opportunities,
            name => match ContractKey::from_name(name) {
                Some(key) => Asked::Contracts(key),
                None => Asked::Purchases(ClvModel::from_name(name).map_err(of_command_line)?),
            },
        };
        let is_contract = matches!(asked, Asked::Contracts(_));
        let refused = |flag: &str, expected: &str| {
            Failure::of_command_line(BadFlag {
                flag: flag.to_owned(),
                value: self.model.clone(),
                expected: expected.to_owned(),
            })
        };
        if is_contract && self.contracts.is_none() {
            return Err(refused(
                "--model",
                "a file of contracts with it: `--contracts FILE`",
            ));
        }
        if self.contracts.is_some() && (!is_contract || self.base.names_any()) {
            return Err(refused(
                "--model",
                "sbg or bdw with `--contracts`, and no orders",
            ));
        }
        if self.covariates.is_some() && !matches!(asked, Asked::Purchases(_)) {
            return Err(refused(
                "--model",
                "bg-nbd, mbg-nbd or pareto-nbd with `--covariates`",
            ));
        }
        Ok(asked)
    }

    fn fitted(&self, asked: Asked, output: &Output) -> Result<Fitted, Failure> {
        if let (Asked::Contracts(key), Some(path)) = (asked, &self.contracts) {
            return self.of_contracts(key, path);
        }
        let wants = Wants {
            days: match asked {
                Asked::Purchases(model) => model.has_stages(),
                Asked::Opportunities => true,
                Asked::Contracts(_) | Asked::Spend => false,
            },
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

    fn card(&self, asked: Asked, base: &Base) -> Result<(Option<FitCard>, Vec<String>), ClvError> {
        let level = self.interval;
        let card = match (asked, &self.covariates) {
            (Asked::Purchases(model), Some(path)) => {
                let request = CovariateRequest {
                    path: path.clone(),
                    purchase: self.purchase_covariates.clone(),
                    dropout: self.dropout_covariates.clone(),
                    level,
                };
                let found = fit_with_covariates(base, model, &request)?;
                return Ok((Some(found.card), found.notes));
            }
            (Asked::Purchases(model), None) => FitCard::of(&fit(base, model)?, level),
            (Asked::Opportunities, _) => {
                let histories = opportunities(base)?;
                FitCard::of_opportunities(&fit_opportunities(base, &histories)?, level)
            }
            (Asked::Spend, _) => FitCard::of_spend(&fit_spend(base)?, level),
            // Read from their own file.
            (Asked::Contracts(_), _) => None,
        };
        Ok((card, Vec::new()))
    }

    fn of_contracts(&self, key: ContractKey, path: &std::path::Path) -> Result<Fitted, Failure> {
        let unit = self.base.unit_alone()?;
        let as_of = self.base.as_of_alone().map(|text| {
            Day::parse_iso(&text).ok_or_else(|| {
                Failure::of_command_line(BadFlag {
                    flag: "--as-of".to_owned(),
                    value: text.clone(),
                    expected: "a day such as 2026-05-01".to_owned(),
                })
            })
        });
        let found = contracts(path, unit.days(), as_of.transpose()?)?;
        let model = key.fit(&found)?;
        Ok(Fitted {
            card: FitCard::of_contracts(model.as_ref(), self.interval),
            unit: unit.key(),
            notes: found.notes,
        })
    }
}

pub(super) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let asked = args.asked()?;
    let fitted = args.fitted(asked, output)?;
    for note in fitted.notes.iter().filter(|_| !args.base.is_quiet()) {
        output.talk(&format!("note: {note}\n"));
    }
    let Some(card) = fitted.card else {
        return Ok(());
    };
    match args.format {
        Format::Json => {
            let mut document = document(&card, fitted.unit);
            if let Value::Object(members) = &mut document {
                members.insert("notes".to_owned(), json!(fitted.notes));
            }
            output.line(&serde_json::to_string_pretty(&document).unwrap_or_default())?;
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
