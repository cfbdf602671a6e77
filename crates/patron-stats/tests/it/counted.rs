//! Cut points of counts of values are those of the values, to the last digit, even where only what decides is counted.
#![expect(clippy::float_cmp, reason = "equal values are the question")]

use patron_stats::scores::counted::Ranks;
use patron_stats::scores::{
    Counted, CutError, CutPoints, Direction, ExactSum, Method, exact_mean, type_7_quantile,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const HIGHER: Direction = Direction::HigherIsBetter;

/// Values as scores have them: days and counts, many of them equal, and money.
fn values() -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![
        (0_u32..12).prop_map(f64::from),
        (-300_000_i64..9_000_000).prop_map(|money| money as f64 / 10_000.0),
        Just(0.1 + 0.2),
    ];
    proptest::collection::vec(value, 1..80)
}

/// Each distinct value, ascending: how many are below, and how many equal it.
fn steps(values: &[f64]) -> Vec<(u64, f64, u64)> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut steps: Vec<(u64, f64, u64)> = Vec::new();
    for (before, value) in (0_u64..).zip(sorted) {
        match steps.last_mut() {
            Some(step) if step.1 == value => step.2 += 1,
            _ => steps.push((before, value, 1)),
        }
    }
    steps
}

/// The counts of all values, or of those alone that hold one of some ranks.
fn counted(values: &[f64], only: Option<&[u64]>) -> Counted {
    let mut counted = Counted::new(values.len() as u64);
    for (before, value, count) in steps(values) {
        let holds = |rank: &u64| (before..before + count).contains(rank);
        if only.is_none_or(|ranks| ranks.iter().any(holds)) {
            counted.push(before, value, count);
        }
    }
    counted
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, rng_seed: RngSeed::Fixed(71_061), ..ProptestConfig::default() })]

    #[test]
    fn cuts_of_counts_are_those_of_the_values(values in values(), bins in 2_u8..=10) {
        let total = values.len() as u64;
        let methods = [
            (Method::Quantile, bins),
            (Method::RRfm, bins),
            (Method::Qcut, bins),
            (Method::NaturalBreaks, bins),
            (Method::Median, 2),
            (Method::Mean, 2),
            (Method::Fixed(vec![1.0]), 2),
        ];
        for (method, bins) in methods {
            let expected = CutPoints::find(&values, &method, bins, HIGHER);
            let counted = match Counted::ranks(&method, bins, total).unwrap() {
                Ranks::Some(ranks) => counted(&values, Some(&ranks)),
                Ranks::All => counted(&values, None),
                Ranks::Sum => {
                    let (left, right) = values.split_at(values.len() / 3);
                    let mut sum = ExactSum::default();
                    right.iter().for_each(|&value| sum.add(value, 1));
                    let mut other = ExactSum::default();
                    left.iter().for_each(|&value| other.add(value, 1));
                    let (count, parts) = other.parts();
                    sum.merge(&ExactSum::from_parts(count, &parts));
                    Counted::new(total).with_sum(sum)
                }
            };
            let found = CutPoints::find_counted(&counted, &method, bins, HIGHER);
            match (found, expected) {
                (Ok(found), Ok(expected)) => {
                    prop_assert_eq!(found.cuts(), expected.cuts(), "{}", method.name());
                    prop_assert_eq!(found.score_all(&values), expected.score_all(&values));
                }
                (found, expected) => prop_assert_eq!(found.err(), expected.err()),
            }
        }
    }

    #[test]
    fn quantiles_and_means_of_counts_are_those_of_the_values(values in values(), level in 0.0..=1.0_f64) {
        let all = counted(&values, None);
        prop_assert_eq!(all.type_7_quantile(level), type_7_quantile(&values, level));
        prop_assert_eq!(all.type_7_quantile(0.5), patron_stats::summary::median(&values));
        let mut sum = ExactSum::default();
        for (_, value, count) in steps(&values).into_iter().rev() {
            sum.add(value, count);
        }
        prop_assert_eq!(sum.mean(), exact_mean(&values));
        prop_assert_eq!(sum.count(), values.len() as u64);
    }
}

#[test]
fn what_was_left_out_and_decides_is_missed() {
    let values = [1.0, 2.0, 3.0, 4.0, 5.0];
    let found = |counted: &Counted, method: &Method, bins| {
        CutPoints::find_counted(counted, method, bins, HIGHER).map(|cuts| cuts.cuts().to_vec())
    };
    let outer = counted(&values, Some(&[0, 4]));
    for method in [
        Method::Quantile,
        Method::Qcut,
        Method::NaturalBreaks,
        Method::Mean,
    ] {
        let name = method.name();
        assert_eq!(
            found(&outer, &method, 2),
            Err(CutError::LeftOut { method: name })
        );
    }
    assert_eq!(outer.type_7_quantile(0.5), None);
    assert_eq!(
        (outer.at(4), outer.at(2), outer.at(5)),
        (Some(5.0), None, None)
    );
    let none = Counted::new(0);
    assert_eq!(found(&none, &Method::Quantile, 2), Err(CutError::NoValues));
    assert_eq!(found(&none, &Method::Fixed(vec![7.0]), 2), Ok(vec![7.0]));
}

#[test]
fn methods_that_split_equal_values_need_more_than_counts() {
    for method in [Method::Ntile, Method::QcutFirst] {
        let error = CutError::NeedsOrder {
            method: method.name(),
        };
        assert_eq!(Counted::ranks(&method, 5, 9), Err(error.clone()));
        let all = counted(&[1.0, 2.0], None);
        let found = CutPoints::find_counted(&all, &method, 5, HIGHER);
        assert_eq!(found.unwrap_err(), error);
    }
}
