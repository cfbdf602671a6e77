//! `customers.*`: names, order and types of columns, the same in every form of file.

use std::fs::File;
use std::io::Read;

use arrow_schema::{DataType, TimeUnit};
use flate2::read::DeflateDecoder;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::support::{OUT, Results, Sandbox};

/// The columns of every run, in order.
const COLUMNS: [&str; 34] = [
    "customer_id",
    "first_order_at",
    "last_order_at",
    "recency_days",
    "orders",
    "purchase_days",
    "monetary",
    "average_order_value",
    "last_order_value",
    "orders_window",
    "monetary_window",
    "mean_days_between_orders",
    "r_score",
    "f_score",
    "m_score",
    "rfm",
    "rfm_total",
    "octant",
    "lifecycle",
    "segment",
    "segments",
    "repeat_purchases",
    "days_first_to_last",
    "age_days",
    "probability_alive",
    "expected_purchases",
    "next_order_expected_at",
    "expected_order_value",
    "historic_value",
    "clv",
    "clv_low",
    "clv_high",
    "clv_lifetime",
    "total_clv",
];
const CONTACTS: [&str; 4] = ["email", "phone", "name", "consent_email"];

const PLAIN: &str = "customer_id,ordered_at,net\na,2024-01-01,5\nb,2024-01-02,6\n";
const WITH_CONTACTS: &str = "customer_id,ordered_at,net,consent_email,name,email,phone\n\
    a,2024-01-01,5,true,\"Bee, \"\"Ay\"\"\",a@example.org,+123\nb,2024-01-02,6,false,李四,,\n";

fn parquet_columns(results: &Results) -> Vec<(String, DataType)> {
    let file = File::open(results.path("customers.parquet")).expect("the file opens");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("the file is Parquet");
    let fields = reader.schema().fields();
    fields
        .iter()
        .map(|field| (field.name().clone(), field.data_type().clone()))
        .collect()
}

/// One member of a zip archive, found by its local header: spreadsheets are such archives.
fn unzipped(archive: &[u8], name: &str) -> String {
    let word = |at: usize| usize::from(u16::from_le_bytes([archive[at], archive[at + 1]]));
    let headers = archive
        .windows(4)
        .enumerate()
        .filter(|(_, bytes)| *bytes == b"PK\x03\x04");
    for (at, _) in headers {
        let (name_length, extra_length) = (word(at + 26), word(at + 28));
        let start = at + 30 + name_length + extra_length;
        if archive.get(at + 30..at + 30 + name_length) == Some(name.as_bytes()) {
            let mut text = String::new();
            let stored = word(at + 8) == 0;
            let content = &archive[start..];
            if stored {
                panic!("`{name}` is not compressed; this reader needs it so");
            }
            DeflateDecoder::new(content)
                .read_to_string(&mut text)
                .expect("the member is deflated UTF-8");
            return text;
        }
    }
    panic!("no `{name}` in the archive");
}

#[test]
fn columns_have_their_names_and_order() {
    for (orders, contacts) in [(PLAIN, &CONTACTS[..0]), (WITH_CONTACTS, &CONTACTS[..])] {
        let sandbox = Sandbox::with_orders(orders);
        let results = sandbox.run(&["orders.csv", "--quiet"]);
        let expected = [&COLUMNS[..], contacts].concat();
        assert_eq!(results.customers().header, expected, "CSV");
        let found: Vec<String> = parquet_columns(&results)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(found, expected, "Parquet");
    }
}

#[test]
fn contacts_are_taken_along_as_given() {
    let sandbox = Sandbox::with_orders(WITH_CONTACTS);
    let customers = sandbox.run(&["orders.csv", "--quiet"]).customers();
    assert_eq!(customers.cell("a", "name"), "Bee, \"Ay\"");
    assert_eq!(customers.cell("a", "email"), "a@example.org");
    assert_eq!(customers.cell("a", "phone"), "+123");
    assert_eq!(customers.cell("a", "consent_email"), "true");
    assert_eq!(customers.cell("b", "name"), "李四");
    assert_eq!(customers.cell("b", "email"), "");
    assert_eq!(customers.cell("b", "consent_email"), "false");
}

#[test]
fn parquet_types_are_those_defined() {
    let sandbox = Sandbox::with_orders(WITH_CONTACTS);
    let results = sandbox.run(&["orders.csv", "--quiet"]);
    for (name, found) in parquet_columns(&results) {
        let fits = match name.as_str() {
            "first_order_at" | "last_order_at" | "next_order_expected_at" => {
                found == DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
            }
            "monetary" | "monetary_window" => found == DataType::Decimal128(38, 4),
            // Sums of a customer's margins, and money: four decimals exactly.
            "historic_value" | "total_clv" => {
                matches!(found, DataType::Decimal128(18 | 38, 4))
            }
            "average_order_value"
            | "last_order_value"
            | "expected_order_value"
            | "clv"
            | "clv_low"
            | "clv_high"
            | "clv_lifetime" => found == DataType::Decimal128(18, 4),
            "recency_days" | "days_first_to_last" | "age_days" | "orders" | "purchase_days"
            | "orders_window" | "repeat_purchases" | "r_score" | "f_score" | "m_score" => {
                found.is_signed_integer()
            }
            "mean_days_between_orders"
            | "rfm_total"
            | "probability_alive"
            | "expected_purchases" => found == DataType::Float64,
            "segments" => {
                matches!(&found, DataType::List(item) if *item.data_type() == DataType::Utf8)
            }
            _ => found == DataType::Utf8,
        };
        assert!(fits, "`{name}` is {found}");
    }
}

#[test]
fn the_spreadsheet_holds_the_same_cells() {
    let sandbox = Sandbox::with_orders(WITH_CONTACTS);
    sandbox.run(&["orders.csv", "--quiet", "--format", "csv,xlsx"]);
    let results = sandbox.results(OUT);
    let archive = results.bytes("customers.xlsx");
    let sheet = unzipped(&archive, "xl/worksheets/sheet1.xml");
    assert_eq!(
        sheet.matches("<row ").count(),
        3,
        "a header and two customers"
    );
    let everything = if sheet.contains("t=\"s\"") {
        sheet + &unzipped(&archive, "xl/sharedStrings.xml")
    } else {
        sheet
    };
    for text in COLUMNS
        .iter()
        .chain(&CONTACTS)
        .chain(&["李四", "a@example.org"])
    {
        assert!(everything.contains(&format!(">{text}<")), "{text}");
    }
}

#[test]
fn a_name_that_a_spreadsheet_would_run_is_marked_as_text() {
    let sandbox = Sandbox::with_orders(
        "customer_id,ordered_at,net,name,phone\n\
         =a,2024-01-01,5,\"=HYPERLINK(\"\"http://x\"\")\",+49 30 1\n\
         b,2024-01-02,5,O'Hara,=1\n",
    );
    let table = sandbox
        .run(&["orders.csv", "--quiet", "--format", "csv"])
        .customers();
    assert_eq!(
        table.column("name"),
        ["'=HYPERLINK(\"http://x\")", "O'Hara"]
    );
    // Ids join tables: they stay as they are. A number that begins with + is one.
    assert_eq!(table.column("customer_id"), ["=a", "b"]);
    assert_eq!(table.column("phone"), ["+49 30 1", "'=1"]);
}
