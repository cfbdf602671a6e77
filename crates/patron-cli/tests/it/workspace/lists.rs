//! Lists beside the orders: customers, products, refunds, events, answers and spend go to the ledger, once each.

use super::{
    SHOP, assert_same_results, assert_same_tables, counts, import, run, run_files, with_workspace,
};
use crate::support::Sandbox;

const ORDERS: &str = "order_id,customer_id,email,order_date,amount,refunded\no1,c1,ann@x.com,2024-01-05,100,20\no2,c2,bob@x.com,2024-02-05,50,\no3,c1,ann@x.com,2024-03-05,70,\n";
const CUSTOMERS: &str = "customer_id,email,first_name,last_name,birth_date,favourite colour,total_spent\nc1,ann@new.com,Ann,Lee,1990-02-03,blue,170\nc9,zoe@x.com,Zoe,Kay,1980-02-03,red,0\n";
const REFUNDS: &str = "refund_id,order_id,refund_date,amount,reason\nr1,o1,2024-01-20,15,broken\nr2,o9,2024-01-21,3,late\n";
const PRODUCTS: &str =
    "product_id,title,category,price,cost_price,stock\np1,Soap,bath,5.00,2.10,9\n";
const EVENTS: &str = "event,user_id,timestamp,product_id,page\nProduct Viewed,c1,2024-05-01 10:00:00,p1,/soap\nProduct Viewed,c1,2024-05-01 10:00:00,p1,/soap\nMail Opened,c2,2024-05-02 11:00:00,,\n,,2024-05-02,,\n";
const SURVEYS: &str =
    "response_id,customer_id,answered_at,score,comment\ns1,c1,2024-05-01,9,good\n";
const SPEND: &str = "date,channel,campaign,amount_spent,currency\n2024-05-01,search,a,100,EUR\n2024-05-01,search,a,50,EUR\n2024-05-01,search,b,7,EUR\n";

const FILES: [(&str, &str); 7] = [
    ("orders.csv", ORDERS),
    ("customers.csv", CUSTOMERS),
    ("refunds.csv", REFUNDS),
    ("products.csv", PRODUCTS),
    ("events.csv", EVENTS),
    ("surveys.csv", SURVEYS),
    ("spend.csv", SPEND),
];

fn shop() -> Sandbox {
    let sandbox = with_workspace();
    for (name, text) in FILES {
        sandbox.write(name, text);
    }
    sandbox
}

fn names() -> Vec<&'static str> {
    FILES.iter().map(|(name, _)| *name).collect()
}

#[test]
fn every_row_of_every_list_is_accounted_for_and_nothing_is_there_twice() {
    let sandbox = shop();
    let first = import(&sandbox, &names());
    for (file, expected) in [
        ("orders.csv", [3, 3, 0, 0, 0]),
        ("customers.csv", [2, 2, 0, 0, 0]),
        // Nobody knows order o9.
        ("refunds.csv", [2, 1, 0, 0, 1]),
        ("products.csv", [1, 1, 0, 0, 0]),
        // Two equal events are two events.
        ("events.csv", [4, 3, 0, 0, 1]),
        ("surveys.csv", [1, 1, 0, 0, 0]),
        ("spend.csv", [3, 3, 0, 0, 0]),
    ] {
        assert_eq!(counts(&first, file), expected, "{file}");
    }
    let refunds = sandbox.text("shop/rejected/3.csv");
    assert!(
        refunds.contains("refunds.csv,3,missing_customer,order_id,o9,,\"no customer, and no order of this id is known"),
        "{refunds}"
    );
    let again = import(&sandbox, &names());
    assert!(
        again.stdout.contains("Nothing changed."),
        "{}",
        again.stdout
    );
    // The same contents in files of other bytes: no final line break, other columns first.
    sandbox.write("refunds.csv", REFUNDS.trim_end());
    sandbox.write("events.csv", EVENTS.trim_end());
    sandbox.write("spend.csv", SPEND.trim_end());
    sandbox.write(
        "surveys.csv",
        "comment,response_id,score,customer_id,answered_at\ngood,s1,9.0,c1,2024-05-01\n",
    );
    let next = import(
        &sandbox,
        &["refunds.csv", "events.csv", "spend.csv", "surveys.csv"],
    );
    for (file, expected) in [
        ("refunds.csv", [2, 0, 0, 1, 1]),
        ("events.csv", [4, 0, 0, 3, 1]),
        ("spend.csv", [3, 0, 0, 3, 0]),
        ("surveys.csv", [1, 0, 0, 1, 0]),
    ] {
        assert_eq!(counts(&next, file), expected, "{file}");
    }
    let verified = sandbox.patron(&["ledger", "verify", "--workspace", SHOP]);
    assert_eq!(verified.code, 0, "{}", verified.stdout);
}

#[test]
fn a_later_version_supersedes_and_an_older_one_does_not() {
    let sandbox = shop();
    import(&sandbox, &names());
    sandbox.write("refunds.csv", REFUNDS.replace("15,broken", "18,broken"));
    sandbox.write("spend.csv", SPEND.replace("a,50", "a,60"));
    sandbox.write("customers.csv", CUSTOMERS.replace("ann@new", "ann@newest"));
    let next = import(&sandbox, &["customers.csv", "refunds.csv", "spend.csv"]);
    assert_eq!(counts(&next, "customers.csv"), [2, 0, 1, 1, 0]);
    assert_eq!(counts(&next, "refunds.csv"), [2, 0, 1, 0, 1]);
    assert_eq!(counts(&next, "spend.csv"), [3, 0, 2, 1, 0]);
    let results = run(&sandbox, &[]);
    // 100 + 70, less 20 in all for o1, of which 18 have a date.
    assert_eq!(results.customers().cell("c1", "monetary"), "150.00");
    assert_eq!(results.customers().cell("c1", "email"), "ann@newest.com");
    // The first list again, saved anew: it says again what it said, and that is the newest that was said.
    sandbox.write("customers.csv", CUSTOMERS.trim_end());
    let back = import(&sandbox, &["customers.csv"]);
    assert_eq!(counts(&back, "customers.csv"), [2, 0, 1, 1, 0]);
    let results = run(&sandbox, &[]);
    assert_eq!(results.customers().cell("c1", "email"), "ann@new.com");
    // With times of change, an older list changes nothing.
    let dated = |at: &str, email: &str| {
        format!("customer_id,email,total_spent,updated_at\nc2,{email},1,{at}\n")
    };
    sandbox.write("new.csv", dated("2024-06-02", "bob@new.com"));
    sandbox.write("old.csv", dated("2024-06-01", "bob@old.com"));
    import(&sandbox, &["new.csv"]);
    let old = import(&sandbox, &["old.csv"]);
    assert_eq!(counts(&old, "old.csv"), [1, 0, 0, 1, 0]);
    let results = run(&sandbox, &[]);
    assert_eq!(results.customers().cell("c2", "email"), "bob@new.com");
}

#[test]
fn a_run_on_the_ledger_is_a_run_on_the_files() {
    let sandbox = shop();
    import(&sandbox, &names());
    let ledger = run(&sandbox, &[]);
    let files = run_files(&sandbox, &names());
    assert_same_results(&ledger, &files, "lists");
    // Of the 20 that o1 was refunded in all, 15 have a day; the customer whom only the list knows has no order.
    assert_eq!(files.customers().cell("c1", "monetary"), "150.00");
    assert_eq!(files.customers().cell("c1", "email"), "ann@new.com");
    assert_eq!(files.customers().cell("c1", "name"), "Ann Lee");
    let without = String::from_utf8(files.bytes("customers_without_order.csv")).unwrap();
    assert!(without.contains("\nc9,prospect,no_orders,"), "{without}");
    let rows = &files.run_json()["rows"];
    assert_eq!(rows["accepted_by_kind"]["listed"], 10);
    assert_eq!(rows["accepted_by_kind"]["refund"], 1);
    assert_eq!(rows["set_aside"]["missing_customer"], 2);
    // Before the day of the refund only what has no day is taken off.
    let before = run_files(
        &sandbox,
        &["orders.csv", "refunds.csv", "--as-of", "2024-01-10"],
    );
    assert_eq!(before.customers().cell("c1", "monetary"), "95.00");
    let after = run_files(
        &sandbox,
        &["orders.csv", "refunds.csv", "--as-of", "2024-01-20"],
    );
    assert_eq!(after.customers().cell("c1", "monetary"), "80.00");
}

#[test]
fn refunds_find_their_customers_in_earlier_imports() {
    let sandbox = shop();
    import(&sandbox, &["orders.csv"]);
    let refunds = import(&sandbox, &["refunds.csv"]);
    assert_eq!(counts(&refunds, "refunds.csv"), [2, 1, 0, 0, 1]);
    let results = run(&sandbox, &[]);
    assert_eq!(results.customers().cell("c1", "monetary"), "150.00");
    let undone = sandbox.patron(&["import", "--workspace", SHOP, "--undo", "2"]);
    assert_eq!(undone.code, 0, "{}", undone.stderr);
    assert_eq!(
        run(&sandbox, &[]).run_json()["rows"]["accepted_by_kind"]["refund"],
        0
    );
}

#[test]
fn everything_that_lists_say_of_a_customer_is_shown() {
    let sandbox = shop();
    import(&sandbox, &names());
    let ann = sandbox.patron(&["customer", "c1", "--workspace", SHOP]);
    assert_eq!(ann.code, 0, "{}", ann.stderr);
    for words in [
        "ann@new.com",
        "1990-02-03",
        r#"{"favourite colour":"blue","total_spent":"170"}"#,
        "Product Viewed",
        "9.00 · good",
        "refund",
    ] {
        assert!(ann.stdout.contains(words), "{words}: {}", ann.stdout);
    }
}

#[test]
fn shopifys_customers_are_those_of_its_orders() {
    let sandbox = with_workspace();
    sandbox.write(
        "orders.csv",
        "Name,Email,Financial Status,Created at,Subtotal,Total,Lineitem quantity,Lineitem name,Lineitem price\n\
         #1,ann@x.com,paid,2024-05-01 10:00:00 +0000,20,25,1,Soap,20\n\
         #2,Bob@x.com,paid,2024-05-02 10:00:00 +0000,30,35,1,Soap,30\n",
    );
    sandbox.write(
        "customers.csv",
        "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Phone,Total Spent,Total Orders\n\
         '721,Ann,Lee,Ann@X.com,yes,'+4930123456,20,1\n\
         '722,Bob,Ray,bob@x.com,no,,30,1\n\
         '723,Zoe,Kay,zoe@x.com,no,,0,0\n",
    );
    import(&sandbox, &["orders.csv", "customers.csv"]);
    let ledger = run(&sandbox, &[]);
    let files = run_files(&sandbox, &["orders.csv", "customers.csv"]);
    assert_same_results(&ledger, &files, "shopify");
    let customers = ledger.customers();
    assert_eq!(customers.cell("ann@x.com", "name"), "Ann Lee");
    assert_eq!(customers.cell("ann@x.com", "phone"), "+4930123456");
    assert_eq!(customers.cell("ann@x.com", "consent_email"), "yes");
    assert_eq!(customers.cell("bob@x.com", "monetary"), "30.00");
    let without = String::from_utf8(ledger.bytes("customers_without_order.csv")).unwrap();
    assert!(without.contains("\nzoe@x.com,prospect,"), "{without}");
}

#[test]
fn refunds_that_came_too_early_are_read_again_when_their_orders_are_there() {
    let sandbox = shop();
    let early = import(&sandbox, &["refunds.csv"]);
    assert_eq!(counts(&early, "refunds.csv"), [2, 0, 0, 0, 2]);
    import(&sandbox, &["orders.csv"]);
    let again = import(&sandbox, &["refunds.csv"]);
    assert_eq!(counts(&again, "refunds.csv"), [2, 1, 0, 0, 1]);
    let results = run(&sandbox, &[]);
    assert_eq!(results.customers().cell("c1", "monetary"), "150.00");
}

#[test]
fn equal_refunds_without_an_id_add_up_once() {
    let sandbox = with_workspace();
    sandbox.write(
        "orders.csv",
        "order_id,customer_id,order_date,amount\no1,c1,2024-01-05,100\n",
    );
    let header = "order_id,refund_date,refund_amount\n";
    sandbox.write("one.csv", format!("{header}o1,2024-01-06,5\n"));
    sandbox.write(
        "two.csv",
        format!("{header}o1,2024-01-06,5\no1,2024-01-06,5\n"),
    );
    import(&sandbox, &["orders.csv"]);
    import(&sandbox, &["one.csv"]);
    let two = import(&sandbox, &["two.csv"]);
    assert_eq!(counts(&two, "two.csv"), [2, 1, 0, 1, 0]);
    let as_of = ["--as-of", "2024-02-01"];
    let ledger = run(&sandbox, &as_of);
    assert_eq!(ledger.customers().cell("c1", "monetary"), "90.00");
    let files = run_files(
        &sandbox,
        &["orders.csv", "one.csv", "two.csv", "--as-of", "2024-02-01"],
    );
    assert_same_results(&ledger, &files, "equal refunds");
    sandbox.write(
        "again.csv",
        format!("{header}o1,2024-01-06,5\no1,2024-01-06,5.0\n"),
    );
    let again = import(&sandbox, &["again.csv"]);
    assert_eq!(counts(&again, "again.csv"), [2, 0, 0, 2, 0]);
}

#[test]
fn of_one_refund_in_one_file_the_last_row_counts() {
    let sandbox = with_workspace();
    sandbox.write(
        "orders.csv",
        "order_id,customer_id,order_date,amount\no1,c1,2024-01-05,100\n",
    );
    let rows: String = [9, 2, 7, 4, 5]
        .map(|amount| format!("r1,o1,2024-01-06,{amount}\n"))
        .concat();
    sandbox.write(
        "refunds.csv",
        format!("refund_id,order_id,refund_date,amount\n{rows}"),
    );
    let files = run_files(
        &sandbox,
        &["orders.csv", "refunds.csv", "--as-of", "2024-02-01"],
    );
    assert_eq!(files.customers().cell("c1", "monetary"), "95.00");
    import(&sandbox, &["orders.csv", "refunds.csv"]);
    let ledger = run(&sandbox, &["--as-of", "2024-02-01"]);
    assert_eq!(ledger.customers().cell("c1", "monetary"), "95.00");
}

#[test]
fn a_refund_is_its_orders_customers_and_taken_off_once() {
    let sandbox = Sandbox::new();
    // Two lines, each with 20 of 40 that went back; 20 of these have a row of their own.
    sandbox.write(
        "lines.csv",
        "order_id,customer_id,order_date,sku,quantity,unit_price,refunded\no1,c1,2024-01-05,a,1,50,20\no1,c1,2024-01-05,b,1,50,20\n",
    );
    sandbox.write(
        "refunds.csv",
        "refund_id,order_id,email,refund_date,amount\nr1,o1,ann@x.com,2024-01-06,20\n",
    );
    let files = run_files(
        &sandbox,
        &["lines.csv", "refunds.csv", "--as-of", "2024-02-01"],
    );
    assert_eq!(files.customers().cell("c1", "monetary"), "60.00");
    assert_eq!(
        files
            .bytes("customers_without_order.csv")
            .iter()
            .filter(|b| **b == b'\n')
            .count(),
        1
    );
}

#[test]
fn entries_of_json_are_known_again_wherever_they_stand() {
    let sandbox = with_workspace();
    let event = r#"{"event":"View","user_id":"c1","timestamp":"2024-05-01T10:00:00Z","page":"/a"}"#;
    let other = r#"{"event":"View","user_id":"c2","timestamp":"2024-05-01T10:00:00Z","page":"/b"}"#;
    sandbox.write("a.jsonl", format!("{event}\n"));
    sandbox.write("b.jsonl", format!("{other}\n{event}\n"));
    import(&sandbox, &["a.jsonl"]);
    let next = import(&sandbox, &["b.jsonl"]);
    assert_eq!(counts(&next, "b.jsonl"), [2, 1, 0, 1, 0]);
}

#[test]
fn what_a_file_holds_may_be_said() {
    let sandbox = with_workspace();
    sandbox.write(
        "people.csv",
        "customer_id,email,first_name,last_name,city\nc1,a@b.c,Ann,Lee,Rome\n",
    );
    let told = import(&sandbox, &["people.csv", "--as", "customers"]);
    assert_eq!(counts(&told, "people.csv"), [1, 1, 0, 0, 0]);
}

#[test]
fn a_small_workspace_is_restored() {
    let sandbox = shop();
    import(&sandbox, &names());
    for arguments in [
        &["backup", "--workspace", SHOP, "saved"][..],
        &["restore", "saved", "again"],
    ] {
        let done = sandbox.patron(arguments);
        assert_eq!(done.code, 0, "{arguments:?}: {}", done.stderr);
    }
    let before = run(&sandbox, &[]);
    let after = sandbox.patron(&[
        "run",
        "--workspace",
        "again",
        "--out",
        "restored",
        "--no-clv",
        "--quiet",
    ]);
    assert_eq!(after.code, 0, "{}", after.stderr);
    assert_same_results(&sandbox.results("restored"), &before, "restored");
}

#[test]
fn a_run_needs_orders() {
    let sandbox = Sandbox::new();
    sandbox.write("customers.csv", CUSTOMERS);
    sandbox.refuses(
        &["customers.csv"],
        &["holds a list of customers", "give the orders, too"],
    );
}

#[test]
fn answers_keep_the_ids_that_the_shop_gave_them() {
    let sandbox = with_workspace();
    sandbox.write("orders.csv", ORDERS);
    let answers = "response_id,order_id,answered_at,score,comment\ns1,o1,2024-05-01,9,\ns2,o2,2024-05-01,8,\ns3,o1,2024-05-02,7,\ns3,o2,2024-05-02,6,\ns4,o3,2024-05-02,,\n";
    sandbox.write("surveys.csv", answers);
    let first = import(&sandbox, &["orders.csv", "surveys.csv"]);
    assert_eq!(counts(&first, "surveys.csv"), [5, 4, 0, 0, 1]);
    let aside = sandbox.text("shop/rejected/2.csv");
    assert!(aside.contains("surveys.csv,6,unreadable,score,"), "{aside}");
    let exported = sandbox.patron(&["export", "surveys", "--workspace", SHOP]);
    let mut ids: Vec<&str> = exported
        .stdout
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').next())
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, ["s1", "s2", "s3:o1", "s3:o2"]);
    sandbox.write(
        "surveys.csv",
        answers.replace("o2,2024-05-02,6", "o2,2024-05-02,5"),
    );
    let next = import(&sandbox, &["surveys.csv"]);
    assert_eq!(counts(&next, "surveys.csv"), [5, 0, 1, 3, 1]);
}

#[test]
fn the_folder_of_olist_brings_its_reviews_and_products() {
    let sandbox = with_workspace();
    std::fs::create_dir(sandbox.path("olist")).expect("a folder");
    for (name, text) in [
        (
            "orders",
            "order_id,customer_id,order_status,order_purchase_timestamp\no1,k1,delivered,2018-01-02 10:00:00\no2,k2,delivered,2018-02-02 10:00:00\n",
        ),
        (
            "customers",
            "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state\nk1,u1,1,a,SP\nk2,u1,1,a,SP\n",
        ),
        (
            "order_items",
            "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value\no1,1,p1,s,2018-01-05 00:00:00,10.00,2.00\no2,1,p1,s,2018-02-05 00:00:00,20.00,2.00\n",
        ),
        (
            "order_reviews",
            "review_id,order_id,review_score,review_comment_title,review_comment_message,review_creation_date,review_answer_timestamp\nr1,o1,5,,bom,2018-01-12 00:00:00,2018-01-13 00:00:00\nr2,o2,1,,,2018-02-12 00:00:00,2018-02-13 00:00:00\n",
        ),
        (
            "products",
            "product_id,product_category_name,product_name_lenght,product_description_lenght,product_photos_qty,product_weight_g,product_length_cm,product_height_cm,product_width_cm\np1,perfumaria,40,287,1,225,16,10,14\n",
        ),
    ] {
        sandbox.write(&format!("olist/olist_{name}_dataset.csv"), text);
    }
    let report = import(&sandbox, &["olist"]);
    assert_eq!(
        counts(&report, "olist_order_reviews_dataset.csv"),
        [2, 2, 0, 0, 0]
    );
    assert_eq!(
        counts(&report, "olist_products_dataset.csv"),
        [1, 1, 0, 0, 0]
    );
    let surveys = sandbox.patron(&["export", "surveys", "--workspace", SHOP]);
    let of_person = surveys.stdout.lines().filter(|line| line.contains("u1"));
    assert_eq!(of_person.count(), 2, "{}", surveys.stdout);
    // A run on the folder is one of orders, as before.
    let results = run_files(&sandbox, &["olist"]);
    assert_eq!(results.run_json()["rows"]["in"], 2);
    assert_same_tables(&run(&sandbox, &[]), &results, "olist");
}

#[test]
fn customers_of_orders_without_ids_are_told_by_telephone() {
    let sandbox = with_workspace();
    sandbox.write(
        "orders.csv",
        "order_id,mobile,ordered_at,net,country\n1,+49 171 3920001,2024-05-01,10,DE\n2,0171/3920001,2024-05-02,5,Germany\n3,06 12 34 56 78,2024-05-03,7,FR\n4,0171 3920001,2024-05-04,3,\n",
    );
    import(&sandbox, &["orders.csv", "--phone-country", "DE"]);
    let from_ledger = run(&sandbox, &[]);
    let table = from_ledger.customers();
    assert_eq!(table.cell("+491713920001", "monetary"), "18.00");
    assert_eq!(table.cell("+33612345678", "monetary"), "7.00");
    let from_files = run_files(&sandbox, &["orders.csv", "--phone-country", "DE"]);
    assert_same_results(&from_ledger, &from_files, "phones");
    let without = run_files(&sandbox, &["orders.csv"]);
    assert_eq!(
        without.customers().cell("+491713920001", "monetary"),
        "15.00"
    );
    assert!(
        sandbox
            .text("from-files/rejected.csv")
            .contains("--phone-country")
    );
    let unknown = sandbox.patron(&["run", "orders.csv", "--phone-country", "Atlantis"]);
    unknown.assert_bad_command_line(&["`Atlantis`", "such as DE"]);
}
