//! Orders as WooCommerce's REST interface and webhooks give them: a row for each line, the order's own on the first.

use patron_core::Money;
use serde_json::Value;

use super::flat::{NO_AMOUNT, at, objects};

/// The columns, in the order of [`rows`]; the preset `woocommerce-rest` knows them.
pub(super) const COLUMNS: [&str; 17] = [
    "number",
    "status",
    "currency",
    "customer_id",
    "billing.email",
    "billing.phone",
    "billing.first_name",
    "billing.last_name",
    "date_created_gmt",
    "date_modified_gmt",
    "payment_method",
    "goods",
    "total",
    "refunded",
    "line.product_id",
    "line.name",
    "line.quantity",
];

/// The columns of details, in the order of [`details`].
pub(super) const DETAILS: [&str; 11] = [
    "discount_total",
    "shipping_total",
    "total_tax",
    "created_via",
    "billing.company",
    "billing.address_1",
    "billing.postcode",
    "billing.city",
    "billing.state",
    "billing.country",
    "coupon_codes",
];

/// Returns true for a record that is such an order.
pub(super) fn is_order(record: &Value) -> bool {
    record.get("line_items").is_some_and(Value::is_array)
        && record.get("billing").is_some_and(Value::is_object)
        && (record.get("date_created").is_some() || record.get("date_created_gmt").is_some())
}

/// Returns the details of an order.
pub(super) fn details(record: &Value) -> Vec<String> {
    let codes: Vec<String> = objects(record, "coupon_lines")
        .iter()
        .map(|coupon| at(coupon, "code"))
        .filter(|code| !code.is_empty())
        .collect();
    let plain = DETAILS.iter().filter(|name| **name != "coupon_codes");
    plain
        .map(|name| at(record, name))
        .chain([codes.join(", ")])
        .collect()
}

pub(super) fn rows(record: &Value) -> Vec<Vec<String>> {
    let number = Some(at(record, "number")).filter(|number| !number.is_empty());
    let customer = Some(at(record, "customer_id")).filter(|id| id != "0");
    let order = [
        number.unwrap_or_else(|| at(record, "id")),
        at(record, "status"),
        at(record, "currency"),
        customer.unwrap_or_default(),
        at(record, "billing.email"),
        at(record, "billing.phone"),
        at(record, "billing.first_name"),
        at(record, "billing.last_name"),
        instant(record, "date_created"),
        instant(record, "date_modified"),
        at(record, "payment_method"),
    ];
    let amounts = [
        goods(record),
        at(record, "total"),
        sum(&objects(record, "refunds"), "total")
            .map(|total| Money(total.0.saturating_abs()).to_string())
            .unwrap_or_default(),
    ];
    let lines = objects(record, "line_items");
    let line = |place: usize| {
        let cells = ["product_id", "name", "quantity"];
        cells.map(|name| {
            lines
                .get(place)
                .map_or_else(String::new, |line| at(line, name))
        })
    };
    (0..lines.len().max(1))
        .map(|place| {
            let amounts = if place == 0 {
                amounts.clone()
            } else {
                Default::default()
            };
            order
                .iter()
                .cloned()
                .chain(amounts)
                .chain(line(place))
                .collect()
        })
        .collect()
}

/// Returns what the goods came to after discounts, before tax and shipping: the sum of the lines; for an order without
/// any, its total less shipping and tax.
fn goods(record: &Value) -> String {
    let lines = objects(record, "line_items");
    if !lines.is_empty() {
        return sum(&lines, "total")
            .map_or_else(|| NO_AMOUNT.to_owned(), |goods| goods.to_string());
    }
    let amount =
        |name: &str| Money::parse(&at(record, name)).map_or(Money::ZERO, |read| read.amount);
    match Money::parse(&at(record, "total")) {
        Ok(total) => {
            let around = amount("total_tax")
                .0
                .saturating_add(amount("shipping_total").0);
            Money(total.amount.0.saturating_sub(around)).to_string()
        }
        Err(_) => NO_AMOUNT.to_owned(),
    }
}

/// Returns a sum; nothing if there is nothing to add up or one is no number.
fn sum(values: &[&Value], name: &str) -> Option<Money> {
    let amounts: Option<Vec<i64>> = values
        .iter()
        .map(|value| {
            Money::parse(&at(value, name))
                .ok()
                .map(|read| read.amount.0)
        })
        .collect();
    let total = amounts?.into_iter().try_fold(0_i64, i64::checked_add)?;
    (!values.is_empty()).then_some(Money(total))
}

/// Returns the time in UTC if the order has it, else that of the shop.
fn instant(record: &Value, name: &str) -> String {
    let utc = at(record, &format!("{name}_gmt"));
    if utc.is_empty() {
        return at(record, name);
    }
    if utc.ends_with('Z') {
        utc
    } else {
        format!("{utc}Z")
    }
}
