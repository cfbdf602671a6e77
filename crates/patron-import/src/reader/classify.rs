//! In which class a row ends: the precedence of the definitions, first match wins.
//!
//! A repeated header or a line of totals is told by what it lacks (a date) and what it says; it is therefore looked for
//! before a row is called unreadable, although the class comes second.

use patron_core::{Money, OrderStatus, RowClass};

use crate::cell::Cell;
use crate::options::{ExcludeRules, ImportOptions, KeepRules};
use crate::reader::row::{Row, shown};
use crate::reader::slots::Slots;
use crate::reader::values::{Problem, Values, has_no_date, is_empty};
use crate::reason::Reason;
use crate::understanding::Understanding;
use crate::value::date::{self, ParsedTime};
use crate::value::trim;
use crate::words::{self, StatusMeaning};

/// The cell that decided, if the row is set aside, and why.
pub(super) type Why = Option<(Option<usize>, Reason)>;

/// What a rule says of a row: its class, the cell that decides and the reason; nothing if the rule does not fit.
type Finding = Option<(RowClass, Option<usize>, Reason)>;

/// A row whose values could be read.
struct Judge<'a, R> {
    row: &'a R,
    values: &'a Values<'a>,
    status: OrderStatus,
    slots: &'a Slots,
    understanding: &'a Understanding,
    keep: &'a KeepRules,
}

/// Returns the class of a row whose values could be read, and why it is set aside if it is.
pub(super) fn classify<R: Row>(
    row: &R,
    values: &Values<'_>,
    status: StatusMeaning,
    slots: &Slots,
    (understanding, options): (&Understanding, &ImportOptions),
) -> (RowClass, Why) {
    let judge = Judge {
        row,
        values,
        status: status.status,
        slots,
        understanding,
        keep: &options.keep,
    };
    let aside = judge
        .missing_customer()
        .or_else(|| judge.excluded(&options.exclude))
        .or_else(|| slots.says_what_it_is.then(|| judge.by_words())?);
    if let Some((class, slot, reason)) = aside {
        return (class, Some((slot, reason)));
    }
    if judge.is_refund() {
        return (RowClass::Refund, None);
    }
    match judge.not_goods() {
        Some((class, slot, reason)) => (class, Some((slot, reason))),
        None => (RowClass::OrderLine, None),
    }
}

impl<R: Row> Judge<'_, R> {
    /// What the row says of itself: its status, its codes.
    fn by_words(&self) -> Finding {
        self.test_or_void()
            .or_else(|| self.cancelled())
            .or_else(|| self.by_code())
    }

    fn missing_customer(&self) -> Finding {
        self.values.customer.is_none().then_some((
            RowClass::MissingCustomer,
            Some(self.slots.customer),
            self.values.nobody.reason(),
        ))
    }

    /// Staff, resellers, the till, brushed orders: whom the user named, or what the row says of itself.
    fn excluded(&self, rules: &ExcludeRules) -> Finding {
        let customers = &rules.customers;
        let named = |customer: &str| customers.contains(customer);
        let found = |slot, reason| Some((RowClass::TestOrVoid, slot, reason));
        if !customers.is_empty() && self.values.customer.as_deref().is_some_and(named) {
            return found(Some(self.slots.customer), Reason::ExcludedCustomer);
        }
        let equals = |text: &str, word: &String| text.trim().to_lowercase() == word.to_lowercase();
        let tagged = |text: &str, word: &String| {
            text.split([',', ';', '|', '、', '，', '；'])
                .any(|tag| equals(tag, word))
        };
        let holds = |text: &str, word: &String| text.to_lowercase().contains(&word.to_lowercase());
        if self.says(self.slots.tags, &rules.tags, tagged) {
            return found(self.slots.tags, Reason::ExcludedTag);
        }
        if self.says(self.slots.flag, &rules.flags, equals) {
            return found(self.slots.flag, Reason::ExcludedFlag);
        }
        if self.says(self.slots.memo, &rules.memos, holds) {
            return found(self.slots.memo, Reason::ExcludedMemo);
        }
        None
    }

    /// Whether a cell says one of the words.
    fn says(
        &self,
        slot: Option<usize>,
        words: &[String],
        test: impl Fn(&str, &String) -> bool,
    ) -> bool {
        let Some(slot) = slot.filter(|_| !words.is_empty()) else {
            return false;
        };
        let cell = self.row.cell(slot);
        let text = shown(&cell);
        words.iter().any(|word| test(&text, word))
    }

    fn test_or_void(&self) -> Finding {
        if self.keep.test_or_void {
            return None;
        }
        let (slot, reason) = match self.status {
            OrderStatus::Test => (self.slots.status, Reason::TestOrder),
            OrderStatus::Void => (self.slots.status, Reason::VoidOrder),
            _ if self.code_starts(&self.understanding.rules.test_prefixes) => {
                (self.slots.product, Reason::TestOrder)
            }
            _ if self.is_one_of(
                self.slots.payment_method,
                &self.understanding.rules.test_payments,
            ) =>
            {
                (self.slots.payment_method, Reason::TestOrder)
            }
            _ => return None,
        };
        Some((RowClass::TestOrVoid, slot, reason))
    }

    fn cancelled(&self) -> Finding {
        if self.keep.cancelled {
            return None;
        }
        let slot = if self.status == OrderStatus::Cancelled {
            self.slots.status
        } else {
            self.slots.cancelled_at.filter(|_| self.was_cancelled())
        };
        slot.map(|slot| (RowClass::CancelledOrder, Some(slot), Reason::Cancelled))
    }

    /// Returns true if the row says when the order was cancelled, and not that it was paid after that.
    fn was_cancelled(&self) -> bool {
        if is_empty(self.row, self.slots.cancelled_at) {
            return false;
        }
        let time = |slot: Option<usize>| match self.row.cell(slot?) {
            Cell::Text(text) => date::parse(trim(text), self.understanding.date_format_of(slot?)),
            _ => None,
        };
        let paid_later = match (time(self.slots.cancelled_at), time(self.slots.paid_at)) {
            (Some(ParsedTime::Local(cancelled)), Some(ParsedTime::Local(paid)))
            | (Some(ParsedTime::Instant(cancelled)), Some(ParsedTime::Instant(paid))) => {
                paid > cancelled
            }
            _ => false,
        };
        !paid_later
    }

    /// Bad debt, fees and gift cards, by order id, product code or a column of their own.
    fn by_code(&self) -> Finding {
        let rules = &self.understanding.rules;
        if !self.keep.bad_debt {
            let class = RowClass::BadDebtOrAdjustment;
            if id_starts(self.values.order, &rules.bad_debt_prefixes) {
                return Some((class, self.slots.order, Reason::BadDebt));
            }
            if self.code_is(&rules.bad_debt_codes) {
                return Some((class, self.slots.product, Reason::BadDebt));
            }
        }
        if !self.keep.fee_lines && self.code_is(&rules.fee_codes) {
            return Some((RowClass::FeeLine, self.slots.product, Reason::Fee));
        }
        if !self.keep.gift_cards {
            if self.code_starts(&rules.gift_card_prefixes) {
                return Some((RowClass::FeeLine, self.slots.product, Reason::GiftCard));
            }
            if self.says_yes(self.slots.gift_card) {
                return Some((RowClass::FeeLine, self.slots.gift_card, Reason::GiftCard));
            }
        }
        None
    }

    /// A cancellation document, or an amount below zero that does not come from a price below zero.
    fn is_refund(&self) -> bool {
        let by_amount = self.values.amount < Money::ZERO
            && (!self.slots.judge_quantity
                || self.values.price.is_none_or(|price| price >= Money::ZERO));
        by_amount || is_cancellation(self.values.order, self.understanding)
    }

    fn not_goods(&self) -> Finding {
        if !self.slots.judge_quantity {
            return None;
        }
        let (quantity, price) = (self.values.quantity, self.values.price);
        if !self.keep.quantity_not_positive
            && quantity.is_some_and(|quantity| quantity <= Money::ZERO)
        {
            return Some((
                RowClass::QuantityNotPositive,
                self.slots.quantity,
                Reason::QuantityNotPositive,
            ));
        }
        if !self.keep.negative_price && price.is_some_and(|price| price < Money::ZERO) {
            return Some((
                RowClass::PriceNegative,
                self.slots.price,
                Reason::PriceNegative,
            ));
        }
        if !self.keep.zero_price && price == Some(Money::ZERO) {
            return Some((RowClass::PriceZero, self.slots.price, Reason::PriceZero));
        }
        None
    }

    /// Returns true if a cell is one of some words; case does not matter.
    fn is_one_of(&self, slot: Option<usize>, words: &[String]) -> bool {
        match slot
            .filter(|_| !words.is_empty())
            .map(|slot| self.row.cell(slot))
        {
            Some(Cell::Text(text)) => words
                .iter()
                .any(|word| word.eq_ignore_ascii_case(trim(text))),
            _ => false,
        }
    }

    fn code_is(&self, codes: &[String]) -> bool {
        self.code(|code| codes.iter().any(|known| known.eq_ignore_ascii_case(code)))
    }

    fn code_starts(&self, prefixes: &[String]) -> bool {
        self.code(|code| prefixes.iter().any(|prefix| starts(code, prefix)))
    }

    fn code(&self, test: impl Fn(&str) -> bool) -> bool {
        match self.slots.product.map(|slot| self.row.cell(slot)) {
            Some(Cell::Text(code)) => test(code.trim()),
            _ => false,
        }
    }

    fn says_yes(&self, slot: Option<usize>) -> bool {
        match slot.map(|slot| self.row.cell(slot)) {
            Some(Cell::Bool(value)) => value,
            Some(Cell::Int(value)) => value != 0,
            Some(Cell::Text(text)) => ["true", "yes", "y", "1", "t", "是"]
                .iter()
                .any(|word| trim(text).eq_ignore_ascii_case(word)),
            _ => false,
        }
    }
}

/// Returns true if an order id is that of a cancellation document, which names no order.
pub(super) fn is_cancellation(order: &str, understanding: &Understanding) -> bool {
    id_starts(order, &understanding.rules.cancellation_prefixes)
}

fn starts(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// Returns true if an id is one of the prefixes and then a digit.
fn id_starts(id: &str, prefixes: &[String]) -> bool {
    prefixes.iter().any(|prefix| {
        starts(id, prefix)
            && id
                .as_bytes()
                .get(prefix.len())
                .is_some_and(u8::is_ascii_digit)
    })
}

/// Returns the class and reason of a row without a date that is the header again or a line of totals.
pub(super) fn header_or_total<R: Row>(
    row: &R,
    slots: &Slots,
    understanding: &Understanding,
) -> Option<(RowClass, Reason)> {
    let set_aside = RowClass::RepeatedHeaderOrTotal;
    if is_header(row, understanding) {
        return Some((set_aside, Reason::RepeatedHeader));
    }
    is_total(row, slots).then_some((set_aside, Reason::Total))
}

/// Returns the deciding cell, class and reason of a row with a cell that cannot be understood.
pub(super) fn unreadable<R: Row>(
    row: &R,
    problem: Problem,
    slots: &Slots,
    understanding: &Understanding,
) -> (Option<usize>, RowClass, Reason) {
    if has_no_date(row, slots, understanding) {
        let set_aside = RowClass::RepeatedHeaderOrTotal;
        if is_header(row, understanding) {
            return (Some(slots.at), set_aside, Reason::RepeatedHeader);
        }
        if is_total(row, slots) {
            return (None, set_aside, Reason::Total);
        }
        if row.is_blank() {
            return (None, RowClass::Unreadable, Reason::EmptyRow);
        }
    }
    (Some(problem.slot), RowClass::Unreadable, problem.reason)
}

fn is_header<R: Row>(row: &R, understanding: &Understanding) -> bool {
    understanding
        .deciding_columns()
        .enumerate()
        .all(|(slot, column)| match row.cell(slot) {
            Cell::Text(text) => trim(text) == column.header,
            _ => false,
        })
}

fn is_total<R: Row>(row: &R, slots: &Slots) -> bool {
    let says_total = |cell: Cell<'_>| words::is_total(shown(&cell).trim());
    says_total(row.first())
        || [Some(slots.customer), Some(slots.at), slots.order]
            .into_iter()
            .flatten()
            .any(|slot| says_total(row.cell(slot)))
}
