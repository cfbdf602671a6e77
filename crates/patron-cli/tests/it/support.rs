//! A folder to run the binary in, and its results as tables.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Where `patron run` writes when it is not told.
pub(crate) const OUT: &str = "patron-out";

/// A temporary folder in which the binary runs.
#[derive(Debug)]
pub(crate) struct Sandbox {
    folder: TempDir,
}

/// The binary, without what a developer has set for it.
fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_patron"));
    command.env_remove("PATRON_ADBC_URI");
    command.env_remove("PATRON_SPARK_URL");
    command
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self {
            folder: TempDir::new().expect("a temporary folder can be made"),
        }
    }

    /// Makes a sandbox with one file, `orders.csv`.
    pub(crate) fn with_orders(text: &str) -> Self {
        let sandbox = Self::new();
        sandbox.write("orders.csv", text);
        sandbox
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).expect("a file of the sandbox can be written");
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("cannot read `{name}`: {error}"))
    }

    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).expect("the file is UTF-8")
    }

    /// Names of what lies in the folder, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).expect("the sandbox can be listed");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Runs the binary in the folder, whatever comes of it.
    pub(crate) fn patron(&self, arguments: &[&str]) -> Outcome {
        self.patron_with_input(arguments, b"")
    }

    /// Runs the binary with bytes on its standard input.
    pub(crate) fn patron_with_input(&self, arguments: &[&str], input: &[u8]) -> Outcome {
        self.start(command().args(arguments), input)
    }

    /// Runs the binary with variables of the environment.
    pub(crate) fn patron_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Outcome {
        self.start(
            command().args(arguments).envs(variables.iter().copied()),
            b"",
        )
    }

    /// Runs the binary with its log switched on.
    pub(crate) fn patron_with_log(&self, level: &str, arguments: &[&str]) -> Outcome {
        self.start(command().args(arguments).env("PATRON_LOG", level), b"")
    }

    fn start(&self, command: &mut Command, input: &[u8]) -> Outcome {
        let mut child = command
            .current_dir(self.folder.path())
            .env_remove("RUST_LOG")
            .env_remove("PGPASSWORD")
            // The machine's zone must never matter.
            .env("TZ", "Pacific/Kiritimati")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut stdin = child.stdin.take().expect("standard input is piped");
        let input = input.to_vec();
        let writer = std::thread::spawn(move || {
            // A command that refuses its input may close it early.
            drop(stdin.write_all(&input));
        });
        let output = child.wait_with_output().expect("the binary ends");
        writer.join().expect("the writer ends");
        let outcome = Outcome {
            code: output.status.code().expect("the binary was not killed"),
            stdout: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
        };
        assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
        outcome
    }

    /// Runs `patron run` with these arguments, which must succeed, and returns what it wrote to its default folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Results {
        let outcome = self.patron(&[&["run"], arguments].concat());
        assert_eq!(outcome.code, 0, "{arguments:?}\n{}", outcome.stderr);
        self.results(OUT)
    }

    /// Returns what lies in a folder of results.
    pub(crate) fn results(&self, folder: &str) -> Results {
        Results {
            folder: self.path(folder),
        }
    }

    /// Runs `patron run`, which must refuse, say these words, and leave nothing behind.
    #[track_caller]
    pub(crate) fn refuses(&self, arguments: &[&str], words: &[&str]) -> Outcome {
        let before = self.names();
        let outcome = self.patron(&[&["run"], arguments].concat());
        outcome.assert_refused(words);
        assert_eq!(
            self.names(),
            before,
            "something is left beside the results of {arguments:?}"
        );
        outcome
    }
}

impl Outcome {
    /// Fails unless the command line itself was refused, in these words.
    #[track_caller]
    pub(crate) fn assert_bad_command_line(&self, words: &[&str]) {
        let Self {
            code,
            stdout,
            stderr,
        } = self;
        assert_eq!(*code, 2, "exit code of:\n{stderr}");
        assert!(stderr.starts_with("error: "), "{stderr}");
        assert_eq!(stdout, "", "a refusal writes no data");
        for word in words {
            assert!(
                stderr.contains(word),
                "expected `{word}` in the message:\n{stderr}"
            );
        }
    }

    /// Fails unless the command asked the user to fix the request, in these words.
    #[track_caller]
    pub(crate) fn assert_refused(&self, words: &[&str]) {
        let Self {
            code,
            stdout,
            stderr,
        } = self;
        assert_eq!(*code, 1, "exit code of:\n{stderr}");
        assert!(stderr.starts_with("error: "), "{stderr}");
        assert_eq!(stdout, "", "a refusal writes no data");
        for word in words {
            assert!(
                stderr.contains(word),
                "expected `{word}` in the message:\n{stderr}"
            );
        }
    }
}

/// A folder of results.
#[derive(Debug)]
pub(crate) struct Results {
    folder: PathBuf,
}

impl Results {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("cannot read `{name}`: {error}"))
    }

    pub(crate) fn customers(&self) -> Table {
        Table::read(&self.path("customers.csv"))
    }

    pub(crate) fn segments(&self) -> Table {
        Table::read(&self.path("segments.csv"))
    }

    pub(crate) fn rejected(&self) -> Table {
        Table::read(&self.path("rejected.csv"))
    }

    /// `run.json`, whole.
    pub(crate) fn run_json(&self) -> Value {
        serde_json::from_slice(&self.bytes("run.json")).expect("run.json is JSON")
    }

    /// `run.json` without the object that may differ from machine to machine.
    pub(crate) fn run_json_but_machine(&self) -> String {
        let mut run = self.run_json();
        let machine = run
            .as_object_mut()
            .expect("an object")
            .shift_remove("machine");
        assert!(machine.is_some(), "run.json has a machine object");
        serde_json::to_string_pretty(&run).expect("JSON can be written")
    }

    /// Every file of the folder that must not depend on the machine, with its bytes.
    pub(crate) fn reproducible(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        for name in [
            "customers.csv",
            "customers.parquet",
            "segments.csv",
            "rejected.csv",
            "customers_without_order.csv",
        ] {
            files.insert(name.to_owned(), self.bytes(name));
        }
        let run = self.run_json_but_machine().into_bytes();
        files.insert("run.json but machine".to_owned(), run);
        files
    }
}

/// Fails with the name of the first file that differs, not with its bytes.
#[track_caller]
pub(crate) fn assert_same_files(
    found: &BTreeMap<String, Vec<u8>>,
    expected: &BTreeMap<String, Vec<u8>>,
    what: &str,
) {
    assert_eq!(
        found.keys().collect::<Vec<_>>(),
        expected.keys().collect::<Vec<_>>()
    );
    for (name, bytes) in expected {
        assert!(found[name] == *bytes, "`{name}` differs: {what}");
    }
}

/// A table with a header; cells as text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Table {
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn read(path: &Path) -> Self {
        let bytes = fs::read(path)
            .unwrap_or_else(|error| panic!("cannot read `{}`: {error}", path.display()));
        Self::parse(&bytes)
    }

    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let mut reader = csv::Reader::from_reader(bytes);
        let cells = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect();
        let header = cells(reader.headers().expect("a header"));
        let rows = reader
            .records()
            .map(|record| cells(&record.expect("a row")))
            .collect();
        Self { header, rows }
    }

    pub(crate) fn place(&self, column: &str) -> usize {
        let place = self.header.iter().position(|name| name == column);
        place.unwrap_or_else(|| panic!("no column `{column}` among {:?}", self.header))
    }

    /// The cells of one column.
    pub(crate) fn column(&self, column: &str) -> Vec<&str> {
        let place = self.place(column);
        self.rows.iter().map(|row| row[place].as_str()).collect()
    }

    /// The cells of two columns, as a map.
    pub(crate) fn map(&self, key: &str, value: &str) -> BTreeMap<&str, &str> {
        self.column(key)
            .into_iter()
            .zip(self.column(value))
            .collect()
    }

    /// The cell in the row whose first cell is `key`.
    #[track_caller]
    pub(crate) fn cell(&self, key: &str, column: &str) -> &str {
        let place = self.place(column);
        let row = self.rows.iter().find(|row| row[0] == key);
        let row = row.unwrap_or_else(|| panic!("no row `{key}`"));
        &row[place]
    }
}

/// A decimal as ten-thousandths; exact.
#[track_caller]
pub(crate) fn ten_thousandths(text: &str) -> i128 {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    assert!(fraction.len() <= 4, "`{text}` has more than four decimals");
    let padded = format!("{whole}{fraction:0<4}");
    sign * padded
        .parse::<i128>()
        .unwrap_or_else(|error| panic!("`{text}` is no decimal: {error}"))
}

/// A small generator of random numbers (`SplitMix64`), so that a seed gives the same test everywhere.
#[derive(Debug)]
pub(crate) struct Seeded(pub(crate) u64);

impl Seeded {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Puts items in a random order.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let bound = u64::try_from(last).expect("a length") + 1;
            let other = usize::try_from(self.next() % bound).expect("below a length");
            items.swap(last, other);
        }
    }
}
