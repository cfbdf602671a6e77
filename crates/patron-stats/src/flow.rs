//! Did more customers move between groups this month than usual, and where?
//!
//! Knows from-to matrices of counts: rows where customers were, columns where they are.

use crate::distributions::{chi_square_above, fisher_above, normal_above, student_above};

/// Cells that are expected to hold fewer are counted together: below, chi-square is no good guide.
pub const FEWEST_EXPECTED: f64 = 5.0;

/// Why flows were not compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FlowError {
    /// Nothing to compare with.
    #[error("no earlier matrix, expected at least one")]
    NothingUsual,
    /// A matrix has another form than the first.
    #[error("matrix {matrix} has another number of rows or columns than that tested")]
    FormsDiffer {
        /// Which of the earlier ones, from 0; the one tested where its own rows differ.
        matrix: usize,
    },
    /// No row has enough customers, now and before, in two columns.
    #[error("no row has enough customers in two columns, now and before")]
    TooFewCustomers,
}

/// What a test of a matrix against usual flow says.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowTest {
    /// Pearson's chi-square of this matrix against all earlier ones together, summed over rows; not divided by the dispersion.
    pub statistic: f64,
    /// Its degrees of freedom.
    pub degrees_of_freedom: u32,
    /// By how many times the earlier months vary more among themselves than chance makes, at least 1; 1 with one earlier month.
    pub dispersion: f64,
    /// Degrees of freedom of the dispersion: 0 where it is not estimated.
    pub dispersion_degrees: u32,
    /// Probability of a matrix at least as far from what is usual, if nothing has changed.
    pub p_value: f64,
    /// All cells tested, by row and column.
    pub cells: Vec<FlowCell>,
    /// Rows left out, for too few customers.
    pub left_out: Vec<usize>,
}

impl FlowTest {
    /// Returns the cells that stand out, the farthest first: those of which chance alone, however many cells were looked at, makes even one
    /// with probability `risk` at most.
    #[must_use]
    pub fn standing_out(&self, risk: f64) -> Vec<&FlowCell> {
        let mut found: Vec<&FlowCell> = self
            .cells
            .iter()
            .filter(|cell| cell.adjusted_p_value <= risk)
            .collect();
        found.sort_by(|left, right| right.residual.abs().total_cmp(&left.residual.abs()));
        found
    }
}

/// One cell, or several of a row that were too small by themselves.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowCell {
    /// Row.
    pub from: usize,
    /// Columns counted together; one as a rule.
    pub to: Vec<usize>,
    /// Customers who moved so.
    pub count: u64,
    /// Customers who would have, at the rates of this and the earlier matrices together.
    pub expected: f64,
    /// Adjusted residual, over the root of the dispersion: about normal if nothing has changed; above 0 where more moved.
    pub residual: f64,
    /// Probability of a residual at least as large, if nothing has changed.
    pub p_value: f64,
    /// The same for the largest of as many residuals as there are cells (Holm).
    pub adjusted_p_value: f64,
}

/// Tests a from-to matrix against earlier ones.
///
/// # Model
///
/// Row by row, this month's customers and those of all earlier months together are two samples of where customers of that row go:
///
/// ```text
/// X² = Σ (n − e)²/e          over rows, columns and the two samples; e from the margins, with Σ (columns − 1) degrees of freedom
/// φ = X²_earlier / its degrees of freedom, at least 1       the same among the earlier months by themselves
/// p = P(F > X²/df/φ)         F with the degrees of freedom of both; chi-square where φ is 1
/// residual (n − e) / √(φ·e·(1 − column share)·(1 − share of this month))
/// ```
///
/// Months differ by more than chance makes: with many customers every month would be unusual. φ says by how much they usually do; with one
/// earlier month it cannot be told and is taken for 1. It is as if each month's rates had been drawn anew, so months should be of like
/// size.
///
/// In each row, columns in which a sample is expected to have fewer than [`FEWEST_EXPECTED`] are counted together, if need be with the next
/// smallest; rows with fewer than two columns then are left out.
///
/// # Errors
/// [`FlowError`].
///
/// # Source
/// Anderson, Goodman (1957), Statistical inference about Markov chains; Wedderburn (1974), Quasi-likelihood functions, for dispersion; Haberman
/// (1973) for adjusted residuals; Holm (1979). Checked against scipy and statsmodels.
pub fn against_usual(now: &[Vec<u64>], before: &[Vec<Vec<u64>>]) -> Result<FlowTest, FlowError> {
    check(now, before)?;
    let mut test = FlowTest {
        statistic: 0.0,
        degrees_of_freedom: 0,
        dispersion: 1.0,
        dispersion_degrees: 0,
        p_value: 1.0,
        cells: Vec::new(),
        left_out: Vec::new(),
    };
    let mut among_earlier = 0.0;
    for (from, row) in now.iter().enumerate() {
        let earlier: Vec<&[u64]> = before
            .iter()
            .filter_map(|month| month.get(from))
            .map(Vec::as_slice)
            .collect();
        if let Some(table) = Table::new(&earlier) {
            among_earlier += table.chi_square();
            test.dispersion_degrees += table.degrees_of_freedom();
        }
        let pooled: Vec<u64> = (0..row.len())
            .map(|to| earlier.iter().filter_map(|month| month.get(to)).sum())
            .collect();
        match Table::new(&[row, &pooled]) {
            Some(table) => {
                test.statistic += table.chi_square();
                test.degrees_of_freedom += table.degrees_of_freedom();
                test.cells.extend(table.cells_of_first(from));
            }
            None => test.left_out.push(from),
        }
    }
    if test.degrees_of_freedom == 0 {
        return Err(FlowError::TooFewCustomers);
    }
    if test.dispersion_degrees > 0 {
        test.dispersion = (among_earlier / f64::from(test.dispersion_degrees)).max(1.0);
    }
    test.judge();
    Ok(test)
}

impl FlowTest {
    /// Sets probabilities, once the dispersion is known.
    fn judge(&mut self) {
        let estimated = self.dispersion > 1.0;
        let degrees = f64::from(self.dispersion_degrees);
        self.p_value = if estimated {
            let ratio = self.statistic / f64::from(self.degrees_of_freedom) / self.dispersion;
            fisher_above(ratio, f64::from(self.degrees_of_freedom), degrees)
        } else {
            chi_square_above(self.statistic, self.degrees_of_freedom)
        };
        for cell in &mut self.cells {
            cell.residual /= self.dispersion.sqrt();
            let far = cell.residual.abs();
            let one_side = if estimated {
                student_above(far, degrees)
            } else {
                normal_above(far)
            };
            cell.p_value = (2.0 * one_side).min(1.0);
        }
        let p_values: Vec<f64> = self.cells.iter().map(|cell| cell.p_value).collect();
        for (cell, adjusted) in self.cells.iter_mut().zip(holm(&p_values)) {
            cell.adjusted_p_value = adjusted;
        }
    }
}

/// Returns p-values adjusted so that, of all those that are in truth chance, even one lies below a risk with that risk at most.
///
/// # Source
/// Holm (1979), A simple sequentially rejective multiple test procedure.
#[must_use]
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<(f64, usize)> = p_values.iter().copied().zip(0..).collect();
    order.sort_by(|left, right| left.0.total_cmp(&right.0));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut largest = 0.0_f64;
    for (rank, (p_value, place)) in order.iter().enumerate() {
        largest = largest
            .max(p_value * (p_values.len() - rank) as f64)
            .min(1.0);
        if let Some(slot) = adjusted.get_mut(*place) {
            *slot = largest;
        }
    }
    adjusted
}

fn check(now: &[Vec<u64>], before: &[Vec<Vec<u64>>]) -> Result<(), FlowError> {
    let columns = now.first().map_or(0, Vec::len);
    let fits = |matrix: &[Vec<u64>]| {
        matrix.len() == now.len() && matrix.iter().all(|row| row.len() == columns)
    };
    if before.is_empty() {
        return Err(FlowError::NothingUsual);
    }
    if !fits(now) {
        return Err(FlowError::FormsDiffer {
            matrix: before.len(),
        });
    }
    match before.iter().position(|matrix| !fits(matrix)) {
        Some(matrix) => Err(FlowError::FormsDiffer { matrix }),
        None => Ok(()),
    }
}

/// Samples of where customers of one row go, with columns counted together until each is expected to hold enough.
#[derive(Debug)]
struct Table {
    /// Columns counted together.
    columns: Vec<Vec<usize>>,
    /// Counts, by sample and column; samples without customers are left out.
    samples: Vec<Vec<f64>>,
}

impl Table {
    /// Returns nothing where fewer than two samples or two columns remain.
    fn new(samples: &[&[u64]]) -> Option<Self> {
        let size = |sample: &[u64]| sample.iter().map(|count| *count as f64).sum::<f64>();
        let kept: Vec<&[u64]> = samples
            .iter()
            .copied()
            .filter(|sample| size(sample) > 0.0)
            .collect();
        if kept.len() < 2 {
            return None;
        }
        let whole: f64 = kept.iter().map(|sample| size(sample)).sum();
        let smallest = kept
            .iter()
            .map(|sample| size(sample))
            .fold(f64::INFINITY, f64::min);
        let total = |to: usize| {
            kept.iter()
                .filter_map(|sample| sample.get(to))
                .map(|count| *count as f64)
                .sum::<f64>()
        };
        // Columns, smallest first, with what the smallest sample is expected to have of each.
        let mut totals: Vec<(f64, usize)> = (0..kept.first()?.len())
            .map(|to| (total(to) * smallest / whole, to))
            .collect();
        totals.retain(|(expected, _)| *expected > 0.0);
        totals.sort_by(|left, right| left.0.total_cmp(&right.0).then(left.1.cmp(&right.1)));
        let (mut few, mut expected_of_few) = (Vec::new(), 0.0);
        let mut columns = Vec::new();
        for (expected, to) in totals {
            if expected < FEWEST_EXPECTED || (!few.is_empty() && expected_of_few < FEWEST_EXPECTED)
            {
                few.push(to);
                expected_of_few += expected;
            } else {
                columns.push(vec![to]);
            }
        }
        if expected_of_few >= FEWEST_EXPECTED {
            columns.push(few);
        }
        for together in &mut columns {
            together.sort_unstable();
        }
        columns.sort_unstable();
        let sum = |sample: &[u64], together: &[usize]| {
            let counts = together.iter().filter_map(|to| sample.get(*to));
            counts.map(|count| *count as f64).sum()
        };
        let counted = |sample: &&[u64]| {
            columns
                .iter()
                .map(|together| sum(sample, together))
                .collect()
        };
        let samples = kept.iter().map(counted).collect();
        (columns.len() > 1).then_some(Self { columns, samples })
    }

    fn degrees_of_freedom(&self) -> u32 {
        u32::try_from((self.samples.len() - 1) * (self.columns.len() - 1)).unwrap_or(u32::MAX)
    }

    fn size(&self) -> f64 {
        self.samples.iter().flatten().sum()
    }

    fn column(&self, place: usize) -> f64 {
        self.samples
            .iter()
            .filter_map(|sample| sample.get(place))
            .sum()
    }

    fn chi_square(&self) -> f64 {
        let whole = self.size();
        let of_sample = |sample: &Vec<f64>| {
            let size: f64 = sample.iter().sum();
            let terms = sample.iter().enumerate().map(|(place, count)| {
                let expected = size * self.column(place) / whole;
                (count - expected).powi(2) / expected
            });
            terms.sum::<f64>()
        };
        self.samples.iter().map(of_sample).sum()
    }

    /// Returns the cells of the first sample, with residuals not yet divided by a dispersion.
    fn cells_of_first(&self, from: usize) -> Vec<FlowCell> {
        let whole = self.size();
        let Some(first) = self.samples.first() else {
            return Vec::new();
        };
        let size: f64 = first.iter().sum();
        let cell = |(place, (count, to)): (usize, (&f64, &Vec<usize>))| {
            let share = self.column(place) / whole;
            let expected = size * share;
            let deviation = (expected * (1.0 - share) * (1.0 - size / whole)).sqrt();
            FlowCell {
                from,
                to: to.clone(),
                count: whole_number(*count),
                expected,
                residual: (count - expected) / deviation,
                p_value: 1.0,
                adjusted_p_value: 1.0,
            }
        };
        first
            .iter()
            .zip(&self.columns)
            .enumerate()
            .map(cell)
            .collect()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a sum of whole counts"
)]
const fn whole_number(count: f64) -> u64 {
    count as u64
}
