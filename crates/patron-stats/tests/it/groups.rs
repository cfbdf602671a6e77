//! Scores of promoters and differences of matched groups: against numpy and scipy, by what must hold, exact errors, coverage.

use patron_stats::level::Level;
use patron_stats::matched::{MatchError, Member, matched_difference};
use patron_stats::promoters::{Answers, PromoterError};
use patron_testkit::{assert_relative, number, numbers, reference_cases};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

/// Sums of a few hundred numbers, here and there.
const SAME: f64 = 1e-10;

#[test]
fn scores_of_promoters_are_those_of_numpy() {
    let cases = reference_cases("groups");
    let level = Level::new(number(&cases, "/level")).unwrap();
    for case in cases["promoters"].as_array().unwrap() {
        let counts = numbers(case, "/counts");
        let answers = Answers {
            promoters: counts[0] as u64,
            passives: counts[1] as u64,
            detractors: counts[2] as u64,
        };
        let found = answers.score(level).unwrap();
        assert!(
            (found.score - number(case, "/score")).abs() < SAME,
            "{case}"
        );
        assert!(
            (found.interval.low - number(case, "/interval/0")).abs() < SAME,
            "{case}"
        );
        assert!(
            (found.interval.high - number(case, "/interval/1")).abs() < SAME,
            "{case}"
        );
    }
}

#[test]
fn answers_are_counted_by_their_bounds_and_few_have_a_width() {
    let answers = Answers::count([0, 6, 7, 8, 9, 10]).unwrap();
    assert_eq!(
        answers,
        Answers {
            promoters: 2,
            passives: 2,
            detractors: 2
        }
    );
    assert_eq!(
        Answers::count([11]),
        Err(PromoterError::AnswerOutsideDomain { answer: 11 })
    );
    assert_eq!(
        Answers::default().score(Level::NINETY),
        Err(PromoterError::NobodyAnswered)
    );
    let all = Answers {
        promoters: 5,
        ..Answers::default()
    }
    .score(Level::NINETY)
    .unwrap();
    assert_eq!(
        (all.score, all.interval.low, all.interval.high),
        (100.0, 100.0, 100.0)
    );
    assert!(all.adjusted.low < 75.0 && all.adjusted.high == 100.0);
}

/// Of twelve answers, the interval that the variance gives holds too rarely, the adjusted one does not.
#[test]
fn adjusted_intervals_hold_the_score_also_of_few_answers() {
    let seed = 33;
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    let draws = 4000;
    let (mut plain, mut adjusted) = (0, 0);
    for _ in 0..draws {
        let answers = (0..12).map(|_| match generator.random::<f64>() {
            u if u < 0.8 => 10,
            u if u < 0.95 => 8,
            _ => 2,
        });
        let found = Answers::count(answers)
            .unwrap()
            .score(Level::NINETY)
            .unwrap();
        plain += usize::from(found.interval.contains(75.0));
        adjusted += usize::from(found.adjusted.contains(75.0));
    }
    let share = |held: usize| held as f64 / draws as f64;
    assert!(share(plain) < 0.88, "seed {seed}: {}", share(plain));
    assert!(share(adjusted) > 0.88, "seed {seed}: {}", share(adjusted));
}

#[test]
fn matched_differences_are_those_of_numpy_and_welch() {
    let cases = reference_cases("groups");
    let level = Level::new(number(&cases, "/level")).unwrap();
    for case in cases["matching"].as_array().unwrap() {
        let rows = numbers(case, "/strata")
            .into_iter()
            .zip(numbers(case, "/treated"));
        let rows = rows.zip(numbers(case, "/values"));
        let member = |((stratum, treated), value): ((f64, f64), f64)| Member {
            stratum: stratum as u32,
            treated: treated > 0.5,
            value,
        };
        let members: Vec<Member<u32>> = rows.map(member).collect();
        let found = matched_difference(&members, level).unwrap();
        let near = |found: f64, field: &str| {
            assert_relative(
                &format!("{} {field}", case["name"]),
                found,
                number(case, field),
                SAME,
            );
        };
        near(found.difference, "/difference");
        near(found.interval.low, "/interval/0");
        near(found.interval.high, "/interval/1");
        near(found.degrees_of_freedom, "/freedom");
        near(found.treated as f64, "/matched");
        let treated = members.iter().filter(|member| member.treated).count();
        assert_eq!(found.treated + found.treated_alone, treated);
        assert!((found.treated_mean - found.other_mean - found.difference).abs() < SAME);
    }
}

#[test]
fn each_bad_comparison_has_its_error() {
    let of = |members: &[(u8, bool, f64)]| {
        let member = |&(stratum, treated, value): &(u8, bool, f64)| Member {
            stratum,
            treated,
            value,
        };
        let members: Vec<Member<u8>> = members.iter().map(member).collect();
        matched_difference(&members, Level::NINETY)
    };
    assert_eq!(of(&[]), Err(MatchError::NothingMatched));
    assert_eq!(
        of(&[(0, true, 1.0), (1, false, 1.0)]),
        Err(MatchError::NothingMatched)
    );
    assert_eq!(
        of(&[(0, true, f64::NAN)]),
        Err(MatchError::NotFinite { customer: 0 })
    );
    let unknown = of(&[(0, true, 1.0), (0, false, 1.0), (0, false, 2.0)]);
    assert_eq!(
        unknown,
        Err(MatchError::VarianceUnknown { group: "treated" })
    );
    let other = of(&[(0, true, 1.0), (0, true, 1.5), (0, false, 2.0)]);
    assert_eq!(other, Err(MatchError::VarianceUnknown { group: "other" }));
    // Values that do not vary have an interval without width.
    let sure = of(&[
        (0, true, 2.0),
        (0, true, 2.0),
        (0, false, 1.0),
        (0, false, 1.0),
    ])
    .unwrap();
    assert_eq!(
        (sure.difference, sure.interval.low, sure.interval.high),
        (1.0, 1.0, 1.0)
    );
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        rng_seed: proptest::test_runner::RngSeed::Fixed(34),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_moves_a_whole_stratum_does_not_move_the_difference(
        rows in prop::collection::vec((0u8..4, any::<bool>(), -9.0..9.0f64), 8..60), shifts in prop::array::uniform4(-100.0..100.0f64)
    ) {
        let members = |shifts: [f64; 4]| -> Vec<Member<u8>> {
            rows.iter().map(|&(stratum, treated, value)| Member { stratum, treated, value: value + shifts[usize::from(stratum)] }).collect()
        };
        let found = matched_difference(&members([0.0; 4]), Level::NINETY);
        let moved = matched_difference(&members(shifts), Level::NINETY);
        match (found, moved) {
            (Ok(found), Ok(moved)) => {
                prop_assert!((found.difference - moved.difference).abs() < 1e-9);
                prop_assert!((found.interval.low - moved.interval.low).abs() < 1e-8);
                prop_assert!(found.interval.contains(found.difference));
            }
            (found, moved) => prop_assert_eq!(found, moved),
        }
    }

    #[test]
    fn a_score_lies_in_its_interval_and_turns_with_the_answers(p in 0u64..60, n in 0u64..60, d in 0u64..60) {
        prop_assume!(p + n + d > 0);
        let found = Answers { promoters: p, passives: n, detractors: d }.score(Level::NINETY).unwrap();
        let turned = Answers { promoters: d, passives: n, detractors: p }.score(Level::NINETY).unwrap();
        prop_assert!(found.interval.contains(found.score));
        prop_assert!((found.score + turned.score).abs() < SAME);
        prop_assert!((found.adjusted.low + turned.adjusted.high).abs() < SAME);
        prop_assert!(found.adjusted.low >= -100.0 && found.adjusted.high <= 100.0);
    }
}
