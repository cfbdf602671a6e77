//! Likelihoods in 30 digits, estimates on apparel, and what CLVTools prints of them.

use patron_stats::bg_nbd::FittedBgNbd;
use patron_stats::covariates::{
    CovariateHistories, CovariateModel, CovariatesConfig, Place, WithCovariates,
};
use patron_stats::history::History;
use patron_stats::mbg_nbd::{FittedMbgNbd, MbgNbdConfig};
use patron_stats::pareto_nbd::{FittedParetoNbd, ParetoNbdConfig};
use patron_testkit::{
    assert_printed, assert_relative, data_file, number, numbers, reference_cases,
};
use serde_json::Value;

use crate::data::{Purchases, WEEK};

/// Sums of up to 200 logarithms, and of panels of Gauss-Legendre, against closed forms in 30 digits.
const EXACT: f64 = 1e-12;

/// Rounding of the log-likelihood hides a change of 2e-6 in ln β, whose error is 0.7 (δ²/2 = 0.7²·1e-15·5826); the gradient,
/// which ends the search, sees more: some 1e-8.
const OPTIMUM: f64 = 1e-7;

/// `CLVTools` stops up to 4e-4 from the top, in logarithms and effects (`reference/covariates/README.md`).
const OF_CLVTOOLS: f64 = 2e-3;

fn place(key: &str) -> Place {
    [
        Place::Purchase,
        Place::Dropout,
        Place::DropoutA,
        Place::DropoutB,
    ]
    .into_iter()
    .find(|place| place.key() == key)
    .unwrap()
}

fn assert_likelihoods<M: CovariateModel>() {
    let cases = reference_cases("covariates");
    let columns = ["gender", "income"];
    let given = &cases["given"][M::KEY];
    let effects = given["effects"].as_array().unwrap().iter().map(|effect| {
        let text = |k: usize| effect[k].as_str().unwrap();
        (place(text(0)), text(1), effect[2].as_f64().unwrap())
    });
    let model: WithCovariates<M> =
        WithCovariates::from_parameters(columns, &numbers(given, "/parameters"), effects).unwrap();
    let expected = numbers(given, "/log_likelihoods");
    let mut all = Vec::new();
    for (position, expected) in expected.iter().enumerate() {
        let row = numbers(&cases, &format!("/customers/{position}"));
        let history = History::new(row[0] as u32, row[1], row[2]).unwrap();
        let row = (history, 1, row[3..].to_vec());
        all.push(row.clone());
        let one = CovariateHistories::from_histories(columns, [row]).unwrap();
        let found = model.log_likelihood(&one).unwrap();
        assert_relative(M::KEY, found, *expected, EXACT);
    }
    let base = CovariateHistories::from_histories(columns, all).unwrap();
    let found = model.log_likelihood(&base).unwrap();
    assert_relative(M::KEY, found, expected.iter().sum(), EXACT);
}

#[test]
fn likelihoods_are_those_of_closed_forms_in_30_digits() {
    assert_likelihoods::<FittedParetoNbd>();
    assert_likelihoods::<FittedBgNbd>();
    assert_likelihoods::<FittedMbgNbd>();
}

/// Apparel with its covariates; nothing without the data.
fn apparel(test: &str) -> Option<CovariateHistories> {
    let purchases = Purchases::apparel(&data_file(test, "apparel/apparelTrans.csv")?);
    let file = data_file(test, "apparel/apparelStaticCov.csv")?;
    let text = std::fs::read_to_string(file).unwrap();
    let rows = text.lines().skip(1).map(|line| {
        let fields: Vec<f64> = line
            .split(',')
            .map(|field| field.parse().unwrap())
            .collect();
        let days = &purchases.by_customer[&(fields[0] as u32)];
        (purchases.day_history(days), fields[1..].to_vec())
    });
    Some(CovariateHistories::from_days(["Gender", "Channel"], rows, WEEK).unwrap())
}

fn config(case: &Value) -> CovariatesConfig {
    let effects = case["effects"].as_array().unwrap().iter();
    effects.fold(CovariatesConfig::default(), |config, effect| {
        let text = |k: usize| effect[k].as_str().unwrap();
        config.with_columns(place(text(0)), [text(1)])
    })
}

fn assert_optimum<M: CovariateModel>(case: &Value, fitted: &WithCovariates<M>) {
    let report = fitted.report().unwrap();
    assert!(report.converged && report.warnings.is_empty());
    assert_relative(
        "log-likelihood",
        report.log_likelihood,
        number(case, "/log_likelihood"),
        EXACT,
    );
    let estimates = numbers(case, "/estimates");
    let errors = numbers(case, "/standard_errors");
    let covariances = numbers(case, "/covariance_of_first_row");
    assert_eq!(report.parameters, estimates.len());
    let numbering = numbers(case, "/numbering")
        .into_iter()
        .map(|k| 4 + k as usize);
    let found = fitted
        .named_parameters()
        .into_iter()
        .map(|(_, value)| value);
    let found = found.chain(fitted.effects().iter().map(|effect| effect.value));
    let found_errors = report.standard_errors().unwrap();
    let first_row = &report.covariance.as_ref().unwrap()[0];
    for (k, (value, at)) in found.zip((0..4).chain(numbering)).enumerate() {
        assert_relative("estimate", value, estimates[at], OPTIMUM);
        assert_relative("standard error", found_errors[k], errors[at], OPTIMUM);
        assert_relative("covariance", first_row[k], covariances[at], OPTIMUM);
    }
}

#[test]
fn apparel_gives_the_optimum_of_a_search_in_30_digits() {
    let test = "covariates::apparel_gives_the_optimum_of_a_search_in_30_digits";
    let Some(base) = apparel(test) else { return };
    let cases = reference_cases("covariates");
    let case = &cases["apparel"]["full"];
    let model = ParetoNbdConfig::default().build();
    let full = model
        .fit_with_covariates(&base, &config(case).build().unwrap())
        .unwrap();
    assert_optimum(case, &full);
    let case = &cases["apparel"]["equal_gender"];
    let equal = config(case).with_equal_effects("Gender", [Place::Purchase, Place::Dropout]);
    let equal = model
        .fit_with_covariates(&base, &equal.build().unwrap())
        .unwrap();
    assert_optimum(case, &equal);
    let case = &cases["apparel"]["mbg"];
    let model = MbgNbdConfig::default().build();
    let apart = model
        .fit_with_covariates(&base, &config(case).build().unwrap())
        .unwrap();
    assert_optimum(case, &apart);
}

#[test]
fn apparel_gives_what_clvtools_prints() {
    let Some(base) = apparel("covariates::apparel_gives_what_clvtools_prints") else {
        return;
    };
    let cases = reference_cases("covariates");
    let printed = &cases["printed"];
    let both = ["Gender", "Channel"];
    let config = CovariatesConfig::default()
        .with_columns(Place::Dropout, both)
        .with_columns(Place::Purchase, both);
    let model = ParetoNbdConfig::default().build();
    let full = model
        .fit_with_covariates(&base, &config.clone().build().unwrap())
        .unwrap();
    let equal = config.with_equal_effects("Gender", [Place::Purchase, Place::Dropout]);
    let equal = model
        .fit_with_covariates(&base, &equal.build().unwrap())
        .unwrap();
    let report = full.report().unwrap();
    let errors = report.standard_errors().unwrap();
    // They print dropout first.
    for (ours, theirs) in [0, 1, 2, 3, 6, 7, 4, 5].into_iter().enumerate() {
        let found = match ours.checked_sub(4) {
            None => full.named_parameters()[ours].1,
            Some(effect) => full.effects()[effect].value,
        };
        let estimate = numbers(printed, "/estimates")[theirs];
        assert_relative("estimate", found, estimate, OF_CLVTOOLS);
        let error = numbers(printed, "/standard_errors")[theirs];
        assert_relative("standard error", errors[ours], error, OF_CLVTOOLS);
    }
    let at = |field: &str| number(printed, &format!("/{field}"));
    let found = report.log_likelihood;
    assert_printed("log-likelihood", found, at("log_likelihood"), 4);
    assert_printed("AIC", report.aic(), at("aic"), 4);
    assert_printed("BIC", report.bic(), at("bic"), 4);
    let found = equal.report().unwrap().log_likelihood;
    assert_printed("of equal", found, at("equal_gender_log_likelihood"), 4);
    let test = full.likelihood_ratio(&equal).unwrap();
    assert_eq!((test.degrees_of_freedom, test.cautions.len()), (1, 0));
    assert_printed("statistic", test.statistic, at("statistic"), 3);
    assert_printed("p", test.p_value, at("p_value"), 7);
}
