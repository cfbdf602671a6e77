//! `patron clv predict`.

use patron_analytics::clv::{
    Base, Customer, PredictRequest, Prediction, Predictions, fit, model_of, predict,
};
use serde_json::{Value, json};

use super::base::{BaseArgs, of_command_line};
use super::{Format, csv, exact, parse_level};
use crate::failure::Failure;
use crate::output::{Output, table};
use crate::words::{count, decimal};

/// Customers that are shown as a table.
const SHOWN: usize = 20;

/// Arguments of `patron clv predict`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which model: nbd, bg-nbd, mbg-nbd, pareto-nbd, ggom-nbd
    #[arg(long, value_name = "MODEL", default_value = "mbg-nbd")]
    model: String,
    /// Months that are looked ahead
    #[arg(long, value_name = "MONTHS")]
    horizon: Option<u32>,
    /// Discount rate per year, 0.1 for 10 %
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    annual_discount: Option<f64>,
    /// Share of net revenue that is margin: values become margin instead of expected revenue
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    margin: Option<f64>,
    /// Level of intervals
    #[arg(long, value_name = "SHARE", default_value = "0.9", value_parser = parse_level)]
    interval: f64,
    /// Intervals of purchases by refits to simulated customers: slow, and right where the likelihood is no bell. What is known of
    /// spend is drawn as without it
    #[arg(long)]
    bootstrap: bool,
    /// How to print: a table of the first, or all as csv or json
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    #[command(flatten)]
    base: BaseArgs,
}

pub(super) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let model = model_of(&args.model).map_err(of_command_line)?;
    let set = |flags: &mut patron_analytics::settings::Settings| {
        flags.horizon_months = args.horizon;
        flags.annual_discount = args.annual_discount;
        flags.margin = args.margin;
    };
    let base = args.base.read(false, set, output)?;
    let fit = fit(&base, model)?;
    let request = PredictRequest {
        level: args.interval,
        bootstrap: args.bootstrap,
    };
    let told = predict(&base, &fit, &request)?;
    match args.format {
        Format::Csv => {
            let rows = each(&base, &told);
            let rows = rows.map(|(customer, told)| all(customer, told));
            output.data(&csv(&COLUMNS, rows.collect()))?;
        }
        Format::Json => {
            let rows = each(&base, &told);
            let rows: Vec<Value> = rows
                .map(|(customer, told)| object(customer, told))
                .collect();
            let document = json!({
                "model": model.key(),
                "unit": base.unit.key(),
                "horizon": told.horizon,
                "interval": args.interval,
                "clv_basis": if told.is_margin { "margin" } else { "expected_revenue" },
                "notes": told.notes,
                "customers": rows,
            });
            let text = serde_json::to_string_pretty(&document).unwrap_or_default();
            output.line(&text)?;
        }
        Format::Table => show(&base, &told, output)?,
    }
    for note in told.notes.iter().filter(|_| !args.base.is_quiet()) {
        output.talk(&format!("note: {note}\n"));
    }
    Ok(())
}

fn each<'a>(
    base: &'a Base,
    told: &'a Predictions,
) -> impl Iterator<Item = (&'a Customer, &'a Prediction)> {
    base.customers.iter().zip(&told.customers)
}

const COLUMNS: [&str; 21] = [
    "customer_id",
    "frequency",
    "recency",
    "T",
    "weight",
    "probability_alive",
    "expected_purchases",
    "expected_purchases_low",
    "expected_purchases_high",
    "purchases_low",
    "purchases_high",
    "probability_of_purchase",
    "next_purchase_median",
    "discounted_purchases",
    "discounted_purchases_lifetime",
    "expected_spend",
    "clv",
    "clv_low",
    "clv_high",
    "clv_lifetime",
    "holdout",
];

/// Everything that is told of a customer, in the order of the columns; nothing for what is not known.
fn values(customer: &Customer, told: &Prediction) -> [Option<f64>; 20] {
    let history = &customer.history;
    let expectation = told.expectation.map(|told| told.expected_purchases);
    let value = told.value;
    let interval = value.and_then(|value| value.interval);
    let forecast = &told.forecast;
    let [low, high] = told.outcome.map(|count| count as f64);
    [
        Some(f64::from(history.repeat_purchases())),
        Some(history.recency()),
        Some(history.age()),
        Some(customer.weight as f64),
        Some(forecast.probability_alive),
        Some(forecast.expected_purchases),
        expectation.map(|told| told.low),
        expectation.map(|told| told.high),
        Some(low),
        Some(high),
        Some(told.probability_of_purchase),
        forecast.median_time_to_next_purchase,
        Some(forecast.discounted_purchases),
        Some(forecast.discounted_purchases_lifetime),
        value.map(|value| value.expected_spend),
        value.map(|value| value.clv),
        interval.map(|interval| interval.low),
        interval.map(|interval| interval.high),
        value.map(|value| value.clv_lifetime),
        customer.later.map(f64::from),
    ]
}

fn all(customer: &Customer, told: &Prediction) -> Vec<String> {
    let numbers = values(customer, told).map(|value| value.map_or(String::new(), exact));
    std::iter::once(customer.id.clone())
        .chain(numbers)
        .collect()
}

fn object(customer: &Customer, told: &Prediction) -> Value {
    let names = COLUMNS.iter().skip(1);
    let numbers = names.zip(values(customer, told));
    let numbers = numbers.map(|(name, value)| ((*name).to_owned(), json!(value)));
    let id = ("customer_id".to_owned(), json!(customer.id));
    Value::Object(std::iter::once(id).chain(numbers).collect())
}

/// The customers with the most to come.
fn show(base: &Base, told: &Predictions, output: &mut Output) -> Result<(), Failure> {
    let mut order: Vec<(&Customer, &Prediction)> = each(base, told).collect();
    let worth = |told: &Prediction| match told.value {
        Some(value) => value.clv,
        None => told.forecast.expected_purchases,
    };
    order.sort_by(|a, b| worth(b.1).total_cmp(&worth(a.1)));
    let has_value = order.iter().any(|(_, told)| told.value.is_some());
    let mut header = vec![
        "",
        "P(alive)",
        "expected purchases",
        "from",
        "to",
        "outcome",
        "next in",
    ];
    if has_value {
        let value = if told.is_margin {
            "CLV (margin)"
        } else {
            "expected revenue"
        };
        header.extend([value, "from", "to"]);
    }
    let rows = order.iter().take(SHOWN).map(|(customer, told)| {
        let interval = told.expectation.map(|told| told.expected_purchases);
        let bound = |bound: Option<f64>| bound.map_or("-".to_owned(), |bound| decimal(bound, 2));
        let [low, high] = told.outcome;
        let mut row = vec![
            customer.id.clone(),
            decimal(told.forecast.probability_alive, 3),
            decimal(told.forecast.expected_purchases, 2),
            bound(interval.map(|interval| interval.low)),
            bound(interval.map(|interval| interval.high)),
            format!("{low} to {high}"),
            bound(told.forecast.median_time_to_next_purchase),
        ];
        if let Some(value) = told.value {
            row.push(decimal(value.clv, 2));
            row.push(bound(value.interval.map(|interval| interval.low)));
            row.push(bound(value.interval.map(|interval| interval.high)));
        }
        row
    });
    output.line(&table(&header, rows.collect()))?;
    let rest = order.len().saturating_sub(SHOWN);
    if rest > 0 {
        output.line(&format!(
            "and {} more: `--format csv` gives all",
            count(rest as u64)
        ))?;
    }
    Ok(())
}
