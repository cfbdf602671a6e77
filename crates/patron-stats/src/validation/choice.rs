//! Which model is to be used, with the reason in words.

use std::fmt;

use super::{Predictions, ValidationError, check_lengths, log_score, point_errors};
use crate::summary::sum;

/// A difference of more standard errors than this is called clear.
const CLEAR: f64 = 2.0;

/// A mean difference up to this is that of two searches for one optimum, not of two models.
const EQUAL: f64 = 1e-6;

/// A mean difference over the same customers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// Mean difference per customer, in favour of the chosen where above 0.
    pub advantage: f64,
    /// Its standard error: from the spread of the differences, customers taken for independent.
    pub standard_error: f64,
}

impl Comparison {
    fn of(differences: &[f64]) -> Self {
        let n = differences.len() as f64;
        let advantage = sum(differences) / n;
        let squares: Vec<f64> = differences
            .iter()
            .map(|difference| (difference - advantage).powi(2))
            .collect();
        Self {
            advantage,
            standard_error: (sum(&squares) / (n - 1.0) / n).sqrt(),
        }
    }

    /// Returns whether the difference is more than chance explains, either way.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.advantage.abs() > EQUAL.max(CLEAR * self.standard_error)
    }
}

/// What the chosen is compared with.
#[derive(Debug, Clone, PartialEq)]
pub struct Against {
    /// Key of the other candidate.
    pub key: String,
    /// Of the logarithm of the probability of what came; absent where the other has no distribution, or an impossible one.
    pub log_score: Option<Comparison>,
    /// Of squared errors: above 0 where those of the chosen are smaller.
    pub squared_error: Comparison,
    /// Customers whose outcome the other had called impossible.
    pub impossible: usize,
}

/// The candidate to be used, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Its place among the candidates.
    pub index: usize,
    /// Its key.
    pub key: String,
    /// Customers compared.
    pub customers: usize,
    /// Its mean logarithm of the probability of what came.
    pub mean_log_score: f64,
    /// Its root of the mean squared error.
    pub root_mean_square: f64,
    /// The others, in their order.
    pub others: Vec<Against>,
}

/// Returns the candidate with the highest held-out log-likelihood; of equal ones, the one with fewer parameters, then the first.
///
/// Candidates without a distribution cannot be chosen by likelihood. They are compared by squared error, for which the expectation is the
/// best that can be said, and where one of them wins the choice says so.
///
/// # Errors
/// [`ValidationError::LengthsDiffer`] unless all describe the same customers; [`ValidationError::NoCustomers`];
/// [`ValidationError::NothingToChoose`] without any distribution that allows what came.
pub fn choose(candidates: &[Predictions]) -> Result<Choice, ValidationError> {
    let customers = candidates.first().map_or(0, |first| first.actual().len());
    for candidate in candidates {
        check_lengths("a candidate", customers, candidate.actual().len())?;
    }
    let scored = candidates
        .iter()
        .enumerate()
        .filter_map(|(index, candidate)| {
            let mean = sum(&logarithms(candidate)?) / customers as f64;
            (mean > f64::NEG_INFINITY).then_some((mean, index, candidate))
        });
    let scored: Vec<(f64, usize, &Predictions)> = scored.collect();
    let highest = scored.iter().map(|(mean, ..)| *mean);
    let highest = highest.fold(f64::NEG_INFINITY, f64::max);
    let equals = scored
        .into_iter()
        .filter(|(mean, ..)| highest - mean <= EQUAL);
    let best = equals.min_by_key(|(_, index, candidate)| (candidate.parameters(), *index));
    let (mean_log_score, index, chosen) = best.ok_or(ValidationError::NothingToChoose {
        candidates: candidates.len(),
    })?;
    let others = candidates.iter().enumerate();
    let others = others.filter(|(place, _)| *place != index);
    Ok(Choice {
        index,
        key: chosen.key().to_owned(),
        customers,
        mean_log_score,
        root_mean_square: point_errors(chosen.expected(), chosen.actual())?.root_mean_square,
        others: others
            .map(|(_, other)| against(chosen, other))
            .collect::<Result<_, _>>()?,
    })
}

fn logarithms(predictions: &Predictions) -> Option<Vec<f64>> {
    let places = predictions.places()?;
    Some(places.iter().map(|place| place.at.ln()).collect())
}

fn squared_errors(predictions: &Predictions) -> impl Iterator<Item = f64> {
    let pairs = predictions.expected().iter().zip(predictions.actual());
    pairs.map(|(expected, actual)| (expected - actual).powi(2))
}

fn against(chosen: &Predictions, other: &Predictions) -> Result<Against, ValidationError> {
    let impossible = match other.places() {
        Some(places) => {
            let probabilities: Vec<f64> = places.iter().map(|place| place.at).collect();
            log_score(&probabilities)?.impossible
        }
        None => 0,
    };
    let of_log_scores = match (logarithms(chosen), logarithms(other)) {
        (Some(of_chosen), Some(of_other)) if impossible == 0 => {
            let pairs = of_chosen.iter().zip(&of_other);
            let differences: Vec<f64> = pairs.map(|(c, o)| c - o).collect();
            Some(Comparison::of(&differences))
        }
        _ => None,
    };
    let pairs = squared_errors(other).zip(squared_errors(chosen));
    let differences: Vec<f64> = pairs.map(|(o, c)| o - c).collect();
    Ok(Against {
        key: other.key().to_owned(),
        log_score: of_log_scores,
        squared_error: Comparison::of(&differences),
        impossible,
    })
}

impl Choice {
    /// Returns the candidates that predicted expectations better, by more than chance explains: where there are any, the reason says so.
    pub fn beaten_by(&self) -> impl Iterator<Item = &Against> {
        let beats = |other: &&Against| {
            other.squared_error.advantage < 0.0 && other.squared_error.is_clear()
        };
        self.others.iter().filter(beats)
    }

    /// Returns the candidate nearest by log score; nothing where no other has a distribution that allows what came.
    #[must_use]
    pub fn runner_up(&self) -> Option<(&Against, Comparison)> {
        let with = |other| -> Option<(&Against, Comparison)> {
            let other: &Against = other;
            other.log_score.map(|comparison| (other, comparison))
        };
        self.others
            .iter()
            .filter_map(with)
            .min_by(|left, right| left.1.advantage.total_cmp(&right.1.advantage))
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} gave what {} customers did the highest probability: mean logarithm {:.4}",
            self.key, self.customers, self.mean_log_score
        )?;
        if let Some((other, by)) = self.runner_up() {
            let how = if by.is_clear() {
                "clearly ahead of"
            } else {
                "not to be told apart from"
            };
            write!(
                f,
                ", {how} {} ({:.4} ± {:.4} a customer)",
                other.key, by.advantage, by.standard_error
            )?;
        }
        for other in self.others.iter().filter(|other| other.impossible > 0) {
            write!(
                f,
                "; {} had called impossible what {} of them did",
                other.key, other.impossible
            )?;
        }
        let mut beaten = false;
        for other in self.beaten_by() {
            beaten = true;
            write!(
                f,
                "; yet {} came nearer to their numbers (mean squared error smaller by {:.4} ± {:.4})",
                other.key, -other.squared_error.advantage, other.squared_error.standard_error
            )?;
        }
        if !beaten && !self.others.is_empty() {
            f.write_str("; no other came clearly nearer to their numbers")?;
        }
        Ok(())
    }
}
