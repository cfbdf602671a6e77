//! Real DuckDB reads the ledger: the same rows and sums as patron, wherever it stands and after every operation.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use patron_ledger::{At, CatalogueAddress, CompactOptions, Ledger, Move, ScanRequest, Table};

use crate::maintenance::assert_clean;
use crate::support::{append, info, instant, make, many, of_persons, orders, small_options};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Returns the Python with DuckDB, or says why a test that needs it is skipped.
pub(crate) fn python(test: &str) -> Option<&'static Path> {
    static PYTHON: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let python = PYTHON.get_or_init(|| {
        let mut command = Command::new("bash");
        let output = command
            .arg(root().join("scripts/ledger-python.sh"))
            .output();
        let output = output.map_err(|error| error.to_string())?;
        if output.status.success() {
            let path = String::from_utf8_lossy(&output.stdout);
            Ok(PathBuf::from(path.trim()))
        } else {
            let talk = String::from_utf8_lossy(&output.stderr);
            Err(talk.lines().last().unwrap_or("it failed").to_owned())
        }
    });
    match python {
        Ok(path) => Some(path),
        Err(reason) => {
            println!("SKIPPED {test}: no Python with DuckDB: {reason}");
            None
        }
    }
}

/// Returns how DuckDB names a catalogue.
fn address(ledger: &Ledger) -> String {
    match ledger.location().catalogue() {
        CatalogueAddress::Sqlite(path) => format!("sqlite:{}", path.display()),
        CatalogueAddress::Postgres(url) => format!("postgres:{url}"),
    }
}

/// Asks DuckDB, which stands in another folder.
pub(crate) fn ask(python: &Path, access: &str, ledger: &Ledger, queries: &[String]) -> Vec<String> {
    let elsewhere = tempfile::tempdir().unwrap();
    let output = Command::new(python)
        .arg(root().join("crates/patron-ledger/tests/duckdb_read.py"))
        .args([access, &address(ledger)])
        .args(queries)
        .current_dir(elsewhere.path())
        .output()
        .unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{talk}");
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(str::to_owned).collect()
}

/// Compares every row of `orders`, and sums that DuckDB works out from them, at every snapshot that is kept.
pub(crate) fn agrees(python: &Path, ledger: &Ledger, at: &str) {
    let snapshots = ledger.snapshots().unwrap();
    let kept: Vec<_> = snapshots
        .iter()
        .map(|snapshot| snapshot.id)
        .filter(|id| *id > 0)
        .collect();
    let mut queries = Vec::new();
    let mut expected = Vec::new();
    for id in kept {
        let rows = orders(
            ledger,
            &ScanRequest::new(Table::Orders).at(At::Snapshot(id)),
        );
        let sum: i128 = rows.iter().map(|order| order.net).sum();
        let of_some = |order: &&crate::support::Order| order.person_id == "p3";
        let p3: i128 = rows.iter().filter(of_some).map(|order| order.net).sum();
        let from = format!("ledger.orders AT (VERSION => {id})");
        queries.push(format!(
            "SELECT {id}, count(*), coalesce(cast(sum(net) * 10000 AS BIGINT), 0) FROM {from}"
        ));
        expected.push(format!("{id}\t{}\t{sum}", rows.len()));
        queries.push(format!("SELECT coalesce(cast(sum(net) * 10000 AS BIGINT), 0) FROM {from} WHERE person_id = 'p3'"));
        expected.push(p3.to_string());
        let late = rows.iter().filter(|order| order.second >= 700).count();
        queries.push(format!("SELECT count(*) FROM {from} WHERE ordered_at >= TIMESTAMPTZ '2024-01-01 12:11:40+00' AND import_id < 1000000"));
        expected.push(late.to_string());
    }
    queries.push("SELECT order_id, person_id, epoch_us(ordered_at), cast(net * 10000 AS BIGINT), import_id, epoch_us(version_at) FROM ledger.orders ORDER BY ALL".to_owned());
    let rows = orders(ledger, &ScanRequest::new(Table::Orders));
    let micros = |second: i64| instant(second).0.to_string();
    let line = |order: &crate::support::Order| {
        let version = order.version.map_or_else(|| "None".to_owned(), micros);
        let at = micros(order.second);
        let (id, person, net, import) = (
            &order.order_id,
            &order.person_id,
            order.net,
            order.import_id,
        );
        format!("{id}\t{person}\t{at}\t{net}\t{import}\t{version}")
    };
    let mut lines: Vec<_> = rows.iter().map(line).collect();
    let found = ask(python, "read", ledger, &queries);
    let (sums, mut found) = (
        found[..expected.len()].to_vec(),
        found[expected.len()..].to_vec(),
    );
    assert_eq!(sums, expected, "{at}");
    lines.sort();
    found.sort();
    assert_eq!(found.len(), lines.len(), "{at}");
    assert!(found == lines, "{at}: rows differ");
}

/// Every operation once, and DuckDB's opinion after each.
pub(crate) fn whole_life(python: &Path, ledger: &Ledger) {
    agrees(python, ledger, "empty");
    append(ledger, &many(0, 5, 3, 1), 10);
    agrees(python, ledger, "inlined");
    append(ledger, &many(100, 9_000, 700, 2), 20);
    let mut superseding = many(100, 30, 700, 3);
    superseding
        .iter_mut()
        .for_each(|order| order.version = Some(order.second + 5));
    append(ledger, &superseding, 30);
    let mut few = many(200, 7, 700, 4);
    few.iter_mut().for_each(|order| order.net = -order.net);
    append(ledger, &few, 40);
    agrees(python, ledger, "superseding versions");
    ledger.flush(&info(50, "flush")).unwrap();
    agrees(python, ledger, "flushed");
    let thorough = |settled_before| CompactOptions {
        settled_before,
        thorough: true,
    };
    ledger
        .compact(thorough(None), &info(60, "compact"))
        .unwrap();
    agrees(python, ledger, "compacted");
    append(ledger, &many(50_000, 6, 700, 5), 70);
    append(ledger, &many(60_000, 600, 700, 5), 80);
    ledger.undo_import(3, &info(90, "undo")).unwrap();
    ledger.undo_import(5, &info(91, "undo")).unwrap();
    agrees(python, ledger, "undone");
    append(ledger, &many(70_000, 6, 700, 6), 100);
    let persons = BTreeSet::from(["p2".to_owned(), "p5".to_owned()]);
    let erased = ledger
        .erase(&of_persons(&persons), &info(110, "erase"))
        .unwrap();
    assert!(erased.snapshot.is_some());
    agrees(python, ledger, "erased");
    append(ledger, &superseding, 120);
    ledger
        .compact(thorough(Some(4)), &info(130, "compact"))
        .unwrap();
    agrees(python, ledger, "superseded versions dropped");
    let moves = BTreeSet::from([Move {
        customer_id: "p7".to_owned(),
        from: "p7".to_owned(),
        to: "p3".to_owned(),
    }]);
    ledger.reassign(&moves, &info(135, "reassign")).unwrap();
    agrees(python, ledger, "reassigned");
    ledger.expire(instant(125), instant(140)).unwrap();
    agrees(python, ledger, "expired");
    assert_clean(ledger);
}

#[test]
fn duckdb_reads_the_same_after_every_operation() {
    let Some(python) = python("duckdb_reads_the_same_after_every_operation") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    whole_life(python, &make(folder.path()));
}

#[test]
fn duckdb_reads_a_ledger_that_was_moved() {
    let Some(python) = python("duckdb_reads_a_ledger_that_was_moved") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().join("here");
    let ledger = make(&here);
    append(&ledger, &many(0, 5, 3, 1), 10);
    append(&ledger, &many(100, 5_000, 70, 2), 20);
    drop(ledger);
    let there = folder.path().join("on the move");
    std::fs::rename(&here, &there).unwrap();
    let location = patron_ledger::Location::in_workspace(&there);
    let ledger = Ledger::open(&location, small_options()).unwrap();
    agrees(python, &ledger, "moved");
    append(&ledger, &many(100_000, 500, 70, 2), 30);
    agrees(python, &ledger, "written after the move");
}

#[test]
fn what_duckdb_writes_is_read_or_refused_by_name() {
    let Some(python) = python("what_duckdb_writes_is_read_or_refused_by_name") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    append(&ledger, &many(0, 5, 3, 1), 10);
    append(&ledger, &many(100, 500, 30, 1), 20);
    let insert = |from: i64, to: i64| {
        format!(
            "INSERT INTO ledger.orders BY NAME SELECT 'd' || i AS order_id, 'p3' AS customer_id, 'p3' AS person_id, \
             TIMESTAMPTZ '2024-01-01 12:00:00+00' + INTERVAL (i) SECOND AS ordered_at, i / 4 AS net, 9 AS import_id, \
             i AS row_hash FROM range({from}, {to}) t(i)"
        )
    };
    ask(
        python,
        "write",
        &ledger,
        &[insert(0, 3), insert(1_000, 1_200)],
    );
    agrees(python, &ledger, "DuckDB wrote");
    assert_eq!(
        orders(&ledger, &ScanRequest::new(Table::Orders)).len(),
        505 + 203
    );
    append(&ledger, &many(9_000, 300, 30, 2), 30);
    ledger.flush(&info(40, "flush")).unwrap();
    let options = CompactOptions {
        settled_before: None,
        thorough: true,
    };
    ledger.compact(options, &info(50, "compact")).unwrap();
    agrees(python, &ledger, "and patron after it");
    assert_clean(&ledger);
    let delete = "DELETE FROM ledger.orders WHERE order_id LIKE 'o1%'".to_owned();
    ask(python, "write", &ledger, &[delete]);
    let error = ledger.scan(&ScanRequest::new(Table::Orders)).unwrap_err();
    let words = error.to_string();
    assert!(
        words.starts_with("another program wrote to the ledger: rows were deleted by"),
        "{words}"
    );
}
