//! `patron policy` and `patron actions`: the policy table of a workspace, and whom it says to turn to this week.
//!
//! | module | question it answers |
//! |---|---|
//! | [`file`] | which policy holds in a workspace? |
//! | `stake` | what is lost if somebody has left? |
//! | `due` | who may be contacted this week? |
//! | `words` | why somebody, in a line, in three languages? |
//! | [`actions`] | whom to turn to, with what, at which cost? |

mod actions;
mod due;
mod file;
mod stake;
mod words;

pub use actions::{ActionsRequest, actions};
pub use due::{Contacts, Due};
pub use file::{POLICY, PolicyFileError, init_policy, policy_of};
pub use stake::value_at_stake;
