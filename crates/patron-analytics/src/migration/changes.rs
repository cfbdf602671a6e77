//! `patron changes`: who entered and left a place since the last run, why, and who will leave next by doing nothing.

use std::borrow::Cow;

use patron_core::Day;
use patron_engine::kept::KeptRun;
use patron_engine::{CustomerTable, Progress};

use super::ahead::{Leaving, leaving, windows_stand_still};
use super::error::MigrationError;
use super::ladder::{Ladder, LadderKind};
use super::placing::{Knives, Placer};
use super::walk::{Between, Mover, Period, Standing};
use crate::run::{RunError, folded_by};
use crate::shop::Shop;
use crate::workspace::kept::{FORM, KeptFolder};

/// With what customers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// What the last run of the workspace kept: what was known then.
    LastRun,
    /// A day, as it is known now.
    Day(Day),
}

/// What is asked besides the shop.
#[derive(Debug, Clone)]
pub struct ChangesRequest {
    /// By what customers are sorted.
    pub ladder: LadderKind,
    /// One place; all where nothing is named.
    pub place: Option<String>,
    /// With what they are compared.
    pub since: Since,
    /// For how many days is foretold who leaves by doing nothing; not at all without.
    pub ahead_days: Option<u16>,
}

/// Somebody whose place changes without an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Who.
    pub customer_id: String,
    /// Where they stand.
    pub from: u8,
    /// On which day, and to where.
    pub leaving: Leaving,
    /// The last day with an order.
    pub last_order: Day,
}

/// What changed.
#[derive(Debug, Clone)]
pub struct Changes {
    /// The places.
    pub ladder: Ladder,
    /// The place that was asked for.
    pub place: Option<u8>,
    /// What happened between both days.
    pub period: Period,
    /// Who moved, came or left, by id.
    pub movers: Vec<Mover>,
    /// Who leaves within the days asked for, the first to leave first; nothing where that was not asked for.
    pub expected: Option<Vec<Expected>>,
    /// Whether what is foretold holds windows still that move in truth.
    pub windows_stand_still: bool,
}

/// Compares customers with what they were.
///
/// # Errors
/// [`MigrationError::NoEarlierRun`], [`MigrationError::DaysReversed`], [`MigrationError::NoSuchPlace`] and what folding and
/// scoring give.
pub fn changed(
    shop: &Shop,
    request: &ChangesRequest,
    progress: &dyn Progress,
) -> Result<Changes, RunError> {
    let ladder = Ladder::new(request.ladder, &shop.settings.vocabulary);
    let place = match &request.place {
        None => None,
        Some(key) => Some(
            ladder
                .place_of(key)
                .ok_or_else(|| MigrationError::NoSuchPlace {
                    key: key.clone(),
                    known: ladder.keys.clone(),
                })?,
        ),
    };
    let before = match request.since {
        Since::LastRun => last_run(shop)?,
        Since::Day(day) => as_of(shop, day, progress)?,
    };
    let placer = Placer {
        settings: &shop.settings,
        ladder: &ladder,
    };
    let before = Standing::new(Cow::Owned(before), placer)?;
    let after = Standing::new(Cow::Borrowed(&shop.table), placer)?;
    let Some(placed) = &after.placed else {
        return Err(MigrationError::NobodyThen { day: shop.as_of() }.into());
    };
    let between = Between::new(&before, &after, placer)?;
    let period = Period {
        from: before.table.as_of.day,
        to: shop.as_of(),
        matrix: between.matrix(&before, &after, &ladder),
        is_split: between.is_split(),
        knives: Knives::of(&placed.scored),
        usual: None,
        usual_periods: 0,
        flow: None,
    };
    let expected = match request.ahead_days {
        None => None,
        Some(days) => Some(expected(shop, &after, placer, days)?),
    };
    Ok(Changes {
        movers: between.movers((&before, &after), placer, false),
        windows_stand_still: expected.is_some()
            && windows_stand_still(request.ladder, &shop.settings),
        period,
        place,
        expected,
        ladder,
    })
}

/// The customers of an earlier day, as it is known now.
fn as_of(shop: &Shop, day: Day, progress: &dyn Progress) -> Result<CustomerTable, RunError> {
    let to = shop.as_of();
    if day >= to {
        return Err(MigrationError::DaysReversed { from: day, to }.into());
    }
    let last = shop.fold_series(&[day], progress)?.by_day.pop();
    let table = last
        .map(|(table, _)| table)
        .filter(|table| !table.is_empty());
    Ok(table.ok_or(MigrationError::NobodyThen { day })?)
}

/// The customers of the last run of the workspace, as they were known then.
fn last_run(shop: &Shop) -> Result<CustomerTable, RunError> {
    let none = |reason: &str| MigrationError::NoEarlierRun {
        reason: reason.to_owned(),
    };
    let folder = KeptFolder::take(shop.workspace().folder());
    let folder = folder.map_err(|error| none(&error.to_string()))?;
    let folder = folder.ok_or_else(|| none("a run is under way"))?;
    let head = folder.head().map_err(|_| none("none kept anything"))?;
    if head.form != FORM {
        return Err(none("another patron made it").into());
    }
    let now = folded_by(&shop.settings, shop.files());
    let others = now
        .iter()
        .filter(|(name, value)| head.folded_by.get(*name) != Some(value));
    let others: Vec<&str> = others.map(|(name, _)| name.as_str()).collect();
    if !others.is_empty() {
        let others = others.join(", ");
        return Err(none(&format!("since then other settings hold: {others}")).into());
    }
    let kept = KeptRun::read(&folder.people(&head), &shop.settings.fold);
    Ok(kept.map_err(|error| none(&error.to_string()))?.table)
}

/// Who leaves a place within some days by doing nothing.
fn expected(
    shop: &Shop,
    standing: &Standing<'_>,
    placer: Placer<'_>,
    days: u16,
) -> Result<Vec<Expected>, RunError> {
    let Some(placed) = &standing.placed else {
        return Ok(Vec::new());
    };
    let until = shop.as_of().plus_days(i32::from(days));
    let found = leaving(&standing.table, placed, placer, until)?;
    let mut expected = Vec::new();
    for (row, leaving) in found.into_iter().enumerate() {
        let profile = standing.table.profiles.get(row);
        if let (Some(leaving), Some(&from), Some(profile)) =
            (leaving, placed.places.get(row), profile)
        {
            expected.push(Expected {
                customer_id: standing.table.ids.get(row).to_owned(),
                from,
                leaving,
                last_order: profile.last_day,
            });
        }
    }
    // Stable: of one day in the order of ids.
    expected.sort_by_key(|one| one.leaving.on);
    Ok(expected)
}

/// In how many days each customer leaves the primary segment by doing nothing.
pub(super) fn leaving_segments(shop: &Shop, days: u16) -> Result<Vec<Option<i32>>, RunError> {
    let ladder = Ladder::new(LadderKind::Segment, &shop.settings.vocabulary);
    let placer = Placer {
        settings: &shop.settings,
        ladder: &ladder,
    };
    let standing = Standing::new(Cow::Borrowed(&shop.table), placer)?;
    let Some(placed) = &standing.placed else {
        return Ok(Vec::new());
    };
    let now = shop.as_of();
    let found = leaving(&shop.table, placed, placer, now.plus_days(i32::from(days)))?;
    // A segment that asks for expected values is not followed: here nobody has any.
    let is_theirs = |row: usize| {
        let primary = shop.segments.primary.get(row).copied();
        placed.places.get(row).copied() == primary.map(|index| ladder.place_of_primary(index))
    };
    let in_days = |(row, leaving): (usize, Option<Leaving>)| {
        let leaving = leaving.filter(|_| is_theirs(row));
        leaving.map(|leaving| leaving.on.days_since(now))
    };
    Ok(found.into_iter().enumerate().map(in_days).collect())
}
