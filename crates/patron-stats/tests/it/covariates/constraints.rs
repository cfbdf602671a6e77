//! What is held fixed or equal, and what a penalty does.

use patron_stats::covariates::{Constraint, CovariateHistories, CovariatesConfig, Place};
use patron_stats::estimate::FitWarning;
use patron_stats::likelihood_ratio::LikelihoodRatioError;
use patron_testkit::assert_relative;

use super::{COLUMNS, WithCovariates, base, effects, fit, log_likelihood, rows, values};

/// Two searches that end at the same top: Newton's last step halves the digits that are wrong.
const SAME_TOP: f64 = 1e-7;

/// A sum of logarithms in another order.
const ROUNDING: f64 = 1e-13;

fn of(base: &CovariateHistories, config: CovariatesConfig) -> WithCovariates {
    fit(base, &config.build().unwrap())
}

#[test]
fn an_effect_held_at_zero_is_no_effect() {
    let base = base(rows(11, 1_500));
    let without = CovariatesConfig::default().with_columns(Place::Purchase, COLUMNS);
    let held = effects().with_fixed_effect(Place::Dropout, "income", 0.0);
    let (without, held) = (of(&base, without), of(&base, held));
    for (found, expected) in values(&held).into_iter().zip(values(&without)) {
        assert_relative("estimate", found, expected, SAME_TOP);
    }
    let (report, expected) = (held.report().unwrap(), without.report().unwrap());
    assert_eq!(report.parameters, expected.parameters);
    assert_relative(
        "log-likelihood",
        report.log_likelihood,
        expected.log_likelihood,
        ROUNDING,
    );
    let errors = report.standard_errors().unwrap();
    assert_eq!(errors[6], 0.0);
    let expected = expected.standard_errors().unwrap();
    for (found, expected) in errors.into_iter().zip(expected) {
        assert_relative("standard error", found, expected, SAME_TOP);
    }
    // Both say the same of a larger model.
    let full = of(&base, effects());
    let by_held = full.likelihood_ratio(&held).unwrap();
    let by_absence = full.likelihood_ratio(&without).unwrap();
    assert_eq!(by_held.degrees_of_freedom, 1);
    assert_eq!(by_absence.degrees_of_freedom, 1);
    assert_relative("statistic", by_held.statistic, by_absence.statistic, 1e-9);
    assert!(by_held.p_value < 1e-4);
}

#[test]
fn what_is_held_where_the_top_is_leaves_the_rest_there() {
    let base = base(rows(12, 1_500));
    let full = of(&base, effects());
    let at_top = values(&full);
    let held = effects()
        .with_fixed_parameter("alpha", at_top[1])
        .with_fixed_parameter("s", at_top[2])
        .with_fixed_effect(Place::Purchase, "income", at_top[5]);
    let held = of(&base, held);
    for (found, expected) in values(&held).into_iter().zip(&at_top) {
        assert_relative("estimate", found, *expected, SAME_TOP);
    }
    assert_relative(
        "log-likelihood",
        log_likelihood(&held),
        log_likelihood(&full),
        ROUNDING,
    );
    let report = held.report().unwrap();
    assert_eq!(report.parameters, full.report().unwrap().parameters - 3);
    let errors = report.standard_errors().unwrap();
    assert_eq!([errors[1], errors[2], errors[5]], [0.0; 3]);
    // Knowing some numbers makes the others no less certain.
    let free = full.report().unwrap().standard_errors().unwrap();
    for k in [0, 3, 4, 6] {
        assert!(errors[k] > 0.0 && errors[k] <= free[k], "number {k}");
    }
    assert_eq!(held.effects()[1].constraint, Constraint::Fixed);
}

#[test]
fn equal_effects_are_one_number() {
    let base = base(rows(13, 1_500));
    let full = of(&base, effects());
    let equal = effects().with_equal_effects("income", [Place::Purchase, Place::Dropout]);
    let equal = of(&base, equal);
    let found = values(&equal);
    assert_eq!(found[5], found[6]);
    let report = equal.report().unwrap();
    let covariance = report.covariance.as_ref().unwrap();
    assert_eq!(covariance[5], covariance[6]);
    assert_eq!(covariance[5][5], covariance[5][6]);
    assert!(log_likelihood(&equal) < log_likelihood(&full));
    // A line search by hand over the common effect ends at the same place.
    let top = |effect: f64| {
        let held = effects()
            .with_fixed_effect(Place::Purchase, "income", effect)
            .with_fixed_effect(Place::Dropout, "income", effect);
        log_likelihood(&of(&base, held))
    };
    let step = 1e-3;
    let (down, here, up) = (top(found[5] - step), top(found[5]), top(found[5] + step));
    assert_relative("log-likelihood", here, log_likelihood(&equal), ROUNDING);
    assert!(down < here && up < here);
    let vertex = found[5] + 0.5 * step * (up - down) / (2.0 * here - up - down);
    // A parabola through three points of a smooth curve, its step 2 % of a standard error.
    assert!((vertex - found[5]).abs() < 1e-3 * step, "{vertex}");
    let test = full.likelihood_ratio(&equal).unwrap();
    assert_eq!(test.degrees_of_freedom, 1);
}

#[test]
fn only_a_case_of_a_model_is_tested_against_it() {
    let base = base(rows(14, 800));
    let equal = effects().with_equal_effects("income", [Place::Purchase, Place::Dropout]);
    let equal = of(&base, equal);
    let held = of(&base, effects().with_fixed_parameter("s", 0.8));
    let full = of(&base, effects());
    let gender = of(
        &base,
        CovariatesConfig::default().with_columns(Place::Purchase, ["gender"]),
    );
    let not_nested = |constraint: &str| LikelihoodRatioError::NotNested {
        constraint: constraint.to_owned(),
    };
    assert_eq!(
        equal.likelihood_ratio(&full),
        Err(not_nested(
            "the effect of income on dropout is held equal to another"
        ))
    );
    assert_eq!(
        held.likelihood_ratio(&gender),
        Err(not_nested("parameter s is held fixed"))
    );
    let income = of(
        &base,
        CovariatesConfig::default().with_columns(Place::Purchase, ["income"]),
    );
    assert_eq!(
        gender.likelihood_ratio(&income),
        Err(not_nested("the effect of income on purchase is held fixed"))
    );
    // Gender alone is a case of income that acts alike: both effects of income are 0.
    assert_eq!(
        equal.likelihood_ratio(&gender).unwrap().degrees_of_freedom,
        1
    );
    assert_eq!(
        full.likelihood_ratio(&gender).unwrap().degrees_of_freedom,
        2
    );
    let by_hand: WithCovariates =
        WithCovariates::from_parameters(COLUMNS, &[1.0; 4], [(Place::Purchase, "gender", 0.1)])
            .unwrap();
    assert_eq!(
        full.likelihood_ratio(&by_hand),
        Err(LikelihoodRatioError::NotFitted { which: "smaller" })
    );
}

/// The log-likelihood of `base` with one number of a fit moved.
fn moved(base: &CovariateHistories, fitted: &WithCovariates, number: usize, step: f64) -> f64 {
    let mut values = values(fitted);
    if number < 4 {
        values[number] *= step.exp();
    } else {
        values[number] += step;
    }
    let acting = fitted.effects().iter().zip(&values[4..]);
    let acting = acting.map(|(effect, value)| (effect.place, effect.column.clone(), *value));
    let columns = COLUMNS.map(String::from);
    let model: WithCovariates =
        WithCovariates::from_parameters(columns, &values[..4], acting).unwrap();
    model.log_likelihood(base).unwrap()
}

#[test]
fn a_penalty_balances_the_slope_of_the_likelihood_as_documented() {
    let drawn = rows(15, 1_500);
    let deviation = {
        let incomes: Vec<f64> = drawn.iter().map(|(_, _, z)| z[1]).collect();
        let n = incomes.len() as f64;
        let mean = incomes.iter().sum::<f64>() / n;
        (incomes.iter().map(|z| (z - mean).powi(2)).sum::<f64>() / n).sqrt()
    };
    let base = base(drawn);
    let n = base.customers() as f64;
    let (lambda, of_s, centre) = (0.05, 0.2, 1.5_f64);
    let penalised = effects()
        .with_effect_penalty(lambda)
        .with_parameter_penalty("s", centre, of_s);
    let fitted = of(&base, penalised);
    let found = values(&fitted);
    let slope = |number: usize| {
        let step = 1e-5;
        let rise = moved(&base, &fitted, number, step) - moved(&base, &fitted, number, -step);
        rise / (2.0 * step)
    };
    // Central differences of step 1e-5 of a sum of thousands keep six digits.
    let income = n * lambda * deviation * deviation;
    assert_relative("purchase", slope(5), income * found[5], 1e-5);
    assert_relative("dropout", slope(6), income * found[6], 1e-5);
    assert_relative("s", slope(2), n * of_s * (found[2] / centre).ln(), 1e-5);
    // What is not penalised lies at its top.
    assert!(slope(0).abs() < 1e-3 && slope(1).abs() < 1e-3 && slope(3).abs() < 1e-3);
    let report = fitted.report().unwrap();
    assert!(report.warnings.contains(&FitWarning::Penalised));
    // The log-likelihood is that of the histories alone.
    assert_relative(
        "log-likelihood",
        moved(&base, &fitted, 0, 0.0),
        report.log_likelihood,
        ROUNDING,
    );
    let full = of(&base, effects());
    assert_eq!(
        full.likelihood_ratio(&of(
            &base,
            CovariatesConfig::default().with_effect_penalty(0.1)
        )),
        Err(LikelihoodRatioError::Penalised { which: "smaller" })
    );
    let effective = fitted.effective_parameters().unwrap();
    assert!(4.0 < effective && effective < 7.0, "{effective}");
}

#[test]
fn a_heavy_penalty_leaves_no_effect_and_a_light_one_all() {
    let base = base(rows(16, 1_500));
    let none = of(&base, CovariatesConfig::default());
    let full = of(&base, effects());
    let heavy = of(&base, effects().with_effect_penalty(1e8));
    let light = of(&base, effects().with_effect_penalty(1e-12));
    for (found, expected) in values(&heavy).into_iter().zip(values(&none)) {
        assert_relative("parameter", found, expected, 1e-6);
    }
    assert!(values(&heavy)[4..].iter().all(|effect| effect.abs() < 1e-6));
    for (found, expected) in values(&light).into_iter().zip(values(&full)) {
        assert_relative("estimate", found, expected, SAME_TOP);
    }
    let effective = |fitted: &WithCovariates| fitted.effective_parameters().unwrap();
    assert!((effective(&heavy) - 4.0).abs() < 1e-6);
    assert!((effective(&light) - 7.0).abs() < 1e-6);
}

#[test]
fn a_penalty_is_per_customer_and_knows_no_units() {
    let once = rows(17, 900);
    let config = || effects().with_effect_penalty(0.1);
    let expected = of(&base(once.clone()), config());
    let twice: Vec<_> = once
        .iter()
        .cloned()
        .map(|(h, count, z)| (h, 2 * count, z))
        .collect();
    for (found, expected) in values(&of(&base(twice), config()))
        .into_iter()
        .zip(values(&expected))
    {
        assert_relative("estimate", found, expected, SAME_TOP);
    }
    let (unit, origin) = (0.01, 70.0);
    let other = once.iter().cloned();
    let other = other.map(|(h, count, z)| (h, count, vec![z[0], z[1] * unit + origin]));
    let moved = of(&base(other.collect()), config());
    let at = |fitted: &WithCovariates| fitted.effect(Place::Dropout, "income").unwrap();
    assert_relative("effect", at(&moved) * unit, at(&expected), SAME_TOP);
    assert_relative(
        "likelihood",
        log_likelihood(&moved),
        log_likelihood(&expected),
        1e-10,
    );
}
