//! `patron clv predict`.

use patron_analytics::clv::{
    Base, ContractKey, Customer, Periods, PredictRequest, Prediction, Predictions, fit, fit_abe,
    fit_drawn, fit_ggg, fit_with_covariates, predict, predict_contracts, predict_drawn,
    predict_opportunities, predict_own, predict_with_covariates,
};
use patron_analytics::settings::Settings;
use serde_json::{Value, json};

use super::asked::{Asked, ModelArgs};
use super::base::{BaseArgs, Wants};
use super::columns::Columns;
use super::{Format, parse_level, parse_time, renewals};
use crate::failure::Failure;
use crate::output::{Output, table};
use crate::words::{count, decimal};

/// Customers that are shown as a table.
const SHOWN: usize = 20;

/// Arguments of `patron clv predict`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    of: ModelArgs,
    /// Months that are looked ahead
    #[arg(long, value_name = "MONTHS")]
    horizon: Option<u32>,
    /// Opportunities of bg-bb, or renewals of sbg and bdw, that are looked ahead, in place of months
    #[arg(long, value_name = "N", conflicts_with = "horizon", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    periods: Option<u32>,
    /// How many opportunities of a summary, or renewals, there are in a year; by default as many as units of time
    #[arg(long, value_name = "N", value_parser = parse_time)]
    periods_per_year: Option<f64>,
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

impl Args {
    /// The model, if it goes with the other flags.
    fn asked(&self) -> Result<Asked, Failure> {
        let asked = self.of.asked(&self.base)?;
        if asked == Asked::Spend {
            return Err(self.of.refused("a model of purchases or contracts: gamma-gamma is of `fit`, and values need no model named"));
        }
        let is_purchases = asked.is_of_purchases();
        let is_sampled = self.of.posterior || asked.is_own();
        if is_sampled && self.bootstrap {
            return Err(self
                .of
                .refused("no `--bootstrap` where draws are from a posterior"));
        }
        if self.of.posterior && self.no_intervals {
            return Err(self.of.refused(
                "no `--no-intervals` with `--posterior`, whose predictions are means over draws",
            ));
        }
        if is_purchases && (self.periods.is_some() || self.periods_per_year.is_some()) {
            return Err(self
                .of
                .refused("bg-bb, sbg or bdw with `--periods` and `--periods-per-year`"));
        }
        if !is_purchases && self.margin.is_some() {
            return Err(self.of.refused("a model of purchases with `--margin`"));
        }
        let refits = match asked {
            Asked::Purchases(_) => self.of.covariates(self.interval).is_none(),
            Asked::Opportunities => true,
            Asked::OwnRates | Asked::OwnTimings | Asked::Contracts(_) | Asked::Spend => false,
        };
        if self.bootstrap && !refits {
            return Err(self
                .of
                .refused("a model of purchases without covariates, or bg-bb, with `--bootstrap`"));
        }
        Ok(asked)
    }

    fn request(&self) -> PredictRequest {
        let is_table = matches!(self.format, Format::Table);
        PredictRequest {
            level: self.interval,
            bootstrap: self.bootstrap,
            intervals: !self.no_intervals,
            only_purchases: !is_table && Columns::are_of_purchases(&self.columns),
        }
    }

    const fn periods(&self) -> Periods {
        Periods {
            ahead: self.periods,
            per_year: self.periods_per_year,
        }
    }

    fn set(&self, flags: &mut Settings) {
        flags.horizon_months = self.horizon;
        flags.annual_discount = self.annual_discount;
        flags.margin = self.margin;
    }

    /// What is expected of whom.
    fn told(&self, asked: Asked, base: Base) -> Result<(Base, Predictions), Failure> {
        let request = self.request();
        let sampling = self.of.sampling.request();
        match (asked, self.of.covariates(self.interval)) {
            (Asked::OwnRates, covariates) => {
                let fit = fit_abe(&base, covariates.as_ref(), sampling, self.interval)?;
                Ok(predict_own(&base, &fit, &request)?)
            }
            (Asked::OwnTimings, _) => {
                let fit = fit_ggg(&base, sampling, self.interval)?;
                Ok(predict_own(&base, &fit, &request)?)
            }
            (Asked::Purchases(model), None) if self.of.posterior => {
                let fit = fit_drawn(&base, model, sampling, self.interval)?;
                let told = predict_drawn(&base, &fit, (&request, sampling))?;
                Ok((base, told))
            }
            (Asked::Purchases(model), Some(covariates)) => {
                let fit = fit_with_covariates(&base, model, &covariates)?;
                Ok(predict_with_covariates(&base, &fit, &request)?)
            }
            (Asked::Purchases(model), None) => {
                let told = predict(&base, &fit(&base, model)?, &request)?;
                Ok((base, told))
            }
            _ if self.periods_per_year.is_some() && base.has_days() => Err(self.of.refused(
                "a summary with `--periods-per-year`: of orders every unit is an opportunity",
            )),
            _ => Ok(predict_opportunities(&base, &request, self.periods())?),
        }
    }

    fn say(&self, notes: &[String], output: &Output) {
        for note in notes.iter().filter(|_| !self.base.is_quiet()) {
            output.talk(&format!("note: {note}\n"));
        }
    }
}

pub(super) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let asked = args.asked()?;
    if let Asked::Contracts(key) = asked {
        return of_contracts(args, key, output);
    }
    let columns = Columns::of(&args.columns, !args.no_intervals)?;
    let wants = Wants {
        days: asked.needs_days(),
        ..Wants::default()
    };
    let base = args.base.read(wants, |flags| args.set(flags), output)?;
    args.base.on_threads(|| {
        let (base, told) = args.told(asked, base)?;
        match args.format {
            Format::Csv => columns.write_csv(&base, &told, output)?,
            Format::Json => {
                let rows = each(&base, &told);
                let rows: Vec<Value> = rows
                    .map(|(customer, told)| columns.object(&customer, &told))
                    .collect();
                let document = json!({
                    "model": args.of.model,
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
        args.say(&told.notes, output);
        Ok(())
    })
}

/// Who renews: rows of a file of contracts.
fn of_contracts(args: &Args, key: ContractKey, output: &mut Output) -> Result<(), Failure> {
    let columns = renewals::Columns::of(&args.columns, !args.no_intervals)?;
    let Some((contracts, unit)) = args.of.contracts(&args.base)? else {
        return Ok(());
    };
    let settings = args.base.settings_alone(|flags| args.set(flags))?;
    let horizon = args.periods().horizon(unit.days(), settings.horizon_months);
    let rate = args
        .periods()
        .discount(unit.days(), settings.annual_discount);
    args.base.on_threads(|| {
        let model = key.fit(&contracts)?;
        let ahead = (horizon, rate);
        let told = predict_contracts(&contracts, model.as_ref(), &args.request(), ahead)?;
        match args.format {
            Format::Csv => output.data(&columns.csv(&contracts, &told))?,
            Format::Json => {
                let document = json!({
                    "model": key.key(),
                    "unit": unit.key(),
                    "horizon": told.horizon,
                    "interval": (!args.no_intervals).then_some(args.interval),
                    "notes": told.notes,
                    "customers": columns.objects(&contracts, &told),
                });
                let text = serde_json::to_string_pretty(&document).unwrap_or_default();
                output.line(&text)?;
            }
            Format::Table => renewals::show(&contracts, &told, output)?,
        }
        args.say(&told.notes, output);
        Ok(())
    })
}

fn each<'a>(
    base: &'a Base,
    told: &'a Predictions,
) -> impl Iterator<Item = (Customer<'a>, Prediction)> {
    let customers = base.customers.iter().enumerate();
    customers.filter_map(|(place, customer)| Some((customer, told.customer(place)?)))
}

/// The customers with the most to come.
fn show(base: &Base, told: &Predictions, output: &mut Output) -> Result<(), Failure> {
    let mut order: Vec<(Customer<'_>, Prediction)> = each(base, told).collect();
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
            customer.id.to_string(),
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
