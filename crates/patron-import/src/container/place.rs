//! Which files the user named: paths, folders, patterns, parts of a container, standard input.

use std::path::{Path, PathBuf};

use glob::MatchOptions;

use crate::container::olist;
use crate::error::ImportError;

/// Endings of files that may hold a table.
const ENDINGS: [&str; 13] = [
    "csv", "tsv", "tab", "txt", "json", "jsonl", "ndjson", "xlsx", "xlsm", "xls", "parquet", "gz",
    "zip",
];

/// A file, and the part of it that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    /// A sheet of a workbook, or a file in an archive.
    pub(crate) part: Option<String>,
}

impl Place {
    /// Takes `book.xlsx#Orders` apart, unless a file has that very name.
    pub(crate) fn of(path: &Path) -> Self {
        let split = path
            .to_str()
            .filter(|_| !path.exists())
            .and_then(|text| text.rsplit_once('#'))
            .filter(|(file, part)| !part.is_empty() && Path::new(file).is_file());
        match split {
            Some((file, part)) => Self {
                path: PathBuf::from(file),
                part: Some(part.to_owned()),
            },
            None => Self {
                path: path.to_owned(),
                part: None,
            },
        }
    }
}

/// Returns true for standard input.
pub(crate) fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Returns true for what can be read only once: standard input, a pipe.
pub(crate) fn is_stream(path: &Path) -> bool {
    is_standard_input(path)
        || path
            .metadata()
            .is_ok_and(|about| !about.is_file() && !about.is_dir())
}

/// Returns the files that paths, folders and patterns stand for, each as [`crate::open_text`] takes it.
///
/// A folder stands for the tables directly in it, in the order of their names; a folder of files that make one table
/// together (Olist's) for itself, and, `with_lists`, for the lists beside them; a pattern with `*`, `?` or `[…]` for what it matches. What is none of these stays as it is.
///
/// # Errors
/// [`ImportError::NotFound`] for a pattern that matches nothing, [`ImportError::FolderWithoutTables`] for a folder without
/// any, [`ImportError::Io`] for one that cannot be read.
pub fn expand(paths: &[PathBuf], with_lists: bool) -> Result<Vec<PathBuf>, ImportError> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() && !olist::is_folder(path) {
            files.extend(tables_in(path)?);
        } else if let Some(pattern) = pattern(path) {
            files.extend(matches(path, pattern)?);
        } else {
            files.push(path.clone());
            if with_lists && path.is_dir() {
                files.extend(olist::lists(path));
            }
        }
    }
    Ok(files)
}

fn tables_in(folder: &Path) -> Result<Vec<PathBuf>, ImportError> {
    let failed = |source| ImportError::Io {
        file: folder.display().to_string(),
        source,
    };
    let mut files = Vec::new();
    for entry in folder.read_dir().map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_file() && may_hold_a_table(&path) {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(ImportError::FolderWithoutTables {
            folder: folder.display().to_string(),
        });
    }
    files.sort();
    Ok(files)
}

/// Returns true for names with a known ending; hidden files and lock files of spreadsheets have none of interest.
pub(crate) fn may_hold_a_table(path: &Path) -> bool {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let hidden = name.starts_with(['.', '~']);
    let ending = path
        .extension()
        .map(|ending| ending.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    !hidden && ENDINGS.contains(&ending.as_str())
}

/// Returns a path as a pattern, if it looks like one and is no file.
fn pattern(path: &Path) -> Option<&str> {
    let text = path.to_str()?;
    (text.contains(['*', '?', '[']) && !path.exists() && Place::of(path).part.is_none())
        .then_some(text)
}

fn matches(path: &Path, pattern: &str) -> Result<Vec<PathBuf>, ImportError> {
    let none = || ImportError::NotFound {
        file: path.display().to_string(),
    };
    let hidden_are_hidden = MatchOptions {
        require_literal_leading_dot: true,
        ..MatchOptions::default()
    };
    let found = glob::glob_with(pattern, hidden_are_hidden).map_err(|_| none())?;
    let mut files: Vec<PathBuf> = found
        .filter_map(Result::ok)
        .filter(|path| path.is_file())
        .collect();
    if files.is_empty() {
        return Err(none());
    }
    files.sort();
    Ok(files)
}
