//! How likely are one, two, three more purchases of a customer who has been silent for a while?

use std::sync::OnceLock;

use super::OwnTiming;
use crate::distributions::gamma_shares;
use crate::history::History;
use crate::special::ln_gamma;

/// No probability smaller than this is kept.
const NEGLIGIBLE: f64 = 1e-13;

/// More purchases than this within one horizon are not counted one by one.
const MOST_PURCHASES: usize = 100_000;

/// Logarithm of what of the next time between purchases is left out, far beyond where it lies in all likelihood.
const LN_LEFT_OUT: f64 = 30.0;

/// Steps of the double-exponential rule, and how many of them on either side.
const STEP: f64 = 0.1;
const STEPS: i32 = 32;

/// A place between 0 and 1, its distance from 1, and its weight.
#[derive(Debug, Clone, Copy)]
struct Node {
    place: f64,
    from_end: f64,
    weight: f64,
}

/// Returns the double-exponential rule: ends may be as steep as they like.
///
/// # Source
/// Takahasi, Mori (1974), Double exponential formulas for numerical integration.
fn nodes() -> &'static [Node] {
    static NODES: OnceLock<Vec<Node>> = OnceLock::new();
    NODES.get_or_init(|| {
        let node = |i: i32| {
            let t = STEP * f64::from(i);
            let far = std::f64::consts::PI * t.sinh();
            let (place, from_end) = (1.0 / (1.0 + (-far).exp()), 1.0 / (1.0 + far.exp()));
            let weight = STEP * std::f64::consts::PI * t.cosh() * place * from_end;
            Node {
                place,
                from_end,
                weight,
            }
        };
        (-STEPS..=STEPS).map(node).collect()
    })
}

/// Returns the probabilities of being there at T and buying at least once, twice, … in `(T, T + horizon]`, until they are negligible.
///
/// # Model
///
/// The next time between purchases is known to be longer than the silence w. To have bought n times one must not have left before the
/// nth; that is a factor e^(−μ·time), by which times of rate kλ become ones of rate kλ + μ:
///
/// ```text
/// P(there, N ≥ n) = 1/W · ∫_w^(w+h) ρ^k·g(v)·ρ^((n−1)k)·P((n − 1)k, (kλ + μ)(w + h − v)) dv        g gamma of shape k, rate kλ + μ
/// ```
pub(super) fn at_least(own: &OwnTiming, history: &History, horizon: f64) -> Vec<f64> {
    let silence = history.age() - history.recency();
    let both = own.rate() + own.mu;
    let ln_gamma_k = ln_gamma(own.k);
    let front = front(own, silence, ln_gamma_k);
    if !(horizon > 0.0 && front > 0.0 && front.is_finite()) {
        return Vec::new();
    }
    let (start, end) = (both * silence, both * (silence + horizon));
    if start <= 0.0 {
        // Of whom has just bought, all times between purchases are whole.
        let mut all = Later::new(own, 1.0);
        all.add(end, 1.0);
        return all.sums;
    }
    let mut later = Later::new(own, front);
    let first = front * between(own.k, [start, end], ln_gamma_k);
    let reach = start.max(own.k) + LN_LEFT_OUT;
    let reach = reach + (2.0 * LN_LEFT_OUT * start.max(own.k)).sqrt();
    let last = reach.min(end);
    // Apart at the likeliest time, where the density may be narrow.
    let middle = (own.k - 1.0).max(start).min(last);
    let density = |y: f64| ((own.k - 1.0) * y.ln() - y - ln_gamma_k).exp();
    for (low, high) in [(start, middle), (middle, last)] {
        let length = high - low;
        if length <= 0.0 {
            continue;
        }
        for node in nodes() {
            let y = low + length * node.place;
            let left = end - high + length * node.from_end;
            later.add(left, length * node.weight * density(y));
        }
    }
    later.sums.insert(0, first);
    later.sums
}

/// Returns the probability of being there at T and buying at least once in `(T, T + horizon]`, which may be infinite.
pub(super) fn next_purchase(own: &OwnTiming, history: &History, horizon: f64) -> f64 {
    let silence = history.age() - history.recency();
    let both = own.rate() + own.mu;
    let ln_gamma_k = ln_gamma(own.k);
    let times = [both * silence, both * (silence + horizon)];
    let found = front(own, silence, ln_gamma_k) * between(own.k, times, ln_gamma_k);
    if found.is_finite() { found } else { 0.0 }
}

/// Returns `ρ^k/W`.
fn front(own: &OwnTiming, silence: f64, ln_gamma_k: f64) -> f64 {
    (own.ln_bought() - own.silent(silence, ln_gamma_k).ln()).exp()
}

/// Returns the share of a gamma distribution between two places: the difference of the smaller ones.
fn between(shape: f64, [start, end]: [f64; 2], ln_gamma_of_shape: f64) -> f64 {
    let from = gamma_shares(shape, start, ln_gamma_of_shape);
    let to = if end.is_infinite() {
        (1.0, 0.0)
    } else {
        gamma_shares(shape, end, ln_gamma_of_shape)
    };
    if start > shape {
        from.1 - to.1
    } else {
        to.0 - from.0
    }
}

/// Sums of what comes after the next purchase.
struct Later {
    shape: f64,
    front: f64,
    bought: f64,
    /// `ln Γ(n·k)`, n from 1 on.
    ln_gammas: Vec<f64>,
    sums: Vec<f64>,
}

impl Later {
    fn new(own: &OwnTiming, front: f64) -> Self {
        Self {
            shape: own.k,
            front,
            bought: own.ln_bought().exp(),
            ln_gammas: Vec::new(),
            sums: Vec::new(),
        }
    }

    /// Adds, for n = 1, 2, …, the probability of n times between purchases within `y`, in units of their rate, times a weight.
    fn add(&mut self, y: f64, weight: f64) {
        let mut factor = self.front * weight;
        for n in 0..MOST_PURCHASES {
            factor *= self.bought;
            if factor <= NEGLIGIBLE {
                break;
            }
            let shape = self.shape * (n as f64 + 1.0);
            let ln_gamma_of_shape = self.ln_gammas.get(n).copied().unwrap_or_else(|| {
                let found = ln_gamma(shape);
                self.ln_gammas.push(found);
                found
            });
            let term = factor * gamma_shares(shape, y, ln_gamma_of_shape).0;
            // Beyond the middle, terms only fall.
            if term.is_nan() || (term <= NEGLIGIBLE && shape > y) {
                break;
            }
            match self.sums.get_mut(n) {
                Some(sum) => *sum += term,
                None => self.sums.push(term),
            }
        }
    }
}
