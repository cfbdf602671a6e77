//! What chains say of every parameter, and whether they may be believed.

use std::fmt;

use super::chains::by_parameter;
use super::effective::{effective_bulk, effective_mean, effective_tail};
use super::mixing::r_hat;
use super::ranks::{mean, quantile, quantile_of_sorted, variance};
use super::{Chain, SamplingError};
use crate::intervals::{Interval, IntervalError, check_level};

/// Above this R-hat chains have not mixed (Vehtari et al. 2021, section 4).
const MIXED: f64 = 1.01;

/// Fewest effective draws of each chain: with fewer, R-hat and the effective number itself are not to be relied on.
const EFFECTIVE_OF_A_CHAIN: f64 = 100.0;

/// Draws from a posterior with what is known of their quality.
///
/// Made from chains; there is none that was not judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Posterior {
    names: Vec<String>,
    chains: Vec<Chain>,
    summaries: Vec<ParameterSummary>,
    warnings: Vec<SamplingWarning>,
}

/// What the posterior says of one parameter, and how well the draws say it.
#[derive(Debug, Clone, PartialEq)]
pub struct ParameterSummary {
    /// Its name.
    pub parameter: String,
    /// Posterior mean.
    pub mean: f64,
    /// Posterior standard deviation.
    pub standard_deviation: f64,
    /// Posterior median.
    pub median: f64,
    /// Bounds of the central 90 %.
    pub interval: Interval,
    /// Standard error of the mean that comes of drawing, not of the data.
    pub monte_carlo_error: f64,
    /// R-hat; see [`r_hat`].
    pub r_hat: f64,
    /// Effective draws for where the posterior lies; see [`effective_bulk`].
    pub effective_bulk: f64,
    /// Effective draws for the ends of the interval; see [`effective_tail`].
    pub effective_tail: f64,
}

/// Something a reader must know before using draws.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SamplingWarning {
    /// The chains have not found the same place.
    NotMixed {
        /// The parameter that tells it.
        parameter: String,
        /// Its R-hat; NaN where the draws do not move, or are no numbers.
        r_hat: f64,
    },
    /// The draws are so much alike that they say little.
    TooFewEffective {
        /// The parameter that tells it.
        parameter: String,
        /// Effective draws, of the bulk or the tails, whichever are fewer.
        effective: f64,
        /// Fewest to rely on.
        required: f64,
    },
    /// Trajectories left the posterior where it bends more sharply than the steps: draws may miss a part of it.
    Diverged {
        /// Draws that came of such a trajectory.
        divergences: usize,
        /// Of how many.
        draws: usize,
    },
    /// Trajectories were cut short before they turned back: draws are right but slow.
    CutShort {
        /// Draws that came of such a trajectory.
        cut_short: usize,
        /// Of how many.
        draws: usize,
    },
}

impl SamplingWarning {
    /// Returns a stable key, for translation.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::NotMixed { .. } => "sampling_not_mixed",
            Self::TooFewEffective { .. } => "sampling_too_few_effective",
            Self::Diverged { .. } => "sampling_diverged",
            Self::CutShort { .. } => "sampling_cut_short",
        }
    }
}

impl fmt::Display for SamplingWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotMixed { parameter, r_hat } if r_hat.is_nan() => write!(
                f,
                "the chains do not move in {parameter}: their draws are not from the posterior"
            ),
            Self::NotMixed { parameter, r_hat } => write!(
                f,
                "the chains have not found the same place: R-hat of {parameter} is {r_hat:.3}, expected at most {MIXED}; draw more, or warm up longer"
            ),
            Self::TooFewEffective {
                parameter,
                effective,
                required,
            } => write!(
                f,
                "the draws of {parameter} are worth {effective:.0} independent ones, expected at least {required:.0}; draw more"
            ),
            Self::Diverged { divergences, draws } => write!(
                f,
                "{divergences} of {draws} trajectories diverged: draws may miss a part of the posterior; ask for smaller steps, or for priors that hold more"
            ),
            Self::CutShort { cut_short, draws } => write!(
                f,
                "{cut_short} of {draws} trajectories were cut short: the posterior is much longer than wide, and draws are slow to cross it"
            ),
        }
    }
}

impl Posterior {
    /// Judges chains.
    ///
    /// # Errors
    /// [`SamplingError::TooFewChains`] below 2; [`SamplingError::TooFewDraws`] below 20 of a chain; [`SamplingError::ChainsDiffer`].
    ///
    /// # Examples
    /// ```
    /// use patron_stats::mcmc::{Chain, Posterior, SamplingWarning};
    ///
    /// // Two chains that sit in different places.
    /// let chain = |place: f64| {
    ///     let draw = |i: u32| vec![place + f64::from(i * 37 % 101)];
    ///     Chain::new((0..1_000).map(draw).collect())
    /// };
    /// let posterior = Posterior::of(&["r"], vec![chain(0.0), chain(50.0)])?;
    /// assert!(matches!(posterior.warnings()[0], SamplingWarning::NotMixed { .. }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(names: &[impl AsRef<str>], chains: Vec<Chain>) -> Result<Self, SamplingError> {
        let names: Vec<String> = names.iter().map(|name| name.as_ref().to_owned()).collect();
        if chains.len() < 2 {
            return Err(SamplingError::TooFewChains {
                required: 2,
                found: chains.len(),
            });
        }
        let shortest = chains.iter().map(|chain| chain.draws().len()).min();
        if shortest < Some(20) {
            return Err(SamplingError::TooFewDraws {
                required: 20,
                found: shortest.unwrap_or(0),
            });
        }
        let values = by_parameter(&chains, names.len())?;
        let of = |(name, values): (&String, &Vec<Vec<f64>>)| ParameterSummary::of(name, values);
        let summaries: Vec<ParameterSummary> = names.iter().zip(&values).map(of).collect();
        let warnings = warnings(&summaries, &chains);
        Ok(Self {
            names,
            chains,
            summaries,
            warnings,
        })
    }

    /// Returns the names of the parameters, in the order of each draw.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns the chains.
    #[must_use]
    pub fn chains(&self) -> &[Chain] {
        &self.chains
    }

    /// Returns what is said of each parameter, in the order of the names.
    #[must_use]
    pub fn summaries(&self) -> &[ParameterSummary] {
        &self.summaries
    }

    /// Returns what is said of one parameter.
    #[must_use]
    pub fn summary(&self, parameter: &str) -> Option<&ParameterSummary> {
        let is = |summary: &&ParameterSummary| summary.parameter == parameter;
        self.summaries.iter().find(is)
    }

    /// Returns what a reader must know before using the draws; nothing where they may be believed.
    #[must_use]
    pub fn warnings(&self) -> &[SamplingWarning] {
        &self.warnings
    }

    /// Returns the number of draws of all chains.
    #[must_use]
    pub fn draws(&self) -> usize {
        self.chains.iter().map(|chain| chain.draws().len()).sum()
    }

    /// Returns the number of draws that came of a trajectory that diverged.
    #[must_use]
    pub fn divergences(&self) -> usize {
        self.chains.iter().map(Chain::divergences).sum()
    }

    /// Returns as many draws as asked for, spread evenly over all chains; all of them where there are no more.
    #[must_use]
    pub fn spread(&self, wanted: usize) -> Vec<&[f64]> {
        let all = self.chains.iter().flat_map(Chain::draws);
        let all: Vec<&[f64]> = all.map(Vec::as_slice).collect();
        if wanted >= all.len() {
            return all;
        }
        // The middle of each of as many equal stretches.
        let place = |i: usize| (2 * i + 1) * all.len() / (2 * wanted);
        let picked = (0..wanted).filter_map(|i| all.get(place(i)).copied());
        picked.collect()
    }

    /// Returns between which bounds any number that follows from the parameters lies with probability `level`.
    ///
    /// Leaves `(1 − level)/2` of the draws on either side.
    ///
    /// # Errors
    /// [`IntervalError::LevelOutsideDomain`].
    pub fn interval_of(
        &self,
        level: f64,
        quantity: impl Fn(&[f64]) -> f64,
    ) -> Result<Interval, IntervalError> {
        let all = self.chains.iter().flat_map(Chain::draws);
        central(all.map(|draw| quantity(draw)).collect(), level)
    }
}

impl ParameterSummary {
    fn of(parameter: &str, chains: &[Vec<f64>]) -> Self {
        let all: Vec<f64> = chains.iter().flatten().copied().collect();
        let standard_deviation = variance(&all).sqrt();
        Self {
            parameter: parameter.to_owned(),
            mean: mean(&all),
            standard_deviation,
            median: quantile(chains, 0.5),
            interval: Interval {
                low: quantile(chains, 0.05),
                high: quantile(chains, 0.95),
            },
            monte_carlo_error: standard_deviation / effective_mean(chains).sqrt(),
            r_hat: r_hat(chains),
            effective_bulk: effective_bulk(chains),
            effective_tail: effective_tail(chains),
        }
    }
}

/// Returns between which bounds the central part `level` of values lies.
pub(crate) fn central(mut values: Vec<f64>, level: f64) -> Result<Interval, IntervalError> {
    check_level(level)?;
    values.sort_unstable_by(f64::total_cmp);
    Ok(Interval {
        low: quantile_of_sorted(&values, 0.5 * (1.0 - level)),
        high: quantile_of_sorted(&values, 0.5 * (1.0 + level)),
    })
}

/// Says in words what is wrong with draws; conditions are such that NaN does not meet them.
fn warnings(summaries: &[ParameterSummary], chains: &[Chain]) -> Vec<SamplingWarning> {
    let mut warnings = Vec::new();
    let required = EFFECTIVE_OF_A_CHAIN * chains.len() as f64;
    for summary in summaries {
        let parameter = || summary.parameter.clone();
        let mixed = summary.r_hat <= MIXED;
        if !mixed {
            warnings.push(SamplingWarning::NotMixed {
                parameter: parameter(),
                r_hat: summary.r_hat,
            });
        }
        let effective = summary.effective_bulk.min(summary.effective_tail);
        let enough = effective >= required;
        if !enough && summary.r_hat.is_finite() {
            warnings.push(SamplingWarning::TooFewEffective {
                parameter: parameter(),
                effective,
                required,
            });
        }
    }
    let sum = |of: fn(&Chain) -> usize| chains.iter().map(of).sum::<usize>();
    let draws = sum(|chain| chain.draws().len());
    let divergences = sum(Chain::divergences);
    if divergences > 0 {
        warnings.push(SamplingWarning::Diverged { divergences, draws });
    }
    let cut_short = sum(Chain::cut_short);
    if cut_short > 0 {
        warnings.push(SamplingWarning::CutShort { cut_short, draws });
    }
    warnings
}
