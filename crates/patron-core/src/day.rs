//! Days and calendar months.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A local calendar date in the shop's zone, counted in days since 1970-01-01.
///
/// Differences of days are what recency, age and gaps are made of; they are never differences of instants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(pub i32);

impl Day {
    /// The earliest day patron accepts in data without a warning: 1990-01-01.
    pub const EARLIEST_PLAUSIBLE: Self = Self(7305);

    /// The first day that can be written: -9999-01-01.
    pub const FIRST: Self = Self(-4_371_587);
    /// The last day that can be written: 9999-12-31.
    pub const LAST: Self = Self(2_932_896);

    /// Returns the day of a civil date, or nothing if there is no such date.
    #[must_use]
    pub fn from_ymd(year: i16, month: i8, day: i8) -> Option<Self> {
        Date::new(year, month, day).ok().map(Self::from_date)
    }

    /// Reads `YYYY-MM-DD`.
    #[must_use]
    pub fn parse_iso(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
            return None;
        }
        let year = text.get(0..4)?.parse().ok()?;
        let month = text.get(5..7)?.parse().ok()?;
        let day = text.get(8..10)?.parse().ok()?;
        Self::from_ymd(year, month, day)
    }

    pub(crate) fn from_date(date: Date) -> Self {
        let epoch = Date::constant(1970, 1, 1);
        let days = (date - epoch).get_days();
        Self(days)
    }

    /// Returns the civil date, clamped to the years -9999 to 9999.
    #[must_use]
    pub fn to_date(self) -> Date {
        let epoch = Date::constant(1970, 1, 1);
        epoch.saturating_add(jiff::Span::new().days(self.0.clamp(Self::FIRST.0, Self::LAST.0)))
    }

    /// Returns year, month (1-12), day of month (1-31).
    #[must_use]
    pub fn ymd(self) -> (i16, i8, i8) {
        let date = self.to_date();
        (date.year(), date.month(), date.day())
    }

    /// Returns the number of days from `earlier` to `self`; negative if `earlier` is later.
    #[must_use]
    pub const fn days_since(self, earlier: Self) -> i32 {
        self.0 - earlier.0
    }

    /// Returns the day `days` later (earlier, if negative).
    #[must_use]
    pub const fn plus_days(self, days: i32) -> Self {
        Self(self.0 + days)
    }

    /// Returns the same day of the month `months` earlier, clamped to the end of that month.
    ///
    /// 2024-03-31 minus one month is 2024-02-29; minus thirteen is 2023-02-28. Bounds of windows and lifecycle stages
    /// are computed with it once, from the as-of day, never by repeated steps.
    #[must_use]
    pub fn minus_months(self, months: u32) -> Self {
        let months = i64::from(months.min(120_000));
        Self::from_date(
            self.to_date()
                .saturating_sub(jiff::Span::new().months(months)),
        )
    }

    /// Returns the same day of the month `months` later, clamped to the end of that month.
    #[must_use]
    pub fn plus_months(self, months: u32) -> Self {
        let months = i64::from(months.min(120_000));
        Self::from_date(
            self.to_date()
                .saturating_add(jiff::Span::new().months(months)),
        )
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse_iso(text).unwrap()
    }

    #[test]
    fn the_end_of_a_month_is_clamped() {
        assert_eq!(day("2024-03-31").minus_months(1), day("2024-02-29"));
        assert_eq!(day("2024-03-31").minus_months(13), day("2023-02-28"));
        assert_eq!(day("2024-01-31").plus_months(1), day("2024-02-29"));
    }

    #[test]
    fn dates_that_do_not_exist_are_refused() {
        assert_eq!(Day::parse_iso("2023-02-29"), None);
        assert_eq!(Day::parse_iso("2023-2-9"), None);
        assert_eq!(Day::parse_iso("1970-01-01"), Some(Day(0)));
        assert_eq!(day("1990-01-01"), Day::EARLIEST_PLAUSIBLE);
    }

    #[test]
    fn text_and_number_agree() {
        for number in [
            Day::FIRST.0,
            -800_000,
            -1,
            0,
            1,
            10_957,
            20_000,
            2_900_000,
            Day::LAST.0,
        ] {
            assert_eq!(Day::from_date(Day(number).to_date()), Day(number));
        }
        assert_eq!(Day(20_000).to_string(), "2024-10-04");
        assert_eq!(Day::LAST.to_string(), "9999-12-31");
    }
}
