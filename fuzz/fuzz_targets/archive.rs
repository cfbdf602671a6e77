//! Zip archives: bytes as they are, and archives made around them, so that checksums do not end every attempt.
#![no_main]

use std::io::{Cursor, Write as _};

use libfuzzer_sys::fuzz_target;
use patron_fuzz::{Settings, check, with_file};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

fuzz_target!(init: patron_fuzz::forgive_workbooks(), |bytes: &[u8]| {
    let Some((mut settings, rest)) = Settings::split(bytes) else {
        return;
    };
    settings.options.encoding = None;
    if !settings.gzip {
        with_file(rest, |path| check(path, &settings));
        return;
    }
    let Some(packed) = pack(rest) else { return };
    with_file(&packed, |path| check(path, &settings));
});

/// Makes an archive: entries are set apart by a byte that no UTF-8 has, their names by a line feed.
fn pack(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (place, entry) in bytes.split(|byte| *byte == 0xff).take(4).enumerate() {
        let end = entry.iter().position(|byte| *byte == b'\n')?;
        let (name, content) = entry.split_at_checked(end)?;
        let method = if place % 2 == 0 {
            CompressionMethod::Deflated
        } else {
            CompressionMethod::Stored
        };
        let options = SimpleFileOptions::default().compression_method(method);
        archive.start_file(String::from_utf8_lossy(name), options).ok()?;
        archive.write_all(content.get(1..)?).ok()?;
    }
    archive.finish().ok().map(Cursor::into_inner)
}
