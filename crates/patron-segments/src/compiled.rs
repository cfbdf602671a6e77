//! A vocabulary that fits a schema: which segments each row belongs to.

use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch};
use arrow_schema::{ArrowError, Schema};

use crate::bits;
use crate::cells::{self, KeysRead, SCORE_COLUMNS};
use crate::condition::{
    Columns, Condition, ConditionError, ConditionErrorKind, Kind, Plan, Spent, timed,
};
use crate::error::VocabularyError;
use crate::vocabulary::Vocabulary;

/// The primary index of a customer who meets no condition.
pub const NO_SEGMENT: u8 = u8::MAX;

/// A vocabulary compiled for a schema, with the segments that are always tested for.
///
/// Conditions that read nothing but scores are evaluated once per combination of scores and looked up per row. The
/// others share what they have in common, and what reads one text column of few values is evaluated once per value. Where a
/// batch has its bins in `r_bins`, `f_bins`, `m_bins` (each the same in all rows) and its `rfm` is the text of its scores, all
/// ways give the same.
#[derive(Debug)]
pub struct CompiledVocabulary {
    key: String,
    /// Keys by bit: the vocabulary's own in their order, then those always tested for.
    keys: Vec<String>,
    own: u64,
    pub(crate) by_scores: Vec<(u64, Condition)>,
    pub(crate) by_row: Vec<(u64, Condition)>,
    /// What `by_row` works out, and where each of them ends in it.
    pub(crate) plan: Plan,
    pub(crate) ends: Vec<usize>,
    table: Mutex<Option<Arc<ScoreTable>>>,
}

/// Which segments each row of a batch belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// For each row the index of its primary segment in [`CompiledVocabulary::keys`]; [`NO_SEGMENT`] for others.
    pub primary: Vec<u8>,
    /// For each row a bit per segment of [`CompiledVocabulary::keys`].
    pub members: Vec<u64>,
}

/// Memberships of each combination of scores, R slowest.
#[derive(Debug)]
struct ScoreTable {
    bins: [u8; 3],
    members: Vec<u64>,
}

impl CompiledVocabulary {
    /// Checks every condition against the columns there are.
    ///
    /// # Errors
    /// A condition that reads a column which the schema lacks.
    pub fn compile(vocabulary: &Vocabulary, schema: &Schema) -> Result<Self, VocabularyError> {
        let mut compiled = Self {
            key: vocabulary.key.clone(),
            keys: Vec::new(),
            own: 0,
            by_scores: Vec::new(),
            by_row: Vec::new(),
            plan: Plan::default(),
            ends: Vec::new(),
            table: Mutex::new(None),
        };
        let always = Vocabulary::always()?;
        let extra = always
            .iter()
            .filter(|segment| vocabulary.segment(&segment.key).is_none());
        for (index, segment) in vocabulary.segments.iter().chain(extra).enumerate() {
            let bit = 1_u64 << (index % 64); // at most 60 segments and 2 that are always there
            if index < vocabulary.segments.len() {
                compiled.own |= bit;
            }
            let condition = Condition::compile(&segment.when, schema)
                .map_err(|error| vocabulary.at(segment, error))?;
            compiled.keys.push(segment.key.clone());
            compiled.add(bit, condition);
        }
        Ok(compiled)
    }

    /// Files a condition under the cheapest way to evaluate it.
    fn add(&mut self, bit: u64, condition: Condition) {
        if condition
            .columns()
            .all(|column| SCORE_COLUMNS.contains(&column))
        {
            self.by_scores.push((bit, condition));
            return;
        }
        self.ends.push(condition.plan(&mut self.plan));
        self.by_row.push((bit, condition));
    }

    /// Returns the vocabulary's key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the segment keys by index and bit: the vocabulary's own in their order, then `soulmates` and `core`
    /// unless the vocabulary has segments of these names itself.
    #[must_use]
    pub fn keys(&self) -> &[String] {
        &self.keys
    }

    /// Returns the key of a primary index: `others` for [`NO_SEGMENT`].
    #[must_use]
    pub fn key_of(&self, primary: u8) -> &str {
        self.keys
            .get(usize::from(primary))
            .map_or(crate::vocabulary::OTHERS, String::as_str)
    }

    /// Returns the keys of a row's memberships, in order.
    pub fn keys_of(&self, members: u64) -> impl Iterator<Item = &str> {
        self.keys
            .iter()
            .enumerate()
            .filter(move |(index, _)| members >> index & 1 == 1)
            .map(|(_, key)| key.as_str())
    }

    /// Returns the names of the columns that a batch needs, each once. Where scores are no plain combinations, and
    /// conditions on scores alone read `rfm`, a batch needs that as well.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        if !self.by_scores.is_empty() {
            names.extend(SCORE_COLUMNS.iter().filter(|&&name| name != "rfm"));
        }
        for name in self
            .by_row
            .iter()
            .flat_map(|(_, condition)| condition.columns())
        {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Returns the segments of each row.
    ///
    /// # Errors
    /// The batch lacks a column that the schema had.
    pub fn assign(&self, batch: &RecordBatch) -> Result<Assignment, ConditionError> {
        let rows = batch.num_rows();
        let (mut primary, mut members) = (vec![NO_SEGMENT; rows], vec![0; rows]);
        self.assign_into(batch, &mut primary, &mut members, &mut Spent::default())?;
        Ok(Assignment { primary, members })
    }

    /// Writes the segments of each row, as in [`Assignment`], and adds the time it took. Some thousand rows at once are
    /// fastest: what is worked out of them stays in a processor's cache.
    ///
    /// # Errors
    /// The batch lacks a column that the schema had.
    pub fn assign_into(
        &self,
        batch: &RecordBatch,
        primary: &mut [u8],
        members: &mut [u64],
        spent: &mut Spent,
    ) -> Result<(), ConditionError> {
        let mut columns = Columns::new(batch);
        let mut look_up = 0;
        timed(&mut look_up, || match self.look_up(&mut columns, members) {
            Some(()) => Ok(()),
            None => {
                members.fill(0);
                mark(&self.by_scores, &mut columns, members)
            }
        })?;
        let met = self
            .plan
            .evaluate(&self.ends, &mut columns, spent)
            .map_err(|cause| self.first_failure(&mut columns, &cause))?;
        spent.look_up += look_up;
        timed(&mut spent.joining, || {
            let bits = self.by_row.iter().map(|(bit, _)| *bit);
            let met: Vec<(u64, BooleanArray)> = bits.zip(met).collect();
            bits::set(&met, members);
            for (primary, members) in primary.iter_mut().zip(members) {
                *primary = self.primary(*members);
            }
        });
        Ok(())
    }

    /// Finds the condition that cannot be evaluated.
    fn first_failure(&self, columns: &mut Columns<'_>, cause: &ArrowError) -> ConditionError {
        let mut failures = self
            .by_row
            .iter()
            .filter_map(|(_, condition)| condition.evaluate_with(columns).err());
        failures.next().unwrap_or_else(|| ConditionError {
            kind: ConditionErrorKind::Evaluation {
                message: cause.to_string(),
            },
            text: String::new(),
            span: 0..0,
        })
    }

    fn primary(&self, members: u64) -> u8 {
        match members & self.own {
            0 => NO_SEGMENT,
            own => u8::try_from(own.trailing_zeros()).unwrap_or(NO_SEGMENT),
        }
    }

    /// Looks up the memberships that scores decide; nothing where the rows are not plain combinations of scores.
    fn look_up(&self, columns: &mut Columns<'_>, members: &mut [u64]) -> Option<()> {
        if self.by_scores.is_empty() {
            members.fill(0);
            return Some(());
        }
        let bins = uniform_bins(columns)?;
        let table = self.table(bins)?;
        let mut scores = Vec::with_capacity(3);
        for name in ["r_score", "f_score", "m_score"] {
            let column = columns.get(name, Kind::Integer).ok()?;
            if column.null_count() > 0 {
                return None;
            }
            scores.push(column);
        }
        let [r, f, m] = scores.as_slice() else {
            return None;
        };
        let values = |column: &ArrayRef| column.as_primitive::<Int64Type>().values().clone();
        let (r, f, m) = (values(r), values(f), values(m));
        let [r_bins, f_bins, m_bins] = bins.map(i64::from);
        let outside = |score: i64, bins: i64| score < 1 || score > bins;
        for (((members, &r), &f), &m) in members.iter_mut().zip(&*r).zip(&*f).zip(&*m) {
            if outside(r, r_bins) || outside(f, f_bins) || outside(m, m_bins) {
                return None;
            }
            let cell = ((r - 1) * f_bins + f - 1) * m_bins + m - 1;
            *members = *table.members.get(usize::try_from(cell).ok()?)?;
        }
        Some(())
    }

    fn table(&self, bins: [u8; 3]) -> Option<Arc<ScoreTable>> {
        let mut kept = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(table) = kept.as_ref().filter(|table| table.bins == bins) {
            return Some(Arc::clone(table));
        }
        let cells = cells::cells(bins, [true; 3], KeysRead::default());
        let batch = cells::batch(&cells, bins).ok()?;
        let mut members = vec![0; cells.len()];
        mark(&self.by_scores, &mut Columns::new(&batch), &mut members).ok()?;
        let table = Arc::new(ScoreTable { bins, members });
        *kept = Some(Arc::clone(&table));
        Some(table)
    }
}

/// The numbers of bins, if each is one number from 1 to 10 in all rows.
fn uniform_bins(columns: &mut Columns<'_>) -> Option<[u8; 3]> {
    let mut bins = [0; 3];
    for (bins, name) in bins.iter_mut().zip(["r_bins", "f_bins", "m_bins"]) {
        let column = columns.get(name, Kind::Integer).ok()?;
        let column = column.as_primitive::<Int64Type>();
        let first = *column.values().first()?;
        let same = column.null_count() == 0 && column.values().iter().all(|&value| value == first);
        *bins = u8::try_from(first)
            .ok()
            .filter(|bins| same && (1..=10).contains(bins))?;
    }
    Some(bins)
}

/// Sets the bit of each condition in the rows that meet it. Unknown is not met.
pub(crate) fn mark(
    conditions: &[(u64, Condition)],
    columns: &mut Columns<'_>,
    members: &mut [u64],
) -> Result<(), ConditionError> {
    for (bit, condition) in conditions {
        let met = condition.evaluate_with(columns)?;
        bits::set(&[(*bit, met)], members);
    }
    Ok(())
}
