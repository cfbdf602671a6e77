//! Facts as they lie in a partition's bytes, which may have been on disk.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code, unreachable_pub, reason = "modules of patron-engine that are not public")]
#[path = "../../crates/patron-engine/src/grouping/bytes.rs"]
mod bytes;
#[allow(dead_code, unreachable_pub, reason = "modules of patron-engine that are not public")]
#[path = "../../crates/patron-engine/src/grouping/record.rs"]
mod record;

fuzz_target!(|input: &[u8]| {
    let mut rest = input;
    while let Some(record) = record::Record::read(&mut rest) {
        let mut written = Vec::new();
        record.write(&mut written);
        let mut again = written.as_slice();
        let read = record::Record::read(&mut again).expect("what was written can be read");
        assert_eq!(format!("{read:?}"), format!("{record:?}"), "a record comes back");
        assert!(again.is_empty(), "and nothing besides");
    }
});
