//! What people do after something went wrong: order by order, like orders compared with like.

use patron_core::Day;
use patron_stats::level::Level;
use patron_stats::rates::{RiskDifference, Stratum, risk_difference};

use super::people::Known;

/// Days within which somebody orders again or does not.
pub(super) const HORIZON: i32 = 180;

/// Orders of a customer are alike that have such numbers: 1, 2, 3 and 4, 5 to 9, from 10 on.
const NUMBERS: [usize; 5] = [1, 2, 4, 9, usize::MAX];

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Experience {
    Late,
    Faulty,
    Unavailable,
    Any,
}

impl Experience {
    pub(super) const ALL: [Self; 4] = [Self::Late, Self::Faulty, Self::Unavailable, Self::Any];

    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::Faulty => "faulty",
            Self::Unavailable => "unavailable",
            Self::Any => "any of them",
        }
    }

    const fn is_of(self, order: &Known<'_, '_>) -> bool {
        match self {
            Self::Late => order.is_late,
            Self::Faulty => order.is_faulty,
            Self::Unavailable => order.is_unavailable,
            Self::Any => order.is_bad(),
        }
    }
}

/// Orders with each experience and orders without any, by number of the order; and of how many a later one followed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct After([[Stratum; NUMBERS.len()]; Experience::ALL.len()]);

/// What was found of an experience.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    /// Orders with it, and of how many another followed.
    pub(super) with: (u64, u64),
    /// The same without any.
    pub(super) without: (u64, u64),
    /// Nothing where no orders with it have their like without.
    pub(super) difference: Option<RiskDifference>,
}

impl After {
    /// Takes the orders of a customer, by time.
    pub(super) fn take(&mut self, orders: &[Known<'_, '_>], as_of: Day) {
        let meant: Vec<&Known<'_, '_>> = orders
            .iter()
            .filter(|known| known.placed.is_meant())
            .collect();
        for (number, known) in meant.iter().enumerate() {
            let day = known.placed.order.day;
            if as_of.days_since(day) < HORIZON {
                continue;
            }
            let later = meant.partition_point(|other| other.placed.order.day <= day);
            let next = meant.get(later).map(|other| other.placed.order.day);
            let again = next.is_some_and(|next| next.days_since(day) <= HORIZON);
            let stratum = NUMBERS.iter().position(|most| number < *most);
            for (experience, strata) in Experience::ALL.iter().zip(&mut self.0) {
                let Some(of) = stratum.and_then(|stratum| strata.get_mut(stratum)) else {
                    continue;
                };
                let side = if experience.is_of(known) {
                    &mut of.with
                } else if known.is_bad() {
                    continue;
                } else {
                    &mut of.without
                };
                side.0 += u64::from(again);
                side.1 += 1;
            }
        }
    }

    pub(super) fn merge(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::default();
        for part in parts {
            let pairs = all.0.iter_mut().flatten().zip(part.0.iter().flatten());
            for (sum, more) in pairs {
                sum.with = (sum.with.0 + more.with.0, sum.with.1 + more.with.1);
                sum.without = (
                    sum.without.0 + more.without.0,
                    sum.without.1 + more.without.1,
                );
            }
        }
        all
    }

    /// What was found of each experience.
    pub(super) fn found(&self) -> Vec<(Experience, Found)> {
        let each = Experience::ALL.into_iter().zip(&self.0);
        each.map(|(experience, strata)| {
            let add = |sum: (u64, u64), more: (u64, u64)| (sum.0 + more.0, sum.1 + more.1);
            let with = strata.iter().map(|of| of.with).fold((0, 0), add);
            let without = strata.iter().map(|of| of.without).fold((0, 0), add);
            let difference = risk_difference(strata, Level::NINETY_FIVE).ok();
            (
                experience,
                Found {
                    with,
                    without,
                    difference,
                },
            )
        })
        .collect()
    }
}
