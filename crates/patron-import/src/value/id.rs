//! Ids: text, trimmed, with the two things spreadsheets do to them.

use crate::cell::Cell;
use crate::value::trim;
use crate::words;

/// Below this, every whole number has its own float.
const EXACT_FLOAT: f64 = 9_007_199_254_740_992.0;
/// Digits of the largest exponent of a float.
const LONGEST_EXPONENT: usize = 3;

/// An id as a cell gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Id<'a> {
    /// There is none.
    Missing,
    /// As given.
    Text(&'a str),
    /// A whole number.
    Number(i64),
}

/// An id, and whether it was written as a float (`17850.0`).
pub(crate) type ReadId<'a> = (Id<'a>, bool);

/// A cell that cannot be an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadId {
    /// `1.03293E+19`: a spreadsheet dropped digits, so that different customers may have become one.
    Shortened,
    /// Not UTF-8, with the first byte that does not fit.
    NotUtf8(u8),
}

/// Reads a cell as an id.
pub(crate) fn read<'a>(cell: &Cell<'a>) -> Result<ReadId<'a>, BadId> {
    match *cell {
        Cell::Null => Ok((Id::Missing, false)),
        Cell::Text(text) => from_text(text),
        Cell::NotUtf8(bytes) => Err(BadId::NotUtf8(first_bad_byte(bytes))),
        Cell::Int(value) | Cell::Instant(value) | Cell::Local(value) => {
            Ok((Id::Number(value), false))
        }
        Cell::Date(value) => Ok((Id::Number(i64::from(value)), false)),
        Cell::Bool(value) => Ok((Id::Text(if value { "true" } else { "false" }), false)),
        Cell::Float(value) => from_float(value),
        Cell::Decimal { unscaled, scale } => from_decimal(unscaled, scale),
    }
}

/// Returns the first byte that is not UTF-8 (0 if all are).
pub(crate) fn first_bad_byte(bytes: &[u8]) -> u8 {
    std::str::from_utf8(bytes)
        .err()
        .and_then(|error| bytes.get(error.valid_up_to()).copied())
        .unwrap_or(0)
}

fn from_text(text: &str) -> Result<ReadId<'_>, BadId> {
    let trimmed = trim(text);
    if words::is_missing(trimmed) {
        return Ok((Id::Missing, false));
    }
    if matches!(trimmed.as_bytes().first(), Some(b'\'' | b'=')) {
        return Ok((Id::Text(without_text_mark(trimmed)), false));
    }
    // What a spreadsheet did ends with a zero, or has a plus near its end; most ids have neither.
    let bytes = trimmed.as_bytes();
    let near_end = bytes.len().saturating_sub(LONGEST_EXPONENT + 1);
    let ends_with_plus = bytes.iter().skip(near_end).any(|&byte| byte == b'+');
    if bytes.last() != Some(&b'0') && !ends_with_plus {
        return Ok((Id::Text(trimmed), false));
    }
    if let Some((whole, fraction)) = trimmed.split_once('.') {
        let zeros = !fraction.is_empty() && fraction.bytes().all(|byte| byte == b'0');
        if zeros && !whole.is_empty() && whole.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok((Id::Text(whole), true));
        }
    }
    if ends_with_plus && is_shortened(trimmed) {
        return Err(BadId::Shortened);
    }
    Ok((Id::Text(trimmed), false))
}

/// Returns what stands in `'12345` and `="12345"`: marks that make a spreadsheet keep digits as text.
fn without_text_mark(trimmed: &str) -> &str {
    let digits = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
    let quoted = trimmed
        .strip_prefix("=\"")
        .and_then(|rest| rest.strip_suffix('"'));
    let inside = quoted.or_else(|| trimmed.strip_prefix('\'').filter(|rest| digits(rest)));
    inside.unwrap_or(trimmed)
}

/// Returns true for `1.03293E+19` and `1E+19`: digits, perhaps a point or comma and digits, `E+`, digits.
fn is_shortened(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once("E+").or_else(|| text.split_once("e+")) else {
        return false;
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, "0"));
    whole.len() == 1
        && digits(whole)
        && digits(fraction)
        && digits(exponent)
        && exponent.len() <= LONGEST_EXPONENT
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::float_cmp,
    reason = "whole and below 2^53: exact"
)]
fn from_float<'a>(value: f64) -> Result<ReadId<'a>, BadId> {
    if value.is_nan() {
        return Ok((Id::Missing, false));
    }
    // A fraction or a number beyond exact floats is not what anyone wrote as an id.
    if value.trunc() != value || value.abs() >= EXACT_FLOAT {
        return Err(BadId::Shortened);
    }
    Ok((Id::Number(value as i64), true))
}

fn from_decimal<'a>(unscaled: i128, scale: i8) -> Result<ReadId<'a>, BadId> {
    let places = u32::from(scale.max(0).unsigned_abs());
    let divisor = 10_i128.checked_pow(places).ok_or(BadId::Shortened)?;
    if scale < 0 || unscaled % divisor != 0 {
        return Err(BadId::Shortened);
    }
    i64::try_from(unscaled / divisor)
        .map(|number| (Id::Number(number), scale > 0))
        .map_err(|_| BadId::Shortened)
}

/// Room for the digits of any `i64`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Digits {
    bytes: [u8; 20],
    start: usize,
}

impl Digits {
    pub(crate) const EMPTY: Self = Self {
        bytes: [b'0'; 20],
        start: 20,
    };

    fn set(&mut self, number: i64) {
        let mut left = number.unsigned_abs();
        self.start = self.bytes.len();
        loop {
            self.start -= 1;
            if let Some(place) = self.bytes.get_mut(self.start) {
                *place = b'0' + u8::try_from(left % 10).unwrap_or(0);
            }
            left /= 10;
            if left == 0 {
                break;
            }
        }
        if number < 0 && self.start > 0 {
            self.start -= 1;
            if let Some(place) = self.bytes.get_mut(self.start) {
                *place = b'-';
            }
        }
    }

    fn as_str(&self) -> &str {
        let digits = self.bytes.get(self.start..).unwrap_or_default();
        std::str::from_utf8(digits).unwrap_or_default()
    }
}

impl<'a> Id<'a> {
    /// Returns the id as text, writing numbers into the room given; nothing if there is none.
    pub(crate) fn as_text<'r>(&self, room: &'r mut Digits) -> Option<&'r str>
    where
        'a: 'r,
    {
        match *self {
            Self::Missing => None,
            Self::Text(text) => Some(text),
            Self::Number(number) => {
                room.set(number);
                Some(room.as_str())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(cell: Cell<'_>) -> Result<Option<String>, BadId> {
        let mut room = Digits::EMPTY;
        read(&cell).map(|(id, _)| id.as_text(&mut room).map(str::to_owned))
    }

    #[test]
    fn an_id_is_its_trimmed_text() {
        assert_eq!(text(Cell::Text(" CG-12520 ")), Ok(Some("CG-12520".into())));
        assert_eq!(text(Cell::Text("007")), Ok(Some("007".into())));
        assert_eq!(text(Cell::Text("1.5")), Ok(Some("1.5".into())));
        assert_eq!(text(Cell::Text("1E5")), Ok(Some("1E5".into())));
        assert_eq!(text(Cell::Int(i64::MIN)), Ok(Some(i64::MIN.to_string())));
        assert_eq!(text(Cell::Int(0)), Ok(Some("0".into())));
    }

    #[test]
    fn marks_that_keep_digits_as_text_are_no_part_of_an_id() {
        assert_eq!(
            text(Cell::Text("'7210448301122")),
            Ok(Some("7210448301122".into()))
        );
        assert_eq!(
            text(Cell::Text("=\"2024050112345678901\"")),
            Ok(Some("2024050112345678901".into()))
        );
        assert_eq!(text(Cell::Text("'t Hof")), Ok(Some("'t Hof".into())));
        assert_eq!(text(Cell::Text("=A1")), Ok(Some("=A1".into())));
    }

    #[test]
    fn a_float_is_the_whole_number_it_came_from() {
        for cell in [
            Cell::Text("17850.0"),
            Cell::Text("17850.00"),
            Cell::Float(17850.0),
            Cell::Decimal {
                unscaled: 178_500,
                scale: 1,
            },
        ] {
            assert_eq!(text(cell), Ok(Some("17850".into())));
            assert!(read(&cell).unwrap().1);
        }
    }

    #[test]
    fn an_id_that_lost_digits_is_refused() {
        for cell in [
            Cell::Text("1.03293E+19"),
            Cell::Text("1E+19"),
            Cell::Text("1,03293e+19"),
            Cell::Float(1.03293e19),
            Cell::Float(0.5),
            Cell::Decimal {
                unscaled: 5,
                scale: 1,
            },
        ] {
            assert_eq!(text(cell), Err(BadId::Shortened), "{cell:?}");
        }
    }

    #[test]
    fn nothing_there_is_missing() {
        for cell in [
            Cell::Null,
            Cell::Text("  "),
            Cell::Text("NaN"),
            Cell::Text("\\N"),
            Cell::Float(f64::NAN),
        ] {
            assert_eq!(text(cell), Ok(None), "{cell:?}");
        }
        assert_eq!(text(Cell::NotUtf8(b"a\xe9")), Err(BadId::NotUtf8(0xe9)));
    }
}
