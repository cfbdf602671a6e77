//! A workspace: a folder with a shop's settings and the facts that were imported.
//!
//! | in it | holds |
//! |---|---|
//! | `patron.toml` | settings, with a `version` |
//! | `ledger.db`, `ledger/` | the facts, as a DuckLake |
//! | `patron.db` | everything else: jobs, sources |
//! | `policy.toml` | what to do for whom, where that is not what is shipped |
//! | `rejected/` | of each import, the rows that were set aside |
//! | `kept/` | what the last run kept, so that the next folds only whose facts changed; it may go at any time |

mod error;
pub(crate) mod kept;
mod log;
mod records;
mod rejected;
mod template;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use patron_core::Instant;
use patron_ledger::{CatalogueAddress, CommitInfo, Erased, Ledger, LedgerOptions, Location};
use patron_state::State;

pub use error::WorkspaceError;
use kept::{KEPT, KeptFolder, RUN_LOCK};
pub use log::{Import, imports, settled_before};
pub(crate) use log::{import_rows, lists_of, next_import, rows_differ};
pub(crate) use records::{FACTS, Wanted, columns_of, give, give_batch};

use crate::identity::whom_to_erase;
use crate::import::clear_away;
use crate::settings::Settings;

pub(crate) const SETTINGS: &str = "patron.toml";
pub(crate) const REJECTED: &str = "rejected";
pub(crate) const STATE: &str = "patron.db";
/// Whoever refreshes the workspace has this file locked.
pub(crate) const REFRESH_LOCK: &str = ".refresh-lock";
/// Days for which an import can be undone; what it superseded is kept that long.
pub const UNDO_DAYS: i64 = 30;

/// What the settings of a new workspace begin with.
#[derive(Debug, Clone, Default)]
pub struct Start {
    /// The database of the ledger's catalogue; a file in the workspace where absent.
    pub database: Option<String>,
    /// The shop is made up: its currency. Reports say that it is.
    pub demo_currency: Option<String>,
}

/// A workspace that was found.
#[derive(Debug, Clone)]
pub struct Workspace {
    folder: PathBuf,
    settings: Settings,
}

impl Workspace {
    /// Makes a workspace: settings to be edited, and an empty ledger. A `patron.toml` that is there already is used.
    ///
    /// # Errors
    /// [`WorkspaceError::Ledger`] if the folder is one already; settings that cannot be read; a ledger that cannot be
    /// made.
    pub fn init(folder: &Path, start: &Start, now: Instant) -> Result<Self, WorkspaceError> {
        let settings = folder.join(SETTINGS);
        let write = |source| WorkspaceError::Write {
            path: settings.clone(),
            source,
        };
        fs::create_dir_all(folder).map_err(write)?;
        let is_new = !settings.exists();
        if is_new {
            fs::write(&settings, template::settings(start)).map_err(write)?;
        }
        let made = Self::read(folder).and_then(|workspace| {
            Ledger::create(&workspace.location(), LedgerOptions::default(), now)?;
            workspace.state()?;
            Ok(workspace)
        });
        if made.is_err() && is_new {
            // Nothing is left of a workspace that could not be made.
            drop(fs::remove_file(&settings));
        }
        made
    }

    /// Removes the workspace of a made-up shop, so that another can take its place; whatever is not of such a shop stays.
    ///
    /// # Errors
    /// [`WorkspaceError::Write`] if something of it cannot be removed.
    pub fn remove_demo(folder: &Path) -> Result<(), WorkspaceError> {
        let is_demo = Self::open(folder).is_ok_and(|found| {
            found.settings.demo == Some(true) && found.settings.database.is_none()
        });
        if !is_demo {
            return Ok(());
        }
        for name in [
            "ledger",
            REJECTED,
            KEPT,
            RUN_LOCK,
            "ledger.db",
            "ledger.db-wal",
            "ledger.db-shm",
            STATE,
            "patron.db-wal",
            "patron.db-shm",
            REFRESH_LOCK,
            SETTINGS,
        ] {
            let path = folder.join(name);
            let removed = if path.is_dir() {
                fs::remove_dir_all(&path)
            } else {
                fs::remove_file(&path)
            };
            match removed {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(WorkspaceError::Write { path, source });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Opens a workspace.
    ///
    /// # Errors
    /// [`WorkspaceError::Missing`] if the folder is none; settings that cannot be read.
    pub fn open(folder: &Path) -> Result<Self, WorkspaceError> {
        if !folder.join(SETTINGS).is_file() {
            return Err(WorkspaceError::Missing {
                folder: folder.to_owned(),
            });
        }
        Self::read(folder)
    }

    fn read(folder: &Path) -> Result<Self, WorkspaceError> {
        let settings = Settings::read(&folder.join(SETTINGS))?;
        Ok(Self {
            folder: folder.to_owned(),
            settings,
        })
    }

    /// Returns the folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the settings file.
    #[must_use]
    pub fn settings_file(&self) -> PathBuf {
        self.folder.join(SETTINGS)
    }

    /// Returns what the settings file says.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Opens the ledger to read and write it.
    ///
    /// # Errors
    /// [`WorkspaceError::Ledger`].
    pub fn ledger(&self) -> Result<Ledger, WorkspaceError> {
        Ok(Ledger::open(&self.location(), LedgerOptions::default())?)
    }

    /// Opens the ledger to read it.
    ///
    /// # Errors
    /// [`WorkspaceError::Ledger`].
    pub fn ledger_read_only(&self) -> Result<Ledger, WorkspaceError> {
        let ledger = Ledger::open_read_only(&self.location(), LedgerOptions::default())?;
        Ok(ledger)
    }

    /// Opens the state: jobs and sources. A workspace that was made before there was one gets it.
    ///
    /// # Errors
    /// [`WorkspaceError::State`].
    pub fn state(&self) -> Result<State, WorkspaceError> {
        Ok(State::open_or_create(&self.folder.join(STATE))?)
    }

    /// Returns where the ledger lives: beside the settings, or with its catalogue in the database that they name.
    #[must_use]
    pub fn location(&self) -> Location {
        match &self.settings.database {
            None => Location::in_workspace(&self.folder),
            Some(url) => Location::new(
                self.folder.join("ledger"),
                CatalogueAddress::Postgres(url.clone()),
            ),
        }
    }

    /// Erases everything of the persons that these customers are: from the ledger and all its snapshots, from the journal of
    /// who is who, and from the lists of rows that imports set aside. What the last run kept goes altogether.
    ///
    /// # Errors
    /// [`WorkspaceError::Ledger`]; [`WorkspaceError::Write`] if a list cannot be written anew.
    pub fn erase(
        &self,
        customers: &BTreeSet<String>,
        now: Instant,
    ) -> Result<Erased, WorkspaceError> {
        let info = CommitInfo {
            at: now,
            author: "erase".to_owned(),
            message: String::new(),
            extra_info: None,
        };
        // What a stopped import kept to go on from names customers, too.
        clear_away(&self.folder).map_err(|source| WorkspaceError::Write {
            path: self.folder.clone(),
            source,
        })?;
        let write = |source| WorkspaceError::Write {
            path: self.folder.join(KEPT),
            source,
        };
        // Held until the end, so that no run keeps anything of them meanwhile.
        let _kept = KeptFolder::remove(&self.folder).map_err(write)?;
        let ledger = self.ledger()?;
        let whom = whom_to_erase(self, &ledger, customers)?;
        let erased = ledger.erase(&whom, &info)?;
        let all: BTreeSet<String> = whom.persons.union(&whom.customers).cloned().collect();
        let state = self.state()?;
        for id in &all {
            state.forget_identity(id)?;
        }
        let folder = self.folder.join(REJECTED);
        if folder.is_dir() {
            rejected::forget(&folder, &all)?;
        }
        Ok(erased)
    }

    /// Removes the list of rows that an import set aside. If it cannot be, a list too many stays.
    pub(crate) fn forget_rejected(&self, import: i64) {
        let path = self.folder.join(REJECTED).join(format!("{import}.csv"));
        if let Err(error) = fs::remove_file(path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "the list of an undone import cannot be removed");
        }
    }

    /// Makes the folder of the rows that imports set aside, readable by its owner alone, and returns it.
    pub(crate) fn rejected_folder(&self) -> Result<PathBuf, WorkspaceError> {
        let folder = self.folder.join(REJECTED);
        let made = make_private(&folder);
        made.map_err(|source| WorkspaceError::Write {
            path: folder.clone(),
            source,
        })?;
        Ok(folder)
    }
}

fn make_private(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
