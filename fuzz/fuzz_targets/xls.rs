//! XLS workbooks: bytes as they are; the format has no checksums.
#![no_main]

use libfuzzer_sys::fuzz_target;
use patron_fuzz::{Settings, check, with_file};

fuzz_target!(init: patron_fuzz::forgive_workbooks(), |bytes: &[u8]| {
    let Some((mut settings, book)) = Settings::split(bytes) else {
        return;
    };
    settings.options.encoding = None;
    settings.options.delimiter = None;
    with_file(book, |path| check(path, &settings));
});
