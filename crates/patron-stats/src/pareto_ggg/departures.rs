//! When may a silent customer have left? Rates of leaving summed over, so that their spread is drawn from what is seen alone.
#![expect(
    clippy::indexing_slicing,
    reason = "indices run over arrays of the rule's fixed length"
)]

use rand::Rng;

use super::OwnTiming;
use super::hierarchy::Spread;
use crate::distributions::gamma_shares;
use crate::history::History;
use crate::quadrature::{NODES, rule};
use crate::sample::{ln_gamma_variable, uniform};
use crate::special::ln_gamma;

/// How far from its middle, in standard deviations, a time between purchases is taken to be certainly longer.
const CERTAIN: f64 = 7.0;

/// Logarithm of the share of times between purchases that are longer than any that is looked at.
const LN_LEFT_OUT: f64 = 16.0;

/// What k and λ say of a customer's silence of w = T − t: how likely it is to be as long as u without a purchase, had one stayed.
///
/// ```text
/// S(u) = Q(k, kλu)        on u ≤ w:  1 up to `certain`, values at the nodes of a quadrature, nothing beyond `end`
/// ```
#[derive(Debug, Clone)]
pub(super) struct Silence {
    last: f64,
    age: f64,
    /// S(w).
    there: f64,
    certain: f64,
    end: f64,
    places: [f64; NODES],
    longer: [f64; NODES],
    /// S times the weight of the rule.
    weights: [f64; NODES],
}

impl Silence {
    pub(super) fn new(history: &History, own: &OwnTiming) -> Self {
        let (last, age) = (history.recency(), history.age());
        let silence = age - last;
        let (k, rate) = (own.k, own.rate());
        let ln_gamma_k = ln_gamma(k);
        let longer = |u: f64| gamma_shares(k, rate * u, ln_gamma_k).1;
        let root = (2.0 * k * LN_LEFT_OUT).sqrt();
        let end = silence.min((k + root + LN_LEFT_OUT) / rate);
        let certain = ((k - CERTAIN * k.sqrt()).max(0.0) / rate).min(end);
        let mut found = Self {
            last,
            age,
            there: longer(silence),
            certain,
            end,
            places: [end; NODES],
            longer: [0.0; NODES],
            weights: [0.0; NODES],
        };
        // In bursts S falls steeply at first, like 1 less u^k: nodes lie closer there.
        let power = (2.0 / k).clamp(1.0, 4.0);
        let length = end - certain;
        for (i, (node, weight)) in rule().nodes.iter().zip(rule().weights).enumerate() {
            let v = 0.5 * (node + 1.0);
            let u = certain + length * v.powf(power);
            found.places[i] = u;
            found.longer[i] = longer(u);
            let width = 0.5 * weight * length * power * v.powf(power - 1.0);
            found.weights[i] = width * found.longer[i];
        }
        found
    }

    /// Returns the logarithm of the probability of the silence, left or not, over all rates of leaving.
    ///
    /// ```text
    /// β^s·( S(w)·(β + T)^(−s) + ∫_0^w S(u)·s·(β + t + u)^(−s−1) du )
    /// ```
    pub(super) fn ln_probability(&self, s: f64, beta: f64) -> f64 {
        // All relative to (β + t)^(−s).
        let from = beta + self.last;
        let power = |time: f64, by: f64| (-by * (time / from).ln()).exp();
        let mut ways = self.there * power(beta + self.age, s);
        ways += 1.0 - power(from + self.certain, s);
        let mut sum = 0.0;
        for (u, weight) in self.places.iter().zip(self.weights) {
            sum += weight * power(from + u, s + 1.0);
        }
        ways += s / from * sum;
        ways.ln() - s * (from / beta).ln()
    }

    /// Draws a rate of leaving given k and λ, and how rates are spread: first whether and when one left, by rejection, then the rate given that.
    ///
    /// S only falls, so its value at the left end of a stretch bounds it there; and how long rates of leaving let one stay has a distribution that is easily drawn from.
    pub(super) fn ln_rate_of_leaving(
        &self,
        own: &OwnTiming,
        spread: &Spread,
        generator: &mut dyn Rng,
    ) -> f64 {
        let (s, beta) = (spread.ln_shape.exp(), spread.ln_rate.exp());
        let ln_gamma_k = ln_gamma(own.k);
        let from = beta + self.last;
        let stays = |u: f64| (-s * (u / from).ln_1p()).exp();
        let there = self.there * stays(self.age - self.last);
        let stretches = self.stretches();
        let left: f64 = stretches
            .iter()
            .map(|(low, high, bound)| bound * (stays(*low) - stays(*high)))
            .sum();
        let ln_rate = |shape: f64, until: f64, generator: &mut dyn Rng| {
            ln_gamma_variable(generator, shape) - (beta + until).ln()
        };
        loop {
            let mut lot = uniform(generator) * (there + left);
            if lot <= there {
                return ln_rate(s, self.age, generator);
            }
            lot -= there;
            for (low, high, bound) in &stretches {
                let mass = stays(*low) - stays(*high);
                if lot > bound * mass {
                    lot -= bound * mass;
                    continue;
                }
                let share = stays(*low) - uniform(generator) * mass;
                let u = from * (-share.ln() / s).exp_m1();
                let longer = gamma_shares(own.k, own.rate() * u, ln_gamma_k).1;
                if uniform(generator) * bound <= longer {
                    return ln_rate(s + 1.0, self.last + u, generator);
                }
                break;
            }
        }
    }

    /// Returns where stretches begin and end, and what S is at most in them.
    fn stretches(&self) -> [(f64, f64, f64); NODES + 2] {
        let mut stretches = [(0.0, self.certain, 1.0); NODES + 2];
        let (mut low, mut bound) = (self.certain, 1.0);
        for (i, (u, longer)) in self.places.iter().zip(self.longer).enumerate() {
            stretches[i + 1] = (low, *u, bound);
            (low, bound) = (*u, longer);
        }
        stretches[NODES + 1] = (low, self.end, bound);
        stretches
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha12Rng;

    use super::*;
    use crate::pareto_ggg::TimedHistory;

    const SPREAD: (f64, f64) = (0.7, 9.0);

    fn cases() -> impl Iterator<Item = (OwnTiming, History)> {
        let ks = [0.3, 0.8, 1.0, 2.5, 9.0, 60.0, 400.0];
        let histories = [(0, 0.0, 6.0), (3, 12.0, 14.0), (9, 20.0, 60.0)];
        ks.into_iter().flat_map(move |k| {
            histories.into_iter().map(move |(x, t, age)| {
                let own = OwnTiming {
                    k,
                    lambda: 0.35,
                    mu: 0.0,
                };
                (own, History::new(x, t, age).unwrap())
            })
        })
    }

    /// Sums the likelihood at known rates over a fine grid of their logarithms, weighted by their density.
    fn over_a_grid(own: &OwnTiming, history: &History, of: impl Fn(f64) -> f64) -> f64 {
        let (s, beta) = SPREAD;
        let spread = Spread {
            ln_shape: s.ln(),
            ln_rate: beta.ln(),
        };
        let bell = spread.bell();
        let ln_gamma_k = ln_gamma(own.k);
        let silence = history.age() - history.recency();
        (-3_000..600)
            .map(|i| {
                let theta = 0.01 * f64::from(i);
                let own = OwnTiming {
                    mu: theta.exp(),
                    ..*own
                };
                let ways = own.silent(silence, ln_gamma_k) * (-own.mu * history.recency()).exp();
                0.01 * bell.ln_density(theta).exp() * ways * of(theta)
            })
            .sum()
    }

    /// Sixteen nodes; the worst of the cases is that of the most regular customer.
    const NODES_MISS: f64 = 1e-5;

    #[test]
    fn rates_of_leaving_are_summed_over() {
        for (own, history) in cases() {
            let exact = over_a_grid(&own, &history, |_| 1.0);
            let (s, beta) = SPREAD;
            let found = Silence::new(&history, &own).ln_probability(s, beta).exp();
            let gap = (found / exact - 1.0).abs();
            assert!(gap < NODES_MISS, "k = {}, {history:?}: {gap:.1e}", own.k);
        }
    }

    #[test]
    fn rates_of_leaving_are_drawn_from_their_distribution() {
        let mut generator = ChaCha12Rng::seed_from_u64(31);
        let (s, beta) = SPREAD;
        let spread = Spread {
            ln_shape: s.ln(),
            ln_rate: beta.ln(),
        };
        let draws = 4_000;
        for (own, history) in cases() {
            let silence = Silence::new(&history, &own);
            let drawn: Vec<f64> = (0..draws)
                .map(|_| silence.ln_rate_of_leaving(&own, &spread, &mut generator))
                .collect();
            let mean = drawn.iter().sum::<f64>() / f64::from(draws);
            let all = over_a_grid(&own, &history, |_| 1.0);
            let expected = over_a_grid(&own, &history, |theta| theta) / all;
            let square = over_a_grid(&own, &history, |theta| theta * theta) / all;
            let error = ((square - expected * expected) / f64::from(draws)).sqrt();
            let away = (mean - expected).abs() / error;
            assert!(
                away < 4.5,
                "seed 31, k = {}, {history:?}: {mean} {expected}",
                own.k
            );
        }
    }

    /// The very likelihood that customers move by, less what k and λ alone decide.
    #[test]
    fn what_is_summed_over_is_the_likelihood() {
        let own = OwnTiming {
            k: 2.5,
            lambda: 0.35,
            mu: 0.04,
        };
        let customer = TimedHistory::from_intervals(&[2.0, 3.0], 9.0).unwrap();
        let other = OwnTiming { mu: 0.4, ..own };
        let ways = |own: &OwnTiming| {
            let silent = own.silent(4.0, ln_gamma(own.k)).ln();
            silent - own.mu * 5.0
        };
        let found = other.ln_likelihood(&customer) - own.ln_likelihood(&customer);
        assert!((found - (ways(&other) - ways(&own))).abs() < 1e-12);
    }
}
