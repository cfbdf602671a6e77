//! The file of what is kept, read piece by piece: it is large, and as a whole it would be in memory twice.

use std::fs::File;
use std::io::Read;

use xxhash_rust::xxh3::Xxh3;

use crate::grouping::bytes::In;

/// Rows that are read at a time.
const ROWS: usize = 8_192;
/// Bytes of the checksum at the end.
const DIGEST: u64 = 8;

/// A file on its way, with the checksum of what was read.
pub(crate) struct Source {
    file: File,
    hash: Xxh3,
    /// Bytes before the checksum that were not read yet.
    left: u64,
    buffer: Vec<u8>,
}

impl Source {
    /// Takes a file of a length; nothing if it is too short to be one.
    pub(crate) fn new(file: File, length: u64) -> Option<Self> {
        Some(Self {
            file,
            hash: Xxh3::new(),
            left: length.checked_sub(DIGEST)?,
            buffer: Vec::new(),
        })
    }

    /// Reads the next bytes; nothing if there are not so many.
    pub(crate) fn take(&mut self, bytes: usize) -> Option<&[u8]> {
        self.left = self.left.checked_sub(bytes as u64)?;
        self.buffer.resize(bytes, 0);
        self.file.read_exact(&mut self.buffer).ok()?;
        self.hash.update(&self.buffer);
        Some(&self.buffer)
    }

    /// Reads numbers of so many bytes together.
    pub(crate) fn numbers<T>(
        &mut self,
        bytes: usize,
        read: impl FnOnce(&mut In<'_>) -> Option<T>,
    ) -> Option<T> {
        read(&mut In(self.take(bytes)?))
    }

    /// Reads a count.
    pub(crate) fn count(&mut self) -> Option<usize> {
        usize::try_from(self.numbers(8, |bytes| bytes.u64())?).ok()
    }

    /// Reads rows of one length.
    pub(crate) fn rows<T>(
        &mut self,
        count: usize,
        bytes: usize,
        read: impl Fn(&mut In<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        if (count as u64).checked_mul(bytes as u64)? > self.left {
            return None;
        }
        let mut rows = Vec::with_capacity(count);
        while rows.len() < count {
            let some = ROWS.min(count - rows.len());
            for row in self.take(some * bytes)?.chunks_exact(bytes) {
                rows.push(read(&mut In(row))?);
            }
        }
        Some(rows)
    }

    /// Reads a text of so many bytes.
    pub(crate) fn text(&mut self, bytes: usize) -> Option<String> {
        /// Bytes that are read at a time.
        const SOME: usize = 1 << 20;
        if bytes as u64 > self.left {
            return None;
        }
        let mut text = Vec::with_capacity(bytes);
        while text.len() < bytes {
            let some = SOME.min(bytes - text.len());
            text.extend_from_slice(self.take(some)?);
        }
        String::from_utf8(text).ok()
    }

    /// Whether all was read, and is what was written.
    pub(crate) fn ends_here(mut self) -> bool {
        let mut digest = [0; 8];
        let read = self.file.read_exact(&mut digest);
        read.is_ok() && self.left == 0 && self.hash.digest() == u64::from_le_bytes(digest)
    }
}
