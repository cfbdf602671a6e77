//! One customer whose regularity and rates are known: how likely is the history, what comes next?

use super::TimedHistory;
use super::renewal::{at_least, next_purchase};
use crate::distributions::gamma_shares;
use crate::history::History;
use crate::purchase::{CountDistribution, KnownCustomer};
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
}

impl KnownCustomer for OwnTiming {
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
    /// use patron_stats::purchase::KnownCustomer;
    ///
    /// // At random (k = 1) it is that of Pareto/NBD; of somebody regular the same silence says more.
    /// let history = History::new(4, 12.0, 20.0)?;
    /// let own = OwnTiming { k: 1.0, lambda: 0.3, mu: 0.05 };
    /// assert!((own.probability_alive(&history) - 0.311_878).abs() < 1e-6);
    /// let regular = OwnTiming { k: 3.0, ..own };
    /// assert!((regular.probability_alive(&history) - 0.103_063).abs() < 1e-6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn probability_alive(&self, history: &History) -> f64 {
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

    /// Returns the expected purchases in `(T, T + horizon]`: the sum of the probabilities of at least one, two, and so on; without end
    /// `P(N ≥ 1)/(1 − ρ^k)`, because every purchase is followed by another with the probability ρ^k.
    fn expected_purchases(&self, history: &History, horizon: f64) -> f64 {
        if horizon.is_infinite() {
            next_purchase(self, history, horizon) / -self.ln_bought().exp_m1()
        } else {
            at_least(self, history, horizon).iter().sum()
        }
    }

    /// Returns the expected purchases in `(T, T + horizon]`, each discounted from its time to T.
    ///
    /// A discount of e^(−δ·time) acts as another reason to leave does, of rate δ, for which nobody has left before T:
    ///
    /// ```text
    /// P(alive | μ)/P(alive | μ + δ) · E[purchases | μ + δ]
    /// ```
    ///
    /// `discount_rate` is continuous, per model unit, and at least 0. Without end pass an infinite horizon.
    ///
    /// # Examples
    /// ```
    /// use patron_stats::history::History;
    /// use patron_stats::pareto_ggg::OwnTiming;
    /// use patron_stats::purchase::KnownCustomer;
    ///
    /// // Integrals of the definition, of `reference/pareto_ggg/`.
    /// let own = OwnTiming { k: 2.5, lambda: 0.3, mu: 0.05 };
    /// let history = History::new(4, 12.0, 20.0)?;
    /// assert!((own.discounted_expected_purchases(&history, 10.0, 0.01) - 0.336_036).abs() < 1e-6);
    /// assert!((own.discounted_expected_purchases(&history, f64::INFINITY, 0.01) - 0.711_213).abs() < 1e-6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn discounted_expected_purchases(
        &self,
        history: &History,
        horizon: f64,
        discount_rate: f64,
    ) -> f64 {
        let hasty = Self {
            mu: self.mu + discount_rate,
            ..*self
        };
        let there = hasty.probability_alive(history);
        if there > 0.0 {
            let expected = hasty.expected_purchases(history, horizon);
            self.probability_alive(history) * expected / there
        } else {
            0.0
        }
    }

    /// Returns the probability of at least one purchase in `(T, T + horizon]`.
    ///
    /// ```text
    /// ρ^k·( Q(k, (kλ + μ)·w) − Q(k, (kλ + μ)(w + h)) ) / W        w = T − t
    /// ```
    fn probability_of_purchase(&self, history: &History, horizon: f64) -> f64 {
        next_purchase(self, history, horizon)
    }

    /// Returns the distribution of the number of purchases in `(T, T + horizon]`.
    fn counts(&self, history: &History, horizon: f64) -> CountDistribution {
        self.outlook(history, horizon).1
    }

    /// Returns both from the probabilities of at least one, two, and so on, which take all the time.
    fn outlook(&self, history: &History, horizon: f64) -> (f64, CountDistribution) {
        let mut at_least = at_least(self, history, horizon);
        let expected = at_least.iter().sum();
        let alive = self.probability_alive(history);
        if alive <= 0.0 {
            return (expected, CountDistribution::new(0.0, vec![1.0]));
        }
        at_least.insert(0, alive);
        let next = at_least.iter().skip(1).copied().chain([0.0]);
        let exactly = at_least.iter().zip(next);
        let given_alive = exactly.map(|(this, next)| ((this - next) / alive).max(0.0));
        let counts = CountDistribution::new(alive, given_alive.collect());
        (expected, counts)
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
