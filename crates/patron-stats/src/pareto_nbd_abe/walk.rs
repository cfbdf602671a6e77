//! How a chain walks: customers one by one, then how they are spread, then both together.

use rand::{Rng, RngExt};

use super::AbeError;
use super::hierarchy::{Before, Hierarchy, Sums};
use super::individual::{OwnRates, ln_likelihood};
use super::sampler::Customers;
use crate::mcmc::{Sampling, Steps};
use crate::sample::normal;

/// Steps of the spread with the customers' places in it held, for each round over customers.
const STEPS_TOGETHER: usize = 8;

/// How far apart chains start, in logarithms.
const APART: f64 = 0.5;

/// What a chain drew.
pub(super) struct Walked {
    /// Coefficients and Γ, by draw.
    pub(super) spreads: Vec<Hierarchy>,
    /// The rates of every customer, by draw.
    pub(super) rates: Vec<Vec<OwnRates>>,
}

/// Where a chain is.
struct Walk<'a> {
    customers: &'a Customers,
    before: &'a Before,
    hierarchy: Hierarchy,
    /// (ln λ, ln μ) of every customer.
    theta: Vec<[f64; 2]>,
    ln_likelihoods: Vec<f64>,
    steps: Steps,
}

/// Walks one chain.
pub(super) fn walk(
    customers: &Customers,
    before: &Before,
    sampling: &Sampling,
    number: usize,
) -> Result<Walked, AbeError> {
    let mut generator = sampling.generator(number);
    let sums = Sums::new(customers.designs(), before.coefficients.len());
    let sums = sums.ok_or(AbeError::SpreadLost { chain: number })?;
    let mut walk = Walk::start(customers, before, &mut generator);
    let mut walked = Walked {
        spreads: Vec::with_capacity(sampling.draws()),
        rates: Vec::with_capacity(sampling.draws()),
    };
    for round in 0..sampling.warmup() {
        walk.round(&sums, &mut generator)
            .ok_or(AbeError::SpreadLost { chain: number })?;
        walk.steps.learn(&walk.hierarchy.free(), round);
    }
    walk.steps.settle();
    for round in 1..=sampling.draws() * sampling.thinning() {
        walk.round(&sums, &mut generator)
            .ok_or(AbeError::SpreadLost { chain: number })?;
        if round % sampling.thinning() == 0 {
            walked.spreads.push(walk.hierarchy.clone());
            let rates = walk
                .theta
                .iter()
                .map(|theta| OwnRates::from_logarithms(*theta));
            walked.rates.push(rates.collect());
        }
    }
    Ok(walked)
}

impl<'a> Walk<'a> {
    fn start(customers: &'a Customers, before: &'a Before, generator: &mut dyn Rng) -> Self {
        let mut coefficients = before.coefficients.clone();
        if let Some(constant) = coefficients.first_mut() {
            *constant = constant.map(|mean| mean + APART * normal(generator));
        }
        let hierarchy = Hierarchy {
            coefficients,
            lower: [1.0, 0.0, 1.0].map(|entry| entry * (APART * normal(generator)).exp()),
        };
        let theta: Vec<[f64; 2]> = customers
            .each()
            .map(|(design, _)| {
                let [first, second] = hierarchy.mean(design);
                let [z1, z2] = hierarchy.spread([normal(generator), normal(generator)]);
                [first + z1, second + z2]
            })
            .collect();
        let ln_likelihoods = customers.each().zip(&theta);
        let ln_likelihoods = ln_likelihoods
            .map(|((_, history), theta)| ln_likelihood(history, *theta))
            .collect();
        let steps = Steps::new(hierarchy.free().len());
        Self {
            customers,
            before,
            hierarchy,
            theta,
            ln_likelihoods,
            steps,
        }
    }

    /// One round: every customer, the spread given them, both together. Nothing where the spread is no covariance.
    fn round(&mut self, sums: &Sums, generator: &mut dyn Rng) -> Option<()> {
        self.each_customer(generator);
        let places = self.customers.designs().zip(self.theta.iter().copied());
        self.hierarchy = sums.draw(places, self.before, generator)?;
        for _ in 0..STEPS_TOGETHER {
            self.step_together(generator);
        }
        Some(())
    }

    /// Moves every customer along an ellipse through its place and one drawn from the spread, to where the likelihood is above a level
    /// drawn below that of its place: no step is tuned, and none refused.
    fn each_customer(&mut self, generator: &mut dyn Rng) {
        let customers = self.customers.each();
        let places = self.theta.iter_mut().zip(&mut self.ln_likelihoods);
        for ((design, history), (theta, known)) in customers.zip(places) {
            let [m1, m2] = self.hierarchy.mean(design);
            let away = [theta[0] - m1, theta[1] - m2];
            let drawn = self
                .hierarchy
                .spread([normal(generator), normal(generator)]);
            let level = *known + (1.0 - generator.random::<f64>()).ln();
            let mut angle = std::f64::consts::TAU * generator.random::<f64>();
            let (mut low, mut high) = (angle - std::f64::consts::TAU, angle);
            loop {
                let (sine, cosine) = angle.sin_cos();
                let place = [
                    m1 + away[0] * cosine + drawn[0] * sine,
                    m2 + away[1] * cosine + drawn[1] * sine,
                ];
                let found = ln_likelihood(history, place);
                if found >= level {
                    (*theta, *known) = (place, found);
                    break;
                }
                // The bracket closes on the place itself.
                if angle < 0.0 {
                    low = angle;
                } else {
                    high = angle;
                }
                if high - low < 1e-12 {
                    break;
                }
                angle = low + (high - low) * generator.random::<f64>();
            }
        }
    }

    /// Moves the spread, and every customer with it: each keeps its standardised place. Where customers say little of themselves they
    /// hold the spread, and it them; this move does not mind.
    fn step_together(&mut self, generator: &mut dyn Rng) {
        let free = self.hierarchy.free();
        let proposal = Hierarchy::of_free(&self.steps.propose(&free, generator));
        let mut moved = Vec::with_capacity(self.theta.len());
        let mut found = Vec::with_capacity(self.theta.len());
        let mut gain = proposal.ln_prior(self.before) - self.hierarchy.ln_prior(self.before);
        for ((design, history), (theta, known)) in self
            .customers
            .each()
            .zip(self.theta.iter().zip(&self.ln_likelihoods))
        {
            let (from, to) = (self.hierarchy.mean(design), proposal.mean(design));
            let place = self
                .hierarchy
                .standardised([theta[0] - from[0], theta[1] - from[1]]);
            let [z1, z2] = proposal.spread(place);
            let place = [to[0] + z1, to[1] + z2];
            let likelihood = ln_likelihood(history, place);
            gain += likelihood - known;
            moved.push(place);
            found.push(likelihood);
        }
        let accepted = (1.0 - generator.random::<f64>()).ln() < gain;
        self.steps.tell(accepted);
        if accepted {
            self.hierarchy = proposal;
            self.theta = moved;
            self.ln_likelihoods = found;
        }
    }
}
