//! The state: made, opened, checked, copied.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rand::TryRng;
use rand::rngs::SysRng;
use sqlx::Row;

use crate::database::{Database, Value};
use crate::error::StateError;
use crate::migrations;

/// The state of one workspace. Calls wait; several threads take turns.
pub struct State {
    path: PathBuf,
    database: Mutex<Database>,
}

/// Without what it holds, which is nobody's business in a log.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// How often a state that somebody else may be making is looked at, and how long it is waited in between.
const TRIES: u32 = 40;
const PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

impl State {
    /// Opens the state, which is made if it is not there; an older one is brought to this program's version.
    ///
    /// # Errors
    /// [`StateError::Newer`], [`StateError::NotOurs`], [`StateError::Locked`], [`StateError::ReadOnly`].
    pub fn open_or_create(path: &Path) -> Result<Self, StateError> {
        make_private(path).map_err(|source| StateError::io(path, source))?;
        let mut tries = 1;
        loop {
            match Self::opened(path) {
                // Somebody else is making it at this moment.
                Err(StateError::Locked { .. } | StateError::NotOurs { .. }) if tries < TRIES => {
                    std::thread::sleep(PAUSE);
                    tries += 1;
                }
                opened => return opened,
            }
        }
    }

    /// Opens the state, which must be there; an older one is brought to this program's version.
    ///
    /// # Errors
    /// [`StateError::Missing`], and as [`State::open_or_create`].
    pub fn open(path: &Path) -> Result<Self, StateError> {
        if !path.is_file() {
            return Err(StateError::Missing {
                path: path.to_owned(),
            });
        }
        Self::opened(path)
    }

    fn opened(path: &Path) -> Result<Self, StateError> {
        let mut database = Database::open(path)?;
        migrations::run(&mut database, path)?;
        let id = new_id()?;
        let sql =
            "INSERT INTO meta (name, value) VALUES ('workspace_id', ?) ON CONFLICT DO NOTHING";
        database.execute(sql, &[Value::Text(&id)])?;
        Ok(Self {
            path: path.to_owned(),
            database: Mutex::new(database),
        })
    }

    /// Returns the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the version of the database.
    ///
    /// # Errors
    /// [`StateError::Locked`], [`StateError::Database`].
    pub fn version(&self) -> Result<i64, StateError> {
        self.database().number("PRAGMA user_version")
    }

    /// Returns the workspace's own id: 32 hexadecimal digits, the same after a move and in a restored backup.
    ///
    /// # Errors
    /// [`StateError::Locked`], [`StateError::Database`]; [`StateError::Damaged`] if there is none.
    pub fn workspace_id(&self) -> Result<String, StateError> {
        let sql = "SELECT value FROM meta WHERE name = 'workspace_id'";
        let found = self.database().query(sql, &[], |row| row.try_get(0))?;
        found.into_iter().next().ok_or_else(|| StateError::Damaged {
            path: self.path.clone(),
            what: "it has no id".to_owned(),
        })
    }

    /// Looks through the whole database.
    ///
    /// # Errors
    /// [`StateError::Damaged`] with the first thing that does not fit.
    pub fn check(&self) -> Result<(), StateError> {
        let mut database = self.database();
        let found = database.query("PRAGMA integrity_check(1)", &[], |row| {
            row.try_get::<String, _>(0)
        })?;
        let dangling = database.query("PRAGMA foreign_key_check", &[], |row| {
            row.try_get::<String, _>(0)
        })?;
        let what = match (found.first().map(String::as_str), dangling.first()) {
            (Some("ok"), None) => return Ok(()),
            (Some("ok"), Some(table)) => format!("`{table}` refers to something that is not there"),
            (Some(other), _) => other.to_owned(),
            (None, _) => "it cannot be looked through".to_owned(),
        };
        Err(StateError::Damaged {
            path: self.path.clone(),
            what,
        })
    }

    /// Writes a copy of one moment to a new file that only its owner can read, whatever others do meanwhile.
    ///
    /// # Errors
    /// [`StateError::NoSpace`], [`StateError::ReadOnly`]; [`StateError::Database`] if there is something at `to` already.
    pub fn copy_to(&self, to: &Path) -> Result<(), StateError> {
        make_private(to).map_err(|source| StateError::io(to, source))?;
        let to = to.to_string_lossy();
        self.database()
            .execute("VACUUM INTO ?", &[Value::Text(&to)])
            .map(|_| ())
    }

    /// Returns the connection. One that a panic interrupted is usable: its transaction was never committed.
    pub(crate) fn database(&self) -> MutexGuard<'_, Database> {
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes an empty file that only its owner can read, before there is anything in it; SQLite gives the files beside it the
/// same rights.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn new_id() -> Result<String, StateError> {
    let mut bytes = [0_u8; 16];
    SysRng
        .try_fill_bytes(&mut bytes)
        .map_err(|_| StateError::NoRandomness)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
