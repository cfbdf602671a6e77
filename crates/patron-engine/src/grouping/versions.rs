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

/// Takes the lines and refunds of orders out of `rows` and returns those that count: what a newer file repeats or holds
/// in another version is merged.
pub(super) fn current_lines<'a>(
    rows: &mut Vec<Record<'a>>,
    partition: &mut FoldedPartition,
) -> Vec<Record<'a>> {
    rows.sort_unstable_by_key(|row| (is_part(row), row.order_id, row.file, likeness(row), row.at));
    let parts = rows.split_off(rows.partition_point(|row| !is_part(row)));
    let mut counting = Vec::with_capacity(parts.len());
    for order in parts.chunk_by(|a, b| a.order_id == b.order_id) {
        let mut files: Vec<&[Record<'a>]> = order.chunk_by(|a, b| a.file == b.file).collect();
        if by_update(order.iter()) {
            files.sort_by_key(|rows| rows.iter().map(|row| version(row, true)).max());
        }
        let mut files = files.into_iter();
        let mut current = files.next().unwrap_or_default().to_vec();
        let mut changed = one_update(&current);
        for newer in files {
            let update = one_update(newer);
            let whole = changed
                .zip(update)
                .is_some_and(|(before, now)| before != now);
            current = replace(current, newer, whole, partition);
            changed = update;
        }
        counting.append(&mut current);
    }
    counting
}

/// A line of an order, also one that was set aside since it was cancelled, or a refund of one; with a row of its own.
fn is_part(row: &Record<'_>) -> bool {
    let own_row = match row.kind {
        RowKind::Line => true,
        RowKind::Refund => !row.is_derived_refund(),
        RowKind::Mention(_) => is_cancelled_line(row),
        RowKind::Order => false,
    };
    own_row && !row.order_id.is_empty()
}

/// A line that was set aside because it was cancelled, void or a test.
pub(super) fn is_cancelled_line(row: &Record<'_>) -> bool {
    let cancelled = RowKind::Mention(RowClass::CancelledOrder);
    let void = RowKind::Mention(RowClass::TestOrVoid);
    row.is_line && (row.kind == cancelled || row.kind == void)
}

/// The one time of change that all rows give, if they do.
fn one_update(rows: &[Record<'_>]) -> Option<i64> {
    let first = rows.first()?.updated_at?;
    rows.iter()
        .all(|row| row.updated_at == Some(first))
        .then_some(first)
}

/// Puts a newer file's rows of an order in the place of older ones. Equal rows stay as they are; of the others, the newer
/// replace the older of the same article, or all of them.
fn replace<'a>(
    older: Vec<Record<'a>>,
    newer: &[Record<'a>],
    whole: bool,
    partition: &mut FoldedPartition,
) -> Vec<Record<'a>> {
    let mut unmatched: Vec<Option<Record<'a>>> = older.into_iter().map(Some).collect();
    let mut kept = Vec::with_capacity(unmatched.len() + newer.len());
    let mut fresh = Vec::new();
    for row in newer {
        let equal = unmatched
            .iter_mut()
            .find(|old| old.is_some_and(|old| likeness(&old) == likeness(row)));
        match equal.and_then(Option::take) {
            Some(old) => {
                kept.push(old);
                merged(row, partition);
            }
            None => fresh.push(*row),
        }
    }
    for old in unmatched.into_iter().flatten() {
        let article = |row: &Record<'_>| (row.kind == RowKind::Refund, row.product);
        if whole || fresh.iter().any(|row| article(row) == article(&old)) {
            merged(&old, partition);
        } else {
            kept.push(old);
        }
    }
    kept.append(&mut fresh);
    kept
}
