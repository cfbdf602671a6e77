//! Rows of which there is nothing else to say but that a customer placed an order, then, for so much: nearly all rows of most
//! exports. They are judged by the same code as all others; what is saved is writing down all that they do not say.

use patron_core::Money;

use crate::cell::Cell;
use crate::content::Content;
use crate::options::ImportOptions;
use crate::reader::Place;
use crate::reader::clock::LocalClock;
use crate::reader::number::number;
use crate::reader::row::Row;
use crate::reader::slots::Slots;
use crate::reader::values::{LARGEST_AMOUNT, time};
use crate::understanding::{AmountRule, GrainRule, Understanding};
use crate::words;

/// An order that counts, is paid, and of which its row says nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlainOrder<'a> {
    /// Whose.
    pub customer: &'a str,
    /// Its id.
    pub order_id: &'a str,
    /// When, in µs UTC.
    pub at: i64,
    /// The amount in ten-thousandths, above zero.
    pub net: i64,
    /// The hash of its row.
    pub row_hash: u64,
    /// The line of the file it came from (Parquet: the row's number, from 1).
    pub line: u64,
}

/// Takes plain orders as they are read.
pub trait PlainOrders {
    /// Whether there is anybody who takes them; else they are written down as all rows are.
    const TAKEN: bool;

    /// Takes an order. It is counted in the batch's account already.
    fn take(&mut self, order: &PlainOrder<'_>);
}

/// Nobody takes plain orders: all facts are in the batch.
#[derive(Debug, Clone, Copy)]
pub struct WrittenDown;

impl PlainOrders for WrittenDown {
    const TAKEN: bool = false;

    fn take(&mut self, _: &PlainOrder<'_>) {}
}

/// Where the cells of plain orders are.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlainSlots {
    customer: usize,
    order: usize,
    at: usize,
    amount: usize,
}

impl PlainSlots {
    /// Returns the places; nothing if a row of the file can say more than a plain order does.
    pub(super) fn of(
        understanding: &Understanding,
        slots: &Slots,
        options: &ImportOptions,
    ) -> Option<Self> {
        let AmountRule::Column(amount) = understanding.amount else {
            return None;
        };
        let is_of_orders = understanding.holds == Content::Orders
            && understanding.grain != GrainRule::Lines
            && understanding.list.is_none()
            && understanding.control.is_none()
            && understanding.fill_down.is_none();
        let of_customers = slots.has_contact()
            || understanding.customer_is_email
            || understanding.customer_is_phone
            || !options.exclude.customers.is_empty();
        let of_fate = slots.says_what_it_is || slots.says_fate() || slots.judge_quantity;
        let of_amount = [slots.quantity, slots.price, slots.refunded, slots.currency];
        let of_amount = of_amount.iter().any(Option::is_some) || options.exchange.is_some();
        let says_more = of_customers || of_fate || of_amount || slots.updated_at.is_some();
        (is_of_orders && !says_more && !options.with_details).then_some(Self {
            customer: slots.customer,
            order: slots.order?,
            at: slots.at,
            amount,
        })
    }

    /// Reads a row; nothing if it is no plain order, or if that is not clear at a glance.
    #[inline(always)]
    pub(super) fn read<'r, R: Row>(
        self,
        place: Place,
        row: &'r R,
        understanding: &Understanding,
        clock: &mut LocalClock,
    ) -> Option<PlainOrder<'r>> {
        let customer = plain_id(row.cell(self.customer))?;
        let order_id = plain_id(row.cell(self.order))?;
        let at = time(&row.cell(self.at), understanding.date_format, clock).ok()?;
        let amount = number(&row.cell(self.amount), understanding).ok()??;
        let is_plain = !amount.rounded && !amount.guessed && amount.currency.is_none();
        let counts = amount.value > Money::ZERO && amount.value.0.unsigned_abs() <= LARGEST_AMOUNT;
        (is_plain && counts).then_some(PlainOrder {
            customer,
            order_id,
            at,
            net: amount.value.0,
            row_hash: place.hash,
            line: place.line,
        })
    }
}

/// Returns an id that stands there as it is: letters, digits, `-` and `_`, of which no spreadsheet makes anything else, and
/// no word for there being none.
#[inline]
fn plain_id(cell: Cell<'_>) -> Option<&str> {
    let Cell::Text(text) = cell else { return None };
    let is_plain = |byte: u8| PLAIN.get(usize::from(byte)).copied().unwrap_or(false);
    (text.bytes().all(is_plain) && !words::is_missing(text)).then_some(text)
}

/// Which bytes are letters, digits, `-` or `_`.
#[expect(
    clippy::indexing_slicing,
    reason = "made when patron is built, which a place outside would stop"
)]
static PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        let is_plain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        plain[byte as usize] = is_plain;
        byte += 1;
    }
    plain
};
