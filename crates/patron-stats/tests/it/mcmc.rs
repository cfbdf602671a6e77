//! What is said of draws: against arviz on the same chains, and of samplers that are broken on purpose.

use patron_stats::intervals::{IntervalError, IntervalNote, ParameterDraws};
use patron_stats::mcmc::{
    Chain, Posterior, Sampling, SamplingError, SamplingWarning, effective_bulk, effective_mean,
    effective_tail, r_hat,
};
use patron_testkit::{assert_relative, number, reference_cases};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use serde_json::Value;

/// Sums in doubles, in another order, and normal quantiles good to 1e-13 each.
const SAME_SUMS: f64 = 1e-9;

fn chains(case: &Value) -> Vec<Vec<f64>> {
    let rows = case["chains"].as_array().unwrap().iter();
    let row = |row: &Value| {
        row.as_array()
            .unwrap()
            .iter()
            .map(|v| v.as_f64().unwrap())
            .collect()
    };
    rows.map(row).collect()
}

/// A number that chains have.
type Measure = fn(&[Vec<f64>]) -> f64;

#[test]
fn r_hat_and_effective_draws_equal_those_of_arviz() {
    let cases = reference_cases("mcmc");
    let cases = cases["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 9);
    for case in cases {
        let chains = chains(case);
        let measures: [(&str, Measure); 4] = [
            ("r_hat", r_hat),
            ("effective_bulk", effective_bulk),
            ("effective_tail", effective_tail),
            ("effective_mean", effective_mean),
        ];
        for (name, measure) in measures {
            let expected = number(case, &format!("/{name}"));
            let words = format!("{} {name}", case["name"]);
            assert_relative(&words, measure(&chains), expected, SAME_SUMS);
        }
    }
}

/// A random walk of Metropolis over the standard normal distribution, with steps of a given length.
fn metropolis(start: f64, length: f64, draws: usize, generator: &mut dyn Rng) -> Chain {
    let mut at: f64 = start;
    let draw = |_| {
        let next = at + length * (2.0 * generator.random::<f64>() - 1.0);
        if generator.random::<f64>().ln() < 0.5 * (at * at - next * next) {
            at = next;
        }
        vec![at]
    };
    Chain::new((0..draws).map(draw).collect())
}

fn posterior(length: f64, starts: [f64; 4]) -> Posterior {
    let mut generator = ChaCha12Rng::seed_from_u64(5);
    let chains = starts.map(|start| metropolis(start, length, 4_000, &mut generator));
    Posterior::of(&["x"], chains.to_vec()).unwrap()
}

#[test]
fn a_sampler_that_works_warns_of_nothing_and_finds_its_distribution() {
    let posterior = posterior(4.0, [2.0, -2.0, 1.0, -1.0]);
    assert_eq!(posterior.warnings(), []);
    let x = posterior.summary("x").unwrap();
    assert!(x.mean.abs() < 4.0 * x.monte_carlo_error, "{x:?}");
    assert!((x.standard_deviation - 1.0).abs() < 0.1, "{x:?}");
    assert!((x.interval.low + 1.645).abs() < 0.15, "{x:?}");
    let square = posterior
        .interval_of(0.5, |draw| draw[0] * draw[0])
        .unwrap();
    // Quartiles of chi-square with one degree of freedom: 0.1015 and 1.3233.
    assert!((square.low - 0.1015).abs() < 0.03 && (square.high - 1.3233).abs() < 0.2);
}

#[test]
fn a_sampler_with_steps_that_are_too_short_says_that_it_has_not_arrived() {
    let posterior = posterior(0.02, [4.0, -4.0, 2.0, -2.0]);
    let [
        SamplingWarning::NotMixed { parameter, r_hat },
        few @ SamplingWarning::TooFewEffective { required, .. },
    ] = posterior.warnings()
    else {
        panic!("{:?}", posterior.warnings());
    };
    assert_eq!((parameter.as_str(), *required), ("x", 400.0));
    assert!(*r_hat > 1.5);
    assert!(few.to_string().contains("expected at least 400"));
    // What is made of such draws says so, too.
    let draws = ParameterDraws::of_posterior(&["x"], &posterior, 99).unwrap();
    assert!(matches!(
        draws.notes(),
        [
            IntervalNote::SamplerWarned { .. },
            IntervalNote::SamplerWarned { .. }
        ]
    ));
    assert!(draws.notes()[0].to_string().contains("not to be relied on"));
}

#[test]
fn a_sampler_that_stands_still_says_so() {
    let still = |place: f64| Chain::new(vec![vec![place]; 100]);
    let posterior = Posterior::of(&["x"], vec![still(1.0), still(1.0)]).unwrap();
    let [SamplingWarning::NotMixed { r_hat, .. }] = posterior.warnings() else {
        panic!("{:?}", posterior.warnings());
    };
    assert!(r_hat.is_nan());
    assert!(posterior.warnings()[0].to_string().contains("do not move"));
}

#[test]
fn divergences_and_trajectories_cut_short_are_counted_and_told() {
    let mut generator = ChaCha12Rng::seed_from_u64(6);
    let mut chain = || metropolis(0.0, 4.0, 4_000, &mut generator);
    let troubled = [chain().with_troubles(3, 0), chain().with_troubles(4, 2)];
    let posterior = Posterior::of(&["x"], troubled.to_vec()).unwrap();
    assert_eq!(posterior.divergences(), 7);
    assert_eq!(
        posterior.warnings(),
        [
            SamplingWarning::Diverged {
                divergences: 7,
                draws: 8_000
            },
            SamplingWarning::CutShort {
                cut_short: 2,
                draws: 8_000
            }
        ]
    );
}

#[test]
fn draws_are_spread_over_all_chains() {
    let chain = |from: u32| Chain::new((from..from + 100).map(|i| vec![f64::from(i)]).collect());
    let posterior = Posterior::of(&["x"], vec![chain(0), chain(100)]).unwrap();
    let spread: Vec<f64> = posterior.spread(4).iter().map(|draw| draw[0]).collect();
    assert_eq!(spread, [25.0, 75.0, 125.0, 175.0]);
    assert_eq!(posterior.spread(1_000).len(), 200);
    let draws = ParameterDraws::of_posterior(&["x"], &posterior, 201);
    let refused = IntervalError::TooFewDraws {
        required: 201,
        found: 200,
    };
    assert_eq!(draws, Err(refused));
    let all = posterior.interval_of(0.9, |draw| draw[0]).unwrap();
    assert_relative("low", all.low, 0.05 * 199.0, SAME_SUMS);
    assert_relative("high", all.high, 0.95 * 199.0, SAME_SUMS);
}

#[test]
fn what_cannot_be_judged_is_refused() {
    let chain = |draws: usize| Chain::new(vec![vec![0.0]; draws]);
    let one = Posterior::of(&["x"], vec![chain(100)]);
    assert_eq!(
        one,
        Err(SamplingError::TooFewChains {
            required: 2,
            found: 1
        })
    );
    let short = Posterior::of(&["x"], vec![chain(100), chain(19)]);
    assert_eq!(
        short,
        Err(SamplingError::TooFewDraws {
            required: 20,
            found: 19
        })
    );
    let unlike = Posterior::of(&["x"], vec![chain(100), chain(99)]);
    assert_eq!(unlike, Err(SamplingError::ChainsDiffer { chain: 1 }));
    let of_others = Posterior::of(&["x", "y"], vec![chain(100), chain(100)]);
    assert_eq!(of_others, Err(SamplingError::ChainsDiffer { chain: 0 }));

    let sampling = Sampling::default();
    assert!(matches!(
        sampling.with_chains(1),
        Err(SamplingError::TooFewChains { .. })
    ));
    assert!(matches!(
        sampling.with_draws(19),
        Err(SamplingError::TooFewDraws { .. })
    ));
    assert!(matches!(
        sampling.with_warmup(49),
        Err(SamplingError::WarmupTooShort { .. })
    ));
    assert!(matches!(
        sampling.with_thinning(0),
        Err(SamplingError::ThinningTooSmall { .. })
    ));
}
