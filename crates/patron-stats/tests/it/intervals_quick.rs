//! The quick ways of asking for many customers tell what the plain ones tell.

use patron_stats::gamma_gamma::SpendHistory;
use patron_stats::history::History;
use patron_stats::intervals::{ExpectationForecaster, IntervalError, ParameterDraws, SpendDraws};
use patron_stats::outcome::{count_quantiles, count_quantiles_all};
use patron_stats::purchase::{ForecastError, PurchaseModel};
use patron_testkit::assert_relative;

use crate::forecasts::model_named;
use crate::intervals::{HORIZON, LEVEL, equal_draws, fitted, generator, spend_model};

const DISCOUNT_RATE: f64 = 0.002;

/// Expected purchases by one quadrature, and by that of their pace: each exact to about 1e-12.
const OTHER_SUMS: f64 = 1e-10;

fn drawn(model: &dyn PurchaseModel, draws: usize) -> ExpectationForecaster {
    let named = model.named_parameters();
    let drawn = ParameterDraws::laplace(&named, model.report(), draws, &mut generator(8)).unwrap();
    ExpectationForecaster::new(model, &drawn, HORIZON, DISCOUNT_RATE, LEVEL).unwrap()
}

/// More than a block of them, neighbours among them equal.
fn histories() -> Vec<History> {
    let (_, base) = fitted(1_000);
    let each = base.entries().iter();
    each.flat_map(|(history, count)| vec![*history; usize::try_from(*count).unwrap()])
        .collect()
}

#[test]
fn purchases_alone_have_the_bounds_of_a_whole_forecast() {
    let (model, _) = fitted(1_000);
    let forecaster = drawn(model.as_ref(), 99);
    let histories = histories();
    let whole = forecaster.forecast_all(&histories);
    let alone = forecaster.expected_purchases_all(&histories);
    assert_eq!(alone.len(), histories.len());
    for (alone, whole) in alone.iter().zip(&whole) {
        let whole = whole.expected_purchases;
        assert_relative("low", alone.low, whole.low, OTHER_SUMS);
        assert_relative("high", alone.high, whole.high, OTHER_SUMS);
    }
}

#[test]
fn purchases_and_values_have_the_bounds_of_both() {
    let (model, _) = fitted(1_000);
    let forecaster = drawn(model.as_ref(), 19);
    let spends = SpendDraws::new(&equal_draws(&spend_model().named_parameters())).unwrap();
    let customers: Vec<(History, Option<SpendHistory>)> = histories()
        .into_iter()
        .enumerate()
        .map(|(place, history)| {
            // Every third row like the one before it.
            let mean = 20.0 + (place / 3) as f64;
            let spend = SpendHistory::new(history.repeat_purchases(), mean);
            (history, spend.ok())
        })
        .collect();
    let values = forecaster.values(&spends, &customers).unwrap();
    let both = forecaster
        .purchases_and_values(&spends, &customers)
        .unwrap();
    assert_eq!(both.len(), customers.len());
    for ((both, value), (history, _)) in both.iter().zip(&values).zip(&customers) {
        let purchases = forecaster.forecast(history).expected_purchases;
        assert_eq!(*both, [purchases, value.value]);
    }
    let others = drawn(model.as_ref(), 99);
    assert_eq!(
        others.purchases_and_values(&spends, &customers),
        Err(IntervalError::DrawsDiffer {
            purchases: 99,
            spend: 19
        })
    );
}

#[test]
fn quantiles_of_many_are_those_of_each() {
    let levels = [0.05, 0.5, 0.95];
    for (key, parameters) in [
        ("nbd", &[0.4, 9.0][..]),
        ("bg-nbd", &[0.24, 4.4, 0.8, 2.4]),
        ("pareto-nbd", &[0.55, 10.6, 0.6, 11.7]),
        ("mbg-cnbd-k", &[0.9, 5.0, 0.5, 3.0]),
    ] {
        let model = model_named(key, parameters);
        let histories = histories();
        let all = count_quantiles_all(model.as_ref(), &histories, HORIZON, levels).unwrap();
        assert_eq!(all.len(), histories.len());
        for (all, history) in all.iter().zip(&histories) {
            let one = count_quantiles(model.as_ref(), history, HORIZON, levels).unwrap();
            assert_eq!(*all, one, "{key} {history:?}");
        }
        assert_eq!(
            count_quantiles_all(model.as_ref(), &histories, -1.0, levels),
            Err(ForecastError::HorizonOutsideDomain { horizon: -1.0 })
        );
    }
}
