//! Statistics of a customer base on slices and structs: purchase models, spend, value, cut points.
//!
//! Plain Rust with no IO, clock, threads or columns in it. A model is three types: a config that may be wrong, the model
//! ready to be fitted, and the fitted model that can predict.
//!
//! | module | question it answers |
//! |---|---|
//! | [`history`] | what does a purchase model know of a customer? |
//! | [`bg_nbd`], [`mbg_nbd`], [`pareto_nbd`] | who is still a customer, and how often will they buy? |
//! | [`ggom_nbd`] | the same where customers leave more readily as they age |
//! | [`pareto_nbd_abe`] | the same where rates of buying and leaving go together, and depend on covariates |
//! | [`pareto_ggg`] | the same where every customer buys more, or less, regularly than at random |
//! | [`bg_bb`] | the same where there are opportunities to buy, one after the other |
//! | [`sbg`], [`bdw`], [`contract`] | how long will customers with a contract stay? |
//! | [`bg_cnbd`], [`mbg_cnbd`] | the same where purchases come more regularly than at random |
//! | [`regularity`] | how regularly do they come? |
//! | [`nbd`] | what if nobody ever left? |
//! | [`covariates`] | the same where customers differ by channel, sex, or whatever else is known of them |
//! | [`likelihood_ratio`] | does the larger of two models explain more than chance would? |
//! | [`purchase`] | what can every such model say, and how are a million customers forecast? |
//! | [`beta_geometric`] | what do BG/NBD and MBG/NBD have in common? |
//! | [`gamma_gamma`] | how much will they spend each time? |
//! | [`outcome`] | between which bounds will a customer's value end up? |
//! | [`validation`] | were they right, and which model is to be used? |
//! | [`textbook`] | what does the back of an envelope say? |
//! | [`scores`] | where are the cut points, and which score has a value? |
//! | [`summary`], [`correlation`], [`lorenz`] | how is a column distributed, related, concentrated? |
//! | [`intervals`] | how surely are expectations known? |
//! | [`mcmc`] | can draws from a posterior be trusted, and what do they say? |
//! | `bayes` (a feature) | what do BG/NBD, MBG/NBD, Pareto/NBD and Gamma-Gamma say when every set of parameters counts? |
//! | [`estimate`] | how well is a fit determined, and what went wrong, in words? |
//! | [`kaplan_meier`] | what share has not bought again t days later, where not all have been watched for so long? |
//! | [`rates`] | how often does it happen, here and with one customer, and is that more than elsewhere? |
//! | [`pooling`] | what is each of several groups like, where some are small? |
//! | [`matched`] | how much do two groups differ among customers who were alike before? |
//! | [`promoters`] | would they recommend the shop? |
//! | [`flow`] | did more customers move than usual, and where? |
//! | [`response`] | what does one more customer cost? |
//! | [`shapley`] | which part of a change is due to which factor? |
//! | [`weights`] | how much is each aspect to count? |
//! | [`distributions`], [`level`] | how far out is that, by chance, and how sure is an interval to be? |
//! | [`special`] | gamma function and its derivatives, exponential integral |
#![forbid(unsafe_code)]

#[cfg(feature = "bayes")]
pub mod bayes;
pub mod bdw;
pub mod beta_geometric;
pub mod bg_bb;
pub mod bg_cnbd;
pub mod bg_nbd;
pub mod contract;
pub mod correlation;
pub mod covariates;
pub mod distributions;
pub mod estimate;
pub mod flow;
pub mod gamma_gamma;
pub mod ggom_nbd;
pub mod history;
pub mod intervals;
pub mod kaplan_meier;
pub mod level;
pub mod likelihood_ratio;
pub mod lorenz;
pub mod matched;
pub mod mbg_cnbd;
pub mod mbg_nbd;
pub mod mcmc;
pub mod nbd;
pub mod outcome;
pub mod pareto_ggg;
pub mod pareto_nbd;
pub mod pareto_nbd_abe;
pub mod pooling;
pub mod promoters;
pub mod purchase;
pub mod rates;
pub mod regularity;
pub mod response;
pub mod sbg;
pub mod scores;
pub mod shapley;
pub mod special;
pub mod summary;
pub mod textbook;
pub mod validation;
pub mod weights;

mod erlang;
mod fitting;
mod matrix;
mod mixture;
mod optimise;
mod quadrature;
mod sample;
mod ways;
