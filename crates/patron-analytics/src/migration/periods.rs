//! Which days are compared: two given ones, or month-ends; and the periods before them that tell what is usual.

use patron_core::Day;

/// The days between which customers are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Days {
    /// From a day to the as-of day.
    From(Day),
    /// From each month-end to the next: so many months, the last whole one up to the as-of day last.
    Months(u16),
}

/// The days to fold as of, ascending, and how many of the periods between them are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schedule {
    pub(super) days: Vec<Day>,
    /// Of the periods that end last so many are told; those before tell what is usual.
    pub(super) asked: usize,
}

impl Schedule {
    /// Lists the days for an as-of day, with `usual` periods before the first one asked for.
    pub(super) fn new(days: Days, to: Day, usual: u16) -> Self {
        match days {
            Days::Months(months) => {
                let last = last_month_end(to);
                let count = u32::from(months) + u32::from(usual);
                let ends = (0..=count).rev().map(|back| months_before(last, back));
                Self {
                    days: ends.collect(),
                    asked: usize::from(months),
                }
            }
            Days::From(from) => {
                let before = (1..=u32::from(usual)).rev();
                let mut days: Vec<Day> = match whole_months(from, to) {
                    Some(months) => before
                        .map(|times| months_before(from, months * times))
                        .collect(),
                    None => {
                        let length = to.days_since(from);
                        let back = |times: u32| {
                            i32::try_from(times)
                                .unwrap_or(i32::MAX)
                                .saturating_mul(length)
                        };
                        before.map(|times| from.plus_days(-back(times))).collect()
                    }
                };
                days.extend([from, to]);
                Self { days, asked: 1 }
            }
        }
    }
}

fn is_month_end(day: Day) -> bool {
    day.plus_days(1).ymd().2 == 1
}

/// The last day of a month up to a day, which may be one itself.
fn last_month_end(day: Day) -> Day {
    if is_month_end(day) {
        return day;
    }
    let (year, month, _) = day.ymd();
    Day::from_ymd(year, month, 1).map_or(day, |first| first.plus_days(-1))
}

/// So many months before a day; before the last day of a month it is the last day of that month.
fn months_before(day: Day, months: u32) -> Day {
    if is_month_end(day) {
        day.plus_days(1).minus_months(months).plus_days(-1)
    } else {
        day.minus_months(months)
    }
}

/// How many whole months lie between two days, if these are whole months.
fn whole_months(from: Day, to: Day) -> Option<u32> {
    let ((from_year, from_month, _), (year, month, _)) = (from.ymd(), to.ymd());
    let months =
        (i32::from(year) - i32::from(from_year)) * 12 + i32::from(month) - i32::from(from_month);
    let months = u32::try_from(months).ok().filter(|&months| months > 0)?;
    (months_before(to, months) == from).then_some(months)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse_iso(text).unwrap()
    }

    fn shown(days: Days, to: &str, usual: u16) -> (Vec<String>, usize) {
        let schedule = Schedule::new(days, day(to), usual);
        (
            schedule.days.iter().map(Day::to_string).collect(),
            schedule.asked,
        )
    }

    #[test]
    fn months_end_on_the_last_days_of_months() {
        let (days, asked) = shown(Days::Months(2), "2024-04-15", 1);
        assert_eq!(
            days,
            ["2023-12-31", "2024-01-31", "2024-02-29", "2024-03-31"]
        );
        assert_eq!(asked, 2);
        let (days, _) = shown(Days::Months(1), "2024-02-29", 0);
        assert_eq!(days, ["2024-01-31", "2024-02-29"]);
    }

    #[test]
    fn what_is_usual_is_as_long_as_what_is_asked_for() {
        let half_a_year = Days::From(day("2025-06-30"));
        let (days, asked) = shown(half_a_year, "2025-12-31", 2);
        assert_eq!(
            days,
            ["2024-06-30", "2024-12-31", "2025-06-30", "2025-12-31"]
        );
        assert_eq!(asked, 1);
        let (days, _) = shown(Days::From(day("2025-05-10")), "2025-06-10", 2);
        assert_eq!(
            days,
            ["2025-03-10", "2025-04-10", "2025-05-10", "2025-06-10"]
        );
        let (days, _) = shown(Days::From(day("2025-06-03")), "2025-06-10", 2);
        assert_eq!(
            days,
            ["2025-05-20", "2025-05-27", "2025-06-03", "2025-06-10"]
        );
    }
}
