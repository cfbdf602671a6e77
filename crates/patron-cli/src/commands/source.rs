//! `patron source`: where facts come from by themselves.

use std::io::{self, BufRead, IsTerminal};
use std::path::{Path, PathBuf};

use patron_analytics::refresh::{
    Access, Address, KnownSource, Place, RefreshError, add, remove, set_key, sources,
};
use patron_analytics::workspace::Workspace;
use patron_core::{Coded, ErrorCode, ShopCalendar};

use crate::commands::database::Database;
use crate::failure::Failure;
use crate::output::{Output, table};

const SHOPIFY_TOKEN: &str = "PATRON_SHOPIFY_TOKEN";
const WOOCOMMERCE_KEY: &str = "PATRON_WOOCOMMERCE_KEY";
const WOOCOMMERCE_SECRET: &str = "PATRON_WOOCOMMERCE_SECRET";

/// Arguments of `patron source`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The workspace
    #[arg(long, value_name = "DIR", default_value = ".", global = true)]
    workspace: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Add a folder, a query or a shop, which `patron refresh` reads
    #[command(subcommand)]
    Add(Box<Add>),
    /// List the sources, when they were read last, and what went wrong
    List,
    /// Forget a source and its key; what was imported of it stays
    Remove {
        /// The source's number
        id: i64,
    },
    /// Give a shop's new key, from the environment or standard input
    Key {
        /// The source's number
        id: i64,
    },
}

#[derive(Debug, clap::Subcommand)]
enum Add {
    /// A folder: every file that comes or changes there is imported
    Folder {
        /// The folder
        path: PathBuf,
    },
    /// A query to a database, through ADBC
    Adbc {
        /// The database, such as `postgresql://user@host/shop`; with a password, in the environment as `PATRON_ADBC_URI`
        #[arg(value_name = "ADDRESS", conflicts_with = "adbc")]
        address: Option<String>,
        #[command(flatten)]
        database: Box<Database>,
    },
    /// A Shopify shop; its access token is read from `PATRON_SHOPIFY_TOKEN` or standard input
    Shopify {
        /// The shop, SHOP.myshopify.com
        address: String,
        #[command(flatten)]
        trust: Trust,
    },
    /// A WooCommerce shop; its consumer key and secret are read from `PATRON_WOOCOMMERCE_KEY` and
    /// `PATRON_WOOCOMMERCE_SECRET`, or as two lines of standard input
    Woocommerce {
        /// The shop, such as `https://shop.example`
        address: String,
        #[command(flatten)]
        trust: Trust,
    },
}

#[derive(Debug, clap::Args)]
struct Trust {
    /// Send the key without encryption, where the address begins with http://
    #[arg(long)]
    insecure: bool,
}

/// A key that is needed and was not given.
#[derive(Debug, thiserror::Error)]
enum KeyError {
    #[error("no {what} was given")]
    Missing {
        what: &'static str,
        variable: &'static str,
    },
    #[error("the address of the database holds a password")]
    Typed,
    #[error("no query was given")]
    NoQuery,
}

impl Coded for KeyError {
    fn code(&self) -> ErrorCode {
        ErrorCode::SettingInvalid
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "key_missing",
            Self::Typed => "password_typed",
            Self::NoQuery => "query_missing",
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Missing { variable, .. } => {
                format!(
                    "set `{variable}`, or write it to standard input; never as an argument, where others can see it"
                )
            }
            Self::Typed => {
                "arguments can be seen by others: set `PATRON_ADBC_URI` to the address instead"
                    .to_owned()
            }
            Self::NoQuery => "say `--query \"SELECT …\"` or `--query-file FILE`".to_owned(),
        })
    }
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let workspace = Workspace::open(&args.workspace)?;
    match &args.command {
        Command::Add(new) => {
            let place = place(new, output)?;
            let id = add(&workspace, &place)?;
            output.line(&format!(
                "Source {id} was added. `patron refresh` reads it."
            ))
        }
        Command::List => list(&sources(&workspace)?, output),
        Command::Remove { id } => {
            remove(&workspace, *id)?;
            output.line(&format!(
                "Source {id} was removed, and its key with it. What was imported of it stays."
            ))
        }
        Command::Key { id } => {
            let known = sources(&workspace)?;
            let source = known.iter().find(|source| source.id == *id);
            let is_shopify = match source.map(|source| source.kind) {
                Some("shopify") => true,
                Some("woocommerce") => false,
                Some(_) => return Err(RefreshError::NeedsNoKey { id: *id }.into()),
                None => return Err(RefreshError::NoSuchSource { id: *id }.into()),
            };
            set_key(&workspace, *id, &access(is_shopify, output)?)?;
            output.line(&format!("Source {id} has another key."))
        }
    }
}

fn place(new: &Add, output: &Output) -> Result<Place, Failure> {
    Ok(match new {
        Add::Folder { path } => Place::Folder { path: path.clone() },
        Add::Adbc { address, database } => {
            let typed = address.as_deref().or_else(|| database.typed_address());
            if typed.is_some_and(holds_password) {
                return Err(KeyError::Typed.into());
            }
            let mut query = database.query()?.ok_or(KeyError::NoQuery)?;
            query.address = address.clone().or(query.address);
            // A file stays the same one, wherever patron is started from.
            let file = query.address.as_deref().map(Path::new);
            if let Some(Ok(path)) = file.filter(|path| path.is_file()).map(Path::canonicalize) {
                query.address = Some(path.display().to_string());
            }
            Place::Query(query)
        }
        Add::Shopify { address, trust } => Place::Shop {
            address: Address::parse_shopify(address, trust.insecure)?,
            access: access(true, output)?,
        },
        Add::Woocommerce { address, trust } => Place::Shop {
            address: Address::parse(address, trust.insecure)?,
            access: access(false, output)?,
        },
    })
}

/// Whether an address has something before `@` that may be a password, or a parameter that may be one.
fn holds_password(address: &str) -> bool {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let user = rest.rsplit_once('@').map_or("", |(user, _)| user);
    let lower = address.to_lowercase();
    user.contains(':')
        || ["password", "passwd", "pwd=", "token=", "secret="]
            .iter()
            .any(|word| lower.contains(word))
}

/// Takes a shop's key from the environment, else from standard input.
fn access(is_shopify: bool, output: &Output) -> Result<Access, Failure> {
    if is_shopify {
        return Ok(Access::Shopify {
            token: key("access token", SHOPIFY_TOKEN, output)?,
        });
    }
    Ok(Access::WooCommerce {
        key: key("consumer key", WOOCOMMERCE_KEY, output)?,
        secret: key("consumer secret", WOOCOMMERCE_SECRET, output)?,
    })
}

fn key(what: &'static str, variable: &'static str, output: &Output) -> Result<String, Failure> {
    #[expect(
        clippy::disallowed_methods,
        reason = "patron-cli is where the environment is read"
    )]
    let set = std::env::var(variable).ok();
    let given = match set.filter(|text| !text.trim().is_empty()) {
        Some(text) => text,
        None => {
            if io::stdin().is_terminal() {
                output.talk(&format!("{what} (it is seen while you type): "));
            }
            let mut line = String::new();
            // What cannot be read was not given.
            let read = io::stdin().lock().read_line(&mut line);
            read.map_or_else(|_| String::new(), |_| line)
        }
    };
    match given.trim() {
        "" => Err(KeyError::Missing { what, variable }.into()),
        text => Ok(text.to_owned()),
    }
}

fn list(known: &[KnownSource], output: &mut Output) -> Result<(), Failure> {
    if known.is_empty() {
        return output.line("There are no sources yet: `patron source add folder exports`.");
    }
    let calendar = ShopCalendar::utc();
    let body = known.iter().map(|source| {
        vec![
            source.id.to_string(),
            source.kind.to_owned(),
            source.place.clone(),
            source
                .last_run_at
                .map(|at| calendar.rfc3339(at))
                .unwrap_or_default(),
            source.last_error.clone().unwrap_or_default(),
        ]
    });
    let header = [
        "source",
        "kind",
        "place",
        "last read (UTC)",
        "what went wrong",
    ];
    output.line(&table(&header, body.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_an_address_is_seen() {
        for address in [
            "postgresql://reader:hidden@db/shop",
            "postgresql://db/shop?password=hidden",
            "x://db?access_token=hidden",
        ] {
            assert!(holds_password(address), "{address}");
        }
        for address in [
            "postgresql://reader@db:5432/shop",
            "shop.duckdb",
            "duckdb://:memory:",
        ] {
            assert!(!holds_password(address), "{address}");
        }
    }
}
