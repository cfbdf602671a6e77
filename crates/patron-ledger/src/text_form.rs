//! The text forms in which DuckLake keeps values: statistics of columns, inlined rows, times of snapshots.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use patron_core::Instant;

/// Ten-thousandths in one.
const SCALE: i128 = 10_000;

/// Writes an instant as `2024-01-31 10:00:00.123456+00`; nothing if it lies outside the years 1 to 9999.
pub(crate) fn instant(at: Instant) -> Option<String> {
    let timestamp = Timestamp::from_microsecond(at.0).ok()?;
    let civil = timestamp.to_zoned(TimeZone::UTC).datetime();
    if civil.year() < 1 {
        return None;
    }
    let (date, time) = (civil.date(), civil.time());
    let mut text = format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
        date.year(),
        date.month(),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    );
    let micros = time.subsec_nanosecond() / 1_000;
    if micros != 0 {
        let fraction = format!(".{micros:06}");
        text.push_str(fraction.trim_end_matches('0'));
    }
    text.push_str("+00");
    Some(text)
}

/// Reads what [`instant`], DuckDB or PostgreSQL wrote.
pub(crate) fn parse_instant(text: &str) -> Option<Instant> {
    let timestamp: Timestamp = text.parse().ok()?;
    Some(Instant(timestamp.as_microsecond()))
}

/// Writes days since 1970-01-01 as `2024-01-31`; nothing outside the years 1 to 9999.
pub(crate) fn date(days: i32) -> Option<String> {
    let epoch = Date::constant(1970, 1, 1);
    let span = jiff::Span::new().try_days(days).ok()?;
    let date = epoch.checked_add(span).ok()?;
    (date.year() >= 1).then(|| date.to_string())
}

/// Reads a date into days since 1970-01-01.
pub(crate) fn parse_date(text: &str) -> Option<i32> {
    let date: Date = text.parse().ok()?;
    let span = date.since(Date::constant(1970, 1, 1)).ok()?;
    Some(span.get_days())
}

/// Writes ten-thousandths with four decimals, `-0.2500`.
pub(crate) fn decimal(ten_thousandths: i128) -> String {
    let sign = if ten_thousandths < 0 { "-" } else { "" };
    let magnitude = ten_thousandths.unsigned_abs();
    let scale = SCALE.unsigned_abs();
    format!("{sign}{}.{:04}", magnitude / scale, magnitude % scale)
}

/// Reads a decimal with at most four decimals into ten-thousandths.
pub(crate) fn parse_decimal(text: &str) -> Option<i128> {
    let (negative, digits) = text
        .strip_prefix('-')
        .map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut digits = whole.bytes().chain(fraction.bytes());
    if fraction.len() > 4 || !digits.all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let whole: i128 = whole.parse().ok()?;
    let fraction: i128 = format!("{fraction:0<4}").parse().ok()?;
    let magnitude = whole.checked_mul(SCALE)?.checked_add(fraction)?;
    Some(if negative { -magnitude } else { magnitude })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_as_duckdb_writes_them() {
        assert_eq!(instant(Instant(0)).unwrap(), "1970-01-01 00:00:00+00");
        let half = Instant(1_704_103_200_500_000);
        assert_eq!(instant(half).unwrap(), "2024-01-01 10:00:00.5+00");
        assert_eq!(
            instant(Instant(-1)).unwrap(),
            "1969-12-31 23:59:59.999999+00"
        );
        assert_eq!(instant(Instant(i64::MIN)), None);
        assert_eq!(instant(Instant(-62_135_596_800_000_001)), None);
    }

    #[test]
    fn instants_dates_and_decimals_come_back() {
        for at in [
            0,
            -1,
            1_704_103_200_500_000,
            253_402_200_000_000_000,
            -62_135_596_800_000_000,
        ] {
            let text = instant(Instant(at)).unwrap();
            assert_eq!(parse_instant(&text), Some(Instant(at)), "{text}");
        }
        for days in [0, -1, 19_723, 2_932_896, -719_162] {
            let text = date(days).unwrap();
            assert_eq!(parse_date(&text), Some(days), "{text}");
        }
        for value in [
            0,
            1,
            -1,
            -2_500,
            12_345_678_901_234_567,
            -999_999_999_999_999_999,
        ] {
            assert_eq!(parse_decimal(&decimal(value)), Some(value));
        }
        assert_eq!(parse_decimal("12.5"), Some(125_000));
        for wrong in ["", "x", "1.23456", "1.-5", "--1"] {
            assert_eq!(parse_decimal(wrong), None, "{wrong}");
        }
    }
}
