//! `patron import`: from a shop's files to the ledger, every row accounted for, nothing twice.
//!
//! Files are read as for a run; their facts wait partition by partition, are compared with what the ledger has, and what is
//! new becomes rows of its tables, all in one commit.

mod compare;
mod customer;
mod error;
mod in_turn;
mod lists;
mod preview;
mod rejected;
mod resumable;
mod rows;
mod scratch;
mod sheet;
mod target;
mod undo;
mod work;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use patron_core::{Instant, RowClass, ShopCalendar};
use patron_engine::{
    Claims, FileRead, Gathered, Keeping, Progress, Query, RejectedSink, Resources, SharedOrders,
    gather_records,
};
use patron_import::{Exchange, GrainRule, ImportOptions};
use patron_ledger::{At, CommitInfo, Ledger, LedgerError, Persons, Table, Transaction};

use xxhash_rust::xxh3::xxh3_64;

use self::compare::Counts;
pub(crate) use self::customer::{Tellers, each_customer};
pub use self::error::ImportFailure;
use self::lists::Lists;
pub(crate) use self::lists::{NOT_GIVEN, WITHDRAWN};
pub use self::preview::{Sample, sample};
use self::rejected::RejectedByFile;
use self::rows::Origin;
pub(crate) use self::rows::{is_own_id, status_of};
pub(crate) use self::scratch::{Scratch, clear_away};
pub use self::undo::{UndoneImport, undo};
use self::work::{Work, on_threads};
use crate::identity::{Settled, Where, joined, joined_with, settle};
use crate::orders::{gather_orders, latest_day};
use crate::run::{Note, of_exchange, of_shared_orders};
use crate::settings::{ResolveError, Settings, exchange, import_options, reading_fingerprint};
use crate::workspace::{
    Import, Wanted, Workspace, WorkspaceError, give, import_rows, imports, lists_of, next_import,
};

/// Bytes of files after which what was read is kept, where nobody says otherwise.
pub const KEEP_EVERY: u64 = 512 << 20;
/// How often an import is worked out anew because somebody else changed the ledger meanwhile.
const ATTEMPTS: u32 = 5;

/// What is to be imported.
#[derive(Debug, Clone)]
pub struct ImportRequest {
    /// Files, folders and patterns.
    pub files: Vec<PathBuf>,
    /// A query, in the place of files.
    pub query: Option<Query>,
    /// Settings given as flags.
    pub flags: Settings,
    /// Tells what would be done, and does it not.
    pub dry_run: bool,
    /// Threads that read.
    pub threads: usize,
    /// Memory that may be used.
    pub memory_bytes: u64,
    /// Bytes of files after which what was read is kept, so that an import that was stopped goes on from there.
    pub keep_every: u64,
    /// The time of the import.
    pub now: Instant,
}

/// What an import did, or would do.
#[derive(Debug)]
pub struct ImportReport {
    /// File by file.
    pub files: Vec<ImportedFile>,
    /// The ledger's new snapshot; none if nothing changed.
    pub snapshot: Option<i64>,
    /// How customers are joined since; nothing if nothing changed.
    pub identity: Option<Settled>,
    /// What there is to say of orders that stand with several customers.
    pub shared_orders: Option<Note>,
    /// Bytes that an import which was stopped had read, and this one had not to read again.
    pub gone_on_from: u64,
}

/// One file of an import.
#[derive(Debug)]
pub struct ImportedFile {
    /// What became of its rows.
    pub import: Import,
    /// The earlier import of the very same file: then nothing of it was taken.
    pub known_as: Option<i64>,
    /// What was read.
    pub read: FileRead,
    /// Where the rows set aside are listed.
    pub rejected: Option<PathBuf>,
}

impl ImportReport {
    const fn of(files: Vec<ImportedFile>, snapshot: Option<i64>) -> Self {
        Self {
            files,
            snapshot,
            identity: None,
            shared_orders: None,
            gone_on_from: 0,
        }
    }
}

impl ImportedFile {
    /// Returns what there is to say of rows in other currencies.
    #[must_use]
    pub fn exchange_notes(&self) -> Vec<Note> {
        of_exchange([&self.read])
    }
}

/// Imports files into a workspace.
///
/// # Errors
/// [`ImportFailure`]. Nothing is imported then.
pub fn import(
    workspace: &Workspace,
    request: &ImportRequest,
    progress: &dyn Progress,
) -> Result<ImportReport, ImportFailure> {
    let ledger = if request.dry_run {
        workspace.ledger_read_only()?
    } else {
        workspace.ledger()?
    };
    let options = options_of(workspace, &ledger, request)?;
    let spill = resumable::scratch(workspace, request, &options)?;
    let resources = Resources {
        threads: request.threads.max(1),
        memory_bytes: request.memory_bytes,
        spill_folder: spill.path().to_owned(),
        keeping: spill.keeping(request.keep_every),
    };
    let failed = |source| ImportFailure::Write {
        path: spill.path().to_owned(),
        source,
    };
    let keeping = resources.keeping.as_ref();
    let gone_on_from = keeping.map_or(0, Keeping::bytes_read);
    let marks = keeping.map(Keeping::marks).unwrap_or_default();
    let mut rejected = RejectedByFile::new(spill.path(), marks).map_err(failed)?;
    let query = request.query.as_ref();
    let files = &request.files;
    let mut gathered = gather_orders(files, query, &options, &resources, &mut rejected, progress)?;
    gathered.settle_lists::<ImportFailure>(&mut rejected, |owners| {
        lists::find_owners(&ledger, owners)
    })?;
    let job = Job {
        workspace,
        calendar: options.calendar,
        ledger: &ledger,
        request,
        gathered,
        resources,
        keep_shared: options.keep.shared_orders,
    };
    let Done {
        mut report,
        is_committed,
        shared,
    } = job.work_out(progress)?;
    report.gone_on_from = gone_on_from;
    report.shared_orders = of_shared_orders(&shared);
    for (place, file) in (0_u32..).zip(&report.files) {
        let name = file.read.path.display().to_string();
        for row in shared.rejected(place, &file.read) {
            rejected.take(&name, &row).map_err(failed)?;
        }
    }
    rejected.finish().map_err(failed)?;
    if is_committed {
        rejected.keep(workspace, &mut report.files)?;
        let (cause, place) = ("import", Where::Customers);
        report.identity = Some(settle(workspace, &ledger, cause, place, request.now)?);
    }
    Ok(report)
}

/// How files are read: with all that the ledger keeps.
fn options_of(
    workspace: &Workspace,
    ledger: &Ledger,
    request: &ImportRequest,
) -> Result<ImportOptions, ImportFailure> {
    Ok(ImportOptions {
        exchange: exchange_of(workspace, ledger, &request.flags)?,
        with_details: true,
        several_files: true,
        latest_day: Some(latest_day(request.now)),
        ..import_options(&request.flags, workspace.settings())?
    })
}

/// The rates by which amounts are converted, if any are given: to the currency of the settings, else to that of the ledger.
fn exchange_of(
    workspace: &Workspace,
    ledger: &Ledger,
    flags: &Settings,
) -> Result<Option<Arc<Exchange>>, ImportFailure> {
    let settings = workspace.settings();
    if flags.rates.is_none() && settings.rates.is_none() {
        return Ok(None);
    }
    let earlier = imports(ledger, At::Latest)?;
    let known = earlier
        .into_iter()
        .find_map(|import| import.details.currency);
    let found = exchange(flags, (settings, workspace.folder()), known);
    Ok(found.map_err(ResolveError::from)?)
}

/// What became of an import.
struct Done {
    report: ImportReport,
    is_committed: bool,
    /// Orders that are several customers'.
    shared: SharedOrders,
}

struct Job<'a> {
    workspace: &'a Workspace,
    calendar: ShopCalendar,
    ledger: &'a Ledger,
    request: &'a ImportRequest,
    gathered: Gathered,
    resources: Resources,
    /// Orders that are several customers' count for each.
    keep_shared: bool,
}

impl Job<'_> {
    /// Compares and commits; anew, if somebody else was faster.
    fn work_out(&self, progress: &dyn Progress) -> Result<Done, ImportFailure> {
        let mut attempt = 1;
        loop {
            match self.work_out_once(progress) {
                Err(ImportFailure::Workspace(WorkspaceError::Ledger(LedgerError::Conflict {
                    ..
                }))) if attempt < ATTEMPTS => attempt += 1,
                done => return done,
            }
        }
    }

    fn work_out_once(&self, progress: &dyn Progress) -> Result<Done, ImportFailure> {
        let mut transaction = if self.request.dry_run {
            None
        } else {
            Some(self.ledger.begin().map_err(WorkspaceError::from)?)
        };
        let base = match &transaction {
            Some(transaction) => transaction.base(),
            None => self
                .ledger
                .resolve(At::Latest)
                .map_err(WorkspaceError::from)?,
        };
        let next = next_import(self.ledger, base)?;
        let mut files = self.files(&next.earlier, next.id)?;
        self.check_currency(&next.earlier)?;
        let places = (0_u32..).zip(&next.earlier);
        let places: HashMap<i64, u32> = places.map(|(place, import)| (import.id, place)).collect();
        let stored = self.stored(At::Snapshot(base), (&places, &next.earlier))?;
        let shared = self.shared_orders(stored.as_ref(), &mut files)?;
        let persons = joined(self.ledger, At::Snapshot(base))?;
        let compared = (stored.as_ref(), persons, &shared);
        let mut counts = self.compare(transaction.as_mut(), compared, &files, progress)?;
        let lists = Lists {
            ledger: self.ledger,
            at: At::Snapshot(base),
            files: &files,
            origins: origins(&files),
            calendar: &self.calendar,
            places: &places,
            lists: lists_of(&next.earlier),
            persons: joined(self.ledger, At::Snapshot(base))?,
        };
        let of_lists = lists.import(&self.gathered, &self.resources, transaction.as_mut())?;
        for (counts, more) in counts.iter_mut().zip(&of_lists) {
            counts.add(more);
        }
        for (place, counts) in (0_u32..).zip(&mut counts) {
            let (constant, varying) = shared.repeats(place);
            counts.constant += constant;
            counts.varying += varying;
        }
        self.check_grain(&counts)?;
        for (file, counts) in files.iter_mut().zip(&counts) {
            account_for(file, counts);
            file.forget_second_reading(&next.earlier);
        }
        let brought: Vec<Import> = files
            .iter()
            .filter(|file| file.known_as.is_none())
            .map(|file| file.import.clone())
            .collect();
        let snapshot = match transaction.filter(|_| !brought.is_empty()) {
            Some(transaction) => Some(self.commit(transaction, &brought)?),
            None => None,
        };
        Ok(Done {
            report: ImportReport::of(files, snapshot),
            is_committed: snapshot.is_some(),
            shared,
        })
    }

    /// Finds orders that are several customers', and accounts for their rows.
    fn shared_orders(
        &self,
        stored: Option<&Gathered>,
        files: &mut [ImportedFile],
    ) -> Result<SharedOrders, ImportFailure> {
        let is_known: Vec<bool> = files.iter().map(|file| file.known_as.is_some()).collect();
        let claims = Claims {
            stored,
            is_known: &is_known,
            keep: self.keep_shared,
            resources: &self.resources,
        };
        let shared = on_threads(self.resources.threads, || {
            self.gathered.shared_orders(&claims, || {
                joined_with::<ImportFailure>(self.workspace, self.ledger, &self.gathered)
            })
        })??;
        for (place, file) in (0_u32..).zip(files) {
            if file.known_as.is_none() {
                shared.account(place, &mut file.read);
                file.import.account_again(&file.read);
            }
        }
        Ok(shared)
    }

    /// Commits what was appended, and that it was imported.
    fn commit(
        &self,
        mut transaction: Transaction<'_>,
        brought: &[Import],
    ) -> Result<i64, ImportFailure> {
        let log = import_rows(brought).map_err(WorkspaceError::from)?;
        transaction
            .append(Table::Imports, &log)
            .map_err(WorkspaceError::from)?;
        transaction.require_unchanged(Table::Imports);
        // Nor may anybody have become another person meanwhile.
        transaction.require_unchanged(Table::Customers);
        let last = brought.iter().map(|import| import.id).max().unwrap_or(0);
        let names: Vec<&str> = brought.iter().map(|import| import.name.as_str()).collect();
        let info = CommitInfo {
            at: self.request.now,
            author: "import".to_owned(),
            message: names.join(", "),
            extra_info: Some(serde_json::json!({ "last_import_id": last }).to_string()),
        };
        Ok(transaction.commit(&info).map_err(WorkspaceError::from)?)
    }

    /// The files with their numbers; one that was imported before, or twice here, has the number of that import.
    fn files(&self, earlier: &[Import], mut next: i64) -> Result<Vec<ImportedFile>, ImportFailure> {
        let mut files: Vec<ImportedFile> = Vec::new();
        for read in &self.gathered.files {
            let mut import = Import::new(next, read, self.currency(read), self.request.now);
            import.details.settings = reading_fingerprint(self.workspace.settings());
            import.details.understood = self.understood(read);
            import.details.keeps_shared_orders = self.keep_shared;
            // What named an unknown order may be known now.
            let is_whole = |known: &Import| known.details.unknown_orders == 0;
            let same = |known: &&Import| {
                known.sha256 == import.sha256 && known.part() == import.part() && is_whole(known)
            };
            let here = files.iter().map(|file| &file.import);
            let known = earlier.iter().chain(here).find(same);
            if let Some(known) = known
                && known.details.understood != import.details.understood
            {
                return Err(ImportFailure::UnderstoodOtherwise {
                    file: import.name,
                    import: known.id,
                });
            }
            let known_as = known.map(|known| known.id);
            import.id = known_as.unwrap_or(next);
            next += i64::from(known_as.is_none());
            files.push(ImportedFile {
                import,
                known_as,
                read: read.clone(),
                rejected: None,
            });
        }
        Ok(files)
    }

    /// Returns a fingerprint of how a file was understood: which column is what, how values are written, what was settled.
    fn understood(&self, read: &FileRead) -> String {
        let understanding = &read.understanding;
        let columns = understanding.columns.iter();
        let columns: Vec<_> = columns
            .map(|column| (column.field.key(), column.index))
            .collect();
        let mut text = format!(
            "{columns:?} {:?} {:?} {:?} {} {}",
            understanding.date_format,
            understanding.decimal_mark,
            understanding.grain,
            reading_fingerprint(&self.request.flags),
            reading_fingerprint(self.workspace.settings()),
        );
        // The rates that were used, not their file: it may grow by the rates of later days.
        if !read.exchanged.is_empty() {
            let rates: Vec<_> = read.exchanged.by_currency().collect();
            text.push_str(&format!("{rates:?}"));
        }
        format!("{:016x}", xxh3_64(text.as_bytes()))
    }

    fn currency(&self, read: &FileRead) -> Option<String> {
        let own = read
            .understanding
            .currency_of(&read.currencies)
            .ok()
            .flatten();
        own.or_else(|| self.gathered.currency.clone())
    }

    /// One currency per workspace.
    fn check_currency(&self, earlier: &[Import]) -> Result<(), ImportFailure> {
        let Some(new) = &self.gathered.currency else {
            return Ok(());
        };
        let other = earlier.iter().find(|import| {
            import
                .details
                .currency
                .as_ref()
                .is_some_and(|known| known != new)
        });
        match other {
            Some(import) => Err(ImportFailure::OtherCurrency {
                found: new.clone(),
                known: import.details.currency.clone().unwrap_or_default(),
                import: import.id,
            }),
            None => Ok(()),
        }
    }

    /// The ledger's facts, in the partitions of the new ones; nothing if there are none.
    fn stored(
        &self,
        at: At,
        (places, earlier): (&HashMap<i64, u32>, &[Import]),
    ) -> Result<Option<Gathered>, ImportFailure> {
        if places.is_empty() {
            return Ok(None);
        }
        let wanted = Wanted {
            at,
            of: Persons::All,
            places,
            lists: lists_of(earlier),
            by_person: false,
            with_articles: true,
            since: None,
        };
        let resources = Resources {
            memory_bytes: self.resources.memory_bytes / 4,
            ..self.resources.clone()
        };
        gather_records::<ImportFailure>(Vec::new(), &resources, |feeds| {
            give(self.ledger, &wanted, feeds, resources.threads, |_| {})
        })
        .map(Some)
    }

    /// Compares partition by partition, and hands what is new to the transaction.
    fn compare(
        &self,
        transaction: Option<&mut Transaction<'_>>,
        (stored, persons, shared): (Option<&Gathered>, HashMap<String, String>, &SharedOrders),
        files: &[ImportedFile],
        progress: &dyn Progress,
    ) -> Result<Vec<Counts>, ImportFailure> {
        let work = Work {
            persons,
            tellers: Tellers::of(&self.gathered.files),
            new: &self.gathered,
            stored,
            origins: origins(files),
            is_known: files.iter().map(|file| file.known_as.is_some()).collect(),
            shared,
        };
        work.execute(transaction, &self.resources, progress)
    }

    /// Refuses files of which it is not known whether a row is an order or a line of one.
    fn check_grain(&self, counts: &[Counts]) -> Result<(), ImportFailure> {
        for (read, counts) in self.gathered.files.iter().zip(counts) {
            let asks = read.understanding.grain == GrainRule::OrdersUnlessRepeated;
            if asks && counts.constant > counts.varying {
                return Err(ImportFailure::AmbiguousGrain {
                    file: read.path.display().to_string(),
                    orders: counts.constant,
                });
            }
        }
        Ok(())
    }
}

/// What each file is to its rows.
fn origins(files: &[ImportedFile]) -> Vec<Origin> {
    let origins = files.iter().map(|file| Origin {
        import: file.import.id,
        file: file.import.name.clone(),
        currency: file.import.details.currency.clone(),
    });
    origins.collect()
}

impl ImportedFile {
    /// A file that was read again for the orders it names, and brought nothing, is the earlier import.
    fn forget_second_reading(&mut self, earlier: &[Import]) {
        let import = &self.import;
        if self.known_as.is_some() || import.new + import.superseding > 0 {
            return;
        }
        let is_it = |known: &&Import| {
            known.details.unknown_orders > 0
                && known.sha256 == import.sha256
                && known.part() == import.part()
        };
        if let Some(known) = earlier.iter().rfind(is_it) {
            self.known_as = Some(known.id);
            self.import.id = known.id;
        }
    }
}

/// Writes into a file's record what became of its rows.
fn account_for(file: &mut ImportedFile, counts: &Counts) {
    let merged = file.read.account.count(RowClass::Merged);
    let import = &mut file.import;
    let accepted = import.rows_in - import.set_aside - merged;
    if file.known_as.is_some() {
        import.unchanged = accepted + merged;
        return;
    }
    import.superseding = counts.superseding;
    import.new = accepted.saturating_sub(counts.unchanged + counts.superseding);
    import.unchanged = counts.unchanged + merged;
    import.details.left_out = counts.left_out;
    import.details.left_out_aside = counts.left_out_aside;
}
