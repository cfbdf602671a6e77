//! Text files as blocks of whole records.

mod blocks;
mod decoding;
mod encoding;
mod fill;
mod open;
pub(crate) mod records;
mod sniff;
mod source;

pub use blocks::TextBlocks;
pub use open::{FileKind, file_kind, open_text};

/// Whole records of a text file, without the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextBlock {
    /// The block's number, from 0.
    pub index: u64,
    /// The line of the file with which the block starts, from 1.
    pub first_line: u64,
    /// The records with their line ends.
    pub bytes: Vec<u8>,
}
