//! What happened around orders, read the same way by every study: whose fault it was, what came back, what contacts were about.

mod faults;
mod orders;
mod returns;

pub(crate) use faults::FaultWords;
pub(crate) use orders::{Fate, Placed, all_orders, names_any, order_of_contact};
pub(crate) use returns::{Categories, SHARE_PARTS, came_back, category, is_return};
