//! Files made to do harm: each does no more than fail, with an error that names what is wrong, or sets its rows aside.

use std::io::Write as _;

use patron_core::Coded;
use patron_import::{DateFormat, DecimalMark, ImportOptions, file_kind};
use proptest::prelude::*;

use crate::support::{Read, file, read};

fn open(bytes: &[u8]) -> Result<Read, String> {
    let file = file(bytes);
    let kind = file_kind(file.path()).map_err(|error| error.key().to_owned());
    let read = read(file.path(), &ImportOptions::default());
    if let Ok(read) = &read {
        let account = &read.batch.account;
        assert_eq!(account.by_class.iter().sum::<u64>(), account.rows_in);
        assert!(kind.is_ok());
    }
    read.map_err(|error| {
        assert!(error.hint().is_some(), "{} has a mend", error.key());
        error.key().to_owned()
    })
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zip(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    archive.start_file(name, options).unwrap();
    archive.write_all(bytes).unwrap();
    archive.finish().unwrap().into_inner()
}

const HEADER: &str = "order_id,customer_id,date,net\n";

#[test]
fn bombs_of_compression_are_read_in_bounded_memory() {
    // Forty megabytes of zeros from forty kilobytes, in gzip, in zip, and packed twice.
    let zeros = vec![0_u8; 40 << 20];
    assert_eq!(open(&gzip(&zeros)).unwrap_err(), "file_binary");
    assert_eq!(open(&zip("a.csv", &zeros)).unwrap_err(), "file_binary");
    assert_eq!(open(&gzip(&gzip(&zeros))).unwrap_err(), "file_binary");
    // A line without an end, as long as any record may be and longer.
    let line = [HEADER.as_bytes(), &vec![b'x'; 70 << 20]].concat();
    assert_eq!(open(&zip("a.csv", &line)).unwrap_err(), "record_too_long");
    let record = [b"{\"a\":\"", &vec![b'x'; 70 << 20][..]].concat();
    assert_eq!(
        open(&zip("a.json", &record)).unwrap_err(),
        "record_too_long"
    );
}

#[test]
fn nesting_without_end_is_no_stack_without_end() {
    let deep = "[".repeat(200_000);
    assert_eq!(
        open(format!("{{\"a\":{deep}").as_bytes()).unwrap_err(),
        "json_cut_short"
    );
    let closed = format!("{{\"a\":{deep}{}}}", "]".repeat(200_000));
    assert_eq!(open(closed.as_bytes()).unwrap_err(), "json_broken");
    let objects = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    assert_eq!(open(objects.as_bytes()).unwrap_err(), "json_broken");
}

#[test]
fn names_in_an_archive_lead_nowhere() {
    let inside = format!("{HEADER}o1,c1,2024-05-01,1\n");
    for name in [
        "../../etc/passwd.csv",
        "/etc/passwd.csv",
        "C:\\a.csv",
        "a\nb.csv",
    ] {
        let read = open(&zip(name, inside.as_bytes())).unwrap();
        assert_eq!(read.batch.account.rows_in, 1, "{name:?}");
    }
    // An archive in an archive is not unpacked without end.
    let twice = zip("inner.zip", &zip("a.csv", inside.as_bytes()));
    assert_eq!(open(&twice).unwrap_err(), "workbook_unreadable");
}

#[test]
fn text_that_means_something_elsewhere_is_only_text() {
    // Formulas, queries, terminal codes, marks of direction: an id is an id.
    for id in [
        "=cmd|'/c calc'!A1",
        "@SUM(1+1)",
        "'; drop table orders; --",
        "\u{1b}[31mred",
        "\u{202e}abc",
        "<script>alert(1)</script>",
        "../../x",
        "%s%n{}",
    ] {
        let read = open(format!("{HEADER}\"{id}\",c1,2024-05-01,1\n").as_bytes()).unwrap();
        assert_eq!(read.batch.facts.order_id.get(0), id);
    }
}

#[test]
fn odd_shapes_have_their_own_errors() {
    let wide = format!("{}\n{}\n", "a,".repeat(50_000), "1,".repeat(50_000));
    for (bytes, key) in [
        (b"\xff\xfe".to_vec(), "file_empty"),
        (b"\xff\xfea".to_vec(), "file_header_only"),
        (b"\xef\xbb\xbf\n\n".to_vec(), "file_empty"),
        (b"PK\x05\x06".to_vec(), "file_other_format"),
        (b"PK\x03\x04".repeat(1_000), "archive_corrupt"),
        (b"\xd0\xcf\x11\xe0".repeat(1_000), "workbook_unreadable"),
        (b"{\"a\"".to_vec(), "json_cut_short"),
        (b"[{}]".to_vec(), "columns_missing"),
        (b"{} {} []".to_vec(), "json_broken"),
        (wide.into_bytes(), "columns_missing"),
        (b"\"".repeat(5_000), "file_header_only"),
        (b",,,,\n,,,,\n".to_vec(), "columns_missing"),
        (gzip(b""), "file_empty"),
    ] {
        let found = open(&bytes).unwrap_err();
        assert_eq!(found, key, "{:?}", &bytes[..bytes.len().min(40)]);
    }
}

/// A workbook of a header and two rows, whose last row begins at another place than it says.
fn xlsx(place: &str) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let rows = [
        ["order_id", "customer_id", "date", "net"],
        ["o1", "c1", "2024-05-01", "1"],
        ["o2", "c2", "2024-05-02", "2"],
    ];
    for (row, cells) in (0..).zip(rows) {
        sheet.write_row(row, 0, cells).unwrap();
    }
    let plain = book.save_to_buffer().unwrap();
    let mut plain = zip::ZipArchive::new(std::io::Cursor::new(plain)).unwrap();
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for index in 0..plain.len() {
        let mut part = plain.by_index(index).unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut part, &mut text).unwrap();
        let text = text.replace("r=\"A3\"", &format!("r=\"{place}\""));
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file(part.name().unwrap(), options).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn a_cell_beyond_the_last_of_a_sheet_is_refused() {
    assert_eq!(open(&xlsx("A3")).unwrap().batch.account.rows_in, 2);
    for place in [
        "A4294967295",
        "A1048577",
        "XFE3",
        "ZZZZZZ3",
        "ZZZZZZZZZZ3",
        "A99999999999",
    ] {
        let found = open(&xlsx(place)).unwrap_err();
        assert_eq!(found, "workbook_unreadable", "{place}");
    }
}

/// The old workbook of the tests with some bytes put in the place of others.
fn xls(changes: &[(usize, &[u8])]) -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/orders.xls");
    let mut bytes = std::fs::read(path).unwrap();
    for (place, new) in changes {
        bytes[*place..place + new.len()].copy_from_slice(new);
    }
    bytes
}

#[test]
fn an_old_workbook_that_bites_its_own_tail_is_refused() {
    let plain = xls(&[]);
    assert!(open(&plain).is_ok());
    let number = |place: usize| u32::from_le_bytes(*plain[place..].first_chunk().unwrap());
    let table = (number(76) as usize + 1) * 512;
    let folder = number(48);
    // The folder's sector is followed by itself, then by one that is not there.
    for next in [folder, 0x00ff_ffff] {
        let book = xls(&[(table + 4 * folder as usize, &next.to_le_bytes())]);
        assert_eq!(open(&book).unwrap_err(), "workbook_unreadable");
    }
}

#[test]
fn an_old_workbook_of_more_cells_than_there_are_is_refused() {
    let plain = xls(&[]);
    // The dimensions of a sheet: a record of fourteen bytes.
    let record = b"\x00\x02\x0e\x00";
    let place = plain.windows(4).position(|bytes| bytes == record).unwrap();
    for (last_row, last_column) in [(u32::MAX, u16::MAX), (0x0100_0000, 0x100)] {
        let rows = last_row.to_le_bytes();
        let book = xls(&[(place + 8, &rows), (place + 14, &last_column.to_le_bytes())]);
        assert_eq!(open(&book).unwrap_err(), "workbook_unreadable");
    }
    // A row that ends before it begins, which the reader of workbooks cannot count.
    let book = xls(&[
        (place + 4, &9_u32.to_le_bytes()),
        (place + 8, &1_u32.to_le_bytes()),
    ]);
    assert_eq!(open(&book).unwrap_err(), "workbook_unreadable");
    // The header's first cell in the last row and column that two bytes can name.
    let label = b"\xfd\x00\x0a\x00";
    let place = plain.windows(4).position(|bytes| bytes == label).unwrap();
    let book = xls(&[(place + 4, &[0xff; 4])]);
    assert_eq!(open(&book).unwrap_err(), "workbook_unreadable");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        rng_seed: proptest::test_runner::RngSeed::Fixed(20263),
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_json_can_do_more_than_fail(
        start in prop::sample::select(vec!["{\"", "[{", "[{\"line_items\":[],\"billing\":{},\"date_created\":", "{\"event\":\"Order Completed\",\"userId\":\"u\",\"properties\":{"]),
        rest in "[\\[\\]{}\":,a-z0-9 \n\\\\.-]{0,200}",
    ) {
        let _read = open(format!("{start}{rest}").as_bytes());
    }

    #[test]
    fn no_archive_can_do_more_than_fail(
        place in 0_usize..200,
        byte in any::<u8>(),
        cut in 0_usize..200,
    ) {
        let mut bytes = zip("a.csv", format!("{HEADER}o1,c1,2024-05-01,1\n").as_bytes());
        let length = bytes.len();
        bytes[place % length] = byte;
        bytes.truncate(length - cut % length);
        let _read = open(&bytes);
    }

    #[test]
    fn no_old_workbook_can_do_more_than_fail(
        changes in prop::collection::vec((0_usize..5_632, any::<u8>()), 1..6),
    ) {
        let mut bytes = xls(&[]);
        for (place, byte) in changes {
            bytes[place] = byte;
        }
        let _read = open(&bytes);
    }

    #[test]
    fn no_encoding_can_do_more_than_fail(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let text = [HEADER.as_bytes(), b"o1,", &bytes, b",2024-05-01,1\n"].concat();
        let _read = open(&text);
    }

    #[test]
    fn a_shopify_export_of_anything_is_accounted_for(
        cells in prop::collection::vec(prop::collection::vec("[a-z0-9#,\"\n. -]{0,8}", 10), 0..12),
        block_bytes in 1_usize..400,
    ) {
        let mut text = String::from("Name,Email,Financial Status,Created at,Subtotal,Total,Lineitem quantity,Lineitem name,Lineitem price,Cancelled at\n#1,a@b.c,paid,2024-05-01,1,1,1,x,1,\n");
        for row in cells {
            let quoted: Vec<String> = row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
            text.push_str(&quoted.join(","));
            text.push('\n');
        }
        let file = file(text.as_bytes());
        // Whatever the cells hold, they are not asked how they are written.
        let options = ImportOptions {
            date_format: Some(DateFormat::YearMonthDay),
            decimal_mark: Some(DecimalMark::Point),
            delimiter: Some(b','),
            ..ImportOptions::default()
        };
        let whole = read(file.path(), &options).unwrap();
        let small = crate::support::read_in_blocks(file.path(), &options, block_bytes).unwrap();
        prop_assert_eq!(whole.batch.account.by_class.iter().sum::<u64>(), whole.batch.account.rows_in);
        prop_assert_eq!(&whole.batch.account, &small.batch.account);
        prop_assert_eq!(&whole.batch.facts.row_hash, &small.batch.facts.row_hash);
        prop_assert_eq!(&whole.batch.facts.line, &small.batch.facts.line);
    }
}
