//! The lists of rows that imports set aside, without a person's rows.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::WorkspaceError;

/// Column of the customer in a list.
const CUSTOMER: &str = "customer_id";

/// Writes every list anew that names one of the persons, without their rows.
pub(super) fn forget(folder: &Path, persons: &BTreeSet<String>) -> Result<(), WorkspaceError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| WorkspaceError::Write { path, source }
    };
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        if path.extension().is_some_and(|extension| extension == "csv") {
            let wrong = |error: csv::Error| WorkspaceError::Write {
                path: path.clone(),
                source: error.into(),
            };
            without(&path, persons).map_err(wrong)?;
        }
    }
    Ok(())
}

fn without(path: &Path, persons: &BTreeSet<String>) -> Result<(), csv::Error> {
    let mut reader = csv::Reader::from_path(path)?;
    let header = reader.headers()?.clone();
    let customer = header.iter().position(|name| name == CUSTOMER);
    let names = |record: &csv::StringRecord| {
        let found = customer.and_then(|column| record.get(column));
        found.is_some_and(|id| persons.contains(id))
    };
    let records = reader.records().collect::<Result<Vec<_>, _>>()?;
    if !records.iter().any(names) {
        return Ok(());
    }
    let beside = path.with_extension("new");
    let mut writer = csv::Writer::from_path(&beside)?;
    writer.write_record(&header)?;
    for record in records.iter().filter(|record| !names(record)) {
        writer.write_record(record)?;
    }
    writer.flush()?;
    drop(writer);
    fs::rename(&beside, path)?;
    Ok(())
}
