//! Those who were folded again come into the lists of all, in the place of what they were.

use std::ops::Range;

use rayon::prelude::*;

use super::form::{KeptRun, Marks};
use super::people::KeptPerson;
use super::splice::{Edit, places_in, splice};
use crate::customers::{CustomerTable, Prospect, ProspectReason};
use crate::grouping::{FoldedPartition, Slot};
use crate::profiles::Profiles;
use crate::texts::Texts;

/// Where in the lists of a run those stood who were folded again, ascending.
#[derive(Debug, Default)]
pub(super) struct Gone {
    pub(super) customers: Vec<usize>,
    pub(super) prospects: Vec<usize>,
    pub(super) silent: Vec<usize>,
}

/// What became of somebody who was folded.
enum Now<'a> {
    Customer {
        folded: &'a FoldedPartition,
        row: usize,
        profile: usize,
    },
    Prospect(ProspectReason),
    Silent,
}

/// Somebody who was folded, with the place where what is kept of them lies.
struct Settled<'a> {
    name: &'a str,
    kept: KeptPerson,
    now: Now<'a>,
}

/// Everybody who was folded, by what became of them and by name.
#[derive(Default)]
struct All<'a> {
    customers: Vec<Settled<'a>>,
    prospects: Vec<Settled<'a>>,
    silent: Vec<Settled<'a>>,
}

impl<'a> All<'a> {
    fn of(folded: impl Iterator<Item = &'a FoldedPartition>) -> Self {
        let mut all = Self::default();
        for people in folded {
            all.add(people);
        }
        for list in [&mut all.customers, &mut all.prospects, &mut all.silent] {
            list.par_sort_unstable_by(|left, right| left.name.cmp(right.name));
        }
        all
    }

    fn add(&mut self, people: &'a FoldedPartition) {
        let slots = people.days.first().map(|day| day.slots.as_slice());
        let mut profiles = 0..;
        let rows = people.names.iter().zip(&people.kept.people);
        for (row, ((name, &kept), slot)) in rows.zip(slots.unwrap_or_default()).enumerate() {
            match slot {
                Slot::Profile => {
                    let now = Now::Customer {
                        folded: people,
                        row,
                        profile: profiles.next().unwrap_or(usize::MAX),
                    };
                    self.customers.push(Settled { name, kept, now });
                }
                Slot::Prospect(reason) => {
                    let mentioned = people.mentioned.get(row).copied().flatten();
                    let history = ProspectReason::History(*reason);
                    let now = Now::Prospect(mentioned.map_or(history, ProspectReason::SetAside));
                    self.prospects.push(Settled { name, kept, now });
                }
            }
        }
        for (name, kept) in &people.kept.silent {
            self.silent.push(Settled {
                name,
                kept: *kept,
                now: Now::Silent,
            });
        }
    }
}

/// Puts those who were folded in the place of what they were. What is summed up, and the as-of day, are those of before.
pub(super) fn spliced<'a>(
    kept: &KeptRun,
    gone: &Gone,
    folded: impl Iterator<Item = &'a FoldedPartition> + Clone,
) -> KeptRun {
    // Columns without anything in them are left out of results.
    let new_contacts = folded.clone().any(|people| people.has_contacts);
    let all = All::of(folded);
    let mut run = KeptRun {
        table: CustomerTable {
            as_of: kept.table.as_of,
            ids: Texts::with_capacity(kept.table.len(), kept.table.ids.total_bytes()),
            profiles: Profiles::default(),
            contacts: (kept.table.contacts.is_some() || new_contacts).then(Default::default),
            tally: kept.table.tally,
        },
        prospects: Vec::with_capacity(kept.prospects.len()),
        people: super::KeptPeople::default(),
        by_file: kept.by_file.clone(),
        marks: Marks::default(),
    };
    customers(kept, &gone.customers, &all.customers, &mut run);
    prospects(kept, &gone.prospects, &all.prospects, &mut run);
    silent(kept, &gone.silent, &all.silent, &mut run);
    run
}

fn customers(kept: &KeptRun, gone: &[usize], new: &[Settled<'_>], run: &mut KeptRun) {
    let old = &kept.table;
    let places = places_in(new.iter().map(|one| one.name), |name| old.ids.find(name));
    run.people.customers.reserve(old.len() + new.len());
    splice(old.len(), gone, &places, |edit| match edit {
        Edit::Keep(rows) => {
            let of_rows = kept.people.customers.get(rows.clone());
            run.people
                .customers
                .extend_from_slice(of_rows.unwrap_or_default());
            keep_rows(old, rows, &mut run.table);
        }
        Edit::Put(place) => {
            if let Some(one) = new.get(place) {
                run.people.customers.push(one.kept);
                put(one, &mut run.table);
            }
        }
    });
}

fn keep_rows(old: &CustomerTable, rows: Range<usize>, table: &mut CustomerTable) {
    table.ids.push_some(&old.ids, rows.clone());
    table.profiles.push_some(&old.profiles, rows.clone());
    for (place, to) in table.contacts.iter_mut().flatten().enumerate() {
        match old.contacts.as_ref().and_then(|columns| columns.get(place)) {
            Some(from) => to.push_some(from, rows.clone()),
            None => rows.clone().for_each(|_| to.push("")),
        }
    }
}

fn put(one: &Settled<'_>, table: &mut CustomerTable) {
    let Now::Customer {
        folded,
        row,
        profile,
    } = one.now
    else {
        return;
    };
    table.ids.push(one.name);
    let day = folded.days.first();
    if let Some(profile) = day.and_then(|day| day.profiles.get(profile)) {
        table.profiles.push(&profile);
    }
    for (to, from) in table.contacts.iter_mut().flatten().zip(&folded.contacts) {
        to.push(from.get(row));
    }
}

fn prospects(kept: &KeptRun, gone: &[usize], new: &[Settled<'_>], run: &mut KeptRun) {
    let old = &kept.prospects;
    let find = |name: &str| old.binary_search_by(|known| known.customer_id.as_str().cmp(name));
    let places = places_in(new.iter().map(|one| one.name), find);
    splice(old.len(), gone, &places, |edit| match edit {
        Edit::Keep(rows) => {
            let of_rows = kept.people.prospects.get(rows.clone());
            run.people
                .prospects
                .extend_from_slice(of_rows.unwrap_or_default());
            run.prospects
                .extend_from_slice(old.get(rows).unwrap_or_default());
        }
        Edit::Put(place) => {
            if let Some(one) = new.get(place)
                && let Now::Prospect(reason) = one.now
            {
                run.people.prospects.push(one.kept);
                run.prospects.push(Prospect {
                    customer_id: one.name.to_owned(),
                    reason,
                });
            }
        }
    });
}

fn silent(kept: &KeptRun, gone: &[usize], new: &[Settled<'_>], run: &mut KeptRun) {
    let old = &kept.people.silent;
    let find = |name: &str| old.binary_search_by(|(known, _)| known.as_str().cmp(name));
    let places = places_in(new.iter().map(|one| one.name), find);
    splice(old.len(), gone, &places, |edit| match edit {
        Edit::Keep(rows) => {
            let rows = old.get(rows).unwrap_or_default();
            run.people.silent.extend_from_slice(rows);
        }
        Edit::Put(place) => {
            let one = new.get(place);
            let one = one.map(|one| (one.name.to_owned(), one.kept));
            run.people.silent.extend(one);
        }
    });
}
