//! The same seed gives the same shop, and a customer is the same in a shop of any size.

use std::collections::BTreeSet;
use std::path::Path;

use patron_demo::{DemoOptions, generate};
use tempfile::TempDir;

fn shop(customers: u64, seed: u64) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let options = DemoOptions {
        customers,
        seed,
        ..DemoOptions::default()
    };
    generate(folder.path(), &options, &mut |_, _| ()).unwrap();
    folder
}

fn read(folder: &Path, name: &str) -> Vec<u8> {
    std::fs::read(folder.join(name)).unwrap()
}

const BY_CUSTOMER: [&str; 9] = [
    "orders.csv",
    "order_lines.csv",
    "refunds.csv",
    "customers.csv",
    "events.csv",
    "surveys.csv",
    "campaign_members.csv",
    "truth/customers.csv",
    "truth/future_orders.csv",
];

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_another_shop() {
    let (first, second, other) = (shop(200, 5), shop(200, 5), shop(200, 6));
    for name in BY_CUSTOMER
        .iter()
        .chain(&["spend.csv", "campaigns.csv", "truth/parameters.json"])
    {
        assert_eq!(
            read(first.path(), name),
            read(second.path(), name),
            "{name}"
        );
        assert_ne!(read(first.path(), name), read(other.path(), name), "{name}");
    }
}

#[test]
fn a_customer_is_the_same_in_a_larger_shop() {
    let (small, large) = (shop(150, 3), shop(600, 3));
    for name in BY_CUSTOMER {
        let lines = |folder: &TempDir| -> BTreeSet<String> {
            let text = String::from_utf8(read(folder.path(), name)).unwrap();
            text.lines().map(str::to_owned).collect()
        };
        let (few, many) = (lines(&small), lines(&large));
        assert!(few.is_subset(&many), "{name}");
        assert!(few.len() < many.len(), "{name}");
    }
}

#[test]
fn orders_alone_are_the_orders_of_the_whole_shop() {
    let whole = shop(300, 9);
    let folder = tempfile::tempdir().unwrap();
    let options = DemoOptions {
        customers: 300,
        seed: 9,
        years: 3,
        orders_only: true,
    };
    let summary = generate(folder.path(), &options, &mut |_, _| ()).unwrap();
    assert_eq!(
        read(whole.path(), "orders.csv"),
        read(folder.path(), "orders.csv")
    );
    assert_eq!(summary.files.len(), 1);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn any_number_of_years_gives_a_shop_of_that_many_years() {
    for years in [1, 2, 7] {
        let folder = tempfile::tempdir().unwrap();
        let options = DemoOptions {
            customers: 400,
            seed: 1,
            years,
            orders_only: false,
        };
        let summary = generate(folder.path(), &options, &mut |_, _| ()).unwrap();
        assert_eq!(summary.first_day.to_string(), "2023-01-01");
        assert_eq!(
            summary.last_day.to_string(),
            format!("{}-12-31", 2022 + years)
        );
        let orders = crate::files::rows(folder.path(), "orders.csv");
        let last = orders.last().unwrap();
        assert!(last["ordered_at"].starts_with(&(2022 + years).to_string()));
    }
}

#[test]
fn progress_rises_to_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let options = DemoOptions {
        customers: 2_500,
        orders_only: true,
        ..DemoOptions::default()
    };
    let mut seen = Vec::new();
    generate(folder.path(), &options, &mut |done, total| {
        seen.push((done, total));
    })
    .unwrap();
    assert!(seen.is_sorted() && seen.len() > 3);
    assert!(seen.iter().all(|(done, total)| done <= total));
    let (done, total) = seen[seen.len() - 1];
    assert_eq!(done, total);
}
