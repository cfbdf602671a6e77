//! What the purchases to come are worth at the end of observation.

use super::Alive;
use crate::mixture::BetaMixture;
use crate::purchase::{Arrivals, MOST_PURCHASES, Outlook};
use crate::regularity::MOST_STAGES;
use crate::special::ln_gamma;

/// Beyond a discount of `e^-45` nothing is left that a double could see.
const LARGEST_DISCOUNT: f64 = 45.0;

/// Width of the first trapezoids in ln λ, and the same in widths of the density where that is narrow. The gamma density is
/// analytic half-way to ±iπ and close to normal there: errors are about `exp(−π²/h)` and `exp(−2π²/h²)`, 1e-6 and less.
const FIRST_STEP: f64 = 0.65;
const FIRST_STEP_IN_WIDTHS: f64 = 1.15;

/// Two sums, of which the second has the squared error of the first, agree to this.
const AGREE: f64 = 1e-6;

/// Steps are not halved further: where more stages come than are counted, the sum has a kink.
const SHORTEST_STEP: f64 = 1e-3;

/// Poisson probabilities are listed up to this many standard deviations above the mean, and some more.
const SPREAD: f64 = 9.0;
const FURTHER: usize = 20;

/// Points whose weight is this far (in logarithms) below the largest are left out.
const NEGLIGIBLE: f64 = 40.0;

/// The sum towards small rates ends where all further terms together are below this share of it.
const NOTHING_LEFT: f64 = 1e-15;

impl Alive {
    /// Returns the sums of a forecast.
    pub(super) fn outlook(&self, horizon: f64, discount_rate: f64) -> Outlook {
        let expected = self.expected(horizon);
        if discount_rate > 0.0 {
            Outlook {
                expected,
                discounted: self.discounted(horizon, discount_rate),
                lifetime: self.lifetime(discount_rate),
            }
        } else {
            Outlook {
                expected,
                discounted: expected,
                lifetime: self.undiscounted(),
            }
        }
    }

    /// Expected purchases without end and without discount: `E[1/p] = (a + b′ − 1)/(a − 1)`.
    fn undiscounted(&self) -> f64 {
        if self.a > 1.0 {
            (self.a + self.b - 1.0) / (self.a - 1.0)
        } else {
            f64::INFINITY
        }
    }

    /// Returns the discounted purchases within `horizon`.
    ///
    /// Stage m comes by the end, and is worth something then, as stages at rate λ + δ do, of which a share z is not lost:
    ///
    /// ```text
    /// Σ_n E[ B(a, b′ + n − 1)/B(a, b′) · z^m · P(Poisson((λ + δ)·H) ≥ m) ]      m = k·n − j,  z = λ/(λ + δ)
    /// ```
    ///
    /// One list of Poisson probabilities serves all n and j.
    fn discounted(&self, horizon: f64, discount_rate: f64) -> f64 {
        let horizon = horizon.min(LARGEST_DISCOUNT / discount_rate);
        if horizon == 0.0 {
            return 0.0;
        }
        let mut at_least = Vec::new();
        let mut stays = Vec::new();
        let mut staying = self.stays();
        self.over_rates(|rate, done| {
            let mean = (rate + discount_rate) * horizon;
            let all = poisson_at_least(mean, self.stages, &mut at_least);
            let most = at_least.len() / self.stages as usize + 1;
            stays.extend(staying.by_ref().take(most.saturating_sub(stays.len())));
            let z = rate / (rate + discount_rate);
            let per_purchase = z.powi(self.stages.cast_signed());
            let mut sum = 0.0;
            for (j, weight) in (0..self.stages).zip(done) {
                let lacking = self.stages - j;
                let mut worth = weight * z.powi(lacking.cast_signed());
                let purchases = at_least
                    .iter()
                    .skip(lacking as usize)
                    .step_by(self.stages as usize);
                for (by_the_end, stayed) in purchases.zip(&stays) {
                    sum += worth * stayed * by_the_end;
                    worth *= per_purchase;
                }
            }
            sum / all
        })
    }

    /// Returns the discounted purchases without end.
    ///
    /// A stage at rate λ is worth z = λ/(λ + δ) of one done now, so that with j stages done
    ///
    /// ```text
    /// Σ_n E[(1 − p)^(n−1)·z^(k·n − j)] = E[ z^(k−j) / (1 − (1 − p)·z^k) ]
    /// ```
    ///
    /// The mean over p is the same for all j, and that over λ is taken of all at once.
    fn lifetime(&self, discount_rate: f64) -> f64 {
        let Arrivals { shape, time } = self.none_done;
        let k = f64::from(self.stages);
        let largest_rate = (shape + k + 10.0 * (shape + k).sqrt() + NEGLIGIBLE) / time;
        let lost = |rate: f64| -(-k * (discount_rate / rate).ln_1p()).exp_m1();
        let mixture = BetaMixture::new(self.a, self.b, lost(largest_rate), 1.0);
        self.over_rates(|rate, done| {
            let lost = lost(rate);
            let onwards = mixture.mean(1.0 / lost, |p| 1.0 / (p + (1.0 - p) * lost));
            let z = rate / (rate + discount_rate);
            let worth = |(j, weight): (u32, &f64)| weight * z.powi((self.stages - j).cast_signed());
            (0..self.stages).zip(done).map(worth).sum::<f64>() * onwards
        })
    }

    /// Returns the mean over λ and j of a function that is given λ and the weights of all j, and which grows with λ.
    ///
    /// ```text
    /// P(j)·density_j(λ) = P(j)·Γ(R)/Γ(R + j)·(A·λ)^j · density_0(λ)
    /// ```
    ///
    /// Trapezoids in ln λ. Half the step squares their error, so that two sums that agree in half of the digits are enough.
    fn over_rates(
        &self,
        mut function: impl FnMut(f64, &[f64; MOST_STAGES as usize]) -> f64,
    ) -> f64 {
        let Arrivals { shape, time } = self.none_done;
        let ln_peak = shape * shape.ln() - shape - ln_gamma(shape);
        // y = ln(λ·A/R)
        let mut value = |y: f64| {
            let scaled = y.exp() * shape;
            let mut growth = 1.0;
            let mut weights = [0.0; MOST_STAGES as usize];
            for (slot, (_, weight, arrivals)) in weights.iter_mut().zip(self.by_stages_done()) {
                *slot = weight * growth;
                growth *= scaled / arrivals.shape;
            }
            let density = (ln_peak + shape * (y - y.exp_m1())).exp();
            density * function(scaled / time, &weights)
        };
        let mut step =
            FIRST_STEP.min(FIRST_STEP_IN_WIDTHS / (shape + f64::from(self.stages)).sqrt());
        let mut sum = self.every_step(0.0, step, &mut value);
        loop {
            let between = self.every_step(0.5 * step, step, &mut value);
            let agree = (between - sum).abs() <= AGREE * (between + sum);
            sum += between;
            step *= 0.5;
            if agree || step < SHORTEST_STEP {
                return sum * step;
            }
        }
    }

    /// Sums `value` at `first` and all whole steps from there, up and down, as far as it matters.
    fn every_step(&self, first: f64, step: f64, value: &mut impl FnMut(f64) -> f64) -> f64 {
        let shape = self.none_done.shape;
        let k = f64::from(self.stages);
        // The lowest peak of the densities is at 0, and none is higher than that of R + k.
        let highest = (k / shape).ln_1p();
        let mut sum = 0.0;
        let mut y = first;
        // Past the highest peak by as much as its own density needs to fall.
        while y < highest || (shape + k) * (y - highest - (y - highest).exp_m1()) > -NEGLIGIBLE {
            sum += value(y);
            y += step;
        }
        // Below the lowest peak all that is summed grows with y, no slower than e^(R·y).
        y = first - step;
        let rest = NOTHING_LEFT * -(-shape * step).exp_m1();
        let mut term = value(y);
        while term > rest * sum {
            sum += term;
            y -= step;
            term = value(y);
        }
        sum
    }
}

/// Fills a list with the probabilities that a Poisson variable is at least 0, 1, …, as far as they matter, times what is
/// returned: that of the most probable number is 1 at first, so that nothing overflows or cancels.
fn poisson_at_least(mean: f64, stages: u32, at_least: &mut Vec<f64>) -> f64 {
    at_least.clear();
    let most = MOST_PURCHASES as f64;
    if mean > most {
        at_least.resize(MOST_PURCHASES, 1.0);
        return 1.0;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most a few more than MOST_PURCHASES"
    )]
    let (mode, end) = (
        mean as usize,
        (mean + SPREAD * mean.sqrt()) as usize + stages as usize + FURTHER,
    );
    at_least.resize(end, 0.0);
    let (below, above) = at_least.split_at_mut(mode);
    let mut weight = 1.0;
    for (slot, n) in above.iter_mut().zip(mode..) {
        *slot = weight;
        weight *= mean / (n as f64 + 1.0);
    }
    weight = 1.0;
    for (n, slot) in below.iter_mut().enumerate().rev() {
        weight *= (n as f64 + 1.0) / mean;
        *slot = weight;
    }
    let mut sum = 0.0;
    for slot in at_least.iter_mut().rev() {
        sum += *slot;
        *slot = sum;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::beta_geometric::{BetaGeometric, Dropout};
    use crate::erlang::Erlang;
    use crate::history::History;
    use crate::regularity::Stages;

    /// Sums of up to 60,000 terms, each of which is rounded.
    const EXACT: f64 = 1e-12;

    fn gap(found: f64, exact: f64) -> f64 {
        (found / exact - 1.0).abs()
    }

    #[test]
    fn poisson_probabilities_sum_to_the_mean_and_none_is_an_exponential() {
        let mut at_least = Vec::new();
        for mean in [1e-12, 1e-3, 0.9, 29.5, 800.0, 6e4] {
            let all = poisson_at_least(mean, 1, &mut at_least);
            let some = at_least[1] / all;
            assert!(gap(some, -(-mean).exp_m1()) < EXACT, "{mean}: {some}");
            let sum: f64 = at_least.iter().skip(1).map(|p| p / all).sum();
            assert!(gap(sum, mean) < EXACT, "{mean}: {sum}");
        }
    }

    fn alive(stages: u32, [r, alpha, a, b]: [f64; 4], x: u32, age: f64) -> Alive {
        let dropout = Dropout::AfterAnyPurchase;
        let base = BetaGeometric {
            r,
            alpha,
            a,
            b,
            dropout,
        };
        let stages = Stages::new(stages).unwrap();
        let recency = if x > 0 { 0.8 * age } else { 0.0 };
        let history = History::new(x, recency, age).unwrap();
        Erlang { stages, base }.given_alive(&history)
    }

    #[test]
    fn if_nobody_leaves_each_moment_brings_the_mean_rate() {
        for (r, x, age) in [(0.05, 0, 0.0), (0.7, 3, 20.0), (4.0, 200, 300.0)] {
            let alive = alive(1, [r, 5.0, 1e-15, 1.0], x, age);
            for (horizon, rate) in [(1e-6, 0.01), (52.0, 0.002), (3000.0, 0.1)] {
                let found = alive.discounted(horizon, rate);
                let exact = alive.none_done.rate() * -(-rate * horizon).exp_m1() / rate;
                assert!(
                    gap(found, exact) < EXACT,
                    "{alive:?} {horizon}: {found} {exact}"
                );
            }
        }
    }

    #[test]
    fn a_long_horizon_is_a_horizon_without_end() {
        for stages in [1, 2, 5, 12] {
            for (parameters, x, age) in [
                ([0.06, 2.0, 0.1, 0.3], 0, 0.3),
                ([1.3, 3.0, 0.4, 0.8], 7, 40.0),
                ([20.0, 30.0, 2.0, 5.0], 30, 100.0),
            ] {
                let alive = alive(stages, parameters, x, age);
                let (found, exact) = (alive.discounted(2000.0, 0.03), alive.lifetime(0.03));
                assert!(gap(found, exact) < EXACT, "{alive:?}: {found} {exact}");
            }
        }
    }
}
