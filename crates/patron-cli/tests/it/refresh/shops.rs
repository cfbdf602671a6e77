//! Shops that answer as documented: pulled whole, then only what changed; a pull that is killed goes on; keys stay secret.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use patron_testkit::http::{Response, Server};
use patron_testkit::shops::{self, Orders, wall_time};
use serde_json::{Value, json};

use super::{add, imports, refresh, refreshed};
use crate::support::Sandbox;
use crate::workspace::{
    SHOP, assert_same_tables, imports_contents, run, run_files, with_workspace,
};

/// 2024-05-01T10:00:00Z.
const MORNING: i64 = 1_714_557_600;
const NOW: &str = "Sat, 01 Jun 2024 10:00:00 GMT";
const WOO_KEYS: [(&str, &str); 2] = [
    ("PATRON_WOOCOMMERCE_KEY", "ck"),
    ("PATRON_WOOCOMMERCE_SECRET", "cs"),
];
const TOKEN: (&str, &str) = ("PATRON_SHOPIFY_TOKEN", "shpat_hidden");

fn woo(id: u64, changed: i64, total: &str) -> (i64, u64, Value) {
    let order = json!({
        "id": id, "number": id.to_string(), "status": "completed", "currency": "EUR",
        "date_created_gmt": wall_time(MORNING + 3_600 * id.cast_signed()),
        "date_modified_gmt": wall_time(changed),
        "total": total, "total_tax": "0.00", "shipping_total": "0.00",
        "customer_id": id % 50 + 1,
        "billing": { "email": format!("c{}@example.com", id % 50) },
        "line_items": [{ "id": 1, "name": "Soap", "product_id": 93, "quantity": 1, "total": total }],
        "refunds": [],
    });
    (changed, id, order)
}

fn woo_shop(orders: u64) -> Orders {
    let orders = (1..=orders).map(|id| woo(id, MORNING + 3_600 * id.cast_signed(), "5.00"));
    Arc::new(Mutex::new(orders.collect()))
}

fn replace(orders: &Orders, new: (i64, u64, Value)) {
    let mut orders = orders.lock().expect("no answer panicked");
    orders.retain(|(_, id, _)| *id != new.1);
    orders.push(new);
}

/// All orders as a file, oldest first.
fn as_file(sandbox: &Sandbox, name: &str, orders: &Orders) {
    let mut orders = orders.lock().expect("no answer panicked").clone();
    orders.sort_by_key(|(_, id, _)| *id);
    let lines: Vec<String> = orders.iter().map(|(.., order)| order.to_string()).collect();
    sandbox.write(name, lines.join("\n"));
}

/// Fails if a key is in any file of the sandbox but `patron.db`.
#[track_caller]
fn assert_kept_in_the_state_alone(sandbox: &Sandbox, secret: &str) {
    let mut files = BTreeMap::new();
    imports_contents(&sandbox.path("."), &mut files);
    let mut kept = Vec::new();
    for (name, bytes) in &files {
        if bytes
            .windows(secret.len())
            .any(|part| part == secret.as_bytes())
        {
            kept.push(name.as_str());
        }
    }
    assert!(!kept.is_empty(), "{:?}", files.keys());
    assert!(
        kept.iter().all(|name| name.contains("patron.db")),
        "{kept:?}"
    );
}

#[test]
fn a_woocommerce_shop_is_pulled_whole_and_then_only_what_changed() {
    let orders = woo_shop(230);
    let inner = Arc::clone(&orders);
    let server = Server::start(move |request, before| {
        // One answer of too many requests, one of a broken shop.
        match before {
            1 => Response::new(429, "").with("Retry-After", "0"),
            2 => Response::new(500, "oops"),
            _ => shops::woocommerce(&inner, request),
        }
    });
    let sandbox = with_workspace();
    add(&sandbox, &WOO_KEYS, &["woocommerce", server.address()]);
    assert_eq!(refreshed(&sandbox, &[]), [230, 230, 0, 0, 0]);
    as_file(&sandbox, "orders.jsonl", &orders);
    let files = run_files(&sandbox, &["orders.jsonl"]);
    assert_same_tables(&run(&sandbox, &[]), &files, "a pull and a file");
    // Nothing new: nothing is imported.
    assert_eq!(refreshed(&sandbox, &[]), [0; 5]);
    assert_eq!(imports(&sandbox), 1);
    replace(&orders, woo(7, MORNING + 3_600 * 400, "6.00"));
    replace(&orders, woo(231, MORNING + 3_600 * 400, "5.00"));
    assert_eq!(refreshed(&sandbox, &[]), [2, 1, 1, 0, 0]);
    as_file(&sandbox, "orders.jsonl", &orders);
    let files = run_files(&sandbox, &["orders.jsonl"]);
    assert_same_tables(&run(&sandbox, &[]), &files, "changes");
    assert!(
        !sandbox
            .names()
            .iter()
            .any(|name| name.starts_with(".import"))
    );
}

#[test]
fn a_pull_that_is_killed_goes_on_where_it_was_and_nothing_is_twice() {
    let orders = woo_shop(420);
    let inner = Arc::clone(&orders);
    let server = Server::start(move |request, before| {
        if before == 3 {
            // The fourth page does not come before the process is killed.
            thread::sleep(Duration::from_secs(4));
        }
        shops::woocommerce(&inner, request)
    });
    let sandbox = with_workspace();
    add(&sandbox, &WOO_KEYS, &["woocommerce", server.address()]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_patron"))
        .args(["refresh", "--workspace", SHOP, "--pages", "1"])
        .current_dir(sandbox.path("."))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let begun = Instant::now();
    while server.asked().len() < 4 {
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "it takes too long"
        );
        thread::sleep(Duration::from_millis(10));
    }
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    assert_eq!(imports(&sandbox), 3);
    let pages = server.asked().len();
    let rest = refreshed(&sandbox, &[]);
    // Three pages of a hundred were committed; each but the first begins with an order that was there.
    assert_eq!(rest, [122, 122, 0, 0, 0]);
    let resumed = &server.asked()[pages];
    assert!(resumed.parameter("modified_after").is_some(), "{resumed:?}");
    as_file(&sandbox, "orders.jsonl", &orders);
    let files = run_files(&sandbox, &["orders.jsonl"]);
    assert_same_tables(&run(&sandbox, &[]), &files, "a killed pull");
    let verified = sandbox.patron(&["ledger", "verify", "--deep", "--workspace", SHOP]);
    assert_eq!(verified.code, 0, "{}", verified.stderr);
}

#[test]
fn pages_before_a_failure_are_kept() {
    let orders = woo_shop(300);
    let inner = Arc::clone(&orders);
    let server = Server::start(move |request, before| match before {
        2 => Response::new(403, "{}"),
        _ => shops::woocommerce(&inner, request),
    });
    let sandbox = with_workspace();
    add(&sandbox, &WOO_KEYS, &["woocommerce", server.address()]);
    let outcome = refresh(&sandbox, &[]);
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    assert!(
        outcome.stderr.contains("may not read the orders"),
        "{}",
        outcome.stderr
    );
    assert_eq!(super::numbers(&outcome, "│ 1 "), [199, 199, 0, 0, 0]);
    assert_eq!(refreshed(&sandbox, &[]), [101, 101, 0, 0, 0]);
}

/// The orders of a Shopify shop, as the interface and as the export write them.
fn shopify_orders() -> (Orders, String) {
    let mut csv = String::from(
        "Name,Email,Financial Status,Paid at,Accepts Marketing,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Billing City,Billing Phone,Cancelled at,Payment Method,Refunded Amount,Tags,Source,Phone\n",
    );
    let mut orders = Vec::new();
    for id in 1..=40_u64 {
        let placed = MORNING + 86_400 * id.cast_signed() / 2;
        let (customer, subtotal, total) = (id % 11, 10 + id, 15 + id);
        let refunded = if id % 9 == 0 { total / 3 } else { 0 };
        let status = match id % 10 {
            _ if refunded > 0 => "partially_refunded",
            3 => "pending",
            4 => "voided",
            _ => "paid",
        };
        let cancelled = (id % 13 == 0).then(|| format!("{}Z", wall_time(placed + 60)));
        let is_test = id % 17 == 0;
        // Over the counter by telephone only, or nobody.
        let email = if id % 8 == 0 {
            String::new()
        } else {
            format!("C{customer}@Example.com")
        };
        let phone = if id % 16 == 8 {
            format!("+3161234560{customer}")
        } else {
            String::new()
        };
        let created = format!("{}Z", wall_time(placed));
        let csv_time = created.replace('T', " ").replace('Z', " +0000");
        let csv_cancelled = cancelled
            .as_deref()
            .unwrap_or_default()
            .replace('T', " ")
            .replace('Z', " +0000");
        let gateway = if is_test { "bogus" } else { "Shopify Payments" };
        csv.push_str(&format!(
            "#{id},{email},{status},,no,EUR,{subtotal}.00,4.00,1.00,{total}.00,,0.00,{csv_time},1,Soap,5.00,S-1,Name {customer},Rome,,{csv_cancelled},{gateway},{refunded}.00,,web,{phone}\n#{id},{email},,,,,,,,,,,,2,Towel,3.00,T-1,,,,,,,,,\n"
        ));
        let refunds = json!([{ "transactions": [
            { "kind": "refund", "status": "success", "amount": format!("{refunded}.00") },
            { "kind": "refund", "status": "failure", "amount": "1.00" },
        ] }]);
        let order = json!({
            "id": 9_000 + id, "name": format!("#{id}"), "email": email, "phone": phone,
            "created_at": created, "updated_at": created, "cancelled_at": cancelled,
            "financial_status": status, "currency": "EUR", "test": is_test, "tags": "",
            "payment_gateway_names": ["Shopify Payments"], "buyer_accepts_marketing": false,
            "subtotal_price": format!("{subtotal}.00"), "total_price": format!("{total}.00"),
            "total_discounts": "0.00", "total_tax": "1.00", "source_name": "web",
            "total_shipping_price_set": { "shop_money": { "amount": "4.00", "currency_code": "EUR" } },
            "billing_address": { "name": format!("Name {customer}"), "city": "Rome", "phone": null },
            "line_items": [
                { "id": 1, "sku": "S-1", "name": "Soap", "quantity": 1, "price": "5.00" },
                { "id": 2, "sku": "T-1", "name": "Towel", "quantity": 2, "price": "3.00" },
            ],
            "refunds": if refunded > 0 { refunds } else { json!([]) },
        });
        orders.push((placed, id, order));
    }
    (Arc::new(Mutex::new(orders)), csv)
}

#[test]
fn a_shopify_shop_gives_the_run_of_its_export() {
    let (orders, csv) = shopify_orders();
    let inner = Arc::clone(&orders);
    let server = Server::start(move |request, _| shops::shopify(&inner, 15, NOW, request));
    let sandbox = with_workspace();
    add(&sandbox, &[TOKEN], &["shopify", server.address()]);
    let brought = refreshed(&sandbox, &[]);
    assert_eq!(brought[0], 80);
    assert_eq!(refreshed(&sandbox, &[]), [0; 5]);
    sandbox.write("export.csv", csv);
    let export = run_files(&sandbox, &["export.csv", "--as", "shopify-orders"]);
    assert_same_tables(&run(&sandbox, &[]), &export, "a pull and the export");
    as_file(&sandbox, "shopify-orders.json", &orders);
    let file = run_files(&sandbox, &["shopify-orders.json"]);
    let export = sandbox.patron(&["run", "--out", "again", "--no-clv", "--quiet", "export.csv"]);
    assert_eq!(export.code, 0, "{}", export.stderr);
    assert_same_tables(
        &file,
        &sandbox.results("again"),
        "a file of the interface and the export",
    );
}

#[test]
fn a_token_is_in_the_state_and_nowhere_else() {
    let (orders, _) = shopify_orders();
    let server = Server::start(move |request, before| match before {
        0 => Response::new(500, "shpat_hidden is no good"),
        1..=2 => shops::shopify(&orders, 25, NOW, request),
        3 => Response::new(302, "").with("Location", "https://evil.example/?t=1"),
        _ => Response::new(401, "shpat_hidden is no good"),
    });
    let sandbox = with_workspace();
    let add = [
        "source",
        "--workspace",
        SHOP,
        "add",
        "shopify",
        server.address(),
    ];
    // Without a token nothing is added; a token may come by standard input.
    let none = sandbox.patron(&add);
    none.assert_refused(&["access token", "PATRON_SHOPIFY_TOKEN"]);
    let added = sandbox.patron_with_input(&add, b"shpat_hidden\n");
    assert_eq!(added.code, 0, "{}", added.stderr);
    let elsewhere = [
        "source",
        "--workspace",
        SHOP,
        "add",
        "shopify",
        "https://evil.example",
    ];
    sandbox
        .patron_with(&[TOKEN], &elsewhere)
        .assert_refused(&["myshopify.com"]);
    let mut said = added.stdout + &added.stderr;
    for code in [0, 1, 1] {
        let flags = ["refresh", "--workspace", SHOP];
        let outcome = sandbox.patron_with_log("trace", &flags);
        assert_eq!(outcome.code, code, "{}", outcome.stderr);
        said += &(outcome.stdout + &outcome.stderr);
    }
    assert!(
        said.contains("sends on to `https://evil.example`"),
        "{said}"
    );
    assert!(
        said.contains("answer 401") && said.contains("patron source key"),
        "{said}"
    );
    said += &sandbox
        .patron(&["source", "list", "--workspace", SHOP])
        .stdout;
    assert!(said.contains("shopify"));
    assert!(!said.contains("shpat_hidden"), "{said}");
    assert_kept_in_the_state_alone(&sandbox, "shpat_hidden");
    // Another key takes the place of the old one; removed, none is left.
    let key = sandbox.patron_with(
        &[("PATRON_SHOPIFY_TOKEN", "shpat_other")],
        &["source", "--workspace", SHOP, "key", "1"],
    );
    assert_eq!(key.code, 0, "{}", key.stderr);
    let text = String::from_utf8_lossy(&sandbox.read("shop/patron.db")).into_owned();
    assert!(text.contains("shpat_other"));
}

#[test]
fn a_key_without_encryption_and_a_password_as_an_argument_are_refused() {
    let sandbox = with_workspace();
    let add = |arguments: &[&str]| {
        let flags = ["source", "--workspace", SHOP, "add"];
        sandbox.patron_with(&WOO_KEYS, &[&flags[..], arguments].concat())
    };
    add(&["woocommerce", "http://shop.example"])
        .assert_refused(&["without encryption", "--insecure"]);
    add(&["woocommerce", "https://ck:cs@shop.example"]).assert_refused(&["name or password"]);
    add(&[
        "adbc",
        "postgresql://me:pass@db/shop",
        "--query",
        "SELECT 1",
    ])
    .assert_refused(&["password", "PATRON_ADBC_URI"]);
    let added = add(&["woocommerce", "http://shop.example", "--insecure"]);
    assert_eq!(added.code, 0, "{}", added.stderr);
}
