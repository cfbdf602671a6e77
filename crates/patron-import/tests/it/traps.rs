//! Traps of real exports: each is set aside or refused with its mend, or at least said.

use patron_core::{Day, RowClass};
use patron_import::{DateFormat, ImportError, ImportOptions, Reason};

use crate::presets::{HOUR, MAY_1, has_note};
use crate::support::{read_text, read_with};

#[test]
fn dates_before_any_shop_and_in_the_future_are_set_aside() {
    let text = "customer_id,date,net\nc1,1900-01-01,1\nc2,1989-12-31,1\nc3,1990-01-01,1\nc4,2024-05-02,1\nc5,2024-05-03,1\nc6,9999-12-31,1\n";
    let options = ImportOptions {
        latest_day: Day::parse_iso("2024-05-02"),
        ..ImportOptions::default()
    };
    let read = read_with(text, &options).unwrap();
    let found: Vec<(u64, &str)> = read
        .batch
        .rejected
        .iter()
        .map(|row| (row.line, row.reason.key()))
        .collect();
    assert_eq!(
        found,
        [
            (2, "date_too_early"),
            (3, "date_too_early"),
            (6, "date_in_future"),
            (7, "date_not_understood")
        ]
    );
    assert_eq!(read.batch.account.count(RowClass::Unreadable), 4);
    assert!(
        read.batch.rejected[0]
            .reason
            .to_string()
            .contains("1990-01-01")
    );
    let latest = Day::parse_iso("2024-05-02").unwrap();
    assert_eq!(
        read.batch.rejected[2].reason,
        Reason::DateInFuture { latest }
    );
    // Without a clock nothing is in the future; an older shop says so.
    let older = ImportOptions {
        earliest_day: Day::parse_iso("1980-01-01").unwrap(),
        ..ImportOptions::default()
    };
    let read = read_with(text, &older).unwrap();
    assert_eq!(read.batch.account.count(RowClass::OrderLine), 4);
}

#[test]
fn the_bounds_are_days_of_the_shop() {
    // 2024-05-02 23:00 in New York is 2024-05-03 03:00 UTC.
    let text = "customer_id,date,net\nc1,2024-05-03T03:00:00Z,1\nc2,2024-05-03T04:00:00Z,1\n";
    let options = ImportOptions {
        latest_day: Day::parse_iso("2024-05-02"),
        calendar: patron_core::ShopCalendar::new("America/New_York").unwrap(),
        ..ImportOptions::default()
    };
    let read = read_with(text, &options).unwrap();
    assert_eq!(read.batch.account.count(RowClass::OrderLine), 1);
    assert_eq!(read.batch.rejected[0].line, 3);
}

#[test]
fn days_as_a_spreadsheet_counts_them_are_dates() {
    let text =
        "order_id,customer_id,date,net\no1,c1,45413.416666666664,1\no2,c2,45414,2\no3,c3,,3\n";
    let read = read_text(text).unwrap();
    assert_eq!(read.understanding.date_format, DateFormat::SheetDay);
    assert!(has_note(&read, "date_format"));
    assert_eq!(read.batch.facts.at[..2], [MAY_1, MAY_1 + 14 * HOUR]);
    assert_eq!(read.batch.rejected[0].reason.key(), "date_missing");
    // Other numbers are no dates, and neither are they if one is a date of another form.
    for dates in [
        ["1", "2"],
        ["45413", "2024-05-01"],
        ["20240501", "20240502"],
    ] {
        let text = format!("customer_id,date,net\nc,{},1\nc,{},1\n", dates[0], dates[1]);
        let format = read_text(&text).map(|read| read.understanding.date_format);
        assert!(!matches!(format, Ok(DateFormat::SheetDay)), "{dates:?}");
    }
    let error = read_text("customer_id,date,net\nc,17,1\n").unwrap_err();
    assert!(
        matches!(error, ImportError::DatesNotUnderstood { .. }),
        "{error}"
    );
}

#[test]
fn a_customer_for_every_order_is_asked_about() {
    let text = |orders: usize, customers: usize| {
        let mut text = String::from("order_id,customer_id,date,net\n");
        for order in 0..orders {
            text.push_str(&format!("o{order},c{},2024-05-01,1\n", order % customers));
        }
        read_text(&text).unwrap()
    };
    assert!(has_note(&text(600, 600), "customer_per_order"));
    assert!(!has_note(&text(600, 599), "customer_per_order"));
    assert!(!has_note(&text(100, 100), "customer_per_order"));
}

#[test]
fn a_row_cut_short_at_the_end_is_set_aside() {
    let text = "order_id,customer_id,date,net\no1,c1,2024-05-01,10.50\no2,c2,2024-";
    let read = read_text(text).unwrap();
    assert_eq!(read.batch.account.count(RowClass::OrderLine), 1);
    let row = &read.batch.rejected[0];
    assert_eq!((row.line, row.reason.key()), (3, "field_count"));
    assert!(row.reason.to_string().contains("cut short"));
}

#[test]
fn totals_are_known_in_the_languages_of_the_headers() {
    for word in [
        "Total",
        "Gesamtsumme",
        "Somme", // spelling: ignore
        "Suma",
        "Soma",
        "合计",
        "総計",
    ] {
        let text = format!("order_id,customer_id,date,net\no1,c1,2024-05-01,1\n{word},,,1\n");
        let read = read_text(&text).unwrap();
        assert_eq!(
            read.batch.account.count(RowClass::RepeatedHeaderOrTotal),
            1,
            "{word}"
        );
    }
}

/// Customers of the rows that were accepted, then the reasons of the others.
fn buyers(text: &str, options: &ImportOptions) -> (Vec<String>, Vec<&'static str>) {
    let read = read_with(text, options).unwrap();
    let facts = &read.batch.facts;
    let customers = (0..facts.len()).map(|row| facts.customer.get(row).to_owned());
    let rejected = read.batch.rejected.iter();
    (
        customers.collect(),
        rejected.map(|row| row.reason.key()).collect(),
    )
}

fn notes_of(text: &str) -> Vec<&'static str> {
    let read = read_with(text, &ImportOptions::default()).unwrap();
    read.understanding
        .notes
        .iter()
        .map(|note| note.key)
        .collect()
}

#[test]
fn a_telephone_number_stands_for_a_customer_of_any_file() {
    let none = ImportOptions::default();
    let german = ImportOptions {
        phone_country: Some("DE".to_owned()),
        ..ImportOptions::default()
    };
    let orders = "order_id,phone,ordered_at,net\n";
    // International numbers as they are; a national one beside them is nobody's.
    let mixed = format!(
        "{orders}1,+49 171 3920001,2024-05-01,1\n2,0049 171/3920001,2024-05-02,1\n3,0171 3920001,2024-05-03,1\n4,138****5678,2024-05-03,1\n5,,2024-05-03,1\n6,call me,2024-05-03,1\n"
    );
    let one = "+491713920001".to_owned();
    assert_eq!(
        buyers(&mixed, &none),
        (
            vec![one.clone(); 2],
            vec![
                "phone_without_country",
                "masked_customer",
                "no_customer",
                "no_customer"
            ]
        )
    );
    assert!(notes_of(&mixed).contains(&"customer_is_phone"));
    assert_eq!(buyers(&mixed, &german).0, vec![one.clone(); 3]);
    // National numbers only: as they stand, which is said to be a guess.
    let national = format!("{orders}1,0171 3920001,2024-05-01,1\n2,0171/3920001,2024-05-02,1\n");
    assert_eq!(buyers(&national, &none).0, ["01713920001", "01713920001"]);
    assert!(notes_of(&national).contains(&"phones_as_they_stand"));
    assert_eq!(buyers(&national, &german).0, vec![one.clone(); 2]);
    // The country of the row goes before that of the shop.
    let countries = "order_id,phone,ordered_at,net,country\n1,0171 3920001,2024-05-01,1,Germany\n2,06 12 34 56 78,2024-05-02,1,FR\n3,0171 3920001,2024-05-03,1,\n4,0171 3920001,2024-05-03,1,Atlantis\n";
    let french = "+33612345678".to_owned();
    assert_eq!(
        buyers(countries, &none),
        (
            vec![one.clone(), french.clone()],
            vec!["phone_without_country"; 2]
        )
    );
    assert_eq!(
        buyers(countries, &german),
        (
            vec![one.clone(), french, one.clone()],
            vec!["phone_without_country"]
        )
    );
    // Behind an id and an e-mail address.
    let guests = "order_id,customer_id,email,mobile,ordered_at,net\n1,c1,a@x.de,+491713920001,2024-05-01,1\n2,,B@x.de,+491713920001,2024-05-01,1\n3,,,+491713920001,2024-05-01,1\n";
    assert_eq!(buyers(guests, &none).0, ["c1", "b@x.de", &one]);
    assert!(!notes_of(guests).contains(&"phones_as_they_stand"));
}
