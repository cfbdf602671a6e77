//! Which model is used, and that every file says why.

use serde_json::Value;

use super::report::data;
use crate::support::{OUT, Results, Sandbox};

/// What a run chooses from.
const CANDIDATES: [&str; 4] = ["nbd", "bg-nbd", "mbg-nbd", "pareto-nbd"];

fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    let flags = ["--customers", "1500", "--seed", "7", "--orders-only"];
    let outcome = sandbox.patron(&[&["demo", ".", "--quiet"], &flags[..]].concat());
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    sandbox
}

fn card(results: &Results) -> Value {
    let page = String::from_utf8(results.bytes("report.html")).expect("UTF-8");
    data(&page)["clv"]["card"].clone()
}

fn keys(reasons: &Value) -> Vec<&str> {
    let reasons = reasons.as_array().expect("reasons");
    reasons
        .iter()
        .filter_map(|reason| reason["key"].as_str())
        .collect()
}

#[test]
fn without_a_word_the_model_that_foretells_best_is_used() {
    let sandbox = shop();
    let run = sandbox.run(&["orders.csv", "--quiet"]).run_json();
    assert_eq!(run["settings"]["model"]["value"], "auto");
    let clv = &run["clv"];
    let used = clv["model"].as_str().expect("a model");
    assert_eq!(clv["purchases"]["model"], used);
    assert_eq!(clv["choice"]["how"], "held_out");
    let contenders = clv["choice"]["back_test"]["contenders"].as_array();
    let (models, baselines): (Vec<&Value>, Vec<&Value>) = contenders
        .expect("contenders")
        .iter()
        .partition(|one| one["is_model"] == true);
    let names = models.iter().filter_map(|one| one["key"].as_str());
    assert!(names.eq(CANDIDATES));
    let score = |one: &Value| one["log_score"].as_f64().expect("a score");
    let best = models
        .iter()
        .max_by(|a, b| score(a).total_cmp(&score(b)))
        .expect("a best");
    assert_eq!(best["key"], used, "by held-out log-likelihood");
    assert_eq!(best["is_used"], true);
    assert_eq!(baselines.len(), 3);
    assert!(baselines.iter().all(|one| one["log_score"].is_null()));
}

#[test]
fn the_terminal_the_notes_and_the_page_give_the_same_reason() {
    let sandbox = shop();
    let outcome = sandbox.patron(&["run", "orders.csv"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let results = sandbox.results(OUT);
    let run = results.run_json();
    let choice = &run["clv"]["choice"];
    let used = run["clv"]["model"].as_str().expect("a model");
    let reason = choice["reasons"][0]["text"].as_str().expect("words");
    assert!(reason.starts_with(&format!("{used} is used: ")), "{reason}");
    assert!(outcome.stderr.contains(reason), "{}", outcome.stderr);
    let noted = run["notes"].as_array().expect("notes");
    assert!(noted.iter().any(|note| note["text"] == reason));
    let card = card(&results);
    assert_eq!(keys(&card["reasons"]), keys(&choice["reasons"]));
    assert_eq!(card["back_test"], choice["back_test"]);
    for part in ["calibration", "tracking", "prospects", "data"] {
        assert!(!card[part].is_null(), "{part}");
    }
}

#[test]
fn a_model_that_is_named_is_used_by_flag_and_by_settings() {
    let sandbox = shop();
    for (settings, flags, used) in [
        ("", &["--model", "bg-nbd"][..], "bg-nbd"),
        // As the settings file of a workspace had it before there was a choice.
        ("model = \"mbg-nbd\"\n", &[], "mbg-nbd"),
        (
            "model = \"mbg-nbd\"\n",
            &["--model", "pareto-nbd"],
            "pareto-nbd",
        ),
    ] {
        sandbox.write("patron.toml", settings);
        let always = ["orders.csv", "--quiet", "--settings", "patron.toml"];
        let results = sandbox.run(&[&always[..], flags].concat());
        let clv = results.run_json()["clv"].clone();
        assert_eq!(clv["model"], used);
        assert_eq!(clv["choice"]["how"], "named");
        assert_eq!(keys(&clv["choice"]["reasons"])[0], "model_named");
        assert_eq!(card(&results)["how"], "named");
    }
    sandbox.write("patron.toml", "model = \"mbg-nbd\"\n");
    let flags = ["orders.csv", "--quiet", "--settings", "patron.toml"];
    let results = sandbox.run(&[&flags[..], &["--model", "auto"]].concat());
    assert_eq!(results.run_json()["clv"]["choice"]["how"], "held_out");
}

#[test]
fn a_history_too_short_to_hold_out_is_valued_by_the_default_with_the_reason() {
    // 50 people, each with two orders within eleven weeks.
    let mut orders = "customer_id,ordered_at,net\n".to_owned();
    for customer in 0..50 {
        let day = 1 + customer % 28;
        orders += &format!("c{customer},2024-01-{day:02},{}\n", 20 + customer % 7);
        orders += &format!("c{customer},2024-03-{day:02},{}\n", 20 + customer % 11);
    }
    let sandbox = Sandbox::with_orders(&orders);
    let results = sandbox.run(&["orders.csv", "--quiet", "--as-of", "2024-03-20"]);
    let clv = results.run_json()["clv"].clone();
    assert_eq!(
        (&clv["model"], &clv["status"]),
        (&"mbg-nbd".into(), &"fitted".into())
    );
    assert_eq!(clv["choice"]["how"], "default");
    assert!(clv["choice"]["back_test"].is_null());
    assert_eq!(keys(&clv["choice"]["reasons"]), ["model_short_history"]);
    let card = card(&results);
    assert!(card["tracking"].is_null() && card["calibration"].is_null());
    assert!(
        !card["prospects"].is_null(),
        "the model can be drawn all the same"
    );
}

#[test]
fn without_values_nothing_is_chosen() {
    let sandbox = shop();
    let results = sandbox.run(&["orders.csv", "--quiet", "--no-clv"]);
    let clv = results.run_json()["clv"].clone();
    assert!(clv["model"].is_null() && clv["choice"].is_null());
    assert!(card(&results).is_null());
}
