//! One walk over a history gives the profiles of several as-of days.

use patron_core::{Coded, Day, ErrorCode, Fact, Instant, Money, MoneySum, OrderStatus};

use crate::orders::{AssembledOrder, Assembly, Standing, UnlinkedRefund};
use crate::profile::{NoOrderReason, Outcome, Profile};
use crate::settings::{AsOf, FoldSettings, UnlinkedRefunds, ZeroOrders};

/// Why a history cannot be folded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FoldError {
    /// No as-of day was given.
    #[error("no as-of day was given")]
    NoAsOf,
    /// The facts are not in time order.
    #[error("fact {position} of the history is dated before the one ahead of it")]
    NotInOrder {
        /// Position of the first fact out of order, from 1.
        position: usize,
    },
    /// More facts than a history may hold.
    #[error("the history has {facts} facts, more than the {limit} that one customer may have")]
    TooManyFacts {
        /// Facts in the history.
        facts: usize,
        /// The most there may be.
        limit: usize,
    },
}

impl Coded for FoldError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::NoAsOf => ErrorCode::SettingInvalid,
            Self::NotInOrder { .. } => ErrorCode::Internal,
            Self::TooManyFacts { .. } => ErrorCode::InputNotUnderstood,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::NoAsOf => "no_as_of",
            Self::NotInOrder { .. } => "history_not_in_order",
            Self::TooManyFacts { .. } => "too_many_facts",
        }
    }
}

/// Folds histories, one customer after another, for one or more as-of days.
#[derive(Debug)]
pub struct Folder {
    settings: FoldSettings,
    as_of: Vec<AsOf>,
}

/// Memory that a walk needs; made once, used for every customer of a batch.
#[derive(Debug, Default)]
pub struct Scratch<'a> {
    assembly: Assembly<'a>,
    days: Vec<(Day, MoneySum)>,
    /// Of all histories folded with this memory, as-of day by as-of day.
    tallies: Vec<Tally>,
}

impl Scratch<'_> {
    /// Returns what was counted across all histories folded with this memory, as-of day by as-of day.
    #[must_use]
    pub fn tallies(&self) -> &[Tally] {
        &self.tallies
    }

    /// Returns the orders of the last history folded.
    pub(crate) const fn assembly(&self) -> &Assembly<'_> {
        &self.assembly
    }

    /// Returns the days with a purchase, with what was spent on each, of the last history folded as of the last as-of day.
    #[must_use]
    pub fn purchase_days(&self) -> &[(Day, MoneySum)] {
        &self.days
    }
}

/// What is counted across customers as of a day: orders that are no purchases by reason, each once, and what comes back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Tally {
    /// Dated after the day.
    pub later: u64,
    /// Waiting for payment.
    pub not_paid: u64,
    /// Cancelled, void or a test.
    pub cancelled: u64,
    /// Refunded in full.
    pub fully_refunded: u64,
    /// Of zero value.
    pub zero_value: u64,
    /// Besides: lines that are not in the amount of an order that counts, because they are unpaid or cancelled.
    pub lines_left_out: u64,
    /// Besides: orders of which more was given back than they were worth.
    pub excess_refunds: u64,
    /// How much more; it reduces nothing.
    pub excess_refunded: MoneySum,
    /// Besides, for what may still come back: what was sold in orders old enough that nothing more will.
    pub settled_value: MoneySum,
    /// Refunds of these orders, and refunds that name no order.
    pub settled_refunds: MoneySum,
}

impl Tally {
    /// Returns how many orders are no purchases.
    #[must_use]
    pub const fn orders_not_counted(&self) -> u64 {
        self.later + self.not_paid + self.cancelled + self.fully_refunded + self.zero_value
    }

    /// Returns which share of what was sold came back; nothing if nothing was sold.
    #[must_use]
    pub fn return_rate(&self) -> Option<f64> {
        (self.settled_value > MoneySum::ZERO)
            .then(|| self.settled_refunds.to_f64() / self.settled_value.to_f64())
    }

    /// Adds what was counted elsewhere.
    pub fn merge(&mut self, other: &Self) {
        self.later += other.later;
        self.not_paid += other.not_paid;
        self.cancelled += other.cancelled;
        self.fully_refunded += other.fully_refunded;
        self.zero_value += other.zero_value;
        self.lines_left_out += other.lines_left_out;
        self.excess_refunds += other.excess_refunds;
        self.excess_refunded += other.excess_refunded;
        self.settled_value += other.settled_value;
        self.settled_refunds += other.settled_refunds;
    }

    /// Takes out what was counted of some histories that are among these.
    pub fn take_out(&mut self, some: &Self) {
        for (all, some) in [
            (&mut self.later, some.later),
            (&mut self.not_paid, some.not_paid),
            (&mut self.cancelled, some.cancelled),
            (&mut self.fully_refunded, some.fully_refunded),
            (&mut self.zero_value, some.zero_value),
            (&mut self.lines_left_out, some.lines_left_out),
            (&mut self.excess_refunds, some.excess_refunds),
        ] {
            *all = all.saturating_sub(some);
        }
        self.excess_refunded = self.excess_refunded - some.excess_refunded;
        self.settled_value = self.settled_value - some.settled_value;
        self.settled_refunds = self.settled_refunds - some.settled_refunds;
    }

    const fn add(&mut self, why: Why) {
        match why {
            Why::AfterAsOf => self.later += 1,
            Why::NotPaid => self.not_paid += 1,
            Why::Cancelled => self.cancelled += 1,
            Why::FullyRefunded => self.fully_refunded += 1,
            Why::ZeroValue => self.zero_value += 1,
            Why::OnlyRefunds => {}
        }
    }
}

/// An order of a history as of a day.
#[derive(Debug, Clone, Copy)]
pub struct OrderAsOf<'a> {
    /// The order.
    pub order: AssembledOrder<'a>,
    /// The day on which it was placed.
    pub day: Day,
    /// What it is as of the day.
    pub standing: Standing,
    /// Why it is no purchase; nothing if it is one.
    pub not_counted: Option<NoOrderReason>,
}

impl Folder {
    /// Makes a folder for the given as-of days, which may come in any order.
    ///
    /// # Errors
    /// [`FoldError::NoAsOf`] if there is none.
    pub fn new(settings: FoldSettings, as_of: &[Day]) -> Result<Self, FoldError> {
        if as_of.is_empty() {
            return Err(FoldError::NoAsOf);
        }
        let as_of = as_of.iter().map(|&day| AsOf::new(day, &settings)).collect();
        Ok(Self { settings, as_of })
    }

    /// Returns the as-of days with their bounds, in the order given.
    #[must_use]
    pub fn as_of(&self) -> &[AsOf] {
        &self.as_of
    }

    /// Returns the settings.
    #[must_use]
    pub const fn settings(&self) -> &FoldSettings {
        &self.settings
    }

    /// Folds one customer's history and appends one outcome per as-of day to `outcomes`.
    ///
    /// `history` must be in time order (see [`Fact::order_key`]; undated refunds first).
    ///
    /// # Errors
    /// [`FoldError::NotInOrder`] and [`FoldError::TooManyFacts`].
    pub fn fold<'a>(
        &self,
        history: &[Fact<'a>],
        scratch: &mut Scratch<'a>,
        outcomes: &mut Vec<Outcome>,
    ) -> Result<(), FoldError> {
        Self::check(history)?;
        scratch.assembly.assemble(history);
        self.walk(scratch, outcomes);
        Ok(())
    }

    /// Folds, as [`Self::fold`], a history of which it is known that each fact is an order by itself: all are
    /// [`Fact::Order`], and no two have one id.
    ///
    /// # Errors
    /// As [`Self::fold`].
    pub fn fold_orders<'a>(
        &self,
        history: &[Fact<'a>],
        scratch: &mut Scratch<'a>,
        outcomes: &mut Vec<Outcome>,
    ) -> Result<(), FoldError> {
        Self::check(history)?;
        scratch.assembly.take_orders(history);
        self.walk(scratch, outcomes);
        Ok(())
    }

    /// Returns the orders of the last history that was folded with `scratch`, by time, as of the as-of day at a place; those that
    /// were placed later are not among them.
    pub fn orders_as_of<'s, 'a>(
        &'s self,
        scratch: &'s Scratch<'a>,
        place: usize,
    ) -> impl Iterator<Item = OrderAsOf<'a>> + use<'s, 'a> {
        let end = self.as_of.get(place).map(|as_of| as_of.end);
        let assembly = &scratch.assembly;
        let known = assembly.orders.iter().zip(std::iter::repeat(end));
        known.filter_map(move |(order, end)| {
            let end = end.filter(|end| order.at <= *end)?;
            let standing = assembly.standing(order, end);
            Some(OrderAsOf {
                order: *order,
                day: self.settings.calendar.day_of(order.at),
                standing,
                not_counted: self.not_valid(order.amount, &standing).map(Why::reason),
            })
        })
    }

    /// Returns the refunds of the last history that belong to no order of it, as far as they are known on the as-of day at a
    /// place.
    pub fn unlinked_as_of<'s>(
        &self,
        scratch: &'s Scratch<'_>,
        place: usize,
    ) -> impl Iterator<Item = &'s UnlinkedRefund> + use<'s> {
        let end = self.as_of.get(place).map(|as_of| as_of.end);
        let unlinked = scratch.assembly.unlinked.iter();
        unlinked.filter(move |refund| refund.at.is_none_or(|at| Some(at) <= end))
    }

    fn check(history: &[Fact<'_>]) -> Result<(), FoldError> {
        let limit = u32::MAX as usize;
        if history.len() > limit {
            return Err(FoldError::TooManyFacts {
                facts: history.len(),
                limit,
            });
        }
        if let Some(at) = history
            .windows(2)
            .position(|pair| matches!(pair, [a, b] if a.at() > b.at()))
        {
            return Err(FoldError::NotInOrder { position: at + 2 });
        }
        Ok(())
    }

    fn walk(&self, scratch: &mut Scratch<'_>, outcomes: &mut Vec<Outcome>) {
        scratch.tallies.resize(self.as_of.len(), Tally::default());
        for (index, as_of) in self.as_of.iter().enumerate() {
            outcomes.push(self.as_of_day((index, as_of), scratch));
        }
    }

    fn as_of_day(&self, (index, as_of): (usize, &AsOf), scratch: &mut Scratch<'_>) -> Outcome {
        let Scratch {
            assembly,
            days,
            tallies,
        } = scratch;
        days.clear();
        let mut walk = Walk::new(as_of);
        let mut tally = Tally::default();
        for order in &assembly.orders {
            if order.at > as_of.end {
                // Who never paid will not have bought on a later day either.
                let standing = assembly.standing(order, Instant(i64::MAX));
                let unpaid = unpaid(&standing);
                walk.because(unpaid.unwrap_or(Why::AfterAsOf), &mut tally);
                continue;
            }
            let standing = assembly.standing(order, as_of.end);
            let day = self.settings.calendar.day_of(order.at);
            walk.refund(
                day,
                standing.excess_exchange,
                self.settings.unlinked_refunds,
            );
            if standing.excess_refund > MoneySum::ZERO {
                tally.excess_refunds += 1;
                tally.excess_refunded += standing.excess_refund;
            }
            match self.not_valid(order.amount, &standing) {
                Some(why) => walk.because(why, &mut tally),
                None => {
                    tally.lines_left_out += u64::from(order.lines_left_out);
                    walk.purchase(order.at, day, standing.net, order.units, days);
                }
            }
            if unpaid(&standing).is_none() && day <= as_of.provisional_after {
                tally.settled_value += order.amount;
                tally.settled_refunds += order.amount - standing.net + standing.excess_exchange;
            }
        }
        for refund in &assembly.unlinked {
            // A refund that names neither order nor day counts from the customer's beginning.
            if refund.at.is_none_or(|at| at <= as_of.end) {
                let day = refund
                    .at
                    .map_or(Day(i32::MIN), |at| self.settings.calendar.day_of(at));
                walk.refund(day, refund.amount.into(), self.settings.unlinked_refunds);
                walk.reason = walk.reason.max(Some(Why::OnlyRefunds));
            }
        }
        if self.settings.unlinked_refunds == UnlinkedRefunds::Count {
            let known = |refund: &&UnlinkedRefund| refund.at.is_none_or(|at| at <= as_of.end);
            for refund in assembly.unlinked.iter().filter(known) {
                tally.settled_refunds += refund.amount;
            }
        }
        if let Some(all) = tallies.get_mut(index) {
            all.merge(&tally);
        }
        walk.finish(days)
    }

    /// Returns why an order is not valid, or nothing if it is.
    fn not_valid(&self, amount: MoneySum, standing: &Standing) -> Option<Why> {
        if let Some(why) = unpaid(standing) {
            return Some(why);
        }
        if standing.net > MoneySum::ZERO {
            return None;
        }
        if standing.refunded && amount > MoneySum::ZERO {
            return Some(Why::FullyRefunded);
        }
        let counts =
            self.settings.zero_orders == ZeroOrders::Count && standing.net == MoneySum::ZERO;
        (!counts).then_some(Why::ZeroValue)
    }
}

/// Returns why an order is not paid, or nothing if it is.
const fn unpaid(standing: &Standing) -> Option<Why> {
    match standing.status {
        OrderStatus::Paid | OrderStatus::Refunded => None,
        OrderStatus::Pending => Some(Why::NotPaid),
        OrderStatus::Cancelled | OrderStatus::Void | OrderStatus::Test => Some(Why::Cancelled),
    }
}

/// Why there is no valid order yet; a later variant says more about the customer than an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    OnlyRefunds,
    ZeroValue,
    NotPaid,
    Cancelled,
    FullyRefunded,
    AfterAsOf,
}

impl Why {
    const fn reason(self) -> NoOrderReason {
        match self {
            Self::AfterAsOf => NoOrderReason::OnlyAfterAsOf,
            Self::FullyRefunded => NoOrderReason::FullyRefunded,
            Self::Cancelled => NoOrderReason::CancelledOrVoid,
            Self::NotPaid => NoOrderReason::NotPaid,
            Self::ZeroValue => NoOrderReason::ZeroValue,
            Self::OnlyRefunds => NoOrderReason::OnlyRefunds,
        }
    }
}

/// The running state of one as-of day.
struct Walk {
    as_of: AsOf,
    profile: Option<Profile>,
    refunds: MoneySum,
    refunds_window: MoneySum,
    reason: Option<Why>,
}

impl Walk {
    const fn new(as_of: &AsOf) -> Self {
        Self {
            as_of: *as_of,
            profile: None,
            refunds: MoneySum::ZERO,
            refunds_window: MoneySum::ZERO,
            reason: None,
        }
    }

    fn because(&mut self, why: Why, tally: &mut Tally) {
        self.reason = self.reason.max(Some(why));
        tally.add(why);
    }

    fn refund(&mut self, day: Day, amount: MoneySum, rule: UnlinkedRefunds) {
        if rule == UnlinkedRefunds::Count {
            self.refunds += amount;
            if day > self.as_of.window_after {
                self.refunds_window += amount;
            }
        }
    }

    fn purchase(
        &mut self,
        at: Instant,
        day: Day,
        net: MoneySum,
        units: i128,
        days: &mut Vec<(Day, MoneySum)>,
    ) {
        let last_order_value = Money(i64::try_from(net.0).unwrap_or(i64::MAX));
        let profile = self.profile.get_or_insert_with(|| empty_profile(at, day));
        profile.last_order_at = at;
        profile.last_day = day;
        profile.orders += 1;
        profile.units += units;
        profile.order_value += net;
        profile.last_order_value = last_order_value;
        if day > self.as_of.window_after {
            profile.orders_window += 1;
            profile.monetary_window += net;
            profile.units_window += units;
        } else if day > self.as_of.prior_window_after {
            profile.orders_prior_window += 1;
        }
        if day > self.as_of.provisional_after {
            profile.provisional_value += net;
        }
        match days.last_mut() {
            Some((last, spend)) if *last == day => *spend += net,
            _ => days.push((day, net)),
        }
    }

    fn finish(self, days: &[(Day, MoneySum)]) -> Outcome {
        let Some(mut profile) = self.profile else {
            let reason = self.reason.map_or(NoOrderReason::NoOrders, Why::reason);
            return Outcome::Prospect(reason);
        };
        profile.unlinked_refunds = self.refunds;
        profile.monetary = profile.order_value - self.refunds;
        profile.monetary_window = profile.monetary_window - self.refunds_window;
        profile.purchase_days = u32::try_from(days.len()).unwrap_or(u32::MAX);
        let before_window = days.partition_point(|&(day, _)| day <= self.as_of.window_after);
        profile.purchase_days_window =
            u32::try_from(days.len() - before_window).unwrap_or(u32::MAX);
        for &(_, spend) in days
            .iter()
            .skip(1)
            .filter(|(_, spend)| *spend > MoneySum::ZERO)
        {
            profile.repeat_spend_days += 1;
            profile.repeat_spend += spend;
        }
        profile.gap_variation = gap_variation(days);
        Outcome::Customer(profile)
    }
}

const fn empty_profile(at: Instant, day: Day) -> Profile {
    Profile {
        first_order_at: at,
        last_order_at: at,
        first_day: day,
        last_day: day,
        orders: 0,
        purchase_days: 0,
        units: 0,
        monetary: MoneySum::ZERO,
        order_value: MoneySum::ZERO,
        unlinked_refunds: MoneySum::ZERO,
        last_order_value: Money::ZERO,
        orders_window: 0,
        monetary_window: MoneySum::ZERO,
        purchase_days_window: 0,
        units_window: 0,
        orders_prior_window: 0,
        provisional_value: MoneySum::ZERO,
        gap_variation: None,
        repeat_spend_days: 0,
        repeat_spend: MoneySum::ZERO,
    }
}

/// Coefficient of variation (sample standard deviation ÷ mean) of the gaps between purchase days.
///
/// Gaps are whole days, so the sums are exact integers and the result does not depend on how they were added.
fn gap_variation(days: &[(Day, MoneySum)]) -> Option<f64> {
    let gaps = days.len().checked_sub(1).filter(|&gaps| gaps >= 2)? as f64;
    let (mut sum, mut squares) = (0_i64, 0_i128);
    for pair in days.windows(2) {
        if let [(earlier, _), (later, _)] = pair {
            let gap = i64::from(later.days_since(*earlier));
            sum += gap;
            squares += i128::from(gap) * i128::from(gap);
        }
    }
    let mean = sum as f64 / gaps;
    let scatter = (squares as f64 - sum as f64 * mean).max(0.0);
    Some((scatter / (gaps - 1.0)).sqrt() / mean)
}
