//! In which currency a row's amounts are, and what they are in the shop's.

use std::borrow::Cow;

use patron_core::{Day, Money};

use crate::batch::UNDATED;
use crate::content::Content;
use crate::exchange::{Exchange, Exchanged};
use crate::field::Field;
use crate::rates::Rate;
use crate::reader::clock::LocalClock;
use crate::reader::number::number;
use crate::reader::row::{Row, shown};
use crate::reader::slots::Slots;
use crate::reader::values::{LARGEST_AMOUNT, Problem, Values};
use crate::reason::Reason;
use crate::understanding::{AmountRule, Understanding, is_code, sign_stands_for};
use crate::value::{amount, trim};
use crate::words;

/// A row whose amounts may be in another currency.
pub(super) struct Foreign<'a, R> {
    pub(super) row: &'a R,
    pub(super) slots: &'a Slots,
    pub(super) understanding: &'a Understanding,
    pub(super) exchange: &'a Exchange,
}

/// The amounts of a row, and what is known of them.
pub(super) struct Amounts<'a> {
    /// The column that an amount stands in.
    pub(super) slot: usize,
    /// What the amount names beside the number.
    pub(super) currency: Option<&'a str>,
    /// µs UTC; [`UNDATED`] where the row has no date.
    pub(super) at: i64,
}

impl<R: Row> Foreign<'_, R> {
    /// Converts the amounts of an order's row. Quantity and price stay: only whether they are above zero matters.
    #[inline(never)]
    pub(super) fn convert(
        &self,
        values: &mut Values<'_>,
        clock: &LocalClock,
        seen: &mut Exchanged,
    ) -> Result<(), Problem> {
        let slot = match self.understanding.amount {
            AmountRule::Column(slot) | AmountRule::GrossLessDiscount { gross: slot, .. } => slot,
            AmountRule::QuantityTimesPrice { unit_price, .. } => unit_price,
        };
        let amounts = Amounts {
            slot,
            currency: values.currency,
            at: values.at,
        };
        values.rate = self.rate(&amounts, clock, seen)?;
        if let Some(rate) = values.rate {
            values.amount = apply(rate, values.amount, slot)?;
            let refunded = values.refunded.map(|amount| apply(rate, amount, slot));
            values.refunded = refunded.transpose()?;
        }
        Ok(())
    }

    /// Returns the rate at which the amounts of a row are taken; nothing if they are in the shop's currency.
    pub(super) fn rate(
        &self,
        amounts: &Amounts<'_>,
        clock: &LocalClock,
        seen: &mut Exchanged,
    ) -> Result<Option<Rate>, Problem> {
        let Some((slot, from)) = self.currency(amounts)? else {
            return Ok(None);
        };
        let unknown = |day: Option<Day>| {
            let (from, to) = (from.to_string(), self.exchange.to().to_owned());
            let reason = match day {
                Some(day) => Reason::RateMissing { from, to, day },
                None => Reason::RateWithoutDay { from, to },
            };
            Problem { slot, reason }
        };
        if amounts.at == UNDATED {
            return Err(unknown(None));
        }
        let day = clock.day_of(amounts.at);
        let rate = self.exchange.rate(&from, day);
        seen.see(&from, day, rate);
        rate.map(Some).ok_or_else(|| unknown(Some(day)))
    }

    /// Returns the currency of a row and the column that says it: its own column, else what its amount names, else the
    /// header; nothing if that is the shop's, or nobody says.
    fn currency<'s>(
        &'s self,
        amounts: &'s Amounts<'_>,
    ) -> Result<Option<(usize, Cow<'s, str>)>, Problem> {
        let header = self.understanding.header_currency.as_deref();
        let own = self.slots.currency.map(|slot| (slot, self.name_in(slot)));
        let (slot, name) = match (own, amounts.currency, header) {
            (Some((slot, Some(name))), _, _) => (slot, Cow::Owned(name)),
            (_, Some(name), _) => (amounts.slot, amount::currency_code(name)),
            (_, None, Some(name)) => (amounts.slot, Cow::Borrowed(name)),
            (_, None, None) => return Ok(None),
        };
        let to = self.exchange.to();
        let from = if is_code(&name) {
            name
        } else if let Some(header) = header.filter(|code| sign_stands_for(&name, code)) {
            Cow::Borrowed(header)
        } else if sign_stands_for(&name, to) {
            Cow::Borrowed(to)
        } else {
            let (found, to) = (name.into_owned(), to.to_owned());
            let reason = Reason::CurrencyUnclear { found, to };
            return Err(Problem { slot, reason });
        };
        Ok((from != to).then_some((slot, from)))
    }

    /// Returns what a cell of the currency's column names, if anything.
    fn name_in(&self, slot: usize) -> Option<String> {
        let cell = self.row.cell(slot);
        let text = shown(&cell);
        let name = trim(&text);
        (!words::is_missing(name)).then(|| amount::currency_code(name).into_owned())
    }

    /// Returns the amounts of a row of a list; nothing if such a list has none.
    pub(super) fn amounts_of_list(
        &self,
        (slot, currency): (Option<usize>, Option<&str>),
        at: i64,
    ) -> Option<(usize, Option<String>, i64)> {
        if let Some(slot) = slot {
            return Some((slot, currency.map(str::to_owned), at));
        }
        if self.understanding.holds != Content::Products {
            return None;
        }
        let prices = [Field::UnitPrice, Field::UnitCost];
        let mut slots = prices
            .into_iter()
            .filter_map(|field| self.understanding.slot(field));
        let first = slots.clone().next()?;
        let named = slots.find_map(|slot| {
            let read = number(&self.row.cell(slot), self.understanding).ok()??;
            Some((slot, read.currency?.to_owned()))
        });
        Some(match named {
            Some((slot, name)) => (slot, Some(name), at),
            None => (first, None, at),
        })
    }
}

/// Returns an amount in the shop's currency.
pub(super) fn apply(rate: Rate, amount: Money, slot: usize) -> Result<Money, Problem> {
    let applied = rate.apply(amount).map(|applied| applied.amount);
    applied
        .filter(|amount| amount.0.unsigned_abs() <= LARGEST_AMOUNT)
        .ok_or(Problem {
            slot,
            reason: Reason::NumberTooLarge,
        })
}

/// Whether a detail is money: it is converted with its row.
pub(super) const fn is_money(field: Field) -> bool {
    matches!(
        field,
        Field::Gross
            | Field::Discount
            | Field::UnitPrice
            | Field::PlatformDiscount
            | Field::Shipping
            | Field::Tax
            | Field::UnitCost
    )
}
