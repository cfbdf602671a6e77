//! Verification: is everything there that the catalogue names, is it what the catalogue says, and is there nothing else?

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_select::concat::concat_batches;

use super::expire;
use crate::catalogue::files::{self, CatalogueFile};
use crate::catalogue::{Database, ddl, snapshots};
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::rows::failed;
use crate::statistics::{self, ColumnStatistics};
use crate::storage::data_file;
use crate::storage::folder::{self, OPEN_FOLDER, SCHEMA_FOLDER};
use crate::storage::read::{self, FileReader};
use crate::storage::staging::{Abandoned, table_folder};
use crate::tables::Table;

/// How to verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyOptions {
    /// Decodes every row of every file, instead of looking at their ends only.
    pub deep: bool,
    /// Removes what a crash left behind.
    pub clear: bool,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// A data file is not there.
    Missing(PathBuf),
    /// A data file has another size than the catalogue says.
    Resized(PathBuf),
    /// A data file cannot be decoded, or holds something else than the catalogue says.
    Damaged(PathBuf, String),
    /// A file that is not patron's lies among the data files.
    Unknown(PathBuf),
    /// The catalogue contradicts itself.
    Catalogue(String),
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// Snapshots that are kept.
    pub snapshots: u64,
    /// Data files looked at.
    pub files: u64,
    /// Rows in data files.
    pub rows: u64,
    /// What is not as it should be.
    pub problems: Vec<Problem>,
    /// Files that a crash left behind; nobody ever saw them. With `clear` they are gone.
    pub abandoned: Vec<PathBuf>,
    /// Files of expired snapshots that are still to be removed. With `clear` they are gone.
    pub scheduled: Vec<PathBuf>,
}

impl Verification {
    /// Tells whether everything is as it should be.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }
}

/// What the catalogue says of the data files.
struct Known {
    snapshots: u64,
    files: Vec<CatalogueFile>,
    statistics: BTreeMap<i64, Vec<ColumnStatistics>>,
    fingerprints: BTreeMap<i64, String>,
    scheduled: Vec<(i64, PathBuf)>,
    problems: Vec<Problem>,
}

impl Ledger {
    /// Looks at the catalogue and at every data file.
    ///
    /// # Errors
    /// Those of the catalogue and of folders that cannot be listed; whatever is wrong with data files is in the result.
    pub fn verify(&self, options: VerifyOptions) -> Result<Verification, LedgerError> {
        // First the folder, then the catalogue: what is committed in between is in the catalogue.
        let found = folder::files_below(&self.folder().join(SCHEMA_FOLDER))?;
        let known = self.known()?;
        let mut verification = Verification {
            snapshots: known.snapshots,
            files: known.files.len() as u64,
            problems: known.problems.clone(),
            ..Verification::default()
        };
        for file in &known.files {
            verification.rows += u64::try_from(file.rows).unwrap_or(0);
            let checked = self
                .check_file(file, options.deep)
                .and_then(|rows| match rows {
                    Some(rows) => self.check_contents(file, &rows, &known),
                    None => Ok(()),
                });
            match checked {
                Ok(()) => {}
                Err(error) => verification.problems.push(problem(error)?),
            }
        }
        let scheduled = known.scheduled.iter().map(|(_, path)| path.clone());
        verification.scheduled = scheduled.filter(|path| path.exists()).collect();
        self.check_folder(found, &known, options.clear, &mut verification)?;
        if options.clear {
            self.clear_away()?;
        }
        Ok(verification)
    }

    fn known(&self) -> Result<Known, LedgerError> {
        self.database().read(|database| {
            let mut problems = Vec::new();
            check_numbers(database, &mut problems)?;
            for table in Table::ALL {
                check_table(database, table, &mut problems)?;
            }
            Ok(Known {
                snapshots: snapshots::all(database)?.len() as u64,
                files: files::all(database)?,
                statistics: files::all_statistics(database)?,
                fingerprints: files::fingerprints(database)?,
                scheduled: expire::scheduled(database, self.folder())?,
                problems,
            })
        })
    }

    /// Looks at the end of a file, or decodes all of it and returns the rows.
    fn check_file(
        &self,
        file: &CatalogueFile,
        deep: bool,
    ) -> Result<Option<RecordBatch>, LedgerError> {
        let table = file.table;
        let schema = table.schema();
        let columns: Vec<usize> = (0..schema.fields().len()).collect();
        let part = self.part(file, Vec::new());
        let footer = read::stated_footer(&part.file.path, file.bytes)?;
        if footer != file.footer_bytes {
            let expected = file.footer_bytes;
            return Err(LedgerError::FileDamaged {
                path: part.file.path,
                reason: format!("its footer has {footer} bytes instead of {expected}"),
            });
        }
        let mut reader = FileReader::open(&part.file, table, &columns, schema)?;
        if !deep {
            return Ok(None);
        }
        let mut batches = Vec::new();
        while let Some(batch) = reader.next_batch()? {
            batches.push(batch);
        }
        concat_batches(&table.schema(), &batches)
            .map(Some)
            .map_err(|source| failed(table, source))
    }

    /// Compares the rows and bytes of a file with what the catalogue says of them.
    fn check_contents(
        &self,
        file: &CatalogueFile,
        rows: &RecordBatch,
        known: &Known,
    ) -> Result<(), LedgerError> {
        let path = self.path_of(file);
        let damaged = |reason: String| {
            Err(LedgerError::FileDamaged {
                path: path.clone(),
                reason,
            })
        };
        let written = known.fingerprints.get(&file.id);
        if written.is_some() && written != Some(&data_file::fingerprint(&path)?) {
            return damaged("its bytes are not those that were written".to_owned());
        }
        let stated = known
            .statistics
            .get(&file.id)
            .map_or(&[][..], Vec::as_slice);
        let found = statistics::of_rows(file.table, rows);
        // A file of an older patron lacks the columns that were added since.
        let lacking = found.get(stated.len()..).unwrap_or_default();
        if found.len() < stated.len() || lacking.iter().any(|column| column.value_count > 0) {
            return damaged("the catalogue does not describe all its columns".to_owned());
        }
        for (column, (found, stated)) in file.table.columns().zip(found.iter().zip(stated)) {
            let same = (found.value_count, found.null_count, &found.bounds)
                == (stated.value_count, stated.null_count, &stated.bounds);
            if !same {
                let name = column.name;
                return damaged(format!("`{name}` differs from what the catalogue says"));
            }
        }
        Ok(())
    }

    /// Sorts out the files that the catalogue does not name.
    fn check_folder(
        &self,
        found: Vec<PathBuf>,
        known: &Known,
        clear: bool,
        verification: &mut Verification,
    ) -> Result<(), LedgerError> {
        let mut named: BTreeSet<PathBuf> =
            known.files.iter().map(|file| self.path_of(file)).collect();
        named.extend(known.scheduled.iter().map(|(_, path)| path.clone()));
        let mut locks = Locks::new();
        for path in found.into_iter().filter(|path| !named.contains(path)) {
            if !is_ours(&path) {
                verification.problems.push(Problem::Unknown(path));
            } else if self.is_abandoned(&path, clear, &mut locks)? {
                verification.abandoned.push(path);
            }
        }
        Ok(())
    }

    /// Tells whether a crash left this file behind, which the catalogue did not name a moment ago; removes it if asked to.
    fn is_abandoned(
        &self,
        path: &Path,
        clear: bool,
        locks: &mut Locks,
    ) -> Result<bool, LedgerError> {
        let name = Abandoned::name_of(path);
        if !locks.contains_key(name) {
            locks.insert(name.to_owned(), Abandoned::named(self.folder(), name)?);
        }
        if locks.get(name).is_none_or(Option::is_none) {
            return Ok(false); // of a change under way
        }
        // The change may have been committed since the catalogue was read; with its lock in hand nothing changes any more.
        if self.is_named(path)? || !path.exists() {
            return Ok(false);
        }
        if clear {
            folder::remove(path)?;
        }
        Ok(true)
    }

    /// Removes what crashes left behind: files that nobody ever saw, and those that nobody sees any more.
    pub(crate) fn clear_away(&self) -> Result<(), LedgerError> {
        let found = folder::files_below(&self.folder().join(SCHEMA_FOLDER))?;
        let files = self.database().read(files::all)?;
        let named: BTreeSet<PathBuf> = files.iter().map(|file| self.path_of(file)).collect();
        let mut locks = Locks::new();
        for path in found
            .iter()
            .filter(|path| !named.contains(*path) && is_ours(path))
        {
            self.is_abandoned(path, true, &mut locks)?;
        }
        drop(locks);
        self.clear_locks()?;
        self.remove_scheduled()?;
        self.database().scrub().map(|_| ())
    }

    fn path_of(&self, file: &CatalogueFile) -> PathBuf {
        table_folder(self.folder(), file.table).join(&file.path)
    }

    fn is_named(&self, path: &Path) -> Result<bool, LedgerError> {
        let files = self.database().read(files::all)?;
        Ok(files.iter().any(|file| self.path_of(file) == path))
    }

    /// Removes the locks of changes whose processes died.
    fn clear_locks(&self) -> Result<(), LedgerError> {
        for path in folder::files_below(&self.folder().join(OPEN_FOLDER))? {
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            if let Some(lock) = Abandoned::named(self.folder(), name)? {
                lock.clear()?;
            }
        }
        Ok(())
    }
}

/// The locks of changes whose files are looked at, by the change's name. Each is taken once: a program that this one starts
/// meanwhile holds what is open for a moment after it was closed here, and would make a dead change look alive.
type Locks = BTreeMap<String, Option<Abandoned>>;

/// Turns what is wrong with a file into a finding; other failures end the verification.
fn problem(error: LedgerError) -> Result<Problem, LedgerError> {
    match error {
        LedgerError::FileMissing { path } => Ok(Problem::Missing(path)),
        LedgerError::FileResized { path, .. } => Ok(Problem::Resized(path)),
        LedgerError::FileDamaged { path, reason } => Ok(Problem::Damaged(path, reason)),
        LedgerError::Io { path, source, .. } => Ok(Problem::Damaged(path, source.to_string())),
        other => Err(other),
    }
}

/// Tells whether a file has a name as this crate gives them: a UUID, a dash, at least five digits, behind an `s` where it is of
/// a share.
fn is_ours(path: &Path) -> bool {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let Some((uuid, number)) = name
        .strip_suffix(".parquet")
        .and_then(|stem| stem.rsplit_once('-'))
    else {
        return false;
    };
    let is_uuid = uuid.len() == 36 && uuid.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit());
    let number = number.strip_prefix('s').unwrap_or(number);
    is_uuid && number.len() >= 5 && number.bytes().all(|digit| digit.is_ascii_digit())
}

/// Makes sure that no number was given out that the newest snapshot does not know of.
fn check_numbers(database: &mut Database, problems: &mut Vec<Problem>) -> Result<(), LedgerError> {
    let newest = snapshots::newest(database)?;
    let sql = "SELECT COALESCE(max(data_file_id), -1), COALESCE(max(begin_snapshot), 0), COALESCE(max(end_snapshot), 0) FROM ducklake_data_file";
    for row in database.query(sql, &[])? {
        if row.integer(0)? >= newest.next_file_id {
            problems.push(Problem::Catalogue(
                "a file has a number not yet given out".to_owned(),
            ));
        }
        if row.integer(1)?.max(row.integer(2)?) > newest.id {
            problems.push(Problem::Catalogue(
                "a file belongs to a later snapshot".to_owned(),
            ));
        }
    }
    Ok(())
}

fn check_table(
    database: &mut Database,
    table: Table,
    problems: &mut Vec<Problem>,
) -> Result<(), LedgerError> {
    let name = table.name();
    let deletes = ddl::inlined_delete_name(table);
    let inlined = ddl::inlined_data_name(table);
    let id = table.id();
    let checks = [
        (
            format!(
                "SELECT count(*) FROM {deletes} x WHERE NOT EXISTS (SELECT 1 FROM ducklake_data_file f WHERE f.data_file_id = x.file_id AND x.row_id >= 0 AND x.row_id < f.record_count)"
            ),
            "deleted rows that no file has",
        ),
        (
            format!(
                "SELECT count(*) FROM (SELECT file_id, row_id FROM {deletes} GROUP BY file_id, row_id HAVING count(*) > 1) twice"
            ),
            "rows deleted twice",
        ),
        (
            format!(
                "SELECT count(*) FROM (SELECT row_id FROM {inlined} GROUP BY row_id HAVING count(*) > 1) twice"
            ),
            "inlined rows with the same number",
        ),
        (
            format!(
                "SELECT count(*) FROM ducklake_table_stats t WHERE t.table_id = {id} AND (t.next_row_id <= (SELECT COALESCE(max(row_id), -1) FROM {inlined}) OR t.next_row_id < (SELECT COALESCE(max(row_id_start + record_count), 0) FROM ducklake_data_file f WHERE f.table_id = {id}))"
            ),
            "rows with numbers not yet given out",
        ),
        (
            format!(
                "SELECT count(*) FROM ducklake_data_file f WHERE f.table_id = {id} AND f.end_snapshot IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ducklake_snapshot s WHERE s.snapshot_id >= f.begin_snapshot AND s.snapshot_id < f.end_snapshot)"
            ),
            "files that no snapshot sees",
        ),
        (
            format!(
                "SELECT COALESCE(max(n), 0) - 1 FROM (SELECT count(*) AS n FROM ducklake_table_stats WHERE table_id = {id}) stats WHERE n > 1"
            ),
            "statistics kept twice",
        ),
    ];
    for (sql, what) in checks {
        let count = database.query(&sql, &[])?;
        let count = count
            .first()
            .map_or(Ok(Some(0)), |row| row.optional_integer(0))?;
        if count.unwrap_or(0) > 0 {
            problems.push(Problem::Catalogue(format!("`{name}` has {what}")));
        }
    }
    Ok(())
}
