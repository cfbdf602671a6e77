//! Makes UTF-8 of bytes in any encoding, as they are read.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use encoding_rs::{Decoder, UTF_8};

use crate::text::encoding::{self, Decision, Why};

/// Where all of the beginning is ASCII, so many places further on are looked at, each so many bytes.
const PROBES: u64 = 16;
const PROBE_BYTES: u64 = 64 * 1024;

/// What is done to bytes to make UTF-8 of them.
pub(super) enum Decoding {
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

impl Decoding {
    pub(super) fn of(decision: &Decision) -> Self {
        if decision.encoding != UTF_8 {
            let decoder = decision.encoding.new_decoder_without_bom_handling();
            Self::Other(Box::new(decoder))
        } else if decision.why == Why::Ascii {
            Self::Undecided
        } else {
            Self::Utf8
        }
    }

    /// Makes UTF-8 of the bytes of a buffer from a place on; `last` says that none follow.
    pub(super) fn apply(&mut self, buffer: &mut Vec<u8>, from: usize, last: bool) {
        if matches!(self, Self::Undecided) {
            let bytes = buffer.get(from..).unwrap_or_default();
            if bytes.is_ascii() {
                return;
            }
            *self = Self::of(&encoding::decide(bytes, last));
        }
        if let Self::Other(decoder) = self {
            let bytes = buffer.split_off(from);
            let room = decoder.max_utf8_buffer_length(bytes.len());
            let mut text = String::with_capacity(room.unwrap_or(bytes.len() * 4 + 16));
            // The room is enough for all of it, so one call does.
            let (_, _, _) = decoder.decode_to_string(&bytes, &mut text, last);
            buffer.extend_from_slice(text.as_bytes());
        }
    }
}

/// Looks for bytes beyond ASCII further on in a plain file, of which so many bytes were read, so that the encoding is known
/// before the first row is judged; nothing if there are none at the places looked at.
pub(super) fn probe(path: &str, read: u64, size: u64) -> Option<Decision> {
    // A handle of its own: the one that is read keeps its place.
    let mut file = File::open(path).ok()?;
    let rest = size.checked_sub(read).filter(|&rest| rest > 0)?;
    (0..PROBES).find_map(|place| {
        let offset = read + rest / PROBES * place;
        file.seek(SeekFrom::Start(offset)).ok()?;
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
