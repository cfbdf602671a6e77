//! What a shop may set about behaviours.

use patron_core::{Day, MoneySum};
use patron_engine::dossier::Purchase;

use crate::conduct::FaultWords;
use crate::settings::{BehavioursForm, SettingsError};

/// Of the year's last five weeks, in which most presents are bought.
const SEASON: &str = "11-20..12-24";

/// First orders above this quantile are large.
const LARGE: f64 = 0.9;

/// What holds for a shop.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) seasons: Vec<Season>,
    pub(super) late_after_days: Option<i32>,
    pub(super) faults: FaultWords,
    /// In small letters.
    pub(super) complaint_topics: Option<Vec<String>>,
    pub(super) platform_discounts: bool,
    pub(super) large: f64,
}

/// A part of every year, from a month and day to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Season {
    from: (i8, i8),
    to: (i8, i8),
}

impl Rules {
    pub(super) fn new(form: Option<&BehavioursForm>) -> Result<Self, SettingsError> {
        let form = form.cloned().unwrap_or_default();
        let seasons = form.seasons.unwrap_or_else(|| vec![SEASON.to_owned()]);
        let large = form.large_first_order.unwrap_or(LARGE);
        if !(0.5..1.0).contains(&large) {
            return Err(SettingsError::Value {
                setting: "behaviours.large_first_order",
                value: large.to_string(),
                expected: "a share from 0.5 to below 1, such as 0.9".to_owned(),
            });
        }
        let late_after_days = match form.late_after_days {
            None => None,
            Some(days) => Some(i32::try_from(days).map_err(|_| SettingsError::Value {
                setting: "behaviours.late_after_days",
                value: days.to_string(),
                expected: "a number of days".to_owned(),
            })?),
        };
        let small = |words: Vec<String>| words.iter().map(|word| word.to_lowercase()).collect();
        Ok(Self {
            seasons: seasons
                .iter()
                .map(|text| Season::parse(text))
                .collect::<Result<_, _>>()?,
            late_after_days,
            faults: FaultWords::new(form.fault_words.as_deref()),
            complaint_topics: form.complaint_topics.map(small),
            platform_discounts: form.platform_discounts.unwrap_or(false),
            large,
        })
    }

    pub(super) fn is_discounted(&self, order: &Purchase<'_>) -> bool {
        self.taken_off(order) > MoneySum::ZERO
    }

    /// What was taken off an order.
    pub(super) fn taken_off(&self, order: &Purchase<'_>) -> MoneySum {
        if self.platform_discounts {
            order.discount + order.platform_discount
        } else {
            order.discount
        }
    }

    /// Which season a day is in, and in which year that began.
    pub(super) fn season_of(&self, day: Day) -> Option<(usize, i16)> {
        let seasons = self.seasons.iter().enumerate();
        let mut within = seasons.filter_map(|(place, season)| Some((place, season.year(day)?)));
        within.next()
    }
}

impl Season {
    fn parse(text: &str) -> Result<Self, SettingsError> {
        let part = |text: &str| {
            let (month, day) = text.trim().split_once('-')?;
            let (month, day) = (month.parse().ok()?, day.parse().ok()?);
            // Of a year with a 29 February.
            Day::from_ymd(2024, month, day).map(|_| (month, day))
        };
        let read = text
            .split_once("..")
            .and_then(|(from, to)| Some((part(from)?, part(to)?)));
        let (from, to) = read.ok_or_else(|| SettingsError::Value {
            setting: "behaviours.seasons",
            value: text.to_owned(),
            expected: "months and days from and to, such as 11-20..12-24".to_owned(),
        })?;
        Ok(Self { from, to })
    }

    /// The year in which the season began that a day is in; nothing of other days.
    fn year(self, day: Day) -> Option<i16> {
        let (year, month, day) = day.ymd();
        let at = (month, day);
        if self.from <= self.to {
            return (self.from <= at && at <= self.to).then_some(year);
        }
        match (at >= self.from, at <= self.to) {
            (true, _) => Some(year),
            (_, true) => Some(year - 1),
            _ => None,
        }
    }

    /// How many days it has.
    pub(super) fn days(self) -> i32 {
        let first = Day::from_ymd(2023, 1, 1).unwrap_or(Day(0));
        let year = (0..365).map(|days| first.plus_days(days));
        i32::try_from(year.filter(|day| self.year(*day).is_some()).count()).unwrap_or(0)
    }
}

impl std::fmt::Display for Season {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [(month, day), (last_month, last_day)] = [self.from, self.to];
        write!(f, "{month:02}-{day:02} to {last_month:02}-{last_day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse_iso(text).unwrap()
    }

    #[test]
    fn seasons_may_pass_the_turn_of_the_year() {
        let seasons = ["12-20..01-05", "02-07..02-14"].map(str::to_owned).to_vec();
        let form = BehavioursForm {
            seasons: Some(seasons),
            ..BehavioursForm::default()
        };
        let rules = Rules::new(Some(&form)).unwrap();
        assert_eq!(rules.season_of(day("2024-12-31")), Some((0, 2024)));
        assert_eq!(rules.season_of(day("2025-01-05")), Some((0, 2024)));
        assert_eq!(rules.season_of(day("2025-01-06")), None);
        assert_eq!(rules.season_of(day("2025-02-14")), Some((1, 2025)));
        assert_eq!(rules.seasons[0].days(), 17);
        assert_eq!(rules.seasons[1].to_string(), "02-07 to 02-14");
    }

    #[test]
    fn settings_that_are_none_are_refused() {
        for (form, said) in [
            (
                BehavioursForm {
                    seasons: Some(vec!["11-31..12-24".to_owned()]),
                    ..BehavioursForm::default()
                },
                "`behaviours.seasons` is `11-31..12-24`, expected months and days from and to, such as 11-20..12-24",
            ),
            (
                BehavioursForm {
                    large_first_order: Some(1.0),
                    ..BehavioursForm::default()
                },
                "`behaviours.large_first_order` is `1`, expected a share from 0.5 to below 1, such as 0.9",
            ),
        ] {
            assert_eq!(Rules::new(Some(&form)).unwrap_err().to_string(), said);
        }
    }
}
