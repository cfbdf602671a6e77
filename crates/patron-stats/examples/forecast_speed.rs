//! Prints what fits, forecasts and outcome intervals cost per distinct history.
#![expect(clippy::print_stdout, reason = "an example that prints")]

use std::time::Instant;

use patron_stats::bg_bb::{BgBbConfig, BgBbParameters, FittedBgBb, OpportunityHistories};
use patron_stats::estimate::FitError;
use patron_stats::gamma_gamma::{FittedGammaGamma, GammaGammaParameters};
use patron_stats::ggom_nbd::{FittedGgomNbd, GgomNbdConfig, GgomNbdParameters};
use patron_stats::history::{DayHistory, History, HistoryError, WeightedHistories};
use patron_stats::mbg_nbd::{FittedMbgNbd, MbgNbdConfig, MbgNbdParameters};
use patron_stats::nbd::NbdConfig;
use patron_stats::outcome::OutcomeForecaster;
use patron_stats::pareto_nbd::{FittedParetoNbd, ParetoNbdConfig, ParetoNbdParameters};
use patron_stats::purchase::PurchaseModel;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use rand_distr::{Beta, Distribution, Gamma};

/// A year in weeks, and 10 % a year.
const HORIZON: f64 = 52.18;
const DISCOUNT_RATE: f64 = 0.00183;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let histories = distinct_histories(300_000)?;
    println!("{} distinct histories", histories.len());
    let parameters = MbgNbdParameters {
        r: 0.525,
        alpha: 6.183,
        a: 0.891,
        b: 1.614,
    };
    let model = FittedMbgNbd::from_parameters(parameters)?;
    let drifting = FittedParetoNbd::from_parameters(ParetoNbdParameters {
        r: 0.553,
        alpha: 10.578,
        s: 0.606,
        beta: 11.669,
    })?;
    let ageing = FittedGgomNbd::from_parameters(GgomNbdParameters {
        r: 0.553,
        alpha: 10.578,
        b: 0.02,
        s: 0.606,
        beta: 0.5,
    })?;
    let models: [&dyn PurchaseModel; 3] = [&model, &drifting, &ageing];
    for model in models {
        println!("{}", model.key());
        forecasts(model, &histories)?;
        outcomes(model, &histories)?;
    }
    let histories = base(1_000_000)?;
    fit(&histories, "nbd", || {
        NbdConfig::default().build().fit(&histories)
    })?;
    fit(&histories, "mbg-nbd", || {
        MbgNbdConfig::default().build().fit(&histories)
    })?;
    fit(&histories, "pareto-nbd", || {
        ParetoNbdConfig::default().build().fit(&histories)
    })?;
    fit(&histories, "ggom-nbd", || {
        GgomNbdConfig::default().build().fit(&histories)
    })?;
    opportunities(1_000_000)
}

/// Fits BG/BB to customers with up to 52 opportunities.
fn opportunities(customers: u32) -> Result<(), Box<dyn std::error::Error>> {
    let model = FittedBgBb::from_parameters(BgBbParameters {
        alpha: 1.2,
        beta: 0.75,
        gamma: 0.66,
        delta: 2.78,
    })?;
    let mut generator = ChaCha12Rng::seed_from_u64(3);
    let histories = OpportunityHistories::new((0..customers).map(|i| {
        let drawn = model.simulate(&mut generator, 1 + i % 52, 0);
        (drawn.history, 1)
    }));
    let start = Instant::now();
    let fitted = BgBbConfig::default().build().fit(&histories)?;
    println!(
        "bg-bb, {} histories: fitted in {:.0} ms, {:?}",
        histories.entries().len(),
        start.elapsed().as_secs_f64() * 1e3,
        fitted.named_parameters()
    );
    Ok(())
}

/// Three years of daily first purchases, up to 60 repeat purchases; not from the model.
fn distinct_histories(count: usize) -> Result<Vec<History>, HistoryError> {
    let mut generator = ChaCha12Rng::seed_from_u64(1);
    let week = |days: u32| f64::from(days) / 7.0;
    let mut histories = Vec::new();
    for _ in 0..count {
        let age = generator.random_range(1..=1095u32);
        let most = generator.random_range(0..=60u32);
        let x = generator.random_range(0..=most);
        let recency = if x > 0 {
            generator.random_range(1..=age)
        } else {
            0
        };
        histories.push(History::new(x, week(recency), week(age))?);
    }
    histories.sort_unstable_by(History::work_order);
    histories.dedup();
    Ok(histories)
}

fn print(what: &str, start: Instant, histories: usize) {
    println!(
        "{what}: {:.2} µs each",
        start.elapsed().as_secs_f64() * 1e6 / histories as f64
    );
}

fn forecasts(
    model: &dyn PurchaseModel,
    histories: &[History],
) -> Result<(), Box<dyn std::error::Error>> {
    let start = Instant::now();
    let forecaster = model.forecaster(HORIZON, DISCOUNT_RATE)?;
    let forecasts = forecaster.forecast_all(histories);
    print("forecasts, curves made", start, forecasts.len());
    let start = Instant::now();
    let forecasts = forecaster.forecast_all(histories);
    print("forecasts, curves known", start, forecasts.len());
    let start = Instant::now();
    for history in histories {
        std::hint::black_box(forecaster.forecast(history));
    }
    print("forecasts, one at a time", start, histories.len());
    Ok(())
}

fn outcomes(
    model: &dyn PurchaseModel,
    histories: &[History],
) -> Result<(), Box<dyn std::error::Error>> {
    let spend = GammaGammaParameters {
        p: 6.25,
        q: 3.74,
        gamma: 15.4,
    };
    let spend = FittedGammaGamma::from_parameters(spend)?;
    let outcomes = OutcomeForecaster::new(model, &spend, HORIZON)?;
    let customers: Vec<(History, u32)> = histories
        .iter()
        .map(|history| (*history, history.repeat_purchases()))
        .collect();
    let start = Instant::now();
    let bounds = outcomes.standardised_quantiles_all(&customers, [0.05, 0.95]);
    print("outcome bounds", start, bounds.len());
    let start = Instant::now();
    for (history, count) in &customers {
        std::hint::black_box(outcomes.standardised_quantiles(history, *count, [0.05, 0.95]));
    }
    print("outcome bounds, one at a time", start, customers.len());
    Ok(())
}

/// Customers drawn from MBG/NBD, in whole days over three years.
fn base(customers: usize) -> Result<WeightedHistories, Box<dyn std::error::Error>> {
    let mut generator = ChaCha12Rng::seed_from_u64(2);
    let rates = Gamma::new(0.525, 1.0 / (7.0 * 6.183))?;
    let dropouts = Beta::new(0.891, 1.614)?;
    let days: Vec<DayHistory> = (0..customers)
        .map(|_| {
            let age_days = generator.random_range(1..=1095u32);
            let (rate, dropout) = (
                rates.sample(&mut generator),
                dropouts.sample(&mut generator),
            );
            let (mut repeat_purchases, mut recency_days, mut time) = (0, 0, 0.0);
            while generator.random::<f64>() >= dropout {
                time -= (-generator.random::<f64>()).ln_1p() / rate;
                if time >= f64::from(age_days) {
                    break;
                }
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "below an u32"
                )]
                let day = time as u32;
                if day > recency_days {
                    repeat_purchases += 1;
                    recency_days = day;
                }
            }
            DayHistory {
                repeat_purchases,
                age_days,
                recency_days,
            }
        })
        .collect();
    let start = Instant::now();
    let histories = WeightedHistories::from_days(days, 7.0)?;
    let counted = start.elapsed();
    println!(
        "{customers} customers, {} distinct: counted in {:.0} ms",
        histories.entries().len(),
        counted.as_secs_f64() * 1e3,
    );
    Ok(histories)
}

fn fit<M: PurchaseModel>(
    histories: &WeightedHistories,
    key: &str,
    fit: impl Fn() -> Result<M, FitError>,
) -> Result<(), Box<dyn std::error::Error>> {
    let start = Instant::now();
    let fitted = fit()?;
    println!(
        "{key}, {} histories: fitted in {:.0} ms, {:?}",
        histories.entries().len(),
        start.elapsed().as_secs_f64() * 1e3,
        fitted.named_parameters()
    );
    println!("{:?}", fitted.report());
    Ok(())
}
