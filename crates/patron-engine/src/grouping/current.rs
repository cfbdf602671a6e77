//! Which of a customer's rows count where imports hold several versions: for whoever wants the rows, not their facts.

use super::fold_partition::FoldedPartition;
use super::record::Record;
use super::versions::{by_update, is_cancelled_order, is_named_order, version};
use super::work::{Role, Work};

/// Calls `take` with the rows of one customer that count, by the rules by which histories are folded.
///
/// Of an order that was cancelled the row that says so counts, unless a newer one says otherwise; then no such row does.
/// Rows that were set aside for other reasons are given as they are, also those that later files repeat.
/// With `repeats_are_versions` rows of one file that share an order id are versions of it, else its lines.
pub fn counting<'a>(
    rows: &[Record<'a>],
    repeats_are_versions: bool,
    mut take: impl FnMut(&Record<'a>),
) {
    let mut partition = FoldedPartition::default();
    let mut work = Work::default();
    work.load(rows);
    work.merge_files(&mut partition);
    let mut found: Vec<(Record<'a>, Role)> = Vec::with_capacity(rows.len());
    work.resolve_rows(repeats_are_versions, &mut partition, |row, role| {
        found.push((*row, role));
    });
    found.sort_by_key(|(row, _)| row.order_id);
    for order in found.chunk_by(|(a, _), (b, _)| !a.order_id.is_empty() && a.order_id == b.order_id)
    {
        let cancelled = cancelled_row(order);
        let others = order
            .iter()
            .filter(|(row, role)| *role != Role::Cancelled && !is_cancelled_order(row));
        others.for_each(|(row, _)| take(row));
        if let Some(row) = cancelled {
            take(row);
        }
    }
}

/// Returns the row that says last that an order was cancelled, if that is how the order stands.
fn cancelled_row<'g, 'a>(order: &'g [(Record<'a>, Role)]) -> Option<&'g Record<'a>> {
    let settled = order.iter().find(|(_, role)| *role == Role::Cancelled);
    if let Some((row, _)) = settled {
        return Some(row);
    }
    let rows = || order.iter().map(|(row, _)| row);
    let says = || rows().filter(|row| is_cancelled_order(row));
    if rows().any(is_named_order) {
        return None;
    }
    let dated = by_update(says());
    says().max_by_key(|row| version(row, dated))
}

#[cfg(test)]
mod tests {
    use super::*;
    use patron_core::{OrderStatus, RowClass};
    use patron_import::RowKind;

    fn row(kind: RowKind, row_hash: u64, file: u32) -> Record<'static> {
        Record {
            kind,
            status: OrderStatus::Paid,
            at: 5,
            net: 10,
            row_hash,
            quantity: 0,
            is_line: kind == RowKind::Line,
            status_unsaid: false,
            updated_at: None,
            product: 0,
            file,
            customer: "ann",
            order_id: "1",
            contact: None,
            line: 0,
            details: &[],
        }
    }

    fn counted(rows: &[Record<'static>]) -> Vec<u64> {
        let mut hashes = Vec::new();
        counting(rows, true, |row| hashes.push(row.row_hash));
        hashes.sort_unstable();
        hashes
    }

    const CANCELLED: RowKind = RowKind::Mention(RowClass::CancelledOrder);

    #[test]
    fn the_newest_version_of_an_order_counts() {
        let rows = [row(RowKind::Order, 1, 0), row(RowKind::Order, 2, 1)];
        assert_eq!(counted(&rows), [2]);
        let dated = |mut row: Record<'static>, at| {
            row.updated_at = Some(at);
            row
        };
        assert_eq!(counted(&[dated(rows[0], 9), dated(rows[1], 8)]), [1]);
    }

    #[test]
    fn a_cancelled_order_is_its_newest_cancellation_unless_it_was_placed_again() {
        let (placed, cancelled) = (row(RowKind::Order, 1, 0), row(CANCELLED, 2, 1));
        assert_eq!(counted(&[placed, cancelled]), [2]);
        assert_eq!(counted(&[row(CANCELLED, 7, 0), row(CANCELLED, 2, 1)]), [2]);
        assert_eq!(
            counted(&[placed, cancelled, row(RowKind::Order, 3, 2)]),
            [3]
        );
    }

    #[test]
    fn lines_are_replaced_article_by_article() {
        let line = |row_hash, file, product| Record {
            product,
            ..row(RowKind::Line, row_hash, file)
        };
        let rows = [line(1, 0, 7), line(2, 0, 8), line(3, 1, 7)];
        assert_eq!(counted(&rows), [2, 3]);
    }
}
