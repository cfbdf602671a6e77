//! `report.html`: one file that asks for nothing, with the numbers of the other files.

use patron_analytics::run::report_is_built;
use serde_json::Value;

use crate::support::{OUT, Sandbox};

const OPENING: &str = "<script id=\"patron-data\" type=\"application/json\">";

fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    let flags = [
        "--customers",
        "700",
        "--seed",
        "41",
        "--orders-only",
        "--quiet",
    ];
    sandbox.patron(&[&["demo", "."], &flags[..]].concat());
    sandbox.run(&["orders.csv", "--quiet"]);
    sandbox
}

pub(super) fn data(page: &str) -> Value {
    let (before, after) = page.split_once(OPENING).expect("the page has a data block");
    assert!(!before.contains("__PATRON_DATA__"), "the place is filled");
    assert_eq!(after.matches(OPENING).count(), 0, "one data block");
    let (data, _) = after.split_once("</script>").expect("the block ends");
    serde_json::from_str(data).expect("the block is JSON")
}

#[test]
fn the_page_agrees_with_the_other_files() {
    let sandbox = shop();
    let results = sandbox.results(OUT);
    let page = String::from_utf8(results.bytes("report.html")).expect("the page is UTF-8");
    let (data, run) = (data(&page), results.run_json());
    for key in ["as_of", "timezone", "currency", "clv_basis"] {
        assert_eq!(data[key], run[key], "{key}");
    }
    assert_eq!(data["headline"]["customers"], run["customers"]);
    assert_eq!(data["vocabulary"]["key"], run["vocabulary"]["key"]);
    for key in ["in", "accepted", "merged", "set_aside", "flags"] {
        assert_eq!(data["rows"][key], run["rows"][key], "{key}");
    }
    for axis in 0..3 {
        let (shown, told) = (&data["scores"]["axes"][axis], &run["cut_points"][axis]);
        assert_eq!(shown["cuts"], told["cuts"]);
    }
    let segments = results.segments();
    let shown = data["segments"].as_array().expect("segments");
    assert_eq!(shown.len(), segments.rows.len());
    for segment in shown {
        let key = segment["key"].as_str().expect("a key");
        for column in ["customers", "orders", "members"] {
            assert_eq!(
                segment[column].to_string(),
                segments.cell(key, column),
                "{key}"
            );
        }
        assert_eq!(
            segment["names"]["zh-Hans"],
            segments.cell(key, "name_zh_hans")
        );
    }
    let cells = data["grid"]["cells"].as_array().expect("cells");
    let in_cells: u64 = cells
        .iter()
        .filter_map(|cell| cell["customers"].as_u64())
        .sum();
    assert_eq!(
        Some(in_cells),
        run["customers"].as_u64(),
        "each customer in one cell"
    );
}

/// What may stand before an address that a browser would fetch by itself.
const FETCHES: [&str; 9] = [
    "src=",
    "href=",
    "srcset=",
    "action=",
    "url(",
    "fetch(",
    "import(",
    "@import",
    "XMLHttpRequest",
];

#[test]
fn the_page_fetches_nothing() {
    let test = "the_page_fetches_nothing";
    if !report_is_built() {
        patron_testkit::skipped(test, "the page was not built");
        return;
    }
    let sandbox = shop();
    let page = sandbox.text(&format!("{OUT}/report.html"));
    for (at, _) in page.match_indices("://") {
        let start = page[..at].rfind(|letter: char| !letter.is_ascii_alphabetic());
        let start = start.map_or(0, |start| start + 1);
        let from = page[..start].trim_end_matches(['"', '\'', '`', ' ', '\\', '(']);
        let address: String = page[start..].chars().take(60).collect();
        let namespace = address.starts_with("http://www.w3.org/");
        let before = from.to_ascii_lowercase();
        let tail: String = before
            .chars()
            .rev()
            .take(20)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect();
        let fetched = FETCHES
            .iter()
            .any(|word| tail.ends_with(&word.trim_end_matches('(').to_ascii_lowercase()));
        assert!(
            namespace || !fetched,
            "the page would fetch {address}: …{tail}"
        );
    }
    for tag in ["<link rel=\"stylesheet\"", "<iframe", "<img src=\"http"] {
        assert!(!page.contains(tag), "{tag}");
    }
}

#[test]
fn texts_of_the_input_cannot_become_markup() {
    let orders = "customer_id,ordered_at,net,name\n\
        </script><script>alert(1)</script>,2024-01-01,5,<b>x</b>\nb,2024-01-02,6,y\n";
    let sandbox = Sandbox::with_orders(orders);
    sandbox.write(
        "patron.toml",
        "shop = \"</script><img src=x onerror=alert(1)>\"\n",
    );
    let results = sandbox.run(&["orders.csv", "--quiet", "--settings", "patron.toml"]);
    let page = String::from_utf8(results.bytes("report.html")).expect("UTF-8");
    assert_eq!(data(&page)["shop"], "</script><img src=x onerror=alert(1)>");
    assert!(
        !page.contains("onerror=alert(1)>") || page.contains("\\u003cimg src=x onerror=alert(1)>")
    );
    assert!(!page.contains("<img src=x"), "angle brackets are escaped");
}
