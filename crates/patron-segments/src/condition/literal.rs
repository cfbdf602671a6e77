//! Literals: arrays of one value.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Decimal128Array, Float64Array, Int64Array, StringArray,
    TimestampMicrosecondArray, new_null_array,
};
use arrow_schema::DataType;
use patron_core::Day;
use sqlparser::ast::{Expr, UnaryOperator, Value};

use super::kind::{Kind, MOST_DECIMALS};
use super::node::{Node, Tree};

const MICROS_PER_DAY: i64 = 86_400_000_000;
/// Digits that fit an `i128` with room for rescaling to ten decimals.
const MOST_DIGITS: usize = 27;

/// Reads a number without losing a digit where it has few enough, else as a float.
pub(crate) fn number(text: &str) -> Option<(Tree, Kind)> {
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if plain && !fraction.contains('.') && whole.len() + fraction.len() <= MOST_DIGITS {
        let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
        let scale = i8::try_from(fraction.len()).ok()?;
        if scale == 0
            && let Ok(integer) = i64::try_from(digits)
        {
            return Some((one(Int64Array::from(vec![integer])), Kind::Integer));
        }
        if scale <= MOST_DECIMALS {
            let array = Decimal128Array::from(vec![digits])
                .with_precision_and_scale(38, scale)
                .ok()?;
            return Some((one(array), Kind::Decimal(scale)));
        }
    }
    let float: f64 = text.parse().ok().filter(|float: &f64| float.is_finite())?;
    Some((one(Float64Array::from(vec![float])), Kind::Float))
}

pub(crate) fn text(text: &str) -> Tree {
    one(StringArray::from(vec![text]))
}

pub(crate) fn boolean(value: bool) -> Tree {
    one(BooleanArray::from(vec![value]))
}

pub(crate) fn null(kind: Kind) -> Tree {
    Node::Literal(new_null_array(&kind.data_type(), 1)).into()
}

pub(crate) fn instant(micros: i64) -> Tree {
    one(TimestampMicrosecondArray::from(vec![micros]))
}

/// Midnight UTC of a date, in microseconds.
pub(crate) fn date(text: &str) -> Option<i64> {
    Day::parse_iso(text).map(|day| i64::from(day.0) * MICROS_PER_DAY)
}

/// A time of day on a date, UTC unless it names an offset, in microseconds.
pub(crate) fn timestamp(text: &str) -> Option<i64> {
    arrow_cast::parse::string_to_timestamp_nanos(text)
        .ok()
        .map(|nanos| nanos.div_euclid(1_000))
}

/// The text of a text literal.
pub(crate) fn text_of(tree: &Tree) -> Option<String> {
    match tree.node() {
        Node::Literal(array) => {
            let strings = array.as_string_opt::<i32>()?;
            strings.is_valid(0).then(|| strings.value(0).to_owned())
        }
        _ => None,
    }
}

/// All texts of a list, sorted; nothing if one is something else.
pub(crate) fn texts(list: &[Expr]) -> Option<Vec<String>> {
    let mut texts = Vec::with_capacity(list.len());
    for item in list {
        match item {
            Expr::Value(value) => match &value.value {
                Value::SingleQuotedString(text) => texts.push(text.clone()),
                _ => return None,
            },
            _ => return None,
        }
    }
    texts.sort_unstable();
    Some(texts)
}

/// All whole numbers of a list, sorted; nothing if one is something else.
pub(crate) fn integers(list: &[Expr]) -> Option<Vec<i64>> {
    let mut numbers = list.iter().map(integer).collect::<Option<Vec<i64>>>()?;
    numbers.sort_unstable();
    Some(numbers)
}

fn integer(expression: &Expr) -> Option<i64> {
    match expression {
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) => text.parse().ok(),
            _ => None,
        },
        Expr::UnaryOp {
            op: UnaryOperator::Minus,
            expr,
        } => integer(expr).map(i64::wrapping_neg),
        _ => None,
    }
}

/// A literal as SQL would say it; two of one type that say the same are the same.
pub(crate) fn words(array: &ArrayRef) -> String {
    if array.is_null(0) {
        return "NULL".to_owned();
    }
    match array.data_type() {
        DataType::Utf8 => quoted(array.as_string::<i32>().value(0)),
        DataType::Decimal128(_, _) => array.as_primitive::<Decimal128Type>().value_as_string(0),
        // The shortest decimals that are read as this number again.
        DataType::Float64 => array.as_primitive::<Float64Type>().value(0).to_string(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(0).to_string(),
        DataType::Boolean => array.as_boolean().value(0).to_string(),
        _ => moment(array.as_primitive::<TimestampMicrosecondType>().value(0)),
    }
}

pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn moment(micros: i64) -> String {
    let day = i32::try_from(micros.div_euclid(MICROS_PER_DAY)).map(Day);
    match (day, micros.rem_euclid(MICROS_PER_DAY)) {
        (Ok(day), 0) => format!("DATE '{day}'"),
        (Ok(day), rest) => {
            let (seconds, rest) = (rest / 1_000_000, rest % 1_000_000);
            let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
            format!("TIMESTAMP '{day} {hours:02}:{minutes:02}:{seconds:02}.{rest:06}'")
        }
        (Err(_), _) => micros.to_string(),
    }
}

fn one(array: impl Array + 'static) -> Tree {
    let array: ArrayRef = Arc::new(array);
    Node::Literal(array).into()
}
