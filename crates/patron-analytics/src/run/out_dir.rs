//! Where results are written: beside their place, then moved there at once.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

/// Every name that a run writes: only these are ever replaced.
const RESULTS: [&str; 10] = [
    "report.html",
    "customers.parquet",
    "changes.parquet",
    "customers.csv",
    "customers.xlsx",
    "customers_by_month.parquet",
    "segments.csv",
    "customers_without_order.csv",
    "rejected.csv",
    "run.json",
];

/// Of these, the ones that tell of single people.
const PERSONAL: [&str; 7] = [
    "customers.parquet",
    "changes.parquet",
    "customers.csv",
    "customers.xlsx",
    "customers_by_month.parquet",
    "customers_without_order.csv",
    "rejected.csv",
];

/// Folders that runs and imports of this process are writing to: what has to go when the process is stopped.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn unfinished<T>(work: impl FnOnce(&mut Vec<PathBuf>) -> T) -> T {
    work(&mut UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Removes what unfinished runs and imports have written so far; for whoever stops the process.
///
/// Rows that were set aside hold personal data, so they must not stay behind. What cannot be removed stays.
/// What an import has read stays where the same import can go on from it; returns whether there is such.
#[must_use]
pub fn remove_unfinished() -> bool {
    /// A thread may be writing a file while the folder is emptied.
    const TRIES: usize = 5;
    let mut stays = false;
    for folder in unfinished(std::mem::take) {
        if folder.join(patron_engine::RECORD).is_file() {
            stays = true;
            continue;
        }
        for _ in 0..TRIES {
            if fs::remove_dir_all(&folder).is_ok() || !folder.exists() {
                break;
            }
        }
    }
    stays
}

/// A folder on the list for as long as its run or import goes on.
#[derive(Debug)]
pub(crate) struct Listed(PathBuf);

impl Listed {
    pub(crate) fn new(folder: &Path) -> Self {
        unfinished(|folders| folders.push(folder.to_owned()));
        Self(folder.to_owned())
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        unfinished(|folders| folders.retain(|folder| *folder != self.0));
    }
}

/// A folder that results are written to, and that becomes `--out` when all of them are there.
#[derive(Debug)]
pub(crate) struct OutDir {
    place: PathBuf,
    beside: TempDir,
    _listed: Listed,
}

/// Why results cannot go where they should.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutDirError {
    #[error("`{place}` holds `{foreign}`, which is not a result of patron")]
    NotOurs { place: PathBuf, foreign: String },
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
        if let Some(foreign) = foreign_entry(place).map_err(error)? {
            return Err(OutDirError::NotOurs {
                place: place.to_owned(),
                foreign,
            });
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
            _listed: Listed::new(beside.path()),
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
        protect(self.beside.path(), &self.place).map_err(error)?;
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
        Ok(self.place)
    }
}

/// Returns something at `place` that a run did not write; nothing for no folder, an empty one, or an earlier result.
fn foreign_entry(place: &Path) -> io::Result<Option<String>> {
    let entries = match fs::read_dir(place) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Ok(Some(place.display().to_string()));
        }
        Err(error) => return Err(error),
    };
    let is_result = place.join("run.json").is_file();
    for entry in entries {
        let name = entry?.file_name();
        if !is_result || !RESULTS.iter().any(|known| name == *known) {
            return Ok(Some(name.to_string_lossy().into_owned()));
        }
    }
    Ok(None)
}

/// Results tell of people: a new folder and the files with names in it are for their owner only. A folder that is there
/// already keeps the rights that somebody gave it.
#[cfg(unix)]
fn protect(folder: &Path, place: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let owner_only = fs::Permissions::from_mode(0o600);
    for name in PERSONAL {
        match fs::set_permissions(folder.join(name), owner_only.clone()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    let rights = match fs::metadata(place) {
        Ok(there) => there.permissions(),
        Err(_) => fs::Permissions::from_mode(0o700),
    };
    fs::set_permissions(folder, rights)
}

#[cfg(not(unix))]
fn protect(_folder: &Path, _place: &Path) -> io::Result<()> {
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
        let list = folder.path().join("list");
        fs::create_dir(&list).unwrap();
        fs::write(list.join("customers.csv"), "the owner's own").unwrap();
        assert!(matches!(
            OutDir::prepare(&list),
            Err(OutDirError::NotOurs { .. })
        ));
        let letters = folder.path().join("letters");
        fs::create_dir(&letters).unwrap();
        fs::write(letters.join("love.txt"), "x").unwrap();
        assert!(matches!(
            OutDir::prepare(&letters),
            Err(OutDirError::NotOurs { .. })
        ));
        assert!(matches!(
            OutDir::prepare(&letters.join("love.txt")),
            Err(OutDirError::NotOurs { .. })
        ));
    }

    #[test]
    fn a_file_that_somebody_put_among_the_results_is_not_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("out");
        let out = OutDir::prepare(&place).unwrap();
        fs::write(out.path().join("run.json"), "{}").unwrap();
        out.publish().unwrap();
        fs::write(place.join("orders.csv"), "mine").unwrap();
        assert!(matches!(
            OutDir::prepare(&place),
            Err(OutDirError::NotOurs { .. })
        ));
        assert_eq!(
            fs::read_to_string(place.join("orders.csv")).unwrap(),
            "mine"
        );
    }

    #[cfg(unix)]
    #[test]
    fn what_tells_of_people_is_for_its_owner_and_a_folder_that_was_there_keeps_its_rights() {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let folder = tempfile::tempdir().unwrap();
        let write = |place: &Path| {
            let out = OutDir::prepare(place).unwrap();
            fs::write(out.path().join("run.json"), "{}").unwrap();
            for name in PERSONAL {
                fs::write(out.path().join(name), "ann").unwrap();
            }
            out.publish().unwrap();
        };
        let new = folder.path().join("new");
        write(&new);
        assert_eq!(mode(&new), 0o700);
        for name in PERSONAL {
            assert_eq!(mode(&new.join(name)), 0o600, "{name}");
        }
        fs::set_permissions(&new, fs::Permissions::from_mode(0o750)).unwrap();
        write(&new);
        assert_eq!(mode(&new), 0o750, "as somebody set it");
        assert_eq!(mode(&new.join("customers.csv")), 0o600);
    }

    #[test]
    fn what_is_not_published_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        drop(OutDir::prepare(&folder.path().join("out")).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
