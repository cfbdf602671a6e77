//! Covariates that do not change: what is known of a customer beside the purchases, such as channel or sex.
//!
//! A covariate multiplies a parameter of the model for the customers who have it, so that every customer has a model of the
//! same kind at own parameters, and all forecasts follow. What acts on buying and what acts on leaving are listed apart:
//!
//! ```text
//! purchase     α_i = α·exp(−γ′z_i)     all models        γ > 0: buys more often
//! dropout      β_i = β·exp(−γ′z_i)     Pareto/NBD        γ > 0: leaves sooner
//! dropout_a    a_i = a·exp(+γ′z_i)     BG/NBD, MBG/NBD   γ > 0: leaves sooner
//! dropout_b    b_i = b·exp(+γ′z_i)     BG/NBD, MBG/NBD   γ > 0: leaves later
//! ```
//!
//! | module | question it answers |
//! |---|---|
//! | `histories` | who has which covariates and which purchases? |
//! | `place` | what can a covariate act on, and in which direction? |
//! | `config` | which columns act on what, what is held fixed or equal, and what is penalised? |
//! | `columns` | where is a column's middle, how wide is it, and do others say the same? |
//! | `layout` | which numbers are free to move, and which column do they belong to? |
//! | `likelihood` | how likely are the histories, and which way is uphill? |
//! | `fitting` | which parameters and effects make them likeliest? |
//! | `fitted` | what is known of the effects, and which model does a customer have? |
//! | `own` | how surely is that model known? |
//! | `error` | what went wrong, in words? |

mod columns;
mod config;
mod error;
mod fitted;
mod fitting;
mod histories;
mod layout;
mod likelihood;
mod own;
mod place;

pub use config::{Covariates, CovariatesConfig};
pub use error::CovariateError;
pub use fitted::{Constraint, Effect, WithCovariates};
pub use histories::{CovariateHistories, Profile};
pub use place::{CovariateModel, MovedParameter, Place};

pub(crate) use fitting::{Family, fit};
pub(crate) use place::{COINS, RATES};
