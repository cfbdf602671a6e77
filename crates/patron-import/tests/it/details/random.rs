//! Random files: every fact has a value in every detail column, and details change nothing else.

use patron_import::{FactRows, ImportOptions};
use proptest::prelude::*;

use super::with_details;
use crate::support::{Read, file, read_in_blocks};

/// Columns beside customer, date and amount, each with values that may stand in it.
const COLUMNS: [(&str, [&str; 4]); 16] = [
    ("order_id", ["o1", "o2", "o3", ""]),
    ("status", ["paid", "cancelled", "refunded", "wrapped"]),
    ("refunded", ["", "1.00", "0", "0.5"]),
    ("quantity", ["1", "-2", "x", ""]),
    ("unit_price", ["1.00", "0", "-3", "2.5"]),
    ("discount", ["0.5", "", "20%", "-1"]),
    ("gross", ["5", "abc", "", "7.25"]),
    ("sku", ["s1", "", "NULL", "TEST001"]),
    ("tags", ["vip", "", "a;b", "x"]),
    ("note", ["call", "", "n/a", "x"]),
    ("updated_at", ["2024-06-01", "", "never", "2024-06-02"]),
    ("shipping", ["3", "three", "", "99999999999999"]),
    ("shipped_at", ["2024-05-03", "soon", "", "2031-01-01"]),
    ("city", ["Rome", "", "\u{5317}\u{4eac}", " x "]),
    ("e-mail", ["a@example.com", "", "b@example.com", "x"]),
    ("currency", ["EUR", "EUR", "", "EUR"]),
];

fn table() -> impl Strategy<Value = String> {
    let columns =
        proptest::sample::subsequence((0..COLUMNS.len()).collect::<Vec<_>>(), 0..=COLUMNS.len());
    let rows = proptest::collection::vec((0_usize..5, 0_usize..6, 0_usize..6, any::<u32>()), 1..20);
    (columns, rows).prop_map(|(columns, rows)| {
        let mut text = String::from("customer_id,ordered_at,net");
        for &column in &columns {
            text.push(',');
            text.push_str(COLUMNS[column].0);
        }
        for (customer, date, net, choice) in rows {
            let customer = ["c1", "c2", "", "t**8", "c3"][customer];
            let date = [
                "2024-05-01",
                "2024-05-02",
                "2024-05-03",
                "",
                "no",
                "1900-01-01",
            ][date];
            let net = ["1.00", "-2.50", "0", "x", "", "30"][net];
            text.push_str(&format!("\n{customer},{date},{net}"));
            for (place, &column) in columns.iter().enumerate() {
                text.push(',');
                text.push_str(COLUMNS[column].1[(choice >> (2 * (place % 16)) & 3) as usize]);
            }
        }
        text.push('\n');
        text
    })
}

/// What facts say, without the hash of their row.
fn everything(facts: &FactRows) -> String {
    let contact = facts.contact.as_ref();
    format!(
        "{:?}",
        (
            (
                &facts.customer,
                &facts.order_id,
                &facts.at,
                &facts.net,
                &facts.quantity
            ),
            (
                &facts.kind,
                &facts.status,
                &facts.line,
                &facts.status_unsaid,
                facts.are_lines
            ),
            (&facts.updated_at, &facts.product, contact),
        )
    )
}

fn read_both(text: &str, several_files: bool, block_bytes: usize) -> Option<[Read; 2]> {
    let file = file(text.as_bytes());
    let read = |with_details| {
        let options = ImportOptions {
            with_details,
            several_files,
            ..self::with_details()
        };
        read_in_blocks(file.path(), &options, block_bytes)
    };
    match (read(false), read(true)) {
        (Ok(without), Ok(with)) => Some([without, with]),
        (Err(without), Err(with)) => {
            assert_eq!(without.to_string(), with.to_string(), "{text}");
            None
        }
        (without, with) => panic!("{text}: {without:?}, {with:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        rng_seed: proptest::test_runner::RngSeed::Fixed(20264),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn details_are_as_long_as_the_facts_and_change_nothing_else(
        text in table(),
        several_files in any::<bool>(),
        block_bytes in 1_usize..400,
    ) {
        let Some([without, with]) = read_both(&text, several_files, block_bytes) else {
            return Ok(());
        };
        prop_assert!(without.batch.facts.details.is_none());
        prop_assert_eq!(everything(&with.batch.facts), everything(&without.batch.facts));
        prop_assert_eq!(&with.batch.account, &without.batch.account);
        prop_assert_eq!(&with.batch.rejected, &without.batch.rejected);
        prop_assert_eq!(with.batch.aside_hashes.len(), without.batch.aside_hashes.len());
        let used = without.understanding.columns.as_slice();
        prop_assert_eq!(&with.understanding.columns[..used.len()], used);
        let places: Vec<usize> = with.understanding.hashed_columns.clone();
        let kept = with.understanding.columns.iter().all(|used| places.contains(&used.index));
        prop_assert!(kept, "{:?}", places);
        for column in with.batch.facts.details.iter().flat_map(|details| &details.columns) {
            prop_assert_eq!(column.values.len(), with.batch.facts.len(), "{}", column.field);
        }
        // Blocks decide nothing of it either.
        let whole = read_in_blocks(file(text.as_bytes()).path(), &ImportOptions {
            several_files,
            ..with_details()
        }, 1 << 20).unwrap();
        prop_assert_eq!(&whole.batch.facts.details, &with.batch.facts.details);
        prop_assert_eq!(&whole.batch.unread_details, &with.batch.unread_details);
        prop_assert_eq!(&whole.batch.facts.row_hash, &with.batch.facts.row_hash);
    }
}
