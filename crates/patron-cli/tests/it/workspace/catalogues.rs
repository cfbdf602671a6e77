//! A workspace's life with its catalogue in SQLite and in a real PostgreSQL: the same words, results and rows; and real
//! DuckDB, which stands in another folder, reads what patron says is there after every step.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;

use super::SHOP;
use crate::support::{Outcome, Sandbox};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Returns the Python with DuckDB and PostgreSQL, or why there is none.
fn python() -> Result<&'static Path, &'static str> {
    static PYTHON: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let python = PYTHON.get_or_init(|| {
        let script = root().join("scripts/ledger-python.sh");
        let output = Command::new("bash").arg(script).output();
        let output = output.map_err(|error| error.to_string())?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).trim().into())
        } else {
            let talk = String::from_utf8_lossy(&output.stderr);
            Err(talk.lines().last().unwrap_or("it failed").to_owned())
        }
    });
    python.as_deref().map_err(String::as_str)
}

/// A PostgreSQL that stops when its standard input closes: with this value, or with this process, however it ends.
struct Server {
    url: String,
    process: Child,
    stdin: Option<ChildStdin>,
}

impl Server {
    fn start(python: &Path) -> Option<Self> {
        let process = Command::new(python)
            .arg(root().join("scripts/postgres.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Python starts");
        let mut server = Self {
            url: String::new(),
            process,
            stdin: None,
        };
        server.stdin = server.process.stdin.take();
        let stdout = server.process.stdout.take().expect("it has an output");
        let read = BufReader::new(stdout).read_line(&mut server.url);
        server.url = server.url.trim().to_owned();
        (read.is_ok() && !server.url.is_empty()).then_some(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stdin = None;
        drop(self.process.wait());
    }
}

/// A workspace, the way DuckDB names its catalogue, and what patron said so far.
struct Life<'l> {
    sandbox: &'l Sandbox,
    workspace: String,
    python: &'l Path,
    /// The address of the database, if the catalogue is in one.
    database: Option<&'l str>,
    said: Vec<String>,
}

/// The tables that these files fill, with a column to add up.
const TABLES: [(&str, &str); 6] = [
    ("orders", "net"),
    ("order_lines", "net"),
    ("refunds", "amount"),
    ("set_aside", "amount"),
    ("customers", "import_id"),
    ("imports", "rows_in"),
];

impl Life<'_> {
    /// Runs a command of the workspace, which must succeed, and notes what it said.
    #[track_caller]
    fn does(&mut self, arguments: &[&str]) -> Outcome {
        let workspace = ["--workspace", self.workspace.as_str()];
        let outcome = self.sandbox.patron(&[arguments, &workspace].concat());
        assert_eq!(outcome.code, 0, "{arguments:?}\n{}", outcome.stderr);
        if arguments.get(1) != Some(&"log") {
            self.said.push(format!("{arguments:?}\n{}", outcome.stdout));
        }
        outcome
    }

    /// Compares rows and sums of every table with those of DuckDB.
    #[track_caller]
    fn agrees(&mut self, at: &str) {
        let address = match self.database {
            Some(url) => format!("postgres:{url}"),
            None => format!(
                "sqlite:{}",
                self.sandbox
                    .path(&self.workspace)
                    .join("ledger.db")
                    .display()
            ),
        };
        let queries = TABLES.map(|(table, amount)| {
            format!(
                "SELECT '{table}', count(*), coalesce(cast(sum(cast({amount} AS DECIMAL(38,4))) * 10000 AS BIGINT), 0), coalesce(sum(import_id), 0) FROM ledger.{table}"
            )
        });
        let elsewhere = tempfile::tempdir().expect("a folder");
        let output = Command::new(self.python)
            .arg(root().join("crates/patron-ledger/tests/duckdb_read.py"))
            .args(["read", &address])
            .args(queries)
            .current_dir(elsewhere.path())
            .output()
            .expect("Python starts");
        let talk = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{at}: {talk}");
        let found = String::from_utf8_lossy(&output.stdout).into_owned();
        let expected: String = TABLES
            .map(|(table, amount)| self.sums(table, amount))
            .concat();
        assert_eq!(found, expected, "{at}");
        self.said.push(format!("{at}\n{found}"));
    }

    /// Adds up what patron exports: rows, a column in ten-thousandths, numbers of imports.
    fn sums(&self, table: &str, amount: &str) -> String {
        let arguments = [
            "export",
            table,
            "--all-versions",
            "--workspace",
            &self.workspace,
        ];
        let text = self.sandbox.patron(&arguments).stdout;
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().expect("a header").clone();
        let place = |name: &str| {
            header
                .iter()
                .position(|column| column == name)
                .expect("the column")
        };
        let (amount, import) = (place(amount), place("import_id"));
        let (mut rows, mut sum, mut imports) = (0, 0_i128, 0_i64);
        for row in reader.records() {
            let row = row.expect("a row");
            rows += 1;
            sum += ten_thousandths(&row[amount]);
            imports += row[import].parse::<i64>().expect("a number");
        }
        format!("{table}\t{rows}\t{sum}\t{imports}\n")
    }

    fn results(&mut self, at: &str) {
        let out = format!("out-{}", self.said.len());
        self.does(&["run", "--quiet", "--no-clv", "--out", &out]);
        self.said.pop();
        let results = self.sandbox.results(&out);
        for name in [
            "customers.csv",
            "segments.csv",
            "customers_without_order.csv",
        ] {
            let text = String::from_utf8_lossy(&results.bytes(name)).into_owned();
            self.said.push(format!("{at} {name}\n{text}"));
        }
    }
}

fn ten_thousandths(text: &str) -> i128 {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |text| (-1, text));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{fraction:0<4}");
    sign * digits.parse::<i128>().unwrap_or(0)
}

const HEADER: &str = "order_id,customer_id,ordered_at,product_id,quantity,unit_price,status,name\n";

fn write_files(sandbox: &Sandbox) {
    let line = |order: u32, price: u32, status: &str| {
        let (customer, day) = (order % 97, 1 + order % 28);
        format!(
            "{order},c{customer},2024-03-{day:02} 12:00,tea,{},{price}.25,{status},N{customer}\n",
            1 + order % 3
        )
    };
    let text = |from: u32, to: u32, price: u32| -> String {
        let lines = (from..to).map(|order| {
            line(
                order,
                price,
                if order % 11 == 3 { "cancelled" } else { "paid" },
            )
        });
        format!("{HEADER}{}", lines.collect::<String>())
    };
    // Up to a hundred rows live in the catalogue.
    sandbox.write("small.csv", text(0, 20, 5));
    sandbox.write(
        "large.csv",
        text(20, 1_500, 7) + "7000,c5,2024-03-30,tea,-1,7,paid,\n7001,,2024-03-30,tea,1,7,paid,\n",
    );
    sandbox.write(
        "overlapping.csv",
        text(1_000, 1_400, 7) + &text(1_400, 1_700, 9).replace(HEADER, ""),
    );
    sandbox.write("wrong.csv", text(5_000, 5_300, 1));
}

fn live(mut life: Life<'_>, another_place: Option<&str>) -> Vec<String> {
    life.agrees("empty");
    life.does(&["import", "small.csv"]);
    life.agrees("inlined");
    life.does(&["import", "large.csv"]);
    life.does(&["import", "large.csv"]);
    life.agrees("in files");
    life.does(&["import", "overlapping.csv"]);
    life.agrees("superseding versions");
    life.results("before");
    life.does(&["import", "wrong.csv"]);
    life.does(&["import", "--undo", "4"]);
    life.agrees("undone");
    life.results("undone");
    life.does(&["customer", "c7"]);
    life.does(&["ledger", "compact", "--thorough"]);
    life.agrees("compacted");
    if let Some(place) = another_place {
        fs::rename(life.sandbox.path(&life.workspace), life.sandbox.path(place)).expect("it moves");
        life.workspace = place.to_owned();
        life.does(&["import", "small.csv"]);
        life.agrees("moved");
    } else {
        life.does(&["import", "small.csv"]);
        life.agrees("moved");
    }
    for table in ["orders", "order_lines", "refunds", "customers"] {
        life.does(&["export", table]);
    }
    let erased = life.does(&["ledger", "erase", "c7", "--yes"]);
    assert!(erased.stdout.contains("were erased"), "{}", erased.stdout);
    life.agrees("erased");
    life.results("erased");
    let lines = life
        .does(&["export", "order_lines", "--all-versions"])
        .stdout;
    assert!(
        !lines.contains(",c7,"),
        "a row of the erased customer is left"
    );
    let log = life.does(&["ledger", "log"]);
    assert!(log.stdout.contains("erase"), "{}", log.stdout);
    life.does(&["ledger", "verify", "--deep"]);
    life.said
}

#[test]
fn duckdb_reads_a_workspace_after_every_step_and_after_it_was_moved() {
    let python = match python() {
        Ok(python) => python,
        Err(reason) => {
            println!(
                "SKIPPED duckdb_reads_a_workspace_after_every_step_and_after_it_was_moved: no Python with DuckDB: {reason}"
            );
            return;
        }
    };
    let sandbox = Sandbox::new();
    write_files(&sandbox);
    assert_eq!(sandbox.patron(&["init", SHOP]).code, 0);
    let life = Life {
        sandbox: &sandbox,
        workspace: SHOP.to_owned(),
        python,
        database: None,
        said: Vec::new(),
    };
    live(life, Some("elsewhere"));
}

#[test]
fn a_catalogue_in_postgresql_gives_the_same_words_results_and_rows() {
    let test = "a_catalogue_in_postgresql_gives_the_same_words_results_and_rows";
    let python = match python() {
        Ok(python) => python,
        Err(reason) => {
            println!("SKIPPED {test}: no Python with DuckDB: {reason}");
            return;
        }
    };
    let Some(server) = Server::start(python) else {
        println!("SKIPPED {test}: PostgreSQL did not start");
        return;
    };
    let lives = [None, Some(server.url.as_str())].map(|database| {
        let sandbox = Sandbox::new();
        write_files(&sandbox);
        let url = database.map_or_else(Vec::new, |url| vec!["--database", url]);
        let made = sandbox.patron(&[&["init", SHOP], &url[..]].concat());
        assert_eq!(made.code, 0, "{}", made.stderr);
        let life = Life {
            sandbox: &sandbox,
            workspace: SHOP.to_owned(),
            python,
            database,
            said: Vec::new(),
        };
        live(life, None)
    });
    let [sqlite, postgres] = lives;
    for (expected, found) in sqlite.iter().zip(&postgres) {
        assert_eq!(found, expected);
    }
    assert_eq!(sqlite.len(), postgres.len());
}
