//! Which rows of new files the ledger has already, and what the others do: add, or supersede.
//!
//! Rows of one order stand or fall together: an order of which a file says what the ledger's newest version says is left
//! out; of any other all rows are kept, so that folding the ledger sees what folding the files would. Where all rows say
//! when the order was last changed, any version that is there already is left out. Rows without an order's id are alike if
//! they are equal: of these a file must have more than every earlier one to bring something new.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use patron_engine::{Record, SharedOrders};
use patron_import::RowKind;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// What becomes of the rows of one file. Rows set aside are not counted here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Rows that were there already: left out, and kept since other rows of their order differ.
    pub(crate) unchanged: u64,
    /// Rows in the place of an older version.
    pub(crate) superseding: u64,
    /// Order lines and refunds that were left out.
    pub(crate) left_out: (u64, u64),
    /// Rows set aside that were left out.
    pub(crate) left_out_aside: u64,
    /// Orders of which several rows of the file tell the same amount, and orders whose rows differ.
    pub(crate) constant: u64,
    pub(crate) varying: u64,
}

impl Counts {
    pub(crate) const fn add(&mut self, other: &Self) {
        self.unchanged += other.unchanged;
        self.superseding += other.superseding;
        self.left_out.0 += other.left_out.0;
        self.left_out.1 += other.left_out.1;
        self.left_out_aside += other.left_out_aside;
        self.constant += other.constant;
        self.varying += other.varying;
    }
}

/// What one file says of one order.
struct Version<'r, 'a> {
    rows: Vec<&'r Record<'a>>,
    /// Sorted.
    hashes: Vec<u64>,
    /// When its rows were changed, the first and the last; nothing if not all say so.
    made: Option<(i64, i64)>,
}

/// Compares new rows with those of the ledger, both of the same partition; calls `keep` with the rows of an order, or rows
/// that are equal, that one file brings and the ledger is to have: customer by customer, and of each by time, nearly as the
/// ledger has them.
///
/// The file of a stored record is the place of its import, oldest first; that of a new one is the place of its file.
pub(crate) fn compare<'r, 'a, E>(
    stored: &'r [Record<'a>],
    new: &'r [Record<'a>],
    counts: &mut [Counts],
    mut keep: impl FnMut(&[&'r Record<'a>]) -> Result<(), E>,
) -> Result<(), E> {
    let (stored, new) = (in_order(stored), in_order(new));
    for group in orders_by_customer_and_time(&new) {
        let Some(first) = group.first() else { continue };
        let from = stored.partition_point(|row| row.cmp_order(first).is_lt());
        let rest = stored.get(from..).unwrap_or_default();
        let until = rest.partition_point(|row| row.cmp_order(first).is_le());
        let here = rest.get(..until).unwrap_or_default();
        if let ([only], []) = (group, here) {
            // Most orders are one row that is new: there is nothing to compare.
            keep(&[only.row])?;
            continue;
        }
        let mut versions: Vec<Version<'_, 'a>> = here
            .chunk_by(|a, b| a.row.file == b.row.file)
            .map(version)
            .collect();
        for rows in group.chunk_by(|a, b| a.row.file == b.row.file) {
            let new = version(rows);
            let file = rows.first().map_or(0, |placed| placed.row.file as usize);
            let mut of_file = Counts::default();
            note_repeats(&new, &mut of_file);
            if is_known(&versions, &new) {
                leave_out(&new, &mut of_file);
            } else {
                count_changes(&versions, &new, &mut of_file);
                keep(&rows.iter().map(|placed| placed.row).collect::<Vec<_>>())?;
                versions.push(new);
            }
            if let Some(counts) = counts.get_mut(file) {
                counts.add(&of_file);
            }
        }
    }
    Ok(())
}

/// A row and hashes of its customer and its order, by which it is sorted: most rows are told apart without a look at them.
struct Placed<'r, 'a> {
    customer_hash: u64,
    order_hash: u64,
    row: &'r Record<'a>,
}

impl Placed<'_, '_> {
    fn cmp_order(&self, other: &Self) -> Ordering {
        let by_row = || order_of(self.row).cmp(&order_of(other.row));
        let hashes = (self.customer_hash, self.order_hash);
        hashes
            .cmp(&(other.customer_hash, other.order_hash))
            .then_with(by_row)
    }
}

/// Returns the rows of each order, customers by id, their orders by time. Of customers with one hash, of whom there are hardly
/// ever two, the orders stand among each other.
fn orders_by_customer_and_time<'p, 'r, 'a>(
    rows: &'p [Placed<'r, 'a>],
) -> Vec<&'p [Placed<'r, 'a>]> {
    let of_customers = rows.chunk_by(|a, b| a.customer_hash == b.customer_hash);
    let first = |of_one: &&'p [Placed<'r, 'a>]| of_one.first().map(|placed| placed.row);
    let mut customers: Vec<&[Placed<'r, 'a>]> = of_customers.collect();
    customers.sort_unstable_by_key(|of_one| first(of_one).map(|row| row.customer));
    let mut orders = Vec::with_capacity(rows.len());
    for of_one in customers {
        let from = orders.len();
        orders.extend(of_one.chunk_by(|a, b| a.cmp_order(b).is_eq()));
        if let Some(own) = orders.get_mut(from..) {
            own.sort_unstable_by_key(|order| first(order).map(|row| (row.at, order_of(row))));
        }
    }
    orders
}

/// Returns rows order by order, inside an order file by file. Derived refunds stay behind their rows; rows that say the
/// same come in the order of what is kept of them, not in that in which threads read them.
fn in_order<'r, 'a>(rows: &'r [Record<'a>]) -> Vec<Placed<'r, 'a>> {
    let placed = |row: &'r Record<'a>| {
        let (customer, order_id, own) = order_of(row);
        let customer_hash = xxh3_64(customer.as_bytes());
        let order_hash = if order_id.is_empty() {
            own
        } else {
            xxh3_64_with_seed(order_id.as_bytes(), customer_hash)
        };
        Placed {
            customer_hash,
            order_hash,
            row,
        }
    };
    let mut placed: Vec<Placed<'r, 'a>> = rows.iter().map(placed).collect();
    let rank = |row: &'r Record<'a>| (row.file, row.row_hash, is_derived(row), row.details);
    placed.sort_unstable_by(|a, b| a.cmp_order(b).then_with(|| rank(a.row).cmp(&rank(b.row))));
    placed
}

/// What rows are compared by: the order of a customer, or, without an order's id, the row itself.
fn order_of<'a>(row: &Record<'a>) -> (&'a str, &'a str, u64) {
    let own = if row.order_id.is_empty() {
        row.row_hash
    } else {
        0
    };
    (row.customer, row.order_id, own)
}

/// The refund that an order's row gives besides the order.
fn is_derived(row: &Record<'_>) -> bool {
    row.kind == RowKind::Refund && row.at == i64::MIN
}

const fn is_accepted(row: &Record<'_>) -> bool {
    !matches!(row.kind, RowKind::Mention(_))
}

fn version<'r, 'a>(rows: &[Placed<'r, 'a>]) -> Version<'r, 'a> {
    // The article of an order's first row is kept beside the order, with its hash.
    let of_order = |row: &Record<'_>| {
        // Also of a cancelled one.
        let same = |other: &Record<'_>| {
            let is_order = matches!(other.kind, RowKind::Order | RowKind::Mention(_));
            is_order && other.row_hash == row.row_hash
        };
        row.kind == RowKind::Person && rows.iter().any(|placed| same(placed.row))
    };
    let counted = |row: &&'r Record<'a>| !is_derived(row) && !of_order(row);
    let rows = rows.iter().map(|placed| placed.row);
    let rows: Vec<&Record<'a>> = rows.filter(counted).collect();
    let mut hashes: Vec<u64> = rows.iter().map(|row| row.row_hash).collect();
    hashes.sort_unstable();
    let made: Option<Vec<i64>> = rows.iter().map(|row| row.updated_at).collect();
    let made = made.and_then(|made| Some((*made.iter().min()?, *made.iter().max()?)));
    Version { rows, hashes, made }
}

fn is_known(versions: &[Version<'_, '_>], new: &Version<'_, '_>) -> bool {
    let same = |version: &Version<'_, '_>| version.hashes == new.hashes;
    let is_named = new.rows.iter().any(|row| !row.order_id.is_empty());
    if !is_named {
        let most = versions.iter().map(|version| version.hashes.len()).max();
        return most.is_some_and(|most| most >= new.hashes.len());
    }
    if versions.last().is_some_and(same) {
        return true;
    }
    // An older version is no news where the source says that each later one was made later.
    let place = versions.iter().rposition(same);
    let later = place.and_then(|place| versions.get(place + 1..));
    later.is_some_and(|later| {
        let follows = |version: &Version<'_, '_>| {
            version
                .made
                .zip(new.made)
                .is_some_and(|(later, new)| later.0 > new.1)
        };
        versions.iter().all(|version| version.made.is_some()) && later.iter().all(follows)
    })
}

fn leave_out(new: &Version<'_, '_>, counts: &mut Counts) {
    let aside = new.rows.iter().filter(|row| !is_accepted(row));
    counts.left_out_aside += aside.count() as u64;
    for row in new.rows.iter().filter(|row| is_accepted(row)) {
        counts.unchanged += 1;
        if row.kind == RowKind::Refund {
            counts.left_out.1 += 1;
        } else {
            counts.left_out.0 += 1;
        }
    }
}

/// Counts the rows of a version that is kept: those that the newest version has, too, and those in the place of others.
fn count_changes(versions: &[Version<'_, '_>], new: &Version<'_, '_>, counts: &mut Counts) {
    // Of equal rows the most that one import has, of an order what the newest says.
    let is_named = new.rows.iter().any(|row| !row.order_id.is_empty());
    let most = versions.iter().max_by_key(|version| version.hashes.len());
    let Some(newest) = versions.last().filter(|_| is_named).or(most) else {
        return;
    };
    let mut unmatched: BTreeMap<u64, Vec<&Record<'_>>> = BTreeMap::new();
    let had_an_owner = newest
        .rows
        .iter()
        .filter(|row| !SharedOrders::is_aside(row));
    for row in had_an_owner {
        unmatched.entry(row.row_hash).or_default().push(row);
    }
    let accepted = new.rows.iter().filter(|row| is_accepted(row));
    let (mut same, mut fresh) = (0, Vec::new());
    for row in accepted {
        if unmatched
            .get_mut(&row.row_hash)
            .and_then(Vec::pop)
            .is_some()
        {
            same += 1;
        } else {
            fresh.push(row);
        }
    }
    let replaced = |new: &Record<'_>| {
        let mut old = unmatched.values().flatten();
        old.any(|old| old.is_line == new.is_line && (!new.is_line || old.product == new.product))
    };
    counts.unchanged += same;
    let replaces = fresh
        .iter()
        .filter(|row| is_named && row.kind != RowKind::Refund && replaced(row));
    counts.superseding += replaces.count() as u64;
}

/// Notes whether several rows of a file are called by one order's id, and whether they tell the same amount.
fn note_repeats(new: &Version<'_, '_>, counts: &mut Counts) {
    let newest = new.made.map(|made| made.1);
    let orders = new.rows.iter().filter(|row| {
        let is_named = row.kind == RowKind::Order && !row.order_id.is_empty();
        // Rows that were changed at different times are versions.
        is_named && (newest.is_none() || row.updated_at == newest)
    });
    let mut amounts = orders.map(|row| row.net);
    let Some(first) = amounts.next() else { return };
    let mut repeats = false;
    let differ = amounts.fold(false, |differ, amount| {
        repeats = true;
        differ || amount != first
    });
    if repeats {
        counts.constant += u64::from(!differ);
        counts.varying += u64::from(differ);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use patron_core::{OrderStatus, RowClass};

    fn row<'a>(order_id: &'a str, row_hash: u64, file: u32) -> Record<'a> {
        Record {
            kind: RowKind::Order,
            status: OrderStatus::Paid,
            at: 5,
            net: 10,
            row_hash,
            quantity: 0,
            is_line: false,
            status_unsaid: false,
            updated_at: None,
            product: 0,
            file,
            customer: "ann",
            order_id,
            contact: None,
            line: 0,
            details: &[],
        }
    }

    fn line<'a>(order_id: &'a str, row_hash: u64, file: u32, product: u64) -> Record<'a> {
        Record {
            kind: RowKind::Line,
            is_line: true,
            product,
            ..row(order_id, row_hash, file)
        }
    }

    /// Returns the hashes kept, file by file, and what was counted of each file.
    fn compared(stored: &[Record<'_>], new: &[Record<'_>]) -> (Vec<Vec<u64>>, Vec<Counts>) {
        let mut counts = vec![Counts::default(); 2];
        let mut kept = vec![Vec::new(); 2];
        compare(stored, new, &mut counts, |rows| {
            for row in rows {
                kept[row.file as usize].push(row.row_hash);
            }
            Ok::<(), ()>(())
        })
        .unwrap();
        kept.iter_mut().for_each(|rows| rows.sort_unstable());
        (kept, counts)
    }

    #[test]
    fn what_is_there_is_left_out_and_what_changed_supersedes() {
        let stored = [row("1", 11, 0), row("2", 12, 0)];
        let new = [row("1", 11, 0), row("2", 22, 0), row("3", 13, 0)];
        let (kept, counts) = compared(&stored, &new);
        assert_eq!(kept[0], [13, 22]);
        assert_eq!((counts[0].unchanged, counts[0].superseding), (1, 1));
        assert_eq!(counts[0].left_out, (1, 0));
    }

    #[test]
    fn an_order_that_went_there_and_back_is_kept_again() {
        let stored = [row("1", 11, 0), row("1", 12, 1)];
        assert_eq!(compared(&stored, &[row("1", 11, 0)]).0[0], [11]);
        assert_eq!(compared(&stored, &[row("1", 12, 0)]).0[0], [0; 0]);
        // Where the source says when it was changed, an old version is old.
        let dated = |row: Record<'static>, at| Record {
            updated_at: Some(at),
            ..row
        };
        let stored = [dated(row("1", 11, 0), 1), dated(row("1", 12, 1), 2)];
        assert_eq!(compared(&stored, &[dated(row("1", 11, 0), 1)]).0[0], [0; 0]);
        // Of two versions of the same moment the later import's counts.
        let stored = [dated(row("1", 11, 0), 1), dated(row("1", 12, 1), 1)];
        assert_eq!(compared(&stored, &[dated(row("1", 11, 0), 1)]).0[0], [11]);
    }

    #[test]
    fn all_lines_of_a_changed_order_are_kept() {
        let stored = [line("1", 11, 0, 1), line("1", 12, 0, 2)];
        let new = [
            line("1", 21, 0, 1),
            line("1", 12, 0, 2),
            line("1", 13, 0, 3),
        ];
        let (kept, counts) = compared(&stored, &new);
        assert_eq!(kept[0], [12, 13, 21]);
        assert_eq!((counts[0].unchanged, counts[0].superseding), (1, 1));
        assert_eq!(counts[0].left_out, (0, 0), "it is kept with the others");
    }

    #[test]
    fn equal_rows_without_an_order_are_counted() {
        let stored = [row("", 7, 0), row("", 7, 0), row("", 7, 1)];
        let two = [row("", 7, 0), row("", 7, 0)];
        assert_eq!(compared(&stored, &two).0[0], [0; 0]);
        let three = [row("", 7, 0), row("", 7, 0), row("", 7, 0)];
        let (kept, counts) = compared(&stored, &three);
        assert_eq!(kept[0], [7, 7, 7]);
        assert_eq!((counts[0].unchanged, counts[0].superseding), (2, 0));
    }

    #[test]
    fn files_of_one_import_are_compared_one_after_another() {
        let (kept, counts) = compared(&[], &[row("1", 11, 0), row("1", 11, 1), row("2", 12, 1)]);
        assert_eq!(kept, [vec![11], vec![12]]);
        assert_eq!((counts[0].unchanged, counts[1].unchanged), (0, 1));
    }

    #[test]
    fn rows_set_aside_are_compared_but_not_counted() {
        let fee = |file| Record {
            kind: RowKind::Mention(RowClass::FeeLine),
            ..line("1", 30, file, 0)
        };
        let (kept, counts) = compared(&[line("1", 11, 0, 1)], &[line("1", 11, 0, 1), fee(0)]);
        assert_eq!(kept[0], [11, 30]);
        assert_eq!((counts[0].unchanged, counts[0].superseding), (1, 0));
    }

    #[test]
    fn repeated_orders_are_noted() {
        let other = |net| Record {
            net,
            ..row("1", 12, 0)
        };
        assert_eq!(
            compared(&[], &[row("1", 11, 0), other(10)]).1[0].constant,
            1
        );
        assert_eq!(compared(&[], &[row("1", 11, 0), other(9)]).1[0].varying, 1);
    }
}
