//! All orders of a customer in one row, whatever became of them; and which of them a contact is about.

use patron_core::{OrderStatus, ShopCalendar};
use patron_engine::Dossier;
use patron_engine::dossier::{Event, Purchase};
use serde_json::Value;

/// A contact that names no order is about the latest of so many days before.
const ABOUT_DAYS: i32 = 60;

/// Under which names the properties of an event may tell its order.
const ORDER_KEYS: [&str; 4] = ["order_id", "order", "order_number", "order_no"];

/// What became of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is a purchase.
    Bought,
    /// It was paid, and is none: all of it was given back, or it was of no value.
    GivenBack,
    /// Somebody cancelled it.
    Cancelled,
    /// It waits for payment, is void, or a test.
    Other,
}

/// An order with what became of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placed<'d, 'a> {
    pub(crate) order: &'d Purchase<'a>,
    pub(crate) fate: Fate,
}

impl Placed<'_, '_> {
    pub(crate) fn is_paid(&self) -> bool {
        matches!(self.fate, Fate::Bought | Fate::GivenBack)
    }

    /// Whether the customer wanted it in earnest: paid or cancelled.
    pub(crate) fn is_meant(&self) -> bool {
        self.is_paid() || self.fate == Fate::Cancelled
    }
}

/// Returns all orders of a dossier by time, then id.
pub(crate) fn all_orders<'d, 'a>(dossier: &'d Dossier<'a>) -> Vec<Placed<'d, 'a>> {
    let bought = dossier.orders.iter().map(|order| Placed {
        order,
        fate: Fate::Bought,
    });
    let missed = dossier.missed.iter().map(|missed| Placed {
        order: &missed.order,
        fate: match missed.status {
            OrderStatus::Paid | OrderStatus::Refunded => Fate::GivenBack,
            OrderStatus::Cancelled => Fate::Cancelled,
            _ => Fate::Other,
        },
    });
    let mut orders: Vec<Placed<'_, '_>> = bought.chain(missed).collect();
    orders.sort_by_key(|placed| (placed.order.at, placed.order.order_id));
    orders
}

/// Returns the place of the order a contact is about: the one it names, else the latest of the 60 days before, that day included.
pub(crate) fn order_of_contact(
    orders: &[Placed<'_, '_>],
    calendar: &ShopCalendar,
    contact: &Event<'_>,
) -> Option<usize> {
    let named = named_order(contact.properties);
    let of_name = named.and_then(|name| {
        let is_named = |placed: &Placed<'_, '_>| placed.order.order_id == name;
        orders.iter().position(is_named)
    });
    of_name.or_else(|| {
        let day = calendar.day_of(contact.at);
        let before = orders.partition_point(|placed| placed.order.day <= day);
        let place = before.checked_sub(1)?;
        let age = day.days_since(orders.get(place)?.order.day);
        (age <= ABOUT_DAYS).then_some(place)
    })
}

/// The order that the properties of an event name.
fn named_order(properties: &str) -> Option<String> {
    // Most name none: they need not be read.
    if !properties.contains("order") {
        return None;
    }
    let read: Value = serde_json::from_str(properties).ok()?;
    ORDER_KEYS.iter().find_map(|key| match read.get(key)? {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    })
}

/// Whether a text has one of these words, which are in small letters.
pub(crate) fn names_any(text: &str, words: &[String]) -> bool {
    let text = text.to_lowercase();
    words.iter().any(|word| text.contains(word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_name_an_order_as_text_or_number() {
        let named = |properties| named_order(properties);
        assert_eq!(
            named(r#"{"order_id":"A-1","topic":"late"}"#).as_deref(),
            Some("A-1")
        );
        assert_eq!(named(r#"{"order":17}"#).as_deref(), Some("17"));
        assert_eq!(named(r#"{"topic":"order"}"#), None);
        assert_eq!(named("order"), None);
        assert_eq!(named(""), None);
    }
}
