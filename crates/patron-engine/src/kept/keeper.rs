//! Histories on their way to the disk: each partition's are appended at once, in whatever order partitions are done.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use patron_core::Day;
use patron_fold::{Folder, Steadiness, Steady, ZeroOrders};
use xxhash_rust::xxh3::xxh3_64;

use super::people::KeptPerson;
use crate::grouping::{FoldedPerson, Record};
use crate::source::Seen;

/// Where a run's histories go.
#[derive(Debug)]
pub struct Keeper {
    path: PathBuf,
    /// By the place of a file of this run, the number that it goes by in later runs, too; nothing where records have that.
    numbers: Option<Vec<u32>>,
    /// The number of the part that is written.
    part: u32,
    /// The file with its length; nothing once it cannot be written.
    file: Mutex<Option<(File, u64)>>,
}

impl Keeper {
    /// Makes the file for histories, for its owner only. `numbers` are what the run's files go by in later runs, place by
    /// place; none are needed to fold again what is kept.
    ///
    /// # Errors
    /// What the system says.
    pub fn create(path: &Path, part: u32, numbers: Option<Vec<u32>>) -> std::io::Result<Self> {
        let mut options = File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        Ok(Self {
            path: std::path::absolute(path)?,
            numbers,
            part,
            file: Mutex::new(Some((file, 0))),
        })
    }

    /// Returns how many bytes of histories were written; nothing if that failed on the way. Then nothing can be kept.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        self.file().as_ref().map(|(_, bytes)| *bytes)
    }

    /// Returns the number of the part that is written.
    pub(crate) const fn part(&self) -> u32 {
        self.part
    }

    /// Returns where histories go.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Begins again: histories that were written are forgotten.
    pub(crate) fn clear(&self) {
        let mut file = self.file();
        if let Some((open, bytes)) = file.as_mut() {
            use std::io::Seek;
            let cleared = open.set_len(0).and_then(|()| open.rewind());
            *bytes = 0;
            if let Err(error) = cleared {
                self.give_up(&mut file, &error);
            }
        }
    }

    /// Returns what keeps the people of one partition.
    pub(crate) fn partition(&self, folder: &Folder) -> Keeping<'_> {
        Keeping {
            keeper: self,
            steadiness: folder.steadiness(),
            with_free: folder.settings().zero_orders == ZeroOrders::Count,
            bytes: Vec::new(),
            kept: KeptPartition::default(),
            is_new: Vec::new(),
            is_new_silent: Vec::new(),
            is_too_large: false,
        }
    }

    /// Returns the lasting number of a file of this run.
    fn number(&self, file: u32) -> u32 {
        match &self.numbers {
            None => file,
            Some(numbers) => numbers.get(file as usize).copied().unwrap_or(u32::MAX),
        }
    }

    /// Appends histories; returns where they begin.
    fn append(&self, bytes: &[u8]) -> u64 {
        let mut file = self.file();
        let Some((open, length)) = file.as_mut() else {
            return 0;
        };
        let at = *length;
        match open.write_all(bytes) {
            Ok(()) => *length += bytes.len() as u64,
            Err(error) => self.give_up(&mut file, &error),
        }
        at
    }

    fn give_up(&self, file: &mut Option<(File, u64)>, error: &std::io::Error) {
        tracing::warn!(%error, "nothing can be kept for the next run");
        *file = None;
    }

    fn file(&self) -> MutexGuard<'_, Option<(File, u64)>> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is kept of the people of a partition.
#[derive(Debug, Default)]
pub(crate) struct KeptPartition {
    /// Of everybody who has an outcome, in that order.
    pub(crate) people: Vec<KeptPerson>,
    pub(crate) silent: Vec<(String, KeptPerson)>,
}

/// The people of one partition on their way.
pub(crate) struct Keeping<'k> {
    keeper: &'k Keeper,
    steadiness: Option<Steadiness>,
    with_free: bool,
    bytes: Vec<u8>,
    kept: KeptPartition,
    /// Whose history is written now, and does not lie somewhere already.
    is_new: Vec<bool>,
    is_new_silent: Vec<bool>,
    is_too_large: bool,
}

impl Keeping<'_> {
    /// Takes a person with a new history.
    pub(crate) fn take(&mut self, person: &FoldedPerson<'_, '_>) {
        let from = self.bytes.len();
        for record in person.records {
            let file = self.keeper.number(record.file);
            let bare = Record {
                customer: "",
                file,
                ..*record
            };
            bare.write(&mut self.bytes);
        }
        let history = self.bytes.get(from..).unwrap_or_default();
        let length = u32::try_from(history.len());
        self.is_too_large |= length.is_err();
        let place = KeptPerson {
            part: self.keeper.part,
            at: from as u64,
            bytes: length.unwrap_or(0),
            check: check_of(history),
            ..NOWHERE
        };
        let kept = self.described(person, place);
        self.keep(person, kept, true);
    }

    /// Takes a person whose history lies where it lay.
    pub(crate) fn take_again(&mut self, person: &FoldedPerson<'_, '_>, place: KeptPerson) {
        let kept = self.described(person, place);
        self.keep(person, kept, false);
    }

    fn keep(&mut self, person: &FoldedPerson<'_, '_>, kept: KeptPerson, is_new: bool) {
        if person.scratch.is_some() {
            self.kept.people.push(kept);
            self.is_new.push(is_new);
        } else {
            self.kept.silent.push((person.name.to_owned(), kept));
            self.is_new_silent.push(is_new);
        }
    }

    /// Returns what is kept of a person whose history lies at a place.
    fn described(&mut self, person: &FoldedPerson<'_, '_>, place: KeptPerson) -> KeptPerson {
        let mut seen = Seen::default();
        person.records.iter().for_each(|record| seen.see(record));
        let steady = match (person.scratch, &mut self.steadiness) {
            (Some(scratch), Some(steadiness)) => steadiness.of(scratch),
            _ => ALWAYS,
        };
        KeptPerson { steady, ..place }.seen(&seen, self.with_free)
    }

    /// Writes the histories and returns where they are.
    pub(crate) fn finish(mut self) -> KeptPartition {
        if self.is_too_large {
            let error = std::io::Error::other("a history is too long");
            self.keeper.give_up(&mut self.keeper.file(), &error);
        }
        let at = self.keeper.append(&self.bytes);
        let silent = self.kept.silent.iter_mut().map(|(_, kept)| kept);
        for (kept, is_new) in self.kept.people.iter_mut().zip(self.is_new) {
            kept.at += if is_new { at } else { 0 };
        }
        for (kept, is_new) in silent.zip(self.is_new_silent) {
            kept.at += if is_new { at } else { 0 };
        }
        self.kept
    }
}

/// The checksum of a history.
pub(crate) fn check_of(history: &[u8]) -> u32 {
    // Half of it is enough to notice damage.
    u32::try_from(xxh3_64(history) >> 32).unwrap_or(0)
}

/// Whoever is no customer is none on any day.
const ALWAYS: Steady = Steady {
    from: Day(i32::MIN),
    until: Day(i32::MAX),
};

const NOWHERE: KeptPerson = KeptPerson {
    steady: ALWAYS,
    earliest: i64::MAX,
    latest: i64::MIN,
    refunded: i64::MIN,
    part: 0,
    at: 0,
    bytes: 0,
    check: 0,
};
