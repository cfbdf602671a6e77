//! Derivatives of a likelihood that is a sum over the ways a history can have come about, and of what is the same for all ways.
#![expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "numeric kernel: loops over 0..N index arrays of length N"
)]

use crate::history::{History, WeightedHistories};
use crate::matrix::Square;
use crate::optimise::Evaluation;
use crate::purchase::Rising;

/// Sums over all histories what those models share that let a customer buy at an own rate λ ~ Gamma(r, α), r being the first parameter:
/// `ln Γ(r + x) − ln Γ(r)`; and what `add_ways` adds of each history for so many customers. Returns that and the number of customers.
pub(crate) fn over_histories<const N: usize>(
    r: f64,
    histories: &WeightedHistories,
    mut add_ways: impl FnMut(&mut Evaluation<N>, &History, f64),
) -> (Evaluation<N>, f64) {
    let mut sum = Evaluation::ZERO;
    let mut rising = Rising::default();
    let mut customers = 0.0;
    for (history, count) in histories.entries() {
        rising.advance(r, history.repeat_purchases());
        let weight = *count as f64;
        customers += weight;
        sum.value += weight * rising.ln;
        sum.gradient[0] += weight * rising.first;
        sum.hessian[0][0] += weight * rising.second;
        add_ways(&mut sum, history, weight);
    }
    (sum, customers)
}

/// Adds the constant `shape·ln scale` of a gamma density for every customer, whose parameters are in these places; the upper triangle of
/// the Hessian.
pub(crate) fn add_gamma_constant<const N: usize>(
    sum: &mut Evaluation<N>,
    [of_shape, of_scale]: [usize; 2],
    shape: f64,
    scale: f64,
    customers: f64,
) {
    sum.value += customers * shape * scale.ln();
    sum.gradient[of_shape] += customers * scale.ln();
    sum.gradient[of_scale] += customers * shape / scale;
    sum.hessian[of_shape][of_scale] += customers / scale;
    sum.hessian[of_scale][of_scale] -= customers * shape / (scale * scale);
}

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
