//! What was known at an origin, and what came after it, from the days of purchases.

use super::ValidationError;
use crate::history::DayHistory;

/// One customer at an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// What was known at the end of the day of the origin.
    pub history: DayHistory,
    /// Purchase days in the holdout, `(origin, origin + horizon]`.
    pub later: u32,
    /// Purchase days in the period before, `(origin − horizon, origin]`, the first purchase included: "last year".
    pub last_period: u32,
}

/// Returns what was known of a customer at the end of day `origin`, and how often the customer bought in the `horizon_days` after it.
///
/// `days` are the purchase days in order, once each, as numbers of days from anywhere.
///
/// # Returns
/// Nothing for someone who had not bought yet: a customer of later.
///
/// # Errors
/// [`ValidationError::DaysOutOfOrder`].
///
/// # Examples
/// ```
/// use patron_stats::validation::held_out;
///
/// let customer = held_out(&[10, 40, 75, 110, 300], 100, 30)?.unwrap();
/// assert_eq!((customer.history.repeat_purchases, customer.history.recency_days), (2, 65));
/// assert_eq!((customer.later, customer.last_period), (1, 1));
/// # Ok::<(), patron_stats::validation::ValidationError>(())
/// ```
pub fn held_out(
    days: &[i64],
    origin: i64,
    horizon_days: u32,
) -> Result<Option<Held>, ValidationError> {
    let pairs = days.iter().zip(days.iter().skip(1));
    if let Some((earlier, later)) = pairs.into_iter().find(|(one, next)| one >= next) {
        return Err(ValidationError::DaysOutOfOrder {
            earlier: *earlier,
            later: *later,
        });
    }
    let horizon = i64::from(horizon_days);
    let up_to = |day: i64| days.partition_point(|one| *one <= day);
    let seen = up_to(origin);
    let (Some(first), Some(last)) = (days.first(), days.get(seen.wrapping_sub(1))) else {
        return Ok(None);
    };
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let span = |from: i64, to: i64| u32::try_from(to.abs_diff(from)).unwrap_or(u32::MAX);
    Ok(Some(Held {
        history: DayHistory {
            repeat_purchases: count(seen - 1),
            age_days: span(*first, origin),
            recency_days: span(*first, *last),
        },
        later: count(up_to(origin.saturating_add(horizon)) - seen),
        last_period: count(seen - up_to(origin.saturating_sub(horizon))),
    }))
}

/// Returns origins one horizon apart, ascending, so that holdouts follow one another and the last one ends with the data.
///
/// `first_day` and `last_day` bound the data. An origin has at least `least_days` of data before it.
///
/// # Returns
/// At most `most` origins, the latest ones; none where the data are too short, and for a horizon of 0.
///
/// # Examples
/// ```
/// // Two years of data, holdouts of a quarter, at least a year to learn from.
/// assert_eq!(patron_stats::validation::origins(0, 730, 91, 365, 9), [366, 457, 548, 639]);
/// ```
#[must_use]
pub fn origins(
    first_day: i64,
    last_day: i64,
    horizon_days: u32,
    least_days: u32,
    most: usize,
) -> Vec<i64> {
    let horizon = i64::from(horizon_days);
    if horizon == 0 {
        return Vec::new();
    }
    let earliest = first_day.saturating_add(i64::from(least_days));
    let back = std::iter::successors(last_day.checked_sub(horizon), |origin| {
        origin.checked_sub(horizon)
    });
    let mut origins: Vec<i64> = back.take_while(|day| *day >= earliest).take(most).collect();
    origins.reverse();
    origins
}

/// Calls `at` for each origin with those who had bought by then: a rolling-origin back-test.
///
/// A model fitted in `at` sees nothing of what came after the origin. Join what it says at each origin by
/// [`Predictions::append`](super::Predictions::append) to evaluate and choose over all of them.
///
/// # Errors
/// [`ValidationError::DaysOutOfOrder`]; what `at` gives.
pub fn rolling_origin<T, E: From<ValidationError>>(
    customers: &[Vec<i64>],
    origins: &[i64],
    horizon_days: u32,
    mut at: impl FnMut(i64, &[Held]) -> Result<T, E>,
) -> Result<Vec<T>, E> {
    let mut results = Vec::with_capacity(origins.len());
    for origin in origins {
        let mut held = Vec::new();
        for days in customers {
            held.extend(held_out(days, *origin, horizon_days)?);
        }
        results.push(at(*origin, &held)?);
    }
    Ok(results)
}
