//! The files agree with each other and with the truth.

use std::collections::{BTreeMap, BTreeSet};

use crate::files::{FIRST_DATE, LAST_DATE, SHOP, cents};

/// The truth prints sums of cents as floats with two decimals; a hundredth of a cent covers their sum's rounding.
const SUM_TOLERANCE: f64 = 1e-4;

#[test]
fn lines_add_up_to_their_order() {
    let mut sums: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for line in SHOP.rows("order_lines.csv") {
        let quantity: i64 = line["quantity"].parse().unwrap();
        let sum = sums.entry(line["order_id"].clone()).or_default();
        sum.0 += quantity * cents(&line["unit_price"]);
        sum.1 += cents(&line["discount"]);
        assert!(quantity > 0 && cents(&line["unit_cost"]) > 0);
    }
    assert_eq!(sums.len(), SHOP.orders.len());
    for order in &SHOP.orders {
        assert_eq!(
            sums[&order.id],
            (order.gross, order.discount),
            "{}",
            order.id
        );
        assert_eq!(order.net, order.gross - order.discount, "{}", order.id);
        assert!(order.net > 0, "{}", order.id);
    }
}

#[test]
fn refunds_add_up_to_what_the_order_says_and_never_exceed_it() {
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    let orders: BTreeMap<_, _> = SHOP.orders.iter().map(|o| (o.id.as_str(), o)).collect();
    for refund in SHOP.rows("refunds.csv") {
        let order = orders[refund["order_id"].as_str()];
        assert!(refund["refunded_at"] > order.at);
        assert_eq!(refund["customer_id"], order.customer_id);
        let amount = cents(&refund["amount"]);
        assert!(amount > 0);
        *sums.entry(order.id.clone()).or_default() += amount;
    }
    for order in &SHOP.orders {
        let refunded = sums.get(&order.id).copied().unwrap_or(0);
        assert_eq!(order.refunded, refunded, "{}", order.id);
        assert!(refunded <= order.net, "{}", order.id);
        assert_eq!(
            order.status == "refunded",
            refunded == order.net,
            "{}",
            order.id
        );
        if matches!(order.status.as_str(), "cancelled" | "pending" | "test") {
            assert_eq!(refunded, 0, "{}", order.id);
        }
    }
}

#[test]
fn everyone_named_is_known_and_guests_have_an_address_only() {
    let customers: BTreeSet<String> = SHOP
        .rows("customers.csv")
        .into_iter()
        .map(|row| row["customer_id"].clone())
        .collect();
    for table in [
        "order_lines.csv",
        "refunds.csv",
        "events.csv",
        "surveys.csv",
        "campaign_members.csv",
    ] {
        for row in SHOP.rows(table) {
            let id = &row["customer_id"];
            assert!(id.is_empty() || customers.contains(id), "{table}: {id}");
        }
    }
    for order in &SHOP.orders {
        let person = &SHOP.people[&order.email];
        assert_eq!(
            order.customer_id.is_empty(),
            person.flag("guest"),
            "{}",
            order.id
        );
        assert_eq!(order.customer_id, person.text("customer_id"));
        assert_eq!(
            customers.contains(&order.customer_id),
            !person.flag("guest")
        );
        assert_eq!(order.status == "test", person.flag("staff"));
    }
}

#[test]
fn ids_are_unique() {
    for (table, id) in [
        ("orders.csv", "order_id"),
        ("refunds.csv", "refund_id"),
        ("customers.csv", "customer_id"),
        ("customers.csv", "email"),
        ("events.csv", "event_id"),
        ("surveys.csv", "response_id"),
        ("products.csv", "product_id"),
        ("campaigns.csv", "campaign"),
        ("truth/customers.csv", "email"),
        ("truth/future_orders.csv", "order_id"),
    ] {
        let ids: Vec<String> = SHOP
            .rows(table)
            .into_iter()
            .map(|row| row[id].clone())
            .collect();
        let distinct: BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len(), "{table}");
        assert!(ids.iter().all(|id| !id.is_empty()), "{table}");
    }
}

#[test]
fn rows_are_in_order_of_time_and_nothing_is_known_from_after_the_end() {
    for (table, at) in [
        ("orders.csv", "ordered_at"),
        ("order_lines.csv", "ordered_at"),
        ("refunds.csv", "refunded_at"),
        ("customers.csv", "created_at"),
        ("events.csv", "occurred_at"),
        ("surveys.csv", "answered_at"),
        ("campaign_members.csv", "assigned_at"),
    ] {
        let times: Vec<String> = SHOP
            .rows(table)
            .into_iter()
            .map(|row| row[at].clone())
            .collect();
        assert!(times.is_sorted(), "{table}");
        assert!(
            times
                .iter()
                .all(|t| (FIRST_DATE..=LAST_DATE).contains(&&t[..10])),
            "{table}"
        );
        assert!(
            times.iter().all(|t| t.ends_with("+00:00") && t.len() == 25),
            "{table}"
        );
    }
    for order in SHOP.rows("orders.csv") {
        let (sent, delivered) = (&order["shipped_at"], &order["delivered_at"]);
        let updated = &order["updated_at"];
        assert!(sent.is_empty() || *sent > order["ordered_at"]);
        assert!(delivered.is_empty() || (!sent.is_empty() && delivered > sent));
        assert!(*updated >= order["ordered_at"] && updated >= sent && updated >= delivered);
        assert!(&updated[..10] <= LAST_DATE);
    }
}

#[test]
fn lines_cost_what_the_product_cost_at_the_time() {
    let products: BTreeMap<String, BTreeMap<String, String>> = SHOP
        .rows("products.csv")
        .into_iter()
        .map(|row| (row["product_id"].clone(), row))
        .collect();
    let rise = patron_demo::parameters::SHOP.price_rise_percent;
    for line in SHOP.rows("order_lines.csv") {
        let product = &products[&line["product_id"]];
        let now = cents(&product["price"]);
        let paid = cents(&line["unit_price"]);
        if &line["ordered_at"][..10] >= "2024-09-02" {
            assert_eq!(paid, now);
        } else {
            assert_eq!(
                (paid * (100 + rise) + 50) / 100,
                now,
                "{}",
                line["product_id"]
            );
        }
        assert_eq!(line["unit_cost"], product["unit_cost"]);
        assert_eq!(line["category"], product["category"]);
    }
}

/// Returns (campaign, customer) of every member of an arm.
fn members(arm: &str) -> BTreeSet<(String, String)> {
    let members = SHOP.rows("campaign_members.csv");
    let members = members.into_iter().filter(|member| member["arm"] == arm);
    members
        .map(|member| (member["campaign"].clone(), member["customer_id"].clone()))
        .collect()
}

#[test]
fn every_member_of_an_audience_is_on_one_side() {
    let (treated, holdout) = (members("treated"), members("holdout"));
    assert!(treated.is_disjoint(&holdout));
    assert_eq!(
        treated.len() + holdout.len(),
        SHOP.rows("campaign_members.csv").len()
    );
}

#[test]
fn mail_goes_to_the_treated_alone_and_stops_when_consent_is_withdrawn() {
    let mut sent = BTreeSet::new();
    let mut withdrawn = BTreeSet::new();
    for event in SHOP.rows("events.csv") {
        let key = (event["campaign"].clone(), event["customer_id"].clone());
        match event["kind"].as_str() {
            "mail_sent" => assert!(!withdrawn.contains(&key.1) && sent.insert(key)),
            "mail_unsubscribe" => assert!(sent.contains(&key) && withdrawn.insert(key.1)),
            kind => assert_eq!(sent.contains(&key), kind.starts_with("mail"), "{key:?}"),
        }
    }
    assert_eq!(sent, members("treated"));
    for customer in SHOP.rows("customers.csv") {
        let left = withdrawn.contains(&customer["customer_id"]);
        assert!(!left || customer["consent_email"] == "false");
    }
}

#[test]
fn the_truth_adds_up_to_the_files() {
    let histories = SHOP.histories();
    let pending = SHOP.orders.iter().filter(|order| order.status == "pending");
    let pending: BTreeSet<&str> = pending.map(|order| order.email.as_str()).collect();
    for (email, person) in &SHOP.people {
        let orders = histories.get(email.as_str()).map_or(&[][..], Vec::as_slice);
        // an order not yet paid is paid afterwards: the truth counts it
        if pending.contains(email.as_str()) {
            continue;
        }
        assert!(
            (person.number("orders_on_record") - orders.len() as f64).abs() < 0.5,
            "{email}"
        );
        let kept: i64 = orders.iter().map(|order| order.net - order.refunded).sum();
        assert_eq!(cents(person.text("revenue_on_record")), kept, "{email}");
    }
    let mut future: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    for order in SHOP.rows("truth/future_orders.csv") {
        assert!(&order["ordered_at"][..10] > LAST_DATE && order["ordered_at"].starts_with("2026"));
        if order["status"] == "paid" {
            let kept = cents(&order["net"]) - cents(&order["refunded"]);
            let sum = future.entry(order["email"].clone()).or_default();
            sum.0 += f64::from(u8::from(kept > 0));
            sum.1 += kept as f64 / 100.0;
        }
    }
    for (email, person) in &SHOP.people {
        let (purchases, revenue) = future.get(email).copied().unwrap_or_default();
        assert!(
            (person.number("actual_purchases") - purchases).abs() < SUM_TOLERANCE,
            "{email}"
        );
        assert!(
            (person.number("actual_revenue") - revenue).abs() < SUM_TOLERANCE,
            "{email}"
        );
        if !person.flag("alive_at_end") {
            assert!(purchases < 0.5 && person.number("expected_purchases") < SUM_TOLERANCE);
        }
    }
}

#[test]
fn the_summary_counts_what_was_written() {
    let summary = &SHOP.summary;
    for file in &summary.files {
        let bytes = std::fs::read(&file.path).unwrap();
        if file
            .path
            .extension()
            .is_some_and(|extension| extension == "csv")
        {
            let rows = csv::Reader::from_reader(&bytes[..]).records().count() as u64;
            assert_eq!(rows, file.rows, "{}", file.path.display());
        }
        assert!(std::str::from_utf8(&bytes).is_ok());
    }
    assert_eq!(summary.orders, SHOP.orders.len() as u64);
    assert_eq!(summary.customers, SHOP.people.len() as u64);
    let kept = |o: &crate::files::Order| match o.status.as_str() {
        "paid" | "refunded" | "pending" => i128::from(o.net - o.refunded),
        _ => 0,
    };
    let revenue: i128 = SHOP.orders.iter().map(kept).sum();
    assert_eq!(summary.revenue.0, revenue * 100);
    assert_eq!(summary.first_day.to_string(), FIRST_DATE);
    assert_eq!(summary.last_day.to_string(), LAST_DATE);
    let left: Vec<_> = std::fs::read_dir(SHOP.folder.path()).unwrap().collect();
    assert_eq!(
        left.len(),
        12,
        "eleven files and the folder of the truth, no parts left behind"
    );
}

#[test]
fn every_address_and_number_is_reserved_for_examples() {
    for customer in SHOP.rows("customers.csv") {
        let (_, domain) = customer["email"].split_once('@').unwrap();
        assert!(
            [
                "example.com",
                "example.org",
                "example.net",
                "shop.example.com"
            ]
            .contains(&domain),
            "{domain}"
        );
        let phone = customer["phone"].as_str();
        // Ofcom 07700 900000-900999, Bundesnetzagentur 0171 3920000-99, Beijing numbers beginning with 0 (unassignable)
        let reserved = phone.is_empty()
            || (phone.starts_with("+447700900") && phone.len() == 13)
            || (phone.starts_with("+4917139200") && phone.len() == 13)
            || (phone.starts_with("+86100000") && phone.len() == 13);
        assert!(reserved, "{phone}");
    }
}
