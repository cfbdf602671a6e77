//! On which days customers bought, without saying who they are: what models are held against, and drawn from.

use patron_core::Day;
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

    /// Adds a customer behind the others; who never bought is left out.
    pub(crate) fn push(&mut self, days: impl IntoIterator<Item = Day>) {
        let before = self.days.len();
        self.days.extend(days);
        if self.days.len() > before {
            self.ends.push(self.days.len());
        }
    }

    /// Adds the customers of another log behind these.
    pub(crate) fn append(&mut self, other: &Self) {
        let before = self.days.len();
        self.days.extend_from_slice(&other.days);
        self.ends.extend(other.ends.iter().map(|end| before + end));
    }

    /// Brings customers into the order of their days: they come from the fold in the order in which threads were done.
    pub(crate) fn sorted(self) -> Self {
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
    fn logs_of_parts_make_the_log_of_all() {
        let mut all = PurchaseLog::default();
        for part in [[days(&[7, 12]), days(&[])], [days(&[3]), days(&[9, 10])]] {
            let mut log = PurchaseLog::default();
            part.into_iter().for_each(|days| log.push(days));
            all.append(&log);
        }
        let expected = PurchaseLog::new([days(&[3]), days(&[7, 12]), days(&[9, 10])]);
        assert_eq!(all.sorted(), expected);
    }
}
