//! Every bad circumstance is named; none is a panic.

use std::fs;
use std::path::PathBuf;

use patron_ledger::{Ledger, LedgerError, Location, Problem, ScanRequest, Table, VerifyOptions};

use crate::append::walk;
use crate::operations::{Operation, operation};
use crate::support::{append, instant, make, many, order_rows, small_options};

fn only_file(folder: &std::path::Path) -> PathBuf {
    let files = walk(folder.join("ledger/main"));
    assert_eq!(files.len(), 1);
    files[0].clone()
}

fn read(ledger: &Ledger) -> Result<usize, LedgerError> {
    let mut rows = 0;
    for batch in ledger.scan(&ScanRequest::new(Table::Orders))? {
        rows += batch?.num_rows();
    }
    Ok(rows)
}

fn problems(ledger: &Ledger, deep: bool) -> Vec<Problem> {
    ledger
        .verify(VerifyOptions { deep, clear: false })
        .unwrap()
        .problems
}

#[test]
fn a_missing_data_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    append(&ledger, &many(0, 500, 5, 1), 10);
    let file = only_file(folder.path());
    fs::remove_file(&file).unwrap();
    let file = file.canonicalize().unwrap_or(file);
    assert!(matches!(
        read(&ledger).unwrap_err(),
        LedgerError::FileMissing { .. }
    ));
    assert!(
        matches!(problems(&ledger, false).as_slice(), [Problem::Missing(path)] if path.file_name() == file.file_name())
    );
}

#[test]
fn a_truncated_data_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    append(&ledger, &many(0, 500, 5, 1), 10);
    let file = only_file(folder.path());
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() - 100]).unwrap();
    let error = read(&ledger).unwrap_err();
    assert!(matches!(error, LedgerError::FileResized { .. }), "{error}");
    assert!(matches!(
        problems(&ledger, false).as_slice(),
        [Problem::Resized(_)]
    ));
}

#[test]
fn a_corrupted_data_file_is_named_wherever_a_byte_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    append(&ledger, &many(0, 800, 50, 1), 10);
    let file = only_file(folder.path());
    let bytes = fs::read(&file).unwrap();
    for place in (0..bytes.len()).step_by(61) {
        let mut wrong = bytes.clone();
        wrong[place] ^= 0x5a;
        fs::write(&file, &wrong).unwrap();
        match read(&ledger) {
            Ok(_) => {}
            Err(LedgerError::FileDamaged { .. }) => {}
            Err(other) => panic!("byte {place}: {other}"),
        }
        let found = problems(&ledger, true);
        assert!(
            matches!(found.as_slice(), [Problem::Damaged(..)]),
            "byte {place}: {found:?}"
        );
    }
}

#[test]
fn a_newer_catalogue_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::in_workspace(folder.path());
    drop(make(folder.path()));
    set(
        &folder.path().join("ledger.db"),
        "UPDATE ducklake_metadata SET value = '1.1' WHERE key = 'version'",
    );
    for open in [Ledger::open, Ledger::open_read_only] {
        let error = open(&location, small_options()).unwrap_err();
        let words = "the ledger's catalogue has version 1.1, this program knows 1.0";
        assert_eq!(error.to_string(), words);
    }
}

#[test]
fn a_catalogue_with_another_column_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::in_workspace(folder.path());
    drop(make(folder.path()));
    set(
        &folder.path().join("ledger.db"),
        "UPDATE ducklake_column SET column_type = 'int32' WHERE table_id = 1 AND column_name = 'net'",
    );
    let error = Ledger::open(&location, small_options()).unwrap_err();
    let words = "table `orders` of the ledger differs from this program's: `net` int32 instead of `net` decimal(18,4)";
    assert_eq!(error.to_string(), words);
}

#[test]
fn a_file_that_is_no_database_and_a_database_without_ledger_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("ledger")).unwrap();
    let location = Location::in_workspace(folder.path());
    fs::write(
        folder.path().join("ledger.db"),
        "no database at all, but a text".repeat(99),
    )
    .unwrap();
    let error = Ledger::open(&location, small_options()).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("the file is no intact SQLite database"),
        "{error}"
    );
    fs::write(folder.path().join("ledger.db"), "").unwrap();
    let error = Ledger::open(&location, small_options()).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("the database has no DuckLake catalogue"),
        "{error}"
    );
}

#[test]
fn a_locked_catalogue_is_named_after_some_patience() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = small_options();
    options.patience = std::time::Duration::from_millis(200);
    let location = Location::in_workspace(folder.path());
    let ledger = Ledger::create(&location, options, instant(0)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut other = runtime.block_on(connect(&folder.path().join("ledger.db")));
    let lock = sqlx::query("BEGIN IMMEDIATE");
    runtime.block_on(lock.execute(&mut other)).unwrap();
    let mut transaction = ledger.begin().unwrap();
    transaction
        .append(Table::Orders, &order_rows(&many(0, 500, 5, 1)))
        .unwrap();
    let error = transaction
        .commit(&crate::support::info(10, "locked"))
        .unwrap_err();
    assert!(matches!(error, LedgerError::Locked), "{error}");
    assert_eq!(walk(folder.path().join("ledger/main")).len(), 0);
    runtime
        .block_on(sqlx::query("ROLLBACK").execute(&mut other))
        .unwrap();
    append(&ledger, &many(0, 500, 5, 1), 20);
}

#[test]
fn a_ledger_is_read_where_nothing_can_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    append(&ledger, &many(0, 500, 5, 1), 10);
    append(&ledger, &many(1_000, 5, 5, 1), 20);
    drop(ledger);
    let location = Location::in_workspace(folder.path());
    let read_only = Ledger::open_read_only(&location, small_options()).unwrap();
    assert_eq!(read(&read_only).unwrap(), 505);
    assert!(problems(&read_only, true).is_empty());
    let error = refused(&read_only);
    assert!(matches!(error, LedgerError::ReadOnly { .. }), "{error:?}");
    drop(read_only);
    if is_root() {
        println!("as root every folder can be written: the rest is for ordinary users");
        return;
    }
    for mode in [0o500, 0o700] {
        set_modes(folder.path(), mode);
        match Ledger::open(&location, small_options()) {
            Ok(ledger) if mode == 0o700 => assert_eq!(read(&ledger).unwrap(), 505),
            Ok(ledger) => {
                let error = refused(&ledger);
                assert!(matches!(error, LedgerError::ReadOnly { .. }), "{error:?}");
            }
            Err(error) => panic!("{mode:o}: {error:?}"),
        }
        let read_only = Ledger::open_read_only(&location, small_options()).unwrap();
        assert_eq!(read(&read_only).unwrap(), 505, "{mode:o}");
    }
}

fn refused(ledger: &Ledger) -> LedgerError {
    let mut transaction = ledger.begin().unwrap();
    transaction
        .append(Table::Orders, &order_rows(&many(0, 5, 5, 1)))
        .unwrap();
    transaction
        .commit(&crate::support::info(30, "refused"))
        .unwrap_err()
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").map_or(0, |metadata| metadata.uid()) == 0
}

fn set_modes(folder: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    let set = |path: &std::path::Path, mode: u32| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    for file in walk(folder.to_owned()) {
        set(&file, mode & 0o600);
    }
    set(&folder.join("ledger"), mode);
    set(folder, mode);
}

#[test]
fn what_is_written_belongs_to_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    append(&ledger, &many(0, 500, 5, 1), 10);
    for path in walk(folder.path().to_owned()) {
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", path.display());
    }
    let mode = fs::metadata(folder.path().join("ledger"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_full_disk_is_named_and_nothing_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    append(&ledger, &many(0, 500, 5, 1), 10);
    // A process that may write files of up to 24 KiB only: to it the disk is full after that.
    let limited = "trap '' XFSZ; ulimit -f 24; exec \"$@\"";
    let is_large = |number: &i64| matches!(operation(1, *number), Operation::Append(rows) if rows.len() > 7_000);
    let number = (1..1_000).find(is_large).unwrap().to_string();
    let workspace = folder.path().display().to_string();
    let output = std::process::Command::new("bash")
        .args(["-c", limited, "limited"])
        .arg(crate::kill::writer())
        .args([workspace.as_str(), "sqlite", "1", &number, &number])
        .output()
        .unwrap();
    let heard = String::from_utf8_lossy(&output.stdout);
    let failed = heard.lines().find(|line| line.starts_with("failed"));
    assert!(
        failed.is_some_and(|line| line.contains("no space left to write")),
        "{heard}"
    );
    drop(ledger);
    let ledger = Ledger::open(&Location::in_workspace(folder.path()), small_options()).unwrap();
    assert_eq!(read(&ledger).unwrap(), 500);
    crate::maintenance::assert_clean(&ledger);
}

#[test]
fn what_a_crash_left_is_cleared_away_and_what_is_not_ours_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    append(&ledger, &many(0, 500, 5, 1), 10);
    let place = only_file(folder.path()).parent().unwrap().to_owned();
    let left = place.join("11111111-2222-4333-8444-555555555555-00003.parquet");
    let foreign = place.join("notes.txt");
    let under_way = {
        let mut transaction = ledger.begin().unwrap();
        for part in 0..10 {
            transaction
                .append(
                    Table::Orders,
                    &order_rows(&many(part * 9_000, 9_000, 70, 1)),
                )
                .unwrap();
        }
        transaction
    };
    let files = walk(folder.path().join("ledger/main")).len();
    assert!(files > 1);
    fs::write(&left, "half a file").unwrap();
    fs::write(&foreign, "not ours").unwrap();
    let verify = |clear: bool| ledger.verify(VerifyOptions { deep: false, clear }).unwrap();
    let found = verify(false);
    assert_eq!(found.abandoned.len(), 1);
    assert!(found.abandoned[0].ends_with(left.file_name().unwrap()));
    assert!(
        matches!(found.problems.as_slice(), [Problem::Unknown(path)] if path.ends_with("notes.txt"))
    );
    assert!(left.exists(), "only looked at");
    ledger
        .compact(
            patron_ledger::CompactOptions::default(),
            &crate::support::info(20, "compact"),
        )
        .unwrap();
    assert!(!left.exists(), "compaction clears it away");
    fs::write(&left, "half a file").unwrap();
    assert_eq!(verify(true).abandoned.len(), 1);
    assert!(!left.exists() && foreign.exists());
    fs::remove_file(&foreign).unwrap();
    assert!(verify(true).is_clean());
    assert_eq!(
        walk(folder.path().join("ledger/main")).len(),
        files,
        "the change under way keeps its files"
    );
    under_way.commit(&crate::support::info(30, "done")).unwrap();
    assert_eq!(read(&ledger).unwrap(), 90_500);
}

#[test]
fn rows_that_do_not_fit_are_refused_by_column() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = make(folder.path());
    let mut transaction = ledger.begin().unwrap();
    let rows = order_rows(&many(0, 2, 5, 1));
    let error = transaction.append(Table::OrderLines, &rows).unwrap_err();
    let words = "rows for `order_lines` do not fit: column `line` is `customer_id` Utf8, expected `line` Int64";
    assert_eq!(error.to_string(), words);
    let empty = crate::support::rows_of(Table::Orders, 2, Vec::new());
    let error = transaction.append(Table::Orders, &empty).unwrap_err();
    assert_eq!(
        error.to_string(),
        "rows for `orders` lack `order_id` in 2 rows"
    );
    let mut far = many(0, 1, 5, 1);
    far[0].version = Some(-70_000_000_000);
    let error = transaction
        .append(Table::Orders, &order_rows(&far))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "a value of `orders.version_at` lies outside the years 1 to 9999"
    );
}

#[test]
fn settings_without_sense_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::in_workspace(folder.path());
    let mut options = small_options();
    options.rows_per_bucket = 0;
    let error = Ledger::create(&location, options, instant(0)).unwrap_err();
    let words = "the ledger's setting `rows_per_bucket` cannot be 0: it must be at least 1";
    assert_eq!(error.to_string(), words);
}

async fn connect(path: &std::path::Path) -> sqlx::SqliteConnection {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    <sqlx::SqliteConnection as sqlx::Connection>::connect_with(&options)
        .await
        .unwrap()
}

/// Runs a statement on the catalogue as another program would.
pub(crate) fn set(path: &std::path::Path, sql: &'static str) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut connection = connect(path).await;
        sqlx::query(sql).execute(&mut connection).await.unwrap();
        sqlx::Connection::close(connection).await.unwrap();
    });
}
