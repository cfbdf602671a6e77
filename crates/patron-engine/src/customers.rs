//! The customers of one as-of day, in the one order that results have: by customer id, byte by byte.

use patron_core::RowClass;
use patron_fold::{AsOf, NoOrderReason, Outcome, Profile};
use rayon::prelude::*;

use crate::grouping::FoldedPartition;
use crate::texts::Texts;

/// Customers with at least one valid order, sorted by id (byte order).
#[derive(Debug, Clone)]
pub struct CustomerTable {
    /// The day and its bounds.
    pub as_of: AsOf,
    /// Ids, ascending.
    pub ids: Texts,
    /// Profiles, one per id.
    pub profiles: Vec<Profile>,
    /// E-mail, phone, name and consent to e-mail, where the input has any; empty text for none.
    pub contacts: Option<[Texts; 4]>,
}

impl CustomerTable {
    /// Returns the number of customers.
    #[must_use]
    pub const fn len(&self) -> usize {
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

/// Where a customer lies: the first eight bytes of the id decide most comparisons without looking there.
type Place = (u64, u32, u32);

/// Puts partitions together: one table and one list of prospects per as-of day.
///
/// Profiles are most of what a run holds once its facts are folded. They are moved out of their partitions one partition
/// after the other and sorted where they are, so that they are never in memory twice.
pub(crate) fn assemble(
    mut partitions: Vec<FoldedPartition>,
    as_of: &[AsOf],
) -> Vec<(CustomerTable, Vec<Prospect>)> {
    let people = partitions.iter().map(|part| part.names.len()).sum();
    let mut days: Vec<DayProfiles> = as_of
        .iter()
        .map(|_| DayProfiles::with_capacity(people))
        .collect();
    let mut firsts = Vec::with_capacity(partitions.len());
    let mut before = 0;
    for partition in &mut partitions {
        firsts.push(before);
        before += partition.names.len();
        let outcomes = std::mem::take(&mut partition.outcomes);
        for (index, outcome) in outcomes.into_iter().enumerate() {
            if let Some(day) = days.get_mut(index % as_of.len().max(1)) {
                day.push(outcome);
            }
        }
    }
    let places = sorted_places(&partitions);
    let people = People {
        partitions,
        firsts,
        places,
    };
    days.into_par_iter()
        .zip(as_of.par_iter())
        .map(|(day, as_of)| people.table_of(day, *as_of))
        .collect()
}

fn sorted_places(partitions: &[FoldedPartition]) -> Vec<Place> {
    let mut places: Vec<Place> =
        Vec::with_capacity(partitions.iter().map(|part| part.names.len()).sum());
    for (part, partition) in (0_u32..).zip(partitions) {
        for (row, name) in (0_u32..).zip(partition.names.iter()) {
            places.push((prefix(name), part, row));
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

/// The outcomes of one day in the order of partitions.
struct DayProfiles {
    /// Person by person.
    slots: Vec<Slot>,
    profiles: Vec<Profile>,
}

/// What a person has on a day.
#[derive(Clone, Copy)]
enum Slot {
    /// A profile, and where it lies.
    Profile(u32),
    /// No valid order.
    Prospect(NoOrderReason),
}

impl DayProfiles {
    fn with_capacity(people: usize) -> Self {
        Self {
            slots: Vec::with_capacity(people),
            profiles: Vec::with_capacity(people),
        }
    }

    fn push(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Customer(profile) => {
                // Places are 32 bits wide everywhere here: four thousand million people are more than fit.
                let place = u32::try_from(self.profiles.len()).unwrap_or(u32::MAX);
                self.slots.push(Slot::Profile(place));
                self.profiles.push(profile);
            }
            Outcome::Prospect(reason) => self.slots.push(Slot::Prospect(reason)),
        }
    }
}

/// Everybody, by partition and in the order of results.
struct People {
    partitions: Vec<FoldedPartition>,
    /// How many people the partitions before each hold.
    firsts: Vec<usize>,
    places: Vec<Place>,
}

impl People {
    fn table_of(&self, day: DayProfiles, as_of: AsOf) -> (CustomerTable, Vec<Prospect>) {
        let partitions = &self.partitions;
        let has_contacts = partitions.iter().any(|partition| partition.has_contacts);
        let bytes = partitions.iter().map(|part| part.names.total_bytes()).sum();
        let mut ids = Texts::with_capacity(day.profiles.len(), bytes);
        let mut contacts: Option<[Texts; 4]> = has_contacts.then(Default::default);
        let mut order = Vec::with_capacity(day.profiles.len());
        let mut prospects = Vec::new();
        for &(_, part, row) in &self.places {
            let (part, row) = (part as usize, row as usize);
            let (Some(partition), Some(first)) = (partitions.get(part), self.firsts.get(part))
            else {
                continue;
            };
            let name = partition.names.get(row);
            match day.slots.get(first + row) {
                Some(&Slot::Profile(place)) => {
                    order.push(place);
                    ids.push(name);
                    for (to, from) in contacts.iter_mut().flatten().zip(&partition.contacts) {
                        to.push(from.get(row));
                    }
                }
                Some(&Slot::Prospect(reason)) => {
                    let mentioned = partition.mentioned.get(row).copied().flatten();
                    let history = ProspectReason::History(reason);
                    prospects.push(Prospect {
                        customer_id: name.to_owned(),
                        reason: mentioned.map_or(history, ProspectReason::SetAside),
                    });
                }
                None => {}
            }
        }
        let mut profiles = day.profiles;
        rearrange(&mut profiles, order);
        let table = CustomerTable {
            as_of,
            ids,
            profiles,
            contacts,
        };
        (table, prospects)
    }
}

/// Puts the item at `order[k]` at place k, for every k, without a second copy: each cycle of the permutation is walked once.
fn rearrange<T>(items: &mut [T], mut order: Vec<u32>) {
    for start in 0..items.len() {
        let mut place = start;
        while let Some(from) = order.get_mut(place) {
            let source = *from as usize;
            // Marks the place as done: what belongs there is on its way.
            *from = u32::try_from(place).unwrap_or(u32::MAX);
            if source == start || source == place || source >= items.len() {
                break;
            }
            items.swap(place, source);
            place = source;
        }
    }
}

/// The first eight bytes as a number that sorts like the bytes.
fn prefix(name: &str) -> u64 {
    let mut bytes = [0_u8; 8];
    for (to, from) in bytes.iter_mut().zip(name.bytes()) {
        *to = from;
    }
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rearranging_in_place_equals_picking_one_by_one(order in (0_u32..200).prop_flat_map(|count| {
            Just((0..count).collect::<Vec<u32>>()).prop_shuffle()
        })) {
            let items: Vec<u32> = (0..order.len() as u32).map(|item| item * 7).collect();
            let picked: Vec<u32> = order.iter().map(|&place| items[place as usize]).collect();
            let mut rearranged = items;
            rearrange(&mut rearranged, order);
            prop_assert_eq!(rearranged, picked);
        }
    }
}
