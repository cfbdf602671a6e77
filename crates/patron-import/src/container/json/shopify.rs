//! Orders as Shopify's REST interface and webhooks give them: a row for each line, the order's own on the first.

use patron_core::Money;
use serde_json::Value;

use super::flat::{at, first_at, objects};

/// The columns, in the order of [`rows`]; the preset `shopify-rest` knows them.
pub(super) const COLUMNS: [&str; 19] = [
    "name",
    "email",
    "phone",
    "billing_address.phone",
    "billing_address.name",
    "buyer_accepts_marketing",
    "created_at",
    "updated_at",
    "cancelled_at",
    "financial_status",
    "payment_gateway",
    "currency",
    "tags",
    "note",
    "subtotal_price",
    "total_price",
    "refunded",
    "line.sku",
    "line.name",
];

/// The columns of details, in the order of [`details`].
pub(super) const DETAILS: [&str; 12] = [
    "total_discounts",
    "discount_codes",
    "total_shipping",
    "total_tax",
    "source_name",
    "fulfilled_at",
    "company",
    "address1",
    "zip",
    "city",
    "province",
    "country",
];

/// What the export calls the gateway for trying the checkout out; the interface marks such orders `test`.
const TEST_GATEWAY: &str = "bogus";

/// Returns true for a record that is such an order.
pub(super) fn is_order(record: &Value) -> bool {
    record.get("line_items").is_some_and(Value::is_array)
        && ["name", "created_at", "financial_status", "subtotal_price"]
            .iter()
            .all(|name| record.get(name).is_some())
}

/// Returns the details of an order.
pub(super) fn details(record: &Value) -> Vec<String> {
    let codes: Vec<String> = objects(record, "discount_codes")
        .iter()
        .map(|coupon| at(coupon, "code"))
        .filter(|code| !code.is_empty())
        .collect();
    let fulfilled = objects(record, "fulfillments")
        .first()
        .map_or_else(String::new, |fulfillment| at(fulfillment, "created_at"));
    let address = |name: &str| {
        let billing = format!("billing_address.{name}");
        let shipping = format!("shipping_address.{name}");
        first_at(record, &[&billing, &shipping])
    };
    vec![
        at(record, "total_discounts"),
        codes.join(", "),
        at(record, "total_shipping_price_set.shop_money.amount"),
        at(record, "total_tax"),
        at(record, "source_name"),
        fulfilled,
        address("company"),
        address("address1"),
        address("zip"),
        address("city"),
        address("province"),
        address("country_code"),
    ]
}

pub(super) fn rows(record: &Value) -> Vec<Vec<String>> {
    let order = order(record);
    let mut amounts = [
        at(record, "subtotal_price"),
        at(record, "total_price"),
        refunded(record),
    ];
    let lines = objects(record, "line_items");
    (0..lines.len().max(1))
        .map(|place| {
            let line = |name: &str| {
                lines
                    .get(place)
                    .map_or_else(String::new, |line| at(line, name))
            };
            let own = std::mem::take(&mut amounts);
            order
                .iter()
                .cloned()
                .chain(own)
                .chain([line("sku"), line("name")])
                .collect()
        })
        .collect()
}

/// Returns the cells from the order's name to its note.
fn order(record: &Value) -> [String; 14] {
    // As the export has it: the contact of the order, not of the account.
    let email = first_at(record, &["email", "contact_email", "customer.email"]);
    let phone = first_at(record, &["phone", "customer.phone"]);
    let accepts = match at(record, "buyer_accepts_marketing").as_str() {
        "true" => "yes",
        "false" => "no",
        _ => "",
    };
    let is_test = at(record, "test") == "true";
    let gateway = if is_test {
        TEST_GATEWAY.to_owned()
    } else {
        first_at(record, &["payment_gateway_names", "gateway"]).replace('|', " + ")
    };
    [
        at(record, "name"),
        email,
        phone,
        at(record, "billing_address.phone"),
        at(record, "billing_address.name"),
        accepts.to_owned(),
        at(record, "created_at"),
        at(record, "updated_at"),
        at(record, "cancelled_at"),
        at(record, "financial_status"),
        gateway,
        at(record, "currency"),
        at(record, "tags"),
        at(record, "note"),
    ]
}

/// Returns the money that was paid back: refunds that came through. Nothing if one is no number.
fn refunded(record: &Value) -> String {
    let mut sum = 0_i64;
    for refund in objects(record, "refunds") {
        for transaction in objects(refund, "transactions") {
            if at(transaction, "kind") != "refund" || at(transaction, "status") != "success" {
                continue;
            }
            match Money::parse(&at(transaction, "amount")) {
                Ok(read) => sum = sum.saturating_add(read.amount.0),
                Err(_) => return String::new(),
            }
        }
    }
    Money(sum).to_string()
}
