//! What is measured of each customer while histories are folded, so that cut points can be found without the customers: a
//! whole number a measure, which is sorted as the measure is.

use std::fmt::Write as _;

use patron_core::Day;
use patron_fold::Profile;
use patron_stats::scores::ExactSum;
use serde::{Deserialize, Serialize};

use crate::scoring::Measures;
use crate::scoring::lifecycle::own_interval;

/// The numbers of a customer.
pub(super) const MEASURES: usize = 6;
/// Behind R, F and M of scores, in this order, come F and M of octants and the mean days between orders.
pub(super) const OF_OCTANTS: [usize; 3] = [0, 3, 4];
pub(super) const INTERVAL: usize = 5;
/// What stands for a measure that a customer has no part in.
pub(super) const NO_PART: &str = "-";

/// Returns the whole number of a finite float. Numbers are in the order of their floats.
pub(super) const fn key(value: f64) -> i64 {
    let bits = value.to_bits().cast_signed();
    // Of negative floats, the larger bits are the smaller number.
    bits ^ ((bits >> 63) & i64::MAX)
}

/// Returns the float of a whole number, see [`key`].
pub(super) const fn value(key: i64) -> f64 {
    f64::from_bits((key ^ ((key >> 63) & i64::MAX)).cast_unsigned())
}

/// What R, F and M stand for in scores and in octants.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct MeasurePlan {
    pub(super) scores: Measures,
    pub(super) octants: Measures,
}

impl MeasurePlan {
    /// Measures one customer.
    pub(super) fn of(&self, profile: &Profile, day: Day) -> [Option<f64>; MEASURES] {
        let [r, f, m] = self.scores.of(profile, day);
        let [_, octant_f, octant_m] = self.octants.of(profile, day);
        let counts = self.scores.counts(profile);
        [
            Some(r),
            Some(f).filter(|_| counts),
            Some(m).filter(|_| counts),
            Some(octant_f),
            Some(octant_m),
            own_interval(profile),
        ]
    }
}

/// Writes a customer's numbers as one field.
pub(super) fn write_keys(out: &mut String, values: &[Option<f64>]) {
    for (place, value) in values.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        match value {
            Some(value) => {
                let _ = write!(out, "{}", key(*value));
            }
            None => out.push_str(NO_PART),
        }
    }
}

/// An exact sum as it is told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, Vec<(usize, i128)>)", into = "(u64, Vec<(usize, i128)>)")]
pub(super) struct ToldSum(pub(super) ExactSum);

impl From<(u64, Vec<(usize, i128)>)> for ToldSum {
    fn from((count, totals): (u64, Vec<(usize, i128)>)) -> Self {
        Self(ExactSum::from_parts(count, &totals))
    }
}

impl From<ToldSum> for (u64, Vec<(usize, i128)>) {
    fn from(ToldSum(sum): ToldSum) -> Self {
        sum.parts()
    }
}

/// What the customers of a task, or of all, come to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MeasuredTotals {
    /// The last day on which anybody bought.
    pub(super) last_day: Option<Day>,
    /// Who can be reached, each way.
    pub(super) contacts: [u64; 4],
    /// The sum of each measure, and how many customers have a part in it.
    pub(super) sums: [ToldSum; MEASURES],
}

impl MeasuredTotals {
    /// Takes a customer.
    pub(super) fn take(&mut self, profile: &Profile, values: &[Option<f64>; MEASURES]) {
        self.last_day = self.last_day.max(Some(profile.last_day));
        for (sum, value) in self.sums.iter_mut().zip(values) {
            if let Some(value) = value {
                sum.0.add(*value, 1);
            }
        }
    }

    /// Notes whether a customer can be reached in a way.
    pub(super) fn reached(&mut self, way: usize, text: &str) {
        if let Some(count) = self.contacts.get_mut(way) {
            *count += u64::from(!text.is_empty());
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.last_day = self.last_day.max(other.last_day);
        for (count, more) in self.contacts.iter_mut().zip(other.contacts) {
            *count += more;
        }
        for (sum, more) in self.sums.iter_mut().zip(&other.sums) {
            sum.0.merge(&more.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(71_058), ..ProptestConfig::default() })]

        #[test]
        fn keys_are_in_the_order_of_their_floats(left in any::<f64>(), right in any::<f64>()) {
            prop_assert_eq!(key(left).cmp(&key(right)), left.total_cmp(&right));
            prop_assert_eq!(value(key(left)).to_bits(), left.to_bits());
        }
    }

    #[test]
    fn keys_of_days_and_times_are_told_apart_by_their_upper_bits() {
        // The first round of refinement sees each by itself: `refine::SHIFTS`.
        let upper: Vec<i64> = (0..=64).map(|days| key(f64::from(days)) >> 46).collect();
        assert!(upper.windows(2).all(|pair| pair[0] < pair[1]), "{upper:?}");
    }

    #[test]
    fn sums_are_told_whole() {
        let mut sum = ToldSum::default();
        for value in [0.1, -2.5e9, 1e300, 0.0] {
            sum.0.add(value, 3);
        }
        let told = serde_json::to_string(&sum).unwrap();
        assert_eq!(serde_json::from_str::<ToldSum>(&told).unwrap(), sum);
    }
}
