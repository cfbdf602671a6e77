//! Evaluation of one step over the values of its operands, with Arrow's kernels.

use std::sync::Arc;

use arrow_arith::boolean::{and_kleene, is_null, not, or_kleene};
use arrow_arith::numeric;
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, Datum, Float64Array, new_null_array};
use arrow_cast::cast_with_options;
use arrow_ord::cmp;
use arrow_schema::{ArrowError, DataType};
use arrow_select::nullif::nullif;
use arrow_string::like::{ilike, like};

use super::call::call;
use super::columns::EXACT;
use super::node::{Arithmetic, Comparison, Members, Node};

/// The most members of a list that each value is compared with.
const SHORT_LIST: usize = 8;

pub(crate) type Evaluated = Result<Value, ArrowError>;

/// A column, or one value for all rows.
#[derive(Debug, Clone)]
pub(crate) struct Value {
    pub(crate) array: ArrayRef,
    pub(crate) scalar: bool,
}

impl Value {
    pub(crate) fn single(array: &ArrayRef) -> Self {
        Self {
            array: Arc::clone(array),
            scalar: true,
        }
    }
}

impl Datum for Value {
    fn get(&self) -> (&dyn Array, bool) {
        (self.array.as_ref(), self.scalar)
    }
}

/// Returns what is true or false as one value per row, null where SQL's answer is unknown.
pub(crate) fn truths(value: &Value, rows: usize) -> Result<BooleanArray, ArrowError> {
    Ok(spread(value, rows)?.as_boolean().clone())
}

/// Evaluates an operation; `value_at` finds the value of an operand. A column is no operation.
pub(crate) fn step<'v>(
    node: &Node<usize>,
    value_at: impl Fn(usize) -> Option<&'v Value>,
) -> Evaluated {
    let of = |operand: &usize| {
        let missing = || ArrowError::ComputeError("a value is missing".to_owned());
        value_at(*operand).ok_or_else(missing)
    };
    match node {
        Node::Column(_) => Err(ArrowError::ComputeError("a column is missing".to_owned())),
        Node::Literal(array) => Ok(Value::single(array)),
        Node::Widen(inner, kind) => {
            let inner = of(inner)?;
            let array = cast_with_options(&inner.array, &kind.data_type(), &EXACT)?;
            let scalar = inner.scalar;
            Ok(Value { array, scalar })
        }
        Node::Compare(comparison, left, right) => compare(*comparison, of(left)?, of(right)?),
        Node::And(parts) => join(&all(parts, of)?, true, and_kleene),
        Node::Or(parts) => join(&all(parts, of)?, false, or_kleene),
        Node::Not(inner) => {
            let inner = of(inner)?;
            truth(not(inner.array.as_boolean())?, inner.scalar)
        }
        Node::IsNull(inner) => {
            let inner = of(inner)?;
            truth(is_null(&inner.array)?, inner.scalar)
        }
        Node::In(inner, members) => {
            let inner = of(inner)?;
            truth(is_member(&inner.array, members), inner.scalar)
        }
        Node::Like {
            value,
            pattern,
            ignore_case,
        } => {
            let matches = if *ignore_case { ilike } else { like };
            let (value, pattern) = (of(value)?, of(pattern)?);
            let scalar = value.scalar && pattern.scalar;
            truth(matches(value, pattern)?, scalar)
        }
        Node::Arithmetic(operator, left, right) => arithmetic(*operator, of(left)?, of(right)?),
        Node::Negate(inner) => {
            let inner = of(inner)?;
            let (array, scalar) = (numeric::neg(&inner.array)?, inner.scalar);
            Ok(Value { array, scalar })
        }
        Node::Function(function, arguments) => call(*function, &all(arguments, of)?),
    }
}

fn all<'v>(
    operands: &[usize],
    of: impl Fn(&usize) -> Result<&'v Value, ArrowError>,
) -> Result<Vec<Value>, ArrowError> {
    operands
        .iter()
        .map(|operand| of(operand).cloned())
        .collect()
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
fn join(parts: &[Value], neutral: bool, join: Kleene) -> Evaluated {
    let Some((first, rest)) = parts.split_first() else {
        return truth(BooleanArray::from(vec![neutral]), true);
    };
    let mut so_far = first.clone();
    for next in rest {
        let rows = if so_far.scalar {
            next.array.len()
        } else {
            so_far.array.len()
        };
        let joined = join(
            spread(&so_far, rows)?.as_boolean(),
            spread(next, rows)?.as_boolean(),
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
    if !value.scalar || rows == value.array.len() {
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
            // A short list is compared without a jump, which a processor would often guess wrong.
            if numbers.len() <= SHORT_LIST {
                let among = |number: i64| {
                    let found = numbers
                        .iter()
                        .fold(0, |found, &one| found | u8::from(one == number));
                    found > 0
                };
                return BooleanArray::from_unary(integers, among);
            }
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
