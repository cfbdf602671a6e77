//! The binary `patron`.
#![forbid(unsafe_code)]
fn main() {}
