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
