//! Recency, frequency and monetary of every customer, as the settings measure them.

use patron_core::money::SCALE;
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
        let mut values = Self::default();
        let window = score_on == ScoreOn::Window;
        for profile in table.profiles.iter() {
            values
                .recency
                .push(f64::from(profile.recency_days(table.as_of.day)));
            values
                .frequency
                .push(frequency_of(&profile, frequency, window));
            values
                .monetary
                .push(monetary_of(&profile, monetary, window, margin));
            if window {
                values.in_window.push(profile.orders_window > 0);
            }
        }
        values
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
        MonetaryMeasure::MeanPerOrder => sum.mean(orders).map_or(0.0, patron_core::Money::to_f64),
        MonetaryMeasure::LastOrder => profile.last_order_value.to_f64(),
        MonetaryMeasure::Margin => sum.to_f64() * margin,
    }
}
