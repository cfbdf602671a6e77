//! Where results are written: beside their place, then moved there at once.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A folder that results are written to, and that becomes `--out` when all of them are there.
#[derive(Debug)]
pub(crate) struct OutDir {
    place: PathBuf,
    beside: TempDir,
}

/// Why results cannot go where they should.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutDirError {
    #[error("`{0}` exists and is not a result of patron")]
    NotOurs(PathBuf),
    #[error("cannot write beside `{path}`")]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl OutDir {
    /// Prepares a folder beside `place`. Whatever is at `place` stays until [`OutDir::publish`].
    pub(crate) fn prepare(place: &Path) -> Result<Self, OutDirError> {
        let error = |source| OutDirError::Write {
            path: place.to_owned(),
            source,
        };
        if !is_replaceable(place).map_err(error)? {
            return Err(OutDirError::NotOurs(place.to_owned()));
        }
        let parent = match place.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(parent).map_err(error)?;
        let beside = tempfile::Builder::new()
            .prefix(".patron-")
            .tempdir_in(parent)
            .map_err(error)?;
        Ok(Self {
            place: place.to_owned(),
            beside,
        })
    }

    /// Returns the folder to write to.
    pub(crate) fn path(&self) -> &Path {
        self.beside.path()
    }

    /// Moves the folder to its place; an earlier result there goes away only when the new one is in place.
    pub(crate) fn publish(self) -> Result<PathBuf, OutDirError> {
        let error = |source| OutDirError::Write {
            path: self.place.clone(),
            source,
        };
        let old = self.beside.path().with_extension("old");
        let replaces = self.place.exists();
        if replaces {
            fs::rename(&self.place, &old).map_err(error)?;
        }
        if let Err(source) = fs::rename(self.beside.path(), &self.place) {
            if replaces {
                fs::rename(&old, &self.place).map_err(error)?;
            }
            return Err(error(source));
        }
        if replaces {
            fs::remove_dir_all(&old).map_err(error)?;
        }
        // The folder has moved: there is nothing left to remove, and nothing to say if removing fails.
        let _moved = self.beside.keep();
        make_readable(&self.place).map_err(error)?;
        Ok(self.place)
    }
}

/// Nothing there, an empty folder, or an earlier result.
fn is_replaceable(place: &Path) -> io::Result<bool> {
    match fs::read_dir(place) {
        Ok(mut entries) => Ok(entries.next().is_none() || place.join("run.json").is_file()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(false),
        Err(error) => Err(error),
    }
}

/// Temporary folders are for their owner only; results are like any other folder.
#[cfg(unix)]
fn make_readable(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_readable(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_replaces_an_earlier_result_but_never_other_files() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("out");
        for round in ["one", "two"] {
            let out = OutDir::prepare(&place).unwrap();
            fs::write(out.path().join("run.json"), round).unwrap();
            out.publish().unwrap();
            assert_eq!(fs::read_to_string(place.join("run.json")).unwrap(), round);
        }
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            1,
            "nothing is left beside"
        );
        let letters = folder.path().join("letters");
        fs::create_dir(&letters).unwrap();
        fs::write(letters.join("love.txt"), "x").unwrap();
        assert!(matches!(
            OutDir::prepare(&letters),
            Err(OutDirError::NotOurs(_))
        ));
        assert!(matches!(
            OutDir::prepare(&letters.join("love.txt")),
            Err(OutDirError::NotOurs(_))
        ));
    }

    #[test]
    fn what_is_not_published_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        drop(OutDir::prepare(&folder.path().join("out")).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
