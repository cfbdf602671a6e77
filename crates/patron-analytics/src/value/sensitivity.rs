//! How far the ranking depends on the weights: they are moved at random, and it is seen who stays among the best.

use patron_stats::correlation::spearman;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

use super::{Scores, weighted};

/// How often weights are moved.
const DRAWS: u64 = 100;
/// Each weight is moved by at most so much of itself, up or down.
const MOVED: f64 = 0.5;
/// Customers looked at, at most.
const MOST: usize = 20_000;
/// One customer in so many is among the best.
const BEST: usize = 10;
const SEED: u64 = 20_261_123;

/// How far the ranking stays when weights move.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sensitivity {
    /// Rank correlation with the ranking as it is: on average and at worst.
    pub(super) correlation: [f64; 2],
    /// Of the best tenth, who stays there: on average and at worst.
    pub(super) stay: [f64; 2],
    /// Customers looked at.
    pub(super) customers: usize,
}

/// Moves the weights. Nothing of fewer than two customers, or where all have one score.
pub(super) fn sensitivity(scores: &[Scores], weights: &[f64; 5]) -> Option<Sensitivity> {
    // Every so many of them, so that those looked at are all kinds of customers.
    let step = scores.len().div_ceil(MOST).max(1);
    let sample: Vec<&Scores> = scores.iter().step_by(step).collect();
    let as_is: Vec<f64> = sample.iter().map(|scores| scores.score).collect();
    let best = best(&as_is);
    let draw = |draw: u64| {
        let mut random = ChaCha20Rng::seed_from_u64(SEED);
        random.set_stream(draw);
        let moved = weights.map(|weight| {
            let share = (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
            weight * (1.0 + MOVED * (2.0 * share - 1.0))
        });
        let moved: Vec<f64> = sample
            .iter()
            .map(|scores| weighted(&scores.aspects, &moved))
            .collect();
        let now = self::best(&moved);
        let stay = best.iter().filter(|place| now.binary_search(place).is_ok());
        Some((
            spearman(&as_is, &moved).ok()?,
            stay.count() as f64 / best.len() as f64,
        ))
    };
    let draws: Option<Vec<(f64, f64)>> = (0..DRAWS).into_par_iter().map(draw).collect();
    let draws = draws?;
    let told = |of: &dyn Fn(&(f64, f64)) -> f64| {
        let mean = draws.iter().map(of).sum::<f64>() / draws.len() as f64;
        [mean, draws.iter().map(of).fold(f64::INFINITY, f64::min)]
    };
    Some(Sensitivity {
        correlation: told(&|draw| draw.0),
        stay: told(&|draw| draw.1),
        customers: sample.len(),
    })
}

/// The places of the best tenth, ascending; of equal ones the first.
fn best(scores: &[f64]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..scores.len()).collect();
    let score = |place: &usize| scores.get(*place).copied().unwrap_or(0.0);
    places.sort_by(|a, b| score(b).total_cmp(&score(a)).then(a.cmp(b)));
    places.truncate(scores.len().div_ceil(BEST));
    places.sort_unstable();
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(aspects: [f64; 5]) -> Scores {
        Scores {
            aspects: aspects.map(Some),
            confidence: 1.0,
            score: weighted(&aspects.map(Some), &[0.2; 5]),
        }
    }

    #[test]
    fn a_ranking_that_all_aspects_agree_on_does_not_move() {
        let people: Vec<Scores> = (0..100).map(|n| scores([f64::from(n); 5])).collect();
        let found = sensitivity(&people, &[0.2; 5]).unwrap();
        assert!(found.correlation.iter().all(|r| (r - 1.0).abs() < 1e-12));
        assert!(found.stay.iter().all(|share| (share - 1.0).abs() < 1e-12));
    }

    #[test]
    fn a_ranking_of_aspects_that_contradict_each_other_moves() {
        let people: Vec<Scores> = (0..100)
            .map(|n| {
                scores([
                    f64::from(n),
                    f64::from(99 - n),
                    50.0,
                    50.0,
                    50.0 + f64::from(n % 7),
                ])
            })
            .collect();
        let found = sensitivity(&people, &[0.2; 5]).unwrap();
        assert!(found.correlation[1] < 0.5, "{found:?}");
        assert!(sensitivity(&people[..1], &[0.2; 5]).is_none());
    }
}
