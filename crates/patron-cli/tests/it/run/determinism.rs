//! The same input and settings give the same bytes.

use crate::support::{OUT, Sandbox, Seeded, assert_same_files};

/// Files that may not depend on the order of rows or on how rows are divided into files.
const ORDER_FREE: [&str; 3] = ["customers.csv", "customers.parquet", "segments.csv"];

fn shop(customers: &str, seed: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let arguments = [
        "demo",
        "shop",
        "--customers",
        customers,
        "--seed",
        seed,
        "--quiet",
        "--orders-only",
    ];
    let outcome = sandbox.patron(&arguments);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    sandbox
}

#[test]
fn threads_change_nothing() {
    let sandbox = shop("5000", "11");
    let run = |threads| {
        let flags = ["shop/orders.csv", "--quiet", "--threads", threads];
        let results = sandbox.run(&flags);
        let used = results.run_json()["machine"]["threads"].clone();
        assert_eq!(used.to_string(), threads);
        results.reproducible()
    };
    let one = run("1");
    for threads in ["2", "5"] {
        assert_same_files(&run(threads), &one, &format!("{threads} threads against 1"));
    }
}

#[test]
fn spilling_to_disk_changes_nothing() {
    let sandbox = shop("20000", "12");
    let flags = ["shop/orders.csv", "--quiet"];
    let in_memory = sandbox.run(&flags);
    let machine = &in_memory.run_json()["machine"];
    assert_eq!(machine["spilled_bytes"], 0);
    let expected = in_memory.reproducible();
    for threads in ["1", "5"] {
        let spilling = [&flags[..], &["--memory", "16M", "--threads", threads]].concat();
        let spilled = sandbox.run(&spilling);
        let bytes = spilled.run_json()["machine"]["spilled_bytes"].as_u64();
        assert!(bytes > Some(0), "16 MB are too few for this shop");
        let what = format!("spilling on {threads} threads");
        assert_same_files(&spilled.reproducible(), &expected, &what);
    }
    assert_eq!(sandbox.names(), [OUT, "shop"], "spilled files are gone");
}

#[test]
fn the_order_of_rows_changes_nothing() {
    const SEED: u64 = 20_240_229;
    println!("seed {SEED}");
    let sandbox = shop("3000", "13");
    let flags = ["shop/orders.csv", "--quiet", "--format", "csv"];
    let expected = sandbox.run(&flags);
    let expected = ORDER_FREE.map(|name| expected.bytes(name));
    let text = sandbox.text("shop/orders.csv");
    let mut lines: Vec<&str> = text.lines().collect();
    let header = lines.remove(0);
    let mut random = Seeded(SEED);
    for round in 0..3 {
        random.shuffle(&mut lines);
        sandbox.write("shuffled.csv", format!("{header}\n{}\n", lines.join("\n")));
        let results = sandbox.run(&["shuffled.csv", "--quiet", "--format", "csv"]);
        for (name, bytes) in ORDER_FREE.iter().zip(&expected) {
            assert!(
                results.bytes(name) == *bytes,
                "`{name}` of shuffle {round} with seed {SEED}"
            );
        }
    }
}

#[test]
fn two_files_give_the_customers_of_one() {
    let sandbox = shop("3000", "14");
    let flags = ["shop/orders.csv", "--quiet"];
    let expected = sandbox.run(&flags);
    let expected = ORDER_FREE.map(|name| expected.bytes(name));
    let text = sandbox.text("shop/orders.csv");
    let lines: Vec<&str> = text.lines().collect();
    let (header, rows) = (lines[0], &lines[1..]);
    let (first, second) = rows.split_at(rows.len() / 3);
    for (name, part) in [("a.csv", first), ("b.csv", second)] {
        sandbox.write(name, format!("{header}\n{}\n", part.join("\n")));
    }
    for files in [["a.csv", "b.csv"], ["b.csv", "a.csv"]] {
        let results = sandbox.run(&[&files[..], &["--quiet"]].concat());
        for (name, bytes) in ORDER_FREE.iter().zip(&expected) {
            assert!(results.bytes(name) == *bytes, "`{name}` of {files:?}");
        }
        let run = results.run_json();
        let rows_in = |pointer: &str| run.pointer(pointer).and_then(|rows| rows.as_u64());
        let total = rows_in("/inputs/0/rows/in").zip(rows_in("/inputs/1/rows/in"));
        assert_eq!(total.map(|(a, b)| a + b), rows_in("/rows/in"));
        assert_eq!(rows_in("/rows/in"), Some(rows.len() as u64));
    }
}

#[test]
fn giving_a_file_twice_changes_no_customer() {
    let sandbox = shop("1000", "15");
    let once = sandbox.run(&["shop/orders.csv", "--quiet"]);
    let expected = ORDER_FREE.map(|name| once.bytes(name));
    let rows = once.run_json()["rows"].clone();
    let twice = sandbox.run(&["shop/orders.csv", "shop/orders.csv", "--quiet"]);
    for (name, bytes) in ORDER_FREE.iter().zip(&expected) {
        assert!(twice.bytes(name) == *bytes, "`{name}`");
    }
    let both = &twice.run_json()["rows"];
    assert_eq!(
        both["in"].as_u64(),
        rows["in"].as_u64().map(|rows| 2 * rows)
    );
    assert_eq!(
        both["accepted"], rows["accepted"],
        "every order counts once"
    );
    assert_eq!(
        both["merged"], rows["accepted"],
        "the second time it only repeats"
    );
}

#[test]
fn giving_lines_twice_changes_no_customer() {
    let orders = "customer_id,order_id,ordered_at,product_id,quantity,unit_price\n\
                  a,1,2024-01-01,tea,1,5\na,1,2024-01-01,tea,1,5\na,1,2024-01-01,cup,2,4\n\
                  b,2,2024-01-02,tea,3,5\n";
    let sandbox = Sandbox::with_orders(orders);
    let once = sandbox.run(&["orders.csv", "--quiet"]).customers();
    // Two equal lines of one order are two lines: the second is another occurrence.
    assert_eq!(once.column("monetary"), ["18.00", "15.00"]);
    let twice = sandbox.run(&["orders.csv", "orders.csv", "--quiet"]);
    assert_eq!(twice.customers(), once);
    assert_eq!(twice.run_json()["rows"]["merged"], 4);
}

#[test]
fn a_rerun_gives_the_same_spreadsheet_and_page() {
    let sandbox = shop("500", "16");
    let flags = ["shop/orders.csv", "--quiet", "--format", "xlsx,csv"];
    let first = sandbox.run(&flags);
    let names = ["customers.xlsx", "report.html"];
    let expected = names.map(|name| first.bytes(name));
    let second = sandbox.run(&flags);
    for (name, bytes) in names.iter().zip(&expected) {
        assert!(second.bytes(name) == *bytes, "`{name}` differs on a rerun");
    }
}

#[test]
fn a_result_elsewhere_differs_in_the_machine_object_alone() {
    let sandbox = shop("500", "17");
    let mut here = sandbox.run(&["shop/orders.csv", "--quiet"]).reproducible();
    std::fs::create_dir(sandbox.path("copy")).expect("a folder");
    std::fs::copy(
        sandbox.path("shop/orders.csv"),
        sandbox.path("copy/orders.csv"),
    )
    .expect("a copy");
    sandbox.run(&["copy/orders.csv", "--quiet", "--out", "deep/er/elsewhere"]);
    let mut there = sandbox.results("deep/er/elsewhere").reproducible();
    // It names each file as it was given, because two files in two folders may have one name.
    for files in [&mut here, &mut there] {
        assert!(files.remove("rejected.csv").is_some());
    }
    assert_same_files(&there, &here, "another folder");
}
