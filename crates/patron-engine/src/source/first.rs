//! The first facts of a file, to be shown to whoever imports it.

use patron_import::{FactRows, RowKind, UNDATED};

/// How many are kept.
const KEPT: usize = 5;

/// One of the first facts of a file, as it was understood.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FirstFact {
    /// The line of the file.
    pub line: u64,
    /// Whose.
    pub customer: String,
    /// The order's id, or what lists have in its place.
    pub order_id: String,
    /// µs UTC, if there is a date.
    pub at: Option<i64>,
    /// In ten-thousandths.
    pub net: i64,
    /// What it is.
    pub kind: RowKind,
}

/// Adds facts until there are enough, one for each row.
pub(super) fn add(first: &mut Vec<FirstFact>, facts: &FactRows) {
    let missing = KEPT.saturating_sub(first.len());
    let is_derived = |fact: &usize| {
        facts.kind.get(*fact) == Some(&RowKind::Refund) && facts.at.get(*fact) == Some(&UNDATED)
    };
    let shown = (0..facts.len()).filter(|fact| !is_derived(fact));
    first.extend(shown.take(missing).filter_map(|fact| {
        Some(FirstFact {
            line: *facts.line.get(fact)?,
            customer: facts.customer.get(fact).to_owned(),
            order_id: facts.order_id.get(fact).to_owned(),
            at: facts.at.get(fact).copied().filter(|&at| at != UNDATED),
            net: *facts.net.get(fact)?,
            kind: *facts.kind.get(fact)?,
        })
    }));
}

/// Adds what later rows gave, until there is enough.
pub(super) fn extend(first: &mut Vec<FirstFact>, later: Vec<FirstFact>) {
    let missing = KEPT.saturating_sub(first.len());
    first.extend(later.into_iter().take(missing));
}
