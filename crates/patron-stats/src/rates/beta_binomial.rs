//! k times in n: a beta prior learnt from everybody, and what it leaves to believe of one.

use super::RateError;
use super::prior::{ITERATIONS, Spread, rising};
use crate::distributions::{beta_above, beta_below, beta_quantile};
use crate::intervals::Interval;
use crate::level::Level;
use crate::optimise::{Evaluation, minimise};

/// Trials of one customer, or of several with the same counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trials {
    /// Events, k.
    pub events: u64,
    /// Trials, n.
    pub trials: u64,
    /// How many customers have these counts.
    pub customers: u64,
}

/// How rates are spread over customers: Beta(a, b).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BetaPrior {
    a: f64,
    b: f64,
    spread: Spread,
    customers: u64,
}

impl BetaPrior {
    /// Takes a prior given by hand.
    ///
    /// # Errors
    /// [`RateError::PriorOutsideDomain`].
    pub fn new(a: f64, b: f64) -> Result<Self, RateError> {
        let valid = |number: f64| number > 0.0 && number.is_finite();
        if !(valid(a) && valid(b)) {
            return Err(RateError::PriorOutsideDomain {
                first: a,
                second: b,
            });
        }
        Ok(Self {
            a,
            b,
            spread: Spread::Given,
            customers: 0,
        })
    }

    /// Learns the prior from all customers.
    ///
    /// # Model
    ///
    /// Each customer has an own probability p ~ Beta(a, b), and k ~ Binomial(n, p); (a, b) of the greatest likelihood
    ///
    /// ```text
    /// Σ ln B(a + k, b + n − k) − ln B(a, b)
    /// ```
    ///
    /// Where rates differ by no more than chance explains, the likelihood rises without end in a + b: its slope there is
    ///
    /// ```text
    /// Σ k·(k − 1)/μ + (n − k)·(n − k − 1)/(1 − μ) − n·(n − 1) ≤ 0        μ = Σk/Σn
    /// ```
    ///
    /// (Tarone's test). A prior then, and wherever it would weigh more than all trials it was learnt from, is Beta(Σk + ½, Σ(n − k) + ½): what
    /// all trials together say of one rate. The same is taken where nobody was tried twice; [`Spread`] tells which. Estimates of a and b count
    /// as exact, so that with few customers posterior intervals are too narrow.
    ///
    /// # Returns
    /// A prior that depends neither on the order of customers nor on how they are put together. Customers without trials tell nothing.
    ///
    /// # Errors
    /// [`RateError::MoreEventsThanTrials`]; [`RateError::NothingTried`].
    ///
    /// # Source
    /// Skellam (1948), A probability distribution derived from the binomial; Tarone (1979), Testing the goodness of fit of the binomial
    /// distribution. Checked against scipy.
    pub fn fit(all: &[Trials]) -> Result<Self, RateError> {
        if let Some(bad) = all.iter().find(|one| one.events > one.trials) {
            return Err(RateError::MoreEventsThanTrials {
                events: bad.events,
                trials: bad.trials,
            });
        }
        let distinct = distinct(all);
        let total = |of: &dyn Fn(&Trials) -> u64| -> f64 {
            distinct
                .iter()
                .map(|one| (of(one) * one.customers) as f64)
                .sum()
        };
        let (events, trials) = (total(&|one| one.events), total(&|one| one.trials));
        let customers = distinct.iter().map(|one| one.customers).sum();
        if trials < 1.0 {
            return Err(RateError::NothingTried);
        }
        let pooled = |spread| Self {
            a: events + 0.5,
            b: trials - events + 0.5,
            spread,
            customers,
        };
        let repeated = || distinct.iter().filter(|one| one.trials > 1);
        if repeated().next().is_none() {
            return Ok(pooled(Spread::Unknown));
        }
        if events < 1.0 || events >= trials || slope_at_no_spread(&distinct, events / trials) <= 0.0
        {
            return Ok(pooled(Spread::Alike));
        }
        if repeated().all(|one| one.events == 0 || one.events == one.trials) {
            let mean = (events + 0.5) / (trials + 1.0);
            return Ok(Self {
                a: mean,
                b: 1.0 - mean,
                spread: Spread::AllOrNothing,
                customers,
            });
        }
        let [a, b] = likeliest(&distinct, events / trials).ok_or(RateError::NotSettled)?;
        if a + b >= trials {
            return Ok(pooled(Spread::Alike));
        }
        Ok(Self {
            a,
            b,
            spread: Spread::Estimated,
            customers,
        })
    }

    /// Returns a: events that the prior counts for.
    #[must_use]
    pub const fn a(&self) -> f64 {
        self.a
    }

    /// Returns b: trials without an event that the prior counts for.
    #[must_use]
    pub const fn b(&self) -> f64 {
        self.b
    }

    /// Returns the mean rate of customers: what is usual.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.a / (self.a + self.b)
    }

    /// Returns how many trials the prior weighs: so many of a customer's own count half.
    #[must_use]
    pub fn weight(&self) -> f64 {
        self.a + self.b
    }

    /// Returns how the spread of rates is known.
    #[must_use]
    pub const fn spread(&self) -> Spread {
        self.spread
    }

    /// Returns how many customers with trials it was learnt from.
    #[must_use]
    pub const fn customers(&self) -> u64 {
        self.customers
    }

    /// Returns what is to be believed of the rate of a customer with so many events in so many trials.
    ///
    /// # Errors
    /// [`RateError::MoreEventsThanTrials`].
    ///
    /// # Examples
    /// ```
    /// use patron_stats::{level::Level, rates::BetaPrior};
    ///
    /// // One return of one order, where a tenth of all orders come back and rates differ little.
    /// let one = BetaPrior::new(2.0, 18.0)?.posterior(1, 1)?;
    /// assert!((one.mean() - 3.0 / 21.0).abs() < 1e-15);
    /// assert!(one.above(0.3) < 0.05);
    /// # Ok::<(), patron_stats::rates::RateError>(())
    /// ```
    pub fn posterior(&self, events: u64, trials: u64) -> Result<BetaPosterior, RateError> {
        if events > trials {
            return Err(RateError::MoreEventsThanTrials { events, trials });
        }
        Ok(BetaPosterior {
            a: self.a + events as f64,
            b: self.b + (trials - events) as f64,
        })
    }
}

/// What is to be believed of one customer's probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BetaPosterior {
    a: f64,
    b: f64,
}

impl BetaPosterior {
    /// Returns the expected rate.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.a / (self.a + self.b)
    }

    /// Returns between which bounds the rate lies, with the same probability outside on either side.
    #[must_use]
    pub fn interval(&self, level: Level) -> Interval {
        let tail = level.tail();
        Interval {
            low: beta_quantile(tail, self.a, self.b),
            high: beta_quantile(1.0 - tail, self.a, self.b),
        }
    }

    /// Returns the probability that the rate exceeds a bound.
    #[must_use]
    pub fn above(&self, bound: f64) -> f64 {
        beta_above(bound, self.a, self.b)
    }

    /// Returns the probability that the rate lies below a bound.
    #[must_use]
    pub fn below(&self, bound: f64) -> f64 {
        beta_below(bound, self.a, self.b)
    }
}

/// Returns those with trials, sorted, each pair of counts once.
fn distinct(all: &[Trials]) -> Vec<Trials> {
    let mut sorted: Vec<Trials> = all
        .iter()
        .filter(|one| one.trials * one.customers > 0)
        .copied()
        .collect();
    sorted.sort_unstable();
    let alike =
        |left: &Trials, right: &Trials| (left.events, left.trials) == (right.events, right.trials);
    let merged = sorted.chunk_by(alike).filter_map(|run| {
        let customers = run.iter().map(|one| one.customers).sum();
        run.first().map(|first| Trials {
            customers,
            ..*first
        })
    });
    merged.collect()
}

fn slope_at_no_spread(distinct: &[Trials], mean: f64) -> f64 {
    let pairs = |count: u64| count as f64 * (count as f64 - 1.0);
    let terms = distinct.iter().map(|one| {
        let (k, n) = (one.events, one.trials);
        one.customers as f64 * (pairs(k) / mean + pairs(n - k) / (1.0 - mean) - pairs(n))
    });
    let slope: f64 = terms.sum();
    let scale: f64 = distinct
        .iter()
        .map(|one| one.customers as f64 * pairs(one.trials))
        .sum();
    // What rounding leaves of nothing is no spread.
    slope - 1e-12 * scale
}

fn likeliest(distinct: &[Trials], mean: f64) -> Option<[f64; 2]> {
    let customers: f64 = distinct.iter().map(|one| one.customers as f64).sum();
    let objective = |theta: &[f64; 2]| {
        let parameters = theta.map(f64::exp);
        let terms = distinct.iter().map(|one| ln_probability(parameters, one));
        let sum = terms.fold(Evaluation::ZERO, |sum, term| sum.plus(&term));
        sum.on_log_scale(&parameters, -1.0 / customers)
    };
    let weight = 2.0_f64;
    let start = [(weight * mean).ln(), (weight * (1.0 - mean)).ln()];
    let found = minimise(objective, start, ITERATIONS).filter(|found| found.converged)?;
    Some(found.theta.map(f64::exp))
}

/// Returns `ln B(a + k, b + n − k) − ln B(a, b)` with its derivatives, for as many customers as have these counts.
fn ln_probability([a, b]: [f64; 2], one: &Trials) -> Evaluation<2> {
    let count = one.customers as f64;
    let with = rising(a, one.events).map(|term| count * term);
    let without = rising(b, one.trials - one.events).map(|term| count * term);
    let whole = rising(a + b, one.trials).map(|term| count * term);
    Evaluation {
        value: with[0] + without[0] - whole[0],
        gradient: [with[1] - whole[1], without[1] - whole[1]],
        hessian: [
            [with[2] - whole[2], -whole[2]],
            [-whole[2], without[2] - whole[2]],
        ],
    }
}
