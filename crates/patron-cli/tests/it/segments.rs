//! `patron segments`: vocabularies listed and checked.

use serde_json::Value;

use crate::support::Sandbox;

/// The vocabularies of the literature, and how many segments each has.
const SHIPPED: [(&str, u64); 16] = [
    ("bloomreach", 11),
    ("tutorial", 10),
    ("clevertap-grid", 10),
    ("omniconvert-reveal", 11),
    ("klaviyo", 6),
    ("shopify", 11),
    ("putler", 11),
    ("data-octopus", 5),
    ("r-rfm-0.3.0", 10),
    ("r-rfm-classic", 10),
    ("pymc", 5),
    ("sonwane", 10),
    ("seed-five", 6),
    ("octants-seed", 8),
    ("octants-important-general", 8),
    ("octants-deepen-recall", 8),
];

fn json(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let outcome = sandbox.patron(&[&["segments"], arguments, &["--format", "json"]].concat());
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    serde_json::from_str(&outcome.stdout).expect("the output is JSON")
}

fn own(conditions: &[(&str, &str)]) -> String {
    let names = "names = { en = \"X\", \"zh-Hans\" = \"X\", \"zh-Hant\" = \"X\" }\n";
    let mut text = format!("key = \"own\"\n{names}bins = [3, 3, 3]\n");
    for (rank, (key, when)) in conditions.iter().enumerate() {
        text += &format!(
            "\n[[segment]]\nkey = \"{key}\"\n{names}rank = {}\nwhen = \"{when}\"\n",
            rank + 1
        );
    }
    text
}

#[test]
fn all_vocabularies_are_listed_with_names_in_three_languages() {
    let sandbox = Sandbox::new();
    let outcome = sandbox.patron(&["segments", "list"]);
    assert_eq!(outcome.code, 0);
    let list = json(&sandbox, &["list"]);
    let list = list.as_array().expect("a list");
    assert_eq!(list.len(), SHIPPED.len());
    for (vocabulary, (key, segments)) in list.iter().zip(SHIPPED) {
        assert_eq!(vocabulary["key"], key);
        let found = vocabulary["segment"].as_array().expect("segments");
        assert_eq!(found.len() as u64, segments, "{key}");
        assert!(outcome.stdout.contains(key), "the table names {key}");
        for segment in found {
            for language in ["en", "zh-Hans", "zh-Hant"] {
                let name = segment["names"][language].as_str();
                assert!(
                    name.is_some_and(|name| !name.is_empty()),
                    "{key}: {segment}"
                );
            }
        }
    }
    let one = sandbox.patron(&["segments", "list", "tutorial"]);
    assert!(one.stdout.contains("cant_loose"), "{}", one.stdout);
}

/// What others found in the vocabularies: cells, holes, cells with two names or more, names never reached.
const FOUND: [(&str, u64, usize, usize, usize); 6] = [
    ("bloomreach", 125, 0, 0, 0),
    ("tutorial", 25, 0, 0, 0),
    ("pymc", 64, 18, 0, 0),
    ("r-rfm-0.3.0", 125, 10, 58, 0),
    (
        "r-rfm-classic",
        125,
        36,
        39,
        3, // new, promising, can't lose
    ),
    ("sonwane", 125, 0, 44, 0),
];

#[test]
fn every_shipped_vocabulary_can_be_checked() {
    let sandbox = Sandbox::new();
    for (key, _) in SHIPPED {
        let outcome = sandbox.patron(&["segments", "check", key]);
        assert_eq!(outcome.code, 0, "{key}: {}", outcome.stderr);
        for words in [
            "not covered",
            "matched more than once",
            "never the primary name",
        ] {
            assert!(outcome.stdout.contains(words), "{key}: {}", outcome.stdout);
        }
    }
}

#[test]
fn faults_that_others_found_in_the_literature_are_found() {
    let sandbox = Sandbox::new();
    for (key, cells, holes, overlaps, unreachable) in FOUND {
        let report = json(&sandbox, &["check", key]);
        assert_eq!(report["cells"], cells, "{key}");
        let length = |list: &str| report[list].as_array().map(Vec::len);
        assert_eq!(length("holes"), Some(holes), "holes of {key}");
        assert_eq!(length("overlaps"), Some(overlaps), "overlaps of {key}");
        assert_eq!(length("unreachable"), Some(unreachable), "{key}: {report}");
    }
}

#[test]
fn holes_are_named() {
    let sandbox = Sandbox::new();
    for (key, expected) in [
        ("r-rfm-0.3.0", "215 241 251 252 341 351 441 451 541 551"),
        (
            "pymc",
            "121 131 141 142 213 221 231 241 242 321 331 341 342 421 431 432 441 442",
        ),
    ] {
        let report = json(&sandbox, &["check", key]);
        let holes = report["holes"].as_array().expect("a list");
        let holes: Vec<&str> = holes.iter().filter_map(Value::as_str).collect();
        assert_eq!(holes.join(" "), expected, "{key}");
    }
}

#[test]
fn holes_overlaps_and_unreachable_names_of_ones_own_are_listed() {
    let sandbox = Sandbox::new();
    let conditions = [
        ("top", "r_score = 3 AND f_score >= 2"),
        ("hidden", "r_score = 3 AND f_score = 3"),
        ("middle", "r_score = 2"),
        ("never", "m_score = 4"),
    ];
    sandbox.write("own.toml", own(&conditions));
    let report = json(&sandbox, &["check", "own.toml"]);
    assert_eq!(report["cells"], 27);
    // R = 1: nine cells; R = 3 with F = 1: three.
    assert_eq!(report["holes"].as_array().map(Vec::len), Some(12));
    // R = 3 and F = 3: three cells with two names.
    let overlaps = report["overlaps"].as_array().expect("a list");
    assert_eq!(overlaps.len(), 3);
    assert!(
        overlaps
            .iter()
            .all(|overlap| overlap["keys"] == serde_json::json!(["top", "hidden"]))
    );
    assert_eq!(
        report["unreachable"],
        serde_json::json!(["hidden", "never"])
    );
    let outcome = sandbox.patron(&["segments", "check", "own.toml"]);
    for words in [
        "not covered: 12",
        "matched more than once: 3",
        "never the primary name: 2",
    ] {
        assert!(
            outcome.stdout.contains(words),
            "{words}: {}",
            outcome.stdout
        );
    }
}

#[test]
fn a_wrong_vocabulary_is_refused_with_its_place() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "own.toml",
        own(&[("one", "r_score >= 2 AND colour = 'red'")]),
    );
    let outcome = sandbox.patron(&["segments", "check", "own.toml"]);
    outcome.assert_refused(&["`one`", "`colour`", "here", "r_score"]);
    sandbox.write(
        "own.toml",
        own(&[("one", "r_score >= 2"), ("one", "r_score = 1")]),
    );
    let outcome = sandbox.patron(&["segments", "check", "own.toml"]);
    outcome.assert_refused(&["segment `one` twice"]);
    let outcome = sandbox.patron(&["segments", "check", "nothing"]);
    outcome.assert_bad_command_line(&["no vocabulary `nothing`", "bloomreach"]);
    let outcome = sandbox.patron(&["segments", "check", "nothing.toml"]);
    outcome.assert_refused(&["`nothing.toml`: there is no such file", "hint: "]);
    assert!(!outcome.stderr.contains("os error"), "{}", outcome.stderr);
}

#[test]
fn a_list_of_the_wrong_length_is_underlined_in_the_file() {
    let sandbox = Sandbox::new();
    let text = own(&[("one", "r_score >= 2")]).replace("[3, 3, 3]", "[3, 3]");
    sandbox.write("own.toml", text);
    let outcome = sandbox.patron(&["segments", "check", "own.toml"]);
    outcome.assert_refused(&[
        "`own.toml`",
        "line 3",
        "the list has 2 values, expected 3",
        "bins = [3, 3]",
        "here",
    ]);
}

#[test]
fn stages_that_do_not_exist_are_refused_and_those_that_do_are_cells() {
    let sandbox = Sandbox::new();
    sandbox.write("own.toml", own(&[("one", "lifecycle = 'actives'")]));
    let outcome = sandbox.patron(&["segments", "check", "own.toml"]);
    outcome.assert_refused(&[
        "`lifecycle` is never `actives`",
        "did you mean `active`",
        "here",
    ]);
    let conditions = [
        ("here", "lifecycle IN ('active', 'silent')"),
        ("still", "lifecycle = 'silent'"),
    ];
    sandbox.write("own.toml", own(&conditions));
    let outcome = sandbox.patron(&["segments", "check", "own.toml"]);
    for words in [
        "4 cells",
        "not covered: 2 — dormant churned",
        "matched more than once: 1",
        "never the primary name: 1 — still",
    ] {
        assert!(
            outcome.stdout.contains(words),
            "{words}: {}",
            outcome.stdout
        );
    }
}

#[test]
fn what_was_not_tried_is_not_called_none() {
    let sandbox = Sandbox::new();
    sandbox.write("own.toml", own(&[("rich", "monetary > 100 * orders")]));
    let outcome = sandbox.patron(&["segments", "check", "own.toml"]);
    assert_eq!(outcome.code, 0);
    for words in [
        "not covered: not checked",
        "more than once: not checked",
        "never the primary name: not checked",
    ] {
        assert!(
            outcome.stdout.contains(words),
            "{words}: {}",
            outcome.stdout
        );
    }
}

#[test]
fn names_that_other_columns_keep_from_everybody_are_listed() {
    let sandbox = Sandbox::new();
    let conditions = [
        ("odd", "monetary > 100 AND monetary < 50"),
        ("rich", "monetary > 100"),
        ("everybody", "orders >= 1"),
        ("best", "r_score = 3 AND f_score = 3"),
        ("later", "recency_days <= 30"),
        ("computed", "monetary / orders > 5"),
    ];
    sandbox.write("own.toml", own(&conditions));
    let report = json(&sandbox, &["check", "own.toml"]);
    let expected = serde_json::json!(["odd", "best", "later"]);
    assert_eq!(report["unreachable"], expected);
    assert_eq!(report["reach_unknown"], serde_json::json!(["computed"]));
    let outcome = sandbox.patron(&["segments", "check", "own.toml"]);
    let words = "never the primary name: 3 — odd best later (not checked: computed)";
    assert!(outcome.stdout.contains(words), "{}", outcome.stdout);
}

#[test]
fn what_patron_adds_itself_cannot_be_redefined() {
    let sandbox = Sandbox::new();
    for key in ["core", "soulmates"] {
        sandbox.write("own.toml", own(&[(key, "orders >= 1")]));
        let outcome = sandbox.patron(&["segments", "check", "own.toml"]);
        outcome.assert_refused(&[&format!("`{key}`"), "adds to every vocabulary", "hint: "]);
    }
}

/// A shop of a few customers; the run names them by the vocabulary that is explained afterwards.
#[test]
fn a_vocabulary_is_explained_on_the_customers_of_a_run() {
    let mut orders = "order_id,customer_id,ordered_at,net\n".to_owned();
    for order in 0..60 {
        let (customer, day, net) = (order % 17, 1 + order % 28, 10 + order * 7 % 90);
        orders += &format!("o{order},c{customer},2025-03-{day:02},{net}\n");
    }
    let sandbox = Sandbox::with_orders(&orders);
    let conditions = [
        ("best", "r_score = 3 AND f_score = 3"),
        ("rich", "monetary > 150 AND orders >= 3"),
        ("regular", "orders >= 3 OR lifecycle = 'active'"),
        ("erratic", "gap_variation > 1"),
    ];
    sandbox.write("own.toml", own(&conditions));
    let run = sandbox.run(&["orders.csv", "--vocabulary", "own.toml", "--no-clv"]);
    let arguments = ["explain", "own.toml", "patron-out/customers.parquet"];
    let told = json(&sandbox, &arguments);
    // The run counts customers by primary name; all but the last are counted before its condition is asked.
    let segments = run.segments();
    let explained = &told["explanation"]["segments"];
    for (place, key) in ["best", "rich", "regular"].into_iter().enumerate() {
        let counted = segments.cell(key, "customers").parse().unwrap_or(0_u64);
        assert_eq!(explained[place]["primary"], counted, "{key}");
    }
    let left_out = serde_json::json!([{ "key": "erratic", "column": "gap_variation" }]);
    assert_eq!(told["left_out"], left_out);
    assert_eq!(explained[0]["by_scores"], true);
    let terms = &explained[2]["terms"];
    assert_eq!(terms[0]["words"], "orders >= 3");
    assert_eq!(terms[0]["counted_with"], "rich");
    assert!(
        terms[1]["nanoseconds"]
            .as_u64()
            .is_some_and(|nanoseconds| nanoseconds > 0)
    );
    let outcome = sandbox.patron(&[&["segments"], &arguments[..]].concat());
    for words in [
        "monetary > 150.0000",
        "17 customers in",
        "left out: erratic reads `gap_variation`",
    ] {
        assert!(
            outcome.stdout.contains(words),
            "{words}: {}",
            outcome.stdout
        );
    }
}

#[test]
fn what_cannot_be_explained_is_said() {
    let sandbox = Sandbox::with_orders("order_id,customer_id\n1,2\n");
    let explain = |arguments: &[&str]| {
        sandbox.patron(&[&["segments", "explain", "bloomreach"], arguments].concat())
    };
    explain(&["none.parquet"]).assert_refused(&["cannot open `none.parquet`"]);
    let words = [
        "cannot read `orders.csv` as Parquet",
        "hint: ",
        "customers.parquet",
    ];
    explain(&["orders.csv"]).assert_refused(&words);
    explain(&["orders.csv", "--bins", "5,5"]).assert_bad_command_line(&["--bins", "5,5", "three"]);
}
