//! Reading back what [`protocol`](crate::protocol) writes: profiles, reasons, and the control line that says whether all came.

use std::borrow::Cow;
use std::fmt::Write as _;

use patron_core::{Day, Instant, Money, MoneySum};

use crate::profile::{NoOrderReason, Outcome, Profile};
use crate::protocol::{CONTROL_TAG, NULL, PROFILE_COLUMNS, VERSION, unescape};

/// One line of the answer of `patron fold`.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all lines are outcomes, and one at a time is in memory"
)]
#[derive(Debug, Clone, PartialEq)]
pub enum Answer<'a> {
    /// What a customer is as of a day.
    Outcome {
        /// Whose.
        customer: Cow<'a, str>,
        /// As of which day.
        as_of: Day,
        /// What.
        outcome: Outcome,
    },
    /// Nothing follows, and so much came before.
    End(Totals),
}

/// What one filter was given, by its own count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Facts.
    pub facts: u64,
    /// Customers.
    pub customers: u64,
    /// The sum of their amounts, in ten-thousandths.
    pub amounts: i128,
}

/// Why a line is no answer of `patron fold`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{line}` is not a line of version {VERSION} of the fold protocol")]
pub struct NoAnswer {
    /// The line's beginning.
    pub line: String,
}

impl<'a> Answer<'a> {
    /// Reads a line, without its line feed.
    ///
    /// # Errors
    /// [`NoAnswer`] for what no `patron fold` of this version writes.
    pub fn read(line: &'a str) -> Result<Self, NoAnswer> {
        let mut fields = line.split('\t');
        let first = fields.next().unwrap_or_default();
        let answer = if first == CONTROL_TAG {
            totals(&mut fields).map(Self::End)
        } else {
            outcome(first, &mut fields)
        };
        let is_whole = fields.next().is_none();
        answer.filter(|_| is_whole).ok_or_else(|| NoAnswer {
            line: line.chars().take(80).collect(),
        })
    }
}

fn totals<'a>(fields: &mut impl Iterator<Item = &'a str>) -> Option<Totals> {
    if fields.next()? != VERSION.to_string() {
        return None;
    }
    Some(Totals {
        facts: fields.next()?.parse().ok()?,
        customers: fields.next()?.parse().ok()?,
        amounts: fields.next()?.parse().ok()?,
    })
}

fn outcome<'a>(
    customer: &'a str,
    fields: &mut impl Iterator<Item = &'a str>,
) -> Option<Answer<'a>> {
    let as_of = Day::parse_iso(fields.next()?)?;
    let first = fields.next()?;
    let reason = NoOrderReason::from_key(first);
    let outcome = match reason {
        Some(reason) => Outcome::Prospect(reason),
        None => Outcome::Customer(read_profile(&mut std::iter::once(first).chain(fields))?),
    };
    Some(Answer::Outcome {
        customer: unescape(customer),
        as_of,
        outcome,
    })
}

/// Appends the fields of a profile in the order of [`PROFILE_COLUMNS`], set apart by a character that no number holds.
pub fn write_profile(out: &mut String, profile: &Profile, separator: char) {
    let gap = profile
        .gap_variation
        .map_or_else(|| NULL.to_owned(), |gap| gap.to_string());
    let cells: [&dyn std::fmt::Display; PROFILE_COLUMNS.len()] = [
        &profile.first_order_at.0,
        &profile.last_order_at.0,
        &profile.first_day,
        &profile.last_day,
        &profile.orders,
        &profile.purchase_days,
        &profile.units,
        &profile.monetary.0,
        &profile.order_value.0,
        &profile.unlinked_refunds.0,
        &profile.last_order_value.0,
        &profile.orders_window,
        &profile.monetary_window.0,
        &profile.orders_prior_window,
        &profile.provisional_value.0,
        &gap,
        &profile.repeat_spend_days,
        &profile.repeat_spend.0,
        &profile.purchase_days_window,
        &profile.units_window,
    ];
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            out.push(separator);
        }
        let _ = write!(out, "{cell}");
    }
}

/// Reads the fields that [`write_profile`] writes; nothing if they are others. What follows them is left in the iterator.
pub fn read_profile<'a>(fields: &mut impl Iterator<Item = &'a str>) -> Option<Profile> {
    let mut cells = [""; PROFILE_COLUMNS.len()];
    for cell in &mut cells {
        *cell = fields.next()?;
    }
    let [
        first_order_at,
        last_order_at,
        first_day,
        last_day,
        orders,
        purchase_days,
        units,
        monetary,
        order_value,
        unlinked_refunds,
        last_order_value,
        orders_window,
        monetary_window,
        orders_prior_window,
        provisional_value,
        gap_variation,
        repeat_spend_days,
        repeat_spend,
        purchase_days_window,
        units_window,
    ] = cells;
    let sum = |text: &str| text.parse().ok().map(MoneySum);
    Some(Profile {
        first_order_at: Instant(first_order_at.parse().ok()?),
        last_order_at: Instant(last_order_at.parse().ok()?),
        first_day: Day::parse_iso(first_day)?,
        last_day: Day::parse_iso(last_day)?,
        orders: orders.parse().ok()?,
        purchase_days: purchase_days.parse().ok()?,
        units: units.parse().ok()?,
        monetary: sum(monetary)?,
        order_value: sum(order_value)?,
        unlinked_refunds: sum(unlinked_refunds)?,
        last_order_value: Money(last_order_value.parse().ok()?),
        orders_window: orders_window.parse().ok()?,
        monetary_window: sum(monetary_window)?,
        purchase_days_window: purchase_days_window.parse().ok()?,
        units_window: units_window.parse().ok()?,
        orders_prior_window: orders_prior_window.parse().ok()?,
        provisional_value: sum(provisional_value)?,
        gap_variation: match gap_variation {
            NULL => None,
            number => Some(number.parse().ok()?),
        },
        repeat_spend_days: repeat_spend_days.parse().ok()?,
        repeat_spend: sum(repeat_spend)?,
    })
}
