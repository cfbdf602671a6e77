//! Small tables that somebody wrote by hand: text with a header, each cell with its place.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::Path;

use rayon::prelude::*;

use super::ClvError;

const READ_AT_ONCE: usize = 256 * 1024;
/// Bytes of rows that a thread reads at a time.
const BYTES_PER_PART: usize = 2 << 20;

/// A column with the headers by which it is known.
pub(super) struct Known {
    pub(super) what: &'static str,
    pub(super) headers: &'static [&'static str],
}

/// A file with a header, row by row.
pub(super) struct Sheet<'a> {
    path: &'a Path,
    headers: Vec<String>,
    delimiter: u8,
    /// Whether lines end with `\r\n`: the reader leaves the second mark to the row that follows.
    has_two_marks: bool,
    reader: csv::Reader<Box<dyn Read + Send>>,
    record: csv::StringRecord,
    /// Lines of the file before those that the reader has.
    lines_before: u64,
    bytes_per_part: usize,
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
        let mut file = BufReader::with_capacity(READ_AT_ONCE, file);
        let start = file.fill_buf().map_err(failed)?;
        let delimiter = delimiter(start);
        let end = start.iter().position(|byte| *byte == b'\n');
        let before = end.and_then(|end| start.get(end.checked_sub(1)?));
        let has_two_marks = before == Some(&b'\r');
        let mut reader = reader(Box::new(file), delimiter, true);
        let headers = reader.headers().map_err(|error| unread(path, &error))?;
        let headers = headers
            .iter()
            .map(|header| header.trim_start_matches('\u{feff}').trim().to_owned())
            .collect();
        Ok(Self {
            path,
            headers,
            delimiter,
            has_two_marks,
            reader,
            record: csv::StringRecord::new(),
            lines_before: 0,
            bytes_per_part: BYTES_PER_PART,
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
        let of_reader = self.record.position().map_or(0, |position| {
            let is_ahead = self.has_two_marks && position.byte() > 0;
            position.line() + u64::from(is_ahead)
        });
        let row = Row {
            path: self.path,
            line: self.lines_before + of_reader,
            headers: &self.headers,
            record: &self.record,
        };
        row.check_length()?;
        Ok(Some(row))
    }
}

impl Sheet<'_> {
    /// About how many parts the rest has; one where that is not known.
    pub(super) fn parts(&self) -> usize {
        let bytes = std::fs::metadata(self.path).map_or(0, |told| told.len());
        usize::try_from(bytes).map_or(1, |bytes| bytes / self.bytes_per_part + 1)
    }

    /// Has all rows after the header read by `work`, part by part on all threads; hands what it returns to `take`, in the order
    /// of the rows.
    ///
    /// Line breaks part rows only where nothing is quoted: from the first quotation mark on, one thread reads the rest. So it
    /// does where the file cannot be read from the middle, as a pipe.
    pub(super) fn in_parts<T: Send>(
        mut self,
        work: impl Fn(&mut Sheet<'_>) -> Result<T, ClvError> + Sync,
        mut take: impl FnMut(T),
    ) -> Result<(), ClvError> {
        let Some((mut file, mut lines_before)) = self.file_after_header()? else {
            take(work(&mut self)?);
            return Ok(());
        };
        loop {
            let mut parts = Vec::new();
            while parts.len() < rayon::current_num_threads() {
                let part = self.part(&mut file)?;
                if part.is_empty() {
                    break;
                }
                let lines = line_breaks(&part);
                let is_quoted = part.contains(&b'"');
                parts.push((
                    self.over(Box::new(Cursor::new(part)), lines_before),
                    is_quoted,
                ));
                lines_before += lines;
            }
            if parts.is_empty() {
                return Ok(());
            }
            if let Some(first) = parts.iter().position(|(_, is_quoted)| *is_quoted) {
                let plain = parts.drain(..first).collect();
                all_of(plain, &work)?.into_iter().for_each(&mut take);
                let lines_before = parts.first().map_or(0, |(part, _)| part.lines_before);
                let rest = parts.into_iter().map(|(part, _)| part.reader.into_inner());
                let rest = rest.reduce(|first, next| Box::new(first.chain(next)));
                let rest = rest.unwrap_or_else(|| Box::new(std::io::empty()));
                let mut rest = self.over(Box::new(rest.chain(file)), lines_before);
                take(work(&mut rest)?);
                return Ok(());
            }
            all_of(parts, &work)?.into_iter().for_each(&mut take);
        }
    }

    /// Opens the file once more, behind its header, and counts the lines up to there; nothing if it is no file that can be read
    /// from the middle.
    fn file_after_header(&self) -> Result<Option<(BufReader<File>, u64)>, ClvError> {
        if !std::fs::metadata(self.path).is_ok_and(|told| told.is_file()) {
            return Ok(None);
        }
        let open = || {
            let mut file = BufReader::with_capacity(READ_AT_ONCE, File::open(self.path)?);
            let mut header = Vec::new();
            let bytes = self.reader.position().byte();
            file.by_ref().take(bytes).read_to_end(&mut header)?;
            if header.ends_with(b"\r") && file.fill_buf()?.first() == Some(&b'\n') {
                file.consume(1);
                header.push(b'\n');
            }
            Ok(Some((file, line_breaks(&header))))
        };
        open().map_err(|source| self.failed(source))
    }

    /// Reads the next rows, whole lines of them; nothing at the end.
    fn part(&self, file: &mut BufReader<File>) -> Result<Vec<u8>, ClvError> {
        let mut part = Vec::with_capacity(self.bytes_per_part + self.bytes_per_part / 16);
        let most = file.by_ref().take(self.bytes_per_part as u64);
        let read = { most }.read_to_end(&mut part);
        let read = read.and_then(|_| file.read_until(b'\n', &mut part));
        read.map_err(|source| self.failed(source))?;
        Ok(part)
    }

    /// Makes a sheet of some of the rows.
    fn over(&self, rows: Box<dyn Read + Send>, lines_before: u64) -> Self {
        Self {
            path: self.path,
            headers: self.headers.clone(),
            delimiter: self.delimiter,
            has_two_marks: self.has_two_marks,
            reader: reader(rows, self.delimiter, false),
            record: csv::StringRecord::new(),
            lines_before,
            bytes_per_part: self.bytes_per_part,
        }
    }

    fn failed(&self, source: std::io::Error) -> ClvError {
        ClvError::Read {
            path: self.path.to_owned(),
            source,
        }
    }
}

/// Has all parts read, and returns what that gives; of several errors the first of the file.
fn all_of<T: Send>(
    mut parts: Vec<(Sheet<'_>, bool)>,
    work: &(impl Fn(&mut Sheet<'_>) -> Result<T, ClvError> + Sync),
) -> Result<Vec<T>, ClvError> {
    let results: Vec<Result<T, ClvError>> =
        parts.par_iter_mut().map(|(part, _)| work(part)).collect();
    results.into_iter().collect()
}

fn line_breaks(text: &[u8]) -> u64 {
    text.iter().filter(|byte| **byte == b'\n').count() as u64
}

fn reader(
    rows: Box<dyn Read + Send>,
    delimiter: u8,
    has_headers: bool,
) -> csv::Reader<Box<dyn Read + Send>> {
    let mut options = csv::ReaderBuilder::new();
    let options = options.delimiter(delimiter).flexible(true);
    options.has_headers(has_headers).from_reader(rows)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The line of a row, its first cell, and its second as a number.
    type Told = (u64, String, f64);

    /// Reads a file in parts of a few bytes.
    fn read(text: &str) -> Result<Vec<Vec<Told>>, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let mut sheet = Sheet::open(file.path()).unwrap();
        sheet.bytes_per_part = 16;
        let read_part = |part: &mut Sheet<'_>| {
            let mut rows = Vec::new();
            while let Some(row) = part.next()? {
                rows.push((row.line, row.text(0).to_owned(), row.number(1)?));
            }
            Ok(rows)
        };
        let mut parts = Vec::new();
        let done = sheet.in_parts(read_part, |part| parts.push(part));
        done.map(|()| parts).map_err(|error| match error {
            ClvError::Cell { line, value, .. } => format!("line {line}: {value}"),
            other => other.to_string(),
        })
    }

    #[test]
    fn parts_have_all_rows_in_order_with_their_lines() {
        let rows: Vec<String> = (0..100)
            .map(|number| format!("c{number},{number}"))
            .collect();
        for (mark, end, last) in [
            ("", "\n", "\n"),
            ("", "\r\n", "\r\n"),
            ("", "\n", ""),
            ("\u{feff}", "\n", "\n"),
        ] {
            let parts = read(&format!("{mark}id,n{end}{}{last}", rows.join(end))).unwrap();
            assert!(parts.len() > 10, "{} parts", parts.len());
            let read: Vec<Told> = parts.into_iter().flatten().collect();
            let expected = (0_u32..100).map(|number| {
                (
                    u64::from(number) + 2,
                    format!("c{number}"),
                    f64::from(number),
                )
            });
            assert_eq!(read, expected.collect::<Vec<_>>(), "lines end with {end:?}");
        }
    }

    #[test]
    fn what_is_quoted_may_break_lines() {
        let plain: Vec<String> = (0..20)
            .map(|number| format!("c{number},{number}"))
            .collect();
        let plain = plain.join("\n");
        let text = format!("\"the\nid\",n\n{plain}\n\"a\nb,\"\"c\"\"\",20\n{plain}\nlast,40\n");
        let read: Vec<Told> = read(&text).unwrap().into_iter().flatten().collect();
        assert_eq!(read.len(), 42);
        assert_eq!(read[0], (3, "c0".to_owned(), 0.0));
        assert_eq!(read[20], (23, "a\nb,\"c\"".to_owned(), 20.0));
        assert_eq!(read[21], (25, "c0".to_owned(), 0.0));
        assert_eq!(read[41], (45, "last".to_owned(), 40.0));
    }

    #[test]
    fn of_several_wrong_cells_the_first_is_told() {
        let mut rows: Vec<String> = (0..100)
            .map(|number| format!("c{number},{number}"))
            .collect();
        rows[97] = "c97,wrong".to_owned();
        assert_eq!(
            read(&format!("id,n\n{}\n", rows.join("\n"))),
            Err("line 99: wrong".to_owned())
        );
        rows[53] = "c53,earlier".to_owned();
        assert_eq!(
            read(&format!("id,n\n{}\n", rows.join("\n"))),
            Err("line 55: earlier".to_owned())
        );
    }
}
