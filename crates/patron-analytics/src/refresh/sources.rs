//! The sources of a workspace: added, listed, removed. What it takes to get in is kept apart from where they are.

use std::path::PathBuf;

use patron_core::Instant;
use patron_engine::Query;
use patron_pull::{Access, Address};
use patron_state::{NewSource, Secret, Source, SourceKind, StateError};
use serde_json::{Value, json};

use super::error::RefreshError;
use crate::workspace::{Workspace, WorkspaceError};

/// Where a new source is, with what it takes to get in.
#[derive(Debug, Clone)]
pub enum Place {
    /// A folder whose files are imported.
    Folder {
        /// Which.
        path: PathBuf,
    },
    /// A query that is asked of a database.
    Query(Query),
    /// The interface of a shop.
    Shop {
        /// Where.
        address: Address,
        /// The key.
        access: Access,
    },
}

/// A source of a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownSource {
    /// Its number.
    pub id: i64,
    /// What it is, such as `folder`.
    pub kind: &'static str,
    /// Where it is; without secrets.
    pub place: String,
    /// When it was read last.
    pub last_run_at: Option<Instant>,
    /// Why that failed.
    pub last_error: Option<String>,
}

/// Adds a source; returns its number.
///
/// # Errors
/// [`RefreshError::Unreadable`] for a folder that is not there; a state that cannot be written.
pub fn add(workspace: &Workspace, place: &Place) -> Result<i64, RefreshError> {
    let source = match place {
        Place::Folder { path } => {
            let unreadable = |source| RefreshError::Unreadable {
                path: path.clone(),
                source,
            };
            // Wherever patron is started from, it is this folder.
            let path = path.canonicalize().map_err(unreadable)?;
            path.read_dir().map_err(unreadable)?;
            NewSource {
                kind: SourceKind::Folder,
                config: json!({ "path": path }),
                secret: None,
            }
        }
        Place::Query(query) => NewSource {
            kind: SourceKind::Adbc,
            config: json!({
                "database": query.shown(),
                "driver": query.driver,
                "entrypoint": query.entrypoint,
                "query": query.sql,
            }),
            secret: Some(secret(&json!({
                "address": query.address,
                "options": query.options,
            }))),
        },
        Place::Shop { address, access } => NewSource {
            kind: match access {
                Access::Shopify { .. } => SourceKind::Shopify,
                Access::WooCommerce { .. } => SourceKind::WooCommerce,
            },
            config: json!({ "address": address.as_str() }),
            secret: Some(secret_of(access)),
        },
    };
    let added = workspace.state()?.add_source(&source);
    Ok(added.map_err(WorkspaceError::from)?)
}

/// Returns the sources, oldest first.
///
/// # Errors
/// A state that cannot be read.
pub fn sources(workspace: &Workspace) -> Result<Vec<KnownSource>, RefreshError> {
    let sources = workspace.state()?.sources().map_err(WorkspaceError::from)?;
    let known = sources.iter().map(|source| KnownSource {
        id: source.id,
        kind: source.kind.name(),
        place: place(source),
        last_run_at: source.last_run_at,
        last_error: source.last_error.clone(),
    });
    Ok(known.collect())
}

/// Forgets a source with its key; what was imported of it stays.
///
/// # Errors
/// [`RefreshError::NoSuchSource`]; a state that cannot be written.
pub fn remove(workspace: &Workspace, id: i64) -> Result<(), RefreshError> {
    workspace.state()?.remove_source(id).map_err(of_state)
}

/// Keeps another key for a shop that is known.
///
/// # Errors
/// [`RefreshError::NoSuchSource`]; [`RefreshError::NeedsNoKey`] if it is no shop, or one of another kind than the key.
pub fn set_key(workspace: &Workspace, id: i64, access: &Access) -> Result<(), RefreshError> {
    let fits = |source: &KnownSource| match access {
        Access::Shopify { .. } => source.kind == SourceKind::Shopify.name(),
        Access::WooCommerce { .. } => source.kind == SourceKind::WooCommerce.name(),
    };
    let known = sources(workspace)?;
    let source = known.iter().find(|source| source.id == id);
    match source.map(fits) {
        Some(true) => {}
        Some(false) => return Err(RefreshError::NeedsNoKey { id }),
        None => return Err(RefreshError::NoSuchSource { id }),
    }
    let kept = workspace.state()?.set_secret(id, &secret_of(access));
    kept.map_err(of_state)
}

fn of_state(error: StateError) -> RefreshError {
    match error {
        StateError::NoSuchSource { id } => RefreshError::NoSuchSource { id },
        other => WorkspaceError::from(other).into(),
    }
}

fn secret(value: &Value) -> Secret {
    Secret::new(value.to_string())
}

fn secret_of(access: &Access) -> Secret {
    secret(&match access {
        Access::Shopify { token } => json!({ "token": token }),
        Access::WooCommerce { key, secret } => json!({ "key": key, "secret": secret }),
    })
}

/// Where a source is, as it may be shown.
pub(super) fn place(source: &Source) -> String {
    let name = match source.kind {
        SourceKind::Folder => "path",
        SourceKind::Adbc => "database",
        SourceKind::Shopify | SourceKind::WooCommerce => "address",
    };
    text(&source.config, name).unwrap_or_default()
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(str::to_owned)
}

/// Returns the key of a shop.
pub(super) fn access_of(source: &Source, secret: &Value) -> Result<Access, RefreshError> {
    let access = match source.kind {
        SourceKind::Shopify => text(secret, "token").map(|token| Access::Shopify { token }),
        _ => text(secret, "key")
            .zip(text(secret, "secret"))
            .map(|(key, secret)| Access::WooCommerce { key, secret }),
    };
    access.ok_or(RefreshError::NoKey { id: source.id })
}

/// Returns the query of a source.
pub(super) fn query_of(source: &Source, secret: &Value) -> Result<Query, RefreshError> {
    let damaged = RefreshError::Damaged { id: source.id };
    let options = secret.get("options").cloned().unwrap_or_default();
    Ok(Query {
        address: text(secret, "address"),
        driver: text(&source.config, "driver"),
        entrypoint: text(&source.config, "entrypoint"),
        options: serde_json::from_value(options).unwrap_or_default(),
        sql: text(&source.config, "query").ok_or(damaged)?,
    })
}
