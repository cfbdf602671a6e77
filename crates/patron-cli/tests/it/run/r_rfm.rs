//! R's package rfm on its own orders: thresholds, counts of scores, and the published table customer by customer.

use patron_testkit::{assert_relative, data_file};

use crate::support::{Results, Sandbox, Table, ten_thousandths};

const ORDERS: &str = "rfm_r/rfm_data_orders.csv";
const PUBLISHED: &str = "rfm_r/reference_Introduction_to_RFM_0.csv";

/// Quantiles are one product and one sum of doubles.
const ROUNDING: f64 = 1e-12;

/// Lower ends of bins 2 to 5, and customers by score 1 to 5, as the package's vignette and tests have them.
const AXES: [(&str, [f64; 4], [u64; 5]); 3] = [
    (
        "recency",
        [115.0, 181.0, 297.4, 482.0],
        [197, 200, 199, 199, 200],
    ),
    ("frequency", [4.0, 5.0, 6.0, 8.0], [268, 187, 176, 244, 120]),
    (
        "monetary",
        [255.8, 382.0, 506.4, 666.0],
        [200, 200, 198, 202, 195],
    ),
];

fn run(sandbox: &Sandbox, test: &str) -> Option<Results> {
    let file = data_file(test, ORDERS)?;
    let file = file.to_str().expect("the path is UTF-8");
    Some(sandbox.run(&[
        file,
        "--score-method",
        "r-rfm",
        "--as-of",
        "2006-12-31",
        "--no-clv",
        "--quiet",
    ]))
}

#[test]
fn thresholds_and_counts_of_scores_are_those_of_the_package() {
    let test = "thresholds_and_counts_of_scores_are_those_of_the_package";
    let sandbox = Sandbox::new();
    let Some(results) = run(&sandbox, test) else {
        return;
    };
    let run = results.run_json();
    let customers = results.customers();
    assert_eq!(customers.rows.len(), 995);
    for ((axis, thresholds, counts), found) in AXES
        .into_iter()
        .zip(run["cut_points"].as_array().expect("axes"))
    {
        assert_eq!(found["axis"], axis);
        assert_eq!(found["customers_by_score"], serde_json::json!(counts));
        let cuts = found["cuts"].as_array().expect("cuts");
        assert_eq!(cuts.len(), thresholds.len());
        for (cut, threshold) in cuts.iter().zip(thresholds) {
            let cut = cut.as_f64().expect("a number");
            assert_relative(axis, cut, threshold, ROUNDING);
        }
        let column = format!("{}_score", &axis[..1]);
        for (score, count) in (1..).zip(counts) {
            let score = i32::to_string(&score);
            let found = customers.column(&column);
            let found = found.iter().filter(|found| **found == score).count();
            assert_eq!(found as u64, count, "{column} {score}");
        }
    }
}

#[test]
fn published_scores_are_met_for_every_name_that_joins() {
    let test = "published_scores_are_met_for_every_name_that_joins";
    let Some(published) = data_file(test, PUBLISHED) else {
        return;
    };
    let sandbox = Sandbox::new();
    let Some(results) = run(&sandbox, test) else {
        return;
    };
    let customers = results.customers();
    let known = customers.map("customer_id", "rfm");
    let published = Table::read(&published);
    let names = published.column("Customer");
    let mut joined = 0;
    for (row, name) in names.iter().enumerate() {
        if !known.contains_key(name) {
            continue; // a title such as `DVM` was lost between the two files
        }
        joined += 1;
        let expected = |column: &str| published.column(column)[row];
        assert_eq!(known[name], expected("RFM"), "{name}");
        let digits: Vec<String> = ["r_score", "f_score", "m_score"]
            .map(|column| customers.cell(name, column).to_owned())
            .into();
        assert_eq!(digits.concat(), expected("RFM"), "{name}");
        assert_eq!(customers.cell(name, "orders"), expected("Orders"), "{name}");
        assert_eq!(
            customers.cell(name, "recency_days"),
            expected("Recency"),
            "{name}"
        );
        let total = ten_thousandths(expected("Total Spend"));
        let monetary = ten_thousandths(customers.cell(name, "monetary"));
        assert_eq!(monetary, total, "{name}");
    }
    assert_eq!(joined, 611);
}

/// Segments of the package's two published tables, and how many customers fall into each.
const TABLES: [(&str, &[(&str, &str)]); 2] = [
    (
        "r-rfm-classic",
        &[
            ("Champions", "158"),
            ("About To Sleep", "50"),
            ("At Risk", "86"),
            ("Lost", "111"),
            ("Loyal", "278"),
            ("Need Attention", "35"),
            ("Others", "48"),
            ("Potential Loyalist", "229"),
        ],
    ),
    (
        "r-rfm-0.3.0",
        &[
            ("Champions", "35"),
            ("Potential Loyalist", "342"),
            ("Loyal", "170"),
            ("Promising", "9"),
            ("New", "104"),
            ("Can't Lose", "47"),
            ("At Risk", "28"),
            ("Need Attention", "10"),
            ("About to Sleep", "102"),
            ("Lost", "148"),
        ],
    ),
];

/// Names as the package and its readers write them, without the word that only some add.
fn short(name: &str) -> String {
    let name = name.to_lowercase().replace("can't", "cannot");
    let words = name
        .split_whitespace()
        .filter(|word| !["customers", "them", "customer"].contains(word));
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_packages_segment_tables_come_out() {
    let test = "the_packages_segment_tables_come_out";
    let Some(file) = data_file(test, ORDERS) else {
        return;
    };
    let file = file.to_str().expect("the path is UTF-8");
    let sandbox = Sandbox::new();
    for (vocabulary, table) in TABLES {
        let flags = [
            "--score-method",
            "r-rfm",
            "--as-of",
            "2006-12-31",
            "--no-clv",
        ];
        let always = [file, "--quiet", "--vocabulary", vocabulary];
        let segments = sandbox.run(&[&always[..], &flags].concat()).segments();
        let found = segments.map("name", "customers");
        let found: std::collections::BTreeMap<String, &str> = found
            .into_iter()
            .filter(|(_, count)| *count != "0")
            .map(|(name, count)| (short(name), count))
            .collect();
        let expected = table.iter().map(|(name, count)| (short(name), *count));
        assert_eq!(found, expected.collect(), "{vocabulary}");
    }
}
