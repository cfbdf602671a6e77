//! How far a shop was read.

use std::collections::HashSet;

use patron_core::{Instant, ShopCalendar};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

/// Seconds before the newest change from which a later pull asks again: a shop may show a change later than it dates it.
pub(crate) const OVERLAP_SECONDS: i64 = 60;

const MICROS: i64 = 1_000_000;

/// How far a shop was read. It may be kept, and a later pull goes on from it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cursor {
    /// All changes before this were read, in seconds since 1970.
    pub(crate) since: Option<i64>,
    /// The page at which to go on; nothing at the beginning of a look.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
    /// When this look began, by the shop's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) begun: Option<i64>,
    /// The newest change of this look.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) newest: Option<i64>,
    /// Orders met that would be given again: when changed, and a hash of all they say.
    pub(crate) seen: Vec<(i64, u64)>,
}

impl Cursor {
    /// Takes what is new of a page, and remembers it.
    pub(crate) fn take_new(&mut self, orders: Vec<(i64, Value)>) -> Vec<Value> {
        let mut known: HashSet<u64> = self.seen.iter().map(|(_, hash)| *hash).collect();
        let mut taken = Vec::new();
        for (changed, order) in orders {
            let hash = xxh3_64(order.to_string().as_bytes());
            if known.insert(hash) {
                self.seen.push((changed, hash));
                taken.push(order);
            }
        }
        taken
    }

    /// Forgets the orders that will not be given again.
    pub(crate) fn forget_before(&mut self, second: i64) {
        self.seen.retain(|(changed, _)| *changed >= second);
    }
}

/// Reads a time of a shop as seconds; without an offset it is UTC.
pub(crate) fn second_of(text: &str) -> Option<i64> {
    let instant = Instant::parse_rfc3339(text)
        .or_else(|| Instant::parse_rfc3339(&format!("{}Z", text.trim())))?;
    Some(instant.0.div_euclid(MICROS))
}

/// Writes a second as a time in UTC: `2024-05-01T10:00:00Z`.
pub(crate) fn time_of(second: i64) -> String {
    let time = ShopCalendar::utc().rfc3339(Instant(second.saturating_mul(MICROS)));
    // A plus would be a blank in a query.
    time.replace("+00:00", "Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_go_there_and_back() {
        assert_eq!(second_of("1970-01-02T00:00:00"), Some(86_400));
        assert_eq!(second_of("1970-01-02T02:00:00+02:00"), Some(86_400));
        assert_eq!(second_of("yesterday"), None);
        assert_eq!(time_of(1_714_557_600), "2024-05-01T10:00:00Z");
        assert_eq!(second_of(&time_of(1_714_557_600)), Some(1_714_557_600));
    }

    #[test]
    fn an_order_is_taken_once_in_each_of_its_states() {
        let mut cursor = Cursor::default();
        let order = |total: &str| (5, serde_json::json!({ "id": 1, "total": total }));
        assert_eq!(cursor.take_new(vec![order("1"), order("1")]).len(), 1);
        assert_eq!(cursor.take_new(vec![order("1"), order("2")]).len(), 1);
        cursor.forget_before(6);
        assert_eq!(cursor.take_new(vec![order("1")]).len(), 1);
    }
}
