//! Folding: from facts in partitions to customers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use patron_core::{Day, Instant, RowClass};
use patron_fold::{FoldSettings, Folder, ZeroOrders};
use patron_import::GrainRule;
use rayon::prelude::*;

use crate::customers::{CustomerTable, People, Prospect};
use crate::error::EngineError;
use crate::gather::Gathered;
use crate::grouping::{
    Bought, DayOutcomes, FoldedPartition, GroupingError, GroupingRules, KeptDays, PARTITIONS,
    RepeatedOrders, RowKindKey, Rows, decode, fold_partition, fold_people,
};
use crate::kept::{Keeper, KeptPeople};
use crate::progress::{Progress, Step};
use crate::purchases::PurchaseLog;
use crate::series::{EncodedDays, Series, StoredDays};
use crate::source::{FileRead, Span};

/// As of which days to fold, and what is wanted besides profiles.
#[derive(Debug, Clone, Copy, Default)]
pub struct DaysAsked<'k> {
    /// The as-of day; without one it is that of the last valid order.
    pub as_of: Option<Day>,
    /// Whether the days of purchases are kept, too.
    pub with_purchases: bool,
    /// As of how many month-ends before it, or on it, to fold besides.
    pub month_ends: u16,
    /// Who keeps everybody for a later run, if anybody does; not along with month-ends.
    pub keeper: Option<&'k Keeper>,
    /// Whether the facts are needed again; otherwise they may be freed as they are folded.
    pub keep_facts: bool,
}

/// What folding gave.
#[derive(Debug)]
pub struct Folded {
    /// Customers and people without a valid order, one pair per as-of day.
    pub by_day: Vec<(CustomerTable, Vec<Prospect>)>,
    /// What was found of each file's rows, in the order of the files.
    pub by_file: Vec<FileFolded>,
    /// Order ids whose rows were taken for lines although they carry no quantity.
    pub repeated_order_ids: u64,
    /// Customers as of earlier month-ends, where they are asked for.
    pub series: Option<Series>,
    /// Bytes of facts, and of profiles as of other days, that went to disk.
    pub spilled_bytes: u64,
    /// What was kept of everybody for a later run, if that was asked for; of the first as-of day.
    pub kept: Option<KeptPeople>,
}

/// What folding found of one file's rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileFolded {
    /// Rows that equal an earlier row of the file in every column and were kept apart from set-aside rows.
    pub duplicates: u64,
    /// Order rows that only repeat or supersede another.
    pub merged_order_lines: u64,
    /// Refund rows that only repeat another.
    pub merged_refunds: u64,
}

impl FileFolded {
    /// Adds what was found elsewhere.
    pub(crate) const fn add(&mut self, more: &Self) {
        self.duplicates += more.duplicates;
        self.merged_order_lines += more.merged_order_lines;
        self.merged_refunds += more.merged_refunds;
    }

    /// Takes out what is among what was found.
    pub(crate) const fn take_out(&mut self, some: &Self) {
        self.duplicates = self.duplicates.saturating_sub(some.duplicates);
        self.merged_order_lines = self
            .merged_order_lines
            .saturating_sub(some.merged_order_lines);
        self.merged_refunds = self.merged_refunds.saturating_sub(some.merged_refunds);
    }
}

/// What was folded of all partitions so far.
pub(crate) struct Collected {
    pub(crate) days: Vec<DayOutcomes>,
    pub(crate) purchases: PurchaseLog,
    pub(crate) series: Option<StoredDays>,
}

/// Moves a partition's outcomes to those of all, the days of a series to disk. In which order partitions come does not matter:
/// people are sorted later.
pub(crate) fn collect(
    partition: &mut FoldedPartition,
    of_series: usize,
    all: &Mutex<Collected>,
) -> Result<(), GroupingError> {
    let mut days = std::mem::take(&mut partition.days);
    let others = days.split_off(of_series.min(days.len()));
    let encoded = (!days.is_empty()).then(|| EncodedDays::new(&days));
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    all.purchases
        .append(&std::mem::take(&mut partition.purchases));
    partition.first_person = all.days.first().map_or(0, |day| day.slots.len());
    for (day, outcomes) in all.days.iter_mut().zip(others) {
        day.append(outcomes);
    }
    match (&mut all.series, encoded) {
        (Some(series), Some(encoded)) => series.push(encoded),
        _ => Ok(()),
    }
}

/// Folds as of the day asked for, else as of the day of the last valid order, which a fold as of the day of the last order
/// tells. `fold` returns the last day with a valid order, if there is any, and what it folded.
///
/// # Errors
/// [`EngineError::NoValidOrder`], [`EngineError::AsOfBeforeFirstOrder`] and those of `fold`.
pub(crate) fn fold_as_of<T>(
    files: &[FileRead],
    settings: &FoldSettings,
    asked: Option<Day>,
    mut fold: impl FnMut(Day) -> Result<(Option<Day>, T), EngineError>,
) -> Result<T, EngineError> {
    let placed = placed(files, settings.zero_orders);
    let day_of = |at: i64| settings.calendar.day_of(Instant(at));
    let mut day = match (asked, placed.latest) {
        (Some(day), _) => day,
        (None, Some(at)) => day_of(at),
        (None, None) => return Err(no_valid_order(files)),
    };
    loop {
        let (last, folded) = fold(day)?;
        match (last, asked, placed.earliest.map(day_of)) {
            (Some(last), None, _) if last < day => day = last,
            (Some(_), ..) => return Ok(folded),
            (None, Some(as_of), Some(earliest)) if earliest > as_of => {
                return Err(EngineError::AsOfBeforeFirstOrder { as_of, earliest });
            }
            (None, ..) => return Err(no_valid_order(files)),
        }
    }
}

/// Returns the last `count` month-ends up to a day, which may be one itself, ascending.
fn month_ends(last: Day, count: u16) -> Vec<Day> {
    let (mut year, mut month, _) = last.plus_days(1).ymd();
    let mut ends = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        // The day before the first of a month.
        ends.extend(Day::from_ymd(year, month, 1).map(|first| first.plus_days(-1)));
        (year, month) = if month == 1 {
            (year - 1, 12)
        } else {
            (year, month - 1)
        };
    }
    ends.reverse();
    ends
}

/// Folds a partition; with a keeper everybody in it is kept.
fn fold_and_keep(
    rows: Rows<'_, '_>,
    folder: &Folder,
    rules: GroupingRules,
    keeper: Option<&Keeper>,
) -> Result<FoldedPartition, GroupingError> {
    let Some(keeper) = keeper else {
        return fold_partition(rows, folder, rules);
    };
    let mut keeping = keeper.partition(folder);
    let mut folded = fold_people(rows, folder, rules, |person| keeping.take(person))?;
    folded.kept = keeping.finish();
    Ok(folded)
}

/// Sums up what folding found of each file's rows.
pub(crate) fn by_file<'p>(
    partitions: impl IntoIterator<Item = &'p FoldedPartition>,
    files: usize,
) -> Vec<FileFolded> {
    let mut found = vec![FileFolded::default(); files];
    for partition in partitions {
        for (&file, &rows) in &partition.duplicates {
            if let Some(file) = found.get_mut(file as usize) {
                file.duplicates += rows;
            }
        }
        for (&(file, kind), &rows) in &partition.merged {
            match (found.get_mut(file as usize), kind) {
                (Some(file), RowKindKey::OrderLine) => file.merged_order_lines += rows,
                (Some(file), RowKindKey::Refund) => file.merged_refunds += rows,
                (None, _) => {}
            }
        }
    }
    found
}

/// When the orders that may count were placed.
pub(crate) fn placed(files: &[FileRead], zero_orders: ZeroOrders) -> Span {
    let mut placed = Span::default();
    for file in files {
        placed.merge(file.seen.paid);
        if zero_orders == ZeroOrders::Count {
            placed.merge(file.seen.free);
        }
    }
    placed
}

/// Returns the error of facts without any valid order, with what was set aside.
pub(crate) fn no_valid_order(files: &[FileRead]) -> EngineError {
    let count = |class: RowClass| {
        files
            .iter()
            .map(|file| file.account.count(class))
            .sum::<u64>()
    };
    let classes = RowClass::ALL.iter().copied();
    EngineError::NoValidOrder {
        rows_in: files.iter().map(|file| file.account.rows_in).sum(),
        accepted: classes
            .clone()
            .filter(|class| class.is_accepted())
            .map(count)
            .sum(),
        set_aside: classes
            .filter(|class| class.is_set_aside() && count(*class) > 0)
            .map(|class| (class, count(class)))
            .collect(),
        first_unreadable: files.iter().find_map(|file| {
            let row = file.first_unreadable.clone()?;
            Some(Box::new((file.path.display().to_string(), row)))
        }),
    }
}

/// Refuses order ids of which most repeat with a constant amount; returns how many repeat.
pub(crate) fn settle_grain(repeated: RepeatedOrders) -> Result<u64, EngineError> {
    match repeated.example {
        Some((example, rows)) if repeated.constant > repeated.varying => {
            Err(EngineError::AmbiguousGrain {
                example,
                rows,
                constant: repeated.constant,
            })
        }
        _ => Ok(repeated.constant + repeated.varying),
    }
}

impl Gathered {
    /// Folds every customer as of the given day, or, without one, as of the day of the last valid order.
    ///
    /// # Errors
    /// [`EngineError::NoValidOrder`], [`EngineError::AsOfBeforeFirstOrder`], [`EngineError::AmbiguousGrain`] and
    /// failures of the fold itself.
    pub fn fold_one(
        &self,
        settings: &FoldSettings,
        as_of: Option<Day>,
        drop_duplicates: bool,
        progress: &dyn Progress,
    ) -> Result<Folded, EngineError> {
        let asked = DaysAsked {
            as_of,
            ..DaysAsked::default()
        };
        let folded = self.fold_days(settings, asked, drop_duplicates, progress);
        folded.map(|(folded, _)| folded)
    }

    /// Folds as [`Self::fold_one`] does, and returns besides the purchase days of all customers, and their profiles as of
    /// month-ends before, as far as they are asked for.
    ///
    /// # Errors
    /// As [`Self::fold_one`].
    pub fn fold_days(
        &self,
        settings: &FoldSettings,
        asked: DaysAsked<'_>,
        drop_duplicates: bool,
        progress: &dyn Progress,
    ) -> Result<(Folded, PurchaseLog), EngineError> {
        // Where a day is given, or where every row is an order that no refund takes back, one fold is enough.
        let is_enough = asked.as_of.is_some() || self.latest_stands();
        let last_time = is_enough && !asked.keep_facts;
        let rules = GroupingRules {
            keep_days: if asked.with_purchases {
                KeptDays::Bare
            } else {
                KeptDays::None
            },
            ..self.rules(drop_duplicates)
        };
        fold_as_of(&self.files, settings, asked.as_of, |day| {
            let mut days = month_ends(day, asked.month_ends);
            // The last is the one whose purchase days are kept.
            days.push(day);
            let folder = Folder::new(settings.clone(), &days)?;
            let of_series = days.len() - 1;
            if let Some(keeper) = asked.keeper {
                keeper.clear();
            }
            let kept = (last_time, asked.keeper);
            let (folded, purchases) = self.fold_by((&folder, of_series), rules, kept, progress)?;
            let table = folded.by_day.first().map(|(table, _)| table);
            let last =
                table.and_then(|table| table.profiles.iter().map(|profile| profile.last_day).max());
            Ok((last, (folded, purchases.sorted())))
        })
    }

    /// Returns the days of the first and the last order that may count, before it is known whether they do.
    #[must_use]
    pub fn days_placed(&self, settings: &FoldSettings) -> Option<(Day, Day)> {
        let placed = self.placed(settings.zero_orders);
        let day = |at: i64| settings.calendar.day_of(Instant(at));
        Some((day(placed.earliest?), day(placed.latest?)))
    }

    fn placed(&self, zero_orders: ZeroOrders) -> Span {
        placed(&self.files, zero_orders)
    }

    /// Whether the latest order is valid for certain: each row is an order of its own and nothing takes it back.
    fn latest_stands(&self) -> bool {
        let certain = |file: &FileRead| {
            file.understanding.grain == GrainRule::EachRowIsAnOrder && !file.seen.refunds_orders
        };
        self.shared.is_empty() && self.files.iter().all(certain)
    }

    /// Returns the error of facts without any valid order, with what was set aside.
    #[must_use]
    pub fn no_valid_order(&self) -> EngineError {
        no_valid_order(&self.files)
    }

    /// Folds every customer as of several days in one walk. With `last_time` the facts are freed as they are folded.
    ///
    /// # Errors
    /// [`EngineError::AmbiguousGrain`], [`EngineError::FactsLost`] and failures of the fold itself.
    pub fn fold(
        &self,
        settings: &FoldSettings,
        as_of: &[Day],
        drop_duplicates: bool,
        last_time: bool,
        progress: &dyn Progress,
    ) -> Result<Folded, EngineError> {
        let folder = Folder::new(settings.clone(), as_of)?;
        let rules = self.rules(drop_duplicates);
        let folded = self.fold_by((&folder, 0), rules, (last_time, None), progress);
        folded.map(|(folded, _)| folded)
    }

    /// Folds every customer as of several days in one walk, ascending. The last becomes a table; the others come back as a
    /// series, one day in memory at a time.
    ///
    /// # Errors
    /// As [`Self::fold`].
    pub fn fold_series(
        &self,
        settings: &FoldSettings,
        as_of: &[Day],
        drop_duplicates: bool,
        progress: &dyn Progress,
    ) -> Result<Folded, EngineError> {
        let folder = Folder::new(settings.clone(), as_of)?;
        let of_series = as_of.len().saturating_sub(1);
        let rules = self.rules(drop_duplicates);
        let folded = self.fold_by((&folder, of_series), rules, (false, None), progress);
        folded.map(|(folded, _)| folded)
    }

    /// Returns how rows make orders, if no purchase days are wanted.
    pub(crate) const fn rules(&self, drop_duplicates: bool) -> GroupingRules {
        GroupingRules {
            drop_duplicates,
            repeats_are_versions: self.repeats_are_versions,
            keep_days: KeptDays::None,
            keep_rows: false,
        }
    }

    /// Folds all partitions. The first `of_series` of the folder's days go to disk, the others become tables.
    fn fold_by(
        &self,
        (folder, of_series): (&Folder, usize),
        rules: GroupingRules,
        (last_time, keeper): (bool, Option<&Keeper>),
        progress: &dyn Progress,
    ) -> Result<(Folded, PurchaseLog), EngineError> {
        progress.begin(Step::Fold, PARTITIONS as u64);
        let done = AtomicU64::new(0);
        let (series_days, table_days) = folder.as_of().split_at(of_series);
        let series = (of_series > 0).then(|| StoredDays::new(self.store.folder().to_owned()));
        let all = Mutex::new(Collected {
            days: vec![DayOutcomes::default(); table_days.len()],
            purchases: PurchaseLog::default(),
            series: series.transpose()?,
        });
        let partitions = (0..PARTITIONS)
            .into_par_iter()
            .map(|index| {
                let folded = self.fold_partition(index, last_time, |rows| {
                    let mut folded = fold_and_keep(rows, folder, rules, keeper)?;
                    collect(&mut folded, of_series, &all)?;
                    Ok(folded)
                })?;
                progress.advance_to(done.fetch_add(1, Ordering::Relaxed) + 1);
                Ok(folded)
            })
            .collect::<Result<Vec<Vec<FoldedPartition>>, GroupingError>>()?;
        let partitions: Vec<FoldedPartition> = partitions.into_iter().flatten().collect();
        progress.end();
        let all = all.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.check_counts(&partitions)?;
        tracing::info!(
            people = partitions
                .iter()
                .map(|partition| partition.names.len())
                .sum::<usize>(),
            spilled_bytes = self.store.spilled_bytes(),
            "histories folded"
        );
        let repeated_order_ids = self.check_grain(&partitions)?;
        let by_file = by_file(&partitions, self.files.len());
        let of_series = all.series.as_ref().map_or(0, StoredDays::bytes);
        let mut people = People::new(partitions);
        let kept = keeper.map(|_| people.kept(&all.days));
        let by_day = people.tables(all.days, table_days);
        let series = all.series.map(|stored| {
            people.forget_contacts();
            Series::new(people, stored, series_days.to_vec())
        });
        let folded = Folded {
            by_day,
            by_file,
            repeated_order_ids,
            series,
            spilled_bytes: self.store.spilled_bytes() + of_series,
            kept,
        };
        Ok((folded, all.purchases))
    }

    /// Returns the days on which customers bought, as known at the end of a day, by id. Another walk over all facts.
    ///
    /// # Errors
    /// Failures of the fold itself.
    pub fn purchase_days(
        &self,
        settings: &FoldSettings,
        as_of: Day,
        drop_duplicates: bool,
    ) -> Result<Vec<Bought>, EngineError> {
        let folder = Folder::new(settings.clone(), &[as_of])?;
        let rules = GroupingRules {
            keep_days: KeptDays::Named,
            ..self.rules(drop_duplicates)
        };
        let fold = |rows: Rows<'_, '_>| Ok(fold_partition(rows, &folder, rules)?.bought);
        let partitions = (0..PARTITIONS).into_par_iter();
        let bought = partitions
            .map(|index| self.fold_partition(index, false, fold))
            .collect::<Result<Vec<_>, GroupingError>>()?;
        let mut bought: Vec<Bought> = bought.into_iter().flatten().flatten().collect();
        bought.par_sort_unstable();
        Ok(bought)
    }

    /// Calls `fold` with the records of a partition: with all of them, or, where they are many for the memory there is, with
    /// those of one piece after another. A customer's are together. With `last_time` they are freed then.
    pub(crate) fn fold_partition<T>(
        &self,
        index: usize,
        last_time: bool,
        fold: impl Fn(Rows<'_, '_>) -> Result<T, GroupingError>,
    ) -> Result<Vec<T>, GroupingError> {
        let work = |segments: &[&[u8]]| {
            if self.counts_as_read() {
                return fold(Rows::Written(segments));
            }
            let mut records = decode(segments)?;
            self.retain_own(&mut records);
            fold(Rows::Read(&records))
        };
        let pieces = self.store.pieces_of(index);
        if pieces <= 1 {
            return Ok(vec![self.store.with_partition(index, last_time, work)?]);
        }
        let dealt = self.store.dealt(index, pieces)?;
        if last_time {
            self.store.forget(index);
        }
        let pieces = 0..pieces;
        pieces
            .map(|piece| dealt.with_partition(piece, true, work))
            .collect()
    }

    fn check_counts(&self, partitions: &[FoldedPartition]) -> Result<(), EngineError> {
        let read = self.files.iter().map(|file| file.seen.facts).sum();
        let folded: u64 = partitions.iter().map(|partition| partition.records).sum();
        let folded = folded + self.shared.second_records;
        if read == folded {
            Ok(())
        } else {
            Err(EngineError::FactsLost { read, folded })
        }
    }

    /// Refuses order ids that repeat with a constant amount where nobody said what a row is.
    ///
    /// A few equal lines inside a file whose repeated ids mostly differ in amount are lines; if most are constant, the
    /// amount is probably the order's total, repeated.
    fn check_grain(&self, partitions: &[FoldedPartition]) -> Result<u64, EngineError> {
        if !self.may_repeat || self.repeats_are_versions {
            return Ok(0);
        }
        let mut repeated = RepeatedOrders::default();
        for partition in partitions {
            repeated.merge(partition.repeated.clone());
        }
        settle_grain(repeated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn month_ends_go_back_over_years_and_leap_days() {
        let shown = |last: &str, count| -> Vec<String> {
            let ends = month_ends(Day::parse_iso(last).unwrap(), count);
            ends.into_iter().map(|day| day.to_string()).collect()
        };
        assert_eq!(
            shown("2024-03-30", 3),
            ["2023-12-31", "2024-01-31", "2024-02-29"]
        );
        assert_eq!(shown("2024-03-31", 2), ["2024-02-29", "2024-03-31"]);
        assert_eq!(shown("2025-01-01", 1), ["2024-12-31"]);
        assert_eq!(shown("2023-03-01", 1), ["2023-02-28"]);
        assert!(shown("2023-03-01", 0).is_empty());
        let two_years = shown("2025-12-31", 24);
        assert_eq!(
            (two_years[0].as_str(), two_years[23].as_str()),
            ("2024-01-31", "2025-12-31")
        );
    }
}
