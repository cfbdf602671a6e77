//! The facts of a ledger as records, as if their files had just been read.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::thread;

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Decimal128Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{
    Array, BooleanArray, Decimal128Array, Int64Array, PrimitiveArray, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use patron_core::{OrderStatus, RowClass};
use patron_engine::{Contact, Feeds, GroupingError, Record, refund_hash};
use patron_import::{Content, ROW_HASH_SEED, RowKind, hash_field};
use patron_ledger::{At, Ledger, Persons, ScanRequest, Table};

use super::WorkspaceError;
use crate::import::{NOT_GIVEN, WITHDRAWN, is_own_id, status_of};

/// What to give.
#[derive(Debug, Clone)]
pub(crate) struct Wanted<'a> {
    pub(crate) at: At,
    pub(crate) of: Persons,
    /// The place of each import; rows of others are passed over.
    pub(crate) places: &'a HashMap<i64, u32>,
    /// The imports that were lists. What a list of customers says holds, whatever orders say; to compare orders with, none is
    /// given.
    pub(crate) lists: HashMap<i64, Content>,
    /// Facts go by person, as for a run; else by the customer of their source, with articles of orders besides.
    pub(crate) by_person: bool,
    /// By person, too, the articles of orders whose amount stands with the order.
    pub(crate) with_articles: bool,
    /// Only what this snapshot does not see, and nothing of these persons.
    pub(crate) since: Option<(i64, &'a BTreeSet<String>)>,
}

/// The tables with facts, in the order in which they are read.
pub(crate) const FACTS: [Table; 5] = [
    Table::Orders,
    Table::OrderLines,
    Table::Refunds,
    Table::SetAside,
    Table::Customers,
];

/// Feeds every record, on several threads; tells `advance` about how many rows more were read, now and then.
///
/// # Errors
/// Those of the ledger, and [`GroupingError`].
pub(crate) fn give<E>(
    ledger: &Ledger,
    wanted: &Wanted<'_>,
    feeds: &Feeds<'_>,
    threads: usize,
    advance: impl Fn(u64) + Sync,
) -> Result<(), E>
where
    E: From<WorkspaceError> + From<GroupingError> + Send,
{
    let mut parts = Vec::new();
    for table in FACTS {
        let request = ScanRequest {
            since: wanted.since.map(|(snapshot, _)| snapshot),
            ..ScanRequest::new(table)
                .at(wanted.at)
                .of(wanted.of.clone())
                .columns(&columns_of(table))
        };
        let scan = ledger.scan(&request).map_err(WorkspaceError::from)?;
        parts.extend(scan.into_parts().into_iter().map(|part| (table, part)));
    }
    let threads = threads.clamp(1, parts.len().max(1));
    let parts = Mutex::new(parts.into_iter());
    let next = || parts.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        feeds.feed::<E>(|feed| {
            let mut take = |record: &Record<'_>| match wanted.since {
                Some((_, but)) if but.contains(record.customer) => Ok(()),
                _ => feed.take(record),
            };
            while let Some((table, part)) = next() {
                for batch in part {
                    let batch = batch.map_err(WorkspaceError::from)?;
                    if table == Table::Customers {
                        give_customers(&batch, wanted, &mut take)?;
                    } else {
                        give_batch(table, &batch, wanted, |_, record| take(record))?;
                    }
                    advance(batch.num_rows() as u64);
                }
            }
            Ok(())
        })
    };
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

fn give_customers(
    batch: &RecordBatch,
    wanted: &Wanted<'_>,
    take: &mut impl FnMut(&Record<'_>) -> Result<(), GroupingError>,
) -> Result<(), GroupingError> {
    let cells = Cells::new(batch, wanted);
    for row in 0..batch.num_rows() {
        let import = value(cells.import_id, row).unwrap_or(0);
        let list = wanted.lists.get(&import);
        // Lists of other things name customers only for who is who.
        let is_other = list.is_some_and(|list| *list != Content::Customers);
        if list.is_some() && !wanted.by_person || is_other {
            continue;
        }
        if let Some(&file) = wanted.places.get(&import) {
            let is_list = list == Some(&Content::Customers);
            give_customer(base(&cells, row, file), &cells, row, is_list, take)?;
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
    let cells = Cells::new(batch, wanted);
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
        Table::Refunds => &[
            "refund_id",
            "order_id",
            "refunded_at",
            "product_id",
            "amount",
            "is_line",
            "kind",
        ],
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

/// The columns of a batch, looked up once.
struct Cells<'b> {
    whose: Texts<'b>,
    order_id: Texts<'b>,
    status: Texts<'b>,
    product_id: Texts<'b>,
    class: Texts<'b>,
    refund_id: Texts<'b>,
    kind: Texts<'b>,
    consents: Texts<'b>,
    email: Texts<'b>,
    phone: Texts<'b>,
    name: Texts<'b>,
    import_id: Option<&'b Int64Array>,
    row_hash: Option<&'b Int64Array>,
    content_hash: Option<&'b Int64Array>,
    /// When the fact was: of whatever name.
    at: Option<&'b TimestampMicrosecondArray>,
    version_at: Option<&'b TimestampMicrosecondArray>,
    updated_at: Option<&'b TimestampMicrosecondArray>,
    /// What it was worth: of whatever name.
    amount: Option<&'b Decimal128Array>,
    refunded: Option<&'b Decimal128Array>,
    quantity: Option<&'b Decimal128Array>,
    is_line: Option<&'b BooleanArray>,
}

type Texts<'b> = Option<&'b StringArray>;

impl<'b> Cells<'b> {
    fn new(batch: &'b RecordBatch, wanted: &Wanted<'_>) -> Self {
        let any = |names: &[&str]| names.iter().find_map(|name| batch.column_by_name(name));
        let text = |name| any(&[name]).and_then(|column| column.as_string_opt::<i32>());
        let whole = |name| any(&[name]).and_then(|column| column.as_primitive_opt::<Int64Type>());
        let instant = |names: &[&str]| {
            any(names).and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>())
        };
        let number = |names: &[&str]| {
            any(names).and_then(|column| column.as_primitive_opt::<Decimal128Type>())
        };
        let whose = if wanted.by_person {
            "person_id"
        } else {
            "customer_id"
        };
        Self {
            whose: text(whose),
            order_id: text("order_id"),
            status: text("status"),
            product_id: text("product_id"),
            class: text("class"),
            refund_id: text("refund_id"),
            kind: text("kind"),
            consents: text("consents"),
            email: text("email"),
            phone: text("phone"),
            name: text("name"),
            import_id: whole("import_id"),
            row_hash: whole("row_hash"),
            // What is compared is what rows say; what is folded is what the files say.
            content_hash: whole(OF_FACTS).filter(|_| !wanted.by_person),
            at: instant(&["ordered_at", "refunded_at", "at"]),
            version_at: instant(&["version_at"]),
            updated_at: instant(&["updated_at"]),
            amount: number(&["net", "amount"]),
            refunded: number(&["refunded"]),
            quantity: number(&["quantity"]),
            is_line: any(&["is_line"]).and_then(|column| column.as_boolean_opt()),
        }
    }

    fn at(&self, row: usize) -> i64 {
        value(self.at, row).unwrap_or(i64::MIN)
    }

    fn amount(&self, row: usize) -> Option<i64> {
        number(self.amount, row)
    }

    fn yes(&self, row: usize) -> bool {
        self.is_line
            .is_some_and(|column| column.is_valid(row) && column.value(row))
    }
}

fn text<'b>(column: Texts<'b>, row: usize) -> Option<&'b str> {
    let column = column?;
    column.is_valid(row).then(|| column.value(row))
}

fn value<T: ArrowPrimitiveType>(
    column: Option<&PrimitiveArray<T>>,
    row: usize,
) -> Option<T::Native> {
    let column = column?;
    column.is_valid(row).then(|| column.value(row))
}

fn number(column: Option<&Decimal128Array>, row: usize) -> Option<i64> {
    i64::try_from(value(column, row)?).ok()
}

fn give_row<'b>(
    table: Table,
    cells: &Cells<'b>,
    row: usize,
    wanted: &Wanted<'_>,
    take: &mut impl FnMut(&Record<'b>) -> Result<(), GroupingError>,
) -> Result<(), GroupingError> {
    let import = value(cells.import_id, row).unwrap_or(0);
    let Some(&file) = wanted.places.get(&import) else {
        return Ok(());
    };
    let list = wanted.lists.get(&import);
    if list.is_some() && !wanted.by_person {
        return Ok(());
    }
    let base = base(cells, row, file);
    let status = text(cells.status, row);
    match table {
        Table::Orders => give_order(base, cells, row, take)?,
        Table::OrderLines => give_line(base, cells, row, (wanted, status), take)?,
        Table::Refunds => give_refund(base, cells, row, take)?,
        Table::SetAside => {
            let class = text(cells.class, row).unwrap_or_default();
            if let Some(&class) = RowClass::ALL.iter().find(|known| known.key() == class) {
                take(&Record {
                    kind: RowKind::Mention(class),
                    at: cells.at(row),
                    net: cells.amount(row).unwrap_or(0),
                    is_line: cells.yes(row),
                    ..base
                })?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn give_refund<'b>(
    base: Record<'b>,
    cells: &Cells<'b>,
    row: usize,
    take: &mut impl FnMut(&Record<'b>) -> Result<(), GroupingError>,
) -> Result<(), GroupingError> {
    let own = own_refund(cells, row);
    let is_withdrawn = matches!(text(cells.kind, row), Some(WITHDRAWN | NOT_GIVEN));
    take(&Record {
        kind: if is_withdrawn {
            RowKind::Withdrawn
        } else {
            RowKind::Refund
        },
        // What tells refunds that are known by an id from others.
        status: own.map_or(base.status, |_| OrderStatus::Refunded),
        product: own.map_or(base.product, refund_hash),
        at: cells.at(row),
        net: cells.amount(row).unwrap_or(0),
        is_line: cells.yes(row),
        ..base
    })
}

/// The id that a refund has of its own: not one made of what its row says.
fn own_refund<'b>(cells: &Cells<'b>, row: usize) -> Option<&'b str> {
    let id = text(cells.refund_id, row)?;
    let is_made = id.starts_with("row:") || id.contains("#row:");
    (!is_made).then_some(id)
}

/// What the records of all tables have in common.
fn base<'b>(cells: &Cells<'b>, row: usize, file: u32) -> Record<'b> {
    let row_hash = value(cells.row_hash, row).unwrap_or(0);
    let content = value(cells.content_hash, row);
    let (row_hash, shown_hash) = (
        row_hash.cast_unsigned(),
        content.unwrap_or(row_hash).cast_unsigned(),
    );
    let order_id = text(cells.order_id, row).unwrap_or_default();
    let status = text(cells.status, row);
    let product = text(cells.product_id, row);
    Record {
        kind: RowKind::Order,
        status: status.and_then(status_of).unwrap_or(OrderStatus::Paid),
        at: i64::MIN,
        net: 0,
        row_hash: shown_hash,
        quantity: 0,
        is_line: false,
        status_unsaid: false,
        updated_at: value(cells.version_at, row),
        product: product.map_or(0, product_hash),
        file,
        customer: text(cells.whose, row).unwrap_or_default(),
        order_id: if is_own_id(order_id, row_hash) {
            ""
        } else {
            order_id
        },
        contact: None,
        line: 0,
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
        at: cells.at(row),
        net: cells.amount(row).unwrap_or(0),
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
        at: cells.at(row),
        is_line: true,
        status_unsaid: status.is_none(),
        quantity: number(cells.quantity, row).unwrap_or(0),
        ..base
    };
    let Some(net) = cells.amount(row) else {
        // The amount stands with the order; so does its fate.
        let article = Record {
            kind: RowKind::Person,
            is_line: false,
            ..line
        };
        return if wanted.by_person && !wanted.with_articles {
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
    match number(cells.refunded, row) {
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
    is_list: bool,
    take: &mut impl FnMut(&Record<'_>) -> Result<(), GroupingError>,
) -> Result<(), GroupingError> {
    let said_at = if is_list {
        i64::MAX
    } else {
        base.updated_at.unwrap_or(i64::MIN)
    };
    let consents = text(cells.consents, row).unwrap_or("{}");
    let consents: serde_json::Value = serde_json::from_str(consents).unwrap_or_default();
    let said = |column| text(column, row).unwrap_or_default();
    let consent = consents.get("email").and_then(serde_json::Value::as_str);
    let contact = [
        said(cells.email),
        said(cells.phone),
        said(cells.name),
        consent.unwrap_or_default(),
    ];
    take(&Record {
        kind: RowKind::Person,
        at: said_at,
        updated_at: value(cells.updated_at, row),
        contact: Some(Contact::Fields(&contact)),
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
