//! UCI Online Retail: every line in one class, and the popular tutorial's segments.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use patron_testkit::{data_file, reference_cases};
use serde_json::Value;

use crate::support::{Results, Sandbox, Table, ten_thousandths};

const CSV: &str = "online_retail/online_retail.csv.gz";
const PARQUET: &str = "online_retail/online_retail.parquet";

/// The flags of `docs/guides/online-retail.md`.
const TUTORIAL: [&str; 14] = [
    "--as",
    "online-retail",
    "--fee-lines",
    "keep",
    "--unlinked-refunds",
    "drop",
    "--as-of",
    "2011-12-11",
    "--score-method",
    "R=qcut,F=qcut-first,M=quantile",
    "--vocabulary",
    "tutorial",
    "--no-clv",
    "--quiet",
];

/// Segments as the tutorial's readers count them, from the notes beside the public data.
const TUTORIAL_SEGMENTS: [(&str, &str); 10] = [
    ("champions", "633"),
    ("loyal_customers", "819"),
    ("potential_loyalists", "484"),
    ("new_customers", "42"),
    ("promising", "94"),
    ("need_attention", "187"),
    ("about_to_sleep", "352"),
    ("at_risk", "593"),
    ("cant_loose", "63"),
    ("hibernating", "1071"),
];

fn run(sandbox: &Sandbox, file: &Path, flags: &[&str]) -> Results {
    let file = file.to_str().expect("the path is UTF-8");
    sandbox.run(&[&[file], flags].concat())
}

/// The lines of the public CSV file.
fn lines(file: &Path) -> Vec<String> {
    let mut text = String::new();
    let file = BufReader::new(File::open(file).expect("the file opens"));
    GzDecoder::new(file)
        .read_to_string(&mut text)
        .expect("the file is gzip of UTF-8");
    text.lines().map(str::to_owned).collect()
}

/// The public file with customer ids as a data frame with gaps writes them, such as `17850.0`.
fn with_float_ids(sandbox: &Sandbox, file: &Path) -> PathBuf {
    let mut text = String::new();
    let file = BufReader::new(File::open(file).expect("the file opens"));
    let mut reader = csv::Reader::from_reader(GzDecoder::new(file));
    let header = reader.headers().expect("a header").clone();
    let place = header
        .iter()
        .position(|name| name == "CustomerID")
        .expect("a customer id");
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header).expect("memory takes it");
    for record in reader.records() {
        let record = record.expect("a row");
        let cells = record.iter().enumerate().map(|(column, cell)| {
            let is_id = column == place && !cell.is_empty();
            if is_id {
                format!("{}.0", cell.trim_end_matches(".0"))
            } else {
                cell.to_owned()
            }
        });
        writer.write_record(cells).expect("memory takes it");
    }
    text.push_str(
        std::str::from_utf8(&writer.into_inner().expect("memory takes it")).expect("UTF-8"),
    );
    assert!(text.contains(",17850.0,"), "the ids are floats now");
    sandbox.write("float_ids.csv", text);
    sandbox.path("float_ids.csv")
}

/// Compares an account of rows with what pandas counted.
#[track_caller]
fn assert_account(account: &Value, expected: &Value, duplicates: &Value, what: &str) {
    let rows = expected["rows"].as_object().expect("rows by class");
    let total: u64 = rows.values().filter_map(Value::as_u64).sum();
    assert_eq!(total, 541_909, "the reference itself adds up");
    assert_eq!(account["in"], total, "{what}");
    let kinds = &account["accepted_by_kind"];
    assert_eq!(kinds["order_line"], rows["order_line"], "{what}");
    assert_eq!(kinds["refund"], rows["refund"], "{what}");
    assert_eq!(account["merged"], 0, "{what}");
    assert_eq!(account["flags"]["duplicate"], *duplicates, "{what}");
    let set_aside = account["set_aside"].as_object().expect("classes");
    for (class, count) in rows {
        if class != "order_line" && class != "refund" {
            assert_eq!(set_aside.get(class), Some(count), "{what}: {class}");
            let revenue = account["revenue_set_aside"][class]
                .as_str()
                .expect("revenue set aside");
            let expected = expected["revenue"][class].as_str().expect("revenue");
            assert_eq!(
                ten_thousandths(revenue).to_string(),
                expected,
                "{what}: revenue of {class}"
            );
        }
    }
    let accepted =
        kinds["order_line"].as_u64().expect("a count") + kinds["refund"].as_u64().expect("a count");
    assert_eq!(account["accepted"], accepted, "{what}");
    let aside: u64 = set_aside.values().filter_map(Value::as_u64).sum();
    assert_eq!(accepted + aside, total, "{what}: each row in one class");
}

/// Checks a run against pandas: account by file and in total, customers, orders, money, rejected rows.
fn assert_as_pandas(results: &Results, case: &str, what: &str) {
    let cases = reference_cases("online_retail");
    let expected = &cases[case];
    let run = results.run_json();
    let files = run["inputs"].as_array().expect("inputs");
    assert_eq!(files.len(), 1);
    assert_account(&files[0]["rows"], expected, &cases["duplicates"], what);
    assert_account(&run["rows"], expected, &cases["duplicates"], what);
    let aside: u64 = run["rows"]["set_aside"]
        .as_object()
        .expect("classes")
        .values()
        .filter_map(Value::as_u64)
        .sum();
    assert_eq!(
        results.rejected().rows.len() as u64,
        aside,
        "{what}: every row set aside is listed"
    );
}

/// Σ orders, Σ monetary in ten-thousandths.
fn totals(customers: &Table) -> (u64, i128) {
    let orders = customers.column("orders");
    let orders = orders
        .iter()
        .map(|cell| cell.parse::<u64>().expect("a count"));
    let monetary = customers.column("monetary");
    (
        orders.sum(),
        monetary.iter().map(|cell| ten_thousandths(cell)).sum(),
    )
}

#[test]
fn every_line_of_the_csv_file_ends_in_one_class_as_pandas_counts() {
    let test = "every_line_of_the_csv_file_ends_in_one_class_as_pandas_counts";
    let Some(file) = data_file(test, CSV) else {
        return;
    };
    let sandbox = Sandbox::new();
    let results = run(&sandbox, &file, &["--no-clv", "--quiet"]);
    assert_as_pandas(&results, "fees_set_aside", "csv.gz");
    let results = run(
        &sandbox,
        &file,
        &[
            "--no-clv",
            "--quiet",
            "--fee-lines",
            "keep",
            "--unlinked-refunds",
            "drop",
        ],
    );
    assert_as_pandas(&results, "fees_kept", "csv.gz, fees kept");
    let expected = &reference_cases("online_retail")["fees_kept"];
    let (orders, monetary) = totals(&results.customers());
    assert_eq!(orders, expected["orders"], "all orders are someone's");
    let revenue = expected["revenue"]["order_line"].as_str();
    assert_eq!(Some(monetary.to_string().as_str()), revenue);
}

#[test]
fn refunds_without_an_order_take_their_money_from_customers() {
    let test = "refunds_without_an_order_take_their_money_from_customers";
    let Some(file) = data_file(test, CSV) else {
        return;
    };
    let sandbox = Sandbox::new();
    let flags = ["--no-clv", "--quiet", "--as-of", "2011-12-09"];
    let counted = totals(&run(&sandbox, &file, &flags).customers());
    let flags = [&flags[..], &["--unlinked-refunds", "drop"]].concat();
    let dropped = run(&sandbox, &file, &flags);
    let expected = &reference_cases("online_retail")["fees_set_aside"];
    let (orders, monetary) = totals(&dropped.customers());
    assert_eq!(orders, expected["orders"]);
    assert_eq!(
        orders, counted.0,
        "refunds never change the number of orders"
    );
    let refunds: i128 = expected["refund_total"]
        .as_str()
        .expect("a sum")
        .parse()
        .expect("a number");
    let without_order: i128 = monetary - counted.1;
    // Some refunds belong to the people who never bought: those are in nobody's monetary.
    assert!(
        without_order > 0 && without_order <= refunds,
        "{without_order} of {refunds}"
    );
    let prospects = Table::read(&dropped.path("customers_without_order.csv"));
    let customers = expected["customers_with_an_order_line"]
        .as_u64()
        .expect("a count");
    assert_eq!(dropped.customers().rows.len() as u64, customers);
    assert_eq!(
        prospects.rows.len() as u64 + customers,
        4_372,
        "customers, with prospects, are all the file names"
    );
}

#[test]
fn csv_parquet_and_float_ids_give_the_same_customers() {
    let test = "csv_parquet_and_float_ids_give_the_same_customers";
    let (Some(csv), Some(parquet)) = (data_file(test, CSV), data_file(test, PARQUET)) else {
        return;
    };
    let sandbox = Sandbox::new();
    let flags = ["--quiet"];
    let results = run(&sandbox, &csv, &flags);
    let customers = results.bytes("customers.csv");
    let segments = results.bytes("segments.csv");
    let columns = results.bytes("customers.parquet");
    let others = [
        ("parquet", parquet),
        ("float ids", with_float_ids(&sandbox, &csv)),
    ];
    for (what, file) in others {
        let results = run(&sandbox, &file, &flags);
        assert_as_pandas(&results, "fees_set_aside", what);
        assert!(
            results.bytes("customers.csv") == customers,
            "customers.csv: {what}"
        );
        assert!(
            results.bytes("customers.parquet") == columns,
            "customers.parquet: {what}"
        );
        assert!(
            results.bytes("segments.csv") == segments,
            "segments.csv: {what}"
        );
        let guessed = &results.run_json()["rows"]["flags"]["guessed"];
        let expected = if what == "float ids" {
            541_909 - 135_080
        } else {
            0
        };
        assert_eq!(
            *guessed, expected,
            "ids understood as whole are flagged: {what}"
        );
    }
}

#[test]
fn two_halves_of_the_file_add_up_by_file_and_in_total() {
    let test = "two_halves_of_the_file_add_up_by_file_and_in_total";
    let Some(file) = data_file(test, CSV) else {
        return;
    };
    let sandbox = Sandbox::new();
    let whole = run(&sandbox, &file, &["--no-clv", "--quiet"]);
    let (customers, rows) = (
        whole.bytes("customers.csv"),
        whole.run_json()["rows"].clone(),
    );
    let lines = lines(&file);
    let header = &lines[0];
    let (first, second) = lines[1..].split_at(200_001);
    for (name, part) in [("first.csv", first), ("second.csv", second)] {
        sandbox.write(name, format!("{header}\n{}\n", part.join("\n")));
    }
    let results = sandbox.run(&["first.csv", "second.csv", "--no-clv", "--quiet"]);
    assert!(results.bytes("customers.csv") == customers);
    let run = results.run_json();
    assert_eq!(run["inputs"][0]["rows"]["in"], 200_001);
    assert_eq!(run["inputs"][1]["rows"]["in"], 341_908);
    for pointer in [
        "/in",
        "/accepted",
        "/merged",
        "/set_aside",
        "/accepted_by_kind",
    ] {
        assert_eq!(
            run["rows"].pointer(pointer),
            rows.pointer(pointer),
            "{pointer}"
        );
    }
    let revenue = "/revenue_set_aside";
    assert_eq!(run["rows"].pointer(revenue), rows.pointer(revenue));
}

#[test]
fn the_popular_tutorial_comes_out_exactly() {
    let test = "the_popular_tutorial_comes_out_exactly";
    for data in [CSV, PARQUET] {
        let Some(file) = data_file(test, data) else {
            return;
        };
        let sandbox = Sandbox::new();
        let results = run(&sandbox, &file, &TUTORIAL);
        assert_as_pandas(&results, "fees_kept", data);
        let customers = results.customers();
        assert_eq!(customers.rows.len(), 4_338, "{data}");
        let segments = results.segments();
        let counts = segments.map("segment", "customers");
        assert_eq!(counts, TUTORIAL_SEGMENTS.into_iter().collect(), "{data}");
        for (segment, expected) in TUTORIAL_SEGMENTS {
            let found = customers.column("segment");
            let found = found.iter().filter(|found| **found == segment).count();
            assert_eq!(found.to_string(), expected, "customers.csv: {segment}");
        }
    }
}

#[test]
fn the_guide_names_the_flags_of_the_tutorial() {
    let guide = patron_testkit::project_root().join("docs/guides/online-retail.md");
    let guide = std::fs::read_to_string(guide).expect("the guide is there");
    let words: Vec<&str> = guide.split_whitespace().collect();
    let flags = &TUTORIAL[..TUTORIAL.len() - 1];
    let shown = words.split(|word| word.starts_with("```")).any(|block| {
        let block: Vec<&str> = block.iter().copied().filter(|word| *word != "\\").collect();
        block.starts_with(&["patron", "run"])
            && block.windows(flags.len()).any(|window| window == flags)
    });
    assert!(shown, "one command of the guide has {flags:?}");
    for (segment, count) in TUTORIAL_SEGMENTS {
        let count: u64 = count.parse().expect("a count");
        let count = if count >= 1000 {
            format!("{},{:03}", count / 1000, count % 1000)
        } else {
            count.to_string()
        };
        let row = format!("| `{segment}` | {count} |");
        assert!(guide.contains(&row), "the guide has the row {row}");
    }
}
