//! Many texts in one piece of memory.

use std::cmp::Ordering;
use std::ops::Range;

/// A column of texts: offsets into one run of bytes.
#[derive(Debug, Clone)]
pub struct Texts {
    offsets: Vec<u64>,
    bytes: String,
}

impl Default for Texts {
    fn default() -> Self {
        Self {
            offsets: vec![0],
            bytes: String::new(),
        }
    }
}

impl Texts {
    /// Makes an empty column with room for `texts` texts of `bytes` bytes together.
    #[must_use]
    pub fn with_capacity(texts: usize, bytes: usize) -> Self {
        let mut offsets = Vec::with_capacity(texts + 1);
        offsets.push(0);
        Self {
            offsets,
            bytes: String::with_capacity(bytes),
        }
    }

    /// Adds a text.
    pub fn push(&mut self, text: &str) {
        self.bytes.push_str(text);
        self.offsets.push(self.bytes.len() as u64);
    }

    /// Adds all texts of another column.
    pub(crate) fn append(&mut self, other: &Self) {
        let before = self.bytes.len() as u64;
        self.bytes.push_str(&other.bytes);
        let ends = other.offsets.iter().skip(1);
        self.offsets.extend(ends.map(|end| before + end));
    }

    /// Returns the text at `index`; empty beyond the end.
    #[must_use]
    pub fn get(&self, index: usize) -> &str {
        let bound = |index: usize| {
            self.offsets
                .get(index)
                .and_then(|&offset| usize::try_from(offset).ok())
        };
        match (bound(index), bound(index + 1)) {
            (Some(from), Some(to)) => self.bytes.get(from..to).unwrap_or_default(),
            _ => "",
        }
    }

    /// Returns the number of texts.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Returns true if there is no text.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of bytes of all texts together.
    #[must_use]
    pub const fn total_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Adds some texts of another column.
    pub(crate) fn push_some(&mut self, other: &Self, rows: Range<usize>) {
        let bound = |row: usize| other.offsets.get(row).copied().unwrap_or(0);
        let (from, until) = (bound(rows.start), bound(rows.end));
        let span = usize::try_from(from).ok().zip(usize::try_from(until).ok());
        let bytes = span.and_then(|(from, until)| other.bytes.get(from..until));
        let before = self.bytes.len() as u64;
        self.bytes.push_str(bytes.unwrap_or_default());
        let ends = other.offsets.get(rows.start + 1..rows.end + 1);
        let ends = ends.unwrap_or_default().iter();
        self.offsets.extend(ends.map(|end| before + (end - from)));
    }

    /// Finds a text in a column whose texts ascend: its place, else the place before which it would come.
    pub(crate) fn find(&self, text: &str) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.get(middle).cmp(text) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return Ok(middle),
                Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    /// Returns all texts, one behind the other.
    pub(crate) fn all(&self) -> &str {
        &self.bytes
    }

    /// Cuts a text into texts of these lengths; nothing if they are not all of it, or end inside a character.
    pub(crate) fn of_parts(lengths: impl Iterator<Item = u64>, bytes: String) -> Option<Self> {
        let mut offsets = vec![0];
        let mut end = 0_u64;
        for length in lengths {
            end = end.checked_add(length)?;
            if !bytes.is_char_boundary(usize::try_from(end).ok()?) {
                return None;
            }
            offsets.push(end);
        }
        (end == bytes.len() as u64).then_some(Self { offsets, bytes })
    }

    /// Walks over the texts.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|index| self.get(index))
    }
}
