//! History to profile: one walk over a customer's tagged facts.
#![forbid(unsafe_code)]
