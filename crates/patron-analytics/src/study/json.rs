//! Studies as JSON.

use serde_json::{Map, Number, Value as Json, json};

use super::{Study, Table, Unit, Value};

/// The version of the form.
const FORM: u32 = 1;

pub(super) fn study(study: &Study) -> Json {
    json!({
        "form": FORM,
        "study": study.key,
        "as_of": study.as_of.to_string(),
        "customers": study.customers,
        "currency": study.currency,
        "tables": study.tables.iter().map(|found| (found.key.to_owned(), table(found)))
            .collect::<Map<_, _>>(),
        "notes": study.notes,
    })
}

fn table(table: &Table) -> Json {
    let columns = table.columns.iter();
    json!({
        "title": table.title,
        "columns": columns.map(|column| json!({ "key": column.key, "unit": unit(column.unit) }))
            .collect::<Vec<_>>(),
        "rows": table.rows.iter().map(|row| {
            let cells = table.columns.iter().zip(row);
            Json::Object(cells.map(|(column, value)| (column.key.to_string(), cell(value))).collect())
        }).collect::<Vec<_>>(),
    })
}

const fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Text => "text",
        Unit::Count => "count",
        Unit::Money => "money",
        Unit::Number => "number",
        Unit::Share => "share",
        Unit::Days => "days",
        Unit::Day => "day",
    }
}

fn cell(value: &Value) -> Json {
    match value {
        Value::None => Json::Null,
        Value::Text(text) => json!(text),
        Value::Count(count) => json!(count),
        Value::Money(money) => json!(money.to_string()),
        Value::Number(number) => Number::from_f64(*number).map_or(Json::Null, Json::Number),
        Value::Day(day) => json!(day.to_string()),
    }
}
