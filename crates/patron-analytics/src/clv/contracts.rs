//! Models of contracts: who renews, from a table of cohorts or of customers.

use std::collections::BTreeMap;
use std::path::Path;

use patron_core::Day;
use patron_stats::bdw::BdwConfig;
use patron_stats::contract::{ContractHistories, ContractHistory, ContractModel};
use patron_stats::sbg::SbgConfig;

use super::ClvError;
use super::sheet::{Known, Row, Sheet};

const COHORT: Known = Known {
    what: "cohorts",
    headers: &["cohort"],
};
const PERIOD: Known = Known {
    what: "renewals that are over (`period`)",
    headers: &["period", "renewal", "year", "month"],
};
const CUSTOMERS: Known = Known {
    what: "customers (`customers`)",
    headers: &["customers", "weight", "n"],
};
const RENEWALS: Known = Known {
    what: "renewals that were due (`renewals`)",
    headers: &["renewals"],
};
const LEFT: Known = Known {
    what: "whether a customer left (`left`)",
    headers: &["left", "churned"],
};
const CUSTOMER: Known = Known {
    what: "customers (`customer_id`)",
    headers: &["customer_id", "id", "cust", "customer", "customerid"],
};
const START: Known = Known {
    what: "the day of signing (`start`)",
    headers: &["start", "signed", "start_date"],
};
const END: Known = Known {
    what: "the last day of the contract (`end`)",
    headers: &["end", "ended", "end_date"],
};

/// A model of contracts, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContractKey {
    /// Shifted beta-geometric: each customer's own chance of leaving stays as it is.
    Sbg,
    /// Beta-discrete-Weibull: it may grow or fall with time.
    Bdw,
}

/// Contracts as a file tells them.
#[derive(Debug, Clone)]
pub struct Contracts {
    /// Counted.
    pub histories: ContractHistories,
    /// Customers, groups of them, or cohorts, in the order of the file.
    pub rows: Vec<ContractRow>,
    /// What a reader must know.
    pub notes: Vec<String>,
}

/// A customer with a contract, or several with the same history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractRow {
    /// The id; that of a cohort; the number of the row where there is none.
    pub id: String,
    /// Renewals that were due. Of a cohort that of those who are still there.
    pub history: ContractHistory,
    /// How many the row stands for.
    pub customers: u64,
}

impl ContractKey {
    /// Returns the model of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "sbg" => Some(Self::Sbg),
            "bdw" => Some(Self::Bdw),
            _ => None,
        }
    }

    /// Returns the name.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Sbg => "sbg",
            Self::Bdw => "bdw",
        }
    }

    /// Fits the model.
    ///
    /// # Errors
    /// [`ClvError::Fit`].
    pub fn fit(self, contracts: &Contracts) -> Result<Box<dyn ContractModel>, ClvError> {
        let histories = &contracts.histories;
        let failed = |source| ClvError::Fit {
            model: self.key(),
            source,
        };
        Ok(match self {
            Self::Sbg => Box::new(
                SbgConfig::default()
                    .build()
                    .fit(histories)
                    .map_err(failed)?,
            ),
            Self::Bdw => Box::new(
                BdwConfig::default()
                    .build()
                    .fit(histories)
                    .map_err(failed)?,
            ),
        })
    }
}

/// Reads contracts: cohorts (`period`, `customers`, perhaps `cohort`), histories (`renewals`, `left`, perhaps `weight`), or customers
/// (`start`, `end`) with renewals every `unit_days` as of a day.
///
/// # Errors
/// [`ClvError::Read`], [`ClvError::ColumnMissing`], [`ClvError::Cell`], [`ClvError::Empty`].
pub fn contracts(path: &Path, unit_days: f64, as_of: Option<Day>) -> Result<Contracts, ClvError> {
    let mut sheet = Sheet::open(path)?;
    let found = if sheet.place(&START)?.is_some() {
        of_days(&mut sheet, unit_days, as_of)?
    } else if sheet.place(&RENEWALS)?.is_some() {
        of_histories(&mut sheet)?
    } else {
        of_cohorts(&mut sheet)?
    };
    if found.histories.entries().is_empty() {
        return Err(ClvError::Empty {
            path: path.to_owned(),
        });
    }
    Ok(found)
}

/// Cohorts: customers at the start (period 0) and after each renewal.
fn of_cohorts(sheet: &mut Sheet<'_>) -> Result<Contracts, ClvError> {
    let (period, customers) = (sheet.needed(&PERIOD)?, sheet.needed(&CUSTOMERS)?);
    let cohort = sheet.place(&COHORT)?;
    let mut cohorts: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let (mut entries, mut rows) = (Vec::new(), Vec::new());
    while let Some(row) = sheet.next()? {
        let name = cohort.map_or("", |column| row.text(column)).to_owned();
        let (number, count) = (row.count(period)?, u64::from(row.count(customers)?));
        let counts = cohorts.entry(name).or_default();
        if usize::try_from(number).ok() != Some(counts.len()) {
            let problem = format!(
                "expected {}: periods of a cohort follow one another from 0",
                counts.len()
            );
            return Err(row.wrong(period, problem));
        }
        if counts.last().is_some_and(|before| *before < count) {
            let problem = "expected no more customers than in the period before".to_owned();
            return Err(row.wrong(customers, problem));
        }
        counts.push(count);
    }
    for (name, counts) in cohorts {
        let histories = ContractHistories::from_cohort(&counts)?;
        entries.extend(histories.entries().iter().copied());
        let renewals = u32::try_from(counts.len() - 1).unwrap_or(u32::MAX);
        rows.push(ContractRow {
            id: named(&name, rows.len()),
            history: ContractHistory::staying(renewals),
            customers: counts.last().copied().unwrap_or(0),
        });
    }
    Ok(Contracts {
        histories: ContractHistories::new(entries),
        rows,
        notes: Vec::new(),
    })
}

/// Customers, or groups of them, with the renewals that were due.
fn of_histories(sheet: &mut Sheet<'_>) -> Result<Contracts, ClvError> {
    let (renewals, left) = (sheet.needed(&RENEWALS)?, sheet.needed(&LEFT)?);
    let weight = sheet.place(&CUSTOMERS)?;
    let id = sheet.place(&CUSTOMER)?;
    let mut rows: Vec<ContractRow> = Vec::new();
    while let Some(row) = sheet.next()? {
        let history = if yes_or_no(&row, left)? {
            let history = ContractHistory::left_at(row.count(renewals)?);
            history.map_err(|error| row.wrong(renewals, error.to_string()))?
        } else {
            ContractHistory::staying(row.count(renewals)?)
        };
        let weight = match weight {
            Some(column) => u64::from(row.count(column)?),
            None => 1,
        };
        rows.push(ContractRow {
            id: named(id.map_or("", |column| row.text(column)), rows.len()),
            history,
            customers: weight,
        });
    }
    Ok(Contracts::of(rows, Vec::new()))
}

/// The id of a row; its number where it has none.
fn named(id: &str, before: usize) -> String {
    if id.is_empty() {
        (before + 1).to_string()
    } else {
        id.to_owned()
    }
}

impl Contracts {
    fn of(rows: Vec<ContractRow>, notes: Vec<String>) -> Self {
        let entries = rows.iter().map(|row| (row.history, row.customers));
        Self {
            histories: ContractHistories::new(entries),
            rows,
            notes,
        }
    }
}

/// Customers with days: a renewal is due at the end of every unit.
fn of_days(
    sheet: &mut Sheet<'_>,
    unit_days: f64,
    as_of: Option<Day>,
) -> Result<Contracts, ClvError> {
    let (start, end) = (sheet.needed(&START)?, sheet.needed(&END)?);
    let id = sheet.place(&CUSTOMER)?;
    let mut spans: Vec<(String, Day, Option<Day>)> = Vec::new();
    while let Some(row) = sheet.next()? {
        let from = day(&row, start)?;
        let to = match row.text(end) {
            "" => None,
            _ => Some(day(&row, end)?),
        };
        if to.is_some_and(|to| to < from) {
            return Err(row.wrong(end, format!("expected no day before the start, {from}")));
        }
        let id = named(id.map_or("", |column| row.text(column)), spans.len());
        spans.push((id, from, to));
    }
    let days = spans.iter().map(|(_, from, to)| to.unwrap_or(*from));
    let last = days.max();
    let mut notes = Vec::new();
    let as_of = match (as_of, last) {
        (Some(day), _) => day,
        (None, Some(day)) => {
            notes.push(format!(
                "as of {day}, the last day of the file: say otherwise with `--as-of`"
            ));
            day
        }
        (None, None) => Day(0),
    };
    let later = spans.iter().filter(|(_, from, _)| *from > as_of).count();
    if later > 0 {
        notes.push(format!("{later} signed after {as_of} and are left out"));
    }
    let known = spans.into_iter().filter(|(_, from, _)| *from <= as_of);
    let rows = known.map(|(id, from, to)| {
        let units = |to: Day| f64::from(to.days_since(from)) / unit_days;
        let history = match to.filter(|to| *to <= as_of) {
            // Who ends early has decided at the renewal that ends the unit.
            Some(to) => ContractHistory::left_at(whole(units(to).round()).max(1)),
            None => Ok(ContractHistory::staying(whole(
                (units(as_of) + 1e-9).floor(),
            ))),
        };
        Ok(ContractRow {
            id,
            history: history?,
            customers: 1,
        })
    });
    let rows = rows.collect::<Result<Vec<_>, ClvError>>()?;
    Ok(Contracts::of(rows, notes))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rounded number of units between two days in order"
)]
const fn whole(units: f64) -> u32 {
    units as u32
}

fn day(row: &Row<'_>, column: usize) -> Result<Day, ClvError> {
    Day::parse_iso(row.text(column))
        .ok_or_else(|| row.wrong(column, "expected a day such as 2026-05-01".to_owned()))
}

fn yes_or_no(row: &Row<'_>, column: usize) -> Result<bool, ClvError> {
    match row.text(column).to_lowercase().as_str() {
        "1" | "true" | "yes" | "y" => Ok(true),
        "0" | "false" | "no" | "n" => Ok(false),
        _ => Err(row.wrong(
            column,
            "expected 1 for who left and 0 for who did not".to_owned(),
        )),
    }
}
