//! Memory, threads and order of files leave profiles as they are.

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, StringArray, TimestampMicrosecondArray};
use tempfile::TempDir;

use crate::support::{Machine, fold, write_parquet};

const SEED: u64 = 77;
const ROWS: usize = 120_000;
const CUSTOMERS: u64 = 30_000;
/// 2020-01-01, µs UTC.
const START: u64 = 1_577_836_800_000_000;
const YEAR_MICROS: u64 = 365 * 86_400_000_000;

/// Seeded random orders as text and as Parquet, in two files each.
#[derive(Debug)]
struct Shop {
    _folder: TempDir,
    text: [PathBuf; 2],
    parquet: [PathBuf; 2],
}

/// `SplitMix64`: the same numbers everywhere.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

impl Shop {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let mut state = SEED;
        let utc = patron_core::ShopCalendar::utc();
        let path = |name: String| folder.path().join(name);
        let text = [0, 1].map(|part| path(format!("orders{part}.csv")));
        let parquet = [0, 1].map(|part| path(format!("orders{part}.parquet")));
        for part in 0..2 {
            let (mut ids, mut orders, mut at, mut net) = (vec![], vec![], vec![], vec![]);
            let mut lines = "customer_id,order_id,ordered_at,net\n".to_owned();
            for row in 0..ROWS / 2 {
                // Every fourth order is a giant's, whose partition is looked at in pieces where memory is short.
                let drawn = random(&mut state) % (CUSTOMERS / 3 * 4);
                let number = if drawn < CUSTOMERS { drawn } else { 0 };
                let id = format!("customer-{number}");
                let order = format!("{part}-{row}");
                let seconds = (START + random(&mut state) % YEAR_MICROS) / 1_000_000;
                let cents = u32::try_from(random(&mut state) % 20_000 + 1).expect("small");
                let amount = f64::from(cents) / 100.0;
                let instant = i64::try_from(seconds * 1_000_000).expect("small");
                let stamp = utc.rfc3339(patron_core::Instant(instant));
                lines += &format!("{id},{order},{stamp},{amount}\n");
                ids.push(id);
                orders.push(order);
                at.push(instant);
                net.push(amount);
            }
            std::fs::write(&text[part], lines).expect("a file");
            let columns: [(&str, ArrayRef); 4] = [
                ("customer_id", Arc::new(StringArray::from(ids))),
                ("order_id", Arc::new(StringArray::from(orders))),
                ("ordered_at", Arc::new(TimestampMicrosecondArray::from(at))),
                ("net", Arc::new(Float64Array::from(net))),
            ];
            write_parquet(&parquet[part], &columns, 7_000);
        }
        Self {
            _folder: folder,
            text,
            parquet,
        }
    }
}

#[test]
fn memory_threads_and_form_change_no_profile() {
    println!("seed {SEED}");
    let shop = Shop::new();
    let plenty = fold(&shop.text, Machine::default());
    assert_eq!(plenty.spilled_bytes, 0);
    assert_eq!(plenty.rows_in, ROWS as u64);
    let orders: u64 = plenty
        .customers
        .iter()
        .map(|(_, profile)| profile.orders)
        .sum();
    assert_eq!(orders, ROWS as u64, "every order is someone's");
    let is_sorted = plenty.customers.is_sorted_by(|(a, _), (b, _)| a < b);
    assert!(is_sorted, "customers stand in order of their ids");
    for files in [&shop.text, &shop.parquet] {
        for (threads, memory_bytes) in [(1, 1 << 20), (2, 4 << 20), (5, 1 << 20), (5, 1 << 30)] {
            let machine = Machine {
                threads,
                memory_bytes,
            };
            let found = fold(files, machine);
            let what = format!("{files:?} {machine:?}");
            assert_eq!(found.spilled_bytes > 0, memory_bytes < 1 << 30, "{what}");
            assert_eq!(found.rows_in, plenty.rows_in, "{what}");
            assert!(
                found.customers == plenty.customers,
                "profiles differ: {what}"
            );
        }
    }
}

#[test]
fn the_order_and_mix_of_files_change_no_profile() {
    println!("seed {SEED}");
    let shop = Shop::new();
    let expected = fold(&shop.text, Machine::default()).customers;
    let [first, second] = &shop.text;
    let [third, fourth] = &shop.parquet;
    for files in [
        [second, first],
        [first, fourth],
        [fourth, first],
        [third, second],
    ] {
        let files = files.map(PathBuf::clone);
        let found = fold(&files, Machine::default()).customers;
        assert!(found == expected, "{files:?}");
    }
}
