//! A new catalogue, and whether one that is there is ours to read and write.

use std::path::Path;

use patron_core::Instant;

use super::ddl::{self, VERSION};
use super::snapshots::{self, instant_value};
use super::{Database, Value};
use crate::error::LedgerError;
use crate::identifier::uuid;
use crate::location::Location;
use crate::statistics::count;
use crate::tables::{Column, Table};

/// The one schema; DuckDB calls it so.
const SCHEMA: &str = "main";

/// Makes the catalogue's tables, an empty snapshot 0, and snapshot 1 with all canonical tables.
pub(crate) fn create(
    database: &mut Database,
    location: &Location,
    data_path: &str,
    at: Instant,
) -> Result<(), LedgerError> {
    let already = LedgerError::AlreadyThere {
        location: location.to_string(),
    };
    if database.has_table("ducklake_metadata")? {
        return Err(already);
    }
    let schema = uuid()?;
    let tables = Table::ALL
        .iter()
        .map(|table| Ok((*table, uuid()?)))
        .collect::<Result<Vec<_>, LedgerError>>()?;
    database.write(|database| {
        for statement in ddl::statements(database.is_postgres()) {
            database.execute(&statement, &[])?;
        }
        metadata(database, data_path)?;
        let next_id = count(tables.len()) * 2 + 1;
        let names = tables.iter().map(|(table, _)| created(*table));
        let made = names.collect::<Vec<_>>().join(",");
        let time = instant_value(at)?;
        for (id, version, next, changes) in [
            (0, 0, 1, format!("created_schema:\"{SCHEMA}\"")),
            (1, 1, next_id, made),
        ] {
            let snapshot = vec![
                id.into(),
                time.clone(),
                version.into(),
                next.into(),
                0.into(),
            ];
            database.insert("ducklake_snapshot", &snapshots::COLUMNS, &[snapshot])?;
            let changes = vec![id.into(), Value::Text(changes)];
            let columns = ["snapshot_id", "changes_made"];
            database.insert("ducklake_snapshot_changes", &columns, &[changes])?;
        }
        insert_schema(database, schema)?;
        for (table, id) in tables {
            insert_table(database, table, id)?;
        }
        Ok(())
    })
}

fn created(table: Table) -> String {
    format!("created_table:\"{SCHEMA}\".\"{}\"", table.name())
}

fn metadata(database: &mut Database, data_path: &str) -> Result<(), LedgerError> {
    let made_by = format!("patron {}", env!("CARGO_PKG_VERSION"));
    let rows = [
        ("version", VERSION),
        ("created_by", &made_by),
        ("data_path", data_path),
        ("encrypted", "false"),
    ]
    .map(|(key, value)| vec![Value::text(key), Value::text(value)]);
    database.insert("ducklake_metadata", &["key", "value"], &rows)
}

fn insert_schema(database: &mut Database, id: String) -> Result<(), LedgerError> {
    let columns = [
        "schema_id",
        "schema_uuid",
        "begin_snapshot",
        "schema_name",
        "path",
        "path_is_relative",
    ];
    let path = format!("{SCHEMA}/");
    let row = vec![
        0.into(),
        Value::Uuid(id),
        0.into(),
        Value::text(SCHEMA),
        Value::Text(path),
        Value::Boolean(true),
    ];
    database.insert("ducklake_schema", &columns, &[row])
}

fn insert_table(database: &mut Database, table: Table, id: String) -> Result<(), LedgerError> {
    let columns = [
        "table_id",
        "table_uuid",
        "begin_snapshot",
        "schema_id",
        "table_name",
        "path",
        "path_is_relative",
    ];
    let row = vec![
        table.id().into(),
        Value::Uuid(id),
        1.into(),
        0.into(),
        Value::text(table.name()),
        Value::Text(format!("{}/", table.name())),
        Value::Boolean(true),
    ];
    database.insert("ducklake_table", &columns, &[row])?;
    insert_columns(database, table, 0, 1)?;
    let inlined = vec![
        table.id().into(),
        Value::Text(ddl::inlined_data_name(table)),
        1.into(),
    ];
    let columns = ["table_id", "table_name", "schema_version"];
    database.insert("ducklake_inlined_data_tables", &columns, &[inlined])?;
    let version = vec![1.into(), 1.into(), table.id().into()];
    let columns = ["begin_snapshot", "schema_version", "table_id"];
    database.insert("ducklake_schema_versions", &columns, &[version])?;
    insert_order(database, table)
}

/// Enters the columns of a table but for the first ones, as seen from a snapshot on.
pub(super) fn insert_columns(
    database: &mut Database,
    table: Table,
    known: usize,
    snapshot: i64,
) -> Result<(), LedgerError> {
    let columns = [
        "column_id",
        "begin_snapshot",
        "table_id",
        "column_order",
        "column_name",
        "column_type",
        "default_value",
        "nulls_allowed",
        "default_value_type",
        "default_value_dialect",
    ];
    let rows: Vec<_> = table
        .columns()
        .zip(1_i64..)
        .skip(known)
        .map(|(column, id)| {
            vec![
                id.into(),
                snapshot.into(),
                table.id().into(),
                id.into(),
                Value::text(column.name),
                Value::text(column.kind.ducklake_type()),
                Value::text("NULL"),
                Value::Boolean(!column.required),
                Value::text("literal"),
                Value::text("duckdb"),
            ]
        })
        .collect();
    database.insert("ducklake_column", &columns, &rows)
}

/// Says in which order the rows of a file are.
fn insert_order(database: &mut Database, table: Table) -> Result<(), LedgerError> {
    let sort = count(Table::ALL.len()) + table.id();
    let info = vec![sort.into(), table.id().into(), 1.into()];
    database.insert(
        "ducklake_sort_info",
        &["sort_id", "table_id", "begin_snapshot"],
        &[info],
    )?;
    let columns = [
        "sort_id",
        "table_id",
        "sort_key_index",
        "expression",
        "dialect",
        "sort_direction",
        "null_order",
    ];
    let rows: Vec<_> = table
        .order()
        .iter()
        .zip(0_i64..)
        .map(|(name, place)| {
            vec![
                sort.into(),
                table.id().into(),
                place.into(),
                Value::Text(format!("\"{name}\"")),
                Value::text("duckdb"),
                Value::text("ASC"),
                Value::text("NULLS_LAST"),
            ]
        })
        .collect();
    database.insert("ducklake_sort_expression", &columns, &rows)
}

/// Refuses a catalogue that is none, has another version, or describes a table otherwise than this program. Returns the
/// tables that lack columns which were added since, with the number of those they have.
pub(crate) fn check(
    database: &mut Database,
    location: &Location,
) -> Result<Vec<(Table, usize)>, LedgerError> {
    let not_a_ledger = |reason: &str| LedgerError::NotALedger {
        location: location.to_string(),
        reason: reason.to_owned(),
    };
    if !database.has_table("ducklake_metadata")? {
        return Err(not_a_ledger("the database has no DuckLake catalogue"));
    }
    let sql = "SELECT \"key\", \"value\" FROM ducklake_metadata WHERE \"key\" IN ('version', 'encrypted') AND \"scope\" IS NULL";
    let mut version = None;
    for row in database.query(sql, &[])? {
        match (row.text(0)?.as_str(), row.text(1)?) {
            ("version", found) => version = Some(found),
            (_, encrypted) if encrypted != "false" => {
                return Err(LedgerError::Foreign {
                    what: "its data files are encrypted".to_owned(),
                });
            }
            _ => {}
        }
    }
    match version {
        None => return Err(not_a_ledger("the catalogue names no version")),
        Some(found) if found != VERSION => {
            return Err(LedgerError::OtherVersion {
                found,
                known: VERSION,
            });
        }
        Some(_) => {}
    }
    if !database.has_table("patron_snapshots_gone")? {
        return Err(not_a_ledger("the catalogue was not made by patron"));
    }
    behind(database)
}

/// Returns the tables that lack columns, with the number of those they have.
pub(super) fn behind(database: &mut Database) -> Result<Vec<(Table, usize)>, LedgerError> {
    let mut behind = Vec::new();
    for table in Table::ALL {
        let found = check_table(database, table)?;
        if found < table.columns().count() {
            behind.push((table, found));
        }
    }
    Ok(behind)
}

/// Compares the columns that a table has with those that it should have, and returns how many it has.
fn check_table(database: &mut Database, table: Table) -> Result<usize, LedgerError> {
    let differs = |difference: String| LedgerError::TableDiffers {
        table: table.name().to_owned(),
        difference,
    };
    let sql = "SELECT table_name FROM ducklake_table WHERE table_id = ? AND end_snapshot IS NULL";
    let names = database.query(sql, &[table.id().into()])?;
    let name = names.first().map(|row| row.text(0)).transpose()?;
    if name.as_deref() != Some(table.name()) {
        return Err(differs("it is not where it should be".to_owned()));
    }
    let sql = "SELECT column_name, column_type FROM ducklake_column WHERE table_id = ? AND end_snapshot IS NULL ORDER BY column_order";
    let found = database.query(sql, &[table.id().into()])?;
    // Columns that may be empty can be added; none was ever taken away.
    let columns = table.columns().count();
    let can_be_added = |column: &Column| !column.required;
    if found.len() > columns || !table.columns().skip(found.len()).all(can_be_added) {
        return Err(differs(format!(
            "{} columns instead of {columns}",
            found.len()
        )));
    }
    for (row, column) in found.iter().zip(table.columns()) {
        let (name, kind) = (row.text(0)?, row.text(1)?);
        if name != column.name || kind != column.kind.ducklake_type() {
            let expected = column.kind.ducklake_type();
            let known = column.name;
            return Err(differs(format!(
                "`{name}` {kind} instead of `{known}` {expected}"
            )));
        }
    }
    Ok(found.len())
}

/// Returns where the catalogue says the data files are.
pub(crate) fn data_path(database: &mut Database) -> Result<String, LedgerError> {
    let sql =
        "SELECT \"value\" FROM ducklake_metadata WHERE \"key\" = 'data_path' AND \"scope\" IS NULL";
    let rows = database.query(sql, &[])?;
    rows.first().map_or_else(
        || {
            Err(LedgerError::CatalogueDamaged {
                what: "it does not say where the data files are".to_owned(),
            })
        },
        |row| row.text(0),
    )
}

/// Writes where the data files are, so that DuckDB finds them from any folder.
pub(crate) fn set_data_path(database: &mut Database, path: &str) -> Result<(), LedgerError> {
    let sql = "UPDATE ducklake_metadata SET \"value\" = ? WHERE \"key\" = 'data_path' AND \"scope\" IS NULL";
    database.execute(sql, &[Value::text(path)]).map(|_| ())
}

/// Returns a folder as DuckLake wants it: absolute, with a separator at its end.
pub(crate) fn data_path_of(folder: &Path) -> String {
    format!("{}/", folder.display())
}
