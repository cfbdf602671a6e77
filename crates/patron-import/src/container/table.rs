//! Writes rows down as delimited text, with what the reader should know of a row besides its cells.

use xxhash_rust::xxh3::Xxh3;

/// The header of the column that says on which line of the source a row stands.
pub(crate) const LINE: &str = "(line)";
/// The header of the column that marks rows which only repeat others.
pub(crate) const MERGED: &str = "(merged)";
/// What stands in [`MERGED`] for such rows.
pub(crate) const IS_MERGED: &str = "1";
/// What stands in [`MERGED`] for rows that are no orders.
pub(crate) const IS_OTHER: &str = "2";
/// The delimiter of tables written here.
pub(crate) const DELIMITER: u8 = b',';

/// Appends one row. Line breaks within cells become blanks, so that a row is a line.
pub(crate) fn write_row<'c>(cells: impl IntoIterator<Item = &'c str>, text: &mut Vec<u8>) {
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            text.push(DELIMITER);
        }
        write_cell(cell, text);
    }
    text.push(b'\n');
}

fn write_cell(cell: &str, text: &mut Vec<u8>) {
    let bytes = cell.as_bytes();
    if !bytes
        .iter()
        .any(|byte| matches!(byte, b'"' | b'\n' | b'\r' | 0) || *byte == DELIMITER)
    {
        text.extend_from_slice(bytes);
        return;
    }
    text.push(b'"');
    for &byte in bytes {
        match byte {
            b'"' => text.extend_from_slice(b"\"\""),
            b'\n' | b'\r' | 0 => text.push(b' '),
            other => text.push(other),
        }
    }
    text.push(b'"');
}

/// Returns a hash of a row's cells in which the end of each counts.
pub(crate) fn row_hash<'c>(cells: impl IntoIterator<Item = &'c str>) -> u64 {
    let mut hash = Xxh3::new();
    for cell in cells {
        hash.update(cell.as_bytes());
        hash.update(&[0xff]);
    }
    hash.digest()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_a_line() {
        let mut text = Vec::new();
        write_row(["a", "", "b,c", "d \"e\"\r\nf"], &mut text);
        assert_eq!(text, b"a,,\"b,c\",\"d \"\"e\"\"  f\"\n");
    }

    #[test]
    fn where_a_cell_ends_is_part_of_the_hash() {
        assert_ne!(row_hash(["ab", "c"]), row_hash(["a", "bc"]));
        assert_eq!(row_hash(["ab", "c"]), row_hash(["ab", "c"]));
    }
}
