//! Days of two kinds: ordinary ones, and those on which something happens far more often.

use super::{RateError, Trials};

/// Where the search begins: one day in ten is of the busier kind, with 0.8 against 0.1.
const START: [f64; 3] = [0.1, 0.1, 0.8];

/// Rounds of EM.
const ROUNDS: usize = 500;

/// Rates are kept apart from 0 and 1 by this, so that one day that does not fit them is not impossible.
const EDGE: f64 = 1e-9;

/// Two binomial rates, and how many of all are of the higher.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoRates {
    /// The share of those with the higher rate.
    pub share: f64,
    /// The lower rate.
    pub low: f64,
    /// The higher rate.
    pub high: f64,
    /// By how much two rates are likelier than one: the difference of the logarithms of the likelihoods.
    pub gain: f64,
    /// How many were looked at.
    pub count: u64,
}

impl TwoRates {
    /// Finds two rates in counts of days, or of anything else that is of either kind.
    ///
    /// # Model
    ///
    /// A share π of days has the rate h, the others l, and k ~ Binomial(n, rate). By EM from π = 0.1, l = 0.1, h = 0.8, 500 times:
    ///
    /// ```text
    /// z = π·h^k·(1 − h)^(n − k) / (π·h^k·(1 − h)^(n − k) + (1 − π)·l^k·(1 − l)^(n − k))
    /// π = mean of z        h = Σ z·k / Σ z·n        l = Σ (1 − z)·k / Σ (1 − z)·n
    /// ```
    ///
    /// It always finds two rates: [`Self::are_two`] says whether there are two.
    ///
    /// # Errors
    /// [`RateError::MoreEventsThanTrials`]; [`RateError::NothingTried`].
    ///
    /// # Source
    /// Dempster, Laird, Rubin (1977), Maximum likelihood from incomplete data via the EM algorithm. Checked against numpy.
    pub fn fit(all: &[Trials]) -> Result<Self, RateError> {
        let mut cases = Vec::with_capacity(all.len());
        for one in all.iter().filter(|one| one.trials * one.customers > 0) {
            if one.events > one.trials {
                let (events, trials) = (one.events, one.trials);
                return Err(RateError::MoreEventsThanTrials { events, trials });
            }
            cases.push(*one);
        }
        if cases.is_empty() {
            return Err(RateError::NothingTried);
        }
        cases.sort_unstable();
        let count: u64 = cases.iter().map(|case| case.customers).sum();
        let [share, low, high] = START;
        let mut found = Self {
            share,
            low,
            high,
            gain: 0.0,
            count,
        };
        for _ in 0..ROUNDS {
            found = found.next(&cases);
        }
        found.gain = found.ln_likelihood(&cases) - one_rate(&cases);
        Ok(found)
    }

    /// Returns the probability that one with such counts is of the higher rate.
    #[must_use]
    pub fn probability(&self, events: u64, trials: u64) -> f64 {
        let (high, low) = self.ln_terms(events, trials);
        1.0 / (1.0 + (low - high).exp())
    }

    /// Returns whether there are two rates: they are so much likelier than one that two more parameters are worth it by Schwarz's
    /// criterion, `2·gain > 2·ln count`.
    #[must_use]
    pub fn are_two(&self) -> bool {
        self.high > self.low && self.gain > (self.count as f64).ln()
    }

    fn ln_terms(&self, events: u64, trials: u64) -> (f64, f64) {
        let of = |rate: f64, share: f64| {
            events as f64 * rate.ln()
                + trials.saturating_sub(events) as f64 * (-rate).ln_1p()
                + share.ln()
        };
        (of(self.high, self.share), of(self.low, 1.0 - self.share))
    }

    fn ln_likelihood(&self, cases: &[Trials]) -> f64 {
        let of = |case: &Trials| {
            let (high, low) = self.ln_terms(case.events, case.trials);
            let most = high.max(low);
            case.customers as f64 * (most + ((high - most).exp() + (low - most).exp()).ln())
        };
        cases.iter().map(of).sum()
    }

    fn next(self, cases: &[Trials]) -> Self {
        let (mut days, mut high, mut low) = (0.0, [0.0; 2], [0.0; 2]);
        for case in cases {
            let z = self.probability(case.events, case.trials);
            let times = case.customers as f64;
            let [k, n] = [case.events, case.trials].map(|count| times * count as f64);
            days += times * z;
            high = [high[0] + z * k, high[1] + z * n];
            low = [low[0] + (1.0 - z) * k, low[1] + (1.0 - z) * n];
        }
        let rate = |[events, trials]: [f64; 2], before: f64| {
            if trials > 0.0 {
                inside(events / trials)
            } else {
                before
            }
        };
        Self {
            share: inside(days / self.count as f64),
            high: rate(high, self.high),
            low: rate(low, self.low),
            ..self
        }
    }
}

/// The logarithm of the likelihood of one rate for all.
fn one_rate(cases: &[Trials]) -> f64 {
    let total = |of: fn(&Trials) -> u64| -> f64 {
        let each = cases.iter().map(|case| of(case) * case.customers);
        each.sum::<u64>() as f64
    };
    let (events, trials) = (total(|case| case.events), total(|case| case.trials));
    let rate = inside(events / trials);
    events * rate.ln() + (trials - events) * (-rate).ln_1p()
}

const fn inside(rate: f64) -> f64 {
    rate.clamp(EDGE, 1.0 - EDGE)
}
