//! Draws from a posterior: how they are made, whether they can be trusted, and what they say.
//!
//! What every sampler of the crate shares, whichever way it draws. A chain is a walk through the posterior; several of them, from
//! starts apart, must have found the same place. Whether they have is measured for every parameter, and told in words where they
//! have not: there is no result without that.
//!
//! | module | question it answers |
//! |---|---|
//! | `sampling` | how many chains, how long, from which seed? |
//! | `steps` | how long are the steps of a random walk, and in which directions? |
//! | `chains` | what did they draw? |
//! | `ranks` | how are draws compared that may have no variance? |
//! | `mixing` | have the chains found the same place? |
//! | `effective` | how many independent draws are they worth? |
//! | `posterior` | what do they say of a parameter, and what must a reader know? |

mod chains;
mod effective;
mod mixing;
mod posterior;
mod ranks;
mod sampling;
mod steps;

pub use chains::Chain;
pub use effective::{effective_bulk, effective_mean, effective_tail};
pub use mixing::r_hat;
pub use posterior::{ParameterSummary, Posterior, SamplingWarning};
pub use sampling::{Sampling, SamplingError};

pub(crate) use posterior::central;
pub(crate) use steps::Steps;
