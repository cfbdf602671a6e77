//! Cuts JSON into its records, one in memory at a time.

use std::io::Read;

use serde_json::Value;

use crate::container::{Broken, Stream};
use crate::error::ImportError;

/// Bytes read at a time.
const CHUNK: usize = 64 * 1024;
/// A record longer than this is not one.
const LONGEST_RECORD: usize = 64 * 1024 * 1024;
/// Names under which an answer of an interface holds its records.
const WRAPPERS: [&str; 8] = [
    "orders",
    "data",
    "records",
    "results",
    "rows",
    "events",
    "customers",
    "items",
];

/// The records of a file of JSON.
pub(super) struct Records {
    file: String,
    stream: Stream,
    buffer: Vec<u8>,
    at: usize,
    line: u64,
    at_end: bool,
    /// Records stand in an array, which must be closed.
    in_array: bool,
    closed: bool,
}

impl Records {
    pub(super) fn new(file: &str, stream: Stream) -> Result<Self, ImportError> {
        let mut records = Self {
            file: file.to_owned(),
            stream,
            buffer: Vec::new(),
            at: 0,
            line: 1,
            at_end: false,
            in_array: false,
            closed: false,
        };
        records.begin()?;
        Ok(records)
    }

    /// Returns the next record with the line on which it starts.
    pub(super) fn next(&mut self) -> Result<Option<(u64, Value)>, ImportError> {
        if self.closed {
            return Ok(None);
        }
        self.skip(|byte| byte.is_ascii_whitespace() || byte == b',')?;
        match self.byte()? {
            None if self.in_array => Err(self.cut_short(self.line)),
            None => Ok(None),
            Some(b']') if self.in_array => {
                self.closed = true;
                Ok(None)
            }
            Some(b'{') => self.record().map(Some),
            Some(_) => Err(self.broken(self.line, "expected a record, `{…}`".to_owned())),
        }
    }

    fn begin(&mut self) -> Result<(), ImportError> {
        self.fill(CHUNK)?;
        if self.buffer.starts_with(b"\xef\xbb\xbf") {
            self.at = 3;
        }
        self.skip(|byte| byte.is_ascii_whitespace())?;
        match self.byte()? {
            Some(b'[') => {
                self.at += 1;
                self.in_array = true;
            }
            Some(b'{') => {
                if let Some(inside) = wrapped(self.buffer.get(self.at..).unwrap_or_default()) {
                    let passed = self.buffer.get(self.at..self.at + inside);
                    self.line += lines(passed.unwrap_or_default());
                    self.at += inside;
                    self.in_array = true;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn record(&mut self) -> Result<(u64, Value), ImportError> {
        let first_line = self.line;
        let mut scan = Scan::default();
        let mut end = self.at;
        loop {
            while let Some(&byte) = self.buffer.get(end) {
                end += 1;
                if scan.closes(byte) {
                    return self.parse(first_line, end);
                }
            }
            if end - self.at >= LONGEST_RECORD {
                return Err(ImportError::RecordTooLong {
                    file: self.file.clone(),
                    line: first_line,
                    limit: LONGEST_RECORD,
                });
            }
            let held = end - self.at;
            self.drop_read();
            self.fill(held + CHUNK.max(held))?;
            end = held;
            if self.buffer.len() == held {
                return Err(self.cut_short(first_line));
            }
        }
    }

    fn parse(&mut self, line: u64, end: usize) -> Result<(u64, Value), ImportError> {
        let bytes = self.buffer.get(self.at..end).unwrap_or_default();
        let value = serde_json::from_slice(bytes);
        self.line += lines(bytes);
        self.at = end;
        match value {
            Ok(value) => Ok((line, value)),
            Err(error) => {
                let at = line + (error.line() as u64).saturating_sub(1);
                Err(self.broken(at, error.to_string()))
            }
        }
    }

    fn skip(&mut self, skipped: impl Fn(u8) -> bool) -> Result<(), ImportError> {
        while let Some(byte) = self.byte()? {
            if !skipped(byte) {
                break;
            }
            self.line += u64::from(byte == b'\n');
            self.at += 1;
        }
        Ok(())
    }

    fn byte(&mut self) -> Result<Option<u8>, ImportError> {
        if self.at >= self.buffer.len() {
            self.drop_read();
            self.fill(CHUNK)?;
        }
        Ok(self.buffer.get(self.at).copied())
    }

    fn drop_read(&mut self) {
        self.buffer.drain(..self.at);
        self.at = 0;
    }

    /// Reads until the buffer has so many bytes, or the file ends.
    fn fill(&mut self, wanted: usize) -> Result<(), ImportError> {
        let missing = wanted.saturating_sub(self.buffer.len());
        if self.at_end || missing == 0 {
            return Ok(());
        }
        let read = (&mut self.stream)
            .take(missing as u64)
            .read_to_end(&mut self.buffer)
            .map_err(|source| match Broken::from_io(source) {
                Ok(error) => error,
                Err(source) => crate::container::read_error(&self.file, source),
            })?;
        self.at_end = read < missing;
        Ok(())
    }

    fn broken(&self, line: u64, found: String) -> ImportError {
        ImportError::JsonBroken {
            file: self.file.clone(),
            line,
            found,
        }
    }

    fn cut_short(&self, line: u64) -> ImportError {
        ImportError::JsonCutShort {
            file: self.file.clone(),
            line,
        }
    }
}

/// Where a scan stands within a record.
#[derive(Debug, Default)]
struct Scan {
    depth: usize,
    in_text: bool,
    escaped: bool,
}

impl Scan {
    /// Takes one byte; true if it closes the record.
    fn closes(&mut self, byte: u8) -> bool {
        if self.in_text {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_text = false,
                _ => {}
            }
            return false;
        }
        match byte {
            b'"' => self.in_text = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }
}

/// Returns the place after the bracket that opens the records of an object which only wraps them.
fn wrapped(start: &[u8]) -> Option<usize> {
    let mut scan = Scan::default();
    let mut text = Vec::new();
    for (place, &byte) in start.iter().enumerate() {
        let (was_in_text, depth) = (scan.in_text, scan.depth);
        if scan.closes(byte) {
            return None;
        }
        if depth == 1 && byte == b'[' && !was_in_text {
            let known = WRAPPERS.iter().any(|name| name.as_bytes() == text);
            let rest = start.get(place + 1..).unwrap_or_default();
            let of_records = rest
                .iter()
                .find(|byte| !byte.is_ascii_whitespace())
                .is_some_and(|byte| *byte == b'{');
            if known && of_records {
                return Some(place + 1);
            }
        }
        match (was_in_text, scan.in_text) {
            (false, true) => text.clear(),
            (true, true) => text.push(byte),
            _ => {}
        }
    }
    None
}

fn lines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn records(text: &str) -> Result<Vec<(u64, String)>, ImportError> {
        let stream = Box::new(Cursor::new(text.as_bytes().to_vec()));
        let mut records = Records::new("x.json", stream)?;
        let mut found = Vec::new();
        while let Some((line, value)) = records.next()? {
            found.push((line, value.to_string()));
        }
        Ok(found)
    }

    #[test]
    fn lines_arrays_and_wrappers_hold_the_same_records() {
        let expected = |lines: [u64; 2]| {
            let (one, two) = (r#"{"a":"}\"["}"#, r#"{"b":[1,{"c":null}]}"#);
            vec![(lines[0], one.to_owned()), (lines[1], two.to_owned())]
        };
        let (one, two) = (r#"{"a":"}\"["}"#, r#"{"b":[1,{"c":null}]}"#);
        assert_eq!(
            records(&format!("{one}\n{two}\n")).unwrap(),
            expected([1, 2])
        );
        assert_eq!(
            records(&format!("\u{feff}[\n{one},\n\n{two}]\n")).unwrap(),
            expected([2, 4])
        );
        assert_eq!(
            records(&format!(
                "{{\"count\": 2,\n \"orders\": [\n{one},{two}], \"next\": []}}"
            ))
            .unwrap(),
            expected([3, 3])
        );
        assert_eq!(records("[]").unwrap(), []);
    }

    #[test]
    fn what_is_broken_is_named_with_its_line() {
        for (text, line) in [
            ("{\"a\":1}\n{\"a\":", 2),
            ("[{\"a\":1},\n{\"a\":1}", 2),
            ("[{\"a\":\"x", 1),
        ] {
            let error = records(text).unwrap_err();
            assert!(
                matches!(error, ImportError::JsonCutShort { line: found, .. } if found == line),
                "{text}: {error}"
            );
        }
        for text in ["{\"a\":1}\n\n{\"a\":x}", "{\"a\":1}\n\n7"] {
            let error = records(text).unwrap_err();
            assert!(
                matches!(error, ImportError::JsonBroken { line: 3, .. }),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn records_longer_than_a_read_are_whole() {
        let long = "x".repeat(300_000);
        let text = format!("{{\"a\":\"{long}\"}}\n{{\"b\":\"{long}\"}}");
        let found = records(&text).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].1.len(), 300_008);
    }
}
