//! From one customer's rows to facts: what other files repeat, duplicates, versions of an order, contact details.

use std::collections::{HashMap, HashSet};

use patron_core::{Fact, Instant, Money, OrderStatus, RowClass};
use patron_fold::folder::Scratch;
use patron_import::RowKind;
use xxhash_rust::xxh3::xxh3_64;

use crate::shared::SharedOrders;

use super::fold_partition::{FoldedPartition, GroupingRules, RepeatedOrders, RowKindKey};
use super::record::Record;
use super::versions::{
    Version, by_update, contested_orders, current_lines, is_cancelled_line, is_cancelled_order,
    is_named_order, version,
};

/// What a row counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// What it says.
    Itself,
    /// A line of its order, although it reads like the order.
    Line,
    /// The order that it says was cancelled.
    Cancelled,
}

impl Role {
    fn fact<'a>(self, row: &Record<'a>) -> Option<Fact<'a>> {
        match self {
            Self::Itself => row.fact(),
            Self::Line => as_line(row),
            Self::Cancelled => Some(Fact::Order {
                at: Instant(row.at),
                order_id: row.order_id,
                net: Money(row.net),
                status: OrderStatus::Cancelled,
            }),
        }
    }
}

/// Memory for one customer at a time.
#[derive(Default)]
pub(super) struct Work<'a> {
    pub(super) rows: Vec<Record<'a>>,
    pub(super) facts: Vec<Fact<'a>>,
    /// The first class of the set-aside rows that mention the customer.
    pub(super) mentioned: Option<RowClass>,
    /// Whether each of them is an order by itself.
    pub(super) are_orders: bool,
    pub(super) scratch: Scratch<'a>,
    /// The rows that count, where they are asked for.
    pub(super) counted: Vec<Record<'a>>,
    hashes: Vec<u64>,
}

impl<'a> Work<'a> {
    /// Brings the rows of a customer down to facts, in their order; returns who that is, or nothing if the rows say nothing of
    /// anybody.
    pub(super) fn facts_of(
        &mut self,
        rows: &[Record<'a>],
        rules: GroupingRules,
        partition: &mut FoldedPartition,
    ) -> Option<&'a str> {
        // Who is known only from a refund that was not given is no customer.
        let mut who = rows.iter().filter(|row| row.kind != RowKind::Withdrawn);
        let customer = who.next()?.customer;
        self.are_orders = self.load_plain(rows);
        self.counted.clear();
        if self.are_orders {
            self.facts.clear();
            self.facts.extend(rows.iter().filter_map(Record::fact));
            if rules.keep_rows {
                self.counted.extend_from_slice(rows);
            }
        } else {
            self.load(rows);
            self.settle(rules, partition);
        }
        self.facts
            .sort_unstable_by(|a, b| a.order_key().cmp(&b.order_key()));
        Some(customer)
    }

    /// Whether each row is an order of one file, no two of them alike or with one id, and no row says anything besides. Then
    /// all are facts as they stand, and none has to be moved.
    fn load_plain(&mut self, rows: &[Record<'a>]) -> bool {
        self.rows.clear();
        self.mentioned = None;
        let first = rows.first().map(|row| row.file);
        let is_plain = |row: &Record<'_>| {
            let is_order = row.kind == RowKind::Order && !row.is_line && !row.status_unsaid;
            is_order && row.contact.is_none() && Some(row.file) == first
        };
        let name = |row: &Record<'_>| is_named_order(row).then(|| xxh3_64(row.order_id.as_bytes()));
        rows.iter().all(is_plain)
            && !self.any_repeats(rows.iter().map(|row| row.row_hash))
            && !self.any_repeats(rows.iter().filter_map(name))
    }

    pub(super) fn load(&mut self, rows: &[Record<'a>]) {
        self.rows.clear();
        self.rows.extend_from_slice(rows);
        self.mentioned = None;
        for row in &self.rows {
            if let RowKind::Mention(class) = row.kind {
                self.mentioned = Some(
                    self.mentioned
                        .map_or(class, |mentioned| mentioned.min(class)),
                );
            }
        }
    }

    /// Turns the rows into facts.
    fn settle(&mut self, rules: GroupingRules, partition: &mut FoldedPartition) {
        self.merge_files(partition);
        self.keep_newest_refunds(partition);
        self.date_refunds();
        self.mark_duplicates(rules.drop_duplicates, partition);
        self.resolve_orders(rules, partition);
    }

    /// Merges what a later file only repeats (of equal rows, the n-th in one file is the n-th in another), and the lines
    /// that it holds in a newer version.
    pub(super) fn merge_files(&mut self, partition: &mut FoldedPartition) {
        let first = self.rows.first().map(|row| row.file);
        if self.rows.iter().all(|row| Some(row.file) == first) {
            return;
        }
        let mut lines = current_lines(&mut self.rows, partition);
        let contested = contested_orders(&self.rows);
        // Refunds with a row of their own add up: of these, too, a file only repeats what another has.
        let is_contested = |row: &mut Record<'a>| {
            let adds_up = row.kind == RowKind::Refund && !row.is_derived_refund();
            !row.is_line && !adds_up && contested.binary_search(&row.order_id).is_ok()
        };
        let mut versions: Vec<Record<'a>> = self.rows.extract_if(.., is_contested).collect();
        // What a refund with an id of its own says again may have been said otherwise in between.
        versions.extend(self.rows.extract_if(.., |row| own_refund(row).is_some()));
        self.rows
            .sort_unstable_by_key(|row| (likeness(row), row.file));
        let mut kept = Vec::with_capacity(self.rows.len());
        for equal in self.rows.chunk_by(|a, b| likeness(a) == likeness(b)) {
            let mut most = 0;
            for of_file in equal.chunk_by(|a, b| a.file == b.file) {
                let new = of_file.len().saturating_sub(most);
                let (repeated, fresh) = of_file.split_at(of_file.len() - new);
                most = most.max(of_file.len());
                kept.extend_from_slice(fresh);
                for row in repeated {
                    merged(row, partition);
                    // Rows set aside are accounted for as such, file by file; what is said again is said later.
                    if matches!(row.kind, RowKind::Mention(_) | RowKind::Person) {
                        kept.push(*row);
                    }
                }
            }
        }
        kept.append(&mut lines);
        kept.append(&mut versions);
        self.rows = kept;
    }

    /// Keeps of a refund that has an id of its own the newest version.
    pub(super) fn keep_newest_refunds(&mut self, partition: &mut FoldedPartition) {
        let own = own_refund;
        let of_nobody = |row: &Record<'a>| row.kind == RowKind::Withdrawn;
        if self.rows.iter().filter_map(own).nth(1).is_none() {
            self.rows.retain(|row| !of_nobody(row));
            return;
        }
        // As of orders, the source's times of change decide where every version has one.
        let undated = self.rows.iter().filter(|row| row.updated_at.is_none());
        let undated: HashSet<u64> = undated.filter_map(own).collect();
        let made = |id: u64, row: &Record<'_>| version(row, !undated.contains(&id));
        let mut newest: HashMap<u64, (Version, u64)> = HashMap::new();
        for row in &self.rows {
            if let Some(id) = own(row) {
                let this = (made(id, row), row.row_hash);
                let known = newest.entry(id).or_insert(this);
                *known = (*known).max(this);
            }
        }
        let mut taken = HashSet::new();
        self.rows.retain(|row| {
            let Some(id) = own(row) else { return true };
            let is_newest = newest.get(&id) == Some(&(made(id, row), row.row_hash));
            let keep = is_newest && taken.insert(id);
            if !keep {
                merged(row, partition);
            }
            keep && !of_nobody(row)
        });
    }

    /// Takes refunds that have a row of their own out of what their order says was refunded in all: that is the same money.
    pub(super) fn date_refunds(&mut self) {
        let is_own = |row: &Record<'_>| {
            let own = row.kind == RowKind::Refund && !row.is_derived_refund() && !row.is_line;
            own && !row.order_id.is_empty()
        };
        if !self.rows.iter().any(is_own) || !self.rows.iter().any(Record::is_derived_refund) {
            return;
        }
        let mut own: HashMap<&str, i64> = HashMap::new();
        for row in self.rows.iter().filter(|row| is_own(row)) {
            let sum = own.entry(row.order_id).or_default();
            *sum = sum.saturating_add(row.net);
        }
        // Lines share what their order was given back; versions of an order are each told all of it.
        let mut of_lines: HashMap<(&str, u32), i64> = HashMap::new();
        for row in &mut self.rows {
            if !row.is_derived_refund() {
                continue;
            }
            let Some(&dated) = own.get(row.order_id) else {
                continue;
            };
            if row.is_line {
                let left = of_lines.entry((row.order_id, row.file)).or_insert(dated);
                let taken = row.net.min(*left);
                (row.net, *left) = (row.net - taken, *left - taken);
            } else {
                row.net = row.net.saturating_sub(dated).max(0);
            }
        }
    }

    /// Counts rows that equal another of their file in every column, and takes them out if the rules say so.
    pub(super) fn mark_duplicates(&mut self, drop: bool, partition: &mut FoldedPartition) {
        let rows = std::mem::take(&mut self.rows);
        let any = self.any_repeats(rows.iter().map(|row| row.row_hash));
        self.rows = rows;
        if !any {
            return;
        }
        self.rows
            .sort_unstable_by_key(|row| (likeness(row), row.file, row.at));
        let same = |a: &Record<'_>, b: &Record<'_>| likeness(a) == likeness(b) && a.file == b.file;
        for pair in self.rows.windows(2) {
            let [a, b] = pair else { continue };
            if !a.is_derived_refund() && same(a, b) {
                *partition.duplicates.entry(b.file).or_default() += 1;
                if drop {
                    merged(b, partition);
                }
            }
        }
        if drop {
            self.rows.dedup_by(|b, a| same(a, b));
        }
    }

    /// Whether two hashes are the same. Nearly always none are, and then no row has to be moved.
    fn any_repeats(&mut self, hashes: impl Iterator<Item = u64>) -> bool {
        /// So few are looked at pair by pair.
        const FEW: usize = 12;
        self.hashes.clear();
        self.hashes.extend(hashes);
        if self.hashes.len() <= FEW {
            let pairs = (1..).zip(&self.hashes);
            let among = |(next, hash): (usize, &u64)| {
                let later = self.hashes.get(next..).unwrap_or_default();
                later.iter().any(|other| other == hash)
            };
            return pairs.into_iter().any(among);
        }
        self.hashes.sort_unstable();
        self.hashes
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if a == b))
    }

    /// Turns rows into facts. Rows of kind order that share an order id are versions of one order, or its lines.
    pub(super) fn resolve_orders(&mut self, rules: GroupingRules, partition: &mut FoldedPartition) {
        let mut facts = std::mem::take(&mut self.facts);
        let mut counted = std::mem::take(&mut self.counted);
        facts.clear();
        self.resolve_rows(rules.repeats_are_versions, partition, |row, role| {
            facts.extend(role.fact(row));
            if rules.keep_rows {
                counted.push(*row);
            }
        });
        (self.facts, self.counted) = (facts, counted);
    }

    /// Calls `take` with every row that counts, as what it counts.
    pub(super) fn resolve_rows(
        &mut self,
        repeats_are_versions: bool,
        partition: &mut FoldedPartition,
        mut take: impl FnMut(&Record<'a>, Role),
    ) {
        let name = |row: &Record<'_>| is_named_order(row).then(|| xxh3_64(row.order_id.as_bytes()));
        let rows = std::mem::take(&mut self.rows);
        let any = self.any_repeats(rows.iter().filter_map(name));
        self.rows = rows;
        if self.rows_are_simple() && !any {
            self.rows.iter().for_each(|row| take(row, Role::Itself));
            return;
        }
        self.rows
            .sort_unstable_by_key(|row| (row.order_id, row.file, row.at, row.net, row.row_hash));
        for group in self
            .rows
            .chunk_by_mut(|a, b| !a.order_id.is_empty() && a.order_id == b.order_id)
        {
            let by_update = put_in_order(group);
            let group = &*group;
            count_lines_of_orders(group, partition);
            let version = |row: &Record<'_>| version(row, by_update);
            if let Some(cancelled) = cancelled_in_the_end(group, version) {
                cancel(group, cancelled, partition, &mut take);
                continue;
            }
            let newest = newest_order(group, by_update);
            let in_newest = |row: &Record<'_>| {
                newest.is_some_and(|(file, updated_at)| {
                    row.file == file && updated_at.is_none_or(|at| row.updated_at == Some(at))
                })
            };
            let current = |row: &&Record<'a>| is_named_order(row) && in_newest(row);
            let rows = group.iter().filter(current).count();
            if rows > 1 && !repeats_are_versions {
                tally_repeat(
                    group.iter().filter(current),
                    rows as u64,
                    &mut partition.repeated,
                );
                supersede(group, in_newest, partition, |row| take(row, Role::Line));
            } else {
                let latest = group
                    .iter()
                    .rfind(current)
                    .map(|row| (row.file, row.row_hash));
                let mut seen = false;
                let is_latest = |row: &Record<'a>| {
                    Some((row.file, row.row_hash)) == latest
                        && (!is_named_order(row) || !std::mem::replace(&mut seen, true))
                };
                supersede(group, is_latest, partition, |row| take(row, Role::Itself));
            }
        }
    }

    /// Whether no row says anything of another row of its order.
    fn rows_are_simple(&self) -> bool {
        let any = |test: fn(&Record<'_>) -> bool| self.rows.iter().any(test);
        let orders_and_lines = any(is_named_order) && any(|row| row.kind == RowKind::Line);
        let not_bought = |row: &Record<'_>| is_cancelled_line(row) || SharedOrders::is_aside(row);
        let refunds_and_lines = any(not_bought) && any(|row| row.kind == RowKind::Refund);
        !orders_and_lines
            && !refunds_and_lines
            && !any(is_cancelled_order)
            && !any(|row| row.status_unsaid)
    }

    /// The customer's contact details: the latest of each that is not empty.
    pub(super) fn push_contact(&self, partition: &mut FoldedPartition) {
        // Most files have none at all: columns begin with whoever is the first to have any.
        if !partition.has_contacts {
            if self.rows.iter().all(|row| row.contact.is_none()) {
                return;
            }
            for column in &mut partition.contacts {
                (1..partition.names.len()).for_each(|_| column.push(""));
            }
        }
        for (field, column) in partition.contacts.iter_mut().enumerate() {
            let value = |row: &Record<'a>| {
                row.contact
                    .and_then(|contact| contact.fields().get(field).copied())
                    .filter(|text| !text.is_empty())
            };
            let dated =
                |row: &Record<'a>| value(row).map(|text| ((row.at, version(row, true)), text));
            let latest = self
                .rows
                .iter()
                .filter_map(dated)
                .max()
                .map(|(_, text)| text);
            partition.has_contacts |= latest.is_some();
            column.push(latest.unwrap_or_default());
        }
    }
}

/// The hash of a refund's own id, where it has one.
fn own_refund(row: &Record<'_>) -> Option<u64> {
    let is_own = match row.kind {
        RowKind::Refund => row.status == OrderStatus::Refunded,
        kind => kind == RowKind::Withdrawn,
    };
    (is_own && !row.is_line && !row.is_derived_refund() && row.product != 0).then_some(row.product)
}

/// Puts the rows of an order from old to new; returns whether the source's own times of change say what is newer.
fn put_in_order(order: &mut [Record<'_>]) -> bool {
    let says = |row: &&Record<'_>| is_named_order(row) || is_cancelled_order(row);
    let by_update = by_update(order.iter().filter(says));
    if by_update {
        order.sort_by_key(|row| version(row, true));
    }
    spread_status(order);
    by_update
}

/// The file that holds the newest version of an order and, where its rows say so, when that was changed.
fn newest_order(order: &[Record<'_>], by_update: bool) -> Option<(u32, Option<i64>)> {
    let orders = || order.iter().filter(|row| is_named_order(row));
    let newest = orders().max_by_key(|row| version(row, by_update))?;
    let in_file = || orders().filter(|row| row.file == newest.file);
    let updated_at = in_file()
        .all(|row| row.updated_at.is_some())
        .then(|| in_file().filter_map(|row| row.updated_at).max());
    Some((newest.file, updated_at.flatten()))
}

/// Where an order has an amount of its own, that counts: of its lines only the units are used.
fn count_lines_of_orders(order: &[Record<'_>], partition: &mut FoldedPartition) {
    if order.iter().any(is_named_order) {
        let lines = order.iter().filter(|row| row.kind == RowKind::Line);
        lines.for_each(|line| merged(line, partition));
    }
}

/// Lines that say nothing of their order's fate go with those that do, where these agree: some exports write the status
/// into the first line of an order only.
fn spread_status(order: &mut [Record<'_>]) {
    let said = |row: &Record<'_>| match row.kind {
        RowKind::Line if !row.status_unsaid => Some(row.status),
        RowKind::Mention(_) if is_cancelled_line(row) => Some(row.status),
        _ => None,
    };
    let mut statuses = order.iter().filter_map(said);
    let Some(first) = statuses
        .next()
        .filter(|&first| statuses.all(|other| other == first))
    else {
        return;
    };
    for row in order {
        if row.kind == RowKind::Line && row.status_unsaid {
            row.status = first;
        }
    }
}

/// Returns the row that cancels an order, if no later version of the order says otherwise and there is something to cancel.
fn cancelled_in_the_end<'g, 'a>(
    group: &'g [Record<'a>],
    version: impl Fn(&Record<'_>) -> Version,
) -> Option<&'g Record<'a>> {
    let says = || group.iter().filter(|row| is_cancelled_order(row));
    let Some(cancelled) = says().max_by_key(|row| version(row)) else {
        // All lines were cancelled, or are another customer's, and what went back was paid for them.
        let is_left = |row: &Record<'_>| matches!(row.kind, RowKind::Order | RowKind::Line);
        let went_back = group.iter().any(|row| row.kind == RowKind::Refund);
        let is_not_bought =
            |row: &&Record<'_>| is_cancelled_line(row) || SharedOrders::is_aside(row);
        let mut lines = group.iter().filter(is_not_bought);
        return lines
            .next()
            .filter(|_| went_back && !group.iter().any(is_left));
    };
    let placed = group
        .iter()
        .filter(|row| is_named_order(row))
        .map(&version)
        .max();
    let stands = placed.is_some_and(|placed| placed > version(cancelled));
    (!stands && group.iter().any(|row| !is_cancelled_order(row))).then_some(cancelled)
}

/// Adds a cancelled order with its lines and refunds; earlier versions of it are merged.
fn cancel<'a>(
    group: &[Record<'a>],
    cancelled: &Record<'a>,
    partition: &mut FoldedPartition,
    take: &mut impl FnMut(&Record<'a>, Role),
) {
    take(cancelled, Role::Cancelled);
    for row in group.iter().filter(|row| !std::ptr::eq(*row, cancelled)) {
        if is_named_order(row) {
            merged(row, partition);
        } else if !row.is_derived_refund() {
            take(row, Role::Itself);
        }
    }
}

/// Takes an order's rows: orders that are `current` and the undated refunds that came in their rows; refunds of their own
/// stay. Orders that are not current are merged.
fn supersede<'a>(
    group: &[Record<'a>],
    mut is_current: impl FnMut(&Record<'a>) -> bool,
    partition: &mut FoldedPartition,
    mut take: impl FnMut(&Record<'a>),
) {
    for row in group {
        let depends =
            is_named_order(row) || (row.is_derived_refund() && group.iter().any(is_named_order));
        if !depends || is_current(row) {
            take(row);
        } else {
            merged(row, partition);
        }
    }
}

/// Rows are alike if they are equal in every column that counts and stand for the same kind of fact.
pub(super) fn likeness(row: &Record<'_>) -> (u64, u8, bool) {
    (row.row_hash, row.kind.to_u8(), row.is_derived_refund())
}

/// Counts a row as merged. An undated refund is the second fact of its row, which is counted already; a row set aside
/// stays in its class.
pub(super) fn merged(row: &Record<'_>, partition: &mut FoldedPartition) {
    let kind = match row.kind {
        RowKind::Refund if row.is_derived_refund() => return,
        RowKind::Refund => RowKindKey::Refund,
        RowKind::Order | RowKind::Line => RowKindKey::OrderLine,
        _ => return,
    };
    *partition.merged.entry((row.file, kind)).or_default() += 1;
}

fn as_line<'a>(row: &Record<'a>) -> Option<Fact<'a>> {
    match row.fact()? {
        Fact::Order {
            at,
            order_id,
            net,
            status,
        } => Some(Fact::Line {
            at,
            order_id,
            net,
            quantity: 0,
            status,
        }),
        other => Some(other),
    }
}

/// Notes an order id that repeats within a file, and whether its amount is constant.
fn tally_repeat<'r, 'a: 'r>(
    rows: impl Iterator<Item = &'r Record<'a>> + Clone,
    count: u64,
    repeated: &mut RepeatedOrders,
) {
    let mut amounts = rows.clone().map(|row| Money(row.net));
    let first = amounts.next();
    if amounts.any(|amount| Some(amount) != first) {
        repeated.varying += 1;
        return;
    }
    repeated.constant += 1;
    if let Some(id) = rows.map(|row| row.order_id).next() {
        let smaller = repeated
            .example
            .as_ref()
            .is_none_or(|(example, _)| id < example.as_str());
        if smaller {
            repeated.example = Some((id.to_owned(), count));
        }
    }
}
