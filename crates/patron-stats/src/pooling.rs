//! Partial pooling: means of groups, each drawn towards that of all by as much as it is uncertain.
//!
//! The mean of a channel with nine customers says little; that of all channels says something of it, too. How much, depends on how far
//! channels lie apart, which is estimated from them and is uncertain itself.

use crate::distributions::normal_above;
use crate::intervals::Interval;
use crate::level::Level;

/// Fewer groups do not tell how far groups lie apart.
pub const FEWEST_GROUPS: usize = 3;

/// Places at which the spread between groups is tried, first to find where it may lie, then there.
const COARSE: usize = 2048;
const FINE: usize = 192;

/// Spreads less likely than the likeliest by this do not count.
const NEGLIGIBLE: f64 = 1e-10;

/// Steps of a search that halves, or better, each time.
const STEPS: u32 = 200;

/// Why means were not pooled.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PoolingError {
    /// Too few groups to tell their spread.
    #[error("{found} groups, expected at least {FEWEST_GROUPS}")]
    TooFewGroups {
        /// Groups given.
        found: usize,
    },
    /// A mean is infinite or not a number.
    #[error("the mean of group {group} is not a finite number")]
    MeanNotFinite {
        /// Which, from 0.
        group: usize,
    },
    /// A standard error is zero, negative, infinite or not a number.
    #[error(
        "a standard error of {standard_error} of group {group}, expected a finite number above 0"
    )]
    ErrorOutsideDomain {
        /// Which, from 0.
        group: usize,
        /// The standard error.
        standard_error: f64,
    },
}

/// What is known of one group by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupMean {
    /// Its mean.
    pub mean: f64,
    /// Standard error of the mean.
    pub standard_error: f64,
}

/// What is to be believed of one group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pooled {
    /// Expected true mean.
    pub mean: f64,
    /// Between which bounds the true mean lies.
    pub interval: Interval,
    /// Which part of the way to the mean of all groups it was drawn, on average over the spreads that may be: 0 not at all.
    pub drawn: f64,
}

/// Means of groups, pooled.
#[derive(Debug, Clone, PartialEq)]
pub struct Pooling {
    groups: Vec<GroupMean>,
    between: f64,
    /// Spreads that may be, with what follows from each.
    spreads: Vec<Spread>,
}

/// One spread between groups that may be.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Spread {
    /// Variance between groups, τ².
    variance: f64,
    /// Probability; they add up to 1.
    weight: f64,
    /// Mean of all groups, if this is the spread, and its variance.
    mean: f64,
    variance_of_mean: f64,
}

impl Pooling {
    /// Estimates how far groups lie apart.
    ///
    /// # Model
    ///
    /// ```text
    /// yᵢ ~ N(θᵢ, sᵢ²)        θᵢ ~ N(μ, τ²)
    /// ln p(τ | y) = ½·ln V_μ − ½·Σ [ln(sᵢ² + τ²) + (yᵢ − μ̂)²/(sᵢ² + τ²)]       V_μ = 1/Σ 1/(sᵢ² + τ²),  μ̂ the weighted mean
    /// ```
    ///
    /// That is the restricted likelihood of τ (REML), which with a flat prior on μ and τ is also what is to be believed of τ. Its top is
    /// [`Self::between`]; means and intervals are taken over **all** τ by their probability, so that they are honest about not
    /// knowing it: an interval that took the top for the truth would be too narrow, the more so with few groups.
    ///
    /// | symbol | field            | unit           |
    /// |--------|------------------|----------------|
    /// | yᵢ     | `mean`           | of the values  |
    /// | sᵢ     | `standard_error` | of the values  |
    ///
    /// Standard errors count as exact: a group needs some twenty customers for that, or a pooled variance.
    ///
    /// # Errors
    /// [`PoolingError`].
    ///
    /// # Numerics
    /// τ = c·u/(1 − u) for u over the unit interval, by the trapezoid rule where the density is not negligible.
    ///
    /// # Source
    /// Gelman and others (2013), Bayesian Data Analysis, section 5.4; Patterson, Thompson (1971) for
    /// REML. Checked against adaptive integration by scipy.
    ///
    /// # Examples
    /// ```
    /// use patron_stats::{level::Level, pooling::{GroupMean, Pooling}};
    ///
    /// let group = |mean, standard_error| GroupMean { mean, standard_error };
    /// let pooling = Pooling::new(&[group(120.0, 5.0), group(100.0, 4.0), group(95.0, 6.0), group(400.0, 150.0)])?;
    /// // Next to nothing is known of the last: it is drawn most of the way, four groups being few.
    /// assert!(pooling.pooled(Level::NINETY)[3].mean < 170.0);
    /// # Ok::<(), patron_stats::pooling::PoolingError>(())
    /// ```
    pub fn new(groups: &[GroupMean]) -> Result<Self, PoolingError> {
        check(groups)?;
        let scale = scale(groups);
        let place = |u: f64| scale * u / (1.0 - u);
        let ln_density =
            |u: f64| restricted(groups, place(u).powi(2)).ln_likelihood - 2.0 * (1.0 - u).ln();
        let step = 1.0 / COARSE as f64;
        let coarse: Vec<f64> = (0..COARSE)
            .map(|i| ln_density((i as f64 + 0.5) * step))
            .collect();
        let top = coarse.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let counts = |value: &f64| *value > top + NEGLIGIBLE.ln();
        let first = coarse.iter().position(counts).unwrap_or(0);
        let last = coarse.iter().rposition(counts).unwrap_or(COARSE - 1);
        // One place more on either side; at 1 itself the spread is infinite.
        let low = (first as f64 - 0.5).max(0.0) * step;
        let high = ((last as f64 + 1.5) * step).min(1.0 - 1e-6);
        let fine = (high - low) / FINE as f64;
        let edge = |i: usize| if i == 0 || i == FINE { 0.5 } else { 1.0 };
        let mut spreads: Vec<Spread> = (0..=FINE)
            .map(|i| {
                let u = low + fine * i as f64;
                let at = restricted(groups, place(u).powi(2));
                Spread {
                    variance: place(u).powi(2),
                    weight: edge(i) * (ln_density(u) - top).exp(),
                    mean: at.mean,
                    variance_of_mean: at.variance_of_mean,
                }
            })
            .collect();
        let whole: f64 = spreads.iter().map(|spread| spread.weight).sum();
        spreads.iter_mut().for_each(|spread| spread.weight /= whole);
        spreads.retain(|spread| spread.weight > NEGLIGIBLE / FINE as f64);
        Ok(Self {
            groups: groups.to_vec(),
            between: likeliest(groups, scale),
            spreads,
        })
    }

    /// Returns the likeliest standard deviation between the true means of groups (REML); 0 where they differ by no more than chance.
    #[must_use]
    pub const fn between(&self) -> f64 {
        self.between
    }

    /// Returns between which bounds the standard deviation between groups lies.
    #[must_use]
    pub fn between_interval(&self, level: Level) -> Interval {
        Interval {
            low: self.spread_below(level.tail()),
            high: self.spread_below(1.0 - level.tail()),
        }
    }

    /// Returns the mean of all groups, each counting as one of many like it.
    #[must_use]
    pub fn overall(&self, level: Level) -> Pooled {
        let parts: Vec<Part> = self
            .spreads
            .iter()
            .map(|spread| Part {
                weight: spread.weight,
                mean: spread.mean,
                deviation: spread.variance_of_mean.sqrt(),
            })
            .collect();
        mixed(&parts, 1.0, level)
    }

    /// Returns what is to be believed of each group; in the order given.
    #[must_use]
    pub fn pooled(&self, level: Level) -> Vec<Pooled> {
        let one = |group: &GroupMean| {
            let drawn = |spread: &Spread| {
                let own = group.standard_error.powi(2);
                own / (own + spread.variance)
            };
            let part = |spread: &Spread| {
                let drawn = drawn(spread);
                let own = group.standard_error.powi(2);
                Part {
                    weight: spread.weight,
                    mean: group.mean + drawn * (spread.mean - group.mean),
                    deviation: ((1.0 - drawn) * own + drawn * drawn * spread.variance_of_mean)
                        .sqrt(),
                }
            };
            let parts: Vec<Part> = self.spreads.iter().map(part).collect();
            let average: f64 = self
                .spreads
                .iter()
                .map(|spread| spread.weight * drawn(spread))
                .sum();
            mixed(&parts, average, level)
        };
        self.groups.iter().map(one).collect()
    }

    fn spread_below(&self, level: f64) -> f64 {
        let mut sum = 0.0;
        let passed = |spread: &&Spread| {
            sum += spread.weight;
            sum >= level
        };
        let found = self.spreads.iter().find(passed).or(self.spreads.last());
        found.map_or(0.0, |spread| spread.variance.sqrt())
    }
}

fn check(groups: &[GroupMean]) -> Result<(), PoolingError> {
    for (place, group) in groups.iter().enumerate() {
        if !group.mean.is_finite() {
            return Err(PoolingError::MeanNotFinite { group: place });
        }
        let standard_error = group.standard_error;
        if !(standard_error > 0.0 && standard_error.is_finite()) {
            return Err(PoolingError::ErrorOutsideDomain {
                group: place,
                standard_error,
            });
        }
    }
    if groups.len() < FEWEST_GROUPS {
        return Err(PoolingError::TooFewGroups {
            found: groups.len(),
        });
    }
    Ok(())
}

/// A spread of the size that matters: that of the means themselves, or of a typical standard error.
fn scale(groups: &[GroupMean]) -> f64 {
    let count = groups.len() as f64;
    let mean = groups.iter().map(|group| group.mean).sum::<f64>() / count;
    let squares = groups
        .iter()
        .map(|group| (group.mean - mean).powi(2))
        .sum::<f64>();
    let precision = groups
        .iter()
        .map(|group| group.standard_error.powi(-2))
        .sum::<f64>();
    (squares / (count - 1.0))
        .sqrt()
        .min(1e3 * (count / precision).sqrt())
        .max((count / precision).sqrt() * 0.3)
}

/// What follows from one variance between groups.
#[derive(Debug, Clone, Copy)]
struct At {
    ln_likelihood: f64,
    mean: f64,
    variance_of_mean: f64,
}

fn restricted(groups: &[GroupMean], variance: f64) -> At {
    let whole = |group: &GroupMean| group.standard_error.powi(2) + variance;
    let precision: f64 = groups.iter().map(|group| 1.0 / whole(group)).sum();
    let mean = groups
        .iter()
        .map(|group| group.mean / whole(group))
        .sum::<f64>()
        / precision;
    let terms = groups
        .iter()
        .map(|group| whole(group).ln() + (group.mean - mean).powi(2) / whole(group));
    At {
        ln_likelihood: -0.5 * precision.ln() - 0.5 * terms.sum::<f64>(),
        mean,
        variance_of_mean: 1.0 / precision,
    }
}

/// Returns the standard deviation at the top of the restricted likelihood: the best of many places, then by golden sections around it.
fn likeliest(groups: &[GroupMean], scale: f64) -> f64 {
    let at = |u: f64| restricted(groups, (scale * u / (1.0 - u)).powi(2)).ln_likelihood;
    let places = (0..COARSE).map(|i| i as f64 / COARSE as f64);
    let best = places
        .map(|u| (at(u), u))
        .fold((f64::NEG_INFINITY, 0.0), |best, found| {
            if found.0 > best.0 { found } else { best }
        });
    let step = 1.0 / COARSE as f64;
    let (mut low, mut high) = ((best.1 - step).max(0.0), (best.1 + step).min(1.0 - 1e-9));
    let golden = 0.5 * (5f64.sqrt() - 1.0);
    for _ in 0..STEPS {
        let (left, right) = (high - golden * (high - low), low + golden * (high - low));
        if at(left) >= at(right) {
            high = right;
        } else {
            low = left;
        }
    }
    let u = 0.5 * (low + high);
    if at(0.0) >= at(u) {
        0.0
    } else {
        scale * u / (1.0 - u)
    }
}

/// One normal distribution of a mixture.
#[derive(Debug, Clone, Copy)]
struct Part {
    weight: f64,
    mean: f64,
    deviation: f64,
}

fn mixed(parts: &[Part], drawn: f64, level: Level) -> Pooled {
    Pooled {
        mean: parts.iter().map(|part| part.weight * part.mean).sum(),
        interval: Interval {
            low: quantile(parts, level.tail()),
            high: quantile(parts, 1.0 - level.tail()),
        },
        drawn,
    }
}

/// Returns where a mixture has this share below: by Newton's method, halving where it would leave what is known to hold the place.
fn quantile(parts: &[Part], level: f64) -> f64 {
    let z = -crate::distributions::normal_quantile(1.0 - level);
    let bounds = parts.iter().map(|part| part.mean + z * part.deviation);
    let (mut low, mut high) = bounds
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), bound| {
            (low.min(bound), high.max(bound))
        });
    let mut place = 0.5 * (low + high);
    for _ in 0..STEPS {
        let (mut below, mut density) = (0.0, 0.0);
        for part in parts {
            let distance = (place - part.mean) / part.deviation;
            below += part.weight * normal_above(-distance);
            density += part.weight * (-0.5 * distance * distance).exp() / part.deviation;
        }
        if below < level {
            low = place;
        } else {
            high = place;
        }
        let step = (level - below) * std::f64::consts::TAU.sqrt() / density;
        let next = place + step;
        let next = if next > low && next < high {
            next
        } else {
            0.5 * (low + high)
        };
        if (next - place).abs() <= 1e-12 * (high - low + next.abs()) {
            return next;
        }
        place = next;
    }
    place
}
