//! The analytic hierarchy process: weights from comparisons of every two aspects.

/// Aspects that can be compared: so far Saaty's random indices go.
pub const MOST_ASPECTS: usize = 15;

/// Up to here comparisons hold together well enough, says Saaty.
pub const ACCEPTABLE_RATIO: f64 = 0.1;

/// How far the product of two entries that mirror each other may lie from 1: 0.33 stands for a third, 0.13 for an eighth.
pub const RECIPROCAL_WITHIN: f64 = 0.05;

/// Mean consistency index of random comparisons on the scale 1/9 … 9, of 1, 2, … aspects.
///
/// Saaty (1980), The Analytic Hierarchy Process, table 1.4. His later tables differ in the second decimal.
const RANDOM_INDEX: [f64; MOST_ASPECTS] = [
    0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59,
];

/// Steps that the power method may take; a positive matrix near a consistent one takes some twenty.
const STEPS: u32 = 100_000;

/// Why comparisons were refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ComparisonError {
    /// Nothing to compare, or too much.
    #[error("{found} aspects, expected 1 to {MOST_ASPECTS}")]
    AspectsOutsideDomain {
        /// Rows given.
        found: usize,
    },
    /// A row has another length than there are rows.
    #[error("row {row} has {found} entries, expected {expected}")]
    NotSquare {
        /// Which, from 0.
        row: usize,
        /// Entries of it.
        found: usize,
        /// Rows of the matrix.
        expected: usize,
    },
    /// An entry is zero, negative, infinite or not a number.
    #[error("the entry {entry} in row {row} and column {column}, expected a finite number above 0")]
    EntryOutsideDomain {
        /// Which row, from 0.
        row: usize,
        /// Which column, from 0.
        column: usize,
        /// The entry.
        entry: f64,
    },
    /// An entry is not the reciprocal of the one that mirrors it.
    #[error(
        "the entry {entry} in row {row} and column {column} and its mirror image {mirrored}, expected reciprocals of each other"
    )]
    NotReciprocal {
        /// Which row, from 0.
        row: usize,
        /// Which column, from 0.
        column: usize,
        /// The entry.
        entry: f64,
        /// The entry of that column and row.
        mirrored: f64,
    },
}

/// Weights of aspects, and how well the comparisons they follow from hold together.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparisons {
    weights: Vec<f64>,
    principal_value: f64,
}

impl Comparisons {
    /// Works out the weights that comparisons say.
    ///
    /// # Model
    ///
    /// Entry (i, j) says how many times as much aspect i counts as aspect j; Saaty's scale is 1 equally, 3 moderately, 5 strongly, 7 very
    /// strongly, 9 extremely. The weights w are the eigenvector of the largest eigenvalue,
    ///
    /// ```text
    /// A·w = λ·w        Σ w = 1        CI = (λ − n)/(n − 1)        CR = CI / RI(n)
    /// ```
    ///
    /// λ = n where comparisons are consistent, `a_ij·a_jk = a_ik`; RI is the mean CI of random comparisons.
    ///
    /// Of two entries that mirror each other the one of 1 or above holds, and the other is taken as its reciprocal: 0.33 for a third is
    /// understood.
    ///
    /// # Errors
    /// [`ComparisonError`], tested in the order of its variants.
    ///
    /// # Numerics
    /// The power method, on until weights no longer change.
    ///
    /// # Source
    /// Saaty (1980), The Analytic Hierarchy Process. Checked against numpy and his example of a house (1990).
    ///
    /// # Examples
    /// ```
    /// use patron_stats::weights::Comparisons;
    ///
    /// let matrix = [vec![1.0, 2.0, 4.0], vec![0.5, 1.0, 2.0], vec![0.25, 0.5, 1.0]];
    /// let found = Comparisons::new(&matrix)?;
    /// assert!((found.weights()[0] - 4.0 / 7.0).abs() < 1e-14);
    /// assert!(found.ratio().abs() < 1e-12);
    /// # Ok::<(), patron_stats::weights::ComparisonError>(())
    /// ```
    pub fn new(matrix: &[Vec<f64>]) -> Result<Self, ComparisonError> {
        let matrix = reciprocal(matrix)?;
        let count = matrix.len() as f64;
        let mut weights = vec![1.0 / count; matrix.len()];
        let mut principal_value = count;
        for _ in 0..STEPS {
            let product = |row: &Vec<f64>| {
                row.iter()
                    .zip(&weights)
                    .map(|(entry, weight)| entry * weight)
                    .sum()
            };
            let next: Vec<f64> = matrix.iter().map(product).collect();
            // The weights add up to 1.
            principal_value = next.iter().sum();
            let next: Vec<f64> = next.iter().map(|weight| weight / principal_value).collect();
            let moved = next
                .iter()
                .zip(&weights)
                .map(|(new, old)| (new - old).abs());
            let most = moved.fold(0.0_f64, f64::max);
            weights = next;
            if most <= 1e-15 {
                break;
            }
        }
        Ok(Self {
            weights,
            principal_value,
        })
    }

    /// Returns the weights, which add up to 1.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Returns the largest eigenvalue, λ, at least the number of aspects.
    #[must_use]
    pub const fn principal_value(&self) -> f64 {
        self.principal_value
    }

    /// Returns the consistency index, CI; 0 for one aspect.
    #[must_use]
    pub fn index(&self) -> f64 {
        let count = self.weights.len() as f64;
        if count > 1.0 {
            ((self.principal_value - count) / (count - 1.0)).max(0.0)
        } else {
            0.0
        }
    }

    /// Returns the consistency ratio, CR: 0 where comparisons hold together, near 1 where they are as good as random; 0 for one and for
    /// two aspects, which cannot contradict themselves.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        match RANDOM_INDEX.get(self.weights.len() - 1) {
            Some(random) if *random > 0.0 => self.index() / random,
            _ => 0.0,
        }
    }

    /// Returns whether the ratio is at most [`ACCEPTABLE_RATIO`].
    #[must_use]
    pub fn is_acceptable(&self) -> bool {
        self.ratio() <= ACCEPTABLE_RATIO
    }
}

/// Checks a matrix, and makes entries below 1 the exact reciprocals of those that mirror them.
fn reciprocal(matrix: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, ComparisonError> {
    let expected = matrix.len();
    if !(1..=MOST_ASPECTS).contains(&expected) {
        return Err(ComparisonError::AspectsOutsideDomain { found: expected });
    }
    for (row, entries) in matrix.iter().enumerate() {
        if entries.len() != expected {
            return Err(ComparisonError::NotSquare {
                row,
                found: entries.len(),
                expected,
            });
        }
    }
    let entries = matrix.iter().enumerate();
    let mut entries = entries.flat_map(|(row, entries)| {
        entries
            .iter()
            .enumerate()
            .map(move |(column, entry)| (row, column, *entry))
    });
    let outside = |entry: f64| !(entry > 0.0 && entry.is_finite());
    if let Some((row, column, entry)) = entries.find(|(.., entry)| outside(*entry)) {
        return Err(ComparisonError::EntryOutsideDomain { row, column, entry });
    }
    let mirror =
        |row: usize, column: usize| matrix.get(column).and_then(|entries| entries.get(row));
    let taken = |row: usize, column: usize, entry: f64| {
        let mirrored = *mirror(row, column).unwrap_or(&1.0);
        if (entry * mirrored - 1.0).abs() > RECIPROCAL_WITHIN {
            return Err(ComparisonError::NotReciprocal {
                row,
                column,
                entry,
                mirrored,
            });
        }
        Ok(if entry >= mirrored {
            entry.max(1.0)
        } else {
            1.0 / mirrored.max(1.0)
        })
    };
    let row = |(row, entries): (usize, &Vec<f64>)| {
        let entries = entries.iter().enumerate();
        entries
            .map(|(column, entry)| taken(row, column, *entry))
            .collect()
    };
    matrix.iter().enumerate().map(row).collect()
}
