//! Which driver reads a database, and how it is asked.

use std::path::Path;

use adbc_core::error::{Error, Result, Status};
use adbc_core::options::{AdbcVersion, OptionDatabase, OptionValue};
use adbc_core::{Connection, Database, Driver, LOAD_FLAG_DEFAULT, Statement};
use adbc_driver_manager::{ManagedConnection, ManagedDatabase, ManagedDriver, ManagedStatement};
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::ArrowError;

use super::address::{Secrets, scheme, shown};
use super::{Query, QueryError};

/// `DuckDB`'s library has a name of its own for the function that makes it a driver.
const DUCKDB_ENTRYPOINT: &str = "duckdb_adbc_init";
const DUCKDB_PATH: &str = "path";
const DUCKDB_ACCESS: &str = "access_mode";
const IN_MEMORY: &str = ":memory:";

/// The answer to a query, batch by batch.
pub(super) struct Answer {
    pub(super) batches: Box<dyn RecordBatchReader + Send>,
    pub(super) secrets: Secrets,
    // What the batches come from; dropped after them, in this order.
    pub(super) session: Session,
}

/// A statement and what it needs.
pub(super) struct Session {
    _statement: ManagedStatement,
    _connection: ManagedConnection,
    _database: ManagedDatabase,
}

/// Connects, and asks the query.
pub(super) fn ask(query: &Query) -> std::result::Result<Answer, QueryError> {
    Connected::open(query)?.ask_last(&query.sql)
}

/// A connection to a database.
pub(crate) struct Connected {
    connection: ManagedConnection,
    database: ManagedDatabase,
    secrets: Secrets,
}

impl std::fmt::Debug for Connected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connected")
    }
}

impl Connected {
    /// Finds the driver and connects.
    pub(crate) fn open(query: &Query) -> std::result::Result<Self, QueryError> {
        let choice = Choice::of(query)?;
        let secrets = query.secrets();
        let mut driver = choice.load(&secrets)?;
        let connected = driver
            .new_database_with_opts(choice.options)
            .and_then(|database| Ok((database.new_connection()?, database)));
        let (connection, database) = connected.map_err(|error| {
            let address = query.shown();
            let words = secrets.hide(&error.message);
            if is_refusal(&error) {
                QueryError::Refused { address, words }
            } else {
                QueryError::Connect { address, words }
            }
        })?;
        Ok(Self {
            connection,
            database,
            secrets,
        })
    }

    /// Asks, and calls `take` with each batch of the answer.
    pub(crate) fn ask<E: From<QueryError>>(
        &mut self,
        sql: &str,
        mut take: impl FnMut(&RecordBatch) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let (batches, _statement) = self.execute(sql)?;
        let mut rows = 0;
        for batch in batches {
            let batch = batch.map_err(|error| QueryError::Interrupted {
                rows,
                words: said(&self.secrets, &error),
            })?;
            rows += batch.num_rows() as u64;
            take(&batch)?;
        }
        Ok(())
    }

    fn execute(
        &mut self,
        sql: &str,
    ) -> std::result::Result<(Box<dyn RecordBatchReader + Send>, ManagedStatement), QueryError>
    {
        let asked = self.connection.new_statement().and_then(|mut statement| {
            statement.set_sql_query(sql)?;
            Ok((statement.execute()?, statement))
        });
        let (batches, statement) = asked.map_err(|error| QueryError::Query {
            words: without_query(&self.secrets.hide(&error.message)),
        })?;
        Ok((batches, statement))
    }

    fn ask_last(mut self, sql: &str) -> std::result::Result<Answer, QueryError> {
        let (batches, statement) = self.execute(sql)?;
        Ok(Answer {
            batches,
            session: Session {
                _statement: statement,
                _connection: self.connection,
                _database: self.database,
            },
            secrets: self.secrets,
        })
    }
}

/// What the driver says, without what arrow says before it.
pub(super) fn said(secrets: &Secrets, error: &ArrowError) -> String {
    let text = error.to_string();
    let own = text.split_once("Producer error: ");
    secrets.hide(own.map_or(text.as_str(), |(_, own)| own))
}

/// A driver that repeats the whole query says nothing new by it, and a query may name people.
fn without_query(words: &str) -> String {
    let end = words
        .find("; Query was:")
        .or_else(|| words.find("Query was:"));
    words
        .get(..end.unwrap_or(words.len()))
        .unwrap_or(words)
        .to_owned()
}

/// Whether a database said no; what cannot be reached may answer later.
fn is_refusal(error: &Error) -> bool {
    const LATER: [&str; 3] = ["starting up", "shutting down", "too many"];
    let says = |words: &str| error.message.contains(words);
    let by_status = matches!(
        error.status,
        Status::Unauthenticated
            | Status::Unauthorized
            | Status::InvalidArguments
            | Status::NotFound
            | Status::NotImplemented
    );
    let of_request = ["invalid ", "does not exist", "missing "];
    by_status
        || of_request.iter().any(|words| says(words))
        || (says("FATAL:") && !LATER.iter().any(|words| says(words)))
}

/// Names under which a driver may be installed, and what it is told.
struct Choice {
    names: Vec<String>,
    entrypoint: Option<String>,
    options: Vec<(OptionDatabase, OptionValue)>,
}

impl Choice {
    fn of(query: &Query) -> std::result::Result<Self, QueryError> {
        let address = query.address.as_deref();
        let scheme = address.and_then(scheme);
        let names = match (&query.driver, scheme) {
            (Some(driver), _) => vec![driver.clone()],
            (None, Some("postgres" | "postgresql")) => {
                vec!["adbc_driver_postgresql".to_owned(), "postgresql".to_owned()]
            }
            (None, Some("duckdb")) => vec!["duckdb".to_owned()],
            // The address of Spark Connect does not name Spark.
            (None, Some("sc")) => vec!["adbc_driver_spark".to_owned(), "spark".to_owned()],
            (None, Some(scheme)) => vec![format!("adbc_driver_{scheme}"), scheme.to_owned()],
            (None, None) if address.is_some_and(is_duckdb_file) => vec!["duckdb".to_owned()],
            (None, None) => {
                return Err(address.map_or(QueryError::NoDatabase, |address| {
                    QueryError::NoDriver {
                        address: shown(address),
                    }
                }));
            }
        };
        let is_duckdb = names.iter().any(|name| is_duckdb(name));
        let own_entrypoint = is_duckdb.then(|| DUCKDB_ENTRYPOINT.to_owned());
        Ok(Self {
            names,
            entrypoint: query.entrypoint.clone().or(own_entrypoint),
            options: options(query, is_duckdb),
        })
    }

    fn load(&self, secrets: &Secrets) -> std::result::Result<ManagedDriver, QueryError> {
        let entrypoint = self.entrypoint.as_deref().map(str::as_bytes);
        let mut said: Option<(String, Error)> = None;
        for name in &self.names {
            match load(name, entrypoint) {
                Ok(driver) => return Ok(driver),
                // Of several names the first is the usual one, unless another is there and does not work.
                Err(error) if said.is_none() || !is_absent(name, &error) => {
                    said = Some((name.clone(), error));
                }
                Err(_) => {}
            }
        }
        let (driver, error) = said.ok_or(QueryError::NoDatabase)?;
        let words = secrets.hide(&error.message);
        Err(if is_absent(&driver, &error) {
            QueryError::DriverNotFound { driver, words }
        } else {
            QueryError::DriverUnusable { driver, words }
        })
    }
}

fn load(name: &str, entrypoint: Option<&[u8]>) -> Result<ManagedDriver> {
    let with =
        |version| ManagedDriver::load_from_name(name, entrypoint, version, LOAD_FLAG_DEFAULT, None);
    with(AdbcVersion::V110).or_else(|error| match error.status {
        Status::NotImplemented => with(AdbcVersion::V100),
        _ => Err(error),
    })
}

/// Whether no driver is there, rather than one that does not work.
fn is_absent(name: &str, error: &Error) -> bool {
    let is_path = name.contains(std::path::is_separator) || Path::new(name).extension().is_some();
    if is_path {
        !Path::new(name).exists()
    } else {
        error.status == Status::NotFound
    }
}

fn is_duckdb(driver: &str) -> bool {
    let name = Path::new(driver).file_name().unwrap_or_default();
    let name = name.to_string_lossy();
    name.strip_prefix("lib")
        .unwrap_or(&name)
        .starts_with("duckdb")
}

fn is_duckdb_file(address: &str) -> bool {
    Path::new(address)
        .extension()
        .is_some_and(|extension| extension == "duckdb")
}

/// What the driver is told: the address, then what the user says.
fn options(query: &Query, is_duckdb: bool) -> Vec<(OptionDatabase, OptionValue)> {
    let mut options = Vec::new();
    match &query.address {
        Some(address) if is_duckdb => {
            let path = address.strip_prefix("duckdb:").unwrap_or(address);
            let path = path.strip_prefix("//").unwrap_or(path);
            options.push((OptionDatabase::Other(DUCKDB_PATH.to_owned()), path.into()));
            let said = query.options.iter().any(|(key, _)| key == DUCKDB_ACCESS);
            // A query changes nothing, and others may read at the same time.
            if !said && !path.is_empty() && path != IN_MEMORY {
                options.push((
                    OptionDatabase::Other(DUCKDB_ACCESS.to_owned()),
                    "READ_ONLY".into(),
                ));
            }
        }
        Some(address) => options.push((OptionDatabase::Uri, address.as_str().into())),
        None => {}
    }
    let own = query.options.iter();
    options.extend(own.map(|(key, value)| (key.as_str().into(), value.as_str().into())));
    options
}
