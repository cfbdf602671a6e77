//! What conditions mean, row by row.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Decimal128Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, UInt8Array,
};
use patron_segments::{Condition, ConditionErrorKind};

/// Microseconds of 2025-01-01T00:00:00Z: 20,089 days.
const NEW_YEAR_2025: i64 = 20_089 * 86_400_000_000;

/// Five customers; each column's oddity is used by a test below.
fn customers() -> RecordBatch {
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        (
            "recency_days",
            Arc::new(Int32Array::from(vec![0, 30, 31, 180, 400])),
        ),
        ("orders", Arc::new(Int64Array::from(vec![1, 2, 3, 10, 0]))),
        ("r_score", Arc::new(UInt8Array::from(vec![5, 4, 3, 2, 1]))),
        (
            "probability_alive",
            Arc::new(Float64Array::from(vec![
                Some(0.5),
                Some(0.1),
                None,
                Some(1.0),
                Some(0.0),
            ])),
        ),
        (
            "rfm",
            Arc::new(StringArray::from(vec!["555", "545", "10-5-9", "111", ""])),
        ),
        (
            "lifecycle",
            Arc::new(StringArray::from(vec![
                Some("active"),
                Some("Silent"),
                None,
                Some("dormant"),
                Some("流失"),
            ])),
        ),
    ];
    columns.extend(amounts());
    columns.push(("last_order_at", instants()));
    let columns = columns
        .into_iter()
        .map(|(name, column)| (name, column, true));
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

/// Two amounts, of the precision of a sum and of a single one.
fn amounts() -> [(&'static str, ArrayRef); 2] {
    let money = |values: [Option<i128>; 5], precision| -> ArrayRef {
        let array = Decimal128Array::from(values.to_vec());
        Arc::new(array.with_precision_and_scale(precision, 4).unwrap())
    };
    // 0.1, 1000, 1000.0001, nothing, −12.5
    let monetary = [
        Some(1_000),
        Some(10_000_000),
        Some(10_000_001),
        None,
        Some(-125_000),
    ];
    let clv = [Some(3_000), Some(10_000_000), None, Some(0), Some(1)];
    [("monetary", money(monetary, 38)), ("clv", money(clv, 18))]
}

fn instants() -> ArrayRef {
    let day = 86_400_000_000;
    let instants = [-1, 0, 1, 31 * day, 366 * day].map(|offset| Some(NEW_YEAR_2025 + offset));
    Arc::new(TimestampMicrosecondArray::from(instants.to_vec()).with_timezone("UTC"))
}

/// `1` true, `0` false, `?` unknown.
fn truth(condition: &str) -> String {
    let batch = customers();
    let condition = Condition::compile(condition, &batch.schema()).unwrap();
    let answers = condition.evaluate(&batch).unwrap();
    let word = |answer| match answer {
        Some(true) => '1',
        Some(false) => '0',
        None => '?',
    };
    answers.iter().map(word).collect()
}

#[test]
fn comparisons_of_whole_numbers() {
    assert_eq!(truth("orders = 2"), "01000");
    assert_eq!(truth("orders <> 2"), "10111");
    assert_eq!(truth("orders < 2.5"), "11001");
    assert_eq!(truth("orders BETWEEN 2 AND 3"), "01100");
    assert_eq!(truth("orders NOT BETWEEN 2 AND 3"), "10011");
    assert_eq!(truth("recency_days <= 30"), "11000");
    assert_eq!(truth("3 <= r_score"), "11100");
    assert_eq!(truth("orders = r_score - 2"), "01000");
}

#[test]
fn decimals_are_compared_exactly_and_not_as_floats() {
    assert_eq!(truth("monetary = 0.1"), "100?0");
    assert_eq!(truth("monetary > 1000"), "001?0");
    assert_eq!(truth("monetary >= 1000.0001"), "001?0");
    assert_eq!(truth("monetary > 1000.00005"), "001?0");
    assert_eq!(truth("monetary < 0"), "000?1");
    // 0.1 + 0.2 is 0.3 here.
    assert_eq!(truth("monetary + 0.2 = clv"), "10??0");
    assert_eq!(truth("monetary * 3 = clv"), "10??0");
    assert_eq!(truth("monetary = clv"), "01??0");
    assert_eq!(truth("-monetary = 12.5"), "000?1");
}

#[test]
fn unknown_is_neither_true_nor_false() {
    assert_eq!(truth("probability_alive >= 0.5"), "10?10");
    assert_eq!(truth("NOT probability_alive >= 0.5"), "01?01");
    assert_eq!(truth("probability_alive IS NULL"), "00100");
    assert_eq!(truth("probability_alive IS NOT NULL"), "11011");
    assert_eq!(truth("probability_alive >= 0.5 OR orders = 3"), "10110");
    assert_eq!(truth("probability_alive >= 0.5 AND orders = 1"), "10000");
    assert_eq!(truth("probability_alive >= 0.5 AND orders = 3"), "00?00");
    assert_eq!(truth("orders = NULL"), "?????");
    assert_eq!(truth("lifecycle IN ('active', 'dormant')"), "10?10");
    assert_eq!(truth("lifecycle NOT IN ('active', 'dormant')"), "01?01");
    assert_eq!(truth("orders IN (1, NULL)"), "1????");
    assert_eq!(truth("coalesce(probability_alive, 0) < 0.2"), "01101");
}

#[test]
fn lists_of_texts_and_numbers() {
    assert_eq!(truth("rfm IN ('545', '111', '999')"), "01010");
    assert_eq!(truth("orders IN (10, -1, 1)"), "10010");
    assert_eq!(truth("orders NOT IN (10, 1)"), "01101");
    assert_eq!(truth("monetary IN (0.1, 1000)"), "110?0");
    assert_eq!(truth("orders IN (r_score - 2, 10)"), "01010");
}

#[test]
fn patterns() {
    assert_eq!(truth("rfm LIKE '5%'"), "11000");
    assert_eq!(truth("rfm LIKE '5_5'"), "11000");
    assert_eq!(truth("rfm NOT LIKE '5%'"), "00111");
    assert_eq!(truth("lifecycle ILIKE 'SIL%'"), "01?00");
    assert_eq!(truth("lower(lifecycle) = 'silent'"), "01?00");
    // As a text of any kind: that it is no stage is another test.
    assert_eq!(truth("lower(lifecycle) = '流失'"), "00?01");
}

#[test]
fn dates_are_midnight_utc() {
    assert_eq!(truth("last_order_at >= DATE '2025-01-01'"), "01111");
    assert_eq!(truth("last_order_at < '2025-02-01'"), "11100");
    assert_eq!(
        truth("last_order_at > TIMESTAMP '2025-01-01 00:00:00'"),
        "00111"
    );
    assert_eq!(
        truth("last_order_at = TIMESTAMP '2025-01-01T01:00:00+01:00'"),
        "01000"
    );
}

#[test]
fn division_never_truncates_and_over_zero_is_nothing() {
    assert_eq!(truth("(orders + r_score) / 2 = 3"), "11100");
    assert_eq!(truth("orders / 2 = 0.5"), "10000");
    assert_eq!(truth("10 / orders > 4"), "1100?");
    assert_eq!(truth("10 / 0 > 4"), "?????");
    assert_eq!(truth("floor(orders / 2) = 1"), "01100");
}

#[test]
fn functions() {
    assert_eq!(truth("abs(monetary) = 12.5"), "000?1");
    assert_eq!(truth("round(monetary, 1) = 1000"), "011?0");
    assert_eq!(truth("round(monetary) = -13"), "000?1"); // half away from zero
    assert_eq!(truth("floor(monetary) = -13"), "000?1");
    assert_eq!(truth("ceil(monetary) = 1001"), "001?0");
    assert_eq!(truth("least(orders, r_score) = 1"), "10000");
    assert_eq!(truth("greatest(orders, r_score, 4) = 4"), "01101");
    assert_eq!(truth("greatest(probability_alive, 0.7) > 0.6"), "11111");
    assert_eq!(truth("least(monetary, 5) = 5"), "01110");
    assert_eq!(truth("coalesce(lifecycle, 'none') = 'none'"), "00100");
}

#[test]
fn literals_alone_hold_for_every_row_or_none() {
    assert_eq!(truth("TRUE"), "11111");
    assert_eq!(truth("1 > 2"), "00000");
    assert_eq!(truth("NULL"), "?????");
    assert_eq!(truth("orders = 1 OR TRUE"), "11111");
    assert_eq!(truth("NULL AND orders = 1"), "?0000");
    assert_eq!(truth("least(1, 2) = 1 AND coalesce(NULL, 3) = 3"), "11111");
}

#[test]
fn and_binds_tighter_than_or_and_comments_are_skipped() {
    assert_eq!(truth("orders = 1 OR orders = 2 AND r_score = 5"), "10000");
    assert_eq!(
        truth("(orders = 1 OR orders = 2) AND r_score = 4 -- the second"),
        "01000"
    );
    assert_eq!(truth("NOT orders = 1 AND NOT orders = 2"), "00111");
    assert_eq!(truth("ORDERS = 1"), "10000");
}

#[test]
fn a_long_chain_is_not_a_deep_one() {
    let chain = vec!["orders = 1"; 500].join(" OR ");
    assert_eq!(truth(&chain), "10000");
}

#[test]
fn an_empty_batch_has_no_answers() {
    let batch = customers().slice(0, 0);
    for text in ["orders = 1", "TRUE", "coalesce(orders, 1) = 1 AND 1 = 1"] {
        let condition = Condition::compile(text, &batch.schema()).unwrap();
        assert_eq!(condition.evaluate(&batch).unwrap().len(), 0, "{text}");
    }
}

#[test]
fn a_batch_without_the_column_is_an_error_and_not_a_guess() {
    let batch = customers();
    let condition = Condition::compile("orders = 1", &batch.schema()).unwrap();
    let other = batch.project(&[0]).unwrap();
    let error = condition.evaluate(&other).unwrap_err();
    assert!(
        matches!(error.kind, ConditionErrorKind::Evaluation { .. }),
        "{error:?}"
    );
}
