//! Where facts come from by themselves, how far they were read, and the secrets that this needs.

use patron_core::Instant;
use serde_json::Value as Json;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::database::Value;
use crate::error::StateError;
use crate::secret::Secret;
use crate::state::State;

/// What a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// A folder that is watched.
    Folder,
    /// A query that is asked of a database.
    Adbc,
    /// The interface of a Shopify shop.
    Shopify,
    /// The interface of a WooCommerce shop.
    WooCommerce,
}

impl SourceKind {
    const ALL: [Self; 4] = [Self::Folder, Self::Adbc, Self::Shopify, Self::WooCommerce];

    /// Returns the name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::Adbc => "adbc",
            Self::Shopify => "shopify",
            Self::WooCommerce => "woocommerce",
        }
    }
}

/// A source to be added.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSource {
    /// What it is.
    pub kind: SourceKind,
    /// Where and what to read; without secrets.
    pub config: Json,
    /// What it takes to get in.
    pub secret: Option<Secret>,
}

/// A source that is known. Its secret is asked for apart: [`State::secret_of`].
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// Its number.
    pub id: i64,
    /// What it is.
    pub kind: SourceKind,
    /// Where and what to read.
    pub config: Json,
    /// How far it was read, in its own words.
    pub cursor: Option<String>,
    /// When it was read last.
    pub last_run_at: Option<Instant>,
    /// Why that failed.
    pub last_error: Option<String>,
    /// Whether it is read by itself.
    pub enabled: bool,
}

const SELECT: &str =
    "SELECT id, kind, config, cursor, last_run_at, last_error, enabled FROM sources ORDER BY id";

impl State {
    /// Adds a source; returns its number, which no other will ever have.
    ///
    /// # Errors
    /// [`StateError::Locked`], [`StateError::NoSpace`], [`StateError::ReadOnly`].
    pub fn add_source(&self, source: &NewSource) -> Result<i64, StateError> {
        let config = source.config.to_string();
        self.database().write(|database| {
            let sql = "INSERT INTO sources (kind, config) VALUES (?, ?)";
            let values = [Value::Text(source.kind.name()), Value::Text(&config)];
            let (_, id) = database.execute(sql, &values)?;
            if let Some(secret) = &source.secret {
                let sql = "INSERT INTO source_secrets (source_id, secret) VALUES (?, ?)";
                let values = [Value::Integer(id), Value::Text(secret.expose())];
                database.execute(sql, &values)?;
            }
            Ok(id)
        })
    }

    /// Returns the sources, oldest first.
    ///
    /// # Errors
    /// [`StateError::Locked`], [`StateError::Damaged`].
    pub fn sources(&self) -> Result<Vec<Source>, StateError> {
        self.database().query(SELECT, &[], source)
    }

    /// Returns what it takes to get into a source.
    ///
    /// # Errors
    /// As [`State::sources`].
    pub fn secret_of(&self, id: i64) -> Result<Option<Secret>, StateError> {
        let sql = "SELECT secret FROM source_secrets WHERE source_id = ?";
        let secret = |row: &SqliteRow| row.try_get(0).map(Secret::new);
        let found = self.database().query(sql, &[Value::Integer(id)], secret)?;
        Ok(found.into_iter().next())
    }

    /// Keeps another secret for a source; the old one is overwritten.
    ///
    /// # Errors
    /// [`StateError::NoSuchSource`]; as [`State::add_source`].
    pub fn set_secret(&self, id: i64, secret: &Secret) -> Result<(), StateError> {
        let sql = "INSERT INTO source_secrets (source_id, secret) SELECT id, ? FROM sources WHERE id = ? ON CONFLICT (source_id) DO UPDATE SET secret = excluded.secret";
        self.change(id, sql, &[Value::Text(secret.expose()), Value::Integer(id)])
    }

    /// Notes that a source was read: how far, if it got further, or why not.
    ///
    /// # Errors
    /// As [`State::set_secret`].
    pub fn note_run(
        &self,
        id: i64,
        at: Instant,
        cursor: Option<&str>,
        error: Option<&str>,
    ) -> Result<(), StateError> {
        let sql = "UPDATE sources SET last_run_at = ?, cursor = coalesce(?, cursor), last_error = ? WHERE id = ?";
        let values = [
            Value::Integer(at.0),
            Value::optional(cursor),
            Value::optional(error),
            Value::Integer(id),
        ];
        self.change(id, sql, &values)
    }

    /// Sets whether a source is read by itself.
    ///
    /// # Errors
    /// As [`State::set_secret`].
    pub fn enable_source(&self, id: i64, enabled: bool) -> Result<(), StateError> {
        let sql = "UPDATE sources SET enabled = ? WHERE id = ?";
        let values = [Value::Integer(i64::from(enabled)), Value::Integer(id)];
        self.change(id, sql, &values)
    }

    /// Forgets a source with its secret; what was read of it stays.
    ///
    /// # Errors
    /// As [`State::set_secret`].
    pub fn remove_source(&self, id: i64) -> Result<(), StateError> {
        let sql = "DELETE FROM sources WHERE id = ?";
        self.change(id, sql, &[Value::Integer(id)])
    }

    fn change(&self, id: i64, sql: &'static str, values: &[Value<'_>]) -> Result<(), StateError> {
        match self.database().execute(sql, values)? {
            (0, _) => Err(StateError::NoSuchSource { id }),
            _ => Ok(()),
        }
    }
}

fn source(row: &SqliteRow) -> Result<Source, sqlx::Error> {
    let kind: String = row.try_get(1)?;
    let known = SourceKind::ALL
        .into_iter()
        .find(|known| known.name() == kind);
    let config: String = row.try_get(2)?;
    Ok(Source {
        id: row.try_get(0)?,
        kind: known.ok_or_else(|| sqlx::Error::Decode("an unknown kind of source".into()))?,
        config: serde_json::from_str(&config).unwrap_or_default(),
        cursor: row.try_get(3)?,
        last_run_at: row.try_get::<Option<i64>, _>(4)?.map(Instant),
        last_error: row.try_get(5)?,
        enabled: row.try_get::<i64, _>(6)? != 0,
    })
}
