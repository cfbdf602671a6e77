//! Flush, compaction, undo, erasure and expiry do what they say, and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use patron_ledger::{
    At, CompactOptions, Ledger, LedgerError, Move, ScanRequest, Table, VerifyOptions,
};

use crate::append::walk;
use crate::support::{Order, append, info, instant, make, many, of_persons, orders, sorted};

const DEEP: VerifyOptions = VerifyOptions {
    deep: true,
    clear: false,
};

pub(crate) fn assert_clean(ledger: &Ledger) {
    let found = ledger.verify(DEEP).unwrap();
    assert!(found.is_clean(), "{:?}", found.problems);
    assert_eq!(found.abandoned, Vec::<std::path::PathBuf>::new());
    assert_eq!(found.scheduled, Vec::<std::path::PathBuf>::new());
}

fn all(ledger: &Ledger) -> Vec<Order> {
    orders(ledger, &ScanRequest::new(Table::Orders))
}

fn at(ledger: &Ledger, snapshot: i64) -> Vec<Order> {
    orders(
        ledger,
        &ScanRequest::new(Table::Orders).at(At::Snapshot(snapshot)),
    )
}

fn data_files(folder: &Path) -> usize {
    walk(folder.join("ledger/main")).len()
}

#[test]
fn a_flush_moves_inlined_rows_to_files_and_changes_no_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    let first = append(&ledger, &many(0, 5, 3, 1), 10);
    let second = append(&ledger, &many(10, 7, 3, 1), 20);
    let (before_first, before_second) = (at(&ledger, first), at(&ledger, second));
    assert_eq!(data_files(folder.path()), 0);
    let flushed = ledger.flush(&info(30, "flush")).unwrap();
    assert_eq!(flushed.rows.get(&Table::Orders), Some(&12));
    assert_eq!(data_files(folder.path()), 1);
    assert_eq!(at(&ledger, first), before_first);
    assert_eq!(at(&ledger, second), before_second);
    assert_eq!(all(&ledger), before_second);
    assert_eq!(ledger.flush(&info(40, "flush")).unwrap().snapshot, None);
    assert_clean(&ledger);
}

#[test]
fn compaction_keeps_rows_and_puts_each_person_in_one_file_in_time_order() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    for part in 0..6 {
        append(&ledger, &many(part * 2_000, 2_000, 300, 1), 10 + part);
    }
    append(&ledger, &many(90_000, 5, 300, 1), 30);
    let before = all(&ledger);
    let options = CompactOptions {
        thorough: true,
        ..CompactOptions::default()
    };
    let done = ledger.compact(options, &info(40, "compact")).unwrap();
    assert_eq!(done.superseded, 0);
    assert_eq!(done.files_after, 8, "12,005 rows in buckets of about 3,000");
    assert_eq!(all(&ledger), before);
    let mut people = BTreeSet::new();
    let mut last: Option<(String, i64)> = None;
    for batch in ledger.scan(&ScanRequest::new(Table::Orders)).unwrap() {
        for order in crate::support::orders_in(&batch.unwrap()) {
            let key = (order.person_id.clone(), order.second);
            if last.as_ref().is_none_or(|last| last.0 != key.0) {
                assert!(people.insert(key.0.clone()), "{} is in two places", key.0);
            } else {
                assert!(last.as_ref() <= Some(&key), "in time order");
            }
            last = Some(key);
        }
    }
    assert_eq!(people.len(), 300);
    let again = ledger.compact(options, &info(50, "compact")).unwrap();
    assert_eq!(again.snapshots.len(), 0, "nothing to do the second time");
    assert_clean(&ledger);
}

#[test]
fn compaction_drops_superseded_versions_only_of_settled_imports() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    let mut old = many(0, 100, 10, 1);
    old.iter_mut().for_each(|order| order.version = Some(100));
    let mut newer = many(0, 50, 10, 2);
    newer
        .iter_mut()
        .for_each(|order| order.version = Some(1_000));
    let mut newest = many(0, 10, 10, 3);
    newest
        .iter_mut()
        .for_each(|order| order.version = Some(2_000));
    // An older file that came in later supersedes nothing.
    let mut late = many(0, 5, 10, 4);
    late.iter_mut().for_each(|order| order.version = Some(500));
    for (rows, second) in [(&old, 10), (&newer, 20), (&newest, 30), (&late, 40)] {
        append(&ledger, rows, second);
    }
    let before = ledger.snapshots().unwrap().pop().unwrap().id;
    let compact = |settled_before: Option<i64>, second: i64| {
        let options = CompactOptions {
            settled_before,
            thorough: true,
        };
        ledger
            .compact(options, &info(second, "compact"))
            .unwrap()
            .superseded
    };
    assert_eq!(compact(None, 50), 0);
    assert_eq!(all(&ledger).len(), 165);
    assert_eq!(compact(Some(2), 60), 0, "import 2 may still be undone");
    assert_eq!(
        compact(Some(3), 70),
        50 + 5,
        "50 of import 1 and 5 of import 4 are older than import 2"
    );
    let kept = sorted([old[50..].to_vec(), newer.clone(), newest.clone()].concat());
    assert_eq!(all(&ledger), kept);
    assert_eq!(compact(Some(4), 80), 10);
    let kept = sorted([old[50..].to_vec(), newer[10..].to_vec(), newest].concat());
    assert_eq!(all(&ledger), kept);
    assert_eq!(
        at(&ledger, before).len(),
        165,
        "older snapshots have everything"
    );
    assert_clean(&ledger);
}

#[test]
fn versions_that_do_not_say_when_they_were_made_are_as_new_as_their_import() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    let silent = many(0, 30, 10, 1);
    let mut first = many(0, 20, 10, 2);
    first.iter_mut().for_each(|order| order.version = Some(10));
    // Of the first ten, the import that came later was made earlier: by which of them the silent one was followed is not
    // certain, and folding takes the last import.
    let mut second = many(0, 10, 10, 3);
    second.iter_mut().for_each(|order| order.version = Some(5));
    for (rows, at) in [(&silent, 10), (&first, 20), (&second, 30)] {
        append(&ledger, rows, at);
    }
    let options = CompactOptions {
        settled_before: Some(9),
        thorough: true,
    };
    let done = ledger.compact(options, &info(40, "compact")).unwrap();
    assert_eq!(done.superseded, 10, "those of the second ten");
    let kept = [
        silent[..10].to_vec(),
        silent[20..].to_vec(),
        first.clone(),
        second,
    ];
    assert_eq!(all(&ledger), sorted(kept.concat()));
    assert_clean(&ledger);
}

#[test]
fn an_undone_import_is_gone_and_older_snapshots_still_have_it() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    let first = many(0, 3_000, 100, 1);
    let second = many(10_000, 2_000, 100, 2);
    append(&ledger, &first, 10);
    append(&ledger, &second, 20);
    append(&ledger, &many(20_000, 4, 100, 2), 30);
    append(&ledger, &many(30_000, 4, 100, 1), 35);
    let options = CompactOptions {
        thorough: true,
        ..CompactOptions::default()
    };
    ledger.compact(options, &info(40, "compact")).unwrap();
    append(&ledger, &many(40_000, 3, 100, 2), 45);
    append(&ledger, &many(50_000, 900, 100, 2), 46);
    let before = all(&ledger);
    let last = ledger.snapshots().unwrap().pop().unwrap().id;
    let undone = ledger.undo_import(2, &info(50, "undo")).unwrap();
    assert_eq!(
        undone.rows.get(&Table::Orders),
        Some(&(2_000 + 4 + 3 + 900))
    );
    let kept: Vec<_> = before
        .iter()
        .filter(|order| order.import_id == 1)
        .cloned()
        .collect();
    assert_eq!(all(&ledger), kept);
    assert_eq!(at(&ledger, last), before);
    assert_eq!(
        ledger.undo_import(2, &info(60, "undo")).unwrap().snapshot,
        None
    );
    assert_eq!(
        ledger.undo_import(9, &info(60, "undo")).unwrap().snapshot,
        None
    );
    assert_clean(&ledger);
    ledger.compact(options, &info(70, "compact")).unwrap();
    assert_eq!(all(&ledger), kept);
    assert_clean(&ledger);
}

#[test]
fn expiry_removes_what_only_old_snapshots_saw_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    append(&ledger, &many(0, 5, 10, 1), 10);
    append(&ledger, &many(100, 3_000, 100, 1), 20);
    append(&ledger, &many(9_000, 3_000, 100, 1), 30);
    let options = CompactOptions {
        thorough: true,
        ..CompactOptions::default()
    };
    ledger.compact(options, &info(40, "compact")).unwrap();
    let before = all(&ledger);
    let files = data_files(folder.path());
    let expired = ledger.expire(instant(40), instant(100)).unwrap();
    assert_eq!(expired.snapshots, [0, 1, 2, 3, 4]);
    assert_eq!(expired.files, 2, "two appends");
    assert!(expired.bytes > 10_000);
    assert_eq!(data_files(folder.path()), files - 2);
    assert_eq!(all(&ledger), before);
    let error = ledger.resolve(At::Snapshot(3)).unwrap_err();
    let words = "snapshot 3 is no longer kept: it was expired on 2024-01-01";
    assert_eq!(error.to_string(), words);
    let error = ledger.resolve(At::Time(instant(35))).unwrap_err();
    assert!(matches!(error, LedgerError::SnapshotGone { .. }), "{error}");
    assert_eq!(ledger.resolve(At::Time(instant(45))).unwrap(), 5);
    assert_eq!(
        ledger
            .expire(instant(10_000), instant(10_000))
            .unwrap()
            .snapshots,
        [] as [i64; 0]
    );
    assert_clean(&ledger);
}

/// Looks for text in every file of the workspace, as it is and as Parquet's pages hold it.
fn mentions(folder: &Path, text: &str) -> Vec<String> {
    let found = walk(folder.to_owned()).into_iter().filter(|path| {
        let bytes = fs::read(path).unwrap();
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    });
    found.map(|path| path.display().to_string()).collect()
}

#[test]
fn an_erased_person_is_nowhere_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    let early = append(&ledger, &many(0, 10, 5, 1), 10);
    let mut secret = Order::new(77_777, 1, 50, 2);
    secret.person_id = "zz-secret@example.org".to_owned();
    append(&ledger, std::slice::from_ref(&secret), 20);
    append(&ledger, &many(1_000, 3_000, 100, 2), 30);
    let mut other = secret.clone();
    other.order_id = "other".to_owned();
    let mut rows = many(5_000, 3_000, 100, 2);
    rows.push(other);
    append(&ledger, &rows, 40);
    let options = CompactOptions {
        thorough: true,
        ..CompactOptions::default()
    };
    ledger.compact(options, &info(50, "compact")).unwrap();
    let mut third = secret.clone();
    third.order_id = "third".to_owned();
    append(&ledger, &[third], 60);
    assert!(!mentions(folder.path(), "zz-secret").is_empty());
    let expected: Vec<_> = all(&ledger)
        .into_iter()
        .filter(|order| order.person_id != secret.person_id)
        .collect();
    let persons = BTreeSet::from([secret.person_id]);
    let erased = ledger
        .erase(&of_persons(&persons), &info(70, "erase"))
        .unwrap();
    assert_eq!(erased.rows.get(&Table::Orders), Some(&3));
    assert_eq!(erased.snapshots, [3, 4, 5, 6, 7]);
    assert!(erased.is_overwritten);
    assert_eq!(all(&ledger), expected);
    assert_eq!(at(&ledger, early).len(), 10, "snapshots before stay");
    assert_clean(&ledger);
    let error = ledger.resolve(At::Snapshot(5)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "snapshot 5 is no longer kept: a customer was erased"
    );
    assert_eq!(mentions(folder.path(), "zz-secret"), [] as [String; 0]);
    assert_eq!(
        ledger
            .erase(&of_persons(&persons), &info(80, "erase"))
            .unwrap()
            .snapshot,
        None
    );
    let location = ledger.location().clone();
    drop(ledger);
    assert_eq!(mentions(folder.path(), "zz-secret"), [] as [String; 0]);
    let ledger = Ledger::open(&location, crate::support::small_options()).unwrap();
    assert_eq!(all(&ledger), expected);
}

#[test]
fn reassigned_customers_are_another_person_and_can_go_back() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    append(&ledger, &many(0, 30_000, 3, 1), 10);
    append(&ledger, &many(90_000, 2_000, 300, 1), 20);
    append(&ledger, &many(95_000, 6, 3, 1), 30);
    let before = all(&ledger);
    let last = ledger.snapshots().unwrap().pop().unwrap().id;
    let there = Move {
        customer_id: "p1".to_owned(),
        from: "p1".to_owned(),
        to: "p2".to_owned(),
    };
    let back = Move {
        customer_id: "p1".to_owned(),
        from: "p2".to_owned(),
        to: "p1".to_owned(),
    };
    let moved = ledger
        .reassign(&[there.clone()].into(), &info(40, "same person"))
        .unwrap();
    let of_p1 = before
        .iter()
        .filter(|order| order.person_id == "p1")
        .count() as u64;
    assert_eq!(moved.rows.get(&Table::Orders), Some(&of_p1));
    let renamed = |mut order: Order| {
        if order.person_id == "p1" {
            order.person_id = "p2".to_owned();
        }
        order
    };
    assert_eq!(
        all(&ledger),
        sorted(before.iter().cloned().map(renamed).collect())
    );
    assert_eq!(at(&ledger, last), before);
    assert_clean(&ledger);
    assert_eq!(
        ledger
            .reassign(&[there].into(), &info(50, "again"))
            .unwrap()
            .snapshot,
        None
    );
    ledger
        .compact(CompactOptions::default(), &info(55, "compact"))
        .unwrap();
    ledger
        .reassign(&[back].into(), &info(60, "two after all"))
        .unwrap();
    assert_eq!(all(&ledger), before);
    assert_clean(&ledger);
}

#[test]
fn extra_information_outlives_its_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    assert_eq!(ledger.last_extra_info("intake").unwrap(), None);
    for (number, author) in [(1, "intake"), (2, "intake"), (3, "import")] {
        let mut commit = info(number, "intake");
        commit.author = author.to_owned();
        commit.extra_info = Some(format!("{{\"sequence\":{number}}}"));
        ledger.begin().unwrap().commit(&commit).unwrap();
    }
    append(&ledger, &many(0, 1, 1, 1), 50);
    ledger.expire(instant(1_000), instant(1_000)).unwrap();
    let last = ledger.last_extra_info("intake").unwrap();
    assert_eq!(last, Some((3, "{\"sequence\":2}".to_owned())));
}

#[test]
fn slices_of_a_large_batch_are_gathered_by_their_own_size() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    let rows = many(0, 20_000, 100, 1);
    let batch = crate::support::order_rows(&rows);
    let mut transaction = ledger.begin().unwrap();
    for from in (0..20_000).step_by(100) {
        transaction
            .append(Table::Orders, &batch.slice(from, 100))
            .unwrap();
    }
    transaction.commit(&info(10, "slices")).unwrap();
    assert!(
        data_files(folder.path()) < 20,
        "{} files",
        data_files(folder.path())
    );
    assert_eq!(all(&ledger), sorted(rows));
}

#[test]
fn a_commit_that_needed_a_table_unchanged_conflicts_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    let other = Ledger::open(ledger.location(), crate::support::small_options()).unwrap();
    let mut transaction = ledger.begin().unwrap();
    transaction.require_unchanged(Table::Orders);
    let rows = crate::support::order_rows(&many(0, 500, 5, 1));
    transaction.append(Table::Orders, &rows).unwrap();
    append(&other, &many(1_000, 3, 5, 2), 20);
    let error = transaction.commit(&info(30, "late")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "another program changed the ledger meanwhile: `orders` has new rows"
    );
    assert!(error.is_conflict());
    assert_eq!(all(&ledger).len(), 3);
    assert_eq!(data_files(folder.path()), 0);
    assert_clean(&ledger);
}
