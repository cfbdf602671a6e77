//! Whole posteriors of BG/NBD, MBG/NBD, Pareto/NBD and Gamma-Gamma, by the no-U-turn sampler.
//!
//! Maximum likelihood gives one set of parameters, and takes the likelihood for a bell about it. Here every set that could have made
//! the data counts by its probability, given what was known before:
//!
//! ```text
//! p(θ | data) ∝ L(data | θ)·p(θ)        θ = ln(parameters), so that all of them are positive and scales do not matter
//! ```
//!
//! The likelihood is that of the fits, over distinct histories with their counts, with its exact gradient. Priors are stated, weak, and
//! can be changed ([`Prior`], [`BayesConfig::with_prior`]). Draws of θ become intervals of every prediction as those of
//! [`intervals`](crate::intervals) do: [`Sampled::draws`] gives them the form that forecasters take.
//!
//! Only with the feature `bayes`: the sampler of the crate `nuts-rs` brings a library of linear algebra that nothing else needs.
//!
//! | module | question it answers |
//! |---|---|
//! | `prior` | what was known before? |
//! | `config` | how is it sampled? |
//! | `density` | how probable is a set of parameters, and which way is uphill? |
//! | `nuts` | how does a chain walk? |
//! | `sampler` | where do chains start, and what do they make together? |
//! | `models` | which models can be sampled, with which priors unless others are given? |
//! | `sampled` | what do the draws say of customers? |

mod config;
mod density;
mod models;
mod nuts;
mod prior;
mod sampled;
mod sampler;

pub use config::{BayesConfig, BayesError};
pub use models::SampledModel;
pub use prior::Prior;
pub use sampled::Sampled;
pub use sampler::PosteriorSampler;
