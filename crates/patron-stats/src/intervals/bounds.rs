//! Between which of many draws an interval lies.

use super::IntervalError;

/// Two bounds, both inside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower bound.
    pub low: f64,
    /// Upper bound; infinite where too many draws say so.
    pub high: f64,
}

impl Interval {
    /// Returns whether a number lies inside, bounds included.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

/// Two-sided bounds of one level over a number of draws.
///
/// ```text
/// order statistics of rank (D + 1)·(1 − level)/2 and (D + 1)·(1 + level)/2, linear between neighbours
/// ```
///
/// With these ranks a further draw lies inside with probability `level`, exactly. Type-7 quantiles would be too narrow by
/// `2·level/(D + 1)`: one point in a hundred at 199 draws.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bounds {
    draws: usize,
    /// Ranks less 1.
    low: f64,
    high: f64,
}

impl Bounds {
    pub(super) fn new(level: f64, draws: usize) -> Result<Self, IntervalError> {
        check_level(level)?;
        let outside = 0.5 * (1.0 - level);
        let required = fewest(outside);
        if draws < required {
            return Err(IntervalError::TooFewDraws {
                required,
                found: draws,
            });
        }
        let ranks = draws as f64 + 1.0;
        let low = rounded(ranks * outside) - 1.0;
        Ok(Self {
            draws,
            low,
            high: draws as f64 - 1.0 - low,
        })
    }

    pub(super) const fn draws(&self) -> usize {
        self.draws
    }

    /// Returns the bounds of as many values as there are draws, whose order is lost.
    pub(super) fn of(&self, values: &mut [f64]) -> Interval {
        Interval {
            low: order_statistic(values, self.low),
            high: order_statistic(values, self.high),
        }
    }
}

pub(crate) fn check_level(level: f64) -> Result<(), IntervalError> {
    if level > 0.0 && level < 1.0 {
        Ok(())
    } else {
        Err(IntervalError::LevelOutsideDomain { level })
    }
}

/// 200 · 0.05 must be ten, not 9.999999999999998.
fn rounded(rank: f64) -> f64 {
    if (rank - rank.round()).abs() < 1e-9 {
        rank.round()
    } else {
        rank
    }
}

/// Returns the smallest number of draws of which the lower bound is one, not something beyond.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a positive number; a level so near 1 that it does not fit asks for more draws than there can be"
)]
fn fewest(outside: f64) -> usize {
    rounded(1.0 / outside).ceil() as usize - 1
}

/// Returns the value at a position between 0 and the last, linear between neighbours.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a position between 0 and the length of a slice"
)]
fn order_statistic(values: &mut [f64], position: f64) -> f64 {
    let index = (position as usize).min(values.len().saturating_sub(1));
    if values.is_empty() {
        return f64::NAN;
    }
    let fraction = position - index as f64;
    let (_, at, above) = values.select_nth_unstable_by(index, f64::total_cmp);
    let at = *at;
    if fraction <= 0.0 {
        return at;
    }
    let next = above.iter().copied().min_by(f64::total_cmp).unwrap_or(at);
    if next > at {
        at + fraction * (next - at)
    } else {
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nineteen_draws_bound_nine_tenths_by_their_extremes() {
        let bounds = Bounds::new(0.9, 19).unwrap();
        let mut values: Vec<f64> = (0..19).rev().map(f64::from).collect();
        assert_eq!(
            bounds.of(&mut values),
            Interval {
                low: 0.0,
                high: 18.0
            }
        );
        assert_eq!(
            Bounds::new(0.9, 18),
            Err(IntervalError::TooFewDraws {
                required: 19,
                found: 18
            })
        );
    }

    #[test]
    fn ranks_between_two_draws_are_between_their_values() {
        // 21 draws: ranks 1.1 and 20.9.
        let bounds = Bounds::new(0.9, 21).unwrap();
        let mut values: Vec<f64> = (0..21).map(f64::from).collect();
        let found = bounds.of(&mut values);
        assert!((found.low - 0.1).abs() < 1e-12 && (found.high - 19.9).abs() < 1e-12);
    }

    #[test]
    fn infinite_draws_make_an_infinite_bound() {
        let mut values = [f64::INFINITY; 19];
        values[3] = 2.0;
        let found = Bounds::new(0.9, 19).unwrap().of(&mut values);
        assert_eq!(
            found,
            Interval {
                low: 2.0,
                high: f64::INFINITY
            }
        );
    }

    #[test]
    fn a_level_is_a_probability() {
        for level in [0.0, 1.0, -0.5, f64::NAN] {
            assert!(matches!(
                Bounds::new(level, 100),
                Err(IntervalError::LevelOutsideDomain { .. })
            ));
        }
    }
}
