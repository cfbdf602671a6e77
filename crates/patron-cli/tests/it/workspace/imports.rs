//! What `patron import` says and does: previews, accounts, repeats, undoing, settings.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::{SHOP, assert_same_results, counts, import, run, run_files, with_workspace};
use crate::support::Sandbox;

const JANUARY: &str = "order_id,customer_id,ordered_at,product_id,quantity,unit_price,status,city\n1,ann,2024-01-05,tea,2,10,paid,Berlin\n1,ann,2024-01-05,cup,1,7,paid,Berlin\n2,bob,2024-01-06,tea,1,10,cancelled,Rome\n3,cem,2024-01-07,tea,-1,10,paid,\n4,,2024-01-07,tea,1,10,paid,\n5,dee,2024-01-09,postage,1,3,paid,\n";
const FEBRUARY: &str = "order_id,customer_id,ordered_at,product_id,quantity,unit_price,status,city\n1,ann,2024-01-05,tea,3,10,paid,Berlin\n1,ann,2024-01-05,cup,1,7,paid,Berlin\n2,bob,2024-01-06,tea,1,10,cancelled,Rome\n9,bob,2024-02-06,tea,5,10,paid,Rome\n";

fn shop() -> Sandbox {
    let sandbox = with_workspace();
    sandbox.write("january.csv", JANUARY);
    sandbox.write("february.csv", FEBRUARY);
    sandbox
}

/// Every file below a folder with its bytes, but for what SQLite leaves where somebody read: shared memory, an empty log.
pub(crate) fn contents(folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("the folder can be listed") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            contents(&path, found);
        } else if path
            .extension()
            .is_none_or(|extension| extension != "db-shm")
        {
            let bytes = fs::read(&path).expect("the file can be read");
            if !(bytes.is_empty() && path.ends_with("ledger.db-wal")) {
                found.insert(path.display().to_string(), bytes);
            }
        }
    }
}

#[test]
fn every_row_is_accounted_for_and_nothing_is_there_twice() {
    let sandbox = shop();
    let first = import(&sandbox, &["january.csv"]);
    // A cancelled order and one without a customer are set aside; a negative line is a refund.
    assert_eq!(counts(&first, "january.csv"), [6, 4, 0, 0, 2]);
    assert!(
        first
            .stdout
            .contains("1 missing customer, 1 cancelled order"),
        "{}",
        first.stdout
    );
    let again = import(&sandbox, &["january.csv"]);
    assert_eq!(counts(&again, "january.csv"), [6, 0, 0, 4, 2]);
    assert!(
        again
            .stdout
            .contains("january.csv is import 1: nothing of it is new")
    );
    assert!(again.stdout.contains("Nothing changed."));
    let next = import(&sandbox, &["february.csv"]);
    assert_eq!(counts(&next, "february.csv"), [4, 1, 1, 1, 1]);
    // The same rows with a mark at the start and other ends of lines are another file, and say nothing new.
    sandbox.write(
        "windows.csv",
        format!("\u{feff}{}", FEBRUARY.replace('\n', "\r\n")),
    );
    let same = import(&sandbox, &["windows.csv"]);
    assert_eq!(counts(&same, "windows.csv"), [4, 0, 0, 3, 1]);
    let files = run_files(&sandbox, &["january.csv", "february.csv", "windows.csv"]);
    assert_same_results(&run(&sandbox, &[]), &files, "three files");
    let list = import(&sandbox, &["--list"]);
    assert_eq!(counts(&list, "february.csv"), [4, 1, 1, 1, 1]);
}

#[test]
fn what_was_set_aside_is_kept_beside_the_ledger() {
    let sandbox = shop();
    import(&sandbox, &["february.csv", "january.csv"]);
    let kept = sandbox.text("shop/rejected/2.csv");
    assert!(kept.contains("january.csv,6,missing_customer"), "{kept}");
    // Mended, the file brings the row that was missing.
    sandbox.write("mended.csv", JANUARY.replace("4,,2024", "4,eve,2024"));
    let mended = import(&sandbox, &["mended.csv"]);
    assert_eq!(counts(&mended, "mended.csv"), [6, 1, 0, 4, 1]);
}

#[test]
fn a_dry_run_shows_all_and_writes_nothing() {
    let sandbox = shop();
    import(&sandbox, &["january.csv"]);
    let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
    contents(&sandbox.path(SHOP), &mut before);
    let shown = import(&sandbox, &["--dry-run", "february.csv"]);
    contents(&sandbox.path(SHOP), &mut after);
    assert!(before == after, "the workspace was changed");
    assert_eq!(counts(&shown, "february.csv"), [4, 1, 1, 1, 1]);
    assert!(
        shown
            .stdout
            .contains("Nothing was imported: this was a dry run.")
    );
    assert!(
        shown.stdout.contains("│ 5           bob       9"),
        "a sample of rows: {}",
        shown.stdout
    );
    for words in [
        "february.csv",
        "delimiter `,`",
        "dates ymd",
        "decimal point",
        "orders from 2024-01-05 to 2024-02-06",
    ] {
        assert!(shown.stderr.contains(words), "{words}: {}", shown.stderr);
    }
}

#[test]
fn a_dry_run_shows_the_first_rows_of_any_file() {
    let sandbox = with_workspace();
    let orders = "order_id,customer_id,ordered_at,net,refunded\no1,ann,2024-01-05,10,2.5\no2,,2024-01-06,11,\no3,bob,2024-01-07,12,\no4,bob,2024-01-08,13,\no5,zoe,2024-01-09,14,\no6,zoe,2024-01-10,15,\no7,zoe,2024-01-11,16,\n";
    sandbox.write("orders.csv", orders);
    import(&sandbox, &["orders.csv"]);
    for name in ["again.parquet", "again.xlsx", "again.json", "again.jsonl"] {
        let export = ["export", "orders", "--workspace", SHOP, "--out", name];
        let outcome = sandbox.patron(&export);
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        let shown = import(&sandbox, &["--dry-run", name]).stdout;
        let rows = shown
            .lines()
            .filter(|line| line.contains("T00:00:00+00:00"));
        let rows: Vec<Vec<&str>> = rows.map(|row| row.split_whitespace().collect()).collect();
        let rows: Vec<String> = rows.iter().map(|row| row[2..6].join(" ")).collect();
        assert_eq!(
            rows,
            [
                "ann o1 2024-01-05T00:00:00+00:00 10.00",
                "bob o3 2024-01-07T00:00:00+00:00 12.00",
                "bob o4 2024-01-08T00:00:00+00:00 13.00",
                "zoe o5 2024-01-09T00:00:00+00:00 14.00",
                "zoe o6 2024-01-10T00:00:00+00:00 15.00",
            ],
            "{name}:\n{shown}"
        );
    }
}

#[test]
fn an_undone_import_was_never_there_and_earlier_snapshots_have_it() {
    let sandbox = shop();
    import(&sandbox, &["january.csv"]);
    sandbox.write(
        "march.csv",
        "order_id,customer_id,ordered_at,net\n20,zoe,2024-03-01,50\n",
    );
    import(&sandbox, &["march.csv"]);
    let both = run_files(&sandbox, &["january.csv", "march.csv"]);
    assert_same_results(&run(&sandbox, &[]), &both, "before");
    let undone = import(&sandbox, &["--undo", "2"]);
    assert!(
        undone
            .stdout
            .contains("Import 2 (march.csv) was taken back"),
        "{}",
        undone.stdout
    );
    let one = run_files(&sandbox, &["january.csv"]);
    assert_same_results(&run(&sandbox, &[]), &one, "undone");
    let both = run_files(&sandbox, &["january.csv", "march.csv"]);
    assert_same_results(&run(&sandbox, &["--at", "3"]), &both, "as it was");
    // The number is not used again.
    let again = import(&sandbox, &["march.csv"]);
    assert!(again.stdout.contains("│ 3 "), "{}", again.stdout);
}

#[test]
fn an_import_on_which_others_build_cannot_be_undone_first() {
    let sandbox = shop();
    import(&sandbox, &["january.csv"]);
    import(&sandbox, &["february.csv"]);
    let refused = sandbox.patron(&["import", "--workspace", SHOP, "--undo", "1"]);
    refused.assert_refused(&[
        "import 1 cannot be undone",
        "undo these first, in this order: 2",
    ]);
    let refused = sandbox.patron(&["import", "--workspace", SHOP, "--undo", "9"]);
    refused.assert_refused(&["there is no import 9", "patron import --list"]);
    import(&sandbox, &["--undo", "2"]);
    import(&sandbox, &["--undo", "1"]);
    let empty = sandbox.patron(&["run", "--workspace", SHOP]);
    empty.assert_refused(&["holds no orders", "patron import FILE"]);
}

#[test]
fn a_run_at_a_snapshot_knows_what_was_known_then() {
    let sandbox = shop();
    import(&sandbox, &["january.csv"]);
    import(&sandbox, &["february.csv"]);
    let january = run_files(&sandbox, &["january.csv"]);
    assert_same_results(&run(&sandbox, &["--at", "2"]), &january, "snapshot 2");
    let results = run(&sandbox, &["--at", "2"]);
    assert_eq!(results.run_json()["ledger"]["snapshot"], 2);
    let gone = sandbox.patron(&["run", "--workspace", SHOP, "--at", "1"]);
    gone.assert_refused(&["holds no orders as of that snapshot", "patron ledger log"]);
    let none = sandbox.patron(&["run", "--workspace", SHOP, "--at", "99"]);
    none.assert_refused(&["99"]);
    let bad = sandbox.patron(&["run", "--workspace", SHOP, "--at", "yesterday"]);
    bad.assert_bad_command_line(&["a snapshot's number, a day or a time"]);
}

#[test]
fn the_settings_of_the_workspace_hold() {
    let sandbox = shop();
    let settings = sandbox.text("shop/patron.toml");
    let settings = settings
        .replace("#timezone = \"UTC\" ", "timezone = \"Asia/Shanghai\" ")
        .replace("#exclude_customers = [] ", "exclude_customers = [\"cem\"] ");
    sandbox.write("shop/patron.toml", settings);
    import(&sandbox, &["january.csv"]);
    let flags = [
        "january.csv",
        "--timezone",
        "Asia/Shanghai",
        "--exclude-customer",
        "cem",
    ];
    let files = run_files(&sandbox, &flags);
    let ledger = run(&sandbox, &[]);
    assert_same_results(&ledger, &files, "settings");
    assert_eq!(ledger.run_json()["timezone"], "Asia/Shanghai");
    // What was decided when files were read cannot be decided again.
    let refused = sandbox.patron(&["run", "--workspace", SHOP, "--exclude-customer", "ann"]);
    refused.assert_refused(&["was decided when they were imported", "patron import"]);
}

#[test]
fn one_workspace_has_one_currency() {
    let sandbox = with_workspace();
    sandbox.write(
        "eur.csv",
        "order_id,customer_id,date,net,currency\n1,ann,2024-01-05,20,EUR\n",
    );
    sandbox.write(
        "usd.csv",
        "order_id,customer_id,date,net,currency\n2,ann,2024-01-06,20,USD\n",
    );
    import(&sandbox, &["eur.csv"]);
    let refused = sandbox.patron(&["import", "--workspace", SHOP, "usd.csv"]);
    refused.assert_refused(&["the amounts are in USD, those of import 1 in EUR"]);
}

#[test]
fn a_file_whose_grain_is_unknown_is_refused_whole() {
    let sandbox = shop();
    sandbox.write(
        "repeated.csv",
        "order_id,customer_id,date,net\n1,ann,2024-01-05,20\n1,ann,2024-01-05,20\n",
    );
    let refused = sandbox.patron(&["import", "--workspace", SHOP, "january.csv", "repeated.csv"]);
    refused.assert_refused(&[
        "order ids of `repeated.csv`",
        "(1 of them)",
        "--grain order",
    ]);
    assert!(
        import(&sandbox, &["--list"])
            .stdout
            .contains("Nothing was imported yet")
    );
}

#[test]
fn orders_of_the_future_are_set_aside() {
    let sandbox = with_workspace();
    sandbox.write(
        "orders.csv",
        "order_id,customer_id,date,net\n1,ann,2024-01-05,20\n2,ann,2190-01-05,20\n",
    );
    let found = import(&sandbox, &["orders.csv"]);
    assert_eq!(counts(&found, "orders.csv"), [2, 1, 0, 0, 1]);
    let files = run_files(&sandbox, &["orders.csv"]);
    assert_same_results(&run(&sandbox, &[]), &files, "an order of the future");
    let rejected = files.rejected();
    assert!(rejected.column("reason")[0].contains("a date after"));
}

#[test]
fn a_customer_known_only_from_a_row_without_a_date_is_kept() {
    let sandbox = with_workspace();
    sandbox.write(
        "orders.csv",
        "order_id,customer_id,email,date,amount\n1,19,ann@x.com,2024-01-01,10\n2,20,bob@x.com,never,20\n3,,cy@x.com,,20\n",
    );
    let found = import(&sandbox, &["orders.csv"]);
    assert_eq!(counts(&found, "orders.csv"), [3, 1, 0, 0, 2]);
    let files = run_files(&sandbox, &["orders.csv"]);
    assert_same_results(&run(&sandbox, &[]), &files, "rows without a date");
}

#[test]
fn details_that_cannot_be_read_are_said_and_the_row_is_kept() {
    let sandbox = with_workspace();
    let rows: String = (1..60)
        .map(|day| format!("{day},ann,2024-01-05,20,{day}\n"))
        .collect();
    sandbox.write(
        "orders.csv",
        format!("order_id,customer_id,date,net,shipping\n{rows}99,bob,2024-01-05,20,free\n"),
    );
    let found = import(&sandbox, &["orders.csv"]);
    assert_eq!(counts(&found, "orders.csv")[1], 60);
    assert!(found.stderr.contains("line 61, `free`"), "{}", found.stderr);
}

#[test]
fn a_folder_that_is_no_workspace_is_said() {
    let sandbox = Sandbox::with_orders("order_id,customer_id,date,net\n1,ann,2024-01-05,20\n");
    for arguments in [&["import", "orders.csv"][..], &["run"], &["ledger", "log"]] {
        let refused = sandbox.patron(arguments);
        refused.assert_refused(&["is no workspace", "patron init"]);
    }
    let made = with_workspace();
    let again = made.patron(&["init", SHOP]);
    again.assert_refused(&["there is a ledger at"]);
}

#[test]
fn equal_rows_that_each_tell_a_refund_keep_both() {
    let sandbox = with_workspace();
    sandbox.write(
        "orders.csv",
        "customer_id,date,amount,status\nann,2024-06-10,20.5,refunded\nann,2024-06-10,20.5,refunded\nbob,2024-06-10,7,paid\n",
    );
    import(&sandbox, &["orders.csv"]);
    let files = run_files(&sandbox, &["orders.csv"]);
    assert_same_results(&run(&sandbox, &[]), &files, "two refunds");
    // Written otherwise, with columns in another order and one more, these are the same rows.
    sandbox.write(
        "again.csv",
        "note,amount,status,date,customer_id\na,20.50,refunded,2024-06-10,ann\nb,20.5,refunded,2024-06-10,ann\nc,7.00,paid,2024-06-10,bob\n",
    );
    let again = import(&sandbox, &["again.csv"]);
    assert_eq!(counts(&again, "again.csv"), [3, 0, 0, 3, 0]);
    let results = run(&sandbox, &[]);
    assert_eq!(results.bytes("customers.csv"), files.bytes("customers.csv"));
}

#[test]
fn contact_details_are_the_latest_of_each_whatever_import_brought_them() {
    let sandbox = with_workspace();
    let header = "order_id,customer_id,date,net,email,phone,name";
    sandbox.write(
        "a.csv",
        format!("{header}\n1,ann,2024-03-01,5,new@x.org,,\n2,ann,2024-01-01,5,old@x.org,111,Ann Old\n3,bob,2024-01-01,5,,222,Bob\n"),
    );
    sandbox.write(
        "b.csv",
        format!("{header}\n4,ann,2024-02-01,5,mid@x.org,333,\n5,bob,2024-01-01,5,b@x.org,,Abe\n"),
    );
    import(&sandbox, &["a.csv"]);
    import(&sandbox, &["b.csv"]);
    let files = run_files(&sandbox, &["a.csv", "b.csv"]);
    let ledger = run(&sandbox, &[]);
    assert_same_results(&ledger, &files, "contacts");
    let customers = ledger.customers();
    assert_eq!(customers.cell("ann", "email"), "new@x.org");
    assert_eq!(customers.cell("ann", "phone"), "333");
    assert_eq!(customers.cell("ann", "name"), "Ann Old");
    import(&sandbox, &["--undo", "2"]);
    let one = run_files(&sandbox, &["a.csv"]);
    assert_same_results(&run(&sandbox, &[]), &one, "undone");
}

#[test]
fn an_import_whose_rows_set_aside_others_left_out_cannot_be_undone_first() {
    let sandbox = with_workspace();
    let cancelled = "order_id,customer_id,date,net,status\n1,ann,2024-01-05,20,cancelled\n";
    sandbox.write("a.csv", cancelled);
    sandbox.write("b.csv", format!("{cancelled}2,bob,2024-01-05,20,paid\n"));
    import(&sandbox, &["a.csv"]);
    import(&sandbox, &["b.csv"]);
    let refused = sandbox.patron(&["import", "--workspace", SHOP, "--undo", "1"]);
    refused.assert_refused(&["undo these first, in this order: 2"]);
}

/// Returns a zip archive of files that are not compressed.
fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let (mut body, mut directory) = (Vec::new(), Vec::new());
    let size = |bytes: usize| u32::try_from(bytes).expect("a small file").to_le_bytes();
    for (name, text) in files {
        let mut crc = flate2::Crc::new();
        crc.update(text.as_bytes());
        // Version, flags, method, time, date, checksum, sizes, length of the name, of what is extra.
        let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0x58];
        common.extend(crc.sum().to_le_bytes());
        common.extend([size(text.len()), size(text.len())].concat());
        common.extend([&size(name.len())[..2], &[0, 0]].concat());
        directory.extend(
            [
                b"PK\x01\x02\x14\x00",
                &common[..],
                &[0; 10],
                &size(body.len()),
            ]
            .concat(),
        );
        directory.extend(name.as_bytes());
        body.extend([b"PK\x03\x04", &common[..], name.as_bytes(), text.as_bytes()].concat());
    }
    let count = &size(files.len())[..2];
    let end = [
        b"PK\x05\x06\0\0\0\0",
        count,
        count,
        &size(directory.len()),
        &size(body.len()),
        &[0, 0],
    ];
    [body, directory, end.concat()].concat()
}

#[test]
fn files_of_one_archive_are_files_of_their_own() {
    let sandbox = with_workspace();
    let rows =
        |order: u32| format!("order_id,customer_id,date,net\n{order},ann,2024-01-0{order},5\n");
    sandbox.write(
        "both.zip",
        archive(&[("a.csv", &rows(1)), ("b.csv", &rows(2))]),
    );
    import(&sandbox, &["both.zip#a.csv"]);
    let second = import(&sandbox, &["both.zip#b.csv"]);
    assert_eq!(counts(&second, "both.zip#b.csv"), [1, 1, 0, 0, 0]);
    let again = import(&sandbox, &["both.zip#a.csv"]);
    assert!(again.stdout.contains("is import 1"), "{}", again.stdout);
}

#[test]
fn a_file_that_was_read_with_other_settings_is_not_passed_over() {
    let sandbox = with_workspace();
    sandbox.write(
        "a.csv",
        "order_id,customer_id,date,net\n1,ann,05/06/2024,20\n2,bob,06/06/2024,20\n",
    );
    import(&sandbox, &["a.csv", "--date-format", "dmy"]);
    let other = sandbox.patron(&[
        "import",
        "--workspace",
        SHOP,
        "a.csv",
        "--date-format",
        "mdy",
    ]);
    other.assert_refused(&[
        "`a.csv` is import 1, which was read with other settings",
        "--undo 1",
    ]);
    let settings = sandbox.text("shop/patron.toml");
    let settings = settings.replace("#exclude_customers = [] ", "exclude_customers = [\"bob\"] ");
    sandbox.write("shop/patron.toml", settings);
    let said = sandbox.patron(&["run", "--workspace", SHOP, "--no-clv"]);
    assert!(
        said.stderr
            .contains("than when these imports were made: 1."),
        "{}",
        said.stderr
    );
}

#[test]
fn money_has_one_currencys_name() {
    let sandbox = with_workspace();
    sandbox.write(
        "a.csv",
        "order_id,customer_id,date,net,currency\n1,ann,2024-01-05,20,EUR\n",
    );
    import(&sandbox, &["a.csv"]);
    let refused = sandbox.patron(&["run", "--workspace", SHOP, "--currency", "USD"]);
    refused.assert_refused(&[
        "in the ledger are in EUR, not in USD",
        "leave `--currency` out",
    ]);
}

#[test]
fn a_cancelled_order_that_names_articles_is_there_once() {
    let sandbox = with_workspace();
    let rows = "order_id,customer_id,date,amount,sku,status\n1,ann,2024-01-01,5,S,cancelled\n2,ann,2024-01-02,6,T,paid\n";
    sandbox.write("a.csv", rows);
    sandbox.write("b.csv", format!("{rows}\n"));
    import(&sandbox, &["a.csv"]);
    let again = import(&sandbox, &["b.csv"]);
    assert_eq!(counts(&again, "b.csv"), [2, 0, 0, 1, 1]);
    assert!(
        again
            .stdout
            .contains("all that can be used was there already"),
        "{}",
        again.stdout
    );
    // Nothing of the second import is in the way of the first.
    import(&sandbox, &["--undo", "2"]);
    let verified = sandbox.patron(&["ledger", "verify", "--workspace", SHOP]);
    assert_eq!(verified.code, 0);
}

#[test]
fn a_refund_whose_details_changed_is_the_same_refund() {
    let sandbox = with_workspace();
    for (name, coupon) in [("a.csv", "Y"), ("b.csv", "X")] {
        sandbox.write(name, format!("customer_id,date,order_id,amount,coupon\nann,2024-06-10,o7,30,\nann,2024-06-10,o7,-4,{coupon}\n"));
        import(&sandbox, &[name]);
    }
    assert_eq!(
        run(&sandbox, &[]).customers().cell("ann", "monetary"),
        "26.00"
    );
}

#[test]
fn everything_known_of_a_customer_is_shown() {
    let sandbox = shop();
    import(&sandbox, &["january.csv"]);
    import(&sandbox, &["february.csv"]);
    let ask = |id: &str| sandbox.patron(&["customer", "--workspace", SHOP, id]);
    let results = run(&sandbox, &[]);
    let ann = ask("ann");
    assert_eq!(ann.code, 0, "{}", ann.stderr);
    let monetary = results.customers().cell("ann", "monetary").to_owned();
    assert_eq!(monetary, "37.00");
    // Three teas in the place of two, and the cup as it was.
    for words in [
        "as of 2024-02-06",
        &monetary,
        "superseded by import 2",
        "cup",
        "recency",
        "because",
    ] {
        assert!(ann.stdout.contains(words), "{words}: {}", ann.stdout);
    }
    let superseded = ann
        .stdout
        .lines()
        .filter(|line| line.contains("superseded"));
    assert_eq!(
        superseded
            .filter(|line| line.contains("tea") && line.contains("20.00"))
            .count(),
        1
    );
    let cem = ask("cem");
    assert!(cem.stdout.contains("No valid order: "), "{}", cem.stdout);
    ask("nobody").assert_refused(&["there is no customer `nobody`"]);
}
