//! What is kept of a row besides what decides.

use std::borrow::Cow;

use patron_core::Day;

use crate::batch::UNDATED;
use crate::cell::Cell;
use crate::details::{DetailValues, Details, NO_NUMBER, UnreadDetails};
use crate::field::Field;
use crate::rates::Rate;
use crate::reader::clock::LocalClock;
use crate::reader::currency;
use crate::reader::number::number;
use crate::reader::row::{Row, shown};
use crate::reader::values::{LARGEST_AMOUNT, time_at_all};
use crate::reason::Reason;
use crate::understanding::{DetailPlace, Understanding};
use crate::value::trim;
use crate::words;

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// Reads the details of one row.
pub(super) struct DetailReader<'a, R> {
    pub(super) row: &'a R,
    pub(super) line: u64,
    pub(super) understanding: &'a Understanding,
    pub(super) clock: &'a mut LocalClock,
    /// At which amounts are taken.
    pub(super) rate: Option<Rate>,
    /// Where values that cannot be read are counted; nothing for the second fact of a row.
    pub(super) unread: Option<&'a mut UnreadDetails>,
}

impl<R: Row> DetailReader<'_, R> {
    /// Appends a value to every column; true if a text is not UTF-8 and was mended.
    pub(super) fn push(&mut self, details: &mut Details) -> bool {
        let understanding = self.understanding;
        let mut mended = false;
        for (column, place) in details.columns.iter_mut().zip(&understanding.details) {
            let row = self.row;
            let cell = row.cell(place.slot);
            match &mut column.values {
                DetailValues::Text(texts) => {
                    mended |= matches!(cell, Cell::NotUtf8(_));
                    if place.field == Field::Currency && self.rate.is_some() {
                        texts.push(understanding.currency.as_deref().unwrap_or_default());
                    } else {
                        let text = text(&cell, place.field);
                        texts.push(kept(&text, place.field));
                    }
                }
                DetailValues::Number(numbers) => {
                    let number = self.number(&cell, place);
                    numbers.push(number);
                }
                DetailValues::Instant(instants) => {
                    let instant = self.instant(&cell, place);
                    instants.push(instant);
                }
            }
        }
        mended
    }

    fn number(&mut self, cell: &Cell<'_>, place: &DetailPlace) -> i64 {
        let rate = self.rate.filter(|_| currency::is_money(place.field));
        let number = match number(cell, self.understanding) {
            Ok(None) => return NO_NUMBER,
            Ok(Some(number)) => match rate {
                Some(rate) => rate.apply(number.value).map(|applied| applied.amount.0),
                None => Some(number.value.0),
            },
            Err(_) => None,
        };
        if let Some(number) = number.filter(|number| number.unsigned_abs() <= LARGEST_AMOUNT) {
            return number;
        }
        self.see_unread(cell, place);
        NO_NUMBER
    }

    #[inline(never)]
    fn instant(&mut self, cell: &Cell<'_>, place: &DetailPlace) -> i64 {
        let format = self.understanding.date_format_of(place.slot);
        match time_at_all(cell, format, self.clock) {
            Ok(micros) => micros,
            Err(Reason::DateMissing) => UNDATED,
            Err(_) => {
                self.see_unread(cell, place);
                UNDATED
            }
        }
    }

    #[cold]
    fn see_unread(&mut self, cell: &Cell<'_>, place: &DetailPlace) {
        let Some(unread) = &mut self.unread else {
            return;
        };
        let column = self.understanding.columns.get(place.slot);
        let header = column.map_or("", |column| &column.header);
        unread.see(place.field, header, self.line, &text(cell, place.field));
    }
}

/// Returns what of a text is kept: it is trimmed, and empty where it says that nothing is there.
fn kept(text: &str, field: Field) -> &str {
    let trimmed = trim(text);
    if words::is_missing(trimmed) {
        return "";
    }
    let is_code = matches!(
        field,
        Field::PostalCode | Field::StoreId | Field::SubscriptionId
    );
    match trimmed.as_bytes() {
        // The mark by which spreadsheets keep digits text.
        [b'\'', b'0'..=b'9', ..] if is_code => trimmed.get(1..).unwrap_or_default(),
        _ => trimmed,
    }
}

/// Returns a cell as text. An article is shown as where it is hashed, so that the text tells the hash.
fn text<'a>(cell: &Cell<'a>, field: Field) -> Cow<'a, str> {
    match *cell {
        _ if field == Field::ProductCode => shown(cell),
        Cell::Decimal { unscaled, scale } => Cow::Owned(decimal(unscaled, scale)),
        Cell::Instant(micros) | Cell::Local(micros) => Cow::Owned(day_and_time(micros)),
        _ => shown(cell),
    }
}

/// Returns a decimal as people write it: `10115.00` of a postal code is `10115`.
fn decimal(unscaled: i128, scale: i8) -> String {
    let Ok(places) = usize::try_from(scale) else {
        let zeros = usize::from(scale.unsigned_abs());
        return format!("{unscaled}{}", "0".repeat(zeros));
    };
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = places + 1);
    let (whole, part) = digits.split_at(digits.len() - places);
    let part = part.trim_end_matches('0');
    let sign = if unscaled < 0 { "-" } else { "" };
    let point = if part.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{part}")
}

/// Returns a point in time as text: the day alone at midnight.
fn day_and_time(micros: i64) -> String {
    let Ok(day) = i32::try_from(micros.div_euclid(MICROS_PER_DAY)) else {
        return micros.to_string();
    };
    let day = Day(day);
    match micros.rem_euclid(MICROS_PER_DAY) / MICROS_PER_SECOND {
        0 => day.to_string(),
        second => {
            let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
            format!("{day} {hour:02}:{minute:02}:{second:02}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_cells_become_the_text_people_write() {
        for (unscaled, scale, expected) in [
            (10_115, 0, "10115"),
            (1_011_500, 2, "10115"),
            (-5, 3, "-0.005"),
            (12, -2, "1200"),
            (0, 2, "0"),
        ] {
            assert_eq!(decimal(unscaled, scale), expected);
        }
        // 1990-03-01 by `date -u -d 1990-03-01 +%s`.
        let march = 636_249_600 * MICROS_PER_SECOND;
        assert_eq!(day_and_time(march), "1990-03-01");
        let evening = march + 73_815 * MICROS_PER_SECOND;
        assert_eq!(day_and_time(evening), "1990-03-01 20:30:15");
    }
}
