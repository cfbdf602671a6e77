//! Folding: from facts in partitions to customers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use patron_core::{Day, Instant, RowClass};
use patron_fold::{FoldSettings, Folder, ZeroOrders};
use patron_import::GrainRule;
use rayon::prelude::*;

use crate::customers::{CustomerTable, Prospect, assemble};
use crate::error::EngineError;
use crate::gather::Gathered;
use crate::grouping::{
    Bought, DayOutcomes, FoldedPartition, GroupingError, GroupingRules, KeptDays, PARTITIONS,
    Record, RepeatedOrders, RowKindKey, decode, fold_partition,
};
use crate::progress::{Progress, Step};
use crate::purchases::PurchaseLog;
use crate::source::{FileRead, Span};

/// As of which day to fold, and whether purchase days are wanted.
#[derive(Debug, Clone, Copy)]
struct DaysAsked {
    as_of: Option<Day>,
    with_purchases: bool,
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
    /// Bytes of facts that went to disk.
    pub spilled_bytes: u64,
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

/// Moves a partition's outcomes to those of all. In which order partitions come does not matter: people are sorted later.
fn collect(partition: &mut FoldedPartition, all: &Mutex<(Vec<DayOutcomes>, PurchaseLog)>) {
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    let (days, purchases) = &mut *all;
    purchases.append(&std::mem::take(&mut partition.purchases));
    partition.first_person = days.first().map_or(0, |day| day.slots.len());
    for (day, outcomes) in days.iter_mut().zip(std::mem::take(&mut partition.days)) {
        day.append(outcomes);
    }
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
        let days = DaysAsked {
            as_of,
            with_purchases: false,
        };
        let folded = self.fold_last(settings, days, drop_duplicates, progress);
        folded.map(|(folded, _)| folded)
    }

    /// Folds as [`Self::fold_one`] does, and returns the purchase days of all customers besides.
    ///
    /// # Errors
    /// As [`Self::fold_one`].
    pub fn fold_one_with_purchases(
        &self,
        settings: &FoldSettings,
        as_of: Option<Day>,
        drop_duplicates: bool,
        progress: &dyn Progress,
    ) -> Result<(Folded, PurchaseLog), EngineError> {
        let days = DaysAsked {
            as_of,
            with_purchases: true,
        };
        self.fold_last(settings, days, drop_duplicates, progress)
    }

    fn fold_last(
        &self,
        settings: &FoldSettings,
        DaysAsked {
            as_of,
            with_purchases,
        }: DaysAsked,
        drop_duplicates: bool,
        progress: &dyn Progress,
    ) -> Result<(Folded, PurchaseLog), EngineError> {
        let placed = self.placed(settings.zero_orders);
        let mut day = match (as_of, placed.latest) {
            (Some(day), _) => day,
            (None, Some(at)) => settings.calendar.day_of(Instant(at)),
            (None, None) => return Err(self.no_valid_order()),
        };
        // Where a day is given, or where every row is an order that no refund takes back, one fold is enough.
        let last_time = as_of.is_some() || self.latest_stands();
        loop {
            let folder = Folder::new(settings.clone(), &[day])?;
            let rules = GroupingRules {
                keep_days: if with_purchases {
                    KeptDays::Bare
                } else {
                    KeptDays::None
                },
                ..self.rules(drop_duplicates)
            };
            let (folded, purchases) = self.fold_by(&folder, rules, last_time, progress)?;
            let table = folded.by_day.first().map(|(table, _)| table);
            let last =
                table.and_then(|table| table.profiles.iter().map(|profile| profile.last_day).max());
            match (last, as_of) {
                (Some(last), None) if last < day => day = last,
                (Some(_), _) => return Ok((folded, purchases.sorted())),
                (None, asked) => {
                    let earliest = placed
                        .earliest
                        .map(|at| settings.calendar.day_of(Instant(at)));
                    return Err(match (asked, earliest) {
                        (Some(as_of), Some(earliest)) if earliest > as_of => {
                            EngineError::AsOfBeforeFirstOrder { as_of, earliest }
                        }
                        _ => self.no_valid_order(),
                    });
                }
            }
        }
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
        let folded = self.fold_by(&folder, self.rules(drop_duplicates), last_time, progress);
        folded.map(|(folded, _)| folded)
    }

    /// Returns how rows make orders, if no purchase days are wanted.
    const fn rules(&self, drop_duplicates: bool) -> GroupingRules {
        GroupingRules {
            drop_duplicates,
            repeats_are_versions: self.repeats_are_versions,
            keep_days: KeptDays::None,
        }
    }

    fn fold_by(
        &self,
        folder: &Folder,
        rules: GroupingRules,
        last_time: bool,
        progress: &dyn Progress,
    ) -> Result<(Folded, PurchaseLog), EngineError> {
        progress.begin(Step::Fold, PARTITIONS as u64);
        let done = AtomicU64::new(0);
        let outcomes = vec![DayOutcomes::default(); folder.as_of().len()];
        let all = Mutex::new((outcomes, PurchaseLog::default()));
        let partitions = (0..PARTITIONS)
            .into_par_iter()
            .map(|index| {
                let folded = self.fold_partition(index, last_time, |records| {
                    let mut folded = fold_partition(records, folder, rules)?;
                    collect(&mut folded, &all);
                    Ok(folded)
                })?;
                progress.advance_to(done.fetch_add(1, Ordering::Relaxed) + 1);
                Ok(folded)
            })
            .collect::<Result<Vec<Vec<FoldedPartition>>, GroupingError>>()?;
        let partitions: Vec<FoldedPartition> = partitions.into_iter().flatten().collect();
        progress.end();
        let (days, purchases) = all.into_inner().unwrap_or_else(PoisonError::into_inner);
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
        let folded = Folded {
            by_file: self.by_file(&partitions),
            repeated_order_ids,
            spilled_bytes: self.store.spilled_bytes(),
            by_day: assemble(partitions, days, folder.as_of()),
        };
        Ok((folded, purchases))
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
        let fold = |records: &[Record<'_>]| Ok(fold_partition(records, &folder, rules)?.bought);
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
    fn fold_partition<T>(
        &self,
        index: usize,
        last_time: bool,
        fold: impl Fn(&[Record<'_>]) -> Result<T, GroupingError>,
    ) -> Result<Vec<T>, GroupingError> {
        let work = |segments: &[&[u8]]| {
            let mut records = decode(segments)?;
            self.retain_own(&mut records);
            fold(&records)
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

    fn by_file(&self, partitions: &[FoldedPartition]) -> Vec<FileFolded> {
        let mut files = vec![FileFolded::default(); self.files.len()];
        for partition in partitions {
            for (&file, &rows) in &partition.duplicates {
                if let Some(file) = files.get_mut(file as usize) {
                    file.duplicates += rows;
                }
            }
            for (&(file, kind), &rows) in &partition.merged {
                match (files.get_mut(file as usize), kind) {
                    (Some(file), RowKindKey::OrderLine) => file.merged_order_lines += rows,
                    (Some(file), RowKindKey::Refund) => file.merged_refunds += rows,
                    (None, _) => {}
                }
            }
        }
        files
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
