//! The first facts of a file, to be shown to whoever imports it.

use patron_import::{FactRows, PlainOrder, RowKind, UNDATED};

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

/// Adds a plain order of a block, if there are not enough.
pub(super) fn add_plain(first: &mut Vec<FirstFact>, order: &PlainOrder<'_>) {
    if first.len() < KEPT {
        first.push(FirstFact {
            line: order.line,
            customer: order.customer.to_owned(),
            order_id: order.order_id.to_owned(),
            at: Some(order.at),
            net: order.net,
            kind: RowKind::Order,
        });
    }
}

/// Adds a batch's facts, one for each row, until there are enough. Plain orders of the batch were added before: what comes first
/// is told by the line.
pub(super) fn add(first: &mut Vec<FirstFact>, facts: &FactRows) {
    let are_plain = !first.is_empty();
    add_written(first, facts);
    if are_plain {
        first.sort_by_key(|fact| fact.line);
        first.truncate(KEPT);
    }
}

fn add_written(first: &mut Vec<FirstFact>, facts: &FactRows) {
    let is_derived = |fact: &usize| {
        facts.kind.get(*fact) == Some(&RowKind::Refund) && facts.at.get(*fact) == Some(&UNDATED)
    };
    let shown = (0..facts.len()).filter(|fact| !is_derived(fact));
    first.extend(shown.take(KEPT).filter_map(|fact| {
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

#[cfg(test)]
mod tests {
    use super::*;
    use patron_core::OrderStatus;

    fn facts_of(lines: &[u64]) -> FactRows {
        let mut facts = FactRows::default();
        for &line in lines {
            facts.customer.push("w");
            facts.order_id.push("");
            facts.at.push(0);
            facts.net.push(0);
            facts.kind.push(RowKind::Refund);
            facts.status.push(OrderStatus::Paid);
            facts.line.push(line);
        }
        facts
    }

    #[test]
    fn plain_orders_and_others_come_by_line() {
        let mut first = Vec::new();
        for line in [2, 4, 5, 8, 9, 11] {
            let order = PlainOrder {
                customer: "p",
                order_id: "1",
                at: 0,
                net: 1,
                row_hash: 0,
                line,
            };
            add_plain(&mut first, &order);
        }
        add(&mut first, &facts_of(&[3, 6, 7, 10, 12, 13]));
        let told: Vec<(u64, &str)> = first
            .iter()
            .map(|fact| (fact.line, fact.customer.as_str()))
            .collect();
        assert_eq!(told, [(2, "p"), (3, "w"), (4, "p"), (5, "p"), (6, "w")]);
        add(&mut first, &facts_of(&[14]));
        assert_eq!(first.len(), KEPT);
    }
}
