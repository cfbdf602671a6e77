//! A folder for what an import needs until it is done.
//!
//! What lies there names customers, so it must not stay behind: it goes when the import ends or is stopped. A file in it is locked for as long as the import goes on:
//! the next import removes the folders whose lock is free, which killed ones left, unless it is the same import: then it goes on with it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use patron_engine::Keeping;
use tempfile::TempDir;

use crate::run::Listed;

const PREFIX: &str = ".import-";
const LOCK: &str = "lock";
/// No import leaves its folder without a lock for so long.
const UNLOCKED: Duration = Duration::from_secs(60);

/// The folder. It goes away with this value.
#[derive(Debug)]
pub(crate) struct Scratch {
    folder: Folder,
    fingerprint: Option<String>,
    _listed: Listed,
    _lock: Option<File>,
}

impl Scratch {
    /// Makes one among the system's temporary files.
    pub(crate) fn elsewhere() -> io::Result<Self> {
        let folder = TempDir::new()?;
        Ok(Self {
            _listed: Listed::new(folder.path()),
            folder: Folder(folder.keep()),
            fingerprint: None,
            _lock: None,
        })
    }

    /// Makes one in a workspace, where there is room for its facts, and clears away what others left; but for what an import
    /// left that was stopped and wanted the same: that is taken over.
    pub(crate) fn in_workspace(workspace: &Path, fingerprint: Option<String>) -> io::Result<Self> {
        let taken = fingerprint
            .as_deref()
            .and_then(|wanted| take_over(workspace, wanted));
        if let Some(taken) = taken {
            clear_away(workspace)?;
            return Ok(taken);
        }
        clear_away(workspace)?;
        let folder = private(tempfile::Builder::new().prefix(PREFIX)).tempdir_in(workspace)?;
        let folder = Folder(folder.keep());
        let listed = Listed::new(&folder.0);
        let lock = File::create(folder.0.join(LOCK))?;
        lock.lock()?;
        Ok(Self {
            folder,
            fingerprint,
            _listed: listed,
            _lock: Some(lock),
        })
    }

    /// Where what is read is kept after so many bytes, if the import can be gone on with.
    pub(crate) fn keeping(&self, every_bytes: u64) -> Option<Keeping> {
        Some(Keeping {
            folder: self.path().to_owned(),
            fingerprint: self.fingerprint.clone()?,
            every_bytes,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.folder.0
    }
}

/// Readable by nobody but its owner.
#[cfg(unix)]
fn private<'b, 'p, 's>(
    builder: &'b mut tempfile::Builder<'p, 's>,
) -> &'b mut tempfile::Builder<'p, 's> {
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700))
}

#[cfg(not(unix))]
fn private<'b, 'p, 's>(
    builder: &'b mut tempfile::Builder<'p, 's>,
) -> &'b mut tempfile::Builder<'p, 's> {
    builder
}

/// A folder that goes away with this value.
#[derive(Debug)]
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "what the import needed cannot be removed");
        }
    }
}

/// The folders of imports in a workspace.
fn folders(workspace: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(workspace)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// Finds what an import left that was stopped and wanted the same, if no other goes on with it.
fn take_over(workspace: &Path, fingerprint: &str) -> Option<Scratch> {
    let mut left = folders(workspace).ok()?.into_iter();
    left.find_map(|folder| {
        if !Keeping::is_for(&folder, fingerprint) {
            return None;
        }
        let lock = File::open(folder.join(LOCK)).ok()?;
        lock.try_lock().ok()?;
        Some(Scratch {
            _listed: Listed::new(&folder),
            folder: Folder(folder),
            fingerprint: Some(fingerprint.to_owned()),
            _lock: Some(lock),
        })
    })
}

/// Removes what stopped imports left, but for those that others go on with.
pub(crate) fn clear_away(workspace: &Path) -> io::Result<()> {
    for folder in folders(workspace)? {
        // Without a lock the folder was only just made, by an import that goes on or one that was killed right then: the latter
        // is told by its age.
        let is_free = match File::open(folder.join(LOCK)) {
            Ok(lock) => lock.try_lock().is_ok(),
            Err(_) => is_old(&folder),
        };
        if is_free && let Err(error) = fs::remove_dir_all(&folder) {
            tracing::warn!(%error, "what an earlier import left cannot be removed");
        }
    }
    Ok(())
}

/// Whether a folder was made so long ago that whoever made it would have locked it since.
fn is_old(folder: &Path) -> bool {
    let made = fs::metadata(folder).and_then(|told| told.modified());
    let age = made.ok().and_then(|made| made.elapsed().ok());
    age.is_some_and(|age| age > UNLOCKED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_import_left_goes_and_what_is_in_use_stays() {
        let workspace = TempDir::new().unwrap();
        let used = Scratch::in_workspace(workspace.path(), None).unwrap();
        let left = workspace.path().join(".import-left");
        fs::create_dir(&left).unwrap();
        fs::write(left.join(LOCK), "").unwrap();
        let other = Scratch::in_workspace(workspace.path(), None).unwrap();
        assert!(!left.exists());
        assert!(used.path().exists() && other.path().exists());
    }
}
