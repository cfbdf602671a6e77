//! What a run of the workspace keeps, so that the next folds only whose facts changed: a folder that can go at any time.
//!
//! | in `kept/` | holds |
//! |---|---|
//! | `run.json` | of which snapshot and under which settings it was kept, and the names of the files |
//! | `people-N` | ids, profiles, scores, and where everybody's history lies |
//! | `histories-N` | histories |
//!
//! New files have new names, and `run.json` is put in its place last: whoever dies on the way leaves what was there. Whoever
//! uses the folder has `.run-lock` locked, and so has an erasure, which removes the folder.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use patron_engine::kept::{Part, Parts};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::make_private;
use crate::run::Listed;

/// The folder, inside a workspace.
pub(crate) const KEPT: &str = "kept";
/// Whoever uses it has this file locked.
pub(crate) const RUN_LOCK: &str = ".run-lock";
const HEAD: &str = "run.json";
/// The form of what is kept.
pub(crate) const FORM: u32 = 1;

/// What was kept, and of what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// The form of the files.
    pub(crate) form: u32,
    /// The patron that kept it.
    pub(crate) patron_version: String,
    /// What histories were folded by.
    pub(crate) folded_by: BTreeMap<String, String>,
    /// The ledger's snapshot.
    pub(crate) snapshot: i64,
    /// When that was committed, µs UTC: a ledger that was put back may have another one of that number.
    pub(crate) snapshot_at: i64,
    /// The last import that it saw.
    pub(crate) last_import: i64,
    /// Whether an order stood with several customers.
    pub(crate) has_shared_orders: bool,
    /// The file of people.
    pub(crate) people: PathBuf,
    /// Bytes of histories that are still somebody's.
    pub(crate) live_bytes: u64,
    /// The files of histories.
    pub(crate) parts: Vec<Part>,
}

/// The folder, for as long as nobody else may use it.
#[derive(Debug)]
pub(crate) struct KeptFolder {
    folder: PathBuf,
    _lock: File,
}

/// New files on their way into the folder.
#[derive(Debug)]
pub(crate) struct NewFiles {
    folder: TempDir,
    /// The number of the files.
    pub(crate) number: u32,
    _listed: Listed,
}

/// Why there is nothing to go by.
#[derive(Debug)]
pub(crate) enum NoHead {
    /// There is nothing.
    Missing,
    /// It cannot be read.
    Damaged,
}

impl KeptFolder {
    /// Takes hold of a workspace's folder; nothing if somebody else has it.
    pub(crate) fn take(workspace: &Path) -> io::Result<Option<Self>> {
        let lock = open_lock(workspace)?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Self {
                folder: workspace.join(KEPT),
                _lock: lock,
            })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Waits until nobody uses a workspace's folder, removes it, and keeps others from it until the value is dropped.
    pub(crate) fn remove(workspace: &Path) -> io::Result<Self> {
        let lock = open_lock(workspace)?;
        lock.lock()?;
        let folder = workspace.join(KEPT);
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        Ok(Self {
            folder,
            _lock: lock,
        })
    }

    /// Returns what was kept last.
    pub(crate) fn head(&self) -> Result<Head, NoHead> {
        let text = match fs::read_to_string(self.folder.join(HEAD)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(NoHead::Missing),
            Err(_) => return Err(NoHead::Damaged),
        };
        serde_json::from_str(&text).map_err(|_| NoHead::Damaged)
    }

    /// Returns the histories that were kept.
    pub(crate) fn parts(&self, head: &Head) -> Parts {
        Parts {
            folder: self.folder.clone(),
            parts: head.parts.clone(),
        }
    }

    /// Returns the file of people that were kept.
    pub(crate) fn people(&self, head: &Head) -> PathBuf {
        self.folder.join(&head.people)
    }

    /// Begins new files, with a number that no file has.
    pub(crate) fn begin(&self) -> io::Result<NewFiles> {
        make_private(&self.folder)?;
        let mut last = 0;
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let name = name.to_string_lossy();
            let number = name
                .rsplit_once('-')
                .and_then(|(_, number)| number.parse().ok());
            last = last.max(number.unwrap_or(0));
        }
        let folder = tempfile::Builder::new()
            .prefix(".new-")
            .tempdir_in(&self.folder)?;
        Ok(NewFiles {
            _listed: Listed::new(folder.path()),
            folder,
            number: last + 1,
        })
    }

    /// Puts new files into the folder, and says what they are; what is not needed any more goes away.
    pub(crate) fn publish(&self, new: NewFiles, head: &Head) -> io::Result<()> {
        let text = serde_json::to_string_pretty(head).map_err(io::Error::other)?;
        let beside = new.folder.path().join(HEAD);
        write_private(&beside, text.as_bytes())?;
        for name in [new.people(), new.histories()] {
            let from = new.folder.path().join(&name);
            if from.exists() {
                fs::rename(from, self.folder.join(&name))?;
            }
        }
        fs::rename(beside, self.folder.join(HEAD))?;
        drop(new);
        let is_needed = |name: &Path| {
            let mut parts = head.parts.iter();
            name == Path::new(HEAD) || name == head.people || parts.any(|part| name == part.name)
        };
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if !is_needed(Path::new(&entry.file_name())) {
                let path = entry.path();
                let removed = if path.is_dir() {
                    fs::remove_dir_all(path)
                } else {
                    fs::remove_file(path)
                };
                removed?;
            }
        }
        Ok(())
    }

    /// Forgets what was kept.
    pub(crate) fn forget(&self) {
        if let Err(error) = fs::remove_file(self.folder.join(HEAD))
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "what an earlier run kept cannot be removed");
        }
    }
}

impl NewFiles {
    /// Returns the name of the new file of people.
    pub(crate) fn people(&self) -> PathBuf {
        PathBuf::from(format!("people-{}", self.number))
    }

    /// Returns the name of the new file of histories.
    pub(crate) fn histories(&self) -> PathBuf {
        PathBuf::from(format!("histories-{}", self.number))
    }

    /// Returns where a new file is written.
    pub(crate) fn path(&self, name: &Path) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn open_lock(workspace: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(workspace.join(RUN_LOCK))
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = File::options();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    io::Write::write_all(&mut options.open(path)?, bytes)
}
