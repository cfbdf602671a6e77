//! Who moved between two days: by hand, against two runs, and against runs with frozen cut points.

use std::collections::{BTreeMap, BTreeSet};

use patron_core::Day;
use serde_json::Value;

use crate::support::{Results, Sandbox, Seeded, ten_thousandths};
use crate::workspace::{SHOP, import, run, with_workspace};

/// The JSON of a study of the workspace.
#[track_caller]
fn told(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let flags = ["--workspace", SHOP, "--format", "json"];
    let outcome = sandbox.patron(&[arguments, &flags].concat());
    assert_eq!(outcome.code, 0, "{arguments:?}\n{}", outcome.stderr);
    serde_json::from_str(&outcome.stdout).expect("JSON")
}

fn rows<'v>(study: &'v Value, table: &str) -> &'v Vec<Value> {
    study["tables"][table]["rows"].as_array().expect("rows")
}

fn text<'v>(row: &'v Value, column: &str) -> &'v str {
    row[column]
        .as_str()
        .unwrap_or_else(|| panic!("no text in `{column}` of {row}"))
}

fn count(row: &Value, column: &str) -> u64 {
    row[column].as_u64().unwrap_or(0)
}

/// From, to, customers.
fn cells(study: &Value) -> BTreeMap<(String, String), u64> {
    let cells = rows(study, "moves").iter();
    let pair = |row: &Value| (text(row, "from").to_owned(), text(row, "to").to_owned());
    cells
        .map(|row| (pair(row), count(row, "customers")))
        .collect()
}

const HEADER: &str = "order_id,customer_id,ordered_at,net\n";

/// Orders of a year and a half of sixty customers who come and go.
fn orders() -> String {
    let mut text = HEADER.to_owned();
    let mut random = Seeded(20_625);
    for order in 0..420_u64 {
        let customer = random.next() % 60;
        // Each has a first day and buys for a while.
        let day = 19_600 + (customer * 7) % 400 + random.next() % 200;
        let day = Day(i32::try_from(day.min(20_088)).expect("a day"));
        let net = 5 + random.next() % (20 + 10 * (customer % 9));
        text += &format!("o{order},c{customer:02},{day},{net}.50\n");
    }
    text
}

const EARLIER: &str = "2024-06-30";
const LATER: &str = "2024-12-31";

fn shop_by_chance() -> Sandbox {
    let sandbox = with_workspace();
    sandbox.write("orders.csv", orders());
    import(&sandbox, &["orders.csv"]);
    sandbox
}

/// A small shop worked out by hand: a whole move of each kind.
fn shop_by_hand() -> Sandbox {
    let sandbox = with_workspace();
    let orders = [
        ("1", "ann", "2024-06-15", 100),
        ("2", "ann", "2024-12-20", 50),
        ("3", "bob", "2024-06-10", 200),
        ("4", "cas", "2024-04-01", 30),
        ("5", "dan", "2023-07-01", 40),
        ("6", "dan", "2024-12-01", 60),
        ("7", "eve", "2024-11-15", 70),
        ("8", "fay", "2024-06-20", 90),
    ];
    let lines = orders.map(|(id, whose, day, net)| format!("{id},{whose},{day},{net}.00\n"));
    sandbox.write("orders.csv", HEADER.to_owned() + &lines.concat());
    import(&sandbox, &["orders.csv"]);
    let refund = "refund_id,order_id,customer_id,refund_date,amount\nr1,8,fay,2024-09-01,90.00\n";
    sandbox.write("refunds.csv", refund);
    import(&sandbox, &["--as", "refunds", "refunds.csv"]);
    sandbox
}

#[test]
fn every_move_of_a_small_shop_is_as_worked_out_by_hand() {
    let sandbox = shop_by_hand();
    let asked = [
        "migration",
        "--by",
        "lifecycle",
        "--from",
        EARLIER,
        "--as-of",
        LATER,
    ];
    let study = told(&sandbox, &asked);
    let expected = [
        (("active", "active"), 1),  // ann
        (("active", "dormant"), 1), // bob
        (("silent", "dormant"), 1), // cas
        (("churned", "active"), 1), // dan
        (("(came)", "silent"), 1),  // eve
        (("active", "(left)"), 1),  // fay, who gave everything back
    ];
    let expected = expected.map(|((from, to), n)| ((from.to_owned(), to.to_owned()), n));
    assert_eq!(cells(&study), BTreeMap::from(expected));
    let row = &rows(&study, "periods")[0];
    let found = [
        "customers_before",
        "customers_after",
        "came",
        "left",
        "up",
        "down",
        "stayed",
    ];
    let found = found.map(|column| count(row, column));
    assert_eq!(found, [5, 5, 1, 1, 1, 2, 1]);
    // Calendar months have no knives that could move.
    assert_eq!(
        ["people", "knives", "both"].map(|by| count(row, by)),
        [3, 0, 0]
    );
    let moves = rows(&study, "moves");
    let money = |from: &str, column: &str| {
        let row = moves
            .iter()
            .find(|row| text(row, "from") == from && text(row, "to") != "(left)");
        text(row.expect("a row"), column).to_owned()
    };
    assert_eq!(
        (
            money("churned", "money_before"),
            money("churned", "money_after")
        ),
        ("40.00".to_owned(), "100.00".to_owned())
    );
    let who = rows(&study, "customers").iter();
    let who: Vec<&str> = who.map(|row| text(row, "customer_id")).collect();
    assert_eq!(who, ["bob", "cas", "dan", "eve", "fay"]);
    let all = told(&sandbox, &[&asked[..], &["--stayed"]].concat());
    let who = rows(&all, "customers").iter();
    let who: Vec<&str> = who.map(|row| text(row, "customer_id")).collect();
    assert_eq!(who, ["ann", "bob", "cas", "dan", "eve", "fay"]);
}

#[test]
fn people_move_and_knives_move() {
    // By mean spend: 103.33 before, 75 after three small newcomers came. By the old knife bob would have stayed low.
    let sandbox = with_workspace();
    let vocabulary = "key = \"mine\"\nnames = \"Mine\"\nbins = [\"any\", \"any\", 2]\n[monetary]\nmethod = \"mean\"\n\
        [[segment]]\nkey = \"big\"\nnames = \"Big\"\nrank = 2\nwhen = \"m_score = 2\"\n\
        [[segment]]\nkey = \"small\"\nnames = \"Small\"\nrank = 1\nwhen = \"m_score = 1\"\n";
    sandbox.write("mine.toml", vocabulary);
    let lines = "1,ann,2024-05-01,200\n2,bob,2024-05-01,100\n3,cas,2024-05-01,10\n4,cas,2024-08-01,110\n\
        5,dan,2024-08-01,10\n6,eve,2024-08-01,10\n7,fay,2024-08-01,10\n";
    sandbox.write("orders.csv", HEADER.to_owned() + lines);
    import(&sandbox, &["orders.csv"]);
    let asked = ["--vocabulary", "mine.toml", "--as-of", "2024-08-31"];
    let since = [&["changes", "--since", EARLIER][..], &asked].concat();
    let study = told(&sandbox, &since);
    let customers = rows(&study, "customers").iter();
    let found: Vec<[&str; 3]> = customers
        .filter(|row| text(row, "from") != "(came)")
        .map(|row| [text(row, "customer_id"), text(row, "by"), text(row, "why")])
        .collect();
    assert_eq!(
        found,
        [
            ["bob", "knives", "monetary 100 past 75 (was 103.33): 1 → 2"],
            [
                "cas",
                "people",
                "monetary 10 → 120 past 75 (was 103.33): 1 → 2"
            ],
        ]
    );
    let big = told(
        &sandbox,
        &[&["changes", "big", "--since", EARLIER][..], &asked].concat(),
    );
    assert_eq!(rows(&big, "entered").len(), 2);
    assert_eq!(rows(&big, "left").len(), 0);
    let place = &rows(&big, "places")[0];
    let found = [
        "before",
        "came",
        "entered",
        "went",
        "left",
        "after",
        "entered_by_knives",
    ];
    assert_eq!(
        found.map(|column| count(place, column)),
        [1, 0, 2, 0, 0, 3, 1]
    );
}

/// Of each customer of a run, the values of some columns.
fn of_run<'r>(customers: &'r crate::support::Table, column: &str) -> BTreeMap<&'r str, &'r str> {
    customers.map("customer_id", column)
}

fn run_as_of(sandbox: &Sandbox, day: &str, more: &[&str]) -> Results {
    run(
        sandbox,
        &[&["--as-of", day, "--format", "csv", "--full"][..], more].concat(),
    )
}

#[test]
fn movement_is_what_two_runs_tell_and_its_split_what_a_frozen_run_does() {
    let sandbox = shop_by_chance();
    let before = run_as_of(&sandbox, EARLIER, &[]);
    let frozen_by = sandbox.path("earlier.json");
    std::fs::copy(before.path("run.json"), &frozen_by).expect("a copy");
    let before = before.customers();
    let after = run_as_of(&sandbox, LATER, &[]).customers();
    let frozen = run_as_of(&sandbox, LATER, &["--cuts", "earlier.json"]).customers();
    for (ladder, is_split_by_runs) in [("segment", true), ("lifecycle", false), ("octant", false)] {
        let asked = [
            "migration",
            "--by",
            ladder,
            "--from",
            EARLIER,
            "--as-of",
            LATER,
        ];
        let study = told(&sandbox, &asked);
        let (then, now) = (of_run(&before, ladder), of_run(&after, ladder));
        let by_frozen = of_run(&frozen, ladder);
        let mut expected: BTreeMap<(String, String), u64> = BTreeMap::new();
        let mut drivers: BTreeMap<&str, u64> = BTreeMap::new();
        let everybody: BTreeSet<&str> = then.keys().chain(now.keys()).copied().collect();
        for id in &everybody {
            let from = then.get(id).copied().unwrap_or("(came)");
            let to = now.get(id).copied().unwrap_or("(left)");
            *expected
                .entry((from.to_owned(), to.to_owned()))
                .or_default() += 1;
            let by = match (from, by_frozen.get(id).copied(), to) {
                (from, _, to) if from == to || from == "(came)" => continue,
                (_, Some(frozen), to) if frozen == to => "people",
                (from, Some(frozen), _) if frozen == from => "knives",
                _ => "both",
            };
            *drivers.entry(by).or_default() += 1;
        }
        assert_eq!(cells(&study), expected, "{ladder}");
        let row = &rows(&study, "periods")[0];
        let by = ["people", "knives", "both"].map(|by| count(row, by));
        let moved: u64 = ["up", "down", "sideways"]
            .map(|way| count(row, way))
            .iter()
            .sum();
        assert_eq!(by.iter().sum::<u64>(), moved, "{ladder}: the split adds up");
        if is_split_by_runs {
            let expected =
                ["people", "knives", "both"].map(|by| drivers.get(by).copied().unwrap_or(0));
            assert_eq!(by, expected);
            assert!(by[0] > 0 && by[1] > 0, "{by:?}: the shop tells both apart");
        }
        assert_rows_add_up(&study);
    }
}

/// Rows and columns of the matrix sum to customers, moves to their rows, and money to that of the runs.
#[track_caller]
fn assert_rows_add_up(study: &Value) {
    let matrix = rows(study, "matrix");
    let columns = study["tables"]["matrix"]["columns"]
        .as_array()
        .expect("columns");
    let places: Vec<&str> = columns.iter().map(|column| text(column, "key")).collect();
    let places = &places[1..places.len() - 1];
    for row in matrix {
        let sum: u64 = places.iter().map(|place| count(row, place)).sum();
        assert_eq!(sum, count(row, "(all)"), "{row}");
    }
    let (total, others) = matrix.split_last().expect("rows");
    for place in places.iter().chain(&["(all)"]) {
        let sum: u64 = others.iter().map(|row| count(row, place)).sum();
        assert_eq!(sum, count(total, place), "{place}");
    }
    let moves = rows(study, "moves");
    let sum: u64 = moves.iter().map(|row| count(row, "customers")).sum();
    assert_eq!(sum, count(total, "(all)"));
    let money = |rows: &[Value], column: &str| -> i128 {
        rows.iter()
            .filter_map(|row| row[column].as_str())
            .map(ten_thousandths)
            .sum()
    };
    let places = rows(study, "places");
    for column in ["money_before", "money_after"] {
        assert_eq!(money(moves, column), money(places, column), "{column}");
    }
}

#[test]
fn months_are_the_days_between_month_ends_and_each_adds_up() {
    let sandbox = shop_by_chance();
    let months = told(
        &sandbox,
        &["migration", "--months", "4", "--as-of", "2025-01-10"],
    );
    let periods = rows(&months, "periods");
    let ends: Vec<&str> = periods.iter().map(|row| text(row, "to")).collect();
    assert_eq!(
        ends,
        ["2024-09-30", "2024-10-31", "2024-11-30", "2024-12-31"]
    );
    for pair in periods.windows(2) {
        assert_eq!(
            count(&pair[0], "customers_after"),
            count(&pair[1], "customers_before")
        );
    }
    for row in periods {
        let ways = ["up", "down", "sideways", "stayed", "left"].map(|way| count(row, way));
        assert_eq!(
            ways.iter().sum::<u64>(),
            count(row, "customers_before"),
            "{row}"
        );
    }
    // A month alone is told as it is among others.
    let alone = told(
        &sandbox,
        &["migration", "--from", "2024-10-31", "--as-of", "2024-11-30"],
    );
    assert_eq!(rows(&alone, "periods")[0], periods[2]);
    let of_month = rows(&months, "moves_by_period")
        .iter()
        .filter(|row| text(row, "period_to") == "2024-11-30");
    assert_eq!(of_month.count(), rows(&alone, "moves").len());
}

/// What somebody is told to become, and when.
fn ahead(study: &Value) -> BTreeMap<String, (String, String)> {
    let rows = rows(study, "ahead").iter();
    let of = |row: &Value| (text(row, "on").to_owned(), text(row, "to").to_owned());
    rows.map(|row| (text(row, "customer_id").to_owned(), of(row)))
        .collect()
}

#[test]
fn who_leaves_by_doing_nothing_is_who_leaves_in_runs_of_later_days() {
    let sandbox = shop_by_chance();
    let now = run_as_of(&sandbox, LATER, &[]);
    std::fs::copy(now.path("run.json"), sandbox.path("now.json")).expect("a copy");
    let now = now.customers();
    let mut expected =
        BTreeMap::from([("segment", BTreeMap::new()), ("lifecycle", BTreeMap::new())]);
    let last = Day::parse_iso(LATER).expect("a day");
    for days in 1..=25 {
        let day = last.plus_days(days).to_string();
        let then = run_as_of(&sandbox, &day, &["--cuts", "now.json"]).customers();
        for (ladder, found) in &mut expected {
            let was = of_run(&now, ladder);
            for (id, is) in of_run(&then, ladder) {
                if was[id] != is {
                    found
                        .entry(id.to_owned())
                        .or_insert((day.clone(), is.to_owned()));
                }
            }
        }
    }
    for (ladder, expected) in expected {
        assert!(expected.len() > 3, "{ladder}: somebody leaves");
        let asked = [
            "changes", "--since", EARLIER, "--as-of", LATER, "--ahead", "25", "--by", ladder,
        ];
        assert_eq!(ahead(&told(&sandbox, &asked)), expected, "{ladder}");
    }
}

#[test]
fn changes_are_told_since_the_last_run() {
    let sandbox = with_workspace();
    sandbox.write(
        "orders.csv",
        HEADER.to_owned() + "1,ann,2024-05-01,200\n2,bob,2024-05-01,100\n",
    );
    import(&sandbox, &["orders.csv"]);
    let asked = ["changes", "--workspace", SHOP, "--by", "lifecycle"];
    sandbox
        .patron(&asked)
        .assert_refused(&["no earlier run of the workspace", "--since"]);
    run(&sandbox, &[]);
    // Of the same day, but known only now: a day alone would not tell.
    sandbox.write(
        "more.csv",
        HEADER.to_owned() + "3,cas,2024-05-01,10\n4,ann,2024-07-15,5\n",
    );
    import(&sandbox, &["more.csv"]);
    let study = told(&sandbox, &["changes", "--by", "lifecycle"]);
    let found: Vec<[&str; 3]> = rows(&study, "customers")
        .iter()
        .map(|row| [text(row, "customer_id"), text(row, "from"), text(row, "to")])
        .collect();
    assert_eq!(
        found,
        [["bob", "active", "silent"], ["cas", "(came)", "silent"]]
    );
    // A run with other settings of the fold cannot be compared with.
    let settings = sandbox.text("shop/patron.toml") + "window_months = 3\n";
    sandbox.write("shop/patron.toml", settings);
    sandbox
        .patron(&asked)
        .assert_refused(&["other settings hold: window_months"]);
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let sandbox = shop_by_hand();
    let refused = |arguments: &[&str], words: &[&str]| {
        let arguments = [arguments, &["--workspace", SHOP]].concat();
        sandbox.patron(&arguments).assert_refused(words);
    };
    refused(
        &["migration", "--from", "2024-12-31", "--as-of", "2024-12-31"],
        &["the earlier day must come first"],
    );
    refused(
        &["changes", "--since", "2025-01-31", "--as-of", "2024-12-31"],
        &["the earlier day must come first"],
    );
    refused(
        &["changes", "--since", "2020-01-31"],
        &["nobody was a customer by 2020-01-31"],
    );
    refused(
        &["changes", "champs", "--since", EARLIER],
        &["there is no `champs`", "champions"],
    );
    let wrong = sandbox.patron(&["migration", "--workspace", SHOP, "--from", "June"]);
    wrong.assert_bad_command_line(&["--from", "a day such as"]);
}
