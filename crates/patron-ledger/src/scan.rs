//! Reading a table as a snapshot sees it: data files without their deleted rows, and the rows inlined in the catalogue.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{BooleanArray, RecordBatch, RecordBatchOptions};
use arrow_schema::SchemaRef;
use arrow_select::filter::filter_record_batch;

use crate::bucket::{Bucket, Overlap};
use crate::catalogue::files::{self, CatalogueFile};
use crate::catalogue::snapshots::{self, At};
use crate::catalogue::{Database, inlined};
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::rows::failed;
use crate::storage::read::{FileReader, KnownFile};
use crate::storage::staging::table_folder;
use crate::tables::Table;

const PERSON: &str = "person_id";

/// What to read.
#[derive(Debug, Clone)]
pub struct ScanRequest {
    /// Which table.
    pub table: Table,
    /// As which snapshot sees it.
    pub at: At,
    /// Which columns, in this order; all if nothing is said.
    pub columns: Option<Vec<String>>,
    /// Whose rows.
    pub of: Persons,
    /// Only rows that this earlier snapshot does not see.
    pub since: Option<i64>,
}

/// Whose rows to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Persons {
    /// Everybody's.
    All,
    /// Those of one bucket. Tables without persons are read whole, in the first bucket only.
    Bucket(Bucket),
    /// Those of these persons.
    These(BTreeSet<String>),
}

impl ScanRequest {
    /// Asks for all columns and everybody of the newest snapshot.
    #[must_use]
    pub const fn new(table: Table) -> Self {
        Self {
            table,
            at: At::Latest,
            columns: None,
            of: Persons::All,
            since: None,
        }
    }

    /// Asks for rows that an earlier snapshot does not see, and no others.
    #[must_use]
    pub const fn since(mut self, snapshot: i64) -> Self {
        self.since = Some(snapshot);
        self
    }

    /// Asks for another snapshot.
    #[must_use]
    pub const fn at(mut self, at: At) -> Self {
        self.at = at;
        self
    }

    /// Asks for these columns only.
    #[must_use]
    pub fn columns(mut self, columns: &[&str]) -> Self {
        self.columns = Some(columns.iter().map(|&name| name.to_owned()).collect());
        self
    }

    /// Asks for some persons only.
    #[must_use]
    pub fn of(mut self, persons: Persons) -> Self {
        self.of = persons;
        self
    }
}

/// The rows asked for, batch after batch. Inside a file they are in the table's order; files are not merged.
///
/// A failure ends it.
pub struct Scan {
    snapshot: i64,
    filter: RowFilter,
    wanted: Wanted,
    files: VecDeque<Part>,
    open: Option<(FileReader, Part)>,
    inlined: Option<RecordBatch>,
}

/// One file to be read.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) file: KnownFile,
    pub(crate) bucket: Bucket,
    /// The first snapshot that sees it.
    pub(crate) begin: i64,
    /// Places of deleted rows, ascending.
    pub(crate) deleted: Vec<i64>,
    /// Rows read so far.
    pub(crate) read: i64,
}

/// Which columns are read and which of them are given.
#[derive(Debug, Clone)]
struct Wanted {
    table: Table,
    /// Places of the columns read, ascending.
    read: Vec<usize>,
    read_schema: SchemaRef,
    /// Places, among those read, of the columns given.
    given: Vec<usize>,
}

/// Which rows are given.
#[derive(Clone)]
struct RowFilter {
    persons: Persons,
    /// Place of the person among the columns read.
    person: Option<usize>,
}

impl Ledger {
    /// Reads a table.
    ///
    /// A file may be gone by the time it is read if somebody expires this snapshot or erases a person meanwhile
    /// ([`LedgerError::FileMissing`]); the newest snapshot, read anew, then has everything.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchSnapshot`]; [`LedgerError::SnapshotGone`]; [`LedgerError::RowsDiffer`] for a column that the
    /// table lacks. The batches name missing and damaged files.
    pub fn scan(&self, request: &ScanRequest) -> Result<Scan, LedgerError> {
        let table = request.table;
        let wanted = Wanted::of(request)?;
        let nobody = !table.has_persons() && matches!(&request.of, Persons::These(_))
            || matches!(&request.of, Persons::Bucket(bucket) if !table.has_persons() && bucket.index() > 0);
        let (snapshot, parts, inlined) = self.database().read(|database| {
            let snapshot = snapshots::resolve(database, request.at)?;
            if nobody {
                return Ok((snapshot, Vec::new(), None));
            }
            let mut parts = self.parts(database, table, snapshot, &request.of)?;
            let inlined = match request.since {
                None => inlined::seen(database, table, snapshot)?,
                Some(since) => {
                    parts.retain(|part| part.begin > since);
                    inlined::seen_since(database, table, (since, snapshot))?
                }
            };
            Ok((snapshot, parts, Some(inlined.rows)))
        })?;
        let persons = if table.has_persons() {
            request.of.clone()
        } else {
            Persons::All
        };
        let person = wanted.place_of(PERSON);
        Ok(Scan {
            snapshot,
            filter: RowFilter { persons, person },
            files: parts.into(),
            open: None,
            inlined: match inlined {
                Some(rows) => Some(wanted.of_whole(&rows)?),
                None => None,
            },
            wanted,
        })
    }

    /// Lists the files that may hold rows of these persons.
    fn parts(
        &self,
        database: &mut Database,
        table: Table,
        snapshot: i64,
        persons: &Persons,
    ) -> Result<Vec<Part>, LedgerError> {
        let bounds = match persons {
            Persons::These(_) => files::bounds(database, table, PERSON)?,
            _ => BTreeMap::new(),
        };
        let mut deleted = files::deleted(database, table, snapshot)?;
        let seen = files::seen(database, table, snapshot)?;
        let wanted = seen.into_iter().filter(|file| {
            let bucket = Bucket::of_path(&file.path);
            match persons {
                Persons::All => true,
                Persons::Bucket(asked) => bucket.overlap(*asked) != Overlap::None,
                Persons::These(these) => these.iter().any(|person| {
                    let inside = bounds
                        .get(&file.id)
                        .is_none_or(|(least, greatest)| person >= least && person <= greatest);
                    inside && bucket.has(Some(person))
                }),
            }
        });
        Ok(wanted
            .map(|file| {
                let deleted = deleted.remove(&file.id).unwrap_or_default();
                self.part(&file, deleted)
            })
            .collect())
    }

    /// Returns a file of the catalogue as something to be read.
    pub(crate) fn part(&self, file: &CatalogueFile, deleted: Vec<i64>) -> Part {
        Part {
            file: KnownFile {
                path: table_folder(self.folder(), file.table).join(&file.path),
                bytes: file.bytes,
                rows: file.rows,
            },
            bucket: Bucket::of_path(&file.path),
            begin: file.begin,
            deleted,
            read: 0,
        }
    }
}

/// Without the rows and persons, which are nobody's business in a log.
impl fmt::Debug for Scan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scan")
            .field("table", &self.wanted.table)
            .field("snapshot", &self.snapshot)
            .finish_non_exhaustive()
    }
}

impl Scan {
    /// Returns the snapshot that is read.
    #[must_use]
    pub const fn snapshot(&self) -> i64 {
        self.snapshot
    }

    /// Takes it apart into scans of a file each, and one of what is in no file, to be read by several threads.
    #[must_use]
    pub fn into_parts(self) -> Vec<Self> {
        let Self {
            snapshot,
            filter,
            wanted,
            files,
            open,
            inlined,
        } = self;
        let part = |files, open, inlined| Self {
            snapshot,
            filter: filter.clone(),
            wanted: wanted.clone(),
            files,
            open,
            inlined,
        };
        let rest = open.is_some() || inlined.is_some();
        let rest = rest.then(|| part(VecDeque::new(), open, inlined));
        let files = files
            .into_iter()
            .map(|file| part(VecDeque::from([file]), None, None));
        files.chain(rest).collect()
    }

    fn advance(&mut self) -> Result<Option<RecordBatch>, LedgerError> {
        loop {
            if let Some((reader, part)) = &mut self.open {
                match reader.next_batch()? {
                    Some(batch) => {
                        let table = self.wanted.table;
                        let kept = self.filter.apply(table, batch, part)?;
                        if kept.num_rows() > 0 {
                            return self.wanted.given(&kept).map(Some);
                        }
                    }
                    None => self.open = None,
                }
            } else if let Some(part) = self.files.pop_front() {
                let wanted = &self.wanted;
                let schema = Arc::clone(&wanted.read_schema);
                let reader = FileReader::open(&part.file, wanted.table, &wanted.read, schema)?;
                self.open = Some((reader, part));
            } else if let Some(batch) = self.inlined.take() {
                let table = self.wanted.table;
                let kept = self.filter.of_inlined(table, batch)?;
                if kept.num_rows() > 0 {
                    return self.wanted.given(&kept).map(Some);
                }
            } else {
                return Ok(None);
            }
        }
    }
}

impl Iterator for Scan {
    type Item = Result<RecordBatch, LedgerError>;

    fn next(&mut self) -> Option<Self::Item> {
        let result = self.advance().transpose();
        if matches!(result, Some(Err(_))) {
            self.files.clear();
            self.open = None;
            self.inlined = None;
        }
        result
    }
}

impl Wanted {
    fn of(request: &ScanRequest) -> Result<Self, LedgerError> {
        let table = request.table;
        let schema = table.schema();
        let names = match &request.columns {
            Some(names) => names.clone(),
            None => schema
                .fields()
                .iter()
                .map(|field| field.name().clone())
                .collect(),
        };
        let place = |name: &String| {
            schema.index_of(name).map_err(|_| LedgerError::RowsDiffer {
                table: table.name(),
                column: name.clone(),
                found: "asked for".to_owned(),
                expected: "absent".to_owned(),
            })
        };
        let places = names.iter().map(place).collect::<Result<Vec<_>, _>>()?;
        let mut read: BTreeSet<usize> = places.iter().copied().collect();
        if request.of != Persons::All && table.has_persons() {
            read.extend(schema.index_of(PERSON).ok());
        }
        if read.is_empty() {
            // To count rows, the column that is everywhere and small will do.
            read.extend(schema.index_of("import_id").ok());
        }
        let read: Vec<usize> = read.into_iter().collect();
        let given = places
            .iter()
            .filter_map(|place| read.binary_search(place).ok())
            .collect();
        let read_schema = schema
            .project(&read)
            .map_err(|source| failed(table, source))?;
        Ok(Self {
            table,
            read,
            read_schema: Arc::new(read_schema),
            given,
        })
    }

    fn place_of(&self, name: &str) -> Option<usize> {
        self.read_schema.index_of(name).ok()
    }

    /// Picks the columns read from rows with all columns.
    fn of_whole(&self, rows: &RecordBatch) -> Result<RecordBatch, LedgerError> {
        rows.project(&self.read)
            .map_err(|source| failed(self.table, source))
    }

    /// Picks the columns given from those read.
    fn given(&self, rows: &RecordBatch) -> Result<RecordBatch, LedgerError> {
        let picked = rows.project(&self.given).and_then(|picked| {
            let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
            RecordBatch::try_new_with_options(picked.schema(), picked.columns().to_vec(), &options)
        });
        picked.map_err(|source| failed(self.table, source))
    }
}

impl RowFilter {
    /// Drops deleted rows and those of other persons.
    fn apply(
        &self,
        table: Table,
        batch: RecordBatch,
        part: &mut Part,
    ) -> Result<RecordBatch, LedgerError> {
        let whole = match &self.persons {
            Persons::All => true,
            Persons::Bucket(asked) => part.bucket.overlap(*asked) == Overlap::All,
            Persons::These(_) => false,
        };
        let batch = without_deleted(table, batch, part)?;
        if whole {
            Ok(batch)
        } else {
            self.of_inlined(table, batch)
        }
    }

    /// Drops rows of other persons.
    fn of_inlined(&self, table: Table, batch: RecordBatch) -> Result<RecordBatch, LedgerError> {
        let Some(person) = self.person.filter(|_| self.persons != Persons::All) else {
            return Ok(batch);
        };
        let ids = batch.column(person).as_string::<i32>();
        let keep: BooleanArray = match &self.persons {
            Persons::All => return Ok(batch),
            Persons::Bucket(bucket) => ids.iter().map(|id| Some(bucket.has(id))).collect(),
            Persons::These(these) => ids
                .iter()
                .map(|id| Some(id.is_some_and(|id| these.contains(id))))
                .collect(),
        };
        filter_record_batch(&batch, &keep).map_err(|source| failed(table, source))
    }
}

/// Drops the rows of a batch that were deleted from its file.
pub(crate) fn without_deleted(
    table: Table,
    batch: RecordBatch,
    part: &mut Part,
) -> Result<RecordBatch, LedgerError> {
    let from = part.read;
    part.read += i64::try_from(batch.num_rows()).unwrap_or(0);
    let first = part.deleted.partition_point(|place| *place < from);
    let last = part.deleted.partition_point(|place| *place < part.read);
    let Some(places) = part
        .deleted
        .get(first..last)
        .filter(|places| !places.is_empty())
    else {
        return Ok(batch);
    };
    let keep: BooleanArray = (from..part.read)
        .map(|place| Some(places.binary_search(&place).is_err()))
        .collect();
    filter_record_batch(&batch, &keep).map_err(|source| failed(table, source))
}
