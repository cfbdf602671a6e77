//! `patron migration` and `patron changes`: who moved from which segment, octant or stage to which between two days, with what
//! money, whether they moved or the cut points did, and who is about to move by doing nothing.
//!
//! | module | question it answers |
//! |---|---|
//! | `ladder` | on which places can customers stand, and which is higher? |
//! | `periods` | which days are compared, and which tell what is usual? |
//! | `placing` | where do customers stand as of a day, by its own cut points or by another day's? |
//! | `matrix` | how many went from where to where, with what money, and by what? |
//! | `crossing` | which value crossed which knife? |
//! | `walk` | what happened from one day to the next? |
//! | `between` | how does all that come from one walk over the facts? |
//! | `ahead` | when will somebody leave their place by doing nothing? |
//! | [`changes`] | who entered and left a place since the last run? |
//! | `tables` | how is all this told? |

mod ahead;
mod between;
mod changes;
mod crossing;
mod error;
mod ladder;
mod matrix;
mod periods;
mod placing;
mod tables;
mod walk;

use patron_engine::Progress;

use crate::run::RunError;
use crate::shop::Shop;
use crate::study::Study;

pub use ahead::Leaving;
pub use between::{Migration, MigrationRequest, followed};
pub use changes::{Changes, ChangesRequest, Expected, Since, changed};
pub use crossing::Crossing;
pub use error::MigrationError;
pub use ladder::{Direction, Ladder, LadderKind};
pub use matrix::{Cell, Crowd, Driver, Matrix, Move};
pub use periods::Days;
pub use placing::Knives;
pub use walk::{Listed, Mover, Period};

/// `patron migration`: who went from where to where between two days, or month by month.
///
/// # Errors
/// As [`followed`].
pub fn migration(
    shop: &Shop,
    request: &MigrationRequest,
    progress: &dyn Progress,
) -> Result<Study, RunError> {
    Ok(tables::of_migration(
        shop,
        &followed(shop, request, progress)?,
    ))
}

/// `patron changes`: who entered and left a place since the last run, why, and who leaves next by doing nothing.
///
/// # Errors
/// As [`changed`].
pub fn changes(
    shop: &Shop,
    request: &ChangesRequest,
    progress: &dyn Progress,
) -> Result<Study, RunError> {
    Ok(tables::of_changes(shop, &changed(shop, request, progress)?))
}

/// Returns in how many days each customer leaves the primary segment by doing nothing, by row of the shop's table; nothing for
/// who does not within the days asked for.
///
/// # Errors
/// What scoring gives.
pub(crate) fn leaving_segments(shop: &Shop, days: u16) -> Result<Vec<Option<i32>>, RunError> {
    changes::leaving_segments(shop, days)
}
