//! Order statistics of numbers that are elsewhere, by counting them in ever finer buckets.
//!
//! The first round counts all numbers by their upper bits. Each further round counts those in the buckets that hold a wanted
//! rank by more bits, until each such bucket holds one number alone. What comes back is proportional to buckets: of numbers that
//! are floats' (see [`key`](super::measured::key)) the first round tells those apart that differ by a sixty-fourth, the second
//! by some hundred-millionths, the third all.

use patron_stats::scores::Counted;

use super::error::SparkError;
use super::measured::value;

/// Lower bits that do not count, by round.
pub(super) const SHIFTS: [u32; 3] = [46, 28, 0];

/// What a round asks: counts of numbers by their bits above `shift`.
#[derive(Debug, Clone)]
pub(super) struct Round {
    pub(super) shift: u32,
    /// Measure, least and largest number of the buckets that are looked into; all numbers in the first round.
    pub(super) within: Option<Vec<(usize, i64, i64)>>,
}

/// Numbers of a measure that have their upper bits in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bucket {
    pub(super) measure: usize,
    pub(super) least: i64,
    pub(super) most: i64,
    pub(super) count: u64,
}

impl Bucket {
    const fn is_one_number(&self) -> bool {
        self.least == self.most
    }
}

/// All numbers of a measure, as far as they are told apart.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    /// Ascending.
    buckets: Vec<Bucket>,
}

impl Counts {
    /// Returns how many numbers there are.
    pub(super) fn total(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.count).sum()
    }

    /// Returns the values that are known.
    pub(super) fn counted(&self) -> Counted {
        let mut counted = Counted::new(self.total());
        for (before, bucket) in self.places() {
            if bucket.is_one_number() {
                counted.push(before, value(bucket.least), bucket.count);
            }
        }
        counted
    }

    /// The buckets, each with how many numbers are below.
    fn places(&self) -> impl Iterator<Item = (u64, &Bucket)> {
        let mut before = 0;
        self.buckets.iter().map(move |bucket| {
            let place = before;
            before += bucket.count;
            (place, bucket)
        })
    }

    /// The buckets of several numbers that hold one of some ranks.
    fn unknown(&self, ranks: &[u64]) -> Vec<Bucket> {
        let holds = |&(before, bucket): &(u64, &Bucket)| {
            let places = before..before + bucket.count;
            !bucket.is_one_number() && ranks.iter().any(|rank| places.contains(rank))
        };
        self.places()
            .filter(holds)
            .map(|(_, bucket)| *bucket)
            .collect()
    }

    /// Puts finer buckets in the place of a coarse one.
    fn replace(&mut self, coarse: &Bucket, finer: &[Bucket]) -> Result<(), SparkError> {
        let counted = finer.iter().map(|bucket| bucket.count).sum();
        let place = self.buckets.binary_search(coarse);
        let Some(place) = place.ok().filter(|_| counted == coarse.count) else {
            return Err(SparkError::Lost {
                what: "customers in a bucket",
                sent: coarse.count,
                counted,
            });
        };
        self.buckets.splice(place..=place, finer.iter().copied());
        Ok(())
    }
}

/// Counts the numbers of several measures until those at wanted ranks are known; `wanted` is told how many numbers a measure
/// has.
pub(super) fn refine(
    measures: usize,
    wanted: impl Fn(usize, u64) -> Vec<u64>,
    mut ask: impl FnMut(&Round) -> Result<Vec<Bucket>, SparkError>,
) -> Result<Vec<Counts>, SparkError> {
    let mut counts = vec![Counts::default(); measures];
    let [first, finer @ ..] = SHIFTS;
    let mut found = ask(&Round {
        shift: first,
        within: None,
    })?;
    found.sort_unstable();
    for bucket in found {
        if let Some(of) = counts.get_mut(bucket.measure) {
            of.buckets.push(bucket);
        }
    }
    for shift in finer {
        let unknown: Vec<Bucket> = counts
            .iter()
            .enumerate()
            .flat_map(|(measure, counts)| counts.unknown(&wanted(measure, counts.total())))
            .collect();
        if unknown.is_empty() {
            break;
        }
        let range = |bucket: &Bucket| (bucket.measure, bucket.least, bucket.most);
        let within = Some(unknown.iter().map(range).collect());
        let mut found = ask(&Round { shift, within })?;
        found.sort_unstable();
        for coarse in &unknown {
            let is_inside = |bucket: &&Bucket| {
                let range = coarse.least..=coarse.most;
                bucket.measure == coarse.measure && range.contains(&bucket.least)
            };
            let inside: Vec<Bucket> = found.iter().filter(is_inside).copied().collect();
            if let Some(counts) = counts.get_mut(coarse.measure) {
                counts.replace(coarse, &inside)?;
            }
        }
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use patron_stats::scores::counted::Ranks;
    use patron_stats::scores::{CutPoints, Direction, Method};
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::super::measured::key;
    use super::*;

    /// Counts as Spark does.
    fn answer(all: &[Vec<f64>], round: &Round) -> Vec<Bucket> {
        let mut found: BTreeMap<(usize, i64), Bucket> = BTreeMap::new();
        for (measure, values) in all.iter().enumerate() {
            for number in values.iter().map(|value| key(*value)) {
                let is_asked = |&(of, least, most): &(usize, i64, i64)| {
                    of == measure && (least..=most).contains(&number)
                };
                if !round
                    .within
                    .as_ref()
                    .is_none_or(|within| within.iter().any(is_asked))
                {
                    continue;
                }
                let bucket = found.entry((measure, number >> round.shift));
                let bucket = bucket.or_insert(Bucket {
                    measure,
                    least: number,
                    most: number,
                    count: 0,
                });
                bucket.least = bucket.least.min(number);
                bucket.most = bucket.most.max(number);
                bucket.count += 1;
            }
        }
        // Groups come in whatever order.
        found.into_values().rev().collect()
    }

    fn values() -> impl Strategy<Value = Vec<f64>> {
        let value = prop_oneof![
            (0_u32..4_000).prop_map(f64::from),
            (-90_000_i64..90_000).prop_map(|money| money as f64 / 10_000.0),
            any::<i32>().prop_map(|money| f64::from(money) * 0.35),
        ];
        proptest::collection::vec(value, 1..200)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 128, rng_seed: RngSeed::Fixed(71_059), ..ProptestConfig::default() })]

        #[test]
        fn cuts_of_what_is_counted_elsewhere_are_those_of_the_values(all in proptest::collection::vec(values(), 1..4), bins in 2_u8..=10) {
            for method in [Method::Quantile, Method::RRfm, Method::Qcut] {
                let wanted = |_, total| match Counted::ranks(&method, bins, total) {
                    Ok(Ranks::Some(ranks)) => ranks,
                    _ => Vec::new(),
                };
                let counts = refine(all.len(), wanted, |round| Ok(answer(&all, round))).unwrap();
                for (counts, values) in counts.iter().zip(&all) {
                    let found = CutPoints::find_counted(&counts.counted(), &method, bins, Direction::HigherIsBetter);
                    let expected = CutPoints::find(values, &method, bins, Direction::HigherIsBetter);
                    prop_assert_eq!(found.map(|cuts| cuts.cuts().to_vec()), expected.map(|cuts| cuts.cuts().to_vec()));
                }
            }
        }
    }

    #[test]
    fn few_numbers_are_told_apart_in_one_round() {
        let all = [(0..60).map(f64::from).collect::<Vec<f64>>()];
        let mut rounds = 0;
        let counts = refine(
            1,
            |_, total| (0..total).collect(),
            |round| {
                rounds += 1;
                Ok(answer(&all, round))
            },
        );
        let counted = counts.unwrap()[0].counted();
        assert_eq!(
            (rounds, counted.at(0), counted.at(59)),
            (1, Some(0.0), Some(59.0))
        );
    }

    #[test]
    fn numbers_that_go_missing_between_rounds_are_missed() {
        let all = [(0..900).map(f64::from).collect::<Vec<f64>>()];
        let mut rounds = 0;
        let found = refine(
            1,
            |_, total| vec![total / 2],
            |round| {
                rounds += 1;
                let mut buckets = answer(&all, round);
                if rounds > 1 {
                    buckets.pop();
                }
                Ok(buckets)
            },
        );
        assert!(matches!(found, Err(SparkError::Lost { .. })), "{found:?}");
    }
}
