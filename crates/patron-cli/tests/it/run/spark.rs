//! `patron run --engine spark` where there is no Spark: what the flags ask for, and what is said. With one: `make soak`.

use crate::support::Sandbox;

#[test]
fn what_cannot_be_asked_of_spark_is_a_bad_command_line() {
    let sandbox = Sandbox::new();
    let of = |words: &[&str]| sandbox.patron(&[&["run"], words].concat());
    of(&["--engine", "spark"]).assert_bad_command_line(&["--orders"]);
    of(&["--engine", "spark", "--orders", "t"]).assert_bad_command_line(&["--master-url"]);
    of(&["--orders", "t", "--master-url", "sc://h:1"]).assert_bad_command_line(&["--engine"]);
    let table = [
        "--engine",
        "spark",
        "--orders",
        "t",
        "--master-url",
        "sc://h:1",
    ];
    of(&[&table[..], &["orders.csv"]].concat()).assert_bad_command_line(&["cannot be used with"]);
    of(&[&table[..], &["--query", "SELECT 1"]].concat())
        .assert_bad_command_line(&["cannot be used with"]);
}

#[test]
fn without_a_driver_it_is_said_how_to_get_one() {
    let sandbox = Sandbox::new();
    let flags = [
        "--engine",
        "spark",
        "--orders",
        "t",
        "--driver",
        "/nowhere/lib.so",
    ];
    let spark = [("PATRON_SPARK_URL", "sc://127.0.0.1:1/;token=hunter2")];
    let outcome = sandbox.patron_with(&spark, &[&["run"], &flags[..]].concat());
    outcome.assert_refused(&["/nowhere/lib.so", "was not found", "hint"]);
    assert!(!outcome.stderr.contains("hunter2"), "{}", outcome.stderr);
}

#[test]
fn a_program_in_an_odd_place_is_refused_before_spark_is_asked() {
    let sandbox = Sandbox::new();
    let flags = [
        "--engine",
        "spark",
        "--orders",
        "t",
        "--master-url",
        "sc://127.0.0.1:1",
    ];
    let odd = ["run", "--spark-program", "/opt/my patron"];
    let outcome = sandbox.patron(&[&odd[..], &flags[..]].concat());
    outcome.assert_refused(&["/opt/my patron", "letters, digits"]);
}

#[test]
fn the_filter_says_which_patron_it_is_and_answers_a_plan_it_cannot_read() {
    let sandbox = Sandbox::new();
    let outcome = sandbox.patron(&["fold", "--speaks"]);
    let expected = format!("patron-{}-spark-2\n", env!("CARGO_PKG_VERSION"));
    assert_eq!((outcome.code, outcome.stdout), (0, expected));
    let flags = ["fold", "--spark", "rows", "--plan", "bm9uZQ"];
    let outcome = sandbox.patron_with_input(&flags, b"0\ta\n1\tb\n");
    assert_eq!(outcome.code, 0, "Spark would try it again");
    assert!(outcome.stdout.starts_with("e\t\t\t{"), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("plan"), "{}", outcome.stdout);
}

#[test]
fn customers_stay_on_spark_only_where_they_are_on_it_and_can_be_written() {
    let sandbox = Sandbox::new();
    let table = [
        "--engine",
        "spark",
        "--orders",
        "t",
        "--master-url",
        "sc://127.0.0.1:1",
    ];
    let of = |words: &[&str]| sandbox.patron(&[&["run"], words].concat());
    of(&["orders.csv", "--customers-to", "/data/customers"])
        .assert_bad_command_line(&["--customers-to", "--orders"]);
    // Each is said before Spark is asked.
    let odd = ["--no-clv", "--customers-to", "s3://bucket/my customers"];
    let outcome = of(&[&table[..], &odd].concat());
    outcome.assert_refused(&["s3://bucket/my customers", "letters, digits"]);
    let outcome = of(&[&table[..], &["--customers-to", "/data/customers"]].concat());
    outcome.assert_refused(&["beside `--customers-to`", "--no-clv"]);
    let ranked = ["--no-clv", "--score-method", "ntile"];
    let outcome = of(&[&table[..], &ranked, &["--customers-to", "/data/customers"]].concat());
    outcome.assert_refused(&["`ntile`", "--score-method quantile"]);
}

#[test]
fn who_scores_answers_a_plan_it_cannot_read() {
    let sandbox = Sandbox::new();
    let flags = ["fold", "--spark", "scores", "--plan", "bm9uZQ"];
    let outcome = sandbox.patron_with_input(&flags, b"ada\tprofile\n");
    assert_eq!(outcome.code, 0, "Spark would try it again");
    assert!(outcome.stdout.starts_with("e\t{"), "{}", outcome.stdout);
}
