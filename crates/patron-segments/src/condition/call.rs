//! Evaluation of functions.

use std::sync::Arc;

use arrow_arith::boolean::{is_not_null, is_null, or_kleene};
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, StringArray};
use arrow_ord::cmp;
use arrow_schema::{ArrowError, DataType};
use arrow_select::zip::zip;

use super::evaluate::{Evaluated, Value, spread, truth};
use super::node::Function;

pub(crate) fn call(function: Function, arguments: &[Value]) -> Evaluated {
    let Some((first, rest)) = arguments.split_first() else {
        return Err(ArrowError::ComputeError(
            "a function has no argument".to_owned(),
        ));
    };
    let mut so_far = first.clone();
    match function {
        Function::Coalesce => {
            for next in rest {
                let mask = is_not_null(&so_far.array)?;
                so_far = choose(mask, &so_far, next)?;
            }
            Ok(so_far)
        }
        Function::Least | Function::Greatest => {
            for next in rest {
                let better = match function {
                    Function::Least => cmp::lt(next, &so_far)?,
                    _ => cmp::gt(next, &so_far)?,
                };
                let nothing_yet = truth(is_null(&so_far.array)?, so_far.scalar)?;
                let nothing_yet = spread(&nothing_yet, better.len())?;
                let mask = or_kleene(nothing_yet.as_boolean(), &better)?;
                so_far = choose(mask, next, &so_far)?;
            }
            Ok(so_far)
        }
        _ => {
            let array = of_one(function, &first.array)?;
            Ok(Value {
                array,
                scalar: first.scalar,
            })
        }
    }
}

/// Takes the first where the mask is true, else the second. The mask has one value, or one per row.
fn choose(mask: BooleanArray, yes: &Value, no: &Value) -> Evaluated {
    let of_columns = [yes, no].into_iter().find(|value| !value.scalar);
    let rows = of_columns.map_or(1, |value| value.array.len());
    let single = mask.len() == 1;
    let mask = spread(&truth(mask, single)?, rows)?;
    Ok(Value {
        array: zip(mask.as_boolean(), yes, no)?,
        scalar: of_columns.is_none(),
    })
}

fn of_one(function: Function, array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    match array.data_type() {
        DataType::Utf8 => {
            let lower: StringArray = array
                .as_string::<i32>()
                .iter()
                .map(|text| text.map(str::to_lowercase))
                .collect();
            Ok(Arc::new(lower))
        }
        DataType::Float64 => {
            let floats = array.as_primitive::<Float64Type>();
            Ok(Arc::new(
                floats.unary::<_, Float64Type>(|value| float(function, value)),
            ))
        }
        DataType::Int64 => {
            let integers = array.as_primitive::<Int64Type>();
            Ok(match function {
                Function::Absolute => Arc::new(integers.unary::<_, Int64Type>(i64::saturating_abs)),
                _ => Arc::clone(array),
            })
        }
        DataType::Decimal128(_, scale) => {
            let result = match function {
                Function::Round(digits) => digits.min(*scale),
                Function::Floor | Function::Ceiling => 0,
                _ => *scale,
            };
            let unit = 10_i128.pow(u32::try_from(scale - result).unwrap_or(0));
            let decimals = array
                .as_primitive::<Decimal128Type>()
                .unary::<_, Decimal128Type>(|value| decimal(function, value, unit));
            Ok(Arc::new(decimals.with_precision_and_scale(38, result)?))
        }
        other => Err(ArrowError::ComputeError(format!(
            "no such function of {other}"
        ))),
    }
}

fn float(function: Function, value: f64) -> f64 {
    match function {
        Function::Absolute => value.abs(),
        Function::Floor => value.floor(),
        Function::Ceiling => value.ceil(),
        Function::Round(digits) => {
            let unit = 10.0_f64.powi(i32::from(digits));
            (value * unit).round() / unit
        }
        _ => value,
    }
}

/// `value` in a unit `unit` times as large; rounding is half away from zero, as SQL rounds decimals.
fn decimal(function: Function, value: i128, unit: i128) -> i128 {
    match function {
        Function::Absolute => value.saturating_abs(),
        Function::Floor => value.div_euclid(unit),
        Function::Ceiling => value.div_euclid(unit) + i128::from(value.rem_euclid(unit) != 0),
        Function::Round(_) => {
            let (whole, rest) = (value / unit, value % unit);
            whole
                + if rest.abs() * 2 >= unit && unit > 1 {
                    value.signum()
                } else {
                    0
                }
        }
        _ => value,
    }
}
