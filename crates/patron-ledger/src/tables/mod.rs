//! The canonical tables: their columns, keys, order of rows, and which columns hold personal data.
//!
//! Every table ends in the same five columns of origin: the import, a hash of the row, when the version was made, and
//! the file and line it came from. They decide which version of a fact counts, and let an import be undone.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

mod columns;

use columns::{
    CUSTOMERS, EVENTS, IMPORTS, ORDER_LINES, ORDERS, ORIGIN, PRODUCTS, REFUNDS, SET_ASIDE,
    SHOP_LOG, SPEND, SURVEYS,
};

/// Metadata key under which Parquet keeps the id of a column.
const FIELD_ID: &str = "PARQUET:field_id";

/// One canonical table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Orders; a later version supersedes an earlier one.
    Orders,
    /// The lines of orders.
    OrderLines,
    /// Money given back.
    Refunds,
    /// What is known of a customer besides the facts.
    Customers,
    /// The goods.
    Products,
    /// What customers did and what was sent to them.
    Events,
    /// Answers to surveys.
    Surveys,
    /// Marketing spend.
    Spend,
    /// What the shop did on a day.
    ShopLog,
    /// Rows that are no facts but name a customer, with the class in which they ended.
    SetAside,
    /// The files that were imported, one row each, with what became of their rows.
    Imports,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// UTF-8 text; lists and objects are JSON in such a column.
    Text,
    /// 32 bits.
    Integer,
    /// 64 bits.
    BigInteger,
    /// Eighteen digits, four of them decimals: money, prices, quantities.
    Decimal,
    /// Microseconds UTC.
    Instant,
    /// Days.
    Date,
    /// True or false.
    Boolean,
}

/// One column of a canonical table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether every row must have a value.
    pub required: bool,
    /// Whether its values are personal data, of which the catalogue keeps no smallest and largest.
    pub personal: bool,
}

static SCHEMAS: LazyLock<Vec<SchemaRef>> = LazyLock::new(|| {
    let schema = |table: &Table| {
        let fields: Vec<Field> = table.columns().zip(1_i64..).map(field).collect();
        Arc::new(Schema::new(fields))
    };
    Table::ALL.iter().map(schema).collect()
});

fn field((column, id): (&Column, i64)) -> Field {
    let metadata = HashMap::from([(FIELD_ID.to_owned(), id.to_string())]);
    Field::new(column.name, column.kind.data_type(), true).with_metadata(metadata)
}

impl ColumnKind {
    /// Returns the Arrow type.
    #[must_use]
    pub fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Integer => DataType::Int32,
            Self::BigInteger => DataType::Int64,
            Self::Decimal => DataType::Decimal128(18, 4),
            Self::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Date => DataType::Date32,
            Self::Boolean => DataType::Boolean,
        }
    }

    /// Returns DuckLake's name of the type.
    pub(crate) const fn ducklake_type(self) -> &'static str {
        match self {
            Self::Text => "varchar",
            Self::Integer => "int32",
            Self::BigInteger => "int64",
            Self::Decimal => "decimal(18,4)",
            Self::Instant => "timestamptz",
            Self::Date => "date",
            Self::Boolean => "boolean",
        }
    }
}

impl Table {
    /// All canonical tables, in the order in which they were made.
    pub const ALL: [Self; 11] = [
        Self::Orders,
        Self::OrderLines,
        Self::Refunds,
        Self::Customers,
        Self::Products,
        Self::Events,
        Self::Surveys,
        Self::Spend,
        Self::ShopLog,
        Self::SetAside,
        Self::Imports,
    ];

    /// Returns the name in the ledger.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::OrderLines => "order_lines",
            Self::Refunds => "refunds",
            Self::Customers => "customers",
            Self::Products => "products",
            Self::Events => "events",
            Self::Surveys => "surveys",
            Self::Spend => "spend",
            Self::ShopLog => "shop_log",
            Self::SetAside => "set_aside",
            Self::Imports => "imports",
        }
    }

    /// Returns the table of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// Returns the columns in their order: those of the facts, then five of origin, then those that a later patron added.
    ///
    /// A column's id is its place for ever, so a new one goes to the end, in `Table::added`.
    pub fn columns(self) -> impl Iterator<Item = &'static Column> {
        let own = match self {
            Self::Orders => ORDERS,
            Self::OrderLines => ORDER_LINES,
            Self::Refunds => REFUNDS,
            Self::Customers => CUSTOMERS,
            Self::Products => PRODUCTS,
            Self::Events => EVENTS,
            Self::Surveys => SURVEYS,
            Self::Spend => SPEND,
            Self::ShopLog => SHOP_LOG,
            Self::SetAside => SET_ASIDE,
            Self::Imports => IMPORTS,
        };
        own.iter().chain(ORIGIN.iter()).chain(self.added().iter())
    }

    /// Returns the columns that were added since the first ledgers were made; a ledger without them gets them when it is
    /// opened, with nothing in their rows so far. None may be required.
    const fn added(self) -> &'static [Column] {
        &[]
    }

    /// Returns the columns that say which fact a row is a version of.
    #[must_use]
    pub const fn key(self) -> &'static [&'static str] {
        match self {
            Self::Orders => &["order_id"],
            Self::OrderLines => &["order_id", "line"],
            Self::Refunds => &["refund_id"],
            // What is said of a customer is kept until the same is said again.
            Self::Customers => &["customer_id", "row_hash"],
            Self::Products => &["product_id"],
            Self::Events => &["event_id"],
            Self::Surveys => &["response_id"],
            Self::Spend => &["date", "channel", "campaign", "purpose"],
            Self::ShopLog => &["date", "note"],
            Self::SetAside => &["row_key"],
            Self::Imports => &["import_id"],
        }
    }

    /// Returns the columns by which rows are sorted in a file: person, time, key.
    #[must_use]
    pub const fn order(self) -> &'static [&'static str] {
        match self {
            Self::Orders => &["person_id", "ordered_at", "order_id"],
            Self::OrderLines => &["person_id", "ordered_at", "order_id", "line"],
            Self::Refunds => &["person_id", "refunded_at", "refund_id"],
            Self::Customers => &["person_id", "created_at", "customer_id"],
            Self::Products => &["product_id"],
            Self::Events => &["person_id", "occurred_at", "event_id"],
            Self::Surveys => &["person_id", "answered_at", "response_id"],
            Self::Spend => &["date", "channel", "campaign", "purpose"],
            Self::ShopLog => &["date", "note"],
            Self::SetAside => &["person_id", "at", "row_key"],
            Self::Imports => &["import_id"],
        }
    }

    /// Tells whether the rows belong to persons.
    #[must_use]
    pub const fn has_persons(self) -> bool {
        !matches!(
            self,
            Self::Products | Self::Spend | Self::ShopLog | Self::Imports
        )
    }

    /// Returns the Arrow schema of rows to append and of rows read with all columns.
    #[must_use]
    pub fn schema(self) -> SchemaRef {
        // SCHEMAS has a schema for every table, in the order of ALL, which is that of the discriminants.
        let found = SCHEMAS.get(self as usize).map(Arc::clone);
        found.unwrap_or_else(|| Arc::new(Schema::empty()))
    }

    /// Returns the id by which the catalogue knows the table in a ledger that patron made.
    pub(crate) const fn id(self) -> i64 {
        self as i64 + 1
    }

    /// Returns the table of a catalogue id.
    pub(crate) fn with_id(id: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.id() == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_sort_columns_are_columns_and_names_are_distinct() {
        for table in Table::ALL {
            let names: Vec<_> = table.columns().map(|column| column.name).collect();
            for name in table.key().iter().chain(table.order()) {
                assert!(names.contains(name), "{} has {name}", table.name());
            }
            let mut distinct = names.clone();
            distinct.sort_unstable();
            distinct.dedup();
            assert_eq!(distinct.len(), names.len(), "{}", table.name());
            assert_eq!(table.has_persons(), names.contains(&"person_id"));
            assert_eq!(Table::named(table.name()), Some(table));
            assert_eq!(Table::with_id(table.id()), Some(table));
            assert_eq!(table.schema().fields().len(), names.len());
            assert!(table.added().iter().all(|column| !column.required));
        }
    }
}
