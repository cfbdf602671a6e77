//! Public data sets against figures made elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use patron_core::{Instant, RowClass, RowFlag, ShopCalendar};
use patron_import::{
    AmountRule, DateFormat, Field, GrainRule, ImportOptions, KeepRules, PresetReason, RowKind,
};
use serde_json::Value;

use crate::support::{Read, data, file, read, read_with, workspace};

fn online_retail_cases() -> Value {
    let path = workspace().join("reference/online_retail/cases.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Compares classes, amounts, customers, orders and dates with what pandas counted.
fn assert_online_retail(read: &Read, expected: &Value) {
    let account = &read.batch.account;
    assert_eq!(account.rows_in, 541_909);
    assert_eq!(account.by_class.iter().sum::<u64>(), 541_909);
    for class in RowClass::ALL {
        let rows = expected["rows"].get(class.key()).and_then(Value::as_u64);
        assert_eq!(account.count(*class), rows.unwrap_or(0), "{}", class.key());
        let revenue = expected["revenue"].get(class.key()).and_then(Value::as_str);
        let revenue: i128 = revenue.unwrap_or("0").parse().unwrap();
        assert_eq!(account.revenue(*class).0, revenue, "{}", class.key());
    }
    let facts = &read.batch.facts;
    let (mut customers, mut orders) = (BTreeSet::new(), BTreeSet::new());
    let (mut first, mut last, mut refunds) = (i64::MAX, i64::MIN, 0_i128);
    for index in 0..facts.len() {
        match facts.kind[index] {
            RowKind::Line => {
                customers.insert(facts.customer.get(index));
                orders.insert(facts.order_id.get(index));
                first = first.min(facts.at[index]);
                last = last.max(facts.at[index]);
            }
            RowKind::Refund => {
                assert_eq!(
                    facts.order_id.get(index),
                    "",
                    "a cancellation names no order"
                );
                refunds += i128::from(facts.net[index]);
            }
            RowKind::Order => panic!("rows are lines"),
            _ => {}
        }
    }
    assert_eq!(
        customers.len() as u64,
        expected["customers_with_an_order_line"]
    );
    assert_eq!(orders.len() as u64, expected["orders"]);
    assert_eq!(
        refunds.to_string(),
        expected["refund_total"].as_str().unwrap()
    );
    let text = |at| ShopCalendar::utc().rfc3339(Instant(at)).replace('T', " ");
    assert_eq!(
        text(first),
        format!("{}+00:00", expected["first_at"].as_str().unwrap())
    );
    assert_eq!(
        text(last),
        format!("{}+00:00", expected["last_at"].as_str().unwrap())
    );
}

fn duplicates(read: &Read) -> u64 {
    let facts = &read.batch.facts;
    let mut seen = BTreeMap::new();
    for &hash in facts.row_hash.iter().chain(&read.batch.aside_hashes) {
        *seen.entry(hash).or_insert(0_u64) += 1;
    }
    seen.values().map(|count| count - 1).sum()
}

#[test]
fn online_retail_adds_up_class_by_class() {
    let name = "online_retail_adds_up_class_by_class";
    let Some(path) = data(name, "online_retail/online_retail.csv.gz") else {
        return;
    };
    let cases = online_retail_cases();
    let result = read(&path, &ImportOptions::default()).unwrap();
    let preset = result.understanding.preset.as_ref().unwrap();
    assert_eq!(
        (preset.name.as_str(), preset.why),
        ("online-retail", PresetReason::Header)
    );
    assert_eq!(result.understanding.grain, GrainRule::Lines);
    assert_online_retail(&result, &cases["fees_set_aside"]);
    assert_eq!(duplicates(&result), cases["duplicates"]);
    // What sha256sum prints for the file.
    let digest: String = result.digest.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    });
    assert_eq!(digest, sha256sum(&path));

    let keep = KeepRules {
        fee_lines: true,
        gift_cards: true,
        ..KeepRules::default()
    };
    let options = ImportOptions {
        keep,
        ..ImportOptions::default()
    };
    assert_online_retail(&read(&path, &options).unwrap(), &cases["fees_kept"]);
}

fn sha256sum(path: &Path) -> String {
    let output = std::process::Command::new("sha256sum")
        .arg(path)
        .output()
        .or_else(|_| {
            std::process::Command::new("shasum")
                .args(["-a", "256"])
                .arg(path)
                .output()
        })
        .unwrap();
    String::from_utf8(output.stdout).unwrap()[..64].to_owned()
}

#[test]
fn customer_ids_written_as_floats_are_the_same_customers() {
    let name = "customer_ids_written_as_floats_are_the_same_customers";
    let Some(path) = data(name, "online_retail/online_retail.csv.gz") else {
        return;
    };
    let mut source = csv::Reader::from_reader(flate2::read::MultiGzDecoder::new(
        std::fs::File::open(&path).unwrap(),
    ));
    let mut floats = csv::Writer::from_writer(Vec::new());
    floats.write_record(source.headers().unwrap()).unwrap();
    for record in source.records() {
        let record = record.unwrap();
        let fields = record.iter().enumerate().map(|(column, field)| {
            // CustomerID is the seventh column.
            if column == 6 && !field.is_empty() {
                format!("{field}.0")
            } else {
                field.to_owned()
            }
        });
        floats.write_record(fields).unwrap();
    }
    let text = floats.into_inner().unwrap();
    let result = read(file(&text).path(), &ImportOptions::default()).unwrap();
    let cases = online_retail_cases();
    assert_online_retail(&result, &cases["fees_set_aside"]);
    let facts = &result.batch.facts;
    assert!(facts.customer.iter().all(|id| id.len() == 5));
    // Every row with a customer was guessed, and only those.
    let with_customer = 541_909 - 135_080;
    assert_eq!(
        result.batch.account.flagged(RowFlag::Guessed),
        with_customer
    );
}

#[test]
fn superstore_is_read_by_its_sales() {
    let Some(path) = data(
        "superstore_is_read_by_its_sales",
        "superstore/superstore.csv",
    ) else {
        return;
    };
    let result = read(&path, &ImportOptions::default()).unwrap();
    let understanding = &result.understanding;
    assert_eq!(understanding.date_format, DateFormat::MonthDayYear);
    assert_eq!(understanding.grain, GrainRule::Lines);
    let AmountRule::Column(amount) = understanding.amount else {
        panic!("{:?}", understanding.amount);
    };
    assert_eq!(understanding.columns[amount].header, "Sales");
    assert_eq!(
        understanding.slot(Field::Status),
        None,
        "State is no status"
    );
    // data/README.md: 9,994 lines, 793 customers, 5,009 orders, sales 2,297,200.86.
    let account = &result.batch.account;
    assert_eq!(account.count(RowClass::OrderLine), 9_994);
    assert_eq!(
        account.revenue(RowClass::OrderLine).to_string(),
        "2297200.8603"
    );
    let facts = &result.batch.facts;
    assert_eq!(facts.customer.iter().collect::<BTreeSet<_>>().len(), 793);
    assert_eq!(facts.order_id.iter().collect::<BTreeSet<_>>().len(), 5_009);
    assert_eq!(facts.contact.as_ref().unwrap().name.get(0), "Claire Gute");
}

#[test]
fn the_orders_of_the_r_package_are_read() {
    let Some(path) = data(
        "the_orders_of_the_r_package_are_read",
        "rfm_r/rfm_data_orders.csv",
    ) else {
        return;
    };
    let result = read(&path, &ImportOptions::default()).unwrap();
    assert_eq!(result.understanding.grain, GrainRule::EachRowIsAnOrder);
    // By pandas: 4,906 rows, 995 customers, revenue 464,158, 2001-10-29 to 2006-12-30.
    let account = &result.batch.account;
    assert_eq!(account.count(RowClass::OrderLine), 4_906);
    assert_eq!(
        account.revenue(RowClass::OrderLine).to_string(),
        "464158.00"
    );
    let facts = &result.batch.facts;
    assert_eq!(facts.customer.iter().collect::<BTreeSet<_>>().len(), 995);
    let contact = facts.contact.as_ref().unwrap();
    assert_eq!(contact.name.get(0), "Brion Stark");
    assert_eq!(contact.email.get(0), "brion_stark@rfmail.com");
}

#[test]
fn cdnow_is_read_with_and_without_its_header() {
    let name = "cdnow_is_read_with_and_without_its_header";
    let (Some(master), Some(sample)) = (
        data(name, "cdnow/CDNOW_master.txt"),
        data(name, "cdnow/CDNOW_sample.txt"),
    ) else {
        return;
    };
    // Rows, customers, dollars and duplicate rows by Python's split(); data/README.md has the same.
    for (path, rows, customers, dollars, twice, why) in [
        (
            master,
            69_659,
            23_570,
            "2500315.63",
            255,
            PresetReason::Header,
        ),
        (sample, 6_919, 2_357, "244091.94", 21, PresetReason::Layout),
    ] {
        let result = read(&path, &ImportOptions::default()).unwrap();
        let understanding = &result.understanding;
        let preset = understanding.preset.as_ref().unwrap();
        assert_eq!((preset.name.as_str(), preset.why), ("cdnow", why));
        assert_eq!(understanding.grain, GrainRule::EachRowIsAnOrder);
        assert!(
            understanding
                .defaults
                .contains(&("zero_orders".into(), "count".into()))
        );
        let account = &result.batch.account;
        assert_eq!(account.rows_in, rows);
        assert_eq!(account.count(RowClass::OrderLine), rows, "zero amounts too");
        assert_eq!(account.revenue(RowClass::OrderLine).to_string(), dollars);
        let ids: BTreeSet<&str> = result.batch.facts.customer.iter().collect();
        assert_eq!(ids.len(), customers);
        assert_eq!(duplicates(&result), twice);
    }
}

#[test]
fn the_cdnow_sample_is_told_apart_by_its_own_id_or_the_masters() {
    let name = "the_cdnow_sample_is_told_apart_by_its_own_id_or_the_masters";
    let Some(path) = data(name, "cdnow/CDNOW_sample.txt") else {
        return;
    };
    let mut options = ImportOptions::default();
    let own = read(&path, &options).unwrap();
    assert_eq!(own.batch.facts.customer.get(0), "0001");
    assert_eq!(own.batch.facts.line[0], 1, "there is no header");
    assert!(
        own.understanding
            .notes
            .iter()
            .any(|note| note.key == "no_header")
    );
    options.mapping = vec![(Field::CustomerId, "master_id".into())];
    let masters = read(&path, &options).unwrap();
    assert_eq!(masters.batch.facts.customer.get(0), "00004");
}

#[test]
fn a_price_without_quantity_is_the_amount() {
    let Some(path) = data(
        "a_price_without_quantity_is_the_amount",
        "apparel/apparelTrans.csv",
    ) else {
        return;
    };
    let text = std::fs::read_to_string(path).unwrap();
    let error = read_with(&text, &ImportOptions::default()).unwrap_err();
    assert!(error.to_string().contains("`customer_id`"), "{error}");
    let options = ImportOptions {
        mapping: vec![(Field::CustomerId, "Id".into())],
        ..ImportOptions::default()
    };
    let result = read_with(&text, &options).unwrap();
    // By pandas: 3,187 rows, 600 customers, 124,356.90.
    assert_eq!(result.batch.account.count(RowClass::OrderLine), 3_187);
    let revenue = result.batch.account.revenue(RowClass::OrderLine);
    assert_eq!(revenue.to_string(), "124356.90");
}
