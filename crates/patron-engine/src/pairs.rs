//! Whose each order is, by hashes alone: which orders' ids stand with more than one customer.

use std::collections::HashSet;

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use crate::grouping::{GroupingError, PARTITIONS, PartitionStore};

/// Bytes of a pair.
const PAIR: usize = 12;
/// Bits of a pair that tell the customer, and whether it is new.
const CUSTOMER_BITS: u32 = 40;
const _: () = assert!(1_u128 << (u64::BITS + CUSTOMER_BITS) == (PARTITIONS as u128) << (8 * PAIR));

/// Whose an order is: the hash of its id, of which the partition has the highest eight bits, and below it forty bits of
/// which 39 are of the customer's hash; the lowest tells whether that is new. Two customers of one order look like one once
/// in 5 · 10¹¹.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OrderOf(u128);

impl OrderOf {
    pub(crate) fn new(order_id: &str, customer_hash: u64, is_new: bool) -> Self {
        let order = u128::from(xxh3_64(order_id.as_bytes())) << CUSTOMER_BITS;
        // The low bits are those by which customers are dealt out.
        let customer = customer_hash >> (u64::BITS + 1 - CUSTOMER_BITS) << 1;
        Self(order | u128::from(customer) | u128::from(is_new))
    }

    /// Returns the hash of the order's id.
    pub(crate) fn order(self) -> u64 {
        u64::try_from(self.0 >> CUSTOMER_BITS).unwrap_or(0)
    }

    /// Returns all but the partition's number.
    pub(crate) fn bytes(self) -> [u8; PAIR] {
        let mut bytes = [0; PAIR];
        bytes
            .iter_mut()
            .zip(self.0.to_le_bytes())
            .for_each(|(to, from)| *to = from);
        bytes
    }

    fn of_bytes(partition: usize, bytes: &[u8]) -> Self {
        let whole = bytes.split_first_chunk::<8>().and_then(|(low, high)| {
            let high = u32::from_le_bytes(*high.first_chunk::<4>()?);
            Some(u128::from(u64::from_le_bytes(*low)) | u128::from(high) << u64::BITS)
        });
        Self(whole.unwrap_or(0) | (partition as u128) << (8 * PAIR))
    }

    const fn is_new(self) -> bool {
        self.0 & 1 == 1
    }

    const fn is_of_the_customer_of(self, other: Self) -> bool {
        self.0 >> 1 == other.0 >> 1
    }
}

/// What the hashes tell.
pub(crate) struct Contested {
    /// Orders with something new.
    pub(crate) orders: u64,
    /// The hashes of the ids that more than one customer has.
    pub(crate) hashes: HashSet<u64>,
}

/// Finds the orders that stand with several customers, one of them new; the pairs are gone then.
pub(crate) fn tell_all(pairs: &PartitionStore) -> Result<Contested, GroupingError> {
    let found = (0..PARTITIONS)
        .into_par_iter()
        .map(|partition| {
            pairs.with_partition(partition, true, |segments| Ok(tell(partition, segments)))
        })
        .collect::<Result<Vec<Contested>, GroupingError>>()?;
    let mut all = Contested {
        orders: 0,
        hashes: HashSet::new(),
    };
    for contested in found {
        all.orders += contested.orders;
        all.hashes.extend(contested.hashes);
    }
    Ok(all)
}

/// Returns how many orders stand with several customers; the pairs are gone then.
pub(crate) fn contested_orders(pairs: &PartitionStore) -> Result<u64, GroupingError> {
    tell_all(pairs).map(|contested| contested.hashes.len() as u64)
}

/// Finds those of one partition.
fn tell(partition: usize, segments: &[&[u8]]) -> Contested {
    let bytes = segments.iter().flat_map(|bytes| bytes.chunks_exact(PAIR));
    let pairs = bytes.map(|bytes| OrderOf::of_bytes(partition, bytes));
    let mut contested = Contested {
        orders: 0,
        hashes: HashSet::new(),
    };
    // Nearly all orders are in one row: which are not is found out by their hashes alone, and only those are looked at.
    let mut orders: Vec<u64> = pairs.clone().map(OrderOf::order).collect();
    orders.sort_unstable();
    let repeated: HashSet<u64> = orders
        .windows(2)
        .filter_map(|pair| matches!(pair, [a, b] if a == b).then(|| pair.first().copied())?)
        .collect();
    drop(orders);
    let mut several = Vec::new();
    for pair in pairs {
        if !repeated.is_empty() && repeated.contains(&pair.order()) {
            several.push(pair);
        } else {
            contested.orders += u64::from(pair.is_new());
        }
    }
    several.sort_unstable();
    for of_order in several.chunk_by(|a, b| a.order() == b.order()) {
        let is_new = of_order.iter().any(|pair| pair.is_new());
        contested.orders += u64::from(is_new);
        // Whose it was before may go on having it.
        let stored = || of_order.iter().filter(|pair| !pair.is_new());
        let is_known = |new: &OrderOf| stored().any(|pair| pair.is_of_the_customer_of(*new));
        let first_new = of_order.iter().find(|pair| pair.is_new());
        let is_contested = |new: &OrderOf| match stored().next() {
            Some(_) => !is_known(new),
            None => first_new.is_some_and(|first| first != new),
        };
        let mut new = of_order.iter().filter(|pair| pair.is_new());
        if let (true, Some(first)) = (new.any(is_contested), of_order.first()) {
            contested.hashes.insert(first.order());
        }
    }
    contested
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Pairs of few orders and customers, by the partition of the order.
    fn dealt(pairs: &[OrderOf]) -> Vec<Vec<u8>> {
        let mut partitions = vec![Vec::new(); PARTITIONS];
        for pair in pairs {
            partitions[(pair.order() >> 56) as usize].extend_from_slice(&pair.bytes());
        }
        partitions
    }

    #[test]
    fn orders_of_several_customers_are_told_as_by_looking_at_all_pairs() {
        let mut state = 3_u64;
        let mut below = |count: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) % count
        };
        let rows: Vec<(u64, u64, bool)> = (0..4_000)
            .map(|_| (below(3_000), below(50), below(4) > 0))
            .collect();
        let hash = |customer: u64| xxh3_64(&customer.to_le_bytes());
        let pair = |&(order, customer, is_new): &(u64, u64, bool)| {
            OrderOf::new(&order.to_string(), hash(customer), is_new)
        };
        let (mut orders, mut hashes) = (0, HashSet::new());
        let partitions = dealt(&rows.iter().map(pair).collect::<Vec<_>>());
        for (partition, bytes) in partitions.iter().enumerate() {
            let told = tell(partition, &[bytes]);
            orders += told.orders;
            hashes.extend(told.hashes);
        }
        let mut expected = (0, HashSet::new());
        for order in 0..3_000 {
            let of = |new: bool| -> BTreeSet<u64> {
                let rows = rows.iter().filter(|row| row.0 == order && row.2 == new);
                rows.map(|row| row.1).collect()
            };
            let (new, stored) = (of(true), of(false));
            expected.0 += u64::from(!new.is_empty());
            let is_contested = if stored.is_empty() {
                new.len() > 1
            } else {
                !new.is_subset(&stored)
            };
            if is_contested {
                expected.1.insert(xxh3_64(order.to_string().as_bytes()));
            }
        }
        assert!(expected.1.len() > 100);
        assert_eq!((orders, hashes), expected);
    }
}
