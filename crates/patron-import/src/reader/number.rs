//! Amounts, prices and quantities of cells of any kind.

use patron_core::{Money, MoneyError, ParsedMoney};

use crate::cell::Cell;
use crate::reason::Reason;
use crate::understanding::Understanding;
use crate::value::{amount, id, trim};
use crate::words;

/// A number as a cell gives it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number<'r> {
    pub(super) value: Money,
    pub(super) rounded: bool,
    pub(super) guessed: bool,
    pub(super) currency: Option<&'r str>,
}

/// Reads a cell as a number; nothing if nothing is there.
pub(super) fn number<'r>(
    cell: &Cell<'r>,
    understanding: &Understanding,
) -> Result<Option<Number<'r>>, Reason> {
    let exact = |parsed: Result<ParsedMoney, MoneyError>| {
        parsed.map(|parsed| {
            Some(Number {
                value: parsed.amount,
                rounded: parsed.rounded,
                guessed: false,
                currency: None,
            })
        })
    };
    let read = match *cell {
        Cell::Null => Ok(None),
        Cell::Text(text) => {
            let trimmed = trim(text);
            match amount::parse(trimmed, understanding.decimal_mark) {
                Ok(read) => Ok(Some(Number {
                    value: read.parsed.amount,
                    rounded: read.parsed.rounded,
                    guessed: understanding.decimal_mark_guessed && read.one_thousands_mark,
                    currency: read.currency,
                })),
                Err(_) if words::is_missing(trimmed) => Ok(None),
                Err(error) => Err(error),
            }
        }
        Cell::NotUtf8(bytes) => {
            return Err(Reason::NotUtf8 {
                byte: id::first_bad_byte(bytes),
            });
        }
        Cell::Int(value) => exact(Money::from_units(value).map(|amount| ParsedMoney {
            amount,
            rounded: false,
        })),
        Cell::Float(value) if value.is_nan() => Ok(None),
        Cell::Float(value) => exact(Money::from_f64(value)),
        Cell::Decimal { unscaled, scale } => exact(decimal(unscaled, scale)),
        Cell::Instant(_) | Cell::Local(_) | Cell::Date(_) | Cell::Bool(_) => {
            Err(MoneyError::NotANumber)
        }
    };
    read.map_err(|error| match error {
        MoneyError::TooLarge => Reason::NumberTooLarge,
        _ => Reason::NotANumber,
    })
}

fn decimal(unscaled: i128, scale: i8) -> Result<ParsedMoney, MoneyError> {
    let more = u32::try_from(4 - i16::from(scale)).ok();
    let exact = more
        .and_then(|places| 10_i128.checked_pow(places))
        .and_then(|factor| unscaled.checked_mul(factor))
        .and_then(|value| i64::try_from(value).ok());
    match exact {
        Some(value) => Ok(ParsedMoney {
            amount: Money(value),
            rounded: false,
        }),
        None => Money::parse(&format!("{unscaled}e{}", -i16::from(scale))),
    }
}
