//! Reads the files of a shop.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use patron_demo::{DemoOptions, DemoSummary, generate};
use tempfile::TempDir;

/// The default shop, generated once for all tests.
pub(crate) static SHOP: LazyLock<Shop> = LazyLock::new(|| Shop::new(&DemoOptions::default()));

/// Last day of promotions etc. is known from the parameters; days on record are known from here.
pub(crate) const FIRST_DATE: &str = "2023-01-01";
pub(crate) const LAST_DATE: &str = "2025-12-31";

pub(crate) struct Shop {
    pub(crate) folder: TempDir,
    pub(crate) summary: DemoSummary,
    pub(crate) orders: Vec<Order>,
    pub(crate) people: BTreeMap<String, Person>,
}

/// An order as in `orders.csv`; amounts in cents.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) customer_id: String,
    pub(crate) at: String,
    pub(crate) status: String,
    pub(crate) gross: i64,
    pub(crate) discount: i64,
    pub(crate) net: i64,
    pub(crate) refunded: i64,
}

impl Order {
    /// Returns whether it is a purchase of which something is left.
    pub(crate) fn is_valid(&self) -> bool {
        self.status == "paid" && self.net > self.refunded
    }

    pub(crate) fn date(&self) -> &str {
        &self.at[..10]
    }
}

/// A person as in `truth/customers.csv`.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) values: BTreeMap<String, String>,
}

impl Person {
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.values[name] == "true"
    }

    pub(crate) fn number(&self, name: &str) -> f64 {
        self.values[name].parse().unwrap()
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        &self.values[name]
    }
}

impl Shop {
    pub(crate) fn new(options: &DemoOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let summary = generate(folder.path(), options, &mut |_, _| ()).unwrap();
        let orders = rows(folder.path(), "orders.csv");
        let people = rows(folder.path(), "truth/customers.csv");
        Self {
            folder,
            summary,
            orders: orders.into_iter().map(|row| order(&row)).collect(),
            people: people
                .into_iter()
                .map(|values| (values["email"].clone(), Person { values }))
                .collect(),
        }
    }

    pub(crate) fn rows(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        rows(self.folder.path(), name)
    }

    pub(crate) fn valid_orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.iter().filter(|order| order.is_valid())
    }

    /// Returns the valid orders of each person who has any, in order of time.
    pub(crate) fn histories(&self) -> BTreeMap<&str, Vec<&Order>> {
        let mut histories: BTreeMap<&str, Vec<&Order>> = BTreeMap::new();
        for order in self.valid_orders() {
            histories.entry(&order.email).or_default().push(order);
        }
        histories
    }
}

fn order(row: &BTreeMap<String, String>) -> Order {
    Order {
        id: row["order_id"].clone(),
        email: row["email"].clone(),
        customer_id: row["customer_id"].clone(),
        at: row["ordered_at"].clone(),
        status: row["status"].clone(),
        gross: cents(&row["gross"]),
        discount: cents(&row["discount"]),
        net: cents(&row["net"]),
        refunded: cents(&row["refunded"]),
    }
}

/// Reads an amount with exactly two decimals.
pub(crate) fn cents(text: &str) -> i64 {
    let (whole, fraction) = text.split_once('.').unwrap();
    assert_eq!(fraction.len(), 2, "{text}");
    whole.parse::<i64>().unwrap() * 100 + fraction.parse::<i64>().unwrap()
}

pub(crate) fn rows(folder: &Path, name: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(folder.join(name)).unwrap();
    reader.deserialize().map(|row| row.unwrap()).collect()
}

/// Returns the days from the first day on record to a date.
pub(crate) fn day_of(date: &str) -> i32 {
    let day = |text| patron_core::Day::parse_iso(text).unwrap();
    day(&date[..10]).days_since(day(FIRST_DATE))
}

pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

pub(crate) fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>()
        / (values.len() as f64 - 1.0)
}

pub(crate) fn share(values: impl Iterator<Item = bool>) -> f64 {
    let (count, all) = values.fold((0.0, 0.0), |(count, all), value| {
        (count + f64::from(u8::from(value)), all + 1.0)
    });
    count / all
}
