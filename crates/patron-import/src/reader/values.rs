//! Which values a row holds, and whether they can be read.

use std::borrow::Cow;

use patron_core::Money;

use crate::cell::Cell;
use crate::options::DateFormat;
use crate::rates::Rate;
use crate::reader::clock::LocalClock;
use crate::reader::number::number;
use crate::reader::person::{Nobody, Person};
use crate::reader::row::{Row, shown};
use crate::reader::slots::Slots;
use crate::reason::Reason;
use crate::understanding::{AmountRule, LineDiscount, Understanding};
use crate::value::date::{self, ParsedTime};
use crate::value::id::{self, BadId, Digits, Id};
use crate::value::trim;
use crate::words;

const MICROS_PER_DAY: i64 = 86_400_000_000;
const HUNDREDTH: Money = Money(patron_core::money::SCALE / 100);

/// A cell that cannot be understood, and why.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) slot: usize,
    pub(super) reason: Reason,
}

/// Room for ids that are not text in the file.
#[derive(Debug)]
pub(super) struct Rooms {
    customer: Digits,
    order: Digits,
}

impl Default for Rooms {
    fn default() -> Self {
        Self {
            customer: Digits::EMPTY,
            order: Digits::EMPTY,
        }
    }
}

/// The values of a row that could be read.
#[derive(Debug)]
pub(super) struct Values<'r> {
    pub(super) customer: Option<Cow<'r, str>>,
    /// Why there is no customer.
    pub(super) nobody: Nobody,
    /// A further line of an order whose amount stands on the order's first row.
    pub(super) further_line: bool,
    /// Empty where there is none.
    pub(super) order: &'r str,
    /// µs UTC.
    pub(super) at: i64,
    pub(super) amount: Money,
    pub(super) quantity: Option<Money>,
    pub(super) price: Option<Money>,
    pub(super) refunded: Option<Money>,
    pub(super) rounded: bool,
    pub(super) guessed: bool,
    /// Whether an id was written as a decimal number, such as `17850.0`.
    pub(super) float_id: bool,
    /// When the order was last changed, in µs UTC; nothing where the row does not say or it cannot be read.
    pub(super) updated_at: Option<i64>,
    /// A currency that an amount names by sign or code.
    pub(super) currency: Option<&'r str>,
    /// At which the amounts were converted, if they are in another currency than the shop's.
    pub(super) rate: Option<Rate>,
}

impl<'r> Values<'r> {
    #[inline(always)]
    pub(super) fn read<R: Row>(
        row: &'r R,
        understanding: &Understanding,
        slots: &Slots,
        clock: &mut LocalClock,
        rooms: &'r mut Rooms,
    ) -> Result<Self, Problem> {
        let person = Person::read(row, slots, understanding, &mut rooms.customer)?;
        let (order, order_guessed) = match slots.order {
            Some(slot) => {
                let (id, guessed) = read_id(row, slot)?;
                (id.as_text(&mut rooms.order).unwrap_or_default(), guessed)
            }
            None => ("", false),
        };
        let at = time(&row.cell(slots.at), understanding.date_format, clock).map_err(|reason| {
            Problem {
                slot: slots.at,
                reason,
            }
        })?;
        let mut values = Self {
            customer: person.id,
            nobody: person.nobody,
            further_line: false,
            order,
            at,
            amount: Money::ZERO,
            quantity: None,
            price: None,
            refunded: None,
            rounded: false,
            guessed: person.guessed || order_guessed,
            float_id: order_guessed || person.float_id,
            updated_at: slots.updated_at.and_then(|slot| {
                let format = understanding.date_format_of(slot);
                time(&row.cell(slot), format, clock).ok()
            }),
            currency: None,
            rate: None,
        };
        values.read_amounts(row, understanding, slots)?;
        Ok(values)
    }

    fn read_amounts<R: Row>(
        &mut self,
        row: &'r R,
        understanding: &Understanding,
        slots: &Slots,
    ) -> Result<(), Problem> {
        if understanding.fill_down.is_some() && is_empty(row, slots.amount) {
            self.further_line = is_empty(row, slots.order_total) && !self.order.is_empty();
            if self.further_line {
                return Ok(());
            }
        }
        // What the amount is made of must be there; the rest may be empty.
        let made_of_quantity =
            matches!(understanding.amount, AmountRule::QuantityTimesPrice { .. });
        for (slot, is_price) in [(slots.quantity, false), (slots.price, true)] {
            let Some(slot) = slot else { continue };
            let number = if made_of_quantity {
                Some(self.needed(row, slot, understanding)?)
            } else {
                self.optional(row, slot, understanding)?
            };
            if is_price {
                self.price = number;
            } else {
                self.quantity = number;
            }
        }
        self.amount = match understanding.amount {
            AmountRule::Column(amount) => self.needed(row, amount, understanding)?,
            AmountRule::GrossLessDiscount { gross, discount } => {
                let gross_amount = self.needed(row, gross, understanding)?;
                let discount = self.optional(row, discount, understanding)?;
                less(gross_amount, discount).ok_or(Problem {
                    slot: gross,
                    reason: Reason::NumberTooLarge,
                })?
            }
            AmountRule::QuantityTimesPrice {
                unit_price,
                discount,
                ..
            } => self.line_amount(row, unit_price, discount, understanding)?,
        };
        if let Some(slot) = slots.refunded {
            self.refunded = self.optional(row, slot, understanding)?.map(absolute);
            self.refunded = self.share_refunded(row, understanding, slots)?;
        }
        if self.amount.0.unsigned_abs() > LARGEST_AMOUNT
            || self
                .refunded
                .is_some_and(|refund| refund.0.unsigned_abs() > LARGEST_AMOUNT)
        {
            let slot = match understanding.amount {
                AmountRule::Column(slot) | AmountRule::GrossLessDiscount { gross: slot, .. } => {
                    slot
                }
                AmountRule::QuantityTimesPrice { unit_price, .. } => unit_price,
            };
            return Err(Problem {
                slot,
                reason: Reason::NumberTooLarge,
            });
        }
        Ok(())
    }

    /// Returns what of the amount was paid back: where the whole order's amount is known, the refund is a share of that,
    /// and at most all of it.
    fn share_refunded<R: Row>(
        &mut self,
        row: &'r R,
        understanding: &Understanding,
        slots: &Slots,
    ) -> Result<Option<Money>, Problem> {
        let (Some(slot), Some(refunded)) = (slots.order_total, self.refunded) else {
            return Ok(self.refunded);
        };
        let total = self.optional(row, slot, understanding)?;
        Ok(Some(match total.filter(|&total| total > Money::ZERO) {
            Some(total) => share(self.amount, refunded, total),
            None => refunded.min(absolute(self.amount)),
        }))
    }

    fn line_amount<R: Row>(
        &mut self,
        row: &'r R,
        price_slot: usize,
        discount: Option<LineDiscount>,
        understanding: &Understanding,
    ) -> Result<Money, Problem> {
        let too_large = || Problem {
            slot: price_slot,
            reason: Reason::NumberTooLarge,
        };
        let quantity = self.quantity.unwrap_or_default();
        let price = self.price.unwrap_or_default();
        let whole = self.product(quantity, price).ok_or_else(too_large)?;
        match discount {
            None => Ok(whole),
            Some(LineDiscount::Amount(slot)) => {
                let off = self.optional(row, slot, understanding)?;
                less(whole, off).ok_or_else(too_large)
            }
            Some(LineDiscount::Rate(slot)) => {
                let rate = self.rate(row, slot, understanding)?;
                let off = self.product(whole, rate).ok_or_else(too_large)?;
                less(whole, Some(off)).ok_or_else(too_large)
            }
            Some(LineDiscount::Percent(slot)) => {
                let rate = self.rate(row, slot, understanding)?;
                let off = self.product(whole, rate).ok_or_else(too_large)?;
                let off = self.product(off, HUNDREDTH).ok_or_else(too_large)?;
                less(whole, Some(off)).ok_or_else(too_large)
            }
        }
    }

    fn product(&mut self, left: Money, right: Money) -> Option<Money> {
        let product = left.times_decimal(right).ok()?;
        self.rounded |= product.rounded;
        Some(product.amount)
    }

    fn rate<R: Row>(
        &mut self,
        row: &'r R,
        slot: usize,
        understanding: &Understanding,
    ) -> Result<Money, Problem> {
        if let Cell::Text(text) = row.cell(slot)
            && let Some(percent) = trim(text).strip_suffix('%')
        {
            let number = number(&Cell::Text(percent), understanding);
            let percent = number
                .map_err(|reason| Problem { slot, reason })?
                .map_or(Money::ZERO, |number| number.value);
            return Ok(self.product(percent, HUNDREDTH).unwrap_or_default());
        }
        Ok(self.optional(row, slot, understanding)?.unwrap_or_default())
    }

    fn optional<R: Row>(
        &mut self,
        row: &'r R,
        slot: usize,
        understanding: &Understanding,
    ) -> Result<Option<Money>, Problem> {
        let number =
            number(&row.cell(slot), understanding).map_err(|reason| Problem { slot, reason })?;
        Ok(number.map(|number| {
            self.rounded |= number.rounded;
            self.guessed |= number.guessed;
            self.currency = self.currency.or(number.currency);
            number.value
        }))
    }

    fn needed<R: Row>(
        &mut self,
        row: &'r R,
        slot: usize,
        understanding: &Understanding,
    ) -> Result<Money, Problem> {
        self.optional(row, slot, understanding)?.ok_or(Problem {
            slot,
            reason: Reason::NumberMissing,
        })
    }
}

/// Returns `amount × part ÷ whole`, rounded half to even, for a part of at most the whole.
fn share(amount: Money, part: Money, whole: Money) -> Money {
    if part >= whole {
        return amount;
    }
    let product = i128::from(amount.0) * i128::from(part.0);
    let divisor = i128::from(whole.0);
    let (floor, rest) = (product.div_euclid(divisor), product.rem_euclid(divisor));
    let up = match (rest * 2).cmp(&divisor) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => floor % 2 != 0,
        std::cmp::Ordering::Greater => true,
    };
    // A part of an `i64` fits one.
    Money(i64::try_from(floor + i128::from(up)).unwrap_or(amount.0))
}

/// Returns true if a cell is not there or says that nothing is.
pub(super) fn is_empty<R: Row>(row: &R, slot: Option<usize>) -> bool {
    match slot.map_or(Cell::Null, |slot| row.cell(slot)) {
        Cell::Null => true,
        Cell::Text(text) => words::is_missing(trim(text)),
        _ => false,
    }
}

const fn absolute(amount: Money) -> Money {
    Money(amount.0.saturating_abs())
}

/// Returns an amount moved towards zero by a discount, whatever sign the discount is written with: some exports write
/// discounts as negative amounts, and the discount of a line that goes back goes back with it.
fn less(amount: Money, discount: Option<Money>) -> Option<Money> {
    let off = discount.map_or(0, |discount| discount.0.saturating_abs());
    amount.0.checked_sub(amount.0.signum() * off).map(Money)
}

pub(super) fn read_id<R: Row>(row: &R, slot: usize) -> Result<(Id<'_>, bool), Problem> {
    id::read(&row.cell(slot)).map_err(|bad| Problem {
        slot,
        reason: match bad {
            BadId::Shortened => Reason::IdShortened,
            BadId::NotUtf8(byte) => Reason::NotUtf8 { byte },
        },
    })
}

/// A trillion: no order is worth that in any currency, and sums of what is left always fit.
pub(super) const LARGEST_AMOUNT: u64 = 1_000_000_000_000 * 10_000;

/// Dates lie between 1900 and 2199; whatever lies outside is not one at all, and would decide the as-of day for everybody.
const EARLIEST_MICROS: i64 = -2_208_988_800_000_000;
const LATEST_MICROS: i64 = 7_258_118_400_000_000;

pub(super) fn time(
    cell: &Cell<'_>,
    format: DateFormat,
    clock: &mut LocalClock,
) -> Result<i64, Reason> {
    match time_at_all(cell, format, clock) {
        Ok(micros) if micros < clock.bounds.from => Err(Reason::DateTooEarly {
            earliest: clock.bounds.earliest,
        }),
        Ok(micros) if micros >= clock.bounds.until => Err(Reason::DateInFuture {
            latest: clock.bounds.latest,
        }),
        read => read,
    }
}

/// Reads a cell as a point in time, whether an order can have been placed then or not.
#[inline(always)]
pub(super) fn time_at_all(
    cell: &Cell<'_>,
    format: DateFormat,
    clock: &mut LocalClock,
) -> Result<i64, Reason> {
    let plausible = |micros: &i64| (EARLIEST_MICROS..LATEST_MICROS).contains(micros);
    let too_far = match *cell {
        Cell::Date(day) => !plausible(&(i64::from(day).saturating_mul(MICROS_PER_DAY))),
        Cell::Instant(micros) | Cell::Local(micros) => !plausible(&micros),
        _ => false,
    };
    if too_far {
        return Err(Reason::DateNotUnderstood { format });
    }
    match any_time(cell, format, clock) {
        Ok(micros) if !plausible(&micros) => Err(Reason::DateNotUnderstood { format }),
        read => read,
    }
}

fn any_time(cell: &Cell<'_>, format: DateFormat, clock: &mut LocalClock) -> Result<i64, Reason> {
    match *cell {
        Cell::Instant(micros) => Ok(micros),
        Cell::Local(micros) => Ok(clock.instant(micros)),
        Cell::Date(day) => Ok(clock.instant(i64::from(day) * MICROS_PER_DAY)),
        Cell::Text(text) => {
            let trimmed = trim(text);
            match date::parse(trimmed, format) {
                Some(ParsedTime::Local(micros)) => Ok(clock.instant(micros)),
                Some(ParsedTime::Instant(micros)) => Ok(micros),
                None if words::is_missing(trimmed) => Err(Reason::DateMissing),
                None => Err(not_a_date(trimmed, format)),
            }
        }
        Cell::NotUtf8(bytes) => Err(Reason::NotUtf8 {
            byte: id::first_bad_byte(bytes),
        }),
        Cell::Null => Err(Reason::DateMissing),
        Cell::Float(value) if value.is_nan() => Err(Reason::DateMissing),
        // `20240501` as a number.
        Cell::Int(_) | Cell::Float(_) => match date::parse(&shown(cell), format) {
            Some(ParsedTime::Local(micros)) => Ok(clock.instant(micros)),
            _ => Err(Reason::DateNotUnderstood { format }),
        },
        Cell::Decimal { .. } | Cell::Bool(_) => Err(Reason::DateNotUnderstood { format }),
    }
}

/// Says why a text is no date of its column's form.
#[cold]
fn not_a_date(text: &str, format: DateFormat) -> Reason {
    let other = match format {
        DateFormat::DayMonthYear => Some(DateFormat::MonthDayYear),
        DateFormat::MonthDayYear => Some(DateFormat::DayMonthYear),
        _ => None,
    };
    if other.is_some_and(|other| date::parse(text, other).is_some()) {
        Reason::DateOtherWayRound { format }
    } else {
        Reason::DateNotUnderstood { format }
    }
}

/// Returns true if the row's date cannot be read: such a row may be a header or a line of totals.
pub(super) fn has_no_date<R: Row>(row: &R, slots: &Slots, understanding: &Understanding) -> bool {
    let cell = row.cell(slots.at);
    match cell {
        Cell::Text(text) => date::parse(trim(text), understanding.date_format).is_none(),
        Cell::Null | Cell::NotUtf8(_) => true,
        _ => false,
    }
}
