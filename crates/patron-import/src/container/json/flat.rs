//! Nested values as cells.

use serde_json::{Map, Value};

/// A cell: its name, with the names around it before a point, and its text.
pub(super) type Cell = (String, String);

/// What stands for an amount that a record lacks: nobody reads it as a number.
pub(super) const NO_AMOUNT: &str = "(no amount)";

/// Arrays of objects under these names are the lines of an order, best first.
const LINES: [&str; 8] = [
    "line_items",
    "lineItems",
    "order_lines",
    "lines",
    "items",
    "products",
    "properties.products",
    "properties.items",
];

/// Returns a value as the text of a cell; nothing for null and for what is nested.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Array(values) => {
            let texts: Vec<String> = values.iter().filter_map(text).collect();
            (!texts.is_empty() && texts.len() == values.len()).then(|| texts.join("|"))
        }
        Value::Null | Value::Object(_) => None,
    }
}

/// Returns the text at a path such as `billing.email`, empty if nothing is there.
pub(super) fn at(record: &Value, path: &str) -> String {
    let found = path
        .split('.')
        .try_fold(record, |value, name| value.get(name));
    found.and_then(text).unwrap_or_default()
}

/// Returns the first text that is there of several paths.
pub(super) fn first_at(record: &Value, paths: &[&str]) -> String {
    paths
        .iter()
        .map(|path| at(record, path))
        .find(|text| !text.is_empty())
        .unwrap_or_default()
}

/// Returns the objects in an array.
pub(super) fn objects<'v>(record: &'v Value, path: &str) -> Vec<&'v Value> {
    let found = path
        .split('.')
        .try_fold(record, |value, name| value.get(name));
    match found {
        Some(Value::Array(values)) => values.iter().filter(|value| value.is_object()).collect(),
        _ => Vec::new(),
    }
}

/// Returns a record as rows: one, or one for each line it holds, each with what belongs to the record.
pub(super) fn rows(record: &Value) -> Vec<Vec<Cell>> {
    let lines = LINES
        .iter()
        .map(|path| (*path, objects(record, path)))
        .find(|(_, lines)| !lines.is_empty());
    let mut common = Vec::new();
    if let Value::Object(fields) = record {
        cells(fields, "", &mut common);
    }
    let Some((path, lines)) = lines else {
        return vec![common];
    };
    let row = |line: &Value| {
        let mut own = Vec::new();
        if let Value::Object(fields) = line {
            cells(fields, "", &mut own);
        }
        // The names of lines stand alone, unless the record has the same.
        for (name, _) in &mut own {
            if common.iter().any(|(taken, _)| taken == name) {
                *name = format!("{path}.{name}");
            }
        }
        common.iter().cloned().chain(own).collect()
    };
    lines.into_iter().map(row).collect()
}

fn cells(fields: &Map<String, Value>, before: &str, row: &mut Vec<Cell>) {
    for (name, value) in fields {
        let name = format!("{before}{name}");
        if let Value::Object(inner) = value {
            cells(inner, &format!("{name}."), row);
        } else if let Some(text) = text(value) {
            row.push((name, text));
        } else if value.is_null() {
            row.push((name, String::new()));
        }
    }
}
