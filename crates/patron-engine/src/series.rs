//! Profiles as of many days, of one walk over the facts, that wait on disk for their turn.
//!
//! As of one month-end most customers are what they were as of the one before. So each day has of each customer only the
//! words of the profile that differ from the day before; days are taken in order, and one of them is in memory.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use patron_core::Day;
use patron_fold::{AsOf, Profile, Tally};
use rayon::prelude::*;

use crate::customers::{CustomerTable, People, Place};
use crate::grouping::{DayOutcomes, GroupingError, Slot};
use crate::profiles::{PackedProfile, Profiles, WORDS};
use crate::texts::Texts;

/// Stands for somebody without a valid order, where others have a bit for every word that differs.
const ABSENT: u32 = 1 << 31;
/// Partitions whose words of a day are in memory at a time.
const PARTITIONS_AT_ONCE: usize = 32;
/// People whose profiles one thread brings together at a time.
const PEOPLE_AT_ONCE: usize = 64 * 1024;

/// Profiles on their way to disk, partition by partition.
#[derive(Debug)]
pub(crate) struct StoredDays {
    folder: PathBuf,
    file: File,
    bytes: u64,
    /// In the order in which they came.
    partitions: Vec<StoredPartition>,
}

/// What is stored of a partition.
#[derive(Debug)]
struct StoredPartition {
    people: usize,
    days: Vec<StoredDay>,
}

#[derive(Debug)]
struct StoredDay {
    from: u64,
    bytes: usize,
    /// Profiles that are kept whole.
    whole: Vec<Profile>,
    tally: Tally,
}

/// A partition's days as they are stored, before it is known where.
#[derive(Debug)]
pub(crate) struct EncodedDays {
    bytes: Vec<u8>,
    partition: StoredPartition,
}

impl EncodedDays {
    /// Encodes the outcomes of one partition, as of one day after the other.
    pub(crate) fn new(days: &[DayOutcomes]) -> Self {
        let people = days.first().map_or(0, |day| day.slots.len());
        let mut state = vec![PackedProfile::default(); people];
        let mut bytes = Vec::new();
        let mut stored = Vec::with_capacity(days.len());
        for day in days {
            let from = bytes.len();
            let mut profiles = day.profiles.packed();
            for (slot, known) in day.slots.iter().zip(&mut state) {
                let next = (*slot == Slot::Profile).then(|| profiles.next()).flatten();
                encode(next, known, &mut bytes);
            }
            stored.push(StoredDay {
                from: from as u64,
                bytes: bytes.len() - from,
                whole: day.profiles.whole().to_vec(),
                tally: day.tally,
            });
        }
        let partition = StoredPartition {
            people,
            days: stored,
        };
        Self { bytes, partition }
    }
}

fn encode(next: Option<PackedProfile>, known: &mut PackedProfile, bytes: &mut Vec<u8>) {
    let Some(next) = next else {
        bytes.extend(ABSENT.to_le_bytes());
        return;
    };
    let differs = |place: usize| next.0.get(place) != known.0.get(place);
    let changed = (0..WORDS).filter(|&place| differs(place));
    let bits = changed.fold(0_u32, |bits, place| bits | 1 << place);
    bytes.extend(bits.to_le_bytes());
    for (place, word) in next.0.iter().enumerate() {
        if bits >> place & 1 == 1 {
            bytes.extend(word.to_le_bytes());
        }
    }
    *known = next;
}

impl StoredDays {
    pub(crate) fn new(folder: PathBuf) -> Result<Self, GroupingError> {
        match tempfile::tempfile_in(&folder) {
            Ok(file) => Ok(Self {
                folder,
                file,
                bytes: 0,
                partitions: Vec::new(),
            }),
            Err(source) => Err(GroupingError::Spill { folder, source }),
        }
    }

    pub(crate) fn push(&mut self, mut encoded: EncodedDays) -> Result<(), GroupingError> {
        let written = self.file.write_all(&encoded.bytes);
        written.map_err(|source| self.error(source))?;
        for day in &mut encoded.partition.days {
            day.from += self.bytes;
        }
        self.bytes += encoded.bytes.len() as u64;
        self.partitions.push(encoded.partition);
        Ok(())
    }

    /// Returns how many bytes went to disk.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    fn error(&self, source: std::io::Error) -> GroupingError {
        GroupingError::Spill {
            folder: self.folder.clone(),
            source,
        }
    }

    /// Reads a day's words of one partition.
    fn read(&mut self, partition: usize, day: usize) -> Result<Vec<u8>, GroupingError> {
        let stored = self
            .partitions
            .get(partition)
            .and_then(|partition| partition.days.get(day));
        let (from, length) = stored.map_or((0, 0), |day| (day.from, day.bytes));
        let mut bytes = vec![0; length];
        let sought = self.file.seek(SeekFrom::Start(from));
        let read = sought.and_then(|_| self.file.read_exact(&mut bytes));
        match read {
            Ok(()) => Ok(bytes),
            Err(source) => Err(self.error(source)),
        }
    }
}

/// Customers as of one day after another.
#[derive(Debug)]
pub struct Series {
    people: People,
    stored: StoredDays,
    as_of: Vec<AsOf>,
    next: usize,
    /// What everybody's profile was on the last day taken, in the order in which partitions came.
    state: Vec<PackedProfile>,
    /// Whether there was one.
    present: Vec<bool>,
}

impl Series {
    pub(crate) fn new(people: People, stored: StoredDays, as_of: Vec<AsOf>) -> Self {
        let count = stored
            .partitions
            .iter()
            .map(|partition| partition.people)
            .sum();
        Self {
            people,
            stored,
            as_of,
            next: 0,
            state: vec![PackedProfile::default(); count],
            present: vec![false; count],
        }
    }

    /// Returns the days, in order.
    pub fn days(&self) -> impl Iterator<Item = Day> {
        self.as_of.iter().map(|as_of| as_of.day)
    }

    /// Returns the customers of the next day, without contact details; nothing after the last.
    ///
    /// # Errors
    /// [`GroupingError::Spill`] if the disk fails, [`GroupingError::Damaged`] if it gives back something else.
    pub fn next_table(&mut self) -> Result<Option<CustomerTable>, GroupingError> {
        let Some(&as_of) = self.as_of.get(self.next) else {
            return Ok(None);
        };
        let mut tally = Tally::default();
        for partition in &self.stored.partitions {
            if let Some(day) = partition.days.get(self.next) {
                tally.merge(&day.tally);
            }
        }
        self.advance()?;
        let (ids, profiles) = self.gathered();
        self.next += 1;
        Ok(Some(CustomerTable {
            as_of,
            ids,
            profiles,
            contacts: None,
            tally,
        }))
    }

    /// Takes everybody to the next day. Some partitions are read, then decoded on all threads.
    fn advance(&mut self) -> Result<(), GroupingError> {
        let Self {
            stored,
            state,
            present,
            next,
            ..
        } = self;
        let (mut state, mut present) = (state.as_mut_slice(), present.as_mut_slice());
        let mut waiting = Vec::with_capacity(PARTITIONS_AT_ONCE);
        let count = stored.partitions.len();
        for partition in 0..count {
            let people = stored
                .partitions
                .get(partition)
                .map_or(0, |stored| stored.people);
            let (own, rest) = state.split_at_mut(people);
            state = rest;
            let (own_present, rest) = present.split_at_mut(people);
            present = rest;
            waiting.push((stored.read(partition, *next)?, own, own_present));
            if waiting.len() == PARTITIONS_AT_ONCE || partition + 1 == count {
                let decoded = waiting
                    .par_drain(..)
                    .map(|(bytes, state, present)| advance(&bytes, state, present))
                    .collect::<Option<()>>();
                decoded.ok_or(GroupingError::Damaged)?;
            }
        }
        Ok(())
    }

    /// Brings those who have a profile into the order of results.
    fn gathered(&self) -> (Texts, Profiles) {
        let wholes = self.wholes();
        let parts: Vec<(Texts, Profiles)> = self
            .people
            .places()
            .par_chunks(PEOPLE_AT_ONCE)
            .map(|places| self.some_gathered(places, &wholes))
            .collect();
        let (mut ids, mut profiles) = (Texts::default(), Profiles::default());
        for (some_ids, mut some_profiles) in parts {
            ids.append(&some_ids);
            profiles.append(&mut some_profiles);
        }
        (ids, profiles)
    }

    /// Whole profiles of the day by the first person of their partition.
    fn wholes(&self) -> Vec<(usize, &[Profile])> {
        let mut wholes = Vec::new();
        let mut first = 0;
        for partition in &self.stored.partitions {
            let whole = partition
                .days
                .get(self.next)
                .map(|day| day.whole.as_slice());
            wholes.extend(
                whole
                    .filter(|whole| !whole.is_empty())
                    .map(|whole| (first, whole)),
            );
            first += partition.people;
        }
        wholes
    }

    fn some_gathered(&self, places: &[Place], wholes: &[(usize, &[Profile])]) -> (Texts, Profiles) {
        let (mut ids, mut profiles) = (Texts::default(), Profiles::default());
        for &place in places {
            let (first, person, name) = self.people.person(place);
            if self.present.get(person) != Some(&true) {
                continue;
            }
            let Some(packed) = self.state.get(person) else {
                continue;
            };
            ids.push(name);
            let whole = packed.whole().and_then(|at| {
                let of_partition = wholes.iter().find(|(of, _)| *of == first)?;
                of_partition.1.get(at)
            });
            match whole {
                Some(profile) => profiles.push(profile),
                None => profiles.push_packed(packed),
            }
        }
        (ids, profiles)
    }
}

/// Takes people from one day to the next; nothing if the bytes are not theirs.
fn advance(mut bytes: &[u8], state: &mut [PackedProfile], present: &mut [bool]) -> Option<()> {
    for (known, present) in state.iter_mut().zip(present) {
        let (bits, rest) = bytes.split_first_chunk()?;
        let bits = u32::from_le_bytes(*bits);
        bytes = rest;
        *present = bits != ABSENT;
        if bits == ABSENT {
            continue;
        }
        for (place, word) in known.0.iter_mut().enumerate() {
            if bits >> place & 1 == 1 {
                let (next, rest) = bytes.split_first_chunk()?;
                *word = u64::from_le_bytes(*next);
                bytes = rest;
            }
        }
    }
    bytes.is_empty().then_some(())
}

#[cfg(test)]
mod tests {
    use patron_core::{Instant, Money, MoneySum};
    use patron_fold::{FoldSettings, Folder, NoOrderReason};
    use proptest::prelude::*;

    use super::*;
    use crate::grouping::FoldedPartition;

    fn profile(day: i32, number: i64, is_huge: bool) -> Profile {
        let sum = i128::from(number) << if is_huge { 90 } else { 3 };
        Profile {
            first_order_at: Instant(number),
            last_order_at: Instant(i64::from(day)),
            first_day: Day(-5),
            last_day: Day(day),
            orders: number.unsigned_abs() % 9,
            purchase_days: 3,
            units: i128::from(number),
            monetary: MoneySum(sum),
            order_value: MoneySum(sum),
            unlinked_refunds: MoneySum(0),
            last_order_value: Money(-number),
            orders_window: 2,
            monetary_window: MoneySum(i128::from(day)),
            purchase_days_window: 1,
            units_window: 1,
            orders_prior_window: 7,
            provisional_value: MoneySum(0),
            gap_variation: (number % 2 == 0).then_some(0.25),
            repeat_spend_days: 4,
            repeat_spend: MoneySum(11),
        }
    }

    type Someday = Option<(i32, i64, bool)>;

    /// Somebody on three days, of one partition of three.
    fn people() -> impl Strategy<Value = Vec<(usize, [Someday; 3])>> {
        let day = prop::option::weighted(0.7, (0..3_i32, -4..4_i64, prop::bool::weighted(0.2)));
        prop::collection::vec((0_usize..3, prop::array::uniform3(day)), 0..30)
    }

    /// Folds nothing: a partition with people who are named by their numbers.
    fn partition(people: &[(String, [Someday; 3])]) -> (FoldedPartition, Vec<DayOutcomes>) {
        let mut folded = FoldedPartition::default();
        let mut days = vec![DayOutcomes::default(); 3];
        for (name, of_days) in people {
            folded.names.push(name);
            folded.mentioned.push(None);
            for (day, found) in days.iter_mut().zip(of_days) {
                day.slots.push(match found {
                    Some((day_number, number, is_huge)) => {
                        day.profiles.push(&profile(*day_number, *number, *is_huge));
                        Slot::Profile
                    }
                    None => Slot::Prospect(NoOrderReason::OnlyAfterAsOf),
                });
            }
        }
        (folded, days)
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 64,
            rng_seed: proptest::test_runner::RngSeed::Fixed(20_269),
            ..ProptestConfig::default()
        })]

        #[test]
        fn every_day_comes_back_in_order_of_names(drawn in people()) {
            let named: Vec<(usize, String, [Someday; 3])> = drawn
                .into_iter()
                .enumerate()
                .map(|(number, (partition, days))| (partition, format!("c{}", number * 7 % 31), days))
                .collect();
            let folder = tempfile::tempdir().unwrap();
            let mut stored = StoredDays::new(folder.path().to_owned()).unwrap();
            let mut partitions: Vec<FoldedPartition> = Vec::new();
            let mut first_person = 0;
            // Partitions come in another order than they are kept in.
            for index in [2, 0, 1] {
                let own: Vec<_> = named
                    .iter()
                    .filter(|(partition, ..)| *partition == index)
                    .map(|(_, name, days)| (name.clone(), *days))
                    .collect();
                let (mut folded, days) = partition(&own);
                stored.push(EncodedDays::new(&days)).unwrap();
                folded.first_person = first_person;
                first_person += own.len();
                partitions.insert(0, folded);
            }
            let days = [Day(10), Day(11), Day(12)];
            let as_of = Folder::new(FoldSettings::default(), &days).unwrap().as_of().to_vec();
            let mut series = Series::new(People::new(partitions), stored, as_of);
            for (place, day) in days.into_iter().enumerate() {
                let table = series.next_table().unwrap().unwrap();
                prop_assert_eq!(table.as_of.day, day);
                let mut expected: Vec<(String, Profile)> = named
                    .iter()
                    .filter_map(|(_, name, days)| {
                        let (day, number, is_huge) = days[place]?;
                        Some((name.clone(), profile(day, number, is_huge)))
                    })
                    .collect();
                expected.sort_by(|left, right| left.0.cmp(&right.0));
                let ids = table.ids.iter().map(str::to_owned);
                let found: Vec<(String, Profile)> = ids.zip(table.profiles.iter()).collect();
                prop_assert_eq!(table.profiles.len(), expected.len());
                prop_assert_eq!(found, expected);
            }
            prop_assert!(series.next_table().unwrap().is_none());
        }
    }

    #[test]
    fn bytes_of_others_are_damage() {
        let mut state = [PackedProfile::default(); 2];
        let mut present = [false; 2];
        let mut bytes = Vec::new();
        let mut known = PackedProfile::default();
        encode(Some(PackedProfile([7; WORDS])), &mut known, &mut bytes);
        encode(None, &mut known, &mut bytes);
        assert_eq!(advance(&bytes, &mut state, &mut present), Some(()));
        assert_eq!(present, [true, false]);
        for length in [0, 3, 4, bytes.len() - 1] {
            assert_eq!(
                advance(&bytes[..length], &mut state, &mut present),
                None,
                "{length}"
            );
        }
        bytes.push(0);
        assert_eq!(advance(&bytes, &mut state, &mut present), None);
    }
}
