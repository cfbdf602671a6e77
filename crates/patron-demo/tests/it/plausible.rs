//! The default shop looks like a shop. Ranges are what was asked for, before it was generated.

use crate::files::{SHOP, share};

fn within(name: &str, value: f64, low: f64, high: f64) {
    println!("{name}: {value:.4} (asked for {low}..{high})");
    assert!((low..=high).contains(&value), "{name}: {value}");
}

#[test]
fn headline_figures_are_those_of_a_middling_online_shop() {
    let histories = SHOP.histories();
    let customers = histories.len() as f64;
    let orders: usize = histories.values().map(Vec::len).sum();
    within("orders per customer", orders as f64 / customers, 3.0, 5.0);
    within(
        "bought once",
        share(histories.values().map(|o| o.len() == 1)),
        0.45,
        0.60,
    );

    let mut spent: Vec<i64> = histories
        .values()
        .map(|orders| orders.iter().map(|order| order.net - order.refunded).sum())
        .collect();
    spent.sort_unstable();
    let all: i64 = spent.iter().sum();
    let top: i64 = spent.iter().rev().take(spent.len() / 5).sum();
    within(
        "revenue of the top fifth",
        top as f64 / all as f64,
        0.55,
        0.70,
    );
    within(
        "average order value",
        all as f64 / orders as f64 / 100.0,
        55.0,
        65.0,
    );

    let returned: std::collections::BTreeSet<String> = SHOP
        .rows("refunds.csv")
        .into_iter()
        .filter(|refund| refund["kind"] == "return")
        .map(|refund| refund["order_id"].clone())
        .collect();
    let paid = SHOP
        .orders
        .iter()
        .filter(|o| matches!(o.status.as_str(), "paid" | "refunded"));
    within(
        "orders with a return",
        returned.len() as f64 / paid.count() as f64,
        0.05,
        0.10,
    );
    for status in ["cancelled", "pending", "test"] {
        let found = share(SHOP.orders.iter().map(|order| order.status == status));
        within(status, found, 0.00001, 0.03);
    }
}

#[test]
fn the_shop_grows_and_november_is_the_high_point_of_each_year() {
    for year in ["2023", "2024", "2025"] {
        let in_month = |month: u32| {
            let prefix = format!("{year}-{month:02}");
            SHOP.valid_orders()
                .filter(|order| order.at.starts_with(&prefix))
                .count()
        };
        let best = (1..=12).max_by_key(|&month| in_month(month));
        assert_eq!(best, Some(11), "{year}");
    }
    let in_year = |year: &str| {
        SHOP.valid_orders()
            .filter(|o| o.at.starts_with(year))
            .count()
    };
    assert!(in_year("2023") < in_year("2024") && in_year("2024") < in_year("2025"));
}

#[test]
fn names_are_of_three_scripts_or_languages() {
    let customers = SHOP.rows("customers.csv");
    for country in ["GB", "DE", "CN"] {
        let found = share(customers.iter().map(|row| row["country"] == country));
        within(country, found, 0.15, 0.60);
    }
    let chinese = customers.iter().filter(|row| row["country"] == "CN");
    assert!(
        chinese
            .into_iter()
            .all(|row| !row["name"].is_ascii() && row["email"].is_ascii())
    );
}
