//! A text file as blocks of whole records.

use memchr::{memchr, memrchr};

use crate::error::ImportError;
use crate::text::TextBlock;
use crate::text::fill::Filler;
use crate::text::records::{RecordEnd, Separation, count_lines, record_end};
use crate::text::source::Source;
use crate::understanding::FillDown;

/// Bytes of a block, about.
const BLOCK_BYTES: usize = 4 * 1024 * 1024;
/// A record longer than this is not one.
const LONGEST_RECORD: usize = 64 * 1024 * 1024;

/// The blocks of a text file, in order. Each holds whole records, so blocks can be read in any order by any thread.
#[derive(Debug)]
pub struct TextBlocks {
    source: Source,
    separation: Separation,
    /// Read and not yet given out; starts with a record.
    buffer: Vec<u8>,
    at_end: bool,
    failed: bool,
    index: u64,
    line: u64,
    /// Place of the buffer's first byte in the uncompressed text.
    offset: u64,
    block_bytes: usize,
    /// Fills what stands on the first row of an order only.
    filler: Option<Filler>,
}

impl TextBlocks {
    pub(super) fn new(
        source: Source,
        separation: Separation,
        buffer: Vec<u8>,
        at_end: bool,
        (line, offset): (u64, u64),
    ) -> Self {
        Self {
            source,
            separation,
            buffer,
            at_end,
            failed: false,
            index: 0,
            line,
            offset,
            block_bytes: BLOCK_BYTES,
            filler: None,
        }
    }

    /// Fills what stands on the first row of an order only into its other rows.
    pub(super) fn with_fill_down(mut self, rule: Option<FillDown>) -> Self {
        if let Separation::Delimiter(delimiter) = self.separation {
            self.filler = rule.map(|rule| Filler::new(rule, delimiter));
        }
        self
    }

    /// Sets about how many bytes a block has (4 MiB unless set). What the rows become does not depend on it.
    #[must_use]
    pub const fn with_block_bytes(mut self, bytes: usize) -> Self {
        self.block_bytes = if bytes == 0 { 1 } else { bytes };
        self
    }

    /// Returns the SHA-256 of the file as it is on disk, reading what is left of it.
    ///
    /// # Errors
    /// [`ImportError::Io`] if the rest cannot be read.
    pub fn digest(&mut self) -> Result<[u8; 32], ImportError> {
        self.source.digest()
    }

    /// Returns how many bytes of the file were read so far (compressed, for `.gz`), and its size.
    #[must_use]
    pub fn progress(&self) -> (u64, u64) {
        self.source.progress()
    }

    fn next_block(&mut self) -> Result<Option<TextBlock>, ImportError> {
        let mut wanted = self.block_bytes;
        loop {
            self.fill(wanted)?;
            if self.buffer.is_empty() {
                return Ok(None);
            }
            let window = wanted.min(self.buffer.len());
            let last = self.at_end && window == self.buffer.len();
            let cut = self.whole_records(window, last)?;
            if cut > 0 {
                return self.give(cut).map(Some);
            }
            if window >= LONGEST_RECORD {
                return Err(self.too_long());
            }
            wanted = wanted.saturating_mul(2).min(LONGEST_RECORD);
        }
    }

    fn fill(&mut self, wanted: usize) -> Result<(), ImportError> {
        if self.at_end || self.buffer.len() >= wanted {
            return Ok(());
        }
        let missing = wanted - self.buffer.len();
        self.at_end = self.source.read_text(missing, &mut self.buffer)?;
        Ok(())
    }

    /// Returns the length of the whole records within the first `window` bytes; `last` says that nothing follows them.
    fn whole_records(&self, window: usize, last: bool) -> Result<usize, ImportError> {
        let bytes = self.buffer.get(..window).unwrap_or_default();
        if self.separation == Separation::Blanks || memchr(b'"', bytes).is_none() {
            if last {
                return Ok(window);
            }
            let before_last = bytes.get(..window.saturating_sub(1)).unwrap_or_default();
            return Ok(memrchr(b'\n', bytes)
                .or_else(|| memrchr(b'\r', before_last))
                .map_or(0, |place| place + 1));
        }
        let mut cut = 0;
        while cut < window {
            match record_end(bytes, cut, self.separation, last) {
                RecordEnd::Whole { next, .. } => cut = next,
                RecordEnd::Open { quote } if last => {
                    let open = bytes.get(..quote.unwrap_or(cut)).unwrap_or_default();
                    return Err(ImportError::QuoteNotClosed {
                        file: self.source.file().to_owned(),
                        line: self.line + count_lines(open),
                    });
                }
                RecordEnd::Open { .. } => break,
            }
        }
        Ok(cut)
    }

    fn give(&mut self, cut: usize) -> Result<TextBlock, ImportError> {
        let rest = self.buffer.split_off(cut);
        let bytes = std::mem::replace(&mut self.buffer, rest);
        if let Some(place) = memchr(0, &bytes) {
            return Err(ImportError::Binary {
                file: self.source.file().to_owned(),
                byte: 0,
                offset: self.offset + place as u64,
            });
        }
        let first_line = self.line;
        self.line += count_lines(&bytes);
        self.offset += bytes.len() as u64;
        let bytes = match &mut self.filler {
            Some(filler) => filler.fill(bytes),
            None => bytes,
        };
        let block = TextBlock {
            index: self.index,
            first_line,
            bytes,
        };
        self.index += 1;
        Ok(block)
    }

    fn too_long(&self) -> ImportError {
        let file = self.source.file().to_owned();
        match record_end(&self.buffer, 0, self.separation, false) {
            RecordEnd::Open { quote: Some(open) } => ImportError::QuoteNotClosed {
                file,
                line: self.line + count_lines(self.buffer.get(..open).unwrap_or_default()),
            },
            _ => ImportError::RecordTooLong {
                file,
                line: self.line,
                limit: LONGEST_RECORD,
            },
        }
    }
}

impl Iterator for TextBlocks {
    type Item = Result<TextBlock, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let block = self.next_block();
        self.failed = block.is_err();
        block.transpose()
    }
}
