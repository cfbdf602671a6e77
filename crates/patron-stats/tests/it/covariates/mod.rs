//! Models with covariates: everything there is about them.

/// What is held fixed or equal, and what a penalty does.
mod constraints;
/// One exact error per bad input.
mod errors;
/// What must hold whatever the data: no effect is no covariate, units and origins change nothing.
mod identities;
/// Known effects are found again, and their errors are as large as they say.
mod recovery;
/// Likelihoods in 30 digits, estimates on apparel, and what CLVTools prints of them.
mod reference;

use patron_stats::covariates::{CovariateHistories, Covariates, CovariatesConfig, Place};
use patron_stats::history::History;
use patron_stats::pareto_nbd::{FittedParetoNbd, ParetoNbdConfig};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

use crate::simulate::customer;

type WithCovariates = patron_stats::covariates::WithCovariates<FittedParetoNbd>;

const COLUMNS: [&str; 2] = ["gender", "income"];

/// r, α, s, β and the effects of gender on purchase, of income on purchase and on dropout.
const TRUTH: ([f64; 4], [f64; 3]) = ([0.9, 8.0, 0.8, 12.0], [0.5, -0.3, 0.6]);

/// Draws customers of Pareto/NBD: gender is 0 or 1, income one of nine steps.
fn rows(seed: u64, customers: usize) -> Vec<(History, u64, Vec<f64>)> {
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    let ([r, alpha, s, beta], [of_gender, of_income, on_dropout]) = TRUTH;
    (0..customers)
        .map(|_| {
            let age = f64::from(generator.random_range(70..=400)) / 7.0;
            let gender = f64::from(u8::from(generator.random::<f64>() < 0.4));
            let income = f64::from(generator.random_range(-4..=4)) / 2.0;
            let own = [
                r,
                alpha * (-of_gender * gender - of_income * income).exp(),
                s,
                beta * (-on_dropout * income).exp(),
            ];
            let drawn = customer(&mut generator, "pareto-nbd", own, age, 0.0);
            (drawn.history, 1, vec![gender, income])
        })
        .collect()
}

fn base(rows: Vec<(History, u64, Vec<f64>)>) -> CovariateHistories {
    CovariateHistories::from_histories(COLUMNS, rows).unwrap()
}

/// The effects that the customers were drawn with.
fn effects() -> CovariatesConfig {
    CovariatesConfig::default()
        .with_columns(Place::Purchase, COLUMNS)
        .with_columns(Place::Dropout, ["income"])
}

fn fit(base: &CovariateHistories, covariates: &Covariates) -> WithCovariates {
    ParetoNbdConfig::default()
        .build()
        .fit_with_covariates(base, covariates)
        .unwrap()
}

/// Parameters, then effects.
fn values(fitted: &WithCovariates) -> Vec<f64> {
    let parameters = fitted
        .named_parameters()
        .into_iter()
        .map(|(_, value)| value);
    parameters
        .chain(fitted.effects().iter().map(|effect| effect.value))
        .collect()
}

fn log_likelihood(fitted: &WithCovariates) -> f64 {
    fitted.report().unwrap().log_likelihood
}
