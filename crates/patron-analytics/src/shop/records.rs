//! The facts of a ledger as records that say all they know: what rows hold besides goes along as details.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{
    Array, Decimal128Array, Int64Array, PrimitiveArray, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use patron_core::OrderStatus;
use patron_engine::details::{Detail, write_details};
use patron_engine::{Feed, Feeds, Progress, Record};
use patron_import::{Content, Field, RowKind};
use patron_ledger::{At, Ledger, Persons, ScanRequest, Table};

use crate::run::RunError;
use crate::workspace::{Wanted, WorkspaceError, columns_of, give_batch};

/// The tables of facts, with the columns that go along.
const TABLES: [(Table, &[(&str, Field)]); 7] = [
    (
        Table::Orders,
        &[
            ("gross", Field::Gross),
            ("discount", Field::Discount),
            ("platform_discount", Field::PlatformDiscount),
            ("shipping", Field::Shipping),
            ("tax", Field::Tax),
            ("coupon_code", Field::CouponCode),
            ("channel", Field::Channel),
            ("source", Field::Source),
            ("payment_due_at", Field::PaymentDueAt),
            ("shipped_at", Field::ShippedAt),
            ("delivered_at", Field::DeliveredAt),
        ],
    ),
    (
        Table::OrderLines,
        &[
            ("product_id", Field::ProductCode),
            ("category", Field::Category),
            ("quantity", Field::Quantity),
            ("unit_price", Field::UnitPrice),
            ("unit_cost", Field::UnitCost),
            ("discount", Field::Discount),
            ("coupon_code", Field::CouponCode),
            ("channel", Field::Channel),
            ("source", Field::Source),
            ("shipped_at", Field::ShippedAt),
            ("delivered_at", Field::DeliveredAt),
        ],
    ),
    (
        Table::Refunds,
        &[
            ("kind", Field::Kind),
            ("reason", Field::RefundReason),
            ("product_id", Field::ProductCode),
        ],
    ),
    (Table::SetAside, &[]),
    (
        Table::Customers,
        &[
            ("acquisition_channel", Field::AcquisitionChannel),
            ("country", Field::Country),
            ("region", Field::Region),
            ("city", Field::City),
            ("gender", Field::Gender),
            ("created_at", Field::CreatedAt),
        ],
    ),
    (
        Table::Events,
        &[
            ("kind", Field::Kind),
            ("product_id", Field::ProductCode),
            ("campaign", Field::Campaign),
            ("properties", Field::Properties),
        ],
    ),
    (
        Table::Surveys,
        &[("kind", Field::Kind), ("score", Field::Score)],
    ),
];

/// What tells versions of a row apart.
const VERSION: [&str; 4] = ["person_id", "import_id", "row_hash", "version_at"];

/// Reads the facts of a snapshot.
pub(super) struct Reading<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) at: At,
    pub(super) places: &'a HashMap<i64, u32>,
    pub(super) lists: &'a HashMap<i64, Content>,
    pub(super) threads: usize,
    pub(super) progress: &'a dyn Progress,
}

type Part<'t> = ((Table, &'t [(&'t str, Field)]), patron_ledger::Scan);

impl Reading<'_> {
    /// Feeds every fact, on several threads.
    pub(super) fn give(&self, feeds: &Feeds<'_>) -> Result<(), RunError> {
        let mut parts = Vec::new();
        for (table, details) in TABLES {
            let request = ScanRequest::new(table).at(self.at).of(Persons::All);
            let request = request.columns(&columns(table, details));
            let scan = self.ledger.scan(&request).map_err(WorkspaceError::from)?;
            let scans = scan.into_parts().into_iter();
            parts.extend(scans.map(|part| ((table, details), part)));
        }
        let threads = self.threads.clamp(1, parts.len().max(1));
        let parts = Mutex::new(parts.into_iter());
        let read = AtomicU64::new(0);
        let work = || feeds.feed::<RunError>(|feed| self.work(&parts, &read, feed));
        thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            let mut done = work();
            for other in others {
                match other.join() {
                    Ok(result) => done = done.and(result),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            done
        })
    }

    fn work<'t>(
        &self,
        parts: &Mutex<impl Iterator<Item = Part<'t>>>,
        read: &AtomicU64,
        feed: &mut Feed<'_>,
    ) -> Result<(), RunError> {
        let wanted = Wanted {
            at: self.at,
            of: Persons::All,
            places: self.places,
            lists: self.lists.clone(),
            by_person: true,
            with_articles: true,
            since: None,
        };
        let next = || parts.lock().unwrap_or_else(PoisonError::into_inner).next();
        while let Some(((table, details), part)) = next() {
            for batch in part {
                let batch = batch.map_err(WorkspaceError::from)?;
                let given = match table {
                    Table::Customers | Table::Events | Table::Surveys => {
                        self.give_list(table, &batch, details, feed)
                    }
                    _ => give_facts(table, &batch, (details, &wanted), feed),
                };
                given.map_err(patron_engine::EngineError::from)?;
                let rows = batch.num_rows() as u64;
                self.progress
                    .advance_to(read.fetch_add(rows, Ordering::Relaxed) + rows);
            }
        }
        Ok(())
    }

    /// Gives what lists say of customers, events and answers.
    fn give_list(
        &self,
        table: Table,
        batch: &RecordBatch,
        details: &[(&str, Field)],
        feed: &mut Feed<'_>,
    ) -> Result<(), patron_engine::GroupingError> {
        let told = Told::new(batch, details);
        let listed = Listed::new(table, batch);
        let mut bytes = Vec::new();
        for row in 0..batch.num_rows() {
            let import = cell(listed.import, row).unwrap_or(0);
            let list = self.lists.get(&import);
            // Lists of other things name customers only for who is who.
            let is_other = list.is_some_and(|list| *list != Content::Customers);
            let speaks = listed.kind != RowKind::Person || !is_other;
            let person = listed.persons.filter(|persons| persons.is_valid(row));
            let person = person.map_or("", |persons| persons.value(row));
            let file = self.places.get(&import);
            let Some(&file) = file.filter(|_| speaks && !person.is_empty()) else {
                continue;
            };
            let version = cell(listed.version, row);
            // What a list says of a customer holds over what orders say.
            let said_at = if list.is_some() {
                i64::MAX
            } else {
                version.unwrap_or(i64::MIN)
            };
            bytes.clear();
            write_details(told.of(row), &mut bytes);
            let id = listed.ids.filter(|ids| ids.is_valid(row));
            feed.take(&Record {
                kind: listed.kind,
                status: OrderStatus::Paid,
                at: match listed.at {
                    Some(_) => cell(listed.at, row).unwrap_or(i64::MIN),
                    None => said_at,
                },
                net: 0,
                row_hash: cell(listed.hash, row).unwrap_or(0).cast_unsigned(),
                quantity: 0,
                is_line: false,
                status_unsaid: false,
                updated_at: version,
                product: 0,
                file,
                line: 0,
                customer: person,
                order_id: id.map_or("", |ids| ids.value(row)),
                contact: None,
                details: &bytes,
            })?;
        }
        Ok(())
    }
}

/// The columns of a list by which its rows are known.
struct Listed<'b> {
    kind: RowKind,
    persons: Option<&'b StringArray>,
    ids: Option<&'b StringArray>,
    import: Option<&'b Int64Array>,
    hash: Option<&'b Int64Array>,
    version: Option<&'b TimestampMicrosecondArray>,
    /// Nothing of customers: what is said of them holds at any time.
    at: Option<&'b TimestampMicrosecondArray>,
}

impl<'b> Listed<'b> {
    fn new(table: Table, batch: &'b RecordBatch) -> Self {
        let texts = |name: &str| batch.column_by_name(name)?.as_string_opt::<i32>();
        let whole = |name: &str| batch.column_by_name(name)?.as_primitive_opt();
        let instants = |name: &str| batch.column_by_name(name)?.as_primitive_opt();
        let (kind, id, at) = match table {
            Table::Events => (RowKind::Event, "event_id", "occurred_at"),
            Table::Surveys => (RowKind::Answer, "response_id", "answered_at"),
            _ => (RowKind::Person, "", ""),
        };
        Self {
            kind,
            persons: texts("person_id"),
            ids: texts(id),
            import: whole("import_id"),
            hash: whole("row_hash"),
            version: instants("version_at"),
            at: instants(at),
        }
    }
}

fn cell<T: ArrowPrimitiveType>(
    column: Option<&PrimitiveArray<T>>,
    row: usize,
) -> Option<T::Native> {
    let column = column?;
    column.is_valid(row).then(|| column.value(row))
}

/// Gives orders, lines, refunds and rows set aside with their details.
fn give_facts(
    table: Table,
    batch: &RecordBatch,
    (details, wanted): (&[(&str, Field)], &Wanted<'_>),
    feed: &mut Feed<'_>,
) -> Result<(), patron_engine::GroupingError> {
    let told = Told::new(batch, details);
    let mut bytes = Vec::new();
    give_batch(table, batch, wanted, |row, record| {
        bytes.clear();
        write_details(told.of(row), &mut bytes);
        feed.take(&Record {
            details: &bytes,
            ..*record
        })
    })
}

fn columns<'t>(table: Table, details: &'t [(&'t str, Field)]) -> Vec<&'t str> {
    let mut columns: Vec<&str> = match table {
        Table::Events => [&VERSION[..], &["event_id", "occurred_at"]].concat(),
        Table::Surveys => [&VERSION[..], &["response_id", "answered_at"]].concat(),
        Table::Customers => VERSION.to_vec(),
        _ => columns_of(table),
    };
    for (name, _) in details {
        if !columns.contains(name) {
            columns.push(name);
        }
    }
    columns
}

/// The columns of a batch that go along.
struct Told<'b> {
    columns: Vec<(Field, Column<'b>)>,
}

enum Column<'b> {
    Text(&'b StringArray),
    Number(&'b Decimal128Array),
    Instant(&'b TimestampMicrosecondArray),
}

impl<'b> Told<'b> {
    fn new(batch: &'b RecordBatch, details: &[(&str, Field)]) -> Self {
        let column = |name: &str| {
            let column = batch.column_by_name(name)?;
            let text = || column.as_string_opt::<i32>().map(Column::Text);
            let number = || {
                column
                    .as_primitive_opt::<Decimal128Type>()
                    .map(Column::Number)
            };
            let instant = || {
                let column = column.as_primitive_opt::<TimestampMicrosecondType>();
                column.map(Column::Instant)
            };
            text().or_else(number).or_else(instant)
        };
        let columns = details.iter();
        Self {
            columns: columns
                .filter_map(|(name, field)| Some((*field, column(name)?)))
                .collect(),
        }
    }

    /// What a row says; empty cells say nothing.
    fn of(&self, row: usize) -> impl Iterator<Item = (Field, Detail<'b>)> + '_ {
        self.columns.iter().filter_map(move |(field, column)| {
            let detail = match column {
                Column::Text(column) => {
                    let text = column.is_valid(row).then(|| column.value(row))?;
                    (!text.is_empty()).then_some(Detail::Text(text))?
                }
                Column::Number(column) => {
                    let number = column.is_valid(row).then(|| column.value(row))?;
                    Detail::Number(i64::try_from(number).ok()?)
                }
                Column::Instant(column) => {
                    Detail::Instant(column.is_valid(row).then(|| column.value(row))?)
                }
            };
            Some((*field, detail))
        })
    }
}

/// The days of a column of dates.
pub(super) fn day(batch: &RecordBatch, name: &str, row: usize) -> Option<i32> {
    let column = batch
        .column_by_name(name)?
        .as_primitive_opt::<Date32Type>()?;
    column.is_valid(row).then(|| column.value(row))
}

pub(super) fn text<'b>(batch: &'b RecordBatch, name: &str, row: usize) -> Option<&'b str> {
    let column = batch.column_by_name(name)?.as_string_opt::<i32>()?;
    column.is_valid(row).then(|| column.value(row))
}

pub(super) fn number(batch: &RecordBatch, name: &str, row: usize) -> Option<i64> {
    let column = batch
        .column_by_name(name)?
        .as_primitive_opt::<Decimal128Type>()?;
    let number = column.is_valid(row).then(|| column.value(row))?;
    i64::try_from(number).ok()
}

pub(super) fn whole(batch: &RecordBatch, name: &str, row: usize) -> Option<i64> {
    let column = batch
        .column_by_name(name)?
        .as_primitive_opt::<Int64Type>()?;
    column.is_valid(row).then(|| column.value(row))
}

pub(super) fn instant(batch: &RecordBatch, name: &str, row: usize) -> Option<i64> {
    let column = batch.column_by_name(name)?;
    let column = column.as_primitive_opt::<TimestampMicrosecondType>()?;
    column.is_valid(row).then(|| column.value(row))
}
