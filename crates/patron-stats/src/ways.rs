//! Derivatives of a likelihood that is a sum over the ways a history can have come about.
#![expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "numeric kernel: loops over 0..N index arrays of length N"
)]

use crate::matrix::Square;
use crate::optimise::Evaluation;

/// Sums over ways whose logarithms are `fᵢ`, relative to a base way 0: `dᵢ = ∇fᵢ − ∇f₀`, so that little cancels.
pub(crate) struct Ways<const N: usize> {
    /// `Σ wᵢ`, the weights `e^fᵢ` relative to a common reference.
    pub(crate) total: f64,
    /// `Σ wᵢ·dᵢ`.
    first: [f64; N],
    /// `Σ wᵢ·dᵢ·dᵢᵀ`, upper triangle.
    second: Square<N>,
    /// `Σ wᵢ·∇²fᵢ`, upper triangle; most entries are 0, so that models add to it themselves.
    pub(crate) bend: Square<N>,
}

impl<const N: usize> Ways<N> {
    pub(crate) const NONE: Self = Self {
        total: 0.0,
        first: [0.0; N],
        second: [[0.0; N]; N],
        bend: [[0.0; N]; N],
    };

    /// Adds a way but for its bend.
    pub(crate) fn add(&mut self, weight: f64, away: &[f64; N]) {
        self.total += weight;
        for i in 0..N {
            self.first[i] += weight * away[i];
            for j in i..N {
                self.second[i][j] += weight * away[i] * away[j];
            }
        }
    }

    /// Adds `ln Σ e^fᵢ` of `customers` with its derivatives, as means over the ways:
    ///
    /// ```text
    /// ∇ = E[∇f]        ∇² = E[∇²f] + Cov[∇f]
    /// ```
    pub(crate) fn add_to(
        &self,
        sum: &mut Evaluation<N>,
        ln_reference: f64,
        of_base: &[f64; N],
        customers: f64,
    ) {
        sum.value += customers * (ln_reference + self.total.ln());
        for i in 0..N {
            let mean = self.first[i] / self.total;
            sum.gradient[i] += customers * (of_base[i] + mean);
            for j in i..N {
                let square = (self.bend[i][j] + self.second[i][j]) / self.total;
                sum.hessian[i][j] += customers * (square - mean * (self.first[j] / self.total));
            }
        }
    }
}
