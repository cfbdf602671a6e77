//! k times in an exposure of t: a gamma prior learnt from everybody, and what it leaves to believe of one.

use super::RateError;
use super::prior::{ITERATIONS, Spread, rising};
use crate::distributions::{gamma_above, gamma_below, gamma_quantile};
use crate::intervals::Interval;
use crate::level::Level;
use crate::optimise::{Evaluation, minimise};

/// What happened to one customer while watched.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exposed {
    /// Events, k.
    pub events: u64,
    /// Exposure, t: time, money, orders; any unit, the same for all.
    pub exposure: f64,
}

/// How rates are spread over customers: gamma distributed with `shape` and `rate` (exposure).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GammaPrior {
    shape: f64,
    rate: f64,
    spread: Spread,
    customers: usize,
}

impl GammaPrior {
    /// Takes a prior given by hand; `rate` in units of exposure.
    ///
    /// # Errors
    /// [`RateError::PriorOutsideDomain`].
    pub fn new(shape: f64, rate: f64) -> Result<Self, RateError> {
        let valid = |number: f64| number > 0.0 && number.is_finite();
        if !(valid(shape) && valid(rate)) {
            return Err(RateError::PriorOutsideDomain {
                first: shape,
                second: rate,
            });
        }
        Ok(Self {
            shape,
            rate,
            spread: Spread::Given,
            customers: 0,
        })
    }

    /// Learns the prior from all customers.
    ///
    /// # Model
    ///
    /// Each customer has an own rate λ ~ Gamma(r, α), and k ~ Poisson(λ·t); (r, α) of the greatest likelihood
    ///
    /// ```text
    /// Σ ln Γ(r + k) − ln Γ(r) + r·ln α − (r + k)·ln(α + t)
    /// ```
    ///
    /// Where rates differ by no more than chance explains, the likelihood rises without end in r and α: Σ (k − m·t)² ≤ Σ k with
    /// m = Σk/Σt. The prior then, and wherever it would weigh more than all exposure it was learnt from, is Gamma(Σk + ½, Σt): what all
    /// together say of one rate. Estimates count as exact, so that with few customers posterior intervals are too narrow.
    ///
    /// # Returns
    /// A prior that does not depend on the order of customers.
    ///
    /// # Errors
    /// [`RateError::ExposureOutsideDomain`]; [`RateError::NothingTried`] for nobody; [`RateError::NotSettled`].
    ///
    /// # Source
    /// Greenwood, Yule (1920), An inquiry into the nature of frequency distributions; Dean, Lawless (1989) for the test of no spread.
    /// Checked against scipy.
    pub fn fit(all: &[Exposed]) -> Result<Self, RateError> {
        let valid = |exposure: f64| exposure > 0.0 && exposure.is_finite();
        if let Some(bad) = all.iter().find(|one| !valid(one.exposure)) {
            return Err(RateError::ExposureOutsideDomain {
                exposure: bad.exposure,
            });
        }
        if all.is_empty() {
            return Err(RateError::NothingTried);
        }
        let mut sorted = all.to_vec();
        let order = |one: &Exposed, other: &Exposed| {
            let exposures = one.exposure.total_cmp(&other.exposure);
            one.events.cmp(&other.events).then(exposures)
        };
        sorted.sort_unstable_by(order);
        let events: f64 = sorted.iter().map(|one| one.events as f64).sum();
        let exposure: f64 = sorted.iter().map(|one| one.exposure).sum();
        let pooled = Self {
            shape: events + 0.5,
            rate: exposure,
            spread: Spread::Alike,
            customers: all.len(),
        };
        let mean = events / exposure;
        let excess = sorted.iter().map(|one| {
            let count = one.events as f64;
            (count - mean * one.exposure).powi(2) - count
        });
        if excess.sum::<f64>() <= 1e-12 * events {
            return Ok(pooled);
        }
        // In units of the mean exposure, so that the search does not depend on the unit.
        let unit = exposure / all.len() as f64;
        let [shape, rate] = likeliest(&sorted, unit, mean * unit).ok_or(RateError::NotSettled)?;
        if rate * unit >= exposure {
            return Ok(pooled);
        }
        Ok(Self {
            shape,
            rate: rate * unit,
            spread: Spread::Estimated,
            ..pooled
        })
    }

    /// Returns the shape, r: events that the prior counts for.
    #[must_use]
    pub const fn shape(&self) -> f64 {
        self.shape
    }

    /// Returns the rate, α: the exposure that the prior weighs; so much of a customer's own counts half.
    #[must_use]
    pub const fn rate(&self) -> f64 {
        self.rate
    }

    /// Returns the mean rate of customers, events per unit of exposure: what is usual.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.shape / self.rate
    }

    /// Returns how the spread of rates is known.
    #[must_use]
    pub const fn spread(&self) -> Spread {
        self.spread
    }

    /// Returns how many customers it was learnt from.
    #[must_use]
    pub const fn customers(&self) -> usize {
        self.customers
    }

    /// Returns what is to be believed of the rate of a customer with so many events in such an exposure; 0 is possible here.
    ///
    /// # Errors
    /// [`RateError::ExposureOutsideDomain`] for a negative, infinite or missing exposure.
    pub fn posterior(&self, events: u64, exposure: f64) -> Result<GammaPosterior, RateError> {
        if !(exposure >= 0.0 && exposure.is_finite()) {
            return Err(RateError::ExposureOutsideDomain { exposure });
        }
        Ok(GammaPosterior {
            shape: self.shape + events as f64,
            rate: self.rate + exposure,
        })
    }
}

/// What is to be believed of one customer's rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GammaPosterior {
    shape: f64,
    rate: f64,
}

impl GammaPosterior {
    /// Returns the expected rate.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.shape / self.rate
    }

    /// Returns between which bounds the rate lies, with the same probability outside on either side.
    #[must_use]
    pub fn interval(&self, level: Level) -> Interval {
        let tail = level.tail();
        Interval {
            low: gamma_quantile(tail, self.shape) / self.rate,
            high: gamma_quantile(1.0 - tail, self.shape) / self.rate,
        }
    }

    /// Returns the probability that the rate exceeds a bound.
    #[must_use]
    pub fn above(&self, bound: f64) -> f64 {
        gamma_above(bound * self.rate, self.shape)
    }

    /// Returns the probability that the rate lies below a bound.
    #[must_use]
    pub fn below(&self, bound: f64) -> f64 {
        gamma_below(bound * self.rate, self.shape)
    }
}

fn likeliest(all: &[Exposed], unit: f64, mean: f64) -> Option<[f64; 2]> {
    let objective = |theta: &[f64; 2]| {
        let parameters = theta.map(f64::exp);
        let terms = all
            .iter()
            .map(|one| ln_probability(parameters, one.events, one.exposure / unit));
        let sum = terms.fold(Evaluation::ZERO, |sum, term| sum.plus(&term));
        sum.on_log_scale(&parameters, -1.0 / all.len() as f64)
    };
    let start = [0.0, -mean.ln()];
    let found = minimise(objective, start, ITERATIONS).filter(|found| found.converged)?;
    Some(found.theta.map(f64::exp))
}

/// Returns `ln Γ(r + k) − ln Γ(r) + r·ln α − (r + k)·ln(α + t)` with its derivatives.
fn ln_probability([shape, rate]: [f64; 2], events: u64, exposure: f64) -> Evaluation<2> {
    let k = events as f64;
    let [value, first, second] = rising(shape, events);
    let whole = rate + exposure;
    let ln_left = -(exposure / rate).ln_1p();
    let mixed = exposure / (rate * whole);
    Evaluation {
        value: value + shape * ln_left - k * whole.ln(),
        gradient: [
            first + ln_left,
            (shape * exposure - k * rate) / (rate * whole),
        ],
        hessian: [
            [second, mixed],
            [mixed, (shape + k) / (whole * whole) - shape / (rate * rate)],
        ],
    }
}
