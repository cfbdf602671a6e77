//! `patron run`.
//!
//! | module | question it answers |
//! |---|---|
//! | [`online_retail`] | do the rows of a famous file add up, and does a famous tutorial come out? |
//! | [`r_rfm`] | does R's package give the same scores? |
//! | [`cdnow`] | do the models' published estimates come out of the command? |
//! | [`determinism`] | do threads, memory, order of rows or division into files change a byte? |

mod cdnow;
mod determinism;
mod online_retail;
mod r_rfm;
