//! Why sources cannot be read.

use std::io;
use std::path::PathBuf;

use patron_core::{Coded, ErrorCode};
use patron_pull::PullError;

use crate::import::ImportFailure;
use crate::workspace::WorkspaceError;

/// Why sources cannot be read, or be noted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RefreshError {
    /// The workspace cannot be used.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// What came cannot be imported.
    #[error(transparent)]
    Import(#[from] ImportFailure),
    /// A shop cannot be read.
    #[error(transparent)]
    Pull(#[from] PullError),
    /// Another refresh runs.
    #[error("another refresh of `{folder}` is under way")]
    UnderWay {
        /// The workspace.
        folder: PathBuf,
    },
    /// There is nothing to read.
    #[error("the workspace has no source that is read by itself")]
    NoSources,
    /// No source has this number.
    #[error("there is no source {id}")]
    NoSuchSource {
        /// Which number.
        id: i64,
    },
    /// What it takes to get into a source is not there.
    #[error("the key of source {id} is not there")]
    NoKey {
        /// Which source.
        id: i64,
    },
    /// What is kept of a source cannot be understood.
    #[error("what is kept of source {id} cannot be understood")]
    Damaged {
        /// Which source.
        id: i64,
    },
    /// The source needs no key.
    #[error("source {id} needs no key")]
    NeedsNoKey {
        /// Which source.
        id: i64,
    },
    /// A watched folder or a file in it cannot be read.
    #[error("cannot read `{path}`")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Orders that were pulled cannot be written down.
    #[error("cannot write in `{path}`")]
    Write {
        /// Where.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl Coded for RefreshError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Workspace(error) => error.code(),
            Self::Import(error) => error.code(),
            Self::Pull(error) => error.code(),
            Self::UnderWay { .. } | Self::Damaged { .. } => ErrorCode::StorageUnreachable,
            Self::NoSources | Self::NoSuchSource { .. } | Self::NeedsNoKey { .. } => {
                ErrorCode::SettingInvalid
            }
            Self::NoKey { .. } => ErrorCode::SettingInvalid,
            Self::Unreadable { .. } => ErrorCode::InputUnreadable,
            Self::Write { .. } => ErrorCode::OutputUnwritable,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Workspace(error) => error.key(),
            Self::Import(error) => error.key(),
            Self::Pull(error) => error.key(),
            Self::UnderWay { .. } => "refresh_under_way",
            Self::NoSources => "no_sources",
            Self::NoSuchSource { .. } => "no_such_source",
            Self::NoKey { .. } => "source_without_key",
            Self::Damaged { .. } => "source_damaged",
            Self::NeedsNoKey { .. } => "source_needs_no_key",
            Self::Unreadable { .. } => "cannot_read",
            Self::Write { .. } => "cannot_write",
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Workspace(error) => error.params(),
            Self::Import(error) => error.params(),
            Self::Pull(error) => error.params(),
            Self::UnderWay { folder } => vec![("folder", folder.display().to_string())],
            Self::NoSources => Vec::new(),
            Self::NoSuchSource { id }
            | Self::NoKey { id }
            | Self::Damaged { id }
            | Self::NeedsNoKey { id } => vec![("source", id.to_string())],
            Self::Unreadable { path, .. } | Self::Write { path, .. } => {
                vec![("path", path.display().to_string())]
            }
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Workspace(error) => error.hint(),
            Self::Import(error) => error.hint(),
            Self::Pull(error) => error.hint(),
            Self::UnderWay { .. } => {
                Some("wait for it, or stop it: the next one goes on where it ended".to_owned())
            }
            Self::NoSources => {
                Some("add one, such as `patron source add folder exports`".to_owned())
            }
            Self::NoSuchSource { .. } | Self::NeedsNoKey { .. } => {
                Some("`patron source list` shows them".to_owned())
            }
            Self::NoKey { id } => Some(format!("give it with `patron source key {id}`")),
            Self::Damaged { id } => Some(format!(
                "remove it with `patron source remove {id}` and add it again"
            )),
            Self::Unreadable { .. } => Some("check that it is there and may be read".to_owned()),
            Self::Write { .. } => Some("check the folder's rights and the free space".to_owned()),
        }
    }
}
