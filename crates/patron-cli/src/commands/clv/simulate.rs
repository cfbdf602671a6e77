//! `patron clv simulate`.

use patron_analytics::clv::{ClvModel, Customer, SimulateRequest, fit, simulate, with_parameters};
use serde_json::{Value, json};

use super::base::{BaseArgs, Wants, of_command_line};
use super::{Format, csv, exact, parse_time};
use crate::failure::Failure;
use crate::output::{Output, table};
use crate::words::count;

/// Customers that are shown as a table.
const SHOWN: usize = 20;

/// Arguments of `patron clv simulate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which model: nbd, bg-nbd, mbg-nbd, pareto-nbd, ggom-nbd, bg-cnbd-k, mbg-cnbd-k
    #[arg(long, value_name = "MODEL", default_value = "mbg-nbd")]
    model: String,
    /// Its parameters, such as r=0.24,alpha=4.41,a=0.79,b=2.43; without them it is fitted to the customers named
    #[arg(long, value_name = "NAME=NUMBER,…")]
    parameters: Option<String>,
    /// How many customers
    #[arg(long, value_name = "N", default_value = "1000", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    customers: u64,
    /// For how long each is observed after the first purchase, in the unit of the model
    #[arg(long, value_name = "TIME", default_value = "52", value_parser = parse_time)]
    observed: f64,
    /// For how long each is followed after that; what is bought then is `holdout`
    #[arg(long, value_name = "TIME", default_value = "52", value_parser = parse_time)]
    followed: f64,
    /// The same seed draws the same customers
    #[arg(long, value_name = "N", default_value = "1")]
    seed: u64,
    /// How to print: a table of the first, or all as csv or json
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    #[command(flatten)]
    base: BaseArgs,
}

const COLUMNS: [&str; 5] = ["customer_id", "frequency", "recency", "T", "holdout"];

pub(super) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let key = ClvModel::from_name(&args.model).map_err(of_command_line)?;
    let (model, stages) = match &args.parameters {
        Some(text) => with_parameters(key, text).map_err(of_command_line)?,
        None => {
            let wants = Wants {
                days: key.has_stages(),
                ..Wants::default()
            };
            let base = args.base.read(wants, |_| (), output)?;
            let fit = fit(&base, key)?;
            let stages = fit.stages.map(|choice| f64::from(choice.stages));
            (fit.model, stages)
        }
    };
    let request = SimulateRequest {
        customers: args.customers,
        age: args.observed,
        horizon: args.followed,
        seed: args.seed,
    };
    let drawn = simulate(model.as_ref(), &request)?.customers;
    match args.format {
        Format::Csv => output.data(&csv(&COLUMNS, drawn.iter().map(row).collect())),
        Format::Json => {
            let stages = stages.map(|stages| ("k", stages)).into_iter();
            let parameters = stages.chain(model.named_parameters());
            let parameters = parameters.map(|(name, value)| (name.to_owned(), json!(value)));
            let document = json!({
                "model": key.key(),
                "parameters": Value::Object(parameters.collect()),
                "seed": args.seed,
                "customers": drawn.iter().map(object).collect::<Vec<Value>>(),
            });
            output.line(&serde_json::to_string_pretty(&document).unwrap_or_default())
        }
        Format::Table => {
            output.line(&table(
                &COLUMNS,
                drawn.iter().take(SHOWN).map(row).collect(),
            ))?;
            match drawn.len().saturating_sub(SHOWN) {
                0 => Ok(()),
                rest => output.line(&format!(
                    "and {} more: `--format csv` gives all",
                    count(rest as u64)
                )),
            }
        }
    }
}

fn row(customer: Customer<'_>) -> Vec<String> {
    let history = &customer.history;
    vec![
        customer.id.to_string(),
        history.repeat_purchases().to_string(),
        exact(history.recency()),
        exact(history.age()),
        customer.later.unwrap_or(0).to_string(),
    ]
}

fn object(customer: Customer<'_>) -> Value {
    let history = &customer.history;
    json!({
        "customer_id": customer.id.text(),
        "frequency": history.repeat_purchases(),
        "recency": history.recency(),
        "T": history.age(),
        "holdout": customer.later,
    })
}
