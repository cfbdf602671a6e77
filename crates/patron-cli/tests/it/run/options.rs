//! Every option changes the result as it says; expectations are worked out by hand.

use crate::support::{OUT, Sandbox, Table};

/// Six orders of four people; two dates fall on another day in Shanghai.
const SHOP: &str = "\
order_id,customer_id,ordered_at,net
1,ada,2024-01-10T12:00:00Z,10.00
2,ada,2024-03-01T23:30:00Z,20.00
3,bob,2024-02-01T08:00:00Z,5.50
4,cleo,2024-03-02T08:00:00Z,40.00
5,cleo,2024-03-02T09:00:00Z,2.50
6,dan,2023-03-31T10:00:00Z,100.00
";

pub(crate) fn shop() -> Sandbox {
    Sandbox::with_orders(SHOP)
}

pub(crate) fn customers(sandbox: &Sandbox, flags: &[&str]) -> Table {
    let always = ["orders.csv", "--quiet"];
    sandbox.run(&[&always[..], flags].concat()).customers()
}

#[test]
fn without_options_every_default_is_said() {
    let sandbox = shop();
    let outcome = sandbox.patron(&["run", "orders.csv"]);
    assert_eq!(outcome.code, 0);
    let talk: String = outcome
        .stderr
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    for words in [
        "chosen for you",
        "timezone = UTC",
        "as_of = 2024-03-02",
        "bins = 5,5,5",
        "vocabulary = bloomreach",
        "model = auto",
        "unit = week",
        "window_months = 6",
    ] {
        assert!(talk.contains(words), "expected `{words}` in: {talk}");
    }
    for words in ["Champions", "recency days", "in all", OUT] {
        assert!(outcome.stdout.contains(words), "{}", outcome.stdout);
    }
}

#[test]
fn without_options_numbers_are_those_of_the_last_orders_day() {
    let sandbox = shop();
    let customers = customers(&sandbox, &[]);
    let expected = [
        ("ada", "1", "2", "2", "30.00", "20.00"),
        ("bob", "30", "1", "1", "5.50", "5.50"),
        ("cleo", "0", "2", "1", "42.50", "2.50"),
        ("dan", "337", "1", "1", "100.00", "100.00"),
    ];
    assert_eq!(
        customers.column("customer_id"),
        expected.map(|row| row.0),
        "in order of ids"
    );
    for (id, recency, orders, days, monetary, last) in expected {
        assert_eq!(customers.cell(id, "recency_days"), recency, "{id}");
        assert_eq!(customers.cell(id, "orders"), orders, "{id}");
        assert_eq!(customers.cell(id, "purchase_days"), days, "{id}");
        assert_eq!(customers.cell(id, "monetary"), monetary, "{id}");
        assert_eq!(customers.cell(id, "last_order_value"), last, "{id}");
    }
    assert_eq!(customers.cell("ada", "lifecycle"), "active");
    // One month before 2 March is 2 February: bob's 1 February lies before.
    assert_eq!(customers.cell("bob", "lifecycle"), "silent");
    assert_eq!(customers.cell("dan", "lifecycle"), "churned");
    assert_eq!(customers.cell("ada", "mean_days_between_orders"), "51");
    assert_eq!(customers.cell("bob", "mean_days_between_orders"), "");
}

#[test]
fn as_of_hides_what_comes_later() {
    let sandbox = shop();
    let results = sandbox.run(&["orders.csv", "--quiet", "--as-of", "2024-02-15"]);
    let customers = results.customers();
    assert_eq!(customers.column("customer_id"), ["ada", "bob", "dan"]);
    assert_eq!(customers.cell("ada", "orders"), "1");
    assert_eq!(customers.cell("ada", "monetary"), "10.00");
    assert_eq!(customers.column("recency_days"), ["36", "14", "321"]);
    let others = Table::read(&results.path("customers_without_order.csv"));
    assert_eq!(others.cell("cleo", "lifecycle"), "prospect");
    assert_eq!(others.cell("cleo", "reason"), "only_after_as_of");
    assert_eq!(
        others.cell("cleo", "reason_text"),
        "every order is dated after the as-of day"
    );
    assert_eq!(
        others.header.last().map(String::as_str),
        Some("reason_text")
    );
    let run = results.run_json();
    assert_eq!(run["as_of"], "2024-02-15");
    assert_eq!(run["settings"]["as_of"]["origin"], "flag");
    assert_eq!(run["customers_without_order"], 1);
}

#[test]
fn as_of_takes_the_whole_day_with_it() {
    let sandbox = shop();
    let customers = customers(&sandbox, &["--as-of", "2024-03-01"]);
    assert_eq!(customers.cell("ada", "recency_days"), "0");
    assert_eq!(customers.cell("ada", "orders"), "2");
}

#[test]
fn the_shops_zone_decides_which_day_it_is() {
    let sandbox = shop();
    let customers = customers(&sandbox, &["--timezone", "Asia/Shanghai"]);
    let last = customers.cell("ada", "last_order_at");
    assert_eq!(last, "2024-03-02T07:30:00+08:00");
    assert_eq!(customers.cell("ada", "recency_days"), "0");
    assert_eq!(customers.cell("ada", "days_first_to_last"), "52");
    assert_eq!(sandbox.results(OUT).run_json()["timezone"], "Asia/Shanghai");
}

#[test]
fn local_times_are_the_shops() {
    let orders = "customer_id,ordered_at,net\na,2024-07-01 00:30:00,5\na,2024-01-01 23:30:00,5\n";
    let sandbox = Sandbox::with_orders(orders);
    let flags = ["--timezone", "Europe/Berlin", "--as-of", "2024-07-01"];
    let berlin = customers(&sandbox, &flags);
    assert_eq!(
        berlin.cell("a", "last_order_at"),
        "2024-07-01T00:30:00+02:00"
    );
    assert_eq!(
        berlin.cell("a", "first_order_at"),
        "2024-01-01T23:30:00+01:00"
    );
    assert_eq!(berlin.cell("a", "days_first_to_last"), "182");
}

#[test]
fn the_currency_is_shown_and_recorded() {
    let sandbox = shop();
    let outcome = sandbox.patron(&["run", "orders.csv", "--currency", "CHF"]);
    assert_eq!(outcome.code, 0);
    assert!(outcome.stdout.contains("CHF"), "{}", outcome.stdout);
    assert_eq!(sandbox.results(OUT).run_json()["currency"], "CHF");
}

#[test]
fn flags_overrule_the_settings_file_and_it_the_defaults() {
    let sandbox = shop();
    let settings = "version = 1\nshop = \"Corner\"\ntimezone = \"Asia/Shanghai\"\nas_of = \"2024-02-15\"\n\
                    bins = \"3\"\nvocabulary = \"klaviyo\"\n";
    sandbox.write("patron.toml", settings);
    let flags = ["--settings", "patron.toml", "--as-of", "2024-03-02"];
    let found = customers(&sandbox, &flags);
    assert_eq!(found.cell("ada", "recency_days"), "0", "the file's zone");
    assert_eq!(found.cell("dan", "recency_days"), "337", "the flag's day");
    let run = sandbox.results(OUT).run_json();
    for (key, value, origin) in [
        ("as_of", "2024-03-02", "flag"),
        ("timezone", "Asia/Shanghai", "file"),
        ("bins", "3,3,3", "file"),
        ("vocabulary", "klaviyo", "file"),
        ("window_months", "6", "default"),
    ] {
        assert_eq!(run["settings"][key]["value"], value, "{key}");
        assert_eq!(run["settings"][key]["origin"], origin, "{key}");
    }
    // A settings file beside the orders is not read unasked.
    customers(&sandbox, &[]);
    assert_eq!(sandbox.results(OUT).run_json()["timezone"], "UTC");
}

#[test]
fn formats_are_those_asked_for_and_parquet_always() {
    let sandbox = shop();
    for (format, csv, xlsx) in [
        ("parquet", false, false),
        ("csv", true, false),
        ("xlsx", false, true),
        ("parquet,csv,xlsx", true, true),
    ] {
        let results = sandbox.run(&["orders.csv", "--quiet", "--format", format]);
        let is_there = |name: &str| results.path(name).is_file();
        assert!(is_there("customers.parquet"), "{format}");
        assert_eq!(is_there("customers.csv"), csv, "{format}");
        assert_eq!(is_there("customers.xlsx"), xlsx, "{format}");
    }
}

#[test]
fn the_grain_says_what_repeated_ids_mean() {
    let orders = "customer_id,order_id,ordered_at,net\n\
                  a,1,2024-01-01,10\na,1,2024-01-01,10\nb,2,2024-01-02,20\nb,2,2024-01-02,20\n";
    let sandbox = Sandbox::with_orders(orders);
    let lines = customers(&sandbox, &["--grain", "line"]);
    assert_eq!(lines.column("monetary"), ["20.00", "40.00"]);
    assert_eq!(lines.column("orders"), ["1", "1"]);
    let whole = customers(&sandbox, &["--grain", "order"]);
    assert_eq!(whole.column("monetary"), ["10.00", "20.00"]);
    assert_eq!(whole.column("orders"), ["1", "1"]);
    let rows = &sandbox.results(OUT).run_json()["rows"];
    assert_eq!(rows["merged"], 2);
    assert_eq!(rows["accepted"], 2);
}

#[test]
fn the_correlation_of_frequency_and_money_is_always_printed() {
    let orders = "customer_id,ordered_at,net\na,2024-01-01,30\nb,2024-01-02,5\nb,2024-01-03,5\nc,2024-01-04,20\n";
    let sandbox = Sandbox::with_orders(orders);
    let outcome = sandbox.patron(&["run", "orders.csv", "--no-clv"]);
    // Ranks of F 1.5 3 1.5, of M 3 1 2: covariance −1.5 over √(1.5 · 2).
    assert!(
        outcome
            .stdout
            .contains("frequency and monetary: rank correlation -0.87"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn a_log_in_a_pipe_has_no_colours() {
    let sandbox = shop();
    let outcome = sandbox.patron_with_log("debug", &["run", "orders.csv", "--quiet"]);
    assert_eq!(outcome.code, 0);
    assert!(!outcome.stderr.contains('\u{1b}'), "{:?}", outcome.stderr);
}

#[cfg(unix)]
#[test]
fn results_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = shop();
    let results = sandbox.run(&["orders.csv", "--quiet", "--format", "parquet,csv,xlsx"]);
    let mode = |name: &str| {
        let metadata = std::fs::metadata(results.path(name)).expect("it is there");
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode(""), 0o700);
    for name in [
        "customers.parquet",
        "customers.csv",
        "customers.xlsx",
        "customers_without_order.csv",
        "rejected.csv",
    ] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
}

#[test]
fn the_window_is_as_many_months_as_asked() {
    let sandbox = shop();
    let six = customers(&sandbox, &[]);
    assert_eq!(six.column("orders_window"), ["2", "1", "2", "0"]);
    assert_eq!(
        six.column("monetary_window"),
        ["30.00", "5.50", "42.50", "0.00"]
    );
    // (2024-02-02, 2024-03-02]: bob's order of 1 February is out.
    let one = customers(&sandbox, &["--window-months", "1"]);
    assert_eq!(one.column("orders_window"), ["1", "0", "2", "0"]);
    assert_eq!(
        one.column("monetary_window"),
        ["20.00", "0.00", "42.50", "0.00"]
    );
}

#[test]
fn columns_dates_and_decimals_can_be_said() {
    let orders = "Wer;Wann;Netto;Brutto\na;03/04/2024;1.234,50;9\na;05/04/2024;10,25;9\n";
    let sandbox = Sandbox::with_orders(orders);
    let flags = [
        "--map",
        "customer_id=Wer",
        "--map",
        "ordered_at=Wann",
        "--map",
        "net=Netto",
        "--date-format",
        "dmy",
        "--decimal-mark",
        "comma",
        "--delimiter",
        ";",
    ];
    let found = customers(&sandbox, &flags);
    assert_eq!(found.cell("a", "monetary"), "1244.75");
    assert_eq!(
        found.cell("a", "first_order_at"),
        "2024-04-03T00:00:00+00:00"
    );
    assert_eq!(found.cell("a", "days_first_to_last"), "2");
    let american = [&flags[..6], &["--date-format", "mdy"], &flags[8..]].concat();
    let found = customers(&sandbox, &american);
    assert_eq!(
        found.cell("a", "first_order_at"),
        "2024-03-04T00:00:00+00:00"
    );
    assert_eq!(found.cell("a", "days_first_to_last"), "61");
}

#[test]
fn zero_orders_and_duplicates_are_as_asked() {
    let orders = "customer_id,ordered_at,net\na,2024-01-01,0\na,2024-01-02,5\na,2024-01-02,5\nb,2024-01-01,0\n";
    let sandbox = Sandbox::with_orders(orders);
    let usual = customers(&sandbox, &[]);
    assert_eq!(usual.map("customer_id", "orders"), [("a", "2")].into());
    let rows = &sandbox.results(OUT).run_json()["rows"];
    assert_eq!(rows["flags"]["duplicate"], 1);
    assert_eq!(rows["merged"], 0);
    let counted = customers(&sandbox, &["--zero-orders", "count"]);
    let expected = [("a", "3"), ("b", "1")];
    assert_eq!(counted.map("customer_id", "orders"), expected.into());
    let dropped = customers(&sandbox, &["--drop-duplicates"]);
    assert_eq!(dropped.map("customer_id", "orders"), [("a", "1")].into());
    assert_eq!(sandbox.results(OUT).run_json()["rows"]["merged"], 1);
}

#[test]
fn quiet_says_nothing_at_all() {
    let sandbox = shop();
    let outcome = sandbox.patron(&["run", "orders.csv", "--quiet"]);
    assert_eq!(
        (outcome.code, outcome.stdout, outcome.stderr),
        (0, String::new(), String::new())
    );
}

#[test]
fn out_is_replaced_by_a_later_result_and_by_nothing_else() {
    let sandbox = shop();
    sandbox.run(&["orders.csv", "--quiet", "--out", "here"]);
    sandbox.run(&[
        "orders.csv",
        "--quiet",
        "--out",
        "here",
        "--format",
        "parquet",
    ]);
    assert!(
        !sandbox.path("here/customers.csv").exists(),
        "of the earlier result nothing stays"
    );
    assert_eq!(sandbox.names(), ["here", "orders.csv"]);
}

#[test]
fn a_window_in_which_nobody_bought_gives_everybody_the_lowest_score() {
    let sandbox = shop();
    sandbox.write(
        "window.toml",
        "version = 1\nscore_on = \"window\"\nwindow_months = 1\n",
    );
    let flags = [
        "--settings",
        "window.toml",
        "--as-of",
        "2030-01-01",
        "--no-clv",
    ];
    let table = customers(&sandbox, &flags);
    assert!(table.column("f_score").iter().all(|&score| score == "1"));
    assert!(table.column("m_score").iter().all(|&score| score == "1"));
}

#[test]
fn frequency_in_a_window_may_be_days_or_units() {
    let rows = "o1,ann,2024-05-01,2,10\no2,ann,2024-05-01,3,10\no3,ann,2024-01-01,9,10\n\
                o4,bob,2024-05-02,1,10\no5,bob,2024-05-03,1,10\n";
    let sandbox = Sandbox::with_orders(&format!(
        "order_id,customer_id,ordered_at,quantity,unit_price\n{rows}"
    ));
    let scores = |frequency: &str, cuts: &str| {
        let settings = format!(
            "version = 1\nscore_on = \"window\"\nwindow_months = 2\nfrequency = \"{frequency}\"\n"
        );
        sandbox.write("window.toml", settings);
        let flags = [
            "--settings",
            "window.toml",
            "--no-clv",
            "--bins",
            "5,2,5",
            "--score-method",
            "F=fixed",
            "--cuts",
            cuts,
        ];
        let table = customers(&sandbox, &flags);
        (
            table.cell("ann", "f_score").to_owned(),
            table.cell("bob", "f_score").to_owned(),
        )
    };
    // Ann: one day, five units within the window. Bob: two days, two units.
    assert_eq!(
        scores("purchase-days", "F=1"),
        ("1".to_owned(), "2".to_owned())
    );
    assert_eq!(scores("units", "F=2"), ("2".to_owned(), "1".to_owned()));
}
