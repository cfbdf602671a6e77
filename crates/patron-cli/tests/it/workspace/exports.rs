//! What `patron export` writes: the versions that count, in every form, and a run on it says the same.

use super::{SHOP, assert_same_tables, import, run, run_files, with_workspace};
use crate::support::{Outcome, Sandbox};

const FORMATS: [&str; 5] = ["csv", "json", "jsonl", "parquet", "xlsx"];

/// Exports from the workspace, which must succeed.
#[track_caller]
fn export(sandbox: &Sandbox, arguments: &[&str]) -> Outcome {
    let outcome = sandbox.patron(&[&["export", "--workspace", SHOP], arguments].concat());
    assert_eq!(outcome.code, 0, "{arguments:?}\n{}", outcome.stderr);
    outcome
}

/// Numbers that look random and are the same for every seed.
struct Draws(u64);

impl Draws {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn place(&mut self, count: u64) -> usize {
        usize::try_from(self.below(count)).expect("it is small")
    }
}

const STATUSES: [&str; 5] = ["paid", "paid", "paid", "cancelled", "pending"];

/// Three exports of a shop's orders, of which the later ones hold other versions of earlier orders.
fn orders_in_versions(sandbox: &Sandbox, seed: u64) -> [String; 3] {
    let mut draws = Draws(seed);
    let dated = seed.is_multiple_of(2);
    [0_u64, 1, 2].map(|file| {
        let mut text = "order_id,customer_id,ordered_at,net,status,refunded,coupon_code".to_owned();
        text.push_str(if dated { ",updated_at\n" } else { "\n" });
        for order in file * 8..file * 8 + 24 {
            if draws.below(6) == 0 {
                continue;
            }
            // Some rows have no id, some orders are unlike their earlier versions.
            let id = if order % 7 == 3 {
                String::new()
            } else {
                order.to_string()
            };
            let net = 10
                + order
                + if draws.below(3) == 0 {
                    draws.below(9)
                } else {
                    0
                };
            let status = STATUSES[draws.place(5)];
            let refunded = if draws.below(4) == 0 { "2.5" } else { "" };
            let (customer, day) = (order % 5, 1 + order % 28);
            let coupon = ["", "=SPRING", "-10%"][draws.place(3)];
            text.push_str(&format!(
                "{id},c{customer},2024-0{}-{day:02} 10:00,{net}.2505,{status},{refunded},{coupon}",
                1 + order % 3
            ));
            if dated {
                text.push_str(&format!(",2024-06-{:02}", 1 + draws.below(28)));
            }
            text.push('\n');
        }
        let name = format!("orders-{file}.csv");
        sandbox.write(&name, text);
        name
    })
}

/// The same of order lines.
fn lines_in_versions(sandbox: &Sandbox, seed: u64) -> [String; 3] {
    let mut draws = Draws(seed);
    let dated = seed.is_multiple_of(2);
    [0_u64, 1, 2].map(|file| {
        let mut text =
            "order_id,customer_id,ordered_at,product_id,quantity,unit_price,status".to_owned();
        text.push_str(if dated { ",updated_at\n" } else { "\n" });
        for order in file * 6..file * 6 + 16 {
            let updated = 1 + draws.below(28);
            for product in 0..1 + draws.below(3) {
                let quantity = 1 + draws.below(2);
                let price = 5 + product;
                let status = STATUSES[draws.place(5)];
                let (customer, day) = (order % 5, 1 + order % 28);
                text.push_str(&format!(
                    "{order},c{customer},2024-02-{day:02},p{product},{quantity},{price},{status}"
                ));
                if dated {
                    text.push_str(&format!(",2024-06-{updated:02}"));
                }
                text.push('\n');
            }
        }
        let name = format!("lines-{file}.csv");
        sandbox.write(&name, text);
        name
    })
}

#[test]
fn an_exported_table_gives_the_same_run_whatever_its_versions() {
    for seed in 0..8 {
        for (table, lines) in [("orders", false), ("order_lines", true)] {
            let sandbox = with_workspace();
            let files = if lines {
                lines_in_versions(&sandbox, seed)
            } else {
                orders_in_versions(&sandbox, seed)
            };
            for file in &files {
                import(&sandbox, &[file]);
            }
            let expected = run(&sandbox, &[]);
            export(&sandbox, &[table, "--out", "exported.csv"]);
            let made = sandbox.patron(&["init", "fresh"]);
            assert_eq!(made.code, 0, "{}", made.stderr);
            let taken = sandbox.patron(&["import", "--workspace", "fresh", "exported.csv"]);
            assert_eq!(taken.code, 0, "seed {seed} {table}\n{}", taken.stderr);
            let flags = [
                "run",
                "--workspace",
                "fresh",
                "--out",
                "fresh-out",
                "--no-clv",
            ];
            let ran = sandbox.patron(&flags);
            assert_eq!(ran.code, 0, "{}", ran.stderr);
            let what = format!("seed {seed}, {table}");
            assert_same_tables(&sandbox.results("fresh-out"), &expected, &what);
        }
    }
}

#[test]
fn every_form_is_read_back() {
    let sandbox = with_workspace();
    for file in &orders_in_versions(&sandbox, 1) {
        import(&sandbox, &[file]);
    }
    let expected = run(&sandbox, &[]);
    for format in FORMATS {
        let name = format!("orders.{format}");
        let done = export(&sandbox, &["orders", "--out", &name]);
        assert!(
            done.stderr
                .contains("of `orders` as of snapshot 4 written to"),
            "{}",
            done.stderr
        );
        let found = run_files(&sandbox, &[&name]);
        assert_same_tables(&found, &expected, format);
    }
    // Nothing is left beside, and the files are for their owner alone.
    assert!(
        !sandbox
            .names()
            .iter()
            .any(|name| name.starts_with(".patron-"))
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(sandbox.path("orders.csv"))
            .expect("it is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let csv = export(&sandbox, &["orders"]);
    assert_eq!(
        csv.stdout,
        sandbox.text("orders.csv"),
        "standard output has the same"
    );
    for format in ["parquet", "xlsx"] {
        let first = sandbox.read(&format!("orders.{format}"));
        export(&sandbox, &["orders", "--out", &format!("again.{format}")]);
        assert!(
            first == sandbox.read(&format!("again.{format}")),
            "{format} differs"
        );
    }
}

fn two_versions() -> Sandbox {
    let sandbox = with_workspace();
    let settings = sandbox.text("shop/patron.toml");
    let settings = settings.replace("#timezone = \"UTC\" ", "timezone = \"Asia/Shanghai\" ");
    sandbox.write("shop/patron.toml", settings);
    let header = "order_id,customer_id,ordered_at,net,status,city,name\n";
    sandbox.write(
        "may.csv",
        format!("{header}1,ann,2024-05-01 08:00,10.5,paid,Rome,=1+1\n2,bob,2024-05-02,123456789012.3456,cancelled,,Bob\n"),
    );
    sandbox.write(
        "june.csv",
        format!(
            "{header}1,ann,2024-05-01 08:00,10.5,refunded,,Ann\n3,ann,2024-06-01,7,paid,Oslo,\n"
        ),
    );
    import(&sandbox, &["may.csv"]);
    import(&sandbox, &["june.csv"]);
    sandbox
}

#[test]
fn times_are_the_shops_amounts_are_exact_and_versions_are_told_apart() {
    let sandbox = two_versions();
    let rows = |arguments: &[&str]| {
        let text = export(&sandbox, &[&["orders"], arguments].concat()).stdout;
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().expect("a header").clone();
        let cells = [
            "order_id",
            "ordered_at",
            "net",
            "refunded",
            "status",
            "import_id",
        ];
        let cell = |row: &csv::StringRecord, name: &str| {
            let place = header.iter().position(|column| column == name);
            place
                .and_then(|place| row.get(place))
                .unwrap_or("-")
                .to_owned()
        };
        let rows = reader.records().map(|row| {
            let row = row.expect("a row");
            cells.map(|name| cell(&row, name)).join(" ")
        });
        rows.collect::<Vec<_>>()
    };
    let newest = [
        "1 2024-05-01T08:00:00+08:00 10.50 10.50 refunded -",
        "3 2024-06-01T00:00:00+08:00 7.00  paid -",
        "2 2024-05-02T00:00:00+08:00 123456789012.3456  cancelled -",
    ];
    assert_eq!(rows(&[]), newest);
    let all = [
        "1 2024-05-01T08:00:00+08:00 10.50  paid 1",
        "1 2024-05-01T08:00:00+08:00 10.50 10.50 refunded 2",
        "3 2024-06-01T00:00:00+08:00 7.00  paid 2",
        "2 2024-05-02T00:00:00+08:00 123456789012.3456  cancelled 1",
    ];
    assert_eq!(rows(&["--all-versions"]), all);
    let may = [all[0].replace("paid 1", "paid -"), newest[2].to_owned()];
    assert_eq!(rows(&["--at", "2"]), may);
    import(&sandbox, &["--undo", "2"]);
    assert_eq!(rows(&[]), may, "as if it had never been there");
    assert_eq!(rows(&["--all-versions", "--at", "3"]), all);
    let json = export(&sandbox, &["orders", "--format", "jsonl", "--at", "2"]).stdout;
    let bob = json
        .lines()
        .find(|line| line.contains("\"bob\""))
        .expect("bob's order");
    assert!(bob.contains("\"net\":123456789012.3456,"), "{bob}");
    assert!(bob.contains("\"refunded\":null,"), "{bob}");
    assert!(
        bob.contains("\"ordered_at\":\"2024-05-02T00:00:00+08:00\""),
        "{bob}"
    );
    let array = export(&sandbox, &["orders", "--format", "json"]).stdout;
    let array: serde_json::Value = serde_json::from_str(&array).expect("it is JSON");
    assert_eq!(array.as_array().map(Vec::len), Some(2));
}

#[test]
fn a_customer_is_what_was_said_last_and_no_formula() {
    let sandbox = two_versions();
    let all = export(&sandbox, &["customers", "--all-versions"]).stdout;
    assert!(all.contains("'=1+1"), "a formula is text: {all}");
    let text = export(&sandbox, &["customers", "--format", "jsonl"]).stdout;
    let customers: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object"))
        .collect();
    let of = |id: &str| {
        customers
            .iter()
            .filter(|row| row["customer_id"] == id)
            .collect::<Vec<_>>()
    };
    let ann = of("ann");
    assert_eq!(ann.len(), 1, "{text}");
    assert_eq!(ann[0]["city"], "Oslo");
    assert_eq!(ann[0]["name"], "Ann");
    assert_eq!(of("bob")[0]["name"], "Bob");
}

#[test]
fn every_table_has_a_header_and_the_imports_their_accounts() {
    let sandbox = two_versions();
    let refused = sandbox.patron(&["export", "order", "--workspace", SHOP]);
    refused.assert_bad_command_line(&["there is no table `order`", "orders, order_lines, refunds"]);
    let hint = refused
        .stderr
        .split("there are ")
        .nth(1)
        .expect("the tables");
    for table in hint.trim().split(", ") {
        for format in FORMATS {
            export(&sandbox, &[table, "--out", &format!("{table}.{format}")]);
        }
        let text = sandbox.text(&format!("{table}.csv"));
        let header = text.lines().next().unwrap_or_default();
        assert!(!header.contains("_hash"), "{table}: {header}");
    }
    let imports = sandbox.text("imports.csv");
    let lines: Vec<&str> = imports.lines().collect();
    assert!(lines[0].starts_with("import_id,name,sha256,"), "{imports}");
    assert!(
        lines[1].starts_with("1,may.csv,") && lines[2].starts_with("2,june.csv,"),
        "{imports}"
    );
    assert_eq!(sandbox.text("spend.json"), "[\n]\n");
}

#[test]
fn what_cannot_be_exported_is_refused() {
    let sandbox = two_versions();
    let refused = |arguments: &[&str]| {
        sandbox.patron(&[&["export", "--workspace", SHOP], arguments].concat())
    };
    refused(&["orders", "--format", "pdf"])
        .assert_bad_command_line(&["csv, json, jsonl, parquet or xlsx"]);
    refused(&["orders", "--format", "xlsx"]).assert_bad_command_line(&[
        "xlsx cannot be written to standard output",
        "--out FILE.xlsx",
    ]);
    refused(&["orders", "--at", "99"]).assert_refused(&["99"]);
    sandbox.write("file", "x");
    refused(&["orders", "--out", "file/orders.csv"]).assert_refused(&["cannot write"]);
    sandbox
        .patron(&["export", "orders", "--workspace", "nowhere"])
        .assert_refused(&["no workspace"]);
}

#[test]
fn lines_without_an_amount_are_those_of_the_newest_version() {
    let sandbox = with_workspace();
    let header = "order_id,customer_id,ordered_at,order_total,product_id\n";
    sandbox.write(
        "one.csv",
        format!("{header}1,ann,2024-05-01,10,tea\n2,bob,2024-05-01,4,cup\n"),
    );
    sandbox.write("two.csv", format!("{header}1,ann,2024-05-01,12,tin\n"));
    import(&sandbox, &["one.csv"]);
    import(&sandbox, &["two.csv"]);
    let text = export(&sandbox, &["order_lines", "--format", "jsonl"]).stdout;
    let articles: Vec<String> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("an object"))
        .map(|row| format!("{} {}", row["order_id"], row["product_id"]))
        .collect();
    assert_eq!(articles, ["\"1\" \"tin\"", "\"2\" \"cup\""]);
}

#[test]
fn what_a_list_of_customers_says_holds_whatever_orders_say() {
    let sandbox = with_workspace();
    let order = |id: &str, day: &str, email: &str| {
        format!("order_id,customer_id,email,phone,order_date,net\n{id},c1,{email},0171,{day},10\n")
    };
    let list =
        |email: &str| format!("customer_id,email,first_name,total_spent\nc1,{email},Ann,1\n");
    sandbox.write("a.csv", order("o1", "2024-01-05", "first@x.com"));
    sandbox.write("b.csv", list("listed@x.com"));
    sandbox.write("c.csv", order("o2", "2024-03-05", "last@x.com"));
    sandbox.write("d.csv", list("newest@x.com"));
    for (file, expected) in [
        ("a.csv", "first@x.com"),
        ("b.csv", "listed@x.com"),
        ("c.csv", "listed@x.com"),
        ("d.csv", "newest@x.com"),
    ] {
        import(&sandbox, &[file]);
        let shown = export(&sandbox, &["customers", "--format", "jsonl"]).stdout;
        let customer: serde_json::Value = serde_json::from_str(shown.trim()).expect("a customer");
        assert_eq!(customer["email"], expected, "{file}: {shown}");
        // What lists do not say stays as orders say it.
        assert_eq!(customer["phone"], "0171", "{file}: {shown}");
        let ran = run(&sandbox, &[]);
        assert_eq!(ran.customers().cell("c1", "email"), expected, "{file}");
    }
}
