//! Development only: seeded generators, tolerances, the loader of reference numbers.
#![forbid(unsafe_code)]
