//! Where chains start, and what they make together.

use std::fmt;
use std::marker::PhantomData;

use super::density::{Density, Posed};
use super::nuts::{Straight, walk};
use super::{BayesConfig, BayesError, Prior, Sampled, SampledModel};
use crate::fitting::{self, Base};
use crate::matrix::lower_triangle;
use crate::mcmc::{Chain, Posterior};

/// How wide a posterior is taken for where its curvature at the mode does not say.
const UNKNOWN_WIDTH: f64 = 0.5;

/// A model posed to data, ready to be sampled.
///
/// May be shared between threads: each chain is a function of its number alone, so that chains run one after the other, or each on a
/// thread of its own, draw the same. (On another kind of processor the last bits of sums may differ, and with them draws.)
///
/// # Numerics
/// Chains walk in the directions in which the posterior's curvature at its mode, found by Newton's method as fits are, is that of a
/// sphere; what is left to learn while warming up is the length of steps and the spread in each direction. Starts are drawn with twice
/// the posterior's spread. Beyond e^±18 there is no density.
///
/// # Source
/// Hoffman, Gelman (2014), The no-U-turn sampler, Journal of Machine Learning Research 15; Betancourt (2017), A conceptual introduction
/// to Hamiltonian Monte Carlo; Seyboldt, `nuts-rs`.
pub struct PosteriorSampler<M> {
    density: Box<dyn Density>,
    straight: Straight,
    names: Vec<&'static str>,
    priors: Vec<Prior>,
    config: BayesConfig,
    model: PhantomData<fn() -> M>,
}

impl<M> fmt::Debug for PosteriorSampler<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PosteriorSampler")
            .field("names", &self.names)
            .field("priors", &self.priors)
            .field("straight", &self.straight)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl<M: SampledModel> PosteriorSampler<M> {
    /// Finds the mode, and how wide the posterior is about it.
    pub(super) fn new<const N: usize, D>(
        names: [&'static str; N],
        starts: &[[f64; N]],
        posed: Posed<N, D>,
        config: &BayesConfig,
    ) -> Result<Self, BayesError>
    where
        D: Base + 'static,
    {
        let objective = |parameters: &[f64; N], data: &D| posed.of_parameters(parameters, data);
        let (mode, report) = fitting::fit_whole(posed.data(), names, starts, objective)?;
        let straight = Straight {
            lower: widths(&mode, report.covariance.as_deref()),
            mode: mode.map(f64::ln).to_vec(),
        };
        Ok(Self {
            straight,
            names: names.to_vec(),
            priors: posed.priors().to_vec(),
            density: Box::new(posed),
            config: config.clone(),
            model: PhantomData,
        })
    }

    /// Returns the parameters at the mode of the posterior over their logarithms.
    #[must_use]
    pub fn mode(&self) -> Vec<f64> {
        self.straight.mode.iter().map(|theta| theta.exp()).collect()
    }

    /// Returns the priors in force, by parameter.
    #[must_use]
    pub fn priors(&self) -> Vec<(&'static str, Prior)> {
        let priors = self.priors.iter().copied();
        self.names.iter().copied().zip(priors).collect()
    }

    /// Returns the logarithm of the posterior density of the parameters' logarithms, but for a constant, with its gradient in them.
    ///
    /// # Returns
    /// Nothing where there is no density: beyond e^±18, and where there are more or fewer parameters.
    #[must_use]
    pub fn ln_density(&self, parameters: &[f64]) -> Option<(f64, Vec<f64>)> {
        let theta: Vec<f64> = parameters.iter().map(|parameter| parameter.ln()).collect();
        let mut gradient = vec![0.0; theta.len()];
        let value = self.density.at(&theta, &mut gradient)?;
        Some((value, gradient))
    }

    /// Walks one chain, of number 0 or more.
    ///
    /// # Errors
    /// [`BayesError::NoStart`]; [`BayesError::ChainBrokeOff`].
    pub fn chain(&self, number: usize) -> Result<Chain, BayesError> {
        walk(self.density.as_ref(), &self.straight, &self.config, number)
    }

    /// Puts chains together, in the order of their numbers, and judges them.
    ///
    /// # Errors
    /// [`BayesError::Sampling`].
    pub fn gather(&self, chains: Vec<Chain>) -> Result<Sampled<M>, BayesError> {
        let posterior = Posterior::of(&self.names, chains)?;
        let mode = M::of_values(&self.mode())?;
        Ok(Sampled::new(
            mode,
            self.names.clone(),
            self.priors(),
            posterior,
        ))
    }

    /// Walks all chains, one after the other, and judges them.
    ///
    /// # Errors
    /// As [`PosteriorSampler::chain`] and [`PosteriorSampler::gather`].
    pub fn run(&self) -> Result<Sampled<M>, BayesError> {
        let numbers = 0..self.config.sampling().chains();
        let chains: Result<Vec<Chain>, BayesError> =
            numbers.map(|number| self.chain(number)).collect();
        self.gather(chains?)
    }
}

/// Returns the lower triangle of the covariance of the logarithms at the mode.
fn widths<const N: usize>(mode: &[f64; N], covariance: Option<&[Vec<f64>]>) -> Vec<Vec<f64>> {
    let on_logarithms = |rows: &[Vec<f64>]| -> Vec<Vec<f64>> {
        let row = |(row, left): (&Vec<f64>, &f64)| {
            let entries = row.iter().zip(mode);
            entries
                .map(|(entry, right)| entry / (left * right))
                .collect()
        };
        rows.iter().zip(mode).map(row).collect()
    };
    let lower = covariance.and_then(|rows| lower_triangle(&on_logarithms(rows)));
    let full = lower.filter(|lower| {
        let diagonal = lower.iter().enumerate().map(|(i, row)| row.get(i));
        diagonal.flatten().all(|width| *width > 0.0)
    });
    full.unwrap_or_else(|| {
        let unit = |i: usize, j: usize| if i == j { UNKNOWN_WIDTH } else { 0.0 };
        (0..N)
            .map(|i| (0..N).map(|j| unit(i, j)).collect())
            .collect()
    })
}
