//! The text of a file: decompressed, decoded to UTF-8, with the digest of what is on disk.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use encoding_rs::{Decoder, UTF_8};
use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};

use crate::error::ImportError;
use crate::text::encoding::{self, Decision, Why};

/// Bytes read from disk at a time.
const READ_BYTES: usize = 256 * 1024;
const GZIP_MARK: [u8; 2] = [0x1f, 0x8b];
/// Where all of the beginning is ASCII, so many places further on are looked at, each so many bytes.
const PROBES: u64 = 16;
const PROBE_BYTES: u64 = 64 * 1024;

/// A file that is being read.
#[derive(Debug)]
pub(crate) struct Source {
    file: String,
    bytes: Bytes,
    decoding: Decoding,
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

/// What is done to bytes to make UTF-8 of them.
enum Decoding {
    /// Nothing.
    Utf8,
    /// Nothing so far: all of it was ASCII, and what follows decides.
    Undecided,
    /// They are decoded.
    Other(Box<Decoder>),
}

impl std::fmt::Debug for Decoding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "UTF-8",
            Self::Undecided => "ASCII so far",
            Self::Other(decoder) => decoder.encoding().name(),
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
    /// Opens a file; whether it is compressed is seen by its first bytes, not by its name. Its bytes are taken for UTF-8
    /// until [`Source::decode`] is called.
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
            decoding: Decoding::Utf8,
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

    /// Decides the encoding from what was read so far, all of it being in `start`, and makes UTF-8 of it; what follows
    /// is decoded as it is read.
    pub(crate) fn decode(
        &mut self,
        start: &mut Vec<u8>,
        whole: bool,
        asked: Option<&str>,
    ) -> Result<Decision, ImportError> {
        let mut decision = encoding::decide(start, whole);
        if decision.why == Why::Ascii && !whole {
            decision = self.probe().unwrap_or(decision);
        }
        if let Some(label) = asked {
            let asked = encoding::of_label(label).ok_or_else(|| ImportError::UnknownEncoding {
                label: label.to_owned(),
            })?;
            // A mark says which of the two UTF-16 it is.
            if decision.why != Why::Mark {
                decision.encoding = asked;
                decision.why = Why::Asked;
            }
        }
        self.decoding = if decision.encoding != UTF_8 {
            Decoding::Other(Box::new(
                decision.encoding.new_decoder_without_bom_handling(),
            ))
        } else if decision.why == Why::Ascii {
            Decoding::Undecided
        } else {
            Decoding::Utf8
        };
        start.drain(..decision.mark);
        self.decode_from(start, 0, whole);
        Ok(decision)
    }

    /// Looks for bytes beyond ASCII further on in a plain file, so that the encoding is known before the first row is
    /// read; nothing if there are none at the places looked at.
    fn probe(&self) -> Option<Decision> {
        let Bytes::Plain(plain) = &self.bytes else {
            return None;
        };
        // Reads at given places leave the file's own place as it is, but not on every system: another handle does.
        let mut file = File::open(&self.file).ok()?;
        let read = plain.get_ref().read;
        let rest = self.size.checked_sub(read).filter(|&rest| rest > 0)?;
        (0..PROBES).find_map(|place| {
            let offset = read + rest / PROBES * place;
            io::Seek::seek(&mut file, io::SeekFrom::Start(offset)).ok()?;
            let mut bytes = Vec::new();
            Read::by_ref(&mut file)
                .take(PROBE_BYTES)
                .read_to_end(&mut bytes)
                .ok()?;
            // From a line's beginning, so that no letter is cut.
            let line = memchr::memchr(b'\n', &bytes).map_or(0, |end| end + 1);
            let lines = bytes.get(line..)?;
            (!lines.is_ascii()).then(|| encoding::decide(lines, false))
        })
    }

    /// Makes UTF-8 of the bytes from a place on; `last` says that none follow.
    fn decode_from(&mut self, buffer: &mut Vec<u8>, from: usize, last: bool) {
        if matches!(self.decoding, Decoding::Undecided) {
            let bytes = buffer.get(from..).unwrap_or_default();
            if bytes.is_ascii() {
                return;
            }
            let decision = encoding::decide(bytes, last);
            self.decoding = if decision.encoding == UTF_8 {
                Decoding::Utf8
            } else {
                let decoder = decision.encoding.new_decoder_without_bom_handling();
                Decoding::Other(Box::new(decoder))
            };
        }
        if let Decoding::Other(decoder) = &mut self.decoding {
            let bytes = buffer.split_off(from);
            let mut text = String::with_capacity(
                decoder
                    .max_utf8_buffer_length(bytes.len())
                    .unwrap_or(bytes.len() * 4 + 16),
            );
            // The room is enough for all of it, so one call does.
            let (_, _, _) = decoder.decode_to_string(&bytes, &mut text, last);
            buffer.extend_from_slice(text.as_bytes());
        }
    }

    /// Appends about `count` bytes of text to a buffer, as UTF-8; says whether the file ends there.
    pub(crate) fn read_text(
        &mut self,
        count: usize,
        buffer: &mut Vec<u8>,
    ) -> Result<bool, ImportError> {
        let from = buffer.len();
        let at_end = self.read_up_to(count, buffer)? < count;
        if !matches!(self.decoding, Decoding::Utf8) {
            self.decode_from(buffer, from, at_end);
        }
        Ok(at_end)
    }

    /// Appends up to `count` bytes as they are to a buffer; fewer only at the end of the file.
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
