//! What is kept of a row besides its fact, as bytes beside its record: the hash by which it is folded, the line it stands
//! on, and its details. The hash of the record itself is then of what the row says, however it is written.
//!
//! ```text
//! hash of the row u64 | line varint | field u8, value | field u8, value | ...        value: text (length varint, bytes) or i64, as the field has it
//! ```

use patron_import::{
    DetailColumn, DetailValues, FactRows, Field, NO_NUMBER, ROW_HASH_SEED, RowKind, UNDATED,
    hash_field,
};

use crate::grouping::bytes::{
    take_byte, take_i64, take_number, take_text, write_number, write_text,
};

const TEXT: u8 = 0;
const NUMBER: u8 = 1;
const INSTANT: u8 = 2;

/// A detail of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail<'a> {
    /// Not empty.
    Text(&'a str),
    /// In ten-thousandths.
    Number(i64),
    /// In µs UTC.
    Instant(i64),
}

/// What [`write`] wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept<'a> {
    /// The hash by which the row is folded: of the row as it is written where it has an id of its own, else of what it says.
    pub row_hash: u64,
    /// The line on which it stands.
    pub line: u64,
    /// Its details.
    pub details: Details<'a>,
}

/// The details of a row, one after another, read as they are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Details<'a>(&'a [u8]);

impl<'a> Iterator for Details<'a> {
    type Item = (Field, Detail<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        // What cannot be read was not written here; nothing can be told of what follows it.
        let bytes = &mut self.0;
        let field = *Field::ALL.get(usize::from(take_byte(bytes)?))?;
        let detail = match take_byte(bytes)? {
            TEXT => Detail::Text(take_text(bytes)?),
            NUMBER => Detail::Number(take_i64(bytes)?),
            INSTANT => Detail::Instant(take_i64(bytes)?),
            _ => return None,
        };
        Some((field, detail))
    }
}

/// Writes what is kept of a fact; `identity` is the hash of what it says.
pub(crate) fn write(facts: &FactRows, row: usize, identity: u64, out: &mut Vec<u8>) {
    let hash = if has_identity(facts, row) {
        facts.row_hash.get(row).copied().unwrap_or(identity)
    } else {
        identity
    };
    out.extend_from_slice(&hash.to_le_bytes());
    let line = facts.line.get(row).copied().unwrap_or(0);
    write_number(out, usize::try_from(line).unwrap_or(usize::MAX));
    for column in facts.details.iter().flat_map(|details| &details.columns) {
        write_one(column, row, out);
    }
}

/// Writes the details of a row that has no hash or line of its own to keep, such as one of a ledger.
pub fn write_details<'d>(
    details: impl IntoIterator<Item = (Field, Detail<'d>)>,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(&[0; 8]);
    write_number(out, 0);
    for (field, detail) in details {
        // Its place in `Field::ALL`.
        let field = field as u8;
        match detail {
            Detail::Text(text) => {
                out.extend_from_slice(&[field, TEXT]);
                write_text(out, text);
            }
            Detail::Number(number) => {
                out.extend_from_slice(&[field, NUMBER]);
                out.extend_from_slice(&number.to_le_bytes());
            }
            Detail::Instant(at) => {
                out.extend_from_slice(&[field, INSTANT]);
                out.extend_from_slice(&at.to_le_bytes());
            }
        }
    }
}

/// Writes one detail of a row, if it has it.
fn write_one(column: &DetailColumn, row: usize, out: &mut Vec<u8>) {
    // Its place in `Field::ALL`.
    let field = column.field as u8;
    match &column.values {
        DetailValues::Text(texts) => {
            let text = texts.get(row);
            if !text.is_empty() {
                out.extend_from_slice(&[field, TEXT]);
                write_text(out, text);
            }
        }
        DetailValues::Number(numbers) => {
            if let Some(number) = numbers.get(row).filter(|&&number| number != NO_NUMBER) {
                out.extend_from_slice(&[field, NUMBER]);
                out.extend_from_slice(&number.to_le_bytes());
            }
        }
        DetailValues::Instant(instants) => {
            if let Some(at) = instants.get(row).filter(|&&at| at != UNDATED) {
                out.extend_from_slice(&[field, INSTANT]);
                out.extend_from_slice(&at.to_le_bytes());
            }
        }
    }
}

/// Hashes what the rows of a batch say: a row is known again in a file that has other columns, or writes 5.5 as 5.50.
#[derive(Debug, Default)]
pub(crate) struct Identities {
    /// The places of the batch's details in the order of their fields, whatever the order of columns.
    in_order: Vec<usize>,
    /// One detail as it is kept.
    bytes: Vec<u8>,
}

impl Identities {
    /// Returns what hashes the rows of a batch.
    pub(crate) fn of(facts: &FactRows) -> Self {
        let columns = facts
            .details
            .as_ref()
            .map_or(&[][..], |details| &details.columns);
        let mut in_order: Vec<usize> = (0..columns.len()).collect();
        in_order.sort_by_key(|&place| columns.get(place).map(|column| column.field));
        Self {
            in_order,
            bytes: Vec::new(),
        }
    }

    /// Returns the hash of what a row says.
    pub(crate) fn of_row(&mut self, facts: &FactRows, row: usize) -> u64 {
        // A derived refund has the hash of its row, which stands before it.
        let owner = if is_derived(facts, row) {
            row.saturating_sub(1)
        } else {
            row
        };
        let hash = hash_of_fact(facts, owner);
        if has_identity(facts, owner) {
            self.with_details(facts, owner, hash)
        } else {
            hash
        }
    }

    /// Adds the details of a row to a hash.
    pub(crate) fn with_details(&mut self, facts: &FactRows, row: usize, mut hash: u64) -> u64 {
        let columns = facts
            .details
            .as_ref()
            .map_or(&[][..], |details| &details.columns);
        for column in self.in_order.iter().filter_map(|&place| columns.get(place)) {
            self.bytes.clear();
            write_one(column, row, &mut self.bytes);
            if !self.bytes.is_empty() {
                hash = hash_field(hash, &self.bytes);
            }
        }
        hash
    }
}

/// Returns a hash of what a row says beside its details.
fn hash_of_fact(facts: &FactRows, owner: usize) -> u64 {
    let number = |values: &[i64], row: usize| values.get(row).copied().unwrap_or(0);
    let refunded = if is_derived(facts, owner + 1) {
        number(&facts.net, owner + 1)
    } else {
        0
    };
    let product = facts.product.as_ref().and_then(|hashes| hashes.get(owner));
    let updated_at = facts
        .updated_at
        .as_ref()
        .map_or(UNDATED, |at| number(at, owner));
    let mut hash = hash_field(ROW_HASH_SEED, facts.customer.get(owner).as_bytes());
    hash = hash_field(hash, facts.order_id.get(owner).as_bytes());
    for part in [
        number(&facts.at, owner),
        number(&facts.net, owner),
        number(&facts.quantity, owner),
        product.copied().unwrap_or(0).cast_signed(),
        refunded,
        updated_at,
    ] {
        hash = hash_field(hash, &part.to_le_bytes());
    }
    let kind = facts.kind.get(owner).map_or(0, |kind| kind.to_u8());
    let status = facts.status.get(owner).map_or(0, |status| *status as u8);
    let unsaid = facts
        .status_unsaid
        .as_ref()
        .and_then(|flags| flags.get(owner));
    hash_field(
        hash,
        &[kind, status, u8::from(unsaid.copied().unwrap_or(false))],
    )
}

/// Whether a row has an id by which a later version of it is known. Without one, and of refunds, only what decides counts: a
/// changed note must not count their money twice.
fn has_identity(facts: &FactRows, row: usize) -> bool {
    let is_refund = facts.kind.get(row) == Some(&RowKind::Refund) && !is_derived(facts, row);
    !facts.order_id.get(row).is_empty() && !is_refund
}

fn is_derived(facts: &FactRows, row: usize) -> bool {
    facts.kind.get(row) == Some(&RowKind::Refund) && facts.at.get(row) == Some(&UNDATED)
}

/// Reads what is kept of a row. Nothing if there is nothing.
#[must_use]
pub fn read(mut bytes: &[u8]) -> Option<Kept<'_>> {
    let row_hash = take_i64(&mut bytes)?.cast_unsigned();
    let line = take_number(&mut bytes)? as u64;
    Some(Kept {
        row_hash,
        line,
        details: Details(bytes),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use patron_import::TextColumn;

    fn details_in(bytes: &[u8]) -> Vec<(Field, Detail<'_>)> {
        read(bytes).unwrap().details.collect()
    }

    #[test]
    fn details_come_back_as_they_went_in() {
        let mut city = TextColumn::default();
        city.push("");
        city.push("上海");
        let column = |field, values| DetailColumn { field, values };
        let facts = FactRows {
            line: vec![2, 300],
            details: Some(patron_import::Details {
                columns: vec![
                    column(Field::Tags, DetailValues::Text(city)),
                    column(Field::Gross, DetailValues::Number(vec![NO_NUMBER, -15])),
                    column(Field::PaidAt, DetailValues::Instant(vec![UNDATED, 7])),
                ],
            }),
            ..FactRows::default()
        };
        let stored = |row| {
            let mut bytes = Vec::new();
            write(&facts, row, 77, &mut bytes);
            bytes
        };
        let plain = stored(0);
        let kept = read(&plain).unwrap();
        assert_eq!((kept.row_hash, kept.line), (77, 2));
        assert_eq!(details_in(&plain), Vec::new());
        let expected = vec![
            (Field::Tags, Detail::Text("上海")),
            (Field::Gross, Detail::Number(-15)),
            (Field::PaidAt, Detail::Instant(7)),
        ];
        let bytes = stored(1);
        assert_eq!(read(&bytes).unwrap().line, 300);
        assert_eq!(details_in(&bytes), expected);
        assert_eq!(details_in(&bytes[..bytes.len() - 1]), expected[..2]);
        assert_eq!(read(&bytes[..7]), None);
    }
}
