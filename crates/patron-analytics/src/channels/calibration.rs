//! How far what is foretold of a channel is kept: one model for all customers knows nothing of channels, and so foretells too
//! much of customers of one and too little of those of another.

use std::collections::BTreeMap;

use patron_stats::level::Level;
use patron_stats::pooling::{GroupMean, Pooling};

use super::ALL;
use super::book::{Channel, Channels};

/// Fewer customers of whom something was foretold tell nothing.
const FEW: usize = 30;

/// What came of a unit of revenue foretold, with the standard error of its logarithm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Kept {
    pub(super) ratio: f64,
    pub(super) ln_error: f64,
}

/// Returns what came one horizon later of what was foretold of each channel, those of few customers drawn towards all. Nothing
/// of whom too little is known.
pub(super) fn kept(channels: &Channels) -> BTreeMap<String, Kept> {
    let own = |channel: &Channel| {
        let pairs = channel.customers.iter();
        pairs.filter_map(|own| own.foretold).collect::<Vec<_>>()
    };
    let each: Vec<(&String, Kept)> = channels
        .iter()
        .filter_map(|(name, channel)| Some((name, ratio(&own(channel))?)))
        .collect();
    let groups: Vec<GroupMean> = each
        .iter()
        .map(|(_, kept)| GroupMean {
            mean: kept.ratio.ln(),
            standard_error: kept.ln_error,
        })
        .collect();
    let mut found: BTreeMap<String, Kept> = match Pooling::new(&groups) {
        Ok(pooling) => {
            let pooled = pooling.pooled(Level::NINETY_FIVE);
            let names = each.iter().map(|(name, _)| (*name).clone());
            names
                .zip(pooled.iter().map(|one| Kept {
                    ratio: one.mean.exp(),
                    ln_error: (one.interval.high - one.interval.low)
                        / (2.0 * Level::NINETY_FIVE.normal()),
                }))
                .collect()
        }
        Err(_) => each
            .into_iter()
            .map(|(name, kept)| (name.clone(), kept))
            .collect(),
    };
    let mut everybody: Vec<_> = channels.values().flat_map(|one| &one.customers).collect();
    everybody.sort_by_key(|own| own.place);
    let all: Vec<[f64; 2]> = everybody.iter().filter_map(|own| own.foretold).collect();
    if let Some(kept) = ratio(&all) {
        found.insert(ALL.to_owned(), kept);
    }
    found
}

/// The ratio of two sums, with the standard error of its logarithm by linearisation.
fn ratio(pairs: &[[f64; 2]]) -> Option<Kept> {
    let count = pairs.len();
    let foretold: f64 = pairs.iter().map(|[foretold, _]| foretold).sum();
    let came: f64 = pairs.iter().map(|[_, came]| came).sum();
    if count < FEW || foretold <= 0.0 || came <= 0.0 {
        return None;
    }
    let ratio = came / foretold;
    let squares = pairs
        .iter()
        .map(|[foretold, came]| (came - ratio * foretold).powi(2));
    let squares: f64 = squares.sum();
    let error = (squares * count as f64 / (count as f64 - 1.0)).sqrt() / foretold;
    Some(Kept {
        ratio,
        ln_error: error / ratio,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_of_sums_has_the_error_of_its_residuals() {
        // Foretold 2 of each; 1 came of half of them, 3 of the others: the ratio is 1, the residuals are -1 and 1.
        let pairs: Vec<[f64; 2]> = (0..100)
            .map(|n| [2.0, if n % 2 == 0 { 1.0 } else { 3.0 }])
            .collect();
        let found = ratio(&pairs).unwrap();
        assert!((found.ratio - 1.0).abs() < 1e-12);
        let expected = (100.0 * 100.0 / 99.0_f64).sqrt() / 200.0;
        assert!((found.ln_error - expected).abs() < 1e-12, "{found:?}");
        assert_eq!(ratio(&pairs[..29]), None);
        assert_eq!(ratio(&[[1.0, 0.0]; 40]), None);
    }
}
