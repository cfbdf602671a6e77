//! Values of which only counts are known, as where the values themselves are on other machines.

use super::exact_sum::ExactSum;
use super::method::{CutError, Method};
use super::natural_breaks::natural_breaks_counted;
use super::quantile::{pandas_edges_at, type_7_cuts_at, type_7_quantile_at};

/// Distinct values, ascending, with how often each occurs. Stretches of values that decide nothing may be left out.
///
/// # Examples
/// ```
/// use patron_stats::scores::{Counted, CutPoints, Direction, Method};
/// // 1, 1, 1, 2, …, 9: what lies between 2 and 9 is of no interest to a median of eight values.
/// let mut values = Counted::new(8);
/// values.push(0, 1.0, 3);
/// values.push(3, 2.0, 2);
/// let cuts = CutPoints::find_counted(&values, &Method::Median, 2, Direction::HigherIsBetter)?;
/// assert_eq!(cuts.cuts(), [2.0]);
/// # Ok::<(), patron_stats::scores::CutError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counted {
    total: u64,
    steps: Vec<Step>,
    sum: Option<ExactSum>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Step {
    /// Values below.
    before: u64,
    value: f64,
    count: u64,
}

/// The ranks (0 = the smallest) that a method needs to know the values of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ranks {
    /// These.
    Some(Vec<u64>),
    /// Every distinct value, with its count.
    All,
    /// None, but the sum of all values.
    Sum,
}

impl Counted {
    /// Begins with no value known of so many.
    #[must_use]
    pub const fn new(total: u64) -> Self {
        Self {
            total,
            steps: Vec::new(),
            sum: None,
        }
    }

    /// Adds a value larger than those known so far: how many of all are below it, and how many equal it.
    pub fn push(&mut self, before: u64, value: f64, count: u64) {
        self.steps.push(Step {
            before,
            value,
            count,
        });
    }

    /// Takes the sum of all values.
    #[must_use]
    pub fn with_sum(mut self, sum: ExactSum) -> Self {
        self.sum = Some(sum);
        self
    }

    /// Returns how many values there are, known or not.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// Returns the value at a rank, 0 for the smallest; nothing beyond the last, and where it was left out.
    #[must_use]
    pub fn at(&self, rank: u64) -> Option<f64> {
        let behind = self.steps.partition_point(|step| step.before <= rank);
        let step = self.steps.get(behind.checked_sub(1)?)?;
        (rank < step.before + step.count).then_some(step.value)
    }

    /// Returns the type-7 quantile, as [`type_7_quantile`](super::type_7_quantile) of all values; nothing for none, and where
    /// a value that decides was left out.
    #[must_use]
    pub fn type_7_quantile(&self, probability: f64) -> Option<f64> {
        if self.total == 0 || !(0.0..=1.0).contains(&probability) {
            return None;
        }
        let quantile = type_7_quantile_at(self.len(), probability, |ranks| self.all_at(ranks));
        Some(quantile).filter(|quantile| !quantile.is_nan())
    }

    /// Returns which ranks of so many values a method needs.
    ///
    /// # Errors
    /// [`CutError::NeedsOrder`] for methods that split equal values by their order.
    pub fn ranks(method: &Method, bins: u8, total: u64) -> Result<Ranks, CutError> {
        let mut wanted = Vec::new();
        let mut note = |ranks: &[usize]| {
            wanted = ranks.iter().map(|&rank| rank as u64).collect();
            vec![0.0; ranks.len()]
        };
        let count = Self::new(total).len();
        match method {
            Method::QcutFirst | Method::Ntile => {
                return Err(CutError::NeedsOrder {
                    method: method.name(),
                });
            }
            Method::NaturalBreaks => return Ok(Ranks::All),
            Method::Mean => return Ok(Ranks::Sum),
            _ if total == 0 => {}
            Method::Fixed(_) => {}
            Method::Quantile | Method::Median | Method::RRfm => {
                type_7_cuts_at(count, bins, &mut note);
            }
            Method::Qcut => {
                pandas_edges_at(count, bins, &mut note);
            }
        }
        Ok(Ranks::Some(wanted))
    }

    /// The cuts of a method, of `qcut` with the outer edges; NaN where a value that decides was left out. Besides, from how
    /// many distinct values, if they had to be thinned.
    pub(super) fn cuts(
        &self,
        method: &Method,
        bins: u8,
    ) -> Result<(Vec<f64>, Option<usize>), CutError> {
        let type_7 = || type_7_cuts_at(self.len(), bins, |ranks| self.all_at(ranks));
        let cuts = match method {
            Method::Fixed(cuts) => cuts.clone(),
            Method::Quantile | Method::Median => type_7(),
            Method::RRfm => type_7().iter().map(|cut| cut + 1.0).collect(),
            Method::Mean => vec![self.mean()],
            Method::Qcut => pandas_edges_at(self.len(), bins, |ranks| self.all_at(ranks)),
            Method::NaturalBreaks if self.is_whole() => {
                let values = self.steps.iter().map(|step| (step.value, step.count));
                let breaks = natural_breaks_counted(values, bins);
                return Ok((breaks.cuts, breaks.thinned_from));
            }
            Method::NaturalBreaks => vec![f64::NAN],
            Method::QcutFirst | Method::Ntile => {
                return Err(CutError::NeedsOrder {
                    method: method.name(),
                });
            }
        };
        Ok((cuts, None))
    }

    fn mean(&self) -> f64 {
        match &self.sum {
            Some(sum) => sum.mean(),
            None if self.is_whole() => {
                let mut sum = ExactSum::default();
                self.steps
                    .iter()
                    .for_each(|step| sum.add(step.value, step.count));
                sum.mean()
            }
            None => f64::NAN,
        }
    }

    /// Whether no value was left out.
    fn is_whole(&self) -> bool {
        self.steps.iter().map(|step| step.count).sum::<u64>() == self.total
    }

    fn len(&self) -> usize {
        usize::try_from(self.total).unwrap_or(usize::MAX)
    }

    fn all_at(&self, ranks: &[usize]) -> Vec<f64> {
        let at = |&rank: &usize| self.at(rank as u64).unwrap_or(f64::NAN);
        ranks.iter().map(at).collect()
    }
}
