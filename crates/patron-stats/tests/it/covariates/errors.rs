//! One exact error per bad input.

use patron_stats::bg_nbd::{BgNbdConfig, FittedBgNbd};
use patron_stats::covariates::{
    CovariateError, CovariateHistories, CovariateModel, CovariatesConfig, Place, WithCovariates,
};
use patron_stats::estimate::FitError;
use patron_stats::history::{DayHistory, History, HistoryError};
use patron_stats::pareto_nbd::ParetoNbdConfig;

use super::{COLUMNS, base, effects, rows};

fn history() -> History {
    History::new(2, 3.0, 9.0).unwrap()
}

#[test]
fn covariates_that_cannot_be_are_refused() {
    let row =
        |values: Vec<f64>| CovariateHistories::from_histories(COLUMNS, [(history(), 1, values)]);
    assert_eq!(
        row(vec![1.0]),
        Err(CovariateError::ValuesMiscounted {
            row: 0,
            required: 2,
            found: 1
        })
    );
    assert_eq!(
        row(vec![1.0, f64::INFINITY]),
        Err(CovariateError::ValueNotFinite {
            row: 0,
            column: "income".to_owned(),
            value: f64::INFINITY
        })
    );
    let missing = row(vec![f64::NAN, 1.0]).unwrap_err().to_string();
    assert_eq!(
        missing,
        "customer 0 has NaN in column gender, expected a finite number"
    );
    assert_eq!(
        CovariateHistories::from_histories(["age", "sex", "age"], []),
        Err(CovariateError::ColumnTwice {
            column: "age".to_owned()
        })
    );
    let day = DayHistory {
        repeat_purchases: 1,
        recency_days: 10,
        age_days: 9,
    };
    assert_eq!(
        CovariateHistories::from_days(COLUMNS, [(day, vec![0.0, 0.0])], 1.0),
        Err(CovariateError::History(
            HistoryError::RecencyOutsideLifetime {
                recency: 10.0,
                age: 9.0
            }
        ))
    );
}

#[test]
fn configurations_that_contradict_themselves_are_refused() {
    let refused = |config: CovariatesConfig| config.build().unwrap_err();
    let column = || "income".to_owned();
    let (purchase, dropout) = (Place::Purchase, Place::Dropout);
    assert_eq!(
        refused(effects().with_columns(dropout, ["income"])),
        CovariateError::EffectTwice {
            place: dropout,
            column: column()
        }
    );
    assert_eq!(
        refused(effects().with_equal_effects("gender", [purchase, dropout])),
        CovariateError::EffectMissing {
            place: dropout,
            column: "gender".to_owned()
        }
    );
    assert_eq!(
        refused(effects().with_equal_effects("income", [purchase])),
        CovariateError::TooFewEqual {
            column: column(),
            found: 1
        }
    );
    assert_eq!(
        refused(effects().with_equal_effects("income", [purchase, purchase])),
        CovariateError::EffectConstrainedTwice {
            place: purchase,
            column: column()
        }
    );
    assert_eq!(
        refused(
            effects()
                .with_equal_effects("income", [purchase, dropout])
                .with_fixed_effect(dropout, "income", 1.0)
        ),
        CovariateError::EffectConstrainedTwice {
            place: dropout,
            column: column()
        }
    );
    assert_eq!(
        refused(effects().with_fixed_effect(dropout, "income", f64::INFINITY)),
        CovariateError::EffectNotFinite {
            place: dropout,
            column: column(),
            value: f64::INFINITY
        }
    );
}

#[test]
fn parameters_and_penalties_outside_their_domain_are_refused() {
    let refused = |config: CovariatesConfig| config.build().unwrap_err();
    let parameter = || "alpha".to_owned();
    assert_eq!(
        refused(effects().with_fixed_parameter("alpha", 0.0)),
        CovariateError::CentreNotPositive {
            parameter: parameter(),
            value: 0.0
        }
    );
    assert_eq!(
        refused(effects().with_parameter_penalty("alpha", -1.0, 1.0)),
        CovariateError::CentreNotPositive {
            parameter: parameter(),
            value: -1.0
        }
    );
    assert_eq!(
        refused(
            effects()
                .with_fixed_parameter("alpha", 1.0)
                .with_parameter_penalty("alpha", 1.0, 1.0)
        ),
        CovariateError::ParameterConstrainedTwice {
            parameter: parameter()
        }
    );
    for config in [
        effects().with_effect_penalty(0.0),
        effects().with_parameter_penalty("alpha", 1.0, 0.0),
    ] {
        assert_eq!(
            refused(config),
            CovariateError::PenaltyNotPositive { penalty: 0.0 }
        );
    }
    assert!(effects().with_effect_penalty(f64::NAN).build().is_err());
}

/// Fits Pareto/NBD to 200 customers whose income is replaced.
fn fit_with(
    income: impl Fn(&[f64]) -> f64,
    config: CovariatesConfig,
) -> Result<super::WithCovariates, CovariateError> {
    let replaced = rows(21, 200)
        .into_iter()
        .map(|(history, count, z)| (history, count, vec![z[0], income(&z)]));
    ParetoNbdConfig::default()
        .build()
        .fit_with_covariates(&base(replaced.collect()), &config.build().unwrap())
}

#[test]
fn columns_that_say_nothing_of_their_own_are_named() {
    assert_eq!(
        fit_with(|_| 7.5, effects()).unwrap_err(),
        CovariateError::ColumnConstant {
            column: "income".to_owned(),
            value: 7.5
        }
    );
    assert_eq!(
        fit_with(|z| z[1].signum() * 1.5e308, effects()).unwrap_err(),
        CovariateError::ColumnTooWide {
            column: "income".to_owned()
        }
    );
    let collinear = CovariateError::ColumnsCollinear {
        place: Place::Purchase,
        column: "income".to_owned(),
        others: "gender".to_owned(),
    };
    let follows = |z: &[f64]| 1.0 - 3.0 * z[0];
    assert_eq!(fit_with(follows, effects()).unwrap_err(), collinear);
    assert_eq!(
        collinear.to_string(),
        "column income follows from gender: their effects on purchase cannot be told apart, leave one of them out"
    );
    // On places apart the same column is no contradiction.
    let apart = CovariatesConfig::default()
        .with_columns(Place::Purchase, ["gender"])
        .with_columns(Place::Dropout, ["income"]);
    assert!(fit_with(follows, apart).is_ok());
    // What is held fixed need not be told apart.
    let held = effects().with_fixed_effect(Place::Purchase, "income", 0.1);
    assert!(fit_with(follows, held).is_ok());
}

#[test]
fn one_column_for_each_category_is_one_too_many() {
    let categories = rows(22, 200).into_iter().enumerate();
    let categories = categories.map(|(position, (history, count, _))| {
        let one = |k: usize| f64::from(u8::from(position % 3 == k));
        (history, count, vec![one(0), one(1), one(2)])
    });
    let columns = ["shop", "web", "post"];
    let base = CovariateHistories::from_histories(columns, categories).unwrap();
    let all = CovariatesConfig::default().with_columns(Place::Dropout, columns);
    let model = ParetoNbdConfig::default().build();
    assert_eq!(
        model
            .fit_with_covariates(&base, &all.build().unwrap())
            .unwrap_err(),
        CovariateError::ColumnsCollinear {
            place: Place::Dropout,
            column: "post".to_owned(),
            others: "shop, web".to_owned()
        }
    );
}

#[test]
fn names_that_the_data_or_the_model_do_not_have_are_told_with_those_they_have() {
    let income = |z: &[f64]| z[1];
    assert_eq!(
        fit_with(income, effects().with_columns(Place::Dropout, ["city"])).unwrap_err(),
        CovariateError::ColumnMissing {
            column: "city".to_owned(),
            known: "gender, income".to_owned()
        }
    );
    assert_eq!(
        fit_with(income, effects().with_columns(Place::DropoutA, ["gender"])).unwrap_err(),
        CovariateError::PlaceMissing {
            model: "pareto-nbd",
            place: Place::DropoutA,
            known: "purchase, dropout".to_owned()
        }
    );
    let missing = fit_with(income, effects().with_fixed_parameter("a", 1.0)).unwrap_err();
    assert_eq!(
        missing,
        CovariateError::ParameterMissing {
            model: "pareto-nbd",
            parameter: "a".to_owned(),
            known: "r, alpha, s, beta".to_owned()
        }
    );
    let params = missing.params();
    let names: Vec<&str> = params.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["model", "parameter", "known"]);
    let text = missing.to_string();
    assert!(
        params.iter().all(|(_, value)| text.contains(value)),
        "{text}"
    );
    let refused = BgNbdConfig::default()
        .build()
        .fit_with_covariates(&base(rows(23, 200)), &effects().build().unwrap());
    assert_eq!(
        refused.unwrap_err().to_string(),
        "bg-nbd has no place dropout, it has purchase, dropout_a, dropout_b"
    );
}

#[test]
fn a_fit_needs_buyers_and_something_to_fit() {
    let few = rows(24, 200)
        .into_iter()
        .filter(|row| row.0.repeat_purchases() > 0);
    let few = base(few.take(29).collect());
    let model = ParetoNbdConfig::default().build();
    assert_eq!(
        model
            .fit_with_covariates(&few, &effects().build().unwrap())
            .unwrap_err(),
        CovariateError::Fit(FitError::TooFewRepeatBuyers {
            required: 30,
            found: 29
        })
    );
    let parameters = ["r", "alpha", "s", "beta"];
    let all = parameters
        .into_iter()
        .fold(CovariatesConfig::default(), |config, parameter| {
            config.with_fixed_parameter(parameter, 1.0)
        });
    assert_eq!(
        fit_with(|z| z[1], all).unwrap_err(),
        CovariateError::NothingFree
    );
}

#[test]
fn models_made_by_hand_are_checked() {
    let made = |parameters: &[f64], effects: &[(Place, &'static str, f64)]| {
        WithCovariates::<FittedBgNbd>::from_parameters(COLUMNS, parameters, effects.to_vec())
    };
    let good = [0.2, 4.0, 0.8, 2.4];
    assert_eq!(
        made(&[0.2, 4.0, 0.8], &[]).unwrap_err(),
        CovariateError::Fit(FitError::ParametersMiscounted {
            required: 4,
            found: 3
        })
    );
    assert_eq!(
        FittedBgNbd::from_values(&[0.2, 4.0, -0.8, 2.4]).unwrap_err(),
        FitError::ParameterNotPositive {
            parameter: "a",
            value: -0.8
        }
    );
    assert_eq!(
        made(&good, &[(Place::Purchase, "city", 1.0)])
            .unwrap_err()
            .key(),
        "covariates_column_missing"
    );
    assert_eq!(
        made(&good, &[(Place::Dropout, "income", 1.0)])
            .unwrap_err()
            .key(),
        "covariates_place_missing"
    );
    assert_eq!(
        made(&good, &[(Place::Purchase, "income", f64::NAN)])
            .unwrap_err()
            .key(),
        "covariates_effect_not_finite"
    );
    let twice = [
        (Place::Purchase, "income", 1.0),
        (Place::Purchase, "income", 2.0),
    ];
    assert_eq!(
        made(&good, &twice).unwrap_err(),
        CovariateError::EffectTwice {
            place: Place::Purchase,
            column: "income".to_owned()
        }
    );
}

#[test]
fn customers_that_a_model_cannot_serve_are_refused() {
    let acting = [(Place::Purchase, "income", 1.0)];
    let model: WithCovariates<FittedBgNbd> =
        WithCovariates::from_parameters(COLUMNS, &[0.2, 4.0, 0.8, 2.4], acting).unwrap();
    assert_eq!(
        model.for_customer(&[1.0]).unwrap_err(),
        CovariateError::ValuesMiscounted {
            row: 0,
            required: 2,
            found: 1
        }
    );
    // α·exp(−1000) is no positive double.
    assert_eq!(
        model.for_customer(&[0.0, 1000.0]).unwrap_err(),
        CovariateError::Fit(FitError::ParameterNotPositive {
            parameter: "alpha",
            value: 0.0
        })
    );
    let other = CovariateHistories::from_histories(["income"], []).unwrap();
    assert_eq!(
        model.log_likelihood(&other).unwrap_err(),
        CovariateError::ColumnMissing {
            column: "gender".to_owned(),
            known: "income".to_owned()
        }
    );
}
