//! A copy of the ledger as it is at one moment, while others go on changing it.
//!
//! The catalogue is copied first, in one transaction of its database; then the data files that the copy names. Those never
//! change, and only expiry and erasure remove some: if one is gone by then, the newest catalogue no longer names it, and the
//! copy is begun anew.

use std::fs;
use std::path::Path;

use crate::catalogue::files::{self, CatalogueFile};
use crate::catalogue::{Access, Database, Value, snapshots};
use crate::error::LedgerError;
use crate::ledger::{Ledger, make_private};
use crate::location::{CatalogueAddress, Location};
use crate::storage::data_file;
use crate::storage::folder;
use crate::storage::staging::table_folder;

/// How often a copy is begun anew because files went away.
const TRIES: usize = 5;

/// What was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// The newest snapshot of the copy; those before it that are kept are in it, too.
    pub snapshot: i64,
    /// Data files.
    pub files: usize,
    /// Bytes of the data files.
    pub bytes: u64,
}

impl Ledger {
    /// Copies the ledger into a folder: `ledger.db` and `ledger/`, as in a workspace, for their owner only. Each file is
    /// compared with its fingerprint.
    ///
    /// The copy names the data files of the original until it is opened for writing.
    ///
    /// # Errors
    /// [`LedgerError::NoCopy`] for a catalogue in PostgreSQL; [`LedgerError::FileMissing`], [`LedgerError::FileResized`] or
    /// [`LedgerError::FileDamaged`] if the ledger is not whole; [`LedgerError::NoSpace`].
    pub fn copy_to(&self, to: &Path) -> Result<Copied, LedgerError> {
        let CatalogueAddress::Sqlite(_) = self.location().catalogue() else {
            return Err(LedgerError::NoCopy {
                location: self.location().to_string(),
            });
        };
        let mut tries = 1;
        loop {
            match self.copy_once(to) {
                Err(LedgerError::FileMissing { .. }) if tries < TRIES => {
                    let location = Location::in_workspace(to);
                    remove_all(location.folder())?;
                    folder::remove(&to.join("ledger.db"))?;
                    tries += 1;
                }
                done => return done,
            }
        }
    }

    fn copy_once(&self, to: &Path) -> Result<Copied, LedgerError> {
        let location = Location::in_workspace(to);
        folder::make(location.folder())?;
        let CatalogueAddress::Sqlite(path) = location.catalogue() else {
            return Err(LedgerError::NoCopy {
                location: location.to_string(),
            });
        };
        make_private(path)?;
        let target = path.to_string_lossy().into_owned();
        self.database()
            .execute("VACUUM INTO ?", &[Value::Text(target)])?;
        let patience = self.options().patience;
        let mut copy = Database::open(&location, Access::Read, patience)?;
        let (known, fingerprints, snapshot) = copy.read(|database| {
            let newest = snapshots::newest(database)?.id;
            Ok((
                files::all(database)?,
                files::fingerprints(database)?,
                newest,
            ))
        })?;
        for file in &known {
            let written = fingerprints.get(&file.id).map(String::as_str);
            self.copy_file(file, written, &location)?;
        }
        let bytes = known.iter().map(|file| file.bytes);
        Ok(Copied {
            snapshot,
            files: known.len(),
            bytes: bytes.map(|bytes| u64::try_from(bytes).unwrap_or(0)).sum(),
        })
    }

    fn copy_file(
        &self,
        file: &CatalogueFile,
        written: Option<&str>,
        to: &Location,
    ) -> Result<(), LedgerError> {
        let from = table_folder(self.folder(), file.table).join(&file.path);
        let to = table_folder(to.folder(), file.table).join(&file.path);
        if let Some(parent) = to.parent() {
            folder::make(parent)?;
        }
        let copied = fs::copy(&from, &to).map_err(|source| {
            if from.exists() {
                LedgerError::io("write", &to, source)
            } else {
                LedgerError::FileMissing { path: from.clone() }
            }
        })?;
        let expected = u64::try_from(file.bytes).unwrap_or(0);
        if copied != expected {
            return Err(LedgerError::FileResized {
                path: from,
                expected,
                found: copied,
            });
        }
        if written.is_some() && written != Some(data_file::fingerprint(&to)?.as_str()) {
            return Err(LedgerError::FileDamaged {
                path: from,
                reason: "its bytes are not those that were written".to_owned(),
            });
        }
        Ok(())
    }
}

fn remove_all(folder: &Path) -> Result<(), LedgerError> {
    match fs::remove_dir_all(folder) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(LedgerError::io("remove", folder, source))
        }
        _ => Ok(()),
    }
}
