//! What the models know of the customers, and what these bought afterwards.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use patron_core::{Day, Instant};
use patron_engine::{CustomerTable, Gathered, Progress, Query, RejectedSink, Resources};
use patron_import::RejectedRow;
use patron_stats::gamma_gamma::{SpendHistories, SpendHistory};
use patron_stats::history::{History, WeightedHistories};

use super::{ClvError, summary};
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
    /// Threads.
    pub threads: usize,
    /// Memory that may be used.
    pub memory_bytes: u64,
    /// What is dated after its day is set aside.
    pub now: Instant,
}

/// A customer as the models see one.
#[derive(Debug, Clone, PartialEq)]
pub struct Customer {
    /// The id; the number of the row where a summary names none.
    pub id: String,
    /// Purchases up to the end of calibration.
    pub history: History,
    /// How many customers the row stands for.
    pub weight: u64,
    /// What a repeat purchase brought, where any did.
    pub spend: Option<SpendHistory>,
    /// Purchases after it, where these are known.
    pub later: Option<u32>,
    /// Purchases in a time as long before it, where these are known.
    pub before: Option<u32>,
}

/// A customer base.
#[derive(Debug, Clone)]
pub struct Base {
    /// Customers by id, or in the order of a summary.
    pub customers: Vec<Customer>,
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
}

impl Base {
    /// Returns the histories, counted.
    #[must_use]
    pub fn histories(&self) -> WeightedHistories {
        let customers = self.customers.iter();
        WeightedHistories::from_histories(
            customers.map(|customer| (customer.history, customer.weight)),
        )
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

fn of_summary(path: &Path, request: &BaseRequest) -> Result<Base, ClvError> {
    if request.holdout_end.is_some() || request.flags.as_of.is_some() {
        return Err(ClvError::NeedsOrders {
            what: "an end of calibration or holdout",
        });
    }
    let read_with = read_with(request, None)?;
    let settings = Resolved::new(&request.flags, &read_with.file_settings, &[], None);
    let settings = settings.map_err(RunError::from)?;
    Ok(Base {
        customers: summary::read(path)?,
        unit: settings.unit,
        calibration_end: None,
        holdout_end: None,
        settings,
        rows_set_aside: 0,
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
    let threads = request.threads.max(1);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| RunError::Threads {
        threads,
        message: error.to_string(),
    })?;
    pool.install(|| {
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
    })
}

/// Folds the facts as of the end of calibration, and of the holdout where there is one.
fn folded(
    gathered: &Gathered,
    settings: Resolved,
    request: &BaseRequest,
    progress: &dyn Progress,
) -> Result<Base, ClvError> {
    let (as_of, holdout_end) = ends(gathered, &settings, request, progress)?;
    let mut tables = match (as_of, holdout_end) {
        (Some(calibration_end), Some(holdout_end)) => {
            if holdout_end <= calibration_end {
                return Err(ClvError::DaysReversed {
                    later: "end of the holdout",
                    end: holdout_end,
                    earlier: "end of calibration",
                    start: calibration_end,
                });
            }
            let length = holdout_end.days_since(calibration_end);
            let before = Day(calibration_end.0.saturating_sub(length));
            let days = [before, calibration_end, holdout_end];
            let drop = settings.drop_duplicates;
            gathered.fold(&settings.fold, &days, drop, true, progress)?
        }
        (as_of, _) => {
            let drop = settings.drop_duplicates;
            gathered.fold_one(&settings.fold, as_of, drop, progress)?
        }
    }
    .by_day
    .into_iter()
    .map(|(table, _)| table);
    let before = holdout_end.and_then(|_| tables.next());
    let Some(table) = tables.next() else {
        return Err(RunError::from(gathered.no_valid_order()).into());
    };
    let later = tables.next();
    if table.is_empty() {
        return Err(RunError::from(gathered.no_valid_order()).into());
    }
    Ok(Base {
        customers: of_table(&table, [before.as_ref(), later.as_ref()], settings.unit),
        unit: settings.unit,
        calibration_end: Some(table.as_of.day),
        holdout_end,
        settings,
        rows_set_aside: 0,
    })
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
    let nobody = || ClvError::from(RunError::from(gathered.no_valid_order()));
    let asked = request
        .holdout_end
        .or_else(|| gathered.last_day_placed(&settings.fold));
    let asked = asked.ok_or_else(nobody)?;
    let drop = settings.drop_duplicates;
    let folded = gathered.fold(&settings.fold, &[asked], drop, false, progress)?;
    let profiles = folded.by_day.first().map(|(table, _)| &table.profiles);
    let bought = profiles.map(|profiles| {
        let first = profiles.iter().map(|profile| profile.first_day).min();
        first.zip(profiles.iter().map(|profile| profile.last_day).max())
    });
    let (first, last) = bought.flatten().ok_or_else(nobody)?;
    let end = request.holdout_end.unwrap_or(last);
    let calibration_end = Day(end.0 - end.days_since(first) / 3);
    Ok((Some(settings.as_of.unwrap_or(calibration_end)), Some(end)))
}

/// By customer, the days on which they had bought.
fn bought(table: &CustomerTable) -> HashMap<&str, u32> {
    let ids = (0..table.len()).map(|place| table.ids.get(place));
    let days = table.profiles.iter().map(|profile| profile.purchase_days);
    ids.zip(days).collect()
}

/// Customers of one day, with what they had bought at an earlier and a later one.
fn of_table(
    table: &CustomerTable,
    others: [Option<&CustomerTable>; 2],
    unit: Unit,
) -> Vec<Customer> {
    let [before, later] = others.map(|other| other.map(bought));
    let customers = table.profiles.iter().enumerate().map(|(place, profile)| {
        let id = table.ids.get(place);
        let days = day_history(&profile, table.as_of.day);
        let after = later.as_ref().map(|later| {
            let bought = later.get(id).copied().unwrap_or(0);
            // Who gave everything back since has bought nothing more.
            bought.saturating_sub(profile.purchase_days)
        });
        Customer {
            id: id.to_owned(),
            history: History::from_days(days, unit.days()).unwrap_or(History::NEW_CUSTOMER),
            weight: 1,
            spend: spend_history(&profile),
            later: after,
            before: before.as_ref().map(|before| {
                let had = before.get(id).copied().unwrap_or(0);
                profile.purchase_days.saturating_sub(had)
            }),
        }
    });
    customers.collect()
}
