//! CDNOW through the command: the estimates that papers and packages print.

use patron_testkit::{assert_relative, data_file};
use serde_json::Value;

use crate::support::{Results, Sandbox, Table};

const SAMPLE: &str = "cdnow/CDNOW_sample.txt";
const MASTER: &str = "cdnow/CDNOW_master.txt";

/// What two exact optimisers may differ by at the same optimum.
const SAME_OPTIMUM: f64 = 1e-5;
/// Standard errors are printed with seven decimals.
const SE_DIGITS: f64 = 1e-5;
/// A log-likelihood is flat at its top: it is known far better than its arguments.
const SAME_LIKELIHOOD: f64 = 1e-8;

/// Name, estimate, standard error; from the project's notes on the literature, sections 2.1, 2.2, 2.5, 2.7. Standard
/// errors of Gamma-Gamma are those of `reference/gamma_gamma`, by exact second derivatives.
type Published<'a> = &'a [(&'a str, f64, f64)];

const BG_NBD: Published<'_> = &[
    ("r", 0.2425945208, 0.0125574),
    ("alpha", 4.4136020107, 0.3782240),
    ("a", 0.7929220555, 0.1857338),
    ("b", 2.4259069440, 0.7054143),
];
const MBG_NBD: Published<'_> = &[
    ("r", 0.5248431199, 0.0832684),
    ("alpha", 6.1830846883, 0.6956214),
    ("a", 0.8913594819, 0.1547901),
    ("b", 1.6140025071, 0.5374958),
];
const PARETO_NBD: Published<'_> = &[
    ("r", 0.5532770876, 0.0476280),
    ("alpha", 10.5776843071, 0.8427231),
    ("s", 0.6062399050, 0.1872821),
    ("beta", 11.6687328634, 6.2111432),
];
const NBD: Published<'_> = &[
    ("r", 0.3847662, 0.0209854),
    ("alpha", 12.0720236, 0.8087232),
];
const GAMMA_GAMMA: Published<'_> = &[
    ("p", 6.2495727, 1.190_055_3),
    ("q", 3.7442244, 0.290_133_1),
    ("gamma", 15.4435191, 4.159_422_8),
];
const BG_NBD_MASTER: Published<'_> = &[
    ("r", 0.2516239558, 0.0042020),
    ("alpha", 4.7889427201, 0.1312549),
    ("a", 0.7234335617, 0.0539292),
    ("b", 2.1610883893, 0.1985893),
];
const MBG_NBD_MASTER: Published<'_> = &[
    ("r", 0.6371398, 0.0362075),
    ("alpha", 7.3102900, 0.2932642),
    ("a", 0.8074741, 0.0376118),
    ("b", 1.2283937, 0.1119456),
];
const GAMMA_GAMMA_MASTER: Published<'_> = &[
    ("p", 6.2753601, 0.399_697_6),
    ("q", 3.6244499, 0.090_553_4),
    ("gamma", 14.9836840, 1.344_036_3),
];

fn run(sandbox: &Sandbox, test: &str, data: &str, flags: &[&str]) -> Option<Results> {
    let file = data_file(test, data)?;
    let file = file.to_str().expect("the path is UTF-8");
    let always = ["--as-of", "1997-09-30", "--quiet"];
    Some(sandbox.run(&[&[file], &always[..], flags].concat()))
}

#[track_caller]
fn assert_card(card: &Value, published: Published<'_>, log_likelihood: f64) {
    assert_eq!(card["converged"], true);
    assert_eq!(card["warnings"], serde_json::json!([]));
    let found = card["log_likelihood"].as_f64().expect("a number");
    assert_relative("log-likelihood", found, log_likelihood, SAME_LIKELIHOOD);
    let parameters = card["parameters"].as_object().expect("parameters");
    assert_eq!(parameters.len(), published.len());
    for &(name, estimate, standard_error) in published {
        let number = |key: &str| parameters[name][key].as_f64().expect("a number");
        assert_relative(name, number("estimate"), estimate, SAME_OPTIMUM);
        let what = format!("standard error of {name}");
        assert_relative(&what, number("standard_error"), standard_error, SE_DIGITS);
    }
}

#[test]
fn the_sample_is_recognised_and_has_its_customers() {
    let test = "the_sample_is_recognised_and_has_its_customers";
    let sandbox = Sandbox::new();
    let Some(results) = run(&sandbox, test, SAMPLE, &[]) else {
        return;
    };
    let recognised = results.reproducible();
    let run_json = results.run_json();
    assert_eq!(run_json["inputs"][0]["preset"], "cdnow");
    assert_eq!(run_json["customers"], 2_357);
    assert_eq!(run_json["rows"]["in"], 6_919);
    assert_eq!(
        run_json["rows"]["accepted"], 6_919,
        "zero amounts are purchases"
    );
    assert_eq!(run_json["settings"]["zero_orders"]["value"], "count");
    assert_eq!(run_json["settings"]["unit"]["value"], "week");
    let customers = results.customers();
    assert_eq!(customers.rows.len(), 2_357);
    let repeats = customers.column("repeat_purchases");
    let repeats: Vec<u64> = repeats
        .iter()
        .map(|cell| cell.parse().expect("a count"))
        .collect();
    assert_eq!(repeats.iter().sum::<u64>(), 2_457);
    assert_eq!(repeats.iter().filter(|&&count| count == 0).count(), 1_411);
    assert_eq!(repeats.iter().max(), Some(&29));
    let results = run(&sandbox, test, SAMPLE, &["--as", "cdnow"]).expect("it was there");
    let asked = results.reproducible();
    for name in ["customers.csv", "customers.parquet", "segments.csv"] {
        assert!(asked[name] == recognised[name], "{name}");
    }
}

#[test]
fn summaries_equal_the_published_ones() {
    let test = "summaries_equal_the_published_ones";
    let Some(published) = data_file(test, "cdnow/cdnow_customers_summary.csv") else {
        return;
    };
    let sandbox = Sandbox::new();
    let Some(results) = run(&sandbox, test, SAMPLE, &["--no-clv"]) else {
        return;
    };
    let published = Table::read(&published);
    let customers = results.customers();
    assert_eq!(published.rows.len(), customers.rows.len());
    let ids = customers.column("customer_id");
    let by_number: std::collections::BTreeMap<u32, usize> = ids
        .iter()
        .enumerate()
        .map(|(row, id)| (id.parse().expect("a number"), row))
        .collect();
    let columns = ["repeat_purchases", "days_first_to_last", "age_days"];
    let columns = columns.map(|column| customers.column(column));
    for row in &published.rows {
        let place = by_number[&row[0].parse().expect("an id")];
        assert_eq!(columns[0][place], row[1], "frequency of {}", row[0]);
        for (column, expected) in columns[1..].iter().zip(&row[2..]) {
            let days: f64 = column[place].parse().expect("days");
            let expected: f64 = expected.parse().expect("weeks");
            // Published in weeks with two decimals.
            assert!((days / 7.0 - expected).abs() < 0.005 + 1e-9, "{row:?}");
        }
    }
}

#[test]
fn mbg_nbd_and_gamma_gamma_of_the_sample_are_the_published_ones() {
    let test = "mbg_nbd_and_gamma_gamma_of_the_sample_are_the_published_ones";
    let sandbox = Sandbox::new();
    let Some(results) = run(&sandbox, test, SAMPLE, &["--model", "mbg-nbd"]) else {
        return;
    };
    let clv = &results.run_json()["clv"];
    assert_eq!(clv["model"], "mbg-nbd");
    assert_card(&clv["purchases"], MBG_NBD, -9582.135716);
    assert_card(&clv["spend"], GAMMA_GAMMA, -4055.917695);
    assert_eq!(clv["spend"]["customers"], 946);
    // What a published prediction says of customer 1 and of customer 1516.
    let customers = results.customers();
    for (id, alive) in [("0001", 0.7061385), ("1516", 0.9654846)] {
        let found: f64 = customers
            .cell(id, "probability_alive")
            .parse()
            .expect("a share");
        assert_relative(&format!("P(alive) of {id}"), found, alive, 1e-6);
    }
    let spend: f64 = customers
        .cell("0001", "expected_order_value")
        .parse()
        .expect("money");
    // Two repeat days, 29.73 and 14.96: p·(γ + x·z̄) / (p·x + q − 1), and money has four decimals.
    let [p, q, gamma] = [0, 1, 2].map(|place| GAMMA_GAMMA[place].1);
    let expected = p * (gamma + 29.73 + 14.96) / (2.0 * p + q - 1.0);
    assert!((spend - expected).abs() < 1e-4, "{spend} {expected}");
}

#[test]
fn bg_nbd_of_the_sample_is_the_published_one() {
    let test = "bg_nbd_of_the_sample_is_the_published_one";
    let sandbox = Sandbox::new();
    let Some(results) = run(&sandbox, test, SAMPLE, &["--model", "bg-nbd"]) else {
        return;
    };
    let clv = &results.run_json()["clv"];
    assert_eq!(clv["model"], "bg-nbd");
    assert_card(&clv["purchases"], BG_NBD, -9582.429207);
    let customers = results.customers();
    for (id, alive) in [("0001", 0.7266203), ("1516", 0.9688544)] {
        let found: f64 = customers
            .cell(id, "probability_alive")
            .parse()
            .expect("a share");
        assert_relative(&format!("P(alive) of {id}"), found, alive, 1e-6);
    }
}

#[test]
fn another_model_values_customers_where_it_is_asked_for() {
    let test = "another_model_values_customers_where_it_is_asked_for";
    let sandbox = Sandbox::new();
    for (model, published, log_likelihood, alive) in [
        ("pareto-nbd", PARETO_NBD, -9_594.976_179, 0.869_134_3),
        ("nbd", NBD, -9_763.657_615, 1.0),
    ] {
        let Some(results) = run(&sandbox, test, SAMPLE, &["--model", model]) else {
            return;
        };
        let clv = &results.run_json()["clv"];
        assert_eq!(clv["model"], model);
        assert_card(&clv["purchases"], published, log_likelihood);
        let customers = results.customers();
        let found = customers.cell("0001", "probability_alive").parse::<f64>();
        assert_relative("P(alive) of 0001", found.expect("a share"), alive, 1e-6);
    }
}

#[test]
fn the_master_file_has_its_customers_and_estimates() {
    let test = "the_master_file_has_its_customers_and_estimates";
    let sandbox = Sandbox::new();
    for (model, published, log_likelihood) in [
        ("mbg-nbd", MBG_NBD_MASTER, -95336.958320),
        ("bg-nbd", BG_NBD_MASTER, -95368.443933),
    ] {
        let Some(results) = run(&sandbox, test, MASTER, &["--model", model]) else {
            return;
        };
        let run_json = results.run_json();
        assert_eq!(run_json["inputs"][0]["preset"], "cdnow");
        assert_eq!(run_json["rows"]["in"], 69_659);
        assert_eq!(run_json["rows"]["flags"]["duplicate"], 255);
        assert_eq!(run_json["customers"], 23_570);
        assert_card(&run_json["clv"]["purchases"], published, log_likelihood);
        assert_card(&run_json["clv"]["spend"], GAMMA_GAMMA_MASTER, -40763.476261);
        assert_eq!(run_json["clv"]["spend"]["customers"], 9_450);
    }
}
