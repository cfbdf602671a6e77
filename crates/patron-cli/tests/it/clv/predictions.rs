//! `patron clv predict`: its forms, flags and levels, against each other and against formulas worked out here.

use serde_json::Value;

use super::models::{CALIBRATED, cdnow, json};
use crate::database::servers::duckdb;
use crate::support::{Sandbox, Table};

fn told(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let flags = ["--format", "csv", "--quiet"];
    let outcome = sandbox.patron(&[&["clv", "predict"], arguments, &flags[..]].concat());
    assert_eq!(outcome.code, 0, "{arguments:?}\n{}", outcome.stderr);
    outcome.stdout
}

fn header(table: &Table) -> Vec<&str> {
    table.header.iter().map(String::as_str).collect()
}

fn numbers(table: &Table, name: &str) -> Vec<f64> {
    let cells = table.column(name).into_iter();
    cells.map(|cell| cell.parse().expect("a number")).collect()
}

/// More customers than are rendered at once, no two of one history.
fn drawn(customers: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let parameters = ["--parameters", "r=0.5,alpha=6,a=0.9,b=1.6"];
    let flags = [
        "clv",
        "simulate",
        "--model",
        "bg-nbd",
        "--customers",
        customers,
    ];
    let drawn = sandbox.patron(&[&flags[..], &parameters].concat());
    assert_eq!(drawn.code, 0, "{}", drawn.stderr);
    sandbox.write("drawn.csv", drawn.stdout);
    sandbox
}

#[test]
fn threads_change_nothing() {
    let sandbox = drawn("20000");
    for (arguments, needs_cdnow) in [
        (&["--summary", "drawn.csv", "--model", "bg-nbd"][..], false),
        (
            &[&CALIBRATED[..], &["--model", "pareto-nbd"]].concat()[..],
            true,
        ),
    ] {
        let of_cdnow = needs_cdnow.then(|| cdnow("threads_change_nothing"));
        let sandbox = match &of_cdnow {
            Some(None) => continue,
            Some(Some(found)) => found,
            None => &sandbox,
        };
        let one = told(sandbox, &[arguments, &["--threads", "1"]].concat());
        for threads in ["2", "5"] {
            let many = told(sandbox, &[arguments, &["--threads", threads]].concat());
            assert!(one == many, "{arguments:?} on {threads} threads");
        }
    }
    let table = Table::parse(told(&sandbox, &["--summary", "drawn.csv"]).as_bytes());
    let ids: Vec<String> = (1..=20_000).map(|number: u32| number.to_string()).collect();
    assert_eq!(table.column("customer_id"), ids, "in the order of the file");
}

#[test]
fn without_intervals_everything_else_is_the_same() {
    let Some(sandbox) = cdnow("without_intervals_everything_else_is_the_same") else {
        return;
    };
    let whole = Table::parse(told(&sandbox, &CALIBRATED).as_bytes());
    let plain = [&CALIBRATED[..], &["--no-intervals"]].concat();
    let plain = Table::parse(told(&sandbox, &plain).as_bytes());
    let is_bound = |name: &&str| name.ends_with("_low") || name.ends_with("_high");
    let names = header(&whole);
    assert_eq!(names.iter().copied().filter(is_bound).count(), 6);
    let others: Vec<&str> = names.into_iter().filter(|name| !is_bound(name)).collect();
    assert_eq!(header(&plain), others);
    for name in others {
        assert_eq!(plain.column(name), whole.column(name), "{name}");
    }
    let both = sandbox.patron(&["clv", "predict", "--no-intervals", "--interval", "0.8"]);
    assert_eq!(both.code, 2, "{}", both.stderr);
}

#[test]
fn purchases_alone_are_the_same_number_for_number_and_found_without_the_rest() {
    let sandbox = drawn("300");
    for model in ["nbd", "bg-nbd", "mbg-nbd", "pareto-nbd", "ggom-nbd"] {
        let summary = ["--summary", "drawn.csv", "--model", model, "--no-intervals"];
        let whole = Table::parse(told(&sandbox, &summary).as_bytes());
        let asked = ["--columns", "probability_alive,expected_purchases"];
        let alone = told(&sandbox, &[&summary[..], &asked].concat());
        let alone = Table::parse(alone.as_bytes());
        for name in ["probability_alive", "expected_purchases"] {
            assert_eq!(alone.column(name), whole.column(name), "{model} {name}");
        }
        // With a column more everything is worked out.
        let more = ["--columns", "expected_purchases,discounted_purchases"];
        let more = told(&sandbox, &[&summary[..], &more].concat());
        let more = Table::parse(more.as_bytes());
        let name = "discounted_purchases";
        assert_eq!(more.column(name), whole.column(name), "{model}");
    }
}

#[test]
fn columns_are_those_asked_for() {
    let sandbox = drawn("50");
    let summary = ["--summary", "drawn.csv", "--model", "nbd"];
    let whole = Table::parse(told(&sandbox, &summary).as_bytes());
    let asked = ["--columns", "expected_purchases,T,customer_id,clv"];
    let some = Table::parse(told(&sandbox, &[&summary[..], &asked].concat()).as_bytes());
    assert_eq!(
        header(&some),
        ["customer_id", "T", "expected_purchases", "clv"]
    );
    for name in header(&some) {
        assert_eq!(some.column(name), whole.column(name));
    }
    let unknown = ["clv", "predict", "--columns", "T,value"];
    let refused = sandbox.patron(&[&unknown[..], &summary].concat());
    refused.assert_bad_command_line(&["`--columns` is `value`", "expected_purchases"]);
    let bounds = ["clv", "predict", "--no-intervals", "--columns", "clv_low"];
    let refused = sandbox.patron(&[&bounds[..], &summary].concat());
    refused.assert_bad_command_line(&["`--columns` is `clv_low`"]);
}

#[test]
fn an_id_with_commas_and_quotes_stays_one_field() {
    let sandbox = Sandbox::new();
    let mut rows = "customer_id,frequency,recency,T\n".to_owned();
    for row in 0..40 {
        rows.push_str(&format!(
            "\"a, \"\"{row}\"\"\",{},{},60\n",
            row % 4 + 1,
            10 + row
        ));
    }
    sandbox.write("odd.csv", rows);
    let table =
        Table::parse(told(&sandbox, &["--summary", "odd.csv", "--model", "nbd"]).as_bytes());
    assert_eq!(table.column("customer_id")[39], "a, \"39\"");
}

#[test]
fn json_tells_what_csv_tells() {
    let Some(sandbox) = cdnow("json_tells_what_csv_tells") else {
        return;
    };
    let flags = [&CALIBRATED[..], &["--horizon", "6", "--margin", "0.4"]].concat();
    let table = Table::parse(told(&sandbox, &flags).as_bytes());
    let found = json(&sandbox, &[&["predict"], &flags[..]].concat());
    assert_eq!(found["model"], "mbg-nbd");
    assert_eq!(
        (&found["unit"], &found["clv_basis"]),
        (&"week".into(), &"margin".into())
    );
    assert_eq!(found["interval"], 0.9);
    // 1997-09-30 to 1998-03-30.
    let horizon = found["horizon"].as_f64().expect("a number");
    assert!((horizon - 181.0 / 7.0).abs() < 1e-12, "{horizon}");
    let customers = found["customers"].as_array().expect("customers");
    assert_eq!(customers.len(), 2_357);
    for name in header(&table) {
        for (cell, customer) in table.column(name).into_iter().zip(customers) {
            let same = match &customer[name] {
                Value::Null => cell.is_empty(),
                Value::Number(number) => number.as_f64() == cell.parse().ok(),
                Value::String(text) => text == cell,
                _ => false,
            };
            assert!(same, "{name}: {} {cell}", customer[name]);
        }
    }
}

#[test]
fn days_and_weeks_tell_the_same_of_one_horizon() {
    let Some(sandbox) = cdnow("days_and_weeks_tell_the_same_of_one_horizon") else {
        return;
    };
    let of = |unit: &str| {
        let flags = ["--no-intervals", "--horizon", "6", "--unit", unit];
        let arguments = [&["predict", "--model", "bg-nbd"], &CALIBRATED[..], &flags].concat();
        json(&sandbox, &arguments)
    };
    let (weeks, days) = (of("week"), of("day"));
    let horizon = |found: &Value| found["horizon"].as_f64().expect("a number");
    assert!((horizon(&days) - 181.0).abs() < 1e-9 && (horizon(&weeks) * 7.0 - 181.0).abs() < 1e-9);
    let pairs = weeks["customers"].as_array().expect("customers").iter();
    for (week, day) in pairs.zip(days["customers"].as_array().expect("customers")) {
        for name in [
            "probability_alive",
            "expected_purchases",
            "clv",
            "probability_of_purchase",
        ] {
            let [week, day] = [week, day].map(|told| told[name].as_f64().expect("a number"));
            // Two searches for one optimum, on another scale.
            assert!(
                (week - day).abs() <= 1e-5 * week.abs().max(1e-3),
                "{name}: {week} {day}"
            );
        }
        let [week, day] = [week, day].map(|told| told["T"].as_f64().expect("a number"));
        assert!((week * 7.0 - day).abs() < 1e-9);
    }
}

/// `P(N ≤ n)` of a negative binomial count: gamma(r + x, α + T) rates over a horizon.
fn negative_binomial(shape: f64, time: f64, horizon: f64, most: u32) -> f64 {
    let z = horizon / (time + horizon);
    let mut term = (1.0 - z).powf(shape);
    let mut sum = term;
    for n in 0..most {
        term *= (shape + f64::from(n)) / f64::from(n + 1) * z;
        sum += term;
    }
    sum
}

#[test]
fn levels_bound_what_they_say() {
    let sandbox = drawn("3000");
    let summary = ["--summary", "drawn.csv", "--model", "nbd"];
    let fit = json(&sandbox, &[&["fit"], &summary[..]].concat());
    let parameter = |name: &str| {
        fit["parameters"][name]["estimate"]
            .as_f64()
            .expect("a number")
    };
    let (r, alpha) = (parameter("r"), parameter("alpha"));
    // Twelve months of 30.4375 days in weeks: a summary has no day.
    let horizon = 365.25 / 7.0;
    let of = |level: &str| {
        let flags = [&summary[..], &["--interval", level]].concat();
        Table::parse(told(&sandbox, &flags).as_bytes())
    };
    let tables = ["0.5", "0.9", "0.95"].map(of);
    for (table, level) in tables.iter().zip([0.5, 0.9, 0.95]) {
        let [x, age, low, high] =
            ["frequency", "T", "purchases_low", "purchases_high"].map(|name| numbers(table, name));
        for row in (0..x.len()).step_by(37) {
            let quantile = |share: f64| {
                let below =
                    |n: &u32| negative_binomial(r + x[row], alpha + age[row], horizon, *n) < share;
                f64::from((0..).find(|n| !below(n)).expect("a count"))
            };
            let tail = 0.5 * (1.0 - level);
            for (found, share) in [(low[row], tail), (high[row], 1.0 - tail)] {
                assert!((found - quantile(share)).abs() < 0.5, "{row}: {found}");
            }
        }
    }
    for name in ["expected_purchases_low", "expected_purchases_high"] {
        let is_low = name.ends_with("low");
        let [half, nine, most] = [0, 1, 2].map(|place| numbers(&tables[place], name));
        for row in 0..half.len() {
            let inside = |a: f64, b: f64| if is_low { a < b } else { a > b };
            assert!(
                inside(nine[row], half[row]) && inside(most[row], nine[row]),
                "{name} {row}"
            );
        }
    }
    let beyond = sandbox.patron(&[
        "clv",
        "predict",
        "--interval",
        "1",
        "--summary",
        "drawn.csv",
    ]);
    assert_eq!(beyond.code, 2, "{}", beyond.stderr);
}

#[test]
fn a_bootstrap_comes_near_the_curvature_where_customers_are_many() {
    let sandbox = drawn("4000");
    let summary = ["--summary", "drawn.csv", "--model", "nbd"];
    let bootstrap = [&summary[..], &["--bootstrap"]].concat();
    let [curved, drawn] = [&summary[..], &bootstrap[..]].map(|flags| told(&sandbox, flags));
    assert!(drawn == told(&sandbox, &bootstrap), "drawn the same again");
    assert_ne!(curved, drawn);
    let [curved, drawn] = [curved, drawn].map(|text| Table::parse(text.as_bytes()));
    let widths = |table: &Table| -> Vec<f64> {
        let [low, high] =
            ["expected_purchases_low", "expected_purchases_high"].map(|name| numbers(table, name));
        low.iter()
            .zip(&high)
            .map(|(low, high)| high - low)
            .collect()
    };
    // 199 draws know a width to 5 %, and both are drawn; NBD does not hold of these customers, which moves neither.
    for (one, other) in widths(&curved).iter().zip(&widths(&drawn)) {
        assert!((0.7..1.4).contains(&(one / other)), "{one} {other}");
    }
    for name in [
        "expected_purchases",
        "purchases_low",
        "purchases_high",
        "probability_alive",
    ] {
        assert_eq!(curved.column(name), drawn.column(name), "{name}");
    }
}

#[test]
fn a_query_gives_what_its_rows_as_a_file_give() {
    let Some(library) = duckdb("a_query_gives_what_its_rows_as_a_file_give") else {
        return;
    };
    let sandbox = Sandbox::new();
    let mut orders = "order_id,customer_id,ordered_at,net\n".to_owned();
    for customer in 0..90 {
        for order in 0..customer % 5 + 1 {
            let (month, day) = (1 + (order * 2 + customer) % 9, 1 + customer % 28);
            orders.push_str(&format!(
                "{customer}-{order},c{customer},2024-{month:02}-{day:02},{}.50\n",
                10 + customer
            ));
        }
    }
    sandbox.write("orders.csv", orders);
    let sql = "SELECT order_id, customer_id, ordered_at::DATE AS ordered_at, net::DECIMAL(18,4) AS net FROM read_csv('orders.csv', all_varchar = true)";
    let query = ["--adbc", "duckdb:", "--driver", library, "--query", sql];
    let model = ["--model", "nbd", "--as-of", "2024-12-01"];
    let of_query = told(&sandbox, &[&model[..], &query].concat());
    let of_file = told(&sandbox, &[&model[..], &["orders.csv"]].concat());
    assert_eq!(
        Table::parse(of_file.as_bytes()).column("customer_id").len(),
        90
    );
    assert_eq!(of_query, of_file);
    let fit = [&["fit"], &model[..], &query].concat();
    assert_eq!(
        json(&sandbox, &fit),
        json(&sandbox, &[&["fit"], &model[..], &["orders.csv"]].concat())
    );
}
