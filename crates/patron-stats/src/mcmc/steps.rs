//! Steps of a random walk that learn how long, and in which directions, they should be.

use rand::Rng;

use crate::matrix::lower_triangle;
use crate::sample::normal;

/// Share of the steps to be accepted: about the best for a handful of directions (Roberts and Rosenthal 2001).
const ACCEPTED: f64 = 0.25;

/// Rounds after which the steps' shape is learnt from what was seen.
const FIRST_ROUNDS: usize = 50;

/// Random steps whose length and shape are learnt while warming up, and held after.
#[derive(Debug)]
pub(crate) struct Steps {
    ln_length: f64,
    learning: bool,
    told: f64,
    /// Rounds seen, their mean, and their squares about it.
    seen: f64,
    mean: Vec<f64>,
    squares: Vec<Vec<f64>>,
    lower: Vec<Vec<f64>>,
}

impl Steps {
    pub(crate) fn new(size: usize) -> Self {
        let unit = |i: usize, j: usize| if i == j { 0.1 } else { 0.0 };
        Self {
            ln_length: 0.0,
            learning: true,
            told: 0.0,
            seen: 0.0,
            mean: vec![0.0; size],
            squares: vec![vec![0.0; size]; size],
            lower: (0..size)
                .map(|i| (0..size).map(|j| unit(i, j)).collect())
                .collect(),
        }
    }

    pub(crate) fn propose(&self, from: &[f64], generator: &mut dyn Rng) -> Vec<f64> {
        let length = self.ln_length.exp() * 2.4 / (from.len() as f64).sqrt();
        let z: Vec<f64> = from.iter().map(|_| length * normal(generator)).collect();
        let step = |row: &Vec<f64>| row.iter().zip(&z).map(|(l, z)| l * z).sum::<f64>();
        let steps = self.lower.iter().map(step);
        from.iter()
            .zip(steps)
            .map(|(from, step)| from + step)
            .collect()
    }

    /// Lengthens steps where too many are accepted, by less and less.
    pub(crate) fn tell(&mut self, accepted: bool) {
        if self.learning {
            self.told += 1.0;
            let share = f64::from(u8::from(accepted));
            self.ln_length += (share - ACCEPTED) * 3.0 / self.told.sqrt().max(3.0);
        }
    }

    /// Takes a round into the covariance, and now and then the covariance into the steps.
    pub(crate) fn learn(&mut self, at: &[f64], round: usize) {
        // What was seen on the way from the start is forgotten once.
        if round == FIRST_ROUNDS {
            self.seen = 0.0;
            self.mean.fill(0.0);
            self.squares.iter_mut().for_each(|row| row.fill(0.0));
        }
        self.seen += 1.0;
        let before: Vec<f64> = at
            .iter()
            .zip(&self.mean)
            .map(|(at, mean)| at - mean)
            .collect();
        for (mean, away) in self.mean.iter_mut().zip(&before) {
            *mean += away / self.seen;
        }
        let after = at.iter().zip(&self.mean).map(|(at, mean)| at - mean);
        let after: Vec<f64> = after.collect();
        for (row, left) in self.squares.iter_mut().zip(&before) {
            for (slot, right) in row.iter_mut().zip(&after) {
                *slot += left * right;
            }
        }
        if round > FIRST_ROUNDS && round.is_multiple_of(FIRST_ROUNDS) {
            self.take_shape();
        }
    }

    fn take_shape(&mut self) {
        let scaled = |row: &Vec<f64>| {
            row.iter()
                .map(|square| square / (self.seen - 1.0))
                .collect()
        };
        let covariance: Vec<Vec<f64>> = self.squares.iter().map(scaled).collect();
        let mut even = covariance.clone();
        for (i, row) in even.iter_mut().enumerate() {
            for (j, entry) in row.iter_mut().enumerate() {
                // Products summed in two orders differ in their last bits.
                let mirrored = covariance.get(j).and_then(|row| row.get(i)).copied();
                *entry = 0.5 * (*entry + mirrored.unwrap_or(*entry));
            }
        }
        if let Some(lower) = lower_triangle(&even) {
            self.lower = lower;
        }
    }

    /// Steps that went on learning would not draw from the posterior.
    pub(crate) const fn settle(&mut self) {
        self.learning = false;
    }
}
