//! Writes the first corpus of each target: a file for each preset, with the columns it documents, and small files of
//! every other kind. `seeds FOLDER`.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use patron_fuzz::{SETTINGS, WORKBOOK_PARTS};

/// How the seeds are read; see `Settings::split`. The first leaves everything to patron.
const AS_UNDERSTOOD: [u8; SETTINGS] = [0, 0, 0, 20];
const KEPT: [u8; SETTINGS] = [0, 0, 0b0011_0011, 60];
const PACKED: [u8; SETTINGS] = [0, 0, 0b1000_0011, 9];

const WOOCOMMERCE: &str = r#"{"id":727,"number":"727","created_via":"checkout","status":"completed","currency":"EUR","date_created":"2024-05-01T12:00:00","date_created_gmt":"2024-05-01T10:00:00","date_modified_gmt":"2024-05-02T10:00:00","discount_total":"5.00","total":"60.00","total_tax":"8.00","shipping_total":"7.00","customer_id":17,"billing":{"first_name":"A","last_name":"B","email":"a@example.com","phone":"+49 30 1"},"line_items":[{"id":1,"name":"Soap, big","product_id":93,"quantity":2,"subtotal":"25.00","total":"20.00","sku":"S"}],"refunds":[{"id":900,"reason":"","total":"-6.00"}]}"#;
const SEGMENT: &str = r#"{"type":"track","messageId":"m1","event":"Order Completed","userId":"u1","timestamp":"2024-05-01T10:00:00.000Z","properties":{"order_id":"o1","revenue":25.0,"total":27.5,"currency":"USD","products":[{"product_id":"p1","price":10,"quantity":2,"name":"Tea"}]},"context":{"traits":{"email":"u@example.com"}}}
{"type":"track","messageId":"m2","event":"Order Refunded","userId":"u1","timestamp":"2024-05-02T10:00:00Z","properties":{"order_id":"o1","total":7.5}}
{"type":"identify","userId":"u1","traits":{"email":"u@example.com"}}
"#;
const LISTS: [(&str, &str); 6] = [
    ("customers", "customer_id,email,phone,first_name,last_name,birth_date,city,country,created_at,accepts_marketing,tags\nc1,a@example.com,+49 30 1,A,B,1990-01-31,Berlin,DE,2024-01-02,yes,\"vip, new\"\n"),
    ("products", "product_id,title,category,price,unit_cost,stock\np1,Tea,Drinks,7.50,3.10,12\n"),
    ("refunds", "refund_id,order_id,customer_id,refunded_at,amount,reason\nr1,o1,c1,2024-05-03,5.00,broken\n"),
    ("events", "event_id,customer_id,occurred_at,event,product_id,campaign\ne1,c1,2024-05-01T10:00:00Z,view,p1,spring\n"),
    ("surveys", "response_id,customer_id,answered_at,score,comment\ns1,c1,2024-05-09,9,\"good, \"\"very\"\"\"\n"),
    ("spend", "date,channel,amount,currency,purpose\n2024-05-01,search,100.00,EUR,acquisition\n"),
];
const PLAIN: [(&str, &str); 6] = [
    ("comma", "order_id,customer_id,date,net\no1,c1,2024-05-01,12.50\no2,c2,2024-05-02,-3.00\no3,,2024-05-03,1\n"),
    ("semicolon", "sep=;\r\nBestellnummer;Kundennummer;Datum;Betrag\r\n1;17850.0;31.01.2024;1.234,50 €\r\n2;k2;01.02.2024;(3,00)\r\n"),
    ("tab", "order_id\tcustomer_id\tdate\tquantity\tunit_price\tsku\no1\tc1\t2024-05-01 10:00\t2\t3.75\ttea\no1\tc1\t2024-05-01 10:00\t-1\t3.75\ttea\n"),
    ("quotes", "\"order_id\",\"customer_id\",\"date\",\"net\",\"note\"\n\"o1\",\"c1\",\"2024-05-01\",\"1\",\"two\nlines, \"\"one\"\" cell\"\n"),
    ("aligned", " 00001 19970101  1   11.77\n 00002 19970112  1   12.00\n 00002 19970112  5   77.00\n"),
    ("bare_cr", "order_id,customer_id,date,net,status\ro1,c1,2024-05-01,1,paid\ro2,c1,2024-05-02,2,refunded\r"),
];
const FOLD: &str = "#patron-fold\t1\t{\"as_of\":[\"2024-12-31\",\"2024-01-31\"],\"timezone\":\"Europe/Berlin\",\"window_months\":6}\nc1\trefund\t\\N\to1\t50000\t\\N\treturn\nc1\torder\t1704103200000000\to1\t125000\t\\N\tpaid\nc1\tline\t1706781600000000\to2\t75000\t20000\tpaid\nc1\tstatus\t1706868000000000\to2\t\\N\t\\N\tcancelled\nc1\tevent\t1706868000000001\t\\N\t\\N\t\\N\tview\nc1\tsurvey\t1706868000000002\t\\N\t\\N\t9\tnps\n";
const VALUES: [&str; 12] = [
    "o1\u{1}c1\u{1}2024-05-01\u{1}1,234.50\u{1}0\u{1}paid",
    "17850.0\u{1}1.03293E+19\u{1}31.01.2024\u{1}1.234,50 €\u{1}(3,00)\u{1}erstattet",
    "#1001\u{1}'007\u{1}5/1/24 3:04 PM\u{1}$-3\u{1}\u{1}refunded",
    "\u{1}\u{1}May 1, 2024\u{1}¥100\u{1}１２\u{1}交易成功",
    "x\u{1}y\u{1}45413.4167\u{1}1e3\u{1}-0\u{1}cancelled\u{1}US$",
    "x\u{1}y\u{1}2024年5月1日 10:00\u{1}12,5\u{1}.5\u{1}交易关闭\u{1}CNY\u{1}+86 138 0013 8000\u{1}a@b.c",
    "x\u{1}y\u{1}2024-05-01T10:00:00.123456+02:00\u{1}99999999999999.9999",
    "x\u{1}y\u{1}20240501\u{1}1 234,5\u{1}1'234.5",
    "x\u{1}y\u{1}2024-02-30\u{1}NaN\u{1}inf",
    "x\u{1}y\u{1}0001-01-01\u{1}922337203685477.5807",
    "x\u{1}y\u{1}31 Dez 2023 23:59\u{1}1.000.000,00",
    "x\u{1}y\u{1}1714557600\u{1}5 %",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("say which folder")?);
    for (name, text) in presets()? {
        seed(&folder.join("text"), &name, AS_UNDERSTOOD, text.as_bytes())?;
        seed(&folder.join("run"), &name, KEPT, text.as_bytes())?;
        seed(&folder.join("lists"), &name, KEPT, text.as_bytes())?;
    }
    for (name, text) in PLAIN {
        seed(&folder.join("text"), name, AS_UNDERSTOOD, text.as_bytes())?;
        seed(&folder.join("text"), &format!("{name}_packed"), PACKED, text.as_bytes())?;
        seed(&folder.join("run"), name, AS_UNDERSTOOD, text.as_bytes())?;
        let packed = [b"a.csv\n", text.as_bytes(), b"\xff__MACOSX/a\n-"].concat();
        seed(&folder.join("archive"), name, PACKED, &packed)?;
    }
    let wide: Vec<u8> = PLAIN[0].1.encode_utf16().flat_map(u16::to_le_bytes).collect();
    seed(&folder.join("text"), "utf16", AS_UNDERSTOOD, &[b"\xff\xfe".as_slice(), &wide].concat())?;
    for (name, text) in LISTS {
        seed(&folder.join("lists"), name, KEPT, text.as_bytes())?;
    }
    for (name, text) in [("woocommerce", WOOCOMMERCE), ("segment", SEGMENT)] {
        seed(&folder.join("json"), name, AS_UNDERSTOOD, text.as_bytes())?;
        seed(&folder.join("json"), &format!("{name}_packed"), PACKED, text.as_bytes())?;
    }
    let array = format!("[{WOOCOMMERCE},\n{WOOCOMMERCE}]");
    seed(&folder.join("json"), "array", KEPT, array.as_bytes())?;
    let plain = "{\"order_id\":\"o1\",\"customer_id\":7,\"date\":\"2024-05-01\",\"net\":1.5e1,\"x\":null}\n";
    seed(&folder.join("json"), "plain", KEPT, plain.as_bytes())?;
    seed(&folder.join("fold"), "history", [0; 0], FOLD.as_bytes())?;
    for (place, text) in VALUES.iter().enumerate() {
        let way = [0, 0, 0, u8::try_from(place)?];
        seed(&folder.join("values"), &place.to_string(), way, text.as_bytes())?;
    }
    for text in ["2024-01-31 10:00:00.5+00", "2024-01-31", "-0.2500", "0001-01-01"] {
        seed(&folder.join("ledger_text"), text, [0; 0], text.as_bytes())?;
    }
    workbooks(&folder)?;
    #[cfg(feature = "engine")]
    parquets::write(&folder.join("parquet"))?;
    record(&folder.join("record"))?;
    Ok(())
}

fn seed<const N: usize>(folder: &Path, name: &str, settings: [u8; N], bytes: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join(format!("seed_{name}")), [&settings, bytes].concat())
}

/// A table of two rows for each preset: the columns by which it is known, and those it reads.
fn presets() -> Result<BTreeMap<String, String>, Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/patron-import/presets");
    let mut tables = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let preset: toml::Table = toml::from_str(&std::fs::read_to_string(entry?.path())?)?;
        let name = preset.get("name").and_then(toml::Value::as_str).unwrap_or_default();
        let known = preset.get("recognised_by").and_then(toml::Value::as_array);
        let known = known.and_then(|sets| sets.first()).and_then(toml::Value::as_array);
        let mut headers: Vec<(&str, &str)> = Vec::new();
        for kind in ["columns", "details"] {
            let table = preset.get(kind).and_then(toml::Value::as_table);
            for (field, names) in table.into_iter().flatten() {
                let header = names.as_array().and_then(|names| names.first());
                headers.extend(header.and_then(toml::Value::as_str).map(|header| (header, field.as_str())));
            }
        }
        for header in known.into_iter().flatten().filter_map(toml::Value::as_str) {
            if !headers.iter().any(|(other, _)| *other == header) {
                headers.push((header, ""));
            }
        }
        headers.sort_unstable();
        headers.dedup_by_key(|(header, _)| *header);
        let row = |number: usize| {
            let cells = headers.iter().map(|(_, field)| value(field, number));
            cells.collect::<Vec<_>>().join(",")
        };
        let names = headers.iter().map(|(header, _)| *header).collect::<Vec<_>>().join(",");
        tables.insert(name.to_owned(), format!("{names}\n{}\n{}\n", row(1), row(2)));
    }
    Ok(tables)
}

/// What a column of this field may hold.
fn value(field: &str, row: usize) -> String {
    match field {
        "order_id" | "customer_id" | "store_id" | "product_id" => format!("{field}{row}"),
        "email" => format!("a{row}@example.com"),
        "phone" | "landline" => "+49 30 123456".to_owned(),
        "status" => "paid".to_owned(),
        "currency" => "EUR".to_owned(),
        "cancelled_at" | "refunded" | "tags" | "flag" | "memo" => String::new(),
        field if field.ends_with("_at") || field.contains("date") => format!("2024-05-0{row} 10:00:00"),
        "name" | "first_name" | "last_name" | "title" | "city" | "country" => "Ann".to_owned(),
        _ => format!("{row}.50"),
    }
}

fn workbooks(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let parts: Vec<&[u8]> = WORKBOOK_PARTS.iter().map(|(_, part)| part.as_bytes()).collect();
    seed(&folder.join("xlsx"), "parts", KEPT, &parts.join(&0xff))?;
    seed(&folder.join("xlsx"), "sheet", AS_UNDERSTOOD, parts[0])?;
    let old = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/patron-import/tests/data/orders.xls");
    let old = std::fs::read(old)?;
    seed(&folder.join("xls"), "book", AS_UNDERSTOOD, &old)?;
    Ok(())
}

/// A record as `record.rs` of patron-engine says it lies: an order with everything that may follow.
fn record(folder: &Path) -> std::io::Result<()> {
    let mut bytes = vec![0x81, 0xf8];
    for number in [1_704_103_200_000_000_i64, 125_000, -1, 20_000, 1_704_103_200_000_001, 77] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    bytes.extend_from_slice(b"\x03\x02c1\x02o1\x07a@b.com\x01p\x01n\x03yes\x04more");
    seed(folder, "line", [0; 0], &bytes)
}

#[cfg(feature = "engine")]
mod parquets {
    use std::path::Path;
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
    use parquet::arrow::ArrowWriter;
    use parquet::basic::Compression;
    use parquet::file::properties::WriterProperties;

    use super::{AS_UNDERSTOOD, seed};

    /// The same three rows in every compression, in two row groups.
    pub fn write(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
        let ids: ArrayRef = Arc::new(StringArray::from(vec!["c1", "c1", "c2"]));
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(3)]));
        let days: ArrayRef = Arc::new(Date32Array::from(vec![19_700, 19_701, 19_900]));
        let net: ArrayRef = Arc::new(Float64Array::from(vec![12.5, -3.0, 0.1]));
        let columns = [("customer_id", ids), ("order_id", numbers), ("ordered_at", days), ("net", net)];
        let batch = RecordBatch::try_from_iter(columns)?;
        for (name, codec) in [
            ("plain", Compression::UNCOMPRESSED),
            ("snappy", Compression::SNAPPY),
            ("zstd", Compression::ZSTD(Default::default())),
            ("gzip", Compression::GZIP(Default::default())),
            ("lz4", Compression::LZ4_RAW),
        ] {
            let properties = WriterProperties::builder().set_compression(codec).set_max_row_group_row_count(Some(2));
            let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties.build()))?;
            writer.write(&batch)?;
            seed(folder, name, AS_UNDERSTOOD, &writer.into_inner()?)?;
        }
        Ok(())
    }
}
