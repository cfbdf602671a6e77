//! Who is who: guests and accounts, the journal, words by hand; the same from files and from their imports.

use std::collections::BTreeMap;

use patron_core::Instant;
use patron_state::{IdentityMove, Reason, State};

use super::{SHOP, assert_same_results, import, imports_contents, run, run_files, with_workspace};
use crate::support::{Outcome, Results, Sandbox};

const HEADER: &str = "order_id,customer_id,email,phone,date,amount\n";

/// An account with two addresses in time, guests with its addresses, two accounts with one address.
const ORDERS: &str = "1,17,Ann@x.com,+49 170 1234567,2024-01-05,10\n\
    2,,ann@x.com,,2024-02-05,20\n\
    3,,bob@x.com,,2024-02-06,30\n\
    4,18,cy@x.com,,2024-03-06,30\n\
    5,19,cy@x.com,,2024-03-07,30\n\
    6,,cy@x.com,,2024-03-08,30\n";

fn identity(sandbox: &Sandbox, arguments: &[&str]) -> Outcome {
    sandbox.patron(&[&["identity", "--workspace", SHOP], arguments].concat())
}

/// Says something of who is who, which must be taken.
#[track_caller]
fn say(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let outcome = identity(sandbox, arguments);
    assert_eq!(outcome.code, 0, "{arguments:?}\n{}", outcome.stderr);
    outcome.stdout
}

/// Orders by customer, as a run from the workspace sees them.
fn orders(results: &Results) -> BTreeMap<String, String> {
    let customers = results.customers();
    let orders = customers.map("customer_id", "orders").into_iter();
    orders
        .map(|(id, orders)| (id.to_owned(), orders.to_owned()))
        .collect()
}

fn counted(expected: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pairs = expected.iter();
    pairs
        .map(|(id, orders)| ((*id).to_owned(), (*orders).to_owned()))
        .collect()
}

const BY_GUESTS: [(&str, &str); 5] = [
    ("17", "2"),
    ("18", "1"),
    ("19", "1"),
    ("bob@x.com", "1"),
    ("cy@x.com", "1"),
];

#[test]
fn a_guest_counts_with_the_account_of_the_address() {
    let sandbox = with_workspace();
    sandbox.write("a.csv", format!("{HEADER}{ORDERS}"));
    let said = import(&sandbox, &["a.csv"]);
    assert!(
        said.stdout.contains("1 customer id stands for somebody"),
        "{}",
        said.stdout
    );
    assert!(
        said.stderr
            .contains("1 address stands with several accounts, such as `cy@x.com`")
    );
    let ledger = run(&sandbox, &[]);
    assert_eq!(orders(&ledger), counted(&BY_GUESTS));
    let files = run_files(&sandbox, &["a.csv"]);
    assert_same_results(&ledger, &files, "guests");
    for results in [&ledger, &files] {
        let notes = results.run_json()["notes"].clone();
        let notes = notes.as_array().expect("notes are a list");
        let count = |key: &str| {
            let found = notes.iter().find(|note| note["key"] == key);
            found.expect("the note is there")["params"]["count"].clone()
        };
        assert_eq!(count("guests"), 2);
        assert_eq!(count("customers_joined"), 1);
    }
    let log = say(&sandbox, &["log", "1"]);
    assert!(
        log.contains("│ ann@x.com   ann@x.com   17   e-mail address │"),
        "{log}"
    );
    let card = sandbox.patron(&["customer", "ann@x.com", "--workspace", SHOP]);
    assert_eq!(card.code, 0, "{}", card.stderr);
    assert!(card.stdout.contains("also_known_as"), "{}", card.stdout);
}

#[test]
fn later_orders_of_a_guest_go_to_the_account_at_once_and_later_accounts_take_guests_over() {
    let sandbox = with_workspace();
    sandbox.write("a.csv", format!("{HEADER}{ORDERS}"));
    sandbox.write(
        "b.csv",
        format!("{HEADER}7,,ann@x.com,,2024-04-05,5\n8,,bob@x.com,,2024-04-06,5\n"),
    );
    sandbox.write("c.csv", format!("{HEADER}9,21,BOB@x.com,,2024-05-06,5\n"));
    for file in ["a.csv", "b.csv", "c.csv"] {
        import(&sandbox, &[file]);
    }
    let ledger = run(&sandbox, &[]);
    let expected = [
        ("17", "3"),
        ("18", "1"),
        ("19", "1"),
        ("21", "3"),
        ("cy@x.com", "1"),
    ];
    assert_eq!(orders(&ledger), counted(&expected));
    let files = run_files(&sandbox, &["a.csv", "b.csv", "c.csv"]);
    assert_same_results(&ledger, &files, "three files");
    // What one import brought is taken back with what followed from it.
    import(&sandbox, &["--undo", "3"]);
    let files = run_files(&sandbox, &["a.csv", "b.csv"]);
    assert_same_results(&run(&sandbox, &[]), &files, "without the account");
    let verified = sandbox.patron(&["ledger", "verify", "--deep", "--workspace", SHOP]);
    assert_eq!(verified.code, 0, "{}{}", verified.stdout, verified.stderr);
}

#[test]
fn what_is_taken_back_or_said_by_hand_stays_so() {
    let sandbox = with_workspace();
    sandbox.write("a.csv", format!("{HEADER}{ORDERS}"));
    import(&sandbox, &["a.csv"]);
    say(&sandbox, &["undo", "1"]);
    let apart = [BY_GUESTS.to_vec(), vec![("ann@x.com", "1")]].concat();
    let apart: Vec<_> = apart
        .into_iter()
        .map(|(id, orders)| if id == "17" { (id, "1") } else { (id, orders) })
        .collect();
    assert_eq!(orders(&run(&sandbox, &[])), counted(&apart));
    sandbox.write("b.csv", format!("{HEADER}7,17,ann@x.com,,2024-04-05,5\n"));
    import(&sandbox, &["b.csv"]);
    assert_eq!(
        orders(&run(&sandbox, &[]))["ann@x.com"],
        "1",
        "no import joins again"
    );
    identity(&sandbox, &["undo", "1"]).assert_refused(&["batch 1 was taken back by batch 2"]);
    identity(&sandbox, &["undo", "9"]).assert_refused(&["there is no batch 9"]);
    // Taking back the taking back lets the rule speak again.
    say(&sandbox, &["undo", "2"]);
    assert_eq!(orders(&run(&sandbox, &[]))["17"], "3");
    say(&sandbox, &["join", "cy@x.com", "19"]);
    assert_eq!(orders(&run(&sandbox, &[]))["19"], "2");
    say(&sandbox, &["part", "cy@x.com"]);
    assert_eq!(orders(&run(&sandbox, &[]))["19"], "1");
    assert!(say(&sandbox, &["part", "cy@x.com"]).contains("Nothing changed."));
    // A parting is taken back, too: here the rule knows of two accounts, and joins none.
    say(&sandbox, &["join", "cy@x.com", "19"]);
    say(&sandbox, &["part", "ann@x.com"]);
    let log = say(&sandbox, &["log"]);
    let part = log.lines().nth(3).expect("the newest batch");
    let part = part.split_whitespace().nth(1).expect("its number");
    assert_eq!(orders(&run(&sandbox, &[]))["17"], "2");
    say(&sandbox, &["undo", part]);
    assert_eq!(orders(&run(&sandbox, &[]))["17"], "3");
    identity(&sandbox, &["join", "zed", "19"]).assert_refused(&["there is no customer `zed`"]);
    identity(&sandbox, &["join", "19", "19"]).assert_refused(&["`19` and `19` are one customer"]);
}

#[test]
fn an_account_can_be_joined_with_several_and_a_guest_with_the_last_that_is_named() {
    let sandbox = with_workspace();
    sandbox.write(
        "orders.csv",
        format!("{HEADER}1,a,,,2024-01-01,1\n2,b,,,2024-01-02,1\n3,c,,,2024-01-03,1\n4,d,,,2024-01-04,1\n5,,g@x.com,,2024-01-05,1\n"),
    );
    import(&sandbox, &["orders.csv"]);
    for (customer, with) in [("a", "b"), ("a", "c"), ("d", "a")] {
        say(&sandbox, &["join", customer, with]);
    }
    let all: Vec<String> = orders(&run(&sandbox, &[])).into_values().collect();
    assert_eq!(all, ["4", "1"]);
    say(&sandbox, &["join", "g@x.com", "a"]);
    let all: Vec<String> = orders(&run(&sandbox, &[])).into_values().collect();
    assert_eq!(all, ["5"]);
    sandbox.write("more.csv", format!("{HEADER}6,z,,,2024-01-06,1\n"));
    import(&sandbox, &["more.csv"]);
    say(&sandbox, &["join", "g@x.com", "z"]);
    let found = orders(&run(&sandbox, &[]));
    assert_eq!(found["z"], "2");
}

#[test]
fn every_address_of_a_customer_counts_however_the_rows_are_dealt_to_files() {
    let rows = [
        "1,19,old@x.com,,2024-01-01,10",
        "2,19,new@x.com,,2024-02-01,10",
        "3,,old@x.com,,2024-03-15,20",
        "4,18,m1@x.com,,2024-01-01,10",
        "5,18,other@x.com,,2024-02-01,10",
        "6,3,m1@x.com,,2024-02-02,5",
        "7,,m1@x.com,,2024-03-15,500",
    ];
    let expected = counted(&[("19", "3"), ("18", "2"), ("3", "1"), ("m1@x.com", "1")]);
    let sandbox = with_workspace();
    sandbox.write("all.csv", format!("{HEADER}{}\n", rows.join("\n")));
    let mut files = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        let name = format!("{place}.csv");
        sandbox.write(&name, format!("{HEADER}{row}\n"));
        import(&sandbox, &[&name]);
        files.push(name);
    }
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    assert_eq!(orders(&run(&sandbox, &[])), expected);
    assert_eq!(orders(&run_files(&sandbox, &files)), expected);
    assert_eq!(orders(&run_files(&sandbox, &["all.csv"])), expected);
    let other = with_workspace();
    other.write("all.csv", sandbox.read("all.csv"));
    import(&other, &["all.csv"]);
    assert_eq!(orders(&run(&other, &[])), expected);
}

#[test]
fn the_rule_is_a_setting() {
    let sandbox = with_workspace();
    sandbox.write("a.csv", format!("{HEADER}{ORDERS}"));
    import(&sandbox, &["a.csv"]);
    let settings = format!("{SHOP}/patron.toml");
    let text = String::from_utf8(std::fs::read(sandbox.path(&settings)).expect("settings"));
    let text = text.expect("UTF-8");
    for (rule, expected) in [
        ("off", [("17", "1"), ("18", "1"), ("19", "1")]),
        ("email", [("17", "2"), ("18", "3"), ("bob@x.com", "1")]),
        ("guests", [("17", "2"), ("18", "1"), ("19", "1")]),
    ] {
        sandbox.write(&settings, format!("{text}\nidentity = \"{rule}\"\n"));
        let before = run(&sandbox, &[]).run_json()["notes"].to_string();
        assert!(before.contains("identity_not_applied"), "{rule}: {before}");
        say(&sandbox, &["apply"]);
        let found = run(&sandbox, &[]);
        let after = found.run_json()["notes"].to_string();
        assert!(!after.contains("identity_not_applied"), "{after}");
        for (id, expected) in expected {
            assert_eq!(orders(&found)[id], expected, "{rule}");
        }
        let files = run_files(&sandbox, &["a.csv", "--identity", rule]);
        assert_same_results(&found, &files, rule);
    }
    sandbox.write(&settings, format!("{text}\nidentity = \"everybody\"\n"));
    let refused = sandbox.patron(&["import", "--workspace", SHOP, "a.csv"]);
    refused.assert_refused(&["everybody"]);
    let refused = sandbox.patron(&["run", "--identity", "x", "a.csv"]);
    assert_eq!(refused.code, 2);
    assert!(
        refused
            .stderr
            .contains("expected guests, email, contacts or off")
    );
}

#[test]
fn refunds_and_events_by_address_are_the_accounts() {
    let sandbox = with_workspace();
    sandbox.write("a.csv", format!("{HEADER}{ORDERS}"));
    sandbox.write("refunds.csv", "refund_id,email,refund_date,amount\nr1,ann@x.com,2024-03-01,4\nr2,dee@x.com,2024-03-02,1\n");
    sandbox.write(
        "accounts.csv",
        "customer_id,email,first_name\n22,dee@x.com,Dee\n",
    );
    sandbox.write("b.csv", format!("{HEADER}10,22,,,2024-03-09,50\n"));
    for (file, kind) in [("refunds.csv", "refunds"), ("a.csv", "orders")] {
        import(&sandbox, &[file, "--as", kind]);
    }
    import(&sandbox, &["accounts.csv", "--as", "customers"]);
    import(&sandbox, &["b.csv"]);
    let exported = sandbox.patron(&["export", "refunds", "--all-versions", "--workspace", SHOP]);
    let persons: Vec<String> = exported
        .stdout
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').find(|cell| ["17", "22"].contains(cell)))
        .map(ToOwned::to_owned)
        .collect();
    assert_eq!(persons, ["17", "22"], "{}", exported.stdout);
    let found = run(&sandbox, &[]).customers();
    assert_eq!(found.map("customer_id", "monetary")["17"], "26.00");
    assert_eq!(found.map("customer_id", "monetary")["22"], "49.00");
}

#[test]
fn what_an_erased_customer_did_before_logging_in_is_erased_too() {
    let sandbox = with_workspace();
    sandbox.write(
        "events.csv",
        "event,user_id,anonymous_id,timestamp,page\nPage Viewed,,visitor-1,2024-05-01 10:00:00,/secret\nLogged In,17,visitor-1,2024-05-01 10:05:00,/\nPage Viewed,,visitor-2,2024-05-01 10:00:00,/other\n",
    );
    import(&sandbox, &["events.csv"]);
    let erased = sandbox.patron(&["ledger", "erase", "17", "--yes", "--workspace", SHOP]);
    assert!(
        erased.stdout.contains("2 rows were erased"),
        "{}",
        erased.stdout
    );
    let left = sandbox.patron(&["export", "events", "--workspace", SHOP]);
    assert!(!left.stdout.contains("visitor-1"), "{}", left.stdout);
    assert!(left.stdout.contains("visitor-2"), "{}", left.stdout);
}

#[test]
fn an_erased_customer_is_nowhere_under_any_name() {
    let sandbox = with_workspace();
    sandbox.write(
        "a.csv",
        format!("{HEADER}{ORDERS}").replace("ann@x.com", "the-erased@x.com"),
    );
    sandbox.write(
        "b.csv",
        format!("{HEADER}7,17,the-erased@x.com,,2024-04-05,5\n"),
    );
    import(&sandbox, &["a.csv"]);
    import(&sandbox, &["b.csv"]);
    say(&sandbox, &["undo", "1"]);
    say(&sandbox, &["undo", "2"]);
    let erase = ["ledger", "erase", "17", "--yes", "--workspace", SHOP];
    let erased = sandbox.patron(&erase);
    assert_eq!(erased.code, 0, "{}", erased.stderr);
    let expected: Vec<_> = BY_GUESTS
        .into_iter()
        .filter(|(id, _)| *id != "17")
        .collect();
    assert_eq!(orders(&run(&sandbox, &[])), counted(&expected));
    let mut left = BTreeMap::new();
    imports_contents(&sandbox.path(SHOP), &mut left);
    for (name, bytes) in left {
        let found = bytes.windows(10).any(|part| part == b"the-erased");
        assert!(!found, "`{name}` still names the customer");
    }
    let log = say(&sandbox, &["log"]);
    assert!(!log.contains("the-erased"), "{log}");
    sandbox
        .patron(&erase)
        .assert_refused(&["there is no customer `17`"]);
}

#[test]
fn a_batch_whose_program_was_killed_is_ended_or_forgotten() {
    let sandbox = with_workspace();
    sandbox.write("a.csv", format!("{HEADER}{ORDERS}"));
    import(&sandbox, &["a.csv"]);
    let state = State::open(&sandbox.path(&format!("{SHOP}/patron.db"))).expect("the state");
    let one = |customer: &str, to: &str| IdentityMove {
        customer_id: customer.to_owned(),
        from: customer.to_owned(),
        to: to.to_owned(),
        reason: Reason::Email,
    };
    // Killed before its rows were moved, and after.
    for moved in [one("bob@x.com", "18"), one("ann@x.com", "17")] {
        let begun = state.begin_identity("import", Instant(7), &[moved]);
        begun.expect("the journal can be written");
    }
    drop(state);
    assert!(say(&sandbox, &["apply"]).contains("Nothing changed."));
    let log = say(&sandbox, &["log"]);
    let batches: Vec<&str> = log.lines().filter(|line| line.contains("import")).collect();
    assert_eq!(batches.len(), 2, "{log}");
    assert!(
        batches[0].starts_with("│ 3 ") && batches[0].contains(" 3  "),
        "{log}"
    );
}

/// A seeded shop: few people with several accounts and addresses, so that much is in common.
fn shop(seed: u64) -> [String; 3] {
    let mut state = seed;
    let mut draw = |most: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % most
    };
    let mut order = 0;
    std::array::from_fn(|_| {
        let mut text = HEADER.to_owned();
        for _ in 0..60 {
            order += 1;
            let account = match draw(3) {
                0 => String::new(),
                _ => format!("{}", 100 + draw(25)),
            };
            let email = match draw(4) {
                0 if !account.is_empty() => String::new(),
                _ => format!("P{}@x.com", draw(30)),
            };
            let phone = match draw(3) {
                0 => format!("+49 170 00000{:02}", draw(20)),
                _ => String::new(),
            };
            let (month, day) = (1 + draw(12), 1 + draw(28));
            text.push_str(&format!(
                "{order},{account},{email},{phone},2024-{month:02}-{day:02},{}\n",
                5 + draw(50)
            ));
        }
        text
    })
}

#[test]
fn files_and_their_imports_agree_on_who_is_who_in_whatever_order_they_come() {
    for seed in 1..=6 {
        for rule in ["guests", "email", "contacts"] {
            let sandbox = with_workspace();
            sandbox.write(
                &format!("{SHOP}/patron.toml"),
                format!("version = 1\nidentity = \"{rule}\"\n"),
            );
            for (name, text) in ["a.csv", "b.csv", "c.csv"].into_iter().zip(shop(seed)) {
                sandbox.write(name, text);
            }
            let order = [["a.csv", "b.csv", "c.csv"], ["c.csv", "a.csv", "b.csv"]];
            let order = order[usize::from(seed % 2 == 0)];
            for file in order {
                import(&sandbox, &[file]);
            }
            let arguments = [&order[..], &["--identity", rule]].concat();
            let files = run_files(&sandbox, &arguments);
            let ledger = run(&sandbox, &[]);
            assert_same_results(&ledger, &files, &format!("seed {seed}, {rule}"));
            let joined = ledger.run_json()["notes"].to_string();
            assert!(joined.contains("customers_joined"), "{joined}");
            let again = say(&sandbox, &["apply"]);
            assert!(again.contains("Nothing changed."), "{again}");
        }
    }
}

#[test]
fn who_was_joined_by_hand_stays_joined_though_nothing_is_said_of_them() {
    let sandbox = with_workspace();
    let header = "order_id,customer_id,ordered_at,net\n";
    sandbox.write(
        "a.csv",
        format!("{header}1,17,2024-01-05,60\n2,18,2024-01-05,60\n"),
    );
    sandbox.write("b.csv", format!("{header}3,18,2024-01-08,5\n"));
    import(&sandbox, &["a.csv"]);
    let joined = sandbox.patron(&["identity", "join", "17", "18", "--workspace", SHOP]);
    assert_eq!(joined.code, 0, "{}", joined.stderr);
    import(&sandbox, &["b.csv"]);
    let customers = run(&sandbox, &[]).customers();
    assert_eq!(customers.cell("17", "monetary"), "125.00");
}
