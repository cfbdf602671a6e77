//! The series behind the report's charts.

use patron_engine::CustomerTable;
use patron_stats::lorenz::Concentration;
use patron_stats::summary::{mean, quantile};
use serde_json::{Value, json};

use super::value::Valuation;

/// Points of the Pareto curve less one.
const CURVE_STEPS: usize = 100;
const TOP_SHARES: [f64; 5] = [0.01, 0.05, 0.1, 0.2, 0.5];
/// Bars of the CLV histogram, about.
const BARS: f64 = 20.0;

/// The Pareto curve of revenue, best customers first; without points where customers are elsewhere.
pub(super) fn pareto(table: Option<&CustomerTable>) -> Value {
    let profiles = table.into_iter().flat_map(|table| table.profiles.iter());
    let revenue: Vec<f64> = profiles.map(|profile| profile.monetary.to_f64()).collect();
    let customers = revenue.len();
    let all = Concentration::new(revenue);
    let curve = all.as_ref().and_then(|all| all.curve(CURVE_STEPS));
    let top = TOP_SHARES.iter().filter_map(|&share| {
        // Whole customers, so that the number named is the number that brings the share.
        let some = customers_in(share, customers);
        let revenue_share = all.as_ref()?.top_share(some as f64 / customers as f64)?;
        Some(json!({ "share": share, "revenue_share": revenue_share, "customers": some }))
    });
    json!({
        "points": curve.unwrap_or_default().iter().map(|&(customers, revenue)| json!([customers, revenue])).collect::<Vec<_>>(),
        "top": top.collect::<Vec<_>>(),
        "gini": all.as_ref().map(Concentration::gini),
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a number of customers"
)]
fn customers_in(share: f64, customers: usize) -> u64 {
    (share * customers as f64).ceil() as u64
}

/// The histogram of clv: equal bars of a round width up to the 99th percentile, then one open bar.
pub(super) fn clv_distribution(valuation: &Valuation) -> Value {
    let Some(expected) = &valuation.values.expected else {
        return Value::Null;
    };
    let clv: Vec<f64> = expected
        .clv
        .iter()
        .map(|&amount| patron_core::Money(amount).to_f64())
        .collect();
    let (Some(high), Some(highest)) = (quantile(&clv, 0.99), quantile(&clv, 1.0)) else {
        return Value::Null;
    };
    let width = round_width(high / BARS);
    let bars = bar_of(high, width) + 1;
    let mut counts = vec![0_u64; bars + 1];
    for &value in &clv {
        if let Some(count) = counts.get_mut(bar_of(value, width).min(bars)) {
            *count += 1;
        }
    }
    let edge = |bar: usize| bar as f64 * width;
    let bins = counts
        .iter()
        .enumerate()
        .filter(|&(bar, &count)| bar < bars || count > 0)
        .map(|(bar, &count)| {
            let to = if bar < bars {
                json!(edge(bar + 1))
            } else {
                Value::Null
            };
            json!({ "from": edge(bar), "to": to, "customers": count })
        });
    json!({
        "bins": bins.collect::<Vec<_>>(),
        "mean": mean(&clv),
        "median": quantile(&clv, 0.5),
        "p90": quantile(&clv, 0.9),
        "max": highest,
    })
}

/// The smallest of 1, 2, 2.5, 5 × 10ⁿ that is at least `least`; 1 where there is nothing to spread.
fn round_width(least: f64) -> f64 {
    if least.is_nan() || least <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|step| step * power)
        .find(|&width| width >= least)
        .unwrap_or(10.0 * power)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "values of lifetime are not negative, and a float cast saturates"
)]
fn bar_of(value: f64, width: f64) -> usize {
    (value / width).floor().max(0.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_round() {
        for (least, width) in [
            (0.7, 1.0),
            (1.0, 1.0),
            (1.2, 2.0),
            (2.1, 2.5),
            (3.0, 5.0),
            (73.0, 100.0),
            (0.0, 1.0),
        ] {
            assert!(
                (round_width(least) - width).abs() < 1e-12,
                "{least}: {}",
                round_width(least)
            );
        }
    }
}
