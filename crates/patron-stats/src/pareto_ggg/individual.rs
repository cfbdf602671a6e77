//! One customer whose regularity and rates are known: how likely is the history, what comes next?

use super::TimedHistory;
use super::renewal::at_least;
use crate::distributions::gamma_shares;
use crate::history::History;
use crate::purchase::CountDistribution;
use crate::special::ln_gamma;

/// A customer more regular than this is taken for one who is so: times between purchases then vary by a hundredth.
pub(super) const MOST_REGULAR: f64 = 10_000.0;

/// The own regularity and rates of one customer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OwnTiming {
    /// k, the shape of the times between purchases: 1 at random, above more regular, below in bursts.
    pub k: f64,
    /// λ, purchases per model unit while a customer: one over the mean time between them.
    pub lambda: f64,
    /// μ, rate of leaving per model unit.
    pub mu: f64,
}

impl OwnTiming {
    pub(super) fn from_logarithms([ln_k, ln_lambda, ln_mu]: [f64; 3]) -> Self {
        Self {
            k: ln_k.exp(),
            lambda: ln_lambda.exp(),
            mu: ln_mu.exp(),
        }
    }

    /// Returns `kλ`, the rate of the times between purchases.
    pub(super) fn rate(&self) -> f64 {
        self.k * self.lambda
    }

    /// Returns `ln ρ^k = k·ln(kλ/(kλ + μ))`: of buying once more before leaving.
    pub(super) fn ln_bought(&self) -> f64 {
        -self.k * (self.mu / self.rate()).ln_1p()
    }

    /// Returns the probability of a silence of this length since the last purchase, whether or not one left in it.
    ///
    /// ```text
    /// W = 1 − ρ^k + ρ^k·Q(k, (kλ + μ)·w)        ρ = kλ/(kλ + μ)
    /// ```
    pub(super) fn silent(&self, silence: f64, ln_gamma_k: f64) -> f64 {
        let ln_bought = self.ln_bought();
        let (_, above) = gamma_shares(self.k, (self.rate() + self.mu) * silence, ln_gamma_k);
        // Of positive terms: where next to nobody leaves, one less ρ^k keeps its digits.
        -ln_bought.exp_m1() + ln_bought.exp() * above
    }

    /// Returns the logarithm of the likelihood of a customer's purchases, times between them included; when and whether one left is summed over.
    #[must_use]
    pub fn ln_likelihood(&self, customer: &TimedHistory) -> f64 {
        ln_likelihood(customer, [self.k.ln(), self.lambda.ln(), self.mu.ln()])
    }

    /// Returns the probability of being still there at T.
    ///
    /// ```text
    /// e^(−μw)·Q(k, kλw) / ( 1 − ρ^k + ρ^k·Q(k, (kλ + μ)·w) )        w = T − t
    /// ```
    ///
    /// # Examples
    /// ```
    /// use patron_stats::history::History;
    /// use patron_stats::pareto_ggg::OwnTiming;
    ///
    /// // At random (k = 1) it is that of Pareto/NBD; of somebody regular the same silence says more.
    /// let history = History::new(4, 12.0, 20.0)?;
    /// let own = OwnTiming { k: 1.0, lambda: 0.3, mu: 0.05 };
    /// assert!((own.probability_alive(&history) - 0.311_878).abs() < 1e-6);
    /// let regular = OwnTiming { k: 3.0, ..own };
    /// assert!((regular.probability_alive(&history) - 0.103_063).abs() < 1e-6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn probability_alive(&self, history: &History) -> f64 {
        let silence = history.age() - history.recency();
        let ln_gamma_k = ln_gamma(self.k);
        let (_, above) = gamma_shares(self.k, self.rate() * silence, ln_gamma_k);
        let silent = self.silent(silence, ln_gamma_k);
        if silent > 0.0 {
            ((-self.mu * silence).exp() * above / silent).min(1.0)
        } else {
            // Nobody leaves at a rate this small, however long the silence.
            1.0
        }
    }

    /// Returns the expected purchases in `(T, T + horizon]`: the sum of the probabilities of at least one, two, and so on.
    #[must_use]
    pub fn expected_purchases(&self, history: &History, horizon: f64) -> f64 {
        at_least(self, history, horizon).iter().sum()
    }

    /// Returns the distribution of the number of purchases in `(T, T + horizon]`.
    pub(super) fn counts(&self, history: &History, horizon: f64) -> CountDistribution {
        let alive = self.probability_alive(history);
        if alive <= 0.0 {
            return CountDistribution::new(0.0, vec![1.0]);
        }
        let mut at_least = at_least(self, history, horizon);
        at_least.insert(0, alive);
        let next = at_least.iter().skip(1).copied().chain([0.0]);
        let exactly = at_least.iter().zip(next);
        let given_alive = exactly.map(|(this, next)| ((this - next) / alive).max(0.0));
        CountDistribution::new(alive, given_alive.collect())
    }
}

/// Returns the log-likelihood of a history and its timing at given logarithms of k, λ and μ, when and whether one left being summed over.
///
/// ```text
/// L = (kλ)^(kx)/Γ(k)^x · e^((k − 1)·Σ ln Δ) · e^(−(kλ + μ)t) · W
/// ```
pub(super) fn ln_likelihood(customer: &TimedHistory, theta: [f64; 3]) -> f64 {
    let own = OwnTiming::from_logarithms(theta);
    let [ln_k, ln_lambda, _] = theta;
    if own.k > MOST_REGULAR {
        return f64::NEG_INFINITY;
    }
    let history = customer.history();
    let ln_gamma_k = ln_gamma(own.k);
    let silence = history.age() - history.recency();
    let silent = own.silent(silence, ln_gamma_k).ln();
    if history.repeat_purchases() == 0 {
        return silent;
    }
    let x = f64::from(history.repeat_purchases());
    x * (own.k * (ln_k + ln_lambda) - ln_gamma_k) + (own.k - 1.0) * customer.ln_intervals()
        - (own.rate() + own.mu) * history.recency()
        + silent
}
