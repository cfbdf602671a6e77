//! Sources, grouping, spilling, parallel folds and scoring.
#![forbid(unsafe_code)]
