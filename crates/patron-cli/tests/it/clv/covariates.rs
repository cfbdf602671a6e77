//! Models with covariates: the published estimates, an account of every row, and what is refused.

use patron_testkit::data_file;

use super::models::json;
use super::other_models::number;
use crate::support::Sandbox;

/// Its search stops within this of the optimum.
const OF_CLVTOOLS: f64 = 2e-3;

/// Apparel up to the end of estimation.
pub(super) const APPAREL: [&str; 5] = [
    "orders.csv",
    "--as-of",
    "2006-12-31",
    "--covariates",
    "values.csv",
];

/// Orders and covariates of Apparel in a sandbox, with the text of the latter; nothing without the data.
pub(super) fn apparel(test: &str) -> Option<(Sandbox, String)> {
    let orders = data_file(test, "apparel/apparelTrans.csv")?;
    let covariates = data_file(test, "apparel/apparelStaticCov.csv")?;
    let sandbox = Sandbox::new();
    let text = std::fs::read_to_string(orders).expect("the orders can be read");
    // Four rows have no price; CLVTools counts them as purchases all the same.
    let rows = text.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        format!("{},{},10\n", cells[0], cells[1])
    });
    let rows: String = rows.collect();
    sandbox.write("orders.csv", format!("customer_id,ordered_at,net\n{rows}"));
    let values = std::fs::read_to_string(covariates).expect("the covariates can be read");
    sandbox.write("values.csv", &values);
    Some((sandbox, values))
}

#[test]
fn covariates_give_what_clvtools_prints() {
    let Some((sandbox, _)) = apparel("covariates_give_what_clvtools_prints") else {
        return;
    };
    let orders = APPAREL;
    let fit = json(
        &sandbox,
        &[&["fit", "--model", "pareto-nbd"], &orders[..]].concat(),
    );
    // Printed with four decimals.
    for (name, estimate, error) in [
        ("r", 1.8387, 0.3457),
        ("alpha", 92.9435, 16.9749),
        ("s", 0.5913, 0.2603),
        ("beta", 49.5050, 36.1445),
        ("dropout.Gender", -0.6428, 0.2956),
        ("dropout.Channel", 0.7902, 0.3058),
        ("purchase.Gender", 0.2860, 0.1041),
        ("purchase.Channel", 0.6239, 0.1049),
    ] {
        let found = &fit["parameters"][name];
        assert!(
            (number(&found["estimate"]) / estimate - 1.0).abs() < OF_CLVTOOLS,
            "{name} {found}"
        );
        assert!(
            (number(&found["se"]) / error - 1.0).abs() < OF_CLVTOOLS,
            "{name} {found}"
        );
    }
    assert!(
        (number(&fit["log_likelihood"]) + 5_821.062_7).abs() < 1e-3,
        "{}",
        fit["log_likelihood"]
    );
    assert_eq!(
        fit["notes"],
        serde_json::json!(["600 rows of `values.csv` are of customers in the fit"])
    );
    let apart = [
        "--purchase-covariates",
        "Channel",
        "--dropout-covariates",
        "Gender",
    ];
    let apart = json(
        &sandbox,
        &[&["fit", "--model", "mbg-nbd"], &orders[..], &apart].concat(),
    );
    let names: Vec<&String> = apart["parameters"]
        .as_object()
        .expect("parameters")
        .keys()
        .collect();
    assert_eq!(
        names[4..],
        ["purchase.Channel", "dropout_a.Gender", "dropout_b.Gender"]
    );
}

#[test]
fn every_row_of_covariates_is_accounted_for() {
    let Some((sandbox, values)) = apparel("every_row_of_covariates_is_accounted_for") else {
        return;
    };
    let orders = APPAREL;
    let first = values.lines().nth(1).expect("a row");
    let without = values.replacen(&format!("{first}\n"), "", 1);
    sandbox.write("values.csv", format!("{without}nobody,1,0\n"));
    let fit = json(
        &sandbox,
        &[&["fit", "--model", "pareto-nbd"], &orders[..]].concat(),
    );
    let notes = fit["notes"].to_string();
    for words in [
        "1 of 600 customers are not in",
        "1 of 600 rows",
        "`nobody` on line 601",
        "599 rows",
    ] {
        assert!(notes.contains(words), "{words}: {notes}");
    }
    assert_eq!(fit["n"], 599);
    let none =
        sandbox.patron(&[&["clv", "fit", "--quiet", "--model", "nbd"], &orders[..]].concat());
    none.assert_refused(&["nbd has no place for covariates", "pareto-nbd"]);
}

#[test]
fn covariates_that_cannot_be_used_are_refused_with_their_place() {
    let Some((sandbox, values)) =
        apparel("covariates_that_cannot_be_used_are_refused_with_their_place")
    else {
        return;
    };
    let orders = APPAREL;
    for (row, words) in [
        (
            "x,web,1",
            ["line 602", "column `Gender`", "`web`, expected a number"],
        ),
        (
            "2,1,1",
            ["line 602", "column `Id`", "stands on line 3, too"],
        ),
        (
            "y,1",
            [
                "line 602",
                "column `Id`",
                "2 fields in this row, expected 3",
            ],
        ),
    ] {
        sandbox.write("values.csv", format!("{values}{row}\n"));
        let refused = sandbox
            .patron(&[&["clv", "fit", "--quiet", "--model", "bg-nbd"], &orders[..]].concat());
        refused.assert_refused(&words);
    }
    sandbox.write("values.csv", "Id,web\nnobody,1\n");
    let refused =
        sandbox.patron(&[&["clv", "fit", "--quiet", "--model", "bg-nbd"], &orders[..]].concat());
    refused.assert_refused(&["no row of `values.csv` is of a customer"]);
}
