//! Parquet files, read and folded as a run does.
#![no_main]

use libfuzzer_sys::fuzz_target;
use patron_fuzz::{Settings, check_run, with_file};

fuzz_target!(|bytes: &[u8]| {
    let Some((mut settings, file)) = Settings::split(bytes) else {
        return;
    };
    settings.options.encoding = None;
    settings.options.delimiter = None;
    with_file(file, |path| check_run(path, &settings.options));
});
