//! A table of the ledger that rows go to, with the places of its columns looked up once.

use arrow_array::RecordBatch;
use patron_engine::details::Detail;
use patron_import::Field;
use patron_ledger::{LedgerError, Table};

use super::customer::is_of_customers;
use super::sheet::{Sheet, Value};

/// A column that rows themselves fill, of whatever table has it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Own {
    OrderId,
    OrderedAt,
    Net,
    Status,
    Line,
    Quantity,
    RefundId,
    RefundedAt,
    Amount,
    Kind,
    IsLine,
    RowKey,
    Class,
    At,
    CustomerId,
    PersonId,
    Refunded,
    Currency,
    UpdatedAt,
    VersionAt,
    ImportId,
    RowHash,
    ContentHash,
    OriginFile,
    OriginLine,
    Email,
    Phone,
    Name,
    Consents,
}

/// The names of [`Own`], in its order.
pub(super) const OWN: [&str; 29] = [
    "order_id",
    "ordered_at",
    "net",
    "status",
    "line",
    "quantity",
    "refund_id",
    "refunded_at",
    "amount",
    "kind",
    "is_line",
    "row_key",
    "class",
    "at",
    "customer_id",
    "person_id",
    "refunded",
    "currency",
    "updated_at",
    "version_at",
    "import_id",
    "row_hash",
    "content_hash",
    "origin_file",
    "origin_line",
    "email",
    "phone",
    "name",
    "consents",
];

/// A table that rows go to, with the places of its columns: those of [`Own`], and those that details go to.
pub(super) struct Target {
    table: Table,
    sheet: Sheet,
    own: [Option<usize>; OWN.len()],
    /// In the order of [`Field::ALL`].
    details: Vec<Option<usize>>,
}

impl Target {
    /// Makes one for about so many rows.
    pub(super) fn new(table: Table, expected: usize) -> Self {
        let sheet = Sheet::with_capacity(table, expected);
        let is_here = |field: Field| table == Table::Customers || !is_of_customers(field);
        let place = |field: &Field| sheet.place(field.key()).filter(|_| is_here(*field));
        let details = Field::ALL.iter().map(place).collect();
        Self {
            table,
            own: OWN.map(|name| sheet.place(name)),
            sheet,
            details,
        }
    }

    /// Sets a cell of the row that has begun; of two for one column the first holds.
    pub(super) fn set(&mut self, column: Own, value: Value<'_>) {
        if let Some(Some(place)) = self.own.get(column as usize) {
            self.sheet.set(*place, value);
        }
    }

    /// Ends the row with its details.
    pub(super) fn end_row<'d>(&mut self, details: impl Iterator<Item = (Field, Detail<'d>)>) {
        for (field, detail) in details {
            if let Some(Some(place)) = self.details.get(field as usize) {
                let value = match detail {
                    Detail::Text(text) => Value::Text(text),
                    Detail::Number(number) => Value::Number(number),
                    Detail::Instant(at) => Value::Instant(at),
                };
                self.sheet.set(*place, value);
            }
        }
        self.sheet.end_row();
    }

    pub(super) const fn rows(&self) -> usize {
        self.sheet.rows()
    }

    /// Returns the rows with their table, and begins anew.
    pub(super) fn take(&mut self) -> Result<(Table, RecordBatch), LedgerError> {
        Ok((self.table, self.sheet.take()?))
    }
}
