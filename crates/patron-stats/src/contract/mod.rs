//! Contracts that come up for renewal: how long will customers stay?
//!
//! Here leaving is seen. At each renewal a customer leaves with an own probability θ, beta distributed over customers; sBG lets it
//! stay what it is, beta-discrete-Weibull lets it rise or fall with the number of renewals. The two share everything but
//! the exponent c, which is 1 in sBG.
//!
//! | module | question it answers |
//! |---|---|
//! | `histories` | what do the models know of customers? |
//! | `survival` | how many stay for how long, and how does that move with the parameters? |
//! | `fitting` | how likely are the histories, and which parameters make them likeliest? |
//! | `model` | what can both fitted models say? |

mod fitting;
mod histories;
mod model;
mod survival;

pub use histories::{ContractError, ContractHistories, ContractHistory};
pub use model::{ContractModel, SimulatedContract};

pub(crate) use fitting::{MinimumLeavers, fit};
pub(crate) use model::contract_model;
pub(crate) use survival::Staying;
