//! Customers whose rows a database brings together: it sorts the answer to a query by customer, and each history is folded as
//! soon as the next one begins. Of orders nothing is kept but, unless they may be shared, whose each is.
//!
//! What takes all facts at once is refused, as on a Spark: orders that stand with several customers, customers who are one
//! person, lists, the day of the last order as the as-of day.

mod error;

use std::sync::{Mutex, PoisonError};

use patron_core::Day;
use patron_fold::{FoldSettings, Folder};
use patron_import::{Content, GrainRule, ImportError, ImportOptions, Understanding};
use xxhash_rust::xxh3::xxh3_64;

pub use self::error::SortedError;
use crate::customers::People;
use crate::error::EngineError;
use crate::folding::{Collected, Folded, by_file, collect, fold_as_of, settle_grain};
use crate::gather::{Resources, one_currency};
use crate::grouping::{
    DayOutcomes, FoldedPartition, GroupingError, GroupingRules, KeptDays, PartitionStore, Record,
    RepeatedOrders, Rows, Scatter, fold_partition,
};
use crate::pairs::{OrderOf, contested_orders};
use crate::progress::{Progress, Step};
use crate::purchases::PurchaseLog;
use crate::shared::is_claim;
use crate::source::query::{SortedAnswer, TakeHistories};
use crate::source::{FileRead, Query, RejectedSink, SourceError};

/// Orders of a database that sorts them by customer, understood by the first of them.
#[derive(Debug)]
pub struct SortedOrders {
    answer: SortedAnswer,
    may_share_orders: bool,
}

/// What is asked of the fold.
#[derive(Debug, Clone, Copy)]
pub struct SortedFold {
    /// The as-of day.
    pub as_of: Day,
    /// Whether the days of purchases are kept, too.
    pub with_purchases: bool,
    /// Whether rows that equal an earlier one in every column are merged into it.
    pub drop_duplicates: bool,
}

/// Everybody, read and folded.
#[derive(Debug)]
pub struct SortedFolded {
    /// What was read: one entry.
    pub files: Vec<FileRead>,
    /// The one currency that the rows name, if they name any.
    pub currency: Option<String>,
    /// Customers, and what was found of the rows.
    pub folded: Folded,
    /// Their purchase days, where they are asked for.
    pub purchases: PurchaseLog,
}

impl SortedOrders {
    /// Asks a database for the first rows of a query, and understands them.
    ///
    /// # Errors
    /// [`EngineError`]: the database cannot be asked, its answer cannot be understood, or holds no orders of customers.
    pub fn look_at(query: &Query, options: &ImportOptions) -> Result<Self, EngineError> {
        let not_now = |setting| SortedError::NotAsTheyCome {
            setting,
            hint: "name the customer's column with `--map customer_id=COLUMN`, or leave out `--sorted-by-server`",
        };
        let answer = SortedAnswer::look_at(query, options)?
            .ok_or_else(|| not_now("an answer without a column of the customer"))?;
        let understanding = answer.understanding();
        if understanding.holds != Content::Orders {
            let preset = understanding.preset.as_ref();
            return Err(SourceError::from(ImportError::OtherContent {
                file: understanding.file.clone(),
                holds: understanding.holds,
                preset: preset.map(|preset| preset.name.clone()),
            })
            .into());
        }
        Ok(Self {
            answer,
            may_share_orders: options.keep.shared_orders,
        })
    }

    /// What the answer is understood as.
    #[must_use]
    pub fn understanding(&self) -> &Understanding {
        self.answer.understanding()
    }

    /// Reads all rows, sorted by the database, and folds every customer as of a day.
    ///
    /// # Errors
    /// As of reading and folding any orders, and [`SortedError`], as [`EngineError`].
    pub fn fold(
        &self,
        settings: &FoldSettings,
        asked: SortedFold,
        resources: &Resources,
        rejected: &mut dyn RejectedSink,
        progress: &dyn Progress,
    ) -> Result<SortedFolded, EngineError> {
        progress.begin(Step::Read, 0);
        let grain = self.understanding().grain;
        let rules = GroupingRules {
            drop_duplicates: asked.drop_duplicates,
            repeats_are_versions: grain == GrainRule::Orders,
            keep_days: if asked.with_purchases {
                KeptDays::Bare
            } else {
                KeptDays::None
            },
            keep_rows: false,
        };
        let folder = Folder::new(settings.clone(), &[asked.as_of])?;
        let orders =
            PartitionStore::new(resources.memory_bytes / 8, resources.spill_folder.clone());
        let all = Mutex::new(Collected {
            days: vec![DayOutcomes::default()],
            purchases: PurchaseLog::default(),
            series: None,
        });
        let partitions = Mutex::new(Vec::new());
        let taker = || Taker {
            folder: &folder,
            rules,
            orders: (!self.may_share_orders).then(|| orders.scatter()),
            all: &all,
            partitions: &partitions,
        };
        let threads = resources.threads.max(1);
        let file = self.answer.read(threads, taker, rejected, progress)?;
        let all = all.into_inner().unwrap_or_else(PoisonError::into_inner);
        let partitions = partitions
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        check_counts(&file, &partitions)?;
        let shared = contested_orders(&orders)?;
        if shared > 0 {
            return Err(SortedError::SharedOrders { orders: shared }.into());
        }
        progress.end();
        let last = all.days.first().and_then(|day| {
            let days = day.profiles.iter().map(|profile| profile.last_day);
            days.max()
        });
        let files = vec![file];
        fold_as_of(&files, settings, Some(asked.as_of), |_| Ok((last, ())))?;
        let folded = together(all.days, partitions, &folder, grain)?;
        Ok(SortedFolded {
            currency: one_currency(&files)?,
            files,
            folded: Folded {
                spilled_bytes: orders.spilled_bytes(),
                ..folded
            },
            purchases: all.purchases.sorted(),
        })
    }
}

/// Brings everybody into the order of results. Nobody may have come twice.
fn together(
    days: Vec<DayOutcomes>,
    partitions: Vec<FoldedPartition>,
    folder: &Folder,
    grain: GrainRule,
) -> Result<Folded, EngineError> {
    let repeated_order_ids = repeated(&partitions, grain)?;
    let by_file = by_file(&partitions, 1);
    let people = People::new(partitions);
    if let Some(customer) = people.twice() {
        let customer = customer.to_owned();
        return Err(SortedError::CameBack { customer }.into());
    }
    Ok(Folded {
        by_day: people.tables(days, folder.as_of()),
        by_file,
        repeated_order_ids,
        series: None,
        spilled_bytes: 0,
        kept: None,
    })
}

/// Folds histories on one thread.
struct Taker<'f> {
    folder: &'f Folder,
    rules: GroupingRules,
    /// Whose order each is, unless orders may be shared.
    orders: Option<Scatter<'f>>,
    all: &'f Mutex<Collected>,
    partitions: &'f Mutex<Vec<FoldedPartition>>,
}

impl TakeHistories for Taker<'_> {
    fn take(&mut self, records: &[Record<'_>]) -> Result<(), GroupingError> {
        if let Some(orders) = &mut self.orders {
            let mut before = None;
            for record in records.iter().filter(|record| is_claim(record)) {
                let customer = xxh3_64(record.customer.as_bytes());
                let order = OrderOf::new(record.order_id, customer, true);
                if before.replace(order) != Some(order) {
                    orders.push_pair(order)?;
                }
            }
        }
        let mut folded = fold_partition(Rows::Read(records), self.folder, self.rules)?;
        collect(&mut folded, 0, self.all)?;
        let partitions = self.partitions.lock();
        partitions
            .unwrap_or_else(PoisonError::into_inner)
            .push(folded);
        Ok(())
    }

    fn finish(self) -> Result<(), GroupingError> {
        self.orders.map_or(Ok(()), Scatter::finish)
    }
}

fn check_counts(file: &FileRead, partitions: &[FoldedPartition]) -> Result<(), EngineError> {
    let read = file.seen.facts;
    let folded: u64 = partitions.iter().map(|partition| partition.records).sum();
    if read == folded {
        Ok(())
    } else {
        Err(EngineError::FactsLost { read, folded })
    }
}

fn repeated(partitions: &[FoldedPartition], grain: GrainRule) -> Result<u64, EngineError> {
    if grain != GrainRule::OrdersUnlessRepeated {
        return Ok(0);
    }
    let mut repeated = RepeatedOrders::default();
    for partition in partitions {
        repeated.merge(partition.repeated.clone());
    }
    settle_grain(repeated)
}
