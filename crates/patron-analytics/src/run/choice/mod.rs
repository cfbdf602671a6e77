//! Which purchase model values the customers, why, and what is shown of it.
//!
//! | module | question it answers |
//! |---|---|
//! | `held` | whose later purchases are held out, and which? |
//! | `judge` | which model foretold them best, and was any baseline better? |
//! | `card` | what does the model say over time, and of whom? |
//! | `words` | how is it said? |

mod card;
mod held;
mod judge;
mod words;

pub(super) use card::picture;
pub use card::{ModelPicture, Prospects, Tracked};
pub use held::HeldOut;
pub(super) use judge::judge;
pub use judge::{BackTest, Contender, Judged, Why};
pub(super) use words::{how, of_choice};

#[cfg(test)]
mod tests;
