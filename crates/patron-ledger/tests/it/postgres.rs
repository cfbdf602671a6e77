//! The same with the catalogue in PostgreSQL: a real one, started for these tests and stopped after them.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use patron_ledger::{CatalogueAddress, Ledger, LedgerError, Location};

use crate::support::{instant, small_options};

/// A server that stops when its standard input closes: with this process, however it ends.
#[derive(Debug)]
struct Server {
    url: String,
    _process: Mutex<(Child, Option<ChildStdin>)>,
}

static DATABASES: AtomicU32 = AtomicU32::new(0);

fn start(python: &Path) -> Result<Server, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut process = Command::new(python)
        .arg(root.join("scripts/postgres.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let stdin = process.stdin.take();
    let mut url = String::new();
    let stdout = process.stdout.take().ok_or("it has no output")?;
    BufReader::new(stdout)
        .read_line(&mut url)
        .map_err(|error| error.to_string())?;
    if url.trim().is_empty() {
        return Err("the server did not start".to_owned());
    }
    Ok(Server {
        url: url.trim().to_owned(),
        _process: Mutex::new((process, stdin)),
    })
}

/// Returns the address of an empty database, or says why a test that needs it is skipped.
pub(crate) fn database(test: &str) -> Option<String> {
    static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
    let python = crate::duck::python(test)?;
    let server = SERVER.get_or_init(|| start(python));
    match server {
        Ok(server) => {
            let number = DATABASES.fetch_add(1, Ordering::Relaxed);
            let name = format!("ledger_{number}");
            run(&server.url, &format!("CREATE DATABASE {name}"));
            let (server, _) = server.url.rsplit_once('/').unwrap();
            Some(format!("{server}/{name}"))
        }
        Err(reason) => {
            println!("SKIPPED {test}: no PostgreSQL: {reason}");
            None
        }
    }
}

pub(crate) fn run(url: &str, sql: &str) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let connecting = <sqlx::PgConnection as sqlx::Connection>::connect(url);
        let mut connection = connecting.await.unwrap();
        let statement = sqlx::AssertSqlSafe(sql.to_owned());
        sqlx::query(statement)
            .execute(&mut connection)
            .await
            .unwrap();
    });
}

pub(crate) fn location(folder: &Path, url: &str) -> Location {
    Location::new(
        folder.join("ledger"),
        CatalogueAddress::Postgres(url.to_owned()),
    )
}

#[test]
fn duckdb_reads_the_same_from_postgresql() {
    let test = "duckdb_reads_the_same_from_postgresql";
    let (Some(url), Some(python)) = (database(test), crate::duck::python(test)) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let location = location(folder.path(), &url);
    let ledger = Ledger::create(&location, small_options(), instant(0)).unwrap();
    crate::duck::whole_life(python, &ledger);
}

#[test]
fn a_ledger_in_postgresql_holds_what_a_list_would() {
    let Some(url) = database("a_ledger_in_postgresql_holds_what_a_list_would") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let location = location(folder.path(), &url);
    let ledger = Ledger::create(&location, small_options(), instant(0)).unwrap();
    crate::model::walk(ledger, 100, 40);
}

#[test]
fn a_database_that_is_absent_empty_or_of_another_version_is_named() {
    let Some(url) = database("a_database_that_is_absent_empty_or_of_another_version_is_named")
    else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("ledger")).unwrap();
    let open = |url: &str| Ledger::open(&location(folder.path(), url), small_options());
    let error = open(&format!("{url}_absent")).unwrap_err();
    assert!(matches!(error, LedgerError::Missing { .. }), "{error:?}");
    let error = open("postgres://patron@127.0.0.1:1/none").unwrap_err();
    assert!(
        matches!(error, LedgerError::Unreachable { .. }),
        "{error:?}"
    );
    let error = open(&url.replacen("patron:", "patron:x", 1)).unwrap_err();
    assert!(
        matches!(error, LedgerError::Unreachable { .. }),
        "{error:?}"
    );
    let error = open(&url).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("the database has no DuckLake catalogue"),
        "{error}"
    );
    let location = location(folder.path(), &url);
    drop(Ledger::create(&location, small_options(), instant(0)).unwrap());
    let error = Ledger::create(&location, small_options(), instant(0)).unwrap_err();
    assert!(
        matches!(error, LedgerError::AlreadyThere { .. }),
        "{error:?}"
    );
    drop(open(&url).unwrap());
    run(
        &url,
        "UPDATE ducklake_metadata SET value = '1.1' WHERE key = 'version'",
    );
    let error = open(&url).unwrap_err();
    assert!(
        matches!(error, LedgerError::OtherVersion { .. }),
        "{error:?}"
    );
}

#[test]
fn a_dropped_connection_is_renewed() {
    let Some(url) = database("a_dropped_connection_is_renewed") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let location = location(folder.path(), &url);
    let ledger = Ledger::create(&location, small_options(), instant(0)).unwrap();
    for number in 1..4 {
        run(
            &url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'patron' AND datname = current_database()",
        );
        crate::support::append(
            &ledger,
            &crate::support::many(number * 100, 5, 3, 1),
            number,
        );
    }
    assert_eq!(ledger.snapshots().unwrap().len(), 5);
}
