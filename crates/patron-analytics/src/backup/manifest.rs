//! The list of a backup's files, by which damage is found.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::BackupError;

/// Its name in a backup.
pub(super) const NAME: &str = "manifest.json";
/// The version of the form of backups.
pub(super) const VERSION: u64 = 1;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) version: u64,
    pub(super) made_by: String,
    /// RFC 3339.
    pub(super) made_at: String,
    /// The newest snapshot of the ledger.
    pub(super) snapshot: i64,
    /// Sorted by path.
    pub(super) files: Vec<Entry>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Within the backup, with `/` between folders.
    pub(super) path: String,
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

/// Reads the manifest of a backup.
pub(super) fn read(folder: &Path) -> Result<Manifest, BackupError> {
    let path = folder.join(NAME);
    let damaged = |what| BackupError::Damaged {
        path: NAME.to_owned(),
        what,
    };
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(BackupError::NotABackup {
                folder: folder.to_owned(),
            });
        }
        Err(source) => return Err(BackupError::Read { path, source }),
    };
    // The version decides how the rest is to be understood.
    let value: serde_json::Value =
        serde_json::from_slice(&text).map_err(|_| damaged("is no JSON"))?;
    let found = value.get("version").and_then(serde_json::Value::as_u64);
    let found = found.ok_or_else(|| damaged("names no version"))?;
    if found > VERSION {
        return Err(BackupError::Newer {
            folder: folder.to_owned(),
            found,
            known: VERSION,
        });
    }
    serde_json::from_value(value).map_err(|_| damaged("is not understood"))
}

/// Lists the files of a folder, which must be those of a backup, and writes the manifest into it.
pub(super) fn write(folder: &Path, mut manifest: Manifest) -> Result<Manifest, BackupError> {
    let mut paths = Vec::new();
    list(folder, folder, &mut paths)?;
    paths.sort();
    for path in paths {
        let whole = folder.join(&path);
        let (bytes, sha256) = digest(&whole, None)?;
        manifest.files.push(Entry {
            path: path.components().map(name_of).collect::<Vec<_>>().join("/"),
            bytes,
            sha256,
        });
    }
    let path = folder.join(NAME);
    let text = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
    let written = super::private_file(&path).and_then(|mut file| {
        file.write_all(&text)?;
        file.sync_all()
    });
    written.map_err(|source| BackupError::Write { path, source })?;
    Ok(manifest)
}

fn name_of(part: Component<'_>) -> String {
    part.as_os_str().to_string_lossy().into_owned()
}

fn list(root: &Path, folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), BackupError> {
    let failed = |source| BackupError::Read {
        path: folder.to_owned(),
        source,
    };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            list(root, &path, found)?;
        } else if let Ok(path) = path.strip_prefix(root) {
            found.push(path.to_owned());
        }
    }
    Ok(())
}

/// Returns the size and checksum of a file, which is copied on the way where a place is given.
pub(super) fn digest(from: &Path, to: Option<&Path>) -> Result<(u64, String), BackupError> {
    let unreadable = |source| BackupError::Read {
        path: from.to_owned(),
        source,
    };
    let unwritable = |source| BackupError::Write {
        path: to.unwrap_or(from).to_owned(),
        source,
    };
    let mut source = File::open(from).map_err(unreadable)?;
    let mut copy = to
        .map(super::private_file)
        .transpose()
        .map_err(unwritable)?;
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let mut buffer = vec![0_u8; 1 << 16];
    loop {
        let read = source.read(&mut buffer).map_err(unreadable)?;
        let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else {
            break;
        };
        hash.update(part);
        bytes += part.len() as u64;
        if let Some(copy) = &mut copy {
            copy.write_all(part).map_err(unwritable)?;
        }
    }
    if let Some(copy) = copy {
        copy.sync_all().map_err(unwritable)?;
    }
    let sha256 = hash.finalize();
    let sha256 = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((bytes, sha256))
}
