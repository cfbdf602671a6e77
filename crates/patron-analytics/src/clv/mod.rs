//! `patron clv`: purchase models by hand, on orders or on a summary that somebody made of them.
//!
//! | module | question it answers |
//! |---|---|
//! | `key` | which model is meant? |
//! | `parameters` | with which parameters? |
//! | `customers` | what is known of each, without more memory than that takes? |
//! | `base` | what do the models know of the customers, and of what these bought afterwards? |
//! | `by_history` | which customers have the same history? |
//! | `parts` | how do all threads write one text? |
//! | `sheet` | what stands in which cell of a small table? |
//! | `summary` | the same of a file with a row per customer |
//! | `fit` | which parameters fit, and how well are they determined? |
//! | `covariates` | what else about customers makes them buy or leave? |
//! | `posterior` | what do draws from a posterior say of parameters, and can they be believed? |
//! | `drawn` | what if every set of parameters counts that could have made the data? |
//! | `own` | what was drawn of whom, where every customer has own rates? |
//! | `abe` | which rates could these be, where buying and leaving go together? |
//! | `ggg` | and where everybody buys more, or less, regularly than at random? |
//! | `opportunities` | and where one can only buy at opportunities? |
//! | `contracts` | and where customers have contracts? |
//! | `evaluate` | how good are the models, held against what came? |
//! | `days` | on which days did customers buy? |
//! | `cells` | what says somebody who only knows cells of recency, frequency and money? |
//! | `tracking` | how do purchases add up over time, seen and expected? |
//! | `rolling` | how good were the models at several days? |
//! | `drift` | are customers won lately like those won before? |
//! | `page` | how does an evaluation look in a browser? |
//! | `predict` | what is expected of each customer? |
//! | `simulate` | which customers would a model make? |
//! | `steps` | where does the time go? |

mod abe;
mod base;
mod by_history;
mod cells;
mod contracts;
mod covariates;
mod customers;
mod days;
mod drawn;
mod drift;
mod error;
mod evaluate;
mod fit;
mod ggg;
mod key;
mod opportunities;
mod own;
mod page;
mod parameters;
mod parts;
mod posterior;
mod predict;
mod rolling;
mod sheet;
mod simulate;
mod steps;
mod summary;
mod tracking;

pub use abe::fit_abe;
pub use base::{Base, BaseRequest, Source, customers, settings_alone};
pub use contracts::{ContractKey, ContractRow, Contracts, contracts};
pub use covariates::{CovariateFit, CovariateRequest, fit_with_covariates};
pub use customers::{Customer, CustomerId, Customers};
pub use days::PurchaseDays;
pub use drawn::{DrawnFit, DrawnSpend, fit_drawn, fit_drawn_spend};
pub use drift::{Drift, Half, NoDrift};
pub use error::ClvError;
pub use evaluate::{Candidate, Evaluated, FrequencyGroup, evaluated};
pub use fit::{Fit, FitCard, FittedParameter, fit, fit_spend};
pub use ggg::fit_ggg;
pub use key::{ClvModel, StagesChoice};
pub use opportunities::{fit_opportunities, opportunities};
pub use own::{AbeFit, GggFit, OwnFit};
pub use page::page;
pub use parameters::with_parameters;
pub use parts::{in_parts, on_threads};
pub use posterior::{PosteriorCard, SampledParameter, SamplingRequest};
pub use predict::{
    ContractPrediction, ContractPredictions, OfHistory, Periods, PredictRequest, Prediction,
    Predictions, Value, predict, predict_contracts, predict_drawn, predict_opportunities,
    predict_own, predict_with_covariates,
};
pub use rolling::{AtOrigin, Rolling, RollingCandidate, rolling};
pub use simulate::{SimulateRequest, Simulated, simulate};
pub use tracking::Tracked;
