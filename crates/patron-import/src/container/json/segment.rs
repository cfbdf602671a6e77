//! Events as Segment and `RudderStack` write them: those of orders become rows, the others are set aside by their names.

use serde_json::Value;

use super::flat::{NO_AMOUNT, at, first_at, objects};

/// The columns, in the order of [`rows`]; the preset `segment-events` knows them.
pub(super) const COLUMNS: [&str; 14] = [
    "order_id",
    "event",
    "userId",
    "email",
    "phone",
    "firstName",
    "lastName",
    "timestamp",
    "revenue",
    "currency",
    "status",
    "product_id",
    "product_name",
    "quantity",
];

/// The columns of details, in the order of [`details`].
pub(super) const DETAILS: [&str; 7] = [
    "discount",
    "coupon",
    "shipping",
    "tax",
    "affiliation",
    "campaign_source",
    "campaign_medium",
];

/// Returns the details of an event's order.
pub(super) fn details(record: &Value) -> Vec<String> {
    let paths = [
        "properties.discount",
        "properties.coupon",
        "properties.shipping",
        "properties.tax",
        "properties.affiliation",
        "context.campaign.source",
        "context.campaign.medium",
    ];
    paths.map(|path| at(record, path)).to_vec()
}

/// Returns true for a record that is an event of this kind.
pub(super) fn is_event(record: &Value) -> bool {
    let who = ["userId", "anonymousId", "user_id", "anonymous_id"];
    let what = ["properties", "traits", "context", "messageId"];
    who.iter().any(|name| record.get(name).is_some())
        && what.iter().any(|name| record.get(name).is_some())
        && (record.get("event").is_some() || record.get("type").is_some())
}

/// Returns the id by which a message that was sent twice is known.
pub(super) fn message_id(record: &Value) -> Option<String> {
    Some(at(record, "messageId")).filter(|id| !id.is_empty())
}

/// What an event says of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Completed,
    Refunded,
    Cancelled,
}

fn kind(record: &Value) -> Option<Kind> {
    match at(record, "event")
        .to_lowercase()
        .replace('_', " ")
        .as_str()
    {
        "order completed" => Some(Kind::Completed),
        "order refunded" => Some(Kind::Refunded),
        "order cancelled" | "order canceled" => Some(Kind::Cancelled),
        _ => None,
    }
}

/// Returns an event's rows; none for an event that is not of an order.
pub(super) fn rows(record: &Value) -> Vec<Vec<String>> {
    let Some(kind) = kind(record) else {
        return Vec::new();
    };
    let order = order(record);
    let status = if kind == Kind::Cancelled {
        "cancelled"
    } else {
        "paid"
    };
    let currency = at(record, "properties.currency");
    let mut revenue = revenue(record, kind);
    // What was bought is told with the order; a refund's products are not bought.
    let products = match kind {
        Kind::Completed => objects(record, "properties.products"),
        Kind::Refunded | Kind::Cancelled => Vec::new(),
    };
    (0..products.len().max(1))
        .map(|place| {
            let product = products.get(place);
            let cell =
                |names: &[&str]| product.map_or_else(String::new, |line| first_at(line, names));
            let own = [
                std::mem::take(&mut revenue),
                currency.clone(),
                status.to_owned(),
                cell(&["product_id", "sku"]),
                cell(&["name"]),
                cell(&["quantity"]),
            ];
            order.iter().cloned().chain(own).collect()
        })
        .collect()
}

/// Returns the name of an event that is not of an order: of a call without one, the kind of the call.
pub(super) fn other(record: &Value) -> Option<String> {
    kind(record)
        .is_none()
        .then(|| first_at(record, &["event", "name", "type"]))
}

/// Returns the place of an event's name among the columns.
pub(super) const EVENT: usize = 1;

/// Returns the amount: what the goods came to, without shipping and tax, where the event says it.
fn revenue(record: &Value, kind: Kind) -> String {
    let paths = [
        "properties.revenue",
        "properties.subtotal",
        "properties.total",
        "properties.value",
    ];
    let amount = first_at(record, &paths);
    match kind {
        Kind::Cancelled if amount.is_empty() => "0".to_owned(),
        // Said as it is: without an amount a row would be taken for a further line.
        _ if amount.is_empty() => NO_AMOUNT.to_owned(),
        Kind::Refunded if !amount.starts_with('-') => format!("-{amount}"),
        _ => amount,
    }
}

/// Returns the cells from the order's id to its time.
fn order(record: &Value) -> [String; 8] {
    let person = |names: &[&str]| {
        ["context.traits", "traits", "properties"]
            .iter()
            .flat_map(|before| names.iter().map(move |name| format!("{before}.{name}")))
            .map(|path| at(record, &path))
            .find(|text| !text.is_empty())
            .unwrap_or_default()
    };
    let times = ["timestamp", "originalTimestamp", "sentAt", "receivedAt"];
    [
        first_at(record, &["properties.order_id", "properties.orderId"]),
        at(record, "event"),
        first_at(record, &["userId", "user_id"]),
        person(&["email"]),
        person(&["phone"]),
        person(&["firstName", "first_name"]),
        person(&["lastName", "last_name"]),
        first_at(record, &times),
    ]
}
