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
