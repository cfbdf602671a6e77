//! What lies behind a path: a plain file, an archive, a workbook, JSON, a stream, a folder of files that belong together.
//! All of them become delimited text, which is then understood and read like any other.
//!
//! | module | question it answers |
//! |---|---|
//! | `place` | which files did the user name? |
//! | `archive` | which file of a zip is meant, and what does it hold? |
//! | `workbook` | which sheets of a spreadsheet are one table? |
//! | `old_book` | does an XLS workbook ask for more memory than any needs? |
//! | `json` | how do nested records become rows? |
//! | `olist` | how do the files of that data set become one table? |
//! | `table` | how are rows written down, and what is said of them besides? |

pub(crate) mod archive;
pub(crate) mod json;
mod old_book;
pub(crate) mod olist;
pub(crate) mod place;
pub(crate) mod table;
pub(crate) mod workbook;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use crate::error::ImportError;
use crate::understanding::Note;

/// Bytes that come from somewhere.
pub(crate) type Stream = Box<dyn Read + Send>;

/// A table made of something that is not delimited text.
pub(crate) struct Converted {
    pub(crate) stream: Stream,
    pub(crate) notes: Vec<Note>,
}

/// An [`ImportError`] met while bytes were asked for.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Broken(pub(crate) ImportError);

impl Broken {
    /// Returns it as the error a reader may give.
    pub(crate) fn into_io(self) -> io::Error {
        io::Error::other(self)
    }

    /// Returns the error that a reader gave, if it is one of ours.
    pub(crate) fn from_io(error: io::Error) -> Result<ImportError, io::Error> {
        if error.get_ref().is_some_and(|inner| inner.is::<Self>()) {
            let inner = error
                .into_inner()
                .and_then(|inner| inner.downcast::<Self>().ok());
            return match inner {
                Some(broken) => Ok(broken.0),
                None => Err(io::Error::other("lost error")),
            };
        }
        Err(error)
    }
}

/// Returns what an error of a stream means, where the stream may be compressed.
pub(crate) fn read_error(file: &str, source: io::Error) -> ImportError {
    let file = file.to_owned();
    match source.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
            ImportError::CorruptArchive { file, source }
        }
        _ => ImportError::Io { file, source },
    }
}

/// Copies a stream to a file that nobody else can open and that is gone when closed.
pub(crate) fn spool(file: &str, stream: &mut dyn Read) -> Result<File, ImportError> {
    let failed = |source| ImportError::Io {
        file: file.to_owned(),
        source,
    };
    let mut spooled = tempfile::tempfile().map_err(failed)?;
    io::copy(stream, &mut spooled).map_err(|source| match Broken::from_io(source) {
        Ok(error) => error,
        Err(source) => failed(source),
    })?;
    spooled.seek(SeekFrom::Start(0)).map_err(failed)?;
    Ok(spooled)
}
