//! What is known about a customer as of a day.

use patron_core::{Day, Instant, Money, MoneySum};
use serde::{Deserialize, Serialize};

/// What a fold gives for one customer and one as-of day.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all outcomes are profiles, and one at a time is in memory"
)]
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outcome {
    /// The customer has at least one valid order.
    Customer(Profile),
    /// The customer has none (lifecycle `prospect`), and why.
    Prospect(NoOrderReason),
}

/// Why somebody who appears in the data has no valid order. The first that holds is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoOrderReason {
    /// Every order is dated after the as-of day.
    OnlyAfterAsOf,
    /// Every order was refunded in full.
    FullyRefunded,
    /// Every order was cancelled, void or a test.
    CancelledOrVoid,
    /// Every order waits for payment.
    NotPaid,
    /// Every order is of zero value.
    ZeroValue,
    /// There are refunds but no orders.
    OnlyRefunds,
    /// There are only facts that are not orders.
    NoOrders,
}

impl NoOrderReason {
    /// Every reason.
    pub const ALL: &'static [Self] = &[
        Self::OnlyAfterAsOf,
        Self::FullyRefunded,
        Self::CancelledOrVoid,
        Self::NotPaid,
        Self::ZeroValue,
        Self::OnlyRefunds,
        Self::NoOrders,
    ];

    /// Returns the reason of a key.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.key() == key)
    }

    /// Returns the stable key used in files.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::OnlyAfterAsOf => "only_after_as_of",
            Self::FullyRefunded => "fully_refunded",
            Self::CancelledOrVoid => "cancelled_or_void",
            Self::NotPaid => "not_paid",
            Self::ZeroValue => "zero_value",
            Self::OnlyRefunds => "only_refunds",
            Self::NoOrders => "no_orders",
        }
    }
}

/// A customer with at least one valid order, as of a day D. Definitions: `DEFINITIONS.md` §4, §5, §9.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Profile {
    /// When the first valid order was placed.
    pub first_order_at: Instant,
    /// When the last valid order was placed.
    pub last_order_at: Instant,
    /// Local date of the first valid order.
    pub first_day: Day,
    /// Local date of the last valid order.
    pub last_day: Day,
    /// Valid orders.
    pub orders: u64,
    /// Distinct local dates with a valid order.
    pub purchase_days: u32,
    /// Units bought in valid orders, in ten-thousandths.
    pub units: i128,
    /// Σ net of valid orders − refunds that name no order.
    pub monetary: MoneySum,
    /// Σ net of valid orders.
    pub order_value: MoneySum,
    /// Refunds that name no order, as a positive sum.
    pub unlinked_refunds: MoneySum,
    /// Net of the last valid order.
    pub last_order_value: Money,
    /// Valid orders in the window.
    pub orders_window: u64,
    /// Σ net of valid orders in the window − refunds without an order dated in it.
    pub monetary_window: MoneySum,
    /// Distinct local dates with a valid order in the window.
    pub purchase_days_window: u32,
    /// Units bought in valid orders in the window, in ten-thousandths.
    pub units_window: i128,
    /// Valid orders in the window before the window.
    pub orders_prior_window: u64,
    /// Σ net of valid orders so young that they may still come back.
    pub provisional_value: MoneySum,
    /// Coefficient of variation of the days between purchase days; nothing below three purchase days.
    pub gap_variation: Option<f64>,
    /// Purchase days after the first with a positive spend: what the spend model counts.
    pub repeat_spend_days: u32,
    /// Spend on those days.
    pub repeat_spend: MoneySum,
}

impl Profile {
    /// Returns D − last day.
    #[must_use]
    pub const fn recency_days(&self, as_of: Day) -> i32 {
        as_of.days_since(self.last_day)
    }

    /// Returns last day − first day.
    #[must_use]
    pub const fn days_first_to_last(&self) -> i32 {
        self.last_day.days_since(self.first_day)
    }

    /// Returns D − first day.
    #[must_use]
    pub const fn age_days(&self, as_of: Day) -> i32 {
        as_of.days_since(self.first_day)
    }

    /// Returns purchase days − 1: the x of the purchase models.
    #[must_use]
    pub const fn repeat_purchases(&self) -> u32 {
        self.purchase_days.saturating_sub(1)
    }

    /// Returns the mean net of a valid order, rounded half to even.
    #[must_use]
    pub fn average_order_value(&self) -> Money {
        self.order_value
            .mean(self.orders)
            .unwrap_or(Money(i64::MAX))
    }

    /// Returns (last day − first day) ÷ (orders − 1); nothing with one order.
    #[must_use]
    pub fn mean_days_between_orders(&self) -> Option<f64> {
        (self.orders > 1).then(|| f64::from(self.days_first_to_last()) / (self.orders - 1) as f64)
    }
}
