//! The policy table: what to offer whom, how often to write, how large a discount may be, and which rule wins.
//!
//! | module | question it answers |
//! |---|---|
//! | [`table`] | of what does a policy consist, and how is a file of one read? |
//! | [`decision`] | which rules apply to somebody, and which of them wins each field? |
//! | `review` | which rules can never win, and who is left without an action? |
//! | [`error`] | what can be wrong with a policy? |

pub mod decision;
pub mod error;
pub mod review;
pub mod table;

pub use decision::{Decision, Taken, Who};
pub use error::PolicyError;
pub use review::{PolicyReview, review};
pub use table::{AtStakeUnit, DiscountStep, Field, PolicyTable, Rule, SHIPPED_POLICY};
