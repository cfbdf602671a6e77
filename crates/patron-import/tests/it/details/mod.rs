//! Columns that decide nothing: found, read, kept with every fact; and nothing else is changed by them.

mod before;
mod files;
mod presets;
mod random;

use patron_import::{Cell, DetailKind, DetailValues, Field, Format, ImportOptions, RowReader};
use patron_import::{NO_NUMBER, RowKind, UNDATED, WrittenDown, understand_table};

use crate::support::{Read, read_text, read_with};

/// µs of 2024-05-03 and of a day.
const MAY_3: i64 = 1_714_694_400_000_000;
const DAY: i64 = 86_400_000_000;

fn with_details() -> ImportOptions {
    ImportOptions {
        with_details: true,
        ..ImportOptions::default()
    }
}

fn read_details(text: &str) -> Read {
    read_with(text, &with_details()).unwrap()
}

/// What a fact's details say, those without a value left out: field, then text, ten-thousandths or µs.
fn said_of(read: &Read, fact: usize) -> Vec<(&'static str, String)> {
    let details = read.batch.facts.details.as_ref().unwrap();
    let columns = details.columns.iter();
    let said = columns.map(|column| {
        let text = match &column.values {
            DetailValues::Text(texts) => texts.get(fact).to_owned(),
            DetailValues::Number(numbers) => shown(numbers[fact], NO_NUMBER),
            DetailValues::Instant(instants) => shown(instants[fact], UNDATED),
        };
        (column.field.key(), text)
    });
    said.filter(|(_, text)| !text.is_empty()).collect()
}

fn shown(value: i64, nothing: i64) -> String {
    if value == nothing {
        String::new()
    } else {
        value.to_string()
    }
}

/// The fields whose columns are kept, with the headers of these.
fn kept(read: &Read) -> Vec<(&'static str, &str)> {
    let details = read.batch.facts.details.iter();
    let fields = details.flat_map(|details| &details.columns);
    let header = |field| {
        let slot = read.understanding.slot(field)?;
        Some(read.understanding.columns[slot].header.as_str())
    };
    fields
        .map(|column| {
            (
                column.field.key(),
                header(column.field).unwrap_or("(shared)"),
            )
        })
        .collect()
}

fn notes(read: &Read) -> Vec<&'static str> {
    read.understanding
        .notes
        .iter()
        .map(|note| note.key)
        .collect()
}

#[test]
fn every_detail_has_a_kind_and_what_decides_has_none() {
    for &field in Field::ALL {
        let kind = field.detail_kind();
        match field.key() {
            "customer_id" | "order_id" | "ordered_at" | "net" | "refunded" | "status" | "email"
            | "phone" | "name" | "first_name" | "last_name" | "consent_email" | "updated_at"
            | "landline" | "order_total" | "cancelled_at" | "paid_at" | "payment_method"
            | "refund_status" => {
                assert_eq!(kind, None, "{field}");
            }
            "gross" | "discount" | "platform_discount" | "quantity" | "unit_price"
            | "unit_cost" | "shipping" | "tax" | "stock" | "score" => {
                assert_eq!(kind, Some(DetailKind::Number), "{field}");
            }
            "payment_due_at" | "shipped_at" | "delivered_at" | "created_at" => {
                assert_eq!(kind, Some(DetailKind::Instant), "{field}");
            }
            _ => assert_eq!(kind, Some(DetailKind::Text), "{field}"),
        }
    }
}

#[test]
fn each_kind_is_read_by_the_rules_of_the_file() {
    // The decimal comma and the order of day and month are settled by amount and date; the parcel arrives in 2031.
    let read = read_details(
        "customer_id;order_id;ordered_at;net;shipping;coupon;delivery_date;birthday;Product code\n\
         c1;o1;13.05.2024;1.234,50;3,5; SAVE ;03.05.2031;1.2.1990; s-1 \n\
         c2;o2;14.05.2024;20,00;;n/a;;;NULL\n",
    );
    assert_eq!(
        said_of(&read, 0),
        [
            ("product_id", "s-1".to_owned()),
            ("shipping", "35000".to_owned()),
            ("coupon_code", "SAVE".to_owned()),
            // 2031-05-03 by `date -u -d 2031-05-03 +%s`.
            ("delivered_at", 1_935_532_800_000_000_i64.to_string()),
            ("birth_date", "1.2.1990".to_owned()),
        ]
    );
    assert_eq!(said_of(&read, 1), []);
    assert!(read.batch.unread_details.is_empty());
}

#[test]
fn a_time_without_an_offset_is_the_shops() {
    let options = ImportOptions {
        calendar: patron_core::ShopCalendar::new("Asia/Shanghai").unwrap(),
        ..with_details()
    };
    let text = "customer_id,order_id,date,net,shipped_at,delivered_at\n\
                c1,o1,2024-05-01,1,2024-05-03 08:00,2024-05-03T02:00:00Z\n";
    let read = read_with(text, &options).unwrap();
    let details = read.batch.facts.details.as_ref().unwrap();
    assert_eq!(details.instant(Field::ShippedAt, 0), Some(MAY_3));
    assert_eq!(
        details.instant(Field::DeliveredAt, 0),
        Some(MAY_3 + DAY / 12)
    );
    assert_eq!(details.instant(Field::Shipping, 0), None);
}

#[test]
fn what_cannot_be_read_leaves_its_fact_and_is_counted_once_a_row() {
    // The second row is refunded: two facts, one value that cannot be read.
    let read = read_details(
        "customer_id,order_id,date,net,status,Freight,shipped_at\n\
         c1,o1,2024-05-01,10.00,paid,3.00,2024-05-03\n\
         c2,o2,2024-05-01,20.00,refunded,abc,2024-05-03\n\
         c3,o3,2024-05-01,30.00,paid,4.00,soon\n\
         c4,o4,2024-05-01,40.00,cancelled,2 boxes,9999-12-31\n\
         c5,o5,2024-05-01,50.00,paid,9999999999999,2024-05-03\n",
    );
    let kinds: Vec<RowKind> = read.batch.facts.kind.clone();
    assert_eq!(kinds.len(), 6);
    assert_eq!(
        read.batch.account.count(patron_core::RowClass::OrderLine),
        4
    );
    let said: Vec<String> = read
        .batch
        .unread_details
        .fields()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        said,
        [
            "3 values of `Freight` could not be read; the first is line 3, `abc`",
            "2 values of `shipped_at` could not be read; the first is line 4, `soon`"
        ]
    );
    let details = read.batch.facts.details.as_ref().unwrap();
    let shipping: Vec<_> = (0..6)
        .map(|fact| details.number(Field::Shipping, fact))
        .collect();
    assert_eq!(
        shipping,
        [Some(30_000), None, None, Some(40_000), None, None]
    );
    // The refund that the row tells of has the row's details, too.
    assert_eq!(kinds[2], RowKind::Refund);
    assert_eq!(details.instant(Field::ShippedAt, 2), Some(MAY_3));
}

#[test]
fn a_column_that_decides_is_a_detail_from_the_same_place() {
    let read = read_details(
        "customer_id,order_id,date,gross,discount,currency,tax\nc1,o1,2024-05-01,10.00,1.50,EUR,2\n",
    );
    assert_eq!(read.batch.facts.net, [85_000]);
    let number = |text: &str| text.to_owned();
    assert_eq!(
        said_of(&read, 0),
        [
            ("gross", number("100000")),
            ("discount", number("15000")),
            ("currency", number("EUR")),
            ("tax", number("20000"))
        ]
    );
    let indexes: Vec<usize> = read
        .understanding
        .columns
        .iter()
        .map(|used| used.index)
        .collect();
    let mut once = indexes.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(indexes.len(), once.len(), "{indexes:?}");
    // A gross that is the amount, and a price that is, are both.
    let read = read_details("customer_id,date,gross\nc1,2024-05-01,10.00\n");
    assert_eq!(kept(&read), [("gross", "(shared)")]);
    let read = read_details("customer_id,date,price\nc1,2024-05-01,10.00\n");
    assert_eq!(said_of(&read, 0), [("unit_price", number("100000"))]);
}

#[test]
fn a_column_that_is_something_else_is_no_detail() {
    // `product_name` is the article where there is no code, `state` the status where its words are known.
    let read = read_details(
        "customer_id,order_id,date,net,product_name,estado\nc1,o1,2024-05-01,1,Soap,paid\n",
    );
    assert_eq!(kept(&read), [("product_id", "product_name")]);
    let read = read_details(
        "customer_id,order_id,date,net,sku,product_name,estado\nc1,o1,2024-05-01,1,S1,Soap,Lima\n",
    );
    assert_eq!(
        kept(&read),
        [
            ("product_id", "sku"),
            ("title", "product_name"),
            ("region", "estado")
        ]
    );
    // What the user names stays what it was named.
    let options = ImportOptions {
        mapping: vec![
            (Field::CustomerId, "company".into()),
            (Field::Tax, "x".into()),
        ],
        ..with_details()
    };
    let read = read_with("company,date,net,x,tax\nc1,2024-05-01,1,2,3\n", &options).unwrap();
    assert_eq!(kept(&read), [("tax", "x")]);
    assert_eq!(said_of(&read, 0), [("tax", "20000".to_owned())]);
}

#[test]
fn columns_that_hold_something_else_are_passed_over_and_this_is_said() {
    let read = read_details(
        "customer_id,order_id,date,net,tax,shipped_at\nc1,o1,2024-05-01,1,yes,no\nc1,o2,2024-05-01,1,no,yes\n",
    );
    assert_eq!(kept(&read), []);
    let said = notes(&read);
    assert!(
        said.contains(&"numbers_ignored") && said.contains(&"dates_ignored"),
        "{said:?}"
    );
    // Named, it is used, and what cannot be read is counted.
    let options = ImportOptions {
        mapping: vec![(Field::Tax, "tax".into())],
        ..with_details()
    };
    let read = read_with("customer_id,date,net,tax\nc1,2024-05-01,1,yes\n", &options).unwrap();
    assert_eq!(read.batch.unread_details.fields()[0].count, 1);
    let options = ImportOptions {
        with_details: false,
        ..options
    };
    let read = read_with("customer_id,date,net,tax\nc1,2024-05-01,1,yes\n", &options).unwrap();
    assert_eq!(read.understanding.columns.len(), 3);
    assert!(notes(&read).contains(&"detail_not_kept"));
    // Of two equally good ones the first is kept, and this is said.
    let read = read_details("customer_id,date,net,coupon,voucher\nc1,2024-05-01,1,a,b\n");
    assert_eq!(kept(&read), [("coupon_code", "coupon")]);
    assert!(notes(&read).contains(&"detail_first_of_several"));
}

#[test]
fn a_discount_that_is_a_share_is_no_amount() {
    let text =
        "customer_id,order_id,date,quantity,unit_price,discount\nc1,o1,2024-05-01,2,5.00,20%\n";
    let read = read_details(text);
    assert_eq!(read.batch.facts.net, [80_000]);
    assert_eq!(
        kept(&read),
        [("quantity", "quantity"), ("unit_price", "unit_price")]
    );
    assert!(notes(&read).contains(&"detail_is_a_share"));
    let read =
        read_details("customer_id,order_id,date,net,discount_rate\nc1,o1,2024-05-01,1,0.2\n");
    assert_eq!(kept(&read), []);
    assert!(notes(&read).contains(&"detail_is_a_share"));
}

#[test]
fn a_changed_detail_is_a_changed_row() {
    let hash = |coupon: &str, options: &ImportOptions| {
        let text =
            format!("customer_id,order_id,date,net,coupon,colour\nc1,o1,2024-05-01,1,{coupon},x\n");
        let read = read_with(&text, options).unwrap();
        (read.batch.facts.row_hash[0], read.understanding.row_seed())
    };
    let (without, with) = (ImportOptions::default(), with_details());
    assert_eq!(hash("a", &without), hash("b", &without));
    assert_ne!(hash("a", &with).0, hash("b", &with).0);
    assert_eq!(hash("a", &with), hash("a", &with));
    assert_ne!(hash("a", &with).1, hash("a", &without).1);
    // What is neither used nor kept changes no order.
    let other = "customer_id,order_id,date,net,coupon,colour\nc1,o1,2024-05-01,1,a,y\n";
    assert_eq!(
        read_details(other).batch.facts.row_hash[0],
        hash("a", &with).0
    );
}

#[test]
fn typed_cells_are_read_as_their_text_would_be() {
    let headers = [
        "customer_id",
        "order_id",
        "date",
        "net",
        "sku",
        "is_gift_card",
        "shipping",
        "tax",
        "shipped_at",
        "delivered_at",
        "postal_code",
        "birth_date",
    ];
    let headers: Vec<String> = headers.map(str::to_owned).to_vec();
    let sample = vec![
        [
            "c",
            "o",
            "2024-05-01",
            "1",
            "7",
            "true",
            "1",
            "1",
            "2024-05-03",
            "2024-05-03",
            "1",
            "1990-01-01",
        ]
        .map(|text| Some(text.to_owned()))
        .to_vec(),
    ];
    let options = with_details();
    let understanding = understand_table(
        "x.parquet",
        Format::Parquet,
        &headers,
        &sample,
        &options,
        None,
    );
    let understanding = std::sync::Arc::new(understanding.unwrap());
    let decimal = |unscaled, scale| Cell::Decimal { unscaled, scale };
    let cell = |field: Field, row: u64| match (field, row) {
        (Field::CustomerId | Field::OrderId, _) => Cell::Text("c"),
        (Field::OrderedAt, _) => Cell::Date(19_844),
        (Field::Amount, _) => decimal(1, 0),
        (_, 3) => Cell::Null,
        (Field::ProductCode, _) => Cell::Int(7),
        (Field::GiftCard, _) => Cell::Bool(false),
        (Field::Shipping, 1) => decimal(350, 2),
        (Field::Shipping, _) => Cell::Bool(true),
        (Field::Tax, 1) => Cell::Float(0.25),
        (Field::Tax, _) => Cell::Float(f64::NAN),
        (Field::ShippedAt, 1) => Cell::Instant(MAY_3),
        (Field::ShippedAt, _) => decimal(1, 0),
        (Field::DeliveredAt, 1) => Cell::Local(MAY_3 + DAY),
        (Field::DeliveredAt, _) => Cell::Date(i32::MAX),
        (Field::PostalCode, 1) => decimal(1_011_500, 2),
        (Field::PostalCode, _) => Cell::NotUtf8(b"\xff1"),
        (Field::BirthDate, _) => Cell::Date(7_364),
        _ => Cell::Null,
    };
    let mut reader = RowReader::new(understanding.clone(), options.into(), 0);
    let mut batch = reader.new_batch(0);
    for row in 1..=3 {
        let cells: Vec<Cell<'_>> = understanding
            .columns
            .iter()
            .map(|column| cell(column.field, row))
            .collect();
        reader.read_row((row, row), &cells, &mut batch, &mut WrittenDown);
    }
    let details = batch.facts.details.as_ref().unwrap();
    let texts = |field| [0, 1, 2].map(|fact| details.text(field, fact));
    assert_eq!(texts(Field::ProductCode), ["7", "7", ""]);
    assert_eq!(texts(Field::GiftCard), ["false", "false", ""]);
    assert_eq!(texts(Field::PostalCode), ["10115", "\u{fffd}1", ""]);
    // 7,364 days after 1970-01-01, by `date -u -d @636249600`.
    assert_eq!(texts(Field::BirthDate), ["1990-03-01", "1990-03-01", ""]);
    let numbers = |field| [0, 1, 2].map(|fact| details.number(field, fact));
    assert_eq!(numbers(Field::Shipping), [Some(35_000), None, None]);
    assert_eq!(numbers(Field::Tax), [Some(2_500), None, None]);
    let instants = |field| [0, 1, 2].map(|fact| details.instant(field, fact));
    assert_eq!(instants(Field::ShippedAt), [Some(MAY_3), None, None]);
    assert_eq!(
        instants(Field::DeliveredAt),
        [Some(MAY_3 + DAY), None, None]
    );
    let unread = batch.unread_details.fields().iter();
    let unread: Vec<_> = unread.map(|unread| (unread.field, unread.count)).collect();
    let once = |field| (field, 1);
    assert_eq!(
        unread,
        [
            once(Field::Shipping),
            once(Field::ShippedAt),
            once(Field::DeliveredAt)
        ]
    );
    // A text that is not UTF-8 is mended, and the row says so.
    assert_eq!(batch.account.flagged(patron_core::RowFlag::Guessed), 1);
}

#[test]
fn details_are_found_in_the_languages_of_the_headers() {
    for (header, field) in [
        ("运费", "shipping"),
        ("運費", "shipping"),
        ("Versandkosten", "shipping"),
        ("Frais de port", "shipping"),
        ("Gastos de envío", "shipping"),
        ("Frete", "shipping"),
        ("送料", "shipping"),
        ("Shipping (EUR)", "shipping"),
    ] {
        let read = read_details(&format!(
            "customer_id,date,net,{header}\nc1,2024-05-01,1,2\n"
        ));
        assert_eq!(kept(&read), [(field, header)]);
        let read = read_text(&format!(
            "customer_id,date,net,{header}\nc1,2024-05-01,1,2\n"
        ))
        .unwrap();
        assert!(read.batch.facts.details.is_none());
    }
}
