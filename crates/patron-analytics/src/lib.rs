//! Use cases: what patron does, from a request to its results.
//!
//! | module | question it answers |
//! |---|---|
//! | [`settings`] | what may be set, by flag, file, preset or default, and which of them holds? |
//! | [`workspace`] | where are a shop's settings and facts kept? |
//! | [`import`] | how do a shop's files come into the ledger, every row accounted for? |
//! | `orders` | where do a shop's rows come from: files, or a query? |
//! | [`refresh`] | how do facts come by themselves: from a folder, a query, a shop's interface? |
//! | [`export`] | how do the facts of a workspace become files for other programs? |
//! | [`backup`] | how is a workspace copied at one moment, and made anew from the copy? |
//! | [`customer`] | what is known of one customer? |
//! | [`clv`] | which purchase model fits, what does it expect, and how good is it? |
//! | [`migration`] | who moved from which segment to which, why, and who is about to? |
//! | [`model`] | which purchase models are there? |
//! | [`value`] | what do customers bring, now and later, how loyal and reliable are they, and how far may they grow? |
//! | [`equity`] | what are all customers together expected to bring, quarter by quarter? |
//! | [`groups`] | what are customers of each attribute worth, and in what do the best differ? |
//! | [`survey`] | what did customers answer, beside what they are worth? |
//! | `threads` | on how many threads? |
//! | [`shop`] | what do value analytics start from: everybody scored and valued, with each one's whole file? |
//! | [`study`] | in which one shape are results told, as tables, JSON, CSV and Parquet? |
//! | [`behaviours`] | who buys only at a discount, sends nearly all back, was let down, comes less often? |
//! | `conduct` | whose fault was it, what came back, what was a contact about? |
//! | [`channels`] | what are customers of each channel worth, beside what it cost to win them? |
//! | [`policy`] | what to do for whom, and whom to turn to this week? |
//! | [`cohorts`] | who stays, what do they bring as they grow older, and how soon do they buy again? |
//! | [`pareto`] | how much do the best bring, by revenue, by what is left, by what is to come? |
//! | [`drivers`] | why is revenue not what it was: fewer buyers, fewer orders, smaller ones? |
//! | [`profit`] | what is left of each order and customer after what they cost? |
//! | [`run`] | how do orders become valued customers, tables and a report? |
#![forbid(unsafe_code)]

pub mod backup;
pub mod behaviours;
mod beside;
pub mod channels;
pub mod clv;
pub mod cohorts;
mod conduct;
pub mod customer;
pub mod drivers;
pub mod equity;
pub mod export;
pub mod groups;
pub mod identity;
pub mod import;
pub mod migration;
pub mod model;
mod orders;
pub mod pareto;
pub mod policy;
pub mod profit;
pub mod refresh;
pub mod run;
pub mod settings;
pub mod shop;
pub mod study;
pub mod survey;
mod threads;
pub mod value;
pub mod workspace;
