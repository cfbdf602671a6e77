//! Columns that a newer patron has and an older ledger lacks: added in one commit, as DuckLake's `ALTER TABLE` does.
//!
//! Data files stay as they are: what they lack is read as empty. The rows inlined in the catalogue stay in their table, which
//! gets the columns and is now that of the new schema; DuckDB reads older snapshots from it all the same.

use super::create::{behind, insert_columns};
use super::snapshots::{self, instant_value};
use super::{Database, Value, ddl};
use crate::error::LedgerError;
use crate::statistics::count;
use crate::tables::Table;

/// Adds what is lacking. Where nothing is, nothing happens.
pub(crate) fn add_columns(database: &mut Database) -> Result<(), LedgerError> {
    database.write(|database| {
        // Another program may have done it meanwhile.
        let behind = behind(database)?;
        if behind.is_empty() {
            return Ok(());
        }
        let newest = snapshots::newest(database)?;
        let (snapshot, version) = (newest.id + 1, newest.schema_version + 1);
        let row = vec![
            snapshot.into(),
            instant_value(newest.at)?,
            version.into(),
            newest.next_catalog_id.into(),
            newest.next_file_id.into(),
        ];
        database.insert("ducklake_snapshot", &snapshots::COLUMNS, &[row])?;
        let altered: Vec<String> = behind
            .iter()
            .map(|(table, _)| format!("altered_table:{}", table.id()))
            .collect();
        let row = vec![
            snapshot.into(),
            Value::Text(altered.join(",")),
            Value::text("patron"),
            Value::Text(format!("columns of patron {}", env!("CARGO_PKG_VERSION"))),
        ];
        let columns = ["snapshot_id", "changes_made", "author", "commit_message"];
        database.insert("ducklake_snapshot_changes", &columns, &[row])?;
        behind
            .into_iter()
            .try_for_each(|(table, known)| alter(database, table, known, (snapshot, version)))
    })
}

fn alter(
    database: &mut Database,
    table: Table,
    known: usize,
    (snapshot, version): (i64, i64),
) -> Result<(), LedgerError> {
    insert_columns(database, table, known, snapshot)?;
    for statement in ddl::added_to_inlined_data(table, known, database.is_postgres()) {
        database.execute(&statement, &[])?;
    }
    let sql = "UPDATE ducklake_inlined_data_tables SET schema_version = ? WHERE table_id = ?";
    database.execute(sql, &[version.into(), table.id().into()])?;
    let row = vec![snapshot.into(), version.into(), table.id().into()];
    let columns = ["begin_snapshot", "schema_version", "table_id"];
    database.insert("ducklake_schema_versions", &columns, &[row])?;
    let sql = "SELECT count(*) FROM ducklake_table_column_stats WHERE table_id = ?";
    let described = database.query(sql, &[table.id().into()])?;
    if described.first().map_or(Ok(0), |row| row.integer(0))? == 0 {
        return Ok(());
    }
    let rows: Vec<_> = (count(known) + 1..=count(table.columns().count()))
        .map(|id| vec![table.id().into(), id.into(), Value::Boolean(true)])
        .collect();
    let columns = ["table_id", "column_id", "contains_null"];
    database.insert("ducklake_table_column_stats", &columns, &rows)
}
