//! Where a vocabulary's conditions spend their time, on a file of customers.
//!
//! Some row groups are read, then evaluated, then forgotten: reading is not in the time of conditions, and memory does not
//! grow with the file.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use ::parquet::errors::ParquetError;
use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use patron_core::{Coded, ErrorCode};
use patron_segments::{
    CompiledVocabulary, Condition, ConditionError, ConditionErrorKind, Counts, Explanation,
    NO_SEGMENT, Spent, Vocabulary,
};
use rayon::prelude::*;

use super::segments::{BATCH, SegmentError};

/// Columns of text that hold keys: few values, so they are read with their dictionaries.
const KEYS: [&str; 4] = ["rfm", "octant", "lifecycle", "segment"];
/// Customers that are in memory at once, or a few more.
const WINDOW: i64 = 1_000_000;
const BINS: [&str; 3] = ["r_bins", "f_bins", "m_bins"];

/// Where the time of a vocabulary's conditions went.
#[derive(Debug, Clone)]
pub struct ExplainedFile {
    /// By condition and term.
    pub explanation: Explanation,
    /// Segments whose conditions read a column that the file does not have, with its name.
    pub left_out: Vec<(String, String)>,
    /// How long reading took.
    pub reading: Duration,
    /// How long the conditions took, on all threads.
    pub evaluating: Duration,
    /// Threads.
    pub threads: usize,
}

/// Why conditions cannot be explained.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExplainError {
    /// The file cannot be opened.
    #[error("cannot open `{}`", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is no Parquet file, or is damaged.
    #[error("cannot read `{}` as Parquet", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What the reader says.
        source: ParquetError,
    },
    /// Every condition reads a column that the file does not have.
    #[error("`{}` has none of the columns that the conditions read", path.display())]
    NoColumns {
        /// The file.
        path: PathBuf,
    },
    /// A condition does not fit the file, or cannot be evaluated.
    #[error(transparent)]
    Segments(#[from] SegmentError),
}

impl Coded for ExplainError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Open { .. } => ErrorCode::InputUnreadable,
            Self::Parquet { .. } | Self::NoColumns { .. } => ErrorCode::InputNotUnderstood,
            Self::Segments(error) => error.code(),
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::Parquet { .. } => "parquet",
            Self::NoColumns { .. } => "no_columns",
            Self::Segments(error) => error.key(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Open { .. } => None,
            Self::Parquet { .. } | Self::NoColumns { .. } => Some(
                "give the `customers.parquet` of a run: `patron run … --format parquet` writes it"
                    .to_owned(),
            ),
            Self::Segments(error) => error.hint(),
        }
    }
}

/// Evaluates a vocabulary on the customers of a Parquet file, such as a run writes, and notes what each part takes.
///
/// `bins` are those that scores were given with.
///
/// # Errors
/// [`ExplainError`].
pub fn explain(
    path: &Path,
    vocabulary: &Vocabulary,
    bins: [u8; 3],
) -> Result<ExplainedFile, ExplainError> {
    let mut reading = Watch::default();
    let mut evaluating = Watch::default();
    let file = reading.time(|| CustomersFile::open(path, bins))?;
    let (vocabulary, left_out) = file.fitting(vocabulary)?;
    let compiled =
        CompiledVocabulary::compile(&vocabulary, &file.schema).map_err(SegmentError::from)?;
    let columns = file.places(&compiled.columns());
    let (mut spent, mut counts) = (Spent::default(), Counts::default());
    let (mut primary, mut members) = (Vec::new(), Vec::new());
    for groups in file.windows() {
        let batches = reading.time(|| file.read(groups, &columns))?;
        let customers = batches.iter().map(RecordBatch::num_rows).sum();
        primary.resize(customers, NO_SEGMENT);
        members.resize(customers, 0);
        let of_window = evaluating
            .time(|| assign(&compiled, &batches, &mut primary, &mut members))
            .map_err(SegmentError::from)?;
        spent.add(&of_window);
        counts.add(&primary, &members);
    }
    Ok(ExplainedFile {
        explanation: compiled.explain(&spent, &counts),
        left_out,
        reading: reading.0,
        evaluating: evaluating.0,
        threads: rayon::current_num_threads(),
    })
}

/// The time of several pieces of work.
#[derive(Debug, Default)]
struct Watch(Duration);

impl Watch {
    fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let result = work();
        self.0 += begun.elapsed();
        result
    }
}

/// Assigns the customers of all batches, on all threads; returns what it took.
fn assign(
    compiled: &CompiledVocabulary,
    batches: &[RecordBatch],
    mut primary: &mut [u8],
    mut members: &mut [u64],
) -> Result<Spent, ConditionError> {
    let mut tasks = Vec::with_capacity(batches.len());
    for batch in batches {
        let rows = batch.num_rows();
        let (primary_of, rest) = primary.split_at_mut(rows);
        primary = rest;
        let (members_of, rest) = members.split_at_mut(rows);
        members = rest;
        tasks.push((batch, primary_of, members_of));
    }
    tasks
        .into_par_iter()
        .try_fold(Spent::default, |mut spent, (batch, primary, members)| {
            compiled.assign_into(batch, primary, members, &mut spent)?;
            Ok(spent)
        })
        .try_reduce(Spent::default, |mut left, right| {
            left.add(&right);
            Ok(left)
        })
}

/// A Parquet file of customers, with columns for the bins of scores, which such a file does not have.
struct CustomersFile<'a> {
    path: &'a Path,
    metadata: ArrowReaderMetadata,
    bins: Vec<(&'static str, u8)>,
    /// Of the file, and of the bins.
    schema: SchemaRef,
}

impl<'a> CustomersFile<'a> {
    fn open(path: &'a Path, bins: [u8; 3]) -> Result<Self, ExplainError> {
        let file = opened(path)?;
        let parquet = |source| of_parquet(path, source);
        let plain = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(parquet)?;
        let with_keys = Arc::new(Schema::new(
            plain
                .schema()
                .fields()
                .iter()
                .map(keyed)
                .collect::<Vec<_>>(),
        ));
        let options = ArrowReaderOptions::new().with_schema(with_keys);
        let metadata =
            ArrowReaderMetadata::try_new(Arc::clone(plain.metadata()), options).map_err(parquet)?;
        let own = metadata.schema();
        let bins: Vec<(&'static str, u8)> = BINS
            .into_iter()
            .zip(bins)
            .filter(|(name, _)| own.index_of(name).is_err())
            .collect();
        let mut fields: Vec<Arc<Field>> = own.fields().to_vec();
        fields.extend(bins.iter().map(|(name, _)| bins_field(name)));
        Ok(Self {
            path,
            schema: Arc::new(Schema::new(fields)),
            metadata,
            bins,
        })
    }

    /// Returns the vocabulary with the segments whose columns are there, and the others with a column each that is not.
    fn fitting(
        &self,
        vocabulary: &Vocabulary,
    ) -> Result<(Vocabulary, Vec<(String, String)>), ExplainError> {
        let mut fitting = vocabulary.clone();
        let mut left_out = Vec::new();
        fitting.segments.retain(|segment| {
            match Condition::compile(&segment.when, &self.schema).map_err(|error| error.kind) {
                Err(ConditionErrorKind::UnknownColumn { name, .. }) => {
                    left_out.push((segment.key.clone(), name));
                    false
                }
                _ => true,
            }
        });
        if fitting.segments.is_empty() {
            let path = self.path.to_owned();
            return Err(ExplainError::NoColumns { path });
        }
        Ok((fitting, left_out))
    }

    fn places(&self, names: &[&str]) -> Vec<usize> {
        let fields = self.metadata.schema().fields().iter().enumerate();
        let named = fields.filter(|(_, field)| names.contains(&field.name().as_str()));
        named.map(|(place, _)| place).collect()
    }

    /// Cuts the row groups into windows of about [`WINDOW`] customers.
    fn windows(&self) -> Vec<Range<usize>> {
        let groups = self.metadata.metadata().row_groups();
        let (mut windows, mut from, mut rows) = (Vec::new(), 0, 0);
        for (group, metadata) in groups.iter().enumerate() {
            rows += metadata.num_rows();
            if rows >= WINDOW || group + 1 == groups.len() {
                windows.push(from..group + 1);
                (from, rows) = (group + 1, 0);
            }
        }
        windows
    }

    /// Reads the columns at these places, in batches as conditions take them.
    fn read(
        &self,
        groups: Range<usize>,
        places: &[usize],
    ) -> Result<Vec<RecordBatch>, ExplainError> {
        let read: Vec<Vec<RecordBatch>> = groups
            .into_par_iter()
            .map(|group| self.group(group, places))
            .collect::<Result<_, ExplainError>>()?;
        Ok(read.into_iter().flatten().collect())
    }

    fn group(&self, group: usize, roots: &[usize]) -> Result<Vec<RecordBatch>, ExplainError> {
        let file = opened(self.path)?;
        let builder =
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
        let only = ProjectionMask::roots(builder.parquet_schema(), roots.iter().copied());
        let reader = builder
            .with_projection(only)
            .with_row_groups(vec![group])
            .with_batch_size(BATCH)
            .build()
            .map_err(|source| of_parquet(self.path, source))?;
        reader
            .map(|batch| self.with_bins(&batch?))
            .collect::<Result<_, ArrowError>>()
            .map_err(|source| of_parquet(self.path, source.into()))
    }

    fn with_bins(&self, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let mut fields: Vec<Arc<Field>> = batch.schema().fields().to_vec();
        let mut columns = batch.columns().to_vec();
        for &(name, bins) in &self.bins {
            let column: ArrayRef =
                Arc::new(Int64Array::from_value(i64::from(bins), batch.num_rows()));
            fields.push(bins_field(name));
            columns.push(column);
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
    }
}

fn opened(path: &Path) -> Result<File, ExplainError> {
    File::open(path).map_err(|source| ExplainError::Open {
        path: path.to_owned(),
        source,
    })
}

fn of_parquet(path: &Path, source: ParquetError) -> ExplainError {
    ExplainError::Parquet {
        path: path.to_owned(),
        source,
    }
}

fn bins_field(name: &str) -> Arc<Field> {
    Arc::new(Field::new(name, DataType::Int64, false))
}

fn keyed(field: &Arc<Field>) -> Arc<Field> {
    let is_key = KEYS.contains(&field.name().as_str()) && *field.data_type() == DataType::Utf8;
    if !is_key {
        return Arc::clone(field);
    }
    let of_keys = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    Arc::new(field.as_ref().clone().with_data_type(of_keys))
}
