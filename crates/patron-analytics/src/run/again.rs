//! A run of a workspace that ran before: only those are folded whose facts changed, or whose profile is another as of the day.
//!
//! What it gives is what a whole run gives. Wherever something stands against it, everybody is folded, and it is said why.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use patron_core::ShopCalendar;
use patron_engine::kept::{Changed, KeptRun, Refold, Refolded};
use patron_engine::{
    EngineError, FileRead, Folded, Progress, PurchaseLog, Resources, Step, gather_records,
    one_currency, repeats_are_versions,
};
use patron_ledger::{At, Ledger, LedgerError, Persons};

use super::error::RunError;
use super::from_ledger::{self, Known};
use super::kept::{Earlier, WhyWhole, this_patron};
use super::{FromLedger, RunRequest};
use crate::identity::joined;
use crate::run::ReadWith;
use crate::settings::Resolved;
use crate::workspace::kept::{FORM, Head, KeptFolder, NewFiles};
use crate::workspace::{FACTS, Import, Wanted, WorkspaceError, give, imports, lists_of};

/// Files of histories up to which they are added to; then everybody is folded anew, and there is one.
const MOST_PARTS: usize = 64;
/// Rows that are always few.
const ALWAYS_FEW: u64 = 10_000;
/// One row in so many may have changed, before it is less work to read all.
const ONE_IN: u64 = 5;

/// What folding starts from, and gave.
pub(super) struct Begun {
    pub(super) files: Vec<FileRead>,
    pub(super) settings: Resolved,
    pub(super) folded: Folded,
    pub(super) log: PurchaseLog,
    pub(super) known: Known,
}

/// A run that folds few, with what it goes by.
pub(super) struct Again<'a> {
    pub(super) request: &'a RunRequest,
    pub(super) from: &'a FromLedger,
    pub(super) read_with: &'a ReadWith,
    pub(super) resources: &'a Resources,
    pub(super) progress: &'a dyn Progress,
}

/// What a run that folds few found.
pub(super) struct Found {
    pub(super) begun: Begun,
    pub(super) earlier: Earlier,
    pub(super) changed: u64,
    pub(super) by_date: u64,
}

impl From<RunError> for WhyWhole {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Workspace(WorkspaceError::Ledger(
                LedgerError::SnapshotGone { .. } | LedgerError::NoSuchSnapshot { .. },
            )) => Self::SnapshotGone,
            error => Self::Failed(error.to_string()),
        }
    }
}

impl Again<'_> {
    /// Folds whom it must, or says why everybody is to be folded.
    pub(super) fn fold(
        &self,
        folder: &KeptFolder,
        head: &Head,
        new: &NewFiles,
    ) -> Result<Found, WhyWhole> {
        let ledger = self.from.workspace.ledger_read_only();
        let ledger = ledger.map_err(RunError::from)?;
        let snapshot = ledger.resolve(At::Latest).map_err(of_ledger)?;
        let imports = imports(&ledger, At::Snapshot(snapshot)).map_err(RunError::from)?;
        let mut files: Vec<FileRead> = imports.iter().map(Import::as_read).collect();
        let settings = self.settings(&files)?;
        self.check(head, &settings, (&files, &imports))?;
        let known = from_ledger::known(self.from, &ledger, snapshot, &imports)?;
        let parts = folder.parts(head);
        parts.check().map_err(|_| WhyWhole::Damaged)?;
        let (changed, kept) = std::thread::scope(|scope| {
            let kept = scope.spawn(|| KeptRun::read(&folder.people(head), &settings.fold));
            (
                self.changed(&ledger, head, (snapshot, &imports)),
                kept.join(),
            )
        });
        let (numbers, changed) = changed?;
        let kept = kept.ok().and_then(Result::ok).ok_or(WhyWhole::Damaged)?;
        self.progress.begin(Step::Fold, 1);
        let earlier = Earlier::new(kept, new, None)?;
        let refold = Refold {
            settings: &settings.fold,
            drop_duplicates: settings.drop_duplicates,
            repeats_are_versions: repeats_are_versions(&files),
            as_of: settings.as_of,
            keeper: &earlier.keeper,
        };
        let refolded = refold.fold(&earlier.kept, &parts, &changed);
        let refolded = refolded.map_err(|error| WhyWhole::Failed(error.to_string()))?;
        self.progress.end();
        let (changed, by_date) = (refolded.changed, refolded.by_date);
        if let Some(file) = files.first_mut() {
            file.seen.refunds.latest = refolded.refunded;
        }
        Ok(Found {
            begun: begun((files, settings, known), refolded, &numbers),
            earlier,
            changed,
            by_date,
        })
    }

    fn settings(&self, files: &[FileRead]) -> Result<Resolved, RunError> {
        let preset = files.iter();
        let preset: Vec<_> = preset
            .flat_map(|file| file.understanding.defaults.clone())
            .collect();
        let currency = one_currency(files)?;
        from_ledger::check_currency(self.from, &self.request.flags, currency.as_deref())?;
        let file_settings = &self.read_with.file_settings;
        Ok(Resolved::new(
            &self.request.flags,
            file_settings,
            &preset,
            currency,
        )?)
    }

    /// Makes sure that what was kept was folded as it would be now, and that nothing has to be looked at across people.
    fn check(
        &self,
        head: &Head,
        settings: &Resolved,
        (files, imports): (&[FileRead], &[Import]),
    ) -> Result<(), WhyWhole> {
        if head.form != FORM || head.patron_version != this_patron() {
            return Err(WhyWhole::OtherVersion);
        }
        let now = folded_by(settings, files);
        if head.folded_by != now {
            let names = now
                .keys()
                .filter(|name| head.folded_by.get(*name) != now.get(*name));
            return Err(WhyWhole::Settings(names.cloned().collect()));
        }
        if settings.with_clv {
            return Err(WhyWhole::Values);
        }
        let is_new = |import: &&Import| import.id > head.last_import;
        let mut new = imports.iter().filter(is_new);
        if head.has_shared_orders || new.any(|import| import.details.keeps_shared_orders) {
            return Err(WhyWhole::SharedOrders);
        }
        let bytes: u64 = head.parts.iter().map(|part| part.bytes).sum();
        // Half of what is there may be nobody's any more.
        let is_loose = bytes / 2 > head.live_bytes + (1 << 20);
        if is_loose || head.parts.len() >= MOST_PARTS {
            return Err(WhyWhole::Tidying);
        }
        Ok(())
    }

    /// Finds whose facts changed since the run that was kept, and reads them.
    fn changed(
        &self,
        ledger: &Ledger,
        head: &Head,
        (snapshot, imports): (i64, &[Import]),
    ) -> Result<(Vec<u32>, Changed), WhyWhole> {
        let committed_at = from_ledger::committed_at(ledger, head.snapshot)?;
        if committed_at != Some(head.snapshot_at) {
            return Err(WhyWhole::SnapshotGone);
        }
        let between = (head.snapshot, snapshot);
        let difference = ledger.difference(&FACTS, between).map_err(of_ledger)?;
        let rows = difference.rows_added + difference.rows_gone;
        if rows > ALWAYS_FEW && rows > difference.rows_seen / ONE_IN {
            return Err(WhyWhole::MuchChanged);
        }
        let anew = ledger.persons_gone(&difference).map_err(of_ledger)?;
        if !anew.is_empty() {
            let joined = |snapshot| joined(ledger, At::Snapshot(snapshot)).map_err(RunError::from);
            let (before, now) = (joined(between.0)?, joined(between.1)?);
            // Who is one person no more may have an order with another.
            if before
                .iter()
                .any(|(customer, person)| now.get(customer) != Some(person))
            {
                return Err(WhyWhole::PersonsApart);
            }
        }
        let numbers = numbers_of(imports.iter().map(|import| import.id))?;
        let places = (0_u32..).zip(imports);
        let places: HashMap<i64, u32> = places.map(|(place, import)| (import.id, place)).collect();
        let whose = BTreeSet::new();
        let new = Wanted {
            at: At::Snapshot(snapshot),
            of: Persons::All,
            places: &places,
            lists: lists_of(imports),
            by_person: true,
            with_articles: false,
            since: Some((head.snapshot, if anew.is_empty() { &whose } else { &anew })),
        };
        let all_of_theirs = Wanted {
            of: Persons::These(anew.clone()),
            since: None,
            ..new.clone()
        };
        self.progress.begin(Step::Read, rows);
        let threads = self.resources.threads;
        let files = imports.iter().map(Import::as_read).collect();
        let gathered = gather_records::<RunError>(files, self.resources, |feeds| {
            if difference.rows_added > 0 {
                give::<RunError>(ledger, &new, feeds, threads, |_| {})?;
            }
            if !anew.is_empty() {
                give::<RunError>(ledger, &all_of_theirs, feeds, threads, |_| {})?;
            }
            Ok(())
        })?;
        self.progress.end();
        let changed = Changed::new(&gathered, anew.clone(), &numbers);
        let changed = changed.map_err(|error| RunError::from(EngineError::from(error)))?;
        Ok((numbers, changed))
    }
}

fn of_ledger(error: LedgerError) -> WhyWhole {
    RunError::from(WorkspaceError::from(error)).into()
}

fn begun(
    (files, settings, known): (Vec<FileRead>, Resolved, Known),
    refolded: Refolded,
    numbers: &[u32],
) -> Begun {
    Begun {
        files,
        settings,
        folded: refolded.into_folded(numbers),
        log: PurchaseLog::default(),
        known,
    }
}

/// Returns what imports go by where histories are kept.
pub(super) fn numbers_of(imports: impl Iterator<Item = i64>) -> Result<Vec<u32>, WhyWhole> {
    let numbers = imports.map(u32::try_from).collect::<Result<_, _>>();
    numbers.map_err(|error| WhyWhole::Failed(error.to_string()))
}

/// Returns everything that a fold depends on besides facts and the as-of day.
pub(crate) fn folded_by(settings: &Resolved, files: &[FileRead]) -> BTreeMap<String, String> {
    let fold = &settings.fold;
    let pairs = [
        ("fold_protocol", patron_fold::protocol::VERSION.to_string()),
        ("timezone", fold.calendar.name().to_owned()),
        (
            "tz_database",
            ShopCalendar::tz_database_version().to_owned(),
        ),
        ("window_months", fold.window_months.to_string()),
        ("window_days", format!("{:?}", fold.window_days)),
        ("zero_orders", format!("{:?}", fold.zero_orders)),
        ("unlinked_refunds", format!("{:?}", fold.unlinked_refunds)),
        ("return_window_days", fold.return_window_days.to_string()),
        ("drop_duplicates", settings.drop_duplicates.to_string()),
        ("grain", repeats_are_versions(files).to_string()),
    ];
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
