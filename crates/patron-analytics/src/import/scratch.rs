//! A folder for what an import needs until it is done.
//!
//! What lies there names customers, so it must not stay behind: it goes when the import ends or is stopped. A file in it is locked for as long as the import goes on:
//! the next import removes the folders whose lock is free, which killed ones left.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use tempfile::TempDir;

use crate::run::Listed;

const PREFIX: &str = ".import-";
const LOCK: &str = "lock";

/// The folder. It goes away with this value.
#[derive(Debug)]
pub(crate) struct Scratch {
    folder: TempDir,
    _listed: Listed,
    _lock: Option<File>,
}

impl Scratch {
    /// Makes one among the system's temporary files.
    pub(crate) fn elsewhere() -> io::Result<Self> {
        let folder = TempDir::new()?;
        Ok(Self {
            _listed: Listed::new(folder.path()),
            folder,
            _lock: None,
        })
    }

    /// Makes one in a workspace, where there is room for its facts, and clears away what others left.
    pub(crate) fn in_workspace(workspace: &Path) -> io::Result<Self> {
        clear_away(workspace)?;
        let folder = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir_in(workspace)?;
        let listed = Listed::new(folder.path());
        let lock = File::create(folder.path().join(LOCK))?;
        lock.lock()?;
        Ok(Self {
            folder,
            _listed: listed,
            _lock: Some(lock),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

fn clear_away(workspace: &Path) -> io::Result<()> {
    for entry in fs::read_dir(workspace)? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        // Without a lock the folder was only just made, by an import that goes on or one that was killed right then.
        let is_free = File::open(entry.path().join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok());
        if is_free && let Err(error) = fs::remove_dir_all(entry.path()) {
            tracing::warn!(%error, "what an earlier import left cannot be removed");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_import_left_goes_and_what_is_in_use_stays() {
        let workspace = TempDir::new().unwrap();
        let used = Scratch::in_workspace(workspace.path()).unwrap();
        let left = workspace.path().join(".import-left");
        fs::create_dir(&left).unwrap();
        fs::write(left.join(LOCK), "").unwrap();
        let other = Scratch::in_workspace(workspace.path()).unwrap();
        assert!(!left.exists());
        assert!(used.path().exists() && other.path().exists());
    }
}
