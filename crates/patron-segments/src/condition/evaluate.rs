//! Evaluation of a typed expression over the columns of a batch, with Arrow's kernels.

use std::sync::Arc;

use arrow_arith::boolean::{and_kleene, is_null, not, or_kleene};
use arrow_arith::numeric;
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Datum, Float64Array, RecordBatch, new_null_array,
};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_ord::cmp;
use arrow_schema::{ArrowError, DataType, TimeUnit};
use arrow_select::nullif::nullif;
use arrow_string::like::{ilike, like};

use super::call::call;
use super::kind::Kind;
use super::node::{Arithmetic, Comparison, Members, Node};

pub(crate) type Evaluated = Result<Value, ArrowError>;

const EXACT: CastOptions<'static> = CastOptions {
    safe: false,
    format_options: arrow_cast::display::FormatOptions::new(),
};

/// A column, or one value for all rows.
#[derive(Debug, Clone)]
pub(crate) struct Value {
    pub(crate) array: ArrayRef,
    pub(crate) scalar: bool,
}

impl Datum for Value {
    fn get(&self) -> (&dyn Array, bool) {
        (self.array.as_ref(), self.scalar)
    }
}

/// The columns of a batch in the types of evaluation: each is converted once, however many conditions read it.
#[derive(Debug)]
pub(crate) struct Columns<'a> {
    batch: &'a RecordBatch,
    ready: Vec<(String, ArrayRef)>,
}

impl<'a> Columns<'a> {
    pub(crate) const fn new(batch: &'a RecordBatch) -> Self {
        Self {
            batch,
            ready: Vec::new(),
        }
    }

    pub(crate) const fn rows(&self) -> &'a RecordBatch {
        self.batch
    }

    /// Returns the column, converted to the type in which its kind is evaluated.
    pub(crate) fn get(&mut self, name: &str, kind: Kind) -> Result<ArrayRef, ArrowError> {
        if let Some((_, array)) = self.ready.iter().find(|(ready, _)| ready == name) {
            return Ok(Arc::clone(array));
        }
        let column = self
            .batch
            .column_by_name(name)
            .ok_or_else(|| ArrowError::SchemaError(format!("the batch has no column `{name}`")))?;
        if Kind::of(column.data_type()) != Some(kind) {
            let found = column.data_type();
            return Err(ArrowError::SchemaError(format!(
                "column `{name}` is {found} in the batch, expected {kind}"
            )));
        }
        let array = normal(column, kind)?;
        self.ready.push((name.to_owned(), Arc::clone(&array)));
        Ok(array)
    }
}

/// Converts a column to the type in which its kind is evaluated; free where only the declared precision differs.
fn normal(column: &ArrayRef, kind: Kind) -> Result<ArrayRef, ArrowError> {
    let wanted = kind.data_type();
    match (column.data_type(), kind) {
        (found, _) if *found == wanted => Ok(Arc::clone(column)),
        (DataType::Decimal128(_, _), Kind::Decimal(scale)) => {
            let decimals = column.as_primitive::<Decimal128Type>().clone();
            Ok(Arc::new(decimals.with_precision_and_scale(38, scale)?))
        }
        (DataType::Timestamp(unit, zone), Kind::Instant) => {
            let micros = DataType::Timestamp(TimeUnit::Microsecond, zone.clone());
            let array = match unit {
                TimeUnit::Microsecond => Arc::clone(column),
                _ => cast_with_options(column, &micros, &EXACT)?,
            };
            let instants = array.as_primitive::<TimestampMicrosecondType>().clone();
            Ok(Arc::new(instants.with_timezone_opt(None::<Arc<str>>)))
        }
        _ => cast_with_options(column, &wanted, &EXACT),
    }
}

/// Evaluates an expression that is true or false: one value per row, null where SQL's answer is unknown.
pub(crate) fn evaluate(
    root: &Node,
    columns: &[ArrayRef],
    rows: usize,
) -> Result<BooleanArray, ArrowError> {
    let value = node(root, columns)?;
    let truth = value.array.as_boolean();
    if !value.scalar {
        return Ok(truth.clone());
    }
    if truth.is_null(0) {
        return Ok(BooleanArray::new_null(rows));
    }
    Ok(BooleanArray::from(vec![truth.value(0); rows]))
}

fn node(expression: &Node, columns: &[ArrayRef]) -> Evaluated {
    match expression {
        Node::Column(index) => {
            let missing = || ArrowError::ComputeError("a column is missing".to_owned());
            let array = columns.get(*index).map(Arc::clone).ok_or_else(missing)?;
            let scalar = false;
            Ok(Value { array, scalar })
        }
        Node::Literal(array) => Ok(Value {
            array: Arc::clone(array),
            scalar: true,
        }),
        Node::Widen(inner, kind) => {
            let inner = node(inner, columns)?;
            let array = cast_with_options(&inner.array, &kind.data_type(), &EXACT)?;
            Ok(Value { array, ..inner })
        }
        Node::Compare(comparison, left, right) => {
            compare(*comparison, &node(left, columns)?, &node(right, columns)?)
        }
        Node::And(parts) => fold(parts, columns, true, and_kleene),
        Node::Or(parts) => fold(parts, columns, false, or_kleene),
        Node::Not(inner) => {
            let inner = node(inner, columns)?;
            truth(not(inner.array.as_boolean())?, inner.scalar)
        }
        Node::IsNull(inner) => {
            let inner = node(inner, columns)?;
            truth(is_null(&inner.array)?, inner.scalar)
        }
        Node::In(inner, members) => {
            let inner = node(inner, columns)?;
            truth(is_member(&inner.array, members), inner.scalar)
        }
        Node::Like {
            value,
            pattern,
            ignore_case,
        } => {
            let matches = if *ignore_case { ilike } else { like };
            let (value, pattern) = (node(value, columns)?, node(pattern, columns)?);
            let scalar = value.scalar && pattern.scalar;
            truth(matches(&value, &pattern)?, scalar)
        }
        Node::Arithmetic(operator, left, right) => {
            arithmetic(*operator, &node(left, columns)?, &node(right, columns)?)
        }
        Node::Negate(inner) => {
            let inner = node(inner, columns)?;
            let array = numeric::neg(&inner.array)?;
            Ok(Value { array, ..inner })
        }
        Node::Function(function, arguments) => {
            let arguments: Result<Vec<Value>, ArrowError> = arguments
                .iter()
                .map(|argument| node(argument, columns))
                .collect();
            call(*function, &arguments?)
        }
    }
}

pub(crate) fn truth(array: BooleanArray, scalar: bool) -> Evaluated {
    let array: ArrayRef = Arc::new(array);
    Ok(Value { array, scalar })
}

fn compare(comparison: Comparison, left: &Value, right: &Value) -> Evaluated {
    let array = match comparison {
        Comparison::Equal => cmp::eq(left, right),
        Comparison::NotEqual => cmp::neq(left, right),
        Comparison::Less => cmp::lt(left, right),
        Comparison::LessOrEqual => cmp::lt_eq(left, right),
        Comparison::Greater => cmp::gt(left, right),
        Comparison::GreaterOrEqual => cmp::gt_eq(left, right),
    }?;
    truth(array, left.scalar && right.scalar)
}

type Kleene = fn(&BooleanArray, &BooleanArray) -> Result<BooleanArray, ArrowError>;

/// Joins conditions by three-valued AND or OR. `neutral` changes nothing; its opposite decides.
fn fold(parts: &[Node], columns: &[ArrayRef], neutral: bool, join: Kleene) -> Evaluated {
    let mut so_far = Value {
        array: Arc::new(BooleanArray::from(vec![neutral])),
        scalar: true,
    };
    for part in parts {
        let next = node(part, columns)?;
        let rows = if so_far.scalar {
            next.array.len()
        } else {
            so_far.array.len()
        };
        let joined = join(
            spread(&so_far, rows)?.as_boolean(),
            spread(&next, rows)?.as_boolean(),
        )?;
        so_far = Value {
            array: Arc::new(joined),
            scalar: so_far.scalar && next.scalar,
        };
    }
    Ok(so_far)
}

/// Repeats a single truth value for all rows.
pub(crate) fn spread(value: &Value, rows: usize) -> Result<ArrayRef, ArrowError> {
    if !value.scalar || rows == 1 {
        return Ok(Arc::clone(&value.array));
    }
    let single = value.array.as_boolean();
    Ok(if single.is_null(0) {
        new_null_array(&DataType::Boolean, rows)
    } else {
        Arc::new(BooleanArray::from(vec![single.value(0); rows]))
    })
}

fn is_member(array: &ArrayRef, members: &Members) -> BooleanArray {
    let found = match members {
        Members::Text(texts) => {
            let strings = array.as_string::<i32>();
            BooleanArray::from_unary(strings, |text| {
                texts
                    .binary_search_by(|member| member.as_str().cmp(text))
                    .is_ok()
            })
        }
        Members::Integer(numbers) => {
            let integers = array.as_primitive::<Int64Type>();
            BooleanArray::from_unary(integers, |number| numbers.binary_search(&number).is_ok())
        }
    };
    // `from_unary` keeps the nulls of its input: unknown whether a member.
    found
}

fn arithmetic(operator: Arithmetic, left: &Value, right: &Value) -> Evaluated {
    let scalar = left.scalar && right.scalar;
    let array = match operator {
        Arithmetic::Add => numeric::add(left, right)?,
        Arithmetic::Subtract => numeric::sub(left, right)?,
        Arithmetic::Multiply => numeric::mul(left, right)?,
        Arithmetic::Divide => divide(left, right)?,
    };
    Ok(Value {
        array: declared(&array)?,
        scalar,
    })
}

/// A quotient of floats; nothing over zero.
fn divide(left: &Value, right: &Value) -> Result<ArrayRef, ArrowError> {
    let zero = Float64Array::new_scalar(0.0);
    let over_zero = cmp::eq(right, &zero)?;
    if right.scalar {
        return if over_zero.is_valid(0) && over_zero.value(0) {
            Ok(new_null_array(&DataType::Float64, left.array.len()))
        } else {
            numeric::div(left, right)
        };
    }
    nullif(&numeric::div(left, right)?, &over_zero)
}

/// Gives decimals the one declared precision, so that kernels accept them side by side.
fn declared(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    match array.data_type() {
        DataType::Decimal128(precision, scale) if *precision != 38 => {
            let decimals = array.as_primitive::<Decimal128Type>().clone();
            Ok(Arc::new(decimals.with_precision_and_scale(38, *scale)?))
        }
        _ => Ok(Arc::clone(array)),
    }
}
