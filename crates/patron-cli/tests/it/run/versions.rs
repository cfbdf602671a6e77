//! Exports that overlap: a newer version of an order takes the place of the older one, and every row is accounted for.

use crate::support::Sandbox;

const HEADER: &str = "order_id,customer_id,ordered_at,product_id,quantity,unit_price\n";

/// Runs two files together; returns monetary and units of Ann, accepted, merged and set-aside rows.
fn of_two(first: &str, second: &str) -> (String, u64, u64) {
    let sandbox = Sandbox::new();
    sandbox.write("january.csv", first);
    sandbox.write("february.csv", second);
    let flags = ["--quiet", "--as-of", "2024-12-31"];
    let results = sandbox.run(&[&["january.csv", "february.csv"], &flags[..]].concat());
    let rows = &results.run_json()["rows"];
    let count = |key: &str| rows[key].as_u64().expect("a count");
    let aside: u64 = rows["set_aside"]
        .as_object()
        .expect("classes")
        .values()
        .filter_map(serde_json::Value::as_u64)
        .sum();
    assert_eq!(count("in"), count("accepted") + count("merged") + aside);
    let customers = results.customers();
    (
        customers.cell("ann", "monetary").to_owned(),
        count("accepted"),
        count("merged"),
    )
}

#[test]
fn a_changed_line_takes_the_place_of_the_older_one() {
    let first = format!("{HEADER}1,ann,2024-01-05,tea,2,10\n1,ann,2024-01-05,cup,1,7\n");
    let second = format!("{HEADER}1,ann,2024-01-05,tea,3,10\n1,ann,2024-01-05,cup,1,7\n");
    // The cup is unchanged, the tea superseded: of four rows, two count.
    assert_eq!(of_two(&first, &second), ("37.00".to_owned(), 2, 2));
    // Files are given from old to new.
    assert_eq!(of_two(&second, &first), ("27.00".to_owned(), 2, 2));
}

#[test]
fn an_order_cut_in_two_by_the_end_of_a_file_keeps_all_its_lines() {
    let first = format!("{HEADER}1,ann,2024-01-05,tea,2,10\n1,ann,2024-01-05,cup,1,7\n");
    let second = format!("{HEADER}1,ann,2024-01-05,pot,1,30\n2,ann,2024-02-05,tea,1,10\n");
    assert_eq!(of_two(&first, &second), ("67.00".to_owned(), 4, 0));
    // The files overlap by a row.
    let second = format!("{HEADER}1,ann,2024-01-05,cup,1,7\n1,ann,2024-01-05,pot,1,30\n");
    assert_eq!(of_two(&first, &second), ("57.00".to_owned(), 3, 1));
}

#[test]
fn the_time_of_change_decides_before_the_order_of_files() {
    let header = "order_id,customer_id,ordered_at,product_id,quantity,unit_price,updated_at\n";
    let old = format!(
        "{header}1,ann,2024-01-05,tea,2,10,2024-01-06\n1,ann,2024-01-05,cup,1,7,2024-01-06\n"
    );
    // The cup was taken off the order and a pot put on it.
    let new = format!(
        "{header}1,ann,2024-01-05,tea,2,10,2024-01-09\n1,ann,2024-01-05,pot,1,30,2024-01-09\n"
    );
    assert_eq!(of_two(&old, &new), ("50.00".to_owned(), 2, 2));
    assert_eq!(of_two(&new, &old), ("50.00".to_owned(), 2, 2));
}

#[test]
fn a_line_without_a_time_of_change_is_not_older_than_any() {
    let header = "order_id,customer_id,ordered_at,product_id,quantity,unit_price,updated_at\n";
    let old = format!(
        "{header}1,ann,2024-01-05,tea,2,10,2024-01-06\n1,ann,2024-01-05,cup,1,7,2024-01-06\n1,ann,2024-01-05,jar,1,4,\n"
    );
    let new = format!("{header}1,ann,2024-01-05,tea,2,10,2024-01-09\n");
    // The cup was there before the change and is not now; of the jar nobody said when.
    assert_eq!(of_two(&old, &new), ("24.00".to_owned(), 2, 2));
}

#[test]
fn whole_orders_have_versions_too() {
    let header = "order_id,customer_id,ordered_at,net,status,updated_at\n";
    let old = format!(
        "{header}1,ann,2024-01-05,80,paid,2024-01-06\n2,ann,2024-01-07,5,paid,2024-01-07\n"
    );
    let new = format!("{header}1,ann,2024-01-05,60,paid,2024-01-09\n");
    assert_eq!(of_two(&old, &new), ("65.00".to_owned(), 2, 1));
    assert_eq!(of_two(&new, &old), ("65.00".to_owned(), 2, 1));
    // Cancelled, then paid after all.
    let cancelled = format!(
        "{header}1,ann,2024-01-05,80,cancelled,2024-01-06\n2,ann,2024-01-07,5,paid,2024-01-07\n"
    );
    let paid = format!("{header}1,ann,2024-01-05,80,paid,2024-01-09\n");
    assert_eq!(of_two(&cancelled, &paid).0, "85.00");
    assert_eq!(of_two(&paid, &cancelled).0, "85.00");
}

#[test]
fn rows_of_one_file_with_times_of_change_are_versions() {
    let sandbox = Sandbox::with_orders(
        "order_id,customer_id,ordered_at,net,updated_at\n\
         1,ann,2024-01-05,60,2024-01-09\n\
         1,ann,2024-01-05,80,2024-01-06\n\
         2,ann,2024-01-07,5,2024-01-07\n",
    );
    let results = sandbox.run(&["orders.csv", "--quiet"]);
    assert_eq!(results.customers().cell("ann", "monetary"), "65.00");
    assert_eq!(results.run_json()["rows"]["merged"], 1);
}

#[test]
fn times_of_change_are_read_in_their_own_form() {
    for (newer, older) in [
        ("13/02/2024 09:00", "28/01/2024 10:00"),
        ("02/13/2024 09:00", "01/28/2024 10:00"),
        ("Feb 13, 2024", "Jan 28, 2024"),
        // As a spreadsheet counts days.
        ("45335.5", "45319.25"),
        ("2024-02-13T09:00:00Z", "2024-01-28T10:00:00Z"),
    ] {
        let sandbox = Sandbox::with_orders(&format!(
            "order_id,customer_id,ordered_at,net,updated_at\n\
             1,ann,2024-01-05,60,\"{newer}\"\n1,ann,2024-01-05,80,\"{older}\"\n2,ann,2024-01-07,5,\"{older}\"\n"
        ));
        let results = sandbox.run(&["orders.csv", "--quiet"]);
        assert_eq!(
            results.customers().cell("ann", "monetary"),
            "65.00",
            "{newer}"
        );
    }
}

#[test]
fn times_of_change_that_cannot_be_read_are_told() {
    let note = |rows: &str, key: &str| {
        let header = "order_id,customer_id,ordered_at,net,updated_at\n";
        let sandbox = Sandbox::with_orders(&format!("{header}{rows}"));
        let results = sandbox.run(&["orders.csv", "--quiet"]);
        let json = results.run_json();
        let mut notes = json["notes"].as_array().into_iter().flatten();
        let note = notes.find(|note| note["key"] == key).cloned();
        note.unwrap_or_else(|| panic!("no note `{key}`: {}", json["notes"]))
    };
    // Each of them could be the third of April or the fourth of March.
    let rows = "1,ann,2024-01-05,60,03/04/2024\n2,ann,2024-01-07,5,05/06/2024\n";
    let text = note(rows, "changes_not_read")["text"].to_string();
    assert!(text.contains("`updated_at`"), "{text}");
    let rows = (0..20).map(|id| format!("{id},ann,2024-01-05,60,2024-01-09\n"));
    let rows = rows.chain(["20,ann,2024-01-05,60,soon\n".to_owned()]);
    let said = note(&rows.collect::<String>(), "unread_values");
    assert_eq!(said["params"]["line"], 22, "{said}");
    assert_eq!(said["params"]["value"], "soon", "{said}");
    assert_eq!(said["params"]["count"], 1, "{said}");
}

#[test]
fn the_status_of_a_line_is_its_own() {
    let header = "order_id,customer_id,ordered_at,product_id,quantity,unit_price,status\n";
    let of_ann = |rows: &str| {
        let sandbox =
            Sandbox::with_orders(&format!("{header}{rows}9,bob,2024-03-01,tea,1,1,paid\n"));
        let results = sandbox.run(&["orders.csv", "--quiet"]);
        let found = results
            .customers()
            .map("customer_id", "monetary")
            .get("ann")
            .map(|&text| text.to_owned());
        let notes = results.run_json()["notes"].to_string();
        (found, notes)
    };
    let sum = |rows: &str| of_ann(rows).0;
    for word in ["cancelled", "void", "test"] {
        let rows = format!("1,ann,2024-01-05,tea,1,100,paid\n1,ann,2024-01-05,cup,1,50,{word}\n");
        assert_eq!(sum(&rows).as_deref(), Some("100.00"), "{word}");
    }
    // A line that waits for payment, whichever it is, is not in the amount, and this is said.
    for rows in [
        "1,ann,2024-01-05,tea,1,100,paid\n1,ann,2024-01-06,cup,1,50,pending\n",
        "1,ann,2024-01-05,cup,1,50,pending\n1,ann,2024-01-06,tea,1,100,paid\n",
        "1,ann,2024-01-05,cup,1,500,pending\n1,ann,2024-01-05,tea,1,100,paid\n",
    ] {
        let (sum, notes) = of_ann(rows);
        assert_eq!(sum.as_deref(), Some("100.00"));
        assert!(notes.contains("lines_left_out"), "{notes}");
    }
    let (unpaid, notes) =
        of_ann("1,ann,2024-01-05,tea,1,100,pending\n1,ann,2024-01-05,cup,1,50,pending\n");
    assert_eq!(unpaid, None);
    assert!(notes.contains("1 not paid"), "{notes}");
    // A status in the first line of an order alone is that of all its lines.
    assert_eq!(
        sum("1,ann,2024-01-05,tea,1,100,cancelled\n1,ann,2024-01-05,cup,1,50,\n"),
        None
    );
    assert_eq!(
        sum("1,ann,2024-01-05,tea,1,100,pending\n1,ann,2024-01-05,cup,1,50,\n"),
        None
    );
    assert_eq!(
        sum("1,ann,2024-01-05,tea,1,100,paid\n1,ann,2024-01-05,cup,1,50,\n").as_deref(),
        Some("150.00")
    );
}

#[test]
fn a_line_cancelled_in_a_later_file_is_taken_off_its_order() {
    let header = "order_id,customer_id,ordered_at,product_id,quantity,unit_price,status\n";
    let first =
        format!("{header}1,ann,2024-01-05,tea,1,100,paid\n1,ann,2024-01-05,cup,1,50,paid\n");
    let second =
        format!("{header}1,ann,2024-01-05,tea,1,100,paid\n1,ann,2024-01-05,cup,1,50,cancelled\n");
    assert_eq!(of_two(&first, &second), ("100.00".to_owned(), 1, 2));
    assert_eq!(of_two(&second, &first), ("150.00".to_owned(), 2, 1));
}

#[test]
fn of_orders_and_their_lines_the_orders_amount_counts_and_the_lines_are_merged() {
    let orders = "order_id,customer_id,ordered_at,net\n1,ann,2024-01-05,90\n";
    let lines = format!(
        "{HEADER}1,ann,2024-01-05,tea,2,50\n1,ann,2024-01-05,cup,1,7\n2,ann,2024-01-07,cup,1,7\n"
    );
    assert_eq!(of_two(orders, &lines), ("97.00".to_owned(), 2, 2));
    assert_eq!(of_two(&lines, orders), ("97.00".to_owned(), 2, 2));
}

#[test]
fn classes_that_are_kept_count() {
    let text = "order_id,customer_id,ordered_at,net,status\n\
                1,ann,2024-01-05,60,paid\n2,ann,2024-01-06,40,cancelled\n3,ann,2024-01-07,5,test\n";
    let sandbox = Sandbox::with_orders(text);
    let sum = |flags: &[&str]| {
        let results = sandbox.run(&[&["orders.csv", "--quiet"], flags].concat());
        results.customers().cell("ann", "monetary").to_owned()
    };
    assert_eq!(sum(&[]), "60.00");
    assert_eq!(sum(&["--keep", "cancelled"]), "100.00");
    assert_eq!(
        sum(&["--keep", "cancelled", "--keep", "test-or-void"]),
        "105.00"
    );
}

#[test]
fn the_refund_that_a_superseded_row_spoke_of_goes_with_it() {
    let header = "order_id,customer_id,ordered_at,product_id,quantity,unit_price,refunded\n";
    let first = format!("{header}1,ann,2024-01-05,tea,1,100,20\n");
    let second = format!("{header}1,ann,2024-01-05,tea,1,100,30\n");
    assert_eq!(of_two(&first, &second), ("70.00".to_owned(), 1, 1));
    assert_eq!(of_two(&second, &first), ("80.00".to_owned(), 1, 1));
    assert_eq!(of_two(&first, &first), ("80.00".to_owned(), 1, 1));
}

#[test]
fn an_order_that_went_there_and_back_is_what_the_newest_file_says() {
    let header = "order_id,customer_id,ordered_at,net,status\n";
    let file = |net: u32, status: &str| {
        format!("{header}1,ann,2024-01-05,{net},{status}\n2,ann,2024-01-01,1,paid\n")
    };
    let of_three = |files: [String; 3]| {
        let sandbox = Sandbox::new();
        for (name, text) in ["a.csv", "b.csv", "c.csv"].iter().zip(files) {
            sandbox.write(name, text);
        }
        let results = sandbox.run(&["a.csv", "b.csv", "c.csv", "--quiet"]);
        let rows = &results.run_json()["rows"];
        assert_eq!(rows["in"], 6);
        results.customers().cell("ann", "monetary").to_owned()
    };
    let there_and_back = [file(100, "paid"), file(100, "cancelled"), file(100, "paid")];
    assert_eq!(of_three(there_and_back), "101.00");
    assert_eq!(
        of_three([file(100, "paid"), file(80, "paid"), file(100, "paid")]),
        "101.00"
    );
    assert_eq!(
        of_three([file(80, "paid"), file(100, "paid"), file(80, "cancelled")]),
        "1.00"
    );
}

#[test]
fn refunds_of_one_order_in_files_of_several_months_add_up() {
    let header = "order_id,customer_id,ordered_at,net\n";
    let january = format!("{header}1,ann,2024-01-05,100\n1,ann,2024-01-06,-10\n");
    let february = format!("{header}1,ann,2024-02-05,-20\n");
    assert_eq!(of_two(&january, &february), ("70.00".to_owned(), 3, 0));
    let lines = format!("{HEADER}1,ann,2024-01-01,tea,3,50\n1,ann,2024-01-03,tea,-1,50\n");
    let later = format!("{HEADER}1,ann,2024-02-03,tea,-1,50\n");
    assert_eq!(of_two(&lines, &later), ("50.00".to_owned(), 3, 0));
}

#[test]
fn of_several_rows_in_the_newest_file_the_last_changed_counts() {
    let header = "order_id,customer_id,ordered_at,net,updated_at\n";
    let first = format!("{header}1,ann,2024-01-05,30,\n2,ann,2024-01-01,1,\n");
    let second =
        format!("{header}1,ann,2024-01-05,10,2024-02-05\n1,ann,2024-01-05,20,2024-02-02\n");
    assert_eq!(of_two(&first, &second), ("11.00".to_owned(), 2, 2));
}

#[test]
fn details_and_dates_are_those_of_the_newest_version_and_of_the_order() {
    let sandbox = Sandbox::new();
    let header = "order_id,customer_id,ordered_at,net,email\n";
    sandbox.write(
        "a.csv",
        format!("{header}1,ann,2024-01-05,60,zz@example.org\n"),
    );
    sandbox.write(
        "b.csv",
        format!("{header}1,ann,2024-01-05,60,aa@example.org\n"),
    );
    sandbox.write("lines.csv", format!("{HEADER}1,ann,2024-01-01,tea,2,50\n"));
    let results = sandbox.run(&["a.csv", "b.csv", "lines.csv", "--quiet"]);
    let customers = results.customers();
    assert_eq!(customers.cell("ann", "email"), "aa@example.org");
    assert_eq!(
        customers.cell("ann", "last_order_at"),
        "2024-01-05T00:00:00+00:00"
    );
}

#[test]
fn lines_without_an_article_are_told_apart_by_their_order_alone_and_this_is_said() {
    let header = "order_id,customer_id,ordered_at,quantity,unit_price\n";
    let first = format!("{header}1,ann,2024-01-05,1,100\n");
    let second = format!("{header}1,ann,2024-01-05,1,50\n");
    assert_eq!(of_two(&first, &second), ("50.00".to_owned(), 1, 1));
    let sandbox = Sandbox::new();
    sandbox.write("a.csv", &first);
    sandbox.write("b.csv", &second);
    let outcome = sandbox.patron(&["run", "a.csv", "b.csv"]);
    assert!(
        outcome.stderr.contains("the lines name no article"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn rows_of_files_with_other_columns_are_not_taken_for_repeats() {
    let header = "order_id,customer_id,ordered_at,product_id,quantity,unit_price";
    let first = format!("{header},colour\n1,ann,2024-01-05,,1,10,\n");
    let second = format!("{header},size\n1,ann,2024-01-05,,1,10,\n2,ann,2024-01-06,,1,5,\n");
    // The line of order 1 is another row of no article: it takes the older one's place.
    let (sum, accepted, merged) = of_two(&first, &second);
    assert_eq!((sum.as_str(), accepted, merged), ("15.00", 2, 1));
    let third = format!("{header},size\n1,ann,2024-01-05,cup,1,10,\n");
    let fourth = format!("{header},colour\n1,ann,2024-01-05,tea,1,10,\n");
    assert_eq!(of_two(&third, &fourth).0, "20.00");
}

#[test]
fn a_refund_beside_several_rows_of_one_order_is_repeated_by_the_next_file() {
    let first = "customer_id,date,order_id,amount\nann,2024-09-19,o18,50.00\nann,2024-09-19,o18,-20.50\nann,2024-09-19,o18,30\nbob,2024-09-19,o19,30\n";
    let second = format!("{first}bob,2024-09-20,o20,30\n");
    let sandbox = Sandbox::new();
    sandbox.write("a.csv", first);
    sandbox.write("b.csv", second);
    let results = sandbox.run(&["a.csv", "b.csv", "--grain", "order", "--quiet"]);
    // Of two rows of one time the larger counts; the refund once: 50 − 20.50.
    assert_eq!(results.customers().cell("ann", "monetary"), "29.50");
    assert_eq!(results.run_json()["rows"]["accepted_by_kind"]["refund"], 1);
}
