//! Texts in other encodings than UTF-8 give the same facts, whatever the size of blocks, and it is said which and why.

use std::io::Write as _;

use encoding_rs::{BIG5, Encoding, GB18030, WINDOWS_1252};
use patron_core::Coded;
use patron_import::ImportOptions;

use crate::support::{Read, file, read, read_in_blocks, read_with};

const CHINESE: &str = "订单编号,买家会员名,订单创建时间,买家实际支付金额,订单状态\n1,张伟,2024-05-01 10:00:00,12.50,交易成功\n2,李娜,2024-05-02 10:00:00,x,交易成功\n3,\"王\n芳\",2024-05-03 10:00:00,30,交易关闭\n";
const TRADITIONAL: &str =
    "訂單編號,客戶編號,訂單日期,實付金額\n1,張偉,2024-05-01,12.50\n2,許功蓋,2024-05-02,20\n";
const WESTERN: &str = "order_id,customer_id,date,net,name\n1,Zoë,2024-05-01,12.50,René Müller\n2,José,2024-05-02,20,Ann\n3,Günther,2024-05-03,30,François\n";

fn encoded(text: &str, encoding: &'static Encoding) -> Vec<u8> {
    let (bytes, used, lost) = encoding.encode(text);
    assert!(!lost && used == encoding);
    bytes.into_owned()
}

/// Writes western text as an old Macintosh did, with lone carriage returns.
fn mac_roman(text: &str) -> Vec<u8> {
    let byte = |letter: char| match letter {
        '\n' => b'\r',
        'ë' => 0x91,
        'é' => 0x8e,
        'ü' => 0x9f,
        'ç' => 0x8d,
        letter => u8::try_from(letter).unwrap(),
    };
    text.chars().map(byte).collect()
}

fn utf16(text: &str, big_endian: bool, mark: bool) -> Vec<u8> {
    let marked = if mark { "\u{feff}" } else { "" };
    let units = marked.encode_utf16().chain(text.encode_utf16());
    units
        .flat_map(|unit| {
            if big_endian {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            }
        })
        .collect()
}

fn same(bytes: &[u8], text: &str, encoding: &str) {
    let expected = read_with(text, &ImportOptions::default()).unwrap();
    for block_bytes in [1, 7, 4096] {
        let found =
            read_in_blocks(file(bytes).path(), &ImportOptions::default(), block_bytes).unwrap();
        assert_eq!(found.understanding.encoding, encoding);
        let facts = |read: &Read| {
            let facts = &read.batch.facts;
            (
                facts.customer.clone(),
                facts.order_id.clone(),
                facts.at.clone(),
                facts.net.clone(),
                facts.row_hash.clone(),
                facts.line.clone(),
                facts.contact.as_ref().map(|contact| contact.name.clone()),
            )
        };
        assert_eq!(facts(&found), facts(&expected), "{encoding}");
        assert_eq!(found.batch.account, expected.batch.account);
        assert_eq!(found.batch.rejected, expected.batch.rejected);
        let said = found
            .understanding
            .notes
            .iter()
            .any(|note| note.key == "encoding" && note.to_string().contains(encoding));
        assert_eq!(said, encoding != "UTF-8");
    }
}

#[test]
fn every_encoding_gives_the_facts_of_its_utf8() {
    for mark in [true, false] {
        for text in [WESTERN, CHINESE] {
            // Without a mark Chinese text has few zeros; its ASCII is enough here.
            if mark || text == WESTERN {
                same(&utf16(text, false, mark), text, "UTF-16LE");
                same(&utf16(text, true, mark), text, "UTF-16BE");
            }
        }
    }
    same(&encoded(CHINESE, GB18030), CHINESE, "gb18030");
    same(&encoded(TRADITIONAL, BIG5), TRADITIONAL, "Big5");
    same(&encoded(WESTERN, WINDOWS_1252), WESTERN, "windows-1252");
    same(
        &mac_roman(WESTERN),
        &WESTERN.replace('\n', "\r"),
        "macintosh",
    );
    same(format!("\u{feff}{CHINESE}").as_bytes(), CHINESE, "UTF-8");
}

#[test]
fn an_ascii_beginning_leaves_the_encoding_open() {
    // More than the sample, so that what decides lies behind it.
    let mut text = String::from("order_id,customer_id,date,net,name\n");
    for order in 0..60_000 {
        text.push_str(&format!("{order},c{order},2024-05-01,1.00,Ann\n"));
    }
    text.push_str("x,客户,2024-05-02,2.00,张伟先生\n".repeat(50).as_str());
    let bytes = encoded(&text, GB18030);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&bytes).unwrap();
    let compressed = encoder.finish().unwrap();
    for bytes in [bytes, compressed] {
        let found = read(file(&bytes).path(), &ImportOptions::default()).unwrap();
        let facts = &found.batch.facts;
        assert_eq!(facts.customer.get(facts.len() - 1), "客户");
        assert_eq!(
            facts.contact.as_ref().unwrap().name.get(facts.len() - 1),
            "张伟先生"
        );
        assert!(found.batch.rejected.is_empty());
    }
}

#[test]
fn the_user_may_say_which_encoding() {
    let with = |label: &str, bytes: &[u8]| {
        let options = ImportOptions {
            encoding: Some(label.into()),
            ..ImportOptions::default()
        };
        read(file(bytes).path(), &options)
    };
    // The same bytes as Russian and as western letters.
    let bytes = b"customer_id,date,net\n\xcf\xe5\xf2\xf0,2024-05-01,1\n";
    let found = with("windows-1251", bytes).unwrap();
    assert_eq!(found.batch.facts.customer.get(0), "Петр");
    assert!(
        found
            .understanding
            .notes
            .iter()
            .any(|note| note.to_string().contains("as asked"))
    );
    let found = with("latin1", bytes).unwrap();
    assert_eq!(found.batch.facts.customer.get(0), "Ïåòð");
    let error = with("klingon", bytes).unwrap_err();
    assert_eq!((error.key(), error.file()), ("encoding_unknown", None));
    assert!(error.hint().unwrap().contains("gb18030"));
}
