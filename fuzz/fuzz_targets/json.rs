//! JSON: lines, arrays, orders of WooCommerce's REST interface, Segment's events.
#![no_main]

use libfuzzer_sys::fuzz_target;
use patron_fuzz::{Settings, check, gzip, with_file};

fuzz_target!(|bytes: &[u8]| {
    let Some((mut settings, text)) = Settings::split(bytes) else {
        return;
    };
    settings.options.encoding = None;
    settings.options.delimiter = None;
    let packed = settings.gzip.then(|| gzip(text));
    with_file(packed.as_deref().unwrap_or(text), |path| check(path, &settings));
});
