//! Imports come to the same rows whatever the threads and the memory.

use patron_ledger::{Bucket, Ledger, LedgerOptions, Location, ScanRequest, Table};

use super::{
    assert_same_results, assert_same_tables, counts, import, run, run_files, with_workspace,
};
use crate::support::Sandbox;

/// Orders and their lines of every kind: several shares of work, equal rows, refunds, and rows that are set aside.
/// `customer` names customers by their number.
fn mixed(rows: u32, version: u32, customer: impl Fn(u32) -> String) -> String {
    let mut text = String::from("order_id,customer_id,ordered_at,net,status,city,refunded,note\n");
    for row in 0..rows {
        let order = if row % 11 == 0 {
            String::new()
        } else {
            format!("o{}", row / 2 * 2)
        };
        let changed = if row % 17 == 0 { version } else { 0 };
        let status = ["paid", "paid", "cancelled", "refunded"][(row + changed) as usize % 4];
        let net = [7, 0, 12][row as usize % 3];
        let refunded = if row % 13 == 0 { "3" } else { "" };
        let city = ["Rome", "", "Berlin"][row as usize % 3];
        let day = row % 28 + 1;
        text.push_str(&format!(
            "{order},{},2024-01-{day:02},{net},{status},{city},{refunded},n{}\n",
            customer(row / 2),
            row % 3
        ));
    }
    // Rows that are equal in all but their line.
    for _ in 0..500 {
        let customers = [1, 2].map(&customer);
        let [first, second] = customers;
        text.push_str(&format!(
            ",{first},2024-01-05,5,paid,Rome,,\n,{second},2024-01-05,-5,paid,Rome,2,\n"
        ));
    }
    text
}

/// Imports a file into a workspace of its own; returns what the ledger then has, table by table.
fn imported(sandbox: &Sandbox, arguments: &[&str]) -> Vec<Vec<impl PartialEq + use<>>> {
    let name = format!("shop{}", arguments.concat());
    assert_eq!(sandbox.patron(&["init", &name]).code, 0);
    let flags = [
        "import",
        "mixed.csv",
        "--grain",
        "order",
        "--workspace",
        &name,
    ];
    let outcome = sandbox.patron(&[&flags[..], arguments].concat());
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let location = Location::in_workspace(&sandbox.path(&name));
    let ledger = Ledger::open_read_only(&location, LedgerOptions::default()).expect("a ledger");
    let rows = |table: &Table| {
        let scan = ledger.scan(&ScanRequest::new(*table)).expect("a scan");
        scan.collect::<Result<Vec<_>, _>>().expect("rows")
    };
    // When an import was made is not what it brought.
    let tables = Table::ALL.iter().filter(|table| **table != Table::Imports);
    tables.map(rows).collect::<Vec<_>>()
}

#[test]
fn what_is_imported_does_not_depend_on_threads_or_memory() {
    let sandbox = with_workspace();
    let text = mixed(600_000, 0, |number| format!("c{}", number % 9_973));
    sandbox.write("mixed.csv", text);
    let one = imported(&sandbox, &["--threads", "1"]);
    let filled = one.iter().filter(|batches| !batches.is_empty());
    assert!(filled.count() >= 3, "orders, rows set aside, customers");
    let by_threads = imported(&sandbox, &["--threads", "8"]);
    assert!(one == by_threads, "by threads");
    let by_memory = imported(&sandbox, &["--threads", "3", "--memory", "64M"]);
    assert!(one == by_memory, "by memory");
}

/// All customers are in one of the parts in which facts come together. It is more than 8 MB large, so that it is compared
/// piece by piece, and then has everything that was imported, and nothing twice.
#[test]
fn a_part_that_is_too_large_is_compared_piece_by_piece() {
    let sandbox = with_workspace();
    let numbers = (0_u32..).map(|number| format!("customer-{number:012}"));
    let customers: Vec<String> = numbers
        .filter(|id| Bucket::of_person(Some(id), 256) == 7)
        .take(97)
        .collect();
    let customer = |number: u32| customers[number as usize % customers.len()].clone();
    let files = ["first.csv", "second.csv"];
    sandbox.write(files[0], mixed(150_000, 0, customer));
    sandbox.write(files[1], mixed(160_000, 1, customer));
    for file in files {
        import(&sandbox, &[file, "--grain", "order"]);
    }
    let arguments = [&files[..], &["--grain", "order"]].concat();
    let of_files = run_files(&sandbox, &arguments);
    assert_same_results(&run(&sandbox, &[]), &of_files, "piece by piece");
    // The same again changes nothing.
    sandbox.write("again.csv", mixed(160_000, 1, customer) + "\n");
    let again = import(&sandbox, &["again.csv", "--grain", "order"]);
    let [_, new, superseding, ..] = counts(&again, "again.csv");
    assert_eq!((new, superseding), (0, 0));
    assert_same_tables(&run(&sandbox, &[]), &of_files, "again");
}
