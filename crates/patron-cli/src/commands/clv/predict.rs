//! `patron clv predict`.

use patron_analytics::clv::{
    Base, ClvModel, Customer, PredictRequest, Prediction, Predictions, fit, predict,
};
use serde_json::{Value, json};

use super::base::{BaseArgs, Wants, of_command_line};
use super::columns::Columns;
use super::{Format, parse_level};
use crate::failure::Failure;
use crate::output::{Output, table};
use crate::words::{count, decimal};

/// Customers that are shown as a table.
const SHOWN: usize = 20;

/// Arguments of `patron clv predict`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which model: nbd, bg-nbd, mbg-nbd, pareto-nbd, ggom-nbd, bg-cnbd-k, mbg-cnbd-k
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
    /// Leave intervals out, which take most of the time
    #[arg(long, conflicts_with_all = ["interval", "bootstrap"])]
    no_intervals: bool,
    /// Which columns csv and json have, set apart by commas; all by default
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    columns: Vec<String>,
    /// How to print: a table of the first, or all as csv or json
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    #[command(flatten)]
    base: BaseArgs,
}

pub(super) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let model = ClvModel::from_name(&args.model).map_err(of_command_line)?;
    let set = |flags: &mut patron_analytics::settings::Settings| {
        flags.horizon_months = args.horizon;
        flags.annual_discount = args.annual_discount;
        flags.margin = args.margin;
    };
    let columns = Columns::of(&args.columns, !args.no_intervals)?;
    let wants = Wants {
        days: model.has_stages(),
        ..Wants::default()
    };
    let base = args.base.read(wants, set, output)?;
    args.base.on_threads(|| {
        let fit = fit(&base, model)?;
        let request = PredictRequest {
            level: args.interval,
            bootstrap: args.bootstrap,
            intervals: !args.no_intervals,
        };
        let told = predict(&base, &fit, &request)?;
        match args.format {
            Format::Csv => columns.write_csv(&base, &told, output)?,
            Format::Json => {
                let rows = each(&base, &told);
                let rows: Vec<Value> = rows
                    .map(|(customer, told)| columns.object(customer, &told))
                    .collect();
                let document = json!({
                    "model": model.key(),
                    "unit": base.unit.key(),
                    "horizon": told.horizon,
                    "interval": (!args.no_intervals).then_some(args.interval),
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
    })
}

fn each<'a>(
    base: &'a Base,
    told: &'a Predictions,
) -> impl Iterator<Item = (&'a Customer, Prediction)> {
    let customers = base.customers.iter().enumerate();
    customers.filter_map(|(place, customer)| Some((customer, told.customer(place)?)))
}

/// The customers with the most to come.
fn show(base: &Base, told: &Predictions, output: &mut Output) -> Result<(), Failure> {
    let mut order: Vec<(&Customer, Prediction)> = each(base, told).collect();
    let worth = |told: &Prediction| match told.value {
        Some(value) => value.clv,
        None => told.of_history.forecast.expected_purchases,
    };
    order.sort_by(|a, b| worth(&b.1).total_cmp(&worth(&a.1)));
    let has_value = told.has_values();
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
        let of_history = &told.of_history;
        let forecast = &of_history.forecast;
        let interval = of_history.expected_purchases;
        let bound = |bound: Option<f64>| bound.map_or("-".to_owned(), |bound| decimal(bound, 2));
        let outcome = of_history.outcome;
        let outcome = outcome.map_or("-".to_owned(), |[low, high]| format!("{low} to {high}"));
        let mut row = vec![
            customer.id.clone(),
            decimal(forecast.probability_alive, 3),
            decimal(forecast.expected_purchases, 2),
            bound(interval.map(|interval| interval.low)),
            bound(interval.map(|interval| interval.high)),
            outcome,
            bound(forecast.median_time_to_next_purchase),
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
