//! Each bad file and its exact error.

use std::io::Write;
use std::path::Path;

use patron_core::{Coded, ErrorCode};
use proptest::prelude::*;

use patron_import::{FileKind, ImportError, ImportOptions, file_kind, open_text};

use crate::support::{file, read, read_text, read_with};

fn error_of(bytes: &[u8]) -> ImportError {
    read(file(bytes).path(), &ImportOptions::default()).unwrap_err()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn orders(count: usize) -> String {
    let rows: String = (0..count)
        .map(|order| {
            format!(
                "o{order},c{},2024-05-01 10:00:00,{}.50\n",
                order * 7919 % 1013,
                order * 31 % 977
            )
        })
        .collect();
    format!("order_id,customer_id,ordered_at,net\n{rows}")
}

#[test]
fn each_bad_file_has_its_own_error() {
    // In UTF-8, but for one letter that another program broke.
    let header_not_utf8 = [
        "order_id,ééééé".as_bytes(),
        b"\xe9,customer_id,ordered_at,net\n1,2,3,2024-05-01,5\n",
    ]
    .concat();
    let mut damaged = gzip(orders(2_000).as_bytes());
    let middle = damaged.len() / 2;
    for byte in &mut damaged[middle..middle + 64] {
        *byte ^= 0x5a;
    }
    let truncated = gzip(orders(2_000).as_bytes());
    let truncated = &truncated[..truncated.len() / 2];
    let cases: [(&[u8], &str, ErrorCode); 14] = [
        (b"", "file_empty", ErrorCode::InputEmpty),
        (b"\n\r\n  \n", "file_empty", ErrorCode::InputEmpty),
        (b"\xef\xbb\xbf", "file_empty", ErrorCode::InputEmpty),
        (
            b"order_id,customer_id,ordered_at,net\n",
            "file_header_only",
            ErrorCode::InputEmpty,
        ),
        (
            b"order_id,customer_id,ordered_at,net",
            "file_header_only",
            ErrorCode::InputEmpty,
        ),
        (
            b"\x00\x01\x02\x03 garbage \xff\xfe\x80",
            "file_binary",
            ErrorCode::InputNotUnderstood,
        ),
        (
            b"\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f",
            "file_binary",
            ErrorCode::InputNotUnderstood,
        ),
        (
            b"PK\x03\x04 rest of a spreadsheet",
            "archive_corrupt",
            ErrorCode::InputNotUnderstood,
        ),
        (
            b"%PDF-1.7 and more",
            "file_other_format",
            ErrorCode::InputNotUnderstood,
        ),
        (
            b"PAR1 and more",
            "file_parquet",
            ErrorCode::InputNotUnderstood,
        ),
        (truncated, "gzip_truncated", ErrorCode::InputNotUnderstood),
        (&damaged, "gzip_corrupt", ErrorCode::InputNotUnderstood),
        (
            b"order_id,customer_id,ordered_at,net\no1,c1,2024-05-01,\"1\no2,c2,2024-05-01,2\n",
            "quote_not_closed",
            ErrorCode::InputNotUnderstood,
        ),
        (
            &header_not_utf8,
            "header_not_utf8",
            ErrorCode::InputNotUnderstood,
        ),
    ];
    for (bytes, key, code) in cases {
        let error = error_of(bytes);
        assert_eq!((error.key(), error.code()), (key, code), "{error}");
        assert_eq!(error.code().exit_code(), 1);
        assert!(error.hint().is_some(), "{key} has a mend");
        assert!(
            error.to_string().contains(".csv`"),
            "{error} names the file"
        );
        assert!(error.params().iter().any(|(name, _)| *name == "file"));
    }
}

#[test]
fn folders_and_missing_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let options = ImportOptions::default();
    let error = open_text(folder.path(), &options).unwrap_err();
    assert!(matches!(error, ImportError::IsDirectory { .. }), "{error}");
    let error = open_text(&folder.path().join("none.csv"), &options).unwrap_err();
    assert_eq!(
        (error.key(), error.code()),
        ("file_not_found", ErrorCode::InputUnreadable)
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_the_system_refuses_is_an_io_error_with_its_cause() {
    // Reading a process's memory from its start fails for everyone, root too.
    let error = open_text(Path::new("/proc/self/mem"), &ImportOptions::default()).unwrap_err();
    assert_eq!(
        (error.key(), error.code()),
        ("file_unreadable", ErrorCode::InputUnreadable)
    );
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn a_quote_that_is_never_closed_is_found_by_line() {
    let text = "order_id,customer_id,ordered_at,net\no1,c1,2024-05-01,1\no2,\"c\n2\",2024-05-01,\"2\no3,c3,2024-05-01,3\n";
    let error = read_text(text).unwrap_err();
    assert!(
        matches!(error, ImportError::QuoteNotClosed { line: 4, .. }),
        "{error}"
    );
}

#[test]
fn a_long_truncated_file_fails_only_where_it_ends() {
    let whole = gzip(orders(400_000).as_bytes());
    let cut = file(&whole[..whole.len() - 1000]);
    let (_, mut blocks) = open_text(cut.path(), &ImportOptions::default()).unwrap();
    let error = blocks.by_ref().find_map(Result::err).unwrap();
    assert!(
        matches!(error, ImportError::TruncatedGzip { .. }),
        "{error}"
    );
    assert!(blocks.next().is_none(), "a failed file gives nothing more");
}

#[test]
fn missing_columns_name_the_candidates_and_the_mend() {
    let text = "Id,when,paid,owed,kind\n7,2024-05-01,9.5,0,x\n8,2024-05-02,3,1,y\n";
    let error = read_text(text).unwrap_err();
    let shown = error.to_string();
    assert!(
        shown.contains("no column for `customer_id`, `ordered_at`, `net`"),
        "{shown}"
    );
    assert!(
        shown.contains("it has `Id`, `when`, `paid`, `owed`, `kind`"),
        "{shown}"
    );
    let hint = error.hint().unwrap();
    for map in [
        "--map \"customer_id=Id\"",
        "--map \"ordered_at=when\"",
        "`--map \"net=COLUMN\"` (COLUMN: `Id`, `paid`, `owed`)",
    ] {
        assert!(hint.contains(map), "{hint} has {map}");
    }
}

#[test]
fn a_file_that_is_no_list_of_orders_is_told_what_is_needed() {
    let error = read_text("product_id,price,stock\np1,5,7\n").unwrap_err();
    let hint = error.hint().unwrap();
    assert!(
        hint.starts_with("give a file with one row per order"),
        "{hint}"
    );
    assert!(hint.contains("`--map \"ordered_at=COLUMN\"`"), "{hint}");
}

#[test]
fn a_file_without_a_header_is_told_so() {
    let error = read_text("1,2024-05-01,9.5\n2,2024-05-02,3\n").unwrap_err();
    assert!(matches!(
        error,
        ImportError::MissingColumns { headless: true, .. }
    ));
    assert!(error.hint().unwrap().contains("looks like data"));
}

#[test]
fn two_equally_good_columns_are_asked_about() {
    let error = read_text("customer_id,order_date,purchase_date,net\nc,2024-05-01,2024-05-02,1\n")
        .unwrap_err();
    assert_eq!(
        (error.key(), error.code()),
        ("column_ambiguous", ErrorCode::InputAmbiguous)
    );
    assert!(
        error
            .to_string()
            .ends_with("2 equally good columns for `ordered_at`: `order_date`, `purchase_date`"),
        "{error}"
    );
    assert!(
        error
            .hint()
            .unwrap()
            .contains("`--map \"ordered_at=order_date\"` or")
    );
}

#[test]
fn a_map_to_nothing_names_the_headers() {
    for column in ["colour", "#9", "#0", "#x"] {
        let options = ImportOptions {
            mapping: vec![(patron_import::Field::Status, column.into())],
            ..ImportOptions::default()
        };
        let error = read_with(&orders(1), &options).unwrap_err();
        assert_eq!(
            (error.key(), error.code()),
            ("mapped_column_missing", ErrorCode::SettingInvalid)
        );
        assert!(error.to_string().contains(column), "{error}");
    }
}

#[test]
fn presets_that_are_not_there_or_do_not_fit_are_named() {
    let with = |name: &str| {
        let options = ImportOptions {
            preset: Some(name.into()),
            ..ImportOptions::default()
        };
        read_with(&orders(3), &options).unwrap_err()
    };
    let known = patron_import::preset_names().join("`, `");
    assert_eq!(
        with("shopware").to_string(),
        format!("there is no preset `shopware`; there are `{known}`")
    );
    assert_eq!(with("online-retail").key(), "not_of_preset");
    assert_eq!(with("CDNOW").key(), "not_of_preset");
}

#[test]
fn a_column_without_dates_is_named() {
    let error = read_text("customer_id,ordered_at,net\nc,soon,1\nd,later,2\n").unwrap_err();
    assert_eq!(error.key(), "dates_not_understood");
    assert!(
        error.to_string().ends_with("holds no dates: found `soon`"),
        "{error}"
    );
}

#[test]
fn the_kind_of_a_file_is_told_by_its_content() {
    let kind = |bytes: &[u8]| file_kind(file(bytes).path());
    assert_eq!(kind(b"PAR1....").unwrap(), FileKind::Parquet);
    assert_eq!(kind(orders(1).as_bytes()).unwrap(), FileKind::Text);
    assert_eq!(kind(&gzip(orders(1).as_bytes())).unwrap(), FileKind::Text);
    assert_eq!(kind(b"").unwrap_err().key(), "file_empty");
    // An archive or a workbook is unpacked when its rows are asked for.
    assert_eq!(kind(b"PK\x03\x04").unwrap(), FileKind::Text);
    assert_eq!(kind(b"%PDF").unwrap_err().key(), "file_other_format");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        rng_seed: proptest::test_runner::RngSeed::Fixed(20262),
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_bytes_at_all_can_do_more_than_fail(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _unread = file_kind(file(&bytes).path());
        if let Ok(read) = read(file(&bytes).path(), &ImportOptions::default()) {
            prop_assert_eq!(read.batch.account.by_class.iter().sum::<u64>(), read.batch.account.rows_in);
        }
    }

    #[test]
    fn a_damaged_file_still_adds_up(places in proptest::collection::vec((0_usize..2000, any::<u8>()), 1..30)) {
        let mut bytes = orders(60).into_bytes();
        let header = 36;
        for (place, byte) in places {
            let length = bytes.len() - header;
            bytes[header + place % length] = byte;
        }
        match read(file(&bytes).path(), &ImportOptions::default()) {
            Ok(read) => {
                let account = &read.batch.account;
                prop_assert_eq!(account.by_class.iter().sum::<u64>(), account.rows_in);
            }
            Err(error) => prop_assert!(!error.key().is_empty()),
        }
    }
}
