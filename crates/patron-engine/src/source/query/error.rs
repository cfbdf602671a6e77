//! Why the answer to a query cannot be read. What drivers say is kept, without what is secret.

use patron_core::{Coded, ErrorCode};

/// Why the answer to a query cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// No database was named, nor a driver that knows one.
    #[error("no database was named for the query")]
    NoDatabase,
    /// The address does not say which driver reads it.
    #[error("it is not known which driver reads `{address}`")]
    NoDriver {
        /// What may be shown of the address.
        address: String,
    },
    /// No such driver is installed.
    #[error("the database driver `{driver}` was not found: {words}")]
    DriverNotFound {
        /// The driver's name or path.
        driver: String,
        /// What was tried.
        words: String,
    },
    /// The driver is there but does not work.
    #[error("the database driver `{driver}` cannot be used: {words}")]
    DriverUnusable {
        /// The driver's name or path.
        driver: String,
        /// What the system or the driver said.
        words: String,
    },
    /// The database cannot be reached.
    #[error("cannot connect to `{address}`: {words}")]
    Connect {
        /// What may be shown of the address.
        address: String,
        /// What the driver said.
        words: String,
    },
    /// The database does not let this user in, or the address or an option is wrong.
    #[error("`{address}` refuses the connection: {words}")]
    Refused {
        /// What may be shown of the address.
        address: String,
        /// What the driver said.
        words: String,
    },
    /// The database does not carry out the query.
    #[error("the database refuses the query: {words}")]
    Query {
        /// What the driver said.
        words: String,
    },
    /// The answer ends with an error.
    #[error("the answer to the query breaks off after {rows} rows: {words}")]
    Interrupted {
        /// Rows that came before.
        rows: u64,
        /// What the driver said.
        words: String,
    },
    /// The statement has no answer.
    #[error("the statement gives no columns")]
    NoColumns,
    /// The answer has no rows.
    #[error("the query gives no rows")]
    NoRows,
}

impl Coded for QueryError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Connect { .. } => ErrorCode::StorageUnreachable,
            Self::Interrupted { .. } => ErrorCode::InputUnreadable,
            Self::NoColumns => ErrorCode::InputNotUnderstood,
            Self::NoRows => ErrorCode::InputEmpty,
            Self::NoDatabase
            | Self::NoDriver { .. }
            | Self::DriverNotFound { .. }
            | Self::DriverUnusable { .. }
            | Self::Refused { .. }
            | Self::Query { .. } => ErrorCode::SettingInvalid,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::NoDatabase => "no_database",
            Self::NoDriver { .. } => "no_driver",
            Self::DriverNotFound { .. } => "driver_not_found",
            Self::DriverUnusable { .. } => "driver_unusable",
            Self::Connect { .. } => "cannot_connect",
            Self::Refused { .. } => "connection_refused",
            Self::Query { .. } => "query_refused",
            Self::Interrupted { .. } => "query_interrupted",
            Self::NoColumns => "query_without_columns",
            Self::NoRows => "query_without_rows",
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NoDriver { address } => vec![("address", address.clone())],
            Self::DriverNotFound { driver, words } | Self::DriverUnusable { driver, words } => {
                vec![("driver", driver.clone()), ("words", words.clone())]
            }
            Self::Connect { address, words } | Self::Refused { address, words } => {
                vec![("address", address.clone()), ("words", words.clone())]
            }
            Self::Query { words } => vec![("words", words.clone())],
            Self::Interrupted { rows, words } => {
                vec![("rows", rows.to_string()), ("words", words.clone())]
            }
            Self::NoDatabase | Self::NoColumns | Self::NoRows => Vec::new(),
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoDatabase => {
                "name it with `--adbc postgresql://user@host/database`, or in the environment as PATRON_ADBC_URI"
            }
            Self::NoDriver { .. } => {
                "name the ADBC driver with `--driver NAME` or `--driver /path/of/its/library`"
            }
            Self::DriverNotFound { driver, .. } => return Some(how_to_install(driver)),
            Self::DriverUnusable { .. } => {
                "`--driver` takes the library of an ADBC driver; `--driver-entrypoint` names its first function where that has a name of its own"
            }
            Self::Connect { .. } => {
                "check the host, the port and that the database runs, then try again"
            }
            Self::Refused { .. } => {
                "check the database's name or path, user, password and options; the address can be given as PATRON_ADBC_URI, where no list of processes shows it"
            }
            Self::Query { .. } => "try the query in the database's own program first",
            Self::Interrupted { .. } => {
                "nothing of it was kept; mend the query if the words are about it, else run the same command again"
            }
            Self::NoColumns => "a query begins with SELECT (or WITH)",
            Self::NoRows => "check its conditions: a wrong date or status leaves nothing",
        };
        Some(hint.to_owned())
    }
}

fn how_to_install(driver: &str) -> String {
    if driver.contains("duckdb") {
        return "download libduckdb from the DuckDB site and name it: `--driver /path/of/libduckdb.so`".to_owned();
    }
    let package = driver.replace('_', "-");
    if driver.starts_with("adbc_driver_") && !driver.contains(['/', '.']) {
        return format!(
            "install it, for instance with `pip install {package}`, and name the library in that package: `--driver /path/of/lib{driver}.so`"
        );
    }
    "name the driver's library by its path, `--driver /path/of/lib….so`, or install its manifest where ADBC looks for it".to_owned()
}
