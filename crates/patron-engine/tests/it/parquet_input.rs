//! Typed columns say what text says, whatever their types.

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, BinaryArray, Date32Array, Float32Array, Float64Array, Int32Array, Int64Array,
    StringArray, TimestampMicrosecondArray, TimestampNanosecondArray, UInt64Array,
};
use arrow_cast::cast;
use arrow_schema::{DataType, TimeUnit};
use patron_core::RowClass;
use patron_engine::{EngineError, SourceError};
use patron_fold::Profile;
use tempfile::TempDir;

use crate::support::{Machine, fold, try_fold, write_parquet};

const IDS: [&str; 5] = ["17850", "17850", "13047", "12583", "17850"];
const DAYS: [&str; 5] = [
    "2024-01-05",
    "2024-02-29",
    "2024-01-31",
    "2024-03-01",
    "2024-03-02",
];
const AMOUNTS: [&str; 5] = ["15.30", "0.10", "339.75", "12.00", "1000.25"];
/// Days since 1970 of [`DAYS`].
const DAY_NUMBERS: [i32; 5] = [19_727, 19_782, 19_753, 19_783, 19_784];
const DAY_MICROS: i64 = 86_400_000_000;

fn text(values: [&str; 5]) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn to(array: &ArrayRef, data_type: &DataType) -> ArrayRef {
    let cast = cast(array, data_type).expect("the cast exists");
    assert_eq!(cast.null_count(), array.null_count(), "{data_type}");
    cast
}

fn midnight() -> ArrayRef {
    let micros = DAY_NUMBERS.map(|day| i64::from(day) * DAY_MICROS);
    Arc::new(TimestampMicrosecondArray::from_iter_values(micros))
}

/// [`DAYS`] at midnight UTC in nanoseconds, with the name of a zone, as data frames write them.
fn in_zone(zone: &str) -> ArrayRef {
    let nanos = DAY_NUMBERS.map(|day| i64::from(day) * DAY_MICROS * 1_000);
    let array = TimestampNanosecondArray::from_iter_values(nanos);
    Arc::new(array.with_timezone(zone))
}

/// The profiles of the same orders as text.
fn from_text(folder: &TempDir) -> Vec<(String, Profile)> {
    let mut text = "customer_id,ordered_at,net\n".to_owned();
    for row in 0..IDS.len() {
        text += &format!("{},{},{}\n", IDS[row], DAYS[row], AMOUNTS[row]);
    }
    let path = folder.path().join("orders.csv");
    std::fs::write(&path, text).expect("a file");
    fold(&[path], Machine::default()).customers
}

fn from_columns(
    folder: &TempDir,
    ids: &ArrayRef,
    at: &ArrayRef,
    net: &ArrayRef,
) -> Vec<(String, Profile)> {
    let path = folder.path().join("orders.parquet");
    let columns = [
        ("customer_id", ids.clone()),
        ("ordered_at", at.clone()),
        ("net", net.clone()),
    ];
    write_parquet(&path, &columns, 2);
    let outcome = fold(&[path], Machine::default());
    assert_eq!(outcome.rejected, []);
    assert_eq!(outcome.rows_in, 5);
    outcome.customers
}

#[test]
fn the_days_of_the_fixture_are_themselves() {
    for (day, number) in DAYS.iter().zip(DAY_NUMBERS) {
        let day = patron_core::Day::parse_iso(day).expect("a date");
        let first = patron_core::Day::parse_iso("1970-01-01").expect("a date");
        assert_eq!(day.days_since(first), number);
    }
}

#[test]
fn ids_may_be_text_or_numbers() {
    let folder = TempDir::new().expect("a folder");
    let expected = from_text(&folder);
    let ids = text(IDS);
    let numbers = to(&ids, &DataType::Int64);
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    for ids in [
        to(&ids, &DataType::LargeUtf8),
        to(&ids, &DataType::Utf8View),
        to(&ids, &dictionary),
        to(&numbers, &DataType::Int32),
        to(&numbers, &DataType::UInt64),
        to(&numbers, &DataType::Float64),
        to(&numbers, &DataType::Decimal128(20, 0)),
        numbers,
    ] {
        let found = from_columns(&folder, &ids, &midnight(), &text(AMOUNTS));
        assert_eq!(found, expected, "{}", ids.data_type());
    }
}

#[test]
fn large_ids_keep_every_digit() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("orders.parquet");
    let ids: ArrayRef = Arc::new(UInt64Array::from(vec![
        u64::MAX,
        u64::MAX - 1,
        9_007_199_254_740_993,
    ]));
    let days: ArrayRef = Arc::new(Date32Array::from(vec![19_700, 19_701, 19_702]));
    let net: ArrayRef = Arc::new(Int64Array::from(vec![5, 6, 7]));
    write_parquet(
        &path,
        &[("customer_id", ids), ("ordered_at", days), ("net", net)],
        10,
    );
    let outcome = fold(&[path], Machine::default());
    assert_eq!(outcome.rejected, []);
    let mut found: Vec<&str> = outcome
        .customers
        .iter()
        .map(|(id, _)| id.as_str())
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "18446744073709551614",
            "18446744073709551615",
            "9007199254740993"
        ]
    );
}

#[test]
fn times_may_have_any_unit_and_zone() {
    let folder = TempDir::new().expect("a folder");
    let expected = from_text(&folder);
    let days: ArrayRef = Arc::new(Date32Array::from_iter_values(DAY_NUMBERS));
    let midnight = midnight();
    for at in [
        to(&midnight, &DataType::Timestamp(TimeUnit::Second, None)),
        to(&midnight, &DataType::Timestamp(TimeUnit::Millisecond, None)),
        to(&midnight, &DataType::Timestamp(TimeUnit::Nanosecond, None)),
        in_zone("UTC"),
        in_zone("+00:00"),
        // An instant is an instant: the zone only says how its writer showed it.
        in_zone("Europe/Berlin"),
        to(&days, &DataType::Date64),
        days,
        text(DAYS),
    ] {
        let found = from_columns(&folder, &text(IDS), &at, &text(AMOUNTS));
        assert_eq!(found, expected, "{}", at.data_type());
    }
}

#[test]
fn amounts_may_be_floats_decimals_or_text() {
    let folder = TempDir::new().expect("a folder");
    let expected = from_text(&folder);
    let amounts = text(AMOUNTS);
    let doubles = AMOUNTS.map(|amount| amount.parse::<f64>().expect("a number"));
    let singles = AMOUNTS.map(|amount| amount.parse::<f32>().expect("a number"));
    let doubles: ArrayRef = Arc::new(Float64Array::from_iter_values(doubles));
    let singles: ArrayRef = Arc::new(Float32Array::from_iter_values(singles));
    for net in [
        doubles,
        singles,
        to(&amounts, &DataType::Decimal128(18, 2)),
        to(&amounts, &DataType::Decimal128(38, 9)),
        to(&amounts, &DataType::Decimal256(50, 4)),
        amounts,
    ] {
        let found = from_columns(&folder, &text(IDS), &midnight(), &net);
        assert_eq!(found, expected, "{}", net.data_type());
    }
}

#[test]
fn nulls_are_set_aside_like_empty_cells() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("orders.parquet");
    let ids: ArrayRef = Arc::new(StringArray::from(vec![
        Some("a"),
        None,
        Some("c"),
        Some("d"),
        Some("e"),
    ]));
    let days: ArrayRef = Arc::new(Date32Array::from(vec![
        Some(19_700),
        Some(19_700),
        None,
        Some(19_700),
        Some(19_702),
    ]));
    let net: ArrayRef = Arc::new(Float64Array::from(vec![
        Some(5.0),
        Some(5.0),
        Some(5.0),
        None,
        Some(f64::NAN),
    ]));
    write_parquet(
        &path,
        &[("customer_id", ids), ("ordered_at", days), ("net", net)],
        2,
    );
    let outcome = fold(&[path], Machine::default());
    assert_eq!(outcome.customers.len(), 1);
    assert_eq!(outcome.rows_in, 5);
    let expected = [
        (2, RowClass::MissingCustomer, "customer_id"),
        (3, RowClass::Unreadable, "ordered_at"),
        (4, RowClass::Unreadable, "net"),
        (5, RowClass::Unreadable, "net"),
    ];
    let found: Vec<_> = outcome
        .rejected
        .iter()
        .map(|(line, class, column)| (*line, *class, column.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(
        found, expected,
        "rows are numbered from 1 across row groups"
    );
}

#[test]
fn a_row_group_of_many_rows_is_read_in_pieces_that_lose_nothing() {
    const ROWS: i32 = 300_000;
    let folder = TempDir::new().expect("a folder");
    let customer = |row: i32| (row % 100_003 != 0).then(|| format!("c{}", row % 977));
    let ids: StringArray = (0..ROWS).map(customer).collect();
    let columns: [(&str, ArrayRef); 3] = [
        ("customer_id", Arc::new(ids)),
        (
            "ordered_at",
            Arc::new(Date32Array::from_iter_values(
                (0..ROWS).map(|row| 19_000 + row % 700),
            )),
        ),
        (
            "net",
            Arc::new(Int32Array::from_iter_values(
                (0..ROWS).map(|row| 1 + row % 50),
            )),
        ),
    ];
    let outcomes = [300_000, 40_000].map(|rows_of_group| {
        let path = folder.path().join(format!("{rows_of_group}.parquet"));
        write_parquet(&path, &columns, rows_of_group);
        fold(&[path], Machine::default())
    });
    let [one_group, several] = &outcomes;
    assert_eq!(one_group.rows_in, 300_000);
    assert_eq!(one_group.customers, several.customers);
    for outcome in &outcomes {
        let lines: Vec<u64> = outcome.rejected.iter().map(|row| row.0).collect();
        assert_eq!(lines, [1, 100_004, 200_007]);
    }
}

#[test]
fn a_column_that_cannot_hold_its_field_is_named() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("orders.parquet");
    let ids: ArrayRef = Arc::new(BinaryArray::from(vec![
        &b"\xffa"[..],
        b"b",
        b"c",
        b"d",
        b"e",
    ]));
    let columns = [
        ("customer_id", ids),
        ("ordered_at", midnight()),
        ("net", text(AMOUNTS)),
    ];
    write_parquet(&path, &columns, 10);
    match try_fold(&[path], Machine::default()) {
        Err(EngineError::Source(SourceError::ColumnType { column, found, .. })) => {
            assert_eq!((column.as_str(), found.as_str()), ("customer_id", "Binary"));
        }
        other => panic!("expected an error about the column's type, found {other:?}"),
    }
}

#[test]
fn bytes_that_are_text_are_read_as_text() {
    let folder = TempDir::new().expect("a folder");
    let expected = from_text(&folder);
    let path = folder.path().join("orders.parquet");
    let bytes = IDS.iter().map(|id| id.as_bytes()).collect::<Vec<_>>();
    let ids: ArrayRef = Arc::new(BinaryArray::from(bytes));
    let columns = [
        ("customer_id", ids),
        ("ordered_at", midnight()),
        ("net", text(AMOUNTS)),
    ];
    write_parquet(&path, &columns, 10);
    assert_eq!(fold(&[path], Machine::default()).customers, expected);
}

#[test]
fn columns_that_are_not_used_may_have_any_type() {
    let folder = TempDir::new().expect("a folder");
    let expected = from_text(&folder);
    let path: PathBuf = folder.path().join("orders.parquet");
    let blobs: ArrayRef = Arc::new(BinaryArray::from(vec![&b"\xff"[..]; 5]));
    let numbers: ArrayRef = Arc::new(Int32Array::from(vec![
        Some(1),
        None,
        Some(3),
        None,
        Some(5),
    ]));
    let columns = [
        ("picture", blobs),
        ("net", text(AMOUNTS)),
        ("shelf", numbers),
        ("ordered_at", midnight()),
        ("customer_id", text(IDS)),
    ];
    write_parquet(&path, &columns, 3);
    assert_eq!(fold(&[path], Machine::default()).customers, expected);
}

#[test]
fn day_or_month_first_is_settled_from_the_whole_file() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("orders.parquet");
    let with = |last: [&str; 2]| {
        let rows = 12_000;
        let undecided = std::iter::repeat_n("03/04/2024", rows - 2);
        let ids: ArrayRef = Arc::new(StringArray::from_iter_values(
            (0..rows).map(|row| format!("c{row}")),
        ));
        let at: ArrayRef = Arc::new(StringArray::from_iter_values(undecided.chain(last)));
        let net: ArrayRef = Arc::new(Int64Array::from_iter_values((0..rows).map(|_| 1)));
        write_parquet(
            &path,
            &[("customer_id", ids), ("ordered_at", at), ("net", net)],
            3,
        );
        try_fold(std::slice::from_ref(&path), Machine::default())
    };
    let outcome = with(["05/04/2024", "25/04/2024"]).expect("the last row settles it");
    assert_eq!(outcome.rejected, []);
    assert_eq!(outcome.customers.len(), 12_000);
    let error = with(["25/04/2024", "04/25/2024"])
        .expect_err("mixed")
        .to_string();
    for words in [
        "`25/04/2024` on line 11999 starts with the day",
        "`04/25/2024` on line 12000 with the month",
    ] {
        assert!(error.contains(words), "{error}");
    }
}
