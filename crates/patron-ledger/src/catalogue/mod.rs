//! The catalogue: DuckLake's tables in a SQL database.

mod add_columns;
pub(crate) mod create;
pub(crate) mod database;
pub(crate) mod ddl;
mod failure;
pub(crate) mod files;
pub(crate) mod inlined;
pub(crate) mod snapshots;
pub(crate) mod table_columns;
pub(crate) mod value;

pub(crate) use add_columns::add_columns;
pub(crate) use database::{Access, Database};
pub(crate) use value::{Row, Value};
