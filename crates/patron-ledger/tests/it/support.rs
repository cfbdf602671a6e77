//! What the tests share: rows of tables made from seeds, and ledgers in folders of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{
    Array, ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, new_null_array,
};
use patron_core::Instant;
use patron_ledger::{CommitInfo, Ledger, LedgerOptions, Location, ScanRequest, Table, Whom};

/// Noon of the first of January 2024, in microseconds UTC.
pub(crate) const NOON: i64 = 1_704_110_400_000_000;
const SECOND: i64 = 1_000_000;

/// One order, as far as the tests look at it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Order {
    pub(crate) order_id: String,
    pub(crate) person_id: String,
    /// Seconds after noon.
    pub(crate) second: i64,
    /// Ten-thousandths.
    pub(crate) net: i128,
    pub(crate) import_id: i64,
    /// Seconds after noon.
    pub(crate) version: Option<i64>,
}

impl Order {
    pub(crate) fn new(order: i64, person: i64, net: i128, import_id: i64) -> Self {
        Self {
            order_id: format!("o{order}"),
            person_id: format!("p{person}"),
            second: order * 7 % 100_000,
            net,
            import_id,
            version: None,
        }
    }
}

pub(crate) fn instant(second: i64) -> Instant {
    Instant(NOON + second * SECOND)
}

pub(crate) fn info(second: i64, message: &str) -> CommitInfo {
    CommitInfo {
        at: instant(second),
        author: "test".to_owned(),
        message: message.to_owned(),
        extra_info: None,
    }
}

/// Makes rows of a table: the given columns, the others empty, with the origin that every row needs.
pub(crate) fn rows_of(table: Table, count: usize, given: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let mut given: BTreeMap<_, _> = given.into_iter().collect();
    let hashes = Int64Array::from_iter_values(0..i64::try_from(count).unwrap());
    given.entry("row_hash").or_insert_with(|| Arc::new(hashes));
    given
        .entry("import_id")
        .or_insert_with(|| Arc::new(Int64Array::from(vec![1; count])));
    let schema = table.schema();
    let columns = schema.fields().iter().map(|field| {
        let given = given.remove(field.name().as_str());
        given.unwrap_or_else(|| new_null_array(field.data_type(), count))
    });
    let columns = columns.collect();
    assert!(given.is_empty(), "unknown columns {:?}", given.keys());
    RecordBatch::try_new(schema, columns).unwrap()
}

pub(crate) fn texts<'a>(values: impl IntoIterator<Item = &'a str>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

pub(crate) fn instants(values: impl IntoIterator<Item = Option<i64>>) -> ArrayRef {
    let micros = values
        .into_iter()
        .map(|second| second.map(|second| NOON + second * SECOND));
    let array: TimestampMicrosecondArray = micros.collect();
    Arc::new(array.with_timezone("UTC"))
}

pub(crate) fn order_rows(orders: &[Order]) -> RecordBatch {
    let net: Decimal128Array = orders.iter().map(|order| Some(order.net)).collect();
    let people = || texts(orders.iter().map(|order| order.person_id.as_str()));
    let given: Vec<(&str, ArrayRef)> = vec![
        (
            "order_id",
            texts(orders.iter().map(|order| order.order_id.as_str())),
        ),
        ("customer_id", people()),
        ("person_id", people()),
        (
            "ordered_at",
            instants(orders.iter().map(|order| Some(order.second))),
        ),
        (
            "net",
            Arc::new(net.with_precision_and_scale(18, 4).unwrap()),
        ),
        (
            "import_id",
            Arc::new(Int64Array::from_iter_values(
                orders.iter().map(|order| order.import_id),
            )),
        ),
        (
            "version_at",
            instants(orders.iter().map(|order| order.version)),
        ),
    ];
    rows_of(Table::Orders, orders.len(), given)
}

/// Reads orders back, sorted by all they have.
pub(crate) fn orders(ledger: &Ledger, request: &ScanRequest) -> Vec<Order> {
    let mut orders = Vec::new();
    for batch in ledger.scan(request).unwrap() {
        orders.extend(orders_in(&batch.unwrap()));
    }
    orders.sort();
    orders
}

pub(crate) fn orders_in(batch: &RecordBatch) -> Vec<Order> {
    let text = |name: &str| {
        batch
            .column_by_name(name)
            .unwrap()
            .as_string::<i32>()
            .clone()
    };
    let time = |name: &str| {
        let column = batch.column_by_name(name).unwrap();
        column.as_primitive::<TimestampMicrosecondType>().clone()
    };
    let (ids, people) = (text("order_id"), text("person_id"));
    let (at, version) = (time("ordered_at"), time("version_at"));
    let net = batch
        .column_by_name("net")
        .unwrap()
        .as_primitive::<Decimal128Type>();
    let import = batch
        .column_by_name("import_id")
        .unwrap()
        .as_primitive::<Int64Type>();
    (0..batch.num_rows())
        .map(|row| Order {
            order_id: ids.value(row).to_owned(),
            person_id: people.value(row).to_owned(),
            second: (at.value(row) - NOON) / SECOND,
            net: net.value(row),
            import_id: import.value(row),
            version: (!version.is_null(row)).then(|| (version.value(row) - NOON) / SECOND),
        })
        .collect()
}

/// Persons to erase, by nothing but their ids.
pub(crate) fn of_persons(persons: &BTreeSet<String>) -> Whom {
    Whom {
        persons: persons.clone(),
        ..Whom::default()
    }
}

pub(crate) fn sorted(mut orders: Vec<Order>) -> Vec<Order> {
    orders.sort();
    orders
}

pub(crate) fn append(ledger: &Ledger, rows: &[Order], second: i64) -> i64 {
    let mut transaction = ledger.begin().unwrap();
    transaction
        .append(Table::Orders, &order_rows(rows))
        .unwrap();
    transaction.commit(&info(second, "append")).unwrap()
}

/// Orders with ids and persons counted up.
pub(crate) fn many(from: i64, count: i64, people: i64, import_id: i64) -> Vec<Order> {
    (from..from + count)
        .map(|order| Order::new(order, order % people, i128::from(order) * 1_250, import_id))
        .collect()
}

pub(crate) fn small_options() -> LedgerOptions {
    LedgerOptions {
        inline_rows: 20,
        run_bytes: 1 << 20,
        rows_per_bucket: 3_000,
        ..LedgerOptions::default()
    }
}

pub(crate) fn make(workspace: &Path) -> Ledger {
    Ledger::create(
        &Location::in_workspace(workspace),
        small_options(),
        instant(0),
    )
    .unwrap()
}
