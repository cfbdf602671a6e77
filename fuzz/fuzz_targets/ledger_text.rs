//! The text forms in which the ledger keeps values: what it reads, it writes so that it reads the same again.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code, unreachable_pub, reason = "a module of patron-ledger that is not public")]
#[path = "../../crates/patron-ledger/src/text_form.rs"]
mod text_form;

fuzz_target!(|bytes: &[u8]| {
    if let Some((number, _)) = bytes.split_first_chunk::<16>() {
        let number = i128::from_le_bytes(*number);
        let decimal = text_form::decimal(number);
        // i128::MIN has no positive counterpart; sums of a decimal(38,4) stay far below.
        if number.unsigned_abs() < 10_u128.pow(38) {
            assert_eq!(text_form::parse_decimal(&decimal), Some(number), "{decimal}");
        }
        #[allow(clippy::cast_possible_truncation, reason = "any number will do")]
        let (at, days) = (patron_core::Instant(number as i64), number as i32);
        if let Some(text) = text_form::instant(at) {
            assert_eq!(text_form::parse_instant(&text), Some(at), "{text}");
        }
        if let Some(text) = text_form::date(days) {
            assert_eq!(text_form::parse_date(&text), Some(days), "{text}");
        }
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Some(value) = text_form::parse_decimal(text) {
        assert_eq!(text_form::parse_decimal(&text_form::decimal(value)), Some(value), "{text}");
    }
    if let Some(at) = text_form::parse_instant(text)
        && let Some(written) = text_form::instant(at)
    {
        assert_eq!(text_form::parse_instant(&written), Some(at), "{text}");
    }
    if let Some(days) = text_form::parse_date(text)
        && let Some(written) = text_form::date(days)
    {
        assert_eq!(text_form::parse_date(&written), Some(days), "{text}");
    }
});
