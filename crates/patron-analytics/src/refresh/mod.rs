//! `patron refresh`: what came to the sources of a workspace since the last look, by the ordinary import.
//!
//! How far a source was read is noted after its import was committed. If patron is stopped in between, the same orders are
//! asked for again, and the import knows them.

mod error;
mod folder;
mod shop;
mod sources;

use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::time::Duration;

use patron_core::Instant;
use patron_engine::{Progress, Query};
use patron_state::{Source, SourceKind, State};
use serde_json::json;

pub use patron_pull::{Access, Address, PullError};

pub use self::error::RefreshError;
pub use self::sources::{KnownSource, Place, add, remove, set_key, sources};
use crate::import::{ImportReport, ImportRequest, KEEP_EVERY, import};
use crate::settings::Settings;
use crate::workspace::{REFRESH_LOCK, Workspace, WorkspaceError};

/// How sources are read.
#[derive(Debug, Clone)]
pub struct RefreshRequest {
    /// The only source to read; all that are enabled where absent.
    pub source: Option<i64>,
    /// The time between two looks at a file that must not change meanwhile.
    pub settle: Duration,
    /// Pages of a shop that become one import.
    pub pages: usize,
    /// Threads that read.
    pub threads: usize,
    /// Memory that may be used.
    pub memory_bytes: u64,
    /// What time it is.
    pub clock: fn() -> Instant,
}

/// What came of a source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Brought {
    /// Files, or parts of a shop's orders, that were imported.
    pub imports: u64,
    /// Files that are still being written; a later refresh takes them.
    pub growing: u64,
    /// Rows in all.
    pub rows: u64,
    /// Rows that brought something new.
    pub new: u64,
    /// Rows that took the place of an older version.
    pub superseding: u64,
    /// Rows that were there already.
    pub unchanged: u64,
    /// Rows that were set aside.
    pub set_aside: u64,
}

/// A source that was read.
#[derive(Debug)]
pub struct Refreshed {
    /// Its number.
    pub id: i64,
    /// What it is, such as `folder`.
    pub kind: &'static str,
    /// Where it is; without secrets.
    pub place: String,
    /// What came, also if it failed after that.
    pub brought: Brought,
    /// What went wrong; a folder may have several files that cannot be read.
    pub failures: Vec<RefreshError>,
}

/// Reads the sources of a workspace, one after the other. One that fails does not keep the others from being read.
///
/// # Errors
/// [`RefreshError::UnderWay`], [`RefreshError::NoSources`], [`RefreshError::NoSuchSource`]; a state that cannot be used. What
/// goes wrong with a source is in its [`Refreshed`].
pub fn refresh(
    workspace: &Workspace,
    request: &RefreshRequest,
    progress: &dyn Progress,
) -> Result<Vec<Refreshed>, RefreshError> {
    let state = workspace.state()?;
    let _alone = alone(workspace)?;
    // Whoever has the lock knows that no other refresh runs.
    state
        .abandon_jobs(JOB, (request.clock)())
        .map_err(WorkspaceError::from)?;
    let all = state.sources().map_err(WorkspaceError::from)?;
    let wanted = |source: &Source| request.source.map_or(source.enabled, |id| source.id == id);
    let wanted: Vec<Source> = all.into_iter().filter(wanted).collect();
    match request.source {
        Some(id) if wanted.is_empty() => return Err(RefreshError::NoSuchSource { id }),
        None if wanted.is_empty() => return Err(RefreshError::NoSources),
        _ => {}
    }
    let one = |source: &Source| {
        let look = Look {
            workspace,
            state: &state,
            source,
            request,
            progress,
        };
        look.take()
    };
    wanted.iter().map(one).collect()
}

const JOB: &str = "refresh";

/// Makes sure that no other refresh of the workspace runs, for as long as the file is open.
fn alone(workspace: &Workspace) -> Result<File, RefreshError> {
    let path = workspace.folder().join(REFRESH_LOCK);
    let write = |path: &PathBuf, source| WorkspaceError::Write {
        path: path.clone(),
        source,
    };
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path).map_err(|source| write(&path, source))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(RefreshError::UnderWay {
            folder: workspace.folder().to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(write(&path, source).into()),
    }
}

/// One look at one source.
struct Look<'a> {
    workspace: &'a Workspace,
    state: &'a State,
    source: &'a Source,
    request: &'a RefreshRequest,
    progress: &'a dyn Progress,
}

impl Look<'_> {
    /// Reads the source and notes how it went. Only a state that cannot be written ends the whole refresh.
    fn take(&self) -> Result<Refreshed, RefreshError> {
        let detail = json!({ "source": self.source.id, "kind": self.source.kind.name() });
        let job = self.state.start_job(JOB, self.now(), &detail);
        let job = job.map_err(WorkspaceError::from)?;
        let mut brought = Brought::default();
        let mut failures = Vec::new();
        let read = match self.source.kind {
            SourceKind::Folder => folder::read(self, &mut brought, &mut failures),
            SourceKind::Adbc => self.query(&mut brought),
            SourceKind::Shopify | SourceKind::WooCommerce => shop::read(self, &mut brought),
        };
        failures.extend(read.err());
        let said: Vec<String> = failures.iter().map(ToString::to_string).collect();
        let said = (!said.is_empty()).then(|| said.join("; "));
        let noted = match &said {
            None => self
                .state
                .finish_job(job, self.now(), Some(&self.detail(&brought))),
            Some(said) => self.state.fail_job(job, self.now(), said),
        };
        let id = self.source.id;
        noted
            .and_then(|()| self.state.note_run(id, self.now(), None, said.as_deref()))
            .map_err(WorkspaceError::from)?;
        Ok(Refreshed {
            id,
            kind: self.source.kind.name(),
            place: sources::place(self.source),
            brought,
            failures,
        })
    }

    fn detail(&self, brought: &Brought) -> serde_json::Value {
        json!({
            "source": self.source.id,
            "kind": self.source.kind.name(),
            "imports": brought.imports,
            "rows": brought.rows,
            "new": brought.new,
            "superseding": brought.superseding,
            "unchanged": brought.unchanged,
            "set_aside": brought.set_aside,
        })
    }

    fn now(&self) -> Instant {
        (self.request.clock)()
    }

    /// Notes how far the source was read: all before is committed.
    fn keep(&self, cursor: &str) -> Result<(), RefreshError> {
        let noted = self
            .state
            .note_run(self.source.id, self.now(), Some(cursor), None);
        Ok(noted.map_err(WorkspaceError::from)?)
    }

    /// Imports files, or the answer of a query, and counts what came.
    fn import(
        &self,
        files: Vec<PathBuf>,
        query: Option<Query>,
        brought: &mut Brought,
    ) -> Result<ImportReport, RefreshError> {
        let request = ImportRequest {
            keep_every: KEEP_EVERY,
            files,
            query,
            flags: Settings::default(),
            dry_run: false,
            threads: self.request.threads,
            memory_bytes: self.request.memory_bytes,
            now: self.now(),
        };
        let report = import(self.workspace, &request, self.progress)?;
        for file in &report.files {
            let import = &file.import;
            brought.imports += u64::from(file.known_as.is_none());
            brought.rows += import.rows_in;
            brought.new += import.new;
            brought.superseding += import.superseding;
            brought.unchanged += import.unchanged;
            brought.set_aside += import.set_aside;
        }
        Ok(report)
    }

    fn query(&self, brought: &mut Brought) -> Result<(), RefreshError> {
        let query = sources::query_of(self.source, &self.secret()?)?;
        self.import(Vec::new(), Some(query), brought).map(drop)
    }

    fn secret(&self) -> Result<serde_json::Value, RefreshError> {
        let id = self.source.id;
        let secret = self.state.secret_of(id).map_err(WorkspaceError::from)?;
        secret
            .and_then(|secret| serde_json::from_str(secret.expose()).ok())
            .ok_or(RefreshError::NoKey { id })
    }
}
