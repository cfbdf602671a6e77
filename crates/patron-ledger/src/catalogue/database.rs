//! One connection to the catalogue's database, SQLite or PostgreSQL, behind plain calls that wait.
//!
//! Statements are written once, with `?` where a value goes. Values are always bound; what is put together as text are
//! names of tables and columns that this crate made up itself. PostgreSQL gets `$1` with a cast where its columns have a
//! type that SQLite's lack.

use std::time::Duration;

use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgRow};
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{
    Arguments, AssertSqlSafe, Column, ConnectOptions, Connection, Row as _, TypeInfo, ValueRef,
};
use tokio::runtime::Runtime;

use super::ddl;
use super::failure::{failure, is_certain};
use super::value::{Row, Value};
use crate::error::LedgerError;
use crate::location::{CatalogueAddress, Location};
use crate::tables::Table;

/// Parameters in one statement at most; SQLite takes 32,766, PostgreSQL 65,535.
const PARAMETERS_AT_MOST: usize = 9_000;

/// How a catalogue is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// The database file is made if it is not there.
    Create,
    /// It must be there.
    Write,
    /// It must be there and is not written.
    Read,
}

#[derive(Debug)]
enum Backend {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
    /// Only while the database is being dropped.
    Closed,
}

/// A connection, and the small runtime on which it waits.
#[derive(Debug)]
pub(crate) struct Database {
    runtime: Runtime,
    backend: Backend,
    location: Location,
    access: Access,
    patience: Duration,
}

impl Database {
    /// Opens the catalogue's database.
    pub(crate) fn open(
        location: &Location,
        access: Access,
        patience: Duration,
    ) -> Result<Self, LedgerError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|source| LedgerError::io("start a runtime for", location.folder(), source))?;
        let named = location.to_string();
        let result = runtime.block_on(connect(location, access, patience));
        let backend = result.map_err(|source| failure(source, &named))?;
        let mut database = Self {
            runtime,
            backend,
            location: location.clone(),
            access,
            patience,
        };
        if database.is_postgres() {
            let milliseconds = patience.as_millis();
            database.execute("SET TIME ZONE 'UTC'", &[])?;
            database.execute(&format!("SET lock_timeout = {milliseconds}"), &[])?;
        }
        Ok(database)
    }

    pub(crate) const fn is_postgres(&self) -> bool {
        matches!(self.backend, Backend::Postgres(_))
    }

    /// Runs a statement and returns how many rows it changed.
    pub(crate) fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, LedgerError> {
        let sql = self.render(sql, values);
        let result = match &mut self.backend {
            Backend::Sqlite(connection) => self.runtime.block_on(async {
                let query = sqlx::query_with(AssertSqlSafe(sql), sqlite_arguments(values)?);
                let done = query.execute(connection).await?;
                Ok(done.rows_affected())
            }),
            Backend::Postgres(connection) => self.runtime.block_on(async {
                let query = sqlx::query_with(AssertSqlSafe(sql), postgres_arguments(values)?);
                let done = query.execute(connection).await?;
                Ok(done.rows_affected())
            }),
            Backend::Closed => Err(sqlx::Error::PoolClosed),
        };
        result.map_err(|source| failure(source, &self.location.to_string()))
    }

    /// Runs a query and returns its rows.
    pub(crate) fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, LedgerError> {
        let sql = self.render(sql, values);
        let result = match &mut self.backend {
            Backend::Sqlite(connection) => self.runtime.block_on(async {
                let query = sqlx::query_with(AssertSqlSafe(sql), sqlite_arguments(values)?);
                let rows = query.fetch_all(connection).await?;
                rows.iter().map(from_sqlite).collect::<Result<Vec<_>, _>>()
            }),
            Backend::Postgres(connection) => self.runtime.block_on(async {
                let query = sqlx::query_with(AssertSqlSafe(sql), postgres_arguments(values)?);
                let rows = query.fetch_all(connection).await?;
                rows.iter()
                    .map(from_postgres)
                    .collect::<Result<Vec<_>, _>>()
            }),
            Backend::Closed => Err(sqlx::Error::PoolClosed),
        };
        result.map_err(|source| failure(source, &self.location.to_string()))
    }

    /// Inserts rows, many in a statement.
    pub(crate) fn insert(
        &mut self,
        table: &str,
        columns: &[&str],
        rows: &[Vec<Value>],
    ) -> Result<(), LedgerError> {
        let quoted: Vec<_> = columns.iter().map(|name| format!("\"{name}\"")).collect();
        let places = format!("({})", vec!["?"; columns.len()].join(", "));
        for chunk in rows.chunks((PARAMETERS_AT_MOST / columns.len().max(1)).max(1)) {
            let tuples = vec![places.as_str(); chunk.len()].join(", ");
            let sql = format!(
                "INSERT INTO {table} ({}) VALUES {tuples}",
                quoted.join(", ")
            );
            let values: Vec<Value> = chunk.iter().flatten().cloned().collect();
            self.execute(&sql, &values)?;
        }
        Ok(())
    }

    /// Tells whether the database has a table.
    pub(crate) fn has_table(&mut self, name: &str) -> Result<bool, LedgerError> {
        let sql = if self.is_postgres() {
            "SELECT 1 WHERE to_regclass(?) IS NOT NULL"
        } else {
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
        };
        Ok(!self.query(sql, &[Value::text(name)])?.is_empty())
    }

    /// Runs `work` in one transaction that may write: all of it happens or nothing.
    ///
    /// Writers wait for each other here, so what `work` reads stays true until it has written.
    pub(crate) fn write<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        if self.is_postgres() {
            self.begin("BEGIN")?;
        } else {
            self.begin("BEGIN IMMEDIATE")?;
        }
        let value = match self.take_turn().and_then(|()| work(self)) {
            Ok(value) => value,
            Err(error) => {
                self.roll_back();
                return Err(error);
            }
        };
        match self.execute("COMMIT", &[]) {
            Ok(_) => Ok(value),
            Err(error) => {
                self.roll_back();
                Err(if is_certain(&error) {
                    error
                } else {
                    LedgerError::InDoubt {
                        source: Box::new(error),
                    }
                })
            }
        }
    }

    /// Runs `work` on one consistent state of the catalogue.
    pub(crate) fn read<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        if self.is_postgres() {
            self.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        } else {
            self.begin("BEGIN")?;
        }
        let result = work(self);
        self.roll_back();
        result
    }

    /// Begins a transaction, on a new connection if the database dropped the old one since it was last used.
    fn begin(&mut self, how: &str) -> Result<(), LedgerError> {
        match self.execute(how, &[]) {
            Err(LedgerError::Unreachable { .. }) if self.is_postgres() => {
                *self = Self::open(&self.location, self.access, self.patience)?;
                self.execute(how, &[]).map(|_| ())
            }
            result => result.map(|_| ()),
        }
    }

    /// Makes other writers wait until the end of the transaction; SQLite did so when it began.
    fn take_turn(&mut self) -> Result<(), LedgerError> {
        if self.is_postgres() && self.has_table("ducklake_snapshot")? {
            self.execute(
                "LOCK TABLE ducklake_snapshot IN SHARE ROW EXCLUSIVE MODE",
                &[],
            )?;
        }
        Ok(())
    }

    /// Ends a transaction without effect. A failure to do so ends it as well: the database drops it with the connection.
    fn roll_back(&mut self) {
        drop(self.execute("ROLLBACK", &[]));
    }

    /// Makes sure that deleted rows are not only out of sight: SQLite overwrites them (`secure_delete`) once the log beside
    /// the database is emptied; PostgreSQL gives their space back to be overwritten.
    ///
    /// Returns false while another program still reads an older state, which keeps the log.
    pub(crate) fn scrub(&mut self) -> Result<bool, LedgerError> {
        if !self.is_postgres() {
            let rows = self.query("PRAGMA wal_checkpoint(TRUNCATE)", &[])?;
            let busy = rows.first().map_or(Ok(0), |row| row.integer(0))?;
            return Ok(busy == 0);
        }
        for table in Table::ALL.into_iter().filter(|table| table.has_persons()) {
            self.execute(&format!("VACUUM {}", ddl::inlined_data_name(table)), &[])?;
        }
        for table in ["ducklake_file_column_stats", "ducklake_table_column_stats"] {
            self.execute(&format!("VACUUM {table}"), &[])?;
        }
        Ok(true)
    }

    /// Writes a statement for the database at hand: placeholders with the casts that its columns need.
    fn render(&self, sql: &str, values: &[Value]) -> String {
        let mut rendered = String::with_capacity(sql.len() + values.len() * 4);
        let mut values = values.iter();
        let mut bound = 0;
        for part in sql.chars() {
            if part != '?' {
                rendered.push(part);
                continue;
            }
            let value = values.next().unwrap_or(&Value::Null);
            if matches!(value, Value::Null) {
                rendered.push_str("NULL");
            } else if self.is_postgres() {
                bound += 1;
                rendered.push_str(&format!("${bound}"));
                rendered.push_str(match value {
                    Value::Instant(_) => "::timestamptz",
                    Value::Uuid(_) => "::uuid",
                    Value::Decimal(_) => "::numeric",
                    _ => "",
                });
            } else {
                rendered.push('?');
            }
        }
        rendered
    }
}

impl Drop for Database {
    /// Waits until the connection is closed: SQLite then has put its log into the database file.
    fn drop(&mut self) {
        let closed = match std::mem::replace(&mut self.backend, Backend::Closed) {
            Backend::Sqlite(connection) => self.runtime.block_on(connection.close()),
            Backend::Postgres(connection) => self.runtime.block_on(connection.close()),
            Backend::Closed => Ok(()),
        };
        // What was committed is safe without it.
        drop(closed);
    }
}

async fn connect(
    location: &Location,
    access: Access,
    patience: Duration,
) -> Result<Backend, sqlx::Error> {
    match location.catalogue() {
        CatalogueAddress::Sqlite(path) => {
            let options = SqliteConnectOptions::new()
                .filename(path)
                .create_if_missing(access == Access::Create)
                .busy_timeout(patience)
                .synchronous(SqliteSynchronous::Full)
                .pragma("secure_delete", "ON");
            let result = if access == Access::Read {
                let read = options.clone().read_only(true);
                match opened(&read).await {
                    // A folder that cannot be written has no place for the side files; nobody writes there either.
                    Err(_) => opened(&read.immutable(true)).await,
                    done => done,
                }
            } else {
                opened(&options.journal_mode(SqliteJournalMode::Wal)).await
            };
            result.map(Backend::Sqlite)
        }
        CatalogueAddress::Postgres(url) => {
            let options: PgConnectOptions = url.parse()?;
            let options = options
                .application_name("patron")
                .disable_statement_logging();
            Ok(Backend::Postgres(
                PgConnection::connect_with(&options).await?,
            ))
        }
    }
}

/// Opens a database file and reads from it, since SQLite looks at the file only then.
async fn opened(options: &SqliteConnectOptions) -> Result<SqliteConnection, sqlx::Error> {
    let options = options.clone().disable_statement_logging();
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let query = sqlx::query("SELECT count(*) FROM sqlite_master");
    query.fetch_one(&mut connection).await?;
    Ok(connection)
}

fn sqlite_arguments(values: &[Value]) -> Result<SqliteArguments, sqlx::Error> {
    let mut arguments = SqliteArguments::default();
    for value in values {
        match value {
            Value::Null => Ok(()),
            Value::Integer(number) => arguments.add(*number),
            Value::Boolean(truth) => arguments.add(i64::from(*truth)),
            Value::Bytes(bytes) => arguments.add(bytes.clone()),
            Value::Text(text)
            | Value::InlinedText(text)
            | Value::Decimal(text)
            | Value::Instant(text)
            | Value::Uuid(text) => arguments.add(text.clone()),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

fn postgres_arguments(values: &[Value]) -> Result<PgArguments, sqlx::Error> {
    let mut arguments = PgArguments::default();
    for value in values {
        match value {
            Value::Null => Ok(()),
            Value::Integer(number) => arguments.add(*number),
            Value::Boolean(truth) => arguments.add(*truth),
            Value::Bytes(bytes) => arguments.add(bytes.clone()),
            Value::InlinedText(text) => arguments.add(text.clone().into_bytes()),
            Value::Text(text) | Value::Decimal(text) | Value::Instant(text) | Value::Uuid(text) => {
                arguments.add(text.clone())
            }
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

fn from_sqlite(row: &SqliteRow) -> Result<Row, sqlx::Error> {
    let value = |place: usize| {
        let raw = row.try_get_raw(place)?;
        if raw.is_null() {
            return Ok(Value::Null);
        }
        let kind = raw.type_info().name().to_owned();
        Ok(match kind.as_str() {
            "INTEGER" => Value::Integer(row.try_get_unchecked(place)?),
            "BLOB" => Value::Bytes(row.try_get_unchecked(place)?),
            _ => Value::Text(row.try_get_unchecked(place)?),
        })
    };
    (0..row.len()).map(value).collect::<Result<_, _>>().map(Row)
}

fn from_postgres(row: &PgRow) -> Result<Row, sqlx::Error> {
    let value = |place: usize| {
        let raw = row.try_get_raw(place)?;
        if raw.is_null() {
            return Ok(Value::Null);
        }
        let kind = row.column(place).type_info().name().to_owned();
        Ok(match kind.as_str() {
            "INT8" => Value::Integer(row.try_get(place)?),
            "INT4" => Value::Integer(i64::from(row.try_get::<i32, _>(place)?)),
            "BOOL" => Value::Boolean(row.try_get(place)?),
            "BYTEA" => Value::Bytes(row.try_get(place)?),
            _ => Value::Text(row.try_get(place)?),
        })
    };
    (0..row.len()).map(value).collect::<Result<_, _>>().map(Row)
}
