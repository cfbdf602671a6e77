//! Which version of an order counts where several files, or several rows, hold it.
//!
//! A version is newer by the source's own time of change where every row of the order has one, else by its file: files
//! are given from old to new. Of lines, a newer file replaces what it holds another version of, article by article, so
//! that an order cut in two by the end of a file keeps all its lines; where the source says that the order was changed,
//! the newer lines replace all older ones.

use patron_core::RowClass;
use patron_import::RowKind;

use super::fold_partition::FoldedPartition;
use super::record::Record;
use super::work::{likeness, merged};

/// What tells versions of an order apart, the newest last: time of change, file, time of the order.
pub(super) type Version = (i64, u32, i64);

/// Returns true if all of these rows say when their order was changed.
pub(super) fn by_update<'r, 'a: 'r>(mut rows: impl Iterator<Item = &'r Record<'a>>) -> bool {
    rows.all(|row| row.updated_at.is_some())
}

/// Returns a row's version.
pub(super) fn version(row: &Record<'_>, by_update: bool) -> Version {
    let updated_at = row.updated_at.filter(|_| by_update).unwrap_or(0);
    (updated_at, row.file, row.at)
}

/// Returns the ids of orders that files hold in more than one version, sorted. Of these no row only repeats another: an
/// order that was paid, cancelled and paid again is paid.
pub(super) fn contested_orders<'a>(rows: &[Record<'a>]) -> Vec<&'a str> {
    let speaks = |row: &&Record<'_>| is_named_order(row) || is_cancelled_order(row);
    let mut versions: Vec<(&str, u64)> = rows
        .iter()
        .filter(speaks)
        .map(|row| (row.order_id, row.row_hash))
        .collect();
    versions.sort_unstable();
    versions.dedup();
    versions
        .chunk_by(|a, b| a.0 == b.0)
        .filter_map(|versions| match versions {
            [(id, _), _, ..] => Some(*id),
            _ => None,
        })
        .collect()
}

/// Takes the lines of orders, and the refunds that stand among them, out of `rows` and returns those that count: what a
/// newer file repeats or holds in another version is merged.
pub(super) fn current_lines<'a>(
    rows: &mut Vec<Record<'a>>,
    partition: &mut FoldedPartition,
) -> Vec<Record<'a>> {
    rows.sort_unstable_by_key(|row| (is_part(row), row.order_id, row.file, likeness(row), row.at));
    let parts = rows.split_off(rows.partition_point(|row| !is_part(row)));
    let mut counting = Vec::with_capacity(parts.len());
    for order in parts.chunk_by(|a, b| a.order_id == b.order_id) {
        let mut files: Vec<Vec<Part<'a>>> = order
            .chunk_by(|a, b| a.file == b.file)
            .map(parts_of)
            .collect();
        if by_update(order.iter()) {
            files.sort_by_key(|parts| parts.iter().map(|part| version(&part.row, true)).max());
        }
        let mut current = Vec::new();
        for newer in files {
            current = replace(current, newer, partition);
        }
        for part in current {
            counting.push(part.row);
            counting.extend(part.refund);
        }
    }
    counting
}

/// A row among an order's lines, with the undated refund that it speaks of besides.
#[derive(Clone, Copy)]
struct Part<'a> {
    row: Record<'a>,
    refund: Option<Record<'a>>,
}

impl Part<'_> {
    /// Bought or cancelled; not money that went back.
    fn is_line(&self) -> bool {
        self.row.kind != RowKind::Refund
    }
}

/// Puts rows of one order and file together with their refunds. Equal rows stand together, refunds behind them.
fn parts_of<'a>(rows: &[Record<'a>]) -> Vec<Part<'a>> {
    let mut parts: Vec<Part<'a>> = Vec::with_capacity(rows.len());
    for row in rows {
        let owner = parts.iter_mut().find(|part| {
            row.is_derived_refund() && part.refund.is_none() && part.row.row_hash == row.row_hash
        });
        match owner {
            Some(owner) => owner.refund = Some(*row),
            None => parts.push(Part {
                row: *row,
                refund: None,
            }),
        }
    }
    parts
}

/// A row among the lines of an order: a line, also one that was set aside since it was cancelled, or a refund.
fn is_part(row: &Record<'_>) -> bool {
    let among_lines = match row.kind {
        RowKind::Line => true,
        RowKind::Refund => row.is_line,
        RowKind::Mention(_) => is_cancelled_line(row),
        _ => false,
    };
    among_lines && !row.order_id.is_empty()
}

/// A line that was set aside because it was cancelled, void or a test.
pub(super) fn is_cancelled_line(row: &Record<'_>) -> bool {
    row.is_line && is_cancelled(row)
}

/// An order's row that says it was cancelled, void or a test. Such rows are set aside, but they speak for the order's other
/// rows: its lines in another file, an earlier version. A line speaks for itself alone.
pub(super) fn is_cancelled_order(row: &Record<'_>) -> bool {
    !row.is_line && is_cancelled(row) && !row.order_id.is_empty()
}

fn is_cancelled(row: &Record<'_>) -> bool {
    let cancelled = RowKind::Mention(RowClass::CancelledOrder);
    row.kind == cancelled || row.kind == RowKind::Mention(RowClass::TestOrVoid)
}

/// A row that is a whole order.
pub(super) fn is_named_order(row: &Record<'_>) -> bool {
    row.kind == RowKind::Order && !row.order_id.is_empty()
}

/// The one time of change that all lines give, if they do.
fn one_update(parts: &[Part<'_>]) -> Option<i64> {
    let mut updates = parts
        .iter()
        .filter(|part| part.is_line())
        .map(|part| part.row.updated_at);
    let first = updates.next()??;
    updates.all(|update| update == Some(first)).then_some(first)
}

/// Puts a newer file's rows of an order in the place of older ones. Equal rows stay as they are; of the other lines, the
/// newer replace the older of the same article, and every one of which the source says that the order was changed since.
/// Money that went back earlier stays back.
fn replace<'a>(
    older: Vec<Part<'a>>,
    newer: Vec<Part<'a>>,
    partition: &mut FoldedPartition,
) -> Vec<Part<'a>> {
    let now = one_update(&newer);
    let mut unmatched: Vec<Option<Part<'a>>> = older.into_iter().map(Some).collect();
    let mut kept = Vec::with_capacity(unmatched.len() + newer.len());
    let mut fresh = Vec::new();
    for part in newer {
        let equal = unmatched
            .iter_mut()
            .find(|old| old.is_some_and(|old| likeness(&old.row) == likeness(&part.row)));
        match equal.and_then(Option::take) {
            Some(old) => {
                kept.push(old);
                merged(&part.row, partition);
            }
            None => fresh.push(part),
        }
    }
    for old in unmatched.into_iter().flatten() {
        let of_article = |new: &Part<'_>| new.is_line() && new.row.product == old.row.product;
        let changed_since = old
            .row
            .updated_at
            .zip(now)
            .is_some_and(|(then, now)| then < now);
        if old.is_line() && (changed_since || fresh.iter().any(of_article)) {
            merged(&old.row, partition);
        } else {
            kept.push(old);
        }
    }
    kept.append(&mut fresh);
    kept
}
