//! A believable shop with a known truth, from a seed.
//!
//! [`generate`] writes the records of an invented shop in the canonical tables' CSV form, and beside them, in `truth/`,
//! what they were generated from. The process is none of the models that patron fits: buyers are regular to differing
//! degrees, seasons and promotions speed up and slow down everybody's clock, spending goes with frequency, lifetimes are
//! Weibull and end early after bad experiences. So a model that recovers the truth does so on its merits.
//!
//! | module | question it answers |
//! |---|---|
//! | [`parameters`] | from which numbers is the shop made? Frozen |
//! | [`catalogue`] | what does it sell? |
//! | `shop` | what is the same for every customer: dates, seasons, promotions, advertising, campaigns? |
//! | `person` | who is this customer, hidden traits included? |
//! | `history` | what did the customer buy, when, and when did they leave? |
//! | `renewal` | how many purchases are to be expected from a state, exactly? |
//! | `order` | what is in an order, and what became of it? |
//! | `footprints` | which events and survey answers went with it? |
//! | `futures` | what was to be expected of the customer after the end? |
//! | `tables` | how are rows of each file written? |
//! | `sorter` | how do rows get into order of time in little memory? |
//! | `draw` | where does chance come from, the same on every machine? |
#![forbid(unsafe_code)]
#![expect(
    clippy::indexing_slicing,
    reason = "tables of fixed length, indexed by days, channels and products that are bounded where they are drawn"
)]

pub mod catalogue;
mod draw;
mod error;
mod footprints;
mod futures;
mod generate;
mod history;
mod names;
mod order;
pub mod parameters;
mod person;
mod renewal;
mod shop;
mod sorter;
mod tables;

pub use error::DemoError;
pub use generate::{DemoFile, DemoOptions, DemoSummary, generate};
