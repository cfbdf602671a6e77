//! Jobs, sources, secrets.

use patron_core::Instant;
use patron_state::{
    IdentityMove, JobState, NewSource, Reason, Secret, SourceKind, State, StateError, Word,
};
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

fn one(customer: &str, from: &str, to: &str) -> IdentityMove {
    IdentityMove {
        customer_id: customer.to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
        reason: Reason::Email,
    }
}

#[test]
fn the_journal_of_who_is_who_is_taken_back_in_words_and_those_too() {
    let (_folder, state) = state();
    let moves = [
        one("'; DROP TABLE identity_moves; --", "a", "17"),
        one("b@x", "b@x", "17"),
    ];
    let first = state.begin_identity("import", Instant(5), &moves).unwrap();
    assert_eq!(state.identity_batches().unwrap()[0].snapshot, None);
    state.settle_identity(first, 3).unwrap();
    let never = state
        .begin_identity("import", Instant(6), &moves[1..])
        .unwrap();
    state.drop_identity(never).unwrap();
    state.drop_identity(first).unwrap();
    let batches = state.identity_batches().unwrap();
    assert_eq!(batches.len(), 1, "what holds is not dropped");
    assert_eq!((batches[0].customers, batches[0].snapshot), (2, Some(3)));
    assert_eq!(state.identity_moves(first).unwrap(), moves);
    assert_eq!(state.undo_identity(first).unwrap(), 2);
    let second = state.begin_identity("undo", Instant(7), &moves).unwrap();
    state.mark_undone(first, second).unwrap();
    let words = state.identity_words().unwrap();
    assert!(
        words
            .iter()
            .all(|word| word.undoes == Some(first) && word.with.is_none())
    );
    assert_eq!(words.len(), 2);
    assert_eq!(state.undo_identity(second).unwrap(), 2);
    assert_eq!(state.identity_words().unwrap(), []);
    let first_again = &state.identity_batches().unwrap()[1];
    assert_eq!((first_again.id, first_again.undone_by), (first, None));
}

#[test]
fn the_last_word_on_a_customer_holds_and_the_erased_are_forgotten() {
    let (_folder, state) = state();
    state.say_identity("a", Some("b")).unwrap();
    state.say_identity("c", Some("a")).unwrap();
    state.say_identity("a", None).unwrap();
    let alone = Word {
        undoes: None,
        customer_id: "a".to_owned(),
        with: None,
    };
    assert_eq!(
        state.identity_words().unwrap(),
        [alone],
        "who is alone is with nobody"
    );
    let batch = state
        .begin_identity(
            "import",
            Instant(5),
            &[one("a", "a", "b"), one("d", "c", "b")],
        )
        .unwrap();
    assert_eq!(state.persons_ever_of("d").unwrap(), ["b", "c"]);
    state.forget_identity("a").unwrap();
    assert_eq!(state.identity_words().unwrap(), []);
    assert_eq!(state.identity_moves(batch).unwrap(), [one("d", "c", "b")]);
}
