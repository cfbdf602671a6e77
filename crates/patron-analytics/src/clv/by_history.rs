//! Customers by history: what a model says depends on nothing else, and many have the same.

use patron_stats::history::{History, WeightedHistories};
use rayon::prelude::*;

use super::Customers;

/// The distinct histories of customers, and who has which.
#[derive(Debug, Clone)]
pub(super) struct ByHistory {
    histories: Vec<History>,
    weights: Vec<u64>,
    order: Vec<usize>,
    of_customer: Vec<usize>,
}

impl ByHistory {
    /// Sorts customers by history; the order of rows decides nothing.
    pub(super) fn of(customers: &Customers) -> Self {
        let mut placed: Vec<(History, usize)> = customers
            .histories()
            .iter()
            .enumerate()
            .map(|(place, history)| (*history, place))
            .collect();
        placed.par_sort_unstable_by(|a, b| a.0.work_order(&b.0).then(a.1.cmp(&b.1)));
        let mut found = Self {
            histories: Vec::new(),
            weights: Vec::new(),
            order: Vec::with_capacity(placed.len()),
            of_customer: vec![0; placed.len()],
        };
        for alike in placed.chunk_by(|a, b| a.0.work_order(&b.0).is_eq()) {
            let mut weight = 0;
            for (_, place) in alike {
                found.order.push(*place);
                weight += customers.get(*place).map_or(0, |customer| customer.weight);
                if let Some(slot) = found.of_customer.get_mut(*place) {
                    *slot = found.histories.len();
                }
            }
            found
                .histories
                .extend(alike.first().map(|(history, _)| *history));
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

    /// The places of customers, those of one history together.
    pub(super) fn order(&self) -> &[usize] {
        &self.order
    }

    /// The place of every customer's history.
    pub(super) fn of_customer(&self) -> &[usize] {
        &self.of_customer
    }
}
