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
pub(crate) fn assemble(
    partitions: &[FoldedPartition],
    as_of: &[AsOf],
) -> Vec<(CustomerTable, Vec<Prospect>)> {
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
    (0..as_of.len())
        .into_par_iter()
        .filter_map(|day| table_of(partitions, &places, as_of, day))
        .collect()
}

fn table_of(
    partitions: &[FoldedPartition],
    places: &[Place],
    as_of: &[AsOf],
    day: usize,
) -> Option<(CustomerTable, Vec<Prospect>)> {
    let has_contacts = partitions.iter().any(|partition| partition.has_contacts);
    let bytes = partitions
        .iter()
        .map(|partition| partition.names.total_bytes())
        .sum();
    let mut table = CustomerTable {
        as_of: *as_of.get(day)?,
        ids: Texts::with_capacity(places.len(), bytes),
        profiles: Vec::with_capacity(places.len()),
        contacts: has_contacts.then(Default::default),
    };
    let mut prospects = Vec::new();
    for &(_, part, row) in places {
        let partition = partitions.get(part as usize)?;
        let row = row as usize;
        let name = partition.names.get(row);
        match *partition.outcomes.get(row * as_of.len() + day)? {
            Outcome::Customer(profile) => {
                table.ids.push(name);
                table.profiles.push(profile);
                for (to, from) in table.contacts.iter_mut().flatten().zip(&partition.contacts) {
                    to.push(from.get(row));
                }
            }
            Outcome::Prospect(reason) => {
                let mentioned = partition.mentioned.get(row).copied().flatten();
                let reason =
                    mentioned.map_or(ProspectReason::History(reason), ProspectReason::SetAside);
                prospects.push(Prospect {
                    customer_id: name.to_owned(),
                    reason,
                });
            }
        }
    }
    Some((table, prospects))
}

/// The first eight bytes as a number that sorts like the bytes.
fn prefix(name: &str) -> u64 {
    let mut bytes = [0_u8; 8];
    for (to, from) in bytes.iter_mut().zip(name.bytes()) {
        *to = from;
    }
    u64::from_be_bytes(bytes)
}
