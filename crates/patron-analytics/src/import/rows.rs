//! From records of facts to rows of the ledger's tables.
//!
//! | record | table |
//! |---|---|
//! | an order, also a cancelled or void one | `orders` |
//! | a line, also a cancelled one; a further row of an order | `order_lines` (the latter without an amount) |
//! | a refund | `refunds`; that of an order's own row is its `refunded` |
//! | any other row that was set aside | `set_aside` |
//! | contact details | `customers`, one row per customer and import |

use std::collections::HashMap;

use patron_core::{OrderStatus, RowClass};
use patron_engine::details::{self, Detail};
use patron_engine::{ContactFields, Record};
use patron_import::{Field, RowKind};
use patron_ledger::{LedgerError, Table, Transaction};
use xxhash_rust::xxh3::xxh3_64;

use super::sheet::{Sheet, Value};

/// Fields that belong to the customer, not to the order.
const OF_CUSTOMERS: &[&str] = &[
    "address",
    "postal_code",
    "city",
    "region",
    "country",
    "company",
    "gender",
    "birth_date",
    "acquisition_channel",
];

/// What one file is to its rows.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) import: i64,
    pub(crate) file: String,
    pub(crate) currency: Option<String>,
}

/// A table that rows go to, with the places of the columns that details go to.
struct Target {
    table: Table,
    sheet: Sheet,
    details: Vec<Option<usize>>,
}

impl Target {
    fn new(table: Table) -> Self {
        let sheet = Sheet::new(table);
        let is_here = |name: &str| table == Table::Customers || !OF_CUSTOMERS.contains(&name);
        let place = |field: &Field| sheet.place(field.key()).filter(|_| is_here(field.key()));
        let details = Field::ALL.iter().map(place).collect();
        Self {
            table,
            sheet,
            details,
        }
    }

    fn push(&mut self, cells: &[(&str, Value<'_>)], details: &[(Field, Detail<'_>)]) {
        let own = cells
            .iter()
            .filter_map(|(name, value)| Some((self.sheet.place(name)?, *value)));
        let mut all: Vec<(usize, Value<'_>)> = own.collect();
        for (field, detail) in details {
            let place = Field::ALL.iter().position(|other| other == field);
            if let Some(Some(place)) = place.and_then(|place| self.details.get(place)) {
                let value = match *detail {
                    Detail::Text(text) => Value::Text(text),
                    Detail::Number(number) => Value::Number(number),
                    Detail::Instant(at) => Value::Instant(at),
                };
                all.push((*place, value));
            }
        }
        self.sheet.push(&all);
    }
}

/// Gathers rows of all tables.
pub(crate) struct Rows {
    orders: Target,
    lines: Target,
    refunds: Target,
    set_aside: Target,
    customers: Target,
    origins: Vec<Origin>,
}

impl Rows {
    pub(crate) fn new(origins: Vec<Origin>) -> Self {
        Self {
            orders: Target::new(Table::Orders),
            lines: Target::new(Table::OrderLines),
            refunds: Target::new(Table::Refunds),
            set_aside: Target::new(Table::SetAside),
            customers: Target::new(Table::Customers),
            origins,
        }
    }

    /// Adds the rows of one order, or equal rows without an order, that one file brings; derived refunds stand behind
    /// their rows.
    pub(crate) fn add(&mut self, rows: &[&Record<'_>]) {
        let Some(file) = rows.first().map(|row| row.file as usize) else {
            return;
        };
        let Some(origin) = self.origins.get(file).cloned() else {
            return;
        };
        // Of equal rows each has its own.
        let mut refunds: HashMap<u64, Vec<i64>> = HashMap::new();
        for refund in rows.iter().filter(|row| is_derived(row)) {
            refunds.entry(refund.row_hash).or_default().push(refund.net);
        }
        let mut seen: HashMap<u64, i64> = HashMap::new();
        let mut rows: Vec<&Record<'_>> = rows
            .iter()
            .copied()
            .filter(|row| !is_derived(row))
            .collect();
        // The row that says what an order is worth goes first.
        rows.sort_by_key(|row| row.net == 0);
        let mut has_order = false;
        for row in rows {
            let refunded = refunds.get_mut(&row.row_hash).and_then(Vec::pop);
            // A cancelled order has further rows, too.
            let is_further = row.kind == RowKind::Person
                || has_order && row.net == 0 && matches!(row.kind, RowKind::Mention(_));
            has_order |= matches!(row.kind, RowKind::Order | RowKind::Mention(_));
            let is_line = row.is_line || is_further;
            let identity = if is_line {
                article_of(row)
            } else {
                row.row_hash
            };
            let occurrence = seen.entry(identity).or_default();
            *occurrence += 1;
            let kept = Kept {
                row,
                origin: &origin,
                occurrence: *occurrence,
                refunded,
                is_further: is_further && !row.is_line,
                row_hash: row.row_hash,
            };
            self.add_one(&kept, is_line);
        }
    }

    fn add_one(&mut self, kept: &Kept<'_, '_>, is_line: bool) {
        let row = kept.row;
        let stored = details::read(row.details).unwrap_or_default();
        let (line, details) = (stored.line, stored.details);
        let kept = &Kept {
            row_hash: stored.row_hash,
            ..*kept
        };
        match row.kind {
            RowKind::Refund => kept.write_refund(&mut self.refunds, line, &details),
            RowKind::Mention(class) if !speaks_for_its_order(row, class) => {
                kept.write_set_aside(&mut self.set_aside, class, line, &details);
            }
            _ if is_line => kept.write_line(&mut self.lines, line, &details),
            _ => {
                kept.write_order(&mut self.orders, line, &details);
                // An order's first row is its first article, too; its amount is the order's.
                let names_article = details
                    .iter()
                    .any(|(field, _)| *field == Field::ProductCode);
                if names_article && !row.order_id.is_empty() {
                    let article = Kept {
                        refunded: None,
                        ..*kept
                    };
                    article.write_article(&mut self.lines, line, &details);
                }
            }
        }
    }

    /// Adds what is known of a customer.
    pub(crate) fn add_customer(&mut self, customer: &Customer<'_>) {
        let Some(origin) = self.origins.get(customer.file as usize) else {
            return;
        };
        let [email, phone, name, consent] = customer.contact;
        let consents = serde_json::json!({ "email": consent }).to_string();
        let mut cells = vec![
            ("customer_id", Value::Text(customer.id)),
            ("person_id", Value::Text(customer.id)),
            ("import_id", Value::Whole(origin.import)),
            ("row_hash", Value::Whole(customer.hash().cast_signed())),
            ("version_at", Value::Instant(customer.said.0)),
            ("origin_file", Value::Text(&origin.file)),
        ];
        if let Some(at) = customer.said.1 {
            cells.push(("updated_at", Value::Instant(at)));
        }
        for (column, text) in [("email", email), ("phone", phone), ("name", name)] {
            if !text.is_empty() {
                cells.push((column, Value::Text(text)));
            }
        }
        if !consent.is_empty() {
            cells.push(("consents", Value::Text(&consents)));
        }
        self.customers.push(&cells, &customer.details);
    }

    /// Drops the rows: nothing is to be written.
    pub(crate) fn forget(&mut self) {
        *self = Self::new(std::mem::take(&mut self.origins));
    }

    /// Hands the rows over.
    pub(crate) fn append_to(
        &mut self,
        transaction: &mut Transaction<'_>,
    ) -> Result<(), LedgerError> {
        for target in [
            &mut self.orders,
            &mut self.lines,
            &mut self.refunds,
            &mut self.set_aside,
            &mut self.customers,
        ] {
            if !target.sheet.is_empty() {
                transaction.append(target.table, &target.sheet.take()?)?;
            }
        }
        Ok(())
    }
}

/// When something was said: the time of the row, and when that was changed; µs UTC.
type Said = (i64, Option<i64>);

/// What a file said of a customer at one time.
#[derive(Debug, Clone)]
pub(crate) struct Customer<'a> {
    pub(crate) id: &'a str,
    file: u32,
    said: Said,
    contact: ContactFields<'a>,
    details: Vec<(Field, Detail<'a>)>,
}

impl<'a> Customer<'a> {
    /// Puts together what rows of one customer and file say: of each contact and detail the latest that is not empty, with
    /// others of the same time.
    pub(crate) fn of(rows: &[&Record<'a>]) -> Vec<Self> {
        let Some(first) = rows.first() else {
            return Vec::new();
        };
        let mut contact: [Option<(Said, &'a str)>; 4] = [None; 4];
        let mut details: Vec<(Field, Said, Detail<'a>)> = Vec::new();
        for row in rows {
            let said = (row.at, row.updated_at);
            for (known, new) in contact.iter_mut().zip(row.contact.iter().flatten()) {
                if !new.is_empty() {
                    *known = (*known).max(Some((said, *new)));
                }
            }
            let kept = details::read(row.details).unwrap_or_default();
            for (field, detail) in kept.details {
                if !OF_CUSTOMERS.contains(&field.key()) {
                    continue;
                }
                match details.iter_mut().find(|known| known.0 == field) {
                    Some(known) if known.1 <= said => *known = (field, said, detail),
                    Some(_) => {}
                    None => details.push((field, said, detail)),
                }
            }
        }
        let times = contact.iter().flatten().map(|(said, _)| *said);
        let mut times: Vec<Said> = times.chain(details.iter().map(|known| known.1)).collect();
        times.sort_unstable();
        times.dedup();
        let at_time = |said: Said| Self {
            id: first.customer,
            file: first.file,
            said,
            contact: contact.map(|known| {
                known
                    .filter(|known| known.0 == said)
                    .map_or("", |known| known.1)
            }),
            details: details
                .iter()
                .filter(|known| known.1 == said)
                .map(|known| (known.0, known.2))
                .collect(),
        };
        times.into_iter().map(at_time).collect()
    }

    /// Returns a hash of what is said.
    fn hash(&self) -> u64 {
        let mut text = self.contact.join("\u{1}");
        for (field, detail) in &self.details {
            text.push_str(&format!("\u{1}{field}={detail:?}"));
        }
        text.push_str(&format!("\u{1}{:?}", self.said));
        xxh3_64(text.as_bytes())
    }
}

/// A record on its way into a table.
struct Kept<'k, 'a> {
    row: &'k Record<'a>,
    origin: &'k Origin,
    /// The how many-th of its file with the same identity.
    occurrence: i64,
    refunded: Option<i64>,
    /// The order's amount and fate stand elsewhere.
    is_further: bool,
    /// The hash by which it is folded.
    row_hash: u64,
}

impl Kept<'_, '_> {
    fn write_order(&self, target: &mut Target, line: u64, details: &[(Field, Detail<'_>)]) {
        let row = self.row;
        let order_id = match row.order_id {
            "" => own_id(row.row_hash, self.occurrence),
            named => named.to_owned(),
        };
        let mut cells = vec![
            ("order_id", Value::Text(order_id.as_str())),
            ("ordered_at", Value::Instant(row.at)),
            ("net", Value::Number(row.net)),
            ("status", Value::Text(status_key(row.status))),
        ];
        self.push_common(&mut cells);
        self.push_origin(&mut cells, line);
        target.push(&cells, details);
    }

    fn write_line(&self, target: &mut Target, line: u64, details: &[(Field, Detail<'_>)]) {
        let row = self.row;
        if self.is_further {
            self.write_article(target, line, details);
            return;
        }
        let mut cells = self.line_cells();
        cells.push(("net", Value::Number(row.net)));
        if row.kind == RowKind::Line {
            cells.push(("quantity", Value::Number(row.quantity)));
        }
        if !row.status_unsaid {
            cells.push(("status", Value::Text(status_key(row.status))));
        }
        self.push_common(&mut cells);
        self.push_origin(&mut cells, line);
        target.push(&cells, details);
    }

    /// An article of an order whose amount stands with the order.
    fn write_article(&self, target: &mut Target, line: u64, details: &[(Field, Detail<'_>)]) {
        let mut cells = self.line_cells();
        self.push_common(&mut cells);
        self.push_origin(&mut cells, line);
        let of_article = |(field, _): &&(Field, Detail<'_>)| {
            !matches!(field, Field::Discount | Field::Gross | Field::Currency)
        };
        let details: Vec<_> = details.iter().filter(of_article).copied().collect();
        target.push(&cells, &details);
    }

    fn line_cells(&self) -> Vec<(&'static str, Value<'_>)> {
        let row = self.row;
        let line = match row.product {
            0 => self.occurrence,
            product => (product & 0x7fff_ffff).cast_signed() << 16 | self.occurrence,
        };
        vec![
            ("order_id", Value::Text(row.order_id)),
            ("line", Value::Whole(line)),
            ("ordered_at", Value::Instant(row.at)),
        ]
    }

    fn write_refund(&self, target: &mut Target, line: u64, details: &[(Field, Detail<'_>)]) {
        let row = self.row;
        let id = format!("{}#{}", row.order_id, own_id(row.row_hash, self.occurrence));
        let mut cells = vec![
            ("refund_id", Value::Text(id.as_str())),
            ("refunded_at", Value::Instant(row.at)),
            ("amount", Value::Number(row.net)),
            ("kind", Value::Text("return")),
            ("is_line", Value::Yes(row.is_line)),
        ];
        if !row.order_id.is_empty() {
            cells.push(("order_id", Value::Text(row.order_id)));
        }
        self.push_common(&mut cells);
        self.push_origin(&mut cells, line);
        target.push(&cells, details);
    }

    fn write_set_aside(
        &self,
        target: &mut Target,
        class: RowClass,
        line: u64,
        details: &[(Field, Detail<'_>)],
    ) {
        let row = self.row;
        let id = own_id(row.row_hash, self.occurrence);
        let mut cells = vec![
            ("row_key", Value::Text(id.as_str())),
            ("class", Value::Text(class.key())),
            ("amount", Value::Number(row.net)),
            ("status", Value::Text(status_key(row.status))),
            ("is_line", Value::Yes(row.is_line)),
        ];
        if row.at != i64::MIN {
            cells.push(("at", Value::Instant(row.at)));
        }
        if !row.order_id.is_empty() {
            cells.push(("order_id", Value::Text(row.order_id)));
        }
        self.push_common(&mut cells);
        self.push_origin(&mut cells, line);
        target.push(&cells, details);
    }

    fn push_common<'c>(&'c self, cells: &mut Vec<(&'static str, Value<'c>)>) {
        let row = self.row;
        cells.push(("customer_id", Value::Text(row.customer)));
        cells.push(("person_id", Value::Text(row.customer)));
        if let Some(refunded) = self.refunded {
            cells.push(("refunded", Value::Number(refunded)));
        }
        if let Some(currency) = &self.origin.currency {
            cells.push(("currency", Value::Text(currency)));
        }
        if let Some(at) = row.updated_at {
            cells.push(("updated_at", Value::Instant(at)));
            cells.push(("version_at", Value::Instant(at)));
        }
    }

    fn push_origin<'c>(&'c self, cells: &mut Vec<(&'static str, Value<'c>)>, line: u64) {
        cells.push(("import_id", Value::Whole(self.origin.import)));
        cells.push(("row_hash", Value::Whole(self.row_hash.cast_signed())));
        let content = self.row.row_hash.cast_signed();
        cells.push(("content_hash", Value::Whole(content)));
        cells.push(("origin_file", Value::Text(&self.origin.file)));
        cells.push(("origin_line", Value::Whole(line.cast_signed())));
    }
}

/// Returns the id of a row that has none: made of what it says, and how many equal ones came before.
pub(crate) fn own_id(row_hash: u64, occurrence: i64) -> String {
    format!("row:{row_hash:016x}:{occurrence}")
}

/// Returns whether an id was made by [`own_id`] for this row.
pub(crate) fn is_own_id(id: &str, row_hash: u64) -> bool {
    id.strip_prefix("row:")
        .and_then(|rest| rest.split_once(':'))
        .is_some_and(|(hash, _)| u64::from_str_radix(hash, 16) == Ok(row_hash))
}

fn is_derived(row: &Record<'_>) -> bool {
    row.kind == RowKind::Refund && row.at == i64::MIN
}

/// Cancelled, void and test orders are set aside, but they are what became of an order.
fn speaks_for_its_order(row: &Record<'_>, class: RowClass) -> bool {
    let of_order = matches!(
        (class, row.status),
        (RowClass::CancelledOrder, OrderStatus::Cancelled)
            | (RowClass::TestOrVoid, OrderStatus::Test | OrderStatus::Void)
    );
    of_order && !row.order_id.is_empty() && row.at != i64::MIN
}

/// What tells the lines of an order apart.
fn article_of(row: &Record<'_>) -> u64 {
    row.product & 0x7fff_ffff
}

const STATUSES: [(OrderStatus, &str); 6] = [
    (OrderStatus::Paid, "paid"),
    (OrderStatus::Pending, "pending"),
    (OrderStatus::Cancelled, "cancelled"),
    (OrderStatus::Void, "void"),
    (OrderStatus::Test, "test"),
    (OrderStatus::Refunded, "refunded"),
];

fn status_key(status: OrderStatus) -> &'static str {
    STATUSES
        .iter()
        .find(|(known, _)| *known == status)
        .map_or("paid", |(_, key)| key)
}

/// Returns the status of a key in the ledger.
pub(crate) fn status_of(key: &str) -> Option<OrderStatus> {
    STATUSES
        .iter()
        .find(|(_, known)| *known == key)
        .map(|(status, _)| *status)
}
