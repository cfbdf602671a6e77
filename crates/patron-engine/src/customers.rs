//! The customers of one as-of day, in the one order that results have: by customer id, byte by byte.

use patron_core::RowClass;
use patron_fold::{AsOf, NoOrderReason, Tally};
use rayon::prelude::*;

use crate::grouping::{DayOutcomes, FoldedPartition, Slot};
use crate::kept::KeptPeople;
use crate::profiles::Profiles;
use crate::texts::Texts;

/// Customers with at least one valid order, sorted by id (byte order).
#[derive(Debug, Clone)]
pub struct CustomerTable {
    /// The day and its bounds.
    pub as_of: AsOf,
    /// Ids, ascending.
    pub ids: Texts,
    /// Profiles, one per id.
    pub profiles: Profiles,
    /// E-mail, phone, name and consent to e-mail, where the input has any; empty text for none.
    pub contacts: Option<[Texts; 4]>,
    /// Orders that are no purchases as of the day, of these customers and of people without a valid order.
    pub tally: Tally,
}

impl CustomerTable {
    /// Returns a table of nobody.
    #[must_use]
    pub fn empty(as_of: AsOf) -> Self {
        Self {
            as_of,
            ids: Texts::default(),
            profiles: Profiles::default(),
            contacts: None,
            tally: Tally::default(),
        }
    }

    /// Returns the number of customers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.profiles.len()
    }

    /// Returns true if there is no customer.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.profiles.is_empty()
    }
}

/// Somebody in the data without a valid order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Prospect {
    /// The id.
    pub customer_id: String,
    /// Why there is no valid order.
    pub reason: ProspectReason,
}

/// Why somebody in the data has no valid order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProspectReason {
    /// The history says why.
    History(NoOrderReason),
    /// Every row was set aside; the first class of those met.
    SetAside(RowClass),
}

impl ProspectReason {
    /// Returns the stable key used in files.
    #[must_use]
    pub fn key(self) -> String {
        match self {
            Self::History(reason) => reason.key().to_owned(),
            Self::SetAside(class) => format!("rows_set_aside:{}", class.key()),
        }
    }
}

/// Where a customer lies: eight bytes of the id, behind those that all ids begin with, decide most comparisons without looking
/// there.
pub(crate) type Place = (u64, u32, u32);

/// Everybody in the order of results.
fn sorted_places(partitions: &[FoldedPartition]) -> Vec<Place> {
    let names = || {
        partitions
            .iter()
            .flat_map(|partition| partition.names.iter())
    };
    let in_common = in_common(names());
    let mut places: Vec<Place> =
        Vec::with_capacity(partitions.iter().map(|part| part.names.len()).sum());
    for (part, partition) in (0_u32..).zip(partitions) {
        for (row, name) in (0_u32..).zip(partition.names.iter()) {
            places.push((prefix(name, in_common), part, row));
        }
    }
    let name = |place: &Place| {
        partitions
            .get(place.1 as usize)
            .map_or("", |part| part.names.get(place.2 as usize))
    };
    places.par_sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| name(a).cmp(name(b))));
    places
}

/// Everybody, by partition and in the order of results.
#[derive(Debug)]
pub(crate) struct People {
    partitions: Vec<FoldedPartition>,
    places: Vec<Place>,
}

impl People {
    /// Puts partitions together.
    pub(crate) fn new(partitions: Vec<FoldedPartition>) -> Self {
        let places = sorted_places(&partitions);
        Self { partitions, places }
    }

    /// Returns somebody who is in two partitions.
    pub(crate) fn twice(&self) -> Option<&str> {
        let pairs = self.places.windows(2);
        let mut names = pairs.filter_map(|pair| match pair {
            // Most differ in the first bytes already.
            &[left, right] if left.0 == right.0 => {
                Some((self.person(left).2, self.person(right).2))
            }
            _ => None,
        });
        names
            .find(|(left, right)| left == right)
            .map(|(name, _)| name)
    }

    /// Returns one table and one list of prospects per as-of day.
    ///
    /// `days` hold the outcomes of all partitions, each partition's from its `first_person` on. Profiles are sorted where
    /// they are, so that they are not in memory twice.
    pub(crate) fn tables(
        &self,
        days: Vec<DayOutcomes>,
        as_of: &[AsOf],
    ) -> Vec<(CustomerTable, Vec<Prospect>)> {
        days.into_par_iter()
            .zip(as_of.par_iter())
            .map(|(day, as_of)| self.table_of(day, *as_of))
            .collect()
    }

    /// Lets go of how people can be reached.
    pub(crate) fn forget_contacts(&mut self) {
        for partition in &mut self.partitions {
            partition.contacts = Default::default();
            partition.has_contacts = false;
        }
    }

    /// Returns where everybody lies, in the order of results.
    pub(crate) fn places(&self) -> &[Place] {
        &self.places
    }

    /// Returns of somebody the number of the first person of the partition, their own, and the name. Numbers are in the order
    /// in which partitions were folded.
    pub(crate) fn person(&self, (_, partition, row): Place) -> (usize, usize, &str) {
        let row = row as usize;
        match self.partitions.get(partition as usize) {
            Some(partition) => {
                let first = partition.first_person;
                (first, first + row, partition.names.get(row))
            }
            None => (0, usize::MAX, ""),
        }
    }

    /// What is kept of everybody, in the order of results; of nobody where nothing is.
    pub(crate) fn kept(&self, days: &[DayOutcomes]) -> KeptPeople {
        let slots = days.first().map_or(&[][..], |day| day.slots.as_slice());
        let mut all = KeptPeople::default();
        if self
            .partitions
            .iter()
            .all(|part| part.kept.people.is_empty())
        {
            return all;
        }
        for &(_, part, row) in &self.places {
            let Some(partition) = self.partitions.get(part as usize) else {
                continue;
            };
            let kept = partition.kept.people.get(row as usize);
            match slots.get(partition.first_person + row as usize) {
                Some(Slot::Profile) => all.customers.extend(kept),
                Some(Slot::Prospect(_)) => all.prospects.extend(kept),
                None => {}
            }
        }
        let silent = self.partitions.iter().flat_map(|part| &part.kept.silent);
        all.silent.extend(silent.cloned());
        all.silent.sort_by(|left, right| left.0.cmp(&right.0));
        all
    }

    fn table_of(&self, day: DayOutcomes, as_of: AsOf) -> (CustomerTable, Vec<Prospect>) {
        let DayOutcomes {
            slots,
            mut profiles,
            tally,
        } = day;
        let customers = profiles.len();
        let (profiles, (ids, contacts, prospects)) = rayon::join(
            || {
                let places = places_of_profiles(&slots);
                let people = self.people_of(&slots);
                let order = people.filter(|(_, _, slot)| *slot == Slot::Profile);
                let order = order.filter_map(|(partition, row, _)| {
                    places.get(partition.first_person + row).copied()
                });
                profiles.rearrange(order.collect());
                profiles
            },
            || self.names_of(&slots, customers),
        );
        let table = CustomerTable {
            as_of,
            ids,
            profiles,
            contacts,
            tally,
        };
        (table, prospects)
    }

    /// Walks over everybody in the order of results: where they are, and what they are on a day.
    fn people_of<'s>(
        &'s self,
        slots: &'s [Slot],
    ) -> impl Iterator<Item = (&'s FoldedPartition, usize, Slot)> + 's {
        self.places.iter().filter_map(|&(_, part, row)| {
            let partition = self.partitions.get(part as usize)?;
            let row = row as usize;
            let slot = slots.get(partition.first_person + row)?;
            Some((partition, row, *slot))
        })
    }

    /// Returns the ids of customers, how to reach them, and people without a valid order.
    fn names_of(
        &self,
        slots: &[Slot],
        customers: usize,
    ) -> (Texts, Option<[Texts; 4]>, Vec<Prospect>) {
        let partitions = &self.partitions;
        let has_contacts = partitions.iter().any(|partition| partition.has_contacts);
        let bytes = partitions.iter().map(|part| part.names.total_bytes()).sum();
        let mut ids = Texts::with_capacity(customers, bytes);
        let mut contacts: Option<[Texts; 4]> = has_contacts.then(Default::default);
        let mut prospects = Vec::new();
        for (partition, row, slot) in self.people_of(slots) {
            let name = partition.names.get(row);
            match slot {
                Slot::Profile => {
                    ids.push(name);
                    for (to, from) in contacts.iter_mut().flatten().zip(&partition.contacts) {
                        to.push(from.get(row));
                    }
                }
                Slot::Prospect(reason) => {
                    let mentioned = partition.mentioned.get(row).copied().flatten();
                    let history = ProspectReason::History(reason);
                    prospects.push(Prospect {
                        customer_id: name.to_owned(),
                        reason: mentioned.map_or(history, ProspectReason::SetAside),
                    });
                }
            }
        }
        (ids, contacts, prospects)
    }
}

/// Person by person, where the profile lies if there is one. Places are 32 bits wide everywhere here: four thousand
/// million people are more than fit.
fn places_of_profiles(slots: &[Slot]) -> Vec<u32> {
    let mut next = 0;
    let place = |slot: &Slot| {
        let place = next;
        next += u32::from(*slot == Slot::Profile);
        place
    };
    slots.iter().map(place).collect()
}

/// Eight bytes of a name as a number that sorts like the bytes.
fn prefix(name: &str, from: usize) -> u64 {
    let mut bytes = [0_u8; 8];
    for (to, from) in bytes.iter_mut().zip(name.bytes().skip(from)) {
        *to = from;
    }
    u64::from_be_bytes(bytes)
}

/// How many bytes all names begin with.
fn in_common<'n>(mut names: impl Iterator<Item = &'n str>) -> usize {
    let first = names.next().unwrap_or_default();
    let same = |name: &str, most: usize| {
        let pairs = name.bytes().zip(first.bytes()).take(most);
        pairs.take_while(|(one, other)| one == other).count()
    };
    names.fold(first.len(), |most, name| same(name, most))
}
