//! `patron clv calculator`: customer lifetime value on the back of an envelope.

use clap::ValueEnum;
use patron_core::{Coded, ErrorCode};
use patron_stats::textbook::{
    CalculatorError, CalculatorInput, CalculatorOutput, RetentionInput, calculate, retention_value,
};
use serde_json::json;

use crate::failure::{BadFlag, Failure};
use crate::output::{Output, table};
use crate::words::{decimal, percent};

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
    #[arg(long, value_name = "MONEY", allow_negative_numbers = true)]
    order_value: f64,
    /// Orders of a customer in a year
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    orders_per_year: f64,
    /// Years a customer stays
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    years: f64,
    /// Share of revenue that is margin, 0 to 1; without it the result is revenue, not profit
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    margin: Option<f64>,
    /// Cost to win a customer (CAC)
    #[arg(long, value_name = "MONEY", allow_negative_numbers = true)]
    acquisition_cost: Option<f64>,
    /// Share of customers kept from year to year: adds the retention form m·r/(1 + d − r)
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    retention: Option<f64>,
    /// Discount rate per year of the retention form
    #[arg(
        long,
        value_name = "RATE",
        default_value_t = 0.1,
        allow_negative_numbers = true
    )]
    annual_discount: f64,
    /// How to print
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

/// What the calculator found.
struct Calculated {
    with_margin: bool,
    per_year: f64,
    result: CalculatorOutput,
    /// Margin from which on a customer brings back what winning it cost; only shown without a margin.
    break_even_margin: Option<f64>,
    retention_form: Option<RetentionForm>,
}

/// The value by the retention form.
enum RetentionForm {
    Value(f64),
    /// Nobody leaves and nothing is discounted: the sum has no end.
    Infinite,
}

/// Why figures that need a margin are not shown.
const WITHHELD: &str = "without a margin the value is revenue, and revenue less cost is no profit: give `--margin`, or compare your margin with the break-even margin";
/// Why the retention form has no value.
const INFINITE: &str = "nobody leaves and nothing is discounted: the sum has no end";

pub(super) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let calculated = calculated(args)?;
    match args.format {
        Format::Json => {
            output.line(&serde_json::to_string_pretty(&document(&calculated)).unwrap_or_default())
        }
        Format::Table => {
            output.line(&table(&["", "value"], rows(&calculated)))?;
            if calculated.withholds() {
                output.talk(&format!(
                    "note: CLV − CAC and CLV / CAC are withheld: {WITHHELD}\n"
                ));
            }
            if matches!(calculated.retention_form, Some(RetentionForm::Infinite)) {
                output.talk(&format!(
                    "note: the retention form has no value: {INFINITE}\n"
                ));
            }
            Ok(())
        }
    }
}

fn calculated(args: &Args) -> Result<Calculated, Failure> {
    let margin = args.margin.unwrap_or(1.0);
    let input = CalculatorInput {
        average_order_value: args.order_value,
        orders_per_year: args.orders_per_year,
        years: args.years,
        margin,
        acquisition_cost: args.acquisition_cost,
    };
    let result = calculate(&input).map_err(refused)?;
    let per_year = args.order_value * args.orders_per_year * margin;
    let retention_form = match args.retention {
        None => None,
        Some(rate) => Some(retention_form(per_year, rate, args.annual_discount)?),
    };
    let revenue = result.value_before_acquisition_cost;
    Ok(Calculated {
        with_margin: args.margin.is_some(),
        per_year,
        break_even_margin: args
            .acquisition_cost
            .filter(|_| args.margin.is_none() && revenue > 0.0)
            .map(|cost| cost / revenue),
        result,
        retention_form,
    })
}

fn retention_form(
    margin_per_period: f64,
    retention_rate: f64,
    discount_rate: f64,
) -> Result<RetentionForm, Failure> {
    let input = RetentionInput {
        margin_per_period,
        retention_rate,
        discount_rate,
    };
    match retention_value(&input) {
        Ok(value) => Ok(RetentionForm::Value(value)),
        Err(CalculatorError::ValueInfinite { .. }) => Ok(RetentionForm::Infinite),
        Err(error) => Err(refused(error)),
    }
}

/// Names the flag that holds what the calculator refuses.
fn refused(error: CalculatorError) -> Failure {
    let (field, value, expected) = match error {
        CalculatorError::Negative { field, value } => {
            (field, value, "a finite number of at least 0")
        }
        CalculatorError::NotAShare { field, value } => {
            (field, value, "a share from 0 to 1, such as 0.35 for 35 %")
        }
        other => return Failure::of_command_line(Refused(other)),
    };
    let flag = match field {
        "average_order_value" | "margin_per_period" => "--order-value",
        "orders_per_year" => "--orders-per-year",
        "years" => "--years",
        "acquisition_cost" => "--acquisition-cost",
        "retention_rate" => "--retention",
        "discount_rate" => "--annual-discount",
        _ => "--margin",
    };
    Failure::of_command_line(BadFlag {
        flag: flag.to_owned(),
        value: value.to_string(),
        expected: expected.to_owned(),
    })
}

/// Why the calculator refuses, where it is not one flag.
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

impl Calculated {
    /// Whether figures were asked for that need a margin.
    const fn withholds(&self) -> bool {
        !self.with_margin && self.result.acquisition_cost.is_some()
    }
}

fn document(calculated: &Calculated) -> serde_json::Value {
    let result = &calculated.result;
    // Revenue less cost is not profit: without a margin the figures that need one stay away.
    let with_margin = |value: Option<f64>| value.filter(|_| calculated.with_margin);
    let (retention, infinite) = match calculated.retention_form {
        Some(RetentionForm::Value(value)) => (Some(value), None),
        Some(RetentionForm::Infinite) => (None, Some(INFINITE)),
        None => (None, None),
    };
    json!({
        "clv_basis": if calculated.with_margin { "margin" } else { "expected_revenue" },
        "value_per_year": calculated.per_year,
        "clv_before_acquisition_cost": result.value_before_acquisition_cost,
        "acquisition_cost": result.acquisition_cost,
        "clv_less_acquisition_cost": with_margin(result.value_after_acquisition_cost),
        "clv_to_acquisition_cost": with_margin(result.value_to_cost),
        "break_even_margin": calculated.break_even_margin,
        "withheld_because": calculated.withholds().then_some(WITHHELD),
        "retention_form": retention,
        "retention_form_missing_because": infinite,
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
    rows.extend(
        result
            .acquisition_cost
            .map(|cost| row("Acquisition cost (CAC)", cost)),
    );
    if calculated.with_margin {
        rows.extend(
            result
                .value_after_acquisition_cost
                .map(|left| row("CLV − CAC", left)),
        );
        rows.extend(result.value_to_cost.map(|ratio| row("CLV / CAC", ratio)));
    } else if calculated.withholds() {
        let margin = calculated.break_even_margin.map_or("-".to_owned(), percent);
        rows.push(vec!["Break-even margin".to_owned(), margin]);
    }
    let name = format!("{word}, retention form m·r/(1 + d − r)");
    match calculated.retention_form {
        Some(RetentionForm::Value(value)) => rows.push(row(&name, value)),
        Some(RetentionForm::Infinite) => rows.push(vec![name, "no end".to_owned()]),
        None => {}
    }
    rows
}

fn row(name: &str, value: f64) -> Vec<String> {
    vec![name.to_owned(), decimal(value, 2)]
}
