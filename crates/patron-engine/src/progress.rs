//! How long work tells how far it is, without knowing who listens.

/// Somebody who is told how far the work is.
pub trait Progress: Sync {
    /// A step begins; `total` is in the step's own unit, 0 if unknown.
    fn begin(&self, step: Step, total: u64);
    /// So much of the step is done.
    fn advance_to(&self, done: u64);
    /// The step is over.
    fn end(&self);
}

/// The steps of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// Reading files and accounting for rows; unit: bytes, or rows where the total is not known.
    Read,
    /// Folding histories; unit: partitions.
    Fold,
    /// Scores, octants, lifecycle, segments; unit: customers.
    Score,
    /// Fitting and predicting customer lifetime value; unit: distinct histories.
    Value,
    /// Writing results; unit: files.
    Write,
}

impl Step {
    /// Returns the stable key used in `run.json`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Fold => "fold",
            Self::Score => "score",
            Self::Value => "value",
            Self::Write => "write",
        }
    }
}

/// Nobody listens.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _step: Step, _total: u64) {}
    fn advance_to(&self, _done: u64) {}
    fn end(&self) {}
}
