//! `patron clv`.
//!
//! | module | question it answers |
//! |---|---|
//! | [`calculator`] | is the textbook by hand right? |
//! | [`models`] | do fits, predictions and measures equal the published ones, from orders and from a summary? |
//! | [`predictions`] | do its forms, flags, levels and threads tell the same of everybody? |
//! | [`refusals`] | is what cannot be used refused, with what words? |

mod calculator;
mod models;
mod predictions;
mod refusals;
