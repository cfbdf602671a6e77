//! Bins, cut points and vocabularies do what they say.

use super::options::{customers, shop};
use crate::support::{OUT, Sandbox};

#[test]
fn bins_may_differ_by_axis() {
    let sandbox = Sandbox::new();
    sandbox.patron(&[
        "demo",
        ".",
        "--customers",
        "600",
        "--orders-only",
        "--quiet",
    ]);
    let found = customers(&sandbox, &["--bins", "5,3,10", "--no-clv"]);
    for (column, most) in [("r_score", 5), ("f_score", 3), ("m_score", 10)] {
        let scores = found.column(column);
        let scores = scores.iter().map(|score| score.parse::<u32>());
        let largest = scores.map(|score| score.expect("a score")).max();
        assert_eq!(largest, Some(most), "{column}");
    }
    let place = found.place("rfm");
    for row in &found.rows {
        let scores = ["r_score", "f_score", "m_score"].map(|column| &row[found.place(column)][..]);
        assert_eq!(
            row[place],
            scores.join("-"),
            "a dash where a score may have two digits"
        );
    }
}

#[test]
fn bins_alone_that_bring_other_names_are_said_to() {
    let sandbox = shop();
    let outcome = sandbox.patron(&["run", "orders.csv", "--bins", "3", "--no-clv"]);
    let note = outcome
        .stderr
        .lines()
        .find(|line| line.contains("not written for bins 3,3,3"))
        .expect("a note");
    for words in ["`bloomreach`", "`octants-seed`", "klaviyo", "--vocabulary"] {
        assert!(note.contains(words), "{words}: {note}");
    }
    for flags in [&[][..], &["--bins", "3", "--vocabulary", "klaviyo"]] {
        let arguments = [&["run", "orders.csv", "--no-clv"], flags].concat();
        let outcome = sandbox.patron(&arguments);
        assert!(
            !outcome.stderr.contains("not written for"),
            "{}",
            outcome.stderr
        );
    }
}

#[test]
fn a_vocabulary_on_values_that_are_left_out_is_warned_of() {
    let sandbox = shop();
    let vocabulary = "key = \"mine\"\nnames = \"Mine\"\n[[segment]]\nkey = \"dear\"\nnames = \"Dear\"\nrank = 1\n\
                      when = \"clv > 5\"\n[[segment]]\nkey = \"often\"\nnames = \"Often\"\nrank = 0\nwhen = \"orders > 1\"\n";
    sandbox.write("mine.toml", vocabulary);
    let flags = ["run", "orders.csv", "--no-clv", "--vocabulary", "mine.toml"];
    let outcome = sandbox.patron(&flags);
    assert!(
        outcome
            .stderr
            .contains("note: segments dear read columns of the purchase model"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn people_without_an_order_are_members_of_the_segment_that_is_theirs() {
    let sandbox = shop();
    let flags = [
        "run",
        "orders.csv",
        "--no-clv",
        "--as-of",
        "2024-02-15",
        "--vocabulary",
        "shopify",
    ];
    let outcome = sandbox.patron(&flags);
    let segments = sandbox.results(OUT).segments();
    assert_eq!(
        segments.cell("prospects", "members"),
        "1",
        "cleo orders later"
    );
    assert_eq!(segments.cell("prospects", "customers"), "0");
    assert!(
        outcome
            .stderr
            .contains("segment prospects is people without a valid order, 1 here"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn bins_in_the_file_may_be_a_number_or_a_list() {
    let sandbox = shop();
    for (written, bins) in [("3", "3,3,3"), ("[5, 3, 5]", "5,3,5"), ("\"4\"", "4,4,4")] {
        sandbox.write("patron.toml", format!("bins = {written}\n"));
        customers(&sandbox, &["--settings", "patron.toml"]);
        let run = sandbox.results(OUT).run_json();
        assert_eq!(run["settings"]["bins"]["value"], bins);
    }
}

#[test]
fn methods_that_differ_are_recorded_as_they_would_be_asked_for() {
    let sandbox = shop();
    customers(&sandbox, &["--score-method", "F=ntile"]);
    let run = sandbox.results(OUT).run_json();
    let said = &run["settings"]["score_method"]["value"];
    assert_eq!(said, "R=quantile,F=ntile,M=quantile");
}

#[test]
fn a_vocabulary_for_other_bins_is_refused_with_those_that_fit() {
    let sandbox = shop();
    let flags = ["orders.csv", "--bins", "5,3,5", "--vocabulary", "tutorial"];
    sandbox.refuses(
        &flags,
        &["`tutorial`", "5,5,5", "5,3,5", "hint: ", "octants-seed"],
    );
    let flags = ["orders.csv", "--bins", "3", "--vocabulary", "tutorial"];
    let outcome = sandbox.refuses(&flags, &["klaviyo"]);
    assert!(!outcome.stderr.contains("putler"), "{}", outcome.stderr);
}

#[test]
fn fixed_cuts_score_by_the_definition() {
    let sandbox = shop();
    let cuts = "R=1,30,90,180;F=1,2,3,5;M=5,10,20,100";
    let found = customers(&sandbox, &["--cuts", cuts]);
    // F and M: 1 + how many cuts lie below; R: 5 − how many cuts lie below. A value on a cut belongs to the lower bin.
    let scores = [
        ("ada", "524"),
        ("bob", "412"),
        ("cleo", "524"),
        ("dan", "114"),
    ];
    assert_eq!(
        found.map("customer_id", "rfm"),
        scores.into_iter().collect()
    );
}

#[test]
fn frozen_cuts_reproduce_scores_on_the_same_and_other_customers() {
    let sandbox = Sandbox::new();
    for (folder, seed) in [("one", "21"), ("two", "22")] {
        let flags = [
            "--customers",
            "800",
            "--orders-only",
            "--quiet",
            "--seed",
            seed,
        ];
        sandbox.patron(&[&["demo", folder], &flags[..]].concat());
    }
    let common = ["--quiet", "--no-clv"];
    sandbox.run(&[&["one/orders.csv", "--out", "first"], &common[..]].concat());
    let first = sandbox.results("first");
    let frozen = ["--cuts", "first/run.json"];
    let again = sandbox.run(&[&["one/orders.csv"], &frozen[..], &common[..]].concat());
    assert_eq!(again.customers(), first.customers());
    let other = sandbox.run(&[&["two/orders.csv"], &frozen[..], &common[..]].concat());
    let (cuts, run) = (first.run_json(), other.run_json());
    for axis in 0..3 {
        assert_eq!(
            run["cut_points"][axis]["cuts"],
            cuts["cut_points"][axis]["cuts"]
        );
    }
    let customers = other.customers();
    for (axis, value, score) in [
        (0, "recency_days", "r_score"),
        (1, "orders", "f_score"),
        (2, "monetary", "m_score"),
    ] {
        let cuts = cuts["cut_points"][axis]["cuts"].as_array().expect("cuts");
        let cuts: Vec<f64> = cuts.iter().filter_map(|cut| cut.as_f64()).collect();
        let values = customers.column(value);
        for (value, score) in values.iter().zip(customers.column(score)) {
            let value: f64 = value.parse().expect("a number");
            let below = cuts.iter().filter(|cut| **cut < value).count();
            let expected = if axis == 0 { 5 - below } else { 1 + below };
            assert_eq!(score, expected.to_string(), "axis {axis}, value {value}");
        }
    }
}

#[test]
fn score_methods_may_differ_by_axis() {
    let sandbox = shop();
    let method = "R=natural-breaks,F=qcut-first,M=r-rfm";
    customers(&sandbox, &["--score-method", method]);
    let run = sandbox.results(OUT).run_json();
    let methods = [0, 1, 2].map(|axis| run["cut_points"][axis]["method"].clone());
    assert_eq!(methods, ["natural-breaks", "qcut-first", "r-rfm"]);
}

#[test]
fn a_vocabulary_of_ones_own_names_customers() {
    let sandbox = shop();
    let vocabulary = "\
key = \"mine\"
names = { en = \"Mine\", \"zh-Hans\" = \"我的\", \"zh-Hant\" = \"我的\" }

[[segment]]
key = \"fresh\"
names = { en = \"Fresh\", \"zh-Hans\" = \"新\", \"zh-Hant\" = \"新\" }
rank = 2
when = \"recency_days <= 1\"

[[segment]]
key = \"big\"
names = { en = \"Big\", \"zh-Hans\" = \"大\", \"zh-Hant\" = \"大\" }
rank = 1
when = \"monetary >= 42.5\"
";
    sandbox.write("mine.toml", vocabulary);
    let found = customers(&sandbox, &["--vocabulary", "mine.toml"]);
    let names = [
        ("ada", "fresh"),
        ("bob", "others"),
        ("cleo", "fresh"),
        ("dan", "big"),
    ];
    assert_eq!(found.map("customer_id", "segment"), names.into());
    let segments = sandbox.results(OUT).segments();
    assert_eq!(segments.cell("fresh", "customers"), "2");
    assert_eq!(segments.cell("fresh", "members"), "2");
    assert_eq!(segments.cell("big", "customers"), "1", "by primary name");
    assert_eq!(segments.cell("big", "members"), "2", "cleo too meets it");
    assert_eq!(segments.cell("others", "customers"), "1");
    assert_eq!(segments.cell("fresh", "share"), "0.5");
    assert_eq!(segments.cell("fresh", "orders"), "4");
    assert_eq!(segments.cell("fresh", "revenue"), "72.50");
    assert_eq!(segments.cell("fresh", "average_order_value"), "18.125");
    assert_eq!(segments.cell("fresh", "recency_median"), "0.5");
    assert_eq!(segments.cell("fresh", "name_zh_hans"), "新");
    let cleo = found
        .cell("cleo", "segments")
        .split('|')
        .collect::<Vec<_>>();
    assert!(cleo.contains(&"fresh") && cleo.contains(&"big"), "{cleo:?}");
}
