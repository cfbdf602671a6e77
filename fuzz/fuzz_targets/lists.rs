//! Lists of customers, products, refunds, events, answers and spend, with everything that is kept of them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use patron_fuzz::{Settings, check, with_file};

fuzz_target!(|bytes: &[u8]| {
    let Some((mut settings, text)) = Settings::split(bytes) else {
        return;
    };
    settings.options.lists = true;
    settings.options.with_details = true;
    let kept = with_file(text, |path| check(path, &settings));
    settings.options.with_details = false;
    let used = with_file(text, |path| check(path, &settings));
    if let (Some(kept), Some(used)) = (kept, used) {
        assert_eq!(kept.account().rows_in, used.account().rows_in, "what is kept decides over no row");
    }
});
