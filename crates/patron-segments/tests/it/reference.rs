//! Random conditions, answered by DuckDB.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Decimal128Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
};
use patron_core::Money;
use patron_segments::Condition;
use patron_testkit::reference_cases;
use serde_json::Value;

fn column(table: &Value, name: &str) -> ArrayRef {
    let values = table[name].as_array().unwrap();
    let money = |precision| -> ArrayRef {
        let amounts: Decimal128Array = values
            .iter()
            .map(|value| {
                value
                    .as_str()
                    .map(|text| i128::from(Money::parse(text).unwrap().amount.0))
            })
            .collect();
        Arc::new(amounts.with_precision_and_scale(precision, 4).unwrap())
    };
    match name {
        "orders" => Arc::new(values.iter().map(Value::as_i64).collect::<Int64Array>()),
        "recency_days" => {
            let days = values
                .iter()
                .map(|value| value.as_i64().map(|days| i32::try_from(days).unwrap()));
            Arc::new(days.collect::<Int32Array>())
        }
        "monetary" => money(38),
        "clv" => money(18),
        "probability_alive" => Arc::new(values.iter().map(Value::as_f64).collect::<Float64Array>()),
        _ => Arc::new(values.iter().map(Value::as_str).collect::<StringArray>()),
    }
}

#[test]
fn four_hundred_random_conditions_have_duckdbs_answers() {
    let reference = reference_cases("conditions");
    let names = [
        "orders",
        "recency_days",
        "monetary",
        "clv",
        "probability_alive",
        "rfm",
        "lifecycle",
    ];
    // The random texts are no stages, so their column is one of plain text here.
    let ours = |name: &'static str| if name == "lifecycle" { "stage" } else { name };
    let columns = names.map(|name| (ours(name), column(&reference["table"], name), true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let cases = reference["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 400);
    for case in cases {
        let text = case["condition"].as_str().unwrap();
        let text = &text.replace("lifecycle", "stage");
        let condition = match Condition::compile(text, &batch.schema()) {
            Ok(condition) => condition,
            Err(error) => panic!("{text}: {error}"),
        };
        let answers = condition.evaluate(&batch).unwrap();
        let words: String = answers
            .iter()
            .map(|answer| answer.map_or('?', |yes| if yes { '1' } else { '0' }))
            .collect();
        assert_eq!(words, case["answers"].as_str().unwrap(), "{text}");
        assert_eq!(answers.len(), batch.num_rows());
    }
}
