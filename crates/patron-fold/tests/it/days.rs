//! Which day is it, is it in the window, and did anybody buy on it?

use patron_core::{Day, Fact, Instant, Money, OrderStatus, ShopCalendar};
use patron_fold::folder::Scratch;
use patron_fold::{FoldSettings, Folder, NoOrderReason, Outcome};

use crate::definitions::{at, customer, fold, fold_with, order, refund, units};

#[test]
fn the_window_is_open_at_its_start_and_closed_at_its_end() {
    // D = 2024-08-31, six months: (2024-02-29, 2024-08-31]; the window before: (2023-08-31, 2024-02-29].
    let history = [
        order("1", "2023-08-31", 1),
        order("2", "2023-09-01", 2),
        order("3", "2024-02-29", 4),
        order("4", "2024-03-01", 8),
        order("5", "2024-08-31", 16),
    ];
    let profile = customer(fold(&history, "2024-08-31"));
    assert_eq!(
        (profile.orders_window, units(profile.monetary_window)),
        (2, 24.0)
    );
    assert_eq!(profile.orders_prior_window, 2);
}

#[test]
fn a_day_is_a_day_in_the_shops_zone() {
    let late = Instant(at("2024-01-10").0 + 8 * 3_600_000_000); // 20:00 UTC is the 11th in Shanghai
    let fact = Fact::Order {
        at: late,
        order_id: "1",
        net: Money(1),
        status: OrderStatus::Paid,
    };
    let settings = FoldSettings {
        calendar: ShopCalendar::new("Asia/Shanghai").unwrap(),
        ..FoldSettings::default()
    };
    assert_eq!(
        customer(fold_with(settings.clone(), &[fact], "2024-01-11")).last_day,
        Day::parse_iso("2024-01-11").unwrap()
    );
    assert_eq!(
        fold_with(settings, &[fact], "2024-01-10"),
        Outcome::Prospect(NoOrderReason::OnlyAfterAsOf)
    );
}

#[test]
fn the_window_has_its_own_purchase_days_and_units() {
    let line = |order_id: &'static str, day: &str, quantity: i64| Fact::Line {
        at: at(day),
        order_id,
        net: Money(10_000),
        quantity: quantity * 10_000,
        status: OrderStatus::Paid,
    };
    let history = [
        line("1", "2024-01-01", 9),
        line("2", "2024-03-01", 2),
        line("3", "2024-03-01", 3),
        line("4", "2024-03-05", 1),
    ];
    let settings = FoldSettings {
        window_months: 2,
        ..FoldSettings::default()
    };
    let profile = customer(fold_with(settings, &history, "2024-03-31"));
    assert_eq!(
        (
            profile.orders_window,
            profile.purchase_days_window,
            profile.units_window
        ),
        (3, 2, 60_000)
    );
}

#[test]
fn purchase_days_are_those_of_the_last_history_as_of_the_last_day() {
    let day = |text: &str| Day::parse_iso(text).unwrap();
    let history = [
        order("1", "2024-01-05", 10),
        order("2", "2024-01-05", 5),
        order("3", "2024-02-01", 10),
        order("4", "2024-03-01", 10),
        refund("3", "2024-03-10", 10),
    ];
    let seen = |as_of: &[Day]| {
        let folder = Folder::new(FoldSettings::default(), as_of).unwrap();
        let (mut scratch, mut outcomes) = (Scratch::default(), Vec::new());
        folder.fold(&history, &mut scratch, &mut outcomes).unwrap();
        let days: Vec<Day> = scratch
            .purchase_days()
            .iter()
            .map(|(day, _)| *day)
            .collect();
        // Of somebody who bought nothing nothing is left over from before.
        folder.fold(&[], &mut scratch, &mut outcomes).unwrap();
        assert!(scratch.purchase_days().is_empty());
        days
    };
    let (winter, spring) = (day("2024-02-15"), day("2024-03-31"));
    assert_eq!(
        seen(&[spring, winter]),
        [day("2024-01-05"), day("2024-02-01")]
    );
    // The order of February was taken back since.
    assert_eq!(
        seen(&[winter, spring]),
        [day("2024-01-05"), day("2024-03-01")]
    );
    assert!(seen(&[winter, day("2023-12-31")]).is_empty());
}
