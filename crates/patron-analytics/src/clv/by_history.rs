//! Customers by history: what a model says depends on nothing else, and many have the same.

use std::cmp::Ordering;

use patron_stats::history::{History, WeightedHistories};
use rayon::prelude::*;

use super::Customers;

/// The distinct histories of customers, and who has which.
#[derive(Debug, Clone)]
pub(super) struct ByHistory {
    histories: Vec<History>,
    weights: Vec<u64>,
    of_customer: Vec<u32>,
}

/// A history beside the place of who has it, packed: sorting a million moves a quarter less.
#[derive(Clone, Copy)]
struct Placed {
    repeat_purchases: u32,
    place: u32,
    age: f64,
    recency: f64,
}

impl Placed {
    fn new(history: &History, place: u32) -> Self {
        Self {
            repeat_purchases: history.repeat_purchases(),
            place,
            age: history.age(),
            recency: history.recency(),
        }
    }

    /// As [`History::work_order`] has it.
    fn work_order(&self, other: &Self) -> Ordering {
        self.repeat_purchases
            .cmp(&other.repeat_purchases)
            .then(self.age.total_cmp(&other.age))
            .then(self.recency.total_cmp(&other.recency))
    }
}

impl ByHistory {
    /// Sorts customers by history; the order of rows decides nothing.
    pub(super) fn of(customers: &Customers) -> Self {
        let rows = customers.histories();
        let mut placed: Vec<Placed> = rows
            .par_iter()
            // Rows that a u32 cannot number would take 96 GiB as histories alone.
            .zip(0..u32::try_from(rows.len()).unwrap_or(u32::MAX))
            .map(|(history, place)| Placed::new(history, place))
            .collect();
        placed.par_sort_unstable_by(|a, b| a.work_order(b).then(a.place.cmp(&b.place)));
        let alike = || placed.chunk_by(|a, b| a.work_order(b).is_eq());
        let distinct = alike().count();
        let mut found = Self {
            histories: Vec::with_capacity(distinct),
            weights: Vec::with_capacity(distinct),
            of_customer: vec![0; placed.len()],
        };
        for (alike, number) in alike().zip(0_u32..) {
            let mut weight = 0;
            for one in alike {
                weight += customers.weight(one.place as usize);
                if let Some(slot) = found.of_customer.get_mut(one.place as usize) {
                    *slot = number;
                }
            }
            let history = alike.first().and_then(|one| rows.get(one.place as usize));
            found.histories.extend(history);
            found.weights.push(weight);
        }
        found
    }

    /// The distinct histories in work order.
    pub(super) fn histories(&self) -> &[History] {
        &self.histories
    }

    /// The same with the number of customers that have each.
    pub(super) fn weighted(&self) -> WeightedHistories {
        let counted = self.histories.iter().zip(&self.weights);
        WeightedHistories::from_histories(counted.map(|(history, weight)| (*history, *weight)))
    }

    /// The places of customers, those of one history together, in work order.
    pub(super) fn order(&self) -> Vec<usize> {
        let mut next = vec![0_usize; self.histories.len() + 1];
        for history in &self.of_customer {
            if let Some(count) = next.get_mut(*history as usize + 1) {
                *count += 1;
            }
        }
        let mut before = 0;
        for start in &mut next {
            before += *start;
            *start = before;
        }
        let mut order = vec![0; self.of_customer.len()];
        for (place, history) in self.of_customer.iter().enumerate() {
            let Some(slot) = next.get_mut(*history as usize) else {
                continue;
            };
            if let Some(at) = order.get_mut(*slot) {
                *at = place;
            }
            *slot += 1;
        }
        order
    }

    /// The place of every customer's history.
    pub(super) fn of_customers(&self) -> impl Iterator<Item = usize> + '_ {
        self.of_customer.iter().map(|history| *history as usize)
    }

    /// The place of the history of the customer at a place.
    pub(super) fn of_customer(&self, place: usize) -> Option<usize> {
        Some(*self.of_customer.get(place)? as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clv::{Customer, CustomerId};

    #[test]
    fn customers_of_one_history_stand_together() {
        let history = |x, recency, age| History::new(x, recency, age).unwrap();
        let rows = [
            (history(2, 3.0, 9.0), 1),
            (history(0, 0.0, 9.0), 5),
            (history(2, 3.0, 9.0), 2),
            (history(0, 0.0, 4.0), 1),
            (history(2, 1.0, 9.0), 1),
            (history(0, 0.0, 9.0), 0),
        ];
        let customers: Customers = (1..)
            .zip(rows)
            .map(|(row, (history, weight))| Customer {
                id: CustomerId::Row(row),
                history,
                weight,
                spend: None,
                later: None,
                before: None,
                ln_intervals: None,
            })
            .collect();
        let found = ByHistory::of(&customers);
        let [new, old] = [history(0, 0.0, 4.0), history(0, 0.0, 9.0)];
        let [early, late] = [history(2, 1.0, 9.0), history(2, 3.0, 9.0)];
        assert_eq!(found.histories(), [new, old, early, late]);
        assert!(found.of_customers().eq([3, 1, 3, 0, 2, 1]));
        assert_eq!(found.of_customer(4), Some(2));
        assert_eq!(found.order(), [3, 1, 5, 4, 0, 2]);
        let counted = [(new, 1), (old, 5), (early, 1), (late, 3)];
        assert_eq!(found.weighted().entries(), counted);
    }
}
