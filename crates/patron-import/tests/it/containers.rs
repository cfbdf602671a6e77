//! Archives, workbooks, folders and pipes give the facts of the table in them.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use patron_core::{Coded, RowClass};
use patron_import::{DateFormat, FileKind, ImportError, ImportOptions, RowKind, expand, file_kind};
use rust_xlsxwriter::{Format, Workbook};

use crate::presets::{HOUR, MAY_1, PAID, fact, has_note, preset, said};
use crate::support::{Read, read, read_in_blocks};

const ORDERS: &str = "order_id,customer_id,date,net\no1,c1,2024-05-01,1.50\no2,c2,2024-05-02,2\n";

pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

pub(crate) fn put(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

pub(crate) fn open(path: &Path) -> Read {
    assert_eq!(file_kind(path).unwrap(), FileKind::Text);
    let whole = read(path, &ImportOptions::default()).unwrap();
    let small = read_in_blocks(path, &ImportOptions::default(), 1).unwrap();
    assert_eq!(said(&small), said(&whole));
    assert_eq!(small.batch.account, whole.batch.account);
    assert_eq!(small.digest, whole.digest);
    whole
}

pub(crate) fn error(path: &Path) -> ImportError {
    read(path, &ImportOptions::default()).unwrap_err()
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated);
    for (name, bytes) in files {
        archive.start_file(*name, options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn the_only_table_of_an_archive_is_read_whatever_it_is() {
    let folder = folder();
    let json = "[{\"order_id\":\"o1\",\"customer_id\":\"c1\",\"date\":\"2024-05-01\",\"net\":1.5},{\"order_id\":\"o2\",\"customer_id\":\"c2\",\"date\":\"2024-05-02\",\"net\":\"2\"}]";
    let expected = {
        let path = put(&folder, "plain.csv", ORDERS.as_bytes());
        said(&open(&path))
    };
    for (name, bytes) in [
        ("orders.csv", ORDERS.as_bytes().to_vec()),
        ("orders.csv.gz", gzip(ORDERS.as_bytes())),
        ("no_ending", ORDERS.as_bytes().to_vec()),
        ("orders.json", json.as_bytes().to_vec()),
        ("orders.json.gz", gzip(json.as_bytes())),
    ] {
        let archive = zip(&[("__MACOSX/._orders.csv", b"x"), (name, &bytes)]);
        let read = open(&put(&folder, "a.zip", &archive));
        assert_eq!(said(&read), expected, "{name}");
        assert!(has_note(&read, "archive"));
        let alone = open(&put(&folder, "b.json.gz", &gzip(json.as_bytes())));
        assert_eq!(said(&alone), expected);
    }
    // The digest is that of the archive.
    let archive = zip(&[("orders.csv", ORDERS.as_bytes())]);
    let first = open(&put(&folder, "one.zip", &archive)).digest;
    assert_eq!(open(&put(&folder, "two.zip", &archive)).digest, first);
}

#[test]
fn of_several_tables_in_an_archive_one_is_named() {
    let folder = folder();
    let other = ORDERS.replace("o1", "x1");
    let bytes = zip(&[
        ("2023/orders.csv", ORDERS.as_bytes()),
        ("2024/orders.csv", other.as_bytes()),
        ("read me.pdf", b"%PDF"),
    ]);
    let path = put(&folder, "a.zip", &bytes);
    let several = error(&path);
    assert_eq!(several.key(), "several_tables");
    assert!(
        several
            .to_string()
            .contains("`2023/orders.csv`, `2024/orders.csv`"),
        "{several}"
    );
    assert!(several.hint().unwrap().contains("a.zip#2023/orders.csv"));
    let named = PathBuf::from(format!("{}#2024/orders.csv", path.display()));
    assert_eq!(said(&open(&named))[0].1, "x1");
    let unknown = error(&PathBuf::from(format!("{}#2025.csv", path.display())));
    assert_eq!(unknown.key(), "no_such_part");
    assert!(unknown.hint().unwrap().contains("#2023/orders.csv"));
    // A file whose name has the sign is a file.
    let odd = put(&folder, "week#1.csv", ORDERS.as_bytes());
    assert_eq!(open(&odd).batch.account.rows_in, 2);
}

#[test]
fn a_damaged_archive_is_named() {
    let folder = folder();
    let rows: String = (0..5_000)
        .map(|row| format!("o{row},c,2024-05-01,{row}\n"))
        .collect();
    let bytes = zip(&[(
        "a.csv",
        format!("order_id,customer_id,date,net\n{rows}").as_bytes(),
    )]);
    let cut = error(&put(&folder, "cut.zip", &bytes[..bytes.len() / 2]));
    assert_eq!(cut.key(), "archive_corrupt", "{cut}");
    let mut flipped = bytes.clone();
    let middle = bytes.len() / 2;
    for byte in &mut flipped[middle..middle + 8] {
        *byte ^= 0x55;
    }
    let flipped = error(&put(&folder, "flipped.zip", &flipped));
    assert_eq!(flipped.key(), "archive_corrupt", "{flipped}");
    let empty = error(&put(&folder, "empty.zip", &zip(&[])));
    assert_eq!(empty.key(), "file_other_format", "{empty}");
}

/// Writes rows of text to a sheet; numbers and dates as a spreadsheet has them.
fn sheet(book: &mut Workbook, name: &str, rows: &[&[&str]]) {
    let date = Format::new().set_num_format("yyyy-mm-dd hh:mm");
    let sheet = book.add_worksheet().set_name(name).unwrap();
    for (row, cells) in rows.iter().enumerate() {
        for (column, cell) in cells.iter().enumerate() {
            let (row, column) = (u32::try_from(row).unwrap(), u16::try_from(column).unwrap());
            if let Some(serial) = cell.strip_prefix("date:") {
                let serial: f64 = serial.parse().unwrap();
                sheet
                    .write_number_with_format(row, column, serial, &date)
                    .unwrap();
            } else if let Ok(number) = cell.parse::<f64>() {
                sheet.write_number(row, column, number).unwrap();
            } else if !cell.is_empty() {
                sheet.write_string(row, column, *cell).unwrap();
            }
        }
    }
}

fn book(folder: &tempfile::TempDir, sheets: &[(&str, &[&[&str]])]) -> PathBuf {
    let mut book = Workbook::new();
    for (name, rows) in sheets {
        sheet(&mut book, name, rows);
    }
    let bytes = book.save_to_buffer().unwrap();
    put(folder, "book.xlsx", &bytes)
}

const RETAIL: [&str; 8] = [
    "Invoice",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "Price",
    "Customer ID",
    "Country",
];

#[test]
fn a_sheet_is_read_with_its_serial_dates_below_its_title() {
    let folder = folder();
    let path = book(
        &folder,
        &[
            ("Empty", &[]),
            (
                "Orders",
                &[
                    &["Orders of May"],
                    &[],
                    &["Order ID", "Customer ID", "Date", "Amount", "Note"],
                    // 45413 is 2024-05-01; ten o'clock is 10/24 of it.
                    &[
                        "o1",
                        "17850",
                        "date:45413.416666666664",
                        "12.5",
                        "two\nlines",
                    ],
                    &[],
                    &["o2", "17851", "date:45414", "x"],
                ],
            ),
        ],
    );
    let read = open(&path);
    assert_eq!(
        said(&read),
        [fact("17850", "o1", MAY_1, 1_250, RowKind::Order, PAID)]
    );
    assert_eq!(
        read.batch.facts.line[0], 4,
        "lines are the rows of the sheet"
    );
    assert_eq!(read.batch.rejected[0].line, 6);
    assert!(has_note(&read, "sheet"));
    assert_eq!(
        read.batch.account.flags, [0; 4],
        "an id that is a number is no guess"
    );
}

#[test]
fn a_sheet_of_text_dates_is_settled_as_a_whole() {
    let folder = folder();
    let mut rows = vec![vec![
        "customer_id".to_owned(),
        "date".to_owned(),
        "net".to_owned(),
    ]];
    for row in 0..10_500 {
        rows.push(vec![
            format!("c{row}"),
            "03/04/2024".to_owned(),
            "1".to_owned(),
        ]);
    }
    for (day, month) in [(25, 3), (3, 25)] {
        rows.push(vec![
            "d".to_owned(),
            format!("{day:02}/{month:02}/2024"),
            "1".to_owned(),
        ]);
    }
    let of = |rows: &[Vec<String>]| -> PathBuf {
        let rows: Vec<Vec<&str>> = rows
            .iter()
            .map(|row| row.iter().map(String::as_str).collect())
            .collect();
        let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
        book(&folder, &[("Orders", &rows)])
    };
    let read = open(&of(&rows[..10_502]));
    assert_eq!(read.understanding.date_format, DateFormat::DayMonthYear);
    let message = error(&of(&rows)).to_string();
    // Lines are the rows of the sheet.
    for words in [
        "`25/03/2024` on line 10502 starts with the day",
        "`03/25/2024` on line 10503 with the month",
    ] {
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn overlapping_sheets_are_counted_once_row_by_row() {
    let folder = folder();
    let a: [&str; 8] = [
        "489434",
        "85048",
        "LIGHTS",
        "12",
        "date:40513.3",
        "6.95",
        "13085",
        "UK",
    ];
    let b: [&str; 8] = [
        "489435",
        "22350",
        "CAT",
        "1",
        "date:40514.3",
        "2.55",
        "13085",
        "UK",
    ];
    let c: [&str; 8] = [
        "489436",
        "22351",
        "DOG",
        "1",
        "date:40515.3",
        "2.55",
        "13086",
        "UK",
    ];
    let path = book(
        &folder,
        &[
            // Row b stands twice in the first year, which is so in the shop's books.
            ("Year 2009-2010", &[&RETAIL, &a, &b, &b]),
            // The second repeats b once more than the first has it.
            ("Year 2010-2011", &[&RETAIL, &b, &b, &b, &c]),
        ],
    );
    let read = open(&path);
    assert_eq!(preset(&read), "online-retail");
    let account = &read.batch.account;
    assert_eq!(account.rows_in, 7);
    assert_eq!(account.count(RowClass::Merged), 2);
    assert_eq!(account.count(RowClass::OrderLine), 5);
    let orders: Vec<String> = said(&read).into_iter().map(|fact| fact.1).collect();
    assert_eq!(orders, ["489434", "489435", "489435", "489435", "489436"]);
    assert!(has_note(&read, "sheets_overlap"));
    // One sheet alone repeats nothing.
    let second = PathBuf::from(format!("{}#Year 2010-2011", path.display()));
    assert_eq!(open(&second).batch.account.count(RowClass::Merged), 0);
}

#[test]
fn a_sheet_of_the_old_form_is_read_alike() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/orders.xls");
    let read = open(&path);
    assert_eq!(
        said(&read),
        [
            fact("17850", "o1", MAY_1, 1_250, RowKind::Order, PAID),
            fact("17850", "o3", MAY_1 + 2 * HOUR, 250, RowKind::Refund, PAID)
        ]
    );
    assert_eq!(read.batch.rejected[0].line, 3);
    assert_eq!(read.understanding.headers[4], "名称");
}

#[test]
fn sheets_that_are_not_one_table_are_named() {
    let folder = folder();
    let path = book(
        &folder,
        &[
            (
                "Orders",
                &[
                    &["order_id", "customer_id", "date", "net"],
                    &["o1", "c1", "date:45413", "5"],
                ],
            ),
            (
                "Refunds",
                &[
                    &["refund_id", "order_id", "date"],
                    &["r1", "o1", "date:45413"],
                ],
            ),
        ],
    );
    let several = error(&path);
    assert_eq!(several.key(), "several_tables");
    assert!(
        several.to_string().contains("`Orders`, `Refunds`"),
        "{several}"
    );
    let orders = PathBuf::from(format!("{}#Orders", path.display()));
    assert_eq!(said(&open(&orders)).len(), 1);
    let none = error(&PathBuf::from(format!("{}#Sheet9", path.display())));
    assert_eq!(none.key(), "no_such_part");
}

#[test]
fn ids_that_a_spreadsheet_shortened_are_refused() {
    let folder = folder();
    let rows: [&[&str]; 3] = [
        &["order_id", "customer_id", "date", "net"],
        &["o1", "2100000000000000123", "date:45413", "5"],
        &["o2", "123456789012345", "date:45413", "5"],
    ];
    let read = open(&book(&folder, &[("Orders", &rows)]));
    assert_eq!(read.batch.rejected[0].reason.key(), "id_shortened");
    assert_eq!(said(&read)[0].0, "123456789012345");
}

#[test]
fn a_file_that_only_looks_like_a_workbook_is_named() {
    let folder = folder();
    let old = error(&put(
        &folder,
        "a.xls",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and nothing more",
    ));
    assert_eq!(old.key(), "workbook_unreadable");
    let new = error(&put(
        &folder,
        "a.xlsx",
        &zip(&[("xl/workbook.xml", b"<workbook/>")]),
    ));
    assert!(
        ["workbook_unreadable", "file_empty"].contains(&new.key()),
        "{new}"
    );
    let text = error(&put(&folder, "a.docx", &zip(&[("content.xml", b"<a/>")])));
    assert_eq!(text.key(), "file_other_format");
}

#[test]
fn the_folder_of_olist_is_joined_and_its_files_alone_are_refused() {
    let folder = folder();
    put(&folder, "olist_orders_dataset.csv", b"\"order_id\",\"customer_id\",\"order_status\",\"order_purchase_timestamp\",\"order_approved_at\",\"order_delivered_carrier_date\",\"order_delivered_customer_date\",\"order_estimated_delivery_date\"\n\"o1\",\"k1\",\"delivered\",\"2024-05-01 10:00:00\",,,,\n\"o2\",\"k2\",\"canceled\",\"2024-05-01 11:00:00\",,,,\n\"o3\",\"k3\",\"shipped\",\"2024-05-01 12:00:00\",,,,\n");
    put(&folder, "olist_customers_dataset.csv", b"customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state\nk1,person,1,x,SP\nk2,person,1,x,SP\nk3,person,1,x,SP\n");
    put(&folder, "olist_order_items_dataset.csv", b"order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value\no1,1,p,s,2024-05-03,10.00,3\no1,2,p,s,2024-05-03,5.50,3\no3,1,p,s,2024-05-03,7,3\n");
    let payments = put(&folder, "olist_order_payments_dataset.csv", b"order_id,payment_sequential,payment_type,payment_installments,payment_value\no1,1,card,1,18.50\no1,2,voucher,1,3.00\no3,1,card,1,10.00\n");
    let path = folder.path();
    assert_eq!(expand(&[path.to_owned()], false).unwrap(), [path]);
    let read = open(path);
    assert_eq!(preset(&read), "olist");
    let order = |id, hours, cents| {
        fact(
            "person",
            id,
            MAY_1 + hours * HOUR,
            cents,
            RowKind::Order,
            PAID,
        )
    };
    assert_eq!(said(&read), [order("o1", 0, 1_550), order("o3", 2, 700)]);
    assert_eq!(read.batch.account.count(RowClass::CancelledOrder), 1);
    assert_eq!(read.batch.facts.line, [2, 3, 4]);
    for (file, key) in [
        ("olist_orders_dataset.csv", "preset_refused"),
        ("olist_order_items_dataset.csv", "preset_refused"),
        ("olist_order_payments_dataset.csv", "preset_refused"),
        ("olist_customers_dataset.csv", "other_content"),
    ] {
        assert_eq!(error(&path.join(file)).key(), key, "{file}");
    }
    std::fs::remove_file(path.join("olist_order_items_dataset.csv")).unwrap();
    assert_eq!(
        said(&open(path)),
        [order("o1", 0, 2_150), order("o3", 2, 1_000)]
    );
    std::fs::remove_file(payments).unwrap();
    assert_eq!(error(path).key(), "file_is_directory");
}

#[test]
fn folders_and_patterns_stand_for_their_tables() {
    let folder = folder();
    let names = |paths: &[PathBuf]| -> Vec<String> {
        let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        paths.iter().map(name).collect()
    };
    for name in [
        "b.csv",
        "a.JSON",
        "c.txt.gz",
        "notes.pdf",
        ".hidden.csv",
        "~$book.xlsx",
    ] {
        put(&folder, name, ORDERS.as_bytes());
    }
    let files = expand(&[folder.path().to_owned()], false).unwrap();
    assert_eq!(names(&files), ["a.JSON", "b.csv", "c.txt.gz"]);
    let files = expand(&[folder.path().join("*.csv")], false).unwrap();
    assert_eq!(names(&files), ["b.csv"]);
    let missing = expand(&[folder.path().join("*.tsv")], false).unwrap_err();
    assert_eq!(missing.key(), "file_not_found");
    let empty = tempfile::tempdir().unwrap();
    let none = expand(&[empty.path().to_owned()], false).unwrap_err();
    assert_eq!(none.key(), "folder_without_tables");
    // What is neither stays as it is.
    let same = [PathBuf::from("-"), folder.path().join("none.csv")];
    assert_eq!(expand(&same, true).unwrap(), same);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_once_and_whole() {
    let folder = folder();
    let path = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo")
        .arg(&path)
        .status()
        .unwrap();
    assert!(made.success());
    let writer = {
        let path = path.clone();
        std::thread::spawn(move || std::fs::write(path, ORDERS).unwrap())
    };
    assert_eq!(file_kind(&path).unwrap(), FileKind::Text);
    let found = read(&path, &ImportOptions::default()).unwrap();
    writer.join().unwrap();
    assert_eq!(found.batch.account.count(RowClass::OrderLine), 2);
}
