//! Which instant a local time is, remembered by day.

use patron_core::{Day, Instant, LocalDateTime, ShopCalendar};

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;
/// Days remembered: five years and a half, so that rows in any order find theirs.
const REMEMBERED: usize = 2048;
const NO_DAY: i32 = i32::MIN;

/// A shop's calendar that remembers the offset of days without a change of clocks.
#[derive(Debug, Clone)]
pub(super) struct LocalClock {
    calendar: ShopCalendar,
    /// By day modulo [`REMEMBERED`]: the day and its offset in seconds.
    days: Vec<(i32, i32)>,
    /// The days between which orders are placed.
    pub(super) bounds: DayBounds,
}

/// The days between which orders are placed, and their first instants: of the earliest, and of the day after the latest.
#[derive(Debug, Clone, Copy)]
pub(super) struct DayBounds {
    pub(super) earliest: Day,
    pub(super) latest: Day,
    pub(super) from: i64,
    pub(super) until: i64,
}

impl LocalClock {
    pub(super) fn new(calendar: ShopCalendar, earliest: Day, latest: Option<Day>) -> Self {
        let bounds = DayBounds {
            earliest,
            latest: latest.unwrap_or(Day(i32::MAX)),
            from: calendar.start_of(earliest).0,
            until: latest.map_or(i64::MAX, |day| calendar.start_of(day.plus_days(1)).0),
        };
        Self {
            calendar,
            days: vec![(NO_DAY, 0); REMEMBERED],
            bounds,
        }
    }

    /// Returns the day on the shop's calendar on which an instant lies, given in µs UTC.
    pub(super) fn day_of(&self, at: i64) -> Day {
        self.calendar.day_of(Instant(at))
    }

    /// Returns the instant of a time on the shop's wall clock, both in µs since 1970-01-01.
    pub(super) fn instant(&mut self, local: i64) -> i64 {
        let Ok(day) = i32::try_from(local.div_euclid(MICROS_PER_DAY)) else {
            return local;
        };
        let place = usize::try_from(day.rem_euclid(2048)).unwrap_or(0);
        if let Some(&(known, offset)) = self.days.get(place)
            && known == day
        {
            return local - i64::from(offset) * MICROS_PER_SECOND;
        }
        self.look_up(local, day, place)
    }

    #[cold]
    fn look_up(&mut self, local: i64, day: i32, place: usize) -> i64 {
        let start = self.calendar.start_of(Day(day)).0;
        let next = self.calendar.start_of(Day(day.saturating_add(1))).0;
        let offset = (i64::from(day) * MICROS_PER_DAY - start) / MICROS_PER_SECOND;
        if next - start == MICROS_PER_DAY
            && let (Some(room), Ok(offset)) = (self.days.get_mut(place), i32::try_from(offset))
        {
            *room = (day, offset);
            return local - i64::from(offset) * MICROS_PER_SECOND;
        }
        let time = LocalDateTime {
            day: Day(day),
            micros_of_day: local.rem_euclid(MICROS_PER_DAY),
        };
        self.calendar.instant_of(time).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hour_of_years_is_what_the_calendar_says() {
        for zone in [
            "Europe/Berlin",
            "America/New_York",
            "Asia/Shanghai",
            "UTC",
            "Pacific/Apia",
        ] {
            let calendar = ShopCalendar::new(zone).unwrap();
            let mut clock = LocalClock::new(calendar.clone(), Day(0), None);
            // 2008-01-01 onwards, hour by hour for eight years: longer than what is remembered.
            for hour in 333_120..403_248_i64 {
                let local = hour * 3600 * MICROS_PER_SECOND;
                let expected = calendar.instant_of(LocalDateTime {
                    day: Day(i32::try_from(local.div_euclid(MICROS_PER_DAY)).unwrap()),
                    micros_of_day: local.rem_euclid(MICROS_PER_DAY),
                });
                assert_eq!(clock.instant(local), expected.0, "{zone} {hour}");
                assert_eq!(clock.instant(local), expected.0, "{zone} {hour} again");
            }
        }
    }
}
