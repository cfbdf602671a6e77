//! `patron demo`, then `patron run` on what it made.

use crate::support::{Sandbox, Table, ten_thousandths};

fn demo(sandbox: &Sandbox, folder: &str, seed: &str, flags: &[&str]) {
    let common = [
        "demo",
        folder,
        "--customers",
        "1000",
        "--seed",
        seed,
        "--quiet",
    ];
    let outcome = sandbox.patron(&[&common[..], flags].concat());
    assert_eq!(
        (outcome.code, outcome.stdout.as_str()),
        (0, ""),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_seed_is_a_shop() {
    let sandbox = Sandbox::new();
    demo(&sandbox, "one", "1", &["--orders-only"]);
    demo(&sandbox, "again", "1", &["--orders-only"]);
    demo(&sandbox, "two", "2", &["--orders-only"]);
    let orders = |folder: &str| sandbox.read(&format!("{folder}/orders.csv"));
    assert!(orders("one") == orders("again"));
    assert!(orders("one") != orders("two"));
}

#[test]
fn the_run_finds_in_the_shop_what_its_files_say() {
    let sandbox = Sandbox::new();
    for seed in ["1", "2"] {
        demo(&sandbox, "shop", seed, &[]);
        let results = sandbox.run(&["shop/orders.csv", "--quiet"]);
        let orders = Table::read(&sandbox.path("shop/orders.csv"));
        // Counted here by DEFINITIONS §4: paid, and something left after what went back.
        let columns = ["status", "net", "refunded"].map(|column| orders.place(column));
        let valid = orders.rows.iter().filter_map(|row| {
            let [status, net, refunded] = columns.map(|column| row[column].as_str());
            let left = ten_thousandths(net) - ten_thousandths(refunded);
            (status == "paid" && left > 0).then_some(left)
        });
        let (count, revenue) = valid.fold((0_u64, 0), |(count, sum), left| (count + 1, sum + left));
        let customers = results.customers();
        let found: u64 = customers
            .column("orders")
            .iter()
            .map(|cell| cell.parse::<u64>().expect("a count"))
            .sum();
        assert_eq!(found, count, "orders with seed {seed}");
        let found: i128 = customers
            .column("monetary")
            .iter()
            .map(|cell| ten_thousandths(cell))
            .sum();
        assert_eq!(found, revenue, "revenue with seed {seed}");
        let run = results.run_json();
        assert_eq!(run["clv"]["status"], "fitted", "seed {seed}");
        assert_eq!(run["currency"], "EUR");
        let rows = orders.rows.len() as u64;
        assert_eq!(run["rows"]["in"], rows);
        let prospects = Table::read(&results.path("customers_without_order.csv"));
        let people = customers.rows.len() + prospects.rows.len();
        let mut named: Vec<String> = ["customer_id", "email"]
            .map(|column| orders.place(column))
            .map(|place| {
                orders
                    .rows
                    .iter()
                    .map(|row| row[place].to_lowercase())
                    .collect::<Vec<_>>()
            })
            .into_iter()
            .reduce(|ids, emails| {
                let either = |(id, email): (String, String)| if id.is_empty() { email } else { id };
                ids.into_iter().zip(emails).map(either).collect()
            })
            .expect("two columns");
        named.sort();
        named.dedup();
        assert_eq!(people, named.iter().filter(|name| !name.is_empty()).count());
    }
}

#[test]
fn the_shop_is_a_workspace_and_gives_what_its_file_gives() {
    let sandbox = Sandbox::new();
    demo(&sandbox, "shop", "1", &[]);
    let flags = ["--quiet", "--currency", "EUR"];
    let files = sandbox.run(&[&["shop/orders.csv"], &flags[..]].concat());
    let file = files.bytes("customers.csv");
    let ledger = sandbox.run(&[&["--workspace", "shop"], &flags[..]].concat());
    assert!(ledger.bytes("customers.csv") == file);
    // Another shop takes its place, whole.
    demo(&sandbox, "shop", "2", &[]);
    let other = sandbox.run(&[&["shop/orders.csv"], &flags[..]].concat());
    let other = other.bytes("customers.csv");
    assert!(other != file);
    let ledger = sandbox.run(&[&["--workspace", "shop"], &flags[..]].concat());
    assert!(ledger.bytes("customers.csv") == other);
    // The workspace of a real shop does not.
    let made = sandbox.patron(&["init", "mine"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let refused = sandbox.patron(&["demo", "mine"]);
    refused.assert_refused(&["which is not of a demo shop"]);
    assert!(sandbox.path("mine/ledger.db").exists());
}
