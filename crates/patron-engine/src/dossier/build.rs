//! From the rows that count, and what the fold made of them, to a dossier.

use std::collections::BTreeSet;
use std::ops::Range;

use patron_core::{Day, Instant, MoneySum, OrderStatus, RowClass};
use patron_fold::folder::Scratch;
use patron_fold::{Folder, NoOrderReason, OrderAsOf, Outcome, UnlinkedRefunds};
use patron_import::{Field, RowKind};

use super::{Answer, Dossier, Event, Item, Missed, Person, Purchase, Refund};
use crate::details::{self, Detail, Details};
use crate::grouping::Record;

/// One unit, in ten-thousandths.
const ONE: i64 = 10_000;

/// The facts of a person.
pub(super) struct Folded<'p, 'a> {
    pub(super) name: &'a str,
    /// All rows as they came.
    pub(super) records: &'p [Record<'a>],
    /// The rows that count.
    pub(super) counted: &'p [Record<'a>],
    pub(super) scratch: &'p Scratch<'a>,
    pub(super) outcome: Outcome,
}

/// Puts a dossier together, as of the folder's first day.
pub(super) fn dossier<'a>(folded: Folded<'_, 'a>, folder: &Folder) -> Dossier<'a> {
    let end = folder
        .as_of()
        .first()
        .map_or(Instant(i64::MIN), |as_of| as_of.end);
    let mut dossier = Dossier {
        customer: folded.name,
        outcome: folded.outcome,
        orders: Vec::new(),
        missed: Vec::new(),
        unlinked: unlinked(folded.scratch, folder),
        unlinked_goods: MoneySum::ZERO,
        events: events(folded.records, end),
        answers: answers(folded.records, end),
        person: person(folded.records),
        items: items(folded.counted),
        refunds: refunds(folded.counted, end),
    };
    let mut rows = OrderRows::new(folded.counted);
    for known in folder.orders_as_of(folded.scratch, 0) {
        let order = purchase(Placed::of(&known), rows.of(&known), &dossier);
        match known.not_counted {
            Some(reason) => dossier.missed.push(Missed {
                order,
                status: known.standing.status,
                reason,
            }),
            None => dossier.orders.push(order),
        }
    }
    dossier.unlinked_goods = unlinked_goods(&dossier);
    add_cancelled(&mut dossier, folded.counted, folder);
    dossier
}

/// Refunds that belong to no order, if such count.
fn unlinked(scratch: &Scratch<'_>, folder: &Folder) -> MoneySum {
    match folder.settings().unlinked_refunds {
        UnlinkedRefunds::Drop => MoneySum::ZERO,
        UnlinkedRefunds::Count => folder
            .unlinked_as_of(scratch, 0)
            .map(|refund| MoneySum::from(refund.amount))
            .sum(),
    }
}

/// Those of them with which goods came back: all, but for those that say otherwise.
fn unlinked_goods(dossier: &Dossier<'_>) -> MoneySum {
    if dossier.unlinked == MoneySum::ZERO {
        return MoneySum::ZERO;
    }
    let missed = dossier.missed.iter().map(|missed| &missed.order);
    let known = dossier.orders.iter().chain(missed);
    let known: BTreeSet<&str> = known.map(|order| order.order_id).collect();
    let is_unlinked = |refund: &&Refund<'_>| {
        !refund.brings_goods() && (refund.order_id.is_empty() || !known.contains(refund.order_id))
    };
    let money_alone = dossier.refunds().iter().filter(is_unlinked);
    let money_alone: MoneySum = money_alone.map(|refund| refund.amount).sum();
    MoneySum((dossier.unlinked.0 - money_alone.0).max(0))
}

/// Adds orders of which nothing is known but that they were cancelled: there is nothing that their rows take back, and the fold
/// passes over them.
fn add_cancelled<'a>(dossier: &mut Dossier<'a>, counted: &[Record<'a>], folder: &Folder) {
    let end = folder.as_of().first().map(|as_of| as_of.end);
    let cancelled = RowKind::Mention(RowClass::CancelledOrder);
    let is_it = |row: &&Record<'_>| {
        let is_order = row.kind == cancelled && !row.is_line && !row.order_id.is_empty();
        is_order && Some(Instant(row.at)) <= end
    };
    let mut rows: Vec<&Record<'_>> = counted.iter().filter(is_it).collect();
    if rows.is_empty() {
        return;
    }
    let missed = dossier.missed.iter().map(|missed| &missed.order);
    let known = dossier.orders.iter().chain(missed);
    let known: BTreeSet<&str> = known.map(|order| order.order_id).collect();
    rows.retain(|row| !known.contains(row.order_id));
    // Of several rows that say so the newest.
    rows.sort_by_key(|row| (row.order_id, row.updated_at, row.file, row.at));
    let last = rows.chunk_by(|a, b| a.order_id == b.order_id);
    for row in last.filter_map(<[_]>::last) {
        let at = Instant(row.at);
        let placed = Placed {
            order_id: row.order_id,
            at,
            day: folder.settings().calendar.day_of(at),
            amount: MoneySum(i128::from(row.net)),
            net: MoneySum(i128::from(row.net)),
        };
        let order = purchase(placed, said(row), dossier);
        dossier.missed.push(Missed {
            order,
            status: OrderStatus::Cancelled,
            reason: NoOrderReason::CancelledOrVoid,
        });
    }
    dossier
        .missed
        .sort_by_key(|missed| (missed.order.at, missed.order.order_id));
}

/// What the fold knows of an order.
struct Placed<'a> {
    order_id: &'a str,
    at: Instant,
    day: Day,
    amount: MoneySum,
    net: MoneySum,
}

impl<'a> Placed<'a> {
    const fn of(known: &OrderAsOf<'a>) -> Self {
        Self {
            order_id: known.order.order_id,
            at: known.order.at,
            day: known.day,
            amount: known.order.amount,
            net: known.standing.net,
        }
    }
}

/// The rows that are orders, by id; those without one by time and amount.
struct OrderRows<'p, 'a> {
    rows: Vec<&'p Record<'a>>,
    /// Where to go on among those without an id.
    next: usize,
}

impl<'p, 'a> OrderRows<'p, 'a> {
    fn new(counted: &'p [Record<'a>]) -> Self {
        let mut rows: Vec<&Record<'_>> = counted
            .iter()
            .filter(|row| matches!(row.kind, RowKind::Order | RowKind::Line))
            .collect();
        // Of an order with an amount of its own, that row speaks; else its first line.
        rows.sort_by_key(|row| {
            let at = if row.order_id.is_empty() { row.at } else { 0 };
            (row.order_id, at, row.kind == RowKind::Line)
        });
        Self { rows, next: 0 }
    }

    /// Returns what an order's row says besides. Orders come by time.
    fn of(&mut self, known: &OrderAsOf<'_>) -> Details<'a> {
        let id = known.order.order_id;
        let row = if id.is_empty() {
            let at = known.order.at.0;
            let rest = self.rows.get(self.next..).unwrap_or_default();
            let ahead = rest.iter().position(|row| {
                row.at == at && MoneySum(i128::from(row.net)) == known.order.amount
            });
            ahead.and_then(|ahead| {
                let row = self.rows.get(self.next + ahead);
                if ahead == 0 {
                    self.next += 1;
                }
                row.filter(|row| row.order_id.is_empty())
            })
        } else {
            let place = self.rows.partition_point(|row| row.order_id < id);
            self.rows.get(place).filter(|row| row.order_id == id)
        };
        row.and_then(|row| details::read(row.details))
            .map_or_else(Details::default, |kept| kept.details)
    }
}

fn purchase<'a>(placed: Placed<'a>, said: Details<'a>, dossier: &Dossier<'a>) -> Purchase<'a> {
    let id = placed.order_id;
    let items = span(&dossier.items, id, |item| item.order_id);
    let refunds = span(&dossier.refunds, id, |refund| refund.order_id);
    let mut order = Purchase {
        order_id: id,
        at: placed.at,
        day: placed.day,
        amount: placed.amount,
        net: placed.net,
        returned: MoneySum::ZERO,
        gross: None,
        discount: MoneySum::ZERO,
        platform_discount: MoneySum::ZERO,
        shipping: None,
        tax: None,
        coupon: "",
        channel: "",
        source: "",
        payment_due_at: None,
        shipped_at: None,
        delivered_at: None,
        items,
        refunds,
    };
    let came_back = dossier.refunds_of(&order).iter();
    let came_back = came_back.filter(|refund| refund.brings_goods());
    let returned: MoneySum = came_back.map(|refund| refund.amount).sum();
    order.returned = MoneySum(returned.0.min(order.amount.0.max(0)));
    let mut discount = None;
    for (field, detail) in said {
        take(&mut order, &mut discount, field, detail);
    }
    let of_items = || dossier.items_of(&order).iter().map(|item| item.discount);
    order.discount = discount.unwrap_or_else(|| MoneySum(of_items().map(i128::from).sum()));
    order
}

fn take<'a>(
    order: &mut Purchase<'a>,
    discount: &mut Option<MoneySum>,
    field: Field,
    detail: Detail<'a>,
) {
    match detail {
        Detail::Text(text) => match field {
            Field::CouponCode => order.coupon = text,
            Field::Channel => order.channel = text,
            Field::Source => order.source = text,
            _ => {}
        },
        Detail::Number(number) => {
            let sum = MoneySum(i128::from(number));
            match field {
                Field::Gross => order.gross = Some(sum),
                Field::Discount => *discount = Some(sum),
                Field::PlatformDiscount => order.platform_discount = sum,
                Field::Shipping => order.shipping = Some(sum),
                Field::Tax => order.tax = Some(sum),
                _ => {}
            }
        }
        Detail::Instant(at) => match field {
            Field::PaymentDueAt => order.payment_due_at = Some(Instant(at)),
            Field::ShippedAt => order.shipped_at = Some(Instant(at)),
            Field::DeliveredAt => order.delivered_at = Some(Instant(at)),
            _ => {}
        },
    }
}

/// Where what belongs to an order lies; nowhere for orders without an id.
fn span<T>(rows: &[T], id: &str, id_of: impl Fn(&T) -> &str) -> Range<usize> {
    if id.is_empty() {
        return 0..0;
    }
    let from = rows.partition_point(|row| id_of(row) < id);
    let rest = rows.get(from..).unwrap_or_default();
    from..from + rest.partition_point(|row| id_of(row) == id)
}

fn said<'a>(row: &Record<'a>) -> Details<'a> {
    details::read(row.details).map_or_else(Details::default, |kept| kept.details)
}

/// The articles, by order: lines, and rows that tell the articles of an order with an amount of its own. Of these a later file
/// replaces what it has of the same article.
fn items<'a>(counted: &[Record<'a>]) -> Vec<Item<'a>> {
    let is_article = |row: &&Record<'_>| {
        let tells = row.kind == RowKind::Person && !row.order_id.is_empty();
        (tells || row.kind == RowKind::Line) && !row.details.is_empty()
    };
    let mut rows: Vec<&Record<'_>> = counted.iter().filter(is_article).collect();
    rows.sort_by_key(|row| (row.order_id, row.product, row.file, row.row_hash));
    let mut items = Vec::with_capacity(rows.len());
    for same in rows.chunk_by(|a, b| (a.order_id, a.product) == (b.order_id, b.product)) {
        let newest = same.last().map(|row| row.file);
        let is_newest = |row: &&&Record<'_>| row.kind == RowKind::Line || Some(row.file) == newest;
        items.extend(same.iter().filter(is_newest).map(|row| item(row)));
    }
    items
}

fn item<'a>(row: &Record<'a>) -> Item<'a> {
    let mut item = Item {
        order_id: row.order_id,
        quantity: ONE,
        ..Item::default()
    };
    for (field, detail) in said(row) {
        match (field, detail) {
            (Field::ProductCode, Detail::Text(text)) => item.product = text,
            (Field::Category, Detail::Text(text)) => item.category = text,
            (Field::Quantity, Detail::Number(number)) => item.quantity = number,
            (Field::UnitCost, Detail::Number(number)) => item.unit_cost = Some(number),
            (Field::UnitPrice, Detail::Number(number)) => item.unit_price = Some(number),
            (Field::Discount, Detail::Number(number)) => item.discount = number,
            _ => {}
        }
    }
    item
}

/// The refunds known by a time, by order, then time.
fn refunds<'a>(counted: &[Record<'a>], end: Instant) -> Vec<Refund<'a>> {
    let is_known = |row: &&Record<'_>| row.kind == RowKind::Refund && row.at <= end.0;
    let mut refunds: Vec<Refund<'a>> = counted.iter().filter(is_known).map(refund).collect();
    refunds.sort_by_key(|refund| (refund.order_id, refund.at, refund.amount, refund.product));
    refunds
}

fn refund<'a>(row: &Record<'a>) -> Refund<'a> {
    let mut refund = Refund {
        order_id: row.order_id,
        at: (row.at != i64::MIN).then_some(Instant(row.at)),
        amount: MoneySum(i128::from(row.net)),
        kind: "",
        reason: "",
        product: "",
    };
    // The row of an order tells of itself, not of what was given back.
    if refund.at.is_none() {
        return refund;
    }
    for (field, detail) in said(row) {
        match (field, detail) {
            (Field::Kind, Detail::Text(text)) => refund.kind = text,
            (Field::RefundReason, Detail::Text(text)) => refund.reason = text,
            (Field::ProductCode, Detail::Text(text)) => refund.product = text,
            _ => {}
        }
    }
    refund
}

/// The newest version of each entry of a kind up to a time: what is known by an id may have been said again.
fn newest<'p, 'a>(records: &'p [Record<'a>], kind: RowKind, end: Instant) -> Vec<&'p Record<'a>> {
    let wanted = |row: &&Record<'_>| row.kind == kind;
    let mut rows: Vec<&Record<'_>> = records.iter().filter(wanted).collect();
    rows.sort_by_key(|row| (row.order_id, row.updated_at, row.file, row.line, row.at));
    rows.dedup_by(|later, kept| {
        let same = !later.order_id.is_empty() && later.order_id == kept.order_id;
        if same {
            *kept = *later;
        }
        same
    });
    rows.retain(|row| row.at <= end.0);
    rows.sort_by_key(|row| (row.at, row.order_id));
    rows
}

fn events<'a>(records: &[Record<'a>], end: Instant) -> Vec<Event<'a>> {
    let rows = newest(records, RowKind::Event, end).into_iter();
    rows.map(|row| {
        let mut event = Event {
            at: Instant(row.at),
            kind: "",
            product: "",
            campaign: "",
            properties: "",
        };
        for (field, detail) in said(row) {
            match (field, detail) {
                (Field::Kind, Detail::Text(text)) => event.kind = text,
                (Field::ProductCode, Detail::Text(text)) => event.product = text,
                (Field::Campaign, Detail::Text(text)) => event.campaign = text,
                (Field::Properties, Detail::Text(text)) => event.properties = text,
                _ => {}
            }
        }
        event
    })
    .collect()
}

fn answers<'a>(records: &[Record<'a>], end: Instant) -> Vec<Answer<'a>> {
    let rows = newest(records, RowKind::Answer, end).into_iter();
    rows.filter_map(|row| {
        let (mut kind, mut score) = ("", None);
        for (field, detail) in said(row) {
            match (field, detail) {
                (Field::Kind, Detail::Text(text)) => kind = text,
                (Field::Score, Detail::Number(number)) => score = Some(number),
                _ => {}
            }
        }
        Some(Answer {
            at: Instant(row.at),
            kind,
            score: score?,
        })
    })
    .collect()
}

/// What is said of the customer: of each thing the newest, lists before orders.
fn person<'a>(records: &[Record<'a>]) -> Person<'a> {
    let tells = |row: &&Record<'_>| {
        row.kind == RowKind::Person && row.order_id.is_empty() && !row.details.is_empty()
    };
    let mut rows: Vec<&Record<'_>> = records.iter().filter(tells).collect();
    rows.sort_by_key(|row| (row.at, row.updated_at, row.file, row.row_hash));
    let mut person = Person::default();
    for (field, detail) in rows.into_iter().flat_map(said) {
        match (field, detail) {
            (Field::AcquisitionChannel, Detail::Text(text)) => person.acquisition_channel = text,
            (Field::Country, Detail::Text(text)) => person.country = text,
            (Field::Region, Detail::Text(text)) => person.region = text,
            (Field::City, Detail::Text(text)) => person.city = text,
            (Field::Gender, Detail::Text(text)) => person.gender = text,
            (Field::CreatedAt, Detail::Instant(at)) => person.created_at = Some(Instant(at)),
            _ => {}
        }
    }
    person
}
