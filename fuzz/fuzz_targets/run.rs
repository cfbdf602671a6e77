//! A text from file to customers: facts wait in partitions and go to disk where memory is short, and none is lost.
#![no_main]

use libfuzzer_sys::fuzz_target;
use patron_fuzz::{Settings, check_run, with_file};

fuzz_target!(|bytes: &[u8]| {
    let Some((settings, text)) = Settings::split(bytes) else {
        return;
    };
    with_file(text, |path| check_run(path, &settings.options));
});
