//! A workspace saved at one moment, and made anew from what was saved.
//!
//! A backup is a folder that is laid out like the workspace, with a manifest of all its files and their checksums.

pub mod error;
mod manifest;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

use patron_core::{Instant, ShopCalendar};
use patron_ledger::{At, Ledger, LedgerError, LedgerOptions, Location};
use patron_state::State;

pub use error::BackupError;

use crate::beside::Beside;
use crate::policy::POLICY;
use crate::workspace::{REJECTED, SETTINGS, STATE, Workspace, imports};
use manifest::{Entry, Manifest};

/// What was saved or restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Saved {
    /// The newest snapshot of its ledger.
    pub snapshot: i64,
    /// Files, without the manifest.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
}

/// Saves a workspace to a new folder, for its owner only: settings, ledger with all snapshots that are kept, state, and the
/// rows that imports set aside. Others may go on importing; what they commit meanwhile is in the backup wholly or not at all.
///
/// # Errors
/// [`BackupError::NotEmpty`]; [`BackupError::Workspace`] for a catalogue in PostgreSQL or a ledger that is not whole.
pub fn backup(workspace: &Workspace, to: &Path, now: Instant) -> Result<Saved, BackupError> {
    if workspace.settings().database.is_some() {
        let location = workspace.location().to_string();
        return Err(LedgerError::NoCopy { location }.into());
    }
    check_place(to)?;
    let beside = prepared(to)?;
    let made = beside.path();
    let copied = workspace.ledger_read_only()?.copy_to(&made)?;
    if workspace.folder().join(STATE).is_file() {
        workspace.state()?.copy_to(&made.join(STATE))?;
    }
    manifest::digest(&workspace.settings_file(), Some(&made.join(SETTINGS)))?;
    let policy = workspace.folder().join(POLICY);
    if policy.is_file() {
        manifest::digest(&policy, Some(&made.join(POLICY)))?;
    }
    save_rejected(workspace.folder(), &made)?;
    let manifest = Manifest {
        version: manifest::VERSION,
        made_by: format!("patron {}", env!("CARGO_PKG_VERSION")),
        made_at: ShopCalendar::utc().rfc3339(now),
        snapshot: copied.snapshot,
        files: Vec::new(),
    };
    let manifest = manifest::write(&made, manifest)?;
    publish(beside, to)?;
    Ok(saved(&manifest))
}

/// Makes a workspace of a backup, in a folder that is not there yet or empty. Every file is compared with its checksum first;
/// if one differs, nothing is made.
///
/// # Errors
/// [`BackupError::NotABackup`], [`BackupError::Newer`], [`BackupError::Damaged`], [`BackupError::NotEmpty`].
pub fn restore(from: &Path, to: &Path) -> Result<Saved, BackupError> {
    let manifest = manifest::read(from)?;
    check_place(to)?;
    let beside = prepared(to)?;
    let made = beside.path();
    for entry in &manifest.files {
        restore_file(from, &made, entry)?;
    }
    // A ledger that keeps all its rows in the catalogue has no data file.
    let data = made.join("ledger");
    make_folder(&data).map_err(|source| BackupError::Write { path: data, source })?;
    // What was saved must open before anybody relies on it.
    Ledger::open_read_only(&Location::in_workspace(&made), LedgerOptions::default())?;
    if made.join(STATE).is_file() {
        State::open(&made.join(STATE))?.check()?;
    }
    publish(beside, to)?;
    // Opened for writing, the ledger notes where its data files are now.
    Workspace::open(to)?.ledger()?;
    Ok(saved(&manifest))
}

fn saved(manifest: &Manifest) -> Saved {
    Saved {
        snapshot: manifest.snapshot,
        files: manifest.files.len(),
        bytes: manifest.files.iter().map(|file| file.bytes).sum(),
    }
}

/// Refuses a place where there is something already.
fn check_place(folder: &Path) -> Result<(), BackupError> {
    let is_free = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    };
    if is_free {
        return Ok(());
    }
    Err(BackupError::NotEmpty {
        folder: folder.to_owned(),
    })
}

fn prepared(place: &Path) -> Result<Beside, BackupError> {
    let beside = Beside::prepare(place).and_then(|beside| {
        make_folder(&beside.path())?;
        Ok(beside)
    });
    beside.map_err(|source| BackupError::Write {
        path: place.to_owned(),
        source,
    })
}

fn publish(beside: Beside, place: &Path) -> Result<(), BackupError> {
    beside.publish().map_err(|source| BackupError::Write {
        path: place.to_owned(),
        source,
    })
}

/// Saves the lists of the imports that the copied ledger has: a later import may be writing its own.
fn save_rejected(workspace: &Path, made: &Path) -> Result<(), BackupError> {
    let ledger = Ledger::open_read_only(&Location::in_workspace(made), LedgerOptions::default())?;
    let imports = imports(&ledger, At::Latest)?;
    let numbers: BTreeSet<i64> = imports.iter().map(|import| import.id).collect();
    let (from, to) = (workspace.join(REJECTED), made.join(REJECTED));
    for name in numbers.iter().map(|number| format!("{number}.csv")) {
        let list = from.join(&name);
        if list.is_file() {
            make_folder(&to).map_err(|source| BackupError::Write {
                path: to.clone(),
                source,
            })?;
            manifest::digest(&list, Some(&to.join(&name)))?;
        }
    }
    Ok(())
}

/// Copies a file of a backup, if it is what was saved.
fn restore_file(from: &Path, made: &Path, entry: &Entry) -> Result<(), BackupError> {
    let damaged = |what| BackupError::Damaged {
        path: entry.path.clone(),
        what,
    };
    let path: PathBuf = entry.path.split('/').collect();
    let is_inside = |part: Component<'_>| matches!(part, Component::Normal(_));
    if entry.path.is_empty() || !path.components().all(is_inside) {
        return Err(damaged("lies outside the backup"));
    }
    let (source, target) = (from.join(&path), made.join(&path));
    if !source.is_file() {
        return Err(damaged("is missing"));
    }
    if let Some(parent) = target.parent() {
        make_folder(parent).map_err(|source| BackupError::Write {
            path: parent.to_owned(),
            source,
        })?;
    }
    let (bytes, sha256) = manifest::digest(&source, Some(&target))?;
    if bytes != entry.bytes {
        return Err(damaged("has another size than was saved"));
    }
    if sha256 != entry.sha256 {
        return Err(damaged("has other bytes than were saved"));
    }
    Ok(())
}

/// Makes a folder and those above it, for its owner only.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes a file for its owner only.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
