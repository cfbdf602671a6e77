//! `patron customer`: everything that is known of one customer.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use patron_core::{Coded, Day, ErrorCode, Instant, Money, ShopCalendar};
use patron_engine::Progress;
use patron_ledger::{At, LedgerError, Persons, ScanRequest, Table};

use crate::identity::joined;
use crate::run::{FromLedger, KeptUse, RunError, RunReport, RunRequest, TableFormat, run};
use crate::settings::Settings;
use crate::workspace::{Workspace, WorkspaceError, imports, lists_of};

/// Every table ends in the columns of its origin.
const ORIGIN_COLUMNS: usize = 5;

/// What is asked.
#[derive(Debug, Clone)]
pub struct CustomerRequest {
    /// Whose.
    pub id: String,
    /// As of which snapshot.
    pub at: At,
    /// Settings given as flags, such as the as-of day.
    pub flags: Settings,
    /// Threads.
    pub threads: usize,
    /// Memory that may be used.
    pub memory_bytes: u64,
    /// The time.
    pub now: Instant,
}

/// What is known of a customer.
#[derive(Debug)]
pub struct CustomerCard {
    /// The as-of day.
    pub as_of: Day,
    /// The shop's calendar.
    pub calendar: ShopCalendar,
    /// Column and value of the customer's row in `customers.csv`, where there is one; empty values are left out.
    pub profile: Vec<(String, String)>,
    /// Why there is no such row.
    pub no_order: Option<String>,
    /// Score by axis, with the values that have it.
    pub scores: Vec<(&'static str, String)>,
    /// The segments the customer belongs to, each with its condition.
    pub segments: Vec<(String, String)>,
    /// What lists of customers and the customer's orders say: column of the ledger and value, the newest of each.
    pub known: Vec<(String, String)>,
    /// The facts, in the order of their times.
    pub facts: Vec<FactCard>,
}

/// One fact of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactCard {
    /// When.
    pub at: Option<Instant>,
    /// `order`, `line`, `article` (of an order with its own amount), `refund`, `event`, `answer`, `set aside`.
    pub what: &'static str,
    /// The order's id; empty where there is none.
    pub order: String,
    /// The article; empty where none is named.
    pub article: String,
    /// The amount.
    pub amount: Option<Money>,
    /// What of it was paid back.
    pub refunded: Option<Money>,
    /// What became of it.
    pub fate: String,
    /// The import that brought it.
    pub import: i64,
}

/// Why a customer cannot be shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CustomerError {
    /// Nobody has this id.
    #[error("there is no customer `{id}`")]
    Unknown {
        /// The id.
        id: String,
    },
    /// The shop cannot be valued.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The workspace cannot be used.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// The results cannot be put down for a moment.
    #[error("cannot use a temporary folder")]
    Temporary(#[source] std::io::Error),
}

impl From<LedgerError> for CustomerError {
    fn from(error: LedgerError) -> Self {
        Self::Workspace(error.into())
    }
}

impl From<csv::Error> for CustomerError {
    fn from(error: csv::Error) -> Self {
        Self::Temporary(error.into())
    }
}

impl Coded for CustomerError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Unknown { .. } => ErrorCode::SettingInvalid,
            Self::Run(error) => error.code(),
            Self::Workspace(error) => error.code(),
            Self::Temporary(_) => ErrorCode::StorageUnreachable,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "no_such_customer",
            Self::Run(error) => error.key(),
            Self::Workspace(error) => error.key(),
            Self::Temporary(_) => "no_temporary_folder",
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Unknown { id } => vec![("id", id.clone())],
            Self::Run(error) => error.params(),
            Self::Workspace(error) => error.params(),
            Self::Temporary(_) => Vec::new(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { .. } => Some(
                "ids are those of `customers.csv`, exactly: capitals and blanks count".to_owned(),
            ),
            Self::Run(error) => error.hint(),
            Self::Workspace(error) => error.hint(),
            Self::Temporary(_) => Some("check the free space".to_owned()),
        }
    }
}

/// Looks a customer up: the whole shop is folded and scored, since scores and values depend on everybody.
///
/// # Errors
/// [`CustomerError`].
pub fn customer(
    workspace: &Workspace,
    request: &CustomerRequest,
    progress: &dyn Progress,
) -> Result<CustomerCard, CustomerError> {
    let folder = tempfile::tempdir().map_err(CustomerError::Temporary)?;
    let ran = run(
        &RunRequest {
            now: request.now,
            orders: Vec::new(),
            query: None,
            sorted_by_server: false,
            spark: None,
            ledger: Some(FromLedger {
                workspace: workspace.clone(),
                at: request.at,
            }),
            flags: request.flags.clone(),
            settings_file: None,
            month_ends: 0,
            out: folder.path().join("out"),
            formats: vec![TableFormat::Csv],
            // Settings of a card are not those of runs.
            kept: KeptUse::Leave,
            changes_only: false,
            threads: request.threads,
            memory_bytes: request.memory_bytes,
        },
        progress,
    )?;
    let at = ran.snapshot.map_or(At::Latest, At::Snapshot);
    let joined = joined(&workspace.ledger_read_only()?, at)?;
    let id = joined.get(&request.id).unwrap_or(&request.id).as_str();
    let profile = row_of(&ran, "customers.csv", id)?;
    let without = row_of(&ran, "customers_without_order.csv", id)?;
    let facts = facts_of(workspace, &ran, id)?;
    if profile.is_none() && without.is_none() && facts.is_empty() {
        return Err(CustomerError::Unknown {
            id: request.id.clone(),
        });
    }
    let profile = profile.unwrap_or_default();
    let mut known = known_of(workspace, &ran, id)?;
    let others = joined.iter().filter(|(_, person)| *person == id);
    let mut others: Vec<&str> = others.map(|(customer, _)| customer.as_str()).collect();
    others.sort_unstable();
    if !others.is_empty() {
        known.push(("also_known_as".to_owned(), others.join(", ")));
    }
    Ok(CustomerCard {
        as_of: ran.as_of,
        calendar: ran.settings.calendar.clone(),
        scores: scores_of(&ran, &profile),
        segments: segments_of(&ran, &profile),
        no_order: without.and_then(|row| row.last().map(|(_, reason)| reason.clone())),
        profile,
        known,
        facts,
    })
}

type Cells = Vec<(String, String)>;

fn row_of(ran: &RunReport, file: &str, id: &str) -> Result<Option<Cells>, CustomerError> {
    let mut reader = csv::Reader::from_path(ran.out.join(file))?;
    let header = reader.headers()?.clone();
    for record in reader.records() {
        let record = record?;
        if record.get(0) == Some(id) {
            let cells = header.iter().zip(record.iter());
            let filled = cells.filter(|(_, value)| !value.is_empty());
            return Ok(Some(
                filled
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect(),
            ));
        }
    }
    Ok(None)
}

fn value<'p>(profile: &'p [(String, String)], column: &str) -> &'p str {
    let found = profile.iter().find(|(name, _)| name == column);
    found.map_or("", |(_, value)| value)
}

/// A number as people read it: with at most four decimals.
fn short(number: f64) -> String {
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The score of each axis, and the values that have it.
fn scores_of(ran: &RunReport, profile: &[(String, String)]) -> Vec<(&'static str, String)> {
    let axes = ran.axes.iter().zip(["r_score", "f_score", "m_score"]);
    axes.filter_map(|(axis, column)| {
        let score: usize = value(profile, column).parse().ok()?;
        // The lowest recency has the highest score.
        let place = if axis.axis == "recency" {
            usize::from(axis.bins).checked_sub(score)?
        } else {
            score.checked_sub(1)?
        };
        let below = place.checked_sub(1).and_then(|place| axis.cuts.get(place));
        let range = match (below, axis.cuts.get(place)) {
            _ if axis.cuts.is_empty() => format!("by rank ({})", axis.method),
            (None, Some(up_to)) => format!("up to {}", short(*up_to)),
            (Some(over), Some(up_to)) => format!("over {} to {}", short(*over), short(*up_to)),
            (Some(over), None) => format!("over {}", short(*over)),
            (None, None) => "everybody".to_owned(),
        };
        Some((axis.axis, format!("{score} of {}: {range}", axis.bins)))
    })
    .collect()
}

/// The segments with their conditions; those that every vocabulary has say what they mean.
fn segments_of(ran: &RunReport, profile: &[(String, String)]) -> Vec<(String, String)> {
    let all = value(profile, "segments")
        .split('|')
        .filter(|key| !key.is_empty());
    all.map(|key| {
        let segments = &ran.settings.vocabulary.segments;
        let found = segments.iter().find(|segment| segment.key == key);
        let reason = match (found, key) {
            (Some(segment), _) => segment.when.clone(),
            (None, "soulmates") => "the top score on every axis".to_owned(),
            (None, "core") => "lifecycle active or silent".to_owned(),
            (None, _) => "no condition of the vocabulary fits".to_owned(),
        };
        (key.to_owned(), reason)
    })
    .collect()
}

fn facts_of(
    workspace: &Workspace,
    ran: &RunReport,
    id: &str,
) -> Result<Vec<FactCard>, CustomerError> {
    let ledger = workspace.ledger_read_only()?;
    let mut found = Vec::new();
    for table in [
        Table::Orders,
        Table::OrderLines,
        Table::Refunds,
        Table::Events,
        Table::Surveys,
        Table::SetAside,
    ] {
        let request = ScanRequest::new(table)
            .at(ran.snapshot.map_or(At::Latest, At::Snapshot))
            .of(Persons::These(BTreeSet::from([id.to_owned()])));
        for batch in ledger.scan(&request)? {
            let batch = batch?;
            found.extend((0..batch.num_rows()).map(|row| version_of(table, &batch, row)));
        }
    }
    let mut newest: BTreeMap<Key, (Option<i64>, i64)> = BTreeMap::new();
    for version in &found {
        let known = newest.entry(version.key.clone()).or_insert(version.made);
        *known = (*known).max(version.made);
    }
    let mut facts: Vec<FactCard> = found
        .into_iter()
        .map(|version| {
            let by = newest
                .get(&version.key)
                .filter(|made| **made > version.made);
            let mut fact = version.fact;
            if let Some((_, import)) = by {
                fact.fate = format!("superseded by import {import}");
            }
            fact
        })
        .collect();
    facts.sort_by(|a, b| (a.at, &a.order, a.import).cmp(&(b.at, &b.order, b.import)));
    Ok(facts)
}

/// What an answer says.
fn answer(text: &impl Fn(&str) -> String, score: Option<Money>) -> String {
    let score = score.map(|score| score.to_string()).unwrap_or_default();
    let said = [text("kind"), score, text("comment")];
    let said: Vec<String> = said.into_iter().filter(|part| !part.is_empty()).collect();
    said.join(" · ")
}

/// Whether a list says it, when it was made, and its import: the larger, the newer.
type Said = (bool, Option<i64>, i64);

/// What is said of a customer: of each column the newest value, those of lists before those of orders.
fn known_of(
    workspace: &Workspace,
    ran: &RunReport,
    id: &str,
) -> Result<Vec<(String, String)>, CustomerError> {
    let ledger = workspace.ledger_read_only()?;
    let at = ran.snapshot.map_or(At::Latest, At::Snapshot);
    let lists = lists_of(&imports(&ledger, at)?);
    let request = ScanRequest::new(Table::Customers)
        .at(at)
        .of(Persons::These(BTreeSet::from([id.to_owned()])));
    let mut newest: BTreeMap<usize, (Said, String, String)> = BTreeMap::new();
    for batch in ledger.scan(&request)? {
        let batch = batch?;
        for row in 0..batch.num_rows() {
            let import = whole(&batch, "import_id", row).unwrap_or(0);
            let is_list = lists.contains_key(&import);
            let age = (is_list, instant(&batch, "version_at", row), import);
            for (place, (name, value)) in said(&batch, row, &ran.settings.calendar) {
                let known = newest.get(&place).map(|(age, ..)| *age);
                if known.is_none_or(|known| known <= age) {
                    newest.insert(place, (age, name, value));
                }
            }
        }
    }
    let values = newest.into_values();
    Ok(values.map(|(_, name, value)| (name, value)).collect())
}

/// The columns of a customer's row that hold something besides ids and where it came from.
fn said(
    batch: &RecordBatch,
    row: usize,
    calendar: &ShopCalendar,
) -> Vec<(usize, (String, String))> {
    let own = Table::Customers
        .columns()
        .count()
        .saturating_sub(ORIGIN_COLUMNS);
    let fields = batch.schema_ref().fields().iter().enumerate().take(own);
    let fields =
        fields.filter(|(_, field)| !matches!(field.name().as_str(), "customer_id" | "person_id"));
    fields
        .filter_map(|(place, field)| {
            let column = batch.column(place);
            let value = match column.as_string_opt::<i32>() {
                Some(text) if !text.is_null(row) => text.value(row).to_owned(),
                _ => calendar.rfc3339(Instant(instant(batch, field.name(), row)?)),
            };
            Some((place, (field.name().clone(), value)))
        })
        .collect()
}

fn instant(batch: &RecordBatch, name: &str, row: usize) -> Option<i64> {
    let column = batch.column_by_name(name)?;
    let column = column.as_primitive_opt::<TimestampMicrosecondType>()?;
    (!column.is_null(row)).then(|| column.value(row))
}

fn whole(batch: &RecordBatch, name: &str, row: usize) -> Option<i64> {
    let column = batch
        .column_by_name(name)?
        .as_primitive_opt::<Int64Type>()?;
    (!column.is_null(row)).then(|| column.value(row))
}

/// What tells versions of a fact from other facts.
type Key = (&'static str, String, i64);

struct Version {
    key: Key,
    /// When it was made, and its import.
    made: (Option<i64>, i64),
    fact: FactCard,
}

fn version_of(table: Table, batch: &RecordBatch, row: usize) -> Version {
    let column = |name: &str| {
        let column = batch.column_by_name(name)?;
        (!column.is_null(row)).then_some(column)
    };
    let text = |name: &str| {
        let text = column(name).and_then(|column| column.as_string_opt::<i32>());
        text.map_or("", |text| text.value(row)).to_owned()
    };
    let money = |name: &str| {
        let column = column(name)?.as_primitive_opt::<Decimal128Type>()?;
        i64::try_from(column.value(row)).ok().map(Money)
    };
    let whole = |name: &str| whole(batch, name, row);
    let instant = |name: &str| instant(batch, name, row);
    let status = text("status");
    let amount = money("net").or(money("amount"));
    let (what, at, fate) = match table {
        Table::Orders => ("order", instant("ordered_at"), status),
        Table::OrderLines if amount.is_none() => ("article", instant("ordered_at"), String::new()),
        Table::OrderLines => ("line", instant("ordered_at"), status),
        Table::Refunds => ("refund", instant("refunded_at"), text("kind")),
        Table::Events => ("event", instant("occurred_at"), text("kind")),
        Table::Surveys => (
            "answer",
            instant("answered_at"),
            answer(&text, money("score")),
        ),
        _ => ("set aside", instant("at"), text("class").replace('_', " ")),
    };
    let import = whole("import_id").unwrap_or(0);
    let order = text("order_id");
    // A refund may turn out to be another order's.
    let of_order = match table {
        Table::Refunds => "",
        _ => order.as_str(),
    };
    let ids = ["refund_id", "event_id", "response_id", "row_key"].map(text);
    let id = format!("{of_order}{}", ids.concat());
    Version {
        key: (what, id, whole("line").unwrap_or(0)),
        made: (instant("version_at"), import),
        fact: FactCard {
            at: at.map(Instant),
            what,
            order: Some(order)
                .filter(|order| !order.starts_with("row:"))
                .unwrap_or_default(),
            article: text("product_id"),
            amount,
            refunded: money("refunded"),
            fate,
            import,
        },
    }
}
