//! The text of a file: unpacked, made a table of where it is none, decoded to UTF-8, with the digest of what is on disk.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};

use crate::container::archive::{self, Archive};
use crate::container::place::{self, Place};
use crate::container::{self, Broken, Converted, Stream, json, olist, workbook};
use crate::error::ImportError;
use crate::text::decoding::{self, Decoding};
use crate::text::encoding::{self, Decision, Why};
use crate::understanding::Note;

/// Bytes read from disk at a time.
const READ_BYTES: usize = 256 * 1024;
const GZIP_MARK: &[u8] = b"\x1f\x8b";
const ZIP_MARK: &[u8] = b"PK\x03\x04";
/// The mark of the container in which old spreadsheets are.
const XLS_MARK: &[u8] = b"\xd0\xcf\x11\xe0";
/// Bytes by which JSON is told.
const JSON_BYTES: u64 = 4 * 1024;

/// A file that can be opened more than once: a stream is spooled when it is named.
#[derive(Debug)]
pub(crate) enum Opener {
    /// Where it lies, perhaps with a part of it.
    Path(PathBuf),
    /// What came of a stream: its name, its bytes, the part of it.
    Spooled(String, File, Option<String>),
}

impl Opener {
    /// Takes a path, and all bytes of what can be read only once.
    pub(crate) fn of(path: &Path) -> Result<Self, ImportError> {
        if place::is_standard_input(path) {
            let name = "standard input";
            let spooled = container::spool(name, &mut io::stdin().lock())?;
            return Ok(Self::Spooled(name.to_owned(), spooled, None));
        }
        let place = Place::of(path);
        if !place::is_stream(&place.path) {
            return Ok(Self::Path(path.to_owned()));
        }
        let file = place.path.display().to_string();
        let mut stream = File::open(&place.path).map_err(|source| open_error(&file, source))?;
        let spooled = container::spool(&file, &mut stream)?;
        Ok(Self::Spooled(file, spooled, place.part))
    }
}

/// A file that is being read.
#[derive(Debug)]
pub(crate) struct Source {
    file: String,
    bytes: Bytes,
    decoding: Decoding,
    size: u64,
    /// The text was written by us, from something that is no text.
    converted: bool,
    notes: Vec<Note>,
}

enum Bytes {
    Plain(BufReader<Hashing>),
    Gzip(Box<MultiGzDecoder<BufReader<Hashing>>>),
    /// From an archive, a workbook, JSON; of the digest's file or files.
    Other {
        stream: Stream,
        read: u64,
        origin: Origin,
    },
}

/// Of what the digest is, where the bytes that are read are not those on disk.
#[derive(Debug)]
enum Origin {
    File(File),
    Files(Vec<PathBuf>),
}

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain",
            Self::Gzip(_) => "Gzip",
            Self::Other { .. } => "Other",
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
    /// Opens a file from its beginning; what it is, is seen by its first bytes, not by its name. Tables that are made of it
    /// have columns of details where these are asked for. Its bytes are taken for UTF-8 until [`Source::decode`] is called.
    pub(crate) fn open(opener: &Opener, with_details: bool) -> Result<Self, ImportError> {
        let path = match opener {
            Opener::Path(path) => path,
            Opener::Spooled(file, spooled, part) => {
                // Clones share their place, and what was opened before is no longer read.
                let again = spooled.try_clone().and_then(|mut again| {
                    again.seek(SeekFrom::Start(0))?;
                    Ok(again)
                });
                let again = again.map_err(|source| open_error(file, source))?;
                return Self::of_file(file.clone(), again, (part.as_deref(), with_details));
            }
        };
        let Place { path, part } = Place::of(path);
        let file = path.display().to_string();
        if path.is_dir() {
            if olist::is_folder(&path) {
                let origin = Origin::Files(olist::files(&path));
                let table = olist::convert(&path, with_details)?;
                return Ok(Self::other(file, table, origin, 0));
            }
            return Err(ImportError::IsDirectory { file });
        }
        let opened = File::open(&path).map_err(|source| open_error(&file, source))?;
        Self::of_file(file, opened, (part.as_deref(), with_details))
    }

    /// Returns true for an archive or a workbook, by its first bytes.
    pub(crate) fn starts_like_container(path: &Path) -> Result<bool, ImportError> {
        let file = path.display().to_string();
        let opened = File::open(path).map_err(|source| open_error(&file, source))?;
        let mut start = Vec::new();
        // What cannot be read is found out, and said, when it is opened.
        let read = opened.take(4).read_to_end(&mut start);
        Ok(read.is_ok() && (start == ZIP_MARK || start == XLS_MARK))
    }

    fn of_file(
        file: String,
        handle: File,
        (part, with_details): (Option<&str>, bool),
    ) -> Result<Self, ImportError> {
        let failed = |source| ImportError::Io {
            file: file.clone(),
            source,
        };
        let size = handle.metadata().map_err(failed)?.len();
        let again = handle.try_clone().map_err(failed)?;
        let mut plain = BufReader::with_capacity(
            READ_BYTES,
            Hashing {
                file: handle,
                digest: Sha256::new(),
                read: 0,
            },
        );
        let start = plain.fill_buf().map_err(failed)?;
        if start.starts_with(ZIP_MARK) || start.starts_with(XLS_MARK) {
            let is_xls = start.starts_with(XLS_MARK);
            return Self::of_container(file, again, (is_xls, size), (part, with_details));
        }
        if let Some(part) = part {
            return Err(ImportError::NoSuchPart {
                file,
                part: part.to_owned(),
                known: Vec::new(),
            });
        }
        let gzip = start.starts_with(GZIP_MARK);
        if is_json(start, gzip) {
            let stream: Stream = if gzip {
                Box::new(MultiGzDecoder::new(plain))
            } else {
                Box::new(plain)
            };
            let converted = json::convert(&file, stream, with_details)?;
            return Ok(Self::other(file, converted, Origin::File(again), size));
        }
        let bytes = if gzip {
            Bytes::Gzip(Box::new(MultiGzDecoder::new(plain)))
        } else {
            Bytes::Plain(plain)
        };
        Ok(Self {
            file,
            bytes,
            decoding: Decoding::Utf8,
            size,
            converted: false,
            notes: Vec::new(),
        })
    }

    /// Opens what is in an archive or a workbook.
    fn of_container(
        file: String,
        handle: File,
        (is_xls, size): (bool, u64),
        (part, with_details): (Option<&str>, bool),
    ) -> Result<Self, ImportError> {
        let failed = |source| ImportError::Io {
            file: file.clone(),
            source,
        };
        let mut again = handle.try_clone().map_err(failed)?;
        again.seek(SeekFrom::Start(0)).map_err(failed)?;
        let origin = Origin::File(handle);
        if is_xls {
            let table = workbook::convert(&file, again, true, part)?;
            return Ok(Self::other(file, table, origin, size));
        }
        let (name, stream) = match archive::open(&file, &again, part)? {
            Archive::Workbook => {
                again.seek(SeekFrom::Start(0)).map_err(failed)?;
                let table = workbook::convert(&file, again, false, part)?;
                return Ok(Self::other(file, table, origin, size));
            }
            Archive::File { name, stream } => (name, stream),
        };
        let inside = format!("{file}#{name}");
        let note = Note::new(
            "archive",
            vec![("part", name.clone())],
            format!("`{name}` of the archive is read"),
        );
        let (mut table, converted) = unpack(&inside, stream, with_details)?;
        table.notes.insert(0, note);
        let mut source = Self::other(file, table, origin, size);
        source.converted = converted;
        Ok(source)
    }

    fn other(file: String, table: Converted, origin: Origin, size: u64) -> Self {
        Self {
            file,
            bytes: Bytes::Other {
                stream: table.stream,
                read: 0,
                origin,
            },
            decoding: Decoding::Utf8,
            size,
            converted: true,
            notes: table.notes,
        }
    }

    /// Returns true if the text was written by us, with columns of its own for lines and marks.
    pub(crate) const fn is_converted(&self) -> bool {
        self.converted
    }

    /// Takes what is to be said of the way from the file to its text.
    pub(crate) fn take_notes(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.notes)
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
            decision = match &self.bytes {
                Bytes::Plain(plain) => decoding::probe(&self.file, plain.get_ref().read, self.size),
                _ => None,
            }
            .unwrap_or(decision);
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
        self.decoding = Decoding::of(&decision);
        start.drain(..decision.mark);
        self.decoding.apply(start, 0, whole);
        Ok(decision)
    }

    /// Appends about `count` bytes of text to a buffer, as UTF-8; says whether the file ends there.
    pub(crate) fn read_text(
        &mut self,
        count: usize,
        buffer: &mut Vec<u8>,
    ) -> Result<bool, ImportError> {
        let from = buffer.len();
        let at_end = self.read_up_to(count, buffer)? < count;
        self.decoding.apply(buffer, from, at_end);
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
            Bytes::Other { stream, read, .. } => {
                let result = stream.take(most).read_to_end(buffer);
                *read += result.as_ref().map_or(0, |&count| count as u64);
                result
            }
        };
        result.map_err(|source| self.read_error(source))
    }

    fn read_error(&self, source: io::Error) -> ImportError {
        let source = match Broken::from_io(source) {
            Ok(error) => return error,
            Err(source) => source,
        };
        if matches!(self.bytes, Bytes::Other { .. }) {
            return container::read_error(&self.file, source);
        }
        let file = self.file.clone();
        match (self.is_gzip(), source.kind()) {
            (true, io::ErrorKind::UnexpectedEof) => ImportError::TruncatedGzip { file },
            (true, io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => {
                ImportError::CorruptGzip { file, source }
            }
            _ => ImportError::Io { file, source },
        }
    }

    /// Returns how many bytes were read from disk, and how many there are; for a table made of something else, as far as
    /// that is known.
    pub(crate) fn progress(&self) -> (u64, u64) {
        let read = match &self.bytes {
            Bytes::Plain(plain) => plain.get_ref().read,
            Bytes::Gzip(gzip) => gzip.get_ref().get_ref().read,
            Bytes::Other { read, .. } => (*read).min(self.size),
        };
        (read, self.size)
    }

    /// Reads what is left on disk and returns the digest of the whole file.
    pub(crate) fn digest(&mut self) -> Result<[u8; 32], ImportError> {
        let result = match &mut self.bytes {
            Bytes::Plain(plain) => drain(plain.get_mut()),
            Bytes::Gzip(gzip) => drain(gzip.get_mut().get_mut()),
            Bytes::Other { origin, .. } => origin.digest(),
        };
        result.map_err(|source| ImportError::Io {
            file: self.file.clone(),
            source,
        })
    }
}

impl Origin {
    fn digest(&mut self) -> io::Result<[u8; 32]> {
        let mut digest = Sha256::new();
        match self {
            Self::File(file) => {
                file.seek(SeekFrom::Start(0))?;
                add(file, &mut digest)?;
            }
            Self::Files(files) => {
                for path in files {
                    add(&mut File::open(path)?, &mut digest)?;
                }
            }
        }
        Ok(digest.finalize().into())
    }
}

fn add(file: &mut File, digest: &mut Sha256) -> io::Result<()> {
    let mut bytes = vec![0; READ_BYTES];
    loop {
        match file.read(&mut bytes)? {
            0 => return Ok(()),
            count => digest.update(bytes.get(..count).unwrap_or_default()),
        }
    }
}

fn drain(hashing: &mut Hashing) -> io::Result<[u8; 32]> {
    io::copy(hashing, &mut io::sink())?;
    Ok(hashing.digest.clone().finalize().into())
}

/// Returns true if the first bytes of a file, perhaps compressed, begin like records of JSON.
fn is_json(start: &[u8], gzip: bool) -> bool {
    if !gzip {
        return json::looks_like_json(start);
    }
    let mut head = Vec::new();
    // What cannot be decompressed is found out, and said, when it is read.
    let decompressed = MultiGzDecoder::new(start)
        .take(JSON_BYTES)
        .read_to_end(&mut head);
    decompressed.is_ok() && json::looks_like_json(&head)
}

/// Looks into a file of an archive: JSON, a workbook, compressed or plain text; says whether it became a table of ours.
fn unpack(
    file: &str,
    stream: Stream,
    with_details: bool,
) -> Result<(Converted, bool), ImportError> {
    let mut stream = BufReader::with_capacity(READ_BYTES, stream);
    let start = stream
        .fill_buf()
        .map_err(|source| container::read_error(file, source))?;
    let plain = |stream| Converted {
        stream,
        notes: Vec::new(),
    };
    if start.starts_with(ZIP_MARK) || start.starts_with(XLS_MARK) {
        let is_xls = start.starts_with(XLS_MARK);
        let spooled = container::spool(file, &mut stream)?;
        return workbook::convert(file, spooled, is_xls, None).map(|table| (table, true));
    }
    let gzip = start.starts_with(GZIP_MARK);
    let json = is_json(start, gzip);
    let stream: Stream = if gzip {
        Box::new(MultiGzDecoder::new(stream))
    } else {
        Box::new(stream)
    };
    if json {
        return json::convert(file, stream, with_details).map(|table| (table, true));
    }
    Ok((plain(stream), false))
}

fn open_error(file: &str, source: io::Error) -> ImportError {
    let file = file.to_owned();
    match source.kind() {
        io::ErrorKind::NotFound => ImportError::NotFound { file },
        io::ErrorKind::IsADirectory => ImportError::IsDirectory { file },
        _ => ImportError::Io { file, source },
    }
}
