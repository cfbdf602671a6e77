//! History to profile: one walk over a customer's tagged facts.
//!
//! ```text
//! profile = fold(history(customer), as_of, settings)
//! ```
//!
//! The fold is a pure function of a slice of [`patron_core::Fact`]s: no IO, no clock, no engine. The embedded engine calls
//! it for every customer; `patron fold` offers it as a filter on standard input and output, which is how other engines
//! run it. So there is one definition of every number, wherever it runs.
//!
//! | module | question it answers |
//! |---|---|
//! | [`settings`] | what may the user decide about orders, and which days bound an as-of date? |
//! | [`orders`] | which orders do a customer's facts make, and what is each worth as of a day? |
//! | [`profile`] | what is known about a customer as of a day? |
//! | [`folder`] | how does one walk give the profiles of several as-of days? |
//! | [`steady`] | on which days around has a history the same profile? |
//! | [`protocol`] | how do histories and profiles travel as text between processes? |
//! | [`answer`] | what did such a process answer? |
#![forbid(unsafe_code)]

pub mod answer;
pub mod folder;
pub mod orders;
pub mod profile;
pub mod protocol;
pub mod settings;
pub mod steady;

pub use folder::{FoldError, Folder, OrderAsOf, Tally};
pub use profile::{NoOrderReason, Outcome, Profile};
pub use settings::{AsOf, FoldSettings, UnlinkedRefunds, ZeroOrders};
pub use steady::{Steadiness, Steady};
