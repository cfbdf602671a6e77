//! `patron clv calculator`: the textbook by hand.

use serde_json::Value;

use crate::support::Sandbox;

/// 50 per order, 4 orders a year, 3 years.
const SHOP: [&str; 8] = [
    "clv",
    "calculator",
    "--order-value",
    "50",
    "--orders-per-year",
    "4",
    "--years",
    "3",
];
const MARGIN_AND_COST: [&str; 6] = [
    "--margin",
    "0.3",
    "--acquisition-cost",
    "60",
    "--retention",
    "0.8",
];

fn json(flags: &[&str]) -> Value {
    let outcome = Sandbox::new().patron(&[&SHOP[..], flags, &["--format", "json"]].concat());
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    serde_json::from_str(&outcome.stdout).expect("the output is JSON")
}

#[track_caller]
fn assert_close(found: &Value, expected: f64) {
    let found = found.as_f64().expect("a number");
    // Five products of doubles.
    assert!((found - expected).abs() < 1e-9, "{found} {expected}");
}

#[test]
fn the_textbook_by_hand() {
    let found = json(&MARGIN_AND_COST);
    assert_eq!(found["clv_basis"], "margin");
    assert_close(&found["clv_before_acquisition_cost"], 180.0); // 50 · 4 · 3 · 0.3
    assert_close(&found["acquisition_cost"], 60.0);
    assert_close(&found["clv_less_acquisition_cost"], 120.0);
    assert_close(&found["clv_to_acquisition_cost"], 3.0);
    assert_close(&found["retention_form"], 160.0); // 60 · 0.8 / (1 + 0.1 − 0.8)
    let found = json(&[&MARGIN_AND_COST[..], &["--annual-discount", "0.2"]].concat());
    assert_close(&found["retention_form"], 120.0); // 60 · 0.8 / (1 + 0.2 − 0.8)
}

#[test]
fn without_a_margin_it_is_revenue_and_no_profit_is_shown() {
    let found = json(&[]);
    assert_eq!(found["clv_basis"], "expected_revenue");
    assert_close(&found["clv_before_acquisition_cost"], 600.0);
    assert!(found["retention_form"].is_null());
    let flags = ["--acquisition-cost", "60"];
    let outcome = Sandbox::new().patron(&[&SHOP[..], &flags].concat());
    assert_eq!(outcome.code, 0);
    assert!(
        outcome.stdout.contains("xpected revenue"),
        "{}",
        outcome.stdout
    );
    assert!(
        !outcome.stdout.contains("CLV / CAC"),
        "revenue over cost is no return: {}",
        outcome.stdout
    );
    let found = json(&flags);
    assert!(
        found["clv_less_acquisition_cost"].is_null(),
        "withheld in JSON as in the table: {found}"
    );
    assert!(
        found["clv_to_acquisition_cost"].is_null(),
        "withheld in JSON as in the table: {found}"
    );
}

#[test]
fn without_a_margin_the_cost_is_shown_with_the_margin_that_would_bring_it_back() {
    // 40 of 50 · 4 · 3 = 600.
    let flags = ["--acquisition-cost", "40"];
    let found = json(&flags);
    assert_close(&found["break_even_margin"], 40.0 / 600.0);
    assert_close(&found["acquisition_cost"], 40.0);
    let reason = found["withheld_because"].as_str().expect("a reason");
    assert!(reason.contains("--margin"), "{reason}");
    let outcome = Sandbox::new().patron(&[&SHOP[..], &flags].concat());
    for words in [
        "Acquisition cost (CAC)",
        "40.00",
        "Break-even margin",
        "6.7 %",
    ] {
        assert!(
            outcome.stdout.contains(words),
            "{words}: {}",
            outcome.stdout
        );
    }
    assert!(outcome.stderr.contains("withheld"), "{}", outcome.stderr);
    // With a margin nothing is withheld, and no margin is asked for.
    let found = json(&MARGIN_AND_COST);
    assert!(found["break_even_margin"].is_null() && found["withheld_because"].is_null());
}

#[test]
fn a_sum_without_an_end_takes_its_own_row_only() {
    let flags = [
        "--margin",
        "0.3",
        "--retention",
        "1",
        "--annual-discount",
        "0",
    ];
    let found = json(&flags);
    assert_close(&found["clv_before_acquisition_cost"], 180.0);
    assert!(found["retention_form"].is_null());
    assert!(found["retention_form_missing_because"].is_string());
    let outcome = Sandbox::new().patron(&[&SHOP[..], &flags].concat());
    assert_eq!(outcome.code, 0);
    for words in ["180.00", "no end"] {
        assert!(
            outcome.stdout.contains(words),
            "{words}: {}",
            outcome.stdout
        );
    }
}

#[test]
fn the_table_has_every_figure() {
    let outcome = Sandbox::new().patron(&[&SHOP[..], &MARGIN_AND_COST].concat());
    assert_eq!(outcome.code, 0);
    for words in [
        "180.00",
        "60.00",
        "120.00",
        "CLV − CAC",
        "CLV / CAC",
        "3.00",
        "160.00",
    ] {
        assert!(
            outcome.stdout.contains(words),
            "{words}: {}",
            outcome.stdout
        );
    }
}

#[test]
fn numbers_that_cannot_be_are_refused() {
    let sandbox = Sandbox::new();
    for (flags, words) in [
        (
            &["--margin", "1.3"][..],
            &["`--margin` is `1.3`", "0 to 1"][..],
        ),
        (&["--margin", "-0.1"], &["`--margin` is `-0.1`"]),
        (&["--margin", "NaN"], &["`--margin` is `NaN`"]),
        (
            &["--acquisition-cost", "-5"],
            &["`--acquisition-cost` is `-5`", "at least 0"],
        ),
        (&["--retention", "1.2"], &["`--retention` is `1.2`"]),
        (
            &["--retention", "0.5", "--annual-discount", "-1"],
            &["`--annual-discount` is `-1`"],
        ),
    ] {
        let outcome = sandbox.patron(&[&SHOP[..], flags].concat());
        outcome.assert_bad_command_line(words);
    }
    let negative = [
        "clv",
        "calculator",
        "--order-value=-50",
        "--orders-per-year",
        "4",
        "--years",
        "3",
    ];
    sandbox
        .patron(&negative)
        .assert_bad_command_line(&["`--order-value` is `-50`"]);
    let infinite = [
        "clv",
        "calculator",
        "--order-value",
        "inf",
        "--orders-per-year",
        "4",
        "--years",
        "3",
    ];
    sandbox
        .patron(&infinite)
        .assert_bad_command_line(&["`--order-value` is `inf`"]);
    let missing = ["clv", "calculator", "--order-value", "50"];
    assert_eq!(sandbox.patron(&missing).code, 2);
}
