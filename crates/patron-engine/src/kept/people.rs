//! What is kept of a person besides the profile: until when it holds, where the history lies, what there is to sum up.

use patron_fold::Steady;

use crate::source::Seen;

/// What is kept of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptPerson {
    /// The as-of days on which the profile is the one kept.
    pub steady: Steady,
    /// When the first order that may count was placed, µs UTC; `i64::MAX` for none.
    pub earliest: i64,
    /// When the last was; `i64::MIN` for none.
    pub latest: i64,
    /// When money was given back last; `i64::MIN` for never, or nobody knows when.
    pub refunded: i64,
    /// Which file has the history.
    pub part: u32,
    /// Where it begins there.
    pub at: u64,
    /// How long it is.
    pub bytes: u32,
    /// A checksum of it.
    pub check: u32,
}

impl KeptPerson {
    /// Returns what the records are, so far as the sums of a run need it.
    pub(crate) fn seen(mut self, seen: &Seen, with_free: bool) -> Self {
        let mut placed = seen.paid;
        if with_free {
            placed.merge(seen.free);
        }
        self.earliest = placed.earliest.unwrap_or(i64::MAX);
        self.latest = placed.latest.unwrap_or(i64::MIN);
        self.refunded = seen.refunds.latest.unwrap_or(i64::MIN);
        self
    }
}

/// What is kept of everybody besides customers and people without an order, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeptPeople {
    /// Of each customer.
    pub customers: Vec<KeptPerson>,
    /// Of each person without a valid order.
    pub prospects: Vec<KeptPerson>,
    /// Of whoever is neither: known only from refunds that were taken back. Sorted by name.
    pub silent: Vec<(String, KeptPerson)>,
}

impl KeptPeople {
    /// Walks over what is kept of everybody.
    pub fn iter(&self) -> impl Iterator<Item = &KeptPerson> {
        let silent = self.silent.iter().map(|(_, kept)| kept);
        self.customers.iter().chain(&self.prospects).chain(silent)
    }
}
