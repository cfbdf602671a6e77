//! Taking an import back.

use patron_core::Instant;
use patron_ledger::{At, CommitInfo};

use crate::identity::{Where, settle};
use crate::workspace::{Import, UNDO_DAYS, Workspace, WorkspaceError, imports};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// An import that was taken back.
#[derive(Debug, Clone, PartialEq)]
pub struct UndoneImport {
    /// Which.
    pub import: Import,
    /// Rows that are gone from the ledger.
    pub rows: u64,
    /// The new snapshot.
    pub snapshot: Option<i64>,
}

/// Takes an import back: its rows are gone from the newest snapshot; earlier ones still have them.
///
/// # Errors
/// [`WorkspaceError::NoSuchImport`]; [`WorkspaceError::NeededByLater`] if a later import left rows out because this one has
/// them; [`WorkspaceError::TooOldToUndo`]; those of the ledger.
pub fn undo(
    workspace: &Workspace,
    import: i64,
    now: Instant,
) -> Result<UndoneImport, WorkspaceError> {
    let ledger = workspace.ledger()?;
    let all = imports(&ledger, At::Latest)?;
    let Some(found) = all.iter().find(|known| known.id == import) else {
        return Err(WorkspaceError::NoSuchImport { import });
    };
    if now.0.saturating_sub(found.at.0) > UNDO_DAYS * MICROS_PER_DAY {
        let days = UNDO_DAYS;
        return Err(WorkspaceError::TooOldToUndo { import, days });
    }
    let builds_on = |later: &&Import| later.id > import && later.builds_on_others();
    let later: Vec<i64> = all
        .iter()
        .rev()
        .filter(builds_on)
        .map(|later| later.id)
        .collect();
    if !later.is_empty() {
        return Err(WorkspaceError::NeededByLater { import, later });
    }
    let info = CommitInfo {
        at: now,
        author: "undo".to_owned(),
        message: format!("import {import}"),
        extra_info: None,
    };
    let undone = ledger.undo_import(import, &info)?;
    workspace.forget_rejected(import);
    let cause = format!("import {import} undone");
    settle(workspace, &ledger, &cause, Where::Everywhere, now)?;
    Ok(UndoneImport {
        import: found.clone(),
        // One of them is the import's own.
        rows: undone.rows.values().sum::<u64>().saturating_sub(1),
        snapshot: undone.snapshot,
    })
}
