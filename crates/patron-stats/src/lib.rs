//! Statistics of a customer base on slices and structs: purchase models, spend, cut points.
#![forbid(unsafe_code)]

pub mod scores;
