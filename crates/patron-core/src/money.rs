//! Amounts of money: exact, in ten-thousandths.

use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub};

use serde::{Deserialize, Serialize};

/// Ten-thousandths in one unit of currency.
pub const SCALE: i64 = 10_000;
const SCALE_DIGITS: usize = 4;

/// An amount in the workspace's one currency, in ten-thousandths of its unit.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Money(pub i64);

/// A sum of amounts, in ten-thousandths: wide enough that no sum of `i64` amounts can overflow it.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct MoneySum(pub i128);

/// An amount read from a source, and whether reading it lost digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParsedMoney {
    /// The amount.
    pub amount: Money,
    /// True if the source had more than four decimals and the amount was rounded (half to even).
    pub rounded: bool,
}

/// Why a text is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MoneyError {
    /// There is no digit, or something other than a decimal number.
    #[error("not a number")]
    NotANumber,
    /// The amount does not fit ±922 trillion.
    #[error("larger than patron can hold (922,337,203,685,477)")]
    TooLarge,
}

impl Money {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// Returns the amount of whole units.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`] beyond ±922 trillion.
    pub fn from_units(units: i64) -> Result<Self, MoneyError> {
        units
            .checked_mul(SCALE)
            .map(Self)
            .ok_or(MoneyError::TooLarge)
    }

    /// Reads a plain decimal: an optional sign, digits, an optional `.` and digits, an optional exponent.
    ///
    /// More than four decimals are rounded half to even. Currency signs and thousands marks are the reader's business.
    ///
    /// # Errors
    /// [`MoneyError::NotANumber`] for anything else, [`MoneyError::TooLarge`] if it does not fit.
    pub fn parse(text: &str) -> Result<ParsedMoney, MoneyError> {
        let (negative, digits) = match text.as_bytes() {
            [b'-', ..] => (true, text.get(1..).unwrap_or_default()),
            [b'+', ..] => (false, text.get(1..).unwrap_or_default()),
            _ => (false, text),
        };
        let (mantissa, exponent) = match digits.find(['e', 'E']) {
            Some(at) => {
                let exponent = digits.get(at + 1..).unwrap_or_default().parse::<i32>();
                (
                    digits.get(..at).unwrap_or_default(),
                    exponent.map_err(|_| MoneyError::NotANumber)?,
                )
            }
            None => (digits, 0),
        };
        if !(-400..=400).contains(&exponent) {
            return Err(MoneyError::TooLarge);
        }
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() && fraction.is_empty() {
            return Err(MoneyError::NotANumber);
        }
        let magnitude = scaled(whole.as_bytes(), fraction.as_bytes(), exponent)?;
        let amount = if negative { -magnitude.0 } else { magnitude.0 };
        let amount = i64::try_from(amount).map_err(|_| MoneyError::TooLarge)?;
        Ok(ParsedMoney {
            amount: Self(amount),
            rounded: magnitude.1,
        })
    }

    /// Reads a float by its shortest decimal that gives the same float back, so `0.1` is exactly a tenth.
    ///
    /// # Errors
    /// [`MoneyError::NotANumber`] for NaN and infinities, [`MoneyError::TooLarge`] if it does not fit.
    pub fn from_f64(value: f64) -> Result<ParsedMoney, MoneyError> {
        if !value.is_finite() {
            return Err(MoneyError::NotANumber);
        }
        // Most amounts have two decimals: then the nearest ten-thousandth prints as the same float.
        let scaled = (value * 10_000.0).round();
        if scaled.abs() < 9.0e15 {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "below 2^53 in magnitude and whole"
            )]
            let candidate = scaled as i64;
            #[expect(
                clippy::float_cmp,
                reason = "the question is whether it is the very same float"
            )]
            let same = candidate as f64 / 10_000.0 == value;
            if same {
                return Ok(ParsedMoney {
                    amount: Self(candidate),
                    rounded: false,
                });
            }
        }
        Self::parse(&format!("{value:e}"))
    }

    /// Returns this amount times a whole number, such as a unit price times a quantity.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`] if it does not fit.
    pub fn times(self, quantity: i64) -> Result<Self, MoneyError> {
        self.0
            .checked_mul(quantity)
            .map(Self)
            .ok_or(MoneyError::TooLarge)
    }

    /// Returns this amount times another number with four decimals, rounded half to even.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`] if it does not fit.
    pub fn times_decimal(self, factor: Self) -> Result<ParsedMoney, MoneyError> {
        let product = i128::from(self.0) * i128::from(factor.0);
        let (quotient, rounded) = divide_half_even(product, i128::from(SCALE));
        let amount = i64::try_from(quotient).map_err(|_| MoneyError::TooLarge)?;
        Ok(ParsedMoney {
            amount: Self(amount),
            rounded,
        })
    }

    /// Returns the sum, or nothing if it does not fit.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// Returns the amount in units as a float, for statistics and display only.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / SCALE as f64
    }
}

impl MoneySum {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// Returns the sum in units as a float, for statistics and display only.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / SCALE as f64
    }

    /// Returns the mean of `count` amounts, rounded half to even; nothing if `count` is zero or it does not fit.
    #[must_use]
    pub fn mean(self, count: u64) -> Option<Money> {
        if count == 0 {
            return None;
        }
        i64::try_from(divide_half_even(self.0, i128::from(count)).0)
            .ok()
            .map(Money)
    }
}

impl Neg for Money {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl std::iter::Sum for MoneySum {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        Self(amounts.map(|amount| amount.0).sum())
    }
}

impl AddAssign<Money> for MoneySum {
    fn add_assign(&mut self, amount: Money) {
        self.0 += i128::from(amount.0);
    }
}

impl AddAssign for MoneySum {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Add for MoneySum {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for MoneySum {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl From<Money> for MoneySum {
    fn from(amount: Money) -> Self {
        Self(i128::from(amount.0))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        MoneySum::from(*self).fmt(f)
    }
}

/// Writes the shortest decimal with at least two places: `12.50`, `0.125`, `-3.00`.
impl fmt::Display for MoneySum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let magnitude = self.0.unsigned_abs();
        let scale = u128::from(SCALE.unsigned_abs());
        let (whole, fraction) = (magnitude / scale, magnitude % scale);
        if fraction % 100 == 0 {
            write!(f, "{sign}{whole}.{:02}", fraction / 100)
        } else if fraction % 10 == 0 {
            write!(f, "{sign}{whole}.{:03}", fraction / 10)
        } else {
            write!(f, "{sign}{whole}.{fraction:04}")
        }
    }
}

/// Returns the magnitude in ten-thousandths and whether digits were lost.
fn scaled(whole: &[u8], fraction: &[u8], exponent: i32) -> Result<(i128, bool), MoneyError> {
    let mut value: i128 = 0;
    let mut remainder_seen = false; // a non-zero digit beyond the first dropped one
    let mut first_dropped = None;
    let point = i64::try_from(whole.len()).map_err(|_| MoneyError::TooLarge)? + i64::from(exponent);
    let keep = point + SCALE_DIGITS as i64; // how many leading digits are whole ten-thousandths
    let mut position = 0_i64;
    for &digit in whole.iter().chain(fraction) {
        if !digit.is_ascii_digit() {
            return Err(MoneyError::NotANumber);
        }
        let digit = digit - b'0';
        if position < keep {
            value = value
                .checked_mul(10)
                .and_then(|value| value.checked_add(i128::from(digit)))
                .ok_or(MoneyError::TooLarge)?;
        } else if position == keep && keep >= 0 {
            first_dropped = Some(digit);
        } else {
            remainder_seen |= digit != 0;
        }
        position += 1;
    }
    for _ in position..keep {
        value = value.checked_mul(10).ok_or(MoneyError::TooLarge)?;
    }
    let dropped = first_dropped.unwrap_or(0);
    let up = dropped > 5 || (dropped == 5 && (remainder_seen || value % 2 == 1));
    Ok((value + i128::from(up), dropped != 0 || remainder_seen))
}

/// Returns the quotient rounded half to even, and whether it is inexact. `divisor` is positive.
fn divide_half_even(dividend: i128, divisor: i128) -> (i128, bool) {
    let (quotient, remainder) = (dividend.div_euclid(divisor), dividend.rem_euclid(divisor));
    let twice = remainder * 2;
    let up = twice > divisor || (twice == divisor && quotient % 2 != 0);
    (quotient + i128::from(up), remainder != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (i64, bool) {
        let parsed = Money::parse(text).unwrap();
        (parsed.amount.0, parsed.rounded)
    }

    #[test]
    fn decimals_are_exact_and_more_than_four_round_half_to_even() {
        assert_eq!(parsed("12.5"), (125_000, false));
        assert_eq!(parsed("-.0001"), (-1, false));
        assert_eq!(parsed("0.00005"), (0, true));
        assert_eq!(parsed("0.00015"), (2, true));
        assert_eq!(parsed("0.000050001"), (1, true));
        assert_eq!(parsed("1e3"), (10_000_000, false));
        assert_eq!(parsed("1.25e-2"), (125, false));
        assert_eq!(parsed("0.0000049"), (0, true));
        assert_eq!(parsed("9e-9"), (0, true));
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        for text in ["", "-", ".", "1.2.3", "1,5", "twelve", "1e", "0x10", "NaN"] {
            assert_eq!(Money::parse(text), Err(MoneyError::NotANumber), "{text}");
        }
        assert_eq!(Money::parse("922337203685478"), Err(MoneyError::TooLarge));
        assert_eq!(Money::parse("1e30"), Err(MoneyError::TooLarge));
        assert_eq!(Money::from_f64(f64::NAN), Err(MoneyError::NotANumber));
    }

    #[test]
    fn a_float_is_read_by_its_shortest_decimal() {
        assert_eq!(
            Money::from_f64(0.1).unwrap(),
            ParsedMoney {
                amount: Money(1_000),
                rounded: false
            }
        );
        assert_eq!(
            Money::from_f64(2.675).unwrap(),
            ParsedMoney {
                amount: Money(26_750),
                rounded: false
            }
        );
        assert_eq!(
            Money::from_f64(1.0 / 3.0).unwrap(),
            ParsedMoney {
                amount: Money(3_333),
                rounded: true
            }
        );
        assert_eq!(
            Money::from_f64(1e-9).unwrap(),
            ParsedMoney {
                amount: Money(0),
                rounded: true
            }
        );
    }

    #[test]
    fn a_line_is_price_times_quantity() {
        assert_eq!(Money(25_500).times(6).unwrap(), Money(153_000));
        assert_eq!(
            Money(25_500).times_decimal(Money(15_000)).unwrap().amount,
            Money(38_250)
        );
        assert_eq!(Money(i64::MAX).times(2), Err(MoneyError::TooLarge));
    }

    #[test]
    fn text_has_at_least_two_decimals() {
        assert_eq!(Money(125_000).to_string(), "12.50");
        assert_eq!(Money(-1_250).to_string(), "-0.125");
        assert_eq!(Money(1).to_string(), "0.0001");
        assert_eq!(
            MoneySum(i128::from(i64::MAX) * 2).to_string(),
            "1844674407370955.1614"
        );
    }

    #[test]
    fn a_mean_rounds_half_to_even() {
        assert_eq!(MoneySum(5).mean(2), Some(Money(2)));
        assert_eq!(MoneySum(7).mean(2), Some(Money(4)));
        assert_eq!(MoneySum(-5).mean(2), Some(Money(-2)));
        assert_eq!(MoneySum(5).mean(0), None);
    }
}
