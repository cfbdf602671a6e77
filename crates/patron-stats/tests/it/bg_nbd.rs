//! BG/NBD against the literature and other programs: CDNOW, apparel.

use patron_stats::beta_geometric::PurchaseModel;
use patron_stats::bg_nbd::{BgNbdConfig, BgNbdParameters, FittedBgNbd};
use patron_stats::history::{History, WeightedHistories};
use patron_testkit::{
    assert_printed, assert_relative, data_file, number, numbers, reference_cases,
};
use serde_json::Value;

use crate::cdnow::{
    ESTIMATE, assert_by_frequency, assert_customers, assert_fit, assert_holdout, calibration,
    lifetime_sum, tracked,
};
use crate::data::{Purchases, WEEK};

pub(crate) fn from_cases(cases: &Value, pointer: &str) -> FittedBgNbd {
    model(&numbers(cases, pointer))
}

fn model(parameters: &[f64]) -> FittedBgNbd {
    let [r, alpha, a, b] = parameters.try_into().unwrap();
    FittedBgNbd::from_parameters(BgNbdParameters { r, alpha, a, b }).unwrap()
}

#[test]
fn cdnow_sample_is_prepared_as_the_literature_does() {
    let Some(file) = data_file(
        "cdnow_sample_is_prepared_as_the_literature_does",
        "cdnow/CDNOW_sample.txt",
    ) else {
        return;
    };
    let cases = reference_cases("bg_nbd");
    let purchases = Purchases::cdnow(&file);
    let histories = purchases.histories();
    let expected = |field: &str| number(&cases, &format!("/cdnow_sample/{field}"));
    assert_relative(
        "customers",
        histories.customers() as f64,
        expected("customers"),
        0.0,
    );
    assert_relative(
        "Σx",
        histories.repeat_purchases() as f64,
        expected("repeat_purchases"),
        0.0,
    );
    assert_relative(
        "repeaters",
        histories.repeat_buyers() as f64,
        expected("repeat_buyers"),
        0.0,
    );
    assert_relative(
        "unique",
        histories.entries().len() as f64,
        expected("unique_histories"),
        0.0,
    );
    let later: usize = purchases
        .by_customer
        .values()
        .map(|days| purchases.later(days, i64::MAX))
        .sum();
    assert_relative("holdout", later as f64, expected("holdout_purchases"), 0.0);
    let mut frequencies = vec![0.0; 8];
    for (history, count) in histories.entries() {
        frequencies[history.repeat_purchases().min(7) as usize] += *count as f64;
    }
    assert_eq!(
        frequencies,
        numbers(&cases, "/cdnow_sample/frequency_counts")
    );
}

#[test]
fn cdnow_sample_gives_the_published_estimates() {
    let test = "cdnow_sample_gives_the_published_estimates";
    let Some(file) = data_file(test, "cdnow/CDNOW_sample.txt") else {
        return;
    };
    let fitted = BgNbdConfig::default()
        .build()
        .fit(&Purchases::cdnow(&file).histories())
        .unwrap();
    let cases = reference_cases("bg_nbd");
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
    let histories = Purchases::cdnow(&file).histories();
    assert_eq!(
        (histories.customers(), histories.entries().len()),
        (23_570, 8_685)
    );
    let fitted = BgNbdConfig::default().build().fit(&histories).unwrap();
    let cases = reference_cases("bg_nbd");
    assert_fit(
        &cases,
        "cdnow_master",
        &fitted.named_parameters(),
        fitted.report().unwrap(),
    );
}

#[test]
fn cdnow_in_two_decimals_gives_the_estimates_and_forecasts_of_lifetimes() {
    let test = "cdnow_in_two_decimals_gives_the_estimates_and_forecasts_of_lifetimes";
    let Some(file) = data_file(test, "cdnow/cdnow_customers_summary.csv") else {
        return;
    };
    let text = std::fs::read_to_string(file).unwrap();
    let rows: Vec<History> = text
        .lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<f64> = line
                .split(',')
                .map(|field| field.parse().unwrap())
                .collect();
            History::new(fields[1] as u32, fields[2], fields[3]).unwrap()
        })
        .collect();
    let histories = WeightedHistories::from_histories(rows.iter().map(|row| (*row, 1)));
    let fitted = BgNbdConfig::default().build().fit(&histories).unwrap();
    let cases = reference_cases("bg_nbd");
    let report = fitted.report().unwrap();
    // Printed to seven decimals and six.
    for ((name, found), expected) in fitted
        .named_parameters()
        .iter()
        .zip(numbers(&cases, "/cdnow_two_decimals/parameters"))
    {
        assert_relative(name, *found, expected, ESTIMATE);
    }
    for (found, expected) in report
        .standard_errors()
        .unwrap()
        .iter()
        .zip(numbers(&cases, "/cdnow_two_decimals/standard_errors"))
    {
        // Printed to six decimals, cut off rather than rounded.
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
    assert_printed(
        "log-likelihood",
        report.log_likelihood,
        number(&cases, "/cdnow_two_decimals/log_likelihood"),
        6,
    );
    let ids = numbers(&cases, "/cdnow_two_decimals/one_week/ids");
    let values = numbers(&cases, "/cdnow_two_decimals/one_week/values");
    for (id, expected) in ids.into_iter().zip(values) {
        let found = fitted
            .expected_purchases(&rows[id as usize - 1], 1.0)
            .unwrap();
        assert_relative("one week", found, expected, ESTIMATE);
    }
}

#[test]
fn apparel_gives_the_estimates_on_record() {
    let Some(file) = data_file(
        "apparel_gives_the_estimates_on_record",
        "apparel/apparelTrans.csv",
    ) else {
        return;
    };
    let histories = Purchases::apparel(&file).histories();
    assert_eq!(
        (
            histories.customers(),
            histories.customers() - histories.repeat_buyers()
        ),
        (600, 213)
    );
    let fitted = BgNbdConfig::default().build().fit(&histories).unwrap();
    let cases = reference_cases("bg_nbd");
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
        -5857.0197,
        4,
    );
}

#[test]
fn customers_of_the_literature_get_the_published_answers() {
    let cases = reference_cases("bg_nbd");
    let model = from_cases(&cases, "/cdnow_sample/parameters");
    assert_customers(&cases, &model);
    let frequent = History::new(26, 216.0 / WEEK, 217.0 / WEEK).unwrap();
    assert_printed(
        "CET(52)",
        model.expected_purchases(&frequent, 52.0).unwrap(),
        25.7573,
        4,
    );
}

#[test]
fn cdnow_as_a_whole_is_foretold_as_on_record() {
    let test = "cdnow_as_a_whole_is_foretold_as_on_record";
    let Some(file) = data_file(test, "cdnow/CDNOW_sample.txt") else {
        return;
    };
    let purchases = Purchases::cdnow(&file);
    let cases = reference_cases("bg_nbd");
    let model = from_cases(&cases, "/cdnow_sample/parameters");
    assert_holdout(&cases, &model, &purchases);
    // Printed by BTYD, whose optimum is known to seven digits.
    let of_btyd = from_cases(&cases, "/cdnow_sample/btyd_parameters");
    assert_by_frequency(&cases, &of_btyd, &purchases, |found, expected| {
        (found / expected - 1.0).abs() < ESTIMATE
    });
    let expected = numbers(&cases, "/cdnow_sample/calibration_frequencies");
    for (found, expected) in calibration(&model, &purchases).into_iter().zip(expected) {
        assert_printed("calibration frequency", found, expected, 2);
    }
    let weeks = numbers(&cases, "/cdnow_sample/tracking/weeks_20_to_25");
    for (week, expected) in (20..=25).zip(weeks) {
        // Printed by BTYD to seven digits.
        let found = tracked(&of_btyd, &purchases, f64::from(week));
        assert_relative("tracking", found, expected, 1e-6);
    }
    let at = |field: &str| number(&cases, &format!("/cdnow_sample/{field}"));
    assert_printed(
        "week 39",
        tracked(&model, &purchases, 39.0),
        at("tracking/week_39"),
        3,
    );
    assert_printed(
        "week 78",
        tracked(&model, &purchases, 78.0),
        at("tracking/week_78"),
        3,
    );
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

#[test]
fn more_purchases_with_the_same_silence_mean_less_to_come() {
    let cases = reference_cases("bg_nbd");
    // Printed by BTYD, whose optimum is known to seven digits.
    let model = from_cases(&cases, "/cdnow_sample/btyd_parameters");
    let x = numbers(&cases, "/cdnow_sample/paradox/x");
    for (x, expected) in x
        .into_iter()
        .zip(numbers(&cases, "/cdnow_sample/paradox/expected"))
    {
        let history = History::new(x as u32, 20.0, 39.0).unwrap();
        let found = model.expected_purchases(&history, 52.0).unwrap();
        assert_relative("paradox", found, expected, ESTIMATE);
    }
}

#[test]
fn counts_of_new_customers_are_as_published() {
    let cases = reference_cases("bg_nbd");
    let model = from_cases(&cases, "/counts/parameters");
    let count = |time, n| {
        model
            .probability_of_count(&History::NEW_CUSTOMER, time, n)
            .unwrap()
    };
    assert_relative(
        "P(X(2) = 10)",
        count(2.0, 10),
        number(&cases, "/counts/p_2_is_10"),
        5e-6,
    );
    assert_printed(
        "P(X(39) = 0)",
        count(39.0, 0),
        number(&cases, "/counts/p_39_is_0"),
        7,
    );
    for (n, expected) in (11..).zip(numbers(&cases, "/counts/p_30_from_11")) {
        assert_printed("P(X(30) = n)", count(30.0, n), expected, 10);
    }
    for (time, expected) in (1..).zip(numbers(&cases, "/counts/expected_1_to_10")) {
        let found = model.expected_purchases_new(f64::from(time)).unwrap();
        assert_printed("E[X(t)]", found, expected, 7);
    }
}

#[test]
fn overflow_at_200_purchases_of_spreadsheets_and_raw_powers_does_not_happen() {
    let cases = reference_cases("bg_nbd");
    for case in cases["log_likelihood_of_one"].as_array().unwrap() {
        let model = from_cases(case, "/parameters");
        let [x, recency, age] = numbers(case, "/history").try_into().unwrap();
        let history = History::new(x as u32, recency, age).unwrap();
        let found = model.log_likelihood(&WeightedHistories::from_histories([(history, 1)]));
        let decimals = number(case, "/decimals") as i32;
        assert_printed("log-likelihood", found, number(case, "/value"), decimals);
    }
}
