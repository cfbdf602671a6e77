//! A whole shop out of its workspace: everybody folded, scored and valued as a run does, and every customer's dossier to look
//! at. What value analytics start from.

mod lists;
mod records;

use std::cmp::Ordering;
use std::collections::HashMap;
use std::path::Path;

use patron_core::{Day, Instant, Money};
use patron_engine::output::columns::ExpectedValues;
use patron_engine::output::{CustomerValues, ScoredCustomers};
use patron_engine::scoring::Segments;
use patron_engine::{
    CustomerTable, DaysAsked, EngineError, FileRead, Folded, Gathered, Progress, Resources, Step,
    Visitor, gather_records,
};
use patron_ledger::{At, Ledger};

use crate::run::{
    FromLedger, ReadWith, RunError, Scored, Valuation, check_currency, historic_values, score,
    value_customers,
};
use crate::settings::{Resolved, Settings};
use crate::threads::on_threads;
use crate::workspace::{Import, Workspace, WorkspaceError, imports, lists_of};

pub use lists::{Products, Purpose, Spend};

/// Which shop, as of when, and what the machine may be used for.
#[derive(Debug, Clone)]
pub struct ShopRequest {
    /// Whose facts, as of which snapshot.
    pub from: FromLedger,
    /// Settings given as flags.
    pub flags: Settings,
    /// Whether customer lifetime values are wanted; the settings may still leave them out.
    pub with_clv: bool,
    /// Threads.
    pub threads: usize,
    /// Memory that may be used.
    pub memory_bytes: u64,
    /// The time.
    pub now: Instant,
}

/// A shop that was folded, scored and valued.
pub struct Shop {
    /// Settings in force.
    pub settings: Resolved,
    /// Everybody with a valid order, by id.
    pub table: CustomerTable,
    /// What they are worth.
    pub valuation: Valuation,
    /// Which segments they are in.
    pub segments: Segments,
    /// People without a valid order.
    pub prospects: u64,
    pub(crate) scored: Scored,
    /// The snapshot that was read.
    pub snapshot: i64,
    gathered: Gathered,
    workspace: Workspace,
}

/// What would have been foretold of customers on an earlier day.
pub(crate) struct Foretold {
    table: CustomerTable,
    expected: ExpectedValues,
}

/// Without the people.
impl std::fmt::Debug for Shop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shop")
            .field("customers", &self.table.profiles.len())
            .field("snapshot", &self.snapshot)
            .finish_non_exhaustive()
    }
}

impl Shop {
    /// Reads, folds, scores and values a shop; facts that do not fit in memory go to a folder.
    fn read(
        request: &ShopRequest,
        spill_folder: &Path,
        progress: &dyn Progress,
    ) -> Result<Self, RunError> {
        let from = &request.from;
        let read_with = ReadWith::new(&request.flags, (None, Some(from)))?;
        let ledger = from.workspace.ledger_read_only()?;
        let snapshot = ledger.resolve(from.at).map_err(WorkspaceError::from)?;
        let resources = Resources {
            threads: request.threads.max(1),
            memory_bytes: request.memory_bytes,
            spill_folder: spill_folder.to_owned(),
            keeping: None,
        };
        let gathered = gather(&ledger, snapshot, (from, &resources), progress)?;
        check_currency(from, &request.flags, gathered.currency.as_deref())?;
        let mut settings = Resolved::new(
            &request.flags,
            &read_with.file_settings,
            &defaults(&gathered.files),
            gathered.currency.clone(),
        )?;
        settings.with_clv &= request.with_clv;
        let asked = DaysAsked {
            as_of: settings.as_of,
            with_purchases: settings.with_clv,
            // Visitors come for them.
            keep_facts: true,
            ..DaysAsked::default()
        };
        let drop = settings.drop_duplicates;
        let (mut folded, log) = gathered.fold_days(&settings.fold, asked, drop, progress)?;
        let last = folded.by_day.pop();
        let (table, prospects) = last.ok_or_else(|| gathered.no_valid_order())?;
        let scored = score(&table, &settings)?;
        let valuation = value_customers(&table, &log, &settings, progress);
        let segments = {
            let customers = scored.customers(&table, &valuation);
            Segments::new(&customers, &settings.vocabulary)?
        };
        Ok(Self {
            settings,
            table,
            valuation,
            segments,
            prospects: prospects.len() as u64,
            scored,
            snapshot,
            gathered,
            workspace: from.workspace.clone(),
        })
    }

    /// The as-of day.
    #[must_use]
    pub const fn as_of(&self) -> Day {
        self.table.as_of.day
    }

    /// Everybody with scores and values, for whoever writes or summarises them.
    #[must_use]
    pub const fn customers(&self) -> ScoredCustomers<'_> {
        self.scored.customers(&self.table, &self.valuation)
    }

    /// What would have been foretold on an earlier day, by what the ledger knows of that day now; nothing where no model could be
    /// fitted then, or nobody was a customer.
    pub(crate) fn foretold(
        &self,
        as_of: Day,
        progress: &dyn Progress,
    ) -> Result<Option<Foretold>, RunError> {
        let settings = &self.settings;
        let asked = DaysAsked {
            as_of: Some(as_of),
            with_purchases: settings.with_clv,
            keep_facts: true,
            ..DaysAsked::default()
        };
        let drop = settings.drop_duplicates;
        let folded = self
            .gathered
            .fold_days(&settings.fold, asked, drop, progress);
        let (mut folded, log) = match folded {
            Err(EngineError::AsOfBeforeFirstOrder { .. } | EngineError::NoValidOrder { .. }) => {
                return Ok(None);
            }
            folded => folded?,
        };
        let Some((table, _)) = folded.by_day.pop() else {
            return Ok(None);
        };
        let valuation = value_customers(&table, &log, settings, progress);
        let expected = valuation.values.expected;
        Ok(expected.map(|expected| Foretold { table, expected }))
    }

    /// The settings of the workspace.
    pub(crate) const fn file_settings(&self) -> &Settings {
        self.workspace.settings()
    }

    /// Returns where a customer stands in [`Self::table`]; nothing of somebody without a valid order.
    #[must_use]
    pub fn place_of(&self, id: &str) -> Option<usize> {
        place_in(&self.table, id)
    }

    /// Returns the key of the lifecycle stage of the customer at a place of [`Self::table`].
    #[must_use]
    pub fn stage_of(&self, place: usize) -> &'static str {
        let stage = self.scored.lifecycle.stages.get(place);
        stage.map_or("", |stage| stage.key())
    }

    /// Returns the key of a customer's primary segment.
    #[must_use]
    pub fn segment_of(&self, id: &str) -> Option<&str> {
        Some(self.segments.primary_key(self.place_of(id)?))
    }

    /// Shows the dossier of everybody, people without an order included, to visitors; each sees other people.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn visit<V: Visitor>(
        &self,
        progress: &dyn Progress,
        make: impl Fn() -> V + Sync,
    ) -> Result<Vec<V>, RunError> {
        self.visit_as_of(self.as_of(), progress, make)
    }

    /// The same as of another day, as the ledger knows that by now.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn visit_as_of<V: Visitor>(
        &self,
        as_of: Day,
        progress: &dyn Progress,
        make: impl Fn() -> V + Sync,
    ) -> Result<Vec<V>, RunError> {
        let settings = &self.settings;
        let drop = settings.drop_duplicates;
        let visitors = self
            .gathered
            .visit(&settings.fold, as_of, drop, progress, make);
        Ok(visitors?)
    }

    /// Folds everybody as of several days, ascending, in one walk over the facts. The last is a table, the others are a series.
    pub(crate) fn fold_series(
        &self,
        days: &[Day],
        progress: &dyn Progress,
    ) -> Result<Folded, RunError> {
        let (fold, drop) = (&self.settings.fold, self.settings.drop_duplicates);
        Ok(self.gathered.fold_series(fold, days, drop, progress)?)
    }

    /// The workspace.
    pub(crate) const fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// What was read of each import.
    pub(crate) fn files(&self) -> &[FileRead] {
        &self.gathered.files
    }

    /// What the list of products says, the newest of each.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn products(&self) -> Result<Products, RunError> {
        Ok(Products::read(
            &self.ledger()?,
            At::Snapshot(self.snapshot),
        )?)
    }

    /// What was spent on advertising, up to the as-of day.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn spend(&self) -> Result<Vec<Spend>, RunError> {
        let mut spend = lists::spend(&self.ledger()?, At::Snapshot(self.snapshot))?;
        spend.retain(|spend| spend.day <= self.as_of());
        Ok(spend)
    }

    fn ledger(&self) -> Result<Ledger, RunError> {
        Ok(self.workspace.ledger_read_only()?)
    }
}

impl Foretold {
    /// What was expected of everybody, by id.
    pub(crate) const fn expected(&self) -> &ExpectedValues {
        &self.expected
    }

    /// Which segments everybody was in, by the cut points of that day.
    pub(crate) fn segments(&self, shop: &Shop) -> Result<Segments, RunError> {
        let scored = score(&self.table, &shop.settings)?;
        let values = CustomerValues {
            historic_value: historic_values(&self.table, &shop.settings).historic_value,
            expected: Some(self.expected.clone()),
        };
        let customers = ScoredCustomers {
            table: &self.table,
            scores: &scored.scores,
            octants: &scored.octants,
            lifecycle: &scored.lifecycle,
            values: &values,
        };
        Ok(Segments::new(&customers, &shop.settings.vocabulary)?)
    }

    /// Returns the revenue foretold of a customer over the horizon; nothing of who was none then.
    pub(crate) fn revenue(&self, id: &str) -> Option<f64> {
        let place = place_in(&self.table, id)?;
        let purchases = self.expected.expected_purchases.get(place)?;
        let value = self.expected.expected_order_value.get(place)?;
        Some(purchases * Money(*value).to_f64())
    }
}

/// Where a customer stands in a table, which goes by id.
fn place_in(table: &CustomerTable, id: &str) -> Option<usize> {
    let (mut from, mut to) = (0, table.ids.len());
    while from < to {
        let middle = usize::midpoint(from, to);
        match table.ids.get(middle).cmp(id) {
            Ordering::Less => from = middle + 1,
            Ordering::Equal => return Some(middle),
            Ordering::Greater => to = middle,
        }
    }
    None
}

fn defaults(files: &[FileRead]) -> Vec<(String, String)> {
    let each = files.iter().map(|file| file.understanding.defaults.clone());
    each.flatten().collect()
}

/// Reads all facts with their details.
fn gather(
    ledger: &Ledger,
    snapshot: i64,
    (from, resources): (&FromLedger, &Resources),
    progress: &dyn Progress,
) -> Result<Gathered, RunError> {
    let at = At::Snapshot(snapshot);
    let imports = imports(ledger, at)?;
    if imports.is_empty() {
        return Err(RunError::EmptyLedger {
            folder: from.workspace.folder().to_owned(),
            earlier: from.at != At::Latest,
        });
    }
    let places = (0_u32..).zip(&imports);
    let places: HashMap<i64, u32> = places.map(|(place, import)| (import.id, place)).collect();
    let lists = lists_of(&imports);
    progress.begin(
        Step::Read,
        imports.iter().map(|import| import.rows_in).sum(),
    );
    let files = imports.iter().map(Import::as_read).collect();
    let reading = records::Reading {
        ledger,
        at,
        places: &places,
        lists: &lists,
        threads: resources.threads,
        progress,
    };
    // Whose an order is was settled when it was imported.
    let gathered = gather_records::<RunError>(files, resources, |feeds| reading.give(feeds))?;
    progress.end();
    Ok(gathered)
}

/// Reads a shop and has it studied, on as many threads as asked for.
///
/// # Errors
/// [`RunError`].
pub fn study<T: Send>(
    request: &ShopRequest,
    progress: &dyn Progress,
    work: impl FnOnce(&Shop) -> Result<T, RunError> + Send,
) -> Result<T, RunError> {
    let threads = request.threads.max(1);
    let spill = tempfile::tempdir().map_err(|source| RunError::Write {
        path: std::env::temp_dir(),
        source,
    })?;
    on_threads(threads, || {
        work(&Shop::read(request, spill.path(), progress)?)
    })
    .map_err(|message| RunError::Threads { threads, message })?
}
