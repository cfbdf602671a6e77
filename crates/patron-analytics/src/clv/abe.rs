//! Which own rates of buying and leaving could customers have, where these go together?

use patron_stats::covariates::CovariateHistories;
use patron_stats::mcmc::Sampling;
use patron_stats::pareto_nbd_abe::{AbeConfig, OwnRates};
use rayon::prelude::*;

use super::covariates::{CovariateRequest, joined, read};
use super::own::{AbeFit, Places, check_room};
use super::posterior::{PosteriorCard, SamplingRequest};
use super::{Base, ClvError};

/// The name by which the model is asked for.
const KEY: &str = "pareto-nbd-abe";

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
    check_room::<OwnRates>(histories.customers(), sampling)?;
    let sampler = AbeConfig::default().with_sampling(sampling).build();
    let sampler = sampler.sampler(&histories)?;
    // Each chain is a function of its number alone.
    let chains = (0..sampling.chains()).into_par_iter();
    let chains = chains.map(|number| sampler.chain(number));
    let sampled = sampler.gather(chains.collect::<Result<_, _>>()?)?;
    let distinct = sampled.customers().iter();
    let known = Places::of(distinct.map(|one| (&one.history, one.covariates.as_slice())));
    let places = base.customers.iter().map(|customer| {
        let values = match &table {
            Some(table) => table.of(&customer.id.text())?,
            None => &[],
        };
        known.find(&customer.history, values)
    });
    let of = (histories.customers(), sampling);
    Ok(AbeFit {
        card: PosteriorCard::of(KEY, sampled.posterior(), of, level)?,
        notes,
        places: places.collect(),
        own: sampled.into_own(),
    })
}
