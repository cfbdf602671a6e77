//! A believable shop with a known truth, from a seed.
#![forbid(unsafe_code)]
