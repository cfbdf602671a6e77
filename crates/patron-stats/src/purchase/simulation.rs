//! Customers as a model would make them.

use crate::history::History;

/// A customer drawn from a model.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulatedCustomer {
    /// What was seen by the end of observation.
    pub history: History,
    /// Times of the purchases after it, counted from there.
    pub later: Vec<f64>,
}

impl SimulatedCustomer {
    /// Splits the times of repeat purchases, counted from the first purchase, at `age`.
    pub(crate) fn new(times: &[f64], age: f64) -> Self {
        let seen = times.partition_point(|time| *time <= age);
        let (seen, later) = times.split_at_checked(seen).unwrap_or((times, &[]));
        let repeat_purchases = u32::try_from(seen.len()).unwrap_or(u32::MAX);
        let recency = seen.last().copied().unwrap_or(0.0);
        Self {
            history: History::new(repeat_purchases, recency, age).unwrap_or(History::NEW_CUSTOMER),
            later: later.iter().map(|time| time - age).collect(),
        }
    }
}
