//! Orders whose id stands with more than one customer: nobody's, on files and in the workspace alike.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    SHOP, assert_same_results, assert_same_tables, counts, import, run, run_files, with_workspace,
};
use crate::support::{Results, Sandbox, Seeded};

const HEADER: &str = "order_id,customer_id,ordered_at,net\n";
/// Enough other orders that some shared ids are an accident.
const OTHERS: &str = "90,zoe,2024-01-01,1\n91,zoe,2024-01-02,1\n92,zoe,2024-01-03,1\n";

fn monetary(results: &Results) -> BTreeMap<String, String> {
    let customers = results.customers();
    let both = customers.map("customer_id", "monetary").into_iter();
    both.map(|(id, sum)| (id.to_owned(), sum.to_owned()))
        .collect()
}

fn sums(of: &[(&str, &str)]) -> BTreeMap<String, String> {
    let both = of.iter();
    both.map(|(id, sum)| ((*id).to_owned(), (*sum).to_owned()))
        .collect()
}

fn note(results: &Results, key: &str) -> Option<serde_json::Value> {
    let run = results.run_json();
    let notes = run["notes"].as_array().expect("notes").clone();
    notes.into_iter().find(|note| note["key"] == key)
}

#[test]
fn inside_a_file_an_order_of_two_customers_is_nobodys() {
    let sandbox = with_workspace();
    let text = format!("{HEADER}1,ann,2024-01-05,60\n2,ann,2024-01-06,40\n1,bob,2024-01-05,60\n");
    sandbox.write("a.csv", text);
    let files = run_files(&sandbox, &["a.csv"]);
    assert_eq!(monetary(&files), sums(&[("ann", "40.00")]));
    let rows = files.run_json()["rows"].clone();
    assert_eq!(rows["set_aside"]["shared_order"], 2);
    assert_eq!(rows["revenue_set_aside"]["shared_order"], "120.00");
    assert_eq!(rows["accepted"], 1);
    let rejected = String::from_utf8(files.bytes("rejected.csv")).expect("text");
    for start in [
        "a.csv,2,shared_order,order_id,1,ann,\"another customer of this file has an order of the same id",
        "a.csv,4,shared_order,order_id,1,bob,\"another customer of this file has an order of the same id",
    ] {
        assert!(rejected.contains(start), "{rejected}");
    }
    let said = note(&files, "shared_orders_set_aside").expect("a note");
    assert_eq!(said["params"]["count"], 1);
    assert_eq!(said["params"]["example"], "1");
    let prospects = String::from_utf8(files.bytes("customers_without_order.csv")).expect("text");
    assert!(
        prospects.contains("bob,prospect,rows_set_aside:shared_order"),
        "{prospects}"
    );
    let imported = import(&sandbox, &["a.csv"]);
    assert_eq!(counts(&imported, "a.csv"), [3, 1, 0, 0, 2]);
    assert_same_results(&run(&sandbox, &[]), &files, "one file");
    let listed = sandbox.text("shop/rejected/1.csv");
    assert!(
        listed.contains("a.csv,4,shared_order,order_id,1,bob"),
        "{listed}"
    );
}

#[test]
fn an_order_stays_with_whom_it_stood_first() {
    let sandbox = with_workspace();
    sandbox.write("a.csv", format!("{HEADER}1,ann,2024-01-05,60\n{OTHERS}"));
    let later = format!("{HEADER}1,bob,2024-02-05,70\n2,bob,2024-02-06,5\n1,ann,2024-01-05,50\n");
    sandbox.write("b.csv", later);
    let files = run_files(&sandbox, &["a.csv", "b.csv"]);
    let expected = sums(&[("ann", "50.00"), ("bob", "5.00"), ("zoe", "3.00")]);
    assert_eq!(monetary(&files), expected, "ann's own newer version counts");
    import(&sandbox, &["a.csv"]);
    let shown = import(&sandbox, &["--dry-run", "b.csv"]);
    assert_eq!(counts(&shown, "b.csv"), [3, 1, 1, 0, 1]);
    let second = import(&sandbox, &["b.csv"]);
    assert_eq!(counts(&second, "b.csv"), [3, 1, 1, 0, 1]);
    assert_same_results(&run(&sandbox, &[]), &files, "one after another");
    let again = import(&sandbox, &["b.csv"]);
    assert!(
        again.stdout.contains("Nothing changed."),
        "{}",
        again.stdout
    );
    let together = with_workspace();
    together.write("a.csv", sandbox.read("a.csv"));
    together.write("b.csv", sandbox.read("b.csv"));
    import(&together, &["a.csv", "b.csv"]);
    assert_same_results(&run(&together, &[]), &files, "at once");
}

#[test]
fn customers_who_are_one_person_share_an_order() {
    let sandbox = with_workspace();
    let header = "order_id,customer_id,email,ordered_at,net\n";
    let guest = format!("{header}1,,ann@example.org,2024-01-05,60\n2,7,,2024-01-06,9\n");
    sandbox.write("a.csv", guest);
    let account = format!("{header}1,17,ann@example.org,2024-01-05,50\n3,17,,2024-01-07,1\n");
    sandbox.write("b.csv", account);
    let files = run_files(&sandbox, &["a.csv", "b.csv"]);
    assert_eq!(monetary(&files), sums(&[("17", "51.00"), ("7", "9.00")]));
    import(&sandbox, &["a.csv"]);
    import(&sandbox, &["b.csv"]);
    assert_same_tables(&run(&sandbox, &[]), &files, "joined as it is imported");
}

#[test]
fn joined_by_hand_the_file_brings_what_was_set_aside() {
    let sandbox = with_workspace();
    let text = format!("{HEADER}1,17,2024-01-05,60\n1,18,2024-01-05,70\n2,17,2024-01-06,40\n");
    sandbox.write("a.csv", text);
    let first = import(&sandbox, &["a.csv"]);
    assert_eq!(counts(&first, "a.csv"), [3, 1, 0, 0, 2]);
    assert!(
        first
            .stderr
            .contains("order ids that stand with more than one customer: 1, such as `1`"),
        "{}",
        first.stderr
    );
    let joined = sandbox.patron(&["identity", "join", "17", "18", "--workspace", SHOP]);
    assert_eq!(joined.code, 0, "{}", joined.stderr);
    let again = import(&sandbox, &["a.csv"]);
    assert!(
        again.stdout.contains("Nothing changed."),
        "{}",
        again.stdout
    );
    import(&sandbox, &["--undo", "1"]);
    let mended = import(&sandbox, &["a.csv"]);
    assert_eq!(counts(&mended, "a.csv"), [3, 3, 0, 0, 0]);
    assert_eq!(monetary(&run(&sandbox, &[])), sums(&[("17", "170.00")]));
    let verified = sandbox.patron(&["ledger", "verify", "--workspace", SHOP]);
    assert_eq!(verified.code, 0, "{}", verified.stderr);
}

#[test]
fn a_file_with_such_an_order_is_still_known_again() {
    let sandbox = with_workspace();
    let header = "order_id,customer_id,ordered_at,net,status\n";
    let first = format!(
        "{header}1,ann,2024-01-05,600,paid\n9,ann,2024-01-05,5,paid\n9,bob,2024-01-05,6,paid\n2,zoe,2024-01-05,1,paid\n"
    );
    sandbox.write("a.csv", first);
    sandbox.write("b.csv", format!("{header}1,ann,2024-01-05,600,cancelled\n"));
    import(&sandbox, &["a.csv"]);
    import(&sandbox, &["b.csv"]);
    let again = import(&sandbox, &["a.csv", "b.csv"]);
    assert!(
        again.stdout.contains("Nothing changed."),
        "{}",
        again.stdout
    );
    assert_eq!(monetary(&run(&sandbox, &[])), sums(&[("zoe", "1.00")]));
    let other = sandbox.patron(&[
        "import",
        "--workspace",
        SHOP,
        "a.csv",
        "--date-format",
        "dmy",
    ]);
    other.assert_refused(&["was read with other settings"]);
}

#[test]
fn money_that_went_back_for_an_order_of_two_customers_lowers_nobody() {
    let refunds = "refund_id,order_id,customer_id,refunded_at,amount\nr1,1,ann,2024-01-06,3\n";
    for (name, files, expected) in [
        (
            "a row below zero",
            vec![
                "1,ann,2024-01-05,60\n1,bob,2024-01-05,61\n1,ann,2024-01-06,-40\n2,zoe,2024-01-08,1\n3,ann,2024-01-05,9\n",
            ],
            [("ann", "9.00"), ("zoe", "1.00")],
        ),
        (
            "of another's order",
            vec![
                "1,zoe,2024-01-05,1\n3,ann,2024-01-05,9\n",
                "1,ann,2024-01-05,60\n1,ann,2024-01-06,-5\n",
            ],
            [("ann", "9.00"), ("zoe", "1.00")],
        ),
        (
            "in a list",
            vec![
                "1,ann,2024-01-05,60\n1,bob,2024-01-05,61\n2,zoe,2024-01-08,1\n3,ann,2024-01-05,9\n",
                "",
            ],
            [("ann", "9.00"), ("zoe", "1.00")],
        ),
    ] {
        let sandbox = with_workspace();
        let mut names = Vec::new();
        for (number, rows) in files.iter().enumerate() {
            let file = format!("{number}.csv");
            let text = match *rows {
                "" => refunds.to_owned(),
                rows => format!("{HEADER}{rows}"),
            };
            sandbox.write(&file, text);
            names.push(file);
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let results = run_files(&sandbox, &names);
        assert_eq!(monetary(&results), sums(&expected), "{name}");
        for file in &names {
            import(&sandbox, &[file]);
        }
        assert_same_tables(&run(&sandbox, &[]), &results, name);
    }
}

#[test]
fn a_refund_that_names_only_an_order_goes_to_whose_the_order_is() {
    let refunds = "refund_id,order_id,refunded_at,amount\nr1,1,2024-01-06,3\n";
    let header = "order_id,customer_id,ordered_at,net,status\n";
    for (name, files, expected) in [
        (
            "of the second file",
            [
                "1,ann,2024-01-05,60,paid\n1,bob,2024-01-05,61,paid\n2,zoe,2024-01-08,1,paid\n",
                "1,ann,2024-01-05,60,paid\n4,zoe,2024-01-08,1,paid\n",
            ],
            [("ann", "57.00"), ("zoe", "2.00")],
        ),
        (
            "cancelled for somebody else",
            [
                "1,zed,2024-01-05,60,cancelled\n1,ann,2024-01-05,60,paid\n",
                "2,zoe,2024-01-08,2,paid\n",
            ],
            [("ann", "57.00"), ("zoe", "2.00")],
        ),
    ] {
        let sandbox = with_workspace();
        for (number, rows) in files.iter().enumerate() {
            sandbox.write(&format!("{number}.csv"), format!("{header}{rows}"));
        }
        sandbox.write("refunds.csv", refunds);
        let names = ["0.csv", "1.csv", "refunds.csv"];
        let results = run_files(&sandbox, &names);
        assert_eq!(monetary(&results), sums(&expected), "{name}");
        for file in names {
            import(&sandbox, &[file]);
        }
        assert_same_results(&run(&sandbox, &[]), &results, name);
    }
}

#[test]
fn who_had_an_order_first_is_not_taken_back_before_the_others() {
    let sandbox = with_workspace();
    sandbox.write("a.csv", format!("{HEADER}1,ann,2024-01-05,60\n{OTHERS}"));
    sandbox.write(
        "b.csv",
        format!("{HEADER}1,bob,2024-01-05,60\n3,bob,2024-01-06,7\n"),
    );
    import(&sandbox, &["a.csv"]);
    import(&sandbox, &["b.csv"]);
    let undone = sandbox.patron(&["import", "--workspace", SHOP, "--undo", "1"]);
    undone.assert_refused(&["2"]);
    import(&sandbox, &["--undo", "2"]);
    import(&sandbox, &["--undo", "1"]);
    import(&sandbox, &["b.csv"]);
    assert_eq!(monetary(&run(&sandbox, &[])), sums(&[("bob", "67.00")]));
}

#[test]
fn orders_that_were_kept_for_each_may_come_again() {
    let sandbox = with_workspace();
    let both =
        (0..12).flat_map(|id| ["ann", "bob"].map(|who| format!("{id},{who},2024-01-05,1\n")));
    let shared = both.collect::<String>();
    sandbox.write("a.csv", format!("{HEADER}{shared}"));
    sandbox.write("b.csv", format!("{HEADER}{shared}77,ann,2024-01-09,5\n"));
    import(&sandbox, &["a.csv", "--keep", "shared-orders"]);
    let next = import(&sandbox, &["b.csv"]);
    assert_eq!(counts(&next, "b.csv"), [25, 1, 0, 24, 0]);
}

#[test]
fn kept_they_count_for_each() {
    let sandbox = with_workspace();
    let text = format!("{HEADER}1,ann,2024-01-05,60\n1,bob,2024-03-05,70\n");
    sandbox.write("a.csv", text);
    let files = run_files(&sandbox, &["a.csv", "--keep", "shared-orders"]);
    assert_eq!(
        monetary(&files),
        sums(&[("ann", "60.00"), ("bob", "70.00")])
    );
    let said = note(&files, "orders_of_two_customers").expect("a note");
    assert_eq!(said["params"]["count"], 1);
    import(&sandbox, &["a.csv", "--keep", "shared-orders"]);
    let ledger = run(&sandbox, &[]);
    assert_same_results(&ledger, &files, "kept");
    assert!(note(&ledger, "orders_of_two_customers").is_some());
}

#[test]
fn ids_that_many_share_are_no_orders() {
    let orders = |shared: usize| {
        let own = (shared..100).map(|id| format!("{id},ann,2024-01-05,1\n"));
        let both = (0..shared)
            .flat_map(|id| ["ann", "bob"].map(|who| format!("{id},{who},2024-01-05,1\n")));
        format!("{HEADER}{}", own.chain(both).collect::<String>())
    };
    let sandbox = with_workspace();
    sandbox.write("few.csv", orders(10));
    sandbox.write("many.csv", orders(11));
    let few = run_files(&sandbox, &["few.csv"]);
    assert_eq!(few.run_json()["rows"]["set_aside"]["shared_order"], 20);
    let words = [
        "11 of 100 order ids stand with more than one customer",
        "with `ann` and `bob`",
        "--map order_id=COLUMN",
        "--keep shared-orders",
    ];
    sandbox.refuses(&["many.csv"], &words);
    let refused = sandbox.patron(&["import", "--workspace", "shop", "many.csv"]);
    refused.assert_refused(&words);
    let kept = run_files(&sandbox, &["many.csv", "--keep", "shared-orders"]);
    let said = note(&kept, "orders_of_two_customers").expect("a note");
    assert_eq!(said["params"]["count"], 11);
}

#[test]
fn what_an_order_of_two_customers_gave_back_is_set_aside_with_it() {
    let sandbox = with_workspace();
    let header = "order_id,customer_id,ordered_at,net,refunded\n";
    let text = format!(
        "{header}1,17,2024-01-05,60,10\n1,18,2024-01-05,60,\n2,17,2024-01-06,40,5\n90,18,2024-01-01,1,\n"
    );
    sandbox.write("a.csv", text);
    sandbox.write(
        "refunds.csv",
        "refund_id,order_id,refunded_at,amount\nr1,1,2024-01-06,3\nr2,2,2024-01-06,4\n",
    );
    let files = run_files(&sandbox, &["a.csv", "refunds.csv"]);
    assert_eq!(monetary(&files), sums(&[("17", "35.00"), ("18", "1.00")]));
    let aside = files.run_json()["rows"]["set_aside"].clone();
    assert_eq!(aside["shared_order"], 2);
    assert_eq!(aside["missing_customer"], 1, "the refund of order 1");
    import(&sandbox, &["a.csv", "refunds.csv"]);
    assert_same_results(&run(&sandbox, &[]), &files, "at once");
}

/// A row of a random file: order, customer, amount.
type Row = (u64, u64, u64);

/// What counts of files by the rules of the guide, worked out row by row: by customer, the sum.
fn expected(files: &[Vec<Row>]) -> (BTreeMap<u64, u64>, u64) {
    let mut owners: BTreeMap<u64, u64> = BTreeMap::new();
    let mut counts: BTreeMap<(u64, u64), u64> = BTreeMap::new();
    let mut aside = 0;
    for file in files {
        let mut here: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
        for (order, customer, _) in file {
            here.entry(*order).or_default().insert(*customer);
        }
        for (order, customers) in &here {
            if let (1, None) = (customers.len(), owners.get(order)) {
                owners.insert(*order, *customers.first().expect("one"));
            }
        }
        for (order, customer, amount) in file {
            if owners.get(order) == Some(customer) {
                counts.insert((*customer, *order), *amount);
            } else {
                aside += 1;
            }
        }
    }
    let mut sums = BTreeMap::new();
    for ((customer, _), amount) in counts {
        *sums.entry(customer).or_default() += amount;
    }
    (sums, aside)
}

#[test]
fn random_files_come_out_as_the_rules_say() {
    let mut random = Seeded(20_261_122);
    for round in 0..12 {
        let sandbox = with_workspace();
        let mut files: Vec<Vec<Row>> = Vec::new();
        let mut names = Vec::new();
        for number in 0..1 + random.next() % 3 {
            // An order once a customer and file: each row is the order.
            let mut rows: BTreeMap<(u64, u64), u64> = BTreeMap::new();
            for _ in 0..200 {
                let order = random.next() % 300;
                let slip = u64::from(random.next().is_multiple_of(40));
                rows.insert((order, (order + slip) % 23), 1 + random.next() % 90);
            }
            let rows = rows.into_iter();
            let rows: Vec<Row> = rows.map(|((a, b), c)| (a, b, c)).collect();
            let lines = rows.iter();
            let lines =
                lines.map(|(o, c, net)| format!("{o},c{c:02},2024-01-{:02},{net}\n", 1 + o % 28));
            let name = format!("{number}.csv");
            sandbox.write(&name, format!("{HEADER}{}", lines.collect::<String>()));
            names.push(name);
            files.push(rows);
        }
        let (sums, aside) = expected(&files);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let results = run_files(&sandbox, &names);
        let sums: BTreeMap<String, String> = sums
            .into_iter()
            .map(|(customer, sum)| (format!("c{customer:02}"), format!("{sum}.00")))
            .collect();
        assert_eq!(monetary(&results), sums, "round {round}");
        let counted = results.run_json()["rows"]["set_aside"]["shared_order"].as_u64();
        assert_eq!(counted.unwrap_or(0), aside, "round {round}");
        for name in &names {
            import(&sandbox, &[name]);
        }
        assert_same_results(&run(&sandbox, &[]), &results, &format!("round {round}"));
    }
}

#[test]
fn lines_of_an_order_go_together_whatever_the_threads() {
    let header = "order_id,customer_id,ordered_at,product_id,quantity,unit_price\n";
    let mut text = header.to_owned();
    for order in 0..3_000 {
        for line in 0..3 {
            let customer = if order % 100 == 7 && line == 2 {
                1
            } else {
                order % 500
            };
            text.push_str(&format!("{order},c{customer},2024-01-05,p{line},1,5\n"));
        }
    }
    let sandbox = Sandbox::with_orders(&text);
    let one = run_files(&sandbox, &["orders.csv", "--threads", "1"]);
    let first = one.reproducible();
    assert_eq!(one.run_json()["rows"]["set_aside"]["shared_order"], 90);
    let two = run_files(
        &sandbox,
        &["orders.csv", "--threads", "2", "--memory", "16M"],
    );
    assert!(
        first == two.reproducible(),
        "threads or memory change results"
    );
}

#[test]
fn one_order_written_twice_under_two_names_of_a_person_is_asked_about() {
    let sandbox = with_workspace();
    let header = "order_id,customer_id,email,ordered_at,net\n";
    let text = format!(
        "{header}1,,ann@x.org,2024-01-05,60\n1,17,ann@x.org,2024-01-07,60\n2,zoe,,2024-01-05,1\n"
    );
    sandbox.write("a.csv", text);
    sandbox.refuses(&["a.csv"], &["--grain"]);
    let asked = sandbox.patron(&["import", "--workspace", SHOP, "a.csv"]);
    asked.assert_refused(&["--grain"]);
    import(&sandbox, &["a.csv", "--grain", "order"]);
    let files = run_files(&sandbox, &["a.csv", "--grain", "order"]);
    assert_eq!(monetary(&files), sums(&[("17", "60.00"), ("zoe", "1.00")]));
    assert_same_tables(&run(&sandbox, &[]), &files, "one version counts");
}
