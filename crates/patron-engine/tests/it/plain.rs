//! Rows that are read at a glance come to what the same rows come to where everything is written down: among any others.

use std::collections::HashMap;
use std::fmt::Write;
use std::path::PathBuf;

use patron_engine::{Claims, EngineError, FileRead, RejectedSink, Resources, Silent, gather};
use patron_fold::{FoldSettings, Profile};
use patron_import::{ImportOptions, RejectedRow, RowAccount};
use proptest::prelude::*;
use tempfile::TempDir;

#[derive(Debug, Default)]
struct Sink(Vec<RejectedRow>);

impl RejectedSink for Sink {
    fn take(&mut self, _file: &str, row: &RejectedRow) -> std::io::Result<()> {
        self.0.push(row.clone());
        Ok(())
    }
}

/// How many orders stand with several customers, and the first of them with two.
type Shared = (u64, Option<(String, [String; 2])>);

/// What becomes of files.
#[derive(Debug, PartialEq)]
struct Outcome {
    customers: Result<Vec<(String, Profile)>, String>,
    rejected: Vec<RejectedRow>,
    accounts: Vec<RowAccount>,
    seen: Vec<String>,
    shared: Result<Shared, String>,
}

fn outcome(paths: &[PathBuf], with_details: bool) -> Outcome {
    let spill = TempDir::new().expect("a temporary folder");
    let resources = Resources {
        threads: 2,
        memory_bytes: 1 << 30,
        spill_folder: spill.path().to_owned(),
        keeping: None,
    };
    let options = ImportOptions {
        with_details,
        ..ImportOptions::default()
    };
    let mut sink = Sink::default();
    let gathered = gather(paths, &options, &resources, &mut sink, &Silent).expect("files are read");
    let claims = Claims {
        stored: None,
        is_known: &[],
        keep: false,
        resources: &resources,
    };
    let shared = gathered.shared_orders(&claims, || Ok::<_, EngineError>(HashMap::new()));
    let folded = gathered.fold_one(&FoldSettings::default(), None, false, &Silent);
    let table = folded.map(|folded| folded.by_day.into_iter().next().expect("one day").0);
    let seen = |file: &FileRead| {
        let (float_ids, first) = (&file.float_ids, &file.first_facts);
        format!("{:?} {float_ids:?} {first:?}", file.seen)
    };
    Outcome {
        customers: table
            .map(|table| {
                let ids = table.ids.iter().map(str::to_owned);
                ids.zip(table.profiles.iter()).collect()
            })
            .map_err(|error| error.to_string()),
        rejected: sink.0,
        accounts: gathered
            .files
            .iter()
            .map(|file| file.account.clone())
            .collect(),
        seen: gathered.files.iter().map(seen).collect(),
        shared: shared
            .map(|shared| (shared.orders, shared.example))
            .map_err(|error| error.to_string()),
    }
}

/// Nearly always the first, else one of the others.
fn mostly(
    usual: impl Strategy<Value = String>,
    others: &'static [&'static str],
) -> impl Strategy<Value = String> {
    let others = proptest::sample::select(others).prop_map(str::to_owned);
    prop_oneof![9 => usual, 1 => others]
}

fn row() -> impl Strategy<Value = [String; 4]> {
    let order = mostly(
        (0..400_u32).prop_map(|number| format!("ORD-{number}")),
        &[
            "", " 17 ", "18.0", "n/a", "1.2E+05", "'19", "a b", "20*1", "Übung",
        ],
    );
    let customer = mostly(
        (0..30_u32).prop_map(|number| format!("C_{number}")),
        &[
            "",
            "  C_1",
            "17850.0",
            "NULL",
            "t**8",
            "陈",
            "ann@example.com",
            "=\"12\"",
            "-",
        ],
    );
    let day = mostly(
        (1..28_u32, 0..24_u32).prop_map(|(day, hour)| format!("2024-03-{day:02} {hour:02}:30:00")),
        &["", "2024-02-30", "soon", "2199-01-01", "1850-01-01"],
    );
    let net = mostly(
        (1..90_000_u32).prop_map(|cents| format!("{}.{:02}", cents / 100, cents % 100)),
        &[
            "",
            "0",
            "-5.00",
            "abc",
            "12345678901234567",
            "0.00001",
            "€ 7.50",
            "1,200.00",
        ],
    );
    (order, customer, day, net).prop_map(|(order, customer, day, net)| [order, customer, day, net])
}

fn text(rows: &[[String; 4]]) -> String {
    let mut text = "order_id,customer_id,ordered_at,net\n".to_owned();
    for row in rows {
        let quoted = row
            .each_ref()
            .map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")));
        writeln!(text, "{}", quoted.join(",")).expect("a string takes all");
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        rng_seed: proptest::test_runner::RngSeed::Fixed(20_261_123),
        ..ProptestConfig::default()
    })]

    #[test]
    fn plain_orders_count_as_if_everything_were_written_down(
        rows in proptest::collection::vec(row(), 20..300),
        again in 0..5_usize,
        files in 1..3_usize,
    ) {
        let folder = TempDir::new().expect("a folder");
        let mut rows = rows;
        rows.extend_from_within(..again);
        let of_each = rows.len().div_ceil(files);
        let mut paths = Vec::new();
        for (number, rows) in rows.chunks(of_each).enumerate() {
            let path = folder.path().join(format!("orders-{number}.csv"));
            std::fs::write(&path, text(rows)).expect("a file");
            paths.push(path);
        }
        let (plain, written) = (outcome(&paths, false), outcome(&paths, true));
        prop_assert_eq!(plain, written);
    }
}
