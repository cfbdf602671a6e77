//! Which rows of a bucket of a table are exported, and in which order.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow_ord::ord::{DynComparator, make_comparator};
use arrow_schema::{ArrowError, SchemaRef, SortOptions};
use arrow_select::concat::concat;
use arrow_select::interleave::interleave;
use patron_engine::{Record, counting};
use patron_import::{Content, GrainRule};
use patron_ledger::{At, Bucket, Ledger, Persons, ScanRequest, Table};

use super::ExportError;
use crate::import::{NOT_GIVEN, WITHDRAWN, is_own_id};
use crate::workspace::{Wanted, columns_of, give_batch, imports, lists_of};

/// What is to be picked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pick {
    pub(super) table: Table,
    pub(super) at: At,
    pub(super) bucket: Bucket,
    pub(super) all_versions: bool,
}

/// The rows of a bucket.
#[derive(Debug)]
pub(super) struct Picked {
    /// Ids of orders that patron made itself, since their source has none, are left out.
    hide_own_ids: bool,
    batches: Vec<RecordBatch>,
    /// Where each row lies: batch, place in it.
    places: Vec<(usize, usize)>,
    rows: Rows,
}

/// Which rows are given, in their order.
#[derive(Debug)]
enum Rows {
    Whole(Vec<usize>),
    /// By name of the column: from which row its value is taken.
    Merged(HashMap<String, Vec<usize>>, usize),
}

impl Picked {
    pub(super) const fn len(&self) -> usize {
        match &self.rows {
            Rows::Whole(rows) => rows.len(),
            Rows::Merged(_, count) => *count,
        }
    }

    /// Returns rows with the columns of `schema`.
    pub(super) fn batch(
        &self,
        schema: &SchemaRef,
        range: Range<usize>,
    ) -> Result<RecordBatch, ArrowError> {
        let column = |name: &String| {
            let arrays: Vec<&dyn Array> = self
                .batches
                .iter()
                .filter_map(|batch| batch.column_by_name(name))
                .map(AsRef::as_ref)
                .collect();
            let rows = match &self.rows {
                Rows::Whole(rows) => Some(rows),
                Rows::Merged(columns, _) => columns.get(name),
            };
            let rows = rows.and_then(|rows| rows.get(range.clone()));
            let places: Vec<(usize, usize)> = rows
                .unwrap_or_default()
                .iter()
                .filter_map(|&row| self.places.get(row).copied())
                .collect();
            let values = interleave(&arrays, &places)?;
            if self.hide_own_ids && name == "order_id" {
                return Ok(self.without_own_ids(&values, &places));
            }
            Ok(values)
        };
        let columns = schema.fields().iter().map(|field| column(field.name()));
        RecordBatch::try_new(
            Arc::clone(schema),
            columns.collect::<Result<_, ArrowError>>()?,
        )
    }

    fn without_own_ids(&self, ids: &ArrayRef, places: &[(usize, usize)]) -> ArrayRef {
        let is_own = |id: &str, (batch, row): (usize, usize)| {
            let hashes = self.batches.get(batch)?.column_by_name("row_hash")?;
            let hash = hashes.as_primitive::<Int64Type>().value(row);
            Some(is_own_id(id, hash.cast_unsigned()))
        };
        let ids = ids.as_string::<i32>().iter().zip(places);
        let shown = ids.map(|(id, &place)| id.filter(|id| is_own(id, place) != Some(true)));
        Arc::new(shown.collect::<StringArray>())
    }
}

/// Picks the rows.
pub(super) fn pick(ledger: &Ledger, asked: &Pick) -> Result<Picked, ExportError> {
    let table = asked.table;
    let failed = |source| ExportError::Rows { table, source };
    let request = ScanRequest::new(table)
        .at(asked.at)
        .of(Persons::Bucket(asked.bucket));
    let batches = ledger.scan(&request)?.collect::<Result<Vec<_>, _>>()?;
    let mut places = Vec::new();
    for (batch, rows) in batches.iter().map(RecordBatch::num_rows).enumerate() {
        places.extend((0..rows).map(|row| (batch, row)));
    }
    if batches.is_empty() {
        let rows = Rows::Whole(Vec::new());
        return Ok(Picked {
            hide_own_ids: false,
            batches,
            places,
            rows,
        });
    }
    let rows = match table {
        _ if asked.all_versions => in_order(table, &batches).map(Rows::Whole),
        Table::Customers => merged(&batches, &lists_of(&imports(ledger, asked.at)?)),
        Table::Orders | Table::OrderLines => {
            let mut counts = counted(ledger, asked, &batches, places.len())?;
            if table == Table::OrderLines {
                count_articles(&batches, &mut counts).map_err(failed)?;
            }
            in_order(table, &batches).map(|rows| those(rows, &counts))
        }
        _ => newest(table, &batches),
    };
    Ok(Picked {
        hide_own_ids: table == Table::Orders && !asked.all_versions,
        rows: rows.map_err(failed)?,
        batches,
        places,
    })
}

fn those(mut rows: Vec<usize>, counts: &[bool]) -> Rows {
    rows.retain(|&row| counts.get(row) == Some(&true));
    Rows::Whole(rows)
}

/// Tells which rows of orders or lines count, by the rules by which histories are folded.
fn counted(
    ledger: &Ledger,
    asked: &Pick,
    batches: &[RecordBatch],
    rows: usize,
) -> Result<Vec<bool>, ExportError> {
    let imports = imports(ledger, asked.at)?;
    let numbers = (0_u32..).zip(&imports);
    let of_import = numbers.map(|(place, import)| (import.id, place)).collect();
    let wanted = Wanted {
        at: asked.at,
        of: Persons::Bucket(asked.bucket),
        places: &of_import,
        lists: lists_of(&imports),
        by_person: true,
        with_articles: false,
        since: None,
    };
    // What else speaks for the orders, or stands among their lines.
    let mut others = Vec::new();
    for table in [Table::Refunds, Table::SetAside] {
        let request = ScanRequest::new(table)
            .at(asked.at)
            .of(wanted.of.clone())
            .columns(&columns_of(table));
        for batch in ledger.scan(&request)? {
            others.push((table, batch?));
        }
    }
    // Each record carries the number of its row; 0 is a row of another table.
    let numbers: Vec<[u8; 8]> = (0..=rows as u64).map(u64::to_le_bytes).collect();
    let mut records: Vec<Record<'_>> = Vec::with_capacity(rows);
    let mut first = 1;
    for batch in batches {
        give_batch(asked.table, batch, &wanted, |row, record| {
            let details = numbers.get(first + row).map_or(&[][..], |bytes| bytes);
            records.push(Record { details, ..*record });
            Ok(())
        })?;
        first += batch.num_rows();
    }
    for (table, batch) in &others {
        give_batch(*table, batch, &wanted, |_, record| {
            records.push(*record);
            Ok(())
        })?;
    }
    let versions = imports
        .iter()
        .any(|import| import.as_read().understanding.grain == GrainRule::Orders);
    records.sort_by_key(|record| record.customer);
    let mut counts = vec![false; rows];
    for person in records.chunk_by(|a, b| a.customer == b.customer) {
        counting(person, versions, |record| {
            let number = <[u8; 8]>::try_from(record.details).map(u64::from_le_bytes);
            let row = number.ok().and_then(|number| usize::try_from(number).ok());
            let row = row.and_then(|number| number.checked_sub(1));
            if let Some(count) = row.and_then(|row| counts.get_mut(row)) {
                *count = true;
            }
        });
    }
    Ok(counts)
}

/// Articles of orders that have an amount of their own: those of the newest import that names any of the order count.
fn count_articles(batches: &[RecordBatch], counts: &mut [bool]) -> Result<(), ArrowError> {
    let amounts = whole_column(batches, "net")?;
    let (customers, orders) = (
        whole_column(batches, "person_id")?,
        whole_column(batches, "order_id")?,
    );
    let versions = Versions::new(batches)?;
    let (customers, orders) = (customers.as_string::<i32>(), orders.as_string::<i32>());
    let mut of_order: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for row in (0..amounts.len()).filter(|&row| amounts.is_null(row)) {
        let order = (customers.value(row), orders.value(row));
        of_order.entry(order).or_default().push(row);
    }
    for rows in of_order.into_values() {
        let newest = versions.newest(&rows);
        let import = newest.map(|row| versions.import_of(row));
        for row in rows {
            if let Some(count) = counts.get_mut(row) {
                *count = Some(versions.import_of(row)) == import;
            }
        }
    }
    Ok(())
}

/// Of the rows with one key the newest.
fn newest(table: Table, batches: &[RecordBatch]) -> Result<Rows, ArrowError> {
    let keys = comparators(batches, table.key())?;
    let versions = Versions::new(batches)?;
    let mut rows: Vec<usize> = (0..versions.len()).collect();
    rows.sort_by(|&a, &b| compare(&keys, a, b));
    let mut counts = vec![false; rows.len()];
    let withdrawn = withdrawn(table, batches)?;
    for group in rows.chunk_by(|&a, &b| compare(&keys, a, b).is_eq()) {
        // The row that takes it back stands on no line, so that of one import whoever has it now is the newest.
        let newest = versions.newest(group);
        let newest = newest.filter(|row| !withdrawn.contains(row));
        if let Some(count) = newest.and_then(|row| counts.get_mut(row)) {
            *count = true;
        }
    }
    Ok(those(in_order(table, batches)?, &counts))
}

/// The rows that only say that a refund was not given, or not to this customer.
fn withdrawn(table: Table, batches: &[RecordBatch]) -> Result<HashSet<usize>, ArrowError> {
    if table != Table::Refunds {
        return Ok(HashSet::new());
    }
    let kinds = whole_column(batches, "kind")?;
    let kinds = kinds.as_string::<i32>().iter().enumerate();
    let withdrawn = kinds.filter(|(_, kind)| matches!(*kind, Some(WITHDRAWN | NOT_GIVEN)));
    Ok(withdrawn.map(|(row, _)| row).collect())
}

/// One row for each customer: in each column what was said last. What a list of customers says holds, whatever orders say.
fn merged(batches: &[RecordBatch], lists: &HashMap<i64, Content>) -> Result<Rows, ArrowError> {
    let persons = comparators(batches, &["person_id", "customer_id"])?;
    let said = ["version_at", "updated_at", "import_id", "row_hash"];
    let said = comparators(batches, &said)?;
    // As a run has it: of two lists the one with the later time of change, else the one imported last.
    let listed = comparators(batches, &["updated_at", "import_id", "row_hash"])?;
    let versions = Versions::new(batches)?;
    let is_list = |row: usize| lists.get(&versions.import_of(row)) == Some(&Content::Customers);
    let mut rows: Vec<usize> = (0..versions.len()).collect();
    rows.sort_by(|&a, &b| {
        compare(&persons, a, b)
            .then_with(|| is_list(a).cmp(&is_list(b)))
            .then_with(|| compare(if is_list(a) { &listed } else { &said }, a, b))
    });
    let groups: Vec<&[usize]> = rows
        .chunk_by(|&a, &b| compare(&persons, a, b).is_eq())
        .collect();
    let mut columns = HashMap::new();
    for field in Table::Customers.schema().fields() {
        let values = whole_column(batches, field.name())?;
        let last_said = |group: &&[usize]| {
            let said = group.iter().rev().find(|&&row| values.is_valid(row));
            said.or(group.last()).copied()
        };
        let taken = groups.iter().filter_map(last_said).collect();
        columns.insert(field.name().clone(), taken);
    }
    Ok(Rows::Merged(columns, groups.len()))
}

/// Returns all rows in the order of the table; versions from old to new.
fn in_order(table: Table, batches: &[RecordBatch]) -> Result<Vec<usize>, ArrowError> {
    let names = [table.order(), &["import_id", "origin_line", "row_hash"]].concat();
    let order = comparators(batches, &names)?;
    let count = batches.iter().map(RecordBatch::num_rows).sum();
    let mut rows: Vec<usize> = (0..count).collect();
    rows.sort_by(|&a, &b| compare(&order, a, b));
    Ok(rows)
}

/// When versions were made.
struct Versions {
    made: ArrayRef,
    imports: ArrayRef,
    lines: ArrayRef,
}

impl Versions {
    fn new(batches: &[RecordBatch]) -> Result<Self, ArrowError> {
        Ok(Self {
            made: whole_column(batches, "version_at")?,
            imports: whole_column(batches, "import_id")?,
            lines: whole_column(batches, "origin_line")?,
        })
    }

    fn len(&self) -> usize {
        self.imports.len()
    }

    fn import_of(&self, row: usize) -> i64 {
        self.imports.as_primitive::<Int64Type>().value(row)
    }

    /// Returns the newest of versions: by the source's own time of change where all have one, else by import.
    fn newest(&self, rows: &[usize]) -> Option<usize> {
        let made = self.made.as_primitive::<TimestampMicrosecondType>();
        let lines = self.lines.as_primitive::<Int64Type>();
        let dated = rows.iter().all(|&row| made.is_valid(row));
        let version = |row: &usize| {
            let made = if dated { made.value(*row) } else { 0 };
            let line = if lines.is_valid(*row) {
                lines.value(*row)
            } else {
                0
            };
            (made, self.import_of(*row), line)
        };
        rows.iter().copied().max_by_key(version)
    }
}

fn comparators(batches: &[RecordBatch], names: &[&str]) -> Result<Vec<DynComparator>, ArrowError> {
    let comparator = |name: &&str| {
        let column = whole_column(batches, name)?;
        make_comparator(&column, &column, SortOptions::default())
    };
    names.iter().map(comparator).collect()
}

fn compare(comparators: &[DynComparator], a: usize, b: usize) -> Ordering {
    let mut orders = comparators.iter().map(|compare| compare(a, b));
    orders
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn whole_column(batches: &[RecordBatch], name: &str) -> Result<ArrayRef, ArrowError> {
    let column = |batch: &RecordBatch| {
        let found = batch.column_by_name(name).cloned();
        found.ok_or_else(|| ArrowError::SchemaError(format!("there is no column `{name}`")))
    };
    let arrays = batches.iter().map(column).collect::<Result<Vec<_>, _>>()?;
    let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
    concat(&arrays)
}
