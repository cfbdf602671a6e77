//! Without details, files are read as they were before details were known: the columns used and the hashes of rows of the
//! presets' fixtures and of two plain files, written down from that version.

use patron_import::ImportOptions;

use crate::presets::{amazon, magento, shopify, taobao};
use crate::support::{Read, read_with};

/// The name of a file and its text.
fn fixtures() -> Vec<(&'static str, String)> {
    let orders = "id,order_id,date,total,shipping,tax,coupon,source,city,discount,qty,note,tags,state,birthday,shipped_at\n\
                  c1,o1,2024-05-01,10.00,3,1,SAVE,web,Rome,0.1,2,x,vip,RM,1990-01-01,2024-05-03\n\
                  c2,o2,2024-05-02,20.00,,,,,,,,,,,,\n";
    let lines = "customer_id,invoice,date,sku,product_name,category,qty,price,discount,country,unit_cost,channel\n\
                 c1,i1,2024-05-01,s1,Soap,Bath,2,3.00,0.5,IT,1.20,web\n\
                 c1,i1,2024-05-01,s2,Towel,Bath,-1,9.00,,IT,4,web\n";
    vec![
        ("shopify", shopify::export().text(0)),
        ("magento", magento::export().text(0)),
        ("amazon", amazon::new_orders().text(0)),
        ("taobao", taobao::export().text(0)),
        (
            "orders",
            orders.replace("id,order_id", "customer_id,order_id"),
        ),
        ("lines", lines.to_owned()),
    ]
}

/// The columns used and a digest of all row hashes.
fn summary(read: &Read) -> (String, u64) {
    let columns = read.understanding.columns.iter();
    let columns: Vec<String> = columns
        .map(|column| format!("{}={}", column.field, column.index))
        .collect();
    let hashes = read.batch.facts.row_hash.iter();
    let digest = hashes
        .chain(&read.batch.aside_hashes)
        .fold(0_u64, |digest, hash| {
            digest.wrapping_mul(0x0100_0000_01b3) ^ hash
        });
    (columns.join(" "), digest)
}

#[test]
fn without_details_columns_and_hashes_are_what_they_were() {
    let expected = [
        (
            "shopify",
            "customer_id=1 ordered_at=15 order_id=0 email=1 status=2 currency=7 refunded=49 phone=70 name=24 consent_email=6 order_total=11 cancelled_at=46 paid_at=3 payment_method=47 landline=33 net=8",
            0x81a9b56d086c7084,
        ),
        (
            "magento",
            "customer_id=11 ordered_at=2 order_id=0 email=11 status=7 refunded=17 name=15 order_total=5 net=13",
            0x8867114a7edcd001,
        ),
        (
            "amazon",
            "customer_id=4 ordered_at=2 order_id=0 currency=10 phone=6 name=5 net=11 quantity=9",
            0x5ce27bea4f375563,
        ),
        (
            "taobao",
            "customer_id=1 ordered_at=17 order_id=0 status=10 phone=16 name=12 landline=15 net=8",
            0xd68bdbe4cfe682a5,
        ),
        (
            "orders",
            "customer_id=0 ordered_at=2 order_id=1 net=3 quantity=10",
            0x49e0c7c80263ca4b,
        ),
        (
            "lines",
            "customer_id=0 ordered_at=2 order_id=1 quantity=6 unit_price=7 discount=8",
            0x9390b24f49ba997a,
        ),
    ];
    let fixtures = fixtures();
    assert_eq!(fixtures.len(), expected.len());
    for ((name, text), (known, columns, digest)) in fixtures.iter().zip(expected) {
        assert_eq!(*name, known);
        let read = read_with(text, &ImportOptions::default()).unwrap();
        assert_eq!(summary(&read), (columns.to_owned(), digest), "{name}");
        assert!(read.batch.facts.details.is_none());
    }
}
