//! What is written down of a row: facts, its class, its flags.

use std::borrow::Cow;

use patron_core::{Money, OrderStatus, RowClass, RowFlag};

use crate::batch::{Contact, RejectedRow, RowBatch, RowKind, UNDATED, VALUE_CHARACTERS};
use crate::cell::{Cell, ROW_HASH_SEED, hash_field};
use crate::field::Field;
use crate::rates::Rate;
use crate::reader::Place;
use crate::reader::classify::{Why, is_cancellation};
use crate::reader::clock::LocalClock;
use crate::reader::details::DetailReader;
use crate::reader::row::{Row, shown};
use crate::reader::slots::Slots;
use crate::reader::status::RowStatus;
use crate::reader::values::{Values, is_empty};
use crate::reason::Reason;
use crate::understanding::{GrainRule, Understanding};
use crate::value::{amount, trim};
use crate::words;

/// Writes one row down.
pub(super) struct Writer<'a, R> {
    pub(super) batch: &'a mut RowBatch,
    pub(super) row: &'a R,
    pub(super) place: Place,
    pub(super) slots: &'a Slots,
    pub(super) understanding: &'a Understanding,
    pub(super) clock: &'a mut LocalClock,
    /// At which the row's amounts are taken, if they are in another currency.
    pub(super) rate: Option<Rate>,
}

/// An entry of a list.
pub(super) struct Entry<'a> {
    /// Empty where it has none.
    pub(super) customer: &'a str,
    /// Its order, product or channel; empty where it has none.
    pub(super) key: &'a str,
    /// [`UNDATED`] where it has no date.
    pub(super) at: i64,
    pub(super) net: Money,
    pub(super) kind: RowKind,
    pub(super) updated_at: Option<i64>,
}

/// One fact, but for the customer's contact details.
struct Fact<'a> {
    customer: &'a str,
    order: &'a str,
    at: i64,
    net: Money,
    quantity: i64,
    kind: RowKind,
    status: OrderStatus,
    updated_at: Option<i64>,
    status_said: bool,
    /// The row gave a fact before this one.
    is_second: bool,
}

impl<R: Row> Writer<'_, R> {
    /// Writes down a row whose values could be read.
    pub(super) fn write(
        &mut self,
        values: &Values<'_>,
        (class, why): (RowClass, Why),
        meaning: RowStatus,
    ) {
        self.batch.account.add(class, Some(values.amount));
        self.rate = values.rate;
        self.see_currency(values);
        let mut guessed = values.guessed || meaning.guessed;
        let customer = values.customer.as_deref();
        match customer {
            // Counted, but the order's first row says all that is a fact.
            Some(customer) if values.further_line && class == RowClass::OrderLine => {
                if self.batch.facts.details.is_some() {
                    let fact = self.fact(customer, values, class, meaning);
                    guessed |= self.push(&Fact {
                        kind: RowKind::Person,
                        ..fact
                    });
                } else {
                    self.batch.aside_hashes.push(self.place.hash);
                }
            }
            Some(customer) => {
                let fact = self.fact(customer, values, class, meaning);
                guessed |= self.push(&fact);
                if class == RowClass::OrderLine {
                    self.push_undated_refund(&fact, values.refunded, meaning);
                }
            }
            None => self.batch.aside_hashes.push(self.place.hash),
        }
        self.flag_row(values.float_id, values.rounded, guessed, || {
            let id = values.customer.as_deref().unwrap_or(values.order);
            id.to_owned()
        });
        if let Some((slot, reason)) = why {
            let cell = slot.map_or(Cell::Null, |slot| self.row.cell(slot));
            self.reject(slot, &cell, (class, reason), customer);
        }
    }

    /// Counts what is worth counting of a row besides its class.
    #[inline]
    pub(super) fn flag_row(
        &mut self,
        float_id: bool,
        rounded: bool,
        guessed: bool,
        id: impl FnOnce() -> String,
    ) {
        if float_id {
            let seen = self.batch.float_ids.get_or_insert_with(|| (0, id()));
            seen.0 += 1;
        }
        if rounded {
            self.batch.account.flag(RowFlag::Rounded);
        }
        if guessed {
            self.batch.account.flag(RowFlag::Guessed);
        }
    }

    /// Appends the entry of a list.
    pub(super) fn push_entry(&mut self, entry: &Entry<'_>) {
        self.push(&Fact {
            customer: entry.customer,
            order: entry.key,
            at: entry.at,
            net: entry.net,
            quantity: 0,
            kind: entry.kind,
            status: OrderStatus::Paid,
            updated_at: entry.updated_at,
            status_said: true,
            is_second: false,
        });
    }

    /// Writes down a row with a cell that cannot be understood.
    pub(super) fn write_unreadable(
        &mut self,
        (slot, class, reason): (Option<usize>, RowClass, Reason),
        customer: Option<&str>,
    ) {
        self.batch.account.add(class, None);
        match customer.filter(|_| class == RowClass::Unreadable) {
            Some(customer) => {
                self.push(&Fact {
                    customer,
                    order: "",
                    at: UNDATED,
                    net: Money::ZERO,
                    quantity: 0,
                    kind: RowKind::Mention(class),
                    status: OrderStatus::Paid,
                    updated_at: None,
                    status_said: true,
                    is_second: false,
                });
            }
            None => self.batch.aside_hashes.push(self.place.hash),
        }
        let row = self.row;
        let cell = slot.map_or_else(|| row.first(), |slot| row.cell(slot));
        self.reject(slot, &cell, (class, reason), customer);
    }

    fn fact<'v>(
        &self,
        customer: &'v str,
        values: &'v Values<'_>,
        class: RowClass,
        meaning: RowStatus,
    ) -> Fact<'v> {
        let kind = match class {
            RowClass::OrderLine if self.understanding.grain == GrainRule::Lines => RowKind::Line,
            RowClass::OrderLine => RowKind::Order,
            RowClass::Refund => RowKind::Refund,
            aside => RowKind::Mention(aside),
        };
        let refund = kind == RowKind::Refund;
        // A cancellation document does not say which order it cancels.
        let unlinked = refund && is_cancellation(values.order, self.understanding);
        Fact {
            customer,
            order: if unlinked { "" } else { values.order },
            at: values.at,
            net: if refund {
                Money(values.amount.0.saturating_abs())
            } else {
                values.amount
            },
            quantity: values.quantity.map_or(0, |quantity| quantity.0),
            kind,
            status: match (class, meaning.status.status) {
                // An excluded row speaks for the lines of its order that say nothing.
                (RowClass::TestOrVoid, OrderStatus::Paid) => OrderStatus::Test,
                (_, status) => status,
            },
            updated_at: values.updated_at,
            status_said: self.says_fate(meaning),
            is_second: false,
        }
    }

    /// Whether the row says anything of its order's fate.
    fn says_fate(&self, meaning: RowStatus) -> bool {
        let slots = self.slots;
        let filled = |slot: &usize| match self.row.cell(*slot) {
            Cell::Null => false,
            cell => !words::is_missing(trim(&shown(&cell))),
        };
        let excluding = [slots.tags, slots.flag, slots.memo];
        (slots.status.is_some() && meaning.said) || excluding.iter().flatten().any(filled)
    }

    /// Writes the refund of an order whose row says that money went back, but not when.
    fn push_undated_refund(
        &mut self,
        order: &Fact<'_>,
        refunded: Option<Money>,
        meaning: RowStatus,
    ) {
        let whole = meaning.status.whole_amount_refunded.then_some(order.net);
        let amount = [refunded, whole]
            .into_iter()
            .flatten()
            .find(|&amount| amount > Money::ZERO);
        if let Some(net) = amount {
            self.batch.account.flag(RowFlag::Undated);
            self.push(&Fact {
                at: UNDATED,
                net,
                quantity: 0,
                kind: RowKind::Refund,
                is_second: true,
                ..*order
            });
        }
    }

    /// Appends a fact; true if a detail had to be guessed because it is not UTF-8.
    fn push(&mut self, fact: &Fact<'_>) -> bool {
        let facts = &mut self.batch.facts;
        facts.customer.push(fact.customer);
        facts.order_id.push(fact.order);
        facts.at.push(fact.at);
        facts.net.push(fact.net.0);
        facts.quantity.push(fact.quantity);
        facts.kind.push(fact.kind);
        facts.status.push(fact.status);
        facts.row_hash.push(self.place.hash);
        facts.line.push(self.place.line);
        if let Some(updated_at) = &mut facts.updated_at {
            updated_at.push(fact.updated_at.unwrap_or(UNDATED));
            let is_set_aside = matches!(fact.kind, RowKind::Mention(_));
            if fact.updated_at.is_none() && !fact.is_second && !is_set_aside {
                self.see_unread_change();
            }
        }
        let facts = &mut self.batch.facts;
        if let Some(unsaid) = &mut facts.status_unsaid {
            unsaid.push(!fact.status_said);
        }
        if let Some(product) = &mut facts.product {
            product.push(product_hash(self.row, self.slots.product));
        }
        let guessed = match &mut facts.contact {
            Some(contact) => push_contact(contact, self.row, self.slots),
            None => false,
        };
        if facts.details.is_some() {
            return self.push_details(fact.is_second) || guessed;
        }
        guessed
    }

    /// Counts a time of change that is there but cannot be read.
    #[cold]
    fn see_unread_change(&mut self) {
        let Some(slot) = self.slots.updated_at else {
            return;
        };
        let cell = self.row.cell(slot);
        let text = shown(&cell);
        if words::is_missing(trim(&text)) {
            return;
        }
        let column = self.understanding.columns.get(slot);
        let header = column.map_or("", |column| &column.header);
        let unread = &mut self.batch.unread_details;
        unread.see(Field::UpdatedAt, header, self.place.line, &text);
    }

    /// Appends the details of the row; true if one had to be guessed. Apart, so that rows without details stay fast.
    #[inline(never)]
    fn push_details(&mut self, is_second: bool) -> bool {
        let RowBatch {
            facts,
            unread_details,
            ..
        } = &mut *self.batch;
        let mut reader = DetailReader {
            row: self.row,
            line: self.place.line,
            understanding: self.understanding,
            clock: self.clock,
            rate: self.rate,
            unread: (!is_second).then_some(unread_details),
        };
        let details = facts.details.as_mut();
        details.is_some_and(|details| reader.push(details))
    }

    pub(super) fn reject(
        &mut self,
        slot: Option<usize>,
        cell: &Cell<'_>,
        verdict: (RowClass, Reason),
        customer: Option<&str>,
    ) {
        let column = slot.and_then(|slot| self.understanding.columns.get(slot));
        let header = column.map(|column| column.header.clone());
        let customer = customer.map(str::to_owned);
        reject(
            self.batch,
            self.place,
            header,
            &shown(cell),
            verdict,
            customer,
        );
    }

    fn see_currency(&mut self, values: &Values<'_>) {
        self.see_currency_of(values.currency);
    }

    /// Notes the currency that the row's own column names, else the one of its amount.
    pub(super) fn see_currency_of(&mut self, of_amount: Option<&str>) {
        let line = self.place.line;
        let Some(slot) = self.slots.currency else {
            if let Some(name) = of_amount {
                self.batch.currencies.see(name, line);
            }
            return;
        };
        let cell = self.row.cell(slot);
        let text = shown(&cell);
        let name = trim(&text);
        if words::is_missing(name) {
            return;
        }
        self.batch
            .currencies
            .see(&amount::currency_code(name), line);
    }
}

/// Returns the hash of the article a row names; 0 if it names none.
fn product_hash<R: Row>(row: &R, slot: Option<usize>) -> u64 {
    match slot.map_or(Cell::Null, |slot| row.cell(slot)) {
        Cell::Null => 0,
        Cell::Text(text) if words::is_missing(trim(text)) => 0,
        // Never 0, which says that there is none.
        cell => hash_field(ROW_HASH_SEED, trim(&shown(&cell)).as_bytes()) | 1,
    }
}

/// Lists a row that was set aside.
pub(super) fn reject(
    batch: &mut RowBatch,
    place: Place,
    column: Option<String>,
    value: &str,
    (class, reason): (RowClass, Reason),
    customer: Option<String>,
) {
    batch.rejected.push(RejectedRow {
        line: place.line,
        column,
        value: value.chars().take(VALUE_CHARACTERS).collect(),
        class,
        reason,
        customer,
    });
}

/// Appends the customer's details; true if one is not UTF-8 and was mended: an order is not lost for an accent.
fn push_contact<R: Row>(contact: &mut Contact, row: &R, slots: &Slots) -> bool {
    let mut guessed = false;
    let phone = if slots.landline.is_some() && is_empty(row, slots.phone) {
        slots.landline
    } else {
        slots.phone
    };
    guessed |= with_text(row, slots.email, |text| {
        contact.email.push(if is_alias(text) { "" } else { text });
    });
    guessed |= with_text(row, phone, |text| contact.phone.push(bare(text)));
    guessed |= with_text(row, slots.consent, |text| contact.consent.push(text));
    let mut whole = String::new();
    for slot in [slots.first_name, slots.last_name].into_iter().flatten() {
        guessed |= with_text(row, Some(slot), |part| {
            if !whole.is_empty() && !part.is_empty() {
                whole.push(' ');
            }
            whole.push_str(part);
        });
    }
    guessed
        | with_text(row, slots.name, |name| {
            contact
                .name
                .push(if name.is_empty() { &whole } else { name });
        })
}

/// Returns a number without the mark by which spreadsheets keep it text.
pub(super) fn bare(text: &str) -> &str {
    match text.as_bytes() {
        [b'\'', b'+' | b'0'..=b'9', ..] => text.get(1..).unwrap_or_default(),
        _ => text,
    }
}

/// Returns true for an address that a marketplace puts in the place of the customer's own.
fn is_alias(text: &str) -> bool {
    text.rsplit_once('@')
        .is_some_and(|(_, domain)| words::is_alias_domain(domain))
}

/// Calls with the trimmed text of a cell, empty if there is none; true if it is not UTF-8.
fn with_text<R: Row>(row: &R, slot: Option<usize>, mut take: impl FnMut(&str)) -> bool {
    let cell = slot.map_or(Cell::Null, |slot| row.cell(slot));
    let text: Cow<'_, str> = shown(&cell);
    let trimmed = trim(&text);
    take(if words::is_missing(trimmed) {
        ""
    } else {
        trimmed
    });
    matches!(cell, Cell::NotUtf8(_))
}
