//! Prints what intervals of the expectation cost for a million customers.
#![expect(clippy::print_stdout, reason = "an example that prints")]

use std::time::Instant;

use patron_stats::bg_nbd::BgNbdConfig;
use patron_stats::history::{DayHistory, History, WeightedHistories};
use patron_stats::intervals::{ExpectationForecaster, ParameterDraws};
use patron_stats::mbg_nbd::{FittedMbgNbd, MbgNbdConfig, MbgNbdParameters};
use patron_stats::pareto_nbd::ParetoNbdConfig;
use patron_stats::purchase::PurchaseModel;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

const CUSTOMERS: usize = 1_000_000;
const DRAWS: usize = 199;

/// A year in weeks, and 10 % a year.
const HORIZON: f64 = 52.18;
const DISCOUNT_RATE: f64 = 0.00183;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base = base()?;
    let histories: Vec<History> = base.entries().iter().map(|(history, _)| *history).collect();
    println!(
        "{CUSTOMERS} customers, {} distinct histories",
        histories.len()
    );
    intervals(&MbgNbdConfig::default().build().fit(&base)?, &base)?;
    intervals(&BgNbdConfig::default().build().fit(&base)?, &base)?;
    intervals(&ParetoNbdConfig::default().build().fit(&base)?, &base)
}

/// Customers of MBG/NBD in whole days, over two years.
fn base() -> Result<WeightedHistories, Box<dyn std::error::Error>> {
    let model = FittedMbgNbd::from_parameters(MbgNbdParameters {
        r: 0.525,
        alpha: 7.0 * 6.183,
        a: 0.891,
        b: 1.614,
    })?;
    let mut generator = ChaCha12Rng::seed_from_u64(1);
    let mut days = Vec::with_capacity(CUSTOMERS);
    for _ in 0..CUSTOMERS {
        let age_days = generator.random_range(1..=730u32);
        let drawn = model.simulate(&mut generator, f64::from(age_days), 0.0)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "rounded up, between 0 and an age that is a u32"
        )]
        let recency_days = (drawn.history.recency().ceil() as u32).min(age_days);
        days.push(DayHistory {
            repeat_purchases: drawn.history.repeat_purchases(),
            age_days,
            recency_days,
        });
    }
    Ok(WeightedHistories::from_days(days, 7.0)?)
}

fn intervals(
    model: &dyn PurchaseModel,
    base: &WeightedHistories,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut histories: Vec<History> = base.entries().iter().map(|(history, _)| *history).collect();
    histories.sort_unstable_by(History::work_order);
    let mut generator = ChaCha12Rng::seed_from_u64(2);
    let draws = ParameterDraws::laplace(
        &model.named_parameters(),
        model.report(),
        DRAWS,
        &mut generator,
    )?;
    let start = Instant::now();
    let plain = model.forecaster(HORIZON, DISCOUNT_RATE)?;
    let forecasts = plain.forecast_all(&histories);
    let alone = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let forecaster = ExpectationForecaster::new(model, &draws, HORIZON, DISCOUNT_RATE, 0.9)?;
    let found = forecaster.forecast_all(&histories);
    let seconds = start.elapsed().as_secs_f64();
    let middle = found.len() / 2;
    println!(
        "{}: forecasts {alone:.2} s, intervals of {DRAWS} draws {seconds:.1} s, {:.2} µs a history; one of them {:?} in {:?}",
        model.key(),
        seconds * 1e6 / found.len() as f64,
        forecasts
            .get(middle)
            .map(|forecast| forecast.expected_purchases),
        found
            .get(middle)
            .map(|interval| interval.expected_purchases),
    );
    let start = Instant::now();
    let total = forecaster.total(base);
    println!(
        "{}: total {:?} in {:.1} s",
        model.key(),
        total.expected_purchases,
        start.elapsed().as_secs_f64()
    );
    Ok(())
}
