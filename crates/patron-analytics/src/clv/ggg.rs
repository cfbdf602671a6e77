//! How regularly, how often and for how long could every customer buy?

use patron_stats::mcmc::Sampling;
use patron_stats::pareto_ggg::{GggConfig, GggError, OwnTiming, TimedHistories, TimedHistory};
use patron_stats::regularity::LnIntervals;
use rayon::prelude::*;

use super::own::{GggFit, Places, check_room};
use super::posterior::{PosteriorCard, SamplingRequest};
use super::{Base, ClvError, Customer};

/// The name by which the model is asked for.
const KEY: &str = "pareto-ggg";

/// Samples the own regularity and rates of customers, by the times between their purchases.
///
/// Of orders these are days; of a summary, a column has the sum of their logarithms.
///
/// # Errors
/// [`ClvError::Ggg`], [`ClvError::Sampling`], [`ClvError::TooManySampled`], [`ClvError::TimesUnknown`], [`ClvError::Times`].
pub fn fit_ggg(base: &Base, sampling: SamplingRequest, level: f64) -> Result<GggFit, ClvError> {
    let sampling = sampling.of(Sampling::of_slow_hierarchies())?;
    check_room::<OwnTiming>(base.len(), sampling)?;
    let each = base.customers.iter();
    let each = each.map(|customer| timed(base, &customer));
    let each: Vec<TimedHistory> = each.collect::<Result<_, ClvError>>()?;
    let weights = base.customers.iter().map(|customer| customer.weight);
    let customers = TimedHistories::new(each.iter().copied().zip(weights));
    let sampler = GggConfig::default().with_sampling(sampling).build();
    let sampler = sampler.sampler(&customers)?;
    // Each chain is a function of its number alone.
    let chains = (0..sampling.chains()).into_par_iter();
    let sampled = sampler.gather(chains.map(|number| sampler.chain(number)).collect())?;
    let sums: Vec<[f64; 1]> = customers
        .entries()
        .iter()
        .map(|(one, _)| [one.ln_intervals()])
        .collect();
    let distinct = customers.entries().iter().zip(&sums);
    let known = Places::of(distinct.map(|((one, _), sum)| (one.history(), &sum[..])));
    let places = each
        .iter()
        .map(|one| known.find(one.history(), &[one.ln_intervals()]));
    Ok(GggFit {
        card: PosteriorCard::of(KEY, sampled.posterior(), (base.len(), sampling), level)?,
        notes: Vec::new(),
        places: places.collect(),
        own: sampled.into_own(),
    })
}

/// A customer with the sum of the logarithms of the times between purchases.
fn timed(base: &Base, customer: &Customer<'_>) -> Result<TimedHistory, ClvError> {
    let unknown = || ClvError::TimesUnknown {
        model: KEY,
        customer: customer.id.to_string(),
        repeat_purchases: customer.history.repeat_purchases(),
    };
    let refused = |source: GggError| ClvError::Times {
        customer: customer.id.to_string(),
        source,
    };
    let sum = match customer.history.repeat_purchases() {
        0 => 0.0,
        // The only time there is.
        1 => customer.history.recency().ln(),
        repeat_purchases => match &base.days {
            Some(days) => {
                let until = base.calibration_end.unwrap_or(days.until());
                let times = days.times_of(&customer.id.text(), until, base.unit.days());
                let times = times.filter(|times| times.len() == repeat_purchases as usize);
                let sum = LnIntervals::new(times.ok_or_else(unknown)?);
                sum.map_err(|error| refused(error.into()))?.sum()
            }
            None => customer.ln_intervals.ok_or_else(unknown)?,
        },
    };
    TimedHistory::new(customer.history, sum).map_err(refused)
}
