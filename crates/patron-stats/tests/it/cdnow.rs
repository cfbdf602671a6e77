//! What BG/NBD and MBG/NBD are compared in: fits, customers of the literature, CDNOW as a whole.

use patron_stats::beta_geometric::PurchaseModel;
use patron_stats::estimate::FitReport;
use patron_stats::history::History;
use patron_testkit::{assert_printed, assert_relative, number, numbers};
use serde_json::Value;

use crate::data::{Purchases, WEEK};

/// Estimates are asked for to 1e-5; ten printed digits would allow more, the two optimisers' tolerances do not.
pub(crate) const ESTIMATE: f64 = 1e-5;

/// Log-likelihoods are printed to six decimals of four or five digits.
pub(crate) const LOG_LIKELIHOOD: f64 = 2e-10;

/// Compares a fit with `parameters`, `standard_errors` and `log_likelihood` of a data set of the reference.
pub(crate) fn assert_fit(
    cases: &Value,
    set: &str,
    found: &[(&'static str, f64)],
    report: &FitReport,
) {
    for ((name, found), expected) in found
        .iter()
        .zip(numbers(cases, &format!("/{set}/parameters")))
    {
        assert_relative(name, *found, expected, ESTIMATE);
    }
    assert!(report.converged);
    assert_eq!(report.warnings, []);
    let expected = number(cases, &format!("/{set}/log_likelihood"));
    assert_relative(
        "log-likelihood",
        report.log_likelihood,
        expected,
        LOG_LIKELIHOOD,
    );
    let exact = format!("/{set}/exact_standard_errors");
    let printed = format!("/{set}/standard_errors");
    if let Some(pointer) = [exact, printed]
        .iter()
        .find(|pointer| cases.pointer(pointer).is_some())
    {
        let expected = numbers(cases, pointer);
        for (found, expected) in report.standard_errors().unwrap().iter().zip(expected) {
            assert_relative("standard error", *found, expected, ESTIMATE);
        }
    }
}

/// The functions of one customer that both models have on record.
pub(crate) fn assert_customers(cases: &Value, model: &dyn PurchaseModel) {
    let one = History::new(2, 213.0 / WEEK, 272.0 / WEEK).unwrap();
    let frequent = History::new(26, 216.0 / WEEK, 217.0 / WEEK).unwrap();
    let (ten, fifteen) = (1.10_f64.ln() / 52.0, 1.15_f64.ln() / 52.0);
    for (name, history) in [("customer_1", one), ("customer_1516", frequent)] {
        let expected = |field: &str| number(cases, &format!("/cdnow_sample/{name}/{field}"));
        let any = |horizon| model.probability_of_purchase(&history, horizon).unwrap();
        assert_printed(
            "alive",
            model.probability_alive(&history),
            expected("alive"),
            7,
        );
        assert_printed("any in 4", any(4.0), expected("any_4"), 7);
        assert_printed("any in 39", any(39.0), expected("any_39"), 7);
        let lifetime = |rate| {
            model
                .discounted_expected_purchases_lifetime(&history, rate)
                .unwrap()
        };
        assert_printed(
            "lifetime at 10 %",
            lifetime(ten),
            expected("lifetime_10"),
            7,
        );
        assert_printed(
            "lifetime at 15 %",
            lifetime(fifteen),
            expected("lifetime_15"),
            7,
        );
    }
    let expected = |field: &str| number(cases, &format!("/cdnow_sample/customer_1/{field}"));
    assert_printed(
        "CET(39)",
        model.expected_purchases(&one, 39.0).unwrap(),
        expected("expected_39"),
        7,
    );
    assert_printed(
        "CET(52)",
        model.expected_purchases(&one, 52.0).unwrap(),
        expected("expected_52"),
        7,
    );
    let discounted = model
        .discounted_expected_purchases(&one, 52.0, ten)
        .unwrap();
    assert_printed("DET(52)", discounted, expected("discounted_52"), 7);
    assert_new_customer(cases, model);
}

/// `E[X(t)]` of someone nothing is known of.
fn assert_new_customer(cases: &Value, model: &dyn PurchaseModel) {
    let times = numbers(cases, "/cdnow_sample/expected_new/times");
    for (time, expected) in times
        .into_iter()
        .zip(numbers(cases, "/cdnow_sample/expected_new/values"))
    {
        assert_printed(
            "E[X(t)]",
            model.expected_purchases_new(time).unwrap(),
            expected,
            7,
        );
    }
    let at_52 = number(cases, "/cdnow_sample/expected_new/at_52");
    assert_printed(
        "E[X(52)]",
        model.expected_purchases_new(52.0).unwrap(),
        at_52,
        7,
    );
}

/// Customers with the same calibration frequency, the last with all higher ones.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cell {
    customers: f64,
    actual: f64,
    foretold: f64,
}

/// What the models foretell for CDNOW's holdout, set against what happened.
pub(crate) fn assert_holdout(cases: &Value, model: &dyn PurchaseModel, purchases: &Purchases) {
    let (mut sum, mut absolute, mut squared, mut logs, mut alive) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for days in purchases.by_customer.values() {
        let day_history = purchases.day_history(days);
        let history = History::from_days(day_history, WEEK).unwrap();
        let actual = purchases.later(days, i64::MAX) as f64;
        let foretold = model.expected_purchases(&history, 39.0).unwrap();
        sum += foretold;
        absolute += (actual - foretold).abs();
        squared += (actual - foretold).powi(2);
        logs += (actual.ln_1p() - foretold.ln_1p()).powi(2);
        alive += model.probability_alive(&history);
    }
    let customers = purchases.by_customer.len() as f64;
    let expected = |field: &str| number(cases, &format!("/cdnow_sample/holdout/{field}"));
    assert_printed("sum", sum, expected("sum"), 2);
    assert_printed(
        "MAE",
        absolute / customers,
        expected("mean_absolute_error"),
        6,
    );
    assert_printed(
        "RMSE",
        (squared / customers).sqrt(),
        expected("root_mean_squared_error"),
        6,
    );
    assert_printed(
        "MSLE",
        logs / customers,
        expected("mean_squared_log_error"),
        6,
    );
    assert_relative(
        "mean P(alive)",
        alive / customers,
        expected("mean_alive"),
        ESTIMATE,
    );
}

/// Compares the mean expectation by calibration frequency, and what happened where it is on record.
pub(crate) fn assert_by_frequency(
    cases: &Value,
    model: &dyn PurchaseModel,
    purchases: &Purchases,
    near: impl Fn(f64, f64) -> bool,
) {
    let mut cells = [Cell::default(); 8];
    for days in purchases.by_customer.values() {
        let day_history = purchases.day_history(days);
        let history = History::from_days(day_history, WEEK).unwrap();
        let cell = &mut cells[day_history.repeat_purchases.min(7) as usize];
        cell.customers += 1.0;
        cell.actual += purchases.later(days, i64::MAX) as f64;
        cell.foretold += model.expected_purchases(&history, 39.0).unwrap();
    }
    let field = |field: &str| format!("/cdnow_sample/holdout_by_frequency/{field}");
    for (cell, expected) in cells.iter().zip(numbers(cases, &field("expected"))) {
        let found = cell.foretold / cell.customers;
        assert!(
            near(found, expected),
            "by frequency: found {found}, expected {expected}"
        );
    }
    if cases.pointer(&field("actual")).is_some() {
        for (cell, expected) in cells.iter().zip(numbers(cases, &field("actual"))) {
            assert_relative(
                "actual by frequency",
                cell.actual / cell.customers,
                expected,
                1e-6,
            );
        }
    }
}

/// Returns the repeat purchases expected of all by the end of a week of CDNOW, each customer born on the first purchase.
pub(crate) fn tracked(model: &dyn PurchaseModel, purchases: &Purchases, week: f64) -> f64 {
    let histories = purchases.histories();
    let oldest = histories
        .entries()
        .iter()
        .fold(0.0_f64, |oldest, (h, _)| oldest.max(h.age()));
    let of = |(history, count): &(History, u64)| {
        let time = week - (oldest - history.age());
        let expected = if time > 0.0 {
            model.expected_purchases_new(time).unwrap()
        } else {
            0.0
        };
        expected * *count as f64
    };
    histories.entries().iter().map(of).sum()
}

/// Returns the customers expected to have bought 0 to 6 times again, and 7 times or more.
pub(crate) fn calibration(model: &dyn PurchaseModel, purchases: &Purchases) -> Vec<f64> {
    let mut expected = vec![0.0; 8];
    for (history, count) in purchases.histories().entries() {
        let counts = model
            .count_distribution(&History::NEW_CUSTOMER, history.age())
            .unwrap();
        let mut rest = 1.0;
        for (n, cell) in expected.iter_mut().take(7).enumerate() {
            *cell += counts.probability(n) * *count as f64;
            rest -= counts.probability(n);
        }
        expected[7] += rest * *count as f64;
    }
    expected
}

pub(crate) fn lifetime_sum(model: &dyn PurchaseModel, purchases: &Purchases, annual: f64) -> f64 {
    let forecaster = model.forecaster(39.0, annual.ln_1p() / 52.0).unwrap();
    let histories = purchases.histories();
    let sum = |(history, count): &(History, u64)| {
        forecaster.forecast(history).discounted_purchases_lifetime * *count as f64
    };
    histories.entries().iter().map(sum).sum()
}

#[test]
fn information_criteria_are_those_of_clvtools() {
    // Printed for Pareto/NBD on apparel: 600 customers, four parameters.
    let report = FitReport {
        customers: 600,
        parameters: 4,
        log_likelihood: -5848.0978,
        covariance: None,
        iterations: 1,
        converged: true,
        warnings: Vec::new(),
    };
    assert!((report.aic() - 11704.1957).abs() < 2e-4);
    assert!((report.bic() - 11721.7834).abs() < 2e-4);
}
