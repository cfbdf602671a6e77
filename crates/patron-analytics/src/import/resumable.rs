//! What makes an import the same as one that was stopped: the same files, read in the same way.

use std::time::UNIX_EPOCH;

use patron_import::ImportOptions;
use xxhash_rust::xxh3::xxh3_128;

use super::scratch::Scratch;
use super::{ImportFailure, ImportRequest};
use crate::workspace::Workspace;

/// Makes the folder of an import, or takes over that of the same import which was stopped.
pub(super) fn scratch(
    workspace: &Workspace,
    request: &ImportRequest,
    options: &ImportOptions,
) -> Result<Scratch, ImportFailure> {
    let folder = workspace.folder();
    let made = if request.dry_run {
        Scratch::elsewhere()
    } else {
        Scratch::in_workspace(folder, fingerprint(request, options))
    };
    made.map_err(|source| ImportFailure::Write {
        path: folder.to_owned(),
        source,
    })
}

/// Returns a fingerprint of what is to be read, and how; nothing if that cannot be gone on with: a query, or what comes through
/// a pipe.
fn fingerprint(request: &ImportRequest, options: &ImportOptions) -> Option<String> {
    if request.query.is_some() {
        return None;
    }
    let mut text = format!("{} {options:?}", env!("CARGO_PKG_VERSION"));
    for path in patron_import::expand(&request.files, options.with_details).ok()? {
        let place = path.canonicalize().ok()?;
        let metadata = place.metadata().ok().filter(std::fs::Metadata::is_file)?;
        let changed = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        text.push_str(&format!(
            "\n{place:?} {} {}",
            metadata.len(),
            changed.as_nanos()
        ));
    }
    Some(format!("{:032x}", xxh3_128(text.as_bytes())))
}
