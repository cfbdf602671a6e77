//! Zip archives: which file of several is meant, and its bytes, checked.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use zip::{CompressionMethod, ZipArchive};

use crate::container::Stream;
use crate::container::place::may_hold_a_table;
use crate::error::ImportError;

/// What a zip archive is.
pub(crate) enum Archive {
    /// A workbook, which is an archive of its parts.
    Workbook,
    /// One file in it.
    File {
        /// Its name.
        name: String,
        /// What it holds.
        stream: Stream,
    },
}

/// One file of an archive: where its bytes are.
struct Entry {
    name: String,
    start: u64,
    compressed: u64,
    deflated: bool,
    checksum: u32,
}

/// Opens an archive, and in it the only table, or the one that is named.
pub(crate) fn open(file: &str, handle: &File, part: Option<&str>) -> Result<Archive, ImportError> {
    let clone = || {
        handle.try_clone().map_err(|source| ImportError::Io {
            file: file.to_owned(),
            source,
        })
    };
    let corrupt = |source: io::Error| ImportError::CorruptArchive {
        file: file.to_owned(),
        source,
    };
    let mut archive =
        ZipArchive::new(BufReader::new(clone()?)).map_err(|error| corrupt(error.into()))?;
    let names = names(&mut archive).map_err(|error| corrupt(error.into()))?;
    if names.iter().any(|(_, name)| name == "xl/workbook.xml") {
        return Ok(Archive::Workbook);
    }
    if names.iter().any(|(_, name)| name == "content.xml") {
        return Err(ImportError::OtherFormat {
            file: file.to_owned(),
            found: "an OpenDocument file",
        });
    }
    let (index, name) = choose(file, names, part)?;
    let entry = entry(file, &mut archive, index, name)?;
    let mut bytes = clone()?;
    bytes.seek(SeekFrom::Start(entry.start)).map_err(corrupt)?;
    let raw = BufReader::new(bytes.take(entry.compressed));
    let inner: Stream = if entry.deflated {
        Box::new(DeflateDecoder::new(raw))
    } else {
        Box::new(raw)
    };
    Ok(Archive::File {
        name: entry.name,
        stream: Box::new(Checked {
            inner,
            sum: Crc::new(),
            expected: entry.checksum,
        }),
    })
}

/// Returns the files of an archive with their places; folders and what systems add are none.
fn names(
    archive: &mut ZipArchive<BufReader<File>>,
) -> Result<Vec<(usize, String)>, zip::result::ZipError> {
    let mut names = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index)?;
        let name = entry.name()?.into_owned();
        if !entry.is_dir() && !name.starts_with("__MACOSX/") {
            names.push((index, name));
        }
    }
    Ok(names)
}

fn choose(
    file: &str,
    names: Vec<(usize, String)>,
    part: Option<&str>,
) -> Result<(usize, String), ImportError> {
    if let Some(part) = part {
        let known = names.iter().map(|(_, name)| name.clone()).collect();
        return names
            .into_iter()
            .find(|(_, name)| name == part)
            .ok_or_else(|| ImportError::NoSuchPart {
                file: file.to_owned(),
                part: part.to_owned(),
                known,
            });
    }
    let only = names.len() == 1;
    let mut tables: Vec<(usize, String)> = names
        .into_iter()
        .filter(|(_, name)| only || may_hold_a_table(Path::new(name)))
        .collect();
    match (tables.len(), tables.pop()) {
        (1, Some(table)) => Ok(table),
        (_, None) => Err(ImportError::Empty {
            file: file.to_owned(),
        }),
        (_, Some(last)) => {
            tables.push(last);
            Err(ImportError::SeveralTables {
                file: file.to_owned(),
                tables: tables.into_iter().map(|(_, name)| name).collect(),
            })
        }
    }
}

fn entry(
    file: &str,
    archive: &mut ZipArchive<BufReader<File>>,
    index: usize,
    name: String,
) -> Result<Entry, ImportError> {
    let found = archive
        .by_index_raw(index)
        .map_err(|error| ImportError::CorruptArchive {
            file: file.to_owned(),
            source: error.into(),
        })?;
    let other = |found| ImportError::OtherFormat {
        file: format!("{file}#{name}"),
        found,
    };
    if found.encrypted() {
        return Err(other("encrypted"));
    }
    let deflated = match found.compression() {
        CompressionMethod::Stored => false,
        CompressionMethod::Deflated => true,
        _ => return Err(other("compressed by a rare method")),
    };
    Ok(Entry {
        start: found
            .data_start()
            .ok_or_else(|| other("without a place in the archive"))?,
        compressed: found.compressed_size(),
        deflated,
        checksum: found.crc32(),
        name,
    })
}

/// Bytes whose checksum is compared at their end.
struct Checked {
    inner: Stream,
    sum: Crc,
    expected: u32,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.sum.update(buffer.get(..count).unwrap_or_default());
        if count == 0 && !buffer.is_empty() && self.sum.sum() != self.expected {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the checksum differs",
            ));
        }
        Ok(count)
    }
}
