//! Many profiles in little memory.
//!
//! A [`Profile`] holds sums that may be of any size (`i128`), because a fold must not overflow. Nearly every customer's fit
//! in 64 bits, and profiles are most of what a run holds: so they are kept in half the space, and whoever does not fit is
//! kept whole beside them.

use std::ops::Range;

use patron_core::{Day, Instant, Money, MoneySum};
use patron_fold::Profile;

use crate::grouping::bytes::{In, Out};
use crate::kept::source::Source;

/// The profiles of customers, one after the other.
#[derive(Debug, Clone, Default)]
pub struct Profiles {
    /// Each but the last holds [`CHUNK`] profiles: a list that grows is never moved, and never in memory twice.
    chunks: Vec<Vec<Small>>,
    /// Those that do not fit; a [`Small`] with [`WHOLE`] orders points here.
    whole: Vec<Profile>,
}

/// Profiles in a chunk, about a megabyte.
const CHUNK: usize = 8_192;
/// Bytes of a profile in the form of fixed length.
const SMALL_BYTES: usize = 120;
/// Bytes of one that needs more room.
const WHOLE_BYTES: usize = 204;
/// Orders of a profile that is kept whole.
const WHOLE: u32 = u32::MAX;

#[derive(Debug, Clone, Copy)]
struct Small {
    first_order_at: i64,
    last_order_at: i64,
    units: i64,
    order_value: i64,
    unlinked_refunds: i64,
    last_order_value: i64,
    monetary_window: i64,
    provisional_value: i64,
    repeat_spend: i64,
    units_window: i64,
    /// NaN for none: the fold gives finite numbers only.
    gap_variation: f64,
    first_day: i32,
    last_day: i32,
    orders: u32,
    purchase_days: u32,
    orders_window: u32,
    purchase_days_window: u32,
    orders_prior_window: u32,
    repeat_spend_days: u32,
}

/// The words of a [`PackedProfile`].
pub(crate) const WORDS: usize = 15;

/// A profile as plain words, for a place on disk; of one that is kept whole where it is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct PackedProfile(pub(crate) [u64; WORDS]);

impl PackedProfile {
    /// Returns where a profile that is kept whole is, among those of its list.
    pub(crate) fn whole(&self) -> Option<usize> {
        let small = Small::unpacked(self);
        (small.orders == WHOLE).then(|| usize::try_from(small.order_value).ok())?
    }
}

impl Profiles {
    /// Walks over the profiles as words.
    pub(crate) fn packed(&self) -> impl Iterator<Item = PackedProfile> + '_ {
        self.chunks.iter().flatten().map(Small::packed)
    }

    /// Returns those that are kept whole.
    pub(crate) fn whole(&self) -> &[Profile] {
        &self.whole
    }

    /// Adds a profile that is not kept whole.
    pub(crate) fn push_packed(&mut self, packed: &PackedProfile) {
        self.push_small(Small::unpacked(packed));
    }

    /// Adds a profile.
    pub fn push(&mut self, profile: &Profile) {
        let small = Small::new(profile).unwrap_or_else(|| {
            let place = self.whole.len();
            self.whole.push(*profile);
            Small::pointer(place)
        });
        self.push_small(small);
    }

    fn push_small(&mut self, small: Small) {
        match self.chunks.last_mut() {
            Some(chunk) if chunk.len() < CHUNK => chunk.push(small),
            // The first chunk grows with what little there is.
            None => self.chunks.push(vec![small]),
            Some(_) => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(small);
                self.chunks.push(chunk);
            }
        }
    }

    /// Adds all profiles of another list, which is empty then.
    pub(crate) fn append(&mut self, other: &mut Self) {
        let other = std::mem::take(other);
        for small in other.chunks.iter().flatten() {
            match other.whole_of(small) {
                Some(profile) => self.push(profile),
                None => self.push_small(*small),
            }
        }
    }

    /// Adds some profiles of another list.
    pub(crate) fn push_some(&mut self, other: &Self, rows: Range<usize>) {
        for row in rows {
            let chunk = other.chunks.get(row / CHUNK);
            let Some(small) = chunk.and_then(|chunk| chunk.get(row % CHUNK)) else {
                return;
            };
            match other.whole_of(small) {
                Some(profile) => self.push(profile),
                None => self.push_small(*small),
            }
        }
    }

    /// Returns the number of profiles.
    #[must_use]
    pub fn len(&self) -> usize {
        let before_last = self.chunks.len().saturating_sub(1) * CHUNK;
        before_last + self.chunks.last().map_or(0, Vec::len)
    }

    /// Returns true if there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Returns the profile at a place; nothing beyond the end.
    ///
    /// Inline, because most who ask use one number of it.
    #[must_use]
    #[inline(always)]
    pub fn get(&self, index: usize) -> Option<Profile> {
        let small = self.chunks.get(index / CHUNK)?.get(index % CHUNK)?;
        Some(self.unpack(small))
    }

    /// Walks over the profiles.
    pub fn iter(&self) -> impl Iterator<Item = Profile> + '_ {
        self.chunks.iter().flatten().map(|small| self.unpack(small))
    }

    /// Whether the profile at a place is the one at a place of another list; false beyond the end of either.
    #[must_use]
    pub fn same(&self, place: usize, other: &Self, there: usize) -> bool {
        let at = |profiles: &Self, place: usize| {
            let small = profiles.chunks.get(place / CHUNK)?.get(place % CHUNK)?;
            Some(profiles.unpack(small))
        };
        let profile = at(self, place);
        profile.is_some() && profile == at(other, there)
    }

    /// Writes some profiles in a form of fixed length.
    pub(crate) fn write(&self, rows: Range<usize>, out: &mut Out) {
        out.0.reserve(rows.len() * SMALL_BYTES);
        for row in rows {
            let small = self.chunks.get(row / CHUNK);
            if let Some(small) = small.and_then(|chunk| chunk.get(row % CHUNK)) {
                small.write(out);
            }
        }
    }

    /// Writes the profiles that need more room.
    pub(crate) fn write_whole(&self, out: &mut Out) {
        out.u64(self.whole.len() as u64);
        for profile in &self.whole {
            write_whole(profile, out);
        }
    }

    /// Reads profiles, and then those that need more room.
    pub(crate) fn read(from: &mut Source, count: usize) -> Option<Self> {
        let mut chunks = Vec::new();
        for first in (0..count).step_by(CHUNK) {
            let rows = CHUNK.min(count - first);
            chunks.push(from.rows(rows, SMALL_BYTES, Small::read)?);
        }
        let whole = from.count()?;
        let whole = from.rows(whole, WHOLE_BYTES, read_whole)?;
        Some(Self { chunks, whole })
    }

    /// Puts the profile at `order[k]` at place k, for every k, without a second copy.
    pub(crate) fn rearrange(&mut self, order: Vec<u32>) {
        let count = self.len();
        rearrange(count, order, |left, right| self.swap(left, right));
    }

    fn swap(&mut self, left: usize, right: usize) {
        let place = |index: usize| (index / CHUNK, index % CHUNK);
        let at = |(chunk, offset): (usize, usize)| self.chunks.get(chunk)?.get(offset).copied();
        let (Some(left_value), Some(right_value)) = (at(place(left)), at(place(right))) else {
            return;
        };
        for (index, value) in [(left, right_value), (right, left_value)] {
            let (chunk, offset) = place(index);
            if let Some(slot) = self
                .chunks
                .get_mut(chunk)
                .and_then(|chunk| chunk.get_mut(offset))
            {
                *slot = value;
            }
        }
    }

    #[inline(always)]
    fn unpack(&self, small: &Small) -> Profile {
        match self.whole_of(small) {
            Some(whole) => *whole,
            None => small.profile(),
        }
    }

    #[inline(always)]
    fn whole_of(&self, small: &Small) -> Option<&Profile> {
        if small.orders == WHOLE {
            self.whole.get(usize::try_from(small.order_value).ok()?)
        } else {
            None
        }
    }
}

impl Small {
    /// Returns nothing if a number does not fit, or if money is not orders less refunds.
    fn new(profile: &Profile) -> Option<Self> {
        let sum = |sum: MoneySum| i64::try_from(sum.0).ok();
        let count = |count: u64| u32::try_from(count).ok();
        if profile.monetary != profile.order_value - profile.unlinked_refunds {
            return None;
        }
        Some(Self {
            first_order_at: profile.first_order_at.0,
            last_order_at: profile.last_order_at.0,
            units: i64::try_from(profile.units).ok()?,
            order_value: sum(profile.order_value)?,
            unlinked_refunds: sum(profile.unlinked_refunds)?,
            last_order_value: profile.last_order_value.0,
            monetary_window: sum(profile.monetary_window)?,
            provisional_value: sum(profile.provisional_value)?,
            repeat_spend: sum(profile.repeat_spend)?,
            units_window: i64::try_from(profile.units_window).ok()?,
            gap_variation: profile.gap_variation.unwrap_or(f64::NAN),
            first_day: profile.first_day.0,
            last_day: profile.last_day.0,
            orders: count(profile.orders).filter(|&orders| orders != WHOLE)?,
            purchase_days: profile.purchase_days,
            orders_window: count(profile.orders_window)?,
            purchase_days_window: profile.purchase_days_window,
            orders_prior_window: count(profile.orders_prior_window)?,
            repeat_spend_days: profile.repeat_spend_days,
        })
    }

    fn packed(&self) -> PackedProfile {
        let pair = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        PackedProfile([
            self.first_order_at.cast_unsigned(),
            self.last_order_at.cast_unsigned(),
            self.units.cast_unsigned(),
            self.order_value.cast_unsigned(),
            self.unlinked_refunds.cast_unsigned(),
            self.last_order_value.cast_unsigned(),
            self.monetary_window.cast_unsigned(),
            self.provisional_value.cast_unsigned(),
            self.repeat_spend.cast_unsigned(),
            self.units_window.cast_unsigned(),
            self.gap_variation.to_bits(),
            pair(
                self.first_day.cast_unsigned(),
                self.last_day.cast_unsigned(),
            ),
            pair(self.orders, self.purchase_days),
            pair(self.orders_window, self.purchase_days_window),
            pair(self.orders_prior_window, self.repeat_spend_days),
        ])
    }

    const fn unpacked(PackedProfile(words): &PackedProfile) -> Self {
        let [
            first_order_at,
            last_order_at,
            units,
            order_value,
            unlinked_refunds,
            last_order_value,
            monetary_window,
            provisional_value,
            repeat_spend,
            units_window,
            gap_variation,
            days,
            counts,
            of_window,
            others,
        ] = *words;
        Self {
            first_order_at: first_order_at.cast_signed(),
            last_order_at: last_order_at.cast_signed(),
            units: units.cast_signed(),
            order_value: order_value.cast_signed(),
            unlinked_refunds: unlinked_refunds.cast_signed(),
            last_order_value: last_order_value.cast_signed(),
            monetary_window: monetary_window.cast_signed(),
            provisional_value: provisional_value.cast_signed(),
            repeat_spend: repeat_spend.cast_signed(),
            units_window: units_window.cast_signed(),
            gap_variation: f64::from_bits(gap_variation),
            first_day: low(days).cast_signed(),
            last_day: high(days).cast_signed(),
            orders: low(counts),
            purchase_days: high(counts),
            orders_window: low(of_window),
            purchase_days_window: high(of_window),
            orders_prior_window: low(others),
            repeat_spend_days: high(others),
        }
    }

    fn write(&self, out: &mut Out) {
        for number in [
            self.first_order_at,
            self.last_order_at,
            self.units,
            self.order_value,
            self.unlinked_refunds,
            self.last_order_value,
            self.monetary_window,
            self.provisional_value,
            self.repeat_spend,
            self.units_window,
        ] {
            out.i64(number);
        }
        out.f64(self.gap_variation);
        out.i32(self.first_day);
        out.i32(self.last_day);
        for count in [
            self.orders,
            self.purchase_days,
            self.orders_window,
            self.purchase_days_window,
            self.orders_prior_window,
            self.repeat_spend_days,
        ] {
            out.u32(count);
        }
    }

    fn read(from: &mut In<'_>) -> Option<Self> {
        Some(Self {
            first_order_at: from.i64()?,
            last_order_at: from.i64()?,
            units: from.i64()?,
            order_value: from.i64()?,
            unlinked_refunds: from.i64()?,
            last_order_value: from.i64()?,
            monetary_window: from.i64()?,
            provisional_value: from.i64()?,
            repeat_spend: from.i64()?,
            units_window: from.i64()?,
            gap_variation: from.f64()?,
            first_day: from.i32()?,
            last_day: from.i32()?,
            orders: from.u32()?,
            purchase_days: from.u32()?,
            orders_window: from.u32()?,
            purchase_days_window: from.u32()?,
            orders_prior_window: from.u32()?,
            repeat_spend_days: from.u32()?,
        })
    }

    /// Points to the place of a profile that is kept whole.
    fn pointer(place: usize) -> Self {
        Self {
            first_order_at: 0,
            last_order_at: 0,
            units: 0,
            order_value: i64::try_from(place).unwrap_or(i64::MAX),
            unlinked_refunds: 0,
            last_order_value: 0,
            monetary_window: 0,
            provisional_value: 0,
            repeat_spend: 0,
            units_window: 0,
            gap_variation: f64::NAN,
            first_day: 0,
            last_day: 0,
            orders: WHOLE,
            purchase_days: 0,
            orders_window: 0,
            purchase_days_window: 0,
            orders_prior_window: 0,
            repeat_spend_days: 0,
        }
    }

    #[inline(always)]
    fn profile(&self) -> Profile {
        let sum = |sum: i64| MoneySum(i128::from(sum));
        Profile {
            first_order_at: Instant(self.first_order_at),
            last_order_at: Instant(self.last_order_at),
            first_day: Day(self.first_day),
            last_day: Day(self.last_day),
            orders: u64::from(self.orders),
            purchase_days: self.purchase_days,
            units: i128::from(self.units),
            monetary: sum(self.order_value) - sum(self.unlinked_refunds),
            order_value: sum(self.order_value),
            unlinked_refunds: sum(self.unlinked_refunds),
            last_order_value: Money(self.last_order_value),
            orders_window: u64::from(self.orders_window),
            monetary_window: sum(self.monetary_window),
            purchase_days_window: self.purchase_days_window,
            units_window: i128::from(self.units_window),
            orders_prior_window: u64::from(self.orders_prior_window),
            provisional_value: sum(self.provisional_value),
            gap_variation: Some(self.gap_variation).filter(|gap| !gap.is_nan()),
            repeat_spend_days: self.repeat_spend_days,
            repeat_spend: sum(self.repeat_spend),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the low half is what is wanted"
)]
const fn low(word: u64) -> u32 {
    word as u32
}

const fn high(word: u64) -> u32 {
    low(word >> 32)
}

fn write_whole(profile: &Profile, out: &mut Out) {
    out.i64(profile.first_order_at.0);
    out.i64(profile.last_order_at.0);
    out.i32(profile.first_day.0);
    out.i32(profile.last_day.0);
    out.u64(profile.orders);
    out.u32(profile.purchase_days);
    out.i128(profile.units);
    out.i128(profile.monetary.0);
    out.i128(profile.order_value.0);
    out.i128(profile.unlinked_refunds.0);
    out.i64(profile.last_order_value.0);
    out.u64(profile.orders_window);
    out.i128(profile.monetary_window.0);
    out.u32(profile.purchase_days_window);
    out.i128(profile.units_window);
    out.u64(profile.orders_prior_window);
    out.i128(profile.provisional_value.0);
    out.f64(profile.gap_variation.unwrap_or(f64::NAN));
    out.u32(profile.repeat_spend_days);
    out.i128(profile.repeat_spend.0);
}

fn read_whole(from: &mut In<'_>) -> Option<Profile> {
    Some(Profile {
        first_order_at: Instant(from.i64()?),
        last_order_at: Instant(from.i64()?),
        first_day: Day(from.i32()?),
        last_day: Day(from.i32()?),
        orders: from.u64()?,
        purchase_days: from.u32()?,
        units: from.i128()?,
        monetary: MoneySum(from.i128()?),
        order_value: MoneySum(from.i128()?),
        unlinked_refunds: MoneySum(from.i128()?),
        last_order_value: Money(from.i64()?),
        orders_window: from.u64()?,
        monetary_window: MoneySum(from.i128()?),
        purchase_days_window: from.u32()?,
        units_window: from.i128()?,
        orders_prior_window: from.u64()?,
        provisional_value: MoneySum(from.i128()?),
        gap_variation: Some(from.f64()?).filter(|gap| !gap.is_nan()),
        repeat_spend_days: from.u32()?,
        repeat_spend: MoneySum(from.i128()?),
    })
}

/// Puts the item at `order[k]` at place k, for every k, by swaps: each cycle of the permutation is walked once.
fn rearrange(count: usize, mut order: Vec<u32>, mut swap: impl FnMut(usize, usize)) {
    for start in 0..count {
        let mut place = start;
        while let Some(from) = order.get_mut(place) {
            let source = *from as usize;
            // Marks the place as done: what belongs there is on its way.
            *from = u32::try_from(place).unwrap_or(u32::MAX);
            if source == start || source == place || source >= count {
                break;
            }
            swap(place, source);
            place = source;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn profile(sums: [i128; 6], times: (i64, i64), counts: [u32; 3], gap: Option<f64>) -> Profile {
        let [units, order_value, refunds, window, provisional, repeat] = sums;
        Profile {
            first_order_at: Instant(times.0),
            last_order_at: Instant(times.1),
            first_day: Day(-5),
            last_day: Day(20_000),
            orders: u64::from(counts[0]),
            purchase_days: counts[1],
            units,
            monetary: MoneySum(order_value) - MoneySum(refunds),
            order_value: MoneySum(order_value),
            unlinked_refunds: MoneySum(refunds),
            last_order_value: Money(times.1 / 2),
            orders_window: u64::from(counts[2]),
            monetary_window: MoneySum(window),
            purchase_days_window: counts[1] / 2,
            units_window: units / 3,
            orders_prior_window: 3,
            provisional_value: MoneySum(provisional),
            gap_variation: gap,
            repeat_spend_days: counts[2] / 2,
            repeat_spend: MoneySum(repeat),
        }
    }

    /// Sums around and far beyond what 64 bits hold.
    fn sum() -> impl Strategy<Value = i128> {
        prop_oneof![
            8 => any::<i64>().prop_map(i128::from),
            1 => -(1_i128 << 100)..(1_i128 << 100),
        ]
    }

    #[test]
    fn chunks_are_one_list() {
        let count = 2 * CHUNK + 17;
        let mut kept = Profiles::default();
        let numbers = 0..u32::try_from(count).unwrap();
        for number in numbers.clone() {
            kept.push(&profile([0; 6], (i64::from(number), 0), [1, 1, 0], None));
        }
        assert_eq!((kept.len(), kept.iter().count()), (count, count));
        kept.rearrange(numbers.rev().collect());
        for index in [0, 1, CHUNK - 1, CHUNK, 2 * CHUNK, count - 1] {
            let first = kept.get(index).map(|profile| profile.first_order_at);
            assert_eq!(first, Some(Instant((count - 1 - index) as i64)), "{index}");
        }
        assert!(kept.get(count).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: proptest::test_runner::RngSeed::Fixed(20_265),
            ..ProptestConfig::default()
        })]

        #[test]
        fn profiles_come_out_as_they_went_in(
            all in proptest::collection::vec(
                (
                    [sum(), sum(), sum(), sum(), sum(), sum()],
                    any::<(i64, i64)>(),
                    any::<[u32; 3]>(),
                    proptest::option::of(0.0..1e9_f64),
                ),
                0..40,
            )
        ) {
            let all: Vec<Profile> = all
                .into_iter()
                .map(|(sums, times, counts, gap)| profile(sums, times, counts, gap))
                .collect();
            let mut kept = Profiles::default();
            all.iter().for_each(|profile| kept.push(profile));
            let mut behind = Profiles::default();
            all.iter().rev().for_each(|profile| behind.push(profile));
            kept.append(&mut behind);
            prop_assert!(behind.is_empty());
            let expected: Vec<Profile> = all.iter().chain(all.iter().rev()).copied().collect();
            prop_assert!(kept.iter().eq(expected.iter().copied()));
            // The first half and the second are mirror images.
            let count = u32::try_from(expected.len()).unwrap();
            kept.rearrange((0..count).rev().collect());
            prop_assert!(kept.iter().eq(expected.iter().copied()));
        }

        #[test]
        fn rearranging_in_place_equals_picking_one_by_one(
            order in (0_u32..200)
                .prop_flat_map(|count| Just((0..count).collect::<Vec<u32>>()).prop_shuffle())
        ) {
            let items: Vec<u32> = (0..u32::try_from(order.len()).unwrap()).collect();
            let mut rearranged = items;
            rearrange(rearranged.len(), order.clone(), |left, right| {
                rearranged.swap(left, right);
            });
            prop_assert_eq!(rearranged, order);
        }
    }
}
