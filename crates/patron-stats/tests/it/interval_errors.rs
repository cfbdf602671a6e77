//! What is refused an interval, what is told in words, and what refits do.

use patron_stats::bg_nbd::BgNbdConfig;
use patron_stats::estimate::{FitError, FitReport, FitWarning};
use patron_stats::intervals::{
    ExpectationForecaster, IntervalError, IntervalNote, ParameterDraws, SpendDraws, sandwich,
};
use patron_stats::purchase::{ForecastError, PurchaseModel};
use patron_testkit::assert_relative;

use crate::forecasts::model_named;
use crate::intervals::{
    HORIZON, LEVEL, ROUNDING, base, equal_draws, fitted, generator, spend_model,
};

#[test]
fn a_model_by_hand_has_no_interval_and_a_hint() {
    let model = model_named("bg-nbd", &[0.9, 5.0, 0.5, 3.0]);
    let named = model.named_parameters();
    let error = ParameterDraws::laplace(&named, model.report(), 99, &mut generator(1)).unwrap_err();
    assert_eq!(error, IntervalError::NotFitted);
    assert!(error.hint().unwrap().contains("bootstrap"));
    assert_eq!(
        sandwich(
            model.as_ref(),
            &base("bg-nbd", &[0.9, 5.0, 0.5, 3.0], 10, 1)
        )
        .unwrap_err(),
        IntervalError::NotFitted
    );
}

/// A report as a fit on a flat likelihood gives it.
fn report(covariance: Option<Vec<Vec<f64>>>, warnings: Vec<FitWarning>) -> FitReport {
    FitReport {
        customers: 100,
        parameters: 1,
        log_likelihood: -100.0,
        covariance,
        iterations: 10,
        converged: true,
        warnings,
    }
}

#[test]
fn a_flat_likelihood_is_refused_and_a_poor_one_is_told_in_words() {
    let named = [("r", 0.5)];
    let flat = report(None, vec![FitWarning::TooFlatForStandardErrors]);
    let error = ParameterDraws::laplace(&named, Some(&flat), 99, &mut generator(1)).unwrap_err();
    assert_eq!(error, IntervalError::CovarianceAbsent);
    assert!(error.hint().unwrap().contains("bootstrap"));
    let warning = FitWarning::NotConverged { iterations: 200 };
    // A standard error of 20 in the logarithm: many draws beyond e^±18.
    let poor = report(Some(vec![vec![100.0]]), vec![warning.clone()]);
    let draws = ParameterDraws::laplace(&named, Some(&poor), 99, &mut generator(1)).unwrap();
    let [IntervalNote::FitWarned { warning: told }, note] = draws.notes() else {
        panic!("{:?}", draws.notes());
    };
    assert_eq!(*told, warning);
    assert!(
        draws.notes()[0]
            .to_string()
            .contains("had not settled after 200 iterations")
    );
    assert!(note.to_string().contains("drawn back"));
    let limit = 18.0_f64.exp() * (1.0 + 1e-9);
    for draw in draws.draws() {
        assert!(draw[0] <= limit && draw[0] >= 1.0 / limit, "{draw:?}");
    }
}

#[test]
fn draws_that_are_none_of_the_model_are_refused() {
    let (model, _) = fitted(500);
    let named = model.named_parameters();
    let of = |draws: &ParameterDraws, horizon, level| {
        ExpectationForecaster::new(model.as_ref(), draws, horizon, 0.0, level).unwrap_err()
    };
    let spend = equal_draws(&spend_model().named_parameters());
    assert_eq!(
        of(&spend, HORIZON, LEVEL),
        IntervalError::DrawsOfOthers {
            expected: 4,
            found: 3
        }
    );
    let own = equal_draws(&named);
    assert_eq!(
        of(&own, HORIZON, 0.95),
        IntervalError::TooFewDraws {
            required: 39,
            found: 19
        }
    );
    assert_eq!(
        of(&own, -1.0, LEVEL),
        IntervalError::Forecast(ForecastError::HorizonOutsideDomain { horizon: -1.0 })
    );
    assert!(model.with_parameters(&[1.0, 1.0, 0.0, 1.0]).is_none());
    assert!(
        model
            .with_parameters(&[1.0, 1.0, f64::INFINITY, 1.0])
            .is_none()
    );
    assert_eq!(
        SpendDraws::new(&own).unwrap_err(),
        IntervalError::DrawsOfOthers {
            expected: 3,
            found: 4
        }
    );
}

#[test]
fn failed_refits_are_counted_and_most_of_them_refused() {
    let named = [("r", 0.5)];
    let cause = FitError::NoFiniteStart;
    let failing = |every: usize| {
        let (mut calls, cause) = (0, cause.clone());
        ParameterDraws::refitted(&named, 20, &mut generator(1), move |_| {
            calls += 1;
            if calls % every == 0 {
                Err(cause.clone())
            } else {
                Ok(vec![0.5])
            }
        })
    };
    let some = failing(4).unwrap();
    assert_eq!(some.draws().len(), 15);
    assert_eq!(
        some.notes(),
        [IntervalNote::RefitsFailed {
            failed: 5,
            draws: 20
        }]
    );
    assert_eq!(
        failing(1).unwrap_err(),
        IntervalError::RefitsFailed {
            failed: 20,
            draws: 20,
            cause
        }
    );
}

#[test]
fn refits_start_anew_and_end_where_fits_do() {
    let base = base("bg-nbd", &[0.9, 5.0, 0.5, 3.0], 500, 80);
    let fitted = BgNbdConfig::default().build().fit(&base).unwrap();
    let elsewhere = model_named("bg-nbd", &[3.0, 1.0, 2.0, 9.0]);
    let refitted = elsewhere.likeliest_parameters(&base).unwrap();
    for ((name, fitted), refitted) in fitted.named_parameters().into_iter().zip(refitted) {
        assert_relative(name, refitted, fitted, ROUNDING);
    }
    // Two stages stay two, where a third of the times would do with one.
    let two = model_named("mbg-cnbd-k", &[0.9, 5.0, 0.5, 3.0]);
    let refitted = two.likeliest_parameters(&base).unwrap();
    let moved = two.with_parameters(&refitted).unwrap();
    assert!(moved.prospects_depend_on_recency());
    assert!(moved.log_likelihood(&base) > two.log_likelihood(&base));
}
