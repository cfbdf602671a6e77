//! Gamma-Gamma against the literature and other programs.

use patron_stats::beta_geometric::PurchaseModel;
use patron_stats::correlation::pearson;
use patron_stats::gamma_gamma::{
    FittedGammaGamma, GammaGammaConfig, GammaGammaParameters, SpendHistories, SpendHistory,
};
use patron_stats::history::History;
use patron_stats::summary;
use patron_testkit::{
    assert_printed, assert_relative, data_file, number, numbers, reference_cases,
};
use serde_json::Value;

use crate::cdnow::{ESTIMATE, assert_fit};
use crate::data::{Purchases, WEEK, day_number};

fn from_cases(cases: &Value, pointer: &str) -> FittedGammaGamma {
    let [p, q, gamma] = numbers(cases, pointer).try_into().unwrap();
    FittedGammaGamma::from_parameters(GammaGammaParameters { p, q, gamma }).unwrap()
}

/// The mean spend as lifetimes' file has it, in cents.
fn in_cents(spend: SpendHistory) -> SpendHistory {
    let cents = (spend.mean_spend() * 100.0 + 1e-9).round() / 100.0;
    SpendHistory::new(spend.purchases(), cents).unwrap()
}

#[test]
fn cdnow_sample_gives_the_published_estimates() {
    let test = "cdnow_sample_gives_the_published_estimates";
    let Some(file) = data_file(test, "cdnow/CDNOW_sample.txt") else {
        return;
    };
    let spends = Purchases::cdnow(&file).spends();
    let fitted = GammaGammaConfig::default().build().fit(&spends).unwrap();
    let cases = reference_cases("gamma_gamma");
    assert_relative(
        "customers",
        spends.customers() as f64,
        number(&cases, "/cdnow_sample/customers"),
        0.0,
    );
    assert_fit(
        &cases,
        "cdnow_sample",
        &fitted.named_parameters(),
        fitted.report().unwrap(),
    );
    let mean = fitted.population_mean().unwrap();
    let expected = number(&cases, "/cdnow_sample/population_mean");
    // Printed from an optimum that is 1e-7 away.
    assert_relative("population mean", mean, expected, 1e-6);
}

#[test]
fn cdnow_master_gives_the_estimates_on_record() {
    let test = "cdnow_master_gives_the_estimates_on_record";
    let Some(file) = data_file(test, "cdnow/CDNOW_master.txt") else {
        return;
    };
    let spends = Purchases::cdnow(&file).spends();
    let fitted = GammaGammaConfig::default().build().fit(&spends).unwrap();
    let cases = reference_cases("gamma_gamma");
    assert_relative(
        "customers",
        spends.customers() as f64,
        number(&cases, "/cdnow_master/customers"),
        0.0,
    );
    assert_fit(
        &cases,
        "cdnow_master",
        &fitted.named_parameters(),
        fitted.report().unwrap(),
    );
}

#[test]
fn cdnow_in_cents_gives_the_estimates_of_lifetimes() {
    let test = "cdnow_in_cents_gives_the_estimates_of_lifetimes";
    let Some(file) = data_file(test, "cdnow/CDNOW_sample.txt") else {
        return;
    };
    let purchases = Purchases::cdnow(&file);
    let spends: Vec<SpendHistory> = purchases
        .by_customer
        .values()
        .filter_map(|days| purchases.spend(days))
        .map(in_cents)
        .collect();
    let fitted = GammaGammaConfig::default()
        .build()
        .fit(&SpendHistories::new(spends))
        .unwrap();
    let cases = reference_cases("gamma_gamma");
    for ((name, found), expected) in fitted
        .named_parameters()
        .iter()
        .zip(numbers(&cases, "/cdnow_two_decimals/parameters"))
    {
        assert_relative(name, *found, expected, ESTIMATE);
    }
    let expected = number(&cases, "/cdnow_two_decimals/log_likelihood");
    assert_printed(
        "log-likelihood",
        fitted.report().unwrap().log_likelihood,
        expected,
        5,
    );
}

#[test]
fn spend_of_cdnow_is_distributed_as_published() {
    let test = "spend_of_cdnow_is_distributed_as_published";
    let Some(file) = data_file(test, "cdnow/CDNOW_sample.txt") else {
        return;
    };
    let spends = Purchases::cdnow(&file).spends();
    let values: Vec<f64> = spends
        .entries()
        .iter()
        .flat_map(|(spend, count)| vec![spend.mean_spend(); usize::try_from(*count).unwrap()])
        .collect();
    let cases = reference_cases("gamma_gamma");
    let expected = |field: &str| number(&cases, &format!("/cdnow_sample/spend/{field}"));
    let mean = summary::mean(&values).unwrap();
    assert_printed("mean", mean, expected("mean"), 4);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let deviation = (squares / (values.len() as f64 - 1.0)).sqrt();
    assert_printed(
        "standard deviation",
        deviation,
        expected("standard_deviation"),
        4,
    );
    let quartiles = numbers(&cases, "/cdnow_sample/spend/quartiles");
    for (level, expected) in [0.25, 0.5, 0.75].into_iter().zip(quartiles) {
        assert_printed(
            "quartile",
            summary::quantile(&values, level).unwrap(),
            expected,
            2,
        );
    }
    assert_printed(
        "minimum",
        summary::quantile(&values, 0.0).unwrap(),
        expected("minimum"),
        2,
    );
    assert_printed(
        "maximum",
        summary::quantile(&values, 1.0).unwrap(),
        expected("maximum"),
        3,
    );
}

/// Purchases of twelve months of 4.345 weeks, each month's discounted by 1 % a month.
fn twelve_months(model: &dyn PurchaseModel, history: &History) -> f64 {
    let by = |month: i32| {
        let weeks = f64::from(month) * 4.345;
        model.expected_purchases(history, weeks).unwrap()
    };
    (1..=12)
        .map(|month| (by(month) - by(month - 1)) / 1.01_f64.powi(month))
        .sum()
}

#[test]
fn customers_get_the_spend_and_value_of_lifetimes_with_the_right_month() {
    let test = "customers_get_the_spend_and_value_of_lifetimes_with_the_right_month";
    let Some(file) = data_file(test, "cdnow/CDNOW_sample.txt") else {
        return;
    };
    let purchases = Purchases::cdnow(&file);
    let cases = reference_cases("gamma_gamma");
    let spend_model = from_cases(&cases, "/cdnow_two_decimals/parameters");
    let purchase_model =
        crate::bg_nbd::from_cases(&reference_cases("bg_nbd"), "/cdnow_two_decimals/parameters");
    let two_decimals = |value: f64| (value * 100.0 + 1e-9).round() / 100.0;
    let (mut spends, mut values) = (Vec::new(), Vec::new());
    let (mut frequencies, mut means) = (Vec::new(), Vec::new());
    for days in purchases.by_customer.values() {
        let spend = purchases.spend(days).map(in_cents);
        let expected_spend = spend_model.expected_spend(spend.as_ref()).unwrap();
        spends.push(expected_spend);
        if let Some(spend) = spend {
            frequencies.push(f64::from(spend.purchases()));
            means.push(spend.mean_spend());
        }
        let day_history = purchases.day_history(days);
        let recency = two_decimals(f64::from(day_history.recency_days) / WEEK);
        let age = two_decimals(f64::from(day_history.age_days) / WEEK);
        let history = History::new(day_history.repeat_purchases, recency, age).unwrap();
        values.push(expected_spend * twelve_months(&purchase_model, &history));
    }
    for (found, expected) in spends
        .iter()
        .zip(numbers(&cases, "/cdnow_sample/first_ten"))
    {
        assert_relative("expected spend", *found, expected, 1e-6);
    }
    assert_relative(
        "mean",
        summary::mean(&spends).unwrap(),
        number(&cases, "/cdnow_sample/mean_over_all"),
        1e-6,
    );
    let correlation = pearson(&frequencies, &means).unwrap();
    assert_relative(
        "correlation",
        correlation,
        number(&cases, "/cdnow_sample/correlation_with_frequency"),
        1e-5,
    );
    for (found, expected) in values
        .iter()
        .zip(numbers(&cases, "/twelve_months_of_weeks/first_ten"))
    {
        assert_relative("value", *found, expected, 1e-6);
    }
    let sum = number(&cases, "/twelve_months_of_weeks/sum");
    assert_relative("sum of values", summary::sum(&values), sum, 1e-6);
}

#[test]
fn apparel_gives_the_published_estimates() {
    let Some(file) = data_file(
        "apparel_gives_the_published_estimates",
        "apparel/apparelTrans.csv",
    ) else {
        return;
    };
    let mut purchases = Purchases::apparel(&file);
    let cases = reference_cases("gamma_gamma");
    let fit = |purchases: &Purchases| {
        GammaGammaConfig::default()
            .build()
            .fit(&purchases.spends())
            .unwrap()
    };
    let fitted = fit(&purchases);
    assert_eq!(purchases.spends().customers(), 387);
    for ((name, found), expected) in fitted
        .named_parameters()
        .iter()
        .zip(numbers(&cases, "/apparel_104_weeks/parameters"))
    {
        assert_relative(name, *found, expected, ESTIMATE);
    }
    assert_printed(
        "log-likelihood",
        fitted.report().unwrap().log_likelihood,
        -1670.66304,
        5,
    );
    // 40 weeks after 2005-01-02.
    purchases.end = day_number("2005", "10", "09");
    let fitted = fit(&purchases);
    assert_eq!(purchases.spends().customers(), 293);
    for ((name, found), expected) in fitted
        .named_parameters()
        .iter()
        .zip(numbers(&cases, "/apparel_40_weeks/parameters"))
    {
        assert_printed(name, *found, expected, 3);
    }
    assert_printed(
        "log-likelihood",
        fitted.report().unwrap().log_likelihood,
        -1276.72746,
        5,
    );
}
