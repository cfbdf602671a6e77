//! What an old workbook (XLS) claims to hold, looked at before it is believed.
//!
//! The reader of workbooks trusts the file: it follows chains of sectors without end, and makes room for every cell
//! between a sheet's first and last. A file of some kilobytes could ask for all memory there is, which no error undoes.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use crate::container::workbook::BookError;

/// Cells between the first and the last of all sheets together: one whole sheet of the format.
const MOST_CELLS: u64 = 65_536 * 256;
/// Ids of sectors from here on mean something else; the last of a chain is followed by the second.
const RESERVED: u32 = 0xffff_fffa;
const END: u32 = 0xffff_fffe;
const HEADER: usize = 512;
const ENTRY: usize = 128;
const MINI_SECTOR: usize = 64;
/// Streams below this size lie in the sectors of another stream.
const MINI_STREAM: usize = 4_096;
/// Kinds of records.
const SUBSTREAM_BEGINS: u16 = 0x0809;
const SUBSTREAM_ENDS: u16 = 0x000a;
const SHEET: u16 = 0x0085;
const ENCRYPTED: u16 = 0x002f;

/// Refuses a book that asks for more memory than any book needs.
pub(super) fn check(handle: &File) -> Result<(), BookError> {
    let mut file = handle;
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut bytes)?;
    file.seek(SeekFrom::Start(0))?;
    let compound =
        Compound::of(&bytes).ok_or(BookError::Damaged("its sectors do not hold together"))?;
    let book = compound
        .book()
        .ok_or(BookError::Damaged("its parts do not hold together"))?;
    let (said, between) = cells_claimed(&book);
    if said > MOST_CELLS || between > MOST_CELLS {
        return Err(BookError::Damaged(
            "it claims more cells than a workbook can hold",
        ));
    }
    Ok(())
}

/// The sectors of a file, and which follows which.
struct Compound<'a> {
    bytes: &'a [u8],
    sector: usize,
    next: Vec<u32>,
}

impl<'a> Compound<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let sector = match number16(bytes, 30)? {
            9 => 512,
            12 => 4_096,
            _ => return None,
        };
        let mut compound = Self {
            bytes,
            sector,
            next: Vec::new(),
        };
        let mut tables = numbers(bytes.get(76..HEADER)?);
        let mut more = number32(bytes, 68)?;
        let mut met = BTreeSet::new();
        while more < RESERVED {
            if !met.insert(more) {
                return None;
            }
            tables.extend(numbers(compound.sector(more)?));
            more = tables.pop()?;
        }
        let mut met = BTreeSet::new();
        for table in tables.into_iter().filter(|&id| id < RESERVED) {
            if !met.insert(table) {
                return None;
            }
            let next = numbers(compound.sector(table)?);
            compound.next.extend(next);
        }
        Some(compound)
    }

    /// Returns a sector; the last may be cut short.
    fn sector(&self, id: u32) -> Option<&'a [u8]> {
        let start = usize::try_from(id)
            .ok()?
            .checked_add(1)?
            .checked_mul(self.sector)?;
        let end = start.checked_add(self.sector)?.min(self.bytes.len());
        self.bytes.get(start..end)
    }

    /// Returns the bytes of a chain, as far as `length`; nothing if it bites its own tail or leads nowhere.
    fn chain(&self, first: u32, length: usize) -> Option<Vec<u8>> {
        chain(first, length, &self.next, |id| self.sector(id))
    }

    /// Returns the length of a stream; what stands behind its 32 bits in small sectors means nothing.
    fn length_of(&self, entry: &[u8]) -> Option<usize> {
        let low = u64::from(number32(entry, 120)?);
        let high = u64::from(number32(entry, 124)?);
        let length = if self.sector == 512 {
            low
        } else {
            (high << 32) | low
        };
        usize::try_from(length).ok()
    }

    /// Returns the stream in which the book is, once every chain that is followed on the way has an end.
    fn book(&self) -> Option<Vec<u8>> {
        let folder = self.chain(number32(self.bytes, 48)?, usize::MAX)?;
        let entries: Vec<&[u8]> = folder.chunks_exact(ENTRY).collect();
        let root = entries.first()?;
        let mini_tables = usize::try_from(number32(self.bytes, 64)?).ok()?;
        let (mut mini, mut mini_next) = (Vec::new(), Vec::new());
        if mini_tables > 0 {
            mini = self.chain(number32(root, 116)?, self.length_of(root)?)?;
            let length = mini_tables.checked_mul(self.sector)?;
            mini_next = numbers(&self.chain(number32(self.bytes, 60)?, length)?);
        }
        let named = |name: &str| entries.iter().find(|entry| is_named(entry, name));
        let entry = named("Workbook").or_else(|| named("Book"))?;
        let (first, length) = (number32(entry, 116)?, self.length_of(entry)?);
        if length >= MINI_STREAM {
            return self.chain(first, length);
        }
        chain(first, length, &mini_next, |id| {
            let start = usize::try_from(id).ok()?.checked_mul(MINI_SECTOR)?;
            mini.get(start..)?
                .get(..MINI_SECTOR)
                .or_else(|| mini.get(start..))
        })
    }
}

fn chain<'a>(
    first: u32,
    length: usize,
    next: &[u32],
    sector: impl Fn(u32) -> Option<&'a [u8]>,
) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut id, mut met) = (first, 0);
    while id != END {
        bytes.extend_from_slice(sector(id)?);
        if bytes.len() >= length {
            bytes.truncate(length);
            break;
        }
        met += 1;
        if met > next.len() {
            return None;
        }
        id = *next.get(usize::try_from(id).ok()?)?;
    }
    Some(bytes)
}

fn is_named(entry: &[u8], name: &str) -> bool {
    let units = entry.chunks_exact(2).take(32);
    let units = units
        .filter_map(|unit| number16(unit, 0))
        .take_while(|&unit| unit != 0);
    let found: Vec<u16> = units.collect();
    String::from_utf16_lossy(&found).eq_ignore_ascii_case(name)
}

/// Returns how many cells a sheet says it has, at most, and how many lie between the first and the last cell of each
/// sheet, together.
fn cells_claimed(book: &[u8]) -> (u64, u64) {
    let globals = || Records(book).take_while(|(kind, _)| *kind != SUBSTREAM_ENDS);
    if globals().any(|(kind, _)| kind == ENCRYPTED) {
        // Its cells mean nothing as they are, and are not read.
        return (0, 0);
    }
    let (mut said, mut between) = (0, 0_u64);
    for (_, data) in globals().filter(|(kind, _)| *kind == SHEET) {
        let start = number32(data, 0).and_then(|start| usize::try_from(start).ok());
        let sheet = start.and_then(|start| book.get(start..));
        let claimed = claimed_by_sheet(sheet.unwrap_or_default());
        said = said.max(claimed.0);
        between = between.saturating_add(claimed.1);
    }
    (said, between)
}

fn claimed_by_sheet(sheet: &[u8]) -> (u64, u64) {
    let mut said = 0_u64;
    let mut area = Area::default();
    let mut depth = 0_usize;
    for (kind, data) in Records(sheet) {
        match (kind, depth) {
            (SUBSTREAM_BEGINS, _) => depth += 1,
            (SUBSTREAM_ENDS, 0 | 1) => break,
            (SUBSTREAM_ENDS, _) => depth -= 1,
            // What is within a chart is no cell of the sheet.
            (_, 2..) => {}
            (0x0200, _) => said = said.max(dimensions(data).unwrap_or(u64::MAX)),
            // Numbers, labels, formulas and their like begin with row and column.
            (0x0203 | 0x0204 | 0x00d6 | 0x0205 | 0x027e | 0x00fd | 0x0006, _) => area.add(data, 2),
            (0x00bd, _) => {
                area.add(data, 2);
                area.add(data, data.len().saturating_sub(2));
            }
            _ => {}
        }
    }
    (said, area.cells())
}

/// Returns how many cells a sheet says it has: the first row, the row behind the last, and so its columns.
fn dimensions(data: &[u8]) -> Option<u64> {
    let narrow = |place| number16(data, place).map(u32::from);
    let (rows, columns) = match data.len() {
        10 => ((narrow(0)?, narrow(2)?), (narrow(4)?, narrow(6)?)),
        14 | 16 => (
            (number32(data, 0)?, number32(data, 4)?),
            (narrow(8)?, narrow(10)?),
        ),
        _ => return Some(0),
    };
    // A first column that cannot be is taken for none.
    let first = if columns.0 > 0xff || columns.1 < columns.0 {
        0
    } else {
        columns.0
    };
    let rows = u64::from(rows.1.saturating_sub(rows.0));
    Some(rows * u64::from(columns.1.saturating_sub(first)))
}

/// The cells between some.
#[derive(Default)]
struct Area {
    rows: Option<(u16, u16)>,
    columns: Option<(u16, u16)>,
}

impl Area {
    /// Takes a cell in: its row stands first, its column at a place.
    fn add(&mut self, data: &[u8], column: usize) {
        let (Some(row), Some(column)) = (number16(data, 0), number16(data, column)) else {
            return;
        };
        let with = |range: Option<(u16, u16)>, place: u16| {
            range.map_or((place, place), |(low, high)| {
                (low.min(place), high.max(place))
            })
        };
        self.rows = Some(with(self.rows, row));
        self.columns = Some(with(self.columns, column));
    }

    fn cells(&self) -> u64 {
        let count =
            |range: Option<(u16, u16)>| range.map_or(0, |(low, high)| u64::from(high - low) + 1);
        count(self.rows) * count(self.columns)
    }
}

/// Kind and bytes of each record, to the first that is cut short.
struct Records<'a>(&'a [u8]);

impl<'a> Iterator for Records<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (kind, length) = (number16(self.0, 0)?, usize::from(number16(self.0, 2)?));
        let (data, rest) = self.0.get(4..)?.split_at_checked(length)?;
        self.0 = rest;
        Some((kind, data))
    }
}

fn number16(bytes: &[u8], place: usize) -> Option<u16> {
    let bytes = bytes.get(place..)?.first_chunk::<2>()?;
    Some(u16::from_le_bytes(*bytes))
}

fn number32(bytes: &[u8], place: usize) -> Option<u32> {
    let bytes = bytes.get(place..)?.first_chunk::<4>()?;
    Some(u32::from_le_bytes(*bytes))
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    let all = bytes.chunks_exact(4);
    all.filter_map(|number| number32(number, 0)).collect()
}
