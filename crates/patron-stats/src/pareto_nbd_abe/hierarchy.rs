//! How the logarithms of the rates are spread over customers, and what they say of that spread.
#![expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "two rows and as many columns as covariates; written as the textbook formula"
)]

use rand::Rng;

use crate::matrix::{cholesky, inverse, solve};
use crate::sample::{ln_gamma_variable, normal};

/// Precision of the coefficients before the data, relative to the spread of customers: a standard deviation ten times theirs.
const PRECISION: f64 = 0.01;

/// Coefficients and spread: `(ln λ, ln μ) ~ N(B′d, L·L′)`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hierarchy {
    /// B, one row of two for each covariate, the constant first.
    pub(super) coefficients: Vec<[f64; 2]>,
    /// L: L₁₁, L₂₁, L₂₂.
    pub(super) lower: [f64; 3],
}

/// What was known before: `B | Γ ~ N(B₀, Γ ⊗ (0.01·I)⁻¹)`, `Γ ~ InverseWishart(ν, ν·I)` with ν = 3 + K.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Before {
    /// B₀.
    pub(super) coefficients: Vec<[f64; 2]>,
}

impl Before {
    pub(super) const fn degrees_of_freedom(&self) -> f64 {
        3.0 + self.coefficients.len() as f64
    }
}

impl Hierarchy {
    /// Returns the mean of a customer's logarithms.
    pub(super) fn mean(&self, design: &[f64]) -> [f64; 2] {
        let mut mean = [0.0; 2];
        for (row, d) in self.coefficients.iter().zip(design) {
            mean[0] += row[0] * d;
            mean[1] += row[1] * d;
        }
        mean
    }

    /// Returns `L·z`.
    pub(super) fn spread(&self, [first, second]: [f64; 2]) -> [f64; 2] {
        let [l11, l21, l22] = self.lower;
        [l11 * first, l21 * first + l22 * second]
    }

    /// Returns `L⁻¹·y`.
    pub(super) fn standardised(&self, [first, second]: [f64; 2]) -> [f64; 2] {
        let [l11, l21, l22] = self.lower;
        let z = first / l11;
        [z, (second - l21 * z) / l22]
    }

    /// Returns Γ = L·L′: the variance of ln λ, the covariance, the variance of ln μ.
    pub(super) fn covariance(&self) -> [f64; 3] {
        let [l11, l21, l22] = self.lower;
        [l11 * l11, l11 * l21, l21 * l21 + l22 * l22]
    }

    /// Returns all of it as free numbers: coefficients, ln L₁₁, L₂₁, ln L₂₂.
    pub(super) fn free(&self) -> Vec<f64> {
        let [l11, l21, l22] = self.lower;
        let coefficients = self.coefficients.iter().flatten().copied();
        coefficients.chain([l11.ln(), l21, l22.ln()]).collect()
    }

    pub(super) fn of_free(free: &[f64]) -> Self {
        let (coefficients, lower) = free.split_at(free.len().saturating_sub(3));
        let pairs = coefficients.chunks_exact(2).map(|pair| [pair[0], pair[1]]);
        Self {
            coefficients: pairs.collect(),
            lower: [lower[0].exp(), lower[1], lower[2].exp()],
        }
    }

    /// Returns the logarithm of the density before the data, of [`Hierarchy::free`], but for a constant.
    ///
    /// ```text
    /// Γ:  |Γ|^(−(ν+3)/2)·e^(−½ tr(V·Γ⁻¹)),  V = ν·I        dΓ = 4·L₁₁²·L₂₂ dL,  dL₁₁ = L₁₁ d ln L₁₁
    /// B:  |Γ|^(−K/2)·e^(−½·0.01·Σ_k |L⁻¹(B − B₀)_k|²)
    /// ```
    pub(super) fn ln_prior(&self, before: &Before) -> f64 {
        let nu = before.degrees_of_freedom();
        let [l11, l21, l22] = self.lower;
        let ln_root = l11.ln() + l22.ln();
        // tr(Γ⁻¹) is the sum of squares of L⁻¹.
        let trace = 1.0 / (l11 * l11) + (l21 / (l11 * l22)).powi(2) + 1.0 / (l22 * l22);
        let mut away = 0.0;
        for (row, centre) in self.coefficients.iter().zip(&before.coefficients) {
            let [z1, z2] = self.standardised([row[0] - centre[0], row[1] - centre[1]]);
            away += z1 * z1 + z2 * z2;
        }
        let rows = self.coefficients.len() as f64;
        -(nu + 3.0 + rows) * ln_root - 0.5 * (nu * trace + PRECISION * away)
            + 3.0 * l11.ln()
            + 2.0 * l22.ln()
    }
}

/// Sums over customers that the spread's own distribution follows from.
#[derive(Debug, Clone)]
pub(super) struct Sums {
    /// X′X + A₀, its inverse's lower triangle, and its own.
    lower: Vec<Vec<f64>>,
    lower_of_inverse: Vec<Vec<f64>>,
    customers: f64,
}

impl Sums {
    /// From the designs of all customers; nothing where columns follow from one another.
    pub(super) fn new<'a>(
        designs: impl Iterator<Item = &'a [f64]>,
        columns: usize,
    ) -> Option<Self> {
        let mut squares = vec![vec![0.0; columns]; columns];
        let mut customers = 0.0;
        for design in designs {
            customers += 1.0;
            for i in 0..columns {
                for j in 0..columns {
                    squares[i][j] += design[i] * design[j];
                }
            }
        }
        for i in 0..columns {
            squares[i][i] += PRECISION;
        }
        Some(Self {
            lower: cholesky(&squares)?,
            lower_of_inverse: cholesky(&inverse(&squares)?)?,
            customers,
        })
    }

    /// Draws coefficients and spread given the logarithms of all customers' rates: a multivariate regression.
    ///
    /// ```text
    /// Γ ~ InverseWishart(ν + n, V + S)        S = (Y − X·B̃)′(Y − X·B̃) + (B̃ − B₀)′A₀(B̃ − B₀)
    /// B ~ N(B̃, Γ ⊗ (X′X + A₀)⁻¹)             B̃ = (X′X + A₀)⁻¹(X′Y + A₀·B₀)
    /// ```
    ///
    /// # Source
    /// Rossi, Allenby and others (2005), Bayesian statistics and marketing, section 2.8.5.
    pub(super) fn draw<'a>(
        &self,
        customers: impl Iterator<Item = (&'a [f64], [f64; 2])> + Clone,
        before: &Before,
        generator: &mut dyn Rng,
    ) -> Option<Hierarchy> {
        let columns = before.coefficients.len();
        let mut best: Vec<[f64; 2]> = vec![[0.0; 2]; columns];
        for which in 0..2 {
            let mut right = vec![0.0; columns];
            for (k, slot) in right.iter_mut().enumerate() {
                *slot = PRECISION * before.coefficients[k][which];
            }
            for (design, theta) in customers.clone() {
                for (slot, d) in right.iter_mut().zip(design) {
                    *slot += d * theta[which];
                }
            }
            for (row, solution) in best.iter_mut().zip(solve(&self.lower, &right)) {
                row[which] = solution;
            }
        }
        let squares = Self::squares(customers, &best, before);
        let wishart = inverse_wishart(
            squares,
            before.degrees_of_freedom() + self.customers,
            generator,
        )?;
        let mut hierarchy = Hierarchy {
            coefficients: best,
            lower: wishart,
        };
        // Rows of B share the covariance (X′X + A₀)⁻¹, columns share Γ.
        let noise: Vec<[f64; 2]> = (0..columns)
            .map(|_| hierarchy.spread([normal(generator), normal(generator)]))
            .collect();
        for (row, weights) in hierarchy
            .coefficients
            .iter_mut()
            .zip(&self.lower_of_inverse)
        {
            for (weight, noise) in weights.iter().zip(&noise) {
                row[0] += weight * noise[0];
                row[1] += weight * noise[1];
            }
        }
        Some(hierarchy)
    }

    /// Returns V + S: first variance, covariance, second variance.
    fn squares<'a>(
        customers: impl Iterator<Item = (&'a [f64], [f64; 2])>,
        best: &[[f64; 2]],
        before: &Before,
    ) -> [f64; 3] {
        let nu = before.degrees_of_freedom();
        let mut squares = [nu, 0.0, nu];
        let mut add = |weight: f64, [first, second]: [f64; 2]| {
            squares[0] += weight * first * first;
            squares[1] += weight * first * second;
            squares[2] += weight * second * second;
        };
        for (design, theta) in customers {
            let mut rest = theta;
            for (row, d) in best.iter().zip(design) {
                rest[0] -= row[0] * d;
                rest[1] -= row[1] * d;
            }
            add(1.0, rest);
        }
        for (row, centre) in best.iter().zip(&before.coefficients) {
            add(PRECISION, [row[0] - centre[0], row[1] - centre[1]]);
        }
        squares
    }
}

/// Draws from the inverse Wishart distribution; returns the lower triangle of the matrix drawn.
///
/// ```text
/// Γ = M·M′,  M = C·A′⁻¹        C·C′ the scale, A lower triangular: √χ²(ν), √χ²(ν − 1) on the diagonal, N(0, 1) below (Bartlett)
/// ```
fn inverse_wishart(
    [v11, v21, v22]: [f64; 3],
    nu: f64,
    generator: &mut dyn Rng,
) -> Option<[f64; 3]> {
    let [c11, c21, c22] = triangle([v11, v21, v22])?;
    let mut root = |nu: f64| (2.0 * ln_gamma_variable(generator, 0.5 * nu).exp()).sqrt();
    let (a, d) = (root(nu), root(nu - 1.0));
    let b = normal(generator);
    let m11 = c11 / a;
    let m12 = -c11 * b / (a * d);
    let m21 = c21 / a;
    let m22 = c22 / d - c21 * b / (a * d);
    triangle([
        m11 * m11 + m12 * m12,
        m11 * m21 + m12 * m22,
        m21 * m21 + m22 * m22,
    ])
}

/// Returns the lower triangle of a covariance of two.
fn triangle([first, both, second]: [f64; 3]) -> Option<[f64; 3]> {
    let l11 = first.sqrt();
    let l21 = both / l11;
    let l22 = (second - l21 * l21).sqrt();
    (l11 > 0.0 && l22 > 0.0 && l21.is_finite()).then_some([l11, l21, l22])
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha12Rng;

    use super::*;

    /// E[Γ] = scale/(ν − 3) for two rows.
    #[test]
    fn the_inverse_wishart_has_its_mean() {
        let mut generator = ChaCha12Rng::seed_from_u64(3);
        let scale = [8.0, 2.0, 5.0];
        let nu = 12.0;
        let draws = 40_000;
        let mut sums = [0.0; 3];
        for _ in 0..draws {
            let lower = inverse_wishart(scale, nu, &mut generator).unwrap();
            let drawn = Hierarchy {
                coefficients: Vec::new(),
                lower,
            };
            for (sum, entry) in sums.iter_mut().zip(drawn.covariance()) {
                *sum += entry / f64::from(draws);
            }
        }
        for (found, scale) in sums.iter().zip(scale) {
            let expected = scale / (nu - 3.0);
            // Standard deviations are about half of the mean; 40,000 draws give some 0.3 % of it, four of them 0.012.
            assert!((found - expected).abs() < 0.012, "{found} {expected}");
        }
    }

    #[test]
    fn a_spread_goes_to_free_numbers_and_back() {
        let hierarchy = Hierarchy {
            coefficients: vec![[-3.5, -3.6], [0.2, -0.1]],
            lower: [1.2, -0.3, 0.7],
        };
        let back = Hierarchy::of_free(&hierarchy.free());
        for (found, expected) in back.free().iter().zip(hierarchy.free()) {
            assert!((found - expected).abs() < 1e-15);
        }
        let z = hierarchy.standardised(hierarchy.spread([0.4, -1.1]));
        assert!((z[0] - 0.4).abs() < 1e-15 && (z[1] + 1.1).abs() < 1e-15);
    }
}
