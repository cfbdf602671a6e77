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
    let (half, year) = (numbers(&half, "clv"), numbers(&year, "clv"));
    assert!(half.iter().zip(&year).all(|(half, year)| half <= year));
    let share = half.iter().sum::<f64>() / year.iter().sum::<f64>();
    // People only leave, so the first half year brings more than the second.
    assert!((0.5..0.7).contains(&share), "{share}");
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
    assert_relative("value", rough("value"), 20.0 * (1.0 + per_year), ROUNDING);
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

#[test]
fn expected_purchases_are_those_of_a_year_whatever_the_horizon() {
    let sandbox = shop();
    let year = numbers(&customers(&sandbox, &[]), "expected_purchases");
    let half = customers(&sandbox, &["--horizon", "6"]);
    assert_eq!(numbers(&half, "expected_purchases"), year);
    let clv = |table: &Table| numbers(table, "clv").iter().sum::<f64>();
    assert!(clv(&half) < clv(&customers(&sandbox, &[])) * 0.6);
}

#[test]
fn returns_that_must_be_expected_are_deducted_at_the_shops_own_rate() {
    // 30 customers with three settled orders of 100 to 129 each, every third of which went back by a fifth; the first ten
    // customers have a young order of 50 besides.
    let mut text = "order_id,customer_id,ordered_at,net,refunded\n".to_owned();
    let (mut sold, mut back) = (0.0, 0.0);
    for customer in 0..30 {
        for (order, day) in ["2023-02-01", "2023-05-01", "2023-09-01"]
            .iter()
            .enumerate()
        {
            let net = f64::from(100 + customer);
            let refunded = if order == 1 { net / 5.0 } else { 0.0 };
            sold += net;
            back += refunded;
            text += &format!("{customer}-{order},c{customer:02},{day},{net},{refunded}\n");
        }
        if customer < 10 {
            text += &format!("{customer}-young,c{customer:02},2023-12-20,50,0\n");
        }
    }
    let sandbox = Sandbox::with_orders(&text);
    let plain = customers(&sandbox, &[]);
    let flags = ["--return-window-days", "30"];
    let careful = customers(&sandbox, &flags);
    let rate = back / sold;
    let found = sandbox.run(&[&["orders.csv", "--quiet"], &flags[..]].concat());
    let returns = &found.run_json()["clv"]["expected_returns"];
    assert_relative(
        "rate",
        returns["rate"].as_f64().expect("a rate"),
        rate,
        ROUNDING,
    );
    assert_relative(
        "value",
        returns["value"].as_f64().expect("money"),
        rate * 500.0,
        ROUNDING,
    );
    for column in ["clv", "clv_low", "clv_high", "clv_lifetime", "total_clv"] {
        let (before, after) = (numbers(&plain, column), numbers(&careful, column));
        for (customer, (before, after)) in before.iter().zip(&after).enumerate() {
            let young = if customer < 10 { 50.0 } else { 0.0 };
            // Money is printed with four decimals.
            assert!(
                (before - after - rate * young).abs() < 2e-4,
                "{column} of {customer}"
            );
        }
    }
    assert_eq!(
        numbers(&plain, "historic_value"),
        numbers(&careful, "historic_value")
    );
}

#[test]
fn a_shop_with_one_price_has_values_without_a_spend_model() {
    let mut text = "order_id,customer_id,ordered_at,net\n".to_owned();
    for customer in 0..400 {
        let first = 1 + customer % 28;
        text += &format!(
            "{customer}-0,c{customer:03},2023-01-{first:02},{}\n",
            20 + customer % 7
        );
        for order in 1..=(customer % 5) {
            text += &format!(
                "{customer}-{order},c{customer:03},2023-{:02}-15,9\n",
                2 * order + 1
            );
        }
    }
    let sandbox = Sandbox::with_orders(&text);
    let results = sandbox.run(&["orders.csv", "--quiet"]);
    let clv = &results.run_json()["clv"];
    assert_eq!(clv["status"], "fitted");
    assert_eq!(clv["constant_spend"], 9.0);
    let table = results.customers();
    assert!(
        table
            .column("expected_order_value")
            .iter()
            .all(|&value| value == "9.00")
    );
    let (low, high) = (numbers(&table, "clv_low"), numbers(&table, "clv_high"));
    assert!(
        low.iter()
            .zip(&high)
            .all(|(low, high)| low <= high && *high >= 0.0)
    );
    assert!(high.iter().any(|&high| high > 0.0));
}

#[test]
fn where_nobody_returned_the_rough_figure_is_the_first_order() {
    let rows: String = (0..40)
        .map(|n| format!("c{n},2023-{:02}-01,{}\n", 1 + n % 12, 20 + n % 3))
        .collect();
    let sandbox = Sandbox::with_orders(&format!("customer_id,ordered_at,net\n{rows}"));
    let results = sandbox.run(&["orders.csv", "--quiet", "--as-of", "2024-06-30"]);
    let rough = &results.run_json()["clv"]["rough"];
    assert_eq!(rough["orders_per_year"], 0.0);
    assert_eq!(rough["value"], rough["average_order_value"]);
}
