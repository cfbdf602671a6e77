//! Small tables that somebody wrote by hand: text with a header, each cell with its place.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use super::ClvError;

const READ_AT_ONCE: usize = 256 * 1024;

/// A column with the headers by which it is known.
pub(super) struct Known {
    pub(super) what: &'static str,
    pub(super) headers: &'static [&'static str],
}

/// A file with a header, row by row.
pub(super) struct Sheet<'a> {
    path: &'a Path,
    headers: Vec<String>,
    reader: csv::Reader<BufReader<File>>,
    record: csv::StringRecord,
    /// Of the file, in bytes.
    pub(super) bytes: u64,
}

/// One row with its place.
pub(super) struct Row<'a> {
    path: &'a Path,
    pub(super) line: u64,
    headers: &'a [String],
    record: &'a csv::StringRecord,
}

impl<'a> Sheet<'a> {
    /// Opens a file and reads its header; the mark that most often parts it parts the rows.
    pub(super) fn open(path: &'a Path) -> Result<Self, ClvError> {
        let failed = |source| ClvError::Read {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(failed)?;
        let bytes = file.metadata().map_or(0, |told| told.len());
        let mut file = BufReader::with_capacity(READ_AT_ONCE, file);
        let delimiter = delimiter(file.fill_buf().map_err(failed)?);
        let mut options = csv::ReaderBuilder::new();
        let options = options.delimiter(delimiter).flexible(true);
        let mut reader = options.from_reader(file);
        let headers = reader.headers().map_err(|error| unread(path, &error))?;
        let headers = headers
            .iter()
            .map(|header| header.trim_start_matches('\u{feff}').trim().to_owned())
            .collect();
        Ok(Self {
            path,
            headers,
            reader,
            record: csv::StringRecord::new(),
            bytes,
        })
    }

    /// The headers as they are written.
    pub(super) fn headers(&self) -> &[String] {
        &self.headers
    }

    /// The place of a column, if it is there.
    pub(super) fn place(&self, known: &Known) -> Result<Option<usize>, ClvError> {
        let is_it = |header: &&String| known.headers.contains(&header.to_lowercase().as_str());
        let headers = self.headers.iter().enumerate();
        let mut found = headers.filter(|(_, header)| is_it(header));
        match (found.next(), found.next()) {
            (Some((_, first)), Some((_, second))) => Err(ClvError::ColumnTwice {
                path: self.path.to_owned(),
                what: known.what,
                first: first.clone(),
                second: second.clone(),
            }),
            (first, _) => Ok(first.map(|(place, _)| place)),
        }
    }

    /// The place of a column that must be there.
    pub(super) fn needed(&self, known: &Known) -> Result<usize, ClvError> {
        self.place(known)?.ok_or_else(|| ClvError::ColumnMissing {
            path: self.path.to_owned(),
            what: known.what,
            found: self.headers.join(", "),
        })
    }

    /// The next row; nothing after the last.
    pub(super) fn next(&mut self) -> Result<Option<Row<'_>>, ClvError> {
        let read = self.reader.read_record(&mut self.record);
        if !read.map_err(|error| unread(self.path, &error))? {
            return Ok(None);
        }
        let row = Row {
            path: self.path,
            line: self.record.position().map_or(0, csv::Position::line),
            headers: &self.headers,
            record: &self.record,
        };
        row.check_length()?;
        Ok(Some(row))
    }
}

fn unread(path: &Path, error: &csv::Error) -> ClvError {
    ClvError::Read {
        path: path.to_owned(),
        source: std::io::Error::other(error.to_string()),
    }
}

/// The mark that most often parts the header.
fn delimiter(start: &[u8]) -> u8 {
    let header = start.split(|byte| matches!(byte, b'\n' | b'\r')).next();
    let header = header.unwrap_or_default();
    let count = |mark: &u8| header.iter().filter(|byte| *byte == mark).count();
    let marks = [b'|', b'\t', b';', b','];
    marks.into_iter().max_by_key(count).unwrap_or(b',')
}

impl Row<'_> {
    fn check_length(&self) -> Result<(), ClvError> {
        let (found, expected) = (self.record.len(), self.headers.len());
        if found == expected {
            return Ok(());
        }
        let problem = format!("{found} fields in this row, expected {expected} as in the header");
        Err(self.wrong(0, problem))
    }

    /// The text of a cell.
    pub(super) fn text(&self, column: usize) -> &str {
        self.record.get(column).unwrap_or_default().trim()
    }

    /// A finite number.
    pub(super) fn number(&self, column: usize) -> Result<f64, ClvError> {
        let number = self.text(column).parse::<f64>().ok();
        number
            .filter(|number| number.is_finite())
            .ok_or_else(|| self.wrong(column, "expected a number with a decimal point".to_owned()))
    }

    /// A number of at least 0.
    pub(super) fn time(&self, column: usize) -> Result<f64, ClvError> {
        let time = self.number(column)?;
        if time < 0.0 {
            return Err(self.wrong(column, "expected a time of at least 0".to_owned()));
        }
        Ok(time)
    }

    /// A whole number of at least 0.
    pub(super) fn count(&self, column: usize) -> Result<u32, ClvError> {
        let number = self.number(column)?;
        if number < 0.0 || number.fract() != 0.0 || number > f64::from(u32::MAX) {
            return Err(self.wrong(column, "expected a whole number of at least 0".to_owned()));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be a whole number in the range"
        )]
        let count = number as u32;
        Ok(count)
    }

    /// Says what is wrong with a cell.
    pub(super) fn wrong(&self, column: usize, problem: String) -> ClvError {
        ClvError::Cell {
            path: self.path.to_owned(),
            line: self.line,
            column: self.headers.get(column).cloned().unwrap_or_default(),
            value: self.text(column).chars().take(100).collect(),
            problem,
        }
    }
}
