//! A row of a list: a customer, a product, a refund, an event, an answer, or spend on advertising.

use std::borrow::Cow;
use std::collections::BTreeMap;

use patron_core::{Money, OrderStatus, RowClass};

use crate::batch::{RowKind, UNDATED};
use crate::content::Content;
use crate::details::DetailValues;
use crate::exchange::Exchange;
use crate::field::Field;
use crate::options::{ExcludeRules, ImportOptions};
use crate::rates::Rate;
use crate::reader::classify;
use crate::reader::currency::{self, Amounts, Foreign};
use crate::reader::facts::{Entry, Writer, bare};
use crate::reader::number::number;
use crate::reader::person::{Nobody, Person};
use crate::reader::row::{Row, shown};
use crate::reader::slots::Slots;
use crate::reader::status::RowStatus;
use crate::reader::values::{LARGEST_AMOUNT, Problem, is_empty, read_id, time};
use crate::reason::Reason;
use crate::understanding::{ListRule, Understanding};
use crate::value::id::Digits;
use crate::value::trim;
use crate::words;

/// What a row of a list says.
struct Said<'r> {
    customer: Option<Cow<'r, str>>,
    nobody: Nobody,
    guessed: bool,
    float_id: bool,
    /// Its order, product, channel.
    key: Cow<'r, str>,
    at: i64,
    amount: Option<Money>,
    rounded: bool,
    updated_at: Option<i64>,
    currency: Option<&'r str>,
    rate: Option<Rate>,
    /// Of a refund: where it stands.
    status: OrderStatus,
}

impl<R: Row> Writer<'_, R> {
    /// Judges the row of a list and writes it down.
    pub(super) fn write_of_list(
        &mut self,
        list: &ListRule,
        meaning: RowStatus,
        options: &ImportOptions,
    ) {
        let row = self.row;
        if list.date.is_none()
            && let Some(aside) = classify::header_or_total(row, self.slots, self.understanding)
        {
            self.batch.account.add(aside.0, None);
            self.batch.aside_hashes.push(self.place.hash);
            self.reject(None, &row.first(), aside, None);
            return;
        }
        let mut room = Digits::EMPTY;
        let mut key_room = Digits::EMPTY;
        let status = meaning.status.status;
        let mut said = self.read_of_list(row, (list, status), (&mut room, &mut key_room));
        if let (Some(exchange), Ok(read)) = (&options.exchange, &mut said)
            && let Err(problem) = self.convert(read, exchange)
        {
            said = Err(problem);
        }
        match said {
            Ok(mut said) => {
                said.guessed |= meaning.guessed;
                self.rate = said.rate;
                self.judge(&said, &options.exclude);
            }
            Err(problem) => {
                let (slot, class, reason) =
                    classify::unreadable(row, problem, self.slots, self.understanding);
                self.write_unreadable((slot, class, reason), None);
            }
        }
    }

    fn read_of_list<'r>(
        &mut self,
        row: &'r R,
        (list, status): (&ListRule, OrderStatus),
        (room, key_room): (&'r mut Digits, &'r mut Digits),
    ) -> Result<Said<'r>, Problem> {
        let (understanding, slots) = (self.understanding, self.slots);
        let is_withdrawn = understanding.holds == Content::Refunds && not_given(status).is_some();
        let person = if slots.customer == usize::MAX {
            Person::guest(row, slots, understanding)
        } else {
            Person::read(row, slots, understanding, room)?
        };
        let at = match list
            .date
            .and_then(|field| understanding.deciding_slot(field))
        {
            Some(slot) => match time(&row.cell(slot), understanding.date_format, self.clock) {
                Ok(at) => at,
                // What was not given has no day, and no amount.
                Err(Reason::DateMissing) if is_withdrawn => UNDATED,
                Err(reason) => return Err(Problem { slot, reason }),
            },
            None => UNDATED,
        };
        let mut said = Said {
            customer: person.id,
            nobody: person.nobody,
            guessed: person.guessed,
            float_id: person.float_id,
            key: Cow::Borrowed(""),
            at,
            amount: None,
            rounded: false,
            updated_at: slots.updated_at.and_then(|slot| {
                let format = understanding.date_format_of(slot);
                time(&row.cell(slot), format, self.clock).ok()
            }),
            currency: None,
            rate: None,
            status,
        };
        if let Some(slot) = key_slot(understanding) {
            let (id, guessed) = read_id(row, slot)?;
            said.key = id
                .as_text(key_room)
                .map_or(Cow::Borrowed(""), Cow::Borrowed);
            said.guessed |= guessed;
            said.float_id |= guessed;
        }
        let amount = amount_slot(understanding);
        if let Some(slot) = amount.filter(|slot| !is_withdrawn || !is_empty(row, Some(*slot))) {
            said.read_amount(row, slot, understanding)?;
        }
        Ok(said)
    }

    /// Converts the amount, if it is in another currency.
    fn convert(&mut self, said: &mut Said<'_>, exchange: &Exchange) -> Result<(), Problem> {
        let foreign = Foreign {
            row: self.row,
            slots: self.slots,
            understanding: self.understanding,
            exchange,
        };
        let amount = (amount_slot(self.understanding), said.currency);
        let Some((slot, currency, at)) = foreign.amounts_of_list(amount, said.at) else {
            return Ok(());
        };
        let amounts = Amounts {
            slot,
            currency: currency.as_deref(),
            at,
        };
        said.rate = foreign.rate(&amounts, self.clock, &mut self.batch.exchanged)?;
        if let (Some(rate), Some(amount)) = (said.rate, said.amount) {
            said.amount = Some(currency::apply(rate, amount, slot)?);
        }
        Ok(())
    }

    /// Whose or what it is must be known; what the settings exclude is.
    fn judge(&mut self, said: &Said<'_>, exclude: &ExcludeRules) {
        let holds = self.understanding.holds;
        let customer = said.customer.as_deref();
        let slots = self.slots;
        let named = customer.is_some_and(|customer| exclude.customers.contains(customer));
        if named {
            let aside = (RowClass::TestOrVoid, Reason::ExcludedCustomer);
            self.set_aside(Some(slots.customer), aside, said);
            return;
        }
        let nobody = || {
            let reason = said.nobody.reason();
            (
                Some(slots.customer).filter(|slot| *slot != usize::MAX),
                (RowClass::MissingCustomer, reason),
            )
        };
        let is_anonymous = || {
            let slot = self.understanding.deciding_slot(Field::AnonymousId);
            slot.is_some_and(|slot| !words::is_missing(trim(&shown(&self.row.cell(slot)))))
        };
        let aside = match holds {
            Content::Customers if customer.is_none() => Some(nobody()),
            Content::Refunds | Content::Surveys if customer.is_none() && said.key.is_empty() => {
                Some(nobody())
            }
            Content::Events if customer.is_none() && !is_anonymous() => Some(nobody()),
            Content::Products | Content::Spend if said.key.is_empty() => Some((
                key_slot(self.understanding),
                (RowClass::Unreadable, Reason::IdMissing),
            )),
            Content::Refunds => not_given(said.status).map(|verdict| (slots.status, verdict)),
            Content::Surveys => self.says_nothing(),
            _ => None,
        };
        match aside {
            Some((slot, verdict)) => {
                self.set_aside(slot, verdict, said);
                self.withdraw(said);
            }
            None => self.accept(said),
        }
    }

    /// Of a refund with an id of its own that was not given: an older version may say that it was.
    fn withdraw(&mut self, said: &Said<'_>) {
        let slot = self.understanding.deciding_slot(Field::RefundId);
        if not_given(said.status).is_none() || is_empty(self.row, slot) {
            return;
        }
        self.push_entry(&Entry {
            customer: said.customer.as_deref().unwrap_or_default(),
            key: &said.key,
            at: said.at,
            net: Money::ZERO,
            kind: RowKind::Withdrawn,
            updated_at: said.updated_at,
        });
        self.push_rest();
    }

    /// Of an answer: whether there is neither a score that can be read nor a comment.
    fn says_nothing(&self) -> Option<(Option<usize>, (RowClass, Reason))> {
        let understanding = self.understanding;
        let slot = |field| understanding.deciding_slot(field);
        if !is_empty(self.row, slot(Field::Comment)) {
            return None;
        }
        let score = slot(Field::Score);
        let read = score.map(|slot| number(&self.row.cell(slot), understanding));
        let reason = match read {
            Some(Ok(Some(_))) => return None,
            Some(Err(reason)) => reason,
            Some(Ok(None)) | None => Reason::EmptyAnswer,
        };
        let slot = score.or_else(|| slot(Field::Comment));
        Some((slot, (RowClass::Unreadable, reason)))
    }

    fn set_aside(
        &mut self,
        slot: Option<usize>,
        (class, reason): (RowClass, Reason),
        said: &Said<'_>,
    ) {
        self.batch.account.add(class, said.amount);
        self.batch.aside_hashes.push(self.place.hash);
        let cell = slot.map_or_else(|| self.row.first(), |slot| self.row.cell(slot));
        self.reject(slot, &cell, (class, reason), said.customer.as_deref());
    }

    fn accept(&mut self, said: &Said<'_>) {
        let holds = self.understanding.holds;
        let class = if holds == Content::Refunds {
            RowClass::Refund
        } else {
            RowClass::Listed
        };
        self.batch.account.add(class, said.amount);
        self.see_currency_of(said.currency);
        self.flag_row(said.float_id, said.rounded, said.guessed, || {
            said.customer.as_deref().unwrap_or(&said.key).to_owned()
        });
        let kind = match holds {
            Content::Orders | Content::Customers => RowKind::Person,
            Content::Refunds => RowKind::Refund,
            Content::Products => RowKind::Product,
            Content::Events => RowKind::Event,
            Content::Surveys => RowKind::Answer,
            Content::Spend => RowKind::Spend,
        };
        let amount = said.amount.unwrap_or_default();
        self.push_entry(&Entry {
            customer: said.customer.as_deref().unwrap_or_default(),
            key: &said.key,
            at: said.at,
            net: if holds == Content::Refunds {
                Money(amount.0.saturating_abs())
            } else {
                amount
            },
            kind,
            updated_at: said.updated_at,
        });
        self.push_rest();
    }

    /// Appends all columns that are nothing else, as one object.
    fn push_rest(&mut self) {
        let understanding = self.understanding;
        let Some((field, slots)) = understanding
            .list
            .as_ref()
            .and_then(|list| list.rest.as_ref())
        else {
            return;
        };
        let row = self.row;
        let Some(details) = &mut self.batch.facts.details else {
            return;
        };
        let Some(DetailValues::Text(texts)) = details
            .columns
            .iter_mut()
            .find(|column| column.field == *field)
            .map(|column| &mut column.values)
        else {
            return;
        };
        // By name, so that the order of columns changes nothing.
        let mut object: BTreeMap<&str, String> = BTreeMap::new();
        for &slot in slots {
            let cell = row.cell(slot);
            let text = shown(&cell);
            let text = bare(trim(&text));
            if !words::is_missing(text)
                && let Some(column) = understanding.columns.get(slot)
            {
                object.insert(&column.header, text.to_owned());
            }
        }
        let written = if object.is_empty() {
            String::new()
        } else {
            serde_json::to_string(&object).unwrap_or_default()
        };
        texts.push(&written);
    }
}

impl<'r> Said<'r> {
    fn read_amount<R: Row>(
        &mut self,
        row: &'r R,
        slot: usize,
        understanding: &Understanding,
    ) -> Result<(), Problem> {
        let problem = |reason| Problem { slot, reason };
        let read = number(&row.cell(slot), understanding).map_err(problem)?;
        let read = read.ok_or_else(|| problem(Reason::NumberMissing))?;
        if read.value.0.unsigned_abs() > LARGEST_AMOUNT {
            return Err(problem(Reason::NumberTooLarge));
        }
        self.amount = Some(read.value);
        self.rounded = read.rounded;
        self.guessed |= read.guessed;
        self.currency = read.currency;
        Ok(())
    }
}

/// Why a refund that was not given is set aside.
const fn not_given(status: OrderStatus) -> Option<(RowClass, Reason)> {
    match status {
        OrderStatus::Paid | OrderStatus::Refunded => None,
        OrderStatus::Pending => Some((RowClass::CancelledOrder, Reason::RefundPending)),
        OrderStatus::Cancelled | OrderStatus::Void => {
            Some((RowClass::CancelledOrder, Reason::RefundRefused))
        }
        OrderStatus::Test => Some((RowClass::TestOrVoid, Reason::TestOrder)),
    }
}

/// The column by which a row is known where it is not a person's: its order, product or channel.
fn key_slot(understanding: &Understanding) -> Option<usize> {
    let fields: &[Field] = match understanding.holds {
        Content::Refunds | Content::Surveys => &[Field::OrderId],
        Content::Products => &[Field::ProductCode],
        Content::Spend => &[Field::Channel, Field::Campaign],
        Content::Orders | Content::Customers | Content::Events => &[],
    };
    fields
        .iter()
        .find_map(|&field| understanding.deciding_slot(field))
}

fn amount_slot(understanding: &Understanding) -> Option<usize> {
    let fields: &[Field] = match understanding.holds {
        Content::Refunds => &[Field::Refunded, Field::Amount],
        Content::Spend => &[Field::Amount],
        _ => &[],
    };
    fields
        .iter()
        .find_map(|&field| understanding.deciding_slot(field))
}

/// Returns the slots of a list's row as those of an order's row: what is read in the same way has the same place.
pub(super) fn slots(understanding: &Understanding, slots: Slots) -> Slots {
    let Some(list) = &understanding.list else {
        return slots;
    };
    let date = list
        .date
        .and_then(|field| understanding.deciding_slot(field));
    Slots {
        at: date.unwrap_or(usize::MAX),
        order: key_slot(understanding),
        status: understanding.deciding_slot(Field::RefundStatus),
        tags: None,
        flag: None,
        memo: None,
        product: None,
        ..slots
    }
}
