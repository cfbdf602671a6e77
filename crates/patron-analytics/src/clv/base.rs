//! What the models know of the customers, and what these bought afterwards.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use patron_core::{Day, Instant};
use patron_engine::{
    CustomerTable, EngineError, Gathered, Progress, Query, RejectedSink, Resources,
};
use patron_fold::FoldSettings;
use patron_import::RejectedRow;
use patron_stats::gamma_gamma::SpendHistories;
use patron_stats::history::{History, WeightedHistories};

use super::by_history::ByHistory;
use super::days::PurchaseDays;
use super::parts::on_threads;
use super::{ClvError, Customer, CustomerId, Customers, steps, summary};
use crate::run::{Facts, FromLedger, ReadWith, RunError, day_history, spend_history};
use crate::settings::{Resolved, Settings, Unit};

/// Where customers come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// Orders files, or a query in their place.
    Orders(Vec<PathBuf>, Option<Query>),
    /// A workspace's ledger.
    Ledger(Box<FromLedger>),
    /// A file with a row per customer.
    Summary(PathBuf),
}

/// What is asked of the customers' data.
#[derive(Debug, Clone)]
pub struct BaseRequest {
    /// Where they come from.
    pub source: Source,
    /// Settings given as flags. The as-of day is the end of what models are fitted to.
    pub flags: Settings,
    /// A settings file.
    pub settings_file: Option<PathBuf>,
    /// The last day on which later purchases are counted.
    pub holdout_end: Option<Day>,
    /// Where an end is not given, the last order ends the holdout, and its last third of the time is held out.
    pub split: bool,
    /// The days of purchases are kept, for what needs more of customers than histories.
    pub keep_days: bool,
    /// Threads.
    pub threads: usize,
    /// Memory that may be used.
    pub memory_bytes: u64,
    /// What is dated after its day is set aside.
    pub now: Instant,
}

/// A customer base.
#[derive(Debug, Clone)]
pub struct Base {
    /// Customers by id, or in the order of a summary.
    pub customers: Customers,
    /// The unit of their times.
    pub unit: Unit,
    /// The last day that the histories know of; nothing of a summary.
    pub calibration_end: Option<Day>,
    /// The last day on which later purchases are counted.
    pub holdout_end: Option<Day>,
    /// Months ahead, discount rate and margin.
    pub settings: Resolved,
    /// Rows that were set aside.
    pub rows_set_aside: u64,
    /// What a reader must know.
    pub notes: Vec<String>,
    /// When customers bought, where that is kept.
    pub(super) days: Option<PurchaseDays>,
    /// Customers by history, found when first asked for.
    by_history: OnceLock<ByHistory>,
}

impl Base {
    /// Returns the histories, counted.
    #[must_use]
    pub fn histories(&self) -> WeightedHistories {
        self.by_history().weighted()
    }

    pub(super) fn by_history(&self) -> &ByHistory {
        self.by_history
            .get_or_init(|| ByHistory::of(&self.customers))
    }

    /// Returns a base of other customers, in the same unit and with the same settings; nothing is known of their days.
    pub(super) fn of(&self, customers: Customers) -> Self {
        Self {
            customers,
            unit: self.unit,
            calibration_end: self.calibration_end,
            holdout_end: self.holdout_end,
            settings: self.settings.clone(),
            rows_set_aside: self.rows_set_aside,
            notes: self.notes.clone(),
            days: None,
            by_history: OnceLock::new(),
        }
    }

    /// Returns whether the days of purchases are known: of orders, where they were asked for.
    #[must_use]
    pub const fn has_days(&self) -> bool {
        self.days.is_some()
    }

    /// Returns what repeat purchases brought, counted.
    #[must_use]
    pub fn spends(&self) -> SpendHistories {
        let customers = self.customers.iter();
        SpendHistories::from_counted(
            customers.filter_map(|customer| Some((customer.spend?, customer.weight))),
        )
    }

    /// Returns the number of customers.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.customers.iter().map(|customer| customer.weight).sum()
    }

    /// Returns true if there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.customers.is_empty()
    }
}

/// Reads the customers.
///
/// # Errors
/// [`ClvError`].
pub fn customers(request: &BaseRequest, progress: &dyn Progress) -> Result<Base, ClvError> {
    match &request.source {
        Source::Summary(path) => of_summary(path, request),
        Source::Orders(orders, query) => {
            let read_with = read_with(request, None)?;
            of_facts(
                (orders, query.as_ref(), None),
                &read_with,
                request,
                progress,
            )
        }
        Source::Ledger(from) => {
            let read_with = read_with(request, Some(from))?;
            of_facts((&[], None, Some(from)), &read_with, request, progress)
        }
    }
}

fn read_with(request: &BaseRequest, from: Option<&FromLedger>) -> Result<ReadWith, RunError> {
    ReadWith::new(&request.flags, (request.settings_file.as_deref(), from))
}

/// Returns the settings where there are no customers to read: of contracts.
///
/// # Errors
/// [`ClvError::Run`] for a settings file that cannot be read, or a setting outside its domain.
pub fn settings_alone(flags: &Settings, file: Option<&Path>) -> Result<Resolved, ClvError> {
    let read_with = ReadWith::new(flags, (file, None))?;
    let settings = Resolved::new(flags, &read_with.file_settings, &[], None);
    Ok(settings.map_err(RunError::from)?)
}

fn of_summary(path: &Path, request: &BaseRequest) -> Result<Base, ClvError> {
    if request.holdout_end.is_some() || request.flags.as_of.is_some() {
        return Err(ClvError::NeedsOrders {
            what: "an end of calibration or holdout",
        });
    }
    let flags = &request.flags;
    for (what, is_given) in [
        ("`--encoding`", flags.encoding.is_some()),
        ("`--delimiter`", flags.delimiter.is_some()),
        ("`--decimal-mark`", flags.decimal_mark.is_some()),
        ("`--map`", flags.map.is_some()),
        ("`--as`", flags.preset.is_some()),
    ] {
        if is_given {
            return Err(ClvError::NotOfSummary { what });
        }
    }
    let read_with = read_with(request, None)?;
    let settings = Resolved::new(&request.flags, &read_with.file_settings, &[], None);
    let settings = settings.map_err(RunError::from)?;
    steps::done("settings", 1);
    let customers = summary::read(path)?;
    steps::done("reading", customers.len());
    Ok(Base {
        customers,
        unit: settings.unit,
        calibration_end: None,
        holdout_end: None,
        settings,
        rows_set_aside: 0,
        notes: Vec::new(),
        days: None,
        by_history: OnceLock::new(),
    })
}

/// Counts the rows set aside: `patron run` lists them.
struct Counter(u64);

impl RejectedSink for Counter {
    fn take(&mut self, _: &str, _: &RejectedRow) -> io::Result<()> {
        self.0 += 1;
        Ok(())
    }
}

fn of_facts(
    (orders, query, ledger): (&[PathBuf], Option<&Query>, Option<&FromLedger>),
    read_with: &ReadWith,
    request: &BaseRequest,
    progress: &dyn Progress,
) -> Result<Base, ClvError> {
    let spill = tempfile::tempdir().map_err(|source| RunError::Write {
        path: std::env::temp_dir(),
        source,
    })?;
    let facts = Facts {
        orders,
        query,
        ledger,
        flags: &request.flags,
        read_with,
        resources: Resources {
            threads: request.threads.max(1),
            memory_bytes: request.memory_bytes,
            spill_folder: spill.path().to_owned(),
            keeping: None,
        },
        now: request.now,
    };
    on_threads(request.threads, || {
        let mut rejected = Counter(0);
        let (gathered, _) = facts.gather(&mut rejected, progress)?;
        let preset = gathered.files.iter();
        let preset: Vec<_> = preset
            .flat_map(|file| file.understanding.defaults.clone())
            .collect();
        let settings = Resolved::new(
            &request.flags,
            &read_with.file_settings,
            &preset,
            gathered.currency.clone(),
        );
        let settings = settings.map_err(RunError::from)?;
        folded(&gathered, settings, request, progress).map(|base| Base {
            rows_set_aside: rejected.0,
            ..base
        })
    })?
}

/// Folds the facts as of the end of calibration, and of the holdout where there is one.
fn folded(
    gathered: &Gathered,
    settings: Resolved,
    request: &BaseRequest,
    progress: &dyn Progress,
) -> Result<Base, ClvError> {
    let (as_of, holdout_end) = ends(gathered, &settings, request, progress)?;
    let last = gathered.days_placed(&settings.fold).map(|(_, last)| last);
    // A fit alone knows nothing of what was given back after its end.
    let until = match holdout_end.filter(|_| request.split).or(as_of) {
        _ if !request.keep_days => None,
        None => Some(last_valid_day(gathered, &settings, progress)?),
        known => known,
    };
    let days = days(gathered, &settings, until)?;
    let mut tables = match (as_of, holdout_end) {
        (Some(calibration_end), Some(holdout_end)) => {
            if holdout_end <= calibration_end {
                return Err(ClvError::DaysReversed {
                    later: if request.holdout_end.is_some() {
                        "end of the holdout"
                    } else {
                        "last order's day"
                    },
                    end: holdout_end,
                    earlier: "end of calibration",
                    start: calibration_end,
                });
            }
            // What falls into the holdout, and into a time as long before it.
            let fold = FoldSettings {
                window_days: Some(holdout_end.days_since(calibration_end)),
                ..settings.fold.clone()
            };
            let days = [calibration_end, holdout_end];
            gathered.fold(&fold, &days, settings.drop_duplicates, true, progress)?
        }
        (as_of, _) => {
            let drop = settings.drop_duplicates;
            gathered.fold_one(&settings.fold, as_of, drop, progress)?
        }
    }
    .by_day
    .into_iter()
    .map(|(table, _)| table);
    let table = tables.next().filter(|table| !table.is_empty());
    let Some(table) = table else {
        return Err(nobody(gathered, &settings, as_of));
    };
    let later = tables.next();
    let ends = [Some(table.as_of.day), holdout_end].into_iter().flatten();
    let beyond = last.zip(ends.max()).filter(|(last, end)| end > last);
    let notes = beyond.map(|(last, end)| {
        format!(
            "the last order is of {last}: up to {end} nothing was bought, or is not in the data"
        )
    });
    Ok(Base {
        customers: of_table(&table, later.as_ref(), settings.unit),
        unit: settings.unit,
        calibration_end: Some(table.as_of.day),
        holdout_end,
        settings,
        rows_set_aside: 0,
        notes: notes.into_iter().collect(),
        days,
        by_history: OnceLock::new(),
    })
}

/// The days on which customers bought, as known at the end of one; nothing where that is not asked for.
fn days(
    gathered: &Gathered,
    settings: &Resolved,
    until: Option<Day>,
) -> Result<Option<PurchaseDays>, ClvError> {
    let Some(until) = until else { return Ok(None) };
    let bought = gathered.purchase_days(&settings.fold, until, settings.drop_duplicates)?;
    Ok(Some(PurchaseDays::new(bought, until)))
}

/// Says that nobody had bought by a day.
fn nobody(gathered: &Gathered, settings: &Resolved, as_of: Option<Day>) -> ClvError {
    let earliest = gathered.days_placed(&settings.fold).map(|(first, _)| first);
    let error = match (as_of, earliest) {
        (Some(as_of), Some(earliest)) if earliest > as_of => {
            EngineError::AsOfBeforeFirstOrder { as_of, earliest }
        }
        _ => gathered.no_valid_order(),
    };
    RunError::from(error).into()
}

/// The ends of calibration and holdout: as given, or chosen where they are to be.
fn ends(
    gathered: &Gathered,
    settings: &Resolved,
    request: &BaseRequest,
    progress: &dyn Progress,
) -> Result<(Option<Day>, Option<Day>), ClvError> {
    let given = (settings.as_of, request.holdout_end);
    if !request.split || matches!(given, (Some(_), Some(_))) {
        return Ok(given);
    }
    let last = || gathered.days_placed(&settings.fold).map(|(_, last)| last);
    let asked = request.holdout_end.or_else(last);
    let asked = asked.ok_or_else(|| nobody(gathered, settings, None))?;
    let drop = settings.drop_duplicates;
    let folded = gathered.fold(&settings.fold, &[asked], drop, false, progress)?;
    let profiles = folded.by_day.first().map(|(table, _)| &table.profiles);
    let bought = profiles.map(|profiles| {
        let first = profiles.iter().map(|profile| profile.first_day).min();
        first.zip(profiles.iter().map(|profile| profile.last_day).max())
    });
    let bought = bought.flatten();
    let (first, last) = bought.ok_or_else(|| nobody(gathered, settings, Some(asked)))?;
    if first == last && settings.as_of.is_none() {
        return Err(ClvError::OneDay { day: first });
    }
    let end = request.holdout_end.unwrap_or(last);
    let calibration_end = Day(end.0 - end.days_since(first) / 3);
    Ok((Some(settings.as_of.unwrap_or(calibration_end)), Some(end)))
}

/// The day of the last valid order, as that day knows it.
fn last_valid_day(
    gathered: &Gathered,
    settings: &Resolved,
    progress: &dyn Progress,
) -> Result<Day, ClvError> {
    let placed = gathered.days_placed(&settings.fold);
    let (_, mut day) = placed.ok_or_else(|| nobody(gathered, settings, None))?;
    loop {
        let drop = settings.drop_duplicates;
        let folded = gathered.fold(&settings.fold, &[day], drop, false, progress)?;
        let profiles = folded.by_day.first().map(|(table, _)| &table.profiles);
        let last = profiles.and_then(|found| found.iter().map(|one| one.last_day).max());
        match last.ok_or_else(|| nobody(gathered, settings, None))? {
            last if last < day => day = last,
            _ => return Ok(day),
        }
    }
}

/// Customers of one day, with what they bought in the window that ends with it and in the one that ends with a later day.
fn of_table(table: &CustomerTable, later: Option<&CustomerTable>, unit: Unit) -> Customers {
    let bought = later.map(|later| {
        let ids = (0..later.len()).map(|place| later.ids.get(place));
        let days = later.profiles.iter();
        let days = days.map(|profile| profile.purchase_days_window);
        ids.zip(days).collect::<HashMap<&str, u32>>()
    });
    let customers = table.profiles.iter().enumerate().map(|(place, profile)| {
        let id = table.ids.get(place);
        let days = day_history(&profile, table.as_of.day);
        Customer {
            id: CustomerId::Named(id),
            history: History::from_days(days, unit.days()).unwrap_or(History::NEW_CUSTOMER),
            weight: 1,
            spend: spend_history(&profile),
            ln_intervals: None,
            // Who gave everything back since is no customer then.
            later: bought
                .as_ref()
                .map(|bought| bought.get(id).copied().unwrap_or(0)),
            before: bought.as_ref().map(|_| profile.purchase_days_window),
        }
    });
    customers.collect()
}
