//! Flags that name a query to a database; `run` and `import` have them.

use std::path::PathBuf;

use patron_core::{Coded, ErrorCode};
use patron_engine::Query;

use crate::failure::Failure;

/// Where an address may stand that nobody shall see in a list of processes.
const ADDRESS: &str = "PATRON_ADBC_URI";

/// A query to a database that an ADBC driver reads.
#[derive(Debug, clap::Args)]
pub(crate) struct Database {
    /// A database whose rows are read, such as `postgresql://user@host/shop` or `shop.duckdb`; or in the environment as
    /// `PATRON_ADBC_URI`
    #[arg(long, value_name = "ADDRESS", requires = "sql")]
    adbc: Option<Address>,
    /// The query that gives the rows, in the place of files
    #[arg(long, value_name = "SQL", group = "sql")]
    query: Option<String>,
    /// A file with the query
    #[arg(long, value_name = "FILE", group = "sql")]
    query_file: Option<PathBuf>,
    /// The ADBC driver: a name such as `adbc_driver_postgresql`, or the path of its library; by the address if absent
    #[arg(long, value_name = "NAME|PATH", requires = "sql")]
    driver: Option<String>,
    /// The function that begins the driver, where it has a name of its own
    #[arg(long, value_name = "SYMBOL", requires = "sql")]
    driver_entrypoint: Option<String>,
    /// An option of the driver; may be repeated
    #[arg(long, value_name = "KEY=VALUE", requires = "sql", value_parser = parse_option)]
    adbc_option: Vec<Setting>,
}

/// An address as typed; it may hold a password or a token, so it is not shown.
#[derive(Clone)]
pub(super) struct Address(pub(super) String);

impl From<String> for Address {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Address")
    }
}

/// An option of a driver; its value may be a password.
#[derive(Clone)]
struct Setting {
    key: String,
    value: String,
}

impl std::fmt::Debug for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}=…", self.key)
    }
}

/// A file with a query that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the query in `{}`", path.display())]
struct QueryFile {
    path: PathBuf,
    #[source]
    source: std::io::Error,
}

impl Coded for QueryFile {
    fn code(&self) -> ErrorCode {
        ErrorCode::InputUnreadable
    }

    fn key(&self) -> &'static str {
        "cannot_read_query"
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        vec![("path", self.path.display().to_string())]
    }

    fn hint(&self) -> Option<String> {
        Some("it is a text file in UTF-8 with one query".to_owned())
    }
}

impl Database {
    /// The query, if one is asked.
    pub(crate) fn query(&self) -> Result<Option<Query>, Failure> {
        let sql = match (&self.query, &self.query_file) {
            (Some(sql), _) => sql.clone(),
            (None, Some(path)) => std::fs::read_to_string(path).map_err(|source| QueryFile {
                path: path.clone(),
                source,
            })?,
            (None, None) => return Ok(None),
        };
        let typed = self.adbc.as_ref().map(|address| address.0.clone());
        let options = self.adbc_option.iter();
        Ok(Some(Query {
            address: typed.or_else(from_environment),
            driver: self.driver.clone(),
            entrypoint: self.driver_entrypoint.clone(),
            options: options
                .map(|option| (option.key.clone(), option.value.clone()))
                .collect(),
            sql,
        }))
    }

    /// A database at another address than the one of a query, with the driver and the options that were typed.
    pub(crate) fn at(&self, address: &str) -> Query {
        let options = self.adbc_option.iter();
        Query {
            address: Some(address.to_owned()),
            driver: self.driver.clone(),
            entrypoint: self.driver_entrypoint.clone(),
            options: options
                .map(|option| (option.key.clone(), option.value.clone()))
                .collect(),
            sql: String::new(),
        }
    }

    /// The address as it was typed.
    pub(crate) fn typed_address(&self) -> Option<&str> {
        self.adbc.as_ref().map(|address| address.0.as_str())
    }

    /// Whether a query is asked.
    pub(crate) const fn is_asked(&self) -> bool {
        self.query.is_some() || self.query_file.is_some()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "patron-cli is where the environment is read"
)]
fn from_environment() -> Option<String> {
    std::env::var(ADDRESS)
        .ok()
        .filter(|address| !address.is_empty())
}

fn parse_option(text: &str) -> Result<Setting, String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok(Setting {
            key: key.trim().to_owned(),
            value: value.to_owned(),
        }),
        _ => Err("expected KEY=VALUE, such as adbc.snowflake.sql.warehouse=SMALL".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_has_a_key_and_shows_no_value() {
        let option = parse_option("password=a=b").unwrap();
        assert_eq!(
            (option.key.as_str(), option.value.as_str()),
            ("password", "a=b")
        );
        assert_eq!(format!("{option:?}"), "password=…");
        assert_eq!(
            format!("{:?}", Address("postgresql://a:b@c".to_owned())),
            "Address"
        );
        assert!(parse_option("password").is_err() && parse_option("=x").is_err());
    }
}
