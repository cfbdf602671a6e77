//! Where a shop's rows come from: its files, or a query to its database.

use std::path::PathBuf;

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
