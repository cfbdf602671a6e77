//! What must hold whatever the data: no effect is no covariate, units and origins change nothing.

use patron_stats::bg_nbd::{BgNbdParameters, FittedBgNbd};
use patron_stats::covariates::{
    Constraint, CovariateHistories, CovariateModel, CovariatesConfig, Place, WithCovariates,
};
use patron_stats::estimate::FitWarning;
use patron_stats::history::{DayHistory, History};
use patron_stats::mbg_nbd::{FittedMbgNbd, MbgNbdConfig};
use patron_stats::pareto_nbd::{FittedParetoNbd, ParetoNbdConfig};
use patron_stats::purchase::PurchaseModel;
use patron_testkit::assert_relative;
use proptest::prelude::{Strategy, prop_assert};
use proptest::proptest;

use super::{COLUMNS, base, effects, fit, log_likelihood, rows, values};

/// A sum of logarithms that is split by profile, or takes the exponential of a logarithm: a few roundings of a double.
const ROUNDING: f64 = 1e-13;

/// Two searches that end at the same top: Newton's last step halves the digits that are wrong.
const SAME_TOP: f64 = 1e-7;

fn assert_no_effect_is_no_covariate<M: CovariateModel>(parameters: [f64; 4]) {
    let base = base(rows(1, 300));
    let model = M::from_values(&parameters).unwrap();
    let nothing = M::PLACES.iter().map(|moved| (moved.place, "income", 0.0));
    let zero: WithCovariates<M> =
        WithCovariates::from_parameters(COLUMNS, &parameters, nothing).unwrap();
    let expected = model.log_likelihood(&base.pooled());
    let found = zero.log_likelihood(&base).unwrap();
    assert_relative(M::KEY, found, expected, ROUNDING);
    let customer = zero.for_customer(&[1.0, -2.5]).unwrap();
    for ((name, found), (_, expected)) in customer
        .named_parameters()
        .into_iter()
        .zip(model.named_parameters())
    {
        assert_relative(name, found, expected, ROUNDING);
    }
}

#[test]
fn effects_of_zero_are_the_model_without_covariates() {
    assert_no_effect_is_no_covariate::<FittedParetoNbd>([0.6, 9.0, 0.7, 11.0]);
    assert_no_effect_is_no_covariate::<FittedBgNbd>([0.25, 4.4, 0.8, 2.4]);
    assert_no_effect_is_no_covariate::<FittedMbgNbd>([0.52, 6.2, 0.9, 1.6]);
}

/// All customers have the same income, and effects of it on every place.
fn assert_constant_is_static<M: CovariateModel>(parameters: [f64; 4]) {
    let income = 1.75;
    let alike = rows(2, 300)
        .into_iter()
        .map(|(history, count, _)| (history, count, vec![0.0, income]));
    let base = base(alike.collect());
    let mut own = parameters;
    let mut acting = Vec::new();
    for (k, moved) in M::PLACES.iter().enumerate() {
        let effect = 0.3 * (k as f64 + 1.0);
        own[moved.position] *= (moved.sign * effect * income).exp();
        acting.push((moved.place, "income", effect));
    }
    let model: WithCovariates<M> =
        WithCovariates::from_parameters(COLUMNS, &parameters, acting).unwrap();
    let expected = M::from_values(&own).unwrap().log_likelihood(&base.pooled());
    let found = model.log_likelihood(&base).unwrap();
    assert_relative(M::KEY, found, expected, ROUNDING);
}

#[test]
fn covariates_that_are_constant_are_a_model_without_them() {
    assert_constant_is_static::<FittedParetoNbd>([0.6, 9.0, 0.7, 11.0]);
    assert_constant_is_static::<FittedBgNbd>([0.25, 4.4, 0.8, 2.4]);
    assert_constant_is_static::<FittedMbgNbd>([0.52, 6.2, 0.9, 1.6]);
}

#[test]
fn a_customer_has_the_model_of_own_parameters() {
    let model: WithCovariates<FittedBgNbd> = WithCovariates::from_parameters(
        COLUMNS,
        &[0.25, 4.0, 0.8, 2.4],
        [
            (Place::Purchase, "gender", 0.5),
            (Place::DropoutA, "income", -0.2),
            (Place::DropoutB, "gender", 0.1),
        ],
    )
    .unwrap();
    let own = model.for_customer(&[1.0, 3.0]).unwrap().parameters();
    let expected = BgNbdParameters {
        r: 0.25,
        alpha: 4.0 * (-0.5_f64).exp(),
        a: 0.8 * (-0.6_f64).exp(),
        b: 2.4 * 0.1_f64.exp(),
    };
    assert_relative("r", own.r, expected.r, ROUNDING);
    assert_relative("alpha", own.alpha, expected.alpha, ROUNDING);
    assert_relative("a", own.a, expected.a, ROUNDING);
    assert_relative("b", own.b, expected.b, ROUNDING);
    assert_eq!(model.report(), None);
    assert_eq!(model.effect(Place::DropoutA, "income"), Some(-0.2));
    assert_eq!(model.effect(Place::DropoutA, "gender"), None);
}

#[test]
fn a_fit_without_effects_is_the_plain_fit() {
    let base = base(rows(3, 1_500));
    let config = ParetoNbdConfig::default().build();
    let plain = config.fit(&base.pooled()).unwrap();
    let none = fit(&base, &CovariatesConfig::default().build().unwrap());
    let (plain_report, report) = (plain.report().unwrap(), none.report().unwrap());
    for ((name, expected), found) in plain.named_parameters().into_iter().zip(values(&none)) {
        assert_relative(name, found, expected, SAME_TOP);
    }
    assert_relative(
        "log-likelihood",
        report.log_likelihood,
        plain_report.log_likelihood,
        ROUNDING,
    );
    let errors = plain_report.standard_errors().unwrap();
    for (found, expected) in report.standard_errors().unwrap().into_iter().zip(errors) {
        assert_relative("standard error", found, expected, SAME_TOP);
    }
    assert_eq!(none.effective_parameters(), Some(4.0));
}

#[test]
fn the_fit_is_a_top_in_every_direction() {
    let base = base(rows(4, 1_500));
    let fitted = fit(&base, &effects().build().unwrap());
    let top = log_likelihood(&fitted);
    let found = values(&fitted);
    let at = |values: &[f64]| {
        let names = fitted.effects().iter().zip(&values[4..]);
        let acting = names.map(|(effect, value)| (effect.place, effect.column.clone(), *value));
        let columns = COLUMNS.map(String::from);
        let model: WithCovariates<FittedParetoNbd> =
            WithCovariates::from_parameters(columns, &values[..4], acting).unwrap();
        model.log_likelihood(&base).unwrap()
    };
    // What is fitted on standardised columns is, as it is reported, as likely as it is said to be.
    assert_relative("log-likelihood", at(&found), top, ROUNDING);
    let errors = fitted.report().unwrap().standard_errors().unwrap();
    for (k, error) in errors.into_iter().enumerate() {
        for sign in [-1.0, 1.0] {
            let mut beside = found.clone();
            beside[k] += sign * 0.05 * error;
            assert!(at(&beside) < top, "number {k}");
        }
    }
}

#[test]
fn neither_the_unit_nor_the_origin_of_a_column_matters() {
    let rows = rows(5, 1_500);
    let plain = fit(&base(rows.clone()), &effects().build().unwrap());
    let (unit, origin) = (1000.0, 2024.0);
    let other = rows
        .iter()
        .map(|(history, count, z)| (*history, *count, vec![z[0], z[1] * unit + origin]));
    let moved = fit(&base(other.collect()), &effects().build().unwrap());
    let (before, after) = (values(&plain), values(&moved));
    let [of_income, on_dropout] = [after[5], after[6]];
    assert_relative("of gender", after[4], before[4], SAME_TOP);
    assert_relative("of income", of_income * unit, before[5], SAME_TOP);
    assert_relative("on dropout", on_dropout * unit, before[6], SAME_TOP);
    assert_relative("r", after[0], before[0], SAME_TOP);
    assert_relative("s", after[2], before[2], SAME_TOP);
    assert_relative(
        "α",
        after[1] * (-of_income * origin).exp(),
        before[1],
        SAME_TOP,
    );
    assert_relative(
        "β",
        after[3] * (-on_dropout * origin).exp(),
        before[3],
        SAME_TOP,
    );
    assert_relative(
        "log-likelihood",
        log_likelihood(&moved),
        log_likelihood(&plain),
        ROUNDING,
    );
    let errors = |fitted: &super::WithCovariates| {
        let report = fitted.report().unwrap();
        report.standard_errors().unwrap()
    };
    assert_relative(
        "error",
        errors(&moved)[6] * unit,
        errors(&plain)[6],
        SAME_TOP,
    );
    let history = History::new(3, 20.0, 30.0).unwrap();
    let expected = |fitted: &super::WithCovariates, z: [f64; 2]| {
        let own = fitted.for_customer(&z).unwrap();
        own.expected_purchases(&history, 26.0).unwrap()
    };
    let found = expected(&moved, [1.0, 1.5 * unit + origin]);
    assert_relative("forecast", found, expected(&plain, [1.0, 1.5]), SAME_TOP);
}

#[test]
fn units_as_small_or_large_as_doubles_go_are_units() {
    let rows = rows(9, 800);
    let plain = fit(&base(rows.clone()), &effects().build().unwrap());
    // Squares of either are no doubles.
    for unit in [1e-200, 1e200] {
        let other = rows.iter().cloned();
        let other = other.map(|(history, count, z)| (history, count, vec![z[0], z[1] * unit]));
        let moved = fit(&base(other.collect()), &effects().build().unwrap());
        let found = moved.effect(Place::Dropout, "income").unwrap() * unit;
        let expected = plain.effect(Place::Dropout, "income").unwrap();
        assert_relative("effect", found, expected, SAME_TOP);
    }
}

#[test]
fn neither_the_order_of_rows_nor_equal_rows_change_a_bit() {
    let mut shuffled = rows(6, 800);
    let expected = fit(&base(shuffled.clone()), &effects().build().unwrap());
    shuffled.reverse();
    shuffled.rotate_left(123);
    let (history, _, values) = shuffled[0].clone();
    shuffled.push((history, 0, values));
    let found = fit(&base(shuffled.clone()), &effects().build().unwrap());
    assert_eq!(found, expected);
    // Twice the customers, each row with a count of two or two rows: the same base.
    let twice = shuffled.iter().chain(&shuffled).cloned().collect();
    let counted = shuffled
        .iter()
        .cloned()
        .map(|(h, count, z)| (h, 2 * count, z));
    assert_eq!(base(twice), base(counted.collect()));
}

#[test]
fn days_and_model_units_make_the_same_base() {
    let day = DayHistory {
        repeat_purchases: 2,
        recency_days: 15,
        age_days: 100,
    };
    let rows = [(day, vec![-0.0, 1.0]), (day, vec![0.0, 1.0])];
    let from_days = CovariateHistories::from_days(COLUMNS, rows, 7.0).unwrap();
    let history = History::new(2, 15.0 / 7.0, 100.0 / 7.0).unwrap();
    assert_eq!(from_days, base(vec![(history, 2, vec![0.0, 1.0])]));
    assert_eq!((from_days.customers(), from_days.distinct()), (2, 1));
    assert_eq!(from_days.profiles()[0].values(), [0.0, 1.0]);
}

#[test]
fn a_group_that_never_comes_back_is_told_in_words() {
    // Customers of the second channel never buy again: their rate goes to 0, and no number is the effect.
    let mut rows = rows(7, 600);
    for (position, (history, _, values)) in rows.iter_mut().enumerate() {
        values[0] = f64::from(u8::from(position % 4 == 0));
        if position % 4 == 0 {
            *history = History::new(0, 0.0, history.age()).unwrap();
        }
    }
    let covariates = CovariatesConfig::default().with_columns(Place::Purchase, ["gender"]);
    let fitted = fit(&base(rows), &covariates.build().unwrap());
    let warnings = &fitted.report().unwrap().warnings;
    let of_effect = |warning: &FitWarning| match warning {
        FitWarning::ParameterAtBound { parameter, .. }
        | FitWarning::PoorlyDetermined { parameter, .. } => parameter == "purchase.gender",
        _ => false,
    };
    assert!(warnings.iter().any(of_effect), "{warnings:?}");
    assert!(fitted.effect(Place::Purchase, "gender").unwrap() < -5.0);
}

#[test]
fn the_two_shapes_of_dropout_have_effects_apart_or_equal() {
    let base = base(rows(8, 1_500));
    let apart = CovariatesConfig::default()
        .with_columns(Place::DropoutA, ["income"])
        .with_columns(Place::DropoutB, ["income"]);
    let equal = apart
        .clone()
        .with_equal_effects("income", [Place::DropoutA, Place::DropoutB]);
    let model = MbgNbdConfig::default().build();
    let of = |config: CovariatesConfig| {
        let covariates = config.build().unwrap();
        model.fit_with_covariates(&base, &covariates).unwrap()
    };
    let (apart, equal) = (of(apart), of(equal));
    let [a, b] = [Place::DropoutA, Place::DropoutB].map(|at| equal.effect(at, "income").unwrap());
    assert_eq!(a, b);
    assert_eq!(
        equal.effects()[1].constraint,
        Constraint::EqualTo(Place::DropoutA)
    );
    assert_eq!(apart.effects()[1].constraint, Constraint::Free);
    // With equal effects the mean probability of leaving is one for all; apart it is not.
    let leaving = |fitted: &WithCovariates<FittedMbgNbd>, income: f64| {
        let own = fitted.for_customer(&[0.0, income]).unwrap().parameters();
        own.a / (own.a + own.b)
    };
    assert_relative(
        "mean",
        leaving(&equal, 2.0),
        leaving(&equal, -2.0),
        ROUNDING,
    );
    assert!(leaving(&apart, 2.0) > 1.1 * leaving(&apart, -2.0));
    let test = apart.likelihood_ratio(&equal).unwrap();
    assert_eq!(test.degrees_of_freedom, 1);
    assert!(test.p_value < 1e-3);
}

fn number(low: f64, high: f64) -> impl Strategy<Value = f64> {
    (0.0..1.0).prop_map(move |share| low + share * (high - low))
}

proptest! {
    #[test]
    fn an_effect_multiplies_the_rate_whatever_the_parameters(
        parameters in [number(0.1, 5.0), number(0.1, 50.0), number(0.1, 5.0), number(0.1, 50.0)],
        effect in number(-3.0, 3.0),
        z in number(-4.0, 4.0),
    ) {
        let acting = [(Place::Purchase, "income", effect)];
        let model: super::WithCovariates =
            WithCovariates::from_parameters(COLUMNS, &parameters, acting).unwrap();
        let rate = |z: f64| {
            let own = model.for_customer(&[0.0, z]).unwrap().parameters();
            own.r / own.alpha
        };
        let expected = (effect * z).exp();
        prop_assert!((rate(z) / rate(0.0) / expected - 1.0).abs() < ROUNDING);
    }
}

/// The covariance of own parameters is that of the parameters themselves where the column is counted from the customer.
#[test]
fn own_parameters_are_as_uncertain_as_those_of_the_origin_moved_there() {
    let rows = rows(5, 1_500);
    let customer = [1.0, 1.5];
    let plain = fit(&base(rows.clone()), &effects().build().unwrap());
    let moved = rows.iter().map(|(history, count, z)| {
        let from_there = vec![z[0] - customer[0], z[1] - customer[1]];
        (*history, *count, from_there)
    });
    let moved = fit(&base(moved.collect()), &effects().build().unwrap());
    let expected = moved.report().unwrap().covariance.clone().unwrap();
    let found = plain.customer_covariance(&customer).unwrap().unwrap();
    assert_eq!(found.len(), 4);
    for (i, row) in found.iter().enumerate() {
        for (j, entry) in row.iter().enumerate() {
            let size = (expected[i][i] * expected[j][j]).sqrt();
            let gap = (entry - expected[i][j]).abs();
            // Two searches for one top, and errors that are squared.
            assert!(gap < 10.0 * SAME_TOP * size, "{i} {j}: {entry}");
        }
    }
    assert!(plain.customer_covariance(&[1.0]).is_err());
    let given: super::WithCovariates =
        WithCovariates::from_parameters(COLUMNS, &[1.0, 2.0, 1.0, 2.0], []).unwrap();
    assert_eq!(given.customer_covariance(&customer).unwrap(), None);
}
