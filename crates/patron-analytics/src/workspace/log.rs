//! The imports of a ledger: which files, when, and what became of their rows.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};
use arrow_array::{
    ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray, new_null_array,
};
use patron_core::{Instant, MoneySum, RowClass, RowFlag};
use patron_engine::{FileRead, Seen};
use patron_import::{
    Content, CurrenciesSeen, Exchanged, ExchangedRows, GrainRule, RowAccount, Understanding,
    UnreadDetails,
};
use patron_ledger::{At, Ledger, LedgerError, ScanRequest, Table};
use serde::{Deserialize, Serialize};

use super::{UNDO_DAYS, WorkspaceError};

/// One imported file.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// Its number; later ones are larger.
    pub id: i64,
    /// The file's name, without folders.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// When it was imported.
    pub at: Instant,
    /// The preset that applied.
    pub preset: Option<String>,
    /// All rows but headers and blank lines.
    pub rows_in: u64,
    /// Rows that brought something new.
    pub new: u64,
    /// Rows that took the place of an older version.
    pub superseding: u64,
    /// Rows that were there already.
    pub unchanged: u64,
    /// Rows that were set aside.
    pub set_aside: u64,
    pub(crate) details: Details,
}

/// What a later run needs to know of an import.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Details {
    pub(crate) grain: String,
    /// What the file holds; nothing stands for orders.
    #[serde(default)]
    pub(crate) holds: Option<String>,
    /// Rows set aside because nobody knew the order that they name: the file is read again when asked.
    #[serde(default)]
    pub(crate) unknown_orders: u64,
    pub(crate) currency: Option<String>,
    /// Rows in other currencies, with how many were converted and how many could not be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) exchanged: Vec<(String, u64, u64)>,
    pub(crate) defaults: Vec<(String, String)>,
    /// Rows by class, with the sum of their amounts in ten-thousandths.
    pub(crate) classes: Vec<(String, u64, String)>,
    pub(crate) flags: Vec<(String, u64)>,
    /// Rows that were not kept because an earlier import has them: order lines and refunds.
    pub(crate) left_out: (u64, u64),
    /// The same of rows set aside.
    pub(crate) left_out_aside: u64,
    /// Whether orders that stand with several customers count for each.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) keeps_shared_orders: bool,
    /// A fingerprint of how the file was understood.
    pub(crate) understood: String,
    /// A fingerprint of the settings of the workspace that decide how files are read.
    pub(crate) settings: String,
}

/// What the next import is to be called, and what went before.
#[derive(Debug)]
pub(crate) struct NextImport {
    pub(crate) id: i64,
    pub(crate) earlier: Vec<Import>,
}

/// Returns the imports that a snapshot of the ledger holds, oldest first.
///
/// # Errors
/// [`WorkspaceError::Ledger`]; [`WorkspaceError::ImportDamaged`].
pub fn imports(ledger: &Ledger, at: At) -> Result<Vec<Import>, WorkspaceError> {
    let mut found = Vec::new();
    for batch in ledger.scan(&ScanRequest::new(Table::Imports).at(at))? {
        let batch = batch?;
        for row in 0..batch.num_rows() {
            found.push(import_of(&batch, row)?);
        }
    }
    found.sort_by_key(|import: &Import| import.id);
    Ok(found)
}

/// Returns the number of the next import as of a snapshot. Numbers of imports that were undone are not used again.
pub(crate) fn next_import(ledger: &Ledger, snapshot: i64) -> Result<NextImport, WorkspaceError> {
    let earlier = imports(ledger, At::Snapshot(snapshot))?;
    let noted = ledger.last_extra_info("import")?;
    let noted = noted.and_then(|(_, text)| serde_json::from_str::<serde_json::Value>(&text).ok());
    let noted = noted.and_then(|note| note.get("last_import_id")?.as_i64());
    let last = earlier.iter().map(|import| import.id).max();
    Ok(NextImport {
        id: last.max(noted).unwrap_or(0) + 1,
        earlier,
    })
}

/// Returns which of some imports were lists, and of what.
pub(crate) fn lists_of(imports: &[Import]) -> HashMap<i64, Content> {
    let lists = imports.iter().map(|import| (import.id, import.holds()));
    lists
        .filter(|(_, holds)| *holds != Content::Orders)
        .collect()
}

/// Returns the number below which imports can no longer be undone; nothing if all can.
///
/// # Errors
/// As [`imports`].
pub fn settled_before(ledger: &Ledger, now: Instant) -> Result<Option<i64>, WorkspaceError> {
    let oldest = now.0.saturating_sub(UNDO_DAYS * 86_400_000_000);
    let all = imports(ledger, At::Latest)?;
    let settled = all.iter().take_while(|import| import.at.0 < oldest);
    Ok(settled.last().map(|import| import.id + 1))
}

fn import_of(batch: &RecordBatch, row: usize) -> Result<Import, WorkspaceError> {
    let number = |name: &str| {
        let column = batch.column_by_name(name);
        column.map_or(0, |column| column.as_primitive::<Int64Type>().value(row))
    };
    let count = |name: &str| u64::try_from(number(name)).unwrap_or(0);
    let text = |name: &str| {
        let column = batch.column_by_name(name)?.as_string_opt::<i32>()?;
        (!arrow_array::Array::is_null(column, row)).then(|| column.value(row).to_owned())
    };
    let id = number("import_id");
    let details = text("details").unwrap_or_default();
    let details =
        serde_json::from_str(&details).map_err(|_| WorkspaceError::ImportDamaged { import: id })?;
    let at = batch.column_by_name("imported_at").map_or(0, |column| {
        column.as_primitive::<TimestampMicrosecondType>().value(row)
    });
    Ok(Import {
        id,
        name: text("name").unwrap_or_default(),
        sha256: text("sha256").unwrap_or_default(),
        bytes: count("bytes"),
        at: Instant(at),
        preset: text("preset"),
        rows_in: count("rows_in"),
        new: count("rows_new"),
        superseding: count("rows_superseding"),
        unchanged: count("rows_unchanged"),
        set_aside: count("rows_set_aside"),
        details,
    })
}

/// Returns imports as rows of the ledger.
pub(crate) fn import_rows(imports: &[Import]) -> Result<RecordBatch, LedgerError> {
    let schema = Table::Imports.schema();
    let numbers = |value: fn(&Import) -> i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(imports.iter().map(value)))
    };
    let texts = |value: fn(&Import) -> Option<String>| -> ArrayRef {
        Arc::new(StringArray::from_iter(imports.iter().map(value)))
    };
    let columns = schema
        .fields()
        .iter()
        .map(|field| match field.name().as_str() {
            "name" => texts(|import| Some(import.name.clone())),
            "sha256" => texts(|import| Some(import.sha256.clone())),
            "preset" => texts(|import| import.preset.clone()),
            "details" => texts(|import| serde_json::to_string(&import.details).ok()),
            "origin_file" => texts(|import| Some(import.name.clone())),
            "bytes" => numbers(|import| import.bytes.cast_signed()),
            "rows_in" => numbers(|import| import.rows_in.cast_signed()),
            "rows_new" => numbers(|import| import.new.cast_signed()),
            "rows_superseding" => numbers(|import| import.superseding.cast_signed()),
            "rows_unchanged" => numbers(|import| import.unchanged.cast_signed()),
            "rows_set_aside" => numbers(|import| import.set_aside.cast_signed()),
            "import_id" => numbers(|import| import.id),
            "row_hash" => numbers(|_| 0),
            "imported_at" => {
                let times = imports.iter().map(|import| import.at.0);
                Arc::new(TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC"))
            }
            _ => new_null_array(field.data_type(), imports.len()),
        });
    let columns = columns.collect();
    RecordBatch::try_new(schema, columns).map_err(|error| rows_differ(Table::Imports, &error))
}

pub(crate) fn rows_differ(table: Table, error: &impl ToString) -> LedgerError {
    LedgerError::RowsDiffer {
        table: table.name(),
        column: String::new(),
        found: error.to_string(),
        expected: "the table's columns".to_owned(),
    }
}

const GRAINS: [(GrainRule, &str); 4] = [
    (GrainRule::EachRowIsAnOrder, "each_row_is_an_order"),
    (GrainRule::Lines, "lines"),
    (GrainRule::Orders, "orders"),
    (GrainRule::OrdersUnlessRepeated, "orders_unless_repeated"),
];

fn set_aside_of(account: &RowAccount) -> u64 {
    let classes = RowClass::ALL.iter().filter(|class| class.is_set_aside());
    classes.map(|class| account.count(*class)).sum()
}

/// Returns the classes that have rows, with these and the sum of their amounts.
fn classes_of(account: &RowAccount) -> Vec<(String, u64, String)> {
    let classes = RowClass::ALL.iter();
    let classes = classes.filter(|class| account.count(**class) > 0);
    let of_class = |&class: &RowClass| {
        let revenue = account.revenue(class).0.to_string();
        (class.key().to_owned(), account.count(class), revenue)
    };
    classes.map(of_class).collect()
}

impl Import {
    /// Returns the currency of its amounts, if it is known.
    #[must_use]
    pub fn currency(&self) -> Option<&str> {
        self.details.currency.as_deref()
    }

    /// Makes the record of a file that was read. What became of its rows is filled in later.
    pub(crate) fn new(id: i64, read: &FileRead, currency: Option<String>, at: Instant) -> Self {
        let account = &read.account;
        let understanding = &read.understanding;
        let grain = GRAINS.iter().find(|(rule, _)| *rule == understanding.grain);
        let flags = RowFlag::ALL
            .iter()
            .filter(|flag| account.flagged(**flag) > 0);
        let name = read.path.file_name().unwrap_or(read.path.as_os_str());
        Self {
            id,
            name: name.to_string_lossy().into_owned(),
            sha256: read.sha256.clone(),
            bytes: read.bytes,
            at,
            preset: understanding
                .preset
                .as_ref()
                .map(|preset| preset.name.clone()),
            rows_in: account.rows_in,
            new: 0,
            superseding: 0,
            unchanged: 0,
            set_aside: set_aside_of(account),
            details: Details {
                grain: grain.map_or("", |(_, name)| name).to_owned(),
                holds: Some(understanding.holds.key().to_owned()),
                unknown_orders: read.unknown_orders,
                currency,
                exchanged: read
                    .exchanged
                    .by_currency()
                    .map(|(from, rows)| (from.to_owned(), rows.converted, rows.without_rate))
                    .collect(),
                defaults: understanding.defaults.clone(),
                classes: classes_of(account),
                flags: flags
                    .map(|&flag| (flag.key().to_owned(), account.flagged(flag)))
                    .collect(),
                ..Details::default()
            },
        }
    }

    /// Takes over what more of a file was set aside after it was read.
    pub(crate) fn account_again(&mut self, read: &FileRead) {
        self.set_aside = set_aside_of(&read.account);
        self.details.classes = classes_of(&read.account);
        self.details.unknown_orders = read.unknown_orders;
    }

    /// Returns what the file holds.
    #[must_use]
    pub fn holds(&self) -> Content {
        let key = self.details.holds.as_deref();
        key.and_then(Content::from_key).unwrap_or_default()
    }

    /// Returns whether it left rows out because earlier imports have them.
    #[must_use]
    pub fn builds_on_others(&self) -> bool {
        let details = &self.details;
        self.unchanged > 0 || details.left_out != (0, 0) || details.left_out_aside > 0
    }

    /// Returns whether it set rows aside because their orders are other customers'.
    pub(crate) fn sets_shared_orders_aside(&self) -> bool {
        let mut classes = self.details.classes.iter();
        classes.any(|(class, rows, _)| class == RowClass::SharedOrder.key() && *rows > 0)
    }

    /// Returns the part of a workbook or an archive that it is; empty for a whole file.
    pub(crate) fn part(&self) -> &str {
        self.name.split_once('#').map_or("", |(_, part)| part)
    }

    /// Returns what is known of the file as if it had just been read; its facts are in the ledger.
    pub(crate) fn as_read(&self) -> FileRead {
        let details = &self.details;
        let grain = GRAINS.iter().find(|(_, name)| *name == details.grain);
        let mut account = RowAccount {
            rows_in: self.rows_in,
            ..RowAccount::default()
        };
        for (key, rows, revenue) in &details.classes {
            let Some(&class) = RowClass::ALL.iter().find(|class| class.key() == key) else {
                continue;
            };
            if let Some(count) = account.by_class.get_mut(class as usize) {
                *count = *rows;
            }
            if let Some(sum) = account.revenue_by_class.get_mut(class as usize) {
                *sum = MoneySum(revenue.parse().unwrap_or(0));
            }
        }
        for (key, rows) in &details.flags {
            let flag = RowFlag::ALL.iter().find(|flag| flag.key() == key);
            if let Some(count) = flag.and_then(|&flag| account.flags.get_mut(flag as usize)) {
                *count = *rows;
            }
        }
        let mut exchanged = Exchanged::default();
        for (from, converted, without_rate) in &details.exchanged {
            let rows = ExchangedRows {
                converted: *converted,
                without_rate: *without_rate,
                rates: 0,
            };
            exchanged.add(from.clone(), rows);
        }
        FileRead {
            path: self.name.clone().into(),
            sha256: self.sha256.clone(),
            bytes: self.bytes,
            understanding: Arc::new(Understanding::of_import(
                self.holds(),
                self.name.clone(),
                self.preset.clone(),
                grain.map_or(GrainRule::Orders, |(rule, _)| *rule),
                details.currency.clone(),
                details.defaults.clone(),
            )),
            account,
            currencies: CurrenciesSeen::default(),
            exchanged,
            unknown_statuses: std::collections::BTreeMap::new(),
            seen: Seen::default(),
            merged_before: details.left_out,
            float_ids: None,
            unread_details: UnreadDetails::default(),
            first_unreadable: None,
            unknown_orders: details.unknown_orders,
            first_facts: Vec::new(),
        }
    }
}
