//! Which segments each customer belongs to.

use patron_core::{Coded, ErrorCode};
use patron_segments::{
    CompiledVocabulary, ConditionError, NO_SEGMENT, Spent, Vocabulary, VocabularyError,
};
use rayon::prelude::*;

use crate::output::columns::{Columns, ScoredCustomers};

/// Customers whose conditions are evaluated together: what is worked out of them stays in a processor's cache.
pub(super) const BATCH: usize = 4 * 1024;

/// The segments of every customer, in customer order.
#[derive(Debug)]
pub struct Segments {
    /// Keys by index and bit: the vocabulary's own in their order, then those always tested for.
    pub keys: Vec<String>,
    /// How many of the keys are the vocabulary's own.
    pub own: usize,
    /// Index of the primary segment; [`NO_SEGMENT`] for others.
    pub primary: Vec<u8>,
    /// A bit per key.
    pub members: Vec<u64>,
}

/// Why segments cannot be found.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SegmentError {
    /// The vocabulary does not fit the columns of this run.
    #[error(transparent)]
    Vocabulary(#[from] VocabularyError),
    /// A condition cannot be evaluated.
    #[error(transparent)]
    Condition(#[from] ConditionError),
    /// The columns do not make a table: a defect of patron.
    #[error("the columns of customers do not fit together: {0}")]
    Columns(String),
}

impl Coded for SegmentError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Vocabulary(error) => error.code(),
            Self::Condition(error) => error.code(),
            Self::Columns(_) => ErrorCode::Internal,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Vocabulary(error) => error.key(),
            Self::Condition(error) => error.key(),
            Self::Columns(_) => "columns_do_not_fit",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Vocabulary(error) => error.hint(),
            Self::Condition(error) => error.hint(),
            Self::Columns(_) => None,
        }
    }
}

impl Segments {
    /// Finds the segments of every customer.
    ///
    /// # Errors
    /// [`SegmentError`] if a condition reads a column that this run does not have.
    pub fn new(
        customers: &ScoredCustomers<'_>,
        vocabulary: &Vocabulary,
    ) -> Result<Self, SegmentError> {
        let columns = Columns::for_conditions(customers);
        let compiled = CompiledVocabulary::compile(vocabulary, columns.schema())?;
        let columns = columns.only(&compiled.columns());
        let count = customers.len();
        let (mut primary, mut members) = (vec![NO_SEGMENT; count], vec![0; count]);
        primary
            .par_chunks_mut(BATCH)
            .zip(members.par_chunks_mut(BATCH))
            .enumerate()
            .try_for_each(|(batch, (primary, members))| {
                let from = batch * BATCH;
                let rows = columns
                    .batch(from..from + primary.len())
                    .map_err(|error| SegmentError::Columns(error.to_string()))?;
                compiled.assign_into(&rows, primary, members, &mut Spent::default())?;
                Ok::<(), SegmentError>(())
            })?;
        Ok(Self {
            keys: compiled.keys().to_vec(),
            own: vocabulary.segments.len(),
            primary,
            members,
        })
    }

    /// Returns the key of a customer's primary segment, `others` if no condition is met.
    #[must_use]
    pub fn primary_key(&self, customer: usize) -> &str {
        let index = self.primary.get(customer).copied().unwrap_or(NO_SEGMENT);
        self.keys
            .get(usize::from(index))
            .map_or(patron_segments::OTHERS, String::as_str)
    }

    /// Returns the keys of all segments that a customer belongs to.
    pub fn member_keys(&self, customer: usize) -> impl Iterator<Item = &str> {
        let members = self.members.get(customer).copied().unwrap_or(0);
        self.keys
            .iter()
            .enumerate()
            .filter(move |(bit, _)| members >> bit & 1 == 1)
            .map(|(_, key)| key.as_str())
    }
}
