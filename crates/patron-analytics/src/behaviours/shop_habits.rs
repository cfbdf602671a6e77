//! What is usual in the shop: how long deliveries and returns take, on which days discounts are given. The first look at everybody.

use std::collections::BTreeMap;

use patron_core::{Day, ShopCalendar};
use patron_engine::{Dossier, Visitor};
use patron_stats::rates::{Trials, TwoRates};
use patron_stats::scores::Counted;

use super::rules::Rules;
use crate::conduct::{all_orders, is_return};

/// Fewer deliveries do not tell how long they usually take.
const ENOUGH_DELIVERIES: u64 = 30;
/// Of orders old enough this share must have a day of delivery.
const DELIVERY_KNOWN: f64 = 0.8;
/// Orders younger than this may still come back, whatever the shop's returns took so far.
const LEAST_WINDOW: i32 = 14;

/// Days with how often each occurred.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Times(BTreeMap<i32, u64>);

impl Times {
    fn add(&mut self, days: i32) {
        *self.0.entry(days).or_default() += 1;
    }

    fn merge(&mut self, other: Self) {
        for (days, count) in other.0 {
            *self.0.entry(days).or_default() += count;
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// The type-7 quantile; nothing of none.
    pub(super) fn quantile(&self, probability: f64) -> Option<f64> {
        let mut counted = Counted::new(self.count());
        let mut before = 0;
        for (days, count) in &self.0 {
            counted.push(before, f64::from(*days), *count);
            before += count;
        }
        counted.type_7_quantile(probability)
    }
}

/// Days with their paid orders, discounted ones, and the probability that they were promotion days.
type Days = BTreeMap<Day, (u64, u64, f64)>;

/// What is counted of the shop.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// From order to delivery.
    deliveries: Times,
    /// Paid orders by age in days: all, and those with a day of delivery.
    by_age: BTreeMap<i32, (u64, u64)>,
    /// From order to return.
    returns: Times,
    /// From delivery to return.
    kept: Times,
    /// Paid orders by day: all, and discounted ones.
    days: BTreeMap<Day, (u64, u64)>,
}

/// Looks at everybody for the first time.
pub(super) struct Looking<'a> {
    pub(super) rules: &'a Rules,
    pub(super) calendar: &'a ShopCalendar,
    pub(super) as_of: Day,
    pub(super) counts: Counts,
}

/// What is usual in the shop.
#[derive(Debug)]
pub(super) struct Habits {
    /// Days after which an order is late; nothing where it cannot be told.
    pub(super) late_after: Option<i32>,
    pub(super) deliveries: u64,
    /// Orders of at least this age in days have come back if they ever will.
    pub(super) return_window: i32,
    /// Days after delivery by which nine in ten returns have come.
    pub(super) kept: Option<f64>,
    pub(super) promotions: Option<TwoRates>,
    pub(super) days: Days,
}

impl Visitor for Looking<'_> {
    fn take(&mut self, dossier: &Dossier<'_>) {
        for placed in all_orders(dossier) {
            if !placed.is_paid() {
                continue;
            }
            let order = placed.order;
            let delivered = order.delivered_at.map(|at| self.calendar.day_of(at));
            let delivered = delivered.filter(|day| *day <= self.as_of);
            if let Some(day) = delivered {
                self.counts.deliveries.add(day.days_since(order.day));
            }
            let age = self.as_of.days_since(order.day);
            let of_age = self.counts.by_age.entry(age).or_default();
            of_age.0 += 1;
            of_age.1 += u64::from(delivered.is_some());
            for refund in dossier.refunds_of(order) {
                let Some(at) = refund.at.filter(|_| is_return(refund, &self.rules.faults)) else {
                    continue;
                };
                let day = self.calendar.day_of(at);
                self.counts.returns.add(day.days_since(order.day));
                if let Some(delivered) = delivered {
                    self.counts.kept.add(day.days_since(delivered));
                }
            }
            let of_day = self.counts.days.entry(order.day).or_default();
            of_day.0 += 1;
            of_day.1 += u64::from(self.rules.is_discounted(order));
        }
    }
}

impl Counts {
    pub(super) fn merge(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::default();
        for part in parts {
            all.deliveries.merge(part.deliveries);
            all.returns.merge(part.returns);
            all.kept.merge(part.kept);
            for (age, (orders, delivered)) in part.by_age {
                let known = all.by_age.entry(age).or_default();
                known.0 += orders;
                known.1 += delivered;
            }
            for (day, (orders, discounted)) in part.days {
                let known = all.days.entry(day).or_default();
                known.0 += orders;
                known.1 += discounted;
            }
        }
        all
    }

    pub(super) fn habits(self, rules: &Rules) -> Habits {
        let late_after = rules.late_after_days.or_else(|| self.fence());
        let (promotions, days) = self.promotions();
        let returns = self.returns.quantile(0.95).unwrap_or(0.0);
        Habits {
            late_after: late_after.filter(|fence| self.is_delivery_known(*fence)),
            deliveries: self.deliveries.count(),
            return_window: whole(returns.ceil()).max(LEAST_WINDOW),
            kept: self.kept.quantile(0.9),
            promotions,
            days,
        }
    }

    /// Tukey's upper fence of the days to delivery, at least twice the median and two days beyond the upper quartile.
    fn fence(&self) -> Option<i32> {
        if self.deliveries.count() < ENOUGH_DELIVERIES {
            return None;
        }
        let [low, middle, high] = [0.25, 0.5, 0.75].map(|part| self.deliveries.quantile(part));
        let (low, middle, high) = (low?, middle?, high?);
        let fence = (high + 1.5 * (high - low))
            .max(2.0 * middle)
            .max(high + 2.0);
        Some(whole(fence.floor()))
    }

    fn is_delivery_known(&self, fence: i32) -> bool {
        let old = self.by_age.range(fence.saturating_add(1)..);
        let (orders, known) = old.fold((0, 0), |(all, known), (_, of_age)| {
            (all + of_age.0, known + of_age.1)
        });
        orders > 0 && known as f64 >= DELIVERY_KNOWN * orders as f64
    }

    fn promotions(&self) -> (Option<TwoRates>, Days) {
        let trials: Vec<Trials> = self
            .days
            .values()
            .map(|(orders, discounted)| Trials {
                events: *discounted,
                trials: *orders,
                customers: 1,
            })
            .collect();
        let found = TwoRates::fit(&trials).ok().filter(TwoRates::are_two);
        let days = self.days.iter().map(|(day, (orders, discounted))| {
            let probability = found.map_or(0.0, |rates| rates.probability(*discounted, *orders));
            (*day, (*orders, *discounted, probability))
        });
        (found, days.collect())
    }
}

impl Habits {
    pub(super) fn is_promotion(&self, day: Day) -> bool {
        let known = self.days.get(&day);
        known.is_some_and(|(_, _, probability)| *probability > 0.5)
    }
}

/// A number of days that is whole already.
pub(super) fn whole(days: f64) -> i32 {
    let kept = days.clamp(-1e6, 1e6);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "kept within what an i32 holds"
    )]
    let days = kept as i32;
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_late_beyond_tukeys_fence_and_never_within_two_days_of_the_upper_quartile() {
        let with = |times: &[(i32, u64)]| Counts {
            deliveries: Times(times.iter().copied().collect()),
            ..Counts::default()
        };
        // Quartiles 3, 4, 5: 5 + 1.5 × 2, and twice the median.
        assert_eq!(with(&[(3, 20), (4, 30), (5, 20), (12, 2)]).fence(), Some(8));
        // All alike.
        assert_eq!(with(&[(1, 40)]).fence(), Some(3));
        assert_eq!(with(&[(1, 29)]).fence(), None);
    }

    #[test]
    fn lateness_is_not_told_where_few_deliveries_are_known() {
        let with = |known| Counts {
            by_age: BTreeMap::from([(3, (100, 0)), (30, (10, known))]),
            ..Counts::default()
        };
        assert!(with(8).is_delivery_known(5));
        assert!(!with(7).is_delivery_known(5));
    }
}
