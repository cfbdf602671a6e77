//! Movement between two days, or month by month, from one walk over the facts.

use patron_core::Day;
use patron_engine::{EngineError, Progress};

use super::error::MigrationError;
use super::ladder::{Ladder, LadderKind};
use super::periods::{Days, Schedule};
use super::placing::Placer;
use super::walk::{Listed, Mover, Period, Walk};
use crate::run::RunError;
use crate::shop::Shop;

/// What is asked besides the shop, whose as-of day is the later one.
#[derive(Debug, Clone, Copy)]
pub struct MigrationRequest {
    /// By what customers are sorted.
    pub ladder: LadderKind,
    /// Between which days.
    pub days: Days,
    /// How many periods of the same length before one tell what is usual.
    pub usual: u16,
    /// Who is listed of the last period, if anybody is.
    pub listed: Option<Listed>,
}

/// Who moved.
#[derive(Debug, Clone)]
pub struct Migration {
    /// The places.
    pub ladder: Ladder,
    /// The periods asked for, the last one last.
    pub periods: Vec<Period>,
    /// Who moved, came or left in the last of them, by id; empty where that was not asked for.
    pub movers: Vec<Mover>,
    /// Whether that was asked for.
    pub with_customers: bool,
}

/// Follows customers between days.
///
/// # Errors
/// [`MigrationError::DaysReversed`], [`MigrationError::NobodyThen`] and what folding and scoring give.
pub fn followed(
    shop: &Shop,
    request: &MigrationRequest,
    progress: &dyn Progress,
) -> Result<Migration, RunError> {
    let to = shop.as_of();
    if let Days::From(from) = request.days
        && from >= to
    {
        return Err(MigrationError::DaysReversed { from, to }.into());
    }
    let Schedule { days, asked } = Schedule::new(request.days, to, request.usual);
    let mut folded = shop.fold_series(&days, progress)?;
    let ladder = Ladder::new(request.ladder, &shop.settings.vocabulary);
    let placer = Placer {
        settings: &shop.settings,
        ladder: &ladder,
    };
    let mut walk = Walk::new(placer, usize::from(request.usual));
    if let Some(mut series) = folded.series.take() {
        while let Some(table) = series.next_table().map_err(EngineError::from)? {
            walk.take(table, None)?;
        }
    }
    if let Some((last, _)) = folded.by_day.pop() {
        walk.take(last, request.listed)?;
    }
    let (mut periods, movers) = (walk.periods, walk.movers);
    periods.drain(..periods.len().saturating_sub(asked));
    if periods.is_empty() {
        let day = days.last().copied().unwrap_or(to);
        return Err(MigrationError::NobodyThen { day }.into());
    }
    Ok(Migration {
        periods,
        movers,
        with_customers: request.listed.is_some(),
        ladder,
    })
}

/// Returns whether a day is the end of a month that was asked for as a whole.
#[must_use]
pub(super) fn ends_before(periods: &[Period], to: Day) -> bool {
    periods.last().is_some_and(|period| period.to < to)
}
