//! Processes that die, and processes that write at once: nothing acknowledged is missing, nothing is there twice.

use std::io::{BufRead, BufReader, Lines, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use patron_ledger::{CatalogueAddress, Ledger, ScanRequest, Table, VerifyOptions};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::maintenance::assert_clean;
use crate::operations::{carry_out_on_list, operation};
use crate::support::{Order, instant, make, orders, small_options, sorted};

const KILLS: i64 = 20;

pub(crate) fn writer() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let release = test.parent().and_then(Path::parent).unwrap();
    let writer = release.join("examples/ledger_writer");
    assert!(
        writer.exists(),
        "`cargo test -p patron-ledger` builds {}",
        writer.display()
    );
    writer
}

fn start(ledger: &Ledger, process: i64, first: i64, last: i64) -> Child {
    let workspace = ledger.location().folder().parent().unwrap();
    let catalogue = match ledger.location().catalogue() {
        CatalogueAddress::Sqlite(_) => "sqlite",
        CatalogueAddress::Postgres(url) => url,
    };
    Command::new(writer())
        .arg(workspace)
        .arg(catalogue)
        .args([process, first, last].map(|number| number.to_string()))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What a writer said so far.
struct Heard {
    lines: Lines<BufReader<ChildStdout>>,
    begun: i64,
    done: i64,
}

impl Heard {
    fn new(child: &mut Child, before: i64) -> Self {
        Self {
            lines: BufReader::new(child.stdout.take().unwrap()).lines(),
            begun: before,
            done: before,
        }
    }

    /// Listens until an operation has begun, or to the end.
    fn listen(&mut self, until: Option<i64>) {
        while until.is_none_or(|number| self.begun < number) {
            let Some(line) = self.lines.next() else {
                return;
            };
            let line = line.unwrap();
            let (what, number) = line.split_once(' ').unwrap();
            match (what, number.parse::<i64>()) {
                ("begun", Ok(number)) => self.begun = number,
                ("done", Ok(number)) => self.done = number,
                _ => panic!("the writer says: {line}"),
            }
        }
    }
}

fn current(ledger: &Ledger) -> Vec<Order> {
    orders(ledger, &ScanRequest::new(Table::Orders))
}

/// Kills a writer again and again at moments drawn from a seed, and looks at what it leaves.
pub(crate) fn kill_loop(ledger: &Ledger, process: i64, kills: i64) -> Kills {
    println!("process {process}");
    let mut random = ChaCha8Rng::seed_from_u64(u64::try_from(process).unwrap());
    let (mut expected, mut next) = (Vec::new(), 1);
    let (mut undecided, mut happened, mut left_behind) = (0, 0, 0);
    for kill in 1..=kills {
        let mut child = start(ledger, process, next, next + 1_000);
        let mut heard = Heard::new(&mut child, next - 1);
        heard.listen(Some(next + i64::from(random.next_u32() % 4)));
        let moment = Duration::from_micros(u64::from(random.next_u32() % 60_000));
        std::thread::sleep(moment);
        child.kill().unwrap();
        heard.listen(None);
        child.wait().unwrap();
        let (done, in_between) = (heard.done, heard.begun > heard.done);
        for number in next..=done {
            carry_out_on_list(&mut expected, &operation(process, number));
        }
        let found = ledger
            .verify(VerifyOptions {
                deep: true,
                clear: true,
            })
            .unwrap();
        assert!(found.is_clean(), "kill {kill}: {:?}", found.problems);
        left_behind += found.abandoned.len();
        assert_clean(ledger);
        let rows = current(ledger);
        next = done + 1;
        if in_between {
            let mut also = expected.clone();
            carry_out_on_list(&mut also, &operation(process, next));
            let (without, with) = (sorted(expected.clone()), sorted(also));
            undecided += 1;
            assert!(
                rows == without || rows == with,
                "kill {kill}: all or nothing"
            );
            if without != with && rows == with {
                happened += 1;
                // Done, though it could not say so: it must not be done again.
                next += 1;
                expected = with;
            }
        } else {
            assert!(rows == sorted(expected.clone()), "kill {kill}");
        }
    }
    let found = Kills {
        operations: next,
        kills,
        undecided,
        happened,
        left_behind,
    };
    println!("{found}");
    assert!(
        undecided > kills / 3,
        "most kills are in the middle of something"
    );
    found
}

/// What became of a writer that was killed again and again.
#[derive(Debug, Default)]
pub(crate) struct Kills {
    operations: i64,
    kills: i64,
    undecided: i64,
    happened: i64,
    left_behind: usize,
}

impl Kills {
    fn add(&mut self, other: &Self) {
        self.operations += other.operations;
        self.kills += other.kills;
        self.undecided += other.undecided;
        self.happened += other.happened;
        self.left_behind += other.left_behind;
    }
}

impl std::fmt::Display for Kills {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            operations,
            kills,
            undecided,
            happened,
            left_behind,
        } = self;
        write!(
            f,
            "{operations} operations, {kills} kills, {undecided} in the middle of one, of which {happened} had happened; {left_behind} files left behind"
        )
    }
}

#[test]
fn a_killed_writer_leaves_all_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    kill_loop(&make(folder.path()), 1, KILLS);
}

#[test]
#[ignore = "soak: 200 kills"]
fn a_killed_writer_leaves_all_or_nothing_200_times() {
    let seed = soak_seed();
    let mut found = Kills::default();
    for round in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        found.add(&kill_loop(&make(folder.path()), 10 * seed + round, KILLS));
    }
    println!("SOAK appends, flushes, compactions, erasures: {found}");
}

/// The seed that `make soak` gives.
#[expect(clippy::disallowed_methods, reason = "soak tells its tests the seed")]
fn soak_seed() -> i64 {
    let seed = std::env::var("PATRON_SEED").ok();
    seed.and_then(|seed| seed.parse().ok()).unwrap_or(1)
}

#[test]
fn a_killed_writer_leaves_all_or_nothing_in_postgresql() {
    let test = "a_killed_writer_leaves_all_or_nothing_in_postgresql";
    let Some(url) = crate::postgres::database(test) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let location = crate::postgres::location(folder.path(), &url);
    let ledger = Ledger::create(&location, small_options(), instant(0)).unwrap();
    kill_loop(&ledger, 2, 5);
}

/// Two processes carry out their operations at once; both get through all of them.
fn both_succeed(ledger: &Ledger, operations: i64) {
    let begun = Instant::now();
    let children: Vec<_> = [3, 4]
        .map(|process| (process, start(ledger, process, 1, operations)))
        .into();
    let mut expected = Vec::new();
    for (process, mut child) in children {
        let mut heard = Heard::new(&mut child, 0);
        heard.listen(None);
        let mut talk = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut talk)
            .unwrap();
        child.wait().unwrap();
        assert_eq!(heard.done, operations, "process {process}: {talk}");
        let mut rows = Vec::new();
        for number in 1..=operations {
            carry_out_on_list(&mut rows, &operation(process, number));
        }
        expected.extend(rows);
    }
    println!("2 × {operations} operations in {:?}", begun.elapsed());
    assert!(current(ledger) == sorted(expected));
    assert_clean(ledger);
}

#[test]
fn two_processes_write_at_once() {
    let folder = tempfile::tempdir().unwrap();
    both_succeed(&make(folder.path()), 40);
}

#[test]
fn two_processes_write_at_once_in_postgresql() {
    let test = "two_processes_write_at_once_in_postgresql";
    let Some(url) = crate::postgres::database(test) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let location = crate::postgres::location(folder.path(), &url);
    let ledger = Ledger::create(&location, small_options(), instant(0)).unwrap();
    both_succeed(&ledger, 40);
}
