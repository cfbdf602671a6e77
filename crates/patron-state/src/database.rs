//! A connection to the database, and the small runtime on which it waits.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteRow, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row, SqlSafeStr};
use tokio::runtime::Runtime;

use crate::error::StateError;

/// How long to wait for another program that has the database locked.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a placeholder stands for.
#[derive(Debug, Clone)]
pub(crate) enum Value<'v> {
    Integer(i64),
    Text(&'v str),
    Null,
}

impl<'v> Value<'v> {
    pub(crate) fn optional(text: Option<&'v str>) -> Self {
        text.map_or(Self::Null, Value::Text)
    }
}

#[derive(Debug)]
pub(crate) struct Database {
    runtime: Runtime,
    /// Nothing only while it is being dropped.
    connection: Option<SqliteConnection>,
    path: PathBuf,
}

impl Database {
    /// Opens a database file, which must be there.
    pub(crate) fn open(path: &Path) -> Result<Self, StateError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|source| StateError::io(path, source))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(false)
            .busy_timeout(PATIENCE)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("secure_delete", "ON")
            .disable_statement_logging();
        let connection = runtime
            .block_on(SqliteConnection::connect_with(&options))
            .map_err(|source| StateError::of_database(path, source))?;
        Ok(Self {
            runtime,
            connection: Some(connection),
            path: path.to_owned(),
        })
    }

    /// Runs a statement; returns how many rows it changed, and the id of the row that it inserted last.
    pub(crate) fn execute(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<(u64, i64), StateError> {
        let Self {
            runtime,
            connection,
            path,
        } = self;
        let connection = connection.as_mut().ok_or(StateError::Closed)?;
        let done = runtime.block_on(bound(sql, values).execute(connection));
        let done = done.map_err(|source| StateError::of_database(path, source))?;
        Ok((done.rows_affected(), done.last_insert_rowid()))
    }

    /// Runs a query and returns what `read` makes of each row.
    pub(crate) fn query<T>(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
        read: impl Fn(&SqliteRow) -> Result<T, sqlx::Error>,
    ) -> Result<Vec<T>, StateError> {
        let Self {
            runtime,
            connection,
            path,
        } = self;
        let connection = connection.as_mut().ok_or(StateError::Closed)?;
        let rows = runtime.block_on(bound(sql, values).fetch_all(connection));
        let rows = rows.and_then(|rows| rows.iter().map(read).collect());
        rows.map_err(|source| StateError::of_database(path, source))
    }

    /// Returns the one number of a query.
    pub(crate) fn number(&mut self, sql: &'static str) -> Result<i64, StateError> {
        let found = self.query(sql, &[], |row| row.try_get(0))?;
        Ok(found.first().copied().unwrap_or(0))
    }

    /// Runs statements of this program's own, without values.
    pub(crate) fn script(&mut self, sql: &str) -> Result<(), StateError> {
        let Self {
            runtime,
            connection,
            path,
        } = self;
        let connection = connection.as_mut().ok_or(StateError::Closed)?;
        let sql = AssertSqlSafe(sql.to_owned()).into_sql_str();
        let done = runtime.block_on(async { sqlx::raw_sql(sql).execute(connection).await });
        done.map(|_| ())
            .map_err(|source| StateError::of_database(path, source))
    }

    /// Runs `work` in one transaction: all of it happens or nothing.
    pub(crate) fn write<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, StateError>,
    ) -> Result<T, StateError> {
        self.execute("BEGIN IMMEDIATE", &[])?;
        let done = work(self).and_then(|value| {
            self.execute("COMMIT", &[])?;
            Ok(value)
        });
        if done.is_err() {
            // A failure to roll back ends the transaction as well.
            drop(self.execute("ROLLBACK", &[]));
        }
        done
    }
}

impl Drop for Database {
    /// Waits until the connection is closed: SQLite then has put its log into the database file.
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            // What was committed is safe without it.
            drop(self.runtime.block_on(connection.close()));
        }
    }
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

fn bound(sql: &'static str, values: &[Value<'_>]) -> Query<'static> {
    values
        .iter()
        .fold(sqlx::query(sql), |query, value| match value {
            Value::Integer(number) => query.bind(*number),
            Value::Text(text) => query.bind((*text).to_owned()),
            Value::Null => query.bind(None::<String>),
        })
}
