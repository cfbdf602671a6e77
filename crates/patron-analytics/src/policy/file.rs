//! Which policy holds: the workspace's own, else the shipped one.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use patron_core::{Coded, ErrorCode};
use patron_segments::policy::{PolicyError, PolicyTable, SHIPPED_POLICY};

/// The file in a workspace.
pub const POLICY: &str = "policy.toml";

/// Why a policy cannot be used or made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyFileError {
    /// It does not hold together.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// There is one already.
    #[error("there is a policy at `{path}` already")]
    Taken {
        /// Where.
        path: PathBuf,
    },
    /// It cannot be written.
    #[error("cannot write `{path}`")]
    Write {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl Coded for PolicyFileError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Policy(error) => error.code(),
            Self::Taken { .. } => ErrorCode::SettingInvalid,
            Self::Write { .. } => ErrorCode::OutputUnwritable,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Policy(error) => error.key(),
            Self::Taken { .. } => "policy_taken",
            Self::Write { .. } => "cannot_write",
        }
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Policy(error) => error.params(),
            Self::Taken { path } | Self::Write { path, .. } => {
                vec![("path", path.display().to_string())]
            }
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Policy(error) => error.hint(),
            Self::Taken { .. } => {
                Some("edit it, or write the shipped one elsewhere with `--out FILE`".to_owned())
            }
            Self::Write { .. } => Some("check the folder's rights and the free space".to_owned()),
        }
    }
}

/// Returns the policy named, else that of the workspace, else the shipped one, and where it comes from.
///
/// # Errors
/// [`PolicyFileError::Policy`].
pub fn policy_of(
    workspace: &Path,
    named: Option<&Path>,
) -> Result<(PolicyTable, String), PolicyFileError> {
    let own = workspace.join(POLICY);
    let path = named
        .map(Path::to_owned)
        .or_else(|| own.is_file().then_some(own));
    match path {
        Some(path) => Ok((PolicyTable::read(&path)?, path.display().to_string())),
        None => Ok((PolicyTable::shipped()?, "shipped".to_owned())),
    }
}

/// Writes the shipped policy to a file that is not there yet, to be edited.
///
/// # Errors
/// [`PolicyFileError::Taken`] and [`PolicyFileError::Write`].
pub fn init_policy(path: &Path) -> Result<(), PolicyFileError> {
    let error = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => PolicyFileError::Taken {
            path: path.to_owned(),
        },
        _ => PolicyFileError::Write {
            path: path.to_owned(),
            source,
        },
    };
    let mut file = File::create_new(path).map_err(error)?;
    file.write_all(SHIPPED_POLICY.as_bytes()).map_err(error)
}
