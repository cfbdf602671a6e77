//! A prior of any shape, learnt from everybody: weights on a grid of rates.
//!
//! A beta or gamma prior has one hump. Where people are of two kinds, it takes the few for the tail of the many and shrinks them away;
//! a grid keeps both.

use std::cmp::Ordering;

use super::{Exposed, RateError, Trials};
use crate::intervals::Interval;
use crate::level::Level;

/// Points of the grid.
const POINTS: usize = 100;

/// Rounds of EM. Stopped so early, the prior stays smooth; the number is part of the method.
const ROUNDS: usize = 200;

/// The smallest and the largest ratio on the grid.
const RATIOS: [f64; 2] = [0.05, 40.0];

/// A cumulated probability that falls short of a bound by no more than this has reached it but for rounding.
const ROUNDING: f64 = 1e-12;

/// How shares are spread over customers: a weight for each of 100 shares.
#[derive(Debug, Clone, PartialEq)]
pub struct GridShares(Grid);

/// How ratios to what was expected are spread over customers: a weight for each of 100 ratios.
#[derive(Debug, Clone, PartialEq)]
pub struct GridRatios(Grid);

#[derive(Debug, Clone, PartialEq)]
struct Grid {
    points: Vec<f64>,
    weights: Vec<f64>,
}

/// What is to be believed of one customer's rate: a probability for each point of the grid.
#[derive(Debug, Clone, PartialEq)]
pub struct GridPosterior<'g> {
    points: &'g [f64],
    probabilities: Vec<f64>,
}

impl GridShares {
    /// Learns the prior from all customers.
    ///
    /// # Model
    ///
    /// Each customer has an own share q, one of (i + ½)/100, with the weight w of q for its probability, and k ~ Binomial(n, q). The
    /// weights begin equal; then 200 times (EM)
    ///
    /// ```text
    /// p(q) ∝ w(q)·q^k·(1 − q)^(n − k)        w(q) = mean of p(q) over all customers
    /// ```
    ///
    /// # Returns
    /// A prior that depends neither on the order of customers nor on how they are put together. Customers without trials tell nothing.
    ///
    /// # Errors
    /// [`RateError::MoreEventsThanTrials`]; [`RateError::NothingTried`].
    ///
    /// # Source
    /// Kiefer, Wolfowitz (1956), Consistency of the maximum likelihood estimator in the presence of infinitely many incidental parameters;
    /// Laird (1978), Nonparametric maximum likelihood estimation of a mixing distribution, for EM. Checked against numpy.
    pub fn fit(all: &[Trials]) -> Result<Self, RateError> {
        let points: Vec<f64> = (0..POINTS)
            .map(|place| (place as f64 + 0.5) / POINTS as f64)
            .collect();
        let mut cases = Vec::with_capacity(all.len());
        for one in all.iter().filter(|one| one.trials * one.customers > 0) {
            check(one.events, one.trials)?;
            cases.push(Case {
                events: one.events,
                exposure: one.trials as f64,
                customers: one.customers,
            });
        }
        Grid::fit(points, cases, share_likelihood).map(Self)
    }

    /// Returns what is to be believed of the share of a customer with so many events in so many trials.
    ///
    /// # Errors
    /// [`RateError::MoreEventsThanTrials`].
    ///
    /// # Examples
    /// ```
    /// use patron_stats::rates::{GridShares, Trials};
    ///
    /// // Nine in ten never do it, one in ten always.
    /// let of = |events, customers| Trials { events, trials: 3, customers };
    /// let prior = GridShares::fit(&[of(0, 90), of(3, 10)])?;
    /// assert!(prior.posterior(3, 3)?.above(0.5) > 0.99);
    /// assert!(prior.posterior(0, 1)?.above(0.5) < 0.01);
    /// # Ok::<(), patron_stats::rates::RateError>(())
    /// ```
    pub fn posterior(&self, events: u64, trials: u64) -> Result<GridPosterior<'_>, RateError> {
        check(events, trials)?;
        Ok(self.0.posterior(events, trials as f64, share_likelihood))
    }

    /// Returns the share of customers above a bound.
    #[must_use]
    pub fn above(&self, bound: f64) -> f64 {
        self.0.above(bound)
    }
}

impl GridRatios {
    /// Learns the prior from all customers: their events, and how many were expected of them, as [`Exposed::exposure`].
    ///
    /// # Model
    ///
    /// Each customer has an own ratio λ, one of 100 spaced evenly in the logarithm from 0.05 to 40, and k ~ Poisson(λ·e). Weights as for
    /// [`GridShares::fit`], with the likelihood `(λe)^k·exp(−λe)`.
    ///
    /// Only for the prior e is rounded to two significant digits, so that many customers become few cases; the posterior of a customer
    /// takes e itself.
    ///
    /// # Errors
    /// [`RateError::ExposureOutsideDomain`]; [`RateError::NothingTried`].
    pub fn fit(all: &[Exposed]) -> Result<Self, RateError> {
        let [low, high] = RATIOS.map(f64::ln);
        let step = (high - low) / (POINTS - 1) as f64;
        let points: Vec<f64> = (0..POINTS)
            .map(|place| (low + step * place as f64).exp())
            .collect();
        let mut cases = Vec::with_capacity(all.len());
        for one in all {
            cases.push(Case {
                events: one.events,
                exposure: two_digits(expected(one.exposure)?),
                customers: 1,
            });
        }
        Grid::fit(points, cases, ratio_likelihood).map(Self)
    }

    /// Returns what is to be believed of the ratio of a customer with so many events where `exposure` were expected.
    ///
    /// # Errors
    /// [`RateError::ExposureOutsideDomain`].
    pub fn posterior(&self, events: u64, exposure: f64) -> Result<GridPosterior<'_>, RateError> {
        Ok(self
            .0
            .posterior(events, expected(exposure)?, ratio_likelihood))
    }

    /// Returns the share of customers above a bound.
    #[must_use]
    pub fn above(&self, bound: f64) -> f64 {
        self.0.above(bound)
    }
}

impl GridPosterior<'_> {
    /// Returns the expected rate.
    #[must_use]
    pub fn mean(&self) -> f64 {
        let pairs = self.points.iter().zip(&self.probabilities);
        pairs.map(|(point, probability)| point * probability).sum()
    }

    /// Returns the smallest points at which the cumulated probability reaches what is to be left on either side.
    #[must_use]
    pub fn interval(&self, level: Level) -> Interval {
        Interval {
            low: self.reached(level.tail()),
            high: self.reached(1.0 - level.tail()),
        }
    }

    /// Returns the probability of the points strictly above a bound.
    #[must_use]
    pub fn above(&self, bound: f64) -> f64 {
        above(self.points, &self.probabilities, bound)
    }

    fn reached(&self, probability: f64) -> f64 {
        let mut sum = 0.0;
        let mut last = f64::NAN;
        for (point, part) in self.points.iter().zip(&self.probabilities) {
            sum += part;
            last = *point;
            if sum >= probability - ROUNDING {
                break;
            }
        }
        last
    }
}

/// Customers with the same counts.
#[derive(Debug, Clone, Copy)]
struct Case {
    events: u64,
    exposure: f64,
    customers: u64,
}

impl Case {
    fn order(&self, other: &Self) -> Ordering {
        let by_exposure = self.exposure.total_cmp(&other.exposure);
        self.events.cmp(&other.events).then(by_exposure)
    }
}

/// The logarithm of the likelihood of a point: events, exposure, point.
type Likelihood = fn(f64, f64, f64) -> f64;

fn share_likelihood(events: f64, trials: f64, share: f64) -> f64 {
    events * share.ln() + (trials - events) * (-share).ln_1p()
}

fn ratio_likelihood(events: f64, expected: f64, ratio: f64) -> f64 {
    events * (ratio * expected).ln() - ratio * expected
}

impl Grid {
    fn fit(
        points: Vec<f64>,
        mut cases: Vec<Case>,
        likelihood: Likelihood,
    ) -> Result<Self, RateError> {
        if cases.is_empty() {
            return Err(RateError::NothingTried);
        }
        cases.sort_by(Case::order);
        let mut rows: Vec<(f64, Vec<f64>)> = Vec::new();
        for alike in cases.chunk_by(|left, right| left.order(right).is_eq()) {
            let customers: u64 = alike.iter().map(|case| case.customers).sum();
            let of_points = alike
                .first()
                .map(|case| likelihoods(&points, case.events, case.exposure, likelihood));
            rows.push((customers as f64, of_points.unwrap_or_default()));
        }
        let customers: f64 = rows.iter().map(|(customers, _)| customers).sum();
        let mut weights = vec![1.0 / POINTS as f64; POINTS];
        for _ in 0..ROUNDS {
            let mut next = vec![0.0; POINTS];
            for (count, likelihoods) in &rows {
                let whole: f64 = products(likelihoods, &weights).sum();
                let share = count / whole;
                for (sum, product) in next.iter_mut().zip(products(likelihoods, &weights)) {
                    *sum += share * product;
                }
            }
            weights = next.into_iter().map(|sum| sum / customers).collect();
        }
        Ok(Self { points, weights })
    }

    fn posterior(&self, events: u64, exposure: f64, likelihood: Likelihood) -> GridPosterior<'_> {
        let likelihoods = likelihoods(&self.points, events, exposure, likelihood);
        let whole: f64 = products(&likelihoods, &self.weights).sum();
        let probabilities = products(&likelihoods, &self.weights).map(|product| product / whole);
        GridPosterior {
            probabilities: probabilities.collect(),
            points: &self.points,
        }
    }

    fn above(&self, bound: f64) -> f64 {
        above(&self.points, &self.weights, bound)
    }
}

/// The likelihood of each point, the greatest being 1: what a factor for all of them is does not matter.
fn likelihoods(points: &[f64], events: u64, exposure: f64, likelihood: Likelihood) -> Vec<f64> {
    let logarithms: Vec<f64> = points
        .iter()
        .map(|point| likelihood(events as f64, exposure, *point))
        .collect();
    let most = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    logarithms.iter().map(|ln| (ln - most).exp()).collect()
}

fn products<'p>(left: &'p [f64], right: &'p [f64]) -> impl Iterator<Item = f64> + 'p {
    left.iter().zip(right).map(|(left, right)| left * right)
}

fn above(points: &[f64], probabilities: &[f64], bound: f64) -> f64 {
    let pairs = points.iter().zip(probabilities);
    let beyond = pairs.filter(|(point, _)| **point > bound);
    beyond.map(|(_, probability)| probability).sum()
}

const fn check(events: u64, trials: u64) -> Result<(), RateError> {
    if events > trials {
        return Err(RateError::MoreEventsThanTrials { events, trials });
    }
    Ok(())
}

fn expected(exposure: f64) -> Result<f64, RateError> {
    if exposure > 0.0 && exposure.is_finite() {
        Ok(exposure)
    } else {
        Err(RateError::ExposureOutsideDomain { exposure })
    }
}

/// A number to two significant digits.
fn two_digits(number: f64) -> f64 {
    format!("{number:.1e}").parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_to_two_digits() {
        for (number, rounded) in [(0.01864, 0.019), (123.4, 120.0), (0.995, 0.99), (7.0, 7.0)] {
            assert!((two_digits(number) - rounded).abs() < 1e-15 * rounded.max(1.0));
        }
    }
}
