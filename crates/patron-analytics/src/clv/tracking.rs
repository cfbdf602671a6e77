//! How the purchases of all customers add up over time, seen and expected.

use patron_core::Day;
use patron_stats::purchase::PurchaseModel;
use patron_stats::validation::{Tracking, track};
use rayon::prelude::*;

use super::days::first_day;
use super::{Base, ClvError};

/// Points of a curve, at most.
const MOST_PERIODS: u32 = 104;

/// Repeat purchases of everybody won by the end of calibration, as they add up.
#[derive(Debug, Clone, PartialEq)]
pub struct Tracked {
    /// The day of the first purchase of all, with which the first period begins.
    pub first_day: Day,
    /// Days of a period.
    pub period_days: u32,
    /// The last day that models were fitted to.
    pub calibration_end: Day,
    /// Seen by the end of each period.
    pub actual: Vec<f64>,
    /// Expected by then, by model.
    pub expected: Vec<(String, Vec<f64>)>,
}

impl Tracked {
    /// Returns what a cumulative series gains in each period.
    #[must_use]
    pub fn incremental(cumulative: &[f64]) -> Vec<f64> {
        let before = std::iter::once(&0.0).chain(cumulative);
        let pairs = cumulative.iter().zip(before);
        pairs.map(|(by_end, before)| by_end - before).collect()
    }

    /// Returns the last day of a period, counted from 0.
    #[must_use]
    pub fn last_day(&self, period: usize) -> Day {
        let periods = i32::try_from(period + 1).unwrap_or(i32::MAX);
        let days = i32::try_from(self.period_days).unwrap_or(i32::MAX);
        Day(self
            .first_day
            .0
            .saturating_add(periods.saturating_mul(days))
            .saturating_sub(1))
    }
}

/// Tracks models over calibration and holdout.
///
/// # Returns
/// Nothing where days of purchases are not known, or are too few.
///
/// # Errors
/// [`ClvError::Validation`].
pub(super) fn tracked(
    base: &Base,
    models: &[(String, &dyn PurchaseModel)],
) -> Result<Option<Tracked>, ClvError> {
    let (Some(days), Some(calibration_end)) = (&base.days, base.calibration_end) else {
        return Ok(None);
    };
    let Some(first) = days.first() else {
        return Ok(None);
    };
    let span = u32::try_from(days.until().days_since(first) + 1).unwrap_or(0);
    let period_days = period(span);
    let periods = span / period_days;
    if periods < 2 {
        return Ok(None);
    }
    let unit = base.unit.days();
    let won = days.all().iter();
    let won = won.filter(|bought| first_day(bought).is_some_and(|day| day <= calibration_end));
    let time = |day: Day| f64::from(day.days_since(first)) / unit;
    let mut births = Vec::new();
    let mut purchases = Vec::new();
    for bought in won {
        let mut days = bought.days.iter().map(|(day, _)| time(*day));
        births.extend(days.next().map(|day| (day, 1)));
        purchases.extend(days);
    }
    let period = f64::from(period_days) / unit;
    let tracks = models
        .par_iter()
        .map(|(key, model)| Ok((key, track(*model, &births, &purchases, period, periods)?)))
        .collect::<Result<Vec<(&String, Tracking)>, ClvError>>()?;
    let Some(actual) = tracks.first().map(|(_, track)| track.actual.clone()) else {
        return Ok(None);
    };
    Ok(Some(Tracked {
        first_day: first,
        period_days,
        calibration_end,
        actual,
        expected: tracks
            .into_iter()
            .map(|(key, track)| (key.clone(), track.expected))
            .collect(),
    }))
}

/// Weeks, or as many weeks as keep the points few; days where there are hardly weeks.
const fn period(span_days: u32) -> u32 {
    if span_days < 28 {
        1
    } else {
        7 * span_days.div_ceil(7 * MOST_PERIODS)
    }
}
