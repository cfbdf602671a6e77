//! The bytes of a file, decompressed, with the digest of what is on disk.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};

use crate::error::ImportError;

/// Bytes read from disk at a time.
const READ_BYTES: usize = 256 * 1024;
const GZIP_MARK: [u8; 2] = [0x1f, 0x8b];

/// A file that is being read.
#[derive(Debug)]
pub(crate) struct Source {
    file: String,
    bytes: Bytes,
    size: u64,
}

enum Bytes {
    Plain(BufReader<Hashing>),
    Gzip(Box<MultiGzDecoder<BufReader<Hashing>>>),
}

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain",
            Self::Gzip(_) => "Gzip",
        })
    }
}

/// A file whose digest is taken as it is read.
struct Hashing {
    file: File,
    digest: Sha256,
    read: u64,
}

impl Read for Hashing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.digest.update(buffer.get(..count).unwrap_or_default());
        self.read += count as u64;
        Ok(count)
    }
}

impl Source {
    /// Opens a file; whether it is compressed is seen by its first bytes, not by its name.
    pub(crate) fn open(path: &Path) -> Result<Self, ImportError> {
        let file = path.display().to_string();
        let opened = File::open(path).map_err(|source| open_error(&file, source))?;
        let about = opened.metadata().map_err(|source| ImportError::Io {
            file: file.clone(),
            source,
        })?;
        if about.is_dir() {
            return Err(ImportError::IsDirectory { file });
        }
        let mut plain = BufReader::with_capacity(
            READ_BYTES,
            Hashing {
                file: opened,
                digest: Sha256::new(),
                read: 0,
            },
        );
        let start = io::BufRead::fill_buf(&mut plain).map_err(|source| ImportError::Io {
            file: file.clone(),
            source,
        })?;
        let bytes = if start.starts_with(&GZIP_MARK) {
            Bytes::Gzip(Box::new(MultiGzDecoder::new(plain)))
        } else {
            Bytes::Plain(plain)
        };
        Ok(Self {
            file,
            bytes,
            size: about.len(),
        })
    }

    /// Returns the file as messages name it.
    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    /// Returns true if the file is compressed.
    pub(crate) fn is_gzip(&self) -> bool {
        matches!(self.bytes, Bytes::Gzip(_))
    }

    /// Appends up to `count` bytes to a buffer; fewer only at the end of the file.
    pub(crate) fn read_up_to(
        &mut self,
        count: usize,
        buffer: &mut Vec<u8>,
    ) -> Result<usize, ImportError> {
        buffer.reserve(count);
        let most = count as u64;
        let result = match &mut self.bytes {
            Bytes::Plain(plain) => plain.take(most).read_to_end(buffer),
            Bytes::Gzip(gzip) => gzip.take(most).read_to_end(buffer),
        };
        result.map_err(|source| self.read_error(source))
    }

    fn read_error(&self, source: io::Error) -> ImportError {
        let file = self.file.clone();
        match (self.is_gzip(), source.kind()) {
            (true, io::ErrorKind::UnexpectedEof) => ImportError::TruncatedGzip { file },
            (true, io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => {
                ImportError::CorruptGzip { file, source }
            }
            _ => ImportError::Io { file, source },
        }
    }

    fn hashing(&self) -> &Hashing {
        match &self.bytes {
            Bytes::Plain(plain) => plain.get_ref(),
            Bytes::Gzip(gzip) => gzip.get_ref().get_ref(),
        }
    }

    /// Returns how many bytes were read from disk, and how many there are.
    pub(crate) fn progress(&self) -> (u64, u64) {
        (self.hashing().read, self.size)
    }

    /// Reads what is left on disk and returns the digest of the whole file.
    pub(crate) fn digest(&mut self) -> Result<[u8; 32], ImportError> {
        let hashing = match &mut self.bytes {
            Bytes::Plain(plain) => plain.get_mut(),
            Bytes::Gzip(gzip) => gzip.get_mut().get_mut(),
        };
        let drained = io::copy(hashing, &mut io::sink());
        let digest = hashing.digest.clone().finalize();
        drained.map_err(|source| ImportError::Io {
            file: self.file.clone(),
            source,
        })?;
        Ok(digest.into())
    }
}

fn open_error(file: &str, source: io::Error) -> ImportError {
    let file = file.to_owned();
    match source.kind() {
        io::ErrorKind::NotFound => ImportError::NotFound { file },
        io::ErrorKind::IsADirectory => ImportError::IsDirectory { file },
        _ => ImportError::Io { file, source },
    }
}
