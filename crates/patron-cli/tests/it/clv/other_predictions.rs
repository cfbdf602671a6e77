//! `patron clv predict` where models need other data: opportunities, contracts, covariates; against the papers and closed forms.

use patron_testkit::{assert_relative, data_file, numbers, reference_cases};
use serde_json::Value;

use super::covariates::{APPAREL, apparel};
use super::models::json;
use super::other_models::{HIGH_END, REGULAR, cohort, number};
use crate::support::Sandbox;

/// Two exact searches agree on a prediction to about this.
const SAME_FIT: f64 = 2e-5;

fn customers(told: &Value) -> &Vec<Value> {
    told["customers"].as_array().expect("customers")
}

/// The yearly donations in a sandbox, with a mean of what each brought; nothing without the data.
fn donations(test: &str) -> Option<Sandbox> {
    let file = data_file(test, "donations/donations.csv")?;
    let sandbox = Sandbox::new();
    let text = std::fs::read(file).expect("the donations can be read");
    sandbox.write("donations.csv", text);
    Some(sandbox)
}

const YEARLY: [&str; 7] = [
    "predict",
    "--model",
    "bg-bb",
    "--summary",
    "donations.csv",
    "--periods-per-year",
    "1",
];

#[test]
fn opportunities_are_foretold_as_the_paper_has_them() {
    let Some(sandbox) = donations("opportunities_are_foretold_as_the_paper_has_them") else {
        return;
    };
    let five = json(&sandbox, &[&YEARLY[..], &["--periods", "5"]].concat());
    assert!(five["model"] == "bg-bb" && five["horizon"] == 5.0);
    let sum = |name: &str| -> f64 {
        let each = customers(&five).iter();
        each.map(|told| number(&told["weight"]) * number(&told[name]))
            .sum()
    };
    // Printed: 12,884.157 donations of the next five years; 20,291.30 for ever at 10 % a year.
    assert_relative(
        "five years",
        sum("expected_purchases"),
        12_884.157,
        SAME_FIT,
    );
    assert_relative(
        "ever",
        sum("discounted_purchases_lifetime"),
        20_291.30,
        SAME_FIT,
    );
    let ten = json(&sandbox, &[&YEARLY[..], &["--horizon", "120"]].concat());
    assert_eq!(ten["horizon"], 10.0);
    let of = |told: &Value, x: f64, last: f64| {
        let mut each = customers(told).iter();
        let is = |told: &&Value| told["frequency"] == x && told["recency"] == last;
        each.find(is).expect("a donor").clone()
    };
    for (x, last, alive) in [
        (0.0, 0.0, 0.108_133_3),
        (2.0, 4.0, 0.589_657_2),
        (6.0, 6.0, 0.930_433_6),
    ] {
        let found = of(&ten, x, last);
        assert_relative(
            "P(alive)",
            number(&found["probability_alive"]),
            alive,
            SAME_FIT,
        );
    }
    for (x, last, expected) in [(0.0, 0.0, 0.130_216_9), (4.0, 5.0, 3.627_858)] {
        let found = of(&ten, x, last);
        let [told, low, high] = [
            "expected_purchases",
            "expected_purchases_low",
            "expected_purchases_high",
        ]
        .map(|name| number(&found[name]));
        // As BTYD prints them, which stopped a little before the top.
        assert_relative("of ten years", told, expected, 5e-5);
        assert!(low < expected && expected < high, "{low} {high}");
        // Some 11,000 donors: a known history is known to a few per cent.
        assert!(high - low < 0.3 * expected, "{low} {high}");
    }
}

#[test]
fn counts_of_opportunities_bound_as_60_digits_say() {
    let Some(sandbox) = donations("counts_of_opportunities_bound_as_60_digits_say") else {
        return;
    };
    let cases = reference_cases("bg_bb");
    let told = json(&sandbox, &[&YEARLY[..], &["--periods", "20"]].concat());
    let mut seen = 0;
    for case in cases["exact"]["cases"].as_array().expect("cases") {
        let history = numbers(case, "/history");
        let [x, last, _] = history[..] else {
            panic!("three numbers")
        };
        if case["name"] != "donations" || case["history"][2] != 6 {
            continue;
        }
        let mut each = customers(&told).iter();
        let of = |told: &&Value| told["frequency"] == x && told["recency"] == last;
        let found = each.find(of).expect("a donor");
        let exact = &case["horizons"][2];
        assert_eq!(exact["horizon"], 20);
        let of_exact = |name: &str| number(&exact[name]);
        let counts = numbers(exact, "/counts");
        for (name, expected) in [
            ("expected_purchases", of_exact("expected")),
            ("discounted_purchases", of_exact("discounted")),
            ("discounted_purchases_lifetime", number(&case["lifetime"])),
            ("probability_of_purchase", 1.0 - counts[0]),
        ] {
            assert_relative(name, number(&found[name]), expected, SAME_FIT);
        }
        for (name, level) in [("purchases_low", 0.05), ("purchases_high", 0.95)] {
            let below = |n: &usize| counts.iter().take(n + 1).sum::<f64>() < level;
            let expected = (0..counts.len()).find(|n| !below(n)).expect("a count");
            assert_eq!(found[name], expected as f64, "{name} of {history:?}");
        }
        seen += 1;
    }
    assert_eq!(seen, 3);
}

/// A twentieth of the donors: few enough that refits differ, many enough that the likelihood is nearly a bell.
#[test]
fn refits_to_simulated_donors_come_near_the_curvature() {
    let Some(sandbox) = donations("refits_to_simulated_donors_come_near_the_curvature") else {
        return;
    };
    let text = sandbox.text("donations.csv");
    let rows = text.lines().skip(1).map(|line| {
        let (history, weight) = line.rsplit_once(',').expect("a weight");
        let weight: u64 = weight.trim().parse().expect("a number");
        format!("{history},{}\n", weight / 20)
    });
    let rows: String = rows.collect();
    sandbox.write("donations.csv", format!("x,t_x,T,weight\n{rows}"));
    let of = |flags: &[&str]| json(&sandbox, &[&YEARLY[..], flags].concat());
    let (curved, plain, refitted) = (of(&[]), of(&["--no-intervals"]), of(&["--bootstrap"]));
    // A year is one opportunity.
    assert_eq!(curved["horizon"], 1.0);
    let width = |told: &Value| {
        number(&told["expected_purchases_high"]) - number(&told["expected_purchases_low"])
    };
    let all = customers(&curved).iter().zip(customers(&plain));
    for ((curved, plain), refitted) in all.zip(customers(&refitted)) {
        assert_eq!(curved["expected_purchases"], plain["expected_purchases"]);
        assert!(plain.get("expected_purchases_low").is_none() && curved["clv"].is_null());
        // 199 draws know a width to 8 %, and both are drawn.
        let ratio = width(curved) / width(refitted);
        assert!((0.6..1.6).contains(&ratio), "{ratio} {curved} {refitted}");
    }
}

#[test]
fn opportunities_of_orders_are_whole_units() {
    // Nobody ever leaves this shop: the likelihood has no top, and no interval comes of its curvature.
    let sandbox = super::evaluation::shop(5, [[0.05, 0.2, 0.5]; 2]);
    let model = ["--model", "bg-bb", "orders.csv", "--as-of", "2024-12-30"];
    let told = json(&sandbox, &[&["predict"], &model[..]].concat());
    // Twelve months are 52 whole weeks.
    assert_eq!(told["horizon"], 52.0);
    let notes = told["notes"].to_string();
    for words in [
        "no values: an opportunity that is used",
        "needs no covariance",
    ] {
        assert!(notes.contains(words), "{words}: {notes}");
    }
    for told in customers(&told) {
        let whole = |name: &str| told[name].as_f64().is_some_and(|time| time.fract() < 1e-12);
        assert!(
            whole("frequency") && whole("recency") && whole("T"),
            "{told}"
        );
        assert!(told["expected_purchases_low"].is_null() && told["purchases_low"].is_number());
    }
    let yearly = ["clv", "predict", "--quiet", "--periods-per-year", "1"];
    let refused = sandbox.patron(&[&yearly[..], &model[..3]].concat());
    refused.assert_bad_command_line(&["a summary with `--periods-per-year`"]);
}

/// Predictions of five yearly renewals.
fn renewals(sandbox: &Sandbox, model: &str, file: &str) -> Value {
    let flags = ["--periods", "5", "--periods-per-year", "1"];
    let of = ["predict", "--model", model, "--contracts", file];
    json(sandbox, &[&of[..], &flags].concat())
}

#[test]
fn renewals_are_foretold_as_50_digits_say() {
    let sandbox = Sandbox::new();
    sandbox.write("regular.csv", cohort(&REGULAR));
    sandbox.write("high_end.csv", cohort(&HIGH_END));
    for case in reference_cases("contract")["exact"]["cases"]
        .as_array()
        .expect("cases")
    {
        let word = |name: &str| case[name].as_str().expect("a word");
        let told = renewals(&sandbox, word("model"), &format!("{}.csv", word("cohort")));
        let found = &customers(&told)[0];
        assert!(found["customer_id"] == "1" && found["renewals"] == 7.0 && found["left"] == 0.0);
        for (name, expected) in [
            ("retention", numbers(case, "/retention")[7]),
            ("probability_alive", number(&case["alive_after_5"])),
            ("expected_renewals", number(&case["expected_5"])),
            ("discounted_renewals", number(&case["discounted_5"])),
            ("discounted_renewals_lifetime", number(&case["lifetime"])),
        ] {
            assert_relative(name, number(&found[name]), expected, SAME_FIT);
            if let Some(low) = found.get(format!("{name}_low")) {
                let high = &found[format!("{name}_high")];
                assert!(
                    number(low) < expected && expected < number(high),
                    "{name} {found}"
                );
            }
        }
        let shares = numbers(case, "/distribution_5");
        for (name, level) in [("renewals_low", 0.05), ("renewals_high", 0.95)] {
            let below = |n: &usize| shares.iter().take(n + 1).sum::<f64>() < level;
            let expected = (0..shares.len()).find(|n| !below(n)).expect("a count");
            assert_eq!(found[name], expected as f64, "{name}");
        }
        // Half of those who made seven have left by the first t with S(7 + t) ≤ S(7)/2.
        let survival = numbers(case, "/survival");
        let median = (1..=5).find(|t| survival[7 + t] <= 0.5 * survival[7]);
        let found = found["median_renewal_of_leaving"].as_f64();
        assert_eq!(median.map(|t| t as f64), found.filter(|t| *t <= 5.0));
    }
}

/// How wide an interval of retention is by the delta method, from the covariance in 50 digits.
#[test]
fn intervals_of_retention_are_as_wide_as_the_delta_method_says() {
    let sandbox = Sandbox::new();
    sandbox.write("regular.csv", cohort(&REGULAR));
    let cases = reference_cases("contract");
    let case = &cases["exact"]["cases"][0];
    assert_eq!(
        (&case["model"], &case["cohort"]),
        (&"sbg".into(), &"regular".into())
    );
    let parameters = numbers(case, "/parameters");
    let (a, b) = (parameters[0], parameters[1]);
    let covariance = [
        numbers(case, "/covariance/0"),
        numbers(case, "/covariance/1"),
    ];
    let total = a + b + 7.0;
    let slope = [-(b + 7.0) / (total * total), a / (total * total)];
    let mut variance = 0.0;
    for i in 0..2 {
        for j in 0..2 {
            variance += slope[i] * covariance[i][j] * slope[j];
        }
    }
    let told = renewals(&sandbox, "sbg", "regular.csv");
    let found = &customers(&told)[0];
    let width = number(&found["retention_high"]) - number(&found["retention_low"]);
    let ratio = width / (2.0 * 1.644_854 * variance.sqrt());
    // 199 draws know a width to about 8 %.
    assert!((0.75..1.25).contains(&ratio), "{ratio}");
}

#[test]
fn rows_of_contracts_are_told_apart() {
    let sandbox = Sandbox::new();
    let mut rows = "customer_id,renewals,left,customers\n".to_owned();
    for (renewal, pair) in (1..).zip(REGULAR.windows(2)) {
        rows.push_str(&format!(
            "gone {renewal},{renewal},yes,{}\n",
            pair[0] - pair[1]
        ));
    }
    rows.push_str("staying,7,no,241\n");
    sandbox.write("histories.csv", rows);
    sandbox.write("regular.csv", cohort(&REGULAR));
    let told = renewals(&sandbox, "sbg", "histories.csv");
    let of_cohort = renewals(&sandbox, "sbg", "regular.csv");
    let (found, whole) = (customers(&told), &customers(&of_cohort)[0]);
    assert_eq!(found.len(), 8);
    for name in [
        "retention",
        "expected_renewals",
        "expected_renewals_low",
        "customers",
    ] {
        assert_eq!(found[7][name], whole[name], "{name}");
    }
    assert_eq!(found[7]["customer_id"], "staying");
    for gone in &found[..7] {
        for name in [
            "retention",
            "probability_alive",
            "expected_renewals_high",
            "renewals_high",
        ] {
            assert_eq!(gone[name], 0.0, "{name}");
        }
        assert!(gone["median_renewal_of_leaving"].is_null());
    }
    let of: Vec<&str> = "clv predict --model sbg --contracts histories.csv"
        .split(' ')
        .collect();
    let flags = "--format csv --quiet --columns customer_id,retention".split(' ');
    let csv = sandbox.patron(&of.iter().copied().chain(flags).collect::<Vec<_>>());
    let last = csv.stdout.lines().last().expect("a row");
    let (id, retention) = last.split_once(',').expect("two cells");
    assert_eq!(
        (id, retention.parse().ok()),
        ("staying", whole["retention"].as_f64())
    );
    let table = sandbox.patron(&of).stdout;
    assert!(
        table.contains("expected renewals") && table.contains("staying"),
        "{table}"
    );
}

#[test]
fn a_cohort_has_a_row_by_its_name() {
    let sandbox = Sandbox::new();
    let two = |name: &str, counts: &[u64]| -> String {
        let rows = counts.iter().enumerate();
        rows.map(|(period, n)| format!("{name},{period},{n}\n"))
            .collect()
    };
    let both = [two("2019", &HIGH_END), two("2020", &REGULAR[..4])].concat();
    sandbox.write("cohorts.csv", format!("cohort,period,customers\n{both}"));
    let told = renewals(&sandbox, "bdw", "cohorts.csv");
    let names: Vec<_> = customers(&told)
        .iter()
        .map(|told| (told["customer_id"].clone(), told["renewals"].clone()))
        .collect();
    assert_eq!(
        names,
        [("2019".into(), 7.0.into()), ("2020".into(), 3.0.into())]
    );
}

#[test]
fn what_a_model_cannot_take_is_a_bad_command_line() {
    let sandbox = Sandbox::new();
    sandbox.write("regular.csv", cohort(&REGULAR));
    let contracts = ["--contracts", "regular.csv"];
    for (model, flags, words) in [
        ("sbg", &["orders.csv"][..], "`--contracts FILE`"),
        ("gamma-gamma", &["orders.csv"], "gamma-gamma is of `fit`"),
        (
            "nbd",
            &["--periods", "3", "orders.csv"],
            "bg-bb, sbg or bdw with `--periods`",
        ),
        (
            "bg-bb",
            &["--margin", "0.3", "orders.csv"],
            "a model of purchases with `--margin`",
        ),
        (
            "sbg",
            &["--bootstrap", contracts[0], contracts[1]],
            "with `--bootstrap`",
        ),
        (
            "bdw",
            &["--columns", "clv", contracts[0], contracts[1]],
            "`--columns` is `clv`",
        ),
        (
            "pareto-nbd",
            &["--bootstrap", "--covariates", "x.csv", "orders.csv"],
            "without covariates",
        ),
        (
            "bg-bb",
            &["--covariates", "x.csv", "orders.csv"],
            "pareto-nbd-abe with `--covariates`",
        ),
    ] {
        let refused = sandbox.patron(&[&["clv", "predict", "--model", model], flags].concat());
        refused.assert_bad_command_line(&[words]);
    }
    let discount = ["clv", "predict", "--model", "sbg", "--annual-discount=-2"];
    let refused = sandbox.patron(&[&discount[..], &contracts].concat());
    assert_ne!(refused.code, 0, "{}", refused.stdout);
}

/// P(alive) and expected purchases of Pareto/NBD: the time of leaving by Simpson's rule, the rest in closed form.
fn pareto_nbd([r, alpha, s, beta]: [f64; 4], [x, t, age]: [f64; 3], horizon: f64) -> [f64; 2] {
    let left_at = |u: f64| {
        let bought = ((alpha + age) / (alpha + u)).powf(r + x);
        bought * s * (beta + age).powf(s) / (beta + u).powf(s + 1.0)
    };
    let steps = 2_000;
    let width = (age - t) / f64::from(steps);
    let odds: f64 = (0..=steps)
        .map(|step| {
            let weight = match step {
                0 => 1.0,
                step if step == steps => 1.0,
                step if step % 2 == 1 => 4.0,
                _ => 2.0,
            };
            weight * left_at(t + f64::from(step) * width)
        })
        .sum();
    let alive = 1.0 / (1.0 + odds * width / 3.0);
    let time = 1.0 - ((beta + age) / (beta + age + horizon)).powf(s - 1.0);
    [
        alive,
        alive * (r + x) * (beta + age) / ((alpha + age) * (s - 1.0)) * time,
    ]
}

#[test]
fn customers_with_covariates_are_foretold_by_the_model_of_their_own() {
    let Some((sandbox, values)) =
        apparel("customers_with_covariates_are_foretold_by_the_model_of_their_own")
    else {
        return;
    };
    let first = values.lines().nth(1).expect("a row");
    sandbox.write("values.csv", values.replacen(&format!("{first}\n"), "", 1));
    let of = |command: &str| {
        json(
            &sandbox,
            &[&[command, "--model", "pareto-nbd"], &APPAREL[..]].concat(),
        )
    };
    let (fit, told) = (of("fit"), of("predict"));
    let parameter = |name: &str| number(&fit["parameters"][name]["estimate"]);
    let known: std::collections::BTreeMap<&str, [f64; 2]> = values
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            let number = |place: usize| cells[place].parse().expect("a number");
            (cells[0], [number(1), number(2)])
        })
        .collect();
    assert_eq!(
        customers(&told).len(),
        599,
        "who has no covariates is left out"
    );
    let notes = told["notes"].to_string();
    assert!(notes.contains("1 of 600 customers are not in"), "{notes}");
    for found in customers(&told) {
        let [gender, channel] = known[found["customer_id"].as_str().expect("an id")];
        let effect = |place: &str| {
            let of = |column: &str| parameter(&format!("{place}.{column}"));
            of("Gender") * gender + of("Channel") * channel
        };
        let own = [
            parameter("r"),
            parameter("alpha") * (-effect("purchase")).exp(),
            parameter("s"),
            parameter("beta") * (-effect("dropout")).exp(),
        ];
        let history = ["frequency", "recency", "T"].map(|name| number(&found[name]));
        // 2006-12-31 to 2007-12-31.
        let [alive, expected] = pareto_nbd(own, history, 365.0 / 7.0);
        assert_relative("alive", number(&found["probability_alive"]), alive, 1e-7);
        let purchases = number(&found["expected_purchases"]);
        assert_relative("expected", purchases, expected, 1e-7);
        let [low, high] =
            ["expected_purchases_low", "expected_purchases_high"].map(|name| number(&found[name]));
        assert!(low < expected && expected < high, "{found}");
    }
    // Customers with the same history and other covariates are told other things, bounds too.
    let none = customers(&told)
        .iter()
        .filter(|told| told["frequency"] == 0.0);
    let highs: std::collections::BTreeSet<String> = none
        .map(|told| told["expected_purchases_high"].to_string())
        .collect();
    assert_eq!(highs.len(), 4, "one for each sex and channel");
}

#[test]
fn counting_a_column_from_elsewhere_moves_no_bound() {
    let Some((sandbox, values)) = apparel("counting_a_column_from_elsewhere_moves_no_bound") else {
        return;
    };
    let of = || {
        json(
            &sandbox,
            &[&["predict", "--model", "mbg-nbd"], &APPAREL[..]].concat(),
        )
    };
    let plain = of();
    let moved = values.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |place: usize| cells[place].parse::<f64>().expect("a number");
        format!(
            "{},{},{}\n",
            cells[0],
            3.0 - 2.0 * number(1),
            number(2) + 1.0
        )
    });
    sandbox.write(
        "values.csv",
        format!("Id,Gender,Channel\n{}", moved.collect::<String>()),
    );
    let moved = of();
    for (one, other) in customers(&plain).iter().zip(customers(&moved)) {
        for name in [
            "expected_purchases",
            "expected_purchases_low",
            "expected_purchases_high",
            "purchases_high",
            "clv",
            "clv_high",
        ] {
            let [one, other] = [one, other].map(|told| number(&told[name]));
            assert_relative(name, one, other, 1e-4);
        }
    }
}
