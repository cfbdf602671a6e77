//! Lifecycle stages: how long ago the last valid order was, in ordinal calendar months or in purchase intervals.

use patron_core::Day;
use patron_fold::Profile;
use serde::{Deserialize, Serialize};

use crate::customers::CustomerTable;
use crate::profiles::Profiles;

/// A stage of a customer's life with the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Bought in the first month back from the as-of day.
    Active,
    /// Last bought in the second to fourth month back.
    Silent,
    /// Last bought in the fifth to tenth month back.
    Dormant,
    /// Last bought in the eleventh month back or before.
    Churned,
}

impl Stage {
    /// Every stage of customers, in order.
    pub const ALL: [Self; 4] = [Self::Active, Self::Silent, Self::Dormant, Self::Churned];

    /// The keys by number.
    pub(crate) const KEYS: [&'static str; 4] = ["active", "silent", "dormant", "churned"];

    /// Returns the stable key.
    #[must_use]
    pub const fn key(self) -> &'static str {
        let [active, silent, dormant, churned] = Self::KEYS;
        match self {
            Self::Active => active,
            Self::Silent => silent,
            Self::Dormant => dormant,
            Self::Churned => churned,
        }
    }

    /// Returns its number, from the freshest on.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// Where a stage ends.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LifecycleBounds {
    /// In calendar months before the as-of day: the last of active, of silent, of dormant. `[1, 4, 10]` is the source's
    /// ordinal counting, `[1, 4, 11]` the preset `completed-months`.
    Months([u32; 3]),
    /// In multiples of the shop's median interval between orders.
    ShopIntervals([f64; 3]),
    /// In multiples of the customer's own mean interval; of the shop's where the customer has one order only.
    OwnIntervals([f64; 3]),
}

impl Default for LifecycleBounds {
    fn default() -> Self {
        Self::Months([1, 4, 10])
    }
}

/// The stage of every customer, in customer order.
#[derive(Debug, Clone)]
pub struct Lifecycle {
    /// One per customer.
    pub stages: Vec<Stage>,
    /// The earliest last-order day of active, silent and dormant, where it is the same for everybody.
    pub first_days: Option<[Day; 3]>,
    /// The shop's median interval in days, where the bounds need it.
    pub shop_interval_days: Option<f64>,
}

impl Lifecycle {
    /// Finds the stage of every customer.
    #[must_use]
    pub fn new(table: &CustomerTable, bounds: LifecycleBounds) -> Self {
        Self::by_interval(table, bounds, || shop_interval(&table.profiles))
    }

    /// Finds the stage of every customer of a part of the shop, or as of another day; `shop_interval` is the whole shop's, in
    /// days, and asked for only where the bounds need it.
    pub fn by_interval(
        table: &CustomerTable,
        bounds: LifecycleBounds,
        shop_interval: impl FnOnce() -> f64,
    ) -> Self {
        let day = table.as_of.day;
        match bounds {
            LifecycleBounds::Months(months) => {
                let first_days = months.map(|months| day.minus_months(months));
                let stages = table
                    .profiles
                    .iter()
                    .map(|profile| stage_by_day(&profile, first_days))
                    .collect();
                Self {
                    stages,
                    first_days: Some(first_days),
                    shop_interval_days: None,
                }
            }
            LifecycleBounds::ShopIntervals(multiples) => {
                let interval = shop_interval();
                let first_days =
                    multiples.map(|multiple| day.plus_days(-whole_days(multiple * interval)));
                let stages = table
                    .profiles
                    .iter()
                    .map(|profile| stage_by_day(&profile, first_days))
                    .collect();
                Self {
                    stages,
                    first_days: Some(first_days),
                    shop_interval_days: Some(interval),
                }
            }
            LifecycleBounds::OwnIntervals(multiples) => {
                let shop = shop_interval();
                let stages = table.profiles.iter().map(|profile| {
                    let own = own_interval(&profile).unwrap_or(shop);
                    stage_by_day(
                        &profile,
                        multiples.map(|multiple| day.plus_days(-whole_days(multiple * own))),
                    )
                });
                Self {
                    stages: stages.collect(),
                    first_days: None,
                    shop_interval_days: Some(shop),
                }
            }
        }
    }
}

fn stage_by_day(profile: &Profile, [active, silent, dormant]: [Day; 3]) -> Stage {
    if profile.last_day >= active {
        Stage::Active
    } else if profile.last_day >= silent {
        Stage::Silent
    } else if profile.last_day >= dormant {
        Stage::Dormant
    } else {
        Stage::Churned
    }
}

/// The shop's interval where nobody has an interval of their own.
pub(crate) const WITHOUT_REPEATS_DAYS: f64 = 30.0;

/// A customer's mean days between orders, if orders of several days tell any.
pub(crate) fn own_interval(profile: &Profile) -> Option<f64> {
    profile
        .mean_days_between_orders()
        .filter(|&days| days > 0.0)
}

/// The median over customers with several orders of their mean days between orders; 30 if there are none.
fn shop_interval(profiles: &Profiles) -> f64 {
    let intervals: Vec<f64> = profiles
        .iter()
        .filter_map(|profile| own_interval(&profile))
        .collect();
    patron_stats::scores::type_7_quantile(&intervals, 0.5).unwrap_or(WITHOUT_REPEATS_DAYS)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "clamped to a century first"
)]
fn whole_days(days: f64) -> i32 {
    days.clamp(0.0, 36_525.0).round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stages(as_of: &str, last: &[&str], bounds: LifecycleBounds) -> Vec<&'static str> {
        use patron_fold::{AsOf, FoldSettings, Folder, Outcome, folder::Scratch};
        let as_of = Day::parse_iso(as_of).unwrap();
        let folder = Folder::new(FoldSettings::default(), &[as_of]).unwrap();
        let mut profiles = Profiles::default();
        for day in last {
            let at =
                patron_core::Instant(i64::from(Day::parse_iso(day).unwrap().0) * 86_400_000_000);
            let fact = patron_core::Fact::Order {
                at,
                order_id: "1",
                net: patron_core::Money(1),
                status: patron_core::OrderStatus::Paid,
            };
            let mut outcomes = Vec::new();
            folder
                .fold(&[fact], &mut Scratch::default(), &mut outcomes)
                .unwrap();
            if let Outcome::Customer(profile) = outcomes[0] {
                profiles.push(&profile);
            }
        }
        let as_of = AsOf::new(as_of, &FoldSettings::default());
        let table = CustomerTable {
            as_of,
            ids: crate::texts::Texts::default(),
            profiles,
            contacts: None,
            tally: patron_fold::folder::Tally::default(),
        };
        Lifecycle::new(&table, bounds)
            .stages
            .into_iter()
            .map(Stage::key)
            .collect()
    }

    #[test]
    fn months_are_ordinal_and_the_bound_belongs_to_the_younger_stage() {
        let last = [
            "2024-12-31",
            "2024-11-30",
            "2024-11-29",
            "2024-08-31",
            "2024-08-30",
            "2024-02-29",
            "2024-02-28",
        ];
        assert_eq!(
            stages("2024-12-31", &last, LifecycleBounds::default()),
            [
                "active", "active", "silent", "silent", "dormant", "dormant", "churned"
            ]
        );
    }

    #[test]
    fn with_completed_months_nobody_has_churned_before_eleven_full_months() {
        let bounds = LifecycleBounds::Months([1, 4, 11]);
        assert_eq!(
            stages("2024-12-31", &["2024-01-31", "2024-01-30"], bounds),
            ["dormant", "churned"]
        );
    }

    #[test]
    fn without_repeats_the_shops_interval_is_thirty_days() {
        let bounds = LifecycleBounds::ShopIntervals([1.0, 2.0, 3.0]);
        let last = [
            "2024-12-01",
            "2024-11-30",
            "2024-11-01",
            "2024-10-02",
            "2024-10-01",
        ];
        assert_eq!(
            stages("2024-12-31", &last, bounds),
            ["active", "silent", "silent", "dormant", "churned"]
        );
    }
}
