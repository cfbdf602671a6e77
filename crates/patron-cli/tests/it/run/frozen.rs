//! Cut points of an earlier run: bins, methods and vocabulary come with them; other measures are refused.

use sha2::{Digest, Sha256};

use crate::support::{Results, Sandbox};

/// A shop of 400 customers.
fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    let flags = [
        "demo",
        ".",
        "--customers",
        "400",
        "--orders-only",
        "--quiet",
    ];
    assert_eq!(sandbox.patron(&flags).code, 0);
    sandbox
}

fn run(sandbox: &Sandbox, out: &str, flags: &[&str]) -> Results {
    let common = ["orders.csv", "--quiet", "--no-clv", "--out", out];
    sandbox.run(&[&common[..], flags].concat());
    sandbox.results(out)
}

#[test]
fn bins_methods_and_vocabulary_come_with_the_cut_points() {
    let sandbox = shop();
    for flags in [
        &["--bins", "3"][..],
        &["--bins", "5,3,5"],
        &["--bins", "4", "--score-method", "R=r-rfm,F=natural-breaks"],
        &["--vocabulary", "klaviyo"],
        &["--vocabulary", "tutorial", "--cuts", "F=1,2,3,5"],
    ] {
        let first = run(&sandbox, "first", flags);
        let again = run(&sandbox, "again", &["--cuts", "first/run.json"]);
        assert_eq!(again.customers(), first.customers(), "{flags:?}");
        assert_eq!(again.segments(), first.segments(), "{flags:?}");
        let (first, again) = (first.run_json(), again.run_json());
        assert_eq!(again["cut_points"], first["cut_points"], "{flags:?}");
        for setting in ["bins", "vocabulary", "score_method"] {
            let found = &again["settings"][setting];
            assert_eq!(found["value"], first["settings"][setting]["value"]);
            assert_eq!(found["origin"], "earlier_run", "{setting}");
        }
    }
}

#[test]
fn a_cut_point_is_read_back_to_the_last_bit() {
    // Interpolated cut points have seventeen digits, and scores turn on the last of them.
    let mut orders = "customer_id,order_id,ordered_at,net\n".to_owned();
    for customer in 0..503_u32 {
        for order in 0..3_u32 {
            let cents = 100 + (customer * 7919 + order * 104_729) % 90_001;
            orders += &format!(
                "c{customer:03},{customer}-{order},2024-01-0{},{}.{:02}\n",
                order + 1,
                cents / 100,
                cents % 100
            );
        }
    }
    let sandbox = Sandbox::with_orders(&orders);
    sandbox.write("patron.toml", "monetary = \"mean-per-order\"\n");
    let settings = ["--settings", "patron.toml"];
    let first = run(
        &sandbox,
        "first",
        &[&settings[..], &["--bins", "10"]].concat(),
    );
    let flags = [&settings[..], &["--cuts", "first/run.json"]].concat();
    let again = run(&sandbox, "again", &flags);
    let cuts = |results: &Results| results.run_json()["cut_points"][2]["cuts"].clone();
    assert_eq!(cuts(&again), cuts(&first));
    let missing = |results: &Results| results.run_json()["cut_points"][1]["missing_scores"].clone();
    assert_eq!(
        missing(&first),
        serde_json::json!([2, 3, 4, 5, 6, 7, 8, 9, 10])
    );
    assert_eq!(
        missing(&again),
        missing(&first),
        "frozen cut points too leave scores to nobody"
    );
    let digits = cuts(&first).to_string().len();
    assert!(digits > 9 * 12, "cut points are long: {}", cuts(&first));
    assert_eq!(again.customers(), first.customers());
}

#[test]
fn what_is_frozen_is_recorded_by_its_content_not_its_place() {
    let sandbox = shop();
    run(&sandbox, "first", &[]);
    std::fs::create_dir(sandbox.path("elsewhere")).expect("a folder");
    sandbox.write("elsewhere/old.json", sandbox.read("first/run.json"));
    let flags = ["run", "orders.csv", "--no-clv", "--cuts", "first/run.json"];
    let told = sandbox.patron(&flags).stdout;
    assert!(told.contains("frozen from an earlier run"), "{told}");
    let here = run(&sandbox, "here", &["--cuts", "first/run.json"]);
    let there = run(&sandbox, "there", &["--cuts", "elsewhere/old.json"]);
    assert_eq!(here.run_json_but_machine(), there.run_json_but_machine());
    let run_json = here.run_json();
    let said = run_json["settings"]["cuts"]["value"]
        .as_str()
        .expect("text");
    let digest: String = Sha256::digest(sandbox.read("first/run.json"))
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert!(said.contains(&digest), "{said}");
    assert!(said.starts_with("frozen from "), "{said}");
    let cuts = run_json["cut_points"][0]["cuts"].as_array().expect("cuts");
    let recency: Vec<String> = cuts
        .iter()
        .map(|cut| cut.as_f64().expect("a number").to_string())
        .collect();
    assert!(
        said.contains(&format!("R={};F=", recency.join(","))),
        "{said}"
    );
}

#[test]
fn a_conflict_names_both_sides_and_a_way_out() {
    let sandbox = shop();
    run(&sandbox, "three", &["--bins", "3"]);
    let frozen = ["orders.csv", "--cuts", "three/run.json"];
    let refuses = |flags: &[&str], words: &[&str]| {
        sandbox.refuses(&[&frozen[..], flags].concat(), words);
    };
    refuses(
        &["--bins", "5"],
        &["`bins` is `5,5,5`", "`three/run.json`", "`3,3,3`", "hint: "],
    );
    refuses(
        &["--vocabulary", "tutorial"],
        &[
            "`tutorial`",
            "5,5,5",
            "3,3,3 (from the cut points of `three/run.json`)",
            "klaviyo",
        ],
    );
    refuses(
        &["--score-method", "F=natural-breaks"],
        &[
            "`score_method` is `natural-breaks`",
            "`quantile`",
            "`three/run.json`",
        ],
    );
    refuses(
        &["--score-on", "window"],
        &["`score_on` is `window`", "`all`"],
    );
    for (settings, words) in [
        (
            "monetary = \"mean-per-order\"\n",
            &[
                "`monetary` is `mean-per-order`",
                "`total`",
                "set `monetary = \"total\"`",
            ][..],
        ),
        (
            "frequency = \"purchase-days\"\n",
            &["`frequency` is `purchase-days`", "`orders`"],
        ),
    ] {
        sandbox.write("patron.toml", settings);
        refuses(&["--settings", "patron.toml"], words);
    }
    // The same said again is no conflict.
    let same = [
        "--cuts",
        "three/run.json",
        "--bins",
        "3",
        "--score-method",
        "quantile",
    ];
    run(&sandbox, "same", &same);
}

#[test]
fn money_in_another_currency_is_refused() {
    let sandbox = shop();
    run(&sandbox, "euro", &["--currency", "EUR"]);
    let flags = ["orders.csv", "--cuts", "euro/run.json", "--currency", "USD"];
    sandbox.refuses(&flags, &["`currency` is `USD`", "`EUR`", "hint: "]);
    run(
        &sandbox,
        "again",
        &["--cuts", "euro/run.json", "--currency", "EUR"],
    );
}

#[test]
fn a_window_of_other_months_is_refused() {
    let sandbox = shop();
    run(&sandbox, "six", &["--score-on", "window"]);
    let flags = ["--cuts", "six/run.json", "--score-on", "window"];
    run(&sandbox, "same", &flags);
    let other = [&["orders.csv"], &flags[..], &["--window-months", "3"]].concat();
    sandbox.refuses(&other, &["`window_months` is `3`", "`6`"]);
}

#[test]
fn a_vocabulary_of_ones_own_is_named_again() {
    let sandbox = shop();
    let vocabulary = "key = \"mine\"\nnames = \"Mine\"\nbins = [4, 4, 4]\n\n[[segment]]\nkey = \"top\"\nnames = \"Top\"\nrank = 1\nwhen = \"r_score = 4\"\n";
    sandbox.write("mine.toml", vocabulary);
    let first = run(&sandbox, "first", &["--vocabulary", "mine.toml"]);
    let frozen = ["--cuts", "first/run.json"];
    sandbox.refuses(
        &[&["orders.csv"], &frozen[..]].concat(),
        &[
            "`mine`",
            "`first/run.json`",
            "hint: name its file with `--vocabulary FILE`",
        ],
    );
    let again = run(
        &sandbox,
        "again",
        &[&frozen[..], &["--vocabulary", "mine.toml"]].concat(),
    );
    assert_eq!(again.customers(), first.customers());
}

#[test]
fn what_is_no_run_is_refused() {
    let sandbox = Sandbox::with_orders("customer_id,order_id,ordered_at,net\na,1,2024-01-01,10\n");
    let flags = ["orders.csv", "--cuts", "run.json"];
    for (text, words) in [
        ("not json", "is not the `run.json` of a run"),
        ("{}", "no `cut_points` of three axes"),
        (
            r#"{"cut_points":[{"bins":5,"method":"quantile","cuts":[1]},{"bins":2,"method":"quantile","cuts":[1]},{"bins":2,"method":"quantile","cuts":[1]}]}"#,
            "5 scores cannot have 1 cut points",
        ),
        (
            r#"{"cut_points":[{"bins":5,"method":"ntile","cuts":[]},{"bins":2,"method":"quantile","cuts":[1]},{"bins":2,"method":"quantile","cuts":[1]}]}"#,
            "`ntile` goes by rank",
        ),
    ] {
        sandbox.write("run.json", text);
        sandbox.refuses(&flags, &["`run.json`", words, "hint: "]);
    }
}
