//! `patron clv`: purchase models by hand, on orders or on a summary that somebody made of them.
//!
//! | module | question it answers |
//! |---|---|
//! | `parameters` | which model is meant, and with which parameters? |
//! | `base` | what do the models know of the customers, and of what these bought afterwards? |
//! | `by_history` | which customers have the same history? |
//! | `parts` | how do all threads write one text? |
//! | `summary` | the same of a file with a row per customer |
//! | `fit` | which parameters fit, and how well are they determined? |
//! | `evaluate` | how good are the models, held against what came? |
//! | `predict` | what is expected of each customer? |
//! | `simulate` | which customers would a model make? |

mod base;
mod by_history;
mod error;
mod evaluate;
mod fit;
mod parameters;
mod parts;
mod predict;
mod simulate;
mod summary;

pub use base::{Base, BaseRequest, Customer, Source, customers};
pub use error::ClvError;
pub use evaluate::{Candidate, Evaluated, evaluated};
pub use fit::{Fit, FitCard, FittedParameter, fit, fit_spend};
pub use parameters::{model_of, with_parameters};
pub use parts::{in_parts, on_threads};
pub use predict::{OfHistory, PredictRequest, Prediction, Predictions, Value, predict};
pub use simulate::{SimulateRequest, Simulated, simulate};
