//! The versions of the database: each is made of the one before by a script. `PRAGMA user_version` says which it has.

use std::path::Path;

use crate::database::Database;
use crate::error::StateError;

/// What `PRAGMA application_id` says of a `patron.db`: "ptrn".
const APPLICATION: i64 = 0x7074_726e;

/// Version n is made by the n-th script. A script that was released is never changed.
const SCRIPTS: [&str; 2] = [
    include_str!("../migrations/0001-jobs-and-sources.sql"),
    include_str!("../migrations/0002-identity.sql"),
];

/// The version that this program reads and writes.
pub(crate) const NEWEST: i64 = SCRIPTS.len() as i64;

/// Refuses a database that is not ours or that a newer program made.
pub(crate) fn check(database: &mut Database, path: &Path) -> Result<i64, StateError> {
    let application = database.number("PRAGMA application_id")?;
    let version = database.number("PRAGMA user_version")?;
    let tables = database.number("SELECT count(*) FROM sqlite_master")?;
    if application != APPLICATION && !(application == 0 && tables == 0) {
        return Err(StateError::NotOurs {
            path: path.to_owned(),
        });
    }
    if version > NEWEST {
        return Err(StateError::Newer {
            path: path.to_owned(),
            found: version,
            known: NEWEST,
        });
    }
    Ok(version)
}

/// Brings the database to the newest version, all steps or none.
pub(crate) fn run(database: &mut Database, path: &Path) -> Result<(), StateError> {
    if check(database, path)? == NEWEST {
        return Ok(());
    }
    database.write(|database| {
        // Another program may have done it meanwhile.
        let version = check(database, path)?;
        for (script, number) in SCRIPTS.iter().zip(1_i64..) {
            if number > version {
                database.script(script)?;
            }
        }
        database.script(&format!(
            "PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {NEWEST};"
        ))
    })
}
