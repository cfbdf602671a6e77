//! Blocks: their size must not matter, and records must be those of the csv crate.

use std::io::Write;

use patron_import::{ImportError, ImportOptions, RowBatch, open_text};
use proptest::prelude::*;

use crate::support::{blocks, file, read_in_blocks};

const HEADER: &str = "order_id,customer_id,ordered_at,net,note";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A field as it may stand in a file, quoted where it must be and at times where it need not.
fn field() -> impl Strategy<Value = String> {
    let plain = proptest::string::string_regex("[a-zA-Z0-9 .\u{4e2d}\u{e9}-]{0,8}").unwrap();
    let quoted = proptest::string::string_regex("[a-z,\"\r\n ]{0,10}").unwrap();
    let any = prop_oneof![
        3 => plain,
        1 => quoted.prop_map(|text| format!("\"{}\"", text.replace('"', "\"\""))),
        1 => Just("2024-05-01".to_owned()),
        1 => Just("12.50".to_owned()),
        1 => Just("a\"b".to_owned()),
        1 => Just("\"x\"tail".to_owned()),
    ];
    // A row that says so is a line of totals, however short: the csv crate knows nothing of these.
    any.prop_filter("a word for totals", |text| {
        let word = text.trim_matches(|c: char| !c.is_alphanumeric());
        !["total", "totals", "sum"].contains(&word.to_lowercase().as_str())
    })
}

fn table() -> impl Strategy<Value = String> {
    let record = proptest::collection::vec(field(), 1..7).prop_map(|fields| fields.join(","));
    let end = prop_oneof![4 => Just("\n"), 2 => Just("\r\n"), 1 => Just("\r"), 1 => Just("\n\n")];
    let body = proptest::collection::vec((record, end), 0..30);
    (body, any::<bool>()).prop_map(|(records, open_end)| {
        let mut text = format!("{HEADER}\no0,c0,2024-05-01,1,\n");
        for (record, end) in &records {
            text.push_str(record);
            text.push_str(end);
        }
        if open_end {
            text.push_str("o9,c9,2024-05-02,9,last");
        }
        text
    })
}

fn comparable(batch: &RowBatch) -> String {
    let facts = &batch.facts;
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        batch.account,
        facts.customer,
        facts.order_id,
        facts.at,
        facts.net,
        facts.row_hash,
        facts.line,
        batch.rejected,
        batch.aside_hashes
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        rng_seed: proptest::test_runner::RngSeed::Fixed(20261),
        ..ProptestConfig::default()
    })]

    #[test]
    fn blocks_of_any_size_give_the_same_rows(text in table(), size in 1_usize..200) {
        let file = file(text.as_bytes());
        let options = ImportOptions::default();
        let whole = read_in_blocks(file.path(), &options, 4 << 20).unwrap();
        let parts = read_in_blocks(file.path(), &options, size).unwrap();
        prop_assert_eq!(comparable(&whole.batch), comparable(&parts.batch));
    }

    #[test]
    fn records_are_those_of_the_csv_crate(text in table()) {
        let file = file(text.as_bytes());
        let read = read_in_blocks(file.path(), &ImportOptions::default(), 64).unwrap();
        let records = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes()).into_records();
        let mut rows = 0;
        let mut ragged = 0;
        for record in records {
            let record = record.unwrap();
            rows += 1;
            let extra_are_empty = record.iter().skip(5).all(str::is_empty);
            ragged += u64::from(record.len() < 5 || !extra_are_empty);
        }
        prop_assert_eq!(read.batch.account.rows_in, rows);
        let found = read.batch.rejected.iter().filter(|row| row.reason.key() == "field_count").count() as u64;
        prop_assert_eq!(found, ragged);
    }

    #[test]
    fn blocks_put_together_are_the_file(text in table(), size in 1_usize..200) {
        let whole = blocks(file(text.as_bytes()).path(), size).unwrap();
        let joined: Vec<u8> = whole.iter().flat_map(|block| block.bytes.clone()).collect();
        let body = &text.as_bytes()[HEADER.len() + 1..];
        prop_assert_eq!(joined, body);
    }
}

#[test]
fn values_survive_quotes_line_breaks_and_delimiters() {
    let text = "order_id;customer_id;ordered_at;net\n\"o;1\";\"c\"\"1\"\"\";2024-05-01;\"1,50\"\n\"o\n2\";c2;2024-05-01;2,25\n";
    let read = read_in_blocks(file(text.as_bytes()).path(), &ImportOptions::default(), 8).unwrap();
    let facts = &read.batch.facts;
    assert_eq!(facts.order_id.iter().collect::<Vec<_>>(), ["o;1", "o\n2"]);
    assert_eq!(facts.customer.iter().collect::<Vec<_>>(), ["c\"1\"", "c2"]);
    assert_eq!(facts.net, [15_000, 22_500]);
    assert_eq!(facts.line, [2, 3]);
}

#[test]
fn quoted_and_unquoted_records_with_equal_fields_have_equal_hashes() {
    let text = format!(
        "{HEADER}\no1,c1,2024-05-01,1,n\n\"o1\",c1,\"2024-05-01\",1,\"n\"\no1,c1,2024-05-01,1,m\n"
    );
    let read = read_in_blocks(
        file(text.as_bytes()).path(),
        &ImportOptions::default(),
        4 << 20,
    )
    .unwrap();
    let hashes = &read.batch.facts.row_hash;
    assert_eq!(hashes[0], hashes[1]);
    // Rows are orders here: the note is not used and does not make them differ.
    assert_eq!(hashes[0], hashes[2]);
    let lines = text
        .replace("net,note", "quantity,unit_price")
        .replace(",n\n", ",2\n")
        .replace(",\"n\"", ",\"2\"")
        .replace(",m\n", ",3\n");
    let read = read_in_blocks(
        file(lines.as_bytes()).path(),
        &ImportOptions::default(),
        4 << 20,
    )
    .unwrap();
    let hashes = &read.batch.facts.row_hash;
    assert_eq!(hashes[0], hashes[1]);
    assert_ne!(hashes[0], hashes[2]);
}

#[test]
fn a_compressed_file_in_several_members_is_read_to_its_end() {
    let mut bytes = gzip(format!("{HEADER}\no1,c1,2024-05-01,1,\n").as_bytes());
    bytes.extend(gzip(b"o2,c2,2024-05-02,2,\n"));
    let file = file(&bytes);
    let read = read_in_blocks(file.path(), &ImportOptions::default(), 4 << 20).unwrap();
    assert_eq!(read.batch.facts.net, [10_000, 20_000]);
}

#[test]
fn a_large_file_streams_in_blocks_and_keeps_its_lines() {
    let mut text = format!("{HEADER}\r\n");
    for order in 0..60_000 {
        text.push_str(&format!(
            "o{order},c{},2024-05-01 10:00:00,12.50,\"line\r\nbreak\"\r\n",
            order % 97
        ));
    }
    let file = file(text.as_bytes());
    let read = read_in_blocks(file.path(), &ImportOptions::default(), 100_000).unwrap();
    assert_eq!(read.batch.account.rows_in, 60_000);
    assert_eq!(read.batch.facts.line[59_999], 2 + 2 * 59_999);
    assert!(blocks(file.path(), 100_000).unwrap().len() > 20);
}

#[test]
fn what_was_read_is_known_while_reading() {
    let file = file(format!("{HEADER}\no1,c1,2024-05-01,1,\n").as_bytes());
    let (_, mut blocks) = open_text(file.path(), &ImportOptions::default()).unwrap();
    let size = std::fs::metadata(file.path()).unwrap().len();
    assert_eq!(blocks.by_ref().count(), 1);
    assert_eq!(blocks.progress(), (size, size));
    assert!(blocks.next().is_none());
}

#[test]
fn a_nul_beyond_the_sample_is_found() {
    let mut text = format!("{HEADER}\n").into_bytes();
    for _ in 0..200_000 {
        text.extend(b"o1,c1,2024-05-01,1,\n");
    }
    let place = text.len() as u64;
    text.push(0);
    let error = blocks(file(&text).path(), 1 << 20).unwrap_err();
    assert!(
        matches!(error, ImportError::Binary { offset, byte: 0, .. } if offset == place),
        "{error:?}"
    );
}
