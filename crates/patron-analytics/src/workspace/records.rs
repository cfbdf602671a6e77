//! The facts of a ledger as records, as if their files had just been read.

use std::collections::HashMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use patron_core::{OrderStatus, RowClass};
use patron_engine::{GroupingError, Record};
use patron_import::{ROW_HASH_SEED, RowKind, hash_field};
use patron_ledger::{At, Ledger, Persons, ScanRequest, Table};

use super::WorkspaceError;
use crate::import::{is_own_id, status_of};

/// What to give.
#[derive(Debug, Clone)]
pub(crate) struct Wanted<'a> {
    pub(crate) at: At,
    pub(crate) of: Persons,
    /// The place of each import; rows of others are passed over.
    pub(crate) places: &'a HashMap<i64, u32>,
    /// Facts go by person, as for a run; else by the customer of their source, with articles of orders besides.
    pub(crate) by_person: bool,
}

const FACTS: [Table; 5] = [
    Table::Orders,
    Table::OrderLines,
    Table::Refunds,
    Table::SetAside,
    Table::Customers,
];

/// Calls `take` with every record.
///
/// # Errors
/// Those of the ledger, and of `take`.
pub(crate) fn give<E>(
    ledger: &Ledger,
    wanted: &Wanted<'_>,
    mut take: impl FnMut(&Record<'_>) -> Result<(), GroupingError>,
) -> Result<(), E>
where
    E: From<WorkspaceError> + From<GroupingError>,
{
    for table in FACTS {
        let request = ScanRequest::new(table)
            .at(wanted.at)
            .of(wanted.of.clone())
            .columns(&columns_of(table));
        let scan = ledger.scan(&request).map_err(WorkspaceError::from)?;
        for batch in scan {
            let batch = batch.map_err(WorkspaceError::from)?;
            if table == Table::Customers {
                give_customers(&batch, wanted, &mut take)?;
            } else {
                give_batch(table, &batch, wanted, |_, record| take(record))?;
            }
        }
    }
    Ok(())
}

fn give_customers(
    batch: &RecordBatch,
    wanted: &Wanted<'_>,
    take: &mut impl FnMut(&Record<'_>) -> Result<(), GroupingError>,
) -> Result<(), GroupingError> {
    let cells = Cells::new(batch);
    for row in 0..batch.num_rows() {
        let import = cells.whole("import_id", row).unwrap_or(0);
        if let Some(&file) = wanted.places.get(&import) {
            give_customer(base(&cells, row, file, wanted), &cells, row, take)?;
        }
    }
    Ok(())
}

/// Calls `take` with every record of a batch of orders, lines, refunds or rows set aside, and the place of its row; one row may give two.
pub(crate) fn give_batch<'b>(
    table: Table,
    batch: &'b RecordBatch,
    wanted: &Wanted<'_>,
    mut take: impl FnMut(usize, &Record<'b>) -> Result<(), GroupingError>,
) -> Result<(), GroupingError> {
    let cells = Cells::new(batch);
    for row in 0..batch.num_rows() {
        give_row(table, &cells, row, wanted, &mut |record| take(row, record))?;
    }
    Ok(())
}

/// What every table has.
const COMMON: [&str; 5] = [
    "customer_id",
    "person_id",
    "import_id",
    "row_hash",
    "version_at",
];

/// What the tables of facts have besides.
const OF_FACTS: &str = "content_hash";

/// Returns the columns that [`give_batch`] needs.
pub(crate) fn columns_of(table: Table) -> Vec<&'static str> {
    let own: &[&str] = match table {
        Table::Orders => &["order_id", "ordered_at", "status", "net", "refunded"],
        Table::OrderLines => &[
            "order_id",
            "ordered_at",
            "product_id",
            "quantity",
            "net",
            "refunded",
            "status",
        ],
        Table::Refunds => &["order_id", "refunded_at", "product_id", "amount", "is_line"],
        Table::SetAside => &[
            "order_id",
            "at",
            "class",
            "product_id",
            "amount",
            "status",
            "is_line",
        ],
        _ => &["email", "phone", "name", "consents", "updated_at"],
    };
    let of_facts: &[&str] = if table == Table::Customers {
        &[]
    } else {
        &[OF_FACTS]
    };
    [own, of_facts, &COMMON].concat()
}

/// The columns of a batch by name.
struct Cells<'b> {
    columns: HashMap<&'b str, &'b dyn Array>,
}

impl<'b> Cells<'b> {
    fn new(batch: &'b RecordBatch) -> Self {
        let schema = batch.schema_ref().fields();
        let columns = schema
            .iter()
            .zip(batch.columns())
            .map(|(field, column)| (field.name().as_str(), column.as_ref()));
        Self {
            columns: columns.collect(),
        }
    }

    fn column(&self, name: &str, row: usize) -> Option<&'b dyn Array> {
        let column = self.columns.get(name)?;
        (!column.is_null(row)).then_some(*column)
    }

    fn text(&self, name: &str, row: usize) -> Option<&'b str> {
        let column = self.column(name, row)?;
        Some(column.as_string_opt::<i32>()?.value(row))
    }

    fn whole(&self, name: &str, row: usize) -> Option<i64> {
        let column = self.column(name, row)?;
        Some(column.as_primitive_opt::<Int64Type>()?.value(row))
    }

    fn number(&self, name: &str, row: usize) -> Option<i64> {
        let column = self.column(name, row)?;
        i64::try_from(column.as_primitive_opt::<Decimal128Type>()?.value(row)).ok()
    }

    fn instant(&self, name: &str, row: usize) -> Option<i64> {
        let column = self.column(name, row)?;
        Some(
            column
                .as_primitive_opt::<TimestampMicrosecondType>()?
                .value(row),
        )
    }

    fn yes(&self, name: &str, row: usize) -> bool {
        self.column(name, row)
            .and_then(|column| column.as_boolean_opt().map(|column| column.value(row)))
            .unwrap_or(false)
    }
}

fn give_row<'b>(
    table: Table,
    cells: &Cells<'b>,
    row: usize,
    wanted: &Wanted<'_>,
    take: &mut impl FnMut(&Record<'b>) -> Result<(), GroupingError>,
) -> Result<(), GroupingError> {
    let import = cells.whole("import_id", row).unwrap_or(0);
    let Some(&file) = wanted.places.get(&import) else {
        return Ok(());
    };
    let base = base(cells, row, file, wanted);
    let status = cells.text("status", row);
    match table {
        Table::Orders => give_order(base, cells, row, take)?,
        Table::OrderLines => give_line(base, cells, row, (wanted, status), take)?,
        Table::Refunds => take(&Record {
            kind: RowKind::Refund,
            at: cells.instant("refunded_at", row).unwrap_or(i64::MIN),
            net: cells.number("amount", row).unwrap_or(0),
            is_line: cells.yes("is_line", row),
            ..base
        })?,
        Table::SetAside => {
            let class = cells.text("class", row).unwrap_or_default();
            if let Some(&class) = RowClass::ALL.iter().find(|known| known.key() == class) {
                take(&Record {
                    kind: RowKind::Mention(class),
                    at: cells.instant("at", row).unwrap_or(i64::MIN),
                    net: cells.number("amount", row).unwrap_or(0),
                    is_line: cells.yes("is_line", row),
                    ..base
                })?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// What the records of all tables have in common.
fn base<'b>(cells: &Cells<'b>, row: usize, file: u32, wanted: &Wanted<'_>) -> Record<'b> {
    let row_hash = cells.whole("row_hash", row).unwrap_or(0);
    // What is compared is what rows say; what is folded is what the files say.
    let content = cells.whole(OF_FACTS, row).filter(|_| !wanted.by_person);
    let (row_hash, shown_hash) = (
        row_hash.cast_unsigned(),
        content.unwrap_or(row_hash).cast_unsigned(),
    );
    let whose = if wanted.by_person {
        "person_id"
    } else {
        "customer_id"
    };
    let order_id = cells.text("order_id", row).unwrap_or_default();
    let status = cells.text("status", row);
    let product = cells.text("product_id", row);
    Record {
        kind: RowKind::Order,
        status: status.and_then(status_of).unwrap_or(OrderStatus::Paid),
        at: i64::MIN,
        net: 0,
        row_hash: shown_hash,
        quantity: 0,
        is_line: false,
        status_unsaid: false,
        updated_at: cells.instant("version_at", row),
        product: product.map_or(0, product_hash),
        file,
        customer: cells.text(whose, row).unwrap_or_default(),
        order_id: if is_own_id(order_id, row_hash) {
            ""
        } else {
            order_id
        },
        contact: None,
        details: &[],
    }
}

fn give_order<'b>(
    base: Record<'b>,
    cells: &Cells<'b>,
    row: usize,
    take: &mut impl FnMut(&Record<'b>) -> Result<(), GroupingError>,
) -> Result<(), GroupingError> {
    let order = Record {
        kind: kind_by_status(base.status, RowKind::Order),
        at: cells.instant("ordered_at", row).unwrap_or(i64::MIN),
        net: cells.number("net", row).unwrap_or(0),
        product: 0,
        ..base
    };
    take(&order)?;
    give_refunded(order, cells, row, take)
}

fn give_line<'b>(
    base: Record<'b>,
    cells: &Cells<'b>,
    row: usize,
    (wanted, status): (&Wanted<'_>, Option<&str>),
    take: &mut impl FnMut(&Record<'b>) -> Result<(), GroupingError>,
) -> Result<(), GroupingError> {
    let line = Record {
        kind: kind_by_status(base.status, RowKind::Line),
        at: cells.instant("ordered_at", row).unwrap_or(i64::MIN),
        is_line: true,
        status_unsaid: status.is_none(),
        quantity: cells.number("quantity", row).unwrap_or(0),
        ..base
    };
    let Some(net) = cells.number("net", row) else {
        // The amount stands with the order; so does its fate.
        let article = Record {
            kind: RowKind::Person,
            is_line: false,
            ..line
        };
        return if wanted.by_person {
            Ok(())
        } else {
            take(&article)
        };
    };
    let line = Record { net, ..line };
    take(&line)?;
    give_refunded(line, cells, row, take)
}

/// Gives the refund that a row tells besides its order or line.
fn give_refunded<'b>(
    of: Record<'b>,
    cells: &Cells<'b>,
    row: usize,
    take: &mut impl FnMut(&Record<'b>) -> Result<(), GroupingError>,
) -> Result<(), GroupingError> {
    match cells.number("refunded", row) {
        Some(net) => take(&Record {
            kind: RowKind::Refund,
            at: i64::MIN,
            net,
            quantity: 0,
            ..of
        }),
        None => Ok(()),
    }
}

fn give_customer(
    base: Record<'_>,
    cells: &Cells<'_>,
    row: usize,
    take: &mut impl FnMut(&Record<'_>) -> Result<(), GroupingError>,
) -> Result<(), GroupingError> {
    let consents = cells.text("consents", row).unwrap_or("{}");
    let consents: serde_json::Value = serde_json::from_str(consents).unwrap_or_default();
    let text = |name| cells.text(name, row).unwrap_or_default();
    let consent = consents.get("email").and_then(serde_json::Value::as_str);
    take(&Record {
        kind: RowKind::Person,
        at: base.updated_at.unwrap_or(i64::MIN),
        updated_at: cells.instant("updated_at", row),
        contact: Some([
            text("email"),
            text("phone"),
            text("name"),
            consent.unwrap_or_default(),
        ]),
        ..base
    })
}

/// A row whose order was cancelled, void or a test is set aside, but speaks for its order.
const fn kind_by_status(status: OrderStatus, otherwise: RowKind) -> RowKind {
    match status {
        OrderStatus::Cancelled => RowKind::Mention(RowClass::CancelledOrder),
        OrderStatus::Void | OrderStatus::Test => RowKind::Mention(RowClass::TestOrVoid),
        _ => otherwise,
    }
}

/// The hash of an article, as rows of files have it.
fn product_hash(product: &str) -> u64 {
    hash_field(ROW_HASH_SEED, product.as_bytes()) | 1
}
