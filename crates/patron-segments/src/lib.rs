//! Vocabularies of segments and the SQL conditions that define them.
#![forbid(unsafe_code)]
