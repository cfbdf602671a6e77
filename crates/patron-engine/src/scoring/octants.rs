//! The eight octants: high or low on each axis against a knife, apart from scores and bins.

use patron_stats::scores::{CutPoints, Direction, Method};
use serde::{Deserialize, Serialize};

use super::measures::{FrequencyMeasure, MonetaryMeasure, ScoreOn, Values};
use super::scores::{AXES, ScoreError};
use crate::customers::CustomerTable;

/// Where the knife lies on each axis.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KnifeMethod {
    /// At the mean of the values.
    #[default]
    Mean,
    /// At their median.
    Median,
    /// Where the user put it: days, times, money.
    Fixed([f64; 3]),
}

/// How octants are cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OctantSettings {
    /// Where the knives lie.
    pub knife: KnifeMethod,
    /// What M stands for: by default the mean per order, since the sum says nearly the same as F.
    pub monetary: MonetaryMeasure,
    /// What F stands for.
    pub frequency: FrequencyMeasure,
    /// Share of net that is margin.
    pub margin: f64,
}

/// One of the eight, named by its bits: recent, frequent, high value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Octant(u8);

impl Octant {
    pub(crate) const KEYS: [&'static str; 8] = [
        "let_go",
        "lost",
        "maintain",
        "sleeping",
        "new",
        "to_deepen",
        "potential",
        "high_value",
    ];

    /// Makes the octant of three answers.
    #[must_use]
    pub const fn new(recent: bool, frequent: bool, valuable: bool) -> Self {
        Self((recent as u8) << 2 | (frequent as u8) << 1 | valuable as u8)
    }

    /// Returns the octant of a number; one that is none is the lowest.
    #[must_use]
    pub const fn numbered(number: u8) -> Self {
        Self(if number < 8 { number } else { 0 })
    }

    /// Returns the stable key, such as `high_value`.
    #[must_use]
    pub fn key(self) -> &'static str {
        Self::KEYS
            .get(usize::from(self.0))
            .copied()
            .unwrap_or("let_go")
    }

    /// Returns its number, 0 (low on all) to 7 (high on all).
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// Returns the bits as text, such as `101`.
    #[must_use]
    pub fn code(self) -> String {
        format!("{:03b}", self.0)
    }

    /// Returns all eight, high on all first.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..8).rev().map(Self)
    }
}

/// The octant of every customer, in customer order.
#[derive(Debug, Clone)]
pub struct Octants {
    /// One per customer.
    pub octants: Vec<Octant>,
    /// The knives: days, times, money.
    pub knives: [f64; 3],
}

impl Octants {
    /// Finds the knives and the octant of every customer.
    ///
    /// On the knife a customer is low for F and M, and recent for R.
    ///
    /// # Errors
    /// [`ScoreError::Axis`] if there is no customer.
    pub fn new(table: &CustomerTable, settings: &OctantSettings) -> Result<Self, ScoreError> {
        let values = Values::measure(
            table,
            settings.frequency,
            settings.monetary,
            ScoreOn::All,
            settings.margin,
        );
        let axes = [&values.recency, &values.frequency, &values.monetary];
        let directions = [
            Direction::LowerIsBetter,
            Direction::HigherIsBetter,
            Direction::HigherIsBetter,
        ];
        let mut knives = [0.0; 3];
        let mut high: Vec<Vec<u8>> = Vec::new();
        for (index, ((axis, values), direction)) in
            AXES.into_iter().zip(axes).zip(directions).enumerate()
        {
            let method = match settings.knife {
                KnifeMethod::Mean => Method::Mean,
                KnifeMethod::Median => Method::Median,
                KnifeMethod::Fixed(cuts) => {
                    Method::Fixed(cuts.get(index).copied().into_iter().collect())
                }
            };
            let cuts = CutPoints::find(values, &method, 2, direction)
                .map_err(|source| ScoreError::Axis { axis, source })?;
            if let (Some(knife), Some(cut)) = (knives.get_mut(index), cuts.cuts().first()) {
                *knife = *cut;
            }
            high.push(cuts.score_all(values));
        }
        let is_high = |axis: usize, row: usize| {
            high.get(axis)
                .and_then(|scores| scores.get(row))
                .is_some_and(|&score| score == 2)
        };
        let octants = (0..table.len())
            .map(|row| Octant::new(is_high(0, row), is_high(1, row), is_high(2, row)))
            .collect();
        Ok(Self { octants, knives })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_and_keys_follow_the_source() {
        let key = |r, f, m| Octant::new(r, f, m).key();
        assert_eq!(key(true, true, true), "high_value");
        assert_eq!(key(true, false, true), "to_deepen");
        assert_eq!(key(false, true, true), "sleeping");
        assert_eq!(key(false, false, true), "lost");
        assert_eq!(key(true, true, false), "potential");
        assert_eq!(key(true, false, false), "new");
        assert_eq!(key(false, true, false), "maintain");
        assert_eq!(key(false, false, false), "let_go");
        assert_eq!(Octant::new(true, false, true).code(), "101");
        assert_eq!(Octant::all().count(), 8);
    }
}
