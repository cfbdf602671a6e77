//! The cold path: from files to folded customers.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use patron_core::{Coded, Day, ErrorCode, Instant, RowClass};
use patron_fold::{FoldError, FoldSettings, Folder, ZeroOrders};
use patron_import::{GrainRule, ImportOptions, RejectedRow};
use rayon::prelude::*;

use crate::customers::{CustomerTable, Prospect, assemble};
use crate::feeds::Feeds;
use crate::grouping::{
    Bought, DayOutcomes, FoldedPartition, GroupingError, GroupingRules, PARTITIONS, PartitionStore,
    RepeatedOrders, RowKindKey, decode, fold_partition,
};
use crate::lists::Owners;
use crate::progress::{Progress, Step};
use crate::purchases::{Collector, PurchaseLog};
use crate::shared::SharedOrders;
use crate::source::{
    FileRead, Journal, Keeping, Query, Reading, RejectedSink, SourceError, Span, query, read_file,
};

/// Memory that two threads need for what they work on, about.
const BYTES_OF_WORK: u64 = 112 << 20;

/// What the machine may be used for.
#[derive(Debug, Clone)]
pub struct Resources {
    /// Threads that read and fold.
    pub threads: usize,
    /// Memory in bytes that may be used; nearly half of it is for facts that wait to be folded.
    pub memory_bytes: u64,
    /// Where facts go that do not fit.
    pub spill_folder: PathBuf,
    /// Where what was read is kept, so that reading which was stopped goes on from there; of files only.
    pub keeping: Option<Keeping>,
}

impl Resources {
    /// Memory for facts that wait to be folded: half of all, without what threads need however little there is.
    const fn bytes_for_facts(&self) -> u64 {
        let half = (self.memory_bytes / 2).saturating_sub(BYTES_OF_WORK);
        let least = self.memory_bytes / 4;
        if half > least { half } else { least }
    }
}

/// Why files cannot be turned into customers.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A file cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Facts cannot be grouped or folded.
    #[error(transparent)]
    Grouping(#[from] GroupingError),
    /// The settings of the fold are wrong.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// No file was named.
    #[error("no orders file was named")]
    NoFiles,
    /// Facts went in that did not come out: a defect of patron, found by counting.
    #[error("{read} facts were read but {folded} were folded")]
    FactsLost {
        /// Facts read.
        read: u64,
        /// Facts folded.
        folded: u64,
    },
    /// Files in two currencies.
    #[error("two currencies: `{first}` in `{first_file}` and `{second}` in `{second_file}`")]
    TwoCurrencies {
        /// The currency met first.
        first: String,
        /// In which file.
        first_file: String,
        /// Another currency.
        second: String,
        /// In which file.
        second_file: String,
    },
    /// Order ids repeat with a constant amount, and nobody said what a row is.
    #[error(
        "order id `{example}` stands in {rows} rows with the same amount ({constant} such ids); a row may be an order or a line of one"
    )]
    AmbiguousGrain {
        /// Such an id.
        example: String,
        /// Its rows.
        rows: u64,
        /// How many ids are like it.
        constant: u64,
    },
    /// There is no valid order.
    #[error(
        "no valid order is left: {rows_in} rows in, {accepted} accepted{}{}",
        classes(set_aside),
        first_offender(first_unreadable.as_deref())
    )]
    NoValidOrder {
        /// Rows read.
        rows_in: u64,
        /// Rows accepted.
        accepted: u64,
        /// Rows set aside, by class.
        set_aside: Vec<(RowClass, u64)>,
        /// The first row that could not be read, and its file.
        first_unreadable: Option<Box<(String, RejectedRow)>>,
    },
    /// So many order ids stand with several customers that they are hardly those of orders.
    #[error(
        "{shared} of {orders} order ids stand with more than one customer, such as `{example}` with `{}` and `{}`", customers[0], customers[1]
    )]
    SharedOrderIds {
        /// How many do.
        shared: u64,
        /// How many ids there are.
        orders: u64,
        /// The first of them.
        example: String,
        /// Two of its customers.
        customers: [String; 2],
    },
    /// There is no valid order as of the day asked for.
    #[error("no valid order by {as_of}: the earliest in the data is of {earliest}")]
    AsOfBeforeFirstOrder {
        /// The day asked for.
        as_of: Day,
        /// The earliest order.
        earliest: Day,
    },
}

impl Coded for EngineError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Source(error) => error.code(),
            Self::Grouping(error) => error.code(),
            Self::Fold(error) => error.code(),
            Self::NoFiles => ErrorCode::SettingInvalid,
            Self::FactsLost { .. } => ErrorCode::Internal,
            Self::TwoCurrencies { .. }
            | Self::AmbiguousGrain { .. }
            | Self::SharedOrderIds { .. } => ErrorCode::InputAmbiguous,
            Self::NoValidOrder { .. } | Self::AsOfBeforeFirstOrder { .. } => ErrorCode::InputEmpty,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Source(error) => error.key(),
            Self::Grouping(error) => error.key(),
            Self::Fold(error) => error.key(),
            Self::NoFiles => "no_files",
            Self::FactsLost { .. } => "facts_lost",
            Self::TwoCurrencies { .. } => "two_currencies",
            Self::AmbiguousGrain { .. } => "ambiguous_grain",
            Self::SharedOrderIds { .. } => "shared_order_ids",
            Self::NoValidOrder { .. } => "no_valid_order",
            Self::AsOfBeforeFirstOrder { .. } => "as_of_before_first_order",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Source(error) => error.hint(),
            Self::Grouping(error) => error.hint(),
            Self::TwoCurrencies { first, .. } => {
                Some(format!("convert the others with `--rates FILE --currency {first}`, a file such as `date,from,to,rate`; or export one currency at a time: patron does not add up different money"))
            }
            Self::AmbiguousGrain { .. } => Some(
                "say `--grain order` if every row repeats the order's total, `--grain line` if every row is a line with its own amount"
                    .to_owned(),
            ),
            Self::SharedOrderIds { .. } => Some(
                "if the column is no order's number, name the right one with `--map order_id=COLUMN`; orders of another shop go into a workspace of their own; if numbers begin anew for each customer, say `--keep shared-orders`, and each counts"
                    .to_owned(),
            ),
            Self::NoValidOrder { set_aside, .. } => Some(no_order_hint(set_aside).to_owned()),
            Self::AsOfBeforeFirstOrder { earliest, .. } => Some(format!("use `--as-of {earliest}` or later")),
            _ => None,
        }
    }
}

fn classes(set_aside: &[(RowClass, u64)]) -> String {
    let list = set_aside
        .iter()
        .map(|(class, rows)| format!("{rows} {}", class.key().replace('_', " ")));
    let list = list.collect::<Vec<_>>().join(", ");
    if list.is_empty() {
        list
    } else {
        format!(", set aside: {list}")
    }
}

/// Where to look first.
fn first_offender(first: Option<&(String, RejectedRow)>) -> String {
    first.map_or_else(String::new, |(file, row)| {
        let column = row
            .column
            .as_ref()
            .map_or_else(String::new, |column| format!(", column `{column}`"));
        format!(
            "; the first is line {} of `{file}`{column}, `{}`: {}",
            row.line, row.value, row.reason
        )
    })
}

/// What mends the class that most rows ended in.
fn no_order_hint(set_aside: &[(RowClass, u64)]) -> &'static str {
    match set_aside
        .iter()
        .max_by_key(|(_, rows)| *rows)
        .map(|(class, _)| *class)
    {
        Some(RowClass::MissingCustomer) => {
            "name the column of the customer with `--map customer_id=COLUMN`"
        }
        Some(RowClass::SharedOrder) => {
            "ids of orders stand with several customers: mend them, or `--keep shared-orders` counts each"
        }
        Some(RowClass::Unreadable) => {
            "name the columns with `--map`, or say how dates and amounts are written (`--date-format`, `--decimal-mark`)"
        }
        Some(RowClass::FeeLine) => "`--fee-lines keep` counts fee lines as goods",
        Some(RowClass::PriceZero) => {
            "`--zero-price keep` and `--zero-orders count` let free orders count"
        }
        Some(_) => "`--keep CLASS` uses rows of a class that is set aside",
        None => {
            "orders of zero, unpaid, cancelled or fully refunded do not count; `--zero-orders count` lets free orders count"
        }
    }
}

/// Everything read, waiting to be folded.
#[derive(Debug)]
pub struct Gathered {
    pub(crate) store: PartitionStore,
    /// The entries of lists.
    pub(crate) lists: PartitionStore,
    /// The customers of orders that such entries name.
    pub(crate) owners: Owners,
    /// Customers whose facts stand under another name, too, which is the one that counts.
    pub(crate) persons: HashMap<String, String>,
    /// Orders whose rows do not count, because several customers have them.
    pub(crate) shared: SharedOrders,
    /// What was read of each file, in the order given.
    pub files: Vec<FileRead>,
    /// The one currency that the files name, if they name any.
    pub currency: Option<String>,
    repeats_are_versions: bool,
    may_repeat: bool,
}

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

/// Reads files into partitions, accounting for every row.
///
/// # Errors
/// [`EngineError`]: the first file that cannot be read, or two currencies.
pub fn gather(
    paths: &[PathBuf],
    options: &ImportOptions,
    resources: &Resources,
    rejected: &mut dyn RejectedSink,
    progress: &dyn Progress,
) -> Result<Gathered, EngineError> {
    if paths.is_empty() {
        return Err(EngineError::NoFiles);
    }
    let size = |path: &PathBuf| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    progress.begin(Step::Read, paths.iter().map(size).sum());
    let budgets = [resources.bytes_for_facts(), resources.memory_bytes / 4];
    let journal = resources.keeping.as_ref().map(Journal::new);
    let [store, lists] = match &journal {
        Some(journal) => journal.stores(budgets)?,
        None => budgets.map(|bytes| PartitionStore::new(bytes, resources.spill_folder.clone())),
    };
    let options = Arc::new(ImportOptions {
        several_files: options.several_files || paths.len() > 1,
        ..options.clone()
    });
    let mut files = Vec::new();
    let mut bytes_before = 0;
    for (index, path) in (0_u32..).zip(paths) {
        let reading = Reading {
            options: Arc::clone(&options),
            threads: resources.threads.max(1),
            store: &store,
            lists: &lists,
            progress,
            bytes_before,
            journal: journal.as_ref(),
        };
        let file = read_file(path, index, &reading, rejected)?;
        // By number, not by name: a file's name may name a person.
        tracing::info!(
            file = index,
            bytes = file.bytes,
            rows = file.account.rows_in,
            facts = file.seen.facts,
            "file read"
        );
        files.push(file);
        bytes_before += size(path);
    }
    progress.end();
    Gathered::new(store, lists, files)
}

/// Reads the answer to a query into partitions, accounting for every row. `progress` is told rows.
///
/// # Errors
/// [`EngineError`]: the database cannot be asked, or its answer cannot be read.
pub fn gather_query(
    asked: &Query,
    options: &ImportOptions,
    resources: &Resources,
    rejected: &mut dyn RejectedSink,
    progress: &dyn Progress,
) -> Result<Gathered, EngineError> {
    progress.begin(Step::Read, 0);
    let store = PartitionStore::new(resources.bytes_for_facts(), resources.spill_folder.clone());
    let lists = PartitionStore::new(resources.memory_bytes / 4, resources.spill_folder.clone());
    let reading = Reading {
        options: Arc::new(options.clone()),
        threads: resources.threads.max(1),
        store: &store,
        lists: &lists,
        progress,
        bytes_before: 0,
        journal: None,
    };
    let file = query::read(asked, &reading, rejected)?;
    tracing::info!(
        rows = file.account.rows_in,
        facts = file.seen.facts,
        "query read"
    );
    progress.end();
    Gathered::new(store, lists, vec![file])
}

/// Takes records of facts that were read before, such as those of a ledger, into partitions.
///
/// `files` say where the records came from; the number of a record's file is its place there.
///
/// # Errors
/// Those of `give`, and [`EngineError`] as of [`gather`].
pub fn gather_records<E: From<EngineError>>(
    mut files: Vec<FileRead>,
    resources: &Resources,
    give: impl FnOnce(&Feeds<'_>) -> Result<(), E>,
) -> Result<Gathered, E> {
    let store = PartitionStore::new(resources.bytes_for_facts(), resources.spill_folder.clone());
    let feeds = Feeds::new(&store, files.len());
    give(&feeds)?;
    let seen = feeds.into_seen();
    for (file, seen) in files.iter_mut().zip(&seen) {
        file.seen.merge(seen);
    }
    let lists = PartitionStore::new(0, resources.spill_folder.clone());
    let gathered = Gathered::new(store, lists, files)?;
    // Whether rows that share an id are orders was settled when their files were read.
    Ok(Gathered {
        may_repeat: false,
        ..gathered
    })
}

impl Gathered {
    fn new(
        store: PartitionStore,
        lists: PartitionStore,
        files: Vec<FileRead>,
    ) -> Result<Self, EngineError> {
        let currency = one_currency(&files)?;
        let has = |rule: GrainRule| files.iter().any(|file| file.understanding.grain == rule);
        let repeats_are_versions = has(GrainRule::Orders);
        let may_repeat = has(GrainRule::OrdersUnlessRepeated);
        Ok(Self {
            store,
            lists,
            owners: Owners::new(),
            persons: HashMap::new(),
            shared: SharedOrders::default(),
            files,
            currency,
            repeats_are_versions,
            may_repeat,
        })
    }
}

/// Moves a partition's outcomes to those of all. In which order partitions come does not matter: people are sorted later.
fn collect(partition: &mut FoldedPartition, all: &Mutex<Vec<DayOutcomes>>) {
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    partition.first_person = all.first().map_or(0, |day| day.slots.len());
    for (day, outcomes) in all.iter_mut().zip(std::mem::take(&mut partition.days)) {
        day.append(outcomes);
    }
}

/// The one currency of all files, if any names one.
fn one_currency(files: &[FileRead]) -> Result<Option<String>, EngineError> {
    let mut first: Option<(String, &FileRead)> = None;
    for file in files {
        let currency = file
            .understanding
            .currency_of(&file.currencies)
            .map_err(SourceError::from)?;
        match (&first, currency) {
            (Some((known, earlier)), Some(currency)) if *known != currency => {
                return Err(EngineError::TwoCurrencies {
                    first: known.clone(),
                    first_file: earlier.path.display().to_string(),
                    second: currency,
                    second_file: file.path.display().to_string(),
                });
            }
            (None, Some(currency)) => first = Some((currency, file)),
            _ => {}
        }
    }
    Ok(first.map(|(currency, _)| currency))
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
            let collector = with_purchases.then(|| Arc::new(Collector::default()));
            let mut folder = Folder::new(settings.clone(), &[day])?;
            if let Some(collector) = &collector {
                folder = folder.with_watch(collector.clone());
            }
            let folded = self.fold_by(&folder, drop_duplicates, last_time, progress)?;
            let table = folded.by_day.first().map(|(table, _)| table);
            let last =
                table.and_then(|table| table.profiles.iter().map(|profile| profile.last_day).max());
            match (last, as_of) {
                (Some(last), None) if last < day => day = last,
                (Some(_), _) => {
                    let log = collector.map(|collector| collector.log());
                    return Ok((folded, log.unwrap_or_default()));
                }
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

    /// When the orders that may count were placed.
    fn placed(&self, zero_orders: ZeroOrders) -> Span {
        let mut placed = Span::default();
        for file in &self.files {
            placed.merge(file.seen.paid);
            if zero_orders == ZeroOrders::Count {
                placed.merge(file.seen.free);
            }
        }
        placed
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
        let count = |class: RowClass| {
            self.files
                .iter()
                .map(|file| file.account.count(class))
                .sum::<u64>()
        };
        let classes = RowClass::ALL.iter().copied();
        EngineError::NoValidOrder {
            rows_in: self.files.iter().map(|file| file.account.rows_in).sum(),
            accepted: classes
                .clone()
                .filter(|class| class.is_accepted())
                .map(count)
                .sum(),
            set_aside: classes
                .filter(|class| class.is_set_aside() && count(*class) > 0)
                .map(|class| (class, count(class)))
                .collect(),
            first_unreadable: self.files.iter().find_map(|file| {
                let row = file.first_unreadable.clone()?;
                Some(Box::new((file.path.display().to_string(), row)))
            }),
        }
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
        self.fold_by(&folder, drop_duplicates, last_time, progress)
    }

    fn fold_by(
        &self,
        folder: &Folder,
        drop_duplicates: bool,
        last_time: bool,
        progress: &dyn Progress,
    ) -> Result<Folded, EngineError> {
        let rules = GroupingRules {
            drop_duplicates,
            repeats_are_versions: self.repeats_are_versions,
            keep_days: false,
        };
        progress.begin(Step::Fold, PARTITIONS as u64);
        let done = AtomicU64::new(0);
        let days = Mutex::new(vec![DayOutcomes::default(); folder.as_of().len()]);
        let partitions = (0..PARTITIONS)
            .into_par_iter()
            .map(|index| {
                let fold = |segments: &[&[u8]]| {
                    let mut records = decode(segments)?;
                    self.retain_own(&mut records);
                    fold_partition(&records, folder, rules)
                };
                let mut folded = self.store.with_partition(index, last_time, fold)?;
                collect(&mut folded, &days);
                progress.advance_to(done.fetch_add(1, Ordering::Relaxed) + 1);
                Ok(folded)
            })
            .collect::<Result<Vec<FoldedPartition>, GroupingError>>()?;
        progress.end();
        let days = days.into_inner().unwrap_or_else(PoisonError::into_inner);
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
        Ok(Folded {
            by_file: self.by_file(&partitions),
            repeated_order_ids,
            spilled_bytes: self.store.spilled_bytes(),
            by_day: assemble(partitions, days, folder.as_of()),
        })
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
            drop_duplicates,
            repeats_are_versions: self.repeats_are_versions,
            keep_days: true,
        };
        let fold = |segments: &[&[u8]]| {
            let mut records = decode(segments)?;
            self.retain_own(&mut records);
            Ok(fold_partition(&records, &folder, rules)?.bought)
        };
        let partitions = (0..PARTITIONS).into_par_iter();
        let bought = partitions
            .map(|index| self.store.with_partition(index, false, fold))
            .collect::<Result<Vec<_>, GroupingError>>()?;
        let mut bought: Vec<Bought> = bought.into_iter().flatten().collect();
        bought.par_sort_unstable();
        Ok(bought)
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
}
