//! `patron fold`: the same code as `patron run`, as a filter; so the same numbers.

use std::collections::BTreeMap;

use crate::support::{Outcome, Sandbox, Table, ten_thousandths};

const HEADER: &str = "#patron-fold\t1\t{\"as_of\":[\"2024-12-31\"]}\n";

fn fold(sandbox: &Sandbox, input: &str) -> Outcome {
    sandbox.patron_with_input(&["fold"], input.as_bytes())
}

/// µs since 1970 of `2023-01-02T18:41:09+00:00`.
fn micros(text: &str) -> i64 {
    let instant: jiff::Timestamp = text.parse().expect("an instant");
    instant.as_microsecond()
}

/// The histories of a demo shop's orders, as another program would write them.
fn histories(orders: &Table, header: &str) -> (String, u64) {
    let mut facts: BTreeMap<(&str, i64, &str, u8), String> = BTreeMap::new();
    let place = |column: &str| orders.place(column);
    let columns = [
        "customer_id",
        "ordered_at",
        "order_id",
        "status",
        "net",
        "refunded",
    ]
    .map(place);
    for row in &orders.rows {
        let [customer, at, order, status, net, refunded] =
            columns.map(|column| row[column].as_str());
        let (at, net, refunded) = (micros(at), ten_thousandths(net), ten_thousandths(refunded));
        let line = format!("{customer}\torder\t{at}\t{order}\t{net}\t\\N\t{status}\n");
        facts.insert((customer, at, order, 0), line);
        if refunded > 0 {
            let line = format!("{customer}\trefund\t\\N\t{order}\t{refunded}\t\\N\treturn\n");
            // An undated refund stands before everything that has a date.
            facts.insert((customer, i64::MIN, order, 1), line);
        }
    }
    let count = facts.len() as u64;
    let mut text = header.to_owned();
    text.extend(facts.into_values());
    (text, count)
}

/// Profile lines by customer, then by column.
fn profiles(output: &str, columns: &[String]) -> BTreeMap<String, BTreeMap<String, String>> {
    let lines = output.lines().filter(|line| !line.starts_with('#'));
    let cells = lines.map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>());
    let profile = |cells: Vec<String>| columns.iter().cloned().zip(cells).collect();
    cells
        .filter(|cells| cells.len() == columns.len())
        .map(|cells| (cells[0].clone(), profile(cells)))
        .collect()
}

/// A demo shop's orders of known customers, also as `known.csv`.
fn known_orders(sandbox: &Sandbox) -> Table {
    let flags = [
        "--customers",
        "1500",
        "--seed",
        "51",
        "--orders-only",
        "--quiet",
    ];
    sandbox.patron(&[&["demo", "."], &flags[..]].concat());
    let mut orders = Table::parse(&sandbox.read("orders.csv"));
    let customer = orders.place("customer_id");
    orders.rows.retain(|row| !row[customer].is_empty());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(&orders.header)
        .expect("memory takes it");
    for row in &orders.rows {
        writer.write_record(row).expect("memory takes it");
    }
    sandbox.write("known.csv", writer.into_inner().expect("memory takes it"));
    orders
}

/// Returns where a line of the filter differs from a row of the run.
fn differences(
    profile: &BTreeMap<String, String>,
    cell: impl Fn(&str) -> String,
    as_of: &str,
) -> Vec<String> {
    let as_of: jiff::civil::Date = as_of.parse().expect("a date");
    let last_day: jiff::civil::Date = profile["last_day"].parse().expect("a date");
    let same = |column: &str| (column.to_owned(), profile[column].clone(), cell(column));
    let money = |column: &str| {
        let expected = ten_thousandths(&cell(column)).to_string();
        (column.to_owned(), profile[column].clone(), expected)
    };
    let instant = |column: &str| {
        let expected = micros(&cell(column)).to_string();
        (column.to_owned(), profile[column].clone(), expected)
    };
    let recency = (as_of - last_day).get_days().to_string();
    let mut pairs = vec![("recency_days".to_owned(), recency, cell("recency_days"))];
    pairs.extend(["orders", "purchase_days", "orders_window"].map(same));
    pairs.extend(["monetary", "last_order_value", "monetary_window"].map(money));
    pairs.extend(["first_order_at", "last_order_at"].map(instant));
    pairs
        .into_iter()
        .filter(|(_, filter, run)| filter != run)
        .map(|(column, filter, run)| format!("{column}: filter {filter}, run {run}"))
        .collect()
}

#[test]
fn the_filter_and_the_run_give_the_same_profiles() {
    let sandbox = Sandbox::new();
    let orders = known_orders(&sandbox);
    let (as_of, zone, window) = ("2025-06-30", "Asia/Tokyo", "4");
    let flags = [
        "--as-of",
        as_of,
        "--timezone",
        zone,
        "--window-months",
        window,
    ];
    let run = sandbox.run(&[&["known.csv", "--quiet", "--no-clv"], &flags[..]].concat());
    let customers = run.customers();
    let settings =
        format!("{{\"as_of\":[\"{as_of}\"],\"timezone\":\"{zone}\",\"window_months\":{window}}}");
    let (input, facts) = histories(&orders, &format!("#patron-fold\t1\t{settings}\n"));
    let columns = sandbox.patron(&["fold", "--columns"]).stdout;
    let columns: Vec<String> = columns.trim_end().split('\t').map(str::to_owned).collect();
    let outcome = fold(&sandbox, &input);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let control = outcome.stdout.lines().last().expect("a control line");
    let counted: Vec<&str> = control.split('\t').collect();
    let facts = facts.to_string();
    assert_eq!(
        counted[..3],
        ["#patron-fold-end", "1", &facts],
        "no fact is lost"
    );
    let profiles = profiles(&outcome.stdout, &columns);
    assert_eq!(
        profiles.keys().map(String::as_str).collect::<Vec<_>>(),
        customers.column("customer_id"),
        "the same customers have a valid order"
    );
    let faults: Vec<String> = profiles
        .iter()
        .zip(&customers.rows)
        .flat_map(|((id, profile), row)| {
            let cell = |column: &str| row[customers.place(column)].clone();
            let faults = differences(profile, cell, as_of).into_iter();
            faults.map(move |fault| format!("{id} {fault}"))
        })
        .collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn several_days_are_one_walk_and_equal_single_ones() {
    let sandbox = Sandbox::new();
    let facts = "a\torder\t1700000000000000\t1\t100000\t\\N\tpaid\n\
                 a\torder\t1710000000000000\t2\t50000\t\\N\tpaid\n\
                 b\torder\t1720000000000000\t3\t70000\t\\N\tpaid\n";
    let days = ["2023-12-31", "2024-05-01", "2024-12-31"];
    let together = format!(
        "#patron-fold\t1\t{{\"as_of\":{}}}\n{facts}",
        serde_json::json!(days)
    );
    let together = fold(&sandbox, &together).stdout;
    for day in days {
        let alone = format!("#patron-fold\t1\t{{\"as_of\":[\"{day}\"]}}\n{facts}");
        let alone = fold(&sandbox, &alone).stdout;
        for line in alone.lines().filter(|line| !line.starts_with('#')) {
            assert!(together.lines().any(|found| found == line), "{line}");
        }
    }
    let lines = together.lines().filter(|line| !line.starts_with('#'));
    assert_eq!(lines.count(), 6, "one line per customer and day");
    let end = "#patron-fold-end\t1\t3\t2\t220000";
    assert_eq!(together.lines().last(), Some(end));
}

#[test]
fn events_and_surveys_pass_through_and_change_no_order() {
    let sandbox = Sandbox::new();
    let order = "a\torder\t1700000000000000\t1\t100000\t\\N\tpaid\n";
    let others = "a\tevent\t1710000000000000\t\\N\t\\N\t\\N\tview\n\
                  a\tsurvey\t1710000000000000\t\\N\t\\N\t9\tnps\n\
                  a\tservice\t1710000000000000\t\\N\t\\N\t\\N\tticket\n";
    let first_line = |output: &str| output.lines().next().map(str::to_owned);
    let plain = fold(&sandbox, &format!("{HEADER}{order}")).stdout;
    let outcome = fold(&sandbox, &format!("{HEADER}{order}{others}"));
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_eq!(first_line(&outcome.stdout), first_line(&plain));
}

#[test]
fn an_empty_history_is_a_control_line() {
    let outcome = fold(&Sandbox::new(), HEADER);
    assert_eq!(outcome.code, 0);
    assert_eq!(outcome.stdout, "#patron-fold-end\t1\t0\t0\t0\n");
}

#[test]
fn facts_out_of_order_are_the_callers_fault() {
    let sandbox = Sandbox::new();
    let fact = |at: u32| format!("a\torder\t{at}\t{at}\t100000\t\\N\tpaid\n");
    let outcome = fold(&sandbox, &format!("{HEADER}{}{}", fact(2), fact(1)));
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    for words in ["`a`", "line 3"] {
        assert!(
            outcome.stderr.contains(words),
            "{words}: {}",
            outcome.stderr
        );
    }
}

#[test]
fn what_is_not_understood_is_refused_by_line() {
    let sandbox = Sandbox::new();
    let order =
        |customer: &str| format!("{customer}\torder\t1700000000000000\t1\t100000\t\\N\tpaid\n");
    let (a, b) = (order("a"), order("b"));
    for (input, words) in [
        (String::new(), &["#patron-fold"][..]),
        (
            "customer_id,net\n".to_owned(),
            &["must start with `#patron-fold`", "customer_id,net"],
        ),
        (
            HEADER.replace("\t1\t", "\t2\t"),
            &["speaks version 1", "`2`"],
        ),
        (
            HEADER.replace("as_of", "as_off"),
            &["settings in the header", "as_off"],
        ),
        (HEADER.replace("12-31", "13-31"), &["2024-13-31"]),
        (
            format!("{HEADER}{b}{a}"),
            &["line 3", "`a` comes after `b`"],
        ),
        (
            format!("{HEADER}{a}{b}{a}"),
            &["line 4", "`a` comes after `b`"],
        ),
        (
            format!("{HEADER}a\torder\t5\n"),
            &["line 2", "`a`", "expected 7 fields, found 3"],
        ),
        (
            format!("{HEADER}{}", a.replace("order", "ordre")),
            &["line 2", "`tag` is `ordre`", "refund"],
        ),
        (
            format!("{HEADER}{}", a.replace("100000", "ten")),
            &["line 2", "`amount` is `ten`"],
        ),
        (
            format!("{HEADER}{}", a.replace("paid", "settled")),
            &["`word` is `settled`", "cancelled"],
        ),
    ] {
        let outcome = fold(&sandbox, &input);
        assert_eq!(outcome.code, 1, "{input:?}: {}", outcome.stderr);
        assert!(outcome.stderr.starts_with("error: "), "{}", outcome.stderr);
        assert!(
            !outcome.stdout.contains("#patron-fold-end"),
            "a failed filter has no end mark"
        );
        for word in words {
            assert!(
                outcome.stderr.contains(word),
                "`{word}` in: {}",
                outcome.stderr
            );
        }
    }
}
