//! Do nine in ten intervals hold what customers' own numbers say? Bases drawn from Pareto/NBD (Abe) and Pareto/GGG, in soak runs.

use patron_stats::covariates::CovariateHistories;
use patron_stats::history::History;
use patron_stats::intervals::Interval;
use patron_stats::mcmc::{ParameterSummary, Posterior, Sampling};
use patron_stats::pareto_ggg::{GggConfig, OwnTiming, TimedHistories, TimedHistory};
use patron_stats::pareto_nbd_abe::{AbeConfig, OwnRates};
use patron_stats::purchase::{CountDistribution, KnownCustomer, OwnForecast};
use rand::{Rng, RngExt};
use rand_chacha::ChaCha12Rng;
use rand_distr::{Distribution, Exp, Gamma, StandardNormal};

use crate::coverage::{HORIZON, LEVEL, LOOKED_AT, seed, share_inside};
use crate::study::{Replicate, Study, Tally};

/// What is looked at, in the order of [`Replicate::inside`].
const QUANTITIES: [&str; 5] = [
    "parameters",
    "own P(alive)",
    "own expected purchases",
    "of all together",
    "outcome",
];

const EXPECTED: usize = 2;
const OUTCOME: usize = 4;

/// Bases of a soak run: a Monte-Carlo error of less than a point for customers.
const BASES: usize = 100;

/// A customer whose own numbers are known, and what followed.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) own: OwnTiming,
    pub(crate) seen: TimedHistory,
    later: usize,
}

/// Draws purchases of somebody with these own numbers; not by the library's own draws.
pub(crate) fn customer(generator: &mut impl Rng, own: OwnTiming, age: f64) -> Known {
    let gap = Gamma::new(own.k, 1.0 / (own.k * own.lambda)).unwrap();
    let gone: f64 = Exp::new(own.mu).unwrap().sample(generator);
    let (mut intervals, mut time, mut later) = (Vec::new(), 0.0, 0);
    loop {
        // Bursts may be shorter than any double.
        let interval = gap.sample(generator).max(1e-12);
        time += interval;
        if time > gone.min(age + HORIZON) {
            break;
        }
        if time <= age {
            intervals.push(interval);
        } else {
            later += 1;
        }
    }
    Known {
        own,
        seen: TimedHistory::from_intervals(&intervals, age).unwrap(),
        later,
    }
}

/// Observed for 10 to 100 weeks.
pub(crate) fn age(generator: &mut impl Rng) -> f64 {
    f64::from(generator.random_range(70..=700_u32)) / 7.0
}

/// t, γ, r, α, s, β that customers are drawn with.
pub(crate) const SPREADS: [f64; 6] = [2.0, 0.8, 0.9, 5.0, 0.8, 30.0];

/// Draws customers of Pareto/GGG.
pub(crate) fn regular(generator: &mut impl Rng, spreads: [f64; 6]) -> Known {
    let [t, gamma, r, alpha, s, beta] = spreads;
    let mut one = |shape: f64, rate: f64| {
        let of = Gamma::new(shape, 1.0 / rate).unwrap();
        of.sample(generator).max(1e-12)
    };
    let own = OwnTiming {
        // Nobody is so much in bursts that doubles would not tell purchases apart.
        k: one(t, gamma).max(0.01),
        lambda: one(r, alpha),
        mu: one(s, beta),
    };
    let age = age(generator);
    customer(generator, own, age)
}

/// Means of ln λ and ln μ, variances and covariance that customers of Pareto/NBD (Abe) are drawn with.
const TOGETHER: [f64; 5] = [-1.2, -3.0, 0.64, 0.32, 1.0];

/// Draws customers of Pareto/NBD (Abe).
fn at_random(generator: &mut impl Rng) -> Known {
    let [
        mean_lambda,
        mean_mu,
        variance_lambda,
        covariance,
        variance_mu,
    ] = TOGETHER;
    let (z1, z2): (f64, f64) = (
        StandardNormal.sample(generator),
        StandardNormal.sample(generator),
    );
    let first = variance_lambda.sqrt();
    let both = covariance / first;
    let second = (variance_mu - both * both).sqrt();
    let own = OwnTiming {
        k: 1.0,
        lambda: (mean_lambda + first * z1).exp(),
        mu: (mean_mu + both * z1 + second * z2).exp(),
    };
    let age = age(generator);
    customer(generator, own, age)
}

/// Short chains, so that there can be many bases; of Pareto/GGG neighbouring draws are less alike, and take longer.
fn short(warmup: usize, draws: usize, thinning: usize, seed: u64) -> Sampling {
    let sampling = Sampling::of_hierarchies().with_warmup(warmup).unwrap();
    let sampling = sampling.with_draws(draws).unwrap();
    sampling.with_thinning(thinning).unwrap().with_seed(seed)
}

/// What a model says of one customer: P(alive) by draws, expectation, counts.
struct Said {
    alive: Vec<f64>,
    forecast: OwnForecast,
    counts: CountDistribution,
}

fn interval(mut values: Vec<f64>) -> Interval {
    values.sort_unstable_by(f64::total_cmp);
    let at = |level: f64| values[(level * (values.len() - 1) as f64).round() as usize];
    Interval {
        low: at(0.5 * (1.0 - LEVEL)),
        high: at(0.5 * (1.0 + LEVEL)),
    }
}

fn held(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

/// Looks what the intervals of some customers, of all together, and of the parameters hold.
fn judged(
    posterior: &Posterior,
    truth: &[f64],
    known: &[Known],
    together: Interval,
    say: impl Fn(&Known) -> Said,
    generator: &mut impl Rng,
) -> Replicate {
    let parameters: Vec<Interval> = posterior.summaries().iter().map(of_summary).collect();
    let expected = |one: &Known| one.own.expected_purchases(one.seen.history(), HORIZON);
    let mut inside = [share_inside(&parameters, truth), 0.0, 0.0, 0.0, 0.0];
    let mut places = Vec::new();
    let looked_at = &known[..LOOKED_AT];
    for one in looked_at {
        let said = say(one);
        let chance = one.own.probability_alive(one.seen.history());
        inside[1] += held(interval(said.alive).contains(chance));
        inside[EXPECTED] += held(said.forecast.own_expectation.contains(expected(one)));
        let counts = &said.counts;
        let (low, high) = (counts.quantile(0.05), counts.quantile(0.95));
        inside[OUTCOME] += held(low <= one.later && one.later <= high);
        let below: f64 = (0..one.later).map(|n| counts.probability(n)).sum();
        places.push(below + generator.random::<f64>() * counts.probability(one.later));
    }
    for share in &mut inside[1..] {
        *share /= looked_at.len() as f64;
    }
    inside[3] = held(together.contains(known.iter().map(expected).sum()));
    Replicate {
        inside,
        warned: !posterior.warnings().is_empty(),
        places,
    }
}

fn of_summary(summary: &ParameterSummary) -> Interval {
    summary.interval
}

fn abe(customers: usize, generator: &mut ChaCha12Rng) -> Option<Replicate> {
    let known: Vec<Known> = (0..customers).map(|_| at_random(generator)).collect();
    let rows = known.iter().map(|one| (*one.seen.history(), 1, vec![]));
    let base = CovariateHistories::from_histories::<String>([], rows).unwrap();
    let model = AbeConfig::default().with_sampling(short(500, 250, 8, generator.random()));
    let sampled = model.build().sampler(&base).ok()?.run().ok()?;
    let total = sampled.own().total(HORIZON, LEVEL).ok()?.own_expectations;
    let say = |one: &Known| {
        let history: &History = one.seen.history();
        let place = sampled.position(history, &[]).unwrap();
        let alive = |own: OwnRates| own.probability_alive(history);
        Said {
            alive: sampled.own().of(place).map(alive).collect(),
            forecast: sampled
                .own()
                .forecast(place, HORIZON, LEVEL)
                .unwrap()
                .unwrap(),
            counts: sampled.own().counts(place, HORIZON).unwrap().unwrap(),
        }
    };
    let posterior = sampled.posterior();
    Some(judged(posterior, &TOGETHER, &known, total, say, generator))
}

fn ggg(customers: usize, generator: &mut ChaCha12Rng) -> Option<Replicate> {
    let known: Vec<Known> = (0..customers)
        .map(|_| regular(generator, SPREADS))
        .collect();
    let base = TimedHistories::new(known.iter().map(|one| (one.seen, 1)));
    let model = GggConfig::default().with_sampling(short(300, 200, 4, generator.random()));
    let sampled = model.build().sampler(&base).ok()?.run().ok()?;
    let total = sampled.own().total(HORIZON, LEVEL).ok()?.own_expectations;
    let say = |one: &Known| {
        let place = sampled.position(&one.seen).unwrap();
        let alive = |own: OwnTiming| own.probability_alive(one.seen.history());
        Said {
            alive: sampled.own().of(place).map(alive).collect(),
            forecast: sampled
                .own()
                .forecast(place, HORIZON, LEVEL)
                .unwrap()
                .unwrap(),
            counts: sampled.own().counts(place, HORIZON).unwrap().unwrap(),
        }
    };
    let posterior = sampled.posterior();
    Some(judged(posterior, &SPREADS, &known, total, say, generator))
}

/// Draws a base, and looks what the intervals of its posterior hold.
type Draw = fn(usize, &mut ChaCha12Rng) -> Option<Replicate>;

fn study(key: &'static str, draw: Draw, customers: usize) -> Tally {
    let study = Study {
        key,
        quantities: QUANTITIES,
        customers,
        bases: BASES,
        seed: seed(),
    };
    study.run(|generator| draw(customers, generator))
}

fn assert_held(tally: &Tally) {
    let (share, error) = tally.inside[EXPECTED];
    let (outcomes, of_outcomes) = tally.inside[OUTCOME];
    let words = tally.in_words();
    // Outside 88 to 92 % by more than chance explains.
    let room = 2.0 * error;
    assert!(0.88 - room <= share && share <= 0.92 + room, "{words}");
    assert!(outcomes >= LEVEL - 2.0 * of_outcomes, "{words}");
    assert!(tally.kolmogorov.unwrap() > 0.001, "{words}");
    assert_eq!(tally.failed, 0, "{words}");
}

#[test]
#[ignore = "soak: ten minutes"]
fn own_expectations_of_abe_hold_what_they_should() {
    let tally = study("pareto-nbd-abe", abe, 400);
    println!("SOAK {}", tally.in_words());
    assert_held(&tally);
}

#[test]
#[ignore = "soak: half an hour"]
fn own_expectations_of_ggg_hold_what_they_should() {
    let tally = study("pareto-ggg", ggg, 150);
    println!("SOAK {}", tally.in_words());
    assert_held(&tally);
}
