//! Folders and their durability.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::error::LedgerError;

/// The folder of DuckLake's one schema inside the data folder.
pub(crate) const SCHEMA_FOLDER: &str = "main";

/// The folder with a file for each change under way.
pub(crate) const OPEN_FOLDER: &str = ".open";

/// Makes a folder and those above it, for its owner only, and makes sure that they survive a crash.
pub(crate) fn make(folder: &Path) -> Result<(), LedgerError> {
    if folder.is_dir() {
        return Ok(());
    }
    let Some(parent) = folder.parent() else {
        return Ok(());
    };
    make(parent)?;
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Err(source) if source.kind() != std::io::ErrorKind::AlreadyExists => {
            return Err(LedgerError::io("make folder", folder, source));
        }
        _ => {}
    }
    sync(parent)
}

/// Makes sure that the entries of a folder survive a crash.
pub(crate) fn sync(folder: &Path) -> Result<(), LedgerError> {
    // The parent of a relative name is "", which stands for the current folder.
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    File::open(folder)
        .and_then(|opened| opened.sync_all())
        .map_err(|source| LedgerError::io("write", folder, source))
}

/// Removes a file; that it is not there is fine.
pub(crate) fn remove(path: &Path) -> Result<(), LedgerError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(LedgerError::io("remove", path, source))
        }
        _ => Ok(()),
    }
}

/// Returns all files below a folder, sorted; none if it is not there.
pub(crate) fn files_below(folder: &Path) -> Result<Vec<PathBuf>, LedgerError> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => continue,
            Err(source) => return Err(LedgerError::io("list", &folder, source)),
        };
        for entry in entries {
            let entry = entry.map_err(|source| LedgerError::io("list", &folder, source))?;
            let path = entry.path();
            let kind = entry
                .file_type()
                .map_err(|source| LedgerError::io("list", &path, source))?;
            if kind.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
