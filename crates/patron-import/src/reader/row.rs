//! Where a row's cells come from: fields of text, or typed cells of Parquet.

use std::borrow::Cow;

use crate::cell::Cell;
use crate::text::records::Fields;
use crate::understanding::UsedColumn;

/// A row whose cells are asked for by their place in `Understanding::columns`.
pub(super) trait Row {
    /// Returns a cell; null beyond the last.
    fn cell(&self, slot: usize) -> Cell<'_>;

    /// Returns the first cell of the row in the file, whether it is used or not, if it is known.
    fn first(&self) -> Cell<'_>;

    /// Returns true if nothing is in any cell that is known.
    fn is_blank(&self) -> bool;
}

/// A record of a text file.
pub(super) struct TextRow<'a> {
    pub(super) bytes: &'a [u8],
    /// The bytes as text, if all of them are.
    pub(super) text: Option<&'a str>,
    pub(super) fields: &'a Fields,
    pub(super) columns: &'a [UsedColumn],
}

impl TextRow<'_> {
    pub(super) fn field(&self, index: usize) -> &[u8] {
        self.fields.get(self.bytes, index)
    }
}

impl Row for TextRow<'_> {
    fn cell(&self, slot: usize) -> Cell<'_> {
        match self.columns.get(slot) {
            Some(column) => self.fields.cell(self.bytes, self.text, column.index),
            None => Cell::Null,
        }
    }

    fn first(&self) -> Cell<'_> {
        Cell::from_bytes(self.field(0))
    }

    fn is_blank(&self) -> bool {
        (0..self.fields.len()).all(|index| Cell::from_bytes(self.field(index)).is_blank())
    }
}

/// The used cells of a row of Parquet.
pub(super) struct TypedRow<'a> {
    pub(super) cells: &'a [Cell<'a>],
    /// Where the first cell of the file's row is among these; of columns that are not used nothing was read.
    pub(super) first: Option<usize>,
}

impl Row for TypedRow<'_> {
    fn cell(&self, slot: usize) -> Cell<'_> {
        self.cells.get(slot).copied().unwrap_or(Cell::Null)
    }

    fn first(&self) -> Cell<'_> {
        self.first.map_or(Cell::Null, |slot| self.cell(slot))
    }

    fn is_blank(&self) -> bool {
        self.cells.iter().all(Cell::is_blank)
    }
}

/// Returns what a cell holds, for people to read.
pub(super) fn shown<'a>(cell: &Cell<'a>) -> Cow<'a, str> {
    match *cell {
        Cell::Null => Cow::Borrowed(""),
        Cell::Text(text) => Cow::Borrowed(text),
        Cell::NotUtf8(bytes) => String::from_utf8_lossy(bytes),
        Cell::Int(value) | Cell::Instant(value) | Cell::Local(value) => {
            Cow::Owned(value.to_string())
        }
        Cell::Float(value) => Cow::Owned(value.to_string()),
        Cell::Decimal { unscaled, scale } => Cow::Owned(format!("{unscaled}e-{scale}")),
        Cell::Date(value) => Cow::Owned(patron_core::Day(value).to_string()),
        Cell::Bool(value) => Cow::Borrowed(if value { "true" } else { "false" }),
    }
}
