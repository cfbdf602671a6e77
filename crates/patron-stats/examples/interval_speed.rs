//! Prints what intervals of the expectation cost for a million customers.
#![expect(clippy::print_stdout, reason = "an example that prints")]

use std::time::Instant;

use patron_stats::bg_nbd::BgNbdConfig;
use patron_stats::gamma_gamma::SpendHistory;
use patron_stats::history::{DayHistory, History, WeightedHistories};
use patron_stats::intervals::{ExpectationForecaster, ParameterDraws, SpendDraws};
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
    let mbg = MbgNbdConfig::default().build().fit(&base)?;
    values(&mbg, &base)?;
    intervals(&mbg, &base)?;
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

/// Every customer with an own spend, in work order.
fn values(
    model: &FittedMbgNbd,
    base: &WeightedHistories,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut generator = ChaCha12Rng::seed_from_u64(3);
    let named = model.named_parameters();
    let draws = ParameterDraws::laplace(&named, model.report(), DRAWS, &mut generator)?;
    let spend = [("p", 6.25), ("q", 3.74), ("gamma", 15.4)];
    // Errors of a hundredth or so, as of half a million spenders.
    let mut covariance = vec![vec![0.0; 3]; 3];
    for (i, (row, (_, estimate))) in covariance.iter_mut().zip(spend).enumerate() {
        if let Some(variance) = row.get_mut(i) {
            *variance = 1e-4 * estimate * estimate;
        }
    }
    let spends = ParameterDraws::normal(&spend, &covariance, DRAWS, &mut generator)?;
    let spends = SpendDraws::new(&spends)?;
    let mut customers = Vec::with_capacity(CUSTOMERS);
    for (history, count) in base.entries() {
        for _ in 0..*count {
            let mean = generator.random_range(1.0..100.0);
            customers.push((
                *history,
                SpendHistory::new(history.repeat_purchases(), mean).ok(),
            ));
        }
    }
    customers.sort_by(|left, right| left.0.work_order(&right.0));
    let start = Instant::now();
    let forecaster = ExpectationForecaster::new(model, &draws, HORIZON, DISCOUNT_RATE, 0.9)?;
    let found = forecaster.values(&spends, &customers)?;
    println!(
        "values of {} customers: {:.1} s; one of them {:?}",
        found.len(),
        start.elapsed().as_secs_f64(),
        found.get(found.len() / 2)
    );
    Ok(())
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
