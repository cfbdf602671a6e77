//! What is committed is read back, at every snapshot, and nothing else is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use patron_ledger::{
    At, Bucket, CompactOptions, Ledger, LedgerError, Location, Persons, ScanRequest, Table,
};

use crate::maintenance::assert_clean;
use crate::support::{
    Order, append, info, instant, make, many, order_rows, orders, orders_in, small_options, sorted,
};

#[test]
fn small_and_large_appends_are_read_back_at_every_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    let small = many(0, 5, 3, 1);
    let large = many(100, 20_000, 700, 2);
    let first = append(&ledger, &small, 10);
    let second = append(&ledger, &large, 20);
    assert_eq!((first, second), (2, 3), "0 is empty and 1 has the tables");
    let all = sorted([small.clone(), large].concat());
    for _ in 0..2 {
        let request = ScanRequest::new(Table::Orders);
        assert_eq!(orders(&ledger, &request), all);
        assert_eq!(
            orders(&ledger, &request.clone().at(At::Snapshot(second))),
            all
        );
        assert_eq!(
            orders(&ledger, &request.clone().at(At::Snapshot(first))),
            sorted(small.clone())
        );
        assert_eq!(
            orders(&ledger, &request.clone().at(At::Time(instant(15)))),
            sorted(small.clone())
        );
        assert_eq!(orders(&ledger, &request.at(At::Snapshot(1))), []);
    }
    let again = Ledger::open(ledger.location(), small_options()).unwrap();
    assert_eq!(orders(&again, &ScanRequest::new(Table::Orders)), all);
}

#[test]
fn buckets_share_out_all_rows_and_persons_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    append(&ledger, &many(0, 5, 3, 1), 10);
    append(&ledger, &many(100, 30_000, 700, 2), 20);
    append(&ledger, &many(50_000, 3_000, 700, 3), 30);
    let all = orders(&ledger, &ScanRequest::new(Table::Orders));
    let thorough = CompactOptions {
        thorough: true,
        ..CompactOptions::default()
    };
    ledger.compact(thorough, &info(40, "compact")).unwrap();
    assert!(walk(folder.path().join("ledger/main")).len() > 8);
    append(&ledger, &many(90_000, 100, 700, 3), 50);
    let all = sorted([all, many(90_000, 100, 700, 3)].concat());
    for count in [1, 2, 4, 16, 64] {
        let mut together = Vec::new();
        for index in 0..count {
            let bucket = Bucket::new(index, count).unwrap();
            let request = ScanRequest::new(Table::Orders).of(Persons::Bucket(bucket));
            let some = orders(&ledger, &request);
            assert!(some.iter().all(|order| bucket.has(Some(&order.person_id))));
            together.extend(some);
        }
        assert_eq!(sorted(together), all, "{count} buckets");
    }
    let these: BTreeSet<_> = ["p2", "p699", "nobody"].map(str::to_owned).into();
    let request = ScanRequest::new(Table::Orders).of(Persons::These(these.clone()));
    let expected: Vec<_> = all
        .iter()
        .filter(|order| these.contains(&order.person_id))
        .cloned()
        .collect();
    assert_eq!(orders(&ledger, &request), expected);
    assert!(expected.len() > 80);
}

/// Rows in the order in which they are read, and the names of their files but for the change's own.
fn prepared_by(threads: usize) -> (Vec<Order>, Vec<String>) {
    const SHARES: u32 = 8;
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    append(&ledger, &many(0, 5, 3, 1), 10);
    let rows = many(100, 150_000, 9_000, 2);
    let mut transaction = ledger.begin().unwrap();
    let preparer = transaction.preparer();
    let next = AtomicU32::new(0);
    let done = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(share) = Bucket::new(index, SHARES) else {
                        break;
                    };
                    let mine = rows
                        .iter()
                        .filter(|order| share.has(Some(&order.person_id)));
                    let mine: Vec<Order> = mine.cloned().collect();
                    let mine = order_rows(&mine);
                    let many = preparer.prepare(Table::Orders, &mine, share, 0).unwrap();
                    let few = preparer.prepare(Table::Orders, &mine.slice(0, 7), share, 1);
                    let both = [many, few.unwrap()];
                    done.lock().unwrap().insert(index, both);
                }
            });
        }
    });
    for prepared in done.into_inner().unwrap().into_values().flatten() {
        transaction.take(prepared).unwrap();
    }
    transaction.commit(&info(20, "prepared")).unwrap();
    let read = ledger.scan(&ScanRequest::new(Table::Orders)).unwrap();
    let read: Vec<Order> = read.flat_map(|batch| orders_in(&batch.unwrap())).collect();
    assert_clean(&ledger);
    let files = walk(folder.path().join("ledger/main"));
    let own = |file: &std::path::PathBuf| {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let folder = file
            .parent()
            .unwrap()
            .file_name()
            .unwrap()
            .to_string_lossy();
        format!("{folder}/{}", name.rsplit_once('-').unwrap().1)
    };
    let mut files: Vec<String> = files.iter().map(own).collect();
    files.sort();
    (read, files)
}

#[test]
fn rows_prepared_by_any_number_of_threads_become_the_same_rows() {
    let (rows, files) = prepared_by(1);
    assert_eq!(rows.len(), 5 + 150_000 + 8 * 7);
    let expected = [many(0, 5, 3, 1), many(100, 150_000, 9_000, 2)].concat();
    let mut distinct = sorted(rows.clone());
    distinct.dedup();
    assert_eq!(distinct, sorted(expected));
    assert!(files.len() > 8, "{files:?}");
    assert_eq!(prepared_by(5), (rows, files));
}

#[test]
fn prepared_files_go_with_a_change_that_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    let mut transaction = ledger.begin().unwrap();
    let rows = order_rows(&many(0, 20_000, 500, 1));
    let preparer = transaction.preparer();
    let prepared = [0, 1].map(|part| {
        let prepared = preparer.prepare(Table::Orders, &rows, Bucket::ALL, part);
        prepared.unwrap()
    });
    assert!(!walk(folder.path().join("ledger/main")).is_empty());
    let [first, _never_taken] = prepared;
    transaction.take(first).unwrap();
    drop((preparer, transaction));
    assert!(walk(folder.path().join("ledger/main")).is_empty());
}

#[test]
fn a_scan_in_parts_is_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    append(&ledger, &many(100, 30_000, 700, 2), 20);
    append(&ledger, &many(0, 5, 3, 1), 30);
    // Two files, each of half the persons, and what is in none.
    let quarter = Persons::Bucket(Bucket::new(1, 4).unwrap());
    for (persons, expected) in [(Persons::All, 3), (quarter, 2)] {
        let request = ScanRequest::new(Table::Orders).of(persons);
        let parts = ledger.scan(&request).unwrap().into_parts();
        assert_eq!(parts.len(), expected);
        let parts = parts.into_iter().flatten();
        let read: Vec<Order> = parts.flat_map(|batch| orders_in(&batch.unwrap())).collect();
        assert_eq!(sorted(read), orders(&ledger, &request));
    }
}

#[test]
fn columns_come_in_the_order_asked_for_and_unknown_ones_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    append(&ledger, &many(0, 5_000, 30, 1), 10);
    append(&ledger, &many(9_000, 3, 30, 1), 11);
    let request = ScanRequest::new(Table::Orders).columns(&["net", "order_id"]);
    let request = request.of(Persons::Bucket(Bucket::new(1, 2).unwrap()));
    for batch in ledger.scan(&request).unwrap() {
        let batch = batch.unwrap();
        let names: Vec<_> = batch
            .schema()
            .fields()
            .iter()
            .map(|field| field.name().clone())
            .collect();
        assert_eq!(names, ["net", "order_id"]);
    }
    let counted: usize = ledger
        .scan(&ScanRequest::new(Table::Orders).columns(&[]))
        .unwrap()
        .map(|batch| batch.unwrap().num_rows())
        .sum();
    assert_eq!(counted, 5_003);
    let request = ScanRequest::new(Table::Orders).columns(&["nett"]);
    let error = ledger.scan(&request).unwrap_err();
    assert!(matches!(error, LedgerError::RowsDiffer { column, .. } if column == "nett"));
}

#[test]
fn a_change_dropped_without_commit_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    let mut transaction = ledger.begin().unwrap();
    for part in 0..20 {
        transaction
            .append(
                Table::Orders,
                &order_rows(&many(part * 5_000, 5_000, 70, 1)),
            )
            .unwrap();
    }
    let files = || walk(folder.path().join("ledger")).len();
    assert!(files() > 1, "runs are written before the commit");
    assert_eq!(orders(&ledger, &ScanRequest::new(Table::Orders)), []);
    drop(transaction);
    assert_eq!(files(), 0);
    assert_eq!(ledger.snapshots().unwrap().len(), 2);
}

#[test]
fn rows_of_several_tables_become_true_together() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    let mut transaction = ledger.begin().unwrap();
    transaction
        .append(Table::Orders, &order_rows(&many(0, 500, 7, 1)))
        .unwrap();
    let days = arrow_array::Date32Array::from(vec![19_723, 19_724]);
    let log = crate::support::rows_of(
        Table::ShopLog,
        2,
        vec![
            ("date", std::sync::Arc::new(days)),
            ("note", crate::support::texts(["sale", "outage"])),
        ],
    );
    transaction.append(Table::ShopLog, &log).unwrap();
    let mut commit = info(5, "both");
    commit.extra_info = Some("{\"sequence\":17}".to_owned());
    let snapshot = transaction.commit(&commit).unwrap();
    let newest = ledger.snapshots().unwrap().pop().unwrap();
    assert_eq!(newest.id, snapshot);
    assert_eq!(newest.at, instant(5));
    assert_eq!(newest.author.as_deref(), Some("test"));
    assert_eq!(newest.message.as_deref(), Some("both"));
    assert_eq!(newest.extra_info.as_deref(), Some("{\"sequence\":17}"));
    assert_eq!(newest.changes, "inlined_insert:9,inserted_into_table:1");
    let whole = ScanRequest::new(Table::ShopLog).of(Persons::Bucket(Bucket::new(0, 4).unwrap()));
    let read: usize = ledger
        .scan(&whole)
        .unwrap()
        .map(|batch| batch.unwrap().num_rows())
        .sum();
    assert_eq!(read, 2, "tables without persons are in the first bucket");
    let other = ScanRequest::new(Table::ShopLog).of(Persons::Bucket(Bucket::new(1, 4).unwrap()));
    assert_eq!(ledger.scan(&other).unwrap().count(), 0);
}

#[test]
fn times_never_go_back() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    append(&ledger, &many(0, 1, 1, 1), 100);
    append(&ledger, &many(1, 1, 1, 1), 50);
    let times: Vec<_> = ledger
        .snapshots()
        .unwrap()
        .iter()
        .map(|snapshot| snapshot.at)
        .collect();
    assert_eq!(times, [0, 0, 100, 100].map(instant));
}

#[test]
fn a_snapshot_that_never_was_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    let error = ledger.resolve(At::Snapshot(9)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the ledger has no snapshot 9; the newest is 1"
    );
    let error = ledger.resolve(At::Time(instant(-1))).unwrap_err();
    let words = "the ledger has no snapshot 2024-01-01 11:59:59+00; the newest is 1";
    assert_eq!(error.to_string(), words);
}

#[test]
fn a_ledger_is_not_made_twice_and_not_opened_where_none_is() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::in_workspace(folder.path());
    let error = Ledger::open(&location, small_options()).unwrap_err();
    assert!(matches!(error, LedgerError::Missing { .. }), "{error}");
    drop(make(folder.path()));
    let error = Ledger::create(&location, small_options(), instant(0)).unwrap_err();
    assert!(matches!(error, LedgerError::AlreadyThere { .. }), "{error}");
}

pub(crate) fn walk(folder: std::path::PathBuf) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(walk(path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn threads_share_a_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let ledger = &ledger;
            scope.spawn(move || {
                for part in 0..10 {
                    let from = thread * 100_000 + part * 1_000;
                    append(ledger, &many(from, 1 + part * 60, 50, thread), part);
                    // Whatever the others do, a snapshot is whole.
                    let seen = orders(ledger, &ScanRequest::new(Table::Orders));
                    let own = seen
                        .iter()
                        .filter(|order| order.import_id == thread)
                        .count();
                    let expected = (0..=part).map(|part| 1 + part * 60).sum::<i64>();
                    assert_eq!(i64::try_from(own).unwrap(), expected);
                }
            });
        }
    });
    assert_eq!(
        orders(&ledger, &ScanRequest::new(Table::Orders)).len(),
        4 * (10 + 45 * 60)
    );
    assert_eq!(ledger.snapshots().unwrap().len(), 42);
}
