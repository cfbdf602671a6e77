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

use arrow_array::RecordBatch;
use patron_core::{OrderStatus, RowClass};
use patron_engine::Record;
use patron_engine::details::{self, Detail, Details};
use patron_import::{Field, RowKind, UNDATED};
use patron_ledger::{LedgerError, Table};

use super::customer::Customer;
use super::sheet::Value;
use super::target::{Own, Target};

/// What one file is to its rows.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) import: i64,
    pub(crate) file: String,
    pub(crate) currency: Option<String>,
}

/// Gathers rows of all tables.
pub(crate) struct Rows<'o> {
    tables: Tables,
    origins: &'o [Origin],
    /// The customers who have another's name, with that.
    persons: &'o HashMap<String, String>,
}

struct Tables {
    orders: Target,
    lines: Target,
    refunds: Target,
    set_aside: Target,
    customers: Target,
}

impl<'o> Rows<'o> {
    /// Begins with no rows; `origins` has the origin of each file, `persons` the customers who have another's name. Of
    /// orders and lines about so many rows are expected.
    pub(crate) fn new(
        origins: &'o [Origin],
        persons: &'o HashMap<String, String>,
        expected: usize,
    ) -> Self {
        Self {
            tables: Tables {
                orders: Target::new(Table::Orders, expected),
                lines: Target::new(Table::OrderLines, expected),
                refunds: Target::new(Table::Refunds, 0),
                set_aside: Target::new(Table::SetAside, 0),
                customers: Target::new(Table::Customers, 0),
            },
            origins,
            persons,
        }
    }

    fn person_of<'c>(&self, customer: &'c str) -> &'c str
    where
        'o: 'c,
    {
        self.persons.get(customer).map_or(customer, String::as_str)
    }

    /// Returns how many rows there are.
    pub(crate) fn count(&self) -> usize {
        let tables = &self.tables;
        let all = [
            &tables.orders,
            &tables.lines,
            &tables.refunds,
            &tables.set_aside,
            &tables.customers,
        ];
        all.iter().map(|target| target.rows()).sum()
    }

    /// Adds the rows of one order, or equal rows without an order, that one file brings; derived refunds stand behind
    /// their rows.
    pub(crate) fn add(&mut self, rows: &[&Record<'_>]) {
        let Some(file) = rows.first().map(|row| row.file as usize) else {
            return;
        };
        let Some(origin) = self.origins.get(file) else {
            return;
        };
        let person = rows.first().map_or("", |row| self.person_of(row.customer));
        match rows {
            [only] if !is_derived(only) => self.tables.add_one(&Kept {
                row: only,
                origin,
                person,
                occurrence: 1,
                refunded: None,
                is_further: only.kind == RowKind::Person && !only.is_line,
                row_hash: only.row_hash,
            }),
            several => self.tables.add_several(several, (origin, person)),
        }
    }

    /// Adds what is known of a customer.
    pub(crate) fn add_customer(&mut self, customer: &Customer<'_>) {
        let Some(origin) = self.origins.get(customer.file as usize) else {
            return;
        };
        let [email, phone, name, consent] = customer.contact;
        let person = self.person_of(customer.id);
        let target = &mut self.tables.customers;
        target.set(Own::CustomerId, Value::Text(customer.id));
        target.set(Own::PersonId, Value::Text(person));
        target.set(Own::ImportId, Value::Whole(origin.import));
        let hash = customer.hash().cast_signed();
        target.set(Own::RowHash, Value::Whole(hash));
        // A row that was set aside for its date says something at no time.
        if customer.said.0 != UNDATED {
            target.set(Own::VersionAt, Value::Instant(customer.said.0));
        }
        target.set(Own::OriginFile, Value::Text(&origin.file));
        if let Some(at) = customer.said.1 {
            target.set(Own::UpdatedAt, Value::Instant(at));
        }
        for (column, text) in [(Own::Email, email), (Own::Phone, phone), (Own::Name, name)] {
            if !text.is_empty() {
                target.set(column, Value::Text(text));
            }
        }
        if !consent.is_empty() {
            let consents = serde_json::json!({ "email": consent }).to_string();
            target.set(Own::Consents, Value::Text(&consents));
        }
        target.end_row(customer.details.iter().copied());
    }

    /// Returns the rows by table, and begins anew.
    pub(crate) fn take(&mut self) -> Result<Vec<(Table, RecordBatch)>, LedgerError> {
        let tables = &mut self.tables;
        let all = [
            &mut tables.orders,
            &mut tables.lines,
            &mut tables.refunds,
            &mut tables.set_aside,
            &mut tables.customers,
        ];
        let with_rows = all.into_iter().filter(|target| target.rows() > 0);
        with_rows.map(Target::take).collect()
    }
}

impl Tables {
    fn add_several(&mut self, rows: &[&Record<'_>], (origin, person): (&Origin, &str)) {
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
        let mut is_cancelled = false;
        for row in rows {
            let refunded = refunds.get_mut(&row.row_hash).and_then(Vec::pop);
            // A cancelled order has further rows, too; one that was placed by another row is cancelled by its first. What is set
            // aside for itself alone stays by itself.
            let of_cancelled = is_mention_of_its_order(row);
            let is_further =
                row.kind == RowKind::Person || is_cancelled && row.net == 0 && of_cancelled;
            is_cancelled |= of_cancelled;
            let is_line = row.is_line || is_further;
            let identity = if is_line {
                article_of(row)
            } else {
                row.row_hash
            };
            let occurrence = seen.entry(identity).or_default();
            *occurrence += 1;
            self.add_one(&Kept {
                row,
                origin,
                person,
                occurrence: *occurrence,
                refunded,
                is_further: is_further && !row.is_line,
                row_hash: row.row_hash,
            });
        }
    }

    fn add_one(&mut self, kept: &Kept<'_, '_>) {
        let row = kept.row;
        let stored = details::read(row.details).unwrap_or_default();
        let (line, details) = (stored.line, stored.details);
        let kept = &Kept {
            row_hash: stored.row_hash,
            ..*kept
        };
        match row.kind {
            RowKind::Refund => kept.write_refund(&mut self.refunds, line, details),
            RowKind::Mention(class) if !is_mention_of_its_order(row) => {
                kept.write_set_aside(&mut self.set_aside, class, line, details);
            }
            _ if row.is_line || kept.is_further => kept.write_line(&mut self.lines, line, details),
            _ => {
                kept.write_order(&mut self.orders, line, details);
                // An order's first row is its first article, too; its amount is the order's.
                let names_article = || {
                    let mut details = details;
                    details.any(|(field, _)| field == Field::ProductCode)
                };
                if !row.order_id.is_empty() && names_article() {
                    let article = Kept {
                        refunded: None,
                        ..*kept
                    };
                    article.write_article(&mut self.lines, line, details);
                }
            }
        }
    }
}

/// A record on its way into a table.
struct Kept<'k, 'a> {
    row: &'k Record<'a>,
    origin: &'k Origin,
    /// Who the customer is.
    person: &'k str,
    /// The how many-th of its file with the same identity.
    occurrence: i64,
    refunded: Option<i64>,
    /// The order's amount and fate stand elsewhere.
    is_further: bool,
    /// The hash by which it is folded.
    row_hash: u64,
}

impl Kept<'_, '_> {
    fn write_order(&self, target: &mut Target, line: u64, details: Details<'_>) {
        let row = self.row;
        if row.order_id.is_empty() {
            let id = own_id(row.row_hash, self.occurrence);
            target.set(Own::OrderId, Value::Text(&id));
        } else {
            target.set(Own::OrderId, Value::Text(row.order_id));
        }
        target.set(Own::OrderedAt, Value::Instant(row.at));
        target.set(Own::Net, Value::Number(row.net));
        target.set(Own::Status, Value::Text(status_key(row.status)));
        self.set_common(target);
        self.set_origin(target, line);
        target.end_row(details);
    }

    fn write_line(&self, target: &mut Target, line: u64, details: Details<'_>) {
        let row = self.row;
        if self.is_further {
            self.write_article(target, line, details);
            return;
        }
        self.set_line(target);
        target.set(Own::Net, Value::Number(row.net));
        if row.kind == RowKind::Line {
            target.set(Own::Quantity, Value::Number(row.quantity));
        }
        if !row.status_unsaid {
            target.set(Own::Status, Value::Text(status_key(row.status)));
        }
        self.set_common(target);
        self.set_origin(target, line);
        target.end_row(details);
    }

    /// An article of an order whose amount stands with the order.
    fn write_article(&self, target: &mut Target, line: u64, details: Details<'_>) {
        self.set_line(target);
        self.set_common(target);
        self.set_origin(target, line);
        let of_article = |(field, _): &(Field, Detail<'_>)| {
            !matches!(field, Field::Discount | Field::Gross | Field::Currency)
        };
        target.end_row(details.filter(of_article));
    }

    fn set_line(&self, target: &mut Target) {
        let row = self.row;
        let line = match row.product {
            0 => self.occurrence,
            product => (product & 0x7fff_ffff).cast_signed() << 16 | self.occurrence,
        };
        target.set(Own::OrderId, Value::Text(row.order_id));
        target.set(Own::Line, Value::Whole(line));
        target.set(Own::OrderedAt, Value::Instant(row.at));
    }

    fn write_refund(&self, target: &mut Target, line: u64, details: Details<'_>) {
        let row = self.row;
        let id = format!("{}#{}", row.order_id, own_id(row.row_hash, self.occurrence));
        target.set(Own::RefundId, Value::Text(&id));
        target.set(Own::RefundedAt, Value::Instant(row.at));
        target.set(Own::Amount, Value::Number(row.net));
        target.set(Own::Kind, Value::Text("return"));
        target.set(Own::IsLine, Value::Yes(row.is_line));
        if !row.order_id.is_empty() {
            target.set(Own::OrderId, Value::Text(row.order_id));
        }
        self.set_common(target);
        self.set_origin(target, line);
        target.end_row(details);
    }

    fn write_set_aside(
        &self,
        target: &mut Target,
        class: RowClass,
        line: u64,
        details: Details<'_>,
    ) {
        let row = self.row;
        let id = own_id(row.row_hash, self.occurrence);
        target.set(Own::RowKey, Value::Text(&id));
        target.set(Own::Class, Value::Text(class.key()));
        target.set(Own::Amount, Value::Number(row.net));
        target.set(Own::Status, Value::Text(status_key(row.status)));
        target.set(Own::IsLine, Value::Yes(row.is_line));
        if row.at != i64::MIN {
            target.set(Own::At, Value::Instant(row.at));
        }
        if !row.order_id.is_empty() {
            target.set(Own::OrderId, Value::Text(row.order_id));
        }
        self.set_common(target);
        self.set_origin(target, line);
        target.end_row(details);
    }

    fn set_common(&self, target: &mut Target) {
        let row = self.row;
        target.set(Own::CustomerId, Value::Text(row.customer));
        target.set(Own::PersonId, Value::Text(self.person));
        if let Some(refunded) = self.refunded {
            target.set(Own::Refunded, Value::Number(refunded));
        }
        if let Some(currency) = &self.origin.currency {
            target.set(Own::Currency, Value::Text(currency));
        }
        if let Some(at) = row.updated_at {
            target.set(Own::UpdatedAt, Value::Instant(at));
            target.set(Own::VersionAt, Value::Instant(at));
        }
    }

    fn set_origin(&self, target: &mut Target, line: u64) {
        target.set(Own::ImportId, Value::Whole(self.origin.import));
        target.set(Own::RowHash, Value::Whole(self.row_hash.cast_signed()));
        let content = self.row.row_hash.cast_signed();
        target.set(Own::ContentHash, Value::Whole(content));
        target.set(Own::OriginFile, Value::Text(&self.origin.file));
        target.set(Own::OriginLine, Value::Whole(line.cast_signed()));
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
fn is_mention_of_its_order(row: &Record<'_>) -> bool {
    let of_order = matches!(
        (row.kind, row.status),
        (
            RowKind::Mention(RowClass::CancelledOrder),
            OrderStatus::Cancelled
        ) | (
            RowKind::Mention(RowClass::TestOrVoid),
            OrderStatus::Test | OrderStatus::Void
        )
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

#[cfg(test)]
mod tests {
    use super::super::target::OWN;
    use super::*;
    use arrow_array::cast::AsArray;

    fn row(kind: RowKind, net: i64, row_hash: u64) -> Record<'static> {
        Record {
            kind,
            status: OrderStatus::Paid,
            at: 5,
            net,
            row_hash,
            quantity: 0,
            is_line: false,
            status_unsaid: false,
            updated_at: None,
            product: 0,
            file: 0,
            customer: "ann",
            order_id: "1",
            contact: None,
            line: 0,
            details: &[],
        }
    }

    fn texts(rows: &[Record<'_>], table: Table, column: &str) -> Vec<String> {
        let origins = [Origin {
            import: 1,
            file: "a.csv".to_owned(),
            currency: None,
        }];
        let nobody = HashMap::new();
        let mut gathered = Rows::new(&origins, &nobody, 0);
        gathered.add(&rows.iter().collect::<Vec<_>>());
        let batches = gathered.take().unwrap();
        let of_table = batches.iter().find(|(found, _)| *found == table);
        let texts = of_table.map(|(_, batch)| {
            let column = batch.column_by_name(column).unwrap();
            column
                .as_string::<i32>()
                .iter()
                .flatten()
                .map(str::to_owned)
                .collect()
        });
        texts.unwrap_or_default()
    }

    #[test]
    fn own_columns_stand_in_the_order_of_their_names() {
        assert_eq!(OWN[Own::Consents as usize], "consents");
        assert_eq!(OWN[Own::PersonId as usize], "person_id");
        assert!(
            Field::ALL
                .iter()
                .enumerate()
                .all(|(place, field)| *field as usize == place)
        );
    }

    #[test]
    fn equal_rows_set_aside_have_keys_of_their_own() {
        let free = row(RowKind::Mention(RowClass::PriceZero), 0, 7);
        let keys = texts(&[free, free, free], Table::SetAside, "row_key");
        assert_eq!(keys, [own_id(7, 1), own_id(7, 2), own_id(7, 3)]);
        // Beside an order, too; the order stays the order.
        let order = row(RowKind::Order, 10, 8);
        let keys = texts(&[free, order, free], Table::SetAside, "row_key");
        assert_eq!(keys, [own_id(7, 1), own_id(7, 2)]);
    }

    #[test]
    fn a_row_set_aside_does_not_make_a_cancelled_order_an_article() {
        let fee = row(RowKind::Mention(RowClass::FeeLine), 3, 7);
        let cancelled = Record {
            status: OrderStatus::Cancelled,
            ..row(RowKind::Mention(RowClass::CancelledOrder), 0, 8)
        };
        assert_eq!(texts(&[fee, cancelled], Table::Orders, "order_id"), ["1"]);
        let articles = texts(&[cancelled, cancelled], Table::OrderLines, "order_id");
        assert_eq!(articles, ["1"]);
        // A row that places the order and one that cancels it are both kept.
        let placed = row(RowKind::Order, 10, 9);
        let statuses = texts(&[placed, cancelled], Table::Orders, "status");
        assert_eq!(statuses, ["paid", "cancelled"]);
    }
}
