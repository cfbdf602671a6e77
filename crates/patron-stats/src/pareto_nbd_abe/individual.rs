//! One customer whose rates are known: how likely is the history, what comes next?

use crate::history::History;
use crate::purchase::{CountDistribution, KnownCustomer};

/// No probability smaller than this is kept of a distribution of counts.
const NEGLIGIBLE: f64 = 1e-14;

/// More purchases than this within one horizon are not counted one by one.
const MOST_PURCHASES: usize = 100_000;

/// The own rates of one customer, per model unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OwnRates {
    /// λ, purchases while a customer.
    pub lambda: f64,
    /// μ, of leaving.
    pub mu: f64,
}

impl OwnRates {
    pub(super) fn from_logarithms([ln_lambda, ln_mu]: [f64; 2]) -> Self {
        Self {
            lambda: ln_lambda.exp(),
            mu: ln_mu.exp(),
        }
    }

    /// Returns for how much of a horizon somebody who is there will stay.
    fn expected_time(&self, horizon: f64) -> f64 {
        if self.mu * horizon > 1e-12 {
            -(-self.mu * horizon).exp_m1() / self.mu
        } else {
            horizon
        }
    }
}

impl KnownCustomer for OwnRates {
    /// Returns the probability of being still there at T.
    ///
    /// ```text
    /// 1 / (1 + μ/(λ + μ)·(e^((λ + μ)(T − t)) − 1))
    /// ```
    ///
    /// # Examples
    /// ```
    /// use patron_stats::history::History;
    /// use patron_stats::pareto_nbd_abe::OwnRates;
    /// use patron_stats::purchase::KnownCustomer;
    ///
    /// let own = OwnRates { lambda: 0.3, mu: 0.05 };
    /// let history = History::new(4, 12.0, 20.0)?;
    /// assert!((own.probability_alive(&history) - 0.311_878).abs() < 1e-6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn probability_alive(&self, history: &History) -> f64 {
        let both = self.lambda + self.mu;
        let silence = history.age() - history.recency();
        1.0 / (1.0 + self.mu / both * (both * silence).exp_m1())
    }

    /// Returns the expected purchases in `(T, T + horizon]`: `P(alive)·λ/μ·(1 − e^(−μ·horizon))`.
    fn expected_purchases(&self, history: &History, horizon: f64) -> f64 {
        self.probability_alive(history) * self.lambda * self.expected_time(horizon)
    }

    /// Returns the expected purchases in `(T, T + horizon]`, each discounted from its time to T: `P(alive)·λ/(μ + δ)·(1 − e^(−(μ + δ)·horizon))`.
    ///
    /// `discount_rate` is continuous, per model unit, and at least 0. Without end pass an infinite horizon.
    ///
    /// # Examples
    /// ```
    /// use patron_stats::history::History;
    /// use patron_stats::pareto_nbd_abe::OwnRates;
    /// use patron_stats::purchase::KnownCustomer;
    ///
    /// let own = OwnRates { lambda: 0.3, mu: 0.05 };
    /// let new = History::NEW_CUSTOMER;
    /// assert!((own.discounted_expected_purchases(&new, 10.0, 0.01) - 2.255_942).abs() < 1e-6);
    /// assert!((own.discounted_expected_purchases(&new, f64::INFINITY, 0.01) - 5.0).abs() < 1e-12);
    /// ```
    fn discounted_expected_purchases(
        &self,
        history: &History,
        horizon: f64,
        discount_rate: f64,
    ) -> f64 {
        let both = Self {
            lambda: self.lambda,
            mu: self.mu + discount_rate,
        };
        // P(alive) knows nothing of a discount.
        both.expected_time(horizon) * self.lambda * self.probability_alive(history)
    }

    /// Returns the probability of at least one purchase in `(T, T + horizon]`: `P(alive)·λ/(λ + μ)·(1 − e^(−(λ + μ)·horizon))`.
    fn probability_of_purchase(&self, history: &History, horizon: f64) -> f64 {
        let both = self.lambda + self.mu;
        self.probability_alive(history) * self.lambda / both * -(-both * horizon).exp_m1()
    }

    /// Returns the distribution of the number of purchases in `(T, T + horizon]`.
    ///
    /// ```text
    /// P(n | there at T) = e^(−y)·(λh)ⁿ/n! + μ/(λ + μ)·(λ/(λ + μ))ⁿ·P(Poisson(y) > n)        y = (λ + μ)·h
    /// ```
    fn counts(&self, history: &History, horizon: f64) -> CountDistribution {
        let both = self.lambda + self.mu;
        let y = both * horizon;
        let bought = self.lambda / both;
        let mut given_alive = Vec::new();
        // Poisson probabilities from their logarithm: e^(−y) itself may underflow.
        let (mut ln_poisson, mut above) = (-y, -(-y).exp_m1());
        let mut bought_to_n = 1.0;
        for n in 0..MOST_PURCHASES {
            let there = (ln_poisson + n as f64 * bought.ln()).exp();
            let left = (1.0 - bought) * bought_to_n * above;
            given_alive.push(there + left);
            let past = n as f64 > self.lambda * horizon;
            if past && there + left < NEGLIGIBLE {
                break;
            }
            ln_poisson += y.ln() - (n as f64).ln_1p();
            above = (above - ln_poisson.exp()).max(0.0);
            bought_to_n *= bought;
        }
        CountDistribution::new(self.probability_alive(history), given_alive)
    }
}

/// Returns the log-likelihood of a history at given logarithms of λ and μ, when and whether one left being summed over.
///
/// ```text
/// L = λ^x · ( μ·e^(−(λ+μ)t) + λ·e^(−(λ+μ)T) ) / (λ + μ)
/// ```
pub(super) fn ln_likelihood(history: &History, [ln_lambda, ln_mu]: [f64; 2]) -> f64 {
    let (lambda, mu) = (ln_lambda.exp(), ln_mu.exp());
    let both = lambda + mu;
    let silence = history.age() - history.recency();
    let ways = (mu + lambda * (-both * silence).exp()) / both;
    f64::from(history.repeat_purchases()) * ln_lambda - both * history.recency() + ways.ln()
}
