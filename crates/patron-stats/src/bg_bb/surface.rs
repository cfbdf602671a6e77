//! What BG/BB says of one customer.

use rand::{Rng, RngExt};

use super::alive::Alive;
use super::{BetaBernoulli, FittedBgBb, OpportunityHistory};
use crate::purchase::{CountDistribution, ForecastError, Moments, Posterior, check_discount_rate};
use crate::sample::beta_variable;

/// A customer drawn from the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedOpportunities {
    /// What was seen by the end of observation.
    pub history: OpportunityHistory,
    /// Opportunities at which the customer buys after it, counted from there.
    pub later: Vec<u32>,
}

/// Means of a beta variable and of its square.
fn raw_moments(a: f64, b: f64) -> [f64; 2] {
    let mean = a / (a + b);
    [mean, mean * ((a + 1.0) / (a + b + 1.0))]
}

impl BetaBernoulli {
    fn alive(&self, history: &OpportunityHistory) -> Alive {
        let x = f64::from(history.repeat_purchases());
        let n = f64::from(history.opportunities());
        Alive {
            buys: self.alpha + x,
            passes: self.beta + n - x,
            leaves: self.gamma,
            stays: self.delta + n,
        }
    }

    /// Returns the logarithms of the odds of having left after staying for n − 1, n − 2, … t opportunities, against being there
    /// at n.
    ///
    /// ```text
    /// B(α + x, β + k − x)/B(α + x, β + n − x) · B(γ + 1, δ + k)/B(γ, δ + n)
    /// ```
    fn ln_odds_of_leaving(
        &self,
        history: &OpportunityHistory,
    ) -> impl Iterator<Item = (u32, f64)> + use<> {
        let Self {
            alpha,
            beta,
            gamma,
            delta,
        } = *self;
        let x = f64::from(history.repeat_purchases());
        let end = history.opportunities();
        let mut ln_odds = 0.0;
        (history.last()..end).rev().map(move |stayed| {
            let k = f64::from(stayed);
            // From k + 1 opportunities stayed to k: one purchase missed and one chance to leave survived less.
            let missed = (alpha + beta + k) / (beta + k - x);
            let survived = if stayed + 1 == end {
                gamma / (delta + k)
            } else {
                (gamma + delta + k + 1.0) / (delta + k)
            };
            ln_odds += (missed * survived).ln();
            (stayed, ln_odds)
        })
    }

    fn probability_there(&self, history: &OpportunityHistory) -> f64 {
        let ways = self.ln_odds_of_leaving(history);
        let left: f64 = ways.map(|(_, ln_odds)| ln_odds.exp()).sum();
        1.0 / (1.0 + left)
    }
}

fn check_interval(from: u32, to: u32) -> Result<(), ForecastError> {
    if from <= to {
        Ok(())
    } else {
        Err(ForecastError::IntervalReversed {
            from: f64::from(from),
            to: f64::from(to),
        })
    }
}

impl FittedBgBb {
    /// Returns the probability that the customer has not left by opportunity `n + after`.
    ///
    /// With `after` = 0 it is that of having been there at the last opportunity observed, with 1 the P(alive) of the literature.
    #[must_use]
    pub fn probability_alive(&self, history: &OpportunityHistory, after: u32) -> f64 {
        self.law.probability_there(history) * self.law.alive(history).stays_for(after)
    }

    /// Returns the expected purchases at the next `horizon` opportunities.
    #[must_use]
    pub fn expected_purchases(&self, history: &OpportunityHistory, horizon: u32) -> f64 {
        let alive = self.law.alive(history);
        self.law.probability_there(history) * alive.chance() * alive.present(horizon)
    }

    /// Returns the expected purchases at opportunities `n + from + 1` to `n + to`.
    ///
    /// # Errors
    /// [`ForecastError::IntervalReversed`].
    pub fn expected_purchases_between(
        &self,
        history: &OpportunityHistory,
        from: u32,
        to: u32,
    ) -> Result<f64, ForecastError> {
        check_interval(from, to)?;
        let alive = self.law.alive(history);
        let present = alive.stays_for(from) * alive.later(from).present(to - from);
        Ok(self.law.probability_there(history) * alive.chance() * present)
    }

    /// Returns the expected repeat purchases of a new customer at the first `horizon` opportunities.
    #[must_use]
    pub fn expected_purchases_new(&self, horizon: u32) -> f64 {
        self.expected_purchases(&OpportunityHistory::NEW_CUSTOMER, horizon)
    }

    /// Returns the distribution of the number of purchases at the next `horizon` opportunities.
    ///
    /// For a new customer's `P(X(n) = x)` pass [`OpportunityHistory::NEW_CUSTOMER`]. Its quantiles bound what the customer
    /// will do.
    #[must_use]
    pub fn count_distribution(
        &self,
        history: &OpportunityHistory,
        horizon: u32,
    ) -> CountDistribution {
        let counts = self.law.alive(history).counts(horizon);
        CountDistribution::new(self.law.probability_there(history), counts)
    }

    /// Returns the probability of at least one purchase at the next `horizon` opportunities.
    #[must_use]
    pub fn probability_of_purchase(&self, history: &OpportunityHistory, horizon: u32) -> f64 {
        self.law.probability_there(history) * self.law.alive(history).any(horizon)
    }

    /// Returns the probability of at least one purchase at opportunities `n + from + 1` to `n + to`.
    ///
    /// # Errors
    /// [`ForecastError::IntervalReversed`].
    pub fn probability_of_purchase_between(
        &self,
        history: &OpportunityHistory,
        from: u32,
        to: u32,
    ) -> Result<f64, ForecastError> {
        check_interval(from, to)?;
        let alive = self.law.alive(history);
        let any = alive.stays_for(from) * alive.later(from).any(to - from);
        Ok(self.law.probability_there(history) * any)
    }

    /// Returns the probability of any further purchase, however late.
    #[must_use]
    pub fn probability_of_any_purchase(&self, history: &OpportunityHistory) -> f64 {
        self.law.probability_there(history) * self.law.alive(history).any_ever()
    }

    /// Returns the opportunity, counted from n, by which the next purchase has happened with probability `level`.
    ///
    /// # Returns
    /// Nothing where it never has, and beyond ten million opportunities.
    #[must_use]
    pub fn opportunity_of_next_purchase(
        &self,
        history: &OpportunityHistory,
        level: f64,
    ) -> Option<u32> {
        let there = self.law.probability_there(history);
        if 0.0 < level && level < there {
            self.law.alive(history).quantile(level / there)
        } else {
            None
        }
    }

    /// Returns what the history says of the customer's own p and θ.
    #[must_use]
    pub fn posterior(&self, history: &OpportunityHistory) -> Posterior {
        let alive = self.law.alive(history);
        let x = f64::from(history.repeat_purchases());
        // Weight, E[p], E[p²], E[θ], E[θ²].
        let mut sums = [0.0; 5];
        let mut add = |weight: f64, [p, square]: [f64; 2], [theta, theta_square]: [f64; 2]| {
            let of_one = [1.0, p, square, theta, theta_square];
            for (sum, value) in sums.iter_mut().zip(of_one) {
                *sum += weight * value;
            }
        };
        let ways = || self.law.ln_odds_of_leaving(history);
        let reference = ways().fold(0.0_f64, |largest, (_, ln_odds)| largest.max(ln_odds));
        add(
            (-reference).exp(),
            raw_moments(alive.buys, alive.passes),
            raw_moments(alive.leaves, alive.stays),
        );
        for (stayed, ln_odds) in ways() {
            let k = f64::from(stayed);
            add(
                (ln_odds - reference).exp(),
                raw_moments(alive.buys, self.law.beta + k - x),
                raw_moments(self.law.gamma + 1.0, self.law.delta + k),
            );
        }
        let [total, p, square, theta, theta_square] = sums;
        Posterior {
            rate: Moments::from_raw(p / total, square / total),
            dropout: Some(Moments::from_raw(theta / total, theta_square / total)),
        }
    }

    /// Returns the expected purchases at the next `horizon` opportunities, each discounted from its opportunity to n.
    ///
    /// `discount_rate` is continuous, per opportunity: ln(1.1) for 10 % from one to the next.
    ///
    /// # Errors
    /// [`ForecastError::DiscountRateOutsideDomain`].
    pub fn discounted_expected_purchases(
        &self,
        history: &OpportunityHistory,
        horizon: u32,
        discount_rate: f64,
    ) -> Result<f64, ForecastError> {
        Ok(self.discounted(history, horizon, discount_rate)?.0)
    }

    /// Returns the expected purchases without end, each discounted from its opportunity to n.
    ///
    /// Infinite at a rate of 0 and γ ≤ 1. Takes some `45/discount_rate` steps.
    ///
    /// # Errors
    /// [`ForecastError::DiscountRateOutsideDomain`].
    pub fn discounted_expected_purchases_lifetime(
        &self,
        history: &OpportunityHistory,
        discount_rate: f64,
    ) -> Result<f64, ForecastError> {
        Ok(self.discounted(history, 0, discount_rate)?.1)
    }

    fn discounted(
        &self,
        history: &OpportunityHistory,
        horizon: u32,
        discount_rate: f64,
    ) -> Result<(f64, f64), ForecastError> {
        check_discount_rate(discount_rate)?;
        let alive = self.law.alive(history);
        let chance = self.law.probability_there(history) * alive.chance();
        let (within, ever) = if discount_rate > 0.0 {
            alive.discounted_present(horizon, discount_rate)
        } else {
            (alive.present(horizon), alive.present_ever())
        };
        Ok((chance * within, chance * ever))
    }

    /// Draws a customer observed for `opportunities` after the first purchase and followed for `horizon` after that.
    ///
    /// The same generator in the same state draws the same customer.
    pub fn simulate(
        &self,
        generator: &mut dyn Rng,
        opportunities: u32,
        horizon: u32,
    ) -> SimulatedOpportunities {
        let buying = beta_variable(generator, self.law.alpha, self.law.beta);
        let leaving = beta_variable(generator, self.law.gamma, self.law.delta);
        let (mut repeat_purchases, mut last, mut later) = (0, 0, Vec::new());
        for opportunity in 1..=opportunities.saturating_add(horizon) {
            if generator.random::<f64>() < leaving {
                break;
            }
            if generator.random::<f64>() >= buying {
                continue;
            }
            if opportunity <= opportunities {
                repeat_purchases += 1;
                last = opportunity;
            } else {
                later.push(opportunity - opportunities);
            }
        }
        SimulatedOpportunities {
            history: OpportunityHistory::new(repeat_purchases, last, opportunities)
                .unwrap_or(OpportunityHistory::NEW_CUSTOMER),
            later,
        }
    }
}
