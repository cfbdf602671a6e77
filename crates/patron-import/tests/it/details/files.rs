//! The details of tables that are made: orders of WooCommerce's interface, events of Segment, the folder of Olist. Without
//! details these tables are as they were.

use std::path::{Path, PathBuf};

use patron_import::ImportOptions;

use super::{said_of, with_details};
use crate::presets::preset;
use crate::support::{Read, read};

fn put(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn headers(path: &Path) -> usize {
    let read = read(path, &ImportOptions::default()).unwrap();
    read.understanding.headers.len()
}

fn expect(read: &Read, fact: usize, expected: &[(&'static str, &str)]) {
    let said = said_of(read, fact);
    let said: Vec<(&str, &str)> = said
        .iter()
        .map(|(key, text)| (*key, text.as_str()))
        .collect();
    assert_eq!(said, expected, "{}", preset(read));
}

#[test]
fn woocommerce_interface() {
    let folder = tempfile::tempdir().unwrap();
    let order = r#"{"id":727,"number":"727","created_via":"checkout","status":"completed","currency":"EUR","date_created_gmt":"2024-05-01T10:00:00","discount_total":"5.00","total":"60.00","total_tax":"8.00","shipping_total":"7.00","customer_id":17,"billing":{"first_name":"Ann","email":"ann@example.com","company":"A & B","address_1":"Ring 1","city":"Berlin","state":"BE","postcode":"10115","country":"DE"},"line_items":[{"name":"Soap, big","product_id":93,"quantity":2,"total":"20.00"},{"name":"Towel","product_id":94,"quantity":1,"total":"25.00"}],"coupon_lines":[{"code":"spring"},{"code":"vip"}]}"#;
    let path = put(&folder, "a.jsonl", order);
    assert_eq!(headers(&path), 19);
    let read = read(&path, &with_details()).unwrap();
    assert_eq!(preset(&read), "woocommerce-rest");
    // The order, and its further line.
    assert_eq!(read.batch.facts.len(), 2);
    expect(
        &read,
        0,
        &[
            ("discount", "50000"),
            ("currency", "EUR"),
            ("product_id", "93"),
            ("shipping", "70000"),
            ("tax", "80000"),
            ("coupon_code", "spring, vip"),
            ("channel", "checkout"),
            ("title", "Soap, big"),
            ("city", "Berlin"),
            ("region", "BE"),
            ("country", "DE"),
            ("postal_code", "10115"),
            ("address", "Ring 1"),
            ("company", "A & B"),
        ],
    );
}

#[test]
fn segment_events() {
    let folder = tempfile::tempdir().unwrap();
    // The example of the specification, with a campaign.
    let event = r#"{"type":"track","event":"Order Completed","userId":"u1","messageId":"m1","timestamp":"2024-05-01T10:00:00.000Z","context":{"campaign":{"source":"newsletter","medium":"email"}},"properties":{"order_id":"50314b8e9bcf000000000000","affiliation":"Google Store","subtotal":22.5,"total":27.5,"revenue":22.5,"shipping":3,"tax":2,"discount":2.5,"coupon":"hasbros","currency":"USD","products":[{"product_id":"p1","name":"Monopoly: 3rd Edition","price":19,"quantity":1},{"product_id":"p2","name":"UNO","price":3,"quantity":2}]}}"#;
    let path = put(&folder, "a.jsonl", event);
    assert_eq!(headers(&path), 16);
    let read = read(&path, &with_details()).unwrap();
    assert_eq!(preset(&read), "segment-events");
    expect(
        &read,
        0,
        &[
            ("discount", "25000"),
            ("currency", "USD"),
            ("product_id", "p1"),
            ("shipping", "30000"),
            ("tax", "20000"),
            ("coupon_code", "hasbros"),
            ("channel", "email"),
            ("source", "newsletter"),
            ("store_id", "Google Store"),
            ("title", "Monopoly: 3rd Edition"),
        ],
    );
}

#[test]
fn the_folder_of_olist() {
    let folder = tempfile::tempdir().unwrap();
    put(
        &folder,
        "olist_orders_dataset.csv",
        "order_id,customer_id,order_status,order_purchase_timestamp,order_delivered_carrier_date,order_delivered_customer_date\no1,k1,delivered,2024-05-01 10:00:00,2024-05-03 00:00:00,2024-05-04 00:00:00\no2,k2,shipped,2024-05-01 11:00:00,,\n",
    );
    put(
        &folder,
        "olist_customers_dataset.csv",
        "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state\nk1,p1,01001,sao paulo,SP\n",
    );
    let items = put(
        &folder,
        "olist_order_items_dataset.csv",
        "order_id,price,freight_value\no1,10.00,3.25\no1,5.50,3\no2,1,2\n",
    );
    assert_eq!(headers(folder.path()), 6);
    let days = [super::MAY_3, super::MAY_3 + super::DAY].map(|at| at.to_string());
    let place = [
        ("city", "sao paulo"),
        ("region", "SP"),
        ("postal_code", "01001"),
    ];
    let times = [
        ("shipped_at", days[0].as_str()),
        ("delivered_at", days[1].as_str()),
    ];
    let all: Vec<_> = [("shipping", "62500")]
        .into_iter()
        .chain(times)
        .chain(place)
        .collect();
    let with = read(folder.path(), &with_details()).unwrap();
    assert_eq!(preset(&with), "olist");
    expect(&with, 0, &all);
    // Nobody is known by the second order's customer: it is set aside, and names no one.
    assert_eq!(with.batch.facts.len(), 1);
    // From payments there is no freight, and files may lack what is only a detail.
    std::fs::remove_file(items).unwrap();
    put(
        &folder,
        "olist_order_payments_dataset.csv",
        "order_id,payment_value\no1,18.50\n",
    );
    put(
        &folder,
        "olist_customers_dataset.csv",
        "customer_id,customer_unique_id\nk1,p1\n",
    );
    let with = read(folder.path(), &with_details()).unwrap();
    expect(&with, 0, &times);
}
