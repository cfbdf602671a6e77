//! What is given, and what chains make together.

use super::hierarchy::{Before, Hierarchy};
use super::walk::walk;
use super::{AbeCustomer, AbeError, OwnRates, SampledParetoNbdAbe};
use crate::covariates::CovariateHistories;
use crate::history::History;
use crate::mcmc::{Chain, Posterior, Sampling};

/// Customers one by one, with their covariates in standard deviations.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Customers {
    pub(super) distinct: Vec<AbeCustomer>,
    columns: Vec<String>,
    /// Mean and standard deviation of every column.
    scales: Vec<(f64, f64)>,
    /// 1 and the standardised covariates, of every distinct customer.
    designs: Vec<Vec<f64>>,
}

impl Customers {
    pub(super) fn new(customers: &CovariateHistories) -> Result<Self, AbeError> {
        let profiles = customers.profiles().iter();
        let distinct: Vec<AbeCustomer> = profiles
            .flat_map(|profile| {
                let entries = profile.histories().entries().iter();
                entries.map(|(history, count)| AbeCustomer {
                    covariates: profile.values().to_vec(),
                    history: *history,
                    customers: *count,
                })
            })
            .collect();
        let columns = customers.columns().to_vec();
        let scales = columns.iter().enumerate().map(|(i, column)| {
            let (mean, deviation) = scale(&distinct, i);
            if deviation > 0.0 {
                Ok((mean, deviation))
            } else {
                let column = column.clone();
                Err(AbeError::ColumnConstant {
                    column,
                    value: mean,
                })
            }
        });
        let scales: Vec<(f64, f64)> = scales.collect::<Result<_, _>>()?;
        let design = |customer: &AbeCustomer| {
            let standardised = customer.covariates.iter().zip(&scales);
            let standardised =
                standardised.map(|(value, (mean, deviation))| (value - mean) / deviation);
            std::iter::once(1.0).chain(standardised).collect()
        };
        Ok(Self {
            designs: distinct.iter().map(design).collect(),
            distinct,
            columns,
            scales,
        })
    }

    /// Returns every customer: as many times as there are with this history and these covariates.
    pub(super) fn each(&self) -> impl Iterator<Item = (&[f64], &History)> + Clone {
        let pairs = self.designs.iter().zip(&self.distinct);
        pairs.flat_map(|(design, customer)| {
            (0..customer.customers).map(move |_| (design.as_slice(), &customer.history))
        })
    }

    pub(super) fn designs(&self) -> impl Iterator<Item = &[f64]> + Clone {
        self.each().map(|(design, _)| design)
    }

    fn names(&self) -> Vec<String> {
        let mut names = vec!["ln_lambda".to_owned(), "ln_mu".to_owned()];
        for column in &self.columns {
            names.push(format!("ln_lambda.{column}"));
            names.push(format!("ln_mu.{column}"));
        }
        names.extend(["var_ln_lambda", "cov_ln_lambda_ln_mu", "var_ln_mu"].map(str::to_owned));
        names
    }

    /// Returns coefficients on the covariates as they were given, and Γ.
    fn reported(&self, hierarchy: &Hierarchy) -> Vec<f64> {
        let mut rows = hierarchy.coefficients.iter();
        let mut constant = rows.next().copied().unwrap_or_default();
        let mut effects = Vec::new();
        for ([of_lambda, of_mu], (mean, deviation)) in rows.zip(&self.scales) {
            let effect = [of_lambda / deviation, of_mu / deviation];
            for (constant, effect) in constant.iter_mut().zip(effect) {
                *constant -= effect * mean;
            }
            effects.extend(effect);
        }
        let all = constant.into_iter().chain(effects);
        all.chain(hierarchy.covariance()).collect()
    }
}

/// Returns mean and standard deviation of a covariate over customers.
fn scale(distinct: &[AbeCustomer], column: usize) -> (f64, f64) {
    let values = || {
        let values = distinct.iter();
        values.filter_map(move |one| Some((*one.covariates.get(column)?, one.customers as f64)))
    };
    let total: f64 = values().map(|(_, count)| count).sum();
    let mean = values().map(|(value, count)| value * count).sum::<f64>() / total;
    let squares: f64 = values()
        .map(|(value, count)| count * (value - mean).powi(2))
        .sum();
    let deviation = (squares / total).sqrt();
    // What rounding leaves of equal values.
    if deviation > 1e-12 * mean.abs() {
        (mean, deviation)
    } else {
        (mean, 0.0)
    }
}

/// What one chain drew.
#[derive(Debug, Clone, PartialEq)]
pub struct AbeChain {
    chain: Chain,
    rates: Vec<Vec<OwnRates>>,
}

/// Pareto/NBD (Abe) posed to customers, ready to be sampled.
///
/// May be shared between threads: each chain is a function of its number alone.
#[derive(Debug, Clone, PartialEq)]
pub struct AbeSampler {
    customers: Customers,
    before: Before,
    sampling: Sampling,
}

impl AbeSampler {
    pub(super) fn new(customers: Customers, overall: [f64; 2], sampling: Sampling) -> Self {
        let mut coefficients = vec![[0.0; 2]; customers.columns.len() + 1];
        if let Some(constant) = coefficients.first_mut() {
            *constant = overall;
        }
        Self {
            customers,
            before: Before { coefficients },
            sampling,
        }
    }

    /// Walks one chain, of number 0 or more.
    ///
    /// # Errors
    /// [`AbeError::SpreadLost`].
    pub fn chain(&self, number: usize) -> Result<AbeChain, AbeError> {
        let walked = walk(&self.customers, &self.before, &self.sampling, number)?;
        let draws = walked.spreads.iter();
        let draws = draws.map(|hierarchy| self.customers.reported(hierarchy));
        Ok(AbeChain {
            chain: Chain::new(draws.collect()),
            rates: walked.rates,
        })
    }

    /// Puts chains together, in the order of their numbers, and judges them.
    ///
    /// # Errors
    /// [`AbeError::Sampling`].
    pub fn gather(&self, chains: Vec<AbeChain>) -> Result<SampledParetoNbdAbe, AbeError> {
        let (chains, rates): (Vec<Chain>, Vec<Vec<Vec<OwnRates>>>) = chains
            .into_iter()
            .map(|chain| (chain.chain, chain.rates))
            .unzip();
        let posterior = Posterior::of(&self.customers.names(), chains)?;
        let rates = rates.into_iter().flatten().collect();
        let customers = self.customers.distinct.clone();
        Ok(SampledParetoNbdAbe::new(posterior, customers, rates))
    }

    /// Walks all chains, one after the other, and judges them.
    ///
    /// # Errors
    /// As [`AbeSampler::chain`] and [`AbeSampler::gather`].
    pub fn run(&self) -> Result<SampledParetoNbdAbe, AbeError> {
        let chains = (0..self.sampling.chains()).map(|number| self.chain(number));
        self.gather(chains.collect::<Result<_, _>>()?)
    }
}
