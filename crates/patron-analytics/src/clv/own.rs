//! Models whose draws have the own rates of every customer: what was drawn of whom?

use std::collections::HashMap;

use patron_stats::history::History;
use patron_stats::mcmc::Sampling;
use patron_stats::pareto_ggg::OwnTiming;
use patron_stats::pareto_nbd_abe::OwnRates;
use patron_stats::purchase::OwnDraws;

use super::ClvError;
use super::posterior::PosteriorCard;

/// Bytes of own rates that are kept.
const MOST_BYTES: u64 = 4_000_000_000;

/// A model with draws of every customer's own rates.
#[derive(Debug)]
pub struct OwnFit<R> {
    /// What draws say of the spread of rates.
    pub card: PosteriorCard,
    /// What must be said of the data.
    pub notes: Vec<String>,
    pub(super) own: OwnDraws<R>,
    /// Of every customer of the base the place among those sampled; nothing of who is not.
    pub(super) places: Vec<Option<usize>>,
}

/// Pareto/NBD (Abe), with draws of every customer's own rates.
pub type AbeFit = OwnFit<OwnRates>;

/// Pareto/GGG, with draws of every customer's own regularity and rates.
pub type GggFit = OwnFit<OwnTiming>;

/// Refuses so many customers that their draws would not fit.
pub(super) fn check_room<R>(customers: u64, sampling: Sampling) -> Result<(), ClvError> {
    let draws = (sampling.chains() * sampling.draws()).max(1) as u64;
    let most = MOST_BYTES / size_of::<R>().max(1) as u64 / draws;
    if customers > most {
        return Err(ClvError::TooManySampled { customers, most });
    }
    Ok(())
}

/// The places of distinct customers: those alike share a history and what else is known of them.
pub(super) struct Places(HashMap<Key, usize>);

impl Places {
    pub(super) fn of<'a>(distinct: impl IntoIterator<Item = (&'a History, &'a [f64])>) -> Self {
        let distinct = distinct.into_iter().enumerate();
        Self(
            distinct
                .map(|(place, (history, values))| (key(history, values), place))
                .collect(),
        )
    }

    pub(super) fn find(&self, history: &History, values: &[f64]) -> Option<usize> {
        self.0.get(&key(history, values)).copied()
    }
}

type Key = (u32, [u64; 2], Vec<u64>);

/// What two customers alike share, bit by bit; −0 is 0.
fn key(history: &History, values: &[f64]) -> Key {
    let times = [history.recency(), history.age()].map(f64::to_bits);
    let values = values.iter().map(|value| (value + 0.0).to_bits());
    (history.repeat_purchases(), times, values.collect())
}
