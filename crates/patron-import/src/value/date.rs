//! Dates and times as text.
#![expect(
    clippy::indexing_slicing,
    reason = "fixed places in slices whose length was checked just before; this runs once per row"
)]

use crate::options::DateFormat;

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;
/// Two-digit years below this are of this century, the others of the last.
const CENTURY_PIVOT: i64 = 70;
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// A time as the text gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParsedTime {
    /// On the shop's wall clock, in µs since 1970-01-01 00:00 there.
    Local(i64),
    /// With an offset from UTC in the text: µs UTC.
    Instant(i64),
}

/// Reads a trimmed text as a date, with a time of day and an offset if there are any; nothing if it is not one.
pub(crate) fn parse(text: &str, format: DateFormat) -> Option<ParsedTime> {
    let bytes = text.as_bytes();
    if format == DateFormat::YearMonthDay
        && bytes.len() >= 10
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && let Some(parsed) = parse_iso(bytes)
    {
        return Some(parsed);
    }
    if format == DateFormat::YearMonthDay && bytes.len() == 14 {
        return parse_digits(bytes);
    }
    // A leading apostrophe keeps it as text in a spreadsheet.
    let text = text.strip_prefix('\'').unwrap_or(text);
    if format == DateFormat::SheetDay {
        return sheet_day(text);
    }
    let mut cursor = Cursor { text };
    let day = match format {
        DateFormat::YearMonthDay => cursor.year_month_day()?,
        DateFormat::DayMonthYear => {
            let (day, month, year) = cursor.three_numbers()?;
            day_number(year, month, day)?
        }
        DateFormat::MonthDayYear => {
            let (month, day, year) = cursor.three_numbers()?;
            day_number(year, month, day)?
        }
        DateFormat::MonthName | DateFormat::SheetDay => cursor.named_month()?,
    };
    cursor.rest_of_time(day)
}

/// Reads `YYYY-MM-DD` and `YYYY-MM-DD[T ]hh:mm[:ss][Z|±hh:mm]` at fixed places; anything else is left to the slow way.
fn parse_iso(bytes: &[u8]) -> Option<ParsedTime> {
    let (date, rest) = bytes.split_first_chunk::<10>()?;
    let year = two(date, 0)? * 100 + two(date, 2)?;
    let day = day_number(year, two(date, 5)?, two(date, 8)?)?;
    let Some((minutes, rest)) = rest.split_first_chunk::<6>() else {
        return rest
            .is_empty()
            .then_some(ParsedTime::Local(day * MICROS_PER_DAY));
    };
    if !matches!(minutes[0], b'T' | b' ') || minutes[3] != b':' {
        return None;
    }
    let (hour, minute) = (two(minutes, 1)?, two(minutes, 4)?);
    let (second, rest) = match rest.split_first_chunk::<3>() {
        Some((seconds, rest)) if seconds[0] == b':' => (two(seconds, 1)?, rest),
        _ => (0, rest),
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let local = day * MICROS_PER_DAY + (hour * 3600 + minute * 60 + second) * MICROS_PER_SECOND;
    match rest {
        [] => Some(ParsedTime::Local(local)),
        [b'Z'] => Some(ParsedTime::Instant(local)),
        [sign @ (b'+' | b'-'), offset_text @ ..]
            if offset_text.len() == 5 && offset_text[2] == b':' =>
        {
            let (hours, minutes) = (two(offset_text, 0)?, two(offset_text, 3)?);
            offset(local, *sign == b'-', hours, minutes)
        }
        _ => None,
    }
}

/// Reads a day as a spreadsheet counts them, with the time of day as its fraction, to the millisecond.
fn sheet_day(text: &str) -> Option<ParsedTime> {
    const FIRST: f64 = 1.0;
    const AFTER_LAST: f64 = 2_958_466.0;
    /// Days from 1899-12-30, the spreadsheet's day 0, to 1970-01-01.
    const TO_1970: f64 = 25_569.0;
    const MILLIS_PER_DAY: f64 = 86_400_000.0;
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let serial: f64 = text.parse().ok().filter(|_| plain)?;
    if !(FIRST..AFTER_LAST).contains(&serial) {
        return None;
    }
    let millis = ((serial - TO_1970) * MILLIS_PER_DAY).round();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole, and the bounds above keep it within fifty bits"
    )]
    let millis = millis as i64;
    Some(ParsedTime::Local(millis * 1_000))
}

/// Reads `YYYYMMDDhhmmss`.
fn parse_digits(bytes: &[u8]) -> Option<ParsedTime> {
    let year = two(bytes, 0)? * 100 + two(bytes, 2)?;
    let day = day_number(year, two(bytes, 4)?, two(bytes, 6)?)?;
    let (hour, minute, second) = (two(bytes, 8)?, two(bytes, 10)?, two(bytes, 12)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = hour * 3600 + minute * 60 + second;
    Some(ParsedTime::Local(
        day * MICROS_PER_DAY + seconds * MICROS_PER_SECOND,
    ))
}

#[inline]
fn two(bytes: &[u8], at: usize) -> Option<i64> {
    let (tens, ones) = (
        bytes[at].wrapping_sub(b'0'),
        bytes[at + 1].wrapping_sub(b'0'),
    );
    (tens < 10 && ones < 10).then(|| i64::from(tens * 10 + ones))
}

fn offset(local: i64, west: bool, hours: i64, minutes: i64) -> Option<ParsedTime> {
    if hours > 18 || minutes > 59 {
        return None;
    }
    let east = (hours * 3600 + minutes * 60) * MICROS_PER_SECOND;
    Some(ParsedTime::Instant(if west {
        local + east
    } else {
        local - east
    }))
}

/// Returns the days since 1970-01-01 of a date of the Gregorian calendar, or nothing if there is no such date.
///
/// Hinnant (2013), "chrono-compatible low-level date algorithms", `days_from_civil`, for years 1 to 9999.
pub(crate) fn day_number(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || day < 1 {
        return None;
    }
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if day > last {
        return None;
    }
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let era = shifted_year / 400;
    let year_of_era = shifted_year - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// What is left to read.
struct Cursor<'a> {
    text: &'a str,
}

impl<'a> Cursor<'a> {
    /// Takes a number of at most `most` digits; gives it with its number of digits.
    fn number(&mut self, most: usize) -> Option<(i64, usize)> {
        let digits = self.text.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 || digits > most {
            return None;
        }
        let (number, rest) = self.text.split_at(digits);
        self.text = rest;
        Some((number.parse().ok()?, digits))
    }

    fn take(&mut self, wanted: &[char]) -> bool {
        match self.text.strip_prefix(wanted) {
            Some(rest) => {
                self.text = rest;
                true
            }
            None => false,
        }
    }

    fn blanks(&mut self) {
        self.text = self.text.trim_start();
    }

    /// Takes `2024-5-1`, `2024/05/01`, `2024.05.01`, `2024年5月1日` or `20240501`.
    fn year_month_day(&mut self) -> Option<i64> {
        let (number, digits) = self.number(8)?;
        match digits {
            4 => {
                let separator = ['-', '/', '.', '年'];
                self.take(&separator).then_some(())?;
                let (month, _) = self.number(2)?;
                self.take(&['-', '/', '.', '月']).then_some(())?;
                let (day, _) = self.number(2)?;
                self.take(&['日', '号', '號']);
                day_number(number, month, day)
            }
            8 => day_number(number / 10_000, number / 100 % 100, number % 100),
            _ => None,
        }
    }

    /// Takes three numbers of a date that ends with its year.
    fn three_numbers(&mut self) -> Option<(i64, i64, i64)> {
        let separators = ['/', '.', '-'];
        let (first, _) = self.number(2)?;
        self.take(&separators).then_some(())?;
        let (second, _) = self.number(2)?;
        self.take(&separators).then_some(())?;
        let (year, digits) = self.number(4)?;
        Some((first, second, full_year(year, digits)?))
    }

    /// Takes `May 1, 2024`, `1 May 2024` or `01-May-24`.
    fn named_month(&mut self) -> Option<i64> {
        let separators = [' ', '-', '/', '.', ','];
        let before = self.number(2).map(|(day, _)| day);
        while self.take(&separators) {}
        let letters = self
            .text
            .bytes()
            .take_while(u8::is_ascii_alphabetic)
            .count();
        let (word, rest) = self.text.split_at(letters);
        let month = month_number(word)?;
        self.text = rest;
        while self.take(&separators) {}
        let day = match before {
            Some(day) => day,
            None => self.number(2)?.0,
        };
        while self.take(&separators) {}
        let (year, digits) = self.number(4)?;
        day_number(full_year(year, digits)?, month, day)
    }

    /// Reads what follows the date: nothing, or a time of day, perhaps with AM or PM, perhaps with an offset.
    fn rest_of_time(mut self, day: i64) -> Option<ParsedTime> {
        let midnight = day * MICROS_PER_DAY;
        self.blanks();
        if self.text.is_empty() {
            return Some(ParsedTime::Local(midnight));
        }
        self.take(&['T', 't', ',']);
        self.blanks();
        let micros = self.time_of_day()?;
        self.blanks();
        self.offset_at_end(midnight + micros)
    }

    fn time_of_day(&mut self) -> Option<i64> {
        let (mut hour, _) = self.number(2)?;
        self.take(&[':']).then_some(())?;
        let (minute, _) = self.number(2)?;
        let (second, micros) = if self.take(&[':']) {
            (self.number(2)?.0, self.fraction()?)
        } else {
            (0, 0)
        };
        if let Some(afternoon) = self.half_of_day() {
            if !(1..=12).contains(&hour) {
                return None;
            }
            hour = hour % 12 + if afternoon { 12 } else { 0 };
        }
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        Some((hour * 3600 + minute * 60 + second) * MICROS_PER_SECOND + micros)
    }

    /// Takes a fraction of a second, in µs; further digits are dropped.
    fn fraction(&mut self) -> Option<i64> {
        if !self.take(&['.', ',']) {
            return Some(0);
        }
        let digits = self.text.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return None;
        }
        let (fraction, rest) = self.text.split_at(digits);
        self.text = rest;
        let padded = format!("{fraction:0<6}");
        padded.get(..6)?.parse().ok()
    }

    fn half_of_day(&mut self) -> Option<bool> {
        let rest = self.text.trim_start();
        let word: String = rest.chars().take(2).collect::<String>().to_lowercase();
        let afternoon = match word.as_str() {
            "am" => false,
            "pm" => true,
            _ => return None,
        };
        self.text = rest.get(2..)?;
        Some(afternoon)
    }

    fn offset_at_end(mut self, local: i64) -> Option<ParsedTime> {
        match self.text {
            "" => return Some(ParsedTime::Local(local)),
            "Z" | "z" | "UTC" | "GMT" => return Some(ParsedTime::Instant(local)),
            _ => {}
        }
        let west = self.text.starts_with('-');
        self.take(&['+', '-']).then_some(())?;
        let (number, digits) = self.number(4)?;
        let (hours, minutes) = match digits {
            1 | 2 if self.take(&[':']) => (number, self.number(2)?.0),
            1 | 2 => (number, 0),
            _ => (number / 100, number % 100),
        };
        if !self.text.is_empty() {
            return None;
        }
        offset(local, west, hours, minutes)
    }
}

fn full_year(year: i64, digits: usize) -> Option<i64> {
    match digits {
        4 => Some(year),
        2 if year < CENTURY_PIVOT => Some(2000 + year),
        2 => Some(1900 + year),
        _ => None,
    }
}

fn month_number(word: &str) -> Option<i64> {
    let word = word.to_lowercase();
    if word.len() < 3 {
        return None;
    }
    let found = MONTHS
        .iter()
        .position(|month| month.starts_with(&word) || (word == "sept" && *month == "september"))?;
    i64::try_from(found + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_a_spreadsheet_are_counted_from_its_own_day_0() {
        let read = |text| parse(text, DateFormat::SheetDay);
        // 2024-05-01, and 10:00 of it; Excel shows 45413.
        let may = 19_844 * MICROS_PER_DAY;
        assert_eq!(read("45413"), Some(ParsedTime::Local(may)));
        assert_eq!(
            read("45413.416666666664"),
            Some(ParsedTime::Local(may + 10 * 3600 * MICROS_PER_SECOND))
        );
        assert_eq!(read("25569"), Some(ParsedTime::Local(0)));
        for text in ["", "0", "-1", "2958466", "4e4", "NaN", "45413,5"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
    use DateFormat::{DayMonthYear, MonthDayYear, MonthName, YearMonthDay};

    // Seconds since 1970 by `date -u -d … +%s`.
    const MAY_FIRST: i64 = 1_714_521_600;

    fn local(text: &str, format: DateFormat) -> Option<i64> {
        match parse(text, format)? {
            ParsedTime::Local(micros) => Some(micros / MICROS_PER_SECOND - MAY_FIRST),
            ParsedTime::Instant(_) => panic!("{text} has no offset"),
        }
    }

    fn instant(text: &str) -> Option<i64> {
        match parse(text, YearMonthDay)? {
            ParsedTime::Instant(micros) => Some(micros / MICROS_PER_SECOND - MAY_FIRST),
            ParsedTime::Local(_) => panic!("{text} has an offset"),
        }
    }

    #[test]
    fn every_common_form_of_a_date_is_read() {
        for (text, format) in [
            ("2024-05-01", YearMonthDay),
            ("2024-5-1", YearMonthDay),
            ("2024/05/01", YearMonthDay),
            ("2024.5.01", YearMonthDay),
            ("20240501", YearMonthDay),
            ("2024年5月1日", YearMonthDay),
            ("2024-05-01 00:00", YearMonthDay),
            ("1/5/2024", DayMonthYear),
            ("01.05.24", DayMonthYear),
            ("5/1/2024", MonthDayYear),
            ("05-01-2024 0:00", MonthDayYear),
            ("May 1, 2024", MonthName),
            ("1 May 2024", MonthName),
            ("01-MAY-24", MonthName),
            ("May 01, 2024, 12:00:00 AM", MonthName),
        ] {
            assert_eq!(local(text, format), Some(0), "{text}");
        }
    }

    #[test]
    fn times_of_day_are_read() {
        for (text, seconds) in [
            ("2024-05-01T08:26", 30_360),
            ("2024-05-01 08:26:09", 30_369),
            ("2024-05-01 8:26:09.999", 30_369),
            ("2024/5/1 8:26 PM", 73_560),
            ("2024-05-01 12:30 am", 1_800),
            ("20240501 23:59:59", 86_399),
            ("20240501235959", 86_399),
        ] {
            assert_eq!(local(text, YearMonthDay), Some(seconds), "{text}");
        }
    }

    #[test]
    fn an_offset_makes_an_instant() {
        for (text, seconds) in [
            ("2024-05-01T10:00:00Z", 36_000),
            ("2024-05-01 10:00:00 +0000", 36_000),
            ("2024-05-01T10:00:00+08:00", 7_200),
            ("2024-05-01T10:00:00.5-0330", 48_600),
            ("2024-05-01 10:00 UTC", 36_000),
            ("2024-05-01T10:00+02", 28_800),
        ] {
            assert_eq!(instant(text), Some(seconds), "{text}");
        }
    }

    #[test]
    fn microseconds_are_kept_and_further_digits_dropped() {
        let parsed = parse("1970-01-01 00:00:00.1234569", YearMonthDay);
        assert_eq!(parsed, Some(ParsedTime::Local(123_456)));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "2024-02-30",
            "2023-02-29",
            "2024-13-01",
            "2024-00-10",
            "2024-05-01 24:00",
            "2024-05-01x",
            "2024-05",
            "240501",
            "2024-05-01 10",
            "2024-05-01T10:00:60",
            "2024-05-01 13:00 PM",
            "2024-05-01+08:00x",
            "0000-01-01",
            "２０２４-05-01",
            "2024-05-01T10:00:00+99:00",
            "12",
            "Total",
        ] {
            assert_eq!(parse(text, YearMonthDay), None, "{text}");
        }
        assert_eq!(parse("31/4/2024", DayMonthYear), None);
        assert_eq!(parse("13/1/2024", MonthDayYear), None);
        assert_eq!(parse("1/1/024", MonthDayYear), None);
        assert_eq!(parse("Mai 1, 2024", MonthName), None);
    }

    #[test]
    fn day_numbers_agree_with_another_calendar() {
        for number in (-700_000..2_900_000_i32).step_by(97) {
            let (year, month, day) = patron_core::Day(number).ymd();
            if year >= 1 {
                assert_eq!(
                    day_number(i64::from(year), i64::from(month), i64::from(day)),
                    Some(i64::from(number))
                );
            }
        }
    }
}
