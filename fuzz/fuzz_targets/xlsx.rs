//! XLSX workbooks: the parts of one, packed anew, so that checksums do not end every attempt.
#![no_main]

use std::io::{Cursor, Write as _};

use libfuzzer_sys::fuzz_target;
use patron_fuzz::{Settings, WORKBOOK_PARTS, check, with_file};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

fuzz_target!(init: patron_fuzz::forgive_workbooks(), |bytes: &[u8]| {
    let Some((mut settings, rest)) = Settings::split(bytes) else {
        return;
    };
    settings.options.encoding = None;
    settings.options.delimiter = None;
    if let Some(book) = pack(rest) {
        with_file(&book, |path| check(path, &settings));
    }
});

/// Parts are set apart by a byte that no UTF-8 has; those that are missing are as a plain workbook has them.
fn pack(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut given = bytes.split(|byte| *byte == 0xff);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, plain) in WORKBOOK_PARTS {
        let part = given.next().filter(|part| !part.is_empty());
        archive.start_file(*name, options).ok()?;
        archive.write_all(part.unwrap_or(plain.as_bytes())).ok()?;
    }
    archive.finish().ok().map(Cursor::into_inner)
}
