//! `patron clv` where parameters are drawn: posteriors found by importance sampling elsewhere, and what is told of customers.

use patron_testkit::{assert_relative, numbers, reference_cases};
use serde_json::Value;

use super::covariates::apparel;
use super::models::{CALIBRATED, cdnow, json};
use super::other_models::number;
use crate::support::Sandbox;

/// Draws differ from the posterior by chance: this many standard errors, for several dozen numbers at once.
const FAR: f64 = 5.0;

#[track_caller]
fn assert_posterior(fit: &Value, case: &Value, names: &[&str]) {
    let (means, errors) = (numbers(case, "/mean"), numbers(case, "/standard_deviation"));
    for ((name, mean), deviation) in names.iter().zip(means).zip(errors) {
        let found = &fit["parameters"][name];
        let effective = number(&found["ess_bulk"]).min(number(&found["ess_tail"]));
        assert!(effective > 40.0, "{name}: {found}");
        assert!(number(&found["rhat"]) < 1.1, "{name}: {found}");
        let off = (number(&found["estimate"]) - mean) / (deviation / effective.sqrt());
        assert!(
            off.abs() < FAR,
            "{name}: {found} is {off:.1} errors from {mean}"
        );
        // A standard deviation of a long tail is known worse than one of a bell.
        let ratio = number(&found["se"]) / deviation;
        assert!(
            (0.6..1.6).contains(&ratio),
            "{name}: {found}, expected {deviation}"
        );
    }
}

/// What the house form asks of every fit.
#[track_caller]
fn assert_form(fit: &Value, model: &str, customers: u64) {
    assert_eq!(
        (&fit["model"], &fit["n"]),
        (&model.into(), &customers.into())
    );
    let size = fit["parameters"].as_object().expect("parameters").len();
    let covariance = fit["covariance"].as_array().expect("a covariance");
    assert_eq!(covariance.len(), size);
    for (place, found) in fit["parameters"]
        .as_object()
        .expect("parameters")
        .values()
        .enumerate()
    {
        let se = number(&found["se"]);
        assert_relative("variance", number(&covariance[place][place]), se * se, 1e-9);
        assert!(number(&found["low"]) < number(&found["estimate"]));
        assert!(number(&found["estimate"]) < number(&found["high"]));
    }
    assert!(fit["log_likelihood"].is_null() && fit["aic"].is_null());
}

#[test]
fn posteriors_are_those_of_importance_sampling() {
    let Some(sandbox) = cdnow("posteriors_are_those_of_importance_sampling") else {
        return;
    };
    let cases = reference_cases("bayes");
    for (model, names, customers) in [
        ("mbg-nbd", &["r", "alpha", "a", "b"][..], 2_357),
        ("gamma-gamma", &["p", "q", "gamma"], 946),
    ] {
        let flags = ["--posterior", "--draws", "500", "--seed", "5"];
        let fit = ["fit", "--model", model];
        let fit = json(&sandbox, &[&fit[..], &CALIBRATED, &flags].concat());
        assert_form(&fit, model, customers);
        assert_posterior(&fit, &cases[model], names);
        let expected = [("chains", 4), ("draws", 500), ("warmup", 500), ("seed", 5)];
        for (name, expected) in expected {
            assert_eq!(fit["sampling"][name], expected, "{name}");
        }
    }
}

#[test]
fn own_rates_have_the_spread_of_importance_sampling() {
    let Some(sandbox) = cdnow("own_rates_have_the_spread_of_importance_sampling") else {
        return;
    };
    let flags = ["--chains", "2", "--draws", "300", "--warmup", "1000"];
    let fit = ["fit", "--model", "pareto-nbd-abe"];
    let fit = json(&sandbox, &[&fit[..], &CALIBRATED, &flags].concat());
    assert_form(&fit, "pareto-nbd-abe", 2_357);
    let cases = reference_cases("abe");
    let names = cases["names"].as_array().expect("names").iter();
    let names: Vec<&str> = names.map(|name| name.as_str().expect("a name")).collect();
    assert_posterior(&fit, &cases, &names);
    assert_eq!(fit["sampling"]["thinning"], 20);
}

/// Customers of BG/NBD with spends, as a summary.
fn drawn(customers: u32) -> Sandbox {
    let sandbox = Sandbox::new();
    let model = [
        "clv",
        "simulate",
        "--model",
        "bg-nbd",
        "--parameters",
        "r=0.9,alpha=5,a=0.5,b=3",
    ];
    let count = customers.to_string();
    let drawn = sandbox.patron(&[&model[..], &["--customers", &count]].concat());
    assert_eq!(drawn.code, 0, "{}", drawn.stderr);
    let mut rows = drawn.stdout.lines().map(str::to_owned);
    let header = rows.next().expect("a header");
    let rows = rows
        .enumerate()
        .map(|(place, row)| format!("{row},{}\n", 20 + place * 7 % 31));
    let rows: String = rows.collect();
    sandbox.write("drawn.csv", format!("{header},monetary_value\n{rows}"));
    sandbox
}

/// Where customers are many, means over a posterior with weak priors are what the likeliest parameters say, and so are bounds.
#[test]
fn predictions_by_draws_come_near_those_of_the_likeliest_parameters() {
    let sandbox = drawn(3_000);
    let model = ["predict", "--model", "bg-nbd", "--summary", "drawn.csv"];
    let flags = ["--posterior", "--chains", "2", "--draws", "300"];
    let plain = json(&sandbox, &model);
    let told = json(&sandbox, &[&model[..], &flags].concat());
    assert_eq!(
        told,
        json(&sandbox, &[&model[..], &flags].concat()),
        "drawn the same again"
    );
    let other = [&model[..], &flags, &["--seed", "2"]].concat();
    assert_ne!(told, json(&sandbox, &other));
    let sum = |told: &Value, name: &str| -> f64 {
        let customers = told["customers"].as_array().expect("customers").iter();
        customers.map(|customer| number(&customer[name])).sum()
    };
    for name in [
        "probability_alive",
        "expected_purchases",
        "probability_of_purchase",
        "discounted_purchases",
        "expected_spend",
        "clv",
    ] {
        assert_relative(name, sum(&told, name), sum(&plain, name), 0.02);
    }
    for (low, high) in [
        ("expected_purchases_low", "expected_purchases_high"),
        ("clv_low", "clv_high"),
    ] {
        let width = |told: &Value| sum(told, high) - sum(told, low);
        // Draws of either know a width to about 5 %.
        let ratio = width(&told) / width(&plain);
        assert!((0.75..1.35).contains(&ratio), "{low}: {ratio}");
    }
    // Outcomes take the uncertainty of parameters in: no narrower, but for whole numbers and chance.
    let outcome = |told: &Value| sum(told, "purchases_high") - sum(told, "purchases_low");
    assert!(outcome(&told) > 0.98 * outcome(&plain));
}

#[test]
fn own_rates_foretell_what_simulated_customers_buy() {
    let sandbox = drawn(600);
    let model = [
        "predict",
        "--model",
        "pareto-nbd-abe",
        "--summary",
        "drawn.csv",
    ];
    let flags = ["--chains", "2", "--draws", "150", "--warmup", "500"];
    // Followed for 52 weeks; twelve months are 52.18.
    let told = json(&sandbox, &[&model[..], &flags].concat());
    // Drawn from another law of leaving (BG/NBD): a tenth is allowed for that, besides chance.
    assert_foretold(&told, 600, 0.1);
}

/// Purchases of the year after, expected and seen, and that what is told of each customer goes together.
#[track_caller]
pub(super) fn assert_foretold(told: &Value, count: usize, room: f64) {
    let customers = told["customers"].as_array().expect("customers");
    assert_eq!(customers.len(), count);
    let (mut expected, mut actual, mut variance, mut inside) = (0.0, 0.0, 0.0, 0.0);
    for told in customers {
        let [mean, low, high, later] = [
            "expected_purchases",
            "purchases_low",
            "purchases_high",
            "holdout",
        ]
        .map(|name| number(&told[name]));
        expected += mean;
        actual += later;
        variance += (later - mean).powi(2);
        inside += f64::from(u8::from(low <= later && later <= high));
        let [alive, any, discounted, ever] = [
            "probability_alive",
            "probability_of_purchase",
            "discounted_purchases",
            "discounted_purchases_lifetime",
        ]
        .map(|name| number(&told[name]));
        assert!(any < alive && alive <= 1.0, "{told}");
        // Of who has left for certain, sums leave out as much as there is.
        let is_gone = mean < 1e-9;
        assert!(
            is_gone || 0.95 * mean < discounted && discounted < mean && discounted < ever,
            "{told}"
        );
        let [own_low, own_high] =
            ["expected_purchases_low", "expected_purchases_high"].map(|name| number(&told[name]));
        let [clv, clv_low, clv_high, spend] =
            ["clv", "clv_low", "clv_high", "expected_spend"].map(|name| number(&told[name]));
        assert_relative("value", clv, discounted * spend, 1e-9);
        assert!(own_low < own_high && clv_low < clv_high, "{told}");
        // Of who has all but left a few draws of very small μ make the mean: it may lie beyond nine in ten of them.
        if alive > 0.3 {
            assert!(own_low < mean && mean < own_high, "{told}");
            assert!(clv_low < clv && clv < clv_high, "{told}");
        }
    }
    let off = (expected - actual).abs();
    assert!(
        off < room * actual + 3.0 * variance.sqrt(),
        "{expected} {actual}"
    );
    // Nine in ten at least; three standard errors of a share.
    let count = count as f64;
    assert!(
        inside / count > 0.9 - 3.0 * (0.09 / count).sqrt(),
        "{inside}"
    );
}

#[test]
fn covariates_move_own_rates() {
    let Some((sandbox, values)) = apparel("covariates_move_own_rates") else {
        return;
    };
    let first = values.lines().nth(1).expect("a row");
    sandbox.write("values.csv", values.replacen(&format!("{first}\n"), "", 1));
    let flags = ["--chains", "2", "--draws", "150", "--warmup", "500"];
    let of = |command: &str| {
        let model = [command, "--model", "pareto-nbd-abe"];
        json(
            &sandbox,
            &[&model[..], &super::covariates::APPAREL, &flags].concat(),
        )
    };
    let fit = of("fit");
    assert_eq!(fit["n"], 599);
    // CLVTools has Channel .62 ± .10 on the logarithm of the purchase rate of Pareto/NBD, and Gender .29 ± .10.
    for (name, printed, error) in [("Channel", 0.6239, 0.1049), ("Gender", 0.2860, 0.1041)] {
        let found = &fit["parameters"][format!("ln_lambda.{name}")];
        let off = (number(&found["estimate"]) - printed) / error;
        assert!(off.abs() < 2.0, "{name}: {found}");
    }
    assert!(
        fit["notes"]
            .to_string()
            .contains("1 of 600 customers are not in")
    );
    assert_eq!(
        of("predict")["customers"].as_array().map(Vec::len),
        Some(599)
    );
}

#[test]
fn what_is_not_sampled_takes_no_draws() {
    let sandbox = Sandbox::new();
    for (flags, words) in [
        (
            "fit orders.csv --model nbd --draws 500",
            "with `--chains`, `--draws`",
        ),
        (
            "fit orders.csv --model bg-bb --posterior",
            "with `--posterior`, and no covariates",
        ),
        (
            "predict --model sbg --contracts x.csv --posterior",
            "with `--posterior`",
        ),
        (
            "predict orders.csv --model bg-nbd --posterior --bootstrap",
            "no `--bootstrap`",
        ),
        (
            "predict orders.csv --model bg-nbd --posterior --no-intervals",
            "no `--no-intervals`",
        ),
        (
            "fit orders.csv --model bg-nbd --posterior --covariates x.csv",
            "and no covariates",
        ),
        (
            "fit orders.csv --model pareto-nbd-abe --covariates x.csv --purchase-covariates a",
            "act on both",
        ),
    ] {
        let flags: Vec<&str> = ["clv"].into_iter().chain(flags.split(' ')).collect();
        let refused = sandbox.patron(&flags);
        refused.assert_bad_command_line(&[words]);
    }
    let sandbox = drawn(200);
    let flags = "clv fit --quiet --model nbd --posterior --summary drawn.csv";
    let nbd = sandbox.patron(&flags.split(' ').collect::<Vec<_>>());
    nbd.assert_refused(&["the posterior of nbd cannot be sampled", "gamma-gamma"]);
    // 4 GB of rates are those of 62,500 customers with 4,000 draws.
    sandbox.write("many.csv", "x,t_x,T,weight\n1,2,3,62501\n");
    let flags = "clv fit --quiet --model pareto-nbd-abe --summary many.csv";
    let many = sandbox.patron(&flags.split(' ').collect::<Vec<_>>());
    many.assert_refused(&["62501 customers are too many", "62500 can be", "`--draws`"]);
}

#[test]
fn a_table_tells_of_chains_and_what_is_wrong_with_them() {
    let sandbox = drawn(200);
    let flags = "clv fit --model bg-nbd --posterior --summary drawn.csv --chains 2 --draws 100";
    let short = sandbox.patron(&flags.split(' ').collect::<Vec<_>>());
    assert_eq!(short.code, 0, "{}", short.stderr);
    for words in ["R-hat", "ESS bulk", "2 chains of 100 draws, seed 1"] {
        assert!(short.stdout.contains(words), "{words}: {}", short.stdout);
    }
    // Two hundred draws are fewer effective ones than a chain needs: it is said.
    let said = &short.stderr;
    assert!(said.contains("note: the draws of"), "{said}");
}
