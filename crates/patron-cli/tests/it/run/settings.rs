//! Settings that only the settings file has, and those of scoring; expectations are worked out by hand.

use patron_testkit::assert_relative;

use crate::support::{OUT, Sandbox, Table};

const HEADER: &str = "customer_id,order_id,ordered_at,net\n";

fn customers(sandbox: &Sandbox, settings: &str) -> Table {
    sandbox.write("patron.toml", settings);
    let flags = [
        "orders.csv",
        "--settings",
        "patron.toml",
        "--quiet",
        "--no-clv",
    ];
    sandbox.run(&flags).customers()
}

fn with_rows(rows: &str) -> Sandbox {
    Sandbox::with_orders(&format!("{HEADER}{rows}"))
}

/// Five people of the window, and one who spent much before it.
const WINDOW: &str = "\
old,0,2024-01-15,1000
p1,1,2024-10-01,10
p2,2,2024-10-01,20
p3,3,2024-10-01,30
p4,4,2024-10-01,40
p5,5,2024-10-01,50
";

#[test]
fn scoring_on_the_window_leaves_those_outside_it_out_of_the_cut_points() {
    let sandbox = with_rows(WINDOW);
    let day = "as_of = \"2024-12-31\"\n";
    // Money of all: cuts of 10 20 30 40 50 1000 at fifths are 20 30 40 50.
    let all = customers(&sandbox, day);
    let scores = ["5", "1", "1", "2", "3", "4"];
    assert_eq!(all.column("m_score"), scores);
    // Money of the window: cuts of 10 20 30 40 50 are 18 26 34 42.
    let window = customers(&sandbox, &format!("{day}score_on = \"window\"\n"));
    let scores = ["1", "1", "2", "3", "4", "5"];
    assert_eq!(window.column("m_score"), scores);
    assert_eq!(window.cell("old", "f_score"), "1");
    let cuts = sandbox.results(OUT).run_json()["cut_points"][2]["cuts"].clone();
    for (cut, expected) in cuts
        .as_array()
        .expect("cuts")
        .iter()
        .zip([18.0, 26.0, 34.0, 42.0])
    {
        assert_relative("cut", cut.as_f64().expect("a number"), expected, 1e-12);
    }
    assert_eq!(
        window.column("monetary"),
        all.column("monetary"),
        "the column stays the total"
    );
}

#[test]
fn weights_make_the_total() {
    let sandbox = with_rows(WINDOW);
    let found = customers(&sandbox, "weights = [2.0, 1.0, 0.5]\n");
    for row in &found.rows {
        let score = |column: &str| -> f64 { row[found.place(column)].parse().expect("a score") };
        let expected = 2.0 * score("r_score") + score("f_score") + 0.5 * score("m_score");
        assert_relative("rfm_total", score("rfm_total"), expected, 1e-15);
    }
}

#[test]
fn frequency_and_monetary_may_measure_something_else() {
    let orders = "customer_id,order_id,ordered_at,quantity,unit_price\n\
        a,1,2024-01-01,1,100\na,2,2024-01-01,1,10\n\
        b,3,2024-01-01,9,5\n\
        c,4,2024-01-01,1,20\nc,5,2024-01-02,1,25\n";
    let sandbox = Sandbox::with_orders(orders);
    let cuts = "bins = \"2\"\n";
    let scores = |settings: &str, column: &str| {
        let found = customers(&sandbox, &format!("{cuts}{settings}"));
        let scores = found.column(column);
        scores
            .iter()
            .map(|score| (*score).to_owned())
            .collect::<Vec<_>>()
    };
    // Orders 2 1 2; days 1 1 2; units 2 9 2: only those above the middle score 2.
    assert_eq!(scores("cuts = \"F=1.5\"\n", "f_score"), ["2", "1", "2"]);
    let days = "cuts = \"F=1.5\"\nfrequency = \"purchase-days\"\n";
    assert_eq!(scores(days, "f_score"), ["1", "1", "2"]);
    let units = "cuts = \"F=3\"\nfrequency = \"units\"\n";
    assert_eq!(scores(units, "f_score"), ["1", "2", "1"]);
    // Totals 110 45 45; means 55 45 22.5; last orders 10 45 25.
    assert_eq!(scores("cuts = \"M=45\"\n", "m_score"), ["2", "1", "1"]);
    let mean = "cuts = \"M=40\"\nmonetary = \"mean-per-order\"\n";
    assert_eq!(scores(mean, "m_score"), ["2", "2", "1"]);
    let last = "cuts = \"M=24\"\nmonetary = \"last-order\"\n";
    assert_eq!(scores(last, "m_score"), ["1", "2", "2"]);
}

#[test]
fn lifecycle_bounds_may_be_other_months_or_intervals() {
    let sandbox = with_rows(
        "eleventh,1,2023-05-15,1\nthird,2,2024-01-15,1\nsteady,3,2024-01-31,1\nsteady,4,2024-03-01,1\n",
    );
    let day = "as_of = \"2024-03-31\"\n";
    let stages = |settings: &str| {
        let found = customers(&sandbox, &format!("{day}{settings}"));
        let stages = found.column("lifecycle");
        stages
            .iter()
            .map(|stage| (*stage).to_owned())
            .collect::<Vec<_>>()
    };
    // In order of ids: eleventh, steady, third.
    assert_eq!(stages(""), ["churned", "active", "silent"]);
    let completed = "lifecycle = \"completed-months\"\n";
    assert_eq!(
        stages(completed),
        ["dormant", "active", "silent"],
        "churned only after 11 full months"
    );
    assert_eq!(
        stages("lifecycle = [3, 6, 12]\n"),
        ["dormant", "active", "active"]
    );
    // The only interval of the shop is 30 days; steady's last order is 30 days old, third's 76, eleventh's 321.
    let shop = "lifecycle = { shop_intervals = [1.0, 3.0, 10.0] }\n";
    assert_eq!(stages(shop), ["churned", "active", "silent"]);
    let own = "lifecycle = { own_intervals = [0.5, 2.0, 11.0] }\n";
    assert_eq!(stages(own), ["dormant", "silent", "dormant"]);
}

#[test]
fn status_words_of_the_shop_can_be_explained() {
    let orders = "customer_id,order_id,ordered_at,net,status\n\
        a,1,2024-01-01,10,abgeholt\na,2,2024-01-02,20,zurück ins Regal\na,3,2024-01-03,40,paid\n";
    let sandbox = Sandbox::with_orders(orders);
    let unknown = customers(&sandbox, "");
    assert_eq!(
        unknown.cell("a", "monetary"),
        "70.00",
        "an unknown word counts as paid"
    );
    let notes = sandbox.results(OUT).run_json()["notes"].to_string();
    assert!(notes.contains("zurück ins Regal"), "and is said: {notes}");
    let settings = "[status_words]\n\"zurück ins Regal\" = \"cancelled\"\nabgeholt = \"paid\"\n";
    let known = customers(&sandbox, settings);
    assert_eq!(known.cell("a", "monetary"), "50.00");
    let rows = &sandbox.results(OUT).run_json()["rows"];
    assert_eq!(rows["set_aside"]["cancelled_order"], 1);
    assert_eq!(rows["flags"]["guessed"], 0);
}

#[test]
fn classes_can_be_kept() {
    let orders = "customer_id,order_id,ordered_at,product_id,quantity,unit_price\n\
        a,1,2024-01-01,tea,1,10\na,1,2024-01-01,sample,1,0\nb,2,2024-01-02,sample,1,0\n";
    let sandbox = Sandbox::with_orders(orders);
    customers(&sandbox, "");
    let usual = sandbox.results(OUT).run_json()["rows"].clone();
    assert_eq!(usual["set_aside"]["price_zero"], 2);
    let found = customers(
        &sandbox,
        "keep = [\"zero-price\"]\nzero_orders = \"count\"\n",
    );
    let kept = &sandbox.results(OUT).run_json()["rows"];
    assert!(kept["set_aside"]["price_zero"].is_null(), "{kept}");
    assert_eq!(kept["accepted"], 3);
    let expected = [("a", "1"), ("b", "1")];
    assert_eq!(found.map("customer_id", "orders"), expected.into());
}

#[test]
fn octant_knives_may_be_medians() {
    // Mean frequency 2, median 1; means are pulled up by one customer.
    let mut rows = String::new();
    for order in 0..5 {
        rows += &format!("much,m{order},2024-01-05,100\n");
    }
    rows += "x,1,2024-01-05,10\ny,2,2024-01-05,20\nz,3,2024-01-05,30\nz,4,2024-01-05,30\n";
    let sandbox = with_rows(&rows);
    let octant = |settings: &str, id: &str| {
        let found = customers(&sandbox, settings);
        found.cell(id, "octant").to_owned()
    };
    // z: two orders of 30. Means: 9 orders / 4 = 2.25, money (100 + 10 + 20 + 30) / 4 = 40: low on both.
    assert_eq!(octant("", "z"), "new");
    // Medians: 1.5 orders, 25: high on both.
    assert_eq!(octant("octant_knife = \"median\"\n", "z"), "high_value");
    // By hand: more than 1 order, more than 35.
    let fixed = "octant_knife = { fixed = [30.0, 1.0, 35.0] }\n";
    assert_eq!(octant(fixed, "z"), "potential");
    // With sums z spent 60 of (500 + 10 + 20 + 60) / 4 = 147.5.
    assert_eq!(
        octant("octant_monetary = \"total\"\n", "much"),
        "high_value"
    );
}

#[test]
fn excluded_customers_are_set_aside_by_flag_and_by_file() {
    let text =
        "customer_id,ordered_at,net\ntill,2024-01-01,5\ntill,2024-01-02,5\nann,2024-01-03,7\n";
    let sandbox = Sandbox::with_orders(text);
    sandbox.write("patron.toml", "exclude_customers = [\"till\"]\n");
    for arguments in [
        ["orders.csv", "--quiet", "--exclude-customer", "till"],
        ["orders.csv", "--quiet", "--settings", "patron.toml"],
    ] {
        let results = sandbox.run(&arguments);
        assert_eq!(results.customers().column("customer_id"), ["ann"]);
        assert_eq!(results.run_json()["rows"]["set_aside"]["test_or_void"], 2);
        let reasons = results.rejected();
        assert!(
            reasons
                .column("reason")
                .iter()
                .all(|reason| reason.contains("excluded"))
        );
    }
}

#[test]
fn rows_are_excluded_by_tag_flag_and_memo_whatever_their_case() {
    let text = "order_id,customer_id,ordered_at,net,标签,旗帜,备注\n\
                1,ann,2024-01-01,5,\"vip, Staff\",,\n\
                2,ann,2024-01-02,7,staffing,,\n\
                3,bob,2024-01-03,9,,red,\n\
                4,cid,2024-01-04,11,,reddish,\n\
                5,dan,2024-01-05,13,,,朋友刷单勿发\n\
                6,cid,2024-01-06,17,,,加急\n";
    let sandbox = Sandbox::with_orders(text);
    sandbox.write(
        "patron.toml",
        "exclude_tags = [\"staff\"]\nexclude_flags = [\"RED\"]\nexclude_memos = [\"刷单\"]\n",
    );
    for arguments in [
        &["orders.csv", "--quiet", "--settings", "patron.toml"][..],
        &[
            "orders.csv",
            "--quiet",
            "--exclude-tag",
            "staff",
            "--exclude-flag",
            "RED",
            "--exclude-memo",
            "刷单",
        ],
    ] {
        let results = sandbox.run(arguments);
        let customers = results.customers();
        assert_eq!(customers.column("customer_id"), ["ann", "cid"]);
        assert_eq!(customers.column("monetary"), ["7.00", "28.00"]);
        let rejected = results.rejected();
        assert_eq!(rejected.column("line"), ["2", "4", "6"]);
        assert_eq!(rejected.column("column"), ["标签", "旗帜", "备注"]);
        assert_eq!(results.run_json()["rows"]["set_aside"]["test_or_void"], 3);
    }
}

#[test]
fn a_rule_that_has_no_column_is_said() {
    let sandbox = Sandbox::with_orders("customer_id,ordered_at,net\nann,2024-01-03,7\n");
    let outcome = sandbox.patron(&["run", "orders.csv", "--exclude-tag", "staff"]);
    assert_eq!(outcome.code, 0);
    assert!(
        outcome.stderr.contains("no column is recognised as that"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn who_is_excluded_is_recorded_by_digest_and_not_by_name() {
    let text =
        "customer_id,ordered_at,net\ntill,2024-01-01,5\nbob,2024-01-02,5\nann,2024-01-03,7\n";
    let sandbox = Sandbox::with_orders(text);
    let recorded = |ids: [&str; 2]| {
        let flags = ["--exclude-customer", ids[0], "--exclude-customer", ids[1]];
        let results = sandbox.run(&[&["orders.csv", "--quiet"], &flags[..]].concat());
        results.run_json()["settings"]["exclude_customers"]["value"].to_string()
    };
    let recorded_once = recorded(["till", "bob"]);
    // `printf 'bob\ntill\n' | sha256sum`
    assert!(
        recorded_once.contains("2 (sha256 53af275144f4a491"),
        "{recorded_once}"
    );
    assert_eq!(recorded_once, recorded(["bob", "till"]));
}

#[test]
fn an_order_excluded_in_its_first_line_is_excluded_whole() {
    let sandbox = Sandbox::with_orders(
        "order_id,customer_id,ordered_at,product_id,quantity,unit_price,tags\n\
         1,ann,2024-01-01,tea,1,10,staff\n1,ann,2024-01-01,cup,1,20,\n\
         2,ann,2024-01-02,cup,1,5,\n2,ann,2024-01-02,tea,1,7,vip\n",
    );
    let results = sandbox.run(&["orders.csv", "--quiet", "--exclude-tag", "staff"]);
    assert_eq!(results.customers().cell("ann", "monetary"), "12.00");
}

#[test]
fn an_empty_word_excludes_nothing_but_is_refused() {
    let sandbox = Sandbox::with_orders("customer_id,ordered_at,net\nann,2024-01-03,7\n");
    for flag in [
        "--exclude-customer",
        "--exclude-tag",
        "--exclude-flag",
        "--exclude-memo",
    ] {
        let outcome = sandbox.patron(&["run", "orders.csv", flag, " "]);
        assert_eq!(outcome.code, 2, "{}", outcome.stderr);
        assert!(
            outcome.stderr.contains("words that are not empty"),
            "{}",
            outcome.stderr
        );
    }
}
