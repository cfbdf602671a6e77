//! What `patron clv` refuses, in which words.

use crate::support::Sandbox;

const SUMMARY: &str = "customer_id,frequency,recency,T\n";

/// A row that cannot be used, with what is said of it.
const WRONG: [(&str, [&str; 3]); 10] = [
    (
        "a,1,2,three\n",
        ["line 3", "column `T`", "`three`, expected a number"],
    ),
    (
        "a,1.5,2,3\n",
        [
            "line 3",
            "column `frequency`",
            "`1.5`, expected a whole number",
        ],
    ),
    (
        "a,-1,2,3\n",
        [
            "line 3",
            "column `frequency`",
            "`-1`, expected a whole number",
        ],
    ),
    (
        "a,1,4,3\n",
        ["line 3", "column `recency`", "recency 4 lies outside"],
    ),
    (
        "a,0,1,3\n",
        ["line 3", "column `recency`", "without a repeat purchase"],
    ),
    (
        "a,1,-1,3\n",
        ["line 3", "column `recency`", "a time of at least 0"],
    ),
    (
        "a,1,,3\n",
        ["line 3", "column `recency`", "expected a number"],
    ),
    (
        "a,1,1\n",
        [
            "line 3",
            "column `customer_id`",
            "3 fields in this row, expected 4",
        ],
    ),
    (
        "a,4294967295,1,3\n",
        ["line 3", "column `frequency`", "at most 1000000"],
    ),
    ("a,1,1,inf\n", ["line 3", "column `T`", "expected a number"]),
];

#[track_caller]
fn refused(rows: &str, words: &[&str]) {
    let sandbox = Sandbox::new();
    sandbox.write("summary.csv", rows);
    let outcome = sandbox.patron(&["clv", "fit", "--summary", "summary.csv"]);
    outcome.assert_refused(words);
}

#[test]
fn a_summary_that_cannot_be_used_is_refused_with_its_place() {
    refused(
        "customer_id,frequency,T\n1,2,3\n",
        &[
            "`summary.csv` has no column of the time from first to last purchase",
            "customer_id, frequency, T",
        ],
    );
    refused(SUMMARY, &["has no customer"]);
    for (row, words) in WRONG {
        refused(&format!("{SUMMARY}b,1,2,3\n{row}"), &words);
    }
}

#[test]
fn what_a_summary_cannot_tell_is_said() {
    let sandbox = Sandbox::new();
    sandbox.write("summary.csv", format!("{SUMMARY}b,1,2,3\n"));
    let few = sandbox.patron(&["clv", "fit", "--quiet", "--summary", "summary.csv"]);
    few.assert_refused(&["mbg-nbd cannot be fitted", "need at least"]);
    let dated = sandbox.patron(&[
        "clv",
        "evaluate",
        "--summary",
        "summary.csv",
        "--holdout-end",
        "2024-01-01",
    ]);
    dated.assert_refused(&["needs the days of orders"]);
    sandbox.write("held.csv", "frequency,recency,T,holdout\n1,2,3,1\n");
    let length = sandbox.patron(&["clv", "evaluate", "--quiet", "--summary", "held.csv"]);
    length.assert_refused(&["not known how long", "--holdout TIME"]);
}

#[test]
fn a_model_or_parameter_that_is_none_is_a_bad_command_line() {
    let sandbox = Sandbox::new();
    let unknown = sandbox.patron(&["clv", "fit", "--model", "bgnbd", "x.csv"]);
    unknown.assert_bad_command_line(&["there is no model `bgnbd`", "mbg-nbd"]);
    for (parameters, words) in [
        ("r=1,alpha=2,a=1", "lacks b; bg-nbd has r, alpha, a, b"),
        ("r=1,alpha=2,a=1,c=2", "names `c`"),
        ("r=1,alpha=2,a=1,b=x", "gives `b` as `x`"),
        ("r=1,alpha", "holds `alpha`"),
        ("r=1,alpha=-2,a=1,b=1", "parameter alpha is -2"),
        ("r=1,alpha=2,a=1,b=1,b=2", "names `b` twice"),
    ] {
        let outcome = sandbox.patron(&[
            "clv",
            "simulate",
            "--model",
            "bg-nbd",
            "--parameters",
            parameters,
        ]);
        outcome.assert_bad_command_line(&[words]);
    }
    let reversed =
        Sandbox::with_orders("order_id,customer_id,ordered_at,net\n1,ann,2024-01-05,60\n");
    let outcome = reversed.patron(&[
        "clv",
        "evaluate",
        "orders.csv",
        "--calibration-end",
        "2024-02-01",
        "--holdout-end",
        "2024-01-15",
    ]);
    outcome.assert_refused(&["2024-01-15 is not after", "2024-02-01"]);
}

#[test]
fn what_is_given_twice_or_for_nothing_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.write("twice.csv", "x,frequency,t_x,T\n1,1,2,3\n");
    let twice = sandbox.patron(&["clv", "fit", "--summary", "twice.csv"]);
    twice.assert_refused(&["repeat purchases", "twice, as `x` and as `frequency`"]);
    sandbox.write("semicolons.csv", "x;t_x;T\n1;2;3\n");
    let few = sandbox.patron(&["clv", "fit", "--quiet", "--summary", "semicolons.csv"]);
    few.assert_refused(&["need at least", "found 1"]);
    let marked = sandbox.patron(&[
        "clv",
        "fit",
        "--summary",
        "semicolons.csv",
        "--decimal-mark",
        "comma",
    ]);
    marked.assert_refused(&["`--decimal-mark` does not hold for a summary"]);
    sandbox.write(
        "many.csv",
        "x,t_x,T,weight,holdout\n1,2,3,4000000000,1\n0,0,3,9,0\n",
    );
    let many = sandbox.patron(&[
        "clv",
        "evaluate",
        "--quiet",
        "--model",
        "nbd",
        "--summary",
        "many.csv",
        "--holdout",
        "2",
    ]);
    many.assert_refused(&["4000000009 customers cannot be held against"]);
    let orders = Sandbox::with_orders("order_id,customer_id,ordered_at,net\n1,ann,2024-01-05,60\n");
    let one_day = orders.patron(&["clv", "compare", "--quiet", "orders.csv"]);
    one_day.assert_refused(&["all orders are of 2024-01-05"]);
    let early = orders.patron(&[
        "clv",
        "evaluate",
        "--quiet",
        "orders.csv",
        "--calibration-end",
        "1990-01-01",
        "--holdout-end",
        "1991-01-01",
    ]);
    early.assert_refused(&["no valid order by 1990-01-01", "2024-01-05"]);
}
