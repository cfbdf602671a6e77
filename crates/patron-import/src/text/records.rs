//! Where records and fields end, in text with quotes.
//!
//! A record ends with LF, CR LF or a lone CR outside quotes. A quote opens a quoted field only as the field's first
//! byte; inside, a doubled quote is one quote; what follows the closing quote up to the next delimiter belongs to the
//! field as it stands. Blank lines are no records. Block splitter and row reader share this, so they cannot disagree.
#![expect(
    clippy::indexing_slicing,
    reason = "places found in the same slice by memchr; this runs once per field"
)]

use memchr::{memchr, memchr2, memchr3};

use crate::cell::Cell;

const QUOTE: u8 = b'"';
/// A field of more lines is a quote that was not meant to open one.
const MOST_LINES_OF_A_FIELD: u64 = 200;

/// How fields are set apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Separation {
    /// By a byte.
    Delimiter(u8),
    /// By blanks; there are no quotes.
    Blanks,
}

/// Where a record ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RecordEnd {
    /// A whole record.
    Whole {
        /// Where its last field ends.
        end: usize,
        /// Where the next record starts.
        next: usize,
        /// Whether it has a quote anywhere.
        quoted: bool,
    },
    /// The bytes end before the record does.
    Open {
        /// The place of the quote that is still open.
        quote: Option<usize>,
    },
}

/// Finds the end of the record that starts at `start`. `last` says that nothing follows these bytes.
pub(crate) fn record_end(
    bytes: &[u8],
    start: usize,
    separation: Separation,
    last: bool,
) -> RecordEnd {
    let line = match memchr2(b'\n', b'\r', &bytes[start..]) {
        Some(length) => start + length,
        None => bytes.len(),
    };
    if let Separation::Delimiter(delimiter) = separation
        && memchr(QUOTE, &bytes[start..line]).is_some()
    {
        return quoted_end(bytes, start, delimiter, last);
    }
    terminated(bytes, line, last, false)
}

/// Returns the end of a record whose last field ends at `end`, where the bytes end or a line end stands.
fn terminated(bytes: &[u8], end: usize, last: bool, quoted: bool) -> RecordEnd {
    let open = RecordEnd::Open { quote: None };
    let next = match (bytes.get(end), bytes.get(end + 1)) {
        (None, _) if last => end,
        (None, _) => return open,
        (Some(b'\r'), Some(b'\n')) => end + 2,
        // A CR at the very end may be the first half of CR LF.
        (Some(b'\r'), None) if !last => return open,
        _ => end + 1,
    };
    RecordEnd::Whole { end, next, quoted }
}

fn quoted_end(bytes: &[u8], start: usize, delimiter: u8, last: bool) -> RecordEnd {
    let mut at = start;
    loop {
        let mut tail = at;
        if bytes.get(at) == Some(&QUOTE) {
            match closing_quote(bytes, at) {
                Some(after) => tail = after,
                None => return RecordEnd::Open { quote: Some(at) },
            }
        }
        let Some(length) = memchr3(delimiter, b'\n', b'\r', &bytes[tail..]) else {
            return terminated(bytes, bytes.len(), last, true);
        };
        at = tail + length;
        if bytes[at] != delimiter {
            return terminated(bytes, at, last, true);
        }
        at += 1;
    }
}

/// Returns the place after the quote that closes the field opened at `open`.
fn closing_quote(bytes: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        at += memchr(QUOTE, &bytes[at..])? + 1;
        if bytes.get(at) != Some(&QUOTE) {
            return Some(at);
        }
        at += 1;
    }
}

/// Returns the number of line ends: LF, CR LF and lone CR each count once.
pub(crate) fn count_lines(bytes: &[u8]) -> u64 {
    let mut lines = memchr::memchr_iter(b'\n', bytes).count();
    if memchr(b'\r', bytes).is_some() {
        lines += memchr::memchr_iter(b'\r', bytes)
            .filter(|&at| bytes.get(at + 1) != Some(&b'\n'))
            .count();
    }
    lines as u64
}

/// The fields of one record.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields {
    ranges: Vec<(usize, usize)>,
    unquoted: Vec<u8>,
    in_unquoted: bool,
}

impl Fields {
    /// Returns the number of fields.
    pub(crate) fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Returns a field; `bytes` are those that were split. Empty beyond the last field.
    pub(crate) fn get<'a>(&'a self, bytes: &'a [u8], index: usize) -> &'a [u8] {
        let Some(&(start, end)) = self.ranges.get(index) else {
            return &[];
        };
        if self.in_unquoted {
            &self.unquoted[start..end]
        } else {
            &bytes[start..end]
        }
    }

    /// Returns a field as a cell; `text` is `bytes` as text, if all of them are.
    pub(crate) fn cell<'a>(
        &'a self,
        bytes: &'a [u8],
        text: Option<&'a str>,
        index: usize,
    ) -> Cell<'a> {
        match (text, self.ranges.get(index)) {
            (Some(text), Some(&(start, end))) if !self.in_unquoted => {
                Cell::Text(text.get(start..end).unwrap_or_default())
            }
            _ => Cell::from_bytes(self.get(bytes, index)),
        }
    }

    /// Returns all fields as text, empty ones as nothing; what is not UTF-8 is replaced.
    pub(crate) fn to_texts(&self, bytes: &[u8]) -> Vec<Option<String>> {
        (0..self.len())
            .map(|index| self.get(bytes, index))
            .map(|field| (!field.is_empty()).then(|| String::from_utf8_lossy(field).into_owned()))
            .collect()
    }

    fn start(&mut self, in_unquoted: bool) {
        self.ranges.clear();
        self.unquoted.clear();
        self.in_unquoted = in_unquoted;
    }

    fn split_blanks(&mut self, bytes: &[u8], start: usize, end: usize) {
        self.start(false);
        let mut field = None;
        for (place, byte) in bytes.iter().enumerate().take(end).skip(start) {
            match (byte.is_ascii_whitespace(), field) {
                (false, None) => field = Some(place),
                (true, Some(first)) => {
                    self.ranges.push((first, place));
                    field = None;
                }
                _ => {}
            }
        }
        if let Some(first) = field {
            self.ranges.push((first, end));
        }
    }

    fn split_quoted(&mut self, bytes: &[u8], start: usize, end: usize, delimiter: u8) {
        self.start(true);
        let record = &bytes[..end];
        let mut at = start;
        loop {
            let first = self.unquoted.len();
            let mut tail = at;
            if record.get(at) == Some(&QUOTE)
                && let Some(after) = closing_quote(record, at)
            {
                self.copy_unquoted(&record[at + 1..after - 1]);
                tail = after;
            }
            let stop = memchr(delimiter, &record[tail..]).map_or(end, |length| tail + length);
            self.unquoted.extend_from_slice(&record[tail..stop]);
            self.ranges.push((first, self.unquoted.len()));
            if stop == end {
                return;
            }
            at = stop + 1;
        }
    }

    /// Copies the inside of a quoted field with doubled quotes made single.
    fn copy_unquoted(&mut self, mut inside: &[u8]) {
        while let Some(at) = memchr(QUOTE, inside) {
            self.unquoted.extend_from_slice(&inside[..=at]);
            inside = inside.get(at + 2..).unwrap_or_default();
        }
        self.unquoted.extend_from_slice(inside);
    }
}

/// The records of a block, one after the other.
#[derive(Debug)]
pub(crate) struct Records<'b> {
    bytes: &'b [u8],
    separation: Separation,
    at: usize,
    /// The block has no quote at all, so that one pass finds fields and line ends.
    plain: bool,
    /// Which bytes end a field outside quotes.
    ends: [bool; 256],
    line: u64,
    /// Where the record read last starts and ends, and its line, if it has quotes and runs over lines.
    last_quoted: Option<(usize, usize, u64)>,
}

fn ends(separation: Separation) -> [bool; 256] {
    let mut ends = [false; 256];
    ends[usize::from(b'\n')] = true;
    ends[usize::from(b'\r')] = true;
    if let Separation::Delimiter(delimiter) = separation {
        ends[usize::from(delimiter)] = true;
    }
    ends
}

/// A record: its line and its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record {
    /// The line on which it starts.
    pub(crate) line: u64,
    /// Where it starts.
    pub(crate) start: usize,
    /// Where the next record starts.
    pub(crate) next: usize,
}

impl<'b> Records<'b> {
    /// Starts at the beginning of bytes that hold whole records.
    pub(crate) fn new(bytes: &'b [u8], separation: Separation, first_line: u64) -> Self {
        Self {
            bytes,
            separation,
            at: 0,
            plain: separation != Separation::Blanks && memchr(QUOTE, bytes).is_none(),
            ends: ends(separation),
            line: first_line,
            last_quoted: None,
        }
    }

    /// Reads the next record's fields; `Ok(None)` at the end.
    ///
    /// # Errors
    /// The line of a quote that is never closed.
    pub(crate) fn read(&mut self, fields: &mut Fields) -> Result<Option<Record>, u64> {
        while self.at < self.bytes.len() {
            let line = self.line;
            let start = self.at;
            match (self.plain, self.separation) {
                (true, Separation::Delimiter(_)) => self.read_plain(fields),
                _ => self.read_any(fields)?,
            }
            let blank = match self.separation {
                Separation::Blanks => fields.len() == 0,
                Separation::Delimiter(_) => {
                    fields.len() == 1 && matches!(self.bytes[start], b'\n' | b'\r')
                }
            };
            if !blank {
                return Ok(Some(Record {
                    line,
                    start,
                    next: self.at,
                }));
            }
        }
        Ok(None)
    }

    /// Returns the line of a quote that swallowed other rows in the record read last: its field runs over lines and goes
    /// on behind the closing quote, or runs over more lines than any note has. Two stray quotes would otherwise lose
    /// every row between them without a word.
    pub(crate) fn stray_quote(&self) -> Option<u64> {
        let Separation::Delimiter(delimiter) = self.separation else {
            return None;
        };
        let (start, end, line) = self.last_quoted?;
        let mut at = start;
        while at < end {
            let mut tail = at;
            if self.bytes.get(at) == Some(&QUOTE) {
                tail = closing_quote(self.bytes, at)?;
                let lines = count_lines(&self.bytes[at..tail]);
                let goes_on = tail < end && self.bytes.get(tail) != Some(&delimiter);
                if (lines > 0 && goes_on) || lines > MOST_LINES_OF_A_FIELD {
                    return Some(line + count_lines(&self.bytes[start..at]));
                }
            }
            at = tail + memchr(delimiter, &self.bytes[tail..end])? + 1;
        }
        None
    }

    fn read_plain(&mut self, fields: &mut Fields) {
        fields.start(false);
        let mut field = self.at;
        self.line += 1;
        loop {
            // Fields are short: a look-up per byte beats a search per field.
            let rest = &self.bytes[field..];
            let length = rest.iter().position(|&byte| self.ends[usize::from(byte)]);
            let end = length.map_or(self.bytes.len(), |length| field + length);
            fields.ranges.push((field, end));
            match self.bytes.get(end) {
                None => {
                    self.at = end;
                    return;
                }
                Some(b'\n') => {
                    self.at = end + 1;
                    return;
                }
                Some(b'\r') => {
                    let both = self.bytes.get(end + 1) == Some(&b'\n');
                    self.at = if both { end + 2 } else { end + 1 };
                    return;
                }
                Some(_) => field = end + 1,
            }
        }
    }

    fn read_any(&mut self, fields: &mut Fields) -> Result<(), u64> {
        let start = self.at;
        let (end, next, quoted) = match record_end(self.bytes, start, self.separation, true) {
            RecordEnd::Whole { end, next, quoted } => (end, next, quoted),
            RecordEnd::Open { quote } => {
                let open = quote.unwrap_or(start);
                return Err(self.line + count_lines(&self.bytes[start..open]));
            }
        };
        match self.separation {
            Separation::Blanks => fields.split_blanks(self.bytes, start, end),
            Separation::Delimiter(delimiter) if quoted => {
                fields.split_quoted(self.bytes, start, end, delimiter);
            }
            Separation::Delimiter(delimiter) => {
                fields.start(false);
                let mut field = start;
                for length in memchr::memchr_iter(delimiter, &self.bytes[start..end]) {
                    fields.ranges.push((field, start + length));
                    field = start + length + 1;
                }
                fields.ranges.push((field, end));
            }
        }
        let lines = if quoted {
            count_lines(&self.bytes[start..next]).max(1)
        } else {
            1
        };
        self.last_quoted = (lines > 1).then_some((start, end, self.line));
        self.line += lines;
        self.at = next;
        Ok(())
    }
}
