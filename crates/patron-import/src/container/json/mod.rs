//! JSON: lines of records, an array of them, or an object that holds one.

mod flat;
mod records;
mod segment;
mod shopify;
mod table;
mod woocommerce;

use crate::container::{Converted, Stream};
use crate::error::ImportError;
use crate::understanding::Note;

/// Returns true if text begins like records of JSON.
pub(crate) fn looks_like_json(start: &[u8]) -> bool {
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let mut bytes = text.iter().filter(|byte| !byte.is_ascii_whitespace());
    match bytes.next() {
        Some(b'{') => matches!(bytes.next(), Some(b'"' | b'}')),
        Some(b'[') => matches!(bytes.next(), Some(b'{' | b']')),
        _ => false,
    }
}

/// Makes a table of records, reading them as it is read.
pub(crate) fn convert(
    file: &str,
    stream: Stream,
    with_details: bool,
) -> Result<Converted, ImportError> {
    let table = table::JsonTable::new(file, stream, with_details)?;
    let notes = vec![Note::new(
        "json",
        vec![("shape", table.shape().to_owned())],
        format!(
            "records of JSON are read as rows ({}); a line is that on which its record starts",
            table.shape()
        ),
    )];
    Ok(Converted {
        stream: Box::new(table),
        notes,
    })
}
