//! Customers as of many month-ends, in one walk, against a run for each.

use std::fs::File;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::Date32Type;
use arrow_array::{ArrayRef, RecordBatch};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use patron_core::Day;

use crate::support::{OUT, Sandbox, Seeded};

/// Orders of three years, some taken back, some of somebody whose sums are beyond 64 bits.
fn orders() -> String {
    let mut text = "order_id,customer_id,ordered_at,net,status,refunded\n".to_owned();
    let mut random = Seeded(20_270);
    for order in 0..600_u64 {
        let customer = random.next() % 60;
        let (year, month, day) = (
            2022 + random.next() % 3,
            1 + random.next() % 12,
            1 + random.next() % 28,
        );
        let status = if random.next().is_multiple_of(9) {
            "cancelled"
        } else {
            "paid"
        };
        let net = 5 + random.next() % 400;
        let refunded = [String::new(), format!("{}", net / 2)];
        let refunded = &refunded[usize::from(random.next().is_multiple_of(6))];
        text += &format!(
            "o{order},c{customer},{year}-{month:02}-{day:02},{net}.50,{status},{refunded}\n"
        );
        // Money that goes back on a day of its own.
        if random.next().is_multiple_of(12) {
            text += &format!(
                "r{order},c{customer},{year}-{month:02}-28,-{}.25,paid,\n",
                net / 3
            );
        }
    }
    for order in 0..4 {
        text += &format!(
            "h{order},huge,2024-0{}-03,900000000000000,paid,\n",
            1 + 2 * order
        );
    }
    text
}

fn batches(path: &Path) -> Vec<RecordBatch> {
    let file = File::open(path).expect("the file is there");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("it is Parquet");
    let reader = reader
        .with_batch_size(100_000)
        .build()
        .expect("it can be read");
    reader.map(|batch| batch.expect("a batch")).collect()
}

/// The one batch of a small file.
fn only(path: &Path) -> RecordBatch {
    let mut batches = batches(path);
    assert_eq!(batches.len(), 1, "{}", path.display());
    batches.swap_remove(0)
}

fn day_of(batch: &RecordBatch) -> Day {
    let days = batch.column(0).as_primitive::<Date32Type>();
    assert!(
        days.values().iter().all(|day| *day == days.value(0)),
        "a batch is of one day"
    );
    Day(days.value(0))
}

/// The rows of the series, day by day.
fn by_day(path: &Path) -> Vec<(Day, RecordBatch)> {
    let mut found = Vec::new();
    for batch in batches(path) {
        let days = batch
            .column(0)
            .as_primitive::<Date32Type>()
            .values()
            .clone();
        let mut from = 0;
        for part in days.chunk_by(|one, next| one == next) {
            let of_day = batch.slice(from, part.len());
            found.push((day_of(&of_day), of_day));
            from += part.len();
        }
    }
    found
}

fn same_columns(of_series: &RecordBatch, of_run: &RecordBatch, day: Day) {
    assert_eq!(of_series.num_rows(), of_run.num_rows(), "{day}");
    let schema = of_series.schema();
    assert_eq!(schema.fields().len(), 15);
    for (field, column) in schema.fields().iter().zip(of_series.columns()).skip(1) {
        let expected: &ArrayRef = of_run
            .column_by_name(field.name())
            .expect("a column of the run");
        assert_eq!(column, expected, "{} as of {day}", field.name());
    }
}

#[test]
fn every_month_end_is_what_a_run_as_of_that_day_gives() {
    let sandbox = Sandbox::with_orders(&orders());
    let asked = [
        "orders.csv",
        "--as-of",
        "2024-11-17",
        "--as-of-series",
        "30m",
        "--vocabulary",
        "seed-five",
    ];
    for (threads, memory) in [("1", "2G"), ("4", "16M")] {
        let limits = ["--no-clv", "--threads", threads, "--memory", memory];
        let results = sandbox.run(&[&asked[..], &limits].concat());
        let days = by_day(&results.path("customers_by_month.parquet"));
        let named: Vec<String> = days.iter().map(|(day, _)| day.to_string()).collect();
        assert_eq!(named.len(), 30);
        assert_eq!(
            (named[0].as_str(), named[29].as_str()),
            ("2022-05-31", "2024-10-31")
        );
        assert!(results.run_json()["machine"]["spilled_bytes"].as_u64() > Some(0));
        for (day, of_series) in days {
            let day_text = day.to_string();
            let single = [
                "orders.csv",
                "--as-of",
                &day_text,
                "--vocabulary",
                "seed-five",
                "--no-clv",
                "--out",
                "single",
            ];
            let outcome = sandbox.patron(&[&["run"], &single[..]].concat());
            assert_eq!(outcome.code, 0, "{}", outcome.stderr);
            same_columns(
                &of_series,
                &only(&sandbox.path("single/customers.parquet")),
                day,
            );
        }
    }
}

#[test]
fn without_a_day_months_end_with_the_last_valid_order() {
    let sandbox = Sandbox::with_orders(&orders());
    let results = sandbox.run(&["orders.csv", "--as-of-series", "2m"]);
    let as_of = results.run_json()["as_of"].as_str().map(str::to_owned);
    assert!(as_of.is_some_and(|day| day.starts_with("2024-12-")));
    let days = by_day(&results.path("customers_by_month.parquet"));
    let named: Vec<String> = days.iter().map(|(day, _)| day.to_string()).collect();
    assert_eq!(named, ["2024-10-31", "2024-11-30"]);
    // The next run without a series leaves no old one behind.
    sandbox.run(&["orders.csv", "--no-clv"]);
    assert!(
        !sandbox
            .path(OUT)
            .join("customers_by_month.parquet")
            .exists()
    );
}

#[test]
fn days_before_the_first_order_have_no_rows_and_none_at_all_is_an_error() {
    let sandbox = Sandbox::with_orders(
        "order_id,customer_id,ordered_at,net\n1,a,2024-01-30,5\n2,b,2024-02-10,7\n",
    );
    let results = sandbox.run(&["orders.csv", "--as-of-series", "24m", "--no-clv"]);
    let days = by_day(&results.path("customers_by_month.parquet"));
    assert_eq!(days.len(), 1);
    assert_eq!(
        (days[0].0.to_string().as_str(), days[0].1.num_rows()),
        ("2024-01-31", 1)
    );
    let early = [
        "orders.csv",
        "--as-of",
        "2024-01-30",
        "--as-of-series",
        "3m",
        "--no-clv",
    ];
    sandbox.refuses(
        &early,
        &["no month-end up to 2024-01-30 has a customer", "hint: "],
    );
    let outcome = sandbox.patron(&["run", "orders.csv", "--as-of-series", "2y"]);
    outcome.assert_bad_command_line(&["2y", "24m"]);
}
