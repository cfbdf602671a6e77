//! Fits, predictions and measures against what papers and packages print, and against `patron run`.

use patron_testkit::{assert_relative, data_file};
use serde_json::Value;

use crate::support::{Sandbox, Table};

/// What two exact optimisers may differ by at the same optimum.
const SAME_OPTIMUM: f64 = 1e-5;
/// Half of the last digit that is printed.
const DIGITS: f64 = 5e-7;

/// The sample of CDNOW in a sandbox, if the data are there.
pub(super) fn cdnow(test: &str) -> Option<Sandbox> {
    let file = data_file(test, "cdnow/CDNOW_sample.txt")?;
    let sandbox = Sandbox::new();
    let bytes = std::fs::read(file).expect("the sample can be read");
    sandbox.write("orders.txt", bytes);
    Some(sandbox)
}

pub(super) fn json(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let flags = ["--format", "json", "--quiet"];
    let outcome = sandbox.patron(&[&["clv"], arguments, &flags[..]].concat());
    assert_eq!(outcome.code, 0, "{arguments:?}\n{}", outcome.stderr);
    serde_json::from_str(&outcome.stdout).expect("the output is JSON")
}

#[track_caller]
fn assert_number(found: &Value, expected: f64, tolerance: f64, what: &str) {
    let found = found.as_f64().unwrap_or(f64::NAN);
    assert_relative(what, found, expected, tolerance);
}

pub(super) const CALIBRATED: [&str; 3] = ["orders.txt", "--calibration-end", "1997-09-30"];

#[test]
fn fits_equal_the_published_ones() {
    let Some(sandbox) = cdnow("fits_equal_the_published_ones") else {
        return;
    };
    for (model, log_likelihood, parameters) in [
        (
            "bg-nbd",
            -9_582.429_207,
            vec![
                ("r", 0.242_594_520_8),
                ("alpha", 4.413_602_010_7),
                ("a", 0.792_922_055_5),
                ("b", 2.425_906_944_0),
            ],
        ),
        (
            "mbg-nbd",
            -9_582.135_716,
            vec![
                ("r", 0.524_843_119_9),
                ("alpha", 6.183_084_688_3),
                ("a", 0.891_359_481_9),
                ("b", 1.614_002_507_1),
            ],
        ),
        (
            "pareto-nbd",
            -9_594.976_179,
            vec![
                ("r", 0.553_277_087_6),
                ("alpha", 10.577_684_307_1),
                ("s", 0.606_239_905_0),
                ("beta", 11.668_732_863_4),
            ],
        ),
    ] {
        let fit = json(
            &sandbox,
            &[&["fit", "--model", model], &CALIBRATED[..]].concat(),
        );
        assert_eq!(
            (&fit["model"], &fit["unit"], &fit["n"], &fit["converged"]),
            (&model.into(), &"week".into(), &2_357.into(), &true.into())
        );
        // Printed with six decimals.
        assert_number(&fit["log_likelihood"], log_likelihood, 1e-9, model);
        let found = fit["parameters"].as_object().expect("parameters");
        let names: Vec<&String> = found.keys().collect();
        let expected: Vec<&str> = parameters.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, expected, "in the paper's order");
        for (name, estimate) in parameters {
            assert_number(&found[name]["estimate"], estimate, SAME_OPTIMUM, name);
            let bound = |key: &str| found[name][key].as_f64().expect("a bound");
            assert!(
                bound("low") < estimate && estimate < bound("high"),
                "{name}"
            );
        }
        let covariance = fit["covariance"].as_array().expect("a covariance");
        let se = found["r"]["se"].as_f64().expect("a standard error");
        assert_number(&covariance[0][0], se * se, 1e-12, "the diagonal");
    }
}

#[test]
fn measures_equal_the_published_ones() {
    let Some(sandbox) = cdnow("measures_equal_the_published_ones") else {
        return;
    };
    let held = ["--holdout-end", "1998-06-30"];
    let found = json(
        &sandbox,
        &[&["evaluate"], &CALIBRATED[..], &held[..]].concat(),
    );
    assert_number(&found["holdout"], 39.0, 1e-12, "weeks");
    let of = |key: &str| {
        let models = found["models"].as_array().expect("models");
        let model = models.iter().find(|model| model["model"] == key);
        model.unwrap_or_else(|| panic!("no {key}"))["measures"].clone()
    };
    for (model, predicted, mae, rmse, msle) in [
        ("bg-nbd", 1_653.41, 0.785_454, 1.607_982, 0.234_269),
        ("mbg-nbd", 1_576.73, 0.764_779, 1.607_183, 0.231_435),
    ] {
        let measures = of(model);
        assert_eq!(measures["actual"], 1_882.0);
        // Printed with two decimals.
        assert_number(&measures["predicted"], predicted, 4e-6, model);
        for (name, printed) in [("mae", mae), ("rmse", rmse), ("msle", msle)] {
            let found = measures[name].as_f64().expect("a number");
            assert!((found - printed).abs() < DIGITS, "{model} {name} {found}");
        }
    }
    assert!(of("own-mean-rate")["mean_log_score"].is_null());
    assert!(of("same-as-last-period")["rmse"].is_number());
    let chosen = found["chosen"].as_str().expect("a model");
    let best = ["nbd", "bg-nbd", "mbg-nbd", "pareto-nbd", "ggom-nbd"]
        .map(|key| (of(key)["mean_log_score"].as_f64().expect("a score"), key));
    let best = best.into_iter().max_by(|a, b| a.0.total_cmp(&b.0));
    assert_eq!(chosen, best.expect("five").1);
    let reason = found["reason"].as_str().expect("a reason");
    assert!(reason.starts_with(chosen), "{reason}");
}

#[test]
fn a_summary_gives_the_fit_of_its_orders() {
    let Some(sandbox) = cdnow("a_summary_gives_the_fit_of_its_orders") else {
        return;
    };
    let all = [&["predict", "--model", "bg-nbd"], &CALIBRATED[..]].concat();
    let flags = ["--format", "csv", "--quiet"];
    let told = sandbox.patron(&[&["clv"], &all[..], &flags[..]].concat());
    assert_eq!(told.code, 0, "{}", told.stderr);
    // What was told of each customer is a summary, too.
    sandbox.write("summary.csv", &told.stdout);
    let of_orders = json(
        &sandbox,
        &[&["fit", "--model", "bg-nbd"], &CALIBRATED[..]].concat(),
    );
    let of_summary = json(
        &sandbox,
        &["fit", "--model", "bg-nbd", "--summary", "summary.csv"],
    );
    assert_eq!(of_orders, of_summary);
    // Customers of one history in one row.
    let table = Table::parse(told.stdout.as_bytes());
    let mut weights = std::collections::BTreeMap::new();
    let [x, recency, age] = ["frequency", "recency", "T"].map(|name| table.column(name));
    for ((x, recency), age) in x.iter().zip(&recency).zip(&age) {
        *weights.entry([*x, *recency, *age]).or_insert(0) += 1;
    }
    let mut text = "x,t_x,T.cal,custs\n".to_owned();
    for (row, customers) in &weights {
        text.push_str(&format!("{},{customers}\n", row.join(",")));
    }
    assert!(weights.len() < 1_100, "{}", weights.len());
    sandbox.write("counted.csv", text);
    let counted = json(
        &sandbox,
        &["fit", "--model", "bg-nbd", "--summary", "counted.csv"],
    );
    assert_eq!(of_orders, counted);
}

#[test]
fn predictions_are_those_of_a_run_with_intervals_around_them() {
    let Some(sandbox) = cdnow("predictions_are_those_of_a_run_with_intervals_around_them") else {
        return;
    };
    let flags = ["--as-of", "1997-09-30", "--quiet"];
    let run = sandbox
        .run(&[&["orders.txt"], &flags[..]].concat())
        .customers();
    let arguments = ["clv", "predict", "--format", "csv", "--quiet"];
    let told = sandbox.patron(&[&arguments[..], &CALIBRATED[..]].concat());
    assert_eq!(told.code, 0, "{}", told.stderr);
    let told = Table::parse(told.stdout.as_bytes());
    assert_eq!(told.column("customer_id"), run.column("customer_id"));
    let number = |text: &&str| text.parse::<f64>().expect("a number");
    let column =
        |table: &Table, name: &str| -> Vec<f64> { table.column(name).iter().map(number).collect() };
    for (ours, theirs, tolerance) in [
        ("probability_alive", "probability_alive", 1e-12),
        ("expected_purchases", "expected_purchases", 1e-12),
        // Money is written with four decimals.
        ("clv", "clv", 1e-3),
        ("expected_spend", "expected_order_value", 1e-4),
    ] {
        let pairs = column(&told, ours).into_iter().zip(column(&run, theirs));
        for (ours_value, theirs_value) in pairs {
            let gap = (ours_value - theirs_value).abs();
            assert!(
                gap <= tolerance * theirs_value.abs().max(1.0),
                "{ours}: {gap}"
            );
        }
    }
    for name in ["expected_purchases", "clv"] {
        let [low, high] = ["low", "high"].map(|end| column(&told, &format!("{name}_{end}")));
        let middle = column(&told, name);
        let inside =
            (0..middle.len()).filter(|&row| low[row] <= middle[row] && middle[row] <= high[row]);
        // A skewed bell may leave its middle beside the interval of some, not of many.
        assert!(inside.count() * 100 > middle.len() * 99, "{name}");
    }
}

#[test]
fn simulated_customers_come_from_the_model_and_again_from_the_seed() {
    let sandbox = Sandbox::new();
    let parameters = "r=0.5248,alpha=6.183,a=0.8914,b=1.614";
    let draw = |seed: &str| {
        let outcome = sandbox.patron(&[
            "clv",
            "simulate",
            "--model",
            "mbg-nbd",
            "--parameters",
            parameters,
            "--customers",
            "20000",
            "--observed",
            "52",
            "--followed",
            "26",
            "--seed",
            seed,
        ]);
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        outcome.stdout
    };
    let drawn = draw("1");
    assert_eq!(drawn, draw("1"));
    assert_ne!(drawn, draw("2"));
    sandbox.write("drawn.csv", &drawn);
    let fit = json(
        &sandbox,
        &["fit", "--model", "mbg-nbd", "--summary", "drawn.csv"],
    );
    for (name, truth) in [("r", 0.5248), ("alpha", 6.183), ("a", 0.8914), ("b", 1.614)] {
        let parameter = &fit["parameters"][name];
        let number = |key: &str| parameter[key].as_f64().expect("a number");
        let errors = (number("estimate") - truth) / number("se");
        // Once in 16,000.
        assert!(errors.abs() < 4.0, "{name}: {errors} standard errors");
    }
    let held = json(
        &sandbox,
        &["compare", "--summary", "drawn.csv", "--holdout", "26"],
    );
    let models = held["models"].as_array().expect("models");
    let truth = models.iter().find(|model| model["model"] == "mbg-nbd");
    let truth = &truth.expect("a model")["measures"];
    let (predicted, actual) = (&truth["predicted"], &truth["actual"]);
    // Counts spread more than Poisson's; 3 % is some five standard errors of their sum.
    assert_number(
        predicted,
        actual.as_f64().expect("a sum"),
        0.03,
        "purchases",
    );
    assert!(truth["pit_ks_p"].as_f64().expect("a probability") > 1e-4);
}

#[test]
fn a_workspace_is_asked_where_no_file_is_named() {
    let Some(sandbox) = cdnow("a_workspace_is_asked_where_no_file_is_named") else {
        return;
    };
    assert_eq!(sandbox.patron(&["init", "shop"]).code, 0);
    let imported = sandbox.patron(&["import", "--workspace", "shop", "orders.txt"]);
    assert_eq!(imported.code, 0, "{}", imported.stderr);
    let fit = [
        "fit",
        "--model",
        "pareto-nbd",
        "--calibration-end",
        "1997-09-30",
    ];
    let of_ledger = json(&sandbox, &[&fit[..], &["--workspace", "shop"]].concat());
    let of_orders = json(&sandbox, &[&fit[..], &["orders.txt"]].concat());
    assert_eq!(of_ledger, of_orders);
    let split = json(&sandbox, &["compare", "--workspace", "shop"]);
    // 546 days: a third of them is held out.
    assert_number(&split["holdout"], 181.0 / 7.0, 1e-12, "weeks");
}

#[test]
fn what_goes_back_later_takes_no_later_purchase_with_it() {
    let sandbox = Sandbox::new();
    let mut orders = "order_id,customer_id,ordered_at,net\n".to_owned();
    let mut refunds = "refund_id,order_id,refunded_at,amount\n".to_owned();
    for customer in 0..60 {
        for order in 0..2 + customer % 4 {
            let month = 1 + order;
            let day = 1 + customer % 28;
            orders.push_str(&format!(
                "{customer}-{order},c{customer},2024-{month:02}-{day:02},10\n"
            ));
        }
        orders.push_str(&format!("{customer}-9,c{customer},2024-09-15,10\n"));
        refunds.push_str(&format!("r{customer},{customer}-0,2024-08-10,10\n"));
    }
    sandbox.write("orders.csv", orders);
    sandbox.write("refunds.csv", refunds);
    let ends = [
        "--calibration-end",
        "2024-07-31",
        "--holdout-end",
        "2024-10-01",
    ];
    for files in [&["orders.csv"][..], &["orders.csv", "refunds.csv"]] {
        let found = json(
            &sandbox,
            &[&["evaluate", "--model", "nbd"], files, &ends[..]].concat(),
        );
        let nbd = &found["models"][0]["measures"];
        assert_eq!(nbd["actual"], 60.0, "{files:?}");
    }
    let told = [
        &[
            "clv",
            "predict",
            "--model",
            "nbd",
            "--format",
            "csv",
            "--quiet",
            "orders.csv",
        ],
        &ends[..],
    ]
    .concat();
    let told = Table::parse(sandbox.patron(&told).stdout.as_bytes());
    assert!(told.column("holdout").iter().all(|count| *count == "1"));
}

#[test]
fn of_two_searches_for_one_optimum_the_simpler_model_is_chosen() {
    let Some(sandbox) = cdnow("of_two_searches_for_one_optimum_the_simpler_model_is_chosen") else {
        return;
    };
    let found = json(
        &sandbox,
        &["compare", "orders.txt", "--model", "ggom-nbd, pareto-nbd"],
    );
    assert_eq!(found["chosen"], "pareto-nbd");
    let reason = found["reason"].as_str().expect("a reason");
    assert!(
        reason.contains("not to be told apart from ggom-nbd"),
        "{reason}"
    );
}
