//! Options of value: model, unit, horizon, margin, and what happens without a model.

use patron_testkit::assert_relative;

use crate::support::{OUT, Outcome, Sandbox, Table, ten_thousandths};

/// Columns that only a model can fill.
const EXPECTED: [&str; 9] = [
    "probability_alive",
    "expected_purchases",
    "next_order_expected_at",
    "expected_order_value",
    "clv",
    "clv_low",
    "clv_high",
    "clv_lifetime",
    "total_clv",
];

/// Two searches for the same optimum in other units end a little apart.
const SAME_MODEL: f64 = 1e-4;

/// A few products of doubles.
const ROUNDING: f64 = 1e-12;

fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    let flags = [
        "--customers",
        "2000",
        "--seed",
        "31",
        "--orders-only",
        "--quiet",
    ];
    let outcome = sandbox.patron(&[&["demo", "."], &flags[..]].concat());
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    sandbox
}

fn customers(sandbox: &Sandbox, flags: &[&str]) -> Table {
    let always = ["orders.csv", "--quiet"];
    sandbox.run(&[&always[..], flags].concat()).customers()
}

fn numbers(table: &Table, column: &str) -> Vec<f64> {
    let cells = table.column(column);
    cells
        .iter()
        .map(|cell| cell.parse().expect("a number"))
        .collect()
}

#[track_caller]
fn assert_empty(table: &Table, columns: &[&str]) {
    for column in columns {
        assert!(
            table.column(column).iter().all(|cell| cell.is_empty()),
            "{column}"
        );
    }
}

#[test]
fn values_hold_together() {
    let sandbox = shop();
    let found = customers(&sandbox, &[]);
    let [alive, expected, clv, low, high, lifetime] = [
        "probability_alive",
        "expected_purchases",
        "clv",
        "clv_low",
        "clv_high",
        "clv_lifetime",
    ]
    .map(|column| numbers(&found, column));
    assert!(alive.iter().all(|p| (0.0..=1.0).contains(p)));
    assert!(expected.iter().all(|n| (0.0..=366.0).contains(n)));
    for row in 0..found.rows.len() {
        assert!(low[row] >= 0.0 && low[row] <= high[row], "row {row}");
        assert!(clv[row] >= 0.0 && clv[row] <= lifetime[row], "row {row}");
        let total = ten_thousandths(found.column("total_clv")[row]);
        let parts = ten_thousandths(found.column("historic_value")[row])
            + ten_thousandths(found.column("clv")[row]);
        assert_eq!(total, parts, "row {row}");
    }
    let run = sandbox.results(OUT).run_json();
    assert_eq!(run["clv_basis"], "expected_revenue");
    let sum: i128 = found
        .column("clv")
        .iter()
        .map(|cell| ten_thousandths(cell))
        .sum();
    let told = run["clv"]["sum"].as_str().expect("a sum");
    assert_eq!(ten_thousandths(told), sum);
    let segments = sandbox.results(OUT).segments();
    let by_segment: i128 = segments
        .column("clv_sum")
        .iter()
        .filter(|cell| !cell.is_empty())
        .map(|cell| ten_thousandths(cell))
        .sum();
    assert_eq!(by_segment, sum, "segments share out the whole");
}

#[test]
fn a_margin_turns_revenue_into_margin() {
    let sandbox = shop();
    let revenue = customers(&sandbox, &[]);
    let segments = sandbox.results(OUT).segments();
    assert!(segments.column("margin").iter().all(|cell| cell.is_empty()));
    let margin = customers(&sandbox, &["--margin", "0.35"]);
    assert_eq!(sandbox.results(OUT).run_json()["clv_basis"], "margin");
    assert_eq!(margin.column("monetary"), revenue.column("monetary"));
    let money = |table: &Table, column: &str| -> Vec<i128> {
        let cells = table.column(column);
        cells.iter().map(|cell| ten_thousandths(cell)).collect()
    };
    for column in ["historic_value", "clv", "clv_lifetime"] {
        let pairs = money(&revenue, column);
        for (whole, part) in pairs.into_iter().zip(money(&margin, column)) {
            // Each is rounded to ten-thousandths once: 0.35 × half a unit, and half a unit.
            assert!(
                (part * 100 - whole * 35).abs() <= 68,
                "{column}: {part} of {whole}"
            );
        }
    }
    let segments = sandbox.results(OUT).segments();
    let told: i128 = money(&segments, "margin").iter().sum();
    assert_eq!(told, money(&margin, "historic_value").iter().sum::<i128>());
}

#[test]
fn the_horizon_is_as_long_as_asked() {
    let sandbox = shop();
    let year = customers(&sandbox, &["--horizon", "12"]);
    let half = customers(&sandbox, &["--horizon", "6"]);
    assert_eq!(half.column("clv_lifetime"), year.column("clv_lifetime"));
    for column in ["expected_purchases", "clv"] {
        let (half, year) = (numbers(&half, column), numbers(&year, column));
        assert!(half.iter().zip(&year).all(|(half, year)| half <= year));
        let share = half.iter().sum::<f64>() / year.iter().sum::<f64>();
        // People only leave, so the first half year brings more than the second.
        assert!((0.5..0.7).contains(&share), "{column}: {share}");
    }
}

#[test]
fn the_unit_changes_nothing_but_the_unit() {
    let sandbox = shop();
    let weeks = customers(&sandbox, &["--unit", "week"]);
    let by_week = sandbox.results(OUT).run_json()["clv"]["purchases"]["parameters"].clone();
    for (unit, days) in [("day", 1.0), ("month", 365.25 / 12.0)] {
        let other = customers(&sandbox, &["--unit", unit]);
        let run = sandbox.results(OUT).run_json();
        assert_eq!(run["clv"]["unit"], unit);
        let parameters = &run["clv"]["purchases"]["parameters"];
        for name in ["r", "a", "b", "alpha"] {
            let number = |of: &serde_json::Value| of[name]["estimate"].as_f64().expect("a number");
            let scale = if name == "alpha" { 7.0 / days } else { 1.0 };
            let what = format!("{name} per {unit}");
            assert_relative(
                &what,
                number(parameters),
                number(&by_week) * scale,
                SAME_MODEL,
            );
        }
        for column in ["probability_alive", "expected_purchases"] {
            let pairs = numbers(&weeks, column)
                .into_iter()
                .zip(numbers(&other, column));
            for (week, other) in pairs {
                assert!(
                    (week - other).abs() <= SAME_MODEL * week.max(1.0),
                    "{column}: {week} {other}"
                );
            }
        }
    }
}

#[test]
fn the_model_is_the_one_asked_for() {
    let sandbox = shop();
    let mbg = customers(&sandbox, &[]);
    let bg = customers(&sandbox, &["--model", "bg-nbd"]);
    let run = sandbox.results(OUT).run_json();
    assert_eq!(run["clv"]["purchases"]["model"], "bg-nbd");
    let once = |table: &Table| -> Vec<f64> {
        let repeats = table.column("repeat_purchases");
        let alive = numbers(table, "probability_alive");
        let both = repeats.iter().zip(alive);
        both.filter(|(repeats, _)| **repeats == "0")
            .map(|(_, alive)| alive)
            .collect()
    };
    assert!(!once(&bg).is_empty());
    assert!(
        once(&bg).iter().all(|&alive| alive >= 1.0),
        "nobody can have left yet"
    );
    assert!(
        once(&mbg).iter().all(|&alive| alive < 1.0),
        "anybody may have left"
    );
}

#[test]
fn a_discount_makes_later_money_worth_less() {
    let sandbox = shop();
    let sum = |flags: &[&str]| -> f64 { numbers(&customers(&sandbox, flags), "clv").iter().sum() };
    let (low, high) = (
        sum(&["--annual-discount", "0.01"]),
        sum(&["--annual-discount", "0.5"]),
    );
    // Money of a year is half a year away on average.
    let ratio = high / low;
    let expected = (1.01_f64 / 1.5).sqrt();
    assert!(
        (ratio - expected).abs() < 0.03,
        "{ratio} against {expected}"
    );
}

#[test]
fn no_clv_leaves_its_columns_empty() {
    let sandbox = shop();
    let found = customers(&sandbox, &["--no-clv"]);
    assert_empty(&found, &EXPECTED);
    assert!(
        found
            .column("historic_value")
            .iter()
            .all(|cell| !cell.is_empty())
    );
    let results = sandbox.results(OUT);
    assert_eq!(results.run_json()["clv"]["status"], "skipped");
    assert_empty(
        &results.segments(),
        &["clv_sum", "clv_mean", "probability_alive_mean"],
    );
}

/// A shop of 50 people who all came a year before the as-of day; the first `returned` of them came once more.
fn shop_of_newcomers(returned: u32) -> (Sandbox, Outcome) {
    let mut orders = "customer_id,ordered_at,net\n".to_owned();
    for customer in 0..50 {
        orders += &format!("c{customer:02},2023-03-01,20.00\n");
        if customer < returned {
            orders += &format!("c{customer:02},2023-09-01,20.00\n");
        }
    }
    let sandbox = Sandbox::with_orders(&orders);
    let outcome = sandbox.patron(&["run", "orders.csv", "--as-of", "2024-02-29"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    (sandbox, outcome)
}

#[test]
fn a_shop_with_too_few_repeat_buyers_gets_an_explanation_and_a_rough_figure() {
    let (sandbox, outcome) = shop_of_newcomers(5);
    for words in [
        "not computed",
        "repeat purchase",
        "found 5",
        "roughly",
        "xpected revenue",
    ] {
        assert!(
            outcome.stdout.contains(words),
            "{words}: {}",
            outcome.stdout
        );
    }
    let results = sandbox.results(OUT);
    assert_empty(&results.customers(), &EXPECTED);
    let clv = results.run_json()["clv"].clone();
    assert!(clv["purchases"].is_null() && clv["spend"].is_null());
    let reason = clv["reason"]["text"].as_str().expect("a reason");
    assert!(reason.contains("repeat purchase"), "{reason}");
    let rough = |key: &str| clv["rough"][key].as_f64().expect("a rough figure");
    // Five orders more in 50 × 365 days, each of 20.
    let per_year = 5.0 / (50.0 * 365.0 / 365.25);
    assert_relative(
        "average order",
        rough("average_order_value"),
        20.0,
        ROUNDING,
    );
    assert_relative(
        "orders a year",
        rough("orders_per_year"),
        per_year,
        ROUNDING,
    );
    assert_relative("value", rough("value"), 20.0 * per_year, ROUNDING);
}

#[test]
fn a_shop_without_any_repeat_buyer_gets_an_explanation() {
    let (sandbox, outcome) = shop_of_newcomers(0);
    for words in ["not computed", "repeat purchase", "found 0"] {
        assert!(
            outcome.stdout.contains(words),
            "{words}: {}",
            outcome.stdout
        );
    }
    assert_empty(&sandbox.results(OUT).customers(), &EXPECTED);
}
