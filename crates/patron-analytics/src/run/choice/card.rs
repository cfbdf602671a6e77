//! What is shown of the model: purchases over time, expected and seen, and what it says of which history.

use patron_core::Day;
use patron_engine::{CustomerTable, PurchaseLog};
use patron_stats::history::History;
use patron_stats::purchase::PurchaseModel;
use patron_stats::summary::quantile;
use patron_stats::validation::{Tracking, track};

use super::{BackTest, Judged};
use crate::run::value::PURCHASE_MONTHS;
use crate::settings::Resolved;

/// Periods of the tracking plot, at most.
const MOST_PERIODS: i32 = 52;
const DAYS_OF_WEEK: i32 = 7;
/// Rows of the matrices but the one of no repeat purchase, at most.
const MOST_FREQUENCIES: u32 = 10;
/// Columns of the matrices less one.
const STEPS: u32 = 12;
/// Nearly all customers have fewer repeat purchases, and a shorter history.
const NEARLY_ALL: f64 = 0.99;
const MOST: f64 = 0.9;

/// What is drawn of the model in use.
#[derive(Debug)]
pub struct ModelPicture {
    /// Customers that the model was fitted to with a purchase after the first.
    pub repeat_buyers: u64,
    /// Purchases after the first.
    pub repeat_purchases: u64,
    /// Repeat purchases over time, by the fit to calibration; nothing without a holdout.
    pub tracking: Option<Tracked>,
    /// What the fit to all says by frequency and recency.
    pub prospects: Option<Prospects>,
}

/// Repeat purchases of those who had bought by the end of calibration.
#[derive(Debug, Clone, PartialEq)]
pub struct Tracked {
    /// The last day of each period.
    pub ends: Vec<Day>,
    /// Length of a period.
    pub period_days: i32,
    /// By the end of each.
    pub purchases: Tracking,
}

/// P(alive) and expected purchases by frequency and recency, of customers whose first purchase lies equally far back.
#[derive(Debug, Clone, PartialEq)]
pub struct Prospects {
    /// How far, in model units.
    pub age: f64,
    /// Repeat purchases, row by row.
    pub frequencies: Vec<u32>,
    /// Time since the last purchase in model units, column by column.
    pub since: Vec<f64>,
    /// P(alive) by row and column; nothing where nobody can be.
    pub alive: Vec<Vec<Option<f64>>>,
    /// Expected purchases within the months that a card looks ahead, likewise.
    pub purchases: Vec<Vec<Option<f64>>>,
}

/// Draws the model that is used.
pub(in crate::run) fn picture(
    model: &dyn PurchaseModel,
    judged: &Judged,
    (table, log): (&CustomerTable, &PurchaseLog),
    settings: &Resolved,
) -> ModelPicture {
    let repeats = || {
        table
            .profiles
            .iter()
            .map(|profile| profile.repeat_purchases())
    };
    let fitted = judged.back_test.as_ref().and_then(|back_test| {
        let fit = back_test.contender(model.key())?.fit.as_deref()?;
        tracked(fit, back_test, log, settings.unit.days())
    });
    ModelPicture {
        repeat_buyers: repeats().filter(|repeats| *repeats > 0).count() as u64,
        repeat_purchases: repeats().map(u64::from).sum(),
        tracking: fitted,
        prospects: prospects(model, table, settings),
    }
}

/// Follows everybody who had bought by the end of calibration, up to the as-of day.
fn tracked(
    model: &dyn PurchaseModel,
    back_test: &BackTest,
    log: &PurchaseLog,
    unit_days: f64,
) -> Option<Tracked> {
    let (calibration_end, end) = (back_test.held.calibration_end, back_test.held.end);
    let bought = || {
        log.iter()
            .filter(|days| days.first() <= Some(&calibration_end))
    };
    let first = *bought().filter_map(|days| days.first()).min()?;
    let days = end.days_since(first) + 1;
    let period_days = DAYS_OF_WEEK * divided_up(days, DAYS_OF_WEEK * MOST_PERIODS);
    let periods = divided_up(days, period_days);
    // The last period ends with the data; the first may begin before them.
    let start = end.plus_days(1 - periods * period_days);
    let time = |day: Day| f64::from(day.days_since(start)) / unit_days;
    let births: Vec<(f64, u64)> = bought()
        .filter_map(|days| Some((time(*days.first()?), 1)))
        .collect();
    let again: Vec<f64> = bought()
        .flat_map(|days| days.iter().skip(1).map(|day| time(*day)))
        .collect();
    let period = f64::from(period_days) / unit_days;
    let count = u32::try_from(periods).ok()?;
    let purchases = track(model, &births, &again, period, count).ok()?;
    let last_day = |period: i32| start.plus_days((period + 1) * period_days - 1);
    Some(Tracked {
        ends: (0..periods).map(last_day).collect(),
        period_days,
        purchases,
    })
}

const fn divided_up(number: i32, by: i32) -> i32 {
    (number + by - 1) / by
}

fn prospects(
    model: &dyn PurchaseModel,
    table: &CustomerTable,
    settings: &Resolved,
) -> Option<Prospects> {
    let (day, unit_days) = (table.as_of.day, settings.unit.days());
    let days = table.profiles.iter().map(|profile| profile.age_days(day));
    let ages: Vec<f64> = days.map(f64::from).collect();
    let repeats = table.profiles.iter();
    let repeats: Vec<f64> = repeats
        .map(|profile| f64::from(profile.repeat_purchases()))
        .collect();
    let age = quantile(&ages, MOST)?.round().max(1.0) / unit_days;
    let horizon = f64::from(day.plus_months(PURCHASE_MONTHS).days_since(day)) / unit_days;
    by_frequency_and_recency(model, age, quantile(&repeats, NEARLY_ALL)?, horizon)
}

/// Asks a model about customers of one age, with up to `most` repeat purchases, over a horizon.
fn by_frequency_and_recency(
    model: &dyn PurchaseModel,
    age: f64,
    most: f64,
    horizon: f64,
) -> Option<Prospects> {
    let frequencies = frequencies(most);
    let since: Vec<f64> = (0..=STEPS)
        // The last is the age to the bit, whatever a quotient would round to.
        .map(|step| age - age * f64::from(STEPS - step) / f64::from(STEPS))
        .collect();
    let forecaster = model.forecaster(horizon, 0.0).ok()?;
    let history = |purchases: u32, since: f64| {
        // Who never came back was last seen on the first day; who did cannot have been.
        let possible = (purchases == 0) == (since >= age);
        let recency = if purchases == 0 { 0.0 } else { age - since };
        possible.then(|| History::new(purchases, recency, age).ok())?
    };
    let by = |of: &dyn Fn(&History) -> f64| -> Vec<Vec<Option<f64>>> {
        let row = |purchases: &u32| {
            let cells = since.iter();
            cells
                .map(|since| history(*purchases, *since).as_ref().map(of))
                .collect()
        };
        frequencies.iter().map(row).collect()
    };
    Some(Prospects {
        age,
        alive: by(&|history| model.probability_alive(history)),
        purchases: by(&|history| forecaster.forecast(history).expected_purchases),
        frequencies: frequencies.clone(),
        since: since.clone(),
    })
}

/// None, then up to `most` in at most [`MOST_FREQUENCIES`] equal steps.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of purchases is not negative, and a float cast saturates"
)]
fn frequencies(most: f64) -> Vec<u32> {
    let step = (most / f64::from(MOST_FREQUENCIES)).ceil().max(1.0) as u32;
    let rows = (most / f64::from(step)).ceil().max(1.0) as u32;
    (0..=rows).map(|row| row * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ModelKey;
    use crate::run::choice::judge;
    use crate::settings::Settings;

    #[test]
    fn what_is_tracked_is_in_the_log_and_ends_with_the_data() {
        // 200 people, one more each day, who come every 15 to 59 days.
        let as_of = Day(10_000);
        let visits = |first: i32| {
            let pace = usize::try_from(15 + first % 45).unwrap();
            (first..=10_000).step_by(pace).map(Day).collect()
        };
        let customers: Vec<Vec<Day>> = (9_300..9_500).map(visits).collect();
        let log = PurchaseLog::new(customers);
        let flags = Settings {
            model: Some("nbd".to_owned()),
            ..Settings::default()
        };
        let settings = Resolved::new(&flags, &Settings::default(), &[], None).unwrap();
        let judged = judge(&log, as_of, &settings);
        let test = judged.back_test.as_ref().unwrap();
        let fit = test.contender("nbd").unwrap().fit.as_deref().unwrap();
        let found = tracked(fit, test, &log, settings.unit.days()).unwrap();
        // 701 days are 101 weeks: periods of two weeks are at most 52.
        assert_eq!((found.period_days, found.ends.len()), (14, 51));
        assert_eq!(found.ends.last(), Some(&as_of));
        for (end, seen) in found.ends.iter().zip(&found.purchases.actual) {
            let by_then = log.iter().map(|days| {
                let bought = days.iter().filter(|day| *day <= end).count();
                bought.saturating_sub(1)
            });
            assert!((by_then.sum::<usize>() as f64 - seen).abs() < 1e-9, "{end}");
        }
        // By the law of NBD, E[X(t)] = r·t/α: in weeks, of a birth that lies t before the end.
        let [(_, r), (_, alpha)] = fit.named_parameters()[..] else {
            panic!("NBD has two parameters");
        };
        let weeks = |first: i32| f64::from(10_001 - first) / 7.0;
        let expected: f64 = (9_300..9_500).map(|first| r / alpha * weeks(first)).sum();
        let told = *found.purchases.expected.last().unwrap();
        assert!((told / expected - 1.0).abs() < 1e-9, "{told} {expected}");
    }

    #[test]
    fn prospects_fall_with_the_time_since_the_last_purchase() {
        let parameters = [0.55, 10.6, 0.6, 11.7];
        let model = ModelKey::ParetoNbd.with_parameters(&parameters).unwrap();
        let found = by_frequency_and_recency(model.as_ref(), 40.0, 4.0, 52.0).unwrap();
        assert_eq!(found.frequencies, [0, 1, 2, 3, 4]);
        assert_eq!((found.since[0], found.since[12]), (0.0, 40.0));
        for (row, purchases) in found.frequencies.iter().enumerate() {
            let known = |column: usize| found.alive[row][column].is_some();
            let possible: Vec<usize> = (0..=12).filter(|column| known(*column)).collect();
            let expected: Vec<usize> = if *purchases == 0 {
                vec![12]
            } else {
                (0..12).collect()
            };
            assert_eq!(possible, expected, "{purchases} repeat purchases");
            for values in [&found.alive[row], &found.purchases[row]] {
                let values: Vec<f64> = values.iter().copied().flatten().collect();
                assert!(values.is_sorted_by(|near, far| near > far), "{values:?}");
            }
        }
        // The cell of 2 repeat purchases, the last a quarter of the time ago.
        let history = History::new(2, 30.0, 40.0).unwrap();
        let alive = found.alive[2][3].unwrap();
        assert!((alive - model.probability_alive(&history)).abs() < 1e-15);
        let purchases = model.expected_purchases(&history, 52.0).unwrap();
        assert!((found.purchases[2][3].unwrap() / purchases - 1.0).abs() < 1e-9);
    }

    #[test]
    fn rows_reach_the_most_frequent_in_equal_steps() {
        assert_eq!(frequencies(0.0), [0, 1]);
        assert_eq!(frequencies(3.0), [0, 1, 2, 3]);
        assert_eq!(frequencies(10.0), (0..=10).collect::<Vec<_>>());
        assert_eq!(frequencies(25.5), [0, 3, 6, 9, 12, 15, 18, 21, 24, 27]);
    }
}
