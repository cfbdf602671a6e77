//! A run's facts, waiting on this machine or on a Spark to be folded, or folded as a database gave them.

use patron_core::Instant;
use patron_engine::spark::{OnSpark, SparkError, SparkOrders};
use patron_engine::{
    DaysAsked, EngineError, FileRead, Folded, Gathered, Keeper, Progress, PurchaseLog, Query,
    RejectedSink, Resources, SortedError, SortedFold, SortedFolded, SortedOrders,
};
use patron_import::ImportOptions;

use super::error::RunError;
use super::facts::ReadWith;
use super::there;
use crate::identity::may_join;
use crate::orders::latest_day;
use crate::settings::{Resolved, Settings, import_options};

/// Facts that wait to be folded.
pub(super) enum Histories {
    /// In memory or on disk here.
    Here(Box<Gathered>),
    /// On the executors of a Spark.
    OnSpark(Box<OnSpark>),
    /// Folded already: a database sorted them.
    Folded(Box<SortedFolded>),
}

impl Histories {
    /// Has a table read on Spark.
    pub(super) fn on_spark(
        asked: &SparkOrders,
        (flags, read_with): (&Settings, &ReadWith),
        (month_ends, now): (u16, Instant),
        rejected: &mut dyn RejectedSink,
        progress: &dyn Progress,
    ) -> Result<Self, RunError> {
        if month_ends > 0 {
            return Err(not_on_spark(
                "customers as of many days (`--as-of-series`)",
                "run once with `--as-of` for each day",
            ));
        }
        if read_with.exchange.is_some() {
            return Err(not_on_spark(
                "converting amounts (`--rates`)",
                "give Spark a view whose amounts are in one currency",
            ));
        }
        if asked.customers_to.is_some() {
            there::check(&Resolved::new(flags, &read_with.file_settings, &[], None)?)?;
        }
        let options = ImportOptions {
            latest_day: Some(latest_day(now)),
            ..import_options(flags, &read_with.file_settings)?
        };
        let read = OnSpark::read(asked, &options, rejected, progress)?;
        if may_join(read_with.identity(flags), &read.files) {
            return Err(not_on_spark(
                "joining customers by their addresses",
                "say `--identity off`, and customers stay whom the table names",
            ));
        }
        Ok(Self::OnSpark(Box::new(read)))
    }

    /// Has a database sort the answer to a query, and folds it as it comes.
    pub(super) fn sorted(
        query: &Query,
        (flags, read_with): (&Settings, &ReadWith),
        (month_ends, now): (u16, Instant),
        resources: &Resources,
        rejected: &mut dyn RejectedSink,
        progress: &dyn Progress,
    ) -> Result<Self, RunError> {
        if month_ends > 0 {
            return Err(not_as_they_come(
                "telling customers as of many days (`--as-of-series`)",
                "run once with `--as-of` for each day, or leave out `--sorted-by-server`",
            ));
        }
        let options = ImportOptions {
            exchange: read_with.exchange.clone(),
            latest_day: Some(latest_day(now)),
            ..import_options(flags, &read_with.file_settings)?
        };
        let orders = SortedOrders::look_at(query, &options)?;
        // The currency, which rows may name, decides nothing of a fold.
        let preset = orders.understanding().defaults.clone();
        let settings = Resolved::new(flags, &read_with.file_settings, &preset, None)?;
        let asked = SortedFold {
            as_of: settings
                .as_of
                .ok_or_else(|| EngineError::from(SortedError::NoAsOf))?,
            with_purchases: settings.with_clv,
            drop_duplicates: settings.drop_duplicates,
        };
        let folded = orders.fold(&settings.fold, asked, resources, rejected, progress)?;
        if may_join(read_with.identity(flags), &folded.files) {
            return Err(not_as_they_come(
                "joining customers by their addresses",
                "say `--identity off`, and customers stay whom the query names, or leave out `--sorted-by-server`",
            ));
        }
        Ok(Self::Folded(Box::new(folded)))
    }

    /// What was read of each file; of a table on Spark as of one file.
    pub(super) fn files(&self) -> &[FileRead] {
        match self {
            Self::Here(gathered) => &gathered.files,
            Self::OnSpark(spark) => &spark.files,
            Self::Folded(sorted) => &sorted.files,
        }
    }

    /// The one currency that the facts name, if they name any.
    pub(super) fn currency(&self) -> Option<String> {
        match self {
            Self::Here(gathered) => gathered.currency.clone(),
            Self::OnSpark(spark) => spark.currency.clone(),
            Self::Folded(sorted) => sorted.currency.clone(),
        }
    }

    /// Folds every customer; where models are wanted with the purchase days by which they are judged. As of how many
    /// month-ends besides, and whether everybody is kept for the next run, is for facts that are here. Returns the files, too.
    pub(super) fn fold(
        self,
        settings: &Resolved,
        (month_ends, keeper): (u16, Option<&Keeper>),
        progress: &dyn Progress,
    ) -> Result<(Vec<FileRead>, Folded, PurchaseLog), RunError> {
        let (fold, as_of) = (&settings.fold, settings.as_of);
        let drop = settings.drop_duplicates;
        Ok(match self {
            Self::OnSpark(mut spark) => {
                let asked = (as_of, settings.with_clv);
                let (folded, log) = spark.fold_one(fold, asked, drop, progress)?;
                (std::mem::take(&mut spark.files), folded, log)
            }
            Self::Folded(sorted) => (sorted.files, sorted.folded, sorted.purchases),
            Self::Here(gathered) => {
                let asked = DaysAsked {
                    as_of,
                    with_purchases: settings.with_clv,
                    month_ends,
                    keeper,
                    keep_facts: false,
                };
                let (folded, log) = gathered.fold_days(fold, asked, drop, progress)?;
                (gathered.files, folded, log)
            }
        })
    }
}

pub(super) fn not_on_spark(setting: &'static str, hint: &'static str) -> RunError {
    EngineError::from(SparkError::NotOnSpark { setting, hint }).into()
}

fn not_as_they_come(setting: &'static str, hint: &'static str) -> RunError {
    EngineError::from(SortedError::NotAsTheyCome { setting, hint }).into()
}
