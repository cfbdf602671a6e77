//! Single values: dates, amounts, ids.

pub(crate) mod amount;
pub(crate) mod date;
pub(crate) mod id;
