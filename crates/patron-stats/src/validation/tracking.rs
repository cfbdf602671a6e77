//! How the repeat purchases of all customers add up over time, seen and expected.

use super::ValidationError;
use crate::history::merge_equal;
use crate::purchase::PurchaseModel;

/// Repeat purchases of all customers by the end of each period since the origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Tracking {
    /// Length of a period, model units.
    pub period: f64,
    /// Expected by the end of each period.
    pub expected: Vec<f64>,
    /// Seen by the end of each period.
    pub actual: Vec<f64>,
}

impl Tracking {
    /// Returns expected and seen purchases within each period.
    #[must_use]
    pub fn incremental(&self) -> Vec<(f64, f64)> {
        let mut before = (0.0, 0.0);
        let pairs = self.expected.iter().zip(&self.actual);
        let within = pairs.map(|(expected, actual)| {
            let within = (expected - before.0, actual - before.1);
            before = (*expected, *actual);
            within
        });
        within.collect()
    }
}

/// Returns cumulative repeat purchases, expected under a model and seen.
///
/// ```text
/// expected by t = Σ E[X(t − b)]  over customers with first purchase at b < t        seen by t = #{repeat purchases before t}
/// ```
///
/// A period holds its beginning, not its end: with times in whole days the first week is days 0 to 6. Times count from an origin in model units. `births` are first purchases with the number of customers that have them, `purchases` the
/// times of all repeat purchases. Expected of new customers: nothing that a customer did later enters, so the curve tests a model over the
/// time it was fitted to as well.
///
/// # Errors
/// [`ValidationError::PeriodOutsideDomain`]; [`ValidationError::OutsideDomain`] for a purchase that is not at a finite time of at least 0;
/// [`ValidationError::Forecast`] for a birth that is no number.
pub fn track(
    model: &dyn PurchaseModel,
    births: &[(f64, u64)],
    purchases: &[f64],
    period: f64,
    periods: u32,
) -> Result<Tracking, ValidationError> {
    if !(period > 0.0 && period.is_finite()) {
        return Err(ValidationError::PeriodOutsideDomain { period });
    }
    super::check_domain("the time of a purchase", purchases)?;
    let births = counted(births);
    let mut purchases = purchases.to_vec();
    purchases.sort_unstable_by(f64::total_cmp);
    let (mut expected, mut actual) = (Vec::new(), Vec::new());
    for end in (1..=periods).map(|n| f64::from(n) * period) {
        let mut sum = 0.0;
        for (birth, customers) in &births {
            if *birth >= end {
                continue;
            }
            sum += *customers as f64 * model.expected_purchases_new(end - birth)?;
        }
        expected.push(sum);
        // A purchase at the very end of a period belongs to the next, whatever the rounding of its time.
        let by_end = purchases.partition_point(|time| *time < end * (1.0 - 1e-12));
        actual.push(by_end as f64);
    }
    Ok(Tracking {
        period,
        expected,
        actual,
    })
}

/// Sorts births, equal ones together: days have many.
fn counted(births: &[(f64, u64)]) -> Vec<(f64, u64)> {
    let mut births = births.to_vec();
    births.sort_unstable_by(|left, right| left.0.total_cmp(&right.0).then(left.1.cmp(&right.1)));
    merge_equal(&mut births, |left, right| left.total_cmp(right).is_eq());
    births
}
