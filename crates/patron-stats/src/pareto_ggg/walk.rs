//! How a chain walks: customers one by one, how they are spread, both together, and who has left.
#![expect(
    clippy::indexing_slicing,
    reason = "places of k, λ and μ in arrays of three, of shape and rate in pairs"
)]

use rand::Rng;

use super::TimedHistory;
use super::departures::Silence;
use super::hierarchy::{Before, Bell, COORDINATES, Hierarchy, Spread, drawn_given};
use super::individual::{OwnTiming, ln_likelihood};
use super::sampler::Customers;
use crate::mcmc::{Sampling, Steps};
use crate::sample::{ln_gamma_variable, normal, uniform};

/// Where k, λ and μ are.
const K: usize = 0;
const LAMBDA: usize = 1;
const MU: usize = 2;

/// Steps of how k, or λ, is spread with the customers' places in it held, for each round over customers.
const STEPS_TOGETHER: usize = 3;

/// Times that shape and rate of leaving are drawn in a round: each takes a sum over all customers, a dozen times.
const TURNS: usize = 1;

/// How far apart chains start, in logarithms.
const APART: f64 = 0.5;

/// Degrees of freedom of the distribution whose ellipses customers move along: with tails longer than those of any gamma variable's logarithm.
const FREEDOM: f64 = 6.0;

/// What a chain drew.
pub(super) struct Walked {
    /// How customers are spread, by draw.
    pub(super) spreads: Vec<Hierarchy>,
    /// Every customer, by draw.
    pub(super) timings: Vec<Vec<OwnTiming>>,
}

/// Where a chain is.
struct Walk<'a> {
    customers: &'a Customers,
    before: &'a [Before; COORDINATES],
    hierarchy: Hierarchy,
    /// (ln k, ln λ, ln μ) of every customer.
    theta: Vec<[f64; COORDINATES]>,
    ln_likelihoods: Vec<f64>,
    /// Of k, and of λ.
    steps: [Steps; 2],
}

/// Walks one chain.
pub(super) fn walk(
    customers: &Customers,
    before: &[Before; COORDINATES],
    sampling: &Sampling,
    number: usize,
) -> Walked {
    let mut generator = sampling.generator(number);
    let mut walk = Walk::start(customers, before, &mut generator);
    let mut walked = Walked {
        spreads: Vec::with_capacity(sampling.draws()),
        timings: Vec::with_capacity(sampling.draws()),
    };
    for round in 0..sampling.warmup() {
        walk.round(&mut generator);
        walk.learn(round);
    }
    for steps in &mut walk.steps {
        steps.settle();
    }
    for round in 1..=sampling.draws() * sampling.thinning() {
        walk.round(&mut generator);
        if round % sampling.thinning() == 0 {
            walked.spreads.push(walk.hierarchy);
            let timings = walk.theta.iter();
            let timings = timings.map(|theta| OwnTiming::from_logarithms(*theta));
            walked.timings.push(timings.collect());
        }
    }
    walked
}

impl<'a> Walk<'a> {
    fn start(
        customers: &'a Customers,
        before: &'a [Before; COORDINATES],
        generator: &mut dyn Rng,
    ) -> Self {
        let spreads = before.map(|before| Spread {
            ln_shape: before.centre.ln_shape + APART * normal(generator),
            ln_rate: before.centre.ln_rate + APART * normal(generator),
        });
        let hierarchy = Hierarchy {
            spreads,
            same_regularity: customers.ln_regularity.is_some(),
        };
        let bells = hierarchy.bells();
        let theta: Vec<[f64; COORDINATES]> = customers
            .each()
            .map(|_| {
                let [k, lambda, mu] = bells.map(|bell| bell.at(normal(generator)));
                [customers.ln_regularity.unwrap_or(k), lambda, mu]
            })
            .collect();
        let ln_likelihoods = customers.each().zip(&theta);
        Self {
            customers,
            before,
            ln_likelihoods: ln_likelihoods
                .map(|(customer, theta)| ln_likelihood(customer, *theta))
                .collect(),
            steps: [Steps::new(2), Steps::new(2)],
            hierarchy,
            theta,
        }
    }

    /// One round: every customer; how k and λ are spread, by itself and together with them; how μ is, and every μ anew.
    fn round(&mut self, generator: &mut dyn Rng) {
        self.each_customer(generator);
        let differs = self.hierarchy.differs();
        for which in [K, LAMBDA].into_iter().filter(|which| differs[*which]) {
            let logarithms = self.theta.iter().map(|theta| theta[which]);
            let spread = &self.hierarchy.spreads[which];
            let drawn = drawn_given(spread, &self.before[which], logarithms, generator);
            self.hierarchy.spreads[which] = drawn;
            for _ in 0..STEPS_TOGETHER {
                self.step_together(which, generator);
            }
        }
        self.departures(generator);
    }

    fn learn(&mut self, round: usize) {
        for (steps, spread) in self.steps.iter_mut().zip(&self.hierarchy.spreads) {
            steps.learn(&[spread.ln_shape, spread.ln_rate], round);
        }
    }

    fn each_customer(&mut self, generator: &mut dyn Rng) {
        let ellipses = Ellipses::new(&self.hierarchy);
        let places = self.theta.iter_mut().zip(&mut self.ln_likelihoods);
        for (customer, (theta, known)) in self.customers.each().zip(places) {
            let likelihood = |theta| ln_likelihood(customer, theta);
            (*theta, *known) = ellipses.moved(*theta, *known, likelihood, generator);
        }
    }

    /// Moves how k or λ is spread, and every customer with it as far as the customer's own purchases do not hold it: who has none keeps
    /// its place, in standard deviations from the mean. Otherwise customers would hold the spread, and it them.
    fn step_together(&mut self, which: usize, generator: &mut dyn Rng) {
        let spread = self.hierarchy.spreads[which];
        let at = [spread.ln_shape, spread.ln_rate];
        let next = self.steps[which].propose(&at, generator);
        let next = Spread {
            ln_shape: next[0],
            ln_rate: next[1],
        };
        let (from, to) = (spread.bell(), next.bell());
        let before = &self.before[which];
        let mut gain = before.ln_density(&next) - before.ln_density(&spread);
        let apart = to.deviation / from.deviation;
        let mut moved = Vec::with_capacity(self.theta.len());
        let mut found = Vec::with_capacity(self.theta.len());
        for (customer, (theta, known)) in self
            .customers
            .each()
            .zip(self.theta.iter().zip(&self.ln_likelihoods))
        {
            let mut place = *theta;
            let held = held_by_data(which, customer);
            let with_the_spread = to.at(from.place(theta[which]));
            place[which] = held * theta[which] + (1.0 - held) * with_the_spread;
            // All who are alike move apart, or together, by one factor.
            gain += (held + (1.0 - held) * apart).ln();
            gain += to.ln_density(place[which]) - from.ln_density(theta[which]);
            let likelihood = ln_likelihood(customer, place);
            gain += likelihood - known;
            moved.push(place);
            found.push(likelihood);
        }
        let accepted = uniform(generator).ln() < gain;
        self.steps[which].tell(accepted);
        if accepted {
            self.hierarchy.spreads[which] = next;
            self.theta = moved;
            self.ln_likelihoods = found;
        }
    }

    /// Draws how μ is spread given k and λ of all customers, every μ being summed over, and then every μ: hardly anything else says who has left,
    /// so rates that were held would hold their spread.
    fn departures(&mut self, generator: &mut dyn Rng) {
        let owns = self.theta.iter();
        let owns: Vec<OwnTiming> = owns
            .map(|theta| OwnTiming::from_logarithms(*theta))
            .collect();
        let silences: Vec<Silence> = self
            .customers
            .each()
            .zip(&owns)
            .map(|(customer, own)| Silence::new(customer.history(), own))
            .collect();
        let before = self.before[MU];
        let ln_density = |spread: &Spread| {
            let (s, beta) = (spread.ln_shape.exp(), spread.ln_rate.exp());
            let of_one = |silence: &Silence| silence.ln_probability(s, beta);
            before.ln_density(spread) + silences.iter().map(of_one).sum::<f64>()
        };
        let spread = self.hierarchy.spreads[MU].drawn(TURNS, ln_density, generator);
        self.hierarchy.spreads[MU] = spread;
        let known = self.theta.iter_mut().zip(&mut self.ln_likelihoods);
        let seen = self.customers.each().zip(silences.iter().zip(&owns));
        for ((theta, likelihood), (customer, (silence, own))) in known.zip(seen) {
            theta[MU] = silence.ln_rate_of_leaving(own, &spread, generator);
            *likelihood = ln_likelihood(customer, *theta);
        }
    }
}

/// Returns how far a customer's purchases hold k or λ, from 0 to 1: about what they say of it, beside what the spread does. It depends on nothing that is
/// drawn, so the moves it makes remain exact.
///
/// # Source
/// Papaspiliopoulos, Roberts, Sköld (2007), A general framework for the parametrization of hierarchical models, Statistical Science 22.
fn held_by_data(which: usize, customer: &TimedHistory) -> f64 {
    let x = f64::from(customer.history().repeat_purchases());
    // The logarithm of a rate is known to a variance of 1/x from x purchases, that of a shape to one of 2/x.
    let (information, of_the_spread) = if which == K { (0.5 * x, 1.5) } else { (x, 1.0) };
    information / (information + of_the_spread)
}

/// Ellipses about the middle of the spread, of Student's t distribution as wide as the spread.
struct Ellipses {
    bells: [Bell; COORDINATES],
    differs: [bool; COORDINATES],
    dimensions: f64,
}

impl Ellipses {
    fn new(hierarchy: &Hierarchy) -> Self {
        let differs = hierarchy.differs();
        Self {
            bells: hierarchy.bells(),
            differs,
            dimensions: differs
                .iter()
                .map(|differs| f64::from(u8::from(*differs)))
                .sum(),
        }
    }

    /// Moves a customer along an ellipse through its place and one drawn from the t distribution, to where the density beside that of t is
    /// above a level drawn below that of its place: no step is tuned, and none refused.
    ///
    /// # Source
    /// Nishihara, Murray, Adams (2014), Parallel MCMC with generalized elliptical slice sampling, JMLR 15.
    fn moved(
        &self,
        theta: [f64; COORDINATES],
        known: f64,
        ln_likelihood: impl Fn([f64; COORDINATES]) -> f64,
        generator: &mut dyn Rng,
    ) -> ([f64; COORDINATES], f64) {
        let place = self.place(theta);
        let square: f64 = place.iter().map(|z| z * z).sum();
        // A t variable is a normal one whose variance is drawn: this is its variance, given where it is.
        let shape = 0.5 * (FREEDOM + self.dimensions);
        let variance = 0.5 * (FREEDOM + square) / ln_gamma_variable(generator, shape).exp();
        let drawn = self.differs.map(|differs| {
            if differs {
                variance.sqrt() * normal(generator)
            } else {
                0.0
            }
        });
        let level = known + self.beside(&theta, square) + uniform(generator).ln();
        let mut angle = std::f64::consts::TAU * uniform(generator);
        let (mut low, mut high) = (angle - std::f64::consts::TAU, angle);
        // The bracket closes on the place itself.
        while high - low > 1e-12 {
            let (sine, cosine) = angle.sin_cos();
            let mut turned = place;
            for (z, drawn) in turned.iter_mut().zip(drawn) {
                *z = *z * cosine + drawn * sine;
            }
            let there = self.at(turned, theta);
            let beside = self.beside(&there, turned.iter().map(|z| z * z).sum());
            let found = ln_likelihood(there);
            if found + beside >= level {
                return (there, found);
            }
            if angle < 0.0 {
                low = angle;
            } else {
                high = angle;
            }
            angle = low + (high - low) * uniform(generator);
        }
        (theta, known)
    }

    fn place(&self, theta: [f64; COORDINATES]) -> [f64; COORDINATES] {
        let mut place = [0.0; COORDINATES];
        let of_all = self.bells.iter().zip(self.differs).zip(theta);
        for (z, ((bell, differs), theta)) in place.iter_mut().zip(of_all) {
            if differs {
                *z = bell.place(theta);
            }
        }
        place
    }

    fn at(&self, place: [f64; COORDINATES], from: [f64; COORDINATES]) -> [f64; COORDINATES] {
        let mut theta = from;
        let of_all = self.bells.iter().zip(self.differs).zip(place);
        for (theta, ((bell, differs), z)) in theta.iter_mut().zip(of_all) {
            if differs {
                *theta = bell.at(z);
            }
        }
        theta
    }

    /// Returns the logarithm of the spread's density over that of t, but for a constant.
    fn beside(&self, theta: &[f64; COORDINATES], square: f64) -> f64 {
        let of_all = self.bells.iter().zip(theta).zip(self.differs);
        let spread = of_all.filter(|(_, differs)| *differs);
        let spread: f64 = spread
            .map(|((bell, theta), _)| bell.ln_density(*theta))
            .sum();
        spread + 0.5 * (FREEDOM + self.dimensions) * (square / FREEDOM).ln_1p()
    }
}
