//! What if every set of parameters counts that could have made the data?

use patron_stats::bayes::{BayesConfig, BayesError, PosteriorSampler, Sampled, SampledModel};
use patron_stats::bg_nbd::BgNbdConfig;
use patron_stats::gamma_gamma::GammaGammaConfig;
use patron_stats::intervals::ParameterDraws;
use patron_stats::mbg_nbd::MbgNbdConfig;
use patron_stats::mcmc::Sampling;
use patron_stats::pareto_nbd::ParetoNbdConfig;
use patron_stats::purchase::PurchaseModel;
use rayon::prelude::*;

use super::posterior::{PosteriorCard, SamplingRequest};
use super::{Base, ClvError, ClvModel};
use crate::model::ModelKey;

/// Draws at which every prediction is computed.
const DRAWS: usize = 199;

/// A model of repeat buying with draws of its parameters.
#[derive(Debug)]
pub struct DrawnFit {
    /// What draws say of the parameters.
    pub card: PosteriorCard,
    /// The model at the mode.
    pub(super) mode: Box<dyn PurchaseModel>,
    pub(super) draws: ParameterDraws,
}

/// The spend model likewise.
#[derive(Debug)]
pub struct DrawnSpend {
    /// What draws say of the parameters.
    pub card: PosteriorCard,
    pub(super) draws: ParameterDraws,
}

/// Samples the posterior of a model's parameters.
///
/// # Errors
/// [`ClvError::Bayes`]; [`ClvError::Sampling`]; [`ClvError::NoPosterior`] of a model that cannot be sampled.
pub fn fit_drawn(
    base: &Base,
    model: ClvModel,
    request: SamplingRequest,
    level: f64,
) -> Result<DrawnFit, ClvError> {
    let sampling = request.of(Sampling::default())?;
    let config = BayesConfig::default().with_sampling(sampling);
    let histories = base.histories();
    let of = (model.key(), (base.len(), sampling), level);
    match model {
        ClvModel::OfRun(ModelKey::BgNbd) => {
            let model = BgNbdConfig::default().build();
            drawn(of, &model.sampler(&histories, &config)?)
        }
        ClvModel::OfRun(ModelKey::MbgNbd) => {
            let model = MbgNbdConfig::default().build();
            drawn(of, &model.sampler(&histories, &config)?)
        }
        ClvModel::OfRun(ModelKey::ParetoNbd) => {
            let model = ParetoNbdConfig::default().build();
            drawn(of, &model.sampler(&histories, &config)?)
        }
        _ => Err(ClvError::NoPosterior { model: model.key() }),
    }
}

/// Samples the posterior of the spend model's parameters.
///
/// # Errors
/// [`ClvError::Bayes`]; [`ClvError::Sampling`].
pub fn fit_drawn_spend(
    base: &Base,
    request: SamplingRequest,
    level: f64,
) -> Result<DrawnSpend, ClvError> {
    let sampling = request.of(Sampling::default())?;
    let config = BayesConfig::default().with_sampling(sampling);
    let spends = base.spends();
    let model = GammaGammaConfig::default().build();
    let sampled = run(&model.sampler(&spends, &config)?, sampling)?;
    let posterior = sampled.posterior();
    let of = (spends.customers(), sampling);
    Ok(DrawnSpend {
        card: PosteriorCard::of("gamma-gamma", posterior, of, level)?,
        draws: sampled.draws(DRAWS.min(posterior.draws()))?,
    })
}

fn drawn<M: SampledModel + PurchaseModel + Clone + Send + 'static>(
    (key, of, level): (&'static str, (u64, Sampling), f64),
    sampler: &PosteriorSampler<M>,
) -> Result<DrawnFit, ClvError> {
    let sampled = run(sampler, of.1)?;
    let posterior = sampled.posterior();
    Ok(DrawnFit {
        card: PosteriorCard::of(key, posterior, of, level)?,
        mode: Box::new(sampled.mode().clone()),
        draws: sampled.draws(DRAWS.min(posterior.draws()))?,
    })
}

/// Walks all chains on the threads there are: each is a function of its number alone.
fn run<M: SampledModel>(
    sampler: &PosteriorSampler<M>,
    sampling: Sampling,
) -> Result<Sampled<M>, BayesError> {
    let chains = (0..sampling.chains()).into_par_iter();
    let chains = chains.map(|number| sampler.chain(number));
    sampler.gather(chains.collect::<Result<_, _>>()?)
}
