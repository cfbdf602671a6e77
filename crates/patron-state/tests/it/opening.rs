//! Made, opened, refused, copied.

use std::fs;
use std::path::{Path, PathBuf};

use patron_core::{Coded, Instant};
use patron_state::{State, StateError};
use tempfile::TempDir;

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("patron.db");
    (folder, path)
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Overwrites a number of SQLite's header: the version at byte 60, the application at byte 68.
fn overwrite(path: &Path, at: usize, number: u32) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at..at + 4].copy_from_slice(&number.to_be_bytes());
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_new_state_is_its_owners_alone_and_keeps_its_id() {
    let (_folder, path) = place();
    let state = State::open_or_create(&path).unwrap();
    assert_eq!(state.version().unwrap(), 2);
    state.check().unwrap();
    let id = state.workspace_id().unwrap();
    assert!(
        id.len() == 32 && id.chars().all(|digit| digit.is_ascii_hexdigit()),
        "{id}"
    );
    #[cfg(unix)]
    for name in ["patron.db", "patron.db-wal"] {
        assert_eq!(mode(&path.with_file_name(name)), 0o600, "{name}");
    }
    drop(state);
    assert_eq!(State::open(&path).unwrap().workspace_id().unwrap(), id);
    assert_eq!(
        State::open_or_create(&path)
            .unwrap()
            .workspace_id()
            .unwrap(),
        id
    );
}

#[test]
fn what_is_not_there_or_not_ours_is_refused() {
    let (_folder, path) = place();
    assert!(matches!(
        State::open(&path),
        Err(StateError::Missing { .. })
    ));
    fs::write(
        &path,
        "not a database, but long enough to look like one ".repeat(99),
    )
    .unwrap();
    assert!(matches!(
        State::open(&path),
        Err(StateError::NotOurs { .. })
    ));
    fs::remove_file(&path).unwrap();
    drop(State::open_or_create(&path).unwrap());
    overwrite(&path, 68, 7);
    assert!(matches!(
        State::open_or_create(&path),
        Err(StateError::NotOurs { .. })
    ));
}

#[test]
fn a_newer_version_is_refused_by_name_and_left_alone() {
    let (_folder, path) = place();
    drop(State::open_or_create(&path).unwrap());
    overwrite(&path, 60, 99);
    let before = fs::read(&path).unwrap();
    let error = State::open(&path).unwrap_err();
    assert!(
        matches!(
            error,
            StateError::Newer {
                found: 99,
                known: 2,
                ..
            }
        ),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .contains("has version 99, this program knows 2"),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("update patron"));
    assert!(before == fs::read(&path).unwrap(), "it was changed");
}

#[test]
fn an_interrupted_beginning_is_begun_again() {
    let (_folder, path) = place();
    fs::write(&path, "").unwrap();
    State::open_or_create(&path).unwrap().check().unwrap();
}

#[test]
fn damage_is_found() {
    let (_folder, path) = place();
    let state = State::open_or_create(&path).unwrap();
    for _ in 0..2_000 {
        state
            .start_job(
                "import",
                Instant(1),
                &serde_json::json!({ "file": "orders.csv" }),
            )
            .unwrap();
    }
    drop(state);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4096].fill(0xAA);
    fs::write(&path, bytes).unwrap();
    let found = State::open(&path).and_then(|state| state.check());
    assert!(
        matches!(found, Err(StateError::Damaged { .. })),
        "{found:?}"
    );
}

#[test]
fn a_copy_is_of_one_moment_and_private() {
    let (folder, path) = place();
    let state = State::open_or_create(&path).unwrap();
    state
        .start_job("import", Instant(1), &serde_json::Value::Null)
        .unwrap();
    let copy = folder.path().join("it's a copy.db");
    state.copy_to(&copy).unwrap();
    state
        .start_job("import", Instant(2), &serde_json::Value::Null)
        .unwrap();
    #[cfg(unix)]
    assert_eq!(mode(&copy), 0o600);
    let copied = State::open(&copy).unwrap();
    copied.check().unwrap();
    assert_eq!(copied.jobs(9).unwrap().len(), 1);
    assert_eq!(
        copied.workspace_id().unwrap(),
        state.workspace_id().unwrap()
    );
    assert!(state.copy_to(&copy).is_err(), "nothing is overwritten");
}

#[test]
fn two_at_once_wait_for_each_other() {
    let (_folder, path) = place();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let state = State::open_or_create(&path).unwrap();
                for _ in 0..25 {
                    state
                        .start_job("import", Instant(1), &serde_json::Value::Null)
                        .unwrap();
                }
            });
        }
    });
    assert_eq!(State::open(&path).unwrap().jobs(1_000).unwrap().len(), 100);
}
