//! One exact error per bad input.

use patron_stats::bg_nbd::{BgNbdConfig, BgNbdParameters, FittedBgNbd};
use patron_stats::correlation::{CorrelationError, pearson};
use patron_stats::estimate::FitError;
use patron_stats::gamma_gamma::{
    FittedGammaGamma, GammaGammaConfig, GammaGammaParameters, SpendError, SpendHistories,
    SpendHistory,
};
use patron_stats::ggom_nbd::{FittedGgomNbd, GgomNbdConfig, GgomNbdParameters};
use patron_stats::history::{DayHistory, History, HistoryError, WeightedHistories};
use patron_stats::mbg_nbd::MbgNbdConfig;
use patron_stats::nbd::{FittedNbd, NbdConfig, NbdParameters};
use patron_stats::pareto_nbd::{FittedParetoNbd, ParetoNbdConfig, ParetoNbdParameters};
use patron_stats::purchase::{ForecastError, PurchaseModel};
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

fn model() -> FittedBgNbd {
    FittedBgNbd::from_parameters(BgNbdParameters {
        r: 0.2,
        alpha: 4.0,
        a: 0.8,
        b: 2.4,
    })
    .unwrap()
}

#[test]
fn histories_that_cannot_be_are_refused() {
    let outside = |recency, age| Err(HistoryError::RecencyOutsideLifetime { recency, age });
    assert_eq!(History::new(1, 5.0, 4.0), outside(5.0, 4.0));
    assert_eq!(History::new(1, -1.0, 4.0), outside(-1.0, 4.0));
    assert!(matches!(
        History::new(1, f64::NAN, 4.0),
        Err(HistoryError::RecencyOutsideLifetime { .. })
    ));
    assert!(matches!(
        History::new(1, 1.0, f64::NAN),
        Err(HistoryError::RecencyOutsideLifetime { .. })
    ));
    assert_eq!(
        History::new(1, 1.0, f64::INFINITY),
        Err(HistoryError::AgeNotFinite { age: f64::INFINITY })
    );
    assert_eq!(
        History::new(0, 1.0, 4.0),
        Err(HistoryError::RecencyWithoutRepeatPurchase { recency: 1.0 })
    );
    let day = DayHistory {
        repeat_purchases: 1,
        recency_days: 3,
        age_days: 9,
    };
    assert_eq!(
        History::from_days(day, 0.0),
        Err(HistoryError::UnitNotPositive { unit_days: 0.0 })
    );
    assert_eq!(
        WeightedHistories::from_days(
            [DayHistory {
                recency_days: 10,
                ..day
            }],
            1.0
        )
        .unwrap_err(),
        HistoryError::RecencyOutsideLifetime {
            recency: 10.0,
            age: 9.0
        }
    );
}

#[test]
fn too_few_repeat_buyers_are_counted() {
    let rows = (0..29u32)
        .map(|i| DayHistory {
            repeat_purchases: 1,
            recency_days: i,
            age_days: 60,
        })
        .chain((0..500).map(|i| DayHistory {
            repeat_purchases: 0,
            recency_days: 0,
            age_days: i,
        }));
    let histories = WeightedHistories::from_days(rows, 7.0).unwrap();
    let expected = FitError::TooFewRepeatBuyers {
        required: 30,
        found: 29,
    };
    let refusals = [
        BgNbdConfig::default().build().fit(&histories).err(),
        MbgNbdConfig::default().build().fit(&histories).err(),
        ParetoNbdConfig::default().build().fit(&histories).err(),
        GgomNbdConfig::default().build().fit(&histories).err(),
        NbdConfig::default().build().fit(&histories).err(),
    ];
    for refusal in refusals {
        assert_eq!(refusal.as_ref(), Some(&expected));
    }
    assert_eq!(
        expected.to_string(),
        "need at least 30 customers with a repeat purchase, found 29"
    );
    let too_small = FitError::MinimumTooSmall {
        required: 1,
        found: 0,
    };
    let minima = [
        BgNbdConfig::default().with_minimum_repeat_buyers(0).err(),
        MbgNbdConfig::default().with_minimum_repeat_buyers(0).err(),
        ParetoNbdConfig::default()
            .with_minimum_repeat_buyers(0)
            .err(),
        GgomNbdConfig::default().with_minimum_repeat_buyers(0).err(),
        NbdConfig::default().with_minimum_repeat_buyers(0).err(),
    ];
    for refusal in minima {
        assert_eq!(refusal.as_ref(), Some(&too_small));
    }
    let fewer = BgNbdConfig::default()
        .with_minimum_repeat_buyers(29)
        .unwrap()
        .build();
    assert!(fewer.fit(&histories).is_ok());
    let nobody = WeightedHistories::from_histories([]);
    assert_eq!(
        BgNbdConfig::default().build().fit(&nobody).unwrap_err(),
        FitError::TooFewRepeatBuyers {
            required: 30,
            found: 0
        }
    );
}

#[test]
fn parameters_outside_their_domain_are_named() {
    let with_b = |b| {
        FittedBgNbd::from_parameters(BgNbdParameters {
            r: 0.2,
            alpha: 4.0,
            a: 0.8,
            b,
        })
    };
    assert_eq!(
        with_b(0.0).unwrap_err(),
        FitError::ParameterNotPositive {
            parameter: "b",
            value: 0.0
        }
    );
    assert!(matches!(
        with_b(f64::NAN),
        Err(FitError::ParameterNotPositive { parameter: "b", .. })
    ));
    let with_beta = |beta| {
        FittedParetoNbd::from_parameters(ParetoNbdParameters {
            r: 0.5,
            alpha: 10.0,
            s: 0.6,
            beta,
        })
    };
    assert_eq!(
        with_beta(-1.0).unwrap_err(),
        FitError::ParameterNotPositive {
            parameter: "beta",
            value: -1.0
        }
    );
    let history = History::new(1, 2.0, 5.0).unwrap();
    assert_eq!(
        with_beta(9.0)
            .unwrap()
            .lifetime_by_closed_form(&history, 0.0),
        Err(ForecastError::DiscountRateOutsideDomain { discount_rate: 0.0 })
    );
    assert_eq!(
        FittedGammaGamma::from_parameters(GammaGammaParameters {
            p: 1.0,
            q: -2.0,
            gamma: 1.0
        })
        .unwrap_err(),
        FitError::ParameterNotPositive {
            parameter: "q",
            value: -2.0
        }
    );
}

#[test]
fn parameters_of_nbd_outside_their_domain_are_named() {
    let with_alpha = |alpha| FittedNbd::from_parameters(NbdParameters { r: 0.5, alpha });
    assert_eq!(
        with_alpha(f64::INFINITY).unwrap_err(),
        FitError::ParameterNotPositive {
            parameter: "alpha",
            value: f64::INFINITY
        }
    );
}

#[test]
fn parameters_of_ggom_nbd_outside_their_domain_are_named() {
    let refusal = |b, beta| {
        let (r, alpha, s) = (0.5, 10.0, 0.6);
        let parameters = GgomNbdParameters {
            r,
            alpha,
            b,
            s,
            beta,
        };
        FittedGgomNbd::from_parameters(parameters).err()
    };
    let not_positive = |parameter, value| Some(FitError::ParameterNotPositive { parameter, value });
    assert_eq!(refusal(0.0, 1.0), not_positive("b", 0.0));
    assert_eq!(refusal(0.1, -2.0), not_positive("beta", -2.0));
    assert_eq!(refusal(0.1, 2.0), None);
}

#[test]
fn horizons_and_rates_outside_their_domain_are_refused() {
    let history = History::new(1, 2.0, 5.0).unwrap();
    let horizon = Err(ForecastError::HorizonOutsideDomain { horizon: -1.0 });
    assert_eq!(model().expected_purchases(&history, -1.0), horizon);
    assert_eq!(model().probability_of_purchase(&history, -1.0), horizon);
    assert_eq!(model().probability_of_count(&history, -1.0, 3), horizon);
    assert!(model().count_distribution(&history, f64::NAN).is_err());
    assert!(model().expected_purchases_new(f64::INFINITY).is_err());
    assert_eq!(
        model().expected_purchases_between(&history, 3.0, 2.0),
        Err(ForecastError::IntervalReversed { from: 3.0, to: 2.0 })
    );
    assert_eq!(
        model().probability_of_purchase_between(&history, -1.0, 2.0),
        horizon
    );
    assert_eq!(model().probability_alive_after(&history, -1.0), horizon);
    let mut generator = ChaCha12Rng::seed_from_u64(1);
    assert!(model().simulate(&mut generator, f64::NAN, 1.0).is_err());
    assert_eq!(
        model().forecaster(1.0, -0.5).unwrap_err(),
        ForecastError::DiscountRateOutsideDomain {
            discount_rate: -0.5
        }
    );
    assert_eq!(model().time_to_next_purchase(&history, 1.0), None);
    assert_eq!(model().time_to_next_purchase(&history, f64::NAN), None);
}

#[test]
fn a_horizon_of_zero_holds_nothing() {
    let history = History::new(1, 2.0, 5.0).unwrap();
    let forecast = model().forecaster(0.0, 0.001).unwrap().forecast(&history);
    assert_eq!(
        (forecast.expected_purchases, forecast.discounted_purchases),
        (0.0, 0.0)
    );
    assert_eq!(model().expected_purchases(&history, 0.0), Ok(0.0));
    assert_eq!(model().probability_of_count(&history, 0.0, 0), Ok(1.0));
    assert_eq!(model().probability_of_count(&history, 0.0, 2), Ok(0.0));
}

#[test]
fn spend_that_is_not_above_zero_is_refused() {
    assert_eq!(
        SpendHistory::new(2, 0.0),
        Err(SpendError::SpendNotPositive {
            purchases: 2,
            mean_spend: 0.0
        })
    );
    assert_eq!(
        SpendHistory::new(2, -3.5),
        Err(SpendError::SpendNotPositive {
            purchases: 2,
            mean_spend: -3.5
        })
    );
    assert!(SpendHistory::new(2, f64::NAN).is_err());
    assert_eq!(
        SpendHistory::new(0, 5.0),
        Err(SpendError::NoPurchases { mean_spend: 5.0 })
    );
}

#[test]
fn spend_without_variety_or_customers_cannot_be_fitted() {
    let spends = |count: u32, step: f64| {
        SpendHistories::new(
            (0..count).map(|i| SpendHistory::new(1, 20.0 + step * f64::from(i)).unwrap()),
        )
    };
    let fit =
        |spends: &SpendHistories| GammaGammaConfig::default().build().fit(spends).unwrap_err();
    assert_eq!(
        fit(&spends(29, 1.0)),
        FitError::TooFewSpenders {
            required: 30,
            found: 29
        }
    );
    assert_eq!(
        fit(&spends(40, 0.0)),
        FitError::SpendConstant {
            customers: 40,
            spend: 20.0
        }
    );
    assert_eq!(
        GammaGammaConfig::default().with_minimum_spenders(1),
        Err(FitError::MinimumTooSmall {
            required: 2,
            found: 1
        })
    );
}

#[test]
fn an_infinite_mean_spend_is_no_number() {
    // q ≤ 1: lifetimes would give a negative mean.
    let wide = FittedGammaGamma::from_parameters(GammaGammaParameters {
        p: 2.0,
        q: 0.9,
        gamma: 5.0,
    })
    .unwrap();
    assert_eq!(wide.population_mean(), None);
    let known = SpendHistory::new(1, 10.0).unwrap();
    // p(γ + x·m)/(p·x + q − 1) = 2·15/1.9
    assert!((wide.expected_spend(Some(&known)).unwrap() - 30.0 / 1.9).abs() < 1e-12);
}

#[test]
fn columns_without_a_correlation_say_why() {
    assert_eq!(
        pearson(&[1.0], &[1.0, 2.0]),
        Err(CorrelationError::LengthsDiffer { left: 1, right: 2 })
    );
    assert_eq!(
        pearson(&[1.0], &[1.0]),
        Err(CorrelationError::TooFewPairs { found: 1 })
    );
    assert_eq!(
        pearson(&[1.0, 2.0], &[3.0, 3.0]),
        Err(CorrelationError::Constant { column: "second" })
    );
    assert_eq!(
        pearson(&[1.0, f64::NAN], &[3.0, 4.0]),
        Err(CorrelationError::NotFinite {
            column: "first",
            position: 1
        })
    );
}
