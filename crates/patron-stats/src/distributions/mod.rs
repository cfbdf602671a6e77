//! Tails and quantiles of the distributions that intervals and tests are read from.
//!
//! | module | question it answers |
//! |---|---|
//! | `gamma` | how far out is that: normal, chi-square, Kolmogorov, gamma? |
//! | `beta` | the same for beta, Student's t and Fisher's F |

mod beta;
mod gamma;

pub use beta::{
    beta_above, beta_below, beta_quantile, fisher_above, student_above, student_quantile,
};
pub use gamma::{
    chi_square_above, gamma_above, gamma_below, gamma_quantile, kolmogorov_above, normal_above,
    normal_quantile,
};

pub(crate) use gamma::gamma_shares;
