//! Intervals of parameters and expectations: identities, another route, the bootstrap as referee, exact errors.

use patron_stats::bg_bb::{BgBbConfig, OpportunityHistories, OpportunityHistory};
use patron_stats::gamma_gamma::{
    FittedGammaGamma, GammaGammaConfig, GammaGammaParameters, SpendHistories, SpendHistory,
};
use patron_stats::history::{History, WeightedHistories};
use patron_stats::intervals::{
    ExpectationForecaster, Interval, IntervalError, OpportunityExpectations, ParameterDraws,
    SpendDraws, parameter_intervals, sandwich, sandwich_of,
};
use patron_stats::mbg_nbd::MbgNbdConfig;
use patron_stats::nbd::NbdConfig;
use patron_stats::purchase::{CountDistribution, ForecastError, PurchaseModel};
use patron_testkit::assert_relative;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

use crate::forecasts::model_named;
use crate::simulate::{spend, spend_scale};

pub(crate) const HORIZON: f64 = 52.0;
const DISCOUNT_RATE: f64 = 0.002;
pub(crate) const LEVEL: f64 = 0.9;

/// Sums of the same terms in another order.
pub(crate) const ROUNDING: f64 = 1e-12;

pub(crate) fn generator(seed: u64) -> ChaCha12Rng {
    ChaCha12Rng::seed_from_u64(seed)
}

/// Customers of a model, observed for 10 to 100 weeks.
pub(crate) fn base(key: &str, truth: &[f64], customers: usize, seed: u64) -> WeightedHistories {
    let model = model_named(key, truth);
    let mut generator = generator(seed);
    WeightedHistories::from_histories((0..customers).map(|_| {
        let age = f64::from(generator.random_range(70..=700)) / 7.0;
        let drawn = model.simulate(&mut generator, age, 0.0).unwrap();
        (drawn.history, 1)
    }))
}

pub(crate) fn fitted(customers: usize) -> (Box<dyn PurchaseModel>, WeightedHistories) {
    let base = base("mbg-nbd", &[0.9, 5.0, 0.5, 3.0], customers, 51);
    let fitted = MbgNbdConfig::default().build().fit(&base).unwrap();
    (Box::new(fitted), base)
}

fn histories() -> Vec<History> {
    [
        (0, 0.0, 30.0),
        (2, 15.0, 40.0),
        (7, 39.0, 40.0),
        (4, 10.0, 80.0),
    ]
    .map(|(x, recency, age)| History::new(x, recency, age).unwrap())
    .to_vec()
}

/// As many equal draws as an interval of nine tenths needs.
pub(crate) fn equal_draws(named: &[(&'static str, f64)]) -> ParameterDraws {
    let parameters: Vec<f64> = named.iter().map(|(_, value)| *value).collect();
    let refit = |_: &mut dyn Rng| Ok(parameters.clone());
    ParameterDraws::refitted(named, 19, &mut generator(0), refit).unwrap()
}

fn assert_point(what: &str, interval: Interval, point: f64) {
    assert_relative(what, interval.low, point, ROUNDING);
    assert_relative(what, interval.high, point, ROUNDING);
}

#[test]
fn draws_without_spread_leave_the_forecast_itself() {
    for key in [
        "nbd",
        "bg-nbd",
        "mbg-nbd",
        "pareto-nbd",
        "bg-cnbd-k",
        "mbg-cnbd-k",
    ] {
        let model = model_named(key, &[0.9, 5.0, 0.5, 3.0]);
        let draws = equal_draws(&model.named_parameters());
        let of = |rate| ExpectationForecaster::new(model.as_ref(), &draws, HORIZON, rate, LEVEL);
        let (forecaster, plain) = (
            of(DISCOUNT_RATE).unwrap(),
            model.forecaster(HORIZON, DISCOUNT_RATE).unwrap(),
        );
        for history in histories() {
            let (found, point) = (forecaster.forecast(&history), plain.forecast(&history));
            assert_point(key, found.probability_alive, point.probability_alive);
            assert_point(key, found.expected_purchases, point.expected_purchases);
            assert_point(key, found.discounted_purchases, point.discounted_purchases);
            let lifetime = point.discounted_purchases_lifetime;
            assert_point(key, found.discounted_purchases_lifetime, lifetime);
            let any = |model: &dyn PurchaseModel| {
                model.probability_of_purchase(&history, HORIZON).unwrap()
            };
            assert_point(key, forecaster.interval_of(any), any(model.as_ref()));
            let (counts, alone) = (
                forecaster.counts(&history),
                model.count_distribution(&history, HORIZON).unwrap(),
            );
            for n in 0..10 {
                assert_relative(key, counts.probability(n), alone.probability(n), ROUNDING);
            }
        }
    }
}

#[test]
fn what_is_said_of_a_history_depends_neither_on_company_nor_on_order() {
    let (model, _) = fitted(2_000);
    let named = model.named_parameters();
    let draw = || ParameterDraws::laplace(&named, model.report(), 59, &mut generator(3)).unwrap();
    assert_eq!(draw(), draw());
    let forecaster =
        ExpectationForecaster::new(model.as_ref(), &draw(), HORIZON, DISCOUNT_RATE, LEVEL).unwrap();
    // More than a block, with neighbours that share work and ones that do not.
    let many: Vec<History> = (0..300)
        .map(|i| History::new(3, f64::from(i % 20), f64::from(20 + i / 30)).unwrap())
        .collect();
    let together = forecaster.forecast_all(&many);
    let mut backwards = many.clone();
    backwards.reverse();
    let mut reversed = forecaster.forecast_all(&backwards);
    reversed.reverse();
    assert_eq!(together, reversed);
    assert_eq!(together[257], forecaster.forecast(&many[257]));
}

#[test]
fn laplace_draws_have_the_covariance_of_the_fit_on_the_logarithms() {
    let (model, _) = fitted(2_000);
    let named = model.named_parameters();
    let count = 20_000;
    let draws = ParameterDraws::laplace(&named, model.report(), count, &mut generator(4)).unwrap();
    assert_eq!(draws.names(), ["r", "alpha", "a", "b"]);
    assert_eq!(draws.notes(), []);
    let covariance = model.report().unwrap().covariance.as_ref().unwrap();
    let away = |draw: &Vec<f64>, i: usize| (draw[i] / named[i].1).ln();
    let mean =
        |of: &dyn Fn(&Vec<f64>) -> f64| draws.draws().iter().map(of).sum::<f64>() / count as f64;
    for i in 0..4 {
        for j in 0..=i {
            let expected = covariance[i][j] / (named[i].1 * named[j].1);
            let scale = (covariance[i][i] * covariance[j][j]).sqrt() / (named[i].1 * named[j].1);
            let found = mean(&|draw| away(draw, i) * away(draw, j));
            // The mean of a product of normal variables has an error of at most √2 of their scale; four of them.
            let far = 4.0 * (2.0 / count as f64).sqrt() * scale;
            assert!(
                (found - expected).abs() < far,
                "{i} {j}: {found} {expected}"
            );
        }
        let scale = (covariance[i][i]).sqrt() / named[i].1;
        assert!(mean(&|draw| away(draw, i)).abs() < 4.0 * scale / (count as f64).sqrt());
    }
}

#[test]
fn laplace_intervals_equal_the_delta_method_where_customers_are_many() {
    // Another route: the gradient of the logarithm of a forecast by differences, through the covariance.
    let (model, _) = fitted(30_000);
    let named = model.named_parameters();
    let estimates: Vec<f64> = named.iter().map(|(_, value)| *value).collect();
    let covariance = model.report().unwrap().covariance.as_ref().unwrap();
    let count = 1_999;
    let draws = ParameterDraws::laplace(&named, model.report(), count, &mut generator(5)).unwrap();
    let forecaster =
        ExpectationForecaster::new(model.as_ref(), &draws, HORIZON, 0.0, LEVEL).unwrap();
    for history in histories() {
        let ln_expected = |i: usize, factor: f64| {
            let mut moved = estimates.clone();
            moved[i] *= factor;
            let moved = model.with_parameters(&moved).unwrap();
            moved.expected_purchases(&history, HORIZON).unwrap().ln()
        };
        let step = 1e-4_f64;
        let slope = |i| {
            (ln_expected(i, step.exp()) - ln_expected(i, (-step).exp()))
                / (2.0 * step * estimates[i])
        };
        let gradient: Vec<f64> = (0..4).map(slope).collect();
        let variance: f64 = (0..4)
            .flat_map(|i| (0..4).map(move |j| (i, j)))
            .map(|(i, j)| gradient[i] * gradient[j] * covariance[i][j])
            .sum();
        let point = model.expected_purchases(&history, HORIZON).unwrap();
        let half = 1.644_853_626_951_472_7 * variance.sqrt();
        let found = forecaster.forecast(&history).expected_purchases;
        // A bound of 1,999 draws is known to 3 % of half the width (one standard error); four of that.
        for (bound, side) in [(found.low, -half), (found.high, half)] {
            let gap = ((bound / point).ln() - side).abs() / half;
            assert!(
                gap < 0.12,
                "{history:?}: {bound}, gap {gap:.3} of half the width"
            );
        }
    }
}

#[test]
fn the_bootstrap_agrees_with_laplace_draws_where_the_likelihood_is_a_bell() {
    let nbd = base("nbd", &[0.9, 5.0], 1_500, 60);
    let mbg = base("mbg-nbd", &[0.9, 5.0, 0.5, 3.0], 1_500, 61);
    let of_nbd = NbdConfig::default().build().fit(&nbd).unwrap();
    let of_mbg = MbgNbdConfig::default().build().fit(&mbg).unwrap();
    let fits: [(&dyn PurchaseModel, _); 2] = [(&of_nbd, nbd), (&of_mbg, mbg)];
    for (model, base) in fits {
        let named = model.named_parameters();
        let laplace =
            ParameterDraws::laplace(&named, model.report(), 999, &mut generator(1)).unwrap();
        let bootstrap = ParameterDraws::bootstrap(model, &base, 99, &mut generator(2)).unwrap();
        assert_eq!(bootstrap.notes(), []);
        let width = |draws: &ParameterDraws, history: &History| {
            let forecaster = ExpectationForecaster::new(model, draws, HORIZON, 0.0, LEVEL).unwrap();
            let found = forecaster.forecast(history).expected_purchases;
            (found.high / found.low).ln()
        };
        for history in histories() {
            let ratio = width(&bootstrap, &history) / width(&laplace, &history);
            println!("{} {history:?}: widths {ratio:.3}", model.key());
            // Each bound of 99 draws is known to 13 % of half the width, so the width to 9 %; four of that.
            assert!((ratio - 1.0).abs() < 0.36, "{history:?}: {ratio}");
        }
    }
}

/// Customers of two kinds: nearly all buy once in twenty weeks, one in a hundred twice a week. NBD takes the rates for gamma.
fn two_kinds(customers: usize, seed: u64) -> WeightedHistories {
    let mut generator = generator(seed);
    let of_kind = [0.05, 2.0].map(|rate| model_named("nbd", &[1e4, 1e4 / rate]));
    WeightedHistories::from_histories((0..customers).map(|_| {
        let often = usize::from(generator.random::<f64>() < 0.01);
        let drawn = of_kind[often].simulate(&mut generator, 40.0, 0.0).unwrap();
        (drawn.history, 1)
    }))
}

#[test]
fn a_sandwich_tells_the_spread_where_the_model_is_wrong() {
    let fit = |seed| {
        let base = two_kinds(2_000, seed);
        (NbdConfig::default().build().fit(&base).unwrap(), base)
    };
    let bases = 60;
    let r: Vec<f64> = (0..bases)
        .map(|i| fit(200 + i).0.parameters().r.ln())
        .collect();
    let mean = r.iter().sum::<f64>() / bases as f64;
    let variance = r.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / (bases - 1) as f64;
    let (model, base) = fit(199);
    let square = model.parameters().r.powi(2);
    let robust = sandwich(&model, &base).unwrap()[0][0] / square;
    let naive = model.report().unwrap().covariance.as_ref().unwrap()[0][0] / square;
    let [spread, robust, naive] = [variance, robust, naive].map(f64::sqrt);
    println!("spread {spread:.4}, sandwich {robust:.4}, Hessian {naive:.4}");
    // A standard deviation of 60 has an error of 9 %; four of that.
    assert!((robust / spread - 1.0).abs() < 0.36);
    assert!((naive / spread - 1.0).abs() > 0.36);
}

#[test]
fn a_sandwich_is_the_covariance_where_the_model_is_right() {
    let (model, base) = fitted(20_000);
    let robust = sandwich(model.as_ref(), &base).unwrap();
    let covariance = model.report().unwrap().covariance.as_ref().unwrap();
    assert!(model.score(&base).iter().all(|slope| slope.abs() < 1e-3));
    for i in 0..4 {
        // Chance moves a sandwich by about √(kurtosis/n), a few hundredths here.
        assert_relative("variance", robust[i][i], covariance[i][i], 0.15);
        for (j, row) in robust.iter().enumerate() {
            assert_relative("symmetry", robust[i][j], row[i], ROUNDING);
        }
    }
    let by_hand = sandwich_of(&[vec![2.0]], [(vec![3.0], 5)]).unwrap();
    assert_eq!(by_hand, [[180.0]]);
}

#[test]
fn the_interval_of_a_sum_is_not_the_sum_of_bounds_but_of_draws() {
    let (model, base) = fitted(1_000);
    let named = model.named_parameters();
    let draws = ParameterDraws::laplace(&named, model.report(), 99, &mut generator(6)).unwrap();
    let forecaster =
        ExpectationForecaster::new(model.as_ref(), &draws, HORIZON, DISCOUNT_RATE, LEVEL).unwrap();
    let one = WeightedHistories::from_histories([(histories()[1], 7)]);
    let alone = forecaster.forecast(&histories()[1]);
    let seven = forecaster.total(&one);
    for (sum, of_one) in [
        (seven.expected_purchases, alone.expected_purchases),
        (seven.discounted_purchases, alone.discounted_purchases),
        (
            seven.discounted_purchases_lifetime,
            alone.discounted_purchases_lifetime,
        ),
    ] {
        assert_relative("low", sum.low, 7.0 * of_one.low, ROUNDING);
        assert_relative("high", sum.high, 7.0 * of_one.high, ROUNDING);
    }
    let each: Vec<History> = base.entries().iter().map(|(history, _)| *history).collect();
    let bounds = forecaster.forecast_all(&each);
    let sum = |of: fn(&Interval) -> f64| -> f64 {
        bounds.iter().map(|b| of(&b.expected_purchases)).sum()
    };
    let total = forecaster.total(&base).expected_purchases;
    assert!(sum(|b| b.low) < total.low && total.high < sum(|b| b.high));
    let expected: f64 = each
        .iter()
        .map(|history| model.expected_purchases(history, HORIZON).unwrap())
        .sum();
    assert!(total.contains(expected));
}

pub(crate) fn spend_model() -> FittedGammaGamma {
    FittedGammaGamma::from_parameters(GammaGammaParameters {
        p: 4.0,
        q: 3.5,
        gamma: 20.0,
    })
    .unwrap()
}

#[test]
fn values_are_purchases_times_spend_draw_by_draw() {
    let (model, _) = fitted(1_000);
    let spend = spend_model();
    let spends = SpendDraws::new(&equal_draws(&spend.named_parameters())).unwrap();
    let named = model.named_parameters();
    let draws = ParameterDraws::laplace(&named, model.report(), 19, &mut generator(7)).unwrap();
    let forecaster =
        ExpectationForecaster::new(model.as_ref(), &draws, HORIZON, DISCOUNT_RATE, LEVEL).unwrap();
    // More than a block, equal histories side by side with other spends.
    let customers: Vec<_> = (0..300u32)
        .map(|i| {
            let history = History::new(2, 15.0, f64::from(40 + i / 3)).unwrap();
            let known = SpendHistory::new(2, 10.0 + f64::from(i % 3)).unwrap();
            (history, (i % 3 > 0).then_some(known))
        })
        .collect();
    let found = forecaster.values(&spends, &customers).unwrap();
    assert_eq!(found.len(), customers.len());
    for ((history, known), value) in customers.iter().zip(found) {
        let each = spend.expected_spend(known.as_ref()).unwrap();
        assert_point("spend", value.expected_spend, each);
        let purchases = forecaster.forecast(history);
        let (within, ever) = (
            purchases.discounted_purchases,
            purchases.discounted_purchases_lifetime,
        );
        assert_relative("low", value.value.low, within.low * each, ROUNDING);
        assert_relative("high", value.value.high, within.high * each, ROUNDING);
        assert_relative(
            "ever",
            value.value_lifetime.high,
            ever.high * each,
            ROUNDING,
        );
    }
    let fewer = ParameterDraws::laplace(&named, model.report(), 29, &mut generator(7)).unwrap();
    let forecaster =
        ExpectationForecaster::new(model.as_ref(), &fewer, HORIZON, DISCOUNT_RATE, LEVEL).unwrap();
    assert_eq!(
        forecaster.values(&spends, &customers).unwrap_err(),
        IntervalError::DrawsDiffer {
            purchases: 29,
            spend: 19
        }
    );
}

#[test]
fn spend_without_a_mean_has_no_upper_bound() {
    // q = 1.05 ± 0.1: in some draws the mean spend of a new customer is infinite.
    let named = [("p", 4.0), ("q", 1.05), ("gamma", 20.0)];
    let mut covariance = vec![vec![0.0; 3]; 3];
    covariance[1][1] = 0.01;
    let draws = ParameterDraws::normal(&named, &covariance, 199, &mut generator(8)).unwrap();
    // Without variance, p is what it was.
    assert!(draws.draws().iter().all(|draw| draw[0] == 4.0));
    let spends = SpendDraws::new(&draws).unwrap();
    let new = spends.expected_spend(None, LEVEL).unwrap();
    assert!(new.low > 0.0 && new.low.is_finite() && new.high.is_infinite());
    let known = SpendHistory::new(3, 30.0).unwrap();
    assert!(
        spends
            .expected_spend(Some(&known), LEVEL)
            .unwrap()
            .high
            .is_finite()
    );
}

/// The spend of `customers` drawn from Gamma-Gamma.
fn spends(parameters: GammaGammaParameters, customers: usize, seed: u64) -> SpendHistories {
    let GammaGammaParameters { p, q, gamma } = parameters;
    let mut generator = generator(seed);
    SpendHistories::new((0..customers).map(|_| {
        let purchases = generator.random_range(1..=6u32);
        let scale = spend_scale(&mut generator, q, gamma);
        let total: f64 = (0..purchases)
            .map(|_| spend(&mut generator, p, scale))
            .sum();
        SpendHistory::new(purchases, total / f64::from(purchases)).unwrap()
    }))
}

#[test]
fn nine_in_ten_intervals_of_spend_hold_the_expectation() {
    let parameters = GammaGammaParameters {
        p: 6.0,
        q: 3.7,
        gamma: 15.0,
    };
    let truth = FittedGammaGamma::from_parameters(parameters).unwrap();
    let (mut bases, mut held) = (0.0, 0.0);
    for seed in 900..1_100 {
        let histories = spends(parameters, 600, seed);
        let fitted = GammaGammaConfig::default().build().fit(&histories).unwrap();
        let named = fitted.named_parameters();
        let draws =
            ParameterDraws::laplace(&named, fitted.report(), 199, &mut generator(seed)).unwrap();
        let spends = SpendDraws::new(&draws).unwrap();
        let interval = spends.expected_spend(None, LEVEL).unwrap();
        bases += 1.0;
        held += f64::from(u8::from(
            interval.contains(truth.population_mean().unwrap()),
        ));
    }
    let share = held / bases;
    println!("population mean of spend: {share:.3} of {bases}");
    // Three standard errors of a share of 0.9 among so many.
    assert!(
        (share - LEVEL).abs() < 3.0 * (0.09_f64 / bases).sqrt(),
        "{share}"
    );
}

#[test]
fn opportunities_have_intervals_too() {
    let rows = [
        (0, 0, 6, 400),
        (2, 4, 6, 150),
        (1, 2, 6, 120),
        (6, 6, 6, 90),
        (4, 6, 6, 80),
    ];
    let base = OpportunityHistories::new(
        rows.map(|(x, last, n, count)| (OpportunityHistory::new(x, last, n).unwrap(), count)),
    );
    let model = BgBbConfig::default().build().fit(&base).unwrap();
    let named = model.named_parameters();
    assert!(model.score(&base).iter().all(|slope| slope.abs() < 1e-3));
    let history = OpportunityHistory::new(2, 4, 6).unwrap();
    let of = |draws: &ParameterDraws| OpportunityExpectations::new(draws, 5, 0.1, LEVEL).unwrap();
    let point = of(&equal_draws(&named));
    let found = point.forecast(&history).unwrap();
    assert_point(
        "alive",
        found.probability_alive,
        model.probability_alive(&history, 1),
    );
    assert_point(
        "expected",
        found.expected_purchases,
        model.expected_purchases(&history, 5),
    );
    let counts = (
        point.counts(&history),
        model.count_distribution(&history, 5),
    );
    for n in 0..=5 {
        assert_relative(
            "count",
            counts.0.probability(n),
            counts.1.probability(n),
            ROUNDING,
        );
    }
    let draws = ParameterDraws::laplace(&named, model.report(), 99, &mut generator(9)).unwrap();
    let spread = of(&draws).forecast(&history).unwrap().expected_purchases;
    assert!(spread.low < spread.high && spread.contains(model.expected_purchases(&history, 5)));
    let refused = OpportunityExpectations::new(&draws, 5, -0.1, LEVEL).unwrap_err();
    let discount_rate = -0.1;
    let cause = ForecastError::DiscountRateOutsideDomain { discount_rate };
    assert_eq!(refused, IntervalError::Forecast(cause));
}

#[test]
fn outcomes_are_wider_where_parameters_are_uncertain() {
    // Forty repeat buyers or so know little of the tail; a plug-in takes them at their word.
    let base = base("nbd", &[0.5, 10.0, 1.0, 1.0], 60, 70);
    let model = NbdConfig::default().build().fit(&base).unwrap();
    let named = model.named_parameters();
    let draws = ParameterDraws::laplace(&named, model.report(), 399, &mut generator(10)).unwrap();
    let forecaster = ExpectationForecaster::new(&model, &draws, HORIZON, 0.0, LEVEL).unwrap();
    let new = History::NEW_CUSTOMER;
    let (carried, plain) = (
        forecaster.counts(&new),
        model.count_distribution(&new, HORIZON).unwrap(),
    );
    let sum: f64 = (0..=carried.most_purchases())
        .map(|n| carried.probability(n))
        .sum();
    assert!((sum - 1.0).abs() < 1e-11);
    let variance = |counts: &CountDistribution| -> f64 {
        let square = |n: usize| (n as f64 - counts.mean()).powi(2) * counts.probability(n);
        (0..=counts.most_purchases()).map(square).sum()
    };
    let ratio = variance(&carried) / variance(&plain);
    println!("variance with the uncertainty over that without: {ratio:.3}");
    assert!(ratio > 1.05);
}

#[test]
fn parameter_intervals_are_symmetric_on_the_logarithm() {
    let named = [("r", 0.5), ("alpha", 8.0)];
    let covariance = vec![vec![0.01, 0.1], vec![0.1, 4.0]];
    let found = parameter_intervals(&named, &covariance, 0.95).unwrap();
    for (interval, (_, estimate)) in found.iter().zip(named) {
        assert_relative(
            "centre",
            (interval.low * interval.high).sqrt(),
            estimate,
            ROUNDING,
        );
    }
    // z at 0.975, of any table.
    let width = (found[1].high / found[1].low).ln();
    assert_relative(
        "width",
        width,
        2.0 * 1.959_963_984_540_054 * 2.0 / 8.0,
        ROUNDING,
    );
    assert_eq!(
        parameter_intervals(&named, &covariance[..1], 0.95).unwrap_err(),
        IntervalError::CovarianceOfOthers {
            expected: 2,
            found: 1
        }
    );
    assert_eq!(
        parameter_intervals(&named, &covariance, 1.0).unwrap_err(),
        IntervalError::LevelOutsideDomain { level: 1.0 }
    );
}
