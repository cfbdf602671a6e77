//! Which own rates of buying and leaving could customers have, where these go together?

use std::collections::HashMap;

use patron_stats::covariates::CovariateHistories;
use patron_stats::history::History;
use patron_stats::mcmc::Sampling;
use patron_stats::pareto_nbd_abe::{AbeConfig, SampledParetoNbdAbe};
use rayon::prelude::*;

use super::covariates::{CovariateRequest, joined, read};
use super::posterior::{PosteriorCard, SamplingRequest};
use super::{Base, ClvError};

/// Own rates of customers that are kept: 16 bytes for each and draw, 4 GB of them.
const MOST_RATES: u64 = 250_000_000;

/// The name by which the model is asked for.
pub(super) const KEY: &str = "pareto-nbd-abe";

/// Pareto/NBD (Abe), with draws of every customer's own rates.
#[derive(Debug)]
pub struct AbeFit {
    /// What draws say of the spread of rates.
    pub card: PosteriorCard,
    /// What became of every row of covariates.
    pub notes: Vec<String>,
    pub(super) sampled: SampledParetoNbdAbe,
    /// Of every customer of the base the place among those sampled; nothing of who is not.
    pub(super) places: Vec<Option<usize>>,
}

/// Samples the own rates of customers; covariates act on both.
///
/// # Errors
/// [`ClvError::Abe`], [`ClvError::Sampling`], [`ClvError::TooManySampled`]; of covariates as [`fit_with_covariates`](super::fit_with_covariates).
pub fn fit_abe(
    base: &Base,
    covariates: Option<&CovariateRequest>,
    sampling: SamplingRequest,
    level: f64,
) -> Result<AbeFit, ClvError> {
    let sampling = sampling.of(Sampling::of_hierarchies())?;
    let mut notes = Vec::new();
    let table = covariates.map(read).transpose()?;
    let histories = match (&table, covariates) {
        (Some(table), Some(request)) => joined(base, table, request, &mut notes)?,
        _ => {
            let rows = base.customers.iter();
            let rows = rows.map(|customer| (customer.history, customer.weight, Vec::new()));
            CovariateHistories::from_histories(Vec::<String>::new(), rows)?
        }
    };
    let draws = (sampling.chains() * sampling.draws()) as u64;
    let (customers, most) = (histories.customers(), MOST_RATES / draws.max(1));
    if customers > most {
        return Err(ClvError::TooManySampled { customers, most });
    }
    let sampler = AbeConfig::default().with_sampling(sampling).build();
    let sampler = sampler.sampler(&histories)?;
    // Each chain is a function of its number alone.
    let chains = (0..sampling.chains()).into_par_iter();
    let chains = chains.map(|number| sampler.chain(number));
    let sampled = sampler.gather(chains.collect::<Result<_, _>>()?)?;
    let known: HashMap<Key, usize> = sampled
        .customers()
        .iter()
        .enumerate()
        .map(|(place, one)| (key(&one.history, &one.covariates), place))
        .collect();
    let places = base.customers.iter().map(|customer| {
        let values = match &table {
            Some(table) => table.of(&customer.id.text())?,
            None => &[],
        };
        known.get(&key(&customer.history, values)).copied()
    });
    let places = places.collect();
    let of = (customers, sampling);
    Ok(AbeFit {
        card: PosteriorCard::of(KEY, sampled.posterior(), of, level)?,
        notes,
        sampled,
        places,
    })
}

type Key = (u32, [u64; 2], Vec<u64>);

/// What two customers alike share, bit by bit; −0 is 0.
fn key(history: &History, values: &[f64]) -> Key {
    let times = [history.recency(), history.age()].map(f64::to_bits);
    let values = values.iter().map(|value| (value + 0.0).to_bits());
    (history.repeat_purchases(), times, values.collect())
}
