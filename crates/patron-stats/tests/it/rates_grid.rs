//! Grid priors, two rates, differences of shares: against numpy, at the edges, and whatever the order of customers.

use patron_stats::level::Level;
use patron_stats::rates::{
    BetaPrior, Exposed, GridPosterior, GridRatios, GridShares, RateError, Stratum, Trials,
    TwoRates, risk_difference,
};
use patron_testkit::{assert_relative, number, numbers, reference_cases};
use serde_json::Value;

/// 200 rounds of the same sums in another order, here and there.
const SAME: f64 = 1e-9;

fn cases(list: &str) -> Vec<Value> {
    reference_cases("rates_grid")[list]
        .as_array()
        .unwrap()
        .clone()
}

fn counts(case: &Value, pointer: &str) -> Vec<u64> {
    let all = numbers(case, pointer).into_iter();
    all.map(|count| count as u64).collect()
}

fn trials(case: &Value) -> Vec<Trials> {
    let pairs = counts(case, "/events")
        .into_iter()
        .zip(counts(case, "/trials"));
    let one = |(events, trials)| Trials {
        events,
        trials,
        customers: 1,
    };
    pairs.map(one).collect()
}

fn exposed(case: &Value) -> Vec<Exposed> {
    let pairs = counts(case, "/events")
        .into_iter()
        .zip(numbers(case, "/exposure"));
    pairs
        .map(|(events, exposure)| Exposed { events, exposure })
        .collect()
}

fn assert_told(found: &GridPosterior<'_>, expected: &Value, bound: f64) {
    assert_relative("mean", found.mean(), number(expected, "/mean"), SAME);
    let interval = found.interval(Level::NINETY);
    assert_relative("low", interval.low, number(expected, "/interval/0"), SAME);
    assert_relative("high", interval.high, number(expected, "/interval/1"), SAME);
    let above = number(expected, "/above");
    assert!((found.above(bound) - above).abs() < SAME, "{expected}");
}

#[test]
fn priors_and_posteriors_of_shares_are_those_of_numpy() {
    for case in cases("shares") {
        let prior = GridShares::fit(&trials(&case)).unwrap();
        let bound = number(&case, "/bound");
        assert!((prior.above(bound) - number(&case, "/prior_above")).abs() < SAME);
        for expected in case["posteriors"].as_array().unwrap() {
            let [events, trials] =
                ["/events", "/trials"].map(|field| number(expected, field) as u64);
            assert_told(&prior.posterior(events, trials).unwrap(), expected, bound);
        }
    }
}

#[test]
fn priors_and_posteriors_of_ratios_are_those_of_numpy() {
    for case in cases("ratios") {
        let prior = GridRatios::fit(&exposed(&case)).unwrap();
        let bound = number(&case, "/bound");
        assert!((prior.above(bound) - number(&case, "/prior_above")).abs() < SAME);
        for expected in case["posteriors"].as_array().unwrap() {
            let events = number(expected, "/events") as u64;
            let posterior = prior.posterior(events, number(expected, "/exposure"));
            assert_told(&posterior.unwrap(), expected, bound);
        }
    }
}

#[test]
fn a_grid_keeps_two_kinds_of_people_apart_that_a_beta_prior_melts() {
    let case = cases("shares").remove(0);
    let all = trials(&case);
    let grid = GridShares::fit(&all).unwrap();
    let beta = BetaPrior::fit(&all).unwrap();
    // Three of three, where nine in ten do it two times in ten and one in ten nearly always.
    let (kept, melted) = (
        grid.posterior(3, 3).unwrap().above(0.63),
        beta.posterior(3, 3).unwrap().above(0.63),
    );
    assert!(kept > 0.8 && melted < 0.6, "{kept} {melted}");
}

#[test]
fn the_order_of_customers_and_how_they_are_put_together_do_not_matter() {
    let case = cases("shares").remove(0);
    let mut all = trials(&case);
    let once = GridShares::fit(&all).unwrap();
    all.reverse();
    assert_eq!(once, GridShares::fit(&all).unwrap());
    let doubled: Vec<Trials> = all
        .iter()
        .map(|one| Trials {
            customers: 2,
            ..*one
        })
        .collect();
    let twice: Vec<Trials> = all.iter().chain(&all).copied().collect();
    assert_eq!(
        GridShares::fit(&doubled).unwrap(),
        GridShares::fit(&twice).unwrap()
    );
    let case = cases("ratios").remove(0);
    let mut all = exposed(&case);
    let once = GridRatios::fit(&all).unwrap();
    all.reverse();
    assert_eq!(once, GridRatios::fit(&all).unwrap());
}

#[test]
fn two_rates_are_those_of_numpy_and_only_where_there_are_two() {
    for case in cases("two_rates") {
        let days = trials(&case);
        let found = TwoRates::fit(&days).unwrap();
        for (what, rate) in [
            ("/share", found.share),
            ("/low", found.low),
            ("/high", found.high),
        ] {
            assert_relative(what, rate, number(&case, what), SAME);
        }
        assert!((found.gain - number(&case, "/gain")).abs() < 1e-7, "{case}");
        assert_eq!(found.are_two(), case["are_two"], "{}", case["name"]);
        let busy = days
            .iter()
            .filter(|day| found.probability(day.events, day.trials) > 0.5);
        if found.are_two() {
            assert_eq!(busy.count() as u64, case["busy"].as_u64().unwrap());
        }
    }
}

#[test]
fn differences_of_shares_are_those_of_numpy() {
    for case in cases("risk_difference") {
        let strata: Vec<Stratum> = case["strata"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| {
                let [a, n1, c, n0] =
                    ["/0", "/1", "/2", "/3"].map(|field| number(row, field) as u64);
                Stratum {
                    with: (a, n1),
                    without: (c, n0),
                }
            })
            .collect();
        let found = risk_difference(&strata, Level::NINETY_FIVE).unwrap();
        assert_relative(
            "difference",
            found.difference,
            number(&case, "/difference"),
            SAME,
        );
        for (bound, expected) in [
            (found.interval.low, "/interval/0"),
            (found.interval.high, "/interval/1"),
        ] {
            assert_relative(expected, bound, number(&case, expected), SAME);
        }
        let turned: Vec<Stratum> = strata
            .iter()
            .map(|stratum| Stratum {
                with: stratum.without,
                without: stratum.with,
            })
            .collect();
        let turned = risk_difference(&turned, Level::NINETY_FIVE).unwrap();
        assert!((turned.difference + found.difference).abs() < 1e-12);
        assert!((turned.interval.low + found.interval.high).abs() < 1e-12);
    }
}

#[test]
fn counts_that_cannot_be_are_refused() {
    let impossible = Trials {
        events: 2,
        trials: 1,
        customers: 1,
    };
    let refusal = RateError::MoreEventsThanTrials {
        events: 2,
        trials: 1,
    };
    assert_eq!(GridShares::fit(&[impossible]), Err(refusal));
    assert_eq!(TwoRates::fit(&[impossible]), Err(refusal));
    assert_eq!(GridShares::fit(&[]), Err(RateError::NothingTried));
    assert_eq!(GridRatios::fit(&[]), Err(RateError::NothingTried));
    assert_eq!(TwoRates::fit(&[]), Err(RateError::NothingTried));
    let nothing = Exposed {
        events: 1,
        exposure: 0.0,
    };
    assert!(matches!(
        GridRatios::fit(&[nothing]),
        Err(RateError::ExposureOutsideDomain { .. })
    ));
    let stratum = |with, without| Stratum { with, without };
    let asked = |stratum| risk_difference(&[stratum], Level::NINETY_FIVE);
    assert_eq!(asked(stratum((2, 1), (0, 1))), Err(refusal));
    assert_eq!(asked(stratum((1, 1), (0, 0))), Err(RateError::NothingTried));
}
