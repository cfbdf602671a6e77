//! Jobs, sources, secrets.

use patron_core::Instant;
use patron_state::{JobState, NewSource, Secret, SourceKind, State, StateError};
use serde_json::json;
use tempfile::TempDir;

fn state() -> (TempDir, State) {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open_or_create(&folder.path().join("patron.db")).unwrap();
    (folder, state)
}

#[test]
fn a_job_begins_and_ends_once() {
    let (_folder, state) = state();
    let first = state
        .start_job("import", Instant(10), &json!({ "files": 1 }))
        .unwrap();
    let second = state.start_job("pull", Instant(20), &json!({})).unwrap();
    let third = state.start_job("pull", Instant(30), &json!({})).unwrap();
    state
        .finish_job(first, Instant(11), Some(&json!({ "rows": 5 })))
        .unwrap();
    state
        .fail_job(second, Instant(21), "'; DROP TABLE jobs; --")
        .unwrap();
    assert!(matches!(
        state.finish_job(first, Instant(12), None),
        Err(StateError::NotRunning { id }) if id == first
    ));
    assert!(matches!(
        state.fail_job(99, Instant(12), ""),
        Err(StateError::NotRunning { id: 99 })
    ));
    assert_eq!(state.abandon_jobs("pull", Instant(40)).unwrap(), 1);
    let jobs = state.jobs(9).unwrap();
    let states: Vec<_> = jobs.iter().map(|job| (job.id, job.state)).collect();
    let expected = [
        (third, JobState::Abandoned),
        (second, JobState::Failed),
        (first, JobState::Done),
    ];
    assert_eq!(states, expected);
    assert_eq!(jobs[1].error.as_deref(), Some("'; DROP TABLE jobs; --"));
    assert_eq!(jobs[2].detail, json!({ "rows": 5 }));
    assert_eq!(
        (jobs[2].started_at, jobs[2].finished_at),
        (Instant(10), Some(Instant(11)))
    );
    assert_eq!(state.jobs(1).unwrap().len(), 1);
}

fn shop(secret: &str) -> NewSource {
    NewSource {
        kind: SourceKind::Shopify,
        config: json!({ "shop": "tea.example" }),
        secret: Some(Secret::new(secret.to_owned())),
    }
}

#[test]
fn a_source_keeps_how_far_it_was_read() {
    let (_folder, state) = state();
    let id = state.add_source(&shop("token")).unwrap();
    state
        .note_run(id, Instant(5), Some("page 2"), None)
        .unwrap();
    state.note_run(id, Instant(6), None, Some("503")).unwrap();
    state.enable_source(id, false).unwrap();
    let sources = state.sources().unwrap();
    assert_eq!(sources.len(), 1);
    let source = &sources[0];
    assert_eq!(
        (source.id, source.kind, source.enabled),
        (id, SourceKind::Shopify, false)
    );
    assert_eq!(source.config, json!({ "shop": "tea.example" }));
    assert_eq!(
        source.cursor.as_deref(),
        Some("page 2"),
        "an error does not lose the place"
    );
    assert_eq!(
        (source.last_run_at, source.last_error.as_deref()),
        (Some(Instant(6)), Some("503"))
    );
    state.note_run(id, Instant(7), None, None).unwrap();
    assert_eq!(state.sources().unwrap()[0].last_error, None);
}

#[test]
fn secrets_are_asked_for_apart_and_go_with_their_source() {
    let (_folder, state) = state();
    let id = state.add_source(&shop("old-token")).unwrap();
    assert_eq!(state.secret_of(id).unwrap().unwrap().expose(), "old-token");
    state
        .set_secret(id, &Secret::new("new-token".to_owned()))
        .unwrap();
    assert_eq!(state.secret_of(id).unwrap().unwrap().expose(), "new-token");
    assert_eq!(state.sources().unwrap().len(), 1);
    state.remove_source(id).unwrap();
    assert_eq!(state.secret_of(id).unwrap(), None);
    for done in [
        state.set_secret(id, &Secret::new(String::new())),
        state.remove_source(id),
        state.enable_source(id, true),
        state.note_run(id, Instant(1), None, None),
    ] {
        assert!(matches!(done, Err(StateError::NoSuchSource { id: gone }) if gone == id));
    }
    let next = state.add_source(&shop("x")).unwrap();
    assert!(next > id, "a number is not used again");
}

#[test]
fn nothing_shows_a_secret() {
    let (folder, state) = state();
    let source = shop("hush-hush");
    let id = state.add_source(&source).unwrap();
    let secret = state.secret_of(id).unwrap();
    for shown in [
        format!("{source:?}"),
        format!("{secret:?}"),
        format!("{state:?}"),
        format!("{:?}", state.sources().unwrap()),
    ] {
        assert!(!shown.contains("hush"), "{shown}");
    }
    // Forgotten, it is overwritten in the file, too.
    state.remove_source(id).unwrap();
    drop(state);
    let bytes = std::fs::read(folder.path().join("patron.db")).unwrap();
    assert!(!bytes.windows(9).any(|bytes| bytes == b"hush-hush"));
}
