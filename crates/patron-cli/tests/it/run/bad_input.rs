//! Input that cannot be used: an exact message, exit code 1, nothing left behind, and never a panic.
//!
//! That a refusal leaves nothing beside `--out` is checked in [`Sandbox::refuses`], panics in every call.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::support::{OUT, Sandbox, Seeded, Table};

const HEADER: &str = "customer_id,order_id,ordered_at,net\n";

pub(crate) fn with_rows(rows: &str) -> Sandbox {
    Sandbox::with_orders(&format!("{HEADER}{rows}"))
}

/// A shop of so many orders, one a day.
fn many_rows(count: u32) -> String {
    let row = |order: u32| {
        format!(
            "c{},{order},2024-01-{:02},10.00\n",
            order % 97,
            order % 28 + 1
        )
    };
    (0..count).map(row).collect()
}

#[test]
fn an_empty_file_is_refused() {
    let sandbox = Sandbox::with_orders("");
    sandbox.refuses(
        &["orders.csv"],
        &["error: `orders.csv` is empty\n", "hint: "],
    );
    let blank = Sandbox::with_orders("\n\n  \n");
    blank.refuses(&["orders.csv"], &["`orders.csv`"]);
    let mark = Sandbox::with_orders("\u{feff}");
    mark.refuses(&["orders.csv"], &["`orders.csv` is empty"]);
}

#[test]
fn a_header_alone_is_refused() {
    let words = ["error: `orders.csv` has a header and no rows\n"];
    with_rows("").refuses(&["orders.csv"], &words);
    with_rows("\n\n").refuses(&["orders.csv"], &words);
}

#[test]
fn binary_garbage_is_refused() {
    const SEED: u64 = 4;
    let mut random = Seeded(SEED);
    let bytes: Vec<u8> = (0..600).flat_map(|_| random.next().to_le_bytes()).collect();
    let sandbox = Sandbox::new();
    sandbox.write("orders.csv", &bytes);
    sandbox.refuses(&["orders.csv"], &["`orders.csv` is not text: byte "]);
    // Also where text comes first.
    sandbox.write("orders.csv", [HEADER.as_bytes(), &bytes].concat());
    sandbox.refuses(&["orders.csv"], &["`orders.csv`"]);
}

#[test]
fn other_kinds_of_files_are_named() {
    let sandbox = Sandbox::new();
    for (bytes, words) in [
        (&b"%PDF-1.7\n%\xe2\xe3"[..], "PDF"),
        (
            b"PK\x03\x04\x14\x00\x06\x00",
            "the archive does not hold together",
        ),
        (b"\xff\xfec\x00u\x00s\x00", "no rows"),
    ] {
        sandbox.write("orders.csv", bytes);
        sandbox.refuses(&["orders.csv"], &["`orders.csv`", words]);
    }
}

#[test]
fn a_folder_and_a_missing_file_are_refused() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("folder")).expect("a folder");
    sandbox.refuses(
        &["folder"],
        &["error: the folder `folder` holds no file that could be a table\n"],
    );
    sandbox.refuses(
        &["nowhere.csv"],
        &["error: cannot open `nowhere.csv`: there is no such file\n"],
    );
    // A folder of tables is read, and so is a pattern.
    sandbox.write("folder/b.csv", format!("{HEADER}b,2,2024-01-02,5\n"));
    sandbox.write("folder/a.csv", format!("{HEADER}a,1,2024-01-01,5\n"));
    for asked in ["folder", "folder/*.csv"] {
        let results = sandbox.run(&[asked, "--quiet"]);
        assert_eq!(results.customers().column("customer_id"), ["a", "b"]);
    }
    std::fs::remove_dir_all(sandbox.path(OUT)).expect("results");
    // Also as the second file, after the first was read.
    sandbox.write("orders.csv", format!("{HEADER}a,1,2024-01-01,5\n"));
    sandbox.refuses(&["orders.csv", "nowhere.csv"], &["`nowhere.csv`"]);
}

#[cfg(target_os = "linux")]
#[test]
fn an_unreadable_file_is_refused() {
    use std::os::unix::fs::PermissionsExt;

    let sandbox = with_rows("a,1,2024-01-01,5\n");
    let path = sandbox.path("orders.csv");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).expect("rights");
    if std::fs::File::open(&path).is_ok() {
        // Root may read everything but what the system itself refuses to give.
        sandbox.refuses(
            &["/proc/self/mem"],
            &["cannot read `/proc/self/mem`", "hint: "],
        );
        return;
    }
    sandbox.refuses(&["orders.csv"], &["`orders.csv`", "ermission denied"]);
}

#[test]
fn two_stray_quotes_do_not_swallow_the_rows_between_them() {
    let mut rows = many_rows(300);
    rows.push_str("\"bad,x1,2024-01-01,5\n");
    rows.push_str(&many_rows(20));
    rows.push_str("\"worse,x2,2024-01-01,5\n");
    let sandbox = with_rows(&rows);
    sandbox.refuses(
        &["orders.csv"],
        &["a quote opened in line 302 of `orders.csv` swallows the lines behind it"],
    );
}

#[test]
fn a_truncated_gzip_is_refused_however_much_of_it_can_be_read() {
    let text = format!("{HEADER}{}", many_rows(50_000));
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).expect("memory takes it");
    let whole = encoder.finish().expect("memory takes it");
    let sandbox = Sandbox::new();
    sandbox.write("orders.csv.gz", &whole);
    let results = sandbox.run(&["orders.csv.gz", "--quiet", "--no-clv", "--out", OUT]);
    assert_eq!(results.run_json()["rows"]["in"], 50_000);
    for kept in [20, whole.len() / 2, whole.len() - 8, whole.len() - 1] {
        sandbox.write("orders.csv.gz", &whole[..kept]);
        let words = ["`orders.csv.gz` is cut short", "hint: "];
        sandbox.refuses(&["orders.csv.gz"], &words);
    }
    let rows_before = sandbox.results(OUT).run_json()["rows"]["in"].clone();
    assert_eq!(rows_before, 50_000, "the earlier result is untouched");
    let mut damaged = whole;
    let middle = damaged.len() / 2;
    damaged[middle..middle + 40].fill(0xff);
    sandbox.write("orders.csv.gz", &damaged);
    sandbox.refuses(&["orders.csv.gz"], &["`orders.csv.gz`"]);
}

#[test]
fn corrupted_parquet_is_refused() {
    let sandbox = with_rows(&many_rows(3_000));
    let results = sandbox.run(&["orders.csv", "--quiet", "--no-clv", "--format", "parquet"]);
    let whole = results.bytes("customers.parquet");
    for kept in [4, 100, whole.len() / 2, whole.len() - 1] {
        sandbox.write("orders.parquet", &whole[..kept]);
        let outcome = sandbox.refuses(&["orders.parquet"], &["`orders.parquet`"]);
        assert!(outcome.stderr.contains("hint: "), "{}", outcome.stderr);
    }
    // A whole footer over broken pages.
    let mut broken = whole;
    broken[4..400].fill(0xa5);
    sandbox.write("orders.parquet", &broken);
    let map = ["--map", "ordered_at=last_order_at", "--map", "net=monetary"];
    sandbox.refuses(
        &[&["orders.parquet"], &map[..]].concat(),
        &["`orders.parquet`"],
    );
}

#[test]
fn ragged_rows_are_set_aside_and_listed() {
    let sandbox = with_rows(
        "a,1,2024-01-01,10\nb,2,2024-01-02\nc,3,2024-01-03,30,extra\nd,4,2024-01-04,40,,\n\ne,5,2024-01-05,50\n",
    );
    let results = sandbox.run(&["orders.csv", "--quiet"]);
    let customers = results.customers();
    assert_eq!(
        customers.column("customer_id"),
        ["a", "d", "e"],
        "empty cells at the end do no harm"
    );
    let rejected = results.rejected();
    assert_eq!(rejected.column("line"), ["3", "4"]);
    assert_eq!(rejected.column("class"), ["unreadable"; 2]);
    let reasons = rejected.column("reason");
    assert!(
        reasons[0].starts_with("3 fields, expected 4"),
        "{reasons:?}"
    );
    assert!(
        reasons[1].starts_with("5 fields, expected 4"),
        "{reasons:?}"
    );
    let rows = &results.run_json()["rows"];
    assert_eq!(rows["in"], 5);
    assert_eq!(rows["set_aside"]["unreadable"], 2);
}

#[test]
fn a_missing_column_names_the_candidates() {
    let sandbox = Sandbox::with_orders("client,when,qty,cost\na,2024-01-01,1,2\n");
    sandbox.refuses(
        &["orders.csv"],
        &[
            "no column for",
            "`ordered_at`",
            "it has `client`, `when`, `qty`, `cost`",
            "hint: ",
            "--map \"ordered_at=when\"",
        ],
    );
    let sandbox = with_rows("a,1,2024-01-01,5\n");
    let flags = ["orders.csv", "--map", "net=total"];
    sandbox.refuses(&flags, &["no column `total` for `net`", "`customer_id`"]);
}

#[test]
fn what_cannot_be_read_is_listed_by_line_column_and_value() {
    let sandbox = with_rows(
        "a,1,2024-01-01,10\nb,2,soon,10\nc,3,2024-02-30,10\nd,4,2024-02-03,ten\n1.03293E+19,5,2024-02-03,5\ne,6,2024-02-04,11\n",
    );
    let results = sandbox.run(&["orders.csv", "--quiet"]);
    assert_eq!(results.customers().column("customer_id"), ["a", "e"]);
    let rejected = results.rejected();
    assert_eq!(rejected.column("file"), ["orders.csv"; 4]);
    assert_eq!(rejected.column("line"), ["3", "4", "5", "6"]);
    let columns = ["ordered_at", "ordered_at", "net", "customer_id"];
    assert_eq!(rejected.column("column"), columns);
    let values = ["soon", "2024-02-30", "ten", "1.03293E+19"];
    assert_eq!(rejected.column("value"), values);
    assert!(
        rejected
            .column("reason")
            .iter()
            .all(|reason| !reason.is_empty())
    );
    let others = Table::read(&results.path("customers_without_order.csv"));
    assert_eq!(others.column("customer_id"), ["b", "c", "d"]);
}

#[test]
fn rows_without_any_customer_are_refused_with_the_reason() {
    let sandbox = with_rows(",1,2024-01-01,10\nNaN,2,2024-01-02,10\nnull,3,2024-01-03,10\n");
    let outcome = sandbox.refuses(
        &["orders.csv"],
        &["no valid order is left: 3 rows in, 0 accepted"],
    );
    let said = outcome.stderr.to_lowercase();
    assert!(
        said.contains("missing customer")
            || said.contains("missing_customer")
            || said.contains("without a customer"),
        "the reason is not said: {said}"
    );
    assert!(
        !said.contains("look into `rejected.csv`"),
        "a refused run leaves no file to look into: {said}"
    );
}

#[test]
fn one_customer_and_one_order_are_a_shop() {
    let sandbox = with_rows("a,1,2024-01-01,10\n");
    let results = sandbox.run(&["orders.csv", "--quiet"]);
    let customers = results.customers();
    assert_eq!(customers.rows.len(), 1);
    assert_eq!(customers.cell("a", "monetary"), "10.00");
    assert_eq!(customers.cell("a", "recency_days"), "0");
    assert_eq!(customers.cell("a", "lifecycle"), "active");
    assert_eq!(results.run_json()["clv"]["status"], "rough");
    let sandbox = with_rows("a,1,2024-01-01,10\na,2,2024-03-01,12\na,3,2024-03-09,13\n");
    let customers = sandbox.run(&["orders.csv", "--quiet"]).customers();
    assert_eq!(customers.cell("a", "orders"), "3");
    assert_eq!(customers.cell("a", "average_order_value"), "11.6667");
    assert_eq!(customers.cell("a", "mean_days_between_orders"), "34");
}

#[test]
fn equal_amounts_share_one_score_and_this_is_said() {
    let rows: String = (0..30)
        .map(|order| format!("c{},{order},2024-01-{:02},10\n", order % 10, order % 28 + 1))
        .collect();
    let sandbox = with_rows(&rows);
    let outcome = sandbox.patron(&["run", "orders.csv"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(
        outcome
            .stderr
            .contains("monetary has only 1 distinct value"),
        "{}",
        outcome.stderr
    );
    let results = sandbox.results(OUT);
    assert_eq!(
        results.customers().column("m_score"),
        ["1"; 10],
        "ties share the lower score"
    );
    let run = results.run_json();
    assert_eq!(
        run["cut_points"][2]["missing_scores"],
        serde_json::json!([2, 3, 4, 5])
    );
}

#[test]
fn as_of_before_the_first_order_is_refused() {
    let sandbox = with_rows("a,1,2024-01-05,10\nb,2,2024-01-03,10\n");
    let flags = ["orders.csv", "--as-of", "2023-12-31"];
    let words = [
        "2023-12-31",
        "2024-01-03",
        "hint: use `--as-of 2024-01-03` or later",
    ];
    sandbox.refuses(&flags, &words);
}

#[test]
fn two_currencies_are_refused() {
    let orders = "customer_id,ordered_at,net,currency\na,2024-01-01,10,EUR\nb,2024-01-02,5,EUR\na,2024-01-03,10,USD\n";
    let sandbox = Sandbox::with_orders(orders);
    sandbox.refuses(
        &["orders.csv"],
        &[
            "two currencies",
            "EUR",
            "line 2",
            "USD",
            "line 4",
            "hint: ",
            "--rates FILE",
        ],
    );
    let one = Sandbox::with_orders("customer_id,ordered_at,net,currency\na,2024-01-01,10,EUR\n");
    one.refuses(&["orders.csv", "--currency", "GBP"], &["EUR", "GBP"]);
    // Also between files.
    one.write(
        "other.csv",
        "customer_id,ordered_at,net,currency\nb,2024-01-02,10,USD\n",
    );
    one.refuses(
        &["orders.csv", "other.csv"],
        &["two currencies", "`orders.csv`", "`other.csv`"],
    );
}

#[test]
fn a_repeated_order_id_with_one_amount_asks_for_the_grain() {
    let sandbox =
        with_rows("a,1,2024-01-01,10\na,1,2024-01-01,10\nb,2,2024-01-02,20\nb,2,2024-01-02,20\n");
    let words = ["`1`", "same amount", "--grain order", "--grain line"];
    sandbox.refuses(&["orders.csv"], &words);
}

#[test]
fn dates_that_can_be_read_in_two_ways_ask_for_the_form() {
    let sandbox = with_rows("a,1,03/04/2024,10\nb,2,05/06/2024,20\n");
    sandbox.refuses(
        &["orders.csv"],
        &["two ways", "`ordered_at`", "--date-format"],
    );
    let sandbox = with_rows("a,1,31/04/2024,10\na,2,30/04/2024,10\nb,3,05/13/2024,20\n");
    sandbox.refuses(
        &["orders.csv"],
        &[
            "mixed",
            "`30/04/2024` on line 3 starts with the day",
            "`05/13/2024` on line 4 with the month",
        ],
    );
}

/// `first` rows with the day first, then `later` rows with the month first.
fn turning(first: usize, later: usize) -> String {
    let mut text = "customer_id,ordered_at,net\n".to_owned();
    (0..first).for_each(|row| text += &format!("a{row},25/03/2024,1\n"));
    (0..later).for_each(|row| text += &format!("b{row},03/26/2024,1\n"));
    text
}

#[test]
fn dates_that_change_their_order_behind_the_first_rows_are_never_swapped() {
    let sandbox = Sandbox::with_orders(&turning(10_500, 1_100));
    // One in ten is an accident, of which each is set aside; more are two files in one.
    sandbox.run(&["orders.csv"]);
    let rejected = sandbox.text("patron-out/rejected.csv");
    assert_eq!(rejected.lines().count(), 1 + 1_100);
    let expected = "orders.csv,10502,unreadable,ordered_at,03/26/2024,";
    assert!(rejected.contains(expected), "{}", &rejected[..400]);
    let other = Sandbox::with_orders(&turning(10_500, 1_200));
    other.refuses(
        &["orders.csv"],
        &[
            "`ordered_at`",
            "change their order",
            "`03/26/2024` on line 10502",
            "1200 rows",
            "--date-format",
        ],
    );
    // Asked for, the rest is set aside, however much it is.
    other.run(&["orders.csv", "--date-format", "dmy"]);
    // What can be read only once is looked at twice all the same.
    let undecided = turning(0, 0) + &"a,01/02/2024,1\n".repeat(10_100) + "b,25/02/2024,1\n";
    let piped = sandbox.patron_with_input(&["run", "-", "--out", "piped"], undecided.as_bytes());
    assert_eq!(piped.code, 0, "{}", piped.stderr);
    let b = sandbox.results("piped").customers();
    assert!(b.cell("b", "last_order_at").starts_with("2024-02-25"));
}

#[test]
fn a_quote_that_is_never_closed_names_its_line() {
    let sandbox = with_rows("a,1,2024-01-01,10\nb,\"2,2024-01-02,20\nc,3,2024-01-03,30\n");
    sandbox.refuses(
        &["orders.csv"],
        &["a quote opened in line 3 of `orders.csv` is never closed"],
    );
}

#[test]
fn where_every_row_is_unreadable_the_first_is_shown() {
    let sandbox = with_rows("ann,1,2024-01-05,five\nbob,2,2024-01-06,six\n");
    sandbox.refuses(
        &["orders.csv"],
        &[
            "2 unreadable",
            "line 2 of `orders.csv`",
            "`five`",
            "not a number",
        ],
    );
}

#[test]
fn a_first_line_of_data_is_not_swallowed_as_a_header() {
    let sandbox = Sandbox::with_orders("1,ann,2024-01-05,60\n2,ann,2024-01-06,40\n");
    let columns = ["customer_id=#2", "ordered_at=#3", "net=#4"];
    let flags: Vec<&str> = columns
        .iter()
        .flat_map(|column| ["--map", column])
        .collect();
    sandbox.refuses(
        &[&["orders.csv"], &flags[..]].concat(),
        &[
            "looks like data",
            "2024-01-05",
            "first line that names the columns",
        ],
    );
}

#[test]
fn ids_from_decimal_numbers_are_said() {
    let sandbox = with_rows("17850.0,1,2024-01-05,5\n17851.0,2,2024-01-06,6\n");
    let outcome = sandbox.patron(&["run", "orders.csv"]);
    assert!(
        outcome
            .stderr
            .contains("2 rows have ids such as `17850.0`, which is read as `17850`"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn columns_of_one_name_are_told_apart_by_number() {
    let sandbox = Sandbox::with_orders(
        "order_id,customer_id,customer_id,ordered_at,net\n1,ann,bea,2024-01-05,60\n",
    );
    let hints = ["--map \"customer_id=#2\"", "--map \"customer_id=#3\""];
    sandbox.refuses(&["orders.csv"], &hints);
    sandbox.refuses(&["orders.csv", "--map", "customer_id=customer_id"], &hints);
    let results = sandbox.run(&["orders.csv", "--quiet", "--map", "customer_id=#3"]);
    assert_eq!(results.customers().column("customer_id"), ["bea"]);
}
