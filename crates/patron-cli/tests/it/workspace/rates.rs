//! Amounts in other currencies, from command line to results. Figures by Python's `decimal`.

use super::{
    SHOP, assert_same_results, assert_same_tables, counts, import, run, run_files, with_workspace,
};
use crate::support::{Results, Sandbox};

const RATES: &str = "date,from,to,rate\n2024-01-05,USD,EUR,0.9134\n2024-01-20,USD,EUR,0.9187\n2024-02-05,GBP,EUR,1.1702\n";
const ORDERS: &str = "order_id,customer_id,order_date,net,refunded,shipping,currency
o1,c1,2024-01-05,100.00,20.00,7.95,USD
o2,c1,2024-02-07,33.33,,8.01,GBP
o3,c2,2024-02-08,50.00,,5.00,EUR
o4,c2,2024-06-08,50.00,,5.00,USD
";
const REFUNDS: &str =
    "refund_id,order_id,customer_id,refund_date,amount,currency\nr1,o2,c1,2024-01-22,15.15,USD\n";
const SPEND: &str = "date,channel,campaign,amount_spent,currency\n2024-02-05,search,a,100.01,GBP\n";
const FILES: [&str; 2] = ["orders.csv", "refunds.csv"];

fn shop() -> Sandbox {
    let sandbox = with_workspace();
    for (name, text) in [
        ("orders.csv", ORDERS),
        ("refunds.csv", REFUNDS),
        ("spend.csv", SPEND),
        ("rates.csv", RATES),
    ] {
        sandbox.write(name, text);
    }
    sandbox
}

/// Adds lines to the workspace's settings.
fn set(sandbox: &Sandbox, lines: &str) {
    let name = format!("{SHOP}/patron.toml");
    let text = sandbox.text(&name) + lines;
    sandbox.write(&name, text);
}

fn exported(sandbox: &Sandbox, table: &str, row: &str, columns: &[&str]) -> Vec<String> {
    let outcome = sandbox.patron(&["export", table, "--workspace", SHOP]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let mut lines = outcome.stdout.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let cells = lines.map(|line| line.split(',').collect::<Vec<_>>());
    let mut found = cells.filter(|cells| cells.contains(&row));
    let cells = found
        .next()
        .unwrap_or_else(|| panic!("no {row} in\n{}", outcome.stdout));
    let place = |column: &&str| header.iter().position(|name| name == column);
    let places = columns
        .iter()
        .map(|column| place(column).expect("the column"));
    places.map(|place| cells[place].to_owned()).collect()
}

fn note(results: &Results, key: &str) -> String {
    let run = results.run_json();
    let notes = run["notes"].as_array().expect("notes").iter();
    let mut texts = notes
        .filter(|note| note["key"] == key)
        .map(|note| note["text"].as_str().expect("a text").to_owned());
    texts.next().unwrap_or_default()
}

const CONVERTED: &str =
    "rows whose amounts were converted, at the rate of their own day, to EUR: 1 in GBP, 2 in USD";
const MISSING: &str = "rows set aside because `--rates` has no rate of their day to EUR: 1 in USD";

#[test]
fn a_run_on_files_and_on_the_ledger_convert_alike() {
    let sandbox = shop();
    let rates = ["--rates", "rates.csv", "--currency", "EUR"];
    let files = run_files(&sandbox, &[&FILES[..], &rates].concat());
    // 91.3400 − 18.2680 + 39.0028 − 13.9183, the refund at the rate of its own day.
    assert_eq!(files.customers().cell("c1", "monetary"), "98.1565");
    assert_eq!(files.customers().cell("c2", "monetary"), "50.00");
    assert_eq!(files.run_json()["currency"], "EUR");
    assert_eq!(note(&files, "amounts_converted"), CONVERTED);
    assert_eq!(note(&files, "rates_missing"), MISSING);
    let rejected = String::from_utf8(files.bytes("rejected.csv")).expect("UTF-8");
    assert!(
        rejected.contains("orders.csv,5,unreadable,currency,USD,") && rejected.contains("no rate of USD in EUR for 2024-06-08 or the 7 days before: add a line `2024-06-08,USD,EUR,…`"),
        "{rejected}"
    );
    let first = import(&sandbox, &[&FILES[..], &["spend.csv"], &rates].concat());
    assert_eq!(counts(&first, "orders.csv"), [4, 3, 0, 0, 1]);
    assert!(
        first.stderr.contains("note: rows whose amounts were converted, at the rate of their own day, to EUR: 1 in GBP, 1 in USD"),
        "{}",
        first.stderr
    );
    let ledger = run(&sandbox, &[]);
    assert_same_tables(&ledger, &files, "rates");
    assert_eq!(ledger.run_json()["currency"], "EUR");
    let columns = ["net", "refunded", "shipping", "currency"];
    assert_eq!(
        exported(&sandbox, "orders", "o1", &columns),
        ["91.34", "18.268", "7.2615", "EUR"]
    );
    assert_eq!(
        exported(&sandbox, "refunds", "c1", &["amount", "currency"]),
        ["13.9183", "EUR"]
    );
    assert_eq!(
        exported(&sandbox, "spend", "search", &["amount", "currency"]),
        ["117.0317", "EUR"]
    );
}

#[test]
fn the_currency_is_that_of_earlier_imports_and_the_same_rates_are_known_again() {
    let sandbox = shop();
    sandbox.write(
        "euros.csv",
        "order_id,customer_id,order_date,net,currency\no0,c2,2024-01-01,9,EUR\n",
    );
    let unknown = ["import", "--workspace", SHOP, "orders.csv"];
    let with_rates = [&unknown[..], &["--rates", "rates.csv"]].concat();
    sandbox.patron(&with_rates).assert_refused(&[
        "`rates.csv`",
        "nothing says to which currency",
        "hint: ",
        "`--currency EUR`",
    ]);
    import(&sandbox, &["euros.csv"]);
    sandbox
        .patron(&unknown)
        .assert_refused(&["two currencies", "--rates FILE"]);
    import(&sandbox, &["orders.csv", "--rates", "rates.csv"]);
    let files = run_files(
        &sandbox,
        &[
            "euros.csv",
            "orders.csv",
            "--rates",
            "rates.csv",
            "--currency",
            "eur",
        ],
    );
    assert_same_results(&run(&sandbox, &[]), &files, "rates of the flags");
    // Rates of other days may come; those of its days may not be others.
    sandbox.write("rates.csv", format!("{RATES}2024-09-01,USD,EUR,0.9\n"));
    let again = import(&sandbox, &["orders.csv", "--rates", "rates.csv"]);
    assert!(
        again.stdout.contains("Nothing changed."),
        "{}",
        again.stdout
    );
    sandbox.write("rates.csv", RATES.replace("0.9134", "0.9135"));
    sandbox.patron(&with_rates).assert_refused(&[
        "is import 2, which was read with other settings",
        "--undo 2",
    ]);
    sandbox.write("rates.csv", format!("{RATES}2024-06-05,USD,EUR,0.92\n"));
    sandbox
        .patron(&with_rates)
        .assert_refused(&["is import 2, which was read with other settings"]);
}

#[test]
fn rates_of_the_settings_lie_beside_them_and_a_run_on_the_ledger_needs_none() {
    let sandbox = shop();
    set(&sandbox, "\ncurrency = \"EUR\"\nrates = \"mine.csv\"\n");
    let orders = ["import", "--workspace", SHOP, "orders.csv"];
    sandbox.patron(&orders).assert_refused(&[
        "mine.csv",
        "there is no such file",
        "`rates` in patron.toml",
    ]);
    sandbox.write(&format!("{SHOP}/mine.csv"), RATES);
    let dry = import(&sandbox, &["orders.csv", "--dry-run"]);
    assert!(dry.stdout.contains("91.34"), "{}", dry.stdout);
    import(&sandbox, &["orders.csv"]);
    let beside = format!("{SHOP}/patron.toml");
    let files = run_files(&sandbox, &["orders.csv", "--settings", &beside]);
    std::fs::remove_file(sandbox.path(&format!("{SHOP}/mine.csv"))).expect("it can be removed");
    assert_same_results(&run(&sandbox, &[]), &files, "rates of the settings");
    let flags = ["run", "--workspace", SHOP, "--rates", "rates.csv"];
    sandbox
        .patron(&flags)
        .assert_refused(&["`--rates` cannot change it"]);
}

#[test]
fn what_cannot_be_used_as_rates_is_named() {
    let sandbox = shop();
    for (text, currency, words) in [
        (RATES, "CHF", "the file has no rates into CHF"),
        ("date;from\n", "EUR", "the rates have no column `date`"),
        (
            "date,from,to,rate\n2024-01-05,USD,EUR,0\n",
            "EUR",
            "line 2 of the rates: `0` is no rate above 0",
        ),
    ] {
        sandbox.write("wrong.csv", text);
        sandbox.refuses(
            &["orders.csv", "--rates", "wrong.csv", "--currency", currency],
            &["the rates `wrong.csv` cannot be used", words, "hint: "],
        );
    }
    sandbox.refuses(
        &["orders.csv", "--rates", "none.csv", "--currency", "EUR"],
        &["cannot read the rates `none.csv`", "there is no such file"],
    );
}
