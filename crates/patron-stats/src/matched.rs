//! Two groups compared within strata of customers who were alike before: engaged and not, of the same first month and size of order.
//!
//! No experiment: what the strata do not hold alike may make the difference as well.

use std::collections::BTreeMap;

use crate::intervals::Interval;
use crate::level::Level;

/// Why groups were not compared.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MatchError {
    /// A value is infinite or not a number.
    #[error("the value of customer {customer} is not a finite number")]
    NotFinite {
        /// Which, from 0.
        customer: usize,
    },
    /// No stratum has customers of both groups.
    #[error("no stratum has customers of both groups")]
    NothingMatched,
    /// No stratum has two customers of a group, so that nothing tells how much values vary within one.
    #[error("no stratum has two {group} customers: how much they vary is not known")]
    VarianceUnknown {
        /// `treated` or `other`.
        group: &'static str,
    },
}

/// One customer of a comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Member<S> {
    /// Those of one stratum are alike.
    pub stratum: S,
    /// Whether of the group asked about; else of those it is compared with.
    pub treated: bool,
    /// The value compared.
    pub value: f64,
}

/// What differs between matched customers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MatchedDifference {
    /// Mean of the treated less mean of the others, within strata, averaged over the treated.
    pub difference: f64,
    /// Between which bounds it lies.
    pub interval: Interval,
    /// Mean of the matched treated.
    pub treated_mean: f64,
    /// Mean of the others, strata weighing as in the treated.
    pub other_mean: f64,
    /// Treated customers with others in their stratum.
    pub treated: usize,
    /// Treated customers without: they are left out, and the difference says nothing of them.
    pub treated_alone: usize,
    /// Others in strata with treated.
    pub others: usize,
    /// Strata with both.
    pub strata: usize,
    /// Degrees of freedom of its standard error.
    pub degrees_of_freedom: f64,
}

/// Returns how much the values of two groups differ among customers of the same stratum.
///
/// # Model
///
/// ```text
/// D = Σ_s w_s·(ȳ₁ₛ − ȳ₀ₛ)        w_s = n₁ₛ / Σ n₁ₛ        over strata with both
/// Var D = Σ_s w_s²·(s₁ₛ²/n₁ₛ + s₀ₛ²/n₀ₛ)                  interval D ± t·√Var D
/// ```
///
/// The difference for the treated. Where a group has one customer of a stratum, its variance there is that of its group within all
/// strata, pooled. t has the degrees of freedom of Satterthwaite.
///
/// # Errors
/// [`MatchError`].
///
/// # Source
/// Cochran (1968), The effectiveness of adjustment by subclassification in removing bias in observational studies; Satterthwaite (1946).
/// Checked against numpy and, with one stratum, Welch's interval of scipy.
pub fn matched_difference<S: Ord + Clone>(
    members: &[Member<S>],
    level: Level,
) -> Result<MatchedDifference, MatchError> {
    if let Some(customer) = members.iter().position(|member| !member.value.is_finite()) {
        return Err(MatchError::NotFinite { customer });
    }
    let strata = strata(members);
    let both: Vec<&[Group; 2]> = strata
        .values()
        .filter(|groups| groups.iter().all(|group| group.count > 0))
        .collect();
    if both.is_empty() {
        return Err(MatchError::NothingMatched);
    }
    let all = |which: usize| {
        both.iter()
            .filter_map(move |groups| groups.get(which).copied())
    };
    let count = |which: usize| all(which).map(|group| group.count).sum::<usize>();
    let (treated, others) = (count(TREATED), count(OTHER));
    let mut freedom = Freedom::default();
    let (mut means, mut without) = ([0.0; 2], [0.0; 2]);
    for groups in &both {
        let weight = groups.last().map_or(0, |group| group.count) as f64 / treated as f64;
        for ((group, mean), without) in groups.iter().zip(&mut means).zip(&mut without) {
            let factor = weight * weight / group.count as f64;
            match group.variance() {
                Some(own) => freedom.add(factor * own, group.count as f64 - 1.0),
                None => *without += factor,
            }
            *mean += weight * group.mean();
        }
    }
    for (factor, (which, name)) in without
        .into_iter()
        .zip([(OTHER, "other"), (TREATED, "treated")])
    {
        if factor > 0.0 {
            let (variance, degrees) =
                pooled(all(which)).ok_or(MatchError::VarianceUnknown { group: name })?;
            freedom.add(factor * variance, degrees);
        }
    }
    let variance = freedom.variance;
    let [other_mean, treated_mean] = means;
    let difference = treated_mean - other_mean;
    let degrees_of_freedom = freedom.degrees();
    let half = level.student(degrees_of_freedom) * variance.sqrt();
    let of_treated = |groups: &[Group; 2]| groups.last().map_or(0, |group| group.count);
    Ok(MatchedDifference {
        difference,
        interval: Interval {
            low: difference - half,
            high: difference + half,
        },
        treated_mean,
        other_mean,
        treated,
        treated_alone: strata.values().map(of_treated).sum::<usize>() - treated,
        others,
        strata: both.len(),
        degrees_of_freedom,
    })
}

const OTHER: usize = 0;
const TREATED: usize = 1;

/// Count, sum and sum of squares about the mean of a group in a stratum.
#[derive(Debug, Clone, Copy, Default)]
struct Group {
    count: usize,
    sum: f64,
    squares: f64,
}

impl Group {
    /// Welford's update: squares about the mean so far.
    fn add(&mut self, value: f64) {
        let before = if self.count > 0 { self.mean() } else { value };
        self.count += 1;
        self.sum += value;
        self.squares += (value - before) * (value - self.mean());
    }

    fn mean(&self) -> f64 {
        self.sum / self.count as f64
    }

    fn variance(&self) -> Option<f64> {
        (self.count > 1).then(|| self.squares / (self.count as f64 - 1.0))
    }
}

fn strata<S: Ord + Clone>(members: &[Member<S>]) -> BTreeMap<S, [Group; 2]> {
    let mut strata: BTreeMap<S, [Group; 2]> = BTreeMap::new();
    for member in members {
        let [other, treated] = strata.entry(member.stratum.clone()).or_default();
        let group = if member.treated { treated } else { other };
        group.add(member.value);
    }
    strata
}

/// Returns the variance of a group within strata, and its degrees of freedom; nothing where it has one customer in each.
fn pooled(groups: impl Iterator<Item = Group>) -> Option<(f64, f64)> {
    let (mut squares, mut degrees) = (0.0, 0.0);
    for group in groups {
        squares += group.squares;
        degrees += group.count as f64 - 1.0;
    }
    (degrees > 0.0).then(|| (squares / degrees, degrees))
}

/// A sum of estimated variances, with Satterthwaite's degrees of freedom.
///
/// Counts its terms as independent; a pooled variance is not quite, of those it was pooled from.
#[derive(Debug, Default)]
struct Freedom {
    variance: f64,
    squares: f64,
}

impl Freedom {
    fn add(&mut self, term: f64, degrees: f64) {
        self.variance += term;
        self.squares += term * term / degrees;
    }

    fn degrees(&self) -> f64 {
        // Without any variance the interval has no width, whatever the degrees.
        if self.squares > 0.0 {
            self.variance * self.variance / self.squares
        } else {
            1.0
        }
    }
}
