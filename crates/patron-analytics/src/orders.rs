//! Where a shop's rows come from: its files, or a query to its database.

use std::path::PathBuf;

use patron_core::{Day, Instant};
use patron_engine::{
    EngineError, Gathered, Progress, Query, RejectedSink, Resources, SourceError, gather,
    gather_query,
};
use patron_import::ImportOptions;

/// Reads the query if there is one, else the files.
pub(crate) fn gather_orders(
    files: &[PathBuf],
    query: Option<&Query>,
    options: &ImportOptions,
    resources: &Resources,
    rejected: &mut dyn RejectedSink,
    progress: &dyn Progress,
) -> Result<Gathered, EngineError> {
    if let Some(query) = query {
        return gather_query(query, options, resources, rejected, progress);
    }
    // Where facts are kept, so are the lists of a folder.
    let paths = patron_import::expand(files, options.with_details).map_err(SourceError::from)?;
    gather(&paths, options, resources, rejected, progress)
}

/// Returns the last day on which an order can have been placed by a time: somewhere it is tomorrow already.
pub(crate) fn latest_day(now: Instant) -> Day {
    const MICROS_PER_DAY: i64 = 86_400_000_000;
    let today = i32::try_from(now.0.div_euclid(MICROS_PER_DAY)).unwrap_or(i32::MAX - 1);
    Day(today.saturating_add(1))
}
