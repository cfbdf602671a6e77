//! How probable is a set of parameters, and which way is uphill?

use std::fmt;

use super::Prior;
use crate::optimise::{BOX, Evaluation};

/// A posterior over the logarithms of parameters.
pub(super) trait Density: fmt::Debug + Send + Sync {
    /// Returns the logarithm of the density, but for a constant, and writes its gradient; nothing outside the range that fits search.
    fn at(&self, theta: &[f64], gradient: &mut [f64]) -> Option<f64>;
}

/// Data, how likely they are, and what was known before.
pub(super) struct Posed<const N: usize, D> {
    data: D,
    likelihood: fn(&[f64; N], &D) -> Evaluation<N>,
    priors: [Prior; N],
}

impl<const N: usize, D> fmt::Debug for Posed<N, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Posed")
            .field("priors", &self.priors)
            .finish_non_exhaustive()
    }
}

impl<const N: usize, D> Posed<N, D> {
    pub(super) const fn new(
        data: D,
        likelihood: fn(&[f64; N], &D) -> Evaluation<N>,
        priors: [Prior; N],
    ) -> Self {
        Self {
            data,
            likelihood,
            priors,
        }
    }

    /// Returns the logarithm of likelihood times prior of the logarithms, as a function of the parameters themselves: what searches take.
    ///
    /// ```text
    /// ∂g/∂p = g′(θ)/p        ∂²g/∂p² = (g″(θ) − g′(θ))/p²        θ = ln p
    /// ```
    pub(super) fn of_parameters(&self, parameters: &[f64; N], data: &D) -> Evaluation<N> {
        let mut sum = (self.likelihood)(parameters, data);
        let rows = sum.gradient.iter_mut().zip(&mut sum.hessian).enumerate();
        for ((i, (gradient, row)), (prior, parameter)) in
            rows.zip(self.priors.iter().zip(parameters))
        {
            let known = prior.on_logarithm(parameter.ln());
            sum.value += known.value;
            *gradient += known.first / parameter;
            if let Some(diagonal) = row.get_mut(i) {
                *diagonal += (known.second - known.first) / (parameter * parameter);
            }
        }
        sum
    }

    pub(super) const fn data(&self) -> &D {
        &self.data
    }

    pub(super) const fn priors(&self) -> &[Prior; N] {
        &self.priors
    }
}

impl<const N: usize, D: Send + Sync> Density for Posed<N, D> {
    fn at(&self, theta: &[f64], gradient: &mut [f64]) -> Option<f64> {
        let theta = <[f64; N]>::try_from(theta).ok()?;
        if theta
            .iter()
            .any(|theta| theta.abs().partial_cmp(&BOX) != Some(std::cmp::Ordering::Less))
        {
            return None;
        }
        let parameters = theta.map(f64::exp);
        let likelihood = (self.likelihood)(&parameters, &self.data);
        let mut value = likelihood.value;
        let known = self.priors.iter().zip(theta);
        let slopes = likelihood.gradient.iter().zip(parameters);
        for ((slot, (slope, parameter)), (prior, theta)) in
            gradient.iter_mut().zip(slopes).zip(known)
        {
            let known = prior.on_logarithm(theta);
            value += known.value;
            *slot = slope * parameter + known.first;
        }
        let finite = value.is_finite() && gradient.iter().all(|slope| slope.is_finite());
        finite.then_some(value)
    }
}
