//! `patron clv evaluate`, closer: tracking, calibration, baselines, other origins, drift and the page, against counts of the orders
//! and formulas worked out here.

use std::collections::BTreeMap;

use serde_json::Value;

use super::models::{CALIBRATED, cdnow, json};
use crate::support::{Sandbox, Seeded};

/// Holdouts of a quarter.
const ENDS: [&str; 5] = [
    "orders.txt",
    "--calibration-end",
    "1998-03-31",
    "--holdout-end",
    "1998-06-30",
];
const HELD: [&str; 2] = ["--holdout-end", "1998-06-30"];

/// Days since 1970-01-01 of a day as `19970131`.
pub(super) fn day(text: &str) -> i64 {
    let number: i64 = text.parse().expect("a day");
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468
}

/// The distinct purchase days of every customer of CDNOW.
fn purchase_days(sandbox: &Sandbox) -> Vec<Vec<i64>> {
    let mut customers: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for line in sandbox.text("orders.txt").lines() {
        let cells: Vec<&str> = line.split_whitespace().collect();
        let days = customers.entry(cells[0].to_owned()).or_default();
        days.push(day(cells[2]));
    }
    let sorted = customers.into_values().map(|mut days| {
        days.sort_unstable();
        days.dedup();
        days
    });
    sorted.collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    let cells = value.as_array().expect("a list").iter();
    cells.map(|cell| cell.as_f64().expect("a number")).collect()
}

/// `E[X(t)]` of BG/NBD by the series of its hypergeometric function.
fn bg_nbd_expected([r, alpha, a, b]: [f64; 4], time: f64) -> f64 {
    let z = time / (alpha + time);
    let (mut term, mut sum) = (1.0, 1.0);
    for n in 0..20_000 {
        let n = f64::from(n);
        term *= (r + n) * (b + n) / ((a + b - 1.0 + n) * (n + 1.0)) * z;
        sum += term;
    }
    (a + b - 1.0) / (a - 1.0) * (1.0 - (alpha / (alpha + time)).powf(r) * sum)
}

#[test]
fn tracking_is_what_was_bought_and_what_the_formula_expects() {
    let Some(sandbox) = cdnow("tracking_is_what_was_bought_and_what_the_formula_expects") else {
        return;
    };
    let arguments = [&["evaluate", "--model", "bg-nbd"], &CALIBRATED[..], &HELD].concat();
    let found = json(&sandbox, &arguments);
    let tracking = &found["tracking"];
    assert_eq!(
        (&tracking["period_days"], &tracking["first_day"]),
        (&7.into(), &"1997-01-01".into())
    );
    let first = day("19970101");
    let customers = purchase_days(&sandbox);
    let seen = |by: i64| {
        let repeats = customers.iter().flat_map(|days| days.iter().skip(1));
        repeats.filter(|day| **day < first + by).count() as f64
    };
    let actual = numbers(&tracking["actual"]["cumulative"]);
    assert_eq!(actual.len(), 78, "546 days");
    let counted: Vec<f64> = (1..=78).map(|week| seen(7 * week)).collect();
    assert_eq!(actual, counted);
    assert_eq!(tracking["period_ends"][38], "1997-09-30");
    let gained = numbers(&tracking["actual"]["incremental"]);
    assert!((gained[9] - (seen(70) - seen(63))).abs() < 1e-9);
    let fit = &found["models"][0]["fit"]["parameters"];
    let parameters =
        ["r", "alpha", "a", "b"].map(|name| fit[name]["estimate"].as_f64().expect("a number"));
    let expected = numbers(&tracking["expected"]["bg-nbd"]["cumulative"]);
    for week in [1_i64, 13, 39, 78] {
        let end = first + 7 * week;
        let born = customers
            .iter()
            .map(|days| days[0])
            .filter(|day| *day < end);
        let sum: f64 = born
            .map(|day| bg_nbd_expected(parameters, (end - day) as f64 / 7.0))
            .sum();
        let found = expected[usize::try_from(week).expect("a place") - 1];
        assert!(
            (found / sum - 1.0).abs() < 1e-9,
            "week {week}: {found} {sum}"
        );
    }
}

#[test]
fn calibration_by_frequency_adds_up_and_counts_what_came() {
    let Some(sandbox) = cdnow("calibration_by_frequency_adds_up_and_counts_what_came") else {
        return;
    };
    let arguments = [&["evaluate", "--model", "nbd"], &CALIBRATED[..], &HELD].concat();
    let found = json(&sandbox, &arguments);
    let end = day("19970930");
    let mut came: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for days in purchase_days(&sandbox) {
        let known = days.iter().filter(|day| **day <= end).count();
        let group = came.entry((known - 1).min(7)).or_default();
        *group = (group.0 + 1.0, group.1 + (days.len() - known) as f64);
    }
    for model in found["models"].as_array().expect("models") {
        let groups = model["by_frequency"].as_array().expect("groups");
        assert_eq!(groups.len(), 8);
        let mut predicted = 0.0;
        for (group, (from, (customers, actual))) in groups.iter().zip(&came) {
            assert_eq!(group["from"], *from);
            assert_eq!(group["customers"].as_f64(), Some(*customers));
            let mean = group["actual"].as_f64().expect("a mean");
            assert!((mean * customers - actual).abs() < 1e-6);
            predicted += group["predicted"].as_f64().expect("a mean") * customers;
        }
        let all = model["measures"]["predicted"].as_f64().expect("a sum");
        assert!((predicted - all).abs() < 1e-6 * all, "{}", model["model"]);
        assert!(groups[7]["to"].is_null() && groups[6]["to"] == 6);
    }
    // Known of the sample: 1,411 of 2,357 did not come back in 39 weeks.
    assert_eq!(found["models"][0]["by_frequency"][0]["customers"], 1_411);
}

/// Counts in the orders what came after each origin.
fn assert_origins_count_what_came(sandbox: &Sandbox, models: &[Value], origins: &[&str]) {
    let customers = purchase_days(sandbox);
    let keys: Vec<&Value> = models.iter().map(|model| &model["model"]).collect();
    assert_eq!(
        keys,
        [
            "nbd",
            "bg-nbd",
            "own-mean-rate",
            "same-as-last-period",
            "rfm-cell-mean"
        ]
    );
    for model in models {
        for (place, origin) in origins.iter().enumerate() {
            let from = day(&origin.replace('-', ""));
            let later = |days: &&Vec<i64>| days[0] <= from;
            let came: usize = customers
                .iter()
                .filter(later)
                .map(|days| {
                    days.iter()
                        .filter(|day| (from + 1..=from + 91).contains(*day))
                        .count()
                })
                .sum();
            assert_eq!(
                model["at"][place]["actual"].as_f64(),
                Some(came as f64),
                "{origin}"
            );
        }
    }
}

#[test]
fn origins_roll_and_the_last_one_is_the_plain_evaluation() {
    let Some(sandbox) = cdnow("origins_roll_and_the_last_one_is_the_plain_evaluation") else {
        return;
    };
    let ends = ENDS;
    let arguments = [
        &["evaluate", "--model", "bg-nbd,nbd", "--rolling", "9"],
        &ends[..],
    ]
    .concat();
    let found = json(&sandbox, &arguments);
    let rolling = &found["rolling"];
    assert_eq!(rolling["horizon_days"], 91);
    let origins: Vec<&str> = rolling["origins"]
        .as_array()
        .expect("origins")
        .iter()
        .map(|origin| origin.as_str().expect("a day"))
        .collect();
    assert_eq!(
        origins,
        ["1997-07-01", "1997-09-30", "1997-12-30", "1998-03-31"]
    );
    let models = rolling["models"].as_array().expect("models");
    assert_origins_count_what_came(&sandbox, models, &origins);
    let (here, there) = (&found["models"][1], &models[1]["at"][3]);
    let (of_cells, cells_there) = (&found["models"][4], &models[4]["at"][3]);
    assert_eq!(of_cells["model"], "rfm-cell-mean");
    for (one, other) in [
        (
            &of_cells["measures"]["predicted"],
            &cells_there["predicted"],
        ),
        (&here["measures"]["predicted"], &there["predicted"]),
        (
            &here["measures"]["mean_log_score"],
            &there["mean_log_score"],
        ),
        (
            &here["fit"]["parameters"]["r"]["estimate"],
            &there["parameters"]["r"],
        ),
    ] {
        let [one, other] = [one, other].map(|value| value.as_f64().expect("a number"));
        assert!((one / other - 1.0).abs() < 1e-9, "{one} {other}");
    }
}

#[test]
fn cells_at_an_origin_are_those_of_an_evaluation_that_ends_there() {
    let test = "cells_at_an_origin_are_those_of_an_evaluation_that_ends_there";
    let Some(sandbox) = cdnow(test) else { return };
    let flags = ["evaluate", "--model", "nbd"];
    let rolled = json(&sandbox, &[&flags[..], &["--rolling", "3"], &ENDS].concat());
    let of_cells = |models: &Value| {
        let mut models = models.as_array().expect("models").iter();
        let found = models.find(|model| model["model"] == "rfm-cell-mean");
        found.expect("the baseline").clone()
    };
    let rolled = of_cells(&rolled["rolling"]["models"]);
    let ends = ["1997-09-30", "1997-12-30", "1998-03-31", "1998-06-30"];
    for (at, ends) in rolled["at"]
        .as_array()
        .expect("origins")
        .iter()
        .zip(ends.windows(2))
    {
        assert_eq!(at["origin"], ends[0]);
        let of = [
            "orders.txt",
            "--calibration-end",
            ends[0],
            "--holdout-end",
            ends[1],
        ];
        let alone = json(&sandbox, &[&flags[..], &of].concat());
        let alone = of_cells(&alone["models"]);
        for name in ["predicted", "actual"] {
            let pair = [&at[name], &alone["measures"][name]];
            let [one, other] = pair.map(|value| value.as_f64().expect("a number"));
            // The same numbers, added in another order.
            assert!((one / other - 1.0).abs() < 1e-9, "{name}: {one} {other}");
        }
        assert!(at["mean_log_score"].is_null() && at["failed"].is_null());
    }
    assert!(rolled["rmse"].is_number());
}

#[test]
fn origins_are_the_latest_and_at_least_two() {
    let Some(sandbox) = cdnow("origins_are_the_latest_and_at_least_two") else {
        return;
    };
    let ends = ENDS;
    let two = [&["evaluate", "--model", "nbd", "--rolling", "2"], &ends[..]].concat();
    let two = json(&sandbox, &two);
    assert_eq!(
        two["rolling"]["origins"],
        serde_json::json!(["1997-12-30", "1998-03-31"])
    );
    let short = [
        &["clv", "evaluate", "--quiet", "--rolling", "3"],
        &CALIBRATED[..],
        &HELD,
    ]
    .concat();
    sandbox.patron(&short).assert_refused(&[
        "too short for two origins",
        "273 days",
        "--holdout-end",
    ]);
}

/// Orders of a shop over two years from 2023-01-01: every customer buys at random, at one of three rates a week, those won in the
/// first and the second year at different ones.
pub(super) fn shop(seed: u64, rates: [[f64; 3]; 2]) -> Sandbox {
    let mut random = Seeded(seed);
    let mut unit = || (random.next() >> 11) as f64 / (1_u64 << 53) as f64;
    let first = day("20230101");
    let mut orders = "order_id,customer_id,ordered_at,net\n".to_owned();
    for customer in 0..1_200 {
        let won = (unit() * 730.0).floor();
        let rate = rates[usize::from(won >= 365.0)][customer % 3];
        let mut at = won;
        let mut number = 0;
        while at < 730.0 {
            let date = calendar(first + whole(at));
            orders.push_str(&format!("{customer}-{number},c{customer:04},{date},10\n"));
            number += 1;
            at += 1.0 - 7.0 / rate * (1.0 - unit()).ln();
        }
    }
    Sandbox::with_orders(&orders)
}

/// The day in which a time lies.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a number of days within a few years"
)]
pub(super) fn whole(days: f64) -> i64 {
    days.floor() as i64
}

/// A day as `2023-01-31`.
pub(super) fn calendar(day: i64) -> String {
    let z = day + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{date:02}")
}

#[test]
fn customers_who_change_are_told_from_those_who_do_not() {
    let ends = [
        "orders.csv",
        "--calibration-end",
        "2024-12-29",
        "--holdout-end",
        "2024-12-30",
    ];
    let of = |rates| {
        let sandbox = shop(3, rates);
        let arguments = [&["evaluate", "--model", "nbd"], &ends[..]].concat();
        json(&sandbox, &arguments)["drift"].clone()
    };
    let same = [0.03, 0.1, 0.3];
    let alike = of([same, same]);
    let p = |drift: &Value| drift["p"].as_f64().expect("a probability");
    assert!(p(&alike) > 0.01, "{alike}");
    assert!(
        alike["words"]
            .as_str()
            .expect("words")
            .contains("one set of parameters does for both")
    );
    assert_eq!(
        (&alike["middle"], &alike["horizon_days"]),
        (&"2023-12-31".into(), &364.into())
    );
    let changed = of([same, same.map(|rate| 0.5 * rate)]);
    assert!(p(&changed) < 1e-4, "{changed}");
    assert!(
        changed["words"]
            .as_str()
            .expect("words")
            .contains("changed by more than chance")
    );
    let expected = |half: &str| changed[half]["expected_of_new"].as_f64().expect("a number");
    // 52 weeks at a mean of 0.143 a week, less a day after each purchase; half of it.
    assert!((expected("first") / 7.2 - 1.0).abs() < 0.15, "{changed}");
    assert!((expected("second") / 3.7 - 1.0).abs() < 0.15, "{changed}");
    let customers = |half: &str| changed[half]["customers"].as_u64().expect("a count");
    // Who was won on the last day is no customer yet.
    assert!((1_190..=1_200).contains(&(customers("first") + customers("second"))));
}

#[test]
fn nobody_won_lately_cannot_be_compared() {
    let Some(sandbox) = cdnow("nobody_won_lately_cannot_be_compared") else {
        return;
    };
    let arguments = [&["evaluate", "--model", "nbd"], &CALIBRATED[..], &HELD].concat();
    let found = json(&sandbox, &arguments);
    let words = found["drift"]["words"].as_str().expect("words");
    assert!(
        words.contains("cannot be told") && words.contains("need at least"),
        "{words}"
    );
}

#[test]
fn where_a_baseline_wins_it_is_said() {
    // Like clockwork, everybody at an own pace: x/T foretells it, and no model of random purchases does as well.
    let mut orders = "order_id,customer_id,ordered_at,net\n".to_owned();
    let first = day("20230101");
    for customer in 0..300_i64 {
        let pace = 3 + customer % 60;
        for (number, at) in (customer % 50..730)
            .step_by(usize::try_from(pace).expect("a pace"))
            .enumerate()
        {
            let date = calendar(first + at);
            orders.push_str(&format!("{customer}-{number},c{customer:03},{date},10\n"));
        }
    }
    let sandbox = Sandbox::with_orders(&orders);
    let ends = [
        "orders.csv",
        "--calibration-end",
        "2024-06-30",
        "--holdout-end",
        "2024-12-30",
    ];
    let arguments = [&["evaluate", "--model", "bg-nbd,nbd"], &ends[..]].concat();
    let found = json(&sandbox, &arguments);
    let nearer = found["nearer_in_squared_error"].as_array().expect("names");
    assert!(nearer.contains(&"own-mean-rate".into()), "{nearer:?}");
    assert!(
        found["reason"]
            .as_str()
            .expect("a reason")
            .contains("yet own-mean-rate came nearer")
    );
    let page = sandbox.path("page.html");
    let html = ["--html", page.to_str().expect("a path"), "--quiet"];
    let shown = sandbox.patron(&[&["clv"], &arguments[..], &html].concat());
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    assert!(shown.stdout.contains("yet own-mean-rate came nearer"));
    assert!(
        sandbox
            .text("page.html")
            .contains("<strong>own-mean-rate</strong>")
    );
}

#[test]
fn the_page_asks_for_nothing_and_draws_every_model_in_three_languages() {
    let Some(sandbox) = cdnow("the_page_asks_for_nothing_and_draws_every_model_in_three_languages")
    else {
        return;
    };
    let flags = [
        "clv",
        "evaluate",
        "--quiet",
        "--model",
        "bg-nbd,nbd",
        "--html",
        "page.html",
    ];
    let shown = sandbox.patron(&[&flags[..], &CALIBRATED, &HELD].concat());
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    let page = sandbox.text("page.html");
    for outside in ["http:", "https:", "//", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("default-src 'none'"));
    let count = |what: &str| page.matches(what).count();
    // Two charts of tracking with what was bought and two models, one of deciles with one model, one of frequencies with two and
    // three baselines; each line again in its legend.
    assert_eq!(count("class=\"line bold\""), 2 * 4);
    assert_eq!(count("class=\"line\""), 2 * (2 + 2 + 1 + 4));
    for language in ["en", "zh-Hans", "zh-Hant"] {
        let spans = count(&format!("<span data-l=\"{language}\""));
        assert_eq!(spans, count("<span data-l=\"en\""), "{language}");
    }
    // Reasons are told in every language, none of them in English alone.
    for language in ["en", "zh-Hans", "zh-Hant"] {
        let paragraphs = count(&format!("<p class=\"muted\" data-l=\"{language}\""));
        assert_eq!(
            paragraphs, 2,
            "{language}: the choice, and why halves cannot be compared"
        );
    }
    assert!(!page.contains("<p class=\"muted\" lang=\"en\">") && !page.contains("<p lang=\"en\">"));
    assert!(
        page.contains("需要重复购买的客户数为 30") && page.contains("需要重複購買的客戶數為 30")
    );
    assert!(!page.contains("NaN") && !page.contains("inf"));
    let nowhere = [
        &flags[..6],
        &["no/such/folder.html"],
        &CALIBRATED[..],
        &HELD,
    ]
    .concat();
    sandbox
        .patron(&nowhere)
        .assert_refused(&["cannot write `no/such/folder.html`"]);
}
