//! What customers who stay on Spark come to: whole numbers and exact sums, so that the order of tasks moves no digit.

use std::collections::{BTreeMap, BTreeSet};

use patron_core::{Day, MoneySum};
use patron_fold::Profile;
use patron_import::is_address;
use serde::{Deserialize, Serialize};

use super::measured::{ToldSum, key};

/// Customers with the most orders that are told of: none but these can have one order in twenty.
const MOST_FREQUENT: usize = 20;
/// Up to how many different values of an axis are told.
const DISTINCT_UP_TO: usize = 100;

/// What a group of customers comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupSums {
    /// Customers.
    pub customers: u64,
    /// Their valid orders.
    pub orders: u64,
    /// Σ monetary.
    pub revenue: MoneySum,
    /// Σ net of valid orders.
    pub order_value: MoneySum,
    /// Customers with one valid order.
    pub bought_once: u64,
    /// Σ historic value.
    pub historic_value: MoneySum,
}

impl GroupSums {
    /// Adds a customer.
    pub fn take(&mut self, profile: &Profile, historic_value: i64) {
        self.customers += 1;
        self.orders += profile.orders;
        self.revenue += profile.monetary;
        self.order_value += profile.order_value;
        self.bought_once += u64::from(profile.orders == 1);
        self.historic_value += MoneySum(i128::from(historic_value));
    }

    /// Adds another group.
    pub fn add(&mut self, other: &Self) {
        self.customers += other.customers;
        self.orders += other.orders;
        self.revenue += other.revenue;
        self.order_value += other.order_value;
        self.bought_once += other.bought_once;
        self.historic_value += other.historic_value;
    }
}

/// What the customers of a segment come to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentSums {
    /// Those whose primary segment it is.
    pub group: GroupSums,
    /// Those who meet its condition.
    pub members: u64,
    /// Their R, F and M.
    pub(super) axes: [ToldSum; 3],
}

impl SegmentSums {
    /// Returns the means of R, F and M; nothing where nobody is.
    #[must_use]
    pub fn means(&self) -> Option<[f64; 3]> {
        (self.group.customers > 0).then(|| self.axes.each_ref().map(|sum| sum.0.mean()))
    }
}

/// Where a customer belongs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Belongs {
    pub(super) scores: [u8; 3],
    pub(super) counts: bool,
    pub(super) stage: usize,
    pub(super) octant: usize,
    /// The place of the primary segment, others behind the vocabulary's own.
    pub(super) segment: usize,
    pub(super) members: u64,
    pub(super) axes: [f64; 3],
    pub(super) historic_value: i64,
}

/// What all customers come to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// All of them.
    pub all: GroupSums,
    /// By primary segment: the vocabulary's own in their order, others last.
    pub segments: Vec<SegmentSums>,
    /// By stage, from the freshest on.
    pub stages: Vec<GroupSums>,
    /// By octant's number.
    pub octants: Vec<GroupSums>,
    /// By R, F and M score.
    #[serde(with = "as_list")]
    pub cells: BTreeMap<[u8; 3], GroupSums>,
    /// Customers by R, F and M score 1, 2, …
    pub by_score: [Vec<u64>; 3],
    /// Of these, those who have a part in the cut points of F and M.
    pub by_score_counted: [Vec<u64>; 3],
    /// Customers with nothing in the window that is scored.
    pub outside_window: u64,
    /// Customers known by an address alone.
    pub guests: u64,
    /// Σ of what may still come back.
    pub provisional_value: MoneySum,
    /// The first day with a valid order.
    pub first_day: Option<Day>,
    /// The two latest of customers' last days, the latest first.
    pub last_days: Vec<Day>,
    /// The customers with the most orders, the most first.
    pub most_orders: Vec<(u64, String)>,
    /// Different values of R, F and M, no more than a hundred.
    distinct: [BTreeSet<i64>; 3],
}

impl Sums {
    /// Begins with nobody, for so many segments of a vocabulary and so many scores.
    pub(super) fn new(segments: usize, bins: [u8; 3]) -> Self {
        let by_score = bins.map(|bins| vec![0; usize::from(bins)]);
        Self {
            segments: vec![SegmentSums::default(); segments + 1],
            stages: vec![GroupSums::default(); 4],
            octants: vec![GroupSums::default(); 8],
            by_score_counted: by_score.clone(),
            by_score,
            ..Self::default()
        }
    }

    /// Takes a customer.
    pub(super) fn take(&mut self, id: &str, profile: &Profile, of: &Belongs) {
        let mut one = GroupSums::default();
        one.take(profile, of.historic_value);
        self.all.add(&one);
        self.cells.entry(of.scores).or_default().add(&one);
        let groups = [
            self.stages.get_mut(of.stage),
            self.octants.get_mut(of.octant),
        ];
        groups
            .into_iter()
            .flatten()
            .for_each(|group| group.add(&one));
        let own = self.segments.len().saturating_sub(1);
        for (bit, segment) in self.segments.iter_mut().take(own).enumerate() {
            segment.members += of.members >> bit & 1;
        }
        if let Some(segment) = self.segments.get_mut(of.segment) {
            segment.group.add(&one);
            segment.members += u64::from(of.segment == own);
            for (sum, value) in segment.axes.iter_mut().zip(of.axes) {
                sum.0.add(value, 1);
            }
        }
        let counted = [true, of.counts, of.counts];
        let slots = self.by_score.iter_mut().zip(&mut self.by_score_counted);
        for (((all, among), score), counted) in slots.zip(of.scores).zip(counted) {
            let place = usize::from(score).wrapping_sub(1);
            all.get_mut(place).into_iter().for_each(|count| *count += 1);
            let among = among.get_mut(place).filter(|_| counted);
            among.into_iter().for_each(|count| *count += 1);
        }
        self.outside_window += u64::from(!of.counts);
        self.guests += u64::from(is_address(id));
        self.provisional_value += profile.provisional_value;
        for (distinct, value) in self.distinct.iter_mut().zip(of.axes) {
            // Added to zero, there is one zero of the two.
            see_some(distinct, [key(value + 0.0)]);
        }
        self.see_days(profile.first_day, [profile.last_day]);
        let least = self.most_orders.last().map_or(0, |(orders, _)| *orders);
        if self.most_orders.len() < MOST_FREQUENT || profile.orders >= least {
            self.see_frequent([(profile.orders, id.to_owned())]);
        }
    }

    /// Adds what was summed elsewhere.
    pub(super) fn add(&mut self, other: &Self) {
        self.all.add(&other.all);
        for (segment, more) in self.segments.iter_mut().zip(&other.segments) {
            segment.group.add(&more.group);
            segment.members += more.members;
            for (sum, more) in segment.axes.iter_mut().zip(&more.axes) {
                sum.0.merge(&more.0);
            }
        }
        let groups = self.stages.iter_mut().chain(&mut self.octants);
        let more = other.stages.iter().chain(&other.octants);
        groups.zip(more).for_each(|(group, more)| group.add(more));
        for (cell, more) in &other.cells {
            self.cells.entry(*cell).or_default().add(more);
        }
        let counts = self.by_score.iter_mut().chain(&mut self.by_score_counted);
        let more = other.by_score.iter().chain(&other.by_score_counted);
        for (counts, more) in counts.zip(more) {
            for (count, more) in counts.iter_mut().zip(more) {
                *count += more;
            }
        }
        self.outside_window += other.outside_window;
        self.guests += other.guests;
        self.provisional_value += other.provisional_value;
        if let Some(first) = other.first_day {
            self.see_days(first, other.last_days.iter().copied());
        }
        self.see_frequent(other.most_orders.iter().cloned());
        for (distinct, more) in self.distinct.iter_mut().zip(&other.distinct) {
            see_some(distinct, more.iter().copied());
        }
    }

    /// Returns how many different values R, F and M have, up to a hundred.
    #[must_use]
    pub fn distinct(&self) -> [usize; 3] {
        self.distinct.each_ref().map(BTreeSet::len)
    }

    fn see_days(&mut self, first: Day, last: impl IntoIterator<Item = Day>) {
        self.first_day = Some(self.first_day.map_or(first, |day| day.min(first)));
        self.last_days.extend(last);
        self.last_days
            .sort_unstable_by(|left, right| right.cmp(left));
        self.last_days.truncate(2);
    }

    fn see_frequent(&mut self, customers: impl IntoIterator<Item = (u64, String)>) {
        self.most_orders.extend(customers);
        self.most_orders.sort_unstable_by(|left, right| {
            right.0.cmp(&left.0).then_with(|| left.1.cmp(&right.1))
        });
        self.most_orders.truncate(MOST_FREQUENT);
    }
}

/// Adds values while there is room.
fn see_some(distinct: &mut BTreeSet<i64>, more: impl IntoIterator<Item = i64>) {
    for value in more {
        if distinct.len() >= DISTINCT_UP_TO {
            return;
        }
        distinct.insert(value);
    }
}

/// A map as a list: keys of JSON are texts.
mod as_list {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::GroupSums;

    pub(super) fn serialize<S: Serializer>(
        cells: &BTreeMap<[u8; 3], GroupSums>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        cells.iter().collect::<Vec<_>>().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<[u8; 3], GroupSums>, D::Error> {
        let cells = Vec::<([u8; 3], GroupSums)>::deserialize(deserializer)?;
        Ok(cells.into_iter().collect())
    }
}
