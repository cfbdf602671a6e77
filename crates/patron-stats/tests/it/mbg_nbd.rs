//! MBG/NBD against the literature and other programs: CDNOW, apparel.

use patron_stats::beta_geometric::PurchaseModel;
use patron_stats::history::History;
use patron_stats::mbg_nbd::{FittedMbgNbd, MbgNbdConfig, MbgNbdParameters};
use patron_testkit::{
    assert_printed, assert_relative, data_file, number, numbers, reference_cases,
};
use serde_json::Value;

use crate::cdnow::{
    ESTIMATE, assert_by_frequency, assert_customers, assert_fit, assert_holdout, calibration,
    lifetime_sum, tracked,
};
use crate::data::{Purchases, WEEK};

pub(crate) fn from_cases(cases: &Value, pointer: &str) -> FittedMbgNbd {
    let [r, alpha, a, b] = numbers(cases, pointer).try_into().unwrap();
    FittedMbgNbd::from_parameters(MbgNbdParameters { r, alpha, a, b }).unwrap()
}

#[test]
fn cdnow_sample_gives_the_published_estimates() {
    let test = "cdnow_sample_gives_the_published_estimates";
    let Some(file) = data_file(test, "cdnow/CDNOW_sample.txt") else {
        return;
    };
    let fitted = MbgNbdConfig::default()
        .build()
        .fit(&Purchases::cdnow(&file).histories())
        .unwrap();
    let cases = reference_cases("mbg_nbd");
    assert_fit(
        &cases,
        "cdnow_sample",
        &fitted.named_parameters(),
        fitted.report().unwrap(),
    );
}

#[test]
fn cdnow_master_gives_the_estimates_on_record() {
    let test = "cdnow_master_gives_the_estimates_on_record";
    let Some(file) = data_file(test, "cdnow/CDNOW_master.txt") else {
        return;
    };
    let fitted = MbgNbdConfig::default()
        .build()
        .fit(&Purchases::cdnow(&file).histories())
        .unwrap();
    let cases = reference_cases("mbg_nbd");
    assert_fit(
        &cases,
        "cdnow_master",
        &fitted.named_parameters(),
        fitted.report().unwrap(),
    );
}

#[test]
fn apparel_gives_the_estimates_on_record() {
    let Some(file) = data_file(
        "apparel_gives_the_estimates_on_record",
        "apparel/apparelTrans.csv",
    ) else {
        return;
    };
    let fitted = MbgNbdConfig::default()
        .build()
        .fit(&Purchases::apparel(&file).histories())
        .unwrap();
    let cases = reference_cases("mbg_nbd");
    for ((name, found), expected) in fitted
        .named_parameters()
        .iter()
        .zip(numbers(&cases, "/apparel/parameters"))
    {
        assert_relative(name, *found, expected, ESTIMATE);
    }
    assert_printed(
        "log-likelihood",
        fitted.report().unwrap().log_likelihood,
        -5848.0453,
        4,
    );
}

#[test]
fn customers_of_the_literature_get_the_answers_on_record() {
    let cases = reference_cases("mbg_nbd");
    let model = from_cases(&cases, "/cdnow_sample/parameters");
    assert_customers(&cases, &model);
    let frequent = History::new(26, 216.0 / WEEK, 217.0 / WEEK).unwrap();
    assert_printed(
        "CET(52)",
        model.expected_purchases(&frequent, 52.0).unwrap(),
        23.99819,
        5,
    );
}

#[test]
fn cdnow_as_a_whole_is_foretold_as_on_record() {
    let test = "cdnow_as_a_whole_is_foretold_as_on_record";
    let Some(file) = data_file(test, "cdnow/CDNOW_sample.txt") else {
        return;
    };
    let purchases = Purchases::cdnow(&file);
    let cases = reference_cases("mbg_nbd");
    let model = from_cases(&cases, "/cdnow_sample/parameters");
    assert_holdout(&cases, &model, &purchases);
    // Printed to three or four decimals.
    assert_by_frequency(&cases, &model, &purchases, |found, expected| {
        (found - expected).abs() < 0.5e-3
    });
    let expected = numbers(&cases, "/cdnow_sample/calibration_frequencies");
    for (found, expected) in calibration(&model, &purchases).into_iter().zip(expected) {
        assert_printed("calibration frequency", found, expected, 2);
    }
    let at = |field: &str| number(&cases, &format!("/cdnow_sample/{field}"));
    for (week, field) in [
        (20.0, "week_20"),
        (25.0, "week_25"),
        (39.0, "week_39"),
        (78.0, "week_78"),
    ] {
        let expected = at(&format!("tracking/{field}"));
        assert_printed(field, tracked(&model, &purchases, week), expected, 2);
    }
    assert_printed(
        "Σ lifetime 10 %",
        lifetime_sum(&model, &purchases, 0.10),
        at("lifetime_sum_10"),
        5,
    );
    assert_printed(
        "Σ lifetime 15 %",
        lifetime_sum(&model, &purchases, 0.15),
        at("lifetime_sum_15"),
        5,
    );
}
