//! What is expected of a customer whose own rates are drawn.

use crate::intervals::Interval;

/// What is expected of one customer after the end of observation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OwnForecast {
    /// Probability of not having left by then.
    pub probability_alive: f64,
    /// Expected purchases within the horizon.
    pub expected_purchases: f64,
    /// Between which bounds the customer's own expectation lies: that of somebody with the own rates, which are not known.
    ///
    /// Wider than the interval of the expectation of [`intervals`](crate::intervals), which averages over all who could have this
    /// history; narrower than that of the outcome, whose bounds are quantiles of a [`CountDistribution`](crate::purchase::CountDistribution).
    pub own_expectation: Interval,
}

/// What is expected of all customers together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TotalForecast {
    /// Expected purchases within the horizon.
    pub expected_purchases: f64,
    /// Between which bounds the sum of all own expectations lies.
    pub own_expectations: Interval,
}
