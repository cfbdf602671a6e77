//! The number of purchases within a horizon.

/// How many purchases a customer makes within a horizon.
///
/// # Model
///
/// ```text
/// P(N = n) = P(alive) · P(N = n | alive)      n ≥ 1
/// P(N = 0) = 1 − P(alive) + P(alive) · P(N = 0 | alive)
/// ```
///
/// `P(N = n | alive)` is each model's own matter.
#[derive(Debug, Clone, PartialEq)]
pub struct CountDistribution {
    probability_alive: f64,
    /// `P(N = n | alive)`.
    given_alive: Vec<f64>,
}

impl CountDistribution {
    pub(crate) const fn new(probability_alive: f64, given_alive: Vec<f64>) -> Self {
        Self {
            probability_alive,
            given_alive,
        }
    }

    /// Returns the distribution of somebody else with the same prospects, who is alive with this probability.
    pub(crate) fn of_alive(self, probability_alive: f64) -> Self {
        Self {
            probability_alive,
            ..self
        }
    }

    /// Returns the mean of distributions: that of a customer drawn from one of them, all equally likely.
    pub(crate) fn mixture(of: &[Self]) -> Self {
        let longest = of.iter().map(|one| one.given_alive.len()).max();
        let mut given_alive = vec![0.0; longest.unwrap_or(0)];
        let mut alive = 0.0;
        for one in of {
            alive += one.probability_alive;
            for (sum, probability) in given_alive.iter_mut().zip(&one.given_alive) {
                *sum += one.probability_alive * probability;
            }
        }
        if alive > 0.0 {
            for sum in &mut given_alive {
                *sum /= alive;
            }
        }
        Self {
            probability_alive: alive / (of.len() as f64).max(1.0),
            given_alive,
        }
    }

    /// Returns `P(N = n)`.
    #[must_use]
    pub fn probability(&self, purchases: usize) -> f64 {
        let alive =
            self.probability_alive * self.given_alive.get(purchases).copied().unwrap_or(0.0);
        if purchases == 0 {
            1.0 - self.probability_alive + alive
        } else {
            alive
        }
    }

    /// Returns the number of purchases after which no probability is kept (at most 1e-13 is missing).
    #[must_use]
    pub fn most_purchases(&self) -> usize {
        self.given_alive.len().saturating_sub(1)
    }

    /// Returns the smallest n with `P(N ≤ n) ≥ level`, for a level in `[0, 1]`.
    #[must_use]
    pub fn quantile(&self, level: f64) -> usize {
        let mut below = 1.0 - self.probability_alive;
        for (purchases, probability) in self.given_alive.iter().enumerate() {
            below += self.probability_alive * probability;
            if below >= level {
                return purchases;
            }
        }
        self.most_purchases()
    }

    /// Returns the mean.
    #[must_use]
    pub fn mean(&self) -> f64 {
        let given_alive: f64 = self
            .given_alive
            .iter()
            .enumerate()
            .map(|(n, probability)| n as f64 * probability)
            .sum();
        self.probability_alive * given_alive
    }

    /// Returns `P(N = n | alive)` for n = 0, 1, ….
    #[must_use]
    pub fn given_alive(&self) -> &[f64] {
        &self.given_alive
    }
}
