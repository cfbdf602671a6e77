//! From what was kept and what is new to what a whole fold would have given.
//!
//! Two kinds of people are folded: whose facts changed, and whose profile is not the same as of the day that is asked for.
//! Of each, what the earlier fold counted is taken out of the sums first: by folding what was kept as it was folded then.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use patron_core::{Day, Instant};
use patron_fold::{FoldSettings, Folder, Tally};
use patron_import::RowKind;
use rayon::prelude::*;

use super::KeptError;
use super::form::KeptRun;
use super::keeper::Keeper;
use super::parts::Parts;
use super::people::KeptPerson;
use super::settled::{Gone, spliced};
use crate::folding::{FileFolded, Folded};
use crate::gather::Gathered;
use crate::grouping::{
    FoldedPartition, GroupingError, GroupingRules, KeptDays, PARTITIONS, Record, RowKindKey, Rows,
    fold_partition, fold_people,
};

/// People who are folded together.
const TOGETHER: usize = 1_024;

/// Whose facts changed since a run was kept, and which they are.
#[derive(Debug)]
pub struct Changed {
    /// By person, the records that are new; of whoever begins anew, all that there are.
    fresh: BTreeMap<String, Fresh>,
    /// When the last of these orders was placed, whether it counts or not.
    latest: i64,
}

#[derive(Debug, Default)]
struct Fresh {
    records: Vec<u8>,
    /// What was kept does not count any more.
    begins_anew: bool,
}

impl Changed {
    /// Takes the records of those whose facts changed: of `anew` all there are, of others what is new. `numbers` are what the
    /// files of the records go by in all runs, place by place.
    ///
    /// # Errors
    /// [`GroupingError`] if records on disk cannot be read.
    pub fn new(
        records: &Gathered,
        anew: BTreeSet<String>,
        numbers: &[u32],
    ) -> Result<Self, GroupingError> {
        let begin = |name| {
            let fresh = Fresh {
                begins_anew: true,
                ..Fresh::default()
            };
            (name, fresh)
        };
        let mut fresh: BTreeMap<String, Fresh> = anew.into_iter().map(begin).collect();
        let mut latest = i64::MIN;
        for partition in 0..PARTITIONS {
            records.each_record(partition, |record| {
                if matches!(record.kind, RowKind::Order | RowKind::Line) {
                    latest = latest.max(record.at);
                }
                let number = numbers.get(record.file as usize);
                let bare = Record {
                    customer: "",
                    file: number.copied().unwrap_or(u32::MAX),
                    ..*record
                };
                let of_person = match fresh.get_mut(record.customer) {
                    Some(known) => known,
                    None => fresh.entry(record.customer.to_owned()).or_default(),
                };
                bare.write(&mut of_person.records);
                Ok(())
            })?;
        }
        Ok(Self { fresh, latest })
    }

    fn nobody() -> Self {
        Self {
            fresh: BTreeMap::new(),
            latest: i64::MIN,
        }
    }

    /// Returns the number of people.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fresh.len()
    }

    /// Returns whether nobody's facts changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fresh.is_empty()
    }
}

/// What a fold goes by.
#[derive(Debug, Clone, Copy)]
pub struct Refold<'a> {
    /// How histories are folded; as when they were kept.
    pub settings: &'a FoldSettings,
    /// Whether equal rows are merged; as then.
    pub drop_duplicates: bool,
    /// Whether rows of one file that share an order id are versions of it; as then.
    pub repeats_are_versions: bool,
    /// The as-of day; without one that of the last valid order.
    pub as_of: Option<Day>,
    /// Where histories of those go whose facts changed.
    pub keeper: &'a Keeper,
}

/// What a whole fold would have given.
#[derive(Debug)]
pub struct Refolded {
    /// Everything to be kept of it but how customers are scored.
    pub run: KeptRun,
    /// When money was given back last.
    pub refunded: Option<i64>,
    /// People whose facts changed.
    pub changed: u64,
    /// People whose facts did not, but whose profile is another as of the day.
    pub by_date: u64,
}

impl Refolded {
    /// Returns it as a fold, with what was found of each file's rows in the order of `numbers`.
    #[must_use]
    pub fn into_folded(self, numbers: &[u32]) -> Folded {
        let of = |number| self.run.by_file.get(number).copied().unwrap_or_default();
        Folded {
            by_file: numbers.iter().map(of).collect(),
            by_day: vec![(self.run.table, self.run.prospects)],
            repeated_order_ids: 0,
            spilled_bytes: 0,
            series: None,
            kept: Some(self.run.people),
        }
    }
}

impl Refold<'_> {
    /// Folds whom it must.
    ///
    /// # Errors
    /// [`KeptError`]. A whole fold then says what there is to say.
    pub fn fold(
        &self,
        kept: &KeptRun,
        parts: &Parts,
        changed: &Changed,
    ) -> Result<Refolded, KeptError> {
        let latest = kept.people.iter().map(|kept| kept.latest).max();
        let latest = latest.max(Some(changed.latest)).unwrap_or(i64::MIN);
        // Most likely the day it will be; it is settled below.
        let first = match self.as_of {
            Some(day) => day,
            None if latest == i64::MIN => kept.table.as_of.day,
            None => self.settings.calendar.day_of(Instant(latest)),
        };
        let (mut run, mut by_date) = self.step(kept, parts, (first, changed))?;
        let nobody = Changed::nobody();
        // What was written just now is read again, too.
        let parts = &parts.with(self.keeper);
        let mut day = match self.as_of {
            Some(day) => day,
            None => {
                let latest = run.people.iter().map(|kept| kept.latest).max();
                let latest = latest.filter(|latest| *latest > i64::MIN);
                let latest = latest.ok_or(KeptError::NobodyLeft)?;
                self.settings.calendar.day_of(Instant(latest))
            }
        };
        loop {
            if day != run.table.as_of.day {
                let (next, more) = self.step(&run, parts, (day, &nobody))?;
                (run, by_date) = (next, by_date + more);
            }
            let last = run.table.profiles.iter().map(|profile| profile.last_day);
            match last.max() {
                None => return Err(KeptError::NobodyLeft),
                Some(last) if self.as_of.is_none() && last < day => day = last,
                Some(_) => break,
            }
        }
        let refunded = run.people.iter().map(|kept| kept.refunded).max();
        Ok(Refolded {
            refunded: refunded.filter(|at| *at > i64::MIN),
            run,
            changed: changed.len() as u64,
            by_date,
        })
    }

    /// Folds as of one day; returns also how many were folded although their facts did not change.
    fn step(
        &self,
        kept: &KeptRun,
        parts: &Parts,
        (day, changed): (Day, &Changed),
    ) -> Result<(KeptRun, u64), KeptError> {
        let before = kept.table.as_of.day;
        let folders = Folders {
            before: self.folder(&[before])?,
            now: self.folder(&[day])?,
            both: self.folder(&[day, before])?,
        };
        let due = due(kept, day, changed);
        let again = due
            .par_chunks(TOGETHER)
            .map(|items| self.fold_again(items, parts, &folders));
        let mut folded = again.collect::<Result<Vec<Together>, KeptError>>()?;
        let items = changed_items(kept, changed);
        let anew = items
            .par_chunks(TOGETHER)
            .map(|items| self.fold_anew(items, parts, &folders));
        folded.extend(anew.collect::<Result<Vec<Together>, KeptError>>()?);
        let gone = gone_of(due.iter().chain(&items));
        let people = folded.iter().map(|together| &together.people);
        let mut run = spliced(kept, &gone, people);
        if let Some(as_of) = folders.now.as_of().first() {
            run.table.as_of = *as_of;
        }
        for Together { before, now, .. } in &folded {
            run.table.tally.take_out(&before.0);
            run.table.tally.merge(&now.0);
            for (file, rows) in &before.1 {
                run.by_file.entry(*file).or_default().take_out(rows);
            }
            for (file, rows) in &now.1 {
                run.by_file.entry(*file).or_default().add(rows);
            }
        }
        Ok((run, due.len() as u64))
    }

    fn folder(&self, days: &[Day]) -> Result<Folder, KeptError> {
        let folder = Folder::new(self.settings.clone(), days);
        folder.map_err(|source| {
            KeptError::Grouping(GroupingError::Fold {
                customer: String::new(),
                source,
            })
        })
    }

    const fn rules(&self) -> GroupingRules {
        GroupingRules {
            drop_duplicates: self.drop_duplicates,
            repeats_are_versions: self.repeats_are_versions,
            keep_days: KeptDays::None,
            keep_rows: false,
        }
    }

    /// Folds some people whose facts are those that were kept, as of both days at once.
    fn fold_again(
        &self,
        items: &[Item<'_>],
        parts: &Parts,
        folders: &Folders,
    ) -> Result<Together, KeptError> {
        let (bytes, spans) = read_histories(items, parts)?;
        let mut records = Vec::new();
        for (item, span) in items.iter().zip(spans) {
            read_records(item.name, bytes.get(span), &mut records)?;
        }
        let mut keeping = self.keeper.partition(&folders.both);
        let mut folded = fold_people(
            Rows::Read(&records),
            &folders.both,
            self.rules(),
            |person| {
                let place = items.binary_search_by(|item| item.name.cmp(person.name));
                let item = place.ok().and_then(|place| items.get(place));
                if let Some(was) = item.and_then(|item| item.was.as_ref()) {
                    keeping.take_again(person, *was.kept);
                }
            },
        )?;
        folded.kept = keeping.finish();
        // Of the files' rows they count the same as before.
        let tally = |day: usize| {
            let day = folded.days.get(day);
            day.map(|day| day.tally).unwrap_or_default()
        };
        Ok(Together {
            before: (tally(1), BTreeMap::new()),
            now: (tally(0), BTreeMap::new()),
            people: folded,
        })
    }

    /// Folds some people whose facts changed, as they were kept and as they are now.
    fn fold_anew(
        &self,
        items: &[Item<'_>],
        parts: &Parts,
        folders: &Folders,
    ) -> Result<Together, KeptError> {
        let (bytes, spans) = read_histories(items, parts)?;
        let (mut were, mut are) = (Vec::new(), Vec::new());
        for (item, span) in items.iter().zip(spans) {
            let from = were.len();
            read_records(item.name, bytes.get(span), &mut were)?;
            let Some(fresh) = item.fresh else { continue };
            if !fresh.begins_anew {
                are.extend_from_slice(were.get(from..).unwrap_or_default());
            }
            read_records(item.name, Some(&fresh.records), &mut are)?;
        }
        let old = fold_partition(Rows::Read(&were), &folders.before, self.rules())?;
        let mut keeping = self.keeper.partition(&folders.now);
        let mut new = fold_people(Rows::Read(&are), &folders.now, self.rules(), |person| {
            keeping.take(person);
        })?;
        new.kept = keeping.finish();
        Ok(Together {
            before: sums_of(&old),
            now: sums_of(&new),
            people: new,
        })
    }
}

/// As of which days is folded.
struct Folders {
    before: Folder,
    now: Folder,
    /// The day of now, then that of before.
    both: Folder,
}

/// Reads what was kept of some people; returns where each one's history is.
fn read_histories(
    items: &[Item<'_>],
    parts: &Parts,
) -> Result<(Vec<u8>, Vec<Range<usize>>), KeptError> {
    let (mut open, mut bytes) = (parts.open(), Vec::new());
    let mut spans = Vec::with_capacity(items.len());
    for item in items {
        let from = bytes.len();
        if let Some(was) = &item.was {
            open.read(was.kept, &mut bytes)?;
        }
        spans.push(from..bytes.len());
    }
    Ok((bytes, spans))
}

/// Somebody who is folded.
struct Item<'a> {
    name: &'a str,
    was: Option<Was<'a>>,
    fresh: Option<&'a Fresh>,
}

/// What somebody was in the run that was kept.
struct Was<'a> {
    list: List,
    place: usize,
    kept: &'a KeptPerson,
}

/// In which list of a run somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    Customers,
    Prospects,
    Silent,
}

/// Orders that are no purchases, and by file what was merged and what is there twice.
type Sums = (Tally, BTreeMap<u32, FileFolded>);

/// People who were folded together.
struct Together {
    before: Sums,
    now: Sums,
    people: FoldedPartition,
}

/// Where those who are folded stood.
fn gone_of<'i, 'a: 'i>(items: impl Iterator<Item = &'i Item<'a>>) -> Gone {
    let mut gone = Gone::default();
    for was in items.filter_map(|item| item.was.as_ref()) {
        match was.list {
            List::Customers => gone.customers.push(was.place),
            List::Prospects => gone.prospects.push(was.place),
            List::Silent => gone.silent.push(was.place),
        }
    }
    for list in [&mut gone.customers, &mut gone.prospects, &mut gone.silent] {
        list.sort_unstable();
    }
    gone
}

/// Lists whose profile is another as of a day although their facts did not change, by name.
fn due<'a>(kept: &'a KeptRun, day: Day, changed: &Changed) -> Vec<Item<'a>> {
    let people = &kept.people;
    let mut items: Vec<Item<'a>> = Vec::new();
    let mut add = |name: &'a str, list, place, kept: &'a KeptPerson| {
        if !changed.fresh.contains_key(name) {
            items.push(Item {
                name,
                was: Some(Was { list, place, kept }),
                fresh: None,
            });
        }
    };
    for (place, of_one) in people.customers.iter().enumerate() {
        if !of_one.steady.has(day) {
            add(kept.table.ids.get(place), List::Customers, place, of_one);
        }
    }
    for (place, (person, of_one)) in kept.prospects.iter().zip(&people.prospects).enumerate() {
        if !of_one.steady.has(day) {
            add(&person.customer_id, List::Prospects, place, of_one);
        }
    }
    items.par_sort_unstable_by(|left, right| left.name.cmp(right.name));
    items
}

/// Lists whose facts changed, by name.
fn changed_items<'a>(kept: &'a KeptRun, changed: &'a Changed) -> Vec<Item<'a>> {
    let item = |(name, fresh): (&'a String, &'a Fresh)| Item {
        name,
        was: was(kept, name),
        fresh: Some(fresh),
    };
    changed.fresh.iter().map(item).collect()
}

/// Finds somebody in a run that was kept.
fn was<'a>(kept: &'a KeptRun, name: &str) -> Option<Was<'a>> {
    let people = &kept.people;
    let of = |list, place, kept: Option<&'a KeptPerson>| {
        Some(Was {
            list,
            place,
            kept: kept?,
        })
    };
    if let Ok(place) = kept.table.ids.find(name) {
        return of(List::Customers, place, people.customers.get(place));
    }
    let prospects = &kept.prospects;
    if let Ok(place) = prospects.binary_search_by(|known| known.customer_id.as_str().cmp(name)) {
        return of(List::Prospects, place, people.prospects.get(place));
    }
    let place = people
        .silent
        .binary_search_by(|(known, _)| known.as_str().cmp(name))
        .ok()?;
    of(
        List::Silent,
        place,
        people.silent.get(place).map(|(_, kept)| kept),
    )
}

/// Reads the records of one person.
fn read_records<'a>(
    name: &'a str,
    bytes: Option<&'a [u8]>,
    records: &mut Vec<Record<'a>>,
) -> Result<(), KeptError> {
    let mut rest = bytes.unwrap_or_default();
    while !rest.is_empty() {
        let record = Record::read(&mut rest).ok_or(GroupingError::Damaged)?;
        records.push(Record {
            customer: name,
            ..record
        });
    }
    Ok(())
}

fn sums_of(folded: &FoldedPartition) -> Sums {
    let mut files: BTreeMap<u32, FileFolded> = BTreeMap::new();
    for (&file, &rows) in &folded.duplicates {
        files.entry(file).or_default().duplicates += rows;
    }
    for (&(file, kind), &rows) in &folded.merged {
        let file = files.entry(file).or_default();
        match kind {
            RowKindKey::OrderLine => file.merged_order_lines += rows,
            RowKindKey::Refund => file.merged_refunds += rows,
        }
    }
    let tally = folded.days.first().map(|day| day.tally);
    (tally.unwrap_or_default(), files)
}
