//! On which days customers bought, without saying who they are: what models are held against, and drawn from.

use std::sync::{Mutex, PoisonError};

use patron_core::{Day, MoneySum};
use patron_fold::Watch;
use rayon::prelude::*;

/// The purchase days of all customers as of a day. Equal customer bases have equal logs, whatever the order of rows and
/// the number of threads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PurchaseLog {
    /// Where each customer's days end.
    ends: Vec<usize>,
    days: Vec<Day>,
}

impl PurchaseLog {
    /// Makes the log of customers whose purchase days are given: ascending, each once. Who never bought is left out.
    pub fn new(customers: impl IntoIterator<Item = Vec<Day>>) -> Self {
        let mut log = Self::default();
        for days in customers {
            log.push(days);
        }
        log.sorted()
    }

    /// Returns the number of customers.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns true if nobody has bought.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns the purchase days of the customer at a place, ascending; none beyond the end.
    #[must_use]
    pub fn get(&self, place: usize) -> &[Day] {
        let to = self.ends.get(place).copied();
        let from = place
            .checked_sub(1)
            .and_then(|before| self.ends.get(before));
        let span = to.and_then(|to| self.days.get(from.copied().unwrap_or(0)..to));
        span.unwrap_or_default()
    }

    /// Walks over the customers, each with the purchase days, by these.
    pub fn iter(&self) -> impl Iterator<Item = &[Day]> {
        (0..self.len()).map(|place| self.get(place))
    }

    fn push(&mut self, days: impl IntoIterator<Item = Day>) {
        let before = self.days.len();
        self.days.extend(days);
        if self.days.len() > before {
            self.ends.push(self.days.len());
        }
    }

    /// Brings customers into the order of their days: they come from the fold in the order in which threads were done.
    fn sorted(self) -> Self {
        let mut places: Vec<usize> = (0..self.len()).collect();
        places.par_sort_unstable_by(|left, right| self.get(*left).cmp(self.get(*right)));
        let mut sorted = Self {
            ends: Vec::with_capacity(self.ends.len()),
            days: Vec::with_capacity(self.days.len()),
        };
        for place in places {
            sorted.push(self.get(place).iter().copied());
        }
        sorted
    }
}

/// Collects purchase days while a fold goes on.
#[derive(Debug, Default)]
pub(crate) struct Collector(Mutex<PurchaseLog>);

impl Collector {
    /// Takes what was collected.
    pub(crate) fn log(&self) -> PurchaseLog {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *log).sorted()
    }
}

impl Watch for Collector {
    fn purchases(&self, _: Day, days: &[(Day, MoneySum)]) {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.push(days.iter().map(|(day, _)| *day));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(days: &[i32]) -> Vec<Day> {
        days.iter().copied().map(Day).collect()
    }

    #[test]
    fn a_log_does_not_know_in_which_order_customers_came() {
        let customers = [days(&[5, 9]), days(&[5]), days(&[1, 2, 30]), days(&[])];
        let log = PurchaseLog::new(customers.clone());
        let expected = [days(&[1, 2, 30]), days(&[5]), days(&[5, 9])];
        assert!(log.iter().eq(expected.iter().map(Vec::as_slice)));
        assert_eq!(log, PurchaseLog::new(customers.into_iter().rev()));
        assert_eq!(log.len(), 3, "who never bought is nobody here");
        assert!(log.get(3).is_empty());
    }

    #[test]
    fn what_is_collected_is_a_log() {
        let collector = Collector::default();
        let spent = |day: i32| (Day(day), MoneySum(100));
        collector.purchases(Day(40), &[spent(7), spent(12)]);
        collector.purchases(Day(40), &[spent(3)]);
        let expected = PurchaseLog::new([days(&[3]), days(&[7, 12])]);
        assert_eq!(collector.log(), expected);
        assert!(collector.log().is_empty(), "it was taken");
    }
}
