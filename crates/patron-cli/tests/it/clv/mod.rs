//! `patron clv`.
//!
//! | module | question it answers |
//! |---|---|
//! | [`calculator`] | is the textbook by hand right? |
//! | [`covariates`] | do models with covariates give the published fits, with an account of every row? |
//! | [`evaluation`] | are tracking, calibration, baselines, other origins, drift and the page what orders and formulas say? |
//! | [`models`] | do fits, predictions and measures equal the published ones, from orders and from a summary? |
//! | [`other_models`] | do stages, opportunities and contracts give the published fits? |
//! | [`other_predictions`] | and predictions what papers and closed forms say? |
//! | [`posteriors`] | are draws of parameters from the right posterior, and predictions means over them? |
//! | [`predictions`] | do its forms, flags, levels and threads tell the same of everybody? |
//! | [`timings`] | are customers whose regularity is their own found again, and is what they will buy foretold? |
//! | [`refusals`] | is what cannot be used refused, with what words? |

mod calculator;
mod covariates;
mod evaluation;
mod models;
mod other_models;
mod other_predictions;
mod posteriors;
mod predictions;
mod refusals;
mod timings;
