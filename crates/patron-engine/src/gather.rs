//! Reading: from files, a query or a ledger's records to facts that wait in partitions, with an account of every row.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use patron_import::{GrainRule, ImportOptions};

use crate::error::EngineError;
use crate::feeds::Feeds;
use crate::grouping::PartitionStore;
use crate::lists::Owners;
use crate::progress::{Progress, Step};
use crate::shared::SharedOrders;
use crate::source::{
    FileRead, Journal, Keeping, Query, Reading, RejectedSink, SourceError, query, read_file,
};

/// Memory that two threads need for what they work on, about.
const BYTES_OF_WORK: u64 = 112 << 20;

/// What the machine may be used for.
#[derive(Debug, Clone)]
pub struct Resources {
    /// Threads that read and fold.
    pub threads: usize,
    /// Memory in bytes that may be used; of it a part is for facts that wait to be folded: half without what threads need for
    /// their work, a quarter at least.
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
    pub(crate) repeats_are_versions: bool,
    pub(crate) may_repeat: bool,
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
    // An import asks whose an order is of what it has, too: that is another walk.
    let has_pairs = journal.is_none() && !options.with_details;
    let store = if has_pairs {
        store.with_pairs(resources.memory_bytes / 8)
    } else {
        store
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
        let repeats_are_versions = repeats_are_versions(&files);
        let may_repeat = has_grain(&files, GrainRule::OrdersUnlessRepeated);
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

fn has_grain(files: &[FileRead], rule: GrainRule) -> bool {
    files.iter().any(|file| file.understanding.grain == rule)
}

/// Returns whether rows of one file that share an order id are versions of it.
#[must_use]
pub fn repeats_are_versions(files: &[FileRead]) -> bool {
    has_grain(files, GrainRule::Orders)
}

/// Returns the one currency of all files, if any names one.
///
/// # Errors
/// [`EngineError::TwoCurrencies`].
pub fn one_currency(files: &[FileRead]) -> Result<Option<String>, EngineError> {
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
