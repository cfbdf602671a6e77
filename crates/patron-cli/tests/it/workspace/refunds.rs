//! Refunds as lists of their own: each counts once, for its order and whoever the newest version says.

use super::{SHOP, assert_same_results, counts, import, run, run_files, with_workspace};
use crate::support::Sandbox;

const ORDERS: &str = "order_id,customer_id,email,order_date,amount,note\no1,c1,ann@x.com,2024-01-05,100,20\no2,c2,bob@x.com,2024-02-05,50,\no3,c1,ann@x.com,2024-03-05,70,\n";

/// Fails unless the workspace gives what the files give, with these values of c1 and c2.
#[track_caller]
fn assert_worth(sandbox: &Sandbox, files: &[&str], expected: [&str; 2]) {
    let from_ledger = run(sandbox, &[]);
    let what = format!("{files:?}");
    assert_same_results(&from_ledger, &run_files(sandbox, files), &what);
    let table = from_ledger.customers();
    let found = ["c1", "c2"].map(|customer| table.cell(customer, "monetary"));
    assert_eq!(found, expected, "{what}");
}

/// The lines of refund `r1` in an export.
fn exported(sandbox: &Sandbox) -> Vec<String> {
    let exported = sandbox.patron(&["export", "refunds", "--workspace", SHOP]);
    assert_eq!(exported.code, 0, "{}", exported.stderr);
    let of_refund = |line: &&str| line.contains(",r1,") || line.starts_with("r1,");
    let lines = exported.stdout.lines().filter(of_refund);
    lines.map(str::to_owned).collect()
}

#[test]
fn a_refund_that_turns_out_to_be_of_another_customer_counts_once() {
    let sandbox = with_workspace();
    sandbox.write("orders.csv", ORDERS);
    let refund = |customer: &str, order: &str, amount: u32| {
        format!(
            "refund_id,order_id,customer_id,refund_date,amount\nr1,{order},{customer},2024-02-20,{amount}\nr2,o3,c1,2024-03-20,5\n"
        )
    };
    sandbox.write("first.csv", refund("c1", "o1", 15));
    sandbox.write("mended.csv", refund("c2", "o2", 15));
    sandbox.write("back.csv", refund("c1", "o1", 16));
    let worth = |files: &[&str], expected| assert_worth(&sandbox, files, expected);
    import(&sandbox, &["orders.csv", "first.csv"]);
    worth(&["orders.csv", "first.csv"], ["155.00", "50.00"]);
    let mended = import(&sandbox, &["mended.csv"]);
    assert_eq!(counts(&mended, "mended.csv"), [2, 0, 1, 1, 0]);
    let files = ["orders.csv", "first.csv", "mended.csv"];
    worth(&files, ["170.00", "35.00"]);
    assert_eq!(exported(&sandbox).len(), 1, "{:?}", exported(&sandbox));
    assert!(
        exported(&sandbox)[0].contains("c2"),
        "{:?}",
        exported(&sandbox)
    );
    // What was said before is said again: nothing new.
    sandbox.write("again.csv", refund("c2", "o2", 15).trim_end());
    let again = import(&sandbox, &["again.csv"]);
    assert_eq!(counts(&again, "again.csv"), [2, 0, 0, 2, 0]);
    import(&sandbox, &["back.csv"]);
    let files = [
        "orders.csv",
        "first.csv",
        "mended.csv",
        "again.csv",
        "back.csv",
    ];
    worth(&files, ["154.00", "50.00"]);
    assert!(
        exported(&sandbox)[0].contains("c1"),
        "{:?}",
        exported(&sandbox)
    );
    assert_eq!(exported(&sandbox).len(), 1, "{:?}", exported(&sandbox));
    // There and back again, word for word.
    sandbox.write("there.csv", refund("c2", "o2", 16));
    sandbox.write(
        "home.csv",
        refund("c1", "o1", 16).replace("\nr2,", "\n\nr2,"),
    );
    for file in ["there.csv", "home.csv"] {
        import(&sandbox, &[file]);
    }
    let files = [&files[..], &["there.csv", "home.csv"]].concat();
    worth(&files, ["154.00", "50.00"]);
}

#[test]
fn of_a_refund_that_stands_twice_in_a_file_the_last_row_counts() {
    let sandbox = with_workspace();
    sandbox.write("orders.csv", ORDERS);
    let both = "refund_id,order_id,customer_id,refund_date,amount\nr1,o1,c1,2024-02-20,15\nr1,o2,c2,2024-02-20,15\n";
    sandbox.write("both.csv", both);
    let results = run_files(&sandbox, &["orders.csv", "both.csv"]);
    assert_eq!(results.customers().cell("c1", "monetary"), "170.00");
    assert_eq!(results.customers().cell("c2", "monetary"), "35.00");
}

#[test]
fn refunds_reduce_their_orders_and_no_other() {
    let sandbox = with_workspace();
    sandbox.write(
        "orders.csv",
        "order_id,customer_id,order_date,amount,status\no1,c1,2024-01-05,100,paid\no2,c1,2024-02-05,50,paid\no3,c1,2024-02-06,30,cancelled\no4,c1,2024-02-07,20,pending\n",
    );
    sandbox.write(
        "refunds.csv",
        "refund_id,order_id,refund_date,amount,status\nr1,o1,2024-01-20,120,refunded\nr2,o3,2024-02-21,30,refunded\nr3,o4,2024-02-21,25,refunded\nr4,o2,2024-02-22,7,requested\n",
    );
    // Lines that were all cancelled, of an order of their own.
    sandbox.write(
        "lines.csv",
        "order_id,customer_id,order_date,sku,quantity,unit_price,status\nq1,c1,2024-03-01,a,1,10,cancelled\nq1,c1,2024-03-01,b,1,5,cancelled\nq2,c1,2024-03-02,a,1,10,paid\n",
    );
    sandbox.write(
        "more.csv",
        "refund_id,order_id,refund_date,amount\nr5,q1,2024-03-05,15\n",
    );
    let files = ["orders.csv", "refunds.csv", "lines.csv", "more.csv"];
    let report = import(&sandbox, &files);
    assert_eq!(counts(&report, "refunds.csv"), [4, 3, 0, 0, 1]);
    let from_ledger = run(&sandbox, &[]);
    let table = from_ledger.customers();
    assert_eq!(table.cell("c1", "monetary"), "60.00");
    assert_eq!(table.cell("c1", "orders"), "2");
    let from_files = run_files(&sandbox, &files);
    assert_same_results(&from_ledger, &from_files, "refunds");
    let note = from_files.run_json()["notes"]
        .as_array()
        .and_then(|notes| {
            notes
                .iter()
                .find(|note| note["key"] == "refunds_beyond_orders")
        })
        .cloned()
        .expect("a note of what was given back beyond orders");
    assert_eq!(note["params"]["count"], 2, "{note}");
    assert!(note["text"].to_string().contains("25.00 in all"), "{note}");
}

#[test]
fn a_refund_that_was_not_given_after_all_counts_no_more() {
    let sandbox = with_workspace();
    sandbox.write("orders.csv", ORDERS);
    let refund = |status: &str, note: &str| {
        format!(
            "refund_id,order_id,customer_id,refund_date,amount,status,reason\nr1,o1,c1,2024-02-20,15,{status},{note}\nr2,o2,,2024-02-21,5,{status},\n"
        )
    };
    for (file, status) in [
        ("given.csv", "succeeded"),
        ("refused.csv", "rejected"),
        ("again.csv", "refunded"),
        ("waits.csv", "pending"),
    ] {
        sandbox.write(file, refund(status, file));
    }
    let worth = |files: &[&str], expected| assert_worth(&sandbox, files, expected);
    import(&sandbox, &["orders.csv", "given.csv"]);
    worth(&["orders.csv", "given.csv"], ["155.00", "45.00"]);
    let refused = import(&sandbox, &["refused.csv"]);
    assert_eq!(counts(&refused, "refused.csv"), [2, 0, 0, 0, 2]);
    let files = [
        "orders.csv",
        "given.csv",
        "refused.csv",
        "again.csv",
        "waits.csv",
    ];
    worth(&files[..3], ["170.00", "50.00"]);
    assert_eq!(exported(&sandbox), [""; 0]);
    let again = import(&sandbox, &["again.csv"]);
    assert_eq!(counts(&again, "again.csv"), [2, 0, 2, 0, 0]);
    worth(&files[..4], ["155.00", "45.00"]);
    assert_eq!(exported(&sandbox).len(), 1);
    import(&sandbox, &["waits.csv"]);
    worth(&files, ["170.00", "50.00"]);
    // And in one file: the last row counts.
    let (given, refused) = (refund("refunded", "a"), refund("refused", "b"));
    let rows = |text: &str| {
        text.split_once('\n')
            .map_or("", |(_, rows)| rows)
            .to_owned()
    };
    sandbox.write(
        "both.csv",
        format!("{given}{}{}", rows(&refused), rows(&given)),
    );
    let both = import(&sandbox, &["both.csv"]);
    assert_eq!(counts(&both, "both.csv"), [6, 0, 2, 2, 2]);
    worth(&[&files[..], &["both.csv"]].concat(), ["155.00", "45.00"]);
}

#[test]
fn a_refund_that_was_not_given_counts_by_its_time_of_change_whatever_came_first() {
    let refund = |status: &str, at: &str| {
        format!(
            "refund_id,order_id,customer_id,refund_date,amount,status,updated_at\nr1,o1,c1,2024-02-20,15,{status},{at}\n"
        )
    };
    let given = refund("refunded", "2024-02-21");
    let refused = refund("rejected", "2024-02-22");
    for (first, second) in [(&given, &refused), (&refused, &given)] {
        let sandbox = with_workspace();
        sandbox.write("orders.csv", ORDERS);
        sandbox.write("first.csv", first);
        sandbox.write("second.csv", second);
        import(&sandbox, &["orders.csv", "first.csv"]);
        import(&sandbox, &["second.csv"]);
        let files = ["orders.csv", "first.csv", "second.csv"];
        assert_worth(&sandbox, &files, ["170.00", "50.00"]);
        assert_eq!(exported(&sandbox), [""; 0]);
        // It went to another order meanwhile.
        let moved = refund("refunded", "2024-02-23").replace("o1,c1", "o2,c2");
        sandbox.write("third.csv", moved);
        import(&sandbox, &["third.csv"]);
        let files = [&files[..], &["third.csv"]].concat();
        assert_worth(&sandbox, &files, ["170.00", "35.00"]);
    }
}

#[test]
fn a_refund_that_was_never_given_makes_nobody_a_customer() {
    let sandbox = with_workspace();
    sandbox.write("orders.csv", ORDERS);
    let refused =
        "refund_id,order_id,customer_id,refund_date,amount,status\nr1,,c8,2024-02-20,15,rejected\n";
    sandbox.write("refused.csv", refused);
    import(&sandbox, &["orders.csv", "refused.csv"]);
    let from_ledger = run(&sandbox, &[]);
    let from_files = run_files(&sandbox, &["orders.csv", "refused.csv"]);
    assert_same_results(&from_ledger, &from_files, "refused");
    assert!(
        !sandbox
            .text("from-files/customers_without_order.csv")
            .contains("c8")
    );
}

#[test]
fn orders_cannot_be_undone_before_the_refunds_that_name_them() {
    let sandbox = with_workspace();
    sandbox.write("orders.csv", ORDERS);
    sandbox.write(
        "others.csv",
        "order_id,customer_id,order_date,amount\no7,c1,2024-05-05,30\n",
    );
    sandbox.write(
        "refunds.csv",
        "refund_id,order_id,refund_date,amount\nr1,o1,2024-02-20,15\n",
    );
    for file in ["orders.csv", "others.csv", "refunds.csv"] {
        import(&sandbox, &[file]);
    }
    let undo = |import: &str| sandbox.patron(&["import", "--workspace", SHOP, "--undo", import]);
    undo("1").assert_refused(&[
        "import 1 cannot be undone",
        "name its orders",
        "undo these first, in this order: 3",
    ]);
    for import in ["2", "3", "1"] {
        let undone = undo(import);
        assert_eq!(undone.code, 0, "{import}: {}", undone.stderr);
    }
}

/// What the newest of two lists of refunds says counts, from the files and from the ledger.
#[track_caller]
fn assert_newest(first: &str, second: &str, expected: [&str; 2], in_export: usize) {
    let sandbox = with_workspace();
    sandbox.write("orders.csv", ORDERS);
    sandbox.write("first.csv", first);
    sandbox.write("second.csv", second);
    import(&sandbox, &["orders.csv", "first.csv"]);
    import(&sandbox, &["second.csv"]);
    let files = ["orders.csv", "first.csv", "second.csv"];
    assert_worth(&sandbox, &files, expected);
    assert_eq!(exported(&sandbox).len(), in_export);
    // And in one import.
    let together = with_workspace();
    for (name, text) in [
        ("orders.csv", ORDERS),
        ("first.csv", first),
        ("second.csv", second),
    ] {
        together.write(name, text);
    }
    import(&together, &files);
    assert_worth(&together, &files, expected);
}

#[test]
fn a_newer_version_without_a_time_of_change_counts_as_the_newer() {
    let first = "refund_id,order_id,customer_id,refund_date,amount,status,updated_at\nr1,o1,c1,2024-02-20,15,refunded,2024-02-21\n";
    let header = "refund_id,order_id,customer_id,refund_date,amount,status\n";
    for (row, expected, in_export) in [
        ("r1,o2,c2,2024-02-20,15,refunded", ["170.00", "35.00"], 1),
        ("r1,o2,c2,2024-02-20,15,rejected", ["170.00", "50.00"], 0),
        ("r1,o1,c1,2024-02-20,25,refunded", ["145.00", "50.00"], 1),
        ("r1,o1,c1,2024-02-20,15,rejected", ["170.00", "50.00"], 0),
    ] {
        assert_newest(first, &format!("{header}{row}\n"), expected, in_export);
        let dated = first.split('\n').next().unwrap_or_default();
        assert_newest(first, &format!("{dated}\n{row},\n"), expected, in_export);
    }
}

#[test]
fn what_was_refused_needs_neither_a_day_nor_an_amount_nor_a_name() {
    let header = "refund_id,order_id,customer_id,refund_date,amount,status\n";
    let first = format!("{header}r1,o1,c1,2024-02-20,15,refunded\n");
    for row in [
        "r1,o1,c1,,15,refused",
        "r1,o1,c1,2024-02-20,,refused",
        "r1,o1,c1,,,refused",
        "r1,o99,,,10,refused",
        "r1,,,2024-02-01,10,refused",
        "r1,,,,,closed",
    ] {
        let second = format!("{header}{row}\nr9,,,2024-02-01,10,refused\n");
        assert_newest(&first, &second, ["170.00", "50.00"], 0);
    }
    // One that was given needs its day.
    let undated = format!("{header}r1,o1,c1,,15,refunded\n");
    assert_newest(&first, &undated, ["155.00", "50.00"], 1);
}

#[test]
fn a_refund_that_went_to_and_fro_without_times_of_change_is_where_it_went_last() {
    let sandbox = with_workspace();
    sandbox.write("orders.csv", ORDERS);
    let header = "refund_id,order_id,customer_id,refund_date,amount,updated_at\n";
    for (file, row) in [
        ("1.csv", "r1,o1,c1,2024-02-20,15,2024-03-09"),
        ("2.csv", "r1,o2,c2,2024-02-20,15,"),
        ("3.csv", "r1,o1,c1,2024-02-20,20,2024-03-01"),
    ] {
        sandbox.write(file, format!("{header}{row}\n"));
    }
    import(&sandbox, &["orders.csv", "1.csv"]);
    import(&sandbox, &["2.csv"]);
    assert_worth(
        &sandbox,
        &["orders.csv", "1.csv", "2.csv"],
        ["170.00", "35.00"],
    );
    import(&sandbox, &["3.csv"]);
    let files = ["orders.csv", "1.csv", "2.csv", "3.csv"];
    assert_worth(&sandbox, &files, ["150.00", "50.00"]);
    assert!(exported(&sandbox)[0].contains("20.00"));
}
