//! Recency, frequency and monetary of every customer, as the settings measure them.

use patron_core::money::SCALE;
use patron_core::{Day, Money};
use patron_fold::Profile;
use serde::{Deserialize, Serialize};

use crate::customers::CustomerTable;

/// How often a customer bought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FrequencyMeasure {
    /// Distinct valid orders.
    #[default]
    Orders,
    /// Distinct days with a valid order.
    PurchaseDays,
    /// Units bought.
    Units,
}

/// How much a customer spent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MonetaryMeasure {
    /// Σ net.
    #[default]
    Total,
    /// Mean net per order.
    MeanPerOrder,
    /// Net of the last order.
    LastOrder,
    /// Σ net × margin.
    Margin,
}

/// Which orders F and M are scored on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScoreOn {
    /// All history up to the as-of day.
    #[default]
    All,
    /// The window before it.
    Window,
}

/// One value per customer and axis, in customer order. Days, orders (days, units), units of currency.
#[derive(Debug, Clone, Default)]
pub struct Values {
    /// Days since the last valid order.
    pub recency: Vec<f64>,
    /// How often.
    pub frequency: Vec<f64>,
    /// How much.
    pub monetary: Vec<f64>,
    /// With a window: whether the customer has an order in it. Empty if all history is scored.
    pub in_window: Vec<bool>,
}

impl Values {
    /// Measures every customer. `margin` is the share of net that is margin (1 where none is known).
    #[must_use]
    pub fn measure(
        table: &CustomerTable,
        frequency: FrequencyMeasure,
        monetary: MonetaryMeasure,
        score_on: ScoreOn,
        margin: f64,
    ) -> Self {
        let measures = Measures {
            frequency,
            monetary,
            score_on,
            margin,
        };
        let mut values = Self::default();
        for profile in table.profiles.iter() {
            let [recency, frequency, monetary] = measures.of(&profile, table.as_of.day);
            values.recency.push(recency);
            values.frequency.push(frequency);
            values.monetary.push(monetary);
            if score_on == ScoreOn::Window {
                values.in_window.push(measures.counts(&profile));
            }
        }
        values
    }
}

/// What R, F and M stand for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    /// What F counts.
    pub frequency: FrequencyMeasure,
    /// What M sums.
    pub monetary: MonetaryMeasure,
    /// Over which orders.
    pub score_on: ScoreOn,
    /// The share of net that is margin; 1 where none is known.
    pub margin: f64,
}

impl Measures {
    /// Returns R, F and M of one customer: days, times, units of currency.
    #[inline]
    #[must_use]
    pub fn of(&self, profile: &Profile, day: Day) -> [f64; 3] {
        let window = self.score_on == ScoreOn::Window;
        [
            f64::from(profile.recency_days(day)),
            frequency_of(profile, self.frequency, window),
            monetary_of(profile, self.monetary, window, self.margin),
        ]
    }

    /// Returns whether a customer has a part in the cut points of F and M.
    pub(crate) const fn counts(&self, profile: &Profile) -> bool {
        matches!(self.score_on, ScoreOn::All) || profile.orders_window > 0
    }
}

/// Returns what a customer was worth so far: money × margin, exact, rounded half to even; what does not fit is held at the
/// largest amount. Ten-thousandths.
#[must_use]
pub fn historic_value(profile: &Profile, margin: Option<Money>) -> i64 {
    let margin = margin.unwrap_or(Money(SCALE));
    match i64::try_from(profile.monetary.0).map(Money) {
        Ok(amount) => amount
            .times_decimal(margin)
            .map_or(i64::MAX, |product| product.amount.0),
        Err(_) => i64::MAX,
    }
}

fn frequency_of(profile: &Profile, measure: FrequencyMeasure, window: bool) -> f64 {
    match measure {
        FrequencyMeasure::Orders if window => profile.orders_window as f64,
        FrequencyMeasure::Orders => profile.orders as f64,
        FrequencyMeasure::PurchaseDays if window => f64::from(profile.purchase_days_window),
        FrequencyMeasure::PurchaseDays => f64::from(profile.purchase_days),
        FrequencyMeasure::Units if window => profile.units_window as f64 / SCALE as f64,
        FrequencyMeasure::Units => profile.units as f64 / SCALE as f64,
    }
}

fn monetary_of(profile: &Profile, measure: MonetaryMeasure, window: bool, margin: f64) -> f64 {
    let (sum, orders) = if window {
        (profile.monetary_window, profile.orders_window)
    } else {
        (profile.monetary, profile.orders)
    };
    match measure {
        MonetaryMeasure::Total => sum.to_f64(),
        MonetaryMeasure::MeanPerOrder => sum.mean(orders).map_or(0.0, Money::to_f64),
        MonetaryMeasure::LastOrder => profile.last_order_value.to_f64(),
        MonetaryMeasure::Margin => sum.to_f64() * margin,
    }
}
