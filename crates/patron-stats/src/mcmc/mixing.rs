//! Have the chains found the same place?

use super::ranks::{folded, halves, mean, normal_scores, variance};

/// Returns R-hat of one parameter's chains: by how much their spread would shrink if they went on for ever; 1 when they have mixed.
///
/// # Model
///
/// Every chain is cut into halves, so that one that still drifts differs from itself. Draws are replaced by the normal scores of
/// their ranks, and once more by those of their distances from the median: the first tells chains in other places, the second
/// chains of other widths. The larger of the two counts.
///
/// ```text
/// R̂ = √( (n − 1)/n + B/(n·W) )        B/n  variance of the means of half-chains, of n draws each
///                                     W    mean of their variances
/// ```
///
/// # Returns
/// At least about 1; above 1.01 the draws are not to be used. NaN where it cannot be told: fewer than two draws in a half-chain, draws
/// that are not numbers, or all the same.
///
/// # Source
/// Vehtari, Gelman, Simpson, Carpenter, Bürkner (2021), Rank-normalization, folding, and localization: an improved R̂ for assessing
/// convergence of MCMC, Bayesian Analysis 16, section 4. Checked against `reference/mcmc/` to 1e-9.
///
/// # Examples
/// ```
/// use patron_stats::mcmc::r_hat;
///
/// let wave = |phase: usize| -> Vec<f64> { (0..100).map(|i| ((i * 37 + phase) % 101) as f64).collect() };
/// assert!(r_hat(&[wave(0), wave(50)]) < 1.01);
/// let apart: Vec<f64> = wave(0).iter().map(|draw| draw + 200.0).collect();
/// assert!(r_hat(&[wave(0), apart]) > 1.5);
/// ```
#[must_use]
pub fn r_hat(chains: &[Vec<f64>]) -> f64 {
    let halves = halves(chains);
    if halves.iter().flatten().any(|value| !value.is_finite()) {
        return f64::NAN;
    }
    let bulk = of_scores(&normal_scores(&halves));
    let tail = of_scores(&normal_scores(&folded(&halves)));
    // Unlike `max`, lets no NaN pass for a number.
    if bulk > tail || bulk.is_nan() {
        bulk
    } else {
        tail
    }
}

fn of_scores(chains: &[Vec<f64>]) -> f64 {
    let length = chains.first().map_or(0, Vec::len) as f64;
    let means: Vec<f64> = chains.iter().map(|chain| mean(chain)).collect();
    let variances: Vec<f64> = chains.iter().map(|chain| variance(chain)).collect();
    let within = mean(&variances);
    if within > 0.0 {
        ((length - 1.0) / length + variance(&means) / within).sqrt()
    } else {
        f64::NAN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_move_has_no_r_hat() {
        assert!(r_hat(&[vec![1.0; 40], vec![1.0; 40]]).is_nan());
        assert!(r_hat(&[vec![f64::NAN; 40], vec![1.0; 40]]).is_nan());
        assert!(r_hat(&[]).is_nan());
    }
}
