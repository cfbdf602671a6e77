//! The way of rows through the tasks without a Spark around them: handed over, sorted and split as it would, and compared with
//! the same rows read from a file here.

use std::collections::BTreeMap;
use std::io::Cursor;

use patron_core::Day;
use patron_fold::protocol::{escape_into, unescape};
use patron_fold::{AsOf, FoldSettings};
use patron_import::{ImportOptions, RejectedRow};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::cells::CellKind;
use super::filter::{Task, filter};
use super::lines::Tag;
use super::people::People;
use super::plan::{
    FoldPlan, FoldTotals, RowTotals, RowsPlan, decode, encode, fingerprint, least_sample, speaks,
};
use crate::folding::DaysAsked;
use crate::grouping::{GroupingRules, KeptDays};
use crate::source::RejectedSink;
use crate::source::handed::{Sample, columns_read, understand};
use crate::{CustomerTable, Prospect, PurchaseLog, Resources, Silent, gather};

const HEADERS: [&str; 5] = ["customer_id", "order_id", "ordered_at", "net", "email"];
pub(super) type Row = [String; 5];

struct Nobody;

impl RejectedSink for Nobody {
    fn take(&mut self, _file: &str, _row: &RejectedRow) -> std::io::Result<()> {
        Ok(())
    }
}

fn headers() -> Vec<String> {
    HEADERS.map(str::to_owned).to_vec()
}

/// A cell of a file that is empty is none.
fn sample(rows: &[Row]) -> Sample {
    let cell = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    rows.iter()
        .map(|row| row.iter().map(cell).collect())
        .collect()
}

pub(super) fn plan(rows: &[Row]) -> String {
    let (headers, sample) = (headers(), sample(rows));
    let options = ImportOptions::default();
    let understanding = understand(&headers, &sample, &options).unwrap();
    let columns = columns_read(&understanding);
    let understood = fingerprint(&understanding);
    let least = least_sample(&headers, &sample, (&options, &columns), understood);
    assert!(least.len() <= sample.len());
    encode(&RowsPlan {
        speaks: speaks(),
        kinds: vec![CellKind::Text; columns.len()],
        headers,
        sample: least,
        options,
        understood,
    })
}

#[test]
fn no_name_address_or_id_stands_on_a_command_line() {
    let row = |order: usize| -> Row {
        let person = ["Ada.Lovelace", "王小明", "Zoë"][order % 3];
        [
            format!("{person}@example{}.org", order % 7),
            format!("A-{:05}", 90_317 + order),
            format!("{:02}/03/2025 10:00", 1 + order % 28),
            format!("{}.90", 10 + order * 37 % 800),
            format!("{person}@example{}.org", order % 7),
        ]
    };
    let rows: Vec<Row> = (0..40).map(row).collect();
    let plan: RowsPlan = decode(&plan(&rows)).unwrap();
    assert!(plan.understand().is_ok());
    let shown = format!("{:?}", plan.sample);
    for secret in ["Ada", "Lovelace", "王", "Zoë", "example", "90317", "47.90"] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
    assert!(
        shown.contains("13/03/2025"),
        "that days come before months has to be known: {shown}"
    );
}

pub(super) fn lines_of(task: Task, plan: &str, input: &str) -> Vec<Vec<String>> {
    let mut output = Vec::new();
    let mut input = Cursor::new(input.as_bytes().to_vec());
    filter(task, plan, &mut input, &mut output).unwrap();
    assert_eq!(
        input.position(),
        input.get_ref().len() as u64,
        "all is read"
    );
    let text = String::from_utf8(output).unwrap();
    assert!(!text.contains('\r'));
    text.lines()
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect()
}

/// What Spark sends for some rows, the first of which has a number.
pub(super) fn sent(rows: &[Row], first: usize) -> String {
    let mut text = String::new();
    for (place, row) in rows.iter().enumerate() {
        text.push_str(&(first + place).to_string());
        for cell in row {
            text.push('\t');
            if cell.is_empty() {
                text.push_str("\\N");
            }
            escape_into(&mut text, cell);
        }
        text.push('\n');
    }
    text
}

/// Reads rows in two tasks, folds them in two others, and returns what came back.
fn on_tasks(rows: &[Row], as_of: Day) -> (People, FoldTotals, RowTotals) {
    let plan = plan(rows);
    let (left, right) = rows.split_at(rows.len() / 3);
    let mut read = RowTotals::default();
    let mut facts: [Vec<Vec<String>>; 2] = Default::default();
    for (rows, first) in [(left, 0), (right, 1 << 33)] {
        // Where there are no rows Spark starts nothing.
        for line in lines_of(Task::Rows, &plan, &sent(rows, first)) {
            assert_eq!(line.len(), 4, "{line:?}");
            match Tag::of(&line[0]).unwrap() {
                Tag::Claim | Tag::Fact => facts[line[1].len() % 2].push(line),
                Tag::Control => read.add(serde_json::from_str(&line[3]).unwrap()),
                Tag::Block => {}
                other => panic!("{other:?}: {line:?}"),
            }
        }
    }
    let rules = GroupingRules {
        keep_days: KeptDays::Named,
        ..GroupingRules::default()
    };
    let plan = encode(&FoldPlan::new(&FoldSettings::default(), as_of, rules));
    let (mut people, mut totals) = (People::default(), FoldTotals::default());
    for mut facts in facts {
        facts.sort_by(|a, b| a[1].cmp(&b[1]));
        let text: String = facts
            .iter()
            .map(|line| line[1..].join("\t") + "\n")
            .collect();
        for line in lines_of(Task::Histories, &plan, &text) {
            let [tag, customer, payload] = &line[..] else {
                panic!("{line:?}");
            };
            let customer = unescape(customer);
            match Tag::of(tag).unwrap() {
                Tag::Profile => people.take_customer(&customer, payload).unwrap(),
                Tag::Prospect => people.take_prospect(&customer, payload).unwrap(),
                Tag::Control => totals.add(serde_json::from_str(payload).unwrap()),
                other => panic!("{other:?}: {line:?}"),
            }
        }
    }
    (people, totals, read)
}

/// Reads the same rows from a file.
fn here(rows: &[Row], as_of: Day) -> String {
    let (table, prospects, purchases) = folded_here(rows, as_of);
    shown(&table, &prospects, &purchases)
}

/// The customers of the same rows, read from a file and folded here.
pub(super) fn folded_here(rows: &[Row], as_of: Day) -> (CustomerTable, Vec<Prospect>, PurchaseLog) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.csv");
    let mut writer = csv::Writer::from_path(&path).unwrap();
    writer.write_record(HEADERS).unwrap();
    for row in rows {
        writer.write_record(row).unwrap();
    }
    writer.flush().unwrap();
    let resources = Resources {
        threads: 1,
        memory_bytes: 1 << 28,
        spill_folder: folder.path().to_owned(),
        keeping: None,
    };
    let options = ImportOptions::default();
    let gathered = gather(&[path], &options, &resources, &mut Nobody, &Silent).unwrap();
    let settings = FoldSettings::default();
    let asked = DaysAsked {
        as_of: Some(as_of),
        with_purchases: true,
        ..DaysAsked::default()
    };
    let folded = gathered.fold_days(&settings, asked, false, &Silent);
    let (mut folded, purchases) = folded.unwrap();
    let (table, prospects) = folded.by_day.pop().unwrap();
    (table, prospects, purchases)
}

fn shown(table: &CustomerTable, prospects: &[Prospect], purchases: &PurchaseLog) -> String {
    let ids: Vec<&str> = table.ids.iter().collect();
    let profiles: Vec<_> = table.profiles.iter().collect();
    let contacts = table.contacts.as_ref().map(|columns| {
        let texts =
            |column: &crate::texts::Texts| column.iter().map(str::to_owned).collect::<Vec<_>>();
        columns.each_ref().map(texts)
    });
    let tally = table.tally;
    format!("{ids:?} {profiles:?} {contacts:?} {tally:?} {prospects:?} {purchases:?}")
}

fn id() -> impl Strategy<Value = String> {
    let odd = prop_oneof![
        Just("a\tb"),
        Just("a\\b"),
        Just("a\r\nb"),
        Just("\\N"),
        Just("é 王"),
        Just("a"),
        Just("b7"),
        Just("c  d"),
    ];
    odd.prop_map(str::to_owned)
}

fn row() -> impl Strategy<Value = Row> {
    let net = prop_oneof![9 => (-500_i64..5_000).prop_map(|net| format!("{}.{:02}", net / 100, (net % 100).abs())), 1 => Just("?".to_owned())];
    let day = (1_u32..13, 1_u32..29).prop_map(|(month, day)| format!("2024-{month:02}-{day:02}"));
    (id(), day, net, 0_u8..3).prop_map(|(customer, day, net, mail)| {
        let mail = match mail {
            0 => String::new(),
            mail => format!("{mail} of {}@example.com", customer.len()),
        };
        [customer, String::new(), day, net, mail]
    })
}

/// Rows with an order's number each: whose an order is, is not in question here.
pub(super) fn rows() -> impl Strategy<Value = Vec<Row>> {
    proptest::collection::vec(row(), 1..60).prop_map(|mut rows| {
        for (place, row) in rows.iter_mut().enumerate() {
            row[1] = format!("n{place}\t{}", row[0]);
        }
        // One row that can be read in any case.
        rows.insert(
            0,
            ["z", "first", "2024-01-02", "1.00", ""].map(str::to_owned),
        );
        rows
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, rng_seed: RngSeed::Fixed(71_057), ..ProptestConfig::default() })]

    #[test]
    fn rows_through_tasks_are_the_customers_of_the_same_rows_here(rows in rows()) {
        let as_of = Day::parse_iso("2024-12-31").unwrap();
        let (people, totals, read) = on_tasks(&rows, as_of);
        prop_assert_eq!(read.rows, rows.len() as u64);
        prop_assert_eq!((read.facts, read.bytes), (totals.facts, totals.bytes));
        prop_assert_eq!(people.len(), totals.people);
        let as_of_bounds = AsOf::new(as_of, &FoldSettings::default());
        let (table, prospects, purchases) = people.table(as_of_bounds, totals.tally).unwrap();
        prop_assert_eq!(shown(&table, &prospects, &purchases), here(&rows, as_of));
    }
}

fn some_rows() -> Vec<Row> {
    let row =
        |customer: &str, order: &str| [customer, order, "2024-05-01", "10", ""].map(str::to_owned);
    vec![row("a", "1"), row("b", "2"), row("c", "3")]
}

/// What a task says that cannot go on.
pub(super) fn error_of(task: Task, plan: &str, input: &str) -> String {
    let lines = lines_of(task, plan, input);
    let last = lines.last().unwrap();
    assert_eq!(last[0], Tag::Error.letter(), "{lines:?}");
    let told: BTreeMap<String, Option<String>> =
        serde_json::from_str(last.last().unwrap()).unwrap();
    told["text"].clone().unwrap()
}

#[test]
fn a_task_that_cannot_go_on_says_why_and_reads_to_the_end() {
    let rows = some_rows();
    let plan = plan(&rows);
    let short = sent(&rows, 0) + "3\tonly\n" + &sent(&rows, 4);
    assert_eq!(
        error_of(Task::Rows, &plan, &short),
        "row 3: 2 fields, expected 6"
    );
    assert!(error_of(Task::Rows, "%", "x\n").starts_with("the plan on the command line"));
    let as_of = Day::parse_iso("2024-12-31").unwrap();
    let rules = GroupingRules::default();
    let fold = encode(&FoldPlan::new(&FoldSettings::default(), as_of, rules));
    let unsorted = "b\t\t0 0 1 2 ff 0 0 - 0 7\na\t\t0 0 1 2 ff 0 0 - 0 7\n";
    let said = error_of(Task::Histories, &fold, unsorted);
    assert!(said.contains("`a` comes after `b`"), "{said}");
    let no_fact = error_of(Task::Histories, &fold, "b\\tc\t\tx\n");
    assert_eq!(no_fact, "customer `b\tc`: a line that is no fact");
}

#[test]
fn a_cell_that_is_none_of_its_type_is_told_with_its_row_and_column() {
    let rows = some_rows();
    let (headers, sample) = (headers(), sample(&rows));
    let options = ImportOptions::default();
    let understanding = understand(&headers, &sample, &options).unwrap();
    let plan = encode(&RowsPlan {
        speaks: speaks(),
        kinds: vec![
            CellKind::Text,
            CellKind::Text,
            CellKind::Text,
            CellKind::Int,
            CellKind::Text,
        ],
        headers,
        sample,
        options,
        understood: fingerprint(&understanding),
    });
    let input = sent(&rows, 40)
        .replacen("\t10\t", "\t1O\t", 2)
        .replacen("\t1O\t", "\t10\t", 1);
    let said = error_of(Task::Rows, &plan, &input);
    assert_eq!(
        said,
        "row 42: column `net` holds `1O`, which its type cannot"
    );
}

#[test]
fn another_patron_refuses_a_plan() {
    let rows = some_rows();
    let plan = plan(&rows);
    let mut other: RowsPlan = decode(&plan).unwrap();
    other.speaks = "patron-9.9.9-spark-9".to_owned();
    let said = error_of(Task::Rows, &encode(&other), &sent(&rows, 0));
    assert!(
        said.contains("patron-9.9.9-spark-9 was asked for"),
        "{said}"
    );
    let mut other: RowsPlan = decode(&plan).unwrap();
    other.understood ^= 1;
    let said = error_of(Task::Rows, &encode(&other), &sent(&rows, 0));
    assert!(said.contains("in another way"), "{said}");
}
