//! Each preset: a file made by its documented columns with its oddities, and exact expectations computed by hand.

pub(crate) mod amazon;
pub(crate) mod magento;
mod other_content;
pub(crate) mod shopify;
mod shopify_rest;
pub(crate) mod taobao;
pub(crate) mod woocommerce;

use patron_core::{OrderStatus, RowClass};
use patron_import::{ImportError, ImportOptions, RowKind};

use crate::support::{Read, file, read_in_blocks};

/// A table by its documented columns; cells are named, the others are empty.
pub(crate) struct Export {
    columns: Vec<&'static str>,
    delimiter: char,
    rows: Vec<Vec<(&'static str, String)>>,
}

/// What a fact says, without its row: customer, order, day and time as µs, net, kind, status.
pub(crate) type Said = (String, String, i64, i64, RowKind, OrderStatus);

impl Export {
    pub(crate) fn new(columns: &'static str, delimiter: char) -> Self {
        Self {
            columns: columns.split(delimiter).collect(),
            delimiter,
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub(crate) fn row(mut self, cells: &[(&'static str, &str)]) -> Self {
        for (name, _) in cells {
            assert!(self.columns.contains(name), "no column {name}");
        }
        let owned = cells
            .iter()
            .map(|&(name, value)| (name, value.to_owned()))
            .collect();
        self.rows.push(owned);
        self
    }

    /// Takes columns away.
    pub(crate) fn without(mut self, columns: &[&str]) -> Self {
        self.columns.retain(|column| !columns.contains(column));
        self
    }

    /// Returns the file with its columns in another order, a different one for each seed; 0 keeps it.
    pub(crate) fn text(&self, seed: u64) -> String {
        let mut columns = self.columns.clone();
        if seed > 0 {
            columns.sort_by_key(|column| {
                column.bytes().fold(seed, |hash, byte| {
                    (hash ^ u64::from(byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
                })
            });
        }
        let mut text = self.line(columns.iter().map(|column| (*column).to_owned()).collect());
        for row in &self.rows {
            let cell = |column: &&str| {
                let found = row.iter().rfind(|(name, _)| name == column);
                found.map_or_else(String::new, |(_, value)| value.clone())
            };
            text.push_str(&self.line(columns.iter().map(cell).collect()));
        }
        text
    }

    fn line(&self, cells: Vec<String>) -> String {
        let quoted: Vec<String> = cells
            .into_iter()
            .map(|cell| {
                if cell.contains([self.delimiter, '"', '\n']) {
                    format!("\"{}\"", cell.replace('"', "\"\""))
                } else {
                    cell
                }
            })
            .collect();
        format!("{}\n", quoted.join(&self.delimiter.to_string()))
    }

    /// Reads the file as it is; with its columns in other orders and in small blocks it must say the same.
    pub(crate) fn read(&self) -> Read {
        let options = ImportOptions::default();
        let whole = read_in_blocks(file(self.text(0).as_bytes()).path(), &options, 1 << 22);
        let whole = whole.unwrap();
        for (seed, block_bytes) in [(1, 1 << 22), (2, 1), (3, 300)] {
            let other = read_in_blocks(
                file(self.text(seed).as_bytes()).path(),
                &options,
                block_bytes,
            )
            .unwrap();
            assert_eq!(said(&other), said(&whole), "columns in order {seed}");
            assert_eq!(other.batch.account, whole.batch.account);
            let lines = |read: &Read| -> Vec<(u64, RowClass)> {
                let rejected = &read.batch.rejected;
                rejected.iter().map(|row| (row.line, row.class)).collect()
            };
            assert_eq!(lines(&other), lines(&whole));
            assert_eq!(
                other.batch.facts.contact.is_some(),
                whole.batch.facts.contact.is_some()
            );
        }
        whole
    }

    pub(crate) fn error(&self) -> ImportError {
        let options = ImportOptions::default();
        read_in_blocks(file(self.text(0).as_bytes()).path(), &options, 1 << 22).unwrap_err()
    }
}

/// Returns what the facts of a file say, mentions of rows set aside left out.
pub(crate) fn said(read: &Read) -> Vec<Said> {
    let facts = &read.batch.facts;
    (0..facts.len())
        .filter(|&fact| !matches!(facts.kind[fact], RowKind::Mention(_)))
        .map(|fact| {
            (
                facts.customer.get(fact).to_owned(),
                facts.order_id.get(fact).to_owned(),
                facts.at[fact],
                facts.net[fact],
                facts.kind[fact],
                facts.status[fact],
            )
        })
        .collect()
}

/// Returns the preset that applied.
pub(crate) fn preset(read: &Read) -> &str {
    read.understanding
        .preset
        .as_ref()
        .map_or("", |used| used.name.as_str())
}

pub(crate) fn has_note(read: &Read, key: &str) -> bool {
    read.understanding.notes.iter().any(|note| note.key == key)
}

/// µs of 2024-05-01T10:00:00Z, and an hour.
pub(crate) const MAY_1: i64 = 1_714_557_600_000_000;
pub(crate) const HOUR: i64 = 3_600_000_000;
pub(crate) const PAID: OrderStatus = OrderStatus::Paid;

/// An order or refund in whole cents.
pub(crate) fn fact(
    customer: &str,
    order: &str,
    at: i64,
    cents: i64,
    kind: RowKind,
    status: OrderStatus,
) -> Said {
    (
        customer.to_owned(),
        order.to_owned(),
        at,
        cents * 100,
        kind,
        status,
    )
}
