//! The ledger: made, opened, and what every operation on it starts from.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use patron_core::Instant;

use crate::catalogue::snapshots::{self, At, Snapshot};
use crate::catalogue::{Access, Database, Value, add_columns, create};
use crate::error::LedgerError;
use crate::location::{CatalogueAddress, Location};
use crate::storage::folder;
use crate::transaction::Transaction;

/// How a ledger works. The defaults suit a shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerOptions {
    /// Up to so many rows of a table in one commit live in the catalogue instead of a file.
    pub inline_rows: usize,
    /// Rows that are appended are sorted in memory up to so many bytes; then a file is written.
    pub run_bytes: usize,
    /// A table is dealt into buckets of about so many rows each.
    pub rows_per_bucket: u64,
    /// How long to wait for another program that has the catalogue locked.
    pub patience: Duration,
}

impl Default for LedgerOptions {
    fn default() -> Self {
        Self {
            inline_rows: 100,
            run_bytes: 128 << 20,
            rows_per_bucket: 500_000,
            patience: Duration::from_secs(10),
        }
    }
}

impl LedgerOptions {
    fn check(self) -> Result<Self, LedgerError> {
        let wrong = |name, value: String, reason| {
            Err(LedgerError::Setting {
                name,
                value,
                reason,
            })
        };
        if self.inline_rows > 10_000 {
            let rows = self.inline_rows.to_string();
            return wrong(
                "inline_rows",
                rows,
                "more than 10,000 rows belong in a file",
            );
        }
        if self.run_bytes < 1 << 16 {
            let bytes = self.run_bytes.to_string();
            return wrong("run_bytes", bytes, "it must be at least 65,536");
        }
        if self.rows_per_bucket == 0 {
            let rows = self.rows_per_bucket.to_string();
            return wrong("rows_per_bucket", rows, "it must be at least 1");
        }
        Ok(self)
    }
}

/// The facts of a workspace.
///
/// Its calls wait for the disk and the database on the thread that makes them, on a small runtime of their own. They must
/// not be made from within an async task, nor may the ledger be dropped there: give them a thread (`spawn_blocking`). One ledger may be used by several threads;
/// they take turns in the catalogue, not in reading data files.
pub struct Ledger {
    location: Location,
    options: LedgerOptions,
    database: Mutex<Database>,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger")
            .field("location", &self.location)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl Ledger {
    /// Makes an empty ledger with all canonical tables.
    ///
    /// # Errors
    /// [`LedgerError::AlreadyThere`]; [`LedgerError::ReadOnly`], [`LedgerError::NoSpace`] and
    /// [`LedgerError::Unreachable`] as the place has it.
    pub fn create(
        location: &Location,
        options: LedgerOptions,
        at: Instant,
    ) -> Result<Self, LedgerError> {
        let options = options.check()?;
        folder::make(location.folder())?;
        if let CatalogueAddress::Sqlite(path) = location.catalogue() {
            make_private(path)?;
        }
        let location = resolved(location)?;
        let mut database = Database::open(&location, Access::Create, options.patience)?;
        let data_path = create::data_path_of(location.folder());
        create::create(&mut database, &location, &data_path, at)?;
        Ok(Self {
            location,
            options,
            database: Mutex::new(database),
        })
    }

    /// Opens a ledger to read and write it.
    ///
    /// A ledger with a SQLite catalogue may have been moved: the catalogue is told where its data files are now, since
    /// DuckDB needs to find them from any folder. (With PostgreSQL each server may see them elsewhere; see
    /// [`Ledger::relocate`].)
    ///
    /// # Errors
    /// [`LedgerError::Missing`], [`LedgerError::NotALedger`], [`LedgerError::OtherVersion`],
    /// [`LedgerError::TableDiffers`], [`LedgerError::Locked`], [`LedgerError::Unreachable`].
    pub fn open(location: &Location, options: LedgerOptions) -> Result<Self, LedgerError> {
        let ledger = Self::opened(location, options, Access::Write)?;
        if matches!(ledger.location.catalogue(), CatalogueAddress::Sqlite(_)) {
            ledger.relocate()?;
        }
        Ok(ledger)
    }

    /// Opens a ledger to read it. Nothing is written, so it may lie where nothing can be; but for a ledger of an older patron
    /// that lacks columns, which are added first.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn open_read_only(
        location: &Location,
        options: LedgerOptions,
    ) -> Result<Self, LedgerError> {
        Self::opened(location, options, Access::Read)
    }

    fn opened(
        location: &Location,
        options: LedgerOptions,
        access: Access,
    ) -> Result<Self, LedgerError> {
        let options = options.check()?;
        if let CatalogueAddress::Sqlite(path) = location.catalogue()
            && !path.exists()
        {
            return Err(LedgerError::Missing {
                location: location.to_string(),
            });
        }
        if !location.folder().is_dir() {
            return Err(LedgerError::Missing {
                location: location.folder().display().to_string(),
            });
        }
        let location = resolved(location)?;
        let mut database = Database::open(&location, access, options.patience)?;
        if !create::check(&mut database, &location)?.is_empty() {
            // An older patron made it: what it lacks is added before anybody reads.
            if access == Access::Read {
                let mut writable = Database::open(&location, Access::Write, options.patience)?;
                add_columns(&mut writable)?;
            } else {
                add_columns(&mut database)?;
            }
        }
        Ok(Self {
            location,
            options,
            database: Mutex::new(database),
        })
    }

    /// Tells the catalogue that the data files are where this ledger has them; returns whether it said otherwise.
    ///
    /// # Errors
    /// [`LedgerError::Locked`], [`LedgerError::ReadOnly`].
    pub fn relocate(&self) -> Result<bool, LedgerError> {
        let here = create::data_path_of(self.location.folder());
        if self.database().read(create::data_path)? == here {
            return Ok(false);
        }
        self.database()
            .write(|database| create::set_data_path(database, &here))?;
        Ok(true)
    }

    /// Returns where the ledger lives.
    #[must_use]
    pub const fn location(&self) -> &Location {
        &self.location
    }

    /// Returns the snapshots that are kept, oldest first.
    ///
    /// # Errors
    /// [`LedgerError::Locked`], [`LedgerError::Catalogue`].
    pub fn snapshots(&self) -> Result<Vec<Snapshot>, LedgerError> {
        self.database().read(snapshots::all)
    }

    /// Returns the extra information that an author committed last, with its snapshot, even if that one has expired.
    ///
    /// An intake that commits its last sequence number this way knows after a crash what it need not send again.
    ///
    /// # Errors
    /// [`LedgerError::Locked`], [`LedgerError::Catalogue`].
    pub fn last_extra_info(&self, author: &str) -> Result<Option<(i64, String)>, LedgerError> {
        let sql = "SELECT snapshot_id, extra_info FROM patron_note WHERE author = ?";
        let author = Value::text(author);
        let rows = self
            .database()
            .read(|database| database.query(sql, &[author]))?;
        rows.first()
            .map(|row| Ok((row.integer(0)?, row.text(1)?)))
            .transpose()
    }

    /// Returns the number of the snapshot that is meant.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchSnapshot`]; [`LedgerError::SnapshotGone`] with the reason.
    pub fn resolve(&self, at: At) -> Result<i64, LedgerError> {
        self.database()
            .read(|database| snapshots::resolve(database, at))
    }

    /// Begins a change. Nothing of it is seen before its commit.
    ///
    /// # Errors
    /// [`LedgerError::Locked`], [`LedgerError::Catalogue`].
    pub fn begin(&self) -> Result<Transaction<'_>, LedgerError> {
        Transaction::begin(self)
    }

    pub(crate) const fn options(&self) -> LedgerOptions {
        self.options
    }

    pub(crate) fn folder(&self) -> &Path {
        self.location.folder()
    }

    /// Returns the connection. One that a panic interrupted is usable: its transaction was never committed.
    pub(crate) fn database(&self) -> MutexGuard<'_, Database> {
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes an empty database file that only its owner can read, before there is anything in it.
pub(crate) fn make_private(path: &Path) -> Result<(), LedgerError> {
    if let Some(parent) = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        folder::make(parent)?;
    }
    let mut options = std::fs::File::options();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(file) => drop(file),
        Err(source) => return Err(LedgerError::io("write", path, source)),
    }
    Ok(())
}

/// Returns the location with an absolute folder, free of links, so that it means the same from any folder.
fn resolved(location: &Location) -> Result<Location, LedgerError> {
    let folder = location.folder();
    let absolute: PathBuf = folder
        .canonicalize()
        .map_err(|source| LedgerError::io("find", folder, source))?;
    Ok(Location::new(absolute, location.catalogue().clone()))
}
