//! Many texts in one piece of memory.

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

    /// Walks over the texts.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|index| self.get(index))
    }
}
