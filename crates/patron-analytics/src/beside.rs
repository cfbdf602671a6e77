//! A file or folder that is made beside its place and moved there when it is whole.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::run::Listed;

/// Where something is made; it goes away with this value, and when the user stops patron.
#[derive(Debug)]
pub(crate) struct Beside {
    folder: TempDir,
    place: PathBuf,
    _listed: Listed,
}

impl Beside {
    /// Prepares a place beside `place`, whose parent folder is made if it is not there.
    pub(crate) fn prepare(place: &Path) -> io::Result<Self> {
        let parent = match place.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(parent)?;
        let folder = tempfile::Builder::new()
            .prefix(".patron-")
            .tempdir_in(parent)?;
        Ok(Self {
            _listed: Listed::new(folder.path()),
            place: place.to_owned(),
            folder,
        })
    }

    /// Returns where to make it.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("made")
    }

    /// Moves it to its place; a file there is replaced.
    pub(crate) fn publish(self) -> io::Result<()> {
        fs::rename(self.path(), &self.place)
    }
}
