//! Segment conditions: SQL expressions over profile columns.
//!
//! sqlparser reads the text; [`bind`](self) types it against a schema; Arrow's kernels evaluate it. There is no
//! language of our own: AND OR NOT, comparisons, BETWEEN, IN, IS NULL, LIKE, arithmetic and a few functions, with
//! SQL's three-valued logic. Two choices where databases differ: `/` never truncates, and a quotient over zero is null.

mod bind;
mod breakpoints;
mod call;
mod columns;
mod error;
mod evaluate;
mod functions;
mod kind;
mod literal;
mod node;
mod operands;
mod operators;
mod parse;
mod place;
mod plan;
mod spent;
mod words;

use arrow_array::{BooleanArray, RecordBatch};
use arrow_schema::Schema;

pub(crate) use columns::Columns;
pub use error::{ConditionError, ConditionErrorKind};
pub use kind::Kind;
pub use parse::{LONGEST_CONDITION, MOST_OPERATORS};
pub(crate) use plan::Plan;
pub use spent::Spent;
pub(crate) use spent::timed;

/// A condition that fits a schema: what can be evaluated.
///
/// # Examples
/// ```
/// use patron_segments::{Condition, profile_schema};
/// let condition = Condition::compile("recency_days <= 30 AND monetary > 500", &profile_schema())?;
/// assert_eq!(condition.columns().collect::<Vec<_>>(), ["recency_days", "monetary"]);
/// # Ok::<(), patron_segments::ConditionError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Condition {
    text: String,
    root: node::Tree,
    columns: Vec<bind::ColumnUse>,
    plan: Plan,
    last: usize,
}

impl Condition {
    /// Reads a condition and checks it against the columns there are.
    ///
    /// # Errors
    /// [`ConditionError`] with the place in `text`.
    pub fn compile(text: &str, schema: &Schema) -> Result<Self, ConditionError> {
        let expression = parse::parse(text)?;
        let (root, columns) = bind::bind(text, &expression, schema)?;
        let mut plan = Plan::default();
        let last = plan.add(&root, &columns);
        Ok(Self {
            text: text.to_owned(),
            root,
            columns,
            plan,
            last,
        })
    }

    /// Returns the text that was compiled.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the names of the columns it reads, each once, in the order of first use.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// Returns the columns besides those that are `tried` anyway, with the numbers they are compared with; nothing if
    /// one of them is used in any other way, or holds no number.
    pub(crate) fn breakpoints(&self, tried: &[&str]) -> Option<Vec<(&str, Kind, f64)>> {
        let use_of = |place: usize| self.columns.get(place);
        let free = |place: usize| {
            use_of(place).is_some_and(|column| !tried.contains(&column.name.as_str()))
        };
        let found = breakpoints::breakpoints(&self.root, &free)?;
        found
            .into_iter()
            .map(|(place, number)| {
                let column = use_of(place).filter(|column| column.kind.is_number())?;
                Some((column.name.as_str(), column.kind, number))
            })
            .collect()
    }

    /// Returns the numbers that some columns are compared with, with the name of each: between two of them all values of a
    /// column are alike. Nothing if the condition uses one of the columns in any other way, or it holds no number.
    #[must_use]
    pub fn compared_with(&self, columns: &[&str]) -> Option<Vec<(&str, f64)>> {
        let others: Vec<&str> = self
            .columns()
            .filter(|name| !columns.contains(name))
            .collect();
        let found = self.breakpoints(&others)?;
        Some(
            found
                .into_iter()
                .map(|(name, _, number)| (name, number))
                .collect(),
        )
    }

    /// Adds what it works out to a plan that it shares with others; returns the place of its last step.
    pub(crate) fn plan(&self, plan: &mut Plan) -> usize {
        plan.add(&self.root, &self.columns)
    }

    /// Evaluates the condition for each row: true, false, or null where SQL's answer is unknown.
    ///
    /// # Errors
    /// The batch lacks a column or has it in another kind, or a number left its range.
    pub fn evaluate(&self, batch: &RecordBatch) -> Result<BooleanArray, ConditionError> {
        self.evaluate_with(&mut Columns::new(batch))
    }

    pub(crate) fn evaluate_with(
        &self,
        columns: &mut Columns<'_>,
    ) -> Result<BooleanArray, ConditionError> {
        let mut met = self
            .plan
            .evaluate(&[self.last], columns, &mut Spent::default())
            .map_err(|cause| self.failed(&cause))?;
        Ok(met.swap_remove(0))
    }

    pub(crate) fn failed(&self, cause: &arrow_schema::ArrowError) -> ConditionError {
        ConditionError {
            kind: ConditionErrorKind::Evaluation {
                message: cause.to_string(),
            },
            text: self.text.clone(),
            span: place::whole(&self.text),
        }
    }
}
