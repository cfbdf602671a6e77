//! Which models can be sampled, with which priors unless others are given.

use super::density::Posed;
use super::{BayesConfig, BayesError, PosteriorSampler, Prior};
use crate::beta_geometric::{BetaGeometric, Dropout};
use crate::bg_nbd::{BgNbd, FittedBgNbd};
use crate::covariates::{CovariateModel, Family};
use crate::estimate::{FitError, exactly};
use crate::fitting::MinimumRepeatBuyers;
use crate::gamma_gamma::{FittedGammaGamma, GammaGamma, GammaGammaParameters, SpendHistories};
use crate::history::WeightedHistories;
use crate::mbg_nbd::{FittedMbgNbd, MbgNbd};
use crate::pareto_nbd::{FittedParetoNbd, ParetoLaws, ParetoNbd};

/// A model that a draw of parameters makes.
pub trait SampledModel: Sized {
    /// Makes the model of parameters in the order of the paper.
    ///
    /// # Errors
    /// [`FitError::ParametersMiscounted`]; [`FitError::ParameterNotPositive`].
    fn of_values(values: &[f64]) -> Result<Self, FitError>;
}

impl SampledModel for FittedBgNbd {
    fn of_values(values: &[f64]) -> Result<Self, FitError> {
        Self::from_values(values)
    }
}

impl SampledModel for FittedMbgNbd {
    fn of_values(values: &[f64]) -> Result<Self, FitError> {
        Self::from_values(values)
    }
}

impl SampledModel for FittedParetoNbd {
    fn of_values(values: &[f64]) -> Result<Self, FitError> {
        Self::from_values(values)
    }
}

impl SampledModel for FittedGammaGamma {
    fn of_values(values: &[f64]) -> Result<Self, FitError> {
        let [p, q, gamma] = exactly(values)?;
        Self::from_parameters(GammaGammaParameters { p, q, gamma })
    }
}

/// A shape, as likely above as below: 95 % between a nineteenth and nineteen times as much.
const fn shape(median: f64) -> Prior {
    Prior::LogNormal {
        median,
        ln_standard_deviation: 1.5,
    }
}

/// A scale, in the unit of the data: 95 % between a fiftieth and fifty times as much.
const fn scale(median: f64) -> Prior {
    Prior::LogNormal {
        median,
        ln_standard_deviation: 2.0,
    }
}

/// Poses BG/NBD or MBG/NBD.
fn of_coins<M: SampledModel>(
    dropout: Dropout,
    likelihood: fn(&[f64; 4], &WeightedHistories) -> crate::optimise::Evaluation<4>,
    histories: &WeightedHistories,
    minimum: MinimumRepeatBuyers,
    config: &BayesConfig,
) -> Result<PosteriorSampler<M>, BayesError> {
    minimum.check(histories.repeat_buyers())?;
    let weak = [
        shape(1.0),
        scale(1.0 / histories.overall_rate()),
        shape(1.0),
        shape(1.0),
    ];
    let names = BetaGeometric::NAMES;
    let posed = Posed::new(histories.clone(), likelihood, config.priors(names, weak)?);
    PosteriorSampler::new(names, &dropout.starts(histories), posed, config)
}

impl BgNbd {
    /// Poses the model to histories, ready to be sampled.
    ///
    /// # Model
    ///
    /// The likelihood of [`BgNbd::fit`], and before the data
    ///
    /// ```text
    /// ln r, ln a, ln b ~ N(0, 1.5²)        ln α ~ N(ln of the mean time between purchases, 2²)
    /// ```
    ///
    /// The mean time between purchases is that of all customers together, time as a customer or not: it says in which unit time is
    /// counted, so that days and weeks give the same posterior.
    ///
    /// # Errors
    /// [`BayesError::Fit`] as [`BgNbd::fit`]; [`BayesError::ParameterUnknown`] for a prior of another name.
    ///
    /// # Examples
    /// ```
    /// use patron_stats::bayes::BayesConfig;
    /// use patron_stats::bg_nbd::{BgNbdConfig, BgNbdParameters, FittedBgNbd};
    /// use patron_stats::history::{History, WeightedHistories};
    /// use patron_stats::mcmc::Sampling;
    /// use patron_stats::purchase::PurchaseModel;
    /// use rand::SeedableRng;
    ///
    /// // 500 customers of a known shop.
    /// let truth = FittedBgNbd::from_parameters(BgNbdParameters { r: 0.9, alpha: 5.0, a: 0.5, b: 3.0 })?;
    /// let mut generator = rand_chacha::ChaCha12Rng::seed_from_u64(2);
    /// let customers: Result<Vec<_>, _> = (0..500).map(|_| truth.simulate(&mut generator, 50.0, 0.0)).collect();
    /// let histories = WeightedHistories::from_histories(customers?.iter().map(|c| (c.history, 1)));
    ///
    /// let sampling = Sampling::default().with_draws(500)?;
    /// let config = BayesConfig::default().with_sampling(sampling);
    /// let sampled = BgNbdConfig::default().build().sampler(&histories, &config)?.run()?;
    /// assert!(sampled.posterior().warnings().is_empty());
    /// let r = sampled.posterior().summary("r").ok_or("no such parameter")?;
    /// assert!((r.mean - 0.9).abs() < 4.0 * r.standard_deviation);
    ///
    /// // Purchases of the next year expected of one customer, between which bounds?
    /// let forecaster = sampled.forecaster(199, 52.0, 0.0, 0.9)?;
    /// let customer = History::new(4, 30.0, 50.0)?;
    /// let mean = forecaster.mean(&customer).expected_purchases;
    /// assert!(forecaster.forecast(&customer).expected_purchases.contains(mean));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sampler(
        &self,
        histories: &WeightedHistories,
        config: &BayesConfig,
    ) -> Result<PosteriorSampler<FittedBgNbd>, BayesError> {
        let likelihood = |parameters: &[f64; 4], histories: &WeightedHistories| {
            Dropout::AfterRepeatPurchase.evaluate(parameters, histories)
        };
        let minimum = self.minimum();
        of_coins(
            Dropout::AfterRepeatPurchase,
            likelihood,
            histories,
            minimum,
            config,
        )
    }
}

impl MbgNbd {
    /// Poses the model to histories, ready to be sampled.
    ///
    /// # Model
    ///
    /// The likelihood of [`MbgNbd::fit`], and before the data what [`BgNbd::sampler`] says.
    ///
    /// # Errors
    /// [`BayesError::Fit`] as [`MbgNbd::fit`]; [`BayesError::ParameterUnknown`] for a prior of another name.
    pub fn sampler(
        &self,
        histories: &WeightedHistories,
        config: &BayesConfig,
    ) -> Result<PosteriorSampler<FittedMbgNbd>, BayesError> {
        let likelihood = |parameters: &[f64; 4], histories: &WeightedHistories| {
            Dropout::AfterAnyPurchase.evaluate(parameters, histories)
        };
        let minimum = self.minimum();
        of_coins(
            Dropout::AfterAnyPurchase,
            likelihood,
            histories,
            minimum,
            config,
        )
    }
}

impl ParetoNbd {
    /// Poses the model to histories, ready to be sampled.
    ///
    /// # Model
    ///
    /// The likelihood of [`ParetoNbd::fit`], and before the data
    ///
    /// ```text
    /// ln r, ln s ~ N(0, 1.5²)        ln α ~ N(ln of the mean time between purchases, 2²)        ln β ~ N(ln of the mean age, 2²)
    /// ```
    ///
    /// # Errors
    /// [`BayesError::Fit`] as [`ParetoNbd::fit`]; [`BayesError::ParameterUnknown`] for a prior of another name.
    pub fn sampler(
        &self,
        histories: &WeightedHistories,
        config: &BayesConfig,
    ) -> Result<PosteriorSampler<FittedParetoNbd>, BayesError> {
        self.minimum().check(histories.repeat_buyers())?;
        let likelihood = |parameters: &[f64; 4], histories: &WeightedHistories| {
            ParetoLaws.evaluate(parameters, histories)
        };
        let weak = [
            shape(1.0),
            scale(1.0 / histories.overall_rate()),
            shape(1.0),
            scale(histories.mean_age()),
        ];
        let names = ["r", "alpha", "s", "beta"];
        let posed = Posed::new(histories.clone(), likelihood, config.priors(names, weak)?);
        let starts = ParetoLaws.starts(histories);
        let starts: Vec<[f64; 4]> = starts;
        PosteriorSampler::new(names, &starts, posed, config)
    }
}

impl GammaGamma {
    /// Poses the model to spends, ready to be sampled.
    ///
    /// # Model
    ///
    /// The likelihood of [`GammaGamma::fit`], and before the data
    ///
    /// ```text
    /// ln p, ln q ~ N(ln 2, 1.5²)        ln γ ~ N(ln of the mean of the customers' mean spends, 2²)
    /// ```
    ///
    /// # Errors
    /// [`BayesError::Fit`] as [`GammaGamma::fit`]; [`BayesError::ParameterUnknown`] for a prior of another name.
    pub fn sampler(
        &self,
        spends: &SpendHistories,
        config: &BayesConfig,
    ) -> Result<PosteriorSampler<FittedGammaGamma>, BayesError> {
        self.check(spends)?;
        let weak = [shape(2.0), shape(2.0), scale(spends.mean_of_means())];
        let names = crate::gamma_gamma::NAMES;
        let posed = Posed::new(
            spends.clone(),
            crate::gamma_gamma::evaluate,
            config.priors(names, weak)?,
        );
        PosteriorSampler::new(names, &crate::gamma_gamma::starts(spends), posed, config)
    }
}
