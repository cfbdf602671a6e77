//! How a chain walks: the no-U-turn sampler of `nuts-rs`, over directions in which the posterior is about as wide as long.
//!
//! The one place that knows the crate.

use std::collections::HashMap;

use nuts_rs::rand::Rng;
use nuts_rs::{
    Chain as _, CpuLogpFunc, CpuMath, CpuMathError, DiagNutsSettings, HasDims, LogpError, Progress,
    Settings,
};

use super::density::Density;
use super::{BayesConfig, BayesError};
use crate::mcmc::Chain;
use crate::sample::normal;

/// A trajectory is doubled at most so often before it is cut short.
const DOUBLINGS: u64 = 10;

/// Starts tried before a chain is given up.
const STARTS: usize = 100;

/// How much farther apart than the posterior is wide chains start.
const APART: f64 = 2.0;

/// Straightens the posterior: `θ = mode + L·z`, with `L·Lᵀ` the inverse of the curvature at the mode.
#[derive(Debug, Clone)]
pub(super) struct Straight {
    pub(super) mode: Vec<f64>,
    /// L, lower triangle, by rows.
    pub(super) lower: Vec<Vec<f64>>,
}

impl Straight {
    pub(super) fn place(&self, z: &[f64]) -> Vec<f64> {
        let row = |(mode, row): (&f64, &Vec<f64>)| {
            mode + row.iter().zip(z).map(|(l, z)| l * z).sum::<f64>()
        };
        self.mode.iter().zip(&self.lower).map(row).collect()
    }

    /// Writes `Lᵀ·slope`.
    fn pull_back(&self, slope: &[f64], gradient: &mut [f64]) {
        gradient.fill(0.0);
        for (row, slope) in self.lower.iter().zip(slope) {
            for (sum, l) in gradient.iter_mut().zip(row) {
                *sum += l * slope;
            }
        }
    }
}

/// The density as the sampler sees it.
struct Straightened<'a> {
    density: &'a dyn Density,
    straight: &'a Straight,
    slope: Vec<f64>,
}

/// A place with no density: the trajectory diverged there.
#[derive(Debug, thiserror::Error)]
#[error("no density at this place")]
struct Outside;

impl LogpError for Outside {
    fn is_recoverable(&self) -> bool {
        true
    }
}

impl HasDims for Straightened<'_> {
    fn dim_sizes(&self) -> HashMap<String, u64> {
        HashMap::from([(
            "unconstrained_parameter".to_owned(),
            self.slope.len() as u64,
        )])
    }
}

impl CpuLogpFunc for Straightened<'_> {
    type LogpError = Outside;
    type FlowParameters = ();
    type ExpandedVector = Vec<f64>;

    fn dim(&self) -> usize {
        self.slope.len()
    }

    fn logp(&mut self, position: &[f64], gradient: &mut [f64]) -> Result<f64, Outside> {
        let theta = self.straight.place(position);
        let value = self.density.at(&theta, &mut self.slope).ok_or(Outside)?;
        self.straight.pull_back(&self.slope, gradient);
        Ok(value)
    }

    fn expand_vector<R: Rng + ?Sized>(
        &mut self,
        _: &mut R,
        position: &[f64],
    ) -> Result<Vec<f64>, CpuMathError> {
        Ok(position.to_vec())
    }
}

/// Walks one chain; draws are of the parameters, not of their logarithms.
pub(super) fn walk(
    density: &dyn Density,
    straight: &Straight,
    config: &BayesConfig,
    number: usize,
) -> Result<Chain, BayesError> {
    let sampling = config.sampling();
    let mut generator = sampling.generator(number);
    let start =
        start(density, straight, &mut generator).ok_or(BayesError::NoStart { chain: number })?;
    let broke_off = |cause: &dyn std::fmt::Display| BayesError::ChainBrokeOff {
        chain: number,
        cause: cause.to_string(),
    };
    let target = Straightened {
        density,
        straight,
        slope: vec![0.0; start.len()],
    };
    let mut settings = DiagNutsSettings {
        num_tune: sampling.warmup() as u64,
        num_draws: (sampling.draws() * sampling.thinning()) as u64,
        maxdepth: DOUBLINGS,
        ..DiagNutsSettings::default()
    };
    settings.adapt_options.step_size_settings.target_accept = config.acceptance();
    let mut walker = settings
        .new_chain(number as u64, CpuMath::new(target), &mut generator)
        .map_err(|cause| broke_off(&cause))?;
    walker
        .set_position(&start)
        .map_err(|cause| broke_off(&cause))?;
    for _ in 0..sampling.warmup() {
        walker.draw().map_err(|cause| broke_off(&cause))?;
    }
    let (mut divergences, mut cut_short) = (0, 0);
    let mut draws = Vec::with_capacity(sampling.draws());
    for i in 1..=sampling.draws() * sampling.thinning() {
        let (z, progress) = walker.draw().map_err(|cause| broke_off(&cause))?;
        divergences += usize::from(progress.diverging);
        cut_short += usize::from(is_cut_short(&progress));
        if i % sampling.thinning() == 0 {
            let theta = straight.place(&z);
            draws.push(theta.iter().map(|theta| theta.exp()).collect());
        }
    }
    Ok(Chain::new(draws).with_troubles(divergences, cut_short))
}

/// A trajectory of as many steps as it may have has not turned back.
const fn is_cut_short(progress: &Progress) -> bool {
    !progress.diverging && progress.num_steps + 1 >= 1 << DOUBLINGS
}

/// Returns a start with a density, farther from the mode than most draws will be.
fn start(density: &dyn Density, straight: &Straight, generator: &mut dyn Rng) -> Option<Vec<f64>> {
    let mut slope = vec![0.0; straight.mode.len()];
    (0..STARTS).find_map(|_| {
        let z: Vec<f64> = slope.iter().map(|_| APART * normal(generator)).collect();
        density.at(&straight.place(&z), &mut slope)?;
        Some(z)
    })
}
