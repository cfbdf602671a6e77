//! A file from its bytes to customers, as `patron run` does it.

use std::path::Path;

use patron_core::{Coded as _, ErrorCode};
use patron_engine::{EngineError, RejectedSink, Resources, Silent, gather};
use patron_fold::{FoldSettings, Profile};
use patron_import::{ImportOptions, RejectedRow};

/// Takes rows set aside.
#[derive(Debug, Default, PartialEq, Eq)]
struct Rejected(Vec<RejectedRow>);

impl RejectedSink for Rejected {
    fn take(&mut self, _file: &str, row: &RejectedRow) -> std::io::Result<()> {
        self.0.push(row.clone());
        Ok(())
    }
}

/// What a run makes of a file, but for what it says of the machine.
type Customers = Vec<(String, Profile)>;

/// Reads and folds a file as `patron run` does.
///
/// # Errors
/// Those of patron-engine.
fn run(
    path: &Path,
    options: &ImportOptions,
    (threads, memory_bytes): (usize, u64),
) -> Result<(Customers, Rejected, u64), EngineError> {
    let resources = Resources {
        threads,
        memory_bytes,
        spill_folder: std::env::temp_dir(),
        keeping: None,
    };
    let mut rejected = Rejected::default();
    let gathered = gather(&[path.to_owned()], options, &resources, &mut rejected, &Silent)?;
    let mut rows_in = 0;
    for file in &gathered.files {
        let account = &file.account;
        assert_eq!(account.by_class.iter().sum::<u64>(), account.rows_in);
        rows_in += account.rows_in;
    }
    let folded = gathered.fold_one(&FoldSettings::default(), None, false, &Silent)?;
    let (table, _) = folded.by_day.into_iter().next().expect("one day");
    let customers = table.ids.iter().map(str::to_owned).zip(table.profiles.iter());
    Ok((customers.collect(), rejected, rows_in))
}

/// Runs a file with one thread and all the memory it asks for, and with three threads and none, and compares.
///
/// # Panics
/// If the two differ.
pub fn check_run(path: &Path, options: &ImportOptions) {
    let plenty = run(path, options, (1, 1 << 30));
    let little = run(path, options, (3, 0));
    match (plenty, little) {
        (Ok(plenty), Ok(little)) => assert_eq!(plenty, little, "neither threads nor memory matter"),
        (Err(plenty), Err(little)) => {
            assert!(!plenty.to_string().is_empty());
            assert!(plenty.code() != ErrorCode::Internal, "a defect: {plenty}");
            assert_eq!(plenty.key(), little.key(), "one error, whatever the threads");
        }
        (plenty, little) => panic!("threads decide: {:?}", (plenty.err(), little.err())),
    }
}
