//! A watched folder: its files are imported when they are new or changed, and nobody writes them any more.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::UNIX_EPOCH;

use patron_import::ImportError;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::RefreshError;
use super::{Brought, Look, sources};
use crate::import::ImportFailure;

/// The files that were imported, by name: the cursor of a folder.
type Known = BTreeMap<String, Imported>;

/// How a file looks from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Shape {
    bytes: u64,
    modified_us: i64,
}

/// A file that was imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Imported {
    #[serde(flatten)]
    shape: Shape,
    /// Of its bytes; empty for a folder that is read as a whole.
    sha256: String,
}

/// A file that may be imported.
#[derive(Debug, Clone)]
struct Candidate {
    name: String,
    path: PathBuf,
    shape: Shape,
}

/// Imports what is new in a folder, the file that was changed first before the others. A file that cannot be read does not keep
/// the others from being imported.
pub(super) fn read(
    look: &Look<'_>,
    brought: &mut Brought,
    failures: &mut Vec<RefreshError>,
) -> Result<(), RefreshError> {
    let folder = PathBuf::from(sources::place(look.source));
    let mut known: Known = look
        .source
        .cursor
        .as_deref()
        .and_then(|cursor| serde_json::from_str(cursor).ok())
        .unwrap_or_default();
    let all = candidates(&folder)?;
    let there = |name: &String| all.iter().any(|candidate| candidate.name == *name);
    known.retain(|name, _| there(name));
    let is_new = |candidate: &Candidate| {
        known
            .get(&candidate.name)
            .is_none_or(|known| known.shape != candidate.shape)
    };
    let new: Vec<Candidate> = all.into_iter().filter(is_new).collect();
    let mut settled = settled(new, look, brought);
    settled.sort_by(|a, b| (a.shape.modified_us, &a.name).cmp(&(b.shape.modified_us, &b.name)));
    for candidate in settled {
        match one(look, &candidate, known.get(&candidate.name), brought) {
            Ok(Some(imported)) => {
                known.insert(candidate.name, imported);
                look.keep(&serde_json::json!(known).to_string())?;
            }
            // It was written while it was read.
            Ok(None) => brought.growing += 1,
            Err(error) => failures.push(error),
        }
    }
    Ok(())
}

/// The files of a folder that may hold tables.
fn candidates(folder: &Path) -> Result<Vec<Candidate>, RefreshError> {
    let paths = match patron_import::expand(&[folder.to_owned()], false) {
        Ok(paths) => paths,
        Err(ImportError::FolderWithoutTables { .. }) => Vec::new(),
        Err(ImportError::Io { source, .. }) => {
            return Err(RefreshError::Unreadable {
                path: folder.to_owned(),
                source,
            });
        }
        Err(error) => {
            let error = patron_engine::SourceError::from(error);
            return Err(ImportFailure::Engine(error.into()).into());
        }
    };
    // Not there any more is the same as not there: an unfinished file may be renamed at any time.
    let candidate = |path: PathBuf| {
        let name = path.file_name()?.to_string_lossy().into_owned();
        let shape = shape_of(&path).ok()?;
        Some(Candidate { name, path, shape })
    };
    folder
        .read_dir()
        .map_err(|source| RefreshError::Unreadable {
            path: folder.to_owned(),
            source,
        })?;
    Ok(paths.into_iter().filter_map(candidate).collect())
}

/// Looks a second time: what changed between the looks is still being written, and an empty file is only begun.
fn settled(new: Vec<Candidate>, look: &Look<'_>, brought: &mut Brought) -> Vec<Candidate> {
    if new.is_empty() {
        return new;
    }
    thread::sleep(look.request.settle);
    let is_settled = |candidate: &Candidate| {
        candidate.shape.bytes > 0
            && shape_of(&candidate.path).is_ok_and(|shape| shape == candidate.shape)
    };
    let (settled, growing): (Vec<_>, Vec<_>) = new.into_iter().partition(is_settled);
    brought.growing += growing.len() as u64;
    settled
}

/// Imports a file; returns nothing if it changed meanwhile.
fn one(
    look: &Look<'_>,
    candidate: &Candidate,
    known: Option<&Imported>,
    brought: &mut Brought,
) -> Result<Option<Imported>, RefreshError> {
    let unreadable = |source| RefreshError::Unreadable {
        path: candidate.path.clone(),
        source,
    };
    let sha256 = sha256(&candidate.path).map_err(unreadable)?;
    // Touched, or copied there again.
    let is_same = known.is_some_and(|known| known.sha256 == sha256 && !sha256.is_empty());
    if !is_same {
        look.import(vec![candidate.path.clone()], None, brought)?;
    }
    let after = shape_of(&candidate.path).map_err(unreadable)?;
    let imported = Imported {
        shape: after,
        sha256,
    };
    Ok((after == candidate.shape).then_some(imported))
}

fn shape_of(path: &Path) -> io::Result<Shape> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_dir() {
        return Ok(shape(&metadata));
    }
    // A folder that is read as a whole, such as Olist's.
    let mut whole = Shape {
        bytes: 0,
        modified_us: 0,
    };
    for entry in path.read_dir()? {
        let part = shape(&entry?.metadata()?);
        whole.bytes += part.bytes;
        whole.modified_us = whole.modified_us.max(part.modified_us);
    }
    Ok(whole)
}

fn shape(metadata: &Metadata) -> Shape {
    let modified = metadata.modified().ok();
    let since = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    Shape {
        bytes: metadata.len(),
        modified_us: since
            .and_then(|since| i64::try_from(since.as_micros()).ok())
            .unwrap_or(0),
    }
}

fn sha256(path: &Path) -> io::Result<String> {
    if path.is_dir() {
        return Ok(String::new());
    }
    let mut hasher = Sha256::new();
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        hasher.update(buffer.get(..count).unwrap_or_default());
    }
    Ok(hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}
