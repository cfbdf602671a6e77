//! One cell of a row, whatever file it came from.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The seed of hashes of single values, and of the names of columns with which the hash of every row starts.
pub const ROW_HASH_SEED: u64 = 0;

/// One cell. Text files give `Text` and `NotUtf8`; Parquet gives typed cells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// Nothing there.
    Null,
    /// Text, as given.
    Text(&'a str),
    /// Bytes that are not UTF-8: harmless where the column is not used.
    NotUtf8(&'a [u8]),
    /// A whole number.
    Int(i64),
    /// A float.
    Float(f64),
    /// A decimal number: `unscaled` divided by ten to the power of `scale`.
    Decimal {
        /// The digits.
        unscaled: i128,
        /// How many of them are decimals.
        scale: i8,
    },
    /// An instant, in microseconds since 1970-01-01T00:00:00Z.
    Instant(i64),
    /// A time on the shop's wall clock, in microseconds since 1970-01-01 00:00 there.
    Local(i64),
    /// A date, in days since 1970-01-01.
    Date(i32),
    /// True or false.
    Bool(bool),
}

impl<'a> Cell<'a> {
    /// Returns the cell of a field of a text file.
    #[must_use]
    pub fn from_bytes(bytes: &'a [u8]) -> Self {
        std::str::from_utf8(bytes).map_or(Self::NotUtf8(bytes), Self::Text)
    }

    /// Returns true if nothing is in the cell that a reader would see.
    ///
    /// The ideographic space of Chinese and Japanese tables is as blank as any other.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.trim().is_empty(),
            _ => false,
        }
    }
}

/// Returns the hash of a row so far with one more field in it.
///
/// The hash of a row is a chain: `xxh3_64` of each hashed field (`Understanding::hashed_columns`, in that order), seeded
/// with the hash of the fields before it, starting from `Understanding::row_seed`. What is hashed are the field's bytes as given
/// (after unquoting, before trimming), so a field's end is part of the chain and rows are equal when all hashed fields
/// are.
#[must_use]
pub fn hash_field(hash: u64, field: &[u8]) -> u64 {
    xxh3_64_with_seed(field, hash)
}

/// Returns the hash of a row so far with one more typed cell in it: text as [`hash_field`] does, numbers by their bytes
/// and a mark of their type, so that a null, a zero and an empty text differ.
#[must_use]
pub fn hash_cell(hash: u64, cell: &Cell<'_>) -> u64 {
    let tagged = |tag: u8, bytes: [u8; 16]| {
        let mut field = [tag; 17];
        for (to, from) in field.iter_mut().skip(1).zip(bytes) {
            *to = from;
        }
        hash_field(hash, &field)
    };
    let whole = |tag: u8, value: i64| tagged(tag, i128::from(value).to_le_bytes());
    match *cell {
        Cell::Null => hash_field(hash, &[0]),
        Cell::Text(text) => hash_field(hash, text.as_bytes()),
        Cell::NotUtf8(bytes) => hash_field(hash, bytes),
        Cell::Int(value) => whole(1, value),
        Cell::Float(value) => tagged(2, u128::from(value.to_bits()).to_le_bytes()),
        Cell::Decimal { unscaled, .. } => tagged(3, unscaled.to_le_bytes()),
        Cell::Instant(value) => whole(4, value),
        Cell::Local(value) => whole(5, value),
        Cell::Date(value) => whole(6, i64::from(value)),
        Cell::Bool(value) => whole(7, i64::from(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_field_ends_is_part_of_the_hash() {
        let chain = |fields: &[&str]| {
            fields.iter().fold(ROW_HASH_SEED, |hash, field| {
                hash_field(hash, field.as_bytes())
            })
        };
        assert_ne!(chain(&["ab", "c"]), chain(&["a", "bc"]));
        assert_ne!(chain(&["ab", ""]), chain(&["ab"]));
        assert_ne!(chain(&["", "ab"]), chain(&["ab", ""]));
    }

    #[test]
    fn a_null_a_zero_and_an_empty_text_differ() {
        let hash = |cell| hash_cell(7, &cell);
        assert_ne!(hash(Cell::Null), hash(Cell::Text("")));
        assert_ne!(hash(Cell::Null), hash(Cell::Int(0)));
        assert_ne!(hash(Cell::Int(0)), hash(Cell::Float(0.0)));
    }
}
