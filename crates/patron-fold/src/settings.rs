//! What the user may decide about orders, and the bounds that follow from an as-of day.

use patron_core::{Day, Instant, ShopCalendar};
use serde::{Deserialize, Serialize};

/// Whether an order of exactly zero is a purchase.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ZeroOrders {
    /// It is not an order.
    #[default]
    Exclude,
    /// It counts for frequency and recency; it never enters the spend model.
    Count,
}

/// What to do with a refund that names no order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnlinkedRefunds {
    /// It reduces the customer's monetary and historic value from its day on.
    #[default]
    Count,
    /// It is ignored.
    Drop,
}

/// The settings of a fold.
#[derive(Debug, Clone)]
pub struct FoldSettings {
    /// The shop's calendar: in which zone a day is a day.
    pub calendar: ShopCalendar,
    /// Length of the window of `orders_window` and `monetary_window`, in calendar months.
    pub window_months: u32,
    /// The same in days, where that is asked for.
    pub window_days: Option<i32>,
    /// Whether orders of zero count.
    pub zero_orders: ZeroOrders,
    /// Whether refunds without an order count.
    pub unlinked_refunds: UnlinkedRefunds,
    /// Orders younger than this many days are provisional: they may still come back. 0 for none.
    pub return_window_days: u32,
}

impl Default for FoldSettings {
    fn default() -> Self {
        Self {
            calendar: ShopCalendar::utc(),
            window_months: 6,
            window_days: None,
            zero_orders: ZeroOrders::default(),
            unlinked_refunds: UnlinkedRefunds::default(),
            return_window_days: 0,
        }
    }
}

/// An as-of day with every bound that depends on it, computed once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsOf {
    /// The day D. Facts dated up to its end are known.
    pub day: Day,
    /// The last instant of D.
    pub end: Instant,
    /// The window is (D − months, D]: this is its excluded first day.
    pub window_after: Day,
    /// The window before the window is (D − 2 months, D − months]: this is its excluded first day.
    pub prior_window_after: Day,
    /// Orders later than this day are provisional.
    pub provisional_after: Day,
}

impl AsOf {
    /// Computes the bounds of an as-of day.
    #[must_use]
    pub fn new(day: Day, settings: &FoldSettings) -> Self {
        Self {
            day,
            end: settings.calendar.end_of(day),
            window_after: settings.window_start(day, 1),
            prior_window_after: settings.window_start(day, 2),
            provisional_after: settings.settled_until(day),
        }
    }
}

impl FoldSettings {
    /// Returns the excluded first day of so many windows that end on a day.
    pub(crate) fn window_start(&self, day: Day, windows: u32) -> Day {
        match self.window_days {
            Some(days) => {
                let windows = i32::try_from(windows).unwrap_or(i32::MAX);
                day.plus_days(days.saturating_mul(windows).saturating_neg())
            }
            None => day.minus_months(self.window_months.saturating_mul(windows)),
        }
    }

    /// Returns the last day whose orders are not provisional as of a day.
    pub(crate) fn settled_until(&self, day: Day) -> Day {
        let return_window = i32::try_from(self.return_window_days).unwrap_or(i32::MAX / 2);
        day.plus_days(-return_window)
    }
}
