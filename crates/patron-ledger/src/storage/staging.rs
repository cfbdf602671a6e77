//! A change under way: the files it wrote, which nobody sees before its commit, and a lock that says it is alive.
//!
//! The names of its files begin with the change's random name. As long as its process lives it holds a lock on
//! `.open/NAME`, so that `verify` and `compact` can tell a file of a change under way from one that a crash left behind.

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use arrow_array::RecordBatch;

use super::data_file::{self, NewFile};
use super::folder;
use crate::bucket::Bucket;
use crate::error::LedgerError;
use crate::identifier::uuid;
use crate::tables::Table;

/// Files of a change under way. Dropped without [`Staging::settle`], it takes its files away again.
#[derive(Debug)]
pub(crate) struct Staging {
    folder: PathBuf,
    name: String,
    begun: Mutex<Begun>,
}

/// What was begun so far, by any thread.
#[derive(Debug, Default)]
struct Begun {
    /// Held until the end; the system lets go of it when the process dies.
    lock: Option<File>,
    written: Vec<PathBuf>,
    /// A commit named the files, or may have.
    kept: bool,
}

impl Staging {
    pub(crate) fn begin(folder: &Path) -> Result<Self, LedgerError> {
        Ok(Self {
            folder: folder.to_owned(),
            name: uuid()?,
            begun: Mutex::default(),
        })
    }

    /// Writes sorted rows of one bucket of a table to a file of this change.
    pub(crate) fn write(
        &self,
        table: Table,
        bucket: Bucket,
        rows: &RecordBatch,
    ) -> Result<NewFile, LedgerError> {
        let number = self.begun(|begun| begun.written.len());
        self.write_named(table, bucket, &format!("{number:05}"), rows)
    }

    /// Writes sorted rows of one bucket of a table to the file of this change that has that name, without `-`; several
    /// threads may do so at once.
    pub(crate) fn write_named(
        &self,
        table: Table,
        bucket: Bucket,
        name: &str,
        rows: &RecordBatch,
    ) -> Result<NewFile, LedgerError> {
        let path = data_file::path_of(bucket, &format!("{}-{name}", self.name));
        let file = table_folder(&self.folder, table).join(&path);
        self.begun(|begun| {
            if begun.lock.is_none() {
                begun.lock = Some(self.take_lock()?);
            }
            begun.written.push(file.clone());
            Ok::<(), LedgerError>(())
        })?;
        folder::make(file.parent().unwrap_or(&self.folder))?;
        data_file::write(&file, table, path, rows)
    }

    /// A thread that panicked holding the lock had only just noted a file.
    fn begun<T>(&self, work: impl FnOnce(&mut Begun) -> T) -> T {
        work(&mut self.begun.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes sure that the names of all files survive a crash: the last step before a commit.
    pub(crate) fn sync(&self) -> Result<(), LedgerError> {
        let written = self.begun(|begun| begun.written.clone());
        let folders = written.iter().filter_map(|file| file.parent());
        let folders: BTreeSet<&Path> = folders.collect();
        folders.into_iter().try_for_each(folder::sync)
    }

    /// Ends the change as its commit ended. If that did or may have named the files, they stay: what nobody named after
    /// all is cleared away by `verify`.
    pub(crate) fn settle<T>(&self, committed: Result<T, LedgerError>) -> Result<T, LedgerError> {
        let kept = matches!(committed, Ok(_) | Err(LedgerError::InDoubt { .. }));
        self.begun(|begun| begun.kept = kept);
        committed
    }

    fn lock_path(&self) -> PathBuf {
        self.folder.join(folder::OPEN_FOLDER).join(&self.name)
    }

    fn take_lock(&self) -> Result<File, LedgerError> {
        let path = self.lock_path();
        folder::make(&self.folder.join(folder::OPEN_FOLDER))?;
        let failed = |source| LedgerError::io("write", &path, source);
        loop {
            let mut options = File::options();
            options.write(true).create(true).truncate(true);
            let file = options.open(&path).map_err(failed)?;
            file.lock().map_err(failed)?;
            // Between the two steps somebody clearing up may have taken it for one left behind.
            if path.exists() {
                return Ok(file);
            }
        }
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        let begun = self.begun(std::mem::take);
        if !begun.kept {
            for file in &begun.written {
                // What cannot be removed now is cleared away by `verify` once the lock is gone.
                drop(folder::remove(file));
            }
        }
        if begun.lock.is_some() {
            drop(folder::remove(&self.lock_path()));
        }
    }
}

/// Returns the folder of a table's files.
pub(crate) fn table_folder(folder: &Path, table: Table) -> PathBuf {
    folder.join(folder::SCHEMA_FOLDER).join(table.name())
}

/// The lock of a change that is over: its process died before it could clear up.
#[derive(Debug)]
pub(crate) struct Abandoned {
    path: PathBuf,
    /// Held so that nobody else clears up the same.
    _lock: Option<File>,
}

impl Abandoned {
    /// Returns the name of the change that a data file belongs to.
    pub(crate) fn name_of(file: &Path) -> &str {
        let stem = file
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default();
        stem.rsplit_once('-').map_or(stem, |(name, _)| name)
    }

    /// Returns the lock of a change by its name, or nothing if that change is still under way.
    pub(crate) fn named(folder: &Path, name: &str) -> Result<Option<Self>, LedgerError> {
        let path = folder.join(folder::OPEN_FOLDER).join(name);
        let file = match File::options().write(true).open(&path) {
            Ok(file) => file,
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Some(Self { path, _lock: None }));
            }
            Err(source) => return Err(LedgerError::io("read", &path, source)),
        };
        match file.try_lock() {
            Ok(()) => Ok(Some(Self {
                path,
                _lock: Some(file),
            })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(LedgerError::io("lock", &path, source)),
        }
    }

    /// Removes the lock's file.
    pub(crate) fn clear(self) -> Result<(), LedgerError> {
        folder::remove(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(folder: &Path) -> (Staging, PathBuf) {
        let staging = Staging::begin(folder).unwrap();
        let rows = RecordBatch::new_empty(Table::Spend.schema());
        let file = staging.write(Table::Spend, Bucket::ALL, &rows).unwrap();
        let path = table_folder(folder, Table::Spend).join(file.path);
        assert!(path.exists());
        (staging, path)
    }

    #[test]
    fn files_stay_unless_it_is_certain_that_nobody_named_them() {
        let folder = tempfile::tempdir().unwrap();
        let stays = |committed: Result<(), LedgerError>| {
            let (staging, path) = written(folder.path());
            let is_error = committed.is_err();
            assert_eq!(staging.settle(committed).is_err(), is_error);
            assert!(path.exists());
            drop(staging);
            path.exists()
        };
        assert!(stays(Ok(())));
        let source = Box::new(LedgerError::Locked);
        assert!(stays(Err(LedgerError::InDoubt { source })));
        assert!(!stays(Err(LedgerError::Locked)));
    }

    #[test]
    fn a_change_under_way_is_not_abandoned() {
        let folder = tempfile::tempdir().unwrap();
        let (staging, path) = written(folder.path());
        let lock = || Abandoned::named(folder.path(), Abandoned::name_of(&path)).unwrap();
        assert!(lock().is_none());
        drop(staging);
        assert!(lock().is_some());
    }
}
