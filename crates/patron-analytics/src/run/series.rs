//! `customers_by_month.parquet`: who customers were as of each month-end, by that day's own cut points.

use std::path::Path;

use patron_core::Day;
use patron_engine::output::{Columns, ParquetTable, ScoredCustomers};
use patron_engine::scoring::Segments;
use patron_engine::{CustomerTable, EngineError, Series};

use super::error::RunError;
use super::execute::score;
use super::value::historic_values;
use crate::settings::Resolved;

/// The file's name.
pub(super) const FILE: &str = "customers_by_month.parquet";

/// Writes the customers of each day, one day after another; one day is in memory at a time.
///
/// # Errors
/// [`RunError::AsOf`], [`RunError::NoMonthEnd`], and those of writing.
pub(super) fn write(
    folder: &Path,
    mut series: Series,
    settings: &Resolved,
    as_of: Day,
) -> Result<(), RunError> {
    let path = folder.join(FILE);
    let mut file = None;
    while let Some(table) = series.next_table().map_err(EngineError::from)? {
        // Before the first order there is nobody to score.
        if !table.is_empty() {
            let day = table.as_of.day;
            append(&path, &mut file, &table, settings).map_err(|error| RunError::AsOf {
                day,
                source: Box::new(error),
            })?;
        }
    }
    let file: ParquetTable = file.ok_or(RunError::NoMonthEnd { as_of })?;
    Ok(file.close()?)
}

fn append(
    path: &Path,
    file: &mut Option<ParquetTable>,
    table: &CustomerTable,
    settings: &Resolved,
) -> Result<(), RunError> {
    let scored = score(table, settings)?;
    let customers = ScoredCustomers {
        table,
        scores: &scored.scores,
        octants: &scored.octants,
        lifecycle: &scored.lifecycle,
        values: &historic_values(table, settings),
    };
    let segments = Segments::new(&customers, &settings.vocabulary)?;
    let columns = Columns::by_month(&customers, &segments);
    let file = match file {
        Some(file) => file,
        None => file.insert(ParquetTable::by_month(path, columns.schema())?),
    };
    Ok(file.append(&columns, table.len())?)
}
