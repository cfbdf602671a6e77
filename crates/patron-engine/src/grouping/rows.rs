//! The rows of a partition by customer: a hash table finds the customer, a counting sort brings the rows together.
//!
//! Rows that lie in a partition's bytes are not all laid out at once, which would take several times their bytes: it is found
//! out whose each is and where, and then one customer's after another are read.

use std::hint::black_box;

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use super::GroupingError;
use super::record::Record;

/// The rows of a partition, or of a piece of it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rows<'r, 'a> {
    /// Laid out.
    Read(&'r [Record<'a>]),
    /// As they were written.
    Written(&'r [&'a [u8]]),
}

/// Where a row is: its number, or its segment and the byte there.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    segment: u32,
    at: u32,
}

/// Which rows are a customer's, in the order in which customers come.
pub(super) struct ByCustomer<'a> {
    names: Vec<&'a [u8]>,
    /// Where in `places` a customer's begin.
    starts: Vec<u32>,
    places: Vec<Place>,
}

/// Customers as they are met.
#[derive(Default)]
struct Met<'a> {
    table: HashTable<(u64, u32)>,
    names: Vec<&'a [u8]>,
    /// Rows of each; one place further, where the next one's begin.
    starts: Vec<u32>,
    /// Row by row, whose it is and where.
    rows: Vec<(u32, Place)>,
}

impl<'a> Rows<'_, 'a> {
    /// Calls `take` with each row's customer and place.
    fn each(self, mut take: impl FnMut(&'a [u8], Place)) -> Result<(), GroupingError> {
        match self {
            Self::Read(records) => {
                for (at, record) in (0_u32..).zip(records) {
                    take(record.customer.as_bytes(), Place { segment: 0, at });
                }
            }
            Self::Written(segments) => {
                for (segment, bytes) in (0_u32..).zip(segments) {
                    let mut rest = *bytes;
                    while !rest.is_empty() {
                        let at = u32::try_from(bytes.len() - rest.len());
                        let at = at.map_err(|_| GroupingError::Damaged)?;
                        let customer = Record::skip(&mut rest).ok_or(GroupingError::Damaged)?;
                        take(customer, Place { segment, at });
                    }
                }
            }
        }
        Ok(())
    }

    /// About how many there are.
    fn about(self) -> usize {
        match self {
            Self::Read(records) => records.len(),
            Self::Written(segments) => segments.iter().map(|bytes| bytes.len() / 40).sum(),
        }
    }

    /// Reads a row of a customer.
    #[inline]
    fn read(self, place: Place, customer: &'a str) -> Option<Record<'a>> {
        let at = place.at as usize;
        match self {
            Self::Read(records) => records.get(at).copied(),
            Self::Written(segments) => {
                let bytes = segments.get(place.segment as usize)?;
                Record::read_of(customer, &mut bytes.get(at..)?)
            }
        }
    }

    /// Looks where a row is, so that it is near when it is read: rows of a customer lie far apart, and waiting for one after
    /// another would take longer than folding them.
    #[inline]
    fn look_at(self, place: Place) {
        if let Self::Written(segments) = self {
            let bytes = segments.get(place.segment as usize);
            black_box(bytes.and_then(|bytes| bytes.get(place.at as usize)));
        }
    }
}

impl<'a> Met<'a> {
    fn add(&mut self, name: &'a [u8], place: Place) {
        // All here have the low bits in common.
        let hash = xxh3_64(name).rotate_right(32);
        let names = &self.names;
        let same = |&(other, customer): &(u64, u32)| {
            other == hash && names.get(customer as usize).is_some_and(|&it| it == name)
        };
        let customer = match self.table.find(hash, same) {
            Some(&(_, customer)) => customer,
            None => {
                let customer = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
                self.table
                    .insert_unique(hash, (hash, customer), |entry| entry.0);
                self.names.push(name);
                self.starts.push(0);
                customer
            }
        };
        self.rows.push((customer, place));
        if let Some(count) = self.starts.get_mut(customer as usize + 1) {
            *count += 1;
        }
    }
}

impl<'a> ByCustomer<'a> {
    /// Looks at whose each row is.
    ///
    /// # Errors
    /// [`GroupingError::Damaged`] if bytes are no rows.
    pub(super) fn new(rows: Rows<'_, 'a>) -> Result<Self, GroupingError> {
        let about = rows.about();
        let mut met = Met {
            table: HashTable::with_capacity(about / 8 + 16),
            starts: vec![0],
            rows: Vec::with_capacity(about),
            ..Met::default()
        };
        rows.each(|customer, place| met.add(customer, place))?;
        let mut sum = 0;
        for start in &mut met.starts {
            sum += *start;
            *start = sum;
        }
        let mut next = met.starts.clone();
        let mut places = vec![Place::default(); met.rows.len()];
        for (customer, place) in met.rows {
            if let Some(position) = next.get_mut(customer as usize) {
                if let Some(slot) = places.get_mut(*position as usize) {
                    *slot = place;
                }
                *position += 1;
            }
        }
        Ok(Self {
            names: met.names,
            starts: met.starts,
            places,
        })
    }

    /// Returns how many rows there are.
    pub(super) const fn rows(&self) -> usize {
        self.places.len()
    }

    /// Returns how many customers there are.
    pub(super) const fn customers(&self) -> usize {
        self.starts.len() - 1
    }

    /// Reads the rows of a customer, in the order in which they came, instead of what is in `records`.
    ///
    /// # Errors
    /// [`GroupingError::Damaged`] if bytes are no rows.
    pub(super) fn read(
        &self,
        rows: Rows<'_, 'a>,
        customer: usize,
        records: &mut Vec<Record<'a>>,
    ) -> Result<(), GroupingError> {
        records.clear();
        let name = self.names.get(customer).copied().unwrap_or_default();
        let name = std::str::from_utf8(name).map_err(|_| GroupingError::Damaged)?;
        for &place in self.places_of(customer) {
            records.push(rows.read(place, name).ok_or(GroupingError::Damaged)?);
        }
        for &place in self.places_of(customer + 1) {
            rows.look_at(place);
        }
        Ok(())
    }

    fn places_of(&self, customer: usize) -> &[Place] {
        let bound = |place: usize| self.starts.get(place).map(|&start| start as usize);
        let range = bound(customer).zip(bound(customer + 1));
        let places = range.and_then(|(from, until)| self.places.get(from..until));
        places.unwrap_or_default()
    }
}
