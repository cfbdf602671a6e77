//! How much each of several aspects is to count.
//!
//! | module | question it answers |
//! |---|---|
//! | `comparisons` | which weights follow from saying of every two which counts more (AHP), and does what was said hold together? |
//! | `entropy` | which weights follow from how far the values of each aspect lie apart? |

mod comparisons;
mod entropy;

pub use comparisons::{
    ACCEPTABLE_RATIO, ComparisonError, Comparisons, MOST_ASPECTS, RECIPROCAL_WITHIN,
};
pub use entropy::{EntropyError, EntropyWeights, entropy_weights};
