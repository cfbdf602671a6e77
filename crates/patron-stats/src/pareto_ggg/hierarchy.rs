//! How regularity and rates are spread over customers, and what the customers say of that spread.

use rand::Rng;

use crate::sample::uniform;
use crate::special::{digamma, ln_gamma, trigamma};

/// What of a customer is drawn: ln k, ln λ, ln μ.
pub(super) const COORDINATES: usize = 3;

/// Times that shape and rate are drawn given the customers, in turn: that takes sums over them alone.
const TURNS: usize = 3;

/// First guess of how wide the slices are, in logarithms.
const SLICE: f64 = 0.4;

/// A slice is widened at most so many times.
const WIDER: usize = 40;

/// A gamma distribution over customers, by the logarithms of its shape and its rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    pub(super) ln_shape: f64,
    pub(super) ln_rate: f64,
}

/// What was known of it before: both logarithms normal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Before {
    pub(super) centre: Spread,
    pub(super) deviation: Spread,
}

impl Before {
    pub(super) fn ln_density(&self, spread: &Spread) -> f64 {
        let shape = (spread.ln_shape - self.centre.ln_shape) / self.deviation.ln_shape;
        let rate = (spread.ln_rate - self.centre.ln_rate) / self.deviation.ln_rate;
        -0.5 * (shape * shape + rate * rate)
    }
}

/// Mean and standard deviation of a logarithm, and what its density needs: computed once for all customers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bell {
    pub(super) mean: f64,
    pub(super) deviation: f64,
    shape: f64,
    ln_rate: f64,
    constant: f64,
}

impl Bell {
    /// Returns the logarithm of the density of `ln y`, y being gamma distributed: `shape·(θ + ln rate) − rate·e^θ − ln Γ(shape)`.
    pub(super) fn ln_density(&self, theta: f64) -> f64 {
        let scaled = theta + self.ln_rate;
        self.shape * scaled - scaled.exp() - self.constant
    }

    /// Returns how many standard deviations a logarithm lies from the mean.
    pub(super) fn place(&self, theta: f64) -> f64 {
        (theta - self.mean) / self.deviation
    }

    /// Returns the logarithm at a place.
    pub(super) fn at(&self, place: f64) -> f64 {
        self.mean + self.deviation * place
    }
}

impl Spread {
    pub(super) fn bell(&self) -> Bell {
        let shape = self.ln_shape.exp();
        Bell {
            mean: digamma(shape) - self.ln_rate,
            deviation: trigamma(shape).sqrt(),
            shape,
            ln_rate: self.ln_rate,
            constant: ln_gamma(shape),
        }
    }

    /// Draws shape and rate given what is known of them, in turn: the shape at the same mean, then the rate.
    pub(super) fn drawn(
        &self,
        turns: usize,
        ln_density: impl Fn(&Self) -> f64,
        generator: &mut dyn Rng,
    ) -> Self {
        let mut spread = *self;
        for _ in 0..turns {
            let from = spread;
            let along = |step: f64| Self {
                ln_shape: from.ln_shape + step,
                ln_rate: from.ln_rate + step,
            };
            spread = along(slice(|step| ln_density(&along(step)), generator));
            let from = spread;
            let along = |step: f64| Self {
                ln_rate: from.ln_rate + step,
                ..from
            };
            spread = along(slice(|step| ln_density(&along(step)), generator));
        }
        spread
    }
}

/// Sums over customers that shape and rate follow from.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Sums {
    customers: f64,
    logarithms: f64,
    values: f64,
}

impl Sums {
    fn of(logarithms: impl Iterator<Item = f64>) -> Self {
        let mut sums = Self::default();
        for theta in logarithms {
            sums.customers += 1.0;
            sums.logarithms += theta;
            sums.values += theta.exp();
        }
        sums
    }

    /// ```text
    /// n·(r·ln α − ln Γ(r)) + r·Σ ln y − α·Σ y
    /// ```
    fn ln_density(&self, spread: &Spread) -> f64 {
        let (shape, rate) = (spread.ln_shape.exp(), spread.ln_rate.exp());
        self.customers * (shape * spread.ln_rate - ln_gamma(shape)) + shape * self.logarithms
            - rate * self.values
    }
}

/// How regularity, buying and leaving are spread, each by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Hierarchy {
    pub(super) spreads: [Spread; COORDINATES],
    /// Whether regularity is one number that all share.
    pub(super) same_regularity: bool,
}

impl Hierarchy {
    /// Returns which coordinates differ between customers.
    pub(super) const fn differs(&self) -> [bool; COORDINATES] {
        [!self.same_regularity, true, true]
    }

    pub(super) fn bells(&self) -> [Bell; COORDINATES] {
        self.spreads.map(|spread| spread.bell())
    }

    /// Returns shapes and rates of all that differs.
    pub(super) fn reported(&self) -> Vec<f64> {
        let of_all = self.spreads.iter().zip(self.differs());
        let differ = of_all.filter(|(_, differs)| *differs);
        differ
            .flat_map(|(spread, _)| [spread.ln_shape.exp(), spread.ln_rate.exp()])
            .collect()
    }
}

/// Draws how one number is spread, given its logarithms of all customers.
pub(super) fn drawn_given(
    spread: &Spread,
    before: &Before,
    logarithms: impl Iterator<Item = f64>,
    generator: &mut dyn Rng,
) -> Spread {
    let sums = Sums::of(logarithms);
    let ln_density = |spread: &Spread| sums.ln_density(spread) + before.ln_density(spread);
    spread.drawn(TURNS, ln_density, generator)
}

/// Draws from a density along a line, from 0: uniformly from where it is above a level drawn below its height there.
///
/// # Source
/// Neal (2003), Slice sampling, Annals of Statistics 31, figures 3 and 5.
fn slice(ln_density: impl Fn(f64) -> f64, generator: &mut dyn Rng) -> f64 {
    let level = ln_density(0.0) + uniform(generator).ln();
    let mut low = -SLICE * uniform(generator);
    let mut high = low + SLICE;
    // A fixed number of steps on either side, dealt out at random, keeps the draw exact.
    let mut below = (uniform(generator) * WIDER as f64).ceil() - 1.0;
    let mut above = WIDER as f64 - 1.0 - below;
    while below > 0.0 && ln_density(low) > level {
        (low, below) = (low - SLICE, below - 1.0);
    }
    while above > 0.0 && ln_density(high) > level {
        (high, above) = (high + SLICE, above - 1.0);
    }
    loop {
        let step = low + (high - low) * uniform(generator);
        if ln_density(step) > level || high - low < 1e-12 {
            return step;
        }
        if step < 0.0 {
            low = step;
        } else {
            high = step;
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha12Rng;

    use super::*;

    /// Slices of the logarithm of a gamma variable give its mean and variance.
    #[test]
    fn slices_draw_from_their_density() {
        let mut generator = ChaCha12Rng::seed_from_u64(5);
        let bell = Spread {
            ln_shape: 0.7_f64.ln(),
            ln_rate: 2.0_f64.ln(),
        };
        let bell = bell.bell();
        let (mut theta, mut sum, mut squares) = (0.0, 0.0, 0.0);
        let draws = 40_000;
        for _ in 0..draws {
            let from: f64 = theta;
            theta = from + slice(|step| bell.ln_density(from + step), &mut generator);
            sum += theta / f64::from(draws);
            squares += (theta - bell.mean).powi(2) / f64::from(draws);
        }
        // Neighbouring draws are alike: some 5,000 independent ones, whose mean has an error of 0.02, and whose variance of 0.04.
        assert!((sum - bell.mean).abs() < 0.08, "{sum}, {bell:?}");
        let variance = bell.deviation * bell.deviation;
        assert!(
            (squares / variance - 1.0).abs() < 0.12,
            "{squares}, {bell:?}"
        );
    }

    /// The density of ln y integrates to one, with the mean and standard deviation that are told.
    #[test]
    fn a_logarithm_has_the_moments_of_its_bell() {
        let spread = Spread {
            ln_shape: 1.4_f64.ln(),
            ln_rate: 3.0_f64.ln(),
        };
        let bell = spread.bell();
        let (mut mass, mut mean, mut square) = (0.0, 0.0, 0.0);
        for i in -4_000..1_000 {
            let theta = f64::from(i) * 0.01;
            let weight = 0.01 * bell.ln_density(theta).exp();
            mass += weight;
            mean += weight * theta;
            square += weight * theta * theta;
        }
        assert!((mass - 1.0).abs() < 1e-9);
        assert!((mean - bell.mean).abs() < 1e-9);
        assert!((square - mean * mean - bell.deviation.powi(2)).abs() < 1e-8);
    }
}
