//! The file of everything that is kept but the histories: ids, profiles, where histories lie, and how everybody was scored.
//!
//! ```text
//! magic, 8 bytes | as-of day i32 | tally | customers u64 | prospects u64 | silent u64
//! ids | profiles | kept | marks, with the keys of segments | contacts, if there are any
//! prospects: ids, reasons, kept | silent: names, kept | files: number u32, three counts u64
//! xxh3 of all before, u64
//! ```
//! Little endian, column after column. The file is one machine's cache: whatever wrote another form of it, or died while it
//! wrote, is found out and a whole run takes its place.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use patron_core::{Day, MoneySum, RowClass};
use patron_fold::{AsOf, FoldSettings, NoOrderReason, Steady, Tally};
use rayon::prelude::*;
use xxhash_rust::xxh3::Xxh3;

use super::KeptError;
use super::people::{KeptPeople, KeptPerson};
use super::source::Source;
use crate::customers::{CustomerTable, Prospect, ProspectReason};
use crate::folding::FileFolded;
use crate::grouping::bytes::{In, Out};
use crate::profiles::Profiles;
use crate::texts::Texts;

const MAGIC: &[u8; 8] = b"patronK1";
/// Rows that one thread turns into bytes, or back, at a time.
const ROWS: usize = 8_192;

/// How a customer was scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// R, F, M.
    pub scores: [u8; 3],
    /// The octant's number.
    pub octant: u8,
    /// The stage's number.
    pub stage: u8,
    /// The primary segment's number among the keys; 255 for none.
    pub segment: u8,
}

/// How customers were scored, in customer order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// Of each.
    pub of: Vec<Mark>,
    /// The keys of segments.
    pub segments: Vec<String>,
}

/// What a run kept.
#[derive(Debug, Clone)]
pub struct KeptRun {
    /// Its customers.
    pub table: CustomerTable,
    /// People without a valid order.
    pub prospects: Vec<Prospect>,
    /// What is kept of them besides.
    pub people: KeptPeople,
    /// What folding found of each file's rows, by the number that it goes by in all runs.
    pub by_file: BTreeMap<u32, FileFolded>,
    /// How customers were scored.
    pub marks: Marks,
}

/// What is to be kept of a run.
#[derive(Debug, Clone, Copy)]
pub struct ToKeep<'a> {
    /// Its customers.
    pub table: &'a CustomerTable,
    /// People without a valid order.
    pub prospects: &'a [Prospect],
    /// What is kept of them besides.
    pub people: &'a KeptPeople,
    /// What folding found of each file's rows, by lasting number.
    pub by_file: &'a BTreeMap<u32, FileFolded>,
    /// How customers were scored.
    pub marks: &'a Marks,
}

impl ToKeep<'_> {
    /// Writes the file, for its owner only; returns its length.
    ///
    /// # Errors
    /// What the system says.
    pub fn write(&self, path: &Path) -> std::io::Result<u64> {
        let mut options = File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut to = Sink {
            file: options.open(path)?,
            hash: Xxh3::new(),
            bytes: 0,
        };
        self.write_all(&mut to)?;
        let digest = to.hash.digest().to_le_bytes();
        to.put(&digest)?;
        Ok(to.bytes)
    }

    fn write_all(&self, to: &mut Sink) -> std::io::Result<()> {
        let Self {
            table,
            prospects,
            people,
            marks,
            ..
        } = self;
        to.put(&self.head())?;
        write_texts(&table.ids, to)?;
        to.put_rows(table.len(), |from, until, out| {
            table.profiles.write(from..until, out);
        })?;
        let mut whole = Out::default();
        table.profiles.write_whole(&mut whole);
        to.put(&whole.0)?;
        write_kept(&people.customers, to)?;
        write_marks(marks, to)?;
        to.put(&[u8::from(table.contacts.is_some())])?;
        for column in table.contacts.iter().flatten() {
            write_texts(column, to)?;
        }
        let mut ids = Texts::default();
        let mut reasons = Out::default();
        for prospect in *prospects {
            ids.push(&prospect.customer_id);
            reasons.0.extend_from_slice(&reason_code(prospect.reason));
        }
        write_texts(&ids, to)?;
        to.put(&reasons.0)?;
        write_kept(&people.prospects, to)?;
        let (names, kept): (Vec<_>, Vec<KeptPerson>) = people.silent.iter().cloned().unzip();
        let mut silent = Texts::default();
        names.iter().for_each(|name| silent.push(name));
        write_texts(&silent, to)?;
        write_kept(&kept, to)?;
        let mut files = Out::default();
        files.u64(self.by_file.len() as u64);
        for (number, file) in self.by_file {
            files.u32(*number);
            files.u64(file.duplicates);
            files.u64(file.merged_order_lines);
            files.u64(file.merged_refunds);
        }
        to.put(&files.0)
    }

    fn head(&self) -> Vec<u8> {
        let mut out = Out::default();
        out.0.extend_from_slice(MAGIC);
        out.i32(self.table.as_of.day.0);
        write_tally(&self.table.tally, &mut out);
        out.u64(self.table.len() as u64);
        out.u64(self.prospects.len() as u64);
        out.u64(self.people.silent.len() as u64);
        out.0
    }
}

impl KeptRun {
    /// Reads what a run kept under the same settings.
    ///
    /// # Errors
    /// [`KeptError::Io`]; [`KeptError::Damaged`].
    pub fn read(path: &Path, settings: &FoldSettings) -> Result<Self, KeptError> {
        let error = |source| KeptError::Io {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(error)?;
        let length = file.metadata().map_err(error)?.len();
        let read = || {
            let mut from = Source::new(file, length)?;
            let (mut run, day) = Self::of(&mut from)?;
            if !from.ends_here() {
                return None;
            }
            // Not before it is known that the day is what was written: no calendar has every day that there could be.
            run.table.as_of = AsOf::new(day, settings);
            Some(run)
        };
        read().ok_or_else(|| KeptError::Damaged {
            path: path.to_owned(),
        })
    }

    /// Reads everything; of the as-of day only the day.
    fn of(from: &mut Source) -> Option<(Self, Day)> {
        if from.take(MAGIC.len())? != MAGIC {
            return None;
        }
        let day = Day(from.numbers(4, |bytes| bytes.i32())?);
        let tally = from.numbers(TALLY_BYTES, read_tally)?;
        let (customers, without_order, silent) = (from.count()?, from.count()?, from.count()?);
        let ids = read_texts(from, customers)?;
        let profiles = Profiles::read(from, customers)?;
        let kept = read_kept(from, customers)?;
        let marks = read_marks(from, customers)?;
        let contacts = match from.take(1)? {
            [0] => None,
            _ => Some([
                read_texts(from, customers)?,
                read_texts(from, customers)?,
                read_texts(from, customers)?,
                read_texts(from, customers)?,
            ]),
        };
        let prospects = read_prospects(from, without_order)?;
        let of_prospects = read_kept(from, without_order)?;
        let names = read_texts(from, silent)?;
        let of_silent = read_kept(from, silent)?;
        let names = names.iter().map(ToOwned::to_owned);
        let people = KeptPeople {
            customers: kept,
            prospects: of_prospects,
            silent: names.zip(of_silent).collect(),
        };
        let files = from.count()?;
        let files = from.rows(files, FILE_BYTES, read_file)?;
        let run = Self {
            table: CustomerTable {
                as_of: AsOf::new(Day(0), &FoldSettings::default()),
                ids,
                profiles,
                contacts,
                tally,
            },
            prospects,
            people,
            by_file: files.into_iter().collect(),
            marks,
        };
        Some((run, day))
    }
}

/// A file that is written, with the hash of what it has.
struct Sink {
    file: File,
    hash: Xxh3,
    bytes: u64,
}

impl Sink {
    fn put(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes)
    }

    /// Writes rows that several threads turn into bytes.
    fn put_rows(
        &mut self,
        count: usize,
        write: impl Fn(usize, usize, &mut Out) + Sync,
    ) -> std::io::Result<()> {
        /// Pieces in memory at a time.
        const PIECES: usize = 8;
        let pieces: Vec<usize> = (0..count).step_by(ROWS).collect();
        for some in pieces.chunks(PIECES) {
            let written = some.par_iter().map(|&from| {
                let mut out = Out::default();
                write(from, (from + ROWS).min(count), &mut out);
                out.0
            });
            let written: Vec<Vec<u8>> = written.collect();
            written.iter().try_for_each(|bytes| self.put(bytes))?;
        }
        Ok(())
    }
}

fn write_texts(texts: &Texts, to: &mut Sink) -> std::io::Result<()> {
    let mut lengths = Out::default();
    lengths.u64(texts.total_bytes() as u64);
    for text in texts.iter() {
        // Ids and contact details are short; one that is not is found out when it is read.
        lengths.u32(u32::try_from(text.len()).unwrap_or(u32::MAX));
    }
    to.put(&lengths.0)?;
    to.put(texts.all().as_bytes())
}

fn read_texts(from: &mut Source, count: usize) -> Option<Texts> {
    let bytes = from.count()?;
    let lengths = from.rows(count, 4, |row| row.u32())?;
    let text = from.text(bytes)?;
    Texts::of_parts(lengths.into_iter().map(u64::from), text)
}

const KEPT_BYTES: usize = 52;

fn write_kept(kept: &[KeptPerson], to: &mut Sink) -> std::io::Result<()> {
    to.put_rows(kept.len(), |from, until, out| {
        for kept in kept.get(from..until).unwrap_or_default() {
            out.i32(kept.steady.from.0);
            out.i32(kept.steady.until.0);
            out.i64(kept.earliest);
            out.i64(kept.latest);
            out.i64(kept.refunded);
            out.u32(kept.part);
            out.u64(kept.at);
            out.u32(kept.bytes);
            out.u32(kept.check);
        }
    })
}

fn read_kept(from: &mut Source, count: usize) -> Option<Vec<KeptPerson>> {
    from.rows(count, KEPT_BYTES, |row| {
        Some(KeptPerson {
            steady: Steady {
                from: Day(row.i32()?),
                until: Day(row.i32()?),
            },
            earliest: row.i64()?,
            latest: row.i64()?,
            refunded: row.i64()?,
            part: row.u32()?,
            at: row.u64()?,
            bytes: row.u32()?,
            check: row.u32()?,
        })
    })
}

const MARK_BYTES: usize = 6;

fn write_marks(marks: &Marks, to: &mut Sink) -> std::io::Result<()> {
    let mut keys = Texts::default();
    marks.segments.iter().for_each(|key| keys.push(key));
    to.put(&(keys.len() as u64).to_le_bytes())?;
    write_texts(&keys, to)?;
    to.put_rows(marks.of.len(), |from, until, out| {
        for mark in marks.of.get(from..until).unwrap_or_default() {
            let Mark {
                scores: [r, f, m],
                octant,
                stage,
                segment,
            } = *mark;
            out.0.extend_from_slice(&[r, f, m, octant, stage, segment]);
        }
    })
}

fn read_marks(from: &mut Source, count: usize) -> Option<Marks> {
    let keys = from.count()?;
    let keys = read_texts(from, keys)?;
    let of = from.rows(count, MARK_BYTES, |row| {
        let mut byte = || row.take(1)?.first().copied();
        Some(Mark {
            scores: [byte()?, byte()?, byte()?],
            octant: byte()?,
            stage: byte()?,
            segment: byte()?,
        })
    })?;
    Some(Marks {
        of,
        segments: keys.iter().map(ToOwned::to_owned).collect(),
    })
}

/// Where reasons of a history end and classes of rows begin.
const ASIDE: u8 = 128;

fn reason_code(reason: ProspectReason) -> [u8; 1] {
    let place = match reason {
        ProspectReason::History(reason) => {
            NoOrderReason::ALL.iter().position(|known| *known == reason)
        }
        ProspectReason::SetAside(class) => {
            let place = RowClass::ALL.iter().position(|known| *known == class);
            place.map(|place| place + usize::from(ASIDE))
        }
    };
    [place
        .and_then(|place| u8::try_from(place).ok())
        .unwrap_or(u8::MAX)]
}

fn read_prospects(from: &mut Source, count: usize) -> Option<Vec<Prospect>> {
    let ids = read_texts(from, count)?;
    let codes = from.rows(count, 1, |row| row.take(1)?.first().copied())?;
    let reason = |code: u8| match code.checked_sub(ASIDE) {
        None => {
            let reason = NoOrderReason::ALL.get(usize::from(code))?;
            Some(ProspectReason::History(*reason))
        }
        Some(place) => {
            let class = RowClass::ALL.get(usize::from(place))?;
            Some(ProspectReason::SetAside(*class))
        }
    };
    let prospect = |(id, code): (&str, u8)| {
        Some(Prospect {
            customer_id: id.to_owned(),
            reason: reason(code)?,
        })
    };
    ids.iter().zip(codes).map(prospect).collect()
}

const TALLY_BYTES: usize = 7 * 8 + 3 * 16;

fn write_tally(tally: &Tally, out: &mut Out) {
    for count in [
        tally.later,
        tally.not_paid,
        tally.cancelled,
        tally.fully_refunded,
        tally.zero_value,
        tally.lines_left_out,
        tally.excess_refunds,
    ] {
        out.u64(count);
    }
    for sum in [
        tally.excess_refunded,
        tally.settled_value,
        tally.settled_refunds,
    ] {
        out.i128(sum.0);
    }
}

fn read_tally(from: &mut In<'_>) -> Option<Tally> {
    Some(Tally {
        later: from.u64()?,
        not_paid: from.u64()?,
        cancelled: from.u64()?,
        fully_refunded: from.u64()?,
        zero_value: from.u64()?,
        lines_left_out: from.u64()?,
        excess_refunds: from.u64()?,
        excess_refunded: MoneySum(from.i128()?),
        settled_value: MoneySum(from.i128()?),
        settled_refunds: MoneySum(from.i128()?),
    })
}

const FILE_BYTES: usize = 4 + 3 * 8;

fn read_file(row: &mut In<'_>) -> Option<(u32, FileFolded)> {
    let number = row.u32()?;
    let file = FileFolded {
        duplicates: row.u64()?,
        merged_order_lines: row.u64()?,
        merged_refunds: row.u64()?,
    };
    Some((number, file))
}
