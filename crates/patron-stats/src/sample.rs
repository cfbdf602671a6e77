//! Draws from the distributions that the models are made of.

use rand::{Rng, RngExt};

/// Draws from the uniform distribution on `(0, 1]`, so that its logarithm is finite.
pub(crate) fn uniform(generator: &mut dyn Rng) -> f64 {
    1.0 - generator.random::<f64>()
}

/// Draws from the exponential distribution of mean 1.
pub(crate) fn exponential(generator: &mut dyn Rng) -> f64 {
    -uniform(generator).ln()
}

/// Draws from the standard normal distribution, by Box and Muller.
pub(crate) fn normal(generator: &mut dyn Rng) -> f64 {
    let radius = (2.0 * exponential(generator)).sqrt();
    radius * (std::f64::consts::TAU * uniform(generator)).cos()
}

/// Draws the logarithm of a gamma variable of scale 1: at small shapes the variable itself would underflow.
///
/// # Source
/// Marsaglia, Tsang (2000), A simple method for generating gamma variables; below 1 by `Gamma(k) = Gamma(k + 1)·U^(1/k)`.
pub(crate) fn ln_gamma_variable(generator: &mut dyn Rng, shape: f64) -> f64 {
    if shape < 1.0 {
        return ln_gamma_variable(generator, shape + 1.0) - exponential(generator) / shape;
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let z = normal(generator);
        let cube = (1.0 + c * z).powi(3);
        if cube > 0.0 && uniform(generator).ln() < 0.5 * z * z + d - d * cube + d * cube.ln() {
            return d.ln() + cube.ln();
        }
    }
}

/// Draws from the beta distribution.
pub(crate) fn beta_variable(generator: &mut dyn Rng, a: f64, b: f64) -> f64 {
    let ln_odds = ln_gamma_variable(generator, a) - ln_gamma_variable(generator, b);
    1.0 / (1.0 + (-ln_odds).exp())
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha12Rng;

    use super::*;

    /// Means of this many draws have a standard error of a standard deviation over 300.
    const DRAWS: u32 = 90_000;

    /// More standard errors than this happen once in 15,000 times.
    const FAR: f64 = 4.0;

    fn assert_mean(mut draw: impl FnMut() -> f64, mean: f64, variance: f64) {
        let found = (0..DRAWS).map(|_| draw()).sum::<f64>() / f64::from(DRAWS);
        let error = (variance / f64::from(DRAWS)).sqrt();
        assert!(
            (found - mean).abs() < FAR * error,
            "{found}, expected {mean} ± {error}"
        );
    }

    #[test]
    fn gamma_and_beta_variables_have_their_first_two_moments() {
        let mut generator = ChaCha12Rng::seed_from_u64(41);
        for shape in [0.05, 0.6, 1.0, 3.5, 250.0] {
            assert_mean(
                || ln_gamma_variable(&mut generator, shape).exp(),
                shape,
                shape,
            );
            let square = shape * (shape + 1.0);
            let fourth = square * (shape + 2.0) * (shape + 3.0);
            assert_mean(
                || (2.0 * ln_gamma_variable(&mut generator, shape)).exp(),
                square,
                fourth - square * square,
            );
        }
        for (a, b) in [(0.1_f64, 0.2_f64), (0.8, 2.4), (30.0, 5.0)] {
            let total = a + b;
            assert_mean(
                || beta_variable(&mut generator, a, b),
                a / total,
                a * b / (total * total * (total + 1.0)),
            );
        }
    }
}
