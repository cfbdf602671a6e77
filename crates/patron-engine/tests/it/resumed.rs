//! Reading that is stopped again and again, and goes on each time from what was kept.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, StringArray};
use patron_core::RowClass;
use patron_engine::{EngineError, Gathered, Keeping, RejectedSink, Resources, Silent, gather};
use patron_fold::{FoldSettings, Profile};
use patron_import::{ImportOptions, RejectedRow, RowAccount};
use tempfile::TempDir;

use crate::support::write_parquet;

const ROWS: u64 = 250_000;

/// Takes rows until it has had enough, like a process that is killed then.
#[derive(Debug, Default)]
struct Sink {
    rows: Vec<(String, u64, RowClass)>,
    fails_after: Option<usize>,
}

impl RejectedSink for Sink {
    fn take(&mut self, file: &str, row: &RejectedRow) -> io::Result<()> {
        if self.fails_after == Some(self.rows.len()) {
            return Err(io::Error::other("killed"));
        }
        self.rows.push((file.to_owned(), row.line, row.class));
        Ok(())
    }

    fn mark(&mut self) -> io::Result<Vec<(String, u64)>> {
        Ok(vec![("rows".to_owned(), self.rows.len() as u64)])
    }
}

fn cells(row: u64) -> [String; 4] {
    let amount = match row % 5_000 {
        17 => "many".to_owned(),
        _ => format!("{}.5", row % 90),
    };
    let (month, day) = (row % 12 + 1, row % 28 + 1);
    [
        format!("order-{row:012}"),
        format!("customer-{}", row % 9_973),
        format!("2024-{month:02}-{day:02}"),
        amount,
    ]
}

/// A text of several blocks, and columns in several row groups.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut text = "order_id,customer_id,date,amount\n".to_owned();
    for row in 0..ROWS {
        text.push_str(&cells(row).join(","));
        text.push('\n');
    }
    let (csv, columns) = (folder.join("a.csv"), folder.join("b.parquet"));
    std::fs::write(&csv, text).expect("a file");
    let rows: Vec<[String; 4]> = (ROWS..ROWS + 60_000).map(cells).collect();
    let column = |place: usize| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(
            rows.iter().map(|row| row[place].as_str()),
        ))
    };
    let names = ["order_id", "customer_id", "date", "amount"];
    let named: Vec<(&str, ArrayRef)> = (0..4).map(|place| (names[place], column(place))).collect();
    write_parquet(&columns, &named, 10_000);
    vec![csv, columns]
}

fn read(
    paths: &[PathBuf],
    (keeping, threads): (Option<Keeping>, usize),
    sink: &mut Sink,
    spill: &Path,
) -> Result<Gathered, EngineError> {
    let resources = Resources {
        threads,
        memory_bytes: 1 << 28,
        spill_folder: spill.to_owned(),
        keeping,
    };
    gather(paths, &ImportOptions::default(), &resources, sink, &Silent)
}

type Results = (Vec<(String, Profile)>, Vec<(RowAccount, String, u64)>);

fn results(gathered: &Gathered) -> Results {
    let folded = gathered.fold_one(&FoldSettings::default(), None, false, &Silent);
    let (table, _) = folded.expect("customers").by_day.remove(0);
    let ids = table.ids.iter().map(str::to_owned);
    let files = gathered.files.iter();
    let files = files.map(|file| (file.account.clone(), file.sha256.clone(), file.bytes));
    (ids.zip(table.profiles.iter()).collect(), files.collect())
}

/// Reads files in attempts that each get a little farther than their beginning; returns the rows set aside, too.
fn read_in_attempts(
    paths: &[PathBuf],
    keeping: &Keeping,
    spill: &Path,
) -> (Gathered, Vec<(String, u64, RowClass)>) {
    let (mut bytes_read, mut gone_on) = (0, 0);
    let mut rows = Vec::new();
    for attempt in 0..20_usize {
        let had = keeping.marks().first().map_or(0, |(_, rows)| *rows);
        rows.truncate(usize::try_from(had).expect("a small number"));
        gone_on += usize::from(keeping.bytes_read() > bytes_read);
        bytes_read = keeping.bytes_read();
        let mut sink = Sink {
            fails_after: Some(rows.len() + 26),
            rows,
        };
        let how = (Some(keeping.clone()), attempt % 3 + 1);
        let done = read(paths, how, &mut sink, spill);
        rows = sink.rows;
        match done {
            Ok(done) => {
                assert!(gone_on >= 2, "it went on {gone_on} times");
                return (done, rows);
            }
            Err(error) => {
                let expected = "cannot write the list of rows that were set aside";
                assert_eq!(error.to_string(), expected);
            }
        }
    }
    panic!("no attempt gets to the end");
}

#[test]
fn what_was_read_is_not_read_again_and_the_results_are_those_of_one_go() {
    let folder = TempDir::new().unwrap();
    let paths = files(folder.path());
    let mut whole = Sink::default();
    let at_once = read(&paths, (None, 2), &mut whole, folder.path()).unwrap();
    assert_eq!(whole.rows.len(), 62);
    let kept = TempDir::new().unwrap();
    let keeping = Keeping {
        folder: kept.path().to_owned(),
        fingerprint: "these files".to_owned(),
        every_bytes: 1,
    };
    let (gathered, rows) = read_in_attempts(&paths, &keeping, folder.path());
    assert_eq!(rows, whole.rows);
    assert_eq!(results(&gathered), results(&at_once));
    // All of it was read: the same again reads nothing, not even rows that are set aside.
    drop(gathered);
    let mut nothing = Sink {
        rows: rows.clone(),
        fails_after: Some(rows.len()),
    };
    let again = read(&paths, (Some(keeping), 2), &mut nothing, folder.path()).unwrap();
    assert_eq!(results(&again), results(&at_once));
    assert!(Keeping::is_for(kept.path(), "these files"));
    assert!(!Keeping::is_for(kept.path(), "others"));
}

#[test]
fn what_is_shorter_than_its_record_is_not_gone_on_from() {
    let folder = TempDir::new().unwrap();
    let paths = files(folder.path());
    let kept = TempDir::new().unwrap();
    let keeping = Keeping {
        folder: kept.path().to_owned(),
        fingerprint: "x".to_owned(),
        every_bytes: 1,
    };
    let mut sink = Sink::default();
    read(&paths, (Some(keeping.clone()), 2), &mut sink, folder.path()).unwrap();
    let facts = std::fs::File::options()
        .write(true)
        .open(kept.path().join("facts-0"))
        .unwrap();
    facts.set_len(10).unwrap();
    let error = read(&paths, (Some(keeping), 2), &mut sink, folder.path()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "facts that were set aside in memory or on disk came back damaged"
    );
}
