//! How surely an interval is to hold.

use crate::distributions::{normal_quantile, student_quantile};

/// The share of intervals that are to hold what they are made for, above 0 and below 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Level(f64);

/// A level that is no probability.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("a level of {level}, expected a number above 0 and below 1")]
pub struct LevelOutsideDomain {
    /// The level given.
    pub level: f64,
}

impl Level {
    /// 95 %.
    pub const NINETY_FIVE: Self = Self(0.95);

    /// 90 %.
    pub const NINETY: Self = Self(0.9);

    /// Checks and keeps a level.
    ///
    /// # Errors
    /// [`LevelOutsideDomain`] unless `0 < level < 1`; NaN fails this test.
    pub fn new(level: f64) -> Result<Self, LevelOutsideDomain> {
        if level > 0.0 && level < 1.0 {
            Ok(Self(level))
        } else {
            Err(LevelOutsideDomain { level })
        }
    }

    /// Returns the number.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }

    /// Returns the probability that is left on either side.
    #[must_use]
    pub fn tail(self) -> f64 {
        0.5 * (1.0 - self.0)
    }

    /// Returns by how many standard errors the bounds of a normal estimate lie apart from it.
    #[must_use]
    pub fn normal(self) -> f64 {
        -normal_quantile(self.tail())
    }

    /// Returns the same where the standard error has so many degrees of freedom itself.
    #[must_use]
    pub fn student(self, degrees_of_freedom: f64) -> f64 {
        -student_quantile(self.tail(), degrees_of_freedom)
    }
}
