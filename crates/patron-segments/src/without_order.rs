//! Segments of people who never ordered: no row of customers can be in one, but a vocabulary may name them.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray};

use crate::condition::Condition;
use crate::names::LIFECYCLE_KEYS;
use crate::profile::profile_schema;
use crate::vocabulary::Vocabulary;

/// All that is known of somebody without an order, and of how a customer differs.
const COLUMNS: [&str; 3] = ["orders", "purchase_days", "lifecycle"];
/// Numbers of orders that stand for all customers.
const ORDERS: [i64; 6] = [1, 2, 3, 10, 100, 100_000];

impl Vocabulary {
    /// Returns the key of the segment that holds just the people without an order, such as Shopify's prospects.
    #[must_use]
    pub fn segment_without_order(&self) -> Option<&str> {
        let rows = rows()?;
        let schema = profile_schema();
        let segment = self.segments.iter().find(|segment| {
            Condition::compile(&segment.when, &schema)
                .ok()
                .filter(|condition| condition.columns().all(|name| COLUMNS.contains(&name)))
                .and_then(|condition| condition.evaluate(&rows).ok())
                .is_some_and(|met| only_the_first(&met))
        });
        segment.map(|segment| segment.key.as_str())
    }
}

fn only_the_first(met: &BooleanArray) -> bool {
    let mut met = met.iter().map(|met| met == Some(true));
    met.next() == Some(true) && !met.any(|met| met)
}

/// Somebody without an order, then customers of every stage.
fn rows() -> Option<RecordBatch> {
    let (prospect, stages) = LIFECYCLE_KEYS.split_last()?;
    let mut orders = vec![0];
    let mut lifecycle = vec![*prospect];
    for stage in stages {
        orders.extend(ORDERS);
        lifecycle.extend([*stage; ORDERS.len()]);
    }
    let orders: ArrayRef = Arc::new(Int64Array::from(orders));
    let lifecycle: ArrayRef = Arc::new(StringArray::from(lifecycle));
    RecordBatch::try_from_iter([
        ("orders", Arc::clone(&orders)),
        ("purchase_days", orders),
        ("lifecycle", lifecycle),
    ])
    .ok()
}
