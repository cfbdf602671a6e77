//! Opens a text file: what it is, its header, a sample, what was understood.

use std::path::Path;

use crate::container::olist;
use crate::container::place::{self, Place};
use crate::container::table::{DELIMITER, LINE, MERGED};
use crate::error::ImportError;
use crate::options::ImportOptions;
use crate::text::TextBlocks;
use crate::text::encoding::Decision;
use crate::text::records::{Fields, RecordEnd, Records, Separation, count_lines, record_end};
use crate::text::sniff::{self, PARQUET_MARK};
use crate::text::source::{Opener, Source};
use crate::understand::{DayOrder, WholeColumn, understand, understand_table};
use crate::understanding::{Control, Format, Note, Understanding};

/// Bytes from which a file is understood.
const SAMPLE_BYTES: usize = 1024 * 1024;
/// Rows from which a file is understood, at most.
const SAMPLE_ROWS: usize = 10_000;
/// Bytes by which a file's kind is told.
const KIND_BYTES: usize = 64 * 1024;

/// What a file is, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// Text, or what [`open_text`] makes text of: gzip, zip, workbooks, JSON, a stream, a folder that is one table.
    Text,
    /// Parquet: the engine reads it.
    Parquet,
}

/// Returns what a file is, by its first bytes.
///
/// # Errors
/// [`ImportError`] if it cannot be opened, is a folder, is empty, or is neither text nor Parquet.
pub fn file_kind(path: &Path) -> Result<FileKind, ImportError> {
    // A stream can be read once only, and a container is unpacked when its rows are asked for.
    if place::is_stream(path) || is_container(path)? {
        return Ok(FileKind::Text);
    }
    let mut source = Source::open(&Opener::of(path)?, false)?;
    let mut start = Vec::new();
    source.read_up_to(KIND_BYTES, &mut start)?;
    if start.is_empty() {
        return Err(ImportError::Empty {
            file: source.file().to_owned(),
        });
    }
    if start.starts_with(PARQUET_MARK) && !source.is_gzip() {
        return Ok(FileKind::Parquet);
    }
    sniff::refuse_other_formats(source.file(), &start)?;
    let whole = start.len() < KIND_BYTES;
    source.decode(&mut start, whole, None)?;
    sniff::refuse_controls(source.file(), &start)?;
    Ok(FileKind::Text)
}

/// Opens a text file, understands it from its first rows (from a whole column where these leave something open), and
/// starts it from the beginning.
///
/// # Errors
/// [`ImportError`] if it cannot be read, is not text, or cannot be understood.
pub fn open_text(
    path: &Path,
    options: &ImportOptions,
) -> Result<(Understanding, TextBlocks), ImportError> {
    let opener = Opener::of(path)?;
    let mut beginning = Beginning::read(&opener, options)?;
    let (source, buffer) = (&beginning.source, &beginning.buffer);
    let start = Start {
        file: source.file(),
        bytes: buffer,
        at_end: beginning.at_end,
        gzip: source.is_gzip(),
        converted: source.is_converted(),
        opener: &opener,
    };
    let mut opened = start.open(options)?;
    let understanding = &mut opened.understanding;
    understanding.notes.extend(beginning.source.take_notes());
    understanding
        .notes
        .extend(encoding_note(&beginning.decision));
    understanding.encoding = beginning.decision.encoding.name();
    if beginning.source.is_converted() {
        understanding.control = Some(control(understanding));
    }
    let header = (opened.header_bytes, opened.header_lines);
    let blocks = beginning
        .into_blocks(opened.separation, header)
        .with_fill_down(opened.understanding.fill_down.clone());
    Ok((opened.understanding, blocks))
}

/// A source of which the first bytes were read and made text.
struct Beginning {
    source: Source,
    buffer: Vec<u8>,
    at_end: bool,
    decision: Decision,
}

impl Beginning {
    fn read(opener: &Opener, options: &ImportOptions) -> Result<Self, ImportError> {
        let mut source = Source::open(opener, options.with_details)?;
        let mut buffer = Vec::new();
        let at_end = source.read_up_to(SAMPLE_BYTES, &mut buffer)? < SAMPLE_BYTES;
        sniff::refuse_other_formats(source.file(), &buffer)?;
        let decision = source.decode(&mut buffer, at_end, options.encoding.as_deref())?;
        sniff::refuse_controls(source.file(), buffer.get(..KIND_BYTES).unwrap_or(&buffer))?;
        Ok(Self {
            source,
            buffer,
            at_end,
            decision,
        })
    }

    /// Returns the blocks behind a header of so many bytes and lines.
    fn into_blocks(mut self, separation: Separation, (used, lines): (usize, u64)) -> TextBlocks {
        let rest = self.buffer.split_off(used);
        let place = (1 + lines, used as u64);
        TextBlocks::new(self.source, separation, rest, self.at_end, place)
    }
}

fn text(field: &[u8]) -> &str {
    std::str::from_utf8(field).unwrap_or_default()
}

/// A text file that can be read again for one of its columns.
struct Again<'a> {
    opener: &'a Opener,
    options: &'a ImportOptions,
    separation: Separation,
    header: (usize, u64),
    /// The column that says on which line of the source a row stands.
    line: Option<usize>,
}

impl WholeColumn for Again<'_> {
    fn day_order(&self, column: usize) -> Result<DayOrder, ImportError> {
        let beginning = Beginning::read(self.opener, self.options)?;
        let file = beginning.source.file().to_owned();
        let mut order = DayOrder::default();
        let mut fields = Fields::default();
        for block in beginning.into_blocks(self.separation, self.header) {
            let block = block?;
            let bytes = &block.bytes;
            let mut records = Records::new(bytes, self.separation, block.first_line);
            while let Some(record) =
                records
                    .read(&mut fields)
                    .map_err(|line| ImportError::QuoteNotClosed {
                        file: file.clone(),
                        line,
                    })?
            {
                let told = self.line.map(|line| text(fields.get(bytes, line)));
                let line = told.and_then(|told| told.parse().ok());
                order.see(line.unwrap_or(record.line), text(fields.get(bytes, column)));
            }
        }
        Ok(order)
    }
}

/// Returns true for a workbook, an archive, a part of one, or a folder that is one table.
fn is_container(path: &Path) -> Result<bool, ImportError> {
    if Place::of(path).part.is_some() || olist::is_folder(path) {
        return Ok(true);
    }
    Source::starts_like_container(path)
}

/// Finds the columns that say of a row what its cells do not, and takes them out of its hash.
fn control(understanding: &mut Understanding) -> Control {
    let place = |name: &str| {
        understanding
            .headers
            .iter()
            .position(|header| header == name)
    };
    let control = Control {
        line: place(LINE),
        merged: place(MERGED),
    };
    let own = [control.line, control.merged];
    understanding
        .hashed_columns
        .retain(|&column| !own.contains(&Some(column)));
    control
}

/// Says in which encoding the text is, where that is not plain UTF-8.
fn encoding_note(decision: &Decision) -> Option<Note> {
    let name = decision.encoding.name();
    let why = decision.why.text();
    (decision.encoding != encoding_rs::UTF_8).then(|| {
        Note::new(
            "encoding",
            vec![("encoding", name.to_owned()), ("why", why.clone())],
            format!("the text is read as {name}: {why}"),
        )
    })
}

/// The first bytes of a file, after a byte order mark.
struct Start<'a> {
    file: &'a str,
    bytes: &'a [u8],
    at_end: bool,
    gzip: bool,
    /// A table written by us.
    converted: bool,
    /// Opens the file again.
    opener: &'a Opener,
}

struct Opened {
    understanding: Understanding,
    separation: Separation,
    header_bytes: usize,
    header_lines: u64,
}

impl Start<'_> {
    fn open(&self, options: &ImportOptions) -> Result<Opened, ImportError> {
        if self.bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(ImportError::Empty {
                file: self.file.to_owned(),
            });
        }
        let asked = options.preset.as_deref();
        if options.delimiter.is_none()
            && !self.converted
            && let Some(aligned) = sniff::aligned(self.whole(Separation::Blanks), asked)
        {
            return self.open_aligned(&aligned, options);
        }
        let (told, start) = self.told_delimiter();
        let rest = self.bytes.get(start..).unwrap_or_default();
        let delimiter = if self.converted {
            DELIMITER
        } else {
            options
                .delimiter
                .or(told)
                .unwrap_or_else(|| sniff::delimiter(rest))
        };
        let separation = Separation::Delimiter(delimiter);
        let whole = self.whole(separation);
        let table = self.table(whole.get(start..).unwrap_or_default(), separation)?;
        let header_bytes = start + table.header_bytes;
        let header = self.bytes.get(..header_bytes).unwrap_or_default();
        if let Err(error) = std::str::from_utf8(header) {
            return Err(ImportError::HeaderNotUtf8 {
                file: self.file.to_owned(),
                byte: header.get(error.valid_up_to()).copied().unwrap_or(0),
                offset: error.valid_up_to() as u64,
            });
        }
        let format = Format::Delimited {
            delimiter,
            gzip: self.gzip,
        };
        let header_lines = count_lines(header);
        let own_line = table.headers.iter().position(|header| header == LINE);
        let again = Again {
            opener: self.opener,
            options,
            separation,
            header: (header_bytes, header_lines),
            line: own_line.filter(|_| self.converted),
        };
        let (headers, rows) = (&table.headers, &table.rows);
        let again = Some(&again as &dyn WholeColumn);
        Ok(Opened {
            understanding: understand_table(self.file, format, headers, rows, options, again)?,
            separation,
            header_bytes,
            header_lines,
        })
    }

    /// Reads a first line `sep=;`, which spreadsheets write and read; gives the delimiter and the place after it.
    fn told_delimiter(&self) -> (Option<u8>, usize) {
        match self.bytes {
            [
                b's' | b'S',
                b'e' | b'E',
                b'p' | b'P',
                b'=',
                delimiter,
                b'\r',
                b'\n',
                ..,
            ] => (Some(*delimiter), 7),
            [
                b's' | b'S',
                b'e' | b'E',
                b'p' | b'P',
                b'=',
                delimiter,
                b'\n' | b'\r',
                ..,
            ] => (Some(*delimiter), 6),
            _ => (None, 0),
        }
    }

    fn open_aligned(
        &self,
        aligned: &sniff::Aligned,
        options: &ImportOptions,
    ) -> Result<Opened, ImportError> {
        let table = self.table(self.whole(Separation::Blanks), Separation::Blanks)?;
        let mut rows = table.rows;
        let mut header_bytes = table.header_bytes;
        if !aligned.has_header {
            rows.insert(0, table.headers.into_iter().map(Some).collect());
            header_bytes = 0;
        }
        let format = Format::Aligned { gzip: self.gzip };
        let understanding = understand(
            self.file,
            format,
            (&aligned.headers, aligned.has_header),
            &rows,
            options,
            None,
        )?;
        let header = self.bytes.get(..header_bytes).unwrap_or_default();
        Ok(Opened {
            understanding,
            separation: Separation::Blanks,
            header_bytes,
            header_lines: count_lines(header),
        })
    }

    /// Returns the first bytes without a record that may go on after them.
    fn whole(&self, separation: Separation) -> &[u8] {
        let mut cut = 0;
        while cut < self.bytes.len() {
            match record_end(self.bytes, cut, separation, self.at_end) {
                RecordEnd::Whole { next, .. } => cut = next,
                RecordEnd::Open { .. } => break,
            }
        }
        self.bytes.get(..cut).unwrap_or_default()
    }

    fn table(&self, whole: &[u8], separation: Separation) -> Result<Table, ImportError> {
        let not_closed = |line| ImportError::QuoteNotClosed {
            file: self.file.to_owned(),
            line,
        };
        let mut fields = Fields::default();
        let mut records = Records::new(whole, separation, 1);
        let Some(header) = records.read(&mut fields).map_err(not_closed)? else {
            // Nothing whole in the sample although there is text: a quote that swallows everything.
            return Err(not_closed(1));
        };
        let headers: Vec<String> = fields
            .to_texts(whole)
            .into_iter()
            .map(|header| header.unwrap_or_default().trim().to_owned())
            .collect();
        let mut rows = Vec::new();
        while rows.len() < SAMPLE_ROWS && records.read(&mut fields).map_err(not_closed)?.is_some() {
            rows.push(fields.to_texts(whole));
        }
        if rows.is_empty() && !self.at_end {
            return Err(ImportError::RecordTooLong {
                file: self.file.to_owned(),
                line: 1 + count_lines(whole),
                limit: SAMPLE_BYTES,
            });
        }
        if rows.is_empty() && self.at_end && separation != Separation::Blanks {
            if whole.len() < self.bytes.len() {
                return Err(not_closed(1 + count_lines(whole)));
            }
            return Err(ImportError::HeaderOnly {
                file: self.file.to_owned(),
            });
        }
        Ok(Table {
            headers,
            rows,
            header_bytes: header.next,
        })
    }
}

struct Table {
    headers: Vec<String>,
    rows: Vec<Vec<Option<String>>>,
    header_bytes: usize,
}
