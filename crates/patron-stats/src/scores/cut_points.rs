//! Cut points of one axis, and the score of a value.

use super::counted::Counted;
use super::method::{CutError, Direction, FEWEST_BINS, MOST_BINS, Method, TieRule};
use super::natural_breaks::natural_breaks;
use super::quantile::{pandas_edges, type_7_cuts};
use super::{exact_sum, rank};

/// Where the values of one axis are cut, and how the bins are numbered.
///
/// # Formula
/// ```text
/// higher is better:  score(v) = 1 + #{c < v}
/// lower is better:   score(v) = k − #{c < v}
/// r-rfm:             the same with c ≤ v
/// ```
/// A value on a cut belongs to the lower bin, and equal values share a score. Repeated cuts are kept: the scores
/// between them are missing and reported, never relabelled.
///
/// # Reference
/// DEFINITIONS §5. Checked against pandas, R's `rfm` and SQL: `reference/scores/`.
///
/// # Examples
/// ```
/// use patron_stats::scores::{CutPoints, Direction, Method};
/// let days = [3.0, 10.0, 10.0, 40.0, 200.0];
/// let recency = CutPoints::find(&days, &Method::Quantile, 2, Direction::LowerIsBetter)?;
/// assert_eq!(recency.cuts(), [10.0]);
/// assert_eq!(recency.score_all(&days), [2, 2, 2, 1, 1]);
/// # Ok::<(), patron_stats::scores::CutError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CutPoints {
    method: Method,
    bins: u8,
    direction: Direction,
    cuts: Vec<f64>,
    counts: Vec<u64>,
    thinned_from: Option<usize>,
}

impl CutPoints {
    /// Finds the cut points of `values`.
    ///
    /// The order of `values` matters only for `qcut-first` and `ntile`: pass them in customer-id order.
    ///
    /// # Errors
    /// No values, a value that is not finite, bins outside 2..10 or other than the method makes, fixed cuts of the
    /// wrong number or order, and for `qcut` repeated edges.
    pub fn find(
        values: &[f64],
        method: &Method,
        bins: u8,
        direction: Direction,
    ) -> Result<Self, CutError> {
        Self::find_and_score(values, method, bins, direction).map(|(found, _)| found)
    }

    /// Finds the cut points of `values` and scores them: one pass less than [`Self::find`], then [`Self::score_all`].
    ///
    /// # Errors
    /// As [`Self::find`].
    pub fn find_and_score(
        values: &[f64],
        method: &Method,
        bins: u8,
        direction: Direction,
    ) -> Result<(Self, Vec<u8>), CutError> {
        check_request(method, bins)?;
        if let Some(position) = values.iter().position(|value| !value.is_finite()) {
            return Err(CutError::NotFinite {
                position,
                value: values[position],
            });
        }
        if values.is_empty() && !matches!(method, Method::Fixed(_)) {
            return Err(CutError::NoValues);
        }
        let mut thinned_from = None;
        let cuts = match method {
            Method::Fixed(cuts) => cuts.clone(),
            Method::Quantile | Method::Median => type_7_cuts(values, bins),
            Method::RRfm => type_7_cuts(values, bins)
                .iter()
                .map(|cut| cut + 1.0)
                .collect(),
            Method::Mean => vec![exact_sum::mean(values)],
            Method::Qcut => inner_edges(pandas_edges(values, bins))?,
            Method::NaturalBreaks => {
                let breaks = natural_breaks(values, bins);
                thinned_from = breaks.thinned_from;
                breaks.cuts
            }
            Method::QcutFirst | Method::Ntile => ranked_cuts(values, method, bins)?,
        };
        let mut found = Self {
            method: method.clone(),
            bins,
            direction,
            cuts,
            counts: Vec::new(),
            thinned_from,
        };
        let scores = found.score_all(values);
        found.counts = found.count(&scores);
        Ok((found, scores))
    }

    /// Finds the cut points of values of which only counts are known: the same as [`Self::find`] of the values.
    ///
    /// The counts may leave out values that decide nothing: [`Counted::ranks`] says which ranks do. [`Self::counts`] is
    /// empty.
    ///
    /// # Errors
    /// As [`Self::find`]; [`CutError::NeedsOrder`] for methods that split equal values, and [`CutError::LeftOut`].
    pub fn find_counted(
        values: &Counted,
        method: &Method,
        bins: u8,
        direction: Direction,
    ) -> Result<Self, CutError> {
        check_request(method, bins)?;
        if values.total() == 0 && !matches!(method, Method::Fixed(_)) {
            return Err(CutError::NoValues);
        }
        let (cuts, thinned_from) = values.cuts(method, bins)?;
        let left_out = |cut: &f64| cut.is_nan();
        if cuts.iter().any(left_out) {
            return Err(CutError::LeftOut {
                method: method.name(),
            });
        }
        let cuts = match method {
            Method::Qcut => inner_edges(cuts)?,
            _ => cuts,
        };
        Ok(Self {
            method: method.clone(),
            bins,
            direction,
            cuts,
            counts: Vec::new(),
            thinned_from,
        })
    }

    /// Takes cut points that were found before, such as those of an earlier run.
    ///
    /// # Errors
    /// Bins outside 2..10, cuts that do not ascend, are not finite or are not one fewer than the bins.
    pub fn frozen(
        method: &Method,
        bins: u8,
        direction: Direction,
        cuts: Vec<f64>,
    ) -> Result<Self, CutError> {
        check_bins(bins)?;
        check_cuts(&cuts, bins)?;
        Ok(Self {
            method: method.clone(),
            bins,
            direction,
            cuts,
            counts: Vec::new(),
            thinned_from: None,
        })
    }

    /// Returns the method that found the cuts.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// Returns the number of bins k.
    #[must_use]
    pub const fn bins(&self) -> u8 {
        self.bins
    }

    /// Returns whether a high value earns a high score.
    #[must_use]
    pub const fn direction(&self) -> Direction {
        self.direction
    }

    /// Returns the k − 1 cuts, ascending. Under [`TieRule::ByPosition`] they are the largest values of the lower bins.
    #[must_use]
    pub fn cuts(&self) -> &[f64] {
        &self.cuts
    }

    /// Returns what becomes of a value that lies exactly on a cut.
    #[must_use]
    pub const fn tie_rule(&self) -> TieRule {
        self.method.tie_rule()
    }

    /// Returns how many of the values that the cuts were found on had each score 1..k; empty for frozen cuts.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Returns the scores 1..k that none of the values had; empty for frozen cuts.
    #[must_use]
    pub fn missing_scores(&self) -> Vec<u8> {
        missing(&self.counts)
    }

    /// Returns the number of distinct values if they were thinned before natural breaks were sought.
    #[must_use]
    pub const fn thinned_from(&self) -> Option<usize> {
        self.thinned_from
    }

    /// Returns whether a value alone decides its score, so that the cuts can be frozen for another run.
    #[must_use]
    pub fn decided_by_value(&self) -> bool {
        self.tie_rule() != TieRule::ByPosition
    }

    /// Returns the score of a value.
    ///
    /// Under [`TieRule::ByPosition`] a value on a cut is ambiguous; it is counted to the lower bin here, and only
    /// [`Self::score_all`] gives the peers' answer.
    #[must_use]
    pub fn score(&self, value: f64) -> u8 {
        let below = match self.tie_rule() {
            TieRule::UpperBin => number(&self.cuts, |cut| cut <= value),
            TieRule::LowerBin | TieRule::ByPosition => number(&self.cuts, |cut| cut < value),
        };
        self.direction.score(below, self.bins)
    }

    /// Returns the score of each value.
    ///
    /// Under [`TieRule::ByPosition`] the ranks are those within `values`, which must be in customer-id order.
    #[must_use]
    pub fn score_all(&self, values: &[f64]) -> Vec<u8> {
        match self.tie_rule() {
            TieRule::ByPosition => rank::score_all(values, &self.method, self.bins, self.direction),
            TieRule::LowerBin | TieRule::UpperBin if self.cuts.len() <= 4 => {
                self.score_among::<4>(values)
            }
            TieRule::LowerBin | TieRule::UpperBin => self.score_among::<9>(values),
        }
    }

    /// Scores with room for `N` cuts: as many comparisons for every value, so that the compiler can do several at once.
    fn score_among<const N: usize>(&self, values: &[f64]) -> Vec<u8> {
        let mut cuts = [f64::INFINITY; N]; // never below or equal to a finite value
        cuts[..self.cuts.len()].copy_from_slice(&self.cuts);
        let (bins, direction) = (self.bins, self.direction);
        match self.tie_rule() {
            TieRule::UpperBin => values
                .iter()
                .map(|&value| direction.score(number(&cuts, |cut| cut <= value), bins))
                .collect(),
            TieRule::LowerBin | TieRule::ByPosition => values
                .iter()
                .map(|&value| direction.score(number(&cuts, |cut| cut < value), bins))
                .collect(),
        }
    }

    /// Returns how many of `scores` are 1, 2, … k.
    #[must_use]
    pub fn count(&self, scores: &[u8]) -> Vec<u64> {
        let mut by_score = [0_u64; 256];
        for &score in scores {
            by_score[usize::from(score)] += 1;
        }
        by_score[1..=usize::from(self.bins)].to_vec()
    }
}

/// Returns how many cuts meet a test; there are at most nine.
fn number(cuts: &[f64], test: impl Fn(f64) -> bool) -> u8 {
    cuts.iter()
        .fold(0_u8, |count, &cut| count.wrapping_add(u8::from(test(cut))))
}

/// Returns the scores (1, 2, …) with a count of zero.
fn missing(counts: &[u64]) -> Vec<u8> {
    (1_u8..)
        .zip(counts)
        .filter(|&(_, &count)| count == 0)
        .map(|(score, _)| score)
        .collect()
}

fn check_bins(bins: u8) -> Result<(), CutError> {
    if (FEWEST_BINS..=MOST_BINS).contains(&bins) {
        Ok(())
    } else {
        Err(CutError::BinsOutOfRange { found: bins })
    }
}

fn check_request(method: &Method, bins: u8) -> Result<(), CutError> {
    check_bins(bins)?;
    match method {
        Method::Fixed(cuts) => check_cuts(cuts, bins),
        Method::Mean | Method::Median if bins != 2 => Err(CutError::BinsDoNotFitMethod {
            method: method.name(),
            required: 2,
            found: bins,
        }),
        _ => Ok(()),
    }
}

fn check_cuts(cuts: &[f64], bins: u8) -> Result<(), CutError> {
    let required = usize::from(bins) - 1;
    if cuts.len() != required {
        return Err(CutError::WrongNumberOfCuts {
            bins,
            required,
            found: cuts.len(),
        });
    }
    if let Some(&value) = cuts.iter().find(|cut| !cut.is_finite()) {
        return Err(CutError::CutNotFinite { value });
    }
    match cuts.windows(2).find(|pair| pair[1] < pair[0]) {
        Some(pair) => Err(CutError::CutsNotAscending {
            previous: pair[0],
            next: pair[1],
        }),
        None => Ok(()),
    }
}

/// Drops the outer edges; a repeated edge is refused as pandas does.
fn inner_edges(edges: Vec<f64>) -> Result<Vec<f64>, CutError> {
    let mut repeated: Vec<f64> = edges
        .windows(2)
        .filter(|pair| pair[1] <= pair[0])
        .map(|pair| pair[0])
        .collect();
    repeated.dedup();
    if repeated.is_empty() {
        Ok(edges[1..edges.len() - 1].to_vec())
    } else {
        Err(CutError::RepeatedEdges { edges, repeated })
    }
}

fn ranked_cuts(values: &[f64], method: &Method, bins: u8) -> Result<Vec<f64>, CutError> {
    if *method == Method::QcutFirst && values.len() == 1 {
        // One rank: pandas finds all edges equal to 1 and refuses.
        return Err(CutError::RepeatedEdges {
            edges: vec![1.0; usize::from(bins) + 1],
            repeated: vec![1.0],
        });
    }
    let ranks = rank::ranks_of_bins(method, values.len(), bins);
    Ok(rank::describing_cuts(values, &ranks))
}
