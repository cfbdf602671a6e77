//! Models that need other data: stages between purchases, opportunities, contracts.

use patron_testkit::{assert_relative, data_file};
use serde_json::Value;

use super::evaluation::{calendar, day, shop, whole};
use super::models::{CALIBRATED, cdnow, json};
use crate::support::{Sandbox, Seeded};

/// What two exact optimisers may differ by at the same optimum.
const SAME_OPTIMUM: f64 = 1e-5;

#[track_caller]
fn assert_estimates(fit: &Value, expected: &[(&str, f64)]) {
    for (name, estimate) in expected {
        let found = fit["parameters"][name]["estimate"].as_f64();
        assert_relative(name, found.unwrap_or(f64::NAN), *estimate, SAME_OPTIMUM);
    }
}

pub(super) fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

/// Orders of customers who buy after the sum of `stages` exponential times, each at an own pace.
fn regular(stages: u32) -> String {
    let mut random = Seeded(11);
    let mut unit = || (random.next() >> 11) as f64 / (1_u64 << 53) as f64;
    let first = day("20230101");
    let mut orders = "order_id,customer_id,ordered_at,net\n".to_owned();
    for customer in 0..600_i32 {
        let pace = [20.0, 40.0, 80.0][usize::try_from(customer % 3).expect("a place")];
        let (mut at, mut number) = ((unit() * 200.0).floor(), 0);
        while at < 730.0 {
            let date = calendar(first + whole(at));
            orders.push_str(&format!("{customer}-{number},c{customer},{date},10\n"));
            number += 1;
            let wait: f64 = (0..stages).map(|_| -(1.0 - unit()).ln()).sum();
            at += (pace * wait / f64::from(stages)).max(1.0);
        }
    }
    orders
}

/// The shape of Wheat and Morrison, from the last two times between purchase days of each customer.
fn wheat_morrison(orders: &str) -> f64 {
    let mut days: std::collections::BTreeMap<&str, Vec<i64>> = std::collections::BTreeMap::new();
    for line in orders.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        days.entry(cells[1])
            .or_default()
            .push(day(&cells[2].replace('-', "")));
    }
    let parts: Vec<f64> = days
        .into_values()
        .filter_map(|mut days| {
            days.dedup();
            let [.., one, two, three] = days[..] else {
                return None;
            };
            Some((three - two) as f64 / (three - one) as f64)
        })
        .collect();
    let n = parts.len() as f64;
    let mean = parts.iter().sum::<f64>() / n;
    let variance = parts.iter().map(|part| (part - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (1.0 - 4.0 * variance) / (8.0 * variance)
}

#[test]
fn stages_are_found_with_their_reason() {
    for (stages, model) in [(1, "bg-cnbd-k"), (3, "mbg-cnbd-k")] {
        let orders = regular(stages);
        let sandbox = Sandbox::with_orders(&orders);
        let arguments = [
            "fit",
            "--model",
            model,
            "orders.csv",
            "--as-of",
            "2024-12-30",
        ];
        let fit = json(&sandbox, &arguments);
        let found = &fit["stages"];
        assert_eq!(found["k"], stages, "{found}");
        let shape = wheat_morrison(&orders);
        assert_relative("shape", number(&found["wheat_morrison"]), shape, 1e-9);
        // k is a parameter, too.
        let aic = 2.0 * 5.0 - 2.0 * number(&fit["log_likelihood"]);
        assert_relative("AIC", number(&fit["aic"]), aic, 1e-12);
        let plain = json(
            &sandbox,
            &[
                &["fit", "--model", model.trim_end_matches("-cnbd-k")],
                &arguments[3..],
            ]
            .concat()
            .iter()
            .map(|word| match *word {
                "bg" => "bg-nbd",
                "mbg" => "mbg-nbd",
                other => other,
            })
            .collect::<Vec<_>>(),
        );
        // One stage is the model without stages.
        let one = number(&found["log_likelihood_with_one"]);
        assert_relative("k = 1", one, number(&plain["log_likelihood"]), 1e-9);
        assert!(stages == 1 || number(&fit["log_likelihood"]) > one + 100.0);
        let reason = found["reason"].as_str().expect("a reason");
        assert!(reason.starts_with(&format!("k = {stages}")), "{reason}");
        assert!(reason.contains("Wheat and Morrison"), "{reason}");
    }
}

#[test]
fn a_model_with_stages_is_compared_and_predicts() {
    let sandbox = Sandbox::with_orders(&regular(3));
    let ends = [
        "orders.csv",
        "--calibration-end",
        "2024-06-30",
        "--holdout-end",
        "2024-12-30",
    ];
    let models = ["evaluate", "--model", "mbg-cnbd-k,mbg-nbd,nbd"];
    let found = json(&sandbox, &[&models[..], &ends[..]].concat());
    assert_eq!(found["chosen"], "mbg-cnbd-k", "{}", found["reason"]);
    let predict = ["predict", "--model", "mbg-cnbd-k", "--no-intervals"];
    let told = json(&sandbox, &[&predict[..], &ends[..3]].concat());
    let customers = told["customers"].as_array().expect("customers").iter();
    assert!(customers.clone().count() == 600);
    assert!(
        customers
            .clone()
            .all(|told| (0.0..=1.0).contains(&number(&told["probability_alive"])))
    );
    sandbox.write("summary.csv", "x,t_x,T\n1,2,3\n");
    let summary = [
        "clv",
        "fit",
        "--quiet",
        "--model",
        "bg-cnbd-k",
        "--summary",
        "summary.csv",
    ];
    sandbox
        .patron(&summary)
        .assert_refused(&["bg-cnbd-k needs the days of orders"]);
    let by_hand = [
        "clv",
        "simulate",
        "--model",
        "bg-cnbd-k",
        "--parameters",
        "k=1.5,r=1,alpha=2,a=1,b=1",
    ];
    sandbox
        .patron(&by_hand)
        .assert_bad_command_line(&["k (a whole number from 1 to 12)"]);
}

/// What was given back after the end was a purchase as of the end, in times between purchases as in histories.
#[test]
fn what_is_given_back_later_is_not_known_yet() {
    let sandbox = Sandbox::with_orders(&regular(3));
    let mut refunds = "refund_id,order_id,refunded_at,amount\n".to_owned();
    for customer in 0..600 {
        refunds.push_str(&format!("r{customer},{customer}-1,2024-08-10,10\n"));
    }
    sandbox.write("refunds.csv", refunds);
    let ends = [
        "--calibration-end",
        "2024-06-30",
        "--holdout-end",
        "2024-12-30",
    ];
    for (model, flags) in [
        ("bg-cnbd-k", &[][..]),
        ("bg-bb", &[]),
        (
            "pareto-ggg",
            &["--chains", "2", "--draws", "100", "--warmup", "50"],
        ),
    ] {
        let fit = |files: &[&str]| {
            json(
                &sandbox,
                &[&["fit", "--model", model], files, &ends, flags].concat(),
            )
        };
        let plain = fit(&["orders.csv"]);
        assert_eq!(plain, fit(&["orders.csv", "refunds.csv"]), "{model}");
    }
}

#[test]
fn simulated_customers_come_with_the_number_of_stages() {
    let sandbox = Sandbox::with_orders(&regular(3));
    let by_hand = ["simulate", "--model", "mbg-cnbd-k", "--customers", "10"];
    let given = ["--parameters", "k=4,r=1,alpha=2,a=1,b=1"];
    let drawn = json(&sandbox, &[&by_hand[..], &given].concat());
    let names: Vec<&String> = drawn["parameters"]
        .as_object()
        .expect("parameters")
        .keys()
        .collect();
    assert_eq!(names, ["k", "r", "alpha", "a", "b"]);
    assert_eq!(drawn["parameters"]["k"], 4.0);
    let of_orders = ["orders.csv", "--as-of", "2024-12-30"];
    let drawn = json(&sandbox, &[&by_hand[..], &of_orders].concat());
    assert_eq!(drawn["parameters"]["k"], 3.0);
    let plain = ["simulate", "--model", "nbd", "--parameters", "r=1,alpha=2"];
    assert!(json(&sandbox, &plain)["parameters"].get("k").is_none());
}

#[test]
fn opportunities_give_the_published_fit() {
    let file = data_file(
        "opportunities_give_the_published_fit",
        "donations/donations.csv",
    );
    if let Some(file) = file {
        let sandbox = Sandbox::new();
        sandbox.write(
            "donations.csv",
            std::fs::read(file).expect("the donations can be read"),
        );
        let fit = json(
            &sandbox,
            &["fit", "--model", "bg-bb", "--summary", "donations.csv"],
        );
        assert_eq!(
            (&fit["n"], &fit["converged"]),
            (&11_104.into(), &true.into())
        );
        let published = [
            ("alpha", 1.203_522_5),
            ("beta", 0.749_716_4),
            ("gamma", 0.656_718_1),
            ("delta", 2.783_441_6),
        ];
        assert_estimates(&fit, &published);
        assert_relative(
            "likelihood",
            number(&fit["log_likelihood"]),
            -33_225.581_274,
            1e-9,
        );
    }
    let sandbox = Sandbox::new();
    sandbox.write("parts.csv", "customer_id,x,t_x,T\na,1,1.5,3\n");
    let parts = sandbox.patron(&[
        "clv",
        "fit",
        "--quiet",
        "--model",
        "bg-bb",
        "--summary",
        "parts.csv",
    ]);
    parts.assert_refused(&["customer `a`", "recency is 1.5, expected a whole number"]);
    sandbox.write("often.csv", "customer_id,x,t_x,T\nb,3,2,3\n");
    let often = sandbox.patron(&[
        "clv",
        "fit",
        "--quiet",
        "--model",
        "bg-bb",
        "--summary",
        "often.csv",
    ]);
    often.assert_refused(&["customer `b`", "3 purchases by opportunity 2"]);
}

#[test]
fn of_orders_every_unit_after_the_first_purchase_is_an_opportunity() {
    let sandbox = shop(5, [[0.05, 0.2, 0.5]; 2]);
    let orders = sandbox.text("orders.csv");
    let mut days: std::collections::BTreeMap<&str, Vec<i64>> = std::collections::BTreeMap::new();
    for line in orders.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        days.entry(cells[1])
            .or_default()
            .push(day(&cells[2].replace('-', "")));
    }
    let end = day("20241230");
    let mut summary = "customer_id,x,t_x,T\n".to_owned();
    for (id, days) in days {
        // Whole weeks that are over; the first one is that of the first purchase.
        let weeks = (end - days[0] + 1) / 7 - 1;
        let mut used: Vec<i64> = days.iter().map(|day| (day - days[0]) / 7).collect();
        used.retain(|week| (1..=weeks).contains(week));
        used.dedup();
        let last = used.last().copied().unwrap_or(0);
        summary.push_str(&format!("{id},{},{last},{}\n", used.len(), weeks.max(0)));
    }
    sandbox.write("summary.csv", summary);
    let of_orders = [
        "fit",
        "--model",
        "bg-bb",
        "orders.csv",
        "--as-of",
        "2024-12-30",
        "--unit",
        "week",
    ];
    let of_summary = [
        "fit",
        "--model",
        "bg-bb",
        "--summary",
        "summary.csv",
        "--unit",
        "week",
    ];
    assert_eq!(json(&sandbox, &of_orders), json(&sandbox, &of_summary));
}

/// Customers of two cohorts at the start and after each of seven renewals (Fader and Hardie 2007).
pub(super) const REGULAR: [u64; 8] = [1000, 631, 468, 382, 326, 289, 262, 241];
pub(super) const HIGH_END: [u64; 8] = [1000, 869, 743, 653, 593, 551, 517, 491];

pub(super) fn cohort(counts: &[u64]) -> String {
    let rows = counts.iter().enumerate();
    let rows = rows.map(|(period, customers)| format!("{period},{customers}\n"));
    format!("period,customers\n{}", rows.collect::<String>())
}

#[test]
fn contracts_give_the_published_fits_in_every_form() {
    let sandbox = Sandbox::new();
    sandbox.write("regular.csv", cohort(&REGULAR));
    sandbox.write("high.csv", cohort(&HIGH_END));
    for (file, alpha, beta, likelihood) in [
        ("regular.csv", 0.704_077_3, 1.182_043_0, -1_680.265_19),
        ("high.csv", 0.668_088_4, 3.806_095_4, -1_611.158_15),
    ] {
        let fit = json(&sandbox, &["fit", "--model", "sbg", "--contracts", file]);
        assert_estimates(&fit, &[("alpha", alpha), ("beta", beta)]);
        // Printed with five decimals.
        assert_relative(
            "likelihood",
            number(&fit["log_likelihood"]),
            likelihood,
            1e-8,
        );
        let larger = json(&sandbox, &["fit", "--model", "bdw", "--contracts", file]);
        assert!(
            number(&larger["log_likelihood"]) > likelihood,
            "sBG is a case of it"
        );
    }
    // The same customers one by one: who left, at which renewal; and with days, a month each.
    let mut histories = "renewals,left,customers\n".to_owned();
    let mut days = "start,end\n".to_owned();
    for (renewal, pair) in (1..).zip(REGULAR.windows(2)) {
        histories.push_str(&format!("{renewal},1,{}\n", pair[0] - pair[1]));
        let end = calendar(day("20240115") + whole(f64::from(renewal) * 30.4375 + 0.5));
        days.push_str(
            &format!("2024-01-15,{end}\n")
                .repeat(usize::try_from(pair[0] - pair[1]).expect("a count")),
        );
    }
    histories.push_str("7,no,241\n");
    days.push_str(&"2024-01-15,\n".repeat(241));
    sandbox.write("histories.csv", histories);
    sandbox.write("days.csv", days);
    let of = |arguments: &[&str]| {
        let mut fit = json(
            &sandbox,
            &[&["fit", "--model", "bdw", "--contracts"], arguments].concat(),
        );
        fit.as_object_mut().expect("a fit").remove("notes");
        fit
    };
    let plain = of(&["regular.csv"]);
    assert_eq!(of(&["histories.csv"]), plain);
    assert_eq!(of(&["days.csv", "--as-of", "2024-08-20"]), plain);
}

#[test]
fn contracts_that_cannot_be_are_refused_with_their_place() {
    let sandbox = Sandbox::new();
    for (text, words) in [
        (
            "period,customers\n0,10\n2,9\n",
            ["line 3", "column `period`", "expected 1"],
        ),
        (
            "period,customers\n0,10\n1,11\n",
            ["line 3", "column `customers`", "no more customers"],
        ),
        (
            "renewals,left\n3,0\n0,1\n",
            ["line 3", "column `renewals`", "left at renewal 0"],
        ),
        (
            "renewals,left\n3,maybe\n",
            ["line 2", "column `left`", "expected 1 for who left"],
        ),
        (
            "start,end\n2024-01-15,2024-01-01\n",
            ["line 2", "column `end`", "before the start"],
        ),
        (
            "start,end\n15.1.2024,\n",
            ["line 2", "column `start`", "expected a day"],
        ),
        (
            "customers\n3\n",
            ["no column of renewals", "`c.csv`", "customers"],
        ),
    ] {
        sandbox.write("c.csv", text);
        let refused = sandbox.patron(&["clv", "fit", "--model", "sbg", "--contracts", "c.csv"]);
        refused.assert_refused(&words);
    }
    let none = sandbox.patron(&["clv", "fit", "--model", "sbg", "orders.csv"]);
    none.assert_bad_command_line(&["`--contracts FILE`"]);
    let other = sandbox.patron(&["clv", "fit", "--model", "nbd", "--contracts", "c.csv"]);
    other.assert_bad_command_line(&["sbg or bdw"]);
}

#[test]
fn spend_alone_is_fitted_from_a_summary_and_from_orders() {
    let Some(sandbox) = cdnow("spend_alone_is_fitted_from_a_summary_and_from_orders") else {
        return;
    };
    let of_orders = json(
        &sandbox,
        &[&["fit", "--model", "gamma-gamma"], &CALIBRATED[..]].concat(),
    );
    // The 946 repeat buyers of the sample; Fader and Hardie (2013) print 6.25, 3.74, 15.44.
    assert_eq!(of_orders["n"], 946);
    for (name, printed, half) in [
        ("p", 6.25, 0.005),
        ("q", 3.74, 0.005),
        ("gamma", 15.44, 0.02),
    ] {
        let found = number(&of_orders["parameters"][name]["estimate"]);
        assert!((found - printed).abs() <= half, "{name}: {found}");
    }
}
