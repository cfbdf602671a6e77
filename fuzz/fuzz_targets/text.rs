//! CSV, TSV and their like: any encoding, delimiter and quoting, plain or in gzip.
#![no_main]

use libfuzzer_sys::fuzz_target;
use patron_fuzz::{Settings, check, gzip, with_file};

fuzz_target!(|bytes: &[u8]| {
    let Some((settings, text)) = Settings::split(bytes) else {
        return;
    };
    let packed = settings.gzip.then(|| gzip(text));
    let plain = with_file(packed.as_deref().unwrap_or(text), |path| check(path, &settings));
    // Packing changes neither rows nor their hashes; only the sample is decoded without the rest of the file at hand.
    if let (true, Some(plain)) = (settings.gzip, plain) {
        let unpacked = with_file(text, |path| check(path, &settings));
        if let Some(unpacked) = unpacked {
            assert_eq!(plain.account(), unpacked.account(), "gzip changes nothing");
        }
    }
});
