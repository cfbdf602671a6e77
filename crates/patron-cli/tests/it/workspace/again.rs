//! A run that folds only whose facts changed says what a run says that folds everybody, and tells who differs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, RecordBatch};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::{SHOP, import, run, with_workspace};
use crate::support::{Outcome, Results, Sandbox, Seeded, Table, assert_same_files};

const ORDERS: &str = "order_id,customer_id,email,ordered_at,net,refunded,status\n";
const LINES: &str = "order_id,customer_id,ordered_at,product_id,quantity,unit_price\n";
const REFUNDS: &str = "refund_id,order_id,customer_id,refund_date,amount\n";
const STATUSES: [&str; 6] = ["paid", "paid", "paid", "paid", "pending", "cancelled"];
/// Days of the shop, from the first of January 2023.
const DAYS: u64 = 900;

/// A shop to which things happen by chance.
struct Shop<'a> {
    sandbox: &'a Sandbox,
    random: Seeded,
    orders: u64,
    files: u64,
    /// Ids of the settings that hold for a while.
    settings: Vec<&'static str>,
}

impl Shop<'_> {
    fn below(&mut self, bound: u64) -> u64 {
        self.random.next() % bound
    }

    fn customer(&mut self) -> String {
        format!("c{}", self.below(30))
    }

    /// A day; most are late ones.
    fn day(&mut self) -> String {
        let back = if self.below(3) == 0 { DAYS } else { 60 };
        day_of(DAYS - self.below(back))
    }

    /// One thing happens; returns what.
    fn happens(&mut self) -> String {
        let what = self.below(24);
        match what {
            0..=9 => self.brings(ORDERS, Self::order),
            10..=13 => self.brings(LINES, Self::line),
            14..=16 => self.brings(REFUNDS, Self::refund),
            17 => self.brings(ORDERS, Self::other_order),
            18 => {
                let import = (1 + self.below(self.files.max(1))).to_string();
                self.may_fail(&["import", "--workspace", SHOP, "--undo", &import])
            }
            19 => {
                let whom = self.customer();
                self.may_fail(&["ledger", "--workspace", SHOP, "erase", &whom, "--yes"])
            }
            20 => {
                let (one, other) = (self.customer(), self.customer());
                self.may_fail(&["identity", "--workspace", SHOP, "join", &one, &other])
            }
            21 => {
                let one = self.customer();
                self.may_fail(&["identity", "--workspace", SHOP, "part", &one])
            }
            22 => self.may_fail(&["ledger", "--workspace", SHOP, "compact", "--thorough"]),
            _ => {
                const SETTINGS: [&[&str]; 5] = [
                    &[],
                    &["--window-months", "2"],
                    &["--return-window-days", "20"],
                    &["--zero-orders", "count"],
                    &["--unlinked-refunds", "drop"],
                ];
                let settings = SETTINGS[usize::try_from(self.below(5)).expect("below five")];
                self.settings = settings.to_vec();
                format!("settings {settings:?}")
            }
        }
    }

    fn may_fail(&self, arguments: &[&str]) -> String {
        let done = self.sandbox.patron(arguments);
        format!("{arguments:?}: {}", done.code)
    }

    fn brings(&mut self, header: &str, row: fn(&mut Self) -> String) -> String {
        let rows = 1 + self.below(8);
        let rows: String = (0..rows).map(|_| row(self)).collect();
        self.files += 1;
        let name = format!("{}.csv", self.files);
        self.sandbox.write(&name, format!("{header}{rows}"));
        let imported = self.may_fail(&["import", "--workspace", SHOP, &name]);
        format!("{imported}\n{header}{rows}")
    }

    /// An order: a new one, or another version of one that is known.
    fn order(&mut self) -> String {
        let id = if self.below(4) == 0 {
            self.below(self.orders + 1)
        } else {
            self.orders += 1;
            self.orders
        };
        // Whose an order is never changes, but for a slip now and then.
        let slip = if self.below(40) == 0 { 1 } else { 0 };
        let customer = (id * 7 + slip) % 30;
        let email = if customer % 3 == 0 {
            format!("e{}@example.org", customer % 4)
        } else {
            String::new()
        };
        let net = self.below(12) * 10;
        let refunded = if self.below(6) == 0 { net / 2 } else { 0 };
        let status = STATUSES[usize::try_from(self.below(6)).expect("below six")];
        format!(
            "o{id},c{customer},{email},{},{net},{refunded},{status}\n",
            self.day()
        )
    }

    /// An order of somebody who may be a guest.
    fn other_order(&mut self) -> String {
        self.orders += 1;
        let guest = self.below(4);
        let (day, net) = (self.day(), 1 + self.below(90));
        format!(
            "o{},,e{guest}@example.org,{day},{net},0,paid\n",
            self.orders
        )
    }

    fn line(&mut self) -> String {
        let id = 1_000 + self.below(40);
        let (product, quantity) = (self.below(5), 1 + self.below(3));
        let price = self.below(20);
        format!(
            "l{id},c{},{},p{product},{quantity},{price}\n",
            id % 30,
            self.day()
        )
    }

    fn refund(&mut self) -> String {
        let order = self.below(self.orders + 2);
        let (id, amount) = (self.below(60), 1 + self.below(40));
        let customer = order * 7 % 30;
        format!("r{id},o{order},c{customer},{},{amount}\n", self.day())
    }

    /// Flags of a run: the settings that hold, and a day now and then.
    fn flags(&mut self) -> Vec<String> {
        let mut flags: Vec<String> = self.settings.iter().map(ToString::to_string).collect();
        if self.below(3) == 0 {
            let day = day_of(DAYS - self.below(200) + 100);
            flags.extend(["--as-of".to_owned(), day]);
        }
        flags
    }
}

fn day_of(number: u64) -> String {
    let day = patron_core::Day::from_ymd(2023, 1, 1).expect("a day");
    day.plus_days(i32::try_from(number).expect("few days"))
        .to_string()
}

/// Runs the workspace with results in a folder.
fn try_run(sandbox: &Sandbox, out: &str, flags: &[&str]) -> Outcome {
    let run = [
        "run",
        "--workspace",
        SHOP,
        "--no-clv",
        "--quiet",
        "--out",
        out,
    ];
    sandbox.patron(&[&run, flags].concat())
}

/// Who was folded.
fn folded(results: &Results) -> serde_json::Value {
    results.run_json()["machine"]["folded"].clone()
}

/// What there is of a customer in `changes.parquet`: how it changed, whether facts did, and the cells.
type Change = (String, bool, BTreeMap<String, String>);

fn changes(results: &Results) -> BTreeMap<String, Change> {
    let file = File::open(results.path("changes.parquet")).expect("there are changes");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("the file is Parquet");
    let mut found = BTreeMap::new();
    for batch in reader.build().expect("a reader") {
        let batch = batch.expect("rows");
        let text = |name: &str| {
            batch
                .column_by_name(name)
                .expect(name)
                .as_string::<i32>()
                .clone()
        };
        let (ids, kinds) = (text("customer_id"), text("change"));
        let facts = batch
            .column_by_name("facts_changed")
            .expect("a column")
            .as_boolean();
        for row in 0..batch.num_rows() {
            let change = (
                kinds.value(row).to_owned(),
                facts.value(row),
                cells(&batch, row),
            );
            found.insert(ids.value(row).to_owned(), change);
        }
    }
    found
}

/// Numbers and texts of a row that are there.
fn cells(batch: &RecordBatch, row: usize) -> BTreeMap<String, String> {
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns());
    let cell = |(field, column): (
        &std::sync::Arc<arrow_schema::Field>,
        &std::sync::Arc<dyn Array>,
    )| {
        let text = column
            .as_string_opt::<i32>()
            .map(|texts| texts.value(row).to_owned());
        let number = || {
            let numbers = column.as_primitive_opt::<Int64Type>()?;
            Some(numbers.value(row).to_string())
        };
        let value = text.or_else(number).filter(|_| column.is_valid(row))?;
        Some((field.name().clone(), value))
    };
    columns.filter_map(cell).collect()
}

/// Of `customers.csv`, what `changes.parquet` compares.
const COMPARED: [&str; 13] = [
    "first_order_at",
    "last_order_at",
    "orders",
    "purchase_days",
    "monetary",
    "orders_window",
    "monetary_window",
    "r_score",
    "f_score",
    "m_score",
    "octant",
    "lifecycle",
    "segment",
];

fn compared(table: &Table) -> BTreeMap<String, Vec<String>> {
    let row = |id: &str| {
        COMPARED
            .map(|column| table.cell(id, column).to_owned())
            .to_vec()
    };
    let ids = table.column("customer_id").into_iter();
    ids.map(|id| (id.to_owned(), row(id))).collect()
}

/// Fails unless the changes are those between two tables of customers.
#[track_caller]
fn assert_changes(results: &Results, before: &Table, what: &str) {
    let now = results.customers();
    let (then, here) = (compared(before), compared(&now));
    let changes = changes(results);
    let of = |kind: &str| -> BTreeSet<&String> {
        let those = changes.iter().filter(|(_, change)| change.0 == kind);
        those.map(|(id, _)| id).collect()
    };
    assert_eq!(
        of("new"),
        here.keys().filter(|id| !then.contains_key(*id)).collect(),
        "{what}"
    );
    assert_eq!(
        of("gone"),
        then.keys().filter(|id| !here.contains_key(*id)).collect(),
        "{what}"
    );
    for (id, row) in here.iter().filter(|(id, _)| then.contains_key(*id)) {
        let differs = then[id] != *row;
        match changes.get(id) {
            None => assert!(!differs, "{id} is not among the changes: {what}"),
            Some((kind, facts, cells)) => {
                assert_eq!(kind, "changed", "{id}: {what}");
                assert!(differs || *facts, "{id} did not change: {what}");
                assert_eq!(cells["segment"], now.cell(id, "segment"), "{id}: {what}");
                assert_eq!(
                    cells["segment_before"],
                    before.cell(id, "segment"),
                    "{id}: {what}"
                );
                assert_eq!(
                    cells["orders_before"],
                    before.cell(id, "orders"),
                    "{id}: {what}"
                );
                assert_eq!(cells["r_score"], now.cell(id, "r_score"), "{id}: {what}");
            }
        }
    }
}

/// Lets things happen, and compares a run after each with one that folds everybody; returns how many folded only few.
fn live(seed: u64, steps: u64) -> u64 {
    let sandbox = with_workspace();
    let mut shop = Shop {
        sandbox: &sandbox,
        random: Seeded(seed),
        orders: 0,
        files: 0,
        settings: Vec::new(),
    };
    let (mut few, mut before) = (0, None::<Table>);
    for step in 0..steps {
        let happened = shop.happens();
        let flags = shop.flags();
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let what = format!("seed {seed}, step {step}, {flags:?}: {happened}");
        let run = try_run(&sandbox, "few", &flags);
        if run.code != 0 {
            let latest = try_run(&sandbox, "whole", &[&flags[..], &["--full"]].concat());
            assert_eq!(run.stderr, latest.stderr, "{what}");
            continue;
        }
        let results = sandbox.results("few");
        let snapshot = results.run_json()["ledger"]["snapshot"].to_string();
        let whole = try_run(
            &sandbox,
            "whole",
            &[&flags[..], &["--at", &snapshot]].concat(),
        );
        assert_eq!(whole.code, 0, "{what}\n{}", whole.stderr);
        let whole = sandbox.results("whole");
        assert_eq!(folded(&whole)["why"], "past");
        assert_same_files(&results.reproducible(), &whole.reproducible(), &what);
        assert!(
            results.bytes("report.html") == whole.bytes("report.html"),
            "{what}"
        );
        few += u64::from(folded(&results)["everybody"] == false);
        match &before {
            Some(before) if results.path("changes.parquet").exists() => {
                assert_changes(&results, before, &what);
            }
            _ => assert!(folded(&results)["customers_differing"].is_null(), "{what}"),
        }
        before = Some(results.customers());
    }
    few
}

#[test]
fn whatever_happens_few_who_are_folded_give_what_everybody_gives() {
    for (seed, steps) in [(1, 45), (2, 45), (3, 45)] {
        let few = live(seed, steps);
        println!("seed {seed}: {few} of {steps} runs folded only few");
        assert!(
            few > steps / 3,
            "seed {seed}: only {few} of {steps} runs folded few"
        );
    }
}

const THREE: &str = "order_id,customer_id,ordered_at,net\n\
    1,ann,2024-01-05,60\n2,bob,2024-01-20,40\n3,cy,2024-06-01,10\n4,ann,2024-06-02,10\n";

/// A workspace of three customers that has run.
fn having_run() -> Sandbox {
    let sandbox = with_workspace();
    sandbox.write("a.csv", THREE);
    import(&sandbox, &["a.csv"]);
    assert_eq!(folded(&run(&sandbox, &[]))["why"], "first");
    sandbox
}

#[test]
fn only_whose_facts_changed_are_folded_and_another_date_folds_whose_windows_it_moves() {
    let sandbox = having_run();
    let again = folded(&run(&sandbox, &[]));
    assert_eq!(again["everybody"], false);
    assert_eq!(
        (&again["facts_changed"], &again["changed_by_date"]),
        (&0.into(), &0.into())
    );
    assert_eq!(again["customers_differing"], 0);
    sandbox.write(
        "b.csv",
        "order_id,customer_id,ordered_at,net\n5,dan,2024-06-02,5\n6,cy,2024-06-02,7\n",
    );
    import(&sandbox, &["b.csv"]);
    let changed = folded(&run(&sandbox, &[]));
    assert_eq!(
        (&changed["facts_changed"], &changed["changed_by_date"]),
        (&2.into(), &0.into())
    );
    // Ann's and Bob's first orders leave the window of six months: on the 5th and on the 20th of July.
    let moved = |day: &str| folded(&run(&sandbox, &["--as-of", day]))["changed_by_date"].clone();
    assert_eq!(moved("2024-07-04"), 0);
    assert_eq!(moved("2024-07-05"), 1);
    assert_eq!(moved("2024-07-20"), 1);
    assert_eq!(moved("2024-07-21"), 0);
    assert_eq!(moved("2024-06-03"), 2, "back again");
}

#[test]
fn everybody_is_folded_where_what_was_kept_is_of_no_use_and_it_is_said_why() {
    let sandbox = having_run();
    let why = |flags: &[&str]| folded(&run(&sandbox, flags))["why"].clone();
    assert_eq!(why(&["--full"]), "asked");
    assert_eq!(why(&["--window-months", "3"]), "settings");
    assert_eq!(why(&["--window-months", "3"]), serde_json::Value::Null);
    let shown = sandbox.patron(&["run", "--workspace", SHOP, "--no-clv", "--out", "shown"]);
    let words = "Folded: everybody (since the last run other settings hold: window_months)";
    assert!(shown.stdout.contains(words), "{}", shown.stdout);
    assert_eq!(why(&["--at", "2"]), "past");
    assert_eq!(
        why(&[]),
        serde_json::Value::Null,
        "a look at the past changes nothing"
    );
    for (name, damage) in [
        ("people", b"short".to_vec()),
        ("histories", Vec::new()),
        ("run.json", b"{".to_vec()),
    ] {
        for entry in fs::read_dir(sandbox.path("shop/kept")).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path
                .file_name()
                .is_some_and(|file| file.to_string_lossy().starts_with(name))
            {
                fs::write(path, &damage).expect("it can be written");
            }
        }
        assert_eq!(why(&[]), "damaged", "{name}");
        assert_eq!(why(&[]), serde_json::Value::Null, "{name}");
    }
    fs::remove_dir_all(sandbox.path("shop/kept")).expect("it can go");
    assert_eq!(why(&[]), "first");
}

#[test]
fn customers_who_are_valued_are_folded_as_everybody_and_kept_for_runs_that_value_nobody() {
    let sandbox = having_run();
    let valued = ["run", "--workspace", SHOP, "--out", "valued", "--quiet"];
    assert_eq!(sandbox.patron(&valued).code, 0);
    assert_eq!(folded(&sandbox.results("valued"))["why"], "values");
    assert_eq!(folded(&run(&sandbox, &[]))["everybody"], false);
}

#[test]
fn of_whom_is_erased_nothing_is_kept() {
    let sandbox = having_run();
    let kept = || -> Vec<u8> {
        let Ok(entries) = fs::read_dir(sandbox.path("shop/kept")) else {
            return Vec::new();
        };
        let read = |entry: std::io::Result<fs::DirEntry>| {
            fs::read(entry.expect("an entry").path()).expect("a file")
        };
        entries.flat_map(read).collect()
    };
    let names_bob = |bytes: &[u8]| bytes.windows(3).any(|three| three == b"bob");
    assert!(names_bob(&kept()));
    let erased = sandbox.patron(&["ledger", "--workspace", SHOP, "erase", "bob", "--yes"]);
    assert_eq!(erased.code, 0, "{}", erased.stderr);
    assert!(!names_bob(&kept()));
    assert_eq!(folded(&run(&sandbox, &[]))["why"], "first");
    assert!(!names_bob(&kept()));
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (path, place) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &place);
        } else {
            fs::copy(path, place).expect("a file can be copied");
        }
    }
}

#[test]
fn a_ledger_that_was_put_back_by_hand_is_not_taken_for_the_one_that_was_kept() {
    let sandbox = having_run();
    copy(&sandbox.path(SHOP), &sandbox.path("earlier"));
    let header = "order_id,customer_id,ordered_at,net\n";
    for (file, row) in [
        ("b.csv", "5,dan,2024-06-02,5\n"),
        ("c.csv", "6,eve,2024-06-02,7\n"),
    ] {
        sandbox.write(file, format!("{header}{row}"));
    }
    import(&sandbox, &["b.csv"]);
    let snapshot = |results: &Results| results.run_json()["ledger"]["snapshot"].clone();
    let first = snapshot(&run(&sandbox, &[]));
    let (kept, aside) = (sandbox.path("shop/kept"), sandbox.path("aside"));
    fs::rename(&kept, &aside).expect("it can be moved");
    fs::remove_dir_all(sandbox.path(SHOP)).expect("it can go");
    copy(&sandbox.path("earlier"), &sandbox.path(SHOP));
    fs::remove_dir_all(&kept).expect("it can go");
    fs::rename(&aside, &kept).expect("it can be moved");
    import(&sandbox, &["c.csv"]);
    let results = run(&sandbox, &[]);
    assert_eq!(snapshot(&results), first, "another of the same number");
    assert_eq!(folded(&results)["why"], "snapshot_gone");
    assert_eq!(
        results.customers().column("customer_id"),
        ["ann", "bob", "cy", "eve"]
    );
}

/// What lies in a folder of results.
fn names_in(sandbox: &Sandbox, folder: &str) -> Vec<String> {
    let entries = fs::read_dir(sandbox.path(folder)).expect("a folder");
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
    let mut names: Vec<String> = entries
        .map(|entry| name(entry).to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn changes_alone_are_those_that_a_run_writes_beside_its_customers() {
    let later = "order_id,customer_id,ordered_at,net\n5,dan,2024-06-02,5\n6,cy,2024-06-02,7\n";
    let told = |flags: &[&str]| {
        let sandbox = having_run();
        sandbox.write("b.csv", later);
        import(&sandbox, &["b.csv"]);
        let results = run(&sandbox, flags);
        assert_eq!(folded(&results)["facts_changed"], 2);
        let changes = results.bytes("changes.parquet");
        let names = names_in(&sandbox, "from-ledger");
        let again = folded(&run(&sandbox, flags));
        assert_eq!(again["customers_differing"], 0, "they were told");
        (names, changes)
    };
    let ((names, alone), (_, beside)) = (told(&["--changes-only"]), told(&[]));
    assert_eq!(names, ["changes.parquet", "run.json"]);
    assert!(alone == beside);
}

#[test]
fn where_no_run_kept_anything_everybody_is_new() {
    let sandbox = with_workspace();
    sandbox.write("a.csv", THREE);
    import(&sandbox, &["a.csv"]);
    let results = run(&sandbox, &["--changes-only"]);
    let changes = changes(&results);
    assert_eq!(changes.keys().collect::<Vec<_>>(), ["ann", "bob", "cy"]);
    assert!(changes.values().all(|(kind, facts, cells)| {
        kind == "new"
            && *facts
            && !cells["orders"].is_empty()
            && !cells.contains_key("orders_before")
    }));
    let refused = sandbox.patron(&["run", "--changes-only", "a.csv"]);
    refused.assert_bad_command_line(&["--changes-only"]);
}

#[test]
fn two_runs_at_once_both_succeed() {
    let sandbox = having_run();
    let lock = File::options()
        .write(true)
        .open(sandbox.path("shop/.run-lock"))
        .expect("the lock is there");
    lock.lock().expect("nobody has it");
    assert_eq!(folded(&run(&sandbox, &[]))["why"], "busy");
    let changes = ["run", "--workspace", SHOP, "--no-clv", "--changes-only"];
    let refused = sandbox.patron(&changes);
    assert_eq!(refused.code, 3, "{}", refused.stderr);
    let words = "another run of the workspace is under way";
    assert!(refused.stderr.contains(words), "{}", refused.stderr);
    lock.unlock().expect("it is ours");
    assert_eq!(folded(&run(&sandbox, &[]))["everybody"], false);
}
