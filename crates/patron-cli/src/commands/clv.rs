//! `patron clv`: customer lifetime value by hand.

use clap::{Subcommand, ValueEnum};
use patron_core::{Coded, ErrorCode};
use patron_stats::textbook::{
    CalculatorError, CalculatorInput, CalculatorOutput, RetentionInput, calculate, retention_value,
};
use serde_json::json;

use crate::failure::Failure;
use crate::output::{Output, table};
use crate::words::decimal;

/// What `patron clv` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Clv {
    /// The textbook formula: order value × orders a year × years × margin, and what is left of it after acquisition
    Calculator(Args),
}

/// How results are printed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Table,
    Json,
}

/// Arguments of `patron clv calculator`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Mean value of an order
    #[arg(long, value_name = "MONEY")]
    order_value: f64,
    /// Orders of a customer in a year
    #[arg(long, value_name = "NUMBER")]
    orders_per_year: f64,
    /// Years a customer stays
    #[arg(long, value_name = "NUMBER")]
    years: f64,
    /// Share of revenue that is margin, 0 to 1; without it the result is revenue, not profit
    #[arg(long, value_name = "SHARE")]
    margin: Option<f64>,
    /// Cost to win a customer (CAC)
    #[arg(long, value_name = "MONEY")]
    acquisition_cost: Option<f64>,
    /// Share of customers kept from year to year: adds the retention form m·r/(1 + d − r)
    #[arg(long, value_name = "SHARE")]
    retention: Option<f64>,
    /// Discount rate per year of the retention form
    #[arg(long, value_name = "RATE", default_value_t = 0.1)]
    annual_discount: f64,
    /// How to print
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

/// Why the calculator refuses.
#[derive(Debug, thiserror::Error)]
#[error("cannot calculate")]
struct Refused(#[source] CalculatorError);

impl Coded for Refused {
    fn code(&self) -> ErrorCode {
        ErrorCode::SettingInvalid
    }

    fn key(&self) -> &'static str {
        "calculator"
    }
}

/// What the calculator found.
struct Calculated {
    with_margin: bool,
    per_year: f64,
    result: CalculatorOutput,
    retention_form: Option<f64>,
}

pub(crate) fn run(command: &Clv, output: &mut Output) -> Result<(), Failure> {
    let Clv::Calculator(args) = command;
    let calculated = calculated(args)?;
    match args.format {
        Format::Json => {
            output.line(&serde_json::to_string_pretty(&document(&calculated)).unwrap_or_default())
        }
        Format::Table => output.line(&table(&["", "value"], rows(&calculated))),
    }
}

fn calculated(args: &Args) -> Result<Calculated, Refused> {
    let margin = args.margin.unwrap_or(1.0);
    let input = CalculatorInput {
        average_order_value: args.order_value,
        orders_per_year: args.orders_per_year,
        years: args.years,
        margin,
        acquisition_cost: args.acquisition_cost,
    };
    let result = calculate(&input).map_err(Refused)?;
    let per_year = args.order_value * args.orders_per_year * margin;
    let discount_rate = args.annual_discount;
    let retention_form = args
        .retention
        .map(|retention_rate| {
            retention_value(&RetentionInput {
                margin_per_period: per_year,
                retention_rate,
                discount_rate,
            })
        })
        .transpose()
        .map_err(Refused)?;
    Ok(Calculated {
        with_margin: args.margin.is_some(),
        per_year,
        result,
        retention_form,
    })
}

fn document(calculated: &Calculated) -> serde_json::Value {
    let result = &calculated.result;
    // Revenue less cost is not profit: without a margin the figures that need one stay away.
    let with_margin = |value: Option<f64>| value.filter(|_| calculated.with_margin);
    json!({
        "clv_basis": if calculated.with_margin { "margin" } else { "expected_revenue" },
        "value_per_year": calculated.per_year,
        "clv_before_acquisition_cost": result.value_before_acquisition_cost,
        "acquisition_cost": result.acquisition_cost,
        "clv_less_acquisition_cost": with_margin(result.value_after_acquisition_cost),
        "clv_to_acquisition_cost": with_margin(result.value_to_cost),
        "retention_form": calculated.retention_form,
    })
}

fn rows(calculated: &Calculated) -> Vec<Vec<String>> {
    let result = &calculated.result;
    let word = if calculated.with_margin {
        "CLV (margin)"
    } else {
        "Expected revenue (no margin given)"
    };
    let mut rows = vec![
        row(&format!("{word} per year"), calculated.per_year),
        row(
            &format!("{word} before acquisition cost"),
            result.value_before_acquisition_cost,
        ),
    ];
    if calculated.with_margin {
        rows.extend(
            result
                .acquisition_cost
                .map(|cost| row("Acquisition cost (CAC)", cost)),
        );
        rows.extend(
            result
                .value_after_acquisition_cost
                .map(|left| row("CLV − CAC", left)),
        );
        rows.extend(result.value_to_cost.map(|ratio| row("CLV / CAC", ratio)));
    }
    let retention = calculated.retention_form;
    rows.extend(
        retention.map(|value| row(&format!("{word}, retention form m·r/(1 + d − r)"), value)),
    );
    rows
}

fn row(name: &str, value: f64) -> Vec<String> {
    vec![name.to_owned(), decimal(value, 2)]
}
