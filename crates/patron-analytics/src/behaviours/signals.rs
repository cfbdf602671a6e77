//! What a behaviour is told as: its rule with the shop's own numbers, and the customers it was found of.

use patron_stats::intervals::Interval;

/// How sure it must be of a customer.
pub(super) const SURE: f64 = 0.8;
/// Orders of a customer below which nothing is said.
pub(super) const LEAST_ORDERS: u64 = 3;
/// Customers with so many orders, and events in the shop, below which nothing is said of anybody.
const LEAST_CUSTOMERS: usize = 30;
const LEAST_EVENTS: u64 = 10;

/// A behaviour of a shop's customers.
#[derive(Debug, Clone)]
pub(super) struct Behaviour {
    /// Stable key.
    pub(super) key: &'static str,
    /// The rule in words.
    pub(super) rule: String,
    /// Why nothing is said; nothing where it can be told.
    pub(super) untold: Option<String>,
    /// The share of customers of whom it is likely true, also where it cannot be said of whom.
    pub(super) likely: Option<Likely>,
    /// Of whom it was found.
    pub(super) signals: Vec<Signal>,
}

/// A share of customers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Likely {
    pub(super) share: f64,
    pub(super) interval: Option<Interval>,
}

/// What was found of a customer.
#[derive(Debug, Clone)]
pub(super) struct Signal {
    /// Where the customer stands in the shop's table.
    pub(super) place: usize,
    /// 2 of whom it is plainer still.
    pub(super) level: u64,
    /// How probable it is.
    pub(super) probability: Option<f64>,
    /// A share, or how many times as much as usual, with its interval.
    pub(super) estimate: Option<(f64, Interval)>,
    /// Why, in a sentence.
    pub(super) explanation: String,
}

impl Behaviour {
    pub(super) const fn new(key: &'static str, rule: String) -> Self {
        Self {
            key,
            rule,
            untold: None,
            likely: None,
            signals: Vec::new(),
        }
    }

    pub(super) fn untold(self, why: impl Into<String>) -> Self {
        Self {
            untold: Some(why.into()),
            ..self
        }
    }
}

/// Why a rule that compares customers with the shop says nothing: too few of them, or too few events; nothing if it may speak.
pub(super) fn too_few(customers: usize, events: u64, what: &str) -> Option<String> {
    if customers < LEAST_CUSTOMERS {
        return Some(format!(
            "too few to tell: {customers} customers with {LEAST_ORDERS} orders or more, {LEAST_CUSTOMERS} needed"
        ));
    }
    let few = events < LEAST_EVENTS;
    few.then(|| format!("too few to tell: {events} {what}, {LEAST_EVENTS} needed"))
}

/// Why a rule says nothing that needs so many customers of a kind.
pub(super) fn too_few_of(customers: usize, kind: &str) -> Option<String> {
    let few = customers < LEAST_CUSTOMERS;
    few.then(|| format!("too few to tell: {customers} {kind}, {LEAST_CUSTOMERS} needed"))
}

/// A share as people read it.
pub(super) fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    if percent > 0.0 && percent < 9.95 {
        format!("{percent:.1} %")
    } else {
        format!("{percent:.0} %")
    }
}

/// Both bounds of a share.
pub(super) fn percents(interval: Interval) -> String {
    format!(
        "{:.0} to {:.0} %",
        100.0 * interval.low,
        100.0 * interval.high
    )
}

/// A count with its noun.
pub(super) fn things(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
