//! Taking an import back.

use std::collections::{BTreeSet, HashMap};

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, RecordBatch};
use patron_core::{Instant, RowClass};
use patron_import::Content;
use patron_ledger::{At, CommitInfo, Ledger, LedgerError, ScanRequest, Table};

use crate::identity::{Where, settle};
use crate::workspace::{Import, UNDO_DAYS, Workspace, WorkspaceError, imports, lists_of};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// An import that was taken back.
#[derive(Debug, Clone, PartialEq)]
pub struct UndoneImport {
    /// Which.
    pub import: Import,
    /// Rows that are gone from the ledger.
    pub rows: u64,
    /// The new snapshot.
    pub snapshot: Option<i64>,
}

/// Takes an import back: its rows are gone from the newest snapshot; earlier ones still have them.
///
/// # Errors
/// [`WorkspaceError::NoSuchImport`]; [`WorkspaceError::NeededByLater`] if a later import left rows out because this one has
/// them, or names refunds of its orders; [`WorkspaceError::TooOldToUndo`]; those of the ledger.
pub fn undo(
    workspace: &Workspace,
    import: i64,
    now: Instant,
) -> Result<UndoneImport, WorkspaceError> {
    let ledger = workspace.ledger()?;
    let all = imports(&ledger, At::Latest)?;
    let Some(found) = all.iter().find(|known| known.id == import) else {
        return Err(WorkspaceError::NoSuchImport { import });
    };
    if now.0.saturating_sub(found.at.0) > UNDO_DAYS * MICROS_PER_DAY {
        let days = UNDO_DAYS;
        return Err(WorkspaceError::TooOldToUndo { import, days });
    }
    let by_order = found_by_orders(&ledger, import, &all)?;
    let builds_on = |later: &&Import| {
        later.id > import && (later.builds_on_others() || by_order.contains(&later.id))
    };
    let later: Vec<i64> = all
        .iter()
        .rev()
        .filter(builds_on)
        .map(|later| later.id)
        .collect();
    if !later.is_empty() {
        return Err(WorkspaceError::NeededByLater { import, later });
    }
    let info = CommitInfo {
        at: now,
        author: "undo".to_owned(),
        message: format!("import {import}"),
        extra_info: None,
    };
    let undone = ledger.undo_import(import, &info)?;
    workspace.forget_rejected(import);
    let cause = format!("import {import} undone");
    settle(workspace, &ledger, &cause, Where::Everywhere, now)?;
    Ok(UndoneImport {
        import: found.clone(),
        // One of them is the import's own.
        rows: undone.rows.values().sum::<u64>().saturating_sub(1),
        snapshot: undone.snapshot,
    })
}

/// Returns the later lists of refunds that name orders which no import but this one has, and the later imports of which rows
/// were set aside because this one has their orders with other customers.
fn found_by_orders(
    ledger: &Ledger,
    import: i64,
    all: &[Import],
) -> Result<BTreeSet<i64>, WorkspaceError> {
    let mut lists = lists_of(all);
    lists.retain(|&id, holds| id > import && *holds == Content::Refunds);
    let mut named: HashMap<String, Named> = HashMap::new();
    if !lists.is_empty() {
        each_order(ledger, Table::Refunds, |order, of_import| {
            if lists.contains_key(&of_import) {
                let known = named.entry(order.to_owned()).or_default();
                known.by.insert(of_import);
            }
        })?;
    }
    let sets_aside = |later: &Import| later.id > import && later.sets_shared_orders_aside();
    if all.iter().any(sets_aside) {
        each_order(ledger, Table::SetAside, |order, of_import| {
            if of_import > import {
                let known = named.entry(order.to_owned()).or_default();
                known.by.insert(of_import);
            }
        })?;
    }
    if !named.is_empty() {
        for table in [Table::Orders, Table::OrderLines] {
            each_order(ledger, table, |order, of_import| {
                if let Some(known) = named.get_mut(order) {
                    known.is_here |= of_import == import;
                    known.is_elsewhere |= of_import != import;
                }
            })?;
        }
    }
    let lost = named.into_values();
    let lost = lost.filter(|named| named.is_here && !named.is_elsewhere);
    Ok(lost.flat_map(|named| named.by).collect())
}

/// An order that lists name.
#[derive(Default)]
struct Named {
    /// The lists that name it.
    by: BTreeSet<i64>,
    /// Whether the import that is to be undone has it, and whether another has.
    is_here: bool,
    is_elsewhere: bool,
}

/// Calls `take` with the order and the import of every row that names an order.
fn each_order(
    ledger: &Ledger,
    table: Table,
    mut take: impl FnMut(&str, i64),
) -> Result<(), LedgerError> {
    let is_aside = table == Table::SetAside;
    let columns = ["order_id", "import_id", "class"];
    let columns = columns.get(..if is_aside { 3 } else { 2 });
    let request = ScanRequest::new(table).columns(columns.unwrap_or_default());
    for batch in ledger.scan(&request)? {
        let batch = batch?;
        let classes = batch.column_by_name("class");
        let classes = classes.and_then(|column| column.as_string_opt::<i32>());
        let is_shared = |row: usize| {
            classes.is_some_and(|classes| {
                classes.is_valid(row) && classes.value(row) == RowClass::SharedOrder.key()
            })
        };
        for (row, (order, import)) in pairs(&batch).into_iter().flatten().enumerate() {
            if let (Some(order), Some(import)) = (order, import)
                && (!is_aside || is_shared(row))
            {
                take(order, import);
            }
        }
    }
    Ok(())
}

type Pair<'b> = (Option<&'b str>, Option<i64>);

fn pairs(batch: &RecordBatch) -> Option<impl Iterator<Item = Pair<'_>>> {
    let orders = batch.column_by_name("order_id")?.as_string_opt::<i32>()?;
    let imports = batch.column_by_name("import_id")?;
    let imports = imports.as_primitive_opt::<Int64Type>()?;
    Some(orders.iter().zip(imports.iter()))
}
